"""Gold outlines: the clauses that a reader finds in a document, and how well the parser finds the same.

An outline names each numbered clause and each passage by its path and its first characters; where it begins is found
in the document text, in order. Both `eval/gold/outlines.jsonl` and the outlines of others (with their own scorer) are
read here. The path is compared without the signs behind a number: `一、` and `一` are one label.
"""

import importlib.util
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.clause import Clause, Parsed
from rag.contract import clause_json
from rag.document import read
from rag.parse import plain

COUNTED = ("heading", "clause", "point", "table_row")
"""Kinds that a document numbers or sets apart; title, header, footer and furniture are not in an outline."""
_MARKUP = frozenset("*#|")
"""Signs that markdown puts around a label; a start is the same with and without them."""

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A clause of a gold outline. `paths` are those that a reader may give it: nearly always one."""

    paths: tuple[Labels, ...]
    kind: str
    starts: str
    row: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outline:
    """A document's name and the clauses that a reader finds in it, in order."""

    doc: str
    clauses: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a parsed document agrees with its outline: counts, and a line for each disagreement.

    hits    clauses with path and beginning as wanted; of these `kinds` have the kind as well
    rows    table rows whose named cells are wanted, `cells` of them as wanted
    """

    doc: str
    gold: int
    found: int
    hits: int
    kinds: int
    rows: int
    cells: int
    differences: tuple[str, ...]

    @property
    def f1(self) -> float:
        """2·hits / (gold + found); 1 where there is nothing to find and nothing was found."""
        return 2 * self.hits / (self.gold + self.found) if self.gold + self.found else 1.0


def outlines(path: Path) -> list[Outline]:
    """The outlines of a file, one JSON object a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        Outline(one["doc"], tuple(map(_wanted, one["clauses"]))) for one in map(json.loads, filter(str.strip, lines))
    ]


def _wanted(clause: dict[str, Any]) -> Wanted:
    paths = tuple(tuple(path) for path in (clause["path"], *clause.get("or", ())))
    return Wanted(paths, clause["kind"], clause["starts"], clause.get("row", {}))


def same(path: Iterable[str]) -> Labels:
    """A path for comparison: one width of brackets and digits, no sign behind a number.

    >>> same(["附件", "(一)", "13．"])
    ('附件', '(一)', '13')
    """
    return tuple(unicodedata.normalize("NFKC", plain(label)) for label in path)


def squashed(text: str) -> str:
    """Text without white space and the marks of markdown: what two forms of a document have in common."""
    return "".join(sign for sign in text if not sign.isspace() and sign not in _MARKUP)


def agreement(outline: Outline, parsed: Parsed) -> Agreement:
    """Compares the clauses of `parsed` with the outline: each by its path and the offset at which it begins."""
    characters = parsed.text.characters
    found = [clause for clause in parsed.clauses if clause.kind in COUNTED]
    begins = _begins(characters, found)
    starts = _located(squashed(characters), outline.clauses)
    by_place = {(same(clause.path), begin): clause for clause, begin in zip(found, begins, strict=True)}
    used: set[tuple[Labels, int]] = set()
    hits: list[tuple[Wanted, Clause]] = []
    lost: list[str] = []
    for wanted, start in zip(outline.clauses, starts, strict=True):
        places = [(same(path), start) for path in wanted.paths if start is not None]
        place = next((one for one in places if one in by_place and one not in used), None)
        if place is None or start is None:
            lost.append(
                f"- {'/'.join(wanted.paths[0])} {wanted.starts}" + (" (not in the text)" if start is None else "")
            )
            continue
        used.add(place)
        hits.append((wanted, by_place[place]))
    wrong = [
        f"+ {'/'.join(clause.path)} {squashed(clause.text)[:12]}"
        for clause, begin in zip(found, begins, strict=True)
        if (same(clause.path), begin) not in used
    ]
    rows = [(wanted, clause) for wanted, clause in hits if wanted.row]
    other = [f"~ {'/'.join(clause.path)} {_cells(clause, wanted)}" for wanted, clause in rows if _cells(clause, wanted)]
    kinds = sum(wanted.kind == clause.kind for wanted, clause in hits)
    wanted_rows = sum(bool(wanted.row) for wanted in outline.clauses)
    return Agreement(
        outline.doc,
        len(outline.clauses),
        len(found),
        len(hits),
        kinds,
        wanted_rows,
        len(rows) - len(other),
        (*lost, *wrong, *other),
    )


