"""The kind of answer a question wants, and of which version of a rule."""

import re
from typing import Literal

from rag.understand.asking import years

AnswerKind = Literal["clause", "count", "department", "tasks", "number", "date", "comparison", "list", "open"]

Version = Literal["current", "former", "both"]
"""Which versions of a rule are asked for: the one in force, the one before, or how they differ."""

_WHEN = r"(?:(?<=\d)[月日号]|(?<=[一二三四五六七八九十])月|[年月][底末初]|季度|半年)"
_DONE = "(?:完成|到期|办结|结束|做完|建成)"
_THINGS = "(?:任务|事项|工作|项目|实事)"
_KINDS: tuple[tuple[AnswerKind, re.Pattern[str]], ...] = (
    ("comparison", re.compile(r"比较|异同|不同|区别|差异|对比|相比|各自|分别|[和跟与同][^，。？]{2,16}比[，,]|哪[个边家]更?[高低多少大小长短快慢早晚严松]|是不是同[一样]|是否(?:相同|一致|一样)|一样[长多高大久]?[吗么不]|一不一样|差(?:了)?多少|各(?:是|为|有|要)?多少")),
    ("count", re.compile(r"(?:共|分|包括|包含|有)?(?:几|多少)[个大]?(?:部分|章|条|项任务|项工作|个任务|方面|节)|(?:任务|条款|章节).{0,4}(?:多少|几)[项条个](?!.{0,2}(?:牵头|责任|部门|单位))")),
    ("tasks", re.compile(r"(?:局|办|委|厅|部|院|处|中心|公司|政府|法院|检察院|镇|街道)[^，。]{0,8}(?:牵头|负责|承担|配合|参与)[^，。]{0,6}(?:哪|什么|几|多少)?[^，。]{0,4}(?:任务|工作|事项|项目|实事)|(?:局|办|委|厅|部|处|中心|公司|政府|镇|街道)[是为当]?(?:牵头|责任|配合)(?:部门|单位)的[^，。]{0,6}(?:任务|工作|事项|项目|实事)|(?:任务|工作|事项)[^，。]{0,4}由[^，。哪谁]{2,12}(?:牵头|负责)")),
    ("tasks", re.compile(rf"{_WHEN}(?:[之以]?前|内)?[^，。？谁]{{0,10}}{_THINGS}[^，。谁]{{0,6}}(?:哪|什么|几|多少)|(?:哪|几|多少)[^，。]{{0,6}}{_THINGS}[^，。]{{0,14}}{_WHEN}[^，。]{{0,6}}{_DONE}|{_WHEN}(?:[之以]?前|内)?{_DONE}的(?:都?有)?(?:哪|几|多少)[些项件个]")),
    ("department", re.compile(r"牵头(?:部门|单位)|责任(?:部门|单位)|配合(?:部门|单位)|谁(?:来)?(?:负责|牵头|管)|(?:哪|什么)(?:个|些|一)?(?:部门|单位|机构|科室)|归谁管|找谁|由谁")),
    ("date", re.compile(r"什么时[候间]|何时|哪一?[年天月]|多[久长](?:时间)?|期限|时限|截止|几[天日号月]|施行|有效期")),
    ("number", re.compile(r"多少|怎[么样](?:收|算|计算)|(?:租金|费用?|价格?|工资|利率|押金)怎[么样]定|几[个天年项人次件名家岁元万成级种台起套所辆座宗例位]|比例|百分|占比|比率|率(?:是|为|达|有)|标准|金额|数量|费用|补贴|多[高大重]|几个?工作日|指标|目标是")),
    ("list", re.compile(r"哪些|(?:原则|目标|措施|材料|条件|流程)(?:是|有|包)|(?:要|需要|交|带)什么|哪几|哪[一两三四五六七八九十]?[个项种类]|包括|列出|列举|条件|材料|流程|步骤|方式")),
)  # fmt: skip

_RULE = "(?:办法|规定|版|政策|条例|文件|标准|规(?![划模]))"
_BOTH = re.compile(
    rf"新[旧老](?:两|{_RULE}|[^，。？?]{{0,14}}{_RULE}[^。？?]{{0,30}}(?:不同|不一样|变化|区别|差别|比较|变了))|新(?:的[^，。？]{{0,10}})?{_RULE}[^。]{{0,12}}[旧老](?:的[^，。？]{{0,10}})?{_RULE}|[旧老](?:的[^，。？]{{0,10}})?{_RULE}[^。]{{0,12}}新(?:的[^，。？]{{0,10}})?{_RULE}|两[个版]版?(?:本|办法)|修[订改]前后"
)
_YEARS = re.compile(rf"\d{{4}}年?[版的]?[和与跟及、]\d{{4}}年[^，。？在]{{0,10}}?{_RULE}")
_NOW = r"(?:现在|现行|如今)"
_THEN = re.compile(rf"[旧老]的?(?:{_RULE}|那)[^。]{{0,12}}{_NOW}|{_NOW}[^。]{{0,12}}(?:[旧老]的?|以前的?){_RULE}")
_ENDS = re.compile(r"废止|失效|作废|实施后|施行后")
"""One rule takes the place of another: who asks so does not ask how they differ."""
_FORMER = re.compile(
    rf"旧{_RULE}|(?<![老新])旧的?(?![城房村小楼车物衣货改])[^，。？?新旧]{{1,8}}{_RULE}|旧的(?:那|呢|{_RULE})|老(?:版|办法|规定)|原(?:办法|规定)|上一版|修[订改]前|废止前"
)


def kind_of(text: str) -> AnswerKind:
    """The kind of answer that `text` asks for; the first rule that fits."""
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), "open")


def kind_of_one(text: str) -> AnswerKind:
    """The same for a question about one document: a comparison of things within it is none."""
    return next((kind for kind, pattern in _KINDS[1:] if pattern.search(text)), "open")


def version_of(question: str, text: str) -> Version:
    """Which version of a rule is asked for; two years beside 办法 or 规定 ask for both."""
    if _ENDS.search(text):
        return "former" if _FORMER.search(question) else "current"
    of_years = re.findall(rf"年的?那?{_RULE}", question)
    if (
        _BOTH.search(text)
        or _THEN.search(text)
        or (len(years(question)) == 2 and (len(of_years) == 2 or _YEARS.search(question)))
    ):
        return "both"
    return "former" if _FORMER.search(question) else "current"
