"""rag.relate: who is repealed, amended, extended; which clause a pointer means; status on any day."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from page import source
from page.words import of
from rag.clause import Clause, ClauseId, Document, DocumentId, Parsed, Relation, Text
from rag.contract import references_json
from rag.metadata import describe
from rag.parse import parse
from rag.relate import Resolved, Resolver, refers, relations, resolve, standings

OLD = Document(
    DocumentId("甲规〔2019〕6号"),
    "甲市公共租赁住房管理办法",
    "甲规〔2019〕6号",
    issued=date(2019, 5, 1),
    effective=date(2019, 6, 1),
)
NEW = Document(DocumentId("甲规〔2024〕3号"), "甲市公共租赁住房管理办法", "甲规〔2024〕3号", issued=date(2024, 2, 1), effective=date(2024, 3, 1))  # fmt: skip
REPEAL = (
    "第九条　本办法自2024年3月1日起施行，《甲市公共租赁住房管理办法》（甲规〔2019〕6号）同时废止。依照《乙条例》执行。"
)


def parsed(document: Document, text: str) -> Parsed:
    made = Parsed(document, Text(text), parse(Text(text), document))
    return replace(made, relations=relations(made))


def test_a_repeal_names_the_number_it_ends() -> None:
    found = parsed(NEW, REPEAL).relations
    assert [(r.kind, r.target, r.effective) for r in found] == [
        ("repeals", "甲规〔2019〕6号", date(2024, 3, 1)),
        ("cites", "乙条例", None),
    ]


def test_the_old_version_is_repealed_from_the_day_on_which_the_new_one_holds() -> None:
    both = [parsed(OLD, "第一条　目的。"), parsed(NEW, REPEAL)]
    assert [p.document.status for p in resolve(both, date(2024, 2, 29))] == ["in_force", "not_yet"]
    assert [p.document.status for p in resolve(both, date(2024, 3, 1))] == ["repealed", "in_force"]


def test_a_repeal_by_title_ends_the_older_of_two_with_that_title() -> None:
    words = REPEAL.replace("（甲规〔2019〕6号）", "")
    new = replace(NEW, title="甲市住房保障办法")
    both = [parsed(OLD, "第一条　目的。"), parsed(new, words)]
    assert [p.document.status for p in resolve(both, date(2025, 1, 1))] == ["repealed", "in_force"]


def test_dates_decide_where_nothing_was_repealed() -> None:
    lapsed = replace(OLD, expires=date(2024, 5, 31))
    assert [p.document.status for p in resolve([parsed(lapsed, "第一条　目的。")], date(2024, 5, 31))] == ["in_force"]
    assert [p.document.status for p in resolve([parsed(lapsed, "第一条　目的。")], date(2024, 6, 1))] == ["expired"]
    undated = replace(OLD, effective=None)
    assert [p.document.status for p in resolve([parsed(undated, "第一条　目的。")], date(2024, 6, 1))] == ["unknown"]


def test_a_notice_is_named_by_what_it_issues() -> None:
    notice = Document(DocumentId("x"), "甲市政府关于印发《甲市人才办法》的通知")
    assert refers("甲市人才办法", notice)
    assert not refers("人才办法", notice)


def repealed(text: str, title: str = "甲市公共租赁住房管理办法") -> bool:
    """Whether the newer document's text ends the older one of the same title."""
    both = [parsed(OLD, "第一条　目的。"), parsed(replace(NEW, title=title), text)]
    return resolve(both, date(2025, 1, 1))[0].document.status == "repealed"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("第九条　本办法自2024年3月1日起施行，原《甲市公共租赁住房管理办法》同时废止。", NEW.title),
        ("现决定废止《甲市公共租赁住房管理办法》（甲规〔2019〕6号）。", "甲市关于废止部分文件的决定"),
        ("《甲市公共租赁住房管理办法》自即日起废止。", "关于废止《甲市公共租赁住房管理办法》的决定"),
        ("第九条　本办法自2024年3月1日起施行，甲规〔2019〕6号文件同时废止。", NEW.title),
        ("《乙办法》、《甲市公共租赁住房管理办法》同时废止。", NEW.title),
    ],
)
def test_the_ways_to_repeal(text: str, title: str) -> None:
    assert repealed(text, title)


