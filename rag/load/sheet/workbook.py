"""Reads a workbook in a process of its own: calamine takes down, and not only with an error, who gives it a damaged one.

Run as a script, without this package: bytes of a file on standard input, limits as arguments (rows, cells), JSON lines
on standard output: for each visible sheet its name and merged cells, then its rows as text. Ends with one of the codes
below. What rows mean is sheet's.

Numbers come out as the sheet shows them: calamine gives what is stored, 0.35 for 35%, so the number formats of an
.xlsx are read here (ECMA-376 part 1, 18.8.30 and 18.8.31): percentages, decimals, thousands, words around them, and
dates without a day. Formats of any other kind, and all of an .xls, leave a number as it is stored.
"""

import io
import json
import posixpath
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml import etree

ENCRYPTED, DAMAGED, TOO_LARGE = 3, 4, 5
_MEMORY = 4 * 1024**3
"""Bytes of memory that the process may take."""
_MARKS = 10_000_000
"""Tags of a part that is read for number formats: a cell of a sheet has four, or one where it is blank."""
_STYLES = 65_490
"""Styles of cells, as in Excel itself."""
_CODE, _DECIMALS, _LARGEST = 255, 30, 1e15
"""Characters and decimals of a format and the number from which it is left as stored: Excel's own bounds."""

_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 17: "mmm-yy", 37: "#,##0", 38: "#,##0",
    39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 43: "#,##0.00", **dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"'),
}  # fmt: skip
"""Formats that a file names by number alone, as Chinese programs show them."""
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*](?P<space>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<digits>General|[#0?](?:[#0?,]*[#0?])?(?:\.[#0?]+)?)|(?P<sign>.)",
    re.S | re.I,
)
_COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+", re.I)
_PLAIN = " -+()$:&'~<>={}^%"
"""Signs that a format shows as they stand; so it does all that is not ASCII."""
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d{1,8})["']""")
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")

Place = tuple[int, int]


# Values --------------------------------------------------------------------------------------------------------


def shown(value: int | float | str | bool | time | date | datetime | timedelta, code: str = "") -> str:
    """A cell's text, much as the sheet shows it; `code` is its number format, "" for none.

    >>> [shown(v) for v in (3.0, 0.1 + 0.2, True, date(2024, 1, 5), datetime(2024, 1, 5, 8, 30), time(8, 30))]
    ['3', '0.3', 'TRUE', '2024年1月5日', '2024年1月5日 08:30', '08:30']
    >>> shown(0.35, "0%"), shown(1234.5, "#,##0.00"), shown(date(2024, 1, 5), "yyyy-mm")
    ('35%', '1,234.50', '2024年1月')
    """
    if isinstance(value, bool):
        return str(value).upper()
    if code and isinstance(value, int | float) and (words := formatted(value, code)) is not None:
        return words
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e300 else f"{value:.15g}"
    if isinstance(value, date) and (parts := _date_parts(code)):
        return f"{value.year}年{value.month}月" if "m" in parts else f"{value.year}年"
    if isinstance(value, datetime) and value.time() != time():
        return f"{shown(value.date())} {value:%H:%M}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def formatted(value: float, code: str) -> str | None:
    r"""The number as the format shows it; None where it is of another kind, or shows no digit.

    >>> [formatted(*case) for case in ((0.125, "0%"), (-1234.5, '"¥"#,##0.00'), (-0.5, '0.0_);[Red](0.0)'))]
    ['13%', '-¥1,234.50', '(0.5)']
    >>> [formatted(*case) for case in ((7, "000"), (3.5, '0.##"万元"'), (1.5, "0.0E+00"), (0, '"-"??'), (1500, "0,"))]
    ['007', '3.5万元', None, None, None]
    """
    sections = _sections(code)
    number = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    section = sections[number] if sections and abs(value) < _LARGEST else None
    if section is None:
        return None
    exact = abs(Decimal(f"{value:.15g}")) * (100 if section.is_percent else 1)
    digits = shown(float(exact)) if section.digits.lower() == "general" else _digits(exact, section.digits)
    if not digits:
        return None
    is_negative = value < 0 and number == 0 and digits.strip("0.,") != ""
    return ("-" if is_negative else "") + (section.before + digits + section.after).strip()


