"""Evidence → the sentences that answer, without a model.

One function a kind of question, in the table at the end; each gives statements made of the document's own words and a
line that says where they stand. What is shown of them, and whether they hold, is `cite`'s and `verify`'s.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.cite import Statement, Support
from rag.clause import Clause, Document, Hit, Span
from rag.numeral import CHINESE, arabic, bare
from rag.parse import plain
from rag.retrieve import Evidence, Retriever
from rag.sentence import sentences
from rag.understand import AnswerKind, Query

_SHORT = 320
"""Characters of a clause that is shown whole."""
_LISTED = 40
"""Items of an enumeration that are named one by one."""
_MONEY = re.compile(r"\d[\d,，.]*\s*(?:余|多)?[百千万亿]*元|免费|不收费|不收取|免收|免征|无需缴费")
_ANY_NUMBER = re.compile(rf"\d|[{CHINESE}]+(?:[个件人名项条天日年月次家所种类成倍级期岁户]|工作日)|百分之|半[年天]")
_TIME = re.compile(
    rf"\d+\s*(?:个?工作日|个?月|[天日年]|小时|分钟|季度)|[{CHINESE}]+(?:个?工作日|个?月|[天日年])|季度|即日|起施行|随时|每[年月季周]"
)
_PERCENT = re.compile(r"\d\s*[%％‰]|百分之|[一二三四五六七八九]成|全覆盖|全部")
_ASKS_MONEY = re.compile(r"多少(?:万|亿)?元|多少钱|费用|收费|经费|金额|资金|补贴|罚款|押金|租金|投入")
_ASKS_PERCENT = re.compile(r"比例|占比|比率|百分|[^效频]率(?:是|为|达|有|要|不|应|多|各|$|[？?，])")
_DEPARTMENT = re.compile(r"[、，,\s\n；;/]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the evidence with its score; `hit` is the clause that carries it."""

    hit: Hit
    span: Span
    text: str
    score: float


def wanted_form(query: Query) -> re.Pattern[str] | None:
    """What an answer to this question cannot be without: an amount, a share, a time, any number; None for others."""
    asked = query.focus
    if query.kind in ("number", "comparison") and _ASKS_MONEY.search(asked) and re.search(r"多少|几|标准|金额", asked):
        return _MONEY
    if query.kind == "number" and _ASKS_PERCENT.search(asked):
        return _PERCENT
    if query.kind == "date":
        return _TIME
    if query.kind == "number" and re.search(r"多少|几", asked):
        return _ANY_NUMBER
    return None


