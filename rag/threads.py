"""Threads of the libraries beneath: products of a matrix and a vector are done in one.

NumPy's OpenBLAS keeps its threads spinning after a product, on the cores where FAISS' own are about to search: with both
a search of 28,574 vectors took 5 ms, without 0.9.
"""

from contextlib import AbstractContextManager
from functools import lru_cache

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Within it NumPy computes in one thread; PyTorch and FAISS keep theirs. Cost: 11 µs."""
    limited: AbstractContextManager[object] = _numpy().limit(limits=1)
    return limited


@lru_cache(maxsize=1)
def _numpy() -> ThreadpoolController:
    """NumPy's own OpenBLAS, found once; FAISS has one, too, whose threads are those of its searches."""
    return ThreadpoolController().select(prefix="libscipy_openblas")
