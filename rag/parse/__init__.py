"""Text → clauses: reads a document by its own numbering.

`mark` reads the label of a line, `zone` finds titles, signatures and annexes, `table` the rows of tables, `ladder`
what lies below what. This module hands the lines from one to the other and makes the clauses.
Cost: linear in the text, but for the lists 一是…二是…, linear in each clause.
"""

import hashlib
from collections.abc import Iterator

from rag.clause import Clause, ClauseId, Document, Span, Table, Text
from rag.numeral import bare
from rag.parse.ladder import Ladder, Node, columns, finish, passages, walk
from rag.parse.mark import Mark, mark, plain
from rag.parse.table import head, rows, text_tables
from rag.parse.zone import Line, annex, closing, is_site, issued_title, lines, title_lines

__all__ = ["parse", "plain"]

_HEADING = 40
"""Characters up to which a clause's first sentence counts as its heading."""


def parse(text: Text, document: Document) -> tuple[Clause, ...]:
    """The clauses of a document, in document order; every non-blank character is in exactly one clause's text."""
    tables = list(text.tables) or text_tables(text.characters)
    tables = [table for table in tables if len(table.rows) > 1]
    apart = [_hull(table) for table in tables] + list(text.furniture)
    body = lines(text, apart)
    ladder = Ladder(text.characters, _width(text, body))
    _read(ladder, text, document, body, tables)
    finish(ladder.root, text.characters)
    _keep_strays(ladder, text)
    return tuple(_clauses(ladder.root, text, document))


def _hull(table: Table) -> Span:
    spans = [span for row in table.rows for span in row if span[0] < span[1]]
    return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else (0, 0)


def _width(text: Text, body: list[Line]) -> int | None:
    """The columns of a full line where the layout wrapped lines (pdf), else None."""
    lengths = sorted(columns(line.text) for line in body)
    if not text.pages or len(lengths) < 20:
        return None
    return lengths[int(len(lengths) * 0.9)]


def _read(ladder: Ladder, text: Text, document: Document, body: list[Line], tables: list[Table]) -> None:
    """Hands lines, tables and furniture to the ladder in document order."""
    titles = title_lines(body, document)
    closed = closing(body, document)
    reader = _Reader(ladder, document, body, titles, closed, bool(tables))
    events: list[tuple[int, str, int]] = [(line.start, "line", i) for i, line in enumerate(body)]
    events += [(_hull(table)[0], "table", i) for i, table in enumerate(tables)]
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
        self, ladder: Ladder, document: Document, body: list[Line], titles: set[int], closed: set[int], has_tables: bool
    ) -> None:
        self.ladder, self.document, self.body = ladder, document, body
        self.titles, self.closed = titles, closed
        self.issued = issued_title(document)
        self.spaced = sum(m.style == "1.1" for line in body if (m := mark(line.text))) > 2
        self.marked = {i for i, line in enumerate(body) if self._mark(line) is not None}
        self.annexes = {i for i in range(len(body)) if annex(body, i, closed)}
        self.began = not (self.marked - closed - titles or self.annexes or has_tables)
        self.annex_open = False
        self.has_tables = has_tables
        self.bare_text = not (self.marked or self.annexes or has_tables)

    def _annex_title(self, i: int, line: Line) -> bool:
        """Takes a short line below 附件 as the annex's own title; the first line of another kind ends that."""
        annex_node = self.ladder.last
        self.annex_open = False
        if annex_node is None or i in self.marked or len(line.text) > 60 or "。" in line.text:
            return False
        start, _ = annex_node.spans[0]
        annex_node.spans[0] = (start, line.end)
        self.annex_open = len(self.ladder.characters[start : line.end]) < 60
        return True

    def _mark(self, line: Line) -> Mark | None:
        return mark(line.text, spaced=self.spaced)

    def line(self, i: int) -> None:
        """Hands line `i` to the ladder."""
        line = self.body[i]
        span = (line.start, line.end)
        label = annex(self.body, i, self.closed) if i in self.annexes else None
        if is_site(line):
            self.ladder.apart("furniture", span)
        elif i in self.closed:
            self.ladder.apart("footer", span)
        elif self.annex_open and i not in self.annexes and self._annex_title(i, line):
            pass
        elif i in self.titles or (self.issued and bare(line.text) == self.issued):
            if i not in self.titles:
                self.ladder.restart()
                self.began = not any(j > i for j in self.marked)
            self.ladder.apart("title", span)
        elif label is not None:
            self.ladder.annexed(label, span)
            self.began, self.annex_open = not any(j > i for j in self.marked) and not self.has_tables, True
        else:
            self._body(i, line, span)

    def _body(self, i: int, line: Line, span: Span) -> None:
        found = self._mark(line)
        if found is not None and self.ladder.accepts(found, line.text):
            self.ladder.numbered(found, span)
            self.began, self.annex_open = True, False
        elif self.began or (self.bare_text and len(line.text) > 60):
            self.began = True
            self.ladder.running(span)
        elif span[1] - span[0] > 600:
            for part in passages(self.ladder.characters, span):
                self.ladder.apart("header", part)
        else:
            self.ladder.preamble(span)


