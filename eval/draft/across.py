"""Drafts of gold questions over several documents: what two of them say of one thing, and what none of them says.

The words are in `draft.toml`; which drafts are taken is draft's.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from eval.draft.shelf import Asked, Draft, Shelf, made, question_of
from eval.draft.stem import words
from eval.gold import Question
from eval.spoken import read as numbered
from rag.numeral import bare, chinese

_SAME_RULE, _ALIKE = 0.42, 0.6
"""Share of two stems' pairs of signs that are the same, from which two versions of a rule, or two documents of different
titles, say something of the same thing. Read on the sample: below these the pairs speak of other things."""
_PLACES = tuple("省市区县州盟旗镇乡")
"""What a place ends with that another can stand for: not 全国."""
_COMPARED = 120
"""Documents that are compared with each other."""
_PAIRED = 400
"""Stems of a document that are compared with others'."""


def paired(shelves: Sequence[Shelf]) -> Iterator[tuple[Draft, Draft]]:
    """What two documents say of the same thing, asked of both, and as a follow-up for the second.

    Of many documents the versions of one title first, then the others in their order: the cost is quadratic.
    """
    titles = Counter(one.title for one in shelves)
    named = sorted((one for one in shelves if one.is_named), key=lambda one: (titles[one.title] == 1, one.number))
    for first, second in combinations(named[:_COMPARED], 2):
        if first.named == second.named or first.text == second.text:
            continue
        used: set[str] = set()
        is_version = first.title == second.title
        for share, one, other in sorted(_alike(first, second), key=lambda found: -found[0]):
            if share < (_SAME_RULE if is_version else _ALIKE) or one[2].quote in used or other[2].quote in used:
                continue
            both = _both(first, one, second, other)
            if both is not None:
                used |= {one[2].quote, other[2].quote}
                yield both


def _alike(first: Shelf, second: Shelf) -> Iterator[tuple[float, Asked, Asked]]:
    """Stems of two documents with the same unit and how alike their words are."""
    theirs: dict[str, list[tuple[Asked, frozenset[str]]]] = {}
    for one in second.asked[:_PAIRED]:
        theirs.setdefault(one[2].unit, []).append((one, _pairs(one[2].words)))
    for one in first.asked[:_PAIRED]:
        mine = _pairs(one[2].words)
        for other, pairs in theirs.get(one[2].unit, []) if one[2].unit else []:
            yield 2 * len(mine & pairs) / max(1, len(mine) + len(pairs)), one, other


def _pairs(text: str) -> frozenset[str]:
    """Two signs each of a text, without its words of asking."""
    plain = re.sub(r"几|多少|百分之|公共|应当|\{own\}", "", bare(text))
    return frozenset(a + b for a, b in pairwise(plain))


def _both(first: Shelf, one: Asked, second: Shelf, other: Asked) -> tuple[Draft, Draft] | None:
    forms = words()["templates"]
    gold = [first.gold(one[1], one[2].quote, one[3]), second.gold(other[1], other[2].quote, other[3])]
    stem = min((one[2], other[2]), key=lambda each: len(each.words))
    is_same = {bare(fact[0]) for fact in one[2].facts} & {bare(fact[0]) for fact in other[2].facts}
    if "{own}" in stem.words or is_same:
        return None
    said = stem.words.removeprefix("并")
    numbers = [one.parsed.document.number for one in (first, second)]
    if first.title == second.title and all(numbers):
        question = forms["versions"].format(title=first.title, first=numbers[0], second=numbers[1], words=said)
    else:
        form = forms["multi_doc_report" if first.is_report and second.is_report else "multi_doc"]
        question = form.format(first=first.named, second=second.named, words=said)
    facts = (*one[2].facts, *other[2].facts)
    whole = made(first, one[0], "multi_doc", question, gold, facts)
    turn = forms["factual"][0].format(named=first.named, words=one[2].words)
    asked = forms["other_version"][0].format(other=second.named)
    then = made(second, other[0], "multi_turn", asked, gold[1:], other[2].facts, turns=[turn])
    return (whole, then) if whole and then else None


# What no document answers --------------------------------------------------------------------------------------


def unanswered(shelves: Sequence[Shelf], chance: random.Random) -> Iterator[Draft]:
    """Articles past the last, places and years that no document has, and what people ask of other offices."""
    whole = "\n".join(one.text for one in shelves)
    lists = [[*_absent(shelves, chance)], [*_elsewhere(shelves, whole, chance)], [*_off(whole)]]
    for one in lists:
        chance.shuffle(one)
    while any(lists):
        for one in lists:
            if one:
                yield one.pop()


def _refused(question: str, answer: str, document: int = 1 << 30) -> Draft:
    return Draft(Question("", "unanswerable", question, answerable=False, answer=answer), document, 1 << 30)


def _absent(shelves: Sequence[Shelf], chance: random.Random) -> Iterator[Draft]:
    forms = words()["templates"]
    for shelf in shelves:
        found = [numbered(label) for one in shelf.clauses for label in one.path]
        last = max((form[1][0] for form in found if form and form[0] == "条"), default=0)
        if last >= 5 and shelf.is_named:
            place = f"第{chinese(last + chance.randint(2, 9))}条"
            answer = forms["absent_answer"].format(named=shelf.named, last=f"第{chinese(last)}条", place=place)
            yield _refused(chance.choice(forms["absent"]).format(named=shelf.named, place=place), answer)


def _elsewhere(shelves: Sequence[Shelf], whole: str, chance: random.Random) -> Iterator[Draft]:
    """A document's own question, put for a place or a year that none of them has."""
    forms = words()["templates"]
    strange = [place for place in words()["elsewhere"]["places"] if place.removesuffix("市") not in whole]
    for shelf in shelves:
        asked = [one for one in shelf.asked if one[2].kind == "figure" and "{own}" not in one[2].words]
        region = shelf.parsed.document.region or ""
        is_official = bool(shelf.parsed.document.number) or not shelf.is_report or any(t in shelf.title for t in words()["official"]["titles"])  # fmt: skip
        if not (shelf.is_named and is_official and asked):
            continue
        _, clause, stem, sentence = chance.choice(asked)
        question = question_of(shelf, clause, stem, sentence, chance)
        year = re.search(r"(?<!\d)(20\d\d)年?", shelf.title)
        if question and region[-1:] in _PLACES and region in shelf.title and strange:
            place = chance.choice(strange)
            named = shelf.named.split("（")[0]
            asked_there = question.replace(shelf.named, named).replace(region, place)
            yield _refused(asked_there, forms["elsewhere_answer"].format(place=place, named=shelf.named))
        elif question and year and (other := _year(int(year[1]), whole)):
            answer = forms["year_answer"].format(year=other, named=shelf.named)
            yield _refused(
                question.replace(shelf.named, shelf.named.split("（")[0]).replace(year[1], str(other)), answer
            )


def _year(year: int, whole: str) -> int | None:
    """The nearest year that no document names, the earlier of two."""
    return next((one for n in range(1, 8) for one in (year - n, year + n) if str(one) not in whole), None)


def _off(whole: str) -> Iterator[Draft]:
    form = words()["templates"]["off_answer"]
    for word, question in words()["off"]["questions"]:
        if word not in whole:
            yield _refused(question, form.format(word=word))
