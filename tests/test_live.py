import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from toys import Characters, Letters, written

from rag import generation, index, settings
from rag.answer import Answerer
from rag.errors import IndexFault, NoIndex
from rag.exchange import roll_back
from rag.live import Live
from rag.settings import Settings

RULE = "{place}办法\n\n第一条  申请甲补贴的，应当年满十八周岁。\n\n第二条  第{n}次公布，第{n}次施行。\n"


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return settings.load({}, index=tmp_path / "index", embedding="characters")


def build(place: Settings, n: int) -> None:
    docs = written(place.index.parent / "docs", **{name: RULE.format(place=name, n=n) for name in ("甲区", "乙区")})
    index.build([docs], place, embedder=Characters())


def test_a_question_sees_the_newest_generation(place: Settings) -> None:
    build(place, 1)
    live = Live(place, Characters())
    with live.held() as first:
        assert first.manifest.generation == 1
    build(place, 2)
    with live.held() as second:
        assert second.manifest.generation == live.index.manifest.generation == 2
    with pytest.raises(Exception, match="closed"):
        first.store.counts()
    with live.held() as same:
        assert same is second
    live.close()


def test_who_is_being_answered_keeps_what_they_began_with(place: Settings) -> None:
    build(place, 1)
    live = Live(place, Characters())
    with live.held() as first:
        build(place, 2)
        build(place, 3)
        build(place, 4)  # the files of generation 1 are gone by now
        with live.held() as newest:
            assert newest.manifest.generation == 4
        assert first.store.clauses(first.store.documents()[0].id)
        assert first.vectors.rows([0]).shape == (1, 256)
        assert first.terms.search("公布", 3)[0].size
    with pytest.raises(Exception, match="closed"):
        first.store.counts()
    live.close()


def test_a_generation_that_cannot_be_used_is_warned_of_once(place: Settings, caplog: pytest.LogCaptureFixture) -> None:
    build(place, 1)
    live = Live(place, Characters())
    index.build([place.index.parent / "docs"], place, embedder=Letters(), rebuild=True)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with live.held() as one:
                assert one.manifest.generation == 1
                assert one.store.documents()
    assert len(caplog.records) == 1
    assert "letters@1" in caplog.text and "generation 1 stays in use" in caplog.text
    roll_back_by_hand(place)
    with live.held() as one:
        assert one.manifest.generation == 1
    assert len(caplog.records) == 1
    live.close()


def roll_back_by_hand(place: Settings) -> None:
    used, before = generation.numbers(place.index)
    assert before is not None
    generation.point(place.index, before, used)


def test_an_index_that_is_not_there_cannot_be_followed(place: Settings) -> None:
    with pytest.raises(NoIndex):
        Live(place, Characters())


def test_an_answerer_sees_what_was_built_after_it_was_opened(place: Settings) -> None:
    build(place, 1)
    answerer = Answerer(Live(place, Characters()), Characters(), place)
    english = answerer.with_settings(place.model_copy(update={"language": "en"}))
    assert len(answerer.documents()) == 2
    written(place.index.parent / "docs", 丙区=RULE.format(place="丙区", n=9))
    index.build([place.index.parent / "docs"], place, embedder=Characters())
    hits = answerer.search("丙区办法第二条第9次公布")
    assert "第9次公布" in hits[0].clause.text
    assert len(answerer.documents()) == len(english.documents()) == 3
    assert answerer.index.manifest.generation == 2
    assert answerer.source(hits[0].document.id).document.title == "丙区办法"


def test_a_running_stream_ends_on_its_own_generation(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    build(place, 1)
    answerer = Answerer(Live(place, Characters()), Characters(), place)
    answers = Answerer._answers

    def twice(self: Answerer, *given: object) -> Iterator[object]:
        yield from answers(self, *given)  # type: ignore[arg-type]
        yield from answers(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Answerer, "_answers", twice)
    stream = answerer.stream("甲区办法第二条是什么？")
    first = next(stream)
    for n in (2, 3, 4):
        build(place, n)
    assert "第4次" in answerer.ask("甲区办法第二条是什么？").answer
    assert next(stream).answer == first.answer
    assert "第1次" in first.answer


def test_eight_readers_see_each_of_twenty_rebuilds_whole(place: Settings) -> None:
    """Every answer is of one generation: both documents say the same number, in the store, by terms and by vectors."""
    build(place, 0)
    live, model = Live(place, Characters()), Characters()
    done = threading.Event()
    seen: list[set[int]] = [set() for _ in range(8)]
    faults: list[object] = []

    def read(mine: set[int]) -> None:
        try:
            while not done.is_set():
                with live.held() as one:
                    texts = {clause.text for d in one.store.documents() for clause in one.store.clauses(d.id)}
                    numbers = {text.split("次")[0].split("第")[-1] for text in texts if "次公布" in text}
                    rows, _ = one.vectors.nearest(model.queries(["公布施行"]), 3)
                    found, _ = one.terms.search(f"第{next(iter(numbers))}次", 2)
                    mine.add(int(*numbers))
                    if len(found) != 2 or rows.max() >= len(one.store.piece_clause):
                        faults.append((numbers, found, rows))
        except (IndexFault, OSError, RuntimeError, ValueError, TypeError, IndexError) as fault:
            faults.append(fault)

    readers = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for reader in readers:
        reader.start()
    for n in range(1, 21):
        build(place, n)
    done.set()
    for reader in readers:
        reader.join(60)
    assert faults == []
    assert all(max(mine) >= 1 for mine in seen)
    with live.held() as one:
        assert one.manifest.generation == 21
    live.close()


def test_going_back_is_seen_too(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.exchange.embedder", lambda _: Characters())
    build(place, 1)
    build(place, 2)
    live = Live(place, Characters())
    roll_back(place)
    with live.held() as one:
        assert one.manifest.generation == 1
    live.close()
