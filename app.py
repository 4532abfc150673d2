"""The page: questions, answers with their clauses, documents beside them. Start it with `python app.py`.

`build` ties `rag.answer` to Gradio and to the addresses of documents; `main` starts a server. What is shown is written
in `page/`. Nothing is loaded from elsewhere, nothing about visitors is kept but the open conversation.
"""

import contextlib
import errno
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

from page import render, source
from page.words import Words, of
from rag.clause import Answer, Document, DocumentId, Filters, Parsed
from rag.errors import BadSetting, Language, PortInUse, QuestionFault, RagError
from rag.settings import Settings, load

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)

_PAGE = Path(__file__).resolve().parent / "page"
_SERVED = {"style.css": "text/css", "script.js": "text/javascript", "icon.svg": "image/svg+xml"}
_TURNS = 30
"""Turns of a conversation that are kept."""
_FONTS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif"]
_State = tuple[str, str, tuple[render.Turn, ...]]
"""What the box holds, the conversation as HTML, its turns."""
_COLOURS = {
    "body_background_fill": "#f6f7f9",
    "body_background_fill_dark": "#11161d",
    "body_text_color": "#1c2430",
    "body_text_color_dark": "#e6e9ee",
}
"""Of the first paint, before style.css is there."""
_STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# Gradio compiles its templates in the browser: it needs inline scripts and eval, but nothing from elsewhere.
_GRADIO = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Answers(Protocol):
    """What the page asks of `rag.answer.Answerer`."""

    settings: Settings

    def stream(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Iterator[Answer]:
        """Growing answers; the last is complete."""

    def documents(self) -> tuple[Document, ...]:
        """All documents, with their status today."""

    def source(self, document: DocumentId) -> Parsed:
        """A document with its text; KeyError where there is none."""

    def examples(self, n: int = 4) -> list[str]:
        """Questions that the documents answer."""


def build(
    answerer: Answers, settings: Settings, *, other: Answers | None = None, as_of: date | None = None
) -> "FastAPI":
    """The page as a web application: `/` in the language of `settings`, `/en` or `/zh` in the other, documents at `/d/`.

    other  answers in the other language; None: `answerer` does, with its refusals and warnings in its own
    as_of  the day that the documents were collected; None: today
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _add_files(app)
    _add_documents(app, answerer, settings.language)
    own = of(settings.language)
    for words, path, one in ((of(own.other), f"/{own.other}", other or answerer), (own, "/", answerer)):
        gr.mount_gradio_app(
            app,
            _blocks(one, words, as_of or date.today()),
            path,
            footer_links=[],
            run_history=False,
            show_error=False,
            favicon_path=str(_PAGE / "icon.svg") if path == "/" else None,
            theme=gr.themes.Base(font=_FONTS, font_mono=["ui-monospace", "monospace"]).set(**_COLOURS),
            head=_head(words),
        )
    app.add_middleware(_Guard, language=settings.language)
    return app


def _head(words: Words) -> str:
    """What stands in the page's head: our own style, script and icon, named by their age so that none is outdated."""
    age = {name: int((_PAGE / name).stat().st_mtime) for name in _SERVED}
    return (
        f'<meta name="description" content="{words.welcome}"><meta name="color-scheme" content="light dark">'
        f'<link rel="icon" type="image/svg+xml" href="/page/icon.svg?{age["icon.svg"]}">'
        f'<link rel="stylesheet" href="/page/style.css?{age["style.css"]}">'
        f'<script src="/page/script.js?{age["script.js"]}"></script>'
    )


# The conversation ----------------------------------------------------------------------------------------------

_ON_LOAD = """element.addEventListener('click', (event) => {
  const offer = event.target.closest('[data-ask]');
  if (offer) trigger('click', { question: offer.dataset.ask });
});"""


def _blocks(answerer: Answers, words: Words, as_of: date) -> "gr.Blocks":
    """The Gradio page in one language."""
    import gradio as gr

    still: dict[str, Any] = {"js_on_load": None, "apply_default_css": False}
    begin = render.welcome(answerer.documents(), as_of, answerer.examples(4), words)

    def ask(question: str | None, turns: tuple[render.Turn, ...]) -> Iterator[_State]:
        yield from reply(answerer, words, question or "", turns)

    def offer(turns: tuple[render.Turn, ...], event: gr.EventData) -> Iterator[_State]:
        yield from ask(str(event.question), turns)

    blocks = gr.Blocks(title=f"{words.brand} · {words.subtitle}", analytics_enabled=False, fill_width=True)
    with blocks:
        turns = gr.State((), time_to_live=24 * 3600)
        with gr.Row(elem_id="top"):
            gr.HTML(render.header(words), elem_id="name", **still)
            new = gr.Button(words.new, elem_id="new", size="sm")
            gr.HTML(render.switch(words), elem_id="language", **still)
        talk = gr.HTML(begin, js_on_load=_ON_LOAD, apply_default_css=False, elem_id="talk")
        with gr.Row(elem_id="composer"):
            box = gr.Textbox(
                label=words.question,
                placeholder=words.placeholder,
                lines=1,
                max_lines=6,
                show_label=False,
                container=False,
                autofocus=True,
                elem_id="question",
            )
            send = gr.Button(words.send, variant="primary", elem_id="send")
        gr.HTML(render.panel(words), elem_id="aside", **still)
        outputs = [box, talk, turns]
        shared: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "once", "api_visibility": "private"}
        shared |= {"concurrency_limit": 4, "concurrency_id": "ask"}
        asked = gr.on([send.click, box.submit], ask, [box, turns], outputs, **shared)
        offered = talk.click(offer, [turns], outputs, **shared)
        new.click(
            lambda: ("", begin, ()),
            None,
            outputs,
            show_progress="hidden",
            queue=False,
            cancels=[asked, offered],
            api_visibility="private",
        )
    blocks.queue(max_size=64)
    return blocks


