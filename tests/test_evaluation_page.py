"""The page of evaluations: figures in words and plots, wrong answers beside their gold, everything escaped."""

import json
import os
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from toys import Characters, written

from eval.metrics import NAMES
from eval.run import run
from page import evaluation, words
from page.words.evaluation import EvaluationWords, of
from page.words.records import RecordWords
from page.words.records import of as of_records
from rag import errors
from rag.settings import load
from tests.standin import HOSTILE
from tests.test_page import Elements

ROOT = Path(__file__).resolve().parent.parent
ZH, EN = words.of("zh"), words.of("en")
FIGURE = {"value": 0.75, "low": 0.5, "high": 1.0, "n": 4}


def question(**given: object) -> dict[str, Any]:
    citation = {
        "n": 1,
        "document": {"title": "甲办法", "source": "甲.txt"},
        "clause": {"path": ["第二章", "第二条"], "text": "…"},
        "quote": "按市场租金的60%",
    }
    right = {
        **{"id": "a", "type": "factual", "question": "租金多少？", "turns": [], "answerable": True, "right": True},
        **{
            "reference": "六成",
            "facts": [["60%"]],
            "gold": [{"doc": "甲.txt", "clause": "二/（三）", "quote": "六成"}],
        },
        "result": {"answer": "60%[1]", "refused": False, "reason": None, "citations": [citation]},
        **{"citation_hits": [True], "missed_facts": [], "missed_gold": [], "gold_ranks": [1], "hits": [], "ms": 3.0},
    }
    return {**right, **given}


def report(*questions: dict[str, Any], **given: object) -> dict[str, Any]:
    return {
        **{"metrics": {"fact_accuracy": FIGURE}, "by_type": {"factual": {"fact_accuracy": FIGURE}}},
        **{"questions": [*questions], "gold": "sample.jsonl", "date": "2026-01-05T08:00:00+00:00", "commit": "1b198dd"},
        **{"model": "extractive", "embedding": "characters@1", "generation": 1, "versions": {"python": "3.11.7"}},
        **{"counts": {"documents": 8, "clauses": 450}, "skipped": [], "failed": [], "settings": {}},
        **given,
    }


def saved(folder: Path, name: str, content: object, age: int = 0) -> Path:
    (folder / name).mkdir(parents=True)
    path = folder / name / "report.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def part(html: str, name: str) -> str:
    start = html.index(f'<section class="{name}">')
    return html[start : html.index("</section>", start)] + "</section>"


# What was measured ---------------------------------------------------------------------------------------------


def test_the_page_says_what_was_measured_on_what(tmp_path: Path) -> None:
    saved(tmp_path, "sample", report(question(), question(right=False)))
    shown = Elements(evaluation.body(tmp_path, ZH)).text
    assert "2 道题，1 道全对" in shown
    assert "时间2026-01-05 08:00:00 UTC题目sample.jsonl回答方式原文摘录，不用语言模型" in shown
    assert "程序版本1b198dd索引1 · 8 份文件、450 个条目运行环境python 3.11.7" in shown
    assert "各次评测" not in shown


def test_a_figure_is_a_row_with_its_plot_its_interval_and_its_questions(tmp_path: Path) -> None:
    saved(tmp_path, "sample", report(question()))
    html = evaluation.body(tmp_path, ZH)
    row = html[html.index('<tbody role="rowgroup">') + 23 : html.index("</tr>", html.index("<tbody"))]
    assert row == (
        '<tr role="row"><th scope="row" role="rowheader">要点齐全<small>回答里标准答案的每个要点都在的题，占多少</small></th>'
        '<td role="cell" class="plot"><svg role="img" viewBox="0 0 101 15" preserveAspectRatio="none">'
        "<title>要点齐全 75% 50% 至 100%</title>"
        '<rect class="track" x="0" y="1" width="100" height="7"/><rect class="bar" x="0" y="1" width="75.00" height="7"/>'
        '<rect class="interval" x="50.00" y="11" width="50.00" height="1"/>'
        '<rect class="interval" x="50.00" y="9" width=".8" height="5"/>'
        '<rect class="interval" x="100.00" y="9" width=".8" height="5"/></svg></td>'
        '<td role="cell" class="value"><b>75%</b><small>50% 至 100%</small></td>'
        '<td role="cell" class="n"><span class="unit">题数 </span>4</td>'
    )


@pytest.mark.parametrize(
    ("name", "figure", "told"),
    [
        ("latency_p50_ms", {"value": 33.4, "low": 31.0, "high": 36.2, "n": 96}, "33 毫秒31 毫秒 至 36 毫秒"),
        ("citation_length", {"value": 69.0, "low": 64.0, "high": 74.0, "n": 70}, "69 字64 字 至 74 字"),
        ("refusal_recall", {"value": None, "low": None, "high": None, "n": 0}, "–"),
        ("refusal_precision", {"value": 1.0, "low": 1.0, "high": 1.0, "n": 3}, "100%题数"),
        ("fact_accuracy", {"value": -3.0, "low": -4.0, "high": 1e9, "n": 1}, "-300%-400% 至 100000000000%"),
    ],
)
def test_each_figure_has_its_unit(tmp_path: Path, name: str, figure: dict[str, Any], told: str) -> None:
    saved(tmp_path, "sample", report(metrics={name: figure}, by_type={}))
    html = evaluation.body(tmp_path, ZH)
    assert told in Elements(html).text
    assert all(0 <= float(x) <= 100 for x in re.findall(r' (?:x|width)="([-.\d]+)"', html))


