"""A direct reference → the clauses it names: 第二十条第二款, 实施方案三、（二）, 任务12, 附件2第3项.

Compares numbers along the paths of a document's clauses; never a vector. Reading the reference is `understand`'s. What
fits a number in another way than it says (`8.` for 第八条) counts only where the document numbers nothing so.
"""

import re
from collections.abc import Iterable, Sequence

from rag.clause import Clause, DocumentId
from rag.relate.place import Component, component
from rag.understand import Query, Reference

BROWSED = 50
"""Documents that are looked through for a clause by its number alone; of more, those of the likeliest clauses."""

_STYLES: dict[str, tuple[str, ...]] = {
    "编": ("编",),
    "分编": ("分编",),
    "章": ("章",),
    "节": ("节", "1.1"),
    "条": ("条", "1.", "一、", "（一）", "1.1"),
    "款": ("款", "（一）", "1."),
    "项": ("（一）", "1.", "（1）", "一、", "1.1", "①", "1）"),
    "目": ("1.", "（1）", "①", "1）"),
    "部分": ("部分", "一、", "章", "1.1"),
    "点": ("（一）", "1.", "（1）", "——", "一、", "一是", "①", "1）", "1.1"),
    "段": ("段",),
    "行": ("行", "1."),
    "任务": ("1.", "（一）", "一、", "（1）"),
    "附件": ("附件",),
    "一、": ("一、", "部分"),
    "（一）": ("（一）", "（1）", "一）", "1）"),
    "1.": ("1.", "（1）", "1）", "①"),
    "（1）": ("（1）", "1）", "（一）", "1.", "①"),
    "一是": ("一是",),
    "1.1": ("1.1",),
}
"""What people call a clause → the styles it may have, the likeliest first: officials say 第25条 of a plain `25.`, too."""

_LOOSE = ("点", "项", "任务")
"""What people call anything numbered: all readings are kept, the likeliest first."""
_LITERAL = {unit: re.compile(rf"第.{{1,12}}?{unit}") for unit in ("编", "章", "节", "部分", "条")}
_LITERAL["款"] = _LITERAL["条"]
"""Words that say how a document numbers, where it numbers so at all; an article has no 款 but its own paragraphs."""
_AROUND = ("furniture", "header", "footer", "title")


def referenced(reference: Reference, clauses: Sequence[Clause]) -> list[Clause]:
    """The clauses that `reference` names, likeliest first; [] where the document has no such clause.

    The main text goes before annexes unless one is named. Every part must be met in order on the way to the clause;
    between them may lie levels that were not named. 第一款 of an article is the article's own text.
    """
    parts = [part for i, part in enumerate(reference.parts) if i == 0 or part != ("款", (1,))]
    if parts[-1][0] == "行":
        return _row(parts, clauses)
    literal = _literal(parts, clauses)
    number, styles = parts[-1][1], _ways(parts[-1][0], literal)
    found: list[tuple[bool, int, int, int, Clause]] = []
    for position, clause in enumerate(clauses):
        at = component(clause.path[-1])  # looked at first: nearly all clauses bear another number
        if at is None or at[0] not in styles or not _same(at, number) or clause.kind in _AROUND:
            continue
        rank = _rank(clause.path, parts, literal)
        if rank is not None:
            is_annex = clause.path[0].startswith("附") and parts[0][0] != "附件"
            found.append((is_annex, rank, len(clause.path), position, clause))
    found.sort(key=lambda item: item[:4])
    kept = [item for item in found if item[:2] == found[0][:2] or parts[-1][0] in _LOOSE]
    return [clause for *_, clause in kept]


def _literal(parts: Sequence[Component], clauses: Sequence[Clause]) -> frozenset[str]:
    """The words of these parts that mean nothing but what they say here: 条 in a text of articles, and 款 with it."""
    units = {unit for unit, _ in parts} & _LITERAL.keys()
    return frozenset(unit for unit in units if any(_LITERAL[unit].match(clause.path[-1]) for clause in clauses))


def _ways(unit: str, literal: frozenset[str]) -> tuple[str, ...]:
    return _STYLES[unit][:1] if unit in literal else _STYLES[unit]


def _rank(path: Sequence[str], parts: Sequence[Component], literal: frozenset[str]) -> int | None:
    """How far from the likeliest reading `path` is, or None where it does not end in the parts."""
    position, rank = len(path), 0
    for unit, number in reversed(parts):
        styles = _ways(unit, literal)
        for i in range(position - 1, -1, -1):
            at = component(path[i])
            if at is not None and at[0] in styles and _same(at, number):
                rank += styles.index(at[0])
                position = i
                break
            if position == len(path):
                return None  # the clause itself must bear the last number
        else:
            return None
    return rank


