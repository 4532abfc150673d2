"""A document as HTML, to the letter: its clauses as paragraphs, its tables as tables, a quote highlighted.

Each clause has its labels as the name of its element, so that `/d/<document>#<labels>` leads there whatever is indexed
anew. Offsets are those of the document text. Every character is escaped; nothing of it is left out, furniture is set apart.
Marks and line ends that are not for the eye stay in the text and take no room. A reference to a clause (前款,
本办法第十条, 《…》第三条) is a link to it, in this document or another.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from urllib.parse import quote as url
from urllib.parse import urlencode
from zlib import crc32

from page.words import Words
from rag.clause import NOT_IN_FORCE, Clause, ClauseId, Document, DocumentId, Kind, Parsed, Span, Table
from rag.extract import name, place
from rag.family import descendants
from rag.numeral import flowing
from rag.parse.table import hull, tables_of
from rag.relate import Tie

_ELEMENT: dict[Kind, str] = {"title": "h2", "heading": "h3"}
_UNNUMBERED: tuple[Kind, ...] = ("title", "header", "footer")
_WRAP = re.compile(r"(?<=[^\n\t]{11}[^\s。！？：；])\n(?=\S)|\n{3,}")
"""A line end within a sentence: the page's width in print, no paragraph. A short line, as 附件, ends where it should."""
_SENTENCE = re.compile(r"[。；]")
_MARKUP = re.compile(r"^#{1,6} +|\*\*", re.M)
"""What Markdown writes before a heading and around bold text."""


def document(
    parsed: Parsed,
    quote: Span | None,
    words: Words,
    ties: Sequence[Tie] = (),
    has_file: bool = False,
    has_moved: bool = False,
) -> str:
    """The document with its metadata above; the characters of `quote` are in <mark>, the first has the id `quote`.

    ties       what binds it to others
    has_file   whether the file it was read from can be had at /o/
    has_moved  whether what was quoted no longer stands there; without a quote: what was looked for is nowhere
    """
    page = _Page(parsed, quote or (0, 0), words)
    parts = [_facts(parsed.document, words, ties, has_file), _moved(has_moved, quote, words), _outline(parsed, words)]
    tables = [(hull(table), table) for table in reversed(tables_of(parsed.text)) if hull(table)[0] < hull(table)[1]]
    rows = {clause.start: clause for clause in parsed.clauses if clause.kind in ("table_row", "heading")}
    at = 0
    for clause in parsed.clauses:
        at = max(at, clause.start)
        while tables and tables[-1][0][0] < clause.end:  # a table lies in its clauses, the first may begin before it
            (start, end), table = tables.pop()
            parts += [page.clause(clause, at, start), page.table(table, rows)]
            at = max(at, end)
        parts.append(page.clause(clause, at, clause.end))
    about = parsed.document
    facts = f'data-line="{escape(line(about, words))}" data-address="{escape(address(about.id, words))}"'
    return f'<article class="document" {facts}>{"".join(parts)}</article>'


def bar(words: Words) -> str:
    """Ways through a document: clause by clause, its outline, a link to where one is. What they do is source.js'."""
    return (
        f'<div class="steps"><button type="button" data-step="-1">{escape(words.previous)}</button>'
        f'<button type="button" data-step="1">{escape(words.next)}</button>'
        f'<a href="#outline" data-outline>{escape(words.outline)}</a>'
        f'<button type="button" data-link data-copied="{escape(words.copied)}" data-uncopied="{escape(words.copy_failed)}">'
        f'{escape(words.link)}</button><span class="where" role="status" data-nowhere="{escape(words.nowhere)}"></span></div>'
    )


def told(quote: str) -> str:
    """What a quote is known again by, in an address."""
    return f"{crc32(quote.encode('utf-8', 'replace')):08x}"


def cited(parsed: Parsed, span: Span, clause: str, said: str) -> tuple[Span, bool]:
    """What an address means: the span, where what was `said` still stands there or nothing was; else the clause as it is
    now, (0, 0) where there is none, and whether that is so.
    """
    is_there = not said or told(parsed.text.characters[slice(*span)]) == said
    now = next(((one.start, one.end) for one in parsed.clauses if one.id == clause), None)
    if said and is_there:
        return span, False
    is_nowhere = bool(clause) and now is None and span[0] >= span[1]
    return now or (span if is_there else (0, 0)), not is_there or is_nowhere


