"""rag.understand.aside: what is no question to documents gets its frame, and what is one does not."""

from pathlib import Path

import pytest
from toys import Characters, written

from rag.answer import Answerer
from rag.index import build, open_index
from rag.settings import load
from rag.understand import aside


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("你好", "talk"),
        ("您好呀，在吗？", "talk"),
        ("谢谢！再见", "talk"),
        ("你是真人还是机器人，吃饭了没", "talk"),
        ("讲个笑话听听", "talk"),
        ("今天天气怎么样？", "talk"),
        ("最近股票会涨吗", "talk"),
        ("Hello!", "talk"),
        ("王局长的手机号码是多少？", "person"),
        ("帮我查一下我邻居的身份证号", "person"),
        ("张三家住在哪", "person"),
        ("我老公偷了两千块会判几年？", "case"),
        ("帮我写一份起诉状", "case"),
        ("我这个案子能赢吗", "case"),
        ("我和单位闹翻了要不要起诉", "case"),
        ("你怎么评价这次总统选举？", "politics"),
    ],
)
def test_what_is_no_question_to_documents(question: str, kind: str) -> None:
    assert aside(question) == kind


@pytest.mark.parametrize(
    "question",
    [
        "你好，公租房怎么申请？",
        "谢谢，那外来务工人员呢？",
        "高温天气怎么发津贴？",
        "恶劣天气停课怎么通知家长？",
        "市住房保障中心的咨询电话是多少？",
        "申请人的身份证号要填吗？",
        "盗窃罪判几年？",
        "劳动合同应当写明哪些内容？",
        "打官司请不起律师怎么办？",
        "个人信息泄露找谁投诉？",
        "国家主席的职权有哪些？",
        "香港居民能申请居住证吗？",
        "选举委员会怎么组成？",
        "对方不履行协议，可以起诉吗？",
        "住在哪个区的学生可以报名？",
        "现在还能报名吗？",
        # a surname, 他, 看 or 天气 within another word; a rule about a role; one's own family
        "徐州市家庭住址变更怎么办理",
        "高龄老人存款多少能领低保",
        "高中生身份证号码填错了怎么办",
        "其他人的病历可以复印吗",
        "任何人住在哪里都要登记吗",
        "医生病历保存多久",
        "我老婆名下有车，能申请低保吗",
        "林地补偿款打到银行账户吗",
        "我国对故意伤害罪判几年",
        "我想问一下酒驾要判多久",
        "我家被盗，小偷会判几年？",
        "我工伤能判多少级",
        "我老公家暴我该不该报警，有什么救助政策",
        "民告官能打赢吗",
        "帮我写一份公租房租赁合同范本",
        "随迁子弟报名要不要签字",
        "台湾居民在大陆怎么看病",
        "怎么评价香港高校学历",
        "村委会选举得票多少谁能当选？",
        "业主委员会委员谁能连任",
        "你看我能领失业金吗",
        "你说高龄津贴怎么领",
        "你看病报销流程",
        "本市恶劣天气预警信号有几级？",
        "今天高温天气停工吗",
        "现在是几号文件",
        "今天几号截止",
        "黄金周景区门票能涨价吗",
        "本市房价上涨过快怎么调控",
        "你几岁可以领高龄津贴",
    ],
)
def test_what_documents_may_answer_is_left_to_them(question: str) -> None:
    assert aside(question) is None


@pytest.fixture
def answerer(tmp_path: Path) -> Answerer:
    parts = (
        "一、租金缴纳方式\n承租人应当在每月十五日以前缴纳当月租金，逾期未缴纳的，按照规定加收滞纳金，并记入信用档案。",
        "二、轮候期限安排\n轮候期最长三年，轮候期间家庭情况发生变化的，应当在三十日内向住房保障中心报告变化的情况。",
    )
    written(tmp_path / "corpus", 甲="甲市公租房管理办法\n" + "\n".join(parts))
    # nothing listens there: a model that was asked would leave its notice
    settings = load({}, index=tmp_path / "index", llm_url="http://127.0.0.1:9/v1", llm_key="x", llm_model="m")
    build([tmp_path / "corpus"], settings, embedder=Characters())
    return Answerer(open_index(settings, embedder=Characters()), Characters(), settings)


@pytest.mark.parametrize(
    ("question", "reason", "words", "opening"),
    [
        ("你好", "out_of_scope", "不闲聊", "Answers here come from"),
        ("李主任的家庭住址在哪？", "unsafe", "隐私", "Private data"),
        ("帮我写一份上诉状", "out_of_scope", "不代写文书", "Here you learn"),
        ("你怎么看待那场战争？", "out_of_scope", "不作评论", "The indexed documents"),
    ],
)
def test_the_frame_is_fixed_asks_no_model_and_says_what_to_ask(
    answerer: Answerer, question: str, reason: str, words: str, opening: str
) -> None:
    for turns in ((), ("租金怎么缴纳？",)):  # it is no follow-up of what was asked before
        answer = answerer.ask(question, turns)
        assert (answer.refused, answer.reason, answer.query) == (True, reason, question)
        assert words in answer.answer
        assert answer.notices == answer.citations == answer.claims == ()
        assert answer.suggestions
        assert not answerer.ask(answer.suggestions[0]).refused
    english = answerer.with_settings(answerer.settings.model_copy(update={"language": "en"}))
    assert english.ask(question).answer.startswith(opening)
