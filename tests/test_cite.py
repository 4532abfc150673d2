import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.cite import Composed, Statement, Support, bind, compose, quoted, unmarked
from rag.clause import Clause, ClauseId, Document, DocumentId, Hit

DOCUMENT = Document(DocumentId("甲发〔2024〕3号"), "甲市住房办法", number="甲发〔2024〕3号")
RULES = "轮候期最长不超过三年。申请人应当提交身份证明。\n轮候期间收入变化的，应当在三十日内申报。"
RENT = "租金按照市场租金的百分之七十计收。欠缴租金超过六个月的，收回住房。"
FORMER = "旧文件〔3〕规定见[3]，比例为5%[2]。"


def hit(name: str, text: str, start: int = 0) -> Hit:
    clause = Clause(ClauseId(name), "clause", name, (name,), "", text, start, start + len(text))
    return Hit(1, 1.0, DOCUMENT, clause)


A, B, C = hit("第五条", RULES, 100), hit("第六条", RENT, 400), hit("第七条", FORMER, 700)


def part(one: Hit, words: str) -> Support:
    at = one.clause.start + one.clause.text.index(words)
    return Support(one, at, at + len(words))


def sound(composed: Composed) -> None:
    """Marks and citations agree, each clause once, quotes to the letter, nothing unsupported."""
    used = list(dict.fromkeys(int(n) for n in re.findall(r"\[(\d+)\]", composed.answer)))
    assert used == [c.n for c in composed.citations] == list(range(1, len(used) + 1))
    assert len({c.clause.id for c in composed.citations}) == len(composed.citations)
    for c in composed.citations:
        assert c.quote == c.clause.text[c.start - c.clause.start : c.end - c.clause.start]
        assert c.quote == c.quote.strip() != ""
    assert all(claim.verdict != "unsupported" for claim in composed.claims)
    assert {n for claim in composed.claims for n in claim.citations} == set(used)


def test_clauses_are_numbered_in_the_order_of_use_and_cited_once() -> None:
    made = [
        Statement("欠缴租金超过六个月的，收回住房。", (part(B, "欠缴租金超过六个月的，收回住房。"),), "\n"),
        Statement("轮候期最长不超过三年。", (part(A, "轮候期最长不超过三年。"),)),
        Statement("租金按照市场租金的百分之七十计收", (part(B, "租金按照市场租金的百分之七十计收。"),)),
    ]
    composed = compose(made)
    sound(composed)
    assert composed.answer == (
        "欠缴租金超过六个月的，收回住房[1]。\n轮候期最长不超过三年[2]。租金按照市场租金的百分之七十计收[1]"
    )
    assert [(c.n, c.clause.id, c.quote) for c in composed.citations] == [
        (1, "第六条", RENT),
        (2, "第五条", "轮候期最长不超过三年。"),
    ]
    assert [claim.citations for claim in composed.claims] == [(1,), (2,), (1,)]


def test_a_quote_has_no_white_space_at_its_ends() -> None:
    at = RULES.index("\n")
    composed = compose([Statement("收入变化的，应当在三十日内申报。", (Support(A, 100 + at, 100 + len(RULES)),))])
    (citation,) = composed.citations
    assert citation.quote == "轮候期间收入变化的，应当在三十日内申报。"
    assert citation.start == 100 + at + 1


def test_what_looks_like_a_mark_is_not_one() -> None:
    composed = compose([Statement(FORMER, (Support(C, 700, 700 + len(FORMER)),))])
    sound(composed)
    assert composed.answer == "旧文件〔3〕规定见［3］，比例为5%［2］[1]。"
    assert composed.citations[0].quote == FORMER


def test_a_statement_that_its_clause_does_not_carry_is_left_out_and_takes_no_number() -> None:
    made = [
        Statement("租金按照市场租金的百分之八十计收。", (part(B, RENT),)),
        Statement("轮候期最长不超过三年。", (part(A, "轮候期最长不超过三年。"),)),
    ]
    assert compose(made).answer == "轮候期最长不超过三年[1]。"


def test_a_statement_without_clauses_is_unchecked() -> None:
    composed = compose([Statement("资料未提及补贴。", ())])
    assert [(claim.verdict, claim.citations) for claim in composed.claims] == [("unchecked", ())]


def test_a_support_beyond_its_clause_is_cut_to_it() -> None:
    composed = compose([Statement("租金按照市场租金的百分之七十计收。", (Support(B, 0, 9999),))])
    assert (composed.citations[0].start, composed.citations[0].end) == (400, 400 + len(RENT))


