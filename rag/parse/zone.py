"""Where a document's parts lie: title lines, signature blocks and distribution lines, annexes, site furniture.

Works on lines; says nothing about numbering.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.clause import Document, Span, Text
from rag.numeral import CHINESE, bare
from rag.parse.mark import mark

_DATE = re.compile(
    rf"[（(]?[\d〇○零{CHINESE} ]{{4,9}}年[\d{CHINESE} ]{{1,4}}月[\d{CHINESE} ]{{1,4}}日[）)]?(?:印发|发布|通过)?$"
)
_BROKEN_DATE = re.compile(r"(?:19|20)\d{5,6}$")
_DISTRIBUTION = re.compile(
    r"[（(]?(?:抄\s*送|抄\s*报|主\s*送|印\s*发)[：: ]|[（(]此件.{0,12}(?:发布|公开|发至)|.{2,30}\d+日印发$"
)
_CONTACT = re.compile(r"[（(]?(?:联\s*系\s*(?:人|电\s*话|单\s*位|方式)|咨询电话|附注)[：: ]")
"""A contact belongs to the signature where it stands beside it, and to the text below a heading of its own."""
_SITE = re.compile(
    r"当前位置|扫一扫|分享到|打印本页|关闭窗口|返回顶部|字体[：:]|责任编辑|上一篇|下一篇|浏览次数|访问量|版权所有|ICP备"
)
_OFFICE = re.compile(
    r"[\u4e00-\u9fff（）()、\s]{2,40}(?:政府|办公室|办公厅|委员会|管委会|局|厅|部|院|会|委|办|署|中心|处|公司|所|街道|乡|镇)$"
)
_SEAL = re.compile(r"[（(].{0,20}(?:代章|盖章|公章|印章|章)[）)]")
"""What stands below an office that another one signs for."""
_ANNEX = re.compile(
    rf"附(?:\s?[件表录]|(?=[：:]))\s?(?P<n>[\d０-９]{{1,2}}|[{CHINESE}]{{1,3}})?\s*(?P<colon>[：:．.、])?\s*(?P<rest>.*)$"
)
_SIGNERS = 12
"""Offices that sign together, at most, each on a line of its own."""
_LONG = 800
"""Characters of a line above which blanks may stand for lost line breaks; real paragraphs of 700 have none."""
_GOES_ON = ("的", "中", "所", "由", "应", "要", ")", "）", "和", "与", "、")
"""What shows that 附件 is a word in a sentence."""
_FILE = re.compile(r"\.(?:docx?|xlsx?|pdf|wps|et|zip|rar|7z|ofd|jpe?g|png)[）)]?$", re.IGNORECASE)
_FOLIO = re.compile(
    r"[-—–－]+\s*\d{1,4}\s*[-—–－]+|第\s*\d{1,4}\s*页(?:\s*[,，/]?\s*共\s*\d{1,4}\s*页)?|\d{1,4}\s*/\s*\d{1,4}"
)
_NOTE = re.compile(r"尾?注\d{1,3}：")
"""A footnote, which a loader sets behind the text."""
_ENTRY = 120
"""Characters of an entry in a table of contents, at most."""
_LEADER = re.compile(r"\s*(?:(?:[.．·]{4,}|…{2,}|(?:[.．·…]\s){3,})[.．·…\s]*|\t\s*)\d{1,4}$")
"""The dots or the tab, and the page number, behind an entry of a table of contents."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds more than white space; the span is without the white space around it.

    `is_indented` is whether two blanks or an ideographic one stand before it, as at the beginning of a paragraph.
    """

    start: int
    end: int
    text: str
    is_indented: bool = False


def lines(text: Text, without: Sequence[Span]) -> list[Line]:
    """The lines of the document text outside the spans `without`, which may begin and end inside a line."""
    found: list[Line] = []
    cuts = sorted(without)
    position = 0
    for a, b in [*cuts, (len(text.characters), len(text.characters))]:
        for match in re.finditer(r"[^\n]+", text.characters[position:a]):
            for start, part in _soft(match[0]):
                inner = part.strip()
                if inner:
                    begin = position + match.start() + start + part.index(inner[0])
                    found.append(Line(begin, begin + len(inner), inner, part.startswith(("\u3000", "  "))))
        position = max(position, b)
    return found


def _soft(line: str) -> Iterator[tuple[int, str]]:
    """The parts of a line; one of over _LONG characters is a page that lost its line breaks, where blanks stand for
    them: it is cut at a blank behind a sentence or before a label.
    """
    if len(line) <= _LONG:
        yield 0, line
        return
    start = 0
    for blank in re.finditer(r"[ \u3000\xa0]+", line):
        rest = line[blank.end() : blank.end() + 12]
        found = mark(rest)
        if line[blank.start() - 1 : blank.start()] in "。：；" or (
            found is not None and found.style not in ("——", "1）")
        ):
            yield start, line[start : blank.start()]
            start = blank.end()
    yield start, line[start:]


def title_lines(rows: Sequence[Line], document: Document) -> set[int]:
    """Which lines spell the title, alone or together: each lies in it, and it begins at the first of them."""
    title = bare(document.title)
    found: set[int] = set()
    if len(title) < 4:
        return found
    for i, row in enumerate(rows[:80]):
        text = bare(row.text).lstrip("#*").rstrip("*")
        if (len(text) >= 6 and text in title) or (found and i - 1 in found and len(text) >= 2 and title.endswith(text)):
            found.add(i)
    return found


def issued_title(document: Document) -> str:
    """The name of what a notice issues (印发《…》的通知), bare; empty where it issues nothing."""
    found = re.search(r"印发(.+?)的?(?:通知|函)$", bare(document.title))
    return found[1].strip("《》") if found else ""


def is_site(line: Line) -> bool:
    """Whether a line is a site's own: breadcrumbs, share buttons, counters; a rule about such things is not."""
    text = line.text.lstrip("【[（(|· ")
    found = list(_SITE.finditer(text)) if len(text) <= 160 and not text.endswith(("。", "；")) else []
    if not found or mark(line.text) is not None:
        return False
    return found[0].start() == 0 or len(found) > 1 or text[found[0].end() : found[0].end() + 1] in (":", "：", "")


