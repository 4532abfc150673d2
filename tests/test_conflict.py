"""rag.extract.conflict: two documents in force that disagree are both shown, with what decides between them."""

from pathlib import Path

import pytest
from toys import answering, written

OLDER = "柳州市人民政府关于印发《柳州市夜市摊位管理办法》的通知\n\n柳政规〔2021〕4号\n\n柳州市夜市摊位管理办法\n\n第一条　摊主应当在收摊后30分钟内清理摊位。\n\n{}\n\n柳州市人民政府\n2021年5月1日"
NEWER = "柳州市人民政府关于印发《柳州市夜间经济规定》的通知\n\n柳政规〔2024〕9号\n\n柳州市夜间经济规定\n\n第七条　夜市摊主应当在收摊后{}清理摊位。\n\n柳州市人民政府\n2024年5月1日"
LAW = "中华人民共和国立法法\n\n第九十九条　法律的效力高于行政法规、地方性法规、规章。\n\n第一百零三条　同一机关制定的，新的规定与旧的规定不一致的，适用新的规定。"
OTHER = "桂林市人民政府关于夜市的规定\n\n桂政规〔2024〕2号\n\n第三条　夜市摊主应当在收摊后15分钟内清理摊位。\n\n桂林市人民政府\n2024年5月1日"
YEARLY = "柳州市{0}年夜市工作要点\n\n一、清理摊位\n\n1．夜市收摊后清理摊位，全市新增夜市摊位{1}个。\n\n柳州市人民政府\n{0}年1月5日"
CLASSES = "柳州市夜市清理{}规定\n\n第一条　收摊后清理摊位的经费，{}。\n\n柳州市人民政府\n2024年5月1日"
QUESTION = "柳州夜市收摊后多少分钟内清理摊位？"


def answered(folder: Path, **documents: str) -> str:
    written(folder / "corpus", **documents)
    return answering(folder, refusal_threshold=0.0).ask(QUESTION).answer


def test_both_are_shown_with_the_rule_of_the_law_on_legislation(tmp_path: Path) -> None:
    answer = answered(tmp_path, 甲=OLDER.format(""), 乙=NEWER.format("15分钟内"), 法=LAW)
    assert "30分钟" in answer
    assert "另一份文件的规定与此不一致" in answer
    assert answer.count("15分钟") == 1
    assert "适用新的规定" in answer.rpartition("两者不一致时的适用")[2]
    assert "效力高于" not in answer


def test_no_rule_is_stated_that_no_document_has(tmp_path: Path) -> None:
    answer = answered(tmp_path, 甲=OLDER.format(""), 乙=NEWER.format("15分钟内"))
    assert "另一份文件的规定与此不一致" in answer
    assert "适用" not in answer


def test_a_documents_own_word_goes_before_the_law(tmp_path: Path) -> None:
    own = "第九条　其他规定与本办法不一致的，以本办法为准。"
    answer = answered(tmp_path, 甲=OLDER.format(own), 乙=NEWER.format("15分钟内"), 法=LAW)
    assert "以本办法为准" in answer
    assert "适用新的规定" not in answer


@pytest.mark.parametrize(
    "documents",
    [
        {"甲": OLDER.format(""), "乙": NEWER.format("30分钟内"), "法": LAW},
        {"甲": OLDER.format(""), "丙": OTHER, "法": LAW},
        {"甲": OLDER.format(""), "乙": NEWER.format("及时"), "法": LAW},
        {"甲": YEARLY.format(2023, 120), "乙": YEARLY.format(2024, 140)},
        {
            "甲": CLASSES.format("甲", "小学生均公用经费每年650元"),
            "乙": CLASSES.format("乙", "初中生均公用经费每年850元"),
        },
    ],
)
def test_what_agrees_or_holds_elsewhere_is_no_conflict(tmp_path: Path, documents: dict[str, str]) -> None:
    assert "不一致" not in answered(tmp_path, **documents)
