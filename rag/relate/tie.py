"""How a document is tied to others: which it repeals, amends, extends or cites, and which do so to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from rag.clause import Document, DocumentId, Relation, RelationKind


@dataclass(frozen=True, slots=True)
class Tie:
    """Another document, what ties it to this one, and which of the two says so."""

    kind: RelationKind
    document: Document
    is_said_here: bool


def ties(
    document: DocumentId,
    led: Iterable[tuple[DocumentId, Relation, DocumentId | None]],
    documents: Mapping[DocumentId, Document],
) -> list[Tie]:
    """The ties of `document`, each once: by kind, what it says itself first, in the order of the texts.

    led  who says it, what is said, and which document is meant, None where that is not there
    """
    found: dict[tuple[RelationKind, bool, DocumentId], Tie] = {}
    for source, relation, target in led:
        if target is None or source == target or document not in (source, target):
            continue
        is_here = source == document
        other = target if is_here else source
        found.setdefault((relation.kind, is_here, other), Tie(relation.kind, documents[other], is_here))
    kinds = get_args(RelationKind)
    return sorted(found.values(), key=lambda tie: (kinds.index(tie.kind), not tie.is_said_here))
