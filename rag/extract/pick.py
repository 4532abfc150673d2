"""The sentences of the evidence that answer, chosen by the question's terms, by meaning and by the form it wants."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.cite import Statement
from rag.clause import Clause, DocumentId, Hit, Span
from rag.extract.form import NUMBER, wanted_form
from rag.extract.lead import FIRST, ITEM, with_leads
from rag.extract.place import Found, located, unlabelled
from rag.extract.structure import in_lines
from rag.extract.table import is_department
from rag.lexical import terms
from rag.numeral import bare
from rag.retrieve import Evidence, Retriever
from rag.sentence import sentences
from rag.understand import Query, short_names

_LIKELY = 0.35
"""Share of the best clause's probability below which another found by search does not speak: where the best lacks what is
asked, a number that stands in some clause is no answer."""
_LIST = 420
"""Characters of an article that is shown whole where its lead-in or one of its items answers."""
_LED = 700
"""Characters of a clause that is shown whole where the line that leads its list answers."""
_SURE = 0.5
"""Probability from which the best clause is taken to answer though the form that seems to be wanted is not in it."""
_SAID_OF_PLACE = 0.4
"""Share of the question's terms that a sentence must have to answer for a place that no document is about."""
_BESIDE = 0.06
"""How far behind the best sentence one of another clause may be to be shown with it."""
_AROUND = 260
"""Characters that are shown of a clause where it is uncertain which of its sentences answers."""
_HEADING = 30
"""Characters up to which a sentence may be a heading."""
_NEW = 0.3
"""Share of a sentence, by what its terms tell, that the question must not have said for it to be an answer by itself."""
_LEADS = re.compile(r"(?:下列|以下)[^，。；]{0,8}(?:之一)?")
"""What leads a list, though it be an item itself: （四）注销登记：有下列情形之一的，…"""
_ROW = 160
"""Characters of a table row that is shown whole."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the evidence with its score; `hit` is the clause that carries it."""

    hit: Hit
    span: Span
    text: str
    score: float


def ranked(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Sentence]:
    """The sentences of the evidence, best first."""
    form = wanted_form(query)
    found: dict[tuple[str, Span], Sentence] = {}
    for one in evidence:
        for carrier, span in _carried(_answering(one.hit, retriever), query, retriever):
            text = retriever.words(carrier.document.id, span)
            if len(bare(text)) < 6:
                continue
            alone = retriever.coverage(query.text, text, query, beside=carrier.document.title)
            context = retriever.coverage(query.text, f"{carrier.clause.heading} {text}", query)
            cosine = retriever.likeness(query, carrier.clause, span)
            score = 0.5 * alone + 0.2 * context + 5.0 * (cosine - 0.84) + 0.4 * one.hit.score
            if form is not None:
                score += 0.25 if form.fits(text) else -0.5
            key = (carrier.clause.id, span)
            if key not in found or found[key].score < score:
                found[key] = Sentence(replace(carrier, score=one.hit.score), span, text, score)
    return sorted(found.values(), key=lambda s: -s.score)


def _answering(hit: Hit, retriever: Retriever) -> Hit:
    """The hit, or, where it is a question of a document's 问答, the clause behind it that answers."""
    if not bare(hit.clause.text).endswith("?"):
        return hit
    clauses = retriever.index.store.clauses(hit.document.id)
    behind = next((c for c in clauses if c.start >= hit.clause.end and c.kind == "clause"), None)
    return hit if behind is None else replace(hit, clause=retriever.hit(behind).clause)


