"""What a text says in words: its terms in one wording of official language, and how much of a claim others hold."""

import re
from collections.abc import Iterable
from functools import lru_cache

from rag.lexical import terms
from rag.verify.facts import plain

_SAME = (
    ("不收费", r"免费|(?:不用|无需|不需要?|不必)[交缴]纳?(?:任何)?费用?|不收取?(?:任何|其他)?费用?"),
    ("首次", r"第1次"),
    ("不得", r"严?禁止?|不能够?|不可以?(?!抗)|不允许|不被允许|不许|不准|不应当?"),
    ("无须", r"(?:不需要?|不必|不用|无需|毋需|不须)"),
    ("应当", r"应当?该?|必须|(?<![无毋急所])须(?!知)|(?<![不无急所亟])需要?(?![求])"),
    ("办结", r"办完|办理完毕|办理完结"),
    ("缴", r"[缴交]纳|[缴上补]?交(?=[租费款齐清纳])|缴"),
    ("房", r"住房|房屋|房子|(?<=老)小区房"),
    ("公租房", r"公共租赁(?:住房|房)"),
    ("低保", r"最低生活保障"),
    ("低保家庭", r"低保户"),
    ("以内", r"之内|(?<=[日月年时])内"),
    ("提前", r"事先"),
    ("前", r"之前|以前|头(?=\d)"),
    ("后", r"之后|以后"),
    ("期间", r"当中|过程中|之中"),
    ("不再", r"再也不"),
    ("再", r"再次|重新|再度"),
    ("变化", r"发生变化|有变化|有?变动|变更"),
    ("通知", r"告知"),
    ("提出", r"提起"),
    ("申请", r"申领|申办"),
    ("下降", r"降低|减少了?|低了"),
    ("上升", r"提高|增加了?|高了|上浮|增长"),
    ("老人", r"老年人"),
    ("家庭", r"家里|家中"),
    ("配偶", r"夫妻双方|爱人"),
    ("标准", r"准入线"),
    ("每年", r"1年(?=最多|至多|不超过|1次)"),
    ("负责", r"承担"),
    ("退出", r"腾退|搬离|搬走|搬出"),
    ("骗取", r"骗租"),
    ("部门", r"单位|机构"),
    ("取消", r"撤销"),
    ("计入", r"算进|算在|算入"),
    ("不超过", r"不(?:得|能)?(?:超过|高于|多于|大于|长于|突破)|至多|最多|最高|最长|以内"),
    ("不低于", r"不(?:得|能)?(?:低于|少于|小于|短于)|至少|最低|最少"),
    ("低于", r"少于|不足|不满|未满|不到|没到"),
)
"""Official wordings, and what a model says for them: the first stands for each in both texts."""
_FOLDS = tuple((re.compile(pattern), word) for word, pattern in _SAME)
_EMPTY = re.compile(
    r"[的了着则就都也还而且并其之于以所该等及和与或把将给由从自被是为在有要可会时对向个这那此即又另外如若果]"
)
"""Characters that carry little sense by themselves."""


@lru_cache(maxsize=4096)
def folded(form: str) -> str:
    """A `plain` text in one wording, for comparison only."""
    for pattern, word in _FOLDS:
        form = pattern.sub(word, form)
    return form


@lru_cache(maxsize=4096)
def content(form: str) -> frozenset[str]:
    """The terms of a `plain` text that carry its sense: in one wording, without particles.

    >>> content("应当缴纳房屋的租金") == content("须交纳住房租金")
    True
    """
    return frozenset(terms(_EMPTY.sub("", folded(form))))


def coverage(claim: str, sources: Iterable[str]) -> float:
    """The share of the claim's terms, 0 to 1, that stand in the sources; 0 for a claim without terms."""
    wanted = content(plain(claim))
    held = {term for source in sources for term in content(plain(source))}
    return len(wanted & held) / len(wanted) if wanted else 0.0
