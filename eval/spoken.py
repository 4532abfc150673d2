"""Direct references made from documents: how people say the path of a clause and the name of its document.

Written out from the labels as printed, by patterns of its own: what `rag` reads references with has no part in it. Also
which reference fits more than one clause, and references that do not exist.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.clause import Clause, Document, DocumentId, Parsed
from rag.numeral import bare, chinese, value

_D = r"[〇○零一二两三四五六七八九十百千廿卅\d０-９]+"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("附件", re.compile(rf"^附[件]\s*({_D})?$")),
    ("条", re.compile(rf"^第\s*({_D})\s*条(?:之({_D}))?$")),
    ("章", re.compile(rf"^第\s*({_D})\s*章$")),
    ("节", re.compile(rf"^第\s*({_D})\s*节$")),
    ("编", re.compile(rf"^第\s*({_D})\s*编$")),
    ("分编", re.compile(rf"^第\s*({_D})\s*分编$")),
    ("部分", re.compile(rf"^第\s*({_D})\s*部分$")),
    ("款", re.compile(rf"^第\s*({_D})\s*款$")),
    ("段", re.compile(rf"^第\s*({_D})\s*段$")),
    ("一、", re.compile(r"^([一二三四五六七八九十百]+)\s*[、.．]$")),
    ("（一）", re.compile(r"^[（(]([一二三四五六七八九十百]+)[）)]$")),
    ("（1）", re.compile(r"^[（(]([\d０-９]+)[）)]$")),
    ("1.", re.compile(r"^([\d０-９]+)\s*[.．、]?$")),
    ("一是", re.compile(r"^([一二三四五六七八九十]+)[是要]$")),
)
"""How a label numbers, by a pattern; other labels are not asked for."""
_LOOSE = {
    "点": ("（一）", "（1）", "1.", "一、", "一是", "①"),
    "项": ("（一）", "（1）", "1.", "一、"),
    "任务": ("1.", "（一）", "（1）", "一、"),
    "条.": ("1.", "一、", "（一）"),
}
"""Words for anything numbered → what they may mean: two such clauses fit a reference equally."""

_SPOKEN = {
    "一、": (("第{s}部分", "部分一"), ("第{c}部分", "部分一"), ("{c}、", "一、")),
    "部分": (("第{s}部分", "部分一"), ("第{c}部分", "部分一")),
    "above": (("{c}、", "一、"), ("第{s}部分", "部分一")),
    "row": (("第{s}项", "项"), ("任务{n}", "任务"), ("第{s}项任务", "任务")),
    "item": (("第（{c}）项", "项"), ("第{s}项", "项"), ("（{c}）", "（一）"), ("({c})项", "项")),
    "（一）": (("（{c}）", "（一）"), ("第（{c}）点", "点"), ("第{s}点", "点")),
    "1.1": (("{n}", "1."), ("第{s}点", "点"), ("第{n}项", "项"), ("{n}.", "1.")),
    "1.": (("第{n}条", "条."), ("第{s}点", "点"), ("第{s}项", "项")),
    "（1）": (("（{n}）", "（1）"), ("第{s}点", "点")),
    "一是": (("{c}是", "一是"), ("第{s}点", "点")),
}
"""How a number is said, {n} in digits, {c} in Chinese, {s} in either, and what it is called then."""

Said = tuple[str, tuple[int, ...]]
"""What a part is called and its number: ("条", (12, 1))."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the clauses that it names, in its order: (document, path); () where there are none such."""

    question: str
    wanted: tuple[tuple[DocumentId, tuple[str, ...]], ...]
    form: str


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A path as spoken: the words, and what a clause must have to fit them."""

    words: str
    said: tuple[Said, ...]
    form: str


def read(label: str) -> Said | None:
    """How a label numbers and its number; None for one that is not asked for.

    >>> read("第十二条之一"), read("13．"), read("header")
    (('条', (12, 1)), ('1.', (13,)), None)
    """
    for kind, pattern in _FORMS:
        if found := pattern.match(label.strip()):
            numbers = [value(n) for n in found.groups() if n]
            return (kind, tuple(n for n in numbers if n)) if all(numbers) else None
    return None


class Speaker:
    """Makes references to the clauses of some documents, by chance from a seed."""

    def __init__(self, documents: Sequence[Parsed], seed: int = 7) -> None:
        self.documents = documents
        self.chance = random.Random(seed)
        self.left_out: Counter[str] = Counter()
        self._labels = {d.document.id: [_labels(c) for c in d.clauses] for d in documents}
        self._bearers: Counter[str] = Counter()
        for one in documents:
            self._bearers.update({_plain(name) for name in _names(one.document)})

    def questions(self, n: int) -> list[Asked]:
        """`n` references to clauses that are there, each to one or to several of one document."""
        made: list[Asked] = []
        for _ in range(40 * n):
            if len(made) == n:
                break
            parsed = self.chance.choice(self.documents)
            one = self._several(parsed) if self.chance.random() < 0.12 else self._single(parsed)
            if one is not None and one.question not in {other.question for other in made}:
                made.append(one)
        return made

    def absent(self, n: int) -> list[Asked]:
        """`n` references to what is not there: past the end, a 款 or 项 too many, an annex, a number of a document."""
        made: list[Asked] = []
        for _ in range(40 * n):
            if len(made) == n:
                break
            parsed = self.chance.choice(self.documents)
            way = self.chance.choice((self._past_the_end, self._no_part, self._no_annex, self._no_number))
            one = way(parsed)
            if one is not None and one.question not in {other.question for other in made}:
                made.append(one)
        return made

    # References that are there -------------------------------------------------------------------------------

    def _single(self, parsed: Parsed) -> Asked | None:
        name = self._name(parsed.document)
        if name is None:
            return None
        if parsed.document.number and self.chance.random() < 0.05:
            title = next((c for c in parsed.clauses if c.kind == "title"), None)
            if title is not None and self._bearers[_plain(parsed.document.number)] == 1:
                return Asked(parsed.document.number, ((parsed.document.id, title.path),), "文号")
        clause = self.chance.choice(parsed.clauses)
        spoken = self._spoken(clause, parsed)
        if spoken is None:
            return None
        return Asked(self._sentence(name, spoken.words), ((parsed.document.id, clause.path),), spoken.form)

    def _several(self, parsed: Parsed) -> Asked | None:
        """第三条和第五条, 第八条至第十条."""
        name = self._name(parsed.document)
        articles = [
            c for c in parsed.clauses if (at := read(c.path[-1])) is not None and at[0] == "条" and len(at[1]) == 1
        ]
        if name is None or len(articles) < 4:
            return None
        start = self.chance.randrange(len(articles) - 3)
        chosen = articles[start : start + 3] if self.chance.random() < 0.5 else self.chance.sample(articles, 2)
        numbers = [read(c.path[-1])[1][0] for c in chosen]  # type: ignore[index]  # read above
        if any(self._fitting((("条", (n,)),), parsed) != 1 for n in numbers):
            self.left_out["同号 same number"] += 1
            return None
        style = self.chance.choice((chinese, str))
        if len(chosen) == 3 and numbers[2] - numbers[0] == 2:
            words = f"第{style(numbers[0])}条{self.chance.choice('至到')}第{style(numbers[2])}条"
        else:
            words = self.chance.choice(("和", "、", "与")).join(f"第{style(n)}条" for n in numbers)
        wanted = tuple((parsed.document.id, c.path) for c in chosen)
        return Asked(self._sentence(name, words), wanted, "几条 several")

    def _spoken(self, clause: Clause, parsed: Parsed) -> _Spoken | None:
        """A way to say the clause's path, None where its labels are not numbers or another clause fits as well."""
        if clause.kind in ("furniture", "header", "footer", "title"):
            return None
        path = [read(label) for label in clause.path]
        if None in path or not path:
            return None
        parts = [part for part in path if part is not None]
        spoken = self._words(parts, clause)
        if self._fitting(spoken.said, parsed, clause) != 1:
            self.left_out["同样符合的不止一条 fits several"] += 1
            return None
        return spoken

    def _words(self, parts: Sequence[Said], clause: Clause) -> _Spoken:
        last = next((i for i, part in enumerate(parts) if part[0] == "条"), None)
        if last is not None and len(parts) > last:
            parts = [*(p for p in parts[:last] if p[0] == "附件"), *parts[last:]]
        style = self.chance.choice((chinese, chinese, str, _wide))
        words = ""
        said: list[Said] = []
        for i, (_, number) in enumerate(parts):
            text, called = self._part(i, parts, style, is_row=clause.kind == "table_row")
            words += text
            said.append((called, number))
        return _Spoken(words, tuple(said), "".join(kind for kind, _ in said))

    def _part(self, i: int, parts: Sequence[Said], style: Callable[[int], str], *, is_row: bool) -> tuple[str, str]:
        """One part as it is said, and what it is called then."""
        kind, number = parts[i]
        n = number[0] if number else 1
        is_last = i == len(parts) - 1
        above = parts[i - 1][0] if i else ""
        if kind == "附件":
            before_chinese = not is_last and parts[i + 1][0] == "一、"  # 附件一一、 is no way to write it
            return (f"附件{n if before_chinese else style(n)}" if number else "附件"), kind
        if kind == "条" and len(number) > 1:
            return f"第{style(n)}条之{style(number[1])}", kind
        if kind in ("条", "款", "章", "节", "编", "分编", "部分", "段"):
            is_short = kind in ("条", "款") and len(parts) > 1
            return self.chance.choice(
                (f"第{style(n)}{kind}", f"第{n}{kind}", f"{'' if is_short else '第'}{n}{kind}")
            ), kind
        if is_row and is_last:
            kind = "row"
        elif kind == "（一）" and above in ("条", "款"):
            kind = "item"
        elif kind == "1." and above == "（一）":
            kind = "1.1"
        elif kind == "一、" and above == "附件" and not parts[i - 1][1]:
            kind = "部分"  # 附件二、 can be read in two ways
        elif kind == "一、" and not is_last:
            kind = "above"
        form, called = self.chance.choice(_SPOKEN[kind])
        return form.format(n=n, c=chinese(n), s=style(n)), called

    def _sentence(self, name: str, words: str) -> str:
        forms = (
            "{}{}",
            "{}{}怎么规定的？",
            "请问{}{}的内容是什么？",
            "{}的{}讲了什么",
            "{}{}",
            "按照{}，{}是怎么写的？",
            "{}中{}规定了什么？",
        )
        return self.chance.choice(forms).format(name, words)

    def _name(self, document: Document) -> str | None:
        """A name that no other document bears."""
        usable = [name for name in _names(document) if self._bearers[_plain(name)] == 1]
        if not usable:
            self.left_out["名称不唯一 name of several"] += 1
            return None
        name = self.chance.choice(usable)
        if "〔" in name:
            return self.chance.choice(
                (name, name.replace("〔", "[").replace("〕", "]"), name.replace("〔", "（").replace("〕", "）"))
            )
        return name

    # What fits -----------------------------------------------------------------------------------------------

    def _fitting(self, said: Sequence[Said], parsed: Parsed, clause: Clause | None = None) -> int:
        """How many clauses the spoken parts fit equally: in the annex that they name, else in the main text, where
        that has one, else in all annexes.
        """
        fitting = [
            c for c, at in zip(parsed.clauses, self._labels[parsed.document.id], strict=True) if at and _fits(at, said)
        ]
        if not said or said[0][0] != "附件":
            main = [c for c in fitting if not c.path[0].startswith("附")]
            if clause is not None and clause.path[0].startswith("附") and main:
                return 2
            fitting = main or fitting
        return len(fitting)

    # References that are not there -----------------------------------------------------------------------------

    def _past_the_end(self, parsed: Parsed) -> Asked | None:
        numbers = [
            at[1][0] for labels in self._labels[parsed.document.id] if labels and (at := labels[-1]) and at[0] == "条"
        ]
        name = self._name(parsed.document)
        if not numbers or name is None:
            return None
        missing = [n for n in range(1, max(numbers)) if n not in numbers]
        n = (
            self.chance.choice(missing)
            if missing and self.chance.random() < 0.5
            else max(numbers) + self.chance.randint(1, 40)
        )
        style = self.chance.choice((chinese, str))
        return Asked(self._sentence(name, f"第{style(n)}条"), (), "条号 article")

    def _no_part(self, parsed: Parsed) -> Asked | None:
        """An article's 款 or 项 beyond its last."""
        articles = [c for c in parsed.clauses if (at := read(c.path[-1])) is not None and at[0] == "条"]
        name = self._name(parsed.document)
        if not articles or name is None:
            return None
        clause = self.chance.choice(articles)
        depth = len(clause.path)
        below = [read(c.path[-1]) for c in parsed.clauses if len(c.path) > depth and c.path[:depth] == clause.path]
        kind, unit = self.chance.choice((("款", "款"), ("（一）", "项")))
        most = max((at[1][0] for at in below if at and at[0] in (kind, "1.", "（1）")), default=1)
        return Asked(
            self._sentence(name, f"{clause.path[-1]}第{chinese(most + self.chance.randint(1, 4))}{unit}"), (), unit
        )

    def _no_annex(self, parsed: Parsed) -> Asked | None:
        name = self._name(parsed.document)
        annexes = {c.path[0] for c in parsed.clauses if c.path[0].startswith("附")}
        if name is None:
            return None
        return Asked(self._sentence(name, f"附件{len(annexes) + self.chance.randint(3, 9)}"), (), "附件 annex")

    def _no_number(self, parsed: Parsed) -> Asked | None:
        number = parsed.document.number
        match = re.search(r"(\d+)号$", number or "")
        if not number or match is None:
            return None
        other = str(int(match[1]) + self.chance.choice((1, 2, 3)))
        changed = number[: match.start(1)] + other + "号"
        if self._bearers[_plain(changed)]:
            return None
        words = self.chance.choice(("", "第三条", "第一部分"))
        return Asked(self._sentence(changed, words) if words else changed, (), "文号 number")


