"""rag.understand.followup: which questions lean on earlier ones, over the sample corpus' subjects and others."""

import pytest

from rag.clause import Document, DocumentId
from rag.understand import rewrite, understand

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
    ("公租房租金怎么定？", "那押金呢？", "公租房租金定：押金"),
    ("公租房租金怎么定？", "那低保户呢？", "公租房租金定：低保户"),
    ("新就业无房职工申请公租房需要什么条件？", "那外来务工人员呢？", "外来务工人员申请公租房需要什么条件？"),
    ("低保家庭的租金是多少？", "特困人员呢", "特困人员的租金是多少？"),
    ("市教育局牵头的任务有哪几项？", "那市民政局呢？", "市民政局牵头的任务有哪几项？"),
    ("新办法第十六条规定了什么？", "旧办法呢？", "旧办法第十六条规定了什么？"),
    ("小微企业贴息比例是多少？", "那担保费呢？", "小微企业贴息比例：担保费"),
    ("公租房的申请材料有哪些？", "还有呢？", "公租房的申请材料还有哪些？"),
    ("公租房的申请材料有哪些？", "还有吗", "公租房的申请材料还有哪些？"),
    ("旧小区改造哪项任务涉及加装电梯？", "牵头部门是谁？", "旧小区改造任务涉及加装电梯：牵头部门是谁？"),
    ("旧小区改造哪项任务涉及加装电梯？", "那牵头部门是谁", "旧小区改造任务涉及加装电梯：牵头部门是谁"),
    ("《澜沚市公共租赁住房管理办法》讲了什么？", "它的有效期呢？", "《澜沚市公共租赁住房管理办法》讲：有效期"),
    ("公租房轮候要多久？", "需要哪些证明？", "公租房轮候要多久：需要哪些证明？"),
    ("东篱区的政务公开要求是什么？", "松陂县对此有哪些规定？", "松陂县的政务公开：松陂县对此有哪些规定？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "第二项具体指什么？", "澜府规〔2024〕3号第8条第二项具体指什么？"),
    ("澜府规〔2024〕3号第八条怎么规定的？", "那第九条呢？", "澜府规〔2024〕3号第九条呢？"),
    ("澜府规〔2024〕3号第八条第一款怎么规定的？", "第二款呢", "澜府规〔2024〕3号第8条第二款呢"),
    ("《澜沚市公共租赁住房管理办法》讲了什么？", "第三章呢？", "《澜沚市公共租赁住房管理办法》第三章呢？"),
    ("市政府制定了多少件规范性文件？", "部门制定的有多少件？", None),
    ("噪声扰民找谁投诉？", "联系电话是多少？", None),
    ("幼儿园什么时候报名？", "这个要带什么材料？", None),
    ("夜间施工要办什么手续？", "本办法什么时候施行？", None),
]  # fmt: skip
"""An earlier question, one that leans on it, and the two as one; None: it only has to hold the earlier subject."""

ALONE = [
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
