"""One loader a format: a file in, a `Text` out (characters, pages, furniture, tables).

Finds the files below a folder, reads their bytes once, chooses the loader by the ending and refuses what no loader can
read. What the characters mean — title, clauses, dates — is for metadata and parse. A new format is one module here and
one line in `_LOADERS`.

A container holds files of its own: a member of `通知.zip` has the path `通知.zip/附件/名单.docx`, and is read by it like
any other file.
"""

import errno
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path, PurePosixPath

from rag.clause import Text
from rag.errors import InputFault, IsFolder, NoText, NotFound, NothingToIndex, Phrase, UnknownFormat, Unreadable

LIMIT = 100 * 1024 * 1024
"""Bytes of a file that is still read: the longest laws as scanned PDF have about 40 MB."""
CHARACTERS = 20_000_000
"""Characters of a document that is still parsed, in about half a minute: all of the country's laws have 5 million."""

_LOADERS = {
    ".txt": "rag.load.text",
    ".md": "rag.load.markdown",
    ".html": "rag.load.page",
    ".htm": "rag.load.page",
    **dict.fromkeys((".docx", ".docm", ".doc", ".wps", ".rtf", ".odt"), "rag.load.office"),
    ".pdf": "rag.load.pdf",
    ".ofd": "rag.load.ofd",
    ".xlsx": "rag.load.sheet",
    ".xlsm": "rag.load.sheet",
    ".xls": "rag.load.sheet",
    ".csv": "rag.load.sheet",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"), "rag.load.scan"),
}
_CONTAINERS = {".zip": "rag.load.archive", ".db": "rag.load.laws"}
"""Modules with `members(path)`, the names of what a file holds, and `member(path, name)`, the bytes of one."""
FORMATS: tuple[str, ...] = (*_LOADERS, ".zip")  # a law base is read where it is named, no other `.db` of a folder
"""The endings that are read, in lower case with their dot."""


def files(path: Path) -> list[Path]:
    """The files below `path` that some loader reads, sorted; `path` itself where it is a file, whatever its ending.

    A container stands for its members, and for itself where these cannot be listed: reading it then says why. Hidden
    files and folders, lock files of word processors (`~$…`) and links that leave the folder are left out.
    Raises NotFound where `path` is missing, Unreadable where the folder may not be listed.
    """
    if _found(path) is not None or path.is_file():
        return _expanded(path)
    root = path.resolve()
    found: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            file
            for name in names
            if not name.startswith((".", "~$"))
            and (file := Path(folder, name)).suffix.lower() in FORMATS
            and file.is_file()  # first: a link that leads to itself is none, and cannot be resolved
            and file.resolve().is_relative_to(root)
        ]
    return sorted(one for file in found for one in _expanded(file))


def _expanded(path: Path) -> list[Path]:
    if path.suffix.lower() not in _CONTAINERS or not path.is_file():
        return [path]
    try:
        names: list[str] = import_module(_CONTAINERS[path.suffix.lower()]).members(path)
    except InputFault:
        return [path]
    return sorted(path / name for name in names) or [path]


def _within(path: Path) -> tuple[Path, str] | None:
    """The container that `path` lies in and its name there; None where no file stands above it."""
    above = next((parent for parent in path.parents if parent.is_file()), None)
    if above is None or above.suffix.lower() not in _CONTAINERS:
        return None
    return above, PurePosixPath(path.relative_to(above)).as_posix()


def is_packed(path: Path) -> bool:
    """Whether a path leads into an archive that is there: what it leads to is no file of its own."""
    held = _within(path)
    return held is not None and held[0].suffix.lower() == ".zip"


def _found(path: Path) -> tuple[Path, str] | None:
    """What `_within` says of a path that is there; NotFound where nothing is, Unreadable where one may not look."""
    try:
        held = _within(path)
        if held is None and not path.exists():
            raise NotFound(path=path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise NotFound(path=path) from error
        raise Unreadable(path=path, reason=_why(error)) from error
    return held


def _refuse(error: OSError) -> None:
    raise Unreadable(path=error.filename, reason=_why(error)) from error


def read(path: Path) -> Text:
    """The text of one file: `content` and `extracted` in one, with their errors."""
    return extracted(content(path), path)


def content(path: Path) -> bytes:
    """The bytes of a file or of a container's member, read once: what is hashed is what is parsed.

    Raises NotFound, IsFolder, UnknownFormat (an ending without a loader) or Unreadable (too large, not allowed).
    """
    held = _found(path)
    if path.is_dir():
        raise IsFolder(path=path)
    ending = path.suffix.lower()
    if ending in _CONTAINERS and path.is_file():
        return _nothing_inside(path, ending)
    if ending not in (FORMATS if held else _LOADERS):
        raise UnknownFormat(path=path, format=ending or path.name, formats=" ".join(FORMATS))
    if held is not None:
        container, name = held
        inner: bytes = import_module(_CONTAINERS[container.suffix.lower()]).member(container, name)
        return inner
    try:
        with path.open("rb") as file:
            found = file.read(LIMIT + 1)  # a file may grow while it is read, and a device has no size
            size = max(len(found), os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise Unreadable(path=path, reason=_why(error)) from error
    if len(found) > LIMIT:
        raise Unreadable(path=path, reason=_too_large(size))
    return found


def _nothing_inside(path: Path, ending: str) -> bytes:
    """Never returns: a container that is itself asked for holds nothing that can be read, or is damaged."""
    names = import_module(_CONTAINERS[ending]).members(path)
    if names:
        raise UnknownFormat(path=path, format=ending, formats=f"{path}/{names[0]}")
    raise NothingToIndex(path=path, formats=" ".join(FORMATS))


def extracted(content: bytes, path: Path) -> Text:
    """The text in `content`, read as the ending of `path` says.

    Raises Unreadable (damaged, encrypted, too long, or not what its ending says), NeedsTool or NoText.
    Cost: megabytes a second for text, tens of pages a second for PDF, a second a page for scans.
    """
    if not content.strip():
        raise NoText(path=path)
    loader: Callable[[bytes, Path], Text] = import_module(_LOADERS[path.suffix.lower()]).read
    found = loader(content, path)
    if not found.characters.strip():
        raise NoText(path=path)
    if len(found.characters) > CHARACTERS:
        raise Unreadable(path=path, reason=_too_long(len(found.characters)))
    return found


def _too_large(size: int) -> Phrase:
    have, most = size // 2**20, LIMIT // 2**20
    return Phrase(
        zh=f"文件有 {have} MB，超过 {most} MB 的上限", en=f"the file has {have} MB, more than the limit of {most} MB"
    )


def _too_long(length: int) -> Phrase:
    have, most = length // 10_000, CHARACTERS // 10_000
    return Phrase(
        zh=f"正文有 {have} 万字，超过 {most} 万字的上限，请拆成几份",
        en=f"it has {have}0,000 characters, more than {most}0,000: split it",
    )


def _why(error: OSError) -> Phrase:
    if isinstance(error, PermissionError):
        return Phrase(zh="没有读取权限", en="no permission to read it")
    return Phrase(zh=f"系统报告“{error.strerror}”", en=f"the system says “{error.strerror}”")
