"""Workbooks and CSV: titles, column names, merged cells, notes, and files that are too much."""

import re
import time
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from toys import changed

from rag import document
from rag.clause import Document, DocumentId, Text
from rag.errors import NoText, Unreadable
from rag.load import sheet
from rag.load.sheet import workbook
from rag.parse import parse

PATH = Path("任务分解表.xlsx")


def book(*sheets: tuple[str, list[list[object]], list[str]], formats: dict[str, str] | None = None) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows, merged in sheets:
        one = made.create_sheet(name)
        for row in rows:
            one.append(row)
        for area in merged:
            one.merge_cells(area)
        for place, code in (formats or {}).items():
            one[place].number_format = code
    whole = BytesIO()
    made.save(whole)
    return whole.getvalue()


def cells(text: Text, number: int = 0) -> list[list[str]]:
    return [[text.characters[a:b] for a, b in row] for row in text.tables[number].rows]


TASKS: list[list[object]] = [
    ["2024年重点任务分解表", None, None, None, None],
    ["序号", "重点任务", "责任单位", None, "完成时限"],
    [None, None, "牵头部门", "责任部门", None],
    ["一、养老服务", None, None, None, None],
    [1, "建立台账\n（含机构）", "市民政局", "市财政局\n市卫生健康委", datetime(2024, 6, 30)],
    [2, "改造食堂", "市民政局", "市商务局", 0.35],
    ["二、托育服务", None, None, None, None],
    [3.0, "新增托位", "市卫生健康委", None, "长期坚持"],
    ["备注：完成时限以通知为准。", None, None, None, None],
]
AREAS = ["A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "A4:E4", "C5:C6", "A7:E7", "A9:E9"]


def test_a_table_with_title_two_levels_of_names_sections_and_a_note() -> None:
    text = sheet.read(book(("Sheet1", TASKS, AREAS)), PATH)
    lines = text.characters.split("\n")
    assert lines[:4] == [
        "2024年重点任务分解表",
        "序号\t重点任务\t责任单位\t完成时限",
        "牵头部门\t责任部门",
        "一、养老服务",
    ]
    assert lines[-1] == "备注：完成时限以通知为准。"
    assert cells(text) == [
        ["序号", "重点任务", "责任单位", "责任单位", "完成时限"],
        ["序号", "重点任务", "牵头部门", "责任部门", "完成时限"],
        ["一、养老服务"] * 5,
        ["1", "建立台账\n（含机构）", "市民政局", "市财政局\n市卫生健康委", "2024年6月30日"],
        ["2", "改造食堂", "市民政局", "市商务局", "0.35"],
        ["二、托育服务"] * 5,
        ["3", "新增托位", "市卫生健康委", "", "长期坚持"],
    ]
    names, below = text.tables[0].rows[:2]
    assert (names[0], names[2]) == (below[0], names[3])  # a merged cell is one span
    assert text.tables[0].rows[3][2] == text.tables[0].rows[4][2]


def test_rows_become_clauses_with_their_columns() -> None:
    text = sheet.read(book(("Sheet1", TASKS, AREAS)), PATH)
    rows = [clause for clause in parse(text, Document(DocumentId("x"), "任务分解表")) if clause.kind == "table_row"]
    named = [dict(clause.row or {}) for clause in rows if clause.label in ("1", "2", "3")]
    assert [row["重点任务"] for row in named] == ["建立台账\n（含机构）", "改造食堂", "新增托位"]
    assert [row["责任单位/牵头部门"] for row in named] == ["市民政局", "市民政局", "市卫生健康委"]
    assert [row["责任单位/责任部门"] for row in named] == ["市财政局\n市卫生健康委", "市商务局", ""]


def test_title_and_unit_stand_above_names_on_two_levels(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["澜沚市教育经费表", None, None, None, None, None],
        ["填报单位：市财政局", None, None, None, "单位：万元", None],
        ["指标", "金额", None, None, None, None],  # two names for six columns
        [None, "2020年", "2021年", "2022年", "2023年", "占比"],
        ["小学", 1234.5, 1300, 1400, 1500, 0.35],
        ["初中", 1100, 1200, 1300, 1400, 0.125],
    ]
    areas = ["A1:F1", "A2:D2", "E2:F2", "A3:A4", "B3:F3"]
    path = tmp_path / "经费.xlsx"
    path.write_bytes(book(("Sheet1", rows, areas), formats={"B5": "#,##0.00", "F5": "0%", "F6": "0.0%"}))
    found = document.read(path)
    assert found.document.title == "澜沚市教育经费表"
    assert found.text.characters.split("\n")[:2] == ["澜沚市教育经费表", "填报单位：市财政局  单位：万元"]
    assert [dict(clause.row or {}) for clause in found.clauses if clause.kind == "table_row"] == [
        {"指标": "小学", "金额/2020年": "1,234.50", "金额/2021年": "1300", "金额/2022年": "1400",
         "金额/2023年": "1500", "金额/占比": "35%"},
        {"指标": "初中", "金额/2020年": "1100", "金额/2021年": "1200", "金额/2022年": "1300",
         "金额/2023年": "1400", "金额/占比": "12.5%"},
    ]  # fmt: skip


def test_merged_cells_of_a_sheet_that_begins_further_down() -> None:
    rows: list[list[object]] = [[None] * 3] * 3
    rows = [*rows, [None, "事项", "部门"], [None, "甲", "市民政局"], [None, "乙", None]]
    text = sheet.read(book(("Sheet1", rows, ["C5:C6"])), PATH)
    assert cells(text) == [["事项", "部门"], ["甲", "市民政局"], ["乙", "市民政局"]]


# Number formats ------------------------------------------------------------------------------------------------

ACCOUNTS = '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ '
JANUARY = datetime(2024, 1, 5)


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        (0.35, "0%", "35%"), (0.125, "0.00%", "12.50%"), (0.125, "0%", "13%"), (-0.05, "0.0%", "-5.0%"),
        (0.07, "0%", "7%"), (12.5, "0.00", "12.50"), (2.675, "0.00", "2.68"), (1234.5, "#,##0.00", "1,234.50"),
        (1234567, "#,##0", "1,234,567"), (-0.001, "0.00", "0.00"), (12.5, "0.00_ ", "12.50"), (12.5, "0.##", "12.5"),
        (1234.5, '"¥"#,##0.00', "¥1,234.50"), (1234.5, "[$¥-804]#,##0.00", "¥1,234.50"), (1234.5, ACCOUNTS, "¥1,234.50"),
        (-1234.5, ACCOUNTS, "¥-1,234.50"), (0, ACCOUNTS, "0"), (-5, r"0.00_);[Red]\(0.00\)", "(5.00)"),
        (3.5, '0.0"万元"', "3.5万元"), (7, "000", "007"), (1234.5, "General", "1234.5"), (0.333, "# ?/?", "0.333"),
        (1234, "0.00E+00", "1234"), (12345, '0!.0,"万"', "12345"), (5, "[>3]0.0;0", "5"), (0, "0;-0;;@", "0"),
        ("占35", "0%", "占35"), (True, "0%", "TRUE"), (1e20, "0%", "1" + "0" * 20),
        (JANUARY, 'yyyy"年"m"月"', "2024年1月"), (JANUARY, 'yyyy"年"m"月";@', "2024年1月"), (JANUARY, "yyyy-mm", "2024年1月"),
        (JANUARY, 'yyyy"年"', "2024年"), (JANUARY, 'yyyy"年"m"月"d"日"', "2024年1月5日"), (JANUARY, "m/d", "2024年1月5日"),
    ],
)  # fmt: skip
def test_a_number_is_shown_as_the_sheet_shows_it(value: object, code: str, words: str) -> None:
    content = book(("Sheet1", [["事项", "数值"], ["甲", value], ["乙", "无"]], []), formats={"B2": code})
    assert cells(sheet.read(content, PATH))[1] == ["甲", words]


