"""Markdown: the text as it is, marks and all; offsets count them. Adds only where its tables have their cells."""

import re
from collections.abc import Iterator
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
    found = tables(characters)
    return Text(characters, furniture=tuple(_frames(characters, found)), tables=tuple(found))


def _frames(characters: str, found: list[Table]) -> Iterator[Span]:
    """What draws the tables: the bars around their rows and the lines of dashes between them."""
    for table in found:
        rows = [filled for row in table.rows if (filled := [span for span in row if span[0] < span[1]])]
        if not rows:
            continue
        behind = characters.rfind("\n", 0, rows[0][0][0]) + 1
        for row in rows:
            yield behind, row[0][0]
            behind = row[-1][1]
        end = characters.find("\n", behind)
        yield behind, len(characters) if end < 0 else end


def tables(characters: str) -> list[Table]:
    """The tables of `| a | b |` lines with a `|---|` line below the first; such a line is no row, wherever it stands."""
    found: list[Table] = []
    lines = [(match.start(), match.end()) for match in _ROW.finditer(characters)]
    rules = [_RULE.fullmatch(characters, *line) is not None for line in lines]
    i = 0
    while i < len(lines):
        end = i + 1
        while end < len(lines) and lines[end][0] == lines[end - 1][1] + 1:
            end += 1
        begin = next((j for j in range(i, end - 1) if rules[j + 1] and not rules[j]), end)
        if begin < end:
            rows = [cells(characters, lines[j]) for j in range(begin, end) if not rules[j]]
            found.append(Table(tuple(rows)))
        i = end
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
