"""rag.cli: exit statuses, JSON, one line for an error; a real process each."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toys import Letters, written
from typer.testing import CliRunner

from rag.answer import Answerer
from rag.cli import app
from rag.embed import embedder
from rag.index import build
from rag.settings import load

ROOT = Path(__file__).parent.parent
SAMPLE = next((ROOT / "corpus").glob("*2024〕3号）.txt"))


def rag(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    return subprocess.run(
        [sys.executable, "-m", "rag", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=ROOT,
        timeout=300,
        env={**clean, "PYTHONIOENCODING": "utf-8", **environment},
    )


def refused(run: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line on standard error that holds the words, no traceback, exit 1."""
    assert run.returncode == 1
    assert run.stdout == ""
    assert len(run.stderr.strip().splitlines()) == 1
    assert all(word in run.stderr for word in words)
    assert "Traceback" not in run.stderr


def test_clauses_as_json_lines() -> None:
    run = rag("clauses", SAMPLE, "--json")
    clauses = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0
    assert set(clauses[0]) == {
        "id",
        "kind",
        "label",
        "path",
        "heading",
        "text",
        "start",
        "end",
        "page",
        "row",
        "references",
    }
    text = rag("document", SAMPLE, "--text").stdout
    assert all(text[c["start"] : c["end"]] == c["text"] for c in clauses)


