"""eval bench: the collection, what is timed and what is not, processes, the table, the command line."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toys import Characters, written
from typer.testing import CliRunner

from eval import bench, trial
from eval.__main__ import app
from eval.bench import PARTS, Recorder, Subject, Timed, TrialFailed, run, table
from eval.collection import Collection, collection, generated
from eval.parse import Figure
from eval.trial import Sparing
from rag.document import read
from rag.embed import Vectors
from rag.errors import Phrase
from rag.index import build, open_index
from rag.settings import Settings, load

# Documents -----------------------------------------------------------------------------------------------------


def test_generated_laws_have_the_articles_that_were_asked_for(tmp_path: Path) -> None:
    files = dict(generated(130))
    assert list(files) == ["0001.txt", "0002.txt", "0003.txt"]
    assert files == dict(generated(130))
    count = 0
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        count += sum(
            clause.label is not None and clause.label.endswith("条") for clause in read(tmp_path / name).clauses
        )
    assert count == 130
    lines = [line for content in files.values() for line in content.decode().splitlines()]
    assert len(set(lines)) == len(lines)


def test_the_laws_beside_the_checkout_are_copied_and_their_questions_asked(tmp_path: Path) -> None:
    laws = written(tmp_path / "shared" / "eval" / "laws" / "docs", 甲法="甲法\n第一条　应当登记。")
    line = {"id": "1", "type": "factual", "question": "要登记吗？", "answerable": False}
    (laws.parent / "questions.jsonl").write_text(json.dumps(line), encoding="utf-8")
    found = collection(tmp_path / "shared", tmp_path / "work")
    assert found.questions == ("要登记吗？",)
    copy = found.folder / "甲法.txt"
    assert copy.read_bytes() == (laws / "甲法.txt").read_bytes()
    copy.write_text("改", encoding="utf-8")
    assert collection(tmp_path / "shared", tmp_path / "work").folder == found.folder
    assert copy.read_text(encoding="utf-8") == "改"


def test_without_laws_they_are_generated_and_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = made(tmp_path, monkeypatch)
    assert small.name.en == "generated laws"
    assert len(small.questions) == len(set(small.questions)) >= 100
    assert all("，是怎么规定的？" in question for question in small.questions)


def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """A generated collection of 120 articles, as where neither laws nor their package are there."""

    def absent() -> Path:
        from rag.errors import MissingExtra

        raise MissingExtra(purpose="x", extra="laws")

    monkeypatch.setattr("eval.collection.database", absent)
    return collection(tmp_path / "none", tmp_path / "cache", articles=120)


# What is timed -------------------------------------------------------------------------------------------------


class Clock:
    """A clock that others set."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


