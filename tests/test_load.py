"""Loaders: what is read, what is refused, and that spans point at what they say."""

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.clause import Table, Text
from rag.errors import IsFolder, NoText, NotFound, NothingToIndex, UnknownFormat, Unreadable
from rag.load import FORMATS, files, read
from rag.load.markdown import tables
from rag.load.text import clean, decode


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(text: Text, table: Table) -> list[list[str]]:
    return [[text.characters[a:b] for a, b in row] for row in table.rows]


def furniture(text: Text) -> list[str]:
    return [text.characters[a:b] for a, b in text.furniture]


# Files ---------------------------------------------------------------------------------------------------------


def test_files_are_sorted_and_hidden_ones_left_out(tmp_path: Path) -> None:
    (tmp_path / "甲").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b.txt", "a.PDF", "甲/c.md", ".git/d.txt", ".e.txt", "~$f.docx", "g.pptx"):
        written(tmp_path, name, "x")
    assert [str(path.relative_to(tmp_path)) for path in files(tmp_path)] == ["a.PDF", "b.txt", "甲/c.md"]


def test_a_link_that_leaves_the_folder_is_left_out(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    secret = written(outside, "secret.txt", "x")
    own = written(inside, "own.txt", "x")
    (inside / "leaves.txt").symlink_to(secret)
    (inside / "stays.txt").symlink_to(own)
    (inside / "folder").symlink_to(outside)
    (inside / "broken.txt").symlink_to(inside / "nothing.txt")
    assert [path.name for path in files(inside)] == ["own.txt", "stays.txt"]


def test_a_file_stands_for_itself_and_a_missing_path_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "a.pptx", "x")
    assert files(path) == [path]
    with pytest.raises(NotFound, match=r"找不到 .*nothing"):
        files(tmp_path / "nothing")
    with pytest.raises(NotFound):
        read(tmp_path / "nothing.txt")


def test_what_no_loader_reads_is_refused_with_the_formats(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"\.pptx 格式.*\.txt"):
        read(written(tmp_path, "a.pptx", "x"))
    with pytest.raises(IsFolder, match="是文件夹"):
        (tmp_path / "folder.txt").mkdir()
        read(tmp_path / "folder.txt")


