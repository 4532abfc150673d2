"""A conversation: what is asked, the states of the page until it is answered, what is kept of it.

Nothing here knows of Gradio: `app.py` hands over what its components hold and shows what comes back.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from page import render
from page.record import Records
from page.render import Turn
from page.words import Words
from rag.clause import Answer, Filters
from rag.errors import Language, QuestionFault, RagError
from rag.settings import Settings
from rag.understand import clean

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_TURNS = 30
"""Turns of a conversation that the page goes on from; earlier ones stay on the screen and in the records."""
_EACH, _LENGTH = 200, 300
"""Values that one filter may have, and characters of each."""
_BLINK = 0.05  # seconds within which a stop is heeded


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: its id in the records, "" where it is not there; its last turns, of which `first` is the number.

    shift  how much a turn's number on the page is above that in the records, where others may have been added meanwhile
    """

    id: str = ""
    first: int = 1
    turns: tuple[Turn, ...] = ()
    shift: int = 0

    @property
    def next(self) -> int:
        """The number of the turn to come."""
        return self.first + len(self.turns)

    def before(self, number: int, recall: "Recall | None" = None) -> "Talk":
        """What comes before the turn of this number, which is asked again or otherwise; where the page has let go of some of
        that, out of the records, if they have more of it.
        """
        number = min(number, self.next)
        turns = self.turns[: max(0, number - self.first)]
        if recall and self.id and self.first > 1:
            recalled = tuple(recall(self.id)[: max(0, number - self.shift - 1)][-_TURNS:])
            turns = max(turns, recalled, key=len)
        return replace(self, first=max(1, number - len(turns)), turns=turns)

    @classmethod
    def of(cls, id: str, turns: Sequence[Turn]) -> "Talk":
        """A conversation out of the records, to go on with."""
        return cls(id, max(1, len(turns) + 1 - _TURNS), tuple(turns[-_TURNS:]))

    def then(self, turn: Turn) -> "Talk":
        """With one turn more; the oldest are let go."""
        kept = (*self.turns, turn)[-_TURNS:]
        return replace(self, first=self.next + 1 - len(kept), turns=kept)


@dataclass(frozen=True, slots=True)
class Sent:
    """What comes with a question: where to look, and the number of the turn that it takes the place of."""

    filters: Filters | None = None
    turn: int | None = None


