"""Claims against cited text, without a model: every checkable fact of a claim must stand in what it cites.

Looks for numbers with their units, percentages, amounts, dates, clause labels, document numbers, 《titles》 and “quotes”
in the sources, in normal forms; then for the claim's words. It does not understand: a sentence that turns a rule into
its opposite with the rule's own words and numbers passes (不得 is looked for, other negations are not).
"""

import re
from collections.abc import Sequence

from rag.clause import Hit, Verdict
from rag.lexical import terms
from rag.numeral import arabic, bare

_COVERED = 0.55
"""Share of a claim's terms that must stand in its sources where it is no verbatim part of them."""
_UNIT = (
    "个工作日|工作日|个百分点|平方米|平方公里|公里|小时|分钟|万元|亿元|千元|万户|万人|万件|万|亿|元|%|‰|年|月|日|天|周|倍|"
    "个月|个|项|件|人|名|户|家|次|条|款|章|节|级|岁|号|批|期|所|处|台|座|起|宗|份|套|间|层|米|吨|分|学时|课时|成"
)
_NUMBER = re.compile(rf"(?<![\d.])\d+(?:,\d{{3}})*(?:\.\d+)?(?:{_UNIT})?")
_DOCUMENT_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}?[〔\[(]\d{4}[〕\])]\d{1,5}号")
_TITLE = re.compile(r"《([^《》]{2,120})》")
_QUOTED = re.compile(r"“([^“”]{2,200})”|「([^「」]{2,200})」")
_OFFICE = re.compile(
    r"[\u4e00-\u9fff]{1,10}?(?:局|厅|委员会|管委会|办公室|办公厅|人民政府|人民法院|检察院|派出所|中心|街道办事处)"
)
_FORBIDS = re.compile(r"不得|禁止|严禁|不予|不准")


def facts(text: str) -> list[str]:
    """The checkable facts of a text in normal form, in order, each once.

    >>> facts("自２０２４年三月起，补贴百分之二十，由市财政局发放《补贴办法》规定的500元。")
    ['补贴办法', '2024年', '3月', '20%', '500元']
    """
    normal = arabic(text)
    found = [match[1] for match in _TITLE.finditer(normal)]
    rest = _DOCUMENT_NUMBER.sub(lambda match: found.append(match[0]) or " ", _TITLE.sub(" ", normal))  # type: ignore[func-returns-value]
    found += [match[0] for match in _NUMBER.finditer(rest)]
    return list(dict.fromkeys(found))


def quotes(text: str) -> list[str]:
    """What a text puts in quotation marks, bare."""
    return [bare(a or b) for a, b in _QUOTED.findall(text)]


def check(claim: str, sources: Sequence[str]) -> Verdict:
    """Whether the sources, taken together, carry the claim.

    `unchecked` where there are no sources; `supported` where the claim is a verbatim part of one, or where all its
    facts and quotes and most of its terms stand in them; else `unsupported`.
    """
    if not sources:
        return "unchecked"
    if any(bare(claim).rstrip("。；，") in bare(source) for source in sources):
        return "supported"
    together = arabic("\n".join(sources))
    plain = bare("\n".join(sources))
    if any(not _stands(fact, together) for fact in facts(claim)):
        return "unsupported"
    if any(quote not in plain for quote in quotes(claim)):
        return "unsupported"
    if any(match[0] not in together for match in _FORBIDS.finditer(arabic(claim))):
        return "unsupported"
    if any(office not in together for office in _offices(arabic(claim), together)):
        return "unsupported"
    wanted, held = terms(claim), set(terms("\n".join(sources)))
    covered = sum(term in held for term in wanted) / len(wanted) if wanted else 1.0
    return "supported" if covered >= _COVERED else "unsupported"


def _stands(fact: str, normal: str) -> bool:
    """Whether a fact stands in a text in normal form, a number not inside another."""
    if not fact[0].isdigit():
        return fact in normal
    number = fact.replace(",", "")
    return re.search(rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)", normal.replace(",", "")) is not None


def _offices(claim: str, together: str) -> list[str]:
    """The offices that a claim names, cut to where they begin: a verb before a name is not a part of it."""
    found = []
    for match in _OFFICE.finditer(claim):
        name = match[0]
        shorter = next((name[i:] for i in range(len(name) - 2) if name[i:] in together), name)
        found.append(shorter if len(shorter) >= 3 else name)
    return found


def sources(hits: Sequence[Hit]) -> list[str]:
    """What a claim may draw on: the cited clauses, with the words by which they are named."""
    return [
        f"《{hit.document.title}》（{hit.document.number or ''}）{hit.document.region or ''}{hit.document.issuer or ''}"
        f"{''.join(hit.clause.path)} {hit.clause.heading}\n{hit.clause.text}"
        + "".join(f"\n{name}：{cell}" for name, cell in (hit.clause.row or {}).items())
        for hit in hits
    ]
