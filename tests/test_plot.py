"""eval.plot and eval.calibration: what is drawn, that it is text, alike each time, and safe in a page."""

from typing import Any

import pytest

from eval.calibration import Judged, error, refusals, reliability
from eval.given import Given
from eval.gold import Gold, Question
from eval.metrics import Cited
from eval.page import page
from eval.plot import plots
from eval.report import Report, scored

ABOUT: dict[str, Any] = {
    "gold": "g.jsonl",
    "date": "2026-01-05T08:00:00+00:00",
    "skipped": [],
    "failed": [],
    "threshold": 0.16,
}


def pair(kind: str, score: float | None, place: int | None = 1, ms: float | None = 5.0) -> tuple[Question, Given]:
    """A question of this type, its gold at this place of its hits, None where it is to be refused."""
    gold = (Gold("甲", "一", "一文", frozenset({"甲"})),) if place else ()
    question = Question(f"{kind}{score}", kind, "?", answerable=place is not None, gold=gold, facts=(("1",),))
    hits = tuple(Cited("甲", "一" if n == place else f"别{n}", "…") for n in range(1, 8))
    result = {"answer": "1[1]", "refused": False, "reason": None, "citations": []}
    return question, Given(result, (), hits, score, ms)


def report(*pairs: tuple[Question, Given]) -> Report:
    return Report("tiaomu", scored(pairs), ABOUT)


WHOLE = report(pair("factual", 0.9), pair("追问", 0.4, 7), pair("unanswerable", 0.1, None), pair("$\\frac<b>", 0.7, 2))


def test_each_plot_is_there_and_its_text_is_text() -> None:
    drawn = {name: svg for name, _, svg in plots(WHOLE)}
    assert [*drawn] == ["types", "threshold", "reliability", "latency"]
    for svg in drawn.values():
        assert svg.startswith("<svg viewBox=")
        assert svg.endswith("</svg>")
        assert "<style" not in svg  # it would hold for the whole page
        assert "DejaVu" not in svg
    assert ">事实正确率</text>" in drawn["types"]
    assert ">追问</text>" in drawn["types"]
    assert ">$\\frac&lt;b&gt;</text>" in drawn["types"]
    assert "当前门槛 0.16" in drawn["threshold"]


def test_the_same_figures_give_the_same_plots() -> None:
    assert list(plots(WHOLE)) == list(plots(WHOLE))


def test_what_is_not_known_is_not_drawn() -> None:
    assert [name for name, _, _ in plots(report(pair("factual", None, ms=None)))] == ["types"]
    assert [name for name, _, _ in plots(report(pair("factual", 0.5)))] == ["types", "reliability", "latency"]


def test_ids_are_not_repeated_among_plots() -> None:
    assert '<g id="' not in page(WHOLE)


def test_a_score_comes_true_where_one_of_five_is_wanted() -> None:
    judged = WHOLE.scores.judged
    assert [(one.score, one.comes_true) for one in judged] == [(0.9, True), (0.4, False), (0.1, False), (0.7, True)]
    assert [(one.low, one.n, one.share) for one in reliability(judged)] == [
        (0.1, 1, 0),
        (0.4, 1, 0),
        (0.7, 1, 1),
        (0.9, 1, 1),
    ]
    assert error(judged) == pytest.approx((0.1 + 0.4 + 0.3 + 0.1) / 4)
    assert error([]) is None


def test_refusals_by_threshold() -> None:
    points = {one.threshold: (one.precision, one.recall) for one in refusals(WHOLE.scores.judged)}
    assert points[0.0] == (None, 0.0)
    assert points[0.1] == (None, 0.0)  # a score at the threshold answers
    assert points[0.15] == (1.0, 1.0)
    assert points[0.5] == (0.5, 1.0)
    assert points[1.0] == (0.25, 1.0)
    assert refusals([Judged(0.2, True, 1)])[-1].recall is None


def test_without_the_library_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    shown = page(WHOLE)
    assert "<svg" not in shown
    assert "eval" in shown
    assert "事实正确率" in shown
