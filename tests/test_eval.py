"""eval: answers scored by hand for every rule, systems that must score badly, whole runs and the command line."""

import doctest
import json
import random
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import Characters, written
from typer.testing import CliRunner

import eval.gold
import eval.metrics
import eval.report
from eval.__main__ import app, main
from eval.gold import BadGold, Fault, Gold, NoQuestions, Question, placed, read, sources
from eval.metrics import NAMES, Cited, Figure, Outcome, agrees, figure, holds, measured, plain, ranks, wanted
from eval.report import html, table
from eval.run import Report, run
from rag.settings import load

ROOT = Path(__file__).resolve().parent.parent
HERE = frozenset({"甲.txt"})
GOLD = Gold("甲.txt", "二/7", "实际办件比例达30%", HERE)
ASKED = Question("q", "factual", "比例多少？", gold=(GOLD,), facts=(("30%",),), answer="30%")
SILENT = Question("u", "unanswerable", "火星？", answerable=False)
RIGHT = Cited("甲.txt", "二、/7.", "7. 实际办件\n比例达３０％，实现")
OTHER = Cited("甲.txt", "二、/8.", "8. 优化监管")


def outcome(question: Question = ASKED, answer: str = "达30%[1]。", *cited: Cited, refused: bool = False) -> Outcome:
    return Outcome(question, answer, refused, cited, cited, 10.0)


def value(name: str, *outcomes: Outcome) -> float | None:
    return measured(outcomes)[name].value


@pytest.mark.parametrize("module", [eval.gold, eval.metrics, eval.report], ids=lambda module: module.__name__)
def test_the_worked_examples(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0


# Facts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "answer", "there"),
    [
        ("5", "15件", False), ("5", "5.2件", False), ("5", "0.5件", False), ("5", "5,000件", False), ("5", "共5件", True),
        ("5", "[5]", False), ("5", "1.5.2", False), ("000", "5,000", False), ("5", "50", False), ("5", "达到5。", True),
        ("5", "5、6两月", True), ("5", "5，6两月", True), ("38", "窗口38，52项", True), ("52", "窗口38，52项", True),
        ("5,000", "约5,000元", True), ("5000", "5,000元", False), ("0.5", "0.5个", True), ("0.5", "10.5个", False),
        ("35", "九个部分、35条[1]", True), ("162", "1620名", False), ("52", "52个", True), ("5", "2022.5", False),
        ("38个", "38 个窗口", True), ("30%", "达３０％", True), ("96.6%", "96.6％", True), ("市监察局", "市 监察\n局", True),
        ("苏府呈〔2022〕5号", "苏府呈〔2022〕5号[1]", True), ("在编", "编在", False), ("5", "５", True),
    ],
)  # fmt: skip
def test_facts(fact: str, answer: str, there: bool) -> None:
    assert holds(fact, answer) is there


def test_a_mark_does_not_split_a_fact() -> None:
    assert holds("一律取消，做到", "一律取消[1]，做到")
    assert holds("取消做到", "取消[1][12]做到")


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_number_is_found_as_itself_and_in_no_other(asked: int, said: int) -> None:
    assert holds(str(asked), f"共有{said}件") is (asked == said)


def test_all_facts_are_needed_and_one_alternative_of_each() -> None:
    both = replace(ASKED, facts=(("5年", "五年"), ("30%",)))
    assert value("fact_accuracy", outcome(both, "五年，30%")) == 1
    assert value("fact_accuracy", outcome(both, "五年")) == 0
    assert value("fact_accuracy", outcome(both, "30%")) == 0


def test_a_refusal_misses_its_facts_and_a_question_without_facts_does_not_count() -> None:
    assert value("fact_accuracy", outcome(ASKED, "不是30%吗", refused=True)) == 0
    assert value("fact_accuracy", outcome(replace(ASKED, facts=()), "")) is None
    assert value("fact_accuracy", outcome(replace(SILENT, facts=(("x",),)), "x")) is None


