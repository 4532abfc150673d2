"""eval.answers: answers of any system, by the contract's form or as plain lines, documents by any of their names."""

import json
from pathlib import Path
from typing import Any

import pytest
from toys import written
from typer.testing import CliRunner

from eval.__main__ import app
from eval.answers import BadAnswers, NoAnswers, said, score
from eval.gold import BadGold
from eval.report import Report
from tests.endpoint import says, serving

TEXT = "甲江市节水办法\n甲府规〔2024〕3号\n第一条　为了节约用水，制定本办法。\n第二条　单位用水实行\n计划管理，超出部分加价50%。"
OLD = "甲江市节水办法\n甲府规〔2012〕9号\n第一条　为了节约用水，制定本办法。\n第二条　单位用水不限量。"
ASKED: dict[str, Any] = {
    "id": "a", "type": "factual", "question": "超出部分加价多少？", "answerable": True, "facts": ["50%"], "answer": "加价50%",
    "gold": [{"doc": "新.txt", "clause": "第二条", "quote": "超出部分加价50%"}],
}  # fmt: skip
SILENT = {
    **ASKED,
    "id": "b",
    "type": "unanswerable",
    "question": "水价多少？",
    "answerable": False,
    "gold": [],
    "facts": [],
}
CLAUSE = {"path": ["第二条"], "text": "第二条　单位用水实行\n计划管理，超出部分加价50%。"}
RIGHT: dict[str, Any] = {
    "id": "a", "question": "超出部分加价多少？", "answer": "加价50%[1]。", "refused": False, "reason": None, "model": "vendor-7b",
    "citations": [{"n": 1, "document": {"id": "x", "title": "甲江市节水办法", "source": "新.txt"}, "clause": CLAUSE,
                   "quote": "超出部分加价50%", "start": 1, "end": 9}],
    "claims": [], "notices": [], "ms": {"total": 12.5},
}  # fmt: skip
REFUSAL = {"id": "b", "answer": "没有找到。", "refused": True, "reason": "no_evidence", "citations": []}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return written(tmp_path / "docs", 新=TEXT, 旧=OLD)


def lines(path: Path, *rows: object) -> Path:
    text = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(text), encoding="utf-8")
    return path


def report(folder: Path, *rows: object, docs: Path | None = None, **more: Any) -> Report:
    gold = lines(folder / "gold.jsonl", ASKED, SILENT)
    more = {"is_refusal": lambda text: text.startswith("不知道"), **more}
    return score(lines(folder / "answers.jsonl", *rows), gold, docs=docs, **more)


def values(found: Report) -> dict[str, float | None]:
    names = ("fact_accuracy", "citation_recall", "citation_precision", "refusal_f1")
    return {name: found.scores.metrics[name].value for name in names}


@pytest.mark.parametrize("has_documents", [True, False])
def test_answers_of_the_contract(has_documents: bool, docs: Path, tmp_path: Path) -> None:
    found = report(tmp_path, RIGHT, REFUSAL, docs=docs if has_documents else None)
    assert set(values(found).values()) == {1.0}
    assert [row["right"] for row in found.scores.questions] == [True, True]
    assert found.scores.metrics["latency_p50_ms"].value == 12.5
    assert found.scores.metrics["recall_at_5"].n == 0  # what it searched is not told
    assert found.about["model"] == "vendor-7b"
    assert found.system == "answers"


def test_the_same_answers_give_the_same_figures(docs: Path, tmp_path: Path) -> None:
    first, second = (report(tmp_path, RIGHT, REFUSAL, docs=docs).json() for _ in range(2))
    del first["date"], second["date"]
    assert first == second


@pytest.mark.parametrize(
    ("document", "hits"),
    [
        ({"source": "新.txt"}, True), ({"source": "archive/2024/新.txt"}, True), ({"title": "新"}, True),
        ({"number": "甲府规〔2024〕3号"}, True), ({"number": "甲府规[2024]3号"}, False), ({"source": "旧.txt"}, False),
        ({"title": "甲江市节水办法"}, True),  # two have this title, one of them holds the text
        ({"title": "甲江市节水办法", "number": "甲府规〔2012〕9号"}, False), ({"title": "别的办法"}, False), ({}, False),
    ],
)  # fmt: skip
def test_documents_by_file_number_or_title(document: dict[str, str], hits: bool, docs: Path, tmp_path: Path) -> None:
    cited = {**RIGHT["citations"][0], "document": document}
    found = report(tmp_path, {**RIGHT, "citations": [cited]}, REFUSAL, docs=docs)
    assert found.scores.questions[0]["citation_hits"] == [hits]


