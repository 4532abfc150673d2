"""Whether a document holds on a day, what repealed it, and until when it holds: said from dates and repeals, with the clauses.

The day, what took a document's place and when it ends are metadata's and `relate`'s; each is said with the clause that it
was read from. What no document states is left to the other ways of answering.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

from rag.cite import Statement
from rag.clause import Clause, Document, DocumentId, Status
from rag.extract.place import located, name
from rag.extract.structure import in_lines
from rag.numeral import arabic, bare
from rag.relate import refers
from rag.retrieve import Evidence, Retriever
from rag.understand import Query
from rag.understand.asking import YEAR

_RULE = r"(?:办法|规定|条例|细则|意见|方案|通知|政策|文件|规则|制度|决定|那?[份部版]|号|》)"
_ENDED = r"(?:失效|作废|废止|过期|到期|期满|停止(?:执行|施行)|不再(?:适用|执行|有效|施行)|终止|取消)"
_HOLDS = rf"(?:有效|管用|作数|算数|生效|适用|执行|{_ENDED})"
_ASKS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:还|仍|仍然|是否|是不是|会不会|有没有|依然)[^，。？?的]{{0,6}}{_HOLDS}(?!的|范围|条件|期限|期内)",
        rf"{_ENDED}(?:了)?(?:吗|没有?[？?]?$|么[？?]?$|了没)|(?:有效|管用|作数|算数|生效)(?:了)?[吗么][？?]?$",
        r"(?:被|由)[^，。？?]{0,4}(?:哪|什么|谁)[^，。？?]{0,10}(?:废止|取代|替代|代替)|(?:哪|什么)[^，。？?]{0,8}(?:废止|取代|替代|代替)了?(?:它|该|这|那|《|旧)",
        rf"(?:哪一?[天年月日]|什么时候|何时|几时|多久)[^，。？?]{{0,8}}{_ENDED}|有效期(?:到|至|满)|{_ENDED}[^，。？?]{{0,6}}(?:时间|日期|是哪|在哪|什么时候|何时)",
        rf"(?:现行|现在|目前|当前|如今|正在|在用)[^，。？?]{{0,6}}(?:是|用|执行|适用|有效)的?(?:是)?(?:哪|什么|几)[^，。？?]{{0,4}}{_RULE}",
    )
)
_BY_WHAT = _ASKS[2]
_OF_CLAUSE = re.compile(r"[这那该此前]一?[条款项]|第[^，。？?]{1,6}[条款项]|条规定")
"""Who asks whether a clause still holds wants to read it; the document's standing is said beside it."""
_BEGINS = re.compile(r"(?:哪一?[天年月日]|什么时候|何时|几时)[^，。？?]{0,6}(?:施行|实施|生效|开始|起)|从(?:哪|什么)")
_DAY = re.compile(r"((?:19|20)\d{2})年(\d{1,2})月(\d{1,2})[日号]")
_NOW = re.compile(r"现行|现在|目前|当前|如今")
_FORCE = re.compile(r"自[^。]{1,30}?(?:施行|实施|执行|生效)|有效期")
_ASIDE = ("title", "header", "furniture", "heading")
_NAMED = 0.6
"""Share of what a question speaks of, by what its terms tell, that a title must have to be meant."""
_MOST = 2
"""Documents of a name of which the standing is said."""


def asks_standing(query: Query) -> bool:
    """Whether a question asks if a rule holds, until when, or what took its place."""
    asked = bare(query.focus)
    if query.references or _OF_CLAUSE.search(asked):
        return False
    return any(pattern.search(asked) for pattern in _ASKS) and (
        bool(query.missing) or re.search(_RULE, asked) is not None
    )


