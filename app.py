"""The page: questions, answers with their clauses, documents beside them. Start it with `python app.py`.

`build` ties `rag.answer` to Gradio and to the addresses of documents; `main` starts a server. What is shown is written
in `page/`. Nothing is loaded from elsewhere; what visitors ask is kept beside the index, for each of them alone.
"""

import errno
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from page import around, documents_routes, head, lost, record_routes, render, routes
from page.manage import Manager
from page.record import Records
from page.rights import may_change
from page.talk import Answers as Talks
from page.talk import Talk, keeping, recalled, recalling, reply, sent
from page.words import Words, of
from rag.clause import Document
from rag.errors import BadSetting, Language, PortInUse, RagError
from rag.settings import ROOT, Settings, load

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

_log = logging.getLogger(__name__)

_FONTS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif"]
_COLOURS = {
    "body_background_fill": "#f6f7f9",
    "body_background_fill_dark": "#11161d",
    "body_text_color": "#1c2430",
    "body_text_color_dark": "#e6e9ee",
}
"""Of the first paint, before style.css is there."""


class Answers(Talks, routes.Sources, Protocol):
    """What the page asks of `rag.answer.Answerer`."""

    settings: Settings

    def built(self) -> date:
        """The day as of which they are."""

    def documents(self) -> tuple[Document, ...]:
        """All documents, with their status today."""

    def examples(self, n: int = 4, of: Sequence[str] = ()) -> list[str]:
        """Questions that the documents, or those of these ids, answer."""


def build(
    answerer: Answers, settings: Settings, *, other: Answers | None = None, manager: Manager | None = None
) -> "FastAPI":
    """The page as a web application: `/` in the language of `settings`, `/en` or `/zh` in the other, documents at `/d/`.

    other    answers in the other language; None: `answerer` does, with its refusals and warnings in its own
    manager  adds and removes documents; None: they are listed only
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    routes.add_files(app)
    routes.add_documents(app, answerer, settings.language)
    routes.add_scope(app, answerer.documents, settings.language)
    records = Records(settings.index / "records.sqlite")
    record_routes.add_records(app, records, settings.language)
    record_routes.add_feedback(
        app, records, settings.language, partial(may_change, settings=settings.model_copy(update={"manage": "local"}))
    )
    record_routes.add_evaluation(app, ROOT / "eval" / "out", settings.language)
    documents_routes.add(app, answerer.documents, answerer.source, settings, manager)
    own = of(settings.language)
    built = Path(gr.__file__).parent / "templates" / "frontend"
    heads, files = dict[str, str](), dict[str, Path]()
    for words, path, one in ((of(own.other), f"/{own.other}/", other or answerer), (own, "/", answerer)):
        blocks = _blocks(one, words, records)
        modules = head.modules({one.get_block_name() for one in blocks.blocks.values()}, built)
        heads[path] = head.early(modules)
        files |= {f"{path}assets/{name}": built / "assets" / name for name in modules}
        _mount(app, blocks, words, path)
    app.add_middleware(head.Front, heads=heads, files=files)
    app.add_middleware(lost.Lost, language=settings.language)
    app.add_middleware(routes.Guard, language=settings.language)
    return app


def _mount(app: "FastAPI", blocks: "gr.Blocks", words: Words, path: str) -> None:
    """Serves a Gradio page as ours: no footer, no uploads, no calls home."""
    import gradio as gr

    gr.mount_gradio_app(
        app,
        blocks,
        path.rstrip("/") or "/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1b",
        favicon_path=str(routes.PAGE / "icon.svg") if path == "/" else None,
        theme=gr.themes.Base(font=_FONTS, font_mono=["ui-monospace", "monospace"]).set(**_COLOURS),
        head=head.styles(words),
    )


# The conversation ----------------------------------------------------------------------------------------------

_SENT = "(box, talk, sent) => [box, null, window.tiaomu?.sent?.() ?? '']"
_OFFERED = "(talk, sent) => [null, window.tiaomu?.sent?.() ?? '']"
_ARRIVED = "() => window.tiaomu?.arrived?.()"
"""Beside the question the browser sends what it alone knows: where to look, which turn is edited."""
_ON_LOAD = "(window.tiaomu ||= {}).ask = (question) => trigger('click', { question });"


class _Handlers(NamedTuple):
    """What answers the page's events."""

    ask: Callable[..., Iterator[tuple[Any, ...]]]
    arrive: Callable[..., tuple[Any, ...]]
    offer: Callable[..., Iterator[tuple[Any, ...]]]
    stop: Callable[..., None]


