"""Markdown: the text as it is, marks and all; offsets count them. Adds only where its tables have their cells."""

import re
from itertools import pairwise
from pathlib import Path

from rag.clause import Span, Table, Text
from rag.load.text import clean, decode, refuse_binary

_ROW = re.compile(r"^[ \t]{0,3}\|.*\|[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*")
_EDGE = re.compile(r"(?<!\\)\|")


def read(content: bytes, path: Path) -> Text:
    """The text of a `.md` file with its tables; raises Unreadable where the bytes are no text."""
    refuse_binary(content, path)
    characters = clean(decode(content, path))
    return Text(characters, tables=tuple(tables(characters)))


def tables(characters: str) -> list[Table]:
    """The tables of `| a | b |` lines with a `|---|` line below the first, which itself is no row."""
    found: list[Table] = []
    lines = [(match.start(), match.end()) for match in _ROW.finditer(characters)]
    for i, (start, end) in enumerate(lines):
        if not _RULE.fullmatch(characters, start, end) or i == 0 or lines[i - 1][1] + 1 != start:
            continue
        rows = [cells(characters, lines[i - 1])]
        for j in range(i + 1, len(lines)):
            if lines[j][0] != lines[j - 1][1] + 1 or _RULE.fullmatch(characters, *lines[j]):
                break
            rows.append(cells(characters, lines[j]))
        found.append(Table(tuple(rows)))
    return found


def cells(characters: str, line: Span) -> tuple[Span, ...]:
    """The cells of one `| a | b |` line, each without the blanks around it."""
    edges = [match.start() for match in _EDGE.finditer(characters, *line)]
    return tuple(_trimmed(characters, a + 1, b) for a, b in pairwise(edges))


def _trimmed(characters: str, start: int, end: int) -> Span:
    inner = characters[start:end]
    if not inner.strip():
        return start, start
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())
