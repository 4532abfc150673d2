"""The page as it is served: the conversation, the addresses, the start, and a real browser."""

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from page import words
from page.render import address
from rag.errors import BadSetting, PortInUse
from rag.settings import Settings, load
from tests.browsing import served
from tests.standin import HOSTILE, RULES, Standin, cited, tasks

ROOT = Path(__file__).resolve().parent.parent
ZH = words.of("zh")


def settings(**given: object) -> Settings:
    return load({}, **given)


# The addresses -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served() as address:
        yield address


def get(address: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and text; no redirect is followed."""
    import httpx

    reply = httpx.get(address, timeout=20, trust_env=False)
    return reply.status_code, dict(reply.headers), reply.text


def test_the_page_is_served_in_both_languages(base: str) -> None:
    zh, en = get(f"{base}/"), get(f"{base}/en/")
    assert (zh[0], en[0]) == (200, 200)
    assert ZH.welcome in zh[2] and words.of("en").welcome in en[2]
    assert get(f"{base}/?lang=zh")[0] == 200
    moved = get(f"{base}/?lang=en")
    assert (moved[0], moved[1]["location"]) == (307, "/en/")
    assert get(f"{base}/?lang=//evil.example/")[0] == 200


def test_every_reply_is_guarded(base: str) -> None:
    for path in ("/", "/en/", "/d/x", "/page/style.css", "/page/nothing", "/config"):
        _, headers, _ = get(base + path)
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert re.match(r"default-src '(self|none)'; ", headers["content-security-policy"]), path
        assert "http" not in headers["content-security-policy"], path
    assert "script-src 'self';" in get(f"{base}/d/x")[1]["content-security-policy"]


def test_nothing_can_be_uploaded(base: str) -> None:
    import httpx

    for size, path in ((100, "/gradio_api/upload"), (2_000_000, "/gradio_api/queue/join")):
        sent = httpx.post(base + path, files={"files": ("a.txt", b"a" * size)}, timeout=20, trust_env=False)
        assert sent.status_code == 413, path


def test_a_citation_opens_its_document_without_a_script(base: str) -> None:
    citation = cited(1, tasks(), 3, "筹集120套")
    status, headers, html = get(base + address(citation, ZH).replace("&amp;", "&"))
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert '<mark id="quote" tabindex="-1">筹集120套</mark>' in html
    assert html.startswith("<!doctype html>")
    assert HOSTILE not in html


def test_a_part_is_the_document_alone(base: str) -> None:
    _, _, html = get(f"{base}/d/{RULES}?part=1&lang=en")
    assert html.startswith(
        '<article class="document" data-line="甲府规〔2024〕3号 · 2024-03-18 · In force" '
        'data-address="/d/%E7%94%B2%E5%BA%9C%E8%A7%84%E3%80%942024%E3%80%953%E5%8F%B7?lang=en">'
    )


@pytest.mark.parametrize("path", ["nothing", "..%2f..%2fetc%2fpasswd", "<script>", "%00"])
def test_a_document_that_is_not_there_is_told_in_words(base: str, path: str) -> None:
    status, _, html = get(f"{base}/d/x/{path}")
    assert status == 404
    assert "没有这份文件" in html
    assert '<a href="/documents?lang=zh">' in html and '<a href="/?lang=zh">' in html
    assert {one.split()[1] for one in re.findall(r"<script[^>]*>", html)} == {
        f'src="/page/{name}.js"{end}' for name, end in (("display", ">"), ("clipboard", ""), ("source", ""))
    }


@pytest.mark.parametrize("path", ["/foo", "/foo/bar", "/documents/x", "/page/nothing", "/gradio_api/foo"])
def test_an_address_where_nothing_is_leads_a_reader_home_and_tells_a_program_so(base: str, path: str) -> None:
    import httpx

    asked = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "cookie": "display=elder"}
    reply = httpx.get(base + path, headers=asked, timeout=20, trust_env=False)
    assert (reply.status_code, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<h1>没有这个页面</h1>" in reply.text and '<a href="/?lang=zh">回到首页提问</a>' in reply.text
    assert '<html lang="zh-CN" class="elder">' in reply.text
    plain = httpx.get(base + path, timeout=20, trust_env=False)
    assert plain.status_code == 404
    assert plain.text in ('{"detail":"Not Found"}', "")


@pytest.mark.parametrize("path", ["/en/foo", "/foo?lang=en"])
def test_an_address_names_the_language_in_which_it_is_told(base: str, path: str) -> None:
    import httpx

    reply = httpx.get(base + path, headers={"accept": "text/html"}, timeout=20, trust_env=False)
    assert '<a href="/?lang=en">Ask a question on the first page</a>' in reply.text


def test_an_offset_that_is_no_number_is_refused(base: str) -> None:
    assert get(f"{base}/d/{RULES}?start=<script>")[0] == 200
    assert get(f"{base}/d/{RULES}?start=-5&end=999999999999999999999999")[0] == 200


# The start -----------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_named_with_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"端口 {port} 已被占用。换一个端口：RAG_PORT="):
            app.bound(settings(port=port))


def test_the_body_of_a_reply_does_not_wait_for_its_head_to_be_acknowledged() -> None:
    async def connected() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer = writer.get_extra_info("socket")
            found.set_result(peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = app.bound(settings().model_copy(update={"port": 0}))
        async with await asyncio.start_server(met, sock=listener):
            with socket.create_connection(listener.getsockname()):
                return await found

    assert asyncio.run(connected()) != 0


def test_an_address_that_is_not_ours_is_a_setting_to_correct() -> None:
    with pytest.raises(BadSetting, match="RAG_HOST"):
        app.bound(settings(host="192.0.2.1", port=7860))


def test_the_start_fails_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("RAG_PORT", str(free.getsockname()[1]))
    monkeypatch.setenv("RAG_INDEX", str(tmp_path))
    assert app.main() == 1
    assert capsys.readouterr().err == f"{tmp_path} 里没有索引。请先建立：rag index 文件夹 --index {tmp_path}\n"
    monkeypatch.setenv("RAG_PROT", "1")
    assert app.main() == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_failure_to_warm_up_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    answerer = Standin(settings())
    answerer.examples = lambda n=4: ["模型？"]  # type: ignore[method-assign]
    app.warm(answerer)
    assert "向量模型 甲 无法载入" in caplog.text
