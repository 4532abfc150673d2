"""The systems that are measured: the product, and what it is compared with, over the same documents with the same model.

A system is made from an open index and turns a question into a Ranking. Three baselines have no learned part and take no
note of how a question is meant: term search alone, cosine alone, and what a tutorial on LangChain leads to.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from eval.folds import Fold
from eval.gold import Question
from eval.metrics import Cited
from eval.ranking import Ranking, articles
from rag.answer import Answerer
from rag.clause import Clause, ClauseId, DocumentId
from rag.embed import Embedder
from rag.errors import MissingExtra, Phrase
from rag.index import Index
from rag.reading import together
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

DEPTH = 100
"""Hits of a ranking."""
READ = 4
"""Hits that a baseline answers from: what LangChain's retrievers give unless told otherwise."""
_ROWS = 8 * DEPTH
"""Pieces that a baseline looks at first: an article is several."""
_CHUNK, _OVERLAP = 750, 150
"""Characters, as in the tutorials."""


class System(Protocol):
    """What finds clauses, or stretches of text, for a question."""

    def search(self, question: Question) -> Ranking:
        """At most `DEPTH` hits, best first."""


class Clauses:
    """The clauses of an index as hits, given whole, each article for all that is below it."""

    def __init__(self, index: Index) -> None:
        self._store = index.store
        self._article: dict[DocumentId, dict[ClauseId, ClauseId]] = {}
        self.cited = lru_cache(maxsize=1 << 16)(self._cited)

    def article(self, clause: ClauseId) -> ClauseId:
        """The clause that stands for `clause` among hits."""
        document = self._store.document_of(clause).id
        if document not in self._article:
            self._article[document] = articles(self._store.clauses(document))
        return self._article[document][clause]

    def folded(self, clauses: Iterable[ClauseId]) -> Iterator[ClauseId]:
        """What stands for each of `clauses`, once, in the order in which it first comes."""
        yield from dict.fromkeys(map(self.article, clauses))

    def _cited(self, clause: ClauseId) -> Cited:
        return cited(self._store.document_of(clause).source, self._store.whole(clause))


def cited(source: str, clause: Clause) -> Cited:
    """A clause as metrics compare it."""
    return Cited(source, "/".join(clause.path), clause.text)


@dataclass(frozen=True, slots=True)
class Material:
    """What systems are made from: an open index, the model that built it, the settings of both."""

    index: Index
    model: Embedder
    settings: Settings
    clauses: Clauses = field(init=False)

    def __post_init__(self) -> None:
        """The clauses are those of the index."""
        object.__setattr__(self, "clauses", Clauses(self.index))


class Product:
    """The product as it answers: what it understands of the question and its turns, its order and its own score."""

    def __init__(self, material: Material, fold: Fold) -> None:
        """With the weights of `fold` where it has some, else those that ship."""
        self._answerer = Answerer(material.index, material.model, material.settings, learned=fold.learned)
        self._clauses, self._store = material.clauses, material.index.store

    def search(self, question: Question) -> Ranking:
        """At most `DEPTH` clauses, best first; the evidence in the order in which a model reads it, nothing cut."""
        found = self._answerer.search(question.question, question.turns, top=DEPTH)
        hits = [self._clauses.cited(clause) for clause in self._clauses.folded(hit.clause.id for hit in found)]
        evidence = together(found, self._store)
        return Ranking(tuple(hit.clause.text for hit in evidence), tuple(hits), found[0].score if found else -np.inf)


class Terms:
    """BM25 alone, over the pairs of characters of each clause's pieces."""

    def __init__(self, material: Material, fold: Fold) -> None:
        """Nothing is learned."""
        self._material = material

    def search(self, question: Question) -> Ranking:
        """At most `DEPTH` clauses, best first."""
        return _ranking(self._material, lambda k: self._material.index.terms.search(question.question, k))


class Cosines:
    """The embedding model alone: the cosine of the question to each clause's best piece."""

    def __init__(self, material: Material, fold: Fold) -> None:
        """Nothing is learned."""
        self._material = material

    def search(self, question: Question) -> Ranking:
        """At most `DEPTH` clauses, best first."""
        vector = self._material.model.queries([question.question])

        def nearest(k: int) -> tuple[Any, Any]:
            rows, cosines = self._material.index.vectors.nearest(vector, k)
            return rows[0], cosines[0]

        return _ranking(self._material, nearest)


def _ranking(material: Material, search: Callable[[int], tuple[Any, Any]]) -> Ranking:
    """The clauses of the best rows, as many rows as it takes for `DEPTH` of them, or all."""
    k, clauses = _ROWS, material.clauses
    while True:
        rows, scores = search(k)
        found = [material.index.store.piece_clause[row] for row in rows.tolist()]
        folded = list(clauses.folded(found))
        if len(folded) >= DEPTH or len(rows) < k:
            break
        k *= 2
    hits = tuple(clauses.cited(clause) for clause in folded[:DEPTH])
    return Ranking(tuple(hit.text for hit in hits), hits, float(scores[0]) if len(scores) else -np.inf)


class Chunks:
    """LangChain as its tutorials have it: RecursiveCharacterTextSplitter 750/150, FAISS' flat index, the best chunks.

    A chunk is a hit and has no path. Raises MissingExtra. Cost: embeds every chunk once.
    """

    def __init__(self, material: Material, fold: Fold) -> None:
        """Nothing is learned."""
        import faiss

        self._model, self._chunks = material.model, list(_chunks(material.index))
        vectors = material.model.passages([chunk.text for chunk in self._chunks])
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def search(self, question: Question) -> Ranking:
        """At most `DEPTH` chunks, best first."""
        cosines, rows = self._index.search(self._model.queries([question.question]), min(DEPTH, len(self._chunks)))
        hits = tuple(self._chunks[row] for row in rows[0].tolist())
        return Ranking(tuple(hit.text for hit in hits), hits, float(cosines[0][0]) if hits else -np.inf)


def splitter() -> "RecursiveCharacterTextSplitter":
    """LangChain's usual splitter with its usual separators; raises MissingExtra."""
    try:
        from langchain_text_splitters import RecursiveCharacterTextSplitter
    except ImportError:
        raise MissingExtra(purpose=Phrase("与 LangChain 比较", "Comparing with LangChain"), extra="eval") from None
    return RecursiveCharacterTextSplitter(chunk_size=_CHUNK, chunk_overlap=_OVERLAP)


def _chunks(index: Index) -> Iterator[Cited]:
    cut = splitter()
    for document in index.store.documents():
        for chunk in cut.split_text(index.store.parsed(document.id).text.characters):
            yield Cited(document.source, "", chunk)


SYSTEMS: dict[str, Callable[[Material, Fold], System]] = {
    "tiaomu": Product,
    "bm25": Terms,
    "dense": Cosines,
    "langchain-default": Chunks,
}
"""How each system is made; the first is the product, which alone learns."""
PRODUCT = "tiaomu"
