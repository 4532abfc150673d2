"""A query → evidence: the clauses that may answer it, best first, each with a score that can be compared.

Candidates ordered by what was learned of their figures; a clause named by its number comes first, without a search.
What becomes of the evidence is `extract`'s and `answer`'s.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.candidates import Candidates, Finder, asked
from rag.clause import NOT_IN_FORCE, Clause, ClauseId, Document, DocumentId, Filters, Hit, Span
from rag.embed import Embedder, Vectors
from rag.family import is_article
from rag.index import Index
from rag.learned import Learned
from rag.learned import load as learned_weights
from rag.lexical import terms
from rag.refer import BROWSED, head, is_literal, names_all, names_document, nearest, owners, referenced
from rag.rerank import Reranker, read, reordered, reranker
from rag.scope import is_strict, scope, speaks_for
from rag.score import is_lay, merits, probabilities
from rag.settings import Settings
from rag.threads import one_thread
from rag.understand import Query, Reference, short_names, topic

K = TypeVar("K")
V = TypeVar("V")
_LESS, _BEHIND = 0.2, 2.0
"""How much less likely, and how far behind in merit, a clause is that is no longer in force, unless the question names
its document."""
_LIKELY = 100
"""Clauses whose documents are looked through for a number."""
_LISTS = 3
"""Clauses that are looked at for the list of which an item is asked for."""
_ALIKE = 20
"""Clauses that may fit one number."""
_PHRASE = 40
"""Characters up to which a text may stand in two documents and mean each time another thing."""
_REPRINT = 0.9
"""Share of equal terms from which two clauses of different documents are one text printed twice."""
_OPENING, _CLOSING = 120, 60
"""Characters at a document's beginning and end in which it says where it comes from: dateline, addressee, signature."""
_REMEMBERED = 4096
"""Clauses whose pieces, and questions whose terms, are remembered."""
_SIMILAR = 0.75
"""Share of equal characters below which they cannot be: a character that one lacks is two terms that it lacks."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A clause with what speaks for it: `cosine` and `bm25` of its best piece, `coverage` of the query's terms.

    `merit` orders evidence of one search; `searched` is the number of pieces that were searched.
    """

    hit: Hit
    cosine: float
    bm25: float
    coverage: float
    merit: float = math.inf
    searched: int = 0


