"""What several test modules share: an answerer over the sample corpus, built once, without a model."""

from pathlib import Path

import pytest
from hypothesis import settings as bounds
from toys import Characters

from rag.answer import Answerer
from rag.index import build, open_index
from rag.settings import Settings, load

bounds.register_profile("unhurried", deadline=None)  # a busy machine is no defect
bounds.load_profile("unhurried")

collect_ignore = ["fuzz.py", "fuzzmutation.py", "fuzzseeds.py"]  # run by hand; fuzz.py needs atheris
CORPUS = Path(__file__).parent.parent / "corpus"


@pytest.fixture(scope="session")
def toy_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an index of the sample corpus, with an embedder that needs no model."""
    settings = load({}, index=tmp_path_factory.mktemp("index"), embedding="characters")
    build([CORPUS], settings, embedder=Characters())
    return settings


@pytest.fixture(scope="session")
def answerer(toy_settings: Settings) -> Answerer:
    """An answerer over the sample corpus."""
    return Answerer(open_index(toy_settings, embedder=Characters()), Characters(), toy_settings)
