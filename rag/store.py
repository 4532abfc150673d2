"""Documents, clauses, pieces and relations of one generation, in one SQLite file.

Written once, by `write`, then only read; finding things by meaning or by words is `rag.vector`'s and `rag.lexical`'s.
What depends on the day, a document's status, is settled when it is read, never stored.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from rag.clause import Clause, ClauseId, Document, DocumentId, Parsed, Piece, Relation, RelationKind, Table, Text
from rag.errors import IndexDamaged
from rag.relate import CHANGES, Standing, standings

_SCHEMA = """
CREATE TABLE documents (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE, title TEXT NOT NULL, number TEXT, issuer TEXT, region TEXT,
  type TEXT, issued TEXT, published TEXT, effective TEXT, expires TEXT, source TEXT NOT NULL, sha256 TEXT NOT NULL,
  clauses INTEGER NOT NULL, confidence REAL, stated TEXT, path TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
  size INTEGER NOT NULL, characters TEXT NOT NULL, layout TEXT NOT NULL);
CREATE TABLE clauses (
  id TEXT PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id), position INTEGER NOT NULL, kind TEXT NOT NULL,
  label TEXT, path TEXT NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL, start INTEGER NOT NULL,
  "end" INTEGER NOT NULL, page INTEGER, row TEXT, UNIQUE (document, position));
CREATE TABLE pieces (
  row INTEGER PRIMARY KEY, clause TEXT NOT NULL REFERENCES clauses (id), start INTEGER NOT NULL,
  "end" INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE INDEX pieces_of_a_clause ON pieces (clause);
CREATE TABLE relations (
  document TEXT NOT NULL REFERENCES documents (id), position INTEGER NOT NULL, kind TEXT NOT NULL,
  clause TEXT NOT NULL, target TEXT NOT NULL, effective TEXT, text TEXT NOT NULL, start INTEGER NOT NULL,
  "end" INTEGER NOT NULL, path TEXT NOT NULL, through TEXT NOT NULL, clauses TEXT NOT NULL, until TEXT, months INTEGER,
  PRIMARY KEY (document, position));
"""
_DATES = ("issued", "published", "effective", "expires")
_DOCUMENT = (
    *("id", "title", "number", "issuer", "region", "type", *_DATES, "source", "sha256", "clauses"),
    *("confidence", "stated"),
)
_CLAUSE = ("id", "kind", "label", "path", "heading", "text", "start", "end", "page", "row")
_DOCUMENT_COLUMNS = ", ".join(_DOCUMENT)
_TERMS = ("until", "months")
_RELATION = ("kind", "clause", "target", "effective", "text", "start", "end", "path", "through", "clauses", *_TERMS)
_CLAUSE_COLUMNS = ", ".join(f'"{name}"' for name in _CLAUSE)
_RELATION_COLUMNS = ", ".join(f'r."{name}"' for name in _RELATION)
_KEPT = 256  # documents held in memory, texts and clauses; a document of 20 KB takes about 0.2 MB


@dataclass(frozen=True, slots=True)
class Origin:
    """The file a document was read from: where it lies, the SHA-256 of its bytes and their number."""

    path: Path
    digest: str
    size: int


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

    def document_of(self, clause: ClauseId) -> Document:
        """The document that holds the clause."""

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


def descendants(clauses: Sequence[Clause], position: int) -> int:
    """One past the position of the last clause below `clauses[position]`; `position + 1` where nothing is below it.

    Below it are the clauses that follow it without a break and whose paths extend its path; furniture breaks nothing.
    """
    path, after = clauses[position].path, position + 1
    for i in range(position + 1, len(clauses)):
        if clauses[i].kind == "furniture":
            continue
        if len(clauses[i].path) <= len(path) or clauses[i].path[: len(path)] != path:
            break
        after = i + 1
    return after


def whole(parsed: Parsed, position: int) -> Clause:
    """The clause at `position` with all that is numbered below it, as verbatim document text."""
    clause = parsed.clauses[position]
    below = parsed.clauses[position + 1 : descendants(parsed.clauses, position)]
    end = max([clause.end, *(one.end for one in below if one.kind != "furniture")])
    return replace(clause, text=parsed.text.characters[clause.start : end], end=end)


def write(
    path: Path, documents: Sequence[tuple[Parsed, Origin]], pieces: Iterable[Piece], hashes: Iterable[bytes]
) -> None:
    """Writes a new store; rows of pieces count from 0 in the order given. Raises sqlite3.Error where it cannot."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; {_SCHEMA}")
            for position, (parsed, origin) in enumerate(documents):
                _write_document(connection, position, parsed, origin)
            rows = (
                (row, piece.clause, piece.start, piece.end, digest)
                for row, (piece, digest) in enumerate(zip(pieces, hashes, strict=True))
            )
            connection.executemany("INSERT INTO pieces VALUES (?, ?, ?, ?, ?)", rows)
    finally:
        connection.close()


