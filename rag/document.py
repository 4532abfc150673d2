"""A file → a document with its clauses: load, describe, parse, relate, in that order and in one call."""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

from rag import load
from rag.clause import Parsed
from rag.metadata import describe
from rag.parse import parse
from rag.relate import relations


@cache
def reader() -> str:
    """What tells the code that reads documents from another release's: a document read by another is read again."""
    home = Path(__file__).parent
    parts = ("clause", "document", "family", "load", "metadata", "numeral", "parse", "piece", "relate", "sentence")
    files = sorted(file for part in parts for file in [*home.glob(f"{part}.py"), *(home / part).rglob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def read(path: Path) -> Parsed:
    """The document in `path`, its text, clauses and relations; its status is settled among others by `relate`.

    Raises NotFound, UnknownFormat, Unreadable, NeedsTool or NoText. Cost: the loader's, and a second a megabyte.
    """
    return parsed(load.content(path), path)


def parsed(content: bytes, path: Path) -> Parsed:
    """The document in `content`, the bytes of `path`; its `sha256` is theirs, whatever has become of the file since."""
    text = load.extracted(content, path)
    document = describe(text, path.name, hashlib.sha256(content).hexdigest())
    clauses = parse(text, document)
    shown = sum(clause.kind != "furniture" for clause in clauses)
    found = Parsed(replace(document, clauses=shown, confidence=text.confidence), text, clauses)
    return replace(found, relations=relations(found))
