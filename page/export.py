"""A conversation as a Word file and as Markdown, to be filed or handed on.

Sources are numbered through the whole file, so that a number means one passage; under each answer stand those that it
cites. Every text of a question, an answer or a document comes out as plain text. HTML is `page.render`'s.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

from page.render import Rows, Turn, apart, blocks, quoted
from page.source import place_of
from page.words import Words
from page.words.records import RecordWords, of
from rag.clause import Answer, Citation
from rag.extract import name

if TYPE_CHECKING:
    from docx.document import Document as WordFile
    from docx.section import Section
    from docx.text.paragraph import Paragraph

_MARK = re.compile(r"\[(\d{1,3})\]")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold: all but the Char production of XML 1.0."""


@dataclass(frozen=True, slots=True)
class Source:
    """A citation with its number in the whole file."""

    n: int
    citation: Citation


@dataclass(frozen=True, slots=True)
class Part:
    """A question as the file shows it: its blocks are paragraphs and tables, their marks those of the file."""

    question: str
    notices: tuple[str, ...]
    is_refused: bool
    blocks: tuple[str | Rows, ...]
    sources: tuple[Source, ...]


# What a file says, whatever its form ---------------------------------------------------------------------------


def parts(turns: Sequence[Turn], words: Words) -> list[Part]:
    """The turns with their sources numbered through all of them; a passage that is cited again keeps its number."""
    own = _texts(words)
    numbers: dict[tuple[str, int, int], int] = {}
    made = []
    for turn in turns:
        question = turn.question
        if turn.answer is None:
            line = turn.fault or own.unfinished
            made.append(Part(question, (), False, (line,), ()))
            continue
        renumbered: dict[int, int] = {}
        sources: dict[int, Source] = {}
        for one in turn.answer.citations:
            passage = (one.document.id, one.start, one.end)
            n = renumbered[one.n] = numbers.setdefault(passage, len(numbers) + 1)
            sources.setdefault(n, Source(n, one))
        notices = tuple(re.sub(r"^(?:注意：|Note: )", "", notice) for notice in turn.answer.notices)
        listed = tuple(sources[n] for n in sorted(sources))
        made.append(Part(question, notices, turn.answer.refused, tuple(_blocks(turn.answer, renumbered)), listed))
    return made


def _blocks(answer: Answer, numbers: dict[int, int]) -> Iterator[str | Rows]:
    """The answer's lines and tables; a mark without a source stays as it is."""

    def mark(found: re.Match[str]) -> str:
        return f"[{numbers.get(int(found[1]), found[1])}]"

    for block in blocks(answer.answer):
        if isinstance(block, str):
            yield _MARK.sub(mark, block)
        else:
            yield [[_MARK.sub(mark, cell) for cell in row] for row in block]


def where(source: Source, words: Words) -> str:
    """Title, number, place of the clause and status of the document, on one line."""
    about = source.citation.document
    facts = [f"{name(about)} {place_of(source.citation.clause, words)}"]
    facts += [] if about.status == "unknown" else [words.statuses[about.status]]
    return " · ".join(facts)


def _texts(words: Words) -> RecordWords:
    return of("en" if words.tag == "en" else "zh")


def _dated(day: date, n: int, own: RecordWords) -> str:
    return own.dated.format(year=day.year, month=day.month, day=day.day, n=n)


# Markdown ------------------------------------------------------------------------------------------------------


def markdown(title: str, day: date, turns: Sequence[Turn], words: Words) -> str:
    """The conversation of `day` as Markdown (CommonMark with tables), in which no text of it is markup."""
    own = _texts(words)
    lines = [f"# {_plain(title)}", f"{_plain(_dated(day, len(turns), own))}{_plain(own.numbering)}"]
    for part in parts(turns, words):
        lines.append(f"## {_plain(part.question)}")
        lines += [f"**{words.warning}** {_plain(notice)}" for notice in part.notices]
        lines += [f"**{own.no_answer}**"] if part.is_refused else []
        lines += [_grid(block) if isinstance(block, list) else _plain(block) for block in part.blocks]
        lines += [f"**{words.sources}**"] if part.sources else []
        lines += [f"{_mark(one)} {_plain(where(one, words))}\n{_plain(_marks(one))}" for one in part.sources]
    return "\n\n".join([*lines, "---", f"{_plain(own.product)} · {_plain(own.letter)}"]) + "\n"


def _mark(source: Source) -> str:
    return rf"\[{source.n}\]"


def _marks(source: Source) -> str:
    """The quote in quotation marks."""
    return f"“{quoted(source.citation)}”"


def _grid(rows: Rows) -> str:
    width = max(map(len, rows))
    head, *body = ["| " + " | ".join(map(_plain, [*row, *[""] * (width - len(row))])) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * width, *body])


_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$^@]|(?<=:)/(?=/)|(?<=www)\.", re.I)
_OPENING = re.compile(r"^(?:[#+\-=:]|\d{1,9}(?=[.)]))")
"""What makes a line a heading, a list or a rule."""


def _plain(text: str) -> str:
    r"""A text on one line that Markdown shows as it is.

    >>> print(_plain("1. <b>*甲*"), _plain("[1](www.乙)"))
    1\. \<b\>\*甲\* \[1\](www\.乙)
    """
    line = " ".join(_clean(text).split())
    line = _SPECIAL.sub(lambda found: "\\" + found[0], line)
    opening = _OPENING.match(line)
    if opening is None:
        return line
    sign = opening[0]
    return f"\\{line}" if not sign.isdigit() else f"{sign}\\{line[len(sign) :]}"


