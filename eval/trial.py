"""What the benchmark runs in a process of its own: `python -m eval.trial NAME …` prints one JSON object.

A process of its own, since starting it is what is measured, or its memory, which never shrinks to what it was before.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rag.answer import Answerer
from rag.embed import Embedder, Vectors, embedder
from rag.index import build, open_index
from rag.settings import load

_LONGEST = 32
"""Texts of each call that are embedded where only memory counts: the longest take the most."""


class Sparing:
    """A model that embeds the longest texts of each call and gives the others a vector without asking: for memory."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.fingerprint, self.dimension = f"sparing {model.fingerprint}", model.dimension
        self.fits, self.queries = model.fits, model.queries

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Vectors (n, d) of unit length."""
        found = np.full((len(texts), self.dimension), self.dimension**-0.5, np.float32)
        longest = sorted(range(len(texts)), key=lambda i: -len(texts[i]))[:_LONGEST]
        found[longest] = self._model.passages([texts[i] for i in longest])
        return found


def first(index: Path, question: str, began: float) -> dict[str, float]:
    """Seconds from `began` (of the clock) to the first answer, and those of them in which the model was loaded."""
    settings = load(index=index)
    model = embedder(settings)
    opened = open_index(settings, embedder=model)
    answerer = Answerer(opened, model, settings)
    spent = []
    for _ in range(2):  # the first loads the model, too
        start = time.perf_counter()
        model.queries(["什么时候开始"])
        spent.append(time.perf_counter() - start)
    answerer.ask(question)
    return {"total": time.time() - began - spent[1], "load": spent[0] - spent[1]}


def serving(index: Path, questions: Path) -> dict[str, float | None]:
    """The megabytes at the peak of answering the questions of a file, one a line."""
    answerer = Answerer.open(load(index=index))
    for question in questions.read_text(encoding="utf-8").splitlines():
        answerer.ask(question)
    return {"megabytes": _peak()}


def building(docs: Path, *, full: bool) -> dict[str, float | None]:
    """The megabytes at the peak of building an index of `docs`; unless `full`, most vectors are made up."""
    with tempfile.TemporaryDirectory(prefix="tiaomu-bench-") as folder:
        settings = load(index=Path(folder))
        model = embedder(settings)
        build([docs], settings, embedder=model if full else Sparing(model))
    return {"megabytes": _peak()}


def _peak() -> float | None:
    """The most megabytes that this process and the largest of its children held; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    most = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main(name: str, *given: str) -> None:
    """Runs one trial and prints what it found."""
    made: dict[str, Callable[[], object]] = {
        "first": lambda: first(Path(given[0]), given[1], float(given[2])),
        "serving": lambda: serving(Path(given[0]), Path(given[1])),
        "building": lambda: building(Path(given[0]), full=given[1:] == ("full",)),
    }
    print(json.dumps(made[name]()))


if __name__ == "__main__":
    main(*sys.argv[1:])
