"""Rated answers as gold questions, a JSON object a line, as `python -m eval run` reads them.

An answer that was found right is gold as it stands: its quotes, or that there is none. One that was found wrong is a
draft: the correction is its reference, and its gold is left to be filled in, which the reader asks for by line.
"""

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from page.record import MARK, Rated
from rag.clause import Answer, Citation
from rag.numeral import bare


def lines(rated: Iterable[Rated], *, drafts: bool = False) -> list[str]:
    """What can be scored at once: answers and refusals that were found right; with `drafts` instead the corrected ones."""
    made = map(_draft if drafts else _question, rated)
    return [json.dumps(one, ensure_ascii=False) for one in made if one is not None]


def _question(rated: Rated) -> dict[str, Any] | None:
    """A question whose answer was found right; None for another, and where an answer cites nothing to compare with."""
    answer = rated.answer
    gold = [] if answer.refused else [_gold(one) for one in answer.citations if bare(one.quote)]
    if rated.rating.opinion != "up" or not (gold or answer.refused):
        return None
    return {
        **_asked(rated, _type(rated)),
        "answerable": not answer.refused,
        "gold": gold,
        "answer": "" if answer.refused else MARK.sub("", answer.answer),
    }


def _draft(rated: Rated) -> dict[str, Any] | None:
    """A question with the answer that a visitor wants, without gold; None where nobody said what is right."""
    if rated.rating.opinion != "down" or not rated.rating.correction:
        return None
    asked = _asked(rated, "multi_turn" if rated.earlier else "factual")
    return {**asked, "answerable": True, "gold": [], "answer": rated.rating.correction, "note": rated.rating.reason}


def _asked(rated: Rated, kind: str) -> dict[str, Any]:
    return {
        "id": rated.id,
        "type": kind,
        "question": rated.answer.question,
        "turns": list(rated.earlier) or None,
        "facts": [],
    }


def _gold(citation: Citation) -> dict[str, str]:
    """A citation by the name of its file, as the documents of an evaluation lie in a folder of their own."""
    about = citation.document
    return {
        "doc": PurePath(about.source).name or about.title,
        "clause": "/".join(citation.clause.path),
        "quote": citation.quote,
    }


def _type(rated: Rated) -> str:
    """The kind of question, as far as its answer shows it."""
    answer: Answer = rated.answer
    if answer.refused:
        return "unanswerable"
    if rated.earlier:
        return "multi_turn"
    if len({one.document.id for one in answer.citations}) > 1:
        return "multi_doc"
    return "table" if any(one.clause.kind == "table_row" for one in answer.citations) else "factual"
