"""eval projection, weights and learn: what is learned on toy problems, and from which questions."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from toys import Characters, written

from eval import projection, weights
from eval.folds import folds
from eval.learn import Lessons
from eval.projection import Pairs
from eval.retrieval import GoldSet
from eval.weights import Ordering
from rag.candidates import FIGURES
from rag.embed import Vectors, unit
from rag.learned import Array, Learned
from rag.retrieve import Retriever
from rag.score import PLAIN
from rag.settings import load

pytestmark = pytest.mark.model  # not the model, but torch: seconds to import


# The projection ------------------------------------------------------------------------------------------------


def turned(n: int = 600) -> Pairs:
    """Questions of 4 dimensions, each turned by 26° in a plane away from the one passage of 40 that answers it."""
    draw = np.random.default_rng(1)
    passages = unit(draw.normal(size=(40, 4)).astype(np.float32))
    turn = np.eye(4, dtype=np.float32)
    turn[:2, :2] = [[0.9, 0.436], [-0.436, 0.9]]
    wanted = draw.integers(0, 40, n)
    return Pairs(unit(passages[wanted] @ turn), [[[int(row)]] for row in wanted], passages)


def likelihood(pairs: Pairs, moved: Array, shift: Array) -> float:
    """The mean log of the softmax that the wanted rows take, in a plain loop; of one row a clause, one clause a question."""
    total = 0.0
    for question, clauses in zip(pairs.questions, pairs.wanted, strict=True):
        vector = question @ moved + shift
        cosines = pairs.passages @ (vector / np.linalg.norm(vector)) / 0.015
        total += cosines[clauses[0][0]] - cosines.max() - np.log(np.exp(cosines - cosines.max()).sum())
    return total / len(pairs.wanted)


def test_the_learned_map_raises_what_the_wanted_take() -> None:
    pairs = turned()
    made, shift = projection.learned([pairs])
    assert (made.shape, shift.shape) == ((4, 4), (4,))
    nothing = np.eye(4, dtype=np.float32), np.zeros(4, np.float32)
    assert likelihood(pairs, made, shift) > likelihood(pairs, *nothing) + 0.2
    assert made[0, 1] < -0.03 < 0.03 < made[1, 0]  # it turns back


def test_the_same_pairs_and_seed_give_the_same_map() -> None:
    pairs = [turned(200)]
    first, again, other = (projection.learned(pairs, seed) for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first[0] != other[0]).any()


def test_what_counts_nothing_leaves_the_question_where_it_is() -> None:
    pairs = turned(150)
    made, shift = projection.learned([Pairs(pairs.questions, pairs.wanted, pairs.passages, weight=0)])
    np.testing.assert_array_equal(made, np.eye(4))
    np.testing.assert_array_equal(shift, np.zeros(4))


def test_of_a_clause_with_several_pieces_any_will_do() -> None:
    passages = np.eye(4, dtype=np.float32)
    questions = unit(np.array([[0.9, 0, 1, 0]], np.float32).repeat(300, axis=0))
    before = float(questions[0] @ passages[0])
    both, _ = projection.learned([Pairs(questions, [[[0, 1]]] * 300, passages)])
    moved = unit(questions[:1] @ both)[0]
    assert moved[0] > before + 0.02  # towards the piece that is near
    assert abs(moved[1]) < 0.02  # and not to the far one as well
    each, _ = projection.learned([Pairs(questions, [[[0], [1]]] * 300, passages)])
    assert unit(questions[:1] @ each)[0][1] > moved[1] + 0.02  # two clauses are both wanted


# The networks --------------------------------------------------------------------------------------------------


def orderings(seed: int, n: int, weight: float = 1.0, sign: float = 1.0) -> list[Ordering]:
    """Questions of 3 to 8 candidates, of which those are wanted whose second figure is high (or low); two are noise."""
    draw = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        m = int(draw.integers(3, 9))
        figures = draw.normal(size=(m, 3)).astype(np.float32)
        wanted = np.arange(m) < draw.integers(1, 3)
        figures[:, 1] = sign * np.where(wanted, 1.0, -1.0) + draw.uniform(-0.3, 0.3, m)
        made.append(Ordering(figures, wanted, weight))
    return made


def are_first(network: Callable[[Array], Array], questions: Sequence[Ordering]) -> bool:
    """Whether the wanted stand before all others."""
    return all(network(one.figures)[one.wanted].min() > network(one.figures)[~one.wanted].max() for one in questions)


def test_the_wanted_are_put_first() -> None:
    network = weights.order(orderings(1, 80))
    assert network.inner.shape[0] == len(network.mean) == 3
    assert are_first(network, orderings(2, 50))


def test_a_question_counts_what_it_weighs() -> None:
    network = weights.order([*orderings(1, 60), *orderings(2, 60, weight=1e-4, sign=-1.0)])
    assert are_first(network, orderings(3, 50))


def chances(*shares: float, n: int = 200) -> tuple[Array, np.ndarray]:
    """`n` clauses for each share, one figure that is their number, of which that share answers."""
    figures = np.repeat(np.arange(len(shares), dtype=np.float32), n)[:, None]
    return figures, np.concatenate([np.arange(n) < share * n for share in shares])


def test_the_odds_are_those_with_which_it_answers() -> None:
    figures, is_answer = chances(0.1, 0.4, 0.9)
    network = weights.answers(figures, is_answer, np.ones(len(figures), np.float32))
    odds = network(np.array([[0], [1], [2]], np.float32))
    assert (1 / (1 + np.exp(-odds))).tolist() == pytest.approx([0.1, 0.4, 0.9], abs=0.08)  # weights decay


def test_what_weighs_three_times_counts_three_times() -> None:
    figures, is_answer = chances(0.5, 0.5)
    network = weights.answers(figures, is_answer, np.where(is_answer, 3, 1).astype(np.float32))
    odds = network(np.array([[0], [1]], np.float32))
    assert (1 / (1 + np.exp(-odds))).tolist() == pytest.approx([0.75, 0.75], abs=0.08)


def test_the_same_figures_give_the_same_networks() -> None:
    first, again = weights.order(orderings(1, 20), 5), weights.order(orderings(1, 20), 5)
    np.testing.assert_array_equal(first.inner, again.inner)
    figures, is_answer = chances(0.2, 0.7)
    made = [weights.answers(figures, is_answer, np.ones(len(figures), np.float32), seed) for seed in (5, 5, 6)]
    np.testing.assert_array_equal(made[0].outer, made[1].outer)
    assert (made[0].outer != made[2].outer).any()


# From questions to weights -------------------------------------------------------------------------------------

THINGS = {
    "港": ("渔船停泊费", "渔船进港登记", "港池清淤", "台风避风", "码头照明", "渔网晾晒", "加油车进场", "夜间值守", "冰块供应"),
    "滩": ("采贝证", "贝苗投放", "滩涂围栏", "赶海安全", "退潮时刻", "泥螺采挖", "礁石养护", "海草移植", "滩长巡查"),
}  # fmt: skip
"""Two collections, each of three documents, each of three articles."""


def collection(folder: Path, name: str) -> GoldSet:
    """Documents of nine articles, each with two questions in other words and an answer in words of its own."""
    documents, lines = {}, []
    for number in range(3):
        things = THINGS[name][3 * number : 3 * number + 3]
        rules = [f"{thing}由{name}区{thing[0]}字站负责办理，每月公布一次。" for thing in things]
        labels = ("第一条", "第二条", "第三条")
        title = f"{name}区{things[0]}规定"
        file = f"{name}{number}"
        documents[file] = "\n".join([title, *(f"{a}　{b}" for a, b in zip(labels, rules, strict=True))])
        for label, thing, rule in zip(labels, things, rules, strict=True):
            lines += [
                {
                    "id": f"{file}/{label}/{asked}",
                    "type": "factual",
                    "question": f"{thing}{asked}",
                    "answerable": True,
                    "gold": [{"doc": f"{file}.txt", "clause": label, "quote": rule[:-1]}],
                    "answer": f"关于{thing}{asked[:-1]}的事，您去找带{thing[0]}字的那个站，他们每个月都会贴出来。",
                }
                for asked in ("归谁管？", "去哪个站问？")
            ]
    lines.append(
        {"id": f"{name}/none", "type": "factual", "question": f"{name}区的幼儿园几点放学？", "answerable": False}
    )
    gold = folder / f"{name}.jsonl"
    gold.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
    return GoldSet(name, gold, written(folder / name, **documents), is_learned_from=True)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> list[GoldSet]:
    folder = tmp_path_factory.mktemp("sets")
    return [collection(folder, name) for name in THINGS]


class Spy(Characters):
    """An embedder that knows what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def queries(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().queries(texts)


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[Pairs]]]:
    """The pairs from which each projection was learned, one after another."""
    seen: list[list[Pairs]] = []
    learn = projection.learned

    def spied(pairs: Sequence[Pairs], seed: int = 0) -> tuple[Array, Array]:
        seen.append(list(pairs))
        return learn(pairs, seed)

    monkeypatch.setattr(projection, "learned", spied)
    yield seen


