"""Archives: which members count, under which names, and those that are a trap."""

import struct
import zipfile
from pathlib import Path

import pytest

from rag import load
from rag.errors import NotFound, Unreadable
from rag.load import archive


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return path


def test_members_are_what_a_loader_reads(tmp_path: Path) -> None:
    names = ["b.txt", "附件/名单.docx", "附件/", "a.exe", ".git/c.txt", "__MACOSX/._b.txt", "../d.txt", "/e.txt", "甲\\f.md",
             "C:/g.txt", "inner.zip", "~$h.docx", "./i.pdf", "j.PDF", "x/../../k.txt"]  # fmt: skip
    path = packed(tmp_path / "通知.zip", dict.fromkeys(names, b"text"))
    assert archive.members(path) == ["b.txt", "i.pdf", "inner.zip", "j.PDF", "甲/f.md", "附件/名单.docx"]
    read = [archive.member(path, name) for name in archive.members(path) if name != "inner.zip"]
    assert read == [b"text"] * 5
    with pytest.raises(Unreadable, match="压缩包里的压缩包不读"):
        archive.member(path, "inner.zip")


def test_two_members_of_one_name_are_both_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("甲.txt", "一")
        made.writestr("甲.txt", "二")
    assert [(name, archive.member(path, name).decode()) for name in archive.members(path)] == [
        ("甲 (2).txt", "二"), ("甲.txt", "一"),
    ]  # fmt: skip


def test_an_archive_that_changed_is_opened_anew(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": b"one"})
    assert archive.member(path, "a.txt") == b"one"
    packed(path, {"a.txt": b"another"})
    assert archive.member(path, "a.txt") == b"another"


@pytest.mark.parametrize("name", ["../d.txt", "/e.txt", "a.exe", "nothing.txt"])
def test_no_other_member_can_be_had(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "a.zip", {"../d.txt": b"x", "/e.txt": b"x", "a.exe": b"x", "inner.zip": b"x"})
    with pytest.raises(NotFound):
        archive.member(path, name)


def renamed(path: Path, old: bytes, new: bytes) -> Path:
    """The archive with a member's name in other bytes of the same length, and without the mark of UTF-8."""
    content = path.read_bytes().replace(old, new)
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(header) + offset
        content = content[:at] + struct.pack("<H", 0) + content[at + 2 :]
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_without_the_mark_of_utf_8(tmp_path: Path, encoding: str) -> None:
    raw = "附件1：任务分解表.txt".encode(encoding)
    path = renamed(
        packed(tmp_path / "a.zip", {"x" * (len(raw) - 4) + ".txt": b"text"}), b"x" * (len(raw) - 4) + b".txt", raw
    )
    assert archive.members(path) == ["附件1：任务分解表.txt"]
    assert archive.member(path, "附件1：任务分解表.txt") == b"text"


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        archive.members(tmp_path / "nothing.zip")
    for content in (b"PK\x03\x04rest", b"noise", packed(tmp_path / "a.zip", {"a.txt": b"x" * 999}).read_bytes()[:60]):
        (tmp_path / "b.zip").write_bytes(content)
        with pytest.raises(Unreadable, match="压缩包已损坏或不是 ZIP 文件"):
            archive.members(tmp_path / "b.zip")


def test_an_encrypted_member_is_refused_and_named(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": b"text"})
    content = path.read_bytes()
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(header) + offset
        content = content[:at] + struct.pack("<H", 1) + content[at + 2 :]
    path.write_bytes(content)
    assert archive.members(path) == ["a.txt"]
    with pytest.raises(Unreadable, match=r"a\.zip/a\.txt 无法读取：文件已加密"):
        archive.member(path, "a.txt")


def test_a_damaged_member_leaves_the_others(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": b"first text" * 9, "b.txt": b"other"})
    content = path.read_bytes()
    at = content.index(b"a.txt") + 5
    path.write_bytes(content[:at] + b"\xff\xff\xff" + content[at + 3 :])
    assert archive.member(path, "b.txt") == b"other"
    with pytest.raises(Unreadable, match="压缩包已损坏"):
        archive.member(path, "a.txt")


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": bytes(20_000_000), "b.txt": b"x"})
    with pytest.raises(Unreadable, match="压缩比异常"):
        archive.member(path, "a.txt")
    assert archive.member(path, "b.txt") == b"x"
    monkeypatch.setattr(load, "LIMIT", 100)
    with pytest.raises(Unreadable, match="解压后超过"):
        archive.member(packed(tmp_path / "c.zip", {"a.txt": b"ab" * 60}), "a.txt")
    monkeypatch.setattr(archive, "_TOTAL", 10_000_000)
    with pytest.raises(Unreadable, match="的上限"):
        archive.members(path)
    monkeypatch.setattr(archive, "_TOTAL", 2**40)
    monkeypatch.setattr(archive, "_MEMBERS", 1)
    with pytest.raises(Unreadable, match="超过 1 个文件"):
        archive.members(path)


def test_a_list_of_members_without_end_is_not_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.txt": b"x"})
    content = path.read_bytes()
    end = content.rindex(b"PK\x05\x06")
    path.write_bytes(content[: end + 12] + struct.pack("<L", 2**25) + content[end + 16 :])
    with pytest.raises(Unreadable, match="个文件或解压后"):
        archive.members(path)
