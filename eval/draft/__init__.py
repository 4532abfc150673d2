"""Gold questions drafted from a user's own documents, for a person to edit: documents in, questions out.

The templates of `kinds` and `across` give candidates; here they are chosen, so that documents and kinds have their share
and no quote is asked for twice. Where a language model is set, it words some of them as people speak; what is asked
for, and the clause that answers, stay the template's: a model can make a clumsy question here, never wrong gold.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.draft.across import paired, unanswered
from eval.draft.kinds import answered, direct, enumerations, factual, followed, tables
from eval.draft.shelf import Draft, Shelf, shelves
from eval.draft.stem import words
from eval.gold import Question
from rag.clause import Hit, Parsed
from rag.document import read
from rag.errors import InputFault, MissingExtra, ModelFault, QuestionFault, RagError
from rag.generate import write
from rag.load import files
from rag.numeral import bare
from rag.prompt import drafting, fit
from rag.settings import Settings
from rag.understand import clean

TEMPLATE, MODEL = "模板", "模型"
"""What a draft's note says of its wording."""
_BY_KIND = {
    "factual": factual,
    "direct": direct,
    "table": tables,
    "enumeration": enumerations,
    "colloquial": answered,
    "multi_turn": followed,
}
_FIGURE = re.compile(r"\d[\d.,]*\d|\d")
_NAME = 10
"""Characters up to which a quote is a mere name."""
_LONGEST = 200
"""Characters of a question that a model words."""
_COPIED = 0.5
"""Share of the quote that a model's question may be: the longest stretch that both have."""
_SPOKEN = ("factual", "table", "enumeration")
"""Kinds of which every second draft is worded by a model, where one is set."""

Progress = Callable[[str, int, int], None]
"""Called with the stage, what is done and how much it is in all."""


class NothingToDraft(RagError):
    """Documents of which no question can be made."""

    zh = "{path} 里没有能出题的内容（需要有编号、数字、期限、表格或列举的文件）。请换文件，或自己写标注问题"
    en = "Nothing in {path} gives a question (numbers, figures, days, tables or lists do). Take other documents, or write questions"


@dataclass(frozen=True, slots=True)
class Drafted:
    """The questions in document order, the files that could not be read, and why the model was not asked on."""

    questions: tuple[Question, ...]
    failed: tuple[tuple[str, RagError], ...] = ()
    silent: RagError | None = None