# Word ----------------------------------------------------------------------------------------------------------

_TITLE, _HEADING, _BODY = "宋体", "黑体", "仿宋"
"""East Asian fonts; a Latin letter is Times New Roman. Where one is missing the reader's program takes its own."""
_LATIN = "Times New Roman"


def word(title: str, day: date, turns: Sequence[Turn], words: Words) -> bytes:
    """The conversation of `day` as a Word file: A4, a heading a question, sources below each answer."""
    import docx

    own = _texts(words)
    file = docx.Document()
    _set_up(file, title, day, words)
    _page(file.sections[0], own)
    _add(file, title, "Title")
    _add(file, _dated(day, len(turns), own) + own.numbering, "Subtitle")
    for part in parts(turns, words):
        _add(file, part.question, "Heading 1")
        for notice in part.notices:
            _add(file, notice, "Normal", words.warning)
        if part.is_refused:
            _add(file, "", "Normal", own.no_answer)
        for block in part.blocks:
            if isinstance(block, list):
                _table(file, block)
            else:
                _add(file, block, "Normal")
        if part.sources:
            _add(file, words.sources, "Heading 2")
        for one in part.sources:
            _add(file, where(one, words), "Normal", f"[{one.n}]")
            _add(file, _marks(one), "Quote")
    written = BytesIO()
    file.save(written)
    return written.getvalue()


def _add(file: "WordFile", text: str, style: str, lead: str = "") -> "Paragraph":
    """A paragraph; `lead` stands before it in bold."""
    paragraph = file.add_paragraph()
    _set_style(paragraph, style)
    if lead:
        paragraph.add_run(f"{lead} " if text else lead).bold = True
    if text:
        paragraph.add_run(" ".join(_clean(text).split()))
    return paragraph


def _set_style(paragraph: "Paragraph", style: str) -> None:
    paragraph._p.style = style.replace(" ", "")  # its id; looking the name up takes ten times as long as all the rest


def _table(file: "WordFile", rows: Rows) -> None:
    """A table whose head is repeated on each page."""
    from docx.oxml import OxmlElement

    table = file.add_table(len(rows), max(map(len, rows)), style="Table Grid")
    for number, (made, row) in enumerate(zip(table.rows, rows, strict=True)):
        for cell, text in zip(made.cells, row, strict=False):
            for line, said in enumerate(apart(text)):
                paragraph = cell.add_paragraph() if line else cell.paragraphs[0]
                _set_style(paragraph, "Table Text")
                paragraph.add_run(_clean(said)).bold = number == 0
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    _add(file, "", "Table Text")


def _page(section: "Section", own: RecordWords) -> None:
    """A4 with margins after GB/T 9704-2012, a header that says what the file is, a footer with the page's number."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    header, footer = section.header.paragraphs[0], section.footer.paragraphs[0]
    header.add_run(f"{own.product}　{own.letter}")
    header.alignment = footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in re.split(r"({\w+})", own.page):
        if text.startswith("{"):
            _field(footer, "PAGE" if text == "{page}" else "NUMPAGES")
        elif text:
            footer.add_run(text)


def _field(paragraph: "Paragraph", code: str) -> None:
    """A number that the reader's program fills in."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    shown = OxmlElement("w:t")
    shown.text = "1"
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)


def _set_up(file: "WordFile", title: str, day: date, words: Words) -> None:
    """Fonts, sizes and colours of the styles that are used, and what the file says of itself."""
    from datetime import datetime

    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt

    file.styles.add_style("Table Text", WD_STYLE_TYPE.PARAGRAPH)
    sizes = {"Title": 20, "Subtitle": 10.5, "Heading 1": 14, "Heading 2": 12, "Normal": 12, "Quote": 10.5}
    for style, size in {**sizes, "Table Text": 10.5, "Header": 9, "Footer": 9}.items():
        font = _TITLE if style == "Title" else _HEADING if style.startswith("Heading") else _BODY
        _style(file.styles[style], font, size)
    normal = file.styles["Normal"].paragraph_format
    normal.line_spacing, normal.space_after = 1.5, Pt(4)
    file.styles["Table Text"].paragraph_format.line_spacing = 1.2
    file.styles["Quote"].paragraph_format.left_indent = Pt(24)
    file.styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for language in file.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")  # lines are broken by the rules of Chinese
    about = file.core_properties
    about.title, about.author, about.comments = _clean(title)[:200], words.brand, _texts(words).letter
    about.language = words.tag
    about.created = about.modified = datetime(day.year, day.month, day.day)


def _style(style: Any, font: str, size: float) -> None:
    """A style with a font for Chinese and one for Latin, in black: a theme's own would go before both."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size, style.font.color.rgb = _LATIN, Pt(size), RGBColor(0, 0, 0)
    style.font.italic = False
    fonts = style.element.rPr.rFonts
    for given in [given for given in fonts.attrib if given.endswith("Theme")]:
        del fonts.attrib[given]
    for script, wanted in (("ascii", _LATIN), ("hAnsi", _LATIN), ("cs", _LATIN), ("eastAsia", font)):
        fonts.set(qn(f"w:{script}"), wanted)


def _clean(text: str) -> str:
    """A text that XML can hold; what it cannot becomes the sign for it, so that nothing disappears."""
    return _FORBIDDEN.sub("\ufffd", text)
