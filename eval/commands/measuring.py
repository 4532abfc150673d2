"""The commands that measure a part: the parser, references by number, the search, the threshold, time and memory."""

import json
import sys
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from eval.commands.program import app, folder, only, progress, save
from rag.errors import NotFound
from rag.settings import load

if TYPE_CHECKING:
    from eval.folds import Alike
    from eval.retrieval import GoldSet
    from rag.learned import Learned


@app.command()
def parse(
    parts: Annotated[
        list[str] | None, typer.Option("--part", help="只测这一部分 this part only; may be repeated")
    ] = None,
    shared: Annotated[Path | None, typer.Option("--shared", help="外部文档 documents beside the checkout")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="parse.json 所在文件夹 where parse.json goes")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="未达目标即失败 fail where a target is missed")] = False,
) -> None:
    """衡量条目解析：法律、大纲、格式、网页、通知、耗时 Measures the clause parser."""
    from eval.parse import PARTS, SHARED, Section, table
    from eval.parse import run as measure

    chosen = [part for part in PARTS if not parts or part in parts]
    if unknown := [part for part in parts or () if part not in PARTS]:
        raise typer.BadParameter(f"--part {unknown[0]}: {', '.join(PARTS)}")
    if out is not None:
        folder(out)  # before the work, not after it
    sections: list[Section] = []
    for section in measure(chosen, shared or SHARED, progress):
        sections.append(section)
        print(table(section), flush=True)
    if out is not None:
        save(out / "parse.json", json.dumps([one.json() for one in sections], ensure_ascii=False, indent=1))
    is_missed = any(figure.met is False for one in sections for figure in one.figures)
    raise typer.Exit(1 if strict and is_missed else 0)


@app.command()
def references(
    docs: Annotated[list[Path], typer.Option("--docs", help="文件或文件夹 the documents; may be repeated")],
    n: Annotated[int, typer.Option("-n", min=1, help="条目引用的个数 how many references")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="随机种子 the seed of the choice")] = 7,
) -> None:
    """衡量按编号查找：由文件生成的引用是否恰好排在首位 Measures references by number, made from the documents."""
    for path in docs:
        if not path.exists():
            raise NotFound(path=path)
    from eval.references import measured, table

    has_failed = False
    for path in docs:
        found = measured(path, load(), n, seed, progress)
        print(table(found, path.name), flush=True)
        has_failed = has_failed or bool(found.failures)
    raise typer.Exit(1 if has_failed else 0)


@app.command()
def retrieval(
    sets: Annotated[list[str] | None, typer.Option("--set", help="只测这一组 this set only; may be repeated")] = None,
    systems: Annotated[
        list[str] | None, typer.Option("--system", help="只测这一系统 this one only; may be repeated")
    ] = None,
    gold: Annotated[Path | None, typer.Option("--gold", help="自己的标注问题 your own questions, with --docs")] = None,
    docs: Annotated[Path | None, typer.Option("--docs", help="自己的文件 your own documents, with --gold")] = None,
    shared: Annotated[Path | None, typer.Option("--shared", help="外部文档 documents beside the checkout")] = None,
    cache: Annotated[Path | None, typer.Option("--cache", help="索引与向量所在 where the indexes lie")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="retrieval.json 所在文件夹 where it goes")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="只评前几题 the first questions only")] = None,
    folds: Annotated[
        Literal["gold", "question"], typer.Option("--folds", help="何者相同即同折 what keeps questions in one fold")
    ] = "question",
    strict: Annotated[bool, typer.Option("--strict", help="未达目标即失败 fail where a target is missed")] = False,
) -> None:
    """衡量检索，与三个对照系统比较 Measures retrieval beside three other systems."""
    from eval.baselines import SYSTEMS
    from eval.parse import SHARED
    from eval.retrieval import CACHE, gold_sets, table
    from eval.retrieval import run as measure

    known = gold_sets(shared or SHARED)
    only("--set", sets or (), known)
    only("--system", systems or (), SYSTEMS)
    chosen = [one for name, one in known.items() if name in (sets or known)] if sets or not gold else []
    chosen += _own(gold, docs)
    made = {name: make for name, make in SYSTEMS.items() if name in (systems or SYSTEMS)}
    if out is not None:
        folder(out)  # before the work, not after it
    sections, place = [], cache or CACHE
    learn = _lessons(chosen, made, known, place, folds)
    how: dict[str, Any] = {"cache": place, "limit": limit, "alike": folds, "learn": learn, "progress": progress}
    for section in measure(chosen, made, load(), **how):
        sections.append(section)
        print(table(section), flush=True)
    if out is not None:
        save(out / "retrieval.json", json.dumps([one.json() for one in sections], ensure_ascii=False, indent=1))
    is_missed = any(section.met(name) is False for section in sections for name in section.set.targets)
    raise typer.Exit(1 if strict and is_missed else 0)


