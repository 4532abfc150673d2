"""rag.parse: a document read by its own numbering."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.clause import Clause, Document, DocumentId, Table, Text
from rag.numeral import bare
from rag.parse import parse, plain
from rag.parse.mark import inline, mark

NOTICE = Document(
    DocumentId("X〔2024〕1号"), "关于印发2024年工作要点的通知", "X〔2024〕1号", issuer="某市人民政府办公室"
)


def clauses(text: str, **layout: object) -> tuple[Clause, ...]:
    return parse(Text(text, **layout), NOTICE)  # type: ignore[arg-type]


def paths(text: str, *kinds: str) -> list[str]:
    """The paths of numbered clauses as one line each."""
    wanted = kinds or ("heading", "clause", "point", "table_row")
    return ["/".join(plain(label) for label in c.path) for c in clauses(text) if c.kind in wanted]


def own(text: str, path: str) -> str:
    return next(c.text for c in clauses(text) if "/".join(plain(label) for label in c.path) == path)


# Labels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "label", "style"),
    [
        ("第一百二十条之一　本条", "第一百二十条之一", "条"),
        ("第二章 总则", "第二章", "章"),
        ("一、总体要求", "一、", "一、"),
        ("一、2024年主要工作", "一、", "一、"),
        ("(二)加强监督", "(二)", "（一）"),
        ("（２）材料", "（２）", "（1）"),
        ("13．健全机制", "13．", "1."),
        ("3.2.1 分级标准", "3.2.1", "1.1"),
        ("①身份证", "①", "①"),
        ("——坚持统筹推进", "——", "——"),
        ("## 第一条 目的", "第一条", "条"),
        ("**一、总则**", "一、", "一、"),
        ("第三部分 附则", "第三部分", "部分"),
    ],
)
def test_a_label_is_read(line: str, label: str, style: str) -> None:
    found = mark(line)
    assert found is not None
    assert (found.label, found.style) == (label, style)


@pytest.mark.parametrize(
    "line", ["2022年是关键之年", "3.5万元以上", "一些单位", "三公经费", "第二百万件", "10%以上", ""]
)
def test_what_is_no_label(line: str) -> None:
    assert mark(line) is None


def test_points_inside_a_sentence() -> None:
    found = inline("抓好以下工作：一是建章。二是立制。三是问责。")
    assert [(one.start, one.label) for one in found] == [(7, "一是"), (12, "二是"), (17, "三是")]
    assert inline("一是一，二不是二") == []


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("首先，加强领导。其次，完善制度。最后，严格考核。", ["首先", "其次", "最后"]),
        ("第一，坚持稳进。第二，坚持改革。", ["第一", "第二"]),
        ("一要学习，二要落实。", ["一要", "二要"]),
        ("不得有下列行为：（一）占道；（二）乱停。", ["（一）", "（二）"]),
        ("材料包括：1.身份证；2.户口簿。", ["1.", "2."]),
        ("包括：①甲；②乙。", ["①", "②"]),
        ("首先要说明的是，本办法适用于全市。", []),
        ("依照本条第（一）、（二）项：处理。", []),
        ("比例为1:1.5；2.5倍。", []),
    ],
)
def test_lists_inside_a_paragraph(text: str, labels: list[str]) -> None:
    assert [one.label for one in inline(text)] == labels


def test_a_point_that_lost_its_punctuation_is_found_by_its_number() -> None:
    assert [one.label for one in inline("一是甲。二是乙提供保障三是丙")] == ["一是", "二是", "三是"]


# The ladder ----------------------------------------------------------------------------------------------------


def test_levels_follow_the_documents_own_use() -> None:
    text = "一、总体要求\n（一）目标\n1.到年底完成。\n（1）建成一个。\n2.推进。\n（二）原则\n二、任务\n3.继续。"
    assert paths(text) == [
        "一",
        "一/（一）",
        "一/（一）/1",
        "一/（一）/1/（1）",
        "一/（一）/2",
        "一/（二）",
        "二",
        "二/3",
    ]


def test_brackets_may_stand_above_figures_with_a_comma() -> None:
    assert paths("（一）目标\n一、甲\n二、乙\n（二）原则") == ["（一）", "（一）/一", "（一）/二", "（二）"]


def test_an_articles_paragraphs_and_items() -> None:
    text = (
        "第一章　总则\n第一条　为了规范，制定本办法。\n第二条　申请人应当符合下列条件：\n（一）有户籍；\n（二）有住所。\n"
        "前款规定的住所，以登记为准。\n第三条　本办法自发布之日起施行。"
    )
    assert paths(text) == [
        "第一章", "第一章/第一条", "第一章/第二条", "第一章/第二条/（一）", "第一章/第二条/（二）", "第一章/第二条/第二款", "第一章/第三条",
    ]  # fmt: skip


def test_a_wrapped_line_is_no_clause() -> None:
    assert paths("第一条　违反规定的，由主管部门依照本办法\n第三条规定办理，并处罚款。以下从略\n第二条规定除外。") == [
        "第一条"
    ]


def test_items_that_a_wrapped_line_cites_are_no_items() -> None:
    text = "第一条　有本规定第八条第\n（一）项、第\n（二）项规定情形的，应当告知。\n第二条　任务：\n（一）项目建设；\n（二）目标考核。"
    assert paths(text) == ["第一条", "第二条", "第二条/（一）", "第二条/（二）"]


def test_a_citation_at_a_lines_start_is_no_article() -> None:
    assert paths("第一条　目的。\n第五条规定的情形除外。\n第二条　范围。") == ["第一条", "第一条/第二款", "第二条"]


def test_an_inserted_article() -> None:
    assert paths("第十条　甲。\n第十条之一　乙。\n第十一条　丙。") == ["第十条", "第十条之一", "第十一条"]


def test_a_page_break_inside_a_word_does_not_end_the_clause() -> None:
    text = "一、工作\n1.落实责任。各部门要把法\n\n治建设作为重点。\n2.抓好督查。"
    assert paths(text) == ["一", "一/1", "一/2"]
    assert own(text, "一/1").endswith("治建设作为重点。")


def test_points_lie_below_their_clause() -> None:
    text = "一、举措\n（一）坚持领导。一是学习。二是落实。\n（二）履职。"
    assert paths(text) == ["一", "一/（一）", "一/（一）/一是", "一/（一）/二是", "一/（二）"]
    assert own(text, "一/（一）") == "（一）坚持领导。"


def test_bullets_are_counted() -> None:
    assert paths("二、原则\n——坚持领导。\n——坚持为民。\n三、任务") == ["二", "二/——1", "二/——2", "三"]


@pytest.mark.parametrize(
    ("line", "style", "number"),
    [("㈡加强", "（一）", 2), ("⑶甲", "（1）", 3), ("⒈甲", "1.", 1), ("第 二 章 总则", "章", 2), ("三）甲", "一）", 3), ("乙、办法", "甲、", 2),
     ("其次，做好", "一是", 2)],
)  # fmt: skip
def test_rarer_labels(line: str, style: str, number: int) -> None:
    found = mark(line)
    assert found is not None
    assert (found.style, found.number) == (style, (number,))


def test_a_sentence_that_ends_its_line_with_a_title_goes_on() -> None:
    text = "第一条　为了规范停车，根据《道路交通安全法》\n第三条的规定，制定本办法。\n第二条　范围。"
    assert paths(text) == ["第一条", "第二条"]


def test_a_paragraph_behind_a_list_belongs_to_what_holds_the_list() -> None:
    assert paths("一、成绩\n1.增长百分之八。\n2.新增十二家。\n以上成绩来之不易。\n二、任务") == [
        "一",
        "一/1",
        "一/2",
        "一/第1段",
        "二",
    ]


def test_a_paragraph_behind_the_last_item_of_all_closes_the_document() -> None:
    text = "一、成绩\n24.增长百分之八。\n二、打算\n25.新增十二家。\n特此报告。\n某市人民政府办公室\n2024年1月5日"
    assert paths(text) == ["一", "一/24", "二", "二/25", "第1段"]


def test_quoted_paragraphs_stay_with_the_item_that_quotes_them() -> None:
    text = "一、第三条修改为：“甲。”\n二、第五条增加三款：“乙。\n“丙。\n“丁。”"
    assert [c.label for c in clauses(text) if c.path[0] == "二、"] == ["二、", "第1段", "第2段"]


def test_a_label_that_a_layout_broke() -> None:
    assert paths("一、举措\n（一）坚持领导，一是学习。二\n是落实。三是检查。\n（二）履职。")[2:5] == [
        "一/（一）/一是", "一/（一）/二是", "一/（一）/三是",
    ]  # fmt: skip


def test_lines_that_are_set_in_begin_a_paragraph_and_others_go_on() -> None:
    full = "要" * 20 + "。" * 1
    body = "\n".join(["　　" + full, full, full] * 10)
    found = parse(Text(f"一、关于加强和改进这项工作的总体要求和安\n{body}\n二、其他", pages=(0,)), NOTICE)
    assert [c.label for c in found if c.path[0] == "一、"] == ["一、", *(f"第{n}段" for n in range(1, 11))]


def test_headings_of_the_format_end_a_list() -> None:
    text = "居住证办事指南\n受理条件\n1.有住所；\n2.满半年。\n申请材料\n1.身份证。\n答复期限\n当场办结。"
    spans = tuple((text.index(words), text.index(words) + 4) for words in ("受理条件", "申请材料"))
    found = parse(Text(text, headings=spans), NOTICE)
    assert ["/".join(c.path) for c in found if c.kind in ("heading", "clause")] == [
        "第1段", "第1段/1.", "第1段/2.", "第2段", "第2段/1.", "第2段/1./第1段", "第2段/1./第2段",
    ]  # fmt: skip


def test_a_heading_between_numbers_that_go_on_is_a_passage() -> None:
    text = "一、甲\n乙。\n小标题\n二、丙"
    at = text.index("小标题")
    found = parse(Text(text, headings=((at, at + 3),)), NOTICE)
    assert ["/".join(c.path) for c in found] == ["一、", "一、/第1段", "一、/第2段", "二、"]


def test_page_numbers_of_a_copied_text_are_furniture() -> None:
    found = clauses("一、甲\n1.建设。\n— 2 —\n2.管理。\n第3页 共5页\n二、乙")
    assert [c.text for c in found if c.kind == "furniture"] == ["— 2 —", "第3页 共5页"]
    assert paths("一、甲\n1.建设。\n— 2 —\n2.管理。\n二、乙") == ["一", "一/1", "一/2", "二"]


def test_contacts_below_a_heading_of_their_own_are_text() -> None:
    text = "一、申请\n五、联系方式\n联系人：张某\n联系电话：12345\n某市人民政府办公室\n2024年1月5日"
    assert [c.text for c in clauses(text) if c.kind == "footer"] == ["某市人民政府办公室", "2024年1月5日"]
    signed = "一、申请材料齐全的，当场受理。\n联系人：张某\n某市人民政府办公室\n2024年1月5日"
    assert "联系人：张某" in [c.text for c in clauses(signed) if c.kind == "footer"]


def test_rules_about_sites_are_text() -> None:
    text = "一、职责\n（一）责任编辑应当审核稿件。\n（二）网站访问量统计由信息中心负责。\n责任编辑：张某"
    assert [c.text for c in clauses(text) if c.kind == "furniture"] == ["责任编辑：张某"]


def test_an_ellipsis_ends_no_entry_of_contents() -> None:
    assert paths("第一条　甲包括乙、丙……\n第二条　丁……") == ["第一条", "第二条"]


def test_a_notice_without_numbers_before_its_annex_is_passages() -> None:
    text = "关于印发2024年工作要点的通知\n各单位：\n为做好工作，现通知如下。\n各地要高度重视。\n附件\n名单\n1.张某"
    assert [c.label for c in clauses(text) if c.kind == "clause"] == ["第1段", "第2段", "1."]


def test_a_second_list_in_one_paragraph() -> None:
    text = "一、任务\n一是甲。二是乙。同时注意：一是丁。二是戊。"
    assert [c.label for c in clauses(text) if c.kind == "point"] == ["一是", "二是", "一是", "二是"]


def test_a_form_of_names_and_values() -> None:
    text, table = table_of(["姓名", "", "性别", ""], ["联系电话", "", "单位名称", ""], ["办理意见", "同意", "<", "<"])
    found = [c for c in clauses(text, tables=(table,)) if c.kind == "table_row"]
    assert [c.row for c in found] == [{"姓名": "", "性别": ""}, {"联系电话": "", "单位名称": ""}, {"办理意见": "同意"}]


def test_a_paragraph_between_two_items_belongs_to_the_first() -> None:
    text = "第一条　程序：\n（一）申请。\n（二）审核。\n审核期限为5日。\n（三）批准。\n前款所称批准，应当书面作出。\n第二条　施行。"
    assert paths(text) == [
        "第一条", "第一条/（一）", "第一条/（二）", "第一条/（二）/第1段", "第一条/（三）", "第一条/第二款", "第二条",
    ]  # fmt: skip


def test_numbers_that_begin_a_sentence_are_no_labels() -> None:
    assert mark("一、二年级不布置书面作业。") is None
    assert mark("（一）、（二）项规定的情形除外。") is None
    assert mark("一、二次供水管理") is not None


def test_contents_whose_page_numbers_follow_blanks() -> None:
    text = "应急预案\n目录\n1.1 目的  1\n1.2 依据  2\n1.3 范围  2\n1.1 目的\n甲。\n1.2 依据\n乙。\n1.3 范围\n丙。"
    assert [c.label for c in clauses(text) if c.kind == "heading"] == ["1.1", "1.2", "1.3"]


def test_two_columns_with_names_are_no_pairs() -> None:
    text, table = table_of(["对象", "比例"], ["特困人员", "100%"], ["低保对象", "80%"])
    found = [c for c in clauses(text, tables=(table,)) if c.kind == "table_row"]
    assert [c.row for c in found] == [{"对象": "特困人员", "比例": "100%"}, {"对象": "低保对象", "比例": "80%"}]


def test_a_row_that_begins_with_a_number_is_whole() -> None:
    text, table = table_of(["指标", "单位", "数量"], ["一、地区生产总值", "亿元", "3521"], ["第一产业", "亿元", "120"])
    found = [c for c in clauses(text, tables=(table,)) if c.kind == "table_row"]
    assert [c.path[-1] for c in found] == ["一、", "第2行"]
    assert found[0].text == "一、地区生产总值\t亿元\t3521"


def test_a_merged_number_ends_with_its_rows() -> None:
    text, table = table_of(["序号", "环节"], ["1", "申请"], ["^", "审核"], ["2", "发证"])
    found = [c for c in clauses(text, tables=(table,)) if c.kind == "table_row"]
    assert [c.path[1:] for c in found] == [("1", "第1行"), ("1", "第2行"), ("2",)]


def test_a_paragraph_below_a_name_stays_there() -> None:
    text = "一、要求\n（一）组织领导\n各单位要重视。\n（二）督促检查\n每季度检查一次。\n二、其他"
    assert paths(text) == ["一", "一/（一）", "一/（一）/第1段", "一/（二）", "一/（二）/第1段", "二"]


def test_a_table_of_contents_is_furniture() -> None:
    text = "停车办法\n目　录\n第一章　总则\n第二章　附则\n第一章　总则\n第一条　目的。\n第二章　附则\n第二条　施行。"
    assert paths(text) == ["第一章", "第一章/第一条", "第二章", "第二章/第二条"]
    dotted = "停车办法\n一、总则……………………3\n二、附则..........12\n一、总则\n甲。\n二、附则\n乙。"
    assert paths(dotted) == ["一", "一/第1段", "二", "二/第1段"]


def test_announced_annexes_are_footer() -> None:
    text = "一、甲\n二、乙\n附件：1.清单\n2.表格\n附件1\n清单\n一、丙\n附件2：表格.docx"
    assert paths(text) == ["一", "二", "附件1", "附件1/一"]
    assert [c.text for c in clauses(text) if c.kind == "footer"] == ["附件：1.清单", "2.表格", "附件2：表格.docx"]


def test_an_annex_named_with_a_colon_holds_its_text() -> None:
    assert paths("一、甲\n附件：收费标准\n一、道路\n二、车场") == ["一", "附件", "附件/一", "附件/二"]


def test_questions_and_answers_without_numbers_are_passages() -> None:
    found = clauses("居住证办事指南\n问：需要什么材料？\n答：身份证。\n申请材料\n• 照片\n• 证明")
    assert ["/".join(c.path) for c in found] == ["header", "第1段", "第2段", "第3段", "•1", "•2"]


def test_a_plain_text_that_a_program_wrapped() -> None:
    line = "各地区各部门要高度重视，加强组织领导，明确责任分工，确保各项"
    text = "一、要求\n" + "\n".join([line] * 30) + "\n工作落到实处。\n二、其他"
    assert paths(text) == ["一", "一/第1段", "一/第2段", "二"]


def test_running_text_is_cut_into_passages() -> None:
    long = "坚持依法行政，规范权力运行。" * 60
    found = [c for c in clauses(f"一、意义\n{long}\n二、要求") if c.label and c.label.startswith("第")]
    assert [c.label for c in found] == ["第1段", "第2段"]
    assert all(len(c.text) <= 600 and c.text.endswith("。") for c in found)


def test_what_stands_before_the_first_number_is_header_and_signatures_are_footer() -> None:
    text = (
        "某市人民政府办公室文件\nX〔2024〕1号\n关于印发2024年工作要点的通知\n各单位：\n现印发给你们。\n某市人民政府办公室\n2024年1月5日\n"
        "2024年工作要点\n一、任务\n1.干。\n抄送：市委。\n某市人民政府办公室\n2024年1月6日印发"
    )
    found = [(c.kind, c.text) for c in clauses(text)]
    assert [text for kind, text in found if kind == "footer"] == [
        "某市人民政府办公室", "2024年1月5日", "抄送：市委。", "某市人民政府办公室", "2024年1月6日印发",
    ]  # fmt: skip
    assert ("title", "关于印发2024年工作要点的通知") in found
    assert ("title", "2024年工作要点") in found
    assert ("header", "X〔2024〕1号") in found


def test_each_annex_has_a_numbering_of_its_own() -> None:
    text = "一、通知\n二、要求\n附件：1.清单\n2.表格\n某市人民政府办公室\n2024年1月5日\n附件1\n材料清单\n一、甲\n1.乙\n附件2\n办理流程\n一、丙"
    assert paths(text) == ["一", "二", "附件1", "附件1/一", "附件1/一/1", "附件2", "附件2/一"]
    assert own(text, "附件1") == "附件1\n材料清单"


def test_a_page_without_line_breaks() -> None:
    filler = "各地要结合实际认真贯彻落实，切实抓好各项工作。" * 40
    text = f"关于支持企业的通知 现印发给你们。{filler} 一、保障 （一）防疫。{filler} （二）复工。 二、减负 （三）减税。"
    assert paths(text) == ["一", "一/（一）", "一/（二）", "二", "二/（三）"]


def test_lines_of_a_page_layout_are_joined() -> None:
    body = "\n".join(["要" * 30] * 20)
    text = f"一、安排\n重大行政决策后评估不少于两项制定合同管理规定要要要要要要要\n标的额较大的合同由顾问出具意见。\n二、其他\n{body}"
    found = parse(Text(text, pages=(0,)), NOTICE)
    assert [c.label for c in found if c.path[0] == "一、"] == ["一、", "第1段"]


def test_site_chrome_is_furniture() -> None:
    text = "当前位置: 首页 > 政务公开\n关于印发2024年工作要点的通知\n一、任务\n扫一扫在手机打开当前页"
    assert [c.text for c in clauses(text) if c.kind == "furniture"] == [
        "当前位置: 首页 > 政务公开",
        "扫一扫在手机打开当前页",
    ]


# Tables --------------------------------------------------------------------------------------------------------

TABBED = (
    "附件\n任务分解\n\t序号\n\t内容\n\t工作任务\n\t牵头部门\n\n\t（一）\n\t依法履职\n\t1．公布清单。\n\t市编办\n市法制办\n\n"
    "\t\n\t\n\t2．优化服务。\n\t市财政局\n\n\t（一）\n\t依法履职\n\t3．减少审批。\n\t市编办\n\n\t（二）\n\t科学决策\n\t4．后评估。\n\t市府办"
)


def test_a_table_that_became_text() -> None:
    found = [c for c in clauses(TABBED) if c.kind == "table_row"]
    assert [c.path for c in found] == [
        ("附件", "（一）", "1．"), ("附件", "（一）", "2．"), ("附件", "（一）", "3．"), ("附件", "（二）", "4．"),
    ]  # fmt: skip
    assert found[0].row == {
        "序号": "（一）",
        "内容": "依法履职",
        "工作任务": "1．公布清单。",
        "牵头部门": "市编办\n市法制办",
    }
    assert found[1].row is not None
    assert found[1].row["内容"] == "依法履职"


def test_a_section_that_a_page_break_repeats_is_furniture() -> None:
    assert [bare(c.text) for c in clauses(TABBED) if c.kind == "furniture"] == ["(一)依法履职"]


def test_a_format_table_with_a_merged_section() -> None:
    text = "附件\n分工\n类别\t序号\t任务\n（一）住房\t1\t建房。\n2\t修房。\n"
    at = text.index
    head = tuple((at(w), at(w) + len(w)) for w in ("类别", "序号", "任务"))
    section, one, build = ((at(w), at(w) + len(w)) for w in ("（一）住房", "1\t", "建房。"))
    two = (at("2\t"), at("2\t") + 1)
    table = Table((head, (section, (one[0], one[0] + 1), build), (section, two, (at("修房。"), at("修房。") + 3))))
    found = [c for c in clauses(text, tables=(table,)) if c.kind == "table_row"]
    assert [c.path for c in found] == [("附件", "（一）", "1"), ("附件", "（一）", "2")]
    assert found[1].row == {"类别": "（一）住房", "序号": "2", "任务": "修房。"}
    assert found[1].heading == "附件 分工 › 住房"


def table_of(*rows: list[str]) -> tuple[str, Table]:
    """A text of rows of cells and its table; a cell that repeats the one before it, or above it (`^`), is merged."""
    text, spans = "附件\n", []
    for cells in rows:
        made: list[tuple[int, int]] = []
        for i, cell in enumerate(cells):
            if cell == "^":
                made.append(spans[-1][i])
            elif cell == "<":
                made.append(made[-1])
            else:
                made.append((len(text), len(text) + len(cell)))
                text += cell + "\t"
        text += "\n"
        spans.append(tuple(made))
    return text, Table(tuple(spans))


def test_column_names_in_two_rows_and_a_caption() -> None:
    text, table = table_of(
        ["2024年任务表", "<", "<", "<"], ["序号", "任务", "责任单位", "<"], ["^", "^", "牵头", "配合"],
        ["1", "修路", "市交通局", "市财政局"], ["2", "植树", "市林业局", "市水利局"],
    )  # fmt: skip
    found = clauses(text, tables=(table,))
    assert [c.path for c in found if c.kind == "table_row"] == [("附件", "1"), ("附件", "2")]
    assert found[-1].row == {"序号": "2", "任务": "植树", "责任单位/牵头": "市林业局", "责任单位/配合": "市水利局"}
    assert [bare(c.text) for c in found if c.kind == "header"] == ["2024年任务表", "序号任务责任单位牵头配合"]


def test_column_names_in_three_rows() -> None:
    text, table = table_of(
        ["序号", "投入", "<", "<"], ["^", "2023年", "<", "2024年"], ["^", "计划", "完成", "^"], ["1", "5", "4", "6"], ["2", "7", "7", "8"],
    )  # fmt: skip
    found = [c for c in clauses(text, tables=(table,)) if c.kind == "table_row"]
    assert found[0].row == {"序号": "1", "投入/2023年/计划": "5", "投入/2023年/完成": "4", "投入/2024年": "6"}
    assert [c.path[-1] for c in found] == ["1", "2"]


def test_a_guide_of_names_and_values() -> None:
    text, table = table_of(["事项名称", "居住证办理"], ["办理时限", "15个工作日"], ["收费标准：", "不收费"])
    found = [c for c in clauses(text, tables=(table,)) if c.kind == "table_row"]
    assert [c.row for c in found] == [{"事项名称": "居住证办理"}, {"办理时限": "15个工作日"}, {"收费标准": "不收费"}]


def test_column_names_that_a_page_repeats_are_furniture() -> None:
    text, table = table_of(["序号", "任务"], ["1", "修路"], ["序号", "任务"], ["2", "植树"])
    found = clauses(text, tables=(table,))
    assert [bare(c.text) for c in found if c.kind == "furniture"] == ["序号任务"]
    assert [c.path for c in found if c.kind == "table_row"] == [("附件", "1"), ("附件", "2")]


# Properties ----------------------------------------------------------------------------------------------------

_LINES = st.sampled_from(
    [
        "一、总则", "二、任务", "（一）目标。", "（二）原则", "1.建设。", "2.管理；", "（1）甲", "第一条　目的。", "第三条规定办理", "第二条 范围",
        "——坚持", "一是学。二是做。", "抓好工作，一是学。二是做", "附件1", "附件：1.清单", "2024年1月5日", "某市人民政府办公室", "正文没有编号", "", "　",
        "\t序号\n\t任务\n\n\t1．做\n\t市府办", "a\tb\nc\td", "关于印发2024年工作要点的通知", "抄送：市委", "第一章　总则", "长" * 900, "①乙", "1.1 范围",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_LINES, max_size=25).map("\n".join))
def test_every_character_is_in_exactly_one_clause(text: str) -> None:
    found = sorted(clauses(text), key=lambda c: c.start)
    assert bare("".join(c.text for c in found)) == bare(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(text[c.start : c.end] == c.text for c in found)
    assert len({c.id for c in found}) == len(found)


@settings(max_examples=100, deadline=None)
@given(st.lists(_LINES, min_size=1, max_size=12), st.integers(0, 11))
def test_ids_are_the_same_in_a_second_run(lines: list[str], _: int) -> None:
    text = "\n".join(lines)
    assert [c.id for c in clauses(text)] == [c.id for c in clauses(text)]


STABLE = (
    "一、甲\n1.建设平台。\n第一段文字在此。\n第二段文字在此。\n2.完善制度。一是学。二是做。\n二、乙\n——坚持。\n——为民。\n3.加强监督。\n"
    "第一章　总则\n第一条　目的。\n前款规定如下：\n（一）子项；\n（二）丑项。\n再有一款。\n第二条　范围。\n附件\n项目\t部门\n甲项\t市府办\n乙项\t市财政局"
)


def ids(text: str) -> dict[str, str]:
    return {c.text: c.id for c in clauses(text)}


@pytest.mark.parametrize("line", range(1, STABLE.count("\n") - 2))
@pytest.mark.parametrize("change", ["remove", "insert", "edit"])
def test_other_clauses_keep_their_ids(line: int, change: str) -> None:
    lines = STABLE.split("\n")
    changed = lines[line]
    kept = {"remove": [], "insert": [changed, "另外插入的一段文字。"], "edit": [f"{changed.rstrip('。')}并报备案。"]}[
        change
    ]
    before, after = ids(STABLE), ids("\n".join([*lines[:line], *kept, *lines[line + 1 :]]))
    moved = {text for text in before.keys() & after.keys() if before[text] != after[text]}
    holds_others = changed in (
        "一、甲",
        "二、乙",
        "1.建设平台。",
        "第一章　总则",
        "第一条　目的。",
        "（二）丑项。",
        "附件",
    )
    assert moved == set() or (change != "insert" and holds_others)  # what lay below it has another path now


# Real documents ------------------------------------------------------------------------------------------------

_GOLD = Path(__file__).parent.parent / "eval" / "gold" / "sample.jsonl"


def test_the_gold_quotes_of_the_sample_corpus_lie_under_their_paths() -> None:
    from rag.document import read

    corpus = Path(__file__).parent.parent / "corpus"
    wrong, total, parsed = [], 0, {}
    for line in _GOLD.read_text(encoding="utf-8").splitlines():
        for gold in json.loads(line)["gold"]:
            if gold["clause"] is None:
                continue
            total += 1
            if gold["doc"] not in parsed:
                parsed[gold["doc"]] = read(corpus / gold["doc"]).clauses
            under = [
                c for c in parsed[gold["doc"]]
                if (name := bare("/".join(plain(label) for label in c.path))) == bare(gold["clause"])
                or name.startswith(bare(gold["clause"]) + "/")
            ]  # fmt: skip
            if bare(gold["quote"]) not in bare("".join(c.text for c in under)):
                wrong.append((gold["doc"], gold["clause"]))
    assert total > 30
    assert wrong == []
