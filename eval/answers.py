"""Any system's answers, a JSON object a line, as what was given to gold questions: `python -m eval answers`.

A line is an answer in the contract's form, or {"id", "answer"} alone, whose citations then count as none. Documents may be
named by file, by number or by title; with the documents at hand, a cited text that does not stand in its document is
worth nothing, whoever says so.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from eval.about import commit
from eval.given import Answering, Given
from eval.gold import BadGold, Fault, Gold, NoQuestions, Question, Source, called, placed, read, sources
from eval.metrics import Cited
from eval.report import Report, scored
from eval.run import answers as answers_of
from rag.errors import RagError, Unreadable
from rag.numeral import bare

Progress = Callable[[str, int, int], None]


@checked_dataclass(frozen=True)
class _Document:
    title: str | None = None
    number: str | None = None
    source: str | None = None


@checked_dataclass(frozen=True)
class _Clause:
    path: tuple[str, ...] = ()
    text: str = ""


@checked_dataclass(frozen=True)
class _Citation:
    document: _Document
    clause: _Clause = field(default_factory=_Clause)
    quote: str = ""
    n: int | None = None

    @property
    def text(self) -> str:
        """What is cited: the clause, or where none is given its quote."""
        return self.clause.text or self.quote


@checked_dataclass(frozen=True)
class _Times:
    total: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


@checked_dataclass(frozen=True)
class Said:
    """A line of an answers file; what the contract has beyond it is passed over."""

    id: str
    answer: str = ""
    refused: bool | None = None
    reason: str | None = None
    citations: tuple[_Citation, ...] = ()
    ms: _Times = field(default_factory=_Times)
    model: str | None = None
    error: str | None = None


_FORM = TypeAdapter(Said)


class BadAnswers(RagError):
    """An answers file with lines that cannot be scored; `faults` are all of them."""

    zh = "回答文件 {path} 有 {count} 处问题，没有评分（第一处 {first}）。请更正，或加 --lenient 跳过"
    en = "{path} has {count} faults, nothing was scored (the first: {first}). Mend them, or skip them with --lenient"

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        """All faults of the file, in the order of their lines."""
        self.faults = tuple(faults)
        super().__init__(path=path, count=len(faults), first=faults[0])


class NoAnswers(RagError):
    """An answers file that leaves nothing to score."""

    zh = "回答文件 {path} 里没有可评分的回答。请检查文件"
    en = "{path} leaves no answer to score. Check the file"


# Scoring -------------------------------------------------------------------------------------------------------


def score(
    answers: Path,
    gold: Path,
    *,
    docs: Path | None = None,
    name: str | None = None,
    limit: int = 2000,
    lenient: bool = False,
    is_refusal: Callable[[str], bool],
    progress: Progress = lambda _stage, _done, _total: None,
) -> Report:
    """The report on the answers of a file; a question without an answer counts as answered with nothing.

    docs        the documents, by which gold is checked and cited texts are; None: documents are told apart by name alone
    name        what the system is called; None: as the file
    is_refusal  tells refusals by their words where a line does not say `refused`
    Raises      BadGold, BadAnswers unless `lenient`; NoQuestions; Unreadable
    """
    questions, shelf, skipped = _questions(gold, docs, limit, lenient, progress)
    lines, faults = said(answers, {question.id for question in questions})
    if faults and not lenient:
        raise BadAnswers(answers, faults)
    if not lines:
        raise NoAnswers(path=answers)
    found = {one.id: _given(one, shelf, is_refusal) for one in lines}
    unanswered = [question.id for question in questions if question.id not in found]
    pairs = [(question, found[question.id] if question.id in found else _nothing(question)) for question in questions]
    about = {
        **_about(gold),
        "answers": answers.name,
        "model": next((one.model for one in lines if one.model), None),
        "skipped": [*map(str, skipped), *(f"{answers.name} {fault}" for fault in faults)],
        "failed": [{"path": one.id, "error": one.error} for one in lines if one.error],
        "unanswered": unanswered,
        "without_citations": not any(one.citations for one in lines),
        "refusals_by_wording": sum(one.refused is None for one in lines),
        "unfounded": None if docs is None else [one.id for one in lines if not _is_founded(one, shelf)],
    }
    return Report(name or answers.stem, scored(pairs), about)


def asked(
    system: Answering,
    gold: Path,
    *,
    name: str,
    docs: Path | None = None,
    limit: int = 2000,
    lenient: bool = False,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Report:
    """The report on what another system answers when it is asked; raises as `score` does, and as the system's answer."""
    questions, _, skipped = _questions(gold, docs, limit, lenient, progress)
    pairs = answers_of(system, questions, name, progress, is_warm=True)  # a vendor is asked each question once
    failed = [{"path": question.id, "error": one.result["error"]} for question, one in pairs if one.result.get("error")]
    about = {**_about(gold), "answers": name, "model": pairs[0][1].result["model"], "failed": failed}
    return Report(name, scored(pairs), {**about, "skipped": [*map(str, skipped)], "refusals_by_wording": len(pairs)})


def _about(gold: Path) -> dict[str, Any]:
    return {"gold": gold.name, "date": datetime.now(UTC).isoformat(timespec="seconds"), "commit": commit()}