def is_folio(line: Line) -> bool:
    """Whether a line is nothing but a page number with its dashes: a text copied from a printed page has such lines."""
    return len(line.text) <= 20 and _FOLIO.fullmatch(line.text) is not None


def is_date(line: Line) -> bool:
    """Whether the line is nothing but a date, even one that lost its signs (`2022129`)."""
    text = line.text.replace("\u3000", " ").strip()
    return _DATE.match(text) is not None or _BROKEN_DATE.match(text) is not None


def is_office(line: Line, document: Document) -> bool:
    """Whether the line is nothing but the name of an office."""
    text = line.text.strip()
    return len(text) <= 40 and (
        _SEAL.fullmatch(text) is not None
        or bare(text) == bare(document.issuer or " ")
        or _OFFICE.match(text) is not None
    )


def closing(rows: Sequence[Line], document: Document, tables: Sequence[int] = ()) -> set[int]:
    """Which lines are signature blocks (office and date), 抄送, 印发 and 附件 lists; `tables` is where tables begin."""
    found: set[int] = set()
    for i, row in enumerate(rows):
        if _DISTRIBUTION.match(row.text):
            found.add(i)
        if not is_date(row):
            continue
        signers = [j for j in range(max(0, i - _SIGNERS), i) if is_office(rows[j], document)]
        run = [j for j in signers if all(k in signers for k in range(j, i))]
        if run:
            found.update([*run, i])
            above = run[0] - 1
            while above >= 0 and _CONTACT.match(rows[above].text) and not _is_headed(rows, above):
                found.add(above)
                above -= 1
    found.update(i for i in range(1, len(rows)) if i - 1 in found and _CONTACT.match(rows[i].text))
    found |= _annex_lists(rows, found, sorted(tables))
    for i in range(len(rows) - 1, -1, -1):
        if i in found or is_site(rows[i]):
            continue
        if not (
            is_date(rows[i])
            or _NOTE.match(rows[i].text)
            or (is_office(rows[i], document) and (i + 1 in found or i == len(rows) - 1))
        ):
            break
        found.add(i)
    return found


