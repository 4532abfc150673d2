"""How the fuzzer changes an input: its bytes, or its structure as far as tags, lines and numbers show it."""

import random
import re
from collections.abc import Callable

from fuzzseeds import WORDS

Change = Callable[[bytes, random.Random], bytes]
Stretch = tuple[int, int, bytes, bytes]
"""From where to where, and the tags that stand around it."""

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
    return _shuffled(data, chance, _element(data, chance))


def _lines(data: bytes, chance: random.Random) -> bytes:
    return _shuffled(data, chance, _line(data, chance))


def _element(data: bytes, chance: random.Random) -> Stretch:
    """An element from its first tag to its last, or the first alone; a line where there are no tags."""
    tags = [match for match in TAG.finditer(data) if not match[1]]
    if not tags:
        return _line(data, chance)
    first = chance.choice(tags)
    end = first.end()
    depth = 0 if first[3] or chance.random() < 0.2 else 1
    for tag in TAG.finditer(data, end):
        if not depth:
            break
        if tag[2] == first[2] and not tag[3]:
            depth += -1 if tag[1] else 1
            end = end if depth else tag.end()
    return first.start(), end, first[0], b"</" + first[2] + b">"


def _line(data: bytes, chance: random.Random) -> Stretch:
    """Lines or sentences, some."""
    ends = [0, *(match.end() for match in re.finditer(rb"\n|\xe3\x80\x82", data)), len(data)]
    start, end = sorted((chance.choice(ends), chance.choice(ends)))
    return start, min(end, start + 2000), b"", b""


def _shuffled(data: bytes, chance: random.Random, stretch: Stretch) -> bytes:
    """A stretch left out, moved, repeated, or wrapped many times in the tags that stand around it."""
    start, end, opening, closing = stretch
    inner = data[start:end]
    place = chance.choice((0, start, end, len(data)))
    times = chance.choice((2, 2, 3, 5, 5, 20, 100, 400))
    return chance.choice(
        (
            data[:start] + data[end:],
            data[:end] + data[start:],
            data[:place] + inner + data[place:],
            data[:start] + inner * times + data[end:],
            data[:start] + opening * times + inner + closing * times + data[end:],
        )
    )


def swelled(data: bytes, chance: random.Random, size: int) -> bytes:
    """`data` with one stretch of it, or some words, repeated or wrapped until it has `size` bytes.

    What takes more than linear time is seen in large inputs only, and nobody has such by chance.
    """
    start, end, opening, closing = chance.choice((_element, _line))(data, chance)
    inner, room = data[start:end], max(0, size - len(data))
    if chance.random() < 0.3:
        inner = "".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 6))).encode()
    if opening and chance.random() < 0.3:
        times = room // (len(opening) + len(closing))
        return data[:start] + opening * times + inner + closing * times + data[end:]
    return data[:start] + inner * (room // max(1, len(inner))) + data[end:]


def _words(data: bytes, chance: random.Random) -> bytes:
    places = [match.start() for match in re.finditer(rb"[\n>\xe3]", data)]
    place = chance.choice(places or [0])
    return data[:place] + chance.choice(WORDS).encode() + data[place:]
