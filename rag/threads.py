"""Threads of the libraries beneath, none of which may keep the cores while another is about to work.

NumPy's OpenBLAS keeps its threads spinning after a product, on the cores where FAISS' own are about to search: with both
a search of 28,574 vectors took 5 ms, without 0.9. So do those of PyTorch and of FAISS after their work: of 240 searches
of that index one in twenty took 15 ms and more, with a thirtieth of the usual spinning none more than 10, and the
question's vector 15 ms, not 20.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController

_SPINS = "10000"
"""Rounds that an idle thread of OpenMP waits on its core before it sleeps; the library's own number is 300,000."""


def sleep_soon() -> None:
    """Lets idle threads of OpenMP sleep; for what is loaded afterwards, unless GOMP_SPINCOUNT is set already."""
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it NumPy computes in one thread; PyTorch and FAISS keep theirs. Cost: 4 µs, a quarter of `limit`'s."""
    libraries = _numpy().lib_controllers
    before = [one.get_num_threads() for one in libraries]
    for one in libraries:
        one.set_num_threads(1)
    try:
        yield
    finally:
        for one, threads in zip(libraries, before, strict=True):
            one.set_num_threads(threads)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _numpy() -> ThreadpoolController:
    """NumPy's own OpenBLAS, found once; FAISS has one, too, whose threads are those of its searches."""
    return ThreadpoolController().select(prefix="libscipy_openblas")
