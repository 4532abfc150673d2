"""The plots of a report as SVG for one page: figures by type, refusal by threshold, reliability of the score, latency.

Text stays text, in the reader's own fonts, so that Chinese is drawn wherever the page is read; ink follows the page's.
Needs matplotlib, of the extra `eval`.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from eval.calibration import refusals, reliability
from eval.report import Report, Scores
from eval.table import TYPES
from rag.errors import MissingExtra, Phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_INK, _LINE, _ACCENT, _OTHER = "#123456", "#345678", "#1d5fa8", "#b45309"
"""Ink and lines are replaced by the page's own; what is coloured has enough contrast on light and on dark."""
_FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif"
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tiaomu",  # the same figures give the same file
    "text.parse_math": False,  # a type may be named with $
    "font.size": 10,
    "axes.edgecolor": _LINE,
    "axes.axisbelow": True,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlecolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _LINE,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}
_HEAD = re.compile(r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>")
_OURS = (
    (re.compile(r"font-family: [^;\"]*"), f"font-family: {_FONT}"),
    (re.compile(r"<style.*?</style>", re.S), ""),  # it would hold for the whole page
    (re.compile(r"<g id=\"[^\"]*\""), "<g"),  # each plot has the same ids
)
_BY_TYPE = {"fact_accuracy": "事实正确率", "citation_recall": "引用召回率", "citation_precision": "引用准确率"}
_LONGEST = 16
"""Characters of a type's name."""
Draw = Callable[["Canvas"], None]


def require() -> None:
    """Raises MissingExtra where there is nothing to draw with."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingExtra(purpose=Phrase("绘图", "Drawing"), extra="eval") from None


def plots(report: Report) -> Iterator[tuple[str, str, str]]:
    """The name, the title and the SVG of each plot that the report has figures for. Raises MissingExtra."""
    require()
    scores = report.scores
    if scores.by_type:
        height = 0.9 + 0.32 * (len(scores.by_type) + 1)
        yield "types", "各题型的得分与 95% 区间", _svg(lambda canvas: _types(canvas, scores), 9.0, height)
    if judged := scores.judged:
        if any(not one.answerable for one in judged):
            yield (
                "threshold",
                "只凭得分拒答：门槛与准确率、召回率",
                _svg(lambda canvas: _threshold(canvas, report), 5.2, 3.4),
            )
        yield (
            "reliability",
            "得分是否可信：得分与实际命中的比例",
            _svg(lambda canvas: _reliability(canvas, scores), 5.2, 3.4),
        )
    if times := [row["ms"] for row in scores.questions if row["ms"] is not None]:
        yield "latency", "每题耗时", _svg(lambda canvas: _latency(canvas, times), 5.2, 3.4)


# One plot each -------------------------------------------------------------------------------------------------


def _types(canvas: "Canvas", scores: Scores) -> None:
    """A panel a figure, a bar a type with its interval; below them all questions together."""
    counted = {kind: each for kind, each in scores.by_type.items() if any(each[name].n for name in _BY_TYPE)}
    rows = [*((TYPES.get(kind, kind)[:_LONGEST], each) for kind, each in counted.items()), ("全部", scores.metrics)]
    panels = canvas.subplots(1, len(_BY_TYPE), sharey=True)
    for axes, (name, title) in zip(panels, _BY_TYPE.items(), strict=True):
        for y, (_, figures) in enumerate(rows):
            one = figures[name]
            if one.value is None or one.low is None or one.high is None:
                continue
            axes.barh(y, one.value, color=_ACCENT, height=0.6, alpha=0.85)
            axes.plot([one.low, one.high], [y, y], color=_INK, linewidth=1)
        axes.set(xlim=(0, 1.02), title=title)
        axes.grid(axis="x")
    panels[0].set_yticks(range(len(rows)), [label for label, _ in rows])
    panels[0].invert_yaxis()


def _threshold(canvas: "Canvas", report: Report) -> None:
    axes: Axes = canvas.subplots()
    points = refusals(report.scores.judged)
    for label, color, style, values in (
        ("准确率", _ACCENT, "-", [(one.threshold, one.precision) for one in points]),
        ("召回率", _OTHER, "--", [(one.threshold, one.recall) for one in points]),
    ):
        drawn = [(x, y) for x, y in values if y is not None]
        axes.plot(*zip(*drawn, strict=True), color=color, linestyle=style, marker="o", markersize=3, label=label)
    if (threshold := report.about.get("threshold")) is not None:
        axes.axvline(threshold, color=_INK, linewidth=1, linestyle=":", label=f"当前门槛 {threshold:g}")
    axes.set(xlim=(-0.02, 1.02), ylim=(0, 1.05), xlabel="门槛：得分低于它就拒答")
    axes.grid()
    axes.legend()


def _reliability(canvas: "Canvas", scores: Scores) -> None:
    axes: Axes = canvas.subplots()
    axes.plot([0, 1], [0, 1], color=_INK, linewidth=1, linestyle=":", label="完全可信")
    bins = reliability(scores.judged)
    axes.plot([one.mean for one in bins], [one.share for one in bins], color=_ACCENT, marker="o", label="实际")
    for one in bins:
        axes.annotate(f"{one.n} 题", (one.mean, one.share), (5, -10), textcoords="offset points", fontsize=8)
    axes.set(xlim=(-0.02, 1.08), ylim=(-0.08, 1.08), xlabel="得分", ylabel="前五条里有标准条目的比例")
    axes.grid()
    axes.legend()


def _latency(canvas: "Canvas", times: Sequence[float]) -> None:
    axes: Axes = canvas.subplots()
    axes.ecdf(times, color=_ACCENT)
    axes.set(xlabel="毫秒", ylabel="在此时间内答完的比例", ylim=(0, 1.02))
    axes.set_xlim(left=0)
    axes.grid()


# SVG -----------------------------------------------------------------------------------------------------------


@contextmanager
def _drawing() -> Iterator[None]:
    """Our style; the fonts that measure text here need not hold the characters that a reader's fonts draw."""
    import matplotlib as mpl

    with mpl.rc_context(cast(Any, _STYLE)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        yield


def _svg(draw: Draw, width: float, height: float) -> str:
    """A drawing of so many inches as an element of a page."""
    from matplotlib.figure import Figure as Canvas

    with _drawing():
        canvas = Canvas(figsize=(width, height), layout="constrained")
        draw(canvas)
        made = io.StringIO()
        canvas.savefig(
            made, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    text = made.getvalue()
    text = _HEAD.sub(
        r'<svg \1 xmlns:xlink="http://www.w3.org/1999/xlink" role="img">', text[text.index("<svg") :], count=1
    )
    for pattern, by in _OURS:
        text = pattern.sub(by, text)
    return text.replace(_INK, "currentColor").replace(_LINE, "currentColor").strip()
