"""rag.understand.followup: which questions lean on earlier ones, over the sample corpus' subjects and others."""

from collections.abc import Callable

import pytest

from rag.clause import Document, DocumentId
from rag.understand import rewrite, understand
from rag.understand.followup import standing
from rag.understand.thread import asked_of, subject

RENT = Document(DocumentId("澜府规〔2024〕3号"), "澜沚市公共租赁住房管理办法", "澜府规〔2024〕3号", region="澜沚市")
DISTRICT = Document(
    DocumentId("东政〔2025〕2号"), "东篱区人民政府2024年法治政府建设年度报告", "东政〔2025〕2号", region="澜沚市东篱区"
)
COUNTY = Document(
    DocumentId("松政〔2025〕4号"), "松陂县人民政府2024年法治政府建设年度报告", "松政〔2025〕4号", region="澜沚市松陂县"
)
DOCUMENTS = (RENT, DISTRICT, COUNTY)

LEANING = [
    ("东篱区2024年办结多少件行政复议？", "那松陂县呢？", "松陂县2024年办结多少件行政复议？"),
    ("东篱区2024年办结多少件行政复议？", "松陂县呢", "松陂县2024年办结多少件行政复议？"),
    ("东篱区2024年办结多少件行政复议？", "2023年呢？", "东篱区2023年办结多少件行政复议？"),
    ("东篱区2024年办结多少件行政复议？", "2023年的呢？", "东篱区2023年办结多少件行政复议？"),
    ("公租房租金怎么定？", "那押金呢？", "公租房租金：押金"),
    ("公租房租金怎么定？", "那低保户呢？", "公租房租金：低保户"),
    ("新就业无房职工申请公租房需要什么条件？", "那外来务工人员呢？", "外来务工人员申请公租房需要什么条件？"),
    ("低保家庭的租金是多少？", "特困人员呢", "特困人员的租金是多少？"),
    ("市教育局牵头的任务有哪几项？", "那市民政局呢？", "市民政局牵头的任务有哪几项？"),
    ("新办法第十六条规定了什么？", "旧办法呢？", "旧办法第十六条规定了什么？"),
    ("小微企业贴息比例是多少？", "那担保费呢？", "小微企业贴息比例：担保费"),
    ("公租房的申请材料有哪些？", "还有呢？", "公租房的申请材料还有哪些？"),
    ("公租房的申请材料有哪些？", "还有吗", "公租房的申请材料还有哪些？"),
    ("旧小区改造哪项任务涉及加装电梯？", "牵头部门是谁？", "旧小区改造任务涉及加装电梯：牵头部门是谁？"),
    ("旧小区改造哪项任务涉及加装电梯？", "那牵头部门是谁", "旧小区改造任务涉及加装电梯：牵头部门是谁"),
    ("《澜沚市公共租赁住房管理办法》讲了什么？", "它的有效期呢？", "《澜沚市公共租赁住房管理办法》：有效期"),
    ("公租房轮候要多久？", "需要哪些证明？", "公租房轮候：需要哪些证明？"),
    ("东篱区的政务公开要求是什么？", "松陂县对此有哪些规定？", "松陂县的政务公开：松陂县对此有哪些规定？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "第二项具体指什么？", "澜府规〔2024〕3号第8条第二项具体指什么？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "那第九条呢？", "澜府规〔2024〕3号第九条呢？"),
    ("澜府规〔2024〕3号第八条第一款怎么规定的？", "第二款呢", "澜府规〔2024〕3号第8条第二款呢"),
    ("《澜沚市公共租赁住房管理办法》讲了什么？", "第三章呢？", "《澜沚市公共租赁住房管理办法》第三章呢？"),
    ("东篱区2024年新增多少张养老床位？", "那椿埠区呢？", "椿埠区2024年新增多少张养老床位？"),
    ("公办初中什么时候报名？", "小学呢？", "公办小学什么时候报名？"),
    ("第一批补贴名单哪天公示？", "第二批呢", "第二批补贴名单哪天公示？"),
    ("农村低保标准是多少？", "城镇呢？", "城镇低保标准是多少？"),
    ("2019年的公租房办法轮候期多长？", "新办法呢？", "新的公租房办法轮候期多长？"),
    ("2019年的公租房办法轮候期多长？", "现行规定里改成几年了？", "公租房办法轮候期多长：现行规定里改成几年了？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "下一条呢？", "澜府规〔2024〕3号第9条呢？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "那上一条讲了什么？", "澜府规〔2024〕3号第7条讲了什么？"),
    ("澜府规〔2024〕3号第八条第二项怎么规定的？", "后一项呢", "澜府规〔2024〕3号第8条第3项呢"),
    ("澜府规〔2024〕3号规定租金怎么定？", "旧办法呢？", "旧的澜沚市公共租赁住房管理办法规定租金怎么定？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "上一条说的什么？", "澜府规〔2024〕3号第7条说的什么？"),
    ("任务分解表第26项由谁牵头？", "下一项的牵头部门又有哪些？", "第27项的牵头部门又有哪些？"),
    ("第一批整治哪几条路？", "第二批最晚哪天完成？", "第一批整治条路：第二批最晚哪天完成？"),
    ("创业担保贷款谁能申请？", "返乡农民工也能申请吗？", "创业担保贷款谁能申请：返乡农民工也能申请吗？"),
    ("民生实事第14项由谁牵头？", "第15项呢", "民生实事第15项由谁牵头？"),
    ("公租房办法还有效吗？", "那轮候期是多久？", "公租房办法：轮候期是多久？"),
    ("户外广告整治一共分几批？", "第一批是哪几条路？", None),
    ("小学生上学路上谁来管？", "初中呢", "初中生上学路上谁来管？"),
    ("澜府规〔2024〕3号第八条第二项怎么规定的？", "下一条呢", "澜府规〔2024〕3号第9条呢"),
    ("申请公租房要符合哪些条件？", "第四项说的财产净值怎么算？", "申请公租房要符合条件：财产净值怎么算？"),
    ("加装电梯居民要出多少钱？", "低保家庭也要出吗？", "加装电梯居民要出钱：低保家庭也要出吗？"),
    ("市政府制定了多少件规范性文件？", "部门制定的有多少件？", None),
    ("噪声扰民找谁投诉？", "联系电话是多少？", None),
    ("幼儿园什么时候报名？", "这个要带什么材料？", None),
    ("夜间施工要办什么手续？", "本办法什么时候施行？", None),
]  # fmt: skip
"""An earlier question, one that leans on it, and the two as one; None: it only has to hold the earlier subject."""

ALONE = [
    ("公租房租金怎么定？", "电动自行车也要上牌吗？"),
    ("公租房租金怎么定？", "宠物也要办证吗？"),
    ("公租房租金怎么定？", "小区停车也收费吗？"),
    ("加装电梯要多少钱？", "养老金也要交税吗？"),
    ("第一批整治哪几条路？", "第二类疫苗要自费吗？"),
    ("小学第一批录取结果哪天公布？", "第二批补贴什么时候发？"),
    ("公租房租金怎么定？", "新建小区也要配建养老用房吗，配建多少？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "下一步的工作安排有哪些？"),
    ("幼儿园什么时候报名？", "上一年度办结了多少件行政复议？"),
    ("公租房租金怎么定？", "停车收费怎么定？"),
    ("公租房租金怎么定？", "义务教育招生怎么报名？"),
    ("公租房租金怎么定？", "养老机构有补贴吗？"),
    ("公租房租金怎么定？", "加装电梯谁来出钱？"),
    ("东篱区2024年办结多少件行政复议？", "充电桩建设目标是多少？"),
    ("东篱区2024年办结多少件行政复议？", "松陂县的养老床位有多少张？"),
    ("噪声扰民找谁投诉？", "垃圾分类有什么要求？"),
    ("噪声扰民找谁投诉？", "市城管局牵头的任务有哪些？"),
    ("幼儿园什么时候报名？", "办不成事反映窗口设在哪里？"),
    ("幼儿园什么时候报名？", "企业开办要几天？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "东政〔2025〕2号第二部分讲了什么？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "《东篱区人民政府2024年法治政府建设年度报告》有几个部分？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "食品摊贩需要登记吗？"),
    ("夜间施工要办什么手续？", "随迁子女入学要哪些材料？"),
    ("夜间施工要办什么手续？", "小微企业贷款贴息比例是多少？"),
    ("公租房轮候要多久？", "危房改造补助标准是多少？"),
    ("公租房轮候要多久？", "共享单车停在哪里？"),
    ("公租房轮候要多久？", "困难残疾人生活补贴怎么申请？"),
    ("旧小区改造哪项任务涉及加装电梯？", "学校食堂由谁管？"),
    ("旧小区改造哪项任务涉及加装电梯？", "公交车免费乘坐的对象有哪些？"),
]


@pytest.mark.parametrize(("earlier", "question", "whole"), LEANING)
def test_a_question_that_leans(earlier: str, question: str, whole: str | None) -> None:
    found = rewrite(question, [earlier], DOCUMENTS)
    assert found == whole if whole else found.startswith(earlier[:3])


@pytest.mark.parametrize(("earlier", "question"), ALONE)
def test_a_question_with_a_subject_of_its_own(earlier: str, question: str) -> None:
    assert rewrite(question, [earlier], DOCUMENTS) == question


def test_an_item_of_the_list_that_was_asked_for() -> None:
    query = understand("第二项具体指什么？", ["申请公租房需要哪些材料？"], DOCUMENTS)
    assert query.list_of == "申请公租房需要哪些材料？"
    assert query.reference is not None
    assert query.reference.parts == (("项", (2,)),)


def test_a_chain_of_follow_ups() -> None:
    turns = ["东篱区2024年办结多少件行政复议？", "那松陂县呢？"]
    assert rewrite("2023年呢？", turns, DOCUMENTS) == "松陂县2023年办结多少件行政复议？"


def test_what_the_model_has_made_of_it_goes_before_the_rules() -> None:
    query = understand("那押金呢？", ["公租房租金怎么定？"], DOCUMENTS, rewritten="公租房的押金怎么收？")
    assert query.rewritten == "公租房的押金怎么收？"


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        ("澜府规〔2024〕3号第八条怎么规定的？", "下一章讲什么？"), ("澜府规〔2024〕3号第八条怎么规定的？", "下一款呢？"),
        ("澜府规〔2024〕3号第十条之一怎么规定的？", "下一条呢？"), ("澜府规〔2024〕3号第一条怎么规定的？", "上一条呢？"),
    ],
)  # fmt: skip
def test_a_clause_beside_is_of_the_kind_that_was_spoken_of(earlier: str, question: str) -> None:
    found = rewrite(question, [earlier], DOCUMENTS)
    assert "第9条" not in found
    assert "第11条" not in found
    assert "第0条" not in found


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        ("大学城的公交怎么走？", "高中呢"),
        ("中小学生有什么补贴？", "高中呢"),
        ("县级市怎么划分？", "省级呢"),
        ("窗口期是几天？", "线上呢"),
    ],
)
def test_a_sibling_within_another_word_is_none(earlier: str, question: str) -> None:
    assert earlier[:3] in rewrite(question, [earlier], DOCUMENTS)


