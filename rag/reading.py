"""Hits in the order in which they are read: clauses of one list that stand close together are read together.

An answer often runs over neighbouring clauses (一是…二是…), of which a search finds some, each at its own rank. The best
of them draws the others to it, in the order of the document, with what stands between. What a search found, and how
good it is, is `retrieve`'s.

The values below were chosen on the news and notices of `eval retrieval`, where gold sentences inside 3,300 characters
went from .955 to .972 and inside 1,000 from .935 to .944; .970 to .972 for 1,500 to 1,800 characters, shares of .2 to .3
and steps of 3 to 4. On the sample and the development questions, by which nothing was chosen, those inside 3,300 stayed
and inside 1,000 one question of the sample was lost.
"""

from collections.abc import Sequence

from rag.clause import Clause, ClauseId, Hit
from rag.family import is_article
from rag.store import SqliteStore

_BEST = 10
"""Hits at the head that draw others to them and are drawn."""
_SHARE = 0.3
"""Share of the best one's score from which a hit of its list is drawn to it."""
_STEP = 4
"""Places in the list from one hit to the next, at most: three clauses that were not found may stand between."""
_LONGEST = 1500
"""Characters that are read together, at most; a longer run stays as it was found."""
_LISTED = ("clause", "point", "table_row", "heading")
"""What a list consists of: not titles, page numbers, signatures."""


def together(hits: Sequence[Hit], store: SqliteStore) -> list[Hit]:
    """The `hits`, each once, runs of one list at the place of their best; what was not found among them is a
    `neighbour` of score 0.

    Clauses that were asked for by number stay where they are, and articles, which are no list: each stands for itself.
    """
    held = {hit.clause.id: hit for hit in hits}
    given: dict[ClauseId, Hit] = {}
    for place, hit in enumerate(hits):
        if hit.clause.id in given:
            continue
        behind = [one for one in hits[place + 1 : _BEST] if one.clause.id not in given]
        for clause in _run(hit, behind, held, store) or (hit.clause,):
            given.setdefault(clause.id, held.get(clause.id) or Hit(0, 0.0, hit.document, clause, "neighbour"))
    return list(given.values())


def _run(hit: Hit, behind: Sequence[Hit], held: dict[ClauseId, Hit], store: SqliteStore) -> tuple[Clause, ...]:
    """The clauses of the list of `hit` that are to be read with it; () for it alone."""
    above = hit.clause.path[:-1]
    least = _SHARE * hit.score
    drawn = {
        one.clause.id for one in behind if one.document.id == hit.document.id and _is_drawn(one) and one.score >= least
    }
    if not drawn or not _is_drawn(hit):
        return ()
    clauses = store.clauses(hit.document.id)
    if any(clause.path == above and clause.id in held for clause in clauses):
        return ()  # the list is given whole
    listed = [c for c in clauses if c.kind in _LISTED and c.path and c.path[:-1] == above]
    places = [place for place, clause in enumerate(listed) if clause.id in drawn]
    middle = next((place for place, clause in enumerate(listed) if clause.id == hit.clause.id), None)
    if middle is None:
        return ()
    before = _reached(middle, [place for place in reversed(places) if place < middle])
    after = _reached(middle, [place for place in places if place > middle])
    found = tuple(store.whole(clause.id) for clause in listed[before : after + 1])
    return found if sum(len(clause.text) for clause in found) <= _LONGEST else ()


def _is_drawn(hit: Hit) -> bool:
    clause = hit.clause
    is_item = bool(clause.path) and clause.kind in _LISTED and not is_article(clause.path[-1])
    return is_item and hit.score > 0 and hit.why not in ("reference", "number")


def _reached(start: int, places: Sequence[int]) -> int:
    """How far one comes from `start` over these places in steps of _STEP at most."""
    for place in places:
        if abs(place - start) > _STEP:
            break
        start = place
    return start
