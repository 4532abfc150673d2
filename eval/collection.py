"""The documents of the benchmark: some 24,000 articles as text files, so that one of them can be changed, and questions.

The laws beside the checkout where they are there, else those of the installed package, else generated ones: speed
depends on how many articles there are and how long they are, hardly on what they say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.gold import read
from rag.errors import MissingExtra, Phrase
from rag.generation import writing
from rag.load.laws import database, edition, member, members
from rag.numeral import chinese

ARTICLES = 24_000
"""Articles of a generated collection."""
_OF_A_LAW = 60
_MATTERS = (
    "取水许可",
    "河道采砂",
    "档案移交",
    "校车运行",
    "粮食储备",
    "古树保护",
    "船舶检验",
    "种子生产",
    "地名命名",
    "公园管护",
)
_DUTIES = ("应当在期限内提出申请", "应当如实登记并公示", "不得擅自变更用途", "由主管部门核实后办理", "应当接受监督检查")
_AMOUNTS = ("三十日", "十五个工作日", "二万元", "五年", "百分之二十")
_QUESTION = "{}，是怎么规定的？"
_TAKEN = 22
"""Characters of a line that a question is made of."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents in a folder of text files, what they are, and questions put to them."""

    name: Phrase
    folder: Path
    questions: tuple[str, ...]


def collection(shared: Path, folder: Path, *, articles: int = ARTICLES) -> Collection:
    """The documents written into `folder`, where they are not there yet, and at least 400 questions to them.

    Raises NoSpace, NotWritable. Cost: seconds, the first time.
    """
    name, source, documents = _documents(shared, articles)
    target = folder / source
    if not (target / ".complete").exists():
        with writing(target):
            target.mkdir(parents=True, exist_ok=True)
            for file, content in documents:
                (target / file).write_bytes(content)
            (target / ".complete").touch()
    asked = shared / "eval" / "laws" / "questions.jsonl"
    if source == "laws" and asked.is_file():
        return Collection(name, target, tuple(question.question for _, question in read(asked)[0]))
    return Collection(name, target, tuple(_questions(sorted(target.glob("*.txt")))))


def _documents(shared: Path, articles: int) -> tuple[Phrase, str, Iterator[tuple[str, bytes]]]:
    """What the documents are called, the folder they go to, and the name and bytes of each file."""
    laws = shared / "eval" / "laws" / "docs"
    if laws.is_dir():
        files = sorted(laws.glob("*.txt"))
        return Phrase("外部法律", "laws beside the checkout"), "laws", ((p.name, p.read_bytes()) for p in files)
    try:
        base = database()
    except MissingExtra:
        return Phrase("生成的法规", "generated laws"), f"generated-{articles}", generated(articles)
    known = edition(base)
    return Phrase(known, known), "package", ((name, member(base, name)) for name in members(base))


def generated(articles: int) -> Iterator[tuple[str, bytes]]:
    """Laws of 60 articles each, the same each time: name and bytes of each file.

    >>> next(generated(2))[1].decode().splitlines()[:2]
    ['第1号地方法规', '第一条　取水许可第1类事项的当事人应当在期限内提出申请，期限或者数额为三十日；其他规定另有要求的，从其要求。']
    """
    for law in range((articles + _OF_A_LAW - 1) // _OF_A_LAW):
        lines = [f"第{law + 1}号地方法规"]
        for i in range(min(_OF_A_LAW, articles - law * _OF_A_LAW)):
            n = law * _OF_A_LAW + i
            matter, duty = _MATTERS[n % len(_MATTERS)], _DUTIES[n // 7 % len(_DUTIES)]
            amount = _AMOUNTS[n // 3 % len(_AMOUNTS)]
            lines.append(
                f"第{chinese(i + 1)}条　{matter}第{n + 1}类事项的当事人{duty}，期限或者数额为{amount}；其他规定另有要求的，从其要求。"
            )
        yield f"{law + 1:04}.txt", "\n".join(lines).encode()


def _questions(files: Sequence[Path], wanted: int = 600) -> Iterator[str]:
    """Questions made of the beginnings of long lines, the same number of each file."""
    of_a_file = wanted // max(1, len(files)) + 1
    for file in files:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if len(line) > 2 * _TAKEN]
        step = max(1, len(lines) // of_a_file)
        for line in lines[::step][:of_a_file]:
            body = line.partition("　")[2] or line
            yield _QUESTION.format(body[:_TAKEN].rstrip("，、；：。"))