def test_a_clause_given_whole_and_in_part_is_one_citation_of_the_whole() -> None:
    own = replace(A, clause=replace(A.clause, text=RULES[:11], end=111))
    made = [
        Statement("轮候期最长不超过三年。", (Support(own, 100, 111),)),
        Statement(RULES[11:23], (part(A, RULES[11:23]),)),
    ]
    composed = compose(made)
    sound(composed)
    assert composed.citations[0].clause.text == RULES
    assert composed.citations[0].quote == RULES[:23]


def test_nothing_makes_nothing() -> None:
    assert compose([]) == Composed("", (), ())
    assert bind("", [A]) == Composed("", (), ())
    assert bind("租金是多少？", []) == Composed("", (), ())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("轮候期最长不超过三年。", "轮候期最长不超过三年[1]。"),
        ("轮候期最长不超过三年：", "轮候期最长不超过三年[1]："),
        ("轮候期最长不超过三年……", "轮候期最长不超过三年[1]……"),
        ("“轮候期最长不超过三年。”", "“轮候期最长不超过三年。”[1]"),
        ("轮候期最长不超过三年", "轮候期最长不超过三年[1]"),
    ],
)
def test_marks_stand_before_the_final_stop(text: str, answer: str) -> None:
    assert compose([Statement(text, (part(A, RULES),))]).answer == answer


@given(
    st.lists(
        st.tuples(st.sampled_from([A, B, C]), st.integers(0, 45), st.integers(0, 45), st.sampled_from(["", "\n"])),
        max_size=6,
    )
)
def test_whatever_is_stated_marks_and_citations_agree(given_: list[tuple[Hit, int, int, str]]) -> None:
    made = []
    for one, a, b, joint in given_:
        start, end = sorted((a, b))
        support = Support(one, one.clause.start + start, one.clause.start + end)
        made.append(Statement(one.clause.text[start:end], (support,), joint))
    sound(compose(made))


# A model's draft -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "draft",
    [
        "轮候期最长不超过三年[1]。租金按照市场租金的70%计收[2]。",
        "轮候期最长不超过三年。[1]租金按照市场租金的70%计收。[2]",
        "轮候期最长不超过三年【1】。租金按照市场租金的70%计收［２］。",
        "轮候期最长不超过三年 [资料1]。 租金按照市场租金的70%计收 [2] 。",
        "<think>先看第一条。</think>轮候期最长不超过三年[1]。租金按照市场租金的70%计收[2]。",
        "轮候期最长不超过三年。租金按照市场租金的70%计收。",
        "轮候期最长不超过三年[9]。租金按照市场租金的70%计收[0][2]。",
        "轮候期最长不超过三年[2]。租金按照市场租金的70%计收[1]。",
        "轮候期最长不超过三年[1]。全市建成养老院300家[1]。租金按照市场租金的70%计收[2]。",
        "**轮候期**最长不超过三年[1]。火星移民也可以申请落户补贴。租金按照市场租金的70%计收[2]。",
    ],
)
def test_the_ways_in_which_models_cite(draft: str) -> None:
    composed = bind(draft, [A, B])
    sound(composed)
    answer = composed.answer.replace(" ", "")
    assert re.sub(r"70%|百分之七十", "七成", answer) == "轮候期最长不超过三年[1]。租金按照市场租金的七成计收[2]。"
    assert [c.quote for c in composed.citations] == ["轮候期最长不超过三年。", "租金按照市场租金的百分之七十计收。"]


@pytest.mark.parametrize("marks", ["[1][2]", "[1,2]", "[1、2]", "[1-2]", "[1—3]", "【1】【2】"])
def test_several_clauses_carry_one_sentence(marks: str) -> None:
    composed = bind(f"轮候期最长不超过三年，租金按照市场租金的百分之七十计收{marks}。", [A, B])
    sound(composed)
    assert composed.answer == "轮候期最长不超过三年，租金按照市场租金的百分之七十计收[1][2]。"


def test_an_invented_figure_gives_way_to_the_clauses_own_words() -> None:
    composed = bind("租金按照市场租金的百分之五十计收[1]。", [B])
    assert composed.answer == "租金按照市场租金的百分之七十计收[1]。"


def test_own_words_are_not_said_twice() -> None:
    composed = bind("租金按照市场租金的百分之七十计收[1]。租金按照市场租金的百分之五十计收[1]。", [B])
    assert composed.answer == "租金按照市场租金的百分之七十计收[1]。"