def address(document: DocumentId, words: Words, labels: str = "") -> str:
    """Where a document lies, opened at the clause of these labels; it stays so when all is indexed anew."""
    return f"/d/{url(document, safe='')}?lang={words.tag[:2]}" + (f"#{url(labels, safe='/')}" if labels else "")


def labels(clause: Clause, document: DocumentId) -> str:
    """The name of a clause's element: its labels, joined by /."""
    return clause.id.removeprefix(f"{document}#")


def place_of(clause: Clause, words: Words) -> str:
    """The place of a clause in its document; what stands before the first number or below the last is called so."""
    return place(clause) or (words.closing if clause.path[:1] == ("footer",) else words.opening)


def parts(clauses: Sequence[Clause]) -> set[ClauseId]:
    """The clauses that are read as part of another: the 款, 项 and points of an article or item, the lines of an opening or
    a signature after its first. What is left, but for headings `above` others, is stepped through: articles, items, rows.
    """
    found: set[ClauseId] = set()
    i, before = 0, None
    while i < len(clauses):
        clause, after = clauses[i], i + 1
        if clause.kind in ("clause", "point", "table_row"):
            after = descendants(clauses, i)
            found.update(one.id for one in clauses[i + 1 : after])
        elif clause.kind in _UNNUMBERED and before is not None and clause.path == before.path:
            found.add(clause.id)
        before = before if clause.kind == "furniture" else clause
        i = after
    return found


def above(clauses: Sequence[Clause]) -> set[ClauseId]:
    """The headings that say nothing but what stands below them: one steps over them to that."""
    return {
        clause.id
        for i, clause in enumerate(clauses)
        if clause.kind == "heading" and not _SENTENCE.search(clause.text) and descendants(clauses, i) > i + 1
    }


def is_markdown(about: Document) -> bool:
    """Whether the document's text holds Markdown's marks, which are part of it but not for the eye."""
    return about.source.lower().endswith((".md", ".markdown"))


def without_markup(text: str) -> str:
    """A Markdown text as one reads it.

    >>> without_markup("**第一条** 甲")
    '第一条 甲'
    """
    return _MARKUP.sub("", text)


def line(about: Document, words: Words) -> str:
    """Number, date and status on one line."""
    day = about.issued or about.published
    return " · ".join(str(fact) for fact in (about.number, day, words.statuses[about.status]) if fact)


def _facts(about: Document, words: Words, ties: Sequence[Tie], has_file: bool) -> str:
    """Title, number, issuer, dates and status; the file to download; what binds it to others."""
    rows: list[tuple[str, str | date | None]] = [
        (words.number, about.number),
        (words.issuer, about.issuer),
        (words.issued, about.issued),
        (words.published, about.published if about.issued is None else None),
        (words.effective, about.effective),
        (words.expires, about.expires),
    ]
    items = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(str(fact))}</dd></div>" for term, fact in rows if fact)
    status = f'<dd><span class="badge {about.status}">{escape(words.statuses[about.status])}</span></dd>'
    file = f'<a class="file" href="/o/{url(about.id, safe="")}" download>{escape(words.file)}</a>' if has_file else ""
    return (
        f'<header class="about"><h1>{escape(about.title)}</h1>{_lapsed(about, ties, words)}<dl>{items}'
        f"<div><dt>{escape(words.status)}</dt>{status}</div></dl>{file}{_ties(ties, words)}</header>"
    )


def _moved(has_moved: bool, quote: Span | None, words: Words) -> str:
    if not has_moved:
        return ""
    told = words.moved if quote and quote[0] < quote[1] else words.gone
    return f'<p class="notice"><b>{escape(words.warning)}</b>{escape(told)}</p>'


def _lapsed(about: Document, ties: Sequence[Tie], words: Words) -> str:
    """What nobody may miss: that it does not hold, and what holds instead."""
    if about.status not in NOT_IN_FORCE:
        return ""
    by = next((tie.document for tie in ties if tie.kind == "repeals" and not tie.is_said_here), None)
    link = f'<a href="{address(by.id, words)}">{escape(name(by))}</a>' if by else ""
    told = escape(words.lapsed[about.status]) + (escape(words.instead_of) + link if by else "")
    return f'<p class="notice"><b>{escape(words.warning)}</b>{told}</p>'


_TIES = 12
"""Documents of one kind of tie that are shown at once."""