def _is_headed(rows: Sequence[Line], i: int) -> bool:
    """Whether a block of contacts stands below a numbered name of its own: 五、联系方式."""
    while i and _CONTACT.match(rows[i].text):
        i -= 1
    found = mark(rows[i].text)
    return found is not None and len(rows[i].text) - found.end <= 12


def _annex_lists(rows: Sequence[Line], signed: set[int], tables: Sequence[int]) -> set[int]:
    """The lines that only announce annexes: 「附件：1.…　2.…」, 「附件1.docx」.

    What follows such a list is a signature, an annex, a site's own line or the end; what follows the name of an annex
    that is there is its text.
    """
    found: set[int] = set()
    for i in range(len(rows) - 1, -1, -1):
        match = _ANNEX.match(rows[i].text)
        if match is None or len(rows[i].text) > 120 or not (match["rest"] or match["colon"] or match["n"]):
            continue
        if match["rest"][:1] in _GOES_ON and not match["colon"]:
            continue
        last = _last_listed(rows, i, match["rest"], bool(match["colon"]))
        after = last + 1
        begin, end = rows[i].end, rows[after].start if after < len(rows) else rows[-1].end + 1
        if bisect_left(tables, begin) < bisect_left(tables, end):
            continue
        ends = after >= len(rows) or after in signed or after in found or is_date(rows[after]) or is_site(rows[after])
        if ends or _FILE.search(rows[i].text) or annex(rows, after, set()):
            found.update(j for j in range(i, after) if not _OFFICE.match(rows[j].text))
    return found


def _last_listed(rows: Sequence[Line], i: int, rest: str, has_colon: bool) -> int:
    """The last line of the list that begins at line `i`: its items count on from the one that stands there."""
    first = mark(rest) if rest else None
    if rest and (first is None or first.number != (1,)):
        return i
    if not rest and not has_colon:
        return i
    n = 1 if rest else 0
    while i + 1 < len(rows):
        item = mark(rows[i + 1].text)
        if item is None or item.number != (n + 1,) or "。" in rows[i + 1].text or len(rows[i + 1].text) > 90:
            break
        i, n = i + 1, n + 1
    return i


def contents(rows: Sequence[Line]) -> set[int]:
    """The lines of a table of contents: those below 目录 that come again as headings, and those that end …… 12."""
    dotted = [i for i, row in enumerate(rows) if len(row.text) <= _ENTRY and _LEADER.search(row.text)]
    found = set(dotted) if len(dotted) > 1 else set()
    heads = [i for i, row in enumerate(rows) if len(row.text) < 12 and bare(row.text).strip("#*") in ("目录", "目次")]
    if not heads:
        return found
    entries = [bare(_LEADER.sub("", row.text)) if len(row.text) <= _ENTRY else row.text for row in rows]
    behind = {entry: i for i, entry in enumerate(entries)}
    i = 0
    for head in heads:
        if head < i:
            continue
        i = head + 1
        while i < len(rows) and (i in found or behind[entries[i]] > i or behind.get(_unpaged(rows[i]), 0) > i):
            i += 1
        if i - head > 2:
            found.update(range(head, i))
    return found


def _unpaged(row: Line) -> str:
    """An entry without the page number that only blanks part from it."""
    return bare(re.sub(r"\s*\d{1,4}$", "", row.text)) if len(row.text) <= _ENTRY else ""


def annex(rows: Sequence[Line], i: int, listed: set[int]) -> str | None:
    """The label of the annex that begins at line `i` (`附件2`), or None.

    An annex has 附件 at the start of a short line without a full stop; a list of annexes is none.
    """
    row = rows[i]
    match = _ANNEX.match(row.text.lstrip("#* "))
    if match is None or i in listed or len(row.text) > 60 or re.search(r"[。；，,]", row.text):
        return None
    rest = match["rest"]
    if rest and not (match["n"] or match["colon"]) and not row.text[2:3].isspace():
        return None
    if rest.startswith(("见下", "见后", "略")) or rest[:1] in _GOES_ON:
        return None
    kind = bare(row.text.lstrip("#* "))[:2]
    return ("附件" if kind == "附:" else kind) + bare(match["n"] or "")