def questions(one: GoldSet) -> list[dict[str, str]]:
    return [json.loads(line) for line in one.gold.read_text(encoding="utf-8").splitlines()]


def held(lessons: Lessons, fold: int) -> list[str]:
    """The questions of a fold of each set, with what is answered to them."""
    found = []
    for one in lessons._collections:
        asked = [example.question for example in one.examples]
        found += [text for i in folds(asked, alike="question")[fold] for text in (asked[i].question, asked[i].answer)]
    return [text for text in found if text]


def test_what_is_learned_fits_the_figures(sets: list[GoldSet], tmp_path: Path) -> None:
    made = Lessons(sets, load(), tmp_path, model=Characters()).all()
    assert made.fingerprint == "characters@1"
    assert made.projection.shape == (256, 256)
    assert made.questions.shape == (36, 256)  # those that have an answer
    assert sorted(set(made.question_of.tolist())) == list(range(36))
    assert made.texts.shape == (len(made.question_of), 256)
    columns = {name: len(getattr(made, name).mean) for name in ("order", "answers", "plain_order", "plain_answers")}
    n, plain = len(FIGURES), len(PLAIN)
    assert columns == {"order": n, "answers": n + 2, "plain_order": plain, "plain_answers": plain + 2}
    assert all(np.isfinite(getattr(made, name).outer).all() for name in columns)


