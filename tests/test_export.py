"""Conversations as Word files and Markdown: read back, to the letter, whatever stands in them."""

import doctest
import re
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from page import export, words
from page.render import Turn
from rag.clause import Answer
from rag.load import read
from rag.settings import load
from tests.standin import HOSTILE, Standin, cited, rules, tasks

ZH, EN = words.of("zh"), words.of("en")
DAY = date(2026, 1, 5)
TABLE = "比较如下：\n| 事项 | 甲市 | 乙市 |\n|---|---|---|\n| 租金 | 60%[1] | 70%|* |\n| 期限 | 5年[2] |\n以上。"


def answer_to(question: str) -> Answer:
    *_, last = Standin(load({})).stream(question)
    return last


def turns(*questions: str) -> list[Turn]:
    return [Turn(one, answer_to(one)) for one in questions]


def lines(file: bytes) -> list[str]:
    return [one.text for one in docx.Document(BytesIO(file)).paragraphs if one.text]


def tokens(text: str) -> list[Token]:
    found: list[Token] = []
    for one in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        found += [one, *(one.children or [])]
    return found


# Numbers -------------------------------------------------------------------------------------------------------


def test_a_number_means_one_passage_in_the_whole_file() -> None:
    parts = export.parts(turns("租金？", "任务？", "租金？", "何时废止？"), ZH)
    assert [part.blocks for part in parts] == [
        ("租金为市场租金的60%[1]。", "有效期5年[2]。"),
        ("筹集120套[3]。",),
        ("租金为市场租金的60%[1]。", "有效期5年[2]。"),
        (f"{HOSTILE}[4][9]",),
    ]
    assert [[one.n for one in part.sources] for part in parts] == [[1, 2], [3], [1, 2], [4]]
    assert parts[1].sources[0].citation == cited(1, tasks(), 3, "筹集120套")


def test_a_passage_that_is_cited_twice_in_an_answer_is_one_source() -> None:
    answer = replace(answer_to("租金？"), answer="甲[1]乙[2]", citations=(cited(1, rules(), 3), cited(2, rules(), 3)))
    (part,) = export.parts([Turn("问", answer)], ZH)
    assert part.blocks == ("甲[1]乙[1]",)
    assert [one.n for one in part.sources] == [1]


def test_a_fault_and_a_question_without_an_answer_are_a_line() -> None:
    parts = export.parts([Turn("问", fault="没有文件"), Turn("问")], EN)
    assert [part.blocks for part in parts] == [("没有文件",), ("There was no answer.",)]


# Word ----------------------------------------------------------------------------------------------------------


def test_a_word_file_is_read_back_to_the_letter() -> None:
    file = export.word("租金？", DAY, turns("租金？", "何时废止？", "上海？"), ZH)
    assert lines(file) == [
        "租金？",
        "导出自 2026 年 1 月 5 日的对话，共 3 问。出处编号贯穿全文：同一编号始终指同一处原文。",
        "租金？",
        "租金为市场租金的60%[1]。",
        "有效期5年[2]。",
        "出处",
        "[1] 《甲市公共租赁住房管理办法》（甲府规〔2024〕3号） 第一章第一条 · 现行有效",
        "“第一条 租金按照市场租金的60%确定。”",
        "[2] 《甲市公共租赁住房管理办法》（甲府规〔2024〕3号） 第三章第三十条 · 现行有效",
        "“有效期5年”",
        "何时废止？",
        "提示 《旧办法》已废止。",
        f"{HOSTILE}[3][9]",
        "出处",
        "[3] 《甲市公共租赁住房管理办法》（甲府规〔2024〕3号） 第一章第二条 · 现行有效",
        f"“第二条 {HOSTILE}”",
        "上海？",
        "未作回答",
        "没有找到。",
    ]


def test_our_own_loader_reads_the_word_file(tmp_path: Any) -> None:
    path = tmp_path / "对话.docx"
    path.write_bytes(export.word("租金？", DAY, [Turn("问", replace(answer_to("租金？"), answer=TABLE))], EN))
    text = read(path)
    assert "“第一条 租金按照市场租金的60%确定。”" in text.characters
    assert len(text.tables) == 1


def test_questions_are_headings_and_tables_are_tables() -> None:
    file = docx.Document(
        BytesIO(export.word("租金？", DAY, [Turn("问", replace(answer_to("租金？"), answer=TABLE))], ZH))
    )
    styles = [(one.style.name, one.text) for one in file.paragraphs if one.style.name.startswith("Heading")]
    assert styles == [("Heading 1", "问"), ("Heading 2", "出处")]
    (table,) = file.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["事项", "甲市", "乙市"],
        ["租金", "60%[1]", "70%|*"],
        ["期限", "5年[2]", ""],
    ]
    assert [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows] == [True, False, False]


def test_the_clauses_of_a_cell_are_paragraphs() -> None:
    answer = replace(
        answer_to("租金？"), answer="| 事项 | 甲市 |\n|---|---|\n| 租金 | 第一条：60%[1]。 第三十条：5年[2]。 |"
    )
    file = docx.Document(BytesIO(export.word("租金？", DAY, [Turn("问", answer)], ZH)))
    cell = file.tables[0].rows[1].cells[1]
    assert [(one.text, one.style.name) for one in cell.paragraphs] == [
        ("第一条：60%[1]。", "Table Text"),
        ("第三十条：5年[2]。", "Table Text"),
    ]


