"""A report as a table for the terminal and as one self-contained HTML file."""

from html import escape
from typing import Any

from eval.metrics import Figure
from eval.run import Report

_LABELS = {
    "fact_accuracy": "事实正确率",
    "citation_recall": "引用召回率",
    "citation_precision": "引用准确率",
    "citation_length": "引用条目字数（中位）",
    "refusal_precision": "拒答准确率",
    "refusal_recall": "拒答召回率",
    "refusal_f1": "拒答 F1",
    "recall_at_1": "检索 R@1",
    "recall_at_5": "检索 R@5",
    "recall_at_10": "检索 R@10",
    "recall_at_100": "检索 R@100",
    "mrr_at_10": "检索 MRR@10",
    "latency_p50_ms": "耗时 p50（毫秒）",
    "latency_p95_ms": "耗时 p95（毫秒）",
    "hit_length": "命中条目字数（中位）",
}
_STYLE = """
body{font:16px/1.75 system-ui,"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",
sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
td,th{padding:.35rem .6rem;border-bottom:1px solid #d8dde5;text-align:right;font-weight:normal}
tr:first-child th{color:#5a6472}td:first-child,th:first-child{text-align:left}
article{border:1px solid #d8dde5;border-radius:8px;padding:.8rem 1rem;margin:1rem 0;break-inside:avoid}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin-top:.4rem}
.pair>div{white-space:pre-wrap;overflow-wrap:anywhere}
.missed{color:#9a3412;overflow-wrap:anywhere}small,.quiet{color:#5a6472}
@media(max-width:40rem){.pair{grid-template-columns:1fr}}
@media screen and (prefers-color-scheme:dark){body{background:#11161d;color:#e6e9ee}td,th,article{border-color:#38414d}
.missed{color:#fdba74}small,.quiet,tr:first-child th{color:#a5afbc}}
@media print{body{font-size:10pt;margin:0;max-width:none;padding:0}.wide{overflow:visible}.wide table{font-size:8pt}}
@page{margin:16mm}
"""


def shown(name: str, figure: Figure) -> tuple[str, str]:
    """A figure's value and its interval, as text.

    >>> shown("mrr_at_10", Figure(0.5, 0.25, 0.75, 8)), shown("latency_p50_ms", Figure(12.4, 9.0, 20.0, 8))
    (('.500', '.250–.750'), ('12', '9–20'))
    """
    if figure.value is None or figure.low is None or figure.high is None:
        return "–", ""
    if name.endswith(("_ms", "_length")):
        return f"{figure.value:.0f}", f"{figure.low:.0f}–{figure.high:.0f}"
    value, low, high = (f"{number:.3f}".removeprefix("0") for number in (figure.value, figure.low, figure.high))
    return value, f"{low}–{high}"


def table(report: Report) -> str:
    """The figures, one a line: name, value, 95 % interval, number of questions; then how many of each type are right."""
    figures = {**report.metrics, "hit_length": report.hit_length}
    rows = [(name, *shown(name, one), str(one.n)) for name, one in figures.items()]
    lines = [f"{name:<20}{value:>8}  {interval:<14}{n:>6}" for name, value, interval, n in rows]
    by_type = [f"{kind} {right} of {n}" for kind, (right, n) in _right(report).items()]
    right = sum(row["right"] for row in report.questions)
    last = f"right: {right} of {len(report.questions)} ({', '.join(by_type)})"
    return "\n".join([f"{'metric':<20}{'value':>8}  {'95 %':<14}{'n':>6}", *lines, last])


def _right(report: Report) -> dict[str, tuple[int, int]]:
    """For each type how many questions are right in everything, and how many there are."""
    rights = {kind: [row["right"] for row in report.questions if row["type"] == kind] for kind in report.by_type}
    return {kind: (sum(each), len(each)) for kind, each in rights.items()}


# The page ------------------------------------------------------------------------------------------------------


