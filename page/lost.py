"""What a browser is shown at an address where nothing is: a page of ours that says so and leads home.

Programs get the reply as it was made, in JSON; pages that are gone in words of their own are left as they are.
"""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from page import frame
from page.routes import STRICT
from page.words import Words, of
from rag.errors import Language

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Lost:
    """Puts our page in place of a bare 404."""

    def __init__(self, app: "ASGIApp", language: Language) -> None:
        self.app, self.language = app, language

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request; only who asks for a page is shown one."""
        asked = dict(scope["headers"]) if scope["type"] == "http" else {}
        if scope.get("method") != "GET" or b"text/html" not in asked.get(b"accept", b""):
            await self.app(scope, receive, send)
            return
        is_bare = False

        async def told(message: "Message") -> None:
            nonlocal is_bare
            if message["type"] == "http.response.start" and message["status"] == 404:
                kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
                is_bare = not kinds or kinds[0].startswith(b"application/json")
            if not is_bare:
                await send(message)

        await self.app(scope, receive, told)
        if is_bare:
            from starlette.requests import cookie_parser
            from starlette.responses import HTMLResponse

            display = cookie_parser(asked.get(b"cookie", b"").decode("latin-1")).get(frame.DISPLAY, "")
            headers = {"content-security-policy": STRICT, "cache-control": "no-store"}
            await HTMLResponse(page(self._words(scope), display), 404, headers=headers)(scope, receive, send)

    def _words(self, scope: "Scope") -> Words:
        """Those of the language that the address names, by its beginning or in its query; else the usual one."""
        named = parse_qs(scope["query_string"].decode("ascii", "replace")).get("lang", [""])[-1]
        first = named or scope["path"].strip("/").split("/")[0]
        return of("en" if first == "en" else "zh" if first == "zh" else self.language)


def page(words: Words, display: str = "") -> str:
    """The page that says there is none, with the ways on."""
    body = frame.nothing(words.no_page_title, words.no_page, words)
    return frame.page(words.no_page_title, body, words, display=display)
