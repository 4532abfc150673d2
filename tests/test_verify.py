from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.clause import Clause, ClauseId, Document, DocumentId, Hit
from rag.verify import Fact, check, check_hits, coverage, facts, plain, verbatim, visible

RULE = (
    "第二十条 市住房和城乡建设局应当自受理申请之日起三十个工作日内作出决定；每户补贴不超过１．２万元，"
    "补贴比例为百分之二十，自２０２４年３月１日起施行。不得向申请人收取费用。咨询电话：0512-65123456。"
)


def known(kind: str, text: str) -> list[str]:
    return [fact.normal + fact.unit for fact in facts(text) if fact.kind == kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三十日内", ["30日"]),
        ("百分之二十、百分之二点五、百分之百", ["20%", "2.5%", "100%"]),
        ("1万元、1.2亿元、两万五千元、12,000元", ["10000元", "120000000元", "25000元", "12000元"]),
        ("3-5个工作日", ["3工作日", "5工作日"]),
        ("20多个部门的258项业务", ["20个", "258项"]),
        ("30天和三十日", ["30日"]),
        ("162名，162人", ["162人"]),
        ("二〇二二年", ["2022年"]),
        ("一个窗口、一种方式，一年一次", ["1年"]),
        ("十分重要，一是统一思想，进一步推进", []),
        ("系数1.35", ["1.35"]),
    ],
)
def test_numbers_with_their_units_in_one_form(text: str, expected: list[str]) -> None:
    assert known("number", text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("label", "第二十条第二款第（三）项，附件2第13项", ["第20条", "第2款", "(3)", "附件2", "第13项"]),
        ("label", "第十二条之一", ["第12条之1"]),
        ("label", "第一时间处理，第8至10条", ["第8条", "第10条"]),
        ("docnumber", "依据苏府发[2022]45号", ["苏府发〔2022〕45号"]),
        ("date", "2022-06-01起，二〇二二年六月一日，2022年06月", ["2022年6月1日", "2022年6月"]),
        ("phone", "0512-65123456、12345、13812345678", ["051265123456", "13812345678"]),
        ("title", "按《办法》和《关于<细则>的通知》", ["办法", "关于<细则>的通知"]),
        ("quote", "打响“吴优办”和「一窗办」，\"免证办\"", ["吴优办", "1窗办", "免证办"]),
        ("office", "由市教育局会同市财政局、市发改委、县人民政府负责", ["市教育局", "市财政局", "发改委", "人民政府"]),
        ("office", "由教育局办理部分事项，全部通办，委托他人，大局为重", ["教育局"]),
    ],
)  # fmt: skip
def test_other_facts(kind: str, text: str, expected: list[str]) -> None:
    found = known(kind, text)
    if kind == "office":
        assert [name[-3:] for name in found] == [name[-3:] for name in expected]
    else:
        assert found == expected


def test_a_bound_belongs_to_its_number() -> None:
    found = {fact.normal: fact.bound for fact in facts("不少于5天，不超过6天，7天以上，8天内，超过9天，10天，11项内容")}
    assert found == {"5": "up", "6": "down", "7": "up", "8": "down", "9": "up", "10": "", "11": ""}
    assert facts("5项内容") == [Fact("number", "5", "项")]


@pytest.mark.parametrize(
    "claim",
    [
        "每户补贴不超过1.2万元",
        "每户补贴不超过12000元。",
        "补贴比例为20%",
        "自受理申请之日起30个工作日内作出决定",
        "2024年3月1日起施行",
        "不得向申请人收取费用",
        "市住房和城乡建设局应当作出决定",
        "第20条：补贴比例为20%",
        "咨询电话：051265123456",
    ],
)
def test_what_the_text_says_is_supported(claim: str) -> None:
    assert check(claim, [RULE]) == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "每户补贴不超过1.5万元",
        "每户补贴不超过2万元",
        "每户补贴不少于1.2万元",
        "补贴比例为百分之二",
        "补贴比例为0%",
        "自受理申请之日起3个工作日内作出决定",
        "自受理申请之日起30个月内作出决定",
        "2025年3月1日起施行",
        "2024年3月11日起施行",
        "市教育局应当自受理申请之日起三十个工作日内作出决定",
        "第二十一条 补贴比例为百分之二十",
        "根据《补贴办法》，补贴比例为百分之二十",
        "根据苏府发〔2024〕3号，补贴比例为百分之二十",
        "补贴比例为“百分之二十五”",
        "咨询电话：0512-65123457",
        "得向申请人收取费用",
        "火星移民可以申请落户补贴",
    ],
)
def test_a_wrong_figure_name_or_subject_is_unsupported(claim: str) -> None:
    assert check(claim, [RULE]) == "unsupported"


def test_a_number_is_not_found_inside_another() -> None:
    assert check("5个工作日内办结", ["15个工作日内办结"]) == "unsupported"
    assert check("五个工作日内办结", ["二十五个工作日内办结"]) == "unsupported"
    assert check("达到3", ["达到3.5"]) == "unsupported"
    assert check("投入300", ["投入300万元"]) == "unsupported"


