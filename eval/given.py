"""What a system gave for a question, in one form for the product, for baselines and for any other's answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eval.gold import Question
from eval.metrics import Cited, Outcome

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as the contract has it, and what a system tells beyond it; None is what it does not tell.

    citations  the clauses that `result` cites, in its order; hits  what its search found, best first
    score      how likely its best hit is to answer, 0 to 1; ms  from the question to the whole answer
    """

    result: Json
    citations: tuple[Cited, ...] = ()
    hits: tuple[Cited, ...] | None = None
    score: float | None = None
    ms: float | None = None

    def outcome(self, question: Question) -> Outcome:
        """What is scored."""
        said = self.result
        return Outcome(question, said["answer"], said["refused"], self.citations, self.hits, self.ms)


class Answering(Protocol):
    """A system that answers questions; it knows of a question what a visitor would say: its words and its turns."""

    def answer(self, question: Question) -> Given:
        """The answer, or the refusal."""


def quoting(
    id: str,
    question: str,
    answer: str,
    cited: Sequence[Cited],
    *,
    model: str,
    refused: bool = False,
    marks: Sequence[int] | None = None,
) -> Json:
    """An answer in the contract's form by a system that cites stretches of text: `cited` are the [n] of `marks`.

    marks  None: [1], [2] and so on
    Titles, numbers and offsets are not known and left out: what a report shows and scores does without.
    """
    return {
        "id": id,
        "question": question,
        "answer": answer,
        "refused": refused,
        "reason": "no_evidence" if refused else None,
        "citations": [
            {
                "n": n,
                "document": {"title": one.source, "source": one.source},
                "clause": {"path": [label for label in one.path.split("/") if label], "text": one.text},
                "quote": one.text,
            }
            for n, one in zip(range(1, len(cited) + 1) if marks is None else marks, cited, strict=True)
        ],
        "model": model,
    }
