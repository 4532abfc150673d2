"""What the page shows: words, answers and documents as HTML, everything escaped."""

import re
from dataclasses import fields, replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from page import export, frame, render, source, words
from rag import errors
from rag.clause import Answer, Kind, Table, Text
from rag.metadata import describe
from rag.parse import parse
from rag.settings import load
from tests.standin import HOSTILE, RULES, TASKS, Standin, cited, rules, tasks
from tests.toys import made

ROOT = Path(__file__).resolve().parent.parent
TALK = {*"article h1 h2 h3 div p b span a br section ol ul li q button".split()}  # noqa: SIM905 a list to read
DOCUMENT = {*"article header h1 dl div dt dd span p mark a table tr th td".split()}  # noqa: SIM905
ZH, EN = words.of("zh"), words.of("en")


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"br", "img", "meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def answer_to(question: str) -> Answer:
    *_, last = Standin(load({})).stream(question)
    return last


def marked_text(html: str) -> str:
    return "".join(unescape(re.sub(r"<[^>]+>", "", one)) for one in re.findall(r"<mark[^>]*>(.*?)</mark>", html, re.S))


# Words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field",
    [f.name for f in fields(words.Words) if f.name not in ("statuses", "lapsed", "ties", "tied", "reasons", "brand")],
)
def test_each_text_is_there_in_both_languages_with_the_same_facts_and_is_used(field: str) -> None:
    zh, en = getattr(ZH, field), getattr(EN, field)
    assert zh and en and zh != en
    assert errors.fields(zh) == errors.fields(en)
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "app.py", *sorted((ROOT / "page").glob("*.py")))
    )
    assert re.search(rf"(?:words|own|of\([^)]*\))\.{field}\b", code)


def test_each_status_has_its_word() -> None:
    assert ZH.statuses.keys() == EN.statuses.keys() == {"in_force", "not_yet", "expired", "repealed", "unknown"}


# The welcome and the conversation ------------------------------------------------------------------------------


def test_the_welcome_says_over_how_much_as_of_which_day() -> None:
    held = Standin(load({})).documents()
    html = render.welcome(held, date(2026, 1, 5), ["租金<多少>？"], ZH)
    assert "已收录 2 份文件、37 个条目，截至 2026 年 1 月 5 日。" in html
    assert '<button type="button" class="offer" data-ask="租金&lt;多少&gt;？">租金&lt;多少&gt;？</button>' in html
    assert "2 documents, 37 clauses, as of 2026-01-05." in render.welcome(held, date(2026, 1, 5), [], EN)


def test_a_mark_becomes_a_link_to_the_quote_and_an_unknown_mark_stays_text() -> None:
    html = render.marked(answer_to("何时废止"), ZH)
    links = [attributes["href"] for tag, attributes in Elements(html).tags if tag == "a"]
    clause = rules().clauses[4]
    named = quote(clause.id, safe="")
    assert links == [
        f"/d/{quote(RULES)}?start={clause.start}&end={clause.end}&clause={named}&said={source.told(clause.text)}&lang=zh#quote"
    ]
    assert html.endswith("[9]</p>")


def test_the_name_and_place_of_a_source_stand_above_its_line() -> None:
    lead = "《甲市公共租赁住房管理办法》（甲府规〔2024〕3号）第一章第一条："
    answer = replace(answer_to("租金？"), answer=f"{lead}租金[1]。\n第三章第三十条：5年[2]。\n第二条：甲。")
    html = render.marked(answer, ZH)
    assert re.findall(r'<p><span class="lead">(.*?)</span>', html) == [lead, "第三章第三十条："]
    assert Elements(html).text.endswith("第二条：甲。")


def test_rows_become_a_table_with_marks_and_places_in_its_cells() -> None:
    table = "| 文件 | 原文 |\n|---|---|\n| 《甲<b>》 | 第三章第三十条：5年[2]。 |\n| 《乙》 | 原文未提及 |"
    answer = replace(answer_to("租金？"), answer=f"{table}\n以上供核对[1]。")
    html = render.marked(answer, ZH)
    assert html.startswith('<table><thead><tr><th scope="col">文件</th><th scope="col">原文</th></tr></thead><tbody>')
    assert "<tr><td>《甲&lt;b&gt;》</td><td>" in html
    assert '<span class="lead">第三章第三十条：</span>5年<a class="chip"' in html
    assert "<tr><td>《乙》</td><td>原文未提及</td></tr></tbody></table><p>以上供核对" in html
    assert "|" not in Elements(html).text


