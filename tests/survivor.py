"""A process of its own that builds or reads an index without a model, for tests that end it anyhow.

    python tests/survivor.py builds            {"docs": …, "place": …} on each line of standard input
    python tests/survivor.py read INDEX STOP

It prints JSON lines. The tests know their corpus by the mark 第7版 that stands in each clause.
"""

import json
import os
import re
import resource
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from toys import Characters

from rag import index, settings
from rag.errors import RagError
from rag.index import Index
from rag.settings import Settings

DOCUMENTS, CLAUSES = 6, 5
MARK = re.compile(r"第\d+版")


def write(docs: Path, state: int) -> None:
    """The corpus in the given state: one clause of each document stays, one document comes and goes."""
    docs.mkdir(parents=True, exist_ok=True)
    for n in range(DOCUMENTS):
        lines = [f"第{n}号办法", "", f"第一条  本办法由第{n}办公室解释。"]
        lines += [
            f"第{'一二三四五六七'[k]}条  第{n}号窗口办理第{k}类事项，按第{state}版执行。" for k in range(1, CLAUSES)
        ]
        (docs / f"{n}.txt").write_text("\n".join(lines), encoding="utf-8")
    if state % 2:
        (docs / f"{DOCUMENTS - 1}.txt").unlink()


def of(place: Path) -> Settings:
    """Settings of the index in `place`."""
    return settings.load({}, index=place)


def answer(found: Index, question: str) -> list[str]:
    """The texts of the ten pieces most like the question and of those that hold its words, with their vectors' sum."""
    query = Characters().queries([question])
    rows, _ = found.vectors.nearest(query, 10)
    held, _ = found.terms.search(question, 10)
    owner = found.store.piece_clause
    texts = [found.store.whole(owner[row]).text for row in [*rows[0].tolist(), *map(int, held)]]
    return [*texts, f"{float(found.vectors.rows(rows[0].tolist()).sum()):.4f}"]


def marks(texts: Sequence[str]) -> set[str]:
    """The states of the corpus that texts are of."""
    return {mark for text in texts for mark in MARK.findall(text)}


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _count_events(place: str, last: int | None) -> Callable[[], int]:
    """Counts what this process does to files below `place`, and kills it at the event `last`."""
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event.partition(".")[0] not in {"open", "os", "shutil", "sqlite3", "fcntl", "tempfile", "mmap"}:
            return
        if any(place in str(one) for one in arguments):
            seen += 1
            if seen == last:
                _kill()

    sys.addaudithook(hook)
    return lambda: seen


def build(docs: Path, place: Path, event: int | None = None, limit: int | None = None, waits: bool = False) -> None:
    """Builds, and ends this process: at the file event `event`, else with status 0, or 1 after an error of ours.

    limit  bytes that a file may have; waits  for a line on standard input before it writes
    """
    index._PORTION = 200
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    events = _count_events(str(place), event)
    is_waiting = waits

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal is_waiting
        if stage == "kept":
            _tell(kept=done, total=total)
        if stage == "write" and is_waiting:
            is_waiting = False
            _tell(waits=True)
            sys.stdin.readline()

    try:
        made = index.build([docs], of(place), embedder=Characters(), progress=progress)
    except RagError as error:
        _tell(error=type(error).__name__, said=error.message())
        os._exit(1)
    _tell(generation=made.generation, events=events())
    os._exit(0)


def _tell(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def builds() -> None:
    """A build for each line of standard input, its arguments as JSON; in a child, so that all is imported already."""
    for line in sys.stdin:
        given = json.loads(line)
        child = os.fork()
        if not child:
            build(Path(given.pop("docs")), Path(given.pop("place")), **given)
        _tell(status=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def read(place: Path, stop: Path) -> None:
    """Four threads that read and search until the file `stop` is there, opening the index anew every fifth time."""
    told: list[dict[str, object]] = []

    def reader(n: int) -> None:
        reads, generations, question = 0, set(), f"第{n}号窗口办理第{n % 4 + 1}类事项"
        while not stop.exists():
            found = index.open_index(of(place), embedder=Characters())
            for _ in range(5):
                first, again = answer(found, question), answer(found, question)
                if first != again or len(marks(first)) != 1:
                    told.append({"mixed": sorted(marks(first)), "generation": found.manifest.generation})
                    return
                reads += 1
            generations.add(found.manifest.generation)
            found.close()
        told.append({"reads": reads, "generations": sorted(generations)})

    threads = [threading.Thread(target=reader, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    _tell(ready=True)
    for thread in threads:
        thread.join()
    _tell(told=told)


if __name__ == "__main__":
    command, *paths = sys.argv[1:]
    if command == "read":
        read(*map(Path, paths))
    else:
        builds()
