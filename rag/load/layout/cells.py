"""What stands in the cells of ruled tables, and tables that go on over the next page.

A cell's wrapped lines are one text. Parts of one table on following pages become one: repeated column names are set
apart, a row that the page break cut in two is joined again, a cell that spans rows on both pages is one cell.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.load.layout.glyph import Glyph
from rag.load.layout.grid import Grid
from rag.load.layout.line import Line, lines

_SAME = 6.0
"""Points by which the columns of two parts of one table may differ."""
_HEAD = 4
"""Rows at most that a table repeats on each page."""
_PROSE, _FEW = 800, 6
"""A cell of so many characters in a table of so few cells is the page's text in a frame."""
_PADDING = 6.0
"""Points between a cell's border and its text at most."""

_END = re.compile(r"[。；！？：.;!?:]$")
_ITEM = re.compile(r"[（(]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})(?:[）)、.．]|$)|[①-⑳—•●■◆]")
_LATIN = re.compile(r"[A-Za-z]")


@dataclass(slots=True, eq=False)
class Cell:
    """A cell's text; `is_full` where its last line goes all the way across, `row` and `column` say where it begins."""

    text: str = ""
    is_full: bool = False


@dataclass(slots=True, eq=False)
class Part:
    """A table, or what of it stands on one page: a cell that spans several fields is the same in each.

    `before` and `repeated` are the page's own: lines above the rows that belong to none, column names given again.
    """

    xs: tuple[float, ...]
    top: float
    bottom: float
    rows: list[list[Cell]]
    repeated: list[list[Cell]] = field(default_factory=list)
    continues: bool = False


Block = Line | Part


def blocks(grid: Grid, upright: Iterable[Glyph], sideways: Iterable[Glyph]) -> list[Block]:
    """A grid with what stands in it: lines above the table that span all of it, then the table.

    Lines alone, cell after cell, where the grid only frames text; nothing where it is empty.
    """
    held: dict[tuple[int, int], list[Glyph]] = defaultdict(list)
    turned: dict[tuple[int, int], list[str]] = defaultdict(list)
    for glyph in upright:
        if (place := _place(grid, glyph)) is not None:
            held[place].append(glyph)
    for glyph in sideways:
        if (place := _place(grid, glyph)) is not None:
            turned[place].append(glyph.character)
    inside = {place: lines(glyphs) for place, glyphs in held.items()}
    wide = _widths(grid)
    cells = {place: _cell(inside.get(place, []), wide[place], turned.get(place, [])) for place in wide}
    filled = [cell for cell in cells.values() if cell.text]
    above, rows = _without_caption(grid, [[cells[place] for place in row] for row in grid.owner])
    is_frame = len(filled) <= _FEW and any(len(cell.text) > _PROSE for cell in filled)
    if is_frame or len(rows) < 2 or sum(bool(cell.text) for cell in {id(c): c for r in rows for c in r}.values()) < 3:
        return [line for place in sorted(inside) for line in inside[place]]
    caption = [line for row in range(above) for line in inside.get((row, 0), [])]
    kept = [row for row in rows if any(cell.text for cell in row)]
    return [*caption, Part(grid.xs, grid.ys[above], grid.ys[-1], kept)]


def _place(grid: Grid, glyph: Glyph) -> tuple[int, int] | None:
    return grid.cell((glyph.left + glyph.right) / 2, (glyph.bottom + glyph.top) / 2)


def _widths(grid: Grid) -> dict[tuple[int, int], float]:
    """The width of each cell."""
    last: dict[tuple[int, int], int] = {}
    for row in grid.owner:
        for j, place in enumerate(row):
            last[place] = max(last.get(place, 0), j)
    return {place: grid.xs[j + 1] - grid.xs[place[1]] for place, j in last.items()}


def _without_caption(grid: Grid, rows: list[list[Cell]]) -> tuple[int, list[list[Cell]]]:
    """How many rows at the top are one cell all the way across, which is a caption and no column name; the others."""
    above = 0
    while above < len(rows) and len({id(cell) for cell in rows[above]}) == 1:
        above += 1
    return above, rows[above:]


def _cell(inside: list[Line], width: float, turned: list[str]) -> Cell:
    if not inside:
        return Cell("".join(turned))
    left, right = min(line.left for line in inside), max(line.right for line in inside)
    room = width - 2 * min(_PADDING, max(0.0, (width - (right - left)) / 2))
    parts = [_words(inside[0])]
    for last, line in pairwise(inside):
        words = _words(line)
        if _needs(words, line.size) <= room - (last.right - last.left) or (_ITEM.match(words) and len(words) > 3):
            parts.append("\n")
        elif _LATIN.match(words) and _LATIN.search(parts[-1][-1:]):
            parts.append(" ")
        parts.append(words)
    end = inside[-1]
    return Cell("".join(parts), room - (end.right - end.left) < 1.6 * end.size)


