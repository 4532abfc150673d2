"""The whole way: a question → an Answer. Start reading here.

    understand  what is asked, of which documents          understand
    admit       the clauses that answer, or why none does  retrieve, gate
    write       the sentences that answer                  extract, or generate with a model
    compose     their citations, each checked              cite, verify
    warn        what has lapsed, what is a guess           wording

Nothing here knows of a page or a command line.
"""

import hashlib
import logging
import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from itertools import islice, zip_longest
from pathlib import Path

from rag import generation, wording
from rag.cite import Composed, Statement, bind, compose
from rag.clause import NOT_IN_FORCE, Answer, Clause, Document, DocumentId, Filters, Hit, Parsed, Reason, Relation
from rag.embed import Embedder, embedder
from rag.errors import InputFault, ModelFault, QuestionFault
from rag.extract import disputed, free_of_charge, never_repealed, statements, structural, untold
from rag.gate import admitted, rests_on_meaning
from rag.index import Index
from rag.learned import Learned
from rag.live import Live
from rag.load import content, is_packed
from rag.premise import asks_to_confirm, contradicted, pays
from rag.reading import together
from rag.relate import CHANGES, Resolver, Tie, ties
from rag.retrieve import Evidence, Retriever, keep
from rag.settings import Settings
from rag.store import Origin
from rag.understand import Query, aside, clean, says_something, several, understand

_log = logging.getLogger(__name__)

_SILENT = re.compile(r"资料(?:中)?(?:未|没有)提")
Part = tuple[Query, list[Evidence], Reason | None]
"""One of several questions, what may be used to answer it, and why it does not do."""
_FINISHED = re.compile(r"[。！？\n](?:\s?\[\d+\])*")


