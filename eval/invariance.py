"""The same document in every format must have the same clauses: paths and, white space aside, texts."""

import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.formats import Block, Grid, Writer, blocks, writers
from eval.outline import COUNTED, Labels, same, squashed
from rag.clause import Parsed
from rag.document import parsed, read

Key = tuple[Labels, str]
"""What a clause has in every format: its path and its text without white space."""
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Format:
    """How many clauses a format and plain text have in common, of how many that either has, over all documents."""

    name: str
    documents: int
    agreed: int
    clauses: int
    differences: tuple[str, ...]

    @property
    def share(self) -> float:
        """Clauses in common by clauses in either; 1 where there are none."""
        return self.agreed / self.clauses if self.clauses else 1.0


def keys(document: Parsed) -> Counter[Key]:
    """The numbered clauses and passages of a document, as they are compared."""
    return Counter(
        (same(clause.path), squashed(unicodedata.normalize("NFKC", clause.text)))
        for clause in document.clauses
        if clause.kind in COUNTED
    )


def measured(documents: Sequence[tuple[str, bytes]], progress: Callable[[str, int, int], None]) -> list[Format]:
    """Each document, given as file name and bytes, in each format, compared with its own plain text."""
    forms = writers()
    plain = forms.pop("txt")
    agreed: Counter[str] = Counter()
    clauses: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    differences: dict[str, list[str]] = {name: [] for name in forms}
    with tempfile.TemporaryDirectory() as place:
        for done, (name, content) in enumerate(documents, 1):
            parts = blocks(parsed(content, Path(name)))
            wanted = keys(_written(plain, parts, Path(place, f"{done}.txt")))
            for form, writer in forms.items():
                if form == "ofd" and any(isinstance(part, Grid) for part in parts):
                    continue
                found = keys(_written(writer, parts, Path(place, f"{done}.{form.partition('（')[0]}")))
                counted[form] += 1
                agreed[form] += (wanted & found).total()
                clauses[form] += (wanted | found).total()
                differences[form] += _differences(name, wanted, found)
            progress("formats", done, len(documents))
    return [Format(form, counted[form], agreed[form], clauses[form], tuple(differences[form])) for form in forms]


def _written(writer: Writer, parts: Sequence[Block], path: Path) -> Parsed:
    writer(parts, path)
    return read(path)


def _differences(name: str, wanted: Counter[Key], found: Counter[Key]) -> list[str]:
    """The first clauses that only one of the two has: − only plain text, + only the format."""
    lost, extra = list((wanted - found).elements()), list((found - wanted).elements())
    lines = [f"{name[:16]} - {'/'.join(path)} {text[:24]}…{text[-10:]}" for path, text in lost[:_SHOWN]]
    lines += [f"{name[:16]} + {'/'.join(path)} {text[:24]}…{text[-10:]}" for path, text in extra[:_SHOWN]]
    more = len(lost) + len(extra) - len(lines)
    return [*lines, f"{name[:16]} … {more}"] if more else lines
