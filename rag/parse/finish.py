"""What a document's tree still needs when its last line is read: lists inside paragraphs, 款 and passages, their names.

Lines and levels are `ladder`'s.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from rag.clause import Span
from rag.numeral import chinese
from rag.parse.ladder import Node
from rag.parse.mark import Mark, inline

PASSAGE = 600
"""Characters that a passage of running text may have; the contract's figure."""


def finish(root: Node, characters: str) -> None:
    """Names what has no number: 款 of an article, 段 of running text; parts 一是…二是… from their sentence."""
    _split_articles(root)
    _release(root, characters)
    _split_inline(root, characters)
    _split_long(root, characters)
    _name(root)


def walk(root: Node) -> Iterator[Node]:
    """A node and all below it, in reading order; children may be put in place of a node's own while it is visited."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def _split_articles(root: Node) -> None:
    """An article of several paragraphs has 款: the first is its own text, what is numbered lies below its paragraph."""
    for article in [node for node in walk(root) if node.style == "条"]:
        head, *more = article.spans or [(0, 0)]
        article.spans = [head]
        children = [Node("款", "", (), "clause", [span], article) for span in more]
        for child in article.children:
            holder = children[-1] if children and children[-1].style == "款" else article
            if child.style in ("款", "furniture") or holder is article:
                children.append(child)
            else:
                child.parent = holder
                holder.children.append(child)
        article.children = children


def _release(root: Node, characters: str) -> None:
    """A paragraph behind the last item of a list belongs to what holds the list, unless earlier items have paragraphs;
    one behind the last item of all closes the document or annex.

    Only behind an item that is a sentence, for below a name stands its text, and not where it goes on with a quotation.
    """
    for parent in list(walk(root)):
        fresh: list[Node] = []
        for i, child in enumerate(parent.children):
            fresh.append(child)
            after = parent.children[i + 1] if i + 1 < len(parent.children) else None
            before = parent.children[i - 1] if i else None
            is_last = after is None or after.style != child.style or after.number <= child.number
            goes_on = child.number != (1,) if before is None or before.style != child.style else not before.children
            if is_last and goes_on and child.number and child.style not in ("条", "一是"):
                fresh += _released(child, parent, characters)
        parent.children = fresh
    for holder in (root, *(child for child in root.children if child.style == "附件")):
        _conclude(holder)


def _released(item: Node, parent: Node, characters: str) -> list[Node]:
    """The paragraphs below an item that is a sentence, taken from it."""
    tail = item.children
    words = characters[slice(*item.spans[-1])] if item.spans else ""
    is_sentence = "。" in words or words.rstrip().endswith("；")
    if not is_sentence or any(node.style != "段" or characters[node.spans[0][0]] in '“"「' for node in tail):
        return []
    item.children = []
    for node in tail:
        node.parent = parent
    return tail


def _conclude(holder: Node) -> None:
    """Moves the paragraphs behind the last item of the last section up to the document or annex."""
    numbered = [i for i, child in enumerate(holder.children) if child.number]
    node = holder.children[numbered[-1]] if numbered else None
    while node is not None and node.children:
        own = len(node.children)
        while own and node.children[own - 1].style == "段":
            own -= 1
        if own < len(node.children):
            if own and node.children[own - 1].number:
                tail, node.children = node.children[own:], node.children[:own]
                holder.children[numbered[-1] + 1 : numbered[-1] + 1] = tail
                for one in tail:
                    one.parent = holder
            return
        node = node.children[-1]


def _split_inline(root: Node, characters: str) -> None:
    """一是…二是… and 包括：（一）…；（二）… inside a clause's own paragraph are below it; inside a passage, beside it."""
    waiting = list(walk(root))
    for node in waiting:  # the points found are looked at, too: another list may begin in the last of them
        if node.kind not in ("clause", "heading") and node.style != "一是":
            continue
        if not node.spans:
            continue
        start, end = node.spans[-1]
        found = _listed(characters[start:end], node)
        above = {node.style, *(child.style for child in node.children)}
        found = [one for one in found if one.style == "一是" or one.style not in above]
        if not found:
            continue
        cuts = [start + one.start for one in found] + [end]
        beside = node.style == "一是" or (node.style == "段" and cuts[0] > start)
        holder = node.parent if beside and node.parent else node
        points = [
            Node(
                one.style,
                one.label,
                one.number,
                "point" if one.style == "一是" else "clause",
                [(a, a + len(characters[a:b].rstrip()))],
                holder,
                printed=one.end - one.start,
            )
            for one, (a, b) in zip(found, pairwise(cuts), strict=True)
        ]
        node.spans[-1] = (start, start + len(characters[start : cuts[0]].rstrip()))
        if holder is node:
            node.children[:0] = points
        else:
            at = holder.children.index(node) + 1
            holder.children[at:at] = points
        waiting.extend(points)


def _listed(text: str, node: Node) -> list[Mark]:
    """The list that begins in a clause's paragraph; behind 三是 the list goes on, or another one begins."""
    if node.style != "一是":
        return inline(text)
    found = inline(text, node.number[0] + 1)
    if found:
        return found
    again = inline(text[node.printed :])
    return [replace(one, start=one.start + node.printed, end=one.end + node.printed) for one in again]


def _split_long(root: Node, characters: str) -> None:
    """A passage of more than PASSAGE characters becomes several, cut at sentence ends."""
    for node in walk(root):
        fresh: list[Node] = []
        for child in node.children:
            if child.style != "段" or child.children or child.spans[0][1] - child.spans[0][0] <= PASSAGE:
                fresh.append(child)
                continue
            fresh += [Node("段", "", (), "clause", [span], node) for span in passages(characters, child.spans[0])]
        node.children = fresh


def passages(characters: str, span: Span) -> list[Span]:
    """`span` in stretches of at most PASSAGE characters, cut behind the last sentence end that fits.

    Where a sentence is longer than that it is cut at a comma or a blank, else at the limit.
    """
    found: list[Span] = []
    start, end = span
    while end - start > PASSAGE:
        window = characters[start : start + PASSAGE]
        cut = max((m.end() for m in re.finditer(r"[。！？；\n]”?|(?<=[^\d])\.\s", window)), default=0)
        cut = cut or max((m.end() for m in re.finditer(r"[，、,\s]", window)), default=PASSAGE)
        found.append((start, start + len(window[:cut].rstrip())))
        start += cut
        start += len(characters[start:end]) - len(characters[start:end].lstrip())
    return [*found, (start, end)] if start < end else found


def _name(node: Node) -> None:
    """第一款, 第1段: positions among the siblings of their kind; clauses with others below are headings."""
    paragraphs, passages_seen = 1, 0  # an article's own text is its 第一款
    for child in node.children:
        if child.style == "款":
            paragraphs += 1
            child.label = f"第{chinese(paragraphs)}款"
        elif child.style == "段":
            passages_seen += 1
            child.label = f"第{passages_seen}段"
        _name(child)
    if node.kind == "clause" and node.children and node.style not in ("条", "款", "段"):
        node.kind = "heading"
