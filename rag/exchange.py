"""Generations exchanged as a whole: back to the one before, out into one file, in from one.

A file that comes in is a stranger's: every name, size and checksum is looked at, and what the parts say of one another,
before anything changes. Of an archive only the files that an index has are read, whatever else it holds is refused; an
index in lists (more than 300,000 pieces) is then opened by FAISS, whose reader trusts its file: import such an index
only from where you would import a program.
"""

import contextlib
import hashlib
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from rag import generation, uploads
from rag.embed import Embedder, embedder
from rag.errors import (
    BadArchive,
    ChangedMeanwhile,
    GenerationDamaged,
    IndexDamaged,
    IndexFault,
    IndexOutdated,
    NoEarlier,
    NoSpace,
    NotFound,
    OtherModel,
    Phrase,
    RagError,
)
from rag.generation import MANIFEST, Manifest
from rag.index import FILES, faults_in
from rag.settings import Settings

ARCHIVES = (".zip", ".tar")
"""The endings of a file that an index is written into."""

_DATE = (1980, 1, 1, 0, 0, 0)  # of every file, so that one index gives one archive to the byte
_MANIFEST_BYTES = 4_000_000  # a corpus of 10,000 named files has 1 MB
_DENSEST = 200  # times that a file may grow when it is unpacked: an index grows less than 10 times
_BLOCK = 1 << 20
_FAULTS = (zipfile.BadZipFile, tarfile.TarError, zlib.error, OSError, EOFError, ValueError, RuntimeError, OverflowError)
"""What the readers of archives raise for one that is damaged, encrypted or packed in a way that they do not know."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The generation that is in use, or was written: `before` is the one that was in use, None where none was."""

    generation: int
    before: int | None
    documents: int
    clauses: int
    created: str


@dataclass(frozen=True, slots=True)
class _Member:
    """A file of an archive: its size there and unpacked, and how it is opened."""

    name: str
    size: int
    packed: int
    is_plain: bool
    open: Callable[[], IO[bytes] | None]


def roll_back(settings: Settings, model: Embedder | None = None, to: int | None = None) -> Exchanged:
    """Puts the generation before the current one into use again; doing it twice is as if nothing had been done.

    The files that were uploaded or removed with it go back, too. `to` is the generation that was agreed to.

    Raises NoIndex, NoEarlier where there is none, ChangedMeanwhile where another is before, GenerationDamaged, OtherModel, IndexBusy, NotWritable; nothing has
    changed then. The current generation may be damaged. Cost: reads the earlier one once.
    """
    index = settings.index
    generation.numbers(index)
    with generation.locked(index):
        used, before = generation.numbers(index)
        if before is None:
            raise NoEarlier(index=index, used=used)
        if to not in (None, before):
            raise ChangedMeanwhile(index=index)
        try:
            folder, manifest = generation.opened(index, before)
            faults = generation.damage(folder, manifest)
        except (IndexDamaged, IndexOutdated) as fault:
            facts = fault.facts
            reason = facts["reason"] if "reason" in facts else f"{facts['built']} / {facts['used']}"
            raise GenerationDamaged(index=index, number=before, used=used, reason=reason) from fault
        if faults:
            raise GenerationDamaged(index=index, number=before, used=used, reason=" ".join(faults)[:200])
        _check_model(settings, manifest, f"{index} [{before}]", model)
        with generation.writing(index):
            generation.point(index, before, used)
        uploads.align(index)
    return Exchanged(before, used, manifest.documents, manifest.clauses, manifest.created)


