"""The best clauses put in order anew by a cross-encoder, which reads the question and a clause together.

Optional: where `RAG_RERANKER` is unset nothing here is made or imported. What a clause's place is worth, its score,
is `rag.score`'s and does not change here.
"""

import re
import threading
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.clause import Hit
from rag.embed import clean
from rag.embed.hub import opened
from rag.errors import NoReranker, Phrase
from rag.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Scores = NDArray[np.float32]
"""(n,), the higher the better; comparable within one question only."""

_LIMIT = 1000
"""Characters of a clause that are read: more than most models take, and a bound for those that take 8,000 tokens."""
_BATCH = 8
"""Pairs of a batch."""
_TRAINED = ("ForSequenceClassification", "ForCausalLM")
"""Endings of the architectures that judge a pair; to any other the loader adds a last layer of random weights."""


def reranker(settings: Settings) -> "Reranker | None":
    """The cross-encoder that `settings.reranker` names, None where it is unset; instant, one for all who name it."""
    return _shared(settings.reranker) if settings.reranker else None


@lru_cache(maxsize=2)
def _shared(place: str) -> "Reranker":
    return Reranker(place)


class Reranker:
    """A sentence-transformers CrossEncoder on the CPU, loaded once, at first use; may be used from several threads."""

    def __init__(self, place: str) -> None:
        """Costs nothing. `place` is a folder or a name."""
        self._place = place
        self._lock = threading.Lock()
        self._model: CrossEncoder | None = None
        self._specials = re.compile("(?!)")

    def order(self, question: str, texts: Sequence[str]) -> Scores:
        """How well each text answers the question, in the order of `texts`, as the model's last layer says it: before a
        sigmoid, which makes the best ones equal.

        Raises NoReranker, at first use, where the model cannot be loaded or gives more than one number for a pair.
        Cost: each text goes through the model with the question.
        """
        if not texts:
            return np.zeros(0, np.float32)
        with self._lock:  # the tokenizer is not safe in two threads
            if self._model is None:
                self._model = self._load()
            from torch.nn import Identity

            pairs = [(clean(question, self._specials), clean(text, self._specials)) for text in texts]
            found = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=Identity())
        return np.asarray(found, np.float32)

    def _load(self) -> "CrossEncoder":
        def make(offline: bool) -> "CrossEncoder":
            import torch
            from sentence_transformers import CrossEncoder

            known = {"device": "cpu", "model_kwargs": {"dtype": torch.float32}}
            model: CrossEncoder = CrossEncoder(self._place, local_files_only=offline, **known).eval()
            return model

        model = opened(make, self._place, NoReranker)
        built = getattr(model.config, "architectures", None) or ()
        if built and not any(one.endswith(_TRAINED) for one in built):
            reason = Phrase(f"{built[0]} 不是判断文本对的模型", f"{built[0]} does not judge pairs of texts")
            raise NoReranker(name=self._place, reason=reason)
        if model.num_labels != 1:
            n = model.num_labels
            reason = Phrase(f"每对文本给出 {n} 个数，应为 1 个", f"it gives {n} numbers for a pair, not one")
            raise NoReranker(name=self._place, reason=reason)
        names = {*getattr(model.tokenizer, "all_special_tokens", ())}
        self._specials = re.compile("|".join(re.escape(name) for name in sorted(names) if len(name) > 1) or "(?!)")
        return model


def read(hit: Hit) -> str:
    """What the cross-encoder reads of a clause: its document's title and its headings, then the head of its text."""
    return f"{hit.document.title} {hit.clause.heading} {hit.clause.text}"[:_LIMIT]


def reordered(scores: Scores, groups: Sequence[Hashable]) -> list[int]:
    """For each place the number of what comes there, best first by `scores`, equal ones as they were.

    A place goes to one of the group that held it: what has lapsed does not come before what holds by being worded alike.

    >>> reordered(np.array([1, 3, 2, 4], np.float32), "aaba")
    [3, 1, 2, 0]
    """
    best = [int(i) for i in np.argsort(-scores, kind="stable")]
    each = {group: iter([i for i in best if groups[i] == group]) for group in set(groups)}
    return [next(each[group]) for group in groups]