class Retriever:
    """Searches one open index; may be used from several threads, changes nothing."""

    def __init__(self, index: Index, embedder: Embedder, settings: Settings, learned: Learned | None = None) -> None:
        """Costs nothing; the model loads at the first search. `learned` are other weights than those that ship."""
        self.index, self.embedder, self.settings = index, embedder, settings
        self._given = learned
        self._reranker = reranker(settings)
        self._vectors_of: dict[str, Vectors] = {}
        self._lapsed_of: tuple[tuple[Document, ...], NDArray[np.float32]] | None = None
        self._told_of: dict[tuple[str, str], tuple[dict[str, float], float]] = {}
        self._pieces_of: dict[tuple[ClauseId, int], list[tuple[int, int, int]]] = {}

    def search(self, query: Query, top: int) -> list[Evidence]:
        """The `top` clauses most likely to answer, best first; a clause named by its number stands at the head.

        Where the question names its clauses and where to look for them, nothing else is searched: no vector, no model,
        and [] where there is no such clause.
        Cost: one embedding, one exact search, the postings of the terms; only the clauses that are given are read, or those
        that a cross-encoder puts in order, where one is set.
        """
        scope = self.scope(query)
        browsed = scope if scope is not None else self._documents
        is_settled = names_all(query, browsed)
        if query.references and not is_settled and len(browsed) > BROWSED:
            browsed = self._likely(query, scope)
        named = self.named(query, browsed)
        if is_settled or (query.kind == "clause" and len(named) >= top):
            return _ranked(named[:top])  # found by its number: no vector is needed
        seen = {evidence.hit.clause.id for evidence in named}
        others: Iterator[Evidence] = (one for one in self._ranking(query, scope) if one.hit.clause.id not in seen)
        if self._reranker is not None:
            others = self._reranked(self._reranker, _without_reprints(others), query)
        return _ranked(list(islice(_without_reprints(chain(named, others)), top)))

    def _reranked(self, model: Reranker, found: Iterator[Evidence], query: Query) -> Iterator[Evidence]:
        """The evidence, its best in the order of `model`; score and merit stay with the places."""
        best = list(islice(found, self.settings.reranked))
        scores = model.order(query.text, [read(one.hit) for one in best])
        lapsed = [one.hit.document.status in NOT_IN_FORCE and not query.exact for one in best]
        for place, i in zip(best, reordered(scores, lapsed), strict=True):
            yield replace(best[i], hit=replace(best[i].hit, score=place.hit.score), merit=place.merit)
        yield from found

    def _likely(self, query: Query, scope: Sequence[DocumentId] | None) -> list[DocumentId]:
        """The documents of the best clauses: where a number is looked for in a collection too large to browse."""
        documents = dict.fromkeys(one.hit.document.id for one in islice(self._ranking(query, scope), _LIKELY))
        return list(documents)[:BROWSED]

    def named(self, query: Query, documents: Sequence[DocumentId]) -> list[Evidence]:
        """The clauses of these documents that the query's references name, score 1: first one for each in the order
        asked, then what fits a number as well; of a document that is named and nothing else its title.
        """
        store = self.index.store
        if not query.references:
            names = query.documents if names_document(query) else ()
            found = [clause for id in names if id in documents and (clause := head(store.clauses(id))) is not None]
        else:
            each = [self._fitting(one, query, documents) for one in query.references]
            firsts = [fitting[0] for fitting in each if fitting]
            found = [*firsts, *(clause for fitting in each for clause in fitting[1:_ALIKE])]
        return [
            Evidence(self._hit(store.whole(id), 1.0, "reference"), 1.0, 0.0, 1.0)
            for id in dict.fromkeys(clause.id for clause in found)
        ]

    def _fitting(self, reference: Reference, query: Query, documents: Sequence[DocumentId]) -> list[Clause]:
        """The clauses that one reference names, likeliest first: of documents in force before those that have lapsed."""
        store = self.index.store
        if query.list_of and (listed := self._of_list(reference, query)):
            return listed
        found = [c for id in owners(reference, documents) for c in referenced(reference, store.clauses(id))]
        if len(found) > 1 and query.rest:
            found = self._spoken_of(query, reference, found)
        elif len(found) > 1 and reference.parts[-1][0] in ("编", "章", "节", "条", "款", "附件"):
            found = [clause for clause in found if is_literal(reference, clause)] or found
        return sorted(found, key=lambda clause: _age(store.document_of(clause.id), bool(reference.documents)))

    def _of_list(self, reference: Reference, query: Query) -> list[Clause]:
        """The item that the reference names in the list that answers the earlier question, or that stands beside its
        best answer.
        """
        asked = query.list_of
        earlier = replace(
            query, text=asked, rewritten=asked, focus=asked, rest=asked, references=(), list_of="", kind="list"
        )
        for one in self.search(earlier, _LISTS):
            clause = one.hit.clause
            clauses = self.index.store.clauses(one.hit.document.id)
            above = [c for c in clauses if c.path == clause.path[:-1]]
            for lead in (clause, *above[:1]):
                items = [c for c in clauses if len(c.path) > len(lead.path) and c.path[: len(lead.path)] == lead.path]
                if found := referenced(reference, items):
                    return [found[0]]
        return []

    def _spoken_of(self, query: Query, reference: Reference, found: Sequence[Clause]) -> list[Clause]:
        """Of clauses with the same number in several documents those whose surroundings share most words with the
        question, where it says more than the number.
        """
        asked = query.text.replace(reference.text, " ")

        def shared(clause: Clause) -> float:
            document = self.index.store.document_of(clause.id)
            return self.coverage(asked, f"{document.title} {clause.heading} {clause.text}", query)

        literal = {clause.id for clause in found if is_literal(reference, clause)}
        return sorted(found, key=lambda clause: (-round(shared(clause), 1), clause.id not in literal))

    def absent(self, query: Query) -> list[Reference]:
        """The references that none of the documents has in which they are looked for; [] where these are too many."""
        scope = self.scope(query)
        browsed = scope if scope is not None else self._documents
        if query.list_of or (not names_all(query, browsed) and len(browsed) > BROWSED):
            return []
        clauses = self.index.store.clauses
        return [
            one
            for one in query.references
            if not one.missing and not any(referenced(one, clauses(id)) for id in owners(one, browsed))
        ]

    def nearest(self, reference: Reference, query: Query) -> Hit | None:
        """The clause that comes closest to a reference that does not exist, in the document that is meant."""
        scope = self.scope(query)
        browsed = owners(reference, scope if scope is not None else self._documents)
        if len(browsed) != 1:
            browsed = [id for id in browsed if id in query.documents]
        clause = nearest(reference, self.index.store.clauses(browsed[0])) if browsed else None
        return None if clause is None else self.hit(clause)

    def scope(self, query: Query) -> list[DocumentId] | None:
        """The documents that may answer; None for all."""
        return scope(query, self.index.store.documents())

    # Candidates ----------------------------------------------------------------------------------------------

    @cached_property
    def _documents(self) -> list[DocumentId]:
        return [document.id for document in self.index.store.documents()]

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self.index, [document.title for document in self.index.store.documents()])

    @cached_property
    def learned(self) -> Learned:
        """The weights in use."""
        return self._given or learned_weights()

    @cached_property
    def is_known(self) -> bool:
        """Whether the model is the one that the weights were learned with."""
        return self.learned.fingerprint == self.embedder.fingerprint

    def candidates(self, query: Query, scope: Sequence[DocumentId] | None = None) -> Candidates:
        """The clauses that the query may mean, from these documents or all, with their figures."""
        text, projection = query.text, self.learned if self.is_known else None
        places = [short_names(name)[-1] for name in query.places if name in text]
        vector, allowed, k = self._vector(text), self._allowed(query, scope), self.settings.candidates
        with one_thread():
            vectors = np.stack([vector, vector if projection is None else projection.projected(vector)])
            self.index.vectors.begin(vectors, max(4 * k, 200), allowed)  # as the finder will ask
            question = asked(vectors, text, topic(text), places, projection, is_lay=is_lay(query.question))
            return self._finder.candidates(question, k, allowed)

    def _allowed(self, query: Query, scope: Sequence[DocumentId] | None) -> NDArray[np.int64] | None:
        """The rows of these documents, None for all; where a place chose them, those of others too that speak of it."""
        if scope is None:
            return None
        blocks = self.index.store.blocks()
        rows = [np.asarray(blocks[id], np.int64) for id in scope]
        if not is_strict(query) and query.filters == query.understood == Filters():
            rows += [self.index.terms.rows(place) for place in query.places if place not in query.strange]
        return np.unique(np.concatenate([np.empty(0, np.int64), *rows]))

    def _ranking(self, query: Query, scope: Sequence[DocumentId] | None) -> Iterator[Evidence]:
        """The candidates as evidence, best first, equal ones in the order of the documents; each is read when it is asked
        for.
        """
        found = self.candidates(query, scope)
        if not len(found.units):
            return
        units, known = self._finder.units, self.is_known
        lapsed = self._lapsed(query)[units.document[found.units]]
        with one_thread():
            merit = merits(found.figures, self.learned, known=known) - _BEHIND * lapsed
            score = probabilities(found.figures, merit, found.searched, self.learned, known=known)
        score *= 1 - _LESS * lapsed
        order = np.argsort(-merit, kind="stable")
        score[order] = np.minimum.accumulate(score[order])
        cosine, bm25, coverage = (found.figure(name) for name in ("cosine", "bm25", "coverage"))
        dense = found.figure("rank") + found.figure("projected_rank") > 0
        for i in order.tolist():
            clause = self.index.store.whole(units.clauses[found.units[i]])
            why = ("both" if bm25[i] else "dense") if dense[i] else "lexical"
            yield Evidence(
                self._hit(clause, float(score[i]), why),
                *(float(cosine[i]), math.expm1(bm25[i]), float(coverage[i]), float(merit[i]), found.searched),
            )

    def _lapsed(self, query: Query) -> NDArray[np.float32]:
        """For each document 1 where it is no longer, or not yet, in force, unless the question names it."""
        documents = self.index.store.documents()
        known = self._lapsed_of  # one read: another thread may see a new day
        if known is None or known[0] is not documents:
            lapsed = np.array([one.status in NOT_IN_FORCE for one in documents], np.float32)
            self._lapsed_of = known = (documents, lapsed)
        return np.zeros_like(known[1]) if query.exact else known[1]

    # Evidence ------------------------------------------------------------------------------------------------

    def _hit(self, clause: Clause, score: float, why: str) -> Hit:
        return Hit(0, score, self.index.store.document_of(clause.id), clause, why)

    def hit(self, clause: Clause, why: str = "neighbour") -> Hit:
        """A clause as evidence in its own right, given whole: for what stands beside or below a hit."""
        return self._hit(self.index.store.whole(clause.id), 1.0, why)

    def words(self, document: DocumentId, span: Span) -> str:
        """The document text between two offsets without page furniture that a page break put there."""
        text = self.index.store.parsed(document).text
        start, end = span
        parts = []
        for a, b in [f for f in text.furniture if start < f[1] and f[0] < end]:
            parts.append(text.characters[start : max(start, a)].rstrip())
            start = b
        parts.append(text.characters[start:end].lstrip() if parts else text.characters[start:end])
        return "".join(parts)

    def speaks_for(self, document: Document, place: str) -> bool:
        """Whether a document speaks for a place, though it is not the document's region."""
        end = len(self.index.store.parsed(document.id).text.characters)
        edges = ((0, min(_OPENING, end)), (max(0, end - _CLOSING), end))
        return speaks_for(document, place, " ".join(self.words(document.id, span) for span in edges))

    def own_text(self, clause: Clause) -> str:
        """The clause's text without what is numbered below it, also of a clause given whole."""
        return self.index.store.clause(clause.id).text

    def below(self, clause: Clause) -> list[Clause]:
        """The clauses directly below `clause`, in order."""
        return [c for c in self.inside(clause) if len(c.path) == len(clause.path) + 1 and c.kind != "header"]

    def carriers(self, clause: Clause) -> list[Clause]:
        """The clauses within `clause` that are cited on their own, each given whole: an article with its 款 and 项 is
        one, a section is as many as it has.
        """
        inside = self.inside(clause)
        if any(is_article(label) for label in clause.path) or not inside:
            return [clause]
        alone = [c for c in inside if not any(is_article(label) for label in c.path[:-1])]
        return [clause, *(self.index.store.whole(c.id) for c in alone)]

    def inside(self, clause: Clause) -> list[Clause]:
        """The clauses below `clause` at any depth, in order."""
        depth = len(clause.path)
        clauses = self.index.store.clauses(self.index.store.document_of(clause.id).id)
        end = self.index.store.whole(clause.id).end
        return [
            c for c in clauses if clause.start < c.start < end and len(c.path) > depth and c.path[:depth] == clause.path
        ]

    def likeness(self, query: Query, clause: Clause, span: Span) -> float:
        """The cosine of the query to the piece of `clause` that fits `span` best; of a part of an article to the article's."""
        pieces = self._pieces(clause)
        fitting = [(min(span[1], end) - max(span[0], start), start - end, row) for row, start, end in pieces]
        if not fitting:  # furniture
            return 0.0
        row = max(fitting)[2]
        return float(self.index.vectors.rows([row])[0] @ self._vector(query.text))

    def _pieces(self, clause: Clause) -> list[tuple[int, int, int]]:
        """Row, start and end of the pieces of a clause and of all below it, else of the clauses above it."""
        key = (clause.id, clause.end)  # by itself or given whole
        pieces = self._pieces_of.get(key)
        if pieces is None:
            store = self.index.store
            pieces = [piece for c in (clause, *self.inside(clause)) for piece in store.pieces(c.id)]
            if not pieces:
                every = store.clauses(store.document_of(clause.id).id)
                above = [c for c in every if c.path == clause.path[: len(c.path)]]
                pieces = [piece for c in above for piece in store.pieces(c.id)]
            keep(self._pieces_of, key, pieces)
        return pieces

    def _vector(self, text: str) -> Vectors:
        vector = self._vectors_of.get(text)
        if vector is None:
            vector = self.embedder.queries([text])[0]
            keep(self._vectors_of, text, vector)
        return vector

    def coverage(self, asked: str, text: str, query: Query, beside: str = "") -> float:
        """The share of the question's terms, by what they tell, that stand in `text`; 0 to 1.

        Words of asking, names of places and the terms of `beside` do not count: which places a document is about is
        the scope's, and a word of its title stands for all of its clauses alike.
        """
        told, total = self._told(without_places(asked, query), beside)
        if not told:
            return 0.0
        held = set(terms(text))
        return sum(weight for term, weight in told.items() if term in held) / (total or 1.0)

    def _told(self, asked: str, beside: str) -> tuple[dict[str, float], float]:
        """What each term of a question tells, those of `beside` left out, and all of them together."""
        found = self._told_of.get((asked, beside))
        if found is None:
            told = {term: self.index.terms.idf(term) for term in set(terms(topic(asked))) - set(terms(beside))}
            found = told, sum(told.values())
            keep(self._told_of, (asked, beside), found)
        return found


