import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from toys import Letters, changed, written

from rag import generation, index, settings
from rag.errors import BadArchive, GenerationDamaged, IndexDamaged, NoEarlier, NoIndex, NoSpace, NotFound, OtherModel
from rag.exchange import export_index, import_index, roll_back
from rag.settings import Settings

FIRST = "甲区办法\n\n第一条  申请甲补贴的，应当年满十八周岁。\n\n第二条  本办法自2022年1月1日起施行。\n"
SECOND = FIRST.replace("十八", "二十")


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> Letters:
    """The model in use, so that none has to be there."""
    used = Letters()
    monkeypatch.setattr("rag.exchange.embedder", lambda _: used)
    return used


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return settings.load({}, index=tmp_path / "index")


def build(place: Settings, text: str = FIRST) -> None:
    index.build([written(place.index.parent / "docs", a=text)], place, embedder=Letters())


def says(place: Settings) -> str:
    found = index.open_index(place, embedder=Letters())
    text = found.store.parsed(found.store.documents()[0].id).text.characters
    found.close()
    return text


def tree(place: Settings) -> dict[str, bytes]:
    below = place.index.rglob("*") if place.index.exists() else ()
    return {str(path): path.read_bytes() for path in below if path.is_file() and path.name != "LOCK"}


# Back ----------------------------------------------------------------------------------------------------------


def test_back_and_back_again(place: Settings) -> None:
    build(place)
    build(place, SECOND)
    done = roll_back(place)
    assert (done.generation, done.before, done.documents) == (1, 2, 1)
    assert says(place) == FIRST
    assert index.verify(place) == []
    assert roll_back(place).generation == 2
    assert says(place) == SECOND


def test_a_number_is_not_used_again(place: Settings) -> None:
    build(place)
    build(place, SECOND)
    roll_back(place)
    build(place, FIRST + "第三条  丙。")
    assert generation.numbers(place.index) == (3, 1)
    roll_back(place)
    assert says(place) == FIRST


def test_going_back_needs_one_to_go_back_to(place: Settings) -> None:
    with pytest.raises(NoIndex):
        roll_back(place)
    assert not place.index.exists()
    build(place)
    with pytest.raises(NoEarlier):
        roll_back(place)


@pytest.mark.parametrize("part", [*index.FILES, "manifest.json"])
def test_a_damaged_generation_is_not_gone_back_to(place: Settings, part: str) -> None:
    build(place)
    build(place, SECOND)
    path = place.index / "generations" / "1" / part
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = tree(place)
    with pytest.raises(GenerationDamaged, match=part.replace(".", r"\.")):
        roll_back(place)
    path.unlink()
    with pytest.raises(GenerationDamaged, match=part.replace(".", r"\.")):
        roll_back(place)
    assert tree(place) == {name: content for name, content in before.items() if name != str(path)}


def test_going_back_mends_a_damaged_generation(place: Settings) -> None:
    build(place)
    build(place, SECOND)
    (place.index / "generations" / "2" / "manifest.json").unlink()
    roll_back(place)
    assert says(place) == FIRST


def test_a_generation_of_another_model_is_not_gone_back_to(place: Settings) -> None:
    index.build([written(place.index.parent / "docs", a=FIRST)], place, embedder=Letters("甲", "letters@0"))
    index.build([place.index.parent / "docs"], place, embedder=Letters(), rebuild=True)
    with pytest.raises(OtherModel, match=r"letters@0.*letters@1.*RAG_EMBEDDING"):
        roll_back(place)
    assert generation.numbers(place.index) == (2, 1)


# Out and in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".zip", ".tar"])
def test_what_goes_out_comes_in(place: Settings, tmp_path: Path, ending: str) -> None:
    build(place)
    build(place, SECOND)
    out = tmp_path / f"out{ending}"
    assert export_index(place, out).generation == 2
    other = settings.load({}, index=tmp_path / "other")
    done = import_index(other, out)
    assert (done.generation, done.before, done.documents) == (1, None, 1)
    assert says(other) == SECOND
    assert index.verify(other) == []
    build(place)
    assert import_index(place, out).generation == 4
    assert says(place) == SECOND
    roll_back(place)
    assert says(place) == FIRST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["docs", "index", "other", f"out{ending}"]


@pytest.mark.parametrize("ending", [".zip", ".tar"])
def test_one_index_gives_one_file(place: Settings, tmp_path: Path, ending: str) -> None:
    build(place)
    export_index(place, tmp_path / f"a{ending}")
    folder = place.index / "generations" / "1"
    for path in folder.rglob("*"):
        path.touch()
    export_index(place, tmp_path / f"b{ending}")
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_an_index_that_came_in_is_brought_up_to_date(place: Settings, tmp_path: Path) -> None:
    build(place)
    export_index(place, tmp_path / "out.zip")
    other = settings.load({}, index=tmp_path / "other")
    import_index(other, tmp_path / "out.zip")
    used = Letters()
    summary = index.build([tmp_path / "docs"], other, embedder=used)
    assert (summary.unchanged, used.seen) == (1, [])


