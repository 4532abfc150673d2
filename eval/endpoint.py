"""Another system behind an OpenAI-compatible chat endpoint, asked as a visitor would ask it: `Chat`.

Nothing is said to it but the questions, no rules and no documents: those are its own. Its answers are taken as they come;
it cites nothing that could be compared, and refuses by its words.
"""

from eval.given import Given
from eval.gold import Question
from eval.writing import Writer, Written, given
from rag.prompt import Message
from rag.settings import load


class Chat:
    """A chat endpoint as a system; each question is a conversation of its own."""

    def __init__(self, url: str, model: str, key: str = "none", timeout: float = 60.0) -> None:
        """Asks nothing yet.

        timeout  seconds for one answer
        Raises   BadSetting where the time is out of range
        """
        self._writer = Writer(load(llm_url=url, llm_model=model, llm_key=key, llm_timeout=timeout))

    def answer(self, question: Question) -> Given:
        """The last answer of the conversation; its time is that answer's alone.

        A failure at an earlier turn is one of the question. Raises as `Writer.written` does.
        """
        said: list[Message] = []
        for turn in question.turns:
            written = self._writer.written([*said, ("user", turn)])
            if written.error is not None:
                return self._given(question, written)
            said += [("user", turn), ("assistant", written.text)]
        return self._given(question, self._writer.written([*said, ("user", question.question)]))

    def _given(self, question: Question, written: Written) -> Given:
        return given(question, written, {}, model=self._writer.settings.llm_model)
