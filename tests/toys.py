"""Small true things that tests share: embedders and weights to work out by hand, a document from a list of clauses."""

import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.answer import Answerer
from rag.candidates import FIGURES
from rag.clause import Clause, ClauseId, Document, DocumentId, Kind, Parsed, Text
from rag.embed import Vectors, unit
from rag.index import build, open_index
from rag.learned import Array, Learned, Network
from rag.score import PLAIN
from rag.settings import load


class Letters:
    """An embedder with a dimension for each of its letters: the vector counts them, the last dimension is 1."""

    def __init__(self, letters: str = "甲乙丙丁", fingerprint: str = "letters@1") -> None:
        self.letters = letters
        self.fingerprint = fingerprint
        self.dimension = len(letters) + 1
        self.seen: list[str] = []
        self.fails_after: int | None = None

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        if self.fails_after is not None and len(self.seen) + len(texts) > self.fails_after:
            raise KeyboardInterrupt
        self.seen.extend(texts)
        if progress:
            progress(len(texts), len(texts))
        return self.queries(texts)

    def fits(self, passage: str) -> bool:
        return True

    def queries(self, texts: Sequence[str]) -> Vectors:
        counts = [[text.count(letter) for letter in self.letters] + [1] for text in texts]
        return unit(np.array(counts, np.float32).reshape(len(texts), self.dimension))


def made(
    parts: Sequence[tuple[Kind, tuple[str, ...], str]],
    id: str = "甲发〔2022〕1号",
    title: str = "甲办法",
    gap: str = "\n",
) -> Parsed:
    """A document of clauses (kind, path, text), one after the other with `gap` between them."""
    clauses, start = [], 0
    for n, (kind, path, text) in enumerate(parts):
        clause_id = ClauseId(f"{id}#{'/'.join(path)}~{n}")
        clauses.append(Clause(clause_id, kind, path[-1], path, "", text, start, start + len(text)))
        start += len(text) + len(gap)
    text = Text(gap.join(text for _, _, text in parts))
    return Parsed(Document(DocumentId(id), title), text, tuple(clauses))


def written(folder: Path, **texts: str) -> Path:
    """A folder with a text file of each name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def changed(content: bytes, name: str, part: bytes | None) -> bytes:
    """The package `content` with another member `name`; None takes it out."""
    whole = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info))
        if part is not None:
            new.writestr(name, part)
    return whole.getvalue()


class Characters:
    """An embedder without a model: pairs of neighbouring characters counted in 256 places by their code points."""

    fingerprint = "characters@1"
    dimension = 256

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        return self.queries(texts)

    def fits(self, passage: str) -> bool:
        return True

    def queries(self, texts: Sequence[str]) -> Vectors:
        found = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for a, b in pairwise(text):
                found[row, (31 * ord(a) + ord(b)) % self.dimension] += 1
        return unit(found)


def summing(columns: int, **weights: float) -> Network:
    """A network that says 100 · tanh(Σ weight · figure / 100), nearly the sum itself; `_2` weighs column 2."""
    inner = np.zeros((columns, 1), np.float32)
    for name, weight in weights.items():
        inner[int(name[1:]), 0] = weight / 100
    ones = np.ones(1, np.float32)
    return Network(
        mean=np.zeros(columns, np.float32),
        scale=np.ones(columns, np.float32),
        inner=inner,
        inner_bias=0 * ones,
        outer=100 * ones,
        outer_bias=0 * ones,
    )


def learned(dimension: int, **given: str | Array | Network | NDArray[np.int64]) -> Learned:
    """Weights that change no question, remember none and say 0 of every clause, but for what is `given`."""
    fields: dict[str, object] = {
        "fingerprint": "letters@1",
        "projection": np.eye(dimension, dtype=np.float32),
        "shift": np.zeros(dimension, np.float32),
        "questions": np.zeros((0, dimension), np.float32),
        "texts": np.zeros((0, dimension), np.float32),
        "question_of": np.zeros(0, np.int64),
        "middle": np.zeros(dimension, np.float32),
        "order": summing(len(FIGURES)),
        "answers": summing(len(FIGURES) + 2),
        "plain_order": summing(len(PLAIN)),
        "plain_answers": summing(len(PLAIN) + 2),
    }
    return Learned(**(fields | given))  # type: ignore[arg-type]


def answering(folder: Path, **settings: object) -> Answerer:
    """An answerer over the documents of `folder` / "corpus", without a model."""
    chosen = load({}, index=folder / "index", embedding="characters", **settings)
    build([folder / "corpus"], chosen, embedder=Characters())
    return Answerer(open_index(chosen, embedder=Characters()), Characters(), chosen)
