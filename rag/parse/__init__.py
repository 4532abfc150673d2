"""Text → clauses: reads a document by its own numbering.

`mark` reads the label of a line, `zone` finds titles, signatures and annexes, `table` the rows of tables, `ladder`
what lies below what. This module hands the lines from one to the other and makes the clauses.
Cost: linear in the text, but for the lists 一是…二是…, linear in each clause.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.clause import Clause, ClauseId, Document, Span, Table, Text
from rag.numeral import bare
from rag.parse.finish import finish, passages, walk
from rag.parse.ladder import POSITIONAL, RAGGED, Ladder, Node, columns
from rag.parse.mark import mark, plain
from rag.parse.table import head, hull, rows, tables_of
from rag.parse.zone import Line, annex, closing, contents, is_folio, is_site, issued_title, lines, title_lines

__all__ = ["parse", "plain"]

_HEADING = 40
"""Characters up to which a clause's first sentence counts as its heading."""
_AHEAD = 12
"""Lines among which the next item of a list is looked for."""
_FORWARDS = re.compile(r"[印转]发给你们|现(?:予|将.{0,80})(?:印发|公布|发布|转发)")
"""What a notice says that only brings its annex: it stands before the numbers, as header."""
_INDENTED = 0.03
"""Share of indented lines from which a wrapped text sets its paragraphs in: one of ten lines is, where they are long."""
_FULL, _BROKEN = 0.3, 0.6
"""Shares of full lines, and of those among them that end inside a sentence, from which a plain text was wrapped."""


def parse(text: Text, document: Document) -> tuple[Clause, ...]:
    """The clauses of a document, in document order; every non-blank character is in exactly one clause's text."""
    tables = [table for table in tables_of(text) if len(table.rows) > 1]
    apart = [hull(table) for table in tables] + list(text.furniture)
    body = lines(text, apart)
    ladder = Ladder(text.characters, _width(text, body))
    _read(ladder, text, document, body, tables)
    finish(ladder.root, text.characters)
    _keep_strays(ladder, text)
    return tuple(_clauses(ladder.root, text, document))


def _width(text: Text, body: list[Line]) -> int | None:
    """The columns of a full line where the layout wrapped lines (pdf, scans, some plain text), else None."""
    if len(body) < 20:
        return None
    lengths = sorted(columns(line.text) for line in body)
    width = lengths[int(len(lengths) * 0.9)]
    if text.pages:
        return width
    full = [line for line in body if columns(line.text) >= width - RAGGED]
    broken = sum(line.text[-1] not in "。；：！？” " for line in full)
    is_wrapped = 40 <= width <= 160 and len(full) > _FULL * len(body) and broken > _BROKEN * len(full)
    return width if is_wrapped else None


def _read(ladder: Ladder, text: Text, document: Document, body: list[Line], tables: list[Table]) -> None:
    """Hands lines, tables and furniture to the ladder in document order."""
    starts = [hull(table)[0] for table in tables]
    reader = _Reader(ladder, document, text, body, closing(body, document, starts), bool(tables))
    events: list[tuple[int, str, int]] = [(line.start, "line", i) for i, line in enumerate(body)]
    events += [(hull(table)[0], "table", i) for i, table in enumerate(tables)]
    events += [(span[0], "furniture", i) for i, span in enumerate(text.furniture)]
    for _, what, i in sorted(events):
        if what == "line":
            reader.line(i)
        elif what == "table":
            _table(ladder, text.characters, tables[i])
        elif text.characters[slice(*text.furniture[i])].strip():
            ladder.apart("furniture", text.furniture[i])


def _keep_strays(ladder: Ladder, text: Text) -> None:
    """Text that no clause took, as between interlocking cells of a form, is kept as header: nothing may be lost."""
    spans = sorted(span for node in walk(ladder.root) for span in _own(node, text.characters))
    behind = 0
    for start, end in [*spans, (len(text.characters), len(text.characters))]:
        stretch = text.characters[behind:start]
        if stretch.strip():
            begin = behind + len(stretch) - len(stretch.lstrip())
            ladder.apart("header", (begin, begin + len(stretch.strip())))
        behind = max(behind, end)


