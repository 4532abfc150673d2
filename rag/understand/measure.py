"""The quantity whose figure a question asks for: 出庭应诉率 in 行政机关负责人出庭应诉率要达到多少.

A clause that has figures and never speaks of that quantity does not answer, however near it is otherwise. Read from
questions in official words only: in everyday ones the quantity has another name than in the documents.
"""

import re

from rag.numeral import bare

_GENERAL = "比例|比重|金额|数额|费用|数量|总数|总额|总量|人数|次数|件数|户数|规模|标准|价格|指标|目标|上限|下限"
"""Words for any quantity: what stands before them says which."""
_NAMED = (
    "补偿|补助|补贴|津贴|奖励|工资|薪资|学历|罚款|贷款|分数线|面积|利息|成本|产值|收入|支出|编制|投资|年龄|满意度|浓度|强度|密度|时长|学分"
    "|[率额款价费金租]"
)
_BETWEEN = (
    r"(?:分别|原则上|一共|总共|合计|具体|大概|平方米|[是为有要需应该当可能会得达到占按每给发补贷交收领拿约超过不低高于在以控制最多少大至个人月年户天次单笔均\d])"
    r"{0,8}"
)
"""What may stand between a quantity and 多少: no further noun, so that 公租房资格审核要多少天 asks for no 公租."""
_MEASURE = re.compile(
    rf"(?P<name>[\u4e00-\u9fff]{{0,8}}?(?>{_GENERAL}|{_NAMED}){{1,3}}){_BETWEEN}(?:多少|几[个倍成元万亿分项件次天])"
)
_PHONE = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,12}?)(?:的|办公|联系|咨询|服务|投诉|监督|举报|值班)*+(?:电话|热线)(?:号码)?(?:是|为)?(?:多少|什么|几|[？?]|$)"
)
"""Whose telephone number is asked for."""
_ASIDE = re.compile(r"[打拨哪]|什么|^(?:请问|我想问|有没有|咨询|联系|投诉|监督|举报|服务|你们|这里|这个)+$")
_ENDING = re.compile(rf"的?(?:{_GENERAL})+$")
_LAST, _LONGEST = 4, 200
"""Characters at the end of a name that tell it, and of a question in which one is looked for."""


def measure(question: str) -> str:
    """The end of the name of the quantity that is asked for; "" where none is named.

    >>> measure("吴中区行政机关负责人出庭应诉率要达到多少？"), measure("2020年官员出庭应诉的比例是多少？")
    ('庭应诉率', '出庭应诉')
    >>> measure("塘桥镇有几个窗口？"), measure("比例是多少？")
    ('', '')
    """
    form = bare(question)[-_LONGEST:]
    if phone := _PHONE.search(form):
        return "" if _ASIDE.search(phone["name"]) else phone["name"][-_LAST:]
    found = _MEASURE.findall(form)
    name = _ENDING.sub("", found[-1]) if found else ""
    return name[-_LAST:] if len(name) > 1 else ""


def speaks_of(name: str, text: str) -> bool:
    """Whether a text has a part of two characters of a quantity's name.

    >>> speaks_of("庭应诉率", "负责人出庭应诉达96.6%"), speaks_of("庭应诉率", "两个免于提交事项占比达20%")
    (True, False)
    """
    return any(name[i : i + 2] in text for i in range(len(name) - 1))
