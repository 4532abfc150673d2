"""Follow-ups: a question that leans on earlier ones as it would stand alone, by rules.

A question leans where it points back (它, 其中), only turns to another place, year or matter (那昆山呢), asks for a part of
what was asked (第二项具体指什么), or says nothing but what can be asked of anything (牵头部门是谁). It may lean on the subject
of the conversation alone, or on what was asked of it, too; one with a subject of its own, but of no document, may stand
alone. Of these readings the one is taken that the documents answer best, where it can be told, else the first.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from rag.clause import Document
from rag.understand.asking import FILLER, flat, is_foreign, topic, years
from rag.understand.place import named_places
from rag.understand.reference import LEVELS, Reference, names_in, references_in, spelt
from rag.understand.thread import asked_of, subject
from rag.understand.title import NUMBER, TITLE, catalogue, issued, plain

_POINTS_BACK = re.compile(
    r"^(?:那么?|它|其(?!他|它|余)|该|此|这|上述|对此|再|前面|刚才)|对此|上述|其中|前者|后者|[该这](?:项|条|个|份|任务|办法|规定)|本(?:办法|条例|规定|方案|文件)"
)
_LEAD = re.compile(r"^(?:那么?|还有|另外|再问一?下?|它们?的?|其(?!他|它|余|中)|这个?的?|该)+[，,]?")
_AND_WHAT = re.compile(r"^(?:那么?|还有|另外)?[，,]?(?P<what>[^，。？?]{2,20}?)(?:的)?呢[？?]?$")
_MORE = re.compile(r"^(?:还有|其他的?|其它的?|别的|另外的?|剩下的?)(?:呢|吗|哪些|什么|的呢|的吗)?[？?]?$")
_GROUP = re.compile(
    r"[^，。、？?的对和与在为给是有要]{1,8}?(?:人员|职工|家庭|户|企业|学生|老人|儿童|妇女|农民工|居民|毕业生|残疾人|军人|经营者|单位)"
)
_OFFICE = re.compile(r"[^，。、？?的由被是在有和]{1,10}?(?:局|委员会|委|办公室|厅|院|中心)")
_EDITION = re.compile(r"(?:新|旧|老|原|现行)的?(?:办法|规定|条例|版本?|政策|标准|文件)")
"""Whom a rule is for, who has a task, which version: another matter would only be added to the question."""
_OF_EDITION = re.compile(rf"(?P<edition>{_EDITION.pattern})(?:里|中|的|对此|改成|改为|变成|是|要|规定|怎么|有|还|取消)")
"""现行办法改成几个月了 says of which version one speaks, not of what."""
_OTHER_EDITION = re.compile(
    r"(?:按照?|根据|依照)?(?:(?:19|20)\d{2}年(?:版的?|的)?|(?:新|旧|老|原|现行)的?(?=[^，。？?]{0,12}(?:办法|规定|条例|政策|标准|文件)))"
)
"""By what an earlier question said which version it meant."""
_ORDER = re.compile(
    r"(?:第[\d一二三四五六七八九十]+(?:批|期|轮|档|类|级|等|季度|年度|学期)|[一二三四五六甲乙丙]级|[甲乙丙丁]类)"
)
"""One of a series stands in for another."""
_BESIDE = re.compile(
    r"^(?:那么?|再)?(?:往?)(?P<way>下|后|上|前)(?:面)?(?:的)?一?(?P<unit>条(?![路街线河])|[款章]|项(?!目)|节(?!课|目)|点(?!钟))"
    r"(?P<rest>[^，。？?]{0,14}[？?]?)$"
)
"""The clause before or behind the one that was asked for."""
_OF_ITEM = re.compile(
    r"^第[^，。？?的]{1,6}[条款项点](?:里|中|所|上)?(?:说|讲|提到|提|写|规定|要求|称)?(?:到)?的(?P<what>[^，。？?]{2,}(?:是什么意思|怎么|如何|怎样|指|包括|有哪些|标准|多少).*)$"
)
"""第四项说的财产净值怎么算 asks for what is spoken of there, not for the item."""
_TOO = re.compile(r"^[^，。？?]{2,12}也(?:要|能|可以|可|需要?|得|应当|必须|不)?(?P<does>[^，。？?]{1,4}?)吗[？?]?$")
"""低保家庭也要出吗, where it was asked what others have to 出."""
_ASKS_STANDING = re.compile(
    r"(?:现在)?(?:还|是否|是不是)?(?:仍然?|在|已经?)?(?:有效(?!期)|管用|作数|失效|作废|废止)(?:了)?(?:吗|没有?|么)?(?=[？?]?$)"
)
"""Whether a rule holds is no topic of what is asked behind it."""
_NTH = re.compile(r"^(?:那么?)?第[\d一二三四五六七八九十]+(?P<unit>批|期|轮|档|类|阶段|步)")
"""第二批最晚哪天完成 leans on a question about 第一批, where it names nothing else."""
_HEADLESS = re.compile(r"的(?:有|是|占|共|为)?(?:多少|几|哪)[些件个项条份次名人家种]?[？?]?$")
"""What leaves out the noun that was spoken of: 部门制定的有多少件."""
_INTERROGATIVE = re.compile(r"什么|哪|怎|如何|多少|几|谁|吗|是否|能否|可否|是不是|能不能|有没有|多[久长大高远]|何")
_FUNCTION = re.compile(
    r"[的了是有在要需应当该可以能会得到由为与和及跟或对给把被让从向按怎办收交算定谁哪几多少久长大高个些种天年月日次元人家还也都就只不没"
    r"吗呢吧啊请问我你他她们它这那其此本想知道说看查去来做用上下里中内外前后之第共又再]"
)


_TURNS = 12
"""Turns back to which a conversation is followed."""
_BRIEF = 3
"""Characters of its own that a question has at most (补贴多少) to be thought to lean on what was spoken of."""
_ALONE, _LEANS = 0.4, 0.15
"""How much better the documents must answer it by itself that it does not; and how much better as one that leans, that one
which says more does."""
_ABOUT = 24
"""Characters to which what is spoken of grows with what is asked of it."""
_OF_A_TASK = re.compile(r"牵头|责任|配合|负责|主管|承办|联系|电话|谁")
_FARTHER = 0.2
"""Who does something is asked of it, not of the subject, unless the documents answer that so much better."""
Worth = Callable[[str, str], float]
"""How well the documents answer a question that stands alone, 0 to 1, and how much of some words of it their answer has."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A question as it stands alone.

    list_of  the earlier question of whose answer's list it asks for an item
    subject  what the conversation is about by now, "" for nothing that could be told
    about    the same with what is asked of it
    """

    text: str
    list_of: str = ""
    subject: str = ""
    about: str = ""


def rewrite(question: str, turns: Sequence[str], documents: Sequence[Document]) -> str:
    """The question as it would stand alone; itself where it leans on nothing."""
    return standing(question, turns, documents).text


def standing(
    question: str, turns: Sequence[str], documents: Sequence[Document], worth: Worth | None = None
) -> Standing:
    """The question as it would stand alone, with what it asks a part of; `turns` oldest first.

    worth  chooses among the readings of a question that may lean on more or less; None: the first is taken
    """
    turns = [turn for turn in turns if turn and turn.strip() and not is_foreign(turn)][-_TURNS:]
    if not turns or is_foreign(question):
        return _begun(Standing(question), documents)
    last = standing(turns[-1], turns[:-1], documents, worth)
    earlier = _ASKS_STANDING.sub("", last.text)
    if (settled := _settled(question, earlier, documents)) is not None:
        return _begun(settled, documents, last.subject)
    what = _AND_WHAT.match(question)
    said = _LEAD.sub("", what["what"] if what else question) or question
    readings = _readings(said, last, topic(earlier), named_places(earlier, documents)[0])
    if not what and not _points_back(question, earlier):
        if _names(question, documents):
            return _begun(Standing(question), documents)
        if has_subject(question) and (worth is None or _is_alone(question, readings, worth)):
            return _begun(Standing(question), documents)
    return readings[0] if worth is None else _best(said, readings, worth)


def _best(said: str, readings: Sequence[Standing], worth: Worth) -> Standing:
    """The reading that the documents answer best, where their answer speaks of what is asked."""
    own = asked_of(said) if has_subject(said) else ""
    words = own if len(own) > _BRIEF else ""
    lead = _FARTHER if _OF_A_TASK.search(said) else 0.0
    return max(readings, key=lambda one: worth(one.text, words) + lead * (one is readings[0]))


def _settled(question: str, earlier: str, documents: Sequence[Document]) -> Standing | None:
    """What a question stands for where its words leave no choice; None where it has several readings, or leans on nothing."""
    if _MORE.match(question):
        return Standing(f"{topic(earlier)}还有哪些？")
    if beside := _beside(question, earlier, documents):
        return Standing(beside)
    said = _LEAD.sub("", question)
    names, references = _pointed_to(question, documents)
    if references and not names:
        within = _OF_ITEM.match(said)
        return (
            Standing(f"{topic(earlier)}：{within['what']}")
            if within
            else _part(question, references, earlier, documents)
        )
    if not names and (edition := _OF_EDITION.match(said)):
        return Standing(f"{topic(_OTHER_EDITION.sub('', _untitled(earlier, documents)))}：{edition.string}")
    new, _ = named_places(said, documents)
    old, _ = named_places(earlier, documents)
    what = _AND_WHAT.match(question)
    if what and not _INTERROGATIVE.search(what["what"]):
        turned = _turned(_LEAD.sub("", what["what"]), question, earlier, new, old, documents)
        return None if turned is None else Standing(turned)
    if new and old and set(new) != set(old) and _points_back(question, earlier):
        return Standing(f"{_swap(topic(earlier), old, new[0])}：{question}")
    return None


def _is_alone(question: str, readings: Sequence[Standing], worth: Worth) -> bool:
    """Whether a question with a subject of its own does not lean, by how well the documents answer it."""
    own = asked_of(question)
    said, more = ("", _ALONE) if len(own) <= _BRIEF else (own, -_LEANS)
    return worth(question, said) >= max(worth(one.text, said) for one in readings) + more


def _names(question: str, documents: Sequence[Document]) -> bool:
    """Whether a question names a document or a place."""
    new, _ = named_places(_LEAD.sub("", question), documents)
    names, _ = _pointed_to(question, documents)
    return bool(new or names or NUMBER.search(question) or TITLE.search(question))


def _begun(found: Standing, documents: Sequence[Document], last: str = "") -> Standing:
    """A question that stands alone, with what it is about, or else what was spoken of before."""
    text = _ASKS_STANDING.sub("", found.text)
    about = subject(text, documents)
    return replace(found, subject=about or last, about=asked_of(text) or about or last)


def _readings(said: str, last: Standing, earlier: str, places: Sequence[str]) -> list[Standing]:
    """What a question may mean behind what was spoken of: of what was asked last, of the subject alone, or, where it has
    one of its own, of the place.
    """
    own = asked_of(said) if has_subject(said) else ""
    grown = f"{last.about}{own}"
    found = [
        Standing(f"{last.about or earlier}：{said}", "", last.subject, grown if len(grown) <= _ABOUT else last.about)
    ]
    if last.subject and last.subject != last.about:
        found.append(Standing(f"{last.subject}：{said}", "", last.subject, f"{last.subject}{own}"))
    if own and places:
        found.append(Standing(f"{places[0]}：{said}", "", own, f"{places[0]}{own}"))
    return found


def _points_back(question: str, earlier: str) -> bool:
    """Whether a question points to what was asked before it: by its words, or as it goes on with them."""
    too, nth = _TOO.match(question), _NTH.match(question)
    if too is not None and too["does"] in earlier:
        return True
    if nth is not None and (f"几{nth['unit']}" in earlier or not has_subject(question[nth.end() :])):
        return nth["unit"] in earlier
    return _POINTS_BACK.search(question) is not None or _HEADLESS.search(question) is not None


def _turned(
    what: str, question: str, earlier: str, new: Sequence[str], old: Sequence[str], documents: Sequence[Document]
) -> str | None:
    """The earlier question with another place, group or year in it; None where it is turned to another matter."""
    if new and old:
        return _swap(earlier, old, new[0])
    for kind in (_GROUP, _OFFICE, _EDITION):  # one of a kind stands in for the other
        if kind.fullmatch(what) and (other := kind.match(earlier)):
            return what + earlier[other.end() :]
    named = _untitled(earlier, documents)
    if _EDITION.fullmatch(what) and (named != earlier or _OTHER_EDITION.search(earlier)):
        return f"{what[:-2].removesuffix('的')}的{_OTHER_EDITION.sub('', named)}"
    if (sibling := _sibling(what, earlier)) is not None:
        return sibling
    if years(question) and years(earlier) and len(what) <= 8:
        return earlier.replace(str(years(earlier)[0]), str(years(question)[0]))
    return None


def _untitled(earlier: str, documents: Sequence[Document]) -> str:
    """An earlier question with a document's title in the place of its number, so that another version may be meant."""
    for document in documents:
        if document.number and document.number in earlier:
            return earlier.replace(document.number, issued(document.title) or plain(document.title))
    return earlier


