"""Scans: pages as images, read by optical recognition; the text says with which confidence it was read.

What is on an image is for recognition, how it becomes lines and tables for layout. Here the file is decoded, the image
made fit (of a size at which characters are large enough, a long one in strips), and signs that recognition confuses are
put right, since here it is the loader that defines the text:

- `,` `;` `:` beside a Chinese character become full-width; between figures or letters they stay (1,200, 8:30);
- brackets become full-width, in pairs, where a Chinese character stands within or before them;
- the year of a document number stands in 〔〕 where a square bracket was read on either side: 澜政发[2024）12号.
"""

import re
import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import accumulate, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rag.clause import Text
from rag.errors import NoText, Phrase, Unreadable
from rag.load import layout
from rag.load.layout import Page, written
from rag.load.layout.glyph import Glyph
from rag.load.layout.grid import grids
from rag.load.scan.recognition import Box, Seen, seen
from rag.load.text import kind

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

    Pixels = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]

_Place = tuple[float, float, float, float]

_PIXELS = 120_000_000
"""Pixels of an image that is still read: A2 at 400 dpi has 62 million."""
_PAGES = 500
"""Images in one file at most: at five seconds a page this is most of an hour."""
_LARGEST, _LEAST = 1400, 1100
"""Pixels of the shorter side between which a page is brought, enlarged at most twice; A4 has 1400 at 170 dpi."""
_LONG = 4000
"""Pixels of the longer side of a wide image; higher ones are cut between lines into strips."""
_STRIP = 2100
"""Pixels of a strip's height: A4 at the size above fits into one."""
_A4 = 842.0
"""Points of the longer side of A4, which layout's measures are made for."""
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_DAMAGED = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    EOFError, OverflowError, ZeroDivisionError, MemoryError, struct.error,
)  # fmt: skip
"""What Pillow raises on damaged images; there is no common class."""

_HAN = r"[\u3001-\u301b\u3400-\u9fff“”（）]"
_SIGN = re.compile(rf"(?<={_HAN})[,;:] ?|[,;:] ?(?={_HAN})|(?<={_HAN})[!?]")
_YEAR = re.compile(r"([\[〔［【(（])((?:19|20)\d\d)([\]〕］】)）])(?=第?\d+号)")
_AS_PRINTED = ("（）", "()", "(）", "（)", "【】")
_T = TypeVar("_T")


def read(content: bytes, path: Path) -> Text:
    """The text of an image file with its furniture and ruled tables, one page an image.

    Raises Unreadable where it is damaged, no image or too large, NeedsTool where recognition is not installed,
    NoText where nothing legible is on it.
    Cost: 3 to 6 seconds a page on two cores.
    """
    pages = [page(image, path) for image in _images(content, path)]
    if not any(one.blocks for one in pages):
        raise NoText(path=path)
    return written(pages)


def page(image: "Image", path: Path, typed: Sequence[Glyph] = ()) -> Page:
    """The page that an image shows, for layout, its longer side as long as that of A4, in points.

    A page that lies on its side or upside down is turned first. `path` is for messages.
    `typed` are glyphs that the file itself has on this page, in pixels from the image's lower left corner: they stay,
    and what was recognised in their place is left out. Where the page had to be turned nothing is known of their place,
    and the image alone counts.
    Raises NeedsTool where recognition is not installed.
    """
    found = _seen(image, path)
    shorter, longer = sorted((found.width, found.height))
    scale = _A4 / min(longer, 1.5 * shorter)  # a long strip is as wide as a page

    def placed(box: _Place) -> _Place:
        left, top, right, bottom = box
        return left * scale, (found.height - bottom) * scale, right * scale, (found.height - top) * scale

    own = [] if found.turned else [_scaled(glyph, scale * found.width / image.width) for glyph in typed]
    boxes = [(box, placed((box.left, box.top, box.right, box.bottom))) for box in found.boxes]
    kept, own = _parted(boxes, own)
    glyphs = [Glyph(character, *placed(corners)) for box in kept for character, corners in _characters(box)]
    glyphs += own
    mostly_typed = sum(len(box.text) for box in kept) < len(own)  # then what is ruled is a part of a picture
    tables = [] if mostly_typed else grids(map(placed, found.rules))
    made = layout.page(glyphs, [], tables, found.width * scale, found.height * scale, [])
    made.weighed = [(box.confidence, len(box.text)) for box in kept]
    return made


def _scaled(glyph: Glyph, scale: float) -> Glyph:
    return Glyph(glyph.character, glyph.left * scale, glyph.bottom * scale, glyph.right * scale, glyph.top * scale)


def _parted(boxes: list[tuple[Box, _Place]], typed: list[Glyph]) -> tuple[list[Box], list[Glyph]]:
    """The boxes and the typed glyphs without what stands in both.

    A box that is mostly typed, or that shows no more than a part of what is, is left out; a printed line into which a
    number was typed is read whole.
    """
    kept: list[Box] = []
    for box, (left, bottom, right, top) in boxes:
        inside = {
            i
            for i, glyph in enumerate(typed)
            if left <= (glyph.left + glyph.right) / 2 <= right and bottom <= (glyph.bottom + glyph.top) / 2 <= top
        }
        inked = sum(not typed[i].is_blank for i in inside)
        if not inked:
            kept.append(box)
        elif 2 * inked < len(box.text):
            kept.append(box)
            typed = [glyph for i, glyph in enumerate(typed) if i not in inside]
    return kept, typed


