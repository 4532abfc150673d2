"""The glyphs of a PDF page: characters with their boxes, turned so that the text stands upright.

Leaves out what nobody sees (off the page, invisible, drawn twice to look bold) and sets apart what lies across
the page (watermarks, seals). Writes radicals and compatibility forms, which fonts map to by mistake, as the ordinary
characters. How glyphs make lines is line.py's.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top: points, from the lower left corner."""

_GLYPHS = 100_000
"""Glyphs of a page at most; a dense page of a gazette has 5,000."""
_INVISIBLE = (3, 7)
"""PDF text render modes that draw nothing."""
_FAINT = 0.62
"""Lightness from which large text is a watermark; the grey of printed text is 0.5 at most."""
_LARGE = 1.5
"""Share of the page's usual height above which a faint glyph is a watermark."""

# The supplement has no compatibility mappings but for two: these are what fonts of Chinese documents map to.
_SUPPLEMENT = dict(
    zip(
        "⺁⺅⺆⺉⺌⺍⺖⺘⺟⺠⺡⺣⺨⺬⺮⺰⺶⺷⺹⺻⺼⺽⺾⻁⻂⻃⻄⻅⻆⻈⻉⻋⻌⻏⻐⻑⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻞⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂亻冂刂小小忄扌母民氵灬犭示竹纟羊羊老聿肉臼艹虎衤覀西见角讠贝车辶邑钅長长门阝雨青韦页风飞食食饣马骨鬼鱼鸟卤麦黄黾齐歯齿竜龙龜亀龟",
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and its box on the upright page."""

    character: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        """The height of the box, which is that of the font, not of the ink."""
        return self.top - self.bottom

    @property
    def is_blank(self) -> bool:
        """Whether it is a blank that the file itself holds."""
        return self.character.isspace()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a page.

    upright   the page's text in the order of the file, blanks among it
    sideways  text at a right angle to it, as in narrow cells
    apart     watermarks and seals, a string each
    usable    share of glyphs that have a sensible character
    is_whole  whether that is all: a page of more glyphs than any document has is cut
    turn      maps a point of the file to one of the upright page
    quarter   quarter turns anticlockwise that make the page upright
    is_hidden whether most of the text cannot be seen: somebody else's recognition, under a scan
    """

    width: float
    height: float
    upright: list[Glyph]
    sideways: list[Glyph]
    apart: list[str]
    usable: float
    is_whole: bool
    turn: Callable[[float, float], Point]
    quarter: int
    is_hidden: bool


@dataclass(slots=True)
class _Drawn:
    """What glyphs of one text object have in common."""

    quarter: int | None
    hidden: bool
    faint: bool
    glyphs: list[tuple[str, Box]] = field(default_factory=list)


def sheet(page: "PdfPage") -> Sheet:
    """The glyphs of a page. Cost: some 5 µs a glyph."""
    left, bottom, right, top = _paper(page)
    width, height = right - left, top - bottom
    drawn, seen, unmapped = _drawn(page)
    total = sum(len(one.glyphs) for one in drawn)
    hidden = sum(len(one.glyphs) for one in drawn if one.hidden)
    if hidden * 2 < total:  # else it is the text that lies under a scan
        drawn = [one for one in drawn if not one.hidden]
    votes = Counter(dict.fromkeys(range(4), 0))
    for one in drawn:
        if one.quarter is not None:
            votes[one.quarter] += sum(not c.isspace() for c, _ in one.glyphs)
    quarter = max(range(4), key=lambda q: (votes[q], -q))
    turn = _turn(quarter, (left, bottom, right, top))
    upright, sideways, apart = _sorted_out(
        drawn, quarter, turn, (width, height) if quarter % 2 == 0 else (height, width)
    )
    return Sheet(
        width=width if quarter % 2 == 0 else height,
        height=height if quarter % 2 == 0 else width,
        upright=list(undoubled(upright)),
        sideways=sideways,
        apart=apart,
        usable=1 - unmapped / seen if seen else 1.0,
        is_whole=seen < _GLYPHS,
        turn=turn,
        quarter=quarter,
        is_hidden=0 < total <= hidden * 2,
    )


def _paper(page: "PdfPage") -> Box:
    left, bottom, right, top = page.get_bbox()
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _turn(quarter: int, paper: Box) -> Callable[[float, float], Point]:
    left, bottom, right, top = paper
    return (
        lambda x, y: (x - left, y - bottom),
        lambda x, y: (top - y, x - left),
        lambda x, y: (right - x, top - y),
        lambda x, y: (y - bottom, right - x),
    )[quarter]


def _drawn(page: "PdfPage") -> tuple[list[_Drawn], int, int]:
    """The page's text objects in order, how many glyphs they have, and how many of these no sensible character."""
    from ctypes import addressof, byref

    import pypdfium2.raw as pdfium

    text = page.get_textpage()
    box, found, seen, unmapped = pdfium.FS_RECTF(), list[_Drawn](), 0, 0
    last, current, high = 0, None, ""
    for i in range(min(text.count_chars(), 2 * _GLYPHS)):
        character = chr(pdfium.FPDFText_GetUnicode(text, i))
        if "\ud800" <= character <= "\udbff":
            high = character
            continue
        if high:
            character = (high + character).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            high = ""
        handle = pdfium.FPDFText_GetTextObject(text, i)
        if not handle or character in "\r\n" or pdfium.FPDFText_IsGenerated(text, i) == 1:
            continue
        if not pdfium.FPDFText_GetLooseCharBox(text, i, byref(box)):
            continue
        if current is None or addressof(handle.contents) != last:
            last = addressof(handle.contents)
            current = _manner(pdfium, text, i, handle)
            found.append(current)
        seen += 1
        if not _is_sensible(character) or (
            not "\u3000" <= character <= "\u9fff" and pdfium.FPDFText_HasUnicodeMapError(text, i) == 1
        ):
            unmapped += 1
        if unicodedata.category(character) not in ("Cf", "Cc", "Cs", "Cn") or character == "\t":
            current.glyphs.append((ordinary(character), (box.left, box.bottom, box.right, box.top)))
    text.close()
    return found, seen, unmapped


def _manner(pdfium: Any, text: Any, i: int, handle: Any) -> _Drawn:
    """How the text object of glyph `i` is drawn: its direction, and whether it can be seen."""
    from ctypes import byref, c_uint

    clockwise = pdfium.FPDFText_GetCharAngle(text, i) / (math.pi / 2)
    quarter = round(clockwise)
    red, green, blue, alpha = c_uint(0), c_uint(0), c_uint(0), c_uint(255)
    pdfium.FPDFText_GetFillColor(text, i, byref(red), byref(green), byref(blue), byref(alpha))
    ink = 1 - (0.3 * red.value + 0.59 * green.value + 0.11 * blue.value) / 255
    return _Drawn(
        quarter=quarter % 4 if abs(clockwise - quarter) < 0.05 else None,
        hidden=pdfium.FPDFTextObj_GetTextRenderMode(handle) in _INVISIBLE,
        faint=1 - ink * alpha.value / 255 >= _FAINT,
    )


def _is_sensible(character: str) -> bool:
    r"""Whether documents hold this character: fonts without a map to Unicode give private, unassigned or stray ones.

    >>> [_is_sensible(c) for c in ("条", "a", "①", "\ue123", "\ufffd", "\x03", "ᚠ")]
    [True, True, True, False, False, False, False]
    """
    if " " <= character <= "\u024f" or "\u0370" <= character <= "\u04ff" or character == "\t":
        return not "\x7f" <= character <= "\x9f"
    if "\u2000" <= character <= "\u33ff" or "\u4e00" <= character <= "\u9fff":
        return True
    return "\u3400" <= character <= "\u4dbf" or "\uf900" <= character <= "\uffef" or character >= "\U00020000"


def ordinary(character: str) -> str:
    """A radical or compatibility form, which PDF fonts are full of, as the ordinary character.

    >>> ordinary("⼀"), ordinary("⻓"), ordinary("（"), ordinary("①")
    ('一', '长', '（', '①')
    """
    if "\u2e80" <= character <= "\u2fdf" or "\uf900" <= character <= "\ufaff":
        return _SUPPLEMENT.get(character) or unicodedata.normalize("NFKC", character)
    return character


def _sorted_out(
    drawn: list[_Drawn], quarter: int, turn: Callable[[float, float], Point], size: Point
) -> tuple[list[Glyph], list[Glyph], list[str]]:
    """Upright and sideways glyphs, and the words of watermarks; nothing off the page."""
    heights = [
        abs(top - bottom) for one in drawn[:2000] if one.quarter == quarter for _, (_, bottom, _, top) in one.glyphs
    ]
    if quarter % 2:
        heights = [abs(r - a) for one in drawn[:2000] if one.quarter == quarter for _, (a, _, r, _) in one.glyphs]
    usual = median(heights) if heights else 0.0
    upright: list[Glyph] = []
    sideways: list[Glyph] = []
    apart: list[str] = []
    for one in drawn:
        turned = [glyph for c, box in one.glyphs if _is_on(glyph := _turned(c, box, turn), size)]
        tall = median(g.height for g in turned) if turned else 0.0
        if one.quarter is None or (one.faint and one.quarter == quarter and tall > _LARGE * usual):
            apart.append("".join(glyph.character for glyph in turned).strip())
        elif one.quarter != quarter:
            sideways += [glyph for glyph in turned if not glyph.is_blank]
        else:
            upright += turned
    return upright, sideways, [words for words in apart if words]


def _turned(character: str, box: Box, turn: Callable[[float, float], Point]) -> Glyph:
    (x0, y0), (x1, y1) = turn(box[0], box[1]), turn(box[2], box[3])
    return Glyph(character, min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _is_on(glyph: Glyph, size: Point) -> bool:
    x, y = (glyph.left + glyph.right) / 2, (glyph.bottom + glyph.top) / 2
    return 0 <= x <= size[0] and 0 <= y <= size[1]


def undoubled(glyphs: Iterable[Glyph]) -> Iterator[Glyph]:
    """`glyphs` without those drawn again in nearly the same place, as some programs do to make text bold."""
    seen: dict[tuple[str, int, int], list[Glyph]] = {}
    for glyph in glyphs:
        if glyph.is_blank:
            yield glyph
            continue
        near = min(glyph.height / 6, 0.4 * (glyph.right - glyph.left)) or 0.1  # two l beside each other are two
        column, row = int(glyph.left // 4), int(glyph.bottom // 4)
        around = (
            old
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for old in seen.get((glyph.character, x, y), ())
        )
        if any(abs(old.left - glyph.left) < near and abs(old.bottom - glyph.bottom) < near for old in around):
            continue
        places = seen.setdefault((glyph.character, column, row), [])
        if len(places) < 20:  # a hostile page has thousands in one place
            places.append(glyph)
        yield glyph
