"""rag.score: merits and probabilities of weights made by hand; everyday words; meaning without a word."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import learned, summing

from rag.candidates import COSINES, FIGURES
from rag.learned import Array, Network
from rag.learned import load as learned_weights
from rag.score import PLAIN, evidential, is_lay, means_the_same, merits, probabilities

WIDE, NARROW = len(FIGURES), len(PLAIN)


def weighing(**weights: float) -> Network:
    """A network that weighs these figures, of all of them."""
    return summing(WIDE, **{f"_{FIGURES.index(name)}": weight for name, weight in weights.items()})


def plainly(**weights: float) -> Network:
    """A network that weighs these figures, of those without a cosine."""
    names = [FIGURES[i] for i in PLAIN]
    return summing(NARROW, **{f"_{names.index(name)}": weight for name, weight in weights.items()})


def told(**columns: list[float]) -> Array:
    """Figures of some clauses, 0 where none is given."""
    figures = np.zeros((len(next(iter(columns.values()))), WIDE), np.float32)
    for name, values in columns.items():
        figures[:, FIGURES.index(name)] = values
    return figures


def test_the_plain_figures_are_all_but_the_cosines() -> None:
    assert [FIGURES[i] for i in PLAIN] == [name for name in FIGURES if name not in COSINES]
    assert set(COSINES) < set(FIGURES)
    assert len(set(FIGURES)) == WIDE


# Merit ---------------------------------------------------------------------------------------------------------


def test_a_known_model_is_judged_by_all_figures() -> None:
    weights = learned(2, order=weighing(cosine=2, coverage=1), plain_order=plainly(coverage=3))
    figures = told(cosine=[0.9, 0.1], coverage=[0.2, 1.0])
    assert merits(figures, weights).tolist() == pytest.approx([2.0, 1.2], abs=1e-3)
    assert merits(figures, weights, known=False).tolist() == pytest.approx([0.6, 3.0], abs=1e-3)


def test_without_clauses_there_are_no_merits() -> None:
    assert merits(np.empty((0, WIDE), np.float32), learned(2)).shape == (0,)


# Probability ---------------------------------------------------------------------------------------------------


def test_how_far_a_clause_stands_out() -> None:
    figures = np.array([[7, 8], [9, 10], [11, 12]], np.float32)
    found = evidential(figures, np.array([3, 1, 2], np.float32), 100)
    np.testing.assert_array_equal(found[:, :2], figures)
    assert found[:, 2].tolist() == [2, 0, 1]  # before the last, where there are fewer than ten
    assert found[:, 3].tolist() == pytest.approx([math.log(100)] * 3)


def test_the_tenth_is_what_a_clause_stands_out_from() -> None:
    merit = np.arange(12, dtype=np.float32)
    found = evidential(np.zeros((12, 1), np.float32), merit, 1)
    assert found[:, 1].tolist() == (merit - 2).tolist()
    assert found[:, 2].tolist() == [0] * 12


def test_a_search_among_nothing_has_no_logarithm_below_zero() -> None:
    assert evidential(np.zeros((1, 1), np.float32), np.ones(1, np.float32), 0)[0, 2] == 0


def test_probabilities_are_the_odds_of_the_network() -> None:
    order = weighing(coverage=1)
    answers = summing(WIDE + 2, **{f"_{FIGURES.index('coverage')}": 2, f"_{WIDE}": 1, f"_{WIDE + 1}": -0.5})
    weights = learned(2, order=order, answers=answers)
    figures = told(coverage=[1.0, 0.5])
    found = probabilities(figures, merits(figures, weights), 8, weights)
    odds = [2.0 + 0.5 - 0.5 * math.log(8), 1.0 - 0.5 * math.log(8)]
    assert found.tolist() == pytest.approx([1 / (1 + math.exp(-one)) for one in odds], abs=1e-3)


def test_another_model_has_odds_of_its_own() -> None:
    names = [FIGURES[i] for i in PLAIN]
    plain = summing(NARROW + 2, **{f"_{names.index('coverage')}": 2, f"_{NARROW}": 1})
    weights = learned(2, plain_answers=plain)
    figures = told(coverage=[1.0, 0.5])
    found = probabilities(figures, np.array([1, 0], np.float32), 8, weights, known=False)
    assert found.tolist() == pytest.approx([1 / (1 + math.exp(-3)), 1 / (1 + math.exp(-1))], abs=1e-3)
    assert probabilities(figures, np.array([1, 0], np.float32), 8, weights).tolist() == [0.5, 0.5]


def test_the_shipped_scores_fall_off_behind_the_best() -> None:
    """Beyond the best clause, figures were never seen in learning: no column may have been constant there."""
    weights = learned_weights()
    assert weights.answers.scale.min() > 0.005 and weights.plain_answers.scale.min() > 0.005


figure = st.floats(-50, 50, width=32)


@given(st.lists(st.tuples(figure, figure, figure), min_size=1, max_size=15), st.integers(0, 10**6), st.booleans())
def test_a_probability_lies_between_0_and_1(rows: list[tuple[float, float, float]], searched: int, known: bool) -> None:
    cosine, coverage, bm25 = (list(column) for column in zip(*rows, strict=True))
    figures = told(cosine=cosine, coverage=coverage, bm25=bm25)
    weights = learned(
        2,
        order=weighing(cosine=1, coverage=-1),
        plain_order=plainly(bm25=1),
        answers=summing(WIDE + 2, _0=1, **{f"_{WIDE + 1}": 1}),
        plain_answers=summing(NARROW + 2, _0=1, **{f"_{NARROW}": 1}),
    )
    found = probabilities(figures, merits(figures, weights, known=known), searched, weights, known=known)
    assert ((found >= 0) & (found <= 1)).all()


@given(st.lists(figure, min_size=len(COSINES), max_size=len(COSINES)))
def test_cosines_of_another_model_say_nothing(cosines: list[float]) -> None:
    figures = told(coverage=[0.9, 0.3], bm25=[2.0, 3.0])
    others = figures.copy()
    others[:, [FIGURES.index(name) for name in COSINES]] = cosines
    ones = {f"_{i}": 1.0 for i in range(NARROW)}
    weights = learned(2, plain_order=summing(NARROW, **ones), plain_answers=summing(NARROW + 2, **ones))
    merit, other = (merits(one, weights, known=False) for one in (figures, others))
    assert merit.tolist() == other.tolist()
    found, again = (probabilities(one, merit, 100, weights, known=False) for one in (figures, others))
    assert found.tolist() == again.tolist()


# Words and meaning ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "lay"),
    [
        ("家里有三个娃，能不能优先？", True),
        ("我想问下渔船停一天多少钱", True),
        ("台风天渔船要不要进港", True),
        ("没办证就去采贝，咋罚", True),
        ("采挖证过期了还能用吗？", True),
        ("申请条件包括哪些", False),
        ("渔船停泊费的收取标准", False),
        ("采挖证的有效期是多少年？", False),
        ("", False),
    ],
)
def test_everyday_words(question: str, lay: bool) -> None:
    assert is_lay(question) is lay


@pytest.mark.parametrize(
    ("cosine", "clauses", "same"),
    [
        (0.86, 100, True),  # 0.8484 and more
        (0.86, 100_000, False),  # 0.8761 and more
        (0.8393, 10, True),
        (0.8391, 10, False),
        (0.8393, 0, True),  # as of ten
    ],
)
def test_the_nearest_of_many_has_to_be_nearer(cosine: float, clauses: int, same: bool) -> None:
    assert means_the_same(cosine, clauses) is same
