"""Word files (.docx, .docm, strict or not): the lines of the body in order, automatic numbers written into the text.

Word keeps 第一条 and （一） apart from the paragraphs that show them; here they stand where a reader sees them, and
tracked changes are accepted. What stands apart from the body has its place, once:

    headers      before the body, footers behind it: furniture
    text boxes   lines of their own behind the paragraph to which they are anchored
    notes        lines of their own behind the body, 注1：…, 尾注1：…; the raised figure in the body is left out, where
                 it would be a figure in a sentence (增长5%¹) and no clause would read as its office published it
    contents     where they stand, as furniture: Word's own table of contents names each heading a second time

A table in a cell is text of that cell; a table of one column is a frame around paragraphs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from rag.clause import Span, Table, Text
from rag.errors import NoText, Phrase, Unreadable
from rag.load import mhtml, page
from rag.load.dom import grid
from rag.load.text import clean, kind
from rag.load.word.inline import ALTERNATIVES, WORD_ART, Inline, alternative
from rag.load.word.numbering import Numbering, W, is_bullet, is_on
from rag.load.word.package import DAMAGED, RELATIONS, Package, opened

_UNPACKED = 200 * 1024 * 1024
"""Bytes that the parts of a file may unpack to: more is a zip bomb; the text of a long law has 5 MB of XML."""
_WIDEST = 200
"""Columns that one cell may span."""
_PLACES = 5_000_000
"""Cells of all tables, a merged one counted in each place: ten times a table of 50,000 rows and 10 columns."""
_CONTAINERS = {f"{W}{tag}" for tag in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")}
_BLOCKS = {f"{W}p", f"{W}tbl", f"{W}altChunk"}


def read(content: bytes, path: Path) -> Text:
    """The text of a Word file with its tables; raises Unreadable where it is damaged, encrypted or no Word file.

    Cost: 10 MB of text in 3 seconds, a table of 50,000 rows and 10 columns in 20, with 900 MB of memory.
    """
    if not content.startswith(b"PK"):
        raise Unreadable(path=path, reason=_no_word(content))
    try:
        return _read(opened(content, path, _UNPACKED))
    except DAMAGED as error:
        raise Unreadable(path=path, reason=Phrase(zh="Word 文件已损坏", en="the Word file is damaged")) from error


def _no_word(content: bytes) -> Phrase:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Phrase(zh="文件已加密", en="it is encrypted")
    found = kind(content)
    if found is None:
        return Phrase(zh="内容不是 Word 文件", en="it is no Word file")
    return Phrase(zh=f"内容是 {found} 文件，与扩展名不符", en=f"it is a {found} file, not what its ending says")


def _read(package: Package) -> Text:
    name = package.main() or "word/document.xml"
    root = package.xml(name)
    if root is None:
        raise package.refused(Phrase(zh="Word 文件已损坏", en="the Word file is damaged"))
    body = root.find(f"{W}body")
    if body is None:
        raise package.refused(Phrase(zh="内容不是 Word 文件", en="it is no Word file"))
    styles = package.the("styles", name)
    writer = _Writer(Inline(Numbering(package.the("numbering", name), styles)), package, name)
    plain = Numbering(None, styles)
    writer.furnish(_marginal(package, name, body, "header", plain))
    writer.blocks(body)
    writer.write_notes({part: package.the(f"{part}s", name) for part in ("footnote", "endnote")})
    writer.furnish(_marginal(package, name, body, "footer", plain))
    return Text(
        "".join(writer.parts).removesuffix("\n"),
        furniture=tuple(writer.furniture),
        tables=tuple(writer.tables),
        headings=tuple(writer.headings),
    )


def _marginal(package: Package, main: str, body: etree._Element, what: str, styles: Numbering) -> Iterator[str]:
    """The text of each header or footer that a section names, once where they differ only in the page's number."""
    relations = package.relations(main)
    seen: set[str] = set()
    for reference in body.iter(f"{W}{what}Reference"):
        name = relations.get(reference.get(f"{RELATIONS}id") or "", ("", ""))[1]
        if name in seen or reference.getparent().getparent().tag == f"{W}sectPrChange":
            continue
        seen.add(name)
        root = package.xml(name)
        if root is None:
            continue
        writer = _Writer(Inline(styles), package, name)
        writer.blocks(root)
        text = "".join(writer.parts).strip()
        key = re.sub(r"\d+", "0", "".join(text.split()))
        if text and key not in seen:
            seen.add(key)
            yield text


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs and tables below `parent`, those within content controls and custom XML as well."""
    queue = list(reversed(parent))
    while queue:
        element = queue.pop()
        if element.tag in _BLOCKS:
            yield element
        elif element.tag in _CONTAINERS:
            queue.extend(reversed(element))
        elif element.tag == ALTERNATIVES:
            queue.extend(reversed(alternative(element)))


@dataclass(slots=True)
class _Writer:
    """The characters so far and what stands among them.

    `depth` is how many cells the place is in, `places` how many cells all tables have once merged ones are repeated.
    """

    inline: Inline
    package: Package
    name: str
    parts: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    headings: list[Span] = field(default_factory=list)
    furniture: list[Span] = field(default_factory=list)
    length: int = 0
    depth: int = 0
    places: int = 0

    def put(self, text: str) -> Span:
        """Adds `text`; its span."""
        start = self.length
        self.parts.append(text)
        self.length += len(text)
        return start, self.length

    def furnish(self, texts: Iterator[str]) -> None:
        """Adds furniture, each text with a line end of its own."""
        for text in texts:
            self.furniture.append(self.put(text))
            self.put("\n")

    def blocks(self, parent: etree._Element) -> None:
        """Adds the paragraphs and tables below `parent`; what lost its paragraph mark goes on in the next paragraph."""
        held: list[etree._Element] = []
        for block in _blocks(parent):
            if block.tag == f"{W}p" and not self.inline.has_mark(block):
                held.append(block)
                continue
            if block.tag == f"{W}p":
                self.paragraph([*held, block])
            else:
                self.unended(held)
                self.table(block) if block.tag == f"{W}tbl" else self.chunk(block)
            held = []
        self.unended(held)

    def unended(self, held: list[etree._Element]) -> None:
        """Adds paragraphs without a mark that no paragraph follows; nothing where nothing is left of them."""
        notes = list(self.inline.notes)
        is_blank = not any(self.inline.text(paragraph).strip() for paragraph in held)
        self.inline.notes[:] = notes
        if not is_blank:
            self.paragraph(held)

    def paragraph(self, joined: list[etree._Element]) -> None:
        """Adds paragraphs as one line and its end; text boxes anchored to it follow as lines of their own.

        The last one's mark remains, and with it its number, unless it adds nothing to the first. Word numbers empty
        paragraphs, too: the first column of many tables holds nothing else.
        """
        self.inline.boxes.clear()
        texts = [self.inline.text(paragraph) for paragraph in joined]
        boxes = list(self.inline.boxes)
        text = "".join(texts)
        owner = next((p for p, own in zip(joined, texts, strict=True) if own.strip()), joined[-1])
        label = self.inline.styles.label(joined[-1] if texts[-1].strip() else owner)
        if not text.strip():
            label = "" if is_bullet(label) else label.rstrip()
        span = self.put(label + text)
        self.put("\n")
        if text.strip() and not self.depth and self.inline.is_listing(owner):
            self.furniture.append(span)
        elif text.strip() and not self.depth and not label and self.inline.is_heading(owner):
            self.headings.append(span)
        for box in boxes:
            if box.tag == WORD_ART:
                self.put(clean(box.get("string") or ""))
                self.put("\n")
            else:
                self.blocks(box)

    def chunk(self, element: etree._Element) -> None:
        """Adds another file that is embedded as a part of the text: a web page, as some programs export all they have."""
        name = self.package.relations(self.name).get(element.get(f"{RELATIONS}id") or "", ("", ""))[1]
        content = self.package.bytes(name)
        if content is None or content.startswith((b"PK", b"{\\rtf")):
            return
        try:
            found = (mhtml.read if mhtml.is_mhtml(content) else page.read)(content, self.package.path)
        except NoText:
            return
        if not found.characters.strip():
            return
        start, _ = self.put(found.characters)
        self.put("\n")
        if not self.depth:
            self.furniture.extend((a + start, b + start) for a, b in found.furniture)
            moved = (tuple(tuple((a + start, b + start) for a, b in row) for row in t.rows) for t in found.tables)
            self.tables.extend(Table(rows) for rows in moved)

    def table(self, element: etree._Element) -> None:
        """Adds a table: tabs between cells, line ends between rows; a single column is a frame around paragraphs."""
        rows = [(row, _children(row, f"{W}tc")) for row in _children(element, f"{W}tr") if not _is_gone(row)]
        if max((len(cells) for _, cells in rows), default=0) < 2:
            for cell in (cell for _, cells in rows for cell in cells):
                self.blocks(cell)
            return
        above: dict[int, Span] = {}
        written: list[list[tuple[Span, int, int]]] = []
        for row, cells in rows:
            written.append(self._row(row, cells, above))
            self.put("\n")
        if self.depth:
            return
        self.places += sum(across for cells in written for _, _, across in cells)
        if self.places > _PLACES:
            raise self.package.refused(Phrase(zh="内容过多", en="it holds too much"))
        self.tables.append(Table(tuple(tuple(cells) for cells in grid(written) if cells)))

    def _row(
        self, row: etree._Element, elements: list[etree._Element], above: dict[int, Span]
    ) -> list[tuple[Span, int, int]]:
        """Writes one row; `above` holds by column the merged cells that may go on downwards."""
        cells: list[tuple[Span, int, int]] = []
        column, is_first = _count(row, "trPr", "gridBefore"), True
        if column:
            cells.append(((self.length, self.length), 1, column))
        for cell in elements:
            across = max(1, _count(cell, "tcPr", "gridSpan"))
            if cells and _value(cell, "hMerge", "continue") == "continue":
                cells[-1] = (cells[-1][0], 1, min(cells[-1][2] + across, _WIDEST))
                column += across
                continue
            merge = _value(cell, "vMerge", "continue")
            if merge not in (None, "restart") and column in above:
                span = above[column]
            else:
                if not is_first:
                    self.put("\t")
                is_first = False
                span = self._cell(cell)
            for below in range(column, column + across if above else column):
                above.pop(below, None)
            if merge is not None:
                above[column] = span
            cells.append((span, 1, across))
            column += across
        if after := _count(row, "trPr", "gridAfter"):
            cells.append(((self.length, self.length), 1, after))
        return cells

    def _cell(self, cell: etree._Element) -> Span:
        """Writes a cell; the span of its text without the white space around it."""
        first, start = len(self.parts), self.length
        self.depth += 1
        self.blocks(cell)
        self.depth -= 1
        if len(self.parts) > first and self.parts[-1] == "\n":
            self.parts.pop()
            self.length -= 1
        text = "".join(self.parts[first:])
        begin = start + len(text) - len(text.lstrip())
        return (begin, begin + len(text.strip())) if text.strip() else (start, start)

    def write_notes(self, parts: dict[str, etree._Element | None]) -> None:
        """Adds the notes that the body refers to, footnotes before endnotes, in order, with their number."""
        for what, name in (("footnote", "注"), ("endnote", "尾注")):
            root = parts[what]
            notes = {} if root is None else {note.get(f"{W}id"): note for note in root}
            n = 0
            for _, id_, has_own_mark in [note for note in self.inline.notes if note[0] == what]:
                n += not has_own_mark
                note = notes.pop(id_, None)
                lines = [] if note is None else [self.inline.text(p).strip() for p in note.iter(f"{W}p")]
                if any(lines):
                    self.put(f"{name}{'' if has_own_mark else n}：" + "\n".join(line for line in lines if line) + "\n")


def _children(parent: etree._Element, tag: str) -> list[etree._Element]:
    """The children with `tag`, those within content controls as well."""
    found, queue = [], list(reversed(parent))
    while queue:
        element = queue.pop()
        if element.tag == tag:
            found.append(element)
        elif element.tag in _CONTAINERS:
            queue.extend(reversed(element))
    return found


def _is_gone(row: etree._Element) -> bool:
    """Whether a row was deleted or is hidden."""
    properties = row.find(f"{W}trPr")
    return properties is not None and (properties.find(f"{W}del") is not None or is_on(properties.find(f"{W}hidden")))


def _count(parent: etree._Element, properties: str, name: str) -> int:
    """A number of columns within bounds, 0 where there is none."""
    found = parent.find(f"{W}{properties}/{W}{name}")
    text = "" if found is None else found.get(f"{W}val") or ""
    return min(int(text), _WIDEST) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _value(cell: etree._Element, name: str, default: str) -> str | None:
    """A cell property's value: `default` where it has none, None where the property is not there."""
    found = cell.find(f"{W}tcPr/{W}{name}")
    return None if found is None else found.get(f"{W}val") or default
