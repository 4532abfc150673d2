"""rag.learned: networks by a plain loop, the maps of a question, what is written and read; the file that ships."""

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import learned, summing

from rag.candidates import FIGURES
from rag.embed import embedder, unit
from rag.learned import PATH, Array, Learned, Network, load, middle, save
from rag.score import PLAIN
from rag.settings import load as settings

NETWORKS = ("order", "answers", "plain_order", "plain_answers")
TURNED = np.array([[0, 1], [-1, 0]], np.float32)
"""Takes (x, y) to (-y, x)."""


def drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def network(seed: int, columns: int, hidden: int) -> Network:
    return Network(
        mean=drawn(seed, columns),
        scale=np.abs(drawn(seed + 1, columns)) + np.float32(0.1),
        inner=drawn(seed + 2, columns, hidden),
        inner_bias=drawn(seed + 3, hidden),
        outer=drawn(seed + 4, hidden),
        outer_bias=drawn(seed + 5, 1),
    )


@pytest.fixture
def some() -> Learned:
    """Weights of which no two arrays are alike."""
    made = {name: network(10 * i, 3 + i, 2) for i, name in enumerate(NETWORKS)}
    return learned(
        4,
        fingerprint="字母@1",
        projection=drawn(91, 4, 4),
        shift=drawn(92, 4),
        questions=drawn(93, 5, 4),
        texts=drawn(94, 7, 4) / 10,
        question_of=np.array([0, 1, 1, 2, 3, 4, 4]),
        middle=drawn(95, 4),
        **made,
    )


# Networks ------------------------------------------------------------------------------------------------------


def test_a_network_is_a_layer_of_tanh_summed() -> None:
    made, rows = network(1, 4, 3), drawn(7, 5, 4)
    expected = []
    for row in rows:
        total = float(made.outer_bias[0])
        for hidden in range(3):
            inside = float(made.inner_bias[hidden])
            for column in range(4):
                inside += float((row[column] - made.mean[column]) / made.scale[column] * made.inner[column, hidden])
            total += float(made.outer[hidden]) * math.tanh(inside)
        expected.append(total)
    found = made(rows)
    assert found.tolist() == pytest.approx(expected, abs=1e-4)
    assert found.dtype == np.float32


def test_a_row_counts_by_itself() -> None:
    made, rows = network(1, 4, 3), drawn(7, 6, 4)
    assert made(rows[::-1]).tolist() == pytest.approx(made(rows)[::-1].tolist(), abs=1e-5)
    assert made(rows[:0]).shape == (0,)


# A question's vectors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vector", "shift", "moved"),
    [
        ((1.0, 0.0), (0.0, 0.0), (0.0, 1.0)),
        ((0.6, 0.8), (0.0, 0.0), (-0.8, 0.6)),
        ((1.0, 0.0), (3.0, 3.0), (0.6, 0.8)),  # (3, 4), of unit length
    ],
)
def test_a_question_is_projected_and_shifted(
    vector: tuple[float, float], shift: tuple[float, float], moved: tuple[float, float]
) -> None:
    weights = learned(2, projection=TURNED, shift=np.array(shift, np.float32))
    assert weights.projected(np.array(vector, np.float32)).tolist() == pytest.approx(moved)


@given(st.integers(0, 10**6))
def test_what_is_projected_or_remembered_is_of_unit_length(seed: int) -> None:
    weights = learned(
        5,
        projection=drawn(seed, 5, 5),
        shift=drawn(seed + 1, 5),
        questions=drawn(seed + 2, 7, 5),
        texts=drawn(3, 7, 5),
        question_of=np.arange(7),
    )
    question = drawn(seed + 4, 5)
    for vector in (weights.projected(question), weights.recalled(weights.projected(question)).place):
        assert vector.shape == (5,)
        assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def remembering(texts: Array, question_of: Sequence[int]) -> Learned:
    """Two example questions at right angles, with the clauses that answer them; a question is turned by 90° to them."""
    return learned(
        2,
        projection=TURNED,
        questions=np.eye(2, dtype=np.float32),
        texts=texts,
        question_of=np.array(question_of),
    )


BETWEEN = np.array([1, -1], np.float32) / np.float32(math.sqrt(2))
"""Projected to (1, 1): like both examples."""


