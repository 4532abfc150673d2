"""Web pages saved in one file (MHTML): the page without its pictures.

Word saves 单个文件网页 so, and offices rename it `.doc`; programs that export Word files put one inside.
Source: RFC 2557.
"""

import email
from pathlib import Path

from rag.clause import Text
from rag.errors import Phrase, Unreadable
from rag.load import page
from rag.load.text import declared

_HEAD = 2000
"""Bytes in which such a file says what it is."""
_NESTED = 50
"""Boundaries that a file may declare: Word writes one, and each costs a call deeper."""


def is_mhtml(content: bytes) -> bool:
    """Whether `content` begins as a message of several parts does."""
    head = content[:_HEAD].lower()
    return b"mime-version:" in head and b"content-type:" in head


def read(content: bytes, path: Path) -> Text:
    """The text of the first web page in the file; raises Unreadable where it holds none."""
    found = _page(content)
    if found is None:
        raise Unreadable(path=path, reason=Phrase(zh="其中没有网页", en="it holds no web page"))
    body, charset = found
    return page.read(_declared(body, charset) if charset else body, path)


def _page(content: bytes) -> tuple[bytes, str | None] | None:
    """The first web page in the message and the encoding that it names, None where it has none."""
    if content.count(b"boundary") > _NESTED:
        return None
    try:
        for part in email.message_from_bytes(content).walk():
            if part.get_content_type() == "text/html" and isinstance(body := part.get_payload(decode=True), bytes):
                return body, part.get_content_charset()
    except (TypeError, ValueError):  # Python's own reading of heads falls over a NUL in a charset, and over charset*0
        return None
    return None


def _declared(body: bytes, charset: str) -> bytes:
    """The page in UTF-8 where the message says its encoding; as it is where that does not fit."""
    characters = declared(body, charset)
    return body if characters is None else b"\xef\xbb\xbf" + characters.encode("utf-8", "replace")