def html(report: Report) -> str:
    """The report as one page: figures, figures by type, every wrong answer beside its gold; all text escaped."""
    about = report.about
    wrong = [row for row in report.questions if not row["right"]]
    facts = (
        about["date"],
        f"版本 {about['commit']}",
        f"回答 {about['model']}",
        f"向量 {about['embedding']}",
        f"索引第 {about['generation']} 代",
        f"{len(report.questions)} 题，跳过 {len(about['skipped'])}，未能读取的文件 {len(about['failed'])}",
    )
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>评测报告 {escape(about['gold'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>评测报告：{escape(about['gold'])}</h1>"
        f'<p class="quiet">{escape(" · ".join(facts))}</p>'
        f"<h2>指标</h2>{_figures(report)}<h2>按题型</h2>{_by_type(report)}"
        f"<h2>有误的 {len(wrong)} 题</h2>{''.join(map(_article, wrong))}</body></html>"
    )


def _figures(report: Report) -> str:
    rows = []
    for name, figure in {**report.metrics, "hit_length": report.hit_length}.items():
        value, interval = shown(name, figure)
        label = f"{_LABELS[name]} <small>{name}</small>"
        rows.append(f"<tr><th>{label}</th><td>{value}</td><td>{interval}</td><td>{figure.n}</td></tr>")
    head = "<tr><th>指标</th><th>值</th><th>95 % 区间</th><th>题数</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _by_type(report: Report) -> str:
    """A column a type, a row a figure, below them how many questions are right in everything."""
    head = "".join(f"<th>{escape(kind)}</th>" for kind in report.by_type)
    rows = []
    for name in report.metrics:
        cells = "".join(f"<td>{shown(name, figures[name])[0]}</td>" for figures in report.by_type.values())
        rows.append(f"<tr><th>{_LABELS[name]}</th>{cells}</tr>")
    rights = "".join(f"<td>{right} / {n}</td>" for right, n in _right(report).values())
    rows.append(f"<tr><th>全对的题</th>{rights}</tr>")
    return f'<div class="wide"><table><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'


def _article(row: dict[str, Any]) -> str:
    """A wrong answer with what it cites, beside what was wanted, and what is missing."""
    turns = "".join(f"<small>{escape(turn)}</small><br>" for turn in row["turns"])
    cited = [
        f"[{one['n']}] {'✓' if hit else '✗'} {one['document']['source']} {'/'.join(one['clause']['path'])}"
        for one, hit in zip(row["result"]["citations"], row["citation_hits"], strict=True)
    ]
    given = "\n".join([row["result"]["answer"], *cited])
    gold = [f"{one['doc']} {one['clause'] or ''}\n「{one['quote']}」" for one in row["gold"]]
    wanted = "\n".join([row["reference"], *gold]) if row["answerable"] else "（应当拒答）"
    return (
        f"<article><small>{escape(row['id'])} · {escape(row['type'])}</small><br>{turns}<b>{escape(row['question'])}</b>"
        f'<div class="pair"><div><small>回答</small>\n{escape(given)}</div>'
        f"<div><small>标准</small>\n{escape(wanted)}</div></div>{_missing(row)}</article>"
    )


def _missing(row: dict[str, Any]) -> str:
    parts = []
    if row["answerable"] and row["result"]["refused"]:
        parts.append(f"误拒（{row['result']['reason']}）")
    if not row["answerable"]:
        parts.append("未拒答")
    if row["missed_facts"]:
        parts.append("缺事实：" + "、".join(" 或 ".join(fact) for fact in row["missed_facts"]))
    if row["missed_gold"]:
        parts.append("未引用：" + "、".join(f"{one['doc']} {one['clause'] or ''}" for one in row["missed_gold"]))
    places = "、".join(str(place or "无") for place in row["gold_ranks"])
    found = f" <small>检索名次 {escape(places)}</small>" if places else ""
    return f'<p class="missed">{escape("；".join(parts))}{found}</p>'