@pytest.mark.parametrize("part", index.FILES)
def test_a_damaged_index_does_not_go_out(place: Settings, tmp_path: Path, part: str) -> None:
    build(place)
    path = place.index / "generations" / "1" / part
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (tmp_path / "out.zip").write_text("what was there")
    with pytest.raises(IndexDamaged, match=part):
        export_index(place, tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_text() == "what was there"
    assert [path.name for path in tmp_path.glob(".out*")] == []


def test_another_ending_is_refused(place: Settings, tmp_path: Path) -> None:
    build(place)
    with pytest.raises(BadArchive, match="zip"):
        export_index(place, tmp_path / "out.rar")


def test_an_index_of_another_model_is_refused(place: Settings, tmp_path: Path, model: Letters) -> None:
    build(place)
    export_index(place, tmp_path / "out.zip")
    model.fingerprint = "letters@2"
    other = settings.load({}, index=tmp_path / "other")
    with pytest.raises(OtherModel, match=r"letters@1.*letters@2"):
        import_index(other, tmp_path / "out.zip")
    assert not other.index.exists()


def test_a_file_that_is_not_there_is_said_so(place: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        import_index(place, tmp_path / "nowhere.zip")


def test_too_little_space_is_said_before_anything_is_written(
    place: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(place)
    export_index(place, tmp_path / "out.zip")
    monkeypatch.setattr("rag.exchange.shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(NoSpace):
        import_index(settings.load({}, index=tmp_path / "other"), tmp_path / "out.zip")


# A stranger's archive ------------------------------------------------------------------------------------------


def manifest(content: bytes, **values: object) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        known = json.loads(archive.read("manifest.json"))
    return generation.sealed(known | values).encode()


def listing(content: bytes, name: str, size: int) -> bytes:
    files = json.loads(manifest(content))["files"]
    return manifest(content, files=files | {name: [size, "0" * 64]})


def linked(content: bytes, name: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(whole, "w") as new:
        for info in old.infolist():
            if info.filename == name:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            new.writestr(info, old.read(info.filename))
    return whole.getvalue()


def twice(content: bytes, name: str) -> bytes:
    whole = io.BytesIO(content)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(whole, "a") as archive:
        archive.writestr(name, archive.read(name))
    return whole.getvalue()


BOMB = bytes(30_000_000)
HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a path that leads out": (lambda c: changed(c, "../../out", b"x"), "out"),
    "an absolute path": (lambda c: changed(c, "/tmp/out", b"x"), "/tmp/out"),
    "a file too many": (lambda c: changed(c, "terms/more.npy", b"x"), "more"),
    "a folder": (lambda c: changed(c, "terms/", b""), "terms/"),
    "a file too few": (lambda c: changed(c, "vectors.faiss", None), "vectors.faiss"),
    "no manifest": (lambda c: changed(c, "manifest.json", None), "manifest.json"),
    "a manifest of nothing": (lambda c: changed(c, "manifest.json", b"{}"), "manifest.json"),
    "a manifest too deep": (lambda c: changed(c, "manifest.json", b"[" * 200_000), "manifest.json"),
    "a manifest that was edited": (
        lambda c: changed(c, "manifest.json", manifest(c).replace(b"letters@1", b"letters@2")),
        "manifest.json",
    ),
    "another schema": (lambda c: changed(c, "manifest.json", manifest(c, schema=99)), "99"),
    "a file that it does not list": (lambda c: changed(c, "manifest.json", manifest(c, files={})), "manifest.json"),
    "a file that it alone lists": (lambda c: changed(c, "manifest.json", listing(c, "../out", 1)), "out"),
    "another size": (lambda c: changed(c, "terms/keys.npy", b"x"), "terms/keys.npy"),
    "another content": (lambda c: changed(c, "vectors.faiss", other_content(c, "vectors.faiss")), "vectors.faiss"),
    "a link": (lambda c: linked(c, "vectors.faiss"), "vectors.faiss"),
    "a file twice": (lambda c: twice(c, "vectors.faiss"), "vectors.faiss"),
    "a bomb": (lambda c: changed(c, "clauses.sqlite", BOMB), "clauses.sqlite"),
    "half of it": (lambda c: c[: len(c) // 2], "."),
    "something else": (lambda _: b"hello" * 1000, "."),
    "nothing": (lambda _: b"", "."),
    "wrong counts": (lambda c: changed(c, "manifest.json", manifest(c, documents=5)), "documents"),
}


def other_content(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return bytes(reversed(archive.read(name)))


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_named_and_changes_nothing(place: Settings, tmp_path: Path, kind: str) -> None:
    build(place)
    out = tmp_path / "out.zip"
    export_index(place, out)
    make, names = HOSTILE[kind]
    out.write_bytes(make(out.read_bytes()))
    before = tree(place), sorted(tmp_path.rglob("*"))
    with pytest.raises(BadArchive, match=names):
        import_index(place, out)
    assert (tree(place), sorted(tmp_path.rglob("*"))) == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_tar_holds_plain_files_alone(place: Settings, tmp_path: Path, kind: bytes) -> None:
    build(place)
    out = tmp_path / "out.tar"
    export_index(place, out)
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(out) as old, tarfile.open(hostile, "w") as new:
        for info in old:
            if info.name == "vectors.faiss":
                link = tarfile.TarInfo(info.name)
                link.type, link.linkname = kind, "/etc/passwd"
                new.addfile(link)
            else:
                new.addfile(info, old.extractfile(info))
    before = tree(place)
    with pytest.raises(BadArchive, match="vectors"):
        import_index(place, hostile)
    assert tree(place) == before


def test_a_database_of_other_tables_is_refused(place: Settings, tmp_path: Path) -> None:
    """A view could run for ever once it is asked."""
    import sqlite3

    build(place)
    folder = place.index / "generations" / "1"
    connection = sqlite3.connect(folder / "clauses.sqlite")
    with connection:
        connection.execute("DROP TABLE relations")
        connection.execute(
            "CREATE VIEW relations AS WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n FROM r"
        )
    connection.close()
    known = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(generation.sealed(known | {"files": generation.digests(folder)}))
    export_index(place, tmp_path / "out.zip")
    with pytest.raises(BadArchive, match="tables"):
        import_index(settings.load({}, index=tmp_path / "other"), tmp_path / "out.zip")
