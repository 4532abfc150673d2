"""rag.answer: the whole way, over the sample corpus, without a model."""

import re
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from endpoint import Reply, fails, says, serving
from toys import Characters, answering
from toys import written as written_folder

from rag.answer import Answerer
from rag.clause import Answer, ClauseId, Filters
from rag.errors import EmptyQuestion, LongQuestion
from rag.index import build, open_index
from rag.numeral import bare
from rag.settings import Settings, load

NEW, OLD = "澜府规〔2024〕3号", "澜府规〔2019〕6号"


def check(answer: Answer, answerer: Answerer) -> None:
    """What holds of every answer: marks and citations agree, quotes are the document text, nothing is unsupported."""
    used = {int(n) for n in re.findall(r"\[(\d+)\]", answer.answer)}
    assert used == {c.n for c in answer.citations}
    for c in answer.citations:
        characters = answerer.source(c.document.id).text.characters
        assert characters[c.start : c.end] == c.quote
        assert c.clause.start <= c.start < c.end <= c.clause.end
    assert len({c.clause.id for c in answer.citations}) == len(answer.citations)
    assert all(claim.verdict != "unsupported" for claim in answer.claims)
    assert all(n in used for claim in answer.claims for n in claim.citations)


def ask(answerer: Answerer, question: str, *turns: str) -> Answer:
    answer = answerer.ask(question, turns)
    check(answer, answerer)
    return answer


def test_a_clause_by_its_number_is_given_whole(answerer: Answerer) -> None:
    answer = ask(answerer, f"{NEW}第八条怎么规定的？")
    assert not answer.refused
    assert answer.citations[0].clause.path[-1] == "第八条"
    assert "应当同时符合下列条件" in answer.answer
    assert "人均财产净值" in answer.answer


def test_a_section_by_its_quoted_heading_is_given_whole(answerer: Answerer) -> None:
    answer = ask(answerer, "《澜沚市公共租赁住房管理办法》对“申请条件”是怎么规定的？")
    assert [c.clause.path[-1] for c in answer.citations] == ["第八条", "第九条", "第十条", "第十条之一", "第十一条"]
    assert answer.citations[0].document.number == "澜府规〔2024〕3号"


def test_a_refusal_within_a_scope_does_not_speak_of_all_documents(answerer: Answerer) -> None:
    answer = answerer.ask("老旧小区加装电梯每台补助多少万元？", (), Filters(documents=("澜府规〔2024〕3号",)))
    assert answer.refused
    assert answer.answer.startswith("在选定的范围里没有找到")


@pytest.mark.parametrize("filters", [None, Filters(documents=("澜府规〔2024〕3号",))])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_question_in_english_is_told_in_english_to_ask_in_chinese(
    answerer: Answerer, language: str, filters: Filters | None
) -> None:
    one = answerer.with_settings(answerer.settings.model_copy(update={"language": language}))
    answer = one.ask("What documents are needed for public rental housing?", (), filters)
    assert (answer.refused, answer.reason) == (True, "no_evidence")
    assert "in Chinese" in answer.answer and "Please put your question in Chinese" in answer.answer
    for question in ("VAT", "GB/T 9704-2012", "iPhone 17", "LPR多少"):
        assert "in Chinese" not in one.ask(question, (), filters).answer


def test_where_a_document_is_in_another_language_nothing_is_said_of_languages(tmp_path: Path) -> None:
    written_folder(
        tmp_path / "corpus",
        rules="Parking Rules\n\n1. Cars may be parked for two hours.\n",
        甲="甲办法\n\n第一条  租金按月缴纳。\n",
    )
    answer = answering(tmp_path, refusal_threshold=1.0).ask("Where can boats be moored?")
    assert (answer.refused, answer.reason) == (True, "no_evidence")
    assert "in Chinese" not in answer.answer


def test_thanks_are_nothing_to_follow_up(answerer: Answerer) -> None:
    query = answerer.understand("那旧办法呢？", ("公租房轮候期是多久？", "谢谢"))
    assert query.text == answerer.understand("那旧办法呢？", ("公租房轮候期是多久？",)).text
    assert "谢谢" not in query.text


