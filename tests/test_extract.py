"""rag.extract: which sentences answer, and how they are set."""

from dataclasses import replace
from pathlib import Path

import pytest
from toys import answering, written

from rag.cite import compose
from rag.clause import Clause, ClauseId, Document, DocumentId, Hit
from rag.extract import name, place, statements
from rag.extract.form import wanted_form
from rag.extract.lead import with_leads
from rag.extract.pick import likely, picked, ranked
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
        ("政务中心的电话是多少？", "0512-65251234", "菱塘街66号一楼"),
        ("周末几点开门？", "上午9时至12时", "工作日办理"),
        ("从哪天开始施行？", "自2022年6月1日起施行", "48小时内处置"),
        ("几天能拿到证？", "三日内发给", "2008年10月15日以后签订"),
        ("一共收到多少件申请？", "收到申请1.2万余件", "发布2020年白皮书"),
        ("有几台电梯？", "加装电梯二十台", "惠及居民1500户"),
        ("转贷资金是找哪家银行办？", "由市农村信用社承办", "设立规模2亿元的资金"),
    ],
)
def test_the_form_that_a_question_wants(question: str, fits: str, does_not: str) -> None:
    form = wanted_form(understand(question, [], ()))
    assert form is not None
    assert form.fits(fits)
    assert not form.fits(does_not)


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


def test_where_the_answer_is_uncertain_the_sentences_around_are_shown(tmp_path: Path) -> None:
    first, second, third = "一、本市支持夜间经济。", "商户可以延长营业到二十四时。", "城管部门应当提供便利。"
    written(tmp_path / "corpus", 甲=f"甲市夜间经济办法\n{first}{second}{third}\n二、本市设立专项资金。")
    answerer = answering(tmp_path)
    query = answerer.understand("商户延长营业吗")
    (found, *_) = answerer.retriever.search(query, 5)
    for score, shown_with in ((0.9, False), (0.01, True)):
        evidence = [replace(found, hit=replace(found.hit, score=score))]
        text = picked(query, evidence, answerer.retriever, 3, 0.1)[0].text
        assert second in text
        assert (third in text) is shown_with


def test_the_departments_of_a_row_are_no_statement(tmp_path: Path) -> None:
    rows = "".join(
        f"<tr><td>{n}</td><td>{'推进数据共享，' * 24}完成第{n}批对接。</td><td>市数据局<br>市财政局</td></tr>"
        for n in (1, 2)
    )
    table = f"<table><tr><th>序号</th><th>任务</th><th>牵头部门</th></tr>{rows}</table>"
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "甲.html").write_text(f"<html><body><h1>甲市任务分解表</h1>{table}</body></html>", encoding="utf-8")
    answerer = answering(tmp_path)
    query = answerer.understand("数据共享怎样推进")
    found = ranked(query, answerer.retriever.search(query, 5), answerer.retriever)
    assert any("数据共享" in one.text for one in found)
    assert not any("市财政局" in one.text for one in found)


def test_a_share_answers_where_an_amount_was_expected(tmp_path: Path) -> None:
    written(
        tmp_path / "corpus",
        甲="甲市租赁办法\n第一条　租金标准按照市场租金的70%确定。\n第二条　本办法自印发之日起施行。",
    )
    answerer = answering(tmp_path)
    query = answerer.understand("租金标准按照市场租金的多少确定？")
    found = answerer.retriever.search(query, 5)
    sure = [replace(one, hit=replace(one.hit, score=0.9)) for one in found]
    assert "70%" in picked(query, sure, answerer.retriever, 2, 0.1)[0].text
    unsure = [replace(one, hit=replace(one.hit, score=0.3)) for one in found]
    assert picked(query, unsure, answerer.retriever, 2, 0.1) == []