def drafted(
    docs: Path,
    n: int,
    settings: Settings,
    *,
    seed: int = 7,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Drafted:
    """At most `n` gold questions over the documents of a file or folder; the same for the same seed, but for a model's words.

    Raises NothingToDraft, NotFound. Cost: that of reading the documents; with a model a call for every third question.
    """
    documents, failed = _read(docs, progress)
    chosen = choose(shelves(documents), n, random.Random(seed))
    if not any(one.question.answerable for one in chosen):
        raise NothingToDraft(path=docs)
    silent = None
    if settings.llm_url:
        chosen, silent = worded(chosen, documents, settings, progress)
    questions = [replace(one.question, note=one.question.note or TEMPLATE) for one in chosen]
    return Drafted(tuple(replace(one, id=f"q{i:03}") for i, one in enumerate(questions, 1)), tuple(failed), silent)


def _read(docs: Path, progress: Progress) -> tuple[list[Parsed], list[tuple[str, RagError]]]:
    """The documents, one of each text, and the files that no loader can read."""
    found: dict[str, Parsed] = {}
    failed: list[tuple[str, RagError]] = []
    paths = files(docs)
    for done, path in enumerate(paths, 1):
        try:
            one = read(path)
        except InputFault as error:
            failed.append((path.name, error))
        else:
            found.setdefault(bare(one.text.characters), one)
        progress("read", done, len(paths))
    return [*found.values()], failed


# The choice ----------------------------------------------------------------------------------------------------


def choose(documents: Sequence[Shelf], n: int, chance: random.Random) -> list[Draft]:
    """At most `n` of the drafts that the documents give, in document order; no two on one quote or with one wording.

    Each kind gets its share, in the order of the shares; what is left goes to the kind that is farthest behind. A draft
    is from the document that has given the fewest. What no document answers comes last: it is no measure without
    questions that they answer.
    """
    shares, limits = words()["shares"], words()["limits"]
    waiting = _candidates(documents, chance)
    silent = waiting.pop("unanswerable")
    chosen = _Choice()
    room = n - n * shares["unanswerable"] // 100
    for kind in (one for one in shares if one in waiting):
        chosen.take(kind, waiting[kind], min(-(-n * shares[kind] // 100), room - len(chosen.taken)))
    while len(chosen.taken) < room:
        behind = [k for k, one in waiting.items() if one and chosen.kinds[k] < n * limits.get(k, 100) / 100]
        if not behind:
            break
        kind = min(behind, key=lambda k: (chosen.kinds[k] + 1) / shares[k])
        chosen.take(kind, waiting[kind], 1)
    chosen.take("unanswerable", silent, min(n - len(chosen.taken), len(chosen.taken) * limits["unanswerable"] // 100))
    return sorted(chosen.taken, key=lambda one: (one.document, one.position, one.question.type))


class _Choice:
    """What has been taken, and what therefore may not be taken again."""

    def __init__(self) -> None:
        self.taken: list[Draft] = []
        self.kinds: Counter[str] = Counter()
        self.given: Counter[int] = Counter()
        self.quotes: set[str] = set()
        self.asked: set[str] = set()

    def take(self, kind: str, drafts: list[Draft], count: int) -> None:
        """Moves up to `count` of the drafts to what is taken; those that cannot be taken any more are dropped."""
        wanted = self.kinds[kind] + count
        while drafts and self.kinds[kind] < wanted:
            draft = drafts.pop(min(range(len(drafts)), key=lambda i: (self.given[drafts[i].document], i)))
            wording = bare("".join((*draft.question.turns, draft.question.question)))
            if wording in self.asked or _overlaps(draft.quotes, self.quotes):
                continue
            self.taken.append(draft)
            self.kinds[kind] += 1
            self.given[draft.document] += 1
            self.quotes |= draft.quotes
            self.asked.add(wording)


def _overlaps(new: Iterable[str], taken: Iterable[str]) -> bool:
    """Whether a quote is taken, or lies in one that is; a name, such as an item of a list, may lie in several."""
    return any(one == other or (len(one) > _NAME < len(other) and (one in other or other in one)) for one in new for other in taken)  # fmt: skip


def _candidates(documents: Sequence[Shelf], chance: random.Random) -> dict[str, list[Draft]]:
    """The drafts of each kind, mixed; what two documents share goes half to comparisons, half to follow-ups."""
    found = {kind: [one for shelf in documents for one in make(shelf, chance)] for kind, make in _BY_KIND.items()}
    found["multi_doc"] = []
    for i, (both, then) in enumerate(paired(documents)):
        found["multi_turn" if i % 2 else "multi_doc"].append(then if i % 2 else both)
    for drafts in found.values():
        chance.shuffle(drafts)
    found["unanswerable"] = [*unanswered(documents, chance)]
    return found


# A model's words -----------------------------------------------------------------------------------------------


def worded(
    drafts: Sequence[Draft], documents: Sequence[Parsed], settings: Settings, progress: Progress
) -> tuple[list[Draft], RagError | None]:
    """The drafts, every second of some kinds as the model asks it; what the model was given up for, where it was.

    A question that is none, or tells or invents a figure, is not taken: the template's stays.
    """
    wanted = [i for i, one in enumerate(drafts) if one.question.type in _SPOKEN and one.clause][::2]
    found = list(drafts)
    for done, i in enumerate(wanted, 1):
        try:
            said = write(_messages(drafts[i], documents, settings), settings)
        except (ModelFault, MissingExtra) as error:
            return found, error
        if (question := question_in(said, drafts[i])) is not None:
            found[i] = _spoken(drafts[i], question)
        progress("model", done, len(wanted))
    return found, None


def _messages(draft: Draft, documents: Sequence[Parsed], settings: Settings) -> list[tuple[str, str]]:
    asked, clause = draft.question, draft.clause
    assert clause is not None  # worded() asks for no other
    (hit,) = fit([Hit(1, 1.0, documents[draft.document].document, clause)], settings.evidence_tokens)
    quote = "；".join(one.quote for one in asked.gold)
    return drafting(hit, quote, [fact[0] for fact in asked.facts], asked.question)


def _spoken(draft: Draft, question: str) -> Draft:
    kind = "colloquial" if draft.question.type == "factual" else draft.question.type
    return replace(draft, question=replace(draft.question, question=question, type=kind, note=MODEL))


def question_in(said: str, draft: Draft) -> str | None:
    """The question that a model gave, or None: more than a line, too long, no question, a copy, a figure told or invented."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    question = re.sub(r"^(?:问题?|Q)[：:]\s*|^[“\"「]+|[”\"」]+$", "", lines[0]) if len(lines) == 1 else ""
    try:
        clean(question, _LONGEST)
    except QuestionFault:
        return None
    is_asked = question.endswith(("？", "?", *words()["checks"]["ends"]))
    clause = draft.clause.text if draft.clause else ""
    known = bare(draft.question.question + clause)
    is_invented = bool({*_FIGURE.findall(bare(question))} - {*_FIGURE.findall(known)})
    is_told = any(bare(one) in bare(question) for fact in draft.question.facts for one in fact)
    return question if is_asked and not (is_invented or is_told or _is_copy(question, clause)) else None


def _is_copy(question: str, clause: str) -> bool:
    """Whether a question is the clause over again: most of it stands there in one stretch."""
    asked, text = bare(question).rstrip("?"), bare(clause)
    half = int(len(asked) * (1 - _COPIED)) + 8
    return len(asked) >= 12 and any(asked[a : a + half] in text for a in range(max(1, len(asked) - half + 1)))


def counted(questions: Iterable[Question]) -> str:
    """How many questions of each kind there are, as one line.

    >>> counted([Question("a", "direct", ""), Question("b", "table", ""), Question("c", "direct", "")])
    'direct 2, table 1'
    """
    return ", ".join(f"{kind} {count}" for kind, count in Counter(one.type for one in questions).most_common())
