"""What stands before an item and says what follows from it: 有下列情形之一的，处拘役，并处罚金：（三）…

An item alone names a case and not what becomes of it: a reader needs the words that lead its list.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.clause import Clause, Hit, Span
from rag.extract.place import Found
from rag.retrieve import Retriever
from rag.sentence import sentences

FIRST = re.compile(r"[“「]?(?:一是|首先|第一(?=[，,、是：:])|[（(][一1][)）]|1\s*(?:[、．]|\.(?!\d))|①)")
ITEM = re.compile(
    r"[“「]?(?:[一二三四五六七八九十]是|其次|再次|最后|第[二三四五六七八九十](?=[，,、是：:])|"
    r"[（(][一二三四五六七八九十\d]{1,2}[)）]|\d{1,2}\s*(?:[、．]|\.(?!\d))|[①-⑳])"
)
"""How the first item of a list begins, and how any does."""
_COLON = ("：", ":")
_LED = re.compile(rf"[：:](?=\s*{FIRST.pattern})")
_CASES = re.compile(r"之一|下列|以下|如下|其中")
_WORK = re.compile(r"(?:工作|任务|措施|内容)(?:落实|任务)?[：:]$|抓好|做好|包括|材料[：:]$")
"""Leads of cases, from which something follows, and of tasks, papers or contents, which stand for themselves."""
_ITEM_LONGEST, _LONGEST = 80, 160
"""Characters of an item that does not stand for itself, and of a lead; of a longer one its last sentence is shown."""


def with_leads(found: Sequence[Found], retriever: Retriever) -> list[Found]:
    """What was found, each item behind the words that lead its list; a lead once, and none that is shown already."""
    made: list[Found] = []
    shown: set[tuple[str, Span]] = set()
    for one in found:
        hit, span, lines = one
        if span[1] - span[0] > _ITEM_LONGEST:
            made.append(one)
            continue
        within = _lead_within(hit.clause, span)
        if within is not None:
            text = retriever.words(hit.document.id, within)
            made.append((hit, (within[0], span[1]), (text, *lines)))
            continue
        above = _lead_above(hit, retriever)
        if above is not None and (above[0].clause.id, above[1]) not in shown:
            shown.add((above[0].clause.id, above[1]))
            if not any(other.clause.id == above[0].clause.id and at[0] <= above[1][0] < at[1] for other, at, _ in made):
                made.append(above)
        made.append(one)
    return made


def _leads_cases(text: str) -> bool:
    return _CASES.search(text) is not None and _WORK.search(text) is None


def _lead_within(clause: Clause, span: Span) -> Span | None:
    """The sentence of a clause that leads the list in it to which the item at `span` belongs; None where it is no item."""
    if clause.start == span[0] or not ITEM.match(clause.text[span[0] - clause.start :]):
        return None
    before = [(clause.start + start, clause.start + end) for start, end in sentences(clause.text)]
    for start, end in reversed([one for one in before if one[1] <= span[0]]):
        text = clause.text[start - clause.start : end - clause.start]
        if text.endswith(_COLON):
            return (start, end) if _leads_cases(text) else None
        if not ITEM.match(text):
            led = _LED.search(text)  # the lead and its first item in one line
            return (start, start + led.end()) if led and _leads_cases(text[: led.end()]) else None
    return None


def _lead_above(hit: Hit, retriever: Retriever) -> Found | None:
    """What leads the list of which a clause is an item: the end of the text of the one above it, or of the paragraph before
    the items; None where nothing does.
    """
    store, clause = retriever.index.store, hit.clause
    every = store.clauses(hit.document.id)
    beside = [c for c in every if c.path[:-1] == clause.path[:-1] and c.start < clause.start]
    leader = next((c for c in reversed(beside) if not ITEM.match(c.text)), None) if ITEM.match(clause.text) else None
    if leader is None or not leader.text.rstrip().endswith(_COLON):
        leader = next(
            (c for c in every if c.path == clause.path[:-1] and c.kind in ("clause", "heading", "point")), None
        )
    if leader is None or not retriever.own_text(leader).rstrip().endswith(_COLON):
        return None
    own = retriever.own_text(leader).rstrip()
    start, end = sentences(own)[-1] if len(own) > _LONGEST else (0, len(own))
    if not _leads_cases(own) or (leader.kind == "heading" and "。" not in own and "，" not in own):
        return None
    at = (leader.start + start, leader.start + end)
    return replace(hit, clause=store.whole(leader.id)), at, (retriever.words(hit.document.id, at),)
