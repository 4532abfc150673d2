"""`python -m eval retrieval`: how well the right clause is found, beside three systems over the same documents.

Each set has its questions, its documents and what it should reach, and is left out, with the reason, where its files are
not there. Figures of a set whose questions weights are learned from come from weights that never saw the question.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.about import commit, versions
from eval.baselines import PRODUCT, Chunks, Material, System, splitter
from eval.folds import Alike, Fold, parted
from eval.gold import Question
from eval.kept import Kept
from eval.metrics import Figure
from eval.parse import SHARED
from eval.ranking import AUC, LENGTH, MEANS, NAMES, Scored, difference, figures, scored
from eval.run import Progress, checked
from rag.embed import Embedder, embedder
from rag.errors import IndexDamaged, IndexMismatch, IndexOutdated, Phrase
from rag.index import build, open_index
from rag.learned import Learned
from rag.settings import ROOT, Settings

CACHE = ROOT / "eval" / "out" / "retrieval"
"""Where indexes and vectors are kept for the next run."""
Maker = Callable[[Material, Fold], System]


@dataclass(frozen=True, slots=True)
class GoldSet:
    """Questions, their documents and the least that the product should reach.

    `is_learned_from`: weights are fitted on these questions, so that its figures are taken fold by fold.
    """

    name: str
    gold: Path
    docs: Path
    targets: Mapping[str, float] = field(default_factory=dict)
    is_learned_from: bool = False


def gold_sets(shared: Path = SHARED) -> dict[str, GoldSet]:
    """The sets by name, in the order in which they are measured."""
    given = shared / "eval"
    laws, policies = given / "laws", given / "policies"
    found = (
        GoldSet("sample", ROOT / "eval" / "gold" / "sample.jsonl", ROOT / "corpus"),
        GoldSet("gold_dev", given / "gold_dev.jsonl", shared / "corpus", {"recall_at_5": 0.95}),
        GoldSet(
            "policies",
            policies / "questions.jsonl",
            policies / "docs",
            {"inside_1000": 0.90, "inside_3300": 0.97, AUC: 0.95},
            is_learned_from=True,
        ),
        GoldSet(
            "laws",
            laws / "questions.jsonl",
            laws / "docs",
            {"recall_at_10": 0.76, "recall_at_100": 0.93, "mrr_at_10": 0.65},
            is_learned_from=True,
        ),
    )
    return {one.name: one for one in found}


@dataclass(frozen=True, slots=True)
class Section:
    """What was measured on a set; `skipped` says why nothing was.

    figures  those of each system; beyond  how much higher a figure is for the product than for the best baseline, and
    which one that is; rows  each question of each system, in the order of the set
    """

    set: GoldSet
    figures: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)
    beyond: Mapping[str, tuple[str, Figure]] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Scored]] = field(default_factory=dict)
    folds: Sequence[Fold] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    skipped: Phrase | None = None

    def met(self, name: str) -> bool | None:
        """Whether the product reaches the target of a figure; None where it has none or was not measured."""
        target, found = self.set.targets.get(name), self.figures.get(PRODUCT, {}).get(name)
        if target is None or found is None or found.value is None:
            return None
        return found.value >= target

    def json(self) -> dict[str, Any]:
        """The section as `retrieval.json` holds it."""
        return {
            "set": self.set.name,
            **self.about,
            "figures": {system: {n: asdict(one) for n, one in each.items()} for system, each in self.figures.items()},
            "targets": {n: {"value": target, "met": self.met(n)} for n, target in self.set.targets.items()},
            "beyond_best_baseline": {n: {"baseline": base, **asdict(one)} for n, (base, one) in self.beyond.items()},
            "folds": [list(fold.asked) for fold in self.folds],
            "questions": [self._question(i) for i in range(len(next(iter(self.rows.values()), ())))],
            "skipped": self.skipped._asdict() if self.skipped else None,
        }

    def _question(self, i: int) -> dict[str, Any]:
        of_systems = {
            system: {
                "gold_ranks": rows[i].places,
                "score": rows[i].score if abs(rows[i].score) < float("inf") else None,
                **{name: rows[i].values[name] for name in MEANS if name.startswith("inside")},
            }
            for system, rows in self.rows.items()
        }
        question = next(iter(self.rows.values()))[i].question
        return {"id": question.id, "question": question.question, **of_systems}


# Measuring -----------------------------------------------------------------------------------------------------


def run(
    wanted: Sequence[GoldSet],
    systems: Mapping[str, Maker],
    settings: Settings,
    *,
    cache: Path = CACHE,
    limit: int | None = None,
    alike: Alike = "question",
    learn: Callable[[int], Learned] | None = None,
    model: Embedder | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Iterator[Section]:
    """Measures the systems on each set, which is given as soon as it is done.

    cache  keeps an index a set and every vector, so that only what changed is embedded
    limit  so many answerable questions of a set and as many others
    learn  gives weights that saw no question of the fold of this number, in any set; None: those that ship are measured
    Raises BadGold, NoQuestions, MissingExtra; RagError of the index
    """
    if any(make is Chunks for make in systems.values()):
        splitter()  # what is not installed is said before the work, not after it
    for one in wanted:
        lacking = next((path for path in (one.gold, one.docs) if not path.exists()), None)
        if lacking is not None:
            yield Section(one, skipped=Phrase(f"没有 {lacking}", f"{lacking} is not there"))
            continue
        yield _measured(one, systems, settings, cache, limit, alike, learn, model, progress)


def _measured(
    one: GoldSet,
    systems: Mapping[str, Maker],
    settings: Settings,
    cache: Path,
    limit: int | None,
    alike: Alike,
    learn: Callable[[int], Learned] | None,
    model: Embedder | None,
    progress: Progress,
) -> Section:
    every, _ = checked(one.gold, one.docs, settings.question_limit, lenient=False, progress=progress)
    asked = _first(every, limit)
    made = _restricted(folds_of(one, every, alike), every, asked)
    settings = settings.model_copy(update={"index": cache / one.name})
    found = material(one, settings, cache, model, progress)
    with closing(found.index):
        found.model.queries([question.question for question in asked])
        rows = {name: _rows(name, make, found, asked, made, learn, progress) for name, make in systems.items()}
        measured = {name: figures(each) for name, each in rows.items()}
        about = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": commit(),
            "embedding": found.model.fingerprint,
            "counts": found.index.store.counts(),
            "answerable": sum(question.answerable for question in asked),
            "unanswerable": sum(not question.answerable for question in asked),
            "folds_by": alike if one.is_learned_from else None,
            "versions": versions(),
        }
    return Section(one, measured, _beyond(measured, rows), rows, made, about)


def _first(asked: Sequence[Question], limit: int | None) -> list[Question]:
    if limit is None:
        return list(asked)
    kept = {id(q) for answerable in (True, False) for q in [q for q in asked if q.answerable is answerable][:limit]}
    return [question for question in asked if id(question) in kept]


def _restricted(made: Sequence[Fold], every: Sequence[Question], asked: Sequence[Question]) -> list[Fold]:
    """The folds of `every` question with the places among those `asked`; what is learned from stays."""
    place = {id(question): i for i, question in enumerate(asked)}
    found = [replace(one, asked=tuple(place[id(every[i])] for i in one.asked if id(every[i]) in place)) for one in made]
    return [one for one in found if one.asked]


def folds_of(one: GoldSet, asked: Sequence[Question], alike: Alike = "question") -> list[Fold]:
    """The folds of a set that weights are learned from, else one of all, with the weights that ship."""
    return parted(asked, alike=alike) if one.is_learned_from else [Fold(0, tuple(range(len(asked))))]


def material(one: GoldSet, settings: Settings, cache: Path, model: Embedder | None, progress: Progress) -> Material:
    """The set's index, brought in line with its documents; one that cannot be used is built anew."""
    kept = Kept(model or embedder(settings), cache / "vectors")

    def report(stage: str, done: int, total: int) -> None:
        progress(f"{one.name} {stage}", done, total)

    try:
        build([one.docs], settings, embedder=kept, only=True, progress=report)
    except (IndexOutdated, IndexMismatch, IndexDamaged):
        build([one.docs], settings, embedder=kept, rebuild=True, progress=report)
    return Material(open_index(settings, embedder=kept), kept, settings)


