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
_ANY_STREAM = re.compile(rb"(?<!end)stream[\s]")
_UNCLEAR = (b"#", b"(", b"%")
"""What may hide a name in a dictionary: #46 is F, and a string or a comment holds anything."""
_IMAGE = re.compile(rb"/Subtype\s*/Image\b")
_FILTER = re.compile(rb"/Filter\s*(?:\[([^\]]*)\]|(/[^\s/<>\[\]()]+))")
_PLAIN = ((), (b"FlateDecode",), (b"ASCII85Decode", b"FlateDecode"))
"""Filters that are undone here, so that what they hide is seen; any other way of writing them is suspicious."""
_PICTURE = {b"DCTDecode", b"JPXDecode", b"CCITTFaxDecode", b"JBIG2Decode"}
_HEADER = 2000
"""Bytes of a stream's dictionary that are looked at; a longer one is suspicious."""
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
try:
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
except pypdfium2.PdfiumError:
    document = ()  # damaged, or under a password: whoever opens it next says so
for page in document:
    page.get_textpage().close()
    page.close()
print("read")
"""


def exhausts(content: bytes) -> bool:
    """Whether reading this file would take more time or memory than any document is worth.

    Cost: that of unpacking its drawing commands; for a suspicious file up to half a minute in another process.
    """
    return _is_suspicious(content) and not _is_read(content)


def _is_suspicious(content: bytes) -> bool:
    if b"/Encrypt" in content:
        return True  # what its streams hold is not seen here
    if len(_ANY_STREAM.findall(content)) > len(_STREAM.findall(content)):
        return True
    drawn = 1
    for header, body in _streams(content):
        filters = _filters(header)
        if filters is None or any(sign in header for sign in _UNCLEAR) or header.count(b"/Filter") > 1:
            return True
        if _PICTURE.intersection(filters) and _IMAGE.search(header):
            continue
        if filters not in _PLAIN:
            return True
        commands = _unpacked(body, filters)
        if len(commands) > _UNPACKED:
            return True
        if b"/Form" in header:
            drawn *= max(1, len(re.findall(rb"/[^\s/]+\s+Do\b", commands)))
            if drawn > _DRAWN:
                return True
    return False


def _filters(header: bytes) -> tuple[bytes, ...] | None:
    """The names of a stream's filters as written; None where its dictionary is not seen whole or names them otherwise."""
    if b"<<" not in header:
        return None
    found = _FILTER.search(header)
    if found is None:
        return () if not re.search(rb"/F(?:ilter)?\b", header) else None
    return tuple(name.strip() for name in (found[1] or found[2]).replace(b"/", b" ").split())


def _streams(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The dictionary and the bytes of each stream; the dictionary is empty where it is longer than is looked at."""
    for match in _STREAM.finditer(content):
        before = content[max(0, match.start() - _HEADER) : match.start()]
        end = content.find(b"endstream", match.end())
        header = before.rpartition(b"obj")[2] if b"obj" in before else b""
        yield header, content[match.end() : end if end >= 0 else len(content)]


def _unpacked(body: bytes, filters: tuple[bytes, ...]) -> bytes:
    """What a stream holds, no more than shows that it is too much; nothing where it is damaged."""
    try:
        if b"ASCII85Decode" in filters:
            body = a85decode(body.strip().removesuffix(b"~>"))
        return zlib.decompressobj().decompress(body, _UNPACKED + 1) if b"FlateDecode" in filters else body
    except (ValueError, zlib.error):
        return b""


def _is_read(content: bytes) -> bool:
    """Whether another process reads the file within bounds; -P keeps modules of the current folder out of it."""
    script = _PROBE.format(seconds=_SECONDS, memory=_MEMORY)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", script], input=content, capture_output=True, timeout=2 * _SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and done.stdout.strip() == b"read"
