"""Word's automatic numbers: from numbering.xml and the styles, the label that stands before a paragraph.

Knows lists, levels and what restarts them; how a count looks is ordinal's. Pictures and other unusual bullets become •.
Source: ECMA-376 part 1, 17.9 (numbering), 17.7.4 (styles).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from rag.load.word.ordinal import ordinal

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
"""The namespace of WordprocessingML, as lxml writes it before a tag."""

_LEVELS = 9
_INHERITED = 20
"""Styles that a style may be based on, one on another: Word stops at 11."""
_LINKS = 5
"""Lists that a list may stand for, one for another: Word writes one."""
_BULLETS = frozenset({"•", "·", "●", "■", "◆", "▪", "◇", "○", "——"})
_CLOSED = ("、", "）", "．", " ", "\u3000")
"""What a label ends with where no blank is needed to part it from the text: 一、总则."""


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of a list; `restart` is how many levels above restart it (None: all), `style` the style tied to it."""

    start: int
    format: str
    template: str
    suffix: str
    is_legal: bool
    restart: int | None
    is_hidden: bool
    style: str | None
    digits: int


@dataclass(slots=True)
class _List:
    """A list as paragraphs name it: `kind` is what it counts together with, `starts` the levels it begins anew once."""

    kind: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)


class Numbering:
    """Counts the numbered paragraphs of one document; `label` must be asked in the document's order."""

    def __init__(self, numbering: etree._Element | None, styles: etree._Element | None) -> None:
        self._styles = {} if styles is None else {s.get(f"{W}styleId") or "": s for s in styles.iter(f"{W}style")}
        self._default = next((name for name, s in self._styles.items() if _is_default(s)), None)
        self._lists = {} if numbering is None else _lists(numbering, self._styles)
        self._counts: dict[str, list[int | None]] = {}

    def label(self, paragraph: etree._Element) -> str:
        """The number that Word shows before `paragraph`, with what parts it from the text; "" where it has none."""
        named, depth = self._place(paragraph)
        level = named.levels.get(depth) if named is not None else None
        if named is None or level is None or depth >= _LEVELS:
            return ""
        counts = self._counts.setdefault(named.kind, [None] * _LEVELS)
        before = counts[depth]
        if depth in named.starts and depth not in named.begun:
            before = None
        named.begun.add(depth)
        counts[depth] = named.starts.get(depth, level.start) if before is None else before + 1
        for below in range(depth + 1, _LEVELS):
            restart = named.levels[below].restart if below in named.levels else None
            if restart is None or depth < restart:
                counts[below] = None
        if level.is_hidden:
            return ""
        if level.format == "bullet":
            return _bullet(level)
        shown = re.sub("%([1-9])", lambda found: _number(named, counts, int(found[1]) - 1, level), level.template)
        return shown + ("" if level.suffix == "nothing" or shown.endswith(_CLOSED) or not shown else " ")

    def _place(self, paragraph: etree._Element) -> tuple[_List | None, int]:
        """The list and the depth of a paragraph, its own or its style's; (None, 0) where it is in no list."""
        properties = paragraph.find(f"{W}pPr")
        name, depth = _numbered(properties)
        chain = []
        for style, element in self.above((None if properties is None else _value(properties, "pStyle")), paragraph):
            chain.append(style)
            if name is None or depth is None:
                above, below = _numbered(element.find(f"{W}pPr"))
                name, depth = name if name is not None else above, depth if depth is not None else below
            if name is not None:
                break
        named = self._lists.get(name) if name else None
        if named is None:
            return None, 0
        if _numbered(properties)[1] is None:
            tied = {level.style: at for at, level in named.levels.items() if level.style}
            depth = next((tied[style] for style in chain if style in tied), depth)
        return named, depth or 0

    def above(self, style: str | None, element: etree._Element) -> Iterator[tuple[str, etree._Element]]:
        """A style and those that it is based on, nearest first; a paragraph without one has the default style."""
        if style is None and element.tag == f"{W}p":
            style = self._default
        for _ in range(_INHERITED):
            if style is None or style not in self._styles:
                return
            yield style, self._styles[style]
            style = _value(self._styles[style], "basedOn")