def _rows(
    name: str,
    make: Maker,
    material: Material,
    asked: Sequence[Question],
    made: Sequence[Fold],
    learn: Callable[[int], Learned] | None,
    progress: Progress,
) -> list[Scored]:
    """Each question as the system of its fold ranks it; what does not learn is made once."""
    found: dict[int, Scored] = {}
    every = (Fold(0, tuple(range(len(asked)))),)
    for fold in made if name == PRODUCT else every:
        if learn is not None and fold.learned_from is not None:
            fold = replace(fold, learned=learn(fold.number))  # noqa: PLW2901
        system = make(material, fold)
        for i in fold.asked:
            found[i] = scored(asked[i], system.search(asked[i]))
            progress(f"{material.settings.index.name} {name}", len(found), len(asked))
    return [found[i] for i in range(len(asked))]


def _beyond(
    measured: Mapping[str, Mapping[str, Figure]], rows: Mapping[str, Sequence[Scored]]
) -> dict[str, tuple[str, Figure]]:
    """For each figure the baseline that is best in it, and the product's lead over it."""
    found = {}
    others = [name for name in measured if name != PRODUCT]
    if PRODUCT not in measured or not others:
        return {}
    for name in measured[PRODUCT]:
        if name != LENGTH:
            best = max(others, key=lambda other: measured[other][name].value or 0.0)
            found[name] = (best, difference(name, rows[PRODUCT], rows[best]))
    return found


