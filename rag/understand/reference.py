"""Direct references in a question: 第二十条第二款, 任务12, 附件2第3项; which clause that is, is `rag.refer`'s to say."""

import re
from dataclasses import dataclass

from rag.numeral import CHINESE, bare, value
from rag.understand.asking import YEAR
from rag.understand.title import NUMBER

_N = rf"[{CHINESE}]+|\d{{1,4}}"

_PART = re.compile(
    rf"第\s*[（(]?\s*({_N})\s*[）)]?\s*(分编|部分|节(?!课)|[编章条款项目点段]|个?任务)(?:之({_N}))?(?![件例约理目款])"
    rf"|(附件|任务|工作任务|第)\s*(\d{{1,3}}|[{CHINESE}]{{1,3}})(?=[^\d年月日个%]|$)"
    rf"|(?:(?<=^)|(?<=[^{CHINESE}]))([{CHINESE}]{{1,3}})、(?![{CHINESE}])"
    rf"|[（(]({_N})[）)](?:点|项|部分|款)?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer to a clause by its numbers, outermost first: (("部分", (2,)), ("点", (4,))); `text` as asked."""

    parts: tuple[tuple[str, tuple[int, ...]], ...]
    text: str


def reference_in(text: str) -> Reference | None:
    """The clause that the question points to by number, or None; parts must follow one another."""
    body = NUMBER.sub(lambda m: "■" * len(m[0]), text)
    body = YEAR.sub(lambda m: "■" * len(m[0]), body)
    parts: list[tuple[str, tuple[int, ...]]] = []
    start = end = -1
    for match in _PART.finditer(body):
        part = _part(match)
        if part is not None and any(part[0] == unit for unit, _ in parts):
            break  # 第三条和第五条 are two clauses, not one in the other
        if part is None or (end >= 0 and match.start() - end > 2):
            if parts and part is not None and parts[-1][0] not in ("附件",):
                break
            if part is None:
                continue
        if start < 0:
            start = match.start()
        parts.append(part)
        end = match.end()
    if not parts or (
        len(parts) == 1 and parts[0][0] in ("一、", "（一）") and len(bare(body)) > 12 and "第" not in body
    ):
        return None
    return Reference(tuple(parts), text[start:end])


def _part(match: re.Match[str]) -> tuple[str, tuple[int, ...]] | None:
    number, unit, second, word, word_number, top, bracket = match.groups()
    if number:
        first = value(number)
        if first is None:
            return None
        last = value(second) if second else None
        return ("任务" if unit.endswith("任务") else unit), ((first, last) if last else (first,))
    if word:
        n = value(word_number)
        unit = {"工作任务": "任务", "第": "项"}.get(word, word)
        return None if n is None or word == "第" else (unit, (n,))
    n = value(top or bracket)
    return None if n is None else (("一、" if top else "（一）"), (n,))
