"""Two documents in force that say otherwise of the same: both are shown, and what decides between them where some document
says what does (新的规定与旧的规定不一致的，适用新的规定).

Only sentences that are the same but for a figure are held against each other: anything less alike may be about two things.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rag.cite import Statement
from rag.clause import NOT_IN_FORCE, Clause, Document, Hit, Span
from rag.extract.phrase import phrases
from rag.extract.place import Found, located
from rag.numeral import CHINESE, bare
from rag.premise import figures, pairs
from rag.retrieve import Evidence, Retriever
from rag.sentence import sentences
from rag.understand import years

_LOOKED_AT = 12
"""Clauses of the evidence that may say otherwise."""
_SAME = 0.8
"""Share of pairs of characters, figures aside, from which two sentences speak of the same."""
_FEWEST = 6
"""Pairs of characters of a sentence that can be told apart from others."""
_OWN = re.compile(r"与本(?:办法|规定|细则|条例|方案|通知|意见)不(?:一致|符)的")
_LATER, _HIGHER = "新的规定与旧的规定不一致", "法律的效力高于"
_NATIONAL = re.compile(r"^中华人民共和国.+法$")


def disputed(said: Sequence[Statement], evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """`said`, with what another document says otherwise than the first of it behind it, and which of both applies."""
    if not said or not said[0].supports:
        return list(said)
    support = said[0].supports[0]
    ours = support.hit
    for span in _within(ours.clause, (support.start, support.end)):
        text = retriever.words(ours.document.id, span)
        for one in evidence[:_LOOKED_AT]:
            if _may_differ(ours.document, one.hit.document) and (other := _otherwise(text, one.hit, retriever)):
                clause = one.hit.clause.id
                rest = [each for each in said if all(part.hit.clause.id != clause for part in each.supports)]
                (contrary,) = located([other])
                decides = _deciding(ours.document, one.hit.document, retriever)
                return [*rest, replace(contrary, lead=phrases(retriever.settings.language).otherwise), *decides]
    return list(said)


def _within(clause: Clause, span: Span) -> list[Span]:
    """The sentences of a clause that lie in a stretch of it."""
    every = [(clause.start + start, clause.start + end) for start, end in sentences(clause.text)]
    return [(start, end) for start, end in every if start < span[1] and span[0] < end]


def _may_differ(ours: Document, theirs: Document) -> bool:
    """Whether two documents hold at once for the same place: of other places, or of another time, each is right."""
    is_one_place = ours.region == theirs.region or None in (ours.region, theirs.region)
    is_in_force = not {ours.status, theirs.status} & set(NOT_IN_FORCE)
    is_one_time = years(ours.title) == years(theirs.title)  # a plan of each year has figures of its own
    return (
        ours.id != theirs.id
        and is_in_force
        and is_one_time
        and (is_one_place or "全国" in (ours.region, theirs.region))
    )


def _otherwise(text: str, hit: Hit, retriever: Retriever) -> Found | None:
    """The sentence of a clause that is `text` with another figure; None where there is none."""
    for span in _within(hit.clause, (hit.clause.start, hit.clause.end)):
        other = retriever.words(hit.document.id, span)
        if _is_same(text, other) and _differs(text, other):
            return hit, span, (other,)
    return None


def _is_same(text: str, other: str) -> bool:
    """Whether two texts are the same but for their figures."""
    one, two = wording_of(text), wording_of(other)
    return min(len(one), len(two)) >= _FEWEST and len(one & two) >= _SAME * max(len(one), len(two))


def wording_of(text: str) -> frozenset[str]:
    """The pairs of characters of a text, its figures left out: what two versions of a sentence have in common."""
    form = re.sub(rf"(?:\d[\d.]*|[{CHINESE}百千万亿]+(?![级类档年期]))|[^\u4e00-\u9fff]", " ", bare(text))
    return frozenset(pairs(form))


def _differs(text: str, other: str) -> bool:
    """Whether a figure of one text stands in the other with another value, behind the same words."""
    one, two = figures(text), figures(other)
    return any(
        mine.fact.unit == its.fact.unit
        and mine.before[-1:] == its.before[-1:]
        and mine.fact.normal not in {figure.fact.normal for figure in two}
        for mine in one
        for its in two
    )


def _deciding(ours: Document, theirs: Document, retriever: Retriever) -> list[Statement]:
    """The clause that says which of two documents applies; [] where no document says so.

    A document's own word first, then the law on legislation: a national law before all others, of one issuer the later.
    """
    store = retriever.index.store
    rules = [clause for one in (ours, theirs) for clause in store.clauses(one.id) if _OWN.search(clause.text)]
    if not rules:
        signs = [_HIGHER] if _is_national(ours) != _is_national(theirs) else []
        if ours.issuer and ours.issuer == theirs.issuer and _day(ours) != _day(theirs):
            signs.append(_LATER)
        laws = [one.id for one in store.documents() if one.title.endswith("立法法")]
        rules = [clause for sign in signs for id in laws for clause in store.clauses(id) if sign in clause.text]
    rules = [clause for clause in rules if clause.kind != "heading"]
    if not rules:
        return []
    made = located([(retriever.hit(rules[0]), (rules[0].start, rules[0].end), (rules[0].text,))])
    return [replace(made[0], lead=phrases(retriever.settings.language).decides)]


def _is_national(document: Document) -> bool:
    return _NATIONAL.match(document.title) is not None


def _day(document: Document) -> date | None:
    return document.effective or document.issued or document.published
