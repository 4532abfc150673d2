"""One document in every format: paragraphs and tables, written as txt, md, html, docx, pdf and ofd.

Each writer gives the format what real documents have in it: an html page its site around the text, a docx automatic
numbers, a pdf wrapped lines, running heads and page numbers, a table its own structure. What is written is the
same text in all of them, so that a parser that reads one form otherwise than another is found out.
"""

import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

from rag.clause import Parsed, Span
from rag.numeral import chinese, flowing
from rag.parse.mark import Mark, mark
from rag.parse.table import tables_of

_ROOT = Path(__file__).resolve().parent.parent
_OFD = _ROOT / "tests" / "ofdwriter.py"
_RUNNING = "政务公开文件汇编"
_PLAIN = 45
"""Characters of a line without a full stop that is set in the middle, as titles are."""

_TORN = re.compile(r"(?<=[^。；：！？\s])\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of cells, None where a cell is one with that above it."""

    rows: tuple[tuple[str | None, ...], ...]


Block = str | Grid
"""A paragraph or a table."""
Writer = Callable[[Sequence[Block], Path], None]


def blocks(parsed: Parsed) -> list[Block]:
    """The paragraphs and tables of a document, without its furniture and without markdown's marks.

    Lines that a page's end tore apart are one paragraph again: they lie in one clause, inside a sentence.
    """
    text = parsed.text
    tables = [table for table in tables_of(text) if len(table.rows) > 1]
    found: list[tuple[int, Block]] = []
    apart = list(text.furniture)
    for table in tables:
        spans = [span for row in table.rows for span in row if span[0] < span[1]]
        apart.append((min(a for a, _ in spans), max(b for _, b in spans)))
        found.append((apart[-1][0], Grid(tuple(_cells(text.characters, table.rows)))))
    position = 0
    inside = [(c.start, c.end) for c in parsed.clauses if c.kind in ("clause", "point") and "\n" in c.text]
    torn = {a + m.end() for a, b in inside for m in _TORN.finditer(text.characters[a:b])}
    for start, end in [*sorted(apart), (len(text.characters), len(text.characters))]:
        for line in re.finditer(r"[^\n]+", text.characters[position:start]):
            words = re.sub(r"^#+\s+|\*\*", "", line[0].strip().lstrip("|")).strip()
            begin = position + line.start()
            if words and begin in torn and isinstance(found[-1][1], str):
                found[-1] = (found[-1][0], found[-1][1] + words)
            elif words:
                found.append((begin, words))
        position = max(position, end)
    return [block for _, block in sorted(found, key=lambda item: item[0])]


def _cells(characters: str, rows: Sequence[Sequence[Span]]) -> Iterator[tuple[str | None, ...]]:
    """The cells of a table; the same span as above is one merged cell, and so is a blank one that leads its row."""
    above: Sequence[Span] = ()
    for row in rows:
        words = [flowing(characters[a:b]) for a, b in row]
        lead = next((i for i, word in enumerate(words) if word), 0)
        yield tuple(
            None if above and (span in above or (i < lead and not words[i])) else words[i] for i, span in enumerate(row)
        )
        above = row


def writers() -> dict[str, Writer]:
    """The formats that can be written here, each with its writer; pdf and ofd where what they need is there."""
    found: dict[str, Writer] = {"txt": txt, "md": md, "html": html, "docx": docx, "docx（自动编号）": numbered_docx}
    if importlib.util.find_spec("reportlab"):
        found["pdf"] = pdf
    if _OFD.exists():
        found["ofd"] = ofd
    return found


def txt(parts: Sequence[Block], path: Path) -> None:
    """Plain text; a table as a row a line, its cells set apart by tabs, as a spreadsheet is pasted."""
    lines: list[str] = []
    for part in parts:
        lines += ["\t".join(cell or "" for cell in row) for row in part.rows] if isinstance(part, Grid) else [part]
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")


def md(parts: Sequence[Block], path: Path) -> None:
    """Markdown: chapters as headings, the number of an article in bold type."""
    lines: list[str] = []
    for part in parts:
        if isinstance(part, Grid):
            head, *body = [f"| {' | '.join(cell or '' for cell in row)} |" for row in part.rows]
            lines += [head, "|" + " --- |" * len(part.rows[0]), *body, ""]
            continue
        found = mark(part)
        if found and found.style in ("编", "章", "节"):
            lines += [f"{'#' * (2 + ('编', '章', '节').index(found.style))} {part}", ""]
        elif found and found.style == "条":
            lines += [f"**{found.label}**{part[found.end :]}", ""]
        else:
            lines += [part, ""]
    path.write_text("\n".join(lines), encoding="utf-8")


_TOP = (
    '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}_政务公开_澜沚市人民政府</title>'
    "<style>p{{text-indent:2em}}</style><script>var path='/zwgk';</script></head><body>"
    '<header><ul><li><a href="/">首页</a></li><li><a href="/zwgk">政务公开</a></li><li><a href="/bsfw">办事服务</a></li>'
    '</ul></header><div class="crumbs">当前位置：<a href="/">首页</a> &gt; <a href="/zwgk">政务公开</a> &gt; 正文</div>'
    '<div class="article"><div class="content">'
)
_BOTTOM = (
    '</div><div class="share">分享到：<a href="#">微信</a> <a href="#">微博</a> <a href="#">打印本页</a></div></div>'
    '<div class="related"><h3>相关链接</h3><ul><li><a href="/1">上一篇：政务公开指南</a></li></ul></div>'
    "<footer><p>主办：澜沚市人民政府办公室　网站标识码：0000000000</p><p>版权所有　ICP备00000000号</p></footer></body></html>"
)


def html(parts: Sequence[Block], path: Path) -> None:
    """A page of a government's site: navigation above, links and imprint below."""
    body = "\n".join(_table(part) if isinstance(part, Grid) else f"<p>{escape(part)}</p>" for part in parts)
    title = next((part for part in parts if isinstance(part, str)), "")
    path.write_text(_TOP.format(title=escape(title)) + body + _BOTTOM, encoding="utf-8")


def _table(grid: Grid) -> str:
    rows = []
    for i, row in enumerate(grid.rows):
        cells = []
        for j, cell in enumerate(row):
            if cell is None:
                continue
            span = _height(grid, i, j)
            down = f' rowspan="{span}"' if span > 1 else ""
            cells.append(f"<td{down}>{escape(cell)}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _height(grid: Grid, i: int, j: int) -> int:
    """How many rows the cell in row `i`, column `j` takes."""
    height = 1
    while i + height < len(grid.rows) and j < len(grid.rows[i + height]) and grid.rows[i + height][j] is None:
        height += 1
    return height


# Word ----------------------------------------------------------------------------------------------------------


def docx(parts: Sequence[Block], path: Path) -> None:
    """A Word file whose numbers are typed."""
    _word(parts, path, None)


def numbered_docx(parts: Sequence[Block], path: Path) -> None:
    """A Word file whose numbers are automatic where they count on: they stand in numbering.xml, not in the text."""
    _word(parts, path, _Numbering())


def _word(parts: Sequence[Block], path: Path, numbering: "_Numbering | None") -> None:
    from docx import Document

    document = Document()
    for part in parts:
        if isinstance(part, Grid):
            _word_table(document, part)
            continue
        listed = numbering.listed(part, document) if numbering else None
        paragraph = document.add_paragraph(listed[1] if listed else part)
        if listed:
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val = 0
            properties.get_or_add_numId().val = listed[0]
    document.save(str(path))


def _word_table(document: Any, grid: Grid) -> None:
    table = document.add_table(len(grid.rows), max(map(len, grid.rows)))
    for i, row in enumerate(grid.rows):
        for j, cell in enumerate(row):
            if cell is None:
                continue
            below = table.cell(i + _height(grid, i, j) - 1, j)
            merged = table.cell(i, j).merge(below) if below is not table.cell(i, j) else table.cell(i, j)
            merged.text = cell


_FORMS: dict[str, tuple[str, str]] = {
    "条": ("第%1条", "chineseCountingThousand"),
    "章": ("第%1章", "chineseCountingThousand"),
    "一、": ("%1、", "chineseCountingThousand"),
    "（一）": ("（%1）", "chineseCountingThousand"),
    "1.": ("%1.", "decimal"),
    "（1）": ("（%1）", "decimal"),
}
"""How a list of each style shows its numbers."""
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


class _Numbering:
    """The lists of a Word file: a definition for each style, an instance for each list that counts by itself."""

    def __init__(self) -> None:
        self.defined: dict[str, int] = {}
        self.current: dict[str, tuple[int, int]] = {}
        self.numbers = 100

    def listed(self, words: str, document: Any) -> tuple[int, str] | None:
        """The list that a paragraph belongs to and its text without the number; None where the number is typed."""
        found = mark(words)
        if found is None or found.start or found.style not in _FORMS or len(found.number) != 1:
            return None
        form, format = _FORMS[found.style]
        n = found.number[0]
        if form.replace("%1", str(n) if format == "decimal" else chinese(n)) != found.label:
            return None
        number, last = self.current.get(found.style, (0, -1))
        if n != last + 1:
            number = self._instance(found, n, document)
        self.current[found.style] = (number, n)
        return number, words[found.end :].lstrip()

    def _instance(self, found: Mark, start: int, document: Any) -> int:
        from lxml import etree

        root = document.part.numbering_part.element
        form, format = _FORMS[found.style]
        if found.style not in self.defined:
            self.numbers += 1
            self.defined[found.style] = self.numbers
            follow = "tab" if found.style in ("条", "章", "1.") else "nothing"
            definition = etree.fromstring(
                f'<w:abstractNum xmlns:w="{_W}" w:abstractNumId="{self.numbers}"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
                f'<w:numFmt w:val="{format}"/><w:suff w:val="{follow}"/><w:lvlText w:val="{form}"/></w:lvl></w:abstractNum>'
            )
            root.insert(0, definition)  # definitions come before instances
        self.numbers += 1
        root.append(
            etree.fromstring(
                f'<w:num xmlns:w="{_W}" w:numId="{self.numbers}"><w:abstractNumId w:val="{self.defined[found.style]}"/>'
                f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{start}"/></w:lvlOverride></w:num>'
            )
        )
        return self.numbers


# Pages ---------------------------------------------------------------------------------------------------------


def pdf(parts: Sequence[Block], path: Path) -> None:
    """A printed document: 28 characters a line, a running head and a page number on each page, ruled tables."""
    from reportlab.lib.enums import TA_CENTER
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    body = ParagraphStyle("body", fontName="STSong-Light", fontSize=14, leading=24, wordWrap="CJK", firstLineIndent=28)
    middle = ParagraphStyle("middle", body, firstLineIndent=0, alignment=TA_CENTER)
    cell = ParagraphStyle("cell", body, fontSize=10, leading=14, firstLineIndent=0)

    def furnish(canvas: Any, template: Any) -> None:
        canvas.setFont("STSong-Light", 9)
        canvas.drawCentredString(A4[0] / 2, A4[1] - 15 * mm, _RUNNING)
        canvas.drawCentredString(A4[0] / 2, 15 * mm, f"— {template.page} —")

    story: list[Flowable] = []
    began = False
    for part in parts:
        if isinstance(part, Grid):
            story.append(_ruled(part, cell))
            continue
        began = began or mark(part) is not None
        is_title = not began and len(part) <= _PLAIN and not part.endswith(("。", "：", "；"))
        story.append(Paragraph(escape(part), middle if is_title else body))
    whole = BytesIO()
    frame = Frame(28 * mm, 25 * mm, A4[0] - 54 * mm, A4[1] - 52 * mm, 0, 0, 0, 0)
    template = BaseDocTemplate(whole, pagesize=A4, invariant=1)
    template.addPageTemplates([PageTemplate("page", [frame], onPage=furnish)])
    template.build(story)
    path.write_bytes(whole.getvalue())


def _ruled(grid: Grid, style: Any) -> Any:
    from reportlab.lib import colors
    from reportlab.lib.units import mm
    from reportlab.platypus import Paragraph, Table, TableStyle

    width = max(map(len, grid.rows))
    length = [max(len(row[j] or "") for row in grid.rows if j < len(row)) for j in range(width)]
    shares = [min(max(n, 3), 24) for n in length]
    rules: list[Any] = [("BOX", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    rules.append(("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black))
    rules.append(("LINEAFTER", (0, 0), (-1, -1), 0.5, colors.black))
    for i, row in enumerate(grid.rows):  # no SPAN: a merged cell may be higher than a page
        rules += [("LINEABOVE", (j, i), (j, i), 0.5, colors.black) for j, word in enumerate(row) if word is not None]
    filled = [[*row, *[""] * (width - len(row))] for row in grid.rows]
    data = [[Paragraph(escape(word or ""), style) for word in row] for row in filled]
    widths = [156 * mm * share / sum(shares) for share in shares]
    return Table(data, widths, repeatRows=1, style=TableStyle(rules))


def ofd(parts: Sequence[Block], path: Path) -> None:
    """A printed document in the national format; it has no tables here, since a table is only lines of text in it."""
    _ofdwriter().write([f"　　{part}" for part in parts if isinstance(part, str)], path)


def _ofdwriter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ofdwriter", _OFD)
    assert spec is not None and spec.loader is not None  # `writers` has looked
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