def _lists(numbering: etree._Element, styles: dict[str, etree._Element]) -> dict[str, _List]:
    """The lists by the name that paragraphs use."""
    abstract = {a.get(f"{W}abstractNumId") or "": a for a in numbering.iter(f"{W}abstractNum")}
    numbers = {num.get(f"{W}numId") or "": num for num in numbering.iter(f"{W}num")}
    kinds = {name: _value(num, "abstractNumId") or "" for name, num in numbers.items()}
    owners = {_value(a, "styleLink"): name for name, a in abstract.items()}
    levels: dict[str, dict[int, _Level]] = {}
    found: dict[str, _List] = {}
    for name, num in numbers.items():
        kind = _followed(kinds[name], abstract, kinds, owners, styles)
        if kind not in abstract or name == "0":  # list 0 is no list: it switches a style's numbering off
            continue
        if kind not in levels:
            levels[kind] = {_depth(lvl): _level(lvl) for lvl in abstract[kind].findall(f"{W}lvl")}
        found[name] = _overridden(num, kind, levels[kind])
    return found


def _followed(
    kind: str,
    abstract: dict[str, etree._Element],
    kinds: dict[str, str],
    owners: dict[str | None, str],
    styles: dict[str, etree._Element],
) -> str:
    """The list definition that holds the levels: a list style's, where `kind` only points to one."""
    for _ in range(_LINKS):
        link = _value(abstract[kind], "numStyleLink") if kind in abstract else None
        if link is None:
            return kind
        named = None if link not in styles else _numbered(styles[link].find(f"{W}pPr"))[0]
        kind = kinds.get(named or "", owners.get(link, ""))
    return kind


def _overridden(num: etree._Element, kind: str, levels: dict[int, _Level]) -> _List:
    """A list with what it changes of its definition: whole levels, and where they start."""
    own, starts = dict(levels), {}
    for override in num.findall(f"{W}lvlOverride"):
        depth = _depth(override)
        level = override.find(f"{W}lvl")
        if level is not None:
            own[depth] = _level(level)
        if (start := _value(override, "startOverride")) is not None:
            starts[depth] = _int(start)
    return _List(kind, own, starts)


def _number(named: _List, counts: list[int | None], depth: int, shown: _Level) -> str:
    """The count of one level, as the level itself or, in legal numbering, as the one that is shown wants it."""
    level, count = named.levels.get(depth), counts[depth]
    if count is None:
        count = named.starts.get(depth, level.start if level else 1)
    if level is None or shown.is_legal or not 0 < count < 10_000:
        return str(count)
    return f"{count:0{level.digits}}" if level.digits else ordinal(count, level.format)


def _bullet(level: _Level) -> str:
    sign = level.template if level.template in _BULLETS else "•"
    return sign + ("" if sign == "——" or level.suffix == "nothing" else " ")


def _numbered(properties: etree._Element | None) -> tuple[str | None, int | None]:
    """The list and the depth that paragraph properties name, each None where they do not."""
    own = None if properties is None else properties.find(f"{W}numPr")
    if own is None:
        return None, None
    depth = _value(own, "ilvl")
    return _value(own, "numId"), None if depth is None else _int(depth)


def _level(element: etree._Element) -> _Level:
    numbers = element.find(f"{W}numFmt")
    if numbers is None:  # a format of a later Word stands beside what an earlier one shows
        numbers = next(element.iter(f"{W}numFmt"), None)
    kind = "decimal" if numbers is None else numbers.get(f"{W}val") or "decimal"
    custom = "" if numbers is None or kind != "custom" else (numbers.get(f"{W}format") or "").split(",")[0].strip()
    restart = _value(element, "lvlRestart")
    return _Level(
        start=_int(_value(element, "start") or "0"),
        format=kind,
        template=(_value(element, "lvlText") or "")[:40],
        suffix=_value(element, "suff") or "tab",
        is_legal=is_on(element.find(f"{W}isLgl")),
        restart=None if restart is None else _int(restart),
        is_hidden=is_on(element.find(f"{W}rPr/{W}vanish")),
        style=_value(element, "pStyle"),
        digits=len(custom) if custom.isascii() and custom.isdigit() and len(custom) < 9 else 0,
    )


def is_bullet(label: str) -> bool:
    """Whether a label is a sign that all of its level have in common."""
    return label.strip() in _BULLETS


def is_on(switch: etree._Element | None) -> bool:
    """Whether a switch such as `<w:vanish/>` is there and not set to false."""
    return switch is not None and (switch.get(f"{W}val") or "true") not in ("0", "false", "off", "none")


def _is_default(style: etree._Element) -> bool:
    return style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true", "on")


def _value(parent: etree._Element, name: str) -> str | None:
    found = parent.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val")


def _depth(element: etree._Element) -> int:
    return _int(element.get(f"{W}ilvl"))


def _int(text: str | None) -> int:
    """A number of the file within bounds, 0 where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 4 else 0
