"""How quick the page is in Chromium on this machine, over the sample documents: `make bench` prints it.

load        ms from the request to a question box that takes a question, a fresh browser each time
first       ms from Enter to the first words of an extractive answer on the screen
early, late the same for turns 3 to 12 and for turns 91 to 100 of one conversation: what a long one costs
assets      bytes of our own files, as they are served
"""

import statistics
import sys
from typing import Any

from page.routes import PAGE, SERVED
from scripts.screenshots import serving
from tests.browsing import CHROMIUM, chromium

_QUESTIONS = (
    "公租房轮候期是多久？",
    "公租房租金怎么定？",
    "申请公租房要什么材料？",
    "老旧小区加装电梯每台补助多少万元？",
)
_WATCH = """() => {
  window.times = [];
  let began = 0;
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") began = performance.now(); }, true);
  new MutationObserver(() => {
    if (began && document.querySelector("#now .turn:last-child .text")?.textContent && document.querySelector("#now .turn").id !== window.last) {
      window.last = document.querySelector("#now .turn").id;
      const at = began;
      began = 0;
      requestAnimationFrame(() => requestAnimationFrame(() => window.times.push(performance.now() - at)));
    }
  }).observe(document.querySelector("#now"), { childList: true, subtree: true });
}"""


def main() -> int:
    """Prints the figures; 1 where there is no browser."""
    if CHROMIUM is None:
        sys.stderr.write("没有 chromium，未测量 [no chromium, nothing is measured]\n")
        return 1
    with serving() as base, chromium() as browser:
        loads = [_loaded(browser, base) for _ in range(6)][1:]
        first = _turns(browser, base, 100)
    size = sum((PAGE / name).stat().st_size for name in SERVED)
    figures = {
        "load ms, median": statistics.median(loads),
        "first words ms, median": statistics.median(first),
        "first words ms, 95th percentile": sorted(first)[int(0.95 * len(first))],
        "turns 3-12 ms, median": statistics.median(first[2:12]),
        "turns 91-100 ms, median": statistics.median(first[90:]),
        "own assets, kB": size / 1000,
    }
    for name, value in figures.items():
        sys.stdout.write(f"{name:<34}{value:>8.0f}\n")
    return 0


def _page(browser: Any, base: str) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 820}, locale="zh-CN").new_page()
    page.goto(base, wait_until="commit")
    return page


def _loaded(browser: Any, base: str) -> float:
    page = _page(browser, base)
    page.locator("#question textarea").wait_for()
    page.wait_for_function("window.tiaomu?.ask && document.querySelector('.welcome')")
    took = float(page.evaluate("performance.now()"))
    page.context.close()
    return took


def _turns(browser: Any, base: str, n: int) -> list[float]:
    """Milliseconds to the first words of each of `n` answers of one conversation."""
    page = _page(browser, base)
    box = page.locator("#question textarea")
    page.wait_for_function("window.tiaomu?.ask && document.querySelector('#now')")
    page.evaluate(_WATCH)
    for number in range(1, n + 1):
        box.fill(_QUESTIONS[number % len(_QUESTIONS)])
        box.press("Enter")
        page.wait_for_function(f"window.times.length >= {number}")
        page.locator(f"#now #turn-{number}:not([data-ready=''])").wait_for()
    found = [float(one) for one in page.evaluate("window.times")]
    page.context.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
