"""What `rag/learned.npz` is learned from and how: questions with their clauses, of several collections at once.

The projection is learned first. The figures of each question are then made with a projection that did not see it, by inner
folds, so that the networks learn what figures are worth on new questions. Whether the best clause answers is learned from
the whole collections, from parts of them that hold the question's documents or do not, and from questions that belong to
another collection. What is learned is measured by outer folds, see `eval.retrieval`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval import projection, weights
from eval.baselines import Material
from eval.folds import Alike, folds
from eval.gold import NoQuestions, Question
from eval.metrics import agrees, wanted
from eval.projection import Pairs
from eval.retrieval import GoldSet, material
from eval.run import Progress, checked
from eval.weights import Ordering
from rag.answer import Answerer
from rag.candidates import FIGURES, Candidates, reciprocal
from rag.clause import DocumentId
from rag.embed import Embedder, unit
from rag.index import build, open_index
from rag.learned import Learned, Network, load, middle, save
from rag.numeral import bare
from rag.retrieve import Retriever
from rag.score import PLAIN, evidential, merits
from rag.sentence import sentences
from rag.settings import Settings
from rag.understand import Query

Array = NDArray[np.float32]
Groups = tuple[tuple[int, ...], ...]
"""For each wanted clause the numbers of the units that are it."""

_INNER = 3
"""Inner folds; each costs one projection."""
_SIZES = (3, 5, 8, 20, 60)
"""Documents of a part of a collection: most users have few."""
_FIRST = 60
"""Candidates of each search from which an order is learned: with all of them it was no better, and took twice as long."""
_NEAR, _FEWEST = 10, 2
"""Questions for each document from which those are drawn that belong nearby; how many a part is asked at least."""
_LACKING = 4.0
"""What a question counts that was put to a collection which lacks some of the answers that people asked it for: these are
true ones, the others are made by putting questions where they do not belong."""
_BEST = 5
"""Candidates of which one must be wanted for the evidence to answer: the gate looks at as many."""
_ANSWER, _SENTENCE, _LONGEST = 0.5, 0.15, 300
"""What a reference answer, and a sentence of one, counts as a question; characters of one, at most."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question understood, the units that answer it (() where none does) and the documents they lie in."""

    question: Question
    query: Query
    groups: Groups
    documents: frozenset[int]

    @property
    def is_torn(self) -> bool:
        """Whether it is answered by a sentence that runs over several clauses: then none of them is it."""
        return self.question.answerable and not self.groups


