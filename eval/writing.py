"""Baselines that ask a language model, the one of the settings: what the product's design is worth beside the same model.

`llm-only` asks the model and nothing else; `naive-rag` has it read the first chunks that LangChain's usual way finds, and
takes its answer as it is, with nothing verified. Both refuse by their words, as `eval.refusing` tells them.
"""

import re
import time
from dataclasses import dataclass

from eval.baselines import READ, Chunks, Material
from eval.folds import Fold
from eval.given import Given, quoting
from eval.gold import Question
from eval.metrics import Cited
from eval.refusing import is_refusal
from rag.cite import LIKE_A_MARK
from rag.errors import ModelFault, SettingFault
from rag.generate import write
from rag.prompt import Message, data, earlier, filled, parts
from rag.settings import Settings

MODEL_ONLY, NAIVE = "llm-only", "naive-rag"
_DIGITS = re.compile(r"\d+")


class NoEndpoint(SettingFault):
    """A system that asks a language model is to be measured, and no endpoint is set."""

    zh = "{system} 需要语言模型。请设置 RAG_LLM_URL 和 RAG_LLM_MODEL，或不评这个系统"
    en = "{system} needs a language model. Set RAG_LLM_URL and RAG_LLM_MODEL, or leave the system out"


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote, and in how many milliseconds; or nothing, and why."""

    text: str
    ms: float | None = None
    error: str | None = None


class Writer:
    """A language model that many questions are put to, one after the other.

    A failure in the middle is told beside an empty text, so that the other questions count; one before anything was ever
    written is raised, as it will not be the last.
    """

    def __init__(self, settings: Settings) -> None:
        """Asks nothing yet."""
        self.settings, self._has_written = settings, False

    def written(self, messages: list[Message]) -> Written:
        """The model's answer; raises ModelFault where none ever came, MissingExtra."""
        began = time.perf_counter()
        try:
            text = write(messages, self.settings)
        except ModelFault as error:
            if not self._has_written:
                raise
            return Written("", error=error.message(self.settings.language))
        self._has_written = True
        ms = 1000 * (time.perf_counter() - began)
        return Written(text.encode("utf-8", "replace").decode().strip(), ms)  # a lone surrogate cannot be in a report


class ModelOnly:
    """The model from its memory: the question with its turns, nothing else; it cites nothing and searches nothing."""

    def __init__(self, material: Material) -> None:
        """Raises NoEndpoint."""
        with_endpoint(MODEL_ONLY, material.settings)
        self._writer, self._template = Writer(material.settings), parts("baseline")

    def answer(self, question: Question) -> Given:
        """The answer, or the refusal, as the model words it; raises as `Writer.written` does."""
        values = {"turns": earlier(self._template["turn"], question.turns), "question": data(question.question)}
        written = self._writer.written(_messages(self._template, "alone", "question", values))
        return given(question, written, {}, model=self._writer.settings.llm_model)


class NaiveRag:
    """The model over the first `READ` chunks by cosine, in one prompt; the chunks whose marks it writes are cited.

    A mark that names no chunk stays in the text and cites nothing. Earlier turns stand in the prompt and are not searched
    for. Cost: embeds every chunk once.
    """

    def __init__(self, material: Material) -> None:
        """Raises NoEndpoint before anything is embedded; MissingExtra."""
        with_endpoint(NAIVE, material.settings)
        self._writer, self._template = Writer(material.settings), parts("baseline")
        self._chunks = Chunks(material, Fold(0, ()))

    def answer(self, question: Question) -> Given:
        """The answer, or the refusal, as the model words it; its time is with the search. Raises as `Writer.written`."""
        began = time.perf_counter()
        hits = self._chunks.search(question).hits
        searched = 1000 * (time.perf_counter() - began)
        read = dict(enumerate(hits[:READ], 1))
        values = {
            "evidence": "".join(self._chunk(n, chunk) for n, chunk in read.items()).rstrip(),
            "turns": earlier(self._template["turn"], question.turns),
            "question": data(question.question),
        }
        written = self._writer.written(_messages(self._template, "reading", "evidence", values))
        return given(question, written, read, model=self._writer.settings.llm_model, hits=hits, before=searched)

    def _chunk(self, n: int, chunk: Cited) -> str:
        return filled(self._template["chunk"], {"n": str(n), "source": data(chunk.source), "text": data(chunk.text)})


def with_endpoint(system: str, settings: Settings) -> None:
    """Raises NoEndpoint where no language model is set."""
    if not settings.llm_url:
        raise NoEndpoint(system=system)


def marks(text: str) -> list[int]:
    """The numbers that marks in `text` name, each once, in the order of use.

    >>> marks("30%[2]，由市财政局牵头[1, 2]【3】；见2022年第5号。")
    [2, 1, 3]
    """
    found = (one[1].split("†")[0] for one in LIKE_A_MARK.finditer(text))
    return list(dict.fromkeys(int(n) for one in found for n in _DIGITS.findall(one)))


def given(
    question: Question,
    written: Written,
    read: dict[int, Cited],
    *,
    model: str,
    hits: tuple[Cited, ...] | None = None,
    before: float = 0.0,
) -> Given:
    """What a model wrote as an answer: `read` are the texts that its marks can cite, `before` the time of their search."""
    numbers = [n for n in marks(written.text) if n in read]
    cited = tuple(read[n] for n in numbers)
    refused = is_refusal(written.text)
    result = quoting(question.id, question.question, written.text, cited, model=model, refused=refused, marks=numbers)
    if written.error is not None:
        result["error"] = written.error
    return Given(result, cited, hits, None, None if written.ms is None else before + written.ms)


def _messages(template: dict[str, str], system: str, user: str, values: dict[str, str]) -> list[Message]:
    return [("system", template[system].strip()), ("user", filled(template[user], values).strip())]