def export_index(settings: Settings, path: Path) -> Exchanged:
    """Writes the current generation into the one file `path`, a `.zip` or `.tar`; the embedding model is not in it.

    The same generation gives the same bytes. Raises NoIndex, IndexOutdated, IndexDamaged where a file is not what was
    written, BadArchive for another ending, NoSpace, NotWritable; a file that was there stays then.
    Cost: 50 MB a second packed, 500 MB as `.tar`.
    """
    if path.suffix.lower() not in ARCHIVES:
        raise BadArchive(
            path=path, reason=Phrase("文件名应以 .zip 或 .tar 结尾", "its name should end in .zip or .tar")
        )
    folder, manifest = generation.current(settings.index)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with generation.writing(path), contextlib.ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("rb")) for name in (MANIFEST, *sorted(manifest.files))}
        stack.callback(unfinished.unlink, missing_ok=True)  # builds may take the folder away from here on
        pack = _zipped if path.suffix.lower() == ".zip" else _tarred
        found = pack(unfinished, files)
        faults = [name for name, (_, digest) in manifest.files.items() if found[name] != digest]
        if faults:
            raise IndexDamaged(index=settings.index, reason=f"{' '.join(faults)}: SHA-256", corpus=manifest.named)
        generation.flush(unfinished)
        unfinished.replace(path)
    return Exchanged(manifest.generation, manifest.generation, manifest.documents, manifest.clauses, manifest.created)


def import_index(settings: Settings, path: Path) -> Exchanged:
    """Makes the index in the file `path` the current generation; the one in use becomes the one before.

    Raises NotFound, BadArchive for what is no such file or not as it was written, OtherModel where another model built
    it, NoSpace, NotWritable, IndexBusy; nothing has changed then. Cost: reads and writes everything, and verifies it.
    """
    if not path.is_file():
        raise NotFound(path=path)
    index = settings.index
    with _named(path), _members(path) as members:
        manifest = _manifest(path, members)
        _check_model(settings, manifest, str(path))
        with generation.locked(index), generation.building(index) as folder:
            with generation.writing(index):
                if sum(size for size, _ in manifest.files.values()) > shutil.disk_usage(folder).free:
                    raise NoSpace(path=index)
            for name, known in manifest.files.items():
                _unpack(path, members[name], folder / name, known, index)
            before = generation.used(index)
            _check(settings, path, folder, manifest)
            new = replace(manifest, generation=generation.upcoming(index))
            with generation.writing(index):
                generation.switch(index, folder, new)
    return Exchanged(new.generation, before, new.documents, new.clauses, new.created)


def _check_model(settings: Settings, manifest: Manifest, source: str, model: Embedder | None = None) -> None:
    used = (model or embedder(settings)).fingerprint
    if manifest.fingerprint != used:
        raise OtherModel(source=source, built=manifest.fingerprint, used=used)


# Out -----------------------------------------------------------------------------------------------------------


def _zipped(path: Path, files: Mapping[str, IO[bytes]]) -> dict[str, str]:
    """Packs the files; SHA-256 of each."""
    found = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, file in files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            info.file_size = os.fstat(file.fileno()).st_size
            with archive.open(info, "w") as sink:
                found[name] = _copied(file, sink.write, info.file_size)
    return found


def _tarred(path: Path, files: Mapping[str, IO[bytes]]) -> dict[str, str]:
    found = {}
    with tarfile.open(path, "w") as archive:
        for name, file in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = os.fstat(file.fileno()).st_size, 0o644
            found[name] = _copied(file, lambda _: None, info.size)
            file.seek(0)
            archive.addfile(info, file)
    return found


def _copied(source: IO[bytes], write: Callable[[bytes], object], size: int) -> str:
    """Hands at most one byte more than `size` on, block by block; SHA-256 of them."""
    digest, left = hashlib.sha256(), size + 1
    while left and (block := source.read(min(_BLOCK, left))):
        digest.update(block)
        write(block)
        left -= len(block)
    return digest.hexdigest()


# In ------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Faults of the archive itself as BadArchive."""
    try:
        yield
    except RagError:
        raise
    except _FAULTS as error:
        raise BadArchive(path=path, reason=f"{type(error).__name__}: {str(error)[:200]}") from error


