"""What a line begins with: the label that an author put before a clause.

A mark is read from the line alone; whether it is a clause's label or a sentence that happens to begin with 第三条
is for the ladder to decide, which knows what came before.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rag.numeral import CHINESE, chinese, value

Style = Literal[
    "编", "分编", "章", "节", "部分", "条", "一、", "（一）", "一）", "1.1", "1.", "（1）", "1）", "①", "a）", "甲、", "一是", "——", "附件"
]  # fmt: skip
"""A way of numbering; a document's own use decides which lies below which, but for the first six."""

RANK: dict[str, int] = {"附件": 0, "部分": 1, "编": 2, "分编": 3, "章": 4, "节": 5, "条": 6}
"""Styles whose order no document changes (立法法: 编、章、节、条、款、项、目)."""

_N = rf"(?:[{CHINESE}]+|[0-9０-９]+)"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_DECORATION = re.compile(r"[\s\u3000]*(?:#{1,6}\s+|>\s*)?(?:\*{1,3}|_{2})?\s*")
"""White space, and the marks by which markdown sets a heading or bold type."""
_WORDS = ("首先", "其次", "再次", "最后")

_PATTERNS: tuple[tuple[Style, str, re.Pattern[str]], ...] = (
    ("部分", "第", re.compile(rf"第\s?({_N})\s?部分")),
    ("编", "第", re.compile(rf"第\s?({_N})\s?[编篇](?=[\s\u3000]|$|[^排制者写])")),
    ("分编", "第", re.compile(rf"第\s?({_N})\s?分编")),
    ("章", "第", re.compile(rf"第\s?({_N})\s?章")),
    ("节", "第", re.compile(rf"第\s?({_N})\s?节")),
    ("条", "第", re.compile(rf"第\s?({_N})\s?条(?:之({_N}))?")),
    ("（一）", "（(〔", re.compile(rf"[（(〔]\s*([{CHINESE}]+)\s*[）)〕]")),
    ("（一）", "㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩", re.compile(r"([㈠-㈩])")),
    ("（1）", "（(", re.compile(r"[（(]\s*([0-9０-９]{1,3})\s*[）)]")),
    ("（1）", "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇", re.compile(r"([⑴-⒇])")),
    ("一、", CHINESE, re.compile(rf"([{CHINESE}]{{1,5}})\s?(?:、|[．.](?![0-9]))")),
    ("一）", CHINESE, re.compile(rf"([{CHINESE}]{{1,3}})[）)]")),
    (
        "1.1",
        "0123456789",
        re.compile(
            r"([0-9]{1,2}(?:\.[0-9]{1,2}){1,4})(?:[.、．]|(?=[\s\u3000]|[^\s\d.%％万亿元个倍年月日，。、件名家人次条号]))"
        ),
    ),
    ("1.", "0123456789０１２３４５６７８９", re.compile(r"([0-9０-９]{1,3})\s?[.．、](?![0-9０-９])")),
    ("1.", "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛", re.compile(r"([⒈-⒛])")),
    ("1）", "0123456789０１２３４５６７８９", re.compile(r"([0-9０-９]{1,3})\s?[）)]")),
    ("a）", "abcdefghijklmnopqrstuvwxyz", re.compile(r"([a-z])[）)](?=\s*\S)")),
    ("①", "".join(map(chr, [*range(0x2460, 0x2474), *range(0x3251, 0x3260)])), re.compile(r"([①-⑳㉑-㉟])")),
    ("甲、", _STEMS, re.compile(rf"([{_STEMS}])、")),
    ("一是", CHINESE, re.compile(r"([一二三四五六七八九十]{1,2})(?:是|要)(?!否)")),
    ("一是", "第", re.compile(r"第([一二三四五六七八九十]{1,2})(?=[，,：:])")),
    ("一是", "首其再最", re.compile(rf"({'|'.join(_WORDS)})(?=[，,：:])")),
    ("——", "—－-•·●■◆▪◇○*+", re.compile(r"(——|——|－－|--(?=\S)|[•·●■◆▪◇○](?=\s*\S)|[-*+](?=\s))")),
)
_BY_FIRST: dict[str, tuple[tuple[Style, re.Pattern[str]], ...]] = {
    first: tuple((style, pattern) for style, firsts, pattern in _PATTERNS if first in firsts)
    for first in {character for _, firsts, _ in _PATTERNS for character in firsts}
}
"""The patterns that a line may match, by its first character: nearly all lines match none."""
_RUNNING = re.compile(rf"(?<=、)[{CHINESE}]{{1,2}}(?:年级|线|级|类|等|季度|层)|(?<=[）)])、\s*[（(]")
"""What shows that a number begins a sentence: 一、二年级…, （一）、（二）项…"""
_SPACED = re.compile(r"([0-9]{1,2})(?=[\s\u3000]+\S)")


@dataclass(frozen=True, slots=True)
class Mark:
    """A label as printed, `start` to `end` in the line, the way it numbers and the number itself.

    `number` has two parts for 第X条之Y and as many as there are dots for 1.2.3; a bullet has none.
    """

    style: Style
    label: str
    number: tuple[int, ...]
    start: int
    end: int


