"""Conversations and what is said of answers: kept, found, replaced, deleted, and nobody else's; ratings as gold."""

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import placed, sources
from eval.gold import read as read_gold
from page import gold, record
from page.record import NotKept, Rated, Rating, Records, TooLong
from page.render import Turn
from rag.answer import Answerer
from rag.clause import Answer, Claim
from rag.settings import load
from tests.standin import HOSTILE, Standin, cited, rules, tasks

ROOT = Path(__file__).resolve().parent.parent
ME, OTHER = "a" * 22, "b" * 22
TEXT = st.text(st.characters(codec="utf-8"))


def answer_to(question: str) -> Answer:
    *_, last = Standin(load({})).stream(question)
    return last


def turn(question: str) -> Turn:
    return Turn(question, answer_to(question))


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """A minute passes between two looks at the clock."""
    minutes = count()
    return Records(
        tmp_path / "kept" / "records.db",
        now=lambda: datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(minutes=next(minutes)),
    )


# Answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["租金？", "任务？", "何时废止？", "上海？"])
def test_an_answer_is_read_as_it_was_written(question: str) -> None:
    answer = answer_to(question)
    assert record.read(record.written(answer)) == answer


@given(TEXT, TEXT, st.floats(allow_nan=False, allow_infinity=False), st.dictionaries(TEXT, TEXT))
def test_any_answer_is_read_as_it_was_written(text: str, notice: str, ms: float, row: dict[str, str]) -> None:
    first = cited(1, tasks(), 3)
    citation = replace(first, clause=replace(first.clause, text=text, row=row, page=3), quote=text)
    answer = replace(
        answer_to("何时废止？"),
        answer=text,
        citations=(citation, cited(2, rules(), 3)),
        claims=(Claim(text, (1, 2), "supported"),),
        notices=(notice,),
        suggestions=(text, notice),
        ms={"total": ms},
    )
    assert record.read(record.written(answer)) == answer


# Conversations -------------------------------------------------------------------------------------------------


def test_turns_are_kept_in_order_with_answers_and_faults(records: Records) -> None:
    turns = (turn("租金？"), Turn("模型？", fault="没有文件"), turn("上海？"))
    id, number = records.add(ME, None, turns[0])
    assert number == 1
    assert [records.add(ME, id, one) for one in turns[1:]] == [(id, 2), (id, 3)]
    assert records.turns(ME, id) == turns
    (found,) = records.conversations(ME)
    assert (found.id, found.title, found.turns) == (id, "租金？", 3)
    assert found.created == datetime(2026, 1, 5, 12, tzinfo=UTC) < found.updated


def test_the_newest_is_first_and_the_list_is_cut(records: Records) -> None:
    first, second, third = (records.add(ME, None, turn(f"租金{n}？"))[0] for n in range(3))
    records.add(ME, first, turn("任务？"))
    assert [one.id for one in records.conversations(ME)] == [first, third, second]
    assert [one.id for one in records.conversations(ME, limit=1, offset=1)] == [third]


def test_a_title_is_one_short_line(records: Records) -> None:
    records.add(ME, None, Turn("租金\n  多少" + "哈" * 100, fault="甲"))
    assert records.conversations(ME)[0].title == "租金 多少" + "哈" * 55 + "…"


def test_another_visitor_sees_and_changes_nothing(records: Records) -> None:
    id, _ = records.add(ME, None, turn("租金？"))
    assert records.conversations(OTHER) == []
    assert records.turns(OTHER, id) == ()
    assert records.conversation(OTHER, id) is None
    assert records.delete(OTHER, id) is False
    assert records.delete_all(OTHER) == 0
    assert records.rate(OTHER, id, 1, "up") is False
    elsewhere, number = records.add(OTHER, id, turn("任务？"), at=1)
    assert (elsewhere != id, number) == (True, 1)
    assert records.turns(ME, id) == (turn("租金？"),)
    assert records.ratings(OTHER, id) == records.ratings(ME, id) == {}


