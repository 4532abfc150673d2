"""Answers as HTML: the welcome, the conversation, its citations and sources.

Every text of a document, a question or an answer is escaped here, by `_text`. What a click does is script.js's, found
by data attributes; a citation is a plain link that works without it. Documents are `page.source`'s.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import zip_longest
from urllib.parse import quote, urlencode

from page import frame
from page.source import is_markdown, without_markup
from page.words import Words
from rag.clause import Answer, Citation, Document
from rag.extract import name, place
from rag.numeral import flowing

_MARK = re.compile(r"\[(\d{1,3})\]")
_ROW, _RULE = re.compile(r"\| .* \|"), re.compile(r"\|(?:-{3,}\|)+")
"""A row of a table as an answer has it, and the rule below its head."""
_GIST = 120
"""Characters of a quote that a tooltip shows."""
_HEADING = 24
"""Characters of a heading beyond which it is a sentence, and is not shown beside the place."""
_SHOWN_QUESTION = 2000
"""Characters of a question that the page repeats."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it: an answer, as far as it has grown, or one line that says why there is none."""

    question: str
    answer: Answer | None = None
    fault: str | None = None
    complete: bool = True


# The welcome ---------------------------------------------------------------------------------------------------


def welcome(documents: Sequence[Document], as_of: date, examples: Sequence[str], words: Words) -> str:
    """What the page is for, over how much, as of which day, and questions to begin with."""
    scope = words.scope.format(
        documents=len(documents),
        clauses=sum(document.clauses for document in documents),
        year=as_of.year,
        month=as_of.month,
        day=as_of.day,
    )
    return (
        f'<section class="welcome"><h1>{_text(words.welcome)}</h1><p class="scope">{_text(scope)}</p>'
        f"{_offers(words.examples, examples)}</section>"
    )


def _offers(title: str, questions: Sequence[str]) -> str:
    """Questions to ask with one click, under a title."""
    if not questions:
        return ""
    items = "".join(
        f'<li><button type="button" class="offer" data-ask="{_text(one)}">{_text(one)}</button></li>'
        for one in questions
    )
    return f'<div class="offers"><h2>{_text(title)}</h2><ul>{items}</ul></div>'


# The conversation ----------------------------------------------------------------------------------------------


def conversation(turns: Sequence[Turn], words: Words, hint: str = "") -> str:
    """All turns, oldest first; `hint` is a last line about an input that was no question."""
    shown = "".join(_turn(turn, number, words) for number, turn in enumerate(turns, 1))
    line = f'<p class="fault" role="alert">{_text(hint)}</p>' if hint else ""
    kind = "turns with-hint" if hint else "turns"
    return f'<div class="{kind}">{shown}{line}</div>'


def _turn(turn: Turn, number: int, words: Words) -> str:
    question = turn.question[:_SHOWN_QUESTION]
    if turn.fault is not None:
        body = f'<p class="fault">{_text(turn.fault)}</p>'
    elif turn.answer is None:
        body = f'<p class="searching"><span class="spinner" aria-hidden="true"></span>{_text(words.searching)}</p>'
    else:
        body = _answer(turn.answer, words, turn.complete)
    ready = turn.fault or (_ready(turn.answer, words) if turn.answer and turn.complete else "")
    return (
        f'<article class="turn" id="turn-{number}" data-ready="{_text(ready)}">'
        f'<h2 class="asked"><span class="hidden">{_text(words.asked)}</span>{_text(question)}</h2>{body}</article>'
    )


def _ready(answer: Answer, words: Words) -> str:
    return words.refused if answer.refused else words.ready.format(n=len(answer.citations))


