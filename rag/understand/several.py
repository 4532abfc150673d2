"""Several questions in one: 居住证要满几年？孩子积分入学给多少分？ asks two things, each answered from its own clause.

Sentences that ask are questions by themselves where they say what they are about; within a sentence only what turns to
another document or place is. What leans on the sentence before it (…，什么时候完成？) is asked together with it.
"""

import re
from collections.abc import Sequence

from rag.clause import Document
from rag.understand.asking import flat
from rag.understand.followup import has_subject
from rag.understand.place import named_places
from rag.understand.reference import names_in
from rag.understand.title import catalogue

_MOST = 3
"""Questions that are answered one by one; more are asked as one."""
_SHORTEST, _ALONE = 5, 8
"""Characters of what can ask at all, and of what can stand alone: 通过率为多少 goes with the sentence before it."""
_TOPIC = 16
"""Characters of what stands before a comma and says what all that follows is about."""
_COMPARES = re.compile(
    r"[和与跟同比](?:[^，。？]{0,16})(?:比|不同|一样|区别|差别)|(?:也|都)是?[^，。？]{0,4}一样|是不是也"
)
"""What turns to another place to compare it with the one before."""
_FIGURE = re.compile(r"多少|(?<!哪)几")
_END = re.compile(r"(?<=[？?；;。！!])")
_PAUSE = re.compile(r"(?<=[，,])")
_ASKS = re.compile(
    r"(?<!没)什么|啥|咋|哪|怎|如何|多少|多[久长大高]|(?<![好无])几(?!乎|率|个?[年月天日][之以]?[前后来])|谁|吗|是否|能否|可否|何时|为何|呢[？?]?$|([\u4e00-\u9fff])[不没]\1"
)


def several(question: str, documents: Sequence[Document]) -> tuple[str, ...]:
    """The questions that `question` consists of, in their order; itself where it is one.

    >>> several("我妈73了。老年食堂补几块？敬老卡要到哪个窗口去领？", ())
    ('我妈73了。老年食堂补几块？', '敬老卡要到哪个窗口去领？')
    >>> several("由哪个部门牵头，什么时候完成？", ())
    ('由哪个部门牵头，什么时候完成？',)
    """
    sentences = _gathered(_END.split(question))
    if len(sentences) == 1:
        sentences = _turning(question, documents)
    sentences = list(dict.fromkeys(sentences))
    return tuple(sentences) if 1 < len(sentences) <= _MOST else (question,)


def _gathered(pieces: Sequence[str], alone: int = _ALONE) -> list[str]:
    """Pieces that ask, each with what is said before it and does not, and with what leans on it or is shorter than `alone`."""
    found: list[str] = []
    said = ""
    for piece in pieces:
        if found and not (len(piece) >= alone and has_subject(piece)):
            found[-1] += said + piece
            said = ""
            continue
        said += piece
        if _ASKS.search(piece) and len(piece) >= _SHORTEST:
            found.append(said.strip())
            said = ""
    if said and found:
        found[-1] += said
    return found or [said]


def _turning(question: str, documents: Sequence[Document]) -> list[str]:
    """A sentence cut where it turns to another document or place than was asked about before, or, behind a topic by itself,
    to another figure of it; whole where it does neither. Each part has the topic.
    """
    topic, *rest = _PAUSE.split(question)
    has_topic = not _ASKS.search(topic) and len(topic) <= _TOPIC and bool(rest)
    pieces = _gathered(rest if has_topic else [topic, *rest], _SHORTEST if has_topic else _ALONE)
    subjects = [_subjects(piece, documents) for piece in pieces]
    found = pieces[:1]
    about = subjects[0]
    for piece, own in zip(pieces[1:], subjects[1:], strict=True):
        is_figure = has_topic and _FIGURE.search(piece) is not None and _FIGURE.search(found[-1]) is not None
        if (own - about and not _COMPARES.search(piece)) or is_figure:
            found.append(piece)
        else:
            found[-1] += piece
        about |= own
    return [topic + piece for piece in found] if has_topic else found


def _subjects(text: str, documents: Sequence[Document]) -> frozenset[str]:
    """What a text is about, as far as it names it: documents by title or number, places."""
    read = flat(text)
    names = {read.text[one.start : one.end] for one in names_in(read, catalogue(documents))}
    return frozenset({*names, *named_places(text, documents)[0]})
