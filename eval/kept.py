"""An embedder whose vectors are kept on disk, so that a second run embeds nothing that a first one did.

For measuring alone: what is measured about speed goes without it.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.embed import Embedder, Vectors
from rag.generation import writing

_SLICE = 256
"""Texts between two moments at which an interruption loses nothing."""
_KEY = 16


class Kept:
    """`model`, asked only for texts that were never embedded before; for several threads of one process.

    A file for passages and one for queries, named by the model's fingerprint: records of a text's hash and its vector.
    Raises NoSpace and NotWritable; a record cut short by a crash is dropped. Cost: 1.6 KB a text, in memory as well.
    """

    def __init__(self, model: Embedder, folder: Path) -> None:
        self._model, self._folder = model, folder
        self._lock = threading.RLock()
        self._known: dict[str, dict[bytes, Vectors]] = {}

    @property
    def fingerprint(self) -> str:
        """That of the model."""
        return self._model.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._model.dimension

    def fits(self, passage: str) -> bool:
        """Whether the model reads all of `passage`."""
        return self._model.fits(passage)

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Vectors (n, d) of what is searched in."""
        return self._vectors("passages", texts, self._model.passages, progress)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors (n, d) of questions."""
        return self._vectors("queries", texts, self._model.queries, None)

    def _vectors(
        self,
        kind: str,
        texts: Sequence[str],
        embed: Callable[[Sequence[str]], Vectors],
        progress: Callable[[int, int], None] | None,
    ) -> Vectors:
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY).digest() for text in texts]
        with self._lock:
            known = self._read(kind)
            new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            missing = sorted(new, key=lambda key: -len(new[key]))  # texts of one length pad least
            for start in range(0, len(missing), _SLICE):
                part = missing[start : start + _SLICE]
                made = embed([new[key] for key in part])
                known.update(zip(part, made, strict=True))
                self._append(kind, part, made)
                if progress:
                    progress(len(texts) - len(missing) + start + len(part), len(texts))
        if progress and not missing:
            progress(len(texts), len(texts))
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([known[key] for key in keys])

    def _path(self, kind: str) -> Path:
        return self._folder / f"{self.fingerprint.replace('/', '-')}.{kind}"

    def _record(self) -> np.dtype[Any]:
        return np.dtype([("key", f"V{_KEY}"), ("vector", "<f4", (self.dimension,))])

    def _read(self, kind: str) -> dict[bytes, Vectors]:
        if kind in self._known:
            return self._known[kind]
        path, record = self._path(kind), self._record()
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.truncate(file.tell() // record.itemsize * record.itemsize)
            rows = np.fromfile(path, record)
        keys, vectors = rows["key"].tolist(), np.ascontiguousarray(rows["vector"])
        self._known[kind] = dict(zip(keys, vectors, strict=True))
        return self._known[kind]

    def _append(self, kind: str, keys: Sequence[bytes], vectors: Vectors) -> None:
        rows = np.empty(len(keys), self._record())
        rows["key"] = np.frombuffer(b"".join(keys), f"V{_KEY}")
        rows["vector"] = vectors
        with writing(self._folder), self._path(kind).open("ab") as file:
            file.write(rows.tobytes())
