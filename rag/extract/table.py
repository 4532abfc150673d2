"""Who does what: the rows of a table by department, and a row's departments and dates."""

import re
from collections.abc import Sequence

from rag.cite import Statement, Support
from rag.clause import Clause, Hit, Span
from rag.extract.deadline import Deadline, deadline
from rag.extract.phrase import phrases
from rag.extract.place import name, place, shown
from rag.extract.structure import first
from rag.numeral import bare
from rag.retrieve import Evidence, Retriever
from rag.understand import Query

_TASKS_ASKED = re.compile(r"任务|事项|项目|实事|工作(?!人员|时间|地点|日)|[哪几多]一?[项件]|多少[项件]")
_DEPARTMENT = re.compile(r"[、，,\s\n；;/]+")
_ASSIGNED = re.compile(r"[（(]([^（）()]{2,80}(?:牵头|负责|配合)[^（）()]{0,60})[)）]\s*$")
"""Who does a task, in brackets behind it: （市教育局牵头，市体育局配合）."""
_FIGURE = re.compile(r"(?<![\d.])\d[\d,.]*(?![\d年月日])(?=[万亿个件套名户人张台所处家公元项条座亩吨%])")
"""A figure with its unit, by which a row is known; a date is none."""
_LOOKED_AT = 3
"""Rows that are looked at for a figure, the likeliest ones."""
_TASK = 200
"""Characters of a task in running text that is shown whole."""
_DUE_ASKED = re.compile(
    r"完成|办结|到期|时限|期限|截止|结束|建成|做完|交付|(?:底|月|[日号]|年|季度)[之以]?[前内]|[月年]底(?!印发|发布|下发)"
)
"""What makes a date in a question the day by which something is due, and not that of a notice or a visit."""
_DUE = re.compile(r"时限|时间|期限|日期")
_TIME_ASKED = re.compile(r"什么时[候间]|何时|时限|期限|多久|[哪几][年月天日]|截止")


def _rows(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Clause]:
    """The rows that name a department of the question, in the columns it asks about, and are due when it says; [] where
    it says neither.
    """
    documents = query.documents or tuple(dict.fromkeys(one.hit.document.id for one in evidence[:5]))
    asked, due = bare(query.text), deadline(query.focus) if _DUE_ASKED.search(query.focus) else None
    found: list[Clause] = []
    for document in documents:
        clauses = retriever.index.store.clauses(document)
        rows = [clause for clause in clauses if clause.row]
        items = [clause for clause in clauses if clause.kind == "clause" and _ASSIGNED.search(clause.text)]
        of_departments = [
            one for one in (*rows, *items) if any(_is_asked(name, asked) for name in _departments(one, query.focus))
        ]
        if of_departments or due is not None:
            found += [row for row in of_departments or rows if due is None or _is_due(row, due)]
    return found


def _departments(row: Clause, asked: str) -> set[str]:
    """Who is named in the columns that the question asks about, or, in running text, in the brackets behind a task."""
    if row.row is None:
        lead, _, rest = _ASSIGNED.findall(row.text)[-1].partition("牵头")
        named = lead if "牵头" in asked else rest if re.search(r"配合|责任", asked) else f"{lead}、{rest}"
        return {name for name in _DEPARTMENT.split(named) if len(name) >= 3}
    cells = [cell for column, cell in (row.row or {}).items() if _asked_column(asked, column)]
    return {name for cell in cells for name in _DEPARTMENT.split(cell) if len(name) >= 3}


def _is_due(row: Clause, asked: Deadline) -> bool:
    """Whether a row is to be done by the day that is asked for."""
    stated = [deadline(cell) for column, cell in (row.row or {}).items() if _DUE.search(column)]
    return any(one is not None and asked.covers(one) for one in stated)


def is_department(column: str) -> bool:
    """Whether a column says who does something."""
    return re.search(r"部门|单位|机构|牵头|责任|负责|配合|处室|科室", column) is not None


def _asked_column(asked: str, column: str) -> bool:
    """Whether a column says who does it in the role that the question asks for."""
    if not is_department(column):
        return False
    if "牵头" in asked:
        return "牵头" in column or "负责" in column
    return "牵头" not in column if re.search(r"责任|配合", asked) else True


def _is_asked(department: str, asked: str) -> bool:
    """Whether the question names the department, with or without the level before it: 市信访局, 昆山市信访局."""
    plain_name = re.sub(r"[和与]", "", re.sub(r"^[省市区县镇]", "", bare(department)))
    at = re.sub(r"[和与]", "", asked).find(plain_name)
    return len(plain_name) >= 3 and at >= 0 and not plain_name.startswith(("各", "相关", "有关"))


