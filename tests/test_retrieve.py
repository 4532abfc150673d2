"""rag.retrieve: scope, order, references, reprints; over the sample corpus and small texts of its own."""

import threading
from pathlib import Path
from typing import Any

import pytest
from toys import Characters, written

from rag import vector
from rag.answer import Answerer
from rag.clause import Document, DocumentId, Filters
from rag.index import build, open_index
from rag.settings import load
from rag.understand import years_of
from rag.vector import Faiss


@pytest.fixture
def small(tmp_path: Path) -> Answerer:
    """Three documents, two of which print the same rule."""
    rule = "第二条　申请人应当在街道便民服务中心提交书面申请、户口簿原件以及近三个月的收入证明材料，由街道在五个工作日内初审。"
    corpus = written(
        tmp_path / "corpus",
        甲=f"甲河市临时救助办法\n第一条　为了救助困难家庭，制定本办法。\n{rule}",
        乙=f"乙河市临时救助办法\n第一条　为了帮助困难居民，制定本办法。\n{rule}",
        丙="丙江市人民政府2023年工作报告\n一、成绩\n（一）临时救助困难家庭320户。\n二、不足\n（一）基层力量薄弱。",
    )
    settings = load({}, index=tmp_path / "index", embedding="characters")
    build([corpus], settings, embedder=Characters())
    return Answerer(open_index(settings, embedder=Characters()), Characters(), settings)


def test_ranks_scores_and_documents(answerer: Answerer) -> None:
    hits = answerer.search("公租房轮候期间放弃选房怎么办", top=5)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert all(hit.clause.kind != "furniture" for hit in hits)


def test_the_search_that_is_begun_is_the_one_that_is_made(answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> None:
    made, search = list[str](), Faiss._nearest

    def noted(self: Faiss, *given: Any) -> Any:
        made.append(threading.current_thread().name)
        return search(self, *given)

    plain = answerer.search("公租房轮候期间放弃选房怎么办")
    monkeypatch.setattr(vector, "cores", lambda: 2)
    monkeypatch.setattr(vector, "_WORTH", 1)
    monkeypatch.setattr(Faiss, "_nearest", noted)
    assert answerer.search("公租房轮候期间放弃选房怎么办") == plain
    assert [name.startswith("search") for name in made] == [True]


def test_a_named_clause_comes_first(answerer: Answerer) -> None:
    hit = answerer.search("澜府规〔2024〕3号第二十条", top=3)[0]
    assert (hit.why, hit.score, hit.clause.path[-1]) == ("reference", 1.0, "第二十条")


def test_a_place_restricts_the_documents(small: Answerer) -> None:
    assert {hit.document.region for hit in small.search("丙江市的临时救助", top=10)} == {"丙江市"}


def test_a_document_of_another_place_may_speak_of_the_one_that_is_named(tmp_path: Path) -> None:
    corpus = written(
        tmp_path / "corpus",
        区="东滩区人民政府2024年工作报告\n一、筹集住房\n（一）筹集人才住房90套。\n二、不足\n（一）基层力量薄弱。",
        市="滩河市人民政府2025年工作要点\n一、住房\n（一）全市筹集公共租赁住房1200套，其中东滩区400套。\n（二）西滩区筹集人才住房30套。",
    )
    settings = load({}, index=tmp_path / "index", embedding="characters")
    build([corpus], settings, embedder=Characters())
    answerer = Answerer(open_index(settings, embedder=Characters()), Characters(), settings)
    found = answerer.search("2025年全市筹集公共租赁住房多少套，其中东滩区多少套？", top=10)
    assert found[0].clause.text.endswith("其中东滩区400套。")
    of_the_city = [hit.clause.text for hit in found if hit.document.source == "市.txt"]
    assert all("东滩区" in text for text in of_the_city)
    assert {hit.document.source for hit in answerer.search("东滩区筹集", filters=Filters(regions=("东滩区",)))} == {
        "区.txt"
    }


@pytest.mark.parametrize(
    ("filters", "sources"),
    [
        (Filters(regions=("甲河市",)), {"甲.txt"}),
        (Filters(years=(2023,)), {"丙.txt"}),
        (Filters(types=("办法",)), {"甲.txt", "乙.txt"}),
        (Filters(regions=("丁市",)), set()),
    ],
)
def test_filters(small: Answerer, filters: Filters, sources: set[str]) -> None:
    assert {hit.document.source for hit in small.search("临时救助", filters=filters, top=20)} <= sources


def test_a_reprint_is_shown_once(small: Answerer) -> None:
    found = [hit.clause.path for hit in small.search("提交书面申请和收入证明", top=10)]
    assert found.count(("第二条",)) == 1


@pytest.mark.parametrize(
    ("title", "found"),
    [("2023年工作报告", (2023,)), ("2016—2018年规划", (2016, 2017, 2018)), ("管理办法", ())],
)
def test_the_years_a_document_is_about(title: str, found: tuple[int, ...]) -> None:
    assert years_of(Document(DocumentId("x"), title)) == found


def test_page_furniture_is_left_out_of_the_words_shown(answerer: Answerer) -> None:
    document = next(d for d in answerer.documents() if d.source.endswith("18号）.pdf"))
    text = answerer.source(document.id).text
    start, end = next(span for span in text.furniture if span[0] > text.pages[1])
    words = answerer.retriever.words(document.id, (start - 30, end + 30))
    assert text.characters[start:end].strip() not in words
    assert words
