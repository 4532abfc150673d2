"""How documents are named: 《title》（number）, a number alone, a law's short name; and which documents a name means."""

import re
from collections.abc import Iterable

from rag.clause import Document
from rag.numeral import CHINESE, bare

NUMBER = (
    r"(?:[\u4e00-\u9fff]{1,12}[A-Za-z]{0,3}\s?[〔\[（(【]\s?(?:19|20)\d\d\s?[〕\])）】]\s?第?\s?\d{1,5}\s?号"
    rf"|[\u4e00-\u9fff]{{1,16}}(?:令|公告)\s?(?:(?:19|20)\d\d年)?[（(]?第\s?[\d{CHINESE}]{{1,6}}\s?号[）)]?)"
)
"""甲规〔2019〕6号, 民政部令第63号, 财政部公告2020年第8号; what stands before the office's short name is taken with it."""
NAMED = (
    r"《(?P<title>(?:[^《》]|《[^《》]{1,80}》){2,120})》"
    rf"(?:\s?[（(](?:[^（）()]{{0,30}}[，,、；;])?(?P<number>{NUMBER})(?:(?:[，,；;]|公布|发布|印发)[^（）()]{{0,40}})?[）)])?"
)
"""A title in its signs and the number behind it."""

_ISSUED = re.compile(
    r"(?:印发|发布|公布|颁布|转发|下发|批转|颁发)(?:[^《》]{0,30}的?)?《(?P<title>.+)》|印发(?P<bare>[^《》]+?)的?通知$"
)
_REVISED = re.compile(r"\((?:(?:19|20)\d\d年?)?(?:第[^()]{1,3}次)?(?:最新)?(?:修订|修正|修改)(?:版|本)?\)$")
_COUNTRY = "中华人民共和国"
_LEADING = re.compile(r"^(?:原|根据|依据|依照|按照|按|及|和|与|的|即|由|以|将|对|经|现将|废止|印发|关于|执行)+")
_ABOUT = re.compile(r"^(?P<office>.{2,80}?)(?=关于.{6,}|印发.{6,})")


def plain_number(number: str) -> str:
    """A document's number without blanks and with 〔〕 around its year.

    >>> plain_number("甲规 [2019] 6 号")
    '甲规〔2019〕6号'
    """
    plain = re.sub(r"[〔\[（(【]((?:19|20)\d{2})[〕\])）】]第?", r"〔\1〕", bare(number))
    return re.sub(r"\((第[^()]+号)\)", r"\1", plain)


def is_number(target: str) -> bool:
    """Whether a relation names its target by number."""
    return re.fullmatch(NUMBER, target) is not None


def plain_title(title: str) -> str:
    """A title without line ends, and without blanks beside Chinese characters.

    >>> plain_title("儿童福 利办法")
    '儿童福利办法'
    """
    return re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", " ".join(title.split()))


def keys(document: Document) -> set[str]:
    """What a document is called: its title, the title of what it issues, a law's name without 中华人民共和国; plain."""
    title = bare(document.title)
    found = {title, title.strip("《》"), _REVISED.sub("", title)}
    if issued := _ISSUED.search(document.title):
        found.add(bare(issued["title"] or issued["bare"]))
    found |= {one.removeprefix(_COUNTRY) for one in found}
    return found - {""}


def refers(target: str, document: Document) -> bool:
    """Whether `target`, a title or a document number, names `document`, itself or what it issues."""
    if document.number and plain_number(target) == plain_number(document.number):
        return True
    return bare(target) in keys(document)


class Names:
    """Documents by what they are called; built once for many questions."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._titles: dict[str, list[Document]] = {}
        self._numbers: dict[str, list[Document]] = {}
        self._abouts: dict[str, list[Document]] = {}
        for document in documents:
            for key in keys(document):
                self._titles.setdefault(key, []).append(document)
            self._abouts.setdefault(_about(bare(document.title)), []).append(document)
            if document.number:
                self._numbers.setdefault(plain_number(document.number), []).append(document)

    def named(self, target: str, words: str = "") -> list[Document]:
        """The documents that `target` may mean: by number, else by title; several where versions share a title.

        words  the reference as written: its title counts where a document has no number of its own
        A name without 《》 is met by its end, as 依照刑法 by 刑法: what stands before a law's name is not part of it.
        """
        if is_number(target):
            return self._by_number(target, words)
        if "《" in words or len(target) > 30:
            return self._by_title(target)
        ends = (target[i:] for i in range(max(1, len(target) - 1)))
        return next((found for end in ends if (found := self._by_title(end))), [])

    def _by_number(self, target: str, words: str) -> list[Document]:
        plain = plain_number(target)
        while plain:
            if plain in self._numbers:
                return self._numbers[plain]
            shorter = _LEADING.sub("", plain)
            if shorter == plain:
                break
            plain = shorter
        match = re.search(NAMED, words)
        return [one for one in self._by_title(match["title"]) if one.number is None] if match else []

    def _by_title(self, title: str) -> list[Document]:
        wanted = bare(title)
        found = self._titles.get(wanted) or self._titles.get(_REVISED.sub("", wanted))
        if found:
            return found
        office = _ABOUT.match(wanted)
        if office is None:
            return []
        same = self._abouts.get(_about(wanted), [])
        return [one for one in same if one.issuer and bare(one.issuer).split("、")[0] in office["office"]]


def _about(title: str) -> str:
    """A title without the offices before 关于: sites often leave them out."""
    office = _ABOUT.match(title)
    return title[office.end() :] if office else title