def test_a_prohibition_must_have_one_in_the_sources() -> None:
    assert check("申请人不得领取补贴", ["申请人领取补贴应当提交材料"]) == "unsupported"
    assert check("禁止申请人领取补贴", ["申请人不得领取补贴"]) == "supported"


def test_a_denial_that_the_text_does_not_have_is_unsupported() -> None:
    assert check("申请人未领取补贴的，应当提交材料", ["申请人领取补贴的，应当提交材料"]) == "unsupported"


def test_one_half_of_a_sentence_put_to_the_other_passes() -> None:
    """Known limit: what has no figure and the same words is taken for the same."""
    text = "答：可以放弃一次，轮候顺序不变；没有正当理由第二次放弃的，取消本次轮候资格。"
    assert check("没有正当理由第二次放弃的，轮候顺序不变", [text]) == "supported"


LIST = """第十八条　租金按照市场租金的60%确定，并实行差别化减免：
（一）特困人员按照公共租赁住房租金的10%缴纳；
（二）低保边缘家庭按照公共租赁住房租金的35%缴纳。
承租人不得有下列行为：
（一）转借、转租所承租的住房；
（二）在住房内从事违法活动。
报修后，涉及水、电、燃气的，应当在24小时内处理；其他报修应当在48小时内响应。
标准由市住房城乡建设局会同市民政局、市财政局每两年评估一次，家庭人均月收入不高于3600元。
（三）公示。公示期不计入时限；
（四）登记。公示无异议的，由市住房保障中心在3个工作日内登记。
租赁合同期限为3年，无正当理由连续6个月以上闲置住房的收回，累计拖欠租金6个月以上的，也收回。
自申请之日前5年内转让过自有住房的，不予受理，但因重大疾病转让的除外。
每月1日至20日，除涉及安全生产、食品安全的情形外，不开展检查。
需要延缓入学的，由监护人提出申请，经教育局批准，延缓期限一般为1年。
市级财政承担10万元，区、县财政承担8万元。办理本事项不收费。
本办法2024年3月18日印发，自2024年5月1日起施行。（市工业和信息化局牵头，市财政局配合）"""


@pytest.mark.parametrize(
    "claim",
    [
        "低保边缘家庭只交公租房租金的35%",
        "承租人不能把住房转租出去",
        "在房子里从事违法活动是不被允许的",
        "水、电、燃气的报修须在24小时之内处理，其他的在48小时之内响应",
        "由市住建局会同市民政局、市财政局每2年评估一次",
        "家庭人均月收入最多3600元",
        "公示的时间不算在时限里",
        "公示没有异议的，市住房保障中心在三个工作日内登记",
        "累计欠租六个月以上的，住房要收回",
        "申请前5年内转让过自有住房的不受理，只有因重大疾病转让的例外",
        "除安全生产、食品安全以外，每月1日到20日不检查",
        "延缓入学由监护人申请，要经教育局批准，一般一年",
        "市级财政出10万元，区、县财政出8万元",
        "办理本事项免费",
        "从2024年5月1日起实施",
        "由市工信局牵头，市财政局配合",
    ],
)
def test_the_same_in_other_words_is_supported(claim: str) -> None:
    assert check_hits(claim, [clause(LIST)]) == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "低保边缘家庭只交公租房租金的10%",
        "承租人可以转租所承租的住房",
        "水、电、燃气的报修在48小时内处理",
        "由市民政局会同市住房城乡建设局、市财政局每两年评估一次",
        "家庭月收入最多3600元",
        "公示期计入时限",
        "公示无异议的，由市教育局在3个工作日内登记",
        "连续拖欠租金6个月以上的，收回住房",
        "无正当理由累计6个月以上闲置住房的收回",
        "申请前5年内转让过自有住房的，一律不予受理",
        "除安全生产以外，每月1日至20日不检查",
        "延缓入学由监护人提出申请即可，一般为1年",
        "市级财政承担8万元",
        "办理本事项需要收费",
        "自2024年3月18日起施行",
        "由市财政局牵头，市工业和信息化局配合",
        "第十九条规定，租金按照市场租金的60%确定",
        "本办法的文号是甲发〔2024〕4号",
        "租赁合同期限为3年，详见http://evil.test",
        "租赁合同期限为3年，火星移民凭身份证即可领取落户补贴",
    ],
)
def test_the_opposite_in_the_same_words_is_unsupported(claim: str) -> None:
    assert check_hits(claim, [clause(LIST)]) == "unsupported"


def test_a_count_may_be_that_of_the_items() -> None:
    text = "下列申请人优先配租：\n（一）特困人员；\n（二）退役军人；\n（三）年满65周岁的老年人。"
    assert check("优先配租的有三类：特困人员、退役军人、年满65周岁的老人", [text]) == "supported"
    assert check("优先配租的有四类：特困人员、退役军人、年满65周岁的老人", [text]) == "unsupported"


