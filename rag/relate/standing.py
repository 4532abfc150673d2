"""Whether a document is in force on a day, from its own dates and from what others say of it.

A repeal counts from its day on, not from the day on which it was announced; an extension from the day on which it was
issued. What nothing states is `unknown`, never a guess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rag.clause import Document, DocumentId, Relation, RelationKind, Status
from rag.metadata.day import later
from rag.relate.name import Names

CHANGES: tuple[RelationKind, ...] = ("repeals", "extends", "upholds", "suspends")
"""The relations that a status depends on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A document's status on a day, and the documents that repealed, extended or suspended it by then.

    `expires` is the last day of its term, as far as it was extended by then.
    """

    status: Status
    repealed_by: DocumentId | None = None
    extended_by: DocumentId | None = None
    suspended_by: DocumentId | None = None
    expires: date | None = None


@dataclass(slots=True)
class _Fate:
    """What others have said of a document by the day asked."""

    repealed: tuple[date, DocumentId] | None = None
    extended: DocumentId | None = None
    suspended: tuple[date, DocumentId] | None = None
    upheld: date | None = None
    expires: date | None = None


def standings(
    documents: Sequence[Document], relations: Iterable[tuple[DocumentId, Relation]], today: date
) -> dict[DocumentId, Standing]:
    """The status of each document on `today`, any day.

    A repeal counts from the day on which the repealing document takes effect (unknown: from its own date); one of a
    single clause leaves the document in force. Then the dates decide; where neither is known the status is `unknown`,
    never a guess. Cost: linear in documents and relations.
    """
    names = Names(documents)
    by_id = {document.id: document for document in documents}
    fates = {document.id: _Fate(expires=document.expires) for document in documents}
    for source, relation in relations:
        if relation.kind not in CHANGES or source not in by_id or (relation.path and relation.kind == "repeals"):
            continue
        since = _since(by_id[source], relation)
        if since is not None and since > today:
            continue
        for document in names.named(relation.target, relation.text):
            if document.id != source and _older(document, by_id[source]):
                _suffer(fates[document.id], relation, source, since or date.min)
    return {document.id: _standing(document, fates[document.id], today) for document in documents}


def _since(source: Document, relation: Relation) -> date | None:
    """The day from which a relation counts."""
    if relation.kind in ("repeals", "suspends"):
        return relation.effective or source.effective or source.issued or source.published
    return source.issued or source.published or source.effective


def _suffer(fate: _Fate, relation: Relation, source: DocumentId, since: date) -> None:
    """Adds to a document's fate what a relation says of it."""
    if relation.kind == "repeals" and (fate.repealed is None or since < fate.repealed[0]):
        fate.repealed = (since, source)
    elif relation.kind == "suspends" and (fate.suspended is None or since >= fate.suspended[0]):
        fate.suspended = (since, source)
    elif relation.kind == "upholds":
        fate.upheld = max(since, fate.upheld or since)
    elif relation.kind == "extends":
        until = relation.until
        if until is None and relation.months and fate.expires:
            until = later(fate.expires, relation.months)
        if until is not None and (fate.expires is None or until > fate.expires):
            fate.expires, fate.extended = until, source


def _standing(document: Document, fate: _Fate, today: date) -> Standing:
    suspended = fate.suspended
    if suspended and fate.upheld and fate.upheld > suspended[0]:
        suspended = None
    status = "repealed" if fate.repealed else _by_dates(document, fate, today)
    return Standing(
        status,
        fate.repealed[1] if fate.repealed else None,
        fate.extended,
        suspended[1] if suspended else None,
        fate.expires,
    )


def _by_dates(document: Document, fate: _Fate, today: date) -> Status:
    begins = document.effective or document.issued or document.published
    if begins is not None and begins > today:
        return "not_yet"
    if fate.expires is not None and fate.expires < today and not (fate.upheld and fate.upheld <= today):
        return "repealed" if document.stated == "repealed" else "expired"
    if document.stated in ("expired", "repealed") and document.expires is None and fate.extended is None:
        return document.stated
    if document.stated == "unknown":
        return "unknown"
    is_dated = document.effective is not None or (begins is not None and (fate.expires or fate.upheld))
    if is_dated or (document.stated == "in_force" and begins is not None):
        return "in_force"
    return document.stated or "unknown"


def _older(document: Document, than: Document) -> bool:
    """Whether `document` may be the earlier of the two: a new version often has the name of the old one."""
    a, b = document.issued or document.effective, than.issued or than.effective
    return a is None or b is None or a <= b
