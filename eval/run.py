"""Runs a gold file: questions in, a Report out; what it ran on is part of the report."""

import contextlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.about import commit, machine, shown, versions
from eval.answering import ANSWERING
from eval.baselines import PRODUCT, Material
from eval.given import Answering
from eval.gold import BadGold, Fault, NoQuestions, Question, placed, read, sources
from eval.judge import judged
from eval.report import Pair, Report, Scores, scored
from rag.changes import Failure
from rag.embed import Embedder, embedder
from rag.index import build, open_index
from rag.settings import Settings

Progress = Callable[[str, int, int], None]
"""Called with the stage, what is done and how much it is in all."""


def run(
    gold: Path,
    docs: Path,
    settings: Settings,
    *,
    systems: Sequence[str] = (PRODUCT,),
    index: Path | None = None,
    limit: int | None = None,
    lenient: bool = False,
    judge: bool = False,
    model: Embedder | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Report:
    """Scores the systems on a gold file over the documents of `docs`; the report is about the first of them.

    index   where the index is kept for the next run, brought in line with `docs` and nothing else; None builds it in
            a temporary folder
    judge   has the language model of the settings judge the answers, too
    Raises  BadGold before anything is indexed or asked, unless `lenient`; NoQuestions; RagError of the index;
            ModelFault where a system that is a language model's answers nothing from the start
    """
    asked, faults = checked(gold, docs, settings.question_limit, lenient=lenient, progress=progress)
    with contextlib.ExitStack() as stack:
        folder = index or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiaomu-eval-")))
        settings = settings.model_copy(update={"index": folder})
        model = model or embedder(settings)
        summary = build([docs], settings, embedder=model, only=True, progress=progress)
        material = Material(open_index(settings, embedder=model), model, settings)
        stack.callback(material.index.close)
        found = {name: scored(answers(ANSWERING[name](material), asked[:limit], name, progress)) for name in systems}
        if judge:
            found = {name: _judged(scores, name, settings, progress) for name, scores in found.items()}
        first, *others = systems
        about = _about(material, gold, faults, summary.failed)
        return Report(first, found[first], about, {name: found[name] for name in others})


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


def answers(
    system: Answering, questions: Sequence[Question], name: str, progress: Progress, *, is_warm: bool = False
) -> list[Pair]:
    """What a system gives for each question, in their order; one that is not warm is asked the first once before."""
    if not is_warm:
        system.answer(questions[0])  # loads what is loaded at first use, which no measured answer should pay for
    given: list[Pair] = []
    for question in questions:
        progress(f"ask {name}", len(given), len(questions))
        given.append((question, system.answer(question)))
    progress(f"ask {name}", len(given), len(questions))
    return given


def _judged(scores: Scores, name: str, settings: Settings, progress: Progress) -> Scores:
    """The scores with what the language model thinks of the answers; the measured figures stay as they are."""
    rows, opinion = judged(scores.questions, settings, lambda done, total: progress(f"judge {name}", done, total))
    return replace(scores, questions=rows, judged_by_model=opinion)


def _about(material: Material, gold: Path, faults: Sequence[Fault], failed: Sequence[Failure]) -> dict[str, Any]:
    settings = material.settings
    return {
        "gold": gold.name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "model": settings.llm_model if settings.llm_url else "extractive",
        "embedding": material.model.fingerprint,
        "generation": material.index.manifest.generation,
        "counts": material.index.store.counts(),
        "versions": versions(),
        "settings": shown(settings),
        "threshold": settings.refusal_threshold,
        "skipped": [str(fault) for fault in faults],
        "failed": [asdict(one) for one in failed],
    }