def test_the_token_of_a_visitor_is_not_in_the_file(records: Records) -> None:
    records.add(ME, None, turn("租金？"))
    assert not any(ME.encode() in one.read_bytes() for one in records.path.parent.iterdir())


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("租金", ["租金 100%_？"]),
        ("100%", ["租金 100%_？"]),
        ("%", ["租金 100%_？"]),
        ("_", ["租金 100%_？"]),
        ("筹集 １２０套", ["任务？"]),
        ("IMG SRC=X", ["何时废止？"]),
        ("' OR 1=1 --", []),
        ("\\", []),
        (" ", ["何时废止？", "任务？", "租金 100%_？"]),
        ("60%。", ["租金 100%_？"]),
        ("\ud800甲", []),
    ],
)
def test_a_search_finds_plain_text_in_questions_and_answers(records: Records, search: str, found: list[str]) -> None:
    records.add(ME, None, Turn("租金 100%_？", answer_to("租金？")))
    for question in ("任务？", "何时废止？"):
        records.add(ME, None, turn(question))
    records.add(OTHER, None, turn("租金筹集？"))
    assert [one.title for one in records.conversations(ME, search)] == found


def test_an_edited_turn_replaces_its_own_and_drops_what_followed(records: Records) -> None:
    id, _ = records.add(ME, None, turn("租金？"))
    for question in ("任务？", "上海？"):
        records.add(ME, id, turn(question))
    records.rate(ME, id, 2, "up")
    assert records.add(ME, id, turn("何时废止？"), at=2) == (id, 2)
    assert [one.question for one in records.turns(ME, id)] == ["租金？", "何时废止？"]
    assert records.ratings(ME, id) == {}
    records.add(ME, id, turn("任务？"), at=1)
    assert records.conversations(ME)[0].title == "任务？"
    assert records.add(ME, id, turn("上海？"), at=9) == (id, 2)


def test_what_is_deleted_leaves_no_trace(records: Records) -> None:
    id, _ = records.add(ME, None, Turn("绝无仅有的问题", fault="甲"))
    kept, _ = records.add(ME, None, turn("租金？"))
    assert records.delete(ME, id) is True
    assert records.delete(ME, id) is False
    assert "绝无仅有".encode() not in records.path.read_bytes()
    assert records.add(ME, id, turn("任务？"))[0] not in (id, kept)
    assert records.delete_all(ME) == 2
    assert records.conversations(ME) == []


def test_the_oldest_conversations_of_a_visitor_go(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "CONVERSATIONS", 2)
    other, _ = records.add(OTHER, None, turn("租金？"))
    ids = [records.add(ME, None, turn("租金？"))[0] for _ in range(4)]
    assert [one.id for one in records.conversations(ME)] == ids[:1:-1]
    assert [one.id for one in records.conversations(OTHER)] == [other]
    monkeypatch.setattr(record, "CONVERSATIONS_IN_ALL", 2)
    last, _ = records.add(OTHER, None, turn("任务？"))
    assert [one.id for one in records.conversations(ME)] == ids[3:]
    assert [one.id for one in records.conversations(OTHER)] == [last]


def test_after_a_full_conversation_another_begins(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "TURNS", 2)
    id, _ = records.add(ME, None, turn("租金？"))
    assert records.add(ME, id, turn("任务？")) == (id, 2)
    assert records.add(ME, id, turn("上海？"), at=2) == (id, 2)
    following, number = records.add(ME, id, turn("任务？"))
    assert (following != id, number) == (True, 1)


# The file ------------------------------------------------------------------------------------------------------


def test_nothing_is_written_until_there_is_something_to_keep(records: Records) -> None:
    assert records.conversations(ME) == []
    assert records.turns(ME, "x") == ()
    assert [*records.rated()] == []
    assert not records.path.parent.exists()


def test_the_file_is_nobody_elses(records: Records) -> None:
    records.add(ME, None, turn("租金？"))
    assert records.path.stat().st_mode & 0o077 == 0


