"""The documents that a question names, and where: by number, by title as printed or as spoken; names of none as well.

Names are compared in `flat` form, without white space and marks 《》, so that 刑法第八条 and 《刑法》第八条 are one. Of
names that overlap the longest is meant: 刑法修正案（七） is not 刑法.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.clause import Document, DocumentId
from rag.numeral import CHINESE, bare
from rag.understand.asking import Flat
from rag.understand.place import short_names

NUMBER = re.compile(
    r"[\u4e00-\u9fff]{1,12}?[〔\[（(【［]\s?(?:19|20)\d{2}\s?[〕\])）】］]\s?(?:第\s?)?\d{1,5}\s?号|[\u4e00-\u9fff]{2,12}?令\s?(?:第\s?)?\d{1,4}\s?号"
)
TITLE = re.compile(r"《((?:[^《》]|《[^《》]*》){2,80})》")
TYPE = (
    "办法|条例|规定|细则|方案|意见|通知|要点|法典|法|决定|决议|规则|章程|准则|规程|守则|规范|规划|纲要|计划|报告|预案|指南|指引|解释|"
    rf"修正案(?:\([{CHINESE}]+\))?"
)
"""What the titles of documents end with."""

_IS_TYPED = re.compile(rf"(?:{TYPE}|公告|通告|表|标准|目录|办法\(.*\)|\((?:试行|暂行|草案)\))(?:\([{CHINESE}]+\))?$")
_LONG = 12
"""Characters from which a title is one whatever it ends with."""
_SPOKEN = 6
"""Characters from which a title is recognised without its marks wherever it stands; a shorter one between bounds."""
_LEAD = re.compile(
    r"^(?:请问|请|列出|介绍|说明|解释|查一?下|看一?下|按照|按|根据|依照|依据|参照|违反|适用|比较|对照|关于|对于|对|在|和|与|及|"
    r"以及|跟|同|或者?|是|从|由|我国|国家|现行|最新|中华人民共和国|中国|里|中|的|那么?|还有|我想问|想问|问)+"
)
"""Words that may stand before a title and are none of it."""
_AFTER = re.compile(
    rf"$|[^\u4e00-\u9fff]|第[{CHINESE}\d(]|[{CHINESE}]+[条章]|[的中里上对和与及或跟是有怎如哪什什何关于规总分附修]|实施(?!条例|细则|办法|规定)"
)
"""What may follow a title of few characters."""
_DERIVED = re.compile(r"实施(?:条例|细则|办法|规定)|(?:司法)?解释|修正案|细则")
"""What makes another document's title of a title that it follows."""
_NOT_A_TITLE = re.compile(rf"^(?:[本该此新旧老原]|这[个份部]?|那[个份部]?|上述|前述|同|其他|有关|相关)?(?:{TYPE})$")
_YEARS = re.compile(r"\(?(?:19|20)\d{2}(?:[—–-](?:19|20)?\d{2,4})?年?\)?")
_REMARK = re.compile(rf"\((?![{CHINESE}]+\)$)[^()]*\)$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the flat text that names documents; () where no document bears the name.

    whole  the words are a number or a title's, not a part of one
    """

    start: int
    end: int
    name: str
    documents: tuple[DocumentId, ...]
    whole: bool = True


class Catalogue:
    """What the documents of a collection are called; built once for a collection, linear in their number."""

    def __init__(self, documents: Sequence[tuple[DocumentId, str, str | None, str | None, str | None]]) -> None:
        self.titles = "\n".join(title for _, title, *_ in documents)
        near = {a + b for a, b in zip(self.titles, self.titles[1:], strict=False)}
        self.apart = {a + b for n in (2, 3) for a, b in zip(self.titles, self.titles[n:], strict=False)} - near
        self.names: dict[str, list[DocumentId]] = {}
        self.numbers: dict[str, list[DocumentId]] = {}
        self.regions: dict[str, list[DocumentId]] = {}
        for id, title, number, region, issuer in documents:
            for name in called(title, region or "", issuer or ""):
                self.names.setdefault(name, []).append(id)
            for head in short_names(region) if region and region != "全国" else ():
                self.regions.setdefault(head, []).append(id)
            if number:
                self.numbers.setdefault(plain_number(number), []).append(id)

        self.heads = sorted(self.regions, key=len, reverse=True)
        self.begun: dict[str, list[str]] = {}  # names by their first two characters: a name has no fewer
        for name in self.names:
            self.begun.setdefault(name[:2], []).append(name)

    def of_region(self, region: str, found: Sequence[DocumentId]) -> tuple[DocumentId, ...]:
        """Of these documents those of a region, where it has some; all of them for ""."""
        return tuple(id for id in found if id in self.regions.get(region, ())) or tuple(found)

    def numbered(self, flat: Flat) -> Iterator[Mention]:
        """The document numbers that a text holds."""
        text = _brackets(flat.text)
        for number, documents in self.numbers.items():
            for form in (number, number.replace("〕", "〕第")):
                if (at := text.find(form)) >= 0:
                    yield Mention(at, at + len(form), number, tuple(documents))

    def titled(self, flat: Flat) -> Iterator[Mention]:
        """The titles that a text holds, printed or spoken."""
        for at in range(len(flat.text) - 1):
            for name in self.begun.get(flat.text[at : at + 2], ()):
                if flat.text.startswith(name, at) and self._is_said(name, at, flat):
                    yield Mention(at, at + len(name), name, tuple(self.names[name]))

    def _is_said(self, name: str, at: int, flat: Flat) -> bool:
        end = at + len(name)
        if (at, end) in flat.quoted:
            return True
        if _DERIVED.match(flat.text, end) and name.endswith(("法", "法典", "条例")):
            return False
        if len(name) >= _SPOKEN:  # 抗击疫情 is a title of some documents and a subject of all
            return len(name) >= _LONG or _IS_TYPED.search(name) is not None
        before = re.search(r"[\u4e00-\u9fff]*$", flat.text[:at])
        lead = before[0] if before else ""
        return not _LEAD.sub("", lead).rstrip("新旧原") and _AFTER.match(flat.text, end) is not None

    def ending(self, words: str) -> tuple[DocumentId, ...]:
        """The documents whose title ends with these words, or has them in this order where they are many."""
        found = [id for name, ids in self.names.items() if name.endswith(words) for id in ids]
        if not found and len(words) >= _SPOKEN:
            tail = re.search(rf"(?:{TYPE})$", words)
            ends = tail[0] if tail else ""
            for name, ids in self.names.items():
                if name.endswith(ends) and _is_subsequence(words, name):
                    found += ids
        return tuple(dict.fromkeys(found))

    def holding(self, words: str) -> tuple[DocumentId, ...]:
        """The documents whose title these words are a part of."""
        return tuple(dict.fromkeys(id for name, ids in self.names.items() if words in name for id in ids))


def catalogue(documents: Sequence[Document]) -> Catalogue:
    """The names of these documents; kept for the collection asked last, known by its being the same object."""
    last = _LAST[-1:]  # one read: another thread may ask for another collection
    if last and last[0][0] is documents:
        return last[0][1]
    made = Catalogue([(d.id, d.title, d.number, d.region, d.issuer) for d in documents])
    _LAST[:] = [(documents, made)]
    return made


_LAST: list[tuple[Sequence[Document], Catalogue]] = []


def plain(title: str) -> str:
    """A title as it is compared: no white space, no marks.

    >>> plain("关于印发《人才 公寓办法》的通知")
    '关于印发人才公寓办法的通知'
    """
    return re.sub("[《》〈〉“”\"'‘’*#]", "", bare(title))


def plain_number(number: str) -> str:
    """A document number as it is compared: brackets 〔〕, no white space, no 第 behind the year."""
    return _brackets(bare(number)).replace("〕第", "〕")


def _brackets(text: str) -> str:
    return re.sub(r"[〔\[(【]((?:19|20)\d{2})[〕\])】]", r"〔\1〕", text)


@lru_cache(maxsize=8192)
def called(title: str, region: str, issuer: str) -> frozenset[str]:
    """What a document is called: its title, what it issues, each without its region, issuer, remarks and years.

    >>> sorted(called("中华人民共和国刑法", "全国", ""))
    ['中华人民共和国刑法', '刑法']
    """
    whole = plain(title)
    names = {whole, issued(whole)} - {""}
    heads = [plain(name) for name in (issuer, region, *short_names(region)) if len(name) > 1 and name != "全国"]
    for head in ("中华人民共和国", *heads, "关于"):
        names |= {name.removeprefix(head) for name in names}
    names |= {_REMARK.sub("", name) for name in names}
    names |= {re.sub(r"的(?=报告$)", "", name) for name in names}
    bare_of_year = {_YEARS.sub("", name) for name in names}
    for head in heads:
        bare_of_year |= {name.removeprefix(head) for name in bare_of_year}
    names |= {name for name in bare_of_year if len(name) >= _SPOKEN}
    return frozenset(name for name in names if len(name) > 1 and not _NOT_A_TITLE.match(name))


def issued(title: str) -> str:
    """The title, in its compared form, of what a document with this title issues; "" where it issues nothing.

    >>> issued("某市关于印发人才公寓办法的通知")
    '人才公寓办法'
    """
    found = re.search(r"(?:印发|发布|公布|转发)(.+?)的?(?:通知|函|公告)$", title)
    return found[1] if found else ""


def _is_subsequence(words: str, name: str) -> bool:
    rest = iter(name)
    return all(character in rest for character in words)


def mentions(flat: Flat, known: Catalogue) -> list[Mention]:
    """The names of documents in a text, in order, none overlapping another: of two the longer is meant.

    What stands in marks 《》 or as a document number and is no document's is a mention without documents.
    """
    found = sorted([*known.numbered(flat), *known.titled(flat)], key=lambda one: (one.start - one.end, one.start))
    found += [
        Mention(a, b, f"《{flat.text[a:b]}》", known.holding(flat.text[a:b]) if b - a >= _SPOKEN else (), whole=False)
        for a, b in flat.quoted
    ]
    for match in NUMBER.finditer(flat.text):
        name = _LEAD.sub("", match[0])
        found.append(Mention(match.end() - len(name), match.end(), plain_number(name), ()))
    kept: list[Mention] = []
    for one in found:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def spoken_before(flattened: Flat, at: int, after: int, known: Catalogue) -> Mention | None:
    """The document that the words from `after` to `at`, before a reference, name in short (实施方案三、（二）).

    Without documents where they are a title's that no document has; None where they are no title.
    """
    match = re.search(r"[\u4e00-\u9fff\d—()]{2,40}$", flattened.text[after:at].rstrip("的中里,之"))
    if match is None or not re.search(rf"(?:{TYPE})$", match[0]):
        return None
    words = _LEAD.sub("", match[0])
    start, end = after + match.end() - len(words), after + match.end()
    region = next((head for head in known.heads if words.startswith(head) and len(words) > len(head) + 1), "")
    rest = _YEARS.sub("", words.removeprefix(region)).replace("的", "")
    found = known.ending(rest)
    if found:
        return Mention(start, end, words, known.of_region(region, found), whole=len(found) == 1)
    return None if _NOT_A_TITLE.match(rest) else Mention(start, end, f"《{words}》", ())


def is_number(name: str) -> bool:
    """Whether what a document is called is its number, not its title."""
    return name.endswith("号")


def numbers_in(text: str) -> tuple[str, ...]:
    """The document numbers that a text names, each once, with the brackets 〔〕."""
    return tuple(dict.fromkeys(plain_number(found[0]) for found in NUMBER.finditer(text)))


def closest_number(number: str, documents: Sequence[Document]) -> Document | None:
    """The document whose number differs from one that none has by one or two characters, the closest first."""
    wanted = plain_number(number)
    distances = [(_distance(wanted, plain_number(d.number)), i) for i, d in enumerate(documents) if d.number]
    distance, i = min(distances, default=(9, 0))
    return documents[i] if distance <= _NEAR else None


_NEAR = 2
"""Characters by which a number may differ from one that is meant."""


def _distance(a: str, b: str) -> int:
    """Edits from `a` to `b`; more than _NEAR is not counted out."""
    if abs(len(a) - len(b)) > _NEAR:
        return 9
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def expand(text: str, documents: Sequence[Document]) -> str:
    """The text with abbreviations of words in titles written out: 公租房 where a title has 公共租赁住房.

    An abbreviation has three or four characters of which no two neighbours stand in a title, and all of them stand
    in one in this order, first and last included, with at most two others between.
    """
    known = catalogue(documents)
    titles = known.titles
    for run in re.findall(r"[\u4e00-\u9fff]{3,}", _OF_NUMBER.sub(" ", text)):
        is_apart = [run[i : i + 2] in known.apart for i in range(len(run) - 1)]
        for length in (4, 3):
            for i in range(len(run) - length + 1):
                if not all(is_apart[i : i + length - 1]):
                    continue  # compiling a pattern takes a millisecond: only where it can be found
                word = run[i : i + length]
                full = re.search("[\u4e00-\u9fff]{1,2}".join(word), titles)
                if full and len(full[0]) >= length + 2 and word in text:
                    text = _outside_numbers(text, word, full[0])
    return text


_OF_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,6}[〔\[（(【［]\s?(?:19|20)\d{2}\s?[〕\])）】］]")
"""A number's own abbreviation, 青城管发〔2026〕, is no word of a title."""


def _outside_numbers(text: str, word: str, full: str) -> str:
    """The text with a word written out wherever it is no part of a document's number."""
    parts, at = [], 0
    for number in _OF_NUMBER.finditer(text):
        parts += [text[at : number.start()].replace(word, full), number[0]]
        at = number.end()
    return "".join([*parts, text[at:].replace(word, full)])