@contextlib.contextmanager
def _members(path: Path) -> Iterator[dict[str, _Member]]:
    """The files of an archive by their names; BadArchive where they are not just those of an index."""
    with contextlib.ExitStack() as stack:
        if zipfile.is_zipfile(path):
            archive = stack.enter_context(zipfile.ZipFile(path))
            found = (_of_zip(archive, info) for info in archive.infolist())
        else:
            bundle = stack.enter_context(tarfile.open(path, "r:"))
            found = (_of_tar(bundle, info) for info in bundle)
        members: dict[str, _Member] = {}
        for member in found:
            if member.name not in (MANIFEST, *FILES) or member.name in members or not member.is_plain:
                shown = ascii(member.name[:80])
                raise BadArchive(path=path, reason=Phrase(f"{shown} 不属于索引", f"{shown} is no part of an index"))
            if member.size > _DENSEST * max(member.packed, _BLOCK // _DENSEST):
                more = Phrase(f"{member.name} 解压后过大", f"{member.name} is too large when unpacked")
                raise BadArchive(path=path, reason=more)
            members[member.name] = member
        missing = {MANIFEST, *FILES} - members.keys()
        if missing:
            name = min(missing)
            raise BadArchive(path=path, reason=Phrase(f"缺少 {name}", f"{name} is missing"))
        yield members


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    kind = info.external_attr >> 16 & 0o170000
    is_plain = not info.is_dir() and kind in (0, 0o100000)
    return _Member(info.filename, info.file_size, info.compress_size, is_plain, lambda: archive.open(info))


def _of_tar(bundle: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    is_plain = info.isreg() and not info.issparse()
    return _Member(info.name, info.size, info.size, is_plain, lambda: bundle.extractfile(info))


def _manifest(path: Path, members: dict[str, _Member]) -> Manifest:
    """What the archive says of itself, where its files are of the sizes that it says."""
    opened = members[MANIFEST].open()
    if opened is None or members[MANIFEST].size > _MANIFEST_BYTES:
        raise BadArchive(path=path, reason=MANIFEST)
    with opened:
        content = opened.read(_MANIFEST_BYTES)
    try:
        manifest = generation.read_manifest(content, path)
    except IndexOutdated as fault:
        built, used = fault.facts["built"], fault.facts["used"]
        reason = Phrase(
            f"格式是第 {built} 版，本程序使用第 {used} 版", f"it has schema {built}, this release uses {used}"
        )
        raise BadArchive(path=path, reason=reason) from fault
    except IndexDamaged as fault:
        raise BadArchive(path=path, reason=fault.facts["reason"]) from fault
    wrong = {name for name in (*FILES, *manifest.files) if name not in FILES or name not in manifest.files}
    wrong |= {name for name in manifest.files.keys() - wrong if manifest.files[name][0] != members[name].size}
    if wrong:
        raise BadArchive(path=path, reason=f"{MANIFEST}: {min(wrong)[:80]!a}")
    return manifest


def _unpack(path: Path, member: _Member, to: Path, known: tuple[int, str], index: Path) -> None:
    source = member.open()
    if source is None:
        raise BadArchive(path=path, reason=member.name)
    with generation.writing(index):
        to.parent.mkdir(exist_ok=True)
        sink = to.open("wb", buffering=0)  # a buffer would be written once more when the file is closed

    def write(block: bytes) -> None:  # what fails here is the disk, not the archive
        left = memoryview(block)
        with generation.writing(index):
            while left:
                left = left[sink.write(left) :]

    with source, sink:
        digest = _copied(source, write, member.size)
    if (to.stat().st_size, digest) != known:
        raise BadArchive(path=path, reason=f"{member.name}: SHA-256")


def _check(settings: Settings, path: Path, folder: Path, manifest: Manifest) -> None:
    """BadArchive where the parts contradict one another."""
    try:
        faults = faults_in(settings, folder, manifest)
    except IndexFault as fault:
        faults = [str(fault.facts.get("reason", type(fault).__name__))]
    if faults:
        raise BadArchive(path=path, reason=" ".join(faults[:3])[:200])
