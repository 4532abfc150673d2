"""Conversations and what visitors say of their answers, kept in one SQLite file for several threads and processes.

A visitor is an opaque token, of which only the hash is stored; every read and change is by visitor, so that nobody reads
another's conversation. Where the file cannot be read or written each method raises NotKept, and the page goes on
without it. What is exported of it are `page.export` and `page.gold`.
"""

import hashlib
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, NewType

from pydantic import TypeAdapter, ValidationError

from page.render import Turn
from rag.clause import Answer
from rag.errors import Language, RagError
from rag.numeral import bare

ConversationId = NewType("ConversationId", str)
"""128 random bits: who was not given it does not guess it."""
Opinion = Literal["up", "down"]

CONVERSATIONS, TURNS = 200, 200
"""Conversations of a visitor, the oldest of which go, and turns of a conversation, after which another begins."""
CONVERSATIONS_IN_ALL = 50_000
"""Of all visitors together: some 2 GB. The oldest go."""
REASON, CORRECTION = 500, 4000
"""Characters of a reason and of a correction."""
MARK = re.compile(r"\[\d{1,3}\]")
"""A mark [n] in an answer, which nobody searches for."""
_TITLE = 60
_WAIT = 5.0
"""Seconds to wait while another process writes."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
  entry INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, visitor TEXT NOT NULL, title TEXT NOT NULL,
  created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS conversations_by_visitor ON conversations (visitor, updated);
CREATE INDEX IF NOT EXISTS conversations_by_age ON conversations (updated);
CREATE TABLE IF NOT EXISTS turns (
  conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE, number INTEGER NOT NULL,
  question TEXT NOT NULL, answer TEXT, fault TEXT, sought TEXT NOT NULL, PRIMARY KEY (conversation, number));
CREATE TABLE IF NOT EXISTS ratings (
  conversation INTEGER NOT NULL, number INTEGER NOT NULL, opinion TEXT NOT NULL CHECK (opinion IN ('up', 'down')),
  reason TEXT NOT NULL, correction TEXT NOT NULL, rated TEXT NOT NULL, PRIMARY KEY (conversation, number),
  FOREIGN KEY (conversation, number) REFERENCES turns ON DELETE CASCADE)
"""


class NotKept(RagError):
    """The file of the conversations cannot be read or written: the page goes on without history."""

    zh = "对话记录 {path} 无法读写：{reason}。问答照常进行，但不保存"
    en = "The conversations in {path} cannot be read or written: {reason}. Answers go on, but are not kept"


class TooLong(RagError):
    """A reason or a correction with too many characters."""

    zh = "内容有 {length} 个字，超过 {limit} 个字的上限。请缩短后再提交"
    en = "The text has {length} characters, more than the limit of {limit}. Shorten it and send it again"


