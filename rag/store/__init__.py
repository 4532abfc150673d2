"""Documents, clauses, pieces and relations of one generation, in one SQLite file.

Written once, by `write`, then only read; finding things by meaning or by words is `rag.vector`'s and `rag.lexical`'s.
What depends on the day, a document's status, is settled when it is read, never stored. A clause is read by itself: a
law has up to 1,260 of them, and a question asks for a few of each.
"""

import sqlite3
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from rag.clause import Clause, ClauseId, Document, DocumentId, Parsed, Relation, RelationKind
from rag.errors import IndexDamaged
from rag.relate import CHANGES, Standing, standings
from rag.store import table
from rag.store.table import CLAUSE_COLUMNS, DOCUMENT_COLUMNS, RELATION_COLUMNS, TABLES, tables
from rag.store.unit import FOUND, Units, gathered
from rag.store.write import Entry, Origin, write

__all__ = ["Entry", "Origin", "SqliteStore", "Store", "Units", "write"]

_CLAUSES = 16_384  # clauses held in memory, each about 2 KB
_TEXTS = 64_000_000  # characters of document texts held in memory: all of the country's laws have 5 million
_PARSED = 4_000_000  # characters of the documents held with all their clauses, which take ten times their text

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Store(Protocol):
    """What retrieval and answers ask of the stored documents; an id that is not there raises KeyError."""

    def documents(self) -> tuple[Document, ...]:
        """All documents in the order of their files, with their status as of today."""

    def parsed(self, document: DocumentId) -> Parsed:
        """The document with its text and clauses."""

    def clause(self, clause: ClauseId) -> Clause:
        """The clause with its own text alone."""

    def clauses(self, document: DocumentId) -> tuple[Clause, ...]:
        """The document's clauses in document order."""

    def whole(self, clause: ClauseId) -> Clause:
        """The clause given whole: its text runs to the end of its last descendant."""

    def below(self, clause: ClauseId) -> tuple[Clause, ...]:
        """The clauses below this one at any depth, in document order."""

    def document_of(self, clause: ClauseId) -> Document:
        """The document that holds the clause."""

    def units(self) -> Units:
        """The clauses that can be found, and which of them each row stands for."""

    def pieces(self, clause: ClauseId) -> list[tuple[int, int, int]]:
        """Row, start and end of the clause's pieces, by row."""

    @property
    def piece_clause(self) -> Sequence[ClauseId]:
        """For each row the clause of its piece."""

    def span(self, row: int) -> tuple[int, int]:
        """Start and end in the document text of the piece in `row`."""

    def relations(
        self, document: DocumentId | None = None, kinds: Sequence[RelationKind] = ()
    ) -> list[tuple[DocumentId, Relation]]:
        """What a document, or every one, says of others and of its own clauses; of these kinds where some are given."""

    def standings(self, day: date | None = None) -> dict[DocumentId, Standing]:
        """The status of each document on a day, today where none is given, and who repealed it."""

    def counts(self) -> dict[str, int]:
        """How many documents, clauses, pieces and relations there are."""


class _Recent(Generic[K, V]):
    """Values that were made last, up to `limit` in weight; for several threads, which may make a value twice."""

    def __init__(self, make: Callable[[K], V], weight: Callable[[V], int], limit: int) -> None:
        self._make, self._weight, self._limit = make, weight, limit
        self._held: OrderedDict[K, V] = OrderedDict()
        self._total = 0
        self._lock = threading.Lock()

    def __call__(self, key: K) -> V:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        value = self._make(key)
        with self._lock:
            if key not in self._held:
                self._held[key] = value
                self._total += self._weight(value)
            while self._total > self._limit and len(self._held) > 1:
                self._total -= self._weight(self._held.popitem(last=False)[1])
        return value

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self._total = 0


