"""What a ranking of hits is worth, where no answer is looked at: evidence by its first characters, AUC, differences.

Recall and MRR are those of `eval.metrics`, taken over hits in which an article counts once; the rule by which hits are
folded into articles stands here, for every system alike. Source of the area under the curve: Hanley, McNeil, The meaning
and use of the area under a receiver operating characteristic (ROC) curve (1982); of the intervals: `eval.metrics`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from eval.gold import Gold, Question
from eval.metrics import Cited, Figure, Outcome, figure, hit_length, mrr_at_10, ranks, recall_at
from rag.clause import Clause, ClauseId
from rag.numeral import CHINESE, bare

Scores = NDArray[np.float64]
_ARTICLE = re.compile(rf"第[{CHINESE}\d]+条(?:之[{CHINESE}\d]+)?")
_PREFIX, _WHOLE = 1000, 3300
"""Characters of evidence: what a reader looks through, and what five chunks of LangChain's usual size hold."""
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a system found for a question.

    evidence  the texts that are read, in their order, with what the system puts between its hits
    hits      what was found, best first, each article once, at the best rank among its 款 and 项, given whole
    score     of the best hit; of no hit -inf
    """

    evidence: tuple[str, ...]
    hits: tuple[Cited, ...]
    score: float


# Articles ------------------------------------------------------------------------------------------------------


def articles(clauses: Sequence[Clause]) -> dict[ClauseId, ClauseId]:
    """For each clause of a document the one that stands for it among hits: its article, else itself.

    An article is the part of the path up to 第X条, and the last clause of this path before or at the one that is asked
    for; one without such a clause stands for itself.

    >>> def of(*path: str) -> Clause:
    ...     return Clause(ClauseId("/".join(path)), "clause", path[-1], path, "", "", 0, 0)
    >>> list(articles([of("第一章"), of("第一章", "第二条"), of("第一章", "第二条", "（一）"), of("一、")]).values())
    ['第一章', '第一章/第二条', '第一章/第二条', '一、']
    """
    last: dict[tuple[str, ...], ClauseId] = {}
    found: dict[ClauseId, ClauseId] = {}
    for clause in clauses:
        depth = next((i for i, label in enumerate(clause.path, 1) if _ARTICLE.fullmatch(bare(label))), None)
        if depth is None:
            found[clause.id] = clause.id
            continue
        if depth == len(clause.path):
            last[clause.path] = clause.id
        found[clause.id] = last.get(clause.path[:depth], clause.id)
    return found


# One question --------------------------------------------------------------------------------------------------


def inside(characters: int, question: Question, evidence: Sequence[str]) -> list[float]:
    r"""The share of a question's gold quotes inside the first `characters` of its evidence, one being all by `any_gold`.

    The texts of the hits are joined in their order and cut as they are given, white space counted; what is left is
    compared with the quote after NFKC and without white space. Empty: a question that is not answerable.

    >>> asked = Question("q", "factual", "", gold=(Gold("甲", None, "丙 丁"), Gold("甲", None, "戊")))
    >>> [inside(n, asked, ("甲乙", "丙\n丁", "戊")) for n in (4, 5, 6)]
    [[0.0], [0.5], [1.0]]
    """
    quotes = _quotes(question.gold)
    if not question.answerable or not quotes:
        return []
    shown = bare("".join(evidence)[:characters])
    held = [quote in shown for quote in quotes]
    return [float(any(held)) if question.any_gold else sum(held) / len(held)]


def _quotes(gold: Sequence[Gold]) -> set[str]:
    return {bare(one.quote) for one in gold}


@dataclass(frozen=True, slots=True)
class Scored:
    """What a ranking adds to each figure of `MEANS` and to the length of a hit; places are those of the wanted clauses."""

    question: Question
    values: dict[str, list[float]]
    lengths: list[float]
    places: list[int | None]
    score: float


def _recall(k: int, question: Question, ranking: Ranking) -> list[float]:
    return recall_at(k, Outcome(question, hits=ranking.hits))


def _mrr(question: Question, ranking: Ranking) -> list[float]:
    return mrr_at_10(Outcome(question, hits=ranking.hits))


def _inside(characters: int, question: Question, ranking: Ranking) -> list[float]:
    return inside(characters, question, ranking.evidence)


MEANS: dict[str, Callable[[Question, Ranking], list[float]]] = {
    **{f"recall_at_{k}": partial(_recall, k) for k in (1, 5, 10, 100)},
    "mrr_at_10": _mrr,
    **{f"inside_{n}": partial(_inside, n) for n in (_PREFIX, _WHOLE)},
}
"""The figures that are means over questions: what a question's ranking adds."""
AUC, LENGTH = "auc", "hit_length"
NAMES = (*MEANS, AUC, LENGTH)


