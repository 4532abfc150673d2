"""PDF: what stands on a page, in which order, and what of it is furniture; files made to exhaust a reader."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.lib.colors import Color
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

from rag.clause import Document, DocumentId, Text
from rag.errors import NeedsTool, RagError, Unreadable
from rag.load import layout
from rag.load.layout import running
from rag.load.layout.glyph import Glyph, ordinary, sheet
from rag.load.layout.grid import Grid, grids
from rag.load.layout.line import Line
from rag.load.layout.running import Placed
from rag.load.pdf import bomb, read
from rag.load.scan import _parted, recognition
from rag.load.scan.recognition import Box
from rag.parse import parse

FONT = "STSong-Light"
registerFont(UnicodeCIDFont(FONT))


def canvas(folder: Path) -> Canvas:
    return Canvas(str(folder / "a.pdf"), pagesize=(595, 842))


def wrote(pages: Canvas, x: float, y: float, words: str, size: float = 12) -> None:
    pages.setFont(FONT, size)
    pages.drawString(x, y, words)


def text(folder: Path, pages: Canvas) -> Text:
    pages.save()
    path = folder / "a.pdf"
    return read(path.read_bytes(), path)


def main(found: Text) -> list[str]:
    """The lines that are no furniture."""
    characters = found.characters
    for a, b in reversed(found.furniture):
        characters = characters[:a] + characters[b:]
    return [line for line in characters.split("\n") if line]


def furniture(found: Text) -> list[str]:
    return [found.characters[a:b] for a, b in found.furniture]


def cells(found: Text, table: int = 0) -> list[list[str]]:
    return [[found.characters[a:b] for a, b in row] for row in found.tables[table].rows]


def ruled(pages: Canvas, xs: Sequence[float], ys: Sequence[float], rows: list[list[list[str]]]) -> None:
    """Draws a table with all its lines; each cell is a list of printed lines."""
    pages.grid(xs, ys)
    for i, row in enumerate(rows):
        for j, lines in enumerate(row):
            for k, words in enumerate(lines):
                wrote(pages, xs[j] + 4, ys[i] - 14 * (k + 1), words, 10)


# Lines ---------------------------------------------------------------------------------------------------------


def test_lines_stand_in_the_order_of_the_page_not_of_the_file(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    for x, y, words in [(72, 600, "第三行"), (72, 700, "第一"), (72, 650, "第二行"), (96.5, 700, "行，接着写")]:
        wrote(pages, x, y, words)
    assert text(tmp_path, pages).characters == "第一行，接着写\n第二行\n第三行"


def test_the_first_line_of_a_paragraph_is_set_in_and_a_heading_in_the_middle_is_not(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    wrote(pages, 237, 740, "澜沚市测试办法标题", 12)
    for i, (inset, words) in enumerate([(2, "一" * 34), (0, "二" * 36), (0, "三" * 9), (2, "四" * 34), (0, "五" * 36)]):
        wrote(pages, 72 + 12 * inset, 700 - 20 * i, words)
    assert [line[:4] for line in text(tmp_path, pages).characters.split("\n")] == [
        "澜沚市测", "　　一一", "二二二二", "三三三三", "　　四四", "五五五五"
    ]  # fmt: skip


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    wrote(pages, 200, 780, "澜沚市人民政府公报的目录与正文及其说明")
    for i in range(12):
        for x, side in ((60, "左"), (310, "右")):
            wrote(pages, x, 740 - 20 * i, f"{side}{'甲乙丙丁戊己庚辛壬癸子丑'[i]}" + "文" * 17)
    lines = text(tmp_path, pages).characters.split("\n")
    assert [line.strip("　")[:2] for line in lines[1:]] == [
        f"{side}{c}" for side in "左右" for c in "甲乙丙丁戊己庚辛壬癸子丑"
    ]


def test_a_table_without_lines_is_not_read_by_columns(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    for i in range(12):
        wrote(pages, 60, 740 - 20 * i, f"事项{i}")
        wrote(pages, 330, 740 - 20 * i, f"部门{i}")
    assert text(tmp_path, pages).characters.split("\n")[:2] == ["事项0\t部门0", "事项1\t部门1"]


def test_marks_in_another_font_stand_where_they_are_printed_though_the_file_has_them_elsewhere(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    for row, (before, within, after) in enumerate(
        [("关于印发", "双减", "工作方案的通知"), ("为落实", "十四五", "规划要求制定本办法")]
    ):
        y, x, shown = 700 - 30 * row, 72.0, list[tuple[float, str]]()
        for words in (before, within, after):
            shown.append((x, words))
            x += 12 * len(words) + 6
        pages.setFont("Times-Roman", 12)
        for place, mark in zip((shown[1][0] - 6, shown[2][0] - 6), "\u201c\u201d", strict=True):
            pages.drawString(place, y, mark)
        pages.setFont(FONT, 12)
        for place, words in shown:
            pages.drawString(place, y, words)
    assert text(tmp_path, pages).characters == "关于印发“双减”工作方案的通知\n为落实“十四五”规划要求制定本办法"


def test_a_stray_mark_far_behind_its_line_is_no_cell(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    for i in range(10):
        wrote(pages, 72, 740 - 20 * i, "各区要设立专项经费并报市教育局备案")
        wrote(pages, 420, 740 - 20 * i, "”")
    assert text(tmp_path, pages).characters.split("\n") == ["各区要设立专项经费并报市教育局备案 ”"] * 10


# Glyphs --------------------------------------------------------------------------------------------------------


def test_radicals_become_the_characters_they_look_like() -> None:
    assert "".join(map(ordinary, "⼀⼆⼈⽅⾯⾏⻚⻔⻓⺠⿕")) == "一二人方面行页门长民龠"
    assert "".join(map(ordinary, "①（ａ㎡")) == "①（ａ㎡"


def test_letters_that_repeat_side_by_side_stay_and_bold_ones_are_read_once(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    for shift in (0, 0.3):
        pages.setFont("Helvetica", 12)
        pages.drawString(72 + shift, 700, "all will 11...")
    assert text(tmp_path, pages).characters == "all will 11..."


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_lies_on_its_side_is_read_upright(tmp_path: Path, turn: int) -> None:
    pages = canvas(tmp_path)
    pages.translate(*{90: (595, 0), 180: (595, 842), 270: (0, 842)}[turn])
    pages.rotate(turn)
    wrote(pages, 72, 500, "第一条 横放的表格。")
    wrote(pages, 72, 480, "第二条 接着写。")
    assert text(tmp_path, pages).characters == "第一条 横放的表格。\n第二条 接着写。"


def test_watermarks_are_furniture_and_what_nobody_sees_is_left_out(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    for i in range(6):
        wrote(pages, 72, 700 - 20 * i, f"第{'一二三四五六'[i]}条 看得见的文字。")
    wrote(pages, 72, 900, "纸外的文字")
    pages.saveState()
    hidden = pages.beginText(72, 500)
    hidden.setFont(FONT, 12)
    hidden.setTextRenderMode(3)
    hidden.textOut("隐藏的字")
    pages.drawText(hidden)
    pages.restoreState()
    pages.saveState()
    pages.rotate(45)
    wrote(pages, 500, 100, "内部资料", 60)
    pages.restoreState()
    pages.setFillColor(Color(0.8, 0.8, 0.8))
    wrote(pages, 100, 640, "样本", 90)
    found = text(tmp_path, pages)
    assert main(found) == [f"第{c}条 看得见的文字。" for c in "一二三四五六"]
    assert furniture(found) == ["内部资料", "样本"]


# Furniture -----------------------------------------------------------------------------------------------------


def lines(*placed: tuple[float, str]) -> list[Placed]:
    return [Placed(words, middle) for middle, words in placed]


def test_heads_of_odd_and_even_pages_and_numbers_in_them_are_furniture() -> None:
    pages = [
        lines((0.05, f"第{i + 7}页 公报" if i % 2 else f"澜沚市政府 {i + 7}"), (0.2, f"正文{i}。"), (0.9, f"末行{i}。"))
        for i in range(8)
    ]
    assert running.furniture(pages) == [{0}] * 8


def test_a_line_that_repeats_at_another_height_is_no_running_head() -> None:
    pages = [lines((0.05 + 0.02 * i, "第一条 甲"), (0.3, "乙"), (0.5, "丙"), (0.7, "丁")) for i in range(4)]
    assert running.furniture(pages) == [set()] * 4


def test_annexes_and_sentences_at_the_top_of_each_page_stay() -> None:
    pages = [lines((0.1, f"附件{i + 1}"), (0.12, "此表一式两份。"), (0.5, "丙"), (0.7, "丁")) for i in range(5)]
    assert running.furniture(pages) == [set()] * 5


@pytest.mark.parametrize("number", ["— {} —", "－{}－", "第 {} 页 共 9 页", "{}/9", "Page {} of 9", "· {} ·", "{}"])
def test_page_numbers_need_no_repetition(number: str) -> None:
    assert running.furniture([lines((0.3, "甲。"), (0.5, "12"), (0.95, number.format(1)))]) == [{2}]
    assert running.furniture([lines((0.3, "甲。"), (0.6, number.format(1)))]) == [set()]


def test_a_list_of_contents_is_furniture() -> None:
    page = lines((0.1, "目 录"), *((0.2 + i / 20, f"第{i}章 总则 ........ {i}") for i in range(1, 5)), (0.6, "第一章"))
    assert running.furniture([page]) == [{0, 1, 2, 3, 4}]


# Tables --------------------------------------------------------------------------------------------------------


def test_a_ruled_table_has_its_cells_with_wrapped_lines_joined(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    wrote(pages, 72, 760, "附件")
    rows = [
        [["序号"], ["工作任务"], ["部门"]],
        [["1"], ["推进老旧小区改造，完善", "配套设施。"], ["公安局", "司法局"]],
        [["2"], ["审核"], []],
    ]
    ruled(pages, [72, 112, 232, 352], [740, 720, 680, 660], rows)
    wrote(pages, 72, 640, "表后的文字。")
    found = text(tmp_path, pages)
    assert cells(found) == [
        ["序号", "工作任务", "部门"],
        ["1", "推进老旧小区改造，完善配套设施。", "公安局\n司法局"],
        ["2", "审核", ""],
    ]
    assert found.characters.split("\n") == [
        "附件", "序号\t工作任务\t部门", "1\t推进老旧小区改造，完善配套设施。\t公安局", "司法局", "2\t审核\t", "表后的文字。"
    ]  # fmt: skip


def test_cells_without_a_line_between_them_are_one() -> None:
    strokes = [(0, y, 30, y) for y in (0, 10, 30)] + [(10, 20, 30, 20)]
    strokes += [(x, 0, x, 30) for x in (0, 10, 30)] + [(20, 0, 20, 20)]
    assert grids(strokes) == [
        Grid(
            xs=(0, 10, 20, 30),
            ys=(30, 20, 10, 0),
            owner=(((0, 0), (0, 1), (0, 1)), ((0, 0), (1, 1), (1, 2)), ((2, 0), (2, 1), (2, 2))),
        )
    ]


def test_open_sides_are_made_up_and_a_frame_is_no_table() -> None:
    open_sides = [(0, y, 90, y) for y in (0, 20, 40)] + [(x, 0, x, 40) for x in (30, 60)]
    assert [grid.xs for grid in grids(open_sides)] == [(0, 30, 60, 90)]
    assert grids([(0, 0, 90, 0), (0, 80, 90, 80), (0, 0, 0, 80), (90, 0, 90, 80)]) == []
    assert grids([(0, y, 500, y) for y in (0, 10, 20)]) == []


def test_a_table_goes_on_over_the_page_with_its_broken_row_and_without_its_repeated_names(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    names = [["类别"], ["序号"], ["工作任务"]]
    xs = [72, 132, 172, 292]
    wrote(pages, 240, 800, "澜沚市人民政府")
    pages.lines([(72, 700, 72, 620), (72, 700, 132, 700), (72, 620, 132, 620)])
    ruled(pages, xs, [720, 700], [names])
    ruled(
        pages,
        xs[1:],
        [700, 680, 620],
        [[["1"], ["受理。"]], [["2"], ["推进老旧小区改造，完善", "配套设施，提升基层治理"]]],
    )
    wrote(pages, 76, 660, "一、民生", 10)
    wrote(pages, 280, 40, "— 1 —")
    pages.showPage()
    wrote(pages, 240, 800, "澜沚市人民政府")
    pages.lines([(72, 700, 72, 640), (72, 700, 132, 700), (72, 640, 132, 640)])
    ruled(pages, xs, [720, 700], [names])
    ruled(pages, xs[1:], [700, 680, 640], [[[], ["水平。"]], [["3"], ["审核。"]]])
    wrote(pages, 280, 40, "— 2 —")
    found = text(tmp_path, pages)
    assert cells(found) == [
        ["类别", "序号", "工作任务"],
        ["一、民生", "1", "受理。"],
        ["一、民生", "2", "推进老旧小区改造，完善配套设施，提升基层治理水平。"],
        ["一、民生", "3", "审核。"],
    ]
    assert furniture(found) == [
        "澜沚市人民政府", "— 1 —", "澜沚市人民政府", "类别\t序号\t工作任务", "— 2 —"
    ]  # fmt: skip
    document = Document(id=DocumentId("表"), title="澜沚市人民政府")
    assert [c.row["工作任务"] for c in parse(found, document) if c.row] == [row[2] for row in cells(found)[1:]]


# Scans and hostile files ---------------------------------------------------------------------------------------


def file(*objects: bytes) -> bytes:
    """A PDF of these objects, the first its catalogue."""
    out, offsets = b"%PDF-1.7\n", []
    for i, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (i, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return out + head + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))


def stream(commands: bytes, more: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (more, len(commands), commands)


def page_file(content: bytes, *more: bytes, objects: bytes = b"") -> bytes:
    return file(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>>>" % objects,
        content,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    )


def nested(depth: int, width: int) -> bytes:
    """Forms that draw one another `width` to the power of `depth` times."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 5 0 R>>/XObject<</X %d 0 R>>>>"
    bodies = [b"/X Do " * width] * (depth - 1) + [b"BT /F 10 Tf 50 50 Td (abc) Tj ET"]
    forms = [stream(body, form % (7 + i)) for i, body in enumerate(bodies)]
    return page_file(stream(b"/X Do"), *forms, objects=b"/XObject<</X 6 0 R>>")


