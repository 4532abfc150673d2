"""What a reader sees of one Word paragraph: its characters, with changes accepted and machinery left out.

Left out: deleted and hidden text, the instructions of fields, pinyin above characters, soft hyphens. Kept: what was
inserted, results of fields, links, signs, formulas as a line of text. Text boxes and notes are only collected: where
they stand is word's to say.
Source: ECMA-376 part 1, 17.3 (runs), 17.13.5 (changes), 17.16 (fields), 22.1 (formulas); part 3, 9 (alternatives).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml import etree

from rag.load.text import clean
from rag.load.word.numbering import Numbering, W, is_on
from rag.load.word.ordinal import ordinal
from rag.load.word.symbol import character, is_sign

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_V = "{urn:schemas-microsoft-com:vml}"
TEXT_BOX, WORD_ART = f"{W}txbxContent", f"{_V}textpath"
ALTERNATIVES = f"{_MC}AlternateContent"

_SKIPPED = {f"{W}{tag}" for tag in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "sdtEndPr", "tblPr", "delText", "rt")}
_BLANK = {f"{W}tab": "  ", f"{W}ptab": "  ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_INSTRUCTION = 300
"""Characters of a field's instruction that are kept: those that draw a sign have 60."""
_NESTED = 50
"""Fields that may be open in one another: Word allows 20."""
_DRAWN = re.compile(r"\s*EQ\b.*\\o\s*(?:\\a[lcrd])?\s*\((.*)[,;，；](.*)\)\s*$", re.IGNORECASE | re.DOTALL)
_RAISED = re.compile(r"\\s\s*\\(?:up|do)\s*\d*\s*\([^()]*\)")

Item: TypeAlias = "etree._Element | str"


@dataclass(slots=True)
class _Field:
    """An open field: its instruction so far, and whether its result has begun."""

    instruction: str = ""
    has_result: bool = False


@dataclass(slots=True)
class Inline:
    """Reads paragraphs; `boxes` and `notes` grow with the text boxes and the (kind, id, has its own mark) they hold."""

    styles: Numbering
    boxes: list[etree._Element] = field(default_factory=list)
    notes: list[tuple[str, str, bool]] = field(default_factory=list)
    _hidden: dict[str | None, bool] = field(default_factory=dict)
    _styled: dict[tuple[str | None, str], bool] = field(default_factory=dict)

    def text(self, paragraph: etree._Element) -> str:
        """The paragraph's characters, without its automatic number and its line end."""
        return clean("".join(self._shown(paragraph)).replace("\xad", ""))

    def has_mark(self, paragraph: etree._Element) -> bool:
        """Whether the paragraph ends where it stands; one whose end was deleted or hidden runs on in the next."""
        mark = paragraph.find(f"{W}pPr/{W}rPr")
        if mark is None:
            return True
        return not (any(mark.find(f"{W}{tag}") is not None for tag in ("del", "moveFrom")) or _switch(mark) is True)

    def is_listing(self, paragraph: etree._Element) -> bool:
        """Whether the paragraph is a line of the table of contents that Word made, by its style (`toc 1`)."""
        return self._is_styled(paragraph, "toc ")

    def is_heading(self, paragraph: etree._Element) -> bool:
        """Whether the paragraph is a heading by its style (`heading 1`)."""
        return self._is_styled(paragraph, "heading ")

    def _is_styled(self, paragraph: etree._Element, begin: str) -> bool:
        """Whether the name of the paragraph's style, or of one it is based on, begins so."""
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        name = None if style is None else style.get(f"{W}val")
        if (name, begin) not in self._styled:
            names = (above.find(f"{W}name") for _, above in self.styles.above(name, paragraph))
            self._styled[name, begin] = any(
                found is not None and (found.get(f"{W}val") or "").lower().startswith(begin) for found in names
            )
        return self._styled[name, begin]

    def _shown(self, paragraph: etree._Element) -> Iterator[str]:
        queue: list[Item] = list(reversed(paragraph))
        fields: list[_Field] = []
        hides = self._hides(paragraph.find(f"{W}pPr/{W}pStyle"), paragraph)
        while queue:
            item = queue.pop()
            if isinstance(item, str):
                if all(one.has_result for one in fields):
                    yield item
            elif item.tag == f"{W}fldChar":
                queue.append(_field(item, fields))
            elif item.tag == f"{W}instrText":
                if fields:
                    fields[-1].instruction = (fields[-1].instruction + (item.text or "")[:_INSTRUCTION])[:_INSTRUCTION]
            elif item.tag == f"{W}r" and self._is_hidden(item, hides):
                queue.extend(reversed(item.findall(f"{W}fldChar")))
            else:
                queue.extend(reversed(self._parts(item)))

    def _parts(self, item: etree._Element) -> list[Item]:
        """What an element shows: characters, and elements still to be read."""
        tag = item.tag
        if tag in _SKIPPED or not isinstance(tag, str):
            return []
        if tag == f"{W}t":
            return [_characters(item)]
        if tag in _BLANK:
            return [_BLANK[tag]]
        if tag == f"{W}sym":
            return [character(item.get(f"{W}font") or "", item.get(f"{W}char") or "")]
        if tag == ALTERNATIVES:
            return list(alternative(item))
        if tag in (TEXT_BOX, WORD_ART):
            self.boxes.append(item)
            return []
        if tag in _NOTES:
            own = (item.get(f"{W}customMarkFollows") or "0") not in ("0", "false", "off")
            self.notes.append((_NOTES[tag], item.get(f"{W}id") or "", own))
            return []
        return _formula(item) if tag.startswith(_M) else list(item)

    def _is_hidden(self, run: etree._Element, by_paragraph: bool) -> bool:
        properties = run.find(f"{W}rPr")
        if properties is None:
            return by_paragraph
        own = _switch(properties)
        if own is not None:
            return own
        style = properties.find(f"{W}rStyle")
        return by_paragraph or (style is not None and self._hides(style, run))

    def _hides(self, style: etree._Element | None, element: etree._Element) -> bool:
        """Whether a style, or one that it is based on, hides the text."""
        name = None if style is None else style.get(f"{W}val")
        if name not in self._hidden:
            above = (
                _switch(found) for _, s in self.styles.above(name, element) if (found := s.find(f"{W}rPr")) is not None
            )
            self._hidden[name] = next((switch for switch in above if switch is not None), False)
        return self._hidden[name]