class _Reader:
    """Decides for each line what it is; `began` is whether the numbering has begun since the last restart."""

    def __init__(
        self, ladder: Ladder, document: Document, text: Text, body: list[Line], closed: set[int], has_tables: bool
    ) -> None:
        self.ladder, self.document, self.body = ladder, document, body
        self.titles, self.closed, self.contents = title_lines(body, document), closed, contents(body)
        self.issued = issued_title(document)
        self.marks = [mark(line.text) for line in body]
        if sum(found is not None and found.style == "1.1" for found in self.marks) > 2:
            self.marks = [mark(line.text, spaced=True) for line in body]
        self.marked = [i for i, found in enumerate(self.marks) if found is not None]
        self.annexes = {i for i in range(len(body)) if annex(body, i, closed)}
        self.began = not ({*self.marked} - closed - self.titles or self.annexes or has_tables)
        self.annex_open = False
        self.has_tables = has_tables
        indented = sum(line.is_indented for line in body)
        self.indents = ladder.width is not None and _INDENTED * len(body) < indented < len(body)
        first = min(self.annexes, default=len(body))
        forwards = bool(self.annexes) and _FORWARDS.search("".join(line.text for line in body[:first])) is not None
        starts = {start for start, _ in text.headings}
        self.headings = {i for i, line in enumerate(body) if line.start in starts and self.marks[i] is None}
        self.bare_text = self._is_bare(0) and not forwards

    def _is_bare(self, i: int) -> bool:
        """Whether the part that begins at line `i` has no number: the document up to its annexes, or one of these."""
        for j in range(i, len(self.body)):
            if j in self.annexes:
                break
            found = self.marks[j]
            if found is not None and found.number and j not in self.closed and j not in self.titles:
                return False
        return True

    def _restarts(self, i: int) -> bool:
        """Whether no number below line `i` goes on with those above it, up to the next heading without a number."""
        for j in range(i + 1, len(self.body)):
            if j in self.headings or j in self.annexes:
                break
            found = self.marks[j]
            if found is not None and found.number:
                return found.number == (1,)
        return True

    def _is_listed(self, i: int) -> bool:
        """Whether the next number below line `i` goes on with the list that is open: the line is its item's, then."""
        item = self.ladder.item()
        following = next(
            (found for found in self.marks[i + 1 : i + 1 + _AHEAD] if found is not None and found.number), None
        )
        return (
            item is not None
            and following is not None
            and following.style == item.style
            and (following.number == (item.number[0] + 1,))
        )

    def _annex_title(self, i: int, line: Line) -> bool:
        """Takes a short line below 附件 as the annex's own title; the first line of another kind ends that."""
        annex_node = self.ladder.last
        self.annex_open = False
        if annex_node is None or self.marks[i] is not None or len(line.text) > 60 or "。" in line.text:
            return False
        start, _ = annex_node.spans[0]
        annex_node.spans[0] = (start, line.end)
        self.annex_open = len(self.ladder.characters[start : line.end]) < 60
        return True

    def _numbered_below(self, i: int) -> bool:
        """Whether any line below line `i` has a label."""
        return bool(self.marked) and self.marked[-1] > i

    def line(self, i: int) -> None:
        """Hands line `i` to the ladder."""
        line = self.body[i]
        span = (line.start, line.end)
        label = annex(self.body, i, self.closed) if i in self.annexes else None
        if is_site(line) or is_folio(line) or i in self.contents:
            self.ladder.apart("furniture", span)
        elif self.ladder.goes_on(line.text):
            self.ladder.continued(span)
        elif i in self.closed:
            self.ladder.apart("footer", span)
        elif self.annex_open and i not in self.annexes and self._annex_title(i, line):
            pass
        elif i in self.titles or (self.issued and bare(line.text) == self.issued):
            if i not in self.titles:
                self.ladder.restart()
                self.bare_text = self._is_bare(i + 1)
                self.began = not self._numbered_below(i)
            self.ladder.apart("title", span)
        elif label is not None:
            self.ladder.annexed(label, span)
            self.bare_text, self.annex_open = self._is_bare(i + 1), True
            self.began = self.bare_text and not self.has_tables
        else:
            self._body(i, line, span)

    def _body(self, i: int, line: Line, span: Span) -> None:
        found = self.marks[i]
        self.ladder.fresh = self.indents and line.is_indented
        if found is not None and not found.number and not self.began and i - 1 in self.titles:
            self.ladder.preamble(span)  # a subtitle: ——在…会议上
        elif found is not None and self.ladder.accepts(found, line.text):
            self.ladder.numbered(found, span)
            self.began, self.annex_open = True, False
        elif i in self.headings and (self.began or i < max(self.headings)) and self._restarts(i):
            self.began = True
            self.ladder.headed(span)
        elif self.indents and not line.is_indented and self.ladder.is_full():
            self.ladder.continued(span)
        elif self.began or (self.bare_text and (len(line.text) > 60 or line.text.endswith(("。", "？", "；")))):
            self.began = True
            self.ladder.running(span, is_listed=self._is_listed(i))
        elif span[1] - span[0] > 600:
            for part in passages(self.ladder.characters, span):
                self.ladder.apart("header", part)
        else:
            self.ladder.preamble(span)


