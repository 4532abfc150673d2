"""How a statement says where it stands, and how document text is shown in it."""

import re
from collections.abc import Sequence

from rag.cite import Statement, Support
from rag.clause import Clause, Document, Hit, Span
from rag.parse import plain
from rag.parse.mark import mark

_EMPHASIS = re.compile(r"\*\*|__|(?:(?<=\n)|^)#{1,6}\s+")


def place(clause: Clause) -> str:
    """A clause's path as officials write it: 三、（二）, 第二章第八条, 附件（三）第13项; empty for what has no number."""
    if clause.path and clause.path[0] in ("header", "footer"):
        return ""
    labels = [label for label in clause.path if label not in ("header", "footer")]
    if clause.kind == "table_row" and labels and plain(labels[-1]).isdigit():
        labels[-1] = f"第{plain(labels[-1])}项"
    return "".join("".join(label.split()) for label in labels).rstrip("、．.")


def name(document: Document) -> str:
    """《title》（number), as a source is named; the outer marks of a title within a title stay the document's."""
    title = document.title if document.title.startswith("《") else f"《{document.title}》"
    return f"{title}（{document.number}）" if document.number else title


Found = tuple[Hit, Span, tuple[str, ...]]
"""A clause, the stretch of it that answers, and that stretch as the lines in which it is shown."""


def located(found: Sequence[Found], last: Document | None = None) -> list[Statement]:
    """Statements, each led in by its place, the first of each document by the document's name; `last` was named before."""
    made: list[Statement] = []
    for hit, (start, end), (text, *more) in found:
        lead = place(hit.clause)
        if last is None or last.id != hit.document.id:
            lead = name(hit.document) + lead
        last = hit.document
        body = shown(unlabelled(text) if lead and start == hit.clause.start else text)
        body = "\n".join([body, *map(shown, more)])
        made.append(Statement(f"{lead}：{body}" if lead else body, (Support(hit, start, end),), "\n"))
    return made


def unlabelled(text: str) -> str:
    """A clause's text without its label: the place has said it.

    >>> unlabelled("31. 充分发挥作用。"), unlabelled("**第八条** 申请人")
    ('充分发挥作用。', '申请人')
    """
    found = mark(text, spaced=True)
    return text if found is None else text[found.end :].removeprefix("**").lstrip("、．. \u3000")


def shown(text: str) -> str:
    r"""Document text as it is shown: line breaks inside Chinese text closed, cells parted by a blank, no markdown.

    >>> shown("落实\n责任。\t市编办")
    '落实责任。 市编办'
    """
    text = re.sub(r"[ \u3000]*\n[ \u3000]*\t+|\t+", " ", _EMPHASIS.sub("", text).strip())
    text = re.sub(r"(?<=[^\x00-\x7f])[ \u3000]*\n+[ \u3000]*(?=[^\x00-\x7f])", "", text)
    return re.sub(r"\s+", " ", text)
