"""Everyday words → the words of official texts: 不花钱的律师 is 法律援助 there, 开罚单 行政处罚.

`lay.txt` beside this module lists them; whether a text of the index has a word is the caller's to say.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

_BETWEEN = 4
"""Characters that * stands for, at most."""
_SPOKEN = re.compile(
    "|".join(
        (
            r"([\u4e00-\u9fff])[不没]\1",  # 能不能, 去没去
            r"[^有并]没[？?，]|(?:[吗呢吧]|(?<![什怎那这])么)[？?，]?$|[啊呀嘛咋啥呐哇俺咱]|来着|到底|怎么办|想(?:问|知道)|听说|听人",
            r"我|家里|人家|老百姓|小孩|娃|叫人|老[是叫让]",
            r"[那这]种(?!情)|那个|这个事|上头|哪儿|上哪|往后|还要|打不打算|弄|搞|掏|拖着|摊[上下]|碰上|跑不动|没看[上中]|给查",
            r"[借赚还罚花给扣交拿退领省出收]的?钱|的钱|想[让把给跟]|[就才还]得|[就才]能|被抓|会判|[那][些份笔次回批张边家]",
            r"老板|街坊|邻居|打工|下雨|看病|[爸妈爷奶姥姐哥弟妹]|老[二大公婆]|媳妇|亲戚|谁家|带头|最[晚早多少]几|不[？?]?$",
            r"起码|打官司|废掉|路子|打算|[老这那]楼|[做搞]到几|几成|[得要](?:去|带|找|等)|[给管]不[给管]|让不让|们[家的]|最大[能可给]|咋办",
            r"[厂村店]里|里头|不用|老外|找谁|老小区|多大地方",
            r"列一下|[说讲]一下|的时候|犯小?错|哪[个边家]更?[高低多少大小长短快慢早晚严松]",
            r"头一|[一两几]回|好几|几[拨趟号]|一[拨趟]|加起来|礼拜|顶多|[要花交收]钱|块钱|多少钱",
        )
    )
)
"""How people speak: particles, 能不能, 弄, 掏钱. Chosen on 130 questions of citizens; few official texts have any of it."""


def is_spoken(question: str) -> bool:
    """Whether a question is put as people speak: an official text has few of its words, whether it answers or not.

    >>> is_spoken("吴中区还追不追他的责"), is_spoken("医疗费用报销比例是多少？")
    (True, False)
    """
    return _SPOKEN.search(question) is not None


def official(text: str, is_held: Callable[[str], bool]) -> str:
    """`text` with everyday words that no document has put as the documents put them, each official word once.

    is_held  whether some document has a word; a word of the documents stays, and none is put that they have not. Of several
             official words the first that some document has is put.

    >>> official("家里没钱打官司，能找不花钱的律师吗？", {"法律援助"}.__contains__)
    '家里法律援助，能找吗？'
    """
    said: set[str] = set()
    parts: list[str] = []
    at = 0
    while at < len(text):
        spoken, words = _spoken_at(text, at)
        meant = next((word for word in words if is_held(word)), None)
        if meant is None or is_held(spoken):
            parts.append(spoken)
        elif meant not in said:
            parts.append(meant)
            said.add(meant)
        at += len(spoken)
    return "".join(parts)


def _spoken_at(text: str, at: int) -> tuple[str, tuple[str, ...]]:
    """The everyday word that begins there, the longest in the list, with its official ones; a character, () without one."""
    for pattern, words in _everyday().get(text[at], ()):
        if found := pattern.match(text, at):
            return found[0], words
    return text[at], ()


@lru_cache(maxsize=1)
def _everyday() -> dict[str, list[tuple["re.Pattern[str]", tuple[str, ...]]]]:
    """By their first characters the everyday words, longer ones first, and the official words of each."""
    pairs: list[tuple[str, tuple[str, ...]]] = []
    for line in Path(__file__).with_name("lay.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            official_words, _, spoken = line.partition("：")
            pairs += [(one, tuple(official_words.split())) for one in spoken.split()]
    between = f"[^，。？！；]{{0,{_BETWEEN}}}?"
    found: dict[str, list[tuple[re.Pattern[str], tuple[str, ...]]]] = {}
    for one, words in sorted(pairs, key=lambda pair: -len(pair[0])):  # one pattern of all takes 9 ms a question
        pattern = re.compile(re.escape(one).replace(r"\*", between))
        found.setdefault(one[0], []).append((pattern, words))
    return found
