"""The metrics, one function each, over what a system answered to gold questions.

Texts are compared after NFKC and with all white space removed. Every figure is a mean over questions or citations, so
that its interval comes from resampling them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.gold import Gold, Question
from rag.numeral import bare

_MARK = re.compile(r"\[\d{1,3}\]")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Cited:
    """A clause that an answer cites or a search finds: names of its document, path joined by "/", whole text."""

    documents: frozenset[str]
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system made of a question: its answer, its citations, the clauses its search found, best first."""

    question: Question
    answer: str
    refused: bool
    citations: tuple[Cited, ...]
    hits: tuple[Cited, ...]
    ms: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's value with its 95 % interval and the number of things it is a mean of; None where that is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int


# Comparing -----------------------------------------------------------------------------------------------------


def holds(fact: str, answer: str) -> bool:
    """Whether an answer contains a fact; a bare number only at digit boundaries.

    >>> holds("5", "共15人"), holds("5", "共5人"), holds("5", "0.5个"), holds("96.6%", "达 96.6％"), holds("1000", "1,000件")
    (False, True, False, True, True)
    """
    text, wanted = bare(_MARK.sub("", answer)), bare(fact)
    if not _NUMBER.fullmatch(wanted):
        return wanted in text
    return any(number.replace(",", "") == wanted.replace(",", "") for number in _NUMBER.findall(text))


def plain(path: str) -> str:
    """A path with its labels in normal form: without white space and the sign after a number.

    >>> plain("二、/7."), plain("附件/（三）/13．")
    ('二/7', '附件/(三)/13')
    """
    return "/".join(bare(label).rstrip("、.,:") for label in path.split("/"))


def hits(cited: Cited, gold: Gold) -> bool:
    """Whether a citation hits a gold clause: the same document, and its text holds the quote or its path is equal."""
    if bare(gold.doc) not in cited.documents:
        return False
    if bare(gold.quote) in bare(cited.text):
        return True
    return gold.clause is not None and plain(cited.path) == plain(gold.clause)


def wanted(question: Question) -> list[list[Gold]]:
    """The gold clauses of a question, several entries of one clause together; with `any_gold` all are one."""
    if question.any_gold:
        return [list(question.gold)] if question.gold else []
    groups: dict[tuple[str, str], list[Gold]] = {}
    for gold in question.gold:
        key = plain(gold.clause) if gold.clause is not None else f"“{bare(gold.quote)}”"
        groups.setdefault((bare(gold.doc), key), []).append(gold)
    return list(groups.values())


def found(question: Question, cited: Sequence[Cited]) -> list[bool]:
    """For each wanted clause whether one of `cited` hits it."""
    return [any(hits(one, gold) for one in cited for gold in group) for group in wanted(question)]


# Metrics: the values that are averaged -------------------------------------------------------------------------


def fact_accuracy(outcomes: Sequence[Outcome]) -> list[float]:
    """Answerable questions with facts: 1 where the answer holds every fact (any of its alternatives), else 0.

    A refusal holds none.
    """
    return [
        float(not o.refused and all(any(holds(a, o.answer) for a in fact) for fact in o.question.facts))
        for o in outcomes
        if o.question.answerable and o.question.facts
    ]


def citation_recall(outcomes: Sequence[Outcome]) -> list[float]:
    """Wanted clauses of answerable questions: 1 where a citation hits it, else 0."""
    return [float(hit) for o in outcomes if o.question.answerable for hit in found(o.question, o.citations)]


def citation_precision(outcomes: Sequence[Outcome]) -> list[float]:
    """Citations on answerable questions: 1 where it hits a gold clause, else 0."""
    return [
        float(any(hits(one, gold) for gold in o.question.gold))
        for o in outcomes
        if o.question.answerable
        for one in o.citations
    ]


def citation_length(outcomes: Sequence[Outcome]) -> list[float]:
    """Characters of each cited clause on answerable questions; reported as their median."""
    return [float(len(one.text)) for o in outcomes if o.question.answerable for one in o.citations]


def refusal_precision(outcomes: Sequence[Outcome]) -> list[float]:
    """Refusals: 1 where the question is not answerable, else 0."""
    return [float(not o.question.answerable) for o in outcomes if o.refused]


def refusal_recall(outcomes: Sequence[Outcome]) -> list[float]:
    """Questions that are not answerable: 1 where they are refused, else 0."""
    return [float(o.refused) for o in outcomes if not o.question.answerable]


