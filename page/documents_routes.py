"""The addresses of the documents page: the page and its parts, and what changes documents.

    GET     /documents                 the page; ?part=list what is indexed, alone
    GET     /documents/outline/<id>    the headings of a document
    GET     /documents/state           how far changes are
    PUT     /documents/files/<name>    the file that is the request's body, to be indexed
    DELETE  /documents/files/<name>    an uploaded file, to be removed
    POST    /documents/refresh, /documents/undo

A change is begun, not awaited: its reply has the number that `state` tells of. All replies are in the language `?lang=`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from page import documents, frame
from page.manage import Change, Manager, is_readable
from page.rights import is_own, may_change
from page.routes import FILES, STRICT
from page.words import Words, of
from rag import generation, uploads
from rag.clause import Document, DocumentId, Parsed
from rag.errors import NoSpace, RagError
from rag.load import FORMATS
from rag.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

_HEADERS = {"content-security-policy": f"{STRICT}; connect-src 'self'", "cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What the page shows and changes; without a manager it shows alone."""

    held: Callable[[], tuple[Document, ...]]
    read: Callable[[DocumentId], Parsed]
    settings: Settings
    manager: Manager | None

    def words(self, request: "Request") -> Words:
        return of("en" if request.query_params.get("lang", self.settings.language) == "en" else "zh")

    def may(self, request: "Request") -> bool:
        return self.manager is not None and may_change(request, self.settings)

    def allowed(self, request: "Request") -> Manager | None:
        """The manager, for who may change and asks from our own page."""
        return self.manager if self.may(request) and is_own(request, is_proxied=self.settings.manage == "all") else None

    def why(self, request: "Request") -> str:
        """Why who asks may not change anything; "" where nobody can."""
        own = documents.said(self.words(request))
        if self.manager is None:
            return ""
        if self.may(request):
            return own.not_same
        return own.view_only if self.settings.manage == "none" else own.not_local


def add(
    app: "FastAPI",
    held: Callable[[], tuple[Document, ...]],
    read: Callable[[DocumentId], Parsed],
    settings: Settings,
    manager: Manager | None,
) -> None:
    """The documents page and all below it; without a `manager` documents are listed only."""
    shelf = _Shelf(held, read, settings, manager)
    _add_page(app, shelf)
    if manager is not None:
        _add_changes(app, shelf)


def _add_page(app: "FastAPI", shelf: _Shelf) -> None:
    from fastapi import Request
    from fastapi.responses import HTMLResponse, Response

    @app.get(frame.ADDRESSES["documents"])
    def page(request: Request, part: str = "") -> Response:
        words, manage = shelf.words(request), shelf.may(request)
        places = shelf.manager.places() if shelf.manager else {}
        html = documents.listing(shelf.held(), places, words, manage=manage)
        if not part:
            body = documents.body(html, words, manage=manage, why="" if manage else shelf.why(request))
            display = request.cookies.get(frame.DISPLAY, "")
            assets = ("documents.css", "documents.js")
            html = frame.page(words.documents, body, words, here="documents", assets=assets, display=display)
        return HTMLResponse(html, headers=_HEADERS)

    @app.get("/documents/outline/{document:path}")
    def outline(request: Request, document: str) -> Response:
        try:
            html, status = documents.outline(shelf.read(DocumentId(document)), shelf.words(request)), 200
        except KeyError:
            html, status = "", 404
        return HTMLResponse(html, status, headers=_HEADERS)


def _add_changes(app: "FastAPI", shelf: _Shelf) -> None:
    from fastapi import Request
    from fastapi.responses import JSONResponse, Response

    def begun(change: Change) -> Response:
        return JSONResponse({"key": change.key, "replaces": change.replaces}, 202, headers=_HEADERS)

    @app.get("/documents/state")
    def state(request: Request, after: str = "0") -> Response:
        if shelf.manager is None or not shelf.may(request):
            return _refused(shelf.why(request), 403)
        words = shelf.words(request)
        found = documents.progress(shelf.manager.state(), _number(after) or 0, words, shelf.settings)
        return JSONResponse({**found, "undo": documents.undo(shelf.manager.earlier(), words)}, headers=_HEADERS)

    @app.put(FILES + "{name:path}")
    async def upload(request: Request, name: str) -> Response:
        return await _uploaded(shelf, request, name)

    @app.delete(FILES + "{name:path}")
    def remove(request: Request, name: str) -> Response:
        manager = shelf.allowed(request)
        if manager is None:
            return _refused(shelf.why(request), 403)
        change = manager.remove(name)
        return begun(change) if change else _refused(documents.said(shelf.words(request)).gone, 404)

    @app.post("/documents/{act}")
    def act(request: Request, act: str, to: str = "") -> Response:
        manager = shelf.allowed(request)
        if manager is None:
            return _refused(shelf.why(request), 403)
        if act == "refresh":
            return begun(manager.refresh())
        if act == "undo":
            return begun(manager.undo(_number(to)))
        return _refused("404", 404)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 9 else None


async def _uploaded(shelf: _Shelf, request: "Request", name: str) -> "Response":
    """Takes the body down, and hands it on when it is whole."""
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse

    words, manager = shelf.words(request), shelf.allowed(request)
    own = documents.said(words)
    if manager is None:
        return _refused(shelf.why(request), 403)
    if not is_readable(name):
        ending = Path(uploads.safe(name)).suffix or name
        return _refused(own.unknown_format.format(format=ending, formats=" ".join(FORMATS)), 415)
    arrived: Path | None = None
    try:
        arrived = uploads.incoming(shelf.settings.index)
        if not await _written(request, arrived):
            return _refused(own.empty, 400)
        uploads.admit(shelf.settings.index, name, shelf.settings.uploads)
        change = await run_in_threadpool(manager.upload, name, arrived)
        arrived = None
    except ClientDisconnect:
        return _refused(own.broken_off, 400)
    except RagError as fault:
        return _refused(documents.fault(fault, words, shelf.settings), 507 if isinstance(fault, NoSpace) else 500)
    finally:
        if arrived is not None:
            arrived.unlink(missing_ok=True)
    return JSONResponse({"key": change.key, "replaces": change.replaces}, 202, headers=_HEADERS)


async def _written(request: "Request", path: Path) -> int:
    """Writes the body into a file; its size in bytes."""
    size = 0
    with generation.writing(path), path.open("wb") as file:
        async for block in request.stream():
            size += file.write(block)
    return size


def _refused(why: str, status: int) -> "Response":
    from starlette.responses import JSONResponse

    return JSONResponse({"error": why}, status, headers=_HEADERS)
