from hypothesis import given
from hypothesis import strategies as st
from toys import made

from rag.clause import Clause, Parsed
from rag.family import descendants, whole
from rag.piece import LIMIT, TREE_WINDOW, WINDOW, pieces

SENTENCE = "各区人民政府应当于每年年底前将办理情况书面报送市人民政府办公室备案。"  # 34 characters


def stretches(parsed: Parsed) -> list[str]:
    return [parsed.text.characters[piece.start : piece.end] for piece in pieces(parsed)]


def test_a_short_clause_is_one_piece_behind_title_and_heading() -> None:
    parsed = made([("clause", ("第一条",), "第一条  为了规范我市公共租赁住房的\n管理，制定本办法。")])
    (piece,) = pieces(parsed)
    assert piece.text == "甲办法\n第一条 为了规范我市公共租赁住房的管理，制定本办法。"
    assert (piece.start, piece.end) == (0, len(parsed.text.characters))


def test_a_long_clause_is_windows_and_each_of_its_sentences() -> None:
    parsed = made([("clause", ("一、",), "一、 " + SENTENCE * 15)])
    found = stretches(parsed)
    windows = [stretch for stretch in found if len(stretch) > len(SENTENCE) + 4]
    assert all(len(window) <= WINDOW and window.endswith("。") for window in windows)
    assert windows[1].startswith(SENTENCE) and len(windows) == 2
    assert found.count(SENTENCE) == 14 and "一、 " + SENTENCE in found


def test_windows_overlap_by_one_short_sentence() -> None:
    parsed = made([("clause", ("一、",), "".join(f"{n}{SENTENCE[1:]}" for n in "一二三四五六七八九十"))])
    first, second = (window for window in stretches(parsed) if len(window) > len(SENTENCE))
    assert first[-len(SENTENCE) :] == second[: len(SENTENCE)] == f"八{SENTENCE[1:]}"


def test_a_clause_with_points_is_also_embedded_with_them() -> None:
    parts = [
        ("clause", ("一",), "一、下列单位："),
        ("point", ("一", "1"), "1.学校；"),
        ("point", ("一", "2"), "2.医院。"),
    ]
    found = pieces(made([*parts, ("clause", ("二",), "二、其他。")]))
    assert [piece.text.removeprefix("甲办法\n") for piece in found] == [
        "一、下列单位：",
        "一、下列单位： 1.学校； 2.医院。",
        "1.学校；",
        "2.医院。",
        "二、其他。",
    ]
    assert found[1].clause == found[0].clause


def test_furniture_is_in_no_piece_and_breaks_no_family() -> None:
    parts = [
        ("clause", ("一",), "一、下列单位："),
        ("furniture", ("p",), "第 3 页"),
        ("point", ("一", "1"), "1.学校。"),
    ]
    parsed = made(parts)
    assert descendants(parsed.clauses, 0) == 3
    assert [piece.text.removeprefix("甲办法\n") for piece in pieces(parsed)] == [
        "一、下列单位：",
        "一、下列单位： 1.学校。",
        "1.学校。",
    ]


def test_an_article_is_one_piece_with_all_that_is_below_it() -> None:
    parts = [("clause", ("第一条",), "第一条　甲："), ("point", ("第一条", "（一）"), "（一）乙。")]
    assert stretches(made(parts)) == ["第一条　甲：\n（一）乙。"]


def test_a_long_article_is_windows_over_all_that_is_below_it() -> None:
    points = [("point", ("第一条", f"（{n}）"), f"（{n}）{SENTENCE * 3}") for n in "一二三四"]
    parsed = made([("clause", ("第一条",), "第一条　下列情形："), *points])
    found = pieces(parsed)
    assert {piece.clause for piece in found} == {parsed.clauses[0].id}
    assert all(len(stretch) <= WINDOW + 1 for stretch in stretches(parsed))
    assert (found[0].start, found[-1].end) == (0, len(parsed.text.characters))


def test_a_chapter_over_articles_is_no_piece_and_stands_before_them() -> None:
    chapter, article = ("heading", ("第一章",), "第一章　总则"), ("clause", ("第一章", "第一条"), "第一条　甲。")
    assert stretches(made([chapter, article])) == ["第一条　甲。"]


def test_a_table_row_is_read_with_its_columns() -> None:
    (row,) = made([("table_row", ("1",), "1\n减税\n税务局")]).clauses
    named = Clause(
        row.id, row.kind, "1", ("1",), "任务", row.text, 0, row.end, row={"序号": "1", "牵头部门": "税务局", "空": ""}
    )
    parsed = made([("table_row", ("1",), row.text)])
    (piece,) = pieces(Parsed(parsed.document, parsed.text, (named,)))
    assert piece.text == "甲办法 任务\n序号：1；牵头部门：税务局"


def test_a_title_does_not_stand_before_itself() -> None:
    assert [piece.text for piece in pieces(made([("title", ("header",), "甲办法")]))] == ["甲办法"]


def test_a_text_without_any_pause_is_cut_at_the_limit() -> None:
    assert {len(stretch) for stretch in stretches(made([("clause", ("一",), "字" * 1000)]))} == {300, 100}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["clause", "point", "header", "furniture"]),
            st.lists(st.sampled_from("一二三"), min_size=1, max_size=3).map(tuple),
            st.builds(
                lambda unit, n: unit * n, st.text("甲乙。；，\n 丙", min_size=1, max_size=20), st.integers(1, 40)
            ),
        ),
        max_size=8,
    )
)
def test_pieces_cover_every_clause_within_their_bounds(parts: list) -> None:
    parsed = made(parts)
    positions = {clause.id: i for i, clause in enumerate(parsed.clauses)}
    covered: dict[str, set[int]] = {clause.id: set() for clause in parsed.clauses}
    for piece in pieces(parsed):
        bounds = whole(parsed, positions[piece.clause])
        assert bounds.start <= piece.start < piece.end <= bounds.end
        assert len(piece.text) <= LIMIT
        covered[piece.clause].update(range(piece.start, piece.end))
    for clause in parsed.clauses:
        inked = {i for i in range(clause.start, clause.end) if not parsed.text.characters[i].isspace()}
        assert clause.kind == "furniture" or inked <= covered[clause.id]


def test_title_and_heading_give_way_to_the_window() -> None:
    text = "字" * TREE_WINDOW
    parsed = made([("clause", ("一",), text), ("point", ("一", "1"), "完。")], title="题" * 300)
    assert max(len(piece.text) for piece in pieces(parsed)) <= LIMIT


def test_a_window_that_the_model_would_cut_is_halved() -> None:
    parsed = made([("clause", ("第一条",), "第一条 " + SENTENCE * 4), ("clause", ("第二条",), "第二条 " + "甲" * 90)])
    found = pieces(parsed, lambda text: len(text) <= 60)
    assert max(len(piece.text) for piece in found) <= 60
    covered = {i for piece in found for i in range(piece.start, piece.end)}
    assert all(i in covered for i, c in enumerate(parsed.text.characters) if not c.isspace())
