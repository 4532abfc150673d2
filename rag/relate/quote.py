"""Where a document quotes the text that it puts into another, and which document that is.

In 将第三条修改为：“……本法第五条……” the quoted 本法 is the law amended, and so is the 第三条 before it.
"""

import re

from rag.clause import Parsed, Span
from rag.relate.name import NAMED, plain_number, plain_title

_OF_TITLE = re.compile(
    rf"(?:修改|修订|修正)(?:和[废止补充]{{1,4}})?(?:{NAMED}|(?P<plain>[\u4e00-\u9fff]{{2,40}}?(?:法典|法|条例|办法|规定|细则|规则)))(?:的|部分|等|若干|第|个别)"
)
_AMENDMENT = re.compile(r"(?:^|[\u4e00-\u9fff])*?(?P<law>[\u4e00-\u9fff]{2,30}?(?:法典|法|条例))修正案")
_INTRO = re.compile(
    rf"(?:对|将|现将|决定对|修改)\s?{NAMED}[^。；\n《》]{{0,30}}?(?:(?:如下|以下)(?:修改|修订|修正)|(?:修改|修订|修正)如下|进行[^。，]{{0,6}}修改|予以修改|部分条款|作相应修改)"
)
_ITEM = re.compile(
    r"[一二三四五六七八九十]{1,4}、\s?(?:将|在|删去|删除|增加|第|对|把|修改)|第[一二三四五六七八九十百]+条\s(?:将|在|删去|宪法|对)"
)
_SHORTEST = 12
"""Characters of a quotation that may hold a sentence; shorter ones are words that a text speaks of."""
_LONGEST = 60_000
_OPEN, _CLOSE, _PLAIN = "“", "”", '"'


def amended(parsed: Parsed) -> list[tuple[int, str]]:
    """Where, in order, a document begins to amend another one, with that one's title or number."""
    characters, title = parsed.text.characters, parsed.document.title
    found: list[tuple[int, str]] = []
    if match := _AMENDMENT.search(title):
        found.append((0, match["law"]))
    elif (match := _OF_TITLE.search(title)) and title.count("《") <= 2:
        found.append((0, plain_title(match["title"] or match["plain"])))
    introduced = [
        (match.start(), plain_number(match["number"]) if match["number"] else plain_title(match["title"]))
        for match in _INTRO.finditer(characters)
    ]
    return found if found and len(introduced) == 1 else found + introduced


def quotes(characters: str, *, is_amending: bool) -> list[Span]:
    """The quotations that may hold sentences, outermost only, in order.

    A quotation of several paragraphs opens each with its sign and closes the last; a new item of an amending document
    closes one whose sign was lost. Straight signs are read as quotations only there.
    """
    signs = re.compile(r"[“”\"]|\n" if is_amending else r"[“”]|\n")
    found: list[Span] = []
    start, depth, is_line_start = -1, 0, True
    for match in signs.finditer(characters):
        sign, at = match[0], match.start()
        if sign == "\n":
            follows = _ITEM.match(characters, at + 1) if is_amending else None
            if start >= 0 and (follows or (not is_amending and not _goes_on(characters, at)) or at - start > _LONGEST):
                _close(found, start, at)
                start, depth = -1, 0
            continue
        is_line_start = at == 0 or characters[at - 1] in "\n\u3000 \t"
        if start < 0:
            if sign != _CLOSE:
                start, depth = at, 1
        elif is_line_start and sign != _CLOSE:
            continue
        elif sign == _OPEN:
            depth += 1
        else:
            depth -= 1
            if depth <= 0:
                _close(found, start, at + 1)
                start = -1
    return found


def _goes_on(characters: str, at: int) -> bool:
    """Whether the next paragraph opens with the sign of a quotation that goes on."""
    return characters[at + 1 : at + 8].lstrip(" \u3000\t\n").startswith(_OPEN)


def _close(found: list[Span], start: int, end: int) -> None:
    if end - start >= _SHORTEST:
        found.append((start, end))
