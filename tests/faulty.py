"""A process of its own that builds or reads an index without a model, for the tests of faults, which end it anyhow.

    python tests/faulty.py build DOCS INDEX [--event N | --second S | --bytes N | --waits]
    python tests/faulty.py read INDEX STOP

It prints JSON lines. Both know their corpus by the mark 第7版 that stands in each clause.
"""

import argparse
import json
import os
import re
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from toys import Characters

from rag import index, settings
from rag.embed import Vectors
from rag.errors import RagError
from rag.index import Index
from rag.settings import Settings

DOCUMENTS, CLAUSES = 6, 5
MARK = re.compile(r"第\d+版")


class Slow(Characters):
    """The toy embedder, 2 ms a text, so that a build can be ended in its midst."""

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        time.sleep(0.002 * len(texts))
        if progress:
            progress(len(texts), len(texts))
        return super().passages(texts)


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


def build(arguments: argparse.Namespace) -> None:
    index._PORTION = 200
    if arguments.bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (arguments.bytes, arguments.bytes))
    if arguments.second is not None:
        threading.Timer(arguments.second, _kill).start()
    events = _count_events(str(arguments.index), arguments.event)

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "kept":
            print(json.dumps({"kept": done, "total": total}), flush=True)
        if stage == "embed" and arguments.waits:
            arguments.waits = False
            print(json.dumps({"waits": True}), flush=True)
            sys.stdin.readline()

    began = time.monotonic()
    try:
        made = index.build([arguments.docs], of(arguments.index), embedder=Slow(), progress=progress)
    except RagError as error:
        print(json.dumps({"error": type(error).__name__, "said": error.message()}))
        os._exit(1)
    print(json.dumps({"generation": made.generation, "seconds": time.monotonic() - began, "events": events()}))


def read(arguments: argparse.Namespace) -> None:
    told: list[dict[str, object]] = []

    def reader(n: int) -> None:
        reads, generations, question = 0, set(), f"第{n}号窗口办理第{n % 4 + 1}类事项"
        while not arguments.stop.exists():
            found = index.open_index(of(arguments.index), embedder=Characters())
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
    print(json.dumps({"ready": True}), flush=True)
    for thread in threads:
        thread.join()
    print(json.dumps({"told": told}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    building = commands.add_parser("build")
    building.add_argument("docs", type=Path)
    building.add_argument("index", type=Path)
    building.add_argument("--event", type=int)
    building.add_argument("--second", type=float)
    building.add_argument("--bytes", type=int)
    building.add_argument("--waits", action="store_true")
    building.set_defaults(run=build)
    reading = commands.add_parser("read")
    reading.add_argument("index", type=Path)
    reading.add_argument("stop", type=Path)
    reading.set_defaults(run=read)
    given = parser.parse_args()
    given.run(given)