def _seen(image: "Image", path: Path) -> Seen:
    """What is on an image, strip after strip."""
    import numpy

    width = height = 0
    boxes: list[Box] = []
    rules: list[_Place] = []
    for strip in _strips(numpy.asarray(_fit(image))[:, :, ::-1]):  # recognition expects the order of OpenCV: blue first
        found = seen(numpy.ascontiguousarray(strip), path)
        boxes += [
            replace(one, text=_mended(one.text), top=one.top + height, bottom=one.bottom + height)
            for one in found.boxes
        ]
        rules += [(left, top + height, right, bottom + height) for left, top, right, bottom in found.rules]
        width, height = max(width, found.width), height + found.height
    return Seen(width, height, boxes, rules)


def _characters(box: Box) -> Iterator[tuple[str, _Place]]:
    """The characters of a box with their places: recognition says where a box is, not where in it each of them is."""
    margin = 0.15 * (box.bottom - box.top)  # boxes are drawn a little wider than what they hold
    left, right = box.left + margin, box.right - margin
    widths = [0.5 if one.isascii() else 1.0 for one in box.text]
    size = max(1.0, (right - left) / sum(widths))
    middle, half = (box.top + box.bottom) / 2, min(box.bottom - box.top, 1.3 * size) / 2
    for one, end, width in zip(box.text, accumulate(widths), widths, strict=True):
        yield one, (left + (end - width) * size, middle - half, left + end * size, middle + half)


# The image -----------------------------------------------------------------------------------------------------


def _images(content: bytes, path: Path) -> Iterator["Image"]:
    """The images of a file, upright as its EXIF data say; only TIFF has more than one that is a page."""
    from PIL import Image

    file = _decoded(partial(Image.open, BytesIO(content), formats=_FORMATS), content, path)
    for number in count():
        if not _decoded(partial(_turned_to, file, number), content, path):
            return
        if number == _PAGES:
            raise Unreadable(
                path=path, reason=Phrase(zh=f"超过 {_PAGES} 页的上限", en=f"it has more than {_PAGES} pages")
            )
        if file.width * file.height > _PIXELS:
            raise Unreadable(path=path, reason=_too_large())
        yield _decoded(partial(_plain, file), content, path)


def _decoded(step: Callable[[], _T], content: bytes, path: Path) -> _T:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is refused or put up with here
            return step()
    except Image.DecompressionBombError as error:
        raise Unreadable(path=path, reason=_too_large()) from error
    except _DAMAGED as error:
        raise Unreadable(path=path, reason=_why(content)) from error


def _too_large() -> Phrase:
    most = _PIXELS // 1_000_000
    return Phrase(zh=f"图像超过 {most} 百万像素的上限", en=f"the image has more than {most} million pixels")


def _why(content: bytes) -> Phrase:
    found = kind(content)
    if found is not None and found not in _FORMATS:
        return Phrase(zh=f"内容是 {found} 文件，与扩展名不符", en=f"it is a {found} file, not what its ending says")
    return Phrase(zh="图像已损坏或不是图像", en="it is damaged or no image")


def _turned_to(file: "Image", number: int) -> bool:
    """Whether there is a page of this number; the file then stands at it."""
    if number and file.format != "TIFF":
        return False
    try:
        file.seek(number)
    except EOFError:
        return False
    return True


def _plain(file: "Image") -> "Image":
    """The image upright, in 8 bits, without transparency."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(file)
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")


def _fit(image: "Image") -> "Image":
    """The image in colour at a size at which printed characters have some 20 to 40 pixels."""
    from PIL import Image

    shorter, longer = sorted(image.size)
    scale = min(1.0, _LARGEST / shorter)
    if shorter < _LEAST:
        scale = min(2.0, _LEAST / shorter)
    if image.width == longer:
        scale = min(scale, _LONG / longer)
    size = max(32, round(image.width * scale)), max(32, round(image.height * scale))
    small = image.reduce(max(1, int(1 / scale) // 2)) if scale < 1 else image  # quick and of little memory
    return small.convert("RGB").resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS)


def _strips(pixels: "Pixels") -> Iterator["Pixels"]:
    """Strips of the image from top to bottom, cut where a row of pixels is plainest."""
    start = 0
    while pixels.shape[0] - start > 1.2 * _STRIP:
        window = pixels[start + _STRIP * 3 // 4 : start + _STRIP, :, 1].astype("float32")
        cut = start + _STRIP * 3 // 4 + int(window.std(axis=1).argmin())
        yield pixels[start:cut]
        start = cut
    yield pixels[start:]


# Signs ---------------------------------------------------------------------------------------------------------


def _mended(text: str) -> str:
    """`text` with the signs that recognition gives half-width, or as another bracket, as they are printed.

    >>> _mended("澜政发〔2024]12号:到2025年,达到1,200张(含8:30后);"), _mended("局)办理"), _mended("1)f(x, y)")
    ('澜政发〔2024〕12号：到2025年，达到1,200张（含8:30后）；', '局）办理', '1)f(x, y)')
    """
    text = _YEAR.sub(lambda m: m[0] if m[1] + m[3] in _AS_PRINTED else f"〔{m[2]}〕", text)
    text = _brackets(text)
    return _SIGN.sub(lambda m: chr(ord(m[0][0]) + 0xFEE0), text)


def _brackets(text: str) -> str:
    signs = list(text)
    opened: list[int] = []
    for i, sign in enumerate(text):
        if sign in "(（":
            opened.append(i)
        elif sign in ")）" and opened:
            start = opened.pop()
            if re.search(_HAN, text[max(0, start - 1) : i + 1]):
                signs[start], signs[i] = "（", "）"
        elif sign == ")" and (re.search(_HAN, text[max(0, i - 1) : i]) or text[i + 1 : i + 2] in tuple("。，；、")):
            signs[i] = "）"
    for i in opened:
        if re.search(_HAN, text[max(0, i - 1) : i + 2]):
            signs[i] = "（"
    return "".join(signs)
