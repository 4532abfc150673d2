"""The page `/evaluation`: what `python -m eval run … --out` measured, in words and plots for a reader who knows no metrics.

Reports are read as they lie on disk; `eval` itself is not needed. Plots are drawn here, as strips of SVG beside the
figures that they show. A report is written by a program but holds documents' texts: everything is escaped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import field
from html import escape
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from page.words import Words
from page.words.evaluation import EvaluationWords, of

_LARGEST = 100_000_000
"""Bytes of a report beyond which it is not read: 100 questions take 400,000."""
_REPORTS, _WRONG = 20, 200
"""Reports that are offered, the newest, and wrong answers that are shown."""
_ANSWERS = ("fact_accuracy", "citation_recall", "citation_precision", "refusal_precision", "refusal_recall")
_SEARCH = ("recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10")
_OTHER = ("latency_p50_ms", "latency_p95_ms", "citation_length")
_COMPARED = ("fact_accuracy", "citation_recall", "citation_precision", "refusal_f1")
_BY_TYPE = ("fact_accuracy", "citation_recall", "citation_precision", "refusal_recall")

Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class Figure:
    """A figure with its interval; None where no question counts."""

    value: Number | None
    low: Number | None
    high: Number | None
    n: int


@dataclass(frozen=True)
class Gold:
    """A wanted clause."""

    doc: str
    clause: str | None
    quote: str


@dataclass(frozen=True)
class Named:
    """A document, by its title."""

    title: str


@dataclass(frozen=True)
class Placed:
    """A clause, by its path."""

    path: list[str]


@dataclass(frozen=True)
class Cited:
    """A citation of an answer."""

    n: int
    document: Named
    clause: Placed
    quote: str


@dataclass(frozen=True)
class Result:
    """What was answered."""

    answer: str
    refused: bool
    citations: list[Cited]


@dataclass(frozen=True)
class Row:
    """A question with its answer and its gold."""

    id: str
    type: str
    question: str
    turns: list[str]
    answerable: bool
    reference: str
    gold: list[Gold]
    result: Result
    citation_hits: list[bool]
    missed_facts: list[list[str]]
    missed_gold: list[Gold]
    right: bool


@dataclass(frozen=True)
class Bin:
    """The scores from `low` to `high`: how many, and the share that came true."""

    low: Number
    high: Number
    n: int
    share: Number


@dataclass(frozen=True)
class Point:
    """Refusal where every score below `threshold` refuses."""

    threshold: Number
    precision: Number | None
    recall: Number | None


@dataclass(frozen=True)
class Beside:
    """The figures of another system on the same questions."""

    metrics: dict[str, Figure]


@dataclass(frozen=True)
class Report:
    """A report, as far as it is shown; further fields are passed over."""

    metrics: dict[str, Figure]
    by_type: dict[str, dict[str, Figure]]
    questions: list[Row]
    gold: str
    date: str
    commit: str | None
    skipped: list[object]
    failed: list[object]
    system: str = "tiaomu"
    model: str | None = None
    embedding: str | None = None
    generation: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    reliability: list[Bin] = field(default_factory=list)
    refusal_by_threshold: list[Point] = field(default_factory=list)
    beside: dict[str, Beside] = field(default_factory=dict)


_FORM = TypeAdapter(Report)


# Reading -------------------------------------------------------------------------------------------------------


def reports(folder: Path) -> dict[str, Path]:
    """The reports below a folder by the names of their folders, the newest first."""
    dated = []
    for path in folder.glob("*/report.json"):
        try:
            dated.append((-path.stat().st_mtime_ns, path.parent.name, path))
        except OSError:
            continue  # gone meanwhile
    return {name: path for _, name, path in sorted(dated)[:_REPORTS]}


def read(path: Path) -> Report | None:
    """A report; None where the file is none, or too large."""
    try:
        return _FORM.validate_json(path.read_bytes()) if path.stat().st_size <= _LARGEST else None
    except (OSError, ValidationError):
        return None


def body(folder: Path, words: Words, chosen: str = "") -> str:
    """What stands within <main>: the report of the name `chosen`, else the newest, or how to make one."""
    own = of("en" if words.tag == "en" else "zh")
    found = reports(folder)
    top = f'<h1>{own.title}</h1><p class="lead">{own.lead}</p>'
    if not found:
        return (
            f'<article class="evaluation"><h1>{own.title}</h1><div class="empty"><h2>{own.none}</h2>'
            f"<p>{own.none_how}</p><p><code>make eval</code></p></div></article>"
        )
    name = chosen if chosen in found else next(iter(found))
    report = read(found[name])
    ways = _ways([*found], name, words, own) if len(found) > 1 else ""
    if report is None:
        shown = f'<p class="fault" role="alert">{escape(own.damaged.format(name=name))}</p>'
    else:
        parts = (_about, _figures, _beside, _by_type, _scores)
        shown = "".join(part(report, own) for part in parts) + _wrong(report.questions, own)
    return f'<article class="evaluation">{top}{ways}{shown}</article>'


def _ways(names: Sequence[str], here: str, words: Words, own: EvaluationWords) -> str:
    links = "".join(
        f'<li><a href="/evaluation?{escape(urlencode({"report": name, "lang": words.tag[:2]}, errors="replace"))}"'
        f"{' aria-current=page' if name == here else ''}>{escape(name)}</a></li>"
        for name in names
    )
    return f'<nav class="reports" aria-label="{own.reports}"><ul>{links}</ul></nav>'


# What was measured ---------------------------------------------------------------------------------------------


def _about(report: Report, own: EvaluationWords) -> str:
    """How many questions are right, and what the figures hold for."""
    right = sum(row.right for row in report.questions)
    counts = own.documents.format(
        documents=report.counts.get("documents", "–"), clauses=report.counts.get("clauses", "–")
    )
    told = {
        "date": report.date.replace("T", " ").replace("+00:00", " UTC"),
        "gold": report.gold,
        "model": own.excerpts if report.model == "extractive" else report.model or report.system,
        "embedding": report.embedding or "–",
        "commit": report.commit or "–",
        "generation": f"{report.generation} · {counts}" if report.generation is not None else "–",
    }
    rows = [(own.facts[name], fact) for name, fact in told.items()]
    rows.append((own.version, ", ".join(f"{name} {version}" for name, version in report.versions.items())))
    items = "".join(f"<div><dt>{term}</dt><dd>{escape(fact)}</dd></div>" for term, fact in rows)
    left = own.left_out.format(skipped=len(report.skipped), failed=len(report.failed))
    line = f'<p class="left-out">{left}</p>' if report.skipped or report.failed else ""
    verdict = own.verdict.format(n=len(report.questions), right=right)
    return f'<p class="verdict">{verdict}</p>{line}<dl class="about">{items}</dl>'


def _figures(report: Report, own: EvaluationWords) -> str:
    names = [name for name in (*_ANSWERS, *_SEARCH, *_OTHER) if name in report.metrics]
    rows = "".join(_row(name, report.metrics[name], own) for name in names)
    return f'<section><h2>{own.figures}</h2><p class="how">{own.interval}</p>{_table(rows, own, own.figures)}</section>'


def _by_type(report: Report, own: EvaluationWords) -> str:
    """The types beside one another: how many questions are right in everything, then figure by figure."""
    rights = {kind: [row.right for row in report.questions if row.type == kind] for kind in report.by_type}
    whole = {
        kind: Figure(sum(each) / len(each) if each else None, None, None, len(each)) for kind, each in rights.items()
    }
    charts = [(own.all_right, "right", whole)]
    for name in _BY_TYPE:
        held = {kind: figures[name] for kind, figures in report.by_type.items() if name in figures}
        if len(known := {kind: one for kind, one in held.items() if one.value is not None}) > 1:
            charts.append((own.names[name][0], name, known))
    parts = "".join(f"<h3>{title}</h3>{_chart(title, name, figures, own)}" for title, name, figures in charts)
    return f'<section class="types"><h2>{own.by_type}</h2>{parts}</section>' if report.by_type else ""


def _beside(report: Report, own: EvaluationWords) -> str:
    """The other systems of the same run, figure by figure."""
    if not report.beside:
        return ""
    systems = {report.system: report.metrics, **{name: one.metrics for name, one in report.beside.items()}}
    parts = ""
    for name in _COMPARED:
        held = {system: figures[name] for system, figures in systems.items() if name in figures}
        title = own.names[name][0]
        parts += f"<h3>{title}</h3>{_chart(title, name, held, own)}"
    return f'<section class="types"><h2>{own.beside}</h2><p class="how">{own.beside_how}</p>{parts}</section>'


def _scores(report: Report, own: EvaluationWords) -> str:
    """How often a score comes true, and what refusing by it alone would give; nothing where no score is told."""
    parts = ""
    if report.reliability:
        held = {f"{one.low:.1f}–{one.high:.1f}": Figure(one.share, None, None, one.n) for one in report.reliability}
        parts = f'<h3>{own.reliability}</h3><p class="how">{own.reliability_how}</p>'
        parts += _chart(own.reliability, "share", held, own)
    points = [one for one in report.refusal_by_threshold if round(one.threshold * 20) % 2 == 0]
    for title, values in (
        (own.threshold_precision, {f"{one.threshold:.1f}": one.precision for one in points}),
        (own.threshold_recall, {f"{one.threshold:.1f}": one.recall for one in points}),
    ):
        held = {
            name: Figure(value, None, None, len(report.questions))
            for name, value in values.items()
            if value is not None
        }
        if held:
            parts += f"<h3>{title}</h3>{_chart(title, 'share', held, own)}"
    return f'<section class="types"><h2>{own.scores}</h2>{parts}</section>' if parts else ""


def _chart(title: str, name: str, figures: dict[str, Figure], own: EvaluationWords) -> str:
    rows = (_row(name, one, own, label=own.types.get(kind, kind)) for kind, one in figures.items())
    return _table("".join(rows), own, title)


def _table(rows: str, own: EvaluationWords, caption: str) -> str:
    """A table that a narrow screen shows as cards: the roles keep it a table."""
    heads = "".join(
        f'<th scope="col" role="columnheader">{head}</th>' for head in (own.metric, own.plot, own.value, own.questions)
    )
    return (
        f'<table class="figures" role="table"><caption class="hidden">{caption}</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table>'
    )


def _row(name: str, figure: Figure, own: EvaluationWords, label: str = "") -> str:
    """A figure: what it is called and means, or its `label`; its strip, its value with its interval, the questions."""
    called, meaning = (label, "") if label else own.names[name]
    value, low, high = (_number(name, one, own) for one in (figure.value, figure.low, figure.high))
    interval = own.from_to.format(low=low, high=high) if _has_interval(figure) else ""
    small = f"<small>{meaning}</small>" if meaning else ""
    is_share = not name.endswith(("_ms", "_length"))
    strip = _strip(figure, f"{called} {value} {interval}".strip()) if is_share and figure.value is not None else ""
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{escape(called)}{small}</th>'
        f'<td role="cell" class="plot">{strip}</td><td role="cell" class="value"><b>{value}</b>'
        f'<small>{interval}</small></td><td role="cell" class="n"><span class="unit">{own.unit} </span>{figure.n}</td></tr>'
    )


def _has_interval(figure: Figure) -> bool:
    """Resampling questions that are all alike gives no interval, however few they are."""
    return figure.low is not None and figure.high is not None and figure.low < figure.high


def _number(name: str, value: float | None, own: EvaluationWords) -> str:
    if value is None:
        return "–"
    if name.endswith("_ms"):
        return own.milliseconds.format(n=f"{value:.0f}")
    if name.endswith("_length"):
        return own.characters.format(n=f"{value:.0f}")
    return f"{100 * value:.0f}%"


def _strip(figure: Figure, told: str) -> str:
    """A share as a bar from 0 to 1, its interval as a line with two ends below it; no text, as it is stretched."""
    value, low, high = (min(1.0, max(0.0, one or 0.0)) * 100 for one in (figure.value, figure.low, figure.high))
    interval = ""
    if _has_interval(figure):
        ends = "".join(f'<rect class="interval" x="{x:.2f}" y="9" width=".8" height="5"/>' for x in (low, high))
        width = max(0.0, high - low)
        interval = f'<rect class="interval" x="{low:.2f}" y="11" width="{width:.2f}" height="1"/>{ends}'
    return (
        f'<svg role="img" viewBox="0 0 101 15" preserveAspectRatio="none"><title>{escape(told)}</title>'
        '<rect class="track" x="0" y="1" width="100" height="7"/>'
        f'<rect class="bar" x="0" y="1" width="{value:.2f}" height="7"/>{interval}</svg>'
    )


# Wrong answers -------------------------------------------------------------------------------------------------


def _wrong(rows: Sequence[Row], own: EvaluationWords) -> str:
    wrong = [row for row in rows if not row.right]
    if not wrong:
        return f'<section class="wrong"><p class="verdict">{own.none_wrong}</p></section>' if rows else ""
    more = len(wrong) - _WRONG
    last = f"<p>{own.more_wrong.format(n=more)}</p>" if more > 0 else ""
    items = "".join(_item(row, own) for row in wrong[:_WRONG])
    return f'<section class="wrong"><h2>{own.wrong.format(n=len(wrong))}</h2><p class="how">{own.wrong_lead}</p>{items}{last}</section>'


def _item(row: Row, own: EvaluationWords) -> str:
    """A question that opens to its answer beside its gold."""
    kind = escape(own.types.get(row.type, row.type))
    turns = (
        f'<p class="turns-before"><b>{own.earlier}</b> {escape(own.listed.join(row.turns))}</p>' if row.turns else ""
    )
    wanted = [row.reference, *map(_clause, row.gold)] if row.answerable else [own.to_be_refused]
    return (
        f'<details><summary><span class="kind">{kind}</span> {escape(row.question)}</summary>{turns}'
        f'<p class="missing"><b>{own.missing}</b> {escape(own.parted.join(_missing(row, own)))}</p>'
        f'<div class="pair"><div><h3>{own.given}</h3>{_lines([row.result.answer, *_cited(row, own)])}</div>'
        f"<div><h3>{own.wanted}</h3>{_lines(wanted)}</div></div></details>"
    )


def _cited(row: Row, own: EvaluationWords) -> list[str]:
    hits = [*row.citation_hits, *[False] * len(row.result.citations)]
    return [
        f"[{one.n}] {one.document.title} {'/'.join(one.clause.path)}{own.hit if hit else own.no_hit}\n“{one.quote}”"
        for one, hit in zip(row.result.citations, hits, strict=False)
    ]


def _clause(gold: Gold) -> str:
    return f"{gold.doc} {gold.clause or ''}\n“{gold.quote}”"


def _missing(row: Row, own: EvaluationWords) -> list[str]:
    parts = []
    if row.answerable and row.result.refused:
        parts.append(own.refused_wrongly)
    if not row.answerable and not row.result.refused:
        parts.append(own.not_refused)
    if row.missed_facts:
        parts.append(own.lacks_facts.format(facts=own.listed.join(own.either.join(fact) for fact in row.missed_facts)))
    if row.missed_gold:
        clauses = own.listed.join(f"{one.doc} {one.clause or ''}".strip() for one in row.missed_gold)
        parts.append(own.lacks_clauses.format(clauses=clauses))
    return parts


def _lines(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts if text.strip())