class Collection:
    """Documents with questions about them, from which weights are learned."""

    def __init__(self, name: str, material: Material, questions: Sequence[Question]) -> None:
        """Costs reading the gold's clauses: seconds for a thousand questions."""
        self.name, self.material = name, material
        self.answerer = Answerer(material.index, material.model, material.settings)
        self.examples = [self._example(question) for question in questions]

    @property
    def is_lacking(self) -> bool:
        """Whether it has questions that people asked and its documents do not answer."""
        return not all(one.question.answerable for one in self.examples)

    @cached_property
    def ids(self) -> list[DocumentId]:
        """The documents in their order."""
        return [document.id for document in self.material.index.store.documents()]

    @cached_property
    def vectors(self) -> Array:
        """Those of all pieces (n, d)."""
        return self.material.index.vectors.rows(range(len(self.material.index.vectors)))

    @cached_property
    def _by_source(self) -> dict[str, list[int]]:
        store = self.material.index.store
        found: dict[str, list[int]] = {}
        sources = [document.source for document in store.documents()]
        for number, document in enumerate(store.units().document.tolist()):
            found.setdefault(sources[document], []).append(number)
        return found

    @cached_property
    def parts(self) -> "list[Collection]":
        """The documents dealt into small indexes, each with the questions that it answers and as many that it does not:
        once by chance, once so that a part is about one thing, as what one office keeps is, and so are the questions.

        They lie beside the collection's own index, and are built anew each time: seconds, as no vector is.
        """
        draw = np.random.default_rng(0)
        home = self.material.settings.index.parent / "parts" / self.name
        paths = [origin.path for origin in self.material.index.store.origins().values()]
        places = self._places
        found: list[Collection] = []
        for is_alike in (False, True):
            left = draw.permutation(len(paths)).tolist()
            while left:
                if is_alike:
                    left = sorted(left, key=lambda i: -float(places[i] @ places[left[0]]))
                size = int(draw.choice(_SIZES))
                chosen, left = set(left[:size]), draw.permutation(left[size:]).tolist()
                own = [one.question for one in self.examples if one.documents and one.documents <= chosen]
                strange = self._strange(chosen, draw, is_alike=is_alike)[: max(len(own), _FEWEST)]
                settings = self.material.settings.model_copy(update={"index": home / str(len(found))})
                build([paths[i] for i in sorted(chosen)], settings, embedder=self.material.model, rebuild=True)
                part = Material(open_index(settings, embedder=self.material.model), self.material.model, settings)
                found.append(Collection(self.name, part, [*own, *strange]))
        return found

    def _strange(self, chosen: Set[int], draw: np.random.Generator, *, is_alike: bool) -> list[Question]:
        """Questions that none of the chosen documents answers, in an order by chance; only near ones, where that is wanted."""
        others = [one for one in self.examples if not one.is_torn and not one.documents & chosen]
        if is_alike:
            place = self._places[sorted(chosen)].mean(axis=0)
            near = [
                (-float(self._places[sorted(one.documents)].mean(axis=0) @ place), one)
                for one in others
                if one.documents
            ]
            others = [one for _, one in sorted(near, key=lambda pair: pair[0])[: _NEAR * max(len(chosen), _FEWEST)]]
        return [others[i].question for i in draw.permutation(len(others)).tolist()]

    @cached_property
    def _places(self) -> Array:
        """Where each document lies among the others (documents, d), of unit length."""
        units = self.material.index.store.units()
        of_row = units.document[units.of_row]
        found = np.zeros((len(self.ids), self.vectors.shape[1]), np.float32)
        np.add.at(found, of_row, self.vectors)
        found /= np.maximum(np.bincount(of_row, minlength=len(found)), 1)[:, None]
        return unit(found - found.mean(axis=0))

    def _example(self, question: Question) -> Example:
        units = self.material.index.store.units()
        groups = []
        for entries in wanted(question) if question.answerable else []:
            numbers = {
                number
                for gold in entries
                for source in gold.sources
                for number in self._by_source.get(source, ())
                if agrees(self.material.clauses.cited(units.clauses[number]), gold)
            }
            groups.append(tuple(sorted(numbers)))
        found = tuple(group for group in groups if group)
        documents = frozenset(int(units.document[number]) for group in found for number in group)
        return Example(question, self.answerer.understand(question.question, question.turns), found, documents)

    def pairs(self, examples: Sequence[Example]) -> Iterator[Pairs]:
        """The questions of `examples` with the rows that answer them, then what their reference answers say."""
        units = self.material.index.store.units()
        ends = np.append(units.starts, len(units.of_row))

        def made(texts: Sequence[str], of: Sequence[Example], weight: float) -> Pairs:
            rows = [[[r for u in group for r in range(ends[u], ends[u + 1])] for group in one.groups] for one in of]
            return Pairs(self.material.model.queries(texts), rows, self.vectors, weight)

        answerable = [one for one in examples if one.groups]
        if answerable:
            yield made([one.query.text for one in answerable], answerable, 1.0)
        explained = [one for one in answerable if _explains(one.question)]
        if explained:
            yield made([one.question.answer[:_LONGEST] for one in explained], explained, _ANSWER)
            parts = [(part, one) for one in explained for part in _parts(one.question.answer)]
        if explained and parts:
            yield made([part for part, _ in parts], [one for _, one in parts], _SENTENCE)

    def answered(self, examples: Sequence[Example]) -> Iterator[tuple[Array, Array]]:
        """The vector (d,) of each question that is answered, and those of the clauses that answer it, one each (c, d)."""
        starts = self.material.index.store.units().starts
        answerable = [one for one in examples if one.groups]
        for one, vector in zip(
            answerable, self.material.model.queries([e.query.text for e in answerable]), strict=True
        ):
            yield vector, np.stack([self.vectors[starts[list(group)]].mean(axis=0) for group in one.groups])


def _explains(question: Question) -> bool:
    """Whether the reference answer says it in words of its own, not in the document's."""
    answer = bare(question.answer)
    return len(answer) > 20 and not any(
        answer in bare(gold.quote) or bare(gold.quote) in answer for gold in question.gold
    )


def _parts(answer: str) -> list[str]:
    return [answer[start:end][:_LONGEST] for start, end in sentences(answer) if end - start > 12][:8]


