"""Has a language model judge answers: is each borne out by what it cites, does it say what the reference says.

The judge sees the question, the reference, the cited texts and the answer, and not which system gave it. All of these are
data to it: an answer that asks for the best grade cannot close its block, nor pass for the judge's own words. That is no
guarantee: a model of 1.5 billion parameters gave a wrong answer 2 and 2 in place of 1 and 1 once it asked for them. It is
the model of the settings, so that answers of the same model may please it. `eval.opinion` shows how far it agrees with what
is measured, which for models of that size is not at all (kappa 0 on ten answers).
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from eval.opinion import BEST, Opinion, Row, is_asked, opinion
from eval.writing import Writer
from rag.errors import ModelFault
from rag.prompt import Message, data, earlier, filled, parts
from rag.settings import Settings

_LONGEST = 1500
"""Characters of a cited text; of a longer clause the judge sees the quote."""
_SHOWN = 200
"""Characters of a reason."""
_TRIES = 2
_FENCES = re.compile(r"^(?:<think>.*?</think>)?\s*(?:```(?:json)?\s*)?", re.S)

Grades = dict[str, Any]
"""`faithful` and `complete` (None without a reference), each 0 to 2, and `reason`, as a row holds them."""


def judged(
    rows: Sequence[Row],
    settings: Settings,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[list[dict[str, Any]], Opinion]:
    """The rows with `judge`, None where there is none and `not_judged` says why; and the figures of all.

    A reply of another form is asked for once more. An endpoint that fails before its first reply is asked nothing further:
    what was measured stands without it. Raises MissingExtra. Cost: one call an answer, two at most.
    """
    writer, found = Writer(settings), list[dict[str, Any]]()
    down: str | None = None
    for row in rows:
        progress(len(found), len(rows))
        grades: Grades | None = None
        why = down if is_asked(row) else "拒答或没有回答，没有可评的内容 refused or empty, nothing to judge"
        if why is None:
            try:
                grades, why = _grades(row, writer)
            except ModelFault as error:
                why = down = error.message(settings.language)
        found.append({**row, "judge": grades, "not_judged": why})
    progress(len(found), len(rows))
    return found, opinion(found, settings.llm_model)


def _grades(row: Row, writer: Writer) -> tuple[Grades | None, str | None]:
    asked = messages(row)
    for _ in range(_TRIES):
        written = writer.written(asked)
        if written.error is not None:
            return None, written.error
        grades = read(written.text)
        if grades is not None:
            return _by_rule(grades, row), None
        asked = [*asked, ("assistant", written.text), ("user", parts("judge")["again"].strip())]
    return None, f"评审的回复不是所要的 JSON the judge's reply is not the JSON asked for: {written.text[:_SHOWN]}"


def _by_rule(grades: Grades, row: Row) -> Grades:
    """What needs no opinion: nothing cited bears nothing out, and without a reference there is nothing to be complete of."""
    has_reference = row["answerable"] and row["reference"].strip()
    return {
        "faithful": grades["faithful"] if row["result"]["citations"] else 0,
        "complete": grades["complete"] if has_reference else None,
        "reason": grades["reason"],
    }


def read(reply: str) -> Grades | None:
    """The grades that a reply gives, None where it is anything but one JSON object with both; fences are passed over.

    >>> read('{"faithful": 2, "complete": 1, "reason": "缺期限"}')
    {'faithful': 2, 'complete': 1, 'reason': '缺期限'}
    >>> read('{"faithful": 3, "complete": 1, "reason": "x"}'), read("faithful: 2, complete: 2")
    (None, None)
    """
    inner = _FENCES.sub("", reply).strip().removesuffix("```")
    try:
        said = json.loads(inner)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    grades = [said.get("faithful"), said.get("complete")]
    reason = said.get("reason")
    if not all(type(one) is int and 0 <= one <= BEST for one in grades) or not isinstance(reason, str):
        return None
    shown = reason.encode("utf-8", "replace").decode().strip()[:_SHOWN]
    return {"faithful": grades[0], "complete": grades[1], "reason": shown}


def messages(row: Row) -> list[Message]:
    """What the judge is asked about a row; the same row gives the same words.

    Blocks end in a number that is a digest of all they hold: no text can hold its own.
    """
    result, template = row["result"], parts("judge")
    texts = {str(one["n"]): _text(one) for one in result["citations"]}
    held = json.dumps([row["question"], list(row["turns"]), row["reference"], result["answer"], texts])
    nonce = hashlib.sha256(held.encode()).hexdigest()[:16]
    cited = [filled(template["cited"], {"n": n, "text": data(text), "nonce": nonce}) for n, text in texts.items()]
    values = {
        "nonce": nonce,
        "turns": earlier(template["turn"], row["turns"]),
        "question": data(row["question"]),
        "reference": data(row["reference"]) or "（没有参考答案，complete 记 0）",
        "cited": "".join(cited) or filled(template["none"], {"nonce": nonce}),
        "answer": data(result["answer"]),
    }
    return [(role, filled(template[role], values).strip()) for role in ("system", "user")]


def _text(citation: dict[str, Any]) -> str:
    whole = str(citation["clause"]["text"])
    return whole if 0 < len(whole) <= _LONGEST else str(citation["quote"])[:_LONGEST]
