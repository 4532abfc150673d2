"""eval retrieval: articles folded, evidence cut, AUC, folds, kept vectors, the systems, the command line."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from toys import Characters, Letters, written
from typer.testing import CliRunner

from eval.__main__ import app
from eval.baselines import SYSTEMS, Clauses, Material
from eval.folds import Fold, folds, parted
from eval.gold import Gold, Question
from eval.kept import Kept
from eval.metrics import Cited, Figure
from eval.ranking import AUC, LENGTH, Ranking, Scored, auc, difference, figures, inside, scored
from eval.retrieval import GoldSet, Section, folds_of, gold_sets, run, table
from rag.errors import MissingExtra
from rag.index import build, open_index
from rag.settings import load

HERE = frozenset({"甲.txt"})
LAW = """澜沚市滩涂管理规定
第一章　总则
第一条　为了管理滩涂，制定本规定。
第二章　采挖
第二条　在滩涂采挖贝类，应当办理采挖证：
（一）个人采挖的，向村民委员会申请；
（二）单位采挖的，向镇人民政府申请。
第三条　采挖证有效期二年。
无证采挖的，处五百元罚款。"""
NOTICE = """澜沚市渔港停泊通知
一、停泊位由港口管理站分配，按到港先后排列。
二、台风期间一律回港，违者通报。"""


def asked(id: str, *gold: Gold, text: str = "", answerable: bool = True, any_gold: bool = False) -> Question:
    return Question(id, "factual", text or id, answerable=answerable, gold=gold, any_gold=any_gold)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return written(tmp_path / "docs", 滩涂=LAW, 渔港=NOTICE)


@pytest.fixture
def material(docs: Path, tmp_path: Path) -> Iterator[Material]:
    settings = load(index=tmp_path / "index")
    model = Characters()
    build([docs], settings, embedder=model)
    with closing(open_index(settings, embedder=model)) as index:
        yield Material(index, model, settings)


# One question --------------------------------------------------------------------------------------------------


def test_evidence_is_cut_before_it_is_compared_and_white_space_counts() -> None:
    question = asked("q", Gold("甲", None, "满五年的，免收"))
    evidence = ("一二 三四", "满 五年\n的，免收")
    assert inside(5 + 8, question, evidence) == [0.0]
    assert inside(5 + 9, question, evidence) == [1.0]


def test_a_quote_may_run_over_two_hits_as_it_does_in_the_evidence() -> None:
    assert inside(1000, asked("q", Gold("甲", None, "甲乙丙丁")), ("甲乙", "丙丁")) == [1.0]


def test_evidence_is_compared_in_normal_form() -> None:
    assert inside(1000, asked("q", Gold("甲", None, "（一）５０％")), ("(一)50%",)) == [1.0]


def test_of_several_quotes_the_share_counts_unless_one_is_enough() -> None:
    gold = (Gold("甲", None, "甲"), Gold("甲", None, "乙"), Gold("乙", "一", "甲"))
    assert inside(1000, asked("q", *gold), ("甲丙",)) == [0.5]
    assert inside(1000, asked("q", *gold, any_gold=True), ("甲丙",)) == [1.0]
    assert inside(1000, asked("q", answerable=False), ("甲丙",)) == []


def test_places_are_those_of_the_folded_hits() -> None:
    gold = (Gold("甲", "二", "乙", HERE), Gold("甲", "三", "丙", HERE))
    hits = (Cited("甲.txt", "一", "甲"), Cited("甲.txt", "二", "乙"))
    row = scored(asked("q", *gold), Ranking(("乙",), hits, 0.5))
    assert row.places == [2, None]
    assert {name: values for name, values in row.values.items() if not name.startswith("inside")} == {
        "recall_at_1": [0.0],
        "recall_at_5": [0.5],
        "recall_at_10": [0.5],
        "recall_at_100": [0.5],
        "mrr_at_10": [0.5],
    }
    assert row.values["inside_1000"] == [0.5]


# All questions -------------------------------------------------------------------------------------------------


def test_the_area_counts_pairs_and_a_tie_for_half() -> None:
    random = np.random.default_rng(1)
    positive, negative = random.integers(0, 6, 40).astype(float), random.integers(0, 5, 30).astype(float)
    pairs = [float(a > b) + 0.5 * float(a == b) for a in positive for b in negative]
    assert auc(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


def row(score: float, found: float | None) -> Scored:
    question = asked("q", Gold("甲", None, "x"), answerable=found is not None)
    values = {name: [] if found is None else [found] for name in ("recall_at_1", "recall_at_5", "recall_at_10")}
    rest = {
        name: [] if found is None else [found] for name in ("recall_at_100", "mrr_at_10", "inside_1000", "inside_3300")
    }
    return Scored(question, values | rest, [3.0], [], score)


def test_figures_hand_scored() -> None:
    found = figures([row(0.9, 1.0), row(0.4, 0.0), row(0.4, None), row(0.1, None)])
    assert found["recall_at_10"].value == 0.5
    assert found["recall_at_10"].n == 2
    assert found[AUC].value == 0.875
    assert found[AUC].n == 4
    assert found[LENGTH] == Figure(3.0, 3.0, 3.0, 4)


def test_without_questions_of_both_sorts_there_is_no_area() -> None:
    assert AUC not in figures([row(0.9, 1.0), row(0.4, 0.0)])


def test_nothing_found_is_the_lowest_score() -> None:
    assert figures([row(0.2, 1.0), row(float("-inf"), None)])[AUC].value == 1.0


def test_a_difference_is_paired() -> None:
    ours = [row(0.9, 1.0), row(0.5, 1.0), row(0.1, None)]
    theirs = [row(0.9, 0.0), row(0.0, 0.0), row(0.1, None)]
    assert difference("recall_at_1", ours, theirs) == Figure(1.0, 1.0, 1.0, 2)
    assert difference(AUC, ours, theirs).value == 0.5
    same = difference(AUC, ours, ours)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


# Folds ---------------------------------------------------------------------------------------------------------


def test_each_question_is_in_one_fold_and_the_folds_are_of_nearly_equal_size() -> None:
    lone = [asked(str(i)) for i in range(23)]
    made = folds(lone)
    assert sorted(i for fold in made for i in fold) == list(range(23))
    assert sorted(map(len, made)) == [4, 4, 5, 5, 5]


@pytest.mark.parametrize("seed", range(5))
def test_no_fold_knows_a_question_or_a_quote_of_another(seed: int) -> None:
    many = [asked(str(i), Gold("甲", None, f"第 {i % 20}句"), text=f"问 {i % 30}？") for i in range(120)]
    for fold in parted(many, seed=seed):
        held = [many[i] for i in fold.asked]
        assert fold.learned_from is not None
        assert len(held) + len(fold.learned_from) == 120
        seen = {one.question for one in fold.learned_from}
        assert seen.isdisjoint(one.question for one in held)
        quotes = {gold.quote for one in fold.learned_from for gold in one.gold}
        assert quotes.isdisjoint(gold.quote for one in held for gold in one.gold)


def test_questions_of_one_wording_stay_together_also_where_quotes_may_part() -> None:
    many = [
        asked(str(i), Gold("甲", None, "同一句"), text=f"问 {i % 10}" if i % 2 else f"问{i % 10}") for i in range(40)
    ]
    made = folds(many, alike="question")
    assert all(fold for fold in made)
    where = {bare: {n for n, fold in enumerate(made) for i in fold if i % 10 == bare} for bare in range(10)}
    assert all(len(numbers) == 1 for numbers in where.values())


def test_folds_are_the_same_each_time_and_others_for_another_seed() -> None:
    lone = [asked(str(i)) for i in range(40)]
    assert folds(lone) == folds(lone)
    assert folds(lone, seed=1) != folds(lone)


def test_only_a_set_that_is_learned_from_is_taken_fold_by_fold() -> None:
    few = [asked(str(i)) for i in range(10)]
    assert folds_of(GoldSet("a", Path("a"), Path("b")), few) == [Fold(0, tuple(range(10)))]
    learned = folds_of(GoldSet("a", Path("a"), Path("b"), is_learned_from=True), few)
    assert Counter(i for fold in learned for i in fold.asked) == Counter(range(10))
    assert [len(fold.learned_from or ()) for fold in learned] == [8] * 5


# Kept vectors --------------------------------------------------------------------------------------------------


def test_what_was_embedded_once_is_never_embedded_again(tmp_path: Path) -> None:
    first = Letters()
    kept = Kept(first, tmp_path)
    expected = first.queries(["甲乙", "丙", "甲乙"])
    assert np.array_equal(kept.passages(["甲乙", "丙", "甲乙"]), expected)
    second = Letters()
    again = Kept(second, tmp_path)
    assert np.array_equal(again.passages(["丙", "丁", "甲乙"]), second.queries(["丙", "丁", "甲乙"]))
    assert second.seen == ["丁"]


def test_passages_and_queries_and_models_are_kept_apart(tmp_path: Path) -> None:
    Kept(Letters(), tmp_path).passages(["甲"])
    other = Letters("乙", "other/letters@1")
    assert np.array_equal(Kept(other, tmp_path).passages(["甲"]), other.queries(["甲"]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letters@1.passages", "other-letters@1.passages"]


def test_an_interruption_keeps_what_is_embedded_and_a_record_cut_short_is_dropped(tmp_path: Path) -> None:
    texts = [f"甲{i:04}" for i in range(600)]
    model = Letters()
    model.fails_after = 512
    with pytest.raises(KeyboardInterrupt):
        Kept(model, tmp_path).passages(texts)
    with (tmp_path / "letters@1.passages").open("ab") as file:
        file.write(b"half a record")
    rest = Letters()
    assert len(Kept(rest, tmp_path).passages(texts)) == 600
    assert len(rest.seen) == 600 - 512


# Systems -------------------------------------------------------------------------------------------------------


def test_an_article_with_its_items_is_one_hit_given_whole(material: Material) -> None:
    clauses, store = Clauses(material.index), material.index.store
    law = next(one for one in store.documents() if one.source == "滩涂.txt")
    of_path = {"/".join(clause.path): clause.id for clause in store.clauses(law.id)}
    items = [id for path, id in of_path.items() if "第二条" in path]
    assert len(items) == 3
    (article,) = clauses.folded(items)
    assert clauses.cited(article).path == "第二章/第二条"
    assert clauses.cited(article).text.endswith("向镇人民政府申请。")
    assert list(clauses.folded([of_path["第二章"], *items, of_path["第二章"]])) == [of_path["第二章"], article]


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_finds_the_sentence_and_gives_no_article_twice(name: str, material: Material) -> None:
    system = SYSTEMS[name](material, Fold(0, (0,)))
    found = system.search(asked("q", text="无证采挖的怎么处罚？"))
    assert "处五百元罚款" in found.hits[0].text
    assert "处五百元罚款" in found.evidence[0]
    places = [(hit.source, hit.path) for hit in found.hits if hit.path]
    assert len(places) == len(set(places))
    assert 0 < found.score < float("inf")


def test_term_search_alone_has_no_hit_without_a_common_term(material: Material) -> None:
    found = SYSTEMS["bm25"](material, Fold(0, (0,))).search(asked("q", text="xyz"))
    assert found == Ranking((), (), float("-inf"))


def test_chunks_are_the_document_text_without_a_path(material: Material) -> None:
    found = SYSTEMS["langchain-default"](material, Fold(0, (0,))).search(asked("q", text="采挖证"))
    assert {hit.path for hit in found.hits} == {""}
    assert {hit.text for hit in found.hits} == {LAW, NOTICE}


def test_questions_are_ranked_by_the_system_of_their_fold(docs: Path, tmp_path: Path) -> None:
    lines = [line(str(i), f"第{i}问：采挖证有效期多久？", "滩涂.txt", "采挖证有效期二年") for i in range(10)]
    gold = gold_file(tmp_path, *lines)
    made: list[Fold] = []

    def make(material: Material, fold: Fold) -> Whole:
        made.append(fold)
        return Whole(material)

    one = GoldSet("own", gold, docs, {"recall_at_5": 0.9}, is_learned_from=True)
    (section,) = run([one], {"tiaomu": make}, load(), cache=tmp_path / "c", model=Characters(), alike="question")
    assert [len(fold.asked) for fold in made] == [2] * 5
    assert all(len(fold.learned_from or ()) == 8 for fold in made)
    assert [one.question.id for one in section.rows["tiaomu"]] == [str(i) for i in range(10)]


class Whole:
    """A system that returns whole documents: it finds everything, and its hits are long."""

    def __init__(self, material: Material) -> None:
        store = material.index.store
        self.hits = tuple(Cited(one.source, "", store.parsed(one.id).text.characters) for one in store.documents())

    def search(self, question: Question) -> Ranking:
        return Ranking(tuple(hit.text for hit in self.hits), self.hits, 1.0)


# The whole run -------------------------------------------------------------------------------------------------


def line(id: str, question: str, doc: str | None, quote: str = "", clause: str | None = None) -> dict[str, object]:
    gold = [] if doc is None else [{"doc": doc, "clause": clause, "quote": quote}]
    return {"id": id, "type": "factual", "question": question, "answerable": doc is not None, "gold": gold}


def gold_file(folder: Path, *lines: dict[str, object]) -> Path:
    path = folder / "gold.jsonl"
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
    return path


LINES = (
    line("a", "采挖证有效期是多久？", "滩涂.txt", "采挖证有效期二年"),
    line("b", "停泊位由谁分配？", "渔港.txt", "停泊位由港口管理站分配", "一"),
    line("c", "台风期间怎么办？", "渔港.txt", "台风期间一律回港"),
    line("d", "幼儿园几点放学？", None),
)


def test_whole_documents_find_everything_and_the_length_of_a_hit_shows_it(docs: Path, tmp_path: Path) -> None:
    one = GoldSet("own", gold_file(tmp_path, *LINES), docs, {"recall_at_5": 0.9, AUC: 0.9})
    systems = {**SYSTEMS, "whole": lambda material, fold: Whole(material)}
    (section,) = run([one], systems, load(), cache=tmp_path / "cache", model=Characters())
    whole, product = section.figures["whole"], section.figures["tiaomu"]
    assert whole["recall_at_5"].value == 1.0
    lengths = sorted([len(LAW), len(NOTICE)])
    assert whole[LENGTH].value == sum(lengths) / 2
    assert product[LENGTH].value is not None
    assert product[LENGTH].value < lengths[0]
    assert whole[AUC].value == 0.5
    assert section.met("recall_at_5") is (
        product["recall_at_5"].value is not None and product["recall_at_5"].value >= 0.9
    )
    assert section.met("recall_at_10") is None
    assert section.beyond["recall_at_5"][0] in {"bm25", "dense", "langchain-default", "whole"}
    assert LENGTH not in section.beyond
    shown = table(section)
    assert "own: 3 题 questions + 1 题无文件" in shown
    assert "≥ .900" in shown


def test_a_second_run_embeds_nothing(docs: Path, tmp_path: Path) -> None:
    one = GoldSet("own", gold_file(tmp_path, *LINES), docs)
    systems = {name: SYSTEMS[name] for name in ("dense", "langchain-default")}
    first = [*run([one], systems, load(), cache=tmp_path / "cache", model=Letters())]
    idle = Letters()
    idle.fails_after = 0
    again = [*run([one], systems, load(), cache=tmp_path / "cache", model=idle)]
    assert again[0].figures == first[0].figures


def test_limit_takes_the_first_of_both_sorts(docs: Path, tmp_path: Path) -> None:
    one = GoldSet("own", gold_file(tmp_path, *LINES), docs)
    (section,) = run([one], {"bm25": SYSTEMS["bm25"]}, load(), cache=tmp_path / "c", model=Characters(), limit=1)
    assert [one.question.id for one in section.rows["bm25"]] == ["a", "d"]
    assert section.beyond == {}


def test_a_set_whose_files_are_not_there_is_skipped_with_the_reason(tmp_path: Path) -> None:
    known = gold_sets(tmp_path / "none")
    (section,) = run([known["laws"]], SYSTEMS, load(), cache=tmp_path / "c", model=Characters())
    assert section.skipped is not None
    assert "questions.jsonl" in section.skipped.en
    assert "跳过 skipped" in table(section)
    assert section.json()["questions"] == []


def test_the_report_holds_every_question_and_the_folds(docs: Path, tmp_path: Path) -> None:
    one = GoldSet("own", gold_file(tmp_path, *LINES), docs, is_learned_from=True)
    systems = {name: SYSTEMS[name] for name in ("tiaomu", "bm25")}
    (section,) = run([one], systems, load(), cache=tmp_path / "c", model=Characters())
    written = json.loads(json.dumps(section.json()))
    assert [each["id"] for each in written["questions"]] == ["a", "b", "c", "d"]
    assert written["questions"][0]["bm25"]["gold_ranks"] == [1]
    assert written["questions"][3]["bm25"]["score"] is None or written["questions"][3]["bm25"]["score"] > 0
    assert sorted(i for fold in written["folds"] for i in fold) == [0, 1, 2, 3]
    assert written["beyond_best_baseline"]["recall_at_1"]["baseline"] == "bm25"


def test_the_issue_s_targets_are_those_of_the_sets() -> None:
    targets = {name: dict(one.targets) for name, one in gold_sets().items() if one.targets}
    assert targets == {
        "gold_dev": {"recall_at_5": 0.95},
        "policies": {"inside_1000": 0.9, "inside_3300": 0.97, "auc": 0.95},
        "laws": {"recall_at_10": 0.76, "recall_at_100": 0.93, "mrr_at_10": 0.65},
    }
    assert {name for name, one in gold_sets().items() if one.is_learned_from} == {"laws", "policies"}


def test_a_missed_target_is_marked() -> None:
    one = GoldSet("own", Path("a"), Path("b"), {"recall_at_5": 0.9})
    about = {"answerable": 2, "unanswerable": 0, "counts": {"documents": 1}, "folds_by": None}
    for value, mark in ((0.89, "✗"), (0.9, "✓")):
        section = Section(one, {"tiaomu": {"recall_at_5": Figure(value, 0.8, 0.95, 2)}}, about=about)
        assert section.met("recall_at_5") is (mark == "✓")
        assert table(section).splitlines()[2].startswith(f"{mark} R@5")


# The command line ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["--set", "lawz"], "lawz"),
        (["--system", "bm26"], "bm26"),
        (["--gold", "a.jsonl"], "--docs"),
        (["--docs", "b"], "--gold"),
        (["--folds", "sentence"], "sentence"),
        (["--limit", "0"], "limit"),
    ],
)
def test_wrong_usage_is_named(given: list[str], named: str) -> None:
    done = CliRunner().invoke(app, ["retrieval", *given])
    assert done.exit_code == 2
    assert named in done.output


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.retrieval.embedder", lambda _: Characters())


@pytest.mark.usefixtures("toy")
def test_own_questions_by_the_command(docs: Path, tmp_path: Path) -> None:
    given = ["--gold", str(gold_file(tmp_path, *LINES)), "--docs", str(docs), "--system", "bm25"]
    given += ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, ["retrieval", *given])
    assert done.exit_code == 0, done.output
    (section,) = json.loads((tmp_path / "out" / "retrieval.json").read_text(encoding="utf-8"))
    assert section["set"] == "own"
    assert section["figures"]["bm25"]["recall_at_10"]["n"] == 3


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(("quote", "status"), [("贝类采挖申请由第七站办理", 0), ("罚款五百元", 1)])
def test_a_missed_target_fails_where_that_is_wanted(tmp_path: Path, quote: str, status: int) -> None:
    stations = "".join(f"第{n}条　贝类采挖申请由第{n}站办理。\n" for n in "一二三四五六七八九")
    written(tmp_path / "corpus", 站=f"采挖站设置\n{stations}第十条　罚款五百元。")
    (tmp_path / "eval").mkdir()
    question = line("a", "贝类采挖申请由第七站办理吗？", "站.txt", quote)
    gold_file(tmp_path, question).rename(tmp_path / "eval" / "gold_dev.jsonl")
    given = ["--shared", str(tmp_path), "--cache", str(tmp_path / "c"), "--set", "gold_dev", "--system", "tiaomu"]
    assert CliRunner().invoke(app, ["retrieval", *given, "--strict"]).exit_code == status
    assert CliRunner().invoke(app, ["retrieval", *given]).exit_code == 0


def test_a_set_that_is_not_there_misses_nothing(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["retrieval", "--set", "laws", "--shared", str(tmp_path), "--strict"])
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "laws")


def test_what_is_not_installed_is_said_before_the_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "langchain_text_splitters", None)
    with pytest.raises(MissingExtra, match=r"\[eval\]"):
        [*run([], SYSTEMS, load(), cache=tmp_path)]