# The table -----------------------------------------------------------------------------------------------------

_LABELS = {
    "recall_at_1": "R@1",
    "recall_at_5": "R@5",
    "recall_at_10": "R@10",
    "recall_at_100": "R@100",
    "mrr_at_10": "MRR@10",
    "inside_1000": "前 1000 字内 in 1,000",
    "inside_3300": "前 3300 字内 in 3,300",
    AUC: "AUC",
    LENGTH: "命中字数 hit length",
}
_NAME, _CELL = 24, 20


def table(section: Section) -> str:
    """A set for the terminal: each figure of each system with its interval, target, ✓ or ✗, and the product's lead."""
    if section.skipped:
        return f"{section.set.name}\n  跳过 skipped: {section.skipped.zh} · {section.skipped.en}"
    about = section.about
    counts = "，".join(f"{n:,} {name}" for name, n in about["counts"].items() if name != "relations")
    asked = f"{about['answerable']:,} 题 questions"
    if about["unanswerable"]:
        asked += f" + {about['unanswerable']:,} 题无文件 without document"
    folds = f"，{len(section.folds)} 折 folds ({about['folds_by']})" if about["folds_by"] else ""
    head = "".join(f"{system:<{_CELL}}" for system in section.figures)
    lines = [f"{section.set.name}: {asked}{folds}；{counts}", f"  {'':<{_NAME}}{head}目标 target"]
    lines += [_line(section, name) for name in NAMES if any(name in each for each in section.figures.values())]
    return "\n".join(line.rstrip() for line in lines)


def _line(section: Section, name: str) -> str:
    met = {None: " ", True: "✓", False: "✗"}[section.met(name)]
    cells = "".join(f"{_shown(each.get(name), name):<{_CELL}}" for each in section.figures.values())
    target = section.set.targets.get(name)
    bound = f"≥ {_number(target, name)}" if target is not None else ""
    lead = ""
    if name in section.beyond:
        base, figure = section.beyond[name]
        lead = f"{_number(figure.value, name):>6} [{_number(figure.low, name)} {_number(figure.high, name)}] − {base}"
    return f"{met} {_wide(_LABELS[name], _NAME)}{cells}{bound:<8}{lead}"


def _shown(figure: Figure | None, name: str) -> str:
    if figure is None or figure.value is None:
        return "–"
    return f"{_number(figure.value, name)} [{_number(figure.low, name)} {_number(figure.high, name)}]"


def _number(value: float | None, name: str) -> str:
    """A length as a whole number, a share to three places without the 0 before them.

    >>> _number(412.0, "hit_length"), _number(0.7612, "recall_at_10"), _number(-0.02, "auc"), _number(1.0, "auc")
    ('412', '.761', '-.020', '1.000')
    """
    if value is None:
        return "–"
    if name == LENGTH:
        return f"{value:.0f}"
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def _wide(text: str, columns: int) -> str:
    """`text` filled up to so many columns of a terminal, in which a Chinese character takes two."""
    return text + " " * max(0, columns - sum(2 if character > "\u2e7f" else 1 for character in text))
