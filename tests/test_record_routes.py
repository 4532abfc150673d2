"""The addresses of what is kept: whose it is, from where it is changed, and that bad input is one line."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path

import docx
import httpx
import pytest
from fastapi import FastAPI

from page import record_routes, routes, words
from page.record import Conversation, Rating, Records
from page.render import Turn
from page.words.records import of as of_records
from rag.clause import Answer
from rag.settings import load
from tests.standin import HOSTILE, Standin
from tests.test_page import Elements

ME, OTHER = "a" * 22, "b" * 22
OWN = {"sec-fetch-site": "same-origin"}
ZH = of_records("zh")


def answer_to(question: str) -> Answer:
    *_, last = Standin(load({})).stream(question)
    return last


@pytest.fixture
def records(tmp_path: Path) -> Records:
    minutes = count()
    return Records(
        tmp_path / "records.db", now=lambda: datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(minutes=next(minutes))
    )


class Browser:
    """A visitor's requests, handed to the application without a network."""

    def __init__(self, records: Records, visitor: str = ME, manages: bool = False) -> None:
        self.app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        record_routes.add_records(self.app, records, "zh")
        record_routes.add_feedback(self.app, records, "zh", lambda _request: manages)
        record_routes.add_evaluation(self.app, records.path.parent / "out", "zh")
        routes.add_files(self.app)
        self.visitor = visitor

    def __call__(self, method: str, path: str, **given: object) -> httpx.Response:
        import anyio

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            cookies = {record_routes.VISITOR: self.visitor}
            async with httpx.AsyncClient(transport=transport, base_url="http://page", cookies=cookies) as client:
                return await client.request(method, path, **given)  # type: ignore[arg-type]

        return anyio.run(ask)


# Conversations -------------------------------------------------------------------------------------------------


def test_a_list_leads_to_the_conversations_their_files_and_their_end(records: Records) -> None:
    first, _ = records.add(ME, None, Turn("租金？", answer_to("租金？")))
    second, _ = records.add(ME, None, Turn(HOSTILE, answer_to("任务？")))
    records.add(ME, second, Turn("任务？", answer_to("任务？")))
    reply = Browser(records)("GET", "/history?lang=en")
    found = Elements(reply.text)
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-store")
    assert found.open == []
    assert "img" not in {tag for tag, _ in found.tags}
    when = records.conversations(ME)[0].updated.astimezone()  # where the server stands
    assert found.text.startswith(f"{HOSTILE}{when:%Y-%m-%d %H:%M} · Questions: 2WordMarkdownDelete租金？")
    links = [given["href"] for tag, given in found.tags if tag == "a"]
    assert links == [
        address
        for id in (second, first)
        for address in (f"/?c={id}&lang=en", f"/history/{id}.docx?lang=en", f"/history/{id}.md?lang=en")
    ]
    assert [given["data-delete"] for _, given in found.tags if "data-delete" in given] == [second, first]
    assert sum("data-delete-all" in given for _, given in found.tags) == 1


def test_a_list_is_searched_and_says_when_nothing_is_found(records: Records) -> None:
    browser = Browser(records)
    assert ZH.none_yet in browser("GET", "/history").text
    records.add(ME, None, Turn("租金？", answer_to("租金？")))
    assert "租金？" in browser("GET", "/history", params={"q": "市场租金的60%"}).text
    assert "没有对话包含“&lt;b&gt;”。" in browser("GET", "/history", params={"q": "<b>"}).text


def test_a_long_list_has_a_way_to_what_came_before() -> None:
    day = datetime(2026, 1, 5, 12, tzinfo=UTC)
    found = [Conversation(f"c{n}", "租金？", day, day, 1) for n in range(51)]  # type: ignore[arg-type]
    html = record_routes.listed(found, words.of("zh"), search="<&", offset=50)
    assert html.count("<li>") == 50
    assert 'data-more="/history?q=%3C%26&amp;offset=100&amp;lang=zh"' in html
    assert "data-delete-all" not in html
    assert "data-more" not in record_routes.listed(found[:50], words.of("zh"))


@pytest.mark.parametrize("offset", ["-1", "x", "99999", "１", "1e3", "9999"])
def test_an_offset_that_is_none_is_the_beginning(records: Records, offset: str) -> None:
    records.add(ME, None, Turn("租金？", fault="甲"))
    reply = Browser(records)("GET", "/history", params={"offset": offset})
    assert reply.status_code == 200
    assert ("租金？" in reply.text) is (offset != "9999")


