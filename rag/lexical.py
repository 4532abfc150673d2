"""Term search: which pieces hold the words of a question (BM25 over character bigrams).

Chinese is cut into pairs of neighbouring characters: no word list to keep, and .453 against jieba's .441 recall at 5
over 1,543 questions. What is stored are the postings alone, a term's rows and how often each holds it; scores are made
when they are asked for, so that a change of one row changes nothing about the others. Ranking what both searches find
is retrieval's.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.vector import FRESH, Origins, Rows

Scores = NDArray[np.float32]
Keys = NDArray[np.uint64]

_RUN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*|[〇\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*")
_HAN = ((0x3007, 0x3007), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))  # the second half of _RUN
_K1, _B = 1.5, 0.75  # the usual ones; the figures above were measured with them
ARRAYS = ("keys", "starts", "rows", "counts", "lengths")
_CHUNK = 4_000_000  # characters cut into terms at once, in about 250 MB of memory
_CHARACTER, _ROW, _COUNT = 21, 30, 8  # bits: of a code point, of a row, of how often a row holds a term
_WORD_KEY = 1 << 63
_KNOWN = 1 << 14
"""Terms whose place is remembered: a term is asked for several times a question, and again in the next."""


def terms(text: str) -> list[str]:
    """The terms of `text`, in order, repeated as they stand: pairs of Chinese characters, Latin words, numbers.

    Full-width and half-width forms are one, upper and lower case too; a character alone is a term of its own.

    >>> terms("稳岗补贴：每人１０００元（GB/T 3.5）")
    ['稳岗', '岗补', '补贴', '每人', '1000', '元', 'gb', 't', '3.5']
    """
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if run[0] < "\x80" or len(run) == 1:
            found.append(run)
        else:
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
    return found


class TermStore(Protocol):
    """Rows by the terms they hold."""

    def search(self, query: str, k: int) -> tuple[Rows, Scores]:
        """Rows that share a term with `query`, best first; equal scores by row."""

    def scores(self, terms: Sequence[str]) -> Scores:
        """For every row its BM25 score for these terms."""

    def postings(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The rows that hold `term`, ascending, and how often each does."""

    def idf(self, term: str) -> float:
        """How much a term tells: ln(1 + (n - f + 0.5) / (f + 0.5)), f the rows of n that hold it."""

    def __len__(self) -> int:
        """How many rows there are."""