class Answers(Protocol):
    """What a conversation asks of `rag.answer.Answerer`."""

    settings: Settings

    def stream(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Iterator[Answer]:
        """Growing answers; the last is complete."""


Keep = Callable[[str, int | None, Turn], tuple[str, int]]
"""Stores a turn at the end of a conversation, "" for a new one, or in place of that of a number and all after it; gives
the conversation that it is in, another one where that is gone or full, and its number there. RagError where it cannot.
"""
Recall = Callable[[str], Sequence[Turn]]
"""The turns of a conversation out of the records, from the first; none where they cannot be read."""
State = tuple[str | None, str, str | None, Talk]
"""What the box holds, a hint above it, the last turn as HTML, the conversation; None for what stays as it is."""


def sent(told: str) -> Sent:
    """What the browser says beside the question, as JSON; what is not as it should be counts for nothing.

    >>> sent('{"regions": ["昆山"], "years": [2022], "turn": 3}')
    Sent(filters=Filters(documents=(), regions=('昆山',), types=(), years=(2022,), status=(), issuers=(), collections=()), turn=3)
    >>> sent("[]")
    Sent(filters=None, turn=None)
    """
    try:
        found = json.loads(told)
    except (ValueError, TypeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Sent()

    def chosen(name: str, kind: type) -> Any:
        values = found.get(name)
        values = values[:_EACH] if isinstance(values, list) else []
        return tuple(one for one in values if type(one) is kind and len(str(one)) <= _LENGTH)

    filters = Filters(**{one.name: chosen(one.name, int if one.name == "years" else str) for one in fields(Filters)})
    turn = found.get("turn")
    is_number = type(turn) is int and turn > 0
    return Sent(None if filters == Filters() else filters, turn if is_number else None)


def reply(
    answerer: Answers,
    words: Words,
    question: str,
    talk: Talk,
    told: Sent = Sent(),
    keep: Keep | None = None,
    stopped: threading.Event | None = None,
    recall: Recall | None = None,
) -> Iterator[State]:
    """The states of the page while a question is answered.

    What is no question stays in the box and leaves no turn. The box is emptied once: what is written into it while an
    answer grows is the next question. No error leaves this function.
    """
    before = talk if told.turn is None else talk.before(told.turn, recall)
    language = _language(words)
    try:
        clean(question, answerer.settings.question_limit)
    except QuestionFault as fault:
        yield question, render.hint(fault.message(language)), None, talk
        return
    pending = Turn(question)
    yield "", "", _shown(pending, before, words), before
    earlier = [turn.question for turn in before.turns if turn.answer is not None]
    stopped = stopped or threading.Event()
    for found in until(stopped, answerer.stream(question, earlier, told.filters)):
        if isinstance(found, Exception):
            pending = Turn(question, pending.answer, _fault(found, question, words))
            break
        pending = Turn(question, found, complete=False)
        yield None, "", _shown(pending, before, words), before
    pending = replace(pending, complete=True, fault=words.stopped if stopped.is_set() else pending.fault)
    after, hint = _kept(keep, before, pending, told.turn is not None, language)
    yield None, hint, _shown(pending, replace(after, turns=after.turns[:-1]), words), after


def _fault(error: Exception, question: str, words: Words) -> str:
    """What the visitor is told of an error; the log gets the rest."""
    if isinstance(error, RagError):
        _log.warning("%s", error)
        return error.message(_language(words))
    _log.error("no answer to a question of %d characters", len(question), exc_info=error)
    return words.failed


def _shown(turn: Turn, before: Talk, words: Words) -> str:
    return render.conversation([turn], words, before.next, before.id, before.shift)


def _language(words: Words) -> Language:
    return "en" if words.tag == "en" else "zh"


def _kept(keep: Keep | None, before: Talk, turn: Turn, is_instead: bool, language: Language) -> tuple[Talk, str]:
    """The conversation with this turn, in the records where it can be, and a hint where it cannot: an answer is not lost
    for a full disk.
    """
    after = before.then(turn)
    if keep is None:
        return after, ""
    try:
        id, number = keep(before.id, before.next - before.shift if is_instead else None, turn)
    except RagError as fault:
        _log.warning("%s", fault)
        return after, render.hint(fault.message(language))
    return replace(after, id=id, shift=before.next - number), ""


def keeping(records: Records, visitor: str) -> Keep | None:
    """How a visitor's turns are kept; None for who has no cookie, whose conversations nobody could tell from another's."""
    if not visitor:
        return None
    return lambda id, number, turn: records.add(visitor, id or None, turn, at=number)


def recalling(records: Records, visitor: str, words: Words) -> Recall:
    """How a visitor's turns are found again."""

    def recall(id: str) -> Sequence[Turn]:
        try:
            return records.turns(visitor, id, _language(words))
        except RagError as fault:
            _log.warning("%s", fault)
            return ()

    return recall


def recalled(records: Records, visitor: str, id: str, words: Words) -> tuple[str, str, Talk]:
    """A conversation out of the records as HTML, to go on with; where the visitor has none of this id, or it cannot be
    read, a hint that says so, before it.
    """
    try:
        turns = records.turns(visitor, id, _language(words))
        rated = {number: rating.opinion for number, rating in records.ratings(visitor, id).items()}
    except RagError as fault:
        _log.warning("%s", fault)
        return render.hint(fault.message(_language(words))), "", Talk()
    if not turns:
        return render.hint(words.no_talk), "", Talk()
    return "", render.conversation(turns, words, 1, id, 0, rated), Talk.of(id, turns)


def until(stopped: threading.Event, items: Iterator[_T]) -> Iterator[_T | Exception]:
    """The items as they come, and the error that ends them; none after `stopped` is set, at once: what is being waited for
    then comes for nobody. They are taken by a thread of their own, which ends with them, or with the next after a stop.
    """
    coming: SimpleQueue[_T | Exception | None] = SimpleQueue()

    def take() -> None:
        try:
            for item in items:
                coming.put(item)
                if stopped.is_set():
                    break
        except Exception as error:  # noqa: BLE001 the page's outermost edge: handed on, for the visitor and for the log
            coming.put(error)
        coming.put(None)

    threading.Thread(target=take, name="answer", daemon=True).start()
    while not stopped.is_set():
        try:
            found = coming.get(timeout=_BLINK)
        except Empty:
            continue
        if found is None:
            return
        yield found
