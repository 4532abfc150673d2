"""Follow-ups: a question that leans on earlier ones as it would stand alone; rules only."""

import re
from collections.abc import Sequence

from rag.clause import Document
from rag.numeral import bare
from rag.understand.asking import topic, years
from rag.understand.place import named_places
from rag.understand.title import NUMBER, TITLE

_SUBJECT = 8
"""Characters besides words of asking from which a question has a subject of its own."""
_PRONOUN = re.compile(
    r"^(?:那么?|它|其|该|此|这|上述|对此|还有|另外|再|前面|刚才)|对此|上述|其中|前者|后者|该(?:项|条|任务|办法|规定)"
)
_AND_WHAT = re.compile(r"^(?:那么?|还有)?(?P<what>.{2,20}?)(?:的)?呢[？?]?$")


def rewrite(question: str, turns: Sequence[str], documents: Sequence[Document]) -> str:
    """The question as it would stand alone; itself where it leans on nothing.

    「那昆山呢？」 puts the new place or year into the earlier question; a question without a subject of its own, or
    one that points back (对此, 其中), gets the earlier one's subject before it.
    """
    turns = [turn for turn in turns if turn and turn.strip()]
    if not turns:
        return question
    earlier = rewrite(turns[-1], turns[:-1], documents)
    new, _ = named_places(question, documents)
    old, _ = named_places(earlier, documents)
    what = _AND_WHAT.match(question)
    if what:
        if new and old:
            return _swap(earlier, old, new[0])
        if years(question) and years(earlier) and len(what["what"]) <= 8:
            return earlier.replace(str(years(earlier)[0]), str(years(question)[0]))
        return f"{topic(earlier)}：{what['what']}"
    points_back = _PRONOUN.search(question) is not None
    if new and points_back and old and set(new) != set(old):
        return f"{_swap(topic(earlier), old, new[0])}：{question}"
    other_year = set(years(question)) - set(years(earlier)) and len(bare(question)) > 8
    own = new or other_year or NUMBER.search(question) or TITLE.search(question)
    if own and not points_back:
        return question
    if points_back or len(bare(topic(question))) < _SUBJECT:
        return f"{topic(earlier)}：{question}"
    return question


def _swap(text: str, old: Sequence[str], new: str) -> str:
    for name in old:
        text = text.replace(name, new)
    return text
