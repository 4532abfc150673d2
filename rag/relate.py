"""What documents say of one another, and what follows for their status on a day.

Reads repeals (「……同时废止」) and mentions of other documents from clauses; settles from them and from the dates
whether a document is in force. Dates of the document itself are metadata's.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.clause import Document, DocumentId, Parsed, Relation, RelationKind, Status
from rag.numeral import bare

_NAMED = re.compile(
    r"《(?P<title>[^《》]{2,60}(?:〈[^〉]*〉[^《》]{0,40})?)》(?:\s?[（(](?P<number>[^（()）]{2,20}[〔\[（(]\d{4}[〕\])）]\d{1,4}号)[）)])?"
)
_REPEAL = re.compile(r"废止|停止执行|不再执行")
_KEPT = re.compile(r"(?:不予|不再|未|不得|并非|没有)废止|继续有效|有效期延长")
_BARE_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,8}[〔\[]\d{4}[〕\]]\d{1,4}号")
_PART = re.compile(r"[^。；，,;\n]*(?:《[^《》]*》[^。；，,;\n]*)*[。；，,;\n]?")


@dataclass(frozen=True, slots=True)
class Standing:
    """A document's status on a day and, where it was repealed, by which document."""

    status: Status
    repealed_by: DocumentId | None = None


def relations(parsed: Parsed) -> tuple[Relation, ...]:
    """The repeals and mentions in a document's clauses, in order; a document it repeals is not mentioned again."""
    found: list[Relation] = []
    seen: set[tuple[str, str]] = set()
    own = bare(parsed.document.title)
    for clause in parsed.clauses:
        if clause.kind == "furniture":
            continue
        for part in _parts(clause.text):
            repeals = _REPEAL.search(part) is not None and _KEPT.search(part) is None
            for target in _targets(part, repeals):
                kind: RelationKind = "repeals" if repeals else "cites"
                if (not repeals and bare(target) in own) or (kind, target) in seen:
                    continue
                seen.add((kind, target))
                found.append(Relation(kind, clause.id, target, parsed.document.effective if repeals else None))
    return tuple(found)


def _parts(text: str) -> list[str]:
    """The parts of the sentences of `text`; names that are parted from their 废止 by a comma or 、 stay with it."""
    made: list[str] = []
    for part in _PART.findall(text):
        is_list = made and made[-1].endswith(("》，", "），", "号，", "、")) and not _REPEAL.search(made[-1])
        if is_list:
            made[-1] += part
        elif part.strip():
            made.append(part)
    return made


def _targets(part: str, repeals: bool) -> list[str]:
    """The documents that a part of a sentence names: by number where it gives one, else by title."""
    named = [
        _plain_number(match["number"]) if match["number"] else " ".join(match["title"].split())
        for match in _NAMED.finditer(part)
    ]
    return named or ([_plain_number(match[0]) for match in _BARE_NUMBER.finditer(part)] if repeals else [])


def _plain_number(number: str) -> str:
    return re.sub(r"[〔\[（(](\d{4})[〕\])）]", r"〔\1〕", bare(number))


def refers(target: str, document: Document) -> bool:
    """Whether `target`, a title or a document number, names `document`, itself or what it issues."""
    if document.number and bare(target) == bare(document.number):
        return True
    title, wanted = bare(document.title), bare(target)
    return title == wanted or f"《{wanted}》" in title or title.endswith((f"印发{wanted}的通知", f"发布{wanted}的通知"))


def standings(
    documents: Sequence[Document], relations: Iterable[tuple[DocumentId, Relation]], today: date
) -> dict[DocumentId, Standing]:
    """The status of each document on `today`.

    A repeal counts from the day on which the repealing document takes effect (unknown: from its own date). Then the
    dates decide; where neither is known the status is `unknown`, never a guess.
    """
    by_id = {document.id: document for document in documents}
    found = {document.id: Standing(_by_dates(document, today)) for document in documents}
    for source, relation in relations:
        if relation.kind != "repeals" or source not in by_id:
            continue
        since = relation.effective or by_id[source].effective or by_id[source].issued
        if since is not None and since > today:
            continue
        for document in documents:
            if document.id != source and _older(document, by_id[source]) and refers(relation.target, document):
                found[document.id] = Standing("repealed", source)
    return found


def _older(document: Document, than: Document) -> bool:
    """Whether `document` may be the earlier of the two: a new version often has the name of the old one."""
    a, b = document.issued or document.effective, than.issued or than.effective
    return a is None or b is None or a <= b


def _by_dates(document: Document, today: date) -> Status:
    if document.expires is not None and document.expires < today:
        return "expired"
    if document.effective is not None:
        return "not_yet" if document.effective > today else "in_force"
    return "unknown"


def resolve(parsed: Sequence[Parsed], today: date) -> list[Parsed]:
    """The same documents with their status on `today`."""
    links = [(one.document.id, relation) for one in parsed for relation in one.relations]
    settled = standings([one.document for one in parsed], links, today)
    return [replace(one, document=replace(one.document, status=settled[one.document.id].status)) for one in parsed]
