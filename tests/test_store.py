import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from toys import made

from rag import store
from rag.clause import Clause, ClauseId, Document, DocumentId, Parsed, Piece, Relation, Table, Text
from rag.errors import IndexDamaged
from rag.store import Entry, Origin, SqliteStore
from rag.store.check import faults

FAMILY = made(
    [
        ("heading", ("一",), "一、总则"),
        ("clause", ("一", "1"), "1.下列单位："),
        ("furniture", ("p",), "— 3 —"),
        ("point", ("一", "1", "a"), "a.学校；"),
        ("point", ("一", "1", "b"), "b.医院。"),
        ("clause", ("一", "2"), "2.其他。"),
        ("clause", ("十一",), "十一、附则"),
    ]
)


def entry(folder: Path, n: int, parsed: Parsed) -> Entry:
    """The document as the n-th file of a folder, a piece a clause."""
    pieces = [Piece(one.id, one.start, one.end, one.text) for one in parsed.clauses]
    hashes = [bytes([n, i]) for i in range(len(pieces))]
    return Entry(parsed, Origin(folder / f"{n}.txt", f"{n:064}", n), pieces, hashes)


def opened(folder: Path, *documents: Parsed, today: Callable[[], date] = date.today) -> SqliteStore:
    store.write(folder / "s", [entry(folder, n, parsed) for n, parsed in enumerate(documents)])
    return SqliteStore(folder / "s", today)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[SqliteStore]:
    found = opened(tmp_path, FAMILY)
    yield found
    found.close()


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    id = DocumentId("甲发〔2022〕1号")
    days = {"issued": date(2022, 6, 6), "effective": date(2022, 7, 1), "expires": date(2027, 6, 30)}
    document = Document(id, "甲办法", id, "甲区", "甲", "办法", source="a/b.txt", sha256="f" * 64, clauses=1, **days)
    text = Text("序号\x00😀\n1", (0, 3), ((0, 2),), (Table((((0, 2), (5, 6)),)),), "标题")
    clause = Clause(ClauseId(f"{id}#1"), "table_row", "1", ("附件", "1"), "任务", "1", 5, 6, 2, {"序号": "1"})
    relation = Relation("cites", clause.id, "乙办法", date(2020, 1, 1))
    parsed = Parsed(document, text, (clause,), (relation,))
    found = opened(tmp_path, parsed, today=lambda: date(2023, 1, 1))
    assert found.parsed(id) == replace(parsed, document=replace(document, status="in_force"))
    assert found.documents() == (replace(document, status="in_force"),)
    assert found.relations() == found.relations(id) == [(id, relation)]
    assert found.relations(DocumentId("another")) == []
    assert found.origins() == {id: Origin(tmp_path / "0.txt", f"{0:064}", 0)}
    found.close()


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (0, "一、总则\n1.下列单位：\n— 3 —\na.学校；\nb.医院。\n2.其他。"),
        (1, "1.下列单位：\n— 3 —\na.学校；\nb.医院。"),
        (4, "b.医院。"),
        (6, "十一、附则"),
    ],
)
def test_a_clause_is_given_whole(family: SqliteStore, position: int, text: str) -> None:
    clause = FAMILY.clauses[position]
    whole = family.whole(clause.id)
    assert (whole.text, whole.start, whole.path) == (text, clause.start, clause.path)
    assert FAMILY.text.characters[whole.start : whole.end] == text
    assert family.clause(clause.id) == clause


def test_what_is_below_a_clause_is_read_without_its_document(family: SqliteStore) -> None:
    assert family.below(FAMILY.clauses[1].id) == FAMILY.clauses[3:5]
    assert family.below(FAMILY.clauses[0].id) == (FAMILY.clauses[1], *FAMILY.clauses[3:6])
    assert family.below(FAMILY.clauses[6].id) == ()


