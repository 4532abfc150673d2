"""The page: questions, answers with their clauses, documents beside them. Start it with `python app.py`.

`build` ties `rag.answer` to Gradio and to the addresses of documents; `main` starts a server. What is shown is written
in `page/`. Nothing is loaded from elsewhere, nothing about visitors is kept but the open conversation.
"""

import errno
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from page import documents_routes, frame, render, routes
from page.manage import Manager
from page.words import Words, of
from rag.clause import Answer, Document, DocumentId, Filters, Parsed
from rag.errors import BadSetting, Language, PortInUse, QuestionFault, RagError
from rag.settings import Settings, load

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

_log = logging.getLogger(__name__)

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
    answerer: Answers,
    settings: Settings,
    *,
    other: Answers | None = None,
    as_of: date | None = None,
    manager: Manager | None = None,
) -> "FastAPI":
    """The page as a web application: `/` in the language of `settings`, `/en` or `/zh` in the other, documents at `/d/`.

    other  answers in the other language; None: `answerer` does, with its refusals and warnings in its own
    as_of  the day that the documents were collected; None: today
    manager  adds and removes documents; None: they are listed only
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    routes.add_files(app)
    routes.add_documents(app, answerer.source, settings.language)
    documents_routes.add(app, answerer.documents, answerer.source, settings, manager)
    own = of(settings.language)
    for words, path, one in ((of(own.other), f"/{own.other}", other or answerer), (own, "/", answerer)):
        gr.mount_gradio_app(
            app,
            _blocks(one, words, as_of or date.today()),
            path,
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size="1b",
            favicon_path=str(routes.PAGE / "icon.svg") if path == "/" else None,
            theme=gr.themes.Base(font=_FONTS, font_mono=["ui-monospace", "monospace"]).set(**_COLOURS),
            head=_head(words),
        )
    app.add_middleware(routes.Guard, language=settings.language)
    return app


def _head(words: Words) -> str:
    """What stands in the page's head: our own style, script and icon, named by their age so that none is outdated."""
    age = {name: int((routes.PAGE / name).stat().st_mtime) for name in routes.SERVED}
    return (
        f'<meta name="description" content="{words.welcome}"><meta name="color-scheme" content="light dark">'
        f'<link rel="icon" type="image/svg+xml" href="/page/icon.svg?{age["icon.svg"]}">'
        f'<link rel="stylesheet" href="/page/style.css?{age["style.css"]}">'
        f'<script src="/page/display.js?{age["display.js"]}"></script>'
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
            gr.HTML(frame.navigation(words, "ask") + frame.elder(words) + render.switch(words), elem_id="ways", **still)
        talk = gr.HTML(begin, js_on_load=_ON_LOAD, apply_default_css=False, elem_id="talk")
        with gr.Row(elem_id="composer"):
            says: dict[str, Any] = {"label": words.question, "placeholder": words.placeholder}
            box = gr.Textbox(**says, max_lines=6, show_label=False, container=False, autofocus=True, elem_id="question")
            send = gr.Button(words.send, variant="primary", elem_id="send")
        gr.HTML(render.panel(words), elem_id="aside", **still)
        outputs = [box, talk, turns]
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        shared: dict[str, Any] = {**hidden, "trigger_mode": "once", "concurrency_limit": 4, "concurrency_id": "ask"}
        gr.on([send.click, box.submit], ask, [box, turns], outputs, **shared)
        talk.click(offer, [turns], outputs, **shared)
        # A fresh page: `cancels` waits for the model's next word, up to its timeout, and takes no question meanwhile.
        new.click(None, js="() => location.assign(location.pathname)", **hidden)
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

    Who calls before the page is built waits in its queue instead of being turned away.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
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
    day = date.fromisoformat(answerer.index.manifest.created[:10])
    app = build(answerer, settings, other=other, as_of=day, manager=Manager(answerer))
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
