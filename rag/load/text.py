"""Plain text: bytes in any encoding that Chinese offices use, out come the file's characters, all of them.

Also tells what bytes really are, and cleans characters for every other loader. Line breaks, tabs and blanks stay as
they are; only what would break SQLite or an embedding model (control characters, lone surrogates) becomes a blank.
"""

import codecs
import re
from pathlib import Path

from rag.clause import Text
from rag.errors import Phrase, Unreadable

_HEADERS = {
    b"%PDF-": "PDF",
    b"PK\x03\x04": "ZIP/Office",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "Office 97-2003",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
}
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_CHINESE = {"gb2312", "gbk", "gb18030", "x-gbk", "gb_2312-80"}
_NO_ENCODINGS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
"""What Python calls encodings and no page is written in; punycode takes hours for a few megabytes."""
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_COMMON = re.compile(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffefA-Za-z0-9\s，。、；：]")
_NUL_SHARE = 0.01
"""Share of NUL bytes from which a file is binary; a text with a few strays is still read."""
_BROKEN_SHARE = 0.02
"""Share of unreadable among the non-ASCII characters up to which a file is UTF-8 with a flaw (a cut end)."""


def read(content: bytes, path: Path) -> Text:
    """The text of a `.txt` file; raises Unreadable where the bytes are no text."""
    refuse_binary(content, path)
    return Text(clean(decode(content, path)))


def refuse_binary(content: bytes, path: Path) -> None:
    """Raises Unreadable, naming what it is, where the bytes are those of another kind of file."""
    found = kind(content)
    if found is not None:
        raise Unreadable(
            path=path,
            reason=Phrase(
                zh=f"内容是 {found} 文件，与扩展名不符", en=f"it is a {found} file, not what its ending says"
            ),
        )


def kind(content: bytes) -> str | None:
    """What the first bytes say a file is, None where they are no known binary format."""
    return next((name for header, name in _HEADERS.items() if content.startswith(header)), None)


def clean(characters: str) -> str:
    r"""`characters` with line ends "\n", without byte order mark, each unsafe character replaced by a blank.

    >>> clean("\ufeff第一条\r\n甲\x00乙\t丙")
    '第一条\n甲 乙\t丙'
    """
    plain = characters.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub(" ", plain)


def decode(content: bytes, path: Path) -> str:
    """The characters of `content`: by byte order mark, else UTF-8, UTF-16, GB18030, else by detection.

    Raises Unreadable where no encoding makes sense of the bytes.
    """
    for mark, encoding in _BOMS.items():
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding, "replace")
    try:
        characters = content.decode("utf-8")
    except UnicodeDecodeError:
        characters = _other(content)
    if not characters or characters.count("\0") > _NUL_SHARE * len(characters):
        characters = _wide(content)
    if not characters:
        raise Unreadable(
            path=path, reason=Phrase(zh="不是文本，或文字编码无法识别", en="it is no text, or in an unknown encoding")
        )
    return characters


def declared(content: bytes, name: str) -> str | None:
    """The characters of `content` in the encoding that a page or message names; None where that does not fit.

    >>> declared("甲".encode("gbk"), "GB2312"), declared(b"xn--", "punycode"), declared(b"a", "no such")
    ('甲', None, None)
    """
    plain = name.strip().lower()
    try:
        if codecs.lookup(plain).name in _NO_ENCODINGS:
            return None
        return content.decode("gb18030" if plain in _CHINESE else plain)
    except (LookupError, ValueError):  # a NUL in the name is a mere ValueError
        return None


def _other(content: bytes) -> str:
    """`content` in another encoding than sound UTF-8; "" where there is none."""
    flawed = content.decode("utf-8", "replace")
    foreign = sum(not c.isascii() for c in flawed)
    if flawed.count("\ufffd") <= _BROKEN_SHARE * foreign:
        return flawed
    if wide := _wide(content):
        return wide
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(content[:200_000]).best()
        return content.decode(best.encoding, "replace") if best else ""


def _wide(content: bytes) -> str:
    """`content` as UTF-16 without byte order mark, "" where that gives no ordinary text."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            characters = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_COMMON.findall(characters[:2000])) > 0.9 * len(characters[:2000]):
            return characters
    return ""