# Learning ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """A question as it was put to a collection, or to a part of one, with its candidates; their figures come from weights
    that did not see it. `weight` is what it counts where it is judged whether the best answers, 0 for nothing.
    """

    collection: str
    example: Example
    found: Candidates
    weight: float
    is_whole: bool = True

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """Which candidates (m,) answer."""
        return np.isin(self.found.units, [number for group in self.example.groups for number in group])

    @property
    def near(self) -> NDArray[np.bool_]:
        """Which of them (m,) a search has among its first, or are wanted: from the others there is nothing to learn."""
        ranks = [self.found.figure(name) for name in ("rank", "projected_rank", "bm25_rank")]
        return np.asarray(np.maximum.reduce(ranks) >= reciprocal(np.array(_FIRST - 1))) | self.wanted


def fit(
    collections: Sequence[tuple[Collection, Sequence[Example]]], report: Callable[[str, int, int], None], seed: int = 0
) -> Learned:
    """What is learned from these examples of these collections; the same from the same. Cost: minutes.

    Figures are made twice: with a projection of the other inner folds, as for documents of which examples were asked, and
    with one of the other collections alone, as for a user's own.
    """
    fingerprint = collections[0][0].material.model.fingerprint
    inner = [folds([one.question for one in examples], _INNER, seed, "question") for _, examples in collections]
    abroad = [_abroad(collections, collection, fingerprint, seed) for collection, _ in collections]
    cases: list[list[_Case]] = []
    for fold in range(_INNER):
        report("learn", fold, _INNER + 1)
        seen = [
            (collection, [one for i, one in enumerate(examples) if i not in set(made[fold])])
            for (collection, examples), made in zip(collections, inner, strict=True)
        ]
        learned = _projected(seen, fingerprint, seed)
        found: list[_Case] = []
        for (collection, examples), made, strange in zip(collections, inner, abroad, strict=True):
            held = [examples[i] for i in made[fold]]
            found += _cases(collection, [collection], held, learned)
            whole = [collection] if strange else []
            found += _cases(collection, [*whole, *collection.parts], held, strange or learned)
        cases.append(found)
    report("learn", _INNER, _INNER + 1)
    every = [case for some in cases for case in some]
    base = _ordering(_projected(collections, fingerprint, seed), every, seed)
    told: list[tuple[_Case, Learned]] = []
    for some in cases:  # in the order of networks that did not see these questions, as it will be of those to come
        others = _ordering(base, [case for other in cases if other is not some for case in other], seed, seeds=1)
        told += [(case, others) for case in some]
    report("learn", _INNER + 1, _INNER + 1)
    return replace(
        base, answers=_answers(told, known=True, seed=seed), plain_answers=_answers(told, known=False, seed=seed)
    )


def _abroad(
    collections: Sequence[tuple[Collection, Sequence[Example]]], home: Collection, fingerprint: str, seed: int
) -> Learned | None:
    """What the other collections teach; None where there is no other."""
    others = [(collection, examples) for collection, examples in collections if collection is not home]
    return _projected(others, fingerprint, seed) if others else None


def _cases(home: Collection, parts: Sequence[Collection], held: Sequence[Example], learned: Learned) -> Iterator[_Case]:
    """The questions of `held` put to a collection, or to parts of it, each an index of its own: a word that is nowhere
    tells less where there are few words.
    """
    chosen = {one.question.id for one in held}
    weight = _LACKING if home.is_lacking else 1.0
    for part in parts:
        retriever = Retriever(part.material.index, part.material.model, part.material.settings, learned)
        is_whole = part is home
        for one in part.examples:
            if one.question.id not in chosen:
                continue
            found = retriever.candidates(one.query, retriever.scope(one.query))
            if len(found.units):
                # torn in the whole: no clause is its answer, and yet it has one
                counts = 1.0 if not is_whole else 0.0 if one.is_torn else weight
                yield _Case(home.name, one, found, counts, is_whole)


def _ordering(base: Learned, cases: Sequence[_Case], seed: int, **seeds: int) -> Learned:
    """`base` with networks that put the candidates of these cases in order, each from so many `seeds`."""
    found = _orderings(cases)
    plain = [replace(one, figures=one.figures[:, PLAIN]) for one in found]
    return replace(base, order=weights.order(found, seed, **seeds), plain_order=weights.order(plain, seed, **seeds))


def _projected(collections: Sequence[tuple[Collection, Sequence[Example]]], fingerprint: str, seed: int) -> Learned:
    """The projection alone, with networks that say nothing yet."""
    pairs = [pair for collection, examples in collections for pair in collection.pairs(examples)]
    made, shift = projection.learned(pairs, seed)
    every = np.mean([collection.vectors.mean(axis=0) for collection, _ in collections], axis=0)
    told = [
        (question, texts - middle(collection.vectors.mean(axis=0), len(collection.vectors), every))
        for collection, examples in collections
        for question, texts in collection.answered(examples)
    ]
    questions, texts = np.stack([one for one, _ in told]), np.concatenate([clauses for _, clauses in told])
    nothing = Network(*(np.zeros(n, np.float32) for n in (1, 1, 1, 1, 1, 1)))
    return Learned(
        fingerprint=fingerprint,
        projection=made,
        shift=shift,
        questions=unit(questions @ made + shift),
        texts=unit(texts),
        question_of=np.repeat(np.arange(len(told)), [len(clauses) for _, clauses in told]),
        middle=every,
        order=nothing,
        answers=nothing,
        plain_order=nothing,
        plain_answers=nothing,
    )


def _orderings(cases: Sequence[_Case]) -> list[Ordering]:
    """What an order can be learned from: questions to a whole collection of which a candidate is wanted; each collection
    counts alike.
    """
    made = []
    for case in cases:
        if case.is_whole and case.wanted.any():
            near = case.near
            made.append((case.collection, Ordering(case.found.figures[near], case.wanted[near])))
    names = [name for name, _ in made]
    return [replace(one, weight=1 / names.count(name)) for name, one in made]


def _answers(told: Sequence[tuple[_Case, Learned]], *, known: bool, seed: int) -> Network:
    """The network that judges whether the best candidate answers."""
    figures, is_answer, counts = [], [], []
    for case, learned in told:
        if not case.weight:
            continue
        merit = merits(case.found.figures, learned, known=known)
        best = np.argsort(-merit, kind="stable")
        given = case.found.figures if known else case.found.figures[:, PLAIN]
        figures.append(evidential(given, merit, case.found.searched)[best[0]])
        is_answer.append(case.wanted[best[:_BEST]].any())
        counts.append(case.weight)
    return weights.answers(np.stack(figures), np.array(is_answer), np.array(counts, np.float32), seed)


class Lessons:
    """The sets that weights are learned from, opened when the first weights are asked for."""

    def __init__(
        self,
        sets: Sequence[GoldSet],
        settings: Settings,
        cache: Path,
        alike: Alike = "question",
        model: Embedder | None = None,
        report: Progress = lambda _stage, _done, _total: None,
    ) -> None:
        """`sets` whose files are not there are left out; `cache` keeps their indexes, vectors and weights."""
        self._wanted = sets
        self._sets = [one for one in sets if one.is_learned_from and one.gold.exists() and one.docs.exists()]
        self._settings, self._cache, self._alike, self._model, self._report = settings, cache, alike, model, report

    @cached_property
    def _collections(self) -> list[Collection]:
        made = []
        for one in self._sets:
            asked, _ = checked(one.gold, one.docs, self._settings.question_limit, lenient=False, progress=self._report)
            settings = self._settings.model_copy(update={"index": self._cache / one.name})
            made.append(Collection(one.name, material(one, settings, self._cache, self._model, self._report), asked))
        return made

    def without(self, fold: int) -> Learned:
        """What is learned from all questions but those of this fold of each set; kept, so that it is learned once."""
        chosen = []
        for collection in self._collections:
            held = set(folds([one.question for one in collection.examples], alike=self._alike)[fold])
            chosen.append((collection, [one for i, one in enumerate(collection.examples) if i not in held]))
        return kept(self._cache / "learned", chosen, self._report)

    def all(self) -> Learned:
        """What is learned from all questions: what ships. Raises NoQuestions where no set is there."""
        if not self._sets:
            raise NoQuestions(path=", ".join(str(one.gold) for one in self._wanted if one.is_learned_from))
        return kept(self._cache / "learned", [(one, one.examples) for one in self._collections], self._report)


# What was learned before ---------------------------------------------------------------------------------------


def kept(
    folder: Path,
    collections: Sequence[tuple[Collection, Sequence[Example]]],
    report: Callable[[str, int, int], None],
) -> Learned:
    """`fit`, or what it gave before for the same questions, documents and code."""
    code = [Path(__file__).with_name(name).read_bytes() for name in ("learn.py", "projection.py", "weights.py")]
    code += [
        (Path(__file__).parent.parent / "rag" / name).read_bytes()
        for name in ("candidates.py", "learned.py", "score.py")
    ]
    facts = [[c.name, c.material.index.manifest.files, [one.question.id for one in some]] for c, some in collections]
    digest = hashlib.sha256(json.dumps([FIGURES, facts], sort_keys=True).encode() + b"".join(code)).hexdigest()[:16]
    path = folder / f"{digest}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        save(fit(collections, report), path)
    return load(path)