def _answer(answer: Answer, words: Words, complete: bool = True) -> str:
    """An answer as a memo: warnings, text with its citations, sources; a refusal with what could be asked instead."""
    parts = [f'<p class="notice"><b>{_text(words.warning)}</b>{_text(_bare(one))}</p>' for one in answer.notices]
    if answer.query and answer.query != answer.question:
        parts.append(f'<p class="rewritten">{_text(words.rewritten.format(query=answer.query))}</p>')
    if answer.refused:
        parts.append(f'<p class="refused">{_text(words.refused)}</p>')
    parts.append(f'<div class="text">{marked(answer, words)}</div>')
    parts.append(sources(answer.citations, words))
    parts.append(_offers(words.instead, answer.suggestions if answer.refused else ()))
    if complete and not answer.refused:
        parts.append(_foot(answer, words))
    kind = "refusal" if answer.refused else "memo"
    label = words.refused if answer.refused else words.answered
    return f'<div class="{kind}" role="group" aria-label="{_text(label)}">{"".join(parts)}</div>'


def _bare(notice: str) -> str:
    """A notice without the word that the page itself puts before it."""
    return re.sub(r"^(?:注意：|Note: )", "", notice)


def _foot(answer: Answer, words: Words) -> str:
    template = words.by_excerpt if answer.model == "extractive" else words.by_model
    how = template.format(model=answer.model, seconds=f"{answer.ms.get('total', 0) / 1000:.1f}")
    return (
        f'<div class="foot"><span>{_text(how)}</span>'
        f'<button type="button" class="copy" data-copy="{_text(plain(answer, words))}">{_text(words.copy)}</button></div>'
    )


def marked(answer: Answer, words: Words) -> str:
    """The answer's text, a paragraph a line or a row, each mark [n] a link to its source; a mark without one stays text.

    Where a line opens with the name and place of a source, that stands above it.
    """
    cited = {citation.n: citation for citation in answer.citations}
    places = {place(one.clause) for one in answer.citations}
    leads = [
        f"{title}{where}：" for title in ("", *{name(one.document) for one in answer.citations}) for where in places
    ]

    def line(text: str) -> str:
        lead = max((one for one in leads if len(one) > 1 and text.startswith(one)), key=len, default="")
        parts = [f'<span class="lead">{_text(lead)}</span>'] if lead else []
        at = len(lead)
        for mark in _MARK.finditer(text):
            citation = cited.get(int(mark[1]))
            if citation is not None:
                parts += [_text(text[at : mark.start()]), _chip(citation, words)]
                at = mark.end()
        return "".join([*parts, _text(text[at:])])

    parts: list[str] = []
    rows: list[list[str]] = []
    for text in [*filter(str.strip, answer.answer.splitlines()), ""]:
        if _RULE.fullmatch(text) and rows:
            continue
        if _ROW.fullmatch(text):
            rows.append(text[2:-2].split(" | "))
            continue
        if rows:
            parts.append(_table(rows, line))
            rows = []
        parts += [f"<p>{line(text)}</p>"] if text else []
    return "".join(parts)


_PLAIN = 2
"""Columns of a table that is read without its head: what is spoken of, and what is said."""


def _table(rows: Sequence[Sequence[str]], cell: Callable[[str], str]) -> str:
    """A table whose first row is its head; of several columns each cell has its own, as a narrow screen has no head."""
    head, *body = rows

    def cells(row: Sequence[str]) -> str:
        named = [f' data-column="{_text(one)}"' if i and len(head) > _PLAIN else "" for i, one in enumerate(head)]
        return "".join(f"<td{name}>{cell(one)}</td>" for name, one in zip_longest(named, row, fillvalue=""))

    made = "".join(f"<tr>{cells(row)}</tr>" for row in body)
    heads = "".join(f'<th scope="col">{_text(one)}</th>' for one in head)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{made}</tbody></table>"


def _chip(citation: Citation, words: Words) -> str:
    """[n] as a link, with a tooltip of where it leads."""
    where = _place(citation, words)
    label = words.source.format(n=citation.n, title=citation.document.title, place=where)
    gist = _shown(citation)
    gist = gist if len(gist) <= _GIST else gist[:_GIST] + "…"
    return (
        f'<a class="chip" href="{address(citation, words)}" data-source aria-label="{_text(label)}">'
        f'<span aria-hidden="true">{citation.n}</span><span class="tip" aria-hidden="true"><b>'
        f"{_text(citation.document.title)}<br>{_text(where)}</b>{_text(gist)}</span></a>"
    )


