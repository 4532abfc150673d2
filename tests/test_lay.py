"""rag.understand.lay: everyday words put as the documents put them, and how people speak."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.lexical import terms
from rag.score import is_lay
from rag.understand import lay, official, understand
from rag.understand.lay import is_spoken

LINES = [
    line.split("：")
    for line in Path(lay.__file__).with_name("lay.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def held(*words: str) -> Callable[[str], bool]:
    return set(words).__contains__


def test_the_list_is_well_formed() -> None:
    assert all(len(line) == 2 and line[0].split() and line[1].split() for line in LINES)
    everyday = Counter(word for _, words in LINES for word in words.split())
    assert [word for word, n in everyday.items() if n > 1] == []
    assert all(len(word.replace("*", "")) > 1 and not word.startswith("*") for word in everyday)
    assert everyday.keys().isdisjoint(word for words, _ in LINES for word in words.split())
    assert all(terms(word) for words, _ in LINES for word in words.split())


def test_an_everyday_word_gives_way_to_the_documents_word() -> None:
    assert official("协管员能开罚单吗？", held("辅助人员", "行政处罚")) == "辅助人员能行政处罚吗？"


def test_a_word_of_the_documents_stays() -> None:
    assert official("协管员能开罚单吗？", held("协管员", "辅助人员")) == "协管员能开罚单吗？"


def test_no_word_is_put_that_no_document_has() -> None:
    assert official("协管员能开罚单吗？", held()) == "协管员能开罚单吗？"


def test_of_several_official_words_the_first_that_is_there() -> None:
    assert official("房子没人住会收走吗？", held("收回", "闲置")) == "房子闲置会收回吗？"
    assert official("房子没人住会收走吗？", held("腾退", "收回")) == "房子没人住会腾退吗？"


def test_a_word_is_put_once() -> None:
    assert official("家里闹矛盾，又吵架又扯皮", held("纠纷")) == "家里纠纷，又又"


def test_a_star_stands_for_a_few_characters_of_one_clause() -> None:
    is_held = held("法律援助")
    assert official("找不花钱的好律师", is_held) == "找法律援助"
    assert official("找不花钱，又懂行的律师", is_held) == "找不花钱，又懂行的律师"
    assert official("找不花钱还特别热心的律师", is_held) == "找不花钱还特别热心的律师"


@given(st.text(max_size=60))
def test_without_documents_nothing_changes(text: str) -> None:
    assert official(text, lambda _: False) == text
    assert official(text, lambda _: True) == text


@pytest.mark.parametrize(
    "question",
    [
        "能不能晚点交？",
        "材料交了没？",
        "我家老人走不动怎么办",
        "办个执照要花钱么",
        "隔了好几年还要再交一回？",
        "房子让物业给搞坏了",
    ],
)
def test_how_people_speak(question: str) -> None:
    assert is_spoken(question)


@pytest.mark.parametrize(
    "question",
    [
        "公共租赁住房的申请条件是什么？",
        "第二十条第二款是怎么规定的？",
        "2025年计划新增普惠托位多少个？",
        "行政执法人员每年的培训时间不少于多少天？",
        "哪些部门牵头，何时完成？",
    ],
)
def test_how_officials_write(question: str) -> None:
    assert not is_spoken(question)


@pytest.mark.parametrize(
    "word",
    [
        "我",
        "咱",
        "家里",
        "能不能",
        "可不可以",
        "会不会",
        "有没有",
        "要不要",
        "用不用",
        "是不是",
        "怎么办",
        "怎么弄",
        "咋",
        "啥",
        "想问",
        "想知道",
    ],
)
def test_what_the_weights_take_for_everyday_words_is_spoken(word: str) -> None:
    question = f"补贴{word}申领"
    assert is_lay(question)
    assert is_spoken(question)


def test_a_question_keeps_the_askers_words_beside_what_is_searched() -> None:
    query = understand("协管员可以开罚单？", (), (), is_held=held("行政处罚"))
    assert (query.text, query.rewritten, query.question) == ("协管员可以行政处罚？", *["协管员可以开罚单？"] * 2)
    assert not query.is_spoken
    assert understand("协管员可不可以开罚单？", (), (), is_held=held("行政处罚")).is_spoken


def test_what_is_asked_for_decides_the_kind_of_answer() -> None:
    assert understand("公租房怎么申请？", (), ()).kind == "open"
    assert understand("公租房怎么申请？", (), (), is_held=held("办理流程")).kind == "list"