def _write_document(connection: sqlite3.Connection, position: int, parsed: Parsed, origin: Origin) -> None:
    document, text = parsed.document, parsed.text
    values = {name: getattr(document, name) for name in _DOCUMENT}
    values |= {name: day.isoformat() for name in _DATES if (day := values[name]) is not None}
    values |= {"position": position, "path": str(origin.path), "digest": origin.digest, "size": origin.size}
    values |= {"characters": text.characters, "layout": _layout_json(text)}
    names = ", ".join(values)
    connection.execute(f"INSERT INTO documents ({names}) VALUES (:{', :'.join(values)})", values)
    connection.executemany(
        f"INSERT INTO clauses ({_CLAUSE_COLUMNS}, document, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((*_clause_values(clause), document.id, i) for i, clause in enumerate(parsed.clauses)),
    )
    connection.executemany(
        f"INSERT INTO relations (document, position, {_RELATION_COLUMNS.replace('r.', '')}) "
        f"VALUES (?, ?, {', '.join('?' * len(_RELATION))})",
        ((document.id, i, *_relation_values(one)) for i, one in enumerate(parsed.relations)),
    )


def _layout_json(text: Text) -> str:
    tables = [table.rows for table in text.tables]
    known = {"pages": text.pages, "furniture": text.furniture, "tables": tables, "headings": text.headings}
    return json.dumps(known | {"title": text.title, "confidence": text.confidence})


def _clause_values(clause: Clause) -> tuple[object, ...]:
    path = json.dumps(clause.path, ensure_ascii=False)
    row = None if clause.row is None else json.dumps(dict(clause.row), ensure_ascii=False)
    span = (clause.start, clause.end)
    return (clause.id, clause.kind, clause.label, path, clause.heading, clause.text, *span, clause.page, row)


def _relation_values(relation: Relation) -> tuple[object, ...]:
    values = {name: getattr(relation, name) for name in _RELATION}
    values |= {name: day.isoformat() for name in ("effective", "until") if (day := values[name]) is not None}
    values |= {name: json.dumps(values[name], ensure_ascii=False) for name in ("path", "through", "clauses")}
    return tuple(values.values())


