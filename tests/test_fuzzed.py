"""What fuzzing found (tests/fuzz.py): the smallest input of each fault, and what must come of it now."""

import sqlite3
import time
import warnings
import zipfile
from contextlib import closing
from pathlib import Path

import ofdwriter
import pytest
from promises import is_parsed
from test_laws import SCHEMA, database
from test_pdf import page_file, stream

from rag.clause import Table, Text
from rag.errors import Unreadable
from rag.load import archive, laws, markdown, mhtml, ofd, page, pdf


def test_a_second_rule_in_a_markdown_table_begins_no_other_table() -> None:
    found = markdown.read(b"| a |\n|-|\n| 1 |\n|-|\n| 2 |", Path("a.md"))
    (table,) = found.tables
    assert [[found.characters[a:b] for a, b in row] for row in table.rows] == [["a"], ["1"], ["2"]]


def test_tables_within_tables_are_read_in_linear_time() -> None:
    begun = time.process_time()
    deep = b"<table><tr><td>" * 80 + b"<tr>" * 40_000
    assert page.read(deep + "甲".encode(), Path("a.html")).characters.strip() == "甲"
    assert time.process_time() - begun < 60  # no hang: the quadratic way took minutes


def test_a_scan_that_takes_too_long_to_draw_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_SECONDS", 0.1)
    picture = b"q 60 0 1 60 0 0 cm BI /W 8 /H 8 /BPC 8 /CS /G ID " + bytes(64) + b" EI Q\n"
    begun = time.monotonic()
    with pytest.raises(Unreadable, match="过于复杂"):
        pdf.read(page_file(stream(picture * 4000)), Path("a.pdf"))
    assert time.monotonic() - begun < 60


def test_a_database_whose_own_words_are_damaged_is_refused(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db")
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE articles", b"CREATE \x9aABLE articles"))
    with pytest.raises(Unreadable, match="数据库已损坏"):
        laws.members(path)


def test_laws_without_articles_are_looked_up_in_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "laws.db"
    with closing(sqlite3.connect(path)) as rows:
        rows.executescript(SCHEMA)
        rows.executemany("INSERT INTO laws (law_id, law_name) VALUES (?, '甲')", ((f"a{i}",) for i in range(20_000)))
        rows.executemany(
            "INSERT INTO articles (law_id, law_name) VALUES (?, '甲')", ((f"b{i}",) for i in range(20_000))
        )
        rows.commit()
    begun = time.process_time()
    assert laws.members(path) == []
    assert time.process_time() - begun < 60  # no hang: the quadratic way took minutes


def test_control_characters_that_a_page_writes_as_numbers_become_blanks() -> None:
    found = page.read("<title>甲&#27;乙</title><p>丙&#1;丁&#x7f;".encode(), Path("a.html"))
    assert (found.title, found.characters) == ("甲 乙", "丙 丁 ")


@pytest.mark.parametrize("reference", ["&#xD800;", "&#xdFfF;", "&#055296;", "&#57343;", "&#0;", "&#27;"])
def test_references_to_no_character_in_an_ofd_become_blanks(reference: str) -> None:
    content = ofdwriter.package(['<TextObject Boundary="30 50 100 10" Size="5"><TextCode X="0" Y="5">甲</TextCode></TextObject>'.replace("甲", f"甲{reference}乙")])  # fmt: skip
    assert ofd.read(content, Path("a.ofd")).characters.replace(" ", "") == "甲乙"


@pytest.mark.parametrize("name", ["punycode", "undefined", "unicode_escape", "utf-7", "hex", "no such"])
def test_an_encoding_that_is_no_pages_is_not_believed(name: str) -> None:
    content = f"<meta charset={name}><p>第一条　甲-aa".encode()
    assert page.read(content, Path("a.html")).characters == "第一条　甲-aa"
    head = f'MIME-Version: 1.0\nContent-Type: text/html; charset="{name}"\n\n'.encode()
    assert mhtml.read(head + content, Path("a.doc")).characters == "第一条　甲-aa"


@pytest.mark.parametrize("charset", ["charset*=a\0b''x", "charset*0=; charset*=x''y"])
def test_a_message_whose_head_python_cannot_read_is_refused(charset: str) -> None:
    with pytest.raises(Unreadable, match="其中没有网页"):
        mhtml.read(f"MIME-Version: 1.0\nContent-Type: text/html; {charset}\n\n<p>甲".encode(), Path("a.doc"))


def test_files_of_one_name_in_an_archive_are_numbered_in_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as package:
        warnings.simplefilter("ignore")  # zipfile warns of names that are there already
        for _ in range(8000):
            package.writestr("甲.txt", "")
    begun = time.process_time()
    names = archive.members(path)
    assert time.process_time() - begun < 60  # no hang: the quadratic way took minutes
    assert len(names) == 8000
    assert {"甲.txt", "甲 (2).txt", "甲 (8000).txt"} < {*names}


def test_a_page_deep_and_long_is_read_in_linear_time() -> None:
    lines = 4000
    begun = time.process_time()
    found = page.read(b"<div>" * 1500 + "<p>第一条　为了规范，制定本办法。".encode() * lines, Path("a.html"))
    assert time.process_time() - begun < 60  # no hang: the quadratic way took minutes
    assert found.characters.count("\n") == lines - 1


@pytest.mark.parametrize(
    "unit", ["一是甲。二是乙。\n", "附：\n目　录\n……12\n\n", "**第四条** 市房产管理局主管全市公共租赁住房工作。\n\n"]
)
def test_what_stands_again_and_again_is_parsed_in_linear_time(unit: str) -> None:
    begun = time.process_time()
    is_parsed(Text("一、总体要求\n" + unit * (60_000 // len(unit))))
    assert time.process_time() - begun < 60  # no hang: the quadratic way took minutes


def test_a_table_of_blank_cells_is_parsed() -> None:
    is_parsed(Text("\n" * 36, tables=(Table((((20, 22), (23, 24)), ((25, 27), (28, 30)))),)))
