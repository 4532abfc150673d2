"""A store is written once: from documents that were just read, and from those of the store before that stay as they are.

What stays is copied with the whole file and not read, so that the work is that of what changed.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rag.clause import DocumentId, Parsed, Piece
from rag.store.table import (
    CLAUSE_COLUMNS,
    RELATION_COLUMNS,
    SCHEMA,
    clause_rows,
    document_values,
    layout,
    relation_rows,
)

_LOOSE = 4  # a file of which one page in so many is free is packed anew
_TABLES = ("texts", "clauses", "pieces", "relations")


@dataclass(frozen=True, slots=True)
class Origin:
    """The file a document was read from: where it lies, the SHA-256 of its bytes and their number."""

    path: Path
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be stored, its file, its pieces in the order of its clauses and the hash of what each embeds."""

    parsed: Parsed
    origin: Origin
    pieces: Sequence[Piece]
    hashes: Sequence[bytes]


def write(path: Path, documents: Sequence[Entry | DocumentId], before: Path | None = None) -> None:
    """Writes a new store of these documents in this order; an id stands for that document of the store `before`.

    Rows of pieces count from 0 through all documents. Raises sqlite3.Error or OSError where it cannot, KeyError for an
    id that is not there. Cost: a copy of the file, then what is new and what goes; 25,000 clauses a second.
    """
    if before is not None:
        shutil.copyfile(before, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
        if before is None:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
        known: dict[DocumentId, int] = dict(connection.execute("SELECT id, entry FROM documents"))
        kept = {one: known[one] for one in documents if not isinstance(one, Entry)}
        _remove(connection, [(entry,) for id, entry in known.items() if id not in kept])
        upcoming = max(kept.values(), default=-1) + 1
        entries = []
        for one in documents:
            if isinstance(one, Entry):
                _insert(connection, upcoming, one)
            entries.append(upcoming if isinstance(one, Entry) else kept[one])
            upcoming += isinstance(one, Entry)
        _order(connection, entries)
        connection.execute("COMMIT")
        free, pages = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
        if free * _LOOSE > pages:
            connection.execute("VACUUM")


def _remove(connection: sqlite3.Connection, entries: Sequence[tuple[int]]) -> None:
    for name in _TABLES:
        connection.executemany(f"DELETE FROM {name} WHERE document = ?", entries)
    connection.executemany("DELETE FROM documents WHERE entry = ?", entries)


def _insert(connection: sqlite3.Connection, entry: int, one: Entry) -> None:
    parsed, origin = one.parsed, one.origin
    values = document_values(parsed.document) | {"entry": entry, "position": 0, "first": 0, "pieces": len(one.pieces)}
    values |= {"path": str(origin.path), "digest": origin.digest, "size": origin.size, "layout": layout(parsed.text)}
    connection.execute(f"INSERT INTO documents ({', '.join(values)}) VALUES (:{', :'.join(values)})", values)
    connection.execute("INSERT INTO texts VALUES (?, ?)", (entry, parsed.text.characters))
    _fill(connection, f"clauses (document, position, whole, {CLAUSE_COLUMNS})", 13, clause_rows(entry, parsed))
    columns = f"document, position, {RELATION_COLUMNS.replace('r.', '')}"
    _fill(connection, f"relations ({columns})", 14, relation_rows(entry, parsed.relations))
    place = {clause.id: position for position, clause in enumerate(parsed.clauses)}
    rows = (
        (entry, position, place[piece.clause], piece.start, piece.end, digest)
        for position, (piece, digest) in enumerate(zip(one.pieces, one.hashes, strict=True))
    )
    _fill(connection, 'pieces (document, position, clause, start, "end", hash)', 6, rows)


def _fill(connection: sqlite3.Connection, table: str, width: int, rows: Iterable[Sequence[object]]) -> None:
    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows)


def _order(connection: sqlite3.Connection, entries: Sequence[int]) -> None:
    """Numbers the documents as they follow one another, and the rows of their pieces through all of them."""
    count = dict(connection.execute("SELECT entry, pieces FROM documents"))
    places, first = [], 0
    for position, entry in enumerate(entries):
        places.append((position, first, entry))
        first += count[entry]
    connection.executemany("UPDATE documents SET position = ?, first = ? WHERE entry = ?", places)
