"""A report as a table for the terminal, and the names that people read its figures by."""

from collections.abc import Mapping

from eval.metrics import Figure
from eval.report import Report, Scores

LABELS = {
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
    "judge_faithful": "模型评：忠实",
    "judge_complete": "模型评：完整",
}
TYPES = {
    "factual": "事实",
    "colloquial": "口语",
    "table": "表格",
    "direct": "按条号",
    "multi_doc": "多个文件",
    "enumeration": "列举",
    "multi_turn": "追问",
    "validity": "效力与依据",
    "unanswerable": "应当拒答",
}
"""What people call the types of questions; another one goes by its own name."""
_NAME, _CELL = 20, 22


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


def figures(scores: Scores) -> dict[str, Figure]:
    """All figures of a system, in the order in which they are shown."""
    return {**scores.metrics, "hit_length": scores.hit_length}


def table(report: Report) -> str:
    """The figures, one a line: name, value, 95 % interval, number of questions; then how many of each type are right.

    Other systems stand beside the first, a column each.
    """
    if report.beside:
        return _beside({report.system: report.scores, **report.beside})
    rows = [(name, *shown(name, one), str(one.n)) for name, one in figures(report.scores).items()]
    lines = [f"{name:<{_NAME}}{value:>8}  {interval:<14}{n:>6}" for name, value, interval, n in rows]
    by_type = [f"{kind} {right} of {n}" for kind, (right, n) in report.scores.rights.items()]
    last = [f"right: {_right(report.scores)} ({', '.join(by_type)})"]
    if lost := _unanswered(report.scores):
        last.append(f"no answer, for a failure: {lost} of {len(report.scores.questions)}")
    last += opinions({report.system: report.scores})
    return "\n".join([f"{'metric':<{_NAME}}{'value':>8}  {'95 %':<14}{'n':>6}", *lines, *last])


def _beside(systems: Mapping[str, Scores]) -> str:
    lines = [f"{'metric':<{_NAME}}" + "".join(f"{name:<{_CELL}}" for name in systems)]
    every = {name: figures(scores) for name, scores in systems.items()}
    for name in next(iter(every.values())):
        cells = (" ".join(shown(name, each[name])).strip() for each in every.values())
        lines.append(f"{name:<{_NAME}}" + "".join(f"{cell:<{_CELL}}" for cell in cells))
    lines.append(f"{'right':<{_NAME}}" + "".join(f"{_right(scores):<{_CELL}}" for scores in systems.values()))
    lost = {name: _unanswered(scores) for name, scores in systems.items()}
    if any(lost.values()):
        lines.append(f"{'failed':<{_NAME}}" + "".join(f"{n:<{_CELL}}" for n in lost.values()))
    lines += opinions(systems)
    return "\n".join(line.rstrip() for line in lines)


def opinions(systems: Mapping[str, Scores]) -> list[str]:
    """What a language model thinks of each system's answers, a line each; nothing where none was asked."""
    return [
        f"{name} as judged by {one.model}, an opinion and no measurement: "
        + ", ".join(f"{label} {' '.join(shown(label, value)).strip()}" for label, value in one.figures.items())
        + f"; judged {one.judged}, not judged {one.failed}, nothing to judge {one.unasked}"
        + f"; equal to fact_accuracy {one.facts.agrees} ({one.facts.chance})"
        + f", to citation hits {one.citations.agrees} ({one.citations.chance})"
        for name, scores in systems.items()
        if (one := scores.judged_by_model) is not None
    ]


def _unanswered(scores: Scores) -> int:
    """Questions that a system failed to answer, such as where its endpoint broke off."""
    return sum(row["result"].get("error") is not None for row in scores.questions)


def _right(scores: Scores) -> str:
    return f"{sum(row['right'] for row in scores.questions)} of {len(scores.questions)}"
