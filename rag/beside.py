"""What stands beside the evidence and belongs to it: the siblings of an enumeration, what a clause points to, neighbours.

Added after what was ranked, each marked by its `why`; nothing ranked is displaced.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.clause import Clause, ClauseId
from rag.relate.place import component
from rag.retrieve import Evidence, Retriever
from rag.understand import Query

_LOOKED_AT = 5
"""Clauses at the head of the evidence whose cross-references and neighbours are added."""
_SIBLINGS = 60
"""Items that an enumeration may have; the longest met has 42."""
_POINTED_TO = 6
"""Clauses that are added because others point to them."""
_ASKS_ALL = ("list", "tasks", "count")


def beside(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Evidence]:
    """The clauses to be added to `evidence`, in order: siblings, cross-referenced clauses, neighbours; none twice."""
    seen = {one.hit.clause.id for one in evidence}
    best = [one for one in evidence if one.hit.why not in ("number",)][:_LOOKED_AT]
    added: list[Evidence] = []
    for why, clauses in (
        ("sibling", _siblings(query, best, retriever)),
        ("cross_reference", _pointed_to(best, retriever)),
        ("neighbour", _neighbours(best, retriever)),
    ):
        for clause in clauses:
            if clause.id not in seen:
                seen.add(clause.id)
                hit = replace(retriever.hit(clause, why), score=0.0)  # nothing speaks for it but its place
                added.append(Evidence(hit, 0.0, 0.0, 0.0, merit=-math.inf))
    return added


def _siblings(query: Query, best: Sequence[Evidence], retriever: Retriever) -> Iterator[Clause]:
    """Where all of something is asked for, the items of the list that the best clause is one of."""
    if query.kind not in _ASKS_ALL or not best:
        return
    clause = best[0].hit.clause
    if any((at := component(label)) is not None and at[0] == "条" for label in clause.path[-1:]):
        return  # articles are no list
    depth = len(clause.path) - 1
    clauses = retriever.index.store.clauses(best[0].hit.document.id)
    alike = [
        c
        for c in clauses
        if len(c.path) == depth + 1 and c.path[:depth] == clause.path[:depth] and c.kind == clause.kind
    ]
    if clause.kind in ("clause", "point", "table_row") and 1 < len(alike) <= _SIBLINGS:
        yield from alike


def _pointed_to(best: Sequence[Evidence], retriever: Retriever) -> Iterator[Clause]:
    """The clauses of the same document that the best ones cite: 前款, 本办法第十条."""
    store = retriever.index.store
    found: dict[ClauseId, None] = {}
    for one in best:
        inside = {one.hit.clause.id, *(c.id for c in retriever.inside(one.hit.clause))}
        for relation in store.parsed(one.hit.document.id).relations:
            if relation.kind == "cites" and relation.clause in inside:
                found |= dict.fromkeys(id for id in relation.clauses if id not in inside)
    for id in list(found)[:_POINTED_TO]:
        yield store.clause(id)


def _neighbours(best: Sequence[Evidence], retriever: Retriever) -> Iterator[Clause]:
    """The clause before and behind the best one, at its level."""
    for one in best[:1]:
        clause = one.hit.clause
        clauses = retriever.index.store.clauses(one.hit.document.id)
        level = [c for c in clauses if len(c.path) == len(clause.path) and c.kind == clause.kind]
        at = next((i for i, c in enumerate(level) if c.id == clause.id), None)
        if at is not None and clause.kind in ("clause", "point", "table_row"):
            yield from (level[i] for i in (at - 1, at + 1) if 0 <= i < len(level))
