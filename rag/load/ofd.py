"""OFD (GB/T 33190), the office format of Chinese administration: pages of placed text and drawn lines.

Reads the package within bounds and says where each glyph and each line stands; lines of text, tables and furniture are
layout's. Producers take liberties with the standard: names in other cases, locations from the wrong folder, elements
without their namespace, so that elements are known by their local names alone. Annotations, seals and signatures are
not the text and are left out. ofdkit, the one library there is, gives neither drawn lines nor the place of each glyph,
and can be made to run without end by units within units; it is what the tests compare with.
"""

import io
import math
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rag.clause import Text
from rag.errors import NoText, Phrase, Unreadable
from rag.load.layout import Page, page, written
from rag.load.layout.glyph import Glyph, ordinary, undoubled
from rag.load.layout.grid import Stroke, grids
from rag.load.text import clean, decode, kind
from rag.load.zipped import is_bounded

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_POINTS = 72 / 25.4
"""Points in a millimetre: OFD measures in the latter, layout in the former."""
_A4 = (0.0, 0.0, 210.0, 297.0)
_ENTRIES = 20_000
_UNPACKED = 300 * 1024 * 1024
"""Bytes of XML that are read in all, a part that is read again counting again."""
_ELEMENTS = 1_000_000
"""Elements of one part; a dense page has 10,000."""
_OBJECTS = 3_000_000
"""Objects that are drawn in all, those of a unit each time that it is used."""
_CHARACTERS = 20_000_000
_GLYPHS = 100_000
"""Glyphs and lines of one page."""
_PAGES = 5000
_NESTED = 16
_LEVEL = 0.05
"""Radians by which text may lean and still be a line of the page."""

_HALF = re.compile(
    r"&#(?:x0*d[89a-f][0-9a-f]{2}|0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));", re.IGNORECASE
)
"""References to half a character, which libxml2 passes on where it forgives errors; lxml then fails on them."""

