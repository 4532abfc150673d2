"""rag.extract: which sentences answer, and how they are set."""

import pytest

from rag.clause import Clause, ClauseId, Document, DocumentId, Hit
from rag.extract import name, place
from rag.extract.pick import likely, wanted_form
from rag.extract.place import shown, unlabelled
from rag.retrieve import Evidence
from rag.understand import understand


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        (("三、", "（二）"), "clause", "三、（二）"),
        (("第二章", "第八条", "第二款"), "clause", "第二章第八条第二款"),
        (("附件", "（三）", "13．"), "table_row", "附件（三）第13项"),
        (("二、", "7."), "clause", "二、7"),
        (("header",), "header", ""),
    ],
)
def test_a_place_as_officials_write_it(path: tuple[str, ...], kind: str, text: str) -> None:
    assert place(Clause(ClauseId("x"), kind, path[-1], path, "", "", 0, 0)) == text  # type: ignore[arg-type]


def test_a_source_is_named_with_its_number() -> None:
    assert name(Document(DocumentId("x"), "工作报告", "甲呈〔2022〕5号")) == "《工作报告》（甲呈〔2022〕5号）"
    assert name(Document(DocumentId("x"), "《办法》的通知")) == "《办法》的通知"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("落实\n责任，\n抓好 APP\n建设", "落实责任，抓好 APP 建设"),
        ("任务\n\t市编办\n市财政局", "任务 市编办市财政局"),
        ("**重点**工作", "重点工作"),
    ],
)
def test_shown(text: str, words: str) -> None:
    assert shown(text) == words


def test_unlabelled_leaves_text_without_a_label() -> None:
    assert unlabelled("2022年完成") == "2022年完成"


@pytest.mark.parametrize(
    ("question", "fits", "does_not"),
    [
        ("每年补贴多少元？", "每户补贴1.2万元", "给予补贴"),
        ("出庭应诉率是多少？", "达96.6%", "出庭8次"),
        ("多久办结？", "5个工作日内办结", "及时办结"),
        ("有几个窗口？", "设窗口38个", "设有窗口"),
    ],
)
def test_the_form_that_a_question_wants(question: str, fits: str, does_not: str) -> None:
    form = wanted_form(understand(question, [], ()))
    assert form is not None
    assert form.search(fits)
    assert not form.search(does_not)


def test_an_open_question_wants_no_form() -> None:
    assert wanted_form(understand("怎样申请？", [], ())) is None


def test_what_is_far_less_likely_than_the_best_does_not_speak() -> None:
    def found(score: float, why: str) -> Evidence:
        document, clause = Document(DocumentId("x"), "办法"), Clause(ClauseId("x"), "clause", "", (), "", "", 0, 0)
        return Evidence(Hit(1, score, document, clause, why), 0.9, 1.0, 0.5)

    best, near, far = found(0.5, "both"), found(0.2, "dense"), found(0.1, "lexical")
    sibling = found(0.0, "sibling")  # is there for its place, not for what speaks for it
    assert likely([best, near, far, sibling]) == [best, near, sibling]
    assert likely([far]) == [far]
    assert likely([]) == []
