"""Which texts go through the model together, and in which order: both decide how fast a build is and what it can tell.

Lengths come in, rows go out; nothing here knows a model.
"""

from collections.abc import Sequence

_GOLDEN = 0.6180339887498949  # its multiples, without their whole part, fill an interval evenly


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Rows in batches of neighbouring lengths, longest first; padded to its longest row no batch exceeds `budget`.

    A row that exceeds it by itself is a batch of its own.

    >>> batches([2, 9, 3, 2], 6)
    [[1], [2, 0], [3]]
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    found: list[list[int]] = []
    for row in order:
        if found and lengths[found[-1][0]] * (len(found[-1]) + 1) <= budget:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def portions(lengths: Sequence[int], work: int) -> list[list[int]]:
    """Rows in portions of neighbouring lengths, about `work` in sum each, short and long ones evenly mixed.

    Neighbours in length pad least; mixed portions keep the rate level, so that what is left can be told from it.

    >>> portions([5, 1, 4, 2, 3], 5)
    [[4], [0], [1, 3], [2]]
    """
    runs: list[list[int]] = []
    held = work
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if held + lengths[row] > work:
            runs.append([])
            held = 0
        runs[-1].append(row)
        held += lengths[row]
    return [runs[n] for n in sorted(range(len(runs)), key=lambda n: (n + 1) * _GOLDEN % 1)]
