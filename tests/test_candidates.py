"""rag.candidates: every figure of a small index, worked out by hand; what is searched, and what is not."""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import Letters, learned, written

from rag.candidates import FIGURES, Asked, Candidates, Finder, asked
from rag.document import read
from rag.index import Index, build, open_index
from rag.learned import Learned, middle
from rag.lexical import terms
from rag.piece import pieces
from rag.settings import load

HARBOUR = """关于渔港收费的通知
各渔业公司：
一、渔船进港，每日收费十元。
二、渔船避风，免收停泊费。
澜沚市渔港管理站
2023年5月4日"""
SHELLS = """澜沚市采贝办法
第一章　总则
第一条　采贝应当办证。
第二条　贝苗不得采挖。
第二章　罚则
第三条　无证采贝的，罚款五百元。"""
TITLE, GREETING, DAILY, STORM, OFFICE, SIGNED, SHELL_TITLE, PERMIT, YOUNG, FINE = range(10)
"""The units: those of the first document, then those of the second. Each is one piece."""
HARBOURS, SHELLED = range(TITLE, SHELL_TITLE), range(SHELL_TITLE, FINE + 1)
MODEL = Letters("贝船")
"""(贝, 船, 1): the two notices on ships are (0, 2, 1), the articles (3, 0, 1), their title (1, 0, 1), all else (0, 0, 1)."""
ARTICLE, NAMED, SHIP, EMPTY = (
    np.array(one) / np.linalg.norm(one) for one in ((3, 0, 1), (1, 0, 1), (0, 2, 1), (0, 0, 1))
)
SWAPPED = learned(3, projection=np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32))
"""Takes a question on shells to where the ships are."""


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("small") / "docs", 港=HARBOUR, 贝=SHELLS)


@pytest.fixture(scope="module")
def index(docs: Path) -> Iterator[Index]:
    kept = load(index=docs.parent / "index")
    build([docs], kept, embedder=MODEL)
    with closing(open_index(kept, embedder=MODEL)) as opened:
        yield opened


@pytest.fixture(scope="module")
def finder(index: Index) -> Finder:
    return Finder(index, [document.title for document in index.store.documents()])


def put(text: str, weights: Learned | None = None, *, is_lay: bool = False) -> Asked:
    vector = MODEL.queries([text])[0]
    vectors = np.stack([vector, vector if weights is None else weights.projected(vector)])
    return asked(vectors, text, text, (), weights, is_lay=is_lay)


def told(*held: int) -> float:
    """What terms tell together that so many of the ten pieces hold: ln(1 + (10 - f + 0.5) / (f + 0.5)) = ln(11 / (f + 0.5))."""
    return sum(math.log(11 / (f + 0.5)) for f in held)


def is_near(found: Candidates, name: str, values: Sequence[float]) -> bool:
    """Whether a figure has these values; vectors are kept in 16 bits."""
    return found.figure(name).tolist() == pytest.approx(list(values), abs=1e-3)


def test_the_small_index_is_as_it_is_counted_here(finder: Finder) -> None:
    units = finder.units
    assert [one.split("#")[1].split("~")[0] for one in units.clauses] == [
        *("title", "header", "一", "二", "段", "footer"),
        *("title", "第一章/第一条", "第一章/第二条", "第二章/第三条"),
    ]
    assert units.starts.tolist() == units.of_row.tolist() == list(range(10))


# Terms ---------------------------------------------------------------------------------------------------------


def test_what_is_covered_counts_by_what_its_terms_tell(finder: Finder) -> None:
    found = finder.candidates(
        put("采贝罚款"), 20
    )  # 采贝 stands in the title and so in 4 pieces, 贝罚 in none, 罚款 in 1
    all_, named = told(4, 0, 1), told(4)
    title, fine = named / all_, told(4, 1) / all_
    assert is_near(found, "coverage", [0] * 6 + [title] * 3 + [fine])
    squared = told(4) ** 2 + told(0) ** 2 + told(1) ** 2
    assert is_near(found, "rare", [0] * 6 + [told(4) ** 2 / squared] * 3 + [(told(4) ** 2 + told(1) ** 2) / squared])
    assert is_near(found, "lacking", [math.log1p(all_)] * 6 + [math.log1p(told(0, 1))] * 3 + [math.log1p(told(0))])
    assert is_near(found, "title", [0] * 6 + [title] * 4)
    assert is_near(found, "own", [0] * 9 + [(fine - title) / (1 - title)])
    assert is_near(found, "best_coverage", [fine] * 10)
    assert is_near(found, "terms", [math.log(4)] * 10)


