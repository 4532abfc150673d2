"""rag.embed.order: every row once, little padding, and a rate that tells what is left."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.embed.order import batches, portions

LENGTHS = st.lists(st.integers(1, 512), max_size=200)


@given(LENGTHS, st.integers(1, 2000))
def test_each_row_is_in_one_batch_and_none_exceeds_the_budget(lengths: list[int], budget: int) -> None:
    found = batches(lengths, budget)
    assert sorted(row for rows in found for row in rows) == list(range(len(lengths)))
    assert all(len(rows) == 1 or len(rows) * max(lengths[row] for row in rows) <= budget for rows in found)


@given(LENGTHS, st.integers(1, 20_000))
def test_each_row_is_in_one_portion_of_neighbouring_lengths(lengths: list[int], work: int) -> None:
    found = portions(lengths, work)
    assert sorted(row for rows in found for row in rows) == list(range(len(lengths)))
    assert all(len(rows) == 1 or sum(lengths[row] for row in rows) <= work for rows in found)
    spans = sorted((min(part), max(part)) for part in ([lengths[row] for row in rows] for rows in found))
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_padding_is_below_a_twentieth() -> None:
    lengths = [min(480, int(random.Random(n).lognormvariate(4.5, 0.7))) + 4 for n in range(512)]
    padded = sum(len(rows) * max(lengths[row] for row in rows) for rows in batches(lengths, 640))
    assert padded < 1.05 * sum(lengths)


def test_what_is_left_can_be_told_from_the_rate_of_texts() -> None:
    lengths = [min(480, int(random.Random(n).lognormvariate(4.5, 0.7))) + 4 for n in range(24_000)]
    whole, found = sum(lengths), portions(lengths, 16_000)
    spent = done = 0
    for n, rows in enumerate(found):
        spent, done = spent + sum(lengths[row] for row in rows), done + len(rows)
        if n >= 20:
            assert 0.9 < (spent * len(lengths) / done) / whole < 1.1  # portions of neighbours in turn are off by 2.5
