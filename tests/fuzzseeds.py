"""What the fuzzer begins with: a few rich files of each format, words to put in, and texts with tables laid in them."""

import base64
import tempfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import ofdwriter
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas
from test_laws import database
from test_load import word_file
from test_office import ole, rtf
from test_pdf import FONT, page_file, stream
from test_sheet import AREAS, TASKS, book
from test_word import both, box, docx, item, level, lists, note, p, tc, tr

from rag.clause import Span, Table, Text

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
WORDS = (
    *("第一条　", "第二条 ", "第三百零一条之一", "第九章 ", "第二节", "第一编\n", "第三部分 ", "一、", "二、", "（一）", "（十二）", "1.", "23、", "3.2.1 "),
    *("（1）", "①", "㉑", "1）", "一是", "二是", "首先，", "其次，", "——", "•", "第一，", "第二款", "第（三）项", "甲、", "a.", "IV."),
    *("附件", "附件1\n", "附件2：", "附表", "附录A", "附：", "目　录", "……12\n", "（续表）", "（此件公开发布）", "抄送：", "印发", "联系人："),
    *("澜沚市人民政府", "澜沚市人民政府办公室", "关于印发", "关于废止", "的通知", "的决定", "办法", "（试行）", "《", "》", "“", "”", "（", "）", "。", "；", "："),
    *("澜政发〔2024〕12号", "〔2024〕", "2024年2月30日", "二〇二四年五月六日", "自公布之日起施行", "自2024年1月1日起施行", "有效期5年", "有效期至2026年12月31日"),
    *("同时废止", "修改为", "删去", "前款", "本条第二款", "本办法第三条至第五条", "依照《澜沚市办法》第十条第一款第（二）项", "第三章", "附件2", "延长至", "继续有效"),
    *("序号\t事项\t部门\n", "1\t甲\t乙\n", "| a | b |\n|---|---|\n", "\t", "\n", "\n\n", "　　", "  ", "\u2028", "\ufeff", "\u200b", "\r\n", "\0", "𠮷", "é", "\u0301"),
    *("## ", "**", "``", "时效性：失效", "发布日期：2024-13-01", "来源：", "索引号：", "当前位置：", "第1页 共2页", "- 1 -", "— 3 —", "牵头单位：", "责任单位："),
    *('<table><tr><td rowspan="9">', "</td><td>", "<tr>", "</table>", "<div>", "<br>", "&#0;", "&nbsp;", "&#xD800;", "<![CDATA[", "<!--", "<p hidden>", "<a href=x>"),
)  # fmt: skip


def seeds(target: str) -> Iterable[bytes]:
    """Files of a target's format; for `parse` texts, behind a NUL the numbers that `arranged` takes."""
    return {"parse": _texts, "page": _pages, "word": _word, "pdf": _pdf, "markdown": _markdown, "text": _plain,
            "sheet": _sheet, "ofd": _ofd, "office": _office, "archive": _archive, "laws": _laws, "scan": _scan}[target]()  # fmt: skip


