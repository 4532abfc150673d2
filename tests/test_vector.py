import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import vector
from rag.embed import unit
from rag.errors import DimensionMismatch
from rag.vector import FRESH, Faiss

ROUNDED = 1e-3  # two vectors of 4 numbers that are kept in 16 bits


def flat(folder: Path, vectors: np.ndarray) -> Faiss:
    vector.write(folder / "vectors.faiss", np.asarray(vectors, np.float32))
    return Faiss(folder / "vectors.faiss")


def test_the_most_alike_comes_first(tmp_path: Path) -> None:
    rows, cosines = flat(tmp_path, [[1, 0], [0.6, 0.8], [0, 1]]).nearest(np.array([[0, 1], [1, 0]], np.float32), 2)
    assert rows.tolist() == [[2, 1], [0, 1]]
    assert cosines == pytest.approx(np.array([[1, 0.8], [1, 0.6]]), abs=ROUNDED)


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
    exact = (vectors.astype(np.float16).astype(np.float32) @ query[0]).astype(np.float32)
    assert rows.shape == (1, min(n, k))
    assert cosines[0] == pytest.approx(np.sort(exact)[::-1][:k], abs=1e-6)
    assert exact[rows[0]] == pytest.approx(cosines[0], abs=1e-6)
    assert len(set(rows[0].tolist())) == min(n, k)


@pytest.fixture
def ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Faiss, list[str]]:
    """An index that searches ahead as on two cores, and the threads in which it has searched."""
    index, threads, search = flat(tmp_path, scattered(500)), list[str](), Faiss._nearest

    def noted(self: Faiss, *given: Any) -> Any:
        threads.append(threading.current_thread().name)
        return search(self, *given)

    monkeypatch.setattr(vector, "cores", lambda: 2)
    monkeypatch.setattr(vector, "_WORTH", 500)
    monkeypatch.setattr(Faiss, "_nearest", noted)
    return index, threads


@pytest.mark.parametrize("among", [None, np.arange(3, 500, 7)])
def test_what_was_begun_is_taken_once(ahead: tuple[Faiss, list[str]], among: np.ndarray | None) -> None:
    index, threads = ahead
    queries = scattered(2, seed=2)
    plain = index.nearest(queries, 20, among)
    index.begin(queries, 20, among)
    for _ in range(2):
        found = index.nearest(queries.copy(), 20, among)
        assert all(np.array_equal(a, b) for a, b in zip(found, plain, strict=True))
    assert [name.startswith("search") for name in threads] == [False, True, False]


def test_what_was_begun_for_something_else_is_left(ahead: tuple[Faiss, list[str]]) -> None:
    index, _ = ahead
    queries, rows = scattered(2, seed=2), np.arange(100)
    cosines = queries @ index.rows(range(500)).T
    for begun in ((queries[::-1], 20, None), (queries, 19, None), (queries, 20, rows), (queries[:1], 20, None)):
        index.begin(*begun)
        assert index.nearest(queries, 20)[0].tolist() == np.argsort(-cosines, axis=1)[:, :20].tolist()
    index.begin(queries, 20)
    elsewhere: list[Any] = []
    thread = threading.Thread(target=lambda: elsewhere.append(index.nearest(queries[:1], 5)[0].tolist()))
    thread.start()
    thread.join()
    assert elsewhere == [np.argsort(-cosines[:1], axis=1)[:, :5].tolist()]
    assert index.nearest(queries, 20)[0].shape == (2, 20)


def test_a_fault_of_what_was_begun_is_raised_where_it_is_taken(ahead: tuple[Faiss, list[str]]) -> None:
    index, _ = ahead
    index.begin(np.zeros((1, 3), np.float32), 5)
    with pytest.raises(DimensionMismatch, match=r"3.*32"):
        index.nearest(np.zeros((1, 3), np.float32), 5)


@pytest.mark.parametrize(("cores", "worth"), [(1, 1), (2, 501)])
def test_nothing_is_begun_where_it_is_not_worth_it(
    ahead: tuple[Faiss, list[str]], monkeypatch: pytest.MonkeyPatch, cores: int, worth: int
) -> None:
    index, threads = ahead
    monkeypatch.setattr(vector, "cores", lambda: cores)
    monkeypatch.setattr(vector, "_WORTH", worth)
    index.begin(scattered(2), 5)
    index.nearest(scattered(2), 5)
    assert len(threads) == 1


def test_another_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DimensionMismatch, match=r"3.*2"):
        flat(tmp_path, [[1, 0]]).nearest(np.array([[1, 0, 0]], np.float32), 1)


def test_rows_come_back_in_the_order_asked_for(tmp_path: Path) -> None:
    index = flat(tmp_path, [[1, 0], [0, 1], [0.6, 0.8]])
    assert index.rows([2, 0, 2]) == pytest.approx(np.array([[0.6, 0.8], [1, 0], [0.6, 0.8]]), abs=ROUNDED)
    assert index.rows([]).shape == (0, 2)
    for row in (3, -1):
        with pytest.raises(IndexError, match="0 to 2"):
            index.rows([row])


