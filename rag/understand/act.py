"""What a question asks whether it may be done: 养狗 in 公租房里能养狗吗.

A clause that never speaks of it does not answer, however near it is otherwise: that a rule is silent about dogs neither
allows nor forbids them.
"""

import re

from rag.numeral import bare

_MAY = r"(?:能不能|可不可以|可以不可以|能否|可否|是否(?:可以|能够?|允许)|允不允许|让不让|准不准|许不许|可以|允许|能够?(?![源力耗效量]))"
_ASKS = re.compile(rf"{_MAY}(?P<act>[^，。；：？?！!]{{1,12}}?)(?P<end>吗|么|不|没|没有|呢|啊)?[？?]?$")
_EITHER = re.compile(r"不能|不可以|能否|可否|是否|不允许|不让|不准|不许")
"""Asks by itself, without 吗 at its end."""
_HAS = re.compile(
    r"(?:有没有|有无|(?<![没只还所含])有)(?P<act>[^，。；：？?！!有]{2,8}?)(?P<end>吗|么|没|没有)?[？?]?$"
)
_BEFORE = re.compile(
    r"^(?:也|还|再|又|都|就|直接|自己|自行|随便|一起|一直|同时|提前|在里面|在家里?|给|去|来|用|把|被|算|继续|重新|"
    r"申请|申领|办理|办成|享受|领取|拿到|得到|获得|使用|参加|报名|参与|通过|解决|处理|查询|看到|做|办(?![公事证案学]))+"
)
_BEHIND = re.compile(
    r"(?:一下|下来|出去|进去|起来|出来|进来|回来|过来|掉|了|的|的话|多少|多久|几[个次天年月]|参加|申请|办理|领取|享受)+$"
)
"""What may be done with anything, and how: which thing it is is asked by other words of the question."""
_LONGEST = 5
"""Characters of what is asked for: what says more, says it in words of its own (叫人到家里来办, where the text has 上门)."""
_NOTHING = re.compile(
    r"什么|哪|怎|如何|谁|多[少久长大]|[年月日天周时分][内前后间]?$|^[不没]|^(?:行|成|有|是|会|要|用|去|来|办|手续|业务|事情?|成功|知道|照顾|优待|好处|这回事|"
    r"规定|要求|限制|条件|办法|影响|关系|必要|资格|例外|优惠|区别|不同|变化|机会|希望|可能|时间限制|名额|效果?|期限|时限|标准|上限|下限|问题|"
    r"相关规定|具体要求|其他.*|别的.*|[一二两三几\d].*)$"
)


def act(question: str) -> str:
    """What a question asks whether it may be done, or whether it is there, without what can be asked of anything; "" where
    it asks no such thing.

    >>> act("公租房里能养狗吗？"), act("公租房可不可以买下来"), act("老旧小区能不能加电梯"), act("小学有校车吗")
    ('养狗', '买', '加电梯', '校车')
    >>> act("外地人能申请吗？"), act("公租房租金怎么定？"), act("能源消耗有没有上限？"), act("什么人可以减免？")
    ('', '', '', '')
    """
    form = bare(question)
    found = _ASKS.search(form) or _HAS.search(form)
    if found is None or not (
        found["end"] in ("吗", "么", "不", "没", "没有") or _EITHER.search(found[0]) or "有没有" in found[0]
    ):
        return ""
    said = _BEHIND.sub("", _BEFORE.sub("", found["act"]))
    return "" if _NOTHING.search(said) else said


def acts(*questions: str) -> tuple[str, ...]:
    """What a question asks whether it may be done, in each of its wordings, the first its own; () where it asks no such
    thing, or says more than a word of it.
    """
    found = tuple(dict.fromkeys(name for question in questions if (name := act(question))))
    return found if found and len(found[0]) <= _LONGEST else ()


def is_spoken_of(name: str, text: str) -> bool:
    """Whether a text has a word of two characters of what may be done, or the one that it is.

    >>> is_spoken_of("加电梯", "支持加装电梯"), is_spoken_of("养狗", "饲养宠物"), is_spoken_of("买", "可以购买")
    (True, False, True)
    """
    return name in text or any(name[i : i + 2] in text for i in range(len(name) - 1))
