"""What every page has around it: head, name, the ways to the other pages, how it is displayed.

Pages of their own are whole here, `page`; the conversation's takes `brand` and `navigation` into Gradio's. How a visitor
wants it displayed is kept in the cookie DISPLAY, by display.js, and is read before the first paint.
"""

from collections.abc import Sequence
from html import escape
from typing import Literal

from page.words import Words

Place = Literal["ask", "documents", "evaluation", ""]
"""The pages that lead to one another; "" for a page below none of them."""
ADDRESSES: dict[Place, str] = {"ask": "/", "documents": "/documents", "evaluation": "/evaluation"}
DISPLAY = "display"
"""The cookie: `elder` for large type and high contrast."""


def page(
    title: str, body: str, words: Words, *, here: Place = "", assets: Sequence[str] = (), display: str = ""
) -> str:
    """A whole page in one language: `body` is HTML within <main>, all text in it escaped.

    assets   names of further files at /page/, `.css` and `.js`
    display  what the visitor's cookie says
    """
    linked = "".join(_asset(name) for name in ("style.css", "display.js", *assets))
    kind = ' class="elder"' if display == "elder" else ""
    return (
        f'<!doctype html><html lang="{words.tag}"{kind}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<title>{escape(title)} · {words.brand}</title><link rel="icon" href="/page/icon.svg">{linked}</head>'
        f'<body class="alone-page"><a class="skip" href="#main">{words.skip_to_content}</a>'
        f'<header class="top">{brand(words)}{navigation(words, here)}{elder(words)}{_switch(words, here)}</header>'
        f'<main id="main" tabindex="-1">{body}</main></body></html>'
    )


def _asset(name: str) -> str:
    if name.endswith(".css"):
        return f'<link rel="stylesheet" href="/page/{name}">'
    return f'<script src="/page/{name}"{"" if name == "display.js" else " defer"}></script>'


def brand(words: Words) -> str:
    """Name and icon, a link to a new conversation."""
    return (
        f'<a class="brand" href="{address("ask", words)}"><img src="/page/icon.svg" width="32" height="32" alt="">'
        f"<b>{words.brand}</b><span>{words.subtitle}</span></a>"
    )


def navigation(words: Words, here: Place) -> str:
    """The ways to the other pages; the one that is open is marked."""
    names: dict[Place, str] = {"ask": words.ask, "documents": words.documents, "evaluation": words.evaluation}
    links = "".join(
        f'<a href="{address(place, words)}"{" aria-current=page" if place == here else ""}>{name}</a>'
        for place, name in names.items()
    )
    return f'<nav class="ways" aria-label="{words.ways}">{links}</nav>'


def nothing(title: str, text: str, words: Words) -> str:
    """What is shown in place of something that is not there: what it is, and where to go instead."""
    ways = (
        f'<li><a href="{address("ask", words)}">{escape(words.home)}</a></li>'
        f'<li><a href="{address("documents", words)}">{escape(words.to_documents)}</a></li>'
    )
    said = f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
    return f'<article class="document lost">{said}<ul>{ways}</ul></article>'


def _switch(words: Words, here: Place) -> str:
    """The link to this page in the other language; a page below another has it through that."""
    tag = "zh-CN" if words.other == "zh" else "en"
    return f'<a class="switch" lang="{tag}" href="?lang={words.other}">{words.other_name}</a>' if here else ""


def elder(words: Words) -> str:
    """The switch to large type, high contrast and fewer words, which stays as it was set."""
    return f'<button type="button" class="elder-switch" data-elder aria-pressed="false">{words.elder}</button>'


def address(place: Place, words: Words) -> str:
    """The address of a page in this language."""
    return f"{ADDRESSES[place]}?lang={words.tag[:2]}"
