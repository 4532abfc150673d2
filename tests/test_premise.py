"""rag.premise: a figure that a question takes for granted and the documents have otherwise is said to be so."""

from pathlib import Path

import pytest
from toys import answering, written

from rag.answer import Answerer
from rag.premise import Premise, asks_to_confirm, contradicted, is_free, pays

RENT = "租金按照市场租金的60%确定，轮候期不超过2年，家庭人均月收入不高于3600元。"
LIFT = "财政按照每台18万元给予补助，其中市级财政承担10万元。"


@pytest.mark.parametrize(
    ("question", "text", "stated"),
    [
        ("租金是不是市场租金的50%？", RENT, ("60%",)),
        ("轮候期不超过5年，对吗？", RENT, ("2年",)),
        ("轮候期是五年吗？", RENT, ("2年",)),
        ("每台补助20万元，怎么申请？", LIFT, ("18万元",)),
        ("轮候期是两年吗？", RENT, None),
        ("租金是市场租金的百分之六十吧？", RENT, None),
        ("家庭人均月收入4000元能申请吗？", RENT, None),
        ("要交工本费20元吗？", RENT, None),
        ("2025年6月30日以前补助怎么申请？", LIFT, None),
        ("我这两年住在外地，轮候期怎么算？", RENT, None),
        ("第20条怎么规定补助的？", LIFT, None),
        ("家庭人均月收入3000元是不是可以申请？", RENT, None),
        ("我社保交了6个月，能申请吗？", "连续缴纳社保满12个月的，可以申请", None),
        ("本人工龄10年，年休假几天？", "工龄满20年的，年休假15天", None),
    ],
)
def test_a_figure_is_compared_with_those_of_its_unit(question: str, text: str, stated: tuple[str, ...] | None) -> None:
    found = contradicted(question, [text])
    assert (None if found is None else found.stated) == stated


def test_the_figure_is_named_as_it_was_written() -> None:
    assert contradicted("合同期限是五年吗？", ["合同期限为3年。"]) == Premise("五年", ("3年",))


@pytest.mark.parametrize(
    ("question", "confirms"),
    [("租金是不是50%？", True), ("期限5年，对吗", True), ("收入4000元能申请吗？", False), ("租金是多少？", False)],
)
def test_who_asks_whether_a_figure_is_right(question: str, confirms: bool) -> None:
    assert asks_to_confirm(question) is confirms


def test_what_is_charged_and_what_is_free() -> None:
    assert pays("手续费100元能用微信付吗？") and not pays("补助100元怎么领？")
    assert not pays("取暖费补贴300元怎么领？") and not pays("医药费报销5000元要什么材料？")
    assert not is_free("停车场免费提供饮水") and not is_free("收费标准：无证的每次20元")
    assert is_free("七、收费标准\n不收费。") and is_free("不得收取任何费用") is False
    assert is_free("本事项免收手续费")


def test_an_answer_that_does_not_confirm_says_so_first_and_cites(answerer: Answerer) -> None:
    answer = answerer.ask("公共租赁住房租金是不是市场租金的50%？")
    assert answer.answer.startswith("文件写的不是50%。")
    assert "60%" in answer.answer
    assert answer.citations
    assert any("“50%”" in notice for notice in answer.notices)


def test_what_is_right_is_answered_without_ado(answerer: Answerer) -> None:
    answer = answerer.ask("公共租赁住房租金是不是市场租金的60%？")
    assert "不是" not in answer.answer
    assert answer.notices == ()


def test_who_asks_how_to_pay_for_what_is_free_is_told_so(tmp_path: Path) -> None:
    written(
        tmp_path / "corpus",
        指南="夜市摊位许可办事指南\n一、申请方式\n摊位许可的申请可以用微信提交。\n二、收费标准\n不收费。",
    )
    answerer = answering(tmp_path, refusal_threshold=0.0)
    answer = answerer.ask("夜市摊位许可的手续费100元能不能用微信付？")
    assert answer.reason == "false_premise"
    assert "不收费" in answer.answer
    assert answer.citations
    assert answer.claims == ()
    assert not answerer.ask("夜市摊位许可能不能用微信申请？").refused