@pytest.mark.parametrize("visitor", [OTHER, "", "a", "a" * 65, "' OR 1=1 --aaaaaaaaaaaaaa"])
def test_nobody_else_sees_or_changes_a_conversation(records: Records, visitor: str) -> None:
    id, _ = records.add(ME, None, Turn("租金？", answer_to("租金？")))
    browser = Browser(records, visitor)
    said = {"conversation": id, "number": 1, "rating": "up"}
    assert "租金？" not in browser("GET", "/history").text
    assert browser("GET", f"/history/{id}.docx").status_code == 404
    assert browser("GET", f"/history/{id}.md").text == ZH.lost
    assert browser("DELETE", f"/history/{id}", headers=OWN).status_code == 404
    assert browser("POST", "/feedback", headers=OWN, json=said).status_code == 404
    browser("DELETE", "/history", headers=OWN)
    assert len(records.turns(ME, id)) == 1


def test_conversations_are_deleted_one_or_all(records: Records) -> None:
    ids = [records.add(ME, None, Turn("租金？", fault="甲"))[0] for _ in range(3)]
    browser = Browser(records)
    assert browser("DELETE", f"/history/{ids[0]}", headers=OWN).status_code == 204
    assert browser("DELETE", f"/history/{ids[0]}", headers=OWN).text == ZH.lost
    assert [one.id for one in records.conversations(ME)] == ids[:0:-1]
    assert browser("DELETE", "/history", headers=OWN).status_code == 204
    assert records.conversations(ME) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site", "origin": "http://page"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil"},
        {"origin": "null"},
        {"origin": "http://page.evil"},
        {"origin": "http://[page"},
        {"origin": "", "host": ""},
    ],
)
def test_a_change_from_elsewhere_is_refused(records: Records, headers: dict[str, str]) -> None:
    id, _ = records.add(ME, None, Turn("租金？", answer_to("租金？")))
    browser = Browser(records)
    for method, path in (("DELETE", "/history"), ("DELETE", f"/history/{id}"), ("POST", "/feedback")):
        reply = browser(method, path, headers=headers)
        assert (reply.status_code, reply.text) == (403, ZH.elsewhere)
    assert len(records.conversations(ME)) == 1


def test_an_older_browser_names_its_origin(records: Records) -> None:
    id, _ = records.add(ME, None, Turn("租金？", fault="甲"))
    assert Browser(records)("DELETE", f"/history/{id}", headers={"origin": "http://page"}).status_code == 204


def test_a_conversation_is_saved_as_word_and_as_markdown(records: Records) -> None:
    id, _ = records.add(ME, None, Turn('租/金\r\n"多少"？', answer_to("租金？")))
    browser = Browser(records)
    word, markdown = browser("GET", f"/history/{id}.docx"), browser("GET", f"/history/{id}.md?lang=en")
    assert [one.text for one in docx.Document(BytesIO(word.content)).paragraphs][3] == "租金为市场租金的60%[1]。"
    name = "%E7%A7%9F%20%E9%87%91%20%20%E5%A4%9A%E5%B0%91%20%EF%BC%9F"
    assert word.headers["content-disposition"] == (
        f"attachment; filename=\"conversation.docx\"; filename*=UTF-8''{name}.docx"
    )
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.text.startswith('# 租/金 "多少"？\n\nSaved from a conversation of 2026-01-05; questions: 1.')
    assert browser("GET", f"/history/{id}.exe").status_code == 404
    assert browser("GET", "/history/%2e%2e%2fx.md").status_code == 404


def test_where_nothing_can_be_kept_each_address_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    records = Records(tmp_path / "file" / "records.db")
    browser = Browser(records, manages=True)
    said = {"conversation": "x", "number": 1, "rating": "up"}
    for method, path, given in (
        *(("DELETE", "/history", {}), ("DELETE", "/history/x", {})),
        ("POST", "/feedback", {"json": said}),
    ):
        reply = browser(method, path, headers=OWN, **given)
        assert reply.status_code == 503
        assert reply.text.startswith("对话记录 ") and "\n" not in reply.text


def test_a_damaged_file_is_a_line_in_the_drawer(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"\xff" * 5000)
    browser = Browser(Records(tmp_path / "records.db"), manages=True)
    reply = browser("GET", "/history")
    assert reply.status_code == 503
    assert reply.text.startswith('<p class="fault" role="alert">对话记录 ')
    assert [browser("GET", path).status_code for path in ("/history/x.md", "/feedback.jsonl")] == [503, 503]


