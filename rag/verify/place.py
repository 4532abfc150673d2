"""Facts where the sources have them: beside the same words, in the same role, under the article that is named."""

import re
from collections.abc import Iterator, Sequence

from rag.clause import Hit
from rag.verify.facts import DATE, Fact, offices, plain, without
from rag.verify.known import Item, holds, item, names, parts
from rag.verify.words import content

_MARGIN = 2
"""Terms by which a place with another figure must be nearer to the claim than those with the claim's; or it has all
that these share with the claim, and more. In either case it has half of the terms beside the claim's figure."""
_CONTEXT = 3
"""Terms of a part from which it tells where its fact belongs; with fewer the whole claim does."""


def displaced(form: str, items: Sequence[Item]) -> bool:
    """Whether a fact of the claim stands in a neighbour of what the claim speaks of, and that has another of its kind."""
    pieces = [item(part) for one in items for part in parts(one.form)]
    for part in parts(form):
        if any(part in one.form for one in items):
            continue
        said = item(part)
        for fact in said.facts:
            if _is_bound(fact, part):
                own = content(without(part, fact))
                wide = own if len(own) >= _CONTEXT else content(form)
                if _is_anothers(fact, said, wide, items) or _is_anothers(fact, said, own, pieces):
                    return True
    return False


def _is_bound(fact: Fact, part: str) -> bool:
    """Whether another of its kind may be taken for a fact; roles are `miscast`'s."""
    match fact.kind:
        case "number":
            is_year = fact.unit == "年" and len(fact.normal) == 4
            return not is_year and (fact.unit != "" or f"{fact.normal}分" in part)
        case "office":
            return "由" in part and not _ROLE.search(part)
        case _:
            return fact.kind in ("date", "phone")


def _is_anothers(fact: Fact, said: Item, context: frozenset[str], places: Sequence[Item]) -> bool:
    """Whether the place that shares most words with `context` has another fact of this kind, and not this one."""
    held = [context & place.words for place in places if holds(place, fact)]
    others = [
        context & place.words
        for place in places
        if not holds(place, fact) and any(_is_rival(fact, one) and not holds(said, one) for one in place.facts)
    ]
    if not held or not others:
        return False
    best, other = max(held, key=len), max(others, key=len)
    is_near = len(other) >= _MARGIN and 2 * len(other) >= len(context)
    return is_near and (len(other) >= len(best) + _MARGIN or all(one < other for one in held))


def _is_rival(fact: Fact, other: Fact) -> bool:
    return other.kind == fact.kind and other.unit == fact.unit


# Roles ---------------------------------------------------------------------------------------------------------

_LEAD = re.compile(  # 牵头部门：…, 牵头的是…; …牵头
    r"牵头(?:部门|单位)?(?:的部门|的单位|的)?[是为:有由]+([^;。()]+?)(?=,|;|。|\(|\)|责任|配合|完成|$)"
    r"|由?([^,;:。()由]{2,40}?)(?:共同|负责|分别)?牵头(?!部门|单位|的)"
)
_SUPPORT = re.compile(
    r"(?:责任|配合|协办)(?:部门|单位)?(?:的部门|的)?[是为:有由]+([^;。()]+?)(?=;|。|\(|\)|牵头|完成|$)"
    r"|([^,;:。()由]{2,60}?)(?:(?:是|为|作为)(?:责任|配合)(?:部门|单位)|配合(?!好|做|部门|单位))"
)
_CHARGED = re.compile(r"()由([^,;:。()由]{2,40}?)(?:负责|承担)")
_TOGETHER = re.compile(r"()([^,;:。()由]{2,40}?)会同")
_ROLE = re.compile("牵头|责任|配合|会同")
_ROLES = {"牵头": _LEAD, "配合": _SUPPORT, "责任": _SUPPORT, "负责": _CHARGED, "会同": _TOGETHER}


def miscast(form: str, hits: Sequence[Hit]) -> bool:
    """Whether the claim gives an office a role (牵头, 责任, 配合, 会同) that the sources give to others."""
    for role, pattern in _ROLES.items():
        said = [name for stretch in _cast(pattern, form) for name in [*offices(stretch)] or [stretch]]
        if said:
            given = [stretch for hit in hits for stretch in _given(role, pattern, hit)]
            if given and any(not any(names(stretch, office) for stretch in given) for office in said):
                return True
    return False


def _cast(pattern: re.Pattern[str], form: str) -> Iterator[str]:
    return (m[1] or m[2] for m in pattern.finditer(form))


def _given(role: str, pattern: re.Pattern[str], hit: Hit) -> Iterator[str]:
    """The stretches of a clause that name who has the role: cells of its row, else words of its text."""
    row = {plain(column): plain(cell) for column, cell in (hit.clause.row or {}).items()}
    if row:
        yield from (cell for column, cell in row.items() if role in column)
    else:
        yield from _cast(pattern, plain(hit.clause.text))


# Lead-ins ------------------------------------------------------------------------------------------------------

_NAMED = re.compile(r"(第\d+条(?:之\d+)?)(?:第\d+[款项])*(?:就|中)?(?:,|:|明确|规定|提出|要求|指出|禁止)")
_NUMBERED = re.compile(r"文号[是为:]+([^,;。]+)")
_EFFECT = re.compile(rf"(?:{DATE.pattern})起?(?:正式|开始)?(?:施行|实施|生效|执行)")


def misattributed(form: str, around: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether the claim says that an article or number rules, or a day begins, which none of the sources is.

    around  what is known of each clause besides its text; texts  what they say; both `plain`
    """
    articles = [m[1] for m in _NAMED.finditer(form) if not any(m[0] in text for text in texts)]
    numbers = [m[1].strip(".") for m in _NUMBERED.finditer(form)]
    if any(not any(one in text for text in around) for one in [*articles, *numbers]):
        return True
    begins = {_day(m) for text in (*around, *texts) for m in _EFFECT.finditer(text)}
    return any(_day(m) not in begins for m in _EFFECT.finditer(form)) if begins else False


def _day(m: re.Match[str]) -> str:
    return re.sub("起?(?:正式|开始)?[\u3400-\u9fff]{2}$", "", m[0])
