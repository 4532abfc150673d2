"""Claims against the text they cite, without a model: every checkable fact of a claim must stand in its sources.

    facts     numbers with their units, dates, 条号, 文号, 《titles》, “quotes”, telephone numbers, offices
    words     what else it says, in the sources' words or in others for the same
    place     each fact where the sources have it: beside the same words, under the same article, in the same role
    polarity  nothing denied, narrowed or allowed that the sources say otherwise

Out of reach is what turns the sense with the sources' own words and without any of these. Reading numerals is
`numeral`'s, choosing the quotes `cite`'s.
"""

import re
from collections.abc import Sequence
from datetime import date

from rag.clause import Hit, Verdict
from rag.numeral import value
from rag.verify.facts import COUNT, Fact, facts, plain, visible
from rag.verify.known import Known, denied, holds, known, parts, stands
from rag.verify.place import displaced, misattributed, miscast
from rag.verify.polarity import turned
from rag.verify.words import content, coverage

__all__ = ["Fact", "check", "check_hits", "coverage", "facts", "plain", "surroundings", "verbatim", "visible"]

COVERAGE = 0.5
"""Share of a claim's terms that must stand in its sources: all of 95 right sentences that paraphrase the sample documents
reach it, and 18 of 990 with a clause drawn at random."""
_LONGEST = 4000
"""Characters of a claim that are read; a longer one is unsupported."""
_GLUED, _LONG = 0.2, 6
"""A part of a claim with so few of its terms in the sources does not go with the rest, where it has so many terms."""
_SHORT = 3
"""Characters up to which words stand in a source by chance."""
_STRAY = 2
"""Terms of a lead-in that its sources may lack: those where a title and a label meet."""
_LISTED = ("类", "项", "种", "个", "条", "步", "")
"""Units in which the items of a list are counted."""
_FORBIDS = re.compile(r"不得|禁止|严禁|不予|不准|不允许|不可以")
_REFUSES = re.compile(rf"{_FORBIDS.pattern}|取消")


def check(claim: str, sources: Sequence[str]) -> Verdict:
    """Whether `sources` carry `claim`; "unchecked" without sources.

    A fact that is in none of them makes it unsupported, words of which fewer than COVERAGE stand there too; what is
    there word for word is supported. A count of parts (共12项) that no text states is left "unchecked": it follows
    from the document's structure.
    """
    sources = [source for source in sources if source.strip()]
    if not sources:
        return "unchecked"
    if len(claim) > _LONGEST:
        return "unsupported"
    held = [known(source) for source in sources]
    form = _bare(claim)
    if any(stands(form, one.form) for one in held):
        return "supported"
    if len(form) > _SHORT and any(denied(form, one.form) for one in held):
        return "unsupported"
    missing = [fact for fact in facts(claim) if not any(holds(one, fact) or _counts(one, fact) for one in held)]
    if _FORBIDS.search(form) and not any(_REFUSES.search(one.form) for one in held):
        return "unsupported"
    counted = {n for m in COUNT.finditer(plain(claim)) for n in m.groups()}
    if any(fact.kind != "number" or fact.normal not in counted for fact in missing):
        return "unsupported"
    if coverage(claim, sources) < COVERAGE or _glued(form, held):
        return "unsupported"
    items = [item for one in held for item in one.items]
    if not _is_led_in(form, held) and (turned(form, items) or displaced(form, items)):
        return "unsupported"
    return "unchecked" if missing else "supported"


def _bare(claim: str) -> str:
    return plain(claim).strip(",.;:。、!?")


def _counts(source: Known, fact: Fact) -> bool:
    """Whether a fact is the number of the items that the source lists: 有五类, 三项条件."""
    listed = source.listed()
    return fact.kind == "number" and fact.unit in _LISTED and listed > 1 and fact.normal == str(listed)


def _glued(form: str, held: Sequence[Known]) -> bool:
    """Whether a part of the claim stands in no source, carried by the others."""
    words = frozenset[str]().union(*(one.words for one in held))
    wanted = [content(part) for part in parts(form)]
    return any(len(one) >= _LONG and len(one & words) < _GLUED * len(one) for one in wanted)


def _is_led_in(form: str, held: Sequence[Known]) -> bool:
    """Whether a claim is a source's own words behind a lead-in that the sources have, too: 《办法》第五条：…"""
    lead, _, behind = form.partition(":")
    words = frozenset[str]().union(*(one.words for one in held))
    is_known = len(behind) > _SHORT and len(content(lead) - words) <= _STRAY
    return any(stands(form, one.form) or (is_known and stands(behind, one.form)) for one in held)


def verbatim(claim: str, source: str) -> bool:
    """Whether `claim` stands in `source` word for word, numerals in whatever writing."""
    return stands(_bare(claim), plain(source))


def check_hits(claim: str, hits: Sequence[Hit]) -> Verdict:
    """`check` against clauses with their heading, labels and document: what a lead-in may name besides the text."""
    form = plain(claim)
    around = [surroundings(hit) for hit in hits]
    texts = [hit.clause.text for hit in hits]
    if misattributed(form, [plain(one) for one in around], [plain(text) for text in texts]):
        return "unsupported"
    if not _is_led_in(_bare(claim), [known(one) for one in (*texts, *around)]) and miscast(form, hits):
        return "unsupported"
    return check(claim, [*texts, *around])


def surroundings(hit: Hit) -> str:
    """What is known of a clause besides its text: title, number, issuer, days, labels, heading, cells of its row."""
    document, clause = hit.document, hit.clause
    labels = [form for label in clause.path for form in _label_forms(label)]
    days = (
        (document.issued, "印发"),
        (document.published, "公布"),
        (document.effective, "起施行"),
        (document.expires, "届满"),
    )
    return "\n".join(
        [
            f"《{document.title}》",
            *(part for part in (document.number, document.issuer, document.region, clause.heading) if part),
            *(f"{_day(day)}{what}" for day, what in days if day),
            "".join(clause.path),
            *labels,
            *(f"{column}：{cell}" for column, cell in (clause.row or {}).items()),
        ]
    )


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _label_forms(label: str) -> list[str]:
    """The ways to point to a label: officials call `25.` 第25条 or 第25项, and （二） 第二项 or 第二点."""
    forms = [label]
    number = value(re.sub(r"[\s().、．,:：（）]|^附件", "", label))
    if number is not None:
        forms += [f"第{number}{unit}" for unit in ("条", "项", "点", "部分", "目", "段")] + [f"({number})"]
    return forms
