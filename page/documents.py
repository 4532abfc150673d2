"""The documents page as HTML, and how far a change is as JSON: what is indexed, its outlines, adding and removing.

All text is escaped here, by `_text`; what the script writes itself it writes as text. What may be changed and what
becomes of it is `page.manage`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import PurePath
from urllib.parse import quote, urlencode

from page.manage import SETTLED, Change, Earlier, Place, State
from page.words import Words, documents
from page.words.documents import DocumentsWords
from rag.clause import Clause, ClauseId, Document, DocumentId, Parsed
from rag.errors import Language, NothingToIndex, RagError
from rag.extract import name
from rag.load import FORMATS, LIMIT
from rag.progress import duration
from rag.settings import Settings

_OUTLINED = 400
"""Lines of an outline, at most: the longest law has some 300 headings."""
_LINE = 60
"""Characters of a heading that an outline shows."""


def said(words: Words) -> DocumentsWords:
    """The page's own words in the language of `words`."""
    return documents.of("en" if words.tag == "en" else "zh")


def body(listing: str, words: Words, *, manage: bool, why: str = "") -> str:
    """The page: how files are added, `listing`, the dialog; `why` says to who may not change that they may not."""
    own = said(words)
    adding = _adding(own) + _tools(own) if manage else f'<p class="only">{_text(why)}</p>' if why else ""
    dialog = (
        '<dialog id="confirm" aria-labelledby="confirm-title"><h2 id="confirm-title"></h2><p></p><ul></ul>'
        f'<div class="choice"><button type="button" class="plain" data-cancel>{_text(own.cancel)}</button>'
        '<button type="button" class="strong" data-confirm></button></div></dialog>'
    )
    return (
        f'<div class="shelf" {_data(own, words)}><h1>{_text(words.documents)}</h1>{adding}'
        f'<div id="listing">{listing}</div>{dialog if manage else ""}'
        '<p id="said" class="hidden" role="status"></p></div>'
    )


def _data(own: DocumentsWords, words: Words) -> str:
    """The texts that the script says, as attributes."""
    limit = LIMIT // 2**20
    facts = {
        "lang": words.tag[:2],
        "limit": str(limit),
        "formats": " ".join(FORMATS),
        "uploading": own.uploading,
        "queued": own.stages["queued"],
        "broken": own.broken_off,
        "since": own.removed_since,
        "unknown": own.unknown_format.format(format="{format}", formats=" ".join(FORMATS)),
        "large": own.too_large.format(size="{size}", limit=limit),
        "empty": own.empty,
        "progress": own.progress,
        "loading": own.loading,
        "failed": own.not_loaded,
        "shown": own.shown,
        "unmatched": own.no_match,
        "more": own.more,
    }
    return " ".join(f'data-{name}="{_text(value)}"' for name, value in facts.items())