def test_what_is_offered_instead_names_a_heading_or_a_number(answerer: Answerer) -> None:
    for question in ("旧办法的租金是多少？", "新办法什么时候生效", "水管坏了多久来修"):
        for offered in ask(answerer, question).suggestions:
            assert re.fullmatch(r"(?:《.+》|.+号)(?:对“[^，。；：%]{4,22}”|第.+条.*)是怎么规定的？", offered), offered


def test_a_number_is_found_with_its_clause(answerer: Answerer) -> None:
    answer = ask(answerer, "2025年民生实事里新增普惠托位多少个？")
    assert "1500个" in bare(answer.answer)
    assert answer.citations[0].clause.path == ("附件", "（二）", "6")


def test_the_documents_own_number(answerer: Answerer) -> None:
    answer = ask(answerer, "《2025年市政府民生实事项目任务分解表》的发文字号是什么？")
    assert "澜政办发〔2025〕11号" in answer.answer
    assert answer.citations[0].clause.kind == "header"


def test_the_tasks_of_a_department_are_complete(answerer: Answerer) -> None:
    answer = ask(answerer, "市教育局牵头的任务有哪几项？")
    rows = [
        clause
        for document in answerer.documents()
        for clause in answerer.index.store.clauses(document.id)
        if clause.row and "市教育局" in clause.row.get("牵头部门", "")
    ]
    assert len(rows) >= 2
    assert {c.clause.id for c in answer.citations} == {row.id for row in rows}
    assert f"共{len(rows)}项" in answer.answer


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("完成时限是2025年9月底的民生实事有哪些？", ["5", "12"]),
        ("民生实事项目任务分解表里哪些项目要在8月底前完成？", ["7", "8", "17"]),
        ("市教育局牵头的项目中，8月底完成的任务有哪几项？", ["8"]),
        ("民生实事项目任务分解表里第三季度要完成的任务有哪些？", ["5", "7", "8", "12"]),
        ("民生实事项目任务分解表里上半年要完成的任务有哪些？", ["17"]),
        ("民生实事项目任务分解表里11月底以后完成的任务有哪些？", ["2", "3", "6", "13", "16"]),
        ("民生实事项目任务分解表里十一月完成的有几项？", ["1", "9", "10", "14", "18"]),
    ],
)
def test_the_tasks_due_on_a_day_are_complete(answerer: Answerer, question: str, numbers: list[str]) -> None:
    answer = ask(answerer, question)
    assert f"共{len(numbers)}项" in answer.answer
    due = [c.clause.path[-1] for c in answer.citations if c.clause.kind == "table_row"]
    assert sorted(due, key=int) == numbers


@pytest.mark.parametrize(
    "question",
    [
        "东篱区2024年行政处罚罚没款总额是多少？",
        "东篱区2024年财政收入是多少亿元？",
        "东篱区政务服务中心的电话是多少？",
        "椿埠区政务服务中心在哪条路上？",
    ],
)
def test_what_is_near_and_is_not_what_is_asked_does_not_answer(answerer: Answerer, question: str) -> None:
    answer = ask(answerer, question)
    assert answer.refused, answer.answer


def test_tasks_in_running_text_are_those_of_the_office_in_the_brackets_behind_them(answerer: Answerer) -> None:
    answer = ask(answerer, "市司法局牵头的营商环境任务有哪些？")
    assert "共4项" in answer.answer
    assert [c.clause.path[-1].strip(".") for c in answer.citations] == ["17", "18", "19", "20"]
    assert "牵头）" not in answer.answer


def test_a_day_that_is_none_by_which_something_is_due_leaves_the_list_whole(answerer: Answerer) -> None:
    answer = ask(answerer, "2025年3月印发的民生实事项目任务分解表里市教育局牵头的任务有哪些？")
    assert "共2项" in answer.answer


