"""What `rag/learned.npz` is learned from and how: questions with their clauses, of several collections at once.

The projection is learned first. The figures of each question are then made with a projection that did not see it, by inner
folds, so that the networks learn what figures are worth on new questions. Whether the best clause answers is learned from
the whole collections, from parts of them that hold the question's documents or do not, and from questions that belong to
another collection. What is learned is measured by outer folds, see `eval.retrieval`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
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
from rag.candidates import FIGURES, Candidates
from rag.clause import DocumentId
from rag.embed import Embedder, unit
from rag.index import build, open_index
from rag.learned import Learned, Network, load, save
from rag.numeral import bare
from rag.retrieve import Retriever
from rag.score import PLAIN, evidential, merits
from rag.sentence import sentences
from rag.settings import Settings
from rag.understand import Query

Array = NDArray[np.float32]
Groups = tuple[tuple[int, ...], ...]
"""For each wanted clause the numbers of the units that are it."""

_INNER = 2
"""Inner folds; each costs one projection."""
_SIZES = (3, 5, 8, 20, 60)
"""Documents of a part of a collection: most users have few."""
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
        """The documents dealt into small indexes, each with the questions that it answers and as many that it does not.

        They lie beside the collection's own index, and are built anew each time: seconds, as no vector is.
        """
        draw = np.random.default_rng(0)
        home = self.material.settings.index.parent / "parts" / self.name
        paths = [origin.path for origin in self.material.index.store.origins().values()]
        order = draw.permutation(len(paths)).tolist()
        found: list[Collection] = []
        while order:
            size = int(draw.choice(_SIZES))
            chosen, order = set(order[:size]), order[size:]
            own = [one.question for one in self.examples if one.documents and one.documents <= chosen]
            others = [one.question for one in self.examples if not one.is_torn and not one.documents & chosen]
            strange = [others[i] for i in draw.permutation(len(others))[: len(own)].tolist()]
            settings = self.material.settings.model_copy(update={"index": home / str(len(found))})
            build([paths[i] for i in sorted(chosen)], settings, embedder=self.material.model, rebuild=True)
            part = Material(open_index(settings, embedder=self.material.model), self.material.model, settings)
            found.append(Collection(self.name, part, [*own, *strange]))
        return found

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

    def recalled(self, examples: Sequence[Example]) -> Iterator[tuple[Array, Array]]:
        """The vector (d,) of each question, and of the middle of the clauses that answer it, from that of all pieces."""
        starts, mean = self.material.index.store.units().starts, self.vectors.mean(axis=0)
        answerable = [one for one in examples if one.groups]
        for one, vector in zip(
            answerable, self.material.model.queries([e.query.text for e in answerable]), strict=True
        ):
            middles = [self.vectors[starts[list(group)]].mean(axis=0) for group in one.groups]
            yield vector, np.mean(middles, axis=0) - mean


def _explains(question: Question) -> bool:
    """Whether the reference answer says it in words of its own, not in the document's."""
    answer = bare(question.answer)
    return len(answer) > 20 and not any(
        answer in bare(gold.quote) or bare(gold.quote) in answer for gold in question.gold
    )


def _parts(answer: str) -> list[str]:
    return [answer[start:end][:_LONGEST] for start, end in sentences(answer) if end - start > 12][:8]


# Learning ------------------------------------------------------------------------------------------------------