def test_the_clauses_and_items_of_a_cell_stand_apart_each_below_its_place() -> None:
    said = "第一章第一条：租金[1]。 第三章第三十条：有下列情形的： （一）期满； （二）退出[2]。"
    table = f"| 事项 | 旧 | 新 |\n|---|---|---|\n| 租金 | {said} | 原文未提及 |"
    html = render.marked(replace(answer_to("租金？"), answer=table), ZH)
    assert re.findall(r'<span class="lead">(.*?)</span>', html) == ["第一章第一条：", "第三章第三十条："]
    apart = [re.sub("<[^>]*>", "", one)[:6] for one in html.split('<span class="said">')[1:]]
    assert apart == ["第三章第三十", "（一）期满；", "（二）退出2"]


def test_of_several_columns_each_cell_names_its_own() -> None:
    table = '| 事项 | 旧"<b>号 | 新号 |\n|---|---|---|\n| 租金 | 70% | 60% |'
    html = render.marked(replace(answer_to("租金？"), answer=table), ZH)
    assert '<tr><td>租金</td><td data-column="旧&quot;&lt;b&gt;号">70%</td><td data-column="新号">60%</td></tr>' in html


def test_a_lone_line_with_bars_is_no_table_of_nothing() -> None:
    html = render.marked(replace(answer_to("租金？"), answer="|---|\n甲 | 乙"), ZH)
    assert html == "<p>|---|</p><p>甲 | 乙</p>"


def test_an_id_with_a_slash_and_a_query_is_encoded() -> None:
    address = render.address(cited(1, tasks(), 3), EN)
    assert address.startswith("/d/%E7%94%B2%E5%8A%9E%2F%E5%8F%91%E3%80%942025%E3%80%957%E5%8F%B7%3F%23%26?start=")
    assert address.endswith("&amp;lang=en#quote")


def test_a_memo_has_its_warnings_first_then_the_text_then_the_sources() -> None:
    html = render.conversation([render.Turn("何时废止？", answer_to("何时废止？"))], ZH)
    parts = [
        "何时废止？</span></h2>",
        "《旧办法》已废止",
        'class="text"',
        'class="sources"',
        'class="quoted"',
        'class="foot"',
    ]
    places = [html.index(part) for part in parts]
    assert places == sorted(places)
    shown = Elements(html).text
    assert HOSTILE in shown
    assert "提示《旧办法》已废止。" in shown


def test_a_rewritten_query_is_told() -> None:
    answer = replace(answer_to("任务？"), query="甲市：任务？")
    assert "理解为：甲市：任务？" in render.conversation([render.Turn("任务？", answer)], ZH)
    assert "理解为" not in render.conversation([render.Turn("任务？", answer_to("任务？"))], ZH)


def test_a_refusal_looks_different_and_offers_questions() -> None:
    html = render.conversation([render.Turn("上海？", answer_to("上海？"))], ZH)
    assert 'class="refusal"' in html and 'class="memo"' not in html and "data-copy" not in html
    assert 'data-ask="租金是多少？"' in html


def test_a_growing_answer_cannot_be_copied_and_is_not_announced() -> None:
    html = render.conversation([render.Turn("租金？", answer_to("租金？"), complete=False)], ZH)
    assert "data-copy" not in html and 'data-ready=""' in html and ZH.writing in html
    assert 'data-ready="回答完毕，引用 2 处原文"' in render.conversation(
        [render.Turn("租金？", answer_to("租金？"))], ZH
    )


def test_faults_and_hints_are_one_line() -> None:
    html = render.conversation([render.Turn("问", fault="<坏>")], ZH)
    assert '<p class="fault">&lt;坏&gt;</p>' in html
    assert render.hint("<空>") == '<p class="fault" role="alert">&lt;空&gt;</p>'