# Which of several readings ---------------------------------------------------------------------------------------


def weighed(worth: dict[str, float]) -> Callable[[str, str], float]:
    """How well documents answer a question: as it is told here by the words in it, ^ its beginning, .1 by none."""
    return lambda text, _said: max((value for words, value in worth.items() if words in f"^{text}"), default=0.1)


def read(*asked: str, worth: Callable[[str, str], float] | None = None) -> str:
    """The last of these questions as it stands alone behind the others."""
    return standing(asked[-1], asked[:-1], DOCUMENTS, worth).text


def test_a_question_may_lean_on_the_subject_alone() -> None:
    asked = ("公租房租金怎么定？", "轮候期多长？", "需要哪些材料？")
    assert (
        read(*asked, worth=weighed({"住房：轮候": 0.8, "轮候期：需要": 0.3, "住房：需要": 0.9}))
        == "公共租赁住房：需要哪些材料？"
    )
    assert (
        read(*asked, worth=weighed({"住房：轮候": 0.8, "轮候期：需要": 0.9, "住房：需要": 0.3}))
        == "公共租赁住房轮候期：需要哪些材料？"
    )


def test_short_questions_in_a_row_do_not_pile_up() -> None:
    asked = ("公租房租金怎么定？", "轮候期多长？", "申请条件有哪些？", "收入线是多少？", "押金呢？")
    assert read(*asked, worth=weighed({"住房：": 0.9})) == "公共租赁住房：押金"
    assert read(*asked, worth=weighed({"住房：": 0.5, "收入线：": 0.9})) == "公共租赁住房收入线：押金"