def test_a_fold_s_questions_are_never_looked_at(sets: list[GoldSet], tmp_path: Path, taught: list[list[Pairs]]) -> None:
    model = Spy()
    lessons = Lessons(sets, load(), tmp_path, model=model)
    left_out = held(lessons, 0)
    assert len(left_out) >= 4
    lessons.without(0)
    assert not {text for text in model.asked if any(one in text or text in one for one in left_out)}
    vectors = Characters().queries(left_out)
    for pairs in taught:
        for one in pairs:
            assert (one.questions @ vectors.T).max() < 0.999
    everything = {one["question"] for each in sets for one in questions(each)}
    assert everything - set(left_out) <= set(model.asked)


def test_figures_are_made_with_projections_that_did_not_see_the_question(
    sets: list[GoldSet], tmp_path: Path, taught: list[list[Pairs]]
) -> None:
    lessons = Lessons(sets[:1], load(), tmp_path, model=Characters())
    lessons.all()
    *inner, whole = taught
    every = [one["question"] for one in questions(sets[0]) if one["answerable"]]
    vectors = Characters().queries(every)

    def seen(pairs: list[Pairs]) -> set[int]:
        return {i for i, vector in enumerate(vectors) for one in pairs if (one.questions @ vector).max() > 0.999}

    assert seen(whole) == set(range(len(every)))
    unseen = [set(range(len(every))) - seen(pairs) for pairs in inner]
    assert sorted(i for part in unseen for i in part) == list(range(len(every)))  # each is left out once
    assert len(unseen) >= 2


