"""How something is done, from a guide: conditions, papers, steps, time, charge, place, telephone and grounds, each with
its clause, and 原文未提及 for what the guide says nothing of.
"""

import re
from collections.abc import Sequence

from rag.cite import Statement
from rag.clause import Clause, Document, Hit, Parsed
from rag.extract.phrase import without
from rag.extract.place import Found, located
from rag.extract.structure import in_lines, items
from rag.numeral import arabic
from rag.premise import is_free
from rag.retrieve import Evidence, Retriever
from rag.sentence import sentences
from rag.understand import Query

_TAIL = r"(?:标准|清单|目录|说明|图|要求|须知)?(?:(?:[与和及、]|及其)[^，。]{1,8})?$"
_SLOTS = (
    ("条件", r"(?:条件|(?:办理|申请|服务|补贴|受理)对象)", r"条件|应当符合|适用于|对象", r"条件|对象|符合|适用"),
    (
        "材料",
        r"(?:材料|证件|资料)",
        r"材料[^。]{0,20}(?:证|表|书|原件|复印件)|提交[^。]{0,12}(?:证|表|书|原件)",
        r"材料|证件|资料|提交",
    ),
    (
        "流程",
        r"(?<!监督)(?<!投诉)(?:流程|程序|步骤)",
        r"受理[^。]{0,40}(?:审核|审查|办结)",
        r"流程|程序|步骤|受理|审核",
    ),
    (
        "时限",
        r"(?:时限|期限|办结时间|办理时间)",
        r"(?<!\d)\d{1,3}个?(?:工作)?日|当场办结|即办|即时",
        r"时限|期限|日内|工作日|当场|即办",
    ),
    ("收费", r"(?:收费|费用)", r"不收费|免费|收费|费用|(?<!\d)\d{1,8}元", r"费|元|免"),
    (
        "地点",
        r"(?:地点|地址|窗口|受理机构)",
        r"地[点址]|(?<!\d)\d{1,3}号?(?:至\d{1,3}号?)?窗口|政务服务(?:中心|大厅)",
        r"地点|地址|窗口|中心|大厅",
    ),
    (
        "电话",
        r"(?:电话|咨询(?:方式|途径)?|联系方式)",
        r"(?:电话|热线|咨询|联系)[^。]{0,12}(?<!\d)\d{3,4}",
        r"电话|热线|联系方式|咨询|\d{5}",
    ),
    ("依据", r"依据", r"依据|根据《", r"依据|根据|《"),
)
"""A slot; the end of a heading over it; what says it elsewhere; what must not stand anywhere for it to be not mentioned."""
_GUIDE = 4
"""Slots that a document must have headings for to be a guide."""
_ITS_OWN = 0.6
"""Share of the matter, by what its terms tell, that the title of its guide has."""
_ASKS_CHARGE = re.compile(
    r"(?:收费|要钱|收钱|交钱|花钱|免费|手续费|工本费)[^，。？?]{0,3}(?:吗|么|不|[？?]|$)|收不收|要不要(?:钱|交钱|收费)"
)
_CHARGED = 0.15
"""Share of a question about charges, by what its terms tell, that the title of the guide has."""
_LOOKED_AT = 5
"""Clauses of the evidence whose documents are looked through for whether anything is charged."""
_WHOLE = 420
"""Characters up to which a slot is shown as it stands; of a longer one the items by their first sentences."""


def guided(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The guide to the matter that is asked for, slot by slot; [] where the question asks for less, or there is none."""
    if not query.asks_how:
        return _charged(query, evidence, retriever) if _ASKS_CHARGE.search(query.focus) else []
    for document in dict.fromkeys(one.hit.document.id for one in evidence[:8]):
        parsed = retriever.index.store.parsed(document)
        is_its = any(retriever.coverage(name, parsed.document.title, query) >= _ITS_OWN for name in query.matter)
        headed = _headed(parsed.clauses)
        if is_its and len(headed) >= _GUIDE:
            return _slots(parsed, headed, retriever)
    return []


def _charged(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """What the guide to what is asked about says of charges; [] where there is none."""
    for document in dict.fromkeys(one.hit.document.id for one in evidence):
        parsed = retriever.index.store.parsed(document)
        headed = _headed(parsed.clauses)
        is_its = retriever.coverage(query.text, parsed.document.title, query) >= _CHARGED
        if is_its and len(headed) >= _GUIDE and "收费" in headed:
            return located(_section(headed["收费"], retriever))
    return []


def free_of_charge(evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """What the documents of the best evidence say of being free of charge; [] where they do not."""
    documents = dict.fromkeys(one.hit.document.id for one in evidence[:_LOOKED_AT])
    clauses = [clause for document in documents for clause in retriever.index.store.clauses(document)]
    free = [retriever.hit(one) for one in clauses if one.kind != "heading" and is_free(one.text)]
    return located([(hit, (hit.clause.start, hit.clause.end), (hit.clause.text,)) for hit in free[:1]])


def _headed(clauses: Sequence[Clause]) -> dict[str, Clause]:
    """The first section for each slot whose own heading ends in its words; a section has one slot."""
    found: dict[str, Clause] = {}
    for clause in clauses:
        words = clause.heading.rsplit(" › ", 1)[-1]
        if clause.kind == "heading" and len(clause.path) == 1:
            name = next((name for name, heading, _, _ in _SLOTS if re.search(heading + _TAIL, words)), None)
            if name is not None:
                found.setdefault(name, clause)
    return found


def _slots(parsed: Parsed, headed: dict[str, Clause], retriever: Retriever) -> list[Statement]:
    """Each slot by its section, else by the first sentence that says it; nothing where it may be said in other words."""
    made: list[Statement] = []
    last: Document | None = None
    everything = arabic(parsed.text.characters)
    for name, _, says, mentions in _SLOTS:
        found = _section(headed[name], retriever) if name in headed else _said(parsed, re.compile(says), retriever)
        if found:
            made += located(found, last)
            last = parsed.document
        elif not re.search(mentions, everything):
            made.append(Statement(without(name, retriever.settings.language), (), "\n"))
    return made


def _section(clause: Clause, retriever: Retriever) -> list[Found]:
    hit = retriever.hit(clause)
    is_table = any(one.kind == "table_row" for one in retriever.below(hit.clause))
    is_short = len(hit.clause.text) <= _WHOLE and not is_table
    return [in_lines(hit, retriever)] if is_short else items(hit, retriever)


def _said(parsed: Parsed, says: re.Pattern[str], retriever: Retriever) -> list[Found]:
    """The first sentence that says what a slot without a section is for."""
    for clause in parsed.clauses:
        if clause.kind in ("title", "furniture"):
            continue
        own = retriever.own_text(clause)
        for start, end in sentences(own):
            if says.search(arabic(own[start:end])):
                span = (clause.start + start, clause.start + end)
                hit = Hit(0, 1.0, parsed.document, clause, "neighbour")
                return [(hit, span, (retriever.words(parsed.document.id, span),))]
    return []
