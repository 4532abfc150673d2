"""The addresses of what is kept: conversations at `/history`, what is said of answers at `/feedback`, `/evaluation`.

Who asks is known by the cookie VISITOR alone. A change is taken from our own pages only; a refusal is one line of text.
"""

import json
import re
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlencode

from page import evaluation, export, frame, gold
from page.record import CONVERSATIONS, TURNS, Conversation, NotKept, Opinion, Records, TooLong
from page.rights import is_own
from page.words import Words, of
from page.words import records as own
from rag.errors import Language

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

VISITOR = "tiaomu-visitor"
"""The cookie of a visitor: a token of 22 to 64 letters, digits, - and _, with 128 random bits."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")
_LISTED = 50
"""Conversations of a list; a link leads to those before them."""
_BODY = 64_000
"""Bytes of what is said of an answer: a correction with each character escaped takes 50,000."""
_FRESH = {"cache-control": "no-store"}
_PART = {**_FRESH, "content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
_PAGE = {
    **_FRESH,
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
}
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


# Conversations -------------------------------------------------------------------------------------------------


def add_records(app: "FastAPI", records: Records, default: Language) -> None:
    """`GET /history` lists a visitor's conversations as a part of HTML, `DELETE` takes one or all away, and
    `/history/<id>.docx` and `.md` are one as a file. To be called before Gradio is mounted at `/`.
    """
    from fastapi import Request
    from fastapi.responses import HTMLResponse, Response

    @app.get("/history")
    def history(request: Request, q: str = "", lang: str = default, offset: str = "") -> Response:
        words = of(_language(lang))
        start = min(int(offset), CONVERSATIONS) if re.fullmatch(r"[0-9]{1,4}", offset) else 0
        try:
            found = records.conversations(visitor(request.cookies), q[:200], _LISTED + 1, start)
        except NotKept as fault:
            line = f'<p class="fault" role="alert">{escape(fault.message(_language(lang)))}</p>'
            return HTMLResponse(line, 503, headers=_PART)
        return HTMLResponse(listed(found, words, search=q[:200], offset=start), headers=_PART)

    @app.delete("/history/{conversation}")
    def delete(request: Request, conversation: str, lang: str = default) -> Response:
        def done() -> Response:
            known = records.delete(visitor(request.cookies), conversation)
            return Response(status_code=204, headers=_PART) if known else _lost(lang)

        return _changed(request, lang, done)

    @app.delete("/history")
    def delete_all(request: Request, lang: str = default) -> Response:
        def done() -> Response:
            records.delete_all(visitor(request.cookies))
            return Response(status_code=204, headers=_PART)

        return _changed(request, lang, done)

    @app.get("/history/{conversation}.{ending}")
    def file(request: Request, conversation: str, ending: str, lang: str = default) -> Response:
        return _file(request, records, conversation, ending, lang)


def listed(found: list[Conversation], words: Words, *, search: str = "", offset: int = 0) -> str:
    """The part for the drawer: a link to each conversation, newest first, with its files and a button to delete it.

    One more than is shown says that there are earlier ones. Buttons: `data-delete` is an id, `data-delete-all`;
    `data-more` is the address of the part with those before.
    """
    texts = own.of(_language(words.tag))
    if not found:
        line = texts.none_found.format(search=search) if search.strip() else texts.none_yet
        return f'<div class="history"><p class="none">{escape(line)}</p></div>'
    items = "".join(_item(one, words) for one in found[:_LISTED])
    more = ""
    if len(found) > _LISTED:
        query = urlencode({"q": search, "offset": offset + _LISTED, "lang": words.tag[:2]}, errors="replace")
        more = f'<button type="button" class="more" data-more="/history?{escape(query)}">{texts.more}</button>'
    everything = f'<button type="button" class="delete-all" data-delete-all>{texts.delete_all}</button>'
    return (
        f'<div class="history"><ul aria-label="{texts.history}">{items}</ul>{more}'
        f"{everything if not search.strip() and not offset else ''}</div>"
    )


def _item(one: Conversation, words: Words) -> str:
    texts, language = own.of(_language(words.tag)), words.tag[:2]
    title, when = escape(one.title), one.updated.astimezone()
    files = "".join(
        f'<a href="/history/{one.id}.{ending}?lang={language}" aria-label="{label.format(title=title)}" download>{name}</a>'
        for ending, name, label in (
            ("docx", texts.word, texts.word_named),
            ("md", texts.markdown, texts.markdown_named),
        )
    )
    return (
        f'<li><a class="talk-link" href="/?c={one.id}&amp;lang={language}"><span class="title">{title}</span>'
        f'<span class="facts"><time datetime="{when:%Y-%m-%dT%H:%M}">{when:%Y-%m-%d %H:%M}</time> · {texts.questions.format(n=one.turns)}</span></a>'
        f'<span class="acts">{files}<button type="button" data-delete="{one.id}" '
        f'aria-label="{texts.delete_named.format(title=title)}">{texts.delete}</button></span></li>'
    )


def _file(request: "Request", records: Records, conversation: str, ending: str, lang: str) -> "Response":
    """A conversation as a file, named by its title."""
    from fastapi import Response

    language = _language(lang)
    try:
        one = records.conversation(visitor(request.cookies), conversation)
        turns = records.turns(visitor(request.cookies), conversation, language)
    except NotKept as fault:
        return _line(fault.message(language), 503)
    if one is None or ending not in ("docx", "md"):
        return _lost(lang)
    day = one.updated.astimezone().date()
    if ending == "docx":
        content, kind = export.word(one.title, day, turns, of(language)), _WORD
    else:
        content = export.markdown(one.title, day, turns, of(language)).encode("utf-8", "replace")
        kind = "text/markdown; charset=utf-8"
    name = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]+', " ", one.title).strip(" .")[:40] or "conversation"
    disposition = f"attachment; filename=\"conversation.{ending}\"; filename*=UTF-8''{quote(name)}.{ending}"
    return Response(content, media_type=kind, headers={**_PART, "content-disposition": disposition})


# What is said of answers ---------------------------------------------------------------------------------------


def add_feedback(app: "FastAPI", records: Records, default: Language, may_manage: Callable[["Request"], bool]) -> None:
    """`POST /feedback` takes what a visitor says of an answer, as JSON: conversation, number, rating (`up`, `down`,
    `none`), reason, correction. `/feedback.jsonl` gives whom `may_manage` allows the rated answers as gold questions;
    `?drafts=1` those that were corrected, whose gold is to be filled in.
    """
    from fastapi import Depends, Request
    from fastapi.responses import Response

    async def received(request: Request) -> bytes | None:
        return await _received(request)

    @app.post("/feedback")
    def feedback(request: Request, body: bytes | None = Depends(received), lang: str = default) -> Response:
        texts = own.of(_language(lang))

        def done() -> Response:
            if body is None:
                return _line(texts.too_large, 413)
            said = _said(body)
            if said is None:
                return _line(texts.bad_request, 400)
            known = records.rate(visitor(request.cookies), *said)
            return _line(texts.kept, 200) if known else _lost(lang)

        return _changed(request, lang, done)

    @app.get("/feedback.jsonl")
    def exported(request: Request, drafts: str = "", lang: str = default) -> Response:
        if not may_manage(request):
            return _line(own.of(_language(lang)).not_allowed, 403)
        try:
            lines = gold.lines(records.rated(), drafts=drafts == "1")
        except NotKept as fault:
            return _line(fault.message(_language(lang)), 503)
        name = "drafts" if drafts == "1" else "feedback"
        headers = {**_PART, "content-disposition": f'attachment; filename="{name}.jsonl"'}
        content = "".join(line + "\n" for line in lines).encode("utf-8", "replace")
        return Response(content, media_type="application/x-ndjson", headers=headers)


async def _received(request: "Request") -> bytes | None:
    """The request's body; None where it is larger than any that is meant."""
    held = bytearray()
    async for part in request.stream():
        held += part
        if len(held) > _BODY:
            return None
    return bytes(held)


