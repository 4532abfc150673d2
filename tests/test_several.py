"""rag.understand.several, and the answers to several questions in one."""

import pytest

from rag.answer import Answerer
from rag.clause import Document, DocumentId
from rag.understand import several

DOCUMENTS = (
    Document(DocumentId("a"), "柳州市夜市管理办法", region="柳州市"),
    Document(DocumentId("b"), "鹿寨县夜市工作要点", region="柳州市鹿寨县"),
)


@pytest.mark.parametrize(
    "parts",
    [
        ("居住证要满几年才能申请？", "孩子积分入学给多少分？"),
        ("我妈73了，腿脚不好。老年食堂一顿补几块钱？", "敬老卡要到哪个窗口去领？"),
        ("摊位怎么申请；", "占道经营罚多少钱"),
        ("柳州夜市几点收摊，", "鹿寨县夜市归谁管"),
        ("摊主无证怎么处理，", "柳州市夜市管理办法怎么处罚？"),
        ("一件事一次办，柳州推了几个，", "一件事一次办，鹿寨县又推几个"),
        ("老楼装电梯，今年打算装多少台，", "老楼装电梯，财政一台补多少"),
        ("一共有多少名摊主参加考试？通过率是多少？",),
        ("由哪个部门牵头，什么时候完成？",),
        ("社保断了几个月后补交，柳州夜市还让不让摆？",),
        ("没什么钱，柳州能摆摊吗？",),
        ("柳州和鹿寨县的收摊时间有什么不同？",),
        ("柳州夜市几点收摊，和鹿寨县比谁更早？",),
        ("柳州夜市罚款多少，鹿寨县是不是也一样？",),
        ("甲怎么办？乙怎么办？丙怎么办？丁怎么办？",),
    ],
)
def test_a_question_is_taken_apart_where_it_asks_several_things(parts: tuple[str, ...]) -> None:
    topic = parts[0].partition("，")[0] + "，"
    asked = parts[0] + "".join(part.removeprefix(topic) for part in parts[1:])
    assert several(asked, DOCUMENTS) == parts


def test_each_of_several_questions_is_answered_from_its_own_document(answerer: Answerer) -> None:
    answer = answerer.ask("公共租赁住房租金按市场租金的多大比例确定？老旧小区加装电梯每台补助多少万元？")
    assert "60%" in answer.answer
    assert "18万元" in answer.answer
    assert len({citation.document.id for citation in answer.citations}) == 2
    assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))


def test_which_of_several_questions_has_no_answer_is_said(answerer: Answerer) -> None:
    answer = answerer.ask("公共租赁住房租金按市场租金的多大比例确定？东篱区2024年财政收入是多少亿元？")
    assert not answer.refused
    assert "60%" in answer.answer
    assert any("东篱区2024年财政收入" in notice for notice in answer.notices)


def test_several_questions_without_any_answer_are_refused_as_one(answerer: Answerer) -> None:
    assert answerer.ask("东篱区2024年财政收入是多少亿元？北京的公租房申请条件是什么？").refused
