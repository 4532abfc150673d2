"""What a source holds: its facts, its words, and the sentences in which they stand together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.sentence import sentences
from rag.verify.facts import Fact, facts, plain
from rag.verify.words import content

_PART = re.compile(r"[,;。!?\n]+|:(?!\d)")
_DIGIT = re.compile(r"(?<![(\d])\d")
_NUMBERED = re.compile(r"\(\d+\)|\d+[.、](?!\d)")
_HEADING = 20
"""Characters of a numbered sentence that may be a heading: （二）联审。"""
DENIALS = ("不", "未", "非", "无", "勿", "不得", "禁止", "严禁")


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence or an item of a list, with its facts and words; `lead` is the sentence that leads in the list."""

    form: str
    facts: frozenset[Fact]
    words: frozenset[str]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A source: its whole text in `plain` form, all its facts and words, its items."""

    form: str
    facts: frozenset[Fact]
    words: frozenset[str]
    items: tuple[Item, ...]

    def listed(self) -> int:
        """How many numbered items it has."""
        return sum(_NUMBERED.match(one.form) is not None for one in self.items)


@lru_cache(maxsize=512)
def known(source: str) -> Known:
    """What `source` holds."""
    form = plain(source)
    return Known(form, frozenset(facts(source)), content(form), tuple(_items(source)))


def _items(source: str) -> Iterator[Item]:
    """The sentences, each with the one that leads in its list, and with the words of the heading in its line."""
    source = source.replace("\t", "，")  # cells
    lead, heading, last = "", item(""), 0
    for start, end in sentences(source):
        one = item(source[start:end])
        if "\n" in source[last:start]:
            heading = item("")
        is_numbered = _NUMBERED.match(one.form) is not None
        lead = lead if is_numbered else ""
        yield replace(one, lead=lead, words=one.words | heading.words)
        if is_numbered and len(one.form) <= _HEADING and one.form.endswith("。"):
            heading = one
        lead = one.form if one.form.endswith(":") else lead
        last = end


@lru_cache(maxsize=8192)
def item(text: str) -> Item:
    """`text` as one item."""
    form = plain(text)
    return Item(form, frozenset(facts(text)), content(form))


@lru_cache(maxsize=8192)
def parts(form: str) -> tuple[str, ...]:
    """The parts of a `plain` text, each of which says one thing: between commas, or figures in a row.

    >>> parts("其中甲区500套、乙区400套,水、电、气24小时内处理")
    ('其中甲区500套', '乙区400套', '水、电、气24小时内处理')
    """
    found: list[str] = []
    for part in _PART.split(form):
        row = part.split("、")
        found += row if all(_DIGIT.search(one) for one in row) else [part]
    return tuple(part for part in found if part)


def stands(form: str, source: str) -> bool:
    """Whether the `plain` text `form` stands in `source` as it is: numbers not cut, no negation left out before it."""
    at = source.find(form) if form else -1
    while at >= 0:
        before, after = source[max(0, at - 2) : at], source[at + len(form) : at + len(form) + 2]
        cut = (form[0].isdigit() and re.search(r"\d[.,]?$", before)) or (
            form[-1].isdigit() and re.match(r"\.?\d|[万亿千百%‰]", after)
        )
        if not cut and not before.endswith(DENIALS):
            return True
        at = source.find(form, at + 1)
    return False


def denied(form: str, source: str) -> bool:
    """Whether `form` stands in `source` behind a negation that it leaves out."""
    return any(f"{denial}{form}" in source for denial in DENIALS)


# Facts ---------------------------------------------------------------------------------------------------------


def holds(source: Known | Item, fact: Fact) -> bool:
    """Whether a source holds `fact`, as a fact of its own or, for words, as a stretch of its text."""
    match fact.kind:
        case "number":
            return _holds_number(source, fact)
        case "docnumber":
            return any(_same_docnumber(fact.normal, one.normal) for one in source.facts if one.kind == "docnumber")
        case "phone":
            return any(one.kind == "phone" and one.normal == fact.normal for one in source.facts)
        case "date":
            return _holds_date(source.form, fact.normal)
        case "office":
            return names(source.form, fact.normal)
        case "foreign":
            return fact.normal in source.form.lower()
        case _:
            return fact.normal in source.form


def names(form: str, office: str) -> bool:
    """Whether a text names an office, by its name or by a longer one that this is short for: 住建局, 住房城乡建设局.

    >>> names("由市住房和城乡建设局牵头", "住建局"), names("由市民政局牵头", "住建局")
    (True, False)
    """
    if office in form:
        return True
    letters, ending = office[:-1], office[-1:]
    spread = "".join(f"{re.escape(letter)}[\\u3400-\\u9fff]{{0,4}}?" for letter in letters)
    return re.search(f"{spread}{re.escape(ending)}", form) is not None


def _holds_number(source: Known | Item, fact: Fact) -> bool:
    """Same figure, same unit where both name one, and not the opposite bound."""
    same = [
        one
        for one in source.facts
        if one.kind == "number" and one.normal == fact.normal and (not fact.unit or one.unit == fact.unit)
    ]
    if not same and not fact.unit:
        return re.search(rf"(?<![\d.]){re.escape(fact.normal)}(?!\.?\d|[万亿千百%‰])", source.form) is not None
    if not same and fact.normal == "1" and f"每{fact.unit}" in source.form:  # 每年, 一年
        return True
    if not same and not fact.bound and fact.unit:  # 最后一公里: an article there, a figure in the claim
        return re.search(rf"(?<![\d.月]){re.escape(fact.normal)}{re.escape(fact.unit)}", source.form) is not None
    if not same and fact.unit == "年" and len(fact.normal) == 4:  # a year in a date
        return re.search(rf"(?<!\d){re.escape(fact.normal)}(?!\d)", source.form) is not None
    return any(not fact.bound or one.bound in ("", fact.bound) for one in same)


def _holds_date(form: str, day: str) -> bool:
    """Whether the day stands in the text; its year may stand elsewhere in it, where the day has none."""
    if re.search(rf"(?<!\d){re.escape(day)}", form):
        return True
    year, _, rest = day.rpartition("年")
    return bool(year) and f"{year}年" in form and re.search(rf"(?<![\d年]){re.escape(rest)}", form) is not None


def _same_docnumber(claimed: str, given: str) -> bool:
    """Equal year and number, and an office's sign that is equal as far as both are written."""
    (a, rest_a), (b, rest_b) = claimed.split("〔", 1), given.split("〔", 1)
    return rest_a == rest_b and (a.endswith(b) or b.endswith(a))
