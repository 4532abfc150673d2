"""A document as gold questions are drafted from it: its name, its sentences, how its clauses are called.

A draft says where it stands: quote, clause, file. What cannot be scored is not drafted: a quote that stands twice in its
document, a fact that is not in the quote, a question that tells its answer.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from eval.draft.stem import Fact, Stem, stems, words
from eval.gold import Gold, Question
from eval.spoken import read as numbered
from rag.clause import Clause, Parsed
from rag.numeral import bare, chinese, flowing
from rag.sentence import sentences

_TITLE = 50
"""Characters of a title that a question may name."""
_ENOUGH = 24
"""Characters from which a question may do without the name of its document."""
_QUOTE = 220
"""Characters of a quote: a row of a table, a sentence."""
_HEADED = re.compile(r"([^，。；：、\s]{6,30}) (?=[\u4e00-\u9fff][^\s]{14})")
"""A heading and its text on one line, as in pages that lost their line ends."""
_TORN = 3
"""Characters up to which a line without an end is the beginning of the next: 三是强化质量安全。落⏎实工程…"""
_STOPS = "。！？；：;:?!"
_INNER = re.compile(r"(?:印发|转发|公布|发布)《?([^《》]{6,}?)》?的?(?:通知|公告|函)$")
_RULES = re.compile(
    r"(?:法|典|条例|办法|规定|规则|细则|规范|标准|通知|意见|决定|决议|公告|通告|措施|批复)(?:[（(].*)?$"
)
"""Titles of what lays down rules; of reports and news nobody says that they do."""
_LEAD = re.compile(
    r"^(.{4,40}?)(?:以下|下列)(条件|材料|资料|要求|标准|情形|事项|职责|义务|权利)(之一)?(的?)(?:[：:，].*|行为.*)?$"
)
_PLACE = {
    "附件": "附件{n}", "条": "第{c}条", "款": "第{c}款", "一、": "第{c}部分", "部分": "第{c}部分", "（一）": "第（{c}）项", "（1）": "第（{n}）项",
    "1.": "第{n}项", "一是": "第{c}点", "章": "", "节": "", "编": "",
}  # fmt: skip
"""How a label is said in a question, {c} in Chinese, {n} in digits; what only holds articles is not said."""


Asked = tuple[int, Clause, Stem, str]
"""A stem with the place of its clause, its clause, and the sentence that it is from."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question, the place of its document and clause among all, and the clause that a model may see."""

    question: Question
    document: int
    position: int
    clause: Clause | None = None

    @property
    def quotes(self) -> frozenset[str]:
        """Its quotes as they are compared."""
        return frozenset(bare(one.quote) for one in self.question.gold)


class Shelf:
    """A document with what drafting asks of it again and again; `number` is its place among the documents."""

    def __init__(self, number: int, parsed: Parsed, *, is_alone: bool) -> None:
        self.number, self.parsed = number, parsed
        self.file = PurePath(parsed.document.source).name
        title = "".join(flowing(parsed.document.title).split()) or PurePath(self.file).stem
        inner = _INNER.search(title)
        self.title = (inner[1] if inner and len(inner[1]) <= _TITLE else title).strip("《》")
        self.is_report = not _RULES.search(self.title)
        is_office = re.search(
            r"(?:局|政府|委员会|办公室|[省市县]委)$", self.title
        )  # a page that begins with who made it
        is_long_enough = len(self.title) >= 8 or not self.is_report  # 多措并举 is no name
        self.is_named = (
            is_long_enough
            and not is_office
            and len(self.title) <= _TITLE
            and not re.search(r"[。？！|｜《》]", self.title)
        )
        number_said = parsed.document.number
        self.named = f"《{self.title}》" + (f"（{number_said}）" if number_said and not is_alone else "")
        self.clauses = [one for one in parsed.clauses if one.kind not in ("furniture", "title", "footer")]
        self.text = bare(parsed.text.characters)

    @cached_property
    def counts_through(self) -> bool:
        """Whether 1., 2., 3. go on under the next heading, as in 工作要点, so that people say 第7条."""
        items = [one.path for one in self.clauses if one.path and (form := numbered(one.path[-1])) and form[0] == "1."]
        return len({path[-1] for path in items}) == len(items) and len({path[:-1] for path in items}) > 1

    @cached_property
    def asked(self) -> list[Asked]:
        """Each stem with its clause and the sentence it is from, in document order."""
        found = []
        for position, clause in enumerate(self.clauses):
            if clause.kind in ("clause", "point") or (clause.kind == "header" and len(clause.text) > 60):
                for sentence in told(clause):
                    found += [(position, clause, stem, sentence) for stem in stems(sentence)]
        return found

    def gold(self, clause: Clause, quote: str, sentence: str = "") -> Gold | None:
        """The quote as gold, or the sentence that it stands in where it stands twice; None where that does, too."""
        for one in (quote, sentence):
            if one and len(one) <= _QUOTE and self.text.count(bare(one)) == 1 and bare(one) in bare(clause.text):
                return Gold(self.file, "/".join(clause.path), one)
        return None


def told(clause: Clause) -> list[str]:
    """The sentences of a clause on one line each, without its label and the marks of Markdown around it."""
    text = clause.text
    if label := clause.label:
        shown = r"\s*".join(map(re.escape, "".join(label.split())))
        text = re.sub(rf"^[\s*#>]*{shown}[\s*、.．]*", "", text, count=1)
    found: list[str] = []
    torn = ""
    for a, b in sentences(text):
        part = torn + flowing(text[a:b])
        torn = part if len(part) <= _TORN and part[-1] not in _STOPS else ""
        found += [] if torn else [part]
    found += [torn] if torn else []
    if found and clause.label and (head := _HEADED.match(found[0])):
        found[:1] = [head[1], found[0][head.end() :]]
    return found


