"""The ladder of numbering: which clause lies below which, inferred from the document's own use.

Lines come in order; each opens a clause, goes on with the one before, or is a paragraph of its own. A style of
numbering that is open already is a sibling of the one that is open; one that is not lies below the last clause.
Only 编、章、节、条 have an order that no document changes.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from rag.clause import Kind, Span
from rag.parse.mark import RANK, Mark

_FINISHED = re.compile(r"[。；：！？!?;:…．”’』」）)》>|]\s*$")
_ENDED = re.compile(r"(?:[。；：！？!?;:…|]|[。！？][”’』」）)》]+)\s*$")
"""How an article's sentence ends; a line that ends with a title 《…》 or a bracket goes on."""
_TAIL = 100  # characters at the end of a paragraph that tell whether it has ended
_NAME = 30  # characters up to which an article may be nothing but its name
_CITED = re.compile(r"[项款目条点](?=[、，,。；规第的和或及所情中])")
_CITING = re.compile(r"(?:第|依照|按照)$")
"""What follows a label that is cited, and what stands before it where a line was wrapped."""
_ADJUNCT = re.compile(r"(?:规定|的|之|和|及|所|、|至|或|第|中|款|项|有关)")
RAGGED = 5  # columns by which a wrapped line may fall short: no line begins with a punctuation mark or splits a number
_INDENT = 4  # columns of the two characters by which a paragraph begins


POSITIONAL = frozenset({"款", "段", "——", "第行", "title", "header", "footer", "furniture"})
"""Styles whose labels count positions, and those that have none."""


@dataclass(slots=True, eq=False)
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
        if self._cites(line[mark.end :]) or (self._unfinished() and not expected):
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

    def _cites(self, after: str) -> bool:
        """Whether a label at the beginning of a line belongs to a citation that the line before began: 依照第⏎（一）项."""
        end = self.last.spans[-1][1] if self.last is not None and self.last.spans else 0
        return _CITED.match(after) is not None or _CITING.search(self.characters[max(0, end - 4) : end]) is not None

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
        if _CITING.search(tail):
            return True
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

    def item(self) -> Node | None:
        """The innermost numbered clause that is open."""
        return next((node for node in reversed(self.open) if node.number), None)

    def running(self, span: Span, *, is_listed: bool = False) -> Node:
        """A line without a label: it goes on with the last clause, or is a paragraph below the open one.

        is_listed  the list that is open goes on below it: it belongs to the list's item, not to the article
        """
        if self.last is not None and self._unfinished():
            start, _ = self.last.spans[-1]
            self.last.spans[-1] = (start, span[1])
            return self.last
        while self.open[-1].style in ("——", "一是"):
            self.open.pop()
        if not is_listed and any(node.style == "条" for node in self.open) and self._ended():
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

    def headed(self, span: Span) -> Node:
        """A heading without a number: it ends every list, and what follows lies below it."""
        while len(self.open) > 1 and self.open[-1].style != "附件":
            self.open.pop()
        self._counted.clear()
        node = self._add(self.open[-1], Node("段", "", (), "heading", [span], self.open[-1]))
        self.open.append(node)
        return node

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
        printed = len(label) if self.characters.startswith(label, span[0]) and len(label) < span[1] - span[0] else 0
        node = self._add(parent, Node("section", label, (), "heading", [span], parent, printed=printed))
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
