"""Sentences ↔ quotes with offsets: the numbers [n] of an answer given, used, each once.

Statements come from `extract`, or from a model's draft that `bind` ties to the evidence. Whether a statement holds is
`verify`'s word; what does not hold is not shown.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.clause import Citation, Claim, ClauseId, Hit, Span, Verdict
from rag.lexical import terms
from rag.numeral import flowing
from rag.sentence import sentences
from rag.verify import check, check_hits, coverage, facts, plain, verbatim, visible

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Support:
    """A stretch of a clause that carries a statement: a span in the document text, inside `hit.clause`."""

    hit: Hit
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer without marks; `joint` separates it from the next: "" or a line break.

    `lead` stands before it and is no part of what it claims, such as the head of a table.
    """

    text: str
    supports: tuple[Support, ...]
    joint: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer with its marks, the citations they name and the claims they carry."""

    answer: str
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]


# Composing -----------------------------------------------------------------------------------------------------

LIKE_A_MARK = re.compile(r"[\[【［]([\s^]*(?:资料|来源|证据)?\s*\d[\d\s,，、;；~至\-–—]*(?:†[^\]］】]*)?)[\]］】]")
"""What a reader, or a model, may take for a mark."""
_FINAL = re.compile(r"(?:…+|[。！？；：!?;:.])$")


def unmarked(text: str) -> str:
    """`text` with nothing in it that looks like a mark, and nothing that is not seen.

    >>> unmarked("见[9]，【^9】")
    '见［9］，［^9］'
    """
    return LIKE_A_MARK.sub(r"［\1］", visible(text))


def compose(statements: Sequence[Statement]) -> Composed:
    """The answer that these statements make: clauses numbered in the order of use, each cited once, all numbers used.

    The quote of a clause runs from the first to the last character that its statements rest on. A statement that its
    clauses do not carry is left out; one without clauses stays, unchecked.
    """
    parts: list[str] = []
    claims: list[Claim] = []
    cited: dict[ClauseId, Citation] = {}
    for statement in statements:
        text = unmarked(statement.text.strip())
        verdict = _verdict(statement)
        if not text or verdict == "unsupported":
            parts += [
                unmarked(statement.lead),
                statement.joint if statement.joint.strip() else "",
            ]  # a table keeps its shape
            continue
        numbers = tuple(dict.fromkeys(n for one in statement.supports if (n := _cite(one, cited)) is not None))
        claims.append(Claim(text, numbers, verdict))
        parts += [unmarked(statement.lead), _marked(text, numbers), statement.joint]
    return Composed("".join(parts).strip(), tuple(cited.values()), tuple(claims))


def _verdict(statement: Statement) -> Verdict:
    verdict = check_hits(statement.text, [support.hit for support in statement.supports])
    if verdict == "unsupported":
        _log.info("left out, its clauses do not say so: %s", statement.text[:200])
    return verdict


def _cite(support: Support, cited: dict[ClauseId, Citation]) -> int | None:
    """The number of the support's clause, its quote widened to hold the support; None for a blank clause."""
    clause = support.hit.clause
    start, end = max(support.start, clause.start), min(support.end, clause.end)
    span = _trimmed(clause.text, start - clause.start, end - clause.start) if start < end else None
    span = span or _trimmed(clause.text, 0, len(clause.text))
    if span is None:
        return None
    start, end = clause.start + span[0], clause.start + span[1]
    known = cited.get(clause.id)
    if known is not None:
        start, end = min(start, known.start), max(end, known.end)
        clause = known.clause if len(known.clause.text) >= len(clause.text) else clause
    n = len(cited) + 1 if known is None else known.n
    quote = clause.text[start - clause.start : end - clause.start]
    cited[clause.id] = Citation(n, support.hit.document, clause, quote, start, end)
    return n


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends; None where nothing else is in it."""
    part = text[start:end]
    if not part.strip():
        return None
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))


def _marked(text: str, numbers: Sequence[int]) -> str:
    """The text with its marks, before a final full stop or colon."""
    marks = "".join(f"[{n}]" for n in numbers)
    final = _FINAL.search(text)
    return f"{text[: final.start()]}{marks}{final[0]}" if final else f"{text}{marks}"


# A model's draft -----------------------------------------------------------------------------------------------

_DRAFT = 20_000
"""Characters of a draft that are read."""
_MARK = re.compile(
    r"[\[［【]\s*\^?\s*(?:资料|来源|证据)?\s*(\d{1,3}(?:\s*[,，、;；\-–—~至]\s*\d{1,3})*)\s*(?:†[^\]］】]*)?[\]］】]"
    r"(?!\s*第?\d+号)"
)
"""[1], and as some models write it: 【1】, [1,2], [1-3], [资料 1], [^1], 【1†来源】."""
_MARK_AFTER_END = re.compile(rf"([。！？；!?;]+[”’」』）)]*)[ \t]*((?:{_MARK.pattern}[ \t]*)+)")
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.S)
_LIST_MARK = re.compile(r"^\s*(?:[-*•·>]+|#{1,6}|\d{1,2}[.、)）](?!\d))\s*")
_SILENT = re.compile(r"资料(?:中)?(?:并)?(?:未|没有)(?:提及|提到|说明|涉及)|not mentioned in the (?:documents|sources)")
_LACKING = 20
"""Characters behind 资料未提及 that may name what is lacking, and stand in no source."""
_MUTE = 3
"""Characters up to which a sentence without a fact (是, 可以) says nothing that could be checked."""
_ALONE = 0.6
"""Coverage from which a clause's own sentence stands for one that has no mark."""
_KIN = 0.4
"""Coverage from which a cited clause's own sentence may stand for one that it does not carry."""
_SHARE = 7
"""Sentences and clauses beside the best one count where they add more than this part of the claim's terms."""
_QUOTED = 400
"""Characters of a quote that is chosen for a model's sentence."""


