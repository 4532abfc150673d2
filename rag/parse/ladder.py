"""The ladder of numbering: which clause lies below which, inferred from the document's own use.

Lines come in order; each opens a clause, goes on with the one before, or is a paragraph of its own. A style of
numbering that is open already is a sibling of the one that is open; one that is not lies below the last clause.
Only 编、章、节、条 have an order that no document changes.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from rag.clause import Kind, Span
from rag.numeral import chinese
from rag.parse.mark import RANK, Mark, inline

_FINISHED = re.compile(r"[。；：！？!?;:…．”’』」）)》>|]\s*$")
_ADJUNCT = re.compile(r"(?:规定|的|之|和|及|所|、|至|或|第|中|款|项|有关)")
_RAGGED = 5  # columns by which a wrapped line may fall short: no line begins with a punctuation mark or splits a number
PASSAGE = 600
"""Characters that a passage of running text may have; the contract's figure."""


@dataclass(slots=True)
class Node:
    """A clause in the making: own text is `spans`, one a paragraph."""

    style: str
    label: str | None
    number: tuple[int, ...]
    kind: Kind
    spans: list[Span]
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)
    row: dict[str, str] | None = None

    def path(self) -> tuple[str, ...]:
        """The labels from the outermost level down to this one."""
        above = self.parent.path() if self.parent else ()
        return (*above, self.label) if self.label else above


def columns(line: str) -> int:
    """The width of a line: a Chinese character takes two columns, a Latin letter or digit one."""
    return sum(2 if c >= "\u2e80" else 1 for c in line)


