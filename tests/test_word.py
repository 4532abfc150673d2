"""Word files as Word writes them: what a reader sees, once, in order; and what is refused."""

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.clause import Text
from rag.errors import RagError, Unreadable
from rag.load.word import read
from rag.load.word.ordinal import ordinal

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml"'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def packed(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def relations(targets: dict[str, tuple[str, str]]) -> str:
    """A part's relations: by id the kind and the target."""
    found = "".join(
        f'<Relationship Id="{id_}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for id_, (kind, target) in targets.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{found}</Relationships>'
    )


def docx(body: str, **others: str | bytes) -> bytes:
    """A Word file: the body's XML and that of other parts, `numbering` or `header_2`, related by these names."""
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relations({"a": ("officeDocument", "word/document.xml")}),
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations({n: (n.partition("_")[0], f"{n}.xml") for n in others}),
    }
    for name, content in others.items():
        root = {"header": "hdr", "footer": "ftr"}.get(name.partition("_")[0], name)
        whole = isinstance(content, bytes)
        parts[f"word/{name}.xml"] = content if whole else f"<w:{root} {SPACES}>{content}</w:{root}>"
    return packed(parts)


def text(body: str, **others: str | bytes) -> Text:
    return read(docx(body, **others), Path("a.docx"))


def lines(body: str, **others: str | bytes) -> list[str]:
    return text(body, **others).characters.split("\n")


def p(words: str = "", properties: str = "") -> str:
    run = f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>' if words else ""
    return f"<w:p><w:pPr>{properties}</w:pPr>{run}</w:p>"


def cells(found: Text) -> list[list[list[str]]]:
    return [[[found.characters[a:b] for a, b in row] for row in table.rows] for table in found.tables]


# Automatic numbers ---------------------------------------------------------------------------------------------


def level(depth: int, kind: str, template: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>{more}<w:lvlText w:val="{template}"/>'
        "</w:lvl>"
    )


