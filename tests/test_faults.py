"""What may befall an index from outside: kills, full disks, folders that cannot be written, bits that flip, others.

Whatever happens, the old or the new generation is there whole, and what is wrong is named. `make faults` kills a
hundred builds; TIAOMU_FAULTS is how many.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import faulty
import pytest
from toys import Characters

from rag import index
from rag.errors import IndexBusy, NotWritable, RagError

ROOT = Path(__file__).parent.parent
KILLS = int(os.environ.get("TIAOMU_FAULTS", "8"))
QUESTION = "第2号窗口办理第3类事项，按什么执行"


def process(*arguments: object) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    return subprocess.Popen(
        [sys.executable, "tests/faulty.py", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**clean, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )


def run(*arguments: object) -> tuple[int, dict[str, Any]]:
    """Exit status of the process, and all that it told."""
    with process(*arguments) as started:
        out, _ = started.communicate(timeout=300)
    told: dict[str, Any] = {}
    for line in out.splitlines():
        told |= json.loads(line)
    return started.returncode, told


def state(place: Path) -> str | None:
    """The mark of the corpus that the index holds, after verifying it and searching in it; None without an index."""
    if not (place / "CURRENT").exists():
        return None
    assert index.verify(faulty.of(place)) == []
    with closing(index.open_index(faulty.of(place), embedder=Characters())) as found:
        texts = faulty.answer(found, QUESTION)
        owner = found.store.piece_clause
        clauses = [found.store.whole(clause).text for clause in owner]
        assert "第2号窗口办理第3类事项" in texts[0]
        (mark,) = faulty.marks(clauses)
        return mark


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    faulty.write(tmp_path / "docs", 1)
    return tmp_path / "docs"


@pytest.fixture
def place(tmp_path: Path, docs: Path) -> Path:
    """An index of the corpus in its first state."""
    index.build([docs], faulty.of(tmp_path / "index"), embedder=Characters())
    return tmp_path / "index"


# Killed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["event", "second"])
def test_a_build_killed_at_any_moment_leaves_the_old_or_the_new_generation(
    tmp_path: Path, docs: Path, kind: str
) -> None:
    place, chance, before = tmp_path / "index", random.Random(f"{kind} 1"), None
    status, whole = run("build", docs, tmp_path / "tried")
    assert status == 0
    faulty.write(docs, 2)
    _, changed = run("build", docs, tmp_path / "tried")
    outcomes: set[object] = set()
    for n in range(2, 2 + KILLS):
        faulty.write(docs, n)
        most = whole if before is None else changed
        moment = chance.randint(1, most["events"]) if kind == "event" else chance.uniform(0, most["seconds"])
        status, _ = run("build", docs, place, f"--{kind}", moment)
        assert status in (-9, 0)
        after = state(place)
        assert after in (before, f"第{n}版")
        outcomes.add(after == before)
        before = after
    assert outcomes  # with enough kills both have been seen
    faulty.write(docs, 0)
    assert run("build", docs, place)[0] == 0
    assert state(place) == "第0版"
    assert sorted(path.name for path in place.iterdir()) == ["CURRENT", "LOCK", "generations"]
    with closing(index.open_index(faulty.of(place), embedder=Characters())) as found:
        index.build([docs], faulty.of(tmp_path / "fresh"), embedder=Characters())
        with closing(index.open_index(faulty.of(tmp_path / "fresh"), embedder=Characters())) as fresh:
            assert faulty.answer(found, QUESTION) == faulty.answer(fresh, QUESTION)


def test_a_killed_build_is_gone_on_with(tmp_path: Path, docs: Path) -> None:
    place = tmp_path / "index"
    with process("build", docs, place, "--waits") as started:
        assert started.stdout is not None
        assert json.loads(started.stdout.readline()) == {"waits": True}
        started.kill()
    assert not (place / "CURRENT").exists()
    _, first = run("build", docs, place)
    assert "kept" not in first  # killed before its first portion was kept
    shutil.rmtree(place)
    _, tried = run("build", docs, tmp_path / "tried")
    status, _ = run("build", docs, place, "--event", tried["events"] - 20)
    assert status == -9
    _, second = run("build", docs, place)
    assert 0 < second["kept"] <= second["total"]
    assert state(place) == "第1版"


# No room, no right ---------------------------------------------------------------------------------------------


@contextmanager
def mounted(*arguments: str) -> Iterator[None]:
    """What `mount` mounts at its last argument; skips where this process may not."""
    made = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"mount: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", arguments[-1]], check=True)


def test_a_full_disk_is_named_and_the_old_generation_stays(tmp_path: Path, docs: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root, to mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)):
        assert run("build", docs, disk / "index")[0] == 0
        used, before = 0, "第1版"
        for n, room in enumerate((0, 8, 48, 96, 160, 4096), 2):  # KiB
            faulty.write(docs, n)
            used = shutil.disk_usage(disk).free - room * 1024
            (disk / "filler").write_bytes(bytes(max(0, used)))
            status, told = run("build", docs, disk / "index")
            assert (status, told.get("error")) in {(0, None), (1, "NoSpace")}
            assert status == 0 or ("磁盘空间不足" in told["said"] and room < 4096)
            before = f"第{n}版" if status == 0 else before
            assert state(disk / "index") == before
            (disk / "filler").unlink()
    assert before == "第7版"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on a file's size")
def test_a_file_that_may_not_grow_is_named_and_the_old_generation_stays(place: Path, docs: Path) -> None:
    outcomes, before = [], "第1版"
    for n, limit in enumerate((0, 100, 3000, 20_000, 10_000_000), 2):
        faulty.write(docs, n)
        status, told = run("build", docs, place, "--bytes", limit)
        outcomes.append(told.get("error"))
        before = f"第{n}版" if status == 0 else before
        assert state(place) == before
    assert set(outcomes[:-1]) <= {"NotWritable", "NoSpace"}
    assert outcomes[-1] is None


def test_a_read_only_folder_is_searched_and_said_to_be_not_writable(place: Path, docs: Path) -> None:
    faulty.write(docs, 2)

    def tried() -> None:
        with pytest.raises(NotWritable, match=str(place)):
            index.build([docs], faulty.of(place), embedder=Characters())
        assert state(place) == "第1版"

    if os.geteuid() != 0:
        folders = [path for path in (place, *place.rglob("*")) if path.is_dir()]
        for path in folders:
            path.chmod(0o555)
        tried()
        for path in folders:
            path.chmod(0o755)
        return
    with mounted("--bind", str(place), str(place)), mounted("-o", "remount,ro,bind", str(place)):
        tried()


# Damaged -------------------------------------------------------------------------------------------------------


def test_a_flipped_byte_in_any_file_is_named_and_gives_no_wrong_answer(place: Path) -> None:
    with closing(index.open_index(faulty.of(place), embedder=Characters())) as found:
        right = faulty.answer(found, QUESTION)
    chance = random.Random(3)
    files = sorted(path for path in place.rglob("*") if path.is_file() and path.stat().st_size)
    assert len(files) >= 4
    for path in files:
        content = path.read_bytes()
        for at in {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(6))}:
            damaged = bytearray(content)
            damaged[at] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            try:
                assert any(path.name in line for line in index.verify(faulty.of(place))), (path, at)
            except RagError as fault:
                assert str(place) in fault.message()
            try:
                with closing(index.open_index(faulty.of(place), embedder=Characters())) as found:
                    assert faulty.answer(found, QUESTION) == right, (path, at)
            except RagError as fault:
                assert str(place) in fault.message()
        path.write_bytes(content)
    assert index.verify(faulty.of(place)) == []


# Others --------------------------------------------------------------------------------------------------------


def test_a_second_writer_is_told_and_the_first_goes_on(place: Path, docs: Path) -> None:
    faulty.write(docs, 2)
    with process("build", docs, place, "--waits") as first:
        assert first.stdout is not None
        assert json.loads(first.stdout.readline()) == {"waits": True}
        with pytest.raises(IndexBusy, match=str(place)):
            index.build([docs], faulty.of(place), embedder=Characters())
        assert state(place) == "第1版"
        out, _ = first.communicate("\n", timeout=120)
    assert json.loads(out.splitlines()[-1])["generation"] == 2
    assert state(place) == "第2版"


def test_eight_readers_during_twenty_builds_see_one_generation_at_a_time(
    tmp_path: Path, place: Path, docs: Path
) -> None:
    stop = tmp_path / "stop"
    readers = [process("read", place, stop) for _ in range(2)]  # of four threads each
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert json.loads(reader.stdout.readline()) == {"ready": True}
        for n in range(2, 22):
            faulty.write(docs, n)
            assert index.build([docs], faulty.of(place), embedder=Characters()).generation == n
        stop.touch()
        for reader in readers:
            out, _ = reader.communicate(timeout=120)
            assert reader.returncode == 0
            told = json.loads(out)["told"]
            assert len(told) == 4
            assert all("mixed" not in one and one["reads"] > 0 for one in told), told
            assert max(one["generations"][-1] for one in told) > 2
    finally:
        stop.touch()
        for reader in readers:
            reader.kill()
            reader.wait()
    assert state(place) == "第21版"
