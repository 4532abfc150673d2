"""The ladder of numbering: which clause lies below which, inferred from the document's own use.

Lines come in order; each opens a clause, goes on with the one before, or is a paragraph of its own. A style of
numbering that is open already is a sibling of the one that is open; one that is not lies below the last clause.
Only 编、章、节、条 have an order that no document changes.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from rag.clause import Kind, Span
from rag.numeral import chinese
from rag.parse.mark import RANK, Mark, inline

_FINISHED = re.compile(r"[。；：！？!?;:…．”’』」）)》>|]\s*$")
_ENDED = re.compile(r"(?:[。；：！？!?;:…|]|[。！？][”’』」）)》]+)\s*$")
"""How an article's sentence ends; a line that ends with a title 《…》 or a bracket goes on."""
_TAIL = 100  # characters at the end of a paragraph that tell whether it has ended
_NAME = 30  # characters up to which an article may be nothing but its name
_ADJUNCT = re.compile(r"(?:规定|的|之|和|及|所|、|至|或|第|中|款|项|有关)")
RAGGED = 5  # columns by which a wrapped line may fall short: no line begins with a punctuation mark or splits a number
_INDENT = 4  # columns of the two characters by which a paragraph begins
PASSAGE = 600
"""Characters that a passage of running text may have; the contract's figure."""


POSITIONAL = frozenset({"款", "段", "——", "第行", "title", "header", "footer", "furniture"})
"""Styles whose labels count positions, and those that have none."""


@dataclass(slots=True)
class Node:
    """A clause in the making: own text is `spans`, one a paragraph; its label has `printed` characters of the first."""

    style: str
    label: str | None
    number: tuple[int, ...]
    kind: Kind
    spans: list[Span]
    parent: "Node | None" = None
    children: "list[Node]" = field(default_factory=list)
    row: dict[str, str] | None = None
    printed: int = 0


def columns(line: str) -> int:
    """The width of a line: a Chinese character or sign takes two columns, a Latin letter or digit one."""
    return len(line.encode("gbk", "replace"))


class Ladder:
    """The clauses read so far, and those still open; `root` has the outermost as children."""

    def __init__(self, characters: str, width: int | None = None) -> None:
        """`width` is the columns of a full line where the layout wrapped lines, else None."""
        self.characters = characters
        self.width = width
        self.root = Node("root", None, (), "heading", [])
        self.open: list[Node] = [self.root]
        self.last: Node | None = None
        self.fresh = False  # whether the line that is asked about is set in: it begins a paragraph
        self._counted: dict[str, int] = {}
        self._bullets: Counter[int] = Counter()
        self._rows: Counter[int] = Counter()

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
        if (
            self.fresh
            or self.last is None
            or not self.last.spans
            or self.last.kind in ("title", "header", "table_row", "footer")
        ):
            return False
        start, end = self.last.spans[-1]
        tail = self.characters[max(start, end - _TAIL) : end]  # a clause of many lines is asked about at each of them
        is_full = self._full(start, end)
        if is_full and not tail.rstrip().endswith(("。", "！", "？", "：", ":")):
            return True
        runs_on = self.last.style in ("条", "款") and ("，" in tail or end - start > _NAME)
        if (_ENDED if runs_on else _FINISHED).search(tail):
            return False
        return is_full or "。" in tail or end - start > 45 or runs_on

    def _full(self, start: int, end: int) -> bool:
        """Whether the last line of a paragraph is as long as lines are where the layout wrapped them.

        A paragraph's first line is indented by two characters, whose columns it lacks.
        """
        if self.width is None:
            return False
        above = self.characters.rfind("\n", start, end)
        line = self.characters[max(above + 1, start) : end]
        return columns(line.strip()) >= self.width - RAGGED - (0 if above >= 0 else _INDENT)

    def numbered(self, mark: Mark, span: Span) -> Node:
        """Opens the clause that `mark` labels; its own text begins with `span`."""
        self._close_for(mark)
        kind: Kind = "point" if mark.style in ("——", "一是") else "clause"
        label = mark.label
        parent = self.open[-1]
        if mark.style == "——":
            self._bullets[id(parent)] += 1
            label = f"{mark.label}{self._bullets[id(parent)]}"
        node = self._add(parent, Node(mark.style, label, mark.number, kind, [span], parent, printed=mark.end))
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

    def is_full(self) -> bool:
        """Whether the last line is a full one of running text: below it, a line that is not set in goes on."""
        last = self.last
        if last is None or not last.spans or last.kind not in ("clause", "point", "heading"):
            return False
        return self._full(*last.spans[-1])

    def goes_on(self, line: str) -> bool:
        """Whether `line` belongs to the last one by its first sign, which begins no line, or by the end of a 抄送."""
        last = self.last
        if last is None or not last.spans or last.kind in ("title", "table_row", "furniture"):
            return False
        return line[0] in "，、；：。）" or (last.kind == "footer" and self._end(last) in "，、")

    def _end(self, node: Node) -> str:
        """The last character of a node."""
        end = node.spans[-1][1] if node.spans else 0
        return self.characters[max(end - 1, 0) : end]

    def continued(self, span: Span) -> None:
        """A line that belongs to the last clause's last paragraph."""
        if self.last is not None:
            self.last.spans[-1] = (self.last.spans[-1][0], span[1])

    def _ended(self) -> bool:
        """Whether the last line ended a sentence, and so the list that it was the last item of."""
        return self.last is not None and self._end(self.last) == "。"

    def preamble(self, span: Span) -> Node:
        """A line before the first number; one that wraps goes on with the line before it."""
        last = self.last
        if last is not None and last.kind == "header" and last.spans:
            start, end = last.spans[0]
            if self._full(start, end) and not _FINISHED.search(self.characters[max(start, end - _TAIL) : end]):
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
        self._rows[id(parent)] += 1
        style = "row" if label else "第行"
        return self._add(
            parent, Node(style, label or f"第{self._rows[id(parent)]}行", (), "table_row", [span], parent, row=cells)
        )

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
    _release(root, characters)
    _split_inline(root, characters)
    _split_long(root, characters)
    _name(root)


