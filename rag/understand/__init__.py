"""A question → what is asked, of which documents, in which words to search.

Rules only: no model, no index but the list of documents. `asking` cleans the text, `followup` makes it stand alone,
`title` and `place` read which documents it names, `reference` which clause, `kind` what answer it wants. Whether the
documents answer is retrieve's to say.
"""

from collections.abc import Sequence

from rag.clause import Document, Filters
from rag.understand.asking import clean, says_something, topic, years
from rag.understand.followup import rewrite
from rag.understand.kind import AnswerKind, Version, kind_of, kind_of_one, version_of
from rag.understand.place import named_places, short_names
from rag.understand.query import Query
from rag.understand.reference import Reference, reference_in
from rag.understand.title import expand, named, numbers_in

__all__ = [
    "AnswerKind",
    "Query",
    "Reference",
    "Version",
    "clean",
    "expand",
    "named_places",
    "rewrite",
    "says_something",
    "short_names",
    "topic",
    "understand",
    "years",
]


def understand(
    question: str, turns: Sequence[str], documents: Sequence[Document], filters: Filters | None = None
) -> Query:
    """What `question` asks; `turns` are the earlier questions of the conversation, oldest first.

    Cost: one pass over the documents' titles, numbers and regions.
    """
    rewritten = rewrite(question, turns, documents)
    text = expand(rewritten, documents)
    numbers = numbers_in(text)
    places, strange = named_places(text, documents)
    meant = named(text, numbers, places, documents)
    kind = kind_of(question if question in text else text)
    reference = reference_in(text)
    if kind == "comparison" and len(places) + len(numbers) < 2 and len(meant.documents) < 2:
        kind = kind_of_one(question)
    if reference is not None and kind not in ("comparison", "department", "count"):
        kind = "clause"
    return Query(
        question=question,
        text=text,
        rewritten=rewritten,
        focus=question,
        kind=kind,
        documents=meant.documents,
        exact=meant.exact,
        missing=meant.missing,
        reference=reference,
        places=places,
        strange=strange,
        years=years(text),
        numbers=numbers,
        version=version_of(question, text),
        filters=filters or Filters(),
    )
