"""The ruled tables of a PDF page: its lines → the cells between them.

A table is a set of horizontal and vertical lines that meet, with at least two rows and two columns; a line that is
missing inside it merges two cells, one that is missing at its edge is made up. What stands in the cells is cells.py's.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_OBJECTS = 20_000
"""Lines and other shapes of a page that are looked at: beyond that it is a drawing or a map, and has no tables."""
_SEGMENTS = 40_000
_DEPTH = 5
"""Forms inside forms that are looked into."""
_THIN = 2.6
"""Points up to which a shape is a line."""
_NEAR = 3.0
"""Points by which lines that meet may miss each other."""
_JOINED = 4.0
"""Points up to which two strokes of a dashed line are one."""
_SHORT = 8.0
"""Points below which a line is no border."""
_CELLS = 30_000

Matrix = tuple[float, float, float, float, float, float]
Stroke = tuple[float, float, float, float]
"""A thin shape: left, bottom, right, top on the upright page."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table's lines and which cell each field between them belongs to.

    xs     the columns' edges from left to right; ys  the rows' from top to bottom
    owner  for each row and column the (row, column) of the upper left field of its cell
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    owner: tuple[tuple[tuple[int, int], ...], ...]

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """The cell that holds a point, None where it is outside the table."""
        column = bisect_right(self.xs, x) - 1
        row = bisect_right([-y for y in self.ys], -y) - 1
        if 0 <= row < len(self.ys) - 1 and 0 <= column < len(self.xs) - 1:
            return self.owner[row][column]
        return None


def strokes(page: "PdfPage", turn: Callable[[float, float], tuple[float, float]]) -> list[Stroke]:
    """The lines drawn on a page, as strokes, thin rectangles or thin pictures. Cost: some 5 µs a shape."""
    import pypdfium2.raw as pdfium

    found: list[Stroke] = []
    for shape, matrix in _shapes(pdfium, page.raw):
        for x0, y0, x1, y1 in _thin(pdfium, shape):
            corners = [_moved(x, y, matrix) for x, y in ((x0, y0), (x1, y1), (x0, y1), (x1, y0))]
            turned = [turn(x, y) for x, y in corners]
            xs, ys = [x for x, _ in turned], [y for _, y in turned]
            if min(max(xs) - min(xs), max(ys) - min(ys)) <= _THIN:
                found.append((min(xs), min(ys), max(xs), max(ys)))
        if len(found) > _SEGMENTS:
            return []
    return found


def _shapes(pdfium: Any, page: Any) -> Iterator[tuple[Any, Matrix]]:
    """Paths and pictures of a page and of the forms on it, each with what moves it to the page."""
    seen = 0
    todo: list[tuple[Any, Matrix, int]] = []
    for i in range(min(pdfium.FPDFPage_CountObjects(page), 50 * _OBJECTS)):
        shape = pdfium.FPDFPage_GetObject(page, i)
        if pdfium.FPDFPageObj_GetType(shape) != pdfium.FPDF_PAGEOBJ_TEXT:
            todo.append((shape, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0))
    while todo and seen < _OBJECTS:
        shape, matrix, depth = todo.pop()
        seen += 1
        if pdfium.FPDFPageObj_GetType(shape) != pdfium.FPDF_PAGEOBJ_FORM:
            yield shape, matrix
            continue
        if depth < _DEPTH:
            inner = _chained(_matrix(pdfium, shape), matrix)
            held = range(min(pdfium.FPDFFormObj_CountObjects(shape), _OBJECTS))
            todo += [(pdfium.FPDFFormObj_GetObject(shape, i), inner, depth + 1) for i in held]


def _matrix(pdfium: Any, shape: Any) -> Matrix:
    from ctypes import byref

    held = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(shape, byref(held))
    return held.a, held.b, held.c, held.d, held.e, held.f