_Said = tuple[str, int, Opinion | None, str, str]
_OPINIONS: dict[object, Opinion | None] = {"up": "up", "down": "down", "none": None}


def _said(body: bytes) -> _Said | None:
    """Conversation, number, opinion, reason and correction out of JSON; None where it is none of this form."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict) or not given.keys() <= {"conversation", "number", "rating", "reason", "correction"}:
        return None
    conversation, number, rating = given.get("conversation"), given.get("number"), given.get("rating")
    reason, correction = given.get("reason") or "", given.get("correction") or ""
    if not all(isinstance(one, str) for one in (conversation, rating, reason, correction)) or rating not in _OPINIONS:
        return None
    if type(number) is not int or not 0 < number <= TURNS:
        return None
    return str(conversation), number, _OPINIONS[rating], str(reason), str(correction)


# Evaluation ----------------------------------------------------------------------------------------------------


def add_evaluation(app: "FastAPI", folder: Path, default: Language) -> None:
    """`/evaluation`: what `python -m eval run … --out` left below `folder`; `?report=` names one."""
    from fastapi import Request
    from fastapi.responses import HTMLResponse

    @app.get("/evaluation")
    def page(request: Request, report: str = "", lang: str = default) -> HTMLResponse:
        words = of(_language(lang))
        body = evaluation.body(folder, words, chosen=report)
        display = request.cookies.get(frame.DISPLAY, "")
        html = frame.page(words.evaluation, body, words, here="evaluation", assets=("evaluation.css",), display=display)
        return HTMLResponse(html, headers=_PAGE)


# Who asks, and from where --------------------------------------------------------------------------------------


def visitor(cookies: Mapping[str, str]) -> str:
    """The visitor's token; "", who has no conversation, where the cookie is none of ours."""
    token = cookies.get(VISITOR, "")
    return token if _TOKEN.fullmatch(token) else ""


def _changed(request: "Request", lang: str, done: Callable[[], "Response"]) -> "Response":
    """The reply to a change, where it is our visitor's own."""
    language = _language(lang)
    if not is_own(request, is_proxied=True):
        return _line(own.of(language).elsewhere, 403)
    if not visitor(request.cookies):
        return _lost(lang)
    try:
        return done()
    except TooLong as fault:
        return _line(fault.message(language), 400)
    except NotKept as fault:
        return _line(fault.message(language), 503)


def _lost(lang: str) -> "Response":
    return _line(own.of(_language(lang)).lost, 404)


def _line(text: str, status: int) -> "Response":
    from fastapi.responses import PlainTextResponse

    return PlainTextResponse(text, status, headers=_PART)


def _language(lang: str) -> Literal["zh", "en"]:
    return "en" if lang[:2] == "en" else "zh"
