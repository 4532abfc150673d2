"""ZIP files before they are opened: whether the list of what they hold is short enough to be read at all.

`zipfile` reads that list whole, and a file of 100 MB may name two million members in it, which take a gigabyte.
"""

import struct
from typing import BinaryIO

_LENGTH = 16 * 1024 * 1024
"""Bytes of the list at most: that of 20,000 members has 3 MB."""
_TAIL = 66_000
"""Bytes at the end of a file among which its last record lies: 22, and a remark of 65,535 at most."""


def is_bounded(file: BinaryIO) -> bool:
    """Whether the list of members may be read; true as well where there is none, which `zipfile` then says."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    file.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        return True
    length: int = struct.unpack_from("<L", tail, end + 12)[0]
    wide = tail.rfind(b"PK\x06\x06", 0, end)
    if 0 <= wide <= len(tail) - 56:
        longer: int = struct.unpack_from("<Q", tail, wide + 40)[0]
        length = longer if length == 0xFFFFFFFF else max(length, longer)
    return length <= _LENGTH
