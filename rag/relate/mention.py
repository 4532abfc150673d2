"""What a stretch of text points at: 《……》第三条, 本办法第十条至第十二条, 前两款, 附件2, 刑法第二十条, 甲规〔2019〕6号.

Finds the words and reads their numbers; which clause that is, and what is said of it, is for others. Every pattern is
bounded and the tokens are put together from left to right, so that any text is read in linear time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from rag.metadata.title import TYPES
from rag.numeral import CHINESE, value
from rag.relate.name import NAMED, plain_number, plain_title
from rag.relate.place import LEVELS, Part

Head = Literal["own", "named", "law", "number", "before", "same", "here", "annex", "bare", "above"]
"""What stands before the numbers: 本办法, 《……》, 刑法, 甲规〔2019〕6号, 前款, 同条, 本条, 附件2, nothing, 上述."""

_N = rf"(?:[{CHINESE}]{{1,9}}|[0-9０-９]{{1,4}})"
_ONE = rf"(?:[（(]\s?{_N}\s?[）)]|{_N})"
_JOIN = r"(?:、|和|或者|或|及|以及|与|至|到|[—～~－-])"
_WORDS = (
    r"(?:条(?!例|款|件|线|约|目|理|形码|码)|款(?!项|式|物|待)|项(?!目|链)|目(?!标|录|的|前)|章(?!程)|节(?!目|日|点|课|能|水|假)"
    r"|分编|编(?!制|辑|号|写|码|纂|外|排)|部分(?!地|人))"
)
_MORE = rf"(?:{_JOIN}{_ONE}|[（(]{_N}[）)])"
_UNIT = rf"(?:第\s?|(?<=[条款])(?=[（(]))(?P<ns>{_ONE}{_MORE}{{0,8}})\s?(?P<unit>{_WORDS}|点(?!钟|半|多))(?:之(?P<sub>{_N})(?!间))?"
_TYPES = "|".join(sorted({*TYPES, "法", "法典", "政策", "文件", "实施细则", "实施办法"}, key=len, reverse=True))
_TOKEN = re.compile(
    rf"(?P<named>{NAMED})"
    rf"|(?P<units>{_UNIT})"
    rf"|(?P<own>(?<![日根基样版脚])本(?:[\u4e00-\u9fff]{{0,6}}?)(?:{_TYPES})(?=的?\s?(?:第|附[件表录])))"
    rf"|(?P<here>本{_WORDS})"
    rf"|(?P<before>(?<![目提之])前(?P<count>[一二两三四五六七八九十]{{0,2}})(?P<level>{_WORDS}))"
    rf"|(?P<same>(?<![合共相])[同该](?:一)?(?:{_WORDS})(?=第))"
    rf"|(?P<that>(?<![合共相])[同该](?:{_TYPES})(?=的?\s?第))"
    rf"|(?P<above>上述(?=第[（(]?{_N}))"
    rf"|(?P<annex>附[件表录](?:\s?(?P<which>{_N}))?(?![\d{CHINESE}]))"
    rf"|(?P<year>[〔\[（(【]\s?(?:19|20)\d\d\s?[〕\])）】]\s?第?\s?\d{{1,5}}\s?号)"
    rf"|(?P<decree>(?:令|公告)\s?(?:(?:19|20)\d\d年)?[（(]?第\s?[\d{CHINESE}]{{1,6}}\s?号[）)]?)".replace(
        "(?P<number>", "(?P<behind>"
    )
)
_FIRST = re.compile(r"[《第本前同该上附〔\[（(【令公]")
_OFFICE = re.compile(r"[\u4e00-\u9fff]{1,12}[A-Za-z]{0,3}\s?$")
_BEFORE_OFFICE = re.compile(
    r".*(?:按照|比照|根据|依照|依据|关于|以及|印发|转发|执行|废止|对照|结合|参照|落实|^[原和与及的将对按])"
)
_EACH = re.compile(_ONE)
_LAW = re.compile(r"[\u4e00-\u9fff]{0,24}(?:法典|法|条例|细则|解释|通则|规程)(?:[（(][^（()）]{1,12}[）)])?$")
_NO_LAW = re.compile(
    r"(?:方|办|做|看|想|说|用|司|执|立|合|非|违|依|守|无|设|书|技)法$|^[本该同]法$|^(?:的|中)?(?:条例|细则|解释)$"
)
_VERB = re.compile(
    r".*(?:的|依照|依据|根据|按照|违反|适用|符合|属于|参照|构成|触犯|以及|或者|认定为|援用|不得|同时|行为|存在|实施|讨论了?|行使|考虑|关于|修改)"
    r"(?=[\u4e00-\u9fff]{2,}$)"
)
_LETTER = re.compile(r"^[将在依按由经因是了的]")
_BETWEEN = re.compile(r"(?:的|中|中的|之)?$|[（(][^（()）]{0,40}[）)]$")
_JOINED = re.compile(rf"\s?(?:{_JOIN}|、以及|，以及)\s?$")
_RANGE = ("至", "到", "—", "～", "~", "－", "-")
_GIVEN = re.compile(r"简称[:：为]?\s?[“\"]?$")
_ALIAS = re.compile(
    rf"(?:{NAMED}|(?P<plain>[\u4e00-\u9fff]{{2,30}}))[（(][^（()）]{{0,40}}?简称[:：为]?\s?[“\"「《]?(?P<alias>[^”\"」》（()），。]{{1,20}})[”\"」》]?[）)]"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A pointer as it stands in a text: span, what stands before the numbers, the document named, the numbers.

    document  the number or title as written; "" where it names none
    parts     the numbers from the outermost down, with those that an item of a list shares with the one before
    through   the last of a range, else ()
    count     how many 前两款 means; with `level`
    """

    start: int
    end: int
    head: Head
    document: str = ""
    parts: tuple[Part, ...] = ()
    through: tuple[Part, ...] = ()
    level: str = ""
    count: int = 1


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    kind: str
    document: str = ""
    unit: str = ""
    numbers: tuple[tuple[int, ...], ...] = ()
    ranges: tuple[bool, ...] = ()
    count: int = 1


