"""The clauses that one question may mean, each with the figures that speak for it.

Three searches are put together: by meaning, by meaning after the learned projection, by terms. The figures of all
candidates are made at once from the index's arrays, no clause is read. What the figures are worth is `rag.score`'s.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.embed import Vectors
from rag.index import Index
from rag.learned import Learned, Recalled, middle
from rag.lexical import terms
from rag.store import Units
from rag.vector import Rows

Array = NDArray[np.float32]
Numbers = NDArray[np.int64]
"""Numbers of units, or of documents, (n,)."""

FIGURES = (
    "cosine",  # of the question to the clause's best piece
    "projected",  # the same after the learned projection
    "bm25",  # log(1 + BM25) of the best piece
    "coverage",  # share of the question's terms, by what they tell, in the clause's pieces; title and headings count
    "rare",  # the same with what a term tells squared: whether the names and numbers of the question are there
    "lacking",  # log(1 + what the terms tell that the clause has not)
    "own",  # coverage of the terms that its document's title has not
    "title",  # and in the title alone
    "rank",  # reciprocal rank by each of the three searches, 0 beyond `_RANKED`
    "projected_rank",
    "bm25_rank",
    "document_bm25",  # the best of the clause's document
    "document_coverage",
    "document_terms",  # coverage by all of the document's clauses together
    "document_lacking",
    "document_projected",
    "document_rank",  # reciprocal rank of the document by its best BM25
    "document_share",  # log of the share of likeness that lies in the document, and in the section
    "section_share",
    "length",  # log(1 + characters)
    "chapter",  # 1 for a long section with all that is below it; for titles, heads and signatures; for an article 条
    "frame",
    "article",
    "lay",  # 1 for a question in everyday words
    "terms",  # log(1 + the question's terms)
    "best_coverage",  # of any candidate: how much of the question's words there is to be found at all
    "best_bm25",
    "best_document_terms",
    "best_projected",
    "behind",  # how far behind the best by projected cosine
    "remembered",  # cosine to where the texts lie that answer questions like this one, and how far behind the best by it
    "less_remembered",
    "feedback",  # cosine to the question moved towards the five clauses that are nearest to it
    "answered",  # share of the example questions like this one that clauses like this one answer, by the nearest examples
    "widely_answered",  # by more of them
    "exactly_answered",  # by the nearest, and clauses that are very like
    "widely_exactly_answered",
    "answered_like",  # cosine to the example question that is most like this one among those that this very clause answers
    "place",  # share of the places that the question names whose name stands in the clause's pieces; 1 where it names none
    "document_place",  # and anywhere in its document
    "placed",  # 1 for a question that names a place
    "document_cosine",  # of the projected question to where the document lies, as seen from the collection's middle
    "document_remembered",  # and of where the texts lie that answer questions like this one
)
_NUMBER = {name: i for i, name in enumerate(FIGURES)}
ANSWERED = ("answered", "widely_answered", "exactly_answered", "widely_exactly_answered", "answered_like")
"""The figures that are 0 for documents of which no example question was asked."""
COSINES = ("cosine", "projected", "projected_rank", "document_projected", "document_share", "section_share",
           "document_cosine", "document_remembered", "best_projected", "behind", "remembered", "less_remembered", "feedback", *ANSWERED)  # fmt: skip
"""The figures that mean something for the model alone that they were learned with."""

_RANKED = 200
"""Clauses to which a search gives a rank."""
_CHAPTER = 700
"""Characters from which a heading with all that is below it would cover every question."""
_SHARPNESS = 0.02  # of the softmax over projected cosines
_NEAREST, _TOWARDS = 5, 0.5
_MEANT = 4096
"""Vectors of which the mean is taken, up to twice as many."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Clauses by their numbers among the units, ascending, with their figures (m, len(FIGURES)).

    searched  pieces that were searched
    """

    units: Numbers
    figures: Array
    searched: int

    def figure(self, name: str) -> Array:
        """One figure (m,) of all candidates."""
        return np.asarray(self.figures[:, _NUMBER[name]], np.float32)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is searched: its vectors (3, d), plain, projected and remembered, and its terms.

    recalled example questions like it, None where none were learned
    wanted   the terms of what it is about, without words of asking
    places   the terms of each place that it names
    """

    vectors: Vectors
    recalled: Recalled | None
    terms: Sequence[str]
    wanted: Sequence[str]
    places: Sequence[Sequence[str]]
    is_lay: bool


