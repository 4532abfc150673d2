import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from toys import Letters, written

from rag import generation, index, settings
from rag.errors import (
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexOutdated,
    NoIndex,
    NotFound,
    NothingToIndex,
    RagError,
)
from rag.index import Summary
from rag.lexical import terms
from rag.settings import Settings

FIRST = "甲区办法\n\n第一条  申请甲补贴的，应当年满十八周岁。\n\n第二条  本办法自2022年1月1日起施行。\n"
SECOND = "乙区通知\n\n一、申请乙补贴的，应当提交乙证明。\n\n二、其他事项另行通知。\n"


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return settings.load({}, index=tmp_path / "index", cache=tmp_path / "cache")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return written(tmp_path / "docs", a=FIRST, b=SECOND)


def outcome(summary: Summary) -> tuple[int, ...]:
    return (summary.generation, summary.added, summary.updated, summary.unchanged, summary.removed, len(summary.failed))


def contents(place: Settings, embedder: Letters) -> dict[str, object]:
    """All that an index holds, apart from its history."""
    found = index.open_index(place, embedder=embedder)
    spans = [found.store.span(row) for row in range(len(found.vectors))]
    held = {
        "documents": [found.store.parsed(document.id) for document in found.store.documents()],
        "pieces": list(zip(found.store.piece_clause, spans, strict=True)),
        "vectors": found.vectors.rows(range(len(found.vectors))).tolist(),
        "terms": [(term, *(part.tolist() for part in found.terms.postings(term))) for term in ("申请", "补贴", "通知")],
        "scores": found.terms.scores(terms(FIRST + SECOND)).tolist(),
        "units": [
            found.store.units().clauses,
            *(part.tolist() for part in (found.store.units().of_row, found.store.units().document)),
        ],
        "whole": [found.store.whole(clause) for clause in found.store.piece_clause],
        "origins": list(found.store.origins().values()),
    }
    found.close()
    return held


def leaves_unchanged(place: Settings, change: Callable[[], object], error: type[BaseException]) -> None:
    def files() -> dict[str, bytes]:
        below = place.index.rglob("*") if place.index.exists() else ()
        return {str(path): path.read_bytes() for path in below if path.is_file() and path.name != "LOCK"}

    before = files()
    with pytest.raises(error):
        change()
    assert files() == before


def test_a_build_can_be_searched(place: Settings, docs: Path) -> None:
    embedder = Letters()
    summary = index.build([docs], place, embedder=embedder)
    assert outcome(summary) == (1, 2, 0, 0, 0, 0)
    assert summary.documents == 2
    found = index.open_index(place, embedder=embedder)
    assert found.manifest.corpus == (str(docs),)
    assert [document.source for document in found.store.documents()] == ["a.txt", "b.txt"]
    assert summary.clauses == sum(document.clauses for document in found.store.documents())
    rows, _ = found.vectors.nearest(embedder.queries(["乙乙乙乙"]), 1)
    assert found.store.clause(found.store.piece_clause[rows[0, 0]]).text == "一、申请乙补贴的，应当提交乙证明。"
    rows, _ = found.terms.search("年满十八周岁", 5)
    assert found.store.clause(found.store.piece_clause[rows[0]]).label == "第一条"
    found.close()
    assert index.verify(place) == []


def test_the_summary_has_the_contracts_fields() -> None:
    named = "generation documents clauses added updated unchanged removed failed seconds"
    assert [field.name for field in fields(Summary)] == named.split()


def test_nothing_changed_makes_no_generation(place: Settings, docs: Path) -> None:
    embedder = Letters()
    first = index.build([docs], place, embedder=embedder)
    embedder.seen.clear()
    second = index.build([docs], place, embedder=embedder)
    assert outcome(second) == (1, 0, 0, 2, 0, 0)
    assert (second.documents, second.clauses) == (first.documents, first.clauses)
    assert embedder.seen == []


def test_only_what_changed_is_embedded(place: Settings, docs: Path) -> None:
    embedder = Letters()
    index.build([docs], place, embedder=embedder)
    embedder.seen.clear()
    written(docs, b=SECOND.replace("其他事项", "未尽事项"))
    assert outcome(index.build([docs], place, embedder=embedder)) == (2, 0, 1, 1, 0, 0)
    assert [text.split("\n")[-1] for text in embedder.seen] == ["二、未尽事项另行通知。"]