def item(words: str, depth: int, number: int = 1) -> str:
    return p(words, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')


def lists(levels: str, nums: str = '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>') -> str:
    return f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{nums}'


def test_a_label_stands_around_its_number_with_what_parts_it_from_the_text() -> None:
    levels = level(0, "chineseCountingThousand", "第%1章", '<w:suff w:val="space"/>')
    levels += level(1, "chineseCountingThousand", "第%2条", '<w:suff w:val="nothing"/>') + level(2, "decimal", "%3.")
    body = item("总则", 0) + item("甲。", 1) + item("乙", 2) + item("丙", 2) + item("附则", 0) + item("丁。", 1)
    assert lines(body, numbering=lists(levels)) == [
        "第一章 总则", "第一条甲。", "1. 乙", "2. 丙", "第二章 附则", "第一条丁。"
    ]  # fmt: skip


def test_articles_run_through_the_chapters_where_the_list_says_so() -> None:
    levels = level(0, "chineseCountingThousand", "第%1章") + level(
        1, "chineseCountingThousand", "第%2条", '<w:lvlRestart w:val="0"/>'
    )
    body = item("总则", 0) + item("甲。", 1) + item("附则", 0) + item("乙。", 1)
    assert lines(body, numbering=lists(levels)) == ["第一章 总则", "第一条 甲。", "第二章 附则", "第二条 乙。"]


def test_a_level_restarts_only_below_the_level_that_it_names() -> None:
    levels = "".join(level(i, "decimal", f"%{i + 1}", '<w:lvlRestart w:val="1"/>' if i == 2 else "") for i in range(3))
    depths = (0, 1, 2, 2, 1, 2, 0, 1, 2)
    shown = lines("".join(item("x", depth) for depth in depths), numbering=lists(levels))
    assert [line.split()[0] for line in shown] == ["1", "1", "1", "2", "2", "3", "2", "1", "1"]


def test_lists_of_one_kind_count_on_and_an_override_begins_anew_once() -> None:
    nums = (
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num>'
    )
    nums += '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/>'
    nums += "</w:lvlOverride></w:num>"
    body = "".join(item("x", 0, number) for number in (1, 1, 2, 3, 3, 1))
    assert [line[:2] for line in lines(body, numbering=lists(level(0, "decimal", "%1、"), nums))] == [
        "1、", "2、", "3、", "5、", "6、", "7、"
    ]  # fmt: skip


def test_an_override_may_replace_a_whole_level() -> None:
    nums = '<w:num w:numId="1"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
    nums += level(0, "ideographTraditional", "（%1）") + "</w:lvlOverride></w:num>"
    assert lines(item("x", 0) + item("y", 0), numbering=lists(level(0, "decimal", "%1."), nums)) == [
        "（甲）x",
        "（乙）y",
    ]


def test_a_list_may_point_to_the_style_that_holds_its_levels() -> None:
    numbering = '<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="条款"/></w:abstractNum>'
    numbering += (
        f'<w:abstractNum w:abstractNumId="1"><w:styleLink w:val="条款"/>{level(0, "decimal", "%1）")}</w:abstractNum>'
    )
    numbering += (
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    )
    style = (
        '<w:style w:type="numbering" w:styleId="条款"><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>'
    )
    body = item("x", 0, 1) + item("y", 0, 2)
    assert lines(body, numbering=numbering, styles=style) == ["1）x", "2）y"]
    assert lines(body, numbering=numbering, styles="") == ["1）x", "2）y"]


def test_headings_are_numbered_by_their_styles_and_zero_switches_it_off() -> None:
    tied = '<w:pStyle w:val="标题{}"/>'
    levels = level(0, "chineseCountingThousand", "%1、", tied.format(1)) + level(
        1, "chineseCountingThousand", "（%2）", tied.format(2)
    )
    number = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    styles = f'<w:style w:type="paragraph" w:styleId="标题1">{number}</w:style>'
    styles += f'<w:style w:type="paragraph" w:styleId="标题2"><w:basedOn w:val="正文"/>{number}</w:style>'
    styles += '<w:style w:type="paragraph" w:styleId="节"><w:basedOn w:val="标题2"/></w:style>'
    styles += '<w:style w:type="paragraph" w:styleId="无号"><w:basedOn w:val="标题1"/><w:pPr><w:numPr>'
    styles += '<w:numId w:val="0"/></w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="正文"/>'
    off = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="0"/></w:numPr>'
    body = "".join(p("x", f'<w:pStyle w:val="{name}"/>') for name in ("标题1", "标题2", "节", "无号", "标题1", "正文"))
    body += p("x", f'<w:pStyle w:val="标题1"/>{off}')
    assert lines(body, numbering=lists(levels), styles=styles) == [
        "一、x", "（一）x", "（二）x", "x", "二、x", "x", "x"
    ]  # fmt: skip


def test_legal_numbering_hidden_numbers_and_bullets() -> None:
    levels = level(0, "chineseCountingThousand", "第%1章") + level(1, "decimal", "%1.%2", "<w:isLgl/>")
    levels += level(2, "decimal", "%3.", "<w:rPr><w:vanish/></w:rPr>") + level(3, "bullet", "\uf06c")
    levels += level(4, "bullet", "——") + level(5, "bullet", "●", '<w:suff w:val="nothing"/>')
    body = "".join(item("x", depth) for depth in range(6))
    assert lines(body, numbering=lists(levels)) == ["第一章 x", "1.1 x", "x", "• x", "——x", "●x"]


def test_word_numbers_empty_paragraphs_too_and_a_deeper_one_without_a_higher() -> None:
    numbering = lists(level(0, "decimal", "%1", "") + level(1, "decimal", "%1.%2"))
    rows = "".join(f"<w:tr><w:tc>{item('', 0)}</w:tc><w:tc>{p(words)}</w:tc></w:tr>" for words in ("甲", "乙"))
    found = text(f"<w:tbl>{rows}</w:tbl>" + item("x", 1, 1), numbering=numbering)
    assert found.characters == "1\t甲\n2\t乙\n2.1 x"
    assert cells(found) == [[["1", "甲"], ["2", "乙"]]]
    assert lines(item("x", 1), numbering=numbering) == ["1.1 x"]
    assert lines(item("", 0) + item("x", 0), numbering=lists(level(0, "bullet", "●"))) == ["", "● x"]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("chineseCounting", "一 十 二十一 一○三"), ("chineseCountingThousand", "一 十 二十一 一百零三"),
     ("japaneseCounting", "一 十 二十一 一百零三"), ("taiwaneseCountingThousand", "一 十 二十一 一百零三"),
     ("taiwaneseCounting", "一 十 二十一 一○三"), ("taiwaneseDigital", "一 一○ 二一 一○三"),
     ("ideographDigital", "一 一〇 二一 一〇三"), ("japaneseDigitalTenThousand", "一 一〇 二一 一〇三"),
     ("chineseLegalSimplified", "壹 壹拾 贰拾壹 壹佰零叁"), ("ideographLegalTraditional", "壹 壹拾 貳拾壹 壹佰零參"),
     ("japaneseLegal", "壱 壱拾 弐拾壱 壱百〇参"), ("ideographTraditional", "甲 癸 21 103"),
     ("ideographZodiac", "子 酉 21 103"), ("ideographZodiacTraditional", "甲子 癸酉 甲申 103"),
     ("ideographEnclosedCircle", "（一） （十） 21 103"), ("decimalEnclosedCircle", "① ⑩ 21 103"),
     ("decimalEnclosedCircleChinese", "① ⑩ 21 103"), ("decimalEnclosedParen", "（1） （10） （21） （103）"),
     ("decimalEnclosedFullstop", "1. 10. 21. 103."), ("decimalFullWidth", "１ １０ ２１ １０３"),
     ("decimalFullWidth2", "１ １０ ２１ １０３"), ("decimalHalfWidth", "1 10 21 103"), ("decimalZero", "01 10 21 103"),
     ("numberInDash", "- 1 -|- 10 -|- 21 -|- 103 -"), ("upperLetter", "A J U YYYY"), ("lowerRoman", "i x xxi ciii"),
     ("koreanCounting", "1 10 21 103"), ("none", "   ")],
)  # fmt: skip
def test_every_number_format(kind: str, shown: str) -> None:
    assert [ordinal(n, kind) for n in (1, 10, 21, 103)] == shown.split("|" if "|" in shown else " ")


