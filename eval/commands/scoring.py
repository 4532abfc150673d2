"""The commands that score answers: `run` the product's own, with others beside it."""

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.commands.program import app, folder, only, progress, save
from rag.errors import NotFound
from rag.settings import load

if TYPE_CHECKING:
    from eval.report import Report


@app.command()
def run(
    gold: Annotated[Path, typer.Argument(help="标注问题 gold questions, one JSON object a line")],
    docs: Annotated[Path, typer.Option("--docs", help="文件或文件夹 the documents")],
    out: Annotated[
        Path | None, typer.Option("--out", help="报告所在文件夹 where report.json and report.html go")
    ] = None,
    least: Annotated[
        list[str] | None, typer.Option("--min", help="METRIC=VALUE，低于即失败 fail below; may be repeated")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="只评前几题 the first questions only")] = None,
    index: Annotated[
        Path | None, typer.Option("--index", help="保留索引，只含 --docs keep the index here, of these documents alone")
    ] = None,
    lenient: Annotated[bool, typer.Option("--lenient", help="跳过有问题的行 skip bad lines")] = False,
    systems: Annotated[
        list[str] | None,
        typer.Option(
            "--system", help="被评系统，首个为主，all 为全部 what answers, the first is reported; all: each there is"
        ),
    ] = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="另由语言模型评忠实与完整 the language model's opinion beside the figures")
    ] = False,
) -> None:
    """对一个标注文件评分 Scores the system on a gold file; writes report.json and report.html."""
    floors = _floors(least or [])
    for path in (gold, docs):
        if not path.exists():
            raise NotFound(path=path)
    from eval.answering import ANSWERING, able
    from eval.run import run as score

    settings = load()
    only("--system", [one for one in systems or () if one != "all"], ANSWERING)
    chosen = able(systems or [], settings)
    if judge and not settings.llm_url:
        raise typer.BadParameter("--judge: 需要设置 RAG_LLM_URL needs RAG_LLM_URL")

    if out is not None:
        folder(out)  # before the work, not after it
    report = score(
        gold, docs, settings, systems=chosen, index=index, limit=limit, lenient=lenient, judge=judge, progress=progress
    )
    _end(report, out, floors)


def _end(report: "Report", out: Path | None, floors: dict[str, float]) -> None:
    """Shows and writes a report, and ends the program: with 1 where a minimum is missed."""
    from eval.table import table

    print(table(report))
    for line in report.about["skipped"]:
        print(line, file=sys.stderr)
    for one in report.about["failed"]:
        print(f"{one['path']}: {one['error']}", file=sys.stderr)
    if report.about["skipped"]:
        print(f"跳过 skipped: {len(report.about['skipped'])}", file=sys.stderr)
    if out is not None:
        _write(report, out)
    missed = _missed(report, floors)
    for line in missed:
        print(line, file=sys.stderr)
    raise typer.Exit(1 if missed else 0)


def _floors(least: list[str]) -> dict[str, float]:
    """The minima as given, the higher of two; wrong usage where a metric is unknown or a value is no number."""
    from eval.metrics import NAMES

    floors: dict[str, float] = {}
    for text in least:
        name, _, value = text.partition("=")
        if name not in NAMES:
            raise typer.BadParameter(f"--min {text}: {', '.join(NAMES)}")
        try:
            floor = float(value)
        except ValueError:
            floor = math.nan
        if not math.isfinite(floor):
            raise typer.BadParameter(f"--min {text}: METRIC=VALUE")
        floors[name] = max(floor, floors.get(name, floor))
    return floors


def _missed(report: "Report", floors: dict[str, float]) -> list[str]:
    """A line for each minimum that is not reached; a figure without a value reaches none."""
    values = {name: report.scores.metrics[name].value for name in floors}
    return [
        f"{name} {'–' if value is None else f'{value:.4f}'} < {floors[name]:g}"
        for name, value in values.items()
        if value is None or value < floors[name]
    ]


def _write(report: "Report", out: Path) -> None:
    from eval.page import page

    save(out / "report.json", json.dumps(report.json(), ensure_ascii=False, indent=1))
    save(out / "report.html", page(report))
