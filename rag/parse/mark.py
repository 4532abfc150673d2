"""What a line begins with: the label that an author put before a clause.

A mark is read from the line alone; whether it is a clause's label or a sentence that happens to begin with 第三条
is for the ladder to decide, which knows what came before.
"""

import re
from dataclasses import dataclass
from typing import Literal

from rag.numeral import CHINESE, chinese, value

Style = Literal[
    "编", "章", "节", "部分", "条", "一、", "（一）", "1.1", "1.", "（1）", "1）", "①", "一是", "——", "附件"
]  # fmt: skip
"""A way of numbering; a document's own use decides which lies below which, but for the first five."""

RANK: dict[str, int] = {"附件": 0, "部分": 1, "编": 2, "章": 3, "节": 4, "条": 5}
"""Styles whose order no document changes (立法法: 编、章、节、条、款、项、目)."""

_N = rf"(?:[{CHINESE}]+|[0-9０-９]+)"
_DECORATION = re.compile(r"[\s\u3000]*(?:#{1,6}\s+|>\s*)?(?:\*{1,3}|_{2})?\s*")
"""White space, and the marks by which markdown sets a heading or bold type."""

_PATTERNS: tuple[tuple[Style, re.Pattern[str]], ...] = (
    ("部分", re.compile(rf"第({_N})部分")),
    ("编", re.compile(rf"第({_N})[编篇](?=[\s\u3000]|$|[^排制者写])")),
    ("章", re.compile(rf"第({_N})章")),
    ("节", re.compile(rf"第({_N})节")),
    ("条", re.compile(rf"第({_N})条(?:之({_N}))?")),
    ("（一）", re.compile(rf"[（(〔]\s*([{CHINESE}]+)\s*[）)〕]")),
    ("（1）", re.compile(r"[（(]\s*([0-9０-９]{1,3})\s*[）)]")),
    ("一、", re.compile(rf"([{CHINESE}]{{1,5}})\s?(?:、|[．.](?![0-9]))")),
    (
        "1.1",
        re.compile(
            r"([0-9]{1,2}(?:\.[0-9]{1,2}){1,4})(?:[.、．]|(?=[\s\u3000]|[^\s\d.%％万亿元个倍年月日，。、件名家人次条号]))"
        ),
    ),
    ("1.", re.compile(r"([0-9０-９]{1,3})\s?[.．、](?![0-9０-９])")),
    ("1）", re.compile(r"([0-9０-９]{1,3})\s?[）)]")),
    ("①", re.compile(r"([①-⑳㉑-㉟])")),
    ("一是", re.compile(r"([一二三四五六七八九十]{1,2})(?:是|要)(?!否)")),
    ("——", re.compile(r"(——|——|－－|--(?=\S)|[•·●■◆▪◇○](?=\s*\S)|[-*+](?=\s))")),
)
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
    for style, pattern in _PATTERNS:
        if found := pattern.match(line, start):
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
    first = value(found[1])
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
_INLINE = re.compile(r"(?P<before>^|[。；，：:;,！）)\s])(?P<label>(?P<n>[一二三四五六七八九十]{1,2})(?:是|要)(?!否))")


def inline(text: str, first: int = 1) -> list[tuple[int, str]]:
    """Where 一是…二是…三是… begin in running text: (offset, label) in order; [] where there is no such list.

    first  the number that the list goes on with, where an earlier line began it
    The first two must follow a punctuation mark. A later one may have lost its mark, as 「提供专业保障三是健全」 in a
    real report: it then counts where nothing else could be the next number.
    """
    found: list[tuple[int, str]] = []
    offset, n = 0, first
    while n <= _MOST:
        match = next((m for m in _INLINE.finditer(text, offset) if value(m["n"]) == n), None)
        here = match.start("label") if match else -1
        label = match["label"] if match else ""
        if match is None and n > 2 and found:
            label = chinese(n) + found[0][1][-1]
            here = text.find(label, offset)
        if here < 0:
            break
        found.append((here, label))
        offset, n = here + len(label), n + 1
    return found if len(found) > 1 or (first > 1 and found) else []
