"""The JSON forms that other programs rely on: the fields of the interface contract.

Additive to them: a hit's `why`, an answer's `query` and `suggestions`, and a document's `confidence` where it is a scan. A change here is additive, or a new major version.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from rag.clause import Answer, Citation, Clause, ClauseId, Document, Hit, Parsed

Json = dict[str, Any]
"""An object as `json.dumps` takes it."""


def document_json(document: Document) -> Json:
    """A document as hits and citations show it; dates in ISO 8601, unknown is None."""
    return {
        "id": document.id,
        "title": document.title,
        "number": document.number,
        "issued": _day(document.issued),
        "status": document.status,
        "source": document.source,
    }


def metadata_json(document: Document) -> Json:
    """All that is known of a document, as `rag document --json` prints it."""
    return {
        "id": document.id,
        "title": document.title,
        "number": document.number,
        "issuer": document.issuer,
        "region": document.region,
        "type": document.type,
        "issued": _day(document.issued),
        "published": _day(document.published),
        "effective": _day(document.effective),
        "expires": _day(document.expires),
        "status": document.status,
        "source": document.source,
        "sha256": document.sha256,
        "clauses": document.clauses,
        "confidence": document.confidence,
    }


def clause_json(clause: Clause) -> Json:
    """A clause as hits and citations show it; `rag clauses` adds `kind` and `row`.

    `label` is the number as printed: a 款 has none, the place that it counts stands in its path.
    """
    return {
        "id": clause.id,
        "label": _printed(clause),
        "path": list(clause.path),
        "heading": clause.heading,
        "text": clause.text,
        "start": clause.start,
        "end": clause.end,
        "page": clause.page,
    }


def _printed(clause: Clause) -> str | None:
    label = clause.label or ""
    return None if label.endswith("款") and not clause.text.startswith(label) else clause.label


def references_json(parsed: Parsed) -> dict[ClauseId, list[Json]]:
    """By clause what it refers to, in order; `rag clauses` adds it as `references`.

    `document` is the title or number as written, None for the document itself; `clauses` are ids of its own clauses.
    """
    found: dict[ClauseId, list[Json]] = {}
    for one in parsed.relations:
        found.setdefault(one.clause, []).append(
            {
                "kind": one.kind,
                "text": one.text,
                "start": one.start,
                "end": one.end,
                "document": one.target or None,
                "path": list(one.path),
                "through": list(one.through),
                "clauses": list(one.clauses),
                "effective": _day(one.effective),
                "until": _day(one.until),
            }
        )
    return found


def hit_json(hit: Hit) -> Json:
    """A hit with its document and clause; the score to four digits."""
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        "why": hit.why,
        "document": document_json(hit.document),
        "clause": clause_json(hit.clause),
    }


def search_json(id: str | None, hits: Sequence[Hit], ms: float) -> Json:
    """A search result; `id` is the caller's, `ms` the milliseconds it took."""
    return {"id": id, "hits": [hit_json(hit) for hit in hits], "ms": ms}


def citation_json(citation: Citation) -> Json:
    """A citation with its number, document, clause and quote."""
    return {
        "n": citation.n,
        "document": document_json(citation.document),
        "clause": clause_json(citation.clause),
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
    }


def answer_json(answer: Answer, id: str | None = None) -> Json:
    """An answer or a refusal; `id` is the caller's, None where it gave none."""
    return {
        "id": id,
        "question": answer.question,
        "answer": answer.answer,
        "refused": answer.refused,
        "reason": answer.reason,
        "citations": [citation_json(citation) for citation in answer.citations],
        "claims": [
            {"text": claim.text, "citations": list(claim.citations), "verdict": claim.verdict}
            for claim in answer.claims
        ],
        "notices": list(answer.notices),
        "model": answer.model,
        "ms": dict(answer.ms),
        "query": answer.query,
        "suggestions": list(answer.suggestions),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