class _Section(NamedTuple):
    """How a format shows the numbers of one sign: what stands before the digits, the digits, what stands after them."""

    before: str
    digits: str
    after: str
    is_percent: bool


@lru_cache(1024)
def _sections(code: str) -> tuple[_Section | None, ...]:
    """The parts of a format for positive numbers, negative ones and zero; None for one of another kind."""
    parts: list[list[re.Match[str]]] = [[]]
    for token in _TOKEN.finditer(code[: _CODE + 1]):
        if token["sign"] == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    found = tuple(_section(part) for part in parts[:3])
    return found if any(found) and len(code) <= _CODE else ()


def _section(tokens: list[re.Match[str]]) -> _Section | None:
    words, digits = ["", ""], ""
    percents = 0
    for token in tokens:
        if token["digits"] and digits:
            return None
        digits = token["digits"] or digits
        shows = _words(token)
        if shows is None:
            return None
        words[1 if digits else 0] += shows
        percents += token["sign"] == "%"
    if not digits or percents > 1 or len(digits.partition(".")[2]) > _DECIMALS:
        return None
    if digits.lower() == "general" and not any(words):
        return None  # as stored
    return _Section(words[0], digits, words[1], percents == 1)


def _words(token: re.Match[str]) -> str | None:
    """What a format's token shows beside digits; None for one of dates, fractions, powers or conditions."""
    bracket, sign = token["bracket"], token["sign"]
    if bracket is not None:
        if bracket.startswith("$"):
            return bracket[1:].partition("-")[0]  # [$¥-804]: a currency, a language
        return "" if _COLOUR.fullmatch(bracket) else None
    if sign is not None:
        return sign if sign in _PLAIN or not sign.isascii() else None
    return token["quoted"] or token["escaped"] or ""


def _digits(value: Decimal, places: str) -> str:
    """The digits of a number that is not negative; "" for a zero of which the format shows nothing."""
    before, _, after = places.partition(".")
    rounded = value.quantize(Decimal(1).scaleb(-len(after)), ROUND_HALF_UP, Context(prec=60))
    if not rounded and "0" not in places:
        return ""
    whole, _, decimals = f"{rounded:f}".partition(".")
    whole = whole.zfill(before.count("0"))
    if "," in before:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole)
    least = after.rfind("0") + 1
    decimals = decimals[:least] + decimals[least:].rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


@lru_cache(1024)
def _date_parts(code: str) -> str:
    """The letters of a format of dates that shows no day, "ym" or "y", else none.

    >>> [_date_parts(code) for code in ('yyyy"年"m"月";@', "[$-804]yyyy", "yyyy-mm-dd", "0.0", "")]
    ['ym', 'y', '', '', '']
    """
    first = [token["sign"] for token in _TOKEN.finditer(code.partition(";")[0][:_CODE]) if token["sign"]]
    letters = {sign.lower() for sign in first if sign.isascii() and sign.isalpha()}
    if "y" not in letters or not letters <= {"y", "m"}:
        return ""
    return "ym" if "m" in letters else "y"


# Number formats in a file --------------------------------------------------------------------------------------


class TooLarge(ValueError):
    """A part holds more tags than may be read."""


def formats(content: bytes) -> dict[str, dict[Place, str]]:
    """By sheet the cells, counted from 0, whose number format shows them otherwise than they are stored.

    Nothing of a file other than .xlsx, and no sheet is read where none has such a format. All parts named .xml were
    found to be without document types; others are not read. Raises TooLarge.
    """
    if not content.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        styles = _styles(_part(archive, names, "xl/styles.xml"))
        if not styles:
            return {}
        found: dict[str, dict[Place, str]] = {}
        for sheet, target in _targets(archive, names):
            part = _part(archive, names, target)
            if sheet not in found and any(int(style[1]) in styles for style in _STYLE.finditer(part)):
                found[sheet] = dict(_styled(part, styles))
    return found


def _part(archive: zipfile.ZipFile, names: Mapping[str, str], name: str) -> bytes:
    """The bytes of a part, none where it is not there; raises TooLarge."""
    known = names.get(name.lower(), "") if name.lower().endswith((".xml", ".rels")) else ""
    part = archive.read(known) if known else b""
    if part.count(b"<") > _MARKS:
        raise TooLarge
    return part


