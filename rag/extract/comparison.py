"""Sides beside each other: a row for each document or, where several points are compared, for each point, every cell with
its clause, and what is said of a side that is silent (原文未提及) or of which nothing was found.
"""

from collections.abc import Sequence
from dataclasses import replace

from rag.cite import Statement
from rag.clause import DocumentId, Parsed
from rag.extract.phrase import phrases
from rag.extract.pick import picked
from rag.extract.place import name
from rag.retrieve import Evidence, Retriever, without_places
from rag.scope import sides
from rag.understand import Query, kind_of_one, short_names

_NEAR_WORDS = 0.15
"""Share of the question's terms that a clause has which may speak of it."""
_SAID_OF = 0.35
"""Share of a point's terms that a clause must have to speak of it: beside others, what is merely near does not."""
_MOST, _NEAR = 2, 0.12
"""Sentences of a side, and how far behind the best one."""
_COLUMNS = 3
"""Sides that stand beside each other in a table of points; more are given below each other."""


def compared(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The table; [] where no side says anything."""
    asked = sides(query, retriever.index.store.documents())
    documents = list(dict.fromkeys(one.hit.document.id for one in evidence))
    each = asked if len(asked) > 1 else [(document,) for document in documents]
    if len(query.points) > 1 and 1 < len(each) <= _COLUMNS and (made := _by_points(query, evidence, each, retriever)):
        return made
    rows: list[Statement] = []
    words = phrases(retriever.settings.language)
    for side in documents:
        own = [one for one in evidence if one.hit.document.id == side]
        said = _said(query, " ".join(query.points), own, retriever)
        rows += _row(name(own[0].hit.document), said, words.not_found)
    if not any(row.supports for row in rows):
        return []
    for ids in asked:
        if not set(ids) & set(documents):
            absent = [retriever.index.store.parsed(id) for id in ids]
            rows += _row(_called(absent, query), [], _missing(absent, asked, query.text, query, retriever))
    head = f"| {words.file} | {words.quote} |\n|---|---|\n"
    return [replace(rows[0], lead=head + rows[0].lead), *rows[1:]]


def _by_points(
    query: Query, evidence: Sequence[Evidence], each: Sequence[tuple[DocumentId, ...]], retriever: Retriever
) -> list[Statement]:
    """A row for each point, a column for each side; [] where no cell has anything."""
    parsed = [[retriever.index.store.parsed(id) for id in side] for side in each]
    columns = [phrases(retriever.settings.language).point, *(flat(_called(side, query)) for side in parsed)]
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    rows: list[Statement] = []
    for point in query.points:
        cells: list[Statement] = []
        for side, ids in zip(parsed, each, strict=True):
            own = [one for one in evidence if one.hit.document.id in ids]
            own = [one for one in own if _speaks(one, point, query, retriever)]
            said = _said(query, point, own, retriever)
            cells += cell(said, _called(side, query), _missing(side, each, point, query, retriever))
        rows += [replace(cells[0], lead=f"| {flat(point)} | {cells[0].lead}"), *cells[1:-1]]
        rows += [replace(cells[-1], joint=" |\n")]
    return [replace(rows[0], lead=head + rows[0].lead), *rows[1:]] if any(row.supports for row in rows) else []


def _speaks(one: Evidence, point: str, query: Query, retriever: Retriever) -> bool:
    text = f"{one.hit.clause.heading} {one.hit.clause.text}"
    return retriever.coverage(point, text, query, beside=one.hit.document.title) >= _SAID_OF


def _said(query: Query, point: str, own: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """What a side says of a point, in the form that is asked for where it has it."""
    asked = replace(query, text=point or query.text)
    for kind in (kind_of_one(query.focus), "open"):
        if own and (said := picked(replace(asked, kind=kind), own, retriever, _MOST, _NEAR)):
            return said
    return []


def _row(title: str, said: Sequence[Statement], otherwise: str) -> list[Statement]:
    """The cells of a side: its name once, then what it says, a sentence after the other."""
    cells = cell(said, title, otherwise)
    cells[0] = replace(cells[0], lead=f"| {flat(title)} | ")
    cells[-1] = replace(cells[-1], joint=" |\n")
    return cells


def cell(said: Sequence[Statement], title: str, otherwise: str) -> list[Statement]:
    """What a side says, one sentence after the other, or `otherwise`; its own name is left out."""
    told = list(said) or [Statement(otherwise, ())]
    cells = [replace(one, text=flat(one.text.removeprefix(title)), joint=" ") for one in told]
    cells[-1] = replace(cells[-1], joint=" | ")
    return cells


def _called(side: Sequence[Parsed], query: Query) -> str:
    """A side by its document's name or, where it has several, by the place that they are of."""
    region = side[0].document.region or ""
    place = next((place for place in query.places if place in short_names(region)), region)
    return name(side[0].document) if len(side) == 1 else place or name(side[0].document)


def _missing(
    side: Sequence[Parsed], each: Sequence[Sequence[DocumentId]], point: str, query: Query, retriever: Retriever
) -> str:
    """What is said of a side of which nothing was found: silent where its documents have hardly a word of it.

    What the documents are called is not what is asked.
    """
    titles = " ".join(retriever.index.store.parsed(id).document.title for ids in each for id in ids)
    asked = without_places(point, query)
    has_words = any(
        retriever.coverage(asked, f"{clause.heading} {clause.text}", query, beside=titles) >= _NEAR_WORDS
        for one in side
        for clause in one.clauses
    )
    words = phrases(retriever.settings.language)
    return words.not_found if has_words else words.silent


def flat(text: str) -> str:
    r"""A text that fits into a cell.

    >>> flat("一行\n二行 | 三")
    '一行 二行 ｜ 三'
    """
    return " ".join(text.replace("|", "｜").split())
