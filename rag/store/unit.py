"""The clauses that can be found by a search, as arrays: where their pieces stand, and what each of them is.

Made from a store's tables in one pass, because a search looks at hundreds of clauses and shows ten.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from rag.clause import ClauseId, Kind
from rag.family import is_article

KINDS: tuple[Kind, ...] = get_args(Kind)
FOUND = (
    "SELECT c.document, c.position, c.id, c.kind, c.path, c.whole - c.start FROM clauses c WHERE EXISTS "
    "(SELECT 1 FROM pieces p WHERE p.document = c.document AND p.clause = c.position)"
)
"""The clauses that have pieces, as `gathered` takes them."""


@dataclass(frozen=True, slots=True)
class Units:
    """The clauses that can be found, in the order of their pieces: those that have some.

    starts    (clauses,) int64, the row of the clause's first piece; those of a clause stand together
    of_row    (rows,) int32, the number of the clause of the piece in this row, ascending
    document  (clauses,) int32, the place of the clause's document in `documents()`, ascending
    section   (clauses,) int32, a number that clauses share which stand directly below the same one, or below nothing
    length    (clauses,) int32, characters of the clause given whole
    kind      (clauses,) int8, its kind as its place in KINDS
    article   (clauses,) bool, whether it is a 条
    """

    clauses: tuple[ClauseId, ...]
    starts: NDArray[np.int64]
    of_row: NDArray[np.int32]
    document: NDArray[np.int32]
    section: NDArray[np.int32]
    length: NDArray[np.int32]
    kind: NDArray[np.int8]
    article: NDArray[np.bool_]

    def is_a(self, *kinds: Kind) -> NDArray[np.bool_]:
        """Which clauses (clauses,) are of one of these kinds."""
        return np.isin(self.kind, [KINDS.index(kind) for kind in kinds])


def gathered(pieces: Sequence[Sequence[int]], found: Sequence[Sequence[object]], position: Mapping[int, int]) -> Units:
    """The units of pieces (document's key, clause's place in it), row by row; `found` is what FOUND gives, any order.

    position  the place of each document by its key
    """
    pairs = np.asarray(pieces, np.int64).reshape(-1, 2)
    is_first = (np.diff(pairs, axis=0, prepend=np.full((1, 2), -1)) != 0).any(axis=1)
    starts = np.flatnonzero(is_first)
    known = {(document, place): rest for document, place, *rest in found}
    own = [known[document, place] for document, place in pairs[starts].tolist()]
    sections: dict[tuple[int, tuple[str, ...]], int] = {}
    paths = [json.loads(str(path)) for _, _, path, _ in own]
    return Units(
        clauses=tuple(ClauseId(str(id)) for id, *_ in own),
        starts=starts,
        of_row=(np.cumsum(is_first) - 1).astype(np.int32),
        document=np.array([position[document] for document, _ in pairs[starts].tolist()], np.int32),
        section=np.array(
            [
                sections.setdefault((document, tuple(path[:-1])), len(sections))
                for (document, _), path in zip(pairs[starts].tolist(), paths, strict=True)
            ],
            np.int32,
        ),
        length=np.array([length for *_, length in own], np.int32),
        kind=np.array([KINDS.index(kind) for _, kind, *_ in own], np.int8),
        article=np.array([is_article(path[-1]) for path in paths], bool),
    )