def walk(root: Node) -> Iterator[Node]:
    """A node and all below it, in reading order; children may be put in place of a node's own while it is visited."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


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


def _release(root: Node, characters: str) -> None:
    """A paragraph behind the last item of a list belongs to what holds the list, unless earlier items have paragraphs;
    one behind the last item of all closes the document or annex.

    Only behind an item that is a sentence, for below a name stands its text, and not where it goes on with a quotation.
    """
    for parent in list(walk(root)):
        fresh: list[Node] = []
        for i, child in enumerate(parent.children):
            fresh.append(child)
            after = parent.children[i + 1] if i + 1 < len(parent.children) else None
            before = parent.children[i - 1] if i else None
            is_last = after is None or after.style != child.style or after.number <= child.number
            goes_on = child.number != (1,) if before is None or before.style != child.style else not before.children
            if is_last and goes_on and child.number and child.style not in ("条", "一是"):
                fresh += _released(child, parent, characters)
        parent.children = fresh
    for holder in (root, *(child for child in root.children if child.style == "附件")):
        _conclude(holder)


def _released(item: Node, parent: Node, characters: str) -> list[Node]:
    """The paragraphs below an item that is a sentence, taken from it."""
    tail = item.children
    words = characters[slice(*item.spans[-1])] if item.spans else ""
    is_sentence = "。" in words or words.rstrip().endswith("；")
    if not is_sentence or any(node.style != "段" or characters[node.spans[0][0]] in '“"「' for node in tail):
        return []
    item.children = []
    for node in tail:
        node.parent = parent
    return tail


def _conclude(holder: Node) -> None:
    """Moves the paragraphs behind the last item of the last section up to the document or annex."""
    numbered = [i for i, child in enumerate(holder.children) if child.number]
    node = holder.children[numbered[-1]] if numbered else None
    while node is not None and node.children:
        own = len(node.children)
        while own and node.children[own - 1].style == "段":
            own -= 1
        if own < len(node.children):
            if own and node.children[own - 1].number:
                tail, node.children = node.children[own:], node.children[:own]
                holder.children[numbered[-1] + 1 : numbered[-1] + 1] = tail
                for one in tail:
                    one.parent = holder
            return
        node = node.children[-1]


def _split_inline(root: Node, characters: str) -> None:
    """一是…二是… and 包括：（一）…；（二）… inside a clause's own paragraph are below it; inside a passage, beside it."""
    for node in walk(root):
        if node.kind not in ("clause", "heading") and node.style != "一是":
            continue
        if not node.spans:
            continue
        start, end = node.spans[-1]
        found = inline(characters[start:end], node.number[0] + 1 if node.style == "一是" else 1)
        above = {node.style, *(child.style for child in node.children)}
        found = [one for one in found if one.style == "一是" or one.style not in above]
        if not found:
            continue
        cuts = [start + one.start for one in found] + [end]
        beside = node.style == "一是" or (node.style == "段" and cuts[0] > start)
        holder = node.parent if beside and node.parent else node
        points = [
            Node(
                one.style,
                one.label,
                one.number,
                "point" if one.style == "一是" else "clause",
                [(a, a + len(characters[a:b].rstrip()))],
                holder,
                printed=one.end - one.start,
            )
            for one, (a, b) in zip(found, pairwise(cuts), strict=True)
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
