"""PDFs made to exhaust a reader: forms that draw one another a million times, pages that unpack to gigabytes.

pdfium has no bound on either. What a file's streams say tells the few suspicious ones from all others, at the cost of
unpacking the drawing commands once; a suspicious file is first read in another process, within bounds on its time and
memory, and refused where that fails.
"""

import re
import subprocess
import sys
import zlib
from base64 import a85decode
from collections.abc import Iterator

_UNPACKED = 16 * 1024 * 1024
"""Bytes of drawing commands in one stream from which a file is suspicious; a dense map has two million."""
_DRAWN = 20_000
"""Forms that may be drawn through other forms, at worst, before a file is suspicious."""
_SECONDS, _MEMORY = 30, 1024**3
"""Bounds on the other process."""
_STREAM = re.compile(rb"(?:^|[\s>])stream\r?\n")
_FILTER = re.compile(rb"/(\w+)Decode\b")
_PLAIN = ({b"Flate"}, {b"ASCII85", b"Flate"})
"""Filters that are undone here, so that what they hide is seen; others, or these twice, are suspicious."""
_PICTURE = {b"DCT", b"JPX", b"CCITTFax", b"JBIG2"}
_PROBE = """
import sys
try:
    import resource
    for kind, most in (resource.RLIMIT_CPU, {seconds}), (resource.RLIMIT_AS, {memory}):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
except ImportError:
    pass
import pypdfium2
document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
for page in document:
    page.get_textpage().close()
    page.close()
"""


def exhausts(content: bytes) -> bool:
    """Whether reading this file would take more time or memory than any document is worth.

    Cost: that of unpacking its drawing commands; for a suspicious file up to half a minute in another process.
    """
    return _is_suspicious(content) and not _is_read(content)


def _is_suspicious(content: bytes) -> bool:
    drawn = 1
    for header, body in _streams(content):
        filters = _FILTER.findall(header)
        if _PICTURE.intersection(filters):
            continue
        if filters and (set(filters) not in _PLAIN or len(set(filters)) < len(filters)):
            return True
        commands = _unpacked(body, filters)
        if len(commands) > _UNPACKED:
            return True
        if b"/Form" in header or b"#" in header:  # #46 is F
            drawn *= max(1, len(re.findall(rb"/[^\s/]+\s+Do\b", commands)))
            if drawn > _DRAWN:
                return True
    return False


def _streams(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The dictionary and the bytes of each stream."""
    for match in _STREAM.finditer(content):
        header = content[max(0, match.start() - 2000) : match.start()].rpartition(b"obj")[2]
        end = content.find(b"endstream", match.end())
        yield header, content[match.end() : end if end >= 0 else len(content)]


def _unpacked(body: bytes, filters: list[bytes]) -> bytes:
    """What a stream holds, no more than shows that it is too much; nothing where it is damaged."""
    try:
        if b"ASCII85" in filters:
            body = a85decode(body.strip().removesuffix(b"~>"))
        return zlib.decompressobj().decompress(body, _UNPACKED + 1) if b"Flate" in filters else body
    except (ValueError, zlib.error):
        return b""


def _is_read(content: bytes) -> bool:
    script = _PROBE.format(seconds=_SECONDS, memory=_MEMORY)
    try:
        done = subprocess.run(
            [sys.executable, "-c", script], input=content, capture_output=True, timeout=2 * _SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
