"""PDF: the text of each page line by line, ruled tables as tables; running heads and page numbers are furniture.

Lines stay wrapped as they are printed: joining them is not a loader's business, parse copes; the first line of a
paragraph begins with two wide blanks where it is printed set in. Pages without usable text are recognised as scans; what
a picture's page has of usable text stays. Without recognition a few such pages are left out of a file of typed ones.
Here a file becomes pages: glyph.py reads the glyphs of a page, grid.py its lines, scan.py its picture; layout.py makes
the text of them.
"""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.clause import Text
from rag.errors import NeedsTool, NoText, Phrase, Unreadable
from rag.load import layout
from rag.load.layout.glyph import Glyph, Sheet, sheet
from rag.load.layout.grid import grids, strokes
from rag.load.pdf.bomb import exhausts

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument, PdfPage

_log = logging.getLogger(__name__)

_PAGES = 5000
"""Pages of a file at most: beyond that it is an archive, not a document."""
_SCANS = 500
"""Pages of a file at most that are recognised: at a few seconds a page more would take an hour."""
_CHARACTERS = 20_000_000
"""Characters of a file at most, as for every other format; here so that reading ends early."""
_ENCRYPTED = 4
"""pdfium's error number for a missing password."""
_USABLE = 0.6
"""Share of glyphs with a sensible character below which a page's text is of no use."""
_PICTURE = 0.3
"""Share of the page that a picture covers where the page is a scan."""
_STAMP = 60
"""Glyphs that a scan may have of its own: a page number, a stamp, a mark of the program that made it."""
_RESOLUTION, _PIXELS = 200, 4000
"""Dots per inch of a page that is recognised, and how many along its longer side at most."""
_SECONDS = 10.0
"""Time in which a page must be drawn: a scan takes a tenth of a second."""


def read(content: bytes, path: Path) -> Text:
    """The text of a `.pdf` file with its pages, furniture and tables.

    Raises Unreadable where it is damaged, encrypted, too long or no PDF, NeedsTool where scans cannot be recognised and
    are more than the pages with text, NoText where no page holds text.
    Cost: some 20 to 40 ms a page, seconds for a scanned one.
    """
    import pypdfium2

    if exhausts(content):
        raise Unreadable(path=path, reason=_too_complex())
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(path=path, reason=_why(error)) from error
    try:
        pages = list(_pages(document, path))
    except pypdfium2.PdfiumError as error:
        raise Unreadable(path=path, reason=_why(error)) from error
    finally:
        document.close()
    text = layout.written(pages)
    if not text.characters.strip():
        raise NoText(path=path)
    return text


def _too_complex() -> Phrase:
    return Phrase(zh="内容过于复杂，无法安全读取", en="it is too complex to be read safely")


def _why(error: Exception) -> Phrase:
    if getattr(error, "err_code", None) == _ENCRYPTED or "password" in str(error).lower():
        return Phrase(zh="文件已加密", en="it is encrypted")
    return Phrase(zh="PDF 文件已损坏或不是 PDF", en="it is damaged or no PDF")


# A page --------------------------------------------------------------------------------------------------------


def _pages(document: "PdfDocument", path: Path) -> Iterator[layout.Page]:
    if len(document) > _PAGES:
        raise Unreadable(path=path, reason=Phrase(zh=f"超过 {_PAGES} 页的上限", en=f"it has more than {_PAGES} pages"))
    scans = length = typed = 0
    missing: dict[int, NeedsTool] = {}
    for i in range(len(document)):
        page = document[i]
        found = sheet(page)
        length += len(found.upright)
        typed += len(found.upright) >= _STAMP and found.usable >= _USABLE
        recognised = None
        if _is_scan(page, found):
            scans += 1
            if scans > _SCANS:
                raise Unreadable(path=path, reason=_too_many_scans())
            try:
                recognised = _recognised(page, found, path)
            except NeedsTool as error:
                missing[i + 1] = error
                found = found if found.usable >= _USABLE else replace(found, upright=[], sideways=[], apart=[])
        yield recognised if recognised and recognised.weighed else _typed(page, found)
        page.close()
        if length > _CHARACTERS or not found.is_whole:
            raise Unreadable(path=path, reason=Phrase(zh="正文过长，请拆成几份", en="its text is too long: split it"))
    _left_out(missing, typed, path)


def _left_out(missing: dict[int, NeedsTool], typed: int, path: Path) -> None:
    """Raises where the pages whose picture was not recognised are more than those with text: the file is a scan."""
    if len(missing) > typed:
        raise next(iter(missing.values()))
    if missing:
        pages = ", ".join(map(str, missing))
        _log.info("%s: the pictures of these pages were not read, recognition is not installed: %s", path, pages)


def _typed(page: "PdfPage", found: Sheet) -> layout.Page:
    """A page whose text the file holds."""
    tables = grids(strokes(page, found.turn))
    return layout.page(found.upright, found.sideways, tables, found.width, found.height, found.apart)


def _too_many_scans() -> Phrase:
    return Phrase(
        zh=f"扫描页超过 {_SCANS} 页的上限，请拆成几份", en=f"it has more than {_SCANS} scanned pages: split it"
    )


def _is_scan(page: "PdfPage", found: Sheet) -> bool:
    """Whether the page is a picture of text, with a stamp or number at most, or its text is of no use: a font without
    a map to Unicode.
    """
    return found.usable < _USABLE or (len(found.upright) < _STAMP and _has_picture(page))


def _has_picture(page: "PdfPage") -> bool:
    import pypdfium2.raw as pdfium

    width, height = page.get_size()
    covered = 0.0
    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = shape.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return bool(covered >= _PICTURE * width * height)


def _recognised(page: "PdfPage", found: Sheet, path: Path) -> layout.Page:
    """A page of which mostly a picture says what stands on it; its own text stays where it can be seen and is usable."""
    from rag.load import scan

    image = _image(page, path)
    is_upright = found.quarter == -(page.get_rotation() // 90) % 4  # else its glyphs stand elsewhere than in the image
    if found.usable < _USABLE or found.is_hidden or not is_upright:
        return scan.page(image, path)
    scale = image.width / found.width
    typed = [
        Glyph(one.character, one.left * scale, one.bottom * scale, one.right * scale, one.top * scale)
        for one in found.upright
    ]
    return scan.page(image, path, typed)


def _image(page: "PdfPage", path: Path) -> "Image":
    """The page's picture; Unreadable where drawing it takes too long: a hostile page covers itself a thousand times."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    scale = min(_RESOLUTION / 72, _PIXELS / max(*page.get_size(), 1.0))
    width, height = (max(1, math.ceil(side * scale)) for side in page.get_size())
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    until = time.monotonic() + _SECONDS
    pause = pdfium.IFSDK_PAUSE(version=1)
    pypdfium2.internal.set_callback(pause, "NeedToPauseNow", lambda _: time.monotonic() > until)
    status = pdfium.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT, pause)
    pdfium.FPDF_RenderPage_Close(page)
    if status == pdfium.FPDF_RENDER_TOBECONTINUED:
        raise Unreadable(path=path, reason=_too_complex())
    image: Image = bitmap.to_pil().convert("RGB")
    return image
