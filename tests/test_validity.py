"""rag.extract.validity: whether a rule holds, on which day, what repealed it, until when; over the sample corpus and others."""

from pathlib import Path

import pytest
from test_answer import NEW, OLD, ask
from toys import answering, written

from rag.answer import Answerer

REPEALED = f"《澜沚市公共租赁住房管理办法》（{OLD}）已废止（自2024年5月1日起）"
HOLDS = f"（{NEW}）现行有效，有效期至2029年4月30日"


@pytest.mark.parametrize(
    "question",
    [
        f"{OLD}还有效吗？", "2019年的公租房办法现在还管用吗", f"{OLD}是不是已经失效了？", f"{OLD}作废了没有？",
        f"{OLD}被哪份文件废止了？", f"{OLD}什么时候失效的？", f"{OLD}废止了吗", f"{OLD}是由什么文件代替的",
    ],
)  # fmt: skip
def test_a_repealed_rule_is_told_with_the_clause_that_repeals_it(question: str, answerer: Answerer) -> None:
    answer = ask(answerer, question)
    assert not answer.refused
    assert answer.answer.startswith(REPEALED)
    (cited,) = answer.citations
    assert (cited.document.number, cited.clause.path[-1]) == (NEW, "第二十八条")
    assert f"{OLD}）同时废止" in cited.quote


@pytest.mark.parametrize(
    "question",
    [f"{NEW}还有效吗？", f"{NEW}哪一年到期？", "现行的公租房管理办法有效期到哪一年？", f"{NEW}会不会已经过期了？"],
)
def test_a_rule_in_force_is_told_with_its_last_day(question: str, answerer: Answerer) -> None:
    answer = ask(answerer, question)
    assert not answer.refused
    assert HOLDS in answer.answer
    assert [one.clause.path[-1] for one in answer.citations] == ["第二十八条"]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2024年4月30日", "有效，有效期至2024年6月30日"), ("2024年5月1日", "已废止（自2024年5月1日起）"),
        ("2019年6月30日", "尚未生效，自2019年7月1日起施行"), ("2023年2月30日", "已废止（自2024年5月1日起）"),
    ],
)  # fmt: skip
def test_the_day_that_is_asked_about_counts(day: str, words: str, answerer: Answerer) -> None:
    assert words in ask(answerer, f"{day}，{OLD}还有效吗？").answer


def test_when_it_began_is_said_where_it_is_asked(answerer: Answerer) -> None:
    answer = ask(answerer, f"{OLD}是哪天开始施行、哪天停止执行的？")
    assert "自2019年7月1日起施行" in answer.answer
    assert "自2024年5月1日起" in answer.answer


def test_a_rule_that_is_not_there_but_repealed_by_one_that_is(answerer: Answerer) -> None:
    answer = ask(answerer, "《澜沚市廉租住房管理暂行规定》还有效吗？")
    assert answer.answer.startswith(
        f"《澜沚市廉租住房管理暂行规定》没有收录；《澜沚市公共租赁住房管理办法》（{OLD}）写明它自2019年7月1日起废止"
    )
    assert [one.document.number for one in answer.citations] == [OLD]


def test_what_repealed_a_rule_in_force_is_a_false_premise(answerer: Answerer) -> None:
    answer = ask(answerer, f"{NEW}是被哪份文件废止的？")
    assert (answer.refused, answer.reason) == (True, "false_premise")
    assert "没有废止它的" in answer.answer
    assert HOLDS in answer.answer


def test_the_one_in_force_is_found_for_who_asks_which_it_is(answerer: Answerer) -> None:
    answer = ask(answerer, "澜沚市公租房管理现在执行的是哪一号文件，2019年的那份还有效吗？")
    assert REPEALED in answer.answer
    assert HOLDS in answer.answer
    assert answer.answer.count("同时废止") == 1  # one clause says both


@pytest.mark.parametrize(
    "question",
    [
        "公租房租赁合同到期了怎么办？", f"{NEW}第十五条现在还有效吗？", "轮候2年这条规定现在还作数吗？",
        "公租房申请的证明材料过期了吗？", "老旧小区改造方案还有效吗？", "公租房资格什么时候失效？",
    ],
)  # fmt: skip
def test_what_asks_of_something_else_is_answered_otherwise(question: str, answerer: Answerer) -> None:
    answer = ask(answerer, question)
    assert "现行有效" not in answer.answer
    assert "已废止（" not in answer.answer


EXPIRED = "甲江市户外广告管理办法\n\n甲府规〔2015〕7号\n\n第一条　为了管理户外广告，制定本办法。\n\n第二条　本办法自2015年3月1日起施行，有效期5年。\n\n甲江市人民政府\n2015年2月1日"


def test_a_rule_that_ended_by_itself(tmp_path: Path) -> None:
    written(tmp_path / "corpus", 甲=EXPIRED)
    answer = ask(answering(tmp_path), "甲府规〔2015〕7号还有效吗？")
    assert answer.answer.startswith("《甲江市户外广告管理办法》（甲府规〔2015〕7号）的有效期已于2020年2月29日届满。")
    assert [one.clause.path[-1] for one in answer.citations] == ["第二条"]


def test_the_content_of_a_document_that_is_not_there_is_refused(answerer: Answerer) -> None:
    answer = ask(answerer, "《澜沚市廉租住房管理暂行规定》里廉租房的租金标准是多少？")
    assert answer.refused


def test_another_issue_than_the_clause_is_about(answerer: Answerer) -> None:
    assert "6月20日" in ask(answerer, "小学第一批录取结果哪天公布？").answer
    assert ask(answerer, "小学第三批录取结果哪天公布？").refused


