"""How a document stands: from dates and from what others say of it, each with the clause that it was read from.

The days, what took a document's place and when it ends are `metadata`'s and `relate`'s; what is asked is `understand`'s.
What no document states, or what changed within the time that is asked about, is left to the other ways of answering.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from rag.cite import Statement
from rag.clause import Clause, Document, DocumentId, Relation, RelationKind
from rag.extract.phrase import phrases
from rag.extract.place import located, name
from rag.extract.structure import in_lines
from rag.numeral import arabic, bare
from rag.relate import Standing, refers
from rag.retrieve import Evidence, Retriever
from rag.understand import Query
from rag.understand.validity import (
    Span,
    asks_beginning,
    asks_by_what,
    asks_current,
    asks_standing,
    days,
    is_all,
    subject,
)

_FORCE = re.compile(r"施行|实施|执行|生效")
_OWN_FORCE = re.compile(
    r"本(?:办法|规定|条例|细则|意见|方案|通知|文件|规则|制度|决定|规程|法)[^。；]{0,12}(?:自|从|于)[^。]{1,30}?(?:施行|实施|执行|生效)|"
    r"本(?:办法|规定|条例|细则|意见|方案|通知|文件|规则|制度|决定|规程|法)(?:的)?有效期"
)
_ASIDE = ("title", "header", "furniture", "heading")
_NAMED = 0.6
"""Share of what a question speaks of, by what its terms tell, that a title must have to be meant."""
_MOST = 2
"""Documents of a name of which the standing is said."""

Said = tuple[str, list[Clause]]
"""How a document stands, and the clauses that say so."""


def standing(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """How the documents stand that a question names, each with the clauses that say so; [] where it does not ask, or
    nothing states it.
    """
    if not asks_standing(query):
        return []
    if query.missing and not query.by_name:
        return _together(_of_absent(query, retriever), retriever) if is_all(query) else []
    said = [_said(one, days(query), query, retriever) for one in _meant(query, evidence, retriever)[:_MOST]]
    return _together([one for one in said if one is not None], retriever)


def never_repealed(query: Query, retriever: Retriever) -> list[Statement]:
    """How a document stands that a question takes for repealed, of which no document says so; else []."""
    if not (query.by_name and len(query.documents) == 1 and asks_by_what(query) and is_all(query)):
        return []
    document = _document(query.documents[0], retriever)
    if _of(document, "repeals", retriever) or retriever.index.store.standings()[document.id].status != "in_force":
        return []
    said = _said(document, None, query, retriever)
    return _together([said], retriever) if said else []


def untold(query: Query, retriever: Retriever) -> list[Document]:
    """The documents that a question asks of how they stand, where nothing says so of any; else []."""
    if not (query.by_name or query.exact) or not asks_standing(query) or not is_all(query):
        return []
    settled = retriever.index.store.standings()
    found = [_document(id, retriever) for id in query.documents]
    return found if all(settled[one.id].status == "unknown" for one in found) else []


def _document(id: DocumentId, retriever: Retriever) -> Document:
    return next(one for one in retriever.index.store.documents() if one.id == id)


def _meant(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Document]:
    """The documents that a question names, else the likeliest one with what took its place."""
    settled = retriever.index.store.standings()
    if query.by_name or query.exact:
        found = [_document(id, retriever) for id in query.documents] if is_all(query) else []
        holding = [one for one in found if settled[one.id].status == "in_force"]
        return holding if holding and len(found) > 1 and asks_current(query) else found
    likeliest = evidence[0].hit.document if evidence else None
    if likeliest is None or retriever.coverage(subject(query.text), likeliest.title, query) < _NAMED:
        return []
    former = [id for id, one in settled.items() if one.repealed_by == likeliest.id]
    kin = dict.fromkeys(id for id in [*former[:1], likeliest.id, settled[likeliest.id].repealed_by] if id is not None)
    return [_document(id, retriever) for id in kin] if len(kin) > 1 else []


# What is said --------------------------------------------------------------------------------------------------


def _said(document: Document, span: Span | None, query: Query, retriever: Retriever) -> Said | None:
    """How a document stands in a span of days, today where none is given; None where that is not known, or changed."""
    store = retriever.index.store
    settled = store.standings(span.last if span else None)
    held = settled[document.id]
    if span and store.standings(span.first)[document.id] != held:
        return None
    line, clauses = _told(document, held, span is None, retriever)
    if not line:
        return None
    if asks_beginning(query) and not any(one.id.startswith(f"{document.id}#") for one in clauses):
        clauses = [*_force(document, retriever), *clauses]
    return (_on(span, line, retriever) if span else line), clauses


def _on(span: Span, line: str, retriever: Retriever) -> str:
    """What holds on the days that are named, as they are named."""
    first, last = (_shown(day, retriever) for day in (span.first, span.last))
    days = span.words if retriever.settings.language == "zh" else first if first == last else f"{first} – {last}"
    return phrases(retriever.settings.language).on_days.format(days=days, told=line)


def _told(document: Document, held: Standing, is_today: bool, retriever: Retriever) -> Said:
    """How a document stands; "" where that is not known."""
    words, called, own = phrases(retriever.settings.language), name(document), _force(document, retriever)
    if held.status == "repealed" and (found := _by(held.repealed_by, document, "repeals", retriever)):
        since = found.effective or _document(held.repealed_by or document.id, retriever).effective
        return _since(words.repealed, words.repealed_since, since, retriever, name=called), _clauses([found], retriever)
    if held.suspended_by and (found := _by(held.suspended_by, document, "suspends", retriever)):
        since = found.effective or _document(held.suspended_by, retriever).effective
        return _since(words.suspended, words.suspended_since, since, retriever, name=called), _clauses(
            [found], retriever
        )
    extended = _by(held.extended_by, document, "extends", retriever)
    own = [*own, *_clauses([extended] if extended else [], retriever)]
    if held.status == "expired" and held.expires:
        return words.expired.format(name=called, day=_shown(held.expires, retriever)), own
    if held.status == "not_yet" and document.effective:
        return words.not_yet.format(name=called, day=_shown(document.effective, retriever)), own
    if held.status != "in_force":
        return "", []
    until = words.until.format(day=_shown(held.expires, retriever)) if held.expires else ""
    later, ahead = _ahead(document, retriever)
    template = words.current if is_today else words.valid
    return template.format(name=called, more=until + later), [*own, *ahead]


def _since(without: str, template: str, since: date | None, retriever: Retriever, **facts: str) -> str:
    """A sentence with the day since when it holds, or without where no day is known."""
    return template.format(**facts, day=_shown(since, retriever)) if since else without.format(**facts)


def _shown(day: date, retriever: Retriever) -> str:
    return phrases(retriever.settings.language).day.format(year=day.year, month=day.month, day=day.day)


def _ahead(document: Document, retriever: Retriever) -> Said:
    """What is said of a document in force that has not come yet, or of a part of it: "" and [] where nothing is."""
    found, words = _of(document, "repeals", retriever), phrases(retriever.settings.language)
    whole = next(((by, one) for by, one in found if not one.path), None)
    if whole is not None:
        by, one = whole
        since = one.effective or _document(by, retriever).effective
        return words.ends.format(day=_shown(since, retriever)) if since else "", _clauses([one], retriever)
    parts = "、".join("".join(one.path) for _, one in found)
    return (words.partly.format(parts=parts) if parts else ""), _clauses([one for _, one in found], retriever)


def _of(document: Document, kind: RelationKind, retriever: Retriever) -> list[tuple[DocumentId, Relation]]:
    """Who says this of a document, whatever the day, and of whatever part of it."""
    every = retriever.index.store.relations(kinds=(kind,))
    return [(by, one) for by, one in every if by != document.id and refers(one.target, document)]


def _by(by: DocumentId | None, document: Document, kind: RelationKind, retriever: Retriever) -> Relation | None:
    """What `by` says of a whole document."""
    found = _of(document, kind, retriever) if by is not None else []
    return next((one for source, one in found if source == by and not (one.path and kind == "repeals")), None)


def _clauses(said: Iterable[Relation], retriever: Retriever) -> list[Clause]:
    return [retriever.index.store.whole(one.clause) for one in said]


def _force(document: Document, retriever: Retriever) -> list[Clause]:
    """The clause of a document that says from when, or how long, it holds; [] where none does."""
    clauses = [one for one in retriever.index.store.clauses(document.id) if one.kind not in _ASIDE]
    day = document.effective
    dated = [one for one in clauses if day and _FORCE.search(one.text) and _spelt(day) in arabic(bare(one.text))]
    found = dated or [one for one in clauses if _OWN_FORCE.search(bare(one.text))]
    return found[-1:]


def _spelt(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _of_absent(query: Query, retriever: Retriever) -> list[Said]:
    """The clause that repeals a document which is itself not there; [] where none speaks of the whole of it."""
    store = retriever.index.store
    for source, said in store.relations(kinds=("repeals",)):
        words = bare(f"{said.text}{said.target}")
        missing = next((one for one in query.missing if bare(one).strip("《》") in words), None)
        if missing is not None and not said.path:
            since = said.effective or _document(source, retriever).effective
            told, facts = (
                phrases(retriever.settings.language),
                {"missing": missing, "name": name(_document(source, retriever))},
            )
            line = _since(told.absent, told.absent_since, since, retriever, **facts)
            return [(line, _clauses([said], retriever))]
    return []


def _together(said: Sequence[Said], retriever: Retriever) -> list[Statement]:
    """The sentences, then each clause once; [] where there is no sentence, or no clause for it."""
    known = [(line, clauses) for line, clauses in said if clauses]
    clauses = {clause.id: clause for _, each in known for clause in each}
    found = located([in_lines(retriever.hit(clause), retriever) for clause in clauses.values()])
    lines = "".join(f"{line}\n" for line, _ in known)
    return [replace(found[0], lead=lines), *found[1:]] if found else []
