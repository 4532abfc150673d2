"""A clause and what stands below it: where the family ends, and which clauses belong to an article.

Settled once, when a document is indexed; `rag.store` keeps both answers beside the clause.
"""

from collections.abc import Sequence
from dataclasses import replace

from rag.clause import Clause, ClauseId, Parsed
from rag.relate.place import component


def descendants(clauses: Sequence[Clause], position: int) -> int:
    """One past the position of the last clause below `clauses[position]`; `position + 1` where nothing is below it.

    Below it are the clauses that follow it without a break and whose paths extend its path; furniture breaks nothing.
    """
    path, after = clauses[position].path, position + 1
    for i in range(position + 1, len(clauses)):
        if clauses[i].kind == "furniture":
            continue
        if len(clauses[i].path) <= len(path) or clauses[i].path[: len(path)] != path:
            break
        after = i + 1
    return after


def end(clauses: Sequence[Clause], position: int) -> int:
    """The offset at which the last clause below `clauses[position]` ends, its own end where nothing is below it."""
    below = clauses[position + 1 : descendants(clauses, position)]
    return max([clauses[position].end, *(one.end for one in below if one.kind != "furniture")])


def whole(parsed: Parsed, position: int) -> Clause:
    """The clause at `position` with all that is numbered below it, as verbatim document text."""
    clause, after = parsed.clauses[position], end(parsed.clauses, position)
    return replace(clause, text=parsed.text.characters[clause.start : after], end=after)


def within(clauses: Sequence[Clause]) -> dict[ClauseId, ClauseId]:
    """For each clause that is an article 条, or stands below one, that article: law is cited and read by articles."""
    articles: dict[tuple[str, ...], ClauseId] = {}
    found: dict[ClauseId, ClauseId] = {}
    for clause in clauses:
        depth = next((i for i, label in enumerate(clause.path, 1) if is_article(label)), None)
        if depth is not None and depth == len(clause.path):
            articles[clause.path] = clause.id
        if clause.path[:depth] in articles:
            found[clause.id] = articles[clause.path[:depth]]
    return found


def is_article(label: str) -> bool:
    """Whether a label is that of a 条.

    >>> is_article("第三条"), is_article("第三章"), is_article("三、")
    (True, False, False)
    """
    return label.startswith("第") and (at := component(label)) is not None and at[0] == "条"
