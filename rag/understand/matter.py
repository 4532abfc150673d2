"""The matter that a question about a procedure is about: 户口迁移 in 怎么办理户口迁移, 居住证 in 居住证去哪里补办.

Who asks how to get a thing needs the guide to that thing: another guide's papers and counters would send him the wrong way.
"""

import re

_HANDLE = (
    "(?:(?:办理|申请|申领|领取|申办|补办|换领|补领|开具|注销)(?![人表书后之被了时者中])|"
    "(?<![督举主承协兴通快网经查严民公包])办(?![法公事件结学税不案赛得才好成完理])|"
    "(?<![带引率占本])领(?![域导先会队养用军事土海空着取证]))"
)
"""Verbs of handling, not within another word: 申请人, 办公, 督办, 领域, 领导, 领养."""
_ASKS = "(?:需要|要|得|应当?|必须)?(?:带|交|提交|准备|提供|满足|符合|具备|走)?(?:哪些|什么|啥|多少|多久|多长|几[个天]|怎|如何)"
_ATTRIBUTE = "(?:流程|程序|步骤|手续|材料|条件|时限|期限|费用|收费|地点|窗口|方式|指南|电话)"
_MATTER = r"(?P<matter>[\u4e00-\u9fffA-Za-z0-9]{2,12}?)"
_PAPER = "(?<=[证照卡])|(?<=许可|登记|手续|补贴|津贴|补助|资格|备案|证明|户口|低保|社保|贷款|积金)"
"""What one can be given: 居住证怎么办 asks for it, 车辆年审到期怎么办 asks what to do."""
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:怎么|怎样|如何|去?哪里|在哪里?|到哪里?){_HANDLE}{_MATTER}[？?]?$",
        rf"(?:^|[，。：\s]){_MATTER}(?:应该|应当|要|得|需要)?(?:(?:怎么|怎样|如何|[去在到]哪里?|找谁)(?!办[？?]?$)(?:{_HANDLE}|弄)(?:手续)?|[去在到]哪里?办|(?:{_PAPER})怎么办)[？?]?$",
        rf"{_HANDLE}{_MATTER}{_ASKS}",
        rf"{_HANDLE}{_MATTER}的?{_ATTRIBUTE}",
        rf"(?:^|[，。：\s]){_MATTER}的?(?:办理|申请|申领)(?:需要|要)?(?:走|办|带|交|提交|准备)?(?:什么|哪些)?{_ATTRIBUTE}",
    )
)
_AROUND = re.compile(
    r"^(?:请问|我们?|个人|企业|想|要|本人|一下|一张|一个|的)+|(?:的时候|时|的话|的|那个|这个|申请|办理)$"
)
_WHEN = re.compile(r"(?<=..)(?<![临小计实限工定同及按随平])(?:的时候|时)(?![间限长效段薪工])")
"""申请公租房时婚姻状况证明要交什么 is about the first."""
_IS_NO_THING = re.compile(
    r"^[这那它其该此哪怎几谁什应需交上带]|哪些|什么|多少|[不没无未丢捡忘欠被有]|"  # 还不上贷款, 没有居住证, 丢了身份证, 公布的信息
    r"公布|发布|发现|遇到|去世|期间|采取|给予|应该|达到|分为|包括|通过|提出|出来|大概|同样|相关|到期|"  # what happens, not what one gets
    r"[吗呢吧了是后前时要需带走过]$|"
    r"部门|会[收要]|^(?:事情?|业务|手续|材料|东西|下来|成功|资格|条件|联系|情况|措施|流程|信息|人员)"
)


def matter(question: str) -> str:
    """What is to be handled, applied for or fetched; "" where a question names no such thing.

    >>> matter("怎么办理户口迁移？"), matter("居住证去哪里补办？"), matter("申请公租房要带哪些材料？")
    ('户口迁移', '居住证', '公租房')
    >>> matter("老年人公交卡在哪办？"), matter("居住证怎么办？"), matter("车辆年审到期怎么办？")
    ('老年人公交卡', '居住证', '')
    >>> matter("申请公租房时婚姻证明要交什么？"), matter("怎么申请临时救助？")
    ('公租房', '临时救助')
    >>> matter("第八条怎么规定的？"), matter("对违规行为如何处罚？")
    ('', '')
    """
    for pattern in _PATTERNS:
        if found := pattern.search(question):
            name = _AROUND.sub("", _WHEN.split(found["matter"], maxsplit=1)[0])
            if len(name) >= 2 and not _IS_NO_THING.search(name):
                return name
    return ""


_HOW = re.compile(r"怎么|怎样|如何|手续|指南|在?哪里?|找谁")
_BESIDE = re.compile(
    rf"{_HANDLE}|请问|我们?|个人|想要?|需要?|要|应该|应当|可以|才?能|怎么样?|怎样|如何|什么|哪些|哪里|在哪|哪|找谁|手续|办事|指南|办|弄|去|到|在|的|呢|啊|呀|吗|"
    r"告诉|具体|一下|一个|一张|是|[，。？?！!、\s]"
)


def asks_how(question: str) -> bool:
    """Whether a question asks how its matter is handled, and for no part of it: not who, how long or which papers alone.

    >>> asks_how("请问公租房怎么申请？"), asks_how("行动不便的老人怎么申请公租房？"), asks_how("申请公租房要带哪些材料？")
    (True, False, False)
    """
    name = matter(question)
    return bool(name) and _HOW.search(question) is not None and not _BESIDE.sub("", question.replace(name, ""))


def is_handled(thing: str, text: str) -> bool:
    """Whether a text speaks of handling a thing, not only of it: 持居住证满一年 tells nobody how to get one.

    >>> is_handled("居住证", "公安派出所受理居住证申领"), is_handled("居住证", "持本市居住证满1年的，可以申请公租房")
    (True, False)
    """
    name = re.escape(thing)
    return (
        re.search(rf"{_HANDLE}[^，。；：\n持凭有]{{0,8}}{name}|{name}[^，。；：、\n满]{{0,4}}{_HANDLE}", text)
        is not None
    )
