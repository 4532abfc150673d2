"""rag.beside: siblings, cross-references and neighbours come after the ranked evidence, marked as such."""

from dataclasses import replace
from pathlib import Path

import pytest
from toys import Characters, written

from rag.answer import Answerer
from rag.beside import beside
from rag.gate import admitted
from rag.index import build, open_index
from rag.retrieve import Evidence
from rag.settings import load

TEXT = """云栖镇河道保洁管理办法
第一条　为了河道清洁，制定本办法。
第二条　保洁单位应当每日巡查河道。
第三条　保洁员应当佩戴下列装备：
（一）救生衣；
（二）防滑靴；
（三）反光背心；
（四）打捞网兜。
第四条　违反本办法第二条规定，没有每日巡查的，扣减合同价款。
第五条　本办法由镇水利站解释。"""

PLAN = """云栖镇河道整治工作要点
一、目标
全年整治河道六条。
二、任务
1.清理淤泥。
2.修补驳岸。
3.补种水草。
4.设置护栏。"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    folder: Path = tmp_path_factory.mktemp("beside")
    settings = load({}, index=folder / "index", embedding="characters")
    build([written(folder / "corpus", 河道=TEXT, 整治=PLAN)], settings, embedder=Characters())
    return Answerer(open_index(settings, embedder=Characters()), Characters(), settings)


def added(answerer: Answerer, question: str) -> dict[str, list[str | None]]:
    """By what added them the labels of what stands beside the ranked evidence."""
    evidence, _ = admitted(answerer.understand(question), answerer.retriever)
    found: dict[str, list[str | None]] = {}
    for one in evidence:
        found.setdefault(one.hit.why, []).append(one.hit.clause.label)
    return found


def test_what_a_clause_points_to_and_its_neighbours_are_added(small: Answerer) -> None:
    found = added(small, "《云栖镇河道保洁管理办法》第四条")
    assert found["reference"] == ["第四条"]
    assert found["cross_reference"] == ["第二条"]
    assert found["neighbour"] == ["第三条", "第五条"]


def test_an_enumeration_gets_all_siblings(small: Answerer) -> None:
    query = small.understand("云栖镇河道要做哪些工作")
    store = small.index.store
    second = next(c for d in store.documents() for c in store.clauses(d.id) if c.path == ("二、", "2."))
    best = Evidence(small.retriever.hit(second), 1.0, 1.0, 1.0)
    found = [one.hit.clause.label for one in beside(query, [best], small.retriever) if one.hit.why == "sibling"]
    assert found == ["1.", "3.", "4."]
    is_fact = replace(query, kind="number")
    assert all(one.hit.why != "sibling" for one in beside(is_fact, [best], small.retriever))


def test_what_is_added_comes_last_and_counts_nothing(small: Answerer) -> None:
    evidence, _ = admitted(small.understand("《云栖镇河道保洁管理办法》第四条"), small.retriever)
    assert [one.hit.why for one in evidence] == ["reference", "cross_reference", "neighbour", "neighbour"]
    assert [one.hit.score for one in evidence] == [1.0, 0.0, 0.0, 0.0]
    assert len({one.hit.clause.id for one in evidence}) == len(evidence)