def _carried(hit: Hit, query: Query, retriever: Retriever) -> Iterator[tuple[Hit, Span]]:
    """The sentences of a hit, each with the smallest clause that is cited for it; a table row is one."""
    if hit.clause.kind == "title" or (hit.clause.kind in ("header", "footer") and not _speaks(hit.clause, query)):
        return
    for clause in retriever.carriers(hit.clause):
        carrier = replace(hit, clause=clause)
        own = retriever.own_text(clause)
        below = retriever.below(clause)
        if clause.kind == "heading" and below and "。" not in own:
            continue  # the name of a section says what it is about, not what holds
        if bare(own).endswith("?"):
            continue  # a question of a document's 问答
        is_list = bool(below) and clause.kind == "clause" and len(clause.text) <= _LIST
        if is_list or (clause.kind == "table_row" and len(clause.text) <= _ROW):
            yield carrier, (clause.start, clause.end)
            continue
        text = clause.text if clause.kind == "clause" else own
        offices = [bare(cell) for column, cell in (clause.row or {}).items() if is_department(column)]
        for start, end in sentences(text):
            if not any(bare(text[start:end]) in cell for cell in offices):  # who does it is no statement by itself
                yield carrier, (clause.start + start, clause.start + end)


def _speaks(clause: Clause, query: Query) -> bool:
    """Whether a line around the text says something: a sentence, or what a question about the document asks for."""
    return "。" in clause.text or re.search(r"印发|发布|发文|文号|落款|主送|抄送|公开|联系", query.focus) is not None


def picked(query: Query, evidence: Sequence[Evidence], retriever: Retriever, most: int, near: float) -> list[Statement]:
    """The best sentence and up to `most` - 1 others whose score is within `near` of it, clause by clause.

    [] where the evidence holds none of the form that the question wants.
    """
    found = ranked(query, likely(evidence[:8]), retriever)
    if query.strange:
        found = [s for s in found if _is_of_place(s, query, retriever)]
    form = wanted_form(query)
    if form is not None:
        formed = [s for s in found if form.fits(s.text)]
        if not formed and query.kind == "number" and not form.is_strict and evidence[0].hit.score >= _SURE:
            formed = [s for s in found if NUMBER.fits(s.text)]  # 按市场租金的多少: 70%
        found = formed
    if not found:
        return []
    first = found[0].hit.clause.id
    best = [s for s in found if s.score >= found[0].score - (near if s.hit.clause.id == first else _BESIDE)][:most]
    is_sure = evidence[0].hit.why == "reference" or evidence[0].hit.score >= retriever.settings.refusal_threshold
    if is_sure and form is None:
        best = [_with_what_follows(s, query, retriever) for s in best]
    elif not is_sure:
        first_of_each = {s.hit.clause.id: s for s in reversed(best)}
        best = [_with_neighbours(s, retriever) for s in reversed(first_of_each.values())]
    return located(with_leads([_found(s, retriever) for s in _joined(best, retriever)], retriever))


def _spans(clause: Clause, retriever: Retriever) -> list[Span]:
    """The sentences of a clause, those of what is below a heading left out, in the document's offsets."""
    own = clause.text if clause.kind == "clause" else retriever.own_text(clause)
    return [(clause.start + start, clause.start + end) for start, end in sentences(own)]


def _with_what_follows(sentence: Sentence, query: Query, retriever: Retriever) -> Sentence:
    """A sentence that only says again what is asked, or that leads a list, with what is behind it or below its clause."""
    clause, document = sentence.hit.clause, sentence.hit.document.id
    behind = [span for span in _spans(clause, retriever) if span[0] >= sentence.span[1]]
    below = [] if behind else [(one.start, clause.end) for one in retriever.below(clause)[:1]]
    own = unlabelled(sentence.text)
    following = _list_behind([*behind, *below], own, document, retriever)
    if not following:
        if not _repeats(own, query, retriever):
            return sentence
        following = [span for span in behind if span[1] - sentence.span[0] <= _AROUND] or below
    end = max((end for _, end in following if end - sentence.span[0] <= _LED), default=sentence.span[1])
    span = (sentence.span[0], end)
    return replace(sentence, span=span, text=retriever.words(document, span))


