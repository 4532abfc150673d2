"""eval: gold files and their faults, whole runs, the page, the command line."""

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from toys import Characters, written
from typer.testing import CliRunner

from eval.__main__ import app, main
from eval.gold import BadGold, Fault, Gold, NoQuestions, Question, placed, read, sources
from eval.metrics import NAMES
from eval.page import page as html
from eval.report import Report
from eval.run import run
from eval.table import table
from rag.settings import load

ROOT = Path(__file__).resolve().parent.parent
HERE = frozenset({"甲.txt"})

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
    assert [row["right"] for row in report.scores.questions] == [True, True]
    assert report.scores.metrics["fact_accuracy"].value == 1
    assert report.scores.metrics["refusal_f1"].value == 1
    assert "right: 2 of 2 (direct 1 of 1, unanswerable 1 of 1)" in table(report)
    row = report.scores.questions[0]
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
            del row["ms"], row["result"]["ms"], row["values"]["latency_p50_ms"], row["values"]["latency_p95_ms"]
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
    assert len(report.scores.questions) == 1
    assert len(report.about["skipped"]) == 5


def test_a_limit_takes_the_first_and_nothing_to_ask_is_an_error(docs: Path, tmp_path: Path) -> None:
    assert [row["id"] for row in scored(gold_file(tmp_path, REFUSED, LINE), docs, limit=1).scores.questions] == ["b"]
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
    assert "ask tiaomu 2/2" in done.stderr
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
