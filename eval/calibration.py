"""What a score is worth: refusals over its threshold, and how often it comes true.

A question is refused where the score of its best hit is below the threshold; whatever else makes a system refuse (a
false premise, a place that no document covers) is left out here. Source of the reliability diagram and the expected
calibration error: Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks (2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass

THRESHOLDS = tuple(i / 20 for i in range(21))
_BINS = 10
_WITHIN = 5
"""A score says that one of so many best hits is wanted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's score beside what it should have said; `place` of the first wanted hit, None where there is none."""

    score: float
    answerable: bool
    place: int | None

    @property
    def comes_true(self) -> bool:
        """Whether one of the best hits is wanted."""
        return self.answerable and self.place is not None and self.place <= _WITHIN


@dataclass(frozen=True, slots=True)
class Point:
    """Precision and recall of refusal where every score below `threshold` refuses; None where neither is defined."""

    threshold: float
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """The `n` scores from `low` to below `high` (the last holds 1): their mean, and the share that came true."""

    low: float
    high: float
    n: int
    mean: float
    share: float


def refusals(judged: Sequence[Judged], thresholds: Sequence[float] = THRESHOLDS) -> list[Point]:
    """Refusal at each threshold.

    >>> low, high = Judged(0.2, False, None), Judged(0.8, True, 1)
    >>> refusals([low, high], [0.0, 0.5, 1.0])[1:]
    [Point(threshold=0.5, precision=1.0, recall=1.0), Point(threshold=1.0, precision=0.5, recall=1.0)]
    """
    silent = sum(not one.answerable for one in judged)
    points = []
    for threshold in thresholds:
        refused = [one for one in judged if one.score < threshold]
        right = sum(not one.answerable for one in refused)
        points.append(Point(threshold, right / len(refused) if refused else None, right / silent if silent else None))
    return points


def reliability(judged: Sequence[Judged]) -> list[Bin]:
    """The scores in ten equal bins, those that are empty left out.

    >>> reliability([Judged(0.25, False, None), Judged(0.29, True, 2), Judged(1.0, True, 1)])
    [Bin(low=0.2, high=0.3, n=2, mean=0.27, share=0.5), Bin(low=0.9, high=1.0, n=1, mean=1.0, share=1.0)]
    """
    bins: dict[int, list[Judged]] = {}
    for one in judged:
        bins.setdefault(min(_BINS - 1, int(one.score * _BINS)), []).append(one)
    return [
        Bin(
            place / _BINS,
            (place + 1) / _BINS,
            len(held),
            round(sum(one.score for one in held) / len(held), 6),
            sum(one.comes_true for one in held) / len(held),
        )
        for place, held in sorted(bins.items())
    ]


def error(judged: Sequence[Judged]) -> float | None:
    """The expected calibration error: Σ n/N·|mean − share| over the bins; None without scores.

    >>> error([Judged(0.25, False, None), Judged(0.29, True, 2)])
    0.23
    """
    if not judged:
        return None
    return round(sum(one.n * abs(one.mean - one.share) for one in reliability(judged)) / len(judged), 6)