def test_a_format_of_a_later_word_keeps_its_zeros() -> None:
    choice = (
        '<mc:AlternateContent><mc:Choice Requires="w14"><w:numFmt w:val="custom" w:format="001, 002, ..."/></mc:Choice>'
    )
    choice += '<mc:Fallback><w:numFmt w:val="decimal"/></mc:Fallback></mc:AlternateContent>'
    lvl = f'<w:lvl w:ilvl="0"><w:start w:val="7"/>{choice}<w:lvlText w:val="%1号"/></w:lvl>'
    assert lines(item("x", 0), numbering=lists(lvl)) == ["007号 x"]


# Changes, hidden text, fields ----------------------------------------------------------------------------------


def test_changes_are_accepted() -> None:
    body = """<w:p><w:r><w:t>原则</w:t></w:r><w:ins w:id="1"><w:r><w:t>上</w:t></w:r></w:ins><w:del w:id="2"><w:r>
    <w:delText>不</w:delText><w:t>不</w:t></w:r></w:del><w:moveFrom w:id="3"><w:r><w:t>旧</w:t></w:r></w:moveFrom>
    <w:moveTo w:id="3"><w:r><w:t>新</w:t></w:r></w:moveTo><w:r><w:rPr><w:rPrChange w:id="4"><w:rPr><w:vanish/></w:rPr>
    </w:rPrChange></w:rPr><w:t>处</w:t></w:r></w:p>"""
    assert lines(body) == ["原则上新处"]


DELETED = "<w:rPr><w:del w:id='1'/></w:rPr>"


def test_a_deleted_paragraph_mark_joins_two_paragraphs() -> None:
    assert lines(p("甲", DELETED) + p("乙", DELETED) + p("丙") + p("丁")) == ["甲乙丙", "丁"]
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    numbering = lists(level(0, "decimal", "%1."))
    assert lines(p("甲", number + DELETED) + p("乙", number) + p("丙", number), numbering=numbering) == [
        "1. 甲乙",
        "2. 丙",
    ]
    gone = f"<w:p><w:pPr>{number}{DELETED}</w:pPr><w:del><w:r><w:delText>甲</w:delText></w:r></w:del></w:p>"
    assert lines(gone + p("乙", number) + gone, numbering=numbering) == ["1. 乙"]


def test_deleted_and_hidden_rows_are_gone() -> None:
    def row(words: str, properties: str = "") -> str:
        return f"<w:tr><w:trPr>{properties}</w:trPr><w:tc>{p(words)}</w:tc><w:tc>{p('x')}</w:tc></w:tr>"

    found = text(f"<w:tbl>{row('甲')}{row('乙', '<w:del/>')}{row('丙', '<w:ins/>')}{row('丁', '<w:hidden/>')}</w:tbl>")
    assert cells(found) == [[["甲", "x"], ["丙", "x"]]]


