"""The metrics, one function each, over what a system answered to gold questions.

Each gives for one question the values that it adds to a figure, [] where the question does not count. A figure is the
mean (or the median, or a percentile) of the values of all questions; its interval comes from resampling the questions,
as values of one question are no independent draws. Texts are compared after NFKC and with all white space removed.
Source of the rules: the README of the gold sets; of the forms: Manning, Raghavan, Schütze, Introduction to Information
Retrieval (2008), chapter 8; of the intervals: Efron, Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from eval.gold import Gold, Question
from rag.numeral import bare

_MARK = re.compile(r"\[\d{1,3}\]")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)*|\d+(?:\.\d+)*")
_plain_text = lru_cache(maxsize=1 << 14)(bare)
"""Clauses and quotes are compared often: with every gold entry, at every depth."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A clause that an answer cites or a search finds: its document's source, path joined by "/", whole text."""

    source: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system made of a question: its answer, its citations, the clauses its search found, best first.

    `hits` and `ms` are None where a system does not tell them.
    """

    question: Question
    answer: str = ""
    refused: bool = False
    citations: tuple[Cited, ...] = ()
    hits: tuple[Cited, ...] | None = ()
    ms: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's value with its 95 % interval and the number of questions it rests on; None where that is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int


# Comparing -----------------------------------------------------------------------------------------------------


def holds(fact: str, answer: str) -> bool:
    """Whether an answer, its marks [1] removed, contains a fact; a bare number only as a whole number.

    >>> [holds("5", text) for text in ("共5人", "5，6两月", "共15人", "0.5个", "5.2个", "5,000", "见[5]")]
    [True, True, False, False, False, False, False]
    >>> holds("96.6%", "达 96.6％"), holds("一律取消，做到", "一律取消[1]，做到")
    (True, True)
    """
    wanted = bare(fact)
    if not _NUMBER.fullmatch(wanted):
        return wanted in bare(_MARK.sub("", answer))
    return wanted in _NUMBER.findall(bare(_MARK.sub("|", answer).replace("，", "、")))  # both end a number


def lacking(question: Question, answer: str, refused: bool) -> list[tuple[str, ...]]:
    """The facts of which an answer holds no alternative; a refusal holds none.

    >>> lacking(Question("q", "factual", "", facts=(("5年", "五年"), ("30%",))), "五年", refused=False)
    [('30%',)]
    """
    return [fact for fact in question.facts if refused or not any(holds(one, answer) for one in fact)]


@lru_cache(maxsize=1 << 14)
def plain(path: str) -> str:
    """A path with its labels in normal form: NFKC, without white space and the sign after a number; brackets stay.

    >>> plain("二、/7."), plain("附件/（三）/13．")
    ('二/7', '附件/(三)/13')
    """
    return "/".join(bare(label).rstrip("、.,:") for label in path.split("/"))


def agrees(cited: Cited, gold: Gold) -> bool:
    """Whether a clause is the gold's: of its document, with its quote in the clause's text or with its path.

    >>> gold = Gold("甲.txt", "二/7", "达30%", frozenset({"甲.txt"}))
    >>> agrees(Cited("甲.txt", "三", "比例达 ３０%"), gold), agrees(Cited("甲.txt", "二、/7.", "…"), gold)
    (True, True)
    >>> agrees(Cited("乙.txt", "二、/7.", "比例达30%"), gold), agrees(Cited("甲.txt", "二、", "…"), gold)
    (False, False)
    """
    if cited.source not in gold.sources:
        return False
    if _plain_text(gold.quote) in _plain_text(cited.text):
        return True
    return gold.clause is not None and plain(cited.path) == plain(gold.clause)


def wanted(question: Question) -> list[list[Gold]]:
    """The clauses wanted, each as the gold entries that stand for it: those of one (doc, clause), or all by `any_gold`.

    An entry without a clause is one of its own: its quote is all there is.

    >>> entries = (Gold("甲", "一", "x"), Gold("甲", "一、", "y"), Gold("甲", "二", "z"), Gold("甲", None, "w"))
    >>> [len(group) for group in wanted(Question("q", "factual", "", gold=entries))]
    [2, 1, 1]
    >>> [len(group) for group in wanted(Question("q", "factual", "", gold=entries, any_gold=True))]
    [4]
    """
    groups: dict[object, list[Gold]] = {}
    for gold in question.gold:
        document = tuple(sorted(gold.sources)) or bare(gold.doc)
        key = ("quote", bare(gold.quote)) if gold.clause is None else ("clause", plain(gold.clause))
        groups.setdefault("any" if question.any_gold else (document, key), []).append(gold)
    return list(groups.values())


def ranks(question: Question, clauses: Sequence[Cited]) -> list[int | None]:
    """For each wanted clause the place, from 1, of the first of `clauses` that is it; None where none is.

    >>> gold = Gold("甲", "一", "x", frozenset({"甲"}))
    >>> ranks(Question("q", "factual", "", gold=(gold,)), [Cited("甲", "二", "y"), Cited("甲", "一", "x")])
    [2]
    """
    return [
        next((place for place, one in enumerate(clauses, 1) if any(agrees(one, gold) for gold in group)), None)
        for group in wanted(question)
    ]


# Answers -------------------------------------------------------------------------------------------------------


def fact_accuracy(outcome: Outcome) -> list[float]:
    """Of the answerable questions with facts, the share whose answer holds every fact: |{q: F(q) ⊆ A(q)}| / |Q|.

    Empty: no answerable question has facts.

    >>> asked = Question("q", "factual", "", facts=(("5",), ("a", "b")))
    >>> [fact_accuracy(Outcome(asked, text)) for text in ("5 b", "15 b", "5")], fact_accuracy(Outcome(asked, "5 b", True))
    ([[1.0], [0.0], [0.0]], [0.0])
    """
    if not outcome.question.answerable or not outcome.question.facts:
        return []
    return [float(not lacking(outcome.question, outcome.answer, outcome.refused))]


def citation_recall(outcome: Outcome) -> list[float]:
    """Of the wanted clauses of answerable questions, the share that a citation hits: Σ|W ∩ C| / Σ|W|.

    Empty: no answerable question.

    >>> one, two = (Gold("甲", label, "…", frozenset({"甲"})) for label in ("一", "二"))
    >>> citation_recall(Outcome(Question("q", "factual", "", gold=(one, two)), citations=(Cited("甲", "二", ""),)))
    [0.0, 1.0]
    """
    if not outcome.question.answerable:
        return []
    return [float(place is not None) for place in ranks(outcome.question, outcome.citations)]


def citation_precision(outcome: Outcome) -> list[float]:
    """Of the citations on answerable questions, the share that hits a gold clause: Σ|{c ∈ C: c hits G}| / Σ|C|.

    Empty: answerable questions without a citation; an answer that cites nothing lowers the recall, not this.

    >>> gold = Gold("甲", "一", "…", frozenset({"甲"}))
    >>> cited = (Cited("甲", "一", ""), Cited("甲", "二", ""))
    >>> citation_precision(Outcome(Question("q", "factual", "", gold=(gold,)), citations=cited))
    [1.0, 0.0]
    """
    if not outcome.question.answerable:
        return []
    return [float(any(agrees(one, gold) for gold in outcome.question.gold)) for one in outcome.citations]


def citation_length(outcome: Outcome) -> list[float]:
    """The characters of each cited clause, of which the median is shown: a chapter would hit everything.

    Empty: nothing is cited, or without its text.

    >>> citation_length(Outcome(Question("q", "factual", ""), citations=(Cited("甲", "一", "第一条 略"),)))
    [5.0]
    """
    return [float(len(one.text)) for one in outcome.citations if one.text]


# Refusals ------------------------------------------------------------------------------------------------------


def refusal_precision(outcome: Outcome) -> list[float]:
    """Of the refused questions R, the share that is not answerable (U): |R ∩ U| / |R|.

    Empty: nothing is refused.

    >>> asked, silent = Question("q", "factual", ""), Question("u", "unanswerable", "", answerable=False)
    >>> [refusal_precision(Outcome(q, refused=r)) for q, r in ((asked, True), (silent, True), (silent, False))]
    [[0.0], [1.0], []]
    """
    return [float(not outcome.question.answerable)] if outcome.refused else []


def refusal_recall(outcome: Outcome) -> list[float]:
    """Of the questions that are not answerable U, the share that is refused: |R ∩ U| / |U|.

    Empty: every question is answerable.

    >>> silent = Question("u", "unanswerable", "", answerable=False)
    >>> refusal_recall(Outcome(silent, refused=True)), refusal_recall(Outcome(silent))
    ([1.0], [0.0])
    """
    return [] if outcome.question.answerable else [float(outcome.refused)]


def refusal_f1(outcome: Outcome) -> list[float]:
    """The harmonic mean of both, 2·|R ∩ U| / (|R| + |U|): a mean where a question counts for R, for U, or for both.

    Empty: nothing is refused and nothing is to be refused.

    >>> asked, silent = Question("q", "factual", ""), Question("u", "unanswerable", "", answerable=False)
    >>> [refusal_f1(Outcome(q, refused=r)) for q, r in ((silent, True), (asked, True), (silent, False), (asked, False))]
    [[1.0, 1.0], [0.0], [0.0], []]
    """
    silent = not outcome.question.answerable
    return [float(outcome.refused and silent)] * (outcome.refused + silent)


# Retrieval -----------------------------------------------------------------------------------------------------


def recall_at(k: int, outcome: Outcome) -> list[float]:
    """The share of a question's wanted clauses among the first `k` hits, |W ∩ H[:k]| / |W|, over answerable questions.

    Empty: no answerable question, or hits that are not told.

    >>> one, two = (Gold("甲", label, "…", frozenset({"甲"})) for label in ("一", "二"))
    >>> found = (Cited("甲", "三", ""), Cited("甲", "二", ""))
    >>> [recall_at(k, Outcome(Question("q", "factual", "", gold=(one, two)), hits=found)) for k in (1, 5)]
    [[0.0], [0.5]]
    """
    if outcome.hits is None or not outcome.question.answerable:
        return []
    places = ranks(outcome.question, outcome.hits[:k])
    return [sum(place is not None for place in places) / len(places)] if places else []


def mrr_at_10(outcome: Outcome) -> list[float]:
    """1 / the rank of the first of ten hits that is wanted, 0 where none is, over answerable questions (Voorhees 1999).

    Empty: no answerable question, or hits that are not told.

    >>> gold = Gold("甲", "二", "…", frozenset({"甲"}))
    >>> asked = Question("q", "factual", "", gold=(gold,))
    >>> mrr_at_10(Outcome(asked, hits=(Cited("甲", "三", ""), Cited("甲", "二", "")))), mrr_at_10(Outcome(asked))
    ([0.5], [0.0])
    """
    if outcome.hits is None or not outcome.question.answerable or not outcome.question.gold:
        return []
    first = min((place for place in ranks(outcome.question, outcome.hits[:10]) if place is not None), default=None)
    return [0.0 if first is None else 1 / first]


def hit_length(outcome: Outcome) -> list[float]:
    """The characters of each of the first ten hits, of which the median is shown beside the recall: long hits help it.

    Empty: nothing is found or told, or no question is answerable.

    >>> hit_length(Outcome(Question("q", "factual", ""), hits=(Cited("甲", "一", "第一条 略"),)))
    [5.0]
    """
    return [float(len(one.text)) for one in (outcome.hits or ())[:10]] if outcome.question.answerable else []


def latency(outcome: Outcome) -> list[float]:
    """The milliseconds of an answer, of which percentiles are shown. Empty: no question, or a time that is not told.

    >>> latency(Outcome(Question("q", "factual", ""), ms=12.5)), latency(Outcome(Question("q", "factual", ""), ms=None))
    ([12.5], [])
    """
    return [] if outcome.ms is None else [outcome.ms]


# Figures -------------------------------------------------------------------------------------------------------

Values = Callable[[Outcome], list[float]]
Summary = Callable[[NDArray[np.float64]], float]


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean())


def _percentile(share: float, values: NDArray[np.float64]) -> float:
    return float(np.percentile(values, share))


METRICS: dict[str, tuple[Values, Summary]] = {
    "fact_accuracy": (fact_accuracy, _mean),
    "citation_recall": (citation_recall, _mean),
    "citation_precision": (citation_precision, _mean),
    "citation_length": (citation_length, partial(_percentile, 50)),
    "refusal_precision": (refusal_precision, _mean),
    "refusal_recall": (refusal_recall, _mean),
    "refusal_f1": (refusal_f1, _mean),
    **{f"recall_at_{k}": (partial(recall_at, k), _mean) for k in (1, 5, 10, 100)},
    "mrr_at_10": (mrr_at_10, _mean),
    "latency_p50_ms": (latency, partial(_percentile, 50)),
    "latency_p95_ms": (latency, partial(_percentile, 95)),
}
"""The figures in the order in which they are shown: what a question adds to one, and what becomes of the values."""
NAMES = tuple(METRICS)


def measured(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """All figures with their intervals; the same outcomes give the same figures."""
    return {name: figure(map(values, outcomes), summary) for name, (values, summary) in METRICS.items()}


def median_hit_length(outcomes: Sequence[Outcome]) -> Figure:
    """The median length of a hit."""
    return figure(map(hit_length, outcomes), partial(_percentile, 50))


def figure(values: Iterable[Sequence[float]], summary: Summary, resamples: int = 1000, seed: int = 0) -> Figure:
    """The summary of all values with its 95 % percentile bootstrap interval; each inner sequence is a question's.

    A resample draws as many questions as count, with replacement, and takes all values of each.

    >>> figure([[1.0], [], [1.0, 1.0]], _mean)
    Figure(value=1.0, low=1.0, high=1.0, n=2)
    >>> figure([[], []], _mean)
    Figure(value=None, low=None, high=None, n=0)
    """
    counted = [one for one in values if one]
    n = len(counted)
    if n == 0:
        return Figure(None, None, None, 0)
    flat = np.array([value for one in counted for value in one], np.float64)
    owner = np.repeat(np.arange(n), [len(one) for one in counted])
    random = np.random.default_rng(seed)
    drawn = [
        summary(np.repeat(flat, np.bincount(random.integers(0, n, n), minlength=n)[owner])) for _ in range(resamples)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(summary(flat), float(low), float(high), n)