def _sibling(what: str, earlier: str) -> str | None:
    """The earlier question with another of the same kind in the place of the one it names; None where it names none.

    >>> _sibling("初中", "民办小学哪天录取？"), _sibling("第二批", "第一批哪天公布？"), _sibling("初中", "租金多少？")
    ('民办初中哪天录取？', '第二批哪天公布？', None)
    """
    if _ORDER.fullmatch(what):
        return next((earlier.replace(m[0], what) for m in _ORDER.finditer(earlier) if m[0][-1] == what[-1]), None)
    kin = next((line for line in _siblings() if what in line and any(one in earlier for one in line)), ())
    for one in kin:
        word = re.compile(rf"(?<![中大]){one}(?![城期市])")  # not in 中小学, 大学城, 窗口期, 县级市
        if one != what and word.search(earlier):
            return word.sub(what, earlier)
    return None


@cache
def _siblings() -> tuple[tuple[str, ...], ...]:
    """Words of which one may take another's place, a kind each, the longer first."""
    lines = (Path(__file__).parent / "siblings.txt").read_text(encoding="utf-8").splitlines()
    return tuple(tuple(sorted(line.split(), key=len, reverse=True)) for line in lines)


def _beside(question: str, earlier: str, documents: Sequence[Document]) -> str | None:
    """A question for the clause before or behind the one that was asked for last, of its kind or of one above it; None
    where it asks for none, or for one of a kind that was not spoken of.
    """
    asked = _BESIDE.match(question)
    names, references = _pointed_to(earlier, documents) if asked else ("", ())
    parts = list(references[-1].parts) if references else []
    while asked and parts and parts[-1][0] != asked["unit"]:
        parts.pop()
    if asked is None or not parts or len(parts[-1][1]) > 1:  # what stands behind 第十条之一 no number tells
        return None
    unit, (number,) = parts[-1]
    number += 1 if asked["way"] in "下后" else -1
    return f"{names}{spelt([*parts[:-1], (unit, (number,))])}{asked['rest'] or '呢？'}" if number > 0 else None


