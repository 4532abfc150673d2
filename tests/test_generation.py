import errno
import json
import os
import sqlite3
from pathlib import Path

import pytest

from rag import generation
from rag.errors import IndexBusy, IndexDamaged, IndexOutdated, NoIndex, NoSpace, NotWritable
from rag.generation import SCHEMA, Manifest


def commit(index: Path, content: str) -> int:
    """A generation with one file."""
    with generation.building(index) as folder:
        (folder / "part").mkdir()
        (folder / "part" / "file").write_text(content)
        number = generation.upcoming(index)
        files = generation.digests(folder)
        manifest = Manifest(SCHEMA, number, "m@1", "2026-01-01T00:00:00+00:00", ("/a b/c",), 1, 2, 3, files)
        generation.switch(index, folder, manifest)
    return number


def tree(index: Path) -> list[str]:
    return sorted(path.name for path in (index / "generations").iterdir())


def test_a_generation_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert commit(tmp_path, "one") == 1
    folder, manifest = generation.current(tmp_path)
    assert (folder / "part" / "file").read_text() == "one"
    digest = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert manifest.files == {"part/file": (3, digest)}
    assert (manifest.generation, manifest.documents, manifest.clauses, manifest.pieces) == (1, 1, 2, 3)
    assert manifest.named == "'/a b/c'"


def test_the_generation_before_is_kept_and_older_ones_go(tmp_path: Path) -> None:
    assert [commit(tmp_path, text) for text in ("one", "two", "three")] == [1, 2, 3]
    assert tree(tmp_path) == ["2", "3"]


def test_which_one_was_before_is_known(tmp_path: Path) -> None:
    commit(tmp_path, "one")
    assert generation.numbers(tmp_path) == (1, None)
    commit(tmp_path, "two")
    assert generation.numbers(tmp_path) == (2, 1)
    assert (tmp_path / "CURRENT").read_text() == "2\n1\n"


def test_every_switch_gives_another_stamp(tmp_path: Path) -> None:
    stamps = {generation.stamp(tmp_path)}
    for text in ("one", "two", "three"):
        commit(tmp_path, text)
        stamps.add(generation.stamp(tmp_path))
    assert len(stamps) == 4


def test_files_that_are_not_as_they_were_written_are_named(tmp_path: Path) -> None:
    commit(tmp_path, "one")
    folder, manifest = generation.current(tmp_path)
    assert generation.damage(folder, manifest) == []
    (folder / "part" / "file").write_text("two")
    (folder / "part" / "other").write_text("")
    assert generation.damage(folder, manifest) == ["part/file: SHA-256", "part/other: not in the manifest"]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    commit(tmp_path, "one")
    with pytest.raises(KeyboardInterrupt), generation.building(tmp_path) as folder:
        (folder / "half").write_text("half")
        raise KeyboardInterrupt
    assert tree(tmp_path) == ["1"]
    assert generation.current(tmp_path)[1].generation == 1


def test_what_a_crash_left_is_cleaned_up(tmp_path: Path) -> None:
    commit(tmp_path, "one")
    (tmp_path / "generations" / ".building-x").mkdir()  # killed while writing
    (tmp_path / "generations" / "2").mkdir()  # killed before the switch
    assert commit(tmp_path, "two") == 3
    assert tree(tmp_path) == ["1", "3"]


def test_an_empty_folder_has_no_index(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="rag index"):
        generation.current(tmp_path)


@pytest.mark.parametrize("content", ["", "seven", "7", "1\n1\n", "../../etc", "1\x00"])
def test_a_pointer_to_nowhere_is_damage(tmp_path: Path, content: str) -> None:
    commit(tmp_path, "one")
    (tmp_path / "CURRENT").write_text(content)
    with pytest.raises(IndexDamaged):
        generation.current(tmp_path)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", f'{{"schema": {SCHEMA}, "corpus": []}}', f'{{"schema": {SCHEMA}, "corpus": [], "files": []}}'],
)
def test_a_manifest_that_says_nothing_is_damage(tmp_path: Path, content: str) -> None:
    commit(tmp_path, "one")
    (tmp_path / "generations" / "1" / "manifest.json").write_text(content)
    with pytest.raises(IndexDamaged):
        generation.current(tmp_path)


def test_any_flipped_bit_of_a_manifest_is_damage(tmp_path: Path) -> None:
    commit(tmp_path, "one")
    path = tmp_path / "generations" / "1" / "manifest.json"
    content = path.read_bytes()
    for i in range(len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :])
        try:
            _, manifest = generation.current(tmp_path)
        except (IndexDamaged, IndexOutdated):
            continue
        assert json.loads(path.read_bytes()) == json.loads(content), (i, manifest)  # white space says nothing


def test_another_schema_names_the_command_that_mends_it(tmp_path: Path) -> None:
    commit(tmp_path, "one")
    manifest = tmp_path / "generations" / "1" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"schema": 0, "unheard": "of"}))
    with pytest.raises(IndexOutdated, match=r"rag index '/a b/c' --index .* --rebuild"):
        generation.current(tmp_path)


def test_a_file_cut_short_is_damage(tmp_path: Path) -> None:
    commit(tmp_path, "one")
    (tmp_path / "generations" / "1" / "part" / "file").write_text("on")
    with pytest.raises(IndexDamaged, match="part/file: 2 / 3 bytes"):
        generation.current(tmp_path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with generation.locked(tmp_path), pytest.raises(IndexBusy), generation.locked(tmp_path):
        pass
    with generation.locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable, match="file"), generation.locked(tmp_path / "file" / "index"):
        pass


def test_a_full_disk_is_told_from_a_forbidden_one(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(NoSpace), generation.writing(tmp_path):
        Path("/dev/full").write_bytes(b"x")
    with pytest.raises(NotWritable, match=os.strerror(errno.EACCES)), generation.writing(tmp_path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "x")


def test_a_full_database_is_a_full_disk(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "small")
    connection.executescript("PRAGMA max_page_count = 2; CREATE TABLE t (x)")
    with pytest.raises(NoSpace), generation.writing(tmp_path):
        connection.execute("INSERT INTO t VALUES (?)", ("x" * 100_000,))
    connection.close()


def test_a_generation_that_is_taken_away_meanwhile_is_damaged_not_a_crash(tmp_path: Path) -> None:
    manifest = Manifest(generation.SCHEMA, 1, "m@1", "", (), 0, 0, 0, {"a": (1, "0" * 64)})
    for within in (None, 100):
        (fault,) = generation.damage(tmp_path / "gone", manifest, within)
        assert fault.startswith("a: ")
