"""The days of a document: issued 成文, published 发布, effective 施行, expires (the last day on which it holds).

A date that lost its signs (2022129) is read as none. 自印发之日起 counts from the day of issue, 有效期五年 from the
day on which the document takes effect: from 1 March 2021 for five years ends with 28 February 2026.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rag.clause import Status
from rag.metadata.line import LABEL, Line, is_office
from rag.metadata.office import signer_row
from rag.metadata.title import TYPES
from rag.numeral import CHINESE, value

_N = rf"[\d０-９{CHINESE}○]"
_SPELLED = rf"(?P<y>{_N}{{4}})\s*年\s*(?P<m>{_N}{{1,3}})\s*月\s*(?P<d>{_N}{{1,3}})\s*日"
_DATE = rf"{_SPELLED}|(?P<y2>\d{{4}})[-/.](?P<m2>\d{{1,2}})[-/.](?P<d2>\d{{1,2}})(?!\d)"
_ANY = re.compile(_DATE)
_ALONE = re.compile(rf"[（(]?\s*(?:{_DATE})\s*[）)]?")
_PRINTED = re.compile(rf"(?:{_DATE})\s*印发$")
_PASSED = re.compile(rf"(?:{_DATE})[^，。；日]{{0,40}}(?:公布|发布|印发|令第)")
_ADOPTED = re.compile(rf"(?:{_DATE})[^，。；日]{{0,40}}通过")
_FORCE = r"(?:正式|开始|试)?(?:施行|实施|执行|生效|试行|实行|施用)"
_HOUR = r"(?:[（(]含[^（）()]{0,6}[）)]|零时|[0０]时|[0０][:：][0０]{2})?"
_FROM = re.compile(rf"(?P<since>[自从于]\s*)?(?:{_DATE})\s*{_HOUR}(?P<on>起)?(?:{_FORCE}(?P<after>.?)|(?=[至到]))")
_SINCE = re.compile(
    r"自(?:本[\u4e00-\u9fff]{1,4})?(?:印发|发布|公布|颁布|发文|下发|签发|通过)之日(?:起|后)(?:的)?"
    rf"(?:(?P<after>{_N}{{1,3}})(?P<unit>日|天|个月)(?:之?后|以后|起))?(?:{_FORCE}|[\u4e00-\u9fff]{{1,4}}月|[，,](?=有效|试行))"
)
_TERM = r"(?:有效|执行|试行|施行|实施|适用)(?:期限?|时间|时限)"
_FOR = re.compile(
    rf"(?:{_TERM}(?:暂定|暂)?(?:为|是)?(?:自[^，。；]{{2,14}}起的?)?|[，,]?(?:试行|暂行)|，有效)(?P<n>{_N}{{1,3}})(?P<unit>年|个月)(?![内前以])"
)
_UNTIL = re.compile(
    rf"(?:{_TERM}|施行|实施|执行|有效|起)(?:为|是|[:：])?(?:暂定)?(?:调整|延长|延续)?"
    rf"(?P<from>[自从]?\s*(?:{_DATE})\s*{_HOUR}起?)?\s*(?:至|到|[—～－-]{{1,2}})\s*(?P<rest>.{{4,16}})"
)
_END = re.compile(rf"(?P<y>{_N}{{4}})\s*年(?:(?P<m>{_N}{{1,3}})月)?(?:底|末)")
_SELF = "|".join(sorted({*TYPES, "法", "政策", "文件"}, key=len, reverse=True))
_OWN = re.compile(
    rf"本(?![市省区县州镇乡院校局])(?:(?!补贴|补助|津贴|待遇|优惠)[\u4e00-\u9fff]){{0,6}}?(?:{_SELF})|现(?:将|予)"
)
_BARE = re.compile(r"[\s\d一二三四五六七八九十百零第条款项（）().．、*#：:，]{0,16}")
"""What may stand before a date in a sentence that does not say of what it speaks: its label."""
_SUBJECT = 16
"""Characters at the beginning of a sentence among which its subject stands."""
_TOP = re.compile(r"第[一二三四五六七八九十百零\d]+条|[一二三四五六七八九十]{1,3}、")
_WRAPPED = 25
"""Characters from which a line that ends inside a sentence was wrapped by the layout."""
_MINUTE = re.compile(rf"(?:\S{{2,20}}\s+)?(?:{_DATE})\s*[T\s]\d{{1,2}}[:：]\d\d(?!\s*[-—至到])[^，。；]{{0,60}}")
"""A site's line of the day and the minute, behind the name of an account at most."""
_FORCE_NAMES = ("有效性", "时效性", "文件时效", "效力状态", "文件状态", "是否有效")
_STATED: tuple[tuple[str, Status], ...] = (
    (r"(?:已被?|全文)?(?:废止|撤销)", "repealed"),
    (r"(?:已|全文|文件)?(?:失效|过期)|无效|否$", "expired"),
    (r"(?:尚未|未)(?:生效|施行|实施)", "not_yet"),
    (r"已被?(?:修改|修订|修正)|(?:部分|条款)(?:失效|废止|有效)", "unknown"),
    (r"(?:现行|继续|全文|长期)?有效|是$|生效", "in_force"),
)
_WHEN = ((_FROM, _SINCE), (_FOR, _UNTIL))
"""Since when, and how long."""
_SENTENCE = re.compile(r"[^。\n；;]+")


