"""refusing: whether a plain answer refuses; hand-written after what models of several makers say."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.refusing import is_refusal

ROOT = Path(__file__).resolve().parent.parent

REFUSES = [
    "资料中没有相关内容。",
    "资料中没有",
    "资料中没有。",
    "我不知道。",
    "不清楚。",
    "抱歉，我无法回答这个问题。",
    "对不起，我没有找到相关规定。",
    "很抱歉，这个问题超出了我的服务范围。",
    "根据提供的资料，没有找到关于2025年住房补贴标准的规定。",
    "根据您提供的文件内容，未提及苏州市2025年对小微企业的采购份额。",
    "在所给资料中，并未明确说明该补贴的发放时间。",
    "关于2022年苏州市的采购份额是多少，资料中没有说明。",
    "您问的标准是多少，资料里没有写明，因此无法回答。",
    "资料未提及。",
    "资料[1]至资料[4]均未提及这一点。",
    "上述资料没有提到红烧肉的做法，资料主要介绍了政府采购政策。建议您查阅菜谱。",
    "未找到相关信息。建议您：\n1. 查阅市政府网站；\n2. 拨打12345政务服务热线。",
    "没有检索到与问题有关的条目，请换一种问法。",
    "文档中没有关于股票代码的信息。如果您有其他问题，欢迎继续提问。",
    "暂无相关规定。",
    "无相关信息",
    "目前的资料不足，信息不足以回答这个问题。",
    "缺乏足够的信息，无法判断该企业是否符合条件。",
    "作为AI助手，我无法提供投资建议。",
    "我只能回答政策文件方面的问题。",
    "该办法共有二十条，没有第五十条。",
    "文件中不存在第三十条。",
    "这个问题的前提有误。",
    "资料只规定了申请条件，没有说明办理费用，因此无法回答。",
    "资料中没有提到具体金额，但提到了申请流程。",
    "**资料中没有相关内容**",
    "查不到这份文件。",
    "知识库中没有与此相关的内容，请补充说明地区和年份。",
    "这个问题我不太清楚，建议咨询当地人社部门。",
    "很遗憾，文件里找不到答案。具体请以当地部门答复为准。",
    "已收录的文件中没有找到能回答这个问题的内容，因此不作回答。可以换一种说法，或者写明文件名称、条目号。",
    "文件中没有“第33项”这一条目，因此不作回答。《甲市办法》（甲办发〔2017〕169号）中编号最接近的是附件（七）第31项[1]",
    "文件没有规定。",
    "吴中没有相关内容。",
    "前提不成立：办理公租房资格申请不收费。",
    "该办法只有第一条至第二十八条，没有第四十五条。",
    "The provided documents do not mention the subsidy.",
    "I'm sorry, but I cannot answer this question based on the documents.",
    "I don't know.",
    "There is no information about this in the context. Please consult the local office.",
    "I was unable to find the relevant clause.",
    "The context doesn't contain the answer.",
    "Not found in the provided material.",
]

ANSWERS = [
    "",
    "好的。",
    "采购份额为30%以上[1]。",
    "采购份额为30%以上[1]。资料未提及上限。",
    "资料未提及上限，但规定下限为30%[1]。",
    "资料未提及上限。下限为30%[1]。",
    "根据资料[1]，采购份额为30%，资料未提及上限。",
    "没有年龄限制。",
    "没有。个人不需要缴纳。",
    "不可以，须由本人办理。",
    "对政策不清楚的，可以拨打12345咨询。",
    "无法提供身份证明的，由社区出具证明[2]。",
    "无法确定责任人的，由市城管局负责。",
    "向社区居委会提出申请。资料没有说明办理时限。",
    "由市住建局牵头，市财政局配合。",
    "很抱歉给您带来不便。申请材料包括身份证和户口簿[1]。",
    "申请人应当说明理由；没有说明理由的，不予受理。",
    "主管部门未在规定期限内答复的，视为同意。",
    "未按规定提供材料的，不予办理。",
    "在苏州市，用人单位没有缴纳社会保险费的，由人社部门责令限期缴纳。",
    "两份文件都规定了缴存比例：甲市为5%至12%，乙市为8%。文件没有规定最低基数。",
    "共三项：一是减税；二是降费；三是缓缴。资料中没有列出具体金额。",
    "根据第八条，逾期未提出异议的视为同意。",
    "资料没有提到2023年的标准，2022年的标准为每月800元[1]。",
    "建议您先登录市政府网站申请，审批时限为20个工作日。",
    "目前尚未出台实施细则，按2022年的通知执行。",
    "材料不齐全的，应当一次性告知需要补正的全部内容。",
    "《办法》第三条规定，单位用水实行计划管理。",
    "您好，因征收集体土地发生的纠纷不可以仲裁，不属于农村土地承包仲裁委员会的受理范围。",
    "登记机关超过法定时限不予答复的，当事人可依法申请行政复议。",
    "个人信息是与自然人有关的各种信息，不包括匿名化处理后的信息。",
    "用户不提供真实身份信息的，不得提供服务。",
    "受益人不能确定的，信托无效。",
    "没有相关规定的，参照国家标准执行。",
    "The quota is 30% [1]. The documents do not mention an upper limit.",
    "Applicants must be residents. If you do not have a certificate, apply to the bureau.",
    "Yes, the fee is waived.",
]


@pytest.mark.parametrize("text", REFUSES)
def test_a_refusal(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer(text: str) -> None:
    assert not is_refusal(text)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert is_refusal(text) in {True, False}


@given(st.sampled_from(REFUSES), st.sampled_from(["\n采购份额为30%以上[1]。", "\n由市住建局负责办理[2]。"]))
def test_whatever_is_refused_first_an_answer_behind_it_is_one(refusal: str, answer: str) -> None:
    assert not is_refusal(refusal + answer)


def test_a_long_text_takes_no_time() -> None:
    assert not is_refusal("资料" * 5000 + "，" * 5000)


GOLD = [
    json.loads(line)
    for line in (ROOT / "eval" / "gold" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    if line
]


def test_no_reference_and_no_quote_of_the_sample_refuses_unless_the_question_has_no_answer() -> None:
    texts = [text for one in GOLD if one["answerable"] for text in (one["answer"], *(g["quote"] for g in one["gold"]))]
    assert len(texts) > 100
    assert [text for text in texts if is_refusal(text)] == []