def tasks(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """All tasks of a department, or that are due on a day, document by document, counted, each cited."""
    if not _TASKS_ASKED.search(query.focus):
        return []
    rows = _rows(query, evidence, retriever)
    made: list[Statement] = []
    hits = [retriever.hit(row) for row in rows]
    for document in dict.fromkeys(hit.document.id for hit in hits):
        own = [hit for hit in hits if hit.document.id == document]
        support = (Support(own[0], own[0].clause.start, own[0].clause.end),)
        lead, text = (
            part.format(name=name(own[0].document), n=len(own))
            for part in phrases(retriever.settings.language).matching
        )
        made.append(Statement(text, support, "\n", lead))
        for hit in own:
            carrier, (start, end), text = first(hit, retriever) if hit.clause.row else _task(hit)
            made.append(Statement(shown(text), (Support(carrier, start, end),), "\n"))
    return made


def _task(hit: Hit) -> tuple[Hit, Span, str]:
    """A task in running text, whole where it is short, up to the brackets that say who does it."""
    clause = hit.clause
    end = [match.start() for match in _ASSIGNED.finditer(clause.text)][-1]
    text = clause.text[:end] if end <= _TASK else clause.text[: clause.text.find("。", 0, _TASK) + 1 or _TASK]
    return hit, (clause.start, clause.start + len(text)), text


def departments(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """Who does it: the cells of the row, else the sentence that names an office."""
    rows = [one for one in evidence if one.hit.clause.row]
    if not rows or (evidence[0].hit.clause.row is None and evidence[0].hit.score > rows[0].hit.score + 0.2):
        return []
    hit = rows[0].hit
    cells = hit.clause.row or {}
    columns = [column for column in cells if _asked_column(query.focus, column) and cells[column]]
    if "牵头" in query.focus and "责任" in query.focus:
        columns = [column for column in cells if is_department(column) and cells[column]]
    if not columns:
        return []
    if _TIME_ASKED.search(query.focus):
        columns += [column for column in cells if _DUE.search(column) and cells[column]]
    who = "；".join(f"{column}：{'、'.join(n for n in _DEPARTMENT.split(cells[column]) if n)}" for column in columns)
    _, _, words = first(hit, retriever)
    task = next((cells[c] for sign in ("任务", "事项", "项目", "内容") for c in cells if sign in c), words)
    start, end = _cells_span(hit.clause, [cells[column] for column in columns])
    lead = f"{name(hit.document)}{place(hit.clause)}（{_brief(task)}）"
    return [Statement(f"{lead}{who}。", (Support(hit, start, end),), "\n")]


def cells(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The cells of the row that a figure of the question stands in, in the columns that it names; else [].

    A row whose own figure is named is meant, however little else they share: 新增8600个学位的任务，完成时限是哪天.
    """
    asked = bare(query.focus)
    figures = {m[0] for m in _FIGURE.finditer(asked)}
    for one in evidence[:_LOOKED_AT]:
        row = {column: cell for column, cell in (one.hit.clause.row or {}).items() if cell}
        named = [column for column in row if len(bare(column)) >= 2 and bare(column) in asked]
        if figures and named and figures <= {m[0] for m in _FIGURE.finditer(bare(one.hit.clause.text))}:
            _, _, words = first(one.hit, retriever)
            subject = next((row[c] for sign in ("任务", "事项", "项目", "内容") for c in row if sign in c), words)
            said = "；".join(f"{column}：{shown(row[column])}" for column in named)
            span = _cells_span(one.hit.clause, [row[column] for column in named])
            lead = f"{name(one.hit.document)}{place(one.hit.clause)}（{_brief(subject)}）"
            return [Statement(f"{lead}{said}。", (Support(one.hit, *span),), "\n")]
    return []


def _brief(task: str) -> str:
    text = re.sub(r"^\s*\d+\s*[.．、]\s*", "", shown(task)).rstrip("。；")
    return text if len(text) <= 40 else f"{re.split('[，；。]', text)[0][:40]}"


def _cells_span(clause: Clause, cells: Sequence[str]) -> Span:
    """The stretch of a row's text that holds these cells, the whole row where a cell is filled from above."""
    places = [(clause.text.rfind(cell), len(cell)) for cell in cells]
    if any(at < 0 for at, _ in places):
        return clause.start, clause.end
    return clause.start + min(at for at, _ in places), clause.start + max(at + length for at, length in places)
