"""rag.rerank: a cross-encoder with random weights, made on the spot, and what becomes of the order by its scores."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import Characters, learned, written

from rag import rerank
from rag.answer import Answerer
from rag.candidates import FIGURES
from rag.clause import Hit
from rag.errors import BadSetting, NoReranker
from rag.index import build, open_index
from rag.learned import Learned, Network
from rag.rerank import Reranker, Scores, read, reordered, reranker
from rag.score import PLAIN
from rag.settings import Settings, load

ROOT = Path(__file__).parent.parent
CLAUSES = ("申请材料由社区受理。", "申请材料由街道初审，材料齐全的三日内办结。", "申请材料由民政局复审并公示。")
QUESTION = "申请材料由谁审"


def single(n: int, name: str, weight: float) -> Network:
    """A network over `n` figures that grows with one of them."""
    inner = np.zeros((n, 1), np.float32)
    inner[PLAIN.index(FIGURES.index(name))] = weight
    one, none = np.ones(1, np.float32), np.zeros(1, np.float32)
    return Network(np.zeros(n, np.float32), np.ones(n, np.float32), inner, none, one, none)


def weights() -> Learned:
    """Weights by which clauses stand in the order of their BM25."""
    order, answers = single(len(PLAIN), "bm25", 0.1), single(len(PLAIN) + 2, "bm25", 0.1)
    return learned(2, fingerprint="none", plain_order=order, plain_answers=answers)


class ByLength(Reranker):
    """Scores a text by its length, the longer the better or the shorter; keeps what it read."""

    def __init__(self, sign: int) -> None:
        super().__init__("by length")
        self.sign = sign
        self.texts: list[list[str]] = []

    def order(self, question: str, texts: list[str]) -> Scores:  # type: ignore[override]
        self.texts.append(list(texts))
        return np.array([self.sign * len(text) for text in texts], np.float32)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    place = tmp_path_factory.mktemp("rerank")
    rules = "\n".join(f"第{n}条　{text}" for n, text in zip("一二三", CLAUSES, strict=True))
    corpus = written(
        place / "corpus",
        甲=f"甲河市临时救助办法\n{rules}",
        乙=f"乙河市临时救助办法\n第一条　{CLAUSES[2]}\n第二条　申请材料由信息系统核对，无须另行提交纸质证明。",
    )
    found = load({}, index=place / "index", embedding="characters")
    build([corpus], found, embedder=Characters())
    return found


def answerer(settings: Settings) -> Answerer:
    return Answerer(open_index(settings, embedder=Characters()), Characters(), settings, learned=weights())


def searched(settings: Settings, model: Reranker | None, question: str = QUESTION, top: int = 10) -> list[Hit]:
    one = answerer(settings)
    one.retriever._reranker = model
    return one.search(question, top=top)


# The order


@given(st.lists(st.tuples(st.floats(-9, 9, width=32), st.booleans())))
def test_each_place_goes_to_one_of_its_group_and_best_first(found: list[tuple[float, bool]]) -> None:
    scores, groups = np.array([score for score, _ in found], np.float32), [group for _, group in found]
    order = reordered(scores, groups)
    assert sorted(order) == list(range(len(found)))
    assert [groups[i] for i in order] == groups
    for group in (True, False):
        mine = [(-scores[i], i) for i in order if groups[i] == group]
        assert mine == sorted(mine)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_order_is_the_models_and_the_scores_stay_with_the_places(settings: Settings, sign: int) -> None:
    plain, anew = searched(settings, None), searched(settings, ByLength(sign))
    lengths = [sign * len(read(hit)) for hit in anew]
    assert lengths == sorted(lengths, reverse=True)
    assert {hit.clause.id for hit in anew} == {hit.clause.id for hit in plain}
    assert [hit.score for hit in anew] == [hit.score for hit in plain] == sorted((h.score for h in plain), reverse=True)
    assert [hit.rank for hit in anew] == list(range(1, len(plain) + 1))


def test_only_the_best_are_put_in_order_anew(settings: Settings) -> None:
    model = ByLength(1)
    plain = [hit.clause.id for hit in searched(settings, None)]
    anew = [hit.clause.id for hit in searched(settings.model_copy(update={"reranked": 2}), model)]
    assert [len(texts) for texts in model.texts] == [2]
    assert sorted(anew[:2]) == sorted(plain[:2])
    assert anew[2:] == plain[2:]


def test_the_best_of_all_that_are_read_is_first_even_where_one_is_asked_for(settings: Settings) -> None:
    anew = searched(settings, ByLength(1))
    assert [hit.clause.id for hit in searched(settings, ByLength(1), top=1)] == [anew[0].clause.id]


def test_a_clause_named_by_its_number_stays_first(settings: Settings) -> None:
    question = "甲河市临时救助办法第一条的申请材料由谁审"
    for sign in (1, -1):
        hit = searched(settings, ByLength(sign), question)[0]
        assert (hit.why, hit.score, hit.clause.path) == ("reference", 1.0, ("第一条",))


def test_what_has_lapsed_keeps_its_places(tmp_path: Path) -> None:
    corpus = written(
        tmp_path / "corpus",
        旧=f"关于审核的办法\n甲政发〔2015〕1号\n第一条　{CLAUSES[1]}\n第二条　本办法有效期至2016年12月31日。",
        新=f"关于受理的办法\n甲政发〔2020〕2号\n第一条　{CLAUSES[0]}\n第二条　本办法自2020年2月1日起施行。",
    )
    settings = load({}, index=tmp_path / "index", embedding="characters")
    build([corpus], settings, embedder=Characters())
    plain, anew = searched(settings, None, "申请材料"), searched(settings, ByLength(1), "申请材料")
    assert {hit.document.status for hit in plain} >= {"in_force", "expired"}
    assert [hit.document.status for hit in anew] == [hit.document.status for hit in plain]


def test_title_and_heading_are_read_and_no_more_than_the_head_of_a_long_clause(settings: Settings) -> None:
    hit = searched(settings, None)[0]
    long = replace(hit, clause=replace(hit.clause, heading="第一章 审核", text="甲" * 5000))
    assert read(long).startswith(f"{hit.document.title} 第一章 审核 甲甲")
    assert len(read(long)) == 1000


# The setting


def test_without_the_setting_nothing_is_made_or_imported(settings: Settings) -> None:
    assert reranker(load({})) is None
    assert reranker(load({}, reranker="")) is None
    assert answerer(settings).retriever._reranker is None
    script = "import sys, rag.retrieve, rag.rerank; from rag.settings import load; rag.rerank.reranker(load({}))\n"
    script += "print({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", cwd=ROOT, check=True)
    assert done.stdout == "set()\n"


def test_one_model_serves_all_that_name_it() -> None:
    one = reranker(load({}, reranker="some/model"))
    assert one is not None
    assert one is reranker(load({}, reranker="some/model", reranked=5))
    assert one is not reranker(load({}, reranker="some/other"))


@pytest.mark.parametrize("reranked", [1, 201])
def test_bounds(reranked: int) -> None:
    with pytest.raises(BadSetting, match="RAG_RERANKED"):
        load({}, reranked=reranked)


def test_a_folder_that_is_not_there_is_named_in_both_languages(settings: Settings, tmp_path: Path) -> None:
    place = str(tmp_path / "missing")
    one = answerer(settings.model_copy(update={"reranker": place}))
    with pytest.raises(NoReranker) as caught:
        one.search(QUESTION)
    assert caught.value.message("zh").startswith(f"重排模型 {place} 无法使用：没有这个文件夹。请将 RAG_RERANKER 设为")
    assert caught.value.message("en").startswith(
        f"The reranker {place} cannot be used: there is no such folder. Set RAG_"
    )


# A model


def cross_encoder(place: Path, head: bool = True, labels: int = 1) -> str:
    """A folder with a BERT of one layer, 16 wide, random weights that tell texts apart, over the characters of CLAUSES."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: i for i, word in enumerate([*special, *sorted({*"".join(CLAUSES), *QUESTION})])}
    words = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=64,
        initializer_range=0.5,
        num_labels=labels,
    )
    torch.manual_seed(1)
    (BertForSequenceClassification if head else BertModel)(config).save_pretrained(place)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=words, mask_token="[MASK]", **names).save_pretrained(place)
    return str(place)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    return cross_encoder(tmp_path_factory.mktemp("tiny"))