# Citations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cited", "gold", "hit"),
    [
        (RIGHT, GOLD, True),
        (replace(RIGHT, text="别的"), GOLD, True),  # by its path alone
        (replace(RIGHT, path="三、"), GOLD, True),  # by its quote alone
        (replace(RIGHT, source="乙.txt"), GOLD, False),
        (OTHER, GOLD, False),
        (replace(RIGHT, path="二、", text="别的"), GOLD, False),
        (replace(RIGHT, path="二、/7./（一）", text="别的"), GOLD, False),
        (replace(RIGHT, text="别的"), replace(GOLD, clause=None), False),
        (RIGHT, replace(GOLD, clause=None), True),
        (Cited("甲.txt", "header", "别的"), replace(GOLD, clause="header"), True),
        (Cited("甲.txt", "footer", "别的"), replace(GOLD, clause="header"), False),
        (RIGHT, replace(GOLD, sources=frozenset()), False),
    ],
)
def test_a_citation_hits_by_quote_or_by_path_in_the_same_document(cited: Cited, gold: Gold, hit: bool) -> None:
    assert agrees(cited, gold) is hit


@pytest.mark.parametrize(
    ("path", "normal"),
    [("一、/(一)/三是", "一/(一)/三是"), ("附件/（三）/13．", "附件/(三)/13"), ("第 三 条", "第三条"), ("１：", "1")],
)
def test_labels_in_normal_form(path: str, normal: str) -> None:
    assert plain(path) == normal == plain(normal)


def test_brackets_tell_labels_apart() -> None:
    assert plain("（一）") != plain("一")


def test_entries_of_one_clause_count_once() -> None:
    twice = replace(ASKED, gold=(GOLD, replace(GOLD, quote="另一句"), replace(GOLD, clause="三", quote="第三句")))
    assert [len(group) for group in wanted(twice)] == [2, 1]
    assert ranks(twice, [RIGHT]) == [1, None]
    assert value("citation_recall", outcome(twice, "", RIGHT)) == 0.5
    second = replace(RIGHT, path="九", text="另一句")
    assert value("citation_recall", outcome(twice, "", second)) == 0.5


def test_one_of_any_gold_is_enough() -> None:
    either = replace(ASKED, gold=(GOLD, replace(GOLD, clause="三", quote="第三句")), any_gold=True)
    assert value("citation_recall", outcome(either, "", RIGHT)) == 1
    assert value("recall_at_1", outcome(either, "", RIGHT)) == 1
    assert value("citation_recall", outcome(either, "", OTHER)) == 0


def test_recall_is_a_share_of_clauses_and_retrieval_a_mean_of_questions() -> None:
    two = replace(ASKED, gold=(GOLD, Gold("甲.txt", "九", "没有", HERE)))
    pair = [outcome(two, "", RIGHT), outcome(ASKED, "", RIGHT)]
    assert value("citation_recall", *pair) == 2 / 3
    assert value("recall_at_1", *pair) == 0.75


def test_precision_counts_citations_on_answerable_questions_only() -> None:
    assert value("citation_precision", outcome(ASKED, "", RIGHT, OTHER), outcome(SILENT, "", OTHER)) == 0.5
    assert value("citation_precision", outcome(ASKED, "")) is None
    assert value("citation_length", outcome(ASKED, "", RIGHT, OTHER)) == (len(RIGHT.text) + len(OTHER.text)) / 2


# Refusals, retrieval -------------------------------------------------------------------------------------------


def test_refusals() -> None:
    five = [outcome(refused=True), outcome(), outcome(SILENT, refused=True), outcome(SILENT), outcome(SILENT)]
    assert value("refusal_precision", *five) == 1 / 2
    assert value("refusal_recall", *five) == 1 / 3
    assert value("refusal_f1", *five) == pytest.approx(2 / (1 / (1 / 2) + 1 / (1 / 3)))