def test_hidden_text_is_dropped_by_run_and_by_style() -> None:
    styles = '<w:style w:type="character" w:styleId="藏"><w:rPr><w:vanish/></w:rPr></w:style>'
    styles += '<w:style w:type="paragraph" w:styleId="全藏"><w:rPr><w:vanish/></w:rPr></w:style>'
    body = """<w:p><w:r><w:t>见</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r><w:r><w:rPr>
    <w:vanish w:val="0"/></w:rPr><w:t>得</w:t></w:r><w:r><w:rPr><w:rStyle w:val="藏"/></w:rPr><w:t>藏</w:t></w:r></w:p>
    <w:p><w:pPr><w:pStyle w:val="全藏"/></w:pPr><w:r><w:t>藏</w:t></w:r><w:r><w:rPr><w:vanish w:val="false"/></w:rPr>
    <w:t>露</w:t></w:r></w:p>"""
    assert lines(body, styles=styles) == ["见得", "露"]


def test_a_field_shows_its_result_and_not_its_instruction() -> None:
    def run(inner: str) -> str:
        return f"<w:r>{inner}</w:r>"

    begin, part, end = (f'<w:fldChar w:fldCharType="{kind}"/>' for kind in ("begin", "separate", "end"))
    date = begin + "<w:instrText>DATE</w:instrText>" + part + "<w:t>2025</w:t>" + end
    nested = begin + "<w:instrText>IF </w:instrText>" + date + part + "<w:t>年</w:t>" + end
    link = '<w:hyperlink r:id="x"><w:r><w:t>网址</w:t></w:r></w:hyperlink>'
    simple = '<w:fldSimple w:instr="PAGE"><w:r><w:t>3</w:t></w:r></w:fldSimple>'
    assert lines(f"<w:p>{run(date)}{run(nested)}{link}{simple}</w:p>") == ["2025年网址3"]
    assert lines(f"<w:p>{run(begin)}{run('<w:instrText>PAGE</w:instrText>')}</w:p>" + p("后文")) == ["", "后文"]
    circled = begin + r"<w:instrText> eq \o\ac(○,12)</w:instrText>" + end
    assert lines(f"<w:p>{run(circled)}{run('<w:t>款</w:t>')}</w:p>") == ["⑫款"]


def test_signs_pinyin_hyphens_and_formulas() -> None:
    body = r"""<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t>是</w:t><w:sym w:font="Wingdings 2" w:char="F0A3"/>
    <w:t>否</w:t></w:r><w:r><w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr><w:t>&#xFC;对</w:t></w:r></w:p>
    <w:p><w:r><w:ruby><w:rt><w:r><w:t>zhǔ</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>沚</w:t></w:r></w:rubyBase></w:ruby>
    <w:t>e</w:t><w:softHyphen/><w:t>du&#xAD;</w:t><w:noBreakHyphen/><w:t>1</w:t><w:tab/><w:t>2</w:t></w:r></w:p>
    <w:p><m:oMath><m:r><m:t>r=</m:t></m:r><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>c</m:t></m:r>
    </m:den></m:f><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></w:p>"""
    assert lines(body) == ["☑是□否✓对", "沚edu-1  2", "r=(a+b)/cx^2"]


def test_blanks_at_the_ends_of_a_run_count_only_where_it_says_so() -> None:
    body = '<w:p><w:r><w:t>\n 第一条\n </w:t></w:r><w:r><w:t xml:space="preserve"> 甲\n乙</w:t></w:r></w:p>'
    assert lines(body) == ["第一条 甲 乙"]


# What stands apart from the body -------------------------------------------------------------------------------