def _elements(part: bytes, *tags: str) -> Iterator["etree._Element"]:
    """The elements of these names as they begin, with their attributes; those before them are dropped."""
    from lxml import etree

    if not part:
        return
    wanted = [f"{{*}}{tag}" for tag in tags]
    # Read as UTF-8 whatever the part says: in another encoding a document type would not have been seen.
    read = etree.iterparse(
        io.BytesIO(part), ("start",), tag=wanted, encoding="utf-8", recover=True, resolve_entities=False,
        no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for _, element in read:
            yield element
            before, above = element.getprevious(), element.getparent()
            if before is not None and above is not None:
                above.remove(before)
    except etree.LxmlError:
        return


def _styles(part: bytes) -> dict[int, str]:
    """The format's code by the number of a cell's style, for those that change what is shown."""
    codes = dict(_BUILT_IN)
    found: dict[int, str] = {}
    count = 0
    for element in _elements(part, "numFmt", "xf"):
        number = _number(element.get("numFmtId"))
        above = element.getparent()
        if element.tag.endswith("numFmt"):
            if above is not None and above.tag.endswith("}numFmts"):  # not those of conditional formats
                codes[number] = element.get("formatCode", "")
        elif above is not None and above.tag.endswith("}cellXfs"):
            code = codes.get(number, "")
            if _sections(code) or _date_parts(code):
                found[count] = code
            count += 1
            if count == _STYLES:
                break
    return found


def _targets(archive: zipfile.ZipFile, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name of each sheet and the part that holds it."""
    parts = {
        element.get("Id", ""): posixpath.normpath(posixpath.join("/xl", element.get("Target", ""))).lstrip("/")
        for element in _elements(_part(archive, names, "xl/_rels/workbook.xml.rels"), "Relationship")
    }
    for element in _elements(_part(archive, names, "xl/workbook.xml"), "sheet"):
        own = next((value for name, value in element.items() if name.endswith("}id")), "")
        yield element.get("name", ""), parts.get(own, "")


def _styled(part: bytes, styles: Mapping[int, str]) -> Iterator[tuple[Place, str]]:
    """Where the cells of these styles stand, with their formats; without a place of its own a cell follows the last."""
    codes = {str(number): code for number, code in styles.items()}
    row, column, last = -1, -1, ""
    for element in _elements(part, "row", "c"):
        own = element.get("r", "")
        if element.tag.endswith("row"):
            row, column, last = (_number(own) or row + 2) - 1, -1, ""
            continue
        code = codes.get(element.get("s", ""))
        if own and not code:
            last = own
            continue
        place = _PLACE.fullmatch(own or last)
        if place:
            row, column = int(place[2]) - 1, _column(place[1])
        if not own:
            column += 1
        last = ""
        if code:
            yield (row, column), code


def _number(words: str | None) -> int:
    return int(words) if words and len(words) < 9 and words.isascii() and words.isdigit() else 0


def _column(letters: str) -> int:
    """The number of a column, counted from 0.

    >>> _column("A"), _column("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


# The process ---------------------------------------------------------------------------------------------------


def main() -> int:
    """Reads standard input, writes standard output; the exit code."""
    import python_calamine as calamine

    rows_left, cells_left = (int(argument) for argument in sys.argv[1:3])
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    content = sys.stdin.buffer.read()
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        codes = formats(content)
        for one in book.sheets_metadata:
            if one.visible != calamine.SheetVisibleEnum.Visible or one.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(one.name)
            rows_left -= sheet.height
            cells_left -= sheet.height * sheet.width
            if rows_left < 0 or cells_left < 0:
                return TOO_LARGE
            top, left = sheet.start or (0, 0)
            merged = [[a - top, b - left, c - top, d - left] for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
            out.write(json.dumps({"name": one.name, "merged": merged}) + "\n")
            own = codes.get(one.name, {})
            for row, values in enumerate(sheet.to_python(), top):
                cells = [
                    value if isinstance(value, str) else shown(value, own.get((row, column), "") if own else "")
                    for column, value in enumerate(values, left)
                ]
                out.write(json.dumps(cells) + "\n")
    except calamine.PasswordError:
        return ENCRYPTED
    except TooLarge:
        return TOO_LARGE
    except (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError):
        return DAMAGED
    out.flush()
    return 0


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _bound_memory()
    sys.exit(main())
