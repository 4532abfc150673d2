"""Generated documents: nested numbering of every style, with the paths that a reader would give their clauses.

A document is a tree of parts; each part knows how it is printed and under which path it stands. Every text is unique
in its document: which clause is which can be told from the words alone. What no reader could decide is not generated.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from rag.clause import Document, DocumentId
from rag.numeral import chinese

TITLE = "澜沚市公共服务管理规定"
DOCUMENT = Document(DocumentId("澜府规〔2024〕8号"), TITLE, "澜府规〔2024〕8号", issuer="澜沚市人民政府")
_ISSUE = ["澜沚市人民政府", "2024年3月18日"]
_LEADS = ("澜沚市公共服务局应当", "各区、县人民政府应当", "申请人可以", "受理窗口不得", "市财政局负责")
_DEEDS = ("建立服务台账", "公开办理结果", "提出书面意见", "核对共享数据", "组织年度评估", "安排专项资金")


@dataclass(frozen=True)
class Part:
    """A clause to be: its printed label ("" for a paragraph), the label in its path, its words, what is below it."""

    style: str
    printed: str
    label: str
    words: str
    below: "tuple[Part, ...]" = field(default=())

    def line(self) -> str:
        gap = "　" if self.style in ("编", "章", "节", "条", "部分") else ""
        return f"{self.printed}{gap}{self.words}"


LABELS: dict[str, Callable[[int], str]] = {
    "编": lambda n: f"第{chinese(n)}编",
    "章": lambda n: f"第{chinese(n)}章",
    "节": lambda n: f"第{chinese(n)}节",
    "条": lambda n: f"第{chinese(n)}条",
    "部分": lambda n: f"第{chinese(n)}部分",
    "一、": lambda n: f"{chinese(n)}、",
    "（一）": lambda n: f"（{chinese(n)}）",
    "(一)": lambda n: f"({chinese(n)})",
    "1.": lambda n: f"{n}. ",
    "1．": lambda n: f"{n}．",
    "1、": lambda n: f"{n}、",
    "（1）": lambda n: f"（{n}）",
    "1）": lambda n: f"{n}）",
    "①": lambda n: chr(0x245F + n),
    "——": lambda n: "——",
}
LADDERS = (
    ("编", "章", "节", "条", "（一）", "1."),
    ("章", "节", "条", "（一）", "1."),
    ("章", "条", "（一）", "1、", "（1）"),
    ("条", "（一）"),
    ("部分", "一、", "（一）", "1."),
    ("一、", "（一）", "1.", "（1）", "①"),
    ("一、", "(一)", "1．", "1）"),
    ("一、", "1、", "（1）"),
    ("一、", "（一）", "——"),
)
"""Orders of numbering that documents use; the outermost first."""
_ENOUGH = 16
"""Clauses from which a document is brought to its end."""
_THROUGH = ("条",)
"""Styles that count on through the document."""


class _Writer:
    """Words that come once, and the numbers of the styles that count through."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self.draw = draw
        self.used = 0
        self.counted: dict[str, int] = {}
        self.has_articles = False

    def choice(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most)) if self.used < _ENOUGH else least

    def heading(self) -> str:
        self.used += 1
        return f"{_DEEDS[self.choice(0, 5)]}工作{chinese(self.used)}"

    def sentence(self) -> str:
        self.used += 1
        lead, deed = _LEADS[self.choice(0, 4)], _DEEDS[self.choice(0, 5)]
        tail = f"，并在{self.used}个工作日内{_DEEDS[self.choice(0, 5)]}" * self.choice(0, 2)
        return f"{lead}{deed}{self.used}次{tail}。"


def _parts(writer: _Writer, ladder: tuple[str, ...], above: str) -> tuple[Part, ...]:
    """The parts of the first style of a ladder, each with what is below it."""
    style, *rest = ladder
    parts = []
    if style not in _THROUGH:
        writer.counted[style] = 0
    for n in range(writer.choice(1 if style in ("编", "章", "节", "条") else 2, 3)):
        writer.counted[style] = writer.counted.get(style, 0) + 1
        printed = LABELS[style](writer.counted[style])
        label = f"——{n + 1}" if style == "——" else printed.strip()
        parts.append(_filled(writer, Part(style, printed, label, ""), tuple(rest)))
    return tuple(parts)


def _filled(writer: _Writer, part: Part, rest: tuple[str, ...]) -> Part:
    """The part with words and with what is below it: deeper numbers, an inline list, paragraphs, or nothing."""
    goes_on = rest and (part.style in ("编", "章", "节", "部分") or writer.choice(0, 2) > 0)
    if part.style == "条":
        return _article(writer, part, rest if goes_on else ())
    if goes_on:
        return replace(part, words=writer.heading(), below=_parts(writer, rest, part.label))
    form = writer.choice(0, 3)
    if part.style == "——" or form < 2:
        return replace(part, words=writer.sentence())
    if form == 2 and part.style in ("一、", "（一）", "(一)") and not writer.has_articles:
        return replace(part, words=writer.heading(), below=(_paragraph(writer, "第1段"), _paragraph(writer, "第2段")))
    return replace(part, words=writer.sentence(), below=_inline(writer))