def test_units_are_the_clauses_with_pieces_in_the_order_of_these(tmp_path: Path) -> None:
    law = made([("heading", ("第一章",), "第一章"), ("clause", ("第一章", "第一条"), "第一条　甲。")], id="法")
    first, second = entry(tmp_path, 0, FAMILY), entry(tmp_path, 1, law)
    article = second.pieces[1]
    second = replace(second, pieces=[article, replace(article, start=article.start + 1)])
    store.write(tmp_path / "s", [first, second])
    found = SqliteStore(tmp_path / "s")
    known = found.units()
    assert list(known.clauses) == [*(clause.id for clause in FAMILY.clauses), "法#第一章/第一条~1"]
    assert known.of_row.tolist() == [*range(8), 7]
    assert known.starts.tolist() == [*range(8)]
    assert known.document.tolist() == [0] * 7 + [1]
    assert known.section.tolist() == [0, 1, 0, 2, 2, 1, 0, 3]
    assert known.length.tolist() == [len(found.whole(id).text) for id in known.clauses]
    assert known.article.tolist() == [False] * 7 + [True]
    assert known.is_a("heading", "furniture").tolist() == [
        c.kind in ("heading", "furniture") for c in FAMILY.clauses
    ] + [False]
    assert list(faults(found)) == []
    found.close()


def test_documents_that_stay_are_taken_over_and_others_come_and_go(tmp_path: Path) -> None:
    first, second, third = (made([("clause", ("一",), f"一、{word}。")], id=word) for word in "甲乙丙")
    opened(tmp_path, first, second, FAMILY).close()
    changed = made([("clause", ("一",), "一、乙。"), ("clause", ("二",), "二、新。")], id="乙")
    new = [entry(tmp_path, 3, third), first.document.id, entry(tmp_path, 1, changed), FAMILY.document.id]
    store.write(tmp_path / "stepwise", new, tmp_path / "s")
    entries = [entry(tmp_path, n, one) for n, one in ((3, third), (0, first), (1, changed), (2, FAMILY))]
    store.write(tmp_path / "at once", entries)
    stepwise, at_once = SqliteStore(tmp_path / "stepwise"), SqliteStore(tmp_path / "at once")
    for found in (stepwise, at_once):
        assert [document.id for document in found.documents()] == ["丙", "甲", "乙", FAMILY.document.id]
        assert list(faults(found)) == []
    assert stepwise.piece_clause == at_once.piece_clause
    assert stepwise.units().clauses == at_once.units().clauses
    assert stepwise.units().of_row.tolist() == at_once.units().of_row.tolist() == [*range(11)]
    assert stepwise.hashes() == at_once.hashes()
    assert (
        stepwise.blocks()
        == at_once.blocks()
        == {"丙": range(1), "甲": range(1, 2), "乙": range(2, 4), FAMILY.document.id: range(4, 11)}
    )
    assert [stepwise.span(row) for row in range(11)] == [at_once.span(row) for row in range(11)]
    assert all(stepwise.parsed(one.id) == at_once.parsed(one.id) for one in at_once.documents())
    stepwise.close()
    at_once.close()


def test_a_store_that_lost_most_of_its_documents_is_small_again(tmp_path: Path) -> None:
    long = made([("clause", ("一",), "一、" + "甲" * 200_000)], id="长")
    opened(tmp_path, FAMILY, long).close()
    store.write(tmp_path / "rest", [FAMILY.document.id], tmp_path / "s")
    assert (tmp_path / "rest").stat().st_size < (tmp_path / "s").stat().st_size / 4