def _words(line: Line) -> str:
    return line.text.replace("\t", " ")


def _needs(words: str, size: float) -> float:
    """The width that the first word of a line would have needed on the line before it: figures are never parted."""
    word = re.match(r"[!-~]+", words)
    own = size * (0.5 * min(len(word[0]), 12) if word else 1.0)
    return own + (size if re.match(r"[，。；：、！？）》”]", words[1:]) else 0.0) + 0.2 * size


def joined(pages: Sequence[Sequence[Block]]) -> None:
    """Makes parts of one table that stand at the end of a page and at the start of the next go on.

    Each page's blocks are those without furniture. Changes the parts in place.
    """
    chain: list[Part] = []
    for page in pages:
        first = page[0] if page else None
        if chain and isinstance(first, Part) and _fits(chain[-1], first):
            _go_on(chain, first)
            chain.append(first)
        else:
            chain = []
        last = page[-1] if page else None
        if isinstance(last, Part) and not (chain and last is chain[-1]):
            chain = [last]
        elif not isinstance(last, Part):
            chain = []


def _fits(above: Part, below: Part) -> bool:
    """Whether the columns of both parts lie alike, whatever the margin of their pages."""
    a, b = ([x - part.xs[0] for x in part.xs] for part in (above, below))
    same = sum(any(abs(x - y) <= _SAME for x in a) for y in b)
    return abs(a[-1] - b[-1]) <= _SAME and same >= 3 and same >= 0.6 * max(len(a), len(b))


def _go_on(chain: list[Part], part: Part) -> None:
    """Makes `part` the next of its table: column names apart, a broken row and cells that span the break joined."""
    _same_columns([*chain, part])
    head, above = chain[0].rows, chain[-1]
    part.continues = True
    again = 0
    while again < min(_HEAD, len(part.rows), len(head)) and _texts(part.rows[again]) == _texts(head[again]):
        again += 1
    part.repeated, part.rows = part.rows[:again], part.rows[again:]
    if not part.rows or not above.rows:
        return
    last, row = above.rows[-1], part.rows[0]
    if _is_broken(last, row):
        pairs = {id(cell): (old, cell) for old, cell in zip(last, row, strict=True)}
        for old, cell in pairs.values():
            old.text += cell.text
            old.is_full = cell.is_full
        _replaced(part, {key: old for key, (old, _) in pairs.items()})
        part.rows.pop(0)
        return
    spanning = {
        id(cell): old
        for j, (old, cell) in enumerate(zip(last, row, strict=True))
        if old.text and not cell.text and (_goes_on(above.rows[-2:], j) or _goes_on(part.rows[:2], j))
    }
    _replaced(part, spanning)


def _goes_on(rows: list[list[Cell]], column: int) -> bool:
    return len(rows) == 2 and rows[0][column] is rows[1][column]


def _replaced(part: Part, by: dict[int, Cell]) -> None:
    part.rows = [[by.get(id(cell), cell) for cell in row] for row in part.rows]


def _texts(row: list[Cell]) -> list[str]:
    return ["".join(cell.text.split()) for cell in row]


def _is_broken(above: list[Cell], below: list[Cell]) -> bool:
    """Whether `below` goes on with the row `above`: each cell that has text goes on with one that ran full.

    A cell that begins with a number or stands below one whose text had ended opens a row of its own.
    """
    going_on = False
    for old, cell in zip(above, below, strict=True):
        if not cell.text:
            continue
        ended = _END.search(old.text) is not None
        if not old.text or _ITEM.match(cell.text) or not (old.is_full or ended):
            return False
        going_on = going_on or (old.is_full and not ended)
    if below[0].text and not (above[0].is_full and len(above[0].text) > 8 and not _END.search(above[0].text)):
        return False
    return going_on


def _same_columns(chain: list[Part]) -> None:
    """Gives all parts the columns of each: an edge that only one page has parts no cell on the others."""
    places = sorted(x - part.xs[0] for part in chain for x in part.xs)
    edges: list[float] = []
    for place in places:
        if not edges or place - edges[-1] > _SAME:
            edges.append(place)
    for part in chain:
        own = [x - part.xs[0] for x in part.xs]
        if len(own) == len(edges):
            continue
        columns = [min(max(bisect_right(own, (a + b) / 2) - 1, 0), len(own) - 2) for a, b in pairwise(edges)]
        part.rows = [[row[column] for column in columns] for row in part.rows]
        part.repeated = [[row[column] for column in columns] for row in part.repeated]
        part.xs = tuple(part.xs[0] + edge for edge in edges)
