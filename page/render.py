"""Answers as HTML: the welcome, the conversation, its citations and sources.

Every text of a document, a question or an answer is escaped here, by `_text`. What a click does is turns.js' and panel.js',
found by data attributes; a citation is a plain link that works without it. Documents are `page.source`'s.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import zip_longest
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, urlencode

from page.source import is_markdown, place_of, told, without_markup
from page.words import Words
from rag.clause import Answer, Citation, Document
from rag.extract import name, place
from rag.numeral import flowing

_MARK = re.compile(r"\[(\d{1,3})\]")
_ROW, _RULE = re.compile(r"\| .* \|"), re.compile(r"\|(?:-{3,}\|)+")
"""A row of a table as an answer has it, and the rule below its head."""
Rows = list[list[str]]
"""A table of an answer: cells row by row."""
_GIST = 120
"""Characters of a quote that a tooltip shows."""
_HEADING = 24
"""Characters of a heading beyond which it is a sentence, and is not shown beside the place."""
_SHOWN_QUESTION = 20_000
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


def conversation(
    turns: Sequence[Turn],
    words: Words,
    first: int = 1,
    conversation: str = "",
    shift: int = 0,
    rated: Mapping[int, str] = MappingProxyType({}),
) -> str:
    """Turns, oldest first; `first` is the number of the first one, `conversation` its id in the records.

    shift  how much its number is above that in the records
    rated  what was said of some, by number in the records: `up` or `down`
    """
    shown = "".join(
        _turn(turn, number, words, _Kept(conversation, number - shift, rated.get(number - shift, "")))
        for number, turn in enumerate(turns, first)
    )
    return f'<div class="turns">{shown}</div>'


def hint(text: str) -> str:
    """A line about an input that was no question."""
    return f'<p class="fault" role="alert">{_text(text)}</p>'


class _Kept(NamedTuple):
    """Where a turn is in the records, and what was said of it."""

    conversation: str
    number: int
    rated: str


def _turn(turn: Turn, number: int, words: Words, kept: _Kept) -> str:
    parts = []
    if turn.answer is not None:
        parts.append(_answer(turn.answer, words, turn.complete))
    if turn.fault is not None:
        parts.append(f'<p class="fault">{_text(turn.fault)}</p>')
    is_done = turn.fault is not None or (turn.answer is not None and turn.complete)
    if not is_done:
        now = words.searching if turn.answer is None else words.writing
        parts.append(f'<p class="searching"><span class="spinner" aria-hidden="true"></span>{_text(now)}</p>')
    if is_done:
        parts.append(_actions(turn, words, kept.rated))
    ready = turn.fault or (_ready(turn.answer, words) if turn.answer and turn.complete else "")
    asked = _text(turn.question[:_SHOWN_QUESTION])
    edit = f'<button type="button" class="quiet edit" data-edit>{_text(words.edit)}</button>' if is_done else ""
    return (
        f'<article class="turn" id="turn-{number}" data-number="{number}" data-kept="{kept.number}" data-conversation="{_text(kept.conversation)}" '
        f'data-ready="{_text(ready)}"><div class="ask"><h2 class="asked"><span class="hidden">{_text(words.asked)}</span>'
        f"<span data-question>{asked}</span></h2>{edit}</div>{''.join(parts)}</article>"
    )


def _actions(turn: Turn, words: Words, rated: str) -> str:
    """What can be done with an answer: copied, heard, asked again, rated; quiet, below it."""
    buttons = []
    if turn.answer is not None and not turn.answer.refused:
        copied = _text(plain(turn.answer, words))
        buttons.append(f'<button type="button" class="quiet" data-copy="{copied}">{_text(words.copy)}</button>')
    if turn.answer is not None:
        buttons.append(
            f'<button type="button" class="quiet" data-speak aria-pressed="false" data-stop="{_text(words.silence)}">'
            f"{_text(words.speak)}</button>"
        )
    buttons.append(f'<button type="button" class="quiet" data-again>{_text(words.again)}</button>')
    if turn.answer is not None:
        buttons += [
            f'<button type="button" class="quiet" data-rate="{rating}" aria-pressed="{str(rated == rating).lower()}">'
            f"{_text(word)}</button>"
            for rating, word in (("up", words.useful), ("down", words.wrong))
        ]
    return f'<div class="actions">{"".join(buttons)}</div>'


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
    if answer.refused:
        wider = f'<button type="button" class="offer" data-wider>{_text(words.wider)}</button>'
        parts += [f'<div class="wider offers">{wider}</div>', _offers(words.instead, answer.suggestions)]
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
    return f'<p class="foot">{_text(how)}</p>'


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

    return "".join(
        f"<p>{line(block)}</p>" if isinstance(block, str) else _table(block, line) for block in blocks(answer.answer)
    )


def blocks(answer: str) -> Iterator[str | Rows]:
    """An answer's lines, and its tables as rows of cells, the first of which is the head; marks [n] are left in them."""
    rows: Rows = []
    for text in [*filter(str.strip, answer.splitlines()), ""]:
        if _RULE.fullmatch(text) and rows:
            continue
        if _ROW.fullmatch(text):
            rows.append(text[2:-2].split(" | "))
            continue
        if rows:
            yield rows
            rows = []
        if text:
            yield text