def test_a_sentence_of_another_place_does_not_answer_for_one_that_no_document_is_about(tmp_path: Path) -> None:
    written(
        tmp_path / "corpus",
        甲="甲河市工作报告\n一、全市推进14个“一件事”项目。常宁市推进立法联系点建设。\n二、常宁市推进9件“一件事”。",
    )
    answerer = answering(tmp_path)
    query = answerer.understand("常宁市推进了多少件“一件事”？")
    assert query.strange == ("常宁市",)
    found = picked(query, answerer.retriever.search(query, 5), answerer.retriever, 3, 1.0)
    assert [one.text.rpartition("：")[2] for one in found] == ["常宁市推进9件“一件事”。"]
    beside = [one for one in answerer.retriever.search(query, 5) if "联系点" in one.hit.clause.text]
    assert beside
    assert picked(query, beside, answerer.retriever, 3, 1.0) == []


def test_a_document_without_a_region_answers_for_the_place_that_it_comes_from(tmp_path: Path) -> None:
    news = "夜间公交加开班次\n\n常宁市交通局日前发布消息。为方便市民出行，全市增加班次。{}\n\n夜间公交末班车延长到二十三时。"
    written(
        tmp_path / "corpus",
        甲=news.format("线路逐步调整。" * 30),
        乙="夜间公交消息\n\n本市夜间公交末班车延长到二十一时。",
    )
    answerer = answering(tmp_path)
    query = answerer.understand("常宁市夜间公交末班车延长到几时？")
    assert query.strange == ("常宁市",)
    found = picked(query, answerer.retriever.search(query, 5), answerer.retriever, 3, 1.0)
    shown_text = "".join(one.text for one in found)
    assert "二十三时" in shown_text
    assert "二十一时" not in shown_text


HOW = "一、优化注销流程。企业可以网上提交承诺书。公告期为二十日。\n二、本市设立窗口。"
ASKS = "一、企业怎样优化注销流程？企业可以网上提交承诺书。\n二、本市设立窗口。"
LISTS = "一、注销企业的便利措施有以下几方面。一是网上提交承诺书；二是公告期压缩到二十日。\n二、本市设立窗口。"


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        (HOW, "公告期为二十日。"),
        (ASKS, "网上提交承诺书。"),
        (LISTS, "二是公告期压缩到二十日。"),
    ],
)
def test_what_only_repeats_the_question_or_leads_a_list_is_given_with_what_follows(
    tmp_path: Path, text: str, behind: str
) -> None:
    written(tmp_path / "corpus", 甲=f"甲市企业服务办法\n{text}")
    answerer = answering(tmp_path)
    query = answerer.understand("怎样优化企业注销流程，有什么便利措施？")
    (found, *_) = answerer.retriever.search(query, 5)
    sure = [replace(found, hit=replace(found.hit, score=0.9))]
    assert picked(query, sure, answerer.retriever, 1, 0.0)[0].text.endswith(behind)


def test_a_sentence_that_says_something_new_is_given_alone(tmp_path: Path) -> None:
    written(tmp_path / "corpus", 甲="甲市注销办法\n一、企业注销的公告期压缩到二十日。其他事项由窗口受理。")
    answerer = answering(tmp_path)
    query = answerer.understand("企业注销的公告期怎么压缩？")
    (found, *_) = answerer.retriever.search(query, 5)
    sure = [replace(found, hit=replace(found.hit, score=0.9))]
    assert picked(query, sure, answerer.retriever, 1, 0.0)[0].text.endswith("压缩到二十日。")