def test_a_brief_question_leans_unless_the_documents_answer_it_far_better_by_itself() -> None:
    asked = ("公租房租金怎么定？", "轮候期多长？")
    assert read(*asked, worth=weighed({"住房：": 0.6, "^轮候期": 0.8})) == "公共租赁住房：轮候期多长？"
    assert read(*asked, worth=weighed({"住房：": 0.3, "^轮候期": 0.9})) == "轮候期多长？"


def test_one_that_says_more_stands_alone_unless_they_answer_it_better_as_one_that_leans() -> None:
    asked = ("公租房租金怎么定？", "养老机构有没有补贴？")
    assert read(*asked, worth=weighed({"住房：": 0.3, "养老": 0.3})) == asked[-1]
    assert read(*asked, worth=weighed({"住房：": 0.9, "养老": 0.3})) == "公共租赁住房：养老机构有没有补贴？"


def test_who_has_a_task_is_asked_of_the_task() -> None:
    asked = ("公租房适老化改造由谁牵头？", "责任部门呢？")
    assert read(*asked, worth=weighed({"改造由谁牵头：": 0.7, "住房：": 0.8})) == "公租房适老化改造由谁牵头：责任部门"


def test_a_subject_of_its_own_may_lean_on_the_place_alone() -> None:
    asked = ("东篱区2024年办结多少件行政复议？", "行政诉讼败诉率呢？")
    assert read(*asked, worth=weighed({"区：行政诉讼": 0.8, "复议：": 0.5})) == "东篱区：行政诉讼败诉率"