def test_a_year_is_not_the_number_of_a_document() -> None:
    assert check_hits("轮候期不超过3年", [clause("轮候期不超过2年。")]) == "unsupported"


def test_a_count_that_no_text_states_is_unchecked() -> None:
    text = "（七）保障措施和落实机制"
    assert check("“保障措施和落实机制”共6项", [text]) == "unchecked"
    assert check("保障措施和落实机制共9个部分、35条", [text]) == "unchecked"
    assert check("保障措施和落实机制共投入6万元", [text]) == "unsupported"


def test_nothing_to_check_against() -> None:
    assert check("补贴比例为20%", []) == "unchecked"
    assert check("补贴比例为20%", ["", "  \n"]) == "unchecked"


def test_a_claim_beyond_all_measure_is_unsupported() -> None:
    assert check("补" * 5000, ["补" * 6000]) == "unsupported"


def clause(text: str) -> Hit:
    document = Document(DocumentId("甲发〔2024〕3号"), "甲市住房办法", number="甲发〔2024〕3号")
    return Hit(1, 1.0, document, Clause(ClauseId("c"), "clause", "第十八条", ("第十八条",), "", text, 0, len(text)))


def hit() -> Hit:
    document = Document(
        DocumentId("昆政办发〔2017〕169号"),
        "昆山市任务分解的通知",
        number="昆政办发〔2017〕169号",
        issuer="昆山市人民政府办公室",
        issued=date(2017, 9, 1),
    )
    text = "13．强化规范性文件统一管理。\n\t市政府办\n"
    row = {"序号": "13", "工作任务": "强化规范性文件统一管理。", "牵头部门": "市政府办", "责任部门": "市司法局"}
    clause = Clause(
        ClauseId("c"),
        "table_row",
        "13．",
        ("附件", "（三）", "13．"),
        "推进依法决策",
        text,
        100,
        100 + len(text),
        row=row,
    )
    return Hit(1, 1.0, document, clause)


def test_a_lead_in_may_name_what_stands_around_the_clause() -> None:
    lead = "《昆山市任务分解的通知》（昆政办发〔2017〕169号）附件（三）第13项"
    for claim in (
        f"{lead}：强化规范性文件统一管理。",
        f"{lead}（强化规范性文件统一管理）牵头部门：市政府办；责任部门：市司法局。",
        "2017年9月1日昆山市人民政府办公室强化规范性文件统一管理",
    ):
        assert check_hits(claim, [hit()]) == "supported"


@pytest.mark.parametrize(
    "lead", ["附件（四）第13项", "附件（三）第14项", "（苏政办发〔2017〕169号）", "市教育局牵头", "2016年9月1日"]
)
def test_a_lead_in_that_names_another_place_is_unsupported(lead: str) -> None:
    assert check_hits(f"{lead}：强化规范性文件统一管理。", [hit()]) == "unsupported"


def test_offices_stand_under_their_own_column() -> None:
    claim = "强化规范性文件统一管理"
    assert check_hits(f"{claim}由市政府办牵头", [hit()]) == "supported"
    assert check_hits(f"{claim}由市司法局牵头", [hit()]) == "unsupported"
    assert check_hits(f"{claim}，牵头部门：市司法局；责任部门：市政府办", [hit()]) == "unsupported"
    assert check_hits(f"{claim}，责任部门为市司法局", [hit()]) == "supported"


@given(st.text("第一二三十百条款项年月日元万%“”《》〔〕（）()0123456789.,-市局不超过以上 \n甲乙", max_size=60))
def test_every_text_supports_itself(text: str) -> None:
    assert check(text, [text]) in ("supported", "unchecked") or not plain(text).strip(",.;:。、!?")


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_it(claim: str, source: str) -> None:
    assert check(claim, [source]) in ("supported", "unsupported", "unchecked")
    assert 0 <= coverage(claim, [source]) <= 1


@given(st.integers(2, 9999), st.integers(2, 9999))
def test_a_number_is_supported_by_itself_alone(a: int, b: int) -> None:
    source = f"全市共有养老机构和服务设施{b}家。"
    assert (check(f"全市养老机构和服务设施{a}家", [source]) == "supported") == (a == b)


def test_own_words_are_found_in_whatever_writing() -> None:
    assert verbatim("补贴比例为20%。", RULE)
    assert not verbatim("补贴比例为2", RULE)
    assert not verbatim("得向申请人收取费用", RULE)


def test_what_is_not_seen_is_not_read() -> None:
    assert visible("[\u200b9\u2060]") == "[9]"
    assert check("补贴比\u200b例为20%", [RULE]) == "supported"


def test_an_offices_short_name_is_its_own() -> None:
    assert check("市住建局自受理之日起30个工作日内作出决定", [RULE]) == "supported"
    assert check("市民政局自受理之日起30个工作日内作出决定", [RULE]) == "unsupported"
