"""Metadata: titles, numbers, offices, places and days, each from the smallest text that showed the trouble."""

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.clause import Document, Table, Text
from rag.load import page
from rag.metadata import describe
from rag.metadata.day import day
from rag.metadata.line import is_office
from rag.metadata.title import kind


def document(characters: str, **known: object) -> Document:
    return describe(Text(characters, **known), "文件.txt", "0" * 64)  # type: ignore[arg-type]


NOTICE = """

滨湖市江东区人民政府办公室文件

江政办〔2022〕45号

区政府办公室关于印发滨湖市江东区落实上级
工作规划（2016—2020年规划）
任务分解的通知
各镇人民政府，区各直属单位：

根据《上级工作规划》（滨府发〔2021〕7号）精神，现将《任务分解》印发给你们。
滨湖市江东区人民政府办公室

2022年6月6日
（此件公开发布）

附件
一、甲事项
抄送：区委各部门。
滨湖市江东区人民政府办公室 2022年6月7日印发
"""


def test_a_notice_is_read_from_letterhead_to_printing_line() -> None:
    found = document(NOTICE)
    assert found == Document(
        id=found.id,
        title="区政府办公室关于印发滨湖市江东区落实上级工作规划（2016—2020年规划）任务分解的通知",
        number="江政办〔2022〕45号",
        issuer="滨湖市江东区人民政府办公室",
        region="滨湖市江东区",
        type="通知",
        issued=date(2022, 6, 6),
        published=date(2022, 6, 7),
        source="文件.txt",
        sha256="0" * 64,
    )
    assert found.id == "江政办〔2022〕45号"


def test_a_crawled_page_with_breadcrumb_and_a_date_that_lost_its_signs() -> None:
    found = document(
        "当前位置: 首页 > 政务公开 > 工作报告\n\n滨湖市人民政府关于2021年工作的报告\n\n滨府呈〔2022〕5号\n\n"
        "时间: 2022-01-30 11:59 来源: 滨湖市人民政府办公室 访问量:\n\n2021年，成效显著。\n\n"
        "滨湖市人民政府\n\n2022129\n\n(此件公开发布"
    )
    assert (found.title, found.number) == ("滨湖市人民政府关于2021年工作的报告", "滨府呈〔2022〕5号")
    assert (found.issuer, found.region, found.type) == ("滨湖市人民政府", "滨湖市", "报告")
    assert (found.issued, found.published) == (None, date(2022, 1, 30))


def test_a_law_with_its_card() -> None:
    found = document(
        "中华人民共和国某某法\n\n制定机关：全国人民代表大会常务委员会\n公布日期：2020-10-17\n施行日期：1985-04-01\n\n"
        "第一章 总则\n\n第一条　为了保护，制定本法。\n\n第二条　本法自1985年4月1日起施行。"
    )
    assert found.title == found.id == "中华人民共和国某某法"
    assert (found.issuer, found.region, found.type) == ("全国人民代表大会常务委员会", "全国", "法律")
    assert (found.issued, found.published, found.effective) == (
        date(2020, 10, 17),
        date(2020, 10, 17),
        date(1985, 4, 1),
    )


def test_a_decree_names_its_number_office_and_days_below_the_title() -> None:
    found = document(
        "儿童机构管理办法\n（2026年1月26日经民政部部务会议审议通过 "
        "2026年2月2日民政部令第83号公布\n自2026年4月1日起施行）\n"
        "第一条 为了管理，制定本办法。\n第二条 2018年10月30日公布的《旧办法》（民政部令第63号）同时废止。"
    )
    assert (found.title, found.number, found.issuer) == ("儿童机构管理办法", "民政部令第83号", "民政部")
    assert (found.region, found.type) == ("全国", "办法")
    assert (found.issued, found.effective) == (date(2026, 2, 2), date(2026, 4, 1))