def arranged(characters: str, numbers: bytes) -> Text:
    """A text with pages, furniture and tables where the numbers say; spans lie in the text and in order.

    The first number's bits say which there are; of the others each is a step onwards, in characters.
    """
    steps = iter(numbers[1:])
    kinds = numbers[0] if numbers else 0
    size = len(characters)
    pages, furniture, tables = [0], list[Span](), list[Table]()
    if kinds & 1:
        for step in _some(steps):
            pages.append(min(size, pages[-1] + 2 * step))
    at = 0
    while kinds & 2 and at < size and len(tables) < 5:
        cells = _some(steps)
        if not cells:
            break
        width = cells[0] % 6 + 1
        at += cells[0]
        spans: list[Span] = []
        for step in cells[1:]:
            if step % 8 == 7 and len(spans) >= width:
                spans.append(spans[-width])  # merged with the one above
                continue
            start = min(size, at + step % 3)
            at = min(size, start + step // 3)
            spans.append((start, at))
        rows = [spans[i : i + width] for i in range(0, len(spans), width)]
        if kinds & 4:  # rows as long as they come
            tables += [Table(tuple(map(tuple, rows)))] if rows else []
        else:
            tables += [Table(tuple(map(tuple, rows[:-1])))] if len(rows) > 1 else []
        at += 1
    if kinds & 8:
        start = at if kinds & 16 else 0
        for first, second in pairwise(_some(steps)):
            if start + first >= size:
                break
            furniture.append((start + first, min(size, start + first + second)))
            start = furniture[-1][1]
        hulls = [_hull(table) for table in tables]
        furniture = [span for span in furniture if not any(span[0] < b and a < span[1] for a, b in hulls)]
    return Text(
        characters,
        tuple(pages) if kinds & 1 else (),
        tuple(furniture),
        tuple(tables),
        "澜沚市人民政府关于甲的通知" if kinds & 32 else None,
    )


def _some(steps: Iterator[int]) -> list[int]:
    return [step for _, step in zip(range(next(steps, 0) % 32), steps, strict=False)]


def _hull(table: Table) -> Span:
    spans = [span for row in table.rows for span in row]
    return min(a for a, _ in spans), max(b for _, b in spans)


def _corpus(*endings: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(CORPUS.iterdir()) if path.suffix in endings]


def _texts() -> Iterator[bytes]:
    chapters = "澜沚市办法\n第一章 总则\n第一条　为了甲，制定本办法。\n第二条　下列情形：\n（一）甲；\n（二）乙。\n1.丙\n①丁\n前款规定。\n第二章 附则\n第三条 自2024年1月1日起施行，《旧办法》同时废止。\n"
    notice = "关于印发工作要点的通知\n澜政发〔2024〕12号\n各区：\n一、总体要求\n一是甲。二是乙。\n二、任务\n（一）丙。\n——丁\n澜沚市人民政府\n2024年5月6日\n附件\n工作要点\n序号\t事项\t部门\n1\t甲\t乙\n2\t丙\t丁\n抄送：戊。\n"
    yield from (text[:4000] for text in _corpus(".txt", ".md"))
    for words in (chapters, notice, chapters + notice, "\n".join(WORDS), "".join(WORDS)):
        for numbers in (
            b"",
            b"\x01\x04\x10\x10\x10\x10",
            b"\x02\x0c\x10" + b"\x09\x0a\x0c\x07" * 5,
            b"\x1f" + bytes(range(3, 90)),
        ):
            yield words.encode() + b"\0" + numbers


def _pages() -> Iterator[bytes]:
    yield from _corpus(".html")
    table = '<table><tr><th>序号<th colspan=2>事项<th>部门</tr><tr><td rowspan="2">1<td>甲<td>乙<td>丙</tr><tr><td colspan=3>丁</table>'
    body = f"<div class=nav><a href=x>首页</a> 当前位置：首页</div><div id=zoom><h1>关于甲的通知</h1><p>各区：<p>第一条　为了规范，制定本办法。<br>　　一、乙<span>丙</span>；<ul><li>丁<li>戊</ul>{table}<table><tr><td>索引号：<td>1<tr><td>正文：<td><table><tr><td>己<td>庚<tr><td>辛<td>壬</table></table></div><div class=footer>版权所有</div>"
    yield f"<!DOCTYPE html><html><head><meta charset=utf-8><title>关于甲的通知_澜沚市</title></head><body>{body}</body></html>".encode()
    yield f'<?xml version="1.0"?><html><meta http-equiv=Content-Type content="text/html; charset=gb2312"><body>{body}'.encode(
        "gb18030"
    )


def _word() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        word_file(Path(folder, "a.docx"))
        yield Path(folder, "a.docx").read_bytes()
    levels = level(0, "chineseCountingThousand", "第%1章", '<w:suff w:val="space"/>') + level(1, "japaneseCounting", "（%2）") + level(2, "decimalEnclosedCircle", "%3", "<w:isLgl/>")  # fmt: skip
    body = (
        p("关于甲的通知")
        + item("总则", 0)
        + item("甲。", 1)
        + item("乙", 2)
        + f"<w:p>{both(p('框内') + p('框外'))}</w:p>"
    )
    body += "<w:p><w:ins><w:r><w:t>增</w:t></w:r></w:ins><w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:footnoteReference w:id=\"4\"/><w:tab/><w:br/></w:r></w:p>"
    body += f"<w:p><w:r><w:fldChar w:fldCharType='begin'/><w:instrText> PAGE </w:instrText><w:fldChar w:fldCharType='separate'/><w:t>1</w:t><w:fldChar w:fldCharType='end'/></w:r>{box(p('旧'))}</w:p>"
    merged = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = tr(tc("序号"), tc("事项", '<w:gridSpan w:val="2"/>')) + tr(tc("1", merged[0]), tc("甲"), tc("乙")) + tr(tc("", merged[1]), tc("丙"), tc("", "", f"<w:tbl>{tr(tc('内'), tc('层'))}</w:tbl>"))  # fmt: skip
    body += (
        f"<w:tbl>{rows}</w:tbl>"
        + p("尾")
        + "<w:sectPr><w:headerReference w:type='default' r:id='header_1'/></w:sectPr>"
    )
    styles = '<w:style w:type="paragraph" w:styleId="1" w:default="1"><w:basedOn w:val="2"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style><w:style w:styleId="2"/>'
    yield docx(
        body, numbering=lists(levels), footnotes=note("footnote", 4, "注", "释"), header_1=p("页眉"), styles=styles
    )


def _pdf() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        for compressed in (0, 1):
            pages = Canvas(str(Path(folder, "a.pdf")), pagesize=(595, 842), pageCompression=compressed)
            for n in range(1, 4):
                pages.setFont(FONT, 12)
                for i, words in enumerate(
                    ("澜沚市公报", "关于甲的通知", "　　第一条　为了规范，制定本办法。", "　　一、甲", "乙乙")
                ):
                    pages.drawString(72, 800 - 30 * i, words)
                xs, ys = (72, 150, 300, 500), (600, 570, 540, 510)
                pages.grid(xs, ys)
                for i, y in enumerate(ys[:3]):
                    for x, words in zip(xs, (f"{i}", "事项甲", "市民政局"), strict=False):
                        pages.drawString(x + 5, y - 15, words)
                pages.rotate(10 * (n - 1))
                pages.drawString(280, 30, f"- {n} -")
                pages.showPage()
            pages.save()
            yield Path(folder, "a.pdf").read_bytes()
    yield page_file(stream(b"BT /F 12 Tf 1 0 0 1 50 700 Tm (abc) Tj 0 -14 Td [(d) -900 (ef)] TJ ET 50 50 100 100 re S q 2 0 0 2 0 0 cm BT /F 9 Tf 9 9 Td (x) ' ET Q"))  # fmt: skip
    yield page_file(stream(b"q 500 0 0 800 0 0 cm BI /W 8 /H 8 /BPC 8 /CS /G ID " + bytes(range(64)) + b" EI Q"))


def _markdown() -> Iterator[bytes]:
    yield from _corpus(".md", ".txt")
    yield "# 办法\n\n| 序号 | 事项 |\n|:--|---:|\n| 1 | a \\| b |\n||\n| 2 |\n\n> 一、\n- [x](y)\n```\n| a |\n```\n".encode()


def _plain() -> Iterator[bytes]:
    words = "澜沚市办法\n第一条　为了甲，制定本办法。\r\n\t乙 é 𠮷"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "big5", "utf-32"):
        yield words.encode(encoding, "replace")


