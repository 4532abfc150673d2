"""A follow-up made to stand alone by the language model; the rules of `understand` stand in where it fails.

What is asked of the model is in `prompts/rewrite.txt`. Its answer is taken only where it can be that question: one line,
not much longer than what was said, and mostly in the words that were said: a model that is talked into printing its
prompt says others.
"""

import re
from collections.abc import Sequence

from rag.errors import ModelRefused, Phrase
from rag.generate import write
from rag.prompt import rewriting
from rag.settings import Settings
from rag.verify import coverage

_SECONDS = 8.0
"""The longest that a rewriting is waited for, an attempt: the rules take none."""
_LONGER = 60
"""Characters that a rewriting may have beyond the question and its earlier turns."""
_SAID = 0.5
"""Share of a rewriting's terms that stand in the question and its turns: to be whole it needs few others."""
_WRAPPED = re.compile(r"^(?:改写后的?(?:问题)?|问题)[：:]\s*|^[“\"「]+|[”\"」]+$")
_NO_QUESTION = Phrase("改写的结果不是一个问题", "the rewriting is not a question")


def rewritten(question: str, turns: Sequence[str], settings: Settings) -> str:
    """The question as the model makes it stand alone; raises ModelFault as `generate.write` does, and where what comes
    back is no question.
    """
    hurried = settings.model_copy(update={"llm_timeout": min(settings.llm_timeout, _SECONDS)})
    lines = [line.strip() for line in write(rewriting(question, turns), hurried).splitlines() if line.strip()]
    text = _WRAPPED.sub("", _WRAPPED.sub("", lines[0])) if len(lines) == 1 else ""
    is_long = len(text) > len(question) + sum(map(len, turns)) + _LONGER
    if not re.search(r"\w", text) or is_long or coverage(text, [question, *turns]) < _SAID:
        raise ModelRefused(url=settings.llm_url, reason=_NO_QUESTION)
    return text