def _wide(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def _labels(clause: Clause) -> list[Said | None]:
    return [] if clause.kind in ("furniture", "header", "footer", "title") else [read(label) for label in clause.path]


def _fits(labels: Sequence[Said | None], said: Sequence[Said]) -> bool:
    """Whether a path has the spoken parts in order and ends with the last; levels that are not named may lie between."""
    if not _is(labels[-1], said[-1]):
        return False
    rest = iter(labels[:-1])
    return all(any(_is(label, part) for label in rest) for part in said[:-1])


def _is(label: Said | None, said: Said) -> bool:
    if label is None:
        return False
    kinds = {"部分一": ("一、", "部分"), "1.": ("1.", "（1）")}.get(said[0]) or _LOOSE.get(said[0], (said[0],))
    return label[0] in kinds and (label[1] == said[1] or (label[0] == "附件" and not said[1]))


def _names(document: Document) -> list[str]:
    """What a document is called: its number, its title with and without marks, what it issues, a law in short."""
    title = document.title
    names = [f"《{title}》", title]
    if document.number and "〔" in document.number:
        names.append(document.number)
    issued = re.search(r"(?:印发|发布)(?:《(.{6,60})》|([^《》]{6,60}?))的?通知$", title)
    if issued:
        names += [f"《{issued[1] or issued[2]}》", issued[1] or issued[2]]
    if title.startswith("中华人民共和国") and len(title) > 8:
        short = title.removeprefix("中华人民共和国")
        names += [short, short, f"《{short}》"]
    return names


def _plain(name: str) -> str:
    return re.sub("[《》〈〉]", "", bare(name))