def test_paper_fonts_header_and_page_numbers() -> None:
    file = docx.Document(BytesIO(export.word("租金？", DAY, turns("租金？"), ZH)))
    section = file.sections[0]
    assert (section.page_width.mm, section.page_height.mm) == (pytest.approx(210, 0.01), pytest.approx(297, 0.01))
    assert section.header.paragraphs[0].text == (
        "条目 · 政策文件问答　引文逐字取自原文；仅供查阅，不构成法律意见，以正式公布的文本为准"
    )
    fields = [one.get(qn("w:instr")) for one in section.footer._element.iter(qn("w:fldSimple"))]
    assert fields == ["PAGE", "NUMPAGES"]
    fonts = {
        style: file.styles[style].element.rPr.rFonts.get(qn("w:eastAsia")) for style in ("Title", "Heading 1", "Normal")
    }
    assert fonts == {"Title": "宋体", "Heading 1": "黑体", "Normal": "仿宋"}
    assert not [one for one in file.styles["Title"].element.rPr.rFonts.attrib if one.endswith("Theme")]
    assert (file.core_properties.title, file.core_properties.author) == ("租金？", "条目")


def test_what_xml_forbids_becomes_a_sign() -> None:
    answer = replace(answer_to("何时废止？"), answer="甲\x07乙\ufffe丙\ud800", notices=("\x1b[31m",))
    file = export.word("\x00", DAY, [Turn("\x0e", answer), Turn("=SUM(A1)", fault="\x7f")], ZH)
    found = lines(file)
    assert "甲\ufffd乙\ufffd丙\ufffd" in found
    assert "提示 \ufffd[31m" in found
    assert "=SUM(A1)" in found


@given(st.text(), st.text())
def test_any_text_is_plain_text_in_word(text: str, question: str) -> None:
    answer = replace(answer_to("何时废止？"), answer=text, notices=(text,))
    file = docx.Document(BytesIO(export.word(question, DAY, [Turn(question, answer)], ZH)))
    body = file.element.body.xml
    assert not re.search(r"<w:(hyperlink|instrText|fldSimple|object|pict|drawing)\b", body)
    shown = "".join(file.element.body.itertext())
    for line in text.splitlines():
        if not line.startswith("|"):
            wanted = "".join(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", line).split())
            assert re.sub(r"\[\d+\]", "[]", wanted) in re.sub(r"\[\d+\]", "[]", "".join(shown.split()))


# Markdown ------------------------------------------------------------------------------------------------------


def test_markdown_is_what_it_says() -> None:
    answer = replace(answer_to("何时废止？"), answer=TABLE)
    assert export.markdown("租金？", DAY, [Turn("问", answer), *turns("上海？")], ZH).splitlines() == [
        "# 租金？",
        "",
        "导出自 2026 年 1 月 5 日的对话，共 2 问。出处编号贯穿全文：同一编号始终指同一处原文。",
        "",
        "## 问",
        "",
        "**提示** 《旧办法》已废止。",
        "",
        "比较如下：",
        "",
        "| 事项 | 甲市 | 乙市 |",
        "|---|---|---|",
        r"| 租金 | 60%\[1\] | 70%\|\* |",
        r"| 期限 | 5年\[2\] |  |",
        "",
        "以上。",
        "",
        "**出处**",
        "",
        r"\[1\] 《甲市公共租赁住房管理办法》（甲府规〔2024〕3号） 第一章第二条 · 现行有效",
        r"“第二条 \<img src=x onerror=alert(1)\>”'\&{{7\*7}}\${8\*8}”",
        "",
        "## 上海？",
        "",
        "**未作回答**",
        "",
        "没有找到。",
        "",
        "---",
        "",
        "条目 · 政策文件问答 · 引文逐字取自原文；仅供查阅，不构成法律意见，以正式公布的文本为准",
    ]


MARKUP = (
    *("[x](www.evil)", "![x](y)", "<script>", "&lt;b&gt;", "**b** _i_ ~~s~~", "`c`", "# h", "- l", "1. l", "1) l"),
    *("---", "===", "> q", "    code", "```", "| a | b", "[^1]: f", "a\\", "\\*", "<b@example.org>", "* * *", "+ l"),
    *(":--", "[1]: x"),
)


@pytest.mark.parametrize("text", MARKUP)
def test_markdown_shows_marks_as_marks(text: str) -> None:
    made = tokens(export.markdown(text, DAY, [Turn(text, replace(answer_to("租金？"), answer=text))], ZH))
    assert [one.content for one in made if one.type == "inline"].count("") == 0
    plain = ["".join(child.content for child in one.children or []) for one in made if one.type == "inline"]
    assert [plain[0], plain[2], plain[3]] == [text.strip()] * 3


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_plain_text_in_markdown(text: str) -> None:
    answer = replace(answer_to("何时废止？"), answer=text, notices=(text,))
    found = {one.type for one in tokens(export.markdown(text, DAY, [Turn(text, answer)], EN))}
    assert found <= {
        *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "text_special"),
        *("softbreak", "strong_open", "strong_close", "hr"),
        *("table_open", "thead_open", "tr_open", "th_open", "th_close", "tr_close", "thead_close", "table_close"),
        *("tbody_open", "td_open", "td_close", "tbody_close"),
    }


def test_the_examples_of_the_module_hold() -> None:
    assert doctest.testmod(export).failed == 0
