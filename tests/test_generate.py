import os
import subprocess
import sys
import time

import pytest
from endpoint import breaks_off, drips, fails, gives, hangs, says, serving

from rag import settings
from rag.errors import MissingExtra, ModelFault, ModelRefused, ModelUnreachable
from rag.generate import stream, write
from rag.settings import ROOT, Settings

MESSAGES = [("system", "只根据资料回答。"), ("user", "比例是多少？")]


def using(url: str, timeout: float = 10.0) -> Settings:
    return settings.load({}, llm_url=url, llm_model="toy", llm_key="secret", llm_timeout=timeout)


def test_the_whole_answer() -> None:
    with serving(says("达30%", "[1]。")) as endpoint:
        assert write(MESSAGES, using(endpoint.url)) == "达30%[1]。"
    sent = endpoint.requests[0]
    assert sent["messages"] == [
        {"content": "只根据资料回答。", "role": "system"},
        {"content": "比例是多少？", "role": "user"},
    ]
    assert (sent["model"], sent["temperature"]) == ("toy", 0)
    assert endpoint.headers[0]["authorization"] == "Bearer secret"


def test_the_answer_in_parts_as_they_come() -> None:
    with serving(says("达30%", "[1]", "。")) as endpoint:
        assert list(stream(MESSAGES, using(endpoint.url))) == ["达30%", "[1]", "。"]
    assert endpoint.requests[0]["stream"] is True


@pytest.mark.parametrize("once", [fails(500), fails(429), fails(503)])
def test_what_may_pass_is_tried_again(once) -> None:
    with serving(once, says("好。")) as endpoint:
        assert write(MESSAGES, using(endpoint.url)) == "好。"
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("status", [429, 500, 502])
def test_an_endpoint_that_stays_busy_or_broken_is_unreachable(status: int) -> None:
    with serving(fails(status)) as endpoint:
        for ask in (write, lambda *given: list(stream(*given))):
            with pytest.raises(ModelUnreachable, match=f"HTTP {status}"):
                ask(MESSAGES, using(endpoint.url))
    assert len(endpoint.requests) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_an_endpoint_that_says_no_is_not_asked_again(status: int) -> None:
    with serving(fails(status)) as endpoint:
        for ask in (write, lambda *given: list(stream(*given))):
            with pytest.raises(ModelRefused, match=f"HTTP {status}"):
                ask(MESSAGES, using(endpoint.url))
    assert len(endpoint.requests) == 2


GARBAGE = [
    gives("{not json"),
    gives("[]"),
    gives("{}"),
    gives('{"choices": []}'),
    gives('{"choices": [{"index": 0}]}'),
    gives('"text"'),
    gives("<html>login</html>", "text/html"),
]


@pytest.mark.parametrize("reply", GARBAGE)
def test_what_is_no_chat_completion_is_refused(reply) -> None:
    with serving(reply) as endpoint, pytest.raises(ModelRefused):
        write(MESSAGES, using(endpoint.url))


@pytest.mark.parametrize(
    "body", ["data: {not json\n\n", "data: [DONE]\n\n", "", 'data: {"choices": []}\n\n', "data: 5\n\n"]
)
def test_a_stream_of_something_else_is_refused(body: str) -> None:
    with serving(gives(body, "text/event-stream")) as endpoint, pytest.raises(ModelRefused):
        list(stream(MESSAGES, using(endpoint.url)))


@pytest.mark.parametrize("parts", [(), ("",), (" ", "\n")])
def test_an_empty_answer_is_refused(parts: tuple[str, ...]) -> None:
    with serving(says(*parts)) as endpoint:
        with pytest.raises(ModelRefused, match="空"):
            write(MESSAGES, using(endpoint.url))
        with pytest.raises(ModelRefused, match="空"):
            list(stream(MESSAGES, using(endpoint.url)))


def test_an_endpoint_that_hangs_is_given_up() -> None:
    began = time.monotonic()
    with serving(hangs) as endpoint, pytest.raises(ModelUnreachable) as caught:
        write(MESSAGES, using(endpoint.url, timeout=0.2))
    assert time.monotonic() - began < 5
    assert caught.value.message("zh") == f"语言模型 {endpoint.url} 没有响应：0.2 秒内没有答完"
    assert caught.value.message("en").endswith("did not answer: no complete answer within 0.2 s")


def test_a_stream_without_end_is_given_up() -> None:
    seen = []
    with serving(drips) as endpoint, pytest.raises(ModelUnreachable, match="没有答完"):
        seen.extend(stream(MESSAGES, using(endpoint.url, timeout=0.4)))
    assert set(seen) <= {"再"}


def test_a_stream_that_breaks_off_says_so_after_what_came() -> None:
    seen = []
    with serving(breaks_off) as endpoint, pytest.raises(ModelUnreachable):
        for part in stream(MESSAGES, using(endpoint.url)):
            seen += [part]
    assert seen == ["前半句"]


def test_nobody_there() -> None:
    with serving(says("")) as endpoint:
        gone = endpoint.url
    with pytest.raises(ModelUnreachable, match="无法连接"):
        write(MESSAGES, using(gone))


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://127.0.0.1/v1", "http://[::1"])
def test_what_is_no_address_is_a_fault_of_the_model(url: str) -> None:
    with pytest.raises(ModelFault):
        write(MESSAGES, using(url))


def test_a_password_in_the_address_is_not_shown() -> None:
    with serving(fails(401)) as endpoint, pytest.raises(ModelRefused) as caught:
        write(MESSAGES, using(endpoint.url.replace("//", "//me:hidden@")))
    assert "hidden" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_proxy_and_tracing_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_PROXY", "OPENAI_BASE_URL", "LANGSMITH_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "x")
    with serving(says("好。")) as endpoint:
        assert write(MESSAGES, using(endpoint.url)) == "好。"
        assert list(stream(MESSAGES, using(endpoint.url))) == ["好。"]


def test_without_the_extra_its_name_is_given() -> None:
    script = (
        "import sys; sys.modules['langchain_openai'] = None\n"
        "from rag import generate, settings\n"
        "try: generate.write([], settings.load({}, llm_url='http://127.0.0.1:9/v1'))\n"
        "except generate.MissingExtra as error: print(error.facts['extra'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "llm\n"
    assert ".[llm]" in MissingExtra(purpose="x", extra="llm").message()


def test_a_key_in_the_address_is_not_shown() -> None:
    with serving(fails(401)) as endpoint, pytest.raises(ModelRefused) as refusal:
        write([("user", "?")], settings.load({}, llm_url=f"{endpoint.url}?api_key=GEHEIM", llm_model="m"))
    assert "GEHEIM" not in refusal.value.message()
    assert endpoint.url in refusal.value.message()
