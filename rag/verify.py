"""Claims against the text they cite, without a model: every checkable fact of a claim must stand in its sources.

Facts are numbers with their units, dates, 条号, 文号, 《titles》, “quotes”, telephone numbers and offices; what else a
claim says must be covered by the sources' words. Out of reach: negation (but for a prohibition where the sources have
none), who does what outside of tables, and anything that turns the sense with the sources' own words. Reading numerals
is `numeral`'s, choosing the quotes `cite`'s.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from rag.clause import Hit, Verdict
from rag.lexical import terms
from rag.numeral import arabic, bare, value

FactKind = Literal["label", "docnumber", "number", "date", "phone", "title", "quote", "office"]

COVERAGE = 0.5
"""Share of a claim's terms that must stand in its sources: of 45 answers written by hand 43 pass with their
clauses (the two others name a figure that is not there), of 900 pairs with a clause drawn at random 3."""
_LONGEST = 4000
"""Characters of a claim that are read; a longer one is unsupported."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something in a text that can be looked up: its normal form, and for a number its unit and bound.

    bound  "up" (at least, more than), "down" (at most, within) or "" for neither
    """

    kind: FactKind
    normal: str
    unit: str = ""
    bound: str = ""


_BRACKETS = str.maketrans("[【〔〖「『]】〕〗」』", "〔〔〔〔““〕〕〕〕””")
_EMPHASIS = re.compile(r"\*\*|__")
_STRAIGHT = re.compile(r'"([^"]{1,200})"')
_ISO = re.compile(r"(?<![\d.])(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?![\d.])")
_ZERO = re.compile(r"(?<=[年月])0(?=\d[月日])")


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """The form in which claims and sources are compared: no white space, one kind of brackets, numerals in digits.

    >>> plain("２０２２-０６-01 起，百分之百 〔三〕")
    '2022年6月1日起,100%〔3〕'
    """
    form = arabic(_EMPHASIS.sub("", text).replace("百分之百", "100%").replace("半年", "6个月")).translate(_BRACKETS)
    form = _STRAIGHT.sub(r"“\1”", form)
    form = _ISO.sub(lambda m: f"{m[1]}年{int(m[2])}月{int(m[3])}日", form)
    return _ZERO.sub("", form)


# Facts ---------------------------------------------------------------------------------------------------------

_QUOTE = re.compile(r"“([^“”]{1,200})”")
_TITLE = re.compile(r"《([^《》]{1,150})》")
_DOCNUMBER = re.compile(r"([\u3400-\u9fff]{1,14})[〔(](\d{4})[〕)]第?(\d+)号")
_LEAD = re.compile(r"^.*[为是据照以见由和及与的即]")
_LABEL = re.compile(r"第(\d+)(?:[-至到—~]第?(\d+))?([\u3400-\u9fff](?:之\d+)?)|\((\d+)\)|附件(\d+)")
_DATE = re.compile(r"(?<!\d)(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日|(?<!\d)(\d{4})年(\d{1,2})月(?!\d)")
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
_COUNT = re.compile(rf"(?:共|包括|包含|分为?)(?:有|计|分为?|包括|包含)?{_PARTS}(?:、{_PARTS})?")
_DENIALS = ("不", "未", "非", "无", "勿", "不得", "禁止", "严禁")
_FORBIDS = re.compile(r"不得|禁止|严禁|不予|不准|不允许|不可以")
_OFFICE = re.compile(
    r"[\u3400-\u9fff]{2}(?:局(?!部|面|限|势)|厅|委员会|办公室|管委会|办事处|大队|支队|中心(?![城镇任思组])"
    r"|部(?![分门署位队长件级])|办(?![理公事法案好结件学证税成医]))"
    r"|(?:发改|改革|卫健|健康|经信|工信|国资|政法|网信|农|建|教|纪|监|编|党|[省市区县])委(?![托派任屈员])"
    r"|(?:人民|[省市区县州乡镇])政府|法院|检察院"
)
_NO_OFFICE = re.compile(
    r"[布格大全当结时]局|[主承举通协督经代快好难申联帮网开兴查交补催专免即一所]办|[全内干外东西南北中头顶底]部|[大客]厅"
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
        *(Fact("title", m[1]) for m in _TITLE.finditer(form)),
        *(Fact("docnumber", f"{_LEAD.sub('', m[1])}〔{m[2]}〕{m[3]}号") for m in _DOCNUMBER.finditer(form)),
        *_labels(form),
        *(Fact("phone", m[0].replace("-", "")) for m in _PHONE.finditer(form)),
        *_dates(form),
        *_numbers(_masked(form), bare(text)),
        *_offices(form),
    ]
    return [fact for fact in dict.fromkeys(found) if fact.normal]


def _labels(form: str) -> Iterator[Fact]:
    for m in _LABEL.finditer(_DOCNUMBER.sub("", form)):
        if m[4]:
            yield Fact("label", f"({m[4]})")
        elif m[5]:
            yield Fact("label", f"附件{m[5]}")
        elif m[3] != "时":  # 第一时间 counts nothing
            yield Fact("label", f"第{m[1]}{m[3]}")
            if m[2]:
                yield Fact("label", f"第{m[2]}{m[3]}")


def _dates(form: str) -> Iterator[Fact]:
    for m in _DATE.finditer(form):
        year, month = m[1] or m[4], m[2] or m[5]
        yield Fact("date", f"{f'{year}年' if year else ''}{month}月{f'{m[3]}日' if m[3] else ''}")


def _masked(form: str) -> str:
    """`form` without what has been read as a fact of another kind than a number."""
    for pattern in (_DOCNUMBER, _LABEL, _PHONE, _DATE):
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


def _offices(form: str) -> Iterator[Fact]:
    """Offices by the two characters before their ending: 住建局, 教育部; who stands above them is not told apart."""
    for m in _OFFICE.finditer(form):
        if not _NO_OFFICE.search(m[0]):
            yield Fact("office", _BEFORE_OFFICE.sub("", m[0]))


# Checking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """What the sources hold."""

    form: str
    facts: frozenset[Fact]
    terms: frozenset[str]


@lru_cache(maxsize=512)
def _known(source: str) -> _Known:
    form = plain(source)
    return _Known(form, frozenset(facts(source)), frozenset(terms(form)))


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
    known = [_known(source) for source in sources]
    form = plain(claim).strip(",.;:。、!?")
    if any(_stands(form, one.form) for one in known):
        return "supported"
    if len(form) > 3 and any(_denied(form, one.form) for one in known):
        return "unsupported"
    missing = [fact for fact in facts(claim) if not any(_holds(one, fact) for one in known)]
    if _FORBIDS.search(form) and not any(_FORBIDS.search(one.form) for one in known):
        return "unsupported"
    counted = {n for m in _COUNT.finditer(plain(claim)) for n in m.groups()}
    if any(fact.kind != "number" or fact.normal not in counted for fact in missing):
        return "unsupported"
    if coverage(claim, sources) < COVERAGE:
        return "unsupported"
    return "unchecked" if missing else "supported"


def check_hits(claim: str, hits: Sequence[Hit]) -> Verdict:
    """`check` against clauses with their heading, labels and document: what a lead-in may name besides the text."""
    if _misplaced(plain(claim), hits):
        return "unsupported"
    return check(claim, [part for hit in hits for part in (hit.clause.text, surroundings(hit))])


def _misplaced(form: str, hits: Sequence[Hit]) -> bool:
    """Whether the claim puts an office under a column of the cited rows (牵头部门：…, 由…牵头) whose cells lack it."""
    cells: dict[str, str] = {}
    for hit in hits:
        for column, cell in (hit.clause.row or {}).items():
            cells[plain(column)] = cells.get(plain(column), "") + plain(cell)
    for column, cell in cells.items():
        role = next((role for role in ("牵头", "配合", "负责", "责任") if role in column), column)
        said = re.findall(rf"{re.escape(column)}[:为是]+([^;。]+)|由([^,;。]{{2,40}}?){re.escape(role)}", form)
        if any(office.normal not in cell for a, b in said for office in _offices(a or b)):
            return True
    return False


def coverage(claim: str, sources: Sequence[str]) -> float:
    """The share of the claim's terms, 0 to 1, that stand in the sources; 0 for a claim without terms."""
    wanted = set(terms(plain(claim)))
    held = {term for source in sources for term in _known(source).terms}
    return len(wanted & held) / len(wanted) if wanted else 0.0


