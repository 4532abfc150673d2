"""What is said around an answer: warnings, refusals, questions to ask instead; in Chinese and in English.

The answer itself is the documents' own words or a model's; the page's own texts are the page's.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rag.cite import Statement, Support, compose, unmarked
from rag.clause import Answer, Clause, Document, Hit, Reason
from rag.errors import Language
from rag.extract import name, place
from rag.family import is_article
from rag.numeral import bare
from rag.premise import Premise
from rag.refer import head
from rag.retrieve import Evidence, Retriever
from rag.understand import Aside, Query, closest_number, is_foreign, is_number

_ISSUED = re.compile(r"印发(?:《(.+)》|(.+?))的?通知$")
_SENTENCE = re.compile(r"[，。；：,;:%]|按照|应当|可以|不得|负责|下列|的$|[是为]\d")
_HAN = re.compile(r"[\u3400-\u9fff]")
_EMPTY = ("总则", "附则", "附件", "其他", "其它", "")
_SAID = 5
"""Clauses that are not there and named in a refusal."""
_SHORT_TITLE = 30
"""Characters of a title that a suggested question can hold."""


def warnings(documents: Sequence[Document], retriever: Retriever) -> list[str]:
    """What a reader must know of these documents: not in force today, and what took its place; read by machine."""
    language: Language = retriever.settings.language
    found = _lapsed([one for one in documents if one.status in _STATUS[language]], retriever)
    for one in documents:
        if one.confidence is not None:
            found.append(_SCANNED[language].format(name=name(one), percent=round(100 * one.confidence)))
    return found


def _lapsed(documents: Sequence[Document], retriever: Retriever) -> list[str]:
    if not documents:
        return []
    language: Language = retriever.settings.language
    store = retriever.index.store
    by_id = {one.id: one for one in store.documents()}
    settled = store.standings()
    found: list[str] = []
    for document in documents:
        repealing = settled[document.id].repealed_by
        successor = by_id.get(repealing) if repealing else None
        by = _BY[language].format(name=name(successor)) if successor else ""
        words = _STATUS[language][document.status]
        found.append(words.format(name=name(document), by=by, day=_day(document)))
    return found


def as_of(day: date, language: Language) -> str:
    """The notice that an answer is that of another day."""
    return _AS_OF[language].format(day=day)


def closest_in_meaning(language: Language) -> str:
    """The caveat of an answer that rests on likeness alone."""
    return _HEDGED[language]


def unanswered(question: str, language: Language) -> str:
    """The notice that of several questions one has no answer."""
    return _UNANSWERED[language].format(question=unmarked(question))


def without_model(reason: str, language: Language) -> str:
    """The notice that the model failed and the documents' own words stand in."""
    return _FALLBACK[language].format(reason=reason.rstrip("。."))


def unsupported(language: Language) -> str:
    """The notice that a model's answer did not pass the check of its citations."""
    return _UNSUPPORTED[language]


def own_number(hit: Hit, language: Language) -> Statement:
    """The document's own number, cited where it stands."""
    title = name(hit.document).removesuffix(f"（{hit.document.number}）")
    lead, words = _OWN_NUMBER[language]
    text = words.format(title=title, number=hit.document.number)
    return Statement(text, (Support(hit, hit.clause.start, hit.clause.end),), "\n", lead)


def contrary(premise: Premise, language: Language) -> str:
    """The notice that the text has another figure than the question takes for granted."""
    stated = ("、" if language == "zh" else ", ").join(premise.stated)
    return unmarked(_CONTRARY[language].format(asserted=premise.asserted, stated=stated))


def corrected(premise: Premise, language: Language) -> str:
    """What an answer begins with that is asked to confirm a figure that the text has otherwise."""
    return unmarked(_CORRECTED[language].format(asserted=premise.asserted))


def for_nothing(query: Query, said: Sequence[Statement], retriever: Retriever) -> Answer:
    """The answer to who asks how to pay what the documents say is free: that it is, with the clause."""
    return _denied(_FOR_NOTHING[retriever.settings.language], query, said, retriever)