class Ladder:
    """The clauses read so far, and those still open; `root` has the outermost as children."""

    def __init__(self, characters: str, width: int | None = None) -> None:
        """`width` is the columns of a full line where the layout wrapped lines, else None."""
        self.characters = characters
        self.width = width
        self.root = Node("root", None, (), "heading", [])
        self.open: list[Node] = [self.root]
        self.last: Node | None = None
        self._counted: dict[str, int] = {}
        self._bullets: Counter[int] = Counter()

    def accepts(self, mark: Mark, line: str) -> bool:
        """Whether `mark` is a clause's label here, not the beginning of a wrapped line or of a citation."""
        expected = self._expected(mark)
        if self._unfinished() and not expected:
            return False
        if mark.style == "条":
            after = line[mark.end :]
            if self._unfinished() and _ADJUNCT.match(after):
                return False
            return expected or not (_ADJUNCT.match(after) or (after and not after[0].isspace() and mark.number == (1,)))
        if mark.style == "一是":
            return expected
        if mark.style == "附件":
            return True
        return expected or not self._unfinished()

    def _expected(self, mark: Mark) -> bool:
        """Whether the number is the next in its style: 1, one more than the open sibling, or one more than the last."""
        if not mark.number:
            return not self._unfinished()
        sibling = next((node for node in reversed(self.open) if node.style == mark.style), None)
        if mark.style == "1.1":
            return len(mark.number) == 1 or any(n.number == mark.number[:-1] for n in self.open) or mark.number[-1] == 1
        last = self._counted.get(mark.style)
        if mark.style == "条":
            same = sibling is not None and sibling.number[0] == mark.number[0]
            return (len(mark.number) > 1 and same) or mark.number[0] == (last or 0) + 1
        return mark.number[0] in (1, (last or 0) + 1, (sibling.number[0] + 1) if sibling else 1)

    def _unfinished(self) -> bool:
        """Whether the last line broke off inside a sentence, as page breaks make it."""
        if self.last is None or not self.last.spans or self.last.kind in ("title", "header", "table_row", "footer"):
            return False
        start, end = self.last.spans[-1]
        text = self.characters[start:end]
        if self._full(text) and not text.rstrip().endswith(("。", "！", "？", "：", ":")):
            return True
        if _FINISHED.search(text):
            return False
        runs_on = (
            self.last.style in ("条", "款") and "，" in text
        )  # an article's sentence has an end, a heading has none
        return self._full(text) or "。" in text or len(text) > 45 or runs_on

    def _full(self, text: str) -> bool:
        """Whether the last line of `text` is as long as lines are where the layout wrapped them."""
        return self.width is not None and columns(text.rsplit("\n", 1)[-1].strip()) >= self.width - _RAGGED

    def numbered(self, mark: Mark, span: Span) -> Node:
        """Opens the clause that `mark` labels; its own text begins with `span`."""
        self._close_for(mark)
        kind: Kind = "point" if mark.style in ("——", "一是") else "clause"
        label = mark.label
        parent = self.open[-1]
        if mark.style == "——":
            self._bullets[id(parent)] += 1
            label = f"{mark.label}{self._bullets[id(parent)]}"
        node = self._add(parent, Node(mark.style, label, mark.number, kind, [span], parent))
        if mark.number:
            self._counted[mark.style] = mark.number[0]
        self.open.append(node)
        return node

    def _close_for(self, mark: Mark) -> None:
        """Closes what cannot hold `mark`: its open sibling and all below it, bullets, and what ranks no higher."""
        if mark.style == "1.1":
            keep = len(mark.number)
            while any(n.style == "1.1" and len(n.number) >= keep for n in self.open):
                self.open.pop()
            return
        if mark.style in RANK:
            while len(self.open) > 1 and RANK.get(self.open[-1].style, 9) >= RANK[mark.style]:
                self.open.pop()
            return
        if any(node.style == mark.style for node in self.open):
            while self.open[-1].style != mark.style:
                self.open.pop()
            self.open.pop()
        while self.open[-1].style in ("——", "一是") and mark.style != "——":
            self.open.pop()

    def running(self, span: Span) -> Node:
        """A line without a label: it goes on with the last clause, or is a paragraph below the open one."""
        if self.last is not None and self._unfinished():
            start, _ = self.last.spans[-1]
            self.last.spans[-1] = (start, span[1])
            return self.last
        while self.open[-1].style in ("——", "一是"):
            self.open.pop()
        if any(node.style == "条" for node in self.open) and self._ended():
            while self.open[-1].style != "条":
                self.open.pop()
        parent = self.open[-1]
        if parent.style == "条" and not any(child.style == "款" for child in parent.children) and not parent.children:
            parent.spans.append(span)
            self.last = parent
            return parent
        style = "款" if parent.style == "条" else "段"
        return self._add(parent, Node(style, "", (), "clause", [span], parent))

    def _ended(self) -> bool:
        """Whether the last line ended a sentence, and so the list that it was the last item of."""
        return (
            self.last is not None and bool(self.last.spans) and self.characters[: self.last.spans[-1][1]].endswith("。")
        )

    def preamble(self, span: Span) -> Node:
        """A line before the first number; one that wraps goes on with the line before it."""
        last = self.last
        if last is not None and last.kind == "header" and last.spans:
            text = self.characters[slice(*last.spans[0])]
            if self._full(text) and not _FINISHED.search(text):
                last.spans[0] = (last.spans[0][0], span[1])
                return last
        return self.apart("header", span)

    def columns_named(self, span: Span) -> Node:
        """The first row of a table: header of the clause or annex that the table stands in."""
        return self._add(self.open[-1], Node("header", "header", (), "header", [span], self.open[-1]))

    def apart(self, kind: Kind, span: Span) -> Node:
        """A part that stands outside the numbering: header, title, footer, furniture."""
        parent = next((node for node in reversed(self.open) if node.style == "附件"), self.root)
        if kind in ("footer", "furniture", "title"):
            parent = self.root
        label = {"footer": "footer", "furniture": "furniture"}.get(kind, "header")
        last = self.last
        node = self._add(parent, Node(kind, label, (), kind, [span], parent))
        if kind == "furniture":
            self.last = last  # a page number does not end a sentence
        return node

    def restart(self) -> None:
        """Closes everything: another document begins."""
        self.open = [self.root]
        self._counted.clear()

    def annexed(self, label: str, span: Span) -> Node:
        """Opens an annex, whose numbering is its own."""
        self.restart()
        node = self._add(self.root, Node("附件", label, (), "heading", [span], self.root))
        self.open.append(node)
        return node

    def section(self, label: str, span: Span) -> Node:
        """Opens a section of a table below the annex or clause that the table stands in."""
        while self.open[-1].style in ("section", "row"):
            self.open.pop()
        parent = self.open[-1]
        node = self._add(parent, Node("section", label, (), "heading", [span], parent))
        self.open.append(node)
        return node

    def table_row(self, label: str | None, span: Span, cells: dict[str, str]) -> Node:
        """A row below the open section; one without a number is labelled by its position."""
        parent = self.open[-1]
        n = sum(child.kind == "table_row" for child in parent.children) + 1
        return self._add(parent, Node("row", label or f"第{n}行", (), "table_row", [span], parent, row=cells))

    def end_table(self) -> None:
        """Closes the last section of a table."""
        while self.open[-1].style == "section":
            self.open.pop()

    def _add(self, parent: Node, node: Node) -> Node:
        parent.children.append(node)
        self.last = node
        return node


