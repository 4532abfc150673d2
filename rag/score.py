"""How much a clause's figures say: its order among others, and the probability that it answers.

Both are learned (`rag.learned`); with another embedding model than the one they were learned with, only the figures that
no cosine is in are used, with weights of their own.
"""

import math
import re

import numpy as np

from rag.candidates import COSINES, FIGURES, Array
from rag.learned import Learned

PLAIN = [i for i, name in enumerate(FIGURES) if name not in COSINES]
"""The columns of the figures that mean the same for any embedding model."""

_RELATED = 0.85
"""Cosine of the default model from which a question and a clause are more likely related than not."""
_LAY = re.compile(
    r"[我咱]|家里|能不能|可不可以|会不会|有没有|要不要|用不用|是不是|怎么办|怎么弄|咋|啥|[吗呢吧][？?]?$|想(?:问|知道)"
)
"""Who speaks of himself or asks in particles speaks plainly: no official text does."""


def merits(figures: Array, learned: Learned, *, known: bool = True) -> Array:
    """The merit (m,) of each clause: the higher the sooner; `known` whether the model is the one that was learned with."""
    return learned.order(figures) if known else learned.plain_order(figures[:, PLAIN])


def evidential(figures: Array, merit: Array, searched: int) -> Array:
    """The figures (m, f + 2) by which it is judged whether a clause answers: its own, how far it stands before the tenth
    by merit, and in how many pieces it was found.
    """
    best = np.sort(merit)[::-1]
    tenth = best[min(9, len(best) - 1)]
    beside = np.stack([merit - tenth, np.full(len(merit), math.log(max(searched, 1)))], axis=1)
    return np.concatenate([figures, beside], axis=1).astype(np.float32)


def probabilities(figures: Array, merit: Array, searched: int, learned: Learned, *, known: bool = True) -> Array:
    """How likely each clause (m,) would answer as the best one, 0 to 1.

    Learned from the best clause of many questions, answerable or not: that one of the five best is wanted.
    """
    told = evidential(figures if known else figures[:, PLAIN], merit, searched)
    odds = (learned.answers if known else learned.plain_answers)(told)
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def is_lay(question: str) -> bool:
    """Whether a question is put in everyday words, of which an official text has few: the figure that the weights were
    learned with, narrower than `Query.is_spoken`.

    >>> is_lay("家里老人看病能不能报销？"), is_lay("医疗费用报销比例是多少？")
    (True, False)
    """
    return _LAY.search(question) is not None


def means_the_same(cosine: float, pieces: int) -> bool:
    """Whether a clause without a word of the question is near enough in meaning to be shown with a caveat."""
    return cosine >= _RELATED + 0.004 * (math.log(max(pieces, 10)) - 5.0)