def test_refusals_of_nothing_have_no_value() -> None:
    assert [value(name, outcome()) for name in ("refusal_precision", "refusal_recall", "refusal_f1")] == [None] * 3
    assert value("refusal_f1", outcome(SILENT)) == 0


def test_retrieval() -> None:
    two = replace(ASKED, gold=(GOLD, Gold("甲.txt", "二/8", "优化监管", HERE)))
    ranked = Outcome(two, hits=(OTHER, replace(OTHER, path="九", text="九"), RIGHT))
    assert value("recall_at_1", ranked) == 0.5
    assert value("recall_at_5", ranked) == 1
    assert value("mrr_at_10", ranked) == 1
    assert value("mrr_at_10", replace(ranked, hits=ranked.hits[1:])) == 0.5


def test_depths_are_kept() -> None:
    far = Outcome(ASKED, hits=(*[OTHER] * 10, RIGHT))
    assert [value(f"recall_at_{k}", far) for k in (1, 5, 10, 100)] == [0, 0, 0, 1]
    assert value("mrr_at_10", far) == 0
    assert value("mrr_at_10", replace(far, hits=far.hits[1:])) == 0.1


def test_latency() -> None:
    outcomes = [replace(outcome(), ms=float(ms)) for ms in range(1, 102)]
    assert value("latency_p50_ms", *outcomes) == 51
    assert value("latency_p95_ms", *outcomes) == 96


def test_systems_that_must_score_badly() -> None:
    refuses = [outcome(refused=True, answer="不作回答"), outcome(SILENT, "不作回答", refused=True)]
    assert (value("fact_accuracy", *refuses), value("citation_recall", *refuses)) == (0, 0)
    assert value("refusal_precision", *refuses) == 0.5
    everything = [replace(OTHER, path=f"{i}", text=str(i)) for i in range(99)]
    assert value("citation_precision", outcome(ASKED, "", RIGHT, *everything)) == 0.01
    whole = Cited("甲.txt", "二", RIGHT.text + "略" * 5000)
    assert value("citation_recall", outcome(ASKED, "", whole)) == 1
    assert value("citation_length", outcome(ASKED, "", whole)) == len(whole.text)  # what gives it away
    answers = [outcome(SILENT, "共30%"), outcome(ASKED, ASKED.question)]
    assert value("refusal_recall", *answers) == 0
    assert value("fact_accuracy", *answers) == 0


# Figures -------------------------------------------------------------------------------------------------------


def test_two_runs_are_identical_and_the_interval_holds_the_value() -> None:
    outcomes = [outcome(ASKED, "30%", RIGHT), outcome(ASKED, "不知道", OTHER), outcome(SILENT, refused=True)] * 5
    assert measured(outcomes) == measured(outcomes)
    assert tuple(measured(outcomes)) == NAMES
    found = measured(outcomes)["fact_accuracy"]
    assert found == Figure(0.5, found.low, found.high, 10)
    assert found.low is not None
    assert found.high is not None
    assert 0.1 <= found.low < 0.5 < found.high <= 0.9


def test_a_figure_does_not_depend_on_the_others() -> None:
    """A new metric may not move the intervals of the rest: each draws for itself."""
    outcomes = [outcome(ASKED, "30%", RIGHT), outcome(ASKED, "", OTHER), outcome(SILENT)] * 3
    alone = figure(map(eval.metrics.mrr_at_10, outcomes), lambda values: float(values.mean()))
    assert measured(outcomes)["mrr_at_10"] == alone


def test_intervals_come_from_questions_as_a_plain_resampling_does() -> None:
    values = [[1.0] * 9, [0.0], [1.0], [0.0] * 4, [1.0, 0.0], [1.0]]
    drawn = []
    source = random.Random(1)
    for _ in range(20_000):
        taken = [one for values_of in source.choices(values, k=len(values)) for one in values_of]
        drawn.append(sum(taken) / len(taken))
    drawn.sort()
    found = figure(values, lambda taken: float(taken.mean()), resamples=4000)
    assert found.n == 6
    assert found.value == pytest.approx(12 / 18)
    assert found.low == pytest.approx(drawn[500], abs=0.03)
    assert found.high == pytest.approx(drawn[19_500], abs=0.03)