def _paragraph(writer: _Writer, label: str) -> Part:
    return Part("款" if label.endswith("款") else "段", "", label, writer.sentence())


def _inline(writer: _Writer) -> tuple[Part, ...]:
    """一是…二是… or 首先，…其次，…, on their clause's own line."""
    words = ("首先", "其次", "最后") if writer.choice(0, 3) == 0 else ("一是", "二是", "三是")
    comma = "，" if words[0] == "首先" else ""
    return tuple(Part("inline", word, word, comma + writer.sentence()) for word in words)


def _article(writer: _Writer, part: Part, rest: tuple[str, ...]) -> Part:
    """An article: its own text, items below it, further paragraphs with or without items."""
    below: list[Part] = []
    if rest:
        items = _parts(writer, rest, part.label)
        own = writer.sentence().replace("。", "，包括：")
        below += items
    else:
        own = writer.sentence()
    for n in range(2, 2 + writer.choice(0, 2)):
        below.append(_paragraph(writer, f"第{chinese(n)}款"))
    return replace(part, words=own, below=tuple(below))


@st.composite
def trees(draw: Callable[[st.SearchStrategy[int]], int]) -> tuple[Part, ...]:
    """The numbered parts of a document; behind them may stand annexes, each with a numbering of its own."""
    writer = _Writer(draw)
    ladder = LADDERS[draw(st.integers(0, len(LADDERS) - 1))]
    writer.has_articles = "条" in ladder
    body = _parts(writer, ladder, "")
    writer.has_articles = False
    annexes = []
    for n in range(1, draw(st.integers(0, 2)) + 1):
        writer.counted.clear()
        below = _table(writer) if draw(st.integers(0, 2)) == 0 else _parts(writer, ("一、", "（一）", "1."), "附件")
        annexes.append(Part("附件", f"附件{n}", f"附件{n}", f"\n{writer.heading()}一览", below))
    return (*body, *annexes)


def _table(writer: _Writer) -> tuple[Part, ...]:
    """Rows with 序号, a task and a department."""
    head = Part("names", "", "header", "序号\t工作任务\t牵头部门")
    rows = range(1, writer.choice(2, 4) + 1)
    return (head, *(Part("row", f"{n}\t", str(n), f"{writer.sentence()}\t市民政局") for n in rows))


def lines(parts: tuple[Part, ...]) -> Iterator[str]:
    """The lines of parts and of all below them."""
    for part in parts:
        inline = [child for child in part.below if child.style == "inline"]
        yield part.line() + "".join(child.line() for child in inline)
        yield from lines(tuple(child for child in part.below if child.style != "inline"))


def text(parts: tuple[Part, ...], *, between: str = "\n") -> str:
    """The document as plain text: title, body, signature, annexes."""
    body = [part for part in parts if part.style != "附件"]
    annexes = [part for part in parts if part.style == "附件"]
    front = [TITLE, "澜府规〔2024〕8号", "各区、县人民政府，市政府各部门：", "现将有关事项规定如下。"]
    return between.join([*front, *lines(tuple(body)), *_ISSUE, *lines(tuple(annexes))])


def outline(parts: tuple[Part, ...], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path and words of every part, in order, as a reader of the document would give them."""
    for part in parts:
        if part.style == "names":
            continue
        path = (*above, part.label)
        yield path, "".join(part.line().split())
        yield from outline(part.below, path)


def walk(parts: tuple[Part, ...]) -> Iterator[Part]:
    """Every part, in order."""
    for part in parts:
        yield part
        yield from walk(part.below)


def without(parts: tuple[Part, ...], gone: Part) -> tuple[Part, ...]:
    """The tree without one of its parts and what is below it."""
    return tuple(replace(part, below=without(part.below, gone)) for part in parts if part is not gone)


def edited(parts: tuple[Part, ...], old: Part, words: str) -> tuple[Part, ...]:
    """The tree with other words in one of its parts."""
    return tuple(
        replace(part, words=words) if part is old else replace(part, below=edited(part.below, old, words))
        for part in parts
    )


def wrapped(whole: str, width: int = 56) -> str:
    """The same text as a page shows it: paragraphs indented, lines of `width` columns, a Chinese sign taking two."""
    rows: list[str] = []
    for line in whole.split("\n"):
        row, columns = "", 0
        for word in re.findall(
            r"[0-9]+|.[，。：；、]?", f"　　{line}"
        ):  # no number is torn, no line begins with a comma
            wide = sum(1 if sign < "\u2e80" else 2 for sign in word)
            if columns + wide > width:
                rows.append(row)
                row, columns = "", 0
            row, columns = row + word, columns + wide
        rows.append(row)
    return "\n".join(rows)
