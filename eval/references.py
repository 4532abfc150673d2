"""Direct references made from documents: is the clause that is named exactly first, and is what is not there said to be so?

`eval.spoken` makes the questions from the parsed documents; here they are asked. The index is built without a model, and
the embedder counts how often it is asked: a reference needs no vector.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.spoken import Asked, Speaker
from rag.answer import Answerer
from rag.embed import Vectors
from rag.index import build, open_index
from rag.settings import Settings

_TOP = 10


class Blank:
    """An embedder that knows nothing: every text has the same vector. `asked` counts the questions."""

    fingerprint = "blank@1"
    dimension = 2

    def __init__(self) -> None:
        self.asked = 0

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """One vector for each text."""
        return np.tile(np.array([[1.0, 0.0]], np.float32), (len(texts), 1))

    def fits(self, passage: str) -> bool:
        """True: nothing is cut."""
        return True

    def queries(self, texts: Sequence[str]) -> Vectors:
        """One vector for each text."""
        self.asked += len(texts)
        return self.passages(texts)


@dataclass(frozen=True, slots=True)
class References:
    """What became of the references.

    asked, exact      those that are there; those whose clauses stood first, in their order
    absent, refused   those that are not there; those that were refused and gave no hit
    vectors           questions for which a vector was asked
    left_out          references that were not asked, by the reason: more than one clause fits them
    milliseconds      a search's, sorted, the first of each document left out
    """

    documents: int
    asked: int
    exact: int
    absent: int
    refused: int
    vectors: int
    left_out: Counter[str]
    forms: Counter[str]
    milliseconds: tuple[float, ...]
    failures: tuple[str, ...]


def measured(
    docs: Path,
    settings: Settings,
    n: int = 200,
    seed: int = 7,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> References:
    """Builds an index of `docs` without a model, in a temporary folder, and asks `n` references and n / 2 that are not there."""
    model = Blank()
    with tempfile.TemporaryDirectory(prefix="tiaomu-references-") as folder:
        settings = settings.model_copy(update={"index": Path(folder), "embedding": "blank", "llm_url": None})
        build([docs], settings, embedder=model, only=True, progress=progress)
        answerer = Answerer(open_index(settings, embedder=model), model, settings)
        try:
            return _asked(answerer, n, seed, model)
        finally:
            answerer.index.close()


def _asked(answerer: Answerer, n: int, seed: int, model: Blank) -> References:
    store = answerer.index.store
    speaker = Speaker([store.parsed(document.id) for document in answerer.documents()], seed)
    there, gone = speaker.questions(n), speaker.absent(n // 2)
    failures: list[str] = []
    spent: list[float] = []
    seen: set[str] = set()
    for one in there:
        began = time.perf_counter()
        hits = answerer.search(one.question, top=_TOP)
        took = 1000 * (time.perf_counter() - began)
        if one.wanted[0][0] in seen:
            spent.append(took)
        seen.add(one.wanted[0][0])
        found = tuple((hit.document.id, hit.clause.path) for hit in hits[: len(one.wanted)])
        if found != one.wanted:
            failures.append(f"{one.question} → {_shown(found)}；应为 wanted {_shown(one.wanted)}")
    exact = len(there) - len(failures)
    vectors = model.asked
    refused = 0
    for one in gone:
        answer, hits = answerer.ask(one.question), answerer.search(one.question, top=_TOP)
        if answer.refused and answer.reason in ("false_premise", "out_of_scope") and not hits:
            refused += 1
        else:
            failures.append(f"{one.question} → {answer.reason} {answer.answer[:60]!r}；应拒答 wanted a refusal")
    forms = Counter(one.form for one in there)
    return References(
        len(speaker.documents), len(there), exact, len(gone), refused, vectors, speaker.left_out, forms,
        tuple(sorted(spent)), tuple(failures),
    )  # fmt: skip


def _shown(found: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    return "，".join(f"{document} {'/'.join(path)}" for document, path in found) or "–"


def table(one: References, docs: str) -> str:
    """The figures as lines, the failures below them."""
    half = one.milliseconds[len(one.milliseconds) // 2] if one.milliseconds else float("nan")
    late = one.milliseconds[int(0.95 * len(one.milliseconds))] if one.milliseconds else float("nan")
    left = "，".join(f"{reason} {count}" for reason, count in one.left_out.most_common()) or "0"
    lines = [
        f"{docs}: {one.documents} documents",
        f"exact_first    {one.exact}/{one.asked}  {len(one.forms)} forms",
        f"absent_refused {one.refused}/{one.absent}",
        f"vectors        {one.vectors}",
        f"search ms      p50 {half:.1f}  p95 {late:.1f}",
        f"未问 left out: {left}",
    ]
    return "\n".join([*lines, *(f"✗ {failure}" for failure in one.failures)])


__all__ = ["Asked", "Blank", "References", "measured", "table"]
