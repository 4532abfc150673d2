"""rag.parse: what holds for every document, on generated ones."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

from documents import DOCUMENT, Part, edited, outline, text, trees, walk, without, wrapped
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rag.clause import Clause, Text
from rag.parse import parse

KINDS = ("heading", "clause", "point", "table_row")
POSITIONAL = ("款", "段", "——")
"""Styles whose labels say nothing but a position."""
slow = settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def bare(words: str) -> str:
    return "".join(words.split())


def parsed(whole: str, **layout: object) -> tuple[Clause, ...]:
    return parse(Text(whole, **layout), DOCUMENT)  # type: ignore[arg-type]


def found(clauses: tuple[Clause, ...]) -> list[tuple[tuple[str, ...], str]]:
    return [(c.path, bare(c.text)) for c in clauses if c.kind in KINDS]


def keeps_everything(whole: str, clauses: tuple[Clause, ...]) -> None:
    spans = [(c.start, c.end) for c in clauses]
    assert spans == sorted(spans)
    assert bare("".join(whole[a:b] for a, b in spans)) == bare(whole)
    assert all(a_end <= b_start for (_, a_end), (b_start, _) in pairwise(spans))
    assert all(c.text == whole[c.start : c.end] for c in clauses)
    assert [c.id for c in clauses if Counter(c.id for c in clauses)[c.id] > 1] == []


# Any text ------------------------------------------------------------------------------------------------------

LABELS = [
    "第一条",
    "第二条 ",
    "第三章　",
    "一、",
    "（二）",
    "(三)",
    "1.",
    "2、",
    "（1）",
    "①",
    "——",
    "一是",
    "二是",
    "首先，",
]
LINES = st.builds(
    lambda label, words, end: label + words + end,
    st.sampled_from([*LABELS, "附件", "附件1", "抄送：", "目录", "\t", "|", "　　", ""]),
    st.text("各区应当依照第一条规定的（二）、三是办理20年月日\t |,。；：", max_size=60),
    st.sampled_from(["。", "；", "：", "", "……12"]),
)


@given(st.lists(LINES, max_size=40).map("\n".join), st.booleans())
@slow
def test_any_text_is_kept_whole(whole: str, has_pages: bool) -> None:
    clauses = parsed(whole, pages=(0,) if has_pages else ())
    keeps_everything(whole, clauses)
    assert clauses == parsed(whole, pages=(0,) if has_pages else ())


@given(st.text(max_size=300))
@slow
def test_text_of_any_signs_is_kept_whole(whole: str) -> None:
    keeps_everything(whole, parsed(whole))


@given(st.lists(LINES, min_size=3, max_size=25), st.sets(st.integers(0, 24)))
@slow
def test_furniture_between_lines_is_kept_apart(lines: list[str], furnished: set[int]) -> None:
    lines = [line.replace("\t", " ") for line in lines]  # loaders that know furniture know tables as well
    whole = "\n".join(lines)
    starts = [sum(len(line) + 1 for line in lines[:i]) for i in range(len(lines))]
    spans = tuple((starts[i], starts[i] + len(lines[i])) for i in sorted(furnished) if i < len(lines))
    clauses = parsed(whole, furniture=spans)
    keeps_everything(whole, clauses)
    shown = {i for c in clauses if c.kind != "furniture" for i in range(c.start, c.end) if whole[i].strip()}
    assert shown & {i for a, b in spans for i in range(a, b)} == set()


# Documents with known outlines ---------------------------------------------------------------------------------


@given(trees())
@slow
def test_a_document_is_kept_whole_and_read_the_same_twice(parts: tuple[Part, ...]) -> None:
    whole = text(parts)
    clauses = parsed(whole)
    keeps_everything(whole, clauses)
    assert clauses == parsed(whole)


@given(trees())
@slow
def test_a_document_has_the_paths_that_its_author_gave_it(parts: tuple[Part, ...]) -> None:
    assert found(parsed(text(parts))) == list(outline(parts))


@given(trees())
@slow
def test_blank_lines_change_nothing(parts: tuple[Part, ...]) -> None:
    clauses, spaced = parsed(text(parts)), parsed(text(parts, between="\n\n"))
    assert [(c.id, c.kind, bare(c.text)) for c in clauses] == [(c.id, c.kind, bare(c.text)) for c in spaced]


@given(trees())
@slow
def test_wrapped_lines_change_nothing(parts: tuple[Part, ...]) -> None:
    assume(not any(part.style == "names" for part in walk(parts)))
    whole = wrapped(text(parts))
    assume(whole.count("\n") > 20)
    clauses = parsed(whole, pages=(0,))
    keeps_everything(whole, clauses)
    assert found(clauses) == list(outline(parts))


# Ids -----------------------------------------------------------------------------------------------------------


def ids(whole: str) -> dict[str, str]:
    """The id of every clause by its words, which are unique."""
    return {bare(c.text): c.id for c in parsed(whole) if c.kind in KINDS}


@given(trees(), st.data())
@slow
def test_editing_a_clause_leaves_all_other_ids(parts: tuple[Part, ...], data: st.DataObject) -> None:
    old = data.draw(st.sampled_from([part for part in walk(parts) if part.style not in ("names", "附件")]))
    end = "\t市民政局" if old.style == "row" else ""
    colon = old.words.endswith("：")
    words = (
        "，" * (old.words[:1] == "，")
        + "修改以后的规定另行公布"
        + ("：" if colon else "。" * ("。" in old.words))
        + end
    )
    before, after = ids(text(parts)), ids(text(edited(parts, old, words)))
    was, now = bare(old.line()), bare(replace(old, words=words).line())
    assert {words: id for words, id in before.items() if words != was} == {w: id for w, id in after.items() if w != now}
    assert old.style in POSITIONAL or before[was] == after[now]


@given(trees(), st.data())
@slow
def test_removing_a_clause_leaves_all_other_ids(parts: tuple[Part, ...], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from([part for part in walk(parts) if part.style not in ("names", "附件", "inline")]))
    assume(parts[0] is not gone or len(parts) > 1)  # what has no number at all is read otherwise
    before, after = ids(text(parts)), ids(text(without(parts, gone)))
    lost = {words for _, words in outline((gone,))}
    assert {words: id for words, id in before.items() if words not in lost} == after


@given(trees(), st.data())
@slow
def test_inserting_a_clause_leaves_all_other_ids(parts: tuple[Part, ...], data: st.DataObject) -> None:
    new = data.draw(st.sampled_from([part for part in walk(parts) if part.style not in ("names", "附件", "inline")]))
    assume(parts[0] is not new or len(parts) > 1)
    before, after = ids(text(without(parts, new))), ids(text(parts))
    added = {words for _, words in outline((new,))}
    assert before == {words: id for words, id in after.items() if words not in added}