def test_a_site_s_index_card_wins_over_a_title_that_is_spaced_out() -> None:
    found = document(
        "索 引 号： 000014349/2005-00154\n发文机关： 国务院办公厅\n成文日期： 2005年06月11日\n"
        "标　　题： 国务院办公厅关于印发国家粮食应急预案的函\n"
        "发文字号： 国办函〔2005〕57号\n发布日期： 2018年12月03日\n"
        "国务院办公厅关于印发\n国 家 粮 食 应 急 预 案 的 函\n1　总则\n7.3　本预案自印发之日起实施。"
    )
    assert (found.title, found.number) == ("国务院办公厅关于印发国家粮食应急预案的函", "国办函〔2005〕57号")
    assert (found.issued, found.published) == (date(2005, 6, 11), date(2018, 12, 3))
    assert (found.effective, found.region, found.type) == (date(2005, 6, 11), "全国", "函")


# Title ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("characters", "title"),
    [
        (
            "某委员会\n印发《贯彻〈意见〉的\n实施方案》的通知\n各部门：\n一、甲",
            "某委员会印发《贯彻〈意见〉的实施方案》的通知",
        ),
        ("关于印发某某管理办法\n的通知\n一、甲", "关于印发某某管理办法的通知"),
        ("# 中华人民共和国刑法修正案（九）\n\n2015年8月29日通过\n\n一、甲", "中华人民共和国刑法修正案（九）"),
        ("某某镇人民政府 2022年工作情况报告\n\n某市人民政府：\n一、甲", "某某镇人民政府2022年工作情况报告"),
        ("关于做好某事的通知（某府〔2022〕5号）\n一、甲", "关于做好某事的通知"),
        ("某市管理办法（试行）\n第一条 甲", "某市管理办法（试行）"),
        ("乡村医生作用大\n截至2月10日，情况如下。", "乡村医生作用大"),
    ],
)
def test_titles(characters: str, title: str) -> None:
    assert document(characters).title == title


def test_a_page_of_one_line_is_cut_at_its_blanks() -> None:
    title = "某省人民政府关于印发若干措施的通知"
    line = f"{title} {title} 各市人民政府： 现印发给你们。 某省人民政府 2020年2月6日 一、甲"
    found = document(line + "　" + "各级政府要加大力度。" * 40)
    assert (found.title, found.issuer) == ("某省人民政府关于印发若干措施的通知", "某省人民政府")
    assert found.issued == date(2020, 2, 6)


def test_the_format_s_title_helps_where_the_text_has_none_and_the_file_name_last() -> None:
    assert document("一、甲\n二、乙", title="申请办事指南 - 某市人民政府门户网站").title == "申请办事指南"
    assert describe(Text("一、" + "甲" * 200 + "。"), "某 规定.txt", "0" * 64).title == "某规定"


def test_furniture_is_no_title() -> None:
    characters = "2026/7/24 15:57 别的办法\n某市管理办法\n第一条 甲"
    assert document(characters, furniture=((0, characters.index("\n")),)).title == "某市管理办法"


@pytest.mark.parametrize(
    "line",
    [
        "您现在的位置：首页 > 政务公开 > 政府工作报告",
        "首页 >> 办事服务 >> 公告",
        "您所在的位置：首页 > 通知",
        "网站首页>通知公告",
    ],
)
def test_a_breadcrumb_is_no_title(line: str) -> None:
    assert document(f"{line}\n2025年滨湖市政府工作报告\n一、甲").title == "2025年滨湖市政府工作报告"


def test_a_line_of_offices_below_the_title_signs_and_is_no_title() -> None:
    found = document(
        "2024年滨湖市统计公报[1]\n滨湖市统计局　国家统计局滨湖调查队\n2025年3月18日\n2024年，成效显著。\n一、综合",
        title="2024年滨湖市统计公报 - 滨湖市统计局",
    )
    assert (found.title, found.type) == ("2024年滨湖市统计公报", "公报")
    assert (found.issuer, found.issued) == ("滨湖市统计局、国家统计局滨湖调查队", date(2025, 3, 18))
    assert document("滨湖市统计局\n乡村医生作用大\n一、甲").title == "乡村医生作用大"
    news = "国新办就湖北组织开展防控和医疗救治工作情况举行新闻发布会"  # ends as an office's name does
    assert document(f"{news}\n某社记者某某摄影\n今天，成效显著。").title == news