def _ties(ties: Sequence[Tie], words: Words) -> str:
    """The other documents that this one is bound to, by what binds them."""
    groups: dict[str, list[Tie]] = {}
    for tie in ties:
        groups.setdefault(words.ties[tie.kind] if tie.is_said_here else words.tied[tie.kind], []).append(tie)
    rows = []
    for term, group in groups.items():
        links = [f'<a href="{address(one.document.id, words)}">{escape(name(one.document))}</a>' for one in group]
        more = f"<details><summary>{escape(words.more.format(n=len(links) - _TIES))}</summary>{' '.join(links[_TIES:])}</details>"
        rows.append(
            f"<div><dt>{escape(term)}</dt><dd>{' '.join(links[:_TIES])}{more if len(links) > _TIES else ''}</dd></div>"
        )
    return f'<dl class="ties">{"".join(rows)}</dl>' if rows else ""


_SHOWN = 40
"""Characters of a heading in the outline."""


def _outline(parsed: Parsed, words: Words) -> str:
    """The document's headings as links, deeper ones set in; nothing where there is only one."""
    headings = [clause for clause in parsed.clauses if clause.kind == "heading"]
    if len(headings) < 2:
        return ""
    items = []
    for clause in headings:
        said = flowing(clause.text.strip())
        said = said if len(said) <= _SHOWN else said[:_SHOWN] + "…"
        anchor = url(labels(clause, parsed.document.id), safe="/")
        items.append(f'<li class="depth{min(len(clause.path), 5)}"><a href="#{anchor}">{escape(said)}</a></li>')
    return (
        f'<nav class="outline" id="outline" aria-label="{escape(words.outline)}"><details>'
        f"<summary>{escape(words.outline)}</summary><ol>{''.join(items)}</ol></details></nav>"
    )


class _Page:
    """Writes stretches of one document text; knows what is quoted and whether that has begun."""

    def __init__(self, parsed: Parsed, quote: Span, words: Words) -> None:
        self.characters, self.quote, self.words = parsed.text.characters, quote, words
        self.document, self.named = parsed.document.id, set[ClauseId]()
        self.parts, self.above = parts(parsed.clauses), above(parsed.clauses)
        self.furniture, self.is_markdown = parsed.text.furniture, is_markdown(parsed.document)
        self.begun = False
        self.links = _links(parsed, words.tag[:2])
        self.link_starts = [start for start, _, _ in self.links]

    def text(self, start: int, end: int, mute: Sequence[Span] = ()) -> str:
        """The characters from `start` to `end`, the quoted ones in <mark>; those in `mute` take no room."""
        low, high = max(start, self.quote[0]), min(end, self.quote[1])
        if low >= high or not self.characters[low:high].strip():
            return self._plain(start, end, mute)
        anchor = "" if self.begun else ' id="quote" tabindex="-1"'
        self.begun = True
        parts = [self._plain(a, b, mute) for a, b in ((start, low), (low, high), (high, end))]
        return f"{parts[0]}<mark{anchor}>{parts[1]}</mark>{parts[2]}"

    def _plain(self, start: int, end: int, mute: Sequence[Span]) -> str:
        """The characters with links where they refer to another clause; a link that a quote cuts is two."""
        parts = []
        i = max(0, bisect_right(self.link_starts, start) - 1)
        while i < len(self.links) and self.links[i][0] < end:
            first, last, target = self.links[i]
            low, high = max(start, first), min(end, last)
            if low < high:
                words = self._muted(low, high, mute)
                parts += [self._muted(start, low, mute), f'<a class="reference" href="{target}">{words}</a>']
                start = high
            i += 1
        return "".join([*parts, self._muted(start, end, mute)])

    def _muted(self, start: int, end: int, mute: Sequence[Span]) -> str:
        parts = []
        for a, b in mute:
            if start < b and a < end:
                low, high = max(a, start), min(b, end)
                parts += [
                    escape(self.characters[start:low]),
                    f'<span class="mute">{escape(self.characters[low:high])}</span>',
                ]
                start = high
        return "".join([*parts, escape(self.characters[start:end])])

    def _mute(self, kind: Kind, start: int, end: int) -> list[Span]:
        """What is not for the eye: line ends within a sentence, a running head between them, Markdown's marks."""
        if kind in ("furniture", "table_row"):  # the lines of a cell are names, one each
            return []
        shown = self.characters[start:end]
        within = [(a - start, b - start) for a, b in self.furniture if start < a and b < end]
        for a, b in within:  # in the middle of a sentence it is one more line end
            shown = shown[:a] + "\n" * (b - a) + shown[b:]
        found = [m.span() for m in _WRAP.finditer(shown) if within or len(m[0]) == 1]
        found += [m.span() for m in _MARKUP.finditer(shown)] if self.is_markdown else []
        return sorted((start + a, start + b) for a, b in found)

    def clause(self, clause: Clause, start: int, end: int) -> str:
        """A clause, or what of it lies between `start` and `end`, as a paragraph or heading."""
        if start >= end:
            return ""
        tag = _ELEMENT.get(clause.kind, "p")
        depth = min(len(clause.path), 5)
        cited = " cited" if self.quote[0] < end and start < self.quote[1] else ""
        text = self.text(start, end, self._mute(clause.kind, start, end))
        return f'<{tag}{self._name(clause)} class="{clause.kind} depth{depth}{cited}">{text}</{tag}>'

    def _name(self, clause: Clause) -> str:
        """The attributes by which a clause is led to and stepped to: once, where a table parts it; not of furniture."""
        if clause.kind == "furniture" or clause.id in self.named:
            return ""
        self.named.add(clause.id)
        page = "" if clause.page is None else f' data-page="{escape(self.words.page.format(n=clause.page))}"'
        part = f' data-part="{len(clause.path)}"' if clause.id in self.parts else ""
        part += " data-above" if clause.id in self.above else ""
        return f' id="{escape(labels(clause, self.document))}" data-place="{escape(place_of(clause, self.words))}"{part}{page}'

    def table(self, table: Table, clauses: Mapping[int, Clause]) -> str:
        """The table with its merged cells; a first row that is no clause of its own is the head.

        clauses  rows, and headings that stand in a cell, by where they begin
        """
        lines = []
        for number, cells in enumerate(_merged(table)):
            starts = [clauses[start] for (start, _), _, _ in cells if start in clauses]
            own = next((clause for clause in starts if clause.kind == "table_row"), None)
            tag = "th" if number == 0 and own is None else "td"
            drawn = []
            for (start, end), down, across in cells:
                held = clauses.get(start)
                name = self._name(held) if held and held.kind == "heading" and start < end else ""
                drawn.append(f"<{tag}{_spans(down, across)}{name}>{self.text(start, end)}</{tag}>")
            lines.append(f"<tr{self._name(own) if own else ''}>{''.join(drawn)}</tr>")
        return f'<div class="table" tabindex="0"><table>{"".join(lines)}</table></div>'