def test_a_run_without_outcomes_has_no_values() -> None:
    assert set(measured([]).values()) == {Figure(None, None, None, 0)}


# Gold files ----------------------------------------------------------------------------------------------------

LINE: dict[str, Any] = {
    "id": "a", "type": "direct", "question": "甲江市节水办法第二条怎么规定的？", "turns": None, "answerable": True,
    "gold": [{"doc": "甲.txt", "clause": "第二条", "quote": "单位用水实行计划管理"}], "facts": ["计划管理"], "answer": "计划管理",
}  # fmt: skip
REFUSED = {**LINE, "id": "b", "type": "unanswerable", "question": "红烧肉怎么做好吃", "answerable": False, "gold": [], "facts": []}  # fmt: skip
TEXT = "甲江市节水办法\n第一条　为了节约用水，制定本办法。\n第二条　单位用水实行\n计划管理。"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return written(tmp_path / "docs", 甲=TEXT)


def gold_file(folder: Path, *lines: object) -> Path:
    path = folder / "gold.jsonl"
    text = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(text), encoding="utf-8")
    return path


def test_read_keeps_line_numbers_and_fields(tmp_path: Path) -> None:
    questions, faults = read(gold_file(tmp_path, "", {**LINE, "facts": ["x", ["y", "z"]], "turns": ["先问"]}))
    assert faults == []
    ((number, question),) = questions
    assert number == 2
    assert question.facts == (("x",), ("y", "z"))
    assert question.turns == ("先问",)
    assert question.gold == (Gold("甲.txt", "第二条", "单位用水实行计划管理"),)


def test_a_byte_order_mark_and_windows_lines_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(LINE).encode() + b"\r\n\r\n")
    assert [len(part) for part in read(path)] == [1, 0]


GOLD_OF_LINE = LINE["gold"][0]


@pytest.mark.parametrize(
    "line",
    [
        "not json", "[]", "null", "3", "[" * 100_000, '"text"', json.dumps({"id": "e"}),
        {**LINE, "answerable": "yes"}, {**LINE, "question": " "}, {**LINE, "id": ""}, {**LINE, "id": 3},
        {**LINE, "gold": []}, {**LINE, "gold": "甲.txt"}, {**LINE, "gold": ["甲.txt"]},
        {**LINE, "gold": [{**GOLD_OF_LINE, "quote": ""}]}, {**LINE, "gold": [{**GOLD_OF_LINE, "quote": None}]},
        {**LINE, "gold": [{**GOLD_OF_LINE, "clause": 3}]}, {**LINE, "gold": [{"clause": None, "quote": "x"}]},
        {**LINE, "facts": "计划管理"}, {**LINE, "facts": [[]]}, {**LINE, "facts": [""]}, {**LINE, "facts": [3]},
        {**LINE, "turns": "先问"}, {**LINE, "turns": [None]}, {**LINE, "any_gold": 1}, {**LINE, "question": "长" * 2001},
    ],
)  # fmt: skip
def test_a_bad_line_is_a_fault_with_its_number(line: object, tmp_path: Path) -> None:
    questions, faults = read(gold_file(tmp_path, REFUSED, line))
    assert len(questions) == 1
    assert [fault.line for fault in faults] == [2]
    assert "\n" not in str(faults[0])


def test_bytes_that_are_no_text_and_an_id_twice_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\xff\xfe\n" + json.dumps(LINE).encode() + b"\n" + json.dumps(LINE).encode())
    questions, faults = read(path)
    assert [number for number, _ in questions] == [2]
    assert [fault.line for fault in faults] == [1, 3]
    assert faults[1] == Fault(3, "the id 'a' stands in line 2 already")


