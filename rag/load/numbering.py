"""Word's automatic numbers: from numbering.xml and the styles, the label that stands before a paragraph.

Covers the formats that Chinese documents use; another format counts in Arabic digits. Pictures as bullets become •.
Source: ECMA-376 part 1, 17.9 (numbering) and 17.18.59 (ST_NumberFormat).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from rag.numeral import chinese

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
"""The namespace of WordprocessingML, as lxml writes it before a tag."""

_LEVELS = 9
_INHERITED = 20
"""Styles that a style may be based on, one on another: Word stops at 11."""


def _letters(n: int) -> str:
    return chr(ord("a") + (n - 1) % 26) * ((n - 1) // 26 + 1) if n < 500 else str(n)


def _roman(n: int) -> str:
    signs = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
    out = ""
    for unit, sign in (*signs, (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        out += sign * (n // unit)
        n %= unit
    return out


def _circled(n: int) -> str:
    return chr(0x2460 + n - 1) if n <= 20 else str(n)


def _stem(n: int) -> str:
    return "甲乙丙丁戊己庚辛壬癸"[(n - 1) % 10]


def _wide(n: int) -> str:
    return str(n).translate({ord("0") + i: ord("０") + i for i in range(10)})


_FORMATS: dict[str, Callable[[int], str]] = {
    **dict.fromkeys(
        (
            "chineseCounting",
            "chineseCountingThousand",
            "japaneseCounting",
            "taiwaneseCounting",
            "taiwaneseCountingThousand",
        ),
        chinese,
    ),
    "decimalZero": lambda n: f"{n:02}",
    "decimalFullWidth": _wide,
    "decimalFullWidth2": _wide,
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedParen": lambda n: f"（{n}）",
    "ideographTraditional": _stem,
    "lowerLetter": _letters,
    "upperLetter": lambda n: _letters(n).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda n: _roman(n).upper(),
    "none": lambda _: "",
}


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    format: str
    template: str
    suffix: str
    is_legal: bool


class Numbering:
    """Counts the numbered paragraphs of one document; `label` must be asked in the document's order."""

    def __init__(self, numbering: etree._Element | None, styles: etree._Element | None) -> None:
        abstract = (
            {} if numbering is None else {a.get(f"{W}abstractNumId"): a for a in numbering.iter(f"{W}abstractNum")}
        )
        self._lists: dict[str, tuple[str, dict[int, _Level]]] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        for num in () if numbering is None else numbering.iter(f"{W}num"):
            name, kind = num.get(f"{W}numId") or "", _value(num, "abstractNumId") or ""
            if kind in abstract:
                self._lists[name] = (
                    kind,
                    {_int(lvl.get(f"{W}ilvl")): _level(lvl) for lvl in abstract[kind].iter(f"{W}lvl")},
                )
                starts = {
                    _int(override.get(f"{W}ilvl")): _int(start)
                    for override in num.iter(f"{W}lvlOverride")
                    if (start := _value(override, "startOverride")) is not None
                }
                self._restarts[name] = starts
        self._styles = {} if styles is None else {s.get(f"{W}styleId"): s for s in styles.iter(f"{W}style")}
        self._counts: dict[str, list[int | None]] = {}

    def label(self, paragraph: etree._Element) -> str:
        """The number that Word shows before `paragraph`, with what parts it from the text; "" where it has none."""
        name, depth = self._place(paragraph)
        kind, levels = self._lists.get(name, ("", {}))
        level = levels.get(depth)
        if level is None or depth >= _LEVELS:
            return ""
        counts = self._counts.setdefault(kind, [None] * _LEVELS)
        starts = self._restarts.get(name, {})
        if depth in starts:
            counts[depth] = starts.pop(depth) - 1
        counts[depth] = level.start if (before := counts[depth]) is None else before + 1
        counts[depth + 1 :] = [None] * (_LEVELS - depth - 1)
        if level.format == "bullet":
            return "• "
        shown = re.sub(
            r"%([1-9])", lambda m: self._number(levels, counts, int(m[1]) - 1, level.is_legal), level.template
        )
        return shown + (
            "" if level.suffix == "nothing" or shown.endswith(("、", "）", "．", " ", "　")) or not shown else " "
        )

    @staticmethod
    def _number(levels: dict[int, _Level], counts: list[int | None], depth: int, is_legal: bool) -> str:
        level = levels.get(depth)
        count = counts[depth] if counts[depth] is not None else (level.start if level else 1)
        if level is None or is_legal or count is None or not 0 < count < 10_000:
            return str(count)
        return _FORMATS.get(level.format, str)(count)

    def _place(self, paragraph: etree._Element) -> tuple[str, int]:
        """The list and the depth of a paragraph, its own or its style's; ("", 0) where it is in no list."""
        properties = paragraph.find(f"{W}pPr")
        style = None if properties is None else _value(properties, "pStyle")
        name, depth = _list(properties)
        for _ in range(_INHERITED):
            if (name is not None and depth is not None) or style not in self._styles:
                break
            element = self._styles[style]
            above, below = _list(element.find(f"{W}pPr"))
            name, depth = name if name is not None else above, depth if depth is not None else below
            style = _value(element, "basedOn")
        return (name or "", depth or 0) if name != "0" else ("", 0)


def _list(properties: etree._Element | None) -> tuple[str | None, int | None]:
    """The list and the depth that paragraph properties name, each None where they do not."""
    own = None if properties is None else properties.find(f"{W}numPr")
    if own is None:
        return None, None
    depth = _value(own, "ilvl")
    return _value(own, "numId"), None if depth is None else _int(depth)


def _level(element: etree._Element) -> _Level:
    return _Level(
        start=_int(_value(element, "start") or "1"),
        format=_value(element, "numFmt") or "decimal",
        template=(_value(element, "lvlText") or "")[:40],
        suffix=_value(element, "suff") or "tab",
        is_legal=element.find(f"{W}isLgl") is not None,
    )


def _value(parent: etree._Element, name: str) -> str | None:
    found = parent.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val")


def _int(text: str | None) -> int:
    """A number of the file within bounds, 0 where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 4 else 0
