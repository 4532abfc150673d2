"""eval.compare: differences question by question, paired intervals, what got better and worse."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.__main__ import app
from eval.compare import NoReport, NothingShared, compare, paired, table
from eval.metrics import METRICS
from eval.page import comparison
from rag.errors import Unreadable
from tests.standin import HOSTILE


def row(id: str, fact: float, **more: Any) -> dict[str, Any]:
    values = {name: list[float]() for name in METRICS} | {"fact_accuracy": [fact], "latency_p50_ms": [10.0 - fact]}
    return {
        "id": id, "type": "factual", "question": f"问 {id}", "turns": [], "answerable": True, "facts": [["1"]],
        "gold": [{"doc": "甲", "clause": "一", "quote": "x"}], "any_gold": False, "reference": "一", "values": values,
        "right": bool(fact), "result": {"answer": f"答 {fact}", "refused": False, "reason": None, "citations": []},
        "citation_hits": [], "missed_facts": [], "missed_gold": [], "gold_ranks": [], "hits": [], "score": None, **more,
    }  # fmt: skip


def report(path: Path, *rows: dict[str, Any], system: str = "tiaomu") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"system": system, "gold": "g.jsonl", "questions": rows}), encoding="utf-8")
    return path


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    first = report(tmp_path / "a" / "report.json", row("1", 0), row("2", 1), row("3", 1), row("4", 0), system="naive")
    second = report(tmp_path / "b" / "report.json", row("1", 1), row("2", 0), row("3", 1), row("4", 1), row("5", 1))
    return first, second


def test_what_changed(two: tuple[Path, Path]) -> None:
    found = compare(*two)
    facts = found.differences["fact_accuracy"]
    assert (facts.first, facts.second, facts.beyond.value, facts.better, facts.worse) == (0.5, 0.75, 0.25, 2, 1)
    assert [one["id"] for one, _ in found.better] == ["1", "4"]
    assert [one["id"] for one, _ in found.worse] == ["2"]
    assert (found.n, found.left_out) == (4, ["5"])
    times = found.differences["latency_p50_ms"]
    assert (times.better, times.worse) == (2, 1)  # less time is better
    assert found.differences["refusal_f1"].beyond.n == 0


def test_the_same_reports_give_the_same_figures_and_a_report_is_no_better_than_itself(two: tuple[Path, Path]) -> None:
    assert compare(*two).json() == compare(*two).json()
    same = compare(two[0], two[0]).differences["fact_accuracy"].beyond
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_a_pair_narrows_what_two_samples_would_leave_open() -> None:
    hard = [([0.0], [0.0])] * 50 + [([1.0], [1.0])] * 45 + [([0.0], [1.0])] * 5
    found = paired(hard, lambda values: float(values.mean()))
    assert found.value == pytest.approx(0.05)
    assert found.low is not None
    assert 0 < found.low < found.value
    shuffled = [(one, other) for (one, _), (_, other) in zip(hard, hard[::-1], strict=True)]
    loose = paired(shuffled, lambda values: float(values.mean()))
    assert loose.low is not None
    assert loose.low < 0 < found.low


def test_questions_that_differ_are_left_out(tmp_path: Path) -> None:
    first = report(tmp_path / "a.json", row("1", 0), row("2", 0))
    second = report(tmp_path / "b.json", row("1", 1, facts=[["2"]]), row("2", 1))
    assert (compare(first, second).n, compare(first, second).left_out) == (1, ["1"])
    with pytest.raises(NothingShared):
        compare(first, report(tmp_path / "c.json", row("9", 1)))


@pytest.mark.parametrize("content", ["", "[]", '{"questions": []}', '{"gold": "g", "questions": [{"id": "1"}]}', "x"])
def test_what_is_no_report(content: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(NoReport) as refusal:
        compare(tmp_path / "a.json", tmp_path / "a.json")
    assert "a.json" in refusal.value.message("en")
    with pytest.raises(Unreadable):
        compare(tmp_path / "none.json", tmp_path / "a.json")


def test_two_systems_of_one_report(two: tuple[Path, Path], tmp_path: Path) -> None:
    held = json.loads(two[1].read_text(encoding="utf-8"))
    other = json.loads(two[0].read_text(encoding="utf-8"))["questions"]
    (tmp_path / "both.json").write_text(
        json.dumps({**held, "beside": {"naive": {"questions": other}}}), encoding="utf-8"
    )
    found = compare(tmp_path / "both.json", tmp_path / "both.json", ("naive", None))
    assert found.json() == compare(*two).json()
    with pytest.raises(NoReport) as refusal:
        compare(two[0], two[1], ("bm25", None))
    assert "bm25: naive" in refusal.value.message()
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "both.json"), "--first", "naive", "--second", "tiaomu"])
    assert "2 now right, 1 no longer right" in done.stdout


def test_the_table_and_the_page(two: tuple[Path, Path]) -> None:
    found = compare(*two)
    shown = table(found, ("naive", "tiaomu"))
    assert "fact_accuracy" in shown
    assert "refusal_f1" not in shown  # neither has a value
    assert "变好 better  1  问 1" in shown
    assert "变差 worse  2  问 2" in shown
    page = comparison(found, ("naive", HOSTILE))
    assert page.count("<article>") == 3
    assert "<img" not in page


def test_refusals_are_counted_though_they_have_no_value_before(tmp_path: Path) -> None:
    refuses = row("1", 0, result={"answer": "没有", "refused": True, "reason": None, "citations": []})
    found = compare(report(tmp_path / "a.json", row("1", 1)), report(tmp_path / "b.json", refuses))
    assert (found.differences["refusal_precision"].better, found.differences["refusal_precision"].worse) == (0, 1)


def test_reports_beside_one_another_are_told_apart(tmp_path: Path) -> None:
    for name in ("first", "second"):
        report(tmp_path / f"{name}.json", row("1", 1))
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "first.json"), str(tmp_path / "second.json")])
    assert done.stdout.split()[:3] == ["metric", "first", "second"]


@pytest.mark.parametrize("damage", [{"id": []}, {"values": None}, {"values": {"mrr_at_10": "x"}}, {"result": {}}])
def test_a_damaged_row_is_named(damage: dict[str, Any], tmp_path: Path) -> None:
    path = report(tmp_path / "a.json", {**row("1", 1), **damage})
    with pytest.raises(NoReport) as refusal:
        compare(path, path)
    assert f"questions.0.{next(iter(damage))}" in refusal.value.message()


def test_the_command(two: tuple[Path, Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["compare", *map(str, two), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0
    assert json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))["better"] == ["1", "4"]
    assert (tmp_path / "out" / "compare.html").read_text(encoding="utf-8").startswith("<!doctype html>")