def test_who_leads_and_by_when(answerer: Answerer) -> None:
    answer = ask(answerer, "为农村学校教室更换护眼照明灯具由哪个部门牵头，什么时候完成？")
    assert "牵头部门：市教育局" in answer.answer
    assert "2025年8月底" in answer.answer


def test_parts_are_counted_from_the_tree(answerer: Answerer) -> None:
    answer = ask(answerer, "澜政办发〔2025〕7号共分几个部分、多少条？")
    assert "共5个部分，共25条" in answer.answer


def test_the_parts_are_named_where_they_are_asked_for(answerer: Answerer) -> None:
    alone = ask(answerer, "澜政办发〔2025〕7号共分几个部分？")
    named = ask(answerer, "澜政办发〔2025〕7号共分几个部分，分别是什么？")
    assert alone.answer.count("\n") == 0
    assert len(alone.citations) == 2
    assert len(named.citations) == named.answer.count("\n") == 5


def test_articles_are_counted_through_chapters_and_sections(answerer: Answerer) -> None:
    answer = ask(answerer, f"{NEW}共有几章、多少条？")
    clauses = answerer.index.store.clauses(answer.citations[0].document.id)
    articles = [c for c in clauses if c.path[-1].startswith("第") and "条" in c.path[-1]]
    assert len(articles) == 29
    assert "共6章，共29条" in answer.answer


def test_the_items_of_a_section_are_counted_where_its_name_is_asked_for(answerer: Answerer) -> None:
    answer = ask(answerer, "民生实事任务分解表里教育就业这一类一共几项，都是什么？")
    assert "共3项" in answer.answer
    assert [c.clause.path[-1] for c in answer.citations] == ["7", "9", "8"]


def test_parts_of_another_year_are_not_counted(answerer: Answerer) -> None:
    assert "共" not in ask(answerer, "2023年澜沚市优化营商环境工作要点共分几个部分？").answer


def test_the_rows_of_a_table_are_counted(answerer: Answerer) -> None:
    assert "共18项" in ask(answerer, "澜政办发〔2025〕11号一共多少项任务？").answer


@pytest.mark.parametrize(
    "question",
    ["《劳动合同法》第三条规定了什么？", "澜府规〔2021〕99号的申请条件是什么？", "北京的公租房申请条件是什么？"],
)
def test_another_document_does_not_answer_for_one_that_is_not_there(answerer: Answerer, question: str) -> None:
    answer = ask(answerer, question)
    assert (answer.refused, answer.reason) == (True, "out_of_scope")


def test_a_reference_that_is_not_there_is_said_so(answerer: Answerer) -> None:
    answer = ask(answerer, f"{NEW}第九十九条怎么规定的？")
    assert (answer.refused, answer.reason) == (True, "false_premise")
    assert "第九十九条" in answer.answer
    assert answer.claims == ()


def test_a_place_that_no_document_is_about(answerer: Answerer) -> None:
    answer = ask(answerer, "常宁市的公租房租金标准是多少？")
    assert (answer.refused, answer.reason) == (True, "out_of_scope")
    assert "常宁市" in answer.answer
    assert answer.suggestions


@pytest.mark.parametrize("question", ["火星移民的落户补贴标准是多少？", "股票明天会涨吗", "红烧肉怎么做好吃"])
def test_silence_where_the_documents_are_silent(answerer: Answerer, question: str) -> None:
    answer = ask(answerer, question)
    assert answer.refused
    assert answer.suggestions


def test_an_amount_is_not_answered_with_something_else(answerer: Answerer) -> None:
    assert ask(answerer, "老旧小区改造聘请设计师的费用标准是多少元？").refused


def test_the_rule_in_force_answers_and_the_one_before_only_where_it_is_asked_for(answerer: Answerer) -> None:
    now = ask(answerer, "公租房办法要求家庭人均月收入不高于多少元？")
    assert "3600元" in bare(now.answer)
    assert OLD not in {c.document.number for c in now.citations}
    assert now.notices == ()
    before = ask(answerer, "2019年那版公租房办法规定家庭人均月收入在多少元以下才能申请？")
    assert "2400元" in bare(before.answer)
    assert {c.document.number for c in before.citations} == {OLD}
    assert len(before.notices) == 1
    assert "已废止" in before.notices[0]
    assert NEW in before.notices[0]