def not_repealed(query: Query, said: Sequence[Statement], retriever: Retriever) -> Answer:
    """The answer to who asks what repealed a document that is in force: that no document says so, and how it stands."""
    return _denied(_NOT_REPEALED[retriever.settings.language], query, said, retriever)


def untold(query: Query, documents: Sequence[Document], language: Language) -> Answer:
    """The refusal to say how documents stand of which nothing says from when, or until when, they hold."""
    names = "、".join(map(name, documents))
    return Answer(
        question=query.question,
        answer=unmarked(_UNTOLD[language].format(names=names)),
        refused=True,
        reason="no_evidence",
        query=query.rewritten,
    )


def _denied(words: str, query: Query, said: Sequence[Statement], retriever: Retriever) -> Answer:
    """A refusal of what a question takes for granted, with the clauses that say otherwise."""
    composed = compose(said)
    return Answer(
        question=query.question,
        answer=words + composed.answer,
        refused=True,
        reason="false_premise",
        citations=composed.citations,
        notices=tuple(warnings([one.document for one in composed.citations], retriever)),
        query=query.rewritten,
    )


def refusal(query: Query, evidence: Sequence[Evidence], reason: Reason, retriever: Retriever) -> Answer:
    """A polite word that and why the documents do not answer, the nearest clause and what could be asked instead."""
    language: Language = retriever.settings.language
    reference = query.reference.text if query.reference else ""
    gone = retriever.absent(query) if reason == "false_premise" else []
    reference = "、".join(one.text for one in gone[:_SAID]) or reference
    key: str = reason
    if reason == "out_of_scope" or (reason == "false_premise" and not gone and query.missing):
        key = "document" if query.missing else "place" if query.strange else reason
    if reason == "no_evidence" and is_foreign(query.question) and _are_chinese(retriever.index.store.documents()):
        key = "foreign"
    named = "、".join(query.missing if query.missing else query.strange)
    words = unmarked(_REFUSALS[language][key].format(named=named, reference=reference))
    near = compose(_nearest(query, retriever)) if reason == "false_premise" else None
    cited = [citation.document for citation in near.citations] if near else []
    asked = [(one.hit.document, one.hit.clause) for one in evidence[:6]]
    suggested = [question for document, clause in asked if (question := _suggested(document, clause))]
    if reason == "ambiguous":
        suggested = [f"{name(document)}{reference}怎么规定的？" for document, _ in asked]
    return Answer(
        question=query.question,
        answer=words + (near.answer if near else ""),
        refused=True,
        reason=reason,
        citations=near.citations if near else (),
        notices=tuple(warnings(cited, retriever)),
        suggestions=tuple(dict.fromkeys(suggested))[:3],
        query=query.rewritten,
    )


def _are_chinese(documents: Sequence[Document]) -> bool:
    """Whether nothing is indexed that a question in another language could have been meant for."""
    return all(_HAN.search(one.title) for one in documents)


def _suggested(document: Document, clause: Clause) -> str:
    """A question that the clause answers: by its heading, else by its number; "" for one without either."""
    heading = last_heading(clause)
    if is_name(heading):
        return example(document, heading)
    return f"{_called(document)}{place(clause)}是怎么规定的？" if clause.label and is_article(clause.label) else ""


def within(answer: Answer, language: Language) -> Answer:
    """A refusal to a question that was put to some of the documents only: what it says of all is not known."""
    if not answer.refused or answer.reason != "no_evidence" or answer.answer == unmarked(_FOREIGN):
        return answer
    return replace(answer, answer=unmarked(_REFUSALS[language]["within"]), suggestions=())


def framed(question: str, kind: Aside, suggestions: Sequence[str], language: Language) -> Answer:
    """The fixed answer to what is no question to documents, with what could be asked instead."""
    return Answer(
        question=question,
        answer=_ASIDES[language][kind],
        refused=True,
        reason="unsafe" if kind == "person" else "out_of_scope",
        suggestions=tuple(suggestions),
        query=question,
    )


