"""What a part of a sentence does to the documents it names: 废止, 修改, 有效期延长, 继续有效, 暂停执行; and from when.

A part ends at a comma or full stop outside 《》 and （）; names that are parted from their verb stay with it. What is
only planned, denied or supposed (拟废止, 不予废止, 废止后) does nothing.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.clause import Document, RelationKind, Span
from rag.metadata.day import day
from rag.numeral import CHINESE, value

_FILL = "\x00"
"""Stands for each character of a name while parts and verbs are looked for: 《关于废止……的决定》 repeals nothing."""
_APART = re.compile(r"[（(][^（）()\n]{0,120}[）)]")
_PART = re.compile(r"[^。；;，,！？\n]+[。；;，,！？\n]?")
_REPEAL = re.compile(r"废止|停止(?:执行|施行|实施|使用)|不再(?:执行|施行|实施|有效|适用)|失效|失去效力|予以撤销")
_KEPT = re.compile(
    r"(?:不予|不再|未|不得|并非|没有|不|拟|拟予以?|建议|提请|研究|论证|是否|可以?|应当?|应予|及时|适时|逐步|推动|加快|抓紧)(?:予以)?(?:废止|失效|停止|撤销)"
    r"|(?:废止|失效|停止执行)(?:的?(?:建议|意见|程序|工作|情形|条件|理由|论证|评估|处理|前|后|时|之前|之后|之日|期间|情况)|[、和或及]|或者|以及)"
    r"|(?:修改|修订|清理|变更|调整|暂停)(?:[、和或及]|或者|以及)(?:者)?(?:废止|停止)|期满|届满|到期|(?:不|可|可以|应当?|有权)停止|提出废止|申请|应当停止"
)
_DONE = re.compile(r"(?:废止|失效)(?:[、和或及]|或者|以及)(?:废止|失效|宣布失效)")
"""废止和失效 of a decision that does both, which is no plan."""
_UPHOLD = re.compile(
    r"(?:继续|仍然|仍|保持)有效|继续(?:执行|施行|实施|适用|沿用)|恢复(?:执行|施行|实施)|(?:不予|不)废止|予以保留"
)
_EXTEND = re.compile(
    r"(?:有效期|施行期|执行期|实施期|试行期|适用期|有效期限|实施时间|执行时间)限?[^，。；]{0,10}?(?:延长|延续|顺延|延至|延期|续期|展期)"
    r"|(?:延长|延续|顺延)[^，。；]{0,30}?(?:有效期|施行期|执行期|实施期|试行期|适用期)"
    r"|(?:继续|延续)(?:执行|施行|实施|有效|适用)[^，。；]{0,6}(?:至|到)"
)
_TERM = re.compile(r"(?:有效|施行|执行|实施|试行|适用)(?:期限?|时间)[^，。；]{0,6}(?:至|到)")
"""Behind 继续有效 the new term."""
_SUSPEND = re.compile(r"(?:暂停|暂缓|中止|暂不)(?:执行|施行|实施|适用)")
_AMEND = re.compile(
    r"修改为|修订为|改为|删去|删除|(?:如下|以下)(?:修改|修订|修正|调整)|(?:修改|修订|修正)如下|(?:作出?|进行|予以)[^，。]{0,8}(?:修改|修订|修正)"
    r"|增[加写](?:规定|[一二两三四五六七八九十\d]{0,3})?[^，。“\"]{0,4}[条款项目节章段句]|作为第|合并"
)
_WHOLE = re.compile(
    r"(?:如下|以下)(?:修改|修订|修正)|(?:修改|修订|修正)如下|(?:作出?|进行|予以)[^，。]{0,4}(?:修改|修订|修正)|部分(?:条款|内容)[^，。]{0,4}修改"
)
_PLANNED = re.compile(r"(?:拟|推动|加快|抓紧|建议|研究|适时|及时|推进|启动|配合|做好)[^，。]{0,12}$")
_WITHOUT = re.compile(
    r"(?:根据|依据|依照|按照|参照|遵照|贯彻|落实|按|被|由|经|以|执行|违反|自|符合|因|在|为)[^\x00，。；]{0,12}$"
)
"""What stands before the name of a document that is a ground or an instrument of the change, not its object."""
_DOES = r"(?:同时|一并|即|自|予以|相应|均|停止|不再|废止|失效|继续|仍|暂)"
_PARTLY = re.compile(
    rf"(?:中的?|的|内|里|关于|有关|与|之)[^\x00]{{0,40}}?(?:规定|条款|内容|部分|要求|标准|表述|政策|事项|条文|附件|措施)[^\x00]{{0,8}}{_DOES}"
    rf"|[^\x00，。；]{{0,60}}(?:有关|相关|部分)的?(?:规定|条款|内容){_DOES}"
)
_FILLER = re.compile(r"^(?:了|原|下列|以下|文件|[：:\s])+")
LIST = re.compile(r"下列|以下|如下|目录|清单|名单|详见附件|见附件|一览表|附后")
"""The documents that something is said of stand in a list."""
_ITS_OWN = re.compile(r"自本[\u4e00-\u9fff]{1,6}(?:施行|实施|生效|执行)之日")
_AT_ONCE = re.compile(r"即日起|自(?:本[\u4e00-\u9fff]{1,6})?(?:印发|发布|公布|下发|颁布)之日起?")
_FROM = re.compile(r"自\s*((?:19|20)\d\d年\d{1,2}月\d{1,2}日)\s*(?:零时)?起")
_ON = re.compile(
    rf"(?:已于|已经于|于|已自|自|从)\s*(?P<day>[\d{CHINESE}○]{{4}}年(?:[\d{CHINESE}]{{1,3}}月(?:[\d{CHINESE}]{{1,3}}日)?)?)"
)
_UNTIL = re.compile(
    rf"(?:至|到)\s*(?P<day>[\d{CHINESE}○]{{4}}年(?:[\d{CHINESE}]{{1,3}}月)?(?:[\d{CHINESE}]{{1,3}}日|底)?)"
)
_FOR = re.compile(rf"(?:延长|延续|顺延|延期|续期|展期)[^，。；]{{0,8}}?(?P<n>[{CHINESE}\d]{{1,3}})(?P<unit>年|个月)")
_ANY = re.compile(
    r"废止|停止|不再|失效|失去效力|撤销|有效|继续|恢复|保留|延|暂|中止|修改|修订|修正|改为|删|增加|合并|作为第"
)
"""Without one of these nothing is said: nearly all clauses have none."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a part says: span, kind (None: nothing), the day from which it counts, and for how long it extends.

    targets   where in the text the names that it is said of stand
    is_list   the documents follow, as a list or in an annex
    is_whole  an amendment of the whole document: 作如下修改
    """

    start: int
    end: int
    kind: RelationKind | None = None
    effective: date | None = None
    until: date | None = None
    months: int | None = None
    targets: Span = (0, 0)
    is_list: bool = False
    is_whole: bool = False


def said(text: str, start: int, end: int, names: Sequence[Span], about: Document) -> list[Said]:
    """The parts of the sentences between two offsets, each with what it says; `names` are the spans of documents' names."""
    if _ANY.search(text, start, end) is None:
        return []
    masked = _masked(text, start, end, names)
    found: list[Said] = []
    for first, last in _parts(masked):
        words = masked[first:last]
        made = replace(_one(words, about), start=start + first, end=start + last)
        if made.kind in ("repeals", "amends") and made.effective is None:
            made = replace(made, effective=_since(text, masked, start, first, last, about))
        before = found[-1] if found else None
        if (
            before
            and before.kind == "upholds"
            and _FILL not in words
            and (_TERM.search(words) or made.kind == "extends")
        ):
            found[-1] = replace(before, kind="extends", until=_until(words), months=_months(words))
        found.append(_aimed(made, words, start + first))
    return found


