"""What documents say of one another and of their own clauses, and what follows for their status on a day.

`mention` reads the words that point somewhere, `place` finds the clause that a number names, `change` what is said of
the documents named (废止, 修改, 有效期延长), `name` which documents a name means, `standing` settles who is in force. This
module hands the clauses from one to the other. Dates of the document itself are metadata's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.clause import Clause, ClauseId, Document, DocumentId, Parsed, Relation
from rag.relate.name import Names, refers
from rag.relate.place import Places, parts
from rag.relate.reading import read
from rag.relate.standing import CHANGES, Standing, standings
from rag.relate.tie import Tie, ties

__all__ = [
    "CHANGES",
    "Resolved",
    "Resolver",
    "Standing",
    "Tie",
    "refers",
    "relations",
    "resolve",
    "standings",
    "ties",
]

_KEPT = 64
"""Documents whose clauses a resolver keeps by their numbers."""


def relations(parsed: Parsed) -> tuple[Relation, ...]:
    """What the clauses of a document say of other documents and of its own clauses, in document order.

    References to its own clauses are resolved; those to others are by a `Resolver`, which needs the index.
    Cost: linear, about half a second a megabyte.
    """
    return tuple(read(parsed))


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a reference leads: the document, None where it is not there, and its clauses, () where none is named."""

    document: DocumentId | None = None
    clauses: tuple[ClauseId, ...] = ()


class Resolver:
    """Finds what references mean among the documents of an index; keeps what it looked up."""

    def __init__(self, documents: Iterable[Document], clauses_of: Callable[[DocumentId], Sequence[Clause]]) -> None:
        """`clauses_of` is asked for a document only when a reference names one of its clauses: `store.clauses`."""
        self._names = Names(documents)
        self._clauses_of = clauses_of
        self._places: dict[DocumentId, Places] = {}

    def resolve(self, relation: Relation, source: Document) -> Resolved:
        """Where `relation`, one of `source`, leads; several versions of a title: the one in force, else none."""
        if not relation.target:
            return Resolved(source.id, relation.clauses)
        found = [one for one in self._names.named(relation.target, relation.text) if one.id != source.id]
        if len(found) > 1:
            found = [one for one in found if one.status not in ("repealed", "expired", "not_yet")]
        if len(found) != 1:
            return Resolved()
        document = found[0].id
        wanted = parts(relation.path)
        if not wanted:
            return Resolved(document)
        places = self._places.get(document)
        if places is None:
            if len(self._places) >= _KEPT:
                self._places.pop(next(iter(self._places)))
            places = self._places[document] = Places(self._clauses_of(document))
        held = places.resolve(wanted, parts(relation.through))
        return Resolved(document, tuple(places.clauses[i].id for i in held))


def resolve(parsed: Sequence[Parsed], today: date) -> list[Parsed]:
    """The same documents with their status on `today`."""
    links = [(one.document.id, relation) for one in parsed for relation in one.relations]
    settled = standings([one.document for one in parsed], links, today)
    return [replace(one, document=replace(one.document, status=settled[one.document.id].status)) for one in parsed]
