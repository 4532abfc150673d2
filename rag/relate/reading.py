"""A document's clauses → its relations: who is meant, which clause, and what is said of it.

Goes through the clauses in order and keeps what a pointer may lean on: the law that an amendment is about, the text that
is quoted, the list that documents stand in, the short names that were given, what was named last.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.clause import Clause, Parsed, Relation, Span
from rag.metadata.title import TYPES, kind
from rag.numeral import bare
from rag.relate.change import LIST, Said, is_ground, is_partial, said
from rag.relate.mention import Mention, aliases, mentions
from rag.relate.name import keys, plain_title
from rag.relate.own import Own
from rag.relate.place import LEVELS, Part, Places, labels, parts
from rag.relate.quote import amended, quotes

_DRAFT = re.compile(r"征求意见|草案|送审稿|讨论稿|解读|答记者问|新闻发布会|起草说明")
"""Titles of texts that tell of a change and do not make it."""
_CHANGE = re.compile(r"废止|修改|修订|修正|继续有效|延长|暂停")
"""In a title: the document named there is another one."""
_LABEL = re.compile(r"\s*(?:[：:.．]|[-—]\d|$)")
"""Behind 附件1 in a list of annexes or above one: a label, no pointer."""
_SENTENCE = re.compile(r"[。！？\n；]")
_LISTED = re.compile(
    r"^[\s\d一二三四五六七八九十（()）.．、]*(?:关于|《|[\u4e00-\u9fff]{2,40}关于|.{2,60}(?:办法|规定|细则|通知|意见|条例|方案|决定))"
)
_NUMBERED = re.compile(r"^[\s\d一二三四五六七八九十（()）.．、]+")
_TITLE_COLUMNS = re.compile(r"名\s*称|标\s*题|文件(?:名|题)|题\s*名")
_TYPES = frozenset(TYPES)
_SIGNS = '“”"'
_NAMING = ("named", "number", "law")


def read(parsed: Parsed) -> Iterator[Relation]:
    """The relations of a document in document order."""
    reader = _Reader(parsed)
    for position, clause in enumerate(parsed.clauses):
        if clause.kind != "furniture":
            yield from reader.clause(position, clause)


class _Reader:
    """Knows the document; holds what the clauses so far have opened."""

    def __init__(self, parsed: Parsed) -> None:
        self.about, self.characters = parsed.document, parsed.text.characters
        self.clauses = parsed.clauses
        self.own = Own(Places(parsed.clauses))
        self.title, self.names = bare(self.about.title), keys(self.about)
        self.is_change = _CHANGE.search(self.about.title) is not None
        self.is_draft = _DRAFT.search(self.about.title) is not None
        self.aliases = aliases(self.characters) if "简称" in self.characters else {}
        self.amended = amended(parsed)
        self.quotes = quotes(self.characters, is_amending=bool(self.amended))
        self._amended_starts = [start for start, _ in self.amended]
        self._quote_starts = [start for start, _ in self.quotes]
        self.listing: tuple[Said, tuple[str, ...], str] | None = None
        self.last: Relation | None = None
        self.article: Relation | None = None

    def clause(self, position: int, clause: Clause) -> Iterator[Relation]:
        """The relations of one clause."""
        found = mentions(self.characters, clause.start, clause.end)
        names = [(one.start, one.end) for one in found if one.head in _NAMING]
        may_speak = bool(names or self.amended) or LIST.search(clause.text) is not None
        spoken = (
            [] if self.is_draft or not may_speak else said(self.characters, clause.start, clause.end, names, self.about)
        )
        self._follow(clause)
        if len(clause.path) == 1:
            self.article = None
        self.last, sentence = None, clause.start
        starts = [one.start for one in spoken]
        for one in found:
            if one.head != "same" and _SENTENCE.search(self.characters, sentence, one.start):
                self.last = None
            sentence = max(sentence, one.start)
            at = bisect_right(starts, one.start) - 1
            relation = self._relation(one, position, clause, spoken[at] if at >= 0 else None, names)
            if relation is not None:
                self.last = relation
                if relation.target and relation.path and not self._is_quoted(one):
                    self.article = relation
                yield relation
        if not names:
            yield from self._unsigned(clause)
        self._open(clause, spoken, names)

    # What is meant ---------------------------------------------------------------------------------------------

    def _relation(
        self, one: Mention, position: int, clause: Clause, part: Said | None, names: Sequence[Span]
    ) -> Relation | None:
        if self._is_label(one, clause):
            return None
        text = self.characters[one.start : one.end]
        made = Relation("cites", clause.id, "", text=text, start=one.start, end=one.end)
        is_quoted = self._is_quoted(one)
        found = self._meant(one, made, clause, part, is_quoted)
        if found is None:
            return None
        if found.target:
            return self._said_of(found, one, part, clause, names, is_quoted)
        return None if is_quoted else self.own.relation(one, made, position, self.last)

    def _is_label(self, one: Mention, clause: Clause) -> bool:
        """Whether the words are a clause's own label, a line of a list of annexes, or letters that are put in place of
        others: “第十五条”修改为“第十八条”.
        """
        if one.head == "annex" and _LABEL.match(self.characters, one.end):
            return True
        before, behind = self.characters[max(0, one.start - 1) : one.start], self.characters[one.end : one.end + 1]
        if self.amended and before in _SIGNS and behind in _SIGNS and before and behind:
            return True
        return one.head == "bare" and one.start == clause.start and clause.label is not None

    def _meant(
        self, one: Mention, made: Relation, clause: Clause, part: Said | None, is_quoted: bool
    ) -> Relation | None:
        """`made` with the document that is meant, "" where it is this one; None where that cannot be told."""
        if one.head in _NAMING:
            return self._named(one, made, clause, part)
        is_inner = bool(one.parts) and one.parts[0][0] in ("款", "项", "目")
        target = ""
        if one.head == "same" and one.level not in _LEVELS:
            if self.last is None:
                return None
            target = self.last.target
        elif one.head in ("own", "bare") and (is_quoted or not self._is_own(one)):
            target = self._amended(one.start)
        if target:
            return self._of_another(one, made, target, is_inner, is_quoted)
        if is_quoted or (one.head == "bare" and not is_inner and self.last is not None and self.last.target):
            return None
        return made

    def _of_another(
        self, one: Mention, made: Relation, target: str, is_inner: bool, is_quoted: bool
    ) -> Relation | None:
        """A clause of the law that is amended; its 第二款 is one of the article that was named before."""
        inherited: list[Part] = []
        if one.head == "bare" and is_inner:
            if is_quoted or self.article is None or self.article.target != target:
                return None
            inherited = [part for part in parts(self.article.path) if LEVELS[part[0]] < LEVELS[one.parts[0][0]]]
        through = labels([*inherited, *one.through]) if one.through else ()
        return replace(made, target=target, path=labels([*inherited, *one.parts]), through=through)

    def _named(self, one: Mention, made: Relation, clause: Clause, part: Said | None) -> Relation | None:
        """A mention that names a document; target "" where it is a clause of this one, None where it says nothing."""
        if one.head == "number" and clause.kind in ("title", "header", "footer") and self.listing is None:
            return None
        target = self.aliases.get(one.document, one.document)
        plain = bare(target)
        if plain == bare(self.about.number or ""):
            return made if one.parts else None
        is_change = self.is_change or (part is not None and part.targets[0] <= one.start < part.targets[1])
        if one.head == "number" and plain in self.title:
            return None
        if plain in self.names and not is_change:
            return made if one.parts else None
        if plain in _TYPES and target == one.document:  # 《通知》 of a short name that was never given
            return None
        return replace(made, target=target, path=labels(one.parts), through=labels(one.through))

    def _is_own(self, one: Mention) -> bool:
        """Whether 本决定 in a decision, 本修正案 in an amendment: not the law that it amends."""
        return (one.head == "own" and one.level == (kind(self.about.title) or "")) or (one.level == "修正案")

    def _amended(self, offset: int) -> str:
        """The law that is being amended at this place, "" for none."""
        i = bisect_right(self._amended_starts, offset) - 1
        return self.amended[i][1] if i >= 0 else ""

    def _is_quoted(self, one: Mention) -> bool:
        i = bisect_right(self._quote_starts, one.start) - 1
        return i >= 0 and one.end <= self.quotes[i][1]

    # What is said of it ----------------------------------------------------------------------------------------

    def _said_of(
        self, made: Relation, one: Mention, part: Said | None, clause: Clause, names: Sequence[Span], is_quoted: bool
    ) -> Relation | None:
        if self._is_history(clause, one):
            return None
        if is_quoted or self.is_draft:
            return made
        if clause.kind == "title" and made.target == self._amended(one.start):
            return replace(made, kind="amends", effective=self.about.effective)
        if part is None or part.kind is None or not (part.targets[0] <= one.start and one.end <= part.targets[1]):
            another = self.characters.find("\n附件", clause.start, one.start)  # a row that ran on into the next annex
            part = self.listing[0] if self.listing is not None and another < 0 else None
        if part is not None and part.kind == "amends" and made.path:
            return _as(made, part)
        if part is None or is_ground(self.characters, clause.start, one.start, names):
            return made
        if part.kind == "amends":
            return _as(made, part) if part.is_whole else made
        if not made.path and is_partial(self.characters, one.end, part.end, names):
            return replace(made, kind="amends", effective=part.effective) if part.kind == "repeals" else made
        return _as(made, part)

    def _is_history(self, clause: Clause, one: Mention) -> bool:
        """Whether the words tell how the document itself came about: 根据2018年《关于修改……的决定》修正."""
        if clause.kind not in ("header", "title"):
            return False
        behind = self.characters[one.end : one.end + 14]
        return (
            re.match(r"[^。；\n]{0,6}(?:第[一二三四五六七八九十]{1,2}次)?(?:修正|修订|修改)(?=[）)。\s]|$)", behind)
            is not None
        )

    # Lists -----------------------------------------------------------------------------------------------------

    def _follow(self, clause: Clause) -> None:
        """Closes a list that does not go on with this clause."""
        if self.listing is None:
            return
        _, path, how = self.listing
        below = clause.path[: len(path)] == path and len(clause.path) > len(path)
        beside = clause.path[:-1] == path[:-1] and _LISTED.match(clause.text) is not None
        if not (below or (how == "any" and (clause.kind in ("table_row", "header") or beside))):
            self.listing = None

    def _open(self, clause: Clause, spoken: Sequence[Said], names: Sequence[Span]) -> None:
        """Opens the list that a clause announces: 决定废止下列文件：, or an annex 废止文件目录."""
        last = next((one for one in reversed(spoken) if one.kind in ("repeals", "upholds")), None)
        is_annex = clause.kind == "heading" or (clause.kind == "header" and len(clause.text) < 60)
        if last is None or self.is_draft or not last.is_list:
            return
        is_open = clause.text.rstrip().endswith(("：", ":")) or is_annex or clause.kind == "title"
        if is_open and not (
            names
            and last.targets[1] > last.targets[0]
            and any(a >= last.targets[0] and b <= last.targets[1] for a, b in names)
        ):
            how = (
                "below"
                if any(
                    other.path[: len(clause.path)] == clause.path and len(other.path) > len(clause.path)
                    for other in self._after(clause)
                )
                and clause.kind != "header"
                else "any"
            )
            self.listing = (last, clause.path, how)

    def _after(self, clause: Clause) -> Sequence[Clause]:
        at = self.own.places.position[clause.id]
        return self.clauses[at + 1 : at + 3]

    def _unsigned(self, clause: Clause) -> Iterator[Relation]:
        """The title of an item or row of a list that stands without 《》 and without a number."""
        is_item = clause.kind in ("table_row", "clause", "point", "heading") and not clause.path[-1].startswith("附")
        if self.listing is None or not is_item:
            return
        title, start = "", clause.start
        if clause.row is not None:
            title = next((cell for name, cell in clause.row.items() if _TITLE_COLUMNS.search(name)), "")
            start += max(0, clause.text.find(title))
        elif _LISTED.match(clause.text) and len(clause.text) < 160:
            label = _NUMBERED.match(clause.text)
            start += label.end() if label else 0
            title = re.split(r"[（(；;。\n]", self.characters[start : clause.end])[0]
        plain = plain_title(title)
        if len(plain) >= 4:
            made = Relation("cites", clause.id, plain, text=title, start=start, end=start + len(title))
            yield _as(made, self.listing[0])


_LEVELS = ("条", "款", "项", "目", "章", "节", "编", "分编", "部分")


def _as(made: Relation, part: Said) -> Relation:
    if part.kind is None:
        return made
    if part.kind == "extends":
        return replace(made, kind=part.kind, until=part.until, months=part.months)
    return replace(made, kind=part.kind, effective=None if part.kind == "upholds" else part.effective)