def _part(question: str, references: Sequence[Reference], earlier: str, documents: Sequence[Document]) -> Standing:
    """A question for a clause by its number, put below or beside the one that was asked for before."""
    names, above = _pointed_to(earlier, documents)
    said = _LEAD.sub("", question)
    unit = references[0].parts[0][0]
    if (
        above
        and not names
        and above[0].parts[-1][0] == unit
        and (swapped := _renumbered(said, references[0], above[0], earlier))
    ):
        return Standing(swapped)
    if above:
        kept = [part for part in above[0].parts if LEVELS[part[0]] < LEVELS[unit] and part[0] != unit]
        return Standing(f"{names}{spelt(kept)}{said}")
    if names and LEVELS[unit] < LEVELS["款"]:
        return Standing(f"{names}{said}")
    if LEVELS[unit] >= LEVELS["款"]:
        return Standing(f"{topic(earlier)}：{said}", list_of=earlier)
    return Standing(question)


def _renumbered(said: str, reference: Reference, above: Reference, earlier: str) -> str:
    """The earlier question with another number, where nothing but that is said: 第15项呢; else ""."""
    is_bare = re.fullmatch(r"(?:的)?呢?[？?]?", said.replace(reference.text, "", 1)) is not None
    return earlier.replace(above.text, reference.text, 1) if is_bare and above.text in earlier else ""


