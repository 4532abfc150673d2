"""Questions of a batch file: one JSON object a line in, one result a line out.

What a line may hold is the contract's; answering is the caller's.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from rag.clause import Filters, Status
from rag.errors import BadLine, NotWritable, RagError


class Asked:
    """A question as a caller gives it."""

    def __init__(self, id: str | None, question: str, turns: list[str], filters: Filters | None) -> None:
        self.id, self.question, self.turns, self.filters = id, question, turns, filters


def answered(source: Path, out: Path, one: Callable[[Asked], dict[str, Any]]) -> int:
    """Answers each line of `source` into `out`, and how many lines were refused: a bad one becomes a result with `error`.

    `out` takes its name only when it is complete: what was there before is not lost to an interruption.
    """
    refused = 0
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", errors="replace") as sink:
            for line_number, line in _lines(source):
                id = None
                try:
                    asked = _asked(line, line_number)
                    id = asked.id
                    result = one(asked)
                except RagError as error:
                    refused += 1
                    result = {"id": id, "error": error.message(), "line": line_number}
                sink.write(json.dumps(result, ensure_ascii=False) + "\n")
        unfinished.replace(out)
    except OSError as error:
        raise NotWritable(path=out, reason=error.strerror or error) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return refused


def _lines(source: Path) -> Iterator[tuple[int, str]]:
    with source.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line


def _asked(line: str, number: int) -> Asked:
    """A line of a batch as a question; BadLine says what is wrong with it."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(line=number, reason=f"JSON: {str(error)[:200]}") from None
    if not isinstance(given, dict) or not isinstance(given.get("question"), str):
        raise BadLine(line=number, reason='{"id", "question", "turns", "filters"}')
    turns = given.get("turns") or []
    if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
        raise BadLine(line=number, reason="turns: [text, …] | null")
    id = given.get("id")
    return Asked(None if id is None else str(id), given["question"], turns, _filters(given.get("filters"), number))


_FILTERS: Mapping[str, Callable[[Any], bool]] = {
    "issuers": lambda value: isinstance(value, str),
    "collections": lambda value: isinstance(value, str),
    "documents": lambda value: isinstance(value, str),
    "regions": lambda value: isinstance(value, str),
    "types": lambda value: isinstance(value, str),
    "years": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "status": lambda value: value in get_args(Status),
}
"""What each filter may hold."""


def _filters(given: Any, number: int) -> Filters | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not given.keys() <= _FILTERS.keys():
        raise BadLine(line=number, reason=f"filters: {{{', '.join(_FILTERS)}}}")
    for name, values in given.items():
        if not isinstance(values, list) or not all(map(_FILTERS[name], values)):
            raise BadLine(line=number, reason=f"filters: {name}")
    return Filters(**{name: tuple(values) for name, values in given.items()})
