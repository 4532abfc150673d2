"""What a run found: figures, overall and by type of question, and each question with its answer, as `report.json` holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from eval.calibration import Judged, error, refusals, reliability
from eval.given import Given
from eval.gold import Gold, Question
from eval.metrics import (
    METRICS,
    Cited,
    Figure,
    Outcome,
    agrees,
    lacking,
    measured,
    median_hit_length,
    ranks,
    wanted,
)
from eval.opinion import Opinion

_SHOWN, _BEGINNING = 10, 160
"""Hits of a question that the report lists, and so many characters of each."""
Pair = tuple[Question, Given]
"""A question and what a system gave for it."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one system, overall and by type, and each question with its answer.

    `hit_length` is the median length of a hit: recall is to be read beside it. `judged_by_model` is what a language model
    thinks of the answers, where one was asked.
    """

    metrics: dict[str, Figure]
    by_type: dict[str, dict[str, Figure]]
    hit_length: Figure
    questions: list[dict[str, Any]]
    judged_by_model: Opinion | None = None

    @property
    def rights(self) -> dict[str, tuple[int, int]]:
        """For each type how many questions are right in everything, and how many there are."""
        found = {kind: [row["right"] for row in self.questions if row["type"] == kind] for kind in self.by_type}
        return {kind: (sum(each), len(each)) for kind, each in found.items()}

    @property
    def judged(self) -> list[Judged]:
        """The scores that the system told, beside what they should have been."""
        return [
            Judged(row["score"], row["answerable"], min((one for one in row["gold_ranks"] or () if one), default=None))
            for row in self.questions
            if row["score"] is not None
        ]

    def json(self) -> dict[str, Any]:
        """The scores as `report.json` holds them."""
        judged = self.judged
        return {
            "metrics": {name: asdict(one) for name, one in self.metrics.items()},
            "by_type": {
                kind: {name: asdict(one) for name, one in figures.items()} for kind, figures in self.by_type.items()
            },
            "hit_length": asdict(self.hit_length),
            "refusal_by_threshold": [asdict(one) for one in refusals(judged)] if judged else [],
            "reliability": [asdict(one) for one in reliability(judged)],
            "calibration_error": error(judged),
            "judged_by_model": self.judged_by_model and self.judged_by_model.json(),
            "questions": self.questions,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A run: the scores of the system that it is about, those of others beside it, and what all hold for."""

    system: str
    scores: Scores
    about: dict[str, Any]
    beside: Mapping[str, Scores] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """The report as `report.json` holds it: the system's own scores at the top, the others' by name."""
        others = {name: one.json() for name, one in self.beside.items()}
        return {"system": self.system, **self.scores.json(), **self.about, "beside": others}


def scored(pairs: Sequence[Pair]) -> Scores:
    """The scores of a system; the same answers give the same figures."""
    outcomes = [given.outcome(question) for question, given in pairs]
    kinds = dict.fromkeys(question.type for question, _ in pairs)
    return Scores(
        measured(outcomes),
        {kind: measured([one for one in outcomes if one.question.type == kind]) for kind in kinds},
        median_hit_length(outcomes),
        [_row(outcome, given) for outcome, (_, given) in zip(outcomes, pairs, strict=True)],
    )


def _row(outcome: Outcome, given: Given) -> dict[str, Any]:
    """A question as the report shows it: what it got, what its answer lacks, where its search found the gold."""
    question = outcome.question
    groups = wanted(question) if question.answerable else []
    missed = lacking(question, outcome.answer, outcome.refused) if question.answerable else []
    cited = ranks(question, outcome.citations)
    uncited = [group[0] for group, place in zip(groups, cited, strict=False) if place is None]
    return {
        "id": question.id,
        "type": question.type,
        "question": question.question,
        "turns": list(question.turns),
        "answerable": question.answerable,
        "reference": question.answer,
        "facts": [list(fact) for fact in question.facts],
        "gold": [_gold(gold) for gold in question.gold],
        "any_gold": question.any_gold,
        "result": given.result,
        "citation_hits": [any(agrees(one, gold) for gold in question.gold) for one in outcome.citations],
        "hits": None if outcome.hits is None else [_hit(one) for one in outcome.hits[:_SHOWN]],
        "gold_ranks": None if outcome.hits is None else ranks(question, outcome.hits),
        "score": given.score,
        "missed_facts": [list(fact) for fact in missed],
        "missed_gold": [_gold(gold) for gold in uncited],
        "right": outcome.refused != question.answerable and not missed and not uncited,
        "ms": None if outcome.ms is None else round(outcome.ms, 1),
        "values": {name: values(outcome) for name, (values, _) in METRICS.items()},
    }


def _gold(gold: Gold) -> dict[str, str | None]:
    return {"doc": gold.doc, "clause": gold.clause, "quote": gold.quote}


def _hit(hit: Cited) -> dict[str, str]:
    return {"doc": hit.source, "clause": hit.path, "text": hit.text[:_BEGINNING]}
