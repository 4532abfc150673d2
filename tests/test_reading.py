"""rag.reading: hits of one list that stand close together are read together, in the order of the document."""

from dataclasses import replace
from pathlib import Path

import pytest
from toys import Characters, written

from rag.answer import Answerer
from rag.clause import Clause, Hit
from rag.index import Index, build, open_index
from rag.reading import together
from rag.settings import load

ITEMS = ["清理淤泥", "修补驳岸", "补种水草", "设置护栏", "安装水尺", "更换闸门", "检修泵站", "疏通涵管"]
NUMBERS = "一二三四五六七八"
PLAN = "云栖镇河道整治工作要点\n" + "\n".join(
    f"{number}、{item}。由镇水利站负责。" for number, item in zip(NUMBERS, ITEMS, strict=True)
)
OTHER = "云栖镇道路养护工作要点\n一、清扫路面。\n二、修补裂缝。"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("reading")
    settings = load({}, index=folder / "index", embedding="characters")
    build([written(folder / "corpus", 河道=PLAN, 道路=OTHER)], settings, embedder=Characters())
    return open_index(settings, embedder=Characters())


def hits(index: Index, *wanted: tuple[str, str, float]) -> list[Hit]:
    """Hits by a word of the document's title, a label and a score."""
    documents = {document.title[3:5]: document for document in index.store.documents()}

    def labelled(title: str, label: str) -> Clause:
        return next(c for c in index.store.clauses(documents[title].id) if c.label == label)

    return [
        Hit(rank, score, documents[title], index.store.whole(labelled(title, label).id), "dense")
        for rank, (title, label, score) in enumerate(wanted, 1)
    ]


def read(found: list[Hit], index: Index) -> list[tuple[str, str | None, str | None]]:
    return [(hit.document.title[3:5], hit.clause.label, hit.why) for hit in together(found, index.store)]


def test_a_run_is_read_in_its_order_with_what_stands_between(index: Index) -> None:
    found = hits(index, ("河道", "三、", 0.9), ("道路", "一、", 0.8), ("河道", "一、", 0.6))
    assert read(found, index) == [
        ("河道", "一、", "dense"),
        ("河道", "二、", "neighbour"),
        ("河道", "三、", "dense"),
        ("道路", "一、", "dense"),
    ]
    assert [hit.score for hit in together(found, index.store)] == [0.6, 0.0, 0.9, 0.8]


@pytest.mark.parametrize("other", [("二、", 0.2), ("一、", 0.2), ("八、", 0.9), ("一、", 0.0)])
def test_what_is_unlikely_or_far_is_not_drawn(index: Index, other: tuple[str, float]) -> None:
    found = hits(index, ("河道", "三、", 0.9), ("河道", *other))
    assert [label for _, label, _ in read(found, index)] == ["三、", other[0]]


def test_what_was_asked_for_by_number_and_what_is_no_item_stays(index: Index) -> None:
    numbered = [replace(hit, why="reference") for hit in hits(index, ("河道", "三、", 1.0), ("河道", "一、", 1.0))]
    assert [label for _, label, _ in read(numbered, index)] == ["三、", "一、"]
    title = next(c for c in index.store.clauses(numbered[0].document.id) if c.kind in ("title", "header"))
    beside_title = [replace(numbered[0], clause=title, why="dense"), *hits(index, ("河道", "二、", 0.9))]
    assert len(together(beside_title, index.store)) == 2


def test_a_long_run_stays_as_it_was_found(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    found = hits(index, ("河道", "三、", 0.9), ("河道", "二、", 0.9))
    monkeypatch.setattr("rag.reading._LONGEST", 10)
    assert [label for _, label, _ in read(found, index)] == ["三、", "二、"]


def test_nothing_is_lost_and_nothing_comes_twice(index: Index) -> None:
    wanted = [("河道", f"{number}、", 0.9 - 0.1 * place) for place, number in enumerate("三五一八二")]
    made = together(hits(index, *wanted), index.store)
    assert len({hit.clause.id for hit in made}) == len(made)
    assert {label for _, label, _ in wanted} <= {hit.clause.label for hit in made}
    assert together([], index.store) == []


@pytest.mark.parametrize("budget", [200, 400, 3000])
def test_a_model_is_shown_the_best_whatever_room_there_is(index: Index, budget: int) -> None:
    settings = load({}, index=index.store.path.parent, embedding="characters", evidence_tokens=budget)
    answerer = Answerer(index, Characters(), settings)
    found = hits(index, ("河道", "八、", 0.9), ("河道", "四、", 0.5), ("河道", "一、", 0.4))
    shown = answerer._shown(answerer.understand("谁检修泵站？"), found)
    labels = [hit.clause.label for hit in shown]
    assert "八、" in labels
    assert labels == sorted(labels, key=lambda label: NUMBERS.index(str(label)[0]))
    if budget == 3000:
        assert labels == [f"{number}、" for number in NUMBERS]