@pytest.mark.parametrize(
    "text",
    [
        "《甲市公共租赁住房管理办法》（甲规〔2019〕6号）继续有效，不予废止。",
        "《甲市公共租赁住房管理办法》有效期延长至2030年，《乙办法》同时废止。",
        "依照《甲市公共租赁住房管理办法》执行。",
    ],
)
def test_what_repeals_nothing(text: str) -> None:
    assert not repealed(text, "甲市清理文件的决定")


def whole(text: str) -> Parsed:
    """A text read as a file is: described, parsed, related."""
    found = Text(text)
    document = describe(found, "文件.txt", "0" * 64)
    made = Parsed(document, found, parse(found, document))
    return replace(made, relations=relations(made))


def pointers(text: str) -> list[tuple[str, str, list[str]]]:
    """Words, target and the paths of the clauses found, of every pointer in a text."""
    made = whole(text)
    paths = {clause.id: "/".join(clause.path) for clause in made.clauses}
    return [(one.text, one.target, [paths[id] for id in one.clauses]) for one in made.relations]


# References ------------------------------------------------------------------------------------------------------

LAW = """澜沚市租赁条例
第一章　总则
第一条　为了规范，制定本条例。
第二条　有下列情形之一的，适用本条例：
（一）甲；
（二）乙；
（三）丙。
前款第二项、第三项的，由市政府规定。
前两款之外的，依照本条第一款办理。
第二章　附则
第三条　依照本条例第一条至第三条、第二条第一款第（一）、（三）项和第三款办理。
第四条　依照前条和第2条办理，本章另有规定的除外；属于第九条的，不适用。
"""


def test_pointers_within_an_article() -> None:
    found = pointers(LAW)
    assert found[:5] == [
        ("前款第二项", "", ["第一章/第二条/（二）"]),
        ("第三项", "", ["第一章/第二条/（三）"]),
        ("前两款", "", ["第一章/第二条", "第一章/第二条/第二款"]),
        ("本条第一款", "", ["第一章/第二条"]),
        ("本条例第一条至第三条", "", ["第一章/第一条", "第一章/第二条", "第二章/第三条"]),
    ]


def test_pointers_to_other_articles_whatever_chapter_they_are_in() -> None:
    items = "第二条第一款第（一）、（三）项"
    assert pointers(LAW)[5:] == [
        (items, "", ["第一章/第二条/（一）"]),
        (items, "", ["第一章/第二条/（三）"]),
        ("第三款", "", ["第一章/第二条/第三款"]),
        ("前条", "", ["第二章/第三条"]),
        ("第2条", "", ["第一章/第二条"]),
        ("本章", "", ["第二章"]),
    ]  # 第九条 is not there: it may be another law's


@pytest.mark.parametrize(
    ("sentence", "words", "target", "path"),
    [
        ("依照《乙条例》（国令〔2019〕6号）第三条之一第二款办理", "《乙条例》（国令〔2019〕6号）第三条之一第二款", "国令〔2019〕6号", ("第三条之一", "第二款")),
        ("依照劳动合同法第二十条办理", "劳动合同法第二十条", "劳动合同法", ("第二十条",)),
        ("违反刑法第二十条的", "刑法第二十条", "刑法", ("第二十条",)),
        ("违反中华人民共和国反间谍法第9条的", "中华人民共和国反间谍法第9条", "中华人民共和国反间谍法", ("第九条",)),
        ("按照《乙条例》附件三办理", "《乙条例》附件三", "乙条例", ("附件3",)),
        ("参照《乙条例》第八条第二款前三项办理", "《乙条例》第八条第二款前三项", "乙条例", ("第八条", "第二款", "（一）")),
    ],
)  # fmt: skip
def test_pointers_to_another_document(sentence: str, words: str, target: str, path: tuple[str, ...]) -> None:
    made = whole(f"澜沚市租赁办法\n第一条　{sentence}。\n第二条　甲。\n")
    assert [(one.text, one.target, one.path) for one in made.relations] == [(words, target, path)]