def test_what_names_a_place_or_a_document_needs_no_weighing() -> None:
    def never(_text: str, _said: str) -> float:
        raise AssertionError

    asked = ("公租房租金怎么定？", "松陂县的养老床位有多少张？", "《澜沚市公共租赁住房管理办法》有几章？")
    assert read(*asked, worth=never) == asked[-1]


def test_a_new_subject_takes_the_place_of_the_old() -> None:
    asked = ("公租房租金怎么定？", "幼儿园几号报名？", "要带什么？")
    assert read(*asked, worth=weighed({"幼儿园": 0.5})) == "幼儿园几号报名：要带什么？"


@pytest.mark.parametrize(
    "asked",
    [("公租房租金怎么定？", "How much is the rent?"), ("How much is the rent?", "What about the deposit?"),
     ("How much is the rent?", "需要哪些材料？")],
)  # fmt: skip
def test_what_is_asked_in_another_language_joins_nothing(asked: tuple[str, ...]) -> None:
    assert read(*asked, worth=weighed({})) == asked[-1]


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("公租房租金怎么算？", "公共租赁住房"), ("申请公租房，哪些情形不予受理？", "公共租赁住房"),
        ("《澜沚市公共租赁住房管理办法》讲了什么？", "《澜沚市公共租赁住房管理办法》"), ("小学报名什么时候", "小学报名"),
        ("澜府规〔2024〕3号第八条怎么规定的？", "澜府规〔2024〕3号"), ("创业担保贷款谁能申请？", "创业担保贷款"),
        ("我想问一下幼儿园怎么报名", "幼儿园"),
        ("幼儿园啥时候报名", "幼儿园"), ("多少钱？", ""), ("怎么办？", ""),
    ],
)  # fmt: skip
def test_what_a_question_is_about(question: str, about: str) -> None:
    assert subject(question, DOCUMENTS) == about


@pytest.mark.parametrize(
    ("question", "about"),
    [("租金呢？", "租金"), ("轮候期是多久？", "轮候期"), ("还能续租吗", "续租"), ("是多少？", ""), ("多久？", ""), ("什么时候？", "")],
)  # fmt: skip
def test_what_is_left_without_words_of_asking(question: str, about: str) -> None:
    assert asked_of(question) == about
