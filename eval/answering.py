"""The systems that answer: the product, and what the same documents give without its design.

A baseline that only searches answers with its first hits word for word, cites each, and never refuses: it has nothing to
refuse by. Those with a language model are `eval.writing`'s.
"""

import time
from collections.abc import Callable, Sequence

from eval.baselines import DEPTH, PRODUCT, READ, SYSTEMS, Material, System, cited
from eval.folds import Fold
from eval.given import Answering, Given, quoting
from eval.gold import Question
from eval.writing import MODEL_ONLY, NAIVE, ModelOnly, NaiveRag, with_endpoint
from rag.answer import Answerer
from rag.contract import answer_json
from rag.settings import Settings


class Product:
    """The product as it answers; its hits are those of its search, each clause one."""

    def __init__(self, material: Material) -> None:
        self._answerer = Answerer(material.index, material.model, material.settings)

    def answer(self, question: Question) -> Given:
        """The answer or refusal; its time is without that of the search for a hundred hits, which is for measuring."""
        began = time.perf_counter()
        answer = self._answerer.ask(question.question, question.turns)
        ms = 1000 * (time.perf_counter() - began)
        hits = self._answerer.search(question.question, question.turns, top=DEPTH)
        return Given(
            answer_json(answer, question.id),
            tuple(cited(one.document.source, one.clause) for one in answer.citations),
            tuple(cited(hit.document.source, hit.clause) for hit in hits),
            float(hits[0].score) if hits else 0.0,
            ms,
        )


class Quoting:
    """A search as an answer: its first hits, word for word."""

    def __init__(self, name: str, system: System) -> None:
        self._name, self._system = name, system

    def answer(self, question: Question) -> Given:
        """The first hits, each with its mark; the score of a ranking is no probability and not told."""
        began = time.perf_counter()
        hits = self._system.search(question).hits
        ms = 1000 * (time.perf_counter() - began)
        read = hits[:READ]
        text = "\n".join(f"{one.text}[{n}]" for n, one in enumerate(read, 1))
        return Given(quoting(question.id, question.question, text, read, model=self._name), read, hits, None, ms)


def _quoting(name: str) -> Callable[[Material], Answering]:
    return lambda material: Quoting(name, SYSTEMS[name](material, Fold(0, ())))


ANSWERING: dict[str, Callable[[Material], Answering]] = {
    PRODUCT: Product,
    **{name: _quoting(name) for name in SYSTEMS if name != PRODUCT},
    MODEL_ONLY: ModelOnly,
    NAIVE: NaiveRag,
}
"""How each system is made from an index; the first is the product."""
WITH_MODEL = frozenset({MODEL_ONLY, NAIVE})
"""Those that ask a language model; they take the product's prompt and checks away, not its model."""


def able(names: Sequence[str], settings: Settings) -> list[str]:
    """The systems of these names, each once, the product where none is named; `all`: every one, of those with a model
    only where one is set. Raises NoEndpoint where one of those is named and no model is set.
    """
    for name in names:
        if name in WITH_MODEL:
            with_endpoint(name, settings)
    every = [name for name in ANSWERING if settings.llm_url or name not in WITH_MODEL]
    return list(dict.fromkeys(one for name in names or [PRODUCT] for one in (every if name == "all" else [name])))