def reply(answerer: Answers, words: Words, question: str, turns: tuple[render.Turn, ...]) -> Iterator[_State]:
    """The states of the page while a question is answered: what the box holds, the conversation, its turns.

    What is no question stays in the box and leaves no turn. No error leaves this function.
    """
    earlier = [turn.question for turn in turns if turn.answer is not None]
    before = turns[1 - _TURNS :]
    pending = render.Turn(question)
    yield "", render.conversation((*before, pending), words) if question.strip() else "", before
    language = answerer.settings.language
    try:
        for answer in answerer.stream(question, earlier):
            pending = render.Turn(question, answer, complete=False)
            yield "", render.conversation((*before, pending), words), before
        pending = render.Turn(question, pending.answer)
    except QuestionFault as fault:
        yield question, render.conversation(turns, words, fault.message(language)), turns
        return
    except RagError as fault:
        _log.warning("%s", fault)
        pending = render.Turn(question, fault=fault.message(language))
    except Exception:  # noqa: BLE001 the page's outermost edge: the visitor gets one line, the log the rest
        _log.exception("no answer to a question of %d characters", len(question))
        pending = render.Turn(question, fault=words.failed)
    after = (*before, pending)
    yield "", render.conversation(after, words), after


# Documents and files -------------------------------------------------------------------------------------------


def _add_files(app: "FastAPI") -> None:
    """Our own style, script and icon."""
    from fastapi import Response

    held = {name: (_PAGE / name).read_bytes() for name in _SERVED}

    @app.get("/page/{name}")
    def file(name: str) -> Response:
        if name not in held:
            return Response(status_code=404)
        return Response(held[name], media_type=_SERVED[name], headers={"cache-control": "max-age=3600"})