def test_vanished_files_go_only_below_the_named_folders(place: Settings, docs: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", c=FIRST.replace("甲区", "丙区"))
    embedder = Letters()
    index.build([docs, other], place, embedder=embedder)
    (docs / "b.txt").unlink()
    (other / "c.txt").unlink()
    assert outcome(index.build([docs], place, embedder=embedder)) == (2, 0, 0, 1, 1, 0)
    found = index.open_index(place, embedder=embedder)
    assert [document.source for document in found.store.documents()] == ["a.txt", "c.txt"]
    assert found.manifest.corpus == (str(docs), str(other))
    found.close()


def test_a_file_that_cannot_be_read_is_listed_and_its_earlier_version_stays(place: Settings, docs: Path) -> None:
    embedder = Letters()
    index.build([docs], place, embedder=embedder)
    before = contents(place, embedder)
    written(docs, b="", c="\n \n")
    summary = index.build([docs], place, embedder=embedder)
    assert outcome(summary) == (1, 0, 0, 1, 0, 2)
    assert [Path(failure["path"]).name for failure in asdict(summary)["failed"]] == ["b.txt", "c.txt"]
    assert all("没有文字" in failure.error for failure in summary.failed)
    assert contents(place, embedder) == before


def test_two_files_with_the_same_document_have_ids_of_their_own(place: Settings, docs: Path) -> None:
    written(docs, z=FIRST)
    embedder = Letters()
    index.build([docs], place, embedder=embedder)
    found = index.open_index(place, embedder=embedder)
    first, _, last = found.store.documents()
    assert last.id.startswith(f"{first.id}~") and len(last.id) == len(first.id) + 5
    assert {clause.id.split("#")[0] for clause in found.store.clauses(last.id)} == {last.id}
    found.close()
    assert index.verify(place) == []
    written(docs, A0=FIRST, z=FIRST + "\n第三条  丙。\n")
    index.build([docs], place, embedder=embedder)
    found = index.open_index(place, embedder=embedder)
    ids = {document.source: document.id for document in found.store.documents()}
    assert (ids["a.txt"], ids["z.txt"]) == (first.id, last.id)
    assert ids["A0.txt"] not in (first.id, last.id)
    found.close()


def test_a_file_named_twice_is_one_document(place: Settings, docs: Path) -> None:
    assert outcome(index.build([docs, docs / "a.txt", docs], place, embedder=Letters())) == (1, 2, 0, 0, 0, 0)


def test_a_link_is_the_file_of_its_own_place(place: Settings, docs: Path) -> None:
    (docs / "link.txt").symlink_to(written(docs / ".hidden", c=FIRST.replace("甲区", "丙区")) / "c.txt")
    assert index.build([docs], place, embedder=Letters()).added == 3
    (docs / "link.txt").unlink()
    assert outcome(index.build([docs], place, embedder=Letters())) == (2, 0, 0, 2, 1, 0)


def test_a_missing_path_changes_nothing(place: Settings, docs: Path, tmp_path: Path) -> None:
    index.build([docs], place, embedder=Letters())
    written(docs, c=FIRST)
    leaves_unchanged(place, lambda: index.build([docs, tmp_path / "nowhere"], place, embedder=Letters()), NotFound)


def test_nothing_to_index_changes_nothing(place: Settings, docs: Path, tmp_path: Path) -> None:
    empty = written(tmp_path / "empty")
    leaves_unchanged(place, lambda: index.build([empty], place, embedder=Letters()), NothingToIndex)
    assert not place.index.exists()
    index.build([docs], place, embedder=Letters())
    for path in docs.iterdir():
        path.unlink()
    leaves_unchanged(place, lambda: index.build([docs], place, embedder=Letters()), NothingToIndex)


def test_another_model_is_told_apart_and_a_rebuild_mends_it(place: Settings, docs: Path) -> None:
    index.build([docs], place, embedder=Letters())
    other = Letters("甲乙", "letters@2")
    with pytest.raises(IndexMismatch, match=f"letters@1.*letters@2.*rag index {docs} --index {place.index} --rebuild"):
        index.open_index(place, embedder=other)
    leaves_unchanged(place, lambda: index.build([docs], place, embedder=other), IndexMismatch)
    assert outcome(index.build([docs], place, embedder=other, rebuild=True)) == (2, 2, 0, 0, 0, 0)
    assert index.open_index(place, embedder=other).vectors.rows([0]).shape == (1, 3)


def test_another_schema_is_told_apart_and_a_rebuild_mends_it(place: Settings, docs: Path) -> None:
    index.build([docs], place, embedder=Letters())
    manifest = place.index / "generations" / "1" / "manifest.json"
    manifest.write_text(generation.sealed(json.loads(manifest.read_text()) | {"schema": 0}))
    with pytest.raises(IndexOutdated):
        index.build([docs], place, embedder=Letters())
    index.build([docs], place, embedder=Letters(), rebuild=True)
    assert index.verify(place) == []


def test_a_rebuild_forgets_what_was_not_named(place: Settings, docs: Path) -> None:
    index.build([docs], place, embedder=Letters())
    assert index.build([docs / "a.txt"], place, embedder=Letters(), rebuild=True).documents == 1


def test_no_index_says_how_to_make_one(place: Settings) -> None:
    for ask in (index.open_index, index.verify):
        with pytest.raises(NoIndex, match=f"rag index .* --index {place.index}"):
            ask(place)


def parts() -> list[str]:
    arrays = [f"terms/{name}.npy" for name in ("keys", "starts", "rows", "counts", "lengths")]
    return ["clauses.sqlite", "vectors.faiss", *arrays]


@pytest.mark.parametrize("part", parts())
def test_a_part_that_is_missing_or_cut_short_is_damage(place: Settings, docs: Path, part: str) -> None:
    index.build([docs], place, embedder=Letters())
    path = place.index / "generations" / "1" / part
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexDamaged, match=part):
        index.open_index(place, embedder=Letters())
    path.unlink()
    with pytest.raises(IndexDamaged, match=part):
        index.open_index(place, embedder=Letters())