def scored(question: Question, ranking: Ranking) -> Scored:
    """A question's ranking as what it adds to the figures."""
    places = ranks(question, ranking.hits) if question.answerable else []
    values = {name: value(question, ranking) for name, value in MEANS.items()}
    lengths = hit_length(Outcome(question, hits=ranking.hits))
    return Scored(question, values, lengths, places, ranking.score)


# All questions -------------------------------------------------------------------------------------------------


def auc(positive: Scores, negative: Scores) -> float:
    """How likely a score of `positive` is above one of `negative`, ties counted half: the area under the ROC curve.

    (R - p(p + 1) / 2) / (p · n), R the sum of the ranks that the p positive have among all, equal scores sharing theirs.
    Empty: NaN where either has none. Cost: one sort.

    >>> auc(np.array([3.0, 2.0]), np.array([1.0, 2.0])), auc(np.array([1.0]), np.array([]))
    (0.875, nan)
    """
    p, n = len(positive), len(negative)
    if not p or not n:
        return float("nan")
    _, place, times = np.unique(np.concatenate([positive, negative]), return_inverse=True, return_counts=True)
    rank = np.cumsum(times) - (times - 1) / 2  # of equal scores the mean of their ranks
    return float((rank[place[:p]].sum() - p * (p + 1) / 2) / (p * n))


def figures(rows: Sequence[Scored]) -> dict[str, Figure]:
    """Every figure of `NAMES` that these questions give, with its interval; the same rows give the same figures."""
    found = {name: figure([row.values[name] for row in rows], _mean) for name in MEANS}
    found[AUC] = _drawn(rows, lambda positive, negative: auc(positive[0], negative[0]))
    found[LENGTH] = figure([row.lengths for row in rows], _median)
    return {name: one for name, one in found.items() if one.value is not None}


def difference(name: str, ours: Sequence[Scored], theirs: Sequence[Scored]) -> Figure:
    """How much higher a figure is for `ours` than for `theirs`, rows of the same questions in the same order.

    The interval is that of a paired bootstrap: each resample draws the same questions for both.
    """
    if name == AUC:
        return _drawn(
            ours,
            lambda positive, negative: auc(positive[0], negative[0]) - auc(positive[1], negative[1]),
            theirs,
        )
    pairs = zip(ours, theirs, strict=True)
    return figure([_minus(one.values[name], other.values[name]) for one, other in pairs], _mean)


def _minus(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(one, other, strict=True)]


def _mean(values: Scores) -> float:
    return float(values.mean())


def _median(values: Scores) -> float:
    return float(np.median(values))


def _drawn(rows: Sequence[Scored], value: Callable[[Scores, Scores], float], *others: Sequence[Scored]) -> Figure:
    """`value` of the scores (systems, questions) of what is answerable and of what is not, both resampled apart."""
    scores = np.array([[row.score for row in system] for system in (rows, *others)], np.float64)
    scores = np.nan_to_num(scores, neginf=np.finfo(np.float64).min)
    is_answerable = np.array([row.question.answerable for row in rows], bool)
    positive, negative = scores[:, is_answerable], scores[:, ~is_answerable]
    p, n = positive.shape[1], negative.shape[1]
    if not p or not n:
        return Figure(None, None, None, 0)
    random = np.random.default_rng(0)
    drawn = [
        value(positive[:, random.integers(0, p, p)], negative[:, random.integers(0, n, n)]) for _ in range(_RESAMPLES)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(value(positive, negative), float(low), float(high), p + n)