def test_a_huge_question_is_not_repeated_whole() -> None:
    assert len(render.conversation([render.Turn("哈" * 100_000)], ZH)) < 21_000


def test_what_is_copied_names_each_source() -> None:
    assert render.plain(answer_to("租金？"), ZH).splitlines() == [
        "租金为市场租金的60%[1]。",
        "有效期5年[2]。",
        "",
        "出处：",
        "[1] 《甲市公共租赁住房管理办法》（甲府规〔2024〕3号） 第一章第一条：“第一条 租金按照市场租金的60%确定。”",
        "[2] 《甲市公共租赁住房管理办法》（甲府规〔2024〕3号） 第三章第三十条：“有效期5年”",
    ]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1))
def test_any_text_stays_text(text: str) -> None:
    hostile = replace(answer_to("何时废止"), answer=text, notices=(text,), query=text)
    turns = [render.Turn(text, hostile), render.Turn(text, fault=text)]
    found = Elements(
        render.conversation(turns, ZH, 1, text) + render.hint(text) + render.welcome((), date(2026, 1, 1), [text], EN)
    )
    assert found.open == []
    assert {tag for tag, _ in found.tags} <= TALK
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)


# Documents -----------------------------------------------------------------------------------------------------


def test_a_document_is_shown_to_the_last_character() -> None:
    parsed = rules()
    shown = Elements(source.document(parsed, None, ZH)).text
    assert "".join(shown.split()).endswith("".join(parsed.text.characters.split()))


def test_a_quote_that_has_moved_opens_its_clause_and_says_so() -> None:
    parsed, citation = rules(), cited(1, rules(), -1, "有效期5年")
    span, clause = (citation.start, citation.end), citation.clause.id
    assert source.cited(parsed, span, clause, source.told("有效期5年")) == (span, False)
    assert source.cited(parsed, (3, 8), clause, source.told("有效期5年")) == (
        (citation.clause.start, citation.clause.end),
        True,
    )
    assert source.cited(parsed, (3, 8), "没有", source.told("有效期5年")) == ((0, 0), True)
    assert source.cited(parsed, span, "", "") == (span, False)
    assert source.cited(parsed, (0, 0), "没有", "") == ((0, 0), True)
    assert source.cited(parsed, (0, 0), "", "") == ((0, 0), False)
    html = source.document(parsed, (citation.clause.start, citation.clause.end), ZH, has_moved=True)
    assert ZH.moved in html
    html = source.document(parsed, (0, 0), ZH, has_moved=True)
    assert ZH.gone in html and ZH.moved not in html


def test_the_quote_is_marked_to_the_letter() -> None:
    citation = cited(1, rules(), -1, "有效期5年")
    html = source.document(rules(), (citation.start, citation.end), ZH)
    assert '<mark id="quote" tabindex="-1">有效期5年</mark>' in html
    assert html.count("<mark") == 1
    assert html.count(" cited") == 1


def test_a_quote_over_several_clauses_is_marked_in_each_and_has_one_anchor() -> None:
    parsed = rules()
    first, last = parsed.clauses[2], parsed.clauses[4]
    html = source.document(parsed, (first.start, last.end), ZH)
    assert html.count("<mark") == 3 and html.count('id="quote"') == 1
    quoted = parsed.text.characters[first.start : last.end]
    assert "".join(marked_text(html).split()) == "".join(quoted.split())


@pytest.mark.parametrize("quote", [None, (0, 0), (5, 2), (-9, -3), (10**9, 10**9 + 5)])
def test_a_quote_that_is_nowhere_marks_nothing(quote: tuple[int, int] | None) -> None:
    assert "<mark" not in source.document(rules(), quote, ZH)


def test_a_document_says_what_it_is() -> None:
    shown = Elements(source.document(rules(), None, ZH)).text
    assert "文号甲府规〔2024〕3号发文机关甲市人民政府成文日期2024-03-18效力现行有效" in shown
    assert "StatusIn force" in Elements(source.document(rules(), None, EN)).text


