"""What a document's own structure answers: a clause named by its number, parts counted, what stands below a heading."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rag.cite import Statement, Support
from rag.clause import Clause, Hit, Span
from rag.extract.place import Found, located, name, place, shown
from rag.numeral import bare
from rag.retrieve import Evidence, Retriever
from rag.sentence import sentences
from rag.understand import Query

_SHORT = 320
"""Characters of a clause that is shown whole."""
_NAMED = 0.6
"""Share of a heading's characters, or of a question's terms, from which the one is named by the other."""
_GENERIC = re.compile(r"基本|主要|总体|具体|工作|有关|相关|办理|申请|的")
_LISTED = 40
"""Items of an enumeration that are named one by one."""


def whole(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The clause that the question names, whole; of a long one its own text and what stands below, item by item."""
    hit = evidence[0].hit
    if len(hit.clause.text) <= 2 * _SHORT or not retriever.below(hit.clause):
        return located([in_lines(hit, retriever)])
    return _items(hit, retriever)


def _items(hit: Hit, retriever: Retriever) -> list[Statement]:
    """A clause's own text, then each clause directly below it by its first sentence."""
    own = retriever.own_text(hit.clause)
    head: list[Found] = [(hit, (hit.clause.start, hit.clause.start + len(own)), (own,))] if own.strip() else []
    children = [first(replace(hit, clause=child), retriever) for child in retriever.below(hit.clause)[:_LISTED]]
    return located([*head, *((child, span, (text,)) for child, span, text in children)])


def in_lines(hit: Hit, retriever: Retriever) -> Found:
    """A clause given whole, what stands below it on a line each."""
    span = (hit.clause.start, hit.clause.end)
    starts = [c.start for c in retriever.below(hit.clause) if hit.clause.start < c.start < hit.clause.end]
    cuts = [hit.clause.start, *starts, hit.clause.end]
    return hit, span, tuple(retriever.words(hit.document.id, part) for part in pairwise(cuts))


def first(hit: Hit, retriever: Retriever) -> tuple[Hit, Span, str]:
    """A clause by its first sentence."""
    own = retriever.own_text(hit.clause)
    spans = sentences(own) or [(0, len(own))]
    start, end = spans[0]
    span = (hit.clause.start + start, hit.clause.start + end)
    return hit, span, retriever.words(hit.document.id, span)


def listed(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """What stands below the clause that the question is about, where that is a list; else []."""
    titled = next((one for one in evidence[:8] if _is_titled(one.hit.clause, query, retriever)), None)
    best = (titled or evidence[0]).hit
    is_table = any(child.kind == "table_row" for child in retriever.below(best.clause))
    if not is_table and len(best.clause.text) <= _SHORT and (retriever.below(best.clause) or "：" in best.clause.text):
        return located([in_lines(best, retriever)])
    if titled is not None or (best.clause.kind == "heading" and evidence[0].coverage > _NAMED):
        return _items(best, retriever) if retriever.below(best.clause) else []
    return []


def _is_titled(clause: Clause, query: Query, retriever: Retriever) -> bool:
    """Whether the question names what the clause lists: the characters of its heading, without 基本, 主要 and the like,
    stand in the question.
    """
    words = _GENERIC.sub("", bare(clause.heading.rsplit(" › ", 1)[-1]))
    if clause.kind != "heading" or not 2 <= len(words) <= 12 or not retriever.below(clause):
        return False
    asked = bare(query.focus)
    return words[-2:] in asked and sum(c in asked for c in words) >= _NAMED * len(words)


def counted(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
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
    head, last = items[0], items[-1]
    lead = f"{name(section.document)}{place(section.clause)}“{heading}”共{len(items)}{unit}"
    supports = tuple(Support(retriever.hit(item), item.start, item.end) for item in (head, last))
    made = [Statement(f"{lead}（{place(head)}至{place(last)}）：" if len(items) > 1 else f"{lead}：", supports, "\n")]
    for item in items[:_LISTED]:
        hit, (start, end), text = first(retriever.hit(item), retriever)
        made.append(Statement(shown(text), (Support(hit, start, end),), "\n"))
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
    lower = f"，共{len(below)}条" if below else ""
    last = below[-1] if below else top[-1]
    lead = f"{name(hit.document)}共{len(top)}{unit}{lower}"
    spans = (top[0], top[-1], last) if below else (top[0], top[-1])
    supports = tuple(Support(retriever.hit(c), c.start, c.end) for c in dict.fromkeys(spans, None))
    made = [Statement(f"{lead}。", supports, "\n")]
    for clause in top[:_LISTED]:
        found, (start, end), text = first(retriever.hit(clause), retriever)
        made.append(Statement(shown(text), (Support(found, start, end),), "\n"))
    return made
