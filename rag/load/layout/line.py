"""Glyphs with their places → lines in reading order.

Neighbouring glyphs make runs, runs of one height a line; a wide gap inside a line parts two cells. Where a clear gutter
divides most of a page, its columns are read one after the other. Knows nothing of pages, furniture or ruled tables.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.load.layout.glyph import Glyph
from rag.load.text import clean

_CELL = 2.5
"""Widths of a character that part two cells; spaced-out headings (总　　则) have less than two."""
_RUN = 1.2
"""Widths of a character up to which glyphs belong together."""
_CLOSE = 0.75
"""Widths of a character up to which runs of one line belong to one column, though other runs lie between in the file."""
_COLUMN_LINES = 8
"""Lines that each of two columns must have."""
_BETWEEN = 0.15
"""Widths of a character from which a run may have another's glyph in its midst."""
_INDENT = (1.5, 2.8)
"""Widths of a character by which the first line of a paragraph is set in: two, with some tolerance."""
_SENTENCE = re.compile(r"[。；：，]$")
_SIGNS = re.compile(r"[\s“”‘’\"'，。、；：！？（）《》〈〉「」『』]+")
"""What is no cell by itself, however far it stands from the words: a mark that has no place of its own."""
_LETTER = re.compile(r"[!-~\u00a1-\u024f]")


@dataclass(slots=True)
class Run:
    """Glyphs that follow one another without a gap; `left` … `top` is their box, `size` the width of a character."""

    glyphs: list[Glyph]
    left: float
    bottom: float
    right: float
    top: float
    size: float


