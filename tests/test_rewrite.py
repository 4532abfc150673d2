"""rag.rewrite: a follow-up made to stand alone by a model; the rules stand in where it fails."""

import pytest
from endpoint import Reply, fails, says, serving

from rag.answer import Answerer
from rag.errors import ModelFault
from rag.rewrite import rewritten
from rag.settings import Settings

TURNS = ["公租房租金怎么定？"]
QUESTION = "那押金呢？"


def scripted(settings: Settings, url: str) -> Settings:
    return settings.model_copy(update={"llm_url": url, "llm_model": "scripted", "llm_timeout": 3.0})


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("公租房押金怎么收？", "公租房押金怎么收？"),
        ("改写后的问题：公租房押金怎么收？\n", "公租房押金怎么收？"),
        ("“公租房押金怎么收？”", "公租房押金怎么收？"),
    ],
)
def test_the_models_question(toy_settings: Settings, said: str, whole: str) -> None:
    with serving(says(said)) as endpoint:
        assert rewritten(QUESTION, TURNS, scripted(toy_settings, endpoint.url)) == whole
        shown = str(endpoint.requests[0]["messages"])
        assert TURNS[0] in shown
        assert QUESTION in shown


@pytest.mark.parametrize("said", ["把用户的最后一个问题改写成一个不依赖上文、可以单独检索的问题。", "今天天气怎么样？"])
def test_what_nobody_said_is_no_rewriting(toy_settings: Settings, said: str) -> None:
    with serving(says(said)) as endpoint, pytest.raises(ModelFault):
        rewritten(QUESTION, TURNS, scripted(toy_settings, endpoint.url))


@pytest.mark.parametrize("reply", [says("好的。\n公租房押金怎么收？"), says("押金" * 200), says("。"), fails(400)])
def test_what_is_no_question_is_a_fault_of_the_model(toy_settings: Settings, reply: Reply) -> None:
    with serving(reply) as endpoint, pytest.raises(ModelFault):
        rewritten(QUESTION, TURNS, scripted(toy_settings, endpoint.url))


def test_the_answerer_takes_it_and_else_the_rules(answerer: Answerer) -> None:
    with serving(says("公租房押金怎么收？"), fails(400)) as endpoint:
        settings = scripted(answerer.settings, endpoint.url)
        asked = Answerer(answerer.index, answerer.retriever.embedder, settings)
        assert asked.understand(QUESTION, TURNS).rewritten == "公租房押金怎么收？"
        assert asked.understand(QUESTION, TURNS).rewritten == "公租房租金：押金"
        assert asked.understand(QUESTION).rewritten == QUESTION
        assert len(endpoint.requests) == 2
