"""eval.gate: floors by set, what falls below them, sets that are not there."""

from pathlib import Path
from typing import Any

import pytest
from toys import Characters
from typer.testing import CliRunner

from eval.__main__ import app
from eval.gate import FLOORS, BadFloors, floors, passages, table
from rag.errors import NotFound
from rag.settings import ROOT, load
from tests.test_eval import LINE, REFUSED, TEXT, gold_file, written

FILE = """
[own]
gold = "gold.jsonl"
docs = "docs"
[own.least]
fact_accuracy = {facts}
refusal_f1 = 1
[absent]
gold = "../none/none.jsonl"
docs = "docs"
[absent.least]
fact_accuracy = 1
"""


def passed(folder: Path, facts: str, fact: str) -> list[Any]:
    """The passages of a checkout with one set, its answer expected to hold `fact`."""
    written(folder / "docs", 甲=TEXT)
    gold_file(folder, {**LINE, "facts": [fact]}, REFUSED)
    (folder / "floors.toml").write_text(FILE.format(facts=facts), encoding="utf-8")
    settings = load({}, embedding="characters")
    return list(passages(floors(folder / "floors.toml"), settings, root=folder, model=Characters()))


def test_a_set_that_holds_its_floor(tmp_path: Path) -> None:
    own, absent = passed(tmp_path, "1.0", "计划管理")
    assert own.missed == []
    assert "✓ fact_accuracy        1.000 ≥ 1.000" in table(own)
    assert absent.report is None
    assert absent.missed == []
    assert "skipped" in table(absent)


def test_a_set_of_the_checkout_that_is_gone_does_not_pass(tmp_path: Path) -> None:
    passed(tmp_path, "1.0", "计划管理")
    (tmp_path / "gold.jsonl").unlink()
    with pytest.raises(NotFound):
        list(
            passages(
                floors(tmp_path / "floors.toml"), load({}, embedding="characters"), root=tmp_path, model=Characters()
            )
        )


def test_a_set_below_its_floor_names_what_is_wrong(tmp_path: Path) -> None:
    own, _ = passed(tmp_path, "0.5", "不在回答里")
    assert own.missed == ["fact_accuracy"]
    assert "✗ fact_accuracy        0.000 ≥ 0.500" in table(own)
    assert str(LINE["question"]) in table(own)


@pytest.mark.parametrize(
    "text",
    [
        "", "not toml", "[a]\ngold='x'\ndocs='y'\n[a.least]", "[a]\ngold='x'", "[a]\ngold='x'\ndocs='y'\n[a.least]\nfact_accuracy=1.5",
        "[a]\ngold='x'\ndocs='y'\n[a.least]\nno_such_metric=0.5", "[a]\ngold='x'\ndocs='y'\n[a.least]\nfact_accuracy='nan'",
    ],
)  # fmt: skip
def test_floors_of_the_wrong_form(text: str, tmp_path: Path) -> None:
    (tmp_path / "floors.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadFloors) as refusal:
        floors(tmp_path / "floors.toml")
    assert "\n" not in refusal.value.message()


def test_the_command_fails_below_a_floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.run.embedder", lambda _settings: Characters())
    passed(tmp_path, "1.0", "不在回答里")
    held = (tmp_path / "floors.toml").read_text(encoding="utf-8")
    held = held.replace('"gold.jsonl"', f"'{tmp_path / 'gold.jsonl'}'").replace('"../none/', f'"{tmp_path}/../none/')
    (tmp_path / "floors.toml").write_text(held.replace('"docs"', f"'{tmp_path / 'docs'}'"), encoding="utf-8")
    done = CliRunner().invoke(app, ["gate", "--floors", str(tmp_path / "floors.toml")])
    assert done.exit_code == 1
    assert "✗ fact_accuracy" in done.stdout


def test_the_gate_has_floors_for_the_sets_of_the_checkout_and_the_test_command_runs_it() -> None:
    held = floors(FLOORS)
    assert (ROOT / held["sample"].gold).exists()
    assert min(held["sample"].least.values()) > 0.5
    assert "eval gate" in (ROOT / "Makefile").read_text(encoding="utf-8").split("\ntest:")[1].split("\n\n")[0]
