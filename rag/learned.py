"""What was learned from questions whose clauses are known: where a question lies among the texts that answer it, how much
each figure of a clause counts, and how likely the best clause answers.

`eval/learn.py` writes it into one file beside this module, for the default embedding model; its figures and how they
were taken are printed by `python -m eval learn`. What a clause's figures are is `rag.candidates`'.
"""

import io
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.embed import Vectors, unit

Array = NDArray[np.float32]

_SHARPNESS = 0.02  # of the softmax over example questions
_ALIKE = 64
"""Example questions that are thought of: the others take a thousandth of the softmax together."""
_SAME = 0.95
"""Cosine from which two clauses say the same, seen from the middle."""
_OWN = 2000
"""Pieces of a collection from which its own middle counts more than that of all: that of a few is where they are, and what
they have in common would be lost."""
_EXAMPLES = ("questions", "texts")
PATH = Path(__file__).parent / "learned.npz"


def middle(mean: Array, pieces: int, every: Array) -> Array:
    """Where a collection is seen from (d,): between the mean of its own vectors and the middle of `every` collection."""
    return np.asarray((pieces * mean + _OWN * every) / (pieces + _OWN), np.float32)


@dataclass(frozen=True, slots=True)
class Network:
    """A function of figures (n, f) to one number each: standardised, one layer of tanh, summed.

    mean, scale (f,); inner (f, h), inner_bias (h,); outer (h,), outer_bias (1,)
    """

    mean: Array
    scale: Array
    inner: Array
    inner_bias: Array
    outer: Array
    outer_bias: Array

    def __call__(self, figures: Array) -> Array:
        """The number (n,) of each row of `figures` (n, f)."""
        hidden = np.tanh(((figures - self.mean) / self.scale) @ self.inner + self.inner_bias)
        return np.asarray(hidden @ self.outer + self.outer_bias, np.float32)


@dataclass(frozen=True, slots=True)
class Learned:
    """All that was learned.

    projection (d, d), shift (d,)  take a question's vector to where the texts lie that answer such questions
    questions (q, d), texts (t, d) example questions, and the clauses that answer them, as seen from the middle of their
                                   collection, of unit length
    middle (d,)                    where the texts of all collections lie on average
    question_of (t,)               the place of the question that each clause answers, ascending
    order, answers                 networks over a clause's figures: its place among others; the log-odds that it answers
    plain_order, plain_answers     the same from the figures that no cosine is in, for any embedding model
    """

    fingerprint: str
    projection: Array
    shift: Array
    questions: Array
    texts: Array
    question_of: NDArray[np.int64]
    middle: Array
    order: Network
    answers: Network
    plain_order: Network
    plain_answers: Network

    def projected(self, vector: Vectors) -> Vectors:
        """A question's vector (d,) moved to where the texts that answer it lie; of unit length."""
        moved: Vectors = unit((vector @ self.projection + self.shift)[None, :])[0]
        return moved

    def recalled(self, projected: Vectors) -> "Recalled":
        """The example questions that are most like this one (d,), projected, with the clauses that answer them."""
        likeness = self.questions @ projected
        chosen = np.arange(len(likeness))
        if len(likeness) > _ALIKE:
            chosen = np.sort(np.argpartition(likeness, len(likeness) - _ALIKE)[-_ALIKE:])
        place = np.full(len(likeness), -1)
        place[chosen] = np.arange(len(chosen))
        owner = place[self.question_of]
        held = np.flatnonzero(owner >= 0)
        return Recalled(self.texts[held], owner[held], likeness[chosen], self.middle)


@dataclass(frozen=True, slots=True)
class Recalled:
    """Clauses (t, d) that answer example questions, which of these each answers (t,), and how like they are (q,) to the
    question that is asked.
    """

    texts: Array
    owner: NDArray[np.int64]
    likeness: Array
    middle: Array

    @property
    def place(self) -> Vectors:
        """Where the clauses lie that answer such questions (d,); of unit length, 0 without examples."""
        if not len(self.texts):
            return np.zeros_like(self.middle)
        found: Vectors = unit((self._shares(_SHARPNESS) @ self.texts)[None, :])[0]
        return found

    def figures(self, vectors: Vectors, middle: Array) -> Array:
        """For clauses (n, d) how much of the examples' answers they are (n, 5): by two shapes of the examples' shares and
        two of likeness to their clauses, and how like the question is that this very clause answers.

        middle  where their collection is seen from (d,)
        """
        if not len(self.texts):
            return np.zeros((len(vectors), 5), np.float32)
        distance = np.sqrt(np.maximum(1 - 2 * (vectors @ middle) + middle @ middle, 1e-6))  # of unit vectors from it
        alike = np.maximum((vectors @ self.texts.T - self.texts @ middle) / distance[:, None], 0)
        shares = np.stack([self._shares(_SHARPNESS), self._shares(2 * _SHARPNESS)], axis=1)
        fourth = np.square(np.square(alike))  # a power takes ten times as long
        near, same = fourth @ shares, np.square(np.square(fourth)) @ shares
        exact = np.where(alike > _SAME, self.likeness[self.owner], 0).max(axis=1)
        return np.concatenate([near, same, exact[:, None]], axis=1).astype(np.float32)

    def _shares(self, sharpness: float) -> Array:
        """What each clause takes (t,) of the softmax over the questions, those of one question alike."""
        share = np.exp((self.likeness - self.likeness.max()) / sharpness)
        share /= share.sum()
        return np.asarray((share / np.bincount(self.owner, minlength=len(share)))[self.owner], np.float32)


def save(learned: Learned, path: Path = PATH) -> None:
    """Writes `learned`, always the same bytes for the same: networks in float32, maps in float16, examples in 8 bits."""
    arrays: dict[str, NDArray[np.generic]] = {"fingerprint": np.array(learned.fingerprint)}
    for field in fields(learned):
        value = getattr(learned, field.name)
        if isinstance(value, Network):
            arrays |= {f"{field.name}.{part.name}": getattr(value, part.name) for part in fields(value)}
        elif field.name in _EXAMPLES:
            scale = max(float(np.abs(value).max(initial=0)), 1e-6) / 127
            arrays |= {
                field.name: np.round(value / scale).astype(np.int8),
                f"{field.name}.scale": np.array(scale, np.float32),
            }
        elif field.name == "question_of":
            arrays[field.name] = value.astype(np.uint16)
        elif not isinstance(value, str):
            arrays[field.name] = value.astype(np.float16)
    held = io.BytesIO()
    np.savez_compressed(held, allow_pickle=False, **arrays)
    path.write_bytes(held.getvalue())


@lru_cache(maxsize=4)
def load(path: Path = PATH) -> Learned:
    """What `save` wrote; read once. Raises OSError, KeyError or ValueError where the file is not one."""
    with np.load(path, allow_pickle=False) as held:

        def network(name: str) -> Network:
            return Network(
                **{part.name: np.asarray(held[f"{name}.{part.name}"], np.float32) for part in fields(Network)}
            )

        def examples(name: str) -> Array:
            return np.asarray(held[name], np.float32) * np.float32(held[f"{name}.scale"])

        return Learned(
            fingerprint=str(held["fingerprint"]),
            projection=np.asarray(held["projection"], np.float32),
            shift=np.asarray(held["shift"], np.float32),
            questions=examples("questions"),
            texts=examples("texts"),
            question_of=np.asarray(held["question_of"], np.int64),
            middle=np.asarray(held["middle"], np.float32),
            order=network("order"),
            answers=network("answers"),
            plain_order=network("plain_order"),
            plain_answers=network("plain_answers"),
        )
