"""rag.extract.phrase: what an answer says in the product's own words is in the language of the page."""

import re
from dataclasses import fields

import pytest
from test_answer import NEW, OLD, ask

from rag import errors
from rag.answer import Answerer
from rag.extract.phrase import Phrases, phrases

HAN = re.compile(r"[\u3400-\u9fff]")
RULE, NOTICE = "澜沚市公共租赁住房管理办法", "澜沚市人民政府关于印发《澜沚市公共租赁住房管理办法》的通知"


@pytest.fixture(scope="module")
def english(answerer: Answerer) -> Answerer:
    return answerer.with_settings(answerer.settings.model_copy(update={"language": "en"}))


@pytest.mark.parametrize("field", [one.name for one in fields(Phrases)])
def test_each_phrase_is_there_in_both_languages_with_the_same_facts(field: str) -> None:
    zh, en = ("".join(getattr(phrases(language), field)) for language in ("zh", "en"))
    assert zh and en and zh != en and not HAN.search(en)
    assert errors.fields(zh) == errors.fields(en)


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        (f"{OLD}还有效吗？", f"《{RULE}》（{OLD}） has been repealed, from 2024-05-01.\n"),
        (f"{NEW}还有效吗？", f"《{NOTICE}》（{NEW}） is in force, valid until 2029-04-30.\n"),
        (f"2019年6月30日，{OLD}还有效吗？", f"2019-06-30: 《{RULE}》（{OLD}） is not yet in force; it takes effect on 2019-07-01.\n"),
        (f"{OLD}在2022年有效吗？", f"2022-01-01 – 2022-12-31: 《{RULE}》（{OLD}） is in force, valid until 2024-06-30, and is repealed from 2024-05-01.\n"),
        (
            "《澜沚市廉租住房管理暂行规定》还有效吗？",
            f"《澜沚市廉租住房管理暂行规定》 is not among the documents; 《{RULE}》（{OLD}） says that it is repealed from 2019-07-01.\n",
        ),
        (f"{NEW}有几章？", f"Chapters: 6, in 《{NOTICE}》（{NEW}）[1]"),
        (f"{NEW}第三章有几条？", f"Articles: 11, in 《{NOTICE}》（{NEW}）第三章“申请、审核与配租”[1]"),
        ("市教育局牵头的任务有哪些？", "Tasks: 2, in 《"),
        ("2025年市政府民生实事项目通知的文号是多少？", "The number of 《"),
        ("新旧公租房管理办法有什么不同？", f"| Point | Old: {OLD} | New: {NEW} |\n"),
        ("新旧公租房办法在租金、轮候期和处罚上有什么不同？", "| Point | 《"),
    ],
)  # fmt: skip
def test_in_english_the_documents_alone_are_in_chinese(question: str, begins: str, english: Answerer) -> None:
    answer = ask(english, question)
    assert answer.answer.startswith(begins)
    said = re.sub(r"《(?:[^《》]|《[^》]*》)*》|（[^）]*〔[^）]*）", "", answer.answer.split("\n")[0])
    assert answer.answer.startswith("Articles") or not HAN.search(re.sub(r"澜\w+〔\d+〕\d+号", "", said))


def test_what_a_table_lacks_is_said_in_english(english: Answerer) -> None:
    answer = ask(english, "新旧公租房办法在租金、轮候期和飞行上有什么不同？").answer
    assert answer.endswith("| 飞行 | Not mentioned in the document | Not mentioned in the document |")
    assert ask(english, "新旧公租房管理办法有什么不同？").answer.endswith(phrases("en").partial)
