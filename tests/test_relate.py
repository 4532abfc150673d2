"""rag.relate: repeals and status on a day."""

from dataclasses import replace
from datetime import date

from rag.clause import Document, DocumentId, Parsed, Text
from rag.parse import parse
from rag.relate import refers, relations, resolve

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