def bind(draft: str, evidence: Sequence[Hit], question: str = "") -> Composed:
    """A model's draft, its [n] being 1-based places in `evidence`, as an answer that its clauses carry.

    A sentence that the clauses it cites do not carry gives way to their own words where these are near; so does one
    without marks, or with marks that name no evidence, unless a clause says it word for word. Else it goes. What is
    said to be lacking (资料未提及) is believed of what the `question` asks for.
    """
    made: list[Statement] = []
    used: set[tuple[ClauseId, Span]] = set()
    for text, numbers, joint in _drafted(draft):
        cited = [evidence[n - 1] for n in numbers if 1 <= n <= len(evidence)]
        statement = _bound(text, cited, evidence, question)
        if statement is not None:
            spans = {(one.hit.clause.id, (one.start, one.end)) for one in statement.supports}
            own_words = statement.text != text
            if not (own_words and spans <= used):
                made.append(replace(statement, joint=joint))
            used |= spans
        if made and joint:
            made[-1] = replace(made[-1], joint=joint)
    return compose(made if any(statement.supports for statement in made) else [])


def _drafted(draft: str) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """The sentences of a draft: text without marks, the numbers named, what separates it from the next."""
    text = _MARK_AFTER_END.sub(r"\2\1", visible(_THOUGHT.sub("", draft[:_DRAFT])).replace("**", ""))
    for line in text.splitlines():
        found: list[tuple[str, tuple[int, ...]]] = []
        for start, end in reversed(sentences(line)):
            words, numbers = _parted(line[start:end])
            if not numbers and words.endswith(("；", ";")) and found:  # one mark for all that semicolons join
                numbers = found[-1][1]
            if terms(words):
                found.append((words, numbers))
        for i, (words, numbers) in enumerate(reversed(found), 1):
            yield words, numbers, "\n" if i == len(found) else ""


def _parted(sentence: str) -> tuple[str, tuple[int, ...]]:
    """A sentence without its marks, and the numbers these name; a mark within a mark leaves one behind."""
    words, numbers = sentence, list[int]()
    while found := list(_MARK.finditer(words)):
        numbers += [n for mark in found for n in _numbers(mark[1])]
        words = _MARK.sub("", words)
    return _LIST_MARK.sub("", words).strip(), tuple(dict.fromkeys(numbers))


def _numbers(written: str) -> Iterator[int]:
    """`1,3-5` → 1 3 4 5; a range of more than 20 is its ends."""
    for part in re.split(r"[,，、;；]", written):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + 20:
            yield from range(ends[0], ends[1] + 1)
        else:
            yield from ends