def test_of_what_nothing_is_said_nothing_is_claimed(answerer: Answerer) -> None:
    answer = ask(answerer, "东政〔2025〕2号还有效吗？")
    assert (answer.refused, answer.reason, answer.citations) == (True, "no_evidence", ())
    assert "没有写明施行日期或者有效期" in answer.answer


def test_what_no_longer_applies_since_when(answerer: Answerer) -> None:
    assert "（自2024年5月1日起）" in ask(answerer, f"{OLD}从什么时候起不再适用？").answer


@pytest.mark.parametrize(
    "question",
    [
        f"{NEW}里租赁合同期满还能续租吗，是否要重新执行审核？", "《澜沚市公共租赁住房管理办法》对外来务工人员是否适用？",
        f"按照{NEW}，享受低保的家庭是否执行优惠租金？", f"{NEW}规定骗租的会不会被取消资格？",
        f"{NEW}规定的轮候资格什么时候失效？", f"{NEW}规定拖欠租金多久终止合同？", f"{NEW}规定的租赁合同有效期到什么时候？",
        f"我2024年12月1日签的合同，按{NEW}还有效吗？", f"去年{NEW}还有效吗？",
    ],
)  # fmt: skip
def test_what_asks_what_a_rule_says_is_not_told_how_it_stands(question: str, answerer: Answerer) -> None:
    answer = ask(answerer, question)
    assert "现行有效" not in answer.answer
    assert "有效，有效期至" not in answer.answer


def test_a_year_counts_where_nothing_changed_in_it(answerer: Answerer) -> None:
    assert "2022年，" in ask(answerer, f"2022年{OLD}还有效吗？").answer
    assert "有效，有效期至2024年6月30日" in ask(answerer, f"2022年{OLD}还有效吗？").answer
    assert "有效期至" not in ask(answerer, f"2024年{OLD}还有效吗？").answer  # until April


RULE = "甲江市户外广告管理办法\n\n甲府规〔2015〕7号\n\n第一条　为了管理户外广告，制定本办法。\n\n第二条　许可证有效期为3年，期满失效。\n\n第三条　本办法自2015年3月1日起施行{}。\n\n第四条　许可证自核发之日起生效，有效期3年。\n\n甲江市人民政府\n2015年2月1日"
OTHER = "甲江市人民政府关于{0}的通知\n\n甲府规〔{1}〕2号\n\n{2}\n\n甲江市人民政府\n{1}年1月5日"


def told(folder: Path, question: str, term: str = "", **others: str) -> str:
    """What is answered where these documents stand beside the rule on advertisements."""
    written(folder / "corpus", 甲=RULE.format(term), **others)
    return ask(answering(folder), question).answer


def test_a_suspended_rule_is_not_in_force(tmp_path: Path) -> None:
    said = "一、《甲江市户外广告管理办法》（甲府规〔2015〕7号）自2020年3月1日起暂停执行。\n\n二、恢复时间另行通知。"
    answer = told(tmp_path, "甲府规〔2015〕7号还在执行吗？", 乙=OTHER.format("暂停执行有关文件", 2020, said))
    assert answer.startswith("《甲江市户外广告管理办法》（甲府规〔2015〕7号）暂停执行。\n")
    assert "自2020年3月1日起暂停执行[1]" in answer
    assert "现行有效" not in answer


def test_an_extended_term_is_the_one_that_counts(tmp_path: Path) -> None:
    said = "一、《甲江市户外广告管理办法》（甲府规〔2015〕7号）有效期延长至2030年2月28日。\n\n二、请遵照执行。"
    extending = OTHER.format("延长有关文件有效期", 2020, said)
    answer = told(tmp_path, "甲府规〔2015〕7号哪年到期？", "，有效期5年", 乙=extending)
    assert "现行有效，有效期至2030年2月28日" in answer
    assert "延长至2030年2月28日" in answer.split("\n", 1)[1]
    assert "2020年2月29日" not in answer.split("\n", 1)[0]


def test_a_repeal_to_come_is_said_and_not_denied(tmp_path: Path) -> None:
    said = "一、为了规范管理，制定本通知。\n\n二、《甲江市户外广告管理办法》（甲府规〔2015〕7号）自2099年3月1日起废止。"
    coming = OTHER.format("废止有关文件", 2026, said)
    for question in ("甲府规〔2015〕7号被哪份文件废止的？", "甲府规〔2015〕7号什么时候失效？"):
        assert "现行有效，自2099年3月1日起废止" in told(tmp_path, question, 乙=coming)


def test_a_repealed_article_is_no_repealed_rule(tmp_path: Path) -> None:
    said = "一、为了规范管理，制定本通知。\n\n二、《甲江市户外广告管理办法》第二条、《甲江市户外招牌管理办法》第三条同时废止。"
    partial = OTHER.format("废止部分条款", 2021, said)
    answer = told(tmp_path, "甲府规〔2015〕7号还有效吗？", 乙=partial)
    assert "）现行有效" in answer
    assert "没有废止它的" not in told(tmp_path, "甲府规〔2015〕7号被哪份文件废止的？", 乙=partial)
    assert "写明它" not in told(tmp_path, "《甲江市户外招牌管理办法》还有效吗？", 乙=partial)


def test_the_clause_is_the_one_on_the_rule_itself(tmp_path: Path) -> None:
    written(tmp_path / "corpus", 甲=RULE.format(""))
    answer = ask(answering(tmp_path), "甲府规〔2015〕7号还有效吗？")
    assert [one.clause.label for one in answer.citations] == ["第三条"]
    assert "3年" in ask(answering(tmp_path), "甲府规〔2015〕7号规定的许可证有效期到什么时候？").answer


def test_how_long_a_rule_holds_is_said_with_its_last_day(answerer: Answerer) -> None:
    assert HOLDS in ask(answerer, "现在的公租房管理办法有效期多长？").answer
