"""The addresses beside Gradio's own: documents at `/d/`, our files at `/page/`, and what every reply carries.

Pages of their own allow no script but ours at /page/; Gradio's pages may use their own, and nothing from elsewhere.
"""

import contextlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, quote, urlencode

from page import frame, scope, source
from page.record_routes import VISITOR, visitor
from page.words import Words, of
from rag.clause import Document, DocumentId, Parsed
from rag.errors import Language
from rag.load import LIMIT, content, is_packed
from rag.relate import Tie

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE = Path(__file__).resolve().parent
SERVED = {
    "style.css": "text/css",
    "evaluation.css": "text/css",
    "record.css": "text/css",
    "page.js": "text/javascript",
    "panel.js": "text/javascript",
    "drawer.js": "text/javascript",
    "turns.js": "text/javascript",
    "source.js": "text/javascript",
    "clipboard.js": "text/javascript",
    "display.js": "text/javascript",
    "documents.css": "text/css",
    "documents.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""Our files, each with its media type."""
STRICT = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
"""What a page of our own allows: our style and script, nothing else."""
# Gradio compiles its templates in the browser: it needs inline scripts and eval, but nothing from elsewhere.
_GRADIO = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_YEAR = 365 * 24 * 3600
_SHOWN = 80
"""Characters that are repeated of the name of a document that is not there."""
_BODY = 1_000_000
"""Bytes of a request's body beyond which it is refused: a question of 100,000 characters takes a third of that."""
FILES = "/documents/files/"
"""Where files are uploaded to: a body there may be as large as a file that is read."""
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


def add_files(app: "FastAPI") -> None:
    """Our own style, script and icon."""
    from fastapi import Response

    held = {name: (PAGE / name).read_bytes() for name in SERVED}

    @app.get("/page/{name}")
    def file(name: str) -> Response:
        if name not in held:
            return Response(status_code=404)
        return Response(held[name], media_type=SERVED[name], headers={"cache-control": "max-age=3600"})


def add_scope(app: "FastAPI", documents: Callable[[], Sequence[Document]], default: Language) -> None:
    """The form of where to look, as a part for the drawer, with the numbers of what is left by what is chosen."""
    from fastapi import Request
    from fastapi.responses import HTMLResponse

    @app.get("/scope")
    def scope_form(request: Request, lang: str = default) -> HTMLResponse:
        words, asked = of("en" if lang == "en" else "zh"), request.query_params
        chosen = scope.chosen({name: asked.getlist(name) for name in asked})
        return HTMLResponse(scope.form(documents(), words, chosen), headers={"cache-control": "no-store"})


class Sources(Protocol):
    """What documents are shown from; `rag.answer.Answerer` is it."""

    def source(self, document: DocumentId) -> Parsed:
        """A document with its text; KeyError where there is none."""

    def ties(self, document: DocumentId) -> list[Tie]:
        """What binds it to others."""

    def file(self, document: DocumentId, *, exactly: bool = False) -> Path | None:
        """The file it was read from, which may lie in an archive; None where it has gone or changed, `exactly` by every
        byte, else by its size.
        """


def add_documents(app: "FastAPI", held: Sources, default: Language) -> None:
    """A document as a page of its own, or as a part for the panel; its file as it was read, at /o/."""
    from fastapi import Request
    from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

    @app.get("/d/{document:path}")
    def document(request: Request, document: str, lang: str = default, part: str = "") -> Response:
        words = of("en" if lang == "en" else "zh")
        try:
            title, body = _document(held, DocumentId(document), request.query_params, words)
            status = 200
        except KeyError:
            title, status = words.lost_title, 404
            body = frame.nothing(title, words.lost.format(name=document[:_SHOWN]), words)
        if not part:
            bar = f'<div class="bar alone">{source.bar(words)}</div>' if status == 200 else ""
            display = request.cookies.get(frame.DISPLAY, "")
            body = frame.page(title, bar + body, words, assets=("clipboard.js", "source.js"), display=display)
        return HTMLResponse(body, status, headers={"content-security-policy": STRICT, "cache-control": "no-store"})

    @app.get("/o/{document:path}")
    def original(document: str) -> Response:
        try:
            path = held.file(DocumentId(document), exactly=True)
        except KeyError:
            path = None
        if path is None:
            return PlainTextResponse(of(default).file_lost, 404)
        # never shown in place: a page or a drawing among the documents may hold a script
        kind = "application/octet-stream"
        if is_packed(path):
            named = f"attachment; filename*=utf-8''{quote(path.name, safe='')}"
            return Response(content(path), media_type=kind, headers={"content-disposition": named})
        return FileResponse(path, media_type=kind, filename=path.name)


def _document(held: Sources, id: DocumentId, asked: Mapping[str, str], words: Words) -> tuple[str, str]:
    """A document's title and its HTML, opened where the address says: `start` to `end`, `clause`, what is `said` there."""
    parsed = held.source(id)
    span = (_offset(asked.get("start", "")), _offset(asked.get("end", "")))
    quote, has_moved = source.cited(parsed, span, asked.get("clause", ""), asked.get("said", ""))
    has_file = held.file(id) is not None
    return parsed.document.title, source.document(parsed, quote, words, held.ties(id), has_file, has_moved)


def _offset(text: str) -> int:
    """An offset out of an address; 0, which marks nothing, where it is none."""
    return int(text) if text.isdecimal() and len(text) <= 9 else 0


class Guard:
    """Sets the security headers of every reply, refuses large bodies, leads `?lang=` to the page in that language."""

    def __init__(self, app: "ASGIApp", language: Language) -> None:
        self.app, self.language = app, language

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request, its reply with our headers."""

        async def guarded(message: "Message") -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                wanted = {**_HEADERS, "content-security-policy": _GRADIO, **_visitor(scope)}
                added = [(k.encode(), v.encode()) for k, v in wanted.items() if k.encode() not in present]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, guarded)
        elif (target := self._elsewhere(scope)) is not None:
            from starlette.responses import RedirectResponse

            await RedirectResponse(target)(scope, receive, guarded)
        else:
            await self._bounded(scope, receive, guarded)

    async def _bounded(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request whose body may have so many bytes; one that says how many is refused before, others while they come."""
        from starlette.requests import ClientDisconnect
        from starlette.responses import PlainTextResponse

        limit = LIMIT if scope["method"] == "PUT" and scope["path"].startswith(FILES) else _BODY
        said = dict(scope["headers"]).get(b"content-length", b"0")
        taken, is_begun = 0, False

        async def counted() -> "Message":
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message if taken <= limit else {"type": "http.disconnect"}

        async def sent(message: "Message") -> None:
            nonlocal is_begun
            if taken <= limit or is_begun:  # what is said of a body that was cut off is not
                is_begun = True
                await send(message)

        if said.isdigit() and int(said) <= limit:
            with contextlib.suppress(ClientDisconnect):
                await self.app(scope, counted, sent)
        if not is_begun and (taken > limit or not said.isdigit() or int(said) > limit):
            await PlainTextResponse("413", 413)(scope, receive, send)

    def _elsewhere(self, scope: "Scope") -> str | None:
        """Where a page asked for in the other language lies."""
        asked = parse_qsl(scope["query_string"].decode("ascii", "replace"))
        wanted = dict(asked).get("lang", "")
        if scope["path"] != "/" or wanted not in ("zh", "en") or wanted == self.language:
            return None
        rest = urlencode([(name, value) for name, value in asked if name != "lang"])
        return f"/{wanted}/" + (f"?{rest}" if rest else "")


def _visitor(scope: "Scope") -> dict[str, str]:
    """The cookie for who comes to a conversation's page for the first time."""
    from starlette.requests import cookie_parser

    if scope["type"] != "http" or scope["path"] not in ("/", "/en/", "/zh/"):
        return {}
    if visitor(cookie_parser(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))):
        return {}
    cookie = f"{VISITOR}={secrets.token_urlsafe(16)}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax"
    return {"set-cookie": cookie}
