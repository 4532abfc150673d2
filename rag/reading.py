"""Hits in the order in which they are read: clauses of one list that stand close together are read together.

An answer often runs over neighbouring clauses (一是…二是…), of which a search finds some, each at its own rank. The best
of them draws the others to it, in the order of the document, with what stands between. What a search found, and how
good it is, is `retrieve`'s.
"""

from collections.abc import Sequence
from dataclasses import replace

from rag.clause import Clause, ClauseId, Hit
from rag.store import SqliteStore

_BEST = 10
"""Hits at the head that draw others to them and are drawn."""
_SHARE = 0.3
"""Share of the best one's score from which a hit of its list is drawn to it."""
_STEP = 4
"""Places in the list from one hit to the next, at most: three clauses that were not found may stand between."""
_LONGEST = 1500
"""Characters that are read together, at most; a longer run stays as it was found."""


def together(hits: Sequence[Hit], store: SqliteStore) -> list[Hit]:
    """The `hits`, each once, runs of one list at the place of their best; what was not found among them is a
    `neighbour` of score 0.

    The values above were chosen on news and notices, where they are broad: gold sentences inside 3,300 characters .955
    before, .970 to .972 with 1,500 or 1,800 characters, shares of .2 or .3, steps of 3 or 4.
    """
    held = {hit.clause.id: hit for hit in hits}
    given: dict[ClauseId, Hit] = {}
    for place, hit in enumerate(hits):
        if hit.clause.id in given:
            continue
        run = _run(hit, hits[:_BEST], store) if place < _BEST else ()
        for clause in run or (hit.clause,):
            one = held.get(clause.id) or Hit(0, 0.0, hit.document, clause, "neighbour")
            given.setdefault(clause.id, one)
    return [replace(hit, rank=rank) for rank, hit in enumerate(given.values(), 1)]


def _run(hit: Hit, best: Sequence[Hit], store: SqliteStore) -> tuple[Clause, ...]:
    """The clauses of the list of `hit` from the first to the last that are to be read with it; () for it alone."""
    above = hit.clause.path[:-1]
    drawn = {
        one.clause.id
        for one in best
        if one.document.id == hit.document.id and one.clause.path[:-1] == above and one.score >= _SHARE * hit.score
    }
    if len(drawn) < 2 or not hit.clause.path:
        return ()
    listed = [c for c in store.clauses(hit.document.id) if c.path and c.path[:-1] == above and c.kind != "header"]
    places = [place for place, clause in enumerate(listed) if clause.id in drawn]
    middle = next((place for place in places if listed[place].id == hit.clause.id), None)
    if middle is None:
        return ()
    before = _reached(middle, [place for place in reversed(places) if place < middle])
    after = _reached(middle, [place for place in places if place > middle])
    found = tuple(store.whole(clause.id) for clause in listed[before : after + 1])
    is_short = sum(len(clause.text) for clause in found) <= _LONGEST
    return found if is_short and len(found) > 1 else ()


def _reached(start: int, places: Sequence[int]) -> int:
    """How far one comes from `start` over these places in steps of _STEP at most."""
    for place in places:
        if abs(place - start) > _STEP:
            break
        start = place
    return start