def box(inner: str) -> str:
    return (
        f"<w:r><w:pict><v:shape><v:textbox><w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )


def both(inner: str) -> str:
    """A text box as Word writes it since 2010, with its twin for older ones."""
    shape = f"<w:drawing><wps:wsp><wps:txbx><w:txbxContent>{inner}</w:txbxContent></wps:txbx></wps:wsp></w:drawing>"
    choice = f'<mc:Choice Requires="wps">{shape}</mc:Choice>'
    return f"<w:r><mc:AlternateContent>{choice}<mc:Fallback>{box(inner)}</mc:Fallback></mc:AlternateContent></w:r>"


@pytest.mark.parametrize("shape", [box, both])
def test_a_text_box_stands_once_behind_its_paragraph(shape: object) -> None:
    assert callable(shape)
    inner = p("框内") + f"<w:tbl><w:tr><w:tc>{p('子')}</w:tc><w:tc>{p('丑')}</w:tc></w:tr></w:tbl>"
    found = text(f"<w:p><w:r><w:t>前</w:t></w:r>{shape(inner)}<w:r><w:t>后</w:t></w:r></w:p>" + p("尾"))
    assert found.characters.split("\n") == ["前后", "框内", "子\t丑", "尾"]
    assert cells(found) == [[["子", "丑"]]]
    outer = "<w:p><w:r><w:t>外</w:t></w:r>" + shape(p("内")) + "</w:p>"
    assert lines(f"<w:p>{shape(outer)}</w:p>") == ["", "外", "内"]


def test_a_text_box_in_the_last_resort_alone_and_lettering_are_read() -> None:
    picture = f'<mc:AlternateContent><mc:Choice Requires="x"><w:drawing/></mc:Choice><mc:Fallback>{box(p("文字"))}</mc:Fallback>'
    art = '<w:r><w:pict><v:shape><v:textpath string="澜沚市人民政府文件"/></v:shape></w:pict></w:r>'
    assert lines(f"<w:p><w:r>{picture}</mc:AlternateContent></w:r></w:p><w:p>{art}</w:p>") == [
        "", "文字", "", "澜沚市人民政府文件"
    ]  # fmt: skip


def note(kind: str, id_: int, *words: str) -> str:
    mark = f"<w:p><w:r><w:{kind}Ref/></w:r><w:r><w:t xml:space='preserve'> {words[0]}</w:t></w:r></w:p>"
    return f'<w:{kind} w:id="{id_}">{mark}{"".join(p(word) for word in words[1:])}</w:{kind}>'


def test_notes_follow_the_body_in_order_and_leave_the_sentence_whole() -> None:
    def reference(kind: str, id_: int, more: str = "") -> str:
        return f'<w:r><w:{kind}Reference w:id="{id_}" {more}/></w:r>'

    own = reference("footnote", 5, 'w:customMarkFollows="1"')
    body = f"<w:p><w:r><w:t>增长5%</w:t></w:r>{reference('footnote', 4)}<w:r><w:t>以上</w:t></w:r>{own}"
    body += f"{reference('endnote', 2)}</w:p><w:p><w:r><w:t>末</w:t></w:r>{reference('footnote', 3)}</w:p>"
    feet = '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    feet += (
        note("footnote", 3, "丙")
        + note("footnote", 4, "甲", "续")
        + note("footnote", 5, "*乙")
        + note("footnote", 6, "删")
    )
    assert lines(body, footnotes=feet, endnotes=note("endnote", 2, "丁")) == [
        "增长5%以上", "末", "注1：甲", "续", "注：*乙", "注2：丙", "尾注1：丁"
    ]  # fmt: skip


def test_headers_and_footers_stand_once_as_furniture() -> None:
    def section(*names: str) -> str:
        return "".join(f'<w:{n.partition("_")[0]}Reference r:id="{n}"/>' for n in names)

    body = p("正文", f"<w:sectPr>{section('header_1', 'footer_1')}</w:sectPr>") + p("尾")
    body += f"<w:sectPr>{section('header_2', 'header_1', 'footer_2', 'footer_3')}</w:sectPr>"
    parts = {"header_1": p("澜沚市人民政府公报"), "header_2": p("澜沚市 人民政府公报"), "header_3": p("未用")}
    found = text(body, **parts, footer_1=p("- 1 -"), footer_2=p("- 2 -"), footer_3=p(""))
    assert found.characters == "澜沚市人民政府公报\n正文\n尾\n- 1 -"
    assert [found.characters[a:b] for a, b in found.furniture] == ["澜沚市人民政府公报", "- 1 -"]


def test_the_table_of_contents_is_furniture() -> None:
    styles = '<w:style w:type="paragraph" w:styleId="10"><w:name w:val="toc 1"/></w:style>'
    styles += '<w:style w:type="paragraph" w:styleId="a"><w:name w:val="TOC Heading"/></w:style>'
    line = '<w:p><w:pPr><w:pStyle w:val="10"/></w:pPr><w:r><w:t>第一章　总则</w:t><w:tab/><w:t>1</w:t></w:r></w:p>'
    contents = p("目　录", '<w:pStyle w:val="a"/>') + line
    found = text(f"<w:sdt><w:sdtContent>{contents}</w:sdtContent></w:sdt>" + p("第一章　总则"), styles=styles)
    assert found.characters == "目　录\n第一章　总则  1\n第一章　总则"
    assert [found.characters[a:b] for a, b in found.furniture] == ["目　录", "第一章　总则  1"]