@pytest.mark.model
def test_scores_are_what_the_network_itself_gives_for_each_pair(tiny: str) -> None:
    import torch
    from transformers import AutoTokenizer, BertForSequenceClassification

    network, words = BertForSequenceClassification.from_pretrained(tiny).eval(), AutoTokenizer.from_pretrained(tiny)
    with torch.inference_mode():
        alone = [float(network(**words(QUESTION, text, return_tensors="pt")).logits) for text in CLAUSES]
    scores = Reranker(tiny).order(QUESTION, CLAUSES)
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx(alone, abs=1e-4)
    assert len({round(score, 2) for score in alone}) == len(CLAUSES)
    assert Reranker(tiny).order(QUESTION, []).shape == (0,)


@pytest.mark.model
def test_a_search_is_ordered_by_a_models_scores(settings: Settings, tiny: str) -> None:
    plain = answerer(settings).search(QUESTION)
    one = answerer(settings.model_copy(update={"reranker": tiny}))
    anew = one.search(QUESTION)
    scores = Reranker(tiny).order(one.understand(QUESTION).text, [read(hit) for hit in plain])
    best = [plain[i].clause.id for i in np.argsort(-scores, kind="stable")]
    assert [hit.clause.id for hit in anew] == best
    assert best != [hit.clause.id for hit in plain]
    assert [hit.score for hit in anew] == [hit.score for hit in plain]


