"""A small true answerer for tests of the page: two documents, fixed answers, every kind of outcome.

`python -m tests.standin FOLDER` serves the page with it on a free port of loopback, whose number it prints; what visitors
ask is kept in the folder.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from rag.clause import Answer, Citation, Clause, Document, DocumentId, Filters, Kind, Parsed, Table, Text
from rag.errors import NoModel
from rag.relate import Tie
from rag.settings import Settings
from rag.understand import clean
from tests.toys import made

HOSTILE = "<img src=x onerror=alert(1)>”'&{{7*7}}${8*8}"
RULES = DocumentId("甲府规〔2024〕3号")
TASKS = DocumentId("甲办/发〔2025〕7号?#&")


def rules() -> Parsed:
    """Articles, one with items, a heading, furniture, a line that its page broke, and hostile text."""
    parts: list[tuple[Kind, tuple[str, ...], str]] = [
        ("furniture", ("furniture",), "— 1 —"),
        ("title", ("header",), "甲市公共租赁住房管理办法"),
        ("heading", ("第一章",), "第一章 总则"),
        ("clause", ("第一章", "第一条"), "第一条 租金按照市场租金的\n60%确定。"),
        ("clause", ("第一章", "第二条"), f"第二条 {HOSTILE}"),
        *((("clause", ("第二章", f"第{n}条"), f"第{n}条 " + "本条规定其他事项。" * 12)) for n in range(3, 30)),
        *((("clause", ("第二章", "第29条", label), f"{label}其中一项。")) for label in ("（一）", "（二）")),
        ("clause", ("第三章", "第三十条"), "第三十条 本办法自2024年5月1日起施行，有效期5年。"),
    ]
    parsed = made(parts, id=RULES, title="甲市公共租赁住房管理办法")
    return replace(parsed, document=_about(parsed.document, "in_force", issued=date(2024, 3, 18)))


def tasks() -> Parsed:
    """A table with a merged cell and an empty one; its id needs encoding, its title is hostile."""
    cells = (("类别", "序号", "任务"), ("住房", "1", "筹集120套"), ("住房", "2", ""))
    characters, rows, starts, section = "分解表", [], [], (0, 0)
    for number, row in enumerate(cells):
        spans = []
        for column, cell in enumerate(row):
            if (number, column) == (2, 0):
                spans.append(section)
                continue
            characters += "\n" if column == 0 or (number, column) == (2, 1) else "\t"
            spans.append((len(characters), len(characters) + len(cell)))
            section = spans[-1] if (number, column) == (1, 0) else section
            characters += cell
        rows.append(tuple(spans))
        starts.append(spans[0][0] if number == 0 else spans[1][0])
    ends = [section[0] - 1, rows[1][-1][1], rows[2][1][1]]
    kinds: tuple[Kind, ...] = ("header", "table_row", "table_row")
    about = Document(TASKS, f"任务{HOSTILE}", number=TASKS, type="任务")
    clauses = [_clause(about, "title", "header", characters, 0, 3)]
    clauses += [
        _clause(about, kind, label, characters, start, end)
        for kind, label, start, end in zip(kinds, ("header", "1", "2"), starts, ends, strict=True)
    ]
    clauses.insert(2, _clause(about, "heading", "住房", characters, *section))
    return Parsed(replace(about, clauses=len(clauses)), Text(characters, tables=(Table(tuple(rows)),)), tuple(clauses))


def _about(document: Document, status: str, issued: date) -> Document:
    return replace(
        document, number=document.id, issued=issued, status=status, type="办法", issuer="甲市人民政府", clauses=32
    )


def _clause(document: Document, kind: Kind, label: str, characters: str, start: int, end: int) -> Clause:
    return Clause(f"{document.id}#{label}", kind, label, (label,), "", characters[start:end], start, end)


def cited(n: int, parsed: Parsed, position: int, quote: str | None = None) -> Citation:
    """A citation of the clause at `position`: of `quote` in it, else of all."""
    clause = parsed.clauses[position]
    quote = clause.text if quote is None else quote
    start = clause.start + clause.text.index(quote)
    return Citation(n, parsed.document, clause, quote, start, start + len(quote))


class Standin:
    """Answers by a word in the question; keeps what it was asked in `seen`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.held = {parsed.document.id: parsed for parsed in (rules(), tasks())}
        self.files: dict[DocumentId, Path] = {RULES: Path(__file__)}
        self.filters: list[Filters | None] = []
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def documents(self) -> tuple[Document, ...]:
        return tuple(parsed.document for parsed in self.held.values())

    def built(self) -> date:
        return date(2026, 1, 5)

    def source(self, document: DocumentId) -> Parsed:
        return self.held[document]

    def ties(self, document: DocumentId) -> list[Tie]:
        if document == RULES:
            return [Tie("cites", self.held[TASKS].document, is_said_here=True)]
        return [Tie("repeals", self.held[RULES].document, is_said_here=False)]

    def file(self, document: DocumentId, *, exactly: bool = False) -> Path | None:
        return self.files.get(self.held[document].document.id)

    def examples(self, n: int = 4, of: Sequence[str] = ()) -> list[str]:
        return ["租金是多少？", "任务有哪些？", "上海的利率？", "何时废止？"][:n]

    def stream(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Iterator[Answer]:
        text = clean(question, self.settings.question_limit)
        self.seen.append((text, tuple(turns)))
        self.filters.append(filters)
        rent = cited(1, self.held[RULES], 3)
        if "模型" in text:
            raise NoModel(name="甲", reason="没有文件")
        if "崩溃" in text:
            raise RuntimeError("内部细节")
        if "慢" in text:
            yield from self._slowly(text, rent)
        elif "租金" in text:
            first = Answer(text, "租金为市场租金的60%[1]。", citations=(rent,), query=text)
            yield first
            last = cited(2, self.held[RULES], -1, "有效期5年")
            yield replace(first, answer=first.answer + "\n有效期5年[2]。", citations=(rent, last), ms={"total": 1234.0})
        elif "范围" in text:
            given = asdict(filters) if filters else {}
            said = "；".join(f"{name}={'、'.join(map(str, each))}" for name, each in given.items() if each)
            yield Answer(text, f"{said}[1]", citations=(rent,), query=text)
        elif "对比" in text:
            last = cited(2, self.held[RULES], -1, "有效期5年")
            cells = f"第一章第一条：租金为60%[1]。 第三章第三十条：{'有效期5年。' * 30}[2]"
            table = f"| 事项 | 旧 | 新 |\n|---|---|---|\n| 人均住房建筑面积 | 70% | {cells} |"
            yield Answer(text, table, citations=(rent, last), query=text)
        elif "回声" in text:  # whatever a model may write
            said = text.removeprefix("回声 ")
            hostile = cited(1, self.held[RULES], 4)
            yield Answer(text, f"{said}[1]", citations=(hostile,), notices=(said,), query=text)
        elif "任务" in text:
            yield Answer(
                text,
                "筹集120套[1]。",
                citations=(cited(1, self.held[TASKS], 3, "筹集120套"),),
                query="：".join([*turns, text]),
            )
        elif "废止" in text:
            notices = ("注意：《旧办法》已废止。",)
            yield Answer(
                text, f"{HOSTILE}[1][9]", citations=(cited(1, self.held[RULES], 4),), notices=notices, query=text
            )
        else:
            yield Answer(text, "没有找到。", True, "no_evidence", suggestions=("租金是多少？",), query=text)

    def _slowly(self, text: str, rent: Citation) -> Iterator[Answer]:
        """Word by word, for longer than any test waits."""
        for n in range(1, 600):
            yield Answer(text, "租金为市场租金的60%[1]。" + "又" * n, citations=(rent,), query=text)
            time.sleep(0.1)


def main() -> None:
    import uvicorn

    import app
    from rag.settings import load

    settings = load({}, index=Path(sys.argv[1]), port=1)
    listener = app.bound(settings.model_copy(update={"port": 0}))
    other = Standin(settings.model_copy(update={"language": "en"}))
    built = app.build(Standin(settings), settings, other=other)
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(built, log_level="warning", timeout_graceful_shutdown=1)).run(sockets=[listener])


if __name__ == "__main__":
    main()
