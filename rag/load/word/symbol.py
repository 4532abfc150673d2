"""The characters that Word draws with a font of signs instead of writing them.

A ticked box in a form is `þ` of Wingdings, a ≤ often character 163 of Symbol: here they become the characters that a
reader sees. A sign that no character stands for keeps its code.
Source: Unicode's mapping of Adobe's Symbol; Wingdings by what its signs look like, those that forms and lists use.
"""

_SYMBOL = (
    (0x22, "∀"), (0x24, "∃"), (0x27, "∍"), (0x2A, "∗"), (0x2D, "−"), (0x40, "≅"), (0x41, "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"),
    (0x5C, "∴"), (0x5E, "⊥"), (0x61, "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"), (0x7E, "∼"), (0xA2, "′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…"),
    (0xC0, "ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"), (0xF1, "〉∫"),
)  # fmt: skip
_WINGDINGS = (
    (0x21, "✏✂✁"), (0x28, "☎✆✉"), (0x36, "⌛"), (0x3F, "✍"), (0x45, "☜☞☝☟"), (0x4A, "☺"), (0x4C, "☹"),
    (0x6C, "●❍■□□❑❒◆◆◆❖◆☒"), (0x80, "⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿"), (0x9E, "·•"), (0xA1, "○"), (0xA4, "◉◎"), (0xA7, "▪□"),
    (0xAB, "★"), (0xD8, "➢"), (0xDC, "➲"), (0xDF, "←→↑↓"), (0xE8, "➔"), (0xEF, "⇦⇨⇧⇩"), (0xFB, "✗✓☒☑"),
)  # fmt: skip
_WINGDINGS_2 = ((0x4F, "✗✓☒☑☒☒"), (0x6A, "①②③④⑤⑥⑦⑧⑨⑩"), (0x97, "●"), (0xA3, "□"))

_FONTS = {
    font: {start + i: sign for start, signs in table for i, sign in enumerate(signs)}
    for font, table in (("symbol", _SYMBOL), ("wingdings", _WINGDINGS), ("wingdings 2", _WINGDINGS_2))
}


def character(font: str, code: str) -> str:
    """The character that `font` shows for a hexadecimal code; Word adds F000 to those of fonts of signs.

    >>> character("Wingdings", "F0FE"), character("Symbol", "00A3"), character("宋体", "2611"), character("", "zz")
    ('☑', '≤', '☑', '')
    """
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    signs = _FONTS.get(font.lower())
    low = number - 0xF000 if 0xF000 <= number <= 0xF0FF else number
    if signs is not None and low in signs:
        return signs[low]
    if signs is not None and low < 0x7F:
        number = low if font.lower() == "symbol" else 0xF000 + low
    return chr(number) if 0x20 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else ""


def is_sign(font: str) -> bool:
    """Whether the characters of `font` are signs, whatever letters they are written with."""
    return font.lower() in _FONTS