@pytest.mark.parametrize(
    ("hint", "title"),
    [
        ("滨湖市某某管理办法 - 滨湖市统计局", "滨湖市某某管理办法"),
        ("滨湖市某某条例_滨湖市人民代表大会常务委员会", "滨湖市某某条例"),
        ("滨湖市某某条例_地方性法规_滨湖人大网", "滨湖市某某条例"),
        ("滨湖市规划（2016-2020年）", "滨湖市规划（2016-2020年）"),
        ("滨湖市统计局", "滨湖市统计局"),
    ],
)
def test_what_a_site_puts_behind_its_title_is_cut(hint: str, title: str) -> None:
    assert document("一、" + "甲" * 200 + "。", title=hint).title == title


def test_the_line_that_a_page_is_called_by_goes_before_a_heading_of_its_text() -> None:
    body = "一图读懂，公积金新政来了！\n2025-06-20 17:30\n问答\n问：甲？\n答：乙。"
    assert document(body, title="一图读懂，公积金新政来了！_滨湖公积金").title == "一图读懂，公积金新政来了！"
    notice = "政府信息公开\n\n滨湖市关于做好某事的通知\n一、甲"
    assert document(notice, title="政府信息公开 - 滨湖市人民政府").title == "滨湖市关于做好某事的通知"


def _page(head: str, body: str) -> Document:
    text = page.read(
        f"<html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode(), Path("a.html")
    )
    return describe(text, "a.html", "0" * 64)


_ARTICLE = "".join(f"<p>第{n}条　申请人应当提交材料，由受理机关审核。</p>" for n in "一二三四")


def test_the_heading_beside_a_page_s_text_is_its_title_and_the_line_below_it_has_its_day() -> None:
    found = _page(
        "<title>解读</title>",
        "<div><h1>《滨湖市若干措施》问答</h1><div>滨湖公积金 2025-06-20 17:30 <a>大</a></div>"
        f"<ul><li><a>首页</a></li><li><a>公开</a></li></ul><div>{_ARTICLE}</div></div>",
    )
    assert (found.title, found.published) == ("《滨湖市若干措施》问答", date(2025, 6, 20))


def test_a_page_s_own_name_for_its_article_goes_before_its_title_and_a_breadcrumb_is_furniture() -> None:
    source = (
        '<html><head><meta charset=utf-8><meta property="og:title" content="滨湖市申请须知"><title>首页</title></head>'
        f"<body><div>您现在的位置：首页 > 须知</div><div>有 效 性：有效</div>{_ARTICLE}</body></html>"
    )
    text = page.read(source.encode(), Path("a.html"))
    assert text.title == "滨湖市申请须知"
    assert [text.characters[slice(*span)] for span in text.furniture] == ["您现在的位置：首页 > 须知"]
    assert describe(text, "a.html", "0" * 64).stated == "in_force"


def test_a_list_without_a_title_is_called_by_its_file() -> None:
    characters = "序号\t任务\t部门\n1\t建设\t民政局\n"
    rows = (((0, 2), (3, 5), (6, 8)), ((9, 10), (11, 13), (14, 17)))
    assert describe(Text(characters, tables=(Table(rows),)), "重点任务.csv", "0" * 64).title == "重点任务"
    assert describe(Text(characters), "重点任务.txt", "0" * 64).title == "重点任务"
    assert document("滨发〔2025〕4号\t签发人：某某\n滨湖市工作方案\n一、甲").title == "滨湖市工作方案"
    below = characters + "滨湖市工作方案\n一、甲"
    assert describe(Text(below, tables=(Table(rows),)), "附件.docx", "0" * 64).title == "滨湖市工作方案"