def where(doc: str, quote: str, docs: Path) -> tuple[frozenset[str], list[str]]:
    """The sources of a gold entry and its faults."""
    question = Question("q", "factual", "?", gold=(Gold(doc, None, quote),))
    ((_, found),), faults = placed([(7, question)], sources(docs))
    return found.gold[0].sources, [str(fault) for fault in faults]


@pytest.mark.parametrize("name", ["甲.txt", "甲", "甲江市节水办法", " 甲江市 节水办法"])
def test_documents_by_file_name_and_title(name: str, docs: Path) -> None:
    assert where(name, "单位用水实行计划管理", docs) == (HERE, [])


def test_a_law_by_its_short_name(tmp_path: Path) -> None:
    docs = written(tmp_path, 中华人民共和国节水法="中华人民共和国节水法\n第一条　一\n第二条　二")
    source = frozenset({"中华人民共和国节水法.txt"})
    for name in ("节水法", "中华人民共和国节水法", "节水法.txt"):
        assert where(name, "第二条 二", docs) == (source, [])
    assert where("水法", "第二条 二", docs)[0] == frozenset()


def test_a_law_by_its_long_name(tmp_path: Path) -> None:
    docs = written(tmp_path, 节水法="节水法\n第一条　一\n第二条　二")
    assert where("中华人民共和国节水法", "二", docs) == (frozenset({"节水法.txt"}), [])


def test_of_two_versions_of_one_name_the_one_with_the_quote_is_meant(tmp_path: Path) -> None:
    old, new = (f"甲江市节水办法\n第一条　为了节约用水，制定本办法。\n第二条　罚款{n}元。" for n in ("五百", "一千"))
    docs = written(tmp_path, 旧=old, 新=new)
    assert where("甲江市节水办法", "罚款一千元", docs) == (frozenset({"新.txt"}), [])
    assert where("甲江市节水办法", "为了节约用水", docs) == (frozenset({"旧.txt", "新.txt"}), [])


def test_a_document_or_quote_that_is_not_there_is_a_fault(docs: Path) -> None:
    assert where("乙.txt", "x", docs) == (frozenset(), ["line 7: q: no document '乙.txt'"])
    assert where("甲", "没有这句话", docs) == (frozenset(), ["line 7: q: the quote is not in '甲': '没有这句话'"])


# A whole run ---------------------------------------------------------------------------------------------------


def scored(gold: Path, docs: Path, **more: Any) -> Report:
    return run(gold, docs, load({}, embedding="characters"), model=Characters(), **more)


def test_a_run(docs: Path, tmp_path: Path) -> None:
    report = scored(gold_file(tmp_path, LINE, REFUSED), docs)
    assert [row["right"] for row in report.questions] == [True, True]
    assert report.metrics["fact_accuracy"].value == 1
    assert report.metrics["refusal_f1"].value == 1
    assert "right: 2 of 2 (direct 1 of 1, unanswerable 1 of 1)" in table(report)
    row = report.questions[0]
    assert row["gold_ranks"] == [1]
    assert row["citation_hits"][0] is True
    assert (row["missed_facts"], row["missed_gold"]) == ([], [])
    stored = json.loads(json.dumps(report.json()))
    assert set(stored["metrics"]) == set(NAMES)
    assert set(stored["by_type"]) == {"direct", "unanswerable"}
    assert all(set(figures) == set(NAMES) for figures in stored["by_type"].values())
    assert set(stored["metrics"]["fact_accuracy"]) == {"value", "low", "high", "n"}


