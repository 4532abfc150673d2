"""eval curve: what a threshold keeps and refuses, by hand; which weights answer; the table, the drawing, the command."""

import json
import sys
from pathlib import Path

import pytest
from toys import Characters, written
from typer.testing import CliRunner

from eval.__main__ import app
from eval.curve import SHOWN, Curve, Point, curve, draw, table
from eval.metrics import Figure
from eval.retrieval import GoldSet
from rag.errors import MissingExtra
from rag.learned import load as shipped
from rag.settings import load

LAW = "澜沚市滩涂管理规定\n第一条　在滩涂采挖贝类，应当办理采挖证。\n第二条　采挖证有效期二年。"
QUESTIONS = (
    {"id": "a", "question": "在滩涂采挖贝类应当办理什么证？", "gold": [{"doc": "滩涂.txt", "quote": "应当办理采挖证"}]},
    {"id": "b", "question": "采挖证有效期几年？", "gold": [{"doc": "滩涂.txt", "quote": "采挖证有效期二年"}]},
    {"id": "c", "question": "渡轮票价由谁核定？", "gold": []},
)


def gold_set(folder: Path, *, is_learned_from: bool = False, name: str = "own") -> GoldSet:
    docs = written(folder / "docs", 滩涂=LAW)
    lines = [
        {"type": "factual", "turns": [], "answerable": bool(one["gold"]), "answer": "", "facts": [], **one}
        for one in QUESTIONS
    ]
    gold = folder / "gold.jsonl"
    gold.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
    return GoldSet(name, gold, docs, is_learned_from=is_learned_from)


def point(threshold: float, recall: float, refused: float) -> Point:
    values = {"citation_recall": recall, "refusal_recall": refused}
    return Point(threshold, 0.5, {name: Figure(values.get(name, 0.5), 0.1, 0.9, 4) for name in SHOWN})


def test_a_higher_threshold_refuses_more_and_the_highest_refuses_all(tmp_path: Path) -> None:
    found = curve(gold_set(tmp_path), load({}), (0.0, 1.0), cache=tmp_path / "cache", model=Characters())
    low, high = found.points
    assert low.answered == 1.0
    assert low.figures["citation_recall"].value == 1.0
    assert (high.answered, high.figures["refusal_recall"].value) == (0.0, 1.0)
    assert found.met is None


def test_each_fold_is_answered_with_weights_that_did_not_see_it(tmp_path: Path) -> None:
    asked: list[int] = []

    def learn(number: int) -> object:
        asked.append(number)
        return shipped()

    one = gold_set(tmp_path, is_learned_from=True)
    curve(one, load({}), (0.1, 0.2), cache=tmp_path / "cache", model=Characters(), learn=learn)  # type: ignore[arg-type]
    assert asked == [0, 1, 2]  # three questions, a fold each, once for all thresholds
    curve(gold_set(tmp_path), load({}), (0.1,), cache=tmp_path / "cache", model=Characters(), learn=learn)  # type: ignore[arg-type]
    assert asked == [0, 1, 2]


@pytest.mark.parametrize(("recall", "refused", "met"), [(0.8, 0.75, True), (0.79, 0.9, False), (0.9, 0.74, False)])
def test_both_figures_must_be_reached_at_one_threshold(recall: float, refused: float, met: bool) -> None:
    others = (point(0.1, 0.9, 0.1), point(0.9, 0.1, 0.9))
    found = Curve("policies", (others[0], point(0.3, recall, refused), others[1]), 0.3)
    assert found.met is met
    shown = table(found).splitlines()
    assert [line[0] for line in shown[2:]] == [" ", "✓" if met else " ", " "]
    assert [line.split()[0 if line[0] == " " else 1] for line in shown[2:]] == ["0.10", "0.30*", "0.90"]


def test_the_drawing_names_sets_and_thresholds(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw([Curve("policies", (point(0.25, 0.8, 0.7),), 0.2)], tmp_path / "curve.svg")
    drawn = (tmp_path / "curve.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<?xml")
    assert "<!-- policies -->" in drawn
    assert "<!-- 0.25 -->" in drawn


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"\[eval\]"):
        draw([], tmp_path / "curve.svg")


def test_the_command_writes_the_curve_and_fails_where_the_target_is_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("eval.retrieval.embedder", lambda _: Characters())
    one = gold_set(tmp_path, name="policies")
    monkeypatch.setattr("eval.retrieval.gold_sets", lambda _: {"policies": one})
    given = ["--set", "policies", "--threshold", "1", "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(app, ["curve", *given])
    assert done.exit_code == 0, done.output
    (written_curve,) = json.loads((tmp_path / "o" / "curve.json").read_text(encoding="utf-8"))
    assert (written_curve["name"], written_curve["met"]) == ("policies", False)
    assert (tmp_path / "o" / "curve.svg").exists()
    assert CliRunner().invoke(app, ["curve", *given, "--strict"]).exit_code == 1


def test_a_set_that_is_not_there_is_skipped(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["curve", "--set", "policies", "--shared", str(tmp_path)])
    assert done.exit_code == 0
    assert "policies" in done.output
