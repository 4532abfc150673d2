"""Which stretches of a document are embedded, and what the model reads for each.

An article 条 is one piece with all of its 款 and 项, or windows over these where it is long; a chapter that holds
articles is none, its heading stands before each of them. Elsewhere a short clause is one piece; a long one is covered by
overlapping windows, and each of its sentences is a piece too, so that a single sentence can be found in it; a clause with
others below it is a piece together with these. The document's title and the headings stand before every piece. Vectors
are `rag.embed`'s, terms `rag.lexical`'s.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise

from rag.clause import Clause, Parsed, Piece, Span
from rag.family import descendants, is_article, within
from rag.numeral import flowing
from rag.sentence import sentences

WHOLE = 180
"""Characters up to which a clause is not cut into windows."""
WINDOW = 300
"""Characters of a window, at most."""
TREE = 600
"""Characters up to which a clause is embedded with all that is below it, in windows of TREE_WINDOW."""
TREE_WINDOW = 400
ARTICLE = 400
"""Characters up to which an article is one piece. With a piece for each 款 besides, recall at 10 on the laws was .742
in place of .738, for two thirds more to embed."""
LIMIT = 480
"""Characters of a piece's text in all: a character is hardly ever more than a token, and the default model takes 512."""

_SENTENCES_FROM = 120  # characters of a clause from which its sentences are pieces too
_SENTENCE = 12  # characters of such a sentence, at least; dense R@1 on 42 questions .67, without sentences .60
_TITLE, _HEADING = 60, 100  # characters of the context, at most; R@1 .67 with it, .55 without title, .48 without both
_PAUSE = re.compile(r"[，、：,:\s]")


def pieces(parsed: Parsed, fits: Callable[[str], bool] = lambda _: True) -> tuple[Piece, ...]:
    """The pieces of a document in the order of its clauses; furniture has none.

    fits  whether the embedding model reads all of a text: a window that does not fit is halved
    Each text has at most LIMIT characters; each span lies in the clause or, for a clause with others below it, runs to
    the end of these. Cost: linear in the document's length times the depth of its numbering.
    """
    found: list[Piece] = []
    articles = within(parsed.clauses)
    over = {
        clause.path[:i] for clause in parsed.clauses if is_article(clause.path[-1]) for i in range(len(clause.path))
    }
    for position, clause in enumerate(parsed.clauses):
        if clause.kind == "furniture" or not clause.text.strip() or clause.path in over:
            continue
        article = articles.get(clause.id)
        if article is None:
            found.extend(chain(_own(parsed, clause, fits), _with_descendants(parsed, position, fits)))
        elif article == clause.id:  # its 款 and 项 stand in its own pieces
            found.extend(_article(parsed, position, fits))
    return tuple(found)


def _parts(characters: str, start: int, end: int) -> list[Span]:
    return [(start + a, start + b) for a, b in sentences(characters[start:end])]


def _own(parsed: Parsed, clause: Clause, fits: Callable[[str], bool]) -> Iterator[Piece]:
    characters = parsed.text.characters
    parts = _parts(characters, clause.start, clause.end)
    length = len(clause.text.strip())
    cells = _cells(clause) if clause.row else None
    if cells is not None and fits((piece := _piece(parsed, clause, parts, cells)).text):
        windows = []
        yield piece
    else:
        windows = [parts] if length <= WHOLE else _windows(_bounded(characters, parts, WINDOW), WINDOW)
    seen = set()
    for piece in (one for window in windows for one in _fitting(parsed, clause, window, fits)):
        seen.add((piece.start, piece.end))
        yield piece
    if length <= _SENTENCES_FROM:
        return
    for piece in (
        one for part in _bounded(characters, parts, WINDOW) for one in _fitting(parsed, clause, [part], fits)
    ):
        if piece.end - piece.start >= _SENTENCE and (piece.start, piece.end) not in seen:
            yield piece


