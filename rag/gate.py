"""Whether the evidence answers, and which of it may be used: the reasons to be silent, one by one.

Searching is `retrieve`'s, saying it `wording`'s. A refusal is a value; nothing here raises.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rag.beside import beside
from rag.clause import LAPSED, NOT_IN_FORCE, DocumentId, Reason
from rag.numeral import arabic, bare
from rag.retrieve import Evidence, Retriever, without_places
from rag.scope import compares_versions, sides
from rag.score import means_the_same
from rag.understand import (
    Query,
    Reference,
    closest_number,
    is_handled,
    is_number,
    is_spoken_of,
    short_names,
    speaks_of,
    years_of,
)

_CONSIDERED = 20
"""Clauses that are looked at for an answer."""
_SIDES = 12
"""Sides that a comparison may have."""
_OF_SIDE = 5
"""Clauses that are looked at of a side, in each point."""
_SAID_OF = 0.5
"""Share of the terms of a point that a clause must have where sides that are named are compared in it."""
_ABOUT = 0.6
"""Share of a matter, by what its terms tell, that a title or heading must have to be about it."""
_SPEAKING = 5
"""Clauses of which one must speak of what is asked."""
_BARE = 3
"""Characters that a question may say besides a clause's number and still name nothing else."""
_ISSUE = re.compile(r"第(\d+)(批|届|期|轮)")
_NUMBER_ASKED = re.compile(r"文号|字号|(?:发文|文件)编号")


def admitted(query: Query, retriever: Retriever) -> tuple[list[Evidence], Reason | None]:
    """What may be used for the answer, best first, and why it does not do, where it does not."""
    if _NUMBER_ASKED.search(query.focus) and (found := _numbers(query, retriever)):
        return found, None
    absent = retriever.absent(query)
    if query.references and (reason := _nowhere(query, absent)):
        return [], reason
    found = _search(query, retriever)
    if query.missing and (not (query.by_name or query.exact) or query.kind == "comparison"):
        found = [
            one for one in found if any(bare(name).rstrip("》") in bare(one.hit.clause.text) for name in query.missing)
        ]
        if not found:
            return [], _unknown(query, retriever)
    if query.references and not any(one.hit.why == "reference" for one in found):
        return found, "false_premise" if query.documents else "no_evidence"
    threshold = retriever.settings.refusal_threshold
    if query.kind == "clause" and _is_ambiguous(query, found):
        return found, "ambiguous"
    fitting = _of_version(
        query, _of_then(query, [one for one in found if _fits(query, one, retriever)], retriever), threshold
    )
    fitting = _of_measure(query, _of_matter(query, fitting, retriever), retriever)
    if fitting and not _speaks_of_act(query, fitting):
        return fitting, "no_evidence"
    told = " ".join(f"{one.hit.document.title} {one.hit.clause.text}" for one in found)
    if _is_other_issue(bare(query.text), "", bare(told)):
        return found, "no_evidence"  # what names no issue at all is about none that is not there
    if not fitting:
        return found, "out_of_scope" if query.strange or _is_of_no_year(query, retriever) else "no_evidence"
    is_whole = compares_versions(query, list({one.hit.document.id: one.hit.document for one in fitting}.values()))
    is_likely = max(one.hit.score for one in fitting[:5]) >= threshold
    if is_likely or is_whole or rests_on_meaning(query, fitting, retriever):
        return [*fitting, *beside(query, fitting, retriever)], None
    return fitting, "no_evidence"


def _nowhere(query: Query, absent: Sequence[Reference]) -> Reason | None:
    """Why none of the references leads anywhere; None where one does."""
    if any(not one.missing and one not in absent for one in query.references):
        return None
    return "out_of_scope" if all(one.missing for one in query.references) else "false_premise"


def _unknown(query: Query, retriever: Retriever) -> Reason:
    """The reason for a document that is not there: a number that differs in a character from one that is was mistaken."""
    documents = retriever.index.store.documents()
    is_close = any(closest_number(name, documents) for name in query.missing if is_number(name))
    return "false_premise" if is_close else "out_of_scope"


