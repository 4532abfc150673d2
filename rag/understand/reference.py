"""Direct references in a question: 第二十条第二款, 三（二）3, 任务12, 附件2第3项; which clause that is, is `rag.refer`'s.

Read in the flat form of a question, names of documents and years covered. Parts that follow one another from the outside
in are one reference; a second one of a kind begins another, which shares what lies above it: 第三条第一款和第二款.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.clause import DocumentId
from rag.numeral import CHINESE, chinese, value
from rag.understand.asking import YEAR, Flat, besides
from rag.understand.title import TYPE, Catalogue, Mention, spoken_before
from rag.understand.title import mentions as mentions_in

Part = tuple[str, tuple[int, ...]]
"""What a question calls a clause and its number: ("条", (12, 1)) for 第十二条之一."""

LEVELS: dict[str, float] = {
    "附件": 0, "编": 1, "分编": 2, "部分": 2, "章": 3, "一、": 3, "节": 4, "1.1": 4, "条": 5, "款": 6, "项": 7,
    "（一）": 7, "点": 7, "任务": 7, "目": 8, "1.": 8, "（1）": 8, "段": 8, "行": 8, "一是": 9,
}  # fmt: skip
"""What may stand below what in a reference: what has at least the level of what is above it."""
_STACKED = ("点", "项")
"""What may stand in its like, and in anything: 第四点第一点, 3.第二点."""
_MOST = 20
"""Clauses that a range may have."""
_N = rf"(?:[{CHINESE}]+|\d{{1,4}})"
_UNIT = r"分编|部分|节(?!课)|[编章条款段]|目(?!标)|项(?!目)(?:(?:工作)?任务)?|点(?!击)|行(?!政|业|动|为|使|程)|个?任务"
_NO_UNIT = r"(?![件例约理目款])"
_TOKEN = re.compile(
    rf"第\(?(?P<n>{_N}(?:(?:[、,和及至到~—-]|以及)第?{_N})*)\)?(?P<unit>{_UNIT})(?:之(?P<sub>{_N}))?{_NO_UNIT}"
    rf"|(?P<annex>附[件表录])(?P<annexed>\d{{1,3}}|[{CHINESE}]{{1,3}})?(?![\d年月日个%])"
    rf"|(?:工作)?任务第?(?P<task>\d{{1,3}}|[{CHINESE}]{{1,3}})(?=[^\d年月日个%]|$)"
    rf"|(?P<ordinal>第)?(?P<dotted>(?<![\d.])\d{{1,2}}(?:\.\d{{1,2}}){{1,4}})(?:[条款项节点]|部分)?(?![\d%万亿元倍])"
    rf"|(?P<bare>(?<![\d第])\d{{1,4}}|(?<![{CHINESE}\d第])[{CHINESE}]+)(?P<of>[条款项章节点]|部分)(?:之(?P<besides>{_N}))?{_NO_UNIT}"
    rf"|(?P<top>(?<![{CHINESE}])[{CHINESE}]{{1,3}})(?:、(?![{CHINESE}](?!是))|(?=\({_N}\)))"
    rf"|第?\((?P<bracket>{_N})\)(?:点|项|部分|款)?"
    rf"|(?P<item>(?<=[)、.■点项条款章分])\d{{1,3}})(?:[.、](?!\d)|(?=$|[的,。?:;(规怎是讲说写如内]|第))"
    rf"|(?P<inline>[一二三四五六七八九十]{{1,2}})是"
)
_NESTS = re.compile(r"(?:[的中里之下内,、]|里面|其中|表格?|清单)*")
_JOINS = re.compile(r"(?:[、,和与及跟或以还有至到~—-])*")
_RANGE = re.compile(r"[至到~—-]")
_SPLIT = re.compile(r"[、,和及至到~—-]第?|以及第?")
_NAMED = re.compile("■[的中里,]?$")
_ANCHOR = re.compile(rf"(?:■|{TYPE})[的中里,]?$")
_ASKED = re.compile(r"(?:$|[,。?!:;]|的|规定|怎|如何|是|讲|说|写|内容|指|有什|第|\(|■)")
"""What follows 20条 where it is a clause, not a number of them."""
_BARE = 14
"""Characters of a question up to which 三、 or （二） at its beginning is a reference."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer to a clause by its numbers, outermost first: (("部分", (2,)), ("点", (4,))); `text` as asked.

    documents  those whose clause it is, by the name before it; () where it has none of its own
    missing    the name before it, where no document bears it
    """

    parts: tuple[Part, ...]
    text: str
    documents: tuple[DocumentId, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    """A part as it stands in the text: several numbers for 第三、四条; `strong` where it can be nothing else."""

    unit: str
    numbers: tuple[tuple[int, ...], ...]
    start: int
    end: int
    strong: bool
    is_range: bool = False


def names_in(flattened: Flat, known: Catalogue) -> list[Mention]:
    """The names of documents in a text, in order; also what is named in short right before a reference: 实施方案三、（二）."""
    found = mentions_in(flattened, known)
    mentions = tuple(found)
    for group in _groups(_covered(flattened, mentions)):
        start = group[0][0].start
        before = [one.end for one in mentions if one.end <= start]
        spoken = spoken_before(flattened, start, max(before, default=0), known)
        if spoken is not None and (spoken.documents or not before):
            found.append(spoken)
    return sorted(found, key=lambda one: one.start)


def references_in(text: str, flattened: Flat, mentions: Sequence[Mention]) -> tuple[Reference, ...]:
    """The clauses that a question points to by number, in the order asked, ranges written out; () for none."""
    covered = _covered(flattened, mentions)
    found: list[Reference] = []
    for group in _groups(covered):
        start, end = group[0][0].start, group[-1][-1].end
        owner = _owner(flattened, mentions, start)
        shown = flattened.original(start, end, text)
        documents = owner.documents if owner else ()
        missing = owner.name if owner and not documents else ""
        found += [Reference(parts, shown, documents, missing) for parts in _written_out(group)]
    return tuple(dict.fromkeys(_with_own_text(found)))


def rest_of(flattened: Flat, mentions: Sequence[Mention]) -> str:
    """What a question says besides names of documents, years and clauses' numbers; "" where it only asks."""
    text = _covered(flattened, mentions)
    for group in _groups(text):
        start, end = group[0][0].start, group[-1][-1].end
        text = text[:start] + "□" * (end - start) + text[end:]
    return besides(re.sub("[■□]+", " ", text))


