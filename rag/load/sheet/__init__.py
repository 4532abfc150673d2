"""Workbooks and CSV: each sheet's name, the lines above its table, the table, the notes below it.

A 事项清单 or 任务分解表 is a title, column names, rows and notes. What is above the column names or below the last row
in a single cell is a line, the rest a `Table` whose cells lie in the text with tabs between them. Hidden sheets and
blank rows and columns are left out. Column names on two levels are two rows, merged cells in each of their fields:
what they name is `rag.parse`'s. Numbers are as the sheet shows them (35%, 1,234.50) in .xlsx; those of .xls as stored
(0.35), for its number formats cannot be read.
calamine reads workbooks fast, and takes as much memory as the file's cells lie apart: they are measured beforehand.
"""

import csv
import io
import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from statistics import median

from rag.clause import Span, Table, Text
from rag.errors import NoText, Phrase, Unreadable
from rag.load import page
from rag.load.sheet import workbook
from rag.load.text import clean, decode, kind
from rag.load.zipped import is_bounded

_UNPACKED = 400 * 1024 * 1024
"""Bytes of XML in a workbook: a million cells have 50 MB."""
_AREA = 12_000_000
"""Cells between the first and the last of a sheet, blank ones too: calamine takes 32 bytes for each."""
_CELLS, _ROWS, _WIDTH = 2_000_000, 200_000, 1000
_SECONDS = 120.0
"""Time that a workbook may take."""
_LENGTH = 20_000_000
"""Characters of all cells."""
_LONGEST = 32_767
"""Characters of a cell at most, as in Excel itself."""

