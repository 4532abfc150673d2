"""What a document's own structure answers: a clause named by its number, parts counted, what stands below a heading."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rag.cite import Statement, Support
from rag.clause import NOT_IN_FORCE, Clause, DocumentId, Hit, Span
from rag.extract.phrase import total
from rag.extract.place import Found, located, name, place, shown
from rag.numeral import bare
from rag.refer import styles_of
from rag.relate.place import component
from rag.retrieve import Evidence, Retriever
from rag.sentence import sentences
from rag.understand import Query, years_of

_SHORT = 320
"""Characters of a clause that is shown whole."""
_NAMED = 0.6
"""Share of a heading's characters, or of a question's terms, from which the one is named by the other."""
_GENERIC = re.compile(r"基本|主要|总体|具体|工作|有关|相关|办理|申请|的")
_QUOTED = re.compile(r"[“「]([^“”「」]{2,40})[”」](?:一[章节部分条]+)?(?:都)?(?:是)?(?:怎么|如何|怎样)(?:规定|要求|说)")
_VERSIONS = 5
"""Versions of a document among which the one in force is looked for."""
_LISTED = 12
"""Parts of a whole document up to which they are named one by one where they are asked for; those of a section all are."""
_NAMED_TOO = re.compile(r"哪|分别|列|是什么|有什么|名称|各是|内容")
"""What asks for the parts by name besides their number."""
_ITEMS_ASKED = re.compile(r"(?:一共|总共|共有?|有|包括|分为?)(?:几|多少)[项条]")
_UNIT_ASKED = re.compile(r"(?:几|多少)[个大]?(部分|编|章|节|条|款|项|点|任务)")


def whole(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The clauses that the question names, whole; of a long one its own text and what stands below, item by item."""
    named = [one.hit for one in evidence if one.hit.why == "reference"]
    wanted = max(1, len(query.references) - len(retriever.absent(query)))
    found: list[Found] = []
    for hit in (named or [evidence[0].hit])[:wanted]:
        is_short = len(hit.clause.text) <= 2 * _SHORT or not retriever.below(hit.clause)
        found += [in_lines(hit, retriever)] if is_short else items(hit, retriever)
    return located(found)


