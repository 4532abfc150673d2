"""What an excerpt says of the documents in words that are no document's: heads of tables, counts, how a rule stands.

In the language of the page; names, places and quotes are the documents' own in either. What is claimed is checked against
Chinese text, so that in English a count stands in a statement's lead, before the name that it is of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.errors import Language


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases in one language; those with facts are templates."""

    # tables
    file: str
    quote: str
    point: str
    old: str
    new: str
    partial: str
    silent: str
    not_found: str
    # two documents that disagree
    otherwise: str
    decides: str
    # tasks that fit: the lead of a statement, and its text
    matching: tuple[str, str]
    # the slots of a guide, where it has nothing on one
    no_slot: str
    # how a rule stands; `until`, `ends`, `partly` are parts of `valid` and `current`
    repealed: str
    repealed_since: str
    suspended: str
    suspended_since: str
    expired: str
    not_yet: str
    valid: str
    current: str
    until: str
    ends: str
    partly: str
    absent: str
    absent_since: str
    on_days: str
    day: str


_ZH = Phrases(
    file="文件",
    quote="原文",
    point="事项",
    old="旧：{name}",
    new="新：{name}",
    partial="以上只列出数字有变化的条文；新增、删去和只改文字的条文，请对照两份原文。",
    silent="原文未提及",
    not_found="未找到相关内容",
    otherwise="另一份文件的规定与此不一致：\n",
    decides="两者不一致时的适用：\n",
    matching=("", "{name}中符合的任务共{n}项："),
    no_slot="{slot}：原文未提及。",
    repealed="{name}已废止。",
    repealed_since="{name}已废止（自{day}起）。",
    suspended="{name}暂停执行。",
    suspended_since="{name}自{day}起暂停执行。",
    expired="{name}的有效期已于{day}届满。",
    not_yet="{name}尚未生效，自{day}起施行。",
    valid="{name}有效{more}。",
    current="{name}现行有效{more}。",
    until="，有效期至{day}",
    ends="，自{day}起废止",
    partly="，其中{parts}已另行废止",
    absent="{missing}没有收录；{name}写明它废止。",
    absent_since="{missing}没有收录；{name}写明它自{day}起废止。",
    on_days="{days}，{told}",
    day="{year}年{month}月{day}日",
)
_EN = Phrases(
    file="Document",
    quote="Text",
    point="Point",
    old="Old: {name}",
    new="New: {name}",
    partial="Only articles whose figures changed are listed; for those added, dropped or reworded compare the two documents.",
    silent="Not mentioned in the document",
    not_found="Nothing relevant was found",
    otherwise="Another document says otherwise:\n",
    decides="Which of the two applies:\n",
    matching=("Tasks: {n}, in ", "{name}:"),
    no_slot="{slot}: not mentioned in the document.",
    repealed="{name} has been repealed.",
    repealed_since="{name} has been repealed, from {day}.",
    suspended="{name} is suspended.",
    suspended_since="{name} is suspended from {day}.",
    expired="{name} expired on {day}.",
    not_yet="{name} is not yet in force; it takes effect on {day}.",
    valid="{name} is in force{more}.",
    current="{name} is in force{more}.",
    until=", valid until {day}",
    ends=", and is repealed from {day}",
    partly=", but for {parts}, repealed separately",
    absent="{missing} is not among the documents; {name} says that it is repealed.",
    absent_since="{missing} is not among the documents; {name} says that it is repealed from {day}.",
    on_days="{days}: {told}",
    day="{year}-{month:02}-{day:02}",
)
_UNITS = {
    "编": "parts",
    "章": "chapters",
    "节": "sections",
    "条": "articles",
    "款": "paragraphs",
    "段": "paragraphs",
    "部分": "parts",
    "项任务": "tasks",
    "点": "points",
}
"""What is counted, in English; anything else is an item."""
_SLOTS = {
    "条件": "Conditions",
    "材料": "Documents to bring",
    "流程": "Steps",
    "时限": "Time it takes",
    "收费": "Charge",
    "地点": "Place",
    "电话": "Telephone",
    "依据": "Legal basis",
}
"""What a guide has of each matter, in English."""


def phrases(language: Language) -> Phrases:
    """The phrases in this language.

    >>> phrases("zh").point, phrases("en").point
    ('事项', 'Point')
    """
    return _EN if language == "en" else _ZH


def without(slot: str, language: Language) -> str:
    """That a guide has nothing on one of its slots."""
    return phrases(language).no_slot.format(slot=_SLOTS[slot] if language == "en" else slot)


def total(what: str, figures: Sequence[tuple[int, str]], end: str, language: Language) -> tuple[str, str]:
    """How many of each unit `what` has: the lead of a statement, and its text up to `end`, 。 or ：.

    >>> total("《甲》", [(3, "章"), (9, "条")], "。", "zh"), total("《甲》", [(3, "章"), (9, "条")], "。", "en")
    (('', '《甲》共3章，共9条。'), ('Chapters: 3, articles: 9, in ', '《甲》.'))
    """
    if language == "en":
        said = ", ".join(f"{_UNITS.get(unit, 'items')}: {n}" for n, unit in figures)
        return f"{said[:1].upper()}{said[1:]}, in ", what + {"。": ".", "：": ":"}[end]
    return "", what + "，".join(f"共{n}{'个' if unit == '部分' else ''}{unit}" for n, unit in figures) + end