def test_a_table_keeps_its_merged_cells_its_head_and_its_empty_cell() -> None:
    citation = cited(1, tasks(), 3, "筹集120套")
    html = source.document(tasks(), (citation.start, citation.end), ZH)
    table = html[html.index("<table>") : html.index("</table>")]
    assert re.sub(r" (id|data-place)=\"[^\"]*\"", "", table) == (
        "<table><tr><th>类别</th><th>序号</th><th>任务</th></tr>"
        '<tr><td rowspan="2">住房</td><td>1</td><td><mark tabindex="-1">筹集120套</mark></td></tr>'
        "<tr><td>2</td><td></td></tr>"
    )
    assert Elements(html).text.count("住房") == 1


def test_text_around_a_table_in_the_same_clause_is_not_lost() -> None:
    parsed = made([("clause", ("一",), "甲乙丙丁戊"), ("clause", ("二",), "己庚辛")])
    table = Table((((1, 2), (2, 3)),))
    over = Table((((6, 7),),))  # begins where the second clause does, ends before it
    html = source.document(replace(parsed, text=replace(parsed.text, tables=(table, over))), (0, 8), ZH)
    body = re.sub(
        r"</?mark[^>]*>| (tabindex|id|data-place)=\"[^\"]*\"",
        "",
        html[html.index("</header>") + 9 : -len("</article>")],
    )
    before, within, after = '<p class="clause depth1 cited">甲</p>', "<tr><td>乙</td><td>丙</td></tr>", "丁戊"
    assert body == (
        f'{before}<div class="table"><table>{within}</table></div><p class="clause depth1 cited">{after}</p>'
        '<div class="table"><table><tr><td>己</td></tr></table></div><p class="clause depth1 cited">庚辛</p>'
    ).replace("td", "th")


def test_one_steps_through_what_is_cited_whole() -> None:
    lines: list[tuple[Kind, tuple[str, ...], str]] = [
        ("title", ("header",), "甲办法"),
        ("furniture", ("furniture",), "— 1 —"),
        ("header", ("header",), "（2024年1月1日）"),
        ("heading", ("第一章",), "第一章 总则"),
        ("clause", ("第一章", "第一条"), "第一条 甲："),
        ("clause", ("第一章", "第一条", "（一）"), "（一）乙"),
        ("clause", ("第一章", "第一条", "（一）", "1."), "1.丙"),
        ("clause", ("第一章", "第一条", "第二款"), "丁"),
        ("clause", ("第一章", "第二条"), "第二条 戊"),
        ("footer", ("footer",), "甲市人民政府"),
        ("footer", ("footer",), "2024年1月1日"),
    ]
    parsed = made(lines)
    within = source.parts(parsed.clauses)
    assert [one.text[:3] for one in parsed.clauses if one.id in within] == ["（20", "（一）", "1.丙", "丁", "202"]
    assert {one.text[:3] for one in parsed.clauses if one.id in source.above(parsed.clauses)} == {"第一章"}
    html = source.document(parsed, None, ZH)
    assert re.findall(r'data-place="([^"]*)" data-part="(\d)"', html) == [
        ("文首", "1"),
        ("第一章第一条（一）", "3"),
        ("第一章第一条（一）1", "4"),
        ("第一章第一条第二款", "3"),
        ("落款", "1"),
    ]


def test_a_signature_is_called_one_and_what_stands_first_an_opening() -> None:
    parsed = made([("header", ("header",), "各区："), ("footer", ("footer",), "甲市人民政府")])
    called = [
        place for n in (0, 1) for place in re.findall(r'"place">(.*?)<', render.sources([cited(1, parsed, n)], ZH))
    ]
    assert called == ["文首", "落款"]
    assert '"place">Signature<' in render.sources([cited(1, parsed, 1)], EN)
    assert export.where(export.Source(1, cited(1, parsed, 1)), ZH).startswith("《甲办法》 落款")


def test_a_line_that_the_page_broke_is_joined_for_the_eye_only() -> None:
    html = source.document(rules(), None, ZH)
    assert '市场租金的<span class="mute">\n</span>60%确定。' in html


