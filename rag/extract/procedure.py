"""How something is done, from a guide: conditions, papers, steps, time, charge, place, telephone and grounds, each with
its clause, and 原文未提及 for what the guide says nothing of.
"""

import re
from collections.abc import Sequence

from rag.cite import Statement
from rag.clause import Clause, Document, Hit
from rag.extract.place import Found, located
from rag.extract.structure import in_lines, items
from rag.retrieve import Evidence, Retriever
from rag.sentence import sentences
from rag.understand import Query

_SLOTS = (
    ("条件", re.compile(r"条件|(?:办理|申请|服务|补贴)对象"), re.compile(r"条件|应当符合|适用于")),
    ("材料", re.compile(r"材料|证件|资料"), re.compile(r"材料|提交[^。]{0,12}(?:证|表|书|原件)")),
    ("流程", re.compile(r"流程|程序|步骤|怎么办理"), re.compile(r"受理[^。]{0,40}(?:审核|审查|办结)")),
    ("时限", re.compile(r"时限|期限|办结时间|办理时间"), re.compile(r"\d+个?(?:工作)?日内?|当场办结|即办")),
    ("收费", re.compile(r"收费|费用"), re.compile(r"不收费|免费|收费|费用|\d元")),
    (
        "地点",
        re.compile(r"地点|地址|窗口|受理机构|在哪办"),
        re.compile(r"地[点址]|\d+号?(?:至\d+号)?窗口|政务服务(?:中心|大厅)"),
    ),
    ("电话", re.compile(r"电话|咨询|监督"), re.compile(r"(?:电话|热线)[^。]{0,12}\d{3,}")),
    ("依据", re.compile(r"依据"), re.compile(r"依据|根据《")),
)
"""A slot, the words of a heading over it, and what speaks of it elsewhere: only where nothing does is it not mentioned."""
_GUIDE = 4
"""Slots that a document must have headings for to be a guide."""
_WHOLE = 420
"""Characters up to which a slot is shown as it stands; of a longer one the items by their first sentences."""


def guided(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The guide to the matter that is asked for, slot by slot; [] where the question asks for less, or there is none."""
    if not query.asks_how:
        return []
    for document in dict.fromkeys(one.hit.document.id for one in evidence[:8]):
        clauses = retriever.index.store.clauses(document)
        headed = {name: clause for name, heading, _ in _SLOTS if (clause := _headed(clauses, heading, retriever))}
        if len(headed) >= _GUIDE:
            return _slots(retriever.index.store.document_of(clauses[0].id), headed, clauses, retriever)
    return []


def _headed(clauses: Sequence[Clause], heading: re.Pattern[str], retriever: Retriever) -> Clause | None:
    """The first section whose own heading has such words."""
    for clause in clauses:
        if clause.kind == "heading" and len(clause.path) == 1 and heading.search(clause.heading.rsplit(" › ", 1)[-1]):
            return clause
    return None


def _slots(
    document: Document, headed: dict[str, Clause], clauses: Sequence[Clause], retriever: Retriever
) -> list[Statement]:
    made: list[Statement] = []
    last: Document | None = None
    for name, _, words in _SLOTS:
        found = _section(headed[name], retriever) if name in headed else _spoken(clauses, words, retriever)
        if found:
            made += located(found, last)
            last = document
        else:
            made.append(Statement(f"{name}：原文未提及。", (), "\n"))
    return made


def _section(clause: Clause, retriever: Retriever) -> list[Found]:
    hit = retriever.hit(clause)
    is_table = any(one.kind == "table_row" for one in retriever.below(hit.clause))
    is_short = len(hit.clause.text) <= _WHOLE and not is_table
    return [in_lines(hit, retriever)] if is_short else items(hit, retriever)


def _spoken(clauses: Sequence[Clause], words: re.Pattern[str], retriever: Retriever) -> list[Found]:
    """The first sentence that speaks of a slot which has no section of its own."""
    for clause in clauses:
        hit = Hit(0, 1.0, retriever.index.store.document_of(clause.id), clause, "neighbour")
        for start, end in sentences(clause.text) if clause.kind in ("clause", "point", "table_row") else ():
            if words.search(clause.text[start:end]):
                span = (clause.start + start, clause.start + end)
                return [(hit, span, (retriever.words(hit.document.id, span),))]
    return []
