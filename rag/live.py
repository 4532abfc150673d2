"""The generation in use, as it changes: who asks sees the newest one, who is being answered keeps the one they began with.

A page or a service runs for months while the index is rebuilt beside it. At each question the pointer to the current
generation is looked at; where it has changed, the new one is opened and the old one closed as soon as nobody reads it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from rag import generation
from rag.embed import Embedder
from rag.errors import IndexFault
from rag.index import Index, open_index
from rag.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Open:
    """An open generation and how many read it."""

    index: Index
    readers: int = 0


class Live:
    """An index that follows the current generation; for several threads."""

    def __init__(self, settings: Settings, embedder: Embedder, today: Callable[[], date] = date.today) -> None:
        """Opens the current generation; raises IndexFault as `open_index` does."""
        self._settings, self._embedder, self._today = settings, embedder, today
        self._lock = threading.Lock()
        self._stamp = generation.stamp(settings.index)
        self._open = _Open(open_index(settings, embedder=embedder, today=today))

    @property
    def index(self) -> Index:
        """The generation that was used last; `held` keeps it open."""
        return self._open.index

    @contextmanager
    def held(self) -> Iterator[Index]:
        """The current generation, open until the block ends, whatever is built meanwhile.

        One that cannot be used (another model's, damaged) is warned of once, and the one before stays in use.
        Cost: 10 µs; where there is a new one, opening it, for which other questions wait.
        """
        with self._lock:
            self._follow()
            one = self._open
            one.readers += 1
        try:
            yield one.index
        finally:
            with self._lock:
                one.readers -= 1
                if one is not self._open and not one.readers:
                    one.index.close()

    def close(self) -> None:
        """Closes the generation in use; whoever still reads it is cut off."""
        with self._lock:
            self._open.index.close()

    def _follow(self) -> None:
        stamp = generation.stamp(self._settings.index)
        if stamp == self._stamp:
            return
        self._stamp = stamp  # also of one that cannot be used: it is not tried again
        try:
            index = open_index(self._settings, embedder=self._embedder, today=self._today)
        except IndexFault as fault:
            number = self._open.index.manifest.generation
            _log.warning("%s; generation %s stays in use", fault.message(self._settings.language), number)
            return
        old, self._open = self._open, _Open(index)
        if not old.readers:
            old.index.close()