def _bound(text: str, cited: Sequence[Hit], evidence: Sequence[Hit], question: str) -> Statement | None:
    """A sentence with the clauses that carry it, or the nearest own words of one, or None."""
    if _SILENT.search(text):
        return Statement(text, ()) if not cited and _is_lacking(text, question, evidence) else None
    if len(plain(text).strip(",.;:。、!?")) <= _MUTE and not facts(text):
        return None
    if cited and check_hits(text, cited) == "supported":
        narrowed = (_narrowest(text, hit, evidence) for hit in _carrying(text, cited))
        carrying = {hit.clause.id: hit for hit in narrowed}.values()
        return Statement(text, tuple(Support(hit, *quoted(text, hit)) for hit in carrying))
    said = next((hit for hit in evidence if verbatim(text, hit.clause.text)), None)
    if said is not None:
        return Statement(text, (Support(said, *quoted(text, said)),))
    near = _own_words(text, cited, _KIN)
    return near if near or cited else _own_words(text, evidence, _ALONE)


def _is_lacking(text: str, question: str, evidence: Sequence[Hit]) -> bool:
    """Whether a sentence says no more than that something is lacking: what is short, or asked for, or in the clauses."""
    before, after = (one.strip("，,。：:； ") for one in (*_SILENT.split(text, maxsplit=1), "")[:2])
    sources = [question, *(hit.clause.text for hit in evidence)]
    is_name = len(after) <= _LACKING and not facts(after) and not re.search("[，,：:；;。的]", after)
    return all(
        not terms(part) or (part is after and is_name) or check(part, sources) == "supported"
        for part in (before, after)
    )


def _own_words(text: str, hits: Sequence[Hit], least: float) -> Statement | None:
    """The sentence of one of `hits` that says most nearly what `text` says; None where none is so near."""
    for hit in sorted(hits, key=lambda hit: -coverage(text, [hit.clause.text])):
        start, end = quoted(text, hit, most=1)
        own = hit.clause.text[start - hit.clause.start : end - hit.clause.start]
        if coverage(text, [own]) >= least:
            return Statement(flowing(own), (Support(hit, start, end),))
    return None


def _carrying(text: str, cited: Sequence[Hit]) -> list[Hit]:
    """Of clauses that carry `text` together those that do so alone or add to the others; all where that is too few."""
    wanted, held, kept = set(terms(plain(text))), set[str](), []
    for hit in sorted(cited, key=lambda hit: -coverage(text, [hit.clause.text])):
        adds = (wanted & set(terms(plain(hit.clause.text)))) - held
        if _SHARE * len(adds) > len(wanted) or check_hits(text, [hit]) == "supported":
            kept.append(hit)
            held |= adds
    return [hit for hit in cited if hit in kept] if check_hits(text, kept) == "supported" else list(cited)


def _narrowest(text: str, hit: Hit, evidence: Sequence[Hit]) -> Hit:
    """The shortest clause of the evidence within `hit` that carries `text` alone, as a row of a section; else `hit`."""
    within = [
        one
        for one in evidence
        if one.document.id == hit.document.id
        and hit.clause.start <= one.clause.start
        and one.clause.end <= hit.clause.end
        and check_hits(text, [one]) == "supported"
    ]
    return min(within, key=lambda one: len(one.clause.text), default=hit)


def quoted(claim: str, hit: Hit, most: int = 3) -> Span:
    """The stretch of the clause that carries `claim` best, in the document text: `most` sentences at most.

    The sentence that shares most terms with it, then those that add more than a seventh of the claim's terms.
    """
    clause = hit.clause
    wanted = set(terms(plain(claim)))
    spans = sentences(clause.text)
    shared = [wanted & set(terms(plain(clause.text[a:b]))) for a, b in spans]
    if not spans or not any(shared):
        return clause.start, clause.end
    first = max(range(len(spans)), key=lambda i: (len(shared[i]), -i))
    chosen, held = [first], set(shared[first])
    while len(chosen) < most:
        rest = [i for i in range(len(spans)) if i not in chosen]
        best = max(rest, key=lambda i: len(shared[i] - held), default=None)
        if best is None or _SHARE * len(shared[best] - held) <= len(wanted):
            break
        low, high = min(*chosen, best), max(*chosen, best)
        if spans[high][1] - spans[low][0] > _QUOTED:
            break
        chosen.append(best)
        held |= shared[best]
    return clause.start + spans[min(chosen)][0], clause.start + spans[max(chosen)][1]