def test_where_the_title_says_it_all_nothing_is_left_to_the_clause(finder: Finder) -> None:
    found = finder.candidates(put("采贝办法"), 20)
    assert is_near(found, "title", [0] * 6 + [1] * 4)
    assert is_near(found, "own", [0] * 10)


def test_a_document_covers_by_all_of_its_clauses_together(finder: Finder) -> None:
    found = finder.candidates(put("采挖罚款"), 20)  # 采挖 and 罚款 stand in one article each, 挖罚 nowhere
    all_ = told(1, 0, 1)
    assert is_near(found, "document_coverage", [0] * 6 + [told(1) / all_] * 4)
    assert is_near(found, "document_terms", [0] * 6 + [told(1, 1) / all_] * 4)
    assert is_near(found, "document_lacking", [math.log1p(all_)] * 6 + [math.log1p(told(0))] * 4)
    assert is_near(found, "best_document_terms", [told(1, 1) / all_] * 10)
    assert is_near(found, "document_rank", [1 / 2] * 6 + [1] * 4)


def by_formula(docs: Path, question: str) -> list[float]:
    """BM25 of each piece by its formula, in a plain loop."""
    parsed = [read(docs / f"{name}.txt") for name in ("港", "贝")]
    bags = [terms(piece.text) for one in parsed for piece in pieces(one)]
    mean = sum(map(len, bags)) / len(bags)
    scores = []
    for bag in bags:
        score = 0.0
        for term in terms(question):
            f = bag.count(term)
            score += told(sum(term in other for other in bags)) * f / (f + 1.5 * (0.25 + 0.75 * len(bag) / mean))
        scores.append(score)
    return scores


@pytest.mark.parametrize("question", ["采贝罚款", "渔船收费十元，渔船停泊", "澜沚市"])
def test_bm25_is_that_of_the_formula(finder: Finder, docs: Path, question: str) -> None:
    found, scores = finder.candidates(put(question), 20), by_formula(docs, question)
    best = [max(scores[:6])] * 6 + [max(scores[6:])] * 4
    assert is_near(found, "bm25", np.log1p(scores).tolist())
    assert is_near(found, "document_bm25", np.log1p(best).tolist())
    assert is_near(found, "best_bm25", [math.log1p(max(scores))] * 10)
    ranked = sorted((i for i in range(10) if scores[i] > 0), key=lambda i: -scores[i])
    assert is_near(found, "bm25_rank", [1 / (10 + ranked.index(i)) if i in ranked else 0 for i in range(10)])


def test_words_of_asking_are_searched_but_not_wanted(finder: Finder) -> None:
    question = asked(MODEL.queries(["罚款是多少"] * 2), "罚款是多少", "罚款", (), None, is_lay=True)
    found = finder.candidates(question, 20)
    assert is_near(found, "coverage", [0] * 9 + [1])
    assert is_near(found, "terms", [math.log(5)] * 10)
    assert is_near(found, "lay", [1] * 10)


def test_the_order_of_repeated_terms_does_not_matter(finder: Finder) -> None:
    question = put("罚款渔船采贝")
    some = replace(question, terms=["罚款", "采贝", "罚款", "渔船"], wanted=("罚款", "采贝", "渔船"))
    others = replace(question, terms=["渔船", "罚款", "罚款", "采贝"], wanted=("渔船", "采贝", "罚款"))
    found, again = finder.candidates(some, 20), finder.candidates(others, 20)
    assert found.units.tolist() == again.units.tolist()
    np.testing.assert_allclose(found.figures, again.figures, atol=1e-5)


# Places --------------------------------------------------------------------------------------------------------


def test_a_place_is_held_by_the_clauses_that_name_it_and_those_of_their_document(finder: Finder) -> None:
    question = replace(put("澜沚的船"), places=[["澜沚"]])
    found = finder.candidates(question, 20)  # in the signature of the one document and in the title of the other
    assert is_near(found, "place", [0] * 4 + [1, 0] + [1] * 4)
    assert is_near(found, "document_place", [1] * 10)
    assert is_near(found, "placed", [1] * 10)


def test_of_two_places_each_counts_half_and_a_name_counts_whole(finder: Finder) -> None:
    places = [["采贝"], ["渔港", "港管"]]  # of the pairs of 渔港管 the title of the notice has the first alone
    found = finder.candidates(replace(put("船"), places=places), 20)
    assert is_near(found, "place", [0] * 4 + [0.5, 0] + [0.5] * 4)
    assert is_near(found, "document_place", [0.5] * 10)


def test_a_question_without_a_place_asks_for_none(finder: Finder) -> None:
    found = finder.candidates(put("罚款"), 20)
    assert is_near(found, "place", [1] * 10)
    assert is_near(found, "document_place", [1] * 10)
    assert is_near(found, "placed", [0] * 10)