def test_types_are_beside_one_another(tmp_path: Path) -> None:
    types = {"factual": {"fact_accuracy": FIGURE}, "<新>": {"fact_accuracy": {**FIGURE, "value": 0.25, "low": 0.1}}}
    saved(tmp_path, "sample", report(question(), question(type="<新>", right=False), by_type=types))
    html = evaluation.body(tmp_path, ZH)
    shown = Elements(part(html, "types")).text
    assert "全对的题指标图示结果题数问事实" in shown
    assert re.findall(r"(问事实|<新>)(?:\1 )?(\d+%)", shown) == [
        *(("问事实", "100%"), ("<新>", "0%")),
        *(("问事实", "75%"), ("<新>", "25%")),
    ]


def test_other_systems_and_the_worth_of_the_score_have_their_plots(tmp_path: Path) -> None:
    bins = [{"low": 0.2, "high": 0.3, "n": 7, "mean": 0.25, "share": 0.5}]
    points = [
        {"threshold": 0.1, "precision": 1.0, "recall": 0.25},
        {"threshold": 0.2, "precision": None, "recall": 0.5},
    ]
    lower = {"fact_accuracy": {**FIGURE, "value": 0.25}}
    given = {"beside": {"<bm25>": {"metrics": lower}}, "reliability": bins, "refusal_by_threshold": points}
    saved(tmp_path, "sample", report(question(), **given))
    html = evaluation.body(tmp_path, ZH)
    shown = Elements(html).text
    assert re.findall(r"(tiaomu|<bm25>)(?:\1 )?(\d+%)", shown) == [("tiaomu", "75%"), ("<bm25>", "25%")]
    assert "得分可信吗" in shown
    assert "0.2–0.30.2–0.3 50%50%题数 7" in shown
    assert shown.count("0.1 100%") == 1
    assert shown.count("0.1 25%") == 1
    assert shown.count("0.2 50%") == 1
    saved(tmp_path, "plain", report(question()))
    assert "得分可信吗" not in Elements(evaluation.body(tmp_path, ZH, "plain")).text


def test_a_report_on_other_answers_says_what_it_knows(tmp_path: Path) -> None:
    lacking = ("embedding", "generation", "versions", "counts")
    told = {name: value for name, value in report(question()).items() if name not in lacking}
    saved(tmp_path, "vendor", {**told, "model": None, "system": "甲公司"})
    shown = Elements(evaluation.body(tmp_path, ZH)).text
    assert "回答方式甲公司" in shown
    assert "索引–" in shown


def test_each_figure_of_the_evaluation_has_words() -> None:
    for own in (of("zh"), of("en")):
        assert own.names.keys() == {*NAMES, "hit_length"}


def test_a_report_of_a_run_is_shown(tmp_path: Path) -> None:
    docs = written(
        tmp_path / "docs", 甲="甲江市节水办法\n第一条　为了节约用水，制定本办法。\n第二条　单位用水实行\n计划管理。"
    )
    line = {"id": "a", "type": "direct", "question": "甲江市节水办法第二条怎么规定的？", "answerable": True}
    gold = tmp_path / "gold.jsonl"
    entry = {"doc": "甲.txt", "clause": "第二条", "quote": "单位用水实行计划管理"}
    lines = [
        {**line, "gold": [entry], "facts": ["计划管理"]},
        {**line, "id": "b", "gold": [entry], "facts": ["没有的"]},
    ]
    gold.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
    made = run(gold, docs, load({}, embedding="characters"), model=Characters())
    saved(tmp_path / "out", "own", made.json())
    shown = Elements(evaluation.body(tmp_path / "out", EN)).text
    assert "Of 2 questions 1 are right in everything" in shown
    assert "facts missing: 没有的" in shown
    assert "By clause number" in shown


# Wrong answers -------------------------------------------------------------------------------------------------


def test_a_wrong_answer_stands_beside_its_gold(tmp_path: Path) -> None:
    wrong = question(
        right=False,
        turns=["公租房？"],
        citation_hits=[False],
        missed_facts=[["60%", "六成"], ["5年"]],
        missed_gold=[{"doc": "甲.txt", "clause": None, "quote": "六成"}],
    )
    saved(tmp_path, "sample", report(question(question="对的"), wrong))
    html = evaluation.body(tmp_path, ZH)
    shown = Elements(part(html, "wrong")).text
    assert shown == (
        "没有全对的 1 题点开可对照回答与标准答案。问事实 租金多少？此前问过 公租房？"
        "问题在哪 缺要点：60% 或 六成、5年；没有引用：甲.txt"
        "回答60%[1][1] 甲办法 第二章/第二条（标准答案未列）\n“按市场租金的60%”"
        "标准答案六成甲.txt 二/（三）\n“六成”"
    )
    assert html.count("<details>") == 1


