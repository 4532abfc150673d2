import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import lexical
from rag.lexical import Bm25, key, terms
from rag.vector import FRESH

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


@pytest.mark.parametrize(
    ("words", "rows"),
    [("申请", [0, 1, 3]), ("稳岗补贴", [0, 3]), ("申请2022", [1]), ("申请通知", []), ("没有", []), ("，", [])],
)
def test_the_rows_that_hold_some_words(tmp_path: Path, words: str, rows: list[int]) -> None:
    index = bm25(tmp_path, TEXTS)
    assert index.rows(words).tolist() == rows
    assert index.rows(words).dtype == np.int64
    assert index.has(words) is bool(rows)


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


@settings(deadline=None)
@given(st.lists(st.text("补贴〇甲𠮷aB1.３Ｇ，\n\x00\ud800豈 ", max_size=12), max_size=6))
def test_what_is_stored_is_what_terms_gives(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    index = bm25(tmp_path_factory.mktemp("terms"), texts)
    bags = [terms(text) for text in texts]
    for term in {term for bag in bags for term in bag}:
        rows, counts = index.postings(term)
        assert dict(zip(rows.tolist(), counts.tolist(), strict=True)) == {
            row: bag.count(term) for row, bag in enumerate(bags) if term in bag
        }
    assert sum(len(set(bag)) for bag in bags) == len(index._rows)
    assert index._lengths.tolist() == [len(bag) for bag in bags]
    assert list(index.faults()) == []


def test_scores_are_those_of_bm25s(tmp_path: Path) -> None:
    """Another program's BM25, over the same terms, with the same parameters."""
    import bm25s

    generator = np.random.default_rng(5)
    words = ["企业", "申请", "补贴", "就业", "2022年", "稳岗", "gb", "通知", "办法", "创业"]
    texts = ["".join(generator.choice(words, generator.integers(1, 40))) for _ in range(200)]
    oracle = bm25s.BM25(k1=1.5, b=0.75, backend="numpy")
    oracle.index([terms(text) for text in texts], show_progress=False)
    index = bm25(tmp_path, texts)
    for query in ("企业申请补贴", "gb2022年通知", "创业创业就业"):
        known = [term for term in terms(query) if term in oracle.vocab_dict]
        assert index.scores(terms(query)) == pytest.approx(oracle.get_scores(known), abs=1e-4)


def test_many_rows_are_cut_a_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lexical.write(tmp_path / "at once", TEXTS * 3)
    monkeypatch.setattr(lexical, "_CHUNK", 20)
    lexical.write(tmp_path / "in parts", TEXTS * 3)
    whole, parts = Bm25(tmp_path / "at once"), Bm25(tmp_path / "in parts")
    assert all(np.array_equal(getattr(whole, name), getattr(parts, name)) for name in ("_keys", "_rows", "_counts"))


@settings(deadline=None)
@given(
    st.lists(st.text("补贴甲乙1a ", max_size=8), min_size=1, max_size=6),
    st.lists(st.sampled_from(["kept", "fresh", "gone"]), min_size=6, max_size=6),
    st.lists(st.text("补贴甲丙2b ", max_size=8), min_size=6, max_size=6),
)
def test_rows_that_stay_are_taken_over(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], fates: list[str], fresh: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("terms")
    new: list[int | str] = []
    for row, (fate, text) in enumerate(zip(fates, fresh, strict=True)):
        new += [row] if fate == "kept" and row < len(old) else [] if fate == "gone" else [text]
    origins = np.array([FRESH if isinstance(one, str) else one for one in new], np.int64)
    lexical.write(folder / "old", old)
    lexical.write(folder / "new", [one for one in new if isinstance(one, str)], Bm25(folder / "old"), origins)
    lexical.write(folder / "whole", [one if isinstance(one, str) else old[one] for one in new])
    for file in (folder / "whole").iterdir():
        assert file.read_bytes() == (folder / "new" / file.name).read_bytes()


def test_a_term_has_one_key_and_another_term_another() -> None:
    known = ["补", "补贴", "贴补", "贴", "a", "1", "a1", "1.5", "𠮷野", "野"]
    assert len({key(term) for term in known}) == len(known)


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("rows", lambda rows: np.full_like(rows, 9), "rows"),
        ("rows", lambda rows: rows[::-1].copy(), "rows"),
        ("keys", lambda keys: keys[::-1].copy(), "keys"),
        ("starts", lambda starts: np.concatenate([starts[:1] + 1, starts[1:]]), "starts"),
        ("counts", lambda counts: counts * 0, "counts"),
    ],
)
def test_arrays_that_contradict_themselves_are_named(tmp_path: Path, name: str, change: object, fault: str) -> None:
    lexical.write(tmp_path / "terms", TEXTS)
    path = tmp_path / "terms" / f"{name}.npy"
    np.save(path, change(np.load(path)))  # type: ignore[operator]
    assert any(line.startswith(fault) for line in Bm25(tmp_path / "terms").faults())


@pytest.mark.parametrize("name", ["rows", "keys", "lengths"])
def test_arrays_of_another_length_or_kind_are_refused(tmp_path: Path, name: str) -> None:
    lexical.write(tmp_path / "terms", TEXTS)
    path = tmp_path / "terms" / f"{name}.npy"
    array = np.load(path)
    np.save(path, array.astype(np.float64))
    with pytest.raises(ValueError, match="not the arrays"):
        Bm25(tmp_path / "terms")
    if name != "lengths":
        np.save(path, array[1:])
        with pytest.raises(ValueError, match="lengths"):
            Bm25(tmp_path / "terms")