Matrix = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): x' = a·x + c·y + e, y' = b·x + d·y + f."""
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def read(content: bytes, path: Path) -> Text:
    """The text of an `.ofd` file with its pages, furniture and tables.

    Raises Unreadable where it is damaged, encrypted, too large or no OFD, NoText where no page holds text.
    Cost: some 10 ms a page.
    """
    package = _opened(content, path)
    with package.archive:
        pages = [one for body in _all(package.start, "DocBody") for one in _document(package, body)]
    if not any(page.blocks for page in pages):
        raise NoText(path=path)
    return written(pages)


# The package ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Package:
    """An open package; `left` counts down what may still be read, `drawn` and `length` what was."""

    path: Path
    archive: zipfile.ZipFile
    names: dict[str, zipfile.ZipInfo]
    start: "Element"
    left: int
    drawn: int = 0
    length: int = 0
    kept: dict[str, "Element | None"] = field(default_factory=dict)

    def refuse(self, zh: str, en: str) -> Unreadable:
        return Unreadable(path=self.path, reason=Phrase(zh=zh, en=en))

    def place(self, base: str, location: str | None) -> str | None:
        """The name of the part that `location`, written in the part `base`, means; None where it is not there."""
        stated = (location or "").strip().replace("\\", "/")
        if not stated:
            return None
        for candidate in (posixpath.join("/", posixpath.dirname(base), stated), posixpath.join("/", stated)):
            name = posixpath.normpath(candidate).lstrip("/").casefold()
            if name in self.names:
                return name
        return None

    def xml(self, name: str | None, keep: bool = False) -> "Element | None":
        """The root element of a part, None where there is no such part or it is no XML."""
        if name is None or name in self.kept:
            return self.kept.get(name or "")
        found = self._parsed(self._content(self.names[name]))
        if keep:
            self.kept[name] = found
        return found

    def _content(self, info: zipfile.ZipInfo) -> bytes:
        try:
            with self.archive.open(info) as part:
                content = part.read(self.left + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            struct.error,
            EOFError,
            OSError,
            ValueError,
            NotImplementedError,
        ) as error:
            raise _damaged(self.path) from error
        except RuntimeError as error:  # zipfile's only sign of a password
            raise self.refuse("文件已加密", "it is encrypted") from error
        self.left -= len(content)
        if self.left < 0:
            raise self.refuse("解压后过大", "it is too large once unpacked")
        return content

    def _parsed(self, content: bytes) -> "Element | None":
        from lxml import etree

        if not content.strip():
            return None
        text = re.sub(r"^\s*<\?xml[^>]*>", "", clean(decode(content, self.path)), count=1)
        text = _HALF.sub(" ", text)
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise self.refuse("XML 里有文档类型声明", "its XML has a document type declaration")
        if text.count("<") > 2 * _ELEMENTS:
            raise self.refuse("对象过多", "it has too many objects")
        parser = etree.XMLParser(
            encoding="utf-8", recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_pis=True
        )
        try:
            return etree.fromstring(text.encode(), parser)
        except etree.XMLSyntaxError:
            return None


def _damaged(path: Path) -> Unreadable:
    return Unreadable(path=path, reason=Phrase(zh="OFD 文件已损坏", en="the OFD file is damaged"))


def _opened(content: bytes, path: Path) -> _Package:
    found = kind(content)
    if found is not None and not content.startswith(b"PK"):
        reason = Phrase(zh=f"内容是 {found} 文件，与扩展名不符", en=f"it is a {found} file, not what its ending says")
        raise Unreadable(path=path, reason=reason)
    if not is_bounded(io.BytesIO(content)):
        raise _damaged(path)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, struct.error, NotImplementedError) as error:
        raise _damaged(path) from error
    names = {posixpath.normpath("/" + one.filename.replace("\\", "/")).lstrip("/").casefold(): one for one in infos}
    if len(infos) > _ENTRIES or "ofd.xml" not in names:
        reason = Phrase(zh="不是 OFD 文件：缺少 OFD.xml", en="it is no OFD: OFD.xml is missing")
        raise Unreadable(path=path, reason=reason)
    package = _Package(path, archive, names, start=None, left=_UNPACKED)
    start = package.xml("ofd.xml")
    if start is None:
        raise _damaged(path)
    package.start = start
    return package


def _name(element: "Element") -> str:
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def _all(element: "Element | None", name: str) -> Iterator["Element"]:
    return (child for child in (() if element is None else element) if _name(child) == name)


def _first(element: "Element | None", *names: str) -> "Element | None":
    for name in names:
        element = next(_all(element, name), None)
    return element


def _words(element: "Element | None") -> str | None:
    return None if element is None else element.text


# A document ----------------------------------------------------------------------------------------------------


def _document(package: _Package, body: "Element") -> Iterator[Page]:
    """The pages of one document of the package, in order."""
    base = package.place("", _words(_first(body, "DocRoot")))
    root = package.xml(base)
    if base is None or root is None:
        raise _damaged(package.path)
    common = _first(root, "CommonData")
    box = _numbers(_words(_first(common, "PageArea", "PhysicalBox")), 4) or _A4
    templates = {one.get("ID"): package.place(base, one.get("BaseLoc")) for one in _all(common, "TemplatePage")}
    resources = [package.place(base, one.text) for kind in ("PublicRes", "DocumentRes") for one in _all(common, kind)]
    units = _units(package, resources)
    for number, one in enumerate(_all(_first(root, "Pages"), "Page")):
        if number == _PAGES:
            raise package.refuse(f"超过 {_PAGES} 页的上限", f"it has more than {_PAGES} pages")
        place = package.place(base, one.get("BaseLoc"))
        content = package.xml(place)
        if place is None or content is None:
            continue
        own = [package.place(place, resource.text) for resource in islice(_all(content, "PageRes"), 20)]
        drawn = _Drawing(package, units | _units(package, own), box)
        for template in islice(_all(content, "Template"), 20):
            drawn.draw(package.xml(templates.get(template.get("TemplateID")), keep=True))
        drawn.draw(content)
        yield drawn.page()


def _units(package: _Package, places: list[str | None]) -> dict[str | None, "Element"]:
    """Composite units by their ids, from resource parts."""
    found: dict[str | None, Element] = {}
    for place in places:
        for unit in _all(_first(package.xml(place, keep=True), "CompositeGraphicUnits"), "CompositeGraphicUnit"):
            found.setdefault(unit.get("ID"), unit)
    return found


# A page --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Drawing:
    """What is drawn on one page: glyphs and strokes, in points from the lower left corner of `box`."""

    package: _Package
    units: dict[str | None, "Element"]
    box: tuple[float, ...]
    upright: list[Glyph] = field(default_factory=list)
    sideways: list[Glyph] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)

    def page(self) -> Page:
        width, height = self.box[2] * _POINTS, self.box[3] * _POINTS
        return page(list(undoubled(self.upright)), self.sideways, grids(self.strokes), width, height, self.apart)

    def draw(self, root: "Element | None") -> None:
        """Adds what a page or a template holds; the last one's size is the page's."""
        self.box = _numbers(_words(_first(root, "Area", "PhysicalBox")), 4) or self.box
        for layer in _all(_first(root, "Content"), "Layer"):
            self._objects(layer, _SAME, 0)

    def _objects(self, parent: "Element", matrix: Matrix, depth: int) -> None:
        for one in parent:
            self.package.drawn += 1
            if self.package.drawn > _OBJECTS:
                raise self.package.refuse("对象过多", "it has too many objects")
            name = _name(one)
            if one.get("Visible") == "false" or one.get("Alpha") == "0" or depth > _NESTED:
                continue
            if name == "TextObject":
                self._text(one, _chained(matrix, _own(one)))
            elif name == "PathObject":
                self._path(one, _chained(matrix, _own(one)))
            elif name == "PageBlock":
                self._objects(one, matrix, depth + 1)
            elif name == "CompositeObject":
                content = _first(self.units.get(one.get("ResourceID")), "Content")
                if content is not None:
                    self._objects(content, _chained(matrix, _own(one)), depth + 1)

    def _text(self, one: "Element", matrix: Matrix) -> None:
        size = _number(one.get("Size"), 4.0)
        stretch = _number(one.get("HScale"), 1.0)
        x = y = 0.0
        glyphs: list[Glyph] = []
        for code in _all(one, "TextCode"):
            x, y = _number(code.get("X"), x), _number(code.get("Y"), y)
            characters = clean(code.text or "").replace("\n", " ")
            across, down = (_deltas(code.get(name), len(characters)) for name in ("DeltaX", "DeltaY"))
            widths = [size * stretch * (0.5 if character < "\u2e80" else 1.0) for character in characters]
            steps = across or ([0.0] * len(characters) if down else widths)
            places = zip(accumulate(steps, initial=x), accumulate(down or [0.0] * len(steps), initial=y), strict=False)
            for character, place, width, step in zip(characters, places, widths, steps, strict=False):
                glyphs.append(
                    self._glyph(ordinary(character), place, (min(width, step) if step > 0 else width, size), matrix)
                )
        self.package.length += len(glyphs)
        if self.package.length > _CHARACTERS or len(self.upright) > _GLYPHS:
            raise self.package.refuse("正文过长，请拆成几份", "its text is too long: split it")
        quarters = math.atan2(matrix[1], matrix[0]) / (math.pi / 2)
        if abs(quarters) < _LEVEL:
            self.upright += glyphs
        elif abs(quarters - round(quarters)) < _LEVEL:
            self.sideways += [glyph for glyph in glyphs if not glyph.is_blank]
        else:
            self.apart.append("".join(glyph.character for glyph in glyphs).strip())

    def _glyph(self, character: str, place: tuple[float, float], size: tuple[float, float], matrix: Matrix) -> Glyph:
        (x, y), (width, height) = place, size
        corners = [self._moved(x + dx, y - dy, matrix) for dx in (0.0, width) for dy in (-0.12 * height, 0.88 * height)]
        across, up = [corner[0] for corner in corners], [corner[1] for corner in corners]
        return Glyph(character, min(across), min(up), max(across), max(up))

    def _moved(self, x: float, y: float, matrix: Matrix) -> tuple[float, float]:
        a, b, c, d, e, f = matrix
        left, top, _, height = self.box
        return (a * x + c * y + e - left) * _POINTS, (height + top - (b * x + d * y + f)) * _POINTS

    def _path(self, one: "Element", matrix: Matrix) -> None:
        """The straight strokes of a path that run along the page's edges: the lines of tables."""
        if len(self.strokes) > _GLYPHS or (one.get("Stroke") == "false" and one.get("Fill") != "true"):
            return
        for line in _outline(_words(_first(one, "AbbreviatedData")) or ""):
            for (x0, y0), (x1, y1) in pairwise(self._moved(x, y, matrix) for x, y in line):
                if min(abs(x1 - x0), abs(y1 - y0)) < 1:
                    self.strokes.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))


