"""Compound files (OLE), the form of Word 97 to 2003 and of WPS: which streams one has, and whether Word encrypted it.

Reads the directory and one flag; the text is for a converter. Source: [MS-CFB] 2.2 to 2.6, [MS-DOC] 2.5.2.
"""

import struct
from dataclasses import dataclass

HEADER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What every compound file begins with."""

_ENTRY = 128
_IN_HEADER = 109
"""Sectors of the allocation table that the header names; more are named in sectors of their own."""
_END = 0xFFFFFFFA
"""From here on a sector's number is a mark: end of chain, free."""
_MINI = 4096
"""Bytes below which a stream shares sectors with others; Word's own never does."""
_WORD, _ENCRYPTED = 0xA5EC, 0x0100


@dataclass(frozen=True, slots=True)
class Compound:
    """The streams of a file by name, each with the offset at which it begins; None for a small one."""

    content: bytes
    streams: dict[str, int | None]

    def is_word(self) -> bool:
        """Whether this is a document of a word processor."""
        return "WordDocument" in self.streams

    def is_encrypted(self) -> bool:
        """Whether a password is needed: a package that Office encrypted, or a document that Word did."""
        if "EncryptedPackage" in self.streams:
            return True
        begin = self.streams.get("WordDocument")
        if begin is None or begin + 12 > len(self.content):
            return False
        mark, flags = struct.unpack_from("<H8xH", self.content, begin)
        return mark == _WORD and bool(flags & _ENCRYPTED)


def compound(content: bytes) -> Compound:
    """The directory of a compound file; without streams where it is damaged or none."""
    if len(content) < 512 or not content.startswith(HEADER):
        return Compound(content, {})
    shift, first = struct.unpack_from("<30xH16xI", content)
    if shift not in (9, 12):
        return Compound(content, {})
    size = 1 << shift
    streams: dict[str, int | None] = {}
    table = _table(content, size)
    sector, seen = first, set[int]()
    while sector < _END and sector not in seen and (sector + 2) * size <= len(content) + size:
        seen.add(sector)
        at = (sector + 1) * size
        for entry in range(at, min(at + size, len(content) - _ENTRY + 1), _ENTRY):
            name, length, kind, start, bytes_ = struct.unpack_from("<64sHB49xIL", content, entry)
            if kind == 2 and 2 <= length <= 64:
                large = bytes_ >= _MINI and start < _END
                streams[name[: length - 2].decode("utf-16-le", "replace")] = (start + 1) * size if large else None
        sector = _next(content, size, table, sector)
    return Compound(content, streams)


def _table(content: bytes, size: int) -> list[int]:
    """The sectors that hold the allocation table, in order."""
    found = list(struct.unpack_from(f"<{_IN_HEADER}I", content, 76))
    (more,) = struct.unpack_from("<I", content, 68)
    seen: set[int] = set()
    while more < _END and more not in seen and (more + 2) * size <= len(content):
        seen.add(more)
        *sectors, more = struct.unpack_from(f"<{size // 4}I", content, (more + 1) * size)
        found += sectors
    return found


def _next(content: bytes, size: int, table: list[int], sector: int) -> int:
    """The sector that follows in a chain; a mark where it ends or the table does."""
    which, where = divmod(sector, size // 4)
    if which >= len(table) or table[which] >= _END:
        return _END
    at = (table[which] + 1) * size + 4 * where
    return int(struct.unpack_from("<I", content, at)[0]) if at + 4 <= len(content) else _END