def test_formats_are_those_of_their_own_sheet_and_cell() -> None:
    one = book(
        ("收入", [["事项", "占比"], ["甲", 0.35], ["乙", 0.4]], []), ("支出", [["事项", "占比"], ["丙", 0.5]], [])
    )
    made = openpyxl.load_workbook(BytesIO(one))
    made["收入"]["B3"].number_format = "0%"
    made["支出"].insert_rows(1, 4)
    made["支出"].insert_cols(1, 2)
    made["支出"]["D6"].number_format = "0.0%"
    whole = BytesIO()
    made.save(whole)
    text = sheet.read(whole.getvalue(), PATH)
    assert [cells(text, n)[1:] for n in (0, 1)] == [[["甲", "0.35"], ["乙", "40%"]], [["丙", "50.0%"]]]


def test_cells_without_a_place_of_their_own_have_their_formats() -> None:
    content = book(("Sheet1", [["事项", "占比"], ["甲", 0.35]], []), formats={"B2": "0%"})
    with zipfile.ZipFile(BytesIO(content)) as archive:
        part = archive.read("xl/worksheets/sheet1.xml")
    bare = re.sub(rb'(<(?:c|row)) r="\w+"', rb"\1", part)
    assert bare != part
    assert workbook.formats(changed(content, "xl/worksheets/sheet1.xml", bare)) == {"Sheet1": {(1, 1): "0%"}}


