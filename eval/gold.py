"""Gold questions: one JSON object a line or a row of a workbook, read and checked before anything is asked.

Fields: id, type, question, turns, answerable, gold (a list of {doc, clause, quote}), any_gold, facts (an inner list
holds alternatives), answer, note. What is wrong with a line is said with its number. How a workbook holds them is
sheet's, scoring is metrics'.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from eval import sheet
from rag.clause import Document
from rag.errors import InputFault, QuestionFault, RagError, Unreadable
from rag.load import files
from rag.load import read as loaded
from rag.metadata import describe
from rag.numeral import bare
from rag.understand import clean

_STATE = "中华人民共和国"
"""Laws are named with it and without it: 《中华人民共和国刑法》, 刑法."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A clause that a right answer rests on; `clause` is its path joined by "/", None where only the quote counts.

    `sources` are the files that `doc` names and that hold the quote, as `Document.source` gives them: `placed` finds
    them.
    """

    doc: str
    clause: str | None
    quote: str
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what a right answer contains and cites; each fact is a tuple of alternatives.

    `note` is a word to the person who edits it, such as what drafted it; it is not scored.
    """

    id: str
    type: str
    question: str
    turns: tuple[str, ...] = ()
    answerable: bool = True
    gold: tuple[Gold, ...] = ()
    any_gold: bool = False
    facts: tuple[tuple[str, ...], ...] = ()
    answer: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a gold file."""

    line: int
    reason: str

    def __str__(self) -> str:
        """The line and the reason."""
        return f"line {self.line}: {self.reason}"


Numbered = tuple[int, Question]
"""A question with the number of its line."""


class BadGold(RagError):
    """A gold file with lines that cannot be scored; `faults` are all of them."""

    zh = "标注文件 {path} 有 {count} 处问题，没有继续（第一处 {first}）。请更正，或加 --lenient 跳过"
    en = "{path} has {count} faults, nothing was done (the first: {first}). Mend them, or skip them with --lenient"

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        """All faults of the file, in the order of their lines."""
        self.faults = tuple(faults)
        super().__init__(path=path, count=len(faults), first=faults[0])


class NoQuestions(RagError):
    """A gold file that leaves nothing to ask."""

    zh = "标注文件 {path} 里没有可用的问题。请检查文件"
    en = "{path} leaves no question to ask. Check the file"


# Lines ---------------------------------------------------------------------------------------------------------


def read(path: Path, limit: int = 2000) -> tuple[list[Numbered], list[Fault]]:
    """The questions of a file with their line numbers, and the lines that are none or have an id twice.

    A file `.xlsx` is read as a workbook, with its rows for lines. `limit` is the most characters of a question.
    Raises Unreadable where the file cannot be read.
    """
    faults: list[Fault] = []
    given: Iterable[tuple[int, object]]
    if is_workbook(path):
        given, wrong = sheet.lines(path)
        faults += [Fault(*one) for one in wrong]
    else:
        given = _objects(path, faults)
    found: list[Numbered] = []
    seen: dict[str, int] = {}
    for number, one in given:
        try:
            question = _question(one, limit)
        except QuestionFault as error:
            faults.append(Fault(number, error.message()))
        except (TypeError, ValueError) as error:
            faults.append(Fault(number, str(error)))
        else:
            if question.id in seen:
                faults.append(Fault(number, f"the id {question.id!r} stands in line {seen[question.id]} already"))
                continue
            seen[question.id] = number
            found.append((number, question))
    return found, sorted(faults, key=lambda fault: fault.line)


def is_workbook(path: Path) -> bool:
    """Whether a file of questions is a workbook, by its ending."""
    return path.suffix.lower() == ".xlsx"


def _objects(path: Path, faults: list[Fault]) -> Iterator[tuple[int, object]]:
    """What the lines of a file hold, with their numbers; those that are not JSON go to `faults`."""
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise Unreadable(path=path, reason=error.strerror or error) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line.decode("utf-8"))
            json.dumps(given, ensure_ascii=False).encode()  # a lone surrogate cannot be written to the report
        except RecursionError:
            faults.append(Fault(number, "nested too deep"))
        except ValueError as error:  # also what is not UTF-8
            faults.append(Fault(number, str(error)))
        else:
            yield number, given


def written(question: Question) -> sheet.Line:
    """A question as the object that a line of a gold file holds; what is not set stands as in the schema, or is left out.

    >>> written(Question("a", "factual", "几年？", gold=(Gold("甲.txt", None, "2年"),), facts=(("2年", "两年"),)))["facts"]
    [['2年', '两年']]
    """
    line: sheet.Line = {
        "id": question.id,
        "type": question.type,
        "question": question.question,
        "turns": [*question.turns] or None,
        "answerable": question.answerable,
        "gold": [{"doc": one.doc, "clause": one.clause, "quote": one.quote} for one in question.gold],
        "facts": [fact[0] if len(fact) == 1 else [*fact] for fact in question.facts],
        "answer": question.answer,
    }
    more = {"any_gold": question.any_gold, "note": question.note}
    return {**line, **{name: value for name, value in more.items() if value}}


def content(questions: Iterable[Question], path: Path) -> bytes:
    """What a file of these questions holds, a workbook by the ending `.xlsx`, else a line of JSON each.

    Raises MissingExtra and TooLongForCell, both for a workbook only.
    """
    lines = [written(question) for question in questions]
    if is_workbook(path):
        return sheet.content(lines)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _question(given: object, limit: int) -> Question:
    """A line as a Question; TypeError, ValueError or QuestionFault where a field is missing or of the wrong form."""
    if not isinstance(given, dict):
        raise TypeError("not a JSON object")
    answerable = given.get("answerable")
    any_gold = given.get("any_gold") or False
    if not isinstance(answerable, bool) or not isinstance(any_gold, bool):
        raise TypeError("answerable and any_gold are true or false")
    gold = tuple(_gold(entry) for entry in _list(given, "gold"))
    if answerable and not gold:
        raise ValueError("an answerable question needs gold")
    turns = tuple(_text(turn, "a turn") for turn in _list(given, "turns"))
    question = _text(given.get("question"), "question")
    for asked in (question, *turns):
        clean(asked, limit)
    return Question(
        id=_text(given.get("id"), "id"),
        type=_text(given.get("type"), "type"),
        question=question,
        turns=turns,
        answerable=answerable,
        gold=gold,
        any_gold=any_gold,
        facts=tuple(_fact(fact) for fact in _list(given, "facts")),
        answer=str(given.get("answer") or ""),
        note=str(given.get("note") or ""),
    )


def _gold(given: object) -> Gold:
    if not isinstance(given, dict):
        raise TypeError("a gold entry is an object with doc, clause and quote")
    clause = given.get("clause")
    return Gold(
        _text(given.get("doc"), "doc"),
        None if clause is None else _text(clause, "clause"),
        _text(given.get("quote"), "quote"),  # an empty one would stand in every clause
    )


def _fact(given: object) -> tuple[str, ...]:
    alternatives = given if isinstance(given, list) else [given]
    if not alternatives:
        raise ValueError("a fact without alternatives")
    return tuple(_text(one, "a fact") for one in alternatives)


def _list(given: dict[str, Any], name: str) -> list[object]:
    value = given.get(name)
    if value is not None and not isinstance(value, list):
        raise ValueError(f"{name} is a list")
    return value or []


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not bare(value):
        raise ValueError(f"{name} is a text that is not empty")
    return value


# Documents -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A document as gold names it: its file below the folder, the names it goes by, its text; both compared bare."""

    source: str
    names: frozenset[str]
    text: str