def mentions(text: str, start: int, end: int) -> list[Mention]:
    """The pointers between two offsets of a text, in order; offsets are those of `text`."""
    found: list[Mention] = []
    tokens = list(_tokens(text, start, end))
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "before" and found and found[-1].end == token.start:  # 本条前三款: the first three of them
            found[-1] = _first_of(found[-1], token)
            i += 1
            continue
        if token.kind in ("named", "law", "number") and i + 1 < len(tokens) and tokens[i + 1].kind == "annex":
            i = _annex_of(text, tokens, i)
            token = tokens[i]
        head = None if token.kind == "unit" else token
        first = i if head is None else i + 1
        is_near = (
            first < len(tokens)
            and tokens[first].kind == "unit"
            and (head is None or _BETWEEN.match(text, head.end, tokens[first].start))
        )
        if head is not None and not (is_near and _BETWEEN.fullmatch(text[head.end : tokens[first].start])):
            if (alone := _alone(head)) is not None:
                found.append(alone)
            i += 1
            continue
        i = _chain(text, tokens, first, head, found)
    return found


def aliases(text: str) -> dict[str, str]:
    """What a text calls other documents for short: 《……办法》（以下简称《办法》） → 办法, by alias."""
    found: dict[str, str] = {}
    for match in _ALIAS.finditer(text):
        if match["title"]:
            found.setdefault(match["alias"], _named(match))
    return found


def _named(match: re.Match[str]) -> str:
    return plain_number(match["number"]) if match["number"] else plain_title(match["title"])


