"""Two reports on the same questions beside one another: `python -m eval compare`.

Each figure's difference comes with the interval of a paired bootstrap: a resample draws the same questions for both, so
that questions which are hard for both do not widen it. Source: Efron, Tibshirani, An Introduction to the Bootstrap (1993).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from eval.metrics import METRICS, Figure, Summary
from rag.errors import RagError, Unreadable

_RESAMPLES = 1000
_CONCERNS = ("question", "turns", "answerable", "facts", "gold", "any_gold")
"""What must be the same for two answers to answer one question."""
Values = Sequence[float]


@checked_dataclass(frozen=True)
class _Read:
    questions: list[dict[str, Any]]
    gold: str
    system: str = "tiaomu"
    beside: dict[str, dict[str, Any]] = field(default_factory=dict)


@checked_dataclass(frozen=True)
class _Result:
    answer: str
    refused: bool
    citations: list[dict[str, Any]]
    reason: str | None = None


@checked_dataclass(frozen=True)
class _Row:
    """What is read of a question's row; the rest is shown as it is."""

    id: str
    type: str
    question: str
    turns: list[str]
    answerable: bool
    reference: str
    right: bool
    values: dict[str, list[float]]
    result: _Result
    gold: list[dict[str, str | None]]
    missed_facts: list[list[str]]
    missed_gold: list[dict[str, str | None]]
    citation_hits: list[bool]


_FORM = TypeAdapter(_Read)
_ROWS = TypeAdapter(list[_Row])


class NoReport(RagError):
    """A file that is no report of this program."""

    zh = "{path} 不是本程序的评测报告：{reason}。请给出 eval run 或 eval answers 写出的 report.json"
    en = "{path} is no report of this program: {reason}. Give a report.json that eval run or eval answers wrote"


class NothingShared(RagError):
    """Two reports without a question in common."""

    zh = "{first} 与 {second} 没有相同的问题，无法比较。请用同一份标注文件评测"
    en = "{first} and {second} have no question in common. Score both on the same gold file"


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of both and how much higher the second is, with its interval; better and worse count the questions."""

    first: float | None
    second: float | None
    beyond: Figure
    better: int
    worse: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems on the questions that both were asked; `left_out` are ids that one lacks or that differ.

    better, worse  pairs of rows: right in everything for one system alone
    """

    systems: tuple[str, str]
    n: int
    differences: dict[str, Difference]
    better: list[tuple[dict[str, Any], dict[str, Any]]]
    worse: list[tuple[dict[str, Any], dict[str, Any]]]
    left_out: list[str]

    def json(self) -> dict[str, Any]:
        """The comparison as `compare.json` holds it."""
        return {
            "systems": list(self.systems),
            "n": self.n,
            "differences": {name: asdict(one) for name, one in self.differences.items()},
            "better": [first["id"] for first, _ in self.better],
            "worse": [first["id"] for first, _ in self.worse],
            "left_out": self.left_out,
        }


def compare(first: Path, second: Path, systems: tuple[str | None, str | None] = (None, None)) -> Comparison:
    """Compares two reports, or two systems of one; the same reports give the same figures.

    systems  names of systems that a report has beside the one that it is about; None: the latter
    Raises   Unreadable, NoReport, NothingShared
    """
    one, other = _read(first, systems[0]), _read(second, systems[1])
    ours, theirs = ({row["id"]: row for row in read.questions} for read in (one, other))
    shared = [id for id, row in ours.items() if id in theirs and _is_same(row, theirs[id])]
    if not shared:
        raise NothingShared(first=first, second=second)
    pairs = [(ours[id], theirs[id]) for id in shared]
    return Comparison(
        (one.system, other.system),
        len(pairs),
        {name: _difference(pairs, name, summary) for name, (_, summary) in METRICS.items()},
        [pair for pair in pairs if pair[1]["right"] and not pair[0]["right"]],
        [pair for pair in pairs if pair[0]["right"] and not pair[1]["right"]],
        [id for id in dict.fromkeys([*ours, *theirs]) if id not in set(shared)],
    )


def _read(path: Path, system: str | None) -> _Read:
    try:
        read = _FORM.validate_json(path.read_bytes())
    except OSError as error:
        raise Unreadable(path=path, reason=error.strerror or error) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise NoReport(path=path, reason=f"{'.'.join(map(str, first['loc']))} {first['msg']}".strip()) from None
    if system is not None and system != read.system:
        if system not in read.beside:
            raise NoReport(path=path, reason=f"{system}: {', '.join([read.system, *read.beside])}")
        read = _Read(read.beside[system].get("questions", []), read.gold, system)
    try:
        _ROWS.validate_python(read.questions)
    except ValidationError as error:
        first = error.errors()[0]
        raise NoReport(path=path, reason=f"questions.{'.'.join(map(str, first['loc']))} {first['msg']}") from None
    return read


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(name) == other.get(name) for name in _CONCERNS)