@pytest.mark.parametrize(
    "sentence",
    ["本项目和本条件", "目前款式", "第一条线路", "前项目经理", "第三项目部", "前款，本款约定的工作", "“依照本办法第二条办理，违者必究”"],
)  # fmt: skip
def test_what_only_looks_like_a_pointer_leads_nowhere(sentence: str) -> None:
    made = whole(f"澜沚市租赁办法\n第一条　{sentence}。\n第二条　甲。\n")
    assert [id for one in made.relations for id in one.clauses if not id.endswith("#第一条")] == []


def test_a_short_name_and_the_same_law_lean_on_what_was_named() -> None:
    text = "澜沚市办法\n第一条　依照《乙市管理条例》（以下简称《条例》）第三条办理。\n第二条　违反《条例》第七条、同条例第八条的，处罚。\n"
    assert [(one.target, one.path) for one in whole(text).relations] == [
        ("乙市管理条例", ("第三条",)),
        ("乙市管理条例", ("第七条",)),
        ("乙市管理条例", ("第八条",)),
    ]


def test_an_annex_is_found_and_its_own_heading_is_no_pointer() -> None:
    text = (
        "关于申报的通知\n各单位：\n一、填写申请表（见附件2）。\n二、其他。\n附件1\n清单\n1.甲\n附件2\n申请表\n1.姓名\n"
    )
    assert pointers(text) == [("附件2", "", ["附件2"])]


def test_a_number_that_stands_twice_is_not_resolved() -> None:
    made = parsed(NEW, LAW)
    twice = replace(
        made, clauses=tuple(replace(one, id=ClauseId(f"{one.id}{n}")) for n in "ab" for one in made.clauses)
    )
    found = [one for one in relations(twice) if one.text == "第2条"]
    assert [one.clauses for one in found] == []


def test_a_quoted_amendment_speaks_of_the_law_that_it_amends() -> None:
    made = whole(
        "关于修改《澜沚市养犬办法》的决定\n市政府决定对《澜沚市养犬办法》作如下修改：\n"
        "一、将第三条修改为：“第三条　公安机关依照本办法第五条管理。\n“前款规定的机关依照第一款办理。”\n"
        "二、删去第五条第二款。\n三、本决定第一条自2024年6月1日起施行。\n"
    )
    assert [(one.kind, one.text, one.target, one.clauses) for one in made.relations] == [
        ("amends", "《澜沚市养犬办法》", "澜沚市养犬办法", ()),
        ("amends", "《澜沚市养犬办法》", "澜沚市养犬办法", ()),
        ("amends", "第三条", "澜沚市养犬办法", ()),
        ("cites", "第三条", "澜沚市养犬办法", ()),
        ("cites", "本办法第五条", "澜沚市养犬办法", ()),
        ("amends", "第五条第二款", "澜沚市养犬办法", ()),
        ("cites", "本决定第一条", "", (made.clauses[2].id,)),
    ]


def test_an_amendment_names_its_law_in_its_title() -> None:
    made = whole(
        "中华人民共和国甲法修正案（二）\n一、将甲法第三条第二款修改为：“乙。”\n二、在第五条后增加一条，作为第五条之一：“丙。”"
    )
    assert [(one.kind, one.path) for one in made.relations] == [
        ("amends", ("第三条", "第二款")),
        ("amends", ("第五条",)),
        ("amends", ("第五条之一",)),
    ]
    assert {one.target for one in made.relations} == {"甲法", "中华人民共和国甲法"}


def test_how_a_law_itself_was_amended_is_no_relation() -> None:
    head = "（2010年1月1日通过　根据2018年5月1日《关于修改〈某法〉的决定》修正）"
    assert whole(f"某某法\n{head}\n第一条　甲。\n第二条　乙。").relations == ()


def clauses_of(held: Sequence[Parsed]) -> Resolver:
    by_id = {one.document.id: one for one in held}
    return Resolver([one.document for one in held], lambda id: by_id[id].clauses)


