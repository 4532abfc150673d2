"""What is wrong with the contents of a store: each clause is held against its document, each piece against its clause."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

from rag import family
from rag.clause import ClauseId, Parsed
from rag.store import SqliteStore


def faults(store: SqliteStore) -> Iterator[str]:
    """One line for each fault; raises IndexDamaged where the file cannot be read. Cost: reads everything once."""
    for (line,) in store.rows("PRAGMA integrity_check(5)"):
        if line != "ok":
            yield line
    yield from _strays(store)
    first = 0
    for id, rows in store.blocks().items():
        if rows.start != first:
            yield f"{id}: rows from {rows.start}, not {first}"
        first = rows.stop
        pieces = store.rows(
            'SELECT p.position, p.clause, p.start, p."end" FROM pieces p JOIN documents d '
            "ON d.entry = p.document WHERE d.id = ? ORDER BY p.position",
            id,
        )
        if [row[0] for row in pieces] != list(range(len(rows))):
            yield f"{id}: {len(pieces)} rows, {len(rows)} pieces"
        parsed = store.parsed(id)
        yield from _misplaced(parsed, store)
        yield from _misaimed(parsed, pieces)
        order = [clause for _, clause, *_ in pieces]
        if len(list(groupby(order))) > len(set(order)):
            yield f"{id}: pieces of a clause stand apart"


def _strays(store: SqliteStore) -> Iterator[str]:
    """Rows of no document."""
    for name in ("texts", "clauses", "pieces", "relations"):
        query = f"SELECT count(*) FROM {name} WHERE document NOT IN (SELECT entry FROM documents)"
        if n := store.rows(query)[0][0]:
            yield f"{name}: {n} of no document"


def _misplaced(parsed: Parsed, store: SqliteStore) -> Iterator[str]:
    characters = parsed.text.characters
    for position, clause in enumerate(parsed.clauses):
        if characters[clause.start : clause.end] != clause.text:
            yield f"{clause.id}: text differs from the document at {clause.start} to {clause.end}"
        if store.whole(clause.id).end != family.end(parsed.clauses, position):
            yield f"{clause.id}: whole to {store.whole(clause.id).end}, not {family.end(parsed.clauses, position)}"


def _misaimed(parsed: Parsed, pieces: Sequence[tuple[int, ...]]) -> Iterator[str]:
    ids: defaultdict[int, ClauseId | None] = defaultdict(lambda: None)
    ids.update({position: clause.id for position, clause in enumerate(parsed.clauses)})
    ends = {position: family.end(parsed.clauses, position) for position in {row[1] for row in pieces} & ids.keys()}
    for position, clause, start, end in pieces:
        held = ids[clause]
        if held is None:
            yield f"piece {position} of {parsed.document.id}: no clause {clause}"
        elif not parsed.clauses[clause].start <= start < end <= ends[clause]:
            yield f"piece {position} of {parsed.document.id}: {start} to {end} is outside {held}"
