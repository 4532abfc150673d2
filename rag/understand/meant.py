"""Which documents a question means, of all that it names: by number, else by title, else by place."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.clause import Document, DocumentId
from rag.understand.asking import years
from rag.understand.place import short_names
from rag.understand.reference import Reference
from rag.understand.title import Mention, is_number


@dataclass(frozen=True, slots=True)
class Meant:
    """Documents that a question names, whether no other can be meant, and what it names that is not there.

    by_name  it names them by number or by a whole title, which several may bear
    """

    documents: tuple[DocumentId, ...]
    exact: bool
    missing: tuple[str, ...] = ()
    by_name: bool = False


def meant(
    text: str,
    mentions: Sequence[Mention],
    references: Sequence[Reference],
    places: Sequence[str],
    documents: Sequence[Document],
) -> Meant:
    """The documents that a question means.

    A number goes before a title that several bear; of those the ones of a year that the question names. Names that no
    document bears count where nothing else is named, or a clause of theirs is asked for.
    """
    absent = tuple(dict.fromkeys(one.missing for one in references if one.missing))
    empty = tuple(dict.fromkeys(one.name for one in mentions if not one.documents))
    named = [one for one in mentions if one.documents]
    by_number = {id for one in named if is_number(one.name) for id in one.documents}
    if not by_number and any(is_number(name) for name in empty):
        return Meant((), False, empty)
    regional = tuple(d.id for d in documents if places and d.region and any(n in places for n in short_names(d.region)))
    chosen: dict[DocumentId, None] = {}
    is_exact = bool(named)
    for one in named:
        held = _of_years(one.documents, text, documents)
        if not is_number(one.name) and by_number & set(one.documents):
            continue
        if len(held) > 1:
            held = tuple(id for id in held if id in regional) or held
        is_exact = is_exact and one.whole and len(held) == 1
        chosen |= dict.fromkeys(held)
    if chosen:
        is_by_name = all(one.whole for one in named) and not empty  # who names others too does not ask of these alone
        return Meant(tuple(chosen), is_exact, absent or empty, is_by_name)
    return Meant(regional, False, absent or empty)


def _of_years(found: Sequence[DocumentId], text: str, documents: Sequence[Document]) -> tuple[DocumentId, ...]:
    """Of documents with one title those of a year that the text names; all where that tells none apart."""
    named = set(years(text))
    if len(found) < 2 or not named:
        return tuple(found)
    of_year = {d.id for d in documents if named & set(years_of(d))}
    return tuple(id for id in found if id in of_year) or tuple(found)


def years_of(document: Document) -> tuple[int, ...]:
    """The years a document is about: those of its title, all in a range, else the year of its date."""
    named = years(document.title)
    if len(named) == 2 and named[0] < named[1] and named[1] - named[0] <= 20:
        return tuple(range(named[0], named[1] + 1))
    if named:
        return named
    day = document.issued or document.published or document.effective
    return (day.year,) if day else ()