def _table(ladder: Ladder, characters: str, table: Table) -> None:
    """The column names as header, sections as headings, each row a clause."""
    above = head(characters, table)
    for span in above.spans:
        ladder.columns_named(span)
    for row in rows(characters, table, above):
        for repeated in row.repeated:
            ladder.apart("furniture", repeated)
        for section in row.section:
            ladder.section(row.section_label or "", section)
        if row.is_outside:
            ladder.end_table()
        if row.span[0] < row.span[1]:
            ladder.table_row(row.label, row.span, row.cells)
    ladder.end_table()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: its path, the headings down to it, and the part of its id that those above give it."""

    path: tuple[str, ...] = ()
    heading: tuple[str, ...] = ()
    name: str = ""


def _clauses(root: Node, text: Text, document: Document) -> Iterator[Clause]:
    """The nodes as clauses, in document order, each with an id of its own."""
    taken: dict[str, int] = {}
    found = [clause for node in root.children for clause in _below(node, text.characters, _Place())]
    behind = 0
    for node, (first, last), place in sorted(found, key=lambda item: item[1]):
        start, end = max(first, behind), min(last, len(text.characters))  # a form's cells may interlock
        behind = max(behind, end)
        own = text.characters[start:end]
        if not own.strip():
            continue
        is_apart = node.kind in ("title", "header", "footer", "furniture")
        yield Clause(
            id=_id(document, _part(node, place.name, own), own, taken),
            kind=node.kind,
            label=None if is_apart else node.label,
            path=place.path,
            heading=" › ".join(place.heading),
            text=own,
            start=start,
            end=end,
            page=text.page(start),
            row=node.row,
        )


def _below(node: Node, characters: str, above: _Place) -> Iterator[tuple[Node, Span, _Place]]:
    name = _heading(node, characters) if node.kind in ("heading", "clause", "point") else ""
    label = node.label or ""
    place = _Place(
        (*above.path, label) if label else above.path, (*above.heading, name) if name else above.heading, above.name
    )
    for span in _own(node, characters):
        yield node, span, place
    if node.children:
        inner = above.name if node.style in POSITIONAL else _joined(above.name, plain(label))
        below = replace(place, name=inner)
        for child in node.children:
            yield from _below(child, characters, below)


def _own(node: Node, characters: str) -> list[Span]:
    """The node's own text as one span where nothing of another clause lies between its paragraphs."""
    if len(node.spans) < 2:
        return node.spans
    spans = [(node.spans[0][0], node.spans[-1][1])]
    inside = [child.spans[0] for child in node.children if child.spans and child.spans[0][0] < spans[0][1]]
    return spans if not inside else [span for span in node.spans if characters[slice(*span)].strip()]


def _heading(node: Node, characters: str) -> str:
    """The words of a heading: the first line without its label, or the first sentence where it is short."""
    if not node.spans or (node.style in ("款", "段") and node.kind != "heading"):
        return ""
    start, end = node.spans[0]
    if node.style == "附件":
        return " ".join(characters[start:end].split())[:80]
    words = characters[start + node.printed : min(end, start + node.printed + 200)]
    sentence = " ".join(words.split("。")[0].split()).strip("*#：: 　")
    is_short = len(sentence) <= _HEADING and end - start - node.printed <= _HEADING
    return sentence if is_short or (len(sentence) <= _HEADING and (node.children or "。" in words.strip()[:-1])) else ""


def _part(node: Node, above: str, own: str) -> str:
    """A clause's id within its document: its labels, but for those that only count positions.

    Such a one would change with every paragraph put in before it: its text stands for it, and what lies below it does
    not name it.
    """
    if node.style not in POSITIONAL:
        return _joined(above, plain(node.label or ""))
    stem = {"第行": "行", "——": (node.label or "").rstrip("0123456789")}.get(node.style, node.style)
    return _joined(above, f"{stem}~{_digest(own)}")


def _joined(above: str, label: str) -> str:
    return f"{above}/{label}" if above and label else above or label


def _digest(text: str) -> str:
    return hashlib.blake2b("".join(text.split()).encode("utf-8", "replace"), digest_size=4).hexdigest()


def _id(document: Document, part: str, own: str, taken: dict[str, int]) -> ClauseId:
    """Readable and stable: the labels, behind them letters of the text where they stand twice, and a count where the
    text does, too.
    """
    if part in taken and "~" not in part.rsplit("/", 1)[-1]:
        part += "~" + _digest(own)
    again = taken[part] = taken.get(part, 0) + 1
    return ClauseId(f"{document.id}#{part}" if again == 1 else f"{document.id}#{part}~{again}")
