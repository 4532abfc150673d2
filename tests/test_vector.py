from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import vector
from rag.embed import unit
from rag.errors import DimensionMismatch
from rag.vector import Flat


def flat(folder: Path, vectors: np.ndarray) -> Flat:
    vector.write(folder / "vectors.faiss", np.asarray(vectors, np.float32))
    return Flat(folder / "vectors.faiss")


def test_the_most_alike_comes_first(tmp_path: Path) -> None:
    rows, cosines = flat(tmp_path, [[1, 0], [0.6, 0.8], [0, 1]]).nearest(np.array([[0, 1], [1, 0]], np.float32), 2)
    assert rows.tolist() == [[2, 1], [0, 1]]
    assert cosines == pytest.approx(np.array([[1, 0.8], [1, 0.6]]))


def test_equal_scores_come_by_row_even_where_k_cuts_them(tmp_path: Path) -> None:
    index = flat(tmp_path, [[0, 1]] + [[1, 0]] * 50)
    assert index.nearest(np.array([[1, 0]], np.float32), 5)[0].tolist() == [[1, 2, 3, 4, 5]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 70))
def test_search_agrees_with_sorting_everything(
    tmp_path_factory: pytest.TempPathFactory, seed: int, n: int, k: int
) -> None:
    generator = np.random.default_rng(seed)
    vectors = unit(generator.integers(-1, 2, (n, 4)).astype(np.float32))
    query = unit(generator.integers(-1, 2, (1, 4)).astype(np.float32))
    rows, cosines = flat(tmp_path_factory.mktemp("flat"), vectors).nearest(query, k)
    exact = (vectors @ query[0]).astype(np.float32)
    assert rows.shape == (1, min(n, k))
    assert cosines[0] == pytest.approx(np.sort(exact)[::-1][:k], abs=1e-6)
    assert exact[rows[0]] == pytest.approx(cosines[0], abs=1e-6)
    assert len(set(rows[0].tolist())) == min(n, k)


def test_another_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DimensionMismatch, match=r"3.*2"):
        flat(tmp_path, [[1, 0]]).nearest(np.array([[1, 0, 0]], np.float32), 1)


def test_rows_come_back_in_the_order_asked_for(tmp_path: Path) -> None:
    index = flat(tmp_path, [[1, 0], [0, 1], [0.6, 0.8]])
    assert index.rows([2, 0, 2]) == pytest.approx(np.array([[0.6, 0.8], [1, 0], [0.6, 0.8]]))
    assert index.rows([]).shape == (0, 2)
    for row in (3, -1):
        with pytest.raises(IndexError, match="0 to 2"):
            index.rows([row])


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = flat(tmp_path, np.zeros((0, 2)))
    assert len(index) == 0
    assert index.nearest(np.array([[1, 0]], np.float32), 5)[0].shape == (1, 0)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vectors.faiss").write_bytes(b"nothing of the kind")
    with pytest.raises(RuntimeError):
        Flat(tmp_path / "vectors.faiss")
