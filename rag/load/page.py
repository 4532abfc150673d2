"""Web pages: the page's own text in reading order, with the site's chrome kept as furniture.

Decides which element holds the main text by where the running sentences stand (`_main`), and keeps everything else
that a reader would see: nothing is lost. Tables of data become `Table`; tables that only lay out the page do not.
"""

import re
from collections import Counter
from pathlib import Path

from lxml import etree, html

from rag.clause import Span, Text
from rag.errors import NoText, Phrase, Unreadable
from rag.load.dom import Line, Writer, write
from rag.load.text import clean, declared, decode, kind

_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{2,20})""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")

_SITE = re.compile(
    r"当前位置|您(?:的|所在)?位置|分享[到至]|打印(?:本页|本文|关闭)?$|关闭(?:窗口|本页)?$|字[体号][：:]|扫一扫|浏览(?:量|次数)|访问量|点击数"
    r"|^[上下]一[篇条]|责任编辑|版权所有|ICP备|公网安备|网站标识码|返回顶部|相关(?:新闻|链接|阅读|推荐)[：:]?$|长者助手|无障碍"
)
_FACTS = re.compile(
    r"(?:发布|发表|发文|成文|印发|公布|生成|更新|有效|废止|施行|生效)?(?:日期|时间)[：:]|来源[：:]|(?:发文|发布|制定|信息)(?:机关|机构|单位|来源)[：:]"
    r"|文\s*号[：:]|字\s*号[：:]|索\s*引\s*号[：:]|统一编号|主\s*题\s*词|标\s*题[：:]|(?:主题|信息|文件)(?:分类|状态|名称)[：:]|^20\d\d[-年./]\d"
)
_CHROME = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|footer|foot|crumbs?|share|copyright|sidebar|related|search|login|modal)(?:$|[\s_-])", re.I
)
_SENTENCE = re.compile(r"[，。；]")
_KEEP = 0.8
"""Share of the running text that a child must hold for the search to go down to it."""
_BEFORE = 40
"""Lines above the main element among which its title and dates are looked for."""


def read(content: bytes, path: Path) -> Text:
    """The text of an `.html` file; raises Unreadable where it is no page, NoText where it is blank."""
    found = kind(content)
    if found is not None:
        raise Unreadable(
            path=path,
            reason=Phrase(
                zh=f"内容是 {found} 文件，与扩展名不符", en=f"it is a {found} file, not what its ending says"
            ),
        )
    root = _tree(_DECLARATION.sub("", clean(_characters(content, path))), path)
    body = root.find("body") if root.find("body") is not None else root
    title = " ".join(clean(root.findtext(".//title") or "").split()) or None
    writer = write(body)
    return Text(
        writer.characters,
        furniture=tuple(_merged(writer.lines, _furniture(writer, body, title or ""))),
        tables=tuple(writer.tables),
        title=title,
    )


def _tree(source: str, path: Path) -> html.HtmlElement:
    """The page's elements; Unreadable where they are nested so deep that the parser drops what lies within."""
    parser = html.HTMLParser(huge_tree=True)
    try:
        root = html.document_fromstring(source, parser=parser)
    except etree.ParserError as error:
        raise NoText(path=path) from error
    if any("depth" in fault.message for fault in parser.error_log):
        raise Unreadable(path=path, reason=Phrase(zh="网页元素嵌套过深", en="its elements are nested too deep"))
    return root


def _characters(content: bytes, path: Path) -> str:
    """The page's source by byte order mark, by its own declaration where that fits, else by detection."""
    named = _META.search(content[:4096])
    if named and not content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        characters = declared(content, named[1].decode("ascii"))
        if characters is not None:
            return characters
    return decode(content, path)


