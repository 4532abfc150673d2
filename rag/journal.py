"""What a build has embedded so far, on disk, so that a build that was interrupted or killed is gone on with.

One file beside the generations, written at its end only: a line that names the model, then blocks of hashes and
vectors, each with its checksum. What a kill or a power failure left half written is cut off. When a build has switched,
its caller removes the file.
"""

import contextlib
import json
import logging
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rag.embed import Vectors
from rag.errors import NoSpace, NotWritable
from rag.generation import writing

_FORM = 1
_HEAD = struct.Struct("<II")  # hashes in the block, CRC-32 of what follows
_HASH = 16  # bytes
_LONGEST = 1 << 16  # rows of a block; more than that is no block
_LINE = 4096  # bytes of the first line, at most

_log = logging.getLogger(__name__)


class Journal:
    """Vectors by the hash of their text, added block by block; for one process, which holds the index's lock.

    A file of another model or dimension is ignored, and begun anew at the first `add`.
    """

    def __init__(self, path: Path, fingerprint: str, dimension: int) -> None:
        self._path, self._dimension = path, dimension
        facts = {"form": _FORM, "fingerprint": fingerprint, "dimension": dimension}
        self._line = json.dumps(facts, ensure_ascii=True, sort_keys=True).encode() + b"\n"
        self._sound = 0  # bytes up to which the file is whole
        self._is_read = False

    def blocks(self) -> Iterator[tuple[list[bytes], Vectors]]:
        """What is there, block by block: hashes and vectors (n, d); nothing where the file cannot be read."""
        self._is_read, self._sound = True, 0
        try:
            with self._path.open("rb") as file:
                if file.readline(_LINE) != self._line:
                    return
                self._sound = file.tell()
                while (block := self._block(file)) is not None:
                    self._sound = file.tell()
                    yield block
        except FileNotFoundError:
            return
        except OSError as error:
            _log.warning("%s cannot be read: %s", self._path, error)

    def add(self, hashes: Sequence[bytes], vectors: Vectors) -> None:
        """Adds a block, handed to the system before this returns: from then on a killed process has lost nothing of it.

        Raises NoSpace, NotWritable: the build could not be written in the end either, and what is there is kept.
        """
        if not self._is_read:
            for _ in self.blocks():
                pass
        content = b"".join(hashes) + np.ascontiguousarray(vectors, "<f4").tobytes()
        try:
            with writing(self._path):
                self._append(_HEAD.pack(len(hashes), zlib.crc32(content)) + content)
        except (NoSpace, NotWritable):
            with contextlib.suppress(OSError):
                self._cut()  # half a block would only take the room that there is too little of
            raise

    def _append(self, block: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("r+b" if self._path.exists() else "w+b") as file:
            file.truncate(self._sound)
            file.seek(self._sound)
            file.write((b"" if self._sound else self._line) + block)
            file.flush()
            self._sound = file.tell()

    def _cut(self) -> None:
        if self._sound:
            os.truncate(self._path, self._sound)
        else:
            self._path.unlink(missing_ok=True)

    def _block(self, file: BinaryIO) -> tuple[list[bytes], Vectors] | None:
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        count, checksum = _HEAD.unpack(head)
        size = count * (_HASH + 4 * self._dimension)
        if count > _LONGEST or len(content := file.read(size)) < size or zlib.crc32(content) != checksum:
            return None
        hashes = [content[at : at + _HASH] for at in range(0, count * _HASH, _HASH)]
        vectors = np.frombuffer(content, "<f4", offset=count * _HASH).reshape(count, self._dimension)
        return hashes, np.asarray(vectors, np.float32)