def _sheet() -> Iterator[bytes]:
    yield book(("任务", TASKS, AREAS), ("表2", [["甲", 1.5], [None, True]], []))
    rows = '2024年清单,,\n序号,事项,部门\n1,"甲\n乙",丙\n一、丁,,\n2,戊\n备注：己'
    for encoding in ("utf-8", "gb18030", "utf-16"):
        yield rows.encode(encoding)
    yield rows.replace(",", "\t").encode()
    yield rows.replace(",", ";").encode("utf-8-sig")
    yield "<html><meta charset=utf-8><table><tr><td>事项<td>部门<tr><td>甲<td>乙</table>".encode()
    yield ole({"Workbook": b"\x09\x08\x10\x00\x00\x06\x05\x00", "Book": b""})


def _ofd() -> Iterator[bytes]:
    rows = ["澜沚市办法", "第一条　为了规范，制定本办法。", "（一）甲", "- 1 -"]
    edges = (30.0, 50.0, 110.0, 170.0)
    grid = "".join(ofdwriter.box(edges[c], 160 + 12 * r, edges[c + 1], 172 + 12 * r) + ofdwriter.text(f"格{r}{c}", edges[c] + 3, 163 + 12 * r, 4.0) for r in range(3) for c in range(3))  # fmt: skip
    unit = f'<ofd:Res><ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="9"><ofd:Content>{ofdwriter.text("单元", 0, 0)}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits></ofd:Res>'
    head = (
        f"<ofd:Res><ofd:Content><ofd:Layer>{ofdwriter.text('澜沚市公报', 80, 15)}</ofd:Layer></ofd:Content></ofd:Res>"
    )
    objects = '<ofd:CompositeObject ID="2" ResourceID="9" Boundary="30 50 100 10"/>' + ofdwriter.text("斜", 90, 150, more='CTM="0.7 0.7 -0.7 0.7 0 0"')  # fmt: skip
    objects += '<TextObject Boundary="30 90 100 10" Size="5"><CGTransform CodePosition="0" CodeCount="1" GlyphCount="1"><Glyphs>5</Glyphs></CGTransform><TextCode X="0" Y="5" DeltaX="g 3 5.0">第一条文</TextCode></TextObject>'
    yield ofdwriter.package(
        [ofdwriter.page(rows, f"- {n} -") + grid + objects for n in (1, 2)],
        '<ofd:PublicRes>Res.xml</ofd:PublicRes><ofd:TemplatePage ID="7" BaseLoc="Tpls/T.xml"/>',
        {"Doc_0/Tpls/T.xml": head, "Doc_0/Res.xml": unit},
        '<ofd:Template TemplateID="7"/>',
    )