def test_a_comparison_is_a_table_with_a_row_for_each_side_also_for_one_that_is_silent(tmp_path: Path) -> None:
    written(
        tmp_path / "corpus",
        甲="甲河市夜市管理办法\n第一条　夜市摊位费每月二百元。\n第二条　夜市二十三时收摊。",
        乙="乙山市夜市管理办法\n第一条　夜市摊位费每月一百五十元 | 减半。\n第二条　夜市由街道管理。",
    )
    answerer = answering(tmp_path)
    answer = answerer.ask("比较甲河市夜市管理办法和乙山市夜市管理办法的夜市摊位费")
    lines = answer.answer.splitlines()
    assert lines[:2] == ["| 文件 | 原文 |", "|---|---|"]
    assert all(line.count("|") == 3 for line in lines[2:])  # what a document says breaks no cell
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 《甲河市夜市管理办法》", "| 《乙山市夜市管理办法》"]
    assert not any("|" in claim.text for claim in answer.claims)
    query = answerer.understand("比较甲河市夜市管理办法和乙山市夜市管理办法的夜市摊位费")
    of_one = [one for one in answerer.retriever.search(query, 9) if "甲河" in one.hit.document.title]
    made = compose(statements(query, of_one, answerer.retriever))
    # the other does speak of it: it was only not found
    assert made.answer.splitlines()[-1] == "| 《乙山市夜市管理办法》 | 未找到相关内容 |"
    query = answerer.understand("比较甲河市夜市管理办法和乙山市夜市管理办法的垃圾清运罚款")
    silent = compose(statements(query, of_one, answerer.retriever))
    assert silent.answer.splitlines()[-1] == "| 《乙山市夜市管理办法》 | 原文未提及 |"
    assert silent.claims[-1].verdict == "unchecked"


@pytest.mark.parametrize("behind", ["第一季度起实行网上办理。", "1.5万元以下的债务另行处理。"])
def test_what_begins_like_an_item_and_is_none_is_not_drawn_in(tmp_path: Path, behind: str) -> None:
    written(tmp_path / "corpus", 甲=f"甲市注销办法\n一、企业注销的公告期压缩到二十日。{behind}逾期的罚款五千元。")
    answerer = answering(tmp_path)
    query = answerer.understand("企业注销的公告期怎么压缩？")
    (found, *_) = answerer.retriever.search(query, 5)
    sure = [replace(found, hit=replace(found.hit, score=0.9))]
    assert picked(query, sure, answerer.retriever, 1, 0.0)[0].text.endswith("压缩到二十日。")


RULES = """甲河市摊位管理办法
第一条　有下列情形之一的，处五百元以下罚款：
（一）占用盲道摆摊的；
（二）收摊后不清理垃圾的。
第二条　摊主申请停业的，应当提前十日报告，并按照下列规定退还费用：停业不满三十日的，不予退还；
停业满三十日的，退还一半；
停业满九十日的，全部退还。
第三条　有下列情形之一的，吊销摊位证：（一）一年内三次受到罚款的；（二）出售过期食品的；（三）伪造摊位证的；（四）摊主醉酒经营的。"""


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("收摊后不清理垃圾的", ["处五百元以下罚款", "收摊后不清理垃圾的"]),
        ("停业满九十日的，全部退还", ["全部退还"]),
        ("摊主醉酒经营的", ["吊销摊位证", "醉酒经营的"]),
    ],
)
def test_an_item_is_given_with_what_follows_from_it(tmp_path: Path, question: str, said: list[str]) -> None:
    written(tmp_path / "corpus", 甲=RULES)
    answerer = answering(tmp_path)
    query = answerer.understand(question)
    text = "".join(one.text for one in picked(query, answerer.retriever.search(query, 5), answerer.retriever, 1, 0.0))
    assert [words for words in said if words not in text] == []


def test_a_case_below_an_amendment_or_a_paragraph_has_its_lead(tmp_path: Path) -> None:
    written(
        tmp_path / "corpus",
        甲="甲河市摊位条例修正案\n一、将第五条修改为：\n摊主有下列行为之一的，吊销摊位证：\n（一）转租摊位的；\n（二）出售过期食品的。",
        乙="甲河市工作要点\n一、重点抓好以下工作：\n1．推进夜市建设，年内新增三处。\n2．规范早市摊位，加强巡查。",
    )
    answerer = answering(tmp_path)

    def said(question: str) -> list[str]:
        query = answerer.understand(question)
        found = answerer.retriever.search(query, 5)
        clause = next(one for one in found if question in one.hit.clause.text and len(one.hit.clause.text) < 60)
        hit = clause.hit
        whole = (hit, (hit.clause.start, hit.clause.end), (hit.clause.text,))
        return [text for _, _, texts in with_leads([whole], answerer.retriever) for text in texts]

    assert said("出售过期食品的")[0].endswith("吊销摊位证：")
    assert len(said("规范早市摊位")) == 1