def test_a_pointer_to_another_document_of_the_index_finds_its_clause() -> None:
    law = whole(
        "中华人民共和国甲法\n第一章　总则\n第一条　目的。\n第二条　范围。\n第二款的范围。\n第二章　附则\n第三条　施行。"
    )
    rules = whole(
        "澜沚市办法\n第一条　违反甲法第二条第二款的，罚款。\n第二条　依照甲法第一条至第三条办理。\n第三条　依照甲法第九条办理。"
    )
    resolver = clauses_of([law, rules])
    found = [resolver.resolve(one, rules.document) for one in rules.relations]
    at = {"/".join(clause.path): clause.id for clause in law.clauses}
    assert found == [
        Resolved(law.document.id, (at["第一章/第二条/第二款"],)),
        Resolved(law.document.id, (at["第一章/第一条"], at["第一章/第二条"], at["第二章/第三条"])),
        Resolved(law.document.id, ()),
    ]
    alone = Resolver([rules.document], lambda id: ()).resolve(rules.relations[0], rules.document)
    assert alone == Resolved(None, ())


def test_of_several_versions_the_one_in_force_is_meant_else_none() -> None:
    old, new = replace(OLD, status="repealed"), replace(NEW, status="in_force")
    pointer = Relation("cites", ClauseId("x#1"), OLD.title, text=f"《{OLD.title}》")
    other = Document(DocumentId("x"), "另一办法")
    assert Resolver([old, new], lambda id: ()).resolve(pointer, other) == Resolved(new.id)
    assert Resolver([OLD, NEW], lambda id: ()).resolve(pointer, other) == Resolved()


def test_the_json_of_references_and_the_links_of_the_page() -> None:
    made = whole(LAW)
    first = made.relations[0]
    told = references_json(made)[first.clause][0]
    assert (told["text"], told["document"], told["path"], told["clauses"]) == (
        "前款第二项", None, ["第一章", "第二条", "（二）"], list(first.clauses),
    )  # fmt: skip
    assert made.text.characters[told["start"] : told["end"]] == "前款第二项"
    html = source.document(made, (first.start + 1, first.end + 4), of("zh"))
    labels = first.clauses[0].removeprefix(f"{made.document.id}#")
    assert f'<a class="reference" href="#{quote(labels, safe="/")}">前</a>' in html
    assert html.count(f' id="{labels}"') == 1


# Changes ---------------------------------------------------------------------------------------------------------


def changes(sentence: str) -> list[tuple[str, str, tuple[str, ...], date | None]]:
    made = whole(f"澜沚市租赁办法\n第一条　甲。\n第二条　本办法自2024年3月1日起施行。{sentence}\n第三条　乙。\n")
    return [(one.kind, one.target, one.path, one.effective or one.until) for one in made.relations]


FORCE = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("原《乙办法》（澜府〔2019〕6号）停止执行。", [("repeals", "澜府〔2019〕6号", (), FORCE)]),
        ("《澜沚市租赁办法》（澜府〔2019〕6号），《乙办法》同时废止。", [("repeals", "澜府〔2019〕6号", (), FORCE), ("repeals", "乙办法", (), FORCE)]),
        ("《乙办法》第三条同时废止。", [("repeals", "乙办法", ("第三条",), FORCE)]),
        ("《乙办法》中有关补贴的规定同时废止。", [("amends", "乙办法", (), FORCE)]),
        ("《乙办法》自2024年7月1日起废止。", [("repeals", "乙办法", (), date(2024, 7, 1))]),
        ("《乙办法》已于2020年废止。", [("repeals", "乙办法", (), date(2020, 12, 31))]),
        ("《乙办法》（2010年1月1日公布，2015年修订）同时废止。", [("repeals", "乙办法", (), FORCE)]),
        ("根据《丙条例》，《乙办法》同时废止。", [("cites", "丙条例", (), None), ("repeals", "乙办法", (), FORCE)]),
        ("《乙办法》已被《丙办法》废止。", [("repeals", "乙办法", (), FORCE), ("cites", "丙办法", (), None)]),
        ("拟废止《乙办法》。", [("cites", "乙办法", (), None)]),
        ("依照《关于废止〈乙办法〉的决定》办理。", [("cites", "关于废止〈乙办法〉的决定", (), None)]),
        ("《乙办法》有效期延长至2028年12月31日。", [("extends", "乙办法", (), date(2028, 12, 31))]),
        ("《乙办法》继续有效，有效期至2027年6月底。", [("extends", "乙办法", (), date(2027, 6, 30))]),
        ("《乙办法》继续有效。", [("upholds", "乙办法", (), None)]),
        ("《乙办法》暂停执行。", [("suspends", "乙办法", (), FORCE)]),
    ],
)  # fmt: skip
def test_what_a_sentence_does_to_a_document(sentence: str, found: list[object]) -> None:
    assert [
        (kind, target, path, None if kind == "suspends" else day) for kind, target, path, day in changes(sentence)
    ] == [
        (kind, target, path, None if kind == "suspends" else day)
        for kind, target, path, day in found  # type: ignore[misc]
    ]