def _matches(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """The tokens' matches; only where one of their first characters stands is anything tried, which saves two thirds."""
    while first := _FIRST.search(text, start, end):
        match = _TOKEN.match(text, first.start(), end)
        if match:
            yield match
        start = match.end() if match else first.end()


def _tokens(text: str, start: int, end: int) -> Iterator[_Token]:
    behind = start
    for match in _matches(text, start, end):
        kind = match.lastgroup or ""
        if match["named"]:
            if _GIVEN.search(text, max(start, match.start() - 6), match.start()):
                continue  # （以下简称《条例》） gives a name and points at nothing
            number = match["behind"]
            yield _Token(
                match.start(), match.end(), "named", plain_number(number) if number else plain_title(match["title"])
            )
        elif match["units"]:
            token = _unit(match)
            if token is not None:
                law = _law(text, max(behind, token.start - 40), token.start)
                if law is not None:
                    yield law
                yield token
        elif match["before"]:
            count = value(match["count"]) if match["count"] else 1
            yield _Token(match.start(), match.end(), "before", unit=match["level"], count=count or 1)
        elif match["annex"]:
            which = value(match["which"]) if match["which"] else 0
            yield _Token(match.start(), match.end(), "annex", unit="附件", numbers=((which or 0,),))
        elif match["year"] or match["decree"]:
            office = _OFFICE.search(text, max(behind, match.start() - 16), match.start())
            if office is None:
                continue
            before = _BEFORE_OFFICE.match(office[0])
            begins = office.start() + (before.end() if before and before.end() < len(office[0].rstrip()) else 0)
            yield _Token(begins, match.end(), "number", plain_number(text[begins : match.end()]))
        else:
            kind = next(name for name in ("own", "here", "same", "that", "above") if match[name])
            unit = match[0].lstrip("本同该一") if kind in ("here", "same") else match[0][1:]
            yield _Token(match.start(), match.end(), kind, unit=unit)
        behind = match.end()


def _unit(match: re.Match[str]) -> _Token | None:
    """第三条之一, 第（一）、（二）项: all its numbers and which of them end a range."""
    words = match["ns"]
    numbers: list[tuple[int, ...]] = []
    ranges, at = [], 0
    for one in _EACH.finditer(words):
        n = value(one[0].strip("（()） \u3000"))
        if n is None or n == 0:
            return None
        numbers.append((n,))
        ranges.append(words[at : one.start()] in _RANGE)
        at = one.end()
    sub = value(match["sub"]) if match["sub"] else None
    if sub:
        numbers[-1] = (*numbers[-1], sub)
    return _Token(match.start(), match.end(), "unit", unit=match["unit"], numbers=tuple(numbers), ranges=tuple(ranges))


def _law(text: str, start: int, end: int) -> _Token | None:
    """A law's name without 《》 directly before the numbers: 依照刑法第三条, without the words before it."""
    match = _LAW.search(text[start:end].removesuffix("的"))
    if match is None or _NO_LAW.search(match[0]):
        return None
    name = match[0]
    country = name.rfind("中华人民共和国")
    if country >= 0:
        name = name[country:]
    else:
        verb = _VERB.match(name)
        name = _LETTER.sub("", name[verb.end() :] if verb else name)
    if len(name) < 2 or _NO_LAW.search(name):
        return None
    tail = len(text[start:end]) - len(text[start:end].removesuffix("的"))
    return _Token(end - tail - len(name), end - tail, "law", name)


def _first_of(one: Mention, token: _Token) -> Mention:
    """第三条前两款: the first two of what was named, a range."""
    if (
        one.through
        or token.count < 2
        or one.head == "before"
        or (one.parts and LEVELS[one.parts[-1][0]] >= LEVELS[token.unit])
    ):
        return one
    begins, ends = (*one.parts, (token.unit, (1,))), (*one.parts, (token.unit, (token.count,)))
    return replace(one, end=token.end, parts=begins, through=ends)


def _annex_of(text: str, tokens: list[_Token], i: int) -> int:
    """Makes 《……》附件三 one token where nothing stands between the two; its index."""
    head, annex = tokens[i], tokens[i + 1]
    if text[head.end : annex.start] not in ("", "的"):
        return i
    tokens[i + 1] = replace(head, end=annex.end, numbers=annex.numbers, unit="附件")
    return i + 1


def _alone(head: _Token) -> Mention | None:
    """A pointer without numbers of its own: 《……》, 前款, 本章, 附件2."""
    parts: tuple[Part, ...] = (("附件", head.numbers[0]),) if head.unit == "附件" else ()
    if head.kind in ("named", "number"):
        return Mention(head.start, head.end, "named" if head.kind == "named" else "number", head.document, parts)
    if head.kind == "before":
        return Mention(head.start, head.end, "before", level=head.unit, count=head.count)
    if head.kind == "here":
        return Mention(head.start, head.end, "here", level=head.unit)
    return Mention(head.start, head.end, "annex", parts=parts) if head.kind == "annex" else None


def _chain(text: str, tokens: list[_Token], first: int, head: _Token | None, found: list[Mention]) -> int:
    """Reads the numbers from `tokens[first]` on, with all that 、 and 和 add; the index of the next token."""
    base = _based(head, tokens[first])
    shared: tuple[Part, ...] = tuple(base.parts)
    i, is_range = first, False
    start = base.start
    while True:
        elements, i = _numbers(text, tokens, i, shared)
        for n, (element, begins, ends, ranged) in enumerate(elements):
            at = start if n == 0 else begins
            made = replace(base, start=at, end=ends, parts=element)
            if (ranged or (is_range and n == 0)) and found and _is_range(found[-1], made):
                found[-1] = replace(found[-1], end=ends, through=element)
            else:
                found.append(made)
            shared = element
        if i >= len(tokens) or tokens[i].kind != "unit":
            return i
        gap = text[tokens[i - 1].end : tokens[i].start]
        if not _JOINED.fullmatch(gap):
            return i
        is_range = gap.strip() in _RANGE
        start = tokens[i].start


def _is_range(before: Mention, made: Mention) -> bool:
    a, b = before.parts, made.parts
    return bool(a and b) and not before.through and a[-1][0] == b[-1][0] and len(a) == len(b) and a[-1][1] < b[-1][1]


def _based(head: _Token | None, unit: _Token) -> Mention:
    if head is None:
        return Mention(unit.start, unit.end, "bare")
    kinds: dict[str, Head] = {
        "number": "number",
        "named": "named",
        "law": "law",
        "own": "own",
        "here": "here",
        "before": "before",
    }
    kinds |= {"same": "same", "that": "same", "above": "above", "annex": "annex"}
    parts: tuple[Part, ...] = (("附件", head.numbers[0]),) if head.unit == "附件" else ()
    return Mention(head.start, unit.end, kinds[head.kind], head.document, parts, level=head.unit, count=head.count)


def _numbers(
    text: str, tokens: list[_Token], i: int, shared: tuple[Part, ...]
) -> tuple[list[tuple[tuple[Part, ...], int, int, bool]], int]:
    """One run of units, 第八条第一款第（一）、（二）项: its elements with spans, whether each ends a range; the next index."""
    level = LEVELS[tokens[i].unit]
    prefix = [part for part in shared if LEVELS[part[0]] < level]
    begins = tokens[i].start
    while True:
        token = tokens[i]
        following = tokens[i + 1] if i + 1 < len(tokens) else None
        goes_on = (
            following is not None
            and following.kind == "unit"
            and len(token.numbers) == 1
            and LEVELS[following.unit] > LEVELS[token.unit]
            and text[token.end : following.start] in ("", "的", " ", "中", "中的")
        )
        if not goes_on:
            break
        prefix.append((token.unit, token.numbers[0]))
        i += 1
    made = []
    for number, ranged in zip(token.numbers, token.ranges, strict=True):
        made.append(((*prefix, (token.unit, number)), begins, token.end, ranged))
    return made, i + 1