class Bm25:
    """BM25 over a folder that `write` made, its arrays mapped into memory; may be used from several threads.

    Raises OSError or ValueError where the folder is not one. Cost: opening reads a page a file.
    """

    def __init__(self, folder: Path) -> None:
        arrays = [np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)) for name in ARRAYS]
        self._keys, self._starts, self._rows, self._counts, self._lengths = arrays
        types = (np.uint64, np.int64, np.int32, np.uint8, np.int32)
        if any(one.dtype != kind or one.ndim != 1 for one, kind in zip(arrays, types, strict=True)):
            raise ValueError(f"{folder.name}: not the arrays of a term index")
        sizes = (len(self._keys) + 1, int(self._starts[-1]), int(self._starts[-1]))
        if (len(self._starts), len(self._rows), len(self._counts)) != sizes:
            raise ValueError(f"{folder.name}: arrays of different lengths")
        self._weights: Scores | None = None
        self._parts: dict[str, slice] = {}

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._lengths)

    def search(self, query: str, k: int) -> tuple[Rows, Scores]:
        """Rows that share a term with `query`, best first; equal scores by row.

        Returns  rows (m,) int64 and scores (m,) float32 above 0, m at most k
        Cost     O(rows that hold a term): under 0.5 ms at 30,000 rows
        """
        scores = self.scores(terms(query))
        found = np.flatnonzero(scores > 0)
        if k <= 0 or not len(found):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if len(found) > k:
            edge = np.partition(scores[found], len(found) - k)[len(found) - k]
            found = found[scores[found] >= edge]
        best = found[np.argsort(-scores[found], kind="stable")][:k]
        return best.astype(np.int64), scores[best]

    def scores(self, terms: Sequence[str]) -> Scores:
        """For every row its BM25 score (n,) for these terms: Σ idf · f / (f + k1 · (1 - b + b · length / mean length)).

        A term that is given twice counts twice.
        """
        times = Counter(terms)
        held = [self.postings(term) for term in times]
        if not held:
            return np.zeros(len(self), np.float32)
        rows = np.concatenate([one for one, _ in held])
        counts = np.concatenate([one for _, one in held]).astype(np.float32)
        told = [n * self._told(len(one)) for n, (one, _) in zip(times.values(), held, strict=True)]
        worth = np.repeat(np.array(told, np.float32), [len(one) for one, _ in held])
        worth *= counts / (counts + self._length_weights()[rows])
        return np.bincount(rows, weights=worth, minlength=len(self)).astype(np.float32)

    def postings(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The rows (m,) that hold `term`, ascending, and how often (m,) each does, 255 at most."""
        part = self._part(term)
        return self._rows[part], self._counts[part]

    def idf(self, term: str) -> float:
        """How much a term tells: ln(1 + (n - f + 0.5) / (f + 0.5)), f the rows of n that hold it."""
        part = self._part(term)
        return self._told(part.stop - part.start)

    def rows(self, words: str) -> Rows:
        """The rows (m,), ascending, that hold all terms of `words`; none for words without terms."""
        held = sorted((self.postings(term)[0] for term in set(terms(words))), key=len)
        found = held[0] if held else np.empty(0, np.int32)
        for other in held[1:]:
            found = np.intersect1d(found, other, assume_unique=True)
        return found.astype(np.int64)

    def has(self, words: str) -> bool:
        """Whether some text has these words, or at least all of their pairs of characters."""
        return len(self.rows(words)) > 0

    def faults(self) -> Iterator[str]:
        """What is wrong with the arrays as such: keys out of order, rows that are not there. Reads all of them."""
        if (self._keys[1:] <= self._keys[:-1]).any():
            yield "keys: not ascending"
        if (np.diff(self._starts) <= 0).any() or self._starts[0] != 0:
            yield "starts: not ascending"
        elif len(self._rows):
            steps = np.diff(self._rows)
            steps[self._starts[1:-1] - 1] = 1  # from one term to the next
            if (steps <= 0).any() or self._rows.min() < 0 or self._rows.max() >= len(self):
                yield "rows: not ascending, or beyond the last row"
        if (self._counts == 0).any():
            yield "counts: 0"

    def kept(self, rows: NDArray[np.int64], total: int) -> "Postings":
        """The postings of the rows for which `rows` (n,) gives a new row, those of -1 left out."""
        number = np.repeat(np.arange(len(self._keys), dtype=np.uint64), np.diff(self._starts))
        new = rows[self._rows]
        is_kept = new >= 0
        lengths = np.zeros(total, np.int32)
        lengths[rows[rows >= 0]] = self._lengths[rows >= 0]
        packed = _packed(number[is_kept], new[is_kept], self._counts[is_kept])
        return Postings(np.array(self._keys), packed, lengths)

    def _told(self, held: int) -> float:
        return math.log(1 + (len(self) - held + 0.5) / (held + 0.5))

    def _part(self, term: str) -> slice:
        """Where the postings of a term are."""
        part = self._parts.get(term)
        if part is None:
            wanted = np.uint64(key(term))
            i = int(np.searchsorted(self._keys, wanted))
            is_there = i < len(self._keys) and self._keys[i] == wanted
            part = slice(int(self._starts[i]), int(self._starts[i + 1])) if is_there else slice(0, 0)
            if len(self._parts) >= _KNOWN:
                self._parts.clear()
            self._parts[term] = part
        return part

    def _length_weights(self) -> Scores:
        """k1 · (1 - b + b · length / mean length) for each row."""
        if self._weights is None:  # two threads may both make it, and make the same
            mean = float(self._lengths.mean()) if len(self._lengths) else 0.0
            self._weights = np.asarray(_K1 * (1 - _B + _B * self._lengths / (mean or 1.0)), np.float32)
        return self._weights


# Writing -------------------------------------------------------------------------------------------------------


class Postings(NamedTuple):
    """Terms by their keys, and for each of their rows number of the key, row and count in one integer; any order.

    keys (m,) ascending; packed (p,) uint64; lengths (n,) int32, the terms of each row
    """

    keys: Keys
    packed: Keys
    lengths: NDArray[np.int32]


def key(term: str) -> int:
    """The number that stands for a term: its code points for one or two characters, a hash for a word.

    >>> key("补") == ord("补"), key("补贴") == (ord("补") << 21) + ord("贴"), key("gb") >> 63
    (True, True, 1)
    """
    if term[:1] < "\x80":
        return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "big") | _WORD_KEY
    return ord(term) if len(term) == 1 else (ord(term[0]) << _CHARACTER) + ord(term[1])


def write(folder: Path, texts: Sequence[str], before: Bm25 | None = None, origins: Origins | None = None) -> None:
    """Writes a term index into the new folder `folder`; OSError where it cannot.

    texts    those of all rows; with `before` and `origins` those of the fresh rows only, in their order
    origins  (n,) for each row the row of `before` that it was, or FRESH
    Cost     8 million characters a second, and a tenth of a second for each 3 million postings taken over
    """
    fresh = np.arange(len(texts)) if origins is None else np.flatnonzero(origins == FRESH)
    total = len(texts) if origins is None else len(origins)
    parts = list(_cut(texts, fresh, total))
    if before is not None and origins is not None:
        rows = np.full(len(before), -1, np.int64)
        old = np.flatnonzero(origins != FRESH)
        rows[origins[old]] = old
        parts.append(before.kept(rows, total))
    keys, packed, lengths = _joined(parts, total)
    folder.mkdir()
    number = packed >> np.uint64(_ROW + _COUNT)
    starts = np.searchsorted(number, np.arange(len(keys) + 1, dtype=np.uint64))
    rows_of = (packed >> np.uint64(_COUNT)) & np.uint64((1 << _ROW) - 1)
    made = (keys, starts.astype(np.int64), rows_of.astype(np.int32), packed.astype(np.uint8), lengths)
    arrays: dict[str, NDArray[np.generic]] = dict(zip(ARRAYS, made, strict=True))
    for name, array in arrays.items():
        with (folder / f"{name}.npy").open("wb") as file:  # np.save does not say that a disk is full
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
            file.write(np.ascontiguousarray(array).data)


def _packed(number: NDArray[np.uint64], rows: NDArray[np.int64], counts: NDArray[np.uint8]) -> Keys:
    return (number << np.uint64(_ROW + _COUNT)) | (rows.astype(np.uint64) << np.uint64(_COUNT)) | counts


def _joined(parts: Sequence[Postings], total: int) -> Postings:
    """All postings in the order of key and row, with the keys that still have some."""
    keys = np.sort(np.concatenate([np.empty(0, np.uint64), *(part.keys for part in parts)]))
    keys = keys[np.diff(keys, prepend=keys[:1] + np.uint64(1)) != 0]
    low = np.uint64((1 << (_ROW + _COUNT)) - 1)
    moved = [np.empty(0, np.uint64)]
    for part in parts:
        number = np.searchsorted(keys, part.keys).astype(np.uint64)
        moved.append((number[part.packed >> np.uint64(_ROW + _COUNT)] << np.uint64(_ROW + _COUNT)) | part.packed & low)
    packed = np.sort(np.concatenate(moved))
    number = packed >> np.uint64(_ROW + _COUNT)
    is_first = np.diff(number, prepend=np.uint64(1 << 40)) != 0
    dense = (np.cumsum(is_first) - 1).astype(np.uint64)
    lengths = sum((part.lengths for part in parts), np.zeros(total, np.int32))
    return Postings(keys[number[is_first]], (dense << np.uint64(_ROW + _COUNT)) | packed & low, lengths)


def _cut(texts: Sequence[str], rows: NDArray[np.int64], total: int) -> Iterator[Postings]:
    """The postings of `texts`, which stand in these `rows`; what `terms` gives, some millions of characters at once."""
    start = 0
    while start < len(texts):
        stop, size = start, 0
        while stop < len(texts) and (stop == start or size + len(texts[stop]) <= _CHUNK):
            size += len(texts[stop])
            stop += 1
        readable = [unicodedata.normalize("NFKC", text).lower() for text in texts[start:stop]]
        ends = np.cumsum([len(text) + 1 for text in readable])
        joined = "\n".join(readable)
        for found in (_pairs(joined, ends), _words(joined, ends)):
            yield _counted(*found, rows[start:stop], total)
        start = stop


def _pairs(joined: str, ends: NDArray[np.int64]) -> tuple[Keys, NDArray[np.int64]]:
    """The keys of pairs and single characters, with the text in which each stands."""
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    is_han = np.zeros(len(codes) + 1, bool)
    for low, high in _HAN:
        is_han[:-1] |= (codes >= low) & (codes <= high)
    is_first = is_han[:-1] & is_han[1:]
    is_alone = is_han[:-1] & ~is_han[1:] & ~np.concatenate([[False], is_han[:-2]])
    pair, alone = np.flatnonzero(is_first), np.flatnonzero(is_alone)
    pairs = (codes[pair].astype(np.uint64) << np.uint64(_CHARACTER)) + codes[pair + 1]
    found = np.concatenate([pairs, codes[alone].astype(np.uint64)])
    return found, np.searchsorted(ends, np.concatenate([pair, alone]), side="right")


def _words(joined: str, ends: NDArray[np.int64]) -> tuple[Keys, NDArray[np.int64]]:
    known: dict[str, int] = {}
    found, places = [], []
    for match in _WORD.finditer(joined):
        word = match[0]
        if word not in known:
            known[word] = key(word)
        found.append(known[word])
        places.append(match.start())
    return np.array(found, np.uint64), np.searchsorted(ends, np.array(places, np.int64), side="right")


def _counted(found: Keys, texts: NDArray[np.int64], rows: NDArray[np.int64], total: int) -> Postings:
    """The terms of some texts, one by one, as postings of their rows."""
    lengths = np.zeros(total, np.int32)
    lengths[rows] = np.bincount(texts, minlength=len(rows))
    keys, number = np.unique(found, return_inverse=True)
    each = np.sort((number.reshape(-1).astype(np.uint64) << np.uint64(_ROW)) | rows[texts].astype(np.uint64))
    is_first = np.concatenate([[True], each[1:] != each[:-1]]) if len(each) else np.empty(0, bool)
    first = np.flatnonzero(is_first)
    counts = np.minimum(np.diff(first, append=len(each)), (1 << _COUNT) - 1).astype(np.uint8)
    mask = np.uint64((1 << _ROW) - 1)
    packed = _packed(each[first] >> np.uint64(_ROW), (each[first] & mask).astype(np.int64), counts)
    return Postings(keys, packed, lengths)
