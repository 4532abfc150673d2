"""The nouns: what a loader reads, what a parser finds, what an answer shows. Frozen values without behaviour
beyond their own fields; the words are those of the interface contract.

Every offset counts characters of the document text, as Python `str` indices. A span is (start, end), end excluded.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NewType

DocumentId = NewType("DocumentId", str)
"""Readable and stable: the document's number, else its title."""
ClauseId = NewType("ClauseId", str)
"""`<document id>#<labels joined by />`."""

Span = tuple[int, int]

Kind = Literal["title", "header", "heading", "clause", "point", "table_row", "footer", "furniture"]
Status = Literal["in_force", "not_yet", "expired", "repealed", "unknown"]
LAPSED: tuple[Status, ...] = ("repealed", "expired")
NOT_IN_FORCE: tuple[Status, ...] = (*LAPSED, "not_yet")
"""What held before, and what does not hold on the day that is asked about."""
Reason = Literal["no_evidence", "out_of_scope", "false_premise", "ambiguous", "unsafe"]
Verdict = Literal["supported", "unsupported", "unchecked"]
RelationKind = Literal["repeals", "amends", "extends", "upholds", "suspends", "cites"]
"""废止, 修改, 延长有效期, 继续有效, 暂停执行, 依照."""


# What a loader reads -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the format itself has it: rows of cells, each the span of its text (empty: start == end).

    A cell that spans several rows or columns is repeated in each, with the same span. Spans lie in reading order:
    row after row, cell after cell, so that a row of unmerged cells is one stretch of the document text.
    """

    rows: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Text:
    r"""What a loader gives: the document text and what the format knows of it.

    characters  the document text: line ends are "\n", no byte order mark
    pages       where each page starts, () where the format has no pages
    furniture   spans that are running heads, page numbers or site navigation
    tables      in reading order, never overlapping
    headings    lines that the format itself sets as headings (html, Word), whatever they begin with
    title       what the format itself calls the title (html), else None: a hint, not a part of the text
    confidence  mean confidence, 0 to 1, where the characters were recognised on a scan; None where they are the file's
    """

    characters: str
    pages: tuple[int, ...] = ()
    furniture: tuple[Span, ...] = ()
    tables: tuple[Table, ...] = ()
    title: str | None = None
    confidence: float | None = None
    headings: tuple[Span, ...] = ()

    def page(self, offset: int) -> int | None:
        """The page, counted from 1, on which the character at `offset` stands."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None


# What the parser finds -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause 条目: the smallest part that the document itself numbers or sets apart.

    `text` is the clause's own, without what is numbered below it. `heading` is the headings above it and its own
    first words where it is a heading itself, outermost first, joined by " › ". `row` is for a table row.
    """

    id: ClauseId
    kind: Kind
    label: str | None
    path: tuple[str, ...]
    heading: str
    text: str
    start: int
    end: int
    page: int | None = None
    row: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """One document's word about another, or about a clause of its own: 废止, 修改, 有效期延长, or a mere 第十条.

    target     the title, short name or document number as the clause writes it; "" for the document itself
    effective  the day from which it holds, where one is stated
    text       the words that point there, from `start` to `end` of the document text
    path       labels of the clause meant, () for a whole document; `through` those of a range's last clause
    clauses    the clauses meant, where they are the document's own and found; others are found by `rag.relate`
    until      for `extends`: the last day, or else by how many `months` the term grows
    """

    kind: RelationKind
    clause: ClauseId
    target: str
    effective: date | None = None
    text: str = ""
    start: int = 0
    end: int = 0
    path: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    clauses: tuple[ClauseId, ...] = ()
    until: date | None = None
    months: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document's metadata; what is not known is None. `confidence` is that of its text, where it is a scan.

    `stated` is the status that the page itself gives (时效性：失效), of an unknown day: `status` takes it into account.
    """

    id: DocumentId
    title: str
    number: str | None = None
    issuer: str | None = None
    region: str | None = None
    type: str | None = None
    issued: date | None = None
    published: date | None = None
    effective: date | None = None
    expires: date | None = None
    status: Status = "unknown"
    source: str = ""
    sha256: str = ""
    clauses: int = 0
    confidence: float | None = None
    stated: Status | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, its text and its clauses in document order; every non-blank character is in exactly one clause."""

    document: Document
    text: Text
    clauses: tuple[Clause, ...]
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """What is embedded: a clause, or a window of a long one. The span is that of the window in the document text."""

    clause: ClauseId
    start: int
    end: int
    text: str
    """What the model reads: title and heading path, then the window."""


# What retrieval finds ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents may answer; an empty field does not restrict.

    documents may be named by id, number or title; a collection is the folder of the corpus a document lies in.
    """

    documents: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    status: tuple[Status, ...] = ()
    issuers: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A clause that retrieval found, given whole: its text runs to the end of its last descendant.

    `score` is in 0 to 1, best first; `why` says what found it: `reference`, `number`, `dense`, `lexical`,
    `both`; `sibling`, `cross_reference`, `neighbour` for what was added beside the ranked.
    """

    rank: int
    score: float
    document: Document
    clause: Clause
    why: str = "both"


# What an answer shows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Citation:
    """A number [n], the clause it names and the quote: document text from `start` to `end`, to the letter."""

    n: int
    document: Document
    clause: Clause
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of an answer and the numbers of the citations that carry it."""

    text: str
    citations: tuple[int, ...]
    verdict: Verdict = "unchecked"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer or a refusal; a refusal is a value, never an exception.

    `answer` holds the marks [n]; `query` is the question as searched, `notices` warnings to show first,
    `suggestions` questions that the documents do answer.
    """

    question: str
    answer: str
    refused: bool = False
    reason: Reason | None = None
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()
    notices: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    query: str = ""
    model: str = "extractive"
    ms: Mapping[str, float] = field(default_factory=dict)
