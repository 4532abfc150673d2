"""rag.threads: NumPy's products in one thread, others' as they were."""

import os
from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import rag.retrieve
from rag.answer import Answerer
from rag.threads import one_thread, sleep_soon


def threads(api: str, of: str = "") -> list[int]:
    return [one["num_threads"] for one in threadpool_info() if one["internal_api"] == api and of in one["filepath"]]


def test_within_numpy_computes_in_one_thread_and_afterwards_as_before() -> None:
    assert np.eye(2) @ np.ones(2) is not None  # NumPy's library is loaded
    before, others = threads("openblas", "numpy"), threads("openmp")
    with one_thread():
        assert set(threads("openblas", "numpy")) <= {1}
        assert threads("openmp") == others
    assert threads("openblas", "numpy") == before


def test_what_the_networks_compute_is_computed_in_one_thread(
    answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[set[int]] = []
    for name in ("merits", "probabilities"):
        computed = getattr(rag.retrieve, name)

        def counted(*given: object, of: Callable[..., object] = computed, **named: object) -> object:
            used.append(set(threads("openblas", "numpy")))
            return of(*given, **named)

        monkeypatch.setattr(rag.retrieve, name, counted)
    answerer.search("公租房租金标准")
    assert len(used) == 2
    assert all(one <= {1} for one in used)


def test_idle_threads_sleep_soon_unless_it_is_set_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    sleep_soon()
    assert 0 < int(os.environ["GOMP_SPINCOUNT"]) < 300_000
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    sleep_soon()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
