"""A conversation: the states of the page while a question is answered, and what is kept of it."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from page import words
from page.record import Records
from page.render import Turn
from page.talk import Sent, State, Talk, keeping, recalled, recalling, reply, sent, until
from rag.clause import Answer, Filters
from rag.errors import NotWritable
from rag.settings import load
from tests.standin import Standin

ZH = words.of("zh")


def standin(**given: object) -> Standin:
    return Standin(load({}, **given))


def last(answerer: Standin, question: str, talk: Talk = Talk(), told: Sent = Sent(), **given: object) -> State:  # noqa: B008
    *_, state = reply(answerer, ZH, question, talk, told, **given)  # type: ignore[arg-type]
    return state


def answer(text: str) -> Answer:
    return Answer(text, text, query=text)


def test_an_answer_grows_and_ends_as_a_turn() -> None:
    states = list(reply(standin(), ZH, "租金？", Talk()))
    shown = [html or "" for _, _, html, _ in states]
    assert ["正在查找" in html for html in shown] == [True, False, False, False]
    assert ["有效期5年" in html for html in shown] == [False, False, True, True]
    assert ["data-copy" in html for html in shown] == [False, False, False, True]
    assert [len(talk.turns) for *_, talk in states] == [0, 0, 0, 1]
    assert [box for box, *_ in states] == ["", None, None, None]
    assert {hint for _, hint, _, _ in states} == {""}


def test_the_page_gets_the_last_turn_alone_with_its_number() -> None:
    *_, talk = last(answerer := standin(), "租金？")
    _, _, html, talk = last(answerer, "任务？", talk)
    assert html is not None
    assert html.count("<article") == 1
    assert 'data-number="2"' in html
    assert [turn.question for turn in talk.turns] == ["租金？", "任务？"]


def test_earlier_questions_are_handed_on_but_not_those_that_failed() -> None:
    answerer, talk = standin(), Talk()
    for question in ("租金？", "模型？", "任务？"):
        *_, talk = last(answerer, question, talk)
    assert answerer.seen[-1] == ("任务？", ("租金？",))
    assert [turn.question for turn in talk.turns] == ["租金？", "模型？", "任务？"]


def test_a_turn_asked_otherwise_takes_the_place_of_it_and_of_what_followed() -> None:
    answerer, talk = standin(), Talk()
    for question in ("租金？", "任务？", "何时废止？"):
        *_, talk = last(answerer, question, talk)
    _, _, html, talk = last(answerer, "任务有几项？", talk, Sent(turn=2))
    assert [turn.question for turn in talk.turns] == ["租金？", "任务有几项？"]
    assert html is not None and 'data-number="2"' in html
    assert answerer.seen[-1] == ("任务有几项？", ("租金？",))


def test_where_to_look_goes_with_the_question() -> None:
    answerer = standin()
    last(answerer, "租金？", told=sent('{"regions": ["甲市"], "years": [2024]}'))
    assert answerer.filters == [Filters(regions=("甲市",), years=(2024,))]


def test_an_error_is_one_line_in_the_conversation() -> None:
    _, _, html, talk = last(standin(), "模型？")
    assert html is not None and '<p class="fault">向量模型 甲 无法载入：没有文件。' in html
    assert len(talk.turns) == 1


def test_an_error_speaks_the_language_of_the_page() -> None:
    *_, (_, _, html, _) = reply(standin(language="en"), words.of("en"), "模型？", Talk())
    assert html is not None and "The embedding model 甲 cannot be loaded" in html


def test_what_nobody_expected_is_one_line_too_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    _, _, html, _ = last(standin(), "崩溃")
    assert html is not None and ZH.failed in html
    assert "内部细节" not in html
    assert "RuntimeError: 内部细节" in caplog.text


@pytest.mark.parametrize("question", ["", "  \n", "\x00"])
def test_an_empty_question_gets_a_hint_and_leaves_the_conversation_as_it_was(question: str) -> None:
    earlier = Talk("", 1, (Turn("租金？", fault="甲"),))
    box, hint, html, talk = last(standin(), question, earlier)
    assert (box, talk) == (question, earlier)
    assert '<p class="fault" role="alert">问题是空的。' in hint
    assert html is None


def test_a_question_that_is_too_long_stays_in_the_box() -> None:
    box, hint, _, talk = last(standin(), "哈" * 100_000)
    assert box == "哈" * 100_000
    assert "问题有 100000 个字，超过 2000 个字的上限" in hint
    assert talk == Talk()


def test_a_conversation_is_bounded_and_goes_on_counting() -> None:
    talk = Talk()
    for n in range(100):
        talk = talk.then(Turn(str(n), fault="甲"))
    assert (talk.first, talk.next, len(talk.turns)) == (71, 101, 30)
    _, _, html, again = last(standin(), "租金？", talk, Sent(turn=3))
    assert html is not None and 'data-number="3"' in html
    assert (again.first, again.next) == (3, 4)
    _, _, html, after = last(standin(), "租金？", talk)
    assert html is not None and 'data-number="101"' in html
    assert [turn.question for turn in after.turns] == [*map(str, range(71, 100)), "租金？"]


# Stopping ------------------------------------------------------------------------------------------------------


def test_a_turn_that_the_page_has_let_go_of_is_asked_otherwise_with_what_came_before_it(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.sqlite")
    id = None
    for n in range(1, 41):
        id, _ = records.add("甲", id, Turn(f"问{n}", answer(f"答{n}")))
    *_, talk = recalled(records, "甲", id or "", ZH)
    assert (talk.first, talk.next) == (11, 41)
    given = (keeping(records, "甲"), None, recalling(records, "甲", ZH))
    rounds = ((5, range(1, 5)), (11, range(1, 11)), (12, range(1, 12)), (40, range(10, 40)), (1, range(0)))
    for number, earlier in rounds:
        answerer = standin()
        *_, (_, _, html, after) = reply(answerer, ZH, "租金？", talk, Sent(turn=number), *given)
        assert answerer.seen[-1] == ("租金？", tuple(f"问{n}" for n in earlier))
        assert html is not None and f'data-number="{number}"' in html
        assert (after.id, after.next, after.shift) == (id, number + 1, 0)
        assert len(records.turns("甲", id or "")) == number
        for n in range(number, 41):
            id, _ = records.add("甲", id, Turn(f"问{n}", answer(f"答{n}")), at=n)


def test_what_the_page_still_holds_counts_where_the_records_have_less_of_it(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.sqlite")
    id, _ = records.add("甲", None, Turn("问11", answer("答")))
    held = tuple(Turn(f"问{n}", answer("答")) for n in range(11, 41))
    for shift, number in ((10, 20), (0, 15)):  # the rest is in a conversation that was full, or was deleted meanwhile
        before = Talk(id, 11, held, shift).before(number, recalling(records, "甲", ZH))
        assert [turn.question for turn in before.turns] == [f"问{n}" for n in range(11, number)]
        assert before.first == 11


def test_a_stop_is_heeded_while_the_next_word_is_waited_for() -> None:
    stopped, goes_on = threading.Event(), threading.Event()

    def words() -> Iterator[int]:
        yield 1
        goes_on.wait(20)
        yield 2

    began, found = time.monotonic(), []
    for item in until(stopped, words()):
        found.append(item)
        stopped.set()
    assert found == [1]
    assert time.monotonic() - began < 10  # not the 20 s that the next word takes
    goes_on.set()


def test_what_is_not_stopped_comes_to_its_end_and_errors_come_through() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise TimeoutError("甲")

    assert list(until(threading.Event(), iter(range(5)))) == list(range(5))
    first, error = until(threading.Event(), broken())
    assert first == 1 and isinstance(error, TimeoutError)


def test_a_stopped_answer_says_that_it_is_incomplete() -> None:
    stopped = threading.Event()
    states = []
    for state in reply(standin(), ZH, "租金？", Talk(), stopped=stopped):
        states.append(state)
        if state[2] and "60%" in state[2]:
            stopped.set()
    _, _, html, talk = states[-1]
    assert html is not None and "60%" in html and ZH.stopped in html
    assert talk.turns[-1].fault == ZH.stopped


# What the browser sends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        "",
        "{",
        "null",
        "[]",
        '"a"',
        '{"regions": "昆山"}',
        '{"years": ["2022"]}',
        '{"turn": true}',
        '{"turn": -1}',
        "[" * 99999,
    ],
)
def test_what_is_not_as_it_should_be_counts_for_nothing(told: str) -> None:
    assert sent(told) == Sent()


def test_filters_are_bounded() -> None:
    found = sent(json.dumps({"documents": ["甲"] * 1000, "regions": ["哈" * 1000]})).filters
    assert found == Filters(documents=("甲",) * 200)


# What is kept ----------------------------------------------------------------------------------------------------


class Keeper:
    def __init__(self) -> None:
        self.kept: list[tuple[str, int | None, str]] = []
        self.last = 0

    def __call__(self, conversation: str, number: int | None, turn: Turn) -> tuple[str, int]:
        if turn.question == "满了":
            raise NotWritable(path="甲", reason="磁盘已满")
        self.kept.append((conversation, number, turn.question))
        self.last = number or self.last + 1
        return ("c2", 1) if turn.question == "已删除" else (conversation or "c1", self.last)


def test_each_turn_is_kept_in_its_conversation() -> None:
    keep, answerer = Keeper(), standin()
    _, _, html, talk = last(answerer, "租金？", keep=keep)
    assert html is not None and 'data-conversation="c1"' in html
    last(answerer, "任务？", talk, keep=keep)
    last(answerer, "何时废止？", talk, Sent(turn=1), keep=keep)
    assert keep.kept == [("", None, "租金？"), ("c1", None, "任务？"), ("c1", 1, "何时废止？")]


def test_an_answer_is_not_lost_where_it_cannot_be_kept_and_the_visitor_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    keep, answerer = Keeper(), standin()
    *_, talk = last(answerer, "租金？", keep=keep)
    _, hint, html, talk = last(answerer, "满了", talk, keep=keep)
    assert html is not None and "没有找到" in html and 'data-number="2"' in html
    assert "磁盘已满" in hint and "磁盘已满" in caplog.text
    _, hint, html, talk = last(answerer, "任务？", talk, keep=keep)
    assert html is not None and 'data-number="3" data-kept="2" data-conversation="c1"' in html
    assert (hint, talk.id, [turn.question for turn in talk.turns]) == ("", "c1", ["租金？", "满了", "任务？"])


def test_a_conversation_that_was_deleted_meanwhile_goes_on_in_another(tmp_path: Path) -> None:
    records, answerer = Records(tmp_path / "records.sqlite"), standin()
    keep = keeping(records, "v" * 22)
    *_, talk = last(answerer, "租金？", keep=keep)
    records.delete("v" * 22, talk.id)
    _, _, html, after = last(answerer, "任务？", talk, keep=keep)
    assert after.id != talk.id
    assert html is not None and 'data-number="2" data-kept="1"' in html
    last(answerer, "何时废止？", after, Sent(turn=2), keep=keep)
    assert [turn.question for turn in records.turns("v" * 22, after.id)] == ["何时废止？"]


def test_two_pages_on_one_conversation_lose_nothing(tmp_path: Path) -> None:
    records, answerer = Records(tmp_path / "records.sqlite"), standin()
    keep = keeping(records, "v" * 22)
    *_, one = last(answerer, "租金？", keep=keep)
    last(answerer, "任务？", one, keep=keep)
    _, _, html, one = last(answerer, "何时废止？", one, keep=keep)
    assert [turn.question for turn in records.turns("v" * 22, one.id)] == ["租金？", "任务？", "何时废止？"]
    assert html is not None and 'data-number="2" data-kept="3"' in html


def test_a_conversation_comes_back_with_what_was_said_of_it(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.sqlite")
    keep, answerer, talk = keeping(records, "v" * 22), standin(), Talk()
    for question in ("租金？", "任务？"):
        *_, talk = last(answerer, question, talk, keep=keep)
    records.rate("v" * 22, talk.id, 1, "up")
    hint, html, found = recalled(records, "v" * 22, talk.id, ZH)
    assert (hint, found) == ("", talk)
    assert html.count("<article") == 2
    assert html.count('data-rate="up" aria-pressed="true"') == 1
    hint, *nothing = recalled(records, "w" * 22, talk.id, ZH)
    assert ZH.no_talk in hint and nothing == ["", Talk()]
    records.path.write_text("no database")
    hint, *nothing = recalled(records, "v" * 22, talk.id, ZH)
    assert "无法读写" in hint and nothing == ["", Talk()]
    assert keeping(records, "") is None
