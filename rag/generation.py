"""A generation on disk: its folder, its manifest, the lock, and the one step that makes it the current one.

    index/LOCK                      held by the process that writes
    index/CURRENT                   the number of the generation in use and that of the one before, replaced in one step
    index/generations/7/…           complete and never changed; 6 is kept for who still reads it, and to go back to

What a generation holds is `rag.index`'s.
"""

import contextlib
import errno
import hashlib
import json
import logging
import os
import shlex
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.errors import IndexBusy, IndexDamaged, IndexFault, IndexOutdated, NoIndex, NoSpace, NotWritable

SCHEMA = 4
"""Goes up with every change of what is stored or of how texts are cut into pieces; an older index is built anew."""

MANIFEST = "manifest.json"
_FOLDER, _CURRENT, _LOCK, _BUILDING = "generations", "CURRENT", "LOCK", ".building-"
_FULL = {errno.ENOSPC, errno.EDQUOT}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself.

    corpus  the files and folders it was built from, absolute; files  name → [bytes, SHA-256] of its own files
    reader  what tells the code that read the documents from another release's
    nearest  how vectors are searched, in words: `exact`, or which share of how many lists, and the recall measured
    """

    schema: int
    generation: int
    fingerprint: str
    created: str
    corpus: tuple[str, ...]
    documents: int
    clauses: int
    pieces: int
    files: dict[str, tuple[int, str]]
    reader: str = ""
    nearest: str = "exact"

    @property
    def named(self) -> str:
        """The corpus as words of a shell command."""
        return words(self.corpus)


def words(paths: Sequence[str | Path]) -> str:
    """The paths as words of a shell command."""
    return " ".join(shlex.quote(str(path)) for path in paths)


def current(index: Path) -> tuple[Path, Manifest]:
    """Folder and manifest of the generation in use.

    Raises NoIndex, IndexOutdated where another release wrote it, IndexDamaged where a file is missing or cut short.
    """
    return opened(index, numbers(index)[0])


def numbers(index: Path) -> tuple[int, int | None]:
    """The number of the generation in use and that of the one before it; raises NoIndex, IndexDamaged."""
    try:
        used, before = [*map(int, (index / _CURRENT).read_text(encoding="ascii").split()), None][:2]
    except FileNotFoundError:
        raise NoIndex(index=index) from None
    except (OSError, ValueError) as error:
        raise IndexDamaged(index=index, reason=f"{_CURRENT}: {error}", corpus="FOLDER") from error
    if used is None or used == before:
        raise IndexDamaged(index=index, reason=f"{_CURRENT}: {used} {before}", corpus="FOLDER")
    return used, before


def opened(index: Path, number: int) -> tuple[Path, Manifest]:
    """Folder and manifest of a generation; raises IndexOutdated, IndexDamaged where a file is missing or cut short."""
    folder = index / _FOLDER / str(number)
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise IndexDamaged(index=index, reason=f"{MANIFEST}: {error}", corpus="FOLDER") from error
    manifest = read_manifest(content, index)
    for name, (size, _) in manifest.files.items():
        try:  # asked once: a later build may take it away between two questions
            there = (folder / name).stat().st_size
        except OSError:
            there = 0
        if there != size:
            reason = f"{name}: {there} / {size} bytes"
            raise IndexDamaged(index=index, reason=reason, corpus=manifest.named)
    return folder, manifest


def read_manifest(content: bytes, index: Path) -> Manifest:
    """The manifest that `content` holds; raises IndexDamaged where it is none, IndexOutdated."""
    try:
        known = json.loads(content)
        corpus, schema = [str(path) for path in known["corpus"]], int(known["schema"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IndexDamaged(index=index, reason=f"{MANIFEST}: {error}", corpus="FOLDER") from error
    if schema != SCHEMA:
        raise IndexOutdated(index=index, built=schema, used=SCHEMA, corpus=words(corpus))
    try:
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in known["files"].items()}
        if json.loads(sealed(known)) != known:
            raise IndexDamaged(index=index, reason=f"{MANIFEST}: SHA-256", corpus=words(corpus))
        del known["sha256"]
        return Manifest(**known | {"corpus": tuple(corpus), "files": files})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(index=index, reason=f"{MANIFEST}: {error}", corpus=words(corpus)) from error


def sealed(manifest: Mapping[str, object]) -> str:
    """A manifest's fields as they are written, with the checksum of all others."""
    fields = {name: value for name, value in manifest.items() if name != "sha256"}
    seal = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    return json.dumps(fields | {"sha256": seal}, ensure_ascii=False, indent=1)


