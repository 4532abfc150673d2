"""rag.refer: a reference finds its clause by numbers alone, in all the forms in which people say it."""

import pytest
from toys import Characters, written

from rag.answer import Answerer
from rag.clause import Document, DocumentId, Text
from rag.index import build, open_index
from rag.parse import parse
from rag.refer import nearest, referenced
from rag.settings import load
from rag.understand import understand

LAW = "第一章　总则\n第一条　目的。\n第二条　条件：\n（一）甲；\n（二）乙。\n前款所称甲，另行规定。\n第二章　管理\n第三条　管理。\n第三条之一　补充。"
PLAN = "一、背景\n（一）形势\n（二）意义\n二、任务\n（一）建设\n1.修路。\n2.架桥。\n三、保障\n3.拨款。\n附件1\n清单\n1.甲表\n附件2\n流程\n1.乙表\n2.丙表"


def clauses(text: str):  # type: ignore[no-untyped-def]
    return parse(Text(text), Document(DocumentId("X"), "某某管理办法"))


@pytest.mark.parametrize(
    ("text", "question", "path"),
    [
        (LAW, "第二条第二款", ("第一章", "第二条", "第二款")),
        (LAW, "第二条第一款", ("第一章", "第二条")),
        (LAW, "第二条第一款第（二）项", ("第一章", "第二条", "（二）")),
        (LAW, "第二条第（二）项", ("第一章", "第二条", "（二）")),
        (LAW, "第2条第2项", ("第一章", "第二条", "（二）")),
        (LAW, "第三条之一", ("第二章", "第三条之一")),
        (LAW, "第二章", ("第二章",)),
        (PLAN, "第二部分第（一）点", ("二、", "（一）")),
        (PLAN, "第3条", ("三、", "3.")),
        (PLAN, "附件2第2项", ("附件2", "2.")),
        (LAW.replace("补充。", "补充。\n可以另定。"), "第三条之一2款", ("第二章", "第三条之一", "第二款")),
        ("一、甲\n二、乙：一是修路；二是架桥；三是植树。", "二、三是", ("二、", "三是")),
        ("1.正文\n2.正文二\n附件1\n清单\n（一）甲表\n（二）乙表", "第二项", ("2.",)),
        (PLAN, "任务2", ("二、", "（一）", "2.")),
    ],
)
def test_found(text: str, question: str, path: tuple[str, ...]) -> None:
    reference = understand(f"请说明{question}的内容", [], ()).reference
    assert reference is not None
    assert referenced(reference, clauses(text))[0].path == path


@pytest.mark.parametrize("question", ["第九条", "第二条第五项", "第三条第二款", "第三条第一项", "附件3", "第六部分"])
def test_not_there(question: str) -> None:
    reference = understand(f"请说明{question}的内容", [], ()).reference
    assert reference is not None
    assert referenced(reference, clauses(LAW)) == []


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("第九条", "第三条"),
        ("第二条第五项", "（二）"),
        ("第三条第二款", "第三条"),
        ("第九条第二款", "第三条"),
        ("第八章", "第二章"),
    ],
)
def test_the_nearest_that_is_there(question: str, label: str) -> None:
    reference = understand(f"请说明{question}的内容", [], ()).reference
    assert reference is not None
    found = nearest(reference, clauses(LAW))
    assert found is not None
    assert found.label in (label, "第三条之一")


def test_an_article_is_not_an_item_with_its_number() -> None:
    text = "第一条　目的。\n第二条　材料：\n1.表；\n2.照片；\n3.证明。"
    reference = understand("第三条", [], ()).reference
    assert reference is not None
    assert referenced(reference, clauses(text)) == []


# Through an index, by the name of the document ------------------------------------------------------------------

