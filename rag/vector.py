"""Nearest neighbours among unit vectors: which rows are most like a question.

What a row stands for is the store's; making vectors is `rag.embed`'s. Exact: at 100,000 pieces a question takes about
15 ms, so that nothing has to be tuned; another way to search is another class of the same protocol.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.embed import Vectors
from rag.errors import DimensionMismatch

Rows = NDArray[np.int64]
Cosines = NDArray[np.float32]


class VectorStore(Protocol):
    """Vectors by row, searched by likeness."""

    def nearest(self, queries: Vectors, k: int) -> tuple[Rows, Cosines]:
        """Rows most like each query, best first; equal scores by row."""

    def rows(self, rows: Sequence[int]) -> Vectors:
        """The vectors of these rows, in this order."""

    def __len__(self) -> int:
        """How many rows there are."""


def write(path: Path, vectors: Vectors) -> None:
    """Writes `vectors` (n, d) as a FAISS file; OSError where it cannot."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    path.write_bytes(faiss.serialize_index(index).tobytes())


class Flat:
    """FAISS' exact inner product over a file that `write` made, mapped into memory, not read.

    Raises RuntimeError or OSError where the file is not one.
    """

    def __init__(self, path: Path) -> None:
        import faiss

        self._index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self._index.ntotal)

    def nearest(self, queries: Vectors, k: int) -> tuple[Rows, Cosines]:
        """Rows most like each query, best first; equal scores by row.

        queries  (q, d) float32 of unit length
        Returns  rows (q, m) int64 and cosines (q, m) float32, m = min(k, n)
        Raises   DimensionMismatch where d differs from the index's
        Cost     O(q·n·d), exact
        """
        if queries.ndim != 2 or queries.shape[1] != self.dimension:
            raise DimensionMismatch(given=queries.shape[-1], expected=self.dimension)
        n, m = len(self), min(k, len(self))
        if m <= 0 or not len(queries):
            return np.empty((len(queries), max(m, 0)), np.int64), np.empty((len(queries), max(m, 0)), np.float32)
        taken = min(n, m + 1)
        while True:  # FAISS drops equals at the edge as they come: take more until the edge is passed
            cosines, rows = self._index.search(np.ascontiguousarray(queries, np.float32), taken)
            if taken == n or (cosines[:, m - 1] > cosines[:, -1]).all():
                break
            taken = min(n, taken * 2)
        order = np.lexsort((rows, -cosines), axis=1)[:, :m]
        return np.take_along_axis(rows, order, axis=1), np.take_along_axis(cosines, order, axis=1)

    def rows(self, rows: Sequence[int]) -> Vectors:
        """The vectors (m, d) of these rows, in this order; IndexError for a row that is not there."""
        wanted = np.asarray(rows, np.int64).reshape(-1)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= len(self)):
            raise IndexError(f"rows are 0 to {len(self) - 1}")
        if not len(wanted):
            return np.zeros((0, self.dimension), np.float32)
        return np.asarray(self._index.reconstruct_batch(wanted), np.float32)
