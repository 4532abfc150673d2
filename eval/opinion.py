"""What a language model thinks of answers, as figures: an opinion, beside the exact metrics and never in their place.

How far the opinion is to be trusted is shown with it, by its agreement with what is measured exactly. Source: Cohen, A
Coefficient of Agreement for Nominal Scales (1960); for models as judges and their leanings Zheng et al., Judging
LLM-as-a-Judge with MT-Bench and Chatbot Arena (2023). Rows are those of `eval.report`, with `judge` in them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eval.metrics import Figure, figure

Row = Mapping[str, Any]
BEST = 2
"""The highest grade; a figure is the mean of grades over it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two yes-or-no verdicts on the same questions are equal, and Cohen's kappa: None where it has no value."""

    n: int
    equal: float | None = None
    kappa: float | None = None

    @property
    def agrees(self) -> str:
        """The share of equal verdicts as text.

        >>> Agreement(4, 0.75, 0.5).agrees, Agreement(4, 0.75, 0.5).chance, Agreement(0).agrees, Agreement(0).chance
        ('75%', 'κ .50, n = 4', '–', 'κ –, n = 0')
        """
        return "–" if self.equal is None else f"{self.equal:.0%}"

    @property
    def chance(self) -> str:
        """Kappa and the number of questions as text."""
        kappa = "–" if self.kappa is None else f"{self.kappa:.2f}".replace("0.", ".", 1)
        return f"κ {kappa}, n = {self.n}"


@dataclass(frozen=True, slots=True)
class Opinion:
    """The figures of a judged system.

    facts      agreement of "complete is 2" with "all facts are in the answer"
    citations  agreement of "faithful is 2" with "every citation hits a gold clause"
    judged, failed, unasked  questions with grades; those asked about in vain; refusals and empty answers
    """

    model: str
    faithful: Figure
    complete: Figure
    facts: Agreement
    citations: Agreement
    judged: int
    failed: int
    unasked: int

    @property
    def figures(self) -> dict[str, Figure]:
        """The figures by the names that they are shown under."""
        return {"judge_faithful": self.faithful, "judge_complete": self.complete}

    def json(self) -> dict[str, Any]:
        """The opinion as `report.json` holds it."""
        return {
            "model": self.model,
            **{name: asdict(one) for name, one in self.figures.items()},
            "agreement": {"complete_with_facts": asdict(self.facts), "faithful_with_citations": asdict(self.citations)},
            "judged": self.judged,
            "failed": self.failed,
            "unasked": self.unasked,
        }


def opinion(rows: Sequence[Row], model: str) -> Opinion:
    """The figures of judged rows; the same grades give the same figures."""
    return Opinion(
        model,
        figure(map(faithful, rows), _mean),
        figure(map(complete, rows), _mean),
        agreement(with_facts(rows)),
        agreement(with_citations(rows)),
        sum(row["judge"] is not None for row in rows),
        sum(row["judge"] is None and is_asked(row) for row in rows),
        sum(not is_asked(row) for row in rows),
    )


def is_asked(row: Row) -> bool:
    """Whether there is something to judge: an answer that is no refusal and not empty."""
    return not row["result"]["refused"] and bool(row["result"]["answer"].strip())


def faithful(row: Row) -> list[float]:
    """Whether what an answer says is borne out by the texts that it cites: the grade / 2, over the judged answers.

    Empty: a refusal, an empty answer, a question that was asked about in vain.

    >>> said = {"refused": False, "answer": "略"}
    >>> faithful({"judge": {"faithful": 1, "complete": 2}, "result": said}), faithful({"judge": None, "result": said})
    ([0.5], [])
    """
    return [] if row["judge"] is None else [row["judge"]["faithful"] / BEST]


def complete(row: Row) -> list[float]:
    """Whether an answer says what the reference says: the grade / 2, over the answerable questions with a reference.

    A refusal or an empty answer is 0 without asking, so that refusing does not pay. Empty: no reference, or a question
    that was asked about in vain.

    >>> row = {"answerable": True, "reference": "略", "judge": None}
    >>> complete({**row, "result": {"refused": True, "answer": "…"}}), complete({**row, "reference": ""})
    ([0.0], [])
    """
    if not row["answerable"] or not row["reference"].strip():
        return []
    if not is_asked(row):
        return [0.0]
    return [] if row["judge"] is None else [row["judge"]["complete"] / BEST]


def with_facts(rows: Iterable[Row]) -> list[tuple[bool, bool]]:
    """For each judged answerable question with facts and a reference: is `complete` 2, and is `fact_accuracy` 1.

    Empty: no such question. What was not put to the judge is left out, as both would agree on it by rule.

    >>> row = {"judge": {"faithful": 2, "complete": 1}, "values": {"fact_accuracy": [1.0]}}
    >>> with_facts([row, {**row, "judge": None}, {**row, "values": {"fact_accuracy": []}}])
    [(False, True)]
    """
    return [
        (row["judge"]["complete"] == BEST, row["values"]["fact_accuracy"] == [1.0])
        for row in rows
        if row["judge"] is not None and row["judge"]["complete"] is not None and row["values"]["fact_accuracy"]
    ]


def with_citations(rows: Iterable[Row]) -> list[tuple[bool, bool]]:
    """For each judged answerable question whose answer cites: is `faithful` 2, and does every citation hit a gold clause.

    Empty: no such question. The two ask different things, as a true statement may rest on a clause that is not gold.

    >>> row = {"judge": {"faithful": 2, "complete": 1}, "answerable": True, "citation_hits": [True, False]}
    >>> with_citations([row, {**row, "citation_hits": []}])
    [(True, False)]
    """
    return [
        (row["judge"]["faithful"] == BEST, all(row["citation_hits"]))
        for row in rows
        if row["judge"] is not None and row["answerable"] and row["citation_hits"]
    ]


def agreement(pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    """The share of equal verdicts p and Cohen's κ = (p - e) / (1 - e), e the share expected by chance.

    e = (a·b + (n - a)·(n - b)) / n², where of n questions the first says yes to a and the second to b. κ has no value
    where e is 1: both always say the same. Empty: no question.

    >>> agreement([(True, True), (True, False), (False, False), (False, False)])  # p = 3/4, e = (2·1 + 2·3) / 16
    Agreement(n=4, equal=0.75, kappa=0.5)
    >>> agreement([(True, True)]), agreement([])
    (Agreement(n=1, equal=1.0, kappa=None), Agreement(n=0, equal=None, kappa=None))
    """
    n = len(pairs)
    if not n:
        return Agreement(0)
    same, first, second = (sum(a == b for a, b in pairs), sum(a for a, _ in pairs), sum(b for _, b in pairs))
    chance = first * second + (n - first) * (n - second)
    return Agreement(n, same / n, None if chance == n * n else (n * same - chance) / (n * n - chance))


def _mean(values: Any) -> float:
    return float(np.mean(values))
