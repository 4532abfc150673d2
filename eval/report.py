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
}
_STYLE = """
body{font:16px/1.75 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:62rem;
margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
td,th{padding:.35rem .6rem;border-bottom:1px solid #d8dde5;text-align:right}td:first-child,th:first-child{text-align:left}
article{border:1px solid #d8dde5;border-radius:8px;padding:.8rem 1rem;margin:1rem 0;break-inside:avoid}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}.pair>div{white-space:pre-wrap;overflow-wrap:anywhere}
.missed{color:#9a3412}small,.quiet{color:#5a6472}
@media(max-width:40rem){.pair{grid-template-columns:1fr}}
@media(prefers-color-scheme:dark){body{background:#11161d;color:#e6e9ee}td,th,article{border-color:#38414d}
.missed{color:#fdba74}small,.quiet{color:#a5afbc}}
"""


def shown(name: str, figure: Figure) -> tuple[str, str]:
    """A figure's value and its interval, as text.

    >>> shown("mrr_at_10", Figure(0.5, 0.25, 0.75, 8))
    ('.500', '.250–.750')
    """
    if figure.value is None or figure.low is None or figure.high is None:
        return "–", ""
    if name.endswith("_ms") or name == "citation_length":
        return f"{figure.value:.0f}", f"{figure.low:.0f}–{figure.high:.0f}"
    value, low, high = (f"{number:.3f}".removeprefix("0") for number in (figure.value, figure.low, figure.high))
    return value, f"{low}–{high}"


def table(report: Report) -> str:
    """The figures, one a line: name, value, 95 % interval, number."""
    rows = [(name, *shown(name, figure), str(figure.n)) for name, figure in report.metrics.items()]
    lines = [f"{name:<20}{value:>8}  {interval:<14}{n:>6}" for name, value, interval, n in rows]
    right = sum(row["right"] for row in report.questions)
    return "\n".join(
        [f"{'metric':<20}{'value':>8}  {'95 %':<14}{'n':>6}", *lines, f"right: {right} of {len(report.questions)}"]
    )


def html(report: Report) -> str:
    """The report as one page: figures, figures by type, every wrong answer beside its gold."""
    about = report.about
    wrong = [row for row in report.questions if not row["right"]]
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>评测报告 {escape(about['gold'])}</title><style>{_STYLE}</style>"
        f"<h1>评测报告：{escape(about['gold'])}</h1>"
        f'<p class="quiet">{escape(about["date"])} · {escape(str(about["commit"]))} · {escape(about["model"])} · '
        f"{len(report.questions)} 题，跳过 {len(about['skipped'])}</p>"
        f"<h2>指标</h2>{_figures(report)}<h2>按题型</h2>{_by_type(report)}"
        f"<h2>答错的 {len(wrong)} 题</h2>{''.join(map(_article, wrong))}</html>"
    )


def _figures(report: Report) -> str:
    rows = []
    for name, figure in report.metrics.items():
        value, interval = shown(name, figure)
        rows.append(f"<tr><td>{_LABELS[name]} <small>{name}</small><td>{value}<td>{interval}<td>{figure.n}")
    return f"<table><tr><th>指标<th>值<th>95 % 区间<th>数量{''.join(rows)}</table>"


def _by_type(report: Report) -> str:
    names = ("fact_accuracy", "citation_recall", "citation_precision", "refusal_recall", "recall_at_5")
    head = "".join(f"<th>{_LABELS[name]}" for name in names)
    rows = [
        f"<tr><td>{escape(kind)}" + "".join(f"<td>{shown(name, figures[name])[0]}" for name in names)
        for kind, figures in report.by_type.items()
    ]
    return f"<table><tr><th>题型{head}{''.join(rows)}</table>"


def _article(row: dict[str, Any]) -> str:
    turns = "".join(f"<small>{escape(turn)}</small><br>" for turn in row["turns"])
    missed = ["、".join(fact) for fact in row["missed_facts"]]
    missed += [f"{gold['doc']} {gold['clause'] or ''}" for gold in row["missed_gold"]]
    gold = "\n".join(f"{g['doc']} {g['clause'] or ''}\n「{g['quote']}」" for g in row["gold"])
    wanted = "（应当拒答）" if not row["answerable"] else f"{row['reference']}\n\n{gold}"
    return (
        f"<article><small>{escape(row['id'])} · {escape(row['type'])}</small><br>{turns}<b>{escape(row['question'])}</b>"
        f'<div class="pair"><div><small>回答</small>\n{escape(row["result"]["answer"])}</div>'
        f"<div><small>标准</small>\n{escape(wanted)}</div></div>"
        + (f'<p class="missed">缺：{escape("；".join(missed))}</p>' if missed else "")
        + "</article>"
    )
