"""Who adds and removes documents on the page: files that arrive, one worker that indexes them, what can be undone.

Changes wait in a row; what waits of files is indexed in one build, in one thread, with the model that answers questions.
The words for all this are `page.documents`', the addresses `page.documents_routes`'.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from rag import generation, uploads
from rag.clause import Document, DocumentId
from rag.errors import IndexBusy, IndexFault, RagError
from rag.exchange import roll_back
from rag.index import Summary, build, wanted
from rag.load import FORMATS

if TYPE_CHECKING:
    from rag.answer import Answerer

Kind = Literal["upload", "removal", "refresh", "undo"]
Stage = Literal["queued", "waiting", "read", "embed", "write", "done", "failed"]
SETTLED: tuple[Stage, ...] = ("done", "failed")
T = TypeVar("T")

_HELD = 500  # settled changes that are remembered for who still asks what became of them
_PAUSE, _TRIES = 0.5, 1200  # seconds, ten minutes in all, that another program's build is waited for
_EARLIEST = 2.0  # seconds of embedding before its rate says something

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One change as the page shows it: what was asked for, how far it has come, what came of it.

    name      the file's as its owner knows it, `file` as it is kept; "" where no file is concerned
    faults    why it, or parts of it, could not be done; a fault of None is one that nobody expected
    to        the generation that is to be gone back to
    """

    key: int
    kind: Kind
    name: str = ""
    file: str = ""
    arrived: Path | None = None
    stage: Stage = "queued"
    replaces: bool = False
    is_new: bool = True
    documents: tuple[Document, ...] = ()
    faults: tuple[RagError | None, ...] = ()
    summary: Summary | None = None
    to: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """All changes that are remembered, oldest first; what the build under way has done, and seconds left where known."""

    changes: tuple[Change, ...]
    done: int = 0
    total: int = 0
    left: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document comes from: uploaded as `file`, a file of a corpus folder, or added on the command line."""

    kind: Literal["uploaded", "folder", "added"]
    file: str = ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The generation that can be gone back to, and what becomes of which uploads then."""

    number: int
    created: datetime
    documents: int
    clauses: int
    files: dict[str, uploads.Turn]