def test_a_short_line_ends_where_it_ends() -> None:
    parsed = made([("heading", ("附件",), "附件\n2025年任务分解表")])
    assert "附件\n2025年任务分解表</h3>" in source.document(parsed, None, ZH)


def test_a_running_head_in_a_sentence_stays_in_the_text_but_not_before_the_eye() -> None:
    text = "——同意改造的业主户数占比达到三分之二\n公报 第5期\n— 2 —\n以上的，方可列入。"
    parsed = made([("point", ("——1",), text)])
    at = parsed.text.characters.index("公报"), parsed.text.characters.index("以上") - 1
    parsed = replace(parsed, text=replace(parsed.text, furniture=(at,)))
    html = source.document(parsed, None, ZH)
    assert '三分之二<span class="mute">\n公报 第5期\n— 2 —\n</span>以上的' in html
    assert Elements(html).text.endswith(text)


def test_lines_with_tabs_are_a_table_as_the_parser_reads_them() -> None:
    cells = "任务\t牵头部门\t责任部门\n1．依法行政。\t市编办\t市法制办\n2．政务公开。\t市政务办\t各镇"
    path = Path("甲.txt")
    parsed = replace(made([]), text=Text(cells), clauses=parse(Text(cells), describe(Text(cells), path.name, "0")))
    start = cells.index("市政务办")
    html = source.document(parsed, (start, start + 4), ZH)
    assert "<tr><th>任务</th><th>牵头部门</th><th>责任部门</th></tr>" in html
    assert '<td>2．政务公开。</td><td><mark id="quote" tabindex="-1">市政务办</mark></td><td>各镇</td>' in html


def test_the_lines_of_a_cell_are_not_joined() -> None:
    row = made([("table_row", ("1",), "1\t筹集\t市财政局\n市妇联")])
    html = render.sources([cited(1, row, 0)], ZH)
    assert "1 筹集 市财政局 市妇联" in html


def test_markdown_marks_stay_in_the_text_but_not_before_the_eye() -> None:
    parsed = made([("heading", ("一",), "## 一、甲"), ("clause", ("第一条",), "**第一条** 2**3")])
    marks = '<span class="mute">## </span>一、甲', '<span class="mute">**</span>第一条<span class="mute">**</span>'
    plain = source.document(parsed, None, ZH)
    markdown = source.document(replace(parsed, document=replace(parsed.document, source="甲/乙.md")), None, ZH)
    assert [mark in plain for mark in marks] == [False, False]
    assert [mark in markdown for mark in marks] == [True, True]
    assert Elements(plain).text == Elements(markdown).text


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1), min_size=1, max_size=4))
def test_any_document_stays_text_and_whole(texts: list[str]) -> None:
    parsed = made([("clause", (str(n),), text) for n, text in enumerate(texts)], title="")
    length = len(parsed.text.characters)
    html = source.document(parsed, (length // 3, length), ZH)
    found = Elements(html)
    assert found.open == []
    assert {tag for tag, _ in found.tags} <= DOCUMENT
    assert "".join(found.text.split()).endswith("".join("".join(texts).split()))
    assert "".join(marked_text(html).split()) in "".join(parsed.text.characters[length // 3 :].split())


def test_a_page_of_its_own_escapes_its_title_and_has_scripts_of_ours_alone() -> None:
    html = frame.page(
        HOSTILE, "<p>甲</p>", EN, here="documents", assets=("documents.css", "documents.js"), display="elder"
    )
    assert '<html lang="en" class="elder">' in html and HOSTILE not in html
    assert re.findall(r"<script[^>]*>", html) == [
        '<script src="/page/display.js">',
        '<script src="/page/documents.js" defer>',
    ]
    assert '<a href="/documents?lang=en" aria-current=page>Documents</a>' in html
    assert Elements(html).text.startswith(HOSTILE)


def test_our_files_ask_for_nothing_from_elsewhere() -> None:
    for path in sorted(one for one in (ROOT / "page").rglob("*.*") if one.suffix != ".pyc"):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(\s*['\"]?//", text), path


def test_ids_of_the_standin_are_as_hostile_as_met() -> None:
    assert RULES.endswith("号") and {"/", "?", "#", "&"} <= {*TASKS}