def _difference(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], name: str, summary: Summary) -> Difference:
    """A figure of all values of each, and what changed question by question."""
    values = [tuple(row["values"].get(name, []) for row in pair) for pair in pairs]
    means = [(float(np.mean(a)), float(np.mean(b))) for a, b in values if a and b]
    if name.startswith("refusal_"):  # a false refusal has no value before it is made
        means = [(float(_refuses_rightly(a)), float(_refuses_rightly(b))) for a, b in pairs]
    rises = [b > a for a, b in means if a != b]
    is_cost = name.endswith(("_ms", "_length"))
    better = sum(1 for rise in rises if rise != is_cost)
    first, second = (_summed([pair[i] for pair in values], summary) for i in (0, 1))
    return Difference(first, second, paired([(a, b) for a, b in values], summary), better, len(rises) - better)


def _refuses_rightly(row: Mapping[str, Any]) -> bool:
    return bool(row["result"]["refused"]) != bool(row["answerable"])


def _summed(values: Sequence[Values], summary: Summary) -> float | None:
    flat = [value for one in values for value in one]
    return summary(np.array(flat, np.float64)) if flat else None


def paired(
    values: Sequence[tuple[Values, Values]], summary: Summary, resamples: int = _RESAMPLES, seed: int = 0
) -> Figure:
    """How much higher the summary of the second values is, with its 95 % interval; each pair is a question's.

    A resample draws as many questions as have values in either, with replacement, the same for both.

    >>> paired([([0.0], [1.0]), ([1.0], [1.0]), ([], [])], lambda drawn: float(drawn.mean()))
    Figure(value=0.5, low=0.0, high=1.0, n=2)
    >>> paired([([1.0], [])], lambda drawn: float(drawn.mean()))
    Figure(value=None, low=None, high=None, n=0)
    """
    counted = [pair for pair in values if pair[0] or pair[1]]
    if not any(a for a, _ in counted) or not any(b for _, b in counted):
        return Figure(None, None, None, 0)
    n = len(counted)
    sides = [_Side.of([pair[i] for pair in counted]) for i in (0, 1)]
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        times = np.bincount(random.integers(0, n, n), minlength=n)
        first, second = (side.drawn(times) for side in sides)
        if len(first) and len(second):  # few questions: a draw may hold none that counts
            drawn.append(summary(second) - summary(first))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(summary(sides[1].flat) - summary(sides[0].flat), float(low), float(high), n)


@dataclass(frozen=True, slots=True)
class _Side:
    """The values (v,) of one system and the question (v,) that each is of."""

    flat: Any
    owner: Any

    @classmethod
    def of(cls, values: Sequence[Values]) -> "_Side":
        flat = np.array([value for one in values for value in one], np.float64)
        return cls(flat, np.repeat(np.arange(len(values)), [len(one) for one in values]))

    def drawn(self, times: Any) -> Any:
        return np.repeat(self.flat, times[self.owner])


# Showing -------------------------------------------------------------------------------------------------------


def table(found: Comparison, names: tuple[str, str]) -> str:
    """The figures of both, one a line, + or - where the difference is more than chance; then which answers changed."""
    first, second = (name[: _CELL - 2] for name in names)
    lines = [
        f"  {'metric':<20}{first:>{_CELL}}{second:>{_CELL}}{'difference':>12}  {'95 %':<16}{'better':>7}{'worse':>7}"
    ]
    for name, one in found.differences.items():
        if one.first is None and one.second is None:
            continue
        one_value, other, beyond, interval = difference(name, one)
        lines.append(
            f"{_sign(name, one.beyond)} {name:<20}{one_value:>{_CELL}}{other:>{_CELL}}{beyond:>12}  {interval:<16}"
            f"{one.better:>7}{one.worse:>7}"
        )
    lines.append(f"{found.n} questions of both: {len(found.better)} now right, {len(found.worse)} no longer right")
    for title, rows in (("变好 better", found.better), ("变差 worse", found.worse)):
        lines += [f"  {title}  {row['id']}  {row['question'][:_QUESTION]}" for row, _ in rows]
    if found.left_out:
        ids = " ".join(found.left_out[:_IDS])
        lines.append(f"未比较 left out (not in both, or not the same): {len(found.left_out)}: {ids}")
    return "\n".join(line.rstrip() for line in lines)


_CELL, _QUESTION, _IDS = 18, 60, 20


def difference(name: str, one: Difference) -> tuple[str, str, str, str]:
    """Both values, their difference and its interval, as text."""
    low, high = one.beyond.low, one.beyond.high
    interval = "" if low is None or high is None else f"{_number(name, low)} … {_number(name, high)}"
    return _number(name, one.first), _number(name, one.second), _number(name, one.beyond.value), interval


def _sign(name: str, figure: Figure) -> str:
    """+ for the better, - for the worse where the interval leaves out 0, else a blank."""
    if figure.low is None or figure.high is None or figure.low <= 0 <= figure.high:
        return " "
    return "+" if (figure.low > 0) != name.endswith(("_ms", "_length")) else "-"


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if name.endswith(("_ms", "_length")) else f"{value:.3f}".replace("0.", ".", 1)