def test_a_list_of_repealed_documents() -> None:
    made = whole(
        "澜沚市人民政府关于废止部分文件的决定\n各区人民政府：\n经研究，决定废止下列文件：\n"
        "1.关于印发甲办法的通知（澜府〔2010〕5号）\n2.《乙办法》（澜府〔2011〕6号）\n3.澜沚市丙规定\n"
    )
    assert [(one.kind, one.target) for one in made.relations] == [
        ("repeals", "澜府〔2010〕5号"),
        ("repeals", "澜府〔2011〕6号"),
        ("repeals", "澜沚市丙规定"),
    ]


def test_annexes_of_what_is_repealed_and_what_goes_on() -> None:
    made = whole(
        "澜沚市关于公布文件清理结果的通知\n各区：\n一、对《甲办法》等文件予以废止（见附件2）。\n二、其余继续有效（见附件1）。\n"
        "附件1\n继续有效的文件目录\n1.《丙办法》（澜府〔2012〕5号）\n2.《丁办法》（澜府〔2013〕6号）\n"
        "附件2\n废止的文件目录\n序号\t文件名称\t文号\n1\t关于甲的通知\t澜府〔2010〕5号\n2\t关于乙的通知\t澜府〔2011〕5号\n"
    )
    assert [(one.kind, one.target) for one in made.relations if one.target] == [
        ("repeals", "甲办法"),
        ("upholds", "澜府〔2012〕5号"),
        ("upholds", "澜府〔2013〕6号"),
        ("repeals", "澜府〔2010〕5号"),
        ("repeals", "澜府〔2011〕5号"),
    ]


def test_a_draft_changes_nothing() -> None:
    made = whole("澜沚市办法（征求意见稿）\n第一条　甲。\n第二条　本办法自2024年3月1日起施行，《旧办法》同时废止。")
    assert [(one.kind, one.target) for one in made.relations] == [("cites", "旧办法")]


# Status ----------------------------------------------------------------------------------------------------------

NOTICE = Document(DocumentId("n"), "关于清理文件的通知", issued=date(2023, 1, 1))


def on(day: date, *links: Relation, about: Document = OLD, by: Document = NOTICE) -> str:
    return standings([about, by], [(by.id, one) for one in links], day)[about.id].status


def link(kind: str, **known: object) -> Relation:
    return Relation(kind, ClauseId("n#1"), OLD.number or "", **known)  # type: ignore[arg-type]


def test_between_the_word_and_its_day_a_document_holds() -> None:
    repeal = link("repeals", effective=date(2024, 7, 1))
    assert [on(day, repeal) for day in (date(2019, 5, 31), date(2024, 6, 30), date(2024, 7, 1))] == [
        "not_yet", "in_force", "repealed",
    ]  # fmt: skip


def test_a_repealed_clause_leaves_the_document_in_force() -> None:
    assert on(date(2024, 1, 1), link("repeals", path=("第三条",))) == "in_force"


def test_a_term_that_was_extended() -> None:
    lapsing = replace(OLD, expires=date(2022, 5, 31))
    longer, later = link("extends", until=date(2025, 5, 31)), link("extends", months=24)
    assert on(date(2022, 12, 31), longer, about=lapsing) == "expired"  # before the word was said
    assert on(date(2025, 5, 31), longer, about=lapsing) == "in_force"
    assert on(date(2025, 6, 1), longer, about=lapsing) == "expired"
    assert [on(day, later, about=lapsing) for day in (date(2024, 5, 31), date(2024, 6, 1))] == ["in_force", "expired"]


