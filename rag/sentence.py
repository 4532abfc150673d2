"""Where sentences begin and end in Chinese official text."""

import re
from itertools import pairwise

from rag.clause import Span
from rag.parse.mark import mark

_END = re.compile(r"[。！？；]+[”’」』）)》〉]*|\n\s*\n|\n(?=\s*\t)|\n")
_OPEN, _CLOSE = "“「『（(《", "”」』）)》"
_WRAPPED = 15
"""Characters from which a line without an end may have been wrapped; shorter ones are names and headings."""
_HELD = 60
"""Characters up to which what stands in quotation marks or brackets is not cut: “谁主管；谁负责” is one sentence."""


def sentences(text: str) -> list[Span]:
    """The spans of the sentences of `text`, in order, without white space around them; together all but white space.

    A sentence ends behind 。！？； with the closing marks there, or at a line end that no layout put inside it. What stands in brackets or
    quotation marks is not cut where it is short.

    >>> sentences("甲。“乙；丙”丁。")
    [(0, 2), (2, 9)]
    """
    held = _held(text)
    cuts = [0]
    for match in _END.finditer(text):
        is_break = "\n" in match[0]
        if is_break and match[0] == "\n" and _wraps(text, match.start()):
            continue
        if is_break or not any(a < match.start() and match.end() < b for a, b in held):
            cuts.append(match.end())
    cuts.append(len(text))
    found: list[Span] = []
    for start, end in pairwise(cuts):
        part = text[start:end]
        if part.strip():
            found.append((start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())))
    return found


def _wraps(text: str, at: int) -> bool:
    """Whether the line break at `at` stands inside a sentence, as page layouts put it."""
    before, after = text[:at].rstrip(" \u3000"), text[at + 1 : at + 13]
    return (
        not before.endswith(tuple("。！？；：:）)”|"))
        and mark(after, spaced=False) is None
        and len(_line(before)) > _WRAPPED
    )


def _line(before: str) -> str:
    return before.rsplit("\n", 1)[-1]


def _held(text: str) -> list[Span]:
    """Short stretches in brackets or quotation marks, outermost."""
    stack: list[int] = []
    found: list[Span] = []
    for i, c in enumerate(text):
        if c in _OPEN:
            stack.append(i)
        elif c in _CLOSE and stack:
            start = stack.pop()
            if not stack and i - start <= _HELD:
                found.append((start, i + 1))
        elif c == "\n":
            stack.clear()
    return found
