"""A parsed document → drafts of gold questions, kind by kind; templates only, their words in `draft.toml`.

What needs other documents is across's; which drafts are taken is draft's.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from eval.draft.shelf import Draft, Shelf, inside, made, question_of, said, told
from eval.draft.stem import Fact, is_open, is_whole, segments, stems, words
from eval.gold import Gold
from eval.spoken import read as numbered
from rag.clause import Clause
from rag.numeral import bare, flowing
from rag.sentence import sentences

_OFFICES = re.compile(r"[\n，]|、(?![县镇市乡])|(?<=[局委厅办院])\s+(?=\S)")
"""What stands between offices; 各区、县人民政府 is one phrase."""
_HEADING = 30
"""Characters of an item that is the heading of what it says."""
_ITEM = 50
"""Characters of an item that is given whole."""
_QUOTE = 220
"""Characters of a sentence that is asked for whole."""


# One clause ----------------------------------------------------------------------------------------------------


def factual(shelf: Shelf, chance: random.Random) -> Iterator[Draft]:
    """Figures, days and offices of sentences, and the offices that stand in brackets behind a task."""
    for position, clause, stem, sentence in shelf.asked:
        question = question_of(shelf, clause, stem, sentence, chance)
        if question and (one := made(shelf, position, "factual", question, [shelf.gold(clause, stem.quote, sentence)], stem.facts)):  # fmt: skip
            yield one
    for position, clause in enumerate(shelf.clauses):
        yield from _led(shelf, position, clause)


def _led(shelf: Shelf, position: int, clause: Clause) -> Iterator[Draft]:
    """Who is responsible for a task, where the brackets behind it say so: （市财政局牵头）."""
    text = flowing(clause.text).rstrip("。")
    match = re.search(r"（([^（）]{3,60}?)(按职责分工负责|牵头|负责)(?:，[^（）]{2,40})?）$", text)
    heading = clause.heading.split(" › ")[-1]
    if not match or not shelf.is_named or clause.kind == "table_row" or not 4 <= len(heading) <= 30:
        return
    offices = [match[1]] if match[1].startswith("各") else _OFFICES.split(match[1])
    verb = "牵头" if match[2] == "牵头" else "负责"
    form = words()["templates"]["offices" if len(offices) > 1 else "office"]
    question = form.format(named=shelf.named, heading=inside(heading), verb=verb)
    last = told(clause)[-2:]
    gold = shelf.gold(clause, last[-1] if len(last[-1]) > len(match[0]) + 6 else "".join(last))
    if one := made(shelf, position, "factual", question, [gold], [(office,) for office in offices]):
        yield one


def direct(shelf: Shelf, chance: random.Random) -> Iterator[Draft]:
    """What stands in a clause, by its number."""
    forms = words()["templates"]["direct_report" if shelf.is_report else "direct"]
    for position, clause in enumerate(shelf.clauses):
        if (place := said(shelf, clause)) and (main := _main(clause)):
            question = chance.choice(forms).format(named=shelf.named, place=place)
            if one := made(shelf, position, "direct", question, [shelf.gold(clause, main[0])], main[1]):
                yield one


def _main(clause: Clause) -> tuple[str, tuple[Fact, ...]] | None:
    """The sentence of a clause that says most, and what of it an answer must contain."""
    found = [
        one for one in told(clause) if 12 <= len(one) <= _QUOTE and not one.endswith(("：", ":")) and is_whole(one)
    ]
    if not found or len(bare(clause.text)) > 320:
        return None
    best = max(found, key=len)
    asked = [fact for stem in stems(best) if stem.kind == "figure" for fact in stem.facts][:2]
    parts = [best[a:b].strip("。；") for a, b in segments(best.rstrip("。；"))]
    firm = [one for one in parts if not is_open(one)] or parts
    ruling = [one for one in firm if re.search("应当|不得|可以|必须|负责|给予|有权|处以|禁止|适用", one)]
    longest = max(ruling or firm, key=len).removeprefix("并").removeprefix("且")
    facts = tuple(asked) or ((longest,),)
    return (best, facts) if asked or 6 <= len(longest) <= 60 else None


def answered(shelf: Shelf, chance: random.Random) -> Iterator[Draft]:
    """The questions that a document puts itself and answers: 问：…答：…; people's own words, so they are colloquial."""
    for (_, first), (position, second) in pairwise(enumerate(shelf.clauses)):
        question, answer = flowing(first.text), flowing(second.text)
        if re.match("问[：:]", question) and re.match("答[：:]", answer) and question.endswith(("？", "?")):
            parts = segments(answer[2:].rstrip("。"))
            facts = [answer[2:][a:b] for a, b in parts if 4 <= b - a <= 20][:1]
            quote = answer[2 : 2 + parts[min(1, len(parts) - 1)][1]]
            one = made(shelf, position, "colloquial", question[2:], [shelf.gold(second, quote, answer[2:])], [tuple(facts)] if facts else [])  # fmt: skip
            if one:
                yield one