def _article(parsed: Parsed, position: int, fits: Callable[[str], bool]) -> Iterator[Piece]:
    clause, family = parsed.clauses[position], _family(parsed, position)
    characters = parsed.text.characters
    parts = [part for one in family for part in _parts(characters, one.start, one.end)]
    is_short = sum(len(one.text) for one in family) <= ARTICLE
    for window in [parts] if is_short else _windows(_bounded(characters, parts, WINDOW), WINDOW):
        yield from _fitting(parsed, clause, window, fits)


def _family(parsed: Parsed, position: int) -> list[Clause]:
    clauses = parsed.clauses
    return [one for one in clauses[position : descendants(clauses, position)] if one.kind != "furniture"]


def _with_descendants(parsed: Parsed, position: int, fits: Callable[[str], bool]) -> Iterator[Piece]:
    clause, family = parsed.clauses[position], _family(parsed, position)
    if len(family) == 1 or sum(len(one.text) for one in family) > TREE:
        return
    characters = parsed.text.characters
    parts = [part for one in family for part in _parts(characters, one.start, one.end)]
    for window in _windows(_bounded(characters, parts, TREE_WINDOW), TREE_WINDOW):
        yield from _fitting(parsed, clause, window, fits)


def _fitting(parsed: Parsed, clause: Clause, window: Sequence[Span], fits: Callable[[str], bool]) -> Iterator[Piece]:
    """The window as one piece, or as the pieces of its halves where the model would not read it to the end."""
    piece = _piece(parsed, clause, window)
    if fits(piece.text) or (len(window) == 1 and window[0][1] - window[0][0] < 2 * _SENTENCE):
        yield piece
        return
    half = (window[0][1] - window[0][0] + 1) // 2
    halved = window if len(window) > 1 else _bounded(parsed.text.characters, window, half)
    for part in (halved[: len(halved) // 2], halved[len(halved) // 2 :]):
        yield from _fitting(parsed, clause, part, fits)


def _cells(clause: Clause) -> str | None:
    cells = "；".join(f"{name}：{' '.join(cell.split())}" for name, cell in (clause.row or {}).items() if cell.strip())
    return cells if 0 < len(cells) <= WINDOW else None


def _bounded(characters: str, parts: Sequence[Span], limit: int) -> list[Span]:
    """The parts, those longer than `limit` cut behind a comma or blank in their second half, else at the limit."""
    found = []
    for begin, end in parts:
        start = begin
        while end - start > limit:
            pauses = [pause.end() for pause in _PAUSE.finditer(characters, start + limit // 2, start + limit)]
            cut = pauses[-1] if pauses else start + limit
            found.append((start, cut))
            start = cut
        found.append((start, end))
    return found


def _windows(parts: Sequence[Span], limit: int) -> list[list[Span]]:
    """Runs of parts, each as many as `limit` allows; a run begins with the last part of the one before if short."""
    lengths = [end - start + 1 for start, end in parts]  # with the blank between two of them
    found: list[list[Span]] = []
    i = 0
    while i < len(parts):
        j, total = i, 0
        while j < len(parts) and (j == i or total + lengths[j] <= limit):
            total += lengths[j]
            j += 1
        found.append(list(parts[i:j]))
        if j == len(parts):
            break
        again = j - 1 > i and lengths[j - 1] <= limit // 3 and lengths[j - 1] + lengths[j] <= limit
        i = j - 1 if again else j
    return found


def _piece(parsed: Parsed, clause: Clause, window: Sequence[Span], cells: str | None = None) -> Piece:
    characters = parsed.text.characters
    body = cells or flowing(characters[window[0][0] : window[0][1]]) + "".join(
        ("" if before == start else " ") + flowing(characters[start:end])
        for (_, before), (start, end) in pairwise(window)
    )
    title = flowing(parsed.document.title)[:_TITLE]
    heading = flowing(clause.heading)[-_HEADING:]
    context = "" if title == body else f"{title} {heading}".strip()[: max(0, LIMIT - len(body) - 1)]
    return Piece(clause.id, window[0][0], window[-1][1], f"{context}\n{body}" if context else body)