def _moved(x: float, y: float, matrix: Matrix) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _chained(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    x, y = _moved(e, f, then)
    p, q, r, s, _, _ = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, x, y


def _thin(pdfium: Any, shape: Any) -> Iterator[Stroke]:
    """The lines that a shape draws, where the shape's own form or page has them."""
    from ctypes import byref, c_float, c_int

    kind = pdfium.FPDFPageObj_GetType(shape)
    edges = [c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(shape, *(byref(edge) for edge in edges)):
        return
    left, bottom, right, top = (edge.value for edge in edges)
    is_thin = min(right - left, top - bottom) <= _THIN
    if kind == pdfium.FPDF_PAGEOBJ_IMAGE and is_thin:
        yield left, bottom, right, top
    if kind != pdfium.FPDF_PAGEOBJ_PATH:
        return
    fill, stroke = c_int(), c_int()
    pdfium.FPDFPath_GetDrawMode(shape, byref(fill), byref(stroke))
    if not (fill.value or stroke.value):
        return
    if is_thin and pdfium.FPDFPath_CountSegments(shape) <= 6:
        yield left, bottom, right, top
        return
    matrix = _matrix(pdfium, shape)
    for points in _outlines(pdfium, shape):
        moved = [_moved(x, y, matrix) for x, y in points]
        xs, ys = [x for x, _ in moved], [y for _, y in moved]
        if min(max(xs) - min(xs), max(ys) - min(ys)) <= _THIN:
            yield min(xs), min(ys), max(xs), max(ys)
        elif stroke.value:
            for (x0, y0), (x1, y1) in pairwise(moved):
                if min(abs(x1 - x0), abs(y1 - y0)) <= 0.5:
                    yield min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _outlines(pdfium: Any, shape: Any) -> Iterator[list[tuple[float, float]]]:
    """The corners of each part of a path, closed where the path closes it; parts with curves are left out."""
    from ctypes import byref, c_float

    points: list[tuple[float, float]] = []
    curved = False
    for i in range(min(pdfium.FPDFPath_CountSegments(shape), _SEGMENTS)):
        segment = pdfium.FPDFPath_GetPathSegment(shape, i)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        x, y = c_float(), c_float()
        pdfium.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            if len(points) > 1 and not curved:
                yield points
            points, curved = [], False
        curved = curved or kind == pdfium.FPDF_SEGMENT_BEZIERTO
        points.append((x.value, y.value))
        if pdfium.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    if len(points) > 1 and not curved:
        yield points


def grids(found: Iterable[Stroke]) -> list[Grid]:
    """The tables that strokes make, from top to bottom."""
    flat = [(y0 + y1, x0, x1) for x0, y0, x1, y1 in found if y1 - y0 <= _THIN] if (found := list(found)) else []
    steep = [(x0 + x1, y0, y1) for x0, y0, x1, y1 in found if x1 - x0 <= _THIN]
    horizontal = _merged([(at / 2, a, b) for at, a, b in flat])
    vertical = _merged([(at / 2, a, b) for at, a, b in steep])
    made = [grid for h, v in _meeting(horizontal, vertical) if (grid := _grid(h, v)) is not None]
    return sorted(_outermost(made), key=lambda grid: -grid.ys[0])


Rule = tuple[float, float, float]
"""A line along one axis: its place on the other axis, its start, its end."""


def _merged(pieces: list[Rule]) -> list[Rule]:
    """Pieces that lie on one line and touch as one; short ones left out."""
    rules: list[Rule] = []
    level: list[Rule] = []
    for piece in [*sorted(pieces), (float("inf"), 0.0, 0.0)]:
        if level and piece[0] - level[0][0] > _NEAR:
            place = sum(at for at, _, _ in level) / len(level)
            start, end = -float("inf"), -float("inf")
            for _, a, b in sorted(level, key=lambda one: one[1]):
                if a > end + _JOINED:
                    rules.append((place, start, end))
                    start = a
                end = max(end, b)
            rules.append((place, start, end))
            level = []
        level.append(piece)
    return [rule for rule in rules if rule[2] - rule[1] >= _SHORT]


def _meeting(horizontal: list[Rule], vertical: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Sets of lines that meet one another."""
    if len(horizontal) * len(vertical) > 400_000:
        return []
    parent = list(range(len(horizontal) + len(vertical)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, (y, x0, x1) in enumerate(horizontal):
        for j, (x, y0, y1) in enumerate(vertical, len(horizontal)):
            if x0 - _NEAR <= x <= x1 + _NEAR and y0 - _NEAR <= y <= y1 + _NEAR:
                parent[root(i)] = root(j)
    sets: dict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for i, rule in enumerate([*horizontal, *vertical]):
        sets[root(i)][i >= len(horizontal)].append(rule)
    return [pair for pair in sets.values() if pair[0] and pair[1]]


def _grid(horizontal: list[Rule], vertical: list[Rule]) -> Grid | None:
    xs = _edges([x for x, _, _ in vertical], min(a for _, a, _ in horizontal), max(b for _, _, b in horizontal))
    ys = _edges([y for y, _, _ in horizontal], min(a for _, a, _ in vertical), max(b for _, _, b in vertical))
    ys.reverse()
    columns, rows = len(xs) - 1, len(ys) - 1
    if columns < 2 or rows < 2 or columns * rows > _CELLS:
        return None
    right = _walls(vertical, xs, [(ys[i + 1], ys[i]) for i in range(rows)])
    below = _walls(horizontal, ys, list(pairwise(xs)))
    owner = _owners(rows, columns, right, below)
    if len({cell for row in owner for cell in row}) < 3:
        return None
    return Grid(tuple(xs), tuple(ys), owner)


def _edges(places: list[float], first: float, last: float) -> list[float]:
    """Places of the lines, near ones as one, with an edge made up where the crossing lines stick out."""
    edges: list[float] = []
    for place in sorted(places):
        if not edges or place - edges[-1] > _NEAR:
            edges.append(place)
    if edges[0] - first > 2 * _SHORT:
        edges.insert(0, first)
    if last - edges[-1] > 2 * _SHORT:
        edges.append(last)
    return edges


def _walls(rules: list[Rule], edges: list[float], bands: list[tuple[float, float]]) -> set[tuple[int, int]]:
    """(edge, band) where a line along that edge covers most of the band."""
    found: set[tuple[int, int]] = set()
    for k, edge in enumerate(edges):
        own = [rule for rule in rules if abs(rule[0] - edge) <= _NEAR]
        for i, (a, b) in enumerate(bands):
            if any(min(end, b) - max(start, a) >= 0.6 * (b - a) for _, start, end in own):
                found.add((k, i))
    return found


def _owners(
    rows: int, columns: int, right: set[tuple[int, int]], below: set[tuple[int, int]]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Fields with no line between them as one cell; what is no rectangle stays apart."""
    owner = {(i, j): (i, j) for i in range(rows) for j in range(columns)}

    def root(field: tuple[int, int]) -> tuple[int, int]:
        while owner[field] != field:
            owner[field] = owner[owner[field]]
            field = owner[field]
        return field

    for i in range(rows):
        for j in range(columns):
            if j + 1 < columns and (j + 1, i) not in right:
                _unite(owner, root((i, j)), root((i, j + 1)))
            if i + 1 < rows and (i + 1, j) not in below:
                _unite(owner, root((i, j)), root((i + 1, j)))
    fields: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for field in list(owner):
        fields[root(field)].append(field)
    for held in fields.values():
        high, wide = len({i for i, _ in held}), len({j for _, j in held})
        for field in held:
            owner[field] = min(held) if high * wide == len(held) else field
    return tuple(tuple(owner[i, j] for j in range(columns)) for i in range(rows))


def _unite(owner: dict[tuple[int, int], tuple[int, int]], one: tuple[int, int], other: tuple[int, int]) -> None:
    owner[max(one, other)] = min(one, other)


def _outermost(made: list[Grid]) -> list[Grid]:
    """Tables that do not lie inside another one, which would hold their text twice."""
    kept: list[Grid] = []
    for grid in sorted(made, key=lambda one: -(one.xs[-1] - one.xs[0]) * (one.ys[0] - one.ys[-1])):
        if all(
            grid.xs[0] >= other.xs[-1]
            or grid.xs[-1] <= other.xs[0]
            or grid.ys[-1] >= other.ys[0]
            or grid.ys[0] <= other.ys[-1]
            for other in kept
        ):
            kept.append(grid)
    return kept