# What is said of answers ---------------------------------------------------------------------------------------


def test_an_opinion_is_kept_and_taken_back(records: Records) -> None:
    id, _ = records.add(ME, None, Turn("租金？", answer_to("租金？")))
    browser = Browser(records)
    said = {"conversation": id, "number": 1, "rating": "down", "reason": "引错了", "correction": HOSTILE}
    reply = browser("POST", "/feedback", headers=OWN, json=said)
    assert (reply.status_code, reply.text, reply.headers["cache-control"]) == (200, ZH.kept, "no-store")
    assert records.ratings(ME, id) == {1: Rating("down", "引错了", HOSTILE)}
    assert browser("POST", "/feedback", headers=OWN, json={**said, "rating": "none"}).status_code == 200
    assert records.ratings(ME, id) == {}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000, b'{"conversation": "x"}'),
        b'{"conversation": "x", "number": 1, "rating": "best"}',
        b'{"conversation": "x", "number": 1, "rating": ["up"]}',
        b'{"conversation": "x", "number": true, "rating": "up"}',
        b'{"conversation": "x", "number": 1.5, "rating": "up"}',
        b'{"conversation": "x", "number": 1e400, "rating": "up"}',
        b'{"conversation": "x", "number": 99999999999999999999, "rating": "up"}',
        b'{"conversation": {}, "number": 1, "rating": "up"}',
        b'{"conversation": "x", "number": 1, "rating": "up", "reason": 3}',
        b'{"conversation": "x", "number": 1, "rating": "up", "more": 3}',
    ],
)
def test_what_is_no_opinion_is_refused_in_one_line(records: Records, body: bytes) -> None:
    reply = Browser(records)("POST", "/feedback", headers=OWN, content=body)
    assert (reply.status_code, reply.text) == (400, ZH.bad_request)


def test_too_much_is_refused(records: Records) -> None:
    id, _ = records.add(ME, None, Turn("租金？", answer_to("租金？")))
    browser = Browser(records)
    said = {"conversation": id, "number": 1, "rating": "down", "correction": "哈" * 4001}
    reply = browser("POST", "/feedback?lang=en", headers=OWN, json=said)
    assert (reply.status_code, reply.text) == (
        400,
        "The text has 4001 characters, more than the limit of 4000. Shorten it and send it again",
    )
    assert browser("POST", "/feedback", headers=OWN, content=b"x" * 64_001).status_code == 413
    assert browser("POST", "/feedback", headers=OWN, json={**said, "correction": "😀" * 4000}).status_code == 200


def test_half_a_character_does_no_harm(records: Records) -> None:
    id, _ = records.add(ME, None, Turn("租金？", answer_to("租金？")))
    body = json.dumps({"conversation": id, "number": 1, "rating": "down", "correction": "\ud800"}).encode()
    assert Browser(records)("POST", "/feedback", headers=OWN, content=body).status_code == 200
    assert records.ratings(ME, id)[1].correction == "?"


def test_only_who_manages_gets_what_was_said(records: Records) -> None:
    id, _ = records.add(ME, None, Turn("租金？", answer_to("租金？")))
    records.add(ME, id, Turn("任务？", replace(answer_to("任务？"), query="")))
    records.rate(ME, id, 1, "up")
    records.rate(ME, id, 2, "down", correction="一百二十套")
    assert Browser(records)("GET", "/feedback.jsonl").status_code == 403
    manager = Browser(records, manages=True)
    good, drafts = manager("GET", "/feedback.jsonl"), manager("GET", "/feedback.jsonl?drafts=1")
    assert [json.loads(line)["answer"] for line in good.text.splitlines()] == ["租金为市场租金的60%。\n有效期5年。"]
    assert [json.loads(line)["answer"] for line in drafts.text.splitlines()] == ["一百二十套"]
    assert drafts.headers["content-disposition"] == 'attachment; filename="drafts.jsonl"'


# Evaluation ----------------------------------------------------------------------------------------------------


def test_the_page_of_evaluations_is_served_without_inline_code(records: Records) -> None:
    browser = Browser(records)
    reply = browser("GET", "/evaluation?lang=en&report=../../etc", headers={"cookie": "display=elder"})
    assert reply.status_code == 200
    assert "There is no result yet" in reply.text
    assert "style=" not in reply.text and "<style" not in reply.text
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert "/page/evaluation.css" in reply.text
    assert browser("GET", "/page/evaluation.css").headers["content-type"].startswith("text/css")
