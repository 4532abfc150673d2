"""What the nouns promise, as assertions: of a loader's Text, and of the clauses, relations and pieces made of it."""

import re
from itertools import pairwise

from rag.clause import Parsed, Text
from rag.family import descendants
from rag.metadata import describe
from rag.parse import parse
from rag.piece import LIMIT, pieces
from rag.relate import relations

UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def is_sound(text: Text) -> None:
    """Asserts what `Text` promises."""
    size = len(text.characters)
    assert not UNSAFE.search(text.characters), "unsafe characters"
    assert not UNSAFE.search(text.title or ""), "unsafe title"
    assert all(a <= b for a, b in pairwise(text.pages)) and all(0 <= a <= size for a in text.pages), "pages"
    assert all(0 <= a <= b <= size for a, b in text.furniture), "furniture"
    behind = 0
    for table in text.tables:
        spans = dict.fromkeys(span for row in table.rows for span in row)
        assert all(0 <= a <= b <= size for a, b in spans), "a cell outside of the text"
        for start, end in spans:
            if start < end:
                assert behind <= start, "cells out of order"
                behind = end
    assert text.confidence is None or 0 <= text.confidence <= 1, "confidence"


def is_parsed(text: Text) -> None:
    """Takes a text the whole way and asserts what Parsed and Piece promise."""
    document = describe(text, "fuzz.txt", "0" * 64)
    clauses = parse(text, document)
    behind = 0
    for clause in clauses:
        assert behind <= clause.start < clause.end <= len(text.characters), "clauses out of order"
        assert not text.characters[behind : clause.start].strip(), "text in no clause"
        assert clause.text == text.characters[clause.start : clause.end], "not the document's words"
        behind = clause.end
    assert not text.characters[behind:].strip(), "text in no clause"
    assert len({clause.id for clause in clauses}) == len(clauses), "two clauses of one id"
    parsed = Parsed(document, text, clauses)
    by_id = {clause.id: clause for clause in clauses}
    for relation in relations(parsed):
        assert by_id.keys() >= {relation.clause, *relation.clauses}, "a relation to no clause"
        assert text.characters[relation.start : relation.end] == relation.text, "a relation's words"
    ends = {
        clause.id: clauses[descendants(clauses, i) - 1].end
        for i, clause in enumerate(clauses)
        if clause.kind != "furniture"
    }
    for piece in pieces(parsed):
        assert by_id[piece.clause].start <= piece.start < piece.end <= ends[piece.clause], "a piece out of bounds"
        assert 0 < len(piece.text) <= LIMIT, "a piece's length"