# Rows and lists ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table, its subject as a question says it, and the columns that may be asked: head → (form, values)."""

    position: int
    clause: Clause
    subject: str
    columns: dict[str, tuple[str, list[str]]]


def _rows(shelf: Shelf) -> Iterator[_Row]:
    heads = words()["tables"]
    for position, clause in enumerate(shelf.clauses):
        row = {bare(name): flowing(cell) for name, cell in (clause.row or {}).items()} if shelf.is_named else {}
        about = next((name for name in heads["subject"] if row.get(name)), None)
        if about is None:
            continue
        first = row[about].rstrip("。；")
        first = re.sub(r"^\d{1,3}[.．、]\s*", "", first)
        parts = segments(first)
        subject = first if len(first) <= 36 else first[: parts[0][1]] if parts else ""
        columns = {}
        for name, cell in (clause.row or {}).items():
            kind = next((k for k in ("office", "day", "count", "other") if bare(name) in heads[k]), None)
            is_office = kind == "office"
            values = [one for one in _OFFICES.split(cell.strip()) if one.strip()] if is_office else [flowing(cell)]
            if kind and bare(name) != about and all(2 <= len(bare(one)) <= 40 for one in values) and len(values) < 6:
                columns[bare(name)] = (kind, [flowing(one) for one in values])
        if 4 <= len(subject) <= 40 and columns:
            yield _Row(position, clause, inside(subject), columns)


def _row_gold(shelf: Shelf, row: _Row) -> Gold | None:
    """The row as gold; of a long one its last sentence with the cells behind it."""
    whole = flowing(row.clause.text)
    spans = sentences(whole)
    return shelf.gold(row.clause, whole, whole[spans[-1][0] :] if len(spans) < 2 else whole[spans[-2][0] :])


def _row_question(shelf: Shelf, row: _Row, column: str) -> tuple[str, list[Fact]]:
    kind, values = row.columns[column]
    name = "table" + {"office": "_offices" if len(values) > 1 else "_office", "day": "_day", "count": "_count"}.get(
        kind, ""
    )
    form: str = words()["templates"][name]
    return form.format(named=shelf.named, subject=row.subject, column=column), [(value,) for value in values]


def tables(shelf: Shelf, chance: random.Random) -> Iterator[Draft]:
    """A cell of a row, by the row's subject and the column's head."""
    for row in _rows(shelf):
        column = chance.choice(sorted(row.columns))
        question, facts = _row_question(shelf, row, column)
        if one := made(shelf, row.position, "table", question, [_row_gold(shelf, row)], facts):
            yield one


def enumerations(shelf: Shelf, chance: random.Random) -> Iterator[Draft]:
    """The items of a list, by the words that lead it or by the heading above it."""
    below: dict[tuple[str, ...], list[int]] = {}
    for position, clause in enumerate(shelf.clauses):
        if clause.path and clause.kind in ("clause", "point", "heading"):
            below.setdefault(clause.path[:-1], []).append(position)
    for position, clause in enumerate(shelf.clauses):
        items = [shelf.clauses[n] for n in below.get(clause.path, []) if n > position and _is_item(shelf.clauses[n])]
        if shelf.is_named and 3 <= len(items) <= 8 and clause.path:
            question = _listing(shelf, clause, items, chance)
            heads = [_item(one) for one in items]
            gold = [shelf.gold(one, head, told(one)[0]) for one, head in zip(items, heads, strict=True)]
            one = (
                made(shelf, position, "enumeration", question, gold, [(head,) for head in heads]) if question else None
            )
            if one and len({gold.clause for gold in one.question.gold}) == len(items):
                yield one