@app.command()
def curve(
    sets: Annotated[list[str] | None, typer.Option("--set", help="只测这一组 this set only; may be repeated")] = None,
    thresholds: Annotated[
        list[float] | None, typer.Option("--threshold", min=0, max=1, help="只测此门槛 this one only; may be repeated")
    ] = None,
    shared: Annotated[Path | None, typer.Option("--shared", help="外部文档 documents beside the checkout")] = None,
    cache: Annotated[Path | None, typer.Option("--cache", help="索引与向量所在 where the indexes lie")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="curve.json 与 curve.svg 所在文件夹 where they go")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="未达目标即失败 fail where a target is missed")] = False,
) -> None:
    """衡量拒答门槛：各门槛下引用与拒答的得失 Measures answers and refusals at each threshold, and draws the curve."""
    from eval.baselines import SYSTEMS
    from eval.curve import THRESHOLDS, canvas, draw, table
    from eval.curve import curve as measure
    from eval.parse import SHARED
    from eval.retrieval import CACHE, gold_sets

    known = gold_sets(shared or SHARED)
    only("--set", sets or (), known)
    chosen = [one for name, one in known.items() if name in (sets or ("sample", "gold_dev", "policies"))]
    if out is not None:
        folder(out)  # before the work, not after it,
        canvas()  # as what is not installed
    place = cache or CACHE
    learn = _lessons(chosen, SYSTEMS, known, place, "question")
    found = []
    for one in chosen:
        if lacking := next((path for path in (one.gold, one.docs) if not path.exists()), None):
            print(f"{one.name}: 跳过 skipped: {lacking}", file=sys.stderr)
            continue
        points = sorted(thresholds or THRESHOLDS)
        found.append(measure(one, load(), points, cache=place, learn=learn, progress=progress))
        print(table(found[-1]), flush=True)
    if out is not None:
        save(out / "curve.json", json.dumps([one.json() for one in found], ensure_ascii=False, indent=1))
        draw(found, out / "curve.svg")
    raise typer.Exit(1 if strict and any(one.met is False for one in found) else 0)


def _lessons(
    chosen: "Sequence[GoldSet]", made: Container[str], known: "Mapping[str, GoldSet]", cache: Path, folds: "Alike"
) -> "Callable[[int], Learned] | None":
    """What gives the weights of each fold, where the product is measured on a set that weights are learned from."""
    from eval.baselines import PRODUCT
    from eval.learn import Lessons

    if PRODUCT not in made or not any(one.is_learned_from for one in chosen):
        return None
    return Lessons([*known.values()], load(), cache, folds, report=progress).without


def _own(gold: Path | None, docs: Path | None) -> "list[GoldSet]":
    """The set of a user's own questions and documents; wrong usage where one of the two is not given."""
    from eval.retrieval import GoldSet

    if gold is None and docs is None:
        return []
    if gold is None or docs is None:
        raise typer.BadParameter("--gold, --docs: 须一起给出 one needs the other")
    for path in (gold, docs):
        if not path.exists():
            raise NotFound(path=path)
    return [GoldSet("own", gold, docs)]


@app.command()
def learn(
    shared: Annotated[Path | None, typer.Option("--shared", help="外部文档 documents beside the checkout")] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="索引与向量所在 where indexes and vectors are kept")
    ] = None,
) -> None:
    """从标注问题学习排序与拒答，写入 rag/learned.npz Learns from all gold questions what ships with the product."""
    from eval.learn import Lessons
    from eval.parse import SHARED
    from eval.retrieval import CACHE, gold_sets
    from rag.learned import PATH, save

    save(Lessons([*gold_sets(shared or SHARED).values()], load(), cache or CACHE, report=progress).all(), PATH)
    print(f"{PATH.name}: {PATH.stat().st_size:,} bytes")


@app.command()
def bench(
    parts: Annotated[
        list[str] | None, typer.Option("--part", help="只测这一部分 this part only; may be repeated")
    ] = None,
    shared: Annotated[Path | None, typer.Option("--shared", help="外部文档 documents beside the checkout")] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="索引与向量所在 where index and vectors are kept")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="bench.json 所在文件夹 where bench.json goes")] = None,
    full: Annotated[bool, typer.Option("--full", help="全部文件都重新计算向量 embeds all documents anew")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="未达目标即失败 fail where a target is missed")] = False,
) -> None:
    """衡量约 24,000 条上的速度与内存 Measures time and memory on some 24,000 articles."""
    from eval.bench import CACHE, PARTS, about, table
    from eval.bench import run as measure
    from eval.parse import SHARED

    only("--part", parts or (), PARTS)
    chosen = [part for part in PARTS if part in (parts or PARTS)]
    if out is not None:
        folder(out)  # before the work, not after it
    settings = load()
    found = {}
    for part, figures in measure(
        chosen, settings, shared=shared or SHARED, cache=cache or CACHE, full=full, progress=progress
    ):
        found[part] = figures
        print(table(part, figures), flush=True)
    if out is not None:
        known = {part: [figure.json() for figure in figures] for part, figures in found.items()}
        save(out / "bench.json", json.dumps({**about(settings), "parts": known}, ensure_ascii=False, indent=1))
    is_missed = any(figure.met is False for figures in found.values() for figure in figures)
    raise typer.Exit(1 if strict and is_missed else 0)
