"""page.scope: where to look, as a form whose numbers are of what is left within the other choices."""

import re
from datetime import date

from page import scope, words
from rag.clause import Document, DocumentId, Filters

ZH, EN = words.of("zh"), words.of("en")


def document(id: str, title: str, region: str, type: str, issued: date, **more: object) -> Document:
    return Document(DocumentId(id), title, region=region, type=type, issued=issued, **more)  # type: ignore[arg-type]


HELD = (
    document("甲", "甲市住房办法", "甲市", "办法", date(2024, 1, 1), status="in_force"),
    document("乙", "甲市关于印发《教育办法》的通知", "甲市", "通知", date(2024, 1, 1), status="repealed"),
    document("丙", "乙市2021年工作报告", "乙市", "报告", date(2022, 1, 1)),
)


def left(chosen: Filters, name: str, held: tuple[Document, ...] = HELD) -> dict[str, tuple[str, bool]]:
    """The choices of a group: what is shown of each, and whether it can be ticked."""
    boxes = re.findall(
        rf'name="{name}" value="(.*?)"(?: data-name=".*?")?( disabled)?> <span>(.*?)<', scope.form(held, ZH, chosen)
    )
    return {value: (shown, not disabled) for value, disabled, shown in boxes}


def test_the_numbers_are_of_what_the_other_choices_leave() -> None:
    assert left(Filters(), "type") == {
        "办法": ("办法（2）", True),
        "通知": ("通知（1）", True),
        "报告": ("报告（1）", True),
    }
    chosen = Filters(regions=("乙市",))
    assert left(chosen, "type") == {
        "办法": ("办法（0）", False),
        "通知": ("通知（0）", False),
        "报告": ("报告（1）", True),
    }
    assert left(chosen, "region") == {"甲市": ("甲市（2）", True), "乙市": ("乙市（1）", True)}  # not by its own group
    assert {id: can for id, (_, can) in left(chosen, "document").items()} == {"甲": False, "乙": False, "丙": True}
    assert left(Filters(status=("in_force", "unknown")), "type")["通知"] == ("通知（0）", False)


def test_a_number_is_what_the_choice_finds() -> None:
    """A 通知 that issues 办法 is both; a report of 2021 is of that year, whenever it was published."""
    assert left(Filters(), "year") == {"2024": ("2024（2）", True), "2021": ("2021（1）", True)}
    assert left(Filters(regions=("甲市",)), "type")["办法"] == ("办法（2）", True)


def test_what_an_address_chooses() -> None:
    asked = {"region": ["甲市"], "year": ["2024", "x", "20240"], "type": ["办法"], "status": ["in_force"], "c": ["1"]}
    status = ("in_force", "unknown")
    assert scope.chosen(asked) == Filters(regions=("甲市",), years=(2024,), types=("办法",), status=status)
    assert scope.chosen({"document": ["甲"] * 1000, "status": ["repealed"]}) == Filters(documents=("甲",) * 200)


def test_a_group_that_leaves_nothing_out_is_not_there_and_all_is_escaped() -> None:
    hostile = (document("<b>", "<i>", "<u>", "<p>", date(2024, 1, 1)),)
    html = scope.form((*hostile, HELD[0]), EN, Filters())
    assert "&lt;u&gt; (1)" in html and not {"<b>", "<i>", "<u>", "<p>"} & {*re.findall(r"<\w+>", html)}
    assert 'name="region"' not in scope.form(HELD[:2], EN, Filters())
