"""What stands in the head of the conversation's page beside Gradio's own: our scripts, and what is going to be needed.

Gradio adds what it is given for the head only when it runs, and finds out module by module what else it loads: the
browser would wait a turn to the server for each. Here all of it is named in the page itself.
"""

import gzip
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from page.words import Words

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE = Path(__file__).resolve().parent
_STYLES = ("style.css", "record.css")
_SCRIPTS = ("display.js", "clipboard.js", "source.js", "page.js", "panel.js", "drawer.js", "turns.js")
_ENTRY = re.compile(r"src=\"\./assets/(index-[\w-]+\.js)\"")
_TABLE = re.compile(r"m\.f=\[([^\]]*)\]")
"""What a module of Gradio's may load later; its imports name it by position."""
_IMPORT = re.compile(r"import\(`\./([^`]+)`\)[^\[]{0,40}__vite__mapDeps\(\[([\d,]*)\]\)")
_KIND = re.compile(r"[,{](\w+):\{([^{}]*)\}")


def styles(words: Words) -> str:
    """What Gradio adds when it runs: our style after its own, so that ours holds; the icon, what search engines show."""
    return (
        f'<meta name="description" content="{words.welcome}"><meta name="color-scheme" content="light dark">'
        f'<link rel="icon" type="image/svg+xml" href="{_aged("icon.svg")}">'
        + "".join(f'<link rel="stylesheet" href="{_aged(name)}">' for name in _STYLES)
    )


def early(modules: Iterable[str]) -> str:
    """What is in the page as it is sent: our scripts, our styles and Gradio's `modules`, to be fetched at once."""
    parts = [f'<script src="{_aged(name)}"{"" if name == "display.js" else " defer"}></script>' for name in _SCRIPTS]
    parts += [f'<link rel="preload" as="style" href="{_aged(name)}">' for name in _STYLES]
    for name in modules:
        how = 'rel="modulepreload"' if name.endswith(".js") else 'rel="preload" as="style"'
        parts.append(f'<link {how} crossorigin href="./assets/{name}">')
    return "".join(parts)


def _aged(name: str) -> str:
    """The address of a file of ours, with its age, so that none is outdated."""
    return f"/page/{name}?{int((PAGE / name).stat().st_mtime)}"


def modules(kinds: Iterable[str], built: Path) -> list[str]:
    """Names in the folder assets of Gradio's front end, `built`, of what its page loads for components of these `kinds`,
    in the order in which it does; nothing where a release is built otherwise, whose page then loads as Gradio has it.
    """
    try:
        first = _ENTRY.search((built / "index.html").read_text("utf-8"))
        entry = first[1] if first else ""
        text = (built / "assets" / entry).read_text("utf-8")
        found = {entry: None, **_needed(text, text)}
        text = (built / "assets" / _one(found, "Index-")).read_text("utf-8")
        found |= _needed(text, text, "Blocks-")
        text = (built / "assets" / _one(found, "core-")).read_text("utf-8")
        for kind, parts in _KIND.findall(text):
            if kind in kinds:
                found |= _needed(text, parts)
    except (OSError, ValueError, LookupError):
        return []
    return list(found)


def _one(names: Iterable[str], start: str) -> str:
    return next((name for name in names if name.startswith(start) and name.endswith(".js")), "")


def _needed(text: str, within: str, start: str = "") -> dict[str, None]:
    """What the imports `within` a module's `text` load, those of modules whose name begins so, in order."""
    table = _TABLE.search(text)
    names = re.findall(r'"\./([^"]+)"', table[1]) if table else []
    found = [numbers.split(",") for name, numbers in _IMPORT.findall(within) if name.startswith(start)]
    return dict.fromkeys(names[int(number)] for numbers in found for number in numbers if number)


class Front:
    """Puts into pages, as they are sent, what stands in their head, and sends the modules named there from memory: each is
    asked for by every visitor at once, and on its way through Gradio takes as long as a search.
    """

    def __init__(self, app: "ASGIApp", heads: Mapping[str, str], files: Mapping[str, Path]) -> None:
        self.app, self.heads, self.files = app, heads, files

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request; `heads` are by the path of the page, `files` by their own."""
        path = scope["path"] if scope["type"] == "http" and scope["method"] == "GET" else ""
        if path in self.files:
            packed = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
            await _send(_file(self.files[path], packed), send)
        elif path in self.heads:
            await self._filled(self.heads[path].encode(), scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _filled(self, added: bytes, scope: "Scope", receive: "Receive", send: "Send") -> None:
        begun: Message = {}
        body = b""

        async def kept(message: "Message") -> None:
            nonlocal begun, body
            if message["type"] == "http.response.start":
                begun = message
            body += message.get("body", b"")

        await self.app(scope, receive, kept)
        body = body.replace(b"<head>", b"<head>" + added, 1)
        rest = [(name, value) for name, value in begun["headers"] if name.lower() != b"content-length"]
        await _send(({**begun, "headers": [*rest, _length(body)]}, body), send)


async def _send(reply: "tuple[Message, bytes]", send: "Send") -> None:
    begun, body = reply
    await send(begun)
    await send({"type": "http.response.body", "body": body})


@cache
def _file(path: Path, packed: bool) -> "tuple[Message, bytes]":
    """A file as it is sent: its name changes with what is in it, a browser may keep it."""
    body = gzip.compress(path.read_bytes()) if packed else path.read_bytes()
    kind = b"text/javascript" if path.suffix == ".js" else b"text/css"
    headers = [(b"content-type", kind + b"; charset=utf-8"), (b"vary", b"accept-encoding"), _length(body)]
    headers += [(b"cache-control", b"max-age=31536000, immutable")] + (
        [(b"content-encoding", b"gzip")] if packed else []
    )
    return {"type": "http.response.start", "status": 200, "headers": headers}, body


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
