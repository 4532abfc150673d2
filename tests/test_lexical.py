import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import lexical
from rag.lexical import Bm25, terms

TEXTS = ["企业申请稳岗补贴", "个人申请创业补贴2022年", "学校放假通知", "企业申请稳岗补贴"]


def bm25(folder: Path, texts: Sequence[str]) -> Bm25:
    lexical.write(folder / "terms", texts)
    return Bm25(folder / "terms")


def expected(texts: Sequence[str], query: str) -> list[float]:
    """BM25 by its formula: sum over the query's terms of idf * f / (f + k1 * (1 - b + b * length / mean length))."""
    bags = [terms(text) for text in texts]
    mean = sum(map(len, bags)) / len(bags)
    scores = []
    for bag in bags:
        score = 0.0
        for term in terms(query):
            held = sum(term in other for other in bags)
            idf = math.log(1 + (len(bags) - held + 0.5) / (held + 0.5))
            f = bag.count(term)
            score += idf * f / (f + 1.5 * (1 - 0.75 + 0.75 * len(bag) / mean))
        scores.append(score)
    return scores


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("第三条", ["第三", "三条"]),
        ("ＧＢ／Ｔ１２", ["gb", "t12"]),
        ("2022年3月", ["2022", "年", "3", "月"]),
        ("增长3.5%。", ["增长", "3.5"]),
        ("，。\x00\ud800", []),
        ("𠮷野家", ["𠮷野", "野家"]),
    ],
)
def test_terms(text: str, found: list[str]) -> None:
    assert terms(text) == found


@given(st.text())
def test_terms_are_not_changed_by_being_read_again(text: str) -> None:
    assert all(terms(term) == [term] for term in terms(text) if term.isascii() or len(term) <= 2)


def test_scores_are_bm25_by_its_formula(tmp_path: Path) -> None:
    rows, scores = bm25(tmp_path, TEXTS).search("申请创业补贴", 10)
    exact = expected(TEXTS, "申请创业补贴")
    assert rows.tolist() == [1, 0, 3]
    assert scores.tolist() == pytest.approx([exact[row] for row in rows], rel=1e-5)


def test_equal_scores_come_by_row_even_where_k_cuts_them(tmp_path: Path) -> None:
    assert bm25(tmp_path, TEXTS).search("稳岗", 1)[0].tolist() == [0]


@pytest.mark.parametrize("query", ["", "？", "火星登陆", "\x00"])
def test_no_shared_term_finds_nothing(tmp_path: Path, query: str) -> None:
    rows, scores = bm25(tmp_path, TEXTS).search(query, 5)
    assert rows.tolist() == scores.tolist() == []


def test_idf_tells_rare_from_common(tmp_path: Path) -> None:
    index = bm25(tmp_path, TEXTS)
    assert index.idf("放假") == pytest.approx(math.log(1 + 3.5 / 1.5))
    assert index.idf("补贴") == pytest.approx(math.log(1 + 1.5 / 3.5))
    assert index.idf("火星") == pytest.approx(math.log(1 + 4.5 / 0.5))


@pytest.mark.parametrize("texts", [[], ["。"], ["。", "，"]])
def test_texts_without_terms_are_rows_all_the_same(tmp_path: Path, texts: list[str]) -> None:
    index = bm25(tmp_path, texts)
    assert len(index) == len(texts)
    assert index.search("补贴", 5)[0].tolist() == []


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Bm25(tmp_path)
