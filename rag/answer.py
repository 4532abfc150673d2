"""The whole way: a question → an Answer. Start reading here.

    clean      the question is one                         understand
    understand what is asked, of which documents           understand
    search     the clauses that may answer                 retrieve
    gate       whether they do, else a refusal             here
    write      the sentences that answer                   extract, or generate with a model
    compose    their citations, each checked               cite, verify

Nothing here knows of a page or a command line.
"""

import logging
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from rag.cite import Composed, Statement, Support, bind, compose
from rag.clause import Answer, Document, DocumentId, Filters, Hit, Parsed, Reason
from rag.embed import Embedder, embedder
from rag.errors import ModelFault
from rag.extract import name, place, statements, structural
from rag.index import Index, open_index
from rag.numeral import bare
from rag.refer import nearest
from rag.relate import standings
from rag.retrieve import Evidence, Retriever, years_of
from rag.score import is_lay, means_the_same
from rag.settings import Settings
from rag.understand import Query, clean, understand

_log = logging.getLogger(__name__)

_LAPSED = ("repealed", "expired")
_CONSIDERED = 20
"""Clauses that are looked at for an answer."""
_METADATA = re.compile(
    r"(?:发文|文件)?(?:文号|字号|编号)(?:是|为|多少|什么|[？?]|$|呢)|(?:发文|文件)(?:文号|字号|编号)"
)


