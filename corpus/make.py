"""Makes the sample documents that are no plain text: `corpus/*.docx` and `corpus/*.pdf` from `corpus/drafts/`.

The corpus is eight documents of Lanzhi (澜沚市), a city that does not exist: offices, places, document numbers,
telephone numbers and figures are invented, and each document says so. Together they have the forms that official
documents have: 章/节/条/款/项 with an inserted 第十条之一; an earlier version that the later one repeals; 一、（一）1.
（1） with inline 一是…二是… and bulleted principles; numbers that run straight through; a table with merged cells;
brackets of both widths; a web page with its chrome; two annexes whose numbers restart; page furniture and sentences
that run over a page's end.

There is no README here because everything in this folder that a loader reads is indexed, Markdown too; the drafts
are safe by their ending. `.txt`, `.md` and `.html` are written by hand. A draft is named after what it becomes,
`X.pdf.draft` → `X.pdf`; each of its lines is a paragraph, a table row `| a | b |` (a cell `^` continues the one above,
`/` parts paragraphs within a cell), or `=kind text` with a kind of `KINDS`.

Run: python corpus/make.py          the same drafts and fonts give the same bytes
Needs, beside the development extra: reportlab and fonttools (pip); Debian's fonts-noto-cjk, whose licence (OFL) allows
embedding. Neither the product nor its tests need any of them.
"""
# mypy: disable-error-code="import-untyped"

import io
import logging
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
FONTS = Path("/usr/share/fonts/opentype/noto")
BODY_FONT = (FONTS / "NotoSerifCJK-Regular.ttc", "Noto Serif CJK SC")
HEAD_FONT = (FONTS / "NotoSansCJK-Bold.ttc", "Noto Sans CJK SC Bold")
KINDS = ("red", "title", "center", "left", "right", "head", "sub", "running", "break")
MOMENT = datetime(2025, 1, 1)
RED = "C00000"
NEVER_FIRST = "，。、；：！？％%）)〕》〉”’"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a draft: its kind (`body`, `row` or one of `KINDS`) and its text or, for a row, its cells."""

    kind: str
    text: str = ""
    cells: tuple[str, ...] = ()


def lines(draft: str) -> list[Line]:
    """The draft's lines, blank ones left out.

    Raises ValueError for a kind that is not in `KINDS`.

    >>> lines("=head 一、总则"), lines("| 1 | ^ |")
    ([Line(kind='head', text='一、总则', cells=())], [Line(kind='row', text='', cells=('1', '^'))])
    """
    return [line(text) for text in draft.splitlines() if text.strip()]


def line(text: str) -> Line:
    """One line of a draft; see `lines`."""
    if text.startswith("|"):
        return Line("row", cells=tuple(cell.strip() for cell in text.strip("| ").split(" | ")))
    if not text.startswith("="):
        return Line("body", text)
    kind, _, rest = text[1:].partition(" ")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} in {text!r} is not one of {', '.join(KINDS)}")
    return Line(kind, rest)


# Word ----------------------------------------------------------------------------------------------------------


def docx(draft: list[Line]) -> bytes:
    """A Word file with typed numbers, real tables and vertically merged cells."""
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "FangSong", Pt(14)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")
    properties = document.core_properties
    properties.created = properties.modified = MOMENT
    properties.author = properties.comments = ""
    properties.title = next(each.text for each in draft if each.kind == "title")
    for is_table, group in groupby(draft, key=lambda each: each.kind == "row"):
        if is_table:
            add_table(document, [each.cells for each in group])
        else:
            for each in group:
                add_paragraph(document, each)
    file = io.BytesIO()
    document.save(file)
    return fixed_times(file.getvalue())


def add_paragraph(document: Any, each: Line) -> None:
    """Appends a line that is no table row to a python-docx document."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    if each.kind == "break":
        document.add_page_break()
        return
    paragraph = document.add_paragraph()
    run = paragraph.add_run(each.text)
    paragraph.paragraph_format.space_after = Pt(4)
    if each.kind in ("red", "title", "center"):
        paragraph.alignment = ALIGN.CENTER
    elif each.kind == "right":
        paragraph.alignment = ALIGN.RIGHT
    elif each.kind != "left":
        paragraph.paragraph_format.first_line_indent = Pt(28)
    if each.kind in ("red", "title", "head"):
        run.bold = True
        run.font.size = Pt({"red": 28, "title": 20, "head": 15}[each.kind])
        run.font.name = "SimHei"
        run.element.rPr.rFonts.set(qn("w:eastAsia"), "黑体")
    if each.kind == "red":
        run.font.color.rgb = RGBColor.from_string(RED)


def add_table(document: Any, rows: list[tuple[str, ...]]) -> None:
    """Appends a table; its first row is repeated on each page, a cell `^` is merged with the one above."""
    from docx.oxml import OxmlElement
    from docx.shared import Cm, Pt

    table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths(rows), strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            if text == "^":
                continue
            below = row
            while below + 1 < len(rows) and rows[below + 1][column] == "^":
                below += 1
            cell = table.cell(row, column)
            if below > row:
                cell = cell.merge(table.cell(below, column))
            cell.text = text.replace("/", "\n") if row else text
            for paragraph in part_paragraphs(cell):
                for run in paragraph.runs:
                    run.font.size, run.bold = Pt(11), row == 0


def widths(rows: list[tuple[str, ...]]) -> list[float]:
    """A width for each column in centimetres, by its longest line; 15.2 in all."""
    longest = [max(len(part) for cell in column for part in cell.split("/")) for column in zip(*rows, strict=True)]
    weights = [min(length, 24) + 3 for length in longest]
    return [15.2 * weight / sum(weights) for weight in weights]


