"""Chinese numerals as they stand in official documents; the only place that reads numbers.

Reads 一百二十、〇、两、廿, full-width and circled digits, and makes the normal forms that texts are compared by.
Labels with brackets and the ladder they form are parse's. Normal forms are computed beside a text, never stored.
Source: GB/T 15835-2011 for the forms; the mixtures were met in documents, each has its line in the tests.
"""

import re
import unicodedata
from functools import lru_cache

DIGITS = {
    "〇": 0,
    "○": 0,
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
UNITS = {"十": 10, "百": 100, "千": 1000}
CHINESE = "".join(DIGITS) + "".join(UNITS) + "廿卅"
"""Every character that a Chinese numeral is made of, as a regular expression's character class."""

_RUN = re.compile(f"[{CHINESE}]+")
_BREAK = re.compile(r"(?<=[^\x00-\xff])\s*\n\s*|\s*\n\s*(?=[^\x00-\xff])")
_FOLIO = re.compile(r"\n\s*[-—–－]+\s*\d{1,4}\s*[-—–－]+\s*\n")
_PERCENT = re.compile(f"百分之([{CHINESE}]+)(?:点([{CHINESE}]+))?")


@lru_cache(maxsize=4096)
def value(text: str) -> int | None:
    """The number that `text` spells, or None where it spells none.

    >>> value("一百零三"), value("２1"), value("⑫"), value("二〇二二"), value("三是")
    (103, 21, 12, 2022, None)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain or len(plain) > 12:
        return None
    if plain.isascii() and plain.isdigit():
        return int(plain)
    plain = plain.replace("廿", "二十").replace("卅", "三十")
    if any(c not in DIGITS and c not in UNITS for c in plain):
        return None
    if not any(c in UNITS for c in plain):
        return int("".join(str(DIGITS[c]) for c in plain))
    return _counted(plain)


def _counted(plain: str) -> int | None:
    """The value of a numeral with 十, 百 or 千; None where the units do not fall (五十百) or digits pile up (五五十)."""
    total, digit, last = 0, None, 10_000
    for c in plain:
        if c in UNITS:
            if UNITS[c] >= last or (digit is None and not (c == "十" and total == 0)):
                return None
            last = UNITS[c]
            total += (1 if digit is None else digit) * last
            digit = None
        elif DIGITS[c] == 0 and digit is None:
            continue
        elif digit is not None:
            return None
        else:
            digit = DIGITS[c]
    return total + (digit or 0)


def chinese(number: int) -> str:
    """`number` (1 to 9999) in Chinese numerals.

    >>> chinese(7), chinese(12), chinese(20), chinese(103), chinese(1010)
    ('七', '十二', '二十', '一百零三', '一千零一十')
    """
    digits = "零一二三四五六七八九"
    out, zero = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            out += ("零" if zero else "") + digits[digit] + sign
        zero = bool(out) and (digit == 0)
    return out.removeprefix("一") if out.startswith("一十") else out


def bare(text: str) -> str:
    """`text` in NFKC without any white space: what quotes and questions are compared by.

    >>> bare("２０ 件（含）")
    '20件(含)'
    """
    return "".join(unicodedata.normalize("NFKC", text).split())


def flowing(text: str) -> str:
    r"""`text` on one line as it reads: a line end that a layout put beside a Chinese character leaves nothing.

    Page numbers between two lines go, too; other white space becomes one blank.

    >>> flowing("中华人民共\n— 3 —\n和国  民政部\n2022\n年")
    '中华人民共和国 民政部2022年'
    """
    plain = _FOLIO.sub("\n", text)
    return " ".join(_BREAK.sub("", plain).split())


def arabic(text: str) -> str:
    """`bare(text)` with every Chinese numeral in Arabic digits and 百分之 as %: for comparison only.

    Words that hold a numeral change too (统一 → 统1): the same word changes the same way on both sides.

    >>> arabic("第二十条，三十日内，百分之二点五，二〇二二年")
    '第20条,30日内,2.5%,2022年'
    """
    plain = _PERCENT.sub(_percent, bare(text))
    return _RUN.sub(lambda run: run[0] if (n := value(run[0])) is None else str(n), plain)


def _percent(match: re.Match[str]) -> str:
    whole = value(match[1])
    if whole is None:
        return match[0]
    part = "".join(str(DIGITS.get(c, "")) for c in match[2] or "")
    return f"{whole}.{part}%" if part else f"{whole}%"
