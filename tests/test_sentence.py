"""rag.sentence: every character in one sentence, none torn."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.numeral import bare
from rag.sentence import sentences


@given(st.text("甲乙。；！\n“”（）《》1. \t第一条是长", max_size=120))
def test_sentences_cover_the_text_in_order(text: str) -> None:
    spans = sentences(text)
    assert bare("".join(text[a:b] for a, b in spans)) == bare(text)
    assert all(a < b for a, b in spans)
    assert all(x[1] <= y[0] for x, y in pairwise(spans))


def parts(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


def test_short_quotes_are_not_cut() -> None:
    assert parts("坚持“谁主管；谁负责”。落实。") == ["坚持“谁主管；谁负责”。", "落实。"]


def test_a_line_that_a_layout_wrapped_goes_on() -> None:
    assert parts("改造工程应当在每年三月底前开工建设，\n十二月底前完工。") == [
        "改造工程应当在每年三月底前开工建设，\n十二月底前完工。"
    ]


def test_a_heading_line_ends() -> None:
    assert parts("一、总体要求\n（一）目标。") == ["一、总体要求", "（一）目标。"]


def test_decimals_and_labels_are_no_ends() -> None:
    assert parts("1. 补贴1.5万元。") == ["1. 补贴1.5万元。"]
