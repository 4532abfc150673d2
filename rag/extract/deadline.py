"""By when something is to be done: the days that a question or a cell names, and whether one is what the other asks for."""

import re
from calendar import monthrange
from dataclasses import dataclass

from rag.numeral import arabic, bare

_YEAR = r"(?:19|20)\d{2}"
_MOMENT = re.compile(
    rf"(?:(?P<year>{_YEAR})年)?"
    r"(?:(?P<month>\d{1,2})月份?(?:(?P<day>\d{1,2})[日号]|(?P<part>初|上旬|中旬|下旬|底|末))?|(?P<span>第?[1-4]季度|[上下]半年)末?)"
    rf"|(?:(?P<of>{_YEAR})年|年)[底末内]"
)
"""9月底, 2025年11月15日, 第三季度, 2025年底; a year alone says of which list one speaks."""
_DAYS = {"初": 10, "上旬": 10, "中旬": 20}
"""The last day of a part of a month; that of the others is the month's."""
_LAST = 31
"""The last day of any month, so that 6月30日 is 6月底."""
_BY = re.compile(r"[之以]?前|为止|内")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of what a text names; `year` is None where it names none.

    is_vague  the whole month is named, not a day of it
    is_by     every earlier day is meant, too: 9月底前
    """

    year: int | None
    month: int
    day: int
    is_vague: bool = False
    is_by: bool = False

    def covers(self, other: "Deadline") -> bool:
        """Whether `other`, as a cell has it, is what this, in a question, asks for."""
        if self.is_by:
            years = (self.year or other.year or 0, other.year or self.year or 0)
            return (years[1], other.month, other.day) <= (years[0], self.month, self.day)
        if self.year and other.year and self.year != other.year:
            return False
        return self.month == other.month and (self.is_vague or other.is_vague or self.day == other.day)


def deadline(text: str) -> Deadline | None:
    """The first that `text` names; None where it names none.

    >>> deadline("2025年9月底前要完成哪些？")
    Deadline(year=2025, month=9, day=31, is_vague=False, is_by=True)
    >>> deadline("11月完成的有哪些？"), deadline("2025年的民生实事")
    (Deadline(year=None, month=11, day=31, is_vague=True, is_by=False), None)
    """
    form = arabic(bare(text))
    found = _MOMENT.search(form)
    if found is None:
        return None
    year = found["year"] or found["of"]
    month, day = 12, _LAST
    if found["month"]:
        month = int(found["month"])
        day = int(found["day"] or _DAYS.get(found["part"], _LAST))
        if not 1 <= month <= 12:
            return None
        day = _LAST if day == monthrange(int(year or 2025), month)[1] else day
    elif span := found["span"]:
        month = {"上": 6, "下": 12}.get(span[0]) or 3 * int(re.sub(r"\D", "", span))
    is_vague = bool(found["month"]) and not found["day"] and not found["part"]
    return Deadline(int(year) if year else None, month, day, is_vague, _BY.match(form, found.end()) is not None)