def finish(root: Node, characters: str) -> None:
    """Names what has no number: 款 of an article, 段 of running text; parts 一是…二是… from their sentence."""
    _split_articles(root)
    _split_inline(root, characters)
    _split_long(root, characters)
    _name(root)


def walk(node: Node) -> list[Node]:
    """A node and all below it, in reading order."""
    return [node, *(found for child in node.children for found in walk(child))]


def _split_articles(root: Node) -> None:
    """An article of several paragraphs has 款: the first is its own text, what is numbered lies below its paragraph."""
    for article in [node for node in walk(root) if node.style == "条"]:
        head, *more = article.spans or [(0, 0)]
        article.spans = [head]
        children = [Node("款", "", (), "clause", [span], article) for span in more]
        for child in article.children:
            holder = children[-1] if children and children[-1].style == "款" else article
            if child.style in ("款", "furniture") or holder is article:
                children.append(child)
            else:
                child.parent = holder
                holder.children.append(child)
        article.children = children


def _split_inline(root: Node, characters: str) -> None:
    """一是…二是… inside a clause's own paragraph are points below it; inside a passage, beside it."""
    for node in walk(root):
        if node.kind not in ("clause", "heading") and node.style != "一是":
            continue
        if not node.spans:
            continue
        start, end = node.spans[-1]
        found = inline(characters[start:end], node.number[0] + 1 if node.style == "一是" else 1)
        if not found:
            continue
        cuts = [start + offset for offset, _ in found] + [end]
        beside = node.style == "一是" or (node.style == "段" and cuts[0] > start)
        holder = node.parent if beside and node.parent else node
        points = [
            Node("一是", label, (n,), "point", [(a, a + len(characters[a:b].rstrip()))], holder)
            for n, ((_, label), (a, b)) in enumerate(zip(found, pairwise(cuts), strict=True), 1)
        ]
        node.spans[-1] = (start, start + len(characters[start : cuts[0]].rstrip()))
        if holder is node:
            node.children[:0] = points
        else:
            at = holder.children.index(node) + 1
            holder.children[at:at] = points


def _split_long(root: Node, characters: str) -> None:
    """A passage of more than PASSAGE characters becomes several, cut at sentence ends."""
    for node in walk(root):
        fresh: list[Node] = []
        for child in node.children:
            if child.style != "段" or child.children or child.spans[0][1] - child.spans[0][0] <= PASSAGE:
                fresh.append(child)
                continue
            fresh += [Node("段", "", (), "clause", [span], node) for span in passages(characters, child.spans[0])]
        node.children = fresh


def passages(characters: str, span: Span) -> list[Span]:
    """`span` in stretches of at most PASSAGE characters, cut behind the last sentence end that fits.

    Where a sentence is longer than that it is cut at a comma or a blank, else at the limit.
    """
    found: list[Span] = []
    start, end = span
    while end - start > PASSAGE:
        window = characters[start : start + PASSAGE]
        cut = max((m.end() for m in re.finditer(r"[。！？；\n]”?|(?<=[^\d])\.\s", window)), default=0)
        cut = cut or max((m.end() for m in re.finditer(r"[，、,\s]", window)), default=PASSAGE)
        found.append((start, start + len(window[:cut].rstrip())))
        start += cut
        start += len(characters[start:end]) - len(characters[start:end].lstrip())
    return [*found, (start, end)] if start < end else found


def _name(node: Node) -> None:
    """第一款, 第1段: positions among the siblings of their kind; clauses with others below are headings."""
    paragraphs, passages_seen = 1, 0  # an article's own text is its 第一款
    for child in node.children:
        if child.style == "款":
            paragraphs += 1
            child.label = f"第{chinese(paragraphs)}款"
        elif child.style == "段":
            passages_seen += 1
            child.label = f"第{passages_seen}段"
        _name(child)
    if node.kind == "clause" and node.children and node.style not in ("条", "款", "段"):
        node.kind = "heading"
