"""Fuzzing of the loaders and of the parser: `python tests/fuzz.py word --seconds 600`, or `all` for one after the other.

Coverage-guided by atheris (`pip install atheris`), which nothing else needs. Seeds are files that the tests write and
those of `corpus/`. What is mutated is structure as often as bytes: elements, lines and numbers are repeated, nested, moved
and replaced; a ZIP package is mutated as its members, one after the other, and packed anew for each run.

With `--size 300000` each input is a seed in which one stretch is repeated up to that size: loops within loops show.

A loader may refuse with an InputFault and nothing else; what it gives must be a sound Text; an input may take ten seconds
of CPU and four gigabytes. Each fault is printed once with its place, cut down, and saved below `--out`.
"""

import argparse
import faulthandler
import importlib
import pkgutil
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
atheris = importlib.import_module("atheris")  # not among the packages of `dev`: mypy need not find it
with atheris.instrument_imports(include=["rag"]):
    import rag.document
    import rag.load
    import rag.piece

    for module in pkgutil.walk_packages(rag.load.__path__, "rag.load."):
        importlib.import_module(module.name)

import fuzzseeds  # noqa: E402
from fuzzmutation import mutated, swelled  # noqa: E402
from promises import is_parsed, is_sound  # noqa: E402

from rag.errors import InputFault  # noqa: E402
from rag.load import archive, laws, scan  # noqa: E402
from rag.load.office import convert  # noqa: E402
from rag.load.scan.recognition import Box, Seen  # noqa: E402

if TYPE_CHECKING:
    import numpy

SECONDS, MEMORY = 10.0, 4 * 1024**3
LENGTH = {"parse": 4_000, "page": 20_000, "markdown": 40_000, "text": 40_000}
"""Bytes of an input; what is text has its faults in few, and reading much takes the time for others."""
PART = b"\x1e"
"""Begins each member of a package that is written out: its name, a line end, its bytes."""


class Hang(BaseException):
    """An input took longer than its time; not an Exception, which someone might catch."""


# Targets -------------------------------------------------------------------------------------------------------


def flat(content: bytes) -> bytes:
    """A package as its members one after the other, but for large ones: a style sheet, a picture."""
    with zipfile.ZipFile(BytesIO(content)) as package:
        parts = {info.filename: package.read(info) for info in package.infolist() if info.file_size < 20_000}
    return b"".join(PART + name.encode() + b"\n" + part for name, part in parts.items() if PART not in part)


def packed(data: bytes) -> bytes:
    """The package that `flat` wrote out; other bytes as they are."""
    if not data.startswith(PART):
        return data
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as package:
        for part in data[1:].split(PART):
            name, _, content = part.partition(b"\n")
            package.writestr(name[:1000].decode("utf-8", "replace").lstrip("\0/") or "x", content)
    return whole.getvalue()


def loader(*names: str) -> Callable[[bytes], None]:
    """Reads an input as a file of one of these names, which the input's checksum chooses."""

    def once(data: bytes) -> None:
        is_sound(rag.load.extracted(packed(data), Path(names[zlib.crc32(data) % len(names)])))

    return once


def contained(data: bytes) -> None:
    """An archive: what it lists must be readable, or be refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.zip")
        path.write_bytes(packed(data))
        for name in archive.members(path)[:5]:
            try:
                is_sound(rag.load.read(path / name))
            except InputFault:
                continue


def law_base(data: bytes) -> None:
    """A database of laws."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "laws.db")
        path.write_bytes(data)
        for name in laws.members(path)[:5]:
            is_sound(rag.load.extracted(laws.member(path, name) or b"x", path / name))
        laws.coverage(path)


def parsing(data: bytes) -> None:
    """A text, and behind a NUL the numbers that set tables, furniture and pages in it."""
    words, _, rest = data.partition(b"\0")
    characters = rag.load.text.clean(words.decode("utf-8", "replace"))
    is_parsed(fuzzseeds.arranged(characters, rest))


def glanced(pixels: "numpy.ndarray[Any, Any]", path: Path) -> Seen:
    """In place of recognition, which takes seconds: boxes and rules that the picture's own bytes place."""
    height, width = pixels.shape[:2]
    chance = random.Random(zlib.crc32(pixels.tobytes()))
    boxes = []
    for _ in range(chance.randrange(30)):
        left, top = chance.uniform(-9, width), chance.uniform(-9, height)
        right, bottom = left + chance.uniform(0, width), top + chance.choice((0, 1, 20, 30, height))
        boxes.append(Box(chance.choice(fuzzseeds.WORDS) or "x", left, top, right, bottom, chance.random()))
    xs, ys = ([chance.uniform(0, side) for _ in range(chance.randrange(6))] for side in (width, height))
    rules = [(x, min(ys), x + 1, max(ys)) for x in xs if ys] + [(min(xs), y, max(xs), y + 1) for y in ys if xs]
    return Seen(width, height, boxes, rules)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "parse": parsing,
    "page": loader("a.html"),
    "word": loader("a.docx"),
    "pdf": loader("a.pdf"),
    "markdown": loader("a.md"),
    "text": loader("a.txt"),
    "sheet": loader("a.xlsx", "a.xls", "a.csv"),
    "ofd": loader("a.ofd"),
    "office": loader("a.doc", "a.wps", "a.rtf"),
    "archive": contained,
    "laws": law_base,
    "scan": loader("a.png"),
}


