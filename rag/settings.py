"""One frozen settings object, read from `RAG_` variables and a `.env` file; nothing else reads the environment.

Each number that tunes behaviour stands here with its unit, its bounds and the measurement that chose it.
Passed as an argument from the outermost call inwards; nothing holds a global copy.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import BadSetting, Language, UnknownSetting

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: `corpus/`, `index/`, `prompts/` and `.env` lie here."""


class Settings(BaseSettings):
    """What can be set; each field is the variable `RAG_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="RAG_", env_file=ROOT / ".env", extra="forbid", frozen=True)

    index: Path = ROOT / "index"
    """The folder of the index."""
    corpus: str = str(ROOT / "corpus")
    """Files and folders to index, separated as PATH is (`:`, on Windows `;`)."""
    embedding: str = "default"
    """`default`, or the name or folder of a sentence-transformers model."""
    query_prompt: str | None = None
    """What stands before a question for this model; unset: the model's own prompt, else none."""
    passage_prompt: str | None = None
    """What stands before a passage; unset likewise."""
    reranker: str | None = None
    """The name or folder of a sentence-transformers CrossEncoder; unset: the order that was learned stays."""
    reranked: int = Field(30, ge=2, le=200)
    """Clauses, the best ones, that it puts in order anew; each is one more text through that model."""
    cache: Path = Path.home() / ".cache" / "tiaomu"
    """Where the converted default model lies (about 240 MB)."""

    llm_url: str | None = None
    """An OpenAI-compatible endpoint, `http://…/v1`; unset: answers are extractive."""
    llm_model: str = "default"
    llm_key: SecretStr = SecretStr("none")
    llm_timeout: float = Field(60.0, gt=0, le=3600)
    """Seconds until the extractive answer stands in."""
    evidence_tokens: int = Field(3000, ge=200, le=200_000)
    """Tokens of evidence a prompt may hold: fits a 4k window with instructions and answer."""

    host: str = "127.0.0.1"
    port: int = Field(7860, ge=1, le=65535)
    manage: Literal["local", "all", "none"] = "local"
    """Who may add and remove documents on the page: who sits at this machine, everyone, nobody."""
    uploads: int = Field(5000, ge=1, le=10_000_000)
    """Megabytes (2^20 bytes) that all files uploaded on the page may take: who uploads must not fill the disk, without which
    no index can be written; some thousand documents of the usual size, fifty of the largest."""
    language: Language = "zh"
    """Language of messages and of the page at first sight."""
    log_level: str = Field("WARNING", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    question_limit: int = Field(2000, ge=50, le=20_000)
    """Characters of a question; longer ones are refused, not cut."""
    candidates: int = Field(100, ge=10, le=1000)
    """Clauses that each search gives to be put in order."""
    refusal_threshold: float = Field(0.16, ge=0, le=1)
    """Below this probability that the best evidence answers a question is refused. Chosen on gold_dev and the sample, where
    .18 refuses questions that are answered; on the notices .16 refuses 58 of 100 questions without an answer and 3 of 100
    with one, .3 refuses 77 and 6, .5 refuses 85 and 9 (`python -m eval curve`)."""
    statements: int = Field(3, ge=1, le=10)
    """Statements of an extractive answer to an open question, at most."""

    def corpus_paths(self) -> list[Path]:
        """The files and folders of `corpus`."""
        return [Path(part) for part in self.corpus.split(os.pathsep) if part.strip()]


def load(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings of this process, `given` before environment before `.env`.

    Raises UnknownSetting for a `RAG_` name that no field has, BadSetting for a value that does not fit.
    """
    environment = os.environ if environment is None else environment
    known = {f"RAG_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in environment if name.startswith("RAG_") and name not in known)
    if unknown:
        raise UnknownSetting(name=unknown[0], known=" ".join(sorted(known)))
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = "RAG_" + str(first["loc"][0]).upper().removeprefix("RAG_")
        if first["type"] == "extra_forbidden":
            raise UnknownSetting(name=name, known=" ".join(sorted(known))) from None
        raise BadSetting(name=name, value=str(first["input"])[:80], reason=first["msg"]) from None