@pytest.mark.parametrize("part", parts())
def test_a_flipped_bit_is_found(place: Settings, docs: Path, part: str) -> None:
    index.build([docs], place, embedder=Letters())
    path = place.index / "generations" / "1" / part
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert index.verify(place) == [f"{part}: SHA-256"]


@pytest.mark.parametrize("part", parts())
def test_rubbish_of_the_right_size_is_damage_not_a_crash(place: Settings, docs: Path, part: str) -> None:
    index.build([docs], place, embedder=Letters())
    path = place.index / "generations" / "1" / part
    path.write_bytes(b"?" * path.stat().st_size)
    with pytest.raises(IndexDamaged):
        index.open_index(place, embedder=Letters())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ('UPDATE clauses SET start = start + 1, "end" = "end" + 1 WHERE label = \'第一条\'', "text differs"),
        ("DELETE FROM pieces WHERE document = 1 AND position = 2", "rows"),
        ('UPDATE pieces SET start = 0, "end" = 1 WHERE document = 1 AND position = 2', "is outside"),
        ("UPDATE pieces SET clause = 99 WHERE position = 0", "no clause 99"),
        ("UPDATE clauses SET whole = whole + 1 WHERE label = '第一条'", "whole to"),
        ("UPDATE documents SET first = first + 1 WHERE position = 1", "rows from"),
        ("DELETE FROM documents WHERE position = 1", "documents: 1, manifest 2"),
        ("INSERT INTO texts VALUES (7, 'x')", "texts: 1 of no document"),
    ],
)
def test_verify_finds_what_checksums_cannot(place: Settings, docs: Path, change: str, fault: str) -> None:
    index.build([docs], place, embedder=Letters())
    folder = place.index / "generations" / "1"
    connection = sqlite3.connect(folder / "clauses.sqlite")
    with connection:
        connection.execute(change)
    connection.close()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(generation.sealed(manifest | {"files": generation.digests(folder)}))
    assert any(fault in line for line in index.verify(place))