def test_a_documents_metadata() -> None:
    run = rag("document", SAMPLE, "--json")
    document = json.loads(run.stdout)
    assert (document["number"], document["region"]) == ("澜府规〔2024〕3号", "澜沚市")
    assert document["clauses"] == sum(
        json.loads(line)["kind"] != "furniture" for line in rag("clauses", SAMPLE, "--json").stdout.splitlines()
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    refused(rag("clauses", tmp_path / "无此文件.txt"), "无此文件.txt")
    refused(rag("index", tmp_path / "nowhere", "--index", tmp_path / "i"), "nowhere")
    refused(rag("ask", "--batch", tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl", "--index", tmp_path / "i"))


def test_a_file_that_is_not_what_it_says(tmp_path: Path) -> None:
    broken = tmp_path / "坏.pdf"
    broken.write_bytes(b"%PDF-1.7\n" + bytes(100))
    refused(rag("clauses", broken), "坏.pdf")


def test_no_index_yet(tmp_path: Path) -> None:
    refused(rag("ask", "问题", "--index", tmp_path / "none"), "rag index")
    refused(rag("verify", "--index", tmp_path / "none"), "rag index")


@pytest.mark.parametrize(("name", "value"), [("RAG_PORT", "abc"), ("RAG_NO_SUCH", "1"), ("RAG_CANDIDATES", "0")])
def test_settings_are_refused_by_name(name: str, value: str) -> None:
    refused(rag("document", SAMPLE, **{name: value}), name)


def test_english_messages(tmp_path: Path) -> None:
    refused(rag("ask", "question", "--index", tmp_path / "none", RAG_LANGUAGE="en"), "There is no index")


@pytest.mark.parametrize("command", ["search", "ask"])
def test_filters_and_turns_reach_the_answerer(
    command: str, answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.cli._answerer", lambda _settings, _as_of: answerer)
    options = ["--type", "办法", "--type", "工作要点", "--year", "2024", "--region", "澜沚市", "--issuer", "市政府"]
    asked = ["公租房租金怎么定？", *options, "--status", "in_force", "--status", "unknown", "--json"]
    run = CliRunner().invoke(app, [command, *asked])
    found = json.loads(run.stdout)
    documents = [one["document"]["number"] for one in found["hits" if command == "search" else "citations"]]
    assert set(documents) == {"澜府规〔2024〕3号"}
    followed = CliRunner().invoke(app, [command, "那押金呢？", "--turn", "公租房租金怎么定？"])
    assert followed.stderr.strip() == "理解为：公租房租金：押金"


def test_a_refusal_says_what_can_be_asked(answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.cli._answerer", lambda _settings, _as_of: answerer)
    said = CliRunner().invoke(app, ["ask", "你好"]).stdout.splitlines()
    assert said[1] == "可以问："
    assert len(said) == 5
    assert all(line.startswith("  《") for line in said[2:])


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["no-such-command"],
        ["search", "x", "--top", "many"],
        ["ask", "--batch", "x"],
        ["ask", "--batch", "x", "--out", "x"],
        ["ask", "x", "--status", "valid"],
        ["search", "x", "--year", "last"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    assert rag(*arguments).returncode == 2


def built_without_a_model(index: Path, *steps: dict[str, str]) -> None:
    """An index that the default model could have built, a generation for each step."""
    settings = load({}, index=index)
    counted = Letters(fingerprint=embedder(settings).fingerprint)
    for step in steps:
        build([written(index.parent / "docs", **step)], settings, embedder=counted)


def test_back_out_and_in(tmp_path: Path) -> None:
    index, other, out = tmp_path / "index", tmp_path / "other", tmp_path / "out.zip"
    built_without_a_model(index, {"a": "甲办法\n第一条　甲。"}, {"b": "乙办法\n第一条　乙。"})
    back = rag("rollback", "--index", index, "--json")
    assert back.returncode == 0
    done = json.loads(back.stdout)
    assert (done["generation"], done["before"], done["documents"], done["clauses"]) == (1, 2, 1, 2)
    assert "现在使用第 2 代" in rag("rollback", "--index", index).stdout
    exported = json.loads(rag("export", out, "--index", index, "--json").stdout)
    assert (exported["generation"], exported["file"]) == (2, str(out))
    imported = rag("import", out, "--index", other, "--json")
    assert json.loads(imported.stdout)["documents"] == 2
    assert rag("verify", "--index", other).returncode == 0
    assert rag("export", tmp_path / "out.rar", "--index", index).returncode == 2
    refused(rag("import", SAMPLE, "--index", other), str(SAMPLE))
    refused(rag("rollback", "--index", other), str(other))
    refused(rag("import", tmp_path / "nowhere.zip", "--index", other), "nowhere.zip")


def test_an_unchanged_corpus_loads_no_model(tmp_path: Path) -> None:
    built_without_a_model(tmp_path / "index", {"a": "甲办法\n第一条　甲。"})
    script = "import runpy, sys; sys.argv = ['rag', *sys.argv[1:]]\n"
    script += "try: runpy.run_module('rag', run_name='__main__')\n"
    script += "except SystemExit as e: assert not e.code; print(*sorted({n.split('.')[0] for n in sys.modules}), file=sys.stderr)"
    command = [
        sys.executable,
        "-c",
        script,
        "index",
        str(tmp_path / "docs"),
        "--index",
        str(tmp_path / "index"),
        "--json",
    ]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, check=True, env=clean, timeout=300)
    assert json.loads(done.stdout)["unchanged"] == 1
    assert {"torch", "faiss", "transformers", "sentence_transformers"} & {*done.stderr.split()} == set()


@pytest.mark.model
def test_the_whole_way_with_the_real_model(tmp_path: Path) -> None:
    index = tmp_path / "index"
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "办法.txt").write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    (corpus / "坏.docx").write_bytes(b"PK\x03\x04 nothing")
    built = rag("index", corpus, "--index", index, "--json")
    assert built.returncode == 3
    summary = json.loads(built.stdout)
    assert (summary["documents"], summary["added"], len(summary["failed"])) == (1, 1, 1)
    assert rag("verify", "--index", index).returncode == 0
    (tmp_path / "in.jsonl").write_text(
        '{"id": "a", "question": "家庭人均月收入不高于多少元可以申请公租房？"}\nnot json\n{"id": 3, "question": " "}\n'
        '{"id": "d", "question": "租金呢？", "turns": ["公租房怎么申请"], "filters": {"regions": ["澜沚市"]}}\n',
        encoding="utf-8",
    )
    asked = rag("ask", "--batch", tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl", "--index", index)
    results = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert asked.returncode == 3
    assert [result.get("id") for result in results] == ["a", None, "3", "d"]
    assert "3600元" in results[0]["answer"]
    assert "error" in results[1]
    assert not list(tmp_path.glob(".out*"))
    assert "error" in results[2]
    assert results[3]["error"] if "error" in results[3] else results[3]["query"] != "租金呢？"