@dataclass(frozen=True, slots=True)
class _Block:
    """Where a document's pieces stand: rows `first` to `first + pieces`; `entry` is the document's key."""

    entry: int
    id: DocumentId
    first: int
    pieces: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A clause as it is stored: in which document, at which position there, and where what is below it ends."""

    clause: Clause
    entry: int
    position: int
    whole: int


class SqliteStore:
    """A store written by `write`, opened read-only; may be used from several threads, never changes.

    `today` is asked for the day that statuses are as of. `index` and `corpus` are named in the remedy of IndexDamaged,
    raised where the file is no such store.
    Cost: opening reads nothing, a clause takes 20 µs at first; a whole document is read only where it is asked for.
    """

    def __init__(
        self, path: Path, today: Callable[[], date] = date.today, *, index: Path | None = None, corpus: str = "FOLDER"
    ) -> None:
        self.path = path
        self._remedy = {"index": index or path.parent, "corpus": corpus}
        self._today = today
        self._lock = threading.Lock()
        self._settled: tuple[date, dict[DocumentId, Document], tuple[Document, ...]] | None = None
        self._standings: tuple[date, dict[DocumentId, Standing]] | None = None
        if not path.is_file():
            raise IndexDamaged(reason=f"{path.name}: 0 bytes", **self._remedy)
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        except sqlite3.Error as error:  # a later build took it away since
            raise IndexDamaged(reason=f"{path.name}: {error}", **self._remedy) from error
        if self.rows(TABLES) != tables():  # a stranger's view could run for ever
            raise IndexDamaged(reason=f"{path.name}: other tables", **self._remedy)
        self._text = _Recent(self._characters, len, _TEXTS)
        self._whole_documents = _Recent(self._parsed, lambda one: len(one.text.characters), _PARSED)
        self._place = lru_cache(maxsize=_CLAUSES)(self._placed)

    def close(self) -> None:
        """Closes the file; the store cannot be used afterwards."""
        self._connection.close()

    def documents(self) -> tuple[Document, ...]:
        """All documents in the order of their files, with their status as of today."""
        return self._settlement()[2]

    def parsed(self, document: DocumentId) -> Parsed:
        """The document with its text, clauses and relations; those asked for last are kept."""
        self._documents()  # a new day forgets them
        return self._whole_documents(document)

    def clause(self, clause: ClauseId) -> Clause:
        """The clause with its own text alone; KeyError where there is none."""
        return self._place(clause).clause

    def clauses(self, document: DocumentId) -> tuple[Clause, ...]:
        """The document's clauses in document order."""
        return self.parsed(document).clauses

    def whole(self, clause: ClauseId) -> Clause:
        """The clause given whole: its text runs to the end of its last descendant."""
        place = self._place(clause)
        own = place.clause
        if place.whole == own.end:
            return own
        return replace(own, text=self._text(place.entry)[own.start : place.whole], end=place.whole)

    def below(self, clause: ClauseId) -> tuple[Clause, ...]:
        """The clauses below this one at any depth, in document order; furniture is not below anything."""
        place = self._place(clause)
        found = self.rows(
            f"SELECT {CLAUSE_COLUMNS} FROM clauses WHERE document = ? AND position > ? AND start < ? "
            "AND kind != 'furniture' ORDER BY position",
            *(place.entry, place.position, place.whole),
        )
        path = place.clause.path
        made = (table.clause(row) for row in found)
        return tuple(one for one in made if len(one.path) > len(path) and one.path[: len(path)] == path)

    def document_of(self, clause: ClauseId) -> Document:
        """The document that holds the clause, with its status as of today."""
        return self._documents()[self._by_entry[self._place(clause).entry].id]

    def units(self) -> Units:
        """The clauses that can be found, and which of them each row stands for. Cost: at first, 1 µs a row."""
        return self._units

    def pieces(self, clause: ClauseId) -> list[tuple[int, int, int]]:
        """Row, start and end of the clause's pieces, by row."""
        place = self._place(clause)
        first = self._by_entry[place.entry].first
        query = 'SELECT position, start, "end" FROM pieces WHERE document = ? AND clause = ? ORDER BY position'
        found = self.rows(query, place.entry, place.position)
        return [(first + position, start, end) for position, start, end in found]

    @cached_property
    def piece_clause(self) -> tuple[ClauseId, ...]:
        """For each row the clause of its piece."""
        ids, starts = self._clause_ids
        return tuple(ids[starts[document] + clause] for document, clause in self.by_row("document, clause"))

    def span(self, row: int) -> tuple[int, int]:
        """Start and end in the document text of the piece in `row`; IndexError where there is none."""
        i = bisect_right(self._blocks, row, key=lambda block: block.first) - 1
        found = i >= 0 and self.rows(
            'SELECT start, "end" FROM pieces WHERE document = ? AND position = ?',
            *(self._blocks[i].entry, row - self._blocks[i].first),
        )
        if not found:
            raise IndexError(f"no piece has row {row}")
        start, end = found[0]
        return start, end

    def hashes(self) -> list[bytes]:
        """For each row the hash of what was embedded."""
        return [digest for (digest,) in self.by_row("hash")]

    def blocks(self) -> dict[DocumentId, range]:
        """The rows of each document's pieces, in the order of the documents."""
        return {block.id: range(block.first, block.first + block.pieces) for block in self._blocks}

    def relations(
        self, document: DocumentId | None = None, kinds: Sequence[RelationKind] = ()
    ) -> list[tuple[DocumentId, Relation]]:
        """What a document, or every one, says of others and of its own clauses; only these kinds where some are given."""
        found = self.rows(
            f"SELECT d.id, {RELATION_COLUMNS} FROM relations r JOIN documents d ON d.entry = r.document "
            f"WHERE (? IS NULL OR d.id = ?) AND (? OR r.kind IN ({', '.join('?' * len(kinds))})) "
            "ORDER BY d.position, r.position",
            *(document, document, not kinds, *kinds),
        )
        return [(source, table.relation(values)) for source, *values in found]

    def standings(self, day: date | None = None) -> dict[DocumentId, Standing]:
        """The status of each document on `day`, today where none is given; that of the day asked last is kept."""
        day = day or self._today()
        known = self._standings  # one read: another thread may ask for another day
        if known is None or known[0] != day:
            rows = self.rows(f"SELECT {DOCUMENT_COLUMNS} FROM documents ORDER BY position")
            documents = [table.document(row) for row in rows]
            self._standings = known = (day, standings(documents, self.relations(kinds=CHANGES), day))
        return known[1]

    def origins(self) -> dict[DocumentId, Origin]:
        """The file of each document."""
        found = self.rows("SELECT id, path, digest, size FROM documents ORDER BY position")
        return {id: Origin(Path(path), digest, size) for id, path, digest, size in found}

    def counts(self) -> dict[str, int]:
        """How many documents, clauses (without furniture), pieces and relations there are."""
        shown = {"clauses": " WHERE kind != 'furniture'"}
        names = ("documents", "clauses", "pieces", "relations")
        return {name: self.rows(f"SELECT count(*) FROM {name}{shown.get(name, '')}")[0][0] for name in names}

    def by_row(self, columns: str) -> list[tuple[Any, ...]]:
        """These columns of all pieces, in the order of their rows."""
        found = self.rows(f"SELECT {columns} FROM pieces ORDER BY document, position")
        start, starts = 0, {}
        for block in sorted(self._blocks, key=lambda block: block.entry):
            starts[block.entry], start = start, start + block.pieces
        parts = [found[(at := starts[block.entry]) : at + block.pieces] for block in self._blocks]
        return [row for part in parts for row in part]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query gives; IndexDamaged where the file is not what it should be."""
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(reason=f"{self.path.name}: {error}", **self._remedy) from error

    @cached_property
    def _blocks(self) -> list[_Block]:
        return [_Block(*row) for row in self.rows("SELECT entry, id, first, pieces FROM documents ORDER BY position")]

    @cached_property
    def _by_entry(self) -> dict[int, _Block]:
        return {block.entry: block for block in self._blocks}

    @cached_property
    def _by_id(self) -> dict[DocumentId, _Block]:
        return {block.id: block for block in self._blocks}

    @cached_property
    def _clause_ids(self) -> tuple[list[ClauseId], dict[int, int]]:
        """The ids of all clauses, document after document, and where those of each document begin."""
        ids = [ClauseId(id) for (id,) in self.rows("SELECT id FROM clauses ORDER BY document, position")]
        starts, start = {}, 0
        for entry, n in self.rows("SELECT document, count(*) FROM clauses GROUP BY document ORDER BY document"):
            starts[entry], start = start, start + n
        return ids, starts

    @cached_property
    def _units(self) -> Units:
        position = {block.entry: i for i, block in enumerate(self._blocks)}
        return gathered(self.by_row("document, clause"), self.rows(FOUND), position)

    def _placed(self, clause: ClauseId) -> _Place:
        found = self.rows(f"SELECT document, position, whole, {CLAUSE_COLUMNS} FROM clauses WHERE id = ?", clause)
        if not found:
            raise KeyError(clause)
        entry, position, whole, *own = found[0]
        return _Place(table.clause(own), entry, position, whole)

    def _documents(self) -> dict[DocumentId, Document]:
        return self._settlement()[1]

    def _settlement(self) -> tuple[date, dict[DocumentId, Document], tuple[Document, ...]]:
        """The day, and the documents as of it, by id and in order; the same objects as long as it is that day."""
        today = self._today()
        settled = self._settled
        if settled is None or settled[0] != today:
            rows = self.rows(f"SELECT {DOCUMENT_COLUMNS} FROM documents ORDER BY position")
            documents = [table.document(row) for row in rows]
            status = self.standings(today)
            made = tuple(replace(one, status=status[one.id].status) for one in documents)
            settled = (today, {one.id: one for one in made}, made)
            self._settled = settled
            self._whole_documents.clear()
        return settled

    def _characters(self, entry: int) -> str:
        return str(self.rows("SELECT characters FROM texts WHERE document = ?", entry)[0][0])

    def _parsed(self, document: DocumentId) -> Parsed:
        known, entry = self._documents()[document], self._by_id[document].entry
        layout = self.rows("SELECT layout FROM documents WHERE entry = ?", entry)[0][0]
        rows = self.rows(f"SELECT {CLAUSE_COLUMNS} FROM clauses WHERE document = ? ORDER BY position", entry)
        clauses = tuple(table.clause(row) for row in rows)
        relations = tuple(relation for _, relation in self.relations(document))
        return Parsed(known, table.text(self._text(entry), layout), clauses, relations)
