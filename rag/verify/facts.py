"""The checkable facts of a text, each in a normal form that two texts can be compared by.

Numbers with their units and bounds, dates, 条号, 文号, 《titles》, “quotes”, telephone numbers, offices, and what is not
Chinese. Reading numerals is `numeral`'s.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from rag.numeral import arabic, bare

FactKind = Literal["foreign", "label", "docnumber", "number", "date", "phone", "title", "quote", "office"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something in a text that can be looked up: its normal form, and for a number its unit and bound.

    bound  "up" (at least, more than), "down" (at most, within) or "" for neither
    """

    kind: FactKind
    normal: str
    unit: str = ""
    bound: str = ""


_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)
"""Unicode's format characters: they are not seen, and part what belongs together."""
_BRACKETS = str.maketrans("[【〔〖「『]】〕〗」』", "〔〔〔〔““〕〕〕〕””")
_EMPHASIS = re.compile(r"\*\*|__")
_STRAIGHT = re.compile(r'"([^"]{1,200})"')
_ISO = re.compile(r"(?<![\d.])(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?![\d.])")
_LAST_YEAR = re.compile(r"(?<=[上前])一年(?=[^级期]|$)")
_DAYS = re.compile(r"(\d{1,2}月)(\d{1,2})日?[-—~至到](\d{1,2})日")
_ZERO = re.compile(r"(?<=[年月])0(?=\d[月日])")


