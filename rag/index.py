"""The index: built from files, brought in line with them, opened, verified.

A build writes a complete new generation beside the one in use and switches to it in one step. What did not change is
taken over as it is stored, document by document, and a piece whose text was embedded before keeps its vector: the
work is that of what changed, and copying. Which files those are is `rag.changes`', how a generation lies on disk
`rag.generation`'s.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from rag import document, generation, lexical, load, store, uploads, vector
from rag.changes import Changes, Failure, Progress, Wanted, changes, listed
from rag.clause import DocumentId, Piece
from rag.embed import Embedder, Vectors
from rag.embed import embedder as embedder_of
from rag.embed.order import portions
from rag.errors import IndexDamaged, IndexMismatch, NothingToIndex
from rag.generation import Manifest
from rag.journal import Journal
from rag.lexical import Bm25
from rag.load import laws as law_base
from rag.piece import pieces
from rag.settings import Settings
from rag.store import Entry, SqliteStore
from rag.store.check import faults as faults_of
from rag.vector import FRESH, Faiss, Origins

_STORE, _VECTORS, _TERMS, _UNFINISHED = "clauses.sqlite", "vectors.faiss", "terms", "UNFINISHED"
FILES = (_STORE, _VECTORS, *(f"{_TERMS}/{name}.npy" for name in lexical.ARRAYS))
"""The files of a generation but its manifest."""
CHECKED = 256 * 2**20
"""Bytes of an index whose checksums are compared whenever it is opened."""
_PORTION = 16_000  # characters embedded between two moments at which a kill loses nothing: two to four seconds
_BLOCK = 8192  # vectors copied at once

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did; documents and clauses are those of the whole index afterwards."""

    generation: int
    documents: int
    clauses: int
    added: int
    updated: int
    unchanged: int
    removed: int
    failed: tuple[Failure, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Index:
    """An open generation; stays usable, and unchanged, while newer ones are built. For several threads."""

    manifest: Manifest
    store: SqliteStore
    vectors: Faiss
    terms: Bm25

    def close(self) -> None:
        """Closes its files."""
        self.store.close()


@dataclass(frozen=True, slots=True)
class _Job:
    """What every step of a build needs."""

    settings: Settings
    embedder: Embedder
    before: Index | None
    report: Progress
    only: bool


def build(
    paths: Sequence[Path],
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    rebuild: bool = False,
    only: bool = False,
    emptied: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Brings the index in line with these files and folders; a new generation only where something changed.

    Documents of other files and folders stay, unless `only` these are wanted or `rebuild` forgets all that was there.
    A file that cannot be read is listed in `failed`, and its earlier version stays. Folders without any file are a
    mistake, unless they may be `emptied`: what was in them goes.
    Raises   NotFound, NothingToIndex (nothing has been changed then), IndexMismatch, IndexOutdated, IndexDamaged
             (each mended by `rebuild`), IndexBusy, NoSpace, NotWritable, NoModel; the old index stays in use
    Cost     milliseconds a changed file, then the embedding of its pieces: 35 to 60 a second on two cores
    """
    began = time.monotonic()
    files = listed(paths, emptied=emptied)
    used, report = embedder or embedder_of(settings), progress or (lambda _stage, _done, _total: None)
    with generation.locked(settings.index):
        held = None if rebuild or not (settings.index / "CURRENT").exists() else _current(settings, used)
        found = _changes(settings, Wanted(files, paths, only, settings.language), held, report)
        if not found.kept and not found.fresh:
            raise NothingToIndex(path=generation.words(paths), formats=" ".join(load.FORMATS))
        if held is not None and not (found.added or found.updated or found.removed):
            made = held[1]
        else:
            with _before(settings, held) as before:
                made = _make(_Job(settings, used, before, report, only), found, paths)
    return Summary(
        generation=made.generation,
        documents=made.documents,
        clauses=made.clauses,
        added=len(found.added),
        updated=len(found.updated),
        unchanged=found.unchanged,
        removed=found.removed,
        failed=tuple(found.failed),
        seconds=round(time.monotonic() - began, 3),
    )


def wanted(
    paths: Sequence[Path], settings: Settings, *, laws: bool = False, rebuild: bool = False
) -> tuple[list[Path], bool]:
    """The files and folders that a build is to read for what a user named, and whether it is to keep `only` these.

    `paths` join what is there. Without any they are the corpus of the settings and what was uploaded, and only that; but
    laws that an index holds stay in it until a rebuild, and `laws` by themselves join what is there, too.
    Raises MissingExtra where laws are wanted, or were there, and their package is not installed; the errors of `build`.
    """
    is_there = not rebuild and (settings.index / "CURRENT").exists()
    corpus = generation.current(settings.index)[1].corpus if is_there else ()
    holds_laws = any(law_base.is_database(Path(path)) for path in corpus)
    if paths or (laws and is_there):
        return [*paths, *([law_base.database()] if laws else [])], False
    handed = [uploads.folder(settings.index)] if uploads.folder(settings.index).is_dir() else []
    return [*settings.corpus_paths(), *handed, *([law_base.database()] if laws or holds_laws else [])], True


def open_index(
    settings: Settings, *, embedder: Embedder | None = None, today: Callable[[], date] = date.today
) -> Index:
    """The current generation, for reading; loads no model. `today` is asked for the day that statuses are as of.

    Checked are the sizes of all files, and the checksums of as many, the smallest first, as have CHECKED bytes together:
    of an index of 100,000 pieces all. A damaged file of a larger index is found by `verify` alone.
    Raises   NoIndex, IndexOutdated, IndexMismatch where another model built it, IndexDamaged
    Cost     about 0.1 s for 100 MB, and as much for importing FAISS
    """
    while True:
        stamp = generation.stamp(settings.index)
        try:
            folder, manifest = _current(settings, embedder or embedder_of(settings))
            _check(settings, folder, manifest, CHECKED)
            return _opened(settings, folder, manifest, today)
        except IndexDamaged:
            if stamp == generation.stamp(settings.index):
                raise  # else two builds ended meanwhile, and the second took the files away


def _current(settings: Settings, embedder: Embedder) -> tuple[Path, Manifest]:
    folder, manifest = generation.current(settings.index)
    if manifest.fingerprint != embedder.fingerprint:
        facts = {"built": manifest.fingerprint, "used": embedder.fingerprint, "corpus": manifest.named}
        raise IndexMismatch(index=settings.index, **facts)
    return folder, manifest


def verify(settings: Settings) -> list[str]:
    """What is wrong with the current generation, one line each; nothing where it is sound.

    Compares checksums and counts, every clause with the document text at its span, each piece with the clause it is
    found as, and the rows of pieces, vectors and terms with one another.
    Raises NoIndex, IndexOutdated, IndexDamaged. Cost: reads everything once.
    """
    folder, manifest = generation.current(settings.index)
    return faults_in(settings, folder, manifest)


def faults_in(settings: Settings, folder: Path, manifest: Manifest) -> list[str]:
    """What `verify` says of the generation in `folder`."""
    faults = generation.damage(folder, manifest)
    if faults:
        return faults
    with closing(_opened(settings, folder, manifest)) as index:
        counts = index.store.counts()
        for name in ("documents", "clauses", "pieces"):
            if counts[name] != getattr(manifest, name):
                faults.append(f"{name}: {counts[name]}, manifest {getattr(manifest, name)}")
        rows = {"vectors": len(index.vectors), "terms": len(index.terms)}
        faults += [f"{name}: {n} rows, {counts['pieces']} pieces" for name, n in rows.items() if n != counts["pieces"]]
        return [*faults, *faults_of(index.store), *index.terms.faults()]


def _opened(settings: Settings, folder: Path, manifest: Manifest, today: Callable[[], date] = date.today) -> Index:
    try:
        vectors, terms = Faiss(folder / _VECTORS), Bm25(folder / _TERMS)
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise IndexDamaged(index=settings.index, reason=reason, corpus=manifest.named) from error
    known = SqliteStore(folder / _STORE, today, index=settings.index, corpus=manifest.named)
    return Index(manifest, known, vectors, terms)


def _changes(settings: Settings, wanted: Wanted, held: tuple[Path, Manifest] | None, report: Progress) -> Changes:
    if held is None:
        return changes(wanted, None, document.reader(), report)
    folder, manifest = held
    with closing(SqliteStore(folder / _STORE, index=settings.index, corpus=manifest.named)) as known:
        return changes(wanted, known, manifest.reader, report)


@contextmanager
def _before(settings: Settings, held: tuple[Path, Manifest] | None) -> Iterator[Index | None]:
    """The generation to build upon, None where there is none; IndexDamaged, or what is damaged would be taken over."""
    if held is None:
        yield None
        return
    _check(settings, *held)
    with closing(_opened(settings, *held)) as before:
        yield before


def _check(settings: Settings, folder: Path, manifest: Manifest, within: int | None = None) -> None:
    faults = generation.damage(folder, manifest, within)
    if faults:
        raise IndexDamaged(index=settings.index, reason=" ".join(faults)[:200], corpus=manifest.named)


def _corpus(paths: Sequence[Path], job: _Job) -> tuple[str, ...]:
    known = job.before.manifest.corpus if job.before and not job.only else ()
    named = [path.resolve() for path in paths]
    if any(law_base.is_database(path) for path in named):  # the package may have moved
        known = tuple(path for path in known if not law_base.is_database(Path(path)))
    return tuple(dict.fromkeys([*known, *map(str, named)]))


def _make(job: _Job, found: Changes, roots: Sequence[Path]) -> Manifest:
    """Writes the new generation and switches to it."""
    index, before = job.settings.index, job.before
    entries = [_entry(job, found, path) for path in sorted([*found.kept, *found.fresh])]
    fresh = [piece for one in entries if isinstance(one, Entry) for piece in one.pieces]
    hashes = [digest for one in entries if isinstance(one, Entry) for digest in one.hashes]
    origins = None if before is None else _origins(entries, before.store)
    with generation.building(index) as folder:
        dimension = before.vectors.dimension if before else 0
        vectors = _embedded(job, fresh, hashes) if fresh or not before else np.zeros((0, dimension), np.float32)
        with generation.writing(index):
            job.report("write", 0, 1)
            store.write(folder / _STORE, entries, before.store.path if before else None)
            nearest = vector.write(folder / _VECTORS, vectors, before.vectors if before else None, origins)
            lexical.write(folder / _TERMS, [piece.text for piece in fresh], before.terms if before else None, origins)
            with closing(SqliteStore(folder / _STORE)) as written:
                counts = written.counts()
            manifest = Manifest(
                schema=generation.SCHEMA,
                generation=generation.upcoming(index),
                fingerprint=job.embedder.fingerprint,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                corpus=_corpus(roots, job),
                documents=counts["documents"],
                clauses=counts["clauses"],
                pieces=counts["pieces"],
                files=generation.digests(folder),
                reader=document.reader(),
                nearest=nearest,
            )
            generation.switch(index, folder, manifest)
            (index / _UNFINISHED).unlink(missing_ok=True)
            job.report("write", 1, 1)
    return manifest


def _entry(job: _Job, found: Changes, path: Path) -> Entry | DocumentId:
    """The document of a file as it is to be stored: with its pieces, or as it is there already."""
    if path not in found.fresh:
        return found.kept[path]
    parsed = found.fresh[path]
    made = pieces(parsed, job.embedder.fits)
    hashes = [hashlib.blake2b(piece.text.encode(), digest_size=16).digest() for piece in made]
    return Entry(parsed, found.origins[path], made, hashes)


def _origins(entries: Sequence[Entry | DocumentId], before: SqliteStore) -> Origins:
    """For each row of the new generation the row that it was before, or FRESH."""
    held = before.blocks()
    rows = [np.full(len(one.pieces), FRESH) if isinstance(one, Entry) else np.asarray(held[one]) for one in entries]
    return np.concatenate([np.empty(0, np.int64), *rows]).astype(np.int64)


def _embedded(job: _Job, found: Sequence[Piece], hashes: Sequence[bytes]) -> Vectors:
    """A vector a piece: that of the same text in the generation before or a build that did not end, else the model's."""
    before, first = job.before, {digest: row for row, digest in reversed([*enumerate(hashes)])}
    dimension = job.embedder.dimension if before is None else before.vectors.rows([]).shape[1]
    vectors = np.empty((len(found), dimension), np.float32)
    missing = dict(first)
    if before is not None:
        held = before.store.hashes()
        for start in range(0, len(held), _BLOCK):
            there, rows = _known(missing, held[start : start + _BLOCK])
            vectors[rows] = before.vectors.rows([start + row for row in there])
    journal, total = Journal(job.settings.index / _UNFINISHED, job.embedder.fingerprint, dimension), len(missing)
    for digests, kept in journal.blocks() if missing else ():
        there, rows = _known(missing, digests)
        vectors[rows] = kept[there]
    if len(missing) < total:
        job.report("kept", total - len(missing), total)
    _compute(job, found, missing, vectors, journal)
    rows = [first[digest] for digest in hashes]
    repeated = [row for row in range(len(rows)) if rows[row] != row]
    vectors[repeated] = vectors[[rows[row] for row in repeated]]
    return vectors


def _known(missing: dict[bytes, int], digests: Sequence[bytes]) -> tuple[list[int], list[int]]:
    """Which of `digests` are missing, and the rows that they are missing from; from now on they are not."""
    there = {digest: n for n, digest in enumerate(digests) if digest in missing}
    return list(there.values()), [missing.pop(digest) for digest in there]


def _compute(job: _Job, found: Sequence[Piece], missing: dict[bytes, int], vectors: Vectors, journal: Journal) -> None:
    """Fills the missing rows of `vectors`, each portion in the journal before the next is begun."""
    digests, rows = list(missing), list(missing.values())
    done, total = 0, len(rows)
    for portion in portions([len(found[row].text) for row in rows], _PORTION):

        def embedding(n: int, _: int, done: int = done) -> None:
            job.report("embed", done + n, total)

        part = [rows[n] for n in portion]
        vectors[part] = job.embedder.passages([found[row].text for row in part], embedding)
        done += len(part)
        journal.add([digests[n] for n in portion], vectors[part])
