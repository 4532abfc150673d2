"""Tables as rows: column names, section cells, a label for each row.

A table comes from the format (docx, html, md) or is found in plain text whose cells were set apart by tabs: one cell
a line, as word processors write them, or one row a line. Both become the same `Grid`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.clause import Span, Table
from rag.numeral import value
from rag.parse.mark import mark

_BLANK = re.compile(r"\n[ \u3000]*(?:\n[ \u3000]*)+")
_ROW_END = re.compile(r"\n+(?=[^\n]*\t)")  # a line without a tab goes on with the last cell
_ORDINAL = ("序号", "编号", "次序", "序")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the span of what is its own, its label as printed, its cells by column name.

    `section` is the spans of cells that span this and following rows and carry a label or a name, `repeated` the
    spans of section cells and column names that a page break repeated.
    """

    span: Span
    label: str | None
    cells: dict[str, str]
    section: tuple[Span, ...] = ()
    section_label: str | None = None
    repeated: tuple[Span, ...] = ()


def text_tables(characters: str) -> list[Table]:
    """The tables that stand in `characters` as tab-separated text, in order."""
    return [table for span in _regions(characters) if len((table := _cells(characters, span)).rows) > 1]


def _regions(characters: str) -> Iterator[Span]:
    """Stretches of lines with tabs: from the first such line to the last before a paragraph without one."""
    start = end = -1
    blank = True
    for line in re.finditer(r"[^\n]*(?:\n|$)", characters):
        text = line[0].rstrip("\n")
        is_row = "\t" in text.strip(" \u3000") and (text.strip() != "" or start >= 0)
        if is_row:
            start = line.start() if start < 0 else start
            end = line.start() + len(text)
            blank = False
        elif not text.strip():
            blank = True
        elif start >= 0 and not blank:
            end = line.start() + len(text)  # a cell goes on in the next line
        elif start >= 0:
            yield start, end
            start = -1
    if start >= 0:
        yield start, end


def _cells(characters: str, region: Span) -> Table:
    """The table in `region`; rows with another number of cells than most are kept as they are."""
    start, end = region
    block = characters[start:end]
    leading = sum(line.startswith("\t") for line in block.split("\n")) > block.count("\n") / 3
    separator = re.compile(r"(?:(?<![^\n])|\n)[ ]*\t" if leading else r"\t")
    rows: list[tuple[Span, ...]] = []
    for chunk in _chunks(block, leading):
        cells: list[Span] = []
        cuts = [(m.start(), m.end()) for m in separator.finditer(block, *chunk)]
        begin = cuts.pop(0)[1] if leading and cuts else chunk[0]
        for a, b in [*cuts, (chunk[1], chunk[1])]:
            cells.append(_trim(block, begin, a))
            begin = b
        rows.append(tuple((start + a, start + b) for a, b in cells))
    width = max((len(row) for row in rows), default=0)
    return Table(tuple(rows)) if width > 1 else Table(())


def _chunks(block: str, leading: bool) -> Iterator[Span]:
    """Rows: parted by blank lines where each cell has a line of its own, else by line ends."""
    start = 0
    for gap in (_BLANK if leading else _ROW_END).finditer(block):
        if block[start : gap.start()].strip(" \n\u3000"):
            yield start, gap.start()
        start = gap.end()
    if block[start:].strip():
        yield start, len(block)


