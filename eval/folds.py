"""Questions in folds: what was learned from some is measured on the others.

Questions of one wording are in one fold, weights that saw the one know the other. Those that rest on the same sentence can
be, too (`gold`), which is stricter: by wording alone two in three of the laws' questions have a clause that was an example.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eval.gold import Question
from rag.learned import Learned
from rag.numeral import bare

Alike = Literal["gold", "question"]
"""What keeps questions together: a gold quote or their wording, or their wording alone."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Questions of a set, by their places in it, and those that weights for them may be learned from.

    `number` counts from 0; `learned_from` is None where the weights that the product ships are measured, else `learned`
    are the weights to be measured, once there are any.
    """

    number: int
    asked: tuple[int, ...]
    learned_from: tuple[Question, ...] | None = None
    learned: Learned | None = None


def folds(questions: Sequence[Question], n: int = 5, seed: int = 0, alike: Alike = "gold") -> list[list[int]]:
    """The places of the questions in `n` folds of nearly equal size, each in ascending order; some empty if there are few.

    Two questions are in one fold where their normalised texts are equal or, unless `alike` is by the question alone,
    where a gold quote is, and so on along the chain. Groups are dealt largest first, equal ones in an order drawn from `seed`, each to the smallest fold so far.

    >>> asked = [Question(str(i), "factual", text) for i, text in enumerate(("甲？", "乙？", "甲 ？", "丙？"))]
    >>> folds(asked, 2)
    [[0, 2], [1, 3]]
    """
    found: list[list[int]] = [[] for _ in range(n)]
    groups = _groups(questions, alike)
    order = np.random.default_rng(seed).permutation(len(groups))
    for group in sorted((groups[i] for i in order), key=len, reverse=True):
        min(found, key=len).extend(group)
    return [sorted(fold) for fold in found]


def parted(questions: Sequence[Question], n: int = 5, seed: int = 0, alike: Alike = "gold") -> list[Fold]:
    """The folds of `questions`, each with the questions of the others to learn from; empty ones are left out."""
    made = folds(questions, n, seed, alike)
    return [
        Fold(i, tuple(asked), tuple(questions[j] for fold in made if fold is not asked for j in fold))
        for i, asked in enumerate(made)
        if asked
    ]


def _groups(questions: Sequence[Question], alike: Alike) -> list[list[int]]:
    """The places of questions that belong together, in the order of each one's first."""
    first: dict[tuple[str, str], int] = {}
    parent = list(range(len(questions)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, question in enumerate(questions):
        quotes = [("quote", bare(gold.quote)) for gold in question.gold] if alike == "gold" else []
        for key in [("asked", bare(question.question)), *quotes]:
            a, b = sorted((root(first.setdefault(key, i)), root(i)))
            parent[b] = a
    found: dict[int, list[int]] = defaultdict(list)
    for i in range(len(questions)):
        found[root(i)].append(i)
    return list(found.values())