class Unread(RagError):
    """A turn that another release wrote in a form that this one cannot read."""

    zh = "这条回答由其他版本保存，无法显示。请重新提问"
    en = "This answer was kept by another release and cannot be shown. Ask again"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as a list shows it: its title is the first question, shortened; times are UTC."""

    id: ConversationId
    title: str
    created: datetime
    updated: datetime
    turns: int


@dataclass(frozen=True, slots=True)
class Rating:
    """What a visitor says of an answer."""

    opinion: Opinion
    reason: str = ""
    correction: str = ""


@dataclass(frozen=True, slots=True)
class Rated:
    """A rated answer with the questions asked before it; `id` names it without leading to its conversation."""

    id: str
    earlier: tuple[str, ...]
    answer: Answer
    rating: Rating


# The form in which an answer is kept ---------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _form() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


def written(answer: Answer) -> str:
    """An answer as JSON, complete; ValueError where a text in it is no Unicode."""
    return _form().dump_json(answer).decode()


def read(text: str) -> Answer:
    """The answer that was written, equal to it; ValidationError where the text is none."""
    return _form().validate_json(text)


# The file ------------------------------------------------------------------------------------------------------


class Records:
    """The file at `path`, made at the first write with its folder; a connection lives for one call.

    now  the time, UTC
    Cost a millisecond to read, ten to change; a search reads all turns of the visitor
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path, self._now = path, now

    def add(
        self, visitor: str, conversation: str | None, turn: Turn, *, at: int | None = None
    ) -> tuple[ConversationId, int]:
        """Keeps a turn; gives the conversation it is in and its number, from 1.

        conversation  None, one that the visitor does not have (deleted meanwhile), or a full one: another begins
        at            the number of the turn that it replaces: that and all after it go, with what was said of them
        """
        question = _text(turn.question)
        with self._writing() as connection:
            day = self._time()
            entry = self._entry(connection, visitor, conversation)
            last = _last(connection, entry)
            if entry is not None and at is not None:
                _cut(connection, entry, at)
                last = _last(connection, entry)
            if entry is None or last >= TURNS:
                entry, conversation, last = self._begin(connection, visitor, day), None, 0
            answer = None if turn.answer is None else self._written(turn.answer)
            fault = None if turn.fault is None else _text(turn.fault)
            said = "" if turn.answer is None else _text(MARK.sub("", turn.answer.answer))
            values = (entry, last + 1, question, answer, fault, f"{_sought(question)}\n{_sought(said)}")
            connection.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)", values)
            connection.execute("UPDATE conversations SET updated = ? WHERE entry = ?", (day, entry))
            if last == 0:
                connection.execute("UPDATE conversations SET title = ? WHERE entry = ?", (_title(question), entry))
            if conversation is None:
                self._drop_oldest(connection, visitor)
            found = connection.execute("SELECT id FROM conversations WHERE entry = ?", (entry,)).fetchone()
        return ConversationId(found[0]), last + 1

    def conversations(self, visitor: str, search: str = "", limit: int = 50, offset: int = 0) -> list[Conversation]:
        """The visitor's conversations, that with the newest turn first.

        search  what a question or an answer holds, whatever its white space, width and case; "" for all
        """
        sought = _sought(_text(search))
        query = (
            "SELECT id, title, created, updated, (SELECT count(*) FROM turns t WHERE t.conversation = c.entry) "
            "FROM conversations c WHERE visitor = :visitor AND (:sought = '' OR EXISTS "
            "(SELECT 1 FROM turns t WHERE t.conversation = c.entry AND instr(t.sought, :sought))) "
            "ORDER BY updated DESC, entry DESC LIMIT :limit OFFSET :offset"
        )
        values = {"visitor": _hash(visitor), "sought": sought, "limit": max(0, limit), "offset": max(0, offset)}
        with self._reading() as connection:
            rows = connection.execute(query, values).fetchall() if connection else []
        return [Conversation(a, b, datetime.fromisoformat(c), datetime.fromisoformat(d), n) for a, b, c, d, n in rows]

    def conversation(self, visitor: str, conversation: str) -> Conversation | None:
        """One of the visitor's conversations; None where there is none of this id."""
        every = self.conversations(visitor, limit=CONVERSATIONS)
        return next((one for one in every if one.id == conversation), None)

    def turns(self, visitor: str, conversation: str, language: Language = "zh") -> tuple[Turn, ...]:
        """The turns in order, the first has number 1; () where the visitor has no such conversation."""
        with self._reading() as connection:
            entry = self._entry(connection, visitor, conversation) if connection else None
            rows = _turns(connection, entry) if connection and entry is not None else []
        return tuple(_turn(*row, language) for row in rows)

    def delete(self, visitor: str, conversation: str) -> bool:
        """Takes a conversation away with all that was said of it; False where there is none."""
        with self._writing() as connection:
            values = (_hash(visitor), _text(conversation))
            return connection.execute("DELETE FROM conversations WHERE visitor = ? AND id = ?", values).rowcount > 0

    def delete_all(self, visitor: str) -> int:
        """Takes all of a visitor's conversations away; gives how many there were."""
        with self._writing() as connection:
            return connection.execute("DELETE FROM conversations WHERE visitor = ?", (_hash(visitor),)).rowcount

    # What is said of answers -----------------------------------------------------------------------------------

    def rate(
        self,
        visitor: str,
        conversation: str,
        number: int,
        opinion: Opinion | None,
        reason: str = "",
        correction: str = "",
    ) -> bool:
        """Keeps what a visitor says of an answer in place of what was said before; None takes it back.

        False where the visitor has no such turn or it has no answer. Raises TooLong beyond REASON and CORRECTION.
        """
        reason, correction = _text(reason.strip()), _text(correction.strip())
        for text, limit in ((reason, REASON), (correction, CORRECTION)):
            if len(text) > limit:
                raise TooLong(length=len(text), limit=limit)
        with self._writing() as connection:
            entry = self._entry(connection, visitor, conversation)
            query = "SELECT count(*) FROM turns WHERE conversation = ? AND number = ? AND answer IS NOT NULL"
            known = entry is not None and 0 < number <= TURNS
            if not known or not connection.execute(query, (entry, number)).fetchone()[0]:
                return False
            connection.execute("DELETE FROM ratings WHERE conversation = ? AND number = ?", (entry, number))
            if opinion is not None:
                values = (entry, number, opinion, reason, correction, self._time())
                connection.execute("INSERT INTO ratings VALUES (?, ?, ?, ?, ?, ?)", values)
            return True

    def ratings(self, visitor: str, conversation: str) -> dict[int, Rating]:
        """What the visitor said of the answers of a conversation, by number."""
        query = "SELECT number, opinion, reason, correction FROM ratings WHERE conversation = ? ORDER BY number"
        with self._reading() as connection:
            entry = self._entry(connection, visitor, conversation) if connection else None
            rows = connection.execute(query, (entry,)).fetchall() if connection else []
        return {number: Rating(*values) for number, *values in rows}

    def rated(self) -> Iterator[Rated]:
        """Every rated answer of all visitors, by the time it was rated; for who manages the page, not for visitors."""
        query = (
            "SELECT r.conversation, r.number, c.id, r.opinion, r.reason, r.correction FROM ratings r "
            "JOIN conversations c ON c.entry = r.conversation ORDER BY r.rated, r.conversation, r.number"
        )
        with self._reading() as connection:
            if connection is None:
                return
            for entry, number, id, *values in connection.execute(query).fetchall():
                *before, last = [_turn(*row, "zh") for row in _turns(connection, entry)][:number]
                if last.answer is not None:
                    earlier = tuple(turn.question for turn in before if turn.answer is not None)
                    name = hashlib.sha256(f"{id}/{number}".encode()).hexdigest()[:16]
                    yield Rated(f"r{name}", earlier, last.answer, Rating(*values))

    # The file itself -------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection in which nothing changes meanwhile; None where nothing was ever written."""
        try:
            if not self.path.exists():
                yield None
                return
            with self._open() as connection:
                connection.execute("BEGIN")
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise NotKept(path=self.path, reason=_reason(error)) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A connection for one change, made whole or not at all."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)  # conversations are nobody else's on this machine
            with self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise NotKept(path=self.path, reason=_reason(error)) from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # what is deleted is not left in free pages
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise sqlite3.DatabaseError(f"schema {version}, this release uses {_VERSION}")
            if version < _VERSION:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                connection.execute("COMMIT")
            yield connection
        finally:
            connection.close()  # takes back what was not committed

    def _time(self) -> str:
        return self._now().isoformat(timespec="microseconds")

    def _written(self, answer: Answer) -> str:
        try:
            return written(answer)
        except ValueError as error:  # half a character, out of a model's JSON
            raise NotKept(path=self.path, reason=_reason(error)) from error

    def _entry(self, connection: sqlite3.Connection, visitor: str, conversation: str | None) -> int | None:
        query = "SELECT entry FROM conversations WHERE id = ? AND visitor = ?"
        found = connection.execute(query, (_text(conversation or ""), _hash(visitor))).fetchone()
        return None if found is None else int(found[0])

    def _begin(self, connection: sqlite3.Connection, visitor: str, day: str) -> int:
        query = "INSERT INTO conversations (id, visitor, title, created, updated) VALUES (?, ?, '', ?, ?)"
        begun = connection.execute(query, (secrets.token_urlsafe(16), _hash(visitor), day, day)).lastrowid
        assert begun is not None
        return begun

    def _drop_oldest(self, connection: sqlite3.Connection, visitor: str) -> None:
        kept = "SELECT entry FROM conversations {} ORDER BY updated DESC, entry DESC LIMIT -1 OFFSET ?"
        own = kept.format("WHERE visitor = ?")
        connection.execute(f"DELETE FROM conversations WHERE entry IN ({own})", (_hash(visitor), CONVERSATIONS))
        connection.execute(f"DELETE FROM conversations WHERE entry IN ({kept.format('')})", (CONVERSATIONS_IN_ALL,))


