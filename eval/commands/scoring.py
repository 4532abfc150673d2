"""The commands that score answers: `run` the product's own, with others beside it."""

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.commands.program import app, folder, only, progress, save
from rag.errors import NotFound
from rag.settings import ROOT, Settings, load

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


@app.command()
def answers(
    given: Annotated[
        str,
        typer.Argument(
            metavar="ANSWERS", help="回答文件，或对话接口的网址 a file of answers, or a chat endpoint's URL"
        ),
    ],
    gold: Annotated[Path, typer.Argument(help="标注问题 gold questions")],
    docs: Annotated[
        Path | None, typer.Option("--docs", help="文件，给出则核对引文 the documents, to check what is cited")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="报告所在文件夹 where report.json and report.html go")
    ] = None,
    least: Annotated[
        list[str] | None, typer.Option("--min", help="METRIC=VALUE，低于即失败 fail below; may be repeated")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="系统的名称 what the system is called")] = None,
    model: Annotated[str | None, typer.Option("--model", help="接口的模型名 the endpoint's model")] = None,
    key: Annotated[
        str, typer.Option("--key", envvar="TIAOMU_EVAL_KEY", help="接口的密钥 the endpoint's key", show_default=False)
    ] = "none",
    lenient: Annotated[bool, typer.Option("--lenient", help="跳过有问题的行 skip bad lines")] = False,
) -> None:
    """给其他系统的回答评分 Scores any system's answers: the contract's form, lines of id and answer, or a chat endpoint."""
    is_endpoint = given.startswith(("http://", "https://"))
    if is_endpoint and model is None:
        raise typer.BadParameter("--model: 网址须配模型名 an endpoint needs it")
    floors = _floors(least or [])
    for path in (gold, *([docs] if docs else []), *([] if is_endpoint else [Path(given)])):
        if not path.exists():
            raise NotFound(path=path)
    if out is not None:
        folder(out)  # before the work, not after it
    how: dict[str, Any] = {"docs": docs, "lenient": lenient, "progress": progress}
    _end(
        _asked(given, str(model), key, gold, name, how) if is_endpoint else _scored(given, gold, name, how), out, floors
    )


def _asked(url: str, model: str, key: str, gold: Path, name: str | None, how: dict[str, Any]) -> "Report":
    from eval.answers import asked
    from eval.endpoint import Chat

    return asked(Chat(url, model, key), gold, name=name or model, **how)


def _scored(answers: str, gold: Path, name: str | None, how: dict[str, Any]) -> "Report":
    from eval.answers import score
    from eval.refusing import is_refusal

    return score(Path(answers), gold, name=name, is_refusal=is_refusal, **how)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="report.json")],
    second: Annotated[
        Path | None,
        typer.Argument(help="report.json，与前者同一份标注，缺省为同一份 of the same gold file, or the same"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="写入 compare.json 与 compare.html where both are written")
    ] = None,
    of_first: Annotated[
        str | None, typer.Option("--first", help="前一份里的系统 a system of the first report, as naive-rag")
    ] = None,
    of_second: Annotated[
        str | None, typer.Option("--second", help="后一份里的系统 a system of the second report")
    ] = None,
) -> None:
    """比较两份报告或一份里的两个系统：逐题差别、配对区间、变好与变差 Compares two reports, or two systems of one."""
    from eval.compare import compare as compared
    from eval.compare import table
    from eval.page import comparison

    if out is not None:
        folder(out)
    other = second or first
    found = compared(first, other, (of_first, of_second))
    names = _told_apart(found.systems, first, other)
    print(table(found, names))
    if out is not None:
        save(out / "compare.json", json.dumps(found.json(), ensure_ascii=False, indent=1))
        save(out / "compare.html", comparison(found, names))


def _told_apart(systems: tuple[str, str], first: Path, second: Path) -> tuple[str, str]:
    """What two reports are called: by their systems, else their folders, else their files."""
    folders = (first.resolve().parent.name, second.resolve().parent.name)
    ways = (systems, folders, (first.stem, second.stem))
    return next((names for names in ways if all(names) and names[0] != names[1]), ("1", "2"))


@app.command()
def gate(
    floors: Annotated[Path | None, typer.Option("--floors", help="下限 what each set must reach")] = None,
) -> None:
    """准确率不得低于 floors.toml 的下限 Fails where accuracy falls below its floor; part of make test."""
    from eval.gate import FLOORS, passages, table
    from eval.gate import floors as read

    defaults = Settings.model_construct(cache=load().cache)  # floors hold for these, whatever is set here
    is_missed = False
    for passage in passages(read(floors or FLOORS), defaults, progress=progress):
        print(table(passage), flush=True)
        is_missed = is_missed or bool(passage.missed)
    raise typer.Exit(1 if is_missed else 0)


@app.command()
def results(
    folder_: Annotated[Path, typer.Argument(metavar="FOLDER", help="各评测的结果 what the other commands left")],
    to: Annotated[Path | None, typer.Option("--to", help="RESULTS.md")] = None,
) -> None:
    """把各项评测汇总为 RESULTS.md，并更新 README 里的摘要 Sums up what was measured, also in the READMEs."""
    from eval.results import first, head, shown_in
    from eval.results import results as summed

    text = summed(folder_)
    save(to or ROOT / "eval" / "RESULTS.md", text)
    if to is None:
        for readme in (ROOT / "README.md", ROOT / "README.en.md"):
            save(readme, shown_in(readme.read_text(encoding="utf-8"), head(first(folder_))))
    print(head(first(folder_)))


def _end(report: "Report", out: Path | None, floors: dict[str, float]) -> None:
    """Shows and writes a report, and ends the program: with 1 where a minimum is missed."""
    from eval.table import table

    print(table(report))
    for line in report.about["skipped"]:
        print(line, file=sys.stderr)
    for one in report.about["failed"]:
        print(f"{one['path']}: {one['error']}", file=sys.stderr)
    if lacking := report.about.get("unanswered"):
        print(
            f"没有回答 unanswered: {len(lacking)}: {' '.join(lacking[:20])}{' …' if len(lacking) > 20 else ''}",
            file=sys.stderr,
        )
    if unfounded := report.about.get("unfounded"):
        print(f"引文不在文件里 cited texts not in their documents: {' '.join(unfounded[:20])}", file=sys.stderr)
    if report.about["skipped"]:
        print(f"跳过 skipped: {len(report.about['skipped'])}", file=sys.stderr)
    if report.about.get("without_citations"):
        print(
            "这些回答都没有引用，引用一项按零分计 none of these answers cites anything: citations count as none",
            file=sys.stderr,
        )
    if out is not None:
        _write(report, out)
        print(f"报告 report: {out / 'report.html'}", file=sys.stderr)
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
