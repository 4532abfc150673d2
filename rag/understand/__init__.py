"""A question → what is asked, of which documents, in which words to search.

Rules only: no model, no index but the list of documents and whether they have a word. `asking` cleans the text,
`followup` makes it stand alone, `title` and `place` read which documents it names, `reference` which clause, `kind` what
answer it wants, `lay` puts everyday words as officials do, `several` takes questions in one apart, `aside` tells which are none to documents.
Whether the documents answer is retrieve's to say.
"""

from collections.abc import Callable, Sequence

from rag.clause import Document, Filters
from rag.understand.act import acts, is_spoken_of
from rag.understand.aside import Aside, aside
from rag.understand.asking import clean, flat, is_foreign, says_something, topic, years
from rag.understand.followup import Worth, rewrite, standing
from rag.understand.kind import AnswerKind, Version, kind_of, kind_of_one, version_of
from rag.understand.lay import is_spoken, official
from rag.understand.matter import is_handled, matter
from rag.understand.meant import meant, years_of
from rag.understand.measure import measure, speaks_of
from rag.understand.place import named_places, short_names
from rag.understand.query import Query
from rag.understand.reference import Reference, names_in, references_in, rest_of
from rag.understand.restriction import is_issuer, restriction
from rag.understand.several import several
from rag.understand.title import called, catalogue, closest_number, expand, is_number, numbers_in
from rag.understand.title import plain as plain_title

__all__ = [
    "AnswerKind",
    "Aside",
    "Query",
    "Reference",
    "Version",
    "aside",
    "called",
    "clean",
    "closest_number",
    "expand",
    "is_foreign",
    "is_handled",
    "is_issuer",
    "is_number",
    "is_spoken_of",
    "kind_of_one",
    "named_places",
    "official",
    "plain_title",
    "rewrite",
    "says_something",
    "several",
    "short_names",
    "speaks_of",
    "topic",
    "understand",
    "years",
    "years_of",
]


def understand(
    question: str,
    turns: Sequence[str],
    documents: Sequence[Document],
    filters: Filters | None = None,
    rewritten: str | None = None,
    is_held: Callable[[str], bool] = lambda _: False,
    worth: Worth | None = None,
) -> Query:
    """What `question` asks behind `turns`, oldest first; `rewritten` as a model made it stand alone, else by `standing`.

    is_held  whether some document has a word: everyday words that none has are put as the documents put them
    """
    alone = standing(question, turns, documents, worth)
    rewritten = rewritten or alone.text
    found = names_in(read := flat(text := expand(rewritten, documents)), catalogue(documents))
    references, (places, strange) = references_in(text, read, found), named_places(text, documents)
    limits, named = restriction(text, documents), meant(text, found, references, places, documents)
    numbers, rest, searched = numbers_in(text), rest_of(read, found), official(text, is_held)
    kind = _kind(searched, question, max(len(places + numbers), len(named.documents)), is_pointed=bool(references))
    return Query(
        question=question,
        text=searched,
        rewritten=rewritten,
        focus=question,
        kind="clause" if named.exact and not rest else kind,
        documents=named.documents,
        exact=named.exact,
        by_name=named.by_name,
        missing=named.missing,
        references=references,
        rest=rest,
        list_of=alone.list_of if rewritten == alone.text else "",
        places=places,
        strange=(*strange, *limits.strange),
        years=years(text),
        numbers=numbers,
        version=version_of(question, text),
        filters=filters or Filters(),
        understood=limits.filters,
        matter=_matter(rewritten, documents, is_held),
        measure=_measure(question, searched) if kind in ("number", "open", "list") else (),
        act=acts(question, searched),
        is_spoken=is_spoken(question),
    )


def _matter(text: str, documents: Sequence[Document], is_held: Callable[[str], bool]) -> tuple[str, ...]:
    """The matter that a question is about, in its words and in those of the documents; () where it is about none."""
    name = matter(text)
    return tuple(dict.fromkeys((name, official(expand(name, documents), is_held)))) if name else ()


def _measure(question: str, searched: str) -> tuple[str, ...]:
    """The quantity that is asked for, in the question's words and as it is searched; () in everyday words."""
    name = "" if is_spoken(question) else measure(question)
    return tuple(dict.fromkeys((name, measure(searched) or name))) if name else ()


def _kind(text: str, question: str, sides: int, *, is_pointed: bool) -> AnswerKind:
    """The kind of answer, by what is searched where that was put in other words or made whole; with fewer than two sides
    nothing is compared but parts of one document. What points to a clause by its number asks for it, as a rule.
    """
    kind = kind_of(question if question in text else text)
    kind = kind_of_one(question) if kind == "comparison" and sides < 2 else kind
    return "clause" if is_pointed and kind not in ("comparison", "department", "count") else kind
