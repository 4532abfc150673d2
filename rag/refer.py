"""A direct reference → the clauses it names: 第二十条第二款, 实施方案三、（二）, 任务12, 附件2第3项.

Compares numbers along the paths of a document's clauses; never a vector. Reading the reference is `understand`'s.
"""

from collections.abc import Sequence

from rag.clause import Clause
from rag.relate.place import Component, component
from rag.understand import Reference

_STYLES: dict[str, tuple[str, ...]] = {
    "编": ("编",),
    "分编": ("分编",),
    "章": ("章",),
    "节": ("节",),
    "条": ("条", "1.", "一、", "（一）", "1.1"),
    "款": ("款", "（一）", "1."),
    "项": ("（一）", "1.", "（1）", "一、", "1.1", "①"),
    "目": ("1.", "（1）", "①"),
    "部分": ("部分", "一、", "章"),
    "点": ("（一）", "1.", "（1）", "——", "一、", "一是", "①"),
    "段": ("段",),
    "任务": ("1.", "（一）", "一、"),
    "附件": ("附件",),
    "一、": ("一、",),
    "（一）": ("（一）", "（1）"),
}
"""What people call a clause → the styles it may have, the likeliest first: officials say 第25条 of a plain `25.`, too."""

_LOOSE = ("点", "项", "任务")
"""What people call anything numbered: all readings are kept, the likeliest first."""


def referenced(reference: Reference, clauses: Sequence[Clause]) -> list[Clause]:
    """The clauses that `reference` names, likeliest first, the main text before annexes; [] where the document has no such clause.

    Every part must be met in order on the way to the clause; between them may lie levels that were not named.
    第一款 of an article is the article's own text.
    """
    parts = list(reference.parts)
    if len(parts) > 1 and parts[-1] == ("款", (1,)):
        parts = parts[:-1]
    found: list[tuple[int, bool, int, int, Clause]] = []
    for position, clause in enumerate(clauses):
        if clause.kind in ("furniture", "header", "footer", "title"):
            continue
        rank = _rank([component(label) for label in clause.path], parts)
        if rank is not None:
            found.append((rank, clause.path[0].startswith("附"), len(clause.path), position, clause))
    best = min((rank for rank, *_ in found), default=0)
    is_loose = parts[-1][0] in _LOOSE
    return [clause for rank, *_, clause in sorted(found, key=lambda item: item[:4]) if rank == best or is_loose]


def _rank(path: Sequence[Component | None], parts: Sequence[Component]) -> int | None:
    """How far from the likeliest reading `path` is, or None where it does not end in the parts."""
    position, rank = len(path), 0
    for unit, number in reversed(parts):
        for i in range(position - 1, -1, -1):
            at = path[i]
            if at is not None and at[0] in _STYLES[unit] and _same(at, number):
                rank += _STYLES[unit].index(at[0])
                position = i
                break
            if position == len(path):
                return None  # the clause itself must bear the last number
        else:
            return None
    return rank


def _same(at: Component, number: tuple[int, ...]) -> bool:
    return at[1] == number or (at[0] == "1.1" and at[1][-1:] == number)


def styles_of(unit: str) -> tuple[str, ...]:
    """The ways of numbering that `unit` may mean, the likeliest first."""
    return _STYLES.get(unit, ())


def is_literal(reference: Reference, clause: Clause) -> bool:
    """Whether the clause is labelled as the reference says, not only numbered so: 第八条 for 第八条, not `8.`."""
    at = component(clause.path[-1])
    return at is not None and at[0] == _STYLES[reference.parts[-1][0]][0]


def nearest(reference: Reference, clauses: Sequence[Clause]) -> Clause | None:
    """The clause of the same kind whose number comes closest to the last one of a reference that does not exist."""
    unit, number = reference.parts[-1]
    styles = _STYLES[unit]
    found = [
        (abs(at[1][0] - number[0]), styles.index(at[0]), i)
        for i, clause in enumerate(clauses)
        if clause.label and (at := component(clause.label)) is not None and at[0] in styles and at[1]
    ]
    return clauses[min(found)[2]] if found else None
