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
_EXAMPLES = ("questions", "texts")
PATH = Path(__file__).parent / "learned.npz"


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
    questions, texts (q, d)        example questions, and where the texts that answer each of them lie beyond the mean
    order, answers                 networks over a clause's figures: its place among others; the log-odds that it answers
    plain_order, plain_answers     the same from the figures that no cosine is in, for any embedding model
    """

    fingerprint: str
    projection: Array
    shift: Array
    questions: Array
    texts: Array
    order: Network
    answers: Network
    plain_order: Network
    plain_answers: Network

    def projected(self, vector: Vectors) -> Vectors:
        """A question's vector (d,) moved to where the texts that answer it lie; of unit length."""
        moved: Vectors = unit((vector @ self.projection + self.shift)[None, :])[0]
        return moved

    def remembered(self, vector: Vectors) -> Vectors:
        """Where the texts lie that answer example questions like this one (d,); of unit length."""
        if not len(self.questions):
            return np.zeros_like(vector)
        likeness = self.questions @ self.projected(vector) / _SHARPNESS
        share = np.exp(likeness - likeness.max())
        recalled: Vectors = unit((share / share.sum() @ self.texts)[None, :])[0]
        return recalled


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
            order=network("order"),
            answers=network("answers"),
            plain_order=network("plain_order"),
            plain_answers=network("plain_answers"),
        )
