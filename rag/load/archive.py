"""ZIP as a folder of documents: the names of what it holds, and the bytes of one of them.

Nothing is written to disk. Names come from whoever packed the archive: those that lead out of it, hidden ones and what
no loader reads are left out, those in GBK without a mark (the rule among Chinese archives) are put right. What a member
unpacks to is bounded before and while it is read. Archives within archives are members that are refused.
"""

import posixpath
import struct
import zipfile
import zlib
from collections import Counter
from functools import lru_cache
from pathlib import Path

from rag import load
from rag.errors import NoText, NotFound, Phrase, Unreadable
from rag.load.zipped import is_bounded

_MEMBERS = 10_000
"""Files in an archive, read or not."""
_TOTAL = 2 * 1024**3
"""Bytes of all members together."""
_RATIO = 250
"""Times its packed size that a member may have: text has 20, sparse pictures 100, a bomb 1,000."""
_SMALL = 1024 * 1024
"""Bytes up to which the ratio does not matter."""
_UTF8, _ENCRYPTED = 0x800, 0x1
"""Bits of a member's flags."""
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, ValueError)


def members(path: Path) -> list[str]:
    """The names of the files in an archive that some loader reads, sorted, `/` between folders.

    Raises Unreadable where it is damaged, no ZIP or holds too much, NoText where the
    file is blank.
    """
    _, names = _opened(path)
    return sorted(names)


def member(path: Path, name: str) -> bytes:
    """The bytes of the file that `members` calls `name`.

    Raises NotFound where there is none, Unreadable where it is encrypted, damaged or too large. The path in the error
    is that of the member: `通知.zip/附件.docx`.
    """
    inner = path / name
    archive, names = _opened(path)
    info = names.get(name)
    if info is None:
        raise NotFound(path=inner)
    if name.lower().endswith(".zip"):
        raise Unreadable(
            path=inner,
            reason=Phrase("压缩包里的压缩包不读，请先解压", "it is an archive within an archive: unpack it first"),
        )
    if info.flag_bits & _ENCRYPTED:
        raise Unreadable(path=inner, reason=Phrase(zh="文件已加密", en="it is encrypted"))
    if info.file_size > load.LIMIT or info.file_size > max(_SMALL, _RATIO * info.compress_size):
        raise Unreadable(path=inner, reason=_too_large())
    try:
        with archive.open(info) as file:
            content = file.read(load.LIMIT + 1)
    except (*_BROKEN, RuntimeError) as error:
        raise Unreadable(path=inner, reason=Phrase(zh="压缩包已损坏", en="the archive is damaged")) from error
    if len(content) > load.LIMIT:
        raise Unreadable(path=inner, reason=_too_large())
    return content


def _too_large() -> Phrase:
    most = load.LIMIT // 2**20
    return Phrase(
        zh=f"解压后超过 {most} MB 的上限，或压缩比异常",
        en=f"it unpacks to more than {most} MB, or to suspiciously many times its size",
    )


def _opened(path: Path) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """The archive and its members by name: the one asked last stays open, for its members are read one after another."""
    try:
        stat = path.stat()
        return _checked(path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError as error:
        raise NotFound(path=path) from error
    except PermissionError as error:
        raise Unreadable(path=path, reason=Phrase(zh="没有读取权限", en="no permission to read it")) from error
    except _BROKEN as error:
        if path.stat().st_size < 100 and not path.read_bytes().strip():
            raise NoText(path=path) from error
        reason = Phrase(zh="压缩包已损坏或不是 ZIP 文件", en="the archive is damaged or no ZIP")
        raise Unreadable(path=path, reason=reason) from error


@lru_cache(maxsize=1)
def _checked(path: Path, _changed: int, _size: int) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """The archive within bounds, opened anew when its file has changed."""
    too_much = Phrase(
        zh=f"超过 {_MEMBERS} 个文件或解压后 {_TOTAL // 2**30} GB 的上限",
        en=f"it has more than {_MEMBERS} files or unpacks to more than {_TOTAL // 2**30} GB",
    )
    with path.open("rb") as file:
        if not is_bounded(file):
            raise Unreadable(path=path, reason=too_much)
    archive = zipfile.ZipFile(path)
    infos = archive.infolist()
    if len(infos) > _MEMBERS or sum(info.file_size for info in infos) > _TOTAL:
        archive.close()
        raise Unreadable(path=path, reason=too_much)
    return archive, _names(archive)


def _names(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members that may be read, by name; a second one of the same name is numbered: 甲 (2).txt."""
    found: dict[str, zipfile.ZipInfo] = {}
    again: Counter[str] = Counter()
    for info in archive.infolist():
        name = posixpath.normpath(_name(info))
        if info.is_dir() or not _is_document(name):
            continue
        base = name
        stem, ending = posixpath.splitext(base)
        while name in found:  # counted on, not anew: an archive may hold 10,000 files of one name
            again[base] += 1
            name = f"{stem} ({again[base] + 1}){ending}"
        found[name] = info
    return found


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name in the encoding in which it was written, `/` between folders.

    >>> info = zipfile.ZipInfo("附件.docx".encode("gbk").decode("cp437"))
    >>> _name(info)
    '附件.docx'
    """
    name = info.filename
    if not info.flag_bits & _UTF8 and not name.isascii():
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            return name.replace("\\", "/")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _is_document(name: str) -> bool:
    """Whether a loader reads files of this name, and the name stays within the archive.

    >>> [_is_document(n) for n in ("甲/乙.docx", "../a.txt", "/a.txt", "C:/a.txt", "__MACOSX/._a.txt", "a.exe", "~$a.docx")]
    [True, False, False, False, False, False, False]
    """
    parts = name.split("/")
    if any(part in ("", "..") or part.startswith(("~$", "__MACOSX")) for part in parts) or ":" in parts[0]:
        return False
    if any(part.startswith(".") and part != "." for part in parts) or any(ord(sign) < 32 for sign in name):
        return False
    return Path(parts[-1]).suffix.lower() in load.FORMATS
