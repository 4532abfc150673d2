"""rag.score: figures that can be compared."""

from hypothesis import given
from hypothesis import strategies as st

from rag.score import is_lay, means_the_same, merit, probability

share = st.floats(0, 1)


@given(share, share, st.integers(1, 10**6), st.booleans())
def test_more_of_the_question_is_likelier(a: float, b: float, clauses: int, known: bool) -> None:
    low, high = sorted((a, b))
    assert 0 < probability(low, 0.85, clauses, known=known) <= probability(high, 0.85, clauses, known=known) < 1
    assert merit(low, 0.85, 3.0, 0.1) <= merit(high, 0.85, 3.0, 0.1)


def test_the_best_of_many_is_worth_less() -> None:
    assert probability(0.5, 0.86, 100) > probability(0.5, 0.86, 10_000)
    assert means_the_same(0.86, 100)
    assert not means_the_same(0.86, 100_000)


def test_cosines_of_another_model_say_nothing() -> None:
    assert probability(0.5, 0.3, 100, known=False) == probability(0.5, 0.9, 100, known=False)


def test_everyday_words() -> None:
    assert is_lay("家里有三个娃，能不能优先？")
    assert not is_lay("申请条件包括哪些")