def _pointed_to(text: str, documents: Sequence[Document]) -> tuple[str, tuple[Reference, ...]]:
    """The words by which a text names its first document, "" for none, and the clauses it points to."""
    read = flat(text)
    found = names_in(read, catalogue(documents))
    words = read.original(found[0].start, found[0].end, text) if found else ""
    if found and (found[0].start, found[0].end) in read.quoted:
        words = f"《{words}》"
    return words, references_in(text, read, found)


def has_subject(question: str) -> bool:
    """Whether a question is about something, not only what can be asked of anything.

    >>> has_subject("停车收费怎么定？"), has_subject("牵头部门是谁？"), has_subject("需要哪些材料")
    (True, False, False)
    """
    rest = FILLER.sub(" ", question)
    for word in _attributes():
        rest = rest.replace(word, " ")
    return re.search(r"[\u4e00-\u9fff]{2}", _FUNCTION.sub(" ", rest)) is not None


@cache
def _attributes() -> tuple[str, ...]:
    """What can be asked of anything, longest first."""
    words = (Path(__file__).parent / "attributes.txt").read_text(encoding="utf-8").split()
    return tuple(sorted(words, key=len, reverse=True))


def _swap(text: str, old: Sequence[str], new: str) -> str:
    for name in old:
        text = text.replace(name, new)
    return text
