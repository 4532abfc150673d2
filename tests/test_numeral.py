"""rag.numeral: what spells a number, and the normal forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.numeral import arabic, bare, chinese, value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("廿一", 21), ("一百二十", 120), ("一百零三", 103),
        ("一千零一十", 1010), ("两", 2), ("二〇二二", 2022), ("２1", 21), ("⑫", 12), ("007", 7), ("〇", 0),
        ("三是", None), ("", None), ("五十百", None), ("十百", None), ("五五十", None), ("第三", None), ("1.5", None),
    ],
)  # fmt: skip
def test_value(text: str, number: int | None) -> None:
    assert value(text) == number


@given(st.integers(1, 9999))
def test_what_is_written_in_chinese_is_read_back(number: int) -> None:
    assert value(chinese(number)) == number


@given(st.text("一二十百千零〇廿两点分之个万1２%（）( 条年月日第", max_size=30))
def test_normal_forms_are_stable(text: str) -> None:
    assert bare(bare(text)) == bare(text)
    assert arabic(arabic(text)) == arabic(text)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("三十日内", "30日内"),
        ("百分之二十", "20%"),
        ("百分之二点五", "2.5%"),
        ("二〇二二年一月三十日", "2022年1月30日"),
        ("第一百二十条之一", "第120条之1"),
        ("２０ ％", "20%"),
    ],
)
def test_arabic(text: str, normal: str) -> None:
    assert arabic(text) == normal