@pytest.mark.parametrize(
    ("name", "type_"),
    [("关于某事的实施意见", "意见"), ("2022年工作要点", "工作要点"), ("某市实施方案（2024—2026年）", "实施方案"),
     ("暂行规定（试行）", "规定"), ("民生项目任务分解表", "任务分解表"), ("中华人民共和国民法典", "法律"),
     ("某提案的答复", "答复"), ("拟认定名单的公示", "公示"), ("统计公报", "公报"), ("常务会议纪要", "纪要"), ("裁量基准", "基准"),
     ("人民政府公报2024年第3期", "公报"), ("做法", None), ("反分裂国家法", "法律"), ("新闻", None)],
)  # fmt: skip
def test_types(name: str, type_: str | None) -> None:
    assert kind(name) == type_


# Number --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("苏府[2022]5号", "苏府〔2022〕5号"),
        ("（苏府规字（2022）５号）", "苏府规字〔2022〕5号"),
        ("苏府办〔 2022 〕 12 号        签发人：张三", "苏府办〔2022〕12号"),
        ("中华人民共和国国务院令第783号", "中华人民共和国国务院令第783号"),
        ("文　　号： 苏人社规字［2019］6号", "苏人社规字〔2019〕6号"),
        ("根据苏府〔2021〕9号文件精神", None),
        ("2022年第5号", None),
    ],
)
def test_numbers(line: str, number: str | None) -> None:
    assert document(f"{line}\n关于某事的通知\n一、甲").number == number


def test_a_number_on_a_line_of_its_own_is_the_decree_s_above_it() -> None:
    found = document(
        "滨湖市人民政府令\n日期：2023-11-20　来源：市司法局\n第 68 号\n《办法》已经通过。\n市长　某某\n二〇二三年十一月十六日"
    )
    assert (found.number, found.issuer) == ("滨湖市人民政府令第68号", "滨湖市人民政府")
    congress = document("滨湖市人民代表大会常务委员会公告\n（十五届第21号）\n《滨湖市某某条例》已经通过。\n第一条 甲")
    assert congress.number == "滨湖市人民代表大会常务委员会公告（十五届）第21号"
    assert document("关于某事的通知\n第 68 号\n一、甲").number is None


def test_minutes_with_a_bare_number_are_called_by_their_title() -> None:
    found = document("滨湖市人民政府常务会议纪要\n\n〔2024〕12号\n\n2024年6月5日，研究以下事项。\n一、甲")
    assert (found.number, found.issuer) == ("滨湖市人民政府常务会议纪要〔2024〕12号", "滨湖市人民政府")
    assert document("滨湖市管理办法\n〔2024〕12号\n第一条 甲").number is None


def test_a_cited_number_is_not_the_document_s_own() -> None:
    found = document(
        "关于某事的通知\n各部门：\n根据《意见》（苏府〔2021〕9号）精神，通知如下：\n一、落实张法政办〔2019〕5号要求。"
    )
    assert found.number is None
    assert found.id == "关于某事的通知"


def test_an_id_holds_neither_blanks_nor_separators() -> None:
    assert document("A / B #1 关于 ..\\某事的通知\n一、甲").id == "AB1关于..某事的通知"


# Issuer and region ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("office", "region"),
    [
        ("苏州市吴中区人民政府办公室", "苏州市吴中区"),
        ("张家港市塘桥镇人民政府", "张家港市塘桥镇"),
        ("宿迁经济技术开发区管理委员会", "宿迁经济技术开发区"),
        ("广州市住房和城乡建设局", "广州市"),
        ("苏州市市场监督管理局", "苏州市"),
        ("北京市城市管理委员会", "北京市"),
        ("国家税务总局河南省税务局", "河南省"),
        ("国家税务总局", "全国"),
        ("商务部办公厅", "全国"),
        ("内蒙古自治区人民政府", "内蒙古自治区"),
        ("中共海南省委宣传部", "海南省"),
    ],
)
def test_the_region_is_the_most_specific_place_of_the_issuer(office: str, region: str) -> None:
    found = document(f"关于某事的通知\n各部门：\n一、甲。\n{office}\n2022年6月6日")
    assert (found.issuer, found.region) == (office, region)


