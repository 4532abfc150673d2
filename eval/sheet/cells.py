"""Reads a workbook's cells with their types in a process of its own: calamine may take down who gives it a damaged one.

Run as a script, without this package: the workbook's bytes on standard input, a JSON line for each visible sheet on
standard output: its name, its merged cells, its rows, each with its number as Excel counts and its cells: text as
text, yes and no as such, [what it is, its text] for numbers and dates. What they mean is sheet's.
"""

import io
import json
import sys
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

ENCRYPTED, DAMAGED, TOO_LARGE = 3, 4, 5
_MEMORY = 2 * 1024**3
"""Bytes of memory that the process may take."""
_UNPACKED = 200 * 1024**2
"""Bytes of a workbook's parts: ten thousand questions have 20 million."""
_ROWS, _COLUMNS = 100_000, 200

Cell = int | float | str | bool | time | date | datetime | timedelta


def typed(value: Cell) -> object:
    """A cell as JSON that keeps its type.

    >>> [typed(v) for v in ("007", True, 7.0, date(2022, 6, 6))]
    ['007', True, ['number', '7'], ['date', '2022-06-06']]
    """
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return ["number", f"{value:g}"]
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return ["date", str(value)]


def _is_large(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(info.file_size for info in archive.infolist()) > _UNPACKED


def main() -> int:
    """Reads standard input, writes standard output; the exit code."""
    import python_calamine as calamine

    out = open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    content = sys.stdin.buffer.read()
    try:
        if content.startswith(b"PK") and _is_large(content):
            return TOO_LARGE
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for one in book.sheets_metadata:
            if one.visible != calamine.SheetVisibleEnum.Visible or one.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(one.name)
            top, left = sheet.start or (0, 0)
            if sheet.height > _ROWS or sheet.width + left > _COLUMNS:
                return TOO_LARGE
            merged = [[a + 1, b, c + 1, d] for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
            rows = [[n, [""] * left + _row(row)] for n, row in enumerate(sheet.to_python(), top + 1)]
            out.write(json.dumps({"name": one.name, "merged": merged, "rows": rows}) + "\n")
    except calamine.PasswordError:
        return ENCRYPTED
    except (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError):
        return DAMAGED
    out.flush()
    return 0


def _row(row: Iterable[Cell]) -> list[object]:
    return [typed(value) for value in row]


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