def _list_behind(spans: Sequence[Span], lead: str, document: DocumentId, retriever: Retriever) -> list[Span]:
    """The sentences of a list that `lead` leads or begins, up to the last that begins an item; [] where there is none."""
    if not spans or ((ITEM.match(lead) or FIRST.match(lead)) and not _LEADS.search(lead)):
        return []
    texts = [retriever.words(document, span) for span in spans]
    if not FIRST.match(texts[0]) and not (FIRST.search(lead) and ITEM.match(texts[0])):
        return []
    last = max(i for i, text in enumerate(texts) if i == 0 or ITEM.match(text))
    return list(spans[: last + 1])


def _repeats(text: str, query: Query, retriever: Retriever) -> bool:
    """Whether a text says hardly more than the question, as a heading does, or asks itself."""
    said = bare(text)
    if said.endswith("?"):
        return True
    if len(said) > _HEADING or set(re.findall(r"\d+", said)) - set(re.findall(r"\d+", bare(query.text))):
        return False
    asked, idf = set(terms(query.text)), retriever.index.terms.idf
    told = {term: idf(term) for term in set(terms(text))}
    return sum(weight for term, weight in told.items() if term not in asked) < _NEW * sum(told.values())


def _with_neighbours(sentence: Sentence, retriever: Retriever) -> Sentence:
    """The sentence with those behind and before it in its clause, as many as _AROUND allows: any of them may answer."""
    spans = _spans(sentence.hit.clause, retriever)
    places = [i for i, (start, end) in enumerate(spans) if start < sentence.span[1] and sentence.span[0] < end]
    if not places:
        return sentence
    low, high = places[0], places[-1]
    while True:
        if high + 1 < len(spans) and spans[high + 1][1] - spans[low][0] <= _AROUND:
            high += 1
        elif low > 0 and spans[high][1] - spans[low - 1][0] <= _AROUND:
            low -= 1
        else:
            break
    span = (spans[low][0], spans[high][1])
    return replace(sentence, span=span, text=retriever.words(sentence.hit.document.id, span))


def _is_of_place(sentence: Sentence, query: Query, retriever: Retriever) -> bool:
    """Whether a sentence answers for the places of the question that are no document's region: its document speaks for
    them, or it, or its heading, names them and says a good part of what else is asked.
    """
    strange = [place for place in query.strange if not retriever.speaks_for(sentence.hit.document, place)]
    if not strange:
        return True
    said = f"{sentence.hit.clause.heading}{sentence.text}"
    cores = [short_names(place)[-1] for place in strange]
    rest = query.text
    for place in query.strange:
        rest = rest.replace(place, " ")
    is_named = all(core in bare(said) for core in cores)
    is_sure = sentence.hit.score >= _SURE
    return is_named and (is_sure or retriever.coverage(rest, said, query) >= _SAID_OF_PLACE)


def likely(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence without what a search found that is far less likely to answer than the best of it."""
    least = _LIKELY * max((one.hit.score for one in evidence), default=0.0)
    return [one for one in evidence if one.hit.why not in ("dense", "lexical", "both") or one.hit.score >= least]


def _found(sentence: Sentence, retriever: Retriever) -> Found:
    clause = sentence.hit.clause
    is_lead = sentence.text.endswith(("：", ":")) and len(clause.text) <= _LED and bool(retriever.below(clause))
    is_whole = is_lead or sentence.span == (clause.start, clause.end)
    return in_lines(sentence.hit, retriever) if is_whole else (sentence.hit, sentence.span, (sentence.text,))


def _joined(found: Sequence[Sentence], retriever: Retriever) -> list[Sentence]:
    """Sentences of one clause brought together, in the order in which they stand; neighbours become one."""
    made: list[Sentence] = []
    for clause in dict.fromkeys(s.hit.clause.id for s in found):
        for s in sorted((s for s in found if s.hit.clause.id == clause), key=lambda s: s.span):
            last = made[-1] if made and made[-1].hit.clause.id == clause else None
            if last is not None and not retriever.words(s.hit.document.id, (last.span[1], s.span[0])).strip():
                span = (last.span[0], max(last.span[1], s.span[1]))
                made[-1] = replace(last, span=span, text=retriever.words(s.hit.document.id, span))
            else:
                made.append(s)
    return made