def test_both_versions_side_by_side(answerer: Answerer) -> None:
    answer = ask(answerer, "公租房租金占市场租金的比例，新旧两版办法分别是多少？")
    assert {c.document.number for c in answer.citations} >= {NEW, OLD}
    assert "60%" in bare(answer.answer)
    assert "70%" in bare(answer.answer)


def test_a_follow_up_keeps_its_subject(answerer: Answerer) -> None:
    answer = ask(answerer, "责任部门呢？", "为农村学校教室更换护眼照明灯具由哪个部门牵头？")
    assert "护眼照明灯具" in answer.query
    assert "责任部门：市财政局" in answer.answer


def test_an_answer_streams_to_the_same_end(answerer: Answerer) -> None:
    *_, last = answerer.stream("新增普惠托位多少个？")
    again = answerer.ask("新增普惠托位多少个？")
    assert (last.answer, last.citations) == (again.answer, again.citations)
    assert set(last.ms) == {"retrieve", "answer", "total"}


def test_examples_are_answered(answerer: Answerer) -> None:
    examples = answerer.examples(4)
    assert len(set(examples)) == 4
    assert not any(answerer.ask(example).refused for example in examples)


def test_what_is_no_question(answerer: Answerer) -> None:
    with pytest.raises(EmptyQuestion):
        answerer.ask(" \x00 ")
    with pytest.raises(LongQuestion):
        answerer.ask("问" * 100_000)


@pytest.mark.parametrize(
    "question",
    ["'; DROP TABLE clauses; --", "<script>alert(1)</script>是什么", "[1][2]【3】", "\ud800公租房", "%s %d {0} {name}"],
)
def test_hostile_questions(answerer: Answerer, question: str) -> None:
    ask(answerer, question)


# With a language model -----------------------------------------------------------------------------------------


def written(answerer: Answerer, script: Reply, question: str) -> Answer:
    """The answer with a model that says what `script` says."""
    with serving(script) as endpoint:
        settings = answerer.settings.model_copy(
            update={"llm_url": endpoint.url, "llm_model": "scripted", "llm_timeout": 3.0}
        )
        asked = Answerer(answerer.index, Characters(), settings)
        answer = asked.ask(question)
    check(answer, answerer)
    return answer


def test_a_model_writes_from_the_same_evidence(answerer: Answerer) -> None:
    answer = written(answerer, says("2025年新增普惠托位1500个，每千人口托位数达到4.8个[1]。"), "新增普惠托位多少个？")
    assert answer.model == "scripted"
    assert answer.answer == "2025年新增普惠托位1500个，每千人口托位数达到4.8个[1]。"
    assert answer.citations[0].clause.path == ("附件", "（二）", "6")


def test_what_a_model_invents_is_not_shown(answerer: Answerer) -> None:
    answer = written(answerer, says("新增普惠托位9000个[1]。由市财政局全额补贴每人800元[1]。"), "新增普惠托位多少个？")
    assert "9000" not in answer.answer
    assert "800" not in answer.answer
    assert "1500" in answer.answer


def test_without_its_model_the_documents_speak(answerer: Answerer) -> None:
    answer = written(answerer, fails(500), "新增普惠托位多少个？")
    assert answer.model == "extractive"
    assert "1500个" in bare(answer.answer)
    assert any("原文摘录" in notice for notice in answer.notices)


def test_a_refusal_does_not_ask_the_model(answerer: Answerer) -> None:
    assert written(answerer, says("红烧肉先焯水[1]。"), "红烧肉怎么做好吃").refused