def made(
    shelf: Shelf, position: int, kind: str, question: str, gold: Sequence[Gold | None], facts: Sequence[Fact],
    *, turns: Sequence[str] = (),
) -> Draft | None:  # fmt: skip
    """The draft, or None where a quote is not to be had or does not hold the facts, or the question tells one."""
    kept = [one for one in gold if one is not None]
    quotes = bare("".join(one.quote for one in kept))
    asked = bare(question + "".join(turns))
    is_lost = any(not any(bare(one) in quotes for one in fact) for fact in facts)
    is_told = kind not in ("direct", "enumeration") and any(bare(one) in asked for fact in facts for one in fact)
    if len(kept) < len(gold) or not kept or is_lost or is_told or not facts or len(question) > 200:
        return None
    answer = "；".join(one.quote.strip("；;。") for one in kept) + "。"
    found = Question("", kind, question, tuple(turns), True, tuple(kept), False, tuple(facts), answer)
    return Draft(found, shelf.number, position, shelf.clauses[position])


# How it is asked ----------------------------------------------------------------------------------------------


def said(shelf: Shelf, clause: Clause) -> str | None:
    """How people say a clause's number; None where it has none that they would, or another clause has the same."""
    if not shelf.is_named or clause.kind not in ("clause", "point") or not clause.path:
        return None
    labels = [numbered(label) for label in clause.path]
    known = [one for one in labels if one is not None]
    if len(known) < len(labels) or any(one[0] not in _PLACE or len(one[1]) > 1 for one in known):
        return None
    kind, number = known[-1]
    if kind == "1." and shelf.counts_through and known[0][0] == "一、":
        return f"第{number[0]}条"
    parts = [_PLACE[kind].format(c=chinese(n[0]) if n else "", n=n[0] if n else "") for kind, n in known]
    place = "".join(parts)
    return (place if "条" in place else place.replace("项", "点")) or None


def question_of(shelf: Shelf, clause: Clause, stem: Stem, sentence: str, chance: random.Random) -> str | None:
    """The whole question: the document, what the sentence is about, the stem; None where that cannot be said."""
    if stem.words.endswith(("安排在哪一天", "安排在什么时候")) and (not clause.label or clause.label[-1] in "段款"):
        return None  # news tells what happened on a day, it does not set it
    if not shelf.is_named:
        return f"{stem.words}？" if len(stem.words) >= _ENOUGH and "{own}" not in stem.words else None
    forms = words()["templates"]
    asked = stem.words.replace("{own}", shelf.named)
    heading, is_lead = _about(clause, sentence)
    if "{own}" in stem.words and not is_lead:
        return f"{asked}？"
    if _said_words(shelf.title) in _said_words(stem.words):
        return None  # a title that ran into the text
    if is_lead:
        lead = _led_by(heading)
        return forms["of"].format(named=shelf.named, lead=lead, words=asked) if lead else None
    if heading and heading not in words()["skip"]["headings"] and bare(heading) not in bare(asked):
        under = forms["report_under" if shelf.is_report else "under"]
        return str(under.format(named=shelf.named, heading=inside(heading), words=asked))
    if len(stem.words) < 14 and "条" not in (clause.label or ""):
        return None  # too little to know what is spoken of
    return str(chance.choice(forms["report" if shelf.is_report else "factual"]).format(named=shelf.named, words=asked))


def _said_words(text: str) -> str:
    return re.sub(r"[^\w]", "", bare(text))


def _about(clause: Clause, sentence: str) -> tuple[str, bool]:
    """The heading that a sentence stands under, and whether it is the lead of a list that the clause is an item of."""
    parts = [part.strip() for part in clause.heading.split(" › ") if part.strip()]
    own = bare(parts[-1]) if parts else ""
    if parts and own and (bare(sentence).startswith(own) or re.search(r"\d|第.款", own)):
        parts.pop()  # the sentence itself, or a statement in place of a heading
    form = numbered(clause.path[-1]) if clause.path else None
    above = numbered(clause.path[-2]) if len(clause.path) > 1 else None
    if not parts or (form and form[0] in ("条", "款")):
        return "", False
    heading = re.sub(r"^附件\s*\d*\s*", "", parts[-1]) or parts[-1]
    is_lead = bool(above and above[0] in ("条", "款")) or bool(_LEAD.match(heading)) or heading.endswith(("：", ":"))
    return (heading, True) if is_lead else (heading if len(heading) <= 26 else "", False)


def _led_by(lead: str) -> str | None:
    """What the items of a list are, said in front of one of them.

    >>> _led_by("申请公共租赁住房的城镇家庭，应当同时具备以下条件"), _led_by("有下列情形之一的，收回住房")
    ('申请公共租赁住房的城镇家庭应当同时具备的条件中', None)
    """
    match = _LEAD.match(lead)
    return f"{match[1].replace('，', '')}的{match[2]}中" if match and not match[3] and len(match[1]) <= 30 else None


def inside(text: str) -> str:
    """Text as it stands inside quotation marks."""
    return text.replace("“", "‘").replace("”", "’")


def shelves(documents: Sequence[Parsed]) -> list[Shelf]:
    """The documents as drafting reads them; of several with one title each is named with its number."""
    made_once = [Shelf(n, one, is_alone=True) for n, one in enumerate(documents)]
    titles = Counter(one.title for one in made_once)
    return [one if titles[one.title] == 1 else Shelf(one.number, one.parsed, is_alone=False) for one in made_once]