def structural(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The statements that follow from the document's own structure, not from likeness: a clause named by its number,
    parts counted, the rows of a department; [] where the question is not of that kind or the structure is silent.
    """
    if not evidence:
        return []
    if query.kind == "clause" and evidence[0].hit.why == "reference":
        return _whole(query, evidence, retriever)
    if query.kind in ("count", "tasks", "list") and (found := _tasks(query, evidence, retriever)):
        return found
    return _count(query, evidence, retriever) if query.kind == "count" else []


def statements(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The statements that answer `query`, best first; [] where the evidence holds none of the wanted form."""
    if not evidence:
        return []
    return _BY_KIND[query.kind](query, evidence, retriever)


# Where a statement stands --------------------------------------------------------------------------------------


def place(clause: Clause) -> str:
    """A clause's path as officials write it: 三、（二）, 第二章第八条, 附件（三）第13项; empty for what has no number."""
    if clause.path and clause.path[0] in ("header", "footer"):
        return ""
    labels = list(clause.path)
    if clause.kind == "table_row" and labels and plain(labels[-1]).isdigit():
        labels[-1] = f"第{plain(labels[-1])}项"
    text = "".join("".join(label.split()) for label in labels)
    return text.rstrip("、．.") if len(labels) == 1 or not text.endswith("、") else text


def name(document: Document) -> str:
    """《title》（number), as a source is named; the outer marks of a title within a title stay the document's."""
    title = document.title if document.title.startswith("《") else f"《{document.title}》"
    return f"{title}（{document.number}）" if document.number else title


def _located(found: Sequence[tuple[Hit, Span, str]]) -> list[Statement]:
    """Statements, each led in by its place, the first of each document by the document's name."""
    made: list[Statement] = []
    last: Document | None = None
    for hit, (start, end), text in found:
        lead = place(hit.clause)
        if last is None or last.id != hit.document.id:
            lead = name(hit.document) + lead
        last = hit.document
        label = hit.clause.label or ""
        at_label = start == hit.clause.start and lead and text.startswith(label)
        body = _shown(text[len(label) :] if at_label else text)
        made.append(Statement(f"{lead}：{body}" if lead else body, (Support(hit, start, end),), "\n"))
    return made


def _shown(text: str) -> str:
    """Document text as it is shown: line breaks inside words of Chinese text closed, table cells parted by a blank."""
    text = re.sub(r"[ \u3000]*\n[ \u3000]*\t+|\t+", " ", text.strip())
    text = re.sub(r"(?<=[^\x00-\x7f])[ \u3000]*\n+[ \u3000]*(?=[^\x00-\x7f])", "", text)
    return re.sub(r"\s+", " ", text)


# Sentences -----------------------------------------------------------------------------------------------------


def ranked(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Sentence]:
    """The sentences of the evidence, best first: by the question's terms, by meaning, by the wanted form."""
    form = wanted_form(query)
    found: dict[tuple[str, Span], Sentence] = {}
    for one in evidence:
        for carrier, span in _carried(one.hit, retriever):
            text = carrier.clause.text[span[0] - carrier.clause.start : span[1] - carrier.clause.start]
            if len(bare(text)) < 6:
                continue
            alone = retriever.coverage(query.text, text, query)
            context = retriever.coverage(query.text, f"{carrier.clause.heading} {text}", query)
            cosine = retriever.likeness(query, carrier.clause, span)
            score = 0.5 * alone + 0.2 * context + 5.0 * (cosine - 0.84) + 0.4 * one.hit.score
            if form is not None:
                score += 0.25 if form.search(arabic(text)) or form.search(text) else -0.5
            key = (carrier.clause.id, span)
            if key not in found or found[key].score < score:
                found[key] = Sentence(replace(carrier, score=one.hit.score), span, text, score)
    return sorted(found.values(), key=lambda s: -s.score)


def _carried(hit: Hit, retriever: Retriever) -> Iterator[tuple[Hit, Span]]:
    """The sentences of a hit, each with the smallest clause that is cited for it."""
    for clause in retriever.carriers(hit.clause):
        carrier = replace(hit, clause=clause)
        own = retriever.own_text(clause)
        if clause.kind == "heading" and retriever.below(clause) and "。" not in own:
            continue  # the name of a section says what it is about, not what holds
        for start, end in sentences(own):
            yield carrier, (clause.start + start, clause.start + end)


def _sentences(
    query: Query, evidence: Sequence[Evidence], retriever: Retriever, most: int, near: float
) -> list[Statement]:
    """The best sentence and up to `most` - 1 others whose score is within `near` of it, in the order of their clauses."""
    found = ranked(query, evidence[:8], retriever)
    form = wanted_form(query)
    if form is not None:
        found = [s for s in found if form.search(s.text) or form.search(arabic(s.text))]
    if not found:
        return []
    best = [s for s in found if s.score >= found[0].score - near][:most]
    return _located([(s.hit, s.span, s.text) for s in _joined(best, retriever)])


def _joined(found: Sequence[Sentence], retriever: Retriever) -> list[Sentence]:
    """Sentences of one clause brought together, in the order in which they stand; neighbours become one."""
    order = list(dict.fromkeys(s.hit.clause.id for s in found))
    made: list[Sentence] = []
    for clause in order:
        for s in sorted((s for s in found if s.hit.clause.id == clause), key=lambda s: s.span):
            last = made[-1] if made and made[-1].hit.clause.id == clause else None
            between = (
                ""
                if last is None
                else s.hit.clause.text[last.span[1] - s.hit.clause.start : s.span[0] - s.hit.clause.start]
            )
            if last is not None and not between.strip():
                made[-1] = replace(last, span=(last.span[0], s.span[1]), text=f"{last.text}{s.text}")
            else:
                made.append(s)
    return made


def _open(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    return _sentences(query, evidence, retriever, retriever.settings.statements, 0.25)


def _exact(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    return _sentences(query, evidence, retriever, 2, 0.12)


# Whole clauses -------------------------------------------------------------------------------------------------


def _whole(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The clause that the question names, whole; of a long one its own text and what stands below, item by item."""
    hit = evidence[0].hit
    if len(hit.clause.text) <= 2 * _SHORT or not retriever.below(hit.clause):
        return _located([(hit, (hit.clause.start, hit.clause.end), hit.clause.text)])
    return _items(hit, retriever)


def _items(hit: Hit, retriever: Retriever) -> list[Statement]:
    """A clause's own text, then each clause directly below it by its first sentence."""
    own = retriever.own_text(hit.clause)
    parts = [(hit, (hit.clause.start, hit.clause.start + len(own)), own)] if own.strip() else []
    for child in retriever.below(hit.clause)[:_LISTED]:
        parts.append(_first(replace(hit, clause=child), retriever))
    return _located(parts)


def _first(hit: Hit, retriever: Retriever) -> tuple[Hit, Span, str]:
    """A clause by its first sentence."""
    own = retriever.own_text(hit.clause)
    spans = sentences(own) or [(0, len(own))]
    start, end = spans[0]
    return hit, (hit.clause.start + start, hit.clause.start + end), own[start:end]


def _list(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """What stands below the clause that the question is about, where that is a list; else the sentences that answer."""
    best = evidence[0].hit
    if retriever.below(best.clause) and best.clause.kind == "heading" and len(best.clause.text) > _SHORT:
        return _items(best, retriever) if evidence[0].coverage > 0.6 else _open(query, evidence, retriever)
    if len(best.clause.text) <= _SHORT and (retriever.below(best.clause) or "：" in best.clause.text):
        return _located([(best, (best.clause.start, best.clause.end), best.clause.text)])
    return _open(query, evidence, retriever)


# Counting ------------------------------------------------------------------------------------------------------


def _count(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """How many parts a document or a section has, with each part; how many tasks a department has."""
    section = _asked_section(query, evidence, retriever)
    if section is not None:
        return _counted(section, retriever.below(section.clause), retriever)
    if re.search(r"部分|[几多少]章|条", query.focus) and len(query.documents) == 1:
        return _counted_document(evidence[0].hit, retriever)
    return []


def _asked_section(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> Hit | None:
    """The section that the question names: by its number, or because the words of its heading stand in the question."""
    for one in evidence:
        if one.hit.why == "reference" and retriever.below(one.hit.clause):
            return one.hit
    asked = bare(query.text)
    for document in query.documents or tuple({one.hit.document.id: None for one in evidence[:3]}):
        for clause in retriever.index.store.clauses(document):
            words = bare(clause.heading.rsplit(" › ", 1)[-1])
            if clause.kind == "heading" and len(words) >= 4 and words in asked and retriever.below(clause):
                return retriever.hit(clause)
    return None


def _counted(section: Hit, items: Sequence[Clause], retriever: Retriever) -> list[Statement]:
    unit = (
        "项"
        if items[0].kind in ("table_row", "point") or not items[0].path[-1].startswith("第")
        else items[0].path[-1][-1]
    )
    heading = section.clause.heading.rsplit(" › ", 1)[-1]
    first, last = items[0], items[-1]
    lead = f"{name(section.document)}{place(section.clause)}“{heading}”共{len(items)}{unit}"
    supports = tuple(Support(retriever.hit(item), item.start, item.end) for item in (first, last))
    made = [Statement(f"{lead}（{place(first)}至{place(last)}）：" if len(items) > 1 else f"{lead}：", supports, "\n")]
    for item in items[:_LISTED]:
        hit, (start, end), text = _first(retriever.hit(item), retriever)
        made.append(Statement(_shown(text), (Support(hit, start, end),), "\n"))
    return made


def _counted_document(hit: Hit, retriever: Retriever) -> list[Statement]:
    """A document's outermost parts and the clauses right below them, counted."""
    clauses = retriever.index.store.clauses(hit.document.id)
    top = [
        c
        for c in clauses
        if len(c.path) == 1 and c.kind in ("heading", "clause") and not c.path[0].startswith(("附", "第1段"))
    ]
    tops = {c.path for c in top}
    below = [
        c for c in clauses if len(c.path) == 2 and c.path[:1] in tops and c.kind in ("heading", "clause") and c.label
    ]
    below = [c for c in below if not re.match(r"第\d+段", c.label or "")]
    if not top:
        return []
    unit = top[0].path[0][-1] if re.match(r"第.+[编章条]$", top[0].path[0]) else "个部分"
    lower = f"、{len(below)}条" if below else ""
    last = below[-1] if below else top[-1]
    lead = f"{name(hit.document)}共{len(top)}{unit}{lower}"
    spans = (top[0], top[-1], last) if below else (top[0], top[-1])
    supports = tuple(Support(retriever.hit(c), c.start, c.end) for c in dict.fromkeys(spans, None))
    made = [Statement(f"{lead}。", supports, "\n")]
    for clause in top[:_LISTED]:
        found, (start, end), text = _first(retriever.hit(clause), retriever)
        made.append(Statement(_shown(text), (Support(found, start, end),), "\n"))
    return made


# Tables --------------------------------------------------------------------------------------------------------


def _department_rows(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Clause]:
    """The rows that name a department of the question, in the columns it asks about; [] where it names none."""
    documents = query.documents or tuple(dict.fromkeys(one.hit.document.id for one in evidence[:5]))
    asked = bare(query.text)
    found: list[Clause] = []
    for document in documents:
        for clause in retriever.index.store.clauses(document):
            columns = [c for c in clause.row or {} if _asked_column(query.focus, c)]
            names = {n for c in columns for n in _DEPARTMENT.split((clause.row or {})[c]) if len(n) >= 3}
            if any(_is_asked(department, asked) for department in names):
                found.append(clause)
    return found


def _asked_column(asked: str, column: str) -> bool:
    if not re.search(r"部门|单位|机构|牵头|责任|负责|配合|处室|科室", column):
        return False
    if "牵头" in asked:
        return "牵头" in column or "负责" in column
    return "牵头" not in column if re.search(r"责任|配合", asked) else True


def _is_asked(department: str, asked: str) -> bool:
    """Whether the question names the department, with or without the level before it: 市信访局, 昆山市信访局."""
    plain_name = re.sub(r"^[省市区县镇]", "", bare(department))
    at = asked.find(plain_name)
    return len(plain_name) >= 3 and at >= 0 and not plain_name.startswith(("各", "相关", "有关"))


def _tasks(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """All tasks of a department, counted, each cited."""
    rows = _department_rows(query, evidence, retriever)
    if not rows or not re.search(r"任务|工作|事项|[哪几多][项些少]", query.focus):
        return []
    hits = [retriever.hit(row) for row in rows]
    made = [
        Statement(
            f"{name(hits[0].document)}中符合的任务共{len(rows)}项：",
            tuple(Support(h, h.clause.start, h.clause.end) for h in hits[:1]),
            "\n",
        )
    ]
    for hit in hits[:_LISTED]:
        shown, (start, end), text = _first(hit, retriever)
        made.append(Statement(_shown(text), (Support(shown, start, end),), "\n"))
    return made


def _department(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """Who does it: the cells of the row, else the sentence that names an office."""
    rows = [one for one in evidence if one.hit.clause.row]
    if not rows or (evidence[0].hit.clause.row is None and evidence[0].hit.score > rows[0].hit.score + 0.2):
        return _exact(query, evidence, retriever)
    hit = rows[0].hit
    cells = hit.clause.row or {}
    columns = [column for column in cells if _asked_column(query.focus, column) and cells[column]]
    if "牵头" in query.focus and "责任" in query.focus:
        columns = [column for column in cells if _asked_column("", column) and cells[column]]
    if not columns:
        return _exact(query, evidence, retriever)
    shown = "；".join(f"{column}：{'、'.join(n for n in _DEPARTMENT.split(cells[column]) if n)}" for column in columns)
    _, _, task = _first(hit, retriever)
    start, end = _cells_span(hit.clause, [cells[column] for column in columns])
    lead = f"{name(hit.document)}{place(hit.clause)}（{_brief(task)}）"
    return [Statement(f"{lead}{shown}。", (Support(hit, start, end),), "\n")]


def _brief(task: str) -> str:
    text = re.sub(r"^\s*\d+\s*[.．、]\s*", "", _shown(task)).rstrip("。；")
    return text if len(text) <= 40 else f"{re.split('[，；。]', text)[0][:40]}"


def _cells_span(clause: Clause, cells: Sequence[str]) -> Span:
    """The stretch of a row's text that holds these cells, the whole row where a cell is filled from above."""
    places = [(clause.text.rfind(cell), len(cell)) for cell in cells]
    if any(at < 0 for at, _ in places):
        return clause.start, clause.end
    return clause.start + min(at for at, _ in places), clause.start + max(at + length for at, length in places)


# Comparison ----------------------------------------------------------------------------------------------------


def _comparison(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """Side by side: for each document that the question names its best sentences; a silent side is said to be so."""
    sides = list(dict.fromkeys(one.hit.document.id for one in evidence))
    made: list[Statement] = []
    for side in sides:
        own = [one for one in evidence if one.hit.document.id == side]
        made += _sentences(replace(query, kind="open"), own, retriever, 2, 0.12)
    return made


_BY_KIND: dict[AnswerKind, Callable[[Query, Sequence[Evidence], Retriever], list[Statement]]] = {
    "clause": _open,
    "count": _exact,
    "tasks": _open,
    "department": _department,
    "comparison": _comparison,
    "date": _exact,
    "number": _exact,
    "list": _list,
    "open": _open,
}