def test_forms_that_draw_one_another_without_end_are_refused() -> None:
    assert read(nested(3, 4), Path("a.pdf")).characters == "abc"
    with pytest.raises(Unreadable, match="过于复杂"):
        read(nested(12, 10), Path("a.pdf"))


def test_a_page_that_unpacks_to_far_too_much_is_suspicious(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = stream(zlib.compress(b"BT /F 10 Tf 50 50 Td " + b"(ab) Tj " * 300_000 + b"ET"), b"/Filter/FlateDecode")
    monkeypatch.setattr(bomb, "_UNPACKED", 1_000_000)
    monkeypatch.setattr(bomb, "_SECONDS", 0.01)
    with pytest.raises(Unreadable, match="过于复杂"):
        read(page_file(packed), Path("a.pdf"))


@pytest.mark.parametrize(
    "content",
    [b"[" * 50_000 + b"]" * 50_000, b"q " * 50_000, b"0 0 m 9 9 l S " * 20_000, b"1 0 0 1 9 9 cm 0 0 9 9 re S " * 20_000],
)  # fmt: skip
def test_pages_of_strange_commands_give_the_text_they_have(content: bytes) -> None:
    page = page_file(stream(b"BT /F 10 Tf 50 50 Td (abc) Tj ET " + content))
    assert read(page, Path("a.pdf")).characters == "abc"


def test_a_font_without_a_map_to_unicode_gives_no_usable_text() -> None:
    import pypdfium2

    font = b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[7 0 R]>>"
    held = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"
    page = page_file(
        stream(b"BT /G 10 Tf 50 50 Td <0010001100120013> Tj ET"), font, held, objects=b"/ExtGState<<>>"
    ).replace(b"/F 5 0 R", b"/G 6 0 R")
    assert sheet(pypdfium2.PdfDocument(page)[0]).usable == 0.0


def test_cut_files_are_read_or_refused(tmp_path: Path) -> None:
    pages = canvas(tmp_path)
    ruled(pages, [72, 172, 272], [740, 720, 700], [[["甲"], ["乙"]], [["丙"], ["丁"]]])
    pages.save()
    content = (tmp_path / "a.pdf").read_bytes()
    for length in range(0, len(content), 97):
        try:
            found = read(content[:length], Path("a.pdf"))
        except RagError:
            continue
        assert set(found.characters) <= set("甲乙丙丁\t\n")


def test_a_scanned_page_is_recognised_and_says_with_which_confidence(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    import pypdfium2
    from reportlab.lib.utils import ImageReader

    print_out = Canvas(str(tmp_path / "b.pdf"), pagesize=(595, 842))
    print_out.setFont("Helvetica", 28)
    print_out.drawString(72, 700, "Notice No. 2024-18")
    print_out.save()
    picture = pypdfium2.PdfDocument(tmp_path / "b.pdf")[0].render(scale=2).to_pil()
    pages = canvas(tmp_path)
    pages.drawImage(ImageReader(picture), 0, 0, 595, 842)
    found = text(tmp_path, pages)
    assert "2024-18" in found.characters
    assert found.confidence is not None
    assert 0.8 < found.confidence <= 1


def cover(folder: Path, articles: int, words: str = "澜沚市年度报告") -> Canvas:
    """A picture with a typed title, and a page of articles."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    pages = canvas(folder)
    pages.drawImage(ImageReader(Image.radial_gradient("L").convert("RGB")), 0, 0, 595, 842)
    wrote(pages, 100, 600, words, 30)
    pages.showPage()
    for i in range(articles):
        wrote(pages, 72, 760 - 20 * i, f"第{i + 1}条 本市供水单位应当接受监督检查。")
    return pages


def without_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Path) -> None:
        raise NeedsTool(path=path, tool="recognition", remedy="install it")

    monkeypatch.setattr(recognition, "_engine", missing)


def test_typed_words_on_a_picture_stay_and_make_no_scan_of_the_file(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    found = text(tmp_path, cover(tmp_path, 20))
    assert main(found)[:2] == ["澜沚市年度报告", "第1条 本市供水单位应当接受监督检查。"]
    assert found.confidence is None


def test_without_recognition_a_cover_is_left_out_and_a_scan_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("numpy")
    without_recognition(monkeypatch)
    with caplog.at_level("INFO"):
        found = text(tmp_path, cover(tmp_path, 20))
    assert main(found)[::20] == ["澜沚市年度报告", "第20条 本市供水单位应当接受监督检查。"]
    assert "these pages were not read" in caplog.text
    with pytest.raises(NeedsTool):
        text(tmp_path, cover(tmp_path, 1))


def test_what_was_recognised_in_the_place_of_typed_words_is_left_out() -> None:
    typed = [Glyph(c, 100 + 10 * i, 700, 110 + 10 * i, 712) for i, c in enumerate("年度报告")]
    read_again = Box("年度报吉", 0, 0, 0, 0, 0.9)
    whole, apart = Box("申请编号：年度报告第一号文件", 0, 0, 0, 0, 0.9), Box("第一条", 0, 0, 0, 0, 0.9)
    at, elsewhere = (98.0, 698.0, 142.0, 714.0), (98.0, 598.0, 142.0, 614.0)
    assert _parted([(read_again, at), (apart, elsewhere)], typed) == ([apart], typed)
    assert _parted([(whole, (40.0, 698.0, 180.0, 714.0))], typed) == ([whole], [])


def test_a_text_has_a_confidence_where_a_fifth_of_it_was_recognised() -> None:
    line = Line("甲" * 100, 0, 0, 100, 10, 10)
    assert [layout.written([layout.Page(842, [line], [], [(0.9, n)])]).confidence for n in (19, 20)] == [None, 0.9]