def _begins(characters: str, clauses: Sequence[Clause]) -> list[int]:
    """Where each clause begins, counted in squashed characters. Clauses are in document order."""
    begins: list[int] = []
    behind = count = 0
    for clause in clauses:
        count += len(squashed(characters[behind : clause.start]))
        behind = clause.start
        begins.append(count)
    return begins


def _located(text: str, clauses: Sequence[Wanted]) -> list[int | None]:
    """Where each clause of an outline begins in the squashed text: the next place that reads so, None without one."""
    found: list[int | None] = []
    behind = 0
    for clause in clauses:
        start = text.find(squashed(clause.starts), behind)
        found.append(start if start >= 0 else None)
        behind = start + 1 if start >= 0 else behind
    return found


def _cells(clause: Clause, wanted: Wanted) -> str:
    """The first cell that is not as wanted, "" where all are; 、 in the outline stands for the line ends of a cell."""
    for name, words in wanted.row.items():
        cell = (clause.row or {}).get(name, "")
        if squashed(cell).replace("、", "") != squashed(words).replace("、", ""):
            return f"{name}: {' '.join(cell.split())} ≠ {words}"
    return ""


# The outlines of others, by their own scorer -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scored:
    """What `score_outline.py` says of all documents together, and which labels it holds for wrong.

    `wrong` is the labels by sort (第款, 1, 附件 …) with their number. The outlines list no 款 and, of most tables, no
    rows, which the scorer takes for numbers that are not there: `f1_listed` is the F1 without both.
    """

    docs: int
    line: str
    f1: float
    recall: float
    path: float
    f1_listed: float
    wrong: Counter[str]
    differences: tuple[str, ...]


def scored(folder: Path) -> Scored:
    """Runs the scorer of `folder` on the documents there; it takes clauses as `rag clauses --json` prints them."""
    scorer = _scorer(folder / "score_outline.py")
    total: Counter[str] = Counter()
    listed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    differences: list[str] = []
    gold = [json.loads(line) for line in (folder / "outlines.jsonl").read_text(encoding="utf-8").splitlines()]
    for one in gold:
        clauses = read(folder / "docs" / one["doc"]).clauses
        dumped = [{**clause_json(c), "kind": c.kind} for c in clauses]
        counts, lost, extra = scorer.score(one, dumped)
        total.update(counts)
        listed.update(scorer.score(one, [clause for clause in dumped if _is_listed(clause)])[0])
        wrong.update(_sort(label) for label, _ in extra)
        differences += [f"{one['doc'][:3]} - {'/'.join(path)} {starts}" for path, starts in lost]
        differences += [f"{one['doc'][:3]} + {label} {text}" for label, text in extra if not label.endswith("款")]
    line, f1 = scorer.line(total)
    return Scored(
        docs=len(gold),
        line=line,
        f1=f1,
        recall=total["tp"] / total["gold"],
        path=total["path"] / total["tp"],
        f1_listed=scorer.line(listed)[1],
        wrong=wrong,
        differences=tuple(differences),
    )


def _is_listed(clause: dict[str, Any]) -> bool:
    return clause["kind"] != "table_row" and not str(clause["label"]).endswith("款")


def _scorer(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score_outline", path)
    assert spec is not None and spec.loader is not None  # the file is there: the caller has looked
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _sort(label: str) -> str:
    """A label without its number: what kind of numbering it is.

    >>> _sort("第二款"), _sort("12"), _sort("(三)"), _sort("附件2")
    ('第款', '1', '(一)', '附件')
    """
    if label.startswith("第"):
        return f"第{label[-1]}"
    if label.startswith("附件"):
        return "附件"
    signs = "".join("1" if sign.isdigit() else "一" if sign.isalnum() else sign for sign in label)
    return "".join(sign for sign, before in zip(signs, " " + signs, strict=False) if sign != before)
