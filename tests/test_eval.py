"""eval: answers scored by hand for every rule, and systems that must score badly."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from toys import Characters, written

from eval.__main__ import app
from eval.gold import Gold, Question, read
from eval.metrics import NAMES, Cited, Outcome, f1, found, hits, holds, measured, plain, wanted
from eval.report import html, table
from eval.run import BadGold, run
from rag.settings import load

GOLD = Gold("甲.txt", "二/7", "实际办件比例达30%")
ASKED = Question("q", "factual", "比例多少？", (), True, (GOLD,), False, (("30%",),), "30%")
SILENT = Question("u", "unanswerable", "火星？", (), False, (), False, (), "")
RIGHT = Cited(frozenset({"甲.txt", "甲"}), "二、/7.", "7. 实际办件\n比例达３０％，实现")
OTHER = Cited(frozenset({"甲.txt", "甲"}), "二、/8.", "8. 优化监管")


def outcome(question: Question = ASKED, answer: str = "达30%[1]。", *cited: Cited, refused: bool = False) -> Outcome:
    return Outcome(question, answer, refused, cited, cited, 10.0)


def value(name: str, *outcomes: Outcome) -> float | None:
    return measured(outcomes, resamples=20)[name].value


@pytest.mark.parametrize(
    ("fact", "answer", "there"),
    [
        ("5", "15件", False), ("5", "5.2件", False), ("5", "0.5件", False), ("5", "共5件", True), ("5", "[5]", False),
        ("1000", "1,000件", True), ("35", "九个部分、35条[1]", True), ("162", "1620名", False), ("52", "52个", True),
        ("38个", "38 个窗口", True), ("30%", "达３０％", True), ("96.6%", "96.6％", True), ("市监察局", "市 监察局", True),
        ("苏府呈〔2022〕5号", "苏府呈〔2022〕5号[1]", True), ("在编", "编在", False),
    ],
)  # fmt: skip
def test_facts(fact: str, answer: str, there: bool) -> None:
    assert holds(fact, answer) is there


def test_a_mark_does_not_split_a_fact() -> None:
    assert holds("一律取消，做到", "一律取消[1]，做到")


def test_alternatives_and_all_facts() -> None:
    both = replace(ASKED, facts=(("5年", "五年"), ("30%",)))
    assert value("fact_accuracy", outcome(both, "五年，30%")) == 1
    assert value("fact_accuracy", outcome(both, "五年")) == 0
    assert value("fact_accuracy", outcome(both, "五年，30%", refused=True)) == 0
    assert value("fact_accuracy", outcome(replace(ASKED, facts=()), "")) is None


def test_a_citation_hits_by_quote_or_by_path() -> None:
    assert hits(RIGHT, GOLD)
    assert hits(replace(RIGHT, text="别的"), GOLD)
    assert hits(replace(RIGHT, path="三"), GOLD)
    assert not hits(replace(RIGHT, documents=frozenset({"乙.txt"})), GOLD)
    assert not hits(OTHER, GOLD)
    assert not hits(replace(RIGHT, text="别的"), replace(GOLD, clause=None))
    assert plain("附件/（三）/13．") == "附件/(三)/13"


def test_entries_of_one_clause_count_once() -> None:
    twice = replace(ASKED, gold=(GOLD, replace(GOLD, quote="另一句"), replace(GOLD, clause="三", quote="第三句")))
    assert len(wanted(twice)) == 2
    assert found(twice, [RIGHT]) == [True, False]
    assert found(replace(twice, any_gold=True), [RIGHT]) == [True]
    assert value("citation_recall", outcome(twice, "", RIGHT)) == 0.5


def test_precision_counts_citations_on_answerable_questions_only() -> None:
    assert value("citation_precision", outcome(ASKED, "", RIGHT, OTHER), outcome(SILENT, "", OTHER)) == 0.5
    assert value("citation_length", outcome(ASKED, "", RIGHT, OTHER)) == (len(RIGHT.text) + len(OTHER.text)) / 2


def test_refusals() -> None:
    four = [outcome(refused=True), outcome(), outcome(SILENT, refused=True), outcome(SILENT)]
    assert value("refusal_precision", *four) == 0.5
    assert value("refusal_recall", *four) == 0.5
    assert value("refusal_f1", *four) == 0.5


def test_retrieval() -> None:
    two = replace(ASKED, gold=(GOLD, Gold("甲.txt", "二/8", "优化监管")))
    ranked = Outcome(two, "", False, (), (OTHER, replace(OTHER, path="九", text="九"), RIGHT), 1.0)
    assert value("recall_at_1", ranked) == 0.5
    assert value("recall_at_5", ranked) == 1
    assert value("mrr_at_10", ranked) == 1
    assert value("mrr_at_10", replace(ranked, hits=ranked.hits[1:])) == 0.5


def test_systems_that_must_score_badly() -> None:
    refuses = [outcome(refused=True, answer="不作回答"), outcome(SILENT, "不作回答", refused=True)]
    assert (value("fact_accuracy", *refuses), value("citation_recall", *refuses)) == (0, 0)
    everything = [replace(OTHER, path=f"{i}", text=str(i)) for i in range(99)]
    assert value("citation_precision", outcome(ASKED, "", RIGHT, *everything)) == 0.01
    copies = outcome(ASKED, ASKED.question)
    assert value("fact_accuracy", copies) == 0


def test_two_runs_are_identical_and_the_interval_holds_the_value() -> None:
    outcomes = [outcome(ASKED, "30%", RIGHT), outcome(ASKED, "不知道", OTHER), outcome(SILENT, refused=True)] * 5
    assert measured(outcomes) == measured(outcomes)
    figure = measured(outcomes)["fact_accuracy"]
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= 0.5 <= figure.high
    assert tuple(measured(outcomes)) == NAMES


def test_f1_of_nothing() -> None:
    import numpy as np

    assert f1(np.zeros(3, bool), np.zeros(3, bool)) == 0


# A whole run ---------------------------------------------------------------------------------------------------

LINE = {
    "id": "a", "type": "direct", "question": "甲江市节水办法第二条怎么规定的？", "turns": None, "answerable": True,
    "gold": [{"doc": "甲.txt", "clause": "第二条", "quote": "单位用水实行计划管理"}], "facts": ["计划管理"], "answer": "计划管理",
}  # fmt: skip


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return written(
        tmp_path / "docs", 甲="甲江市节水办法\n第一条　为了节约用水，制定本办法。\n第二条　单位用水实行计划管理。"
    )


def gold_file(folder: Path, *lines: object) -> Path:
    path = folder / "gold.jsonl"
    text = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(text), encoding="utf-8")
    return path


def test_a_run(docs: Path, tmp_path: Path) -> None:
    silent = {
        **LINE,
        "id": "b",
        "type": "unanswerable",
        "question": "红烧肉怎么做好吃",
        "answerable": False,
        "gold": [],
        "facts": [],
    }
    gold = gold_file(tmp_path, LINE, silent)
    report = run(gold, docs, load({}, embedding="characters"), model=Characters())
    assert [row["right"] for row in report.questions] == [True, True]
    assert report.metrics["fact_accuracy"].value == 1
    assert report.metrics["refusal_f1"].value == 1
    assert "right: 2 of 2" in table(report)
    stored = json.loads(json.dumps(report.json()))
    assert set(stored["metrics"]) == set(NAMES)
    assert set(stored["by_type"]) == {"direct", "unanswerable"}
    assert "llm_key" not in stored["settings"]
    assert "<script" not in html(report)


def test_bad_lines_are_named_before_anything_is_asked(docs: Path, tmp_path: Path) -> None:
    lost = {**LINE, "id": "c", "gold": [{"doc": "乙.txt", "clause": None, "quote": "x"}]}
    wrong = {**LINE, "id": "d", "gold": [{"doc": "甲", "clause": None, "quote": "没有这句话"}]}
    gold = gold_file(tmp_path, LINE, "not json", LINE, {"id": "e"}, lost, wrong)
    settings = load({}, embedding="characters")
    with pytest.raises(BadGold) as refusal:
        run(gold, docs, settings, model=Characters())
    assert all(f"line {n}" in str(refusal.value) for n in (2, 3, 4, 5, 6))
    report = run(gold, docs, settings, model=Characters(), lenient=True)
    assert len(report.questions) == 1
    assert len(report.about["skipped"]) == 5


def test_read_keeps_line_numbers(tmp_path: Path) -> None:
    questions, faults = read(gold_file(tmp_path, "", LINE))
    assert [number for number, _ in questions] == [2]
    assert faults == []


@pytest.mark.parametrize("least", ["no_such_metric=1", "fact_accuracy=much", "fact_accuracy"])
def test_a_minimum_of_the_wrong_form_is_wrong_usage(least: str, docs: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    gold = gold_file(tmp_path, LINE)
    assert CliRunner().invoke(app, ["run", str(gold), "--docs", str(docs), "--min", least]).exit_code == 2