# Meaning -------------------------------------------------------------------------------------------------------


def test_cosines_and_ranks_plain_and_projected(finder: Finder) -> None:
    found = finder.candidates(put("贝贝贝", SWAPPED), 20)
    plain = [EMPTY, EMPTY, SHIP, SHIP, EMPTY, EMPTY, NAMED, ARTICLE, ARTICLE, ARTICLE]
    moved = np.array([0, 3, 1]) / math.sqrt(10)
    assert is_near(found, "cosine", [float(ARTICLE @ one) for one in plain])
    assert is_near(found, "projected", [float(moved @ one) for one in plain])
    best = 7 / math.sqrt(50)  # of (0, 3, 1) and (0, 2, 1)
    assert is_near(found, "best_projected", [best] * 10)
    assert is_near(found, "behind", [best - float(moved @ one) for one in plain])
    assert is_near(found, "document_projected", [best] * 6 + [1 / math.sqrt(20)] * 4)
    first = [PERMIT, YOUNG, FINE, SHELL_TITLE, TITLE, GREETING, OFFICE, SIGNED, DAILY, STORM]  # equal ones by number
    assert is_near(found, "rank", [1 / (10 + first.index(i)) for i in range(10)])
    first = [DAILY, STORM, TITLE, GREETING, OFFICE, SIGNED, SHELL_TITLE, PERMIT, YOUNG, FINE]
    assert is_near(found, "projected_rank", [1 / (10 + first.index(i)) for i in range(10)])


def test_the_share_of_likeness_in_a_section_and_in_a_document(finder: Finder) -> None:
    found = finder.candidates(put("贝贝贝"), 20)
    title = math.exp((4 / math.sqrt(20) - 1) / 0.02)  # beside an article, which is exactly what is asked for
    total = 3 + title
    sections = [math.log(1e-6)] * 6 + [math.log(part / total) for part in (title, 2, 2, 1)]
    assert found.figure("section_share").tolist() == pytest.approx(sections, abs=0.02)
    assert is_near(found, "document_share", [math.log(1e-6)] * 6 + [0] * 4)


def test_a_question_moved_towards_what_is_nearest_to_it(finder: Finder) -> None:
    found = finder.candidates(put("贝贝贝"), 20)
    moved = ARTICLE + 0.5 * (3 * ARTICLE + NAMED + EMPTY) / 5
    moved = moved / np.linalg.norm(moved)
    every = [EMPTY, EMPTY, SHIP, SHIP, EMPTY, EMPTY, NAMED, ARTICLE, ARTICLE, ARTICLE]
    assert is_near(found, "feedback", [float(moved @ one) for one in every])


def test_what_answered_a_question_like_this_one_is_remembered(finder: Finder) -> None:
    example = learned(
        3, questions=np.array([ARTICLE]), texts=np.array([[0, 1, 0]], np.float32), question_of=np.array([0])
    )
    found = finder.candidates(put("贝贝贝", example), 20)
    ship = 2 / math.sqrt(5)
    assert is_near(found, "remembered", [0, 0, ship, ship, 0, 0, 0, 0, 0, 0])
    assert is_near(found, "less_remembered", [ship, ship, 0, 0, ship, ship, ship, ship, ship, ship])
    seen = SHIP - middle((4 * EMPTY + 2 * SHIP + NAMED + 3 * ARTICLE) / 10, 10, np.zeros(3, np.float32))
    alike = float(seen[1] / np.linalg.norm(seen))
    assert alike != pytest.approx(ship, abs=1e-4)
    assert is_near(found, "answered", [0, 0, alike**4, alike**4, 0, 0, 0, 0, 0, 0])
    assert is_near(found, "widely_answered", [0, 0, alike**4, alike**4, 0, 0, 0, 0, 0, 0])
    assert is_near(found, "exactly_answered", [0, 0, alike**16, alike**16, 0, 0, 0, 0, 0, 0])
    assert is_near(found, "answered_like", [0] * 10)


def test_the_very_clause_that_answered_a_question_is_known_again(finder: Finder) -> None:
    example = learned(
        3,
        questions=np.array([ARTICLE, SHIP], np.float32),
        texts=np.array([SHIP, ARTICLE], np.float32),
        question_of=np.array([0, 1]),
    )
    found = finder.candidates(put("贝贝贝", example), 20)
    first, second = float(ARTICLE @ ARTICLE), float(ARTICLE @ SHIP)
    assert is_near(found, "answered_like", [0, 0, first, first, 0, 0, 0, second, second, second])


# What a clause is, whatever is asked ---------------------------------------------------------------------------


