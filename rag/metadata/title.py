"""Title, document number and type: what stands at the top of a document.

A title may run over several lines, stand below a letterhead, a breadcrumb or a site's index card; the number counts
only where it stands alone or is the decree's own, never where a sentence cites it.
"""

import re

from rag.metadata.line import Line
from rag.numeral import bare, value

TYPES = (
    "通知", "通告", "公告", "通报", "决定", "决议", "命令", "令", "意见", "批复", "函", "纪要", "请示",
    "条例", "规定", "办法", "细则", "规则", "章程", "制度", "规范", "标准", "准则",
    "实施方案", "工作方案", "方案", "行动计划", "计划", "规划", "纲要", "预案",
    "工作要点", "要点", "措施", "任务分解", "任务分解表", "责任清单", "清单", "目录",
    "办事指南", "指南", "指引", "报告", "解释", "修正案", "倡议书", "公报", "白皮书", "问答", "解读",
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
_TRAILING = re.compile(rf"[（(][\u4e00-\u9fff]{{1,15}}{_YEAR}\s*\d{{1,5}}\s*号[）)]$")
_SKIPPED = re.compile(
    r"当前位置|您的位置|^首页|文件$|^[（(].*[）)]$|[：:]\s*$|^(?:发布|发文|成文|制定|来源|时间|日期|索引|信息|浏览|字体|分享|主题|统一|文件|实施|失效|公布|施行)"
    r"[^关]{0,6}[：:]|^(?:19|20)\d\d[-/.年]|签发人|^附件|^第[\d一二三四五六七八九十]+号$"
)
_SITE = re.compile(r"\s*[-_|–—]\s*[^-_|–—]{0,30}(?:网|门户|平台|政府)[^-_|–—]{0,10}$")
_LINES = 5
"""Lines that a title may run over."""
_LONGEST = 150


def title(top: list[Line], stated: dict[str, str], hint: str | None) -> str | None:
    """The document's own title without blanks, None where the head has none; `hint` is what the format calls it."""
    card = stated.get("标题") if "索引号" in stated or "发文机关" in stated else None
    if card and kind(card):
        return _joined([card])
    found = _spelled(top)
    if found is None and hint:
        found = _joined([_SITE.sub("", hint)])
    return found or _first(top)


def _spelled(top: list[Line]) -> str | None:
    """The first lines that together end in a type: 关于印发……任务分解 + 的通知."""
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
            return best
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
    return next((_joined([row.text]) for row in top if not _is_skipped(row.text) and len(row.text) <= _LONGEST), None)


def _joined(parts: list[str]) -> str:
    """The lines as one title: no blanks between Chinese characters, no number in brackets behind it."""
    text = " ".join(" ".join(parts).split())
    text = re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)
    return _TRAILING.sub("", text)


def number(top: list[Line], stated: dict[str, str]) -> str | None:
    """The document's own number with 〔〕 around the year (苏府呈〔2022〕5号) or a decree's (民政部令第83号)."""
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
    plain = plain.strip("《》")
    while (shorter := _NOTE.sub("", plain)) != plain:
        plain = shorter
    if re.search(r"(?:[\u4e00-\u9fff]法|民法典)$", plain) and not plain.endswith(("办法", "方法", "做法", "用法")):
        return "法律"
    if "刑法修正案" in plain or plain.endswith("法修正案"):
        return "法律"
    ends = [word for word in TYPES if plain.endswith(word)]
    return max(ends, key=len) if ends else None
