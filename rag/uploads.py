"""The files that were handed over on the page: kept below the index, and taken back with the generation they came with.

    index/uploads/通知.docx     a file that is indexed
    index/uploads/.incoming/    what is arriving or waits for its turn, under names of our own
    index/uploads/.before/      what a change that is under way has replaced or removed
    index/uploads/.aside/       the other version of each file that the last change touched
    index/uploads/.aside.json   their names, the two generations between which they change, and whose files are in place

To go back is to exchange the files with those aside, and to go forth again the same. What a generation is, is
`rag.generation`'s; when files are put in and a new one is built, the page's.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from rag import generation
from rag.errors import UploadsFull

Turn = Literal["withdrawn", "restored", "exchanged"]
"""What becomes of a file when the index goes back: it is new, it was removed, it was replaced."""
_INCOMING, _BEFORE, _ASIDE, _RECORD, _SPARE = ".incoming", ".before", ".aside", ".aside.json", ".spare"
_NAME_BYTES = 200  # file systems take 255 bytes, some programs add an ending of their own
_ENDING_BYTES = 12
_DAY = 24 * 3600.0
# Control and direction marks, halves of characters, what Windows refuses; what is hidden or a word processor's lock.
_UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)


@dataclass(frozen=True, slots=True)
class _Record:
    """The last change: its files, the generations before and after it, the one whose files are in place."""

    names: tuple[str, ...] = ()
    generations: tuple[int, ...] = ()
    here: int = 0


def folder(index: Path) -> Path:
    """Where the files of an index lie; it need not be there."""
    return index / "uploads"


def names(index: Path) -> list[str]:
    """The names of the files that are there, sorted."""
    home = folder(index)
    return sorted(path.name for path in home.iterdir() if _is_shown(path)) if home.is_dir() else []


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(".") and path.is_file() and not path.is_symlink()


def safe(name: str) -> str:
    """The name under which a file called `name` is kept: a name alone, visible, for any system, of at most 200 bytes.

    One that had to be changed bears a mark of its own, so that two files do not become one.

    >>> safe("通知（一）.docx"), safe("../../etc/.passwd.txt")
    ('通知（一）.docx', 'passwd~221fc3.txt')
    """
    plain = unicodedata.normalize("NFC", name)
    last = re.split(r"[/\\]", plain)[-1]
    shown = _UNSAFE.sub("_", last).lstrip(" .~$").rstrip(" .")
    stem, ending = Path(shown).stem, Path(shown).suffix
    if len(ending.encode()) > _ENDING_BYTES:
        stem, ending = shown, ""
    if _RESERVED.match(shown) or not stem:
        stem = f"_{stem}"
    if stem + ending == plain and len(plain.encode()) <= _NAME_BYTES:
        return plain
    tail = f"~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}{ending}"
    return stem.encode()[: _NAME_BYTES - len(tail.encode())].decode("utf-8", "ignore") + tail


def incoming(index: Path) -> Path:
    """An empty file to write what arrives into; raises NoSpace, NotWritable."""
    home = folder(index) / _INCOMING
    with generation.writing(home):
        home.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=home)
        os.close(handle)
    return Path(path)


def admit(index: Path, name: str, most: int) -> None:
    """Raises UploadsFull where the files take more than `most` megabytes together, with those that have arrived and wait,
    without that of this `name`, which is replaced. What was taken away and may come back does not count.
    """
    home, kept = folder(index), safe(name)
    paths = [home / one for one in names(index) if one != kept] + [*(home / _INCOMING).glob("*")]
    size = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # put in its place meanwhile
            size += path.stat().st_size
    if size > most * 2**20:
        raise UploadsFull(size=-(-size // 2**20), limit=most, path=home)


def clear(index: Path) -> None:
    """Removes what is left over of a program that ended while files arrived, a day ago or more."""
    for path in (folder(index) / _INCOMING).glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _DAY:
                path.unlink()


class Change:
    """Files put in and taken out for one build; in the end `settle`.

    As a context manager it puts all `back` where its block, which puts, takes and builds, fails.
    Raises NoSpace, NotWritable.
    """

    def __init__(self, index: Path) -> None:
        self._index, self._home, self._before = index, folder(index), folder(index) / _BEFORE
        self._names: dict[str, None] = {}
        align(index)
        with generation.writing(self._home):
            shutil.rmtree(self._before, ignore_errors=True)
            self._before.mkdir(parents=True)

    def __enter__(self) -> "Change":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.back()

    def put(self, name: str, arrived: Path) -> bool:
        """Puts a file that has arrived in its place; whether it replaces one."""
        with generation.writing(self._home):
            is_there = (self._home / name).exists()
            self._keep(name)
            generation.flush(arrived)
            arrived.replace(self._home / name)
            (self._home / name).chmod(0o644)  # a temporary file is its owner's alone
        return is_there

    def take_out(self, name: str) -> None:
        """Takes a file away."""
        with generation.writing(self._home):
            self._keep(name)
            (self._home / name).unlink(missing_ok=True)

    def _keep(self, name: str) -> None:
        if name not in self._names:  # what an earlier step of this change has put in is nothing to go back to
            self._names[name] = None
            if (self._home / name).exists():
                (self._home / name).replace(self._before / name)

    def back(self, names: Iterable[str] | None = None) -> None:
        """These files, else all, as they were before the change."""
        with generation.writing(self._home):
            for name in [*self._names] if names is None else [name for name in names if name in self._names]:
                (self._home / name).unlink(missing_ok=True)
                if (self._before / name).exists():
                    (self._before / name).replace(self._home / name)
                del self._names[name]

    def settle(self, made: int | None) -> None:
        """Keeps what was replaced or removed aside, to be gone back to with generation `made`; None: none was made."""
        used, before = generation.numbers(self._index)
        if used != made or before is None:
            shutil.rmtree(self._before, ignore_errors=True)
            return
        with generation.writing(self._home):
            shutil.rmtree(self._home / _ASIDE, ignore_errors=True)
            self._before.rename(self._home / _ASIDE)
            _write(self._index, _Record(tuple(self._names), (before, used), used))


def align(index: Path) -> None:
    """Puts the files in place that belong to the generation in use, where that is the other one of the last change."""
    record, used = _read(index), generation.used(index)
    if used is None or used == record.here or used not in record.generations:
        return
    home = folder(index)
    aside, spare = home / _ASIDE, home / _SPARE
    with generation.writing(home):
        aside.mkdir(exist_ok=True)
        for name in record.names:
            for source, target in ((home / name, spare), (aside / name, home / name), (spare, aside / name)):
                if source.exists():
                    source.replace(target)
        _write(index, replace(record, here=used))


def turns(index: Path, to: int) -> dict[str, Turn]:
    """What becomes of which files when generation `to` is gone back to."""
    record, home = _read(index), folder(index)
    if to == record.here or to not in record.generations:
        return {}
    found: dict[str, Turn] = {}
    for name in record.names:
        is_here, is_aside = (home / name).exists(), (home / _ASIDE / name).exists()
        if is_here or is_aside:
            found[name] = "exchanged" if is_here and is_aside else "withdrawn" if is_here else "restored"
    return found


def _read(index: Path) -> _Record:
    try:
        known = json.loads((folder(index) / _RECORD).read_text(encoding="utf-8"))
        kept = [str(name) for name in known["names"]]
        numbers, here = tuple(map(int, known["generations"])), int(known["here"])
    except (OSError, ValueError, KeyError, TypeError):
        return _Record()
    return _Record(tuple(name for name in kept if name == safe(name)), numbers, here)


def _write(index: Path, record: _Record) -> None:
    path = folder(index) / _RECORD
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(asdict(record), ensure_ascii=False), encoding="utf-8")
    generation.flush(unfinished)
    unfinished.replace(path)