def test_texts_of_the_examples_most_like_the_projected_question_are_remembered() -> None:
    weights = remembering(2 * TURNED, [0, 1])
    assert weights.recalled(weights.projected(np.array([1, 0], np.float32))).place.tolist() == pytest.approx(
        [-1, 0]
    )  # projected to (0, 1)
    assert weights.recalled(weights.projected(BETWEEN)).place.tolist() == pytest.approx(
        [-math.sqrt(0.5), math.sqrt(0.5)]
    )


def test_without_examples_nothing_is_remembered() -> None:
    weights = learned(2)
    recalled = weights.recalled(weights.projected(np.array([1, 0], np.float32)))
    assert recalled.place.tolist() == [0, 0]
    assert recalled.figures(np.eye(2, dtype=np.float32), np.zeros(2, np.float32)).tolist() == [[0] * 5] * 2


def test_what_examples_were_answered_by_is_shared_among_the_clauses_of_each() -> None:
    # the first example by one clause, the second by two; seen from the middle they lie at 0°, 0° and 90°
    texts = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    weights = remembering(texts, [0, 1, 1])
    recalled = weights.recalled(weights.projected(BETWEEN))
    seen_from, step = np.array([0, 0.6], np.float32), (math.sqrt(1.64) - 0.6) / 2
    at_once, between = (0.8, 0.6), (step, 0.6 + step)  # of unit length, at 0° and 45° from there
    found = recalled.figures(np.array([at_once, between], np.float32), seen_from)
    cosine = math.sqrt(0.5)  # of the second clause to each of the three, to the 4th and the 16th power
    assert found[0].tolist() == pytest.approx([0.75] * 4 + [math.sqrt(0.5)], abs=1e-5)
    assert found[1].tolist() == pytest.approx([cosine**4] * 2 + [cosine**16] * 2 + [0], abs=1e-5)


def test_the_nearest_example_takes_more_where_the_share_is_sharp() -> None:
    question = np.array([1, -0.95], np.float32) / np.float32(np.hypot(1, 0.95))
    weights = remembering(np.eye(2, dtype=np.float32), [0, 1])
    recalled = weights.recalled(weights.projected(question))
    sharp, wide = recalled.figures(TURNED, np.zeros(2, np.float32))[:, :2].T
    likeness = np.array([0.95, 1]) / np.hypot(1, 0.95)
    for found, sharpness in ((sharp, 0.02), (wide, 0.04)):
        share = np.exp(likeness / sharpness) / np.exp(likeness / sharpness).sum()
        assert found.tolist() == pytest.approx([share[1], 0], abs=1e-4)  # the rows of TURNED: (0, 1) and (-1, 0)


@pytest.mark.parametrize(("pieces", "share"), [(0, 0.0), (2000, 0.5), (6000, 0.75)])
def test_a_large_collection_is_seen_from_its_own_middle(pieces: int, share: float) -> None:
    own, every = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    assert middle(own, pieces, every).tolist() == pytest.approx([share, 1 - share])


def test_only_so_many_examples_are_thought_of() -> None:
    questions = unit(np.stack([np.ones(100), np.linspace(0, 1, 100)], axis=1).astype(np.float32))
    weights = learned(2, questions=questions, texts=questions, question_of=np.arange(100))
    recalled = weights.recalled(weights.projected(np.array([1, 0], np.float32)))
    assert recalled.texts.tolist() == questions[:64].tolist()


# On disk -------------------------------------------------------------------------------------------------------


def test_what_is_read_is_what_was_written(some: Learned, tmp_path: Path) -> None:
    save(some, tmp_path / "learned.npz")
    read = load(tmp_path / "learned.npz")
    assert read.fingerprint == "字母@1"
    for name in NETWORKS:
        for part in fields(Network):
            np.testing.assert_array_equal(
                getattr(getattr(read, name), part.name), getattr(getattr(some, name), part.name)
            )
    for name in ("projection", "shift"):  # in 16 bits: 11 of them tell
        np.testing.assert_allclose(getattr(read, name), getattr(some, name), rtol=2**-11, atol=1e-6)
    for name in ("questions", "texts"):  # in 8 bits: the largest is 127 steps
        step = float(np.abs(getattr(some, name)).max()) / 127
        np.testing.assert_allclose(getattr(read, name), getattr(some, name), atol=0.51 * step)
    arrays = (read.projection, read.shift, read.questions, read.texts, read.middle)
    assert all(value.dtype == np.float32 for value in arrays)
    assert read.question_of.tolist() == some.question_of.tolist()