_CELL = re.compile(rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)??r\s*=\s*["']([A-Z]{1,3})(\d{1,7})["'][^<>]*(?<!/)>""")
_LOOSE = re.compile(rb"<(?:\w+:)?c(?![^<>]*\sr\s*=)(?:\s[^<>]*)?(?<!/)>")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br\s*=\s*["'](\d{1,7})["']""")
_STRING = re.compile(rb"<(?:\w+:)?si[\s>]")
_RARE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")
_PLAIN_NAME = re.compile(r"(?:sheet|工作表|表)\s*\d*", re.I)
_NOTE = re.compile(r"(?:备\s*注|附\s*注|注|说\s*明|填表|制表|审核|联系)[^\n]{0,6}[:：\d]|[*※]")
_SECTION = re.compile(r"[（(]?[一二三四五六七八九十]{1,3}[、）).．]|第[一二三四五六七八九十]{1,3}[章节部]")


class _Grid:
    """The filled part of a sheet: `cells[row][column]`, and for fields within a merged cell its upper left field."""

    def __init__(self, rows: list[list[str]], merged: Iterable[tuple[int, int, int, int]] = ()) -> None:
        width = max((len(row) for row in rows), default=0)
        self.cells = [row + [""] * (width - len(row)) for row in rows]
        self.owner: dict[tuple[int, int], tuple[int, int]] = {}
        for top, left, bottom, right in merged:
            for row in range(top, min(bottom + 1, len(rows))):
                for column in range(left, min(right + 1, width)):
                    self.owner[row, column] = (top, left)
        self.touched = {row for row, _ in self.owner}
        self.rows = [r for r, row in enumerate(self.cells) if any(row) or (r in self.touched and self.filled(r, width))]
        filled: set[int] = set()
        for cells in self.cells:
            if len(filled) < width:
                filled.update(c for c in range(width) if cells[c])
        self.columns = sorted(filled)

    def at(self, row: int, column: int) -> tuple[int, int]:
        """The field that holds the text of this one."""
        return self.owner.get((row, column), (row, column))

    def text(self, row: int, column: int) -> str:
        """The text of a field, that of the merged cell where it lies in one."""
        r, c = self.at(row, column)
        return self.cells[r][c]

    def filled(self, row: int, width: int | None = None) -> list[tuple[int, int]]:
        """The fields that give a row its text, each once, in order."""
        columns = self.columns if width is None else range(width)
        if row not in self.touched:
            return [(row, c) for c in columns if self.cells[row][c]]
        return list(dict.fromkeys(at for c in columns if self.cells[(at := self.at(row, c))[0]][at[1]]))


def read(content: bytes, path: Path) -> Text:
    """The text of a `.xlsx`, `.xls` or `.csv` file with its tables.

    Raises Unreadable where it is damaged, encrypted, too large or no such file, NoText where all cells are blank.
    Cost: some 5 µs a cell, three times that where number formats are used.
    """
    found = kind(content)
    if found in ("ZIP/Office", "Office 97-2003") and path.suffix.lower() != ".csv":
        sheets = _workbook(content, path)
    elif found is not None:
        reason = Phrase(zh=f"内容是 {found} 文件，与扩展名不符", en=f"it is a {found} file, not what its ending says")
        raise Unreadable(path=path, reason=reason)
    elif path.suffix.lower() == ".xlsx":
        raise Unreadable(path=path, reason=_damaged())
    elif re.match(rb"\s*(?:<!doctype html|<html|<table|<meta)", content[:1000], re.I):
        return page.read(content, path)  # many programs write a page under the name of a workbook
    else:
        sheets = [("", _csv(clean(decode(content, path)), path))]
    writer = _Writer()
    filled = [(name, grid) for name, grid in sheets if grid.rows]
    for name, grid in filled:
        if name and (len(filled) > 1 or not _PLAIN_NAME.fullmatch(name)):
            writer.line(name)
        _sheet(writer, grid)
    if not writer.length:
        raise NoText(path=path)
    return writer.text()


def _damaged() -> Phrase:
    return Phrase(zh="工作簿已损坏或不是工作簿", en="the workbook is damaged or none")


# Files ---------------------------------------------------------------------------------------------------------


def _workbook(content: bytes, path: Path) -> list[tuple[str, _Grid]]:
    """The visible sheets with their names, read in a process that may fail."""
    if content.startswith(b"PK"):
        _measure(content, path)
    command = [sys.executable, "-P", workbook.__file__, str(_ROWS), str(_CELLS)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(path=path, reason=_too_large()) from error
    if done.returncode == workbook.ENCRYPTED:
        raise Unreadable(path=path, reason=Phrase(zh="文件已加密", en="it is encrypted"))
    if done.returncode:
        raise Unreadable(path=path, reason=_too_large() if done.returncode == workbook.TOO_LARGE else _damaged())
    return list(_sheets(done.stdout, _Bounds(path)))


def _sheets(output: bytes, bounds: "_Bounds") -> Iterator[tuple[str, _Grid]]:
    name, merged, rows = "", list[tuple[int, int, int, int]](), list[list[str]]()
    for line in output.splitlines():
        found = json.loads(line)
        if isinstance(found, list):
            rows.append(bounds.counted([_words(cell) for cell in found]))
            continue
        if rows:
            yield name, _Grid(rows, _kept(merged, len(rows)))
        name, merged, rows = clean(found["name"]).strip(), found["merged"], []
    if rows:
        yield name, _Grid(rows, _kept(merged, len(rows)))


def _kept(merged: Iterable[tuple[int, int, int, int]], height: int) -> Iterator[tuple[int, int, int, int]]:
    """The merged cells that lie in the sheet, as many as do not cover it over and over."""
    area = 0
    for top, left, bottom, right in merged:
        area += max(0, min(bottom, height) - top + 1) * max(0, min(right, _WIDTH) - left + 1)
        if top >= 0 and left >= 0 and area <= _CELLS:
            yield top, left, bottom, right


class _Bounds:
    """Counts what all sheets hold together and refuses what is too much."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = self.cells = self.length = 0

    def counted(self, row: list[str]) -> list[str]:
        self.rows += 1
        self.cells += len(row)
        self.length += sum(map(len, row))
        if self.rows > _ROWS or self.cells > _CELLS or self.length > _LENGTH:
            raise Unreadable(path=self.path, reason=_too_large())
        return row


def _too_large() -> Phrase:
    rows, cells = _ROWS // 10_000, _CELLS // 10_000
    return Phrase(
        zh=f"表格超过 {rows} 万行或 {cells} 万个单元格的上限，请拆成几份",
        en=f"the table has more than {rows}0,000 rows or {cells}0,000 cells: split it",
    )


def _measure(content: bytes, path: Path) -> None:
    """Raises Unreadable where reading the workbook would take more memory than it may; reads all its parts once."""
    left = _UNPACKED
    cells = longest = 0
    if not is_bounded(io.BytesIO(content)):
        raise Unreadable(path=path, reason=_damaged())
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if not any(info.filename.lower() == "xl/workbook.xml" for info in infos):
                raise Unreadable(path=path, reason=_damaged())
            for info in infos:
                if not info.filename.lower().endswith((".xml", ".rels")):
                    continue
                left -= info.file_size
                if left < 0:
                    raise Unreadable(path=path, reason=Phrase(zh="解压后过大", en="it is too large once unpacked"))
                part = archive.read(info)
                if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
                    raise Unreadable(path=path, reason=_damaged())
                cells += _area(part, path)
                longest = max(longest, *(_lengths(part)))
    except RuntimeError as error:  # zipfile's only sign of a password
        raise Unreadable(path=path, reason=Phrase(zh="文件已加密", en="it is encrypted")) from error
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError) as error:
        raise Unreadable(path=path, reason=_damaged()) from error
    if longest > 20 * _LONGEST or cells * longest > 100 * _UNPACKED:
        raise Unreadable(path=path, reason=_too_large())


def _area(part: bytes, path: Path) -> int:
    """The number of a sheet's cells that are not blank; raises Unreadable where they lie too far apart."""
    cells = _CELL.findall(part)
    rows = {int(row) for row in {row for _, row in cells}}
    columns = {_column(letters) for letters in {letters for letters, _ in cells}}
    loose = len(_LOOSE.findall(part))  # without a place of its own: next to the one before, in the row that is named
    if loose:
        rows.update(map(int, _ROW.findall(part)))
    height = max(rows, default=0) - min(rows, default=0) + 1
    width = max(columns, default=0) - min(columns, default=0) + 1 + min(loose, _WIDTH)
    if height * width > _AREA:
        raise Unreadable(path=path, reason=_too_large())
    return len(cells) + loose


def _column(letters: bytes) -> int:
    """The number of a column.

    >>> _column(b"A"), _column(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _lengths(part: bytes) -> Iterator[int]:
    """The bytes of each shared string."""
    starts = [*(found.start() for found in _STRING.finditer(part)), len(part)]
    yield 0
    yield from (b - a for a, b in pairwise(starts))


def _words(cell: str) -> str:
    r"""A cell's text without what would break its row.

    >>> _words(" 甲\t乙 \r\n 丙 ")
    '甲 乙\n丙'
    """
    if not _RARE.search(cell):
        return cell.strip()
    return re.sub(r"\s*\n\s*", "\n", clean(cell).replace("\t", " ")).strip()


def _csv(characters: str, path: Path) -> _Grid:
    """The rows of a CSV text; where its quotes do not close, the lines as they are."""
    delimiter = _delimiter(characters)
    bounds = _Bounds(path)
    try:
        rows = csv.reader(io.StringIO(characters, newline=""), delimiter=delimiter, strict=True)
        return _Grid([bounds.counted([_words(cell) for cell in row]) for row in rows])
    except csv.Error:
        bounds = _Bounds(path)
        lines = characters.split("\n")
        return _Grid([bounds.counted([_words(cell) for cell in line.split(delimiter)]) for line in lines])


def _delimiter(characters: str) -> str:
    """The sign that parts the cells of the first lines most evenly, into two at least; a comma where none does."""
    head = list(islice((line for line in characters[:200_000].split("\n") if line.strip()), 50))

    def evenly(sign: str) -> tuple[float, float]:
        found = [line.count(sign) for line in head]
        usual = median(found) if found else 0
        return (sum(n == usual for n in found) / max(1, len(found)) if usual else 0.0, usual)

    return max((",", "\t", ";"), key=evenly)


# Sheets --------------------------------------------------------------------------------------------------------


class _Writer:
    """Writes lines and rows as one text and notes where the cells stand."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.tables: list[Table] = []

    def line(self, words: str) -> None:
        self.parts.append(words + "\n")
        self.length += len(words) + 1

    def row(self, cells: Sequence[str]) -> tuple[Span, ...]:
        """Writes the cells that are not blank, with tabs between them; the spans of all."""
        spans: list[Span] = []
        at = self.length
        for cell in cells:
            spans.append((at, at + len(cell)))
            at += len(cell) + 1 if cell else 0
        filled = [cell for cell in cells if cell]
        if filled:
            self.line("\t".join(filled))
        last = self.length - 1  # a blank cell after the last stands at the end of the row
        return tuple((min(a, last), min(b, last)) for a, b in spans) if filled else tuple(spans)

    def text(self) -> Text:
        characters = "".join(self.parts).removesuffix("\n")
        return Text(characters, tables=tuple(self.tables))


def _sheet(writer: _Writer, grid: _Grid) -> None:
    """Writes a sheet: lines, its table, its notes."""
    first = _names(grid)
    last = len(grid.rows)
    while last - 1 > first and _is_note(grid, grid.rows[last - 1]):
        last -= 1
    if last - first < 2 or len(grid.columns) < 2:
        first = last = len(grid.rows)
    _lines(writer, grid, grid.rows[:first])
    if first < last:
        _table(writer, grid, grid.rows[first:last])
    _lines(writer, grid, grid.rows[last:])


def _lines(writer: _Writer, grid: _Grid, rows: Sequence[int]) -> None:
    for row in rows:
        own = [grid.cells[r][c] for r, c in grid.filled(row) if r == row]
        if own:
            writer.line("  ".join(own))


def _names(grid: _Grid) -> int:
    """Which of the filled rows holds the column names: the first that fills half of the columns, two at least.

    A row above it with a cell merged into it holds names as well: those of many columns each.
    """
    fields = [grid.filled(row) for row in grid.rows[:50]]
    most = max(map(len, fields), default=0)
    first = next((i for i, own in enumerate(fields) if len(own) >= max(2, most / 2)), 0)
    while first and len(fields[first - 1]) > 1 and set(fields[first - 1]) & set(fields[first]):
        first -= 1
    return first


def _is_note(grid: _Grid, row: int) -> bool:
    """Whether a row of a single cell is a note rather than a section of the table."""
    fields = grid.filled(row)
    if len(fields) != 1 or fields[0][0] != row:
        return False
    words = grid.cells[fields[0][0]][fields[0][1]]
    return _NOTE.match(words) is not None or (len(words) > 20 and _SECTION.match(words) is None)


def _table(writer: _Writer, grid: _Grid, rows: Sequence[int]) -> None:
    """Writes the rows, a cell where it begins; a merged cell is the same span in each of its fields."""
    spans: dict[tuple[int, int], Span] = {}
    made: list[tuple[Span, ...]] = []
    for row in rows:
        if row not in grid.touched and not _is_section(grid, row):
            made.append(writer.row([grid.cells[row][column] for column in grid.columns]))
            continue
        fields = [grid.at(row, column) for column in grid.columns]
        own = [at for at in dict.fromkeys(fields) if at not in spans and grid.cells[at[0]][at[1]]]
        spans.update(zip(own, writer.row([grid.cells[r][c] for r, c in own]), strict=True))
        if _is_section(grid, row):
            fields = [grid.filled(row)[0]] * len(fields)
        made.append(tuple(spans.get(at, (writer.length, writer.length)) for at in fields))
    writer.tables.append(Table(tuple(made)))


def _is_section(grid: _Grid, row: int) -> bool:
    """Whether the row's only cell, though not merged, names the rows below it."""
    if row not in grid.touched and sum(map(bool, grid.cells[row])) != 1:
        return False
    fields = grid.filled(row)
    return len(fields) == 1 and fields[0][0] == row and _SECTION.match(grid.cells[row][fields[0][1]]) is not None