def fit(
    collections: Sequence[tuple[Collection, Sequence[Example]]], report: Callable[[str, int, int], None], seed: int = 0
) -> Learned:
    """What is learned from these examples of these collections; the same from the same. Cost: minutes."""
    fingerprint = collections[0][0].material.model.fingerprint
    inner = [folds([one.question for one in examples], _INNER, seed) for _, examples in collections]
    orderings: list[tuple[Collection, Example, Candidates]] = []
    judged: list[tuple[Candidates, Example, float]] = []
    for fold in range(_INNER):
        report("learn", fold, _INNER + 1)
        seen = [
            (collection, [one for i, one in enumerate(examples) if i not in set(made[fold])])
            for (collection, examples), made in zip(collections, inner, strict=True)
        ]
        learned = _projected(seen, fingerprint, seed)
        for (collection, examples), made in zip(collections, inner, strict=True):
            retriever = Retriever(
                collection.material.index, collection.material.model, collection.material.settings, learned
            )
            held = [examples[i] for i in made[fold]]
            orderings += [
                (collection, one, retriever.candidates(one.query, retriever.scope(one.query))) for one in held
            ]
            judged += list(_judged_in_parts(collection, held, learned))
    report("learn", _INNER, _INNER + 1)
    ordered = _orderings(orderings)
    order = weights.order(ordered, seed)
    plain_order = weights.order([replace(one, figures=one.figures[:, PLAIN]) for one in ordered], seed)
    base = replace(_projected(collections, fingerprint, seed), order=order, plain_order=plain_order)
    judged += [(found, one, _LACKING if of.is_lacking else 1.0) for of, one, found in orderings if not one.is_torn]
    report("learn", _INNER + 1, _INNER + 1)
    return replace(
        base,
        answers=_answers(judged, base, known=True, seed=seed),
        plain_answers=_answers(judged, base, known=False, seed=seed),
    )


def _projected(collections: Sequence[tuple[Collection, Sequence[Example]]], fingerprint: str, seed: int) -> Learned:
    """The projection alone, with networks that say nothing yet."""
    pairs = [pair for collection, examples in collections for pair in collection.pairs(examples)]
    made, shift = projection.learned(pairs, seed)
    told = [one for collection, examples in collections for one in collection.recalled(examples)]
    questions, texts = (np.stack(vectors) for vectors in zip(*told, strict=True))
    nothing = Network(*(np.zeros(n, np.float32) for n in (1, 1, 1, 1, 1, 1)))
    return Learned(fingerprint, made, shift, unit(questions @ made + shift), texts, nothing, nothing, nothing, nothing)


def _orderings(found: Sequence[tuple[Collection, Example, Candidates]]) -> list[Ordering]:
    """What can be learned from: questions of which a candidate is wanted; each collection counts alike."""
    made = []
    for collection, example, candidates in found:
        is_wanted = np.isin(candidates.units, [number for group in example.groups for number in group])
        if is_wanted.any():
            made.append((collection.name, Ordering(candidates.figures, is_wanted)))
    names = [name for name, _ in made]
    return [replace(one, weight=1 / names.count(name)) for name, one in made]


def _judged_in_parts(
    collection: Collection, held: Sequence[Example], learned: Learned
) -> Iterator[tuple[Candidates, Example, float]]:
    """The questions of `held` put to parts of the collection, each an index of its own: a word that is nowhere tells
    less where there are few words.
    """
    chosen = {one.question.id for one in held}
    for part in collection.parts:
        retriever = Retriever(part.material.index, part.material.model, part.material.settings, learned)
        for one in part.examples:
            if one.question.id in chosen:
                yield retriever.candidates(one.query, retriever.scope(one.query)), one, 1.0


def _answers(
    judged: Sequence[tuple[Candidates, Example, float]], learned: Learned, *, known: bool, seed: int
) -> Network:
    """The network that judges whether the best candidate answers."""
    figures, is_answer, counts = [], [], []
    for found, example, weight in judged:
        if not len(found.units):
            continue
        merit = merits(found.figures, learned, known=known)
        best = np.argsort(-merit, kind="stable")
        told = evidential(found.figures if known else found.figures[:, PLAIN], merit, found.searched)
        of_question = {number for group in example.groups for number in group}
        figures.append(told[best[0]])
        is_answer.append(not of_question.isdisjoint(found.units[best[:_BEST]].tolist()))
        counts.append(weight)
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