class Manager:
    """Changes the documents of an answerer's index; for several threads."""

    def __init__(self, answerer: "Answerer", patience: tuple[float, int] = (_PAUSE, _TRIES)) -> None:
        """`patience`: seconds between two tries, and how many, while another program writes the index."""
        self.settings, self._answerer, self._patience = answerer.settings, answerer, patience
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._changes: dict[int, Change] = {}
        self._queue: deque[int] = deque()
        self._working: list[int] = []
        self._next = 1
        self._state = State(())
        self._began: tuple[float, int] | None = None
        uploads.clear(self.settings.index)

    # What is there -------------------------------------------------------------------------------------------

    def state(self) -> State:
        """How far everything is."""
        with self._lock:
            return replace(self._state, changes=tuple(self._changes.values()))

    def places(self, *, uploaded: bool = False) -> dict[DocumentId, Place]:
        """Where each document comes from; of the uploaded ones only, where that is asked for."""
        home = uploads.folder(self.settings.index).resolve()
        there = {*uploads.names(self.settings.index)}
        roots = [path.resolve() for path in self.settings.corpus_paths()]

        def place(path: Path) -> Place:
            if home in path.parents and (file := path.relative_to(home).parts[0]) in there:
                return Place("uploaded", file)
            return Place("folder" if any(root == path or root in path.parents for root in roots) else "added")

        found = {id: place(origin.path) for id, origin in self._answerer.origins().items()}
        return {id: one for id, one in found.items() if one.kind == "uploaded" or not uploaded}

    def earlier(self) -> Earlier | None:
        """The index that `undo` would go back to; None where there is none that can be used."""
        index = self.settings.index
        try:
            before = generation.numbers(index)[1]
            if before is None:
                return None
            manifest = generation.opened(index, before)[1]
        except IndexFault:
            return None
        if manifest.fingerprint != self._answerer.retriever.embedder.fingerprint:
            return None
        created = datetime.fromisoformat(manifest.created).astimezone()
        return Earlier(before, created, manifest.documents, manifest.clauses, uploads.turns(index, before))

    # What is asked for ---------------------------------------------------------------------------------------

    def upload(self, name: str, arrived: Path) -> Change:
        """Indexes a file that has arrived; from now on the file is this manager's."""
        file = uploads.safe(name)
        replaces = file in uploads.names(self.settings.index)
        return self._add(Change(0, "upload", name, file, arrived, replaces=replaces))

    def remove(self, file: str) -> Change | None:
        """Takes an uploaded file and its documents out; None where there is no such file."""
        return self._add(Change(0, "removal", file, file)) if file in uploads.names(self.settings.index) else None

    def refresh(self) -> Change:
        """Reads the corpus folders and the uploads again."""
        return self._add(Change(0, "refresh"))

    def undo(self, to: int | None = None) -> Change:
        """Goes back to the index before, with its uploads, where it is generation `to` then; None: whichever it is."""
        return self._add(Change(0, "undo", to=to))

    def wait(self) -> None:
        """Returns when nothing is going on."""
        while (thread := self._thread) is not None:
            thread.join()

    def _add(self, change: Change) -> Change:
        with self._lock:
            change = replace(change, key=self._next)
            self._next += 1
            self._changes[change.key] = change
            self._queue.append(change.key)
            settled = [key for key, one in self._changes.items() if one.stage in SETTLED]
            for key in settled[: max(0, len(settled) - _HELD)]:
                del self._changes[key]
            self._start()
        return change

    # The worker ----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._thread is None and self._queue:
            self._thread = threading.Thread(target=self._work, name="index", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        """Does what stands first in the row: files as far as they follow one another, anything else by itself."""
        with self._lock:
            first = self._changes[self._queue.popleft()]
            batch = [first]
            while first.kind in ("upload", "removal") and self._queue:
                following = self._changes[self._queue[0]]
                if following.kind not in ("upload", "removal"):
                    break
                batch.append(self._changes[self._queue.popleft()])
        self._working = keys = [one.key for one in batch]
        try:
            {"refresh": self._refresh, "undo": self._undo}.get(first.kind, self._files)(batch)
        except (RagError, OSError, RuntimeError) as fault:
            _log.warning("%s", fault, exc_info=not isinstance(fault, RagError))
            self._settle(keys, fault if isinstance(fault, RagError) else None)
        finally:
            self._settle(keys, None)
            for one in batch:
                if one.arrived is not None:
                    one.arrived.unlink(missing_ok=True)
            with self._lock:
                self._state, self._began, self._thread = State(()), None, None
                self._start()

    def _settle(self, keys: list[int], fault: RagError | None) -> None:
        """Those of these changes that have come to no end have failed."""
        with self._lock:
            for key in keys:
                if self._changes[key].stage not in SETTLED:
                    self._changes[key] = replace(self._changes[key], stage="failed", faults=(fault,))

    def _report(self, stage: str, done: int, total: int) -> None:
        """Takes a build's progress: the stage is that of all changes under way."""
        shown: Stage | None = next((one for one in ("waiting", "read", "embed", "write") if one == stage), None)
        if shown is None:  # how many vectors a build that was killed has left
            return
        left = None
        with self._lock:
            if shown == "embed":
                now = time.monotonic()
                self._began = self._began or (now, done)
                spent, made = now - self._began[0], done - self._began[1]
                left = (total - done) * spent / made if made > 0 and spent >= _EARLIEST else None
            self._state = State((), done, total, left)
            for key in self._working:
                if self._changes[key].stage not in SETTLED:
                    self._changes[key] = replace(self._changes[key], stage=shown)

    def _patiently(self, act: Callable[[], T]) -> T:
        """What `act` gives once no other program writes the index; IndexBusy where that takes too long."""
        pause, tries = self._patience
        for _ in range(tries):
            try:
                return act()
            except IndexBusy:
                self._report("waiting", 0, 0)
                time.sleep(pause)
        return act()

    def _files(self, batch: list[Change]) -> None:
        """Puts files in, takes files out, and builds once."""
        home = uploads.folder(self.settings.index).resolve()
        self._report("read", 0, 0)
        earlier = self._documents()
        change, replaced = uploads.Change(self.settings.index), set()
        with change:
            for one in batch:
                if one.arrived is None:
                    change.take_out(one.file)
                elif change.put(one.file, one.arrived):
                    replaced.add(one.key)
            summary = self._patiently(lambda: self._build([home], emptied=True))
        documents, faults, broken = self._documents(), dict[str, tuple[RagError | None, ...]](), set[str]()
        for failure in summary.failed:
            inside = Path(failure.path).relative_to(home).parts
            faults[inside[0]] = (*faults.get(inside[0], ()), failure.fault)
            if len(inside) == 1 or inside[0] not in documents:  # what a container lacks is told, the rest is kept
                broken.add(inside[0])
        change.back(broken)
        change.settle(_made(summary))
        for one in batch:
            if one.arrived is None:
                self._put(one.key, stage="done")
            elif one.file in broken:
                self._put(one.key, stage="failed", faults=faults[one.file])
            else:
                found = documents.get(one.file, ())
                is_new = {a.sha256 for a in found} != {b.sha256 for b in earlier.get(one.file, ())}
                done = {"replaces": one.key in replaced, "is_new": is_new, "faults": faults.get(one.file, ())}
                self._put(one.key, stage="done", documents=found, **done)

    def _documents(self) -> dict[str, tuple[Document, ...]]:
        """The documents of each uploaded file."""
        held = {document.id: document for document in self._answerer.documents()}
        found: dict[str, tuple[Document, ...]] = {}
        for id, place in self.places(uploaded=True).items():
            if id in held:
                found[place.file] = (*found.get(place.file, ()), held[id])
        return found

    def _refresh(self, batch: list[Change]) -> None:
        self._report("read", 0, 0)
        change = uploads.Change(self.settings.index)
        roots, only = wanted((), self.settings)
        summary = self._patiently(lambda: self._build(roots, only=only))
        change.settle(_made(summary))
        faults = tuple(failure.fault for failure in summary.failed)
        self._put(batch[0].key, stage="done", summary=summary, faults=faults)

    def _undo(self, batch: list[Change]) -> None:
        model = self._answerer.retriever.embedder
        self._report("write", 0, 0)
        self._patiently(lambda: roll_back(self.settings, model, batch[0].to))
        self._put(batch[0].key, stage="done")

    def _build(self, paths: list[Path], *, only: bool = False, emptied: bool = False) -> Summary:
        model = self._answerer.retriever.embedder
        return build(paths, self.settings, embedder=model, only=only, emptied=emptied, progress=self._report)

    def _put(self, key: int, **fields: object) -> None:
        with self._lock:
            self._changes[key] = replace(self._changes[key], **fields)  # type: ignore[arg-type]


def is_readable(name: str) -> bool:
    """Whether some loader reads files with this name's ending.

    >>> is_readable("通知.DOCX"), is_readable("通知.exe")
    (True, False)
    """
    return Path(uploads.safe(name)).suffix.lower() in FORMATS


def _made(summary: Summary) -> int | None:
    """The generation that a build made; None where nothing had changed."""
    return summary.generation if summary.added or summary.updated or summary.removed else None