def _questions(
    gold: Path, docs: Path | None, limit: int, lenient: bool, progress: Progress
) -> tuple[list[Question], "Shelf", list[Fault]]:
    """The gold questions with the documents that they name, and the faults of their file."""
    numbered, faults = read(gold, limit)
    if docs is None:
        shelf = Shelf.named(entry.doc for _, question in numbered for entry in question.gold)
        numbered = [(line, _by_name(question)) for line, question in numbered]
    else:
        known = sources(docs, progress)
        shelf = Shelf.of(known)
        numbered, lost = placed(numbered, known)
        faults = sorted([*faults, *lost], key=lambda fault: fault.line)
    if faults and not lenient:
        raise BadGold(gold, faults)
    bad = {fault.line for fault in faults}
    questions = [question for line, question in numbered if line not in bad]
    if not questions:
        raise NoQuestions(path=gold)
    return questions, shelf, faults


def _by_name(question: Question) -> Question:
    entries: list[Gold] = [replace(entry, sources=frozenset({bare(entry.doc)})) for entry in question.gold]
    return replace(question, gold=tuple(entries))


# Answers -------------------------------------------------------------------------------------------------------


def said(path: Path, ids: Iterable[str]) -> tuple[list[Said], list[Fault]]:
    """The answers of a file to the questions of these ids, and the lines that are none, or unasked, or there twice.

    Raises Unreadable where the file cannot be read.
    """
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise Unreadable(path=path, reason=error.strerror or error) from error
    asked, found, faults = set(ids), list[Said](), list[Fault]()
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = _said(line)
        except (RecursionError, ValueError) as error:  # also what is not UTF-8, not JSON, not of the form
            faults.append(Fault(number, _told(error)))
            continue
        if one.id in seen:
            faults.append(Fault(number, f"the id {one.id!r} stands in line {seen[one.id]} already"))
        elif one.id not in asked:
            faults.append(Fault(number, f"no question has the id {one.id!r}"))
        else:
            found.append(one)
        seen.setdefault(one.id, number)
    return found, faults


def _said(line: bytes) -> Said:
    given = json.loads(line.decode("utf-8"))
    if isinstance(given, dict) and not {"answer", "refused", "error"} & {
        name for name in given if given[name] is not None
    }:
        raise ValueError("neither answer nor error")
    json.dumps(given, ensure_ascii=False).encode()  # a lone surrogate cannot be written to the report
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  (a fault of the line, like the others)
    return _FORM.validate_python({name: value for name, value in given.items() if value is not None})


def _told(error: Exception) -> str:
    """The first thing that is wrong, on one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return "nested too deep" if isinstance(error, RecursionError) else str(error)


def _given(one: Said, shelf: "Shelf", is_refusal: Callable[[str], bool]) -> Given:
    refused = is_refusal(one.answer) if one.refused is None else one.refused
    once = {shelf.cited(citation): citation for citation in reversed(one.citations)}  # a clause is cited once
    kept = [citation for citation in one.citations if any(citation is first for first in once.values())]
    cited = tuple(shelf.cited(citation) for citation in kept)
    result: dict[str, Any] = {
        "id": one.id,
        "answer": one.answer,
        "refused": refused,
        "reason": one.reason,
        "citations": [_shown(n, citation) for n, citation in enumerate(kept, 1)],
        "model": one.model,
        "error": one.error,
    }
    return Given(result, cited, None, None, one.ms.total)


def _shown(n: int, citation: _Citation) -> dict[str, Any]:
    about = citation.document
    named = about.title or about.source or about.number or ""
    return {
        "n": citation.n or n,
        "document": {"title": named, "number": about.number, "source": about.source or named},
        "clause": {"path": list(citation.clause.path), "text": citation.clause.text},
        "quote": citation.quote or citation.clause.text,
    }


def _nothing(question: Question) -> Given:
    return Given({"id": question.id, "answer": "", "refused": False, "reason": None, "citations": []})


def _is_founded(one: Said, shelf: "Shelf") -> bool:
    return all(shelf.founded(citation) for citation in one.citations)


# Documents -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents that answers may cite, by every name they go by; `texts` by document, empty where unknown."""

    names: Mapping[str, Sequence[str]]
    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Sequence[Source]) -> "Shelf":
        """The documents at hand."""
        return cls(
            _by_names((name, one.source) for one in known for name in one.names), {o.source: o.text for o in known}
        )

    @classmethod
    def named(cls, docs: Iterable[str]) -> "Shelf":
        """Documents of which only the name is known that gold calls them by.

        >>> Shelf.named(["乙办〔2024〕1号.txt"]).cited(_Citation(_Document(number="乙办〔2024〕1号"))).source
        '乙办〔2024〕1号.txt'
        """
        return cls(_by_names((name, bare(doc)) for doc in docs for name in called(doc)))

    def cited(self, citation: _Citation) -> Cited:
        """A citation as metrics compare it; of a document that is not here, under the name that it gives."""
        text, path = citation.text, "/".join(citation.clause.path)
        source = self._source(citation)
        if source is None:
            return Cited(citation.document.source or citation.document.title or "", path, text)
        return Cited(source, path, text) if self._holds(source, text) else Cited("", path, text)  # of no document

    def founded(self, citation: _Citation) -> bool:
        """Whether the document is here and holds the cited text to the letter, white space and width aside."""
        source = self._source(citation)
        return source is not None and self._holds(source, citation.text)

    def _source(self, citation: _Citation) -> str | None:
        """The document meant: by its file, else its number, else its title; of several, one that holds the text."""
        about = citation.document
        for given in (about.source, about.number, about.title):
            found = [source for name in called(given) for source in self.names.get(name, ())] if given else []
            if found:
                return next((source for source in found if self._holds(source, citation.text)), found[0])
        return None

    def _holds(self, source: str, text: str) -> bool:
        return not self.texts or bare(text) in self.texts[source]


def _by_names(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, source in pairs:
        held = found.setdefault(name, [])
        if source not in held:
            held.append(source)
    return found
