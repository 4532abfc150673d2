"""Running heads, page numbers, what a browser prints around a page, lists of contents: the furniture of paged text.

Running heads are found by repetition: the same words at the same height on page after page, or on every other one. A
number in them may grow with the pages. Height decides, so that a line of the text that happens to occur on several
pages stays.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ZONE = 0.13
"""Share of the page's height at its top and at its foot where running heads and page numbers stand."""
_OUTERMOST = 3
"""Lines at the top and at the foot of a page that may be a running head."""
_PRINTED = 0.07
"""Share of the height in which browsers print date, title and address."""
_SAME = 0.004
"""Share of the height by which the same line may lie higher or lower on another page."""
_PAGES, _DENSE = 3, 0.6
"""Pages on which a running head stands at least, and its share of the pages (or of every other one) among them."""
_CONTENTS = 3
"""Lines with leaders and page numbers that make a list of contents."""

_DASH = r"[-—–－―─·•.．~～|\s]"
_BARE = re.compile(r"(?:\d{1,4}|[ivxlIVXL]{1,6})")
_NUMBER = re.compile(
    rf"{_DASH}+\d{{1,4}}{_DASH}*|\d{{1,4}}{_DASH}+|第\s*[\d一二三四五六七八九十百]+\s*页(?:\s*[,，/共（(]*\s*[\d一二三四五六七八九十百]+\s*页?[)）]?)?"
    r"|\d{1,4}\s*(?:/|of)\s*\d{1,4}|[Pp]age\s*\d+.{0,12}|共\s*\d+\s*页\s*第?\s*\d+\s*页?"
)
_STAMP = re.compile(
    r"\d{4}/\d{1,2}/\d{1,2}[ ,]+(?:[上下]午)?\d{1,2}:\d{2}.*|\d{1,2}/\d{1,2}/\d{2,4}, \d{1,2}:\d{2}.*"
    r"|.*\s\d{4}/\d{1,2}/\d{1,2}[ ,]+\d{1,2}:\d{2}"
)
_ADDRESS = re.compile(r".{0,80}(?:https?|file)://\S+(?:\s+\d+/\d+)?")
_SENTENCE = re.compile(r"[。；，、：;,:]$")
_ANNEX = re.compile(r"附\s*[件表录]\s*[\d一二三四五六七八九十０-９]*\s*[:：]?$")
_LABEL = re.compile(r"第[一二三四五六七八九十百零\d]+[编章节条款部]|[（(]?[一二三四五六七八九十\d]+[）)、.．]")
_LEADER = re.compile(r".*?(?:[.．·…⋯•‥_]\s*){4,}[\s\t]*\d{1,4}")


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and where it stands: `middle` is the share of the page's height above the line's middle."""

    text: str
    middle: float


def furniture(pages: Sequence[Sequence[Placed]]) -> list[set[int]]:
    """For each page the lines, by their position in it, that are furniture. Cost: linear in the lines."""
    found: list[set[int]] = [set(_contents(page)) for page in pages]
    seen: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for number, page in enumerate(pages):
        for i in _edges(page, set()):
            if _is_printed(page[i]):
                found[number].add(i)
            for key in _keys("".join(page[i].text.split()), number):
                seen[key].append((number, i, page[i].middle))
    for places in seen.values():
        for number, i in _repeated(places):
            found[number].add(i)
    _number(pages, found)
    return found


def _edges(page: Sequence[Placed], without: set[int]) -> Iterator[int]:
    """The lines that may be a running head or foot."""
    order = sorted((i for i in range(len(page)) if i not in without), key=lambda i: page[i].middle)
    yield from (i for i in order[:_OUTERMOST] if page[i].middle < _ZONE)
    yield from (i for i in order[-_OUTERMOST:] if page[i].middle > 1 - _ZONE)


def _is_printed(line: Placed) -> bool:
    """Whether it is the date and title or the address that browsers print."""
    text = line.text.strip()
    if _PRINTED < line.middle < 1 - _PRINTED:
        return False
    return _STAMP.fullmatch(text) is not None or _ADDRESS.fullmatch(text) is not None


def _keys(text: str, page: int) -> Iterator[str]:
    """What the line may have in common with others: its words, and those with one number as it grows with pages."""
    if not text or _SENTENCE.search(text) or _ANNEX.match(text):
        return
    yield text
    if _LABEL.match(text) and not _NUMBER.fullmatch(text):
        return
    for number in list(re.finditer(r"\d{1,4}", text))[:6]:
        yield f"{text[: number.start()]}\0{int(number[0]) - page}\0{text[number.end() :]}"


def _repeated(places: list[tuple[int, int, float]]) -> Iterator[tuple[int, int]]:
    """Which of the places of a line make a running head: those at one height, on enough of the pages between them."""
    level: list[tuple[int, int, float]] = []
    for place in [*sorted(places, key=lambda one: one[2]), (0, 0, 9.0)]:
        if level and place[2] - level[-1][2] > _SAME:
            numbers = sorted({number for number, _, _ in level})
            between = numbers[-1] - numbers[0] + 1
            every_other = len({number % 2 for number in numbers}) == 1 and len(numbers) > 2
            outer = not _PRINTED < level[0][2] < 1 - _PRINTED  # no text stands there, two pages are enough
            if len(numbers) >= (2 if outer else _PAGES) and len(numbers) >= _DENSE * between / (
                2 if every_other else 1
            ):
                yield from ((number, i) for number, i, _ in level)
            level = []
        level.append(place)


def _number(pages: Sequence[Sequence[Placed]], found: list[set[int]]) -> None:
    """Adds page numbers: the outermost line that is left, where it is a number set between dashes or grows by one."""
    bare: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, page in enumerate(pages):
        rest = [i for i in range(len(page)) if i not in found[number]]
        order = sorted(rest, key=lambda i: page[i].middle)
        for i in {order[0], order[-1]} if order else ():
            text = page[i].text.strip()
            if _ZONE <= page[i].middle <= 1 - _ZONE:
                continue
            if _NUMBER.fullmatch(text):
                found[number].add(i)
            elif _BARE.fullmatch(text):
                value = int(text) if text.isdigit() else -1
                if value == number + 1 or (value < 0 and page[i].middle > 1 - _ZONE):
                    found[number].add(i)
                bare[value - number].append((number, i))
    for same in bare.values():
        if len(same) > 1:
            for number, i in same:
                found[number].add(i)


def _contents(page: Sequence[Placed]) -> Iterator[int]:
    """The lines of a list of contents: words, leaders, a page number."""
    rows = [i for i, line in enumerate(page) if _LEADER.fullmatch(line.text.strip())]
    if len(rows) < _CONTENTS:
        return
    yield from rows
    if rows[0] and "".join(page[rows[0] - 1].text.split()) in ("目录", "目次"):
        yield rows[0] - 1