def _outline(data: str) -> Iterator[list[tuple[float, float]]]:
    """The corners of a path, a list for each line drawn without lifting; none for curves.

    >>> list(_outline("M 0 0 L 5 0 L 5 2 C M 9 9 B 1 1 2 2 3 3"))
    [[(0.0, 0.0), (5.0, 0.0), (5.0, 2.0), (0.0, 0.0)], [(9.0, 9.0)]]
    """
    line: list[tuple[float, float]] = []
    for command, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", data[:1_000_000]):
        point = _numbers(rest, 2)
        if command in "MS":
            if line:
                yield line
            line = [(point[0], point[1])] if point else []
        elif command == "L" and point and line:
            line.append((point[0], point[1]))
        elif command == "C" and line:
            line.append(line[0])
    if line:
        yield line


def _own(one: "Element") -> Matrix:
    """The object's own matrix, then the move to where its box begins."""
    left, top, _, _ = _numbers(one.get("Boundary"), 4) or (0.0, 0.0, 0.0, 0.0)
    a, b, c, d, e, f = _numbers(one.get("CTM"), 6) or _SAME
    return a, b, c, d, e + left, f + top


def _chained(then: Matrix, first: Matrix) -> Matrix:
    a, b, c, d, e, f = then
    p, q, r, s, t, u = first
    return a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f


def _number(value: str | None, otherwise: float) -> float:
    found = _numbers(value, 1)
    return found[0] if found else otherwise


def _numbers(value: str | None, n: int) -> tuple[float, ...] | None:
    """The first `n` numbers of an attribute, None where it has fewer or one is out of all measure."""
    try:
        found = tuple(float(part) for part in (value or "")[:1000].replace(",", " ").split()[:n])
    except ValueError:
        return None
    return found if len(found) == n and all(abs(number) < 1e6 for number in found) else None


def _deltas(value: str | None, n: int) -> list[float]:
    """The steps from each of `n` characters to the next; `g 3 4.2` is three steps of 4.2.

    >>> _deltas("g 2 4.2 1", 5)
    [4.2, 4.2, 1.0, 1.0, 1.0]
    """
    found: list[float] = []
    words = iter((value or "").split())
    for word in words:
        if len(found) >= n:
            break
        times = int(_number(next(words, "0"), 0)) if word == "g" else 1
        step = _number(next(words, "0") if word == "g" else word, 0.0)
        found += [step] * max(0, min(times, n - len(found)))
    return found + [found[-1]] * (n - len(found)) if found else []
