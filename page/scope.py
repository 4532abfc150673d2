"""Where to look, as a form: the regions, types, years and documents that there are, to be ticked; of each how many are left.

What is chosen is kept in the page's address by drawer.js, under the names of these fields.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import NamedTuple

from page.words import Words
from rag.clause import Document, Filters, Status
from rag.scope import is_of_type, passes
from rag.understand import short_names, years_of

_EACH = 200
"""Values of one field that an address may choose."""


class _Choice(NamedTuple):
    """A value that can be ticked, what is shown of it, how many documents have it that pass what else is chosen."""

    value: str
    shown: str
    n: int


def form(documents: Sequence[Document], words: Words, chosen: Filters) -> str:
    """The form over these documents: a group for each kind of choice that leaves something out, in their own order.

    The numbers are of documents that pass what is `chosen` in the other groups; a value that none of them has cannot be
    ticked.
    """

    def left(**without: tuple[()]) -> list[Document]:
        return [one for one in documents if passes(one, replace(chosen, **without))]

    def counted(values: Sequence[str], n: Callable[[str], int]) -> list[_Choice]:
        return [_Choice(value, words.left.format(value=value, n=n(value)), n(value)) for value in values]

    types = _often(one.type for one in documents)
    years = sorted({str(year) for one in documents for year in years_of(one)}, reverse=True)
    places = Counter(place for one in left(regions=()) for place in short_names(one.region or ""))
    dated = Counter(str(year) for one in left(years=()) for year in years_of(one))
    typed, held = left(types=()), {one.id for one in left(documents=())}
    groups = (
        ("region", words.region, counted(_often(one.region for one in documents), places.__getitem__)),
        ("year", words.year, counted(years, dated.__getitem__)),
        ("type", words.type, counted(types, lambda name: sum(is_of_type(one, name) for one in typed))),
        ("document", words.documents, [_Choice(one.id, _titled(one), int(one.id in held)) for one in documents]),
    )
    in_force = _box("status", _Choice("in_force", words.only_in_force, 1), words.statuses["in_force"])
    shown = "".join(_group(name, title, choices, words) for name, title, choices in groups if len(choices) > 1)
    return (
        f'<form data-scope><h2>{escape(words.restrict)}</h2><p class="soft">{escape(words.scope_help)}</p>'
        f'<div class="choices">{in_force}</div>{shown}'
        f'<button type="button" class="quiet" data-everywhere>{escape(words.everywhere)}</button></form>'
    )


def chosen(asked: Mapping[str, Sequence[str]]) -> Filters:
    """What an address chooses, by the names of the form's fields; documents of which it is not known count as in force."""

    def given(name: str) -> tuple[str, ...]:
        return tuple(asked.get(name, ()))[:_EACH]

    years = tuple(int(year) for year in given("year") if year.isdecimal() and len(year) == 4)
    status: tuple[Status, ...] = ("in_force", "unknown") if "in_force" in given("status") else ()
    return Filters(given("document"), given("region"), given("type"), years, status)


def _often(values: Iterable[str | None]) -> list[str]:
    """Each value, the most frequent first."""
    return [value for value, _ in Counter(filter(None, values)).most_common()]


def _titled(document: Document) -> str:
    return document.title + (f" {document.number}" if document.number else "")


def _group(name: str, title: str, choices: Sequence[_Choice], words: Words) -> str:
    boxes = "".join(_box(name, choice, choice.shown if name == "document" else "") for choice in choices)
    search = (
        f'<label class="search"><span>{escape(words.find)}</span><input type="search" maxlength="100" data-find></label>'
        if len(choices) > _MANY
        else ""
    )
    return (
        f'<details class="group"><summary>{escape(title)}</summary><fieldset><legend class="hidden">{escape(title)}</legend>'
        f'{search}<div class="choices">{boxes}</div></fieldset></details>'
    )


_MANY = 12
"""Choices from which a group has a box to find one in."""


def _box(name: str, choice: _Choice, called: str = "") -> str:
    """A choice; `called` is what it is called above the question box, where that is not its value."""
    data = f' data-name="{escape(called)}"' if called else ""
    return (
        f'<label class="choice"><input type="checkbox" name="{name}" value="{escape(choice.value)}"{data}'
        f"{'' if choice.n else ' disabled'}> <span>{escape(choice.shown)}</span></label>"
    )
