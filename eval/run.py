"""Asks every gold question and gathers what is needed to score the answers and to read them."""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

from eval.gold import Fault, Question, located, misplaced, read
from eval.metrics import Cited, Figure, Outcome, found, holds, measured, wanted
from rag.answer import Answerer
from rag.clause import Answer, Clause, Document
from rag.contract import answer_json
from rag.embed import Embedder, embedder
from rag.errors import RagError
from rag.index import build, open_index
from rag.numeral import bare
from rag.settings import ROOT, Settings

Progress = Callable[[str, int, int], None]
"""Called with the stage, what is done and how much it is in all."""
_PACKAGES = ("tiaomu", "torch", "sentence-transformers", "faiss-cpu", "bm25s", "langchain", "gradio")
_DEPTH = 100


class BadGold(RagError):
    """A gold file with lines that cannot be scored."""

    zh = "{path} 有 {count} 处问题，未开始评测（加 --lenient 跳过）：{faults}"
    en = "{path} has {count} faults, nothing was asked (skip them with --lenient): {faults}"


@dataclass(frozen=True, slots=True)
class Report:
    """A run: the figures, overall and by type of question, and each question with its answer."""

    metrics: dict[str, Figure]
    by_type: dict[str, dict[str, Figure]]
    questions: list[dict[str, Any]]
    about: dict[str, Any]

    def json(self) -> dict[str, Any]:
        """The report as `report.json` holds it."""
        by_type = {kind: {name: asdict(f) for name, f in figures.items()} for kind, figures in self.by_type.items()}
        metrics = {name: asdict(figure) for name, figure in self.metrics.items()}
        return {"metrics": metrics, "by_type": by_type, **self.about, "questions": self.questions}


def run(
    gold: Path,
    docs: Path,
    settings: Settings,
    *,
    index: Path | None = None,
    limit: int | None = None,
    lenient: bool = False,
    model: Embedder | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Report:
    """Scores the system on a gold file over the documents of `docs`.

    index   where the index is kept for the next run; None builds it in a temporary folder
    Raises  BadGold before anything is asked, unless `lenient`; RagError of the index
    """
    numbered, faults = read(gold)
    with contextlib.ExitStack() as stack:
        folder = index or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiaomu-eval-")))
        settings = settings.model_copy(update={"index": folder})
        model = model or embedder(settings)
        build([docs], settings, embedder=model, only=True, progress=progress)
        answerer = Answerer(open_index(settings, embedder=model), model, settings)
        stack.callback(answerer.index.close)
        names = located(answerer.documents())
        texts = {document.id: answerer.source(document.id) for document in answerer.documents()}
        faults += misplaced(numbered, names, texts)
        if faults and not lenient:
            raise BadGold(path=gold, count=len(faults), faults="；".join(map(str, faults[:20])))
        bad = {fault.line for fault in faults}
        asked = [question for line, question in numbered if line not in bad][:limit]
        outcomes, rows = _asked(asked, answerer, progress)
        return _report(outcomes, rows, answerer, gold, faults)


def _asked(
    questions: Sequence[Question], answerer: Answerer, progress: Progress
) -> tuple[list[Outcome], list[dict[str, Any]]]:
    outcomes: list[Outcome] = []
    rows: list[dict[str, Any]] = []
    if questions:
        answerer.search(questions[0].question, questions[0].turns)  # loads the model, which no answer should pay for
    for done, question in enumerate(questions):
        progress("ask", done, len(questions))
        began = time.perf_counter()
        answer = answerer.ask(question.question, question.turns)
        ms = 1000 * (time.perf_counter() - began)
        hits = answerer.search(question.question, question.turns, top=_DEPTH)
        outcome = Outcome(
            question,
            answer.answer,
            answer.refused,
            tuple(cited(c.document, c.clause) for c in answer.citations),
            tuple(cited(h.document, h.clause) for h in hits),
            ms,
        )
        outcomes.append(outcome)
        rows.append(_row(outcome, answer, [str(h.clause.id) for h in hits[:10]]))
    progress("ask", len(questions), len(questions))
    return outcomes, rows


def cited(document: Document, clause: Clause) -> Cited:
    """A clause as the metrics compare it."""
    file = PurePath(document.source)
    names = frozenset(bare(name) for name in (document.title, file.name, file.stem))
    return Cited(names, "/".join(clause.path), clause.text)


def _row(outcome: Outcome, answer: Answer, hits: list[str]) -> dict[str, Any]:
    """A question as the report shows it, with what its answer lacks."""
    question = outcome.question
    shown = "" if outcome.refused else outcome.answer
    missed = [list(fact) for fact in question.facts if not any(holds(a, shown) for a in fact)]
    groups = zip(wanted(question), found(question, outcome.citations), strict=True)
    uncited = [asdict(group[0]) for group, hit in groups if not hit]
    wrong = outcome.refused == question.answerable or (question.answerable and bool(missed or uncited))
    return {
        "id": question.id,
        "type": question.type,
        "question": question.question,
        "turns": list(question.turns),
        "answerable": question.answerable,
        "reference": question.answer,
        "gold": [asdict(gold) for gold in question.gold],
        "result": answer_json(answer, question.id),
        "hits": hits,
        "missed_facts": missed if question.answerable else [],
        "missed_gold": uncited if question.answerable else [],
        "right": not wrong,
        "ms": round(outcome.ms, 1),
    }


def _report(
    outcomes: list[Outcome], rows: list[dict[str, Any]], answerer: Answerer, gold: Path, faults: list[Fault]
) -> Report:
    kinds = dict.fromkeys(outcome.question.type for outcome in outcomes)
    by_type = {kind: measured([o for o in outcomes if o.question.type == kind]) for kind in kinds}
    settings = answerer.settings.model_dump(mode="json", exclude={"llm_key", "index", "cache", "corpus"})
    about = {
        "gold": gold.name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "model": answerer.settings.llm_model if answerer.settings.llm_url else "extractive",
        "embedding": answerer.retriever.embedder.fingerprint,
        "generation": answerer.index.manifest.generation,
        "counts": answerer.index.store.counts(),
        "versions": dict(_versions()),
        "settings": settings,
        "skipped": [str(fault) for fault in faults],
    }
    return Report(measured(outcomes), by_type, rows, about)


def _versions() -> Iterator[tuple[str, str]]:
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            yield package, version(package)


def _commit() -> str | None:
    """The commit of this checkout; None outside one."""
    try:
        command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
