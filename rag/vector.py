"""Nearest neighbours among unit vectors: which rows are most like a question.

What a row stands for is the store's; making vectors is `rag.embed`'s. Vectors are kept in 16 bits a number, which
changes a cosine by 4e-5 (2e-4 at most, over 31,000 articles) and halves what a search has to read. Exact up to some hundred thousand rows; beyond, only the
lists of vectors that are nearest to the question are searched.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.embed import Vectors, unit
from rag.errors import DimensionMismatch
from rag.threads import cores, sleep_soon

Rows = NDArray[np.int64]
Cosines = NDArray[np.float32]
Origins = NDArray[np.int64]
"""For each row of a new generation the row that it was in the one before, or FRESH."""
FRESH = -1

EXACT = 300_000
"""Rows up to which every vector is compared: 25 ns each on one core, 8 ms in all, at 384 numbers a vector."""
_WORTH = 4000
"""Rows from which a search takes longer than handing it to another thread: a tenth of a millisecond."""
_RECALL = 0.98  # share of the exact 100 nearest that a search of lists has to find
_SAMPLE, _NEAREST = 200, 100  # vectors on which that is tried, and how many neighbours of each
_TRAINED = 64  # vectors for each list from which its middle is learned, at most


class VectorStore(Protocol):
    """Vectors by row, searched by likeness."""

    def nearest(self, queries: Vectors, k: int, among: Rows | None = None) -> tuple[Rows, Cosines]:
        """Rows most like each query, best first; equal scores by row; only `among` these where they are given."""

    def rows(self, rows: Sequence[int] | Rows) -> Vectors:
        """The vectors of these rows, in this order."""

    def __len__(self) -> int:
        """How many rows there are."""


def write(
    path: Path,
    vectors: Vectors,
    before: "Faiss | None" = None,
    origins: Origins | None = None,
    exact: int = EXACT,
) -> str:
    """Writes a FAISS file and returns how it is searched, in words; OSError where it cannot.

    vectors  (n, d), those of all rows; with `before` and `origins` those of the fresh rows only, in their order
    exact    rows up to which the search compares all of them
    Cost     5 s a million rows; a minute more where lists have to be made
    """
    import faiss

    dimension = vectors.shape[1]
    codec: Any = _flat(dimension)
    codes = np.asarray(codec.sa_encode(np.ascontiguousarray(vectors, np.float32)))
    if before is not None and origins is not None:
        fresh, codes = codes, np.empty((len(origins), codes.shape[1]), np.uint8)
        codes[origins == FRESH] = fresh
        codes[origins != FRESH] = before.codes(origins[origins != FRESH])
    codec.add_sa_codes(np.ascontiguousarray(codes))
    index, words = (codec, "exact") if len(codes) <= exact else _lists(codec, codes)
    content: NDArray[np.uint8] = faiss.serialize_index(index)
    path.write_bytes(content.data)
    return words


def _flat(dimension: int) -> Any:
    import faiss

    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True  # 16 bits have nothing to learn
    return index


def _lists(flat: Any, codes: NDArray[np.uint8]) -> tuple[Any, str]:
    """The same vectors in 4·√n lists, and as many of these to be searched as find what the whole finds."""
    import faiss

    n, dimension = flat.ntotal, flat.d
    lists = max(1, min(round(4 * n**0.5), n // 8))
    middles = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        middles, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.max_points_per_centroid, index.cp.min_points_per_centroid, index.cp.niter = _TRAINED, 1, 10
    index.cp.seed, index.cp.spherical = 1234, True
    step = max(1, n // (_TRAINED * lists))
    index.train(np.asarray(flat.reconstruct_batch(np.arange(0, n, step)), np.float32))
    for start in range(0, n, 100_000):
        rows = np.arange(start, min(n, start + 100_000))
        index.add_with_ids(np.asarray(flat.reconstruct_batch(rows), np.float32), rows)
    rows = np.linspace(0, n - 1, 2 * _SAMPLE).astype(np.int64)
    ends = np.asarray(flat.reconstruct_batch(rows), np.float32)
    sample = unit(ends[:_SAMPLE] + ends[_SAMPLE:])  # a question stands between texts, not upon one: that is harder
    k = min(_NEAREST, n)
    exact = flat.search(sample, k)[1]
    index.nprobe, recall = 1, 0.0
    while True:
        found = index.search(sample, k)[1]
        recall = sum(len(np.intersect1d(a, b)) for a, b in zip(exact, found, strict=True)) / exact.size
        if recall >= _RECALL or index.nprobe >= lists:
            return index, f"{index.nprobe} of {lists} lists, recall@{k} {recall:.3f}"
        index.nprobe = min(lists, max(index.nprobe + 1, index.nprobe * 5 // 4))


class _Begun(NamedTuple):
    """A search that another thread makes; its errors are those of `found.result()`."""

    queries: Vectors
    k: int
    among: Rows | None
    found: "Future[tuple[Rows, Cosines]]"


class Faiss:
    """A FAISS file that `write` made, mapped into memory, not read; searched exactly or by lists, as it was made.

    Raises RuntimeError, OSError or ValueError where the file is not one.
    """

    def __init__(self, path: Path) -> None:
        sleep_soon()
        import faiss

        self._index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        self._has_lists = isinstance(self._index, faiss.IndexIVF)
        if self._has_lists:
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
            self._index.make_direct_map()
        elif not isinstance(self._index, faiss.IndexScalarQuantizer):
            raise ValueError(f"{path.name}: {type(self._index).__name__}")
        self._ahead = threading.local()

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self._index.ntotal)

    def begin(self, queries: Vectors, k: int, among: Rows | None = None) -> None:
        """Begins a search beside the caller's own work; where this thread's next `nearest` is the same, it takes what is found.

        On two quiet cores a question takes a tenth to a fifth less, on busy ones as long. With one core, or few rows,
        nothing is begun.
        """
        if cores() > 1 and len(self) >= _WORTH:
            self._ahead.begun = _Begun(queries, k, among, _searchers().submit(self._nearest, queries, k, among))

    def nearest(self, queries: Vectors, k: int, among: Rows | None = None) -> tuple[Rows, Cosines]:
        """Rows most like each query, best first; equal scores by row; only `among` these where they are given.

        queries  (q, d) float32 of unit length; among (n,) int64, each row once
        Returns  rows (q, m) int64 and cosines (q, m) float32, m = min(k, n); where lists are searched m may be less
        Raises   DimensionMismatch where d differs from the index's
        Cost     O(q·n·d): 25 ns a row and query on one core; queries are shared by the cores
        """
        begun: _Begun | None = self._ahead.__dict__.pop("begun", None)
        if begun and (begun.k, begun.among is among) == (k, True) and np.array_equal(begun.queries, queries):
            return begun.found.result()
        return self._nearest(queries, k, among)

    def _nearest(self, queries: Vectors, k: int, among: Rows | None) -> tuple[Rows, Cosines]:
        if queries.ndim != 2 or queries.shape[1] != self.dimension:
            raise DimensionMismatch(given=queries.shape[-1], expected=self.dimension)
        n = len(self) if among is None else len(among)
        m = min(k, n)
        if m <= 0 or not len(queries):
            return np.empty((len(queries), max(m, 0)), np.int64), np.empty((len(queries), max(m, 0)), np.float32)
        asked = np.ascontiguousarray(queries, np.float32)
        if among is not None and self._has_lists:  # the lists hold few of them: each is compared
            return _best(np.broadcast_to(among, (len(asked), n)), asked @ self.rows(among).T, m)
        chosen = self._only(among)
        taken = min(n, m + 1)
        while True:  # FAISS drops equals at the edge as they come: take more until the edge is passed
            cosines, rows = self._index.search(asked, taken, params=chosen)
            if taken == n or self._has_lists or (cosines[:, m - 1] > cosines[:, -1]).all():
                break
            taken = min(n, taken * 2)
        held = int((rows >= 0).sum(axis=1).min())
        return _best(rows, cosines, min(m, held))

    def rows(self, rows: Sequence[int] | Rows) -> Vectors:
        """The vectors (m, d) of these rows, in this order; IndexError for a row that is not there."""
        wanted = self._there(rows)
        if not len(wanted):
            return np.zeros((0, self.dimension), np.float32)
        if self._has_lists:
            return np.asarray(self._index.reconstruct_batch(wanted), np.float32)
        return _floats(self._codes[wanted])

    def codes(self, rows: Sequence[int] | Rows) -> NDArray[np.uint8]:
        """The vectors of these rows as they are stored (m, bytes a vector)."""
        if self._has_lists:
            return np.asarray(_flat(self.dimension).sa_encode(self.rows(rows)))
        return self._codes[self._there(rows)]

    @cached_property
    def _codes(self) -> NDArray[np.uint8]:
        """All vectors as they are stored (n, bytes a vector), where there are no lists: the mapped file itself."""
        import faiss

        size = int(self._index.code_size)
        held = faiss.rev_swig_ptr(self._index.codes.data(), len(self) * size) if len(self) else np.empty(0, np.uint8)
        found: NDArray[np.uint8] = held.reshape(-1, size)
        return found

    def _there(self, rows: Sequence[int] | Rows) -> Rows:
        wanted = np.asarray(rows, np.int64).reshape(-1)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= len(self)):
            raise IndexError(f"rows are 0 to {len(self) - 1}")
        return wanted

    def _only(self, among: Rows | None) -> Any:
        """FAISS' parameters that leave out all rows but these."""
        if among is None:
            return None
        import faiss

        made: Any = faiss
        bits = np.zeros(len(self), bool)
        bits[self._there(among)] = True
        return made.SearchParameters(sel=made.IDSelectorBitmap(np.packbits(bits, bitorder="little")))