def _nearest(query: Query, retriever: Retriever) -> list[Statement]:
    """The clause whose number comes closest to one that does not exist, or the document whose number does."""
    language: Language = retriever.settings.language
    for reference in retriever.absent(query)[:_SAID]:
        hit = retriever.nearest(reference, query)
        if hit is not None:
            words = _NEAREST[language].format(name=name(hit.document), place=place(hit.clause))
            return [Statement(words, (Support(hit, hit.clause.start, hit.clause.end),))]
    documents = retriever.index.store.documents()
    for number in query.missing:
        near = closest_number(number, documents) if is_number(number) else None
        clause = head(retriever.index.store.clauses(near.id)) if near else None
        if near is not None and clause is not None:
            hit = retriever.hit(clause)
            words = _NEAREST_NUMBER[language].format(name=name(near))
            return [Statement(words, (Support(hit, clause.start, clause.end),))]
    return []


def absent(query: Query, retriever: Retriever) -> tuple[str, ...]:
    """The notice that some of the clauses that a question names are not there; () where all are, or none is."""
    named = [one.missing + one.text if one.missing else one.text for one in query.references]
    gone = [one.text for one in retriever.absent(query)]
    gone += [one.missing + one.text for one in query.references if one.missing]
    if not gone or len(gone) == len(named):
        return ()
    return (_ABSENT[retriever.settings.language].format(references="、".join(gone)),)


def last_heading(clause: Clause) -> str:
    """The innermost heading of a clause that says what it is about; empty where it has none."""
    words = clause.heading.rsplit(" › ", 1)[-1]
    return "" if bare(words) in _EMPTY else words


def is_name(heading: str) -> bool:
    """Whether a heading names what stands below it: not a sentence of its own, nor cut out of one."""
    return 4 <= len(heading) <= 22 and not _SENTENCE.search(heading)


def example(document: Document, heading: str) -> str:
    """A question that the clause under `heading` answers, naming the document so that it is found again."""
    return f"{_called(document)}对“{heading}”是怎么规定的？"


def _called(document: Document) -> str:
    """A document as one speaks of it: what a notice issues, a short title, else its number."""
    issued = _ISSUED.search(document.title)
    title = (issued[1] or issued[2]) if issued else document.title
    if len(title) <= _SHORT_TITLE or not document.number:
        return f"《{title}》"
    return document.number


def _day(document: Document) -> date | str:
    return (document.effective if document.status == "not_yet" else document.expires) or ""


