"""Draws the page in its states, at the width of a desk and of a phone, from the sample documents: `make screenshots`.

Starts the real page on an index of its own, asks real questions in Chromium, and writes PNGs to look at, one by one; the
three that the READMEs show go to `docs/`.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from tests.browsing import CHROMIUM, ROOT, ask, chromium

OUT = ROOT / "tests" / "out" / "screenshots"
WIDTHS = (1280, 390)
SHOWN = {("panel", 1280): "page.png", ("answer", 390): "phone.png", ("documents", 1280): "documents.png"}
"""The pictures that the READMEs show, by their names in docs/."""


def _sure(page: Any) -> None:
    page.get_by_role("heading", name="依据政策文件").wait_for()


def _answer(page: Any) -> None:
    ask(page, "公租房轮候期是多久？", 1)


def _warned(page: Any) -> None:
    ask(page, "公租房租金占市场租金的比例，新旧办法有什么变化？", 1)


def _follow_up(page: Any) -> None:
    _answer(page)
    ask(page, "那旧办法呢？", 2)


def _refusal(page: Any) -> None:
    ask(page, "北京的公租房申请条件是什么？", 1)


def _panel(page: Any) -> None:
    _answer(page)
    page.locator("#turn-1 .chip").first.click()
    page.locator("#panel mark").wait_for()


def _scope(page: Any) -> None:
    page.get_by_role("button", name="查找范围").click()
    page.get_by_label("只查现行有效的文件").check()
    page.locator("summary", has_text="文种").click()


def _chosen(page: Any) -> None:
    _scope(page)
    page.keyboard.press("Escape")
    _answer(page)


def _rating(page: Any) -> None:
    _answer(page)
    page.locator("#turn-1").get_by_role("button", name="有误").click()


def _history(page: Any) -> None:
    _follow_up(page)
    page.get_by_role("button", name="范围与记录").click()
    page.locator(".talk-link").first.wait_for()
    page.locator("#history").scroll_into_view_if_needed()


def _elder(page: Any) -> None:
    page.context.add_cookies([{"name": "display", "value": "elder", "url": page.url}])
    page.reload(wait_until="domcontentloaded")
    _answer(page)


def _dark(page: Any) -> None:
    page.emulate_media(color_scheme="dark")
    _panel(page)


def _at(path: str) -> Callable[[Any], None]:
    def go(page: Any) -> None:
        page.goto(page.url.rstrip("/") + path, wait_until="domcontentloaded")
        page.locator("main h1, main h2").first.wait_for()

    return go


STATES: dict[str, Callable[[Any], None]] = {
    "welcome": _sure,
    "answer": _answer,
    "warning": _warned,
    "follow_up": _follow_up,
    "refusal": _refusal,
    "panel": _panel,
    "scope": _scope,
    "chosen": _chosen,
    "rating": _rating,
    "history": _history,
    "elder": _elder,
    "dark": _dark,
    "document": _at("/d/澜府规〔2024〕3号#第四章/第十八条"),
    "documents": _at("/documents"),
    "evaluation": _at("/evaluation"),
}


def main() -> int:
    """Draws all states, or those that are named; 1 where there is no browser."""
    if CHROMIUM is None:
        sys.stderr.write("没有 chromium，无法截图 [no chromium, nothing is drawn]\n")
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    with serving() as base:
        _draw(base, sys.argv[1:] or list(STATES))
    return 0


@contextmanager
def serving() -> Iterator[str]:
    """The address of the real page over the sample documents, with an index of its own that goes with it."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as index:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = {**os.environ, "RAG_INDEX": index, "RAG_PORT": str(port)}
        subprocess.run([sys.executable, "-m", "rag", "index"], cwd=ROOT, env=environment, check=True)
        command = [sys.executable, "app.py"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8") as server:
            assert server.stdout is not None
            server.stdout.readline()
            try:
                yield f"http://127.0.0.1:{port}/"
            finally:
                server.terminate()


def _draw(base: str, names: list[str]) -> None:
    with chromium() as browser:
        for name in names:
            for width in WIDTHS:
                viewport = {"width": width, "height": 820 if width > 1000 else 844}
                page = browser.new_context(viewport=viewport, reduced_motion="reduce", locale="zh-CN").new_page()
                page.goto(base, wait_until="domcontentloaded")
                page.locator("#question textarea").wait_for()
                STATES[name](page)
                page.wait_for_timeout(400)  # fonts and the last paint
                paths = [OUT / f"{name}-{width}.png"]
                paths += [ROOT / "docs" / SHOWN[name, width]] if (name, width) in SHOWN else []
                for path in paths:
                    page.screenshot(path=path)
                page.context.close()
        sys.stdout.write(f"{OUT}\n")


if __name__ == "__main__":
    sys.exit(main())