def _office() -> Iterator[bytes]:
    page = "<html><head><title>通知</title></head><body><p>第一条　为了规范。</p></body></html>"
    body = base64.encodebytes(page.encode()).decode()
    head = 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\nContent-Type: text/html; charset="utf-8"\n'
    yield f"{head}Content-Transfer-Encoding: base64\n\n{body}\n--x\nContent-Type: image/png\n\nx\n--x--\n".encode()
    yield f"{head}Content-Transfer-Encoding: quoted-printable\n\n<p>=E7=94=B2=\n</p>\n--x--\n".encode()
    yield rtf(("总则", 0), ("甲", 1), ("乙", None))
    yield ole({"WordDocument": b"", "1Table": b"", "WpsContent": b""})
    yield ole({"EncryptedPackage": b""}, 0x100)
    yield b'<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"/>'
    yield page.encode("gb18030")
    yield "第一条　为了规范。".encode("gb18030")
    yield docx(p("第一条　为了规范。"))


def _archive() -> Iterator[bytes]:
    import zipfile
    from io import BytesIO

    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("通知.txt", "第一条　为了规范。")
        package.writestr("附件/名单.csv", "序号,事项\n1,甲\n2,乙")
        package.writestr("附件/".encode("gbk").decode("cp437") + "a.md", "| a | b |\n|---|---|\n| 1 | 2 |\n")
        package.writestr("../a.html", "<p>甲</p>")
        package.writestr("b/./c.docx", docx(p("甲")))
    yield whole.getvalue()


def _laws() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        yield database(Path(folder, "laws.db")).read_bytes()


def _scan() -> Iterator[bytes]:
    from io import BytesIO

    image = Image.new("RGB", (120, 90), "white")
    ImageDraw.Draw(image).rectangle((9, 9, 80, 60), outline="black")
    for kind, changed in (("PNG", image), ("PNG", image.convert("P")), ("PNG", image.convert("I;16")), ("PNG", image.convert("LA")),
                          ("JPEG", image), ("JPEG", image.convert("CMYK")), ("TIFF", image), ("TIFF", image.convert("1")),
                          ("BMP", image), ("GIF", image)):  # fmt: skip
        whole = BytesIO()
        more = {"save_all": True, "append_images": [changed, changed]} if kind == "TIFF" else {}
        changed.save(whole, kind, **more)
        yield whole.getvalue()