def test_an_invented_text_is_worth_nothing_where_documents_are_there(docs: Path, tmp_path: Path) -> None:
    cited = {**RIGHT["citations"][0], "clause": {"path": ["第二条"], "text": "第二条 超出部分加价50%，并处罚款。"}}
    invented = {**RIGHT, "citations": [cited]}
    assert values(report(tmp_path, invented, REFUSAL, docs=docs))["citation_recall"] == 0  # whatever its path
    assert report(tmp_path, invented, REFUSAL, docs=docs).scores.metrics["citation_length"].value == 19
    assert report(tmp_path, invented, REFUSAL, docs=docs).about["unfounded"] == ["a"]
    assert values(report(tmp_path, invented, REFUSAL))["citation_recall"] == 1  # nobody could know


def test_a_clause_that_is_cited_again_counts_once(docs: Path, tmp_path: Path) -> None:
    other = {"document": {"source": "旧.txt"}, "clause": {"path": ["第二条"], "text": "第二条　单位用水不限量。"}}
    again = {**RIGHT, "citations": [RIGHT["citations"][0]] * 20 + [other]}
    found = report(tmp_path, again, REFUSAL, docs=docs)
    assert values(found)["citation_precision"] == 0.5
    assert [one["document"]["source"] for one in found.scores.questions[0]["result"]["citations"]] == [
        "新.txt",
        "旧.txt",
    ]


def test_a_citation_without_text_has_no_length(tmp_path: Path) -> None:
    cited = {"document": {"source": "新.txt"}, "clause": {"path": ["第二条"]}}
    found = report(tmp_path, {**RIGHT, "citations": [cited]}, REFUSAL)
    assert values(found)["citation_recall"] == 1
    assert found.scores.metrics["citation_length"].n == 0


def test_a_quote_stands_for_a_clause_that_is_not_given(docs: Path, tmp_path: Path) -> None:
    cited = {"document": {"source": "新.txt"}, "quote": "超出部分加价50%"}
    found = report(tmp_path, {"id": "a", "answer": "50%", "citations": [cited]}, REFUSAL, docs=docs)
    assert values(found)["citation_recall"] == 1


def test_plain_lines_have_no_citations_and_refuse_by_their_words(docs: Path, tmp_path: Path) -> None:
    found = report(tmp_path, {"id": "a", "answer": "加价50%"}, {"id": "b", "answer": "不知道"}, docs=docs)
    assert values(found) == {
        "fact_accuracy": 1.0, "citation_recall": 0.0, "citation_precision": None, "refusal_f1": 1.0
    }  # fmt: skip
    assert found.about["refusals_by_wording"] == 2
    told = report(tmp_path, {"id": "a", "answer": "不知道50%", "refused": False}, {"id": "b", "answer": "不知道"})
    assert values(told)["fact_accuracy"] == 1  # what a line says goes before its wording


def test_a_question_without_an_answer_is_wrong_and_told(docs: Path, tmp_path: Path) -> None:
    found = report(tmp_path, REFUSAL, docs=docs)
    assert found.about["unanswered"] == ["a"]
    assert values(found)["fact_accuracy"] == 0
    failed = report(tmp_path, {"id": "a", "error": "HTTP 500"}, REFUSAL, docs=docs)
    assert failed.about["failed"] == [{"path": "a", "error": "HTTP 500"}]
    assert values(failed)["fact_accuracy"] == 0


def test_what_cites_everything_refuses_everything_or_copies_the_question_scores_badly(
    docs: Path, tmp_path: Path
) -> None:
    everything = [
        {"document": {"source": name}, "clause": {"path": [label], "text": text}}
        for name, label, text in (
            ("新.txt", "第一条", "第一条　为了节约用水，制定本办法。"), ("新.txt", "第二条", CLAUSE["text"]),
            ("旧.txt", "第一条", "第一条　为了节约用水，制定本办法。"), ("旧.txt", "第二条", "第二条　单位用水不限量。"),
        )
    ]  # fmt: skip
    cites = report(tmp_path, *({"id": id, "answer": TEXT, "citations": everything} for id in "ab"), docs=docs)
    assert values(cites)["citation_precision"] == 0.25
    assert values(cites)["refusal_f1"] == 0
    refuses = report(tmp_path, *({"id": id, "answer": "不知道"} for id in "ab"), docs=docs)
    assert values(refuses)["fact_accuracy"] == 0
    assert refuses.scores.metrics["refusal_precision"].value == 0.5
    copies = report(
        tmp_path, {"id": "a", "answer": ASKED["question"]}, {"id": "b", "answer": SILENT["question"]}, docs=docs
    )
    assert [values(copies)[name] for name in ("fact_accuracy", "citation_recall", "refusal_f1")] == [0, 0, 0]


# Bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"id": "a"}, "neither answer nor error"), ("not json", "Expecting value"), ("[]", "not a JSON object"), ("[" * 100_000, "nested too deep"), ('{"answer": "x"}', "id"),
        ({"id": 3, "answer": "x"}, "id"), ({"id": "a", "answer": ["x"]}, "answer"), ({"id": "z", "answer": "x"}, "'z'"),
        ({"id": "b", "answer": "x"}, "line 1"), ({"id": "a", "answer": "x", "citations": "all"}, "citations"),
        ({"id": "a", "answer": "x", "citations": [{"clause": CLAUSE}]}, "document"), ({"id": "a", "refused": "perhaps"}, "refused"),
        ({"id": "a", "answer": "x", "citations": [{"document": {"source": 3}}]}, "source"), ({"id": "a", "answer": "x", "ms": {"total": "fast"}}, "total"),
        ('{"id": "a", "answer": "\\ud800"}', "surrogate"), ({"id": "a", "answer": "x", "ms": {"total": -1}}, "total"),
        ('{"id": "a", "answer": "x", "ms": {"total": NaN}}', "total"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_its_number(line: object, reason: str, tmp_path: Path) -> None:
    found, faults = said(lines(tmp_path / "answers.jsonl", REFUSAL, "", line), ["a", "b"])
    assert [one.id for one in found] == ["b"]
    assert [fault.line for fault in faults] == [3]
    assert reason in faults[0].reason
    assert "\n" not in faults[0].reason


def test_bad_lines_stop_it_or_are_left_out_and_counted(docs: Path, tmp_path: Path) -> None:
    with pytest.raises(BadAnswers) as refusal:
        report(tmp_path, RIGHT, "bad", {"id": "z"}, docs=docs)
    assert [fault.line for fault in refusal.value.faults] == [2, 3]
    found = report(tmp_path, RIGHT, "bad", {"id": "z"}, docs=docs, lenient=True)
    assert [line.split(":")[0] for line in found.about["skipped"]] == ["answers.jsonl line 2", "answers.jsonl line 3"]
    assert found.about["unanswered"] == ["b"]


def test_an_empty_file_is_an_error(docs: Path, tmp_path: Path) -> None:
    with pytest.raises(NoAnswers):
        report(tmp_path, docs=docs)


def test_bad_gold_is_named_first(docs: Path, tmp_path: Path) -> None:
    gold = lines(tmp_path / "gold.jsonl", {**ASKED, "gold": [{**ASKED["gold"][0], "quote": "没有这句话"}]}, SILENT)
    with pytest.raises(BadGold):
        score(lines(tmp_path / "answers.jsonl", REFUSAL), gold, docs=docs, is_refusal=bool)
    found = score(lines(tmp_path / "answers.jsonl", REFUSAL), gold, docs=docs, is_refusal=bool, lenient=True)
    assert [row["id"] for row in found.scores.questions] == ["b"]


# The command line ----------------------------------------------------------------------------------------------


def called(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["answers", *map(str, arguments)])


def test_the_command(docs: Path, tmp_path: Path) -> None:
    gold = lines(tmp_path / "gold.jsonl", ASKED, SILENT)
    given = lines(tmp_path / "vendor.jsonl", RIGHT, REFUSAL)
    done = called(
        given, gold, "--docs", docs, "--out", tmp_path / "out", "--name", "甲公司", "--min", "fact_accuracy=1"
    )
    assert done.exit_code == 0
    assert "right: 2 of 2" in done.stdout
    stored = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert stored["system"] == "甲公司"
    assert "甲公司" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert called(given, gold, "--min", "citation_precision=1.1").exit_code == 1


def test_what_was_not_answered_is_told(docs: Path, tmp_path: Path) -> None:
    gold = lines(tmp_path / "gold.jsonl", ASKED, SILENT)
    done = called(lines(tmp_path / "vendor.jsonl", REFUSAL), gold, "--docs", docs)
    assert done.exit_code == 0
    assert "没有回答 unanswered: 1: a" in done.stderr


def test_a_chat_endpoint_is_asked(docs: Path, tmp_path: Path) -> None:
    gold = lines(tmp_path / "gold.jsonl", {**ASKED, "turns": ["谁管用水？"]}, SILENT)
    replies = [says("归水务局管。"), says("加价50%。"), says("资料中没有提到水价。")]
    with serving(*replies) as endpoint:
        done = called(endpoint.url, gold, "--docs", docs, "--model", "vendor", "--out", tmp_path / "out")
    assert (done.exit_code, done.stderr.count("Traceback")) == (0, 0)
    stored = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert stored["system"] == "vendor"
    assert stored["metrics"]["fact_accuracy"]["value"] == 1
    assert stored["metrics"]["refusal_f1"]["value"] == 1
    assert stored["metrics"]["citation_recall"]["value"] == 0
    asked = [[one["content"] for one in request["messages"]] for request in endpoint.requests]
    assert asked[1] == ["谁管用水？", "归水务局管。", "超出部分加价多少？"]
    assert called(endpoint.url, gold).exit_code == 2  # which model?