def _furniture(writer: Writer, body: html.HtmlElement, title: str) -> list[bool]:
    """For each line whether it is the site's, not the document's."""
    lines = writer.lines
    texts = [writer.line(line) for line in lines]
    main = _whole(lines, texts, _main(lines, texts, body), body)
    inside = [any(above is main for above in _ancestors(line)) for line in lines]
    if not any(inside):
        return [False] * len(lines)
    first = inside.index(True)
    marks = [not within or _is_site(line, text) for line, text, within in zip(lines, texts, inside, strict=True)]
    named = _title_line(texts[:first], title, texts[first])
    for i in range(max(0, first - _BEFORE), first):
        if i == named or (_FACTS.search(texts[i]) and lines[i].linked == 0):
            marks[i] = False
    return marks


def _is_site(line: Line, text: str) -> bool:
    """Whether a line inside the main element is a button, a share bar or a menu all the same."""
    if len(text) > 80:
        return False
    names = (f"{above.tag} {above.get('class') or ''} {above.get('id') or ''}" for above in _ancestors(line)[:4])
    menu = line.linked > 0.5 * len(text) and any(_CHROME.search(name) for name in names)
    return menu or (_SITE.search(text) is not None and not _FACTS.search(text))


def _title_line(above: list[str], title: str, first: str) -> int | None:
    """The last line above the main text that the page's <title> begins with, unless the main text begins with it."""
    squeezed = "".join(title.split())
    fits = [i for i, text in enumerate(above) if len(line := "".join(text.split())) >= 6 and squeezed.startswith(line)]
    return fits[-1] if fits and above[fits[-1]] != first else None


def _ancestors(line: Line) -> list[html.HtmlElement]:
    return [line.element, *line.element.iterancestors()]


def _main(lines: list[Line], texts: list[str], body: html.HtmlElement) -> html.HtmlElement:
    """The smallest element that holds nearly all running sentences, each counted where it stands first.

    Sites print an article twice (once for phones, once for paper), and their chrome has long lines, too: what
    stands in a menu or footer, is a link, or was seen before does not count.
    """
    weight: Counter[html.HtmlElement] = Counter()
    chrome: dict[html.HtmlElement, bool] = {}
    seen: set[str] = set()
    for line, text in zip(lines, texts, strict=True):
        if len(text) < 12 or not _SENTENCE.search(text) or line.linked > 0.5 * len(text) or text in seen:
            continue
        above = _ancestors(line)
        for element in above:
            if element not in chrome:
                chrome[element] = element.tag in ("nav", "footer") or bool(_CHROME.search(element.get("class") or ""))
        if _SITE.search(text) or any(chrome[element] for element in above):
            continue
        seen.add(text)
        for element in above:
            weight[element] += len(text)
    main = body
    while True:
        children = [child for child in main if isinstance(child.tag, str) and child.tag not in ("p", "span", "li")]
        heaviest = max(children, key=lambda child: weight[child], default=None)
        if heaviest is None or weight[heaviest] <= _KEEP * weight[main]:
            return main
        main = heaviest


def _whole(lines: list[Line], texts: list[str], main: html.HtmlElement, body: html.HtmlElement) -> html.HtmlElement:
    """`main`, or the element above it that adds only plain lines: annexes are often beside the text, in tables."""
    held: Counter[html.HtmlElement] = Counter()
    foreign: Counter[html.HtmlElement] = Counter()
    for line, text in zip(lines, texts, strict=True):
        above = _ancestors(line)
        held.update(above)
        if line.linked or _SITE.search(text):
            foreign.update(above)
    while main is not body and (over := main.getparent()) is not None and over is not body:
        if foreign[over] > foreign[main] or held[over] - held[main] > len(lines) // 2:
            return main
        main = over
    return main


def _merged(lines: list[Line], marks: list[bool]) -> list[Span]:
    """The spans of the marked lines, neighbours in one."""
    spans: list[Span] = []
    before = False
    for line, marked in zip(lines, marks, strict=True):
        if marked and before:
            spans[-1] = (spans[-1][0], line.end)
        elif marked:
            spans.append((line.start, line.end))
        before = marked
    return spans
