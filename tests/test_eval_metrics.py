"""eval.metrics: answers scored by hand for every rule, systems that must score badly, figures and their intervals."""

import doctest
import random
from dataclasses import replace
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eval.gold
import eval.metrics
import eval.table
from eval.gold import Gold, Question
from eval.metrics import NAMES, Cited, Figure, Outcome, agrees, figure, holds, measured, plain, ranks, wanted

HERE = frozenset({"甲.txt"})
GOLD = Gold("甲.txt", "二/7", "实际办件比例达30%", HERE)
ASKED = Question("q", "factual", "比例多少？", gold=(GOLD,), facts=(("30%",),), answer="30%")
SILENT = Question("u", "unanswerable", "火星？", answerable=False)
RIGHT = Cited("甲.txt", "二、/7.", "7. 实际办件\n比例达３０％，实现")
OTHER = Cited("甲.txt", "二、/8.", "8. 优化监管")


def outcome(question: Question = ASKED, answer: str = "达30%[1]。", *cited: Cited, refused: bool = False) -> Outcome:
    return Outcome(question, answer, refused, cited, cited, 10.0)


def value(name: str, *outcomes: Outcome) -> float | None:
    return measured(outcomes)[name].value


@pytest.mark.parametrize("module", [eval.gold, eval.metrics, eval.table], ids=lambda module: module.__name__)
def test_the_worked_examples(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0


# Facts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "answer", "there"),
    [
        ("5", "15件", False), ("5", "5.2件", False), ("5", "0.5件", False), ("5", "5,000件", False), ("5", "共5件", True),
        ("5", "[5]", False), ("5", "1.5.2", False), ("000", "5,000", False), ("5", "50", False), ("5", "达到5。", True),
        ("5", "5、6两月", True), ("5", "5，6两月", True), ("38", "窗口38，52项", True), ("52", "窗口38，52项", True),
        ("5,000", "约5,000元", True), ("5000", "5,000元", False), ("0.5", "0.5个", True), ("0.5", "10.5个", False),
        ("35", "九个部分、35条[1]", True), ("162", "1620名", False), ("52", "52个", True), ("5", "2022.5", False),
        ("38个", "38 个窗口", True), ("30%", "达３０％", True), ("96.6%", "96.6％", True), ("市监察局", "市 监察\n局", True),
        ("苏府呈〔2022〕5号", "苏府呈〔2022〕5号[1]", True), ("在编", "编在", False), ("5", "５", True),
    ],
)  # fmt: skip
def test_facts(fact: str, answer: str, there: bool) -> None:
    assert holds(fact, answer) is there


def test_a_mark_does_not_split_a_fact() -> None:
    assert holds("一律取消，做到", "一律取消[1]，做到")
    assert holds("取消做到", "取消[1][12]做到")


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_number_is_found_as_itself_and_in_no_other(asked: int, said: int) -> None:
    assert holds(str(asked), f"共有{said}件") is (asked == said)


def test_all_facts_are_needed_and_one_alternative_of_each() -> None:
    both = replace(ASKED, facts=(("5年", "五年"), ("30%",)))
    assert value("fact_accuracy", outcome(both, "五年，30%")) == 1
    assert value("fact_accuracy", outcome(both, "五年")) == 0
    assert value("fact_accuracy", outcome(both, "30%")) == 0


def test_a_refusal_misses_its_facts_and_a_question_without_facts_does_not_count() -> None:
    assert value("fact_accuracy", outcome(ASKED, "不是30%吗", refused=True)) == 0
    assert value("fact_accuracy", outcome(replace(ASKED, facts=()), "")) is None
    assert value("fact_accuracy", outcome(replace(SILENT, facts=(("x",),)), "x")) is None


# Citations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cited", "gold", "hit"),
    [
        (RIGHT, GOLD, True),
        (replace(RIGHT, text="别的"), GOLD, True),  # by its path alone
        (replace(RIGHT, path="三、"), GOLD, True),  # by its quote alone
        (replace(RIGHT, source="乙.txt"), GOLD, False),
        (OTHER, GOLD, False),
        (replace(RIGHT, path="二、", text="别的"), GOLD, False),
        (replace(RIGHT, path="二、/7./（一）", text="别的"), GOLD, False),
        (replace(RIGHT, text="别的"), replace(GOLD, clause=None), False),
        (RIGHT, replace(GOLD, clause=None), True),
        (Cited("甲.txt", "header", "别的"), replace(GOLD, clause="header"), True),
        (Cited("甲.txt", "footer", "别的"), replace(GOLD, clause="header"), False),
        (RIGHT, replace(GOLD, sources=frozenset()), False),
    ],
)
def test_a_citation_hits_by_quote_or_by_path_in_the_same_document(cited: Cited, gold: Gold, hit: bool) -> None:
    assert agrees(cited, gold) is hit