def test_an_interrupted_build_changes_nothing_and_is_gone_on_with(
    place: Settings, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_PORTION", 1)
    embedder = Letters()
    index.build([docs / "a.txt"], place, embedder=embedder)
    before = contents(place, embedder)
    embedder.seen.clear()
    embedder.fails_after = 2
    with pytest.raises(KeyboardInterrupt):
        index.build([docs], place, embedder=embedder)
    assert contents(place, embedder) == before
    assert sorted(path.name for path in (place.index / "generations").iterdir()) == ["1"]
    kept = list(embedder.seen)
    embedder.seen.clear()
    embedder.fails_after = None
    index.build([docs], place, embedder=embedder)
    assert len(kept) == 2 and not set(kept) & set(embedder.seen)
    assert index.verify(place) == []
    assert sorted(path.name for path in place.index.iterdir()) == ["CURRENT", "LOCK", "generations"]


def test_another_writer_is_waited_for_by_the_user(place: Settings, docs: Path) -> None:
    with generation.locked(place.index), pytest.raises(IndexBusy):
        index.build([docs], place, embedder=Letters())
    assert index.build([docs], place, embedder=Letters()).generation == 1


def test_an_open_index_outlives_newer_ones(place: Settings, docs: Path) -> None:
    embedder = Letters()
    index.build([docs], place, embedder=embedder)
    found = index.open_index(place, embedder=embedder)
    for n in range(3):
        written(docs, b=f"{SECOND}\n三、第{n}次。\n")
        index.build([docs], place, embedder=embedder)
    assert found.manifest.generation == 1
    rows, _ = found.vectors.nearest(embedder.queries(["乙"]), 1)
    assert "乙" in found.store.whole(found.store.piece_clause[rows[0, 0]]).text
    found.close()


def test_progress_is_told(place: Settings, docs: Path) -> None:
    told: list[tuple[str, int, int]] = []
    index.build([docs], place, embedder=Letters(), progress=lambda *step: told.append(step))
    n = len(index.open_index(place, embedder=Letters()).vectors)
    assert told == [("read", 0, 2), ("read", 1, 2), ("read", 2, 2), ("embed", n, n), ("write", 0, 1), ("write", 1, 1)]


def test_a_name_that_is_no_utf8_is_refused(place: Settings, docs: Path) -> None:
    try:
        (docs / "\udcff.txt").write_text(FIRST)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only names in UTF-8")
    summary = index.build([docs], place, embedder=Letters())
    assert outcome(summary) == (1, 2, 0, 0, 0, 1)
    summary.failed[0].path.encode()


def test_failures_are_told_in_the_language_that_is_set(tmp_path: Path, docs: Path) -> None:
    place = settings.load({}, index=tmp_path / "index", language="en")
    written(docs, c="")
    (failure,) = index.build([docs], place, embedder=Letters()).failed
    assert failure.error.startswith(f"{docs / 'c.txt'} holds no text")


@bounds(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.dictionaries(st.sampled_from("abcde"), st.sampled_from("甲乙丙丁"), min_size=1), min_size=2, max_size=4)
)
def test_step_by_step_is_the_same_as_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, str]]
) -> None:
    home = tmp_path_factory.mktemp("steps")
    embedder = Letters()
    slow, fast = (settings.load({}, index=home / name) for name in ("slow", "fast"))
    for step in steps:
        shutil.rmtree(home / "docs", ignore_errors=True)
        written(
            home / "docs",
            **{name: FIRST.replace("甲区", f"{name}区").replace("甲", word) for name, word in step.items()},
        )
        index.build([home / "docs"], slow, embedder=embedder)
    index.build([home / "docs"], fast, embedder=embedder)
    assert contents(slow, embedder) == contents(fast, embedder)
    assert index.verify(slow) == []


def test_what_is_not_read_again_by_another_reader_is_cut_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = settings.load({}, index=tmp_path / "index")
    model = Letters()
    for name, text in (("a", FIRST), ("b", SECOND)):
        index.build([written(tmp_path / name, **{name: text})], used, embedder=model)
    before = contents(used, model)
    monkeypatch.setattr("rag.document.reader", lambda: "another")
    monkeypatch.setattr("rag.piece._TITLE", 0)
    model.seen.clear()
    assert outcome(index.build([tmp_path / "a"], used, embedder=model)) == (3, 0, 1, 0, 0, 0)
    after = contents(used, model)
    assert "二、其他事项另行通知。" in [text.split("\n")[-1] for text in model.seen]
    assert not any("乙区通知 " in text for text in model.seen)
    assert before["documents"] == after["documents"]
    assert index.verify(used) == []


