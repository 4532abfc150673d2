"""rag.understand.points, and tables of what sides and versions say point by point."""

from pathlib import Path

import pytest
from toys import answering, written

from rag.answer import Answerer
from rag.understand import understand
from rag.understand.points import points


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (" 和 在行政执法方面的要求有什么不同？", ("行政执法",)),
        (" 和 在免罚清单、人民调解上有什么不同？", ("免罚清单", "人民调解")),
        ("新旧公租房办法在租金、轮候期和处罚上有什么区别？", ("租金", "轮候期", "处罚")),
        ("2019年和2024年公租房办法的申请条件有什么变化？", ("申请条件",)),
        ("新旧公租房办法有什么不同？", ()),
        ("新老公租房办法的主管部门、配建比例和审核时限各有什么不同？", ("主管部门", "配建比例", "审核时限")),
        ("在就业、社保方面有什么不同？", ("就业", "社保")),
        ("及时率和里程补贴有什么区别？", ("及时率和里程补贴",)),
        ("请比较《夜市管理办法》和《早市管理规定》的摊位费", ("摊位费",)),
        (" 对行政执法与刑事司法衔接有什么不同？", ("行政执法与刑事司法衔接",)),
    ],
)
def test_the_points_of_a_comparison(asked: str, named: tuple[str, ...]) -> None:
    assert points(asked) == named


@pytest.mark.parametrize(
    ("question", "version"),
    [
        ("新旧公租房办法在租金、轮候期和腾退的期限上有什么区别？", "both"),
        ("2019年和2024年公租房办法的申请条件有什么变化？", "both"),
        ("新的公租房办法和旧办法比有哪些变化？", "both"),
        ("旧办法的租金是多少？", "former"),
        ("新规定什么时候施行，老规定同时废止吗？", "former"),
        ("2019年和2024年的财政收入各是多少？", "current"),
    ],
)
def test_which_versions_are_asked_for(question: str, version: str) -> None:
    assert understand(question, [], []).version == version


def cells(answer: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in answer.splitlines()]


def test_several_points_are_rows_with_a_column_for_each_side(tmp_path: Path) -> None:
    written(
        tmp_path / "corpus",
        甲="甲河市夜市管理办法\n第一条　夜市摊位费每月二百元。\n第二条　夜市二十三时收摊。",
        乙="乙山市夜市管理办法\n第一条　夜市摊位费每月一百五十元 | 减半。\n第二条　夜市由街道管理。",
    )
    answerer = answering(tmp_path, refusal_threshold=0.0)
    answer = answerer.ask("甲河市夜市管理办法和乙山市夜市管理办法在摊位费、收摊上有什么不同？")
    head, rule, *rows = cells(answer.answer)
    assert head == ["事项", "《甲河市夜市管理办法》", "《乙山市夜市管理办法》"]
    assert "".join(rule).strip("-|") == ""
    assert [row[0] for row in rows] == ["摊位费", "收摊"]
    assert all(len(row) == 3 for row in rows)
    assert "二百元" in rows[0][1] and "一百五十元" in rows[0][2]
    assert "二十三时" in rows[1][1]
    assert rows[1][2] == "原文未提及"
    assert {claim.verdict for claim in answer.claims if not claim.citations} == {"unchecked"}


def test_two_versions_are_compared_article_by_article_where_their_figures_differ(answerer: Answerer) -> None:
    answer = answerer.ask("新旧公共租赁住房管理办法有什么不同？")
    head, _, *rows, note = cells(answer.answer)
    assert "只列出数字有变化的条文" in note[0]
    assert head[0] == "事项"
    assert "2019" in head[1] and "2024" in head[2]
    assert all(len(row) == 3 for row in rows)
    assert [row[0] for row in rows] == [
        "公共租赁住房资金来源",
        "城镇住房困难家庭申请公共租赁住房",
        "新就业无房职工申请公共租赁住房",
        "外来务工人员申请公共租赁住房",
        "申请与审核（第十四条）",
        "公共租赁住房租金",
        "租赁合同期限",
        "公共租赁住房及其配套设施",
        "退出与监督（第二十二条）",
        "退出与监督（第二十三条）",
    ]
    both = {
        (old, new)
        for row in rows
        for old in ("70%", "2400元")
        for new in ("60%", "3600元")
        if old in row[1] and new in row[2]
    }
    assert both == {("70%", "60%"), ("2400元", "3600元")}
    assert [citation.n for citation in answer.citations] == list(range(1, 2 * len(rows) + 1))
    assert any("已废止" in notice for notice in answer.notices)


def test_an_article_that_changed_no_figure_is_no_row(tmp_path: Path) -> None:
    old = "甲河市夜市管理办法\n\n甲政规〔2019〕1号\n\n第一条　夜市摊位费每月二百元，按月缴纳。\n\n第二条　夜市由街道办事处负责日常管理。\n\n第三条　夜市二十三时收摊。"
    new = "甲河市夜市管理办法\n\n甲政规〔2024〕1号\n\n第一条　夜市摊位费每月三百元，按月缴纳。\n\n第二条　夜市由街道办事处负责日常的管理。\n\n第三条　夜市二十三时收摊。\n\n第四条　本办法自2024年1月1日起施行。《甲河市夜市管理办法》（甲政规〔2019〕1号）同时废止。"
    written(tmp_path / "corpus", 旧=old, 新=new)
    answerer = answering(tmp_path, refusal_threshold=0.0)
    _, _, *rows, _ = cells(answerer.ask("新旧夜市管理办法有什么不同？").answer)
    assert [row[0] for row in rows] == ["夜市摊位费"]
    assert "二百元" in rows[0][1] and "三百元" in rows[0][2]
