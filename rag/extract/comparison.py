"""Sides beside each other: a row for each document, every cell with its clause, 原文未提及 where a side is silent."""

from collections.abc import Sequence
from dataclasses import replace

from rag.cite import Statement
from rag.clause import DocumentId
from rag.extract.pick import picked
from rag.extract.place import name
from rag.retrieve import Evidence, Retriever
from rag.scope import sides
from rag.understand import Query

_HEAD = "| 文件 | 原文 |\n|---|---|\n"
_MOST, _NEAR = 2, 0.12
"""Sentences of a side, and how far behind the best one."""


def compared(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The table; [] where no side says anything."""
    documents = list(dict.fromkeys(one.hit.document.id for one in evidence))
    rows: list[Statement] = []
    for side in documents:
        own = [one for one in evidence if one.hit.document.id == side]
        rows += _row(name(own[0].hit.document), picked(replace(query, kind="open"), own, retriever, _MOST, _NEAR))
    if not any(row.supports for row in rows):
        return []
    for side in _silent(query, documents, retriever):
        rows += _row(name(retriever.index.store.parsed(side).document), [])
    return [replace(rows[0], lead=_HEAD + rows[0].lead), *rows[1:]]


def _row(title: str, said: Sequence[Statement]) -> list[Statement]:
    """The cells of a side: its name once, then what it says, a sentence after the other."""
    told = list(said) or [Statement("原文未提及", ())]
    cells = [replace(one, text=_flat(one.text.removeprefix(title)), joint=" ") for one in told]
    cells[0] = replace(cells[0], lead=f"| {_flat(title)} | ")
    cells[-1] = replace(cells[-1], joint=" |\n")
    return cells


def _silent(query: Query, documents: Sequence[DocumentId], retriever: Retriever) -> list[DocumentId]:
    """A document of each side of which nothing was found."""
    asked = sides(query, retriever.index.store.documents())
    return [side[0] for side in asked if not set(side) & set(documents)]


def _flat(text: str) -> str:
    r"""A text that fits into a cell.

    >>> _flat("一行\n二行 | 三")
    '一行 二行 ｜ 三'
    """
    return " ".join(text.replace("|", "｜").split())
