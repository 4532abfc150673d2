"""rag.understand: what a question asks, of which documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.clause import Document, DocumentId
from rag.errors import EmptyQuestion, LongQuestion, QuestionFault, UnreadableQuestion
from rag.understand import clean, named_places, rewrite, short_names, topic, understand, years


def document(id: str, title: str, region: str | None = None) -> Document:
    return Document(DocumentId(id), title, id if "号" in id else None, region=region)


DOCUMENTS = (
    document("柳政发〔2023〕8号", "柳州市人民政府关于2022年法治政府建设工作的报告", "柳州市"),
    document("鹿政办〔2023〕12号", "鹿寨县人民政府办公室关于印发2023年政务公开工作要点的通知", "柳州市鹿寨县"),
    document(
        "海开管〔2022〕3号", "海州经济技术开发区管理委员会关于印发《人才公寓管理办法》的通知", "海州经济技术开发区"
    ),
)


def test_clean_keeps_the_words_and_drops_what_cannot_be_shown() -> None:
    assert clean("  补贴\x00标准\ud800是\n多少？ ", 100) == "补贴 标准 是 多少？"


@pytest.mark.parametrize("question", ["", "   ", "\x00\x01", "？？？", "\ud800"])
def test_nothing_to_ask(question: str) -> None:
    with pytest.raises(EmptyQuestion):
        clean(question, 100)


@pytest.mark.parametrize("question", ["😀", "？？？", "👍 👍！", "——"])
def test_signs_alone_are_told_from_nothing(question: str) -> None:
    with pytest.raises(UnreadableQuestion, match="只有符号或表情，读不出要问什么"):
        clean(question, 100)
    with pytest.raises(EmptyQuestion, match="问题是空的"):
        clean(" \x00", 100)


def test_a_question_of_100000_characters() -> None:
    with pytest.raises(LongQuestion, match="100000"):
        clean("问" * 100_000, 2000)


@given(st.text(max_size=200))
def test_any_text_is_a_question_or_refused_in_words(text: str) -> None:
    try:
        query = understand(clean(text, 150), [], DOCUMENTS)
    except QuestionFault as fault:
        assert fault.message("en")
    else:
        assert query.text


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("《人才公寓管理办法》第八条怎么规定的？", "clause"),
        ("鹿寨县2023年工作要点共分几个部分、多少条？", "count"),
        ("县信访局牵头的任务有哪些？", "tasks"),
        ("9月底前要完成的民生实事有哪些？", "tasks"),
        ("哪些任务要在2025年6月30日前完成？", "tasks"),
        ("加装电梯这个项目什么时候完成？", "date"),
        ("这项任务由哪个部门负责？", "department"),
        ("本办法自什么时候起施行？", "date"),
        ("人才公寓的租金标准是多少？", "number"),
        ("柳州市和鹿寨县的公开时限有什么不同？", "comparison"),
        ("申请人才公寓要哪些材料？", "list"),
        ("门口停车没人管怎么办", "open"),
    ],
)
def test_the_kind_of_answer(question: str, kind: str) -> None:
    assert understand(question, [], DOCUMENTS).kind == kind


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("第二十条第二款", (("条", (20,)), ("款", (2,)))),
        ("鹿政办〔2023〕12号第25条的内容", (("条", (25,)),)),
        ("第二部分第（四）点讲什么", (("部分", (2,)), ("点", (4,)))),
        ("附件2第3项是什么", (("附件", (2,)), ("项", (3,)))),
        ("任务12由谁牵头", (("任务", (12,)),)),
        ("第十条之一怎么规定", (("条", (10, 1)),)),
    ],
)
def test_references(question: str, parts: object) -> None:
    reference = understand(question, [], DOCUMENTS).reference
    assert reference is not None
    assert reference.parts == parts


@pytest.mark.parametrize("question", ["2023年有几项任务", "一共三十条意见吗", "申请条件是什么", "补贴10%以上吗"])
def test_what_is_no_reference(question: str) -> None:
    assert understand(question, [], DOCUMENTS).reference is None


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("柳政发〔2023〕8号讲了什么", ["柳政发〔2023〕8号"]),
        ("柳政发[2023]8号讲了什么", ["柳政发〔2023〕8号"]),
        ("《人才公寓管理办法》的适用范围", ["海开管〔2022〕3号"]),
        ("鹿寨的政务公开有什么要求", ["鹿政办〔2023〕12号"]),
        ("海州经开区的公寓", ["海开管〔2022〕3号"]),
        ("公寓怎么申请", []),
    ],
)
def test_which_documents_a_question_names(question: str, named: list[str]) -> None:
    assert list(understand(question, [], DOCUMENTS).documents) == named


@pytest.mark.parametrize(
    ("title", "question", "parts"),
    [
        ("海事法院关于船舶碰撞案件适用法律问题的解释（二）", "海事法院关于船舶碰撞案件适用法律问题的解释（二）第7条", (("条", (7,)),)),
        ("澜沚市落实港口规划（2016—2020年）任务分解", "澜沚市落实港口规划（2016—2020年）任务分解附件3怎么规定的？", (("附件", (3,)),)),
        ('渔港出"实招"：开通定制班车', '《渔港出"实招"：开通定制班车》第2条讲了什么', (("条", (2,)),)),
        ("渔港关于扶持渔业的若干意见", "渔港关于扶持渔业的若干意见中五是规定了什么？", (("一是", (5,)),)),
    ],
)  # fmt: skip
def test_a_reference_belongs_to_the_whole_title_before_it(title: str, question: str, parts: object) -> None:
    found = understand(question, [], [document("a", title), document("b", "渔港收费办法")])
    assert [(one.parts, one.documents) for one in found.references] == [(parts, ("a",))]


def test_the_more_exact_name_of_a_place_wins() -> None:
    assert named_places("柳州市鹿寨县怎么规定", DOCUMENTS) == (("柳州市鹿寨县",), ())


def test_a_place_that_no_document_is_about() -> None:
    assert named_places("按照常宁市的要求", DOCUMENTS) == (("常宁市",), ("常宁市",))
    assert named_places("在常宁市怎么办", DOCUMENTS) == (("常宁市",), ("常宁市",))
    assert named_places("全市有多少社区", DOCUMENTS) == ((), ())


@pytest.mark.parametrize("question", ["柳州要求区镇领导做什么", "柳州镇上街道接过去的事", "柳州住房和城乡建设局的要求"])
def test_what_stands_behind_a_place_and_is_none(question: str) -> None:
    assert named_places(question, DOCUMENTS) == (("柳州",), ())


@pytest.mark.parametrize(
    ("question", "strange"),
    [
        ("柳州鱼峰区几天办结", "鱼峰区"),
        ("常宁市政府怎么规定", "常宁市"),
        ("椿埠区政务服务中心在哪", "椿埠区"),
        ("柳州市市鱼峰区几天办结", "鱼峰区"),
    ],
)
def test_a_place_behind_one_that_is_known_or_before_its_government(question: str, strange: str) -> None:
    assert named_places(question, DOCUMENTS)[1] == (strange,)


@pytest.mark.parametrize(
    "question", ["是不是都得往区里送？", "下面乡里街道也要有吗", "他们镇收不收？", "在这边县里能办吗", "请问怎么去市里",
     "延长春节假期的工资怎么算", "申领安康码找谁", "如何按疫情划分区县？", "物业对于街道有什么义务", "污染区怎么设检查点", "加装电梯市里和区里各出多少？",
     "市政务服务中心在哪"]
)  # fmt: skip
def test_what_sounds_like_a_place_and_is_none(question: str) -> None:
    assert named_places(question, DOCUMENTS) == ((), ())


@pytest.mark.parametrize(
    ("question", "version"),
    [
        ("新旧公租房办法的轮候期有什么不同？", "both"),
        ("新旧两版办法有什么变化？", "both"),
        ("新旧动能转换政策有哪些？", "current"),
        ("新旧电池回收办法怎么规定？", "current"),
        ("新旧机动车置换补贴政策有哪些", "current"),
        ("旧办法轮候期多长？", "former"),
    ],
)
def test_which_version_is_asked_for(question: str, version: str) -> None:
    assert understand(question, [], []).version == version


def test_short_names() -> None:
    assert short_names("苏州市") == ("苏州市", "苏州")
    assert short_names("广西壮族自治区") == ("广西壮族自治区", "广西")
    assert short_names("延边朝鲜族自治州") == ("延边朝鲜族自治州", "延边")
    assert short_names("内蒙古自治区") == ("内蒙古自治区", "内蒙古")
    assert short_names("张家港市塘桥镇") == ("张家港市塘桥镇", "塘桥镇", "塘桥")


def test_years() -> None:
    assert years("2016—2020年规划，二〇二二年；第2019号") == (2016, 2020, 2022)


@pytest.mark.parametrize(
    ("turns", "question", "whole"),
    [
        (["柳州市2022年办了多少件行政复议？"], "那鹿寨县呢？", "鹿寨县2022年办了多少件行政复议？"),
        (["柳州市2022年办了多少件行政复议？"], "2021年呢？", "柳州市2021年办了多少件行政复议？"),
        (["鹿寨县哪项任务涉及“邻里互助”？"], "牵头部门有哪些？", "鹿寨县任务涉及“邻里互助”：牵头部门有哪些？"),
        (["柳州市的政务公开要求是什么？"], "鹿寨县对此又有哪些规定？", "鹿寨县的政务公开：鹿寨县对此又有哪些规定？"),
        ([], "牵头部门有哪些？", "牵头部门有哪些？"),
        (["柳州市的政务公开"], "县教育局牵头的任务有哪几项？", "县教育局牵头的任务有哪几项？"),
        (["柳州市的政务公开"], "《人才公寓管理办法》适用于哪些人员，租期最长多久？", "《人才公寓管理办法》适用于哪些人员，租期最长多久？"),
    ],
)  # fmt: skip
def test_follow_ups(turns: list[str], question: str, whole: str) -> None:
    assert rewrite(question, turns, DOCUMENTS) == whole


def test_a_follow_up_of_a_follow_up() -> None:
    turns = ["柳州市2022年办了多少件行政复议？", "那鹿寨县呢？"]
    assert rewrite("2021年呢？", turns, DOCUMENTS) == "鹿寨县2021年办了多少件行政复议？"


def test_topic_leaves_something() -> None:
    assert topic("什么？") == "什么？"
