"""Web pages: the page's own text in reading order, with the site's chrome kept as furniture.

Decides which element holds the main text by where the running sentences stand (`_main`), and keeps everything else
that a reader would see: nothing is lost. Tables of data become `Table`; tables that only lay out the page do not.
"""

import re
from collections import Counter
from itertools import islice
from pathlib import Path

from lxml import etree, html

from rag.clause import Span, Text
from rag.errors import NoText, Phrase, Unreadable
from rag.load.dom import Line, Writer, write
from rag.load.text import clean, declared, decode, kind

_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{2,20})""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")

_SITE = re.compile(
    r"当前位置|您(?:现在|目前|当前)?(?:的|所在)*位置|^(?:网站|本站)?(?:首页|主页)\s*(?:[>＞»›→/|]|--)|分享[到至]|打印(?:本页|本文|关闭)?$|关闭(?:窗口|本页)?$|字[体号][：:]|扫一扫|浏览(?:量|次数)|访问量|点击数"
    r"|^[上下]一[篇条]|责任编辑|版权所有|ICP备|公网安备|网站标识码|返回顶部|相关(?:新闻|链接|阅读|推荐)[：:]?$|长者助手|无障碍"
)
_FACTS = re.compile(
    r"(?:发布|发表|发文|成文|印发|公布|生成|更新|有效|废止|施行|生效)?(?:日期|时间)[：:]|来源[：:]|(?:发文|发布|制定|信息)(?:机关|机构|单位|来源)[：:]"
    r"|[有时]\s*效\s*性[：:]|文\s*号[：:]|字\s*号[：:]|索\s*引\s*号[：:]|统一编号|主\s*题\s*词|标\s*题[：:]|(?:主题|信息|文件)(?:分类|状态|名称)[：:]|^20\d\d[-年./]\d"
)
_DAY = re.compile(r"(?:19|20)\d\d[-年./]\s?\d{1,2}[-月./]\s?\d{1,2}")
_LINKED = 0.2
"""Share of a line of facts that may be links: sites put their buttons for the size of letters there."""
_SAYING = 6
"""Characters below which a title is a column's: 首页, 解读."""
_CHROME = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|footer|foot|crumbs?|share|copyright|sidebar|related|search|login|modal)(?:$|[\s_-])", re.I
)
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{20000,}")
_ATTRIBUTES = 5000
"""Words in one tag, at most: libxml2 compares each attribute with all before it. Real long tags are pictures in base64."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SENTENCE = re.compile(r"[，。；]")
_KEEP = 0.8
"""Share of the running text that a child must hold for the search to go down to it."""
_FACT = 160
"""Characters of a line of facts above the main text."""
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
    title = _title(root)
    writer = write(body)
    return Text(
        writer.characters,
        furniture=tuple(_merged(writer.lines, _furniture(writer, body, title or ""))),
        tables=tuple(writer.tables),
        title=title,
        headings=tuple((line.start, line.end) for line in writer.lines if _is_heading(line)),
    )


def _is_heading(line: Line) -> bool:
    above: html.HtmlElement | None = line.element
    for _ in range(3):  # a heading's own words may stand in spans and links
        if above is None or above.tag in _HEADINGS:
            break
        above = above.getparent()
    return above is not None and above.tag in _HEADINGS


def _title(root: html.HtmlElement) -> str | None:
    """What the page calls its article: ArticleTitle, else its <title>, else og:title where that says too little."""
    named = {
        (meta.get("name") or meta.get("property") or "").lower(): meta.get("content") for meta in root.iter("meta")
    }
    given = [named.get("articletitle"), root.findtext(".//title"), named.get("og:title")]
    titles = [title for each in given if (title := " ".join(clean(each or "").split()))]
    return next((title for title in titles if len(title) >= _SAYING), titles[0] if titles else None)


def _tree(source: str, path: Path) -> html.HtmlElement:
    """The page's elements; Unreadable where they are nested so deep that the parser drops what lies within."""
    if any(len(tag[0].split()) > _ATTRIBUTES for tag in _LONG_TAG.finditer(source)):
        raise Unreadable(path=path, reason=Phrase(zh="网页标签的属性过多", en="a tag has too many attributes"))
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
    within = {element for part in _parts(lines, texts, _main(lines, texts, body), body) for element in part.iter()}
    inside = [line.element in within for line in lines]
    if not any(inside):
        return [False] * len(lines)
    first = inside.index(True)
    marks = [not is_inside or _is_site(line, text) for line, text, is_inside in zip(lines, texts, inside, strict=True)]
    named = _title_line(texts[:first], title, texts[first])
    if named is None:
        named = _heading(lines, texts, first)
    for i in range(max(0, first - _BEFORE), first):
        is_fact = _FACTS.search(texts[i]) or (named is not None and named < i and _DAY.search(texts[i]))
        if i == named or (is_fact and len(texts[i]) <= _FACT and lines[i].linked <= _LINKED * len(texts[i])):
            marks[i] = False
    return marks


