"""A pointer to the document's own clauses → the clauses: 前款, 本条第二款, 第十条至第十二条, 附件2.

What does not fit stays without a clause: 前款 in a first 款, a number that stands twice, a list that has no third item.
"""

from dataclasses import replace

from rag.clause import Relation
from rag.relate.mention import Mention
from rag.relate.place import Part, Places, component, labels, parts

_ITEMS = ("（一）", "（1）", "1.")
_STYLES: dict[str, tuple[str, ...]] = {
    "条": ("条",),
    "款": ("款", "条"),
    "项": _ITEMS,
    "目": ("1.", "（1）", "①"),
    "章": ("章",),
    "节": ("节",),
    "编": ("编",),
    "分编": ("编",),
    "部分": ("部分",),
}
_INNER = ("款", "项", "目")


class Own:
    """Finds what a document's pointers to itself mean."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def relation(self, one: Mention, made: Relation, position: int, last: Relation | None) -> Relation | None:
        """`made` with the clauses that are meant, without them where they cannot be told; None for mere speech."""
        if one.head == "before":
            wanted, found = self._before(one, position)
        elif one.head == "same":
            wanted = self._same(one, last)
            found = self.places.resolve(wanted, ()) if wanted and last and not last.target else []
        elif one.head == "here":
            wanted, found = self._here(one, position)
            if not (found or one.parts):  # 加大降本节支力度
                return None
        elif one.head in ("bare", "above") and one.parts[0][0] in _INNER:
            wanted, found = self._inner(one, position)
            if not found:
                return None
        else:
            wanted = list(one.parts)
            found = self._resolved(wanted, one, position)
            if not found and one.head in ("bare", "annex"):
                return None
        if position in found and one.head in ("annex", "bare"):  # a label, no pointer
            return None
        return self._filled(made, one, wanted, found)

    def _filled(self, made: Relation, one: Mention, wanted: list[Part], found: list[int]) -> Relation:
        clauses = self.places.clauses
        if not found:
            return replace(made, path=labels(wanted) or (made.text,), through=labels(one.through))
        through = clauses[found[-1]].path if len(found) > 1 else ()
        ids = tuple(clauses[i].id for i in found)
        return replace(made, path=clauses[found[0]].path, through=through, clauses=ids)

    def _resolved(self, wanted: list[Part], one: Mention, position: int) -> list[int]:
        end = [*wanted[: len(wanted) - len(one.parts)], *one.through] if one.through else []
        return self.places.resolve(wanted, end, position)

    def _article(self, position: int) -> list[Part]:
        """The article that a clause stands in, as parts; [] where it stands in none."""
        article = self.places.article(position)
        return [] if article is None else parts(self.places.clauses[article].path[-1:])

    def _within(self, position: int) -> list[Part]:
        """Article and 款 of a clause."""
        article = self._article(position)
        return [*article, ("款", (self.places.paragraph_number(position),))] if article else []

    def _before(self, one: Mention, position: int) -> tuple[list[Part], list[int]]:
        """前款, 前两款, 前条, 前两项, with the numbers behind them."""
        if one.level == "款":
            k = self.places.paragraph_number(position)
            article = self._article(position)
            if not article or k - one.count < 1 or (one.parts and one.count > 1):
                return [], []
            wanted: list[Part] = [*article, ("款", (k - one.count,)), *one.parts]
            if one.parts:
                return wanted, self._resolved(wanted, one, position)
            found = [self.places.find([*article, ("款", (n,))], position) for n in range(k - one.count, k)]
            return wanted, [i for i in found if i is not None] if None not in found else []
        at = self.places.ancestor(position, _STYLES[one.level])
        before = self.places.previous(at, one.count) if at is not None else []
        if not one.parts or len(before) != 1 or one.level != "条":
            return [], [] if one.parts else before
        wanted = [*parts(self.places.clauses[before[0]].path[-1:]), *one.parts]
        return wanted, self._resolved(wanted, one, position)

    def _here(self, one: Mention, position: int) -> tuple[list[Part], list[int]]:
        """本条, 本条第二款, 本章第三节."""
        if one.level == "款":
            base = self._within(position)
        else:
            at = self.places.ancestor(position, _STYLES[one.level])
            if at is None:
                return [], []
            if not one.parts:
                return [], [at]
            base = self._article(position) if one.level == "条" else self._path(at)
        if not base:
            return [], []
        wanted = [*base, *one.parts]
        return wanted, self._resolved(wanted, one, position)

    def _path(self, position: int) -> list[Part]:
        return parts([label for label in self.places.clauses[position].path if component(label) is not None])

    def _inner(self, one: Mention, position: int) -> tuple[list[Part], list[int]]:
        """第二款, 第（三）项 without an article before it: within the clause's own article, an item within its own 款."""
        article = self._article(position)
        if not article:
            return [], []
        if one.parts[0][0] == "款":
            wanted = [*article, *one.parts]
            return wanted, self._resolved(wanted, one, position)
        for base in (self._within(position), article):
            wanted = [*base, *one.parts]
            if found := self._resolved(wanted, one, position):
                return wanted, found
        return wanted, []

    def _same(self, one: Mention, last: Relation | None) -> list[Part]:
        """同条第二款: the article named last."""
        known = parts(last.path) if last is not None else []
        units = [unit for unit, _ in known]
        if one.level not in units:
            return []
        return [*known[: units.index(one.level) + 1], *one.parts]
