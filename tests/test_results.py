"""eval.results: what was measured as one page of Markdown, its head in the READMEs."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.__main__ import app
from eval.metrics import NAMES
from eval.results import BEGIN, END, BadResults, NoResults, head, results, shown_in
from rag.settings import ROOT

FIGURE = {"value": 0.75, "low": 0.5, "high": 1.0, "n": 4}


def scores(*rights: bool, **given: Any) -> dict[str, Any]:
    rows = [{"type": "factual" if i % 2 else "table", "right": right} for i, right in enumerate(rights)]
    metrics = dict.fromkeys(NAMES, FIGURE)
    return {"metrics": metrics, "by_type": {"table": metrics, "factual": metrics}, "questions": rows, **given}


def report(**given: Any) -> dict[str, Any]:
    about = {
        "system": "tiaomu", "gold": "sample.jsonl", "date": "2026-01-05T08:00:00+00:00", "commit": "1b198dd",
        "machine": "a processor, 2 cores, Linux", "embedding": "e5@1", "counts": {"documents": 8, "clauses": 450},
        "versions": {"python": "3.11.7"}, "beside": {"bm25": scores(False, False, True)},
    }  # fmt: skip
    return scores(True, False, True, **{**about, **given})


def saved(folder: Path, name: str, content: object, file: str = "report.json") -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / file).write_text(json.dumps(content), encoding="utf-8")


def test_a_table_of_the_systems_with_what_it_holds_for(tmp_path: Path) -> None:
    saved(tmp_path, "sample", report())
    text = results(tmp_path)
    assert "2026-01-05 08:00 UTC · commit 1b198dd · a processor, 2 cores, Linux" in text
    assert "| 事实正确率 fact_accuracy | .750 [.500–1.000] | .750 [.500–1.000] |" in text
    assert "| factual | 0 / 1 | 0 / 1 |" in text
    assert "| table | 2 / 2 | 1 / 2 |" in text


def test_the_head_says_how_many_are_right_of_how_many(tmp_path: Path) -> None:
    shown = head(report())
    assert "| 全对的题 right in everything | 2 | 1 |" in shown
    assert "3 题 questions，8 份文件 documents，450 个条目 clauses，2026-01-05" in shown


def test_other_parts_are_there_where_they_were_measured(tmp_path: Path) -> None:
    saved(tmp_path, "sample", report())
    saved(tmp_path, "gold_dev", report(gold="gold_dev.jsonl"))
    search = {
        "set": "laws",
        "skipped": None,
        "answerable": 5,
        "unanswerable": 0,
        "figures": {"tiaomu": {"auc": FIGURE}},
    }
    saved(
        tmp_path, "retrieval", [search, {**search, "set": "gone", "skipped": {"zh": "x", "en": "y"}}], "retrieval.json"
    )
    name = {"zh": "边界 F1", "en": "boundary F1"}
    figure = {"name": name, "value": 0.99, "n": 7, "target": 1.0, "most": False, "met": False}
    saved(tmp_path, "parse", [{"part": "pages", "figures": [figure, {**figure, "target": None}]}], "parse.json")
    text = results(tmp_path)
    assert text.index("Answers: sample.jsonl") < text.index("Answers: gold_dev.jsonl") < text.index("Retrieval: laws")
    assert "| auc | .750 [.500–1.000] |" in text
    assert "gone" not in text
    assert text.count("| pages | 边界 F1 boundary F1 | 0.99 | ≥ 1 ✗ | 7 |") == 1


def test_nothing_measured_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(NoResults) as refusal:
        results(tmp_path)
    assert "make eval" in refusal.value.message()
    assert CliRunner().invoke(app, ["results", str(tmp_path)]).exit_code == 1


@pytest.mark.parametrize("content", ["not json", "[]", '{"system": "x"}', "\udcff"])
def test_what_is_no_result_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "report.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadResults) as refusal:
        results(tmp_path)
    assert "make eval" in refusal.value.message("en")


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    saved(tmp_path, "sample", report())
    done = CliRunner().invoke(app, ["results", str(tmp_path), "--to", str(tmp_path / "R.md")])
    assert done.exit_code == 0
    assert (tmp_path / "R.md").read_text(encoding="utf-8").startswith("# 评测结果 Results\n")


def test_a_readme_without_a_place_for_it_stays_as_it_is() -> None:
    assert shown_in("text", "head") == "text"


@pytest.mark.parametrize("name", ["README.md", "README.en.md"])
def test_the_readmes_show_the_head_of_the_results(name: str) -> None:
    """Both are written by one command: a figure in a README that was not measured would be found here."""
    shown = (ROOT / name).read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()
    assert shown
    assert shown in (ROOT / "eval" / "RESULTS.md").read_text(encoding="utf-8")