def test_kinds_and_lengths(finder: Finder) -> None:
    found = finder.candidates(put("贝"), 20)
    assert np.flatnonzero(found.figure("frame")).tolist() == [TITLE, GREETING, SIGNED, SHELL_TITLE]
    assert np.flatnonzero(found.figure("article")).tolist() == [PERMIT, YOUNG, FINE]
    assert not found.figure("chapter").any()
    lengths = [len(line) for line in (*HARBOUR.split("\n"), "澜沚市采贝办法")]
    assert is_near(found, "length", np.log1p([*lengths, 11, 11, 16]).tolist())


def test_a_long_section_is_a_chapter(tmp_path: Path) -> None:
    rule = "渔船进出港口应当按照先后排列，听从港口管理站的指挥，并将船名和到港的时刻报给管理站登记在册。"
    long, short = ("\n".join(f"（{n}）{2 * rule}" for n in numbers) for numbers in ("一二三四五六七八九十", "一二三"))
    docs = written(tmp_path / "docs", 港=f"澜沚市渔港规程\n一、排列\n{long}\n二、收费\n{short}")
    kept = load(index=tmp_path / "index")
    build([docs], kept, embedder=MODEL)
    with closing(open_index(kept, embedder=MODEL)) as index:
        finder = Finder(index, ["澜沚市渔港规程"])
        found = finder.candidates(put("渔船"), 50)
        chapters = [finder.units.clauses[found.units[i]] for i in np.flatnonzero(found.figure("chapter"))]
        assert [one.split("#")[1] for one in chapters] == ["一"]


# What is searched ----------------------------------------------------------------------------------------------


def test_each_search_gives_its_best(finder: Finder) -> None:
    question = put("罚款贝", SWAPPED)  # nearest to the title; projected, to the ships; by terms, to the fine
    assert finder.candidates(question, 1).units.tolist() == [DAILY, SHELL_TITLE, FINE]
    two = [DAILY, STORM, TITLE, SHELL_TITLE, PERMIT, FINE]  # one more of the projected search; one has a term of it
    assert finder.candidates(question, 2).units.tolist() == sorted(two)


def test_a_scope_has_candidates_of_its_own_alone(finder: Finder) -> None:
    found = finder.candidates(put("采贝罚款，澜沚市"), 20, np.arange(SHELL_TITLE))
    assert found.units.tolist() == list(HARBOURS)
    assert found.searched == len(HARBOURS)
    assert np.flatnonzero(found.figure("bm25")).tolist() == [OFFICE]
    assert is_near(found, "best_projected", [float(NAMED @ EMPTY)] * 6)


@pytest.mark.parametrize("name", ["best_coverage", "best_bm25", "best_document_terms", "document_terms", "title"])
def test_what_lies_outside_a_scope_says_nothing_of_what_is_in_it(finder: Finder, name: str) -> None:
    found = finder.candidates(put("采贝罚款"), 20, np.arange(SHELL_TITLE))
    assert is_near(found, name, [0] * 6)


def test_an_empty_scope_has_no_candidates(finder: Finder) -> None:
    found = finder.candidates(put("采贝"), 20, np.empty(0, np.int64))
    assert (len(found.units), found.figures.shape, found.searched) == (0, (0, len(FIGURES)), 0)


def test_a_question_without_a_term_is_searched_by_meaning(finder: Finder) -> None:
    found = finder.candidates(put("？"), 3)
    assert found.units.tolist() == [TITLE, GREETING, OFFICE, SIGNED]  # three, and one more of the projected search
    for name in ("bm25", "bm25_rank", "coverage", "rare", "own", "title", "terms", "document_terms"):
        assert not found.figure(name).any(), name
    assert np.isfinite(found.figures).all()


@settings(deadline=None)
@given(
    st.text(st.sampled_from("贝船采罚款渔港收费澜沚市第一条7a ，？") | st.characters(), max_size=30),
    st.integers(1, 12),
    st.none() | st.sets(st.integers(0, 9)),
    st.booleans(),
)
def test_figures_are_finite_and_shares_are_shares(
    finder: Finder, text: str, k: int, rows: set[int] | None, is_moved: bool
) -> None:
    allowed = None if rows is None else np.array(sorted(rows), np.int64)
    found = finder.candidates(put(text, SWAPPED if is_moved else None), k, allowed)
    assert np.isfinite(found.figures).all()
    assert rows is None or set(found.units.tolist()) <= rows
    assert (np.diff(found.units) > 0).all()
    for name in ("coverage", "rare", "own", "title", "document_coverage", "document_terms", "best_coverage"):
        figure = found.figure(name)
        assert ((figure >= 0) & (figure <= 1 + 1e-6)).all(), name
    assert (found.figure("behind") >= -1e-6).all()