@pytest.mark.parametrize(
    ("path", "normal"),
    [("一、/(一)/三是", "一/(一)/三是"), ("附件/（三）/13．", "附件/(三)/13"), ("第 三 条", "第三条"), ("１：", "1")],
)
def test_labels_in_normal_form(path: str, normal: str) -> None:
    assert plain(path) == normal == plain(normal)


def test_brackets_tell_labels_apart() -> None:
    assert plain("（一）") != plain("一")


def test_entries_of_one_clause_count_once() -> None:
    twice = replace(ASKED, gold=(GOLD, replace(GOLD, quote="另一句"), replace(GOLD, clause="三", quote="第三句")))
    assert [len(group) for group in wanted(twice)] == [2, 1]
    assert ranks(twice, [RIGHT]) == [1, None]
    assert value("citation_recall", outcome(twice, "", RIGHT)) == 0.5
    second = replace(RIGHT, path="九", text="另一句")
    assert value("citation_recall", outcome(twice, "", second)) == 0.5


def test_one_of_any_gold_is_enough() -> None:
    either = replace(ASKED, gold=(GOLD, replace(GOLD, clause="三", quote="第三句")), any_gold=True)
    assert value("citation_recall", outcome(either, "", RIGHT)) == 1
    assert value("recall_at_1", outcome(either, "", RIGHT)) == 1
    assert value("citation_recall", outcome(either, "", OTHER)) == 0


def test_recall_is_a_share_of_clauses_and_retrieval_a_mean_of_questions() -> None:
    two = replace(ASKED, gold=(GOLD, Gold("甲.txt", "九", "没有", HERE)))
    pair = [outcome(two, "", RIGHT), outcome(ASKED, "", RIGHT)]
    assert value("citation_recall", *pair) == 2 / 3
    assert value("recall_at_1", *pair) == 0.75


def test_precision_counts_citations_on_answerable_questions_only() -> None:
    assert value("citation_precision", outcome(ASKED, "", RIGHT, OTHER), outcome(SILENT, "", OTHER)) == 0.5
    assert value("citation_precision", outcome(ASKED, "")) is None
    assert value("citation_length", outcome(ASKED, "", RIGHT, OTHER)) == (len(RIGHT.text) + len(OTHER.text)) / 2


# Refusals, retrieval -------------------------------------------------------------------------------------------


def test_refusals() -> None:
    five = [outcome(refused=True), outcome(), outcome(SILENT, refused=True), outcome(SILENT), outcome(SILENT)]
    assert value("refusal_precision", *five) == 1 / 2
    assert value("refusal_recall", *five) == 1 / 3
    assert value("refusal_f1", *five) == pytest.approx(2 / (1 / (1 / 2) + 1 / (1 / 3)))


def test_refusals_of_nothing_have_no_value() -> None:
    assert [value(name, outcome()) for name in ("refusal_precision", "refusal_recall", "refusal_f1")] == [None] * 3
    assert value("refusal_f1", outcome(SILENT)) == 0


def test_retrieval() -> None:
    two = replace(ASKED, gold=(GOLD, Gold("甲.txt", "二/8", "优化监管", HERE)))
    ranked = Outcome(two, hits=(OTHER, replace(OTHER, path="九", text="九"), RIGHT))
    assert value("recall_at_1", ranked) == 0.5
    assert value("recall_at_5", ranked) == 1
    assert value("mrr_at_10", ranked) == 1
    assert value("mrr_at_10", replace(ranked, hits=ranked.hits[1:])) == 0.5


def test_depths_are_kept() -> None:
    far = Outcome(ASKED, hits=(*[OTHER] * 10, RIGHT))
    assert [value(f"recall_at_{k}", far) for k in (1, 5, 10, 100)] == [0, 0, 0, 1]
    assert value("mrr_at_10", far) == 0
    assert value("mrr_at_10", replace(far, hits=far.hits[1:])) == 0.1


def test_latency() -> None:
    outcomes = [replace(outcome(), ms=float(ms)) for ms in range(1, 102)]
    assert value("latency_p50_ms", *outcomes) == 51
    assert value("latency_p95_ms", *outcomes) == 96


def test_systems_that_must_score_badly() -> None:
    refuses = [outcome(refused=True, answer="不作回答"), outcome(SILENT, "不作回答", refused=True)]
    assert (value("fact_accuracy", *refuses), value("citation_recall", *refuses)) == (0, 0)
    assert value("refusal_precision", *refuses) == 0.5
    everything = [replace(OTHER, path=f"{i}", text=str(i)) for i in range(99)]
    assert value("citation_precision", outcome(ASKED, "", RIGHT, *everything)) == 0.01
    whole = Cited("甲.txt", "二", RIGHT.text + "略" * 5000)
    assert value("citation_recall", outcome(ASKED, "", whole)) == 1
    assert value("citation_length", outcome(ASKED, "", whole)) == len(whole.text)  # what gives it away
    answers = [outcome(SILENT, "共30%"), outcome(ASKED, ASKED.question)]
    assert value("refusal_recall", *answers) == 0
    assert value("fact_accuracy", *answers) == 0


