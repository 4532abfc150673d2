"""The summary of what `make eval` measured, as `eval/RESULTS.md`; the READMEs show its head.

Everything is read from the files that the other commands left in a folder; what is not there is left out.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.metrics import Figure
from eval.table import LABELS, shown
from rag.errors import NotFound, RagError

BEGIN, END = "<!-- results -->", "<!-- /results -->"
"""Between these lines a README shows the head."""
_HEAD = ("fact_accuracy", "citation_recall", "citation_precision", "refusal_f1", "recall_at_5", "citation_length")
_FIRST = "sample"
"""The set that everybody has, which the head is about."""
Json = dict[str, Any]


class NoResults(RagError):
    """Nothing was measured yet."""

    zh = "{path} 里没有评测报告。先运行 make eval"
    en = "{path} holds no report. Run make eval first"


class BadResults(RagError):
    """A file among the results is none of ours, or of another version."""

    zh = "{path} 不是本程序的评测结果：{reason}。请重新运行 make eval"
    en = "{path} is no result of this program: {reason}. Run make eval again"


def results(folder: Path) -> str:
    """The summary as Markdown. Raises NoResults, BadResults."""
    try:
        return _summed(folder)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadResults(path=folder, reason=f"{type(error).__name__} {error}") from error


def _summed(folder: Path) -> str:
    reports = {path.parent.name: _read(path) for path in sorted(folder.glob("*/report.json"))}
    if _FIRST not in reports:
        raise NoResults(path=folder)
    first = reports.pop(_FIRST)
    parts = ["# 评测结果 Results", _made(first), head(first), *(_answers(one) for one in (first, *reports.values()))]
    for name, section in (("retrieval", _retrieval), ("parse", _parse)):
        if (path := folder / name / f"{name}.json").exists():
            parts += section(_read(path))
    return "\n\n".join(part for part in parts if part) + "\n"


def head(report: Json) -> str:
    """The figures that say most, the product beside what the same documents give without it."""
    systems = _systems(report)
    lines = _table(["", *systems], ([_label(name), *_cells(systems, name)] for name in _HEAD))
    whole = [f"{sum(row['right'] for row in one['questions'])}" for one in systems.values()]
    lines.append(_row(["全对的题 right in everything", *whole]))
    n, counts = len(report["questions"]), report["counts"]
    about = (
        f"{report['gold']}：{n} 题 questions，{counts['documents']} 份文件 documents，{counts['clauses']} 个条目 clauses，"
        f"{report['date'][:10]}，`make eval`"
    )
    return "\n".join([*lines, "", about])


def shown_in(readme: str, head: str) -> str:
    r"""A README with the head in its place; unchanged where it has none.

    >>> shown_in("a\n<!-- results -->\nold\n<!-- /results -->\nb", "new")
    'a\n<!-- results -->\nnew\n<!-- /results -->\nb'
    """
    place = re.compile(f"{re.escape(BEGIN)}\\n.*?{re.escape(END)}", re.S)
    return place.sub(lambda _: f"{BEGIN}\n{head}\n{END}", readme, count=1)


def first(folder: Path) -> Json:
    """The report that the head is about. Raises NoResults."""
    path = folder / _FIRST / "report.json"
    if not path.exists():
        raise NoResults(path=folder)
    report: Json = _read(path)
    return report


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise NotFound(path=path) from None
    except ValueError as error:
        raise BadResults(path=path, reason=error) from None


def _made(report: Json) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return (
        f"{report['date'][:16].replace('T', ' ')} UTC · commit {report['commit']} · {report['machine']} · "
        f"{report['embedding']} · {versions}\n\n"
        "由 `make eval` 写出，请勿手改。written by `make eval`; not to be edited. [ ]：95 % 区间 interval"
    )


# Answers -------------------------------------------------------------------------------------------------------


def _systems(report: Json) -> dict[str, Json]:
    return {report["system"]: report, **report["beside"]}


def _answers(report: Json) -> str:
    """A gold file: each figure of each system with its interval, then of each type how many questions are right."""
    systems = _systems(report)
    names = [name for name in LABELS if name in report["metrics"]]
    rows = ([_label(name), *_cells(systems, name, intervals=True)] for name in names)
    rights = ([kind, *(_right(one, kind) for one in systems.values())] for kind in report["by_type"])
    n = len(report["questions"])
    return "\n".join(
        [
            f"## 回答 Answers: {report['gold']}, {n} 题 questions",
            "",
            *_table(["", *systems], rows),
            "",
            *_table(["全对 right in everything", *systems], rights),
        ]
    )


def _right(report: Json, kind: str) -> str:
    rows = [row["right"] for row in report["questions"] if row["type"] == kind]
    return f"{sum(rows)} / {len(rows)}"


def _cells(systems: Mapping[str, Json], name: str, *, intervals: bool = False) -> Iterator[str]:
    for one in systems.values():
        value, interval = shown(name, Figure(**one["metrics"][name]))
        yield f"{value} [{interval}]" if intervals and interval else value


def _label(name: str) -> str:
    return f"{LABELS[name]} {name}"


# Parts ---------------------------------------------------------------------------------------------------------


def _retrieval(sections: Sequence[Json]) -> Iterator[str]:
    """The search by set, an article being one hit."""
    for one in sections:
        if one["skipped"]:
            continue
        systems = one["figures"]
        names = list(next(iter(systems.values())))
        rows = ([name, *(_cell(each.get(name), name) for each in systems.values())] for name in names)
        asked = f"{one['answerable']} 题 questions + {one['unanswerable']} 无文件 without document"
        yield "\n".join([f"## 检索 Retrieval: {one['set']}, {asked}", "", *_table(["", *systems], rows)])


def _cell(figure: Json | None, name: str) -> str:
    if figure is None:
        return "–"
    value, interval = shown(name, Figure(**figure))
    return f"{value} [{interval}]"


def _parse(sections: Sequence[Json]) -> Iterator[str]:
    """The figures of the parser that have a target."""
    rows = [
        [
            section["part"],
            f"{one['name']['zh']} {one['name']['en']}",
            f"{one['value']:.4g}",
            f"{'≤' if one['most'] else '≥'} {one['target']:g} {'✓' if one['met'] else '✗'}",
            str(one["n"]),
        ]
        for section in sections
        for one in section["figures"]
        if one["target"] is not None and one["value"] is not None and (not one["met"] or _is_of_many(section, one))
    ]
    yield "\n".join(["## 条目解析 Clauses", "", *_table(["", "", "值 value", "目标 target", "n"], rows)])


def _is_of_many(section: Json, figure: Json) -> bool:
    """Whether a figure is over many documents: those of a single one are shown where they miss their target."""
    return section["part"] != "outlines" or figure is section["figures"][-1]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_row(heads), _row(["---", *["---:"] * (len(heads) - 1)]), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