def _is_site(line: Line, text: str) -> bool:
    """Whether a line inside the main element is a button, a share bar or a menu all the same."""
    if len(text) > 80:
        return False
    names = (f"{above.tag} {above.get('class') or ''} {above.get('id') or ''}" for above in _nearest(line.element))
    menu = line.linked > 0.5 * len(text) and any(_CHROME.search(name) for name in names)
    return menu or (_SITE.search(text) is not None and not _FACTS.search(text))


def _title_line(above: list[str], title: str, first: str) -> int | None:
    """The last line above the main text that the page's <title> begins with, unless the main text begins with it."""
    squeezed = "".join(title.split())
    fits = [i for i, text in enumerate(above) if len(line := "".join(text.split())) >= 6 and squeezed.startswith(line)]
    return fits[-1] if fits and above[fits[-1]] != first else None


def _heading(lines: list[Line], texts: list[str], first: int) -> int | None:
    """The last <h1> above the main text that is no link, unless the main text has one of its own."""
    heads = [i for i, line in enumerate(lines) if any(above.tag == "h1" for above in _nearest(line.element))]
    fits = [i for i in heads if i < first and len(texts[i]) >= _SAYING and not lines[i].linked]
    return fits[-1] if fits and heads[-1] < first else None


def _nearest(element: html.HtmlElement) -> list[html.HtmlElement]:
    """The element and the three above it."""
    return [element, *islice(element.iterancestors(), 3)]


def _totals(own: Counter[html.HtmlElement], body: html.HtmlElement) -> Counter[html.HtmlElement]:
    """The numbers of each element and of all within it, in one pass: a page may be 2000 elements deep."""
    totals = Counter(own)
    for element in reversed([*body.iter()]):
        if totals[element] and element is not body:
            totals[element.getparent()] += totals[element]
    return totals


def _chrome(body: html.HtmlElement) -> set[html.HtmlElement]:
    """The elements that are, or lie in, a menu, a footer and the like."""
    found: set[html.HtmlElement] = set()
    for element in [*reversed([*body.iterancestors()]), *body.iter(etree.Element)]:
        is_named = element.tag in ("nav", "footer") or _CHROME.search(element.get("class") or "")
        if is_named or element.getparent() in found:
            found.add(element)
    return found


def _main(lines: list[Line], texts: list[str], body: html.HtmlElement) -> html.HtmlElement:
    """The smallest element that holds nearly all running sentences, each counted where it stands first.

    Sites print an article twice (once for phones, once for paper), and their chrome has long lines, too: what
    stands in a menu or footer, is a link, or was seen before does not count.
    """
    own: Counter[html.HtmlElement] = Counter()
    chrome = _chrome(body)
    seen: set[str] = set()
    for line, text in zip(lines, texts, strict=True):
        if len(text) < 12 or not _SENTENCE.search(text) or line.linked > 0.5 * len(text) or text in seen:
            continue
        if line.element not in chrome and not _SITE.search(text):
            seen.add(text)
            own[line.element] += len(text)
    weight = _totals(own, body)
    main = body
    while True:
        children = [child for child in main if isinstance(child.tag, str) and child.tag not in ("p", "span", "li")]
        heaviest = max(children, key=lambda child: weight[child], default=None)
        if heaviest is None or weight[heaviest] <= _KEEP * weight[main]:
            return main
        main = heaviest


def _parts(
    lines: list[Line], texts: list[str], main: html.HtmlElement, body: html.HtmlElement
) -> list[html.HtmlElement]:
    """`main` with what belongs to it: the elements above it that add only plain lines, as boxes with short fields, and
    those behind it that hold a table or sentences and nothing of the site, as annexes often stand.
    """
    held = _totals(Counter(line.element for line in lines), body)
    site = (line.element for line, text in zip(lines, texts, strict=True) if line.linked or _SITE.search(text))
    foreign = _totals(Counter(site), body)
    while main is not body and (over := main.getparent()) is not None and over is not body:
        if foreign[over] > foreign[main]:
            break
        main = over
    within = {*main.iter()}
    known = {text for line, text in zip(lines, texts, strict=True) if line.element in within}  # some print it twice
    said = (line.element for line, text in zip(lines, texts, strict=True) if "。" in text and text not in known)
    sentences = _totals(Counter(said), body)
    parts = [main]
    above = main
    while above is not body and above.getparent() is not None:
        parts += [
            one
            for one in above.itersiblings()
            if isinstance(one.tag, str)
            and held[one]
            and not foreign[one]
            and not _CHROME.search(f"{one.tag} {one.get('class') or ''} {one.get('id') or ''}")
            and (sentences[one] or next(one.iter("table"), None) is not None)
        ]
        above = above.getparent()
    return parts


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