_SENTENCE = 300
"""Characters before a part in which 自……起施行 is looked for."""
_NEAR = 40
"""Characters beside a name that are looked at for what it is there for."""


def _masked(text: str, start: int, end: int, names: Sequence[Span]) -> str:
    letters = list(text[start:end])
    for a, b in names:
        letters[max(0, a - start) : max(0, b - start)] = _FILL * (min(b, end) - max(a, start))
    return _APART.sub(
        lambda apart: " " * len(apart[0]) if _FILL not in apart[0] else _FILL * len(apart[0]), "".join(letters)
    )


def _parts(masked: str) -> list[Span]:
    """The parts; one that ends in a name and has no verb goes on, and a verb alone stays with the names before it."""
    made: list[Span] = []
    has_verb = False
    for match in _PART.finditer(masked):
        words = match[0]
        is_verb = _verb(words)
        if made and not has_verb and masked[made[-1][1] - 1] in "，,":
            ends_in_name = _FILL in masked[max(made[-1][0], made[-1][1] - 5) : made[-1][1]].rstrip("，, ")
            goes_on = words.lstrip("原以及和并 ").startswith(_FILL) or (_FILL not in words and is_verb)
            if ends_in_name and goes_on:
                made[-1], has_verb = (made[-1][0], match.end()), is_verb
                continue
        made.append(match.span())
        has_verb = is_verb
    return made


