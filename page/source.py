"""A document as HTML, to the letter: its clauses as paragraphs, its tables as tables, a quote highlighted.

Offsets are those of the document text. Every character is escaped; nothing of it is left out, furniture is set apart. Marks and line ends that
are not for the eye stay in the text and take no room.
"""

import re
from collections.abc import Iterator
from datetime import date
from html import escape

from page.words import Words
from rag.clause import Clause, Document, Kind, Parsed, Span, Table

_ELEMENT: dict[Kind, str] = {"title": "h2", "heading": "h3"}
_WRAP = re.compile(r"(?<=[^\s。！？：；])\n(?=[^\s])")
"""A line end within a sentence: the page's width in print, no paragraph."""
_MARKUP = re.compile(r"^#{1,6} +|\*\*", re.M)
"""What Markdown writes before a heading and around bold text."""


def document(parsed: Parsed, quote: Span | None, words: Words) -> str:
    """The document with its metadata above; the characters of `quote` are in <mark>, the first has the id `quote`."""
    page = _Page(parsed, quote or (0, 0))
    parts = [_facts(parsed.document, words)]
    tables = [(extent, table) for table in reversed(parsed.text.tables) if (extent := _extent(table)) is not None]
    rows = {clause.start for clause in parsed.clauses if clause.kind == "table_row"}
    at = 0
    for clause in parsed.clauses:
        at = max(at, clause.start)
        while tables and tables[-1][0][0] < clause.end:  # a table lies in its clauses, the first may begin before it
            (start, end), table = tables.pop()
            parts += [page.clause(clause, at, start), page.table(table, rows)]
            at = max(at, end)
        parts.append(page.clause(clause, at, clause.end))
    return f'<article class="document" data-line="{escape(line(parsed.document, words))}">{"".join(parts)}</article>'


def is_markdown(about: Document) -> bool:
    """Whether the document's text holds Markdown's marks, which are part of it but not for the eye."""
    return about.source.lower().endswith((".md", ".markdown"))


def without_markup(text: str) -> str:
    """A Markdown text as one reads it.

    >>> without_markup("**第一条** 甲")
    '第一条 甲'
    """
    return _MARKUP.sub("", text)


def _extent(table: Table) -> Span | None:
    """Where the table's text begins and ends; None for a table without text."""
    cells = [span for row in table.rows for span in row if span[0] < span[1]]
    return (min(a for a, _ in cells), max(b for _, b in cells)) if cells else None


def line(about: Document, words: Words) -> str:
    """Number, date and status on one line."""
    day = about.issued or about.published
    return " · ".join(str(fact) for fact in (about.number, day, words.statuses[about.status]) if fact)


def _facts(about: Document, words: Words) -> str:
    """Title, number, issuer, dates and status."""
    rows: list[tuple[str, str | date | None]] = [
        (words.number, about.number),
        (words.issuer, about.issuer),
        (words.issued, about.issued),
        (words.effective, about.effective),
        (words.expires, about.expires),
    ]
    items = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(str(fact))}</dd></div>" for term, fact in rows if fact)
    status = f'<dd><span class="badge {about.status}">{escape(words.statuses[about.status])}</span></dd>'
    return (
        f'<header class="about"><h1>{escape(about.title)}</h1><dl>{items}'
        f"<div><dt>{escape(words.status)}</dt>{status}</div></dl></header>"
    )


class _Page:
    """Writes stretches of one document text; knows what is quoted and whether that has begun."""

    def __init__(self, parsed: Parsed, quote: Span) -> None:
        self.characters, self.quote = parsed.text.characters, quote
        self.is_markdown = is_markdown(parsed.document)
        self.begun = False

    def text(self, start: int, end: int, broken: bool = True) -> str:
        """The characters from `start` to `end`, the quoted ones in <mark>; `broken` by the width of a page in print."""
        low, high = max(start, self.quote[0]), min(end, self.quote[1])
        if low >= high or not self.characters[low:high].strip():
            return self._plain(start, end, broken)
        anchor = "" if self.begun else ' id="quote" tabindex="-1"'
        self.begun = True
        parts = [self._plain(a, b, broken) for a, b in ((start, low), (low, high), (high, end))]
        return f"{parts[0]}<mark{anchor}>{parts[1]}</mark>{parts[2]}"

    def _plain(self, start: int, end: int, broken: bool) -> str:
        html = escape(self.characters[start:end])
        if broken:
            html = _WRAP.sub('<span class="mute">\n</span>', html)
        return _MARKUP.sub(lambda mark: f'<span class="mute">{mark[0]}</span>', html) if self.is_markdown else html

    def clause(self, clause: Clause, start: int, end: int) -> str:
        """A clause, or what of it lies between `start` and `end`, as a paragraph or heading."""
        if start >= end:
            return ""
        tag = _ELEMENT.get(clause.kind, "p")
        depth = min(len(clause.path), 5)
        cited = " cited" if self.quote[0] < end and start < self.quote[1] else ""
        return f'<{tag} class="{clause.kind} depth{depth}{cited}">{self.text(start, end)}</{tag}>'

    def table(self, table: Table, rows: set[int]) -> str:
        """The table with its merged cells; a first row that is no clause of its own is the head."""
        lines = []
        for number, cells in enumerate(_merged(table)):
            head = number == 0 and not any(start in rows for (start, _), _, _ in cells)
            tag = "th" if head else "td"
            drawn = [
                f"<{tag}{_spans(down, across)}>{self.text(start, end, broken=False)}</{tag}>"
                for (start, end), down, across in cells
            ]
            lines.append(f"<tr>{''.join(drawn)}</tr>")
        return f'<div class="table" tabindex="0"><table>{"".join(lines)}</table></div>'


def _spans(down: int, across: int) -> str:
    return (f' rowspan="{down}"' if down > 1 else "") + (f' colspan="{across}"' if across > 1 else "")


def _merged(table: Table) -> Iterator[list[tuple[Span, int, int]]]:
    """Row by row the cells that begin there: span, rows down and columns across that the same span fills."""
    taken: set[tuple[int, int]] = set()
    for r, row in enumerate(table.rows):
        cells = []
        for c, span in enumerate(row):
            if (r, c) in taken:
                continue
            across = down = 1
            if span[0] < span[1]:
                while c + across < len(row) and row[c + across] == span:
                    across += 1
                while r + down < len(table.rows) and table.rows[r + down][c : c + across] == (span,) * across:
                    down += 1
            taken |= {(r + i, c + j) for i in range(down) for j in range(across)}
            cells.append((span, down, across))
        yield cells
