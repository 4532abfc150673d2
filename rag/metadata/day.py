"""The days of a document: issued 成文, published 发布, effective 施行, expires (the last day on which it holds).

A date that lost its signs (2022129) is read as none. 自印发之日起 counts from the day of issue, 有效期五年 from the
day on which the document takes effect.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rag.metadata.line import Line
from rag.metadata.office import is_office, signer_row
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
_FORCE = r"(?:正式)?(?:施行|实施|执行|生效)"
_FROM = re.compile(rf"自\s*(?:{_DATE})\s*起{_FORCE}")
_SINCE = re.compile(
    rf"自(?:印发|发布|公布|颁布|发文|下发)之日起(?:的)?(?:(?P<after>{_N}{{1,3}})日(?:之?后|以后)?)?(?:{_FORCE}|[\u4e00-\u9fff]{{1,4}}月)"
)
_FOR = re.compile(
    rf"(?:有效期|执行期|试行期|施行期)限?(?:暂定|暂)?(?:为|是)?(?:自[^，。；]{{2,12}}起的?)?(?P<n>{_N}{{1,3}})(?P<unit>年|个月)"
)
_UNTIL = re.compile(rf"(?:有效期|执行期|试行期|施行|实施|执行|有效)限?(?:调整|延长|延续)?(?:至|到)\s*(?:{_DATE})")
_SELF = "|".join(sorted({*TYPES, "法", "政策", "文件"}, key=len, reverse=True))
_OWN = re.compile(
    rf"本[\u4e00-\u9fff]{{0,6}}(?:{_SELF})|现(?:将|予)|^[\s\d一二三四五六七八九十百零第条款项（）().．、*#：:，]{{0,16}}$"
)
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
        next((found for sentence in reversed(sentences) if (found := _searched(_FROM, sentence))), None)
        or _first(stated, "施行日期", "实施日期", "生效日期")
        or _since(sentences, start)
        or next((found for row in top if (found := _searched(_FROM, row.text))), None)
    )
    expires = _first(stated, "失效日期", "废止日期") or _expires(sentences, effective or start)
    return Days(issued, published, effective, expires)


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
    """The sentences about the document's own force and term: 本办法自……起施行, not 《……条例》自……起施行."""
    for row in rows:
        if "起" not in row.text and "期" not in row.text and "至" not in row.text:
            continue
        for match in _SENTENCE.finditer(row.text):
            sentence = match[0]
            first = min((m.start() for p in (_FROM, _SINCE, _FOR, _UNTIL) if (m := p.search(sentence))), default=None)
            if first is not None and _OWN.search(sentence[:first]):
                yield sentence


def _since(sentences: list[str], start: date | None) -> date | None:
    """The day from which the document holds where a sentence counts it from its issue."""
    match = next((found for sentence in reversed(sentences) if (found := _SINCE.search(sentence))), None)
    if match is None or start is None:
        return None
    return start + timedelta(days=(value(match["after"]) or 0) if match["after"] else 0)


def _expires(sentences: list[str], start: date | None) -> date | None:
    """The last day on which the document holds."""
    for sentence in reversed(sentences):
        if found := _searched(_UNTIL, sentence):
            return found
        match = _FOR.search(sentence)
        count = value(match["n"]) if match else None
        if match and count and start and count <= 600:
            return _later(start, count * (12 if match["unit"] == "年" else 1)) - timedelta(days=1)
    return None


def _later(start: date, months: int) -> date:
    """The same day `months` later, the month's last where it has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