def _trim(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    if not part.strip():
        return start, start
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def head(characters: str, table: Table) -> tuple[Span, list[str]]:
    """The span of the first row and the column names that it gives."""
    names = [" ".join(characters[a:b].split()) or f"第{i + 1}列" for i, (a, b) in enumerate(table.rows[0])]
    spans = [span for span in table.rows[0] if span[0] < span[1]]
    unique = [name if names.index(name) == i else f"{name}（{i + 1}）" for i, name in enumerate(names)]
    return (spans[0][0], spans[-1][1]) if spans else (0, 0), unique


def rows(characters: str, table: Table) -> Iterator[Row]:
    """The rows below the first, each with what it has of its own."""
    _, names = head(characters, table)
    seen: set[Span] = set(table.rows[0])
    above: list[str] = [""] * len(names)
    sections: set[str] = set()
    for index, row in enumerate(table.rows[1:], 1):
        texts = [characters[a:b].strip() for a, b in row]
        if [" ".join(text.split()) for text in texts if text] == [name for name in names if not name.startswith("第")]:
            yield Row(_hull(list(row)), None, {}, repeated=(_hull(list(row)),))
            continue
        own = [i for i, span in enumerate(row) if span not in seen and span[0] < span[1]]
        seen.update(span for span in row if span[0] < span[1])
        if not own:
            continue
        lead = _section_columns(table, index, own, texts)
        above = [text or (above[i] if i < len(above) else "") for i, text in enumerate(texts)]
        cells = {names[i] if i < len(names) else f"第{i + 1}列": text for i, text in enumerate(above)}
        key = "|".join(texts[i] for i in lead)
        body = [i for i in own if i not in lead]
        hull = _hull([row[i] for i in lead])
        section, repeated = ((), (hull,)) if key in sections else ((hull,), ())
        if lead:
            sections.add(key)
        yield Row(
            span=_hull([row[i] for i in body]),
            label=_label(names, texts, body),
            cells=cells,
            section=section if lead else (),
            section_label=_section_label([texts[i] for i in lead]) if lead else None,
            repeated=repeated if lead else (),
        )


def _hull(spans: list[Span]) -> Span:
    filled = [span for span in spans if span[0] < span[1]]
    return (filled[0][0], filled[-1][1]) if filled else (0, 0)


def _section_columns(table: Table, index: int, own: list[int], texts: list[str]) -> list[int]:
    """The leading columns of a row that belong to a section: merged with rows below, or blank in the next row.

    A blank cell under a filled one is a merged cell that plain text cannot show. A row whose only cell goes all the
    way across is a section, too: then it is all there is.
    """
    row = table.rows[index]
    if len({row[i] for i in own}) == 1 and len(row) > 1 and row[own[0]] == row[-1]:
        return own
    below = table.rows[index + 1] if index + 1 < len(table.rows) else ()
    lead: list[int] = []
    for i in own[:-1]:
        goes_on = i < len(below) and (below[i] == row[i] or below[i][0] == below[i][1])
        opens = not lead and i == own[0] and _is_section(texts[i])
        named = bool(lead) and i == lead[-1] + 1 and _is_bare(texts[lead[-1]]) and _is_name(texts[i])
        if not (goes_on or opens or named) or (lead and lead[-1] != i - 1):
            break
        lead.append(i)
    return lead


def _is_section(text: str) -> bool:
    """Whether a cell begins with a label that only sections have."""
    found = mark(text)
    return found is not None and found.style in ("一、", "（一）", "部分", "章")


def _is_bare(text: str) -> bool:
    """Whether a cell is a section's label and nothing else: then its name stands in the next cell."""
    found = mark(text)
    return found is not None and _is_section(text) and not text[found.end :].strip()


def _is_name(text: str) -> bool:
    return mark(text) is None and value(text) is None and len(text) <= 40


def _section_label(texts: list[str]) -> str:
    found = mark(texts[0])
    return found.label if found else " ".join(texts[0].split())[:20]


def _label(names: list[str], texts: list[str], body: list[int]) -> str | None:
    """The number that the row's text begins with, else its 序号 cell, else None."""
    for i in body:
        found = mark(texts[i])
        if found is not None and found.style in ("1.", "（一）", "（1）", "一、", "1.1", "①"):
            return found.label
    for i in body:
        if i < len(names) and names[i].replace(" ", "") in _ORDINAL and value(texts[i]) is not None:
            return texts[i]
    return texts[body[0]] if body and value(texts[body[0]]) is not None else None