class Answerer:
    """Answers questions from one open index; may be used from several threads."""

    def __init__(self, index: Index, model: Embedder, settings: Settings) -> None:
        """Instant; the embedding model loads at the first question that needs it."""
        self.index, self.settings = index, settings
        self.retriever = Retriever(index, model, settings)

    @classmethod
    def open(cls, settings: Settings) -> "Answerer":
        """An answerer for the index of `settings`; raises IndexFault where it cannot be used."""
        return cls(open_index(settings), embedder(settings), settings)

    def ask(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Answer:
        """The answer to `question`; `turns` are the earlier questions, oldest first.

        Raises QuestionFault for what is no question. What cannot be answered gives a refusal, not an error.
        """
        *_, last = self.stream(question, turns, filters)
        return last

    def stream(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Iterator[Answer]:
        """Growing answers, each checked as far as it goes; the last is complete."""
        began = time.perf_counter()
        query = self.understand(question, turns, filters)
        evidence, reason = self._evidence(query)
        found = time.perf_counter()
        for answer in self._answers(query, evidence, reason):
            now = time.perf_counter()
            spent = {"retrieve": found - began, "answer": now - found, "total": now - began}
            yield replace(answer, query=query.text, ms={k: round(1000 * v, 1) for k, v in spent.items()})

    def search(
        self, question: str, turns: Sequence[str] = (), filters: Filters | None = None, top: int = 10
    ) -> list[Hit]:
        """The clauses most likely to answer, best first."""
        return [one.hit for one in self.retriever.search(self.understand(question, turns, filters), top)]

    def understand(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Query:
        """What the question asks, of which documents."""
        text = clean(question, self.settings.question_limit)
        earlier = [clean(turn, self.settings.question_limit) for turn in turns if turn and turn.strip()]
        return understand(text, earlier, self.documents(), filters)

    def documents(self) -> tuple[Document, ...]:
        """All documents of the index, with their status today."""
        return self.index.store.documents()

    def source(self, document: DocumentId) -> Parsed:
        """A document with its text and clauses; KeyError where there is none."""
        return self.index.store.parsed(document)

    def examples(self, n: int = 4) -> list[str]:
        """Questions that these documents answer, made from their headings, one a document in turn."""
        found: list[str] = []
        for document in self.documents():
            headings = [
                c
                for c in self.index.store.clauses(document.id)
                if c.kind in ("clause", "point", "heading")
                and 4 <= len(c.heading.rsplit(" › ", 1)[-1]) <= 22
                and c.heading
                and len(c.text) > 30
            ]
            if headings:
                found.append(_example(document, headings[len(headings) // 3].heading.rsplit(" › ", 1)[-1]))
        step = max(1, len(found) // n) if n else 1
        return found[::step][:n]

    # The gate ------------------------------------------------------------------------------------------------

    def _evidence(self, query: Query) -> tuple[list[Evidence], Reason | None]:
        """What may be used for the answer, best first, and why it does not do, where it does not."""
        if _METADATA.search(query.focus) and query.documents:
            return self._header(query), None
        found = self._search(query)
        if query.reference is not None and not any(one.hit.why == "reference" for one in found):
            return found, "false_premise" if query.documents or len(self.documents()) == 1 else "no_evidence"
        fitting = self._versions(query, [one for one in found if self._fits(query, one)])
        if not fitting:
            return found, "out_of_scope" if query.strange else "no_evidence"
        best = max(one.hit.score for one in fitting[:5])
        if best >= self.settings.refusal_threshold or self._hedged(query, fitting):
            return fitting, None
        return fitting, "no_evidence"

    def _versions(self, query: Query, found: list[Evidence]) -> list[Evidence]:
        """The evidence of the version that is asked for: what has lapsed stands back where what holds answers, too."""
        if query.version == "both" or query.exact:
            return found
        lapsed = [one for one in found if one.hit.document.status in _LAPSED]
        of_that_year = [one for one in lapsed if set(query.years) & set(years_of(one.hit.document))]
        if of_that_year:
            return of_that_year
        current = [one for one in found if one not in lapsed]
        wanted, others = (lapsed, current) if query.version == "former" else (current, lapsed)
        enough = any(one.hit.score >= self.settings.refusal_threshold for one in wanted)
        return wanted if enough else [*wanted, *others]

    def _hedged(self, query: Query, evidence: Sequence[Evidence]) -> bool:
        """Whether the answer rests on meaning alone: a question in everyday words, and no words of it in the text."""
        return (
            query.kind in ("open", "list", "date", "number")
            and is_lay(query.question)
            and max(one.hit.score for one in evidence[:5]) < self.settings.refusal_threshold
            and any(means_the_same(one.cosine, one.searched) for one in evidence[:5])
        )

    def _search(self, query: Query) -> list[Evidence]:
        """The evidence; a comparison searches each side on its own and takes them in turn."""
        documents = query.documents
        if query.version == "both":
            documents = self._both(query)
        elif query.kind != "comparison":
            documents = ()
        if len(documents) < 2:
            return self.retriever.search(query, _CONSIDERED)
        sides = []
        for side in documents[:6]:
            sides.append(self.retriever.search(replace(query, documents=(side,)), 5))
        return [one for rank in zip(*(s + [None] * (5 - len(s)) for s in sides), strict=True) for one in rank if one]

    def _both(self, query: Query) -> tuple[DocumentId, ...]:
        """The rule in force and the one that it replaced: of the repealed document that is likeliest to be meant."""
        settled = standings(self.documents(), self.index.store.relations(), date.today())
        for one in self.retriever.search(query, _CONSIDERED):
            later = settled[one.hit.document.id].repealed_by
            if later is not None:
                return later, one.hit.document.id
        return query.documents

    def _fits(self, query: Query, one: Evidence) -> bool:
        """Whether a clause is about the places and years of the question.

        A place that no document is about must be named by the clause. A document whose title names years does not
        speak of others, unless the clause does.
        """
        if one.hit.why == "reference":
            return True
        document = one.hit.document
        text = bare(f"{document.title}{document.region or ''}{one.hit.clause.heading}{one.hit.clause.text}")
        if any(bare(place)[:-1] not in text for place in query.strange):
            return False
        if not query.years or not re.search(r"(?:19|20)\d{2}", document.title):
            return True
        return any(year in years_of(document) or str(year) in text for year in query.years)

    def _header(self, query: Query) -> list[Evidence]:
        """The clauses in which the documents' own numbers stand."""
        found: list[Evidence] = []
        for document in self.documents():
            if document.id not in query.documents or not document.number:
                continue
            for clause in self.index.store.clauses(document.id):
                if clause.kind in ("header", "title") and bare(document.number)[-6:] in bare(clause.text):
                    found.append(Evidence(replace(self.retriever.hit(clause), why="number"), 1.0, 0.0, 1.0))
                    break
        return found

    # Writing -------------------------------------------------------------------------------------------------

    def _answers(self, query: Query, evidence: Sequence[Evidence], reason: Reason | None) -> Iterator[Answer]:
        """What the documents' structure says; else a refusal where there is a reason for one; else the answer by the
        model where one is set, or, where it fails, the documents' own sentences.
        """
        notice: tuple[str, ...] = ()
        exact = compose(structural(query, evidence, self.retriever)) if reason in (None, "no_evidence") else None
        if exact is not None and exact.citations:
            yield self._answer(query, exact, "extractive")
            return
        if reason is not None:
            yield self._refusal(query, evidence, reason)
            return
        if self.settings.llm_url:
            try:
                yield from self._written(query, evidence)
            except ModelFault as fault:
                _log.warning("%s", fault)
                notice = (_FALLBACK[self.settings.language].format(reason=fault.message(self.settings.language)),)
            else:
                return
        yield self._extracted(query, evidence, notice)

    def _extracted(self, query: Query, evidence: Sequence[Evidence], notice: tuple[str, ...] = ()) -> Answer:
        if evidence and evidence[0].hit.why == "number":
            made = [_number(one.hit) for one in evidence]
        else:
            made = statements(query, evidence, self.retriever)
        composed = compose(made)
        if not composed.citations:
            return self._refusal(query, evidence, "no_evidence")
        if evidence[0].hit.why != "number" and self._hedged(query, evidence):
            notice = (*notice, _HEDGED[self.settings.language])
        return self._answer(query, composed, "extractive", notice)

    def _written(self, query: Query, evidence: Sequence[Evidence]) -> Iterator[Answer]:
        """The model's answer, bound to the evidence and checked, sentence by sentence as it comes."""
        from rag.generate import stream
        from rag.prompt import fit, messages

        hits = fit([one.hit for one in evidence], self.settings.evidence_tokens)
        draft, shown = "", 0
        for part in stream(messages(query.text, hits), self.settings):
            draft += part
            finished = max((m.end() for m in re.finditer(r"[。！？\n](?:\[\d+\])*", draft)), default=0)
            if finished > shown:
                shown = finished
                growing = bind(draft[:finished], hits)
                if growing.citations:
                    yield self._answer(query, growing, self.settings.llm_model)
        composed = bind(draft, hits)
        if composed.citations:
            yield self._answer(query, composed, self.settings.llm_model)
        else:
            yield self._extracted(query, evidence, (_UNSUPPORTED[self.settings.language],))

    def _answer(self, query: Query, composed: Composed, model: str, notices: tuple[str, ...] = ()) -> Answer:
        cited = list({c.document.id: c.document for c in composed.citations}.values())
        return Answer(
            question=query.question,
            answer=composed.answer,
            citations=composed.citations,
            claims=composed.claims,
            notices=(*self._validity(cited), *notices),
            query=query.text,
            model=model,
        )

    def _validity(self, documents: Sequence[Document]) -> list[str]:
        """A warning for each document that is not in force today, with the one that took its place."""
        found: list[str] = []
        for document in documents:
            words = _STATUS[self.settings.language].get(document.status)
            if words is None:
                continue
            by_id = {one.id: one for one in self.documents()}
            settled = standings(self.documents(), self.index.store.relations(), date.today())
            successor = settled[document.id].repealed_by
            by = _BY[self.settings.language].format(name=name(by_id[successor])) if successor in by_id else ""
            found.append(words.format(name=name(document), by=by, day=_day(document)))
        return found

    # Refusing ------------------------------------------------------------------------------------------------

    def _refusal(self, query: Query, evidence: Sequence[Evidence], reason: Reason) -> Answer:
        """A polite word that and why the documents do not answer, the nearest clauses and what could be asked."""
        language = self.settings.language
        facts = {
            "places": "、".join(query.strange),
            "reference": query.reference.text if query.reference else "",
            "near": "",
        }
        statement: list[Statement] = []
        if reason == "false_premise" and query.reference is not None:
            document = next(d for d in self.documents() if not query.documents or d.id == query.documents[0])
            closest = nearest(query.reference, self.index.store.clauses(document.id))
            if closest is not None:
                hit = self.retriever.hit(closest)
                statement = [
                    Statement(
                        _NEAREST[language].format(name=name(document), place=place(closest)),
                        (Support(hit, closest.start, closest.end),),
                    )
                ]
        words = _REFUSALS[language]["place" if query.strange and reason == "out_of_scope" else reason].format(**facts)
        composed = compose(statement) if statement else Composed("", (), ())
        near = [
            _example(one.hit.document, heading)
            for one in evidence[:6]
            if (heading := one.hit.clause.heading.rsplit(" › ", 1)[-1])
        ]
        suggestions = tuple(dict.fromkeys(near))[:3] or tuple(self.examples(3))
        return Answer(
            question=query.question,
            answer=words + composed.answer,
            refused=True,
            reason=reason,
            citations=composed.citations,
            suggestions=suggestions,
            query=query.text,
        )


def _number(hit: Hit) -> Statement:
    """The document's own number, cited where it stands."""
    return Statement(
        f"《{hit.document.title.strip('《》')}》的文号是{hit.document.number}。",
        (Support(hit, hit.clause.start, hit.clause.end),),
        "\n",
    )


def _example(document: Document, heading: str) -> str:
    title = (
        document.title
        if len(document.title) <= 30
        else f"{document.region or document.issuer or ''}{document.type or ''}"
    )
    return (
        f"《{title}》对“{heading}”是怎么规定的？" if title == document.title else f"{title}对“{heading}”是怎么规定的？"
    )


def _day(document: Document) -> date | str:
    return (document.effective if document.status == "not_yet" else document.expires) or ""


_STATUS = {
    "zh": {
        "repealed": "注意：{name}已废止{by}，以下内容仅供参考。",
        "expired": "注意：{name}的有效期已于{day}届满{by}，以下内容仅供参考。",
        "not_yet": "注意：{name}自{day}起施行，目前尚未生效。",
    },
    "en": {
        "repealed": "Note: {name} has been repealed{by}; what follows is for reference only.",
        "expired": "Note: {name} expired on {day}{by}; what follows is for reference only.",
        "not_yet": "Note: {name} takes effect on {day} and is not yet in force.",
    },
}
_BY = {"zh": "，现行的是{name}", "en": "; now in force: {name}"}
_HEDGED = {
    "zh": "文件里没有与提问相同的说法，以下是意思最接近的条目，请核对原文。",
    "en": "The documents do not use the question's words; these clauses come closest in meaning. Please check them.",
}
_FALLBACK = {"zh": "{reason}。以下为原文摘录。", "en": "{reason}. These are the documents' own words."}
_UNSUPPORTED = {
    "zh": "语言模型的回答未能通过引文核对，以下为原文摘录。",
    "en": "The model's answer did not pass the check of its citations; these are the documents' own words.",
}
_NEAREST = {"zh": "{name}中编号最接近的是{place}", "en": "The nearest in {name} is {place}"}
_REFUSALS = {
    "zh": {
        "no_evidence": "已收录的文件中没有找到能回答这个问题的内容，因此不作回答。可以换一种说法，或者写明文件名称、条目号。",
        "place": "已收录的文件没有关于{places}的内容，因此不作回答。请换成已收录的地区或文件再问。",
        "out_of_scope": "这个问题不在已收录文件的范围之内，因此不作回答。",
        "false_premise": "文件中没有“{reference}”这一条目，因此不作回答。",
        "ambiguous": "有多份文件符合，请写明是哪一份文件。",
        "unsafe": "这个问题不能回答。",
    },
    "en": {
        "no_evidence": "The documents do not answer this question. Try other words, or name the document and the clause. ",
        "place": "None of the documents is about {places}. Ask about a place or document that is indexed. ",
        "out_of_scope": "This question is outside what the documents cover. ",
        "false_premise": "There is no “{reference}” in the document. ",
        "ambiguous": "Several documents fit: please say which one. ",
        "unsafe": "This question cannot be answered. ",
    },
}
