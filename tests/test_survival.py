"""A build is killed at each step that it takes, may write no more, meets another writer and is read meanwhile.

Whatever happens, the old or the new generation is there whole. `make faults` kills a hundred builds: TIAOMU_FAULTS is
how many.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import survivor
from toys import Characters

from rag import index
from rag.errors import IndexBusy, IndexDamaged

ROOT = Path(__file__).parent.parent
KILLS = int(os.environ.get("TIAOMU_FAULTS", "12"))
QUESTION = "第2号窗口办理第3类事项，按什么执行"
has_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


class Survivor:
    """A process of `survivor.py`."""

    def __init__(self, *arguments: object) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
        self.process = subprocess.Popen(
            [sys.executable, "tests/survivor.py", *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**clean, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        )

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def build(self, docs: Path, place: Path, **how: object) -> dict[str, Any]:
        """What a build told, with the exit status of its process."""
        self.say(json.dumps({"docs": str(docs), "place": str(place), **how}))
        told: dict[str, Any] = {}
        while "status" not in told:
            told |= self.hear()
        return told

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def builder() -> Iterator[Survivor]:
    started = Survivor("builds")
    yield started
    started.end()


def state(place: Path) -> int | None:
    """The state of the corpus that the index holds, verified and searched; None without an index."""
    if not (place / "CURRENT").exists():
        return None
    assert index.verify(survivor.of(place)) == []
    with closing(index.open_index(survivor.of(place), embedder=Characters())) as found:
        assert "第2号窗口办理第3类事项" in survivor.answer(found, QUESTION)[0]
        (mark,) = survivor.marks([found.store.whole(clause).text for clause in found.store.piece_clause])
        return int(mark[1:-1])


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    survivor.write(tmp_path / "docs", 1)
    return tmp_path / "docs"


@pytest.fixture
def place(tmp_path: Path, docs: Path) -> Path:
    """An index of the corpus in its first state."""
    index.build([docs], survivor.of(tmp_path / "index"), embedder=Characters())
    return tmp_path / "index"


@has_fork
def test_a_build_killed_at_any_step_leaves_the_old_or_the_new_generation(
    builder: Survivor, tmp_path: Path, docs: Path
) -> None:
    place, chance, now = tmp_path / "index", random.Random(1), None
    steps = [builder.build(docs, tmp_path / "tried")["events"]]
    survivor.write(docs, 2)
    steps.append(builder.build(docs, tmp_path / "tried")["events"])
    outcomes = set()
    for n in range(3, 3 + KILLS):
        survivor.write(docs, n)
        last = steps[now is not None]
        step = last - n % 8 if n % 2 else chance.randint(1, last)  # the switch is in the last of them
        told = builder.build(docs, place, event=step)
        assert told["status"] in (-9, 0)
        after = state(place)
        assert after in (now, n)
        outcomes.add(after == n)
        now = after
    assert outcomes == {True, False}
    survivor.write(docs, 2)
    assert builder.build(docs, place)["status"] == 0
    index.build([docs], survivor.of(tmp_path / "fresh"), embedder=Characters())
    answers = []
    for one in (place, tmp_path / "fresh"):
        assert state(one) == 2
        assert sorted(path.name for path in one.iterdir() if path.name[0] != ".") == ["CURRENT", "LOCK", "generations"]
        with closing(index.open_index(survivor.of(one), embedder=Characters())) as found:
            answers.append(survivor.answer(found, QUESTION))
    assert answers[0] == answers[1]


@has_fork
def test_a_killed_build_is_gone_on_with(builder: Survivor, tmp_path: Path, docs: Path) -> None:
    steps, kept = builder.build(docs, tmp_path / "tried")["events"], []
    for step in range(1, steps, max(1, steps // 8)):
        place = tmp_path / str(step)
        assert builder.build(docs, place, event=step)["status"] == -9
        has_switched = (place / "CURRENT").exists()
        again = builder.build(docs, place)
        assert again["status"] == 0
        if not has_switched:
            kept.append(again.get("kept", 0))
        assert "total" not in again or 0 < again["kept"] <= again["total"]
        assert state(place) == 1
    assert kept[0] == 0
    assert kept == sorted(kept)
    assert len(set(kept)) > 2


def test_a_pointer_with_a_flipped_bit_is_never_followed_astray(place: Path, docs: Path) -> None:
    for n in (2, 3):
        survivor.write(docs, n)
        index.build([docs], survivor.of(place), embedder=Characters())
    content = (place / "CURRENT").read_bytes()
    for at in range(len(content)):
        for bit in range(8):
            (place / "CURRENT").write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
            try:
                with closing(index.open_index(survivor.of(place), embedder=Characters())) as found:
                    assert found.manifest.generation == 3, (content, at, bit)
            except IndexDamaged as fault:
                assert str(place) in fault.message()
    (place / "CURRENT").write_bytes(content)
    assert state(place) == 3


@has_fork
def test_a_file_that_may_not_grow_is_named_and_the_old_generation_stays(
    builder: Survivor, place: Path, docs: Path
) -> None:
    errors, now = [], 1
    for n, limit in enumerate((0, 100, 3000, 20_000, 10_000_000), 2):
        survivor.write(docs, n)
        told = builder.build(docs, place, limit=limit)
        errors.append(told.get("error"))
        now = n if told["status"] == 0 else now
        assert state(place) == now
    assert set(errors[:-1]) <= {"NotWritable", "NoSpace"}
    assert errors[-1] is None


@has_fork
def test_a_second_writer_is_told_and_the_first_goes_on(place: Path, docs: Path) -> None:
    survivor.write(docs, 2)
    first = Survivor("builds")
    try:
        first.say(json.dumps({"docs": str(docs), "place": str(place), "waits": True}))
        assert first.hear() == {"waits": True}
        with pytest.raises(IndexBusy, match=str(place)):
            index.build([docs], survivor.of(place), embedder=Characters())
        assert state(place) == 1
        first.say("")
        assert first.hear()["generation"] == 2
        assert first.hear() == {"status": 0}
    finally:
        first.end()
    assert state(place) == 2


def test_eight_readers_during_twenty_builds_see_one_generation_at_a_time(
    tmp_path: Path, place: Path, docs: Path
) -> None:
    stop = tmp_path / "stop"
    readers = [Survivor("read", place, stop) for _ in range(2)]  # of four threads each
    try:
        for reader in readers:
            assert reader.hear() == {"ready": True}
        for n in range(2, 22):
            survivor.write(docs, n)
            assert index.build([docs], survivor.of(place), embedder=Characters()).generation == n
        stop.touch()
        for reader in readers:
            told = reader.hear()["told"]
            assert len(told) == 4
            assert all("mixed" not in one and one["reads"] > 0 for one in told), told
    finally:
        stop.touch()
        for reader in readers:
            reader.end()
    assert state(place) == 21
