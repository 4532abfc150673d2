"""rag.threads: NumPy's products in one thread, others' as they were."""

import numpy as np
from threadpoolctl import threadpool_info

from rag.threads import one_thread


def threads(api: str, of: str = "") -> list[int]:
    return [one["num_threads"] for one in threadpool_info() if one["internal_api"] == api and of in one["filepath"]]


def test_within_numpy_computes_in_one_thread_and_afterwards_as_before() -> None:
    assert np.eye(2) @ np.ones(2) is not None  # NumPy's library is loaded
    before, others = threads("openblas", "numpy"), threads("openmp")
    with one_thread():
        assert set(threads("openblas", "numpy")) <= {1}
        assert threads("openmp") == others
    assert threads("openblas", "numpy") == before
