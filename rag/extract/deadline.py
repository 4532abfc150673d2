"""By when something is to be done: the days that a question or a cell names, and whether one is what the other asks for."""

import re
from calendar import monthrange
from dataclasses import dataclass

from rag.numeral import arabic, bare

_YEAR = r"(?:19|20)\d{2}"
_MOMENT = re.compile(
    rf"(?:(?P<year>{_YEAR})年)?"
    r"(?:(?P<month>\d{1,2})月份?(?:(?P<day>\d{1,2})[日号]|(?P<part>初|上旬|中旬|下旬|底|末))?|(?P<span>第?[1-4]季度|[上下]半年)末?)"
    rf"|(?:(?P<of>{_YEAR})年|年)(?P<end>[底末内])"
)
"""9月底, 2025年11月15日, 第三季度, 2025年底; a year alone says of which list one speaks."""
_PARTS = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31), "底": (31, 31), "末": (31, 31)}
"""The first and last day of a part of a month; 底 is its last day, whatever that is."""
_SPANS = {"上半年": (1, 6), "下半年": (7, 12)}
_LAST = 31
"""The last day of any month, so that 6月30日 is 6月底."""
_BY, _AFTER = re.compile(r"[之以]?前|为止"), re.compile(r"[之以]?后|起")
_EVER = 9999

Day = tuple[int, int]
"""Month and day."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The days from `first` to `last` that a text names, of `year`, None where it names none.

    is_by, is_after  every earlier day is meant, too (9月底前), or every later one (9月以后)
    """

    year: int | None
    first: Day
    last: Day
    is_by: bool = False
    is_after: bool = False

    def covers(self, other: "Deadline") -> bool:
        """Whether the last day of `other`, as a cell has it, is one that this, in a question, asks for."""
        mine, its = self.year or other.year or 0, other.year or self.year or 0
        if self.is_after:
            return (mine, *self.last) < (its, *other.last)
        low = (0, 0, 0) if self.is_by else (mine, *self.first)
        return low <= (its, *other.last) <= (mine, *self.last)


def deadline(text: str) -> Deadline | None:
    """The first that `text` names; None where it names none.

    >>> deadline("2025年9月底前要完成哪些？")
    Deadline(year=2025, first=(9, 31), last=(9, 31), is_by=True, is_after=False)
    >>> deadline("第三季度完成的有哪些？"), deadline("2025年的民生实事")
    (Deadline(year=None, first=(7, 1), last=(9, 31), is_by=False, is_after=False), None)
    """
    form = arabic(bare(text))
    found = _MOMENT.search(form)
    days = _days(found) if found else None
    if found is None or days is None:
        return None
    year = found["year"] or found["of"]
    is_by, is_after = (_.match(form, found.end()) is not None for _ in (_BY, _AFTER))
    return Deadline(int(year) if year else None, *days, is_by, is_after)


def _days(found: re.Match[str]) -> tuple[Day, Day] | None:
    """The first and last day of what was read; None where the calendar has no such day."""
    if found["month"]:
        month = int(found["month"])
        if not 1 <= month <= 12:
            return None
        if not found["day"]:
            first, last = _PARTS.get(found["part"], (1, _LAST))
            return (month, first), (month, last)
        day, length = int(found["day"]), monthrange(int(found["year"] or 2024), month)[1]
        day = _LAST if day == length else day
        return ((month, day), (month, day)) if 1 <= int(found["day"]) <= length else None
    if span := found["span"]:
        quarter = int(re.sub(r"\D", "", span) or 0)
        first, last = _SPANS.get(span, (3 * quarter - 2, 3 * quarter))
        return (first, 1), (last, _LAST)
    return ((1, 1) if found["end"] == "内" else (12, _LAST)), (12, _LAST)
