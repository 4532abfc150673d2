"""What changed between two versions of a rule: article beside article, where their figures differ.

Who asks how a new rule differs from the old asks for what it changes for him: limits, shares, periods. Articles are brought
together by their words, as numbers shift from version to version.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.cite import Statement, Support
from rag.clause import LAPSED, Clause, DocumentId
from rag.extract.comparison import cell, flat
from rag.extract.conflict import wording_of
from rag.extract.phrase import phrases
from rag.extract.place import name, place, shown, unlabelled
from rag.family import is_article
from rag.numeral import bare
from rag.premise import figures
from rag.retrieve import Evidence, Retriever
from rag.scope import compares_versions
from rag.understand import Query

_ALIKE = 0.3
"""Share of equal pairs of characters from which two articles are one in two versions."""
_SHORT = 160
"""Characters of an article that is shown whole; of a longer one its beginning."""
_TOPIC = (4, 16)
"""Characters that the name of what an article is about has: 承租人 alone says nothing, more is a sentence."""
_PREDICATE = re.compile(
    r"应当|按照|由|不(?=[得超低高少多足满])|可以|实行|为|是指|同时|超过|包括|包含|分为|采取|通过|适用|有下列|一般|每(?=[年月日人户])|\d|[，。：；]"
)
_NO_NAME = re.compile(r"^(?:本|前|上述|有|自|在|对|因)|[的中前后时内外上下自从向将以与和]$")
"""What is cut out of a sentence: its subject is no name."""
_VAGUE = ("", "总则", "附则", "其他", "其它")


def changed(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """A row for each article whose figures changed, the old beside the new; [] unless two versions are compared as a whole."""
    documents = list({one.hit.document.id: one.hit.document for one in evidence}.values())
    if not compares_versions(query, documents):
        return []
    old, new = sorted(documents, key=lambda one: one.status not in LAPSED)
    found = _paired(_articles(old.id, retriever), _articles(new.id, retriever))
    rows: list[Statement] = []
    for before, after in [pair for pair in found if _differ(*pair)]:
        cells = [*_shown(before, retriever), *_shown(after, retriever)]
        cells[0] = replace(cells[0], lead=f"| {flat(_topic(after))} | ")
        rows += [*cells[:-1], replace(cells[-1], joint=" |\n")]
    if not rows:
        return []
    words = phrases(retriever.settings.language)
    heads = (words.old.format(name=old.number or name(old)), words.new.format(name=new.number or name(new)))
    head = f"| {words.point} | {' | '.join(map(flat, heads))} |\n|---|---|---|\n"
    return [replace(rows[0], lead=head + rows[0].lead), *rows[1:], Statement(words.partial, ())]


def _articles(document: DocumentId, retriever: Retriever) -> list[Clause]:
    """The articles of a document, each given whole."""
    store = retriever.index.store
    return [store.whole(one.id) for one in store.clauses(document) if one.kind == "clause" and is_article(one.path[-1])]


def _paired(old: Sequence[Clause], new: Sequence[Clause]) -> list[tuple[Clause, Clause]]:
    """The articles that are one in both versions, likest first taken, in the order of the new."""
    words = {one.id: wording_of(one.text) for one in (*old, *new)}

    def alike(before: Clause, after: Clause) -> float:
        shared = len(words[before.id] & words[after.id])
        return 2 * shared / max(len(words[before.id]) + len(words[after.id]), 1)

    every = sorted(((alike(a, b), i, j) for i, a in enumerate(old) for j, b in enumerate(new)), reverse=True)
    taken: dict[int, int] = {}
    for likeness, i, j in every:
        if likeness >= _ALIKE and j not in taken and i not in taken.values():
            taken[j] = i
    return [(old[taken[j]], new[j]) for j in sorted(taken)]


def _differ(before: Clause, after: Clause) -> bool:
    """Whether the figures of two articles differ."""
    one, two = ({(f.fact.normal, f.fact.unit) for f in figures(clause.text)} for clause in (before, after))
    return bool(one) and bool(two) and one != two


def _topic(article: Clause) -> str:
    """What an article is about: the name it begins with, up to what it says of it; where it begins otherwise, the name of
    the section that it stands in, and its own number.
    """
    text = shown(unlabelled(article.text)).strip()
    words = _PREDICATE.split(text, maxsplit=1)[0].strip()
    if _TOPIC[0] <= len(words) <= _TOPIC[1] and not _NO_NAME.search(words):
        return words
    above = [one for one in article.heading.split(" › ") if bare(one) not in (*_VAGUE, bare(text)[: len(bare(one))])]
    return f"{above[-1]}（{article.path[-1]}）" if above else article.path[-1]


def _shown(article: Clause, retriever: Retriever) -> list[Statement]:
    hit = retriever.hit(article)
    text = shown(unlabelled(article.text))
    if len(text) > _SHORT:
        cut = max(text.rfind(mark, 0, _SHORT) for mark in "。；，") + 1
        text = text[: cut or _SHORT].rstrip("，；") + "……"
    said = Statement(f"{place(article)}：{text}", (Support(hit, article.start, article.end),))
    return cell([said], "", "")
