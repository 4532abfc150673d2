"""The same as LangChain: a retriever and a runnable. Hands over, decides nothing.

    retriever = ClauseRetriever(answerer=Answerer.open(settings))
    answer = chain(answerer).invoke({"question": "…", "turns": ["…"]})

Importing this module imports langchain-core.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import ConfigDict

from rag.clause import Answer, Filters, Hit
from rag.contract import Json, answer_json, clause_json, document_json

Input = str | Mapping[str, Any]
"""A question, or `{"question", "turns"?, "filters"?, "id"?}`."""


class Answers(Protocol):
    """What is needed of `rag.answer.Answerer`."""

    def ask(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Answer:
        """The answer."""

    def stream(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Iterator[Answer]:
        """Growing answers, the last complete."""

    def search(
        self, question: str, turns: Sequence[str] = (), filters: Filters | None = None, top: int = 10
    ) -> list[Hit]:
        """Clauses, best first."""


class ClauseRetriever(BaseRetriever):
    """Clauses as LangChain documents: the text as content; document, clause, rank and score as metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    answerer: Any
    top: int = 10
    filters: Filters | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        return [_document(hit) for hit in self.answerer.search(query, filters=self.filters, top=self.top)]


def _document(hit: Hit) -> LangChainDocument:
    clause = clause_json(hit.clause)
    text = clause.pop("text")
    metadata = {"rank": hit.rank, "score": hit.score, "document": document_json(hit.document), "clause": clause}
    return LangChainDocument(page_content=text, metadata=metadata, id=str(hit.clause.id))


class _Chain(Runnable[Input, Json]):
    def __init__(self, answerer: Answers) -> None:
        self.answerer = answerer

    def invoke(self, input: Input, config: RunnableConfig | None = None, **_: Any) -> Json:
        return self._call_with_config(self._answer, input, config)

    def stream(self, input: Input, config: RunnableConfig | None = None, **_: Any) -> Iterator[Json]:
        yield from self._transform_stream_with_config(iter([input]), self._growing, config)

    def _answer(self, input: Input) -> Json:
        question, turns, filters, id = _asked(input)
        return answer_json(self.answerer.ask(question, turns, filters), id)

    def _growing(self, inputs: Iterator[Input]) -> Iterator[Json]:
        for input in inputs:
            question, turns, filters, id = _asked(input)
            for answer in self.answerer.stream(question, turns, filters):
                yield answer_json(answer, id)


def chain(answerer: Answers) -> Runnable[Input, Json]:
    """A runnable from a question to the contract's answer; `stream` gives growing answers, the last is complete.

    Raises what the answerer raises, and TypeError for an input that holds no question.
    """
    return _Chain(answerer)


def _asked(input: Input) -> tuple[str, Sequence[str], Filters | None, str | None]:
    if isinstance(input, str):
        return input, (), None, None
    if not isinstance(input, Mapping) or not isinstance(input.get("question"), str):
        raise TypeError('the input is a question, or {"question", "turns", "filters", "id"}')
    filters = input.get("filters")
    if isinstance(filters, Mapping):
        filters = Filters(**{name: tuple(values) for name, values in filters.items()})
    return input["question"], tuple(input.get("turns") or ()), filters, input.get("id")
