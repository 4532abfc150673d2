"""Tables as rows: column names, section cells, a label for each row.

A table comes from the format (docx, html, md) or is found in plain text whose cells were set apart by tabs: one cell
a line, as word processors write them, or one row a line. Both become the same `Table`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.clause import Span, Table, Text
from rag.numeral import flowing, value
from rag.parse.mark import mark

_BLANK = re.compile(r"\n[ \u3000]*(?:\n[ \u3000]*)+")
_BELOW = re.compile(r"附[件表录]\s*[\d一二三四五六七八九十]*\s*[：:]?\s*$|第[一二三四五六七八九十百\d]+[章条]")
"""What is no further line of a cell though no blank line parts it from the table."""
_ROW_END = re.compile(r"\n+(?=[^\n]*\t)")  # a line without a tab goes on with the last cell
_KEY = re.compile(
    r"(?:名称|条件|时限|期限|地点|地址|时间|电话|依据|材料|流程|程序|对象|部门|机构|机关|方式|标准|结果|类型|编码|网址|渠道|收费|费用|事项|范围|主体|说明|备注|要求|编号|代码|金额|预算|单位|姓名|性别|年龄|联系人|代表人|负责人|住所|性质|日期|种类|级别|层级|主体|数|号码|是否.*|学历|职务|职称|民族|籍贯|经费|概况|简介|内容|意见|情况|资格|办件|服务|身份证.*|年月|专业|学校|地区|用途|来源|账号|开户行|邮箱|传真|邮编)$"
)
"""How the names end that guides put on the left of a table."""
_LONGEST_KEY = 14
"""Characters of such a name, at most."""
_DEEPEST = 4
"""Rows of column names, at most; three were met."""
_VALUE_HEAD = re.compile(
    r"^[^\d。；]{0,8}(?:比例|标准|金额|内容|备注|要求|时间|时限|数量|说明|电话|单位|名称|类别|材料|方式|结果)$"
)
"""What stands in the first row above values that have column names after all: 对象 | 比例."""
_CAPTION = 30
"""Characters of a section's name across the table, at most; a longer one, or one with 说明：, is a remark."""
_UNNAMED = re.compile(r"第\d+列")
_ORDINAL = ("序号", "编号", "次序", "序")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the span of what is its own, its label as printed, its cells by column name.

    `section` is the spans of cells that span this and following rows and carry a label or a name, `repeated` the
    spans of section cells and column names that a page break repeated, `is_outside` whether the last section has ended.
    """

    span: Span
    label: str | None
    cells: dict[str, str]
    section: tuple[Span, ...] = ()
    section_label: str | None = None
    repeated: tuple[Span, ...] = ()
    is_outside: bool = False


def tables_of(text: Text) -> list[Table]:
    """The format's own tables and, where it has none or knows ruled ones only (pdf), those that tabs set apart."""
    own = list(text.tables)
    if own and not text.pages:
        return own
    taken = [hull(table) for table in own]
    found = [
        table
        for table in _tabbed(text.characters)
        if not any(_overlap(hull(table), one) for one in taken) and not _is_contents(text.characters, hull(table)[0])
    ]
    return sorted([*own, *found], key=hull)


def _is_contents(characters: str, start: int) -> bool:
    """Whether a table of contents begins at `start`: 目录 is the last line before it."""
    before = characters[max(0, start - 40) : start].rstrip().rsplit("\n", 1)[-1]
    return "".join(before.split()).strip("#*") in ("目录", "目次")


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def hull(table: Table) -> Span:
    """Where a table's text begins and ends; (0, 0) for one without text."""
    spans = [span for row in table.rows for span in row if span[0] < span[1]]
    return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else (0, 0)


