"""Gold questions as a workbook: there and back to the letter, no formulas, and what a person does wrong by its row."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from toys import written as documents

from eval import gold, sheet
from eval.gold import BadGold, Fault, Gold, Question, placed, read, sources
from eval.run import checked
from rag.errors import MissingExtra, Unreadable

PLAIN = Question(
    "007", "factual", "租金多久交一次？", gold=(Gold("甲.txt", "第二条", "租金按月缴纳"),), facts=(("按月", "每月"), ("缴纳",)),
    answer="按月缴纳。", note="模板",
)  # fmt: skip
LISTED = Question(
    "l", "enumeration", "要哪些材料？", gold=(Gold("甲.txt", "一/（一）", "身份证；"), Gold("甲.txt", None, "户口簿。")), any_gold=True,
    facts=(("身份证",), ("户口簿",)),
)  # fmt: skip
FOLLOWED = Question(
    "f", "multi_turn", "那滞纳金呢？", ("租金怎么交？", "逾期呢？"), gold=(Gold("甲.txt", "第三条", "万分之五"),)
)
REFUSED = Question("u", "unanswerable", "能养猫吗？", answerable=False, answer="文件没有规定。")
ALL = (PLAIN, LISTED, FOLLOWED, REFUSED)


def saved(folder: Path, *questions: Question) -> Path:
    path = folder / "draft.xlsx"
    path.write_bytes(gold.content(questions, path))
    return path


def back(path: Path) -> list[Question]:
    found, faults = read(path)
    assert faults == []
    return [question for _, question in found]


@contextmanager
def edited(path: Path) -> Iterator[Worksheet]:
    """The sheet of questions, open as in a spreadsheet, saved behind the block."""
    book = openpyxl.load_workbook(path)
    yield book["问题"]
    book.save(path)


PLACES = {column.field: n for n, column in enumerate(sheet.columns(), 1)}


def put(path: Path, row: int, **cells: object) -> Path:
    with edited(path) as one:
        for name, value in cells.items():
            one.cell(row, PLACES[name]).value = value
    return path


# There and back ------------------------------------------------------------------------------------------------


def test_questions_come_back_with_the_numbers_of_their_rows(tmp_path: Path) -> None:
    found, faults = read(saved(tmp_path, *ALL))
    assert faults == []
    assert found == [(2, PLAIN), (3, LISTED), (5, FOLLOWED), (6, REFUSED)]


def test_a_file_of_lines_is_the_same_after_a_workbook(tmp_path: Path) -> None:
    sample = Path(__file__).parent.parent / "eval" / "gold" / "sample.jsonl"
    questions = [question for _, question in read(sample)[0]]
    assert len(questions) > 100
    again = gold.content(back(saved(tmp_path, *questions)), tmp_path / "x.jsonl")
    assert again == gold.content(questions, tmp_path / "x.jsonl")
    wanted = [json.loads(line) for line in sample.read_text(encoding="utf-8").splitlines()]
    for line in wanted:  # a list of one alternative is that alternative
        line["facts"] = [fact[0] if len(fact) == 1 else fact for fact in line["facts"]]
    assert [json.loads(line) for line in again.decode().splitlines()] == wanted


signs = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\\|｜\n\r\t =+-@_x0041'\"是否事实")
texts = st.text(signs, min_size=1, max_size=30).filter(gold.bare)
special = st.sampled_from(["=1+1", "+86", "-5%", "@某", "007", "2022-06-06", "１２", "是", "事实", "_x000A_", "\\n", "a | b", " 甲 ", "1e5", "TRUE"])  # fmt: skip
words = texts | special
asked = words.filter(lambda text: len(text.strip()) > 0)


@st.composite
def questions(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Question:
    entry = st.builds(Gold, words, st.none() | words, words)
    is_answerable = draw(st.booleans())
    return Question(
        draw(words), draw(words | st.sampled_from(["factual", "table"])), draw(asked), tuple(draw(st.lists(asked, max_size=3))),
        is_answerable, tuple(draw(st.lists(entry, min_size=int(is_answerable), max_size=3))), draw(st.booleans()),
        tuple(tuple(draw(st.lists(words, min_size=1, max_size=3))) for _ in range(draw(st.integers(0, 3)))),
        draw(words | st.just("")), draw(words | st.just("")),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(questions(), min_size=1, max_size=4, unique_by=lambda one: sheet.shown(one.id)))
def test_any_question_comes_back_to_the_letter(tmp_path_factory: pytest.TempPathFactory, made: list[Question]) -> None:
    path = saved(tmp_path_factory.mktemp("book"), *made)
    given_back, faults = sheet.lines(path)
    assert faults == []
    assert [json.dumps({"any_gold": False, "note": "", **gold.written(one)}, sort_keys=True) for one in made] == [
        json.dumps(line, sort_keys=True) for _, line in given_back
    ]


@given(st.lists(st.lists(words, min_size=1, max_size=4), max_size=4))
def test_several_texts_in_a_cell_come_apart_as_they_were(given_texts: list[list[str]]) -> None:
    assert sheet.entries(sheet.listed(given_texts)) == given_texts


# As text, never as a formula -----------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", ['=HYPERLINK("http://x","y")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_no_text_becomes_a_formula(hostile: str, tmp_path: Path) -> None:
    one = Question(hostile, hostile, hostile, (hostile,), True, (Gold(hostile, hostile, hostile),), False, ((hostile, hostile),), hostile, hostile)  # fmt: skip
    path = saved(tmp_path, one)
    cells = [cell for row in openpyxl.load_workbook(path)["问题"].iter_rows(min_row=2) for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    with zipfile.ZipFile(path) as book:
        assert b"<f>" not in b"".join(book.read(name) for name in book.namelist() if "sheet" in name)
    assert sheet.lines(path)[0][0][1]["question"] == hostile


def test_what_a_person_sees(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(saved(tmp_path, *ALL))
    assert book.sheetnames == ["问题", "说明"]
    one = book["问题"]
    assert [cell.value.split("\n")[0] for cell in one[1]] == [
        "采用", "编号", "类型", "问题", "前面的问题", "可回答", "文件", "条目", "原文", "任一即可", "要点", "参考答案", "备注",
    ]  # fmt: skip
    assert [cell.value for cell in one[3]] == [
        "是", "l", "列举", "要哪些材料？", None, "是", "甲.txt", "一/（一）", "身份证；", "是", "身份证\n户口簿", None, None,
    ]  # fmt: skip
    assert [cell.value for cell in one[4]] == [None, "l", *[None] * 4, "甲.txt", None, "户口簿。", *[None] * 4]
    assert one["K2"].value == "按月 | 每月\n缴纳"
    assert one["E5"].value == "租金怎么交？\n逾期呢？"
    assert (one.freeze_panes, one.auto_filter.ref) == ("D2", "A1:M6")
    assert one["D2"].alignment.wrap_text
    lists = {str(rule.sqref): rule.formula1 for rule in one.data_validations.dataValidation}
    assert lists["F2:F506"] == '"是,否"'
    assert lists["C2:C506"].strip('"').split(",")[:2] == ["事实", "口语"]
    assert [row[0].value for row in book["说明"].iter_rows(min_row=2, max_row=14)] == [
        f"{column.zh} {column.en}" for column in sheet.columns()
    ]


def test_a_text_too_long_for_a_cell_is_refused_not_cut(tmp_path: Path) -> None:
    with pytest.raises(sheet.TooLongForCell, match=r"007.*32768"):
        saved(tmp_path, gold.replace(PLAIN, answer="长" * 32_768))


def test_without_openpyxl_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(MissingExtra, match=r"\[eval\]"):
        saved(tmp_path, PLAIN)


# Edited by a person --------------------------------------------------------------------------------------------


def test_rows_marked_no_and_rows_of_nothing_are_left_out(tmp_path: Path) -> None:
    path = put(saved(tmp_path, *ALL), 2, use="否")
    put(path, 4, use="no")  # a source of the list only
    put(path, 8, answer="合计 4 题", use="是")
    assert back(path) == [gold.replace(LISTED, gold=LISTED.gold[:1]), FOLLOWED, REFUSED]


def test_blanks_around_a_text_other_words_for_yes_and_moved_columns_do_no_harm(tmp_path: Path) -> None:
    path = put(
        saved(tmp_path, PLAIN),
        2,
        id=" 007 ",
        type="factual ",
        answerable="Yes",
        doc="甲.txt\n",
        facts="按月｜每月 |\n\n缴纳 ",
    )
    with edited(path) as one:
        one.insert_cols(1)
        one["A1"].value = "我的备注"
        one["A2"].value = 3
        one["C1"].value = "id"
    assert back(path) == [PLAIN]
    put_true = put(saved(tmp_path, REFUSED), 2, answerable=False)
    assert back(put_true) == [REFUSED]


def test_rows_of_a_question_need_not_stand_together(tmp_path: Path) -> None:
    path = saved(tmp_path, LISTED, PLAIN)
    with edited(path) as one:
        one.move_range("A3:M3", rows=3)
    assert {question.id: question for question in back(path)} == {"l": LISTED, "007": PLAIN}


def test_what_is_not_wanted_may_be_wrong(tmp_path: Path) -> None:
    path = put(saved(tmp_path, PLAIN, REFUSED), 2, use="否", answerable="也许", facts=3, quote=None)
    assert back(path) == [REFUSED]
    assert back(put(path, 2, question=7)) == [REFUSED]
    assert back(put(path, 2, id=None, question="？")) == [REFUSED]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"id": 7}, "“编号”变成了数字 number（7）"),
        ({"facts": 2}, "“要点”变成了数字 number（2）"),
        ({"question": datetime(2022, 6, 6)}, "“问题”变成了日期 date（2022-06-06）"),
        ({"answerable": "也许"}, "“可回答”应填是或否，现在是“也许”"),
        ({"answerable": None}, "“可回答”是空的"),
        ({"answerable": 1}, "“可回答”应填是或否，现在是“1”"),
        ({"use": "？"}, "“采用”应填是或否，现在是“？”"),
        ({"quote": None}, "“原文”是空的 the quote is empty"),
        ({"quote": "  \n"}, "“原文”是空的 the quote is empty"),
        ({"doc": None}, "“文件”是空的 the document is empty"),
        ({"id": None}, "有问题，没有编号"),
        ({"question": None}, "有出处，没有问题"),
        ({"id": "u"}, "编号与第 2 行相同，内容不同"),
        ({"doc": None, "clause": None, "quote": None}, "an answerable question needs gold"),
        ({"type": None}, "type is a text that is not empty"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(cells: dict[str, object], said: str, tmp_path: Path) -> None:
    path = put(saved(tmp_path, REFUSED, PLAIN), 3, **cells)
    found, faults = read(path)
    assert [fault.line for fault in faults] == [3]
    assert said in faults[0].reason
    assert "\n" not in str(faults[0])
    assert [question for _, question in found] in ([REFUSED], [])


def test_a_missing_column_and_merged_cells_are_named(tmp_path: Path) -> None:
    path = saved(tmp_path, *ALL)
    with edited(path) as one:
        one.merge_cells("G3:G4")
    found, faults = read(path)
    assert [fault.line for fault in faults] == [3, 4]
    assert "取消合并" in faults[0].reason
    assert [question for _, question in found] == [PLAIN, FOLLOWED, REFUSED]
    with edited(path) as one:
        one["I1"].value = "摘录"
    assert read(path) == ([], [Fault(1, "缺少“原文”列 the column “quote” is missing")])


def test_a_fault_in_one_row_spoils_its_question_only(tmp_path: Path) -> None:
    path = put(saved(tmp_path, *ALL), 4, quote=None)
    found, faults = read(path)
    assert [question.id for _, question in found] == ["007", "f", "u"]
    assert faults == [Fault(4, "“原文”是空的 the quote is empty")]


def test_a_run_names_the_rows_and_goes_on_where_it_may(tmp_path: Path) -> None:
    docs = documents(tmp_path / "docs", 甲="甲江市租金办法\n第一条　略。\n第二条　租金按月缴纳。")
    path = put(saved(tmp_path, PLAIN, REFUSED), 4, id="x", question="？", answerable="是", type="事实")
    quiet = {"progress": lambda _stage, _done, _total: None}
    with pytest.raises(BadGold, match="an answerable question needs gold"):
        checked(path, docs, 2000, lenient=False, **quiet)
    asked_here, faults = checked(path, docs, 2000, lenient=True, **quiet)
    assert [question.id for question in asked_here] == ["007", "u"]
    assert [fault.line for fault in faults] == [4]
    assert placed(read(path)[0], sources(docs))[1] == []


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no", b"id,type\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600]
)
def test_what_is_no_workbook_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        read(path)
    with pytest.raises(Unreadable):
        read(tmp_path / "gone.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path, whole = tmp_path / "bomb.xlsx", io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", b" " * 210 * 1024**2)
    path.write_bytes(whole.getvalue())
    with pytest.raises(Unreadable, match="太大"):
        read(path)
