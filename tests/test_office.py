"""Files of old word processors: each read as what it is, through the program that is there or none."""

import shutil
import socket
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_load import cells, word_file
from test_word import docx, p

from rag.errors import InputFault, NeedsTool, Unreadable
from rag.load import mhtml, word
from rag.load.office import convert, read
from rag.load.office.compound import HEADER, compound

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
with_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
with_antiword = pytest.mark.skipif(shutil.which("antiword") is None, reason="antiword is not installed")
posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for LibreOffice is a shell script")


def old_word(folder: Path, ending: str = "doc") -> bytes:
    """The Word file of the loaders' tests as LibreOffice saves it under this ending."""
    word_file(folder / "a.docx")
    command = [
        str(SOFFICE),
        "--headless",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--convert-to",
        ending,
    ]
    subprocess.run(
        [*command, "--outdir", str(folder), str(folder / "a.docx")], capture_output=True, check=True, timeout=120
    )
    return (folder / f"a.{ending}").read_bytes()


def no_program(monkeypatch: pytest.MonkeyPatch, *but: str) -> None:
    found = {name: shutil.which(name) for name in but}
    monkeypatch.setattr("rag.load.office.convert._PLACES", ())
    monkeypatch.setattr("shutil.which", found.get)


def ole(names: dict[str, bytes], flags: int = 0) -> bytes:
    """A compound file with these streams, each of 4,096 bytes; `flags` go into Word's header."""
    sector = 512
    count = len(names)
    table = [0xFFFFFFFD, *([0xFFFFFFFE] * 2)] + [i + 1 for i in range(3, 3 + 8 * count)]
    directory = b""
    for i, (name, kind) in enumerate([("Root Entry", 5), *((name, 2) for name in names)]):
        wide = (name + "\0").encode("utf-16-le")
        start = 3 + 8 * (i - 1) if i else 0xFFFFFFFE
        directory += wide.ljust(64, b"\0") + struct.pack("<HB49xIL4x", len(wide), kind, start, 4096 if i else 0)
    header = (
        HEADER
        + bytes(16)
        + struct.pack("<HHHHH6xIIIIIIIII", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    )
    header = header.ljust(76, b"\0") + struct.pack("<I", 0) + b"\xff" * 432
    word_header = struct.pack("<H8xH", 0xA5EC, flags)
    streams = b"".join((word_header + content).ljust(4096, b"\0") for content in names.values())
    body = struct.pack(f"<{len(table)}I", *table).ljust(sector, b"\xff") + directory.ljust(2 * sector, b"\0")
    return header + body + streams


# What the bytes say --------------------------------------------------------------------------------------------

PAGE = "<html><head><title>通知</title></head><body><p>第一条　为了规范，制定本办法。</p></body></html>"


@pytest.mark.parametrize(
    "content",
    [PAGE.encode(), b"\xef\xbb\xbf" + PAGE.encode(), PAGE.encode("gb18030"), b"\xff\xfe" + PAGE.encode("utf-16-le"),
     ("<?xml version='1.0' encoding='utf-8'?>\n<!-- x -->\n<!DOCTYPE HTML>" + PAGE).encode(),
     "<p>第一条　为了规范，制定本办法。</p>".encode(), "第一条　为了规范，制定本办法。".encode("gb18030"), docx(p("第一条　为了规范，制定本办法。"))],
)  # fmt: skip
def test_a_doc_that_is_something_else_is_read_as_that(content: bytes) -> None:
    assert read(content, Path("a.doc")).characters.strip() == "第一条　为了规范，制定本办法。"


@pytest.mark.parametrize("charset", ["utf-8", "gb2312"])
def test_a_page_saved_in_one_file_is_read(charset: str) -> None:
    import base64

    body = base64.encodebytes(PAGE.encode("gb18030" if charset == "gb2312" else charset)).decode()
    message = f'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\nContent-Type: text/html; charset="{charset}"\n'
    message += f"Content-Transfer-Encoding: base64\n\n{body}\n--x\nContent-Type: image/png\n\nx\n--x--\n"
    assert read(message.encode(), Path("a.doc")).characters == "第一条　为了规范，制定本办法。"


def test_a_message_without_a_page_or_with_too_many_parts_is_refused() -> None:
    plain = b"MIME-Version: 1.0\nContent-Type: text/plain\n\nx"
    nested = b"MIME-Version: 1.0\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(2000)
    )
    for content in (plain, nested):
        with pytest.raises(Unreadable, match="其中没有网页"):
            mhtml.read(content, Path("a.doc"))


