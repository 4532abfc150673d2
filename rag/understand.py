"""A question → what is asked, of which documents, in which words to search.

Rules only: no model, no index but the list of documents. Reads direct references (第二十条第二款, 任务12, 文号),
places, years and the kind of answer wanted; rewrites a follow-up with its earlier turns. Whether the documents answer
is retrieve's to say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from rag.clause import Document, DocumentId, Filters
from rag.errors import EmptyQuestion, LongQuestion
from rag.numeral import CHINESE, bare, value

AnswerKind = Literal["clause", "count", "department", "tasks", "number", "date", "comparison", "list", "open"]

Version = Literal["current", "former", "both"]
"""Which versions of a rule are asked for: the one in force, the one before, or how they differ."""

_N = rf"[{CHINESE}]+|\d{{1,4}}"
_PART = re.compile(
    rf"第\s*[（(]?\s*({_N})\s*[）)]?\s*(分编|部分|节(?!课)|[编章条款项目点段]|个?任务)(?:之({_N}))?(?![件例约理目款])"
    rf"|(附件|任务|工作任务|第)\s*(\d{{1,3}}|[{CHINESE}]{{1,3}})(?=[^\d年月日个%]|$)"
    rf"|(?:(?<=^)|(?<=[^{CHINESE}]))([{CHINESE}]{{1,3}})、(?![{CHINESE}])"
    rf"|[（(]({_N})[）)](?:点|项|部分|款)?"
)
_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}?[〔\[（(【［]\s?(?:19|20)\d{2}\s?[〕\])）】］]\s?(?:第\s?)?\d{1,5}\s?号")
_TITLE = re.compile(r"《([^《》]{2,80})》")
_YEAR = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?=\s?(?:年|—|-|－|至|、|～))|([一二]〇[〇零一二三四五六七八九]{2}|二〇[〇零一二三四五六七八九]{2})年"
)
_PLACE = re.compile(
    r"(?:^|(?<=[，。、；：？\s“”《》（）在对按照请问与和及到跟是据比较从于我由，]))"
    r"([\u4e00-\u9fff]{2,4}?(?:省|自治区|市|自治州|县|区|镇|乡|街道|开发区))(?!区|场|政|级|民|内|外|直|容|域)"
)
_BEFORE_PLACE = re.compile(r"^(?:按照|根据|依照|关于|请问|比较|对于|以及|目前|现在|听说|我们|如果|[在对按请与跟是由])")
_NO_PLACE = re.compile(
    r"^(?:全|本|各|该|我|哪|县级|地级|设区|一个|每个|两个|上级|城|乡|门|超|上|社|园|小|辖|地|新|开发)[省市县区镇乡]|^(?:县级|地级|直辖|省级|自治|开发|工业园|高新)|法治|政府|服务|(?:社|小|园|校|地|辖|片|厂|景|城|新)区$|(?:上|超|门|股|都|夜|城|县)市$|(?:城|乡|集|老)镇$|[全本我各该][省市县区镇乡]$"
)
_LEVEL = "(?:自治区|自治州|自治县|街道|[省市县区镇乡旗])"
_FILLER = re.compile(
    r"请问|请列出|请说明|请比较|请介绍|请告诉我|能不能|可不可以|是不是|有没有|听说|想知道|我想问|一下|分别|到底|究竟|"
    r"什么样的?|什么时候|什么|哪一?[个些项几家种]|哪里|哪儿|哪|多少[件个项人名家]?|如何|怎么样?|怎样|是否|为什么|吗|呢|吧|啊|呀|么|的话|"
    r"规定了?|内容|主要|要求|提出|有关|关于|情况|说明"
)
_SPOKEN = 6
"""Characters from which a title is recognised without its marks."""
_SUBJECT = 8
"""Characters besides words of asking from which a question has a subject of its own."""
_PRONOUN = re.compile(
    r"^(?:那么?|它|其|该|此|这|上述|对此|还有|另外|再|前面|刚才)|对此|上述|其中|前者|后者|该(?:项|条|任务|办法|规定)"
)
_AND_WHAT = re.compile(r"^(?:那么?|还有)?(?P<what>.{2,20}?)(?:的)?呢[？?]?$")

_KINDS: tuple[tuple[AnswerKind, re.Pattern[str]], ...] = (
    ("comparison", re.compile(r"比较|异同|不同|区别|差异|对比|相比|各自|分别")),
    ("count", re.compile(r"(?:共|分|包括|包含|有)?(?:几|多少)[个大]?(?:部分|章|条|项任务|项工作|个任务|方面|节)|(?:任务|条款|章节).{0,4}(?:多少|几)[项条个](?!.{0,2}(?:牵头|责任|部门|单位))")),
    ("tasks", re.compile(r"(?:局|办|委|厅|部|院|处|中心|公司|政府|法院|检察院|镇|街道)[^，。]{0,8}(?:牵头|负责|承担|配合|参与)[^，。]{0,6}(?:哪|什么|几|多少)?[^，。]{0,4}(?:任务|工作|事项)|(?:局|办|委|厅|部|处|中心|公司|政府|镇|街道)[是为当]?(?:牵头|责任|配合)(?:部门|单位)的[^，。]{0,6}(?:任务|工作|事项)|(?:任务|工作|事项)[^，。]{0,4}由[^，。哪谁]{2,12}(?:牵头|负责)")),
    ("department", re.compile(r"牵头(?:部门|单位)|责任(?:部门|单位)|配合(?:部门|单位)|谁(?:来)?(?:负责|牵头|管)|(?:哪|什么)(?:个|些|一)?(?:部门|单位|机构|科室)|归谁管|找谁|由谁")),
    ("date", re.compile(r"什么时[候间]|何时|哪一?[年天月]|多[久长](?:时间)?|期限|时限|截止|几[天日号月]|施行|有效期")),
    ("number", re.compile(r"多少|怎[么样](?:收|算|计算)|几[个天年项人次件名家岁元万成级种]|比例|百分|占比|比率|率(?:是|为|达|有)|标准|金额|数量|费用|补贴|多[高大重]|几个?工作日|指标|目标是")),
    ("list", re.compile(r"哪些|(?:原则|目标|措施|材料|条件|流程)(?:是|有|包)|(?:要|需要|交|带)什么|哪几|哪[一两三四五六七八九十]?[个项种类]|包括|列出|列举|条件|材料|流程|步骤|方式")),
)  # fmt: skip


_RULE = "(?:办法|规定|版|政策|条例|文件|标准)"
_BOTH = re.compile(
    rf"新旧(?:两|{_RULE})|新{_RULE}[^，。]{{0,8}}旧{_RULE}|旧{_RULE}[^，。]{{0,8}}新{_RULE}|两[个版]版?(?:本|办法)|修[订改]前后"
)
_FORMER = re.compile(rf"旧{_RULE}|旧的(?:那|呢|{_RULE})|老(?:版|办法|规定)|原(?:办法|规定)|上一版|修[订改]前|废止前")


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer to a clause by its numbers, outermost first: (("部分", (2,)), ("点", (4,))); `text` as asked."""

    parts: tuple[tuple[str, tuple[int, ...]], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question understood.

    text        what is searched: the question, with its earlier turns where it leans on them, abbreviations in full
    rewritten   the same in the asker's own words
    focus       what is asked now, without what the turns added: decides the kind of answer
    documents   those that the question names by number, title or place; () where it names none
    exact       it names them by number or title: then no other is meant
    missing     numbers and titles that it names and no document has
    places      names of places in the question; `strange` those that no document is about
    """

    question: str
    text: str
    rewritten: str
    focus: str
    kind: AnswerKind
    documents: tuple[DocumentId, ...] = ()
    exact: bool = False
    missing: tuple[str, ...] = ()
    reference: Reference | None = None
    places: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    numbers: tuple[str, ...] = ()
    version: Version = "current"
    filters: Filters = field(default_factory=Filters)


def clean(question: str, limit: int, example: str = "本办法自什么时候起施行？") -> str:
    """The question without control characters, lone surrogates and needless white space.

    Raises EmptyQuestion where nothing is left, LongQuestion above `limit` characters.
    """
    if len(question) > limit:
        raise LongQuestion(length=len(question), limit=limit)
    kept = "".join(c if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF else " " for c in question)
    text = " ".join(kept.split())
    if not says_something(text):
        raise EmptyQuestion(example=example)
    return text


def says_something(text: str) -> bool:
    """Whether a text holds a letter or a digit that can be shown."""
    return re.search(r"\w", text) is not None


def understand(
    question: str, turns: Sequence[str], documents: Sequence[Document], filters: Filters | None = None
) -> Query:
    """What `question` asks; `turns` are the earlier questions of the conversation, oldest first.

    Cost: one pass over the documents' titles, numbers and regions.
    """
    rewritten = rewrite(question, turns, documents)
    text = expand(rewritten, documents)
    numbers = tuple(dict.fromkeys(_plain(found[0]) for found in _NUMBER.finditer(text)))
    places, strange = named_places(text, documents)
    named = _named(text, numbers, places, documents)
    kind = _kind(question if question in text else text)
    reference = _reference(text)
    if kind == "comparison" and len(places) + len(numbers) < 2 and len(named.documents) < 2:
        kind = next((k for k, pattern in _KINDS[1:] if pattern.search(question)), "open")
    if reference is not None and kind not in ("comparison", "department", "count"):
        kind = "clause"
    return Query(
        question=question,
        text=text,
        rewritten=rewritten,
        focus=question,
        kind=kind,
        documents=named.documents,
        exact=named.exact,
        missing=named.missing,
        reference=reference,
        places=places,
        strange=strange,
        years=years(text),
        numbers=numbers,
        version=_version(question, text),
        filters=filters or Filters(),
    )


def _version(question: str, text: str) -> Version:
    """Which version of a rule is asked for; two years beside 办法 or 规定 ask for both."""
    if _BOTH.search(text) or (len(years(question)) == 2 and len(re.findall(rf"年的?那?{_RULE}", question)) == 2):
        return "both"
    return "former" if _FORMER.search(question) else "current"


def _kind(text: str) -> AnswerKind:
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), "open")


def expand(text: str, documents: Sequence[Document]) -> str:
    """The text with abbreviations of words in titles written out: 公租房 where a title has 公共租赁住房.

    An abbreviation has three or four characters of which no two neighbours stand in a title, and all of them stand
    in one in this order, first and last included, with at most two others between.
    """
    titles = "\n".join(document.title for document in documents)
    for run in re.findall(r"[\u4e00-\u9fff]{3,}", text):
        for length in (4, 3):
            for i in range(len(run) - length + 1):
                word = run[i : i + length]
                if any(word[j : j + 2] in titles for j in range(length - 1)):
                    continue
                full = re.search("[\u4e00-\u9fff]{1,2}".join(word), titles)
                full = full or re.search("[\u4e00-\u9fff]{0,2}".join(word), titles)
                if full and len(full[0]) >= length + 2 and word in text:
                    text = text.replace(word, full[0])
    return text


def years(text: str) -> tuple[int, ...]:
    """The years that a text names, in order, ranges by their ends.

    >>> years("2016—2020年规划，二〇二二年")
    (2016, 2020, 2022)
    """
    found = [int(a) if a else value(b) for a, b in _YEAR.findall(text)]
    return tuple(dict.fromkeys(year for year in found if year))


# Follow-ups ----------------------------------------------------------------------------------------------------


def rewrite(question: str, turns: Sequence[str], documents: Sequence[Document]) -> str:
    """The question as it would stand alone; itself where it leans on nothing.

    「那昆山呢？」 puts the new place or year into the earlier question; a question without a subject of its own, or
    one that points back (对此, 其中), gets the earlier one's subject before it.
    """
    turns = [turn for turn in turns if turn and turn.strip()]
    if not turns:
        return question
    earlier = rewrite(turns[-1], turns[:-1], documents)
    new, _ = named_places(question, documents)
    old, _ = named_places(earlier, documents)
    what = _AND_WHAT.match(question)
    if what:
        if new and old:
            return _swap(earlier, old, new[0])
        if years(question) and years(earlier) and len(what["what"]) <= 8:
            return earlier.replace(str(years(earlier)[0]), str(years(question)[0]))
        return f"{topic(earlier)}：{what['what']}"
    points_back = _PRONOUN.search(question) is not None
    if new and points_back and old and set(new) != set(old):
        return f"{_swap(topic(earlier), old, new[0])}：{question}"
    other_year = set(years(question)) - set(years(earlier)) and len(bare(question)) > 8
    own = new or other_year or _NUMBER.search(question) or _TITLE.search(question)
    if own and not points_back:
        return question
    if points_back or len(bare(topic(question))) < _SUBJECT:
        return f"{topic(earlier)}：{question}"
    return question


def _swap(text: str, old: Sequence[str], new: str) -> str:
    for name in old:
        text = text.replace(name, new)
    return text


def topic(question: str) -> str:
    """A question without its words of asking: what it is about.

    >>> topic("吴中区对行政执法与刑事司法衔接有什么要求？")
    '吴中区对行政执法与刑事司法衔接'
    """
    text = _FILLER.sub(
        "", question.split("：", maxsplit=1)[0] if question.count("：") == 1 and len(question) > 60 else question
    )
    text = re.sub(r"[？?。！!]+$", "", text.strip())
    return re.sub(r"(?:有|是|为|了|的|达到?|共|由|应|分)+$", "", text).strip("，,、 ") or question


# Places and documents ------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def short_names(region: str) -> tuple[str, ...]:
    """The names by which people call a region, most exact first.

    >>> short_names("苏州市吴中区"), short_names("宿迁经济技术开发区")
    (('苏州市吴中区', '吴中区', '吴中'), ('宿迁经济技术开发区', '宿迁经开区', '宿迁开发区', '经开区', '宿迁'))
    """
    names = [region]
    zone = re.match(r"(.*?)(经济技术|高新技术产业|高新技术|工业园|经济|高新)?(开发区|园区|新区|示范区)$", region)
    if zone and zone[1]:
        head = re.sub(r"[省市县区]$", "", zone[1])
        brief = {"经济技术": "经开区", "高新技术产业": "高新区", "高新技术": "高新区", "高新": "高新区"}.get(
            zone[2] or ""
        )
        names += [f"{head}{brief}"] if brief else []
        names += [f"{head}{zone[3]}"]
        names += [brief] if brief else []
        names += [head]
        return tuple(dict.fromkeys(name for name in names if len(name) > 1))
    last = re.findall(rf".{{2,}}?{_LEVEL}", region)
    if last:
        names.append(last[-1])
        core = re.sub(rf"{_LEVEL}$", "", last[-1])
        names += [core] if len(core) > 1 else []
    return tuple(dict.fromkeys(names))


def named_places(text: str, documents: Sequence[Document]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The places that `text` names, and of these the ones that no document is about.

    A document's region counts under all of its short names, longest first, so that 苏州市吴中区 is not 苏州. Others
    are read from a list of cities and by their ending.
    """
    known = sorted(
        {name for d in documents if d.region and d.region != "全国" for name in short_names(d.region)},
        key=len,
        reverse=True,
    )
    rest, found = text, []
    for name in known:
        at = rest.find(name)
        if at >= 0:
            found.append((text.find(name), name))
            rest = rest.replace(name, "□" * len(name))
    strange = [name for name in _cities() if name in rest]
    found += [(rest.find(name), name) for name in strange]
    for name in strange:
        rest = rest.replace(name, "□" * len(name))
    for match in _PLACE.finditer(rest):
        name = _BEFORE_PLACE.sub("", match[1])
        if "□" not in name and len(name) > 2 and not _NO_PLACE.search(name):
            strange.append(name)
            found.append((match.start(1), name))
    return tuple(dict.fromkeys(name for _, name in sorted(found))), tuple(dict.fromkeys(strange))


@lru_cache(maxsize=1)
def _cities() -> tuple[str, ...]:
    """Provinces and cities by their short names, longest first."""
    names = (Path(__file__).parent / "places.txt").read_text(encoding="utf-8").split()
    return tuple(sorted(names, key=len, reverse=True))


def _plain(number: str) -> str:
    return re.sub(r"[〔\[（(【［](\d{4})[〕\])）】］](?:第)?", r"〔\1〕", bare(number))


@dataclass(frozen=True, slots=True)
class _Named:
    """Documents that a question names, whether no other can be meant, and what it names that is not there."""

    documents: tuple[DocumentId, ...]
    exact: bool
    missing: tuple[str, ...] = ()


def _named(text: str, numbers: Sequence[str], places: Sequence[str], documents: Sequence[Document]) -> _Named:
    """The documents that the question names: by number, else by title, else by their region.

    A title counts in 《》 or as it is spoken, without its region, from _SPOKEN characters on; the longest wins.
    """
    by_number = [d.id for d in documents if d.number and any(bare(d.number) in bare(n) for n in numbers)]
    if by_number or numbers:
        return _Named(tuple(by_number), bool(by_number), () if by_number else tuple(numbers))
    titles = [bare(title) for title in _TITLE.findall(text)]
    spoken = bare(text)
    lengths: dict[DocumentId, int] = {}
    for document in documents:
        names = _names(document)
        said = [n for n in names if n in titles or (len(n) >= _SPOKEN and n in spoken)]
        said += [t for t in titles if len(t) >= _SPOKEN and any(t in n for n in names)]
        if said:
            lengths[document.id] = max(map(len, said))
    longest = [id for id, length in lengths.items() if length == max(lengths.values())]
    if longest:
        return _Named(tuple(longest), len(longest) == 1)
    regional = tuple(d.id for d in documents if d.region and any(n in places for n in short_names(d.region)))
    return _Named(regional, False, tuple(f"《{title}》" for title in _TITLE.findall(text)))


def _names(document: Document) -> set[str]:
    """What a document is called: its title, what it issues, each with and without its region before it."""
    return _called(document.title, document.region or "")


@lru_cache(maxsize=8192)
def _called(title: str, region: str) -> set[str]:
    whole = bare(title)
    issued = re.search(r"(?:印发|发布|转发)《?(.+?)》?的?(?:通知|函|公告)$", whole)
    names = {whole, *([issued[1]] if issued else [])}
    return names | {name.removeprefix(bare(region)) for name in names}


# Direct references ---------------------------------------------------------------------------------------------


def _reference(text: str) -> Reference | None:
    """The clause that the question points to by number, or None; parts must follow one another."""
    body = _NUMBER.sub(lambda m: "■" * len(m[0]), text)
    body = _YEAR.sub(lambda m: "■" * len(m[0]), body)
    parts: list[tuple[str, tuple[int, ...]]] = []
    start = end = -1
    for match in _PART.finditer(body):
        part = _part(match)
        if part is not None and any(part[0] == unit for unit, _ in parts):
            break  # 第三条和第五条 are two clauses, not one in the other
        if part is None or (end >= 0 and match.start() - end > 2):
            if parts and part is not None and parts[-1][0] not in ("附件",):
                break
            if part is None:
                continue
        if start < 0:
            start = match.start()
        parts.append(part)
        end = match.end()
    if not parts or (
        len(parts) == 1 and parts[0][0] in ("一、", "（一）") and len(bare(body)) > 12 and "第" not in body
    ):
        return None
    return Reference(tuple(parts), text[start:end])


def _part(match: re.Match[str]) -> tuple[str, tuple[int, ...]] | None:
    number, unit, second, word, word_number, top, bracket = match.groups()
    if number:
        first = value(number)
        if first is None:
            return None
        last = value(second) if second else None
        return ("任务" if unit.endswith("任务") else unit), ((first, last) if last else (first,))
    if word:
        n = value(word_number)
        unit = {"工作任务": "任务", "第": "项"}.get(word, word)
        return None if n is None or word == "第" else (unit, (n,))
    n = value(top or bracket)
    return None if n is None else (("一、" if top else "（一）"), (n,))