def alternative(element: etree._Element) -> etree._Element | tuple[()]:
    """The one of several forms of the same content that is read: the first, unless only the last resort has text."""
    choice, fallback = element.find(f"{_MC}Choice"), element.find(f"{_MC}Fallback")
    if choice is None or (fallback is not None and not _says(choice) and _says(fallback)):
        return () if fallback is None else fallback
    return choice


def _says(element: etree._Element) -> bool:
    return next(element.iter(f"{W}t", f"{W}sym", f"{_M}t", WORD_ART), None) is not None


def _switch(properties: etree._Element) -> bool | None:
    """Whether run properties hide their text; None where they do not say."""
    found = properties.find(f"{W}vanish")
    return None if found is None else is_on(found)


def _characters(item: etree._Element) -> str:
    """The characters of a `w:t`: blanks at its ends count only where it says so, signs as what they look like."""
    text = re.sub(r"[\t\r\n]+", " ", item.text or "")
    if item.get("{http://www.w3.org/XML/1998/namespace}space") != "preserve":
        text = text.strip(" ")
    properties = item.getparent()[0]  # they come first; to look for them would be slow in a run of many texts
    fonts = properties.find(f"{W}rFonts") if properties.tag == f"{W}rPr" else None
    font = "" if fonts is None else fonts.get(f"{W}ascii") or ""
    if not is_sign(font):
        return text
    return "".join(character(font, f"{ord(c):X}") if c <= "\xff" or "\uf000" <= c <= "\uf0ff" else c for c in text)


def _field(item: etree._Element, fields: list[_Field]) -> str:
    """Opens or closes a field; what a closed one shows that draws its sign by the instruction alone."""
    kind = item.get(f"{W}fldCharType")
    if kind == "begin" and len(fields) < _NESTED:
        fields.append(_Field())
    elif kind == "separate" and fields:
        fields[-1].has_result = True
    elif kind == "end" and fields:
        closed = fields.pop()
        return "" if closed.has_result else _drawn(closed.instruction)
    return ""


def _drawn(instruction: str) -> str:
    r"""What an EQ field shows that lays characters over one another: ⑫, or a character without its pinyin.

    >>> _drawn(r"eq \o\ac(○,12)"), _drawn(r"EQ \* jc0 \o\ad(\s\up 9(lán),澜)"), _drawn("PAGE"), _drawn(r"eq \o\ac(○,印)")
    ('⑫', '澜', '', '印')
    """
    found = _DRAWN.match(_RAISED.sub("", instruction))
    if found is None:
        return ""
    shown = found[2].strip()
    is_circled = (
        found[1].strip() in ("○", "〇", "◯") and shown.isascii() and shown.isdigit() and 0 < int(shown[:3]) <= 20
    )
    return ordinal(int(shown), "decimalEnclosedCircle") if is_circled else shown


def _formula(item: etree._Element) -> list[Item]:
    """A formula's part on one line: a/b, x^2, a_i, √(x), brackets as they are drawn."""
    name = item.tag.removeprefix(_M)
    if name == "t":
        return [item.text or ""]
    if name.endswith("Pr"):
        return []
    if name in ("f", "sSup", "sSub"):
        sign = {"f": "/", "sSup": "^", "sSub": "_"}[name]
        first, second = [child for child in item if not child.tag.endswith("Pr")][:2] or (None, None)
        return [*_grouped(first), sign, *_grouped(second)]
    if name == "rad":
        return ["√", *_grouped(item.find(f"{_M}e"))]
    if name == "d":
        return [_value(item, "begChr", "("), *item, _value(item, "endChr", ")")]
    return [_value(item, "chr", "∫"), *item] if name == "nary" else list(item)


def _grouped(part: etree._Element | None) -> list[Item]:
    """A part of a formula, in brackets where it has more than one character."""
    if part is None:
        return []
    return [part] if sum(len(t.text or "") for t in part.iter(f"{_M}t")) < 2 else ["(", part, ")"]


def _value(item: etree._Element, name: str, default: str) -> str:
    found = item.find(f"{item.tag}Pr/{_M}{name}")
    return default if found is None else found.get(f"{_M}val") or ""