def _links(parsed: Parsed, language: str) -> list[tuple[int, int, str]]:
    """Where references to clauses stand, in order, with the address of what they lead to; of words that refer to several
    clauses the first is led to.
    """
    found: list[tuple[int, int, str]] = []
    for one in sorted(parsed.relations, key=lambda one: one.start):
        target = one.clauses[0] if one.clauses else None
        if target is None or (found and one.start < found[-1][1]):
            continue
        here = f"#{url(target.removeprefix(f'{parsed.document.id}#'), safe='/')}"
        found.append((one.start, one.end, _elsewhere(target, language) if one.target else here))
    return found


def _elsewhere(clause: ClauseId, language: str) -> str:
    """The address of a clause of another document, opened there."""
    query = urlencode({"clause": clause, "lang": language})
    return f"/d/{url(clause.rsplit('#', 1)[0], safe='')}?{escape(query)}#quote"


def _spans(down: int, across: int) -> str:
    return (f' rowspan="{down}"' if down > 1 else "") + (f' colspan="{across}"' if across > 1 else "")


def _merged(table: Table) -> Iterator[list[tuple[Span, int, int]]]:
    """Row by row the cells that begin there: span, rows down and columns across that the same span fills."""
    taken: set[tuple[int, int]] = set()
    for r, row in enumerate(table.rows):
        cells = []
        for c, span in enumerate(row):
            if (r, c) in taken:
                continue
            across = down = 1
            if span[0] < span[1]:
                while c + across < len(row) and row[c + across] == span:
                    across += 1
                while r + down < len(table.rows) and table.rows[r + down][c : c + across] == (span,) * across:
                    down += 1
            taken |= {(r + i, c + j) for i in range(down) for j in range(across)}
            cells.append((span, down, across))
        yield cells