@pytest.mark.parametrize("content", [b"%PDF-1.4\nrest", b"\x89PNG\r\n", b"Rar!\x1a\x07"])
def test_what_no_word_processor_wrote_is_named(content: bytes) -> None:
    with pytest.raises(Unreadable, match="与扩展名不符"):
        read(content, Path("a.doc"))


@pytest.mark.parametrize(
    "content", [HEADER + b"rest", HEADER + bytes(3000), ole({"Workbook": b""}), HEADER + b"\xff" * 3000]
)
def test_a_compound_file_without_word_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable, match="内容是 Office 97-2003 文件，但不是文字文档"):
        read(content, Path("a.doc"))


@pytest.mark.parametrize(
    "content", [ole({"EncryptedPackage": b""}), ole({"WordDocument": b"", "1Table": b""}, flags=0x0100)]
)
def test_encrypted_documents_are_refused_as_that(content: bytes) -> None:
    with pytest.raises(Unreadable, match="文件已加密"):
        read(content, Path("a.doc"))


def test_streams_are_found_with_their_places() -> None:
    found = compound(ole({"1Table": b"", "WordDocument": b""}))
    assert found.streams == {"1Table": 2048, "WordDocument": 2048 + 4096}
    assert (found.is_word(), found.is_encrypted()) == (True, False)


@given(st.data())
def test_a_damaged_directory_is_read_within_bounds(data: st.DataObject) -> None:
    content = bytearray(ole({"WordDocument": b"", "1Table": b""}))
    for _ in range(data.draw(st.integers(1, 30))):
        content[data.draw(st.integers(8, 2047))] = data.draw(st.integers(0, 255))
    compound(bytes(content[: data.draw(st.integers(0, len(content)))])).is_encrypted()


HEADS = [
    b"",
    HEADER,
    b"{\\rtf1",
    b"PK\x03\x04",
    b"<html>",
    b"MIME-Version: 1.0\nContent-Type: ",
    b"<?xml ",
    b"\xff\xfe",
]


