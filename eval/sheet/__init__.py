"""Gold questions as a workbook that a person edits in a spreadsheet, and back.

A question is a row; further sources of it are rows with its id and nothing but document, clause and quote: three cells
that belong together stay side by side, and a quote may have line ends of its own. Facts and earlier questions are
lines within a cell. Every cell is written as text, so that neither a formula nor a number nor a date is made of it;
what a cell cannot hold is written with a backslash. Back and forth a question is the same to the letter.

Questions are here what a line of a gold file is, an object of JSON; what is missing in one is gold's to say. The words
are in `sheet.toml`.
"""

import io
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.sheet import cells
from rag.errors import MissingExtra, Phrase, RagError, Unreadable

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

Line = dict[str, Any]
"""A question as the object of JSON that stands in a line of a gold file."""
Numbered = list[tuple[int, Line]]
Faults = list[tuple[int, str]]
"""Rows, as Excel counts them, with what is wrong there, in Chinese and English."""

_LIMIT = 50 * 1024**2
"""Bytes of a workbook that is read."""
_CELL = 32_767
"""Characters of a cell at most: Excel's own bound; openpyxl would cut without a word."""
_SECONDS = 60.0
_SEVERAL = {"facts", "turns"}
"""Fields with several lines in a cell."""
_SOURCE = ("doc", "clause", "quote")
_OPTIONAL = {"use", "answer", "note", "any_gold"}
"""Columns that a workbook may lack."""
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What XML cannot hold, and _x000A_, which Excel reads as a character."""
_ENDS = re.compile(r"\A\s+|\s+\Z")
_WRITTEN = re.compile(r"\\(?:(?P<plain>[\\|｜])|(?P<line>n)|u\{(?P<code>[0-9a-f]{1,6})\})")
_BAR = re.compile(r"(?<!\\)(?:\\\\)*[|｜]")
_FORMULA = ("=", "+", "-", "@")


class TooLongForCell(RagError):
    """A text that is longer than a cell of a workbook holds."""

    zh = "编号 {id} 的“{column}”有 {length} 个字符，超过单元格的上限 {limit}，没有写成表格。请缩短，或改用 .jsonl"
    en = "{column} of {id} has {length} characters, a cell holds {limit}: no workbook was written. Shorten it, or take .jsonl"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field that it holds, its two heads, its width in characters, what is said of it."""

    field: str
    zh: str
    en: str
    width: int
    help_zh: str
    help_en: str


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "sheet.toml").read_text(encoding="utf-8"))


@cache
def columns() -> tuple[Column, ...]:
    """The columns, in the order in which they are written; read by their heads in any order."""
    return tuple(Column(**one) for one in _words()["columns"])


# Cells ---------------------------------------------------------------------------------------------------------


def shown(text: str) -> str:
    r"""`text` as a cell holds it: what would be lost there is written with a backslash.

    >>> [shown(one) for one in ("甲\n乙", "C:\\", " 甲", "\x07")]
    ['甲\n乙', 'C:\\\\', '\\u{20}甲', '\\u{7}']
    """
    kept = _UNSEEN.sub(_coded, text.replace("\\", "\\\\"))
    return _ENDS.sub(lambda ends: "".join(f"\\u{{{ord(c):x}}}" for c in ends[0]), kept)


def _coded(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match[0]):x}}}"


def meant(cell: str) -> str:
    r"""The text that a cell stands for, what a person put around it in blanks left out; undoes `shown`.

    >>> [meant(one) for one in ("甲 ", "C:\\\\", "\\u{20}甲", "C:\\neu")]
    ['甲', 'C:\\', ' 甲', 'C:\\neu']
    """
    return _WRITTEN.sub(lambda m: m[0] if m["line"] or m["plain"] not in (None, "\\") else _read(m), cell.strip())


def _read(match: re.Match[str]) -> str:
    if match["line"]:
        return "\n"
    return match["plain"] or (chr(int(match["code"], 16)) if int(match["code"], 16) <= sys.maxunicode else match[0])


def listed(entries: Iterable[Sequence[str]]) -> str:
    r"""Several texts in a cell: one a line, alternatives with a bar between them.

    >>> listed([("2年", "两年"), ("a|b",), ("甲\n乙",)])
    '2年 | 两年\na\\|b\n甲\\n乙'
    """
    return "\n".join(
        " | ".join(re.sub(r"[|｜]", r"\\\g<0>", shown(one)).replace("\n", "\\n") for one in alternatives)
        for alternatives in entries
    )


