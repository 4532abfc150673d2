"""PDF: the text of each page line by line, as it lies on the page; running heads and page numbers are furniture.

Lines stay wrapped as they are printed: joining them is not a loader's business, parse copes. Scans hold no text and
are refused. Tables come out as lines of cells, a tab where a wide gap parts two of them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.clause import Span, Text
from rag.errors import NoText, Phrase, Unreadable
from rag.load.text import clean

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_PAGES = 5000
"""Pages of a file at most: beyond that it is an archive, not a document."""
_MARGIN = 3
"""Lines at the top and at the bottom of a page that may be a running head or foot."""
_GAP = 2.5
"""Widths of a character that part two cells; spaced-out headings (总　　则) have less than two."""
_ENCRYPTED = 4
"""pdfium's error number for a missing password."""

_NUMBER = re.compile(
    r"[-—–－\s·]*\d{1,4}[-—–－\s·]*|第\s*\d+\s*页(?:\s*[,，/共]*\s*\d+\s*页?)?|\d{1,4}\s*/\s*\d{1,4}|[Pp]age\s*\d+.*"
)
_PRINT = re.compile(r"\d{4}/\d{1,2}/\d{1,2}[ ,]+\d{1,2}:\d{2}.*|(?:https?|file)://\S+(?:\s+\d+/\d+)?")
_RADICALS = dict(
    zip(
        "⺁⺌⺟⺠⺼⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "厂小母民肉虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A character and its box on the page, in points, from the lower left corner."""

    character: str
    left: float
    bottom: float
    right: float
    top: float


def read(content: bytes, path: Path) -> Text:
    """The text of a `.pdf` file with the start of each page.

    Raises Unreadable where it is damaged, encrypted or no PDF, NoText where no page holds text.
    Cost: some 20 to 40 ms a page.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(path=path, reason=_why(error)) from error
    try:
        pages = [_lines(document, i) for i in range(min(len(document), _PAGES))]
    except pypdfium2.PdfiumError as error:
        raise Unreadable(path=path, reason=_why(error)) from error
    finally:
        document.close()
    if not any(pages):
        raise NoText(path=path)
    return _joined(pages)


def _why(error: Exception) -> Phrase:
    if getattr(error, "err_code", None) == _ENCRYPTED or "password" in str(error).lower():
        return Phrase(zh="文件已加密", en="it is encrypted")
    return Phrase(zh="PDF 文件已损坏或不是 PDF", en="it is damaged or no PDF")


def _joined(pages: list[list[str]]) -> Text:
    """The pages' lines as one text with the furniture among them."""
    running = _running(pages)
    parts: list[str] = []
    starts: list[int] = []
    furniture: list[Span] = []
    length = 0
    for lines in pages:
        starts.append(length)
        for i, line in enumerate(lines):
            if _is_furniture(lines, i, running):
                furniture.append((length, length + len(line)))
            parts.append(line + "\n")
            length += len(line) + 1
    characters = "".join(parts)[:-1]
    return Text(characters, pages=tuple(min(start, len(characters)) for start in starts), furniture=tuple(furniture))


def _running(pages: list[list[str]]) -> set[str]:
    """Lines, figures aside, that stand at the top or bottom of at least half of the pages."""
    if len(pages) < 3:
        return set()
    seen = Counter(key for lines in pages for key in {_key(lines[i]) for i in _edges(lines)})
    return {key for key, n in seen.items() if n >= max(3, len(pages) / 2) and key[-1] not in "。；，"}


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", "".join(line.split()))


def _edges(lines: list[str]) -> list[int]:
    """The lines that may be a running head or foot: the outermost, fewer on a page of few lines."""
    margin = min(_MARGIN, max(1, len(lines) // 4))
    return sorted({*range(min(margin, len(lines))), *range(max(0, len(lines) - margin), len(lines))})


def _is_furniture(lines: list[str], i: int, running: set[str]) -> bool:
    """Whether line `i` of a page is a running head, a page number or what a browser prints around a page."""
    text = lines[i].strip()
    if _PRINT.fullmatch(text) and not _MARGIN <= i < len(lines) - _MARGIN:
        return True
    if i in _edges(lines) and _key(text) in running:
        return True
    outer = i in (0, len(lines) - 1) or (i == len(lines) - 2 and bool(_PRINT.fullmatch(lines[-1].strip())))
    return outer and _NUMBER.fullmatch(text) is not None


def _lines(document: "PdfDocument", number: int) -> list[str]:
    """The lines of one page in the order of the file, running heads at the edges where they lie."""
    rows: list[list[_Glyph]] = []
    for glyph in _undoubled(_glyphs(document, number)):
        if rows and _same_line(rows[-1], glyph):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    texts = [(row, text) for row in rows if (text := _text(row)).strip()]
    heads = [pair for pair in texts if _PRINT.fullmatch(pair[1].strip())]
    body = [pair for pair in texts if pair not in heads]
    middle = (
        max((g.top for row, _ in body for g in row), default=0)
        + min((g.bottom for row, _ in body for g in row), default=0)
    ) / 2
    above = [text for row, text in heads if row[0].bottom > middle]
    below = [text for row, text in heads if row[0].bottom <= middle]
    return [*above, *(text for _, text in body), *below]


def _glyphs(document: "PdfDocument", number: int) -> Iterator[_Glyph]:
    """The characters of a page with their boxes; line ends that pdfium adds are left out."""
    from ctypes import byref

    import pypdfium2.raw as pdfium

    page = document[number]
    text = page.get_textpage()
    box = pdfium.FS_RECTF()
    high = ""
    for i in range(text.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text, i))
        if "\ud800" <= character <= "\udbff":
            high = character
            continue
        if high:
            character = (high + character).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            high = ""
        if character in "\r\n\ufffe\ufeff\0" or not pdfium.FPDFText_GetLooseCharBox(text, i, byref(box)):
            continue
        yield _Glyph(_ordinary(character), box.left, box.bottom, box.right, box.top)
    text.close()
    page.close()


def _ordinary(character: str) -> str:
    """A radical or compatibility form, which PDF fonts are full of, as the ordinary character.

    >>> _ordinary("⼀"), _ordinary("⻓"), _ordinary("（")
    ('一', '长', '（')
    """
    if "\u2e80" <= character <= "\u2fdf" or "\uf900" <= character <= "\ufaff":
        return _RADICALS.get(character) or unicodedata.normalize("NFKC", character)
    return character


def _undoubled(glyphs: Iterator[_Glyph]) -> Iterator[_Glyph]:
    """`glyphs` without those drawn again within a fifth of their size, as some programs do to make text bold."""
    recent: list[_Glyph] = []
    for glyph in glyphs:
        near = max(glyph.top - glyph.bottom, 1.0) / 5
        if not glyph.character.isspace() and any(
            old.character == glyph.character
            and abs(old.left - glyph.left) < near
            and abs(old.bottom - glyph.bottom) < near
            for old in recent
        ):
            continue
        recent = [*recent[-80:], glyph]
        yield glyph


def _same_line(row: list[_Glyph], glyph: _Glyph) -> bool:
    """Whether `glyph` goes on with the line: it overlaps it by half in height and does not jump back to the left."""
    last = next((old for old in reversed(row) if not old.character.isspace()), row[-1])
    overlap = min(last.top, glyph.top) - max(last.bottom, glyph.bottom)
    height = min(last.top - last.bottom, glyph.top - glyph.bottom)
    if glyph.character.isspace() and height <= 0:
        return True
    return overlap > 0.5 * height and glyph.left > row[0].left - 1


def _text(row: list[_Glyph]) -> str:
    """The characters of a line, a tab where a wide gap parts two cells, a line's edges without blanks.

    Pairs of names and values (发文机关：…　成文日期：…) are no cells: blanks part them.
    """
    out: list[str] = []
    last: _Glyph | None = None
    for glyph in row:
        if glyph.character.isspace():
            out.append(glyph.character)
            continue
        if last is not None and glyph.left - last.right > _GAP * max(last.top - last.bottom, 1.0):
            while out and out[-1].isspace():
                out.pop()
            out.append("  " if "：" in out or ":" in out else "\t")
        out.append(glyph.character)
        last = glyph
    return clean("".join(out)).replace("\n", " ").strip(" ")
