"""Title, document number and type: what stands at the top of a document.

A title may run over several lines, stand below a letterhead, a breadcrumb or a site's index card; the number counts
only where it stands alone or is the decree's own, never where a sentence cites it.
"""

import re

from rag.metadata.line import Line, is_office, office_names
from rag.numeral import bare, value

TYPES = (
    "通知", "通告", "公告", "通报", "决定", "决议", "命令", "令", "意见", "批复", "函", "纪要", "请示",
    "条例", "规定", "办法", "细则", "规则", "章程", "制度", "规范", "标准", "准则",
    "实施方案", "工作方案", "方案", "行动计划", "计划", "规划", "纲要", "预案",
    "工作要点", "要点", "措施", "任务分解", "任务分解表", "责任清单", "清单", "目录",
    "办事指南", "指南", "指引", "报告", "解释", "修正案", "倡议书", "公报", "白皮书", "问答", "解读",
    "答复", "公示", "基准",
)  # fmt: skip
"""What documents call themselves; the longest that a title ends with is its type."""

_ISSUES = re.compile(r"印发|转发|批转|下发")
_CLOSED = re.compile(r"(?:通知|函|通告|公告|意见|决定|命令|令|批复|报告)$")
_NOTE = re.compile(
    r"[（(](?:试行|暂行|草案|征求意见稿|修订|修正|\d{4}(?:[-—–～至]\d{4})?年?[^（）()]{0,12}|[一二三四五六七八九十]+)[）)]$"
)
_YEAR = r"[〔\[（(［【]\s*(?P<year>(?:19|20)\d\d)\s*[〕\]）)］】]"
_NUMBER = re.compile(
    rf"[（(]?(?P<word>[\u4e00-\u9fff]{{1,15}}?[\u4e00-\u9fffA-Za-z]{{0,4}})\s*{_YEAR}\s*第?\s*(?P<n>\d{{1,5}})\s*号[）)]?"
)
_DECREE = re.compile(
    r"(?P<word>[\u4e00-\u9fff]{2,24}(?:令|公告))\s*[（(]?\s*第\s*(?P<n>[\d〇零一二三四五六七八九十百]{1,6})\s*号[）)]?"
)
_DECREED = re.compile(r"[\u4e00-\u9fff]{2,24}(?:令|公告)")
_COUNT = re.compile(
    r"[（(]?\s*(?P<term>[（(]?[\u4e00-\u9fff\d]{2,4}届[）)]?)?\s*第\s*(?P<n>[\d〇零一二三四五六七八九十百]{1,6})\s*号\s*[）)]?"
)
"""A decree's number where it has a line of its own: 第 68 号, （十五届第21号）."""
_BARE = re.compile(rf"[（(]?{_YEAR}\s*第?\s*(?P<n>\d{{1,5}})\s*号[）)]?")
"""A number without the word before it, as minutes have it: 〔2024〕12号."""
_TRAILING = re.compile(rf"[（(][\u4e00-\u9fff]{{1,15}}{_YEAR}\s*\d{{1,5}}\s*号[）)]$")
_SKIPPED = re.compile(
    r"当前位置|您(?:现在|所在)?的(?:所在)?位置|^(?:网站)?(?:首页|主页)|文件$|^[（(].*[）)]$|[：:]\s*$|^(?:发布|发文|成文|制定|来源|时间|日期|索引|信息|浏览|字体|分享|主题|统一|文件|实施|失效|公布|施行)"
    r"[^关]{0,6}[：:]|^(?:19|20)\d\d(?:[-/.]\d|\s*年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日|$))|签发人|^附件|^第[\d一二三四五六七八九十]+号$"
)
_SITE = re.compile(r"\s*[-_|–—]\s*[^-_|–—]{0,30}(?:网|门户|平台|政府)[^-_|–—]{0,10}$")
_COLUMN = re.compile(r"_|\||\s[-–—]\s|[-–—](?=[\u4e00-\u9fff、]+$)")
"""What stands between a page's title and the column and the office that the site puts behind it."""
_LINES = 5
"""Lines that a title may run over."""
_LONGEST = 150
_OFFICE = 24
"""Characters of an office's name, at most."""
_HINT = 400
"""Characters of a page's title that are looked at."""
_SHORT = 6
"""Characters below which words are a heading of the text, hardly its title: 问答, 工作要点 of a part."""


def title(top: list[Line], stated: dict[str, str], hint: str | None) -> str | None:
    """The document's own title without blanks, None where the head has none; `hint` is what the format calls it."""
    card = stated.get("标题") if "索引号" in stated or "发文机关" in stated else None
    if card and kind(card):
        return _joined([card])
    at, found = _spelled(top) or (len(top), None)
    if hint:
        hint = hint[:_HINT]
        above, named = _named(top, _joined([hint])) or (len(top), None)
        if named and above < at and (found is None or len(found) < _SHORT or len(named) >= 2 * _SHORT):
            return named
        found = found or _joined([_trimmed(hint)])
    return found or _first(top)


def _named(top: list[Line], hint: str) -> tuple[int, str] | None:
    """The line that a page's title is, or begins with before the site's own words, and where it stands."""
    for i, row in enumerate(top):
        line = _joined([row.text])
        behind = hint[len(line) : len(line) + 1]
        if len(line) >= _SHORT and hint.startswith(line) and behind in ("", *"-_|–—") and not is_office(row.text):
            return i, line
    return None


def _trimmed(hint: str) -> str:
    """A page's title without what the site puts behind it: the column, the office, the name of the site."""
    while True:
        shorter = _SITE.sub("", hint)
        last = list(_COLUMN.finditer(shorter))
        if last and (is_office(shorter[last[-1].end() :]) or kind(shorter[: last[-1].start()].strip())):
            shorter = shorter[: last[-1].start()].strip()
        if shorter == hint or not shorter:
            return hint
        hint = shorter


