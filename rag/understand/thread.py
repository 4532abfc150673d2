"""What a conversation is about: the subject that the documents have for it, and what was asked of it last.

Who asks 租金呢 after 公租房轮候多久 leaves out 公租房, not 轮候. Which of the two a question leaves out no rule can tell;
how well the documents answer each reading does.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from rag.clause import Document
from rag.understand.asking import FILLER, flat
from rag.understand.place import named_places
from rag.understand.title import NUMBER, TITLE, TYPE, catalogue, expand, mentions

_SHORTEST, _LONGEST = 3, 14
"""Characters of a subject."""
_ASKED = re.compile(
    r"什么|[啥咋]|哪|怎|如何|多[少久长大高远]|几(?![乎何])|谁|是[否不]|能[不否]|能(?![源力耗效量])|可以|可不|有没|需要|应当|要(?![求点素件])|"
    r"吗|的(?!士)|[里内](?=$|有|能|可|怎|要|租|收)|[，,：:；;。？?！!\s]"
)
"""Where a question leaves what it is about."""
_LEAD = re.compile(
    r"^(?:请问|我们?|你们?|咱们?|想|要|问|知道|一下|关于|对于|那么?|在|如果|按照?|根据|帮我|查|看|说说|讲讲|介绍|新的?|旧的?|现行的?)+"
)
_LOOSE = re.compile(
    r"(?:是|有|为|由|被|给|把|要|会|得|到|在|对|和|与|跟|同|的|了|讲|说|写|规定|怎|定|算|办|交|收|里|中|内|"
    r"多[少久长大高远]|几[个年月天次项条]?)+$"
)
"""What is left of asking at the end of a topic, and at its beginning."""
_SPOKEN = re.compile(r"啥时候?|咋[办样弄整]?|怎么[办弄]")
_MAY = re.compile(r"^(?:能不能|可不可以|能否|可否|是否|能(?![源力耗效量])|可以|会|要(?![求点素件])|还|也|都)+")
_NO_SUBJECT = re.compile(rf"(?:19|20)\d{{2}}年?|关于|印发|公布|发布|转发|做好|通知|工作|管理|实施|{TYPE}|[的和及与、]")


def subject(text: str, documents: Sequence[Document]) -> str:
    """What a question is about: the document that it names, else the longest words that stand in a title too, else the
    noun that it begins with; "" where it has none. Abbreviations of titles are written out.
    """
    written = expand(text, documents)
    known = catalogue(documents)
    read = flat(written)
    for one in mentions(read, known):
        words = read.original(one.start, one.end, written)
        return f"《{words}》" if (one.start, one.end) in read.quoted else words
    return _titled(written, documents) or _leading(written, documents)


def asked_of(text: str) -> str:
    """What a question asks about, without its words of asking; "" where it only asks.

    >>> asked_of("公租房租金怎么定？"), asked_of("旧小区改造能加电梯吗"), asked_of("是多少？")
    ('公租房租金', '旧小区改造能加电梯', '')
    """
    rest = re.sub(r"[？?。！!，,：:\s]+$", "", FILLER.sub("", _SPOKEN.sub("", text)))
    rest = _MAY.sub("", _LOOSE.sub("", rest).lstrip("，,：: 的")).lstrip("，,：: 的")
    return rest if re.search(r"\w", rest) else ""


@lru_cache(maxsize=1024)
def _found(text: str, titles: str) -> str:
    """The longest words of a text that stand in a title and say what it is about; of equal ones the first."""
    best = ""
    for start in range(len(text)):
        end = start + max(_SHORTEST, len(best) + 1)
        while end <= len(text) and text[start:end] in titles:
            if len(_NO_SUBJECT.sub("", text[start:end])) >= _SHORTEST:
                best = text[start:end]
            end += 1
    return best


def _titled(text: str, documents: Sequence[Document]) -> str:
    places, _ = named_places(text, documents)
    for place in places:
        text = text.replace(place, "□")
    text = re.sub(r"[^\u4e00-\u9fff]", "□", text)
    found = _found(text, catalogue(documents).titles)
    before = re.search(r"(?:^|□)([\u4e00-\u9fff])$", text[: text.find(found)]) if found else None
    return f"{before[1]}{found}" if before else found  # 旧小区改造 of 老旧小区改造


def _leading(text: str, documents: Sequence[Document]) -> str:
    words = _LEAD.sub("", text)
    if NUMBER.match(words) or TITLE.match(words):
        return ""
    end = _ASKED.search(words)
    found = _LOOSE.sub("", words[: end.start()] if end else words)
    rest, places = found, named_places(text, documents)[0]
    for place in places:
        rest = rest.replace(place, "")
    is_one = 2 <= len(found) <= _LONGEST and re.search(r"[\u4e00-\u9fff]{2}", _NO_SUBJECT.sub(" ", rest))
    return found if is_one else ""  # a place alone is where, not what