def entries(cell: str) -> list[list[str]]:
    r"""The lines of a cell, each as its alternatives; blank ones left out. Undoes `listed`.

    >>> entries("2年｜ 两年 |\n\n a\\|b\n甲\\n乙")
    [['2年', '两年'], ['a|b'], ['甲\n乙']]
    """
    found = [[part.strip() for part in _parted(line)] for line in cell.split("\n")]
    return [[_WRITTEN.sub(_read, part) for part in parts if part] for parts in found if any(parts)]


def _parted(line: str) -> list[str]:
    """A line at its bars, but for those behind a backslash that is not itself behind one."""
    cuts = [0, *(match.end() for match in _BAR.finditer(line)), len(line) + 1]
    return [line[start : end - 1] for start, end in pairwise(cuts)]


# Writing -------------------------------------------------------------------------------------------------------


def content(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """The workbook of these questions: a sheet to edit and one that explains it.

    Raises MissingExtra where openpyxl is not installed, TooLongForCell.
    """
    try:
        from openpyxl import Workbook
    except ImportError:
        raise MissingExtra(purpose=Phrase("写表格", "Writing a workbook"), extra="eval") from None
    book = Workbook()
    book.properties.creator = "tiaomu"
    sheet: Worksheet = book.active
    sheet.title = _words()["sheets"]["questions"]
    _head(sheet)
    number = 1
    for line in lines:
        for row in _rows(line):
            number += 1
            for position, column in enumerate(columns(), 1):
                _put(sheet.cell(number, position), row.get(column.field, ""), column, line)
    _arrange(sheet, number)
    _explain(book.create_sheet(_words()["sheets"]["help"]))
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


def _rows(line: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The rows of a question as texts by field: its own with its first source, then the others."""
    first, *others = line["gold"] or [{}]
    facts = [fact if isinstance(fact, list) else [fact] for fact in line["facts"]]
    own = {
        "use": _word(True), "id": shown(line["id"]), "type": _type_shown(line["type"]), "question": shown(line["question"]),
        "turns": listed([turn] for turn in line["turns"] or ()), "answerable": _word(line["answerable"]),
        "any_gold": _word(True) if line.get("any_gold") else "", "facts": listed(facts),
        "answer": shown(line["answer"]), "note": shown(line.get("note") or ""),
    }  # fmt: skip
    yield {**own, **_source(first)}
    for other in others:
        yield {"id": own["id"], **_source(other)}


def _source(gold: Mapping[str, Any]) -> dict[str, str]:
    return {name: shown(gold.get(name) or "") for name in _SOURCE}


def _word(is_so: bool) -> str:
    return str(_words()["yes" if is_so else "no"][0])


def _type_shown(kind: str) -> str:
    """A type in Chinese; one that is not known as it is, and so that it is not read as one that is."""
    names: dict[str, str] = _words()["types"]
    return names.get(kind) or (f"\\u{{{ord(kind[0]):x}}}{shown(kind[1:])}" if kind in names.values() else shown(kind))


def _put(cell: "Cell", text: str, column: Column, line: Mapping[str, Any]) -> None:
    """Text into a cell, as text: whoever opens it finds no formula, and typing there makes no number or date."""
    from openpyxl.styles import Alignment

    if len(text) > _CELL:
        raise TooLongForCell(id=line["id"], column=column.zh, length=len(text), limit=_CELL)
    if text:
        _text(cell, text)
    cell.number_format = "@"
    cell.quotePrefix = text.startswith(_FORMULA)
    cell.alignment = Alignment(vertical="top", wrap_text=True)


def _text(cell: "Cell", text: str) -> None:
    cell.value = text
    cell.data_type = "s"  # openpyxl takes what begins with = for a formula


def _head(sheet: "Worksheet") -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    for position, column in enumerate(columns(), 1):
        cell = sheet.cell(1, position, f"{column.zh}\n{column.en}")
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        place = sheet.column_dimensions[cell.column_letter]
        place.width, place.number_format = column.width, "@"  # new rows are text, too
    sheet.row_dimensions[1].height = 32


def _arrange(sheet: "Worksheet", last: int) -> None:
    """What makes it easy to edit: heads that stay, filters, lists to choose from, a page across for printing."""
    from openpyxl.worksheet.datavalidation import DataValidation

    places = {column.field: sheet.cell(1, n).column_letter for n, column in enumerate(columns(), 1)}
    yes_or_no = [_word(True), _word(False)]
    choices = {"type": [*_words()["types"].values()], **dict.fromkeys(("use", "answerable", "any_gold"), yes_or_no)}
    for name, options in choices.items():
        rule = DataValidation("list", formula1=f'"{",".join(options)}"', allow_blank=True)
        rule.error, rule.errorTitle = "请从下拉框里选", "填写有误"
        rule.add(f"{places[name]}2:{places[name]}{last + 500}")
        sheet.add_data_validation(rule)
    sheet.freeze_panes = sheet.cell(2, 1 + [column.field for column in columns()].index("question"))
    sheet.auto_filter.ref = f"A1:{places['note']}{last}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _explain(sheet: "Worksheet") -> None:
    """What each column holds, in plain words, and how to go about it."""
    from openpyxl.styles import Alignment, Font

    words = _words()["help"]
    rows = [("列 column", "怎么填", "how to fill it in")]
    rows += [(f"{one.zh} {one.en}", one.help_zh, one.help_en) for one in columns()]
    rows += [("", "", ""), *(("", zh, en) for zh, en in zip(words["zh"], words["en"], strict=True))]
    for number, row in enumerate(rows, 1):
        for position, text in enumerate(row, 1):
            cell = sheet.cell(number, position)
            _text(cell, text)
            cell.font, cell.alignment = Font(bold=number == 1), Alignment(vertical="top", wrap_text=True)
    for letter, width in (("A", 24), ("B", 70), ("C", 70)):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"


# Reading -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Group:
    """The rows of one id: the question's own, and the sources of all."""

    row: int = 0
    own: Line = field(default_factory=dict)
    sources: list[Line] = field(default_factory=list)
    is_bad: bool = False
    is_out: bool = False


def lines(path: Path) -> tuple[Numbered, Faults]:
    """The questions of a workbook with the number of their row, and what is wrong with other rows, in order.

    Rows with 否 in the first column, and rows with neither an id nor a question, are left out. A question with a fault
    in any of its rows is not among the questions. Raises Unreadable where the file is no workbook that can be read.
    """
    rows, merged = _sheet(path)
    (_, heads), *below = rows or [(1, [])]
    places = _places(heads)
    if missing := [c for c in columns() if c.field not in places and c.field not in _OPTIONAL]:
        faults = [(1, f"缺少“{c.zh}”列 the column “{c.en}” is missing") for c in missing]
        return [], faults
    groups: dict[str, _Group] = {}
    faults = []
    for number, values in below:
        row = {name: values[place] if place < len(values) else "" for name, place in places.items()}
        is_out = _truth(row.get("use", "")) is False  # whatever else is in it
        wrong = [] if is_out else list(_wrong(row, any(top <= number <= bottom for top, bottom in merged)))
        faults += [(number, reason) for reason in wrong]
        name = row["id"].strip() if isinstance(row["id"], str) else ""
        if name:
            group = groups.setdefault(name, _Group())
            group.is_bad = group.is_bad or bool(wrong)
            faults += [(number, reason) for reason in _added(group, number, row)] if not wrong else []
        elif not (wrong or is_out) and _said(row["question"]):
            faults.append((number, "有问题，没有编号 a question without an id"))
    faults += [(g.row, "有出处，没有问题 a source without its question") for g in groups.values() if _is_torn(g)]
    found = [(g.row, _line(g)) for g in groups.values() if not (g.is_bad or g.is_out or "question" not in g.own)]
    return found, sorted(faults, key=lambda fault: fault[0])


def _is_torn(group: _Group) -> bool:
    return not (group.is_bad or group.is_out) and "question" not in group.own and bool(group.sources)


def _places(heads: Sequence[object]) -> dict[str, int]:
    """Where each field's column is: by the first line of its head, in either language; the first of two."""
    known = {name: one.field for one in columns() for name in (one.zh, one.en)}
    found: dict[str, int] = {}
    for place, head in enumerate(heads):
        name = known.get(str(head).strip().split("\n")[0].strip())
        if name:
            found.setdefault(name, place)
    return found


def _wrong(row: Mapping[str, object], is_merged: bool) -> Iterator[str]:
    """What a person, or Excel in his stead, made of cells that are to be text."""
    if is_merged and any(row.values()):
        yield "有合并的单元格，请取消合并并填满各行 merged cells: unmerge them and fill each row"
    for column in columns():
        value = row.get(column.field, "")
        if column.field in ("use", "answerable", "any_gold"):
            if _truth(value) is None:
                yield f"“{column.zh}”应填是或否，现在是“{_said(value)}” {column.en} is 是 or 否"
        elif not isinstance(value, str):
            kind = "日期 date" if isinstance(value, list) and value[0] == "date" else "数字 number"
            yield f"“{column.zh}”变成了{kind}（{_said(value)}），请设为文本后重填 make {column.en} text and fill it in again"


def _said(value: object) -> str:
    return str(value[1] if isinstance(value, list) else value).strip()[:40]


def _truth(value: object) -> bool | str | None:
    """Yes or no; "" for an empty cell, None for anything else."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else "?"
    return True if word in _words()["yes"] else False if word in _words()["no"] else "" if not word else None


def _added(group: _Group, number: int, row: Mapping[str, Any]) -> Iterator[str]:
    """Takes a row into its group; what does not fit there is said, and spoils the group."""
    has_question = bool(_said(row["question"]))
    group.row = number if has_question and "question" not in group.own else group.row or number
    if _truth(row.get("use", "")) is False:
        group.is_out = group.is_out or has_question
        return
    source = {name: meant(row[name]) for name in _SOURCE}
    if any(source.values()):
        group.sources.append({**source, "clause": source["clause"] or None})
        lacking = [c for c in columns() if c.field in ("doc", "quote") and not source[c.field]]
        for column in lacking:
            group.is_bad = True
            yield f"“{column.zh}”是空的 the {column.en} is empty"
    if not has_question:
        return
    own = _own(row)
    if "question" not in group.own:
        group.own = own
        if own["answerable"] == "":
            group.is_bad = True
            yield "“可回答”是空的，应填是或否 answerable is empty"
    elif own != group.own:
        group.is_bad = True
        yield f"编号与第 {group.row} 行相同，内容不同 the id of row {group.row} with another question"


def _own(row: Mapping[str, Any]) -> Line:
    """The fields of a question's own row."""
    types = {name: kind for kind, names in _words()["types"].items() for name in (names, kind)}
    kind = row["type"].strip()
    facts = entries(row["facts"])
    return {
        "id": meant(row["id"]), "type": types.get(kind) or meant(kind), "question": meant(row["question"]),
        "turns": [_turn(line) for line in row["turns"].split("\n") if line.strip()] or None,
        "answerable": _truth(row["answerable"]), "any_gold": bool(_truth(row.get("any_gold", ""))),
        "facts": [fact[0] if len(fact) == 1 else fact for fact in facts],
        "answer": meant(row.get("answer", "")), "note": meant(row.get("note", "")),
    }  # fmt: skip


def _turn(line: str) -> str:
    return _WRITTEN.sub(_read, line.strip())


def _line(group: _Group) -> Line:
    return {**group.own, "gold": group.sources}


def _sheet(path: Path) -> tuple[list[tuple[int, list[object]]], list[tuple[int, int]]]:
    """The rows of the sheet of questions, the first one if none has its name, and the spans of rows with merged cells."""
    try:
        with path.open("rb") as file:
            whole = file.read(_LIMIT + 1)
    except OSError as error:
        raise Unreadable(path=path, reason=error.strerror or error) from error
    command = [sys.executable, "-P", cells.__file__]
    try:
        done = subprocess.run(command, input=whole[:_LIMIT], capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(path=path, reason=_REASONS[cells.TOO_LARGE]) from error
    code = cells.TOO_LARGE if len(whole) > _LIMIT else done.returncode
    if code:
        raise Unreadable(path=path, reason=_REASONS.get(code, _REASONS[cells.DAMAGED]))
    sheets = [json.loads(line) for line in done.stdout.splitlines()]
    named = [one for one in sheets if one["name"].strip() == _words()["sheets"]["questions"]] or sheets[:1]
    if not named:
        return [], []
    return [(number, values) for number, values in named[0]["rows"]], [(m[0], m[2]) for m in named[0]["merged"]]


_REASONS = {
    cells.ENCRYPTED: Phrase("文件已加密", "it is encrypted"),
    cells.DAMAGED: Phrase("工作簿已损坏或不是工作簿", "the workbook is damaged or none"),
    cells.TOO_LARGE: Phrase("表格太大", "the workbook is too large"),
}