def _spelled(top: list[Line]) -> tuple[int, str] | None:
    """The first lines that together end in a type (关于印发……任务分解 + 的通知), and where they begin."""
    for i, row in enumerate(top):
        if _is_skipped(row.text):
            continue
        best: str | None = None
        for n in range(1, _LINES + 1):
            run = top[i : i + n]
            if len(run) < n or (n > 1 and (not run[-1].follows or _is_skipped(run[-1].text))):
                break
            joined = _joined([line.text for line in run])
            if len(joined) > _LONGEST:
                break
            if _is_title(joined) and (best is None or run[-1].text.startswith("的") or not _is_title(run[-1].text)):
                best = joined
                if _CLOSED.search(joined) and not _is_open(joined):
                    break
        if best is not None:
            return i, best
    return None


def _is_title(joined: str) -> bool:
    """Whether the joined lines end as a title does; what issues something ends in 通知, 函 and the like."""
    if kind(joined) is None or "。" in joined or _is_open(joined):
        return False
    return not _ISSUES.search(joined) or _CLOSED.search(joined) is not None


def _is_open(joined: str) -> bool:
    return joined.count("《") != joined.count("》") or joined.count("（") > joined.count("）")


def _is_skipped(text: str) -> bool:
    return (
        _SKIPPED.search(text) is not None or _NUMBER.fullmatch(text) is not None or _DECREE.fullmatch(text) is not None
    )


def _first(top: list[Line]) -> str | None:
    """The first line that could be a title at all, for news and letters without a type."""
    able = [row.text for row in top if not _is_skipped(row.text) and len(row.text) <= _LONGEST]
    return next((_joined([text]) for text in sorted(able, key=_is_signer)), None)


def _is_signer(text: str) -> bool:
    """Whether a line is nothing but offices; 国新办……举行发布会 ends as one does, but is longer."""
    return is_office(text) and all(len(name) <= _OFFICE for name in office_names(text))


def _joined(parts: list[str]) -> str:
    """The lines as one title: no blanks between Chinese characters, no number in brackets behind it."""
    text = " ".join(" ".join(parts).split())
    text = re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)
    return re.sub(r"\[\d{1,2}\]$", "", _TRAILING.sub("", text))


def number(top: list[Line], stated: dict[str, str], name: str) -> str | None:
    """The document's own number with 〔〕 around the year (苏府呈〔2022〕5号) or a decree's (民政部令第83号).

    Minutes with a bare number (〔2024〕12号) are called by their title `name`, too.
    """
    for given in (stated.get(name) for name in ("发文字号", "字号", "文号", "发文号", "文件号", "发文文号")):
        if given and (match := _NUMBER.match(given) or _DECREE.match(given)):
            return _normal(match)
    for row in top:
        plain = re.split(r"[ \u3000\t]{2,}|签发人", row.text)[0].strip()
        if match := _NUMBER.fullmatch(plain) or _TRAILING_NUMBER.search(row.text):
            return _normal(match)
    for row in top:
        if (match := _DECREE.search(row.text)) and (
            match.start() == 0 or re.match(r"[（(]?.*\d+日", row.text[: match.end()])
        ):
            return _normal(match, re.split(r"[日会]", match["word"])[-1])
    return _counted(top, name)


def _counted(top: list[Line], name: str) -> str | None:
    """A number on a line of its own that needs the words above it: 澜沚市人民政府令 + 第 68 号, 会议纪要 + 〔2024〕12号."""
    decree, at = "", 0
    for i, row in enumerate(top):
        if _DECREED.fullmatch(plain := bare(row.text)):
            decree, at = plain, i
        elif decree and i - at <= _LINES and (match := _COUNT.fullmatch(row.text)):
            term = (match["term"] or "").strip("（）()")
            return _normal(match, f"{decree}（{term}）" if term else decree)
        elif kind(name) == "纪要" and (match := _BARE.fullmatch(row.text)):
            return _normal(match, name)
    return None


_TRAILING_NUMBER = re.compile(
    rf"(?:通知|意见|函|办法|决定|公告|报告|方案)[（(](?P<word>[\u4e00-\u9fff]{{1,15}}){_YEAR}\s*(?P<n>\d{{1,5}})\s*号[）)]$"
)


def _normal(match: re.Match[str], word: str | None = None) -> str:
    groups = match.groupdict()
    count = value(groups["n"]) or 0
    year = groups.get("year")
    return f"{word or groups['word']}〔{year}〕{count}号" if year else f"{word or groups['word']}第{count}号"


def kind(name: str) -> str | None:
    """What the title says the document is, None where it says nothing.

    >>> kind("关于印发管理办法的通知"), kind("公平竞争审查条例"), kind("中华人民共和国专利法"), kind("暂行办法（试行）")
    ('通知', '条例', '法律', '办法')
    """
    plain = bare(name).replace("(", "（").replace(")", "）")
    plain = re.sub(r"(?:(?:19|20)\d\d年)?(?:总?第[\d一二三四五六七八九十百]{1,5}期)$", "", plain.strip("《》"))
    while (shorter := _NOTE.sub("", plain)) != plain:
        plain = shorter
    if re.search(r"(?:[\u4e00-\u9fff]法|民法典)$", plain) and not plain.endswith(("办法", "方法", "做法", "用法")):
        return "法律"
    if "刑法修正案" in plain or plain.endswith("法修正案"):
        return "法律"
    ends = [word for word in TYPES if plain.endswith(word)]
    return max(ends, key=len) if ends else None