def part_paragraphs(cell: Any) -> list[Any]:
    """The cell's paragraphs after each of its lines has become one."""
    first, *others = cell.text.split("\n")
    cell.text = first
    for text in others:
        cell.add_paragraph(text)
    return list(cell.paragraphs)


def fixed_times(archive: bytes) -> bytes:
    """The same zip file with one time for all of its members, so that the bytes depend on the draft alone."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            data = old.read(member)
            new.writestr(zipfile.ZipInfo(member.filename, MOMENT.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


# PDF -----------------------------------------------------------------------------------------------------------


def pdf(draft: list[Line]) -> bytes:
    """An A4 file with embedded subset fonts, a running head and page numbers; paragraphs run over page ends.

    `register_fonts` goes before.
    """
    from reportlab.lib import textsplit
    from reportlab.lib.units import mm
    from reportlab.platypus import CondPageBreak, Paragraph, SimpleDocTemplate

    textsplit.ALL_CANNOT_START = NEVER_FIRST  # reportlab's own list is Japanese: lines began with a comma
    running = next(each.text for each in draft if each.kind == "running")

    def furniture(canvas: Any, template: Any) -> None:
        canvas.setFont("Body", 9)
        canvas.drawCentredString(105 * mm, 282 * mm, running)
        canvas.line(27 * mm, 280 * mm, 183 * mm, 280 * mm)
        canvas.drawCentredString(105 * mm, 14 * mm, f"— {template.page} —")

    styles = pdf_styles()
    story: list[Any] = []
    for each in draft:
        if each.kind in ("head", "sub"):
            story.append(CondPageBreak(20 * mm))  # a heading is not the last line of its page
        if each.kind != "running":
            story.append(Paragraph(each.text, styles[each.kind]))
    file = io.BytesIO()
    margins = {"leftMargin": 27 * mm, "rightMargin": 27 * mm, "topMargin": 26 * mm, "bottomMargin": 24 * mm}
    title = next(each.text for each in draft if each.kind == "title")
    about = {"title": title, "lang": "zh-CN", "invariant": 1, "initialFontName": "Body"}
    template = SimpleDocTemplate(file, pagesize=(210 * mm, 297 * mm), **about, **margins)
    template.build(story, onFirstPage=furniture, onLaterPages=furniture)
    return file.getvalue()


def register_fonts(characters: str) -> None:
    """Makes the fonts `Body` and `Head` known to reportlab: once, with the characters of all documents."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, (path, full_name) in (("Body", BODY_FONT), ("Head", HEAD_FONT)):
        pdfmetrics.registerFont(TTFont(name, truetype(path, full_name, characters + "— 0123456789")))


def pdf_styles() -> dict[str, Any]:
    """A reportlab paragraph style for each kind of line that a PDF can hold."""
    from reportlab.lib.colors import HexColor
    from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle

    def style(name: str, font: str = "Body", size: float = 14, **more: Any) -> Any:
        given = {"leading": size * 1.7, "wordWrap": "CJK", "alignment": TA_JUSTIFY} | more
        return ParagraphStyle(name, fontName=font, fontSize=size, **given)

    center: dict[str, Any] = {"alignment": TA_CENTER, "spaceAfter": 8}
    return {
        "body": style("body", firstLineIndent=28),
        "left": style("left"),
        "right": style("right", alignment=TA_RIGHT, rightIndent=28),
        "center": style("center", **center),
        "red": style("red", "Head", 26, textColor=HexColor(f"#{RED}"), **center),
        "title": style("title", "Head", 19, **center | {"spaceBefore": 8, "leading": 28}),
        "head": style("head", "Head", 14.5, firstLineIndent=28, spaceBefore=4),
        "sub": style("sub", "Body", 14, firstLineIndent=28, spaceBefore=2),
    }


def truetype(collection: Path, full_name: str, characters: Iterable[str]) -> io.BytesIO:
    """One font of a collection with the glyphs of `characters` only, its cubic outlines made quadratic.

    reportlab embeds TrueType outlines only, and the free Chinese fonts with a serif have PostScript ones.
    Error of the outlines: at most one of 1000 units per em.
    """
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTCollection, newTable

    font = next(each for each in TTCollection(collection).fonts if each["name"].getDebugName(4) == full_name)
    subsetter = Subsetter(Options(layout_features=[], hinting=False, desubroutinize=True, name_IDs=[1, 2, 4, 6]))
    subsetter.populate(unicodes={ord(character) for character in characters})
    subsetter.subset(font)
    glyphs, outlines = font.getGlyphSet(), newTable("glyf")
    outlines.glyphOrder, outlines.glyphs = font.getGlyphOrder(), {}
    for name in outlines.glyphOrder:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
        outlines.glyphs[name] = pen.glyph()
    del font["CFF "]
    font["glyf"], font["loca"] = outlines, newTable("loca")
    font["maxp"].tableVersion = 0x00010000
    for field in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"):
        setattr(font["maxp"], field, 0)
    for field in ("maxStackElements", "maxSizeOfInstructions", "maxComponentElements"):
        setattr(font["maxp"], field, 0)
    font["post"].formatType, font.sfntVersion = 3.0, "\x00\x01\x00\x00"
    font.recalcTimestamp = False
    file = io.BytesIO()
    font.save(file)
    file.seek(0)
    return file


def main() -> None:
    """Writes a document for each draft."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    writers = {".docx": docx, ".pdf": pdf}
    drafts = {path: path.read_text(encoding="utf-8") for path in sorted((FOLDER / "drafts").glob("*.draft"))}
    register_fonts("".join(drafts.values()))
    for path, draft in drafts.items():
        target = FOLDER / path.stem
        target.write_bytes(writers[target.suffix](lines(draft)))
        log.info("%s  %d KB", target.name, target.stat().st_size // 1024)


if __name__ == "__main__":
    main()