def test_a_folder_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    records = Records(tmp_path / "file" / "records.db")
    with pytest.raises(NotKept) as fault:
        records.add(ME, None, turn("租金？"))
    assert str(fault.value).startswith(f"对话记录 {records.path} 无法读写：")
    assert "\n" not in str(fault.value)


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"\xff" * 5000)
    with pytest.raises(NotKept, match="file is not a database"):
        Records(tmp_path / "records.db").conversations(ME)


def test_a_file_of_a_later_release_is_left_alone(records: Records) -> None:
    records.add(ME, None, turn("租金？"))
    with sqlite3.connect(records.path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(NotKept, match="schema 2, this release uses 1"):
        records.add(ME, None, turn("任务？"))


def test_an_answer_of_another_form_is_one_line_and_the_rest_is_shown(records: Records) -> None:
    id, _ = records.add(ME, None, turn("租金？"))
    records.add(ME, id, turn("任务？"))
    with sqlite3.connect(records.path) as connection:
        connection.execute("UPDATE turns SET answer = '{\"question\": 1}' WHERE number = 1")
    connection.close()
    first, second = records.turns(ME, id, "en")
    assert first == Turn("租金？", fault="This answer was kept by another release and cannot be shown. Ask again")
    assert second == turn("任务？")


def test_half_a_character_is_kept_as_a_question_mark(records: Records) -> None:
    id, _ = records.add(ME, None, Turn("租金\ud800\x00？", fault="甲\ud800"))
    assert records.turns(ME, id) == (Turn("租金?\x00？", fault="甲?"),)
    with pytest.raises(NotKept):
        records.add(ME, id, Turn("租金？", replace(answer_to("租金？"), answer="\ud800")))
    assert len(records.turns(ME, id)) == 1


def test_threads_lose_no_turn(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.db")  # the file is made by whoever is first
    answer = turn("租金？")
    with ThreadPoolExecutor(8) as pool:
        ids = [*pool.map(lambda _: records.add(ME, None, answer)[0], range(16))]
        numbers = [*pool.map(lambda _: records.add(ME, ids[0], answer)[1], range(16))]
    assert {one.id for one in records.conversations(ME)} == {*ids}
    assert sorted(numbers) == [*range(2, 18)]
    assert records.turns(ME, ids[0]) == (answer,) * 17


def test_processes_lose_no_turn(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from page.record import Records; from page.render import Turn\n"
        "records = Records(Path(sys.argv[1]))\n"
        "for n in range(10): records.add('me', None, Turn(f'{sys.argv[2]}-{n}', fault='x'))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "records.db")]
    started = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("a", "b")]
    assert [one.wait(60) for one in started] == [0, 0]
    titles = {one.title for one in Records(tmp_path / "records.db").conversations("me")}
    assert titles == {f"{name}-{n}" for name in "ab" for n in range(10)}


# Ratings -------------------------------------------------------------------------------------------------------


def test_an_opinion_is_replaced_and_taken_back(records: Records) -> None:
    id, _ = records.add(ME, None, turn("租金？"))
    records.add(ME, id, Turn("模型？", fault="没有文件"))
    assert records.rate(ME, id, 1, "up") is True
    assert records.rate(ME, id, 1, "down", " 引错了 ", HOSTILE) is True
    assert records.ratings(ME, id) == {1: Rating("down", "引错了", HOSTILE)}
    assert [records.rate(ME, id, number, "up") for number in (0, 2, 3, 10**30)] == [False] * 4
    assert records.rate(ME, id, 1, None) is True
    assert records.ratings(ME, id) == {}


@pytest.mark.parametrize(("reason", "correction"), [("哈" * 501, ""), ("", "哈" * 4001)])
def test_what_is_said_is_bounded(records: Records, reason: str, correction: str) -> None:
    id, _ = records.add(ME, None, turn("租金？"))
    assert records.rate(ME, id, 1, "down", reason[1:], correction[1:]) is True
    with pytest.raises(TooLong, match=r"超过 (500|4000) 个字的上限"):
        records.rate(ME, id, 1, "down", reason, correction)


def test_what_was_rated_comes_with_the_questions_before_it(records: Records) -> None:
    id, _ = records.add(ME, None, turn("租金？"))
    records.add(ME, id, Turn("模型？", fault="没有文件"))
    records.add(ME, id, turn("任务？"))
    records.rate(ME, id, 3, "up")
    records.rate(ME, id, 1, "down", correction="六成")
    last, first = records.rated()
    assert (last.earlier, last.answer, last.rating) == (("租金？",), answer_to("任务？"), Rating("up"))
    assert (first.earlier, first.rating) == ((), Rating("down", "", "六成"))
    assert first.id != last.id and id not in first.id


# Gold ----------------------------------------------------------------------------------------------------------


def rated(question: str, opinion: record.Opinion = "up", correction: str = "", **more: object) -> Rated:
    answer = replace(answer_to(question), **more)  # type: ignore[arg-type]
    return Rated("r1", (), answer, Rating(opinion, "", correction))


def test_an_answer_that_was_found_right_is_gold_with_its_quotes() -> None:
    (line,) = gold.lines([rated("租金？")])
    assert json.loads(line) == {
        "id": "r1",
        "type": "factual",
        "question": "租金？",
        "turns": None,
        "facts": [],
        "answerable": True,
        "gold": [
            {
                "doc": "甲市公共租赁住房管理办法",
                "clause": "第一章/第一条",
                "quote": "第一条 租金按照市场租金的\n60%确定。",
            },
            {"doc": "甲市公共租赁住房管理办法", "clause": "第三章/第三十条", "quote": "有效期5年"},
        ],
        "answer": "租金为市场租金的60%。\n有效期5年。",
    }


def test_a_refusal_that_was_found_right_is_a_question_without_an_answer() -> None:
    (line,) = gold.lines([rated("上海？")])
    found = json.loads(line)
    assert (found["type"], found["answerable"], found["gold"], found["answer"]) == ("unanswerable", False, [], "")


def test_a_correction_is_a_draft_that_awaits_its_gold(tmp_path: Path) -> None:
    given = [rated("租金？", "down", "六成"), rated("任务？", "down"), rated("上海？")]
    (line,) = gold.lines(given, drafts=True)
    found = json.loads(line)
    assert (found["answerable"], found["gold"], found["answer"]) == (True, [], "六成")
    (tmp_path / "drafts.jsonl").write_text(line, encoding="utf-8")
    _, faults = read_gold(tmp_path / "drafts.jsonl")
    assert [str(fault) for fault in faults] == ["line 1: an answerable question needs gold"]


def test_an_answer_without_a_source_is_no_gold() -> None:
    assert gold.lines([rated("租金？", citations=())]) == []


def test_hostile_text_stays_one_line() -> None:
    (line,) = gold.lines([rated("何时废止？", answer=f"{HOSTILE}\n\u2028\x00")])
    assert "\n" not in line
    assert json.loads(line)["gold"][0]["quote"] == f"第二条 {HOSTILE}"


def test_rated_answers_over_the_sample_corpus_are_a_gold_file(
    records: Records, answerer: Answerer, tmp_path: Path
) -> None:
    questions = ("轮候期最长是多久？", "公租房管理办法第十五条", "加装电梯补助多少钱？", "红烧肉怎么做好吃")
    id = None
    for question in questions:
        id, number = records.add(ME, id, Turn(question, answerer.ask(question)))
        records.rate(ME, id, number, "up")
    path = tmp_path / "feedback.jsonl"
    path.write_text("\n".join(gold.lines(records.rated())), encoding="utf-8")
    found, faults = read_gold(path)
    found, lost = placed(found, sources(ROOT / "corpus"))
    assert (faults, lost) == ([], [])
    assert [one.question for _, one in found] == [*questions]
    assert [one.answerable for _, one in found][-1] is False
    assert all(entry.sources for _, one in found for entry in one.gold)
    assert found[1][1].gold[0].clause == "第三章/第三节/第十五条"
    assert found[1][1].turns == questions[:1]