@lru_cache(maxsize=1)
def _searchers() -> ThreadPoolExecutor:
    """The threads in which searches are begun; within each FAISS shares the queries between its own, as elsewhere."""
    return ThreadPoolExecutor(cores(), "search")


def _best(rows: Rows, cosines: Cosines, m: int) -> tuple[Rows, Cosines]:
    if (cosines[:, 1:] < cosines[:, :-1]).all():  # FAISS gives them in order, but for equal ones
        return rows[:, :m], cosines[:, :m]
    order = np.lexsort((rows, -cosines), axis=1)[:, :m]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(cosines, order, axis=1)


def _floats(codes: NDArray[np.uint8]) -> Vectors:
    """Stored numbers of 16 bits in 32, the same that FAISS and NumPy make of them one by one, all at once.

    The vectors of 350 rows take 0.18 ms, not 0.43 (NumPy: 0.30), and a question asks for so many.
    """
    halves = codes.view(np.int16)
    bits = halves.astype(np.int32)  # repeats the sign in all bits above
    bits <<= 13
    bits &= np.int32(-0x70002000)  # the sign, five bits of exponent, ten of fraction
    bits += np.int32(112 << 23)  # exponents count from -127, not from -15
    found = bits.view(np.float32)
    small = np.flatnonzero((halves & np.int16(0x7C00)) == 0)  # 0, and what is too small to have a leading 1
    found.reshape(-1)[small] = halves.reshape(-1)[small].view(np.float16)
    return found
