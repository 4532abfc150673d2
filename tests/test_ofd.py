"""OFD: the lines, tables and furniture of pages, and packages that are not what they say."""

import time
from pathlib import Path

import ofdwriter
import pytest
from toys import changed

from rag.clause import Text
from rag.errors import NoText, Unreadable
from rag.load import ofd

PATH = Path("通知.ofd")
LINES = [
    "澜沚市人民政府办公室关于加强社区食堂管理的通知",
    "各县（市、区）人民政府：",
    "　　为进一步规范社区食堂建设和运营，满足老年人就餐需求，经市政府同意，现将有关事项通知如下。",
    "　　一、明确目标",
    "　　到2025年底，每个街道至少建成1个社区食堂，全市不少于120个，补贴标准为每餐3.5元。",
]


def read(content: bytes) -> Text:
    return ofd.read(content, PATH)


def test_lines_pages_and_page_numbers(tmp_path: Path) -> None:
    ofdwriter.write([*LINES, *["　　工作要求，第二行。"] * 20], tmp_path / "a.ofd")
    text = read((tmp_path / "a.ofd").read_bytes())
    lines = text.characters.split("\n")
    assert lines[:4] == [LINES[0], LINES[1], LINES[2][:28], LINES[2][28:]]
    assert [text.characters[a:b] for a, b in text.furniture] == ["— 1 —", "— 2 —"]
    assert text.characters.endswith("\n— 1 —\n— 2 —")  # behind the text, so that no clause has one inside
    assert text.characters[text.pages[1] - 1] == "\n"
    assert text.pages[0] == 0
    assert text.characters.count("\n", 0, text.pages[1]) == ofdwriter.HEIGHT
    assert "".join(text.characters.split()).startswith("".join("".join(LINES).split()))


def test_the_text_is_what_another_reader_finds(tmp_path: Path) -> None:
    ofdkit = pytest.importorskip("ofdkit")
    ofdwriter.write(LINES, tmp_path / "a.ofd")
    content = (tmp_path / "a.ofd").read_bytes()
    assert "".join(read(content).characters.split()) == "".join(ofdkit.extract_text(content).split())


def test_a_ruled_table() -> None:
    rows = [("序号", "重点任务", "牵头部门"), ("1", "建设社区食堂", "市民政局"), ("2", "培训护理人员", "市人社局")]
    edges = [30.0, 50.0, 110.0, 170.0]
    objects = [ofdwriter.text("重点任务分解表", 80, 40)]
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            objects.append(ofdwriter.box(edges[c], 60 + 12 * r, edges[c + 1], 72 + 12 * r))
            objects.append(ofdwriter.text(cell, edges[c] + 3, 63 + 12 * r, 4.0))
    text = read(ofdwriter.package(["".join(objects)]))
    assert (
        text.characters
        == "重点任务分解表\n序号\t重点任务\t牵头部门\n1\t建设社区食堂\t市民政局\n2\t培训护理人员\t市人社局"
    )
    assert [[text.characters[a:b] for a, b in row] for row in text.tables[0].rows] == [list(row) for row in rows]


def test_a_head_from_a_template_is_furniture() -> None:
    template = f"<ofd:Res><ofd:Content><ofd:Layer>{ofdwriter.text('澜沚市人民政府公报', 80, 15)}</ofd:Layer></ofd:Content></ofd:Res>"
    pages = [ofdwriter.page([f"第{n}条　内容各不相同的一行。", "其他文字。"]) for n in "一二三四"]
    content = ofdwriter.package(
        pages,
        '<ofd:TemplatePage ID="7" BaseLoc="Tpls/T.xml"/>',
        {"Doc_0/Tpls/T.xml": template},
        '<ofd:Template TemplateID="7"/>',
    )
    text = read(content)
    assert [text.characters[a:b] for a, b in text.furniture] == ["澜沚市人民政府公报"] * 4
    assert len(text.pages) == 4