def test_names_that_no_system_allows_and_links_in_a_circle_are_nothing_special(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read(tmp_path / ("a" * 300 + ".txt"))
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    own = written(tmp_path, "b.txt", "x")
    assert files(tmp_path) == [own]


@pytest.mark.parametrize("ending", FORMATS)
def test_an_empty_file_holds_no_text(tmp_path: Path, ending: str) -> None:
    with pytest.raises(NoText):
        read(written(tmp_path, f"a{ending}", b" \n\n"))


@pytest.mark.parametrize("ending", FORMATS)
def test_noise_is_refused_in_both_languages(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, f"坏{ending}", b"%PDF-1.7" + bytes(3000))
    with pytest.raises(Unreadable, match=f"坏{ending}") as caught:
        read(path)
    english = caught.value.message("en").replace(str(path), "")
    assert english.isascii() or "“" in english


@pytest.mark.parametrize(
    ("name", "header", "named"),
    [("a.txt", b"PK\x03\x04", "ZIP/Office"), ("a.html", b"%PDF-1.4\n", "PDF"), ("a.docx", b"%PDF-1.4\n", "PDF"),
     ("a.md", b"\x89PNG\r\n", "PNG"), ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office 97-2003")],
)  # fmt: skip
def test_a_file_that_is_not_what_its_ending_says(tmp_path: Path, name: str, header: bytes, named: str) -> None:
    with pytest.raises(Unreadable, match=f"内容是 {named} 文件"):
        read(written(tmp_path, name, header + b"rest"))


def test_too_large_a_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.load.LIMIT", 2 * 1024 * 1024)
    path = written(tmp_path, "a.txt", b"x" * (3 * 1024 * 1024))
    with pytest.raises(Unreadable, match="文件有 3 MB，超过 2 MB 的上限"):
        read(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "x")
    path.chmod(0)
    with pytest.raises(Unreadable, match="没有读取权限"):
        read(path)


# Plain text ----------------------------------------------------------------------------------------------------

SAMPLE = "关于印发《办法》的通知\n\n\t第一条　为了规范，制定本办法。\n"


@pytest.mark.parametrize(
    "content",
    [SAMPLE.encode(), b"\xef\xbb\xbf" + SAMPLE.encode(), SAMPLE.encode("gb18030"), SAMPLE.encode("gbk"),
     b"\xff\xfe" + SAMPLE.encode("utf-16-le"), b"\xfe\xff" + SAMPLE.encode("utf-16-be"),
     SAMPLE.encode("utf-16-le"), SAMPLE.encode("utf-16-be"), SAMPLE.replace("\n", "\r\n").encode(),
     SAMPLE.replace("\n", "\r").encode()],
)  # fmt: skip
def test_every_encoding_gives_the_same_characters(tmp_path: Path, content: bytes) -> None:
    assert read(written(tmp_path, "a.txt", content)) == Text(SAMPLE)


def test_a_cut_character_does_not_change_the_encoding(tmp_path: Path) -> None:
    content = (SAMPLE * 20).encode().rstrip()[:-1]
    assert read(written(tmp_path, "a.txt", content)).characters.startswith(SAMPLE)


def test_unsafe_characters_become_blanks_of_the_same_length() -> None:
    assert clean("甲\x00乙\x0b丙\x85丁\ud800戊\t己\n") == "甲 乙 丙 丁 戊\t己\n"


def test_html_in_a_text_file_is_text(tmp_path: Path) -> None:
    assert read(written(tmp_path, "a.txt", "<p>第一条</p>")).characters == "<p>第一条</p>"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_utf8_is_read_to_the_letter(characters: str) -> None:
    assert decode(characters.encode(), Path("a.txt")) == characters.removeprefix("\ufeff")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        characters = clean(decode(content, Path("a.txt")))
    except Unreadable:
        return
    characters.encode()
    assert "\0" not in characters
    assert "\r" not in characters


# Markdown ------------------------------------------------------------------------------------------------------


def test_markdown_stays_as_it_is_and_tables_have_their_cells(tmp_path: Path) -> None:
    source = "# 办法\n\n**第一条** 甲\n\n| 序号 | 事项 |\n|---|:-:|\n| 1 | 受理 \\| 审核 |\n| 2 |  |\n\n后文\n"
    text = read(written(tmp_path, "a.md", source))
    assert text.characters == source
    assert [cells(text, table) for table in text.tables] == [[["序号", "事项"], ["1", "受理 \\| 审核"], ["2", ""]]]
    assert text.tables[0].rows[2][1][0] == text.tables[0].rows[2][1][1]


def test_lines_with_bars_but_without_a_rule_are_no_table() -> None:
    assert tables("| 甲 | 乙 |\n| 丙 | 丁 |\n") == []
    assert tables("|---|---|\n| 丙 | 丁 |\n") == []


# Web pages -----------------------------------------------------------------------------------------------------

PAGE = """<html><head><title>关于印发办法的通知_某市政府网</title><style>p {color: red}</style></head><body>
<div class="header"><a href="/">首页</a> <a href="/zw">政务公开</a></div>
<div class="crumbs">当前位置：<a href="/">首页</a> &gt; 通知</div>
<div class="article"><h1>关于印发办法的通知</h1>
<ul><li>发布日期：2024-01-02</li><li>浏览次数：<span>12</span></li><li class="share">分享到：微信</li></ul>
<div id="text"><p>各区人民政府：</p><p>现将《办法》印发给你们，<br>请遵照执行。</p>
<p style="display:none">隐藏的，不显示。</p><script>var s = "脚本，不显示。";</script>
<p>一、总则，适用于本市。</p><p>二、附则，由本局解释。</p>
<table><tr><th>序号</th><th>事项</th><th>部门</th></tr>
<tr><td rowspan="2">1</td><td>受理</td><td><p>公安局</p><p>司法局</p></td></tr>
<tr><td colspan="2">审核</td></tr></table><p>完</p></div></div>
<div class="footer">版权所有：某市人民政府，主办：某办公室，承办：某中心。</div>
<div class="print"><p>现将《办法》印发给你们，</p><p>一、总则，适用于本市。</p></div></body></html>"""


def test_a_page_gives_its_text_and_keeps_its_chrome_apart(tmp_path: Path) -> None:
    text = read(written(tmp_path, "a.html", PAGE))
    assert text.title == "关于印发办法的通知_某市政府网"
    main = text.characters
    for span in reversed(text.furniture):
        main = main[: span[0]] + main[span[1] :]
    assert [line.strip() for line in main.split("\n") if line.strip()] == [
        "关于印发办法的通知", "发布日期：2024-01-02", "各区人民政府：", "现将《办法》印发给你们，", "请遵照执行。",
        "一、总则，适用于本市。", "二、附则，由本局解释。", "序号\t事项\t部门", "1\t受理\t公安局", "司法局", "审核",
        "完",
    ]  # fmt: skip
    chrome = "\n".join(furniture(text))
    assert all(words in chrome for words in ("首页", "当前位置", "浏览次数：12", "分享到", "版权所有"))
    assert "不显示" not in text.characters


def test_merged_cells_of_a_page_stand_in_each_place_with_one_span(tmp_path: Path) -> None:
    text = read(written(tmp_path, "a.html", PAGE))
    assert [cells(text, table) for table in text.tables] == [
        [["序号", "事项", "部门"], ["1", "受理", "公安局\n司法局"], ["1", "审核", "审核"]]
    ]
    rows = text.tables[0].rows
    assert rows[1][0] == rows[2][0]
    assert rows[2][1] == rows[2][2]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [('<meta charset="gb2312">', "gb18030"),
     ('<meta http-equiv="Content-Type" content="text/html; charset=GBK">', "gbk"),
     ("", "gb18030"), ('<meta charset="utf-8">', "gb18030"), ('<?xml version="1.0" encoding="utf-8"?>', "utf-8")],
)  # fmt: skip
def test_a_page_is_read_in_its_encoding_even_where_it_states_another(tmp_path: Path, head: str, encoding: str) -> None:
    page = f"{head}<body><p>第一条　镕基、旸，二〇二四年。</p></body>"
    path = written(tmp_path, "a.htm", page.encode(encoding, "ignore"))
    assert "第一条　" in read(path).characters
    assert "二〇二四年。" in read(path).characters


def test_a_layout_table_is_no_table_and_names_keep_their_values(tmp_path: Path) -> None:
    page = """<body><table><tr><td><table>
    <tr><td>发文机关：</td><td>国务院办公厅</td><td>成文日期：</td><td>2018年12月23日</td></tr>
    <tr><td>主 题 词：</td><td></td></tr></table></td></tr>
    <tr><td><p>各省人民政府：</p><p>一、推广，认真执行。</p></td></tr></table></body>"""
    text = read(written(tmp_path, "a.html", page))
    assert text.tables == ()
    assert [line.strip() for line in text.characters.split("\n")] == [
        "发文机关：国务院办公厅", "成文日期：2018年12月23日", "主 题 词：", "各省人民政府：", "一、推广，认真执行。"
    ]  # fmt: skip


def test_text_after_a_table_begins_a_line(tmp_path: Path) -> None:
    page = "<table><tr><td>甲</td><td>乙</td></tr><tr><td>丙</td><td></td></tr></table>附件"
    assert read(written(tmp_path, "a.html", page)).characters == "甲\t乙\n丙\t\n附件"


@pytest.mark.parametrize(
    "page", ["<" * 5000, "<div>" * 1000 + "文字", "<table>" * 300 + "文", "<td>文</td></tr>", "a<br>" * 9]
)
def test_broken_pages_give_what_text_they_have(tmp_path: Path, page: str) -> None:
    try:
        text = read(written(tmp_path, "a.html", page))
    except NoText:
        return
    assert all(0 <= a <= b <= len(text.characters) for a, b in text.furniture)


def test_a_zip_without_documents_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.exe", "x")
    with pytest.raises(NothingToIndex, match="没有可以读取的文件"):
        read(path)


def test_short_boxes_and_an_annex_beside_the_text_are_text(tmp_path: Path) -> None:
    box = "<div class=box><h3>{0}</h3><p>{1}</p></div>"
    long = "参保人携带材料到定点医院提出申请，由医院审核后上传，医保局在五个工作日内办结。"
    fields = [("受理条件", "参保人员"), ("办理流程", long), ("收费标准", "不收费"), ("咨询电话", "12393")]
    boxes = "".join(box.format(*one) for one in fields)
    annex = "<div><table><tr><td>序号</td><td>材料</td></tr><tr><td>1</td><td>身份证</td></tr></table></div>"
    foot = "<div class=foot><a href=/>版权所有：市政府</a></div>"
    page = f"<body><div class=nav><a href=/>首页</a></div><div>{boxes}</div>{annex}{foot}</body>"
    text = read(written(tmp_path, "a.html", page))
    assert furniture(text) == ["首页", "版权所有：市政府"]
    assert cells(text, text.tables[0]) == [["序号", "材料"], ["1", "身份证"]]


def test_a_tag_of_countless_attributes_is_refused(tmp_path: Path) -> None:
    tag = "<p " + " ".join(f"a{n}=b" for n in range(50_000)) + ">第一条　甲"
    with pytest.raises(Unreadable, match="属性过多"):
        read(written(tmp_path, "a.html", tag))
    picture = f'<p><img src="data:image/png;base64,{"A" * 300_000}">第一条　甲'
    assert read(written(tmp_path, "b.html", picture)).characters == "第一条　甲"


def test_a_page_that_the_parser_would_cut_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="嵌套过深"):
        read(written(tmp_path, "a.html", "<div>" * 10_000 + "第一条　文字。"))