def _verb(words: str) -> bool:
    return any(pattern.search(words) for pattern in (_REPEAL, _UPHOLD, _EXTEND, _SUSPEND))


def _one(words: str, about: Document) -> Said:
    """What a part says, without its place."""
    nothing = Said(0, 0)
    if _EXTEND.search(words):
        until = _until(words)
        months = None if until else _months(words)
        return replace(nothing, kind="extends", until=until, months=months) if until or months else nothing
    if _SUSPEND.search(words) and not re.search(r"应当|可以|裁定|决定是否", words):
        return replace(nothing, kind="suspends")
    if _UPHOLD.search(words):
        return replace(nothing, kind="upholds", is_list=LIST.search(words) is not None)
    if _REPEAL.search(words):
        if _KEPT.search(_DONE.sub("废止", words)):
            return nothing
        return replace(nothing, kind="repeals", effective=_stated(words, about), is_list=LIST.search(words) is not None)
    amend = _AMEND.search(words)
    if amend and not _PLANNED.search(words[: amend.start()]):
        return replace(nothing, kind="amends", effective=about.effective, is_whole=_WHOLE.search(words) is not None)
    return nothing


def _aimed(made: Said, words: str, at: int) -> Said:
    """Which names of the part are meant: those behind an active 废止《……》, else those before the verb."""
    if made.kind is None:
        return made
    verb = next((m for p in (_EXTEND, _SUSPEND, _UPHOLD, _REPEAL, _AMEND) if (m := p.search(words))), None)
    if verb is None:
        return made
    behind = _FILLER.sub("", words[verb.end() :])
    if made.kind == "amends" or (made.kind == "extends" and _FILL in verb[0]):
        return replace(made, targets=(at, at + len(words)))
    if behind.startswith(_FILL) and made.kind in ("repeals", "suspends"):
        return replace(made, targets=(at + verb.end(), at + len(words)))
    return replace(made, targets=(at, at + verb.start()))


def is_ground(text: str, start: int, name: int, names: Sequence[Span]) -> bool:
    """Whether the name at `name` is why or how something is changed (根据《……》, 被《……》废止), not what is changed."""
    return _WITHOUT.search(_window(text, max(start, name - _NEAR), name, names)) is not None


def is_partial(text: str, name_end: int, end: int, names: Sequence[Span]) -> bool:
    """Whether behind the name only a part of the document is meant: 《……》中有关补贴的规定同时废止."""
    return (
        _PARTLY.match(_window(text, name_end, min(end, name_end + 2 * _NEAR), names).lstrip(_FILL + "、和及与"))
        is not None
    )


def _window(text: str, start: int, end: int, names: Sequence[Span]) -> str:
    """A short stretch with its names masked."""
    first = max(0, bisect_left(names, (start, start)) - 1)
    return _masked(text, start, end, names[first : bisect_left(names, (end, end))])


def _stated(words: str, about: Document) -> date | None:
    """The day that the part itself gives: 自……起废止, 已于2020年废止 (a year alone: its last day), 自即日起."""
    if match := _ON.search(words):
        return _last_day(match["day"])
    if _AT_ONCE.search(words):
        return about.issued
    return None


def _since(text: str, masked: str, start: int, first: int, last: int, about: Document) -> date | None:
    """The day from which a part counts: with 同时, that of 自……起施行 in its sentence; else the document's own."""
    near = max(0, first - _SENTENCE)
    begin = max(near, *(masked.rfind(c, near, first) + 1 for c in "。；;\n"))
    sentence = text[start + begin : start + last]
    found = _FROM.search(sentence)
    if found and not _ITS_OWN.search(sentence):
        return day(found[1]) or about.effective
    return about.effective


def _until(words: str) -> date | None:
    found = [_last_day(match["day"]) for match in _UNTIL.finditer(words)]
    return found[-1] if found else None


def _months(words: str) -> int | None:
    match = _FOR.search(words)
    n = value(match["n"]) if match else None
    return None if match is None or n is None or n > 600 else n * (12 if match["unit"] == "年" else 1)


def _last_day(words: str) -> date | None:
    """The day, or the last of the month or year that the words name.

    >>> _last_day("2025年12月31日"), _last_day("2025年6月底"), _last_day("二〇二〇年")
    (datetime.date(2025, 12, 31), datetime.date(2025, 6, 30), datetime.date(2020, 12, 31))
    """
    if "日" in words:
        return day(words)
    year, _, rest = words.partition("年")
    month = value(rest.partition("月")[0]) if "月" in rest else 12
    if month is None:
        return None
    following = day(f"{year}年12月31日") if month == 12 else day(f"{year}年{month + 1}月1日")
    if following is None or month == 12:
        return following
    return date.fromordinal(following.toordinal() - 1)
