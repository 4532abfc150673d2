"""Whether a question asks how a document itself stands: if it holds, since or until when, what took its place; and on which day.

Who asks when a permit ends, or whether a rule applies to him, names the document as well: nothing but the document and
such words may be left for its standing to be meant.
"""

import re
from calendar import monthrange
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from rag.numeral import arabic, bare
from rag.understand.asking import FILLER
from rag.understand.query import Query
from rag.understand.title import NUMBER

_RULE = r"(?:办法|规定|条例|细则|意见|方案|通知|政策|文件|规则|制度|决定|规程|法)"
_ENDED = r"(?:失效|作废|废止|过期|到期|期满|届满|停止(?:执行|施行)|不再(?:适用|执行|有效|施行))"
_HELD = rf"(?:有效(?!期)|能用|可用|管用|作数|算数|生效|施行|执行|适用|{_ENDED})"
_WHICH = r"(?:哪|什么|谁)"
_WHEN = r"(?:哪一?[天年月日]|什么时[候间]|何时|几时|多久|几[年月日号])"
_ASKS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:还|仍|仍然|是否|是不是|会不会|有没有|依然)(?:在|已经?|继续|仍然?|能|算|是|会|不)*{_HELD}",
        rf"{_ENDED}了?(?:吗|么|没有?|了没)|(?:有效|管用|作数|算数|生效)了?[吗么]",
        rf"(?:被|由)[^，。？?]{{0,4}}{_WHICH}[^，。？?]{{0,10}}(?:废止|取代|替代|代替)|{_WHICH}[^，。？?]{{0,8}}(?:废止|取代|替代|代替)",
        rf"{_WHEN}[^，。？?]{{0,6}}{_ENDED}|有效期(?:到|至|满|届满|截止)?(?:{_WHEN}|多长)?|{_ENDED}[^，。？?]{{0,6}}(?:时间|日期|{_WHEN})",
        rf"(?:现行|现在|目前|当前|如今|正在|在用)的?(?:在?用|执行|适用|有效|施行)?的?是?{_WHICH}[^，。？?]{{0,4}}(?:{_RULE}|[份部号版])",
    )
)
_BY_WHAT = _ASKS[2]
_ITSELF = re.compile(rf"(?<![按照据])(?:这|那|该)[个份部]{_RULE}(?:{_ASKS[0].pattern})")
_BEGINS = re.compile(rf"(?:从|自)?{_WHEN}[^，。？?]{{0,6}}(?:施行|实施|生效|开始|起)")
_OF_CLAUSE = re.compile(r"[这那该此前]一?[条款项]|第[^，。？?]{1,6}[条款项章节]|条规定")
"""Who asks whether a clause still holds wants to read it; the document's standing is said beside it."""
_NOT_A_DAY = re.compile(r"去年|前年|明年|后年|上个?月|下个?月")
_DAY = re.compile(r"((?:19|20)\d{2})年(?:(\d{1,2})月(?:(\d{1,2})[日号])?)?(?![版的印发出制那修])")
_NOW = re.compile(r"现行|现在|目前|当前|如今|正在|今天")
_EDITION = re.compile(r"(?:19|20)\d{2}年?[版的]?|[那这][份部个版]")
_AROUND = re.compile(
    rf"{_RULE}|[份部版号条]|里面?|[这那当该此原旧新老前]|一天|那时|时候?|起|从|自|到|在|于|和|或者?|了|的|是|吗|么|呢|吧|我们?|请问|请|还|仍|已经?|又|"
    r"由|被|把|它|他|们|关于|市|省|县|区|印发|发布|出台|制定|修订|写着|具体|最[新后近]|执行|施行|实施|开始|停止|生效|终止|时间|日期|年底|[年月日号天]|\d"
)
"""What may stand beside the name of a document and the words of asking, and says nothing else."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a question names, `words` as it is said: one day, or a month or year from its first to its last."""

    words: str
    first: date
    last: date


def asks_standing(query: Query) -> bool:
    """Whether a question asks how a rule stands, and nothing of what it says."""
    asked = bare(query.focus)
    if query.references or _OF_CLAUSE.search(asked) or not any(pattern.search(asked) for pattern in _ASKS):
        return False
    return _NOT_A_DAY.search(asked) is None


def is_all(query: Query) -> bool:
    """Whether a question says nothing besides names of documents, days and how they stand, or says 这个办法 of it."""
    if _ITSELF.search(bare(query.focus)):
        return True
    return len(re.findall(r"[\u4e00-\u9fff]", _AROUND.sub("", subject(query.rest)))) < 2


def subject(text: str) -> str:
    """What a text speaks of besides days and the words of asking how a rule stands."""
    rest = bare(text)
    for pattern in (*_ASKS, _BEGINS, _NOW, _DAY, _EDITION):
        rest = pattern.sub(" ", rest)
    return FILLER.sub(" ", rest)


def asks_by_what(query: Query) -> bool:
    """Whether a question takes it that a rule was repealed, and asks by what."""
    return asks_standing(query) and _BY_WHAT.search(bare(query.focus)) is not None


def asks_beginning(query: Query) -> bool:
    """Whether a question asks from when a rule holds."""
    return _BEGINS.search(bare(query.focus)) is not None


def asks_current(query: Query) -> bool:
    """Whether a question means the version that holds now."""
    return _NOW.search(query.focus) is not None


def days(query: Query) -> Span | None:
    """The days that a question names; the last day that is named whole, else a month or a year; None where it names none."""
    text = arabic(
        NUMBER.sub(lambda m: "年 " if m[0].startswith("年") else " ", bare(query.focus))
    )  # 2022年澜府规〔2019〕6号
    named = sorted(_DAY.finditer(text), key=lambda m: sum(part is not None for part in m.groups()))
    if not named:
        return None
    year, month, day = (int(part) if part else None for part in named[-1].groups())
    with suppress(ValueError):  # 2月30日
        assert year is not None
        first = date(year, month or 1, day or 1)
        last = date(year, month or 12, day or monthrange(year, month or 12)[1])
        return Span(named[-1][0], first, last)
    return None