def _with_own_text(found: Sequence[Reference]) -> Iterator[Reference]:
    for one in found:
        yield one if sum(other.text == one.text for other in found) == 1 else replace(one, text=spelt(one.parts))


def spelt(parts: Sequence[Part]) -> str:
    """Parts as they are asked for: 第3条第2款, 附件2第3项.

    >>> spelt((("附件", (2,)), ("项", (3,)))), spelt((("条", (12, 1)),)), spelt((("一、", (3,)), ("（一）", (2,))))
    ('附件2第3项', '第12条之1', '三、（二）')
    """
    made = ""
    for unit, number in parts:
        n = number[0]
        after = f"之{number[1]}" if len(number) > 1 and unit == "条" else ""
        forms = {
            "附件": f"附件{n}",
            "一、": f"{chinese(n)}、",
            "（一）": f"（{chinese(n)}）",
            "1.": f"{n}.",
            "任务": f"任务{n}",
        }
        forms |= {"（1）": f"（{n}）", "一是": f"{chinese(n)}是", "1.1": ".".join(map(str, number))}
        made += forms.get(unit, f"第{n}{unit}{after}")
    return made


def _covered(flattened: Flat, mentions: Sequence[Mention]) -> str:
    """The text with names of documents and years covered: their numbers are none of a clause."""
    text = flattened.text
    for one in mentions:
        text = text[: one.start] + "■" * (one.end - one.start) + text[one.end :]
    return YEAR.sub(lambda m: "□" * len(m[0]), text)


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        token = _token(match, text)
        if token is not None:
            yield token


def _token(match: re.Match[str], text: str) -> _Token | None:
    held = match.groupdict()
    here = (match.start(), match.end())
    if held["n"]:
        numbers = [value(n) for n in _SPLIT.split(held["n"])]
        if not all(numbers):
            return None
        unit = "任务" if held["unit"].endswith("任务") else held["unit"]
        each: list[tuple[int, ...]] = [(n,) for n in numbers if n]
        if held["sub"]:
            each[-1] = (*each[-1], value(held["sub"]) or 0)
        return _Token(unit, tuple(each), *here, True, _RANGE.search(held["n"]) is not None)
    if held["annex"]:
        return _Token("附件", ((value(held["annexed"] or "") or 0,),), *here, held["annexed"] is not None)
    if held["dotted"]:
        return _Token("1.1", (tuple(int(n) for n in held["dotted"].split(".")),), *here, bool(held["ordinal"]))
    names = {"task": "任务", "bare": held["of"], "top": "一、", "bracket": "（一）", "item": "1.", "inline": "一是"}
    for name, unit in names.items():
        if held[name]:
            n = value(held[name])
            if not n:
                return None
            style = "（1）" if name == "bracket" and held[name].isdigit() else unit
            number = (n, value(held["besides"]) or 0) if name == "bare" and held["besides"] else (n,)
            return _Token(style, (number,), *here, name == "task")
    return None


