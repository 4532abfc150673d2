"""Sides beside each other: a row for each document, every cell with its clause, and what is said of a side that is
silent (原文未提及) or of which nothing was found.
"""

from collections.abc import Sequence
from dataclasses import replace

from rag.cite import Statement
from rag.clause import Parsed
from rag.extract.pick import picked
from rag.extract.place import name
from rag.retrieve import Evidence, Retriever, without_places
from rag.scope import sides
from rag.understand import Query, kind_of_one, short_names

_HEAD = "| 文件 | 原文 |\n|---|---|\n"
_SILENT, _NOT_FOUND = "原文未提及", "未找到相关内容"
_NEAR_WORDS = 0.15
"""Share of the question's terms that a clause has which may speak of it."""
_MOST, _NEAR = 2, 0.12
"""Sentences of a side, and how far behind the best one."""


def compared(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The table; [] where no side says anything."""
    documents = list(dict.fromkeys(one.hit.document.id for one in evidence))
    alone, any_form = replace(query, kind=kind_of_one(query.focus)), replace(query, kind="open")
    rows: list[Statement] = []
    for side in documents:
        own = [one for one in evidence if one.hit.document.id == side]
        said = picked(alone, own, retriever, _MOST, _NEAR) or picked(any_form, own, retriever, _MOST, _NEAR)
        rows += _row(name(own[0].hit.document), said)
    if not any(row.supports for row in rows):
        return []
    asked = sides(query, retriever.index.store.documents())
    titles = " ".join(retriever.index.store.parsed(id).document.title for side in asked for id in side)
    for ids in asked:
        if not set(ids) & set(documents):
            absent = [retriever.index.store.parsed(id) for id in ids]
            is_silent = _is_silent(absent, query, titles, retriever)
            rows += _row(_called(absent, query), [], _SILENT if is_silent else _NOT_FOUND)
    return [replace(rows[0], lead=_HEAD + rows[0].lead), *rows[1:]]


def _row(title: str, said: Sequence[Statement], otherwise: str = _NOT_FOUND) -> list[Statement]:
    """The cells of a side: its name once, then what it says, a sentence after the other."""
    told = list(said) or [Statement(otherwise, ())]
    cells = [replace(one, text=_flat(one.text.removeprefix(title)), joint=" ") for one in told]
    cells[0] = replace(cells[0], lead=f"| {_flat(title)} | ")
    cells[-1] = replace(cells[-1], joint=" |\n")
    return cells


def _called(side: Sequence[Parsed], query: Query) -> str:
    """A side by its document's name or, where it has several, by the place that they are of."""
    region = side[0].document.region or ""
    place = next((place for place in query.places if place in short_names(region)), region)
    return name(side[0].document) if len(side) == 1 else place or name(side[0].document)


def _is_silent(side: Sequence[Parsed], query: Query, titles: str, retriever: Retriever) -> bool:
    """Whether nothing in a side's documents has even a little of what is asked: else it was only not found.

    titles  those of all sides: what they are called is not what is asked
    """
    asked = without_places(query.text, query)
    return not any(
        retriever.coverage(asked, f"{clause.heading} {clause.text}", query, beside=titles) >= _NEAR_WORDS
        for one in side
        for clause in one.clauses
    )


def _flat(text: str) -> str:
    r"""A text that fits into a cell.

    >>> _flat("一行\n二行 | 三")
    '一行 二行 ｜ 三'
    """
    return " ".join(text.replace("|", "｜").split())