def _adding(own: DocumentsWords) -> str:
    formats = _text(own.formats.format(limit=LIMIT // 2**20))
    return (
        f'<section class="adding" aria-labelledby="adding"><h2 id="adding">{_text(own.add)}</h2>'
        f'<noscript><p class="only">{_text(own.script_needed)}</p></noscript>'
        f'<div id="drop"><p>{_text(own.drop)}</p><label class="strong" for="files">{_text(own.choose)}'
        f'<input type="file" id="files" multiple accept="{" ".join(FORMATS).replace(" ", ",")}"></label>'
        f'<p class="hint">{formats}</p></div>'
        f'<ul id="lines" role="list" aria-label="{_text(own.lines)}"></ul></section>'
    )


def _tools(own: DocumentsWords) -> str:
    confirm = {"title": own.refresh, "text": own.refresh_text, "yes": own.refresh_yes}
    return (
        f'<div class="tools" role="group" aria-label="{_text(own.tools)}">'
        f'<button type="button" class="plain" data-post="/documents/refresh?" {_confirm(**confirm)}>'
        f'{_text(own.refresh)}</button><span id="undo"></span></div>'
    )


def undo(earlier: Earlier | None, words: Words) -> str:
    """The button that goes back to the index before, with what it would do."""
    own = said(words)
    if earlier is None:
        return f'<button type="button" class="plain" disabled title="{_text(own.no_undo)}">{_text(own.undo)}</button>'
    when = earlier.created.strftime("%Y-%m-%d %H:%M:%S")
    text = own.undo_text.format(time=when, documents=earlier.documents, clauses=earlier.clauses)
    points = [own.turns[turn].format(file=file) for file, turn in earlier.files.items()]
    confirm = _confirm(title=own.undo_title, text=text, yes=own.undo_yes, points="\n".join(points))
    return f'<button type="button" class="plain" data-post="/documents/undo?to={earlier.number}" {confirm}>{_text(own.undo)}</button>'


def _confirm(**facts: str) -> str:
    return " ".join(f'data-{name}="{_text(value)}"' for name, value in facts.items() if value)


# What is indexed -----------------------------------------------------------------------------------------------


def listing(held: Sequence[Document], places: Mapping[DocumentId, Place], words: Words, *, manage: bool) -> str:
    """All documents, each with its facts, its outline on demand and, for who may change, a way to remove it."""
    own = said(words)
    scope = own.scope.format(documents=len(held), clauses=sum(document.clauses for document in held))
    files = [places[one.id].file for one in held if one.id in places and places[one.id].file]
    rows = []
    for document in sorted(held, key=lambda one: one.title):
        place = places.get(document.id, Place("folder"))
        removal = _removal(document, place, files.count(place.file), own) if manage else ""
        rows.append(_row(document, place, removal, words))
    orders = {"title": own.by_title, "day": own.by_day, "clauses": own.by_clauses}
    options = "".join(f'<option value="{name}">{_text(text)}</option>' for name, text in orders.items())
    return (
        f'<div class="finding"><div><h2>{_text(own.listed)}</h2><p class="scope">{_text(scope)}</p></div>'
        f'<label>{_text(own.filter)}<input type="search" id="filter" placeholder="{_text(own.filter_hint)}" '
        f'autocomplete="off"></label><label>{_text(own.sort)}<select id="sort">{options}</select></label></div>'
        '<p id="shown" role="status"></p>'
        f'<ol id="documents" role="list">{"".join(rows)}</ol>'
        + ("" if held else f'<p class="nothing">{_text(own.none_listed)}</p>')
        + '<button type="button" class="plain" id="more" hidden></button>'
    )


def _row(document: Document, place: Place, removal: str, words: Words) -> str:
    own, language = said(words), words.tag[:2]
    day: date | None = document.issued or document.published
    facts = "".join(
        f"<span>{_text(fact)}</span>"
        for fact in (document.number, day or own.undated, own.clauses.format(n=document.clauses))
        if fact
    )
    status = f'<span class="badge {document.status}">{_text(words.statuses[document.status])}</span>'
    origins = {"uploaded": own.uploaded, "folder": own.folder, "added": own.added}
    found = f"{document.title} {document.number or ''} {_shown(document.source)}".lower()
    outline = f"/documents/outline/{quote(document.id, safe='')}?lang={language}"
    return (
        f'<li class="held" data-find="{_text(found)}" data-title="{_text(document.title)}" data-day="{day or ""}" '
        f'data-clauses="{document.clauses}" data-document="{_text(document.id)}"><h3><a href="{_address(document.id, language)}">{_text(document.title)}</a></h3>'
        f'<p class="facts">{status}{facts}</p>'
        f'<p class="origin"><span>{_text(origins[place.kind])}</span>{_text(_shown(document.source))}</p>'
        f'<div class="more"><details data-outline="{_text(outline)}"><summary>{_text(own.outline)}'
        f'<span class="hidden">{_text(own.outline_of.format(title=document.title))}</span></summary>'
        f'<div class="outline">{_text(own.loading)}</div></details>{removal}</div></li>'
    )


def _shown(source: str) -> str:
    """Where a file lies in its folder; its name alone where the path is a server's own."""
    return PurePath(source).name if PurePath(source).is_absolute() else source


def _removal(document: Document, place: Place, together: int, own: DocumentsWords) -> str:
    """A button that removes an upload after a word; of what is no upload, how it is removed."""
    if place.kind != "uploaded":
        shown, text = (own.kept_folder, own.keep_folder) if place.kind == "folder" else (own.kept_added, own.keep_added)
        return f'<span class="kept" title="{_text(text.format(source=_shown(document.source)))}">{_text(shown)}</span>'
    more = own.remove_more.format(n=together) if together > 1 else ""
    text = own.remove_text.format(file=place.file) + more
    act = f'data-delete="/documents/files/{quote(place.file, safe="")}?" '
    act += _confirm(title=own.remove_title, text=text, yes=own.remove_yes)
    name = _text(own.remove_of.format(title=document.title))
    return f'<button type="button" class="remove" aria-label="{name}" {act}>{_text(own.remove)}</button>'


def outline(parsed: Parsed, words: Words) -> str:
    """The headings as nested lists, each a link to its place; where there are none, the outermost clauses."""
    own, language = said(words), words.tag[:2]
    found = [clause for clause in parsed.clauses if clause.kind == "heading"]
    if not found:
        inner = [clause for clause in parsed.clauses if clause.kind in ("clause", "point") and clause.label]
        found = [clause for clause in inner if len(clause.path) == min(len(one.path) for one in inner)]
    if not found:
        return f"<p>{_text(own.no_outline)}</p>"
    cut = f"<p>{_text(own.outline_cut.format(n=_OUTLINED))}</p>" if len(found) > _OUTLINED else ""
    return "".join(_nested(found[:_OUTLINED], language)) + cut


def _nested(found: Sequence[Clause], language: str) -> Iterator[str]:
    open_at: list[int] = []  # the depth of each list that is open
    for clause in found:
        depth = len(clause.path)
        while len(open_at) > 1 and depth < open_at[-1]:
            open_at.pop()
            yield "</li></ul>"
        if not open_at or depth > open_at[-1]:
            open_at.append(depth)
            yield "<ul>"
        else:
            yield "</li>"
        text = " ".join(clause.text.split())
        shown = text if len(text) <= _LINE else f"{text[:_LINE]}…"
        yield f'<li><a href="{_address(parsed_id(clause.id), language, clause.id)}">{_text(shown)}</a>'
    yield "</li></ul>" * len(open_at)


def parsed_id(clause: ClauseId) -> DocumentId:
    """The document of a clause.

    >>> parsed_id(ClauseId("甲发〔2022〕1号#一、/（二）"))
    '甲发〔2022〕1号'
    """
    return DocumentId(clause.rsplit("#", 1)[0])


def _address(document: DocumentId, language: str, clause: ClauseId | None = None) -> str:
    query = urlencode({**({"clause": clause} if clause else {}), "lang": language})
    return f"/d/{quote(document, safe='')}?{escape(query)}{'#quote' if clause else ''}"


# How far a change is -------------------------------------------------------------------------------------------

Line = dict[str, str | bool | float | list[str] | list[dict[str, str]] | None]


def progress(state: State, after: int, words: Words, settings: Settings) -> dict[str, bool | list[Line]]:
    """The changes from number `after` on, as the script shows them, and whether any is under way."""
    lines = [_line(change, state, words, settings) for change in state.changes if change.key >= after]
    return {"busy": any(change.stage not in SETTLED for change in state.changes), "lines": lines}


def _line(change: Change, state: State, words: Words, settings: Settings) -> Line:
    own, language = said(words), _language(words)
    text, value = own.stages[change.stage], None
    if change.stage == "embed" and state.total:
        value = state.done / state.total
        text = own.counted.format(text=text, done=state.done, total=state.total)
        text += own.left.format(time=duration(state.left, language)) if state.left is not None else ""
    elif change.stage == "done":
        text = _done(change, own)
    elif change.stage == "failed":
        text = fault(change.faults[0], words, settings, is_last=change.kind == "removal")
        text += own.kept if change.replaces else ""
    more = change.faults if change.stage == "done" else ()
    return {
        "key": str(change.key),
        "name": own.kinds[change.kind].format(name=change.name),
        "stage": change.stage,
        "text": text,
        "value": value,
        "more": [own.also + fault(one, words, settings) for one in more],
        "links": _links(change, words, settings) if change.stage == "done" else [],
    }


def _done(change: Change, own: DocumentsWords) -> str:
    if change.summary is not None:
        one = change.summary
        facts = {"added": one.added, "updated": one.updated, "removed": one.removed, "unchanged": one.unchanged}
        return own.refreshed.format(**facts)
    if change.kind != "upload":
        return own.removed if change.kind == "removal" else own.undone
    text = own.replaced if change.replaces else own.received
    held = change.documents
    what = own.several.format(n=len(held))
    if len(held) == 1:
        what = name(held[0]) + ("" if held[0].number else own.no_number)
    clauses = sum(document.clauses for document in held)
    return (text if change.is_new else own.unchanged).format(what=what, clauses=clauses)


def _links(change: Change, words: Words, settings: Settings) -> list[dict[str, str]]:
    """Where a document that has come in can be read and asked about."""
    own, language = said(words), _language(words)
    home = "/" if language == settings.language else f"/{language}/"
    found = []
    for one in change.documents[:3]:
        title = f"《{one.title}》" if len(change.documents) > 1 else ""
        read, ask = f"/d/{quote(one.id, safe='')}?lang={language}", f"{home}?{urlencode({'document': one.id})}"
        found.append({"text": own.read_it + title, "href": read, "document": one.id})
        found.append({"text": own.ask_it + title, "href": ask, "document": one.id})
    return found


def fault(found: RagError | None, words: Words, settings: Settings, *, is_last: bool = False) -> str:
    """What went wrong, without the folders of this server; `is_last` where the last document was to be removed."""
    own = said(words)
    if found is None:
        return own.failed
    if is_last and isinstance(found, NothingToIndex):
        return own.last
    text = found.message(_language(words))
    homes = [settings.index / "uploads", settings.index.parent, *settings.corpus_paths(), settings.cache.parent]
    for home in sorted({str(path) for one in homes for path in (one, one.resolve())}, key=len, reverse=True):
        text = text.replace(f"{home}/", "")
    return text


def _language(words: Words) -> Language:
    return "en" if words.tag == "en" else "zh"


def _text(value: object) -> str:
    return escape(str(value))