def test_two_runs_give_the_same_but_for_time(docs: Path, tmp_path: Path) -> None:
    gold = gold_file(tmp_path, LINE, REFUSED)
    first, second = (scored(gold, docs, index=tmp_path / "index").json() for _ in range(2))
    for stored in (first, second):
        del stored["date"]
        for figures in (stored["metrics"], *stored["by_type"].values()):
            del figures["latency_p50_ms"], figures["latency_p95_ms"]
        for row in stored["questions"]:
            del row["ms"], row["result"]["ms"]
    assert first == second


def test_secrets_stay_out_of_the_report(docs: Path, tmp_path: Path) -> None:
    settings = load({}, embedding="characters", llm_key="geheim", llm_url="http://ich:geheim@127.0.0.1:9/v1?k=geheim")
    # the refused question asks no model
    report = run(gold_file(tmp_path, REFUSED), docs, settings, model=Characters())
    assert report.about["settings"]["llm_url"] == "http://127.0.0.1:9/v1"
    assert "geheim" not in json.dumps(report.json()) + html(report)


def test_bad_lines_are_named_before_anything_is_asked(docs: Path, tmp_path: Path) -> None:
    lost = {**LINE, "id": "c", "gold": [{"doc": "乙.txt", "clause": None, "quote": "x"}]}
    wrong = {**LINE, "id": "d", "gold": [{"doc": "甲", "clause": None, "quote": "没有这句话"}]}
    gold = gold_file(tmp_path, LINE, "not json", LINE, {"id": "e"}, lost, wrong)
    stages: list[str] = []
    with pytest.raises(BadGold) as refusal:
        scored(gold, docs, index=tmp_path / "index", progress=lambda stage, _done, _total: stages.append(stage))
    assert [fault.line for fault in refusal.value.faults] == [2, 3, 4, 5, 6]
    assert set(stages) == {"check"}
    assert not (tmp_path / "index").exists()
    report = scored(gold, docs, lenient=True)
    assert len(report.questions) == 1
    assert len(report.about["skipped"]) == 5


def test_a_limit_takes_the_first_and_nothing_to_ask_is_an_error(docs: Path, tmp_path: Path) -> None:
    assert [row["id"] for row in scored(gold_file(tmp_path, REFUSED, LINE), docs, limit=1).questions] == ["b"]
    with pytest.raises(NoQuestions):
        scored(gold_file(tmp_path, "not json"), docs, lenient=True)


def test_an_unreadable_document_is_listed(docs: Path, tmp_path: Path) -> None:
    (docs / "坏.pdf").write_bytes(b"%PDF-1.4 no more")
    report = scored(gold_file(tmp_path, LINE), docs)
    assert [one["path"].endswith("坏.pdf") for one in report.about["failed"]] == [True]


# The page ------------------------------------------------------------------------------------------------------


class Balance(HTMLParser):
    """The elements of a page; an end that closes another element than the last fails."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not any(name.startswith(("on", "src", "href")) for name, _ in attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_escapes_all_and_shows_wrong_answers_only(docs: Path, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    wrong = {**LINE, "id": hostile, "type": hostile, "facts": [hostile], "answer": hostile}
    page = html(scored(gold_file(tmp_path, REFUSED, wrong), docs))
    parsed = Balance()
    parsed.feed(page)
    assert parsed.open == []
    assert {"script", "img", "link"} & set(parsed.seen) == set()
    assert parsed.seen.count("article") == 1
    assert "缺事实" in page
    assert "&lt;script&gt;" in page


# The command line ----------------------------------------------------------------------------------------------


def called(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["run", *map(str, arguments)])


@pytest.mark.parametrize(
    "least", ["no_such_metric=1", "fact_accuracy=much", "fact_accuracy", "fact_accuracy=nan", "=1", "refusal_f1=inf"]
)
def test_a_minimum_of_the_wrong_form_is_wrong_usage(least: str, docs: Path, tmp_path: Path) -> None:
    assert called(gold_file(tmp_path, LINE), "--docs", docs, "--min", least).exit_code == 2


def test_wrong_usage(docs: Path, tmp_path: Path) -> None:
    gold = gold_file(tmp_path, LINE)
    assert called(gold).exit_code == 2
    assert called(gold, "--docs", docs, "--limit", 0).exit_code == 2
    assert CliRunner().invoke(app, ["no-such-command"]).exit_code == 2


@pytest.fixture
def toy_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line with the toy embedder in place of the default model."""
    monkeypatch.setattr("eval.run.embedder", lambda _settings: Characters())


