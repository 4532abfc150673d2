"""`python -m eval gate`: accuracy that no change may lose unnoticed, part of `make test`.

The least that each set must reach stands in `eval/floors.toml`, about one question below what was reached: processors round
vectors differently, which may turn one question. Whoever improves the product raises the floor.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from eval.metrics import NAMES
from eval.report import Report
from eval.run import Progress, run
from eval.table import LABELS
from rag.embed import Embedder
from rag.errors import NotFound, Phrase, RagError
from rag.settings import ROOT, Settings

FLOORS = ROOT / "eval" / "floors.toml"
_SHARE = Annotated[float, Field(ge=0, le=1)]


class BadFloors(RagError):
    """The file of floors is not of its form."""

    zh = "{path} 有误：{reason}。请更正"
    en = "{path} is wrong: {reason}. Mend it"


@checked_dataclass(frozen=True)
class Floor:
    """A set and the least of each figure; its paths are relative to the checkout."""

    gold: Path
    docs: Path
    least: dict[str, _SHARE]


_FORM = TypeAdapter(dict[str, Floor])


@dataclass(frozen=True, slots=True)
class Passage:
    """What a set reached; `report` is None where its files are not there."""

    name: str
    floor: Floor
    report: Report | None

    @property
    def missed(self) -> list[str]:
        """The figures below their floor; one without a value reaches none."""
        if self.report is None:
            return []
        metrics = self.report.scores.metrics
        return [name for name, least in self.floor.least.items() if (metrics[name].value or 0.0) < least]


def floors(path: Path = FLOORS) -> dict[str, Floor]:
    """The floors by set. Raises BadFloors."""
    try:
        found = _FORM.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadFloors(path=path, reason=error) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadFloors(path=path, reason=f"{'.'.join(map(str, first['loc']))} {first['msg']}") from None
    if not found:
        raise BadFloors(path=path, reason=Phrase("没有任何一组", "it holds no set"))
    for name, floor in found.items():
        if not floor.least:
            raise BadFloors(path=path, reason=Phrase(f"{name} 没有下限", f"{name} has no floor"))
        if unknown := set(floor.least) - set(NAMES):
            raise BadFloors(path=path, reason=f"{name}.least.{min(unknown)}")
    return found


def passages(
    floors: dict[str, Floor],
    settings: Settings,
    *,
    root: Path = ROOT,
    model: Embedder | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Iterator[Passage]:
    """Each set as soon as it is scored; raises as `eval.run.run` does, and NotFound where one of the checkout's is gone."""
    for name, floor in floors.items():
        gold, docs = root / floor.gold, root / floor.docs
        lacking = next((path for path in (gold, docs) if not path.exists()), None)
        if lacking is not None and ".." not in floor.gold.parts:
            raise NotFound(path=lacking)  # only what lies outside the checkout may be away
        report = run(gold, docs, settings, model=model, progress=progress) if lacking is None else None
        yield Passage(name, floor, report)


def table(passage: Passage) -> str:
    """A set for the terminal: each figure, its floor, ✓ or ✗; of what is missed also each wrong question."""
    if passage.report is None:
        return f"{passage.name}: 跳过 skipped, {passage.floor.gold} 不在 is not there"
    scores = passage.report.scores
    right = sum(row["right"] for row in scores.questions)
    lines = [f"{passage.name}: {right} / {len(scores.questions)} 全对 right"]
    for name, least in passage.floor.least.items():
        value = scores.metrics[name].value
        sign = "✗" if name in passage.missed else "✓"
        lines.append(f"  {sign} {name:<20} {'–' if value is None else f'{value:.3f}'} ≥ {least:.3f}  {LABELS[name]}")
    if passage.missed:
        lines += [f"    {row['id']}  {row['question']}" for row in scores.questions if not row["right"]]
    return "\n".join(lines)