def _add_documents(app: "FastAPI", answerer: Answers, default: Language) -> None:
    """A document as a page of its own, or as a part for the panel."""
    from fastapi import Response
    from fastapi.responses import HTMLResponse

    @app.get("/d/{document:path}")
    def document(document: str, start: str = "", end: str = "", lang: str = default, part: str = "") -> Response:
        words = of("en" if lang == "en" else "zh")
        span = (_offset(start), _offset(end))
        title, status = words.lost_title, 404
        body = f'<article class="document lost"><h1>{words.lost_title}</h1><p>{words.lost}</p></article>'
        with contextlib.suppress(KeyError):
            parsed = answerer.source(DocumentId(document))
            body, title, status = source.document(parsed, span, words), parsed.document.title, 200
        html = body if part else render.document_page(title, body, words)
        return HTMLResponse(html, status, headers={"content-security-policy": _STRICT, "cache-control": "no-store"})


def _offset(text: str) -> int:
    """An offset out of an address; 0, which marks nothing, where it is none."""
    return int(text) if text.isdecimal() and len(text) <= 9 else 0


class _Guard:
    """Sets the security headers of every reply, and leads `?lang=` to the page in that language."""

    def __init__(self, app: "ASGIApp", language: Language) -> None:
        self.app, self.language = app, language

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        async def guarded(message: "Message") -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                wanted = {**_HEADERS, "content-security-policy": _GRADIO}
                added = [(k.encode(), v.encode()) for k, v in wanted.items() if k.encode() not in present]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        target = self._elsewhere(scope) if scope["type"] == "http" else None
        if target is None:
            await self.app(scope, receive, guarded)
            return
        from starlette.responses import RedirectResponse

        await RedirectResponse(target)(scope, receive, guarded)

    def _elsewhere(self, scope: "Scope") -> str | None:
        """Where a page asked for in the other language lies."""
        wanted = parse_qs(scope["query_string"].decode("ascii", "replace")).get("lang", [""])[0]
        if scope["path"] == "/" and wanted in ("zh", "en") and wanted != self.language:
            return f"/{wanted}/"
        return None


# The server ----------------------------------------------------------------------------------------------------


def main() -> int:
    """Serves the page until it is stopped; 1 and one line on standard error where it cannot."""
    began = time.perf_counter()
    language: Language = "zh"
    try:
        settings = load()
        language = settings.language
        logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
        with bound(settings) as listener:
            _serve(settings, listener, began)
    except RagError as fault:
        sys.stderr.write(fault.message(language) + "\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def bound(settings: Settings) -> socket.socket:
    """A socket at the page's address, not yet listening; PortInUse or BadSetting where there can be none."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port=settings.port, other=settings.port % 65535 + 1) from None
        name = "RAG_PORT" if error.errno == errno.EACCES else "RAG_HOST"
        value = settings.port if name == "RAG_PORT" else settings.host
        raise BadSetting(name=name, value=value, reason=error.strerror or str(error)) from None
    return listener


def _serve(settings: Settings, listener: socket.socket, began: float) -> None:
    """Opens the index, serves at the socket, loads the model meanwhile."""
    from rag.answer import Answerer

    answerer = Answerer.open(settings)
    translated = settings.model_copy(update={"language": of(settings.language).other})
    other = Answerer(answerer.index, answerer.retriever.embedder, translated)
    app = build(answerer, settings, other=other, as_of=date.fromisoformat(answerer.index.manifest.created[:10]))
    import uvicorn

    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    sys.stdout.write(f"条目 http://{host}:{settings.port}/  ({time.perf_counter() - began:.1f} s)\n")
    sys.stdout.flush()
    threading.Thread(target=warm, args=(answerer,), name="warm", daemon=True).start()
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    uvicorn.Server(config).run(sockets=[listener])


def warm(answerer: Answers) -> None:
    """Asks an example once, so that the first visitor does not wait for the model; a failure is logged."""
    try:
        for example in answerer.examples(1):
            *_, _last = answerer.stream(example)
    except (RagError, OSError, RuntimeError) as error:
        _log.error("%s", error)


if __name__ == "__main__":
    sys.exit(main())
