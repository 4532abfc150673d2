"""A count as Word shows it: every format of ST_NumberFormat that East Asian and Western documents number by.

Left in Arabic digits: Arabic, Hebrew, Hindi, Korean, Russian, Thai and Vietnamese letters and numbers written out in
English. The signs ⑴, ㈠ and ⒈ are written out as they look, (1) and so on: nobody cites a clause by the single sign.
Source: ECMA-376 part 1, 17.18.59; [MS-DOCX] 2.4 for where 一百 and where 一○○ is counted.
"""

from collections.abc import Callable

from rag.numeral import chinese

_LEGAL = {
    "chineseLegalSimplified": "零壹贰叁肆伍陆柒捌玖拾佰仟",
    "ideographLegalTraditional": "零壹貳參肆伍陸柒捌玖拾佰仟",
    "japaneseLegal": "〇壱弐参四伍六七八九拾百阡",
}
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def ordinal(n: int, format: str) -> str:
    """The count `n` (1 to 9999) in the format of that name; Arabic digits where the format is unknown or ends before.

    >>> ordinal(12, "chineseCounting"), ordinal(103, "chineseCounting"), ordinal(103, "chineseCountingThousand")
    ('十二', '一○三', '一百零三')
    >>> ordinal(12, "ideographDigital"), ordinal(12, "chineseLegalSimplified"), ordinal(3, "ideographTraditional")
    ('一二', '壹拾贰', '丙')
    >>> ordinal(21, "decimalEnclosedCircle"), ordinal(4, "upperRoman"), ordinal(28, "lowerLetter"), ordinal(7, "none")
    ('21', 'IV', 'bb', '')
    """
    return _FORMATS[format](n) if format in _FORMATS else str(n)


def _digits(signs: str) -> Callable[[int], str]:
    return lambda n: "".join(signs[int(digit)] for digit in str(n))


def _below_hundred(zero: str) -> Callable[[int], str]:
    """Tens are counted (二十一), from a hundred on digits stand side by side (一○三)."""
    side_by_side = _digits(f"{zero}一二三四五六七八九")
    return lambda n: chinese(n) if n < 100 else side_by_side(n)


def _legal(signs: str) -> Callable[[int], str]:
    """Money's numerals, with 壹 before 拾."""
    plain = str.maketrans("零一二三四五六七八九十百千", signs)
    return lambda n: (("一" if 10 <= n < 20 else "") + chinese(n)).translate(plain)


def _from(signs: str) -> Callable[[int], str]:
    return lambda n: signs[n - 1] if n <= len(signs) else str(n)


def _letters(n: int) -> str:
    return chr(ord("a") + (n - 1) % 26) * ((n - 1) // 26 + 1) if n < 500 else str(n)


def _roman(n: int) -> str:
    out = ""
    for unit, sign in _ROMAN:
        out += sign * (n // unit)
        n %= unit
    return out


_CIRCLED = _from("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")
_WIDE = _digits("０１２３４５６７８９")
_KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
_IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"

_FORMATS: dict[str, Callable[[int], str]] = {
    # Japanese counting says 百 for 一百, but Chinese Word offers it as 一、二、三, and a law's 第一百条 is cited so
    **dict.fromkeys(("chineseCountingThousand", "japaneseCounting", "taiwaneseCountingThousand"), chinese),
    **dict.fromkeys(("chineseCounting", "taiwaneseCounting"), _below_hundred("○")),
    "ideographDigital": _digits("〇一二三四五六七八九"),
    "japaneseDigitalTenThousand": _digits("〇一二三四五六七八九"),
    "taiwaneseDigital": _digits("○一二三四五六七八九"),
    **{name: _legal(signs) for name, signs in _LEGAL.items()},
    "ideographTraditional": _from(_STEMS),
    "ideographZodiac": _from(_BRANCHES),
    "ideographZodiacTraditional": lambda n: _STEMS[(n - 1) % 10] + _BRANCHES[(n - 1) % 12] if n <= 60 else str(n),
    "ideographEnclosedCircle": lambda n: f"（{chinese(n)}）" if n <= 10 else str(n),
    "decimalZero": lambda n: f"{n:02}",
    "decimalFullWidth": _WIDE,
    "decimalFullWidth2": _WIDE,
    "decimalEnclosedCircle": _CIRCLED,
    "decimalEnclosedCircleChinese": _CIRCLED,
    "decimalEnclosedParen": lambda n: f"（{n}）",
    "decimalEnclosedFullstop": lambda n: f"{n}.",
    "numberInDash": lambda n: f"- {n} -",
    "hex": lambda n: f"{n:X}",
    **dict.fromkeys(("aiueo", "aiueoFullWidth"), _from(_KANA)),
    **dict.fromkeys(("iroha", "irohaFullWidth"), _from(_IROHA)),
    "lowerLetter": _letters,
    "upperLetter": lambda n: _letters(n).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda n: _roman(n).upper(),
    **dict.fromkeys(("none", "bullet"), lambda _: ""),
}