def mark(line: str, *, spaced: bool = False) -> Mark | None:
    """The label that `line` begins with, or None.

    spaced  the document numbers sections 1.1, 1.2: then `1 总则` is a label as well

    >>> mark("（二）加强监督。").label, mark("第十二条之一　本办法").number, mark("2022年工作要点")
    ('（二）', (12, 1), None)
    """
    start = _DECORATION.match(line).end()  # type: ignore[union-attr]  # matches the empty string at least
    for style, pattern in _BY_FIRST.get(line[start : start + 1], ()):
        if (found := pattern.match(line, start)) and not _RUNNING.match(line, found.end()):
            number = _number(style, found)
            if number is not None:
                return Mark(style, found[0].strip(), number, start, found.end())
    if spaced and (found := _SPACED.match(line, start)):
        return Mark("1.1", found[0], (int(found[1]),), start, found.end())
    return None


def _number(style: Style, found: re.Match[str]) -> tuple[int, ...] | None:
    if style == "——":
        return ()
    if style == "1.1":
        return tuple(int(part) for part in found[1].split("."))
    if found[1] in _WORDS:
        return (_WORDS.index(found[1]) + 1,)
    if style == "a）":
        return (ord(found[1]) - ord("a") + 1,)
    if style == "甲、":
        return (_STEMS.index(found[1]) + 1,)
    first = value(unicodedata.normalize("NFKC", found[1]).strip("()."))  # ㈠ ⑴ ⒈ are signs with their brackets
    if first is None or first == 0:
        return None
    if style == "条" and found[2]:
        second = value(found[2])
        return None if second is None else (first, second)
    return (first,)


def plain(label: str) -> str:
    """A label without the sign that parts it from its text, for ids: `7.` → `7`, `二、` → `二`.

    >>> plain("13．"), plain("（二）"), plain("第三条")
    ('13', '（二）', '第三条')
    """
    return "".join(label.split()).rstrip("、．.,，:：")


_MOST = 20  # points of such a list; the longest met has 9
_LISTS = ("是", "要", "第", "先", "（一）", "（1）", "1.", "①")
"""一是…二是…, 一要…二要…, 第一，…第二，… and 首先…其次…, by the sign that tells them apart; and numbers as on lines."""


def inline(text: str, first: int = 1) -> list[Mark]:
    """The labels of a list that begins in running text: 一是…二是…, 包括：（一）…；（二）…; [] where there is none.

    first  the number that a list 一是… goes on with, where an earlier line began it
    Each label must follow a punctuation mark. A later 三是 may have lost it, as 「提供专业保障三是健全」 in a real
    report: it then counts where nothing else could be the next number.
    """
    signs = _LISTS if first == 1 else _LISTS[:4]
    lists = [found for sign in signs if _may_hold(sign, first, text) and (found := _items(sign, text, first))]
    return min(lists, key=lambda items: items[0].start, default=[])


def _may_hold(sign: str, first: int, text: str) -> bool:
    """Whether the first item of a list may stand in `text`: nearly all texts hold none."""
    if sign in ("是", "要", "第", "先"):
        word = _word(sign, first)
        return word in text or f"{word[:-1]}\n" in text
    return {"（一）": "一", "（1）": "1", "1.": "1", "①": "①"}[sign] in text


def _items(sign: str, text: str, first: int) -> list[Mark]:
    """The items of one kind of list, its numbers in order from `first`; 其次 and 再次 may be left out before 最后."""
    found: list[Mark] = []
    offset = 0
    for n in range(first, first + _MOST):
        pattern = _item(sign, n)
        match = pattern.search(text, offset) if pattern else None
        word = match[0] if match else _word(sign, n)  # a layout may have broken it: 二⏎是
        here = match.start() if match else text.find(word, offset) if n > 2 and found and sign in "是要" else -1
        if here >= 0:
            style: Style = "一是" if sign in ("是", "要", "第", "先") else sign  # type: ignore[assignment]
            found.append(Mark(style, "".join(word.split()), (n,), here, here + len(word)))
            offset = here + len(word)
        elif sign != "先" or pattern is None:
            break
    return found if len(found) > 1 or (first > 1 and found) else []


def _word(sign: str, n: int) -> str:
    """The words before item `n`; empty where a list has no such item."""
    if sign == "先":
        return _WORDS[n - 1] if n <= len(_WORDS) else ""
    return f"第{chinese(n)}" if sign == "第" else chinese(n) + sign


@cache
def _item(sign: str, n: int) -> re.Pattern[str] | None:
    """What item `n` of a list looks like in running text; None where such a list has no item `n`."""
    if sign in ("是", "要", "第", "先"):
        after = {"第": "(?=[，,])", "先": "(?=[，,：:是要])"}.get(sign, "(?!否)")
        word = r"\s*".join(_word(sign, n))
        return re.compile(rf"(?:^|(?<=[。；，：:;,！）)\s])){word}{after}") if word else None
    begun = "：:" if sign == "1." else "：:。；;，,"  # 「共12项。1.5倍」 begins no list
    before = rf"(?<=[{begun}])\s*" if n == 1 else r"(?<=[；;。，,、\s])"
    form = {
        "（一）": rf"[（(]{chinese(n)}[）)](?![、和或项款至])",
        "（1）": rf"[（(]{n}[）)](?![、和或项款至])",
        "1.": rf"{n}[.．、](?![0-9])",
        "①": chr(0x2460 + n - 1),
    }[sign]
    return re.compile(before + form)