def _is_of_no_year(query: Query, retriever: Retriever) -> bool:
    """Whether the question names years of which no document is."""
    covered = {year for document in retriever.index.store.documents() for year in years_of(document)}
    return bool(query.years) and not covered & set(query.years)


def _is_ambiguous(query: Query, found: Sequence[Evidence]) -> bool:
    """Whether the question is a clause number that several documents in force have, of which it names none whole."""
    named = [one.hit for one in found if one.hit.why == "reference" and one.hit.document.status not in NOT_IN_FORCE]
    return not query.by_name and len(bare(query.rest)) <= _BARE and len({hit.document.id for hit in named}) > 1


def rests_on_meaning(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> bool:
    """Whether an answer would rest on likeness alone: a question in everyday words, of which the text has too few."""
    best, threshold = evidence[:5], retriever.settings.refusal_threshold
    return (
        retriever.is_known
        and query.kind in ("open", "list", "date", "number", "department", "comparison")
        and (query.is_spoken or (query.kind == "comparison" and any(one.coverage >= _SAID_OF for one in best)))
        and all(one.hit.score < threshold for one in best)
        and any(means_the_same(one.cosine, one.searched) for one in best)
    )


def _search(query: Query, retriever: Retriever) -> list[Evidence]:
    """The evidence; a comparison searches each side on its own and takes them in turn."""
    compared: list[tuple[DocumentId, ...]] = []
    if query.version == "both":
        compared = [(id,) for id in _both(query, retriever)]
    elif query.kind == "comparison":
        compared = sides(query, retriever.index.store.documents())
    if len(compared) < 2:
        return retriever.search(query, _CONSIDERED)
    asked = query.points or (without_places(query.text, query),)  # the documents of a side do not name the others
    found = [
        retriever.search(replace(query, documents=side, text=text), _OF_SIDE)
        for text in asked
        for side in compared[:_SIDES]
    ]
    ranks = max(map(len, found))
    return [side[rank] for rank in range(ranks) for side in found if rank < len(side)]


def _both(query: Query, retriever: Retriever) -> tuple[DocumentId, ...]:
    """The rule in force and the one that it replaced: of the repealed document that is likeliest to be meant."""
    store = retriever.index.store
    settled = store.standings()
    for one in retriever.search(query, _CONSIDERED):
        later = settled[one.hit.document.id].repealed_by
        if later is not None:
            return later, one.hit.document.id
    return query.documents


def _of_version(query: Query, found: list[Evidence], threshold: float) -> list[Evidence]:
    """The evidence of the version that is asked for: what does not hold on the day that is asked about stands back where
    what does answers, too.
    """
    if query.version == "both" or query.exact:
        return found
    outside = [one for one in found if one.hit.document.status in NOT_IN_FORCE]
    of_that_year = [one for one in outside if set(query.years) & set(years_of(one.hit.document))]
    if of_that_year:
        return of_that_year
    if query.version == "former":
        return [one for one in outside if one.hit.document.status in LAPSED]
    current = [one for one in found if one not in outside]
    return current if any(one.hit.score >= threshold for one in current) else [*current, *outside]


def _of_then(query: Query, found: list[Evidence], retriever: Retriever) -> list[Evidence]:
    """The evidence without what had not begun in the years that a question names, where what held then answers, too."""
    if not query.years or query.exact or query.version != "current":
        return found
    then = retriever.index.store.standings(date(max(query.years), 7, 1))
    lapsed = [
        one for one in found if one.hit.document.status in LAPSED and then[one.hit.document.id].status == "in_force"
    ]
    if not lapsed:
        return found
    replaced = {
        then_by for one in lapsed if (then_by := retriever.index.store.standings()[one.hit.document.id].repealed_by)
    }
    return [*lapsed, *(one for one in found if one not in lapsed and one.hit.document.id not in replaced)]


def _fits(query: Query, one: Evidence, retriever: Retriever) -> bool:
    """Whether a clause is about the places and years of the question.

    A place that is no document's region must be named by the clause, or the document must speak for it. A document whose
    title names years does not speak of others, unless the clause does.
    """
    if one.hit.why == "reference":
        return True
    document = one.hit.document
    text = bare(f"{document.title}{document.region or ''}{one.hit.clause.heading}{one.hit.clause.text}")
    strange = [place for place in query.strange if short_names(bare(place))[-1] not in text]
    if not all(retriever.speaks_for(document, place) for place in strange):
        return False
    if _is_other_issue(bare(query.text), bare(document.title), text):
        return False
    if not query.years or not re.search(r"(?:19|20)\d{2}", document.title):
        return True
    return any(year in years_of(document) or str(year) in text for year in query.years)


def _is_other_issue(asked: str, title: str, text: str) -> bool:
    """Whether a question is about another issue of a series than a title or clause names: 第三批, where it is 第二批.

    >>> [_is_other_issue("第三批哪天公布", "", text) for text in ("第一批6月公布", "第一批、第三批", "名单7月公布")]
    [True, False, False]
    """
    spoken_of = set(_ISSUE.findall(arabic(f"{title}{text}")))
    wanted = [one for one in _ISSUE.findall(arabic(asked)) if any(one[1] == unit for _, unit in spoken_of)]
    return bool(wanted) and not spoken_of & set(wanted)


def _of_matter(query: Query, found: list[Evidence], retriever: Retriever) -> list[Evidence]:
    """The evidence that is about the matter which is to be handled, all of it where the question names none.

    It must be what the document, or a heading above the clause, is about, or the clause must speak of handling it.
    """
    if not query.matter:
        return found

    def is_on_matter(one: Evidence) -> bool:
        above = f"{one.hit.document.title} {one.hit.clause.heading}"
        return one.hit.why == "reference" or any(
            retriever.coverage(name, above, query) >= _ABOUT or is_handled(name, one.hit.clause.text)
            for name in query.matter
        )

    return [one for one in found if is_on_matter(one)]


def _of_measure(query: Query, found: list[Evidence], retriever: Retriever) -> list[Evidence]:
    """The evidence that speaks of the quantity whose figure is asked for, in the clause or above it; all of it where none
    is named in official words.
    """
    if not query.measure:
        return found
    titles = {one.hit.document.id: bare(one.hit.document.title) for one in found}
    return [
        one
        for one in found
        if one.hit.why == "reference"
        or any(
            speaks_of(name, f"{titles[one.hit.document.id]} {bare(one.hit.clause.heading)} {bare(one.hit.clause.text)}")
            for name in query.measure
        )
    ]


def _speaks_of_act(query: Query, found: Sequence[Evidence]) -> bool:
    """Whether some of the best clauses speaks of what the question asks whether it may be done; true where it asks no such
    thing, or points to a clause.
    """
    best = [one.hit for one in found[:_SPEAKING]]
    texts = [bare(f"{hit.document.title} {hit.clause.heading} {hit.clause.text}") for hit in best]
    return (
        not query.act
        or any(hit.why == "reference" for hit in best)
        or any(is_spoken_of(name, text) for name in query.act for text in texts)
    )


def _numbers(query: Query, retriever: Retriever) -> list[Evidence]:
    """The clauses in which the documents' own numbers stand; of several in a place the one that is spoken of."""
    named = query.documents
    if not query.exact and len(named) != 1 and query.kind != "comparison":
        found = retriever.search(query, 1)
        named = tuple(one.hit.document.id for one in found if one.hit.score >= retriever.settings.refusal_threshold)
    return [one for document in named if (one := _numbered(document, retriever)) is not None]


def _numbered(document: DocumentId, retriever: Retriever) -> Evidence | None:
    for clause in retriever.index.store.clauses(document):
        hit = retriever.hit(clause)
        number = bare(hit.document.number or "")
        if number and clause.kind in ("header", "title") and number[-6:] in bare(clause.text):
            return Evidence(replace(hit, why="number"), 1.0, 0.0, 1.0)
    return None