@dataclass(frozen=True, slots=True)
class Days:
    """The four days of a document, each None where no line states it."""

    issued: date | None = None
    published: date | None = None
    effective: date | None = None
    expires: date | None = None


def day(text: str) -> date | None:
    """The first date in `text` that the calendar has.

    >>> day("二〇二一年八月十六日"), day("2026年 4月 20 日"), day("2022-01-30 11:59")
    (datetime.date(2021, 8, 16), datetime.date(2026, 4, 20), datetime.date(2022, 1, 30))
    >>> day("2022129"), day("2022年13月1日")
    (None, None)
    """
    return next((found for match in _ANY.finditer(text) if (found := _read(match)) is not None), None)


def _read(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    numbers = [
        value((parts[a] or parts[b]).replace("○", "〇").replace(" ", ""))
        for a, b in (("y", "y2"), ("m", "m2"), ("d", "d2"))
    ]
    if None in numbers:
        return None
    try:
        found = date(*(n for n in numbers if n is not None))
    except (ValueError, OverflowError):
        return None
    return found if found.year >= 1900 else None


def days(rows: list[Line], top: list[Line], stated: dict[str, str]) -> Days:
    """The days of a document from its lines, its head and the names and values beside it."""
    announced = _first(stated, "公布日期")
    issued = _first(stated, "成文日期", "发文日期") or _signed(rows) or announced or _passed(top)
    published = (
        _first(stated, "发布日期", "发布时间", "发表时间", "印发日期", "时间", "日期", "发文时间", "生成日期")
        or announced
    )
    published = published or _beside(top) or _printed(rows)
    sentences = list(_own_sentences(rows))
    start = issued or published
    effective = (
        next((found for sentence in reversed(sentences) if (found := _begins(sentence))), None)
        or _first(stated, "施行日期", "实施日期", "生效日期")
        or _since(sentences, start)
        or next((found for row in top if (found := _begins(row.text))), None)
    )
    expires = _last(stated, _expires(sentences, effective or start))
    return Days(issued, published, effective, expires)


def _last(stated: dict[str, str], computed: date | None) -> date | None:
    """The last day: as the sentences have it, unless a page states another one, which knows of what came later.

    Some sites give as 失效日期 the last day, some the day after it: where the two differ by a day the sentence counts.
    """
    if ended := _first(stated, "废止日期"):
        return ended - timedelta(days=1)
    given = _first(stated, "失效日期", "有效期至", "截止日期")
    if given is None or (computed is not None and abs((given - computed).days) <= 1):
        return computed
    return given


def force(stated: dict[str, str]) -> Status | None:
    """What a page's own line says of its force (时效性：失效), None where it says nothing that is known.

    已修改 is `unknown`: the document may hold, its wording no longer does.
    """
    given = next((stated[name] for name in _FORCE_NAMES if name in stated), None)
    if given is None:
        return "repealed" if "废止日期" in stated and day(stated["废止日期"]) else None
    return next((status for words, status in _STATED if re.match(words, given)), None)


def _first(stated: dict[str, str], *names: str) -> date | None:
    return next((found for name in names if name in stated and (found := day(stated[name]))), None)


def _signed(rows: list[Line]) -> date | None:
    """The date below the signature, else a date that stands alone among the last lines."""
    row = signer_row(rows)
    if row is not None:
        return day(rows[row].text)
    return next((day(line.text) for line in reversed(rows[-15:]) if _ALONE.fullmatch(line.text)), None)


def _passed(top: list[Line]) -> date | None:
    """The day of publication, else of adoption, that a law's head names below the title."""
    for pattern in (_PASSED, _ADOPTED):
        for row in top:
            if found := _searched(pattern, row.text):
                return found
    return None


def _beside(top: list[Line]) -> date | None:
    """The date on a site's line below the title, alone or beside the source."""
    for row in top:
        words = row.text.split()
        if (match := _MINUTE.fullmatch(row.text)) and not re.match(r"[^\d]*[：:]", row.text):
            return _read(match)
        if re.match(r"(?:19|20)\d\d[-/.]", row.text) and (len(words) <= 2 or "来源" in row.text):
            return day(row.text)
        if len(words) == 2 and is_office(words[0]) and re.match(r"(?:19|20)\d\d[-/.年]", words[1]):
            return day(words[1])
    return None


def _printed(rows: list[Line]) -> date | None:
    """The day of the line 2022年6月7日印发 at the end."""
    return next(
        (found for row in reversed(rows) if len(row.text) < 80 and (found := _searched(_PRINTED, row.text))), None
    )


def _searched(pattern: re.Pattern[str], text: str) -> date | None:
    match = pattern.search(text)
    return _read(match) if match else None


def _own_sentences(rows: list[Line]) -> Iterator[str]:
    """The sentences about the document's own force and term: 本办法自……起施行, not 《……条例》自……起施行.

    执行至2025年12月31日 without a subject is the document's own term only behind a sentence about it or at the
    beginning of a paragraph of its last article; elsewhere it is that of the subsidy the article is about.
    """
    paragraphs = list(_paragraphs(rows))
    signed = signer_row(rows) or -1
    tops = [i for i, paragraph in paragraphs if _TOP.match(paragraph)]
    closing = {signed, *(max(part) for part in ([i for i in tops if i < signed], tops or [0]) if part)}
    last = 0
    for i, paragraph in paragraphs:
        last = i if _TOP.match(paragraph) or i == signed else last
        if not re.search("[起期至到年月]", paragraph):
            continue
        is_own = False
        for match in _SENTENCE.finditer(paragraph):
            sentence = match[0]
            is_own = is_own or _OWN.search(sentence[:_SUBJECT]) is not None
            begins = [
                min((m.start() for p in patterns if (m := p.search(sentence))), default=None) for patterns in _WHEN
            ]
            if (first := min((n for n in begins if n is not None), default=None)) is None:
                continue
            is_stated = begins[0] == first or is_own or (match.start() == 0 and last in closing)
            if _OWN.search(sentence[:first]) or (is_stated and _BARE.fullmatch(sentence[:first])):
                yield sentence


def _paragraphs(rows: list[Line]) -> Iterator[tuple[int, str]]:
    """The lines, those that a layout wrapped in one: half a sentence would seem to be about the document. Each with
    the row in which it begins.
    """
    parts: list[str] = []
    begin = 0
    for i, row in enumerate(rows):
        is_wrapped = parts and len(parts[-1]) >= _WRAPPED and parts[-1][-1] not in "。；：！？;:"
        if not (is_wrapped and row.follows and not LABEL.match(row.text)):
            yield begin, "".join(parts)
            parts, begin = [], i
        parts.append(row.text)
    yield begin, "".join(parts)


def _begins(sentence: str) -> date | None:
    """The day from which a sentence lets something hold: 自……起施行, 于……起试行, 有效期自……至…….

    >>> _begins("自2021年3月1日零时起施行"), _begins("2021年3月1日实施《办法》")
    (datetime.date(2021, 3, 1), None)
    """
    for match in _FROM.finditer(sentence):
        closed = match["after"] is not None and (not match["after"] or match["after"] in "，。；,;）)、 \u3000")
        if (match["since"] and match["on"]) or (closed and (match["since"] or match["on"])):
            return _read(match)
    term = _UNTIL.search(sentence)
    return _read(term) if term and term["from"] and re.match(_TERM, term[0]) else None


def _since(sentences: list[str], start: date | None) -> date | None:
    """The day from which the document holds where a sentence counts it from its issue."""
    match = next((found for sentence in reversed(sentences) if (found := _SINCE.search(sentence))), None)
    if match is None or start is None:
        return None
    count = (value(match["after"]) or 0) if match["after"] else 0
    return later(start, count) if match["unit"] == "个月" else start + timedelta(days=count)


def _expires(sentences: list[str], start: date | None) -> date | None:
    """The last day on which the document holds."""
    for sentence in reversed(sentences):
        for until in _UNTIL.finditer(sentence):
            if found := _ends(until["rest"]):
                return found
        match = _FOR.search(sentence)
        count = value(match["n"]) if match else None
        if match and count and start and count <= 600:
            return _before(start, count * (12 if match["unit"] == "年" else 1))
    return None


def _ends(words: str) -> date | None:
    """The day that the words begin with; of 2025年底 and 2025年6月底 the last.

    >>> _ends("2025年12月31日止"), _ends("2024年2月底"), _ends("发布2024年2月底")
    (datetime.date(2025, 12, 31), datetime.date(2024, 2, 29), None)
    """
    if (match := _ANY.match(words)) or not (last := _END.match(words)):
        return _read(match) if match else None
    year, month = value(last["y"].replace("○", "〇")), value(last["m"]) if last["m"] else 12
    if year is None or month is None or not (1900 <= year <= 9998 and 1 <= month <= 12):
        return None
    return date(year, month, calendar.monthrange(year, month)[1])


def _before(start: date, months: int) -> date:
    """The last day of a term of so many months: the eve of the day it began on, the month's last where there is none.

    >>> _before(date(2021, 3, 1), 60), _before(date(2020, 2, 29), 60)
    (datetime.date(2026, 2, 28), datetime.date(2025, 2, 28))
    """
    end = later(start, months)
    return end - timedelta(days=1) if end.day == start.day else end


def later(start: date, months: int) -> date:
    """The same day `months` later, the month's last where it has no such day.

    >>> later(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