def recall_at(k: int) -> Callable[[Sequence[Outcome]], list[float]]:
    """Answerable questions: the share of their wanted clauses among the first `k` hits (Manning et al. 2008, ch. 8)."""

    def values(outcomes: Sequence[Outcome]) -> list[float]:
        shares = [found(o.question, o.hits[:k]) for o in outcomes if o.question.answerable]
        return [sum(share) / len(share) for share in shares if share]

    return values


def mrr_at_10(outcomes: Sequence[Outcome]) -> list[float]:
    """Answerable questions: 1 / rank of the first of ten hits that is wanted, 0 where none is (Voorhees 1999)."""
    values = []
    for o in outcomes:
        if o.question.answerable and o.question.gold:
            ranks = [i for i, one in enumerate(o.hits[:10], 1) if any(hits(one, gold) for gold in o.question.gold)]
            values.append(1 / ranks[0] if ranks else 0.0)
    return values


def latency(outcomes: Sequence[Outcome]) -> list[float]:
    """Milliseconds of each answer."""
    return [o.ms for o in outcomes]


Metric = tuple[Callable[[Sequence[Outcome]], list[float]], Callable[[np.ndarray], float]]
"""Which values of the outcomes, and what of them: mean, median, a percentile."""


def _mean(values: "np.ndarray") -> float:
    return float(values.mean())


METRICS: dict[str, Metric] = {
    "fact_accuracy": (fact_accuracy, _mean),
    "citation_recall": (citation_recall, _mean),
    "citation_precision": (citation_precision, _mean),
    "citation_length": (citation_length, lambda values: float(np.median(values))),
    "refusal_precision": (refusal_precision, _mean),
    "refusal_recall": (refusal_recall, _mean),
    "recall_at_1": (recall_at(1), _mean),
    "recall_at_5": (recall_at(5), _mean),
    "recall_at_10": (recall_at(10), _mean),
    "recall_at_100": (recall_at(100), _mean),
    "mrr_at_10": (mrr_at_10, _mean),
    "latency_p50_ms": (latency, lambda values: float(np.percentile(values, 50))),
    "latency_p95_ms": (latency, lambda values: float(np.percentile(values, 95))),
}
NAMES = (*list(METRICS)[:6], "refusal_f1", *list(METRICS)[6:])
"""The names of all figures, in the order in which they are shown."""


def measured(outcomes: Sequence[Outcome], resamples: int = 1000, seed: int = 0) -> dict[str, Figure]:
    """All figures with their 95 % bootstrap intervals; the same outcomes give the same figures."""
    random = np.random.default_rng(seed)
    figures = {name: _figure(*metric, outcomes, random, resamples) for name, metric in METRICS.items()}
    figures["refusal_f1"] = _f1(outcomes, random, resamples)
    return {name: figures[name] for name in NAMES}


def _figure(
    values_of: Callable[[Sequence[Outcome]], list[float]],
    summary: Callable[[np.ndarray], float],
    outcomes: Sequence[Outcome],
    random: np.random.Generator,
    resamples: int,
) -> Figure:
    values = np.asarray(values_of(outcomes), float)
    n = len(values)
    if n == 0:
        return Figure(None, None, None, 0)
    drawn = [summary(values[random.integers(0, n, n)]) for _ in range(resamples)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(summary(values), float(low), float(high), n)


def f1(refused: "np.ndarray", unanswerable: "np.ndarray") -> float:
    """2TP / (2TP + FP + FN) of refusing what is not answerable; 0 where nothing is refused nor to be refused.

    >>> f1(np.array([True, True, False]), np.array([True, False, True]))
    0.5
    """
    total = int(refused.sum()) + int(unanswerable.sum())
    return 2 * int((refused & unanswerable).sum()) / total if total else 0.0


def _f1(outcomes: Sequence[Outcome], random: np.random.Generator, resamples: int) -> Figure:
    refused = np.array([o.refused for o in outcomes], bool)
    unanswerable = np.array([not o.question.answerable for o in outcomes], bool)
    n = len(outcomes)
    if n == 0 or not (refused.any() or unanswerable.any()):
        return Figure(None, None, None, 0)
    draws = [random.integers(0, n, n) for _ in range(resamples)]
    low, high = np.percentile([f1(refused[draw], unanswerable[draw]) for draw in draws], [2.5, 97.5])
    return Figure(f1(refused, unanswerable), float(low), float(high), n)