@pytest.mark.usefixtures("toy_model")
def test_the_command_writes_its_report_and_keeps_its_index(docs: Path, tmp_path: Path) -> None:
    gold, out = gold_file(tmp_path, LINE, REFUSED), tmp_path / "out" / "deep"
    done = called(gold, "--docs", docs, "--out", out, "--index", tmp_path / "index", "--min", "fact_accuracy=1")
    assert done.exit_code == 0
    assert done.stdout.startswith("metric")
    assert "ask 2/2" in done.stderr
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["metrics"]["fact_accuracy"]["value"] == 1
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "index" / "CURRENT").exists()


@pytest.mark.usefixtures("toy_model")
def test_a_missed_minimum_is_named(docs: Path, tmp_path: Path) -> None:
    gold = gold_file(tmp_path, {**LINE, "facts": ["别的"]})
    done = called(gold, "--docs", docs, "--min", "fact_accuracy=0.9", "--min", "refusal_f1=0", "--min", "recall_at_5=0")
    assert done.exit_code == 1
    assert "fact_accuracy 0.0000 < 0.9" in done.stderr
    assert "refusal_f1 – < 0" in done.stderr
    assert "recall_at_5" not in done.stderr


@pytest.mark.usefixtures("toy_model")
def test_lenient_shows_the_count(docs: Path, tmp_path: Path) -> None:
    done = called(gold_file(tmp_path, LINE, "not json"), "--docs", docs, "--lenient")
    assert done.exit_code == 0
    assert "skipped: 1" in done.stderr
    assert "line 2:" in done.stderr


def failing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> list[str]:
    """The lines on standard error of a call that ends with exit status 1."""
    monkeypatch.setattr(sys, "argv", ["eval", "run", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    return capsys.readouterr().err.splitlines()


def test_an_error_is_one_line(
    docs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = gold_file(tmp_path, LINE)
    assert len(failing(capsys, monkeypatch, tmp_path / "none.jsonl", "--docs", docs)) == 1
    assert len(failing(capsys, monkeypatch, gold, "--docs", tmp_path / "none")) == 1
    assert len(failing(capsys, monkeypatch, tmp_path, "--docs", docs)) == 1  # a folder is no gold file
    assert len(failing(capsys, monkeypatch, gold, "--docs", docs, "--out", gold)) == 1


def test_every_fault_is_named_before_the_line(
    docs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = failing(capsys, monkeypatch, gold_file(tmp_path, *["bad"] * 30, LINE), "--docs", docs)
    faults = [line for line in lines if line.startswith("line ")]
    assert [int(line.split(":")[0].removeprefix("line ")) for line in faults] == list(range(1, 31))
    assert "30" in lines[-1]
    assert "--lenient" in lines[-1]


def test_help_starts_without_the_heavy_parts() -> None:
    script = "import runpy, sys; sys.argv = ['eval', 'run', '--help']\n"
    script += "try: runpy.run_module('eval', run_name='__main__')\n"
    script += "except SystemExit: print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", cwd=ROOT, check=True)
    assert "--lenient" in done.stdout
    assert {"torch", "faiss", "numpy", "langchain", "sentence_transformers", "bm25s"} & {*done.stderr.split()} == set()


@pytest.mark.model
def test_the_command_with_the_default_model(docs: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eval", "run", gold_file(tmp_path, LINE, REFUSED), "--docs", docs]
    done = subprocess.run(
        [*map(str, command), "--min", "recall_at_1=1"], capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    assert "recall_at_1            1.000" in done.stdout