def test_every_number_of_sixteen_bits_comes_back_as_it_is_stored(tmp_path: Path) -> None:
    numbers = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    numbers = numbers[np.isfinite(numbers)].reshape(-1, 16)
    rows = flat(tmp_path, numbers).rows(np.arange(len(numbers)))
    assert rows.dtype == np.float32
    assert rows.tobytes() == numbers.astype(np.float32).tobytes()  # the sign of 0, too


@pytest.mark.parametrize("dimension", [3, 8, 13])
def test_rows_are_decoded_whatever_their_length(tmp_path: Path, dimension: int) -> None:
    vectors = scattered(50, dimension)
    rows = np.array([49, 0, 7, 7])
    assert np.array_equal(flat(tmp_path, vectors).rows(rows), vectors.astype(np.float16).astype(np.float32)[rows])


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = flat(tmp_path, np.zeros((0, 2)))
    assert len(index) == 0
    assert index.nearest(np.array([[1, 0]], np.float32), 5)[0].shape == (1, 0)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vectors.faiss").write_bytes(b"nothing of the kind")
    with pytest.raises(RuntimeError):
        Faiss(tmp_path / "vectors.faiss")


def scattered(n: int, dimension: int = 32, seed: int = 1) -> np.ndarray:
    """Unit vectors around a few dozen middles, as those of texts are."""
    middles = np.random.default_rng(0).standard_normal((40, dimension))
    generator = np.random.default_rng(seed)
    made = middles[generator.integers(0, 40, n)] + 0.5 * generator.standard_normal((n, dimension))
    return unit(made.astype(np.float32))


def test_sixteen_bits_change_a_cosine_by_less_than_a_ten_thousandth(tmp_path: Path) -> None:
    vectors = scattered(500, 384)
    rows, cosines = flat(tmp_path, vectors).nearest(vectors[:20], 50)
    exact = vectors[:20] @ vectors.T
    assert np.abs(np.take_along_axis(exact, rows, axis=1) - cosines).max() < 1e-4


@pytest.mark.parametrize("exact", [10_000, 100])
def test_a_search_among_some_rows_compares_only_these(tmp_path: Path, exact: int) -> None:
    vectors, among = scattered(1000), np.arange(7, 1000, 13)
    vector.write(tmp_path / "v", vectors, exact=exact)
    index = Faiss(tmp_path / "v")
    rows, cosines = index.nearest(vectors[:3], 5, among)
    cosine = index.rows(among) @ vectors[:3].T
    assert rows.tolist() == among[np.argsort(-cosine, axis=0, kind="stable")[:5]].T.tolist()
    assert cosines == pytest.approx(np.sort(cosine, axis=0)[::-1][:5].T, abs=1e-6)
    assert index.nearest(vectors[:1], 500, among)[0].shape == (1, len(among))
    assert index.nearest(vectors[:1], 5, np.empty(0, np.int64))[0].shape == (1, 0)
    with pytest.raises(IndexError):
        index.nearest(vectors[:1], 5, np.array([1000]))


def test_beyond_a_number_of_rows_lists_are_searched_and_agree_with_all(tmp_path: Path) -> None:
    vectors = scattered(6000)
    assert vector.write(tmp_path / "all", vectors) == "exact"
    words = vector.write(tmp_path / "lists", vectors, exact=5999)
    assert "lists, recall@100 0.9" in words or "recall@100 1.000" in words
    everything, lists = Faiss(tmp_path / "all"), Faiss(tmp_path / "lists")
    queries = scattered(50, seed=2)
    exact, _ = everything.nearest(queries, 100)
    found, cosines = lists.nearest(queries, 100)
    assert np.mean([len({*a} & {*b}) / 100 for a, b in zip(exact.tolist(), found.tolist(), strict=True)]) >= 0.97
    assert (np.diff(cosines, axis=1) <= 0).all()
    assert np.array_equal(lists.rows(range(6000)), everything.rows(range(6000)))
    assert np.array_equal(lists.codes([5, 3]), everything.codes([5, 3]))


@pytest.mark.parametrize(("first", "then"), [(1000, 1000), (1000, 10), (10, 10), (10, 1000)])
def test_rows_that_stay_are_taken_over_whatever_the_form(tmp_path: Path, first: int, then: int) -> None:
    old, new = scattered(200), scattered(30, seed=3)
    vector.write(tmp_path / "before", old, exact=first)
    origins = np.concatenate([np.arange(150, 200), np.full(30, FRESH), np.arange(100)])
    words = vector.write(tmp_path / "after", new, Faiss(tmp_path / "before"), origins, exact=then)
    assert (words == "exact") is (then == 1000)
    whole = flat(tmp_path, np.concatenate([old[150:], new, old[:100]]))
    assert np.array_equal(Faiss(tmp_path / "after").rows(range(180)), whole.rows(range(180)))


def test_a_flat_index_of_another_kind_is_refused(tmp_path: Path) -> None:
    import faiss

    faiss.write_index(faiss.IndexFlatIP(3), str(tmp_path / "v"))
    with pytest.raises(ValueError, match="IndexFlat"):
        Faiss(tmp_path / "v")
