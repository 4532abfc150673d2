"""A question as text: cleaned, its words of asking taken out, the years it names.

Knows no document; what the words point to is the neighbours' in this folder.
"""

import re
import unicodedata
from dataclasses import dataclass

from rag.errors import EmptyQuestion, LongQuestion, UnreadableQuestion
from rag.numeral import value

YEAR = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?=\s?(?:年|—|-|－|至|、|～))|([一二]〇[〇零一二三四五六七八九]{2}|二〇[〇零一二三四五六七八九]{2})年"
)

_LATIN = re.compile(r"(?<![A-Za-z\u00c0-\u024f])[A-Za-z\u00c0-\u024f]?[a-z\u00df-\u024f]{2,}(?![A-Za-z\u00c0-\u024f])")
"""A word as it is written in a sentence, in small letters but for its first."""

FILLER = re.compile(
    r"请问|请列出|请说明|请比较|请介绍|请告诉我|能不能|可不可以|是不是|有没有|听说|想知道|我想问|一下|分别|到底|究竟|"
    r"什么样的?|什么时候|什么|哪一?[个些项几家种]|哪里|哪儿|哪|多少[件个项人名家]?|如何|怎么样?|怎样|是否|为什么|吗|呢|吧|啊|呀|么|的话|"
    r"规定了?|内容|主要|要求|提出|有关|关于|情况|说明"
)


def clean(question: str, limit: int, example: str = "本办法自什么时候起施行？") -> str:
    """The question without control characters, lone surrogates and needless white space.

    Raises EmptyQuestion where nothing is left, UnreadableQuestion where that is no writing, LongQuestion above `limit`
    characters.
    """
    if len(question) > limit:
        raise LongQuestion(length=len(question), limit=limit)
    kept = "".join(c if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF else " " for c in question)
    text = " ".join(kept.split())
    if not says_something(text):
        raise UnreadableQuestion(example=example) if text else EmptyQuestion(example=example)
    return text


def says_something(text: str) -> bool:
    """Whether a text holds a letter or a digit that can be shown."""
    return re.search(r"\w", text) is not None


def is_foreign(text: str) -> bool:
    """Whether a text is a sentence in Latin letters: several words, no Chinese. A number, a standard's name or an
    abbreviation is none: the documents have such.

    >>> is_foreign("How much is the rent?"), is_foreign("GB/T 9704"), is_foreign("VAT"), is_foreign("LPR 是多少")
    (True, False, False, False)
    """
    return not re.search(r"[\u3400-\u9fff]", text) and len(_LATIN.findall(text)) >= 2


def years(text: str) -> tuple[int, ...]:
    """The years that a text names, in order, ranges by their ends.

    >>> years("2016—2020年规划，二〇二二年")
    (2016, 2020, 2022)
    """
    found = [int(a) if a else value(b) for a, b in YEAR.findall(text)]
    return tuple(dict.fromkeys(year for year in found if year))


def topic(question: str) -> str:
    """A question without its words of asking: what it is about.

    >>> topic("吴中区对行政执法与刑事司法衔接有什么要求？")
    '吴中区对行政执法与刑事司法衔接'
    """
    text = FILLER.sub(
        "", question.split("：", maxsplit=1)[0] if question.count("：") == 1 and len(question) > 60 else question
    )
    text = re.sub(r"[？?。！!]+$", "", text.strip())
    return re.sub(r"(?:有|是|为|了|的|达到?|共|由|应|分)+$", "", text).strip("，,、 ") or question


_ASKING = re.compile(
    r"具体|详细|全文|原文|条文|条款|分别|第|[的中里和与及跟或、,，.。?？!！:：;；第讲说写指是有在对请给我看下查年了]|\s"
)
"""What asks for a clause and says nothing of it."""


def besides(text: str) -> str:
    """What `text` says that is no asking; "" where it says nothing.

    >>> besides("请问 规定了什么？"), besides("由谁 负责")
    ('', '由谁 负责')
    """
    return text.strip() if _ASKING.sub("", FILLER.sub("", text)) else ""


@dataclass(frozen=True, slots=True)
class Flat:
    """A text as names and references are read in it: NFKC, no white space, no marks 《》〈〉.

    at      for each character its place in the text
    quoted  the stretches that stood in marks 《》, outermost
    """

    text: str
    at: tuple[int, ...]
    quoted: tuple[tuple[int, int], ...] = ()

    def original(self, start: int, end: int, text: str) -> str:
        """The characters of `text`, from which this was made, that stand from `start` to `end`."""
        return text[self.at[start] : self.at[end - 1] + 1] if start < end else ""


_MARKS = "《》〈〉“”\"‘’'*#"
"""What is left out of titles, as questions seldom have it."""


def flat(text: str) -> Flat:
    """The flat form of a text.

    >>> flat("《人才 公寓办法》第３条").text, flat("《人才 公寓办法》第３条").quoted
    ('人才公寓办法第3条', ((0, 6),))
    """
    characters: list[str] = []
    at: list[int] = []
    quoted: list[tuple[int, int]] = []
    opened: list[int] = []
    for i, character in enumerate(text):
        if character == "《":
            opened.append(len(characters))
        elif character == "》" and opened:
            start = opened.pop()
            if not opened and start < len(characters):
                quoted.append((start, len(characters)))
        elif character not in _MARKS and not character.isspace():
            form = unicodedata.normalize("NFKC", character)
            characters += form
            at += [i] * len(form)
    return Flat("".join(characters), tuple(at), tuple(quoted))
