"""Gold questions: one JSON object a line, read and checked before anything is asked.

Fields: id, type, question, turns, answerable, gold (a list of {doc, clause, quote}), any_gold, facts (an inner list
holds alternatives), answer. What is wrong with a line is said with its number.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from rag.clause import Document, DocumentId, Parsed
from rag.numeral import bare


@dataclass(frozen=True, slots=True)
class Gold:
    """A clause that a right answer rests on; `clause` is its path joined by "/", None where only the quote counts."""

    doc: str
    clause: str | None
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what a right answer contains and cites."""

    id: str
    type: str
    question: str
    turns: tuple[str, ...]
    answerable: bool
    gold: tuple[Gold, ...]
    any_gold: bool
    facts: tuple[tuple[str, ...], ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a gold file."""

    line: int
    reason: str

    def __str__(self) -> str:
        """The line and the reason."""
        return f"line {self.line}: {self.reason}"


def read(path: Path) -> tuple[list[tuple[int, Question]], list[Fault]]:
    """The questions of a file with their line numbers, and the lines that are none; OSError where it cannot be read."""
    found: list[tuple[int, Question]] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            question = _question(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            faults.append(Fault(number, f"{type(error).__name__}: {error}"))
            continue
        if question.id in seen:
            faults.append(Fault(number, f"the id {question.id!r} stands in line {seen[question.id]} already"))
            continue
        seen[question.id] = number
        found.append((number, question))
    return found, faults


def _question(given: Mapping[str, Any]) -> Question:
    """A line as a Question; ValueError, KeyError or TypeError where a field is missing or of the wrong form."""
    facts = tuple(tuple(fact) if isinstance(fact, list) else (fact,) for fact in given.get("facts") or [])
    if not all(isinstance(text, str) and text.strip() for fact in facts for text in fact):
        raise ValueError("facts are texts, or lists of texts")
    if not isinstance(given["question"], str) or not given["question"].strip():
        raise ValueError("the question is empty")
    if not isinstance(given["answerable"], bool):
        raise TypeError("answerable is true or false")
    gold = tuple(Gold(str(g["doc"]), g["clause"], str(g["quote"])) for g in given.get("gold") or [])
    if given["answerable"] and not gold:
        raise ValueError("an answerable question needs gold")
    return Question(
        id=str(given["id"]),
        type=str(given["type"]),
        question=given["question"],
        turns=tuple(given.get("turns") or ()),
        answerable=given["answerable"],
        gold=gold,
        any_gold=bool(given.get("any_gold")),
        facts=facts,
        answer=str(given.get("answer") or ""),
    )


def located(documents: Sequence[Document]) -> dict[str, DocumentId]:
    """The documents by the names that a gold file may use: file name with and without its ending, title."""
    names: dict[str, DocumentId] = {}
    for document in documents:
        file = PurePath(document.source)
        for name in (document.title, file.stem, file.name):
            names[bare(name)] = document.id
    return names


def misplaced(
    questions: Sequence[tuple[int, Question]], names: Mapping[str, DocumentId], texts: Mapping[DocumentId, Parsed]
) -> list[Fault]:
    """Gold whose document is not indexed, or whose quote is not in its document."""
    faults: list[Fault] = []
    for line, question in questions:
        for gold in question.gold:
            document = names.get(bare(gold.doc))
            if document is None:
                faults.append(Fault(line, f"{question.id}: no document {gold.doc!r}"))
            elif bare(gold.quote) not in bare(texts[document].text.characters):
                faults.append(Fault(line, f"{question.id}: the quote is not in {gold.doc!r}: {gold.quote[:40]!r}"))
    return faults
