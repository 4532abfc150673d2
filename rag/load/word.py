"""Word files (.docx): paragraphs and tables in the order of the body, automatic numbers written into the text.

Word keeps 第一条 and （一） apart from the paragraphs that show them; here they stand where a reader sees them. Left
out: headers, footers, footnotes, deleted text. Reads the XML that python-docx opens, which knows of no numbering.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from rag.clause import Span, Table, Text
from rag.errors import Phrase, Unreadable
from rag.load.dom import grid
from rag.load.numbering import Numbering, W
from rag.load.text import clean, kind

if TYPE_CHECKING:
    from docx.document import Document

_UNPACKED = 300 * 1024 * 1024
"""Bytes that a file may unpack to: more is a zip bomb; the text of a long law has 5 MB of XML."""
_SKIPPED = {f"{W}{tag}" for tag in ("del", "moveFrom", "txbxContent", "instrText")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_BLANK = {f"{W}tab": "  ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}


def read(content: bytes, path: Path) -> Text:
    """The text of a `.docx` file with its tables; raises Unreadable where it is damaged or encrypted."""
    body, numbering = _open(content, path)
    writer = _Writer(numbering)
    for block in _blocks(body):
        if block.tag == f"{W}p":
            writer.paragraph(block)
        else:
            writer.table(block)
    return Text("".join(writer.parts).removesuffix("\n"), tables=tuple(writer.tables))


def _open(content: bytes, path: Path) -> tuple[etree._Element, Numbering]:
    """The body's XML and the numbering of a file whose size was checked first."""
    import docx
    from docx.opc.exceptions import OpcError

    if not content.startswith(b"PK"):
        raise Unreadable(path=path, reason=_no_word(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            unpacked = sum(entry.file_size for entry in package.infolist())
        if unpacked > _UNPACKED:
            raise Unreadable(path=path, reason=Phrase(zh="解压后过大", en="it unpacks to too much"))
        document = docx.Document(io.BytesIO(content))
        return document.element.body, _numbering(document)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OpcError,
        etree.LxmlError,
        KeyError,
        ValueError,
        NotImplementedError,
    ) as error:
        raise Unreadable(path=path, reason=Phrase(zh="Word 文件已损坏", en="the Word file is damaged")) from error
    except RuntimeError as error:  # zipfile's word for a member under a password
        raise Unreadable(path=path, reason=Phrase(zh="文件已加密", en="it is encrypted")) from error


def _no_word(content: bytes) -> Phrase:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Phrase(zh="文件已加密", en="it is encrypted")
    found = kind(content)
    if found is None:
        return Phrase(zh="内容不是 Word 文件", en="it is no Word file")
    return Phrase(zh=f"内容是 {found} 文件，与扩展名不符", en=f"it is a {found} file, not what its ending says")


def _numbering(document: "Document") -> Numbering:
    """The numbering part and the styles of a document, either of which may be missing."""
    parts = {str(part.partname): part for part in document.part.package.iter_parts()}
    trees = []
    for name in ("/word/numbering.xml", "/word/styles.xml"):
        part = parts.get(name)
        trees.append(etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False)) if part is not None else None)
    return Numbering(*trees)


def _blocks(parent: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs and tables below `parent`, those within content controls and custom XML as well."""
    queue = list(reversed(parent))
    while queue:
        element = queue.pop()
        if element.tag in (f"{W}p", f"{W}tbl"):
            yield element
        elif element.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"):
            queue.extend(reversed(element))


@dataclass(slots=True)
class _Writer:
    """The characters so far and the tables among them."""

    numbering: Numbering
    parts: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    length: int = 0

    def put(self, text: str) -> Span:
        """Adds `text`; its span."""
        start = self.length
        self.parts.append(text)
        self.length += len(text)
        return start, self.length

    def paragraph(self, element: etree._Element) -> None:
        """Adds a paragraph and its line end; text boxes anchored to it follow as lines of their own."""
        self.put(self._text(element) + "\n")
        for box in element.iter(f"{W}txbxContent"):
            if not any(above.tag in _SKIPPED for above in box.iterancestors()):
                for inner in box.iter(f"{W}p"):
                    self.put(self._text(inner) + "\n")

    def _text(self, element: etree._Element) -> str:
        """A paragraph's characters, its automatic number before them."""
        text = clean("".join(_runs(element)))
        return self.numbering.label(element) + text if text.strip() else text

    def table(self, element: etree._Element) -> None:
        """Adds a table: tabs between cells, line ends between rows; a single column is a frame around paragraphs."""
        rows = [_children(row, f"{W}tc") for row in _children(element, f"{W}tr")]
        if max((len(row) for row in rows), default=0) < 2:
            for paragraph in (p for row in rows for cell in row for p in cell.iter(f"{W}p")):
                self.paragraph(paragraph)
            return
        above: dict[int, Span] = {}
        written: list[list[tuple[Span, int, int]]] = []
        for row in rows:
            written.append(self._row(row, above))
            self.put("\n")
        filled = grid(written)
        self.tables.append(Table(tuple(tuple(cells) for cells in filled if cells)))

    def _row(self, row: list[etree._Element], above: dict[int, Span]) -> list[tuple[Span, int, int]]:
        """Writes one row; `above` holds by column the cells that may go on downwards."""
        cells: list[tuple[Span, int, int]] = []
        column, is_first = 0, True
        for cell in row:
            across = min(int(_value(cell, "gridSpan") or 1), 200) if (_value(cell, "gridSpan") or "1").isdigit() else 1
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            if merge is not None and merge.get(f"{W}val", "continue") != "restart" and column in above:
                span = above[column]
            else:
                if not is_first:
                    self.put("\t")
                is_first = False
                span = _trimmed(self.put("\n".join(self._text(p) for p in cell.iter(f"{W}p"))), self.parts[-1])
                above[column] = span
            cells.append((span, 1, max(across, 1)))
            column += max(across, 1)
        return cells


def _runs(paragraph: etree._Element) -> Iterator[str]:
    """The visible text of a paragraph's runs, its text boxes left out."""
    queue = list(reversed(paragraph))
    while queue:
        element = queue.pop()
        if element.tag in _SKIPPED:
            continue
        if element.tag == f"{W}t":
            yield element.text or ""
        elif element.tag in _BLANK:
            yield _BLANK[element.tag]
        elif element.tag != f"{W}pPr":
            queue.extend(reversed(element))


def _children(parent: etree._Element, tag: str) -> list[etree._Element]:
    """The children with `tag`, those within content controls as well."""
    return [
        e
        for child in parent
        for e in (child.findall(f"{W}sdtContent/{tag}") if child.tag == f"{W}sdt" else [child])
        if e.tag == tag
    ]


def _value(cell: etree._Element, name: str) -> str | None:
    """A cell property's value."""
    found = cell.find(f"{W}tcPr/{W}{name}")
    return None if found is None else found.get(f"{W}val")


def _trimmed(span: Span, text: str) -> Span:
    if not text.strip():
        return span[0], span[0]
    return span[0] + len(text) - len(text.lstrip()), span[1] - len(text) + len(text.rstrip())
