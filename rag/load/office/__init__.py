"""Files of word processors (.doc, .wps, .rtf), each read as what its bytes say, whatever its ending.

A `.doc` from a web site is often a web page, a `.docx`, rich text or plain text under that name: each goes to its own
loader. Word 97 to 2003, WPS, rich text, OpenDocument and Word's XML of 2003 go through an installed program: LibreOffice
to `.docx`, then the way of that; where only antiword is there, its characters.
"""

import re
from pathlib import Path

from rag.clause import Text
from rag.errors import NeedsTool, Phrase, Unreadable
from rag.load import mhtml, page, text, word
from rag.load.office import convert
from rag.load.office.compound import HEADER, compound

_HEAD = 4096
"""Bytes in which a file says what it is."""
_MARKUP = re.compile(
    r"(?:<\?xml[^>]*>|<!--.*?-->|\s)*(?:<!doctype html|<(?:html|head|body|meta|title|style|table|div|p|span|font)\b)",
    re.IGNORECASE | re.DOTALL,
)
_WORD_XML = (
    "http://schemas.microsoft.com/office/word/2003/wordml",
    "http://schemas.microsoft.com/office/2006/xmlPackage",
)
_LIBRE_OFFICE = Phrase(
    zh="Debian/Ubuntu：sudo apt install libreoffice-writer；Windows、macOS：从 libreoffice.org 安装 LibreOffice。"
    "或用 WPS、Word 另存为 .docx",
    en="Debian/Ubuntu: sudo apt install libreoffice-writer; Windows, macOS: install LibreOffice from libreoffice.org. "
    "Or save it as .docx with WPS or Word",
)


def read(content: bytes, path: Path) -> Text:
    """The text of a word processor's file.

    Raises Unreadable where it is damaged, encrypted or something else, NeedsTool where no installed program reads it.
    """
    if content.startswith(b"PK\x03\x04"):
        return _converted(content, ".odt", path) if _is_open_document(content) else word.read(content, path)
    if content.startswith(HEADER):
        return _old(content, path)
    if content.lstrip()[:5] == b"{\\rtf":
        return _converted(content.lstrip(), ".rtf", path)
    text.refuse_binary(content, path)
    if mhtml.is_mhtml(content):
        return mhtml.read(content, path)
    head = text.decode(content[:_HEAD], path)
    if any(space in head for space in _WORD_XML):
        return _converted(content, ".xml", path)
    return page.read(content, path) if _MARKUP.match(head) else text.read(content, path)


def _is_open_document(content: bytes) -> bool:
    """Whether a package is OpenDocument text: its first member says so, unpacked, as the standard wants it."""
    return b"mimetypeapplication/vnd.oasis.opendocument.text" in content[:200]


def _old(content: bytes, path: Path) -> Text:
    """A file of Word 97 to 2003 or of WPS."""
    found = compound(content)
    if found.is_encrypted():
        raise Unreadable(path=path, reason=Phrase(zh="文件已加密", en="it is encrypted"))
    if not found.is_word():
        raise Unreadable(
            path=path,
            reason=Phrase(
                zh="内容是 Office 97-2003 文件，但不是文字文档，或已损坏",
                en="it is an Office 97-2003 file, but no word processor's document, or damaged",
            ),
        )
    docx = convert.to_docx(content, ".doc", path)
    if docx is not None:
        return word.read(docx, path)
    characters = convert.to_text(content, path)
    if characters is None:
        raise NeedsTool(
            path=path, tool=Phrase("LibreOffice 或 antiword", "LibreOffice or antiword"), remedy=_LIBRE_OFFICE
        )
    return Text(text.clean(characters))


def _converted(content: bytes, ending: str, path: Path) -> Text:
    """A file that only LibreOffice reads."""
    docx = convert.to_docx(content, ending, path)
    if docx is None:
        raise NeedsTool(path=path, tool="LibreOffice", remedy=_LIBRE_OFFICE)
    return word.read(docx, path)