def _tabbed(characters: str) -> list[Table]:
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
        elif start >= 0 and not blank and not _BELOW.match(text):
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
    # a cell a line begins with its only tab; a row a line may begin with a tab, too, where a merged cell is left blank
    alone = sum(line.startswith("\t") and line.count("\t") == 1 for line in block.split("\n"))
    leading = alone > block.count("\n") / 3
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


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the rows: the spans of captions and of the column names, how many rows these take, the names.

    A table of names and values (办理时限 | 5个工作日) has no column names: each row's first cell is the name of its second.
    """

    spans: tuple[Span, ...]
    rows: int
    names: tuple[str, ...]
    is_pairs: bool = False


def head(characters: str, table: Table) -> Head:
    """The captions and column names of a table; names that stand over several columns come before those below them."""
    captions = 0
    while captions < len(table.rows) - 1 and len(table.rows[captions]) > 1 and _is_across(table.rows[captions]):
        captions += 1
    above = tuple(span for row in table.rows[:captions] if (span := _hull(row))[0] < span[1])
    if _is_pairs(characters, table.rows[captions:]):
        return Head(above, captions, (), is_pairs=True)
    above_rows = table.rows[captions:]
    depth = 1
    while depth + 1 < min(len(above_rows), _DEEPEST + 1) and _is_divided(above_rows[depth - 1], above_rows[depth]):
        depth += 1
    columns = [[row[i] for row in above_rows[:depth]] for i in range(len(above_rows[0]))]
    names = [_name([characters[a:b] for a, b in dict.fromkeys(column)]) for column in columns]
    names = [name or f"第{i + 1}列" for i, name in enumerate(names)]
    unique = [name if names.index(name) == i else f"{name}（{i + 1}）" for i, name in enumerate(names)]
    named = _hull([span for row in table.rows[captions : captions + depth] for span in row])
    return Head((*above, named) if named[0] < named[1] else above, captions + depth, tuple(unique))


def _is_across(row: Sequence[Span]) -> bool:
    """Whether one cell goes all the way across."""
    return len(set(row)) == 1 and row[0][0] < row[0][1]


def _is_divided(first: Sequence[Span], below: Sequence[Span]) -> bool:
    """Whether the first row has a name over several columns that the second row parts, and cells that span both."""
    if len(first) != len(below) or len(set(first)) == len(first):
        return False
    parted = any(
        first[i] == first[i + 1] and first[i][0] < first[i][1] and below[i] != below[i + 1]
        for i in range(len(first) - 1)
    )
    single = [i for i, span in enumerate(first) if first.count(span) == 1]
    return parted and all(below[i] == first[i] or below[i][0] == below[i][1] for i in single)


def _name(parts: list[str]) -> str:
    return "/".join(words for part in parts if (words := flowing(part)))


def _is_pairs(characters: str, rows: Sequence[Sequence[Span]]) -> bool:
    """Whether a table has names and values side by side throughout, as guides and forms have them."""
    if len(rows) < 2 or len({len(row) for row in rows}) > 1 or len(rows[0]) not in (2, 4, 6):
        return False
    pairs = [pair for row in rows if not _is_across(row) for pair in _pairs(characters, row)]
    names = [name for name, _ in pairs if name]
    named = sum(_KEY.search(name) is not None or name.endswith(("：", ":")) for name in names)
    first = next(iter(_pairs(characters, rows[0])), ("", ""))[0]
    return (
        len(names) >= len(rows) - 1
        and all(len(name) <= _LONGEST_KEY and value(name) is None for name in names)
        and len(set(names)) == len(names)
        and named > 0.5 * len(names)
        and (_is_across(rows[0]) or bool(_KEY.search(first)) or first.endswith(("：", ":")))
        and not any(_VALUE_HEAD.search(flowing(text)) for _, text in _pairs(characters, rows[0]))
    )


def _pairs(characters: str, row: Sequence[Span]) -> Iterator[tuple[str, str]]:
    """The names of a row with their values; a value that spans several columns goes with the name before it."""
    cells = (
        [characters[a:b] for a, b in dict.fromkeys(row)]
        if len(set(row)) < len(row)
        else [characters[a:b] for a, b in row]
    )
    for i in range(0, len(cells) - 1, 2):
        yield flowing(cells[i]), cells[i + 1].strip()


def rows(characters: str, table: Table, above: Head) -> Iterator[Row]:
    """The rows below the head, each with what it has of its own."""
    names = list(above.names)
    seen: set[Span] = {span for row in table.rows[: above.rows] for span in row}
    last: list[str] = [""] * len(names)
    sections: set[str] = set()
    open_columns: list[int] = []
    bare_names = [name for name in names if not _UNNAMED.fullmatch(name)]
    for index, row in enumerate(table.rows[above.rows :], above.rows):
        texts = [characters[a:b].strip() for a, b in row]
        if above.is_pairs and _is_across(row):
            yield Row((0, 0), None, {}, section=(_hull(row),), section_label=flowing(texts[0])[:20])
            continue
        if above.is_pairs:
            yield Row(_hull(row), None, {name.rstrip("：: "): text for name, text in _pairs(characters, row) if name})
            continue
        if bare_names and [flowing(text) for text in texts if text] == bare_names:
            yield Row((0, 0), None, {}, repeated=(_hull(row),))
            continue
        own = [i for i, span in enumerate(row) if span not in seen and span[0] < span[1]]
        seen.update(span for span in row if span[0] < span[1])
        if not own:
            continue
        lead = _section_columns(table, index, own, texts)
        first = next((i for i, text in enumerate(texts) if text), 0)
        last = [last[i] if i < min(first, len(last)) else text for i, text in enumerate(texts)]
        key = "|".join(texts[i] for i in lead)
        body = [i for i in own if i not in lead]
        ahead = _hull([row[i] for i in lead])
        section, repeated = ((), (ahead,)) if key in sections else ((ahead,), ())
        is_outside = not lead and not set(open_columns).isdisjoint(own)
        open_columns = lead or ([] if is_outside else open_columns)
        if lead:
            sections.add(key)
        yield Row(
            span=_hull([row[i] for i in body]),
            label=_label(names, texts, body),
            cells={names[i] if i < len(names) else f"第{i + 1}列": text for i, text in enumerate(last)},
            section=section if lead else (),
            section_label=_section_label([texts[i] for i in lead]) if lead else None,
            repeated=repeated if lead else (),
            is_outside=is_outside,
        )


def _hull(spans: Sequence[Span]) -> Span:
    filled = [span for span in spans if span[0] < span[1]]
    return (min(a for a, _ in filled), max(b for _, b in filled)) if filled else (0, 0)


def _section_columns(table: Table, index: int, own: list[int], texts: list[str]) -> list[int]:
    """The leading columns of a row that belong to a section: merged with rows below, or blank in the next row.

    A blank cell under a filled one is a merged cell that plain text cannot show. A row whose only cell goes all the
    way across is a section, too: then it is all there is.
    """
    row = table.rows[index]
    if len({row[i] for i in own}) == 1 and len(own) > 1 and row[own[0]] == row[-1]:
        return own if len(texts[own[0]]) <= _CAPTION and not re.search("[。：:]", texts[own[0]]) else []
    below = table.rows[index + 1] if index + 1 < len(table.rows) else ()
    lead: list[int] = []
    for i in own[:-1]:
        goes_on = i < len(below) and (below[i] == row[i] or below[i][0] == below[i][1])
        opens = (
            not lead and i == own[0] and _is_section(texts[i]) and (_is_bare(texts[i]) or _has_number(texts, own[1:]))
        )
        named = bool(lead) and i == lead[-1] + 1 and _is_bare(texts[lead[-1]]) and _is_name(texts[i])
        if not (goes_on or opens or named) or (lead and lead[-1] != i - 1):
            break
        lead.append(i)
    return lead


def _has_number(texts: list[str], columns: list[int]) -> bool:
    """Whether one of these cells begins with a number of its own, so that what stands before it names a section."""
    return any(mark(texts[i]) is not None or value(texts[i]) is not None for i in columns[:1])


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
    if not body:
        return None
    found = mark(texts[body[0]])
    if found is not None and found.style in ("1.", "（一）", "（1）", "一、", "1.1", "①"):
        return found.label
    for i in body:
        if i < len(names) and "".join(names[i].split()) in _ORDINAL and value(texts[i]) is not None:
            return texts[i]
    return texts[body[0]] if value(texts[body[0]]) is not None else None