def keep(known: dict[K, V], key: K, value: V) -> None:
    """Remembers what a question asks for many times over, and forgets all when it is too much; for several threads."""
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value


def without_places(text: str, query: Query) -> str:
    """`text` without the names of places by which the documents were chosen: they stand in every clause's title."""
    for place in query.places if query.documents else ():
        text = text.replace(place, " ")
    return " ".join(text.split()) or query.text


def _ranked(found: Sequence[Evidence]) -> list[Evidence]:
    return [replace(one, hit=replace(one.hit, rank=rank)) for rank, one in enumerate(found, 1)]


def _age(document: Document, is_named: bool) -> tuple[bool, int]:
    """What has lapsed stands back; of documents of one name the latest goes first."""
    day = document.effective or document.published or document.issued
    return document.status in NOT_IN_FORCE, -day.toordinal() if day and is_named else 0


def _without_reprints(found: Iterable[Evidence]) -> Iterator[Evidence]:
    """The evidence without clauses that repeat a better one word for word in another document."""
    kept: list[_Printed] = []
    for evidence in found:
        one = _Printed(evidence.hit.document.id, evidence.hit.clause.text)
        if len("".join(one.text.split())) <= _PHRASE or not any(one.repeats(other) for other in kept):
            kept.append(one)
            yield evidence


class _Printed:
    """A text of a document, looked at only where another document has one; its terms are cut only where the characters
    leave it open whether it is another's reprint.
    """

    def __init__(self, document: DocumentId, text: str) -> None:
        self.document, self.text = document, text

    @cached_property
    def characters(self) -> set[str]:
        """The characters of the text."""
        return set(self.text)

    @cached_property
    def words(self) -> set[str]:
        """The terms of the text."""
        return set(terms(self.text))

    def repeats(self, other: "_Printed") -> bool:
        """Whether both hold nearly the same terms, in two documents."""
        return (
            self.document != other.document
            and _overlap(self.characters, other.characters) > _SIMILAR
            and _overlap(self.words, other.words) > _REPRINT
        )


def _overlap(one: set[str], other: set[str]) -> float:
    """The share of the larger set that both hold."""
    return len(one & other) / max(len(one), len(other), 1)