def damage(folder: Path, manifest: Manifest, within: int | None = None) -> list[str]:
    """The files in `folder` that are not what the manifest says, one line each.

    within  bytes that are read at most, the smallest files first; all where none is given, and other files are named
    Cost    1 to 2 GB a second on two cores
    """
    names, left = [], within
    for name, (size, _) in sorted(manifest.files.items(), key=lambda one: one[1][0]):
        left = None if left is None else left - size
        if left is None or left >= 0:
            names.append(name)
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda name: _fault(folder / name, name, manifest.files[name]), names))
    more = _files(folder) - manifest.files.keys() - {MANIFEST} if within is None else set()
    return sorted([*filter(None, found), *(f"{name}: not in the manifest" for name in more)])


def _files(folder: Path) -> set[str]:
    """The names of the files below `folder`; none of one that a later build took away meanwhile."""
    try:
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    except FileNotFoundError:
        return set()


def _fault(path: Path, name: str, known: tuple[int, str]) -> str | None:
    try:
        return None if (path.stat().st_size, digest(path)) == known else f"{name}: SHA-256"
    except OSError as error:
        return f"{name}: {error.strerror}"


def digests(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of each file below `folder` but the manifest, by its name relative to it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(digest, paths))
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, one) for path, one in zip(paths, found, strict=True)
    }


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def building(index: Path) -> Iterator[Path]:
    """An empty folder to write a generation into; gone afterwards unless `switch` made it one."""
    home = index / _FOLDER
    with writing(index):
        home.mkdir(parents=True, exist_ok=True)
        for left in home.glob(f"{_BUILDING}*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def upcoming(index: Path) -> int:
    """The number of the next generation: one more than any that is there."""
    taken = [int(path.name) for path in (index / _FOLDER).glob("*") if path.name.isdecimal()]
    return max(taken, default=0) + 1


def switch(index: Path, folder: Path, manifest: Manifest) -> None:
    """Makes what was written into `folder` the current generation and removes all but the one before it.

    Until the last step the old generation is in use; a crash at any moment leaves one of the two.
    """
    (folder / MANIFEST).write_text(sealed(asdict(manifest)), encoding="utf-8")
    for path in folder.rglob("*"):
        flush(path)
    before = used(index)
    place = index / _FOLDER / str(manifest.generation)
    folder.chmod(0o755)
    folder.rename(place)
    try:
        flush(place.parent)
        point(index, manifest.generation, before)
    finally:
        if used(index) != manifest.generation:  # a full disk may have no room for the last two bytes
            shutil.rmtree(place, ignore_errors=True)
    for old in place.parent.iterdir():
        if old.name not in {str(before), place.name}:
            shutil.rmtree(old, onerror=lambda _, path, error: _log.warning("%s is left over: %s", path, error[1]))


def point(index: Path, number: int, before: int | None) -> None:
    """Makes generation `number` the current one, in one step, and `before` the one to go back to."""
    pointer = index / f".{_CURRENT}"
    try:
        pointer.write_text("".join(f"{one}\n" for one in (number, before) if one is not None), encoding="ascii")
        flush(pointer)
        pointer.replace(index / _CURRENT)
    finally:
        pointer.unlink(missing_ok=True)
    flush(index)


def stamp(index: Path) -> tuple[int, ...]:
    """What changes whenever another generation comes into use; () where there is none. Cost: 5 µs."""
    try:
        found = (index / _CURRENT).stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def used(index: Path) -> int | None:
    """The number of the generation in use; None where there is none, or none can be told."""
    try:
        return numbers(index)[0]
    except IndexFault:
        return None


def flush(path: Path) -> None:
    """Has what was written to a file or folder on the disk before it returns."""
    if os.name == "nt":  # Windows flushes neither folders nor what is open for reading
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(index: Path) -> Iterator[None]:
    """Holds the index's lock; it falls with the process. Raises IndexBusy where another process holds it."""
    with writing(index):
        index.mkdir(parents=True, exist_ok=True)
        handle = os.open(index / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise IndexBusy(index=index) from error
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Names what the system says while writing below `path`: NoSpace, NotWritable."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace(path=path) from error
        raise NotWritable(path=error.filename or path, reason=error.strerror or str(error)) from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise NoSpace(path=path) from error
        raise NotWritable(path=path, reason=str(error)) from error
