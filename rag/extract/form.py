"""What an answer cannot be without: an amount, a share, a day, a length of time, a telephone number, an hour.

A form that is strict has no substitute: who asks for a telephone number is not helped by an address.
"""

import re
from dataclasses import dataclass

from rag.numeral import CHINESE, arabic
from rag.understand import Query


@dataclass(frozen=True, slots=True)
class Form:
    """A form of answer: `pattern` stands in every text of it, as it is written or with its numerals in digits.

    is_strict  nothing else will do, however likely the clause is
    """

    pattern: re.Pattern[str]
    is_strict: bool = False

    def fits(self, text: str) -> bool:
        """Whether a text is of this form."""
        return self.pattern.search(text) is not None or self.pattern.search(arabic(text)) is not None


_MONEY = re.compile(r"(?<![\d,，.])\d[\d,，.]*\s*(?:余|多)?[百千万亿]*元|免费|不收费|不收取|免收|免征|无需缴费")
_NUMBER = re.compile(rf"\d|[{CHINESE}]+(?:[个件人名项条天日年月次家所种类成倍级期岁户]|工作日)|百分之|半[年天]")
_TIME = re.compile(
    rf"(?<!\d)\d+\s*(?:个?工作日|个?月|[天日年]|小时|分钟|季度)|[{CHINESE}]+(?:个?工作日|个?月|[天日年])|季度|即日|起施行|随时|每[年月季周]"
)
_PERCENT = re.compile(r"\d\s*[%％‰]|百分之|[一二三四五六七八九]成|全覆盖|全部")
_PHONE = re.compile(r"(?<!\d)(?:\d{3,4}[-—])?\d{7,8}(?!\d)|(?<!\d)1\d{10}(?!\d)|(?<!\d)(?:1\d{4}|9\d{4,5})(?!\d)")
_CHARGE = re.compile(rf"{_MONEY.pattern}|{_PERCENT.pattern}|\d倍")
_HOUR = re.compile(r"\d{1,2}\s*[:：]\s*\d{2}|\d{1,2}时(?!限)|\d点|上午|下午|全天|24小时")
_DAY = re.compile(
    r"\d{1,2}\s*[日号](?!内|以内)|即日|之日|当[日天]|次[日月]|[月年][底初末]|[上中下]旬|寒假|暑假|\d月(?!\d)|随时"
)
_LASTING = re.compile(
    r"(?<![\d年月])\d{1,3}\s*(?:个?工作日|个月|[天年周日]|小时|分钟)|半[年天月]|一[年天周]|即时|当[日天场]|随时|长期|永久|终身|季度"
)

_ASKS_PHONE = re.compile(
    r"(?:电话|热线|号码)(?:号码?)?(?:是|为|有)?(?:多少|什么|几|哪)|(?:多少|什么|哪个|几号|有没有|留|公布)(?:的)?(?:电话|热线|号码)|"
    r"(?:打|拨)(?:哪个|什么|多少)|(?:咨询|联系|投诉|监督|举报|服务)(?:电话|热线)[呢？?]?$|(?:电话|热线|号码)[呢？?]?$"
)
_ASKS_HOUR = re.compile(r"几点|(?:上班|下班|办公|开门|营业|服务)时间")
_ASKS_DAY = re.compile(r"哪[一几]?天|几[日号](?!楼|线|文|窗)|几月几|哪个?月|几月份?|几月[底初末]")
_ASKS_LASTING = re.compile(
    r"多[久长]时?间?|几个?(?:天|工作日|小时|分钟|月|星期)(?![几份])|多少(?:天|个?工作日|个?小时|个?月|分钟)|几[天年](?![级生])"
)
_ASKS_MONEY = re.compile(r"多少(?:万|亿)?元|多少钱|费用|收费|经费|金额|资金|补贴|罚款|押金|租金|投入")
_ASKS_CHARGE = re.compile(r"怎[么样](?:收|算|计算|收费|确定)|如何(?:收|计算|确定)")
_ASKS_RATE = re.compile(r"(?:租金|收费|费率|利率|利息|保费)(?:标准|水平)?(?:是?多少|怎[么样]定|如何定|是什么)")
"""What may be an amount or a share of something: 租金标准, as 70 % of the market's."""
_ASKS_PERCENT = re.compile(r"比例|占比|比率|百分|[^效频]率(?:是|为|达|有|要|不|应|多|各|$|[？?，])")
_ASKS_PARTS = re.compile(r"(?:几|多少)([个大]?(?:部分|编|章|节|条|款|项|点|任务))")

