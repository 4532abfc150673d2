"""rag.refer: a reference finds its clause by numbers alone."""

import pytest

from rag.clause import Document, DocumentId, Text
from rag.parse import parse
from rag.refer import nearest, referenced
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
        (LAW, "第二条第（二）项", ("第一章", "第二条", "（二）")),
        (LAW, "第2条第2项", ("第一章", "第二条", "（二）")),
        (LAW, "第三条之一", ("第二章", "第三条之一")),
        (LAW, "第二章", ("第二章",)),
        (PLAN, "第二部分第（一）点", ("二、", "（一）")),
        (PLAN, "第3条", ("三、", "3.")),
        (PLAN, "附件2第2项", ("附件2", "2.")),
        (PLAN, "任务2", ("二、", "（一）", "2.")),
    ],
)
def test_found(text: str, question: str, path: tuple[str, ...]) -> None:
    reference = understand(f"请说明{question}的内容", [], ()).reference
    assert reference is not None
    assert referenced(reference, clauses(text))[0].path == path


@pytest.mark.parametrize("question", ["第九条", "第二条第五项", "附件3", "第六部分"])
def test_not_there(question: str) -> None:
    reference = understand(f"请说明{question}的内容", [], ()).reference
    assert reference is not None
    assert referenced(reference, clauses(LAW)) == []


def test_the_nearest_that_is_there() -> None:
    reference = understand("请说明第九条的内容", [], ()).reference
    assert reference is not None
    found = nearest(reference, clauses(LAW))
    assert found is not None
    assert found.label == "第三条"
