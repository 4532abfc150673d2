"""The quantity whose figure a question asks for: 出庭应诉率 in 行政机关负责人出庭应诉率要达到多少.

A clause that has figures and never speaks of that quantity does not answer, however near it is otherwise. Read from
questions in official words only: in everyday ones the quantity has another name than in the documents.
"""

import re

from rag.numeral import bare

_GENERAL = "比例|比重|金额|数额|费用|数量|总数|总额|总量|人数|次数|件数|户数|规模|标准|价格|指标|目标|上限|下限"
"""Words for any quantity: what stands before them says which."""
_NAMED = (
    "率|额|款|价|费|金|租|补偿|补助|补贴|津贴|奖励|工资|薪资|学历|罚款|贷款|分数线|面积|利息|成本|产值|收入|支出|编制|投资|年龄|满意度"
    "|浓度|强度|密度|时长|学分"
)
_BETWEEN = r"(?:分别|原则上|一共|总共|合计|具体|大概|平方米|[是为有要需应该当可能会得达到占按每给发补贷交收领拿约超过不低高于在以控制最多少大至个人月年户天次单笔均\d])"
"""What may stand between a quantity and 多少: no further noun, so that 公租房资格审核要多少天 asks for no 公租."""
_MEASURE = re.compile(
    rf"(?P<name>[\u4e00-\u9fff]{{0,8}}?(?:{_NAMED}|{_GENERAL})+){_BETWEEN}*(?:多少|几[个倍成元万亿分项件次天])"
)
_ENDING = re.compile(rf"的?(?:{_GENERAL})+$")
_LAST = 4
"""Characters at the end of a name that tell it; what stands before says of what it is."""


def measure(question: str) -> str:
    """The end of the name of the quantity that is asked for; "" where none is named.

    >>> measure("吴中区行政机关负责人出庭应诉率要达到多少？"), measure("2020年官员出庭应诉的比例是多少？")
    ('庭应诉率', '出庭应诉')
    >>> measure("塘桥镇有几个窗口？"), measure("比例是多少？")
    ('', '')
    """
    found = _MEASURE.findall(bare(question))
    name = _ENDING.sub("", found[-1]) if found else ""
    return name[-_LAST:] if len(name) > 1 else ""


def speaks_of(name: str, text: str) -> bool:
    """Whether a text has a part of two characters of a quantity's name.

    >>> speaks_of("庭应诉率", "负责人出庭应诉达96.6%"), speaks_of("庭应诉率", "两个免于提交事项占比达20%")
    (True, False)
    """
    return any(name[i : i + 2] in text for i in range(len(name) - 1))
