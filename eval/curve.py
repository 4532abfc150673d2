"""`python -m eval curve`: what answers gain and lose by the score from which the product answers at all.

At each threshold every question is asked, with weights that never saw it where weights are learned from its set. A
high threshold refuses what the documents lack and, sooner or later, what they have; the curve shows what each costs.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.baselines import Material, cited
from eval.folds import Alike, Fold
from eval.gold import Question
from eval.metrics import Figure, Outcome, measured
from eval.retrieval import CACHE, GoldSet, folds_of, material
from eval.run import Progress, checked
from rag.answer import Answerer
from rag.embed import Embedder
from rag.errors import MissingExtra, Phrase
from rag.learned import Learned
from rag.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

THRESHOLDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SHOWN = ("fact_accuracy", "citation_recall", "citation_precision", "refusal_precision", "refusal_recall", "refusal_f1")
"""The figures of a point, as `eval.metrics` names them."""
WANTED = {"policies": {"citation_recall": 0.80, "refusal_recall": 0.75}}
"""What is to be reached at one threshold, by set."""


@dataclass(frozen=True, slots=True)
class Point:
    """The figures at one threshold; `answered` is the share of the answerable questions that got an answer."""

    threshold: float
    answered: float
    figures: dict[str, Figure]

    def reaches(self, wanted: dict[str, float]) -> bool:
        """Whether every wanted figure is reached here."""
        return all((self.figures[name].value or 0.0) >= least for name, least in wanted.items())


@dataclass(frozen=True, slots=True)
class Curve:
    """The points of a set, by ascending threshold; `default` is the threshold of the settings."""

    name: str
    points: tuple[Point, ...]
    default: float

    @property
    def met(self) -> bool | None:
        """Whether a threshold reaches what is wanted of the set; None where nothing is."""
        wanted = WANTED.get(self.name)
        return None if wanted is None else any(point.reaches(wanted) for point in self.points)

    def json(self) -> dict[str, Any]:
        """The curve as `curve.json` holds it."""
        return {**asdict(self), "wanted": WANTED.get(self.name, {}), "met": self.met}


def curve(
    one: GoldSet,
    settings: Settings,
    thresholds: Sequence[float] = THRESHOLDS,
    *,
    cache: Path = CACHE,
    alike: Alike = "question",
    learn: Callable[[int], Learned] | None = None,
    model: Embedder | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Curve:
    """The curve of a set; cost: some 40 ms a question and threshold, after what an index costs.

    learn  gives weights that saw no question of the fold of this number; None: those that ship are measured
    Raises BadGold, NoQuestions; RagError of the index
    """
    asked, _ = checked(one.gold, one.docs, settings.question_limit, lenient=False, progress=progress)
    found = material(one, settings.model_copy(update={"index": cache / one.name}), cache, model, progress)
    with closing(found.index):
        found.model.queries([question.question for question in asked])
        parts = [(fold, _weights(fold, learn)) for fold in folds_of(one, asked, alike)]
        points = []
        for done, threshold in enumerate(thresholds):
            progress(f"{one.name} curve", done, len(thresholds))
            outcomes = [
                answer for fold, learned in parts for answer in _answers(asked, fold, learned, found, threshold)
            ]
            points.append(_point(threshold, outcomes))
        progress(f"{one.name} curve", len(thresholds), len(thresholds))
    return Curve(one.name, tuple(points), settings.refusal_threshold)


def _weights(fold: Fold, learn: Callable[[int], Learned] | None) -> Learned | None:
    return None if learn is None or fold.learned_from is None else learn(fold.number)


def _answers(
    asked: Sequence[Question], fold: Fold, learned: Learned | None, material: Material, threshold: float
) -> list[Outcome]:
    """What the questions of a fold are answered where the score must reach `threshold`."""
    settings = material.settings.model_copy(update={"refusal_threshold": threshold})
    answerer = Answerer(material.index, material.model, settings, learned=learned)
    made = []
    for i in fold.asked:
        answer = answerer.ask(asked[i].question, asked[i].turns)
        citations = tuple(cited(one.document.source, one.clause) for one in answer.citations)
        made.append(Outcome(asked[i], answer.answer, answer.refused, citations))
    return made


def _point(threshold: float, outcomes: Sequence[Outcome]) -> Point:
    every = measured(outcomes)
    answered = [not one.refused for one in outcomes if one.question.answerable]
    return Point(threshold, float(np.mean(answered)) if answered else 0.0, {name: every[name] for name in SHOWN})


# Showing -------------------------------------------------------------------------------------------------------


def table(found: Curve) -> str:
    """The curve for the terminal, a threshold a line, ✓ where all that is wanted is reached, * at the default."""
    head = f"  {'threshold':>10}{'answered':>10}" + "".join(f"{name:>20}" for name in SHOWN)
    lines = [f"{found.name}: {len(found.points)} thresholds", head]
    wanted = WANTED.get(found.name)
    for point in found.points:
        mark = "✓" if wanted and point.reaches(wanted) else " "
        default = "*" if point.threshold == found.default else " "
        values = "".join(f"{_shown(point.figures[name]):>20}" for name in SHOWN)
        lines.append(f"{mark} {point.threshold:>9.2f}{default}{point.answered:>10.3f}{values}")
    return "\n".join(lines)


def _shown(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    return (
        " ".join(f"{value:.3f}".replace("0.", ".", 1) for value in (figure.value, figure.low, figure.high)).replace(
            " ", " [", 1
        )
        + "]"
    )


def canvas() -> "Canvas":
    """An empty drawing; raises MissingExtra where there is nothing to draw with."""
    try:
        from matplotlib.figure import Figure as Canvas
    except ImportError:
        raise MissingExtra(purpose=Phrase("绘图", "Drawing the curve"), extra="eval") from None
    return Canvas(figsize=(7, 5), layout="constrained")


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Citation recall by refusal recall, a line a set, what is wanted as a corner; writes an SVG. Raises MissingExtra."""
    drawing = canvas()
    axes = drawing.subplots()
    for found in curves:
        across = [point.figures["refusal_recall"].value or 0.0 for point in found.points]
        up = [point.figures["citation_recall"].value or 0.0 for point in found.points]
        (line,) = axes.plot(across, up, marker="o", markersize=4, label=found.name)
        for point, x, y in zip(found.points, across, up, strict=True):
            axes.annotate(f"{point.threshold:g}", (x, y), (4, 4), textcoords="offset points", fontsize=7)
        if wanted := WANTED.get(found.name):
            corner = (wanted["refusal_recall"], wanted["citation_recall"])
            axes.plot([corner[0], corner[0], 1], [1, corner[1], corner[1]], linestyle=":", color=line.get_color())
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="refusal recall", ylabel="citation recall")
    axes.set_title("citations kept and questions refused, by threshold")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    drawing.savefig(path, format="svg", metadata={"Date": None})
