import json
from datetime import date

from toys import made

from rag.clause import Answer, Citation, Claim, Clause, ClauseId, Document, DocumentId, Hit
from rag.contract import answer_json, clause_json, document_json, hit_json, metadata_json, search_json

DOCUMENT = Document(
    DocumentId("甲发〔2024〕3号"),
    "甲办法",
    "甲发〔2024〕3号",
    issued=date(2024, 3, 1),
    source="甲.txt",
    sha256="0f",
    clauses=2,
)
CLAUSE = Clause(ClauseId("甲#一"), "clause", "一、", ("一、",), "总则", "一、应当申报。", 5, 12, page=2)

DOCUMENT_FORM = {
    "id": "甲发〔2024〕3号",
    "title": "甲办法",
    "number": "甲发〔2024〕3号",
    "issued": "2024-03-01",
    "status": "unknown",
    "source": "甲.txt",
}
CLAUSE_FORM = {
    "id": "甲#一",
    "label": "一、",
    "path": ["一、"],
    "heading": "总则",
    "text": "一、应当申报。",
    "start": 5,
    "end": 12,
    "page": 2,
}


def test_a_document_and_a_clause() -> None:
    assert document_json(DOCUMENT) == DOCUMENT_FORM
    assert clause_json(CLAUSE) == CLAUSE_FORM


def test_all_that_is_known_of_a_document() -> None:
    unknown = dict.fromkeys(("issuer", "region", "type", "published", "effective", "expires"))
    assert metadata_json(DOCUMENT) == {**DOCUMENT_FORM, **unknown, "sha256": "0f", "clauses": 2, "confidence": None}


def test_a_search() -> None:
    hit = Hit(1, 0.712345, DOCUMENT, CLAUSE)
    form = {"rank": 1, "score": 0.7123, "why": "both", "document": DOCUMENT_FORM, "clause": CLAUSE_FORM}
    assert hit_json(hit) == form
    assert search_json("q1", [hit], 14.2) == {"id": "q1", "hits": [form], "ms": 14.2}


def test_an_answer() -> None:
    answer = Answer(
        "要申报吗？",
        "应当申报[1]。",
        citations=(Citation(1, DOCUMENT, CLAUSE, "应当申报。", 7, 12),),
        claims=(Claim("应当申报。", (1,), "supported"),),
        notices=("注意",),
        suggestions=("还有什么？",),
        query="要申报吗",
        ms={"total": 15.4},
    )
    form = answer_json(answer, "q1")
    assert json.loads(json.dumps(form)) == {
        "id": "q1",
        "question": "要申报吗？",
        "answer": "应当申报[1]。",
        "refused": False,
        "reason": None,
        "citations": [
            {"n": 1, "document": DOCUMENT_FORM, "clause": CLAUSE_FORM, "quote": "应当申报。", "start": 7, "end": 12}
        ],
        "claims": [{"text": "应当申报。", "citations": [1], "verdict": "supported"}],
        "notices": ["注意"],
        "model": "extractive",
        "ms": {"total": 15.4},
        "query": "要申报吗",
        "suggestions": ["还有什么？"],
    }
    assert answer_json(answer)["id"] is None


def test_a_paragraph_of_an_article_has_a_place_but_no_printed_number() -> None:
    parsed = made([("clause", ("第一条",), "第一条 甲。"), ("clause", ("第一条", "第二款"), "乙。")])
    first, second = (clause_json(clause) for clause in parsed.clauses)
    assert (first["label"], second["label"]) == ("第一条", None)
    assert second["path"] == ["第一条", "第二款"]