_Path = list[_Token]
"""Tokens from the outside in."""


def _groups(text: str) -> Iterator[list[_Path]]:
    """References that are named together, each as its tokens from the outside in."""
    group: list[_Path] = []
    for token in _tokens(text):
        if group:
            path, gap = group[-1], text[group[-1][-1].end : token.start]
            if _nests(path, token, gap):
                path.append(token)
                continue
            if _JOINS.fullmatch(gap) and len(gap) <= 3 and token.unit not in ("1.", "一是"):
                above = [one for one in path if LEVELS[one.unit] < LEVELS[token.unit] and one.unit != token.unit]
                if path[-1].unit == token.unit or token.strong:
                    is_range = token.is_range or _RANGE.search(gap) is not None
                    group.append([*above, replace(token, is_range=is_range)])
                    continue
            if _is_meant(group, text):
                yield group
        is_item = token.unit in ("1.", "一是") and not _NAMED.search(text[: token.start])
        group = [] if is_item else [[token]]
    if group and _is_meant(group, text):
        yield group


def _nests(path: _Path, token: _Token, gap: str) -> bool:
    if not _NESTS.fullmatch(gap) or len(gap) > 4:
        return False
    if any(one.unit == token.unit for one in path):
        return not gap and token.unit in _STACKED
    if token.unit in ("1.", "一是") and gap not in ("", "、"):
        return False
    return LEVELS[token.unit] >= LEVELS[path[-1].unit] or (not gap and token.unit in _STACKED)


def _is_meant(group: Sequence[_Path], text: str) -> bool:
    """Whether the tokens point to a clause: 第三条 does, 20条 only behind a document's name or at the beginning, with
    nothing behind it that it could count.
    """
    first, last = group[0][0], group[-1][-1]
    anchored = _ANCHOR.search(text[: first.start]) is not None
    if len(group) == 1 and len(group[0]) == 1 and first.unit == "附件" and first.numbers == ((0,),):
        return anchored and _ASKED.match(text, last.end) is not None
    if any(token.strong for path in group for token in path if token.unit != "附件" or token.numbers != ((0,),)):
        return True
    is_number = any(token.unit in ("条", "款", "项", "章", "节", "点", "部分") for path in group for token in path)
    if is_number and not _ASKED.match(text, last.end):
        return False
    if anchored or first.unit == "附件":
        return True
    if besides(text[: first.start]):
        return False
    return len(group[0]) > 1 or len(text) <= _BARE or text[last.end : last.end + 1] == "的"


def _written_out(group: Sequence[_Path]) -> Iterator[tuple[Part, ...]]:
    """The parts of each reference; lists and ranges one by one."""
    last: tuple[Part, ...] | None = None
    for path in group:
        parts = [(token.unit, token.numbers[0]) for token in path[:-1]]
        token = path[-1]
        numbers = token.numbers
        if token.is_range and len(numbers) == 1 and last is not None and last[-1][0] == token.unit:
            numbers = _between(last[-1][1], numbers[0])
        elif token.is_range and len(numbers) == 2:
            numbers = (numbers[0], *_between(*numbers))
        for number in numbers:
            last = (*parts, (token.unit, number))
            yield last


def _between(first: tuple[int, ...], last: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The numbers after `first` up to `last`; `last` alone where they are too many or none."""
    if not first[0] < last[0] <= first[0] + _MOST:
        return (last,)
    return (*((n,) for n in range(first[0] + 1, last[0])), last)


def _owner(flattened: Flat, mentions: Sequence[Mention], start: int) -> Mention | None:
    """The document whose clause is meant: the one named last before it, in the same sentence."""
    before = [one for one in mentions if one.end <= start]
    if not before or re.search("[。?!;]", flattened.text[before[-1].end : start]):
        return None
    if before[-1].documents:
        return before[-1]
    is_beside = not re.search(r"[\u4e00-\u9fff]{3}", flattened.text[before[-1].end : start])
    return before[-1] if is_beside else None