def test_offices_that_sign_together_are_all_named() -> None:
    found = document(
        "关于某事的通知\n一、甲。\n滨湖市财政局　　滨湖市民政局\n滨湖市教育局\n2022年6月6日\n附件\n别处局\n2023年1月1日"
    )
    assert found.issuer == "滨湖市财政局、滨湖市民政局、滨湖市教育局"
    assert found.issued == date(2022, 6, 6)


def test_an_office_without_a_place_takes_it_from_the_title_else_none() -> None:
    assert document("市教育局关于滨湖市招生的通知\n一、甲").region is None
    assert document("关于印发滨湖市招生方案的通知\n一、甲").region == "滨湖市"
    assert document("关于进一步完善全市工作的通知\n一、甲").region is None


def test_a_spaced_out_office_is_one() -> None:
    assert is_office("财　政　部")
    assert not is_office("请遵照执行")


# Days ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "effective", "expires"),
    [
        ("本办法自2024年5月1日起施行，有效期五年。", date(2024, 5, 1), date(2029, 4, 30)),
        ("本办法自2024年5月1日起施行，有效期至2026年12月31日。", date(2024, 5, 1), date(2026, 12, 31)),
        ("本办法自印发之日起施行，有效期3年。", date(2022, 6, 6), date(2025, 6, 5)),
        ("本办法自公布之日起三十日后施行。", date(2022, 7, 6), None),
        ("本政策执行期暂定为自发布之日起的三个月。", date(2022, 6, 6), date(2022, 9, 5)),
        ("自2023年1月1日起正式实施。", date(2023, 1, 1), None),
        ("《旧条例》自2020年1月1日起施行，本市已经落实。", None, None),
        ("本证书有效期为三年。", None, None),
        ("许可证有效期至2030年1月1日。", None, None),
        ("本办法自2024年13月1日起施行。", None, None),
        ("本办法自2021年3月1日起施行，有效期5年。", date(2021, 3, 1), date(2026, 2, 28)),
        ("本办法自2020年2月29日起施行，有效期5年。", date(2020, 2, 29), date(2025, 2, 28)),
        ("本办法自2021年3月1日零时起试行，试行期两年。", date(2021, 3, 1), date(2023, 2, 28)),
        ("本办法自2021年3月1日起施行，试行2年。", date(2021, 3, 1), date(2023, 2, 28)),
        ("本通知自印发之日起30日后施行，有效期1年。", date(2022, 7, 6), date(2023, 7, 5)),
        ("本通知自发布之日起1个月后施行。", date(2022, 7, 6), None),
        ("本办法有效期自2021年3月1日至2025年12月31日。", date(2021, 3, 1), date(2025, 12, 31)),
        ("本政策自2021年3月1日起至2025年12月31日止。", date(2021, 3, 1), date(2025, 12, 31)),
        ("本通知自印发之日起施行，执行到2025年底。", date(2022, 6, 6), date(2025, 12, 31)),
        ("本措施执行期限为2022年1月1日至2022年6月底。", date(2022, 1, 1), date(2022, 6, 30)),
        ("2021年3月1日实施《旧办法》。", None, None),
    ],
)
def test_force_and_term(sentence: str, effective: date | None, expires: date | None) -> None:
    found = document(f"某市办法\n某市教育局\n2022年6月6日\n第一条　甲。\n第二条　{sentence}")
    assert (found.effective, found.expires) == (effective, expires)


@pytest.mark.parametrize(
    ("body", "expires"),
    [
        (
            "一、补贴\n对招用毕业生的小微企业按每人1500元给予补助，补助资金由市县共同承担，政策\n执行至2025年12月31日。",
            None,
        ),
        ("一、补贴\n按每人1500元给予补助。\n执行期限至2025年12月31日。\n二、其他", None),
        ("一、补贴\n本补贴政策执行至2025年12月31日。\n二、其他", None),
        ("一、补贴\n本市人才政策执行至2025年12月31日。\n二、其他", None),
        ("一、补贴\n二、附则\n本通知由市教育局解释。执行期限至2025年12月31日。", date(2025, 12, 31)),
        ("一、补贴\n二、有效期至2025年12月31日。", date(2025, 12, 31)),
        (
            "一、补贴\n二、本通知自印发之日起施行，由市教育局会同市财政局负责解释，有效期至2025年\n12月31日。",
            date(2025, 12, 31),
        ),
    ],
)
def test_the_term_of_a_subsidy_is_not_that_of_the_document(body: str, expires: date | None) -> None:
    assert document(f"关于某事的通知\n{body}\n某市教育局\n2025年4月2日").expires == expires


