"""A report as one self-contained HTML page: figures, plots, every wrong answer beside its gold and what was retrieved."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from eval.compare import Comparison, difference
from eval.plot import plots
from eval.report import Report, Scores
from eval.table import LABELS, TYPES, figures, shown
from rag.errors import MissingExtra

STYLE = """
body{font:16px/1.75 system-ui,"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",
sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
td,th{padding:.35rem .6rem;border-bottom:1px solid #d8dde5;text-align:right;font-weight:normal}
tr:first-child th{color:#5a6472}td:first-child,th:first-child{text-align:left}
td small{white-space:nowrap}article{border:1px solid #d8dde5;border-radius:8px;padding:.8rem 1rem;margin:1rem 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin-top:.4rem}
.pair>div{white-space:pre-wrap;overflow-wrap:anywhere}.plots{display:grid;grid-template-columns:1fr 1fr;gap:1.5rem}
figure{margin:0;min-width:0}figure svg{width:100%;height:auto}.whole{grid-column:1/-1}
figcaption{font-weight:600;margin-bottom:.4rem}summary{cursor:pointer}
.missed{color:#9a3412;overflow-wrap:anywhere}small,.quiet{color:#5a6472}
@media(max-width:40rem){.pair,.plots{grid-template-columns:1fr}}
@media screen and (prefers-color-scheme:dark){body{background:#11161d;color:#e6e9ee}td,th,article{border-color:#38414d}
.missed{color:#fdba74}small,.quiet,tr:first-child th{color:#a5afbc}figure svg{filter:brightness(1.25)}}
@media print{body{font-size:10pt;margin:0;max-width:none;padding:0}.wide{overflow:visible}.wide table{font-size:8pt}
article,figure{break-inside:avoid}}
@page{margin:16mm}
"""
_OPINIONS = (
    LABELS["judge_faithful"],
    LABELS["judge_complete"],
    "完整与事实一致",
    "忠实与引用一致",
    "已评",
    "未评成",
    "无可评",
)
_BAR = 90
"""Characters of a retrieved clause."""


def page(report: Report) -> str:
    """The report as a page; all text escaped. Without matplotlib it says so where the plots would be."""
    scores = report.scores
    wrong = [row for row in scores.questions if not row["right"]]
    title = f"评测报告：{report.about['gold']}"
    return document(
        title,
        f"<p><b>{len(scores.questions)} 题中 {len(scores.questions) - len(wrong)} 题全对</b>：事实齐全，标准条目都引用到，该拒答的拒答。</p>"
        f'<p class="quiet">{escape(" · ".join(_facts(report)))}</p>'
        f"<h2>指标</h2>{_figures(scores)}{_beside(report)}{_opinions(report)}<h2>图</h2>{_plots(report)}"
        f"<h2>按题型</h2>{_by_type(scores)}"
        f"<h2>有误的 {len(wrong)} 题</h2>{''.join(map(_article, wrong))}",
    )


def document(title: str, body: str) -> str:
    """A page of its own: no script, no other file."""
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def _facts(report: Report) -> Iterable[str]:
    """What the figures hold for, as far as it is known: of another system's answers little is."""
    about = report.about
    yield about["date"].replace("T", " ").replace("+00:00", " UTC")
    yield f"系统 {report.system}"
    for name, label in (("commit", "版本"), ("model", "回答"), ("embedding", "向量"), ("generation", "索引代次")):
        if about.get(name) is not None:
            yield f"{label} {about[name]}"
    yield f"{len(report.scores.questions)} 题，跳过 {len(about['skipped'])}，未能读取的文件 {len(about['failed'])}"
    if about.get("unanswered"):
        yield f"没有回答的 {len(about['unanswered'])} 题按答错计"
    if about.get("without_citations"):
        yield "这些回答都没有引用，引用一项按零分计"
    if about.get("machine"):
        yield about["machine"]
    yield from (f"{name} {version}" for name, version in about.get("versions", {}).items())


def _figures(scores: Scores) -> str:
    rows = []
    for name, figure in figures(scores).items():
        value, interval = shown(name, figure)
        label = f"{LABELS[name]} <small>{name}</small>"
        rows.append(f"<tr><th>{label}</th><td>{value}</td><td>{interval}</td><td>{figure.n}</td></tr>")
    head = "<tr><th>指标</th><th>值</th><th>95 % 区间</th><th>题数</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _beside(report: Report) -> str:
    """The systems beside one another, a column each; nothing where there is one."""
    if not report.beside:
        return ""
    systems: Mapping[str, Scores] = {report.system: report.scores, **report.beside}
    head = "".join(f"<th>{escape(name)}</th>" for name in systems)
    rows = []
    for name in figures(report.scores):
        each = (shown(name, figures(scores)[name]) for scores in systems.values())
        cells = "".join(f"<td>{value}<br><small>{interval}</small></td>" for value, interval in each)
        rows.append(f"<tr><th>{LABELS[name]}</th>{cells}</tr>")
    return f'<h2>与其他系统比较</h2><div class="wide"><table><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'


def _opinions(report: Report) -> str:
    """What a language model thinks of each system's answers; nothing where none was asked."""
    systems: Mapping[str, Scores] = {report.system: report.scores, **report.beside}
    rows, model = [], ""
    for name, scores in systems.items():
        if (one := scores.judged_by_model) is not None:
            model = one.model
            cells = [
                f"{value}<br><small>{low}</small>" for value, low in (shown(*each) for each in one.figures.items())
            ]
            cells += [f"{each.agrees}<br><small>{each.chance}</small>" for each in (one.facts, one.citations)]
            cells += map(str, (one.judged, one.failed, one.unasked))
            rows.append(f"<tr><th>{escape(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    if not rows:
        return ""
    head = "".join(f"<th>{label}</th>" for label in ("", *_OPINIONS))
    note = f"模型 {model} 的看法，不是测量；一致：与精确指标判断相同的题的比例，κ 为扣除偶然后的一致。"
    return (
        f'<h2>模型评审</h2><p class="quiet">{escape(note)}</p>'
        f'<div class="wide"><table><tr>{head}</tr>{"".join(rows)}</table></div>'
    )


def _plots(report: Report) -> str:
    try:
        drawn = list(plots(report))
    except MissingExtra as error:
        return f'<p class="quiet">{escape(error.message("zh"))}</p>'
    return "".join(
        ['<div class="plots">']
        + [
            f"<figure{' class=whole' if name == 'types' else ''}><figcaption>{escape(title)}</figcaption>{svg}</figure>"
            for name, title, svg in drawn
        ]
        + ["</div>"]
    )


def _by_type(scores: Scores) -> str:
    """A column a type, a row a figure, below them how many questions are right in everything."""
    head = "".join(f"<th>{escape(TYPES.get(kind, kind))}</th>" for kind in scores.by_type)
    rows = []
    for name in scores.metrics:
        cells = "".join(f"<td>{shown(name, each[name])[0]}</td>" for each in scores.by_type.values())
        rows.append(f"<tr><th>{LABELS[name]}</th>{cells}</tr>")
    rights = "".join(f"<td>{right} / {n}</td>" for right, n in scores.rights.values())
    rows.append(f"<tr><th>全对的题</th>{rights}</tr>")
    return f'<div class="wide"><table><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'


# Wrong answers -------------------------------------------------------------------------------------------------


def _article(row: dict[str, Any]) -> str:
    """A wrong answer with what it cites, beside what was wanted, what is missing, and what was retrieved."""
    turns = "".join(f"<small>{escape(turn)}</small><br>" for turn in row["turns"])
    return (
        f"<article><small>{escape(row['id'])} · {escape(TYPES.get(row['type'], row['type']))}</small><br>{turns}<b>{escape(row['question'])}</b>"
        f'<div class="pair"><div><small>回答</small>\n{escape(answered(row))}</div>'
        f"<div><small>标准</small>\n{escape(wanted(row))}</div></div>{_missing(row)}{_retrieved(row)}</article>"
    )


def answered(row: dict[str, Any]) -> str:
    """The answer of a row and, a line each, what it cites, marked by whether it is wanted."""
    cited = [
        f"[{one['n']}] {'✓' if hit else '✗'} {one['document']['source']} {'/'.join(one['clause']['path'])}"
        for one, hit in zip(row["result"]["citations"], row["citation_hits"], strict=True)
    ]
    return "\n".join([row["result"]["answer"], *cited])


def wanted(row: dict[str, Any]) -> str:
    """The reference of a row and its gold clauses with their quotes."""
    gold = [f"{one['doc']} {one['clause'] or ''}\n「{one['quote']}」" for one in row["gold"]]
    return "\n".join([row["reference"], *gold]) if row["answerable"] else "（应当拒答）"


def _missing(row: dict[str, Any]) -> str:
    failure = row["result"].get("error")
    parts = [] if failure is None else [f"没有得到回答：{failure}"]
    if row["answerable"] and row["result"]["refused"]:
        parts.append(f"误拒（{row['result']['reason']}）")
    if not row["answerable"]:
        parts.append("未拒答")
    if row["missed_facts"]:
        parts.append("缺事实：" + "、".join(" 或 ".join(fact) for fact in row["missed_facts"]))
    if row["missed_gold"]:
        parts.append("未引用：" + "、".join(f"{one['doc']} {one['clause'] or ''}" for one in row["missed_gold"]))
    return f'<p class="missed">{escape("；".join(parts))}</p>'


def _retrieved(row: dict[str, Any]) -> str:
    """What the search found, folded up; nothing where a system does not tell it."""
    if not row["hits"]:
        return ""
    places = "、".join(str(place or "无") for place in row["gold_ranks"])
    score = "" if row["score"] is None else f"，得分 {row['score']:.2f}"
    items = "".join(
        f"<li><small>{escape(one['doc'])} {escape(one['clause'])}</small><br>{escape(one['text'][:_BAR])}</li>"
        for one in row["hits"]
    )
    head = (
        f"检索到的条目（标准条目排在 {places}{score}）"
        if places
        else f"检索到的条目{score.replace('，', '（', 1)}{'）' if score else ''}"
    )
    return f"<details><summary><small>{escape(head)}</small></summary><ol>{items}</ol></details>"


# Two systems ---------------------------------------------------------------------------------------------------


def comparison(found: Comparison, names: tuple[str, str]) -> str:
    """Two systems as a page: the differences, then each question that one alone has right, both answers and the gold."""
    first, second = map(escape, names)
    head = (
        f"<tr><th>指标</th><th>{first}</th><th>{second}</th><th>差</th><th>95 % 区间</th>"
        "<th>变好的题</th><th>变差的题</th></tr>"
    )
    rows = []
    for name, one in found.differences.items():
        if one.first is None and one.second is None:
            continue
        cells = (*difference(name, one), one.better, one.worse)
        rows.append(f"<tr><th>{LABELS[name]}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    left = f'<p class="quiet">未比较的题（只在一份里，或两份不同）：{len(found.left_out)}</p>' if found.left_out else ""
    body = (
        f'<p class="quiet">{found.n} 题，两份报告都有；区间来自配对自助法，不含 0 才不像是偶然。</p>'
        f'<div class="wide"><table>{head}{"".join(rows)}</table></div>{left}'
    )
    for title, pairs in ((f"{names[1]} 才答对的", found.better), (f"{names[0]} 才答对的", found.worse)):
        body += f"<h2>{escape(title)} {len(pairs)} 题</h2>" + "".join(_both(*pair, names) for pair in pairs)
    return document(f"比较：{names[0]} 与 {names[1]}", body)


def _both(one: dict[str, Any], other: dict[str, Any], names: tuple[str, str]) -> str:
    turns = "".join(f"<small>{escape(turn)}</small><br>" for turn in one["turns"])
    given = "".join(
        f"<div><small>{escape(name)}</small>\n{escape(answered(row))}{_missing(row) if not row['right'] else ''}</div>"
        for name, row in zip(names, (one, other), strict=True)
    )
    return (
        f"<article><small>{escape(one['id'])} · {escape(TYPES.get(one['type'], one['type']))}</small><br>{turns}<b>{escape(one['question'])}</b>"
        f'<div class="pair">{given}</div><p><small>标准</small></p><div class="pair"><div>{escape(wanted(one))}</div></div></article>'
    )
