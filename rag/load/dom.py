"""A page's elements written out as lines: breaks at blocks, tabs between cells, spans of data tables.

Knows nothing of what is main text and what is chrome; that is page's.
"""

import re
from dataclasses import dataclass, field

from lxml import etree, html

from rag.clause import Span, Table
from rag.load.text import clean

_DROPPED = frozenset({
    "script", "style", "template", "head", "svg", "iframe", "object", "noscript", "select", "option", "button",
    "input", "textarea", "audio", "video", "canvas",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figure", "figcaption", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_BLANK = re.compile(r"[ \t\n\r\f]+")
_LAYOUT = 1500
"""Characters of a cell that holds most of its table, above which the table lays out a page: articles are longer."""
_WIDEST = 200
"""Columns and rows that one cell may span: more is an attack, real ones have 20."""
_COLUMNS = 500
"""Columns that a row may fill; what lies beyond keeps its text and loses its cell."""


@dataclass(slots=True)
class Line:
    """A stretch of text between breaks: where it stands, in which block element, how much of it is links."""

    start: int
    end: int
    element: html.HtmlElement
    linked: int = 0


@dataclass(slots=True)
class _Cell:
    row: int
    span: Span
    rows: int
    columns: int


@dataclass(slots=True)
class _Open:
    """A table that is being written; `begun` is where its row begins, `start` its cell."""

    is_data: bool
    row: int = -1
    cells: list[_Cell] = field(default_factory=list)
    begun: int = 0
    start: int = 0
    in_cell: bool = False


@dataclass(slots=True)
class Writer:
    """The characters so far, their lines and tables.

    `broken` is whether the next text begins a line; `joined` whether it must not, because it is the value of a name
    in a table's cell before it (发文机关：国务院办公厅). `fresh` is whether nothing stands in the cell yet, `last` the
    last character that is not blank. `blocks` are the block elements that are open, the innermost last.
    """

    parts: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    length: int = 0
    open: list[_Open] = field(default_factory=list)
    blocks: list[html.HtmlElement] = field(default_factory=list)
    last: str = ""
    broken: bool = True
    joined: bool = False
    fresh: bool = True

    def line(self, line: Line) -> str:
        """The characters of a line."""
        return self.characters[line.start : line.end].strip()

    @property
    def characters(self) -> str:
        """All characters; joined once."""
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0] if self.parts else ""

    def put(self, text: str) -> None:
        """Adds `text` as it is."""
        self.parts.append(text)
        self.length += len(text)
        self.last = text.rstrip()[-1:] or self.last

    def split(self) -> None:
        """Ends the line."""
        self.broken = self.broken or not self.joined

    def text(self, text: str | None, linked: bool) -> None:
        """Adds running text, white space collapsed as a browser does; a line begins where there was a break."""
        words = _BLANK.sub(" ", clean(text or ""))  # &#27; is a control character only here
        if self.broken:
            words = words.lstrip(" ")
        if not words:
            return
        if self.broken:
            if not self.fresh:
                self.put("\n")
            self.lines.append(Line(self.length, self.length, self.blocks[-1]))
            self.broken = self.fresh = False
        elif words[0] == " " and self.parts[-1].endswith(" "):
            words = words[1:]
        self.put(words)
        self.joined = self.joined and not words.strip()
        line = self.lines[-1]
        line.end = self.length - (len(words) - len(words.rstrip())) if words.strip() else line.end
        line.linked += len(words.strip()) if linked else 0

    def cell(self, element: html.HtmlElement) -> None:
        """Begins a cell of the innermost table."""
        table = self.open[-1]
        if not table.is_data:
            self.joined = self.last in ("：", ":") and self.length > table.begun
            self.broken = not self.joined
            return
        is_first = not table.cells or table.cells[-1].row != table.row
        if not is_first:
            self.put("\t")
        elif self.length:
            self.put("\n")
        self.fresh = True
        self.broken, table.start, table.in_cell = True, self.length, True
        table.cells.append(
            _Cell(table.row, (self.length, self.length), _number(element, "rowspan"), _number(element, "colspan"))
        )

    def end_cell(self) -> None:
        """Ends it: its span is that of its lines."""
        table = self.open[-1]
        if not (table.is_data and table.in_cell):
            return
        inside = [line for line in self._since(table.start) if line.start < line.end]
        if inside:
            table.cells[-1].span = (inside[0].start, inside[-1].end)
        table.in_cell, self.broken, self.fresh = False, True, False

    def _since(self, start: int) -> list[Line]:
        i = len(self.lines)
        while i and self.lines[i - 1].start >= start:
            i -= 1
        return self.lines[i:]

    def end_table(self) -> None:
        """Ends the innermost table and keeps it where it holds data."""
        table = self.open.pop()
        cells: list[list[tuple[Span, int, int]]] = [[] for _ in range(table.row + 1)]
        for cell in table.cells:
            cells[cell.row].append((cell.span, cell.rows, cell.columns))
        rows = grid(cells)
        if table.is_data and any(a < b for row in rows for a, b in row):
            self.tables.append(Table(tuple(tuple(row) for row in rows if row)))


def write(body: html.HtmlElement) -> Writer:
    """Everything that a reader sees of `body`, in order. Cost: linear in its elements."""
    writer = Writer(blocks=[body])
    skipped: html.HtmlElement | None = None
    links = 0
    for event, element in etree.iterwalk(body, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start" and skipped is None:
            if tag in _DROPPED or "hidden" in element.attrib or _HIDDEN.search(element.get("style") or ""):
                skipped = element
                continue
            links += tag == "a"
            _start(writer, element, tag)
            writer.text(element.text, links > 0)
        elif event != "start":
            if skipped is None and event == "end":
                _end(writer, tag)
                links -= tag == "a"
            if skipped is element:
                skipped = None
            if skipped is None and element is not body:
                writer.text(element.tail, links > 0)
    return writer


def _start(writer: Writer, element: html.HtmlElement, tag: str) -> None:
    if tag in _BLOCKS:
        writer.blocks.append(element)
    if tag in _BLOCKS and tag not in ("td", "th"):
        writer.split()
    if tag == "table":
        writer.open.append(_Open(not (writer.open and writer.open[-1].in_cell) and _is_data(element)))
    elif tag == "tr" and writer.open:
        writer.open[-1].row += 1
        writer.open[-1].begun = writer.length
        writer.broken = True
        writer.joined = False
    elif tag in ("td", "th") and writer.open and writer.open[-1].row >= 0:
        writer.end_cell()
        writer.cell(element)


def _end(writer: Writer, tag: str) -> None:
    if tag in ("td", "th") and writer.open:
        writer.end_cell()
    if tag in ("tr", "table"):
        writer.joined, writer.broken = False, True
    if tag == "table" and writer.open:
        writer.end_table()
    if tag in _BLOCKS and not (tag in ("td", "th") and writer.last in ("：", ":")):
        writer.split()
    if tag in _BLOCKS:
        writer.blocks.pop()


def _is_data(table: html.HtmlElement) -> bool:
    """Whether a table holds data: several rows and columns, no table within, no cell that is a page's article."""
    if next(table.iterdescendants("table"), None) is not None:  # first: else tables 500 deep are read 500 times
        return False
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    if len(rows) < 2 or max(len(row) for row in rows) < 2:
        return False
    texts = ["".join(cell.itertext()).strip() for row in rows for cell in row]
    named = sum(text.endswith(("：", ":")) for text in texts)
    longest = max((len(text) for text in texts), default=0)
    return named < 0.3 * len(texts) and not (longest > _LAYOUT and 2 * longest > sum(map(len, texts)))


def _number(element: html.HtmlElement, name: str) -> int:
    """A span attribute within bounds, 1 where it is none."""
    value = (element.get(name) or "").strip()
    return max(1, min(int(value), _WIDEST)) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def grid(rows: list[list[tuple[Span, int, int]]]) -> list[list[Span]]:
    """Cells with the rows and columns that they span → full rows; a merged cell stands in each place with its span.

    >>> grid([[((0, 1), 2, 1), ((2, 3), 1, 1)], [((4, 5), 1, 1)]])
    [[(0, 1), (2, 3)], [(0, 1), (4, 5)]]
    """
    filled: list[list[Span]] = []
    pending: dict[int, tuple[Span, int]] = {}
    for row in rows:
        cells: list[Span] = []
        queue = list(row)
        while (queue or len(cells) in pending) and len(cells) < _COLUMNS:
            if (held := pending.pop(len(cells), None)) is not None:
                if held[1] > 1:
                    pending[len(cells)] = (held[0], held[1] - 1)
                cells.append(held[0])
                continue
            span, down, across = queue.pop(0)
            for _ in range(across):
                if down > 1:
                    pending[len(cells)] = (span, down - 1)
                cells.append(span)
        filled.append(cells)
    return filled
