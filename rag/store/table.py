"""The tables of a store, and how the nouns of `rag.clause` become their rows and come back."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date
from functools import cache
from typing import Any

from rag import family
from rag.clause import Clause, Document, Parsed, Relation, Table, Text

SCHEMA = """
CREATE TABLE documents (
  entry INTEGER PRIMARY KEY, position INTEGER NOT NULL, first INTEGER NOT NULL, pieces INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, number TEXT, issuer TEXT, region TEXT, type TEXT, issued TEXT,
  published TEXT, effective TEXT, expires TEXT, source TEXT NOT NULL, sha256 TEXT NOT NULL, clauses INTEGER NOT NULL,
  confidence REAL, stated TEXT, path TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, size INTEGER NOT NULL,
  layout TEXT NOT NULL);
CREATE TABLE texts (document INTEGER PRIMARY KEY REFERENCES documents (entry), characters TEXT NOT NULL);
CREATE TABLE clauses (
  document INTEGER NOT NULL REFERENCES documents (entry), position INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL, label TEXT, path TEXT NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL,
  start INTEGER NOT NULL, "end" INTEGER NOT NULL, page INTEGER, row TEXT, whole INTEGER NOT NULL,
  UNIQUE (document, position));
CREATE TABLE pieces (
  document INTEGER NOT NULL REFERENCES documents (entry), position INTEGER NOT NULL, clause INTEGER NOT NULL,
  start INTEGER NOT NULL, "end" INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (document, position)) WITHOUT ROWID;
CREATE INDEX pieces_of_a_clause ON pieces (document, clause);
CREATE TABLE relations (
  document INTEGER NOT NULL REFERENCES documents (entry), position INTEGER NOT NULL, kind TEXT NOT NULL,
  clause TEXT NOT NULL, target TEXT NOT NULL, effective TEXT, text TEXT NOT NULL, start INTEGER NOT NULL,
  "end" INTEGER NOT NULL, path TEXT NOT NULL, through TEXT NOT NULL, clauses TEXT NOT NULL, until TEXT, months INTEGER,
  PRIMARY KEY (document, position));
"""
"""`entry` stays a document's key while it is indexed; `position` is its place among the files, `first` the row of its
first piece: row = first + position of the piece. A piece's `clause` is a position in its document, `whole` is where the
last clause below one ends."""

_DATES = ("issued", "published", "effective", "expires")
_DOCUMENT = (
    *("id", "title", "number", "issuer", "region", "type", *_DATES, "source", "sha256", "clauses"),
    *("confidence", "stated"),
)
_CLAUSE = ("id", "kind", "label", "path", "heading", "text", "start", "end", "page", "row")
_TERMS = ("until", "months")
_RELATION = ("kind", "clause", "target", "effective", "text", "start", "end", "path", "through", "clauses", *_TERMS)
TABLES = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
DOCUMENT_COLUMNS = ", ".join(_DOCUMENT)
CLAUSE_COLUMNS = ", ".join(f'"{name}"' for name in _CLAUSE)
RELATION_COLUMNS = ", ".join(f'r."{name}"' for name in _RELATION)

Row = Sequence[Any]


@cache
def tables() -> list[tuple[str, str, str | None]]:
    """What TABLES gives of a store of this release."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(SCHEMA)
        return made.execute(TABLES).fetchall()


def document_values(document: Document) -> dict[str, object]:
    """A document's columns by their names, those of `Document` alone."""
    values = {name: getattr(document, name) for name in _DOCUMENT}
    values |= {name: day.isoformat() for name in _DATES if (day := values[name]) is not None}
    return values


def layout(text: Text) -> str:
    """What a text knows of itself beside its characters, as JSON."""
    tables = [table.rows for table in text.tables]
    known = {"pages": text.pages, "furniture": text.furniture, "tables": tables, "headings": text.headings}
    return json.dumps(known | {"title": text.title, "confidence": text.confidence})


def clause_rows(entry: int, parsed: Parsed) -> Iterable[Row]:
    """The rows of a document's clauses: document, position, whole, then CLAUSE_COLUMNS."""
    for position, clause in enumerate(parsed.clauses):
        path = json.dumps(clause.path, ensure_ascii=False)
        row = None if clause.row is None else json.dumps(dict(clause.row), ensure_ascii=False)
        whole = family.end(parsed.clauses, position)
        own = (clause.id, clause.kind, clause.label, path, clause.heading, clause.text, clause.start, clause.end)
        yield (entry, position, whole, *own, clause.page, row)


def relation_rows(entry: int, relations: Iterable[Relation]) -> Iterable[Row]:
    """The rows of a document's relations: document, position, then RELATION_COLUMNS."""
    for position, relation in enumerate(relations):
        values = {name: getattr(relation, name) for name in _RELATION}
        values |= {name: day.isoformat() for name in ("effective", "until") if (day := values[name]) is not None}
        values |= {name: json.dumps(values[name], ensure_ascii=False) for name in ("path", "through", "clauses")}
        yield (entry, position, *values.values())


def document(row: Row) -> Document:
    """The document of DOCUMENT_COLUMNS; its status is settled by who reads it."""
    values = dict(zip(_DOCUMENT, row, strict=True))
    return Document(**values | {name: _day(values[name]) for name in _DATES})


def clause(row: Row) -> Clause:
    """The clause of CLAUSE_COLUMNS."""
    id, kind, label, path, heading, text, start, end, page, cells = row
    cells = None if cells is None else json.loads(cells)
    return Clause(id, kind, label, tuple(json.loads(path)), heading, text, start, end, page, cells)


def relation(row: Row) -> Relation:
    """The relation of RELATION_COLUMNS."""
    values = dict(zip(_RELATION, row, strict=True))
    values |= {name: _day(values[name]) for name in ("effective", "until")}
    values |= {name: tuple(json.loads(values[name])) for name in ("path", "through", "clauses")}
    return Relation(**values)


def text(characters: str, layout: str) -> Text:
    """The text of its characters and what `layout` gave."""
    known = json.loads(layout)
    tables = tuple(Table(tuple(tuple((a, b) for a, b in row) for row in rows)) for rows in known["tables"])
    furniture = tuple((a, b) for a, b in known["furniture"])
    headings = tuple((a, b) for a, b in known["headings"])
    return Text(characters, tuple(known["pages"]), furniture, tables, known["title"], known["confidence"], headings)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