@pytest.mark.model
def test_special_tokens_long_and_hostile_texts_are_only_texts(tiny: str) -> None:
    model = Reranker(tiny)
    broken, whole = model.order(QUESTION, ["申请[SEP]材料", "申请[ SEP]材料"])
    assert broken == pytest.approx(whole, abs=1e-5)
    assert np.isfinite(model.order("\ud800" + QUESTION, ["\x00", "", "申" * 100_000, "\ud800"])).all()


@pytest.mark.model
def test_several_threads_may_ask_at_once(tiny: str) -> None:
    model = Reranker(tiny)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: model.order(QUESTION, CLAUSES[n % 3 :]), range(24)))
    alone = Reranker(tiny).order(QUESTION, CLAUSES)
    for n, scores in enumerate(found):
        assert scores.tolist() == pytest.approx(alone[n % 3 :].tolist(), abs=1e-4)


@pytest.mark.model
@pytest.mark.parametrize(("given", "reason"), [({"head": False}, "BertModel"), ({"labels": 3}, "3")])
def test_what_does_not_judge_a_pair_by_one_number_is_refused(
    tmp_path: Path, given: dict[str, int], reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    place = cross_encoder(tmp_path / "model", **given)
    capfd.readouterr()
    with pytest.raises(NoReranker, match=reason):
        Reranker(place).order(QUESTION, CLAUSES)
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoReranker, match="RAG_RERANKER"):
        Reranker(str(written(tmp_path / "model", read="nothing"))).order(QUESTION, CLAUSES)


@pytest.mark.model
def test_a_name_that_is_not_on_this_machine_is_an_error_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(NoReranker, match="nobody/nothing"):
        Reranker("nobody/nothing").order(QUESTION, CLAUSES)


def test_shared_models_are_few() -> None:
    for n in range(5):
        reranker(load({}, reranker=f"some/{n}"))
    assert rerank._shared.cache_info().currsize == 2
