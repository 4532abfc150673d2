"""The page as people use it, in a real browser: by mouse, by keyboard, on a phone, with hostile text, with axe-core."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from page import words
from tests.browsing import CHROMIUM, ask, chromium, opened, served
from tests.standin import HOSTILE, RULES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]
ZH = words.of("zh")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture
def page(browser: Any, base: str) -> Iterator[Any]:
    one, complaints = opened(browser, base)
    yield one
    one.context.close()
    assert complaints == []


def expect(locator: Any) -> Any:
    from playwright.sync_api import expect

    return expect(locator)


# Loading ---------------------------------------------------------------------------------------------------------


def test_what_the_page_loads_is_named_in_it_and_nothing_else_is(browser: Any, base: str) -> None:
    page, complaints = opened(browser, base)
    page.locator(".welcome").wait_for()
    entries = page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")
    loaded = [path.removeprefix("/assets/") for path in entries if path.startswith("/assets/")]
    named = page.evaluate("[...document.querySelectorAll('link[rel$=preload]')].map((one) => one.href)")
    named = {address.rsplit("/assets/", 1)[1] for address in named if "/assets/" in address}
    used = page.evaluate(
        "[...document.querySelectorAll('link[rel=stylesheet], script[src]')].map((one) => one.href || one.src)"
    )
    assert len(loaded) == len(set(loaded)) and named <= set(loaded)
    assert {
        name for name in loaded if not name.startswith(("en-", "zh-"))
    } == named  # Gradio's own words: by the browser
    assert {name for name in named if name.endswith(".css")} <= {address.rsplit("/", 1)[1] for address in used}
    page.context.close()
    assert complaints == []


# Asking ----------------------------------------------------------------------------------------------------------


def test_earlier_turns_stay_on_the_screen_in_their_order(page: Any) -> None:
    for number, question in enumerate(("租金？", "任务？", "何时废止？", "上海的利率？"), 1):
        ask(page, question, number)
    assert page.locator("[data-question]").all_text_contents() == ["租金？", "任务？", "何时废止？", "上海的利率？"]
    assert page.locator("#earlier .turn").count() == 3
    expect(page.locator("#turn-4 .asked")).to_be_in_viewport()
    page.locator("#turn-1 .chip").first.click()
    expect(page.locator("#panel mark")).to_be_in_viewport()


def test_a_turn_is_edited_and_what_followed_goes(page: Any) -> None:
    for number, question in enumerate(("租金？", "任务？", "何时废止？"), 1):
        ask(page, question, number)
    page.locator("#turn-2").get_by_role("button", name="修改").click()
    expect(page.get_by_role("textbox", name="问题")).to_have_value("任务？")
    expect(page.locator(".editing")).to_contain_text("正在修改第 2 问")
    ask(page, "任务有哪几项？", 2)
    assert page.locator("[data-question]").all_text_contents() == ["租金？", "任务有哪几项？"]
    expect(page.locator(".editing")).to_be_hidden()


def test_an_answer_is_asked_for_again_in_its_place(page: Any) -> None:
    ask(page, "租金？", 1)
    ask(page, "任务？", 2)
    page.evaluate(
        "window.again = 0; new MutationObserver(() => { again += document.querySelector('#now .searching') ? 1 : 0 })"
        ".observe(document.querySelector('#now'), { childList: true, subtree: true })"
    )
    page.locator("#turn-2").get_by_role("button", name="重新回答").click()
    page.wait_for_function("again > 0 && document.querySelector('#now .turn').dataset.ready")
    expect(page.locator("#turn-1").get_by_role("button", name="重新回答")).to_be_hidden()
    assert page.locator("[data-question]").all_text_contents() == ["租金？", "任务？"]


def test_an_answer_is_stopped_at_once_and_says_so(page: Any) -> None:
    box = page.get_by_role("textbox", name="问题")
    box.fill("慢慢说")
    box.press("Enter")
    stop = page.get_by_role("button", name="停止", exact=True)
    expect(stop).to_be_visible()
    expect(page.locator("#turn-1 .text")).to_contain_text("又又")
    stop.click()
    expect(page.locator("#turn-1 .fault")).to_have_text(ZH.stopped)
    expect(page.get_by_role("button", name="提问", exact=True)).to_be_visible()
    ask(page, "租金？", 2)


def test_nothing_above_moves_while_an_answer_grows(page: Any) -> None:
    box = page.get_by_role("textbox", name="问题")
    box.fill("慢慢说")
    box.press("Enter")
    text = page.locator("#turn-1 .text")
    expect(text).to_contain_text("又又")
    before = page.locator("#turn-1 .asked").bounding_box()
    expect(text).to_contain_text("又" * 8)
    assert page.locator("#turn-1 .asked").bounding_box() == before
    page.get_by_role("button", name="停止", exact=True).click()
    expect(page.locator("#turn-1 .fault")).to_be_visible()


def test_a_refusal_offers_questions_that_can_be_asked(page: Any) -> None:
    ask(page, "上海的利率？", 1)
    page.locator("#turn-1").get_by_role("button", name="租金是多少？").click()
    expect(page.locator("#turn-2 .chip").first).to_be_visible()


def test_what_is_copied_has_its_sources(browser: Any, base: str) -> None:
    page, complaints = opened(browser, base, permissions=["clipboard-read", "clipboard-write"])
    ask(page, "租金？", 1).get_by_role("button", name="复制").click()
    expect(page.locator("#said")).to_have_text("已复制")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "租金为市场租金的60%[1]。" in copied and "第三章第三十条：“有效期5年”" in copied
    page.context.close()
    assert complaints == []


def test_a_citation_is_read_where_it_stands_and_closed_again(page: Any) -> None:
    expect(page.locator(".welcome .scope")).to_contain_text("已收录 2 份文件、37 个条目，截至 2026 年 1 月 5 日")
    page.get_by_role("button", name="租金是多少？").click()
    chip = page.get_by_role("link", name="出处 1：甲市公共租赁住房管理办法 第一章第一条").first
    chip.wait_for()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("#said")).to_have_text("回答完毕，引用 2 处原文")
    page.get_by_role("link", name="出处 2：").click()
    mark = page.locator("#panel mark")
    expect(mark).to_be_in_viewport()
    assert mark.text_content() == "有效期5年"
    told = "甲市公共租赁住房管理办法甲府规〔2024〕3号 · 2024-03-18 · 现行有效"
    expect(page.locator("#panel .what")).to_have_text(told)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    chip.focus()
    expect(chip.locator(".tip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(mark).to_have_text("第一条 租金按照市场租金的 60%确定。")
    page.locator("#panel").get_by_role("button", name="关闭").click()
    ask(page, "何时废止？", 2)
    expect(page.locator("#turn-2 .notice")).to_contain_text("《旧办法》已废止")
    ask(page, "任务？", 3)
    expect(page.locator("#turn-3 .rewritten")).to_have_text("理解为：租金是多少？：何时废止？：任务？")
    page.get_by_role("button", name="提问", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("问题是空的")
    page.get_by_role("link", name="新对话").click()
    expect(page.get_by_role("heading", name=ZH.welcome)).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_comparison_has_room_in_each_column(browser: Any, base: str, width: int) -> None:
    page, complaints = opened(browser, base, width=width)
    table = ask(page, "对比", 1).locator(".text table")
    point, old, new = (cell.bounding_box() for cell in table.locator("tbody td").all())
    lines = "(cell) => { const all = new Range(); all.selectNodeContents(cell); return all.getClientRects().length }"
    assert point["width"] >= 110 and table.locator("tbody td").first.evaluate(lines) <= 2
    assert abs(old["width"] - new["width"]) < 2  # not by how much each says
    first, second = (box.bounding_box() for box in table.locator(".chip").all())
    lead = table.locator(".lead").last.bounding_box()
    assert first["y"] + first["height"] <= lead["y"] and lead["y"] + lead["height"] <= second["y"]
    if width == 1280:
        table.locator(".chip").last.click()
        expect(page.locator("#panel mark")).to_be_visible()
        assert table.locator("tbody td").first.bounding_box()["width"] >= 110
    page.context.close()
    assert complaints == []


def test_where_the_server_is_gone_it_is_said_and_nothing_is_lost(browser: Any) -> None:
    with ExitStack() as running:
        page, _ = opened(browser, running.enter_context(served()))  # a console tells of each refused request
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        ask(page, "租金？", 1)
        running.close()
    box = page.get_by_role("textbox", name="问题")
    box.fill("任务？")
    box.press("Enter")
    expect(page.locator("#local")).to_have_text(ZH.offline)
    expect(page.locator("#local")).to_be_in_viewport()
    expect(page.get_by_role("button", name="提问", exact=True)).to_be_visible()
    expect(page.locator(".toast-body")).to_be_hidden()
    expect(box).to_have_value("任务？")
    page.locator("#turn-1 .chip").first.click()
    expect(page.locator("#panel .body")).to_have_text(ZH.not_loaded)
    page.locator("#turn-1").get_by_role("button", name="有用").click()
    expect(page.locator("#turn-1 .told")).to_have_text(ZH.offline)
    expect(page.locator("#turn-1 .text")).to_contain_text("租金为市场租金的60%")
    assert errors == []
    page.context.close()


def test_where_the_server_goes_in_the_middle_of_an_answer_it_is_said(browser: Any) -> None:
    with ExitStack() as running:
        page, _ = opened(browser, running.enter_context(served()))
        page.wait_for_function("window.tiaomu?.ask && document.querySelector('.welcome')")
        box = page.get_by_role("textbox", name="问题")
        box.fill("慢慢说")
        box.press("Enter")
        expect(page.locator("#turn-1 .text")).to_contain_text("又又")
        running.close()
    expect(page.locator("#local")).to_have_text(ZH.offline)
    expect(page.get_by_role("button", name="提问", exact=True)).to_be_visible()
    expect(page.locator("#turn-1 .text")).to_contain_text("又又")
    page.context.close()


_LONG_TABLE = """(within) => {
  const row = (n) => `<tr><td>${n}</td><td>${`字${n} `.repeat(80)}</td><td>${`字${n} `.repeat(40)}</td></tr>`;
  const rows = [...Array(14).keys()].map((n) => row(10 + n)).join("");
  document.querySelector(within).insertAdjacentHTML("beforeend", `<table><thead><tr><th>事项</th></tr></thead>${rows}</table>`);
}"""


@pytest.mark.parametrize("within", ["#now .text", ".document"])
def test_a_printed_table_has_all_its_rows_each_on_one_page(page: Any, base: str, within: str) -> None:
    import pypdfium2

    if within == ".document":
        page.goto(f"{base}/d/{RULES}", wait_until="domcontentloaded")
    else:
        ask(page, "租金？", 1)
    page.evaluate(_LONG_TABLE, within)
    printed = pypdfium2.PdfDocument(page.pdf(format="A4"))
    texts = [sheet.get_textpage().get_text_range() for sheet in printed]
    pages = {n: sum(f"字{n}" in text for text in texts) for n in range(10, 24)}
    assert pages == dict.fromkeys(range(10, 24), 1)


# What is kept ----------------------------------------------------------------------------------------------------


def test_a_conversation_is_found_again_gone_on_with_exported_and_deleted(page: Any, base: str) -> None:
    ask(page, "租金是多少？", 1)
    ask(page, "任务有哪些？", 2)
    page.goto(base, wait_until="domcontentloaded")
    ask(page, "何时废止？", 1)
    page.get_by_role("button", name="范围与记录").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".talk-link")).to_have_count(2)
    drawer.get_by_label("在历史记录中查找").fill("筹集120套")
    expect(drawer.locator(".talk-link")).to_have_count(1)
    with page.expect_download() as word:
        drawer.get_by_role("link", name="Word").click()
    assert word.value.suggested_filename.endswith(".docx")
    drawer.locator(".talk-link").click()
    expect(page.locator("#turn-2 .chip")).to_be_visible()
    assert page.locator("[data-question]").all_text_contents() == ["租金是多少？", "任务有哪些？"]
    ask(page, "何时废止？", 3)
    page.reload(wait_until="domcontentloaded")
    expect(page.locator("#turn-3 .notice")).to_be_visible()
    page.get_by_role("button", name="范围与记录").click()
    delete = page.get_by_role("dialog").locator("[data-delete]").first
    delete.click()
    expect(delete).to_have_text("确定删除？")
    delete.click()
    expect(page.get_by_role("heading", name=ZH.welcome)).to_be_visible()
    page.get_by_role("button", name="范围与记录").click()
    expect(page.get_by_role("dialog").locator(".talk-link")).to_have_count(1)


def test_nobody_sees_the_conversations_of_another(browser: Any, base: str, page: Any) -> None:
    ask(page, "租金是多少？", 1)
    other, complaints = opened(browser, base, page.url.removeprefix(base))
    expect(other.get_by_role("heading", name=ZH.welcome)).to_be_visible()
    other.get_by_role("button", name="范围与记录").click()
    expect(other.get_by_role("dialog")).to_contain_text("还没有")
    assert other.locator(".turn").count() == 0
    other.context.close()
    assert complaints == []


def test_an_answer_is_rated_with_a_reason_and_it_stays(page: Any) -> None:
    turn = ask(page, "租金是多少？", 1)
    turn.get_by_role("button", name="有误").click()
    form = page.locator(".rating")
    form.get_by_label("引用不对").check()
    form.get_by_label("正确的应当是").fill("市场租金的60%")
    form.get_by_role("button", name="提交").click()
    expect(page.locator("#said")).to_have_text(ZH.thanks)
    expect(turn.get_by_role("button", name="有误")).to_have_attribute("aria-pressed", "true")
    page.reload(wait_until="domcontentloaded")
    expect(page.locator("#turn-1").get_by_role("button", name="有误")).to_have_attribute("aria-pressed", "true")
    page.locator("#turn-1").get_by_role("button", name="有用").click()
    expect(page.locator("#turn-1").get_by_role("button", name="有误")).to_have_attribute("aria-pressed", "false")


def test_what_is_typed_while_an_answer_comes_is_kept(page: Any) -> None:
    box = page.get_by_role("textbox", name="问题")
    box.fill("慢慢说")
    box.press("Enter")
    expect(page.locator("#turn-1 .text")).to_contain_text("又又")
    box.press_sequentially("租金是多少？", delay=60)
    box.press("Enter")
    expect(page.locator("#turn-1 .text")).to_contain_text("又" * 12)
    expect(box).to_have_value("租金是多少？")
    page.get_by_role("button", name="停止", exact=True).click()
    expect(box).to_be_focused()
    expect(page.locator("#turn-1 .fault")).to_be_visible()
    box.press("Enter")
    expect(page.locator("#turn-2 .chip").first).to_be_visible()


def test_a_correction_begun_is_not_lost_to_the_next_question(page: Any) -> None:
    ask(page, "租金是多少？", 1).get_by_role("button", name="有误").click()
    page.get_by_label("正确的应当是").fill("市场租金的六成")
    ask(page, "任务有哪些？", 2)
    form = page.locator("#turn-1 .rating")
    expect(form.get_by_label("正确的应当是")).to_have_value("市场租金的六成")
    form.get_by_role("button", name="提交").click()
    expect(page.locator("#turn-1 .told")).to_have_text(ZH.thanks)
    expect(form).to_have_count(0)
    assert "correction" not in page.url


def test_a_question_asked_while_a_kept_conversation_comes_is_not_lost(page: Any, browser: Any, base: str) -> None:
    ask(page, "租金是多少？", 1)
    page.reload(wait_until="commit")
    box = page.get_by_role("textbox", name="问题")
    box.fill("任务有哪些？")
    box.press("Enter")
    if page.locator(".turn").count() < 2:  # it came too early, and stays in the box
        expect(page.locator("#turn-1")).to_be_visible()
        box.press("Enter")
    expect(page.locator("#turn-2 .chip")).to_be_visible()
    assert page.locator("[data-question]").all_text_contents() == ["租金是多少？", "任务有哪些？"]


def test_a_tooltip_goes_with_escape_and_can_be_pointed_at(page: Any) -> None:
    chip = ask(page, "租金是多少？", 1).locator(".chip").first
    chip.hover()
    expect(chip.locator(".tip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(chip.locator(".tip")).to_be_hidden()


def test_an_error_in_a_follow_up_question_leaves_the_screen_as_it_was(page: Any) -> None:
    for number, question in enumerate(("租金？", "任务？", "何时废止？"), 1):
        ask(page, question, number)
    page.locator("#turn-1").get_by_role("button", name="修改").click()
    box = page.get_by_role("textbox", name="问题")
    box.fill("哈" * 3000)
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("超过 2000 个字的上限")
    assert page.locator("[data-question]").all_text_contents() == ["租金？", "任务？", "何时废止？"]
    expect(page.locator(".editing")).to_be_visible()
    page.locator("#turn-3").get_by_role("button", name="有用").click()
    expect(page.locator("#said")).to_have_text(ZH.thanks)


def test_a_refusal_within_a_scope_offers_to_look_everywhere(browser: Any, base: str) -> None:
    page, complaints = opened(browser, base, "/?region=甲市")
    ask(page, "上海的利率？", 1)
    page.get_by_role("button", name="在全部文件里查找").click()
    expect(page.locator(".chosen")).to_have_count(0)
    page.locator("#turn-1:not([data-ready=''])").wait_for()
    expect(page.get_by_role("button", name="在全部文件里查找")).to_be_hidden()
    page.context.close()
    assert complaints == []


# Where to look ---------------------------------------------------------------------------------------------------


def test_where_to_look_is_chosen_seen_and_kept_in_the_address(page: Any, base: str) -> None:
    page.get_by_role("button", name="查找范围").click()
    drawer = page.get_by_role("dialog", name="范围与记录")
    drawer.get_by_label("只查现行有效的文件").check()
    drawer.locator("summary", has_text="文件").click()
    drawer.get_by_label("甲市公共租赁住房管理办法").check()
    drawer.get_by_role("button", name="关闭").click()
    chosen = page.locator(".scope-line .chosen")
    assert chosen.all_text_contents() == ["现行有效", "甲市公共租赁住房管理办法 甲府规〔2024〕3号"]
    ask(page, "范围是什么？", 1)
    expect(page.locator("#turn-1 .text")).to_contain_text(f"documents={RULES}；status=in_force、unknown")
    page.reload(wait_until="domcontentloaded")
    expect(chosen.first).to_have_text("现行有效")
    expect(chosen.last).to_contain_text("甲市公共租赁住房管理办法")
    page.get_by_role("button", name="去掉 现行有效").click()
    expect(chosen).to_have_count(1)
    assert "status" not in page.url and "document=" in page.url


def test_what_a_choice_leaves_is_counted_while_one_chooses(page: Any, base: str) -> None:
    page.goto(f"{base}/?document={RULES}", wait_until="domcontentloaded")
    page.get_by_role("button", name="查找范围").click()
    drawer = page.get_by_role("dialog", name="范围与记录")
    drawer.locator("summary", has_text="文种").click()
    rule, other = drawer.get_by_label("办法（1）"), drawer.locator("[name=type][value=任务]")
    expect(rule).to_be_enabled()
    expect(other).to_be_disabled()
    drawer.locator("summary", has_text="文件").click()
    drawer.get_by_label("甲市公共租赁住房管理办法").uncheck()
    expect(other).to_be_enabled()
    rule.check()
    documents = drawer.locator("[name=document]")
    expect(documents.first).to_be_visible()
    expect(documents.last).to_be_hidden()
    expect(drawer.locator("details.group[open]")).to_have_count(2)


# Documents -------------------------------------------------------------------------------------------------------


def test_a_link_to_a_clause_opens_there_in_a_fresh_page(browser: Any, base: str) -> None:
    page, complaints = opened(browser, base, "/d/甲府规〔2024〕3号#第二章/第20条~22")
    clause = page.locator("[data-place='第二章第20条']")
    expect(clause).to_be_in_viewport()
    expect(page.locator(".steps .where")).to_have_text("第二章第20条")
    page.get_by_role("button", name="下一条").click()
    expect(page.locator(".here")).to_contain_text("第21条")
    page.get_by_role("button", name="上一条").click()
    expect(page.locator(".here")).to_contain_text("第20条")
    page.context.close()
    assert complaints == []


def test_an_address_of_a_clause_that_is_not_there_says_so(browser: Any, base: str) -> None:
    page, complaints = opened(browser, base, f"/d/{RULES}#第九章/第一百条")
    where = page.locator(".steps .where")
    expect(where).to_have_text("没有“第九章第一百条”这一条，下面是全文")
    page.evaluate("location.hash = '第三章/第三十条~34'")
    expect(where).to_have_text("第三章第三十条")
    expect(where).not_to_have_class("nowhere")
    page.goto(f"{base}/d/{RULES}?clause=nothing&lang=zh#quote", wait_until="domcontentloaded")
    expect(page.locator(".notice")).to_contain_text(ZH.gone)
    expect(where).to_be_empty()
    page.context.close()
    assert complaints == []


def test_what_is_not_there_leads_on(browser: Any, base: str) -> None:
    page, _ = opened(browser, base, "/d/999")
    expect(page.locator(".lost")).to_contain_text("已收录的文件里没有“999”")
    page.get_by_role("link", name=ZH.to_documents).click()
    expect(page.get_by_role("heading", name="已收录的文件")).to_be_visible()
    page.goto(f"{base}/?c=unknown", wait_until="domcontentloaded")
    expect(page.locator("#hint .fault")).to_have_text(ZH.no_talk)
    ask(page, "租金是多少？", 1)
    expect(page.locator("#hint .fault")).to_have_count(0)
    assert "c=unknown" not in page.url
    page.context.close()


def test_one_steps_from_article_to_article_and_an_article_is_marked_whole(browser: Any, base: str) -> None:
    page, complaints = opened(browser, base, "/d/甲府规〔2024〕3号#第二章/第29条~31")
    marked = page.locator(".aimed")
    expect(marked).to_have_count(3)
    assert [text[:4] for text in marked.all_text_contents()] == ["第29条", "（一）其", "（二）其"]
    expect(marked.first).to_be_in_viewport(ratio=1)
    expect(page.locator(".steps .where")).to_have_text("第二章第29条")
    page.get_by_role("button", name="下一条").click()
    expect(page.locator(".here")).to_contain_text("第三十条")
    assert [text[:4] for text in marked.all_text_contents()] == ["第三十条"]
    page.evaluate("location.hash = '第二章/第29条/（一）~32'")
    expect(marked).to_have_text("（一）其中一项。")
    page.get_by_role("button", name="下一条").click()
    expect(page.locator(".here")).to_contain_text("第三十条")
    page.get_by_role("button", name="上一条").click()
    expect(page.locator(":is(.here, .with)")).to_have_count(3)
    page.context.close()
    assert complaints == []


@pytest.mark.parametrize(
    ("path", "copied"),
    [
        ("/d/甲府规〔2024〕3号#第二章/第29条/（一）~32", "/d/甲府规〔2024〕3号?lang=zh#第二章/第29条/（一）~32"),
        ("/d/甲办%2F发〔2025〕7号%3F%23%26#2", "/d/甲办%2F发〔2025〕7号%3F%23%26?lang=zh#2"),
    ],
)
def test_a_link_is_copied_as_one_reads_it_and_opens(browser: Any, base: str, path: str, copied: str) -> None:
    page, complaints = opened(browser, base, path, permissions=["clipboard-read", "clipboard-write"])
    where = page.locator(".aimed").text_content()
    page.get_by_role("button", name="复制链接").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == base + copied
    page.goto("about:blank")
    page.goto(base + copied, wait_until="domcontentloaded")
    expect(page.locator(".aimed")).to_have_text(where)
    page.context.close()
    assert complaints == []


def test_the_panel_leads_on_to_other_clauses_and_documents(page: Any) -> None:
    ask(page, "租金？", 1)
    page.get_by_role("link", name="出处 2：").click()
    panel = page.locator("#panel")
    expect(panel.locator("mark")).to_be_in_viewport()
    expect(panel.locator(".steps .where")).to_have_text("第三章第三十条")
    panel.get_by_role("button", name="上一条").click()
    expect(panel.locator(".here")).to_contain_text("第29条")
    expect(panel.locator(".here")).to_be_in_viewport()
    expect(panel.get_by_role("link", name="下载原始文件")).to_have_attribute("download", "")
    expect(panel.locator(".ties")).to_contain_text("依据和引用")


def test_stepping_passes_over_headings_and_the_highlight_goes_along(page: Any) -> None:
    ask(page, "租金？", 1)
    page.get_by_role("link", name="出处 1：").first.click()
    panel = page.locator("#panel")
    lit = "(each) => getComputedStyle(each).backgroundColor !== 'rgba(0, 0, 0, 0)'"
    mark, here = panel.locator("mark"), panel.locator(".here")
    expect(mark).to_be_in_viewport()
    assert mark.evaluate(lit)
    panel.get_by_role("button", name="上一条").click()
    expect(panel.locator(".steps .where")).to_have_text("文首")  # not 第一章, of which 第一条 is the first
    assert not mark.evaluate(lit) and here.evaluate(lit)
    assert panel.locator(".cited").evaluate("(each) => getComputedStyle(each).boxShadow") == "none"
    panel.get_by_role("button", name="下一条").click()
    expect(here).to_contain_text("第一条")
    assert mark.evaluate(lit) and not here.evaluate(lit)  # the quote within it, not all of it
    panel.get_by_role("button", name="下一条").click()
    expect(here).to_contain_text("第二条")
    assert not mark.evaluate(lit) and here.evaluate(lit)
    page.get_by_role("link", name="出处 2：").first.click()
    expect(mark).to_have_text("有效期5年")
    assert mark.evaluate(lit)


def test_an_original_file_comes_as_it_was_and_is_never_shown_in_place(base: str) -> None:
    import httpx

    from tests import standin

    reply = httpx.get(f"{base}/o/{RULES}", timeout=20, trust_env=False)
    assert reply.status_code == 200
    assert reply.content == Path(standin.__file__).read_bytes()
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"].startswith("attachment")
    for path in ("nothing", "..%2f..%2fetc%2fpasswd", standin.TASKS.replace("?", "%3F").replace("#", "%23")):
        assert httpx.get(f"{base}/o/{path}", timeout=20, trust_env=False).status_code == 404


# Keyboard, large type, languages ---------------------------------------------------------------------------------


def focused(page: Any) -> str:
    return str(
        page.evaluate("document.activeElement?.textContent?.trim().slice(0, 40) || document.activeElement?.tagName")
    )


def tab_to(page: Any, text: str, most: int = 60) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if text in focused(page):
            return
    raise AssertionError(f"{text} cannot be reached by Tab")


def test_everything_is_reached_by_keyboard(page: Any) -> None:
    box = page.get_by_role("textbox", name="问题")
    expect(box).to_be_focused()
    page.keyboard.type("租金？")
    page.keyboard.press("Enter")
    expect(page.locator("#turn-1:not([data-ready=''])")).to_be_visible()
    page.evaluate("document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus()")
    tab_to(page, "跳到提问框")
    page.keyboard.press("Enter")
    expect(box).to_be_focused()
    page.evaluate("document.body.focus()")
    tab_to(page, "范围与记录")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer form")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    assert "范围与记录" in focused(page)
    for name in ("修改", "复制", "朗读", "重新回答", "有用", "有误"):
        tab_to(page, name)
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid", name
    page.locator(".chip").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel mark")).to_be_visible()
    tab_to(page, "关闭")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator(".chip").first).to_be_focused()


def test_large_type_stays_switched_on_from_page_to_page(page: Any, base: str) -> None:
    switch = page.get_by_role("button", name="大字版").first
    small = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 1.25 * small
    assert page.evaluate("document.documentElement.scrollWidth") == 1280
    page.goto(f"{base}/d/{RULES}", wait_until="domcontentloaded")
    expect(page.locator("html")).to_have_class("elder")
    page.get_by_role("button", name="大字版").click()
    page.reload(wait_until="domcontentloaded")
    expect(page.locator("html")).not_to_have_class("elder")


def test_an_answer_is_read_aloud_and_silenced(browser: Any, base: str) -> None:
    page, complaints = opened(browser, base)
    page.evaluate(
        "window.said = []; speechSynthesis.speak = (u) => said.push(u.text); speechSynthesis.cancel = () => said.push(null)"
    )
    button = ask(page, "租金？", 1).locator("[data-speak]")
    button.click()
    expect(button).to_have_text("停止朗读")
    said = [one for one in page.evaluate("said") if one]
    assert said == ["租金为市场租金的60%。\n有效期5年。"]
    page.evaluate("said.length = 0")
    ask(page, "何时废止？", 2).locator("[data-speak]").click()
    assert page.evaluate("said").pop().startswith("提示《旧办法》已废止。\n")  # first what must not be missed
    page.context.close()
    assert complaints == []


def test_the_language_is_switched_with_what_was_chosen(browser: Any, base: str) -> None:
    page, complaints = opened(browser, base, "/?region=甲市")
    expect(page.locator(".chosen")).to_have_text("甲市")
    page.wait_for_load_state()
    page.get_by_role("link", name="English").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".chosen")).to_have_text("甲市")
    box = page.get_by_role("textbox", name="Question")
    box.fill("租金？")
    box.press("Enter")
    expect(page.get_by_role("button", name="Copy with sources")).to_be_visible()
    page.context.close()
    assert complaints == []


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("address", ["/documents?lang=zh", "/documents?lang=en", "/evaluation?lang=en", "/?lang=en"])
def test_nothing_lies_over_anything_at_the_top_of_a_phone(
    browser: Any, base: str, address: str, is_large: bool
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    if is_large:
        context.add_cookies([{"name": "display", "value": "elder", "url": base}])
    page = context.new_page()
    page.goto(base + address)
    page.wait_for_selector(".brand img")
    boxes = page.evaluate(
        """() => [...document.querySelectorAll(".brand, .brand b, .ways a, .switch, .elder-switch, .new, .open-drawer")]
        .filter((each) => each.checkVisibility() && getComputedStyle(each).clipPath === "none")
        .map((each) => [each.className || each.tagName, each.getBoundingClientRect().toJSON()])"""
    )
    assert len(boxes) >= 3
    for i, (name, box) in enumerate(boxes):
        assert box["left"] >= 0 and box["right"] <= 390, (name, box)
        for other, its in boxes[i + 1 :]:
            if {name, other} == {"brand", "B"}:
                continue  # the word is the brand's own
            is_apart = box["right"] <= its["left"] or its["right"] <= box["left"]
            assert is_apart or box["bottom"] <= its["top"] or its["bottom"] <= box["top"], (name, other)
    context.close()


@pytest.mark.parametrize("width", [390, 768, 1024, 3840])
def test_no_width_needs_scrolling_sideways(browser: Any, base: str, width: int) -> None:
    page, complaints = opened(browser, base, width=width)
    ask(page, "何时废止？", 1)
    ask(page, "租金？", 2)
    page.get_by_role("link", name="出处 1：").last.click()
    expect(page.locator("#panel mark")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for path in (f"/d/{RULES}", "/documents", "/evaluation"):
        page.goto(base + path, wait_until="domcontentloaded")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.context.close()
    assert [one for one in complaints if "404" not in one] == []


# Accessibility ---------------------------------------------------------------------------------------------------


def violations(page: Any) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA, a line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("display", ["", "elder"])
def test_axe_finds_nothing_in_any_state(browser: Any, base: str, scheme: str, display: str) -> None:
    page, _ = opened(browser, base, color_scheme=scheme)
    page.context.add_cookies([{"name": "display", "value": display, "url": base}])
    page.reload(wait_until="domcontentloaded")
    found: dict[str, list[str]] = {}
    page.get_by_role("heading", name=ZH.welcome).wait_for()
    found["welcome"] = violations(page)
    for number, (state, question) in enumerate(
        (("answer", "租金？"), ("warning", "何时废止？"), ("refusal", "上海？"), ("fault", "模型？")), 1
    ):
        ask(page, question, number)
        found[state] = violations(page)
    page.get_by_role("button", name="提问", exact=True).click()
    page.get_by_role("alert").wait_for()
    found["hint"] = violations(page)
    page.locator("#turn-1").get_by_role("button", name="有误").click()
    found["rating"] = violations(page)
    page.get_by_role("link", name="出处 1：").first.click()
    page.locator("#panel mark").wait_for()
    found["panel"] = violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="查找范围").click()
    page.locator("#drawer form").wait_for()
    found["drawer"] = violations(page)
    for path in (f"/d/{RULES}", "/d/nothing", "/documents", "/evaluation", "/nothing", "/en/nothing"):
        page.goto(base + path, wait_until="domcontentloaded")
        found[path] = violations(page)
    page.context.close()
    assert {state: lines for state, lines in found.items() if lines} == {}


# Hostile text ------------------------------------------------------------------------------------------------------

ATTACKS = [
    HOSTILE,
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<img src=x onerror=alert`1`>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<style>@import 'http://elsewhere.example/x.css'</style>",
    "<link rel=stylesheet href=http://elsewhere.example/x.css>",
    "<meta http-equiv=refresh content='0;url=http://elsewhere.example'>",
    "<object data='http://elsewhere.example/x'>",
    "<form action=http://elsewhere.example><button>x</button></form>",
    "<base href=http://elsewhere.example/>",
    "![x](http://elsewhere.example/x.png)",
    "[x](javascript:alert(1))",
    "<!--><img src=x onerror=alert(1)>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "{@html '<img src=x onerror=alert(1)>'}",
    "\u202e<img src=x onerror=alert(1)>",
    "＜script＞alert(1)＜/script＞",
    "&lt;img src=x onerror=alert(1)&gt;",
    "<img src=http://elsewhere.example/x.png>",
    "data:text/html,<script>alert(1)</script>",
]


def test_hostile_text_is_shown_as_text_wherever_it_comes_from(page: Any) -> None:
    assert len(ATTACKS) >= 30
    for number, attack in enumerate(ATTACKS, 1):
        turn = ask(page, f"回声 {attack}", number)
        wanted = attack.replace("\u202e", "")  # what turns the direction of text is taken out of a question
        for part in (".text", ".notice", "[data-question]"):
            assert wanted in turn.locator(part).text_content().replace("\u202e", ""), attack
        assert turn.locator("script, iframe, object, svg, video, form, style, link, meta, base").count() == 0, attack
    page.locator(".chip").last.click()
    expect(page.locator("#panel .document")).to_contain_text(HOSTILE)


def test_a_hundred_turns_later_an_answer_is_as_quick(page: Any) -> None:
    """The server sends one turn, whatever came before it: no more elements change for the hundredth than for the third."""
    for number in (1, 2, 3):
        ask(page, "任务？", number)
    page.evaluate(
        "window.changes = 0; new MutationObserver((all) => { for (const one of all) changes += one.addedNodes.length })"
        ".observe(document.body, { childList: true, subtree: true })"
    )
    ask(page, "任务？", 4)
    early = page.evaluate("changes")
    for number in range(5, 100):
        ask(page, "任务？", number)
    page.evaluate("changes = 0")
    ask(page, "任务？", 100)
    assert 0 < page.evaluate("changes") <= 2 * early
    assert page.locator(".turn").count() == 100
