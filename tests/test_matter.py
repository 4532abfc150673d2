"""rag.understand.matter, and what the gate makes of it: nobody is sent to the counter of another matter."""

from pathlib import Path

import pytest
from toys import answering, written

from rag.gate import admitted
from rag.understand import understand
from rag.understand.matter import is_handled, matter


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("怎么办理户口迁移？", "户口迁移"),
        ("如何申请公租房？", "公租房"),
        ("办残疾人证的流程", "残疾人证"),
        ("办理居住证要带哪些材料？", "居住证"),
        ("老年人公交卡去哪里办？", "老年人公交卡"),
        ("生育津贴怎么申领？", "生育津贴"),
        ("个体户怎么注销营业执照？", "营业执照"),
        ("人才公寓的申请条件是什么？", "人才公寓"),
        ("公租房申请需要什么手续？", "公租房"),
        ("公租房申请要带哪些材料？", "公租房"),
        ("公租房申请在哪里办理？", "公租房"),
        ("外国人来华工作许可怎么办？", "外国人来华工作许可"),
        ("车辆年审到期怎么办？", ""),
        ("民办小学一学期学费多少？", ""),
        ("企业开办应在几个工作日内办结？", ""),
        ("窗口说我的事办不了又不说为啥，能上哪儿说理？", ""),
        ("办公厅对企业有哪些要求？", ""),
        ("督办机制指的是什么？", ""),
        ("能申请吗？", ""),
        *(
            (question, "")
            for question in (
                "单位不交社保怎么办",
                "还不上贷款怎么办",
                "发现假证怎么办",
                "孩子没有户口怎么办",
                "没有居住证怎么办",
                "丢了身份证怎么办",
                "申请人需要提供哪些材料",
                "申请之后多久能批下来",
                "领养孩子需要什么条件",
                "办赛需要什么条件",
                "申请被驳回怎么办",
                "领取人去世后怎么处理",
                "办案期限是多久",
                "领证要多久",
                "领用发票要什么手续",
                "领军人才有哪些补贴",
                "领事馆怎么认证",
                "哪里办得快",
                "怎么办才好",
                "公布的信息有哪些",
            )
        ),
    ],
)
def test_the_matter_of_a_question(question: str, named: str) -> None:
    assert matter(question) == named


@pytest.mark.parametrize(
    ("text", "handled"),
    [
        ("公安派出所受理居住证申领", True),
        ("申请人办理居住证的，应当提交下列材料", True),
        ("持本市居住证满1年的外来务工人员，可以申请公共租赁住房", False),
        ("居住证、户口簿；受理后15日内办理完毕", False),
    ],
)
def test_whether_a_text_speaks_of_handling_it(text: str, handled: bool) -> None:
    assert is_handled("居住证", text) is handled


def test_a_query_has_the_matter_in_the_words_of_the_documents_too() -> None:
    asked = understand("怎么申请政府的房子？", [], [], is_held=lambda word: word == "公共租赁住房")
    assert asked.matter == ("政府的房子", "公共租赁住房")
    assert understand("第三条怎么规定的？", [], []).matter == ()


GUIDE = """公共租赁住房申请指南
一、申请条件
持本市居住证满1年。
二、办理流程
窗口受理，街道初审，公示7日。"""


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("如何申请公共租赁住房？", True),
        ("怎么办理户口迁移？", False),
        ("办理居住证的流程是什么？", False),
        ("申请条件有哪些？", True),
    ],
)
def test_a_guide_answers_for_its_own_matter_alone(tmp_path: Path, question: str, answered: bool) -> None:
    written(tmp_path / "corpus", 指南=GUIDE)
    answerer = answering(tmp_path, refusal_threshold=0.0)
    _, reason = admitted(answerer.understand(question), answerer.retriever)
    assert (reason is None) is answered