def test_an_unchanged_corpus_opens_neither_vectors_nor_terms(place: Settings, docs: Path) -> None:
    index.build([docs], place, embedder=Letters())
    folder = place.index / "generations" / "1"
    for part in parts()[1:]:
        path = folder / part
        path.write_bytes(b"?" * path.stat().st_size)
    assert index.build([docs], place, embedder=Letters()).unchanged == 2


def test_nothing_is_built_upon_a_damaged_generation(place: Settings, docs: Path) -> None:
    index.build([docs], place, embedder=Letters())
    path = place.index / "generations" / "1" / "terms" / "counts.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    written(docs, b=FIRST)
    leaves_unchanged(place, lambda: index.build([docs], place, embedder=Letters()), IndexDamaged)
    assert index.build([docs], place, embedder=Letters(), rebuild=True).generation == 2
    assert index.verify(place) == []


def test_a_reader_that_two_builds_overtake_opens_the_newest(
    place: Settings, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.build([docs], place, embedder=Letters())
    opened = generation.opened

    def overtaken(*given: object) -> object:
        monkeypatch.setattr(generation, "opened", opened)
        for n in range(2):
            written(docs, b=f"{SECOND}\n三、第{n}次。\n")
            index.build([docs], place, embedder=Letters())
        return opened(*given)

    monkeypatch.setattr(generation, "opened", overtaken)
    found = index.open_index(place, embedder=Letters())
    assert found.manifest.generation == 3
    found.close()


def test_a_model_is_not_asked_for_what_only_goes(place: Settings, docs: Path) -> None:
    embedder = Letters()
    index.build([docs], place, embedder=embedder)
    (docs / "b.txt").unlink()
    embedder.seen.clear()
    del embedder.dimension  # another model would have to be loaded to be asked
    assert outcome(index.build([docs], place, embedder=embedder)) == (2, 0, 0, 1, 1, 0)
    assert embedder.seen == []


def test_every_refusal_is_one_of_ours(place: Settings, docs: Path) -> None:
    place.index.write_text("a file where the folder should be")
    with pytest.raises(RagError, match=str(place.index)):
        index.build([docs], place, embedder=Letters())


def test_vectors_are_of_unit_length(place: Settings, docs: Path) -> None:
    index.build([docs], place, embedder=Letters())
    found = index.open_index(place, embedder=Letters())
    lengths = np.linalg.norm(found.vectors.rows(range(len(found.vectors))), axis=1)
    assert lengths == pytest.approx(np.ones(len(lengths)), abs=1e-3)  # of 16 bits a number
    found.close()


def test_only_the_named_folders_are_kept_where_they_are_all_there_is(tmp_path: Path) -> None:
    used = settings.load({}, index=tmp_path / "index")
    first, second = (
        written(tmp_path / "a", 甲="甲办法\n第一条　甲。"),
        written(tmp_path / "b", 乙="乙办法\n第一条　乙。"),
    )
    index.build([first], used, embedder=Letters())
    summary = index.build([second], used, embedder=Letters(), only=True)
    assert (summary.documents, summary.added, summary.removed) == (1, 1, 1)
    assert index.open_index(used, embedder=Letters()).manifest.corpus == (str(second.resolve()),)


def test_documents_that_another_release_read_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = settings.load({}, index=tmp_path / "index")
    corpus = written(tmp_path / "a", 甲="甲办法\n第一条　甲。")
    model = Letters()
    index.build([corpus], used, embedder=model)
    monkeypatch.setattr("rag.document.reader", lambda: "another")
    seen = len(model.seen)
    summary = index.build([corpus], used, embedder=model)
    assert (summary.updated, summary.unchanged) == (1, 0)
    assert len(model.seen) == seen  # the same pieces keep their vectors
    assert index.build([corpus], used, embedder=model).unchanged == 1