# Tables --------------------------------------------------------------------------------------------------------


def tc(words: str, properties: str = "", inner: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(words) if words or not inner else ''}{inner}</w:tc>"


def tr(*elements: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(elements)}</w:tr>"


DOWN, ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def test_merged_cells_stand_in_each_place_in_reading_order() -> None:
    wide = '<w:gridSpan w:val="2"/>'
    table = tr(tc("序号"), tc("事项", wide), tc("部门")) + tr(tc("1", DOWN), tc("甲"), tc("乙"), tc("丙", DOWN))
    table += tr(tc("", ON), tc("丁", wide), tc("", ON)) + tr(tc("", ON), tc("戊"), tc("己"), tc("庚"))
    found = text(f"<w:tbl>{table}</w:tbl>" + p("后"))
    assert cells(found) == [[
        ["序号", "事项", "事项", "部门"], ["1", "甲", "乙", "丙"], ["1", "丁", "丁", "丙"], ["1", "戊", "己", "庚"]
    ]]  # fmt: skip
    spans = list(dict.fromkeys(span for row in found.tables[0].rows for span in row))
    assert spans == sorted(spans)
    assert found.characters == "序号\t事项\t部门\n1\t甲\t乙\t丙\n丁\n戊\t己\t庚\n后"


def test_a_merge_that_nothing_began_and_one_that_a_row_broke_off_are_cells_of_their_own() -> None:
    table = tr(tc("甲", ON), tc("乙")) + tr(tc("丙"), tc("丁", ON)) + tr(tc("戊", ON), tc("己"))
    assert cells(text(f"<w:tbl>{table}</w:tbl>")) == [[["甲", "乙"], ["丙", "丁"], ["戊", "己"]]]


def test_rows_that_begin_late_or_end_early_keep_their_columns() -> None:
    table = tr(tc("甲"), tc("乙"), tc("丙", DOWN)) + tr(tc("丁"), tc("", ON), properties='<w:gridBefore w:val="1"/>')
    table += tr(tc("戊"), properties='<w:gridAfter w:val="2"/>') + tr(tc("己"), tc("", "<w:hMerge/>"), tc("庚"))
    assert cells(text(f"<w:tbl>{table}</w:tbl>")) == [[
        ["甲", "乙", "丙"], ["", "丁", "丙"], ["戊", "", ""], ["己", "己", "庚"]
    ]]  # fmt: skip


def test_a_table_in_a_cell_is_text_of_that_cell() -> None:
    inner = f"{p('前')}<w:tbl>{tr(tc('子'), tc('丑'))}{tr(tc('寅'), tc('卯'))}</w:tbl>{p('后')}"
    found = text(f"<w:tbl>{tr(tc('甲'), tc('', inner=inner))}{tr(tc('乙'), tc('丙'))}</w:tbl>")
    assert cells(found) == [[["甲", "前\n子\t丑\n寅\t卯\n后"], ["乙", "丙"]]]


def test_a_frame_of_one_column_is_no_table_but_what_stands_in_it_may_be() -> None:
    inner = f"<w:tbl>{tr(tc('子'), tc('丑'))}{tr(tc('寅'), tc('卯'))}</w:tbl>{p('二、乙')}"
    found = text(f"<w:tbl>{tr(tc('一、甲', inner=inner))}</w:tbl>")
    assert found.characters == "一、甲\n子\t丑\n寅\t卯\n二、乙"
    assert cells(found) == [[["子", "丑"], ["寅", "卯"]]]


def test_rows_and_cells_within_content_controls_are_read() -> None:
    def control(inner: str) -> str:
        return f"<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>"

    found = text(control(control(f"<w:tbl>{control(tr(tc('甲'), control(tc('乙'))))}{tr(tc('丙'), tc('丁'))}</w:tbl>")))
    assert cells(found) == [[["甲", "乙"], ["丙", "丁"]]]


# Other forms of the file ---------------------------------------------------------------------------------------