@pytest.mark.parametrize(
    ("question", "how"),
    [
        ("怎么申请公租房？", True),
        ("公租房申请需要什么手续？", True),
        ("我想办居住证，怎么办理居住证", True),
        ("居住证怎么办", True),
        ("行动不便的老人怎么申请公租房？", False),
        ("申请公租房要带哪些材料？", False),
        ("公租房申请流程是什么？", False),
        ("第三条怎么规定的？", False),
    ],
)
def test_whether_the_whole_procedure_is_asked_for(question: str, how: bool) -> None:
    assert understand(question, [], []).asks_how is how


WHOLE_GUIDE = """夜市摊位许可办事指南
一、申请条件
年满十八周岁。
二、申请材料
身份证复印件一份。
三、办理流程
1. 窗口受理。
2. 现场核查。
四、承诺时限
五个工作日。
五、其他
办理地点为市政务服务中心九号窗口。"""


def test_a_guide_is_given_slot_by_slot_with_what_it_does_not_mention(tmp_path: Path) -> None:
    written(tmp_path / "corpus", 指南=WHOLE_GUIDE)
    answerer = answering(tmp_path, refusal_threshold=0.0)
    answer = answerer.ask("夜市摊位许可怎么申请？")
    lines = answer.answer.splitlines()
    assert [line for line in lines if "原文未提及" in line] == [
        "收费：原文未提及。",
        "电话：原文未提及。",
        "依据：原文未提及。",
    ]
    assert lines[0].startswith("《夜市摊位许可办事指南》一：申请条件")
    assert "九号窗口" in answer.answer  # said, though under no heading of its own
    assert {claim.verdict for claim in answer.claims if not claim.citations} == {"unchecked"}
    assert len(answer.citations) == 5
    papers = answerer.ask("申请夜市摊位许可要带哪些材料？").answer
    assert "身份证复印件" in papers
    assert "原文未提及" not in papers


@pytest.mark.parametrize(
    ("question", "free"),
    [("申请夜市摊位许可收费吗？", True), ("夜市摊位许可办理要收费吗？", True), ("停车场收费吗？", False)],
)
def test_who_asks_about_charges_is_told_what_the_guide_says_of_them(tmp_path: Path, question: str, free: bool) -> None:
    guide = WHOLE_GUIDE.replace("五、其他", "五、收费标准\n不收费。\n六、其他")
    others = {
        f"办法{n}": f"停车场管理办法之{n}\n第一条　停车场由街道管理。\n第二条　每日清扫{n}次。" for n in range(1, 6)
    }
    written(tmp_path / "corpus", 指南=guide, **others)
    answerer = answering(tmp_path, refusal_threshold=0.0)
    assert ("不收费" in answerer.ask(question).answer) is free


@pytest.mark.parametrize(
    ("lines", "said", "unsaid"),
    [
        ("六、办理期限：自受理之日起十五个工作日。", "十五个工作日", "时限：原文未提及"),
        ("六、联系方式：65210000。", "", "电话：原文未提及"),
        ("六、本事项不收费，依据为夜市条例。", "不收费", "收费：原文未提及"),
    ],
)
def test_what_a_guide_says_under_another_heading_is_never_called_not_mentioned(
    tmp_path: Path, lines: str, said: str, unsaid: str
) -> None:
    guide = WHOLE_GUIDE.replace("四、承诺时限\n五个工作日。\n", "").replace(
        "五、其他", "四、受理窗口\n九号。\n五、其他"
    )
    written(tmp_path / "corpus", 指南=f"{guide}\n{lines}")
    answerer = answering(tmp_path, refusal_threshold=0.0)
    answer = answerer.ask("夜市摊位许可怎么申请？").answer
    assert said in answer
    assert unsaid not in answer


def test_a_guide_that_mentions_the_other_matter_does_not_answer_for_it(tmp_path: Path) -> None:
    written(tmp_path / "corpus", 指南=f"{WHOLE_GUIDE}\n六、未办理居住证的，应当先办理居住证。")
    answerer = answering(tmp_path, refusal_threshold=0.0)
    assert "身份证复印件" not in answerer.ask("居住证怎么办？").answer
