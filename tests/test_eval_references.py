"""eval.spoken and eval.references: references made from documents, and what becomes of them."""

from pathlib import Path

import pytest
from toys import written

from eval.references import measured, table
from eval.spoken import Speaker, read
from rag.clause import Document, DocumentId, Parsed, Text
from rag.parse import parse
from rag.settings import load

RULES = "白鹭市野生鸟类观赏管理规定\n第一章　总则\n第一条　为了保护鸟类，制定本规定。\n第二条　观赏者不得：\n（一）投喂；\n（二）使用闪光灯。\n违反的，由林业部门劝阻。\n第二章　附则\n第三条　本规定自发布之日起施行。"
PLAN = "白鹭市湿地修复实施方案\n一、目标\n（一）修复湿地。\n二、任务\n（一）补水\n1.引水。\n2.蓄水。\n（二）清淤\n1.疏浚。\n2.转运。"


def parsed(id: str, text: str) -> Parsed:
    document = Document(DocumentId(id), id)
    return Parsed(document, Text(text), parse(Text(text), document))


@pytest.mark.parametrize(
    ("label", "said"),
    [("第十二条之一", ("条", (12, 1))), ("（三）", ("（一）", (3,))), ("13．", ("1.", (13,))), ("附件", ("附件", ())), ("三是", ("一是", (3,))), ("header", None), ("——1", None)],
)  # fmt: skip
def test_labels_are_read_without_the_parser(label: str, said: object) -> None:
    assert read(label) == said


def test_a_seed_gives_the_same_questions() -> None:
    documents = [parsed("白鹭市野生鸟类观赏管理规定", RULES), parsed("白鹭市湿地修复实施方案", PLAN)]
    first, again, other = (Speaker(documents, seed).questions(20) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len({one.question for one in first}) == 20


def test_what_fits_two_clauses_is_not_asked() -> None:
    speaker = Speaker([parsed("白鹭市湿地修复实施方案", PLAN)])
    asked = speaker.questions(60)
    assert speaker.left_out
    assert not any(one.question.endswith(("第1条", "第一点", "（一）")) and len(one.wanted[0][1]) == 3 for one in asked if "补水" in one.question)  # fmt: skip
    assert all(len(one.wanted) == 1 for one in asked)


def test_absent_ones_are_not_there() -> None:
    document = parsed("白鹭市野生鸟类观赏管理规定", RULES)
    for one in Speaker([document]).absent(10):
        assert one.wanted == ()


def test_all_of_two_small_documents(tmp_path: Path) -> None:
    corpus = written(tmp_path / "corpus", 规定=RULES, 方案=PLAN)
    found = measured(corpus, load({}, index=tmp_path / "index", embedding="blank"), n=40)
    assert (found.exact, found.refused, found.vectors) == (found.asked, found.absent, 0)
    assert "exact_first" in table(found, "corpus")