# Runs ----------------------------------------------------------------------------------------------------------


def fault(once: Callable[[bytes], None], data: bytes, counted: Counter[str] | None = None) -> BaseException | None:
    """What goes wrong with an input, None where it is read or refused; these are counted."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    faulthandler.dump_traceback_later(30 * SECONDS, exit=True)
    found: BaseException | None = None
    try:
        once(data)
    except InputFault as refused:
        said = type(refused).__name__
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001
        found, said = error, "fault"
    else:
        said = "read"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        faulthandler.cancel_dump_traceback_later()
    if counted is not None:
        counted[said] += 1
    return found


def place(error: BaseException) -> str:
    """What went wrong and where in `rag`: faults of one place are one."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/rag/" in f.filename]
    where = f"{Path(frames[-1].filename).stem}.{frames[-1].name}" if frames else "fuzz"
    said = f"-{error}" if isinstance(error, AssertionError) else ""
    return re.sub(r"[^\w.-]+", "_", f"{type(error).__name__}-{where}{said}")[:80]


def minimal(once: Callable[[bytes], None], data: bytes, wanted: str) -> bytes:
    """The input with all left out that the fault does not need, within half a minute."""
    until = time.monotonic() + 30
    size = len(data) // 2
    while size and time.monotonic() < until:
        start = 0
        while start < len(data) and time.monotonic() < until:
            less = data[:start] + data[start + size :]
            found = fault(once, less)
            if found is not None and place(found) == wanted:
                data = less
            else:
                start += size
        size //= 2
    return data


def run(name: str, seconds: int, seed: int, out: Path, size: int | None) -> None:
    """Fuzzes one target; does not return."""
    once = TARGETS[name]
    known: set[str] = set()
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    counted: Counter[str] = Counter()
    slowest, shown_at = 0.0, time.monotonic()

    def check(data: bytes) -> None:
        nonlocal slowest, shown_at
        begun = time.process_time()
        error = fault(once, data, counted)
        if (taken := time.process_time() - begun) > max(1.0, 1.5 * slowest):
            slowest = taken
            print(f"SLOW {name} {taken:.1f} s, {len(data)} bytes", flush=True)
            (folder / f"slow-{taken:.0f}").write_bytes(data)
        if error is not None and (found := place(error)) not in known:
            known.add(found)
            less = minimal(once, data, found)
            shown = "".join(traceback.format_exception(error))
            (folder / found).write_bytes(less)
            (folder / f"{found}.txt").write_text(shown, encoding="utf-8", errors="replace")
            print(f"FAULT {name} {found} {len(less)} bytes: {less[:300]!r}\n{shown[-1500:]}", flush=True)

        if time.monotonic() > shown_at + 20:
            shown_at = time.monotonic()
            print(f"COUNT {name} {dict(counted)} slowest {slowest:.1f} s", flush=True)

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if size:
            return swelled(chance.choice(originals), chance, size)[:most]
        whole = packed(bytes(data)) if chance.random() < 0.02 else bytes(data)
        return mutated(whole, chance, lambda one: bytes(atheris.Mutate(one[:most], most)))[:most]

    originals = [flat(content) if content.startswith(b"PK") else content for content in fuzzseeds.seeds(name)]
    with tempfile.TemporaryDirectory() as seeds:
        for number, content in enumerate(originals):
            Path(seeds, str(number)).write_bytes(content)
        options = {"max_total_time": seconds, "seed": seed, "max_len": size or LENGTH.get(name, 100_000)}
        options |= {"len_control": 0, "timeout": 600, "rss_limit_mb": MEMORY // 2**20, "print_final_stats": 1}
        arguments = [
            sys.argv[0],
            seeds,
            f"-artifact_prefix={folder}/",
            *(f"-{key}={value}" for key, value in options.items()),
        ]
        atheris.Setup(arguments, check, custom_mutator=mutator)
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir(), "fuzz"))
    parser.add_argument("--size", type=int, help="bytes of inputs that are seeds with one stretch repeated")
    given = parser.parse_args()
    if given.target == "all":
        more = ["--seconds", str(given.seconds), "--seed", str(given.seed), "--out", str(given.out)]
        more += ["--size", str(given.size)] if given.size else []
        for name in TARGETS:
            subprocess.run([sys.executable, __file__, name, *more], check=False)
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGVTALRM, _hung)
    patch.object(convert, "_program", lambda names, places: None).start()  # no program is started
    patch.object(scan, "seen", glanced).start()
    run(given.target, given.seconds, given.seed, given.out, given.size)


def _hung(number: int, frame: FrameType | None) -> None:
    raise Hang


if __name__ == "__main__":
    main()
