"""rag.gate: what is near a question and is not what it asks stays out of the answer."""

from pathlib import Path

import pytest
from toys import answering, written

from rag.gate import admitted
from rag.understand import understand
from rag.understand.act import acts
from rag.understand.measure import measure

LIST = """第二批便民举措推广清单
一、推广的便民举措
（一）出庭应诉率达到90%。
（二）第三批便民举措另行公布。"""


def asked(folder: Path, question: str) -> tuple[bool, list[str]]:
    """Whether anything may answer, and the texts of what may."""
    written(folder / "corpus", 清单=LIST)
    answerer = answering(folder, refusal_threshold=0.0)
    found, reason = admitted(answerer.understand(question), answerer.retriever)
    return reason is None, [one.hit.clause.text for one in found]


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("第二批便民举措有哪些？", True),
        ("第2批便民举措有哪些？", True),
        ("第一批便民举措和第二批便民举措有什么不同？", True),
        ("第一批便民举措有哪些？", False),
        ("便民举措有哪些？", True),
        ("出庭应诉率是多少？", True),
        ("按时办结率是多少？", False),
    ],
)
def test_another_issue_or_quantity_does_not_answer(tmp_path: Path, question: str, answered: bool) -> None:
    assert asked(tmp_path, question)[0] is answered


def test_of_another_issue_only_the_clause_that_speaks_of_it_answers(tmp_path: Path) -> None:
    is_answered, texts = asked(tmp_path, "第三批便民举措什么时候公布？")
    assert is_answered
    assert all("第三批" in text for text in texts)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("吴中区行政机关负责人出庭应诉率要达到多少？", ("庭应诉率",)),
        ("行政处罚罚没款总额是多少？", ("罚罚没款",)),
        ("住房公积金贷款最多能贷多少？", ("积金贷款",)),
        ("政务大厅有多少个窗口？", ()),
        ("我家那房租咋收，一个月房租多少？", ()),
        ("占比是多少？", ()),
        ("市卫生健康委办公电话是多少？", ("生健康委",)),
        ("有人骗租，打哪个电话？", ()),
        ("投诉电话是多少？", ()),
    ],
)
def test_the_quantity_of_a_question(question: str, named: tuple[str, ...]) -> None:
    assert understand(question, [], []).measure == named


def test_of_several_quantities_the_last_is_asked_for() -> None:
    assert measure("补助资金分几次拨付，财政收入达到多少？") == "财政收入"


RULE = """青桥市安居房管理办法
第一条  安居房的租金按照市场租金的六成收取。
第二条  承租人不得转租安居房，不得在安居房内堆放易燃物。
第三条  承租人可以申请购买所承租的安居房，具体办法另行制定。"""


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("安居房能养狗吗？", False),
        ("安居房可不可以养猫", False),
        ("安居房有停车位吗", False),
        ("安居房有没有电梯", False),
        ("安居房能转租吗？", True),
        ("安居房可以买下来吗？", True),
        ("安居房能不能租给朋友当仓库堆点旧家具？", True),  # says more than a word: not looked for to the letter
        ("安居房租金有什么规定吗？", True),
        ("安居房能申请吗？", True),
    ],
)
def test_what_is_asked_whether_it_may_be_done_must_be_spoken_of(tmp_path: Path, question: str, answered: bool) -> None:
    written(tmp_path / "corpus", 办法=RULE)
    answerer = answering(tmp_path, refusal_threshold=0.0)
    assert (admitted(answerer.understand(question), answerer.retriever)[1] is None) is answered


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("公租房里能养狗吗？", ("养狗",)),
        ("公租房可不可以买下来", ("买",)),
        ("小学有校车吗", ("校车",)),
        ("选房没看中可以不要吗？", ()),
        ("公租房有什么条件吗？", ()),
        ("外地人能申请吗？", ()),
        ("租金一次能交几个月吗", ()),
        ("我妈腿脚不好，能叫人到家里来办吗？", ()),
        ("能源消耗有没有上限？", ()),
        ("公租房租金怎么定？", ()),
    ],
)
def test_what_may_be_done(question: str, names: tuple[str, ...]) -> None:
    assert acts(question) == names