_COUNTED = ("件起宗例项个", "名人位个", "次回", "台部个", "户个", "亩公顷", "公里", "所家座处个", "分", "张份")
"""Units of which one stands for another, as people and documents count the same things."""
_UNIT = "公里|[件起宗例项个人次回台亩所份]|名(?!额|单)|位(?!置|于)|部(?!门|分|队)|户(?!籍|口)|家(?!庭|长|具|属)|座(?!位)|处(?!罚|理|分|置)|分(?!公司|局|支|摊|类|级)|张(?!贴)"
_ASKS_COUNTED = re.compile(rf"(?:多少|(?<!哪)几)(?!个?[月年天日周小工])(?:万|亿)?(?:个(?=人))?({_UNIT})(?![上下以之])")
_CLASSES = {
    "银行": "银行|信用社",
    "医院": "医院|医疗机构|卫生院|诊所",
    "学校": "学校|[小中大]学|学院|幼儿园|职校|技校",
    "处分": "处分|警告|记过|降级|撤职|开除|问责|处理",
    "学历": "学历|大专|本科|硕士|博士|高中|中专",
    "保险": "保险|社保|工伤|失业|医疗|养老|生育",
    "网站": "网|平台|小程序|APP|客户端",
    "平台": "网|平台|小程序|APP|客户端",
    "路": "路|街|巷|道",
    "街": "路|街|巷|道",
    "公司": "公司|企业",
}
"""Kinds of things by which one is asked for, and how documents name one."""
_ASKS_CLASS = re.compile(rf"(?:什么|啥|哪[一几]?[家个所条些类种]?)({'|'.join(_CLASSES)})(?!径|线|子|上的)")

NUMBER = Form(_NUMBER)
"""Any number: what is left to look for where the form that seemed to be wanted is nowhere."""


def wanted_form(query: Query) -> Form | None:
    """What an answer to this question cannot be without; None for those that want no form."""
    asked = query.focus
    if _ASKS_PHONE.search(asked) and query.kind in ("number", "open", "list"):
        return Form(_PHONE, is_strict=True)
    if (thing := _ASKS_CLASS.search(asked)) and query.kind != "comparison":
        return Form(re.compile(_CLASSES[thing[1]]), is_strict=True)
    if query.kind == "number":
        return _of_number(asked)
    if query.kind == "comparison" and _ASKS_MONEY.search(asked) and re.search(r"多少|几|标准|金额", asked):
        return Form(_MONEY)
    if query.kind == "count" and (unit := _ASKS_PARTS.search(asked)):
        return Form(re.compile(rf"(?:\d+|[{CHINESE}]+)个?{unit[1].lstrip('个大')}"))
    if _ASKS_HOUR.search(asked):
        return Form(_HOUR, is_strict=True)
    if query.kind != "date":
        return None
    if _ASKS_DAY.search(asked):
        return Form(_DAY, is_strict=True)
    return Form(_LASTING if _ASKS_LASTING.search(asked) else _TIME)


def _of_number(asked: str) -> Form | None:
    if _ASKS_RATE.search(asked):
        return Form(_CHARGE)
    if _ASKS_MONEY.search(asked) and re.search(r"多少|几|标准|金额", asked):
        return Form(_MONEY)
    if _ASKS_CHARGE.search(asked):
        return Form(_CHARGE)
    if _ASKS_PERCENT.search(asked):
        return Form(_PERCENT)
    if counted := _ASKS_COUNTED.search(asked):
        return _of_unit(counted[1])
    return NUMBER if re.search(r"多少|几", asked) else None


def _of_unit(unit: str) -> Form:
    """A number of a unit, or of one that stands for it."""
    alike = next((units for units in _COUNTED if unit in units), unit)
    units = alike if alike in ("公里", "亩公顷") else f"[{alike}]"
    units = {"公里": "公里|千米|km", "亩公顷": "亩|公顷"}.get(alike, units)
    return Form(re.compile(rf"(?:\d|[{CHINESE}百千])\s*[余多万亿]*(?:{units})"), is_strict=True)
