"""What stands in the head of the conversation's page: Gradio's modules named in the page, sent from memory."""

import asyncio
import gzip
from pathlib import Path

import pytest

from page import head, words

ENTRY = '<script type="module" crossorigin src="./assets/index-a1.js"></script>'
MODULES = {
    "index-a1.js": 'm.f=["./Index-b2.js","./core-c3.js","./core-c3.css"] v(()=>import(`./Index-b2.js`),__vite__mapDeps([0,1,2]),u)',
    "Index-b2.js": 'm.f=["./Blocks-d4.js","./index-a1.js","./Login-e5.js"] f(async()=>{let{default:e}=await '
    "import(`./Blocks-d4.js`);return{default:e}},__vite__mapDeps([0,1]),u),f(()=>import(`./Login-e5.js`),__vite__mapDeps([2]),u)",
    "core-c3.js": 'm.f=["./Index-f6.js","./index-a1.js","./Index-f6.css","./Index-g7.js"] x={html:{component:()=>v(()=>'
    "import(`./Index-f6.js`).then(e=>e.t),__vite__mapDeps([0,1,2]),u)},video:{component:()=>v(()=>import(`./Index-g7.js`),"
    "__vite__mapDeps([3]),u)}}",
}
LOADED = ["index-a1.js", "Index-b2.js", "core-c3.js", "core-c3.css", "Blocks-d4.js", "Index-f6.js", "Index-f6.css"]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A front end of three modules that load others."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(ENTRY, encoding="utf-8")
    for name, text in MODULES.items():
        (tmp_path / "assets" / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_what_the_components_in_use_load_is_named_in_order(built: Path) -> None:
    assert head.modules({"html"}, built) == LOADED


@pytest.mark.parametrize("gone", ["index.html", *(f"assets/{name}" for name in MODULES)])
def test_a_front_end_that_is_built_otherwise_names_nothing(built: Path, gone: str) -> None:
    (built / gone).write_text("", encoding="utf-8")
    named = head.modules({"html"}, built)
    assert named == [] or set(named) < set(LOADED)
    (built / gone).unlink()
    assert head.modules({"html"}, built) == []


def test_the_installed_gradio_is_read() -> None:
    import gradio

    folder = Path(gradio.__file__).parent / "templates" / "frontend"
    named = head.modules({"html", "textbox"}, folder)
    assert [name.split("-")[0] for name in named[:3]] == ["index", "Index", "core"]
    assert {"HTML", "Blocks"} <= {name.split("-")[0] for name in named}
    assert all((folder / "assets" / name).is_file() for name in named)


def test_scripts_run_in_their_order_and_modules_are_fetched_with_them() -> None:
    html = head.early(["a.js", "a.css"])
    assert html.index("display.js") < html.index("page.js") < html.index("turns.js") < html.index("a.js")
    assert '<link rel="modulepreload" crossorigin href="./assets/a.js">' in html
    assert '<link rel="preload" as="style" crossorigin href="./assets/a.css">' in html
    assert 'rel="stylesheet" href="/page/style.css?' in head.styles(words.of("zh"))


def asked(built: Path, path: str, accept: str = "", method: str = "GET") -> tuple[int, dict[bytes, bytes], bytes]:
    """The reply to one request, with a page at / behind."""
    from starlette.responses import HTMLResponse

    sent: list[dict[str, object]] = []
    front = head.Front(
        HTMLResponse("<html><head><title>甲"), {"/": "<b>"}, {"/assets/a.js": built / "assets" / "core-c3.js"}
    )
    scope = {"type": "http", "method": method, "path": path, "headers": [(b"accept-encoding", accept.encode())]}

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: object) -> None:
        sent.append(dict(message))  # type: ignore[call-overload]

    asyncio.run(front(scope, receive, send))
    begun, body = sent
    return begun["status"], dict(begun["headers"]), body["body"]  # type: ignore[return-value, call-overload]


def test_the_head_is_filled_and_the_length_is_true(built: Path) -> None:
    _, headers, body = asked(built, "/")
    assert body.decode() == "<html><head><b><title>甲"
    assert headers[b"content-length"] == str(len(body)).encode()
    assert asked(built, "/other")[2].decode() == "<html><head><title>甲"
    assert asked(built, "/", method="POST")[2].decode() == "<html><head><title>甲"


def test_a_module_is_sent_from_memory_packed_for_who_can_read_it(built: Path) -> None:
    text = MODULES["core-c3.js"].encode()
    status, headers, body = asked(built, "/assets/a.js")
    assert (status, body, headers[b"content-type"]) == (200, text, b"text/javascript; charset=utf-8")
    assert headers[b"cache-control"] == b"max-age=31536000, immutable"
    _, headers, packed = asked(built, "/assets/a.js", "br, gzip")
    assert headers[b"content-encoding"] == b"gzip" and gzip.decompress(packed) == text
    assert headers[b"content-length"] == str(len(packed)).encode()
