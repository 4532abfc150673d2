"""One loader a format: a file in, a `Text` out (characters, pages, furniture, tables).

Finds the files below a folder, chooses the loader by the file's ending and refuses what no loader can read. What
the characters mean — title, clauses, dates — is for metadata and parse. A new format is one module here and one
line in `_LOADERS`.
"""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from rag.clause import Text
from rag.errors import NoText, NotFound, Phrase, UnknownFormat, Unreadable

LIMIT = 100 * 1024 * 1024
"""Bytes of a file that is still read: the longest laws as scanned PDF have about 40 MB."""

_LOADERS = {
    ".txt": "rag.load.text",
    ".md": "rag.load.markdown",
    ".html": "rag.load.page",
    ".htm": "rag.load.page",
    ".docx": "rag.load.word",
    ".pdf": "rag.load.pdf",
}
FORMATS: tuple[str, ...] = tuple(_LOADERS)
"""The endings that are read, in lower case with their dot."""


def files(path: Path) -> list[Path]:
    """The files below `path` that some loader reads, sorted; `path` itself where it is a file, whatever its ending.

    Hidden files and folders, lock files of word processors (`~$…`) and links that leave the folder are left out.
    Raises NotFound where `path` is missing, Unreadable where the folder may not be listed.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NotFound(path=path)
    root = path.resolve()
    found: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            file
            for name in names
            if not name.startswith((".", "~$"))
            and (file := Path(folder, name)).suffix.lower() in FORMATS
            and file.resolve().is_relative_to(root)
            and file.is_file()
        ]
    return sorted(found)


def _refuse(error: OSError) -> None:
    raise Unreadable(path=error.filename, reason=_why(error)) from error


def read(path: Path) -> Text:
    """The text of one file.

    Raises NotFound, UnknownFormat, Unreadable (damaged, encrypted, too large, not allowed, or not what its ending
    says) or NoText. Cost: megabytes a second for text, tens of pages a second for PDF.
    """
    if not path.exists():
        raise NotFound(path=path)
    ending = path.suffix.lower()
    if ending not in _LOADERS or not path.is_file():
        raise UnknownFormat(path=path, format=ending or path.name, formats=" ".join(FORMATS))
    try:
        size = path.stat().st_size
        if size > LIMIT:
            raise Unreadable(path=path, reason=_too_large(size))
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(path=path, reason=_why(error)) from error
    if not content.strip():
        raise NoText(path=path)
    loader: Callable[[bytes, Path], Text] = import_module(_LOADERS[ending]).read
    text = loader(content, path)
    if not text.characters.strip():
        raise NoText(path=path)
    return text


def _too_large(size: int) -> Phrase:
    have, most = size // 2**20, LIMIT // 2**20
    return Phrase(
        zh=f"文件有 {have} MB，超过 {most} MB 的上限", en=f"the file has {have} MB, more than the limit of {most} MB"
    )


def _why(error: OSError) -> Phrase:
    if isinstance(error, PermissionError):
        return Phrase(zh="没有读取权限", en="no permission to read it")
    return Phrase(zh=f"系统报告“{error.strerror}”", en=f"the system says “{error.strerror}”")