def section(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The section whose heading the question quotes, of the document that it names, each clause of it whole; else []."""
    quoted = _QUOTED.search(query.question)
    if quoted is None:
        return []
    named = [retriever.index.store.parsed(id) for id in query.documents[:_VERSIONS]]
    for parsed in sorted(named, key=lambda one: one.document.status in NOT_IN_FORCE):
        for clause in parsed.clauses:
            if clause.kind == "heading" and bare(clause.heading.rsplit(" › ", 1)[-1]) == bare(quoted[1]):
                return located([in_lines(retriever.hit(child), retriever) for child in retriever.below(clause)])
    return []


def items(hit: Hit, retriever: Retriever) -> list[Found]:
    """A clause's own text, then each clause directly below it by its first sentence."""
    own = retriever.own_text(hit.clause)
    head: list[Found] = [(hit, (hit.clause.start, hit.clause.start + len(own)), (own,))] if own.strip() else []
    children = [first(replace(hit, clause=child), retriever) for child in retriever.below(hit.clause)]
    return [*head, *((child, span, (text,)) for child, span, text in children)]


def in_lines(hit: Hit, retriever: Retriever) -> Found:
    """A clause given whole, what stands below it on a line each."""
    span = (hit.clause.start, hit.clause.end)
    starts = [c.start for c in retriever.below(hit.clause) if hit.clause.start < c.start < hit.clause.end]
    cuts = [hit.clause.start, *starts, hit.clause.end]
    return hit, span, tuple(retriever.words(hit.document.id, part) for part in pairwise(cuts))


def first(hit: Hit, retriever: Retriever) -> tuple[Hit, Span, str]:
    """A clause by its first sentence."""
    own = retriever.own_text(hit.clause)
    spans = sentences(own) or [(0, len(own))]
    start, end = spans[0]
    span = (hit.clause.start + start, hit.clause.start + end)
    return hit, span, retriever.words(hit.document.id, span)


def listed(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """What stands below the clause that the question is about, where that is a list; else []."""
    titled = next((one for one in evidence[:8] if _is_titled(one.hit.clause, query, retriever)), None)
    best = (titled or evidence[0]).hit
    is_table = any(child.kind == "table_row" for child in retriever.below(best.clause))
    if not is_table and len(best.clause.text) <= _SHORT and (retriever.below(best.clause) or "：" in best.clause.text):
        return located([in_lines(best, retriever)])
    if titled is not None or (best.clause.kind == "heading" and evidence[0].coverage > _NAMED):
        return located(items(best, retriever)) if retriever.below(best.clause) else []
    return []


def _is_titled(clause: Clause, query: Query, retriever: Retriever) -> bool:
    """Whether the question names what the clause lists: the characters of its heading, without 基本, 主要 and the like,
    stand in the question.
    """
    words = _GENERIC.sub("", bare(clause.heading.rsplit(" › ", 1)[-1]))
    if clause.kind != "heading" or not 2 <= len(words) <= 12 or not retriever.below(clause):
        return False
    asked = bare(query.focus)
    return words[-2:] in asked and sum(c in asked for c in words) >= _NAMED * len(words)


def asks_parts(query: Query) -> bool:
    """Whether a question for a figure may ask how many items a section has: 教育就业这一类一共几项."""
    return query.kind == "number" and _ITEMS_ASKED.search(query.focus) is not None


def counted(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """How many parts of the kind that is asked for a section or a document has, with each where they are asked for; []
    where it has none.
    """
    section = _asked_section(query, evidence, retriever)
    if section is not None:
        return _counted_section(section, query, retriever)
    documents = [retriever.index.store.parsed(id).document for id in query.documents[:_VERSIONS]]
    current = [one for one in documents if len(documents) == 1 or one.status not in NOT_IN_FORCE]
    current = [one for one in current if not query.years or set(query.years) & set(years_of(one))]
    if _UNIT_ASKED.search(query.focus) and len(current) == 1:
        return _counted_document(current[0].id, query, retriever)
    return []


def _asked_section(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> Hit | None:
    """The section that the question names: by its number, or because the words of its heading stand in the question."""
    for one in evidence:
        if one.hit.why == "reference" and retriever.below(one.hit.clause):
            return one.hit
    asked = bare(query.text)
    for document in query.documents or tuple({one.hit.document.id: None for one in evidence[:3]}):
        for clause in retriever.index.store.clauses(document):
            words = bare(clause.heading.rsplit(" › ", 1)[-1])
            if clause.kind == "heading" and len(words) >= 4 and words in asked and retriever.below(clause):
                return retriever.hit(clause)
    return None


def _counted_section(section: Hit, query: Query, retriever: Retriever) -> list[Statement]:
    """The clauses below a section in the style that is asked for, else in the one that stands directly below it."""
    inside = retriever.inside(section.clause)
    styles = [style for unit in _units(query) if (style := _first_style(inside, unit))]
    below = [c for c in retriever.below(section.clause) if c.kind == "table_row" or _style(c)]
    if not styles and not below:
        return []
    items = [c for c in inside if _style(c) == styles[0]] if styles else [c for c in below if _alike(c, below[0])]
    lead = f"{name(section.document)}{place(section.clause)}“{section.clause.heading.rsplit(' › ', 1)[-1]}”"
    is_named = _NAMED_TOO.search(query.focus) is not None
    figures = [(len(items), _unit(items[0]))]
    made = _numbered(total(lead, figures, "：" if is_named else "。", retriever.settings.language), items, retriever)
    return made if is_named else [replace(made[0], joint="")]


def _counted_document(document: DocumentId, query: Query, retriever: Retriever) -> list[Statement]:
    """The parts of a document's main text, a figure for each kind that is asked for, and the parts by name."""
    main = [c for c in retriever.index.store.clauses(document) if not c.path[0].startswith(("附", "header"))]
    counts: list[tuple[str, list[Clause]]] = []
    rows = [c for c in retriever.index.store.clauses(document) if c.kind == "table_row"]
    for unit in _units(query):
        style = _first_style(main, unit)
        if unit in ("任务", "项") and rows:
            counts.append(("项任务" if unit == "任务" else unit, rows))
        elif style:
            counts.append((unit, [c for c in main if _style(c) == style]))
    if not counts:
        return []
    shown_items = counts[0][1] if _NAMED_TOO.search(query.focus) and len(counts[0][1]) <= _LISTED else []
    ends = [clause for _, items in counts for clause in (items[0], items[-1])]
    supports = tuple(Support(retriever.hit(c), c.start, c.end) for c in {c.id: c for c in ends}.values())
    figures = [(len(items), unit) for unit, items in counts]
    lead, text = total(name(retriever.hit(ends[0]).document), figures, "。", retriever.settings.language)
    return [Statement(text, supports, "\n", lead), *_lines(shown_items, retriever)]


def _numbered(said: tuple[str, str], items: Sequence[Clause], retriever: Retriever) -> list[Statement]:
    ends = {c.id: c for c in (items[0], items[-1])}.values()
    supports = tuple(Support(retriever.hit(c), c.start, c.end) for c in ends)
    return [Statement(said[1], supports, "\n", said[0]), *_lines(items, retriever)]


def _lines(items: Sequence[Clause], retriever: Retriever) -> list[Statement]:
    """Each item by its first sentence."""
    made = []
    for item in items:
        hit, (start, end), text = first(retriever.hit(item), retriever)
        made.append(Statement(shown(text), (Support(hit, start, end),), "\n"))
    return made


def _units(query: Query) -> list[str]:
    """The kinds of part that a question counts, in its order: 部分, 条."""
    return list(dict.fromkeys(match[1] for match in _UNIT_ASKED.finditer(query.focus)))


def _style(clause: Clause) -> str | None:
    at = component(clause.path[-1]) if clause.kind in ("clause", "heading", "point", "table_row") else None
    return at[0] if at else None


def _first_style(clauses: Sequence[Clause], unit: str) -> str | None:
    """The style by which these clauses have parts of this kind: the likeliest that is there."""
    there = {_style(clause) for clause in clauses}
    return next((style for style in styles_of(unit) if style in there), None)


def _alike(clause: Clause, other: Clause) -> bool:
    return clause.kind == other.kind and _style(clause) == _style(other)


def _unit(clause: Clause) -> str:
    style = _style(clause)
    return style if style in ("编", "章", "节", "条", "款", "段") else "项"