class Answerer:
    """Answers questions from one open index, or from the newest generation of one; may be used from several threads.

    A question is answered from the generation that was in use when it came, to the end.
    """

    def __init__(
        self,
        index: Index | Live,
        model: Embedder,
        settings: Settings,
        as_of: date | None = None,
        learned: Learned | None = None,
    ) -> None:
        """Instant; the embedding model loads at the first question that needs it. `learned` stand in for what ships."""
        self._live = index if isinstance(index, Live) else None
        self.index = index.index if isinstance(index, Live) else index
        self.settings, self.as_of = settings, as_of
        self.retriever = Retriever(self.index, model, settings, learned)
        self._learned = learned
        self._newest: Answerer | None = None
        self._worth_of: dict[tuple[str, str, Filters | None], float] = {}

    @classmethod
    def open(cls, settings: Settings, as_of: date | None = None) -> "Answerer":
        """An answerer for the index of `settings` that follows its generations; raises IndexFault where it cannot be used.

        as_of  the day whose law is asked for; None: today, whatever day that becomes
        """
        model = embedder(settings)
        live = Live(settings, model) if as_of is None else Live(settings, model, lambda: as_of)
        return cls(live, model, settings, as_of)

    def with_settings(self, settings: Settings) -> "Answerer":
        """An answerer from the same index with other settings, such as another language."""
        return Answerer(self._live or self.index, self.retriever.embedder, settings, self.as_of, self._learned)

    def ask(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Answer:
        """The answer to `question`; `turns` are the earlier questions, oldest first.

        Raises QuestionFault for what is no question. What cannot be answered gives a refusal, not an error.
        """
        *_, last = self.stream(question, turns, filters)
        return last

    def stream(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Iterator[Answer]:
        """Growing answers, each checked as far as it goes; the last is complete."""
        began = time.perf_counter()
        with self._now() as one:
            if kind := aside(clean(question, self.settings.question_limit)):
                ms = {"total": round(1000 * (time.perf_counter() - began), 1)}
                yield replace(wording.framed(question, kind, one.examples(3), self.settings.language), ms=ms)
                return
            query = one.understand(question, turns, filters)
            parts = [(part, *admitted(part, one.retriever)) for part in one._parts(question, turns, filters)]
            answers = one._jointly(query, parts) if parts else one._answers(query, *admitted(query, one.retriever))
            found = time.perf_counter()
            for answer in answers:
                now = time.perf_counter()
                spent = {"retrieve": found - began, "answer": now - found, "total": now - began}
                told = wording.within(answer, self.settings.language) if filters else answer
                yield replace(told, query=query.rewritten, ms={k: round(1000 * v, 1) for k, v in spent.items()})

    def search(
        self, question: str, turns: Sequence[str] = (), filters: Filters | None = None, top: int = 10
    ) -> list[Hit]:
        """The clauses most likely to answer, best first."""
        with self._now() as one:
            return [found.hit for found in one.retriever.search(one.understand(question, turns, filters), top)]

    def understand(self, question: str, turns: Sequence[str] = (), filters: Filters | None = None) -> Query:
        """What the question asks, of which documents."""
        text = clean(question, self.settings.question_limit)
        earlier = [clean(turn, self.settings.question_limit) for turn in turns if says_something(turn)]
        earlier = [turn for turn in earlier if not aside(turn)]  # 谢谢 is nothing to follow up
        alone = self._alone(text, earlier)
        return understand(
            text, earlier, self.documents(), filters, alone, self.index.terms.has, partial(self._worth, filters=filters)
        )

    def _worth(self, question: str, said: str, filters: Filters | None) -> float:
        """How likely the documents answer a question that stands alone, less where their best clause lacks words that are
        `said` in it; remembered, as each turn of a conversation asks for that of those before it.
        """
        held = self._worth_of.get((question, said, filters))
        if held is None:
            query = understand(question, (), self.documents(), filters, None, self.index.terms.has)
            held = 0.0
            for one in self.retriever.search(query, 1):
                hit = f"{one.hit.document.title} {one.hit.clause.heading} {one.hit.clause.text}"
                held = one.hit.score * (1 + (self.retriever.coverage(said, hit, query) if said else 1.0)) / 2
            keep(self._worth_of, (question, said, filters), held)
        return held

    def _parts(self, question: str, turns: Sequence[str], filters: Filters | None) -> list[Query]:
        """The questions that a question consists of, each understood with those before it; [] where it is one."""
        parts = several(clean(question, self.settings.question_limit), self.documents())
        if len(parts) == 1:
            return []
        return [self.understand(part, [*turns, *parts[:i]], filters) for i, part in enumerate(parts)]

    def _alone(self, question: str, turns: Sequence[str]) -> str | None:
        """A follow-up as the model makes it stand alone; None for the rules: without turns, without a model, or where
        it fails.
        """
        if not turns or not self.settings.llm_url:
            return None
        from rag.rewrite import rewritten

        try:
            return clean(rewritten(question, turns, self.settings), self.settings.question_limit)
        except (ModelFault, QuestionFault) as fault:
            _log.warning("%s", fault)
            return None

    @contextmanager
    def _now(self) -> Iterator["Answerer"]:
        """The answerer of the generation in use, for one question."""
        if self._live is None:
            yield self
            return
        with self._live.held() as index:
            newest = self._newest
            if newest is None or newest.index is not index:  # two threads may both make it: either will do
                newest = self._newest = Answerer(
                    index, self.retriever.embedder, self.settings, self.as_of, self._learned
                )
                self.index, self.retriever = index, newest.retriever
            yield newest

    def documents(self) -> tuple[Document, ...]:
        """All documents of the index, with their status today."""
        with self._now() as one:
            return one.index.store.documents()

    def built(self) -> date:
        """The day on which the generation in use was built."""
        with self._now() as one:
            return date.fromisoformat(one.index.manifest.created[:10])

    def origins(self) -> dict[DocumentId, Origin]:
        """The file that each document was read from."""
        with self._now() as one:
            return one.index.store.origins()

    def source(self, document: DocumentId) -> Parsed:
        """A document with its text and clauses, its references resolved among all documents; KeyError where there is none.

        A reference to a whole document leads to its first clause.
        """
        with self._now() as one:
            parsed = one.index.store.parsed(document)
            return replace(parsed, relations=tuple(one._resolved(said, parsed.document) for said in parsed.relations))

    def ties(self, document: DocumentId) -> list[Tie]:
        """What ties a document to others of the index; that others merely cite it is left out. KeyError where it is not
        there.
        """
        with self._now() as one:
            store, resolver = one.index.store, one._resolver
            documents = {held.id: held for held in store.documents()}
            said = [*store.relations(documents[document].id), *store.relations(kinds=(*CHANGES, "amends"))]
            led = [(by, told, resolver.resolve(told, documents[by]).document) for by, told in said if told.target]
            return ties(document, led, documents)

    def file(self, document: DocumentId, *, exactly: bool = False) -> Path | None:
        """The file that a document was read from, within its archive where it was packed; None where it has gone or
        changed, `exactly` by every byte, else by its size.
        """
        with self._now() as one:
            origin = one.index.store.origins()[document]
        try:
            if is_packed(origin.path):
                is_same = not exactly or hashlib.sha256(content(origin.path)).hexdigest() == origin.digest
            else:
                is_same = origin.path.stat().st_size == origin.size
                is_same = is_same and (not exactly or generation.digest(origin.path) == origin.digest)
        except (OSError, InputFault):
            return None
        return origin.path if is_same else None

    def _resolved(self, relation: Relation, source: Document) -> Relation:
        if not relation.target:
            return relation
        found = self._resolver.resolve(relation, source)
        if found.document is None:
            return relation
        first = (clause.id for clause in self.index.store.clauses(found.document) if clause.kind != "furniture")
        return replace(relation, clauses=found.clauses or tuple(islice(first, 1)))

    @cached_property
    def _resolver(self) -> Resolver:
        return Resolver(self.index.store.documents(), self.index.store.clauses)

    def examples(self, n: int = 4, of: Sequence[str] = ()) -> list[str]:
        """Questions that these documents answer, or those named by their ids, made from their headings, one a document in
        turn.
        """
        with self._now() as one:
            documents = [document for document in one.documents() if not of or document.id in of]
            step = max(1, len(documents) // n) if n else 1
            spread = [*documents[::step], *(one for i, one in enumerate(documents) if i % step)]
            made = (_example(document, one.index.store.clauses(document.id)) for document in spread)
            return list(islice((question for question in made if question is not None), n))

    # Writing -------------------------------------------------------------------------------------------------

    def _answers(self, query: Query, evidence: Sequence[Evidence], reason: Reason | None) -> Iterator[Answer]:
        """What the documents' structure says; else a refusal where there is a reason for one; else the answer by the
        model where one is set, or, where it fails, the documents' own sentences.
        """
        exact = self._exact(query, evidence, reason)
        if denied := never_repealed(query, self.retriever):
            yield wording.not_repealed(query, denied, self.retriever)
        elif not exact and (documents := untold(query, self.retriever)):
            yield wording.untold(query, documents, self.settings.language)
        elif exact:
            yield self._answer(query, compose(exact), "extractive")
        elif reason is not None:
            yield wording.refusal(query, evidence, reason, self.retriever)
        else:
            yield from self._best(query, evidence, partial(self._extracted, query, evidence))

    def _jointly(self, query: Query, parts: Sequence[Part]) -> Iterator[Answer]:
        """The answers to the parts of a question in one, and which of them has none; where no answer is sure and not each
        part has one, it is asked whole.
        """
        said = [self._said(*part) for part in parts]
        answered = [part for part, found in zip(parts, said, strict=True) if found]
        vague = [part for part in answered if rests_on_meaning(*part[:2], self.retriever)]
        if len(vague) == len(answered) < len(parts):
            yield from self._answers(query, *admitted(query, self.retriever))
            return
        language = self.settings.language
        notices = [wording.unanswered(part[0].question, language) for part in parts if part not in answered]
        notices += [wording.closest_in_meaning(language)] if vague else []
        composed = compose([one for found in said for one in found])
        ranks = zip_longest(*(evidence for _, evidence, _ in answered))
        evidence = list({one.hit.clause.id: one for rank in ranks for one in rank if one is not None}.values())
        yield from self._best(
            query, evidence, lambda why: self._answer(query, composed, "extractive", (*notices, *why)), tuple(notices)
        )

    def _exact(self, query: Query, evidence: Sequence[Evidence], reason: Reason | None) -> list[Statement]:
        """What follows from the documents' structure, which needs no likeness; [] where nothing does."""
        made = structural(query, evidence, self.retriever) if reason in (None, "no_evidence") else []
        return made if compose(made).citations else []

    def _said(self, query: Query, evidence: Sequence[Evidence], reason: Reason | None) -> list[Statement]:
        """What the documents say, in their own words; [] where they do not answer."""
        return self._exact(query, evidence, reason) or ([] if reason else self._sentences(query, evidence))

    def _sentences(self, query: Query, evidence: Sequence[Evidence]) -> list[Statement]:
        """The sentences that answer, and what another document says otherwise; [] where none has the wanted form."""
        if evidence and evidence[0].hit.why == "number":
            return [wording.own_number(one.hit, self.settings.language) for one in evidence]
        made = statements(query, evidence, self.retriever)
        if query.kind != "comparison" and query.version == "current":
            made = disputed(made, evidence, self.retriever)
        return made if compose(made).citations else []

    def _extracted(self, query: Query, evidence: Sequence[Evidence], notices: tuple[str, ...] = ()) -> Answer:
        said = self._sentences(query, evidence)
        if not said:
            return wording.refusal(query, evidence, "no_evidence", self.retriever)
        if pays(query.question) and (free := free_of_charge(evidence, self.retriever)):
            return wording.for_nothing(query, free, self.retriever)
        if evidence[0].hit.why != "number" and rests_on_meaning(query, evidence, self.retriever):
            notices = (*notices, wording.closest_in_meaning(self.settings.language))
        return self._answer(query, compose(said), "extractive", notices)

    def _best(
        self,
        query: Query,
        evidence: Sequence[Evidence],
        extracted: Callable[[tuple[str, ...]], Answer],
        notices: tuple[str, ...] = (),
    ) -> Iterator[Answer]:
        """The model's answer, with `notices`, where one is set; what is `extracted`, given why, where none is, or it fails."""
        language = self.settings.language
        why: tuple[str, ...] = ()
        if self.settings.llm_url:
            try:
                is_bound = yield from self._written(query, evidence, notices)
            except ModelFault as fault:
                _log.warning("%s", fault)
                why = (wording.without_model(fault.message(language), language),)
            else:
                if is_bound:
                    return
                why = (wording.unsupported(language),)
        yield extracted(why)

    def _written(
        self, query: Query, evidence: Sequence[Evidence], notices: tuple[str, ...]
    ) -> Generator[Answer, None, bool]:
        """The model's answer, bound to the evidence and checked, sentence by sentence as it comes; whether any of it holds
        or it says itself that the evidence does not answer.
        """
        from rag.generate import stream
        from rag.prompt import messages

        hits = self._shown(query, [one.hit for one in evidence])
        draft, shown = "", 0
        for part in stream(messages(query.text, hits), self.settings):
            draft += part
            finished = max((m.end() for m in _FINISHED.finditer(draft)), default=0)
            if finished > shown:
                shown = finished
                growing = bind(draft[:finished], hits, query.text)
                if growing.citations:
                    yield self._answer(query, growing, self.settings.llm_model, notices)
        composed = bind(draft, hits, query.text)
        if composed.citations:
            yield self._answer(query, composed, self.settings.llm_model, notices)
        elif _SILENT.search(draft):
            yield wording.refusal(query, evidence, "no_evidence", self.retriever)
        else:
            return False
        return True

    def _shown(self, query: Query, hits: Sequence[Hit]) -> list[Hit]:
        """What a model is shown: the best for which there is room, then what stands between them, as it is read.

        A comparison takes its sides in turn, and stays so.
        """
        from rag.prompt import fit

        read = list(hits) if query.kind == "comparison" else together(hits, self.index.store)
        found = {hit.clause.id for hit in hits}
        between = [hit for hit in read if hit.clause.id not in found]
        kept = {hit.clause.id: hit for hit in fit([*hits, *between], self.settings.evidence_tokens)}
        return [kept[hit.clause.id] for hit in read if hit.clause.id in kept]

    def _day(self) -> tuple[str, ...]:
        return (wording.as_of(self.as_of, self.settings.language),) if self.as_of else ()

    def _answer(self, query: Query, composed: Composed, model: str, notices: tuple[str, ...] = ()) -> Answer:
        cited = list({c.document.id: c.document for c in composed.citations}.values())
        whole = self.index.store.whole  # a model may have been shown the beginning of a long clause only
        premise = contradicted(query.question, [citation.quote for citation in composed.citations])
        head = ""
        if premise is not None and model == "extractive" and asks_to_confirm(query.question):
            head = wording.corrected(premise, self.settings.language)
        return Answer(
            question=query.question,
            answer=head + composed.answer,
            citations=tuple(replace(c, clause=whole(c.clause.id)) for c in composed.citations),
            claims=composed.claims,
            notices=(
                *self._day(),
                *wording.warnings(cited, self.retriever),
                *wording.absent(query, self.retriever),
                *([wording.contrary(premise, self.settings.language)] if premise else []),
                *notices,
            ),
            query=query.rewritten,
            model=model,
        )


def _example(document: Document, clauses: Sequence[Clause]) -> str | None:
    """A question about one of a document's headings; None where it has none, or is no longer in force."""
    headings = [h for c in clauses if wording.is_name(h := wording.last_heading(c)) and len(c.text) > len(h) + 20]
    is_past = document.status in NOT_IN_FORCE
    return None if is_past or not headings else wording.example(document, headings[len(headings) // 3])