# Figures -------------------------------------------------------------------------------------------------------


def test_two_runs_are_identical_and_the_interval_holds_the_value() -> None:
    outcomes = [outcome(ASKED, "30%", RIGHT), outcome(ASKED, "不知道", OTHER), outcome(SILENT, refused=True)] * 5
    assert measured(outcomes) == measured(outcomes)
    assert tuple(measured(outcomes)) == NAMES
    found = measured(outcomes)["fact_accuracy"]
    assert found == Figure(0.5, found.low, found.high, 10)
    assert found.low is not None
    assert found.high is not None
    assert 0.1 <= found.low < 0.5 < found.high <= 0.9


def test_a_figure_does_not_depend_on_the_others() -> None:
    """A new metric may not move the intervals of the rest: each draws for itself."""
    outcomes = [outcome(ASKED, "30%", RIGHT), outcome(ASKED, "", OTHER), outcome(SILENT)] * 3
    alone = figure(map(eval.metrics.mrr_at_10, outcomes), lambda values: float(values.mean()))
    assert measured(outcomes)["mrr_at_10"] == alone


def test_intervals_come_from_questions_as_a_plain_resampling_does() -> None:
    values = [[1.0] * 9, [0.0], [1.0], [0.0] * 4, [1.0, 0.0], [1.0]]
    drawn = []
    source = random.Random(1)
    for _ in range(20_000):
        taken = [one for values_of in source.choices(values, k=len(values)) for one in values_of]
        drawn.append(sum(taken) / len(taken))
    drawn.sort()
    found = figure(values, lambda taken: float(taken.mean()), resamples=4000)
    assert found.n == 6
    assert found.value == pytest.approx(12 / 18)
    assert found.low == pytest.approx(drawn[500], abs=0.03)
    assert found.high == pytest.approx(drawn[19_500], abs=0.03)


def test_a_run_without_outcomes_has_no_values() -> None:
    assert set(measured([]).values()) == {Figure(None, None, None, 0)}


# Against trec_eval ---------------------------------------------------------------------------------------------


def ranked(random_: random.Random, hits: int, wanted_clauses: int) -> Outcome:
    """A question whose wanted clauses stand anywhere among its hits, or nowhere."""
    every = range(2 * (hits + wanted_clauses))
    labels, golden = random_.sample(every, hits), random_.sample(every, wanted_clauses)
    gold = tuple(Gold("甲.txt", f"第{n}条", f"只在{n}号里", HERE) for n in golden)
    found = tuple(Cited("甲.txt", f"第{n}条", f"第{n}条 …") for n in labels)
    return Outcome(Question("q", "factual", "?", gold=gold), hits=found)


def test_recall_and_mrr_are_those_of_trec_eval() -> None:
    trec = pytest.importorskip("pytrec_eval", reason="trec_eval is not installed here")
    drawn = random.Random(3)
    runs = [ranked(drawn, drawn.randint(1, 120), drawn.randint(1, 12)) for _ in range(200)]
    wanted_of = {str(i): {str(gold.clause): 1 for gold in one.question.gold} for i, one in enumerate(runs)}
    found_of = {
        str(i): {hit.path: float(1000 - place) for place, hit in enumerate(one.hits or ())}
        for i, one in enumerate(runs)
    }
    told = trec.RelevanceEvaluator(wanted_of, {"recall.1,5,10,100", "recip_rank"}).evaluate(found_of)
    for k in (1, 5, 10, 100):
        assert value(f"recall_at_{k}", *runs) == pytest.approx(sum(one[f"recall_{k}"] for one in told.values()) / 200)
    cut = [one["recip_rank"] if one["recip_rank"] >= 0.1 else 0.0 for one in told.values()]  # rank 10 is the last
    assert value("mrr_at_10", *runs) == pytest.approx(sum(cut) / 200)


def test_what_a_system_does_not_tell_does_not_count() -> None:
    told = outcome(ASKED, "30%[1]", RIGHT)
    silent = replace(told, hits=None, ms=None)
    for name in ("recall_at_1", "recall_at_100", "mrr_at_10", "latency_p50_ms"):
        assert measured([silent])[name] == Figure(None, None, None, 0)
        assert measured([told, silent])[name].n == 1
    assert value("fact_accuracy", silent) == 1
