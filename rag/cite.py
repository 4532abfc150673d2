"""Statements ↔ quotes with offsets: numbers [n] given, used, each once.

What a statement says is `extract`'s or a model's; whether its sources carry it is `verify`'s.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.clause import Citation, Claim, ClauseId, Hit, Span
from rag.lexical import terms
from rag.numeral import bare
from rag.sentence import sentences
from rag.verify import check, sources

_MARK = re.compile(r"[\[［【]\s*(\d{1,3}(?:\s*[,，、\-–—]\s*\d{1,3})*)\s*[\]］】]")
_FINAL = re.compile(r"[。！？；：，]+$")
_LIKE_A_MARK = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Support:
    """What carries a statement: a clause given whole and a span of the document text inside it."""

    hit: Hit
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence without marks, what carries it, and what parts it from the next one."""

    text: str
    supports: tuple[Support, ...]
    joint: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer's text with its marks, the citations they name, and each statement with its verdict."""

    answer: str
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]


def compose(statements: Sequence[Statement]) -> Composed:
    """The statements as one text; clauses are numbered in the order in which they are first used.

    A clause has one number and one quote, from the first to the last character that its statements draw on. What
    looks like a mark in a statement is set in full-width brackets.
    """
    numbers: dict[ClauseId, int] = {}
    drawn: dict[ClauseId, list[Support]] = {}
    parts: list[str] = []
    claims: list[Claim] = []
    for statement in statements:
        for support in statement.supports:
            numbers.setdefault(support.hit.clause.id, len(numbers) + 1)
            drawn.setdefault(support.hit.clause.id, []).append(support)
        used = tuple(dict.fromkeys(numbers[support.hit.clause.id] for support in statement.supports))
        text = _LIKE_A_MARK.sub(r"［\1］", statement.text)
        parts.append(_marked(text, used) + statement.joint)
        claims.append(Claim(text, used, check(text, sources([support.hit for support in statement.supports]))))
    citations = tuple(_citation(numbers[clause], supports) for clause, supports in drawn.items())
    return Composed("".join(parts).strip(), citations, tuple(claims))


def _marked(text: str, numbers: Sequence[int]) -> str:
    """The text with its marks before the final punctuation."""
    marks = "".join(f"[{n}]" for n in numbers)
    final = _FINAL.search(text)
    at = final.start() if final else len(text)
    return text[:at] + marks + text[at:]


def _citation(n: int, supports: Sequence[Support]) -> Citation:
    hit = supports[0].hit
    clause = hit.clause
    start, end = min(s.start for s in supports), max(s.end for s in supports)
    quote = clause.text[start - clause.start : end - clause.start]
    start += len(quote) - len(quote.lstrip())
    return Citation(n, hit.document, clause, quote.strip(), start, start + len(quote.strip()))


# A model's draft -----------------------------------------------------------------------------------------------


def bind(draft: str, evidence: Sequence[Hit]) -> Composed:
    """A model's draft with marks [n] that count the evidence from 1, as an answer that its citations carry.

    A sentence without a usable mark is given the evidence that carries it, if any does. A sentence that its clauses
    do not carry is replaced by the best of their own sentences, where that says something of the same, or dropped.
    """
    made: list[Statement] = []
    for text, marks, joint in _sentences(draft):
        hits = [evidence[n - 1] for n in marks if 1 <= n <= len(evidence)]
        if not hits:
            hits = [hit for hit in evidence if check(text, sources([hit])) == "supported"][:1]
        if not hits:
            continue
        if check(text, sources(hits)) == "supported":
            made.append(Statement(text, tuple(_support(text, hit) for hit in dict.fromkeys(hits)), joint))
        elif (own := _own_words(text, hits[0])) is not None:
            made.append(replace(own, joint=joint))
    unique = {(bare(s.text), tuple(p.hit.clause.id for p in s.supports)): s for s in reversed(made)}
    return compose(list(reversed(unique.values())))


def _sentences(draft: str) -> list[tuple[str, list[int], str]]:
    """The draft's sentences without their marks, the marks, and the line break after each, if any.

    Models set marks before and behind the full stop: a mark that begins a sentence belongs to the one before.
    """
    draft = re.sub(rf"([。！？；])((?:\s*{_MARK.pattern})+)", r"\2\1", draft)
    found = []
    for start, end in sentences(draft):
        part = draft[start:end]
        marks = [n for match in _MARK.finditer(part) for n in _numbers(match[1])]
        text = _MARK.sub("", part).strip()
        if re.search(r"\w", text):
            found.append((text, marks, "\n" if draft[end : end + 2].lstrip(" ").startswith("\n") else ""))
    return found


def _numbers(text: str) -> list[int]:
    """The numbers of a mark: 1; 1,2; 1-3.

    >>> _numbers("1,3-5")
    [1, 3, 4, 5]
    """
    found: list[int] = []
    for part in re.split(r"[,，、]", text):
        first, *rest = [int(n) for n in re.findall(r"\d+", part)] or [0]
        last = rest[-1] if rest else first
        found += range(first, min(last, first + 20) + 1)
    return found


def _best(text: str, hit: Hit) -> tuple[Span, float]:
    """The sentence of a clause that shares most with `text`, as a span of the clause's text, and how much."""
    wanted = set(terms(text))
    scored = [
        (len(wanted & set(terms(hit.clause.text[a:b]))) / (len(wanted) or 1), -a, (a, b))
        for a, b in sentences(hit.clause.text)
    ]
    score, _, span = max(scored, default=(0.0, 0, (0, len(hit.clause.text))))
    return span, score


def _support(text: str, hit: Hit) -> Support:
    (start, end), _ = _best(text, hit)
    return Support(hit, hit.clause.start + start, hit.clause.start + end)


def _own_words(text: str, hit: Hit) -> Statement | None:
    (start, end), score = _best(text, hit)
    if score < 0.3:
        return None
    words = " ".join(hit.clause.text[start:end].split())
    return Statement(words, (Support(hit, hit.clause.start + start, hit.clause.start + end),))
