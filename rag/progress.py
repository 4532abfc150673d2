"""What a person sees of a build under way: one line with rate and time left.

What a build tells is `rag.index`'s; nothing here changes it.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TextIO

from rag.errors import Language

_WINDOW = 60.0  # seconds whose rate is taken for that of the rest: a machine's speed changes with its other work
_EARLIEST = 3.0  # seconds of work before a rate says something
_SCREEN, _FILE = 0.2, 10.0  # seconds between two lines
_BEGINS_ANEW = "\r\033[K"

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "read": "读取文件",
        "embed": "计算向量",
        "write": "写入索引",
        "kept": "接着上次：已有 {done:,} 段",
        "rate": "　{rate} 段/秒",
        "left": "　约剩 {left}",
        "stopped": "已中断。算好的向量已保存，再次运行时接着算",
    },
    "en": {
        "read": "reading",
        "embed": "embedding",
        "write": "writing",
        "kept": "going on from last time: {done:,} pieces are there",
        "rate": "  {rate} pieces/s",
        "left": "  about {left} left",
        "stopped": "Interrupted. The vectors made so far are kept; the next run goes on from there",
    },
}


class ProgressLine:
    """Shows each step it is called with: in place where `stream` is a screen, else a line every ten seconds.

    As a context manager it says, where the user interrupts, that the work is kept.
    """

    def __init__(
        self, language: Language, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._language, self._words, self._clock = language, _WORDS[language], clock
        self._stream = sys.stderr if stream is None else stream
        self._is_screen = self._stream.isatty()
        self._stage, self._shown = "", 0.0
        self._is_open = False  # a line on the screen that is not ended yet
        self._steps: deque[tuple[float, int]] = deque()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Takes a step: the stage (`read`, `embed`, `write`), what is done of it and how much it is in all.

        `kept` is no stage of its own: `done` pieces were embedded by a build that did not end.
        """
        now = self._clock()
        if stage == "kept":
            self._show(self._words["kept"].format(done=done), ends=True)
            return
        if stage != self._stage:
            self._stage, self._shown = stage, -_SCREEN if self._is_screen else now
            self._steps.clear()
        self._note(now, done)
        if done < total and now - self._shown < (_SCREEN if self._is_screen else _FILE):
            return
        self._shown = now
        self._show(self._line(stage, done, total), ends=done >= total)

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_open:
            self._stream.write("\n")
            self._is_open = False
        if kind is not None and issubclass(kind, KeyboardInterrupt) and self._stage == "embed":
            self._show(self._words["stopped"], ends=True)

    def _note(self, now: float, done: int) -> None:
        if not self._steps or now - self._steps[-1][0] >= _WINDOW / 100:
            self._steps.append((now, done))
        while len(self._steps) > 2 and now - self._steps[1][0] >= _WINDOW:
            self._steps.popleft()

    def _line(self, stage: str, done: int, total: int) -> str:
        words = self._words.get(stage, stage)
        if total == 1:
            return words
        line = f"{words} {done:,}/{total:,}"
        (began, before), now = self._steps[0], self._clock()
        if stage != "embed" or now - began < _EARLIEST or done <= before:
            return line
        rate = (done - before) / (now - began)
        line += self._words["rate"].format(rate=f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}")
        if done < total:
            line += self._words["left"].format(left=duration((total - done) / rate, self._language))
        return line

    def _show(self, line: str, *, ends: bool) -> None:
        begin = _BEGINS_ANEW if self._is_screen else ""
        self._is_open = self._is_screen and not ends
        self._stream.write(f"{begin}{line}" + ("" if self._is_open else "\n"))
        self._stream.flush()


def duration(seconds: float, language: Language) -> str:
    """`seconds` in words as exact as an estimate deserves: whole seconds, from a minute tens, from an hour minutes.

    >>> duration(7.2, "zh"), duration(388, "zh"), duration(3590, "en"), duration(9000, "en")
    ('7 秒', '6 分 30 秒', '59 min 50 s', '2 h 30 min')
    """
    hour, minute, second = ("小时", "分", "秒") if language == "zh" else ("h", "min", "s")
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} {second}"
    whole = round(whole, -1) if whole < 3595 else 60 * round(whole / 60)
    parts = [(whole // 3600, hour), (whole % 3600 // 60, minute), (whole % 60, second)]
    return " ".join(f"{n} {unit}" for n, unit in parts if n)