def test_wrong_refusals_and_wrong_answers_are_told_apart(tmp_path: Path) -> None:
    refusal = {"answer": "没有找到。", "refused": True, "citations": []}
    asked = question(right=False, result=refusal, citation_hits=[])
    silent = question(right=False, answerable=False, type="unanswerable", gold=[], reference="")
    saved(tmp_path, "sample", report(asked, silent))
    shown = Elements(evaluation.body(tmp_path, ZH)).text
    assert "问题在哪 不该拒答而拒答" in shown
    assert "问题在哪 应当拒答而作了回答" in shown
    assert "标准答案文件里没有答案，应当拒答。" in shown


def test_a_run_without_a_wrong_answer_says_so_and_many_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path, "sample", report(question()))
    assert "每道题都全对。" in evaluation.body(tmp_path, ZH)
    monkeypatch.setattr(evaluation, "_WRONG", 2)
    saved(tmp_path, "other", report(*[question(right=False)] * 5))
    html = evaluation.body(tmp_path, ZH, "other")
    assert html.count("<details>") == 2
    assert "另有 3 题未列出" in html


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    texts = {"id": HOSTILE, "type": HOSTILE, "question": HOSTILE, "turns": [HOSTILE], "reference": HOSTILE}
    gold = [{"doc": HOSTILE, "clause": HOSTILE, "quote": HOSTILE}]
    citation = {"n": 1, "document": {"title": HOSTILE}, "clause": {"path": [HOSTILE]}, "quote": HOSTILE}
    result = {"answer": HOSTILE, "refused": False, "citations": [citation]}
    row = question(**texts, gold=gold, missed_gold=gold, missed_facts=[[HOSTILE]], result=result, right=False)
    about = dict.fromkeys(("gold", "date", "commit", "model", "embedding"), HOSTILE)
    names = {HOSTILE: FIGURE}
    saved(tmp_path, "a<b>&", report(row, **about, metrics=names, by_type={HOSTILE: names}, versions={HOSTILE: HOSTILE}))
    saved(tmp_path, "b", report())
    found = Elements(evaluation.body(tmp_path, EN, "a<b>&"))
    assert "img" not in {tag for tag, _ in found.tags}
    assert found.open == []
    assert found.text.count(HOSTILE) >= 18
    assert not any(name.startswith("on") or name == "style" for _, given in found.tags for name in given)


# Reports -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["nothing", "."])
def test_without_a_report_the_page_says_how_to_make_one(tmp_path: Path, folder: str) -> None:
    (tmp_path / "curve").mkdir()
    html = evaluation.body(tmp_path / folder, ZH)
    assert "还没有评测结果" in html
    assert "<code>make eval</code>" in html


DAMAGED = (
    *("", "{", "[]", "null", '{"metrics": {}}', "[" * 100_000),
    json.dumps(report(metrics={"fact_accuracy": {**FIGURE, "n": "x"}})),
    json.dumps(report(metrics={"fact_accuracy": {**FIGURE, "low": float("nan")}})),
)


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_report_is_one_line(tmp_path: Path, content: str) -> None:
    saved(tmp_path, "sample", content)
    html = evaluation.body(tmp_path, ZH)
    assert '<p class="fault" role="alert">评测结果 sample 无法读取，文件可能已损坏。请重新运行 make eval</p>' in html


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, "sample", report())
    assert evaluation.read(path) is not None
    monkeypatch.setattr(evaluation, "_LARGEST", 100)
    assert evaluation.read(path) is None


def test_the_newest_report_is_shown_and_the_others_are_a_link_away(tmp_path: Path) -> None:
    saved(tmp_path, "old", report(gold="old.jsonl"), age=10)
    saved(tmp_path, "new", report(gold="new.jsonl"))
    html = evaluation.body(tmp_path, EN)
    assert "new.jsonl" in html and "old.jsonl" not in html
    assert '<a href="/evaluation?report=new&amp;lang=en" aria-current=page>new</a>' in html
    assert '<a href="/evaluation?report=old&amp;lang=en">old</a>' in html
    assert "old.jsonl" in evaluation.body(tmp_path, EN, "old")
    assert "new.jsonl" in evaluation.body(tmp_path, EN, "../new")


# Words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "field"),
    [(table, one.name) for table in (EvaluationWords, RecordWords) for one in fields(table)],
)
def test_each_text_is_there_in_both_languages_with_the_same_facts_and_is_used(table: type, field: str) -> None:
    columns = (of("zh"), of("en")) if table is EvaluationWords else (of_records("zh"), of_records("en"))
    zh, en = (getattr(column, field) for column in columns)
    if isinstance(zh, str):
        assert zh and en and (zh != en or field in ("word", "markdown"))
        assert errors.fields(zh) == errors.fields(en)
    else:
        assert zh.keys() == en.keys()
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "page").glob("*.py")))
    assert re.search(rf"(?:own|texts|of\([^)]*\)\)?)\.{field}\b", code)
