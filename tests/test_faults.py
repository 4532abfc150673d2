"""What befalls an index: kill -9, a full disk, a read-only one, a flipped bit. It is the old or the new one, whole."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from toys import Letters, written

from rag import generation, index, settings
from rag.errors import IndexDamaged, IndexFault, NoSpace, NotWritable
from rag.exchange import export_index, import_index, roll_back
from rag.settings import Settings

TEXT = "{name}区办法\n\n第一条  申请甲补贴的，应当年满十八周岁。\n\n第二条  第{n}次公布，第{n}次施行。\n"
BUILDER = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from toys import Letters
import faiss
from rag import index, settings

place, docs = settings.load({}, index=Path(sys.argv[2])), Path(sys.argv[3])
print("ready", flush=True)
for line in sys.stdin:
    delay = float(line)
    child = os.fork()  # so that all is imported already and the blow falls into the build
    if not child:
        index.build([docs], place, embedder=Letters())
        os._exit(0)
    if delay >= 0:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""


def write(docs: Path, n: int) -> None:
    written(docs, **{name: TEXT.format(name=name, n=n) for name in "甲乙丙"})


def state(place: Settings) -> int:
    """The number that all documents of the index say, by the store, the terms and the vectors."""
    assert index.verify(place) == []
    found = index.open_index(place, embedder=Letters())
    texts = [found.store.parsed(document.id).text.characters for document in found.store.documents()]
    (n,) = {int(text.split("次公布")[0].split("第")[-1]) for text in texts}
    rows, _ = found.terms.search(f"第{n}次施行", 10)
    assert {found.store.piece_clause[row].split("#")[0] for row in rows[:3]} == {f"{name}区办法" for name in "甲乙丙"}
    assert len(found.vectors.nearest(Letters().queries(["甲"]), 100)[0][0]) == len(found.store.piece_clause)
    found.close()
    return n


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return settings.load({}, index=tmp_path / "index")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_hundred_kills_leave_the_old_or_the_new_generation(place: Settings, tmp_path: Path) -> None:
    docs, dice = tmp_path / "docs", random.Random(7)
    write(docs, 0)
    index.build([docs], place, embedder=Letters())
    command = [sys.executable, "-c", BUILDER, str(Path(__file__).parent), str(place.index), str(docs)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent.parent)}
    last, killed, outcomes, longest = 0, 0, set(), 0.0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as builder:
        assert builder.stdin and builder.stdout
        assert builder.stdout.readline() == "ready\n"
        for n in range(1, 106):
            write(docs, n)
            began = time.monotonic()
            delay = dice.uniform(0, longest) if n > 5 else -1.0  # the first five tell how long a build takes
            builder.stdin.write(f"{delay}\n")
            builder.stdin.flush()
            status = int(builder.stdout.readline())
            if n <= 5:
                assert status == 0
                longest = max(longest, time.monotonic() - began)
            killed += status == signal.SIGKILL
            now = state(place)
            assert now in (last, n)
            outcomes.add(now == n)
            last = now
        builder.stdin.close()
    assert killed > 10
    assert outcomes == {True, False}
    write(docs, 500)
    index.build([docs], place, embedder=Letters())
    assert state(place) == 500
    assert len(list((place.index / "generations").iterdir())) == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=4m", "none", disk], capture_output=True, check=False
    )
    if not done or done.returncode:
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def fill(disk: Path, share: float) -> None:
    """Leaves free this share of what the current generation takes."""
    folder, _ = generation.current(disk / "index")
    pages = sum(-(-path.stat().st_size // 4096) for path in folder.rglob("*") if path.is_file())
    (disk / "filler").write_bytes(bytes(max(0, shutil.disk_usage(disk).free - 4096 * int(share * pages))))


@pytest.mark.parametrize("share", [0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1])
def test_a_full_disk_is_named_and_the_old_generation_stays(small_disk: Path, tmp_path: Path, share: float) -> None:
    place, docs = settings.load({}, index=small_disk / "index"), tmp_path / "docs"
    for n in (1, 2):
        write(docs, n)
        index.build([docs], place, embedder=Letters())
    write(docs, 3)
    fill(small_disk, share)
    with pytest.raises(NoSpace):
        index.build([docs], place, embedder=Letters())
    if share < 0.5:  # a tar takes less than the same files, which take whole pages
        with pytest.raises(NoSpace):
            export_index(place, small_disk / "out.tar")
    assert state(place) == 2
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", "index"]
    held = {path.name for path in place.index.iterdir()} - {"UNFINISHED"}  # what was embedded is for the next try
    assert held == {"CURRENT", "LOCK", "generations"}
    assert sorted(path.name for path in (place.index / "generations").iterdir()) == ["1", "2"]
    (small_disk / "filler").unlink()
    index.build([docs], place, embedder=Letters())
    assert state(place) == 3


def test_an_import_upon_a_full_disk_changes_nothing(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.exchange.embedder", lambda _: Letters())
    place, docs = settings.load({}, index=small_disk / "index"), tmp_path / "docs"
    write(docs, 1)
    index.build([docs], place, embedder=Letters())
    export_index(place, tmp_path / "out.zip")
    usage = shutil.disk_usage
    for share in (0, 0.3, 0.8):
        fill(small_disk, share)
        with pytest.raises(NoSpace):
            import_index(place, tmp_path / "out.zip")
        monkeypatch.setattr("rag.exchange.shutil.disk_usage", lambda _: usage(tmp_path))  # another fills it meanwhile
        with pytest.raises(NoSpace):
            import_index(place, tmp_path / "out.zip")
        monkeypatch.undo()
        monkeypatch.setattr("rag.exchange.embedder", lambda _: Letters())
        assert state(place) == 1
        (small_disk / "filler").unlink()


def test_a_read_only_disk_can_be_read(small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.exchange.embedder", lambda _: Letters())
    place, docs = settings.load({}, index=small_disk / "index"), tmp_path / "docs"
    for n in (1, 2):
        write(docs, n)
        index.build([docs], place, embedder=Letters())
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    write(docs, 3)
    refused: list[Callable[[], object]] = [
        lambda: index.build([docs], place, embedder=Letters()),
        lambda: roll_back(place),
        lambda: export_index(place, small_disk / "out.zip"),
        lambda: import_index(place, tmp_path / "out.zip"),
    ]
    export_index(place, tmp_path / "out.zip")
    for change in refused:
        with pytest.raises(NotWritable, match=str(small_disk)):
            change()
    assert state(place) == 2


@pytest.mark.parametrize("part", [*index.FILES, "manifest.json"])
def test_a_flipped_bit_anywhere_is_named_and_nothing_is_answered_from_it(
    place: Settings, tmp_path: Path, part: str
) -> None:
    write(tmp_path / "docs", 1)
    index.build([tmp_path / "docs"], place, embedder=Letters())
    folder, _ = generation.current(place.index)
    content = (folder / part).read_bytes()
    dice = random.Random(part)
    for at in {0, len(content) // 2, len(content) - 1, *(dice.randrange(len(content)) for _ in range(20))}:
        flipped = bytes([content[at] ^ 1 << dice.randrange(8)])
        (folder / part).write_bytes(content[:at] + flipped + content[at + 1 :])
        with pytest.raises(IndexFault) as found:
            faults = index.verify(place)
            raise IndexDamaged(index=place.index, reason=" ".join(faults), corpus="") if faults else AssertionError(at)
        assert part in str(found.value) or part == "manifest.json"
        with pytest.raises(IndexFault):
            index.open_index(place, embedder=Letters())
    (folder / part).write_bytes(content)
    assert state(place) == 1