_APART = re.compile(r"(?:(?<=\])|(?<=\][。；，：])) (?=\S)|(?<=[：；。]) (?=（[一二三四五六七八九十]+）)")


def apart(cell: str) -> list[str]:
    """What a cell of an answer's table says, clause by clause and item by item: a row of the answer's text is one line.

    >>> apart("第二条：甲[1]。 第九条：有下列之一： （一）乙； （二）丙[2]。")
    ['第二条：甲[1]。', '第九条：有下列之一：', '（一）乙；', '（二）丙[2]。']
    """
    return _APART.split(cell)


_PLAIN = 2
"""Columns of a table that is read without its head: what is spoken of, and what is said."""


def _table(rows: Sequence[Sequence[str]], cell: Callable[[str], str]) -> str:
    """A table whose first row is its head; of several columns each cell has its own, as a narrow screen has no head."""
    head, *body = rows

    def said(text: str) -> str:
        first, *more = apart(text)
        return cell(first) + "".join(f'<span class="said">{cell(one)}</span>' for one in more)

    def cells(row: Sequence[str]) -> str:
        named = [f' data-column="{_text(one)}"' if i and len(head) > _PLAIN else "" for i, one in enumerate(head)]
        return "".join(f"<td{name}>{said(one)}</td>" for name, one in zip_longest(named, row, fillvalue=""))

    made = "".join(f"<tr>{cells(row)}</tr>" for row in body)
    heads = "".join(f'<th scope="col">{_text(one)}</th>' for one in head)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{made}</tbody></table>"


def _chip(citation: Citation, words: Words) -> str:
    """[n] as a link, with a tooltip of where it leads."""
    at = place_of(citation.clause, words)
    label = words.source.format(n=citation.n, title=citation.document.title, place=at)
    gist = quoted(citation)
    gist = gist if len(gist) <= _GIST else gist[:_GIST] + "…"
    return (
        f'<a class="chip" href="{address(citation, words)}" data-source aria-label="{_text(label)}">'
        f'<span aria-hidden="true">{citation.n}</span><span class="tip" aria-hidden="true"><b>'
        f"{_text(citation.document.title)}<br>{_text(at)}</b>{_text(gist)}</span></a>"
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
            f'<span class="facts">{number}<span class="place">{_text(place_of(one.clause, words))}</span>'
            f"{_heading(one)}{badge}</span>"
            f'<q class="quoted">{_text(quoted(one))}</q></a></li>'
        )
    return f'<section class="sources"><h3>{_text(words.sources)}</h3><ol>{"".join(items)}</ol></section>'


def address(citation: Citation, words: Words) -> str:
    """The address of the citation's document, opened at the quote; where that no longer stands there, at the clause."""
    at = {"start": citation.start, "end": citation.end, "clause": citation.clause.id, "said": told(citation.quote)}
    query = urlencode({**at, "lang": words.tag[:2]})
    return f"/d/{quote(citation.document.id, safe='')}?{escape(query)}#quote"


def plain(answer: Answer, words: Words) -> str:
    """The answer with its sources as plain text, as it is copied into a letter."""
    lines = [*answer.notices, answer.answer, "", f"{words.sources}{'：' if words.tag == 'zh-CN' else ':'}"]
    for one in answer.citations:
        at = f" {place(one.clause)}".rstrip()
        lines.append(f"[{one.n}] {name(one.document)}{at}：“{quoted(one)}”")
    return "\n".join(lines)


def _heading(citation: Citation) -> str:
    """The last heading above the clause, which tells a person more than its number; not what the quote says itself."""
    heading = flowing(citation.clause.heading.rsplit(" › ", 1)[-1])
    return (
        f'<span class="under">{_text(heading)}</span>'
        if 0 < len(heading) <= _HEADING and heading not in quoted(citation)
        else ""
    )


def quoted(citation: Citation) -> str:
    """The quote on one line, without Markdown's marks where the document is Markdown."""
    quote = without_markup(citation.quote) if is_markdown(citation.document) else citation.quote
    # the lines of a table's cell are names, one each: joined they would read as one
    return " ".join(quote.split()) if citation.clause.kind == "table_row" else flowing(quote)


def _text(text: str) -> str:
    """Any text as HTML: the one way into the page."""
    return escape(text, quote=True)