def _table(ladder: Ladder, characters: str, table: Table) -> None:
    """The column names as header, sections as headings, each row a clause."""
    span, _ = head(characters, table)
    if span[0] < span[1]:
        ladder.columns_named(span)
    for row in rows(characters, table):
        for repeated in row.repeated:
            ladder.apart("furniture", repeated)
        for section in row.section:
            ladder.section(row.section_label or "", section)
        if row.span[0] < row.span[1]:
            ladder.table_row(row.label, row.span, row.cells)
    ladder.end_table()


def _clauses(root: Node, text: Text, document: Document) -> Iterator[Clause]:
    """The nodes as clauses, in document order, each with an id of its own."""
    taken: dict[str, int] = {}
    found = [clause for node in root.children for clause in _below(node, text, ())]
    behind = 0
    for node, first, last, heading in sorted(found, key=lambda item: item[1]):
        start, end = max(first, behind), min(last, len(text.characters))  # a form's cells may interlock
        behind = max(behind, end)
        if not text.characters[start:end].strip():
            continue
        own = text.characters[start:end]
        path = node.path()
        yield Clause(
            id=_id(document, path, own, taken),
            kind=node.kind,
            label=node.label if node.kind not in ("title", "header", "footer", "furniture") else None,
            path=path,
            heading=" › ".join(heading),
            text=own,
            start=start,
            end=end,
            page=text.page(start),
            row=node.row,
        )


def _below(node: Node, text: Text, above: tuple[str, ...]) -> Iterator[tuple[Node, int, int, tuple[str, ...]]]:
    name = _heading(node, text) if node.kind in ("heading", "clause", "point") else ""
    heading = (*above, name) if name else above
    for start, end in _own(node, text.characters):
        yield node, start, end, heading
    for child in node.children:
        yield from _below(child, text, heading)


def _own(node: Node, characters: str) -> list[Span]:
    """The node's own text as one span where nothing of another clause lies between its paragraphs."""
    if not node.spans:
        return []
    spans = [(node.spans[0][0], node.spans[-1][1])]
    inside = [child.spans[0] for child in node.children if child.spans and child.spans[0][0] < spans[0][1]]
    return spans if not inside else [span for span in node.spans if characters[slice(*span)].strip()]


def _heading(node: Node, text: Text) -> str:
    """The words of a heading: the first line without its label, or the first sentence where it is short."""
    if not node.spans or node.style in ("款", "段"):
        return ""
    first = text.characters[slice(*node.spans[0])]
    if node.style == "附件":
        return " ".join(first.split())[:80]
    found = mark(first, spaced=True)
    words = first[found.end :] if found else first
    sentence = " ".join(words.split("。")[0].split()).strip("*#：: 　")
    return (
        sentence
        if len(sentence) <= _HEADING and (node.children or "。" in words.strip()[:-1] or len(words) <= _HEADING)
        else ""
    )


def _id(document: Document, path: tuple[str, ...], own: str, taken: dict[str, int]) -> ClauseId:
    """Readable and stable: the path, and behind it a few letters of the text where a path stands twice, and a count
    where the text does, too.
    """
    name = f"{document.id}#{'/'.join(plain(label) for label in path)}"
    if name in taken:
        name += "~" + hashlib.sha256(bare(own).encode("utf-8", "replace")).hexdigest()[:8]
    again = taken.get(name, 0)
    taken[name] = again + 1
    if again:
        return _id(document, (*path[:-1], f"{path[-1]}~{again + 1}"), own, taken)
    return ClauseId(name)