@pytest.mark.parametrize(
    "line",
    ["2025年03月05日 16:20 来源：某某采购网 【打印】", "2025-03-05 16:20", "滨湖公积金 2025-03-05 16:20 浙江",
     "来源：法工委　发布时间：2025-03-05　浏览次数："],
)  # fmt: skip
def test_a_site_s_line_below_the_title_has_the_day_of_publication(line: str) -> None:
    assert document(f"某项目招标公告\n{line}\n一、甲").published == date(2025, 3, 5)


def test_a_session_s_hours_are_no_day_of_publication() -> None:
    assert document("某项目招标公告\n2025年3月5日 9:00-11:30\n一、甲").published is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("二〇二一年八月十六日", date(2021, 8, 16)), ("２０２１年８月６日", date(2021, 8, 6)),
     ("二○二一年十二月三十一日", date(2021, 12, 31)), ("2024/1/2", date(2024, 1, 2)), ("2022129", None),
     ("2023年2月29日", None), ("0000-01-01", None), ("2022年五五月1日", None)],
)  # fmt: skip
def test_dates_are_read_within_the_calendar(text: str, found: date | None) -> None:
    assert day(text) == found


def test_a_meeting_s_time_is_not_the_day_of_publication() -> None:
    found = document("关于召开会议的通知\n一、内容\n时间：2024年5月6日\n地点：会议室")
    assert found.published is None


@pytest.mark.parametrize(
    ("line", "stated", "expires"),
    [
        ("时效性：现行有效", "in_force", None),
        ("有 效 性： 失效", "expired", None),
        ("文件状态：废止", "repealed", None),
        ("时效性：已修改", "unknown", None),
        ("时效性：尚未生效", "not_yet", None),
        ("废止日期：2024-01-01", "repealed", date(2023, 12, 31)),
        ("失效日期：2024年10月15日", None, date(2024, 10, 15)),
        ("时效性：其他", None, None),
    ],
)
def test_what_a_page_says_of_a_document_s_force(line: str, stated: str | None, expires: date | None) -> None:
    found = document(f"某市办法\n{line}\n第一条　甲。\n第二条　乙。")
    assert (found.stated, found.expires) == (stated, expires)


def test_a_day_after_the_last_is_the_same_term() -> None:
    body = "某市办法\n失效日期：{}\n某市教育局\n2019年10月16日\n第一条　本办法自印发之日起施行，有效期5年。"
    assert (
        document(body.format("2024-10-16")).expires == document(body.format("2024-10-15")).expires == date(2024, 10, 15)
    )
    assert document(body.format("2022-01-01")).expires == date(2022, 1, 1)  # the site knows of what came later


# Everything ----------------------------------------------------------------------------------------------------


@given(
    st.text(
        st.sampled_from("某市人民政府办公室文件〔2022〕5号关于印发的通知\n 年月日一、（）《》：:自起施行有效期至#/*|"),
        max_size=200,
    )
)
def test_any_text_has_an_id_and_a_title(characters: str) -> None:
    found = document(characters)
    assert found.title
    assert found.id
    assert not any(c.isspace() or c in "/\\#" for c in found.id)


def test_a_hundred_kilobytes_take_no_time() -> None:
    characters = (
        NOTICE + "第一条　为了规范，根据《办法》自2020年1月1日起施行的规定，制定本办法，有效期内执行。\n" * 1500
    )
    started = time.perf_counter()
    document(characters)
    document("某" * 100_000)
    document("自有效期至本 " * 15_000)
    assert time.perf_counter() - started < 30  # some 0.1 s here; quadratic growth would take minutes