class Slow(Characters):
    """An embedder whose texts take a second each on a clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def passages(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        return self.queries(texts)

    def queries(self, texts: Sequence[str]) -> Vectors:
        self.clock.now += len(texts)
        return super().queries(texts)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("eval.bench.time", clock)
    return clock


def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Characters) -> Subject:
    documents = made(tmp_path, monkeypatch)
    settings = load(index=tmp_path / "index")
    build([documents.folder], settings, embedder=model)
    with_counts = open_index(settings, embedder=model)
    counts = with_counts.store.counts()
    with_counts.close()
    (tmp_path / "work").mkdir()
    documents = replace(documents, questions=documents.questions[:10])
    return Subject(documents, settings, model, counts, False, tmp_path / "work")


def test_a_timed_model_counts_what_it_takes(clock: Clock) -> None:
    timed = Timed(Slow(clock))
    assert np.array_equal(timed.passages(["甲乙", "丙"]), Characters().passages(["甲乙", "丙"]))
    timed.queries(["甲"])
    assert timed.seconds == 3.0


def test_a_search_does_not_pay_for_its_embedding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    figures = bench._search(subject(tmp_path, monkeypatch, Slow(clock)))
    assert [figure.value for figure in figures] == [0.0] * 4
    assert [figure.target for figure in figures] == [5.0, 15.0, None, None]


def test_a_changed_file_does_not_pay_for_its_embedding_and_is_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    one = subject(tmp_path, monkeypatch, Slow(clock))
    before = {path.name: path.read_bytes() for path in one.documents.folder.iterdir()}
    rest, embedding = bench._changed(one)
    assert rest.value == 0.0
    assert 1 <= embedding.value < one.counts["pieces"] / 2
    assert {path.name: path.read_bytes() for path in one.documents.folder.iterdir()} == before


def test_words_are_put_into_the_middle_of_a_text() -> None:
    assert bench._with_another_word("甲。乙丙。丁。".encode()).decode() == "甲。乙丙（测速时改动）。丁。"
    assert bench._with_another_word("甲乙".encode()).decode() == "甲乙（测速时改动）"


def test_building_is_compared_on_the_same_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    ratio, building, bare = bench._build(subject(tmp_path, monkeypatch, Slow(clock)))
    assert (ratio.value, building.value, bare.value) == (1.0, 1.0, 1.0)
    assert ratio.n >= 120


def test_a_recorder_notes_the_texts_and_embeds_none() -> None:
    recorder = Recorder(Characters())
    assert recorder.passages(["甲", "乙"]).shape == (2, recorder.dimension)
    assert recorder.texts == ["甲", "乙"]


def test_a_sparing_model_embeds_the_longest() -> None:
    texts = ["甲" * n for n in range(2, 102)]
    found, exact = Sparing(Characters()).passages(texts), Characters().passages(texts)
    same = [np.allclose(a, b) for a, b in zip(found, exact, strict=True)]
    assert sum(same) == 32
    assert all(same[-32:])
    assert np.allclose(np.linalg.norm(found, axis=1), 1)


# Processes -----------------------------------------------------------------------------------------------------


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(TrialFailed, match="ValueError: no such place"):
        bench._output([sys.executable, "-c", "raise ValueError('no such place')"])
    with pytest.raises(TrialFailed, match="4"):
        bench._output([sys.executable, "-c", "raise SystemExit(4)"])
    assert bench._output([sys.executable, "-c", "print('甲'); raise SystemExit(3)"], allowed=(0, 3)) == "甲\n"


def test_the_first_answer_and_the_memory_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("eval.trial.embedder", lambda _: Characters())
    monkeypatch.setattr("rag.answer.embedder", lambda _: Characters())
    monkeypatch.setattr("rag.index.embedder_of", lambda _: Characters())
    one = subject(tmp_path, monkeypatch, Characters())
    trial.main("first", str(one.settings.index), one.documents.questions[0], "0")
    found = json.loads(capsys.readouterr().out)
    assert found["total"] > found["load"]
    questions = tmp_path / "questions.txt"
    questions.write_text("\n".join(one.documents.questions[:3]), encoding="utf-8")
    for given in (("serving", str(one.settings.index), str(questions)), ("building", str(one.documents.folder))):
        trial.main(*given)
        assert set(json.loads(capsys.readouterr().out)) == {"megabytes"}


# The table and the command -------------------------------------------------------------------------------------


def test_the_table_marks_what_is_met() -> None:
    figures = [
        Figure(Phrase("甲", "a"), 4.2, 300, 5.0, most=True),
        Figure(Phrase("乙", "b"), 0.9, 3000, 0.95),
        Figure(Phrase("丙", "c"), 40.0, 3),
    ]
    assert table("search", figures).splitlines() == [
        "（a）检索 search",
        "  ✓       4.2  ≤ 5         300  甲 a",
        "  ✗       0.9  ≥ 0.95     3000  乙 b",
        "           40                3  丙 c",
    ]


def test_the_parts_are_given_in_turn_over_an_index_that_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, monkeypatch)
    monkeypatch.setattr("eval.bench._QUESTIONS", 10)
    given = {"shared": tmp_path / "none", "cache": tmp_path / "cache", "articles": 120}
    found = dict(run(["search", "changed", "build"], load(), model=Characters(), **given))
    assert list(found) == ["search", "changed", "build"]
    assert all(figures for figures in found.values())
    assert (tmp_path / "cache" / "generated-120-index" / "CURRENT").is_file()


def test_wrong_usage_is_named() -> None:
    done = CliRunner().invoke(app, ["bench", "--part", "sleep"])
    assert done.exit_code == 2
    assert "sleep" in done.output
    assert all(part in done.output for part in PARTS)


def test_a_missed_target_fails_where_that_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(parts: Sequence[str], settings: Settings, **_: object) -> list[tuple[str, list[Figure]]]:
        return [(part, [Figure(Phrase("甲", "a"), 2.0, 1, 1.0, most=True)]) for part in parts]

    monkeypatch.setattr("eval.bench.run", measured)
    given = ["bench", "--part", "start", "--out", str(tmp_path)]
    assert CliRunner().invoke(app, given).exit_code == 0
    assert CliRunner().invoke(app, [*given, "--strict"]).exit_code == 1
    report = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert report["parts"]["start"][0]["met"] is False
    assert report["cores"] >= 1