def visible(text: str) -> str:
    """`text` without characters that are not seen."""
    return _UNSEEN.sub("", text)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The form in which claims and sources are compared: no white space, one kind of brackets, numerals in digits.

    >>> plain("２０２２-０６-01 起，百分之百 〔三〕")
    '2022年6月1日起,100%〔3〕'
    """
    shown = _LAST_YEAR.sub("年", _EMPHASIS.sub("", visible(text)))
    form = arabic(shown.replace("百分之百", "100%").replace("半年", "6个月")).translate(_BRACKETS)
    form = _STRAIGHT.sub(r"“\1”", form)
    form = _ISO.sub(lambda m: f"{m[1]}年{int(m[2])}月{int(m[3])}日", form)
    return _DAYS.sub(r"\1\2日至\1\3日", _ZERO.sub("", form))


# Facts ---------------------------------------------------------------------------------------------------------

_QUOTE = re.compile(r"“([^“”]{1,200})”")
_TITLE = re.compile(r"《([^《》]{1,150})》")
_DOCNUMBER = re.compile(r"([\u3400-\u9fff]{1,14})[〔(](\d{4})[〕)]第?(\d+)号")
_FOREIGN = re.compile(r"(?<![\dA-Za-z])[A-Za-z]{2,}|</?\w|https?:|\]\(")
"""Latin words, tags and links; behind a figure they are units."""
_LEAD = re.compile(r"^.*[为是据照以见由和及与的即]")
_LABEL = re.compile(r"第(\d+)(?:[-至到—~]第?(\d+))?([\u3400-\u9fff](?:之\d+)?)|\((\d+)\)|附件(\d+)")
DATE = re.compile(r"(?<!\d)(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日|(?<!\d)(\d{4})年(\d{1,2})月(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:0\d{2,3}-?\d{7,8}|1\d{10}|[48]00-?\d{3}-?\d{4})(?!\d)")
_FIGURE = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_SCALE = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_UNIT = (
    "个?工作日|个自然日|个百分点|个?小时|个?季度|个月|分钟|周岁|平方公里|平方米|立方米|公里|千米|公斤|千克|公顷|人次|m2|km|%|‰"
    "|[元年月日天周岁米吨亩人名位户家件项条款章节个次种类处台辆套间栋幢所座倍批期场轮届级份篇部张例宗]"
)
_NUMBER = re.compile(
    rf"(?<![\d.〔])({_FIGURE}(?:[十百千万亿]+(?:{_FIGURE})?)*)(?![\d〕])[余多来]?({_UNIT})?"
    rf"(?:[-—~至到]+({_FIGURE}[十百千万亿]*)[余多来]?({_UNIT}))?"
)
_ALIAS = {
    "天": "日",
    "自然日": "日",
    "名": "人",
    "位": "人",
    "m2": "平方米",
    "千米": "公里",
    "km": "公里",
    "千克": "公斤",
}
_LASTING = ("年", "月", "日", "周", "小时", "工作日", "季度", "分钟", "倍", "元", "%", "岁", "周岁")
"""Units with which 一 is a figure; 一个, 一种, 一项 are mere articles."""
_NO_LESS = re.compile(r"(?:不(?:得|能)?(?:低于|少于|小于|短于|早于)|至少|最低|最少|起码|≥)(?:为|达到?|于)?$")
_NO_MORE = re.compile(
    r"(?:不(?:得|能)?(?:超过|高于|多于|大于|长于|迟于|晚于|超出)|至多|最多|最高|最长|最迟|≤)(?:为|达到?|于)?$"
)
_MORE = re.compile(r"(?:超过|高于|大于|多于|超出|突破|逾|>)$")
_LESS = re.compile(r"(?:低于|少于|小于|不足|不满|未满|<)$")
_AFTER = re.compile(r"[\u3400-\u9fff]{0,2}?(?:(及?以上)|(及?以下|以内|之内))|(内)(?![容部外设存控涵地在])")
_PARTS = r"(\d+)(?:个?(?:大|小)?(?:部分|任务|[章节编条款项点段份]))"
COUNT = re.compile(rf"(?:共|包括|包含|分为?)(?:有|计|分为?|包括|包含)?{_PARTS}(?:、{_PARTS})?")
_OFFICE = re.compile(
    r"[\u3400-\u9fff]{2}(?:局(?!部|面|限|势)|厅|委员会|办公室|管委会|办事处|大队|支队|中心(?![城镇任思组])"
    r"|部(?![分门署位队长件级])|办(?![理公事法案好结件学证税成医完班过妥]))"
    r"|(?:发改|改革|卫健|健康|经信|工信|国资|政法|网信|农|建|教|纪|监|编|党|[省市区县])委(?![托派任屈员])"
    r"|(?:人民|[省市区县州乡镇])政府|法院|检察院"
)
_NO_OFFICE = re.compile(
    r"[布格大全当结时]局|[主承举通协督经代快好难申联帮网开兴查交补催专免即一所义日天内]办|[全内干外东西南北中头顶底]部|[大客]厅"
)
_BEFORE_OFFICE = re.compile(r"^[由向对经与和及的为是在被归至到请找往给据按各]+")


def facts(text: str) -> list[Fact]:
    """The checkable facts of `text`, each once, in the order of their kinds.

    >>> [(f.normal, f.unit) for f in facts("依据《办法》第二十条，三十日内补贴1.2万元")]
    [('办法', ''), ('第20条', ''), ('30', '日'), ('12000', '元')]
    """
    form = plain(text)
    found = [
        *(Fact("quote", m[1].rstrip(",.;:。、")) for m in _QUOTE.finditer(form)),
        *(Fact("foreign", m[0].lower()) for m in _FOREIGN.finditer(form)),
        *(Fact("title", m[1]) for m in _TITLE.finditer(form)),
        *(Fact("docnumber", f"{_LEAD.sub('', m[1])}〔{m[2]}〕{m[3]}号") for m in _DOCNUMBER.finditer(form)),
        *_labels(form),
        *(Fact("phone", m[0].replace("-", "")) for m in _PHONE.finditer(form)),
        *_dates(form),
        *_numbers(_masked(form), bare(text)),
        *(Fact("office", name) for name in offices(form)),
    ]
    return [fact for fact in dict.fromkeys(found) if fact.normal]


def _labels(form: str) -> Iterator[Fact]:
    for m in _LABEL.finditer(_DOCNUMBER.sub("", form)):
        if m[4]:
            yield Fact("label", f"({m[4]})")
        elif m[5]:
            yield Fact("label", f"附件{m[5]}")
        elif m[3] != "时" and (m[1], m[3]) != ("1", "次"):  # 第一时间 counts nothing, 第一次 is 首次
            yield Fact("label", f"第{m[1]}{m[3]}")
            if m[2]:
                yield Fact("label", f"第{m[2]}{m[3]}")


def _dates(form: str) -> Iterator[Fact]:
    for m in DATE.finditer(form):
        year, month = m[1] or m[4], m[2] or m[5]
        yield Fact("date", f"{f'{year}年' if year else ''}{month}月{f'{m[3]}日' if m[3] else ''}")


def _masked(form: str) -> str:
    """`form` without what has been read as a fact of another kind than a number."""
    for pattern in (_DOCNUMBER, _LABEL, _PHONE, DATE):
        form = pattern.sub(" ", form)
    return form


def _numbers(form: str, original: str) -> Iterator[Fact]:
    """Numbers with unit and bound; without a unit only what was written in digits, for 十分 and 一是 count nothing."""
    for m in _NUMBER.finditer(form):
        unit = _unit(m[2] or m[4] or "")
        if unit or re.search(rf"(?<!\d){re.escape(m[1])}(?!\d)", original):
            is_article = m[1] == "1" and unit not in _LASTING and not re.search(r"(?<!\d)1(?!\d)", original)
            if not is_article:
                yield Fact("number", _amount(m[1]), unit, _bound(form, m.start(), m.end()))
        if m[3]:
            yield Fact("number", _amount(m[3]), _unit(m[4]), _bound(form, m.start(), m.end()))


def _unit(written: str) -> str:
    unit = written.removeprefix("个") if len(written) > 1 and written not in ("个月", "个百分点") else written
    return _ALIAS.get(unit, unit)


def _amount(written: str) -> str:
    """`1.2万` and `12,000` as 12000."""
    total = Decimal(0)
    for figure, scale in re.findall(rf"({_FIGURE})([十百千万亿]*)", written):
        part = Decimal(figure.replace(",", ""))
        for sign in scale:
            part *= _SCALE[sign]
        total += part
    return format(total.normalize(), "f")


def without(form: str, fact: Fact) -> str:
    """A `plain` text with a blank where it has `fact`, a figure or what stands there as it is."""
    if fact.kind == "phone":
        return _PHONE.sub(" ", form)
    if fact.kind != "number":
        return form.replace(fact.normal, " ")
    return _NUMBER.sub(lambda m: " " if _amount(m[1]) == fact.normal else m[0], form)


def _bound(form: str, start: int, end: int) -> str:
    before = form[max(0, start - 8) : start]
    if _NO_LESS.search(before):
        return "up"
    if _NO_MORE.search(before):
        return "down"
    if _MORE.search(before):
        return "up"
    if _LESS.search(before):
        return "down"
    after = _AFTER.match(form, end)
    return "" if after is None else "up" if after[1] else "down"


def offices(form: str) -> Iterator[str]:
    """Offices by the two characters before their ending: 住建局, 教育部; who stands above them is not told apart."""
    for m in _OFFICE.finditer(form):
        if not _NO_OFFICE.search(m[0]):
            yield _BEFORE_OFFICE.sub("", m[0])
