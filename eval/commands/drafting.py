"""The commands that make gold questions: `make` drafts them from documents, `convert` turns a file into the other form."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from eval.commands.program import app, progress, save
from rag.errors import NotFound, RagError
from rag.settings import load


class AlreadyThere(RagError):
    """A file that would be written over, and that a person may have edited."""

    zh = "{path} 已经存在，可能有人改过，没有覆盖。请换一个文件名，或加 --force 覆盖"
    en = "{path} is there already and may have been edited: it was not written over. Take another name, or --force"


class OtherForm(RagError):
    """A file of questions in a form that is not known."""

    zh = "{path} 不是标注文件的格式。可用的扩展名：.xlsx（表格）、.jsonl（一行一题）"
    en = "{path} is no form of gold questions. Endings: .xlsx (a workbook), .jsonl (a line each)"


_FORMS = (".xlsx", ".jsonl")


@app.command()
def make(
    docs: Annotated[Path, typer.Option("--docs", help="文件或文件夹 the documents")],
    out: Annotated[Path, typer.Option("--out", help="写到这里 where it goes: .xlsx, .jsonl")],
    n: Annotated[int, typer.Option("-n", min=1, max=5000, help="最多几题 how many questions at most")] = 50,
    seed: Annotated[int, typer.Option("--seed", help="随机种子 the seed of the choice")] = 7,
    force: Annotated[bool, typer.Option("--force", help="覆盖已有的文件 write over a file that is there")] = False,
) -> None:
    """从自己的文件起草标注问题，供人修改 Drafts gold questions from your documents, for a person to edit."""
    if not docs.exists():
        raise NotFound(path=docs)
    _check(out, force=force)
    from eval.draft import counted, drafted
    from eval.gold import content

    settings = load()
    found = drafted(docs, n, settings, seed=seed, progress=progress)
    save(out, content(found.questions, out))
    for name, error in found.failed:
        print(f"{name}: {error.message(settings.language)}", file=sys.stderr)
    if found.silent is not None:
        said = found.silent.message(settings.language)
        print(f"{said}；其余问题按模板出 the others are the templates'", file=sys.stderr)
    if len(found.questions) < n:
        print(f"只有 {len(found.questions)} 题，文件里没有更多可出题的内容 the documents give no more", file=sys.stderr)
    print(f"{out}: {len(found.questions)} ({counted(found.questions)})")
    print(f"改好后 once edited: python -m eval run {out} --docs {docs}")


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="标注问题 gold questions: .xlsx, .jsonl")],
    target: Annotated[Path, typer.Argument(metavar="TO", help="写到这里 where they go: .jsonl, .xlsx")],
    lenient: Annotated[bool, typer.Option("--lenient", help="跳过有问题的行 skip bad rows")] = False,
    force: Annotated[bool, typer.Option("--force", help="覆盖已有的文件 write over a file that is there")] = False,
) -> None:
    """标注问题在表格与 JSON 之间转换 Turns gold questions from a workbook into lines of JSON, or back."""
    if not source.exists():
        raise NotFound(path=source)
    if source.suffix.lower() not in _FORMS:
        raise OtherForm(path=source)
    _check(target, force=force)
    from eval.gold import BadGold, NoQuestions, content, read

    found, faults = read(source, load().question_limit)
    if faults and not lenient:
        raise BadGold(source, faults)
    if not found:
        raise NoQuestions(path=source)
    save(target, content([question for _, question in found], target))
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print(f"跳过 skipped: {len(faults)}", file=sys.stderr)
    print(f"{target}: {len(found)}")


def _check(out: Path, *, force: bool) -> None:
    """Raises, before any work: OtherForm for an ending that is not known, AlreadyThere where a file would be lost."""
    if out.suffix.lower() not in _FORMS:
        raise OtherForm(path=out)
    if out.exists() and not force:
        raise AlreadyThere(path=out)
