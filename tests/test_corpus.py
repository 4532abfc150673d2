"""The sample documents: eight, marked as samples, small, and the made ones hold what their drafts say."""

from collections import Counter
from pathlib import Path

import pytest

from rag.load import files, read

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
DOCUMENTS = files(CORPUS)
DRAFTS = sorted((CORPUS / "drafts").glob("*.draft"))


def characters(text: str) -> Counter[str]:
    return Counter(character for character in text if not character.isspace())


def test_the_folder_holds_eight_documents_of_all_formats() -> None:
    assert sorted(path.suffix for path in DOCUMENTS) == [
        ".docx",
        ".docx",
        ".html",
        ".md",
        ".pdf",
        ".pdf",
        ".txt",
        ".txt",
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_says_that_it_is_a_sample(path: Path) -> None:
    assert "（本文件为演示样例，内容虚构）" in read(path).characters
    assert path.stat().st_size <= 150 * 1024


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda path: path.name)
def test_a_made_document_holds_its_draft(draft: Path) -> None:
    written = ""
    for line in draft.read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            written += "".join(cell for cell in line.strip("| ").split(" | ") if cell != "^").replace("/", "")
        else:
            written += line.partition(" ")[2] if line.startswith("=") else line
    assert characters(written) - characters(read(CORPUS / draft.stem).characters) == Counter()


def test_a_sentence_of_the_printed_plan_runs_over_a_page() -> None:
    text = read(next(path for path in DOCUMENTS if "老旧小区" in path.name))
    assert len(text.pages) == 4
    before, after = text.characters[: text.pages[1]], text.characters[text.pages[1] :]
    assert "专有部分面积占比均达到三分之二" in before.replace("\n", "")
    assert "以上的，方可列入年度计划" in after
