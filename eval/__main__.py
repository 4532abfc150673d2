"""`python -m eval run GOLD.jsonl --docs PATH`: scores the system on a gold file.

Exit status: 0 done; 1 a failure in one line, or a missed `--min`; 2 wrong usage.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from rag.errors import NotFound, NotWritable, RagError
from rag.settings import load

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """评测：用标注问题衡量回答 Scores the system on gold questions."""


@app.command()
def run(
    gold: Annotated[Path, typer.Argument(help="标注问题 gold questions, one JSON object a line")],
    docs: Annotated[Path, typer.Option("--docs", help="文件夹 the documents")],
    out: Annotated[
        Path | None, typer.Option("--out", help="报告所在文件夹 where report.json and report.html go")
    ] = None,
    least: Annotated[list[str] | None, typer.Option("--min", help="METRIC=VALUE，低于即失败 fail below")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="只评前几题 the first questions only")] = None,
    index: Annotated[Path | None, typer.Option("--index", help="保留索引 keep the index here")] = None,
    lenient: Annotated[bool, typer.Option("--lenient", help="跳过有问题的行 skip bad lines")] = False,
) -> None:
    """对一个标注文件评分 Scores the system on a gold file; writes report.json and report.html."""
    floors = _floors(least or [])
    for path in (gold, docs):
        if not path.exists():
            raise NotFound(path=path)
    from eval.report import html, table
    from eval.run import run as score

    report = score(gold, docs, load(), index=index, limit=limit, lenient=lenient, progress=_progress)
    print(table(report))
    if report.about["skipped"]:
        print(f"skipped: {len(report.about['skipped'])}", file=sys.stderr)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            text = json.dumps(report.json(), ensure_ascii=False, indent=1)
            (out / "report.json").write_text(text, encoding="utf-8")
            (out / "report.html").write_text(html(report), encoding="utf-8")
        except OSError as error:
            raise NotWritable(path=out, reason=error.strerror or error) from error
    missed = [
        f"{name} {report.metrics[name].value} < {floor}"
        for name, floor in floors.items()
        if (value := report.metrics[name].value) is None or value < floor
    ]
    for line in missed:
        print(line, file=sys.stderr)
    sys.exit(1 if missed else 0)


def _floors(least: list[str]) -> dict[str, float]:
    """The minima as given; wrong usage where a metric is unknown or a value is no number."""
    from eval.metrics import NAMES

    floors: dict[str, float] = {}
    for text in least:
        name, _, value = text.partition("=")
        try:
            floors[name] = float(value)
        except ValueError:
            raise typer.BadParameter(f"--min {text}: METRIC=VALUE") from None
        if name not in NAMES:
            raise typer.BadParameter(f"--min {text}: {', '.join(NAMES)}")
    return floors


def _progress(stage: str, done: int, total: int) -> None:
    """A line on standard error, where that is a screen, or at the end of a stage."""
    if sys.stderr.isatty():
        print(f"\r\033[K{stage} {done}/{total}", end="" if done < total else "\n", file=sys.stderr, flush=True)
    elif done >= total:
        print(f"{stage} {done}/{total}", file=sys.stderr)


def main() -> None:
    """Runs the program; an error of the library becomes one line."""
    try:
        app()
    except RagError as error:
        print(error.message(), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
