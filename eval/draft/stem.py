"""Sentences of a document → what can be asked of them: a figure, a day, the office that is responsible.

A Chinese question stands in the order of the statement that answers it: 轮候期不超过2年 → 轮候期不超过几年？ So the words
of a stem are the document's own, from the beginning of its sentence to the end of the part that is asked for, with one
word of asking in place of the figure. What does not stand by itself (其中…, 前款…) is not asked. The words are in
`draft.toml`; which document and heading are named is kinds'.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from rag.clause import Span
from rag.numeral import bare, chinese, value

Fact = tuple[str, ...]
"""What an answer must contain, first as the document has it, then in other words."""

_OPEN, _CLOSE = "（(《“‘〔【[「『", "）)》”’〕】]」』"
_LONGEST, _SHORTEST = 64, 8
"""Characters of a stem."""
_WHOLE = 160
"""Characters of a sentence that is read."""
_ARABIC = r"(?<![\d.．,:：\-—~～/×A-Za-z])\d[\d,]*(?:\.\d+)?\s*[万亿千百]?\s*"
_CHINESE = "(?<![一二三四五六七八九十百千〇零])[一两二三四五六七八九十][零一二三四五六七八九十百千]{0,8}"
_PERCENT = "百分之[一二三四五六七八九十百点零]{1,8}"
_DATE = r"(?:(?:\d{4}年)?(?:\d{1,2}月\d{1,2}日|\d{1,2}月(?:底|末|上旬|中旬|下旬))|\d{4}年(?:年?底|末))"
_DEADLINE = re.compile(rf"(?<![至到—\d])({_DATE}|年底)(?:[（(]含当日[）)])?(?:之前|以前|前)")
_FORCE = re.compile(rf"自({_DATE}|\d{{4}}年\d{{1,2}}月\d{{1,2}}日)起(?:正式)?(施行|实施|执行|生效)")
_EVENT = re.compile(rf"^({_DATE}(?:至(?:{_DATE}|\d{{1,2}}日))?)，")
_OWN = re.compile(r"本(?:办法|规定|条例|细则|法|通知|意见|方案|规则|决定|标准|指南)(?![律定])")
_BLANK = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
"""Blanks that a layout put beside Chinese characters."""
_CONDITION = re.compile(
    r"(?:的|(?<!小)时|后|前|(?<=[日月年])起|(?<!以)内|者|基础上|情形外|情况下?|以外|中|的[\u4e00-\u9fff]{1,4}|期间)$|^为(?:了|深入|进一步|全面|切实|做好|贯彻|落实|确保|加强|认真|有效)"
)
"""What is no statement by itself: a condition, a purpose, or 满183天的个人, of whom the next part says something."""
_TORN = re.compile(r"(?:的|(?<!小)时|后|前|(?<=[日月年])起|基础上|情形外|情况下)$")
"""What a question does not end with."""
_OBJECT = 6
"""Characters of what an office is responsible for: 具体实施 says nothing."""
_VERB = 4
"""Characters before a figure from which a part has its verb there: 全市99个中心、1791个站 has it behind."""
_ALONE = 12
"""Characters from which a later part of a sentence is asked without those before it, where these have figures, too."""


@dataclass(frozen=True, slots=True)
class Stem:
    """A question without its document's name and without its sign.

    words  the question; `{own}` stands for the document where it speaks of itself
    facts  what is asked for
    quote  the part of the sentence that answers, as it stands there
    unit   what the figure counts, for stems of the same; "" for days and offices
    rest   the same sentence's further parts that ask for a figure of their own, as (words, facts, quote)
    """

    kind: Literal["figure", "day", "office"]
    words: str
    facts: tuple[Fact, ...]
    quote: str
    unit: str = ""
    rest: tuple[tuple[str, tuple[Fact, ...], str], ...] = ()


@cache
def words() -> dict[str, Any]:
    """The words of `draft.toml`."""
    return tomllib.loads((Path(__file__).parent / "draft.toml").read_text(encoding="utf-8"))


def stems(sentence: str) -> list[Stem]:
    """What can be asked of a sentence, on one line and without its label; [] of one that does not stand by itself.

    >>> [(one.words, one.facts[0][0]) for one in stems("公共租赁住房实行轮候制度，轮候期一般不超过2年。")]
    [('公共租赁住房实行轮候制度，轮候期一般不超过几年', '2年')]
    >>> [one.words for one in stems("本办法自2024年7月1日起施行。")], stems("其中，市级财政承担10万元。")
    (['{own}自什么时候起施行'], [])
    >>> [(one.words, one.facts) for one in stems("市房产管理局主管全市公共租赁住房工作。")]
    [('哪个部门主管全市公共租赁住房工作', (('市房产管理局',),))]
    """
    skip = words()["skip"]
    text = re.sub(f"^(?:{'|'.join(skip['leading'])})[，,]", "", sentence.strip().rstrip("。；;"))
    if not _SHORTEST <= len(text) <= _WHOLE or text.startswith(tuple(skip["first"])) or not is_whole(text):
        return []
    if any(word in text for word in skip["words"]) or re.search(r"[\t|？?！]|\d\s\d|^\d+\s", text):
        return []
    return [stem for found in (_days(text), _offices(text), _figures(text)) for stem in found]


# Figures -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Figure:
    span: Span
    unit: str
    facts: tuple[Fact, ...]
    asked: str


def _figures(text: str) -> Iterator[Stem]:
    """A stem for each figure outside brackets; the figures behind the first one as what may be asked then."""
    parts = segments(text)
    found = [one for one in _figures_in(text) if _is_outside(text, one.span[0])]
    for i, one in enumerate(found):
        end = _end(text, parts, one.span[1])
        first, last = _part(parts, one.span[0])
        if one.span[0] - first >= _VERB and (at := _cut(text, one.span[1], last, found[i + 1 :])) < last:
            end = at
        begin = _begin(text, parts, one.span[0], found[:i])
        topic = _topic(text, parts, begin, found)
        stem = _fit(topic + text[begin : one.span[0]] + one.asked + text[one.span[1] : end], one.facts)
        leans = text[begin:].startswith(tuple(words()["skip"]["later"]))
        is_torn = bool(begin) and (leans or (not topic and end - begin < _ALONE))
        if stem and not is_torn and not _is_listed(text, parts, one, found[:i]):
            rest = tuple(_rest(text, parts, end, found[i + 1 :]))
            yield Stem("figure", stem, one.facts, text[0 if topic else begin : end], one.unit, rest)


def _is_listed(text: str, parts: list[Span], one: _Figure, before: list[_Figure]) -> bool:
    """Whether a figure is a further one of an enumeration: 14件、合同协议213份."""
    start = _part(parts, one.span[0])[0]
    return any(start <= each.span[0] and "、" in text[each.span[1] : one.span[0]] for each in before)


def _rest(text: str, parts: list[Span], end: int, later: list[_Figure]) -> Iterator[tuple[str, tuple[Fact, ...], str]]:
    """The parts behind a stem that ask for a figure of their own, each with one figure."""
    for other in later:
        start, stop = _part(parts, other.span[0])
        for first, last in reversed([span for span in parts if end < span[1] <= start]):
            if not is_open(text[first:last]):
                break
            start = first
        is_alone = sum(start <= each.span[0] < stop for each in later) == 1
        asked = text[start : other.span[0]] + other.asked + text[other.span[1] : stop]
        if start >= end and is_alone and 6 <= len(asked) <= 30 and not is_open(text[start:stop]):
            yield re.sub("^其中[，,]?", "", asked), other.facts, text[start:stop]


def _topic(text: str, parts: list[Span], begin: int, found: list[_Figure]) -> str:
    """What a sentence begins with, said before a later part of it: 新就业职工申请公共租赁住房，连续缴纳社会保险多少个月."""
    start, end = parts[0]
    first = text[start:end]
    is_topic = is_open(first) or any(word in first for word in words()["skip"]["topics"])
    is_plain = end < begin and not any(one.span[0] < end for one in found)
    return f"{first}，" if is_topic and is_plain else ""


def _begin(text: str, parts: list[Span], at: int, before: list[_Figure]) -> int:
    """Where a stem begins: with its sentence, or behind the last part that is complete and has a figure of its own."""
    start = _part(parts, at)[0]
    if re.search("[：:]", text[:start]):
        return 0  # what stands before a colon is spoken of in all that follows
    for first, last in reversed([span for span in parts if span[1] <= start]):
        if any(first <= one.span[0] < last for one in before):
            return start
        start = first
    return 0


def _cut(text: str, start: int, end: int, others: list[_Figure]) -> int:
    """The end of a stem, before an enumeration goes on with a figure of another thing: 14件、合同协议213份."""
    at = text.find("、", start, end)
    return at if at >= 0 and any(at < other.span[0] < end for other in others) else end


@cache
def _pattern() -> re.Pattern[str]:
    figures = words()["figures"]
    units = "|".join(map(re.escape, figures["units"]))
    spelled = "|".join(figures["spelled"])
    number = rf"(?:{_ARABIC}(?:{units})|{_CHINESE}(?:{spelled})|{_PERCENT})"
    joined = r"(?:以上|至|到|—|-|～|~)(?:不满|不超过)?"
    return re.compile(rf"(?P<first>{number})(?:{joined}(?P<second>{number}))?(?P<below>以下)?")


@cache
def _units() -> re.Pattern[str]:
    units = sorted({*words()["figures"]["units"], *words()["figures"]["spelled"]}, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(map(re.escape, units))})$")


def _figures_in(text: str) -> Iterator[_Figure]:
    figures = words()["figures"]
    for match in _pattern().finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        first, second = match["first"], match["second"]
        unit = found[0] if (found := _units().search(first)) else "%"
        is_year = unit == "年" and re.fullmatch(r"(?:19|20)\d\d\s*年", first)
        goes_on = after[:1] and after[:1] in figures["goes_on"].get(unit, "")
        if (
            is_year
            or goes_on
            or bare(first) in figures["always"]
            or before.endswith(tuple(figures["not_behind"]))
            or after.startswith(tuple(figures["not_before"]))
        ):
            continue
        if re.match(r"[、至到—～~-]\s*[\d一二三四五六七八九十]", after) or re.search(r"[\d年][、至到—～~-]$", before):
            continue
        if unit != "%" and re.fullmatch("一(?!百|千|十).{1,4}", first) and not second:
            continue  # 一年, 一次: hardly ever what is asked
        if re.match(r"\d", after) or (unit == "日" and re.search(r"月$", before)):
            continue
        asked, end = _asked(first, unit), match.end()
        if second:
            asked = f"{asked}到{asked}" if "至" in match[0] or "到" in match[0] else asked
            yield _Figure((match.start(), end), unit, (_fact(first), _fact(second)), asked)
        else:
            yield _Figure((match.start(), match.end("first")), unit, (_fact(first),), asked)


def _asked(number: str, unit: str) -> str:
    """The word that asks for a number: 几 for a few, else 多少, with its unit behind.

    >>> [_asked("2年", "年"), _asked("20年", "年"), _asked("78.5%", "%"), _asked("5.6万份", "份"), _asked("两年", "年")]
    ['几年', '多少年', '百分之多少', '多少份', '几年']
    """
    if unit in ("%", "％"):
        return "百分之多少"
    count = value(number.removesuffix(unit).strip())
    is_few = count is not None and 1 <= count <= 10 and unit in words()["figures"]["few"]
    return ("几" if is_few else "多少") + unit


def _fact(number: str) -> Fact:
    """A number as it stands, and as it would be written otherwise.

    >>> _fact("2年"), _fact("三十日"), _fact("98%"), _fact("百分之二十"), _fact("5.6万份")
    (('2年', '两年', '二年'), ('三十日', '30日'), ('98%', '百分之九十八'), ('百分之二十', '20%'), ('5.6万份',))
    """
    plain = "".join(number.split())
    if plain.startswith("百分之"):
        whole = value(plain.removeprefix("百分之"))
        return (plain,) if whole is None else (plain, f"{whole}%")
    unit = found[0] if (found := _units().search(plain)) else ""
    count = value(plain.removesuffix(unit).replace(",", ""))
    if count is None or not 0 < count < 10_000:
        return (plain,)
    if unit in ("%", "％"):
        return (plain, f"百分之{chinese(count)}")
    others = [f"两{unit}"] if count == 2 else []
    others += [] if count == 2 and unit not in ("日", "年", "倍") else [f"{chinese(count)}{unit}"]
    others += [f"{count}{unit}"]
    return (plain, *(other for other in dict.fromkeys(others) if other != plain))


# Days and offices ----------------------------------------------------------------------------------------------


def _days(text: str) -> Iterator[Stem]:
    parts = segments(text)
    if (match := _FORCE.search(text)) and _OWN.match(text) and match.end() < 40:
        asked = _OWN.sub("{own}", text[: match.start()], count=1) + f"自什么时候起{match[2]}"
        yield Stem("day", asked, ((match[1],),), text[: match.end()])
    elif (match := _EVENT.match(text)) and _SHORTEST <= len(rest := _upto(text[match.end() :])) <= _LONGEST:
        when = "什么时候" if "至" in match[1] else "哪一天"
        yield Stem("day", f"{rest}，安排在{when}", (_joined(match[1]),), text[: match.end() + len(rest)])
    else:
        for match in _DEADLINE.finditer(text):
            end = _end(text, parts, match.end())
            stem = _fit(text[: match.start()] + "什么时候之前" + text[match.end() : end], ((match[1],),))
            if stem and _is_outside(text, match.start()):
                yield Stem("day", stem, ((match[1],),), text[:end])


def _joined(date: str) -> Fact:
    return (date,)


def _upto(text: str) -> str:
    """The first part of a sentence, with the second where the first is a condition."""
    parts = segments(text)
    return text[: _end(text, parts, 1)] if parts else ""


def _offices(text: str) -> Iterator[Stem]:
    offices = words()["offices"]
    ends, verbs = "|".join(offices["ends"]), "|".join(offices["verbs"])
    match = re.match(rf"([^，。；：、（）《》“”的]{{2,18}}?(?:{ends}))({verbs})(?!人)", text)
    if match and not match[1].startswith(tuple(offices["vague"])):
        end = _end(text, segments(text), match.end())
        stem = end - match.end() >= _OBJECT and _fit(f"哪个部门{text[match.start(2) : end]}", ((match[1],),))
        if stem:
            yield Stem("office", stem, ((match[1],),), text[:end])


# Parts of a sentence -------------------------------------------------------------------------------------------


def segments(text: str) -> list[Span]:
    """The parts of a sentence between commas and the like; what stands in brackets or quotation marks is not cut.

    >>> [("甲，（乙，丙）丁；戊")[a:b] for a, b in segments("甲，（乙，丙）丁；戊")]
    ['甲', '（乙，丙）丁', '戊']
    """
    cuts, depth = [-1], 0
    for i, c in enumerate(text):
        depth += (c in _OPEN) - (c in _CLOSE)
        if depth <= 0 and c in "，,；;。：:" and not text[i - 1 : i + 2].isdecimal() and not _is_in_number(text, i):
            cuts.append(i)
    cuts.append(len(text))
    return [(a + 1, b) for a, b in pairwise(cuts) if b > a + 1]


def _is_in_number(text: str, at: int) -> bool:
    return text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit()


def _part(parts: list[Span], at: int) -> Span:
    return next((span for span in parts if span[0] <= at < span[1]), parts[-1])


def _end(text: str, parts: list[Span], at: int) -> int:
    """Where the part that holds the character before `at` ends; behind the next one, where it is only a condition."""
    for start, end in parts:
        if end >= at and not (start < at and is_open(text[start:end]) and end < len(text)):
            return end
        if end >= at:
            at = end + 2
    return len(text)


def is_open(part: str) -> bool:
    """Whether a part of a sentence says nothing yet: a condition, a purpose, those of whom the next part speaks.

    >>> is_open("积分达到60分的"), is_open("居住累计满183天的个人"), is_open("河北等省份的51个地级市"), is_open("公示15日")
    (True, True, True, False)
    """
    return bool(_CONDITION.search(part) or re.search(r"的\d+个[^，的]{1,6}$", part))


def _is_outside(text: str, at: int) -> bool:
    """Whether a character stands in no brackets and no quotation marks."""
    before = text[:at]
    return sum(map(before.count, _OPEN)) == sum(map(before.count, _CLOSE))


def is_whole(text: str) -> bool:
    """Whether every bracket and quotation mark is closed."""
    return all(text.count(a) == text.count(b) for a, b in zip(_OPEN, _CLOSE, strict=True))


def _fit(asked: str, facts: tuple[Fact, ...]) -> str | None:
    """The stem, with the document for 本办法; None where it is too long, too short, torn, or gives away what it asks for."""
    plain = _BLANK.sub("", re.sub("[：:]", "，", asked.strip("，,；;：: ")))
    stem = _OWN.sub("{own}", plain)
    is_told = any(bare(one) in bare(stem) for fact in facts for one in fact)
    if (
        not _SHORTEST <= len(stem) <= _LONGEST
        or is_told
        or stem.startswith(tuple(words()["skip"]["first"]))
        or not is_whole(stem)
        or _TORN.search(stem)
    ):
        return None
    return stem