def _turns(connection: sqlite3.Connection, entry: int) -> Sequence[tuple[str, str | None, str | None]]:
    query = "SELECT question, answer, fault FROM turns WHERE conversation = ? ORDER BY number"
    return connection.execute(query, (entry,)).fetchall()


def _turn(question: str, answer: str | None, fault: str | None, language: Language) -> Turn:
    try:
        return Turn(question, None if answer is None else read(answer), fault)
    except ValidationError:
        return Turn(question, fault=Unread().message(language))


def _last(connection: sqlite3.Connection, entry: int | None) -> int:
    query = "SELECT coalesce(max(number), 0) FROM turns WHERE conversation = ?"
    return int(connection.execute(query, (entry,)).fetchone()[0])


def _cut(connection: sqlite3.Connection, entry: int, number: int) -> None:
    connection.execute("DELETE FROM turns WHERE conversation = ? AND number >= ?", (entry, max(1, number)))


def _hash(visitor: str) -> str:
    return hashlib.sha256(visitor.encode("utf-8", "replace")).hexdigest()


def _text(text: str) -> str:
    """A text that can be stored: half a character becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _sought(text: str) -> str:
    """A text as it is searched: a NUL would end it for SQLite."""
    return bare(text).casefold().replace("\0", "")


def _title(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= _TITLE else line[:_TITLE] + "…"


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).splitlines()[0]
