"""How the fuzzer changes an input: its bytes, or its structure as far as tags, lines and numbers show it."""

import random
import re
from collections.abc import Callable

from fuzzseeds import WORDS

Change = Callable[[bytes, random.Random], bytes]

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
NUMBERS = b"0 1 -1 2 9 16 255 256 1000 65535 65536 99999 2147483648 9999999999 18446744073709551616 1e308 -0.0 NaN 1.5".split()
TAG = re.compile(rb"<(/?)([\w:.-]+)[^<>]*?(/?)>")


def mutated(data: bytes, chance: random.Random, in_bytes: Callable[[bytes], bytes]) -> bytes:
    """`data` changed once or a few times; `in_bytes` changes it without regard to what it is."""
    changes: tuple[Change, ...] = (_numbers, _elements, _elements, _lines, _words)
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(changes)(data, chance) if chance.random() < 0.7 else in_bytes(data)
    return data


def _numbers(data: bytes, chance: random.Random) -> bytes:
    found = [match.span() for match in NUMBER.finditer(data)]
    if not found:
        return data
    start, end = chance.choice(found)
    return data[:start] + chance.choice(NUMBERS) + data[end:]


def _elements(data: bytes, chance: random.Random) -> bytes:
    tags = [match for match in TAG.finditer(data) if not match[1]]
    if not tags:
        return _lines(data, chance)
    first = chance.choice(tags)
    start, end = first.start(), first.end()
    if not first[3]:
        depth = 1
        for tag in TAG.finditer(data, end):
            if tag[2] == first[2] and not tag[3]:
                depth += -1 if tag[1] else 1
            if not depth:
                end = tag.end()
                break
    return _shuffled(data, start, end, chance, chance.choice(tags).start(), (first[0], b"</" + first[2] + b">"))


def _lines(data: bytes, chance: random.Random) -> bytes:
    ends = [0, *(match.end() for match in re.finditer(rb"\n|\xe3\x80\x82", data)), len(data)]
    start, end = sorted((chance.choice(ends), chance.choice(ends)))
    return _shuffled(data, start, min(end, start + 2000), chance, chance.choice(ends), (b"", b""))


def _shuffled(
    data: bytes, start: int, end: int, chance: random.Random, place: int, around: tuple[bytes, bytes]
) -> bytes:
    """A stretch left out, doubled, copied elsewhere, repeated, or wrapped many times in what stands around it."""
    stretch = data[start:end]
    times = chance.choice((2, 2, 3, 5, 5, 20, 100, 400))
    return chance.choice(
        (
            data[:start] + data[end:],
            data[:end] + data[start:],
            data[:place] + stretch + data[place:],
            data[:start] + stretch * times + data[end:],
            data[:start] + around[0] * times + stretch + around[1] * times + data[end:],
        )
    )


def _words(data: bytes, chance: random.Random) -> bytes:
    places = [match.start() for match in re.finditer(rb"[\n>\xe3]", data)]
    place = chance.choice(places or [0])
    return data[:place] + chance.choice(WORDS).encode() + data[place:]