def test_what_is_said_to_hold_on_holds_on_and_what_is_suspended_is_named() -> None:
    lapsed = replace(OLD, expires=date(2022, 5, 31))
    assert on(date(2024, 1, 1), link("upholds"), about=lapsed) == "in_force"
    found = standings([OLD, NOTICE], [(NOTICE.id, link("suspends"))], date(2024, 1, 1))[OLD.id]
    assert (found.status, found.suspended_by) == ("in_force", NOTICE.id)


def test_a_document_without_a_day_of_effect() -> None:
    bare = replace(OLD, effective=None)
    assert on(date(2019, 4, 30), about=bare) == "not_yet"
    assert on(date(2020, 1, 1), about=bare) == "unknown"
    assert on(date(2020, 1, 1), about=replace(bare, expires=date(2021, 1, 1))) == "in_force"


@pytest.mark.parametrize(
    ("stated", "expires", "status"),
    [("expired", None, "expired"), ("repealed", None, "repealed"), ("unknown", None, "unknown"), (None, None, "in_force"),
     ("repealed", date(2024, 1, 1), "repealed"), ("expired", date(2030, 1, 1), "in_force"), ("in_force", date(2024, 1, 1), "expired")],
)  # fmt: skip
def test_what_the_page_says_of_itself(stated: str | None, expires: date | None, status: str) -> None:
    about = replace(OLD, stated=stated, expires=expires)
    assert on(date(2025, 1, 1), about=about) == status
    assert on(date(2019, 1, 1), about=about) == "not_yet"


def test_a_title_without_its_offices_is_met_only_by_their_document() -> None:
    title = "关于做好澜沚市住房补贴发放工作的通知"
    ours = Document(DocumentId("a"), title, issuer="澜沚市住房局", issued=date(2019, 1, 1), effective=date(2019, 1, 1))
    theirs = replace(ours, id=DocumentId("b"), issuer="甲市住房局")
    repeal = replace(
        link("repeals"), target=f"澜沚市住房局 澜沚市财政局{title}", text=f"《澜沚市住房局 澜沚市财政局{title}》"
    )
    found = standings([ours, theirs, NOTICE], [(NOTICE.id, repeal)], date(2024, 1, 1))
    assert (found[ours.id].status, found[theirs.id].status) == ("repealed", "in_force")


# Everything ------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.sampled_from(
            [*'第一二条款项前本章《》（）、和至，。\n“”"', "第三条", "《甲办法》", "废止", "附件2", "修改为", "本办法"]
        ),
        max_size=60,
    )
)
def test_any_text_gives_relations_that_lie_in_their_clauses(words: list[str]) -> None:
    made = whole("澜沚市办法\n第一条　" + "".join(words))
    held = {clause.id: clause for clause in made.clauses}
    for one in made.relations:
        assert held[one.clause].start <= one.start < one.end <= held[one.clause].end
        assert made.text.characters[one.start : one.end] == one.text
        assert all(id in held for id in one.clauses)
    assert all(a.start <= b.start for a, b in pairwise(made.relations))


@pytest.mark.parametrize(
    "unit",
    [
        "第一",
        "《",
        "《甲",
        "第一条",
        "第（一）",
        "附件",
        "前款",
        "（甲，",
        "“",
        "废止",
        "《甲乙》，",
        "令第",
        "将《甲乙》作如下修改：",
        "法",
    ],
)
def test_hostile_texts_take_no_time(unit: str) -> None:
    characters = (unit * 60_000)[:60_000]
    clause = Clause(ClauseId("d#1"), "clause", "第一条", ("第一条",), "", characters, 0, len(characters))
    started = time.process_time()
    relations(Parsed(Document(DocumentId("d"), "甲法修正案"), Text(characters), (clause,)))
    assert time.process_time() - started < 60  # 1.5 s at most here; quadratic growth would take minutes