def sources(docs: Path, progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None) -> list[Source]:
    """The documents of a file or folder; what no loader can read is left out. Cost: that of loading each file."""
    found: list[Source] = []
    paths = files(docs)
    for done, path in enumerate(paths, 1):
        try:
            text = loaded(path)
        except InputFault:
            continue  # the index lists it as failed
        source = path.relative_to(docs).as_posix() if docs.is_dir() else path.name
        found.append(Source(source, names(describe(text, path.name, "")), bare(text.characters)))
        progress("check", done, len(paths))
    return found


def names(document: Document) -> frozenset[str]:
    """What gold may call a document: its file name with and without ending, title, number; each also without the state's.

    >>> sorted(names(Document("1", "中华人民共和国刑法", source="法律/刑法（2020）.txt")))
    ['中华人民共和国刑法', '刑法', '刑法(2020)', '刑法(2020).txt', '法律/刑法(2020).txt']
    """
    given = (document.source, document.title, document.number)
    return frozenset(name for one in given if one for name in called(one))


def called(name: str) -> tuple[str, ...]:
    """What a document of this name, or in a file of this name, is called, for comparing; the most exact first.

    >>> called("法规/甲市办法.docx"), called("中华人民共和国刑法")
    (('法规/甲市办法.docx', '甲市办法.docx', '甲市办法'), ('中华人民共和国刑法', '刑法'))
    """
    file = PurePath(name)
    full = [bare(one) for one in (name, file.name, file.stem if file.suffix else file.name)]
    return tuple(dict.fromkeys([*full, *(one.removeprefix(_STATE) for one in full)]))


def placed(questions: Iterable[Numbered], known: Sequence[Source]) -> tuple[list[Numbered], list[Fault]]:
    """The questions with the sources of their gold, and gold whose document or quote is not there.

    Of several documents of one name, such as two versions, those that hold the quote are meant. A question with a
    fault is still among the questions, its lost gold without sources.
    """
    called: dict[str, list[Source]] = {}
    twins: dict[str, list[str]] = {}  # files of one text are one document to the index, under either's name
    for source in known:
        twins.setdefault(source.text, []).append(source.source)
        for name in source.names:
            called.setdefault(name, []).append(source)
    found: list[Numbered] = []
    faults: list[Fault] = []
    for line, question in questions:
        entries = []
        for gold in question.gold:
            name, quote = bare(gold.doc), bare(gold.quote)
            meant = called.get(name) or called.get(name.removeprefix(_STATE)) or []
            holding = frozenset(twin for source in meant if quote in source.text for twin in twins[source.text])
            if not meant:
                faults.append(Fault(line, f"{question.id}: no document {gold.doc!r}"))
            elif not holding:
                faults.append(Fault(line, f"{question.id}: the quote is not in {gold.doc!r}: {gold.quote[:40]!r}"))
            entries.append(replace(gold, sources=holding))
        found.append((line, replace(question, gold=tuple(entries))))
    return found, faults