def asked(
    vectors: Vectors, text: str, about: str, places: Sequence[str], learned: Learned | None, *, is_lay: bool
) -> Asked:
    """A question by its vectors (2, d), plain and projected, the same where nothing was learned, its text, what it is
    about, the places in it by their shortest names.
    """
    recalled = None if learned is None else learned.recalled(vectors[1])
    return Asked(
        vectors=np.stack([*vectors, vectors[0] if recalled is None else recalled.place]),
        recalled=recalled,
        terms=terms(text),
        wanted=tuple(dict.fromkeys(terms(about))),
        places=[terms(name) for name in places],
        is_lay=is_lay,
    )


class _Held(NamedTuple):
    """What each term tells, and the sums of it over the terms that stand in a unit, squared ones too, or in a document."""

    told: dict[str, float]
    units: Array
    squared: Array
    documents: Array


class Finder:
    """Finds candidates in one index; for several threads, keeps what does not depend on the question."""

    def __init__(self, index: Index, titles: Sequence[str]) -> None:
        """`titles` are those of the documents in their order."""
        self._index, self._titles = index, titles

    @cached_property
    def units(self) -> Units:
        """The clauses that can be found."""
        return self._index.store.units()

    @cached_property
    def _documents(self) -> Numbers:
        """The first unit of each document that has one."""
        return np.flatnonzero(np.diff(self.units.document, prepend=-1))

    @cached_property
    def _titled(self) -> Mapping[str, Numbers]:
        """For each term of a title the documents that have it there."""
        held: dict[str, list[int]] = {}
        for number, title in enumerate(self._titles):
            for term in set(terms(title)):
                held.setdefault(term, []).append(number)
        return {term: np.array(numbers, np.int64) for term, numbers in held.items()}

    @cached_property
    def _mean(self) -> Array:
        """The mean (d,) of the index's vectors, of some evenly spread ones where there are many."""
        n = len(self._index.vectors)
        rows = np.arange(0, n, max(1, n // _MEANT))
        return np.asarray(self._index.vectors.rows(rows).mean(axis=0), np.float32)

    @cached_property
    def _places(self) -> Array:
        """Where each document lies, as seen from the middle (documents, d), of unit length; 0 for one without pieces."""
        of_row = self.units.document[self.units.of_row]
        starts = np.flatnonzero(np.diff(of_row, prepend=-1))
        ends = [*starts[1:].tolist(), len(of_row)]
        found = np.zeros((len(self._titles), len(self._mean)), np.float32)
        for start, end in zip(starts.tolist(), ends, strict=True):
            found[of_row[start]] = self._index.vectors.rows(range(start, end)).mean(axis=0) - self._mean
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6), np.float32)

    @cached_property
    def _kinds(self) -> Array:
        """The figures that a clause has whatever is asked: length, chapter, frame, article (units, 4)."""
        units = self.units
        chapter = units.is_a("heading") & (units.length > _CHAPTER)
        frame = units.is_a("title", "header", "footer")
        return np.stack([np.log1p(units.length), chapter, frame, units.article], axis=1).astype(np.float32)

    def candidates(self, question: Asked, k: int, allowed: Rows | None = None) -> Candidates:
        """The `k` best clauses of each search, half as many more of the projected one; only from the rows `allowed`.

        Cost: one search for both vectors, the postings of the terms, a few passes over arrays of all clauses.
        """
        n = len(self.units.clauses)
        searched = len(self.units.of_row) if allowed is None else len(allowed)
        if not n or not searched:
            return Candidates(np.empty(0, np.int64), np.empty((0, len(FIGURES)), np.float32), searched)
        bm25 = self._by_terms(question, allowed)
        nearest = self._by_meaning(question, max(4 * k, _RANKED), allowed)
        rankings = [units for units, _ in nearest] + [_best(bm25, max(k, _RANKED))]
        units = np.unique(np.concatenate([r[: k + k // 2 * (i == 1)] for i, r in enumerate(rankings)])).astype(np.int64)
        if not len(units):
            return Candidates(units, np.empty((0, len(FIGURES)), np.float32), searched)
        figures = np.zeros((len(units), len(FIGURES)), np.float32)
        for name, ranking in zip(("rank", "projected_rank", "bm25_rank"), rankings, strict=True):
            ranks = np.zeros(n, np.float32)
            ranks[ranking[:_RANKED]] = reciprocal(np.arange(min(len(ranking), _RANKED)))
            figures[:, _NUMBER[name]] = ranks[units]
        self._terms_figures(figures, units, question, bm25, allowed)
        self._meaning_figures(figures, units, question, nearest[1])
        first = _NUMBER["length"]
        figures[:, first : first + 4] = self._kinds[units]
        figures[:, _NUMBER["lay"]] = question.is_lay
        figures[:, _NUMBER["terms"]] = math.log1p(len(question.terms))
        self._place_figures(figures, units, question.places)
        return Candidates(units, figures, searched)

    def _of(self, allowed: Rows | None) -> Numbers:
        """The documents of these rows, of all rows without any."""
        if allowed is None:
            return np.asarray(self.units.document[self._documents], np.int64)
        return np.unique(self.units.document[self.units.of_row[allowed]])

    def _by_terms(self, question: Asked, allowed: Rows | None) -> Array:
        """For each unit the BM25 of its best piece."""
        scores = self._index.terms.scores(question.terms)
        if allowed is not None:
            scores = np.where(_mask(allowed, len(scores)), scores, np.float32(0))
        return np.maximum.reduceat(scores, self.units.starts)

    def _held(self, wanted: Sequence[str]) -> "_Held":
        """What the wanted terms tell, and how much of it stands in each unit and document."""
        units, terms = self.units, self._index.terms
        told = {term: terms.idf(term) for term in wanted}
        rows = [terms.postings(term)[0] for term in told]
        term = np.repeat(np.arange(len(rows)), [len(one) for one in rows])
        held = units.of_row[np.concatenate([np.empty(0, np.int32), *rows])]
        is_first = _firsts(held, term)
        held, term = held[is_first], term[is_first]
        documents = units.document[held]
        is_first = _firsts(documents, term)
        each = np.array([*told.values()], np.float64)
        n = len(units.clauses)
        return _Held(
            told,
            _sums(held, each[term], n),
            _sums(held, np.square(each)[term], n),
            _sums(documents[is_first], each[term[is_first]], len(self._titles)),
        )

    def _by_meaning(self, question: Asked, k: int, allowed: Rows | None) -> list[tuple[Numbers, Array]]:
        """For each vector the units of the nearest `k` pieces, best first, with their cosines."""
        rows, cosines = self._index.vectors.nearest(question.vectors[:2], k, among=allowed)
        found = []
        for numbers, values in zip(self.units.of_row[rows], cosines, strict=True):
            first = np.sort(np.unique(numbers, return_index=True)[1])
            found.append((numbers[first].astype(np.int64), values[first]))
        return found

    def _terms_figures(
        self, figures: Array, units: Numbers, question: Asked, bm25: Array, allowed: Rows | None
    ) -> None:
        documents = self.units.document[units]
        told, coverage, squared, together = self._held(question.wanted)
        total = sum(told.values()) or 1.0
        titles = np.zeros(len(self._titles), np.float32)
        for term, weight in told.items():
            titles[self._titled.get(term, np.empty(0, np.int64))] += weight / total
        share = np.minimum(coverage / total, 1.0)
        title = np.minimum(titles[documents], share[units])
        best = np.zeros(len(self._titles), np.float32)
        covered = np.zeros_like(best)
        numbers = self.units.document[self._documents]
        best[numbers] = np.maximum.reduceat(bm25, self._documents)
        covered[numbers] = np.maximum.reduceat(share, self._documents)
        rank = np.empty(len(best), np.float32)
        rank[np.argsort(-best, kind="stable")] = 1 / (1 + np.arange(len(best)))
        made = {
            "bm25": np.log1p(bm25[units]),
            "coverage": share[units],
            "rare": squared[units] / (sum(one * one for one in told.values()) or 1.0),
            "lacking": np.log1p(np.maximum(total - coverage[units], 0)),
            "own": (share[units] - title) / np.maximum(1 - title, 0.05),
            "title": title,
            "document_bm25": np.log1p(best[documents]),
            "document_coverage": covered[documents],
            "document_terms": together[documents] / total,
            "document_lacking": np.log1p(np.maximum(total - together[documents], 0)),
            "document_rank": rank[documents],
            "best_coverage": share[units].max(),
            "best_document_terms": together[self._of(allowed)].max() / total,
            "best_bm25": np.log1p(bm25.max()),
        }
        for name, values in made.items():
            figures[:, _NUMBER[name]] = values

    def _place_figures(self, figures: Array, units: Numbers, places: Sequence[Sequence[str]]) -> None:
        """A name stands where all of its terms do: two pairs of characters of a name are seldom met apart."""
        documents = self.units.document[units]
        held = np.zeros((2, len(units)), np.float32)
        for name in places:
            named = np.ones(len(self.units.clauses), bool)
            for term in name:
                named &= _mask(self.units.of_row[self._index.terms.postings(term)[0]], len(named))
            held[0] += named[units]
            held[1] += _mask(self.units.document[named], len(self._titles))[documents]
        shares = held / len(places) if places else np.ones_like(held)
        figures[:, _NUMBER["place"]], figures[:, _NUMBER["document_place"]] = shares
        figures[:, _NUMBER["placed"]] = bool(places)

    def _meaning_figures(self, figures: Array, units: Numbers, question: Asked, nearest: tuple[Numbers, Array]) -> None:
        every = self.units
        rows, first = _ranges(every.starts, len(every.of_row), units)
        vectors = self._index.vectors.rows(rows)
        cosines = np.maximum.reduceat(vectors @ question.vectors.T, first, axis=0)
        places = self._places @ np.stack([question.vectors[1] - self._mean, question.vectors[2]], axis=1)
        best, top = float(nearest[1][0]), nearest[0][:_NEAREST]
        moved = question.vectors[1] + _TOWARDS * self._index.vectors.rows(every.starts[top]).mean(axis=0)
        share = np.exp((nearest[1] - best) / _SHARPNESS)
        floor = float(nearest[1][-1])
        document = np.full(len(self._titles), floor, np.float32)
        np.maximum.at(document, every.document[nearest[0]], nearest[1])
        made = {
            "cosine": cosines[:, 0],
            "projected": cosines[:, 1],
            "document_projected": document[every.document[units]],
            "document_share": _share(every.document, nearest[0], share, units),
            "section_share": _share(every.section, nearest[0], share, units),
            "best_projected": best,
            "behind": best - cosines[:, 1],
            "remembered": cosines[:, 2],
            "less_remembered": cosines[:, 2].max() - cosines[:, 2],
            "feedback": vectors[first] @ (moved / np.linalg.norm(moved)),
            "document_cosine": places[every.document[units], 0],
            "document_remembered": places[every.document[units], 1],
        }
        for name, values in made.items():
            figures[:, _NUMBER[name]] = values
        if question.recalled is not None:
            seen_from = middle(self._mean, len(every.of_row), question.recalled.middle)
            figures[:, [_NUMBER[name] for name in ANSWERED]] = question.recalled.figures(vectors[first], seen_from)


def reciprocal(ranks: Numbers) -> Array:
    """What a search's rank counts, the best being 0."""
    return np.asarray(1 / (10 + ranks), np.float32)


def _mask(rows: Rows | NDArray[np.int32], n: int) -> NDArray[np.bool_]:
    """True (n,) for these rows."""
    within = np.zeros(n, bool)
    within[rows] = True
    return within


def _sums(numbers: NDArray[np.int32], values: NDArray[np.float64], n: int) -> Array:
    """For each of `n` numbers the sum of the values that stand beside it."""
    return np.bincount(numbers, weights=values, minlength=n).astype(np.float32)


def _firsts(numbers: NDArray[np.int32], group: Numbers) -> NDArray[np.bool_]:
    """Where a number stands for the first time in its group; those of a group stand together, ascending."""
    is_first = np.ones(len(numbers), bool)
    is_first[1:] = (numbers[1:] != numbers[:-1]) | (group[1:] != group[:-1])
    return is_first


def _best(scores: Array, k: int) -> Numbers:
    """The numbers of the `k` best scores above 0, best first; equal ones by number."""
    found = np.flatnonzero(scores > 0)
    if len(found) > k:
        edge = np.partition(scores[found], len(found) - k)[len(found) - k]
        found = found[scores[found] >= edge]
    return found[np.argsort(-scores[found], kind="stable")][:k]


def _ranges(starts: Numbers, rows: int, units: Numbers) -> tuple[Rows, Numbers]:
    """The rows of some units one after another, and where those of each begin."""
    ends = np.append(starts[1:], rows)[units]
    counts = ends - starts[units]
    first = np.cumsum(counts) - counts
    return np.repeat(starts[units] - first, counts) + np.arange(int(counts.sum())), first


def _share(group: NDArray[np.int32], near: Numbers, share: Array, units: Numbers) -> Array:
    """For each unit the log of its group's part of all shares, a millionth at least."""
    total = np.bincount(group[near], weights=share, minlength=int(group[units].max()) + 1)
    return np.asarray(np.log(total[group[units]] / share.sum() + 1e-6), np.float32)