def test_what_was_read_is_written_as_it_was(some: Learned, tmp_path: Path) -> None:
    save(some, tmp_path / "first.npz")
    first = load(tmp_path / "first.npz")
    save(first, tmp_path / "second.npz")
    second = load(tmp_path / "second.npz")
    for name in ("projection", "shift", "questions", "texts"):
        np.testing.assert_allclose(getattr(second, name), getattr(first, name), rtol=1e-6)


def test_no_examples_are_read_as_none(tmp_path: Path) -> None:
    save(learned(3), tmp_path / "learned.npz")
    read = load(tmp_path / "learned.npz")
    assert read.questions.shape == read.texts.shape == (0, 3)
    assert read.recalled(np.ones(3, np.float32)).place.tolist() == [0, 0, 0]


def test_the_same_weights_are_the_same_bytes(some: Learned, tmp_path: Path) -> None:
    save(some, tmp_path / "first.npz")
    save(replace(some, shift=some.shift.copy()), tmp_path / "second.npz")
    save(replace(some, shift=some.shift + 1), tmp_path / "other.npz")
    first, second, other = ((tmp_path / f"{name}.npz").read_bytes() for name in ("first", "second", "other"))
    assert first == second
    assert first != other


def holds_arrays_alone(path: Path) -> bool:
    """Whether each member is an array that is read without unpickling anything."""
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            array = np.lib.format.read_array(io.BytesIO(package.read(name)), allow_pickle=False)
            if not name.endswith(".npy") or array.dtype.hasobject:
                return False
    return True


def test_nothing_is_pickled(some: Learned, tmp_path: Path) -> None:
    save(some, tmp_path / "learned.npz")
    assert holds_arrays_alone(tmp_path / "learned.npz")


def test_a_pickle_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "learned.npz"
    np.savez_compressed(path, fingerprint=np.array([{"a": 1}], object))
    with pytest.raises(ValueError, match="allow_pickle"):
        load(path)


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "learned.npz"
    path.write_bytes(b"no package at all")
    with pytest.raises(ValueError, match="pickle"):
        load(path)


def test_a_file_without_an_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "learned.npz"
    np.savez_compressed(path, fingerprint=np.array("letters@1"))
    with pytest.raises(KeyError):
        load(path)


# What ships ----------------------------------------------------------------------------------------------------


@pytest.fixture
def shipped() -> Learned:
    if not PATH.is_file():
        pytest.skip("rag/learned.npz is not there: python -m eval learn writes it")
    return load()


def test_the_shipped_weights_are_small_and_hold_no_pickle(shipped: Learned) -> None:
    assert PATH.stat().st_size <= 5_000_000
    assert holds_arrays_alone(PATH)


def test_the_shipped_weights_are_those_of_the_default_model(shipped: Learned) -> None:
    model = embedder(settings({}))
    if shipped.fingerprint.split("@")[0] != model.fingerprint.split("@")[0]:
        pytest.skip(f"the default model here is {model.fingerprint}")
    assert shipped.fingerprint == model.fingerprint


def test_the_shipped_weights_fit_the_figures(shipped: Learned) -> None:
    dimension = len(shipped.shift)
    assert shipped.projection.shape == (dimension, dimension)
    assert shipped.questions.shape[1] == shipped.texts.shape[1] == len(shipped.middle) == dimension
    assert sorted(set(shipped.question_of.tolist())) == list(range(len(shipped.questions)))
    assert len(shipped.question_of) == len(shipped.texts)
    columns = dict(zip(NETWORKS, (len(FIGURES), len(FIGURES) + 2, len(PLAIN), len(PLAIN) + 2), strict=True))
    for name, width in columns.items():
        made: Network = getattr(shipped, name)
        hidden = len(made.outer)
        assert (len(made.mean), len(made.scale), made.inner.shape) == (width, width, (width, hidden)), name
        assert (made.inner_bias.shape, made.outer_bias.shape) == ((hidden,), (1,)), name
        assert (made.scale > 0).all(), name


def test_the_shipped_weights_are_finite(shipped: Learned) -> None:
    arrays = [shipped.projection, shipped.shift, shipped.questions, shipped.texts, shipped.middle]
    arrays += [getattr(getattr(shipped, name), part.name) for name in NETWORKS for part in fields(Network)]
    assert all(np.isfinite(array).all() for array in arrays)


def test_a_toy_network_is_nearly_the_sum() -> None:
    assert summing(3, _0=2, _2=-1)(np.array([[1, 5, 0.5]], np.float32)).tolist() == pytest.approx([1.5], abs=1e-3)