def test_a_clause_is_read_without_the_rest_of_its_document(
    family: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = family.rows
    monkeypatch.setattr(family, "rows", lambda query, *values: asked.append(query) or rows(query, *values))
    for clause in FAMILY.clauses:
        assert family.clause(clause.id) == clause
        family.whole(clause.id)
        family.whole(clause.id)
    assert sum("FROM clauses WHERE id" in query for query in asked) == len(FAMILY.clauses)
    assert sum("FROM texts" in query for query in asked) == 1
    assert len(asked) == len(FAMILY.clauses) + 1


def test_texts_asked_for_last_are_kept_up_to_a_size() -> None:
    made: list[int] = []

    def make(n: int) -> str:
        made.append(n)
        return "字" * n

    recent = store._Recent(make, len, 10)
    assert [len(recent(n)) for n in (4, 5, 4, 3, 4, 5)] == [4, 5, 4, 3, 4, 5]
    assert made == [4, 5, 3, 5]
    assert len(recent(50)) == len(recent(50)) == 50
    recent.clear()
    recent(50)
    assert made == [4, 5, 3, 5, 50, 50]


def test_rows_name_their_clauses(family: SqliteStore) -> None:
    assert list(family.piece_clause) == [clause.id for clause in FAMILY.clauses]
    point = FAMILY.clauses[3]
    assert family.pieces(point.id) == [(3, point.start, point.end)]
    assert family.span(3) == (point.start, point.end)
    for row in (-1, 7):
        with pytest.raises(IndexError):
            family.span(row)
    assert family.hashes() == [bytes([0, n]) for n in range(7)]
    assert family.document_of(point.id).id == FAMILY.document.id
    assert family.counts() == {"documents": 1, "clauses": 6, "pieces": 7, "relations": 0}


def test_what_is_not_there_is_a_key_error(family: SqliteStore) -> None:
    for ask in (
        family.clause,
        family.whole,
        family.below,
        family.pieces,
        family.document_of,
        family.parsed,
        family.clauses,
    ):
        with pytest.raises(KeyError):
            ask("no such id")


def test_status_is_that_of_the_day(tmp_path: Path) -> None:
    days = [date(2022, 6, 30), date(2022, 7, 1), date(2023, 1, 1)]
    document = replace(FAMILY.document, effective=date(2022, 7, 1), expires=date(2022, 12, 31))
    found = opened(tmp_path, replace(FAMILY, document=document), today=lambda: days[0])
    seen = []
    while days:
        seen.append((found.documents()[0].status, found.parsed(document.id).document.status))
        days.pop(0)
        if not days:
            break
    assert seen == [("not_yet", "not_yet"), ("in_force", "in_force"), ("expired", "expired")]
    found.close()


def test_a_repealed_document_says_so(tmp_path: Path) -> None:
    old = made([("clause", ("一",), "一、旧。")], id="甲发〔2019〕1号", title="甲办法")
    new = made([("clause", ("一",), "一、新。")], id="甲发〔2022〕2号", title="甲新办法")
    repeal = Relation("repeals", new.clauses[0].id, "甲办法", date(2022, 1, 1))
    found = opened(tmp_path, old, replace(new, relations=(repeal,)))
    assert [document.status for document in found.documents()] == ["repealed", "unknown"]
    found.close()


def test_several_threads_may_ask_at_once(family: SqliteStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        texts = list(threads.map(lambda n: family.whole(FAMILY.clauses[n % 7].id).text, range(200)))
    assert texts == [family.whole(FAMILY.clauses[n % 7].id).text for n in range(200)]


def test_a_store_cannot_be_written_to(family: SqliteStore, tmp_path: Path) -> None:
    before = (tmp_path / "s").read_bytes()
    with pytest.raises(IndexDamaged, match="readonly"):
        family.rows("DELETE FROM clauses")
    assert (tmp_path / "s").read_bytes() == before


def test_another_file_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"SQLite format 4, nearly")
    with pytest.raises(IndexDamaged, match="not a database"):
        SqliteStore(tmp_path / "s")
    with pytest.raises(IndexDamaged, match="rag index corpus/ --index idx --rebuild"):
        SqliteStore(tmp_path / "absent", index=Path("idx"), corpus="corpus/")


def test_paths_are_stored_as_json(family: SqliteStore) -> None:
    paths = family.rows("SELECT path FROM clauses ORDER BY position")
    assert json.loads(paths[3][0]) == ["一", "1", "a"]