def _is_item(clause: Clause) -> bool:
    form = numbered(clause.label or "")
    return form is not None and form[0] in ("（一）", "（1）", "1.", "一是", "一、")


def _item(clause: Clause) -> str:
    """What an answer says of an item: its heading, the whole of it where it is short, else the first statement in it."""
    first = (told(clause) or [""])[0].rstrip("。；;：:")
    heading = re.match(r"([^，。；：、\s]{4,26})\s+(?=[\u4e00-\u9fff])", first)
    if heading:
        return heading[1]
    if len(first) <= _ITEM:
        return first
    end = next((end for start, end in segments(first) if not is_open(first[start:end])), len(first))
    return first[:end]


def _listing(shelf: Shelf, clause: Clause, items: Sequence[Clause], chance: random.Random) -> str | None:
    """The question for a list: its lead with 哪些 for 下列, else the name of its part."""
    lead = (told(clause) or [""])[-1].rstrip("：:。")
    forms = words()["templates"]
    if match := re.search(
        r"(?:以下|下列)(?:(?:几|[一二三四五六七八九])[种类项个])?([\u4e00-\u9fff、]{2,8}?)(?:之一)?(?=[的，,]|$)", lead
    ):
        asked = lead[: match.start()].removeprefix("但") + "哪些" + match[1] + lead[match.end() :]
        asked = re.sub("[，：]$", "", asked).replace("本办法", shelf.named)
        return forms["enumeration"].format(named=shelf.named, words=asked) if 6 <= len(asked) <= 60 else None
    is_part = clause.kind == "heading" and not re.search("[：:，]|如下$", lead) and 4 <= len(lead) <= 26
    if is_part and bare(lead) not in bare(shelf.title) and all(len(_item(one)) <= _HEADING for one in items):
        return str(chance.choice(forms["points"]).format(named=shelf.named, heading=inside(lead)))
    return None


# Conversations -------------------------------------------------------------------------------------------------


def followed(shelf: Shelf, chance: random.Random) -> Iterator[Draft]:
    """A question and what is asked on from it: the next figure of its sentence, another column, the next article."""
    forms = words()["templates"]
    for position, clause, stem, sentence in shelf.asked:
        first = question_of(shelf, clause, stem, sentence, chance) if stem.rest else None
        if first:
            more, facts, quote = stem.rest[0]
            gold = shelf.gold(clause, quote, sentence) if len(quote) >= 8 else shelf.gold(clause, sentence)
            if one := made(
                shelf, position, "multi_turn", forms["rest"].format(words=more), [gold], facts, turns=[first]
            ):
                yield one
    for row in _rows(shelf):
        if len(row.columns) > 1:
            asked, other = chance.sample(sorted(row.columns), 2)
            turn, (_, wanted) = _row_question(shelf, row, asked)[0], _row_question(shelf, row, other)
            question = forms["other_column"].format(column=other)
            if one := made(shelf, row.position, "multi_turn", question, [_row_gold(shelf, row)], wanted, turns=[turn]):
                yield one
    articles = [
        (n, one) for n, one in enumerate(shelf.clauses) if one.label and (numbered(one.label) or "")[:1] == ("条",)
    ]
    for (_, first_one), (position, second_one) in pairwise(articles):
        place, main = said(shelf, first_one), _main(second_one)
        if place and main and len(first_one.path) == len(second_one.path) and said(shelf, second_one):
            turn, question = forms["direct"][0].format(named=shelf.named, place=place), chance.choice(forms["next"])
            if one := made(
                shelf, position, "multi_turn", question, [shelf.gold(second_one, main[0])], main[1], turns=[turn]
            ):
                yield one