def test_hostile_tables_stay_within_bounds(tmp_path: Path) -> None:
    page = "<table>" + "<tr><td rowspan=200 colspan=200>甲</td><td rowspan=99999>乙</td></tr>" * 200 + "</table>"
    table = read(written(tmp_path, "a.html", page)).tables[0]
    assert len(table.rows) == 200
    assert max(len(row) for row in table.rows) <= 700


# Word ----------------------------------------------------------------------------------------------------------


def word_file(path: Path) -> None:
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    space = nsdecls("w")
    numbering = document.part.numbering_part.element
    levels = (
        ("chineseCountingThousand", "第%1条", "tab"),
        ("japaneseCounting", "（%2）", "nothing"),
        ("decimal", "%1.%3", "space"),
    )
    numbering.insert(0, parse_xml(f'<w:abstractNum {space} w:abstractNumId="77">' + "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:suff w:val="{suffix}"/>'
        f'<w:lvlText w:val="{template}"/>{"<w:isLgl/>" if i == 2 else ""}</w:lvl>'
        for i, (kind, template, suffix) in enumerate(levels)) + "</w:abstractNum>"))  # fmt: skip
    numbering.append(parse_xml(f'<w:num {space} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    document.sections[0].header.paragraphs[0].text = "页眉"
    document.add_paragraph("关于印发办法的通知")
    for words, depth in (("总则", 0), ("申请；", 1), ("受理。", 1), ("材料", 2), ("附则", 0), ("公布。", 1)):
        own = document.add_paragraph(words)._p.get_or_add_pPr()
        own.append(parse_xml(f'<w:numPr {space}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>'))
    broken = document.add_paragraph("第一行")
    broken.add_run().add_break()
    broken.add_run("第二行")
    table = document.add_table(3, 3)
    for column, name in enumerate(("序号", "事项", "部门")):
        table.cell(0, column).text = name
    table.cell(1, 0).merge(table.cell(2, 0)).text = "一"
    table.cell(1, 1).text = "受理"
    table.cell(1, 2).text = "公安局\n司法局"
    table.cell(2, 1).merge(table.cell(2, 2)).text = "审核"
    document.add_paragraph("某市人民政府")
    document.save(str(path))


def test_a_word_file_shows_its_automatic_numbers_and_tables_in_order(tmp_path: Path) -> None:
    word_file(tmp_path / "a.docx")
    text = read(tmp_path / "a.docx")
    assert text.characters.split("\n") == [
        "页眉", "关于印发办法的通知", "第一条 总则", "（一）申请；", "（二）受理。", "1.1 材料", "第二条 附则", "（一）公布。",
        "第一行", "第二行", "序号\t事项\t部门", "一\t受理\t公安局", "司法局", "审核", "某市人民政府",
    ]  # fmt: skip
    assert cells(text, text.tables[0]) == [
        ["序号", "事项", "部门"],
        ["一", "受理", "公安局\n司法局"],
        ["一", "审核", "审核"],
    ]
    assert text.tables[0].rows[1][0] == text.tables[0].rows[2][0]


def test_empty_cells_at_the_end_of_a_word_file_lie_within_its_text(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_table(2, 2).cell(0, 0).text = "甲"
    document.save(str(tmp_path / "a.docx"))
    text = read(tmp_path / "a.docx")
    assert text.characters == "甲\t\n\t"
    assert cells(text, text.tables[0]) == [["甲", ""], ["", ""]]
    assert text.tables[0].rows[1][1] == (4, 4)


def test_a_zip_that_is_no_word_file_and_one_that_unpacks_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a.txt", "x")
    with pytest.raises(Unreadable, match="Word 文件已损坏"):
        read(path)
    word_file(path)
    monkeypatch.setattr("rag.load.word._UNPACKED", 1000)
    with pytest.raises(Unreadable, match="解压后过大"):
        read(path)


def test_a_cut_word_file_is_damaged(tmp_path: Path) -> None:
    word_file(tmp_path / "whole.docx")
    content = (tmp_path / "whole.docx").read_bytes()
    with pytest.raises(Unreadable, match="已损坏"):
        read(written(tmp_path, "a.docx", content[: len(content) // 2]))


# PDF -----------------------------------------------------------------------------------------------------------


def pdf_file(path: Path, pages: list[list[tuple[float, float, str]]], password: str | None = None) -> Path:
    """Prints each page's (x, y, words), y from the bottom of an A4 sheet."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfgen.canvas import Canvas

    registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), encrypt=StandardEncryption(password) if password else None)
    for page in pages:
        canvas.setFont("STSong-Light", 12)
        for x, y, words in page:
            canvas.drawString(x, y, words)
        canvas.showPage()
    canvas.save()
    return path


def test_a_pdf_gives_its_lines_pages_and_furniture(tmp_path: Path) -> None:
    pages = [
        [
            (72, 800, "某市人民政府公报"),
            (72, 700, f"第{'一二三'[i]}条 为了规范，制定本"),
            (72, 680, "办法。"),
            (280, 40, f"— {i + 1} —"),
        ]
        for i in range(3)
    ]
    text = read(pdf_file(tmp_path / "a.pdf", pages))
    page = ["第一条 为了规范，制定本", "办法。"]
    assert text.characters.split("\n")[:2] == page
    assert text.pages == (0, len("\n".join(page)) + 1, 2 * len("\n".join(page)) + 2)
    assert furniture(text) == [words for i in range(3) for words in ("某市人民政府公报", f"— {i + 1} —")]
    assert text.page(text.characters.index("第三条")) == 3


def test_what_a_browser_prints_around_a_page_is_furniture(tmp_path: Path) -> None:
    page = [
        (24, 820, "2026/7/24 15:57 办法_中国政府网"),
        (24, 20, "https://www.gov.cn/a/content_7.html 1/1"),
        (72, 700, "第一条 甲。"),
    ]
    text = read(pdf_file(tmp_path / "a.pdf", [page]))
    assert text.characters.split("\n")[0] == "第一条 甲。"
    assert len(furniture(text)) == 2


def test_bold_text_that_was_drawn_twice_is_read_once_but_words_that_repeat_stay(tmp_path: Path) -> None:
    page = [(72, 700, "人人平等"), (72.4, 700, "人人平等"), (72, 680, "人人平等"), (72, 600, "甲"), (300, 600, "乙")]
    assert read(pdf_file(tmp_path / "a.pdf", [page])).characters == "人人平等\n人人平等\n甲\t乙"


def test_an_encrypted_pdf_a_blank_one_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="文件已加密"):
        read(pdf_file(tmp_path / "a.pdf", [[(72, 700, "甲")]], password="x"))
    with pytest.raises(NoText, match="空白页"):
        read(pdf_file(tmp_path / "b.pdf", [[]]))
    with pytest.raises(Unreadable, match="已损坏"):
        read(written(tmp_path, "c.pdf", "not a pdf"))