class SqliteStore:
    """A store written by `write`, opened read-only; may be used from several threads, never changes.

    `today` is asked for the day that statuses are as of. `index` and `corpus` are named in the remedy of IndexDamaged,
    raised where the file is no such store.
    Cost: opening reads nothing; the first question about a piece or clause reads where each of them stands.
    """

    def __init__(
        self, path: Path, today: Callable[[], date] = date.today, *, index: Path | None = None, corpus: str = "FOLDER"
    ) -> None:
        self.path = path
        self._remedy = {"index": index or path.parent, "corpus": corpus}
        self._today = today
        self._lock = threading.Lock()
        self._settled: tuple[date, dict[DocumentId, Document]] | None = None
        self._standings: tuple[date, dict[DocumentId, Standing]] | None = None
        if not path.is_file():
            raise IndexDamaged(reason=f"{path.name}: 0 bytes", **self._remedy)
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._all("SELECT row, clause FROM pieces LIMIT 1")
        self.parsed = lru_cache(maxsize=_KEPT)(self._parsed)

    def close(self) -> None:
        """Closes the file; the store cannot be used afterwards."""
        self._connection.close()

    def documents(self) -> tuple[Document, ...]:
        """All documents in the order of their files, with their status as of today."""
        return tuple(self._documents().values())

    def clause(self, clause: ClauseId) -> Clause:
        """The clause with its own text alone; KeyError where there is none."""
        parsed, position = self._place(clause)
        return parsed.clauses[position]

    def clauses(self, document: DocumentId) -> tuple[Clause, ...]:
        """The document's clauses in document order."""
        return self.parsed(document).clauses

    def whole(self, clause: ClauseId) -> Clause:
        """The clause given whole: its text runs to the end of its last descendant."""
        return whole(*self._place(clause))

    def document_of(self, clause: ClauseId) -> Document:
        """The document that holds the clause, with its status as of today."""
        return self._documents()[self._places[clause][0]]

    def pieces(self, clause: ClauseId) -> list[tuple[int, int, int]]:
        """Row, start and end of the clause's pieces, by row."""
        return self._all('SELECT row, start, "end" FROM pieces WHERE clause = ? ORDER BY row', clause)

    @cached_property
    def piece_clause(self) -> tuple[ClauseId, ...]:
        """For each row the clause of its piece."""
        return tuple(clause for clause, _, _ in self._spans)

    def span(self, row: int) -> tuple[int, int]:
        """Start and end in the document text of the piece in `row`."""
        _, start, end = self._spans[row]
        return start, end

    def hashes(self) -> list[bytes]:
        """For each row the hash of what was embedded."""
        return [digest for (digest,) in self._all("SELECT hash FROM pieces ORDER BY row")]

    def relations(
        self, document: DocumentId | None = None, kinds: Sequence[RelationKind] = ()
    ) -> list[tuple[DocumentId, Relation]]:
        """What a document, or every one, says of others and of its own clauses; only these kinds where some are given."""
        found = self._all(
            f"SELECT r.document, {_RELATION_COLUMNS} FROM relations r JOIN documents d ON d.id = r.document "
            f"WHERE (? IS NULL OR r.document = ?) AND (? OR r.kind IN ({', '.join('?' * len(kinds))})) "
            "ORDER BY d.position, r.position",
            *(document, document, not kinds, *kinds),
        )
        return [(source, _relation(values)) for source, *values in found]

    def standings(self, day: date | None = None) -> dict[DocumentId, Standing]:
        """The status of each document on `day`, today where none is given; that of the day asked last is kept."""
        day = day or self._today()
        if self._standings is None or self._standings[0] != day:
            rows = self._all(f"SELECT {_DOCUMENT_COLUMNS} FROM documents ORDER BY position")
            self._standings = (day, standings([_document(row) for row in rows], self.relations(kinds=CHANGES), day))
        return self._standings[1]

    def origins(self) -> dict[DocumentId, Origin]:
        """The file of each document."""
        found = self._all("SELECT id, path, digest, size FROM documents ORDER BY position")
        return {id: Origin(Path(path), digest, size) for id, path, digest, size in found}

    def counts(self) -> dict[str, int]:
        """How many documents, clauses (without furniture), pieces and relations there are."""
        shown = {"clauses": " WHERE kind != 'furniture'"}
        names = ("documents", "clauses", "pieces", "relations")
        return {name: self._all(f"SELECT count(*) FROM {name}{shown.get(name, '')}")[0][0] for name in names}

    @cached_property
    def _spans(self) -> list[tuple[ClauseId, int, int]]:
        return self._all('SELECT clause, start, "end" FROM pieces ORDER BY row')

    @cached_property
    def _places(self) -> dict[ClauseId, tuple[DocumentId, int]]:
        return {id: (document, i) for id, document, i in self._all("SELECT id, document, position FROM clauses")}

    def _place(self, clause: ClauseId) -> tuple[Parsed, int]:
        document, position = self._places[clause]
        return self.parsed(document), position

    def _documents(self) -> dict[DocumentId, Document]:
        today = self._today()
        if self._settled is None or self._settled[0] != today:
            rows = self._all(f"SELECT {_DOCUMENT_COLUMNS} FROM documents ORDER BY position")
            documents = [_document(row) for row in rows]
            settled = self.standings(today)
            self._settled = (today, {one.id: replace(one, status=settled[one.id].status) for one in documents})
            self.parsed.cache_clear()
        return self._settled[1]

    def _parsed(self, document: DocumentId) -> Parsed:
        known = self._documents()[document]
        characters, layout = self._all("SELECT characters, layout FROM documents WHERE id = ?", document)[0]
        rows = self._all(f"SELECT {_CLAUSE_COLUMNS} FROM clauses WHERE document = ? ORDER BY position", document)
        clauses = tuple(_clause(row) for row in rows)
        relations = tuple(relation for _, relation in self.relations(document))
        return Parsed(known, _text(characters, layout), clauses, relations)

    def _all(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(reason=f"{self.path.name}: {error}", **self._remedy) from error


def _document(row: Sequence) -> Document:  # type: ignore[type-arg]
    values = dict(zip(_DOCUMENT, row, strict=True))
    return Document(**values | {name: _day(values[name]) for name in _DATES})


def _clause(row: Sequence) -> Clause:  # type: ignore[type-arg]
    values = dict(zip(_CLAUSE, row, strict=True))
    values["path"] = tuple(json.loads(values["path"]))
    values["row"] = None if values["row"] is None else json.loads(values["row"])
    return Clause(**values)


def _relation(row: Sequence) -> Relation:  # type: ignore[type-arg]
    values = dict(zip(_RELATION, row, strict=True))
    values |= {name: _day(values[name]) for name in ("effective", "until")}
    values |= {name: tuple(json.loads(values[name])) for name in ("path", "through", "clauses")}
    return Relation(**values)


def _text(characters: str, layout: str) -> Text:
    known = json.loads(layout)
    tables = tuple(Table(tuple(tuple((a, b) for a, b in row) for row in rows)) for rows in known["tables"])
    furniture = tuple((a, b) for a, b in known["furniture"])
    headings = tuple((a, b) for a, b in known["headings"])
    return Text(characters, tuple(known["pages"]), furniture, tables, known["title"], known["confidence"], headings)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