def _handlers(answerer: Answers, words: Words, records: Records) -> _Handlers:
    import gradio as gr

    running: dict[str, threading.Event] = {}

    def ask(question: str | None, before: Talk, told: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        session, stopped = str(request.session_hash), threading.Event()
        if earlier := running.get(session):  # one answer at a time: what comes later is what the visitor wants
            earlier.set()
        running[session] = stopped
        visitor = record_routes.visitor(request.cookies)
        kept = (keeping(records, visitor), stopped, recalling(records, visitor, words))
        try:
            for box, hint, turn, after in reply(answerer, words, question or "", before, sent(told), *kept):
                yield gr.skip() if box is None else box, hint, gr.skip() if turn is None else turn, after
        finally:
            if running.get(session) is stopped:
                del running[session]

    def arrive(request: gr.Request) -> tuple[Any, ...]:
        chosen = request.query_params.getlist("document")
        begin = render.welcome(answerer.documents(), answerer.built(), answerer.examples(4, chosen), words)
        id = request.query_params.get("c", "")
        if not id:
            return begin, gr.skip(), gr.skip(), gr.skip()
        told, html, talk = recalled(records, record_routes.visitor(request.cookies), id, words)
        return (begin, told, html, talk) if html else (begin, told, gr.skip(), gr.skip())

    def offer(before: Talk, told: str, event: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield from ask(str(event.question), before, told, request)

    def stop(request: gr.Request) -> None:
        if stopped := running.get(str(request.session_hash)):
            stopped.set()

    return _Handlers(ask, arrive, offer, stop)


def _blocks(answerer: Answers, words: Words, records: Records) -> "gr.Blocks":
    """The Gradio page in one language."""
    import gradio as gr

    on = _handlers(answerer, words, records)
    blocks = gr.Blocks(title=f"{words.brand} · {words.subtitle}", analytics_enabled=False, fill_width=True)
    still: dict[str, Any] = {"js_on_load": None, "apply_default_css": False}
    with blocks:
        talk = gr.State(Talk(), time_to_live=24 * 3600)
        told = gr.Textbox(visible=False)
        gr.HTML(around.header(words), elem_id="top", **still)
        gr.HTML('<div id="earlier" class="turns"></div>', elem_id="before", **still)
        welcome = gr.HTML("", elem_id="welcome", **still)  # apart: it may come after the first question
        now = gr.HTML("", js_on_load=_ON_LOAD, apply_default_css=False, elem_id="now")
        with gr.Column(elem_id="composer"):
            hint = gr.HTML("", elem_id="hint", **still)
            gr.HTML(around.scope_line(words), elem_id="scope", **still)
            with gr.Row(elem_id="asking"):
                says: dict[str, Any] = {"label": words.question, "placeholder": words.placeholder, "show_label": False}
                box = gr.Textbox(**says, max_lines=6, container=False, autofocus=True, elem_id="question")
                send = gr.Button(words.send, variant="primary", elem_id="send")
                halt = gr.Button(words.stop, elem_id="stop")
        gr.HTML(around.panel(words) + around.drawer(words) + around.rating_form(words), elem_id="aside", **still)
        outputs = [box, hint, now, talk]
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        shared: dict[str, Any] = {**hidden, "trigger_mode": "once", "concurrency_limit": 4, "concurrency_id": "ask"}
        gr.on([send.click, box.submit], on.ask, [box, talk, told], outputs, js=_SENT, **shared)
        now.click(on.offer, [talk, told], outputs, js=_OFFERED, **shared)
        halt.click(on.stop, queue=False, **hidden)
        blocks.load(on.arrive, None, [welcome, hint, now, talk], queue=False, **hidden).then(
            None, js=_ARRIVED, **hidden
        )
        blocks.unload(on.stop)
    blocks.queue(max_size=64)
    return blocks


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
    """A socket that listens at the page's address; PortInUse or BadSetting where there can be none.

    Who calls before the page is built waits in its queue instead of being turned away. It is said to be TCP, or asyncio
    would let a reply's body wait, some 40 ms, until its head is acknowledged.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(128)
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
    other = answerer.with_settings(translated)
    app = build(answerer, settings, other=other, manager=Manager(answerer))
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