def standing(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """How the documents stand that a question names, each with the clauses that say so; [] where it does not ask, or
    nothing states it.
    """
    if not asks_standing(query):
        return []
    if query.missing and not query.by_name:
        return _of_absent(query, retriever)
    day, documents = _day(query), _meant(query, evidence, retriever)
    return _together([_said(one, day, query, retriever) for one in documents[:_MOST]], retriever)


def never_repealed(query: Query, retriever: Retriever) -> list[Statement]:
    """How a document stands that a question takes for repealed, and which is in force; else []."""
    if not query.by_name or len(query.documents) != 1 or _BY_WHAT.search(bare(query.focus)) is None:
        return []
    document = _document(query.documents[0], retriever)
    is_held = retriever.index.store.standings()[document.id].status == "in_force"
    return _together([_said(document, None, query, retriever)], retriever) if is_held else []


def _day(query: Query) -> date | None:
    """The day that a question names; None where it names none, or the calendar has none such."""
    found = _DAY.search(arabic(bare(query.focus)))
    with suppress(ValueError):
        return date(*map(int, found.groups())) if found else None
    return None


def _document(id: DocumentId, retriever: Retriever) -> Document:
    return next(one for one in retriever.index.store.documents() if one.id == id)


def _meant(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Document]:
    """The documents that a question names, else the likeliest one: with what took its place, where it asks for that."""
    settled = retriever.index.store.standings()
    if query.by_name or query.exact:
        found = [_document(id, retriever) for id in query.documents]
        holding = [one for one in found if settled[one.id].status == "in_force"]
        return holding if holding and (len(found) > 1 and _NOW.search(query.focus)) else found
    likeliest = evidence[0].hit.document if evidence else None
    if likeliest is None or retriever.coverage(_subject(query), likeliest.title, query) < _NAMED:
        return []
    kin = [likeliest.id, settled[likeliest.id].repealed_by]
    former = [id for id, one in settled.items() if one.repealed_by == likeliest.id]
    ids = dict.fromkeys(id for id in [*former[:1], *kin] if id is not None)
    return [_document(id, retriever) for id in ids] if len(ids) > 1 else []


def _subject(query: Query) -> str:
    """What a question speaks of besides asking how it stands, in the documents' words."""
    text = bare(query.text)
    for pattern in (*_ASKS, _BEGINS, _NOW, YEAR):
        text = pattern.sub(" ", text)
    return re.sub(_RULE, " ", text)


# What is said --------------------------------------------------------------------------------------------------


Said = tuple[str, list[Clause]]
"""How a document stands, "" where that is not known, and the clauses that say so."""


def _said(document: Document, day: date | None, query: Query, retriever: Retriever) -> Said:
    settled = retriever.index.store.standings(day)[document.id]
    repeal = _repeal(document, settled.repealed_by, retriever)
    clauses = [repeal[1]] if repeal else []
    if not clauses or _BEGINS.search(query.focus):
        clauses = [*_force(document, retriever), *clauses]
    return _line(document, settled.status, day, repeal[0] if repeal else None), clauses


def _together(said: Sequence[Said], retriever: Retriever) -> list[Statement]:
    """The sentences, then each clause once; [] where there is no sentence, or no clause for it."""
    known = [(line, clauses) for line, clauses in said if line and clauses]
    clauses = {clause.id: clause for _, each in known for clause in each}
    found = located([in_lines(retriever.hit(clause), retriever) for clause in clauses.values()])
    lines = "".join(f"{line}\n" for line, _ in known)
    return [replace(found[0], lead=lines), *found[1:]] if found else []


def _repeal(document: Document, by: DocumentId | None, retriever: Retriever) -> tuple[date | None, Clause] | None:
    """The clause by which `by` repeals a document, and the day from which it does; None where none does."""
    if by is None:
        return None
    store = retriever.index.store
    said = next((one for _, one in store.relations(by, ("repeals",)) if refers(one.target, document)), None)
    repealing = _document(by, retriever)
    return None if said is None else (said.effective or repealing.effective, store.whole(said.clause))


def _force(document: Document, retriever: Retriever) -> list[Clause]:
    """The last clause of a document that says from when, or how long, it holds; [] where none does."""
    clauses = retriever.index.store.clauses(document.id)
    found = next((one for one in reversed(clauses) if _FORCE.search(one.text) and one.kind not in _ASIDE), None)
    return [found] if found else []


def _line(document: Document, status: Status, day: date | None, since: date | None) -> str:
    """How a document stands, in a sentence; "" where that is not known."""
    called, on = name(document), f"{_spelt(day)}，" if day else ""
    if status == "repealed":
        return f"{on}{called}已废止{f'（自{_spelt(since)}起）' if since else ''}。"
    if status == "expired" and document.expires:
        return f"{on}{called}的有效期已于{_spelt(document.expires)}届满。"
    if status == "not_yet" and document.effective:
        return f"{on}{called}尚未生效，自{_spelt(document.effective)}起施行。"
    if status == "in_force":
        until = f"，有效期至{_spelt(document.expires)}" if document.expires else ""
        return f"{on}{called}{'有效' if day else '现行有效'}{until}。"
    return ""


def _spelt(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _of_absent(query: Query, retriever: Retriever) -> list[Statement]:
    """The clause that repeals a document which is itself not there; [] where none speaks of it."""
    store = retriever.index.store
    for source, said in store.relations(kinds=("repeals",)):
        words = bare(f"{said.text}{said.target}")
        missing = next((one for one in query.missing if bare(one).strip("《》") in words), None)
        if missing is not None:
            since = said.effective or _document(source, retriever).effective
            from_then = f"自{_spelt(since)}起" if since else ""
            line = f"{missing}没有收录；{name(_document(source, retriever))}写明它{from_then}废止。"
            return _together([(line, [store.whole(said.clause)])], retriever)
    return []
