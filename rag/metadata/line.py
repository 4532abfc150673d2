"""The lines that metadata reads: without furniture, a page of one endless line cut at its blanks; which name offices.

Also the lines of names and values (发文字号：国办发〔2018〕126号) that sites and law bases put beside a text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.clause import Text

_LONG = 400
"""Characters of a line above which blanks stand for lost line ends; titles and paragraphs of print are shorter."""
_HEAD = 40
"""Lines among which letterhead, number and title stand: a site's breadcrumb and facts take up to 20."""
LABEL = re.compile(
    r"(?:第[一二三四五六七八九十百\d]+[章节条编]|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]|1[.．、])"
)
_MARKS = re.compile(r"^[#>*\s　]+|\*+")
OFFICE = re.compile(
    r"[\u4e00-\u9fff]{2,30}(?:政府|办公室|办公厅|委员会|管委会|管理局|总局|局|厅|部|院|联合会|总工会|监委|党委|省委|市委|区委|县委|中心|总队|支队|大队|调查队|集团|公司|处|领导小组|指挥部|署|办|会|委)"
)
"""The name of one office; the words that such a name ends with."""
_OFFICES = r"(?:发文|发布|制定|信息|公开)(?:机关|机构|单位|来源)|来\s*源"
_DAYS = r"(?:成文|发布|发表|发文|印发|公布|生成|施行|实施|生效|失效|废止|截止)?(?:日期|时间)"
_FORCE = r"(?:有\s*效\s*性|时\s*效\s*性|文件时效|文件状态|效力状态|是否有效|有效期至)"
_FACT = re.compile(
    rf"(?:^|[ \u3000\t])(?P<name>{_OFFICES}|(?:发文|文件)?[文字]\s*号|标\s*题|索\s*引\s*号|{_DAYS}|{_FORCE})\s*[：:]\s*"
    r"(?P<value>[^ \u3000\t].*?)(?=$|[ \u3000\t]+\S{1,8}\s*[：:]|[ \u3000\t]{2,})"
)
_VAGUE = ("时间", "日期")
"""Names that mean a site's day only above the text: below they are a meeting's."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without the blanks around it and without marks of markdown; `follows` is whether it stands directly
    below the line before it.
    """

    text: str
    follows: bool


def lines(text: Text) -> list[Line]:
    """The lines of the document text that hold anything, outside its furniture."""
    found: list[Line] = []
    gap = True
    for raw in _plain(text).split("\n"):
        if not raw.strip() or raw.startswith("<!--"):
            gap = True
            continue
        parts = re.split(r"[ \u3000\xa0\t]+", raw.strip()) if len(raw) > _LONG else [raw]
        for part in parts:
            words = _MARKS.sub("", part).strip()
            if words:
                found.append(Line(words, not gap and len(parts) == 1))
                gap = False
    return found


def _plain(text: Text) -> str:
    out: list[str] = []
    last = 0
    for start, end in text.furniture:
        out.append(text.characters[last:start])
        last = end
    return "".join([*out, text.characters[last:]])


def head(rows: list[Line]) -> list[Line]:
    """The lines before the body: up to the first numbered line or the first paragraph."""
    top: list[Line] = []
    for row in rows[:_HEAD]:
        if LABEL.match(row.text) or (len(row.text) > 80 and row.text.endswith(("。", "：", ":"))):
            break
        top.append(row)
    return top or rows[:1]


def facts(rows: list[Line]) -> dict[str, str]:
    """What lines of names and values state, by name without blanks; the first of a name counts.

    Read from the first lines, and from anywhere where a line begins so: sites print their index card at the end, too.
    """
    found: dict[str, str] = {}
    above = len(head(rows))
    for i, row in enumerate(rows):
        if len(row.text) > 160 or (i >= _HEAD and "：" not in row.text[:8]):
            continue
        for name, value in _pairs(row.text):
            if name not in _VAGUE or i < above:
                found.setdefault(name, value)
    return found


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    for match in _FACT.finditer(line):
        yield re.sub(r"\s", "", match["name"]), match["value"].strip()


def is_office(text: str) -> bool:
    """Whether a line is nothing but one or several offices' names, be they spaced out (财　政　部)."""
    return len(text) <= 80 and all(OFFICE.fullmatch(part) for part in office_names(text))


def office_names(text: str) -> list[str]:
    """The parts of a line between its blanks and commas; one where each letter stands apart."""
    parts = [part for part in re.split(r"[\s、　]+", text) if part]
    return ["".join(parts)] if max(map(len, parts), default=0) == 1 else parts