def test_references_to_other_documents_are_resolved_among_those_that_are_there(tmp_path: Path) -> None:
    folder = written_folder(
        tmp_path / "docs",
        甲="甲市停车管理办法\n第一条　为了规范停车，制定本办法。\n第二条　停车每小时5元。",
        乙="乙区停车实施细则\n第一条　收费按照《甲市停车管理办法》第二条执行。\n第二条　未尽事宜依照《丙市条例》第一条。",
    )
    settings = load({}, index=tmp_path / "index")
    build([folder], settings, embedder=Characters())
    answerer = Answerer(open_index(settings, embedder=Characters()), Characters(), settings)
    source = next(one for one in answerer.documents() if one.title.startswith("乙区"))
    found = {one.text: one.clauses for one in answerer.source(source.id).relations}
    assert found["《甲市停车管理办法》第二条"] == (ClauseId("甲市停车管理办法#第二条"),)
    assert found["《丙市条例》第一条"] == ()


@pytest.mark.parametrize(("day", "number"), [(date(2023, 6, 1), OLD), (date(2025, 6, 1), NEW)])
def test_the_rule_of_the_day_goes_before_one_that_is_not_yet_in_force(
    toy_settings: Settings, day: date, number: str
) -> None:
    with closing(open_index(toy_settings, embedder=Characters(), today=lambda: day)) as index:
        answer = Answerer(index, Characters(), toy_settings, as_of=day).ask("公共租赁住房轮候期是多久？")
    assert {one.document.number for one in answer.citations} == {number}
    assert not any("尚未生效" in notice for notice in answer.notices)


def test_a_cell_is_found_by_a_figure_of_its_row(answerer: Answerer) -> None:
    answer = ask(answerer, "新增8600个学位的任务，完成时限是哪一天？")
    assert answer.answer.endswith("完成时限：2025年8月20日[1]。")
    assert answer.citations[0].clause.label == "7"
    both = ask(answerer, "筹集1200套公租房的牵头部门和完成时限是什么？").answer
    assert "牵头部门：市住房城乡建设局；完成时限：2025年11月底" in both
    assert "完成时限" not in ask(answerer, "新增8601个学位的任务，完成时限是哪一天？").answer


def test_who_asks_what_a_clause_said_asks_for_nothing_else(answerer: Answerer) -> None:
    answer = ask(answerer, "澜教发〔2025〕9号第三部分第（二）点说了什么？")
    assert [one.clause.path for one in answer.citations] == [("三、", "（二）")]


@pytest.mark.parametrize("question", ["旧公租房办法骗租几年内不能申请？", "旧的公租房办法里骗租几年内不能再申请？"])
def test_the_old_version_is_meant_however_it_is_said(answerer: Answerer, question: str) -> None:
    assert {one.document.number for one in ask(answerer, question).citations} == {OLD}


def test_what_held_in_the_year_that_is_named_answers(answerer: Answerer) -> None:
    then = ask(answerer, "2023年时公共租赁住房轮候时间一般不超过几年？")
    assert then.citations[0].document.number == OLD
    assert any("已废止" in one for one in then.notices)
    now = ask(answerer, "2026年公共租赁住房轮候期不超过几年？")
    assert now.citations[0].document.number == NEW


def test_a_number_that_holds_a_word_of_a_title_is_still_the_number(tmp_path: Path) -> None:
    notice = "青桐市城市管理局关于共享单车停放的通知\n\n青城管发〔2026〕12号\n\n一、停放在划定区域。\n\n二、本通知自2026年3月1日起施行，有效期3年。\n\n青桐市城市管理局\n2026年2月1日"
    written_folder(tmp_path / "corpus", 甲=notice)
    answer = ask(answering(tmp_path), "青城管发〔2026〕12号还有效吗？")
    assert "（青城管发〔2026〕12号）现行有效，有效期至2029年2月28日" in answer.answer


def test_what_is_different_is_no_district(answerer: Answerer) -> None:
    answer = answerer.ask("过渡期呢", ["新旧公租房办法在租金、轮候期、罚则上有什么区别？"])
    assert answer.reason != "out_of_scope"