_STATUS = {
    "zh": {
        "repealed": "注意：{name}已废止{by}；引自它的内容仅供参考。",
        "expired": "注意：{name}的有效期已于{day}届满{by}；引自它的内容仅供参考。",
        "not_yet": "注意：{name}自{day}起施行，目前尚未生效。",
    },
    "en": {
        "repealed": "Note: {name} has been repealed{by}; what is quoted from it is for reference only.",
        "expired": "Note: {name} expired on {day}{by}; what is quoted from it is for reference only.",
        "not_yet": "Note: {name} takes effect on {day} and is not yet in force.",
    },
}
_SCANNED = {
    "zh": "注意：{name}是扫描件，文字由机器识别（平均把握 {percent}%），请与原件核对。",
    "en": "Note: {name} is a scan, its text was recognised by machine (mean confidence {percent}%). Check it against the original.",
}
_OWN_NUMBER = {"zh": ("", "{title}的文号是{number}。"), "en": ("The number of ", "{title}: {number}")}
"""What stands before the claim, and the claim, which is checked against Chinese text."""
_AS_OF = {"zh": "按{day}当天的效力状况回答。", "en": "Validity is as of {day}."}
_BY = {"zh": "，现行的是{name}", "en": "; now in force: {name}"}
_HEDGED = {
    "zh": "文件里没有与提问相同的说法，以下是意思最接近的条目，请核对原文。",
    "en": "The documents do not use the question's words; these clauses come closest in meaning. Please check them.",
}
_UNANSWERED = {
    "zh": "没有找到能回答“{question}”的内容。",
    "en": "Nothing was found that answers “{question}”.",
}
_CONTRARY = {
    "zh": "提问中的“{asserted}”与所引条目不一致：条目写的是{stated}。",
    "en": "“{asserted}” in the question is not what the cited clause says: it has {stated}.",
}
_CORRECTED = {"zh": "文件写的不是{asserted}。\n", "en": "The documents do not say {asserted}.\n"}
_FOR_NOTHING = {
    "zh": "提问以收费为前提，文件写明不收费：\n",
    "en": "The question takes a charge for granted; there is none:\n",
}
_NOT_REPEALED = {
    "zh": "提问以它已被废止为前提，已收录的文件里没有废止它的：\n",
    "en": "The question takes it for repealed; none of the documents repeals it:\n",
}
_UNTOLD = {
    "zh": "{names}没有写明施行日期或者有效期，已收录的文件里也没有废止它的，因此无法判断是否有效。",
    "en": "{names} states neither a day from which it holds nor a term, and none of the documents repeals it: whether it is in force cannot be told.",
}
_FALLBACK = {"zh": "{reason}。以下为原文摘录。", "en": "{reason}. These are the documents' own words."}
_UNSUPPORTED = {
    "zh": "语言模型的回答未能通过引文核对，以下为原文摘录。",
    "en": "The model's answer did not pass the check of its citations; these are the documents' own words.",
}
_ABSENT = {
    "zh": "注意：文件中没有{references}。",
    "en": "Note: there is no {references} in the document.",
}
_NEAREST_NUMBER = {"zh": "文号最接近的是{name}", "en": "The closest number is that of {name}"}
_NEAREST = {"zh": "{name}中编号最接近的是{place}", "en": "The nearest in {name} is {place}"}
_FOREIGN = (
    "The documents here are in Chinese, and a question in another language finds nothing in them. "
    "Please put your question in Chinese. "
)
"""In the language of the question, whichever the page has."""
_REFUSALS = {
    "zh": {
        "no_evidence": "已收录的文件中没有找到能回答这个问题的内容，因此不作回答。可以换一种说法，或者写明文件名称、条目号。",
        "foreign": _FOREIGN,
        "within": "在选定的范围里没有找到能回答这个问题的内容，因此不作回答。可以放宽范围，或者换一种说法再问。",
        "place": "已收录的文件没有关于{named}的内容，因此不作回答。请换成已收录的地区或文件再问。",
        "document": "已收录的文件中没有{named}，因此不作回答。请核对名称或文号，或先收录这份文件。",
        "out_of_scope": "这个问题不在已收录文件的范围之内，因此不作回答。",
        "false_premise": "文件中没有“{reference}”这一条目，因此不作回答。",
        "ambiguous": "有多份文件符合，请写明是哪一份文件。",
        "unsafe": "这个问题不能回答。",
    },
    "en": {
        "no_evidence": "The documents do not answer this question. Try other words, or name the document and the clause. ",
        "foreign": _FOREIGN,
        "within": "The documents that were chosen do not answer this question. Choose more of them, or try other words. ",
        "place": "None of the documents is about {named}. Ask about a place or document that is indexed. ",
        "document": "{named} is not among the documents. Check the title or number, or add the document. ",
        "out_of_scope": "This question is outside what the documents cover. ",
        "false_premise": "There is no “{reference}” in the document. ",
        "ambiguous": "Several documents fit: please say which one. ",
        "unsafe": "This question cannot be answered. ",
    },
}
_ASIDES: dict[Language, dict[Aside, str]] = {
    "zh": {
        "talk": "这里只依据已收录的文件回答问题，不闲聊，也没有天气、行情之类的信息。可以直接问文件里的规定。",
        "person": "涉及他人隐私的信息（证件号码、住址、私人电话、财产等）不查询，也不提供。公开的咨询电话和办公地址可以问。",
        "case": "这里只说明文件是怎样规定的，不对个人的案件给出法律意见，也不代写文书。可以问有关的规定；需要法律帮助，请咨询律师或者当地的法律援助机构。",
        "politics": "这不是已收录的文件能回答的问题，不作评论。可以问文件里的规定。",
    },
    "en": {
        "talk": "Answers here come from the indexed documents alone; there is no small talk, weather or market news. Ask what the documents say.",
        "person": "Private data of others (identity numbers, addresses, private phones, property) is neither looked up nor given. Public hotlines and offices may be asked for.",
        "case": "Here you learn what the documents say, not legal advice on your own case, and no papers are drafted. Ask what the rules are; for help, see a lawyer or the local legal aid office.",
        "politics": "The indexed documents do not answer this, and no comment is given. Ask what the documents say.",
    },
}
