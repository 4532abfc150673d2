"""Messages → a model's answer, from an OpenAI-compatible endpoint; decides nothing about what it says.

Every way to fail is one of two errors, told apart by type: ModelUnreachable (a retry may help) and ModelRefused (it
does not). The endpoint is called directly: no proxy of the environment, no redirect, no tracing.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.errors import MissingExtra, ModelFault, ModelRefused, ModelUnreachable, Phrase
from rag.prompt import Message, token_ids
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

_LONGEST = 20_000
"""Characters of an answer; what a model says beyond is not waited for."""
_RETRIES = 1
_TIMEOUT = Phrase("{seconds} 秒内没有答完", "no complete answer within {seconds} s")
_NO_CONNECTION = Phrase("无法连接", "no connection")
_BROKEN_OFF = Phrase("回答中断", "the answer broke off")
_EMPTY = Phrase("回答是空的", "the answer is empty")
_NO_ADDRESS = Phrase("这不是 http:// 或 https:// 开头的地址", "this is not an address of the form http://…")
_MALFORMED = Phrase("返回的内容不是对话接口的格式", "what came back is not in the form of a chat completion")


def write(messages: Sequence[Message], settings: Settings) -> str:
    """The model's whole answer, not empty.

    Raises ModelUnreachable, ModelRefused; MissingExtra where langchain-openai is not installed. Takes at most
    `llm_timeout` seconds an attempt, two attempts.
    """
    with _endpoint(settings, streaming=False) as model:
        text = _text(model.invoke(list(messages)))
        if not text.strip():
            raise ModelRefused(url=_shown(settings), reason=_EMPTY)
        return text[:_LONGEST]


def stream(messages: Sequence[Message], settings: Settings) -> Iterator[str]:
    """The model's answer in parts as they come, none empty; together not empty.

    Raises as `write` does, also in the middle. Ends in ModelUnreachable after `llm_timeout` seconds in all.
    """
    length, is_blank = 0, True
    with _endpoint(settings, streaming=True) as model:
        began = time.monotonic()
        for part in model.stream(list(messages)):
            if time.monotonic() - began > settings.llm_timeout:
                raise ModelUnreachable(url=_shown(settings), reason=_late(settings))
            if text := _text(part):
                length += len(text)
                is_blank = is_blank and not text.strip()
                yield text
            if length > _LONGEST:
                return
        if is_blank:
            raise ModelRefused(url=_shown(settings), reason=_EMPTY)


@contextmanager
def _endpoint(settings: Settings, *, streaming: bool) -> Iterator["ChatOpenAI"]:
    """A client whose failures inside the block become ours; closed behind it."""
    try:
        import httpx
        import openai
        from langchain_openai import ChatOpenAI
        from langsmith import tracing_context
    except ImportError:
        raise MissingExtra(purpose=Phrase("语言模型", "A language model"), extra="llm") from None
    url = _shown(settings)
    if not re.fullmatch(
        r"https?://([^/@\s]*@)?(\[[\da-fA-F:.]+\]|[^\s/:@\[\]]+)(:\d{1,5})?(/\S*)?", settings.llm_url or ""
    ):
        raise ModelRefused(url=url, reason=_NO_ADDRESS)
    try:
        with httpx.Client(trust_env=False, timeout=settings.llm_timeout) as client, tracing_context(enabled=False):
            yield ChatOpenAI(
                base_url=settings.llm_url,
                model=settings.llm_model,
                api_key=settings.llm_key,
                timeout=settings.llm_timeout,
                max_retries=_RETRIES,
                temperature=0,
                streaming=streaming,
                stream_usage=False,
                use_responses_api=False,
                organization="",
                openai_proxy="",
                http_client=client,
                custom_get_token_ids=token_ids,
            )
    except ModelFault:
        raise
    except (openai.APITimeoutError, httpx.TimeoutException):
        raise ModelUnreachable(url=url, reason=_late(settings)) from None
    except openai.APIConnectionError:
        raise ModelUnreachable(url=url, reason=_NO_CONNECTION) from None
    except httpx.TransportError:
        raise ModelUnreachable(url=url, reason=_BROKEN_OFF) from None
    except (openai.RateLimitError, openai.InternalServerError) as error:
        raise ModelUnreachable(url=url, reason=f"HTTP {error.status_code}") from None
    except openai.APIStatusError as error:
        raise ModelRefused(url=url, reason=f"HTTP {error.status_code}") from None
    except (openai.OpenAIError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ModelRefused(url=url, reason=_MALFORMED) from error


def _text(message: object) -> str:
    """The words of a message; of content in parts those that are text."""
    content = getattr(message, "content", "")
    if isinstance(content, str):
        return content
    return "".join(part if isinstance(part, str) else str(part.get("text", "")) for part in content)


def _late(settings: Settings) -> Phrase:
    seconds = f"{settings.llm_timeout:g}"
    return Phrase(*(words.format(seconds=seconds) for words in _TIMEOUT))


def _shown(settings: Settings) -> str:
    """The endpoint's address without name, password and query, which may be secrets."""
    return re.sub(r"//[^/@]*@", "//", settings.llm_url or "").partition("?")[0].partition("#")[0]