def test_figures_as_for_a_user_s_own_documents_come_from_the_other_sets_alone(
    sets: list[GoldSet], tmp_path: Path, taught: list[list[Pairs]]
) -> None:
    Lessons(sets, load(), tmp_path, model=Characters()).all()
    asked = [Characters().queries([one["question"] for one in questions(each) if one["answerable"]]) for each in sets]
    for home, pairs in enumerate(taught[: len(sets)]):
        for i, vectors in enumerate(asked):
            known = max(float((one.questions @ vectors.T).max()) for one in pairs)
            assert (known > 0.999) == (i != home)


def test_parts_are_asked_what_they_answer_and_as_much_that_they_do_not(sets: list[GoldSet], tmp_path: Path) -> None:
    lessons = Lessons(sets[:1], load(), tmp_path, model=Characters())
    whole = lessons._collections[0]
    assert sum(len(part.ids) for part in whole.parts) == 2 * len(whole.ids)  # dealt by chance, and by likeness
    for part in whole.parts:
        answered = [one for one in part.examples if one.groups]
        assert len(answered) == 6 * len(part.ids)  # of three articles, two questions each
        others = [one for one in part.examples if not one.groups]
        assert len(others) <= max(len(answered), 2)
        if len(part.ids) < len(whole.ids):
            assert others


def test_weights_are_learned_once(sets: list[GoldSet], tmp_path: Path, taught: list[list[Pairs]]) -> None:
    first = Lessons(sets, load(), tmp_path, model=Characters()).all()
    times = len(taught)
    assert times >= 3  # for each inner fold, then from all
    again = Lessons(sets, load(), tmp_path, model=Characters())
    np.testing.assert_array_equal(again.all().projection, first.projection)
    assert len(taught) == times
    assert len([*(tmp_path / "learned").iterdir()]) == 1
    other = again.without(1)
    assert len(taught) == 2 * times
    assert (other.projection != first.projection).any()


def test_the_same_questions_give_the_same_weights(sets: list[GoldSet], tmp_path: Path) -> None:
    made: list[Learned] = [Lessons(sets, load(), tmp_path / str(i), model=Characters()).all() for i in range(2)]
    np.testing.assert_array_equal(made[0].projection, made[1].projection)
    np.testing.assert_array_equal(made[0].order.inner, made[1].order.inner)
    np.testing.assert_array_equal(made[0].plain_answers.outer, made[1].plain_answers.outer)


def test_sets_that_are_not_there_or_not_to_learn_from_teach_nothing(
    sets: list[GoldSet], tmp_path: Path, taught: list[list[Pairs]]
) -> None:
    absent = GoldSet("无", tmp_path / "none.jsonl", tmp_path, is_learned_from=True)
    measured = GoldSet("量", sets[1].gold, sets[1].docs)
    Lessons([sets[0], absent, measured], load(), tmp_path, model=Characters()).all()
    assert len(taught[-1][0].questions) == 18  # those of the first set that have an answer


def test_what_was_learned_finds_what_is_asked_for(sets: list[GoldSet], tmp_path: Path) -> None:
    lessons = Lessons(sets, load(), tmp_path, model=Characters())
    made = lessons.all()
    first = 0
    for one in lessons._collections:
        retriever = Retriever(one.material.index, one.material.model, one.material.settings, made)
        units = one.material.index.store.units()
        for example in one.examples:
            if example.groups:
                best = retriever.search(example.query, 1)[0].hit.clause.id
                first += best in {units.clauses[i] for group in example.groups for i in group}
    assert first >= 34  # of 36