def test_text_in_units_hidden_text_and_watermarks() -> None:
    unit = f'<ofd:Res><ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="9"><ofd:Content>{ofdwriter.text("单元内的文字", 0, 0)}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits></ofd:Res>'
    objects = (
        '<ofd:CompositeObject ID="2" ResourceID="9" Boundary="30 50 100 10"/>'
        + ofdwriter.text("看不见", 30, 80, more='Visible="false"')
        + ofdwriter.text("内部资料", 90, 150, more='CTM="0.7 0.7 -0.7 0.7 0 0"')
    )
    text = read(ofdwriter.package([objects], "<ofd:PublicRes>Res.xml</ofd:PublicRes>", {"Doc_0/Res.xml": unit}))
    assert text.characters == "单元内的文字\n内部资料"
    assert [text.characters[a:b] for a, b in text.furniture] == ["内部资料"]


def test_shorthand_for_steps_and_a_bold_line_drawn_twice() -> None:
    once = '<TextObject Boundary="30 50 100 10" Size="5"><TextCode X="0" Y="5" DeltaX="g 3 5.0">第一条文</TextCode></TextObject>'
    assert read(ofdwriter.package([once])).characters == "第一条文"
    assert read(ofdwriter.package([once * 2])).characters == "第一条文"


def test_liberties_that_producers_take() -> None:
    content = ofdwriter.package([ofdwriter.page(["第一条　内容。"])])
    plain = b"<Document><CommonData/><Pages><Page BaseLoc='/doc_0\\PAGES/Page_0/Content.xml'/></Pages></Document>"
    assert read(changed(content, "Doc_0/Document.xml", plain)).characters == "第一条 内容。".replace(" ", "\u3000")
    old = "<?xml version='1.0' encoding='GB2312'?><OFD><DocBody><DocRoot>Doc_0/Document.xml</DocRoot><说明>镕</说明></DocBody></OFD>"
    assert read(changed(content, "OFD.xml", old.encode("gb18030"))).pages == (0,)


def test_what_is_no_ofd_is_refused() -> None:
    content = ofdwriter.package([ofdwriter.page(["第一条"])])
    for bad in (b"PK\x03\x04rest", content[: len(content) // 2], b"noise" * 100, changed(content, "OFD.xml", b"<OFD/>")[:50],
                changed(content, "Doc_0/Document.xml", None)):  # fmt: skip
        with pytest.raises(Unreadable, match="OFD 文件已损坏"):
            read(bad)
    with pytest.raises(Unreadable, match=r"缺少 OFD\.xml"):
        read(changed(content, "OFD.xml", None))
    with pytest.raises(Unreadable, match="内容是 PDF 文件"):
        read(b"%PDF-1.4 rest")
    with pytest.raises(NoText):
        read(ofdwriter.package([""]))


def test_hostile_packages_are_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ofd, "_OBJECTS", 20_000)
    content = ofdwriter.package([ofdwriter.page(["第一条"])])
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><OFD>&a;</OFD>'
    with pytest.raises(Unreadable, match="文档类型声明"):
        read(changed(content, "OFD.xml", entity))
    used = "".join(f'<ofd:CompositeObject ResourceID="{{}}" Boundary="{i} 0 1 1"/>' for i in range(10))
    units = "".join(
        f'<ofd:CompositeGraphicUnit ID="{n}"><ofd:Content>{used.replace("{}", str(n + 1))}</ofd:Content></ofd:CompositeGraphicUnit>'
        for n in range(14)
    )
    nested = ofdwriter.package(
        ['<ofd:CompositeObject ResourceID="0" Boundary="0 0 1 1"/>'], "<ofd:PublicRes>R.xml</ofd:PublicRes>",
        {"Doc_0/R.xml": f"<ofd:Res><ofd:CompositeGraphicUnits>{units}</ofd:CompositeGraphicUnits></ofd:Res>"},
    )  # fmt: skip
    start = time.monotonic()
    with pytest.raises(Unreadable, match="对象过多"):
        read(nested)
    monkeypatch.setattr(ofd, "_UNPACKED", 2**20)
    with pytest.raises(Unreadable, match="解压后过大"):
        read(changed(content, "Doc_0/Pages/Page_0/Content.xml", b" " * 2**24))
    assert time.monotonic() - start < 60