@given(st.sampled_from(HEADS), st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(head: bytes, rest: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        no_program(patch)
        try:
            found = read(head + rest, Path("a.doc"))
        except InputFault:
            return
    assert "\0" not in found.characters


# Programs ------------------------------------------------------------------------------------------------------


def rtf(*paragraphs: tuple[str, int | None]) -> bytes:
    """Rich text as Word writes it: a list 第1条, （一） and paragraphs at its levels."""

    def escaped(words: str) -> str:
        return "".join(c if c.isascii() else f"\\u{ord(c)} ?" for c in words)

    levels = rf"{{\listlevel\levelnfc39\levelstartat1\levelfollow0{{\leveltext\'03{escaped('第')}\'00{escaped('条')};}}{{\levelnumbers\'02;}}}}"
    levels += (
        r"{\listlevel\levelnfc39\levelstartat1\levelfollow2{\leveltext\'03\u-248 ?\'01\u-247 ?;}{\levelnumbers\'02;}}"
    )
    table = rf"{{\*\listtable{{\list\listtemplateid1{levels}\listid5}}}}{{\*\listoverridetable{{\listoverride\listid5\listoverridecount0\ls1}}}}"
    body = "".join(
        ("" if depth is None else rf"{{\listtext\pard\plain X\tab}}\pard\plain\ls1\ilvl{depth} ")
        + escaped(words)
        + r"\par\pard\plain "
        for words, depth in paragraphs
    )
    return (r"{\rtf1\ansi\ansicpg936\deff0{\fonttbl{\f0\fnil SimSun;}}" + table + r"\pard\plain " + body + "}").encode()


@with_office
def test_an_old_document_keeps_its_numbers_tables_and_headers(tmp_path: Path) -> None:
    before = old_word(tmp_path)
    text = read(before, Path("a.doc"))
    new = word.read((tmp_path / "a.docx").read_bytes(), Path("a.docx"))
    legal = new.characters.replace("1.1 材料", "一.1 材料")  # LibreOffice knows of no legal numbering
    assert text.characters == legal
    assert [cells(text, table) for table in text.tables] == [cells(new, table) for table in new.tables]
    assert [text.characters[a:b] for a, b in text.furniture] == ["页眉"]
    assert read(before, Path("a.wps")) == text
    assert read(before, Path("a.docx")) == text


@with_office
def test_rich_text_keeps_its_numbers() -> None:
    content = rtf(
        ("关于办法的通知", None), ("总则", 0), ("申请；", 1), ("受理。", 1), ("附则", 0), ("澜沚市人民政府", None)
    )
    assert read(content, Path("a.rtf")).characters.split("\n") == [
        "关于办法的通知", "第一条 总则", "（一）申请；", "（二）受理。", "第二条 附则", "澜沚市人民政府"
    ]  # fmt: skip
    assert read(content, Path("a.doc")) == read(content, Path("a.rtf"))


@with_office
def test_what_libre_office_cannot_read_is_damaged() -> None:
    with pytest.raises(Unreadable, match="文件已损坏，无法转换"):
        read(b"{\\rtf1\\ansi " + b"{" * 5000, Path("a.rtf"))


@with_office
@with_antiword
def test_without_libre_office_antiword_gives_the_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = old_word(tmp_path)
    no_program(monkeypatch, "antiword")
    found = [line for line in read(content, Path("a.doc")).characters.split("\n") if line.strip()]
    assert found[:2] == ["关于印发办法的通知", "总则"]
    assert found[-1].strip() == "某市人民政府"


@pytest.mark.parametrize(
    ("content", "tool"),
    [(ole({"WordDocument": b""}), "LibreOffice 或 antiword"), (rtf(("甲", 0)), "LibreOffice"),
     (b'<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"/>', "LibreOffice"),
     (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.text", "LibreOffice")],
)  # fmt: skip
def test_without_any_program_the_message_says_what_to_install(
    content: bytes, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_program(monkeypatch)
    with pytest.raises(NeedsTool, match=f"旧.doc 需要 {tool} 才能读取。.*apt install libreoffice") as caught:
        read(content, Path("旧.doc"))
    assert "apt install libreoffice" in caught.value.message("en")
    assert "\n" not in caught.value.message()


def script(path: Path, lines: str) -> None:
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@posix
def test_a_conversion_that_hangs_is_killed_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "soffice", f"sleep 60 & echo $! > '{tmp_path}/child'\nwait")
    no_program(monkeypatch)
    monkeypatch.setattr("rag.load.office.convert._PLACES", (str(tmp_path / "soffice"),))
    monkeypatch.setattr("rag.load.office.convert._SECONDS", 0.5)
    with pytest.raises(Unreadable, match=r"转换超过 0\.5 秒"):
        convert.to_docx(b"x", ".doc", Path("a.doc"))
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "State:\tZ" in Path(f"/proc/{child}/status").read_text():
            break
        time.sleep(0.02)
    else:
        pytest.fail("the child goes on")


@posix
def test_libre_office_gets_a_profile_of_its_own_without_macros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "seen"
    keep = 'for a; do echo "$a"; case "$a" in -env:*) p="${a#*file://}"; cat "$p/user/registrymodifications.xcu";; esac; done'
    script(tmp_path / "soffice", f"({keep}) > '{seen}'\nexit 1")
    no_program(monkeypatch)
    monkeypatch.setattr("rag.load.office.convert._PLACES", (str(tmp_path / "soffice"),))
    with pytest.raises(Unreadable, match="无法转换"):
        convert.to_docx(b"x", ".doc", Path("a.doc"))
    words = seen.read_text()
    assert '"DisableMacrosExecution" oor:op="fuse"><value>true<' in words
    profile = Path(words.partition("file://")[2].splitlines()[0].removeprefix("/").join(["/", ""]))
    assert profile.name == "profile"
    assert not profile.exists()


@with_office
def test_nothing_that_a_document_links_to_is_fetched(tmp_path: Path) -> None:
    spaces = {"office": "office", "text": "text", "draw": "drawing"}
    names = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{s}:1.0"' for name, s in spaces.items())
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        picture = (
            f'<draw:frame><draw:image xlink:href="http://127.0.0.1:{server.getsockname()[1]}/x.png"/></draw:frame>'
        )
        content = (
            f'<?xml version="1.0"?><office:document {names} xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2" '
            'office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>'
            f"<text:p>甲{picture}</text:p></office:text></office:body></office:document>"
        )
        docx_ = convert.to_docx(content.encode(), ".fodt", tmp_path)
        with pytest.raises(TimeoutError):  # without the profile it asks for the picture three times
            server.accept()
    assert docx_ is not None
    assert word.read(docx_, tmp_path).characters == "甲"


@posix
def test_a_program_that_does_not_start_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "soffice").write_bytes(b"\x7fELF broken")
    (tmp_path / "soffice").chmod(0o755)
    no_program(monkeypatch)
    monkeypatch.setattr("rag.load.office.convert._PLACES", (str(tmp_path / "soffice"),))
    with pytest.raises(Unreadable, match="无法启动 soffice"):
        convert.to_docx(b"x", ".doc", Path("a.doc"))