RULES = """青原市人民政府办公室关于印发《青原市共享单车管理办法》的通知
青政办发〔2023〕14号
各县、区人民政府：
现将《青原市共享单车管理办法》印发给你们。
第一章　总则
第一条　为了规范停放，制定本办法。
第二条　企业应当具备下列条件：
（一）有固定场所；
（二）有调度车辆。
企业不得收取押金。
第三条　企业每年投放不超过二千辆。
第三条之一　投放前应当备案。
第二章　停放
第四条　车辆停放在划定区域。
第五条　违规停放的，由城市管理部门处二十元罚款。
第六条　本办法自2023年8月1日起施行。"""
WORK = """青原市公园建设实施方案
青建发〔2024〕3号
一、目标
到2026年建成公园三十座。
二、主要任务
（一）选址
1.摸清空闲地块。
2.征求居民意见。
（二）建设
1.绿化率不低于六成。
2.设置无障碍通道。
三、保障
（一）资金由市财政安排。
（二）人员由市园林局调配。
附件1
公园名单
1.东湖公园
2.北岭公园
附件2
验收表
1.土建
2.绿化
3.照明"""
LAWS = {
    "渔业": "中华人民共和国渔业法\n第一条　为了保护渔业资源，制定本法。\n第二条　捕捞应当有许可证。",
    "渔业修正": "中华人民共和国渔业法修正案（二）\n一、第一条修改为：为了养护渔业资源。\n二、第二条修改为：捕捞应当登记。",
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """An answerer over four small documents, with an embedder that is never asked."""
    folder = tmp_path_factory.mktemp("refer")
    corpus = written(folder / "corpus", 单车=RULES, 公园=WORK, **LAWS)
    settings = load({}, index=folder / "index", embedding="characters")
    build([corpus], settings, embedder=Characters())

    class Silent(Characters):
        def queries(self, texts):  # type: ignore[no-untyped-def]
            raise AssertionError(f"a vector was asked for: {texts}")

    return Answerer(open_index(settings, embedder=Characters()), Silent(), settings)


BIKES, PARK = "青政办发〔2023〕14号", "青建发〔2024〕3号"


@pytest.mark.parametrize(
    ("question", "document", "path"),
    [
        ("共享单车管理办法第二条第二款", BIKES, ("第一章", "第二条", "第二款")),
        ("《青原市共享单车管理办法》第二条第二款", BIKES, ("第一章", "第二条", "第二款")),
        ("青原市共享单车管理办法2条2款", BIKES, ("第一章", "第二条", "第二款")),
        ("青政办发〔2023〕14号第２条第１款第２项", BIKES, ("第一章", "第二条", "（二）")),
        ("青政办发[2023]14号第二条（一）", BIKES, ("第一章", "第二条", "（一）")),
        ("青政办发（2023）14号第二条(一)项", BIKES, ("第一章", "第二条", "（一）")),
        ("请问《共享单车管理办法》第三条之一是怎么规定的？", BIKES, ("第一章", "第三条之一")),
        ("青政办发〔2023〕14号第3条之1", BIKES, ("第一章", "第三条之一")),
        ("共享单车管理办法第二章", BIKES, ("第二章",)),
        ("管理办法第五条", BIKES, ("第二章", "第五条")),
        ("按照《青原市共享单车管理办法》，第5条是怎么写的？", BIKES, ("第二章", "第五条")),
        ("青政办发〔2023〕14号", BIKES, ("header",)),
        ("实施方案三、（二）", PARK, ("三、", "（二）")),
        ("实施方案三（二）", PARK, ("三、", "（二）")),
        ("公园建设实施方案二（二）2", PARK, ("二、", "（二）", "2.")),
        ("公园建设实施方案第二部分第（二）点", PARK, ("二、", "（二）")),
        ("公园建设实施方案第二部分第二点第1点", PARK, ("二、", "（二）", "1.")),
        ("公园建设实施方案第二部分的（一）的第2点", PARK, ("二、", "（一）", "2.")),
        ("青建发〔2024〕3号附件2第3项", PARK, ("附件2", "3.")),
        ("青建发〔2024〕3号附件二第三项", PARK, ("附件2", "3.")),
        ("青建发〔2024〕3号中附件1第2项规定了什么", PARK, ("附件1", "2.")),
        ("渔业法第二条", "中华人民共和国渔业法", ("第二条",)),
        ("《渔业法》第2条", "中华人民共和国渔业法", ("第二条",)),
        ("根据中华人民共和国渔业法第二条", "中华人民共和国渔业法", ("第二条",)),
        ("渔业法修正案（二）第二条", "中华人民共和国渔业法修正案（二）", ("二、",)),
        ("渔业法修正案（二）第一条", "中华人民共和国渔业法修正案（二）", ("一、",)),
    ],
)  # fmt: skip
def test_the_clause_that_is_named_is_first(
    asked: Answerer, question: str, document: str, path: tuple[str, ...]
) -> None:
    hit = asked.search(question)[0]
    assert (hit.document.id, hit.clause.path, hit.why, hit.score) == (document, path, "reference", 1.0)


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("共享单车管理办法第四条和第二条", ["第四条", "第二条"]),
        ("共享单车管理办法第四条至第六条", ["第四条", "第五条", "第六条"]),
        ("共享单车管理办法第一、四条", ["第一条", "第四条"]),
        ("共享单车管理办法第二条第（一）、（二）项", ["（一）", "（二）"]),
        ("渔业法第二条与共享单车管理办法第六条", ["第二条", "第六条"]),
    ],
)
def test_several_clauses_stand_first_in_the_order_asked(asked: Answerer, question: str, labels: list[str]) -> None:
    assert [hit.clause.label for hit in asked.search(question)][: len(labels)] == labels


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("共享单车管理办法第九十条", "第九十条"),
        ("共享单车管理办法第五条第三款", "第五条第三款"),
        ("共享单车管理办法第二条第七项", "第二条第七项"),
        ("青建发〔2024〕3号附件5", "附件5"),
        ("青建发〔2024〕3号附件2第9项", "附件2第9项"),
        ("渔业法第三十条", "第三十条"),
        ("青政办发〔2023〕15号", "青政办发〔2023〕15号"),
        ("青政办发〔2023〕15号第三条", "青政办发〔2023〕15号"),
        ("《出租汽车管理办法》第三条", "出租汽车管理办法"),
        ("森林法第二条", "森林法"),
    ],
)
def test_what_is_not_there_is_said_to_be_so(asked: Answerer, question: str, said: str) -> None:
    answer = asked.ask(question)
    assert answer.refused
    assert answer.reason in ("false_premise", "out_of_scope")
    assert said in answer.answer
    assert asked.search(question) == []


def test_the_nearest_clause_and_number_are_named(asked: Answerer) -> None:
    assert asked.ask("共享单车管理办法第九条").citations[0].clause.label == "第六条"
    assert "青政办发〔2023〕14号" in asked.ask("青政办发〔2023〕15号").answer


def test_several_clauses_are_all_in_the_answer(asked: Answerer) -> None:
    answer = asked.ask("共享单车管理办法第三条和第五条")
    assert [citation.clause.label for citation in answer.citations] == ["第三条", "第五条"]
    assert "二千辆" in answer.answer
    assert "二十元" in answer.answer


def test_one_that_is_there_is_answered_and_the_other_named(asked: Answerer) -> None:
    answer = asked.ask("共享单车管理办法第五条和第九十条")
    assert not answer.refused
    assert "二十元" in answer.answer
    assert any("第90条" in notice for notice in answer.notices)


@pytest.mark.parametrize(
    "question", ["每年投放多少辆共享单车", "有20条措施吗", "第一时间怎么报告", "三、四季度投放多少"]
)
def test_what_is_no_reference(question: str) -> None:
    assert understand(question, [], ()).references == ()
