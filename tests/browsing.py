"""A server and a browser for tests of the page: the stand-in behind a process of its own, Debian's Chromium before it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"


_PATIENCE = 25_000
"""Milliseconds that a busy machine may take for one step."""


@contextmanager
def served(module: str = "tests.standin") -> Iterator[str]:
    """The address of the page with the stand-in behind it, or what else `module` serves from a folder, in a process of its
    own; what it keeps goes with it.
    """
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", module, folder]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") as server:
            assert server.stdout is not None
            try:
                yield f"http://127.0.0.1:{int(server.stdout.readline())}"
            finally:
                server.terminate()


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of playwright's."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=_FLAGS.split())
        yield browser
        browser.close()


def opened(browser: Any, base: str, path: str = "/", width: int = 1280, **context: Any) -> tuple[Any, list[str]]:
    """A page of a visitor of its own, and what it complains of: errors, dialogs, requests to elsewhere."""
    complaints: list[str] = []
    given = {"viewport": {"width": width, "height": 844}, "reduced_motion": "reduce", **context}
    page = browser.new_context(**given).new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda one: None if one.url.startswith((base, "data:", "blob:")) else complaints.append(one.url))
    page.set_default_timeout(_PATIENCE)
    page.goto(base + path, wait_until="domcontentloaded")
    return page, complaints


_READY = "window.tiaomu?.ask && tiaomu.arrived && document.querySelector('.welcome, .turn') && !document.querySelector('.arriving')"
"""Gradio has drawn its page, and what it loads at first is there: nobody asks sooner."""


def ask(page: Any, question: str, number: int) -> Any:
    """Asks in the question box and waits for the answer, which becomes turn `number`."""
    page.wait_for_function(_READY)
    box = page.get_by_role("textbox", name="问题")
    box.fill(question)
    box.press("Enter")
    turn = page.locator(f"#now #turn-{number}:not([data-ready=''])")
    turn.wait_for()
    return turn
