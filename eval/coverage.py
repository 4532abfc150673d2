"""What must hold for any document: nothing lost, nothing twice, no long clause that hides numbers, linear time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.clause import Clause, Document, DocumentId, Parsed, Text
from rag.document import read
from rag.errors import InputFault
from rag.numeral import chinese
from rag.parse import parse
from rag.parse.mark import inline, mark

LONG = 1500
"""Characters from which a clause should have no numbers of its own inside."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many documents were read, and what is wrong: characters that no clause or two have, long clauses.

    `long` is all clauses over LONG characters, `hiding` those among them that have inner structure.
    """

    documents: int
    clauses: int
    stray: int
    long: int
    hiding: int
    differences: tuple[str, ...]


def stray(parsed: Parsed) -> int:
    """Non-blank characters of the document text that lie in no clause's text, or in more than one.

    A span whose text is not what the clause shows counts as a whole.
    """
    characters = parsed.text.characters
    times = bytearray(len(characters))
    wrong = 0
    for clause in parsed.clauses:
        wrong += len(clause.text) * (characters[clause.start : clause.end] != clause.text)
        for i in range(clause.start, clause.end):
            times[i] = min(times[i] + 1, 2)
    return wrong + sum(n != 1 and not sign.isspace() for n, sign in zip(times, characters, strict=True))


def structure(clause: Clause) -> str:
    """The first label that a clause's text has inside, where another of its kind is there as well; "" without one."""
    lines = clause.text.splitlines()[1:]
    marks = [found for line in lines if (found := mark(line)) is not None]
    for found in marks:
        if sum(other.style == found.style for other in marks) > 1:
            return found.label
    inside = inline(clause.text)
    return inside[0].label if inside else ""


def measured(files: Sequence[Path], progress: Callable[[str, int, int], None]) -> Coverage:
    """Reads every file. One that a loader refuses is listed and counts as lost: these are plain text."""
    documents = clauses = astray = long = hiding = 0
    differences: list[str] = []
    for done, path in enumerate(files, 1):
        progress("notices", done, len(files))
        try:
            parsed = read(path)
        except InputFault as error:
            differences.append(f"{path.name}: {error}")
            astray += 1
            continue
        documents += 1
        clauses += len(parsed.clauses)
        if lost := stray(parsed):
            astray += lost
            differences.append(f"{path.name}: {lost} characters")
        for clause in parsed.clauses:
            if len(clause.text) <= LONG or clause.kind == "furniture":
                continue
            long += 1
            inner = structure(clause)
            hiding += bool(inner)
            shown = f"{'/'.join(clause.path)} {len(clause.text)}: {clause.text[:20]!r}"
            differences.append(f"{path.name}: {shown}{f' ← {inner}' if inner else ''}")
    return Coverage(documents, clauses, astray, long, hiding, tuple(differences))


# Time ----------------------------------------------------------------------------------------------------------

_PARAGRAPH = "各级行政机关应当按照职责分工落实前款规定的措施，建立台账，定期公开办理结果，接受社会监督。"


def generated(size: int) -> str:
    """A text of chapters, articles, items, points and running words, of about `size` bytes in UTF-8."""
    lines: list[str] = ["澜沚市政务服务管理办法", ""]
    written, chapter, article = 0, 0, 0
    while written < size:
        chapter += 1
        part = [f"第{chinese(chapter)}章　服务事项"]
        for _ in range(20):
            article += 1
            part.append(f"第{chinese(article)}条　{_PARAGRAPH}办理时限为{article}个工作日，包括下列情形：")
            part += [f"（{chinese(n)}）{_PARAGRAPH[:20]}；" for n in range(1, 6)]
            part.append(f"前款规定由市政府办公室解释。一是{_PARAGRAPH}二是{_PARAGRAPH}")
        lines += part
        written += sum(len(line.encode()) + 1 for line in part)
    return "\n".join(lines)


def seconds(size: int) -> float:
    """The processor's seconds for one parse of a generated text of `size` bytes: without loading and relations."""
    text = Text(generated(size))
    document = Document(id=DocumentId("测试"), title="澜沚市政务服务管理办法")
    started = time.process_time()
    parse(text, document)
    return time.process_time() - started