def test_without_such_formats_no_sheet_is_read_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    content = book(("Sheet1", [["事项", "占比"], ["甲", 0.35]], []))
    monkeypatch.setattr(workbook, "_targets", None)
    assert workbook.formats(content) == {}


def test_several_sheets_are_named_and_hidden_ones_left_out() -> None:
    rows: list[list[object]] = [["事项", "部门"], ["甲", "乙"]]
    content = book(("权责清单", rows, []), ("Sheet2", [["事项", "期限"], ["丙", "丁"]], []), ("空表", [], []))
    made = openpyxl.load_workbook(BytesIO(content))
    made.create_sheet("底稿").append(["不公开"])
    made["底稿"].sheet_state = "hidden"
    whole = BytesIO()
    made.save(whole)
    text = sheet.read(whole.getvalue(), PATH)
    assert text.characters == "权责清单\n事项\t部门\n甲\t乙\nSheet2\n事项\t期限\n丙\t丁"
    assert [cells(text, n) for n in (0, 1)] == [[["事项", "部门"], ["甲", "乙"]], [["事项", "期限"], ["丙", "丁"]]]


def test_blank_rows_and_columns_are_left_out() -> None:
    rows: list[list[object]] = [[None] * 4, [None, "事项", None, "部门"], [None] * 4, [None, "甲", None, "乙"]]
    text = sheet.read(book(("Sheet1", rows, [])), PATH)
    assert (text.characters, cells(text)) == ("事项\t部门\n甲\t乙", [["事项", "部门"], ["甲", "乙"]])


def test_a_sheet_without_a_table_is_lines() -> None:
    text = sheet.read(book(("Sheet1", [["填报说明"], ["一、本表由各单位填报。"]], [])), PATH)
    assert (text.characters, text.tables) == ("填报说明\n一、本表由各单位填报。", ())


@pytest.mark.parametrize(
    "content",
    ["事项,部门,说明\n甲,市民政局,\"多,行\n文字\"\n乙,市财政局,\n", "事项\t部门\t说明\n甲\t市民政局\t\"多,行\n文字\"\n乙\t市财政局\t\n",
     "事项;部门;说明\n甲;市民政局;\"多,行\n文字\"\n乙;市财政局;\n"],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_csv_of_any_encoding_and_delimiter(content: str, encoding: str) -> None:
    text = sheet.read(content.encode(encoding), Path("清单.csv"))
    assert cells(text) == [["事项", "部门", "说明"], ["甲", "市民政局", "多,行\n文字"], ["乙", "市财政局", ""]]


def test_a_quote_that_does_not_close_and_rows_of_any_length() -> None:
    text = sheet.read('事项,部门\n甲,"市民政局\n乙\n丙,丁,戊\n'.encode() + b"x" * 200_000, Path("清单.csv"))
    assert text.characters.startswith('事项\t部门\n甲\t"市民政局\n乙\n丙\t丁\t戊\nxxx')


def test_a_page_under_the_name_of_a_workbook() -> None:
    page = "<html><body><table><tr><th>事项</th><th>部门</th></tr><tr><td>甲</td><td>市民政局</td></tr></table></body></html>"
    assert "市民政局" in sheet.read(page.encode(), Path("导出.xls")).characters
    assert cells(sheet.read("事项\t部门\n甲\t乙".encode("gbk"), Path("导出.xls"))) == [["事项", "部门"], ["甲", "乙"]]


# Hostile -------------------------------------------------------------------------------------------------------


def test_what_is_no_workbook_is_refused() -> None:
    content = book(("Sheet1", [["事项", "部门"], ["甲", "乙"]], []))
    for bad in (content[:900], b"PK\x03\x04rest", b"noise" * 99, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000),
                changed(content, "xl/workbook.xml", None), changed(content, "xl/worksheets/sheet1.xml", b"<worksheet><c")):  # fmt: skip
        with pytest.raises((Unreadable, NoText)):
            sheet.read(bad, PATH)
    with pytest.raises(Unreadable, match="内容是 PDF 文件"):
        sheet.read(b"%PDF-1.4 rest", PATH)
    with pytest.raises(NoText):
        sheet.read(book(("Sheet1", [], [])), PATH)


