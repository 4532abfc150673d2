"""Which clause a number names within a document: 第八条第二款 wherever its chapter is, 第一款 as the article's own text.

Numbers are compared, not letters: 第8条 is 第八条. Where two clauses fit, none is found: a wrong clause is worse.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache

from rag.clause import Clause, ClauseId
from rag.numeral import CHINESE, chinese, value
from rag.parse.mark import mark

Part = tuple[str, tuple[int, ...]]
"""What a text calls a clause and its number: ("条", (12, 1)) for 第十二条之一."""
Component = tuple[str, tuple[int, ...]]
"""The way a label numbers and its number."""

LEVELS = {"附件": 0, "编": 1, "分编": 2, "部分": 2, "章": 3, "节": 4, "条": 5, "款": 6, "项": 7, "点": 7, "目": 8}
"""What may stand below what in a reference."""
MOST = 400
"""Clauses that a range may have; the longest met is 第二编 of a code."""

_STYLES: dict[str, tuple[str, ...]] = {
    "编": ("编",),
    "分编": ("分编",),
    "部分": ("部分", "一、"),
    "章": ("章",),
    "节": ("节",),
    "条": ("条",),
    "款": ("款",),
    "项": ("（一）", "（1）", "1."),
    "点": ("（一）", "1.", "（1）", "一、"),
    "目": ("1.", "（1）", "①"),
    "附件": ("附件",),
}
_UNARTICLED = ("一、", "1.")
"""What 第二条 means in a document that has no 条."""
_PARAGRAPH = re.compile(rf"第([{CHINESE}\d]+)([款段目点])$")
_ANNEX = re.compile(rf"附[件表录]\s*([{CHINESE}]+|\d+)?$")
_ARTICLE = re.compile(rf"第([{CHINESE}\d]+)(条|编|分编|章|节|部分)(?:之([{CHINESE}\d]+))?$")
_ITEM = re.compile(rf"[（(]([{CHINESE}\d]+)[）)]$")


@lru_cache(maxsize=16384)
def component(label: str) -> Component | None:
    """How a label of a path numbers, and what; None for `header` and the like.

    >>> component("第十二条之一"), component("附件"), component("13．"), component("第二款")
    (('条', (12, 1)), ('附件', (1,)), ('1.', (13,)), ('款', (2,)))
    """
    if found := _PARAGRAPH.match(label):
        n = value(found[1])
        return None if n is None else (found[2], (n,))
    if found := _ANNEX.match(label):
        return "附件", (value(found[1]) or 1 if found[1] else 1,)
    read = mark(label, spaced=True)
    if read is None:
        n = value(label)
        return None if n is None else ("1.", (n,))
    return read.style, read.number


def labels(parts: Sequence[Part]) -> tuple[str, ...]:
    """The labels that a path would have for these parts.

    >>> labels([("条", (12, 1)), ("款", (2,)), ("项", (3,))])
    ('第十二条之一', '第二款', '（三）')
    """
    return tuple(_label(unit, number) for unit, number in parts)


def _label(unit: str, number: tuple[int, ...]) -> str:
    first = chinese(number[0]) if 0 < number[0] < 10_000 else str(number[0])
    if unit == "附件":
        return f"附件{number[0]}" if number[0] else "附件"
    if unit in ("项", "点"):
        return f"（{first}）"
    return f"第{first}{unit}" + (f"之{chinese(number[1])}" if len(number) > 1 else "")


def parts(path: Sequence[str]) -> list[Part]:
    """What `labels` was made from; [] where a label is none of its own."""
    found: list[Part] = []
    for label in path:
        if match := _ARTICLE.match(label):
            numbers = [value(match[1]), value(match[3]) if match[3] else 0]
            unit = match[2]
        elif match := _PARAGRAPH.match(label):
            numbers, unit = [value(match[1]), 0], match[2]
        elif match := _ITEM.match(label):
            numbers, unit = [value(match[1]), 0], "项"
        elif match := _ANNEX.match(label):
            numbers, unit = [value(match[1]) if match[1] else 0, 0], "附件"
        else:
            return []
        if None in numbers:
            return []
        found.append((unit, tuple(n for i, n in enumerate(numbers) if n is not None and (n or i == 0))))
    return found


class Places:
    """Where the clauses of one document stand; built once, linear in their number."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self.clauses = clauses
        self.position: dict[ClauseId, int] = {}
        self._ends: dict[Component, list[int]] = {}
        self._found: dict[tuple[tuple[Part, ...], str | None], int | None] = {}
        self._paths: dict[tuple[str, ...], list[int]] = {}
        self._annexes: dict[str, int] = {}
        for i, clause in enumerate(clauses):
            self.position[clause.id] = i
            if clause.kind in ("furniture", "title", "footer") or not clause.label:
                continue
            at = component(clause.path[-1])
            if at is not None:
                self._ends.setdefault(at, []).append(i)
            self._paths.setdefault(clause.path, []).append(i)
            if clause.path[0].startswith("附"):
                self._annexes.setdefault(clause.path[0], i)
        self.articles = sorted(i for at, held in self._ends.items() if at[0] == "条" for i in held)

    def find(self, wanted: Sequence[Part], near: int | None = None) -> int | None:
        """The one clause that the parts name, None where there is none or more than one.

        near  the position of the clause that says so: its own annex, or the main text, is looked through first
        """
        zone = None if near is None else self.zone(near)
        key = (tuple(wanted), zone)
        if key not in self._found:  # a text that refers to one article a thousand times asks once
            self._found[key] = self._find(wanted, zone, near)
        return self._found[key]

    def _find(self, wanted: Sequence[Part], zone: str | None, near: int | None) -> int | None:
        if not wanted:
            return None
        if wanted[0][0] == "附件":
            return self._in_annex(wanted)
        for style in self._styles(wanted[-1][0]):
            found = [i for i in self._ends.get((style, wanted[-1][1]), []) if self._fits(i, wanted)]
            if wanted[-1] == ("款", (1,)) and len(wanted) > 1:
                return self.find(wanted[:-1], near)
            found = [i for i in found if self.zone(i) == zone] or found
            if len(found) == 1:
                return found[0]
            if found:
                return None
        return self.find(wanted[:-1], near) if len(wanted) > 1 and wanted[-1] == ("款", (1,)) else None

    def zone(self, position: int) -> str:
        """The annex that a clause stands in, "" for the main text."""
        first = self.clauses[position].path[0]
        return first if first.startswith("附") else ""

    def _styles(self, unit: str) -> tuple[str, ...]:
        return _UNARTICLED if unit == "条" and not self.articles else _STYLES[unit]

    def _in_annex(self, wanted: Sequence[Part]) -> int | None:
        number = wanted[0][1]
        held = [
            name
            for name in self._annexes
            if (at := component(name)) is not None and (at[1] == number or number == (0,))
        ]
        if len(held) != 1:
            return None
        if len(wanted) == 1:
            return self._annexes[held[0]]
        return self.find(wanted[1:], self._annexes[held[0]])

    def _fits(self, position: int, wanted: Sequence[Part]) -> bool:
        """Whether the path of the clause leads through all the parts; a 款 that is not named may lie between."""
        at = [component(label) for label in self.clauses[position].path[:-1]]
        end = len(at)
        for unit, number in reversed(wanted[:-1]):
            styles = self._styles(unit)
            if (unit, number) == ("款", (1,)):
                if end == 0 or at[end - 1] is None or at[end - 1][0] == "款":  # type: ignore[index]  # is not None
                    return False
                continue
            while end > 0:
                end -= 1
                here = at[end]
                if here is not None and here[0] in styles and here[1] == number:
                    break
                if here is not None and here[0] == "条" and unit in ("款", "项"):
                    return False
            else:
                return False
        return True

    def ancestor(self, position: int, styles: tuple[str, ...]) -> int | None:
        """The clause itself, or the innermost above it, whose label is of one of these styles."""
        path = self.clauses[position].path
        for depth in range(len(path), 0, -1):
            at = component(path[depth - 1])
            if at is not None and at[0] in styles:
                return self._before(path[:depth], position)
        return None

    def _before(self, path: tuple[str, ...], position: int) -> int | None:
        held = self._paths.get(path, [])
        i = bisect_right(held, position)
        return held[i - 1] if i else None

    def article(self, position: int) -> int | None:
        """The article that the clause is, or stands in."""
        return self.ancestor(position, ("条",))

    def paragraph(self, article: int, number: int) -> int | None:
        """第 `number` 款 of the article; its own text is the first."""
        if number == 1:
            return article
        path = (*self.clauses[article].path, f"第{chinese(number)}款")
        held = self._paths.get(path, [])
        i = bisect_right(held, article)
        following = self.articles[bisect_right(self.articles, article) :][:1]
        return held[i] if i < len(held) and (not following or held[i] < following[0]) else None

    def paragraph_number(self, position: int) -> int:
        """The number of the 款 that the clause is, or stands in; 1 where it is the article's own text."""
        for label in reversed(self.clauses[position].path):
            at = component(label)
            if at is not None and at[0] == "款":
                return at[1][0]
            if at is not None and at[0] == "条":
                return 1
        return 1

    def previous(self, position: int, count: int) -> list[int]:
        """The `count` clauses of the same style before this one, at its level and under the same clause; [] if fewer."""
        path = self.clauses[position].path
        at = component(path[-1])
        if at is None:
            return []
        if at[0] == "条":  # numbered through all chapters
            i = bisect_left(self.articles, position)
            found = self.articles[max(0, i - count) : i]
            return found if len(found) == count and self.zone(found[0]) == self.zone(position) else []
        number = at[1][-1]
        if number <= count:
            return []
        found = []
        for n in range(number - count, number):
            before = [
                i
                for i in self._ends.get((at[0], (*at[1][:-1], n)), [])
                if i < position and self.clauses[i].path[:-1] == path[:-1]
            ]
            if not before:
                return []
            found.append(before[-1])
        return found

    def resolve(self, wanted: Sequence[Part], through: Sequence[Part], near: int | None = None) -> list[int]:
        """The clauses from `wanted` to `through`, both included, or `wanted` alone; [] where one of them is not found."""
        first = self.find(wanted, near)
        if first is None or not through:
            return [] if first is None else [first]
        (unit, start), (last, end) = wanted[-1], through[-1]
        if unit != last or not start < end or end[0] - start[0] > MOST:
            return []
        if unit == "条":
            until = self.find(through, near)
            if until is None or until < first:
                return []
            return self.articles[bisect_left(self.articles, first) : bisect_right(self.articles, until)][:MOST]
        found = [self.find([*wanted[:-1], (unit, (n,))], near) for n in range(start[0], end[0] + 1)]
        return [one for one in found if one is not None] if None not in found else []
