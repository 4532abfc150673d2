"""The gold questions in eval/gold/ keep their schema, and every quote stands in its document."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from rag.load import read

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus"
FIELDS = {"id", "type", "question", "turns", "answerable", "gold", "facts", "answer"}
TYPES = {
    "factual", "colloquial", "table", "direct", "multi_doc", "enumeration", "multi_turn", "validity", "unanswerable",
}  # fmt: skip
FILES = sorted(path for path in (ROOT / "eval" / "gold").glob("*.jsonl") if path.stem != "outlines")
QUESTIONS = [
    pytest.param(json.loads(line), id=f"{path.stem}:{number}")
    for path in FILES
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
]


def bare(text: str) -> str:
    """As the scoring compares: after NFKC, without white space."""
    return "".join(normalize("NFKC", text).split())


@cache
def document(name: str) -> str:
    return bare(read(CORPUS / name).characters)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_keeps_the_schema(question: dict[str, Any]) -> None:
    assert question.keys() - {"any_gold"} == FIELDS
    assert question["type"] in TYPES
    assert question["question"].strip() and question["answer"].strip()
    assert question["turns"] is None or all(turn.strip() for turn in question["turns"])
    assert bool(question["turns"]) == (question["type"] == "multi_turn")
    silent = {"unanswerable", "multi_turn"}  # a follow-up may lead out of the documents
    assert question["type"] in silent if not question["answerable"] else question["type"] != "unanswerable"
    assert question["answerable"] == bool(question["gold"]) == bool(question["facts"])
    assert all(gold.keys() == {"doc", "clause", "quote"} for gold in question["gold"])


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_stands_in_its_document(question: dict[str, Any]) -> None:
    lost = [gold["quote"] for gold in question["gold"] if bare(gold["quote"]) not in document(gold["doc"])]
    assert lost == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_reference_answer_holds_every_fact(question: dict[str, Any]) -> None:
    facts = [fact if isinstance(fact, list) else [fact] for fact in question["facts"]]
    answer = bare(question["answer"])
    assert [each for each in facts if not any(bare(one) in answer for one in each)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_ids_are_unique_and_all_types_occur(path: Path) -> None:
    questions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({question["id"] for question in questions}) == len(questions)
    assert {question["type"] for question in questions} == TYPES


def test_there_are_gold_questions() -> None:
    assert [path.name for path in FILES] and len(QUESTIONS) >= 40