def sources(citations: Sequence[Citation], words: Words) -> str:
    """The numbered sources: title, number, place and quote, each a link to the clause in its document."""
    if not citations:
        return ""
    items = []
    for one in citations:
        number = f'<span class="number">{_text(one.document.number)}</span>' if one.document.number else ""
        status = one.document.status
        badge = f'<span class="badge {status}">{_text(words.statuses[status])}</span>' if status != "unknown" else ""
        items.append(
            f'<li><a class="source" href="{address(one, words)}" data-source><span class="n">{one.n}</span>'
            f'<span class="title">{_text(one.document.title)}</span>'
            f'<span class="facts">{number}<span class="place">{_text(_place(one, words))}</span>'
            f"{_heading(one)}{badge}</span>"
            f'<q class="quoted">{_text(_shown(one))}</q></a></li>'
        )
    return f'<section class="sources"><h3>{_text(words.sources)}</h3><ol>{"".join(items)}</ol></section>'


def address(citation: Citation, words: Words) -> str:
    """The address of the citation's document, opened at the quote."""
    query = urlencode({"start": citation.start, "end": citation.end, "lang": words.tag[:2]})
    return f"/d/{quote(citation.document.id, safe='')}?{escape(query)}#quote"


def plain(answer: Answer, words: Words) -> str:
    """The answer with its sources as plain text, as it is copied into a letter."""
    lines = [*answer.notices, answer.answer, "", f"{words.sources}{'：' if words.tag == 'zh-CN' else ':'}"]
    for one in answer.citations:
        where = f" {place(one.clause)}".rstrip()
        lines.append(f"[{one.n}] {name(one.document)}{where}：“{_shown(one)}”")
    return "\n".join(lines)


def _place(citation: Citation, words: Words) -> str:
    return place(citation.clause) or words.opening


def _heading(citation: Citation) -> str:
    """The last heading above the clause, which tells a person more than its number; not what the quote says itself."""
    heading = flowing(citation.clause.heading.rsplit(" › ", 1)[-1])
    return (
        f'<span class="under">{_text(heading)}</span>'
        if 0 < len(heading) <= _HEADING and heading not in _shown(citation)
        else ""
    )


def _shown(citation: Citation) -> str:
    """The quote on one line, without Markdown's marks where the document is Markdown."""
    quote = without_markup(citation.quote) if is_markdown(citation.document) else citation.quote
    # the lines of a table's cell are names, one each: joined they would read as one
    return " ".join(quote.split()) if citation.clause.kind == "table_row" else flowing(quote)


def _text(text: str) -> str:
    """Any text as HTML: the one way into the page."""
    return escape(text, quote=True)


# The frame -----------------------------------------------------------------------------------------------------


def header(words: Words) -> str:
    """Name and icon, and the way to the question box for who uses the keyboard."""
    return f'<a class="skip" href="#question" data-skip>{_text(words.skip)}</a>{frame.brand(words)}'


def switch(words: Words) -> str:
    """The link to the page in the other language."""
    tag = "zh-CN" if words.other == "zh" else "en"
    return f'<a class="switch" lang="{tag}" href="/?lang={words.other}">{_text(words.other_name)}</a>'


def panel(words: Words) -> str:
    """The empty source panel, and the line that tells a screen reader what has happened."""
    return (
        f'<aside id="panel" aria-label="{_text(words.panel)}" data-loading="{_text(words.loading)}" '
        f'data-panel="{_text(words.panel)}" data-failed="{_text(words.not_loaded)}" data-copied="{_text(words.copied)}" '
        f'data-uncopied="{_text(words.copy_failed)}" data-lang="{words.tag}" hidden>'
        f'<div class="bar"><div class="what"><b>{_text(words.panel)}</b><span></span></div><a class="alone" target="_blank" rel="noopener" href="/">'
        f'{_text(words.alone)}</a><button type="button" class="close" data-close>{_text(words.close)}</button></div>'
        '<div class="body" tabindex="0"></div></aside><p class="hidden" role="status" id="said"></p>'
    )