def _same(at: Component, number: tuple[int, ...]) -> bool:
    return at[1] == number or (at[0] == "附件" and number == (0,)) or (at[0] == "1.1" and at[1][-1:] == number)


def _row(parts: Sequence[Component], clauses: Sequence[Clause]) -> list[Clause]:
    """A row of a table by its own number, else by its place among the rows of the part that is named."""
    inside = [c for c in clauses if c.kind == "table_row" and _is_below(c.path, parts[:-1])]
    number = parts[-1][1]
    numbered = [c for c in inside if (at := component(c.path[-1])) is not None and at[1] == number]
    numbered = numbered or [c for c in inside if _ordinal(c.path[-1]) == number[0]]
    if len(numbered) != 1:
        numbered = inside[number[0] - 1 : number[0]]
    return numbered


def _ordinal(label: str) -> int | None:
    """The place of a row that has no number of its own: 第3行."""
    at = component(label[:-1] + "段") if label.startswith("第") and label.endswith("行") else None
    return at[1][0] if at else None


def _is_below(path: Sequence[str], parts: Sequence[Component]) -> bool:
    """Whether a path leads through all the parts."""
    return not parts or any(_rank(path[:i], parts, frozenset()) is not None for i in range(1, len(path)))


def styles_of(unit: str) -> tuple[str, ...]:
    """The ways of numbering that `unit` may mean, the likeliest first."""
    return _STYLES.get(unit, ())


def is_literal(reference: Reference, clause: Clause) -> bool:
    """Whether the clause is labelled as the reference says, not only numbered so: 第八条 for 第八条, not `8.`."""
    at = component(clause.path[-1])
    return at is not None and at[0] == _STYLES[reference.parts[-1][0]][0]


def nearest(reference: Reference, clauses: Sequence[Clause]) -> Clause | None:
    """The clause that comes closest to a reference that does not exist.

    The parts are followed as far as they lead; of what is numbered there in the next part's way the closest number,
    else the clause that they lead to. None where the document numbers nothing so.
    """
    above: Clause | None = None
    for depth in range(1, len(reference.parts) + 1):
        there = referenced(Reference(reference.parts[:depth], ""), clauses)
        if not there:
            unit, number = reference.parts[depth - 1]
            inside = clauses if above is None else [c for c in clauses if c.path[: len(above.path)] == above.path]
            return (
                _closest(unit, number, [c for c in inside if c is not above], _literal(reference.parts, clauses))
                or above
            )
        above = there[0]
    return above


def _closest(unit: str, number: tuple[int, ...], clauses: Iterable[Clause], literal: frozenset[str]) -> Clause | None:
    styles = _ways(unit, literal)
    found: list[tuple[int, int, int, Clause]] = []
    for i, clause in enumerate(clauses):
        at = component(clause.path[-1]) if clause.label and clause.kind not in _AROUND else None
        if at is not None and at[0] in styles and at[1]:
            found.append((abs(at[1][0] - number[0]), styles.index(at[0]), i, clause))
    return min(found, key=lambda item: item[:3])[3] if found else None


# Where a question's references are looked for ------------------------------------------------------------------


def owners(reference: Reference, documents: Sequence[DocumentId]) -> list[DocumentId]:
    """Of the documents that may answer those whose clause the reference can be: what it names, else all."""
    if reference.missing:
        return []
    return [id for id in documents if id in reference.documents] if reference.documents else list(documents)


def names_all(query: Query, documents: Sequence[DocumentId]) -> bool:
    """Whether the question says where each of its references stands, so that nothing is to be searched for.

    documents  those that may answer: of one alone every number is its own
    """
    if not query.references:
        return names_document(query) or (bool(query.missing) and not query.documents and not query.rest)
    is_known = query.exact or len(documents) == 1
    return all(one.documents or one.missing or is_known for one in query.references) or (
        not query.rest and len(documents) <= BROWSED
    )


def names_document(query: Query) -> bool:
    """Whether the question is a document's number or title and nothing else."""
    return query.exact and not query.references and not query.rest and query.kind == "clause"


def head(clauses: Sequence[Clause]) -> Clause | None:
    """The clause that stands for the whole document: its title, else its first."""
    return next((c for c in clauses if c.kind == "title"), next((c for c in clauses if c.kind != "furniture"), None))
