"""The documents that a question names: by number, title or place; abbreviations written out as titles have them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.clause import Document, DocumentId
from rag.numeral import bare
from rag.understand.place import short_names

NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}?[〔\[（(【［]\s?(?:19|20)\d{2}\s?[〕\])）】］]\s?(?:第\s?)?\d{1,5}\s?号")

TITLE = re.compile(r"《([^《》]{2,80})》")

_SPOKEN = 6
"""Characters from which a title is recognised without its marks."""


def expand(text: str, documents: Sequence[Document]) -> str:
    """The text with abbreviations of words in titles written out: 公租房 where a title has 公共租赁住房.

    An abbreviation has three or four characters of which no two neighbours stand in a title, and all of them stand
    in one in this order, first and last included, with at most two others between.
    """
    titles = "\n".join(document.title for document in documents)
    for run in re.findall(r"[\u4e00-\u9fff]{3,}", text):
        for length in (4, 3):
            for i in range(len(run) - length + 1):
                word = run[i : i + length]
                if any(word[j : j + 2] in titles for j in range(length - 1)):
                    continue
                full = re.search("[\u4e00-\u9fff]{1,2}".join(word), titles)
                full = full or re.search("[\u4e00-\u9fff]{0,2}".join(word), titles)
                if full and len(full[0]) >= length + 2 and word in text:
                    text = text.replace(word, full[0])
    return text


def numbers_in(text: str) -> tuple[str, ...]:
    """The document numbers that a text names, each once, with the brackets 〔〕."""
    return tuple(dict.fromkeys(_plain(found[0]) for found in NUMBER.finditer(text)))


def _plain(number: str) -> str:
    return re.sub(r"[〔\[（(【［](\d{4})[〕\])）】］](?:第)?", r"〔\1〕", bare(number))


@dataclass(frozen=True, slots=True)
class Named:
    """Documents that a question names, whether no other can be meant, and what it names that is not there."""

    documents: tuple[DocumentId, ...]
    exact: bool
    missing: tuple[str, ...] = ()


def named(text: str, numbers: Sequence[str], places: Sequence[str], documents: Sequence[Document]) -> Named:
    """The documents that the question names: by number, else by title, else by their region.

    A title counts in 《》 or as it is spoken, without its region, from _SPOKEN characters on; the longest wins.
    """
    by_number = [d.id for d in documents if d.number and any(bare(d.number) in bare(n) for n in numbers)]
    if by_number or numbers:
        return Named(tuple(by_number), bool(by_number), () if by_number else tuple(numbers))
    titles = [bare(title) for title in TITLE.findall(text)]
    spoken = bare(text)
    lengths: dict[DocumentId, int] = {}
    for document in documents:
        names = _names(document)
        said = [n for n in names if n in titles or (len(n) >= _SPOKEN and n in spoken)]
        said += [t for t in titles if len(t) >= _SPOKEN and any(t in n for n in names)]
        if said:
            lengths[document.id] = max(map(len, said))
    longest = [id for id, length in lengths.items() if length == max(lengths.values())]
    if longest:
        return Named(tuple(longest), len(longest) == 1)
    regional = tuple(d.id for d in documents if d.region and any(n in places for n in short_names(d.region)))
    return Named(regional, False, tuple(f"《{title}》" for title in TITLE.findall(text)))


def _names(document: Document) -> set[str]:
    """What a document is called: its title, what it issues, each with and without its region before it."""
    return _called(document.title, document.region or "")


@lru_cache(maxsize=8192)
def _called(title: str, region: str) -> set[str]:
    whole = bare(title)
    issued = re.search(r"(?:印发|发布|转发)《?(.+?)》?的?(?:通知|函|公告)$", whole)
    names = {whole, *([issued[1]] if issued else [])}
    return names | {name.removeprefix(bare(region)) for name in names}
