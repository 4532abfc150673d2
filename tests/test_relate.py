"""rag.relate: repeals and status on a day."""

from dataclasses import replace
from datetime import date

import pytest

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
