"""Scans: pages drawn by the test itself are read, whatever way up; files that are no images are refused."""

import builtins
import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from rag.clause import Text
from rag.errors import NeedsTool, NoText, Unreadable
from rag.load import scan
from rag.load.scan import recognition

pytest.importorskip("rapidocr")
pytest.importorskip("onnxruntime")
from PIL import Image, ImageDraw, ImageFont

PATH = Path("扫描件.png")
TITLE = "关于加强社区食堂管理的通知"
LINES = [
    "澜政发〔2024〕12号",
    "第一条　到2025年底，补贴每餐3.5元，总额1,200万元；",
    "（一）助餐、助浴；（二）上门巡访：",
]


def font(size: int) -> ImageFont.FreeTypeFont:
    found = ""
    if shutil.which("fc-match"):
        command = ["fc-match", "-f", "%{file}:%{index}:%{lang}", "serif:lang=zh-cn"]
        found = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    if "zh-cn" not in found:
        pytest.skip("no Chinese font to draw a page with")
    path, index, _ = found.split(":", 2)
    return ImageFont.truetype(path, size, index=int(index) & 0xFFFF)


def drawn() -> Image.Image:
    image = Image.new("RGB", (1000, 700), "white")
    draw = ImageDraw.Draw(image)
    draw.text((500, 60), TITLE, font=font(36), fill="black", anchor="ma")
    for i, line in enumerate(LINES):
        draw.text((80, 160 + 70 * i), line, font=font(30), fill="black")
    return image


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    whole = BytesIO()
    image.save(whole, kind, **options)
    return whole.getvalue()


def bare(text: Text | str) -> str:
    return "".join((text.characters if isinstance(text, Text) else text).split())


def test_a_page_is_read_to_the_letter() -> None:
    text = scan.read(saved(drawn()), PATH)
    assert bare(text) == bare(TITLE + "".join(LINES))
    assert text.characters.split("\n")[0] == TITLE
    assert text.pages == (0,)
    assert text.confidence is not None
    assert 0.9 < text.confidence <= 1


@pytest.mark.parametrize(
    "turned",
    [lambda i: i.rotate(90, expand=True), lambda i: i.rotate(180), lambda i: i.rotate(-1, fillcolor="white"),
     lambda i: i.resize((500, 350)), lambda i: i.convert("1"), lambda i: i.convert("P")],
    ids=["on its side", "upside down", "askew", "small", "black and white", "palette"],
)  # fmt: skip
def test_a_page_is_read_whichever_way_it_was_scanned(turned: Callable[[Image.Image], Image.Image]) -> None:
    assert bare(scan.read(saved(turned(drawn())), PATH)) == bare(TITLE + "".join(LINES))


def test_several_pages_of_a_tiff_and_a_turned_photograph() -> None:
    page = drawn()
    text = scan.read(saved(page, "TIFF", save_all=True, append_images=[page]), Path("a.tif"))
    assert text.pages == (0, text.characters.rindex(TITLE))
    exif = Image.Exif()
    exif[0x0112] = 6
    photograph = saved(page.rotate(90, expand=True), "JPEG", quality=80, exif=exif)
    assert bare(scan.read(photograph, Path("a.jpg"))) == bare(TITLE + "".join(LINES))


def test_a_ruled_table_and_words_on_transparent_ground() -> None:
    rows = [
        ("序号", "重点任务", "牵头部门"),
        ("1", "建设社区食堂", "市民政局"),
        ("2", "培训护理人员", "市人力资源\n社会保障局"),
    ]
    image = Image.new("RGBA", (1000, 700), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    edges = [100, 220, 560, 900]
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            draw.rectangle((edges[c], 100 + 90 * r, edges[c + 1], 190 + 90 * r), outline="black", width=2)
            draw.text(((edges[c] + edges[c + 1]) / 2, 145 + 90 * r), cell, font=font(28), fill="black", anchor="mm")
    text = scan.read(saved(image), PATH)
    assert [[text.characters[a:b] for a, b in row] for row in text.tables[0].rows] == [list(row) for row in rows]


def test_a_seal_hides_nothing_and_adds_nothing() -> None:
    image = drawn()
    draw = ImageDraw.Draw(image, "RGBA")
    draw.text((560, 480), "澜沚市人民政府", font=font(30), fill="black")
    draw.text((580, 540), "2024年1月15日", font=font(30), fill="black")
    draw.ellipse((540, 400, 820, 680), outline=(215, 20, 20, 170), width=10)
    draw.regular_polygon((680, 540, 50), 5, fill=(215, 20, 20, 170))
    assert bare(scan.read(saved(image), PATH)).endswith("澜沚市人民政府2024年1月15日")


def test_signs_are_put_right_and_figures_left() -> None:
    mended = scan._mended
    assert mended("第三条(一)办理,报备;按(2019)8号") == "第三条（一）办理，报备；按（2019）8号"
    assert mended("澜政发[2024]12号、[2024)第3号") == "澜政发〔2024〕12号、〔2024〕第3号"
    assert mended("1,200元 8:30 f(x, y) 1) A:B http://a.b") == "1,200元 8:30 f(x, y) 1) A:B http://a.b"
    assert mended("（含20%)。康委)") == "（含20%）。康委）"


# What is no image ----------------------------------------------------------------------------------------------


def test_what_is_no_image_is_refused() -> None:
    good = saved(Image.new("RGB", (200, 200), "white"))
    for bad in (b"noise" * 99, good[:60], good[:-40] + bytes(40), b"BM" + bytes(99), b"II*\x00" + b"\xff" * 99):
        with pytest.raises((Unreadable, NoText)):
            scan.read(bad, PATH)
    with pytest.raises(Unreadable, match="内容是 PDF 文件"):
        scan.read(b"%PDF-1.4 rest", PATH)
    with pytest.raises(NoText):
        scan.read(good, PATH)


def test_too_large_an_image_is_refused_unread() -> None:
    bomb = saved(Image.new("1", (14_000, 14_000)))
    assert len(bomb) < 100_000
    with pytest.raises(Unreadable, match="百万像素的上限"):
        scan.read(bomb, PATH)


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_PAGES", 2)
    page = Image.new("L", (64, 64), 255)
    with pytest.raises(Unreadable, match="超过 2 页的上限"):
        scan.read(saved(page, "TIFF", save_all=True, append_images=[page] * 3), Path("a.tif"))


def test_without_recognition_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: object) -> object:
        if name.startswith(("onnxruntime", "rapidocr")):
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    recognition._models.cache_clear()
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(NeedsTool, match=r"pip install -e '.\[ocr\]'"):
        scan.read(saved(Image.new("L", (64, 64), 255)), PATH)