def test_the_strict_form_reads_the_same() -> None:
    body = (
        item("总则", 0)
        + f"<w:tbl>{tr(tc('甲'), tc('乙', DOWN))}</w:tbl>"
        + '<w:sectPr><w:headerReference r:id="header_1"/></w:sectPr>'
    )
    plain = docx(body, numbering=lists(level(0, "chineseCounting", "第%1条")), header_1=p("页眉"))
    usual = "http://schemas.openxmlformats.org/"
    with zipfile.ZipFile(io.BytesIO(plain)) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    space, strict_space = f"{usual}wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main"
    related = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    parts = {name: content.replace(space, strict_space).replace(OFFICE, related) for name, content in parts.items()}
    strict = packed(dict(parts))
    assert b"purl.oclc.org" in zipfile.ZipFile(io.BytesIO(strict)).read("word/document.xml")
    assert read(strict, Path("a.docx")) == read(plain, Path("a.docx"))
    assert read(plain, Path("a.docx")).characters == "页眉\n第一条 总则\n甲\t乙"


def test_the_document_is_found_by_its_relation_and_macros_are_left_alone() -> None:
    body = f"<w:document {SPACES}><w:body>{p('第一条')}</w:body></w:document>"
    relation = relations({"a": ("officeDocument", "/word/document2.xml")})
    found = packed({"_rels/.rels": relation, "word/document2.xml": body, "word/vbaProject.bin": b"\xd0\xcf" * 99})
    assert read(found, Path("a.docm")).characters == "第一条"
    assert read(packed({"word\\Document.xml": body}), Path("a.docx")).characters == "第一条"


def test_a_page_within_the_file_is_read_with_its_tables() -> None:
    html = "<html><body><p>第一条　甲。</p><table><tr><td>子</td><td>丑</td></tr><tr><td>寅</td><td>卯</td></tr></table></body></html>"
    found = text(p("题") + '<w:altChunk r:id="aFChunk_1"/>' + p("尾"), aFChunk_1=html.encode())
    assert found.characters.split("\n") == ["题", "第一条　甲。", "子\t丑", "寅\t卯", "尾"]
    assert cells(found) == [[["子", "丑"], ["寅", "卯"]]]
    assert lines(p("题") + '<w:altChunk r:id="aFChunk_1"/>', aFChunk_1=b"<html></html>") == ["题"]


# What is refused -----------------------------------------------------------------------------------------------


def refused(content: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read(content, Path("坏.docx"))
    assert "\n" not in caught.value.message() + caught.value.message("en")
    return str(caught.value.facts["reason"])


def test_a_bomb_is_refused_whatever_size_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.load.word._UNPACKED", 100_000)
    assert refused(docx(p("字" * 50_000))) == "解压后过大"
    small = docx(p("字" * 10_000))
    assert len(read(small, Path("a.docx")).characters) == 10_000
    lying = bytearray(docx(p("字" * 50_000)))
    at = lying.index(b"PK\x01\x02", lying.index(b"PK\x01\x02") + 1)  # the entry of word/document.xml
    struct.pack_into("<I", lying, at + 24, 900)
    assert refused(bytes(lying)) == "Word 文件已损坏"


def test_entities_and_document_types_are_refused() -> None:
    def with_type(declared: str, words: str) -> bytes:
        document = f"<w:document {SPACES}><w:body><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:body></w:document>"
        return packed({"word/document.xml": f"<!DOCTYPE x [{declared}]>{document}"})

    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "哈" * 10}">' for i in range(10))
    assert refused(with_type(laughs, "&l9;")) == "Word 文件已损坏"  # the parser stops at the growth itself
    assert "文档类型声明" in refused(with_type('<!ENTITY f SYSTEM "file:///etc/passwd">', "&f;"))
    attribute = packed({"word/document.xml": f'<!DOCTYPE x [{laughs}]><w:document {SPACES} a="&l9;"/>'})
    assert refused(attribute) in ("Word 文件已损坏", "其中的 XML 带有文档类型声明")


def test_too_deep_and_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    nested = "".join(["<w:tbl><w:tr><w:tc/><w:tc>"] * 3000 + ["</w:tc></w:tr></w:tbl>"] * 3000)
    assert refused(docx(nested)) == "Word 文件已损坏"
    monkeypatch.setattr("rag.load.word.package._MARKS", 500)
    assert refused(docx(p("x") * 200)) == "内容过多"


