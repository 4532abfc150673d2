"""Pages of glyphs and ruled tables → one text: what every format that prints its pages has in common.

A loader says where the glyphs and the lines of tables are; here they become lines and tables in reading order, running
heads and page numbers become furniture, a table that a page break parts goes on, and all of it is written as a `Text`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag.clause import Span, Table, Text
from rag.load.layout.cells import Block, Cell, Part, blocks, joined
from rag.load.layout.glyph import Glyph
from rag.load.layout.grid import Grid
from rag.load.layout.line import Line, lines
from rag.load.layout.running import Placed, furniture

_RECOGNISED = 0.2
"""Share of the characters from which a text that was recognised in part is called a scan."""
_CONTINUED = re.compile(r"[（(]?(?:续表|续上表|续)[\d一二三四五六七八九十]*[)）]?")


@dataclass(slots=True)
class Page:
    """A page's blocks in reading order.

    apart      words that lie across the page: watermarks, seals
    weighed    where the page was recognised: the confidence of each line and how many characters it has
    furniture  the positions of running heads among the blocks, once these are found
    """

    height: float
    blocks: list[Block]
    apart: list[str] = field(default_factory=list)
    weighed: list[tuple[float, int]] = field(default_factory=list)
    furniture: set[int] = field(default_factory=set)


def page(
    upright: list[Glyph], sideways: list[Glyph], tables: Iterable[Grid], width: float, height: float, apart: list[str]
) -> Page:
    """A page with its glyphs as lines and tables, in points from the lower left corner."""
    inside: list[tuple[Grid, list[Block]]] = []
    for grid in tables:
        made = blocks(grid, upright, sideways)
        if made:
            inside.append((grid, made))
            upright = [glyph for glyph in upright if not _is_within(glyph, grid)]
            sideways = [glyph for glyph in sideways if not _is_within(glyph, grid)]
    words = [*apart, "".join(glyph.character for glyph in sideways)]
    return Page(height, _ordered(inside, upright, width), [one for one in words if one])


def _is_within(glyph: Glyph, grid: Grid) -> bool:
    return grid.cell((glyph.left + glyph.right) / 2, (glyph.bottom + glyph.top) / 2) is not None


def _ordered(inside: list[tuple[Grid, list[Block]]], upright: list[Glyph], width: float) -> list[Block]:
    """Lines and tables from top to bottom: a table parts the lines above it from those below."""
    ordered: list[Block] = []
    for grid, made in inside:
        above = [glyph for glyph in upright if glyph.bottom + glyph.top > 2 * grid.ys[0]]
        upright = [glyph for glyph in upright if glyph.bottom + glyph.top <= 2 * grid.ys[0]]
        ordered += [*lines(above, width), *made]
    return [*ordered, *lines(upright, width)]


def written(pages: Sequence[Page]) -> Text:
    """The pages as one text, with furniture and tables; finds the pages' furniture first.

    Furniture stands behind the text of all pages, a line each: a clause is one stretch of the text, and what stands
    between the halves of a sentence that a page break parts would be quoted with it.

    The text has a confidence only where a fifth of its characters or more were recognised: a document with the picture
    of a cover, or one scanned page among many, is the file's own and no scan.
    """
    _part_furniture(pages)
    return _Writer().written(pages)


def _part_furniture(pages: Sequence[Page]) -> None:
    """Finds running heads, then joins tables that only furniture parts."""
    placed = [[(i, block) for i, block in enumerate(page.blocks) if isinstance(block, Line)] for page in pages]
    found = furniture(
        [
            [Placed(line.text, 1 - (line.top + line.bottom) / 2 / max(page.height, 1.0)) for _, line in own]
            for page, own in zip(pages, placed, strict=True)
        ]
    )
    for one, own, running in zip(pages, placed, found, strict=True):
        one.furniture = {own[i][0] for i in running}
    behind: Block | None = None
    for one in pages:
        rest = _rest(one)
        if len(rest) > 1 and isinstance(behind, Part) and isinstance(rest[1][1], Part):
            first = rest[0][1]
            if isinstance(first, Line) and _CONTINUED.fullmatch(first.text.replace(" ", "")):
                one.furniture.add(rest[0][0])
        behind = rest[-1][1] if rest else behind
    joined([[block for _, block in _rest(one)] for one in pages])


def _rest(page: Page) -> list[tuple[int, Block]]:
    return [(i, block) for i, block in enumerate(page.blocks) if i not in page.furniture]


def _confidence(weighed: list[tuple[float, int]], written: int) -> float | None:
    total = sum(n for _, n in weighed)
    return (
        round(sum(value * n for value, n in weighed) / total, 4) if total and total >= _RECOGNISED * written else None
    )


class _Writer:
    """Writes pages as one text and notes where everything stands."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.starts: list[int] = []
        self.behind: list[str] = []
        self.tables: list[list[tuple[Span, ...]]] = []
        self.spans: dict[Cell, Span] = {}

    def written(self, pages: Iterable[Page]) -> Text:
        weighed: list[tuple[float, int]] = []
        furniture: list[Span] = []
        for page in pages:
            self.starts.append(self.length)
            weighed += page.weighed
            for i, block in enumerate(page.blocks):
                if isinstance(block, Part):
                    self._part(block)
                elif i in page.furniture:
                    self.behind.append(block.text)
                else:
                    self._add(("\u3000\u3000" if block.indented else "") + block.text + "\n")
            self.behind += page.apart
        body = "".join(self.parts).rstrip("\n")
        end = self.length = len(body)
        self.parts = [body]
        for words in self.behind:
            self._add("\n" if self.length else "")
            furniture.append((self.length, self.length + len(words)))
            self._add(words)
        tables = [
            Table(tuple(tuple((min(a, end), min(b, end)) for a, b in row) for row in rows)) for rows in self.tables
        ]
        return Text(
            "".join(self.parts),
            pages=tuple(min(start, end) for start in self.starts),
            furniture=tuple(furniture),
            tables=tuple(table for table in tables if len(table.rows) > 1),
            confidence=_confidence(weighed, sum(not c.isspace() for words in self.parts for c in words)),
        )

    def _add(self, words: str) -> None:
        self.parts.append(words)
        self.length += len(words)

    def _part(self, part: Part) -> None:
        for row in part.repeated:
            names = {id(cell): cell.text for cell in row if cell.text}
            self.behind.append("\t".join(names.values()))
        if not part.continues:
            self.tables.append([])
        for row in part.rows:
            self.tables[-1].append(self._row(row))

    def _row(self, row: list[Cell]) -> tuple[Span, ...]:
        """Writes the cells that begin in a row, with tabs between them."""
        fresh = 0
        for cell in row:
            if cell in self.spans:
                continue
            if fresh:
                self._add("\t")
            self.spans[cell] = (self.length, self.length + len(cell.text))
            self._add(cell.text)
            fresh += 1
        if fresh:
            self._add("\n")
        return tuple(self.spans[cell] for cell in row)