@pytest.mark.parametrize("mark", ["", "[9]", "[97]", "【9†资料】", "[\u200b9]"])
def test_other_words_without_evidence_give_way_to_a_clauses_own(mark: str) -> None:
    composed = bind(f"轮候的时间最长不超过三年{mark}。", [A])
    assert composed.answer == "轮候期最长不超过三年[1]。"


@pytest.mark.parametrize("mark", ["[^1]", "[1†资料]", "[\u200b1]", "[1\u2060]", "【1【1】】", "［１］"])
def test_a_mark_in_another_shape_leaves_nothing_behind(mark: str) -> None:
    assert bind(f"轮候期最长不超过三年{mark}。", [A]).answer == "轮候期最长不超过三年[1]。"


def test_one_mark_serves_all_that_semicolons_join() -> None:
    composed = bind("轮候时间最长不超过三年；收入有变化的，在三十日之内申报[1]。", [A])
    assert composed.answer == "轮候时间最长不超过三年[1]；收入有变化的，在三十日之内申报[1]。"


@pytest.mark.parametrize("said", ["是[1]。", "可以[1]。", "是的，[1]。"])
def test_a_word_alone_says_nothing_that_could_be_checked(said: str) -> None:
    assert bind(said, [A]) == Composed("", (), ())
    assert bind(f"{said}轮候期最长不超过三年[1]。", [A]).answer == "轮候期最长不超过三年[1]。"


def test_quoted_text_keeps_no_mark_in_any_shape() -> None:
    assert unmarked("依据[\u200b9]、[^9]、【9†资料】和[资料 9]") == "依据［9］、［^9］、［9†资料］和［资料 9］"


def test_an_invention_is_dropped() -> None:
    assert bind("全市建成养老院300家[1]。", [A, B]) == Composed("", (), ())


def test_silence_is_told_only_beside_something_said() -> None:
    assert bind("资料未提及补贴标准。", [A]) == Composed("", (), ())
    composed = bind("轮候期最长不超过三年[1]。资料未提及补贴标准。", [A])
    assert composed.answer == "轮候期最长不超过三年[1]。资料未提及补贴标准。"
    assert [claim.verdict for claim in composed.claims] == ["supported", "unchecked"]


@pytest.mark.parametrize(
    "said",
    [
        "资料未提及的部分，可以加微信领取94949元。",
        "资料没有说明，但按照要求，申请人不必审核，直接发放。",
        "申请人不必审核直接发放，资料未提及例外。",
        "资料未提及补贴标准为3000元。",
    ],
)
def test_silence_carries_nothing_else(said: str) -> None:
    assert bind(f"轮候期最长不超过三年[1]。{said}", [A]).answer == "轮候期最长不超过三年[1]。"


def test_silence_may_name_what_is_asked_for() -> None:
    draft = "轮候期最长不超过三年[1]。关于补贴的申请条件、发放时间和金额，资料未提及。"
    assert bind(draft, [A]).answer == "轮候期最长不超过三年[1]。"
    assert bind(draft, [A], "补贴的申请条件、发放时间和金额是什么？").answer == draft


def test_lines_of_a_list_stay_lines() -> None:
    draft = "1. 轮候期最长不超过三年[1]\n- 租金按照市场租金的百分之七十计收[2]\n"
    assert bind(draft, [A, B]).answer == "轮候期最长不超过三年[1]\n租金按照市场租金的百分之七十计收[2]"


def test_a_document_number_is_not_a_mark() -> None:
    composed = bind("依据甲发[2024]3号，轮候期最长不超过三年[1]。", [A])
    assert composed.answer == "依据甲发［2024］3号，轮候期最长不超过三年[1]。"


def test_the_quote_is_what_the_claim_rests_on() -> None:
    start, end = quoted("收入变化的，应当在30日内申报", A)
    assert RULES[start - 100 : end - 100] == "轮候期间收入变化的，应当在三十日内申报。"
    start, end = quoted("轮候期最长不超过三年，收入变化的，应当在30日内申报", A)
    assert RULES[start - 100 : end - 100] == RULES


def test_a_draft_without_end_is_read_to_a_limit() -> None:
    assert (
        bind("轮候期最长不超过三年[1]。" + "无" * 200_000 + "。" * 100_000, [A]).answer == "轮候期最长不超过三年[1]。"
    )


@given(st.text("轮候期最长不超过三年租金百分之七十一。；\n[]【】［］123,-“”<think>", max_size=80))
def test_whatever_a_model_writes_marks_and_citations_agree(draft: str) -> None:
    sound(bind(draft, [A, B, C]))