def test_hostile_tables_fields_and_lists_stay_within_bounds() -> None:
    wide = '<w:tc><w:tcPr><w:gridSpan w:val="99999"/></w:tcPr></w:tc>'
    assert refused(docx(f"<w:tbl>{f'<w:tr>{wide * 3}</w:tr>' * 10_000}</w:tbl>")) == "内容过多"
    merged = "<w:tc><w:tcPr><w:hMerge/></w:tcPr></w:tc>" * 2000
    assert [len(row) for row in text(f"<w:tbl><w:tr>{wide}{merged}</w:tr></w:tbl>").tables[0].rows] == [200]
    opened = '<w:fldChar w:fldCharType="begin"/><w:fldChar w:fldCharType="separate"/>' * 20_000
    assert text(f"<w:p><w:r>{opened}{'<w:t>字</w:t>' * 20_000}</w:r></w:p>").characters == "字" * 20_000
    drawn = '<w:fldChar w:fldCharType="begin"/><w:instrText>EQ ' + "\\o(," * 5000 + "</w:instrText>"
    drawn += '<w:fldChar w:fldCharType="end"/>'
    assert text(f"<w:p><w:r>{drawn * 20}</w:r></w:p>").characters == ""
    links = "".join(
        f'<w:abstractNum w:abstractNumId="{i}"><w:numStyleLink w:val="s{i}"/></w:abstractNum>' for i in range(9000)
    )
    nums = "".join(f'<w:num w:numId="{i}"><w:abstractNumId w:val="{i}"/></w:num>' for i in range(9000))
    assert lines(item("x", 0), numbering=links + nums) == ["x"]


def test_tables_as_deep_as_xml_may_be_are_read() -> None:
    depth = 80
    nested = "<w:tbl><w:tr><w:tc/><w:tc>" * depth + p("底") + "</w:tc></w:tr></w:tbl>" * depth
    assert text(nested).characters.strip() == "底"


def test_a_file_under_a_password_and_what_is_no_word_file() -> None:
    locked = bytearray(docx(p("x")))
    for found in re.finditer(rb"PK\x01\x02", bytes(locked)):
        locked[found.start() + 8] |= 1
    assert refused(bytes(locked)) == "文件已加密"
    assert refused(packed({"xl/workbook.xml": "<workbook/>"})) == "Word 文件已损坏"
    assert refused(packed({"word/document.xml": "<workbook/>"})) == "内容不是 Word 文件"
    assert refused(packed({"word/document.xml": "<w:document"})) == "Word 文件已损坏"


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    rows = tr(tc("甲", DOWN), tc("乙")) + tr(tc("", ON), tc("丙"))
    content = bytearray(
        docx(item("一", 0) + f"<w:tbl>{rows}</w:tbl>" + p("尾"), numbering=lists(level(0, "decimal", "%1.")))
    )
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(content), Path("a.docx"))
    except RagError:
        return
    assert all(0 <= a <= b <= len(found.characters) for t in found.tables for row in t.rows for a, b in row)


NAMES = ("p", "r", "t", "tbl", "tr", "tc", "tcPr", "trPr", "pPr", "rPr", "del", "ins", "sdt", "sdtContent", "numPr", "txbxContent",
         "vMerge", "gridSpan", "gridBefore", "vanish", "fldChar", "instrText", "ruby", "rubyBase", "sym", "pict", "altChunk",
         "sectPr", "headerReference", "footnoteReference", "numId", "ilvl", "pStyle", "br", "tab")  # fmt: skip
ELEMENTS = st.recursive(
    st.sampled_from(["<w:t>字</w:t>", '<w:vMerge w:val="restart"/>', '<w:fldChar w:fldCharType="begin"/>', "<w:tab/>",
                     '<w:numId w:val="1"/>', '<w:gridSpan w:val="3"/>', '<w:fldChar w:fldCharType="end"/>']),
    lambda inner: st.builds(
        lambda name, children, value: f'<w:{name} w:val="{value}">{"".join(children)}</w:{name}>',
        st.sampled_from(NAMES), st.lists(inner, max_size=4), st.sampled_from(["1", "0", "-3", "99999", "x", "continue"]),
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.lists(ELEMENTS, max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_order_of_elements_is_read_with_spans_in_order(body: list[str]) -> None:
    found = text("".join(body), numbering=lists(level(0, "decimal", "%1.")), footnotes="")
    for table in found.tables:
        spans = list(dict.fromkeys(span for row in table.rows for span in row))
        assert spans == sorted(spans)
        assert all(0 <= a <= b <= len(found.characters) for a, b in spans)
