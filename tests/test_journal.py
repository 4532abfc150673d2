"""rag.journal: what is added is there again, and what is torn, damaged or another model's is not."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from rag.embed import Vectors
from rag.errors import NoSpace, NotWritable
from rag.journal import Journal

ROOT = Path(__file__).parent.parent


def rows(*numbers: int) -> tuple[list[bytes], Vectors]:
    """A hash and a vector of two numbers for each number."""
    return [bytes([n]) * 16 for n in numbers], np.array([[n, n / 2] for n in numbers], np.float32)


def held(path: Path, fingerprint: str = "model@1", dimension: int = 2) -> dict[int, list[float]]:
    """What a journal gives back: the first byte of each hash with its vector."""
    blocks = Journal(path, fingerprint, dimension).blocks()
    return {
        digest[0]: vector.tolist() for hashes, vectors in blocks for digest, vector in zip(hashes, vectors, strict=True)
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "index" / "UNFINISHED", "model@1", 2)
    journal.add(*rows(1, 2))
    journal.add(*rows(3))
    return tmp_path / "index" / "UNFINISHED"


def test_what_was_added_is_there_to_the_bit(path: Path) -> None:
    assert held(path) == {1: [1, 0.5], 2: [2, 1], 3: [3, 1.5]}


def test_there_is_nothing_where_there_is_no_file(tmp_path: Path) -> None:
    assert held(tmp_path / "UNFINISHED") == {}
    assert not (tmp_path / "UNFINISHED").exists()


def test_a_build_that_goes_on_adds_to_what_is_there(path: Path) -> None:
    Journal(path, "model@1", 2).add(*rows(4))
    assert sorted(held(path)) == [1, 2, 3, 4]


@pytest.mark.parametrize(("fingerprint", "dimension"), [("model@2", 2), ("model@1", 3)])
def test_another_models_vectors_are_not_taken_and_go_at_the_first_new_ones(
    path: Path, fingerprint: str, dimension: int
) -> None:
    assert held(path, fingerprint, dimension) == {}
    Journal(path, fingerprint, dimension).add([b"x" * 16], np.ones((1, dimension), np.float32))
    assert list(held(path, fingerprint, dimension)) == [ord("x")]
    assert held(path) == {}


@bounds(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_torn_tail_is_cut_off_and_built_upon(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "UNFINISHED"
    path.unlink(missing_ok=True)
    sizes = [0]
    for n in range(1, 4):
        Journal(path, "model@1", 2).add(*rows(n))
        sizes.append(path.stat().st_size)
    cut = data.draw(st.integers(0, sizes[-1]))
    path.write_bytes(path.read_bytes()[:cut])
    whole = {n: [n, n / 2] for n in range(1, 4) if sizes[n] <= cut}
    assert held(path) == whole
    Journal(path, "model@1", 2).add(*rows(9))
    assert held(path) == whole | {9: [9, 4.5]}


@bounds(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_gives_no_wrong_vector(path: Path, at: float, bit: int) -> None:
    content = path.read_bytes()
    damaged = bytearray(content)
    damaged[int(at * len(damaged))] ^= 1 << bit
    path.write_bytes(damaged)
    assert held(path).items() <= {1: [1, 0.5], 2: [2, 1], 3: [3, 1.5]}.items()
    path.write_bytes(content)


def test_rubbish_in_its_place_is_no_vector(tmp_path: Path) -> None:
    for n, rubbish in enumerate((b"", b"\n", b"PK\x03\x04" * 5000, os.urandom(3000))):
        path = tmp_path / str(n)
        path.write_bytes(rubbish)
        assert held(path) == {}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable, match="file"):
        Journal(tmp_path / "file" / "UNFINISHED", "model@1", 2).add(*rows(1))


def test_a_full_disk_is_named_and_what_is_there_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        """Takes half of what it is given, as a disk does that becomes full."""

        def __init__(self, file: object) -> None:
            self.file = file

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()  # type: ignore[attr-defined]

        def write(self, content: bytes) -> int:
            self.file.write(content[: len(content) // 2])  # type: ignore[attr-defined]
            raise OSError(errno.ENOSPC, "No space left on device")

    opened, size = Path.open, path.stat().st_size
    monkeypatch.setattr(Path, "open", lambda self, mode="r", *given: Full(opened(self, mode, *given)))
    with pytest.raises(NoSpace):
        Journal(path, "model@1", 2).add(*rows(4))
    assert path.stat().st_size == size
    with pytest.raises(NoSpace):
        Journal(path.with_name("other"), "model@1", 2).add(*rows(4))
    monkeypatch.undo()
    assert not path.with_name("other").exists()
    assert sorted(held(path)) == [1, 2, 3]


def test_a_process_that_is_killed_while_it_adds_loses_only_that_block(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nimport numpy as np\nfrom pathlib import Path\nfrom rag.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), 'model@1', 2)\n"
        "for n in range(1, 6): journal.add([bytes([n]) * 16], np.array([[n, n / 2]], np.float32))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path / "UNFINISHED")], cwd=ROOT, check=False)
    assert run.returncode == -9
    assert sorted(held(tmp_path / "UNFINISHED")) == [1, 2, 3, 4, 5]


def test_reading_holds_one_block_at_a_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "UNFINISHED", "model@1", 1024)
    for n in range(64):
        journal.add([n.to_bytes(16)] * 256, np.full((256, 1024), n, np.float32))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _, vectors in Journal(tmp_path / "UNFINISHED", "model@1", 1024).blocks():
        assert vectors.shape == (256, 1024)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32_000  # KiB, of 64 MiB