def surroundings(hit: Hit) -> str:
    """What is known of a clause besides its text: title, number, issuer, days, labels, heading, cells of its row."""
    document, clause = hit.document, hit.clause
    labels = [form for label in clause.path for form in _label_forms(label)]
    days = [day for day in (document.issued, document.published, document.effective, document.expires) if day]
    return "\n".join(
        [
            f"《{document.title}》",
            *(part for part in (document.number, document.issuer, document.region, clause.heading) if part),
            *(_day(day) for day in days),
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


def _stands(form: str, source: str) -> bool:
    """Whether `form` stands in `source` as it is: numbers not cut, no negation left out before it."""
    at = source.find(form) if form else -1
    while at >= 0:
        before, after = source[max(0, at - 2) : at], source[at + len(form) : at + len(form) + 2]
        cut = (form[0].isdigit() and re.search(r"\d[.,]?$", before)) or (
            form[-1].isdigit() and re.match(r"\.?\d|[万亿千百%‰]", after)
        )
        if not cut and not before.endswith(_DENIALS):
            return True
        at = source.find(form, at + 1)
    return False


def _denied(form: str, source: str) -> bool:
    """Whether `form` stands in `source` behind a negation that it leaves out."""
    return any(f"{denial}{form}" in source for denial in _DENIALS)


def _holds(known: _Known, fact: Fact) -> bool:
    """Whether a source holds `fact`, as a fact of its own or, for words, as a stretch of its text."""
    match fact.kind:
        case "number":
            return _holds_number(known, fact)
        case "docnumber":
            return any(_same_docnumber(fact.normal, one.normal) for one in known.facts if one.kind == "docnumber")
        case "phone":
            return any(one.kind == "phone" and one.normal == fact.normal for one in known.facts)
        case "date":
            return _holds_date(known.form, fact.normal)
        case _:
            return fact.normal in known.form


def _holds_number(known: _Known, fact: Fact) -> bool:
    """Same figure, same unit where both name one, and not the opposite bound."""
    same = [
        one
        for one in known.facts
        if one.kind == "number" and one.normal == fact.normal and (not fact.unit or one.unit == fact.unit)
    ]
    if not same and not fact.unit:
        return re.search(rf"(?<![\d.]){re.escape(fact.normal)}(?!\.?\d|[万亿千百%‰])", known.form) is not None
    if not same and not fact.bound and fact.unit:  # 最后一公里: an article there, a figure in the claim
        return re.search(rf"(?<![\d.]){re.escape(fact.normal)}{re.escape(fact.unit)}", known.form) is not None
    if not same and fact.unit == "年":  # a year in a date
        return re.search(rf"(?<!\d){re.escape(fact.normal)}(?!\d)", known.form) is not None
    return any(not fact.bound or one.bound in ("", fact.bound) for one in same)


def _holds_date(form: str, day: str) -> bool:
    """Whether the day stands in the text; its year may stand elsewhere in it, where the day has none."""
    if re.search(rf"(?<!\d){re.escape(day)}", form):
        return True
    year, _, rest = day.rpartition("年")
    return bool(year) and f"{year}年" in form and re.search(rf"(?<![\d年]){re.escape(rest)}", form) is not None


def _same_docnumber(claimed: str, given: str) -> bool:
    """Equal year and number, and an office's sign that is equal as far as both are written."""
    (a, rest_a), (b, rest_b) = claimed.split("〔", 1), given.split("〔", 1)
    return rest_a == rest_b and (a.endswith(b) or b.endswith(a))