@dataclass(slots=True)
class Chunk:
    """Runs of one line that lie close to each other."""

    runs: list[Run]

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.runs[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return max(run.right for run in self.runs)

    @property
    def size(self) -> float:
        """The width of a character in its longest run."""
        return max(self.runs, key=lambda one: len(one.glyphs)).size

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return (self.runs[0].top + self.runs[0].bottom) / 2


@dataclass(slots=True)
class Line:
    """A line of text and its box on the page; `size` is the width of a Chinese character."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    indented: bool = False


def lines(glyphs: Iterable[Glyph], width: float | None = None) -> list[Line]:
    """The lines that `glyphs` make, from top to bottom; column by column where `width`, the page's, is given."""
    found = runs(glyphs)
    if width is None:
        return _rows(found)
    return [line for part in _columns(_chunks(found), (0.0, width)) for line in _marked(part)]


def runs(glyphs: Iterable[Glyph]) -> list[Run]:
    """Glyphs as they follow one another in the file, parted where the line or the place changes."""
    found: list[Run] = []
    for glyph in glyphs:
        last = found[-1] if found else None
        if last is not None and _goes_on(last, glyph):
            last.glyphs.append(glyph)
            last.left, last.right = min(last.left, glyph.left), max(last.right, glyph.right)
            last.bottom, last.top = min(last.bottom, glyph.bottom), max(last.top, glyph.top)
        else:
            found.append(Run([glyph], glyph.left, glyph.bottom, glyph.right, glyph.top, 0.0))
    return [trimmed for run in found if (trimmed := _trimmed(run)) is not None]


def _goes_on(run: Run, glyph: Glyph) -> bool:
    last = run.glyphs[-1]
    height = min(last.height, glyph.height)
    overlap = min(last.top, glyph.top) - max(last.bottom, glyph.bottom)
    return overlap >= 0.5 * height and -0.5 * last.height <= glyph.left - last.right <= _RUN * _size(last)


def _size(glyph: Glyph) -> float:
    """The width of a Chinese character in the glyph's font; boxes of fonts are up to half as high again."""
    wide = glyph.right - glyph.left
    return wide if glyph.character >= "\u2e80" and wide > 0.5 * glyph.height else 0.8 * max(glyph.height, 1.0)


def _trimmed(run: Run) -> Run | None:
    """The run without blanks at its ends; None where it holds nothing else."""
    inked = [i for i, glyph in enumerate(run.glyphs) if not glyph.is_blank]
    if not inked:
        return None
    return _run(run.glyphs[inked[0] : inked[-1] + 1])


def _run(glyphs: list[Glyph]) -> Run:
    return Run(
        glyphs,
        min(glyph.left for glyph in glyphs),
        min(glyph.bottom for glyph in glyphs),
        max(glyph.right for glyph in glyphs),
        max(glyph.top for glyph in glyphs),
        median(_size(glyph) for glyph in glyphs),
    )


def _grouped(found: Iterable[Run]) -> list[list[Run]]:
    """Runs of one height, from left to right, the highest group first."""
    groups: list[list[Run]] = []
    bands: list[Run] = []  # the longest run of a group says where its line lies
    for run in sorted(found, key=lambda one: -(one.top + one.bottom)):
        for i in range(len(groups) - 1, max(-1, len(groups) - 6), -1):
            band = bands[i]
            overlap = min(band.top, run.top) - max(band.bottom, run.bottom)
            if overlap >= 0.5 * min(band.top - band.bottom, run.top - run.bottom):
                groups[i].append(run)
                if len(run.glyphs) > len(band.glyphs):
                    bands[i] = run
                break
        else:
            groups.append([run])
            bands.append(run)
    return [sorted(_interlaced(group), key=lambda one: one.left) for group in groups]


def _interlaced(group: list[Run]) -> list[Run]:
    """The runs of a line, cut where glyphs of other runs lie between theirs.

    A program that sets “” in another font than the words around them may write all of one font first.
    """
    if len(group) == 1:
        return group
    middles = sorted((glyph.left + glyph.right) / 2 for run in group for glyph in run.glyphs if not glyph.is_blank)
    cut: list[Run] = []
    for run in group:
        start, last = 0, run.glyphs[0]
        for i, glyph in enumerate(run.glyphs[1:], 1):
            if glyph.is_blank:
                continue
            if glyph.left - last.right > _BETWEEN * run.size:
                nearest = bisect_left(middles, last.right)
                if nearest < len(middles) and middles[nearest] < glyph.left:
                    cut.append(_run(run.glyphs[start:i]))
                    start = i
            last = glyph
        cut.append(_run(run.glyphs[start:]) if start else run)
    return cut


def _chunks(found: Iterable[Run]) -> list[Chunk]:
    """Runs of one line that lie close to each other as one, whatever the order in which the file draws them."""
    merged: list[Chunk] = []
    for group in _grouped(found):
        for i, run in enumerate(group):
            last = merged[-1] if i else None
            if last is None or run.left - last.right > _CLOSE * max(last.size, run.size):
                merged.append(Chunk([run]))
            else:
                last.runs.append(run)
    return merged


def _columns(chunks: list[Chunk], between: tuple[float, float], depth: int = 2) -> list[list[Line]]:
    """The lines of each column in reading order; what crosses the gutter parts the page into bands."""
    gutter = _gutter(chunks, between) if depth else None
    if gutter is None:
        return [_rows([run for chunk in chunks for run in chunk.runs])]
    sides: tuple[list[Chunk], list[Chunk]] = ([], [])
    across: list[Chunk] = []
    for chunk in chunks:
        halves = _halves(chunk, gutter)
        if halves is None:
            across.append(chunk)
        for side, half in zip(sides, halves or (), strict=False):
            side.extend([half] if half.runs else [])
    across.sort(key=lambda one: -one.middle)
    edges = [-one.middle for one in across]
    parts: list[list[Line]] = []
    for i in range(len(across) + 1):
        for side, ends in zip(sides, ((between[0], gutter), (gutter, between[1])), strict=True):
            inside = [chunk for chunk in side if bisect_left(edges, -chunk.middle) == i]
            parts += _columns(inside, ends, depth - 1) if inside else []
        if i < len(across):
            parts.append(_rows(across[i].runs))
    return parts


def _halves(chunk: Chunk, gutter: float) -> tuple[Chunk, Chunk] | None:
    """What of a chunk lies left and right of the gutter; None where it crosses it. A sign may hang over the edge."""
    over = 0.6 * chunk.size
    left = [run for run in chunk.runs if run.right <= gutter + over]
    right = [run for run in chunk.runs if run.right > gutter + over and run.left >= gutter - over]
    return (Chunk(left), Chunk(right)) if len(left) + len(right) == len(chunk.runs) else None


def _gutter(chunks: list[Chunk], between: tuple[float, float]) -> float | None:
    """Where a gutter parts most of the lines into two columns of running text, else None.

    Cells of a table that has no lines are short; the lines of a column fill it.
    """
    if len(chunks) < _COLUMN_LINES:
        return None
    size = median(chunk.size for chunk in chunks)
    start, end = between
    begin, stop = start + 0.25 * (end - start), start + 0.75 * (end - start)
    lefts = Counter(round(run.left / 2) * 2 for chunk in chunks for run in chunk.runs if begin < run.left < stop)
    for place, n in lefts.most_common(3):
        x = place - 0.3 * size
        if n >= _COLUMN_LINES // 2 and _is_gutter([_halves(chunk, x) for chunk in chunks], size):
            return x
    return None


def _is_gutter(halves: list[tuple[Chunk, Chunk] | None], size: float) -> bool:
    whole = [pair for pair in halves if pair is not None]
    left, right = ([pair[k] for pair in whole if pair[k].runs] for k in (0, 1))
    if min(len(left), len(right)) < _COLUMN_LINES or len(halves) - len(whole) > 0.25 * (len(left) + len(right)):
        return False
    for side in (left, right):
        widest = max(one.right for one in side) - min(one.left for one in side)
        if median(one.right - one.left for one in side) < max(0.7 * widest, 8 * size):
            return False
    usual = sorted(one.right for one in left)[int(0.75 * len(left))]  # a few signs hang over the edge
    return min(one.left for one in right) - usual >= 0.5 * size


def _rows(found: Sequence[Run]) -> list[Line]:
    """Each group of one height as a line."""
    made: list[Line] = []
    for group in _grouped(found):
        text = _text(group)
        if text:
            longest = max(group, key=lambda one: len(one.glyphs))
            made.append(
                Line(
                    text,
                    group[0].left,
                    min(run.bottom for run in group),
                    max(run.right for run in group),
                    max(run.top for run in group),
                    longest.size,
                )
            )
    return made


def _text(group: Sequence[Run]) -> str:
    """The characters of a line, a tab where a wide gap parts two cells.

    Pairs of names and values (发文机关：…　成文日期：…) are no cells: blanks part them.
    """
    parts = [_run_text(group[0])]
    for last, run in pairwise(group):
        gap = run.left - last.right
        size = max(last.size, run.size)
        if gap > _CELL * size and not (_is_sign(last) or _is_sign(run)):
            parts.append("  " if re.search(r"[:：]", "".join(parts)) else "\t")
        elif gap > _blank(last.glyphs[-1], run.glyphs[0]) * size:
            parts.append(" ")
        parts.append(_run_text(run))
    return clean("".join(parts)).replace("\n", " ").strip(" \u3000")


def _is_sign(run: Run) -> bool:
    return all(_SIGNS.fullmatch(glyph.character) for glyph in run.glyphs)


def _run_text(run: Run) -> str:
    out = [run.glyphs[0].character]
    for last, glyph in pairwise(run.glyphs):
        if not (last.is_blank or glyph.is_blank) and glyph.left - last.right > _blank(last, glyph) * run.size:
            out.append(" ")
        out.append(glyph.character)
    return "".join(out)


def _blank(last: Glyph, glyph: Glyph) -> float:
    """Widths of a character from which a gap is a blank: less between letters than between Chinese characters."""
    return 0.2 if _LETTER.match(last.character) and _LETTER.match(glyph.character) else 0.55


def _marked(column: list[Line]) -> list[Line]:
    """The lines of a column, those that open a paragraph marked: set in by two characters from the others' edge.

    A line in the middle of the column is a heading, however far it is set in.
    """
    edge = _edge(column)
    if edge is None:
        return column
    right = max(line.right for line in column if abs(line.left - edge) < 2)
    for line, after in zip(column, [*column[1:], None], strict=True):
        inset, rest = line.left - edge, right - line.right
        stands_alone = after is None or abs(after.left - edge) > 2 or line.right - line.left < 0.75 * (right - edge)
        is_centred = abs(inset - rest) < line.size and stands_alone and not _SENTENCE.search(line.text)
        line.indented = _is_inset(inset, line.size) and not is_centred
    return column


def _is_inset(inset: float, size: float) -> bool:
    return _INDENT[0] * size <= inset <= _INDENT[1] * size


def _edge(column: list[Line]) -> float | None:
    """Where the lines of a paragraph begin but for its first: there, or set in from there, most long lines begin."""
    if len(column) < 3:
        return None
    widest = max(line.right - line.left for line in column)
    long = [line for line in column if line.right - line.left >= 0.5 * widest]
    places = Counter(round(line.left / 2) for line in long)
    place, _ = min(places.items(), key=lambda one: (-one[1], one[0]))
    size = median(line.size for line in long)
    further = [other for other, n in places.items() if n > 1 and _is_inset(2 * (place - other), size)]
    return 2.0 * min([place, *further])
