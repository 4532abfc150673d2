from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from rag.chain import ClauseRetriever, chain
from rag.clause import Answer, Clause, ClauseId, Document, DocumentId, Filters, Hit
from rag.contract import answer_json
from rag.errors import EmptyQuestion

DOCUMENT = Document(DocumentId("甲发〔2024〕3号"), "甲办法")
HITS = [
    Hit(rank, 1 / rank, DOCUMENT, Clause(ClauseId(f"甲#{text}"), "clause", None, ("一、",), "", text, 0, len(text)))
    for rank, text in enumerate(["应当申报。", "应当审核。", "应当公布。"], 1)
]


class Echo:
    """Answers with what it was asked, in two steps; finds always the same."""

    def ask(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Answer:
        *_, last = self.stream(question, turns, filters)
        return last

    def stream(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Iterator[Answer]:
        if not question:
            raise EmptyQuestion(example="甲？")
        answer = Answer(question, question, query="；".join(turns), notices=tuple(filters.regions) if filters else ())
        yield replace(answer, answer=question[:1])
        yield answer

    def search(
        self, question: str, turns: Sequence[str] = (), filters: Filters | None = None, top: int = 10
    ) -> list[Hit]:
        return [] if filters else HITS[:top]


def test_clauses_as_documents() -> None:
    first, second = ClauseRetriever(answerer=Echo(), top=2).invoke("要申报吗？")
    assert (first.page_content, second.page_content) == ("应当申报。", "应当审核。")
    assert first.id == "甲#应当申报。"
    assert first.metadata == {
        "rank": 1,
        "score": 1.0,
        "document": {
            "id": "甲发〔2024〕3号",
            "title": "甲办法",
            "number": None,
            "issued": None,
            "status": "unknown",
            "source": "",
        },
        "clause": {
            "id": "甲#应当申报。",
            "label": None,
            "path": ["一、"],
            "heading": "",
            "start": 0,
            "end": 5,
            "page": None,
        },
    }


def test_a_retriever_hands_its_filters_over() -> None:
    assert ClauseRetriever(answerer=Echo(), filters=Filters(regions=("乙市",))).invoke("要申报吗？") == []


def test_one_question_by_itself_or_with_what_came_before() -> None:
    runnable = chain(Echo())
    assert runnable.invoke("要申报吗？") == answer_json(Echo().ask("要申报吗？"))
    given = {"question": "审核呢？", "turns": ["要申报吗？"], "filters": {"regions": ["乙市"]}, "id": "q2"}
    expected = answer_json(Echo().ask("审核呢？", ["要申报吗？"], Filters(regions=("乙市",))), "q2")
    assert runnable.invoke(given) == expected


def test_many_and_growing_and_piped() -> None:
    runnable = chain(Echo())
    assert [one["answer"] for one in runnable.batch(["甲？", {"question": "乙？"}])] == ["甲？", "乙？"]
    assert [one["answer"] for one in runnable.stream("甲？")] == ["甲", "甲？"]
    assert (runnable | (lambda answer: answer["answer"])).invoke("甲？") == "甲？"


@pytest.mark.parametrize("given", [None, 5, {}, {"question": None}, ["甲？"]])
def test_what_is_no_question_is_a_type_error(given: object) -> None:
    with pytest.raises(TypeError, match="question"):
        chain(Echo()).invoke(given)  # type: ignore[arg-type]


def test_the_answerers_errors_pass_through() -> None:
    with pytest.raises(EmptyQuestion):
        chain(Echo()).invoke("")
    with pytest.raises(EmptyQuestion):
        list(chain(Echo()).stream(""))