def test_bombs_are_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.monotonic()
    content = book(("Sheet1", [["事项", "部门"], ["甲", "乙"]], []))
    space = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    far = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    with pytest.raises(Unreadable, match="请拆成几份"):
        sheet.read(changed(content, "xl/worksheets/sheet1.xml", space + far), PATH)
    with pytest.raises(Unreadable, match="请拆成几份"):
        sheet.read(
            changed(content, "xl/sharedStrings.xml", b"<sst><si><t>" + b"x" * 2_000_000 + b"</t></si></sst>"), PATH
        )
    with pytest.raises(Unreadable, match="已损坏"):
        sheet.read(changed(content, "xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'), PATH)
    monkeypatch.setattr(sheet, "_UNPACKED", 2**20)
    with pytest.raises(Unreadable, match="解压后过大"):
        sheet.read(changed(content, "xl/worksheets/sheet1.xml", b" " * 2**22), PATH)
    monkeypatch.setattr(sheet, "_ROWS", 100)
    with pytest.raises(Unreadable, match="请拆成几份"):
        sheet.read("甲,乙\n".encode() * 200, Path("a.csv"))
    assert time.monotonic() - start < 60


def test_number_formats_that_are_too_much_or_no_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    content = book(("Sheet1", [["事项", "占比"], ["甲", 0.35]], []), formats={"B2": "0%"})
    space = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    start = time.monotonic()
    for code in (b"0" * 100_000, b"&quot;" * 50_000, b"[" * 100_000, b"0." + b"0" * 200 + b"%", b";" * 9, b"\\"):
        styles = space + b'<numFmts><numFmt numFmtId="9" formatCode="' + code + b'"/></numFmts><cellXfs>'
        styles += b'<xf numFmtId="0"/><xf numFmtId="9"/></cellXfs></styleSheet>'
        assert cells(sheet.read(changed(content, "xl/styles.xml", styles), PATH))[1] == ["甲", "0.35"]
    assert time.monotonic() - start < 60
    for styles in (b"", b"<styleSheet", space + b'<cellXfs><xf numFmtId="x"/><xf/></cellXfs></styleSheet>'):
        assert workbook.formats(changed(content, "xl/styles.xml", styles)) == {}
    monkeypatch.setattr(workbook, "_MARKS", 10)
    with pytest.raises(workbook.TooLarge):
        workbook.formats(content)


def test_formatted_cells_far_below_do_no_harm() -> None:
    content = book(("Sheet1", [["事项", "部门"], ["甲", "乙"]], []))
    with zipfile.ZipFile(BytesIO(content)) as archive:
        part = archive.read("xl/worksheets/sheet1.xml")
    more = b'<row r="1048576"><c r="A1048576" s="0"/><c r="XFD1048576" s="0"/></row></sheetData>'
    text = sheet.read(changed(content, "xl/worksheets/sheet1.xml", part.replace(b"</sheetData>", more)), PATH)
    assert cells(text) == [["事项", "部门"], ["甲", "乙"]]


def test_a_workbook_that_takes_its_reader_down_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = book(("Sheet1", [["事项", "部门"], ["甲", "乙"]], []))
    for code in ("import os; os.abort()", "raise SystemExit(101)", "import time; time.sleep(60)"):
        (tmp_path / "reader.py").write_text(code)
        monkeypatch.setattr(workbook, "__file__", str(tmp_path / "reader.py"))
        monkeypatch.setattr(sheet, "_SECONDS", 1.0)
        with pytest.raises(Unreadable):
            sheet.read(content, PATH)


def test_the_text_does_not_depend_on_the_working_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert sheet.read(book(("Sheet1", [["事项", "部门"], ["甲", "乙"]], [])), PATH).characters == "事项\t部门\n甲\t乙"
