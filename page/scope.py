"""Where to look, as a form: the regions, types, years and documents that there are, to be ticked.

What is chosen is kept in the page's address by drawer.js, under the names of these fields.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from page.words import Words
from rag.clause import Document


def form(documents: Sequence[Document], words: Words) -> str:
    """The form over these documents: a group for each kind of choice that leaves something out, in their own order."""
    years = [str(day.year) for one in documents if (day := one.issued or one.published)]
    groups = (
        ("region", words.region, _counted(one.region for one in documents)),
        ("year", words.year, sorted(_counted(years), reverse=True)),
        ("type", words.type, _counted(one.type for one in documents)),
        ("document", words.documents, [(one.id, _titled(one)) for one in documents]),
    )
    in_force = _box("status", "in_force", words.only_in_force, words.statuses["in_force"])
    shown = "".join(_group(name, title, choices, words) for name, title, choices in groups if len(choices) > 1)
    return (
        f'<form data-scope><h2>{escape(words.restrict)}</h2><p class="soft">{escape(words.scope_help)}</p>'
        f'<div class="choices">{in_force}</div>{shown}'
        f'<button type="button" class="quiet" data-everywhere>{escape(words.everywhere)}</button></form>'
    )


def _counted(values: Iterable[str | None]) -> list[tuple[str, str]]:
    """Each value with what is shown of it, the most frequent first."""
    return [(value, f"{value} {n}") for value, n in Counter(filter(None, values)).most_common()]


def _titled(document: Document) -> str:
    return document.title + (f" {document.number}" if document.number else "")


def _group(name: str, title: str, choices: Sequence[tuple[str, str]], words: Words) -> str:
    boxes = "".join(_box(name, value, shown, shown if name == "document" else "") for value, shown in choices)
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


def _box(name: str, value: str, shown: str, called: str = "") -> str:
    """A choice; `called` is what it is called above the question box, where that is not its value."""
    data = f' data-name="{escape(called)}"' if called else ""
    return (
        f'<label class="choice"><input type="checkbox" name="{name}" value="{escape(value)}"{data}> '
        f"<span>{escape(shown)}</span></label>"
    )
