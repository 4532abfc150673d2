"""The documents page as it is served: what it lists, who may change what, files that come and go, and a browser."""

import io
import json
import re
import zipfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from page import documents, documents_routes, words
from page.manage import State
from page.rights import may_change
from page.words import documents as own_words
from rag import generation, uploads
from rag.clause import Document, DocumentId
from rag.index import build, wanted
from tests.browsing import CHROMIUM, ask, chromium, opened, served
from tests.shelf import Shelf, rule
from tests.standin import HOSTILE, Standin
from tests.toys import Characters, made

ROOT = Path(__file__).resolve().parent.parent
OWN = {"origin": "http://127.0.0.1:7860"}
ZH = words.of("zh")


def client(shelf: Shelf, host: str = "127.0.0.1:7860", peer: str = "127.0.0.1", **headers: str) -> TestClient:
    """A browser at this machine with the page open, unless it is said to be another's."""
    given = {**OWN, **headers}
    return TestClient(shelf.app(), base_url=f"http://{host}", client=(peer, 50000), headers=given)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def docx(place: str = "丙区", number: str = "") -> bytes:
    from docx import Document as Word

    whole, file = Word(), io.BytesIO()
    for line in rule(place, number).split("\n\n"):
        whole.add_paragraph(line.strip())
    whole.save(file)
    return file.getvalue()


def put(shelf: Shelf, name: str, content: bytes, **headers: str) -> Any:
    """Sends a file and waits until it is indexed; the reply."""
    reply = client(shelf, **headers).put(f"/documents/files/{quote(name, safe='')}", content=content)
    shelf.manager.wait()
    return reply


def lines(shelf: Shelf, language: str = "zh") -> list[dict[str, Any]]:
    found = client(shelf).get(f"/documents/state?lang={language}").json()
    assert found["busy"] is False
    return list(found["lines"])


def kept(shelf: Shelf) -> list[str]:
    return uploads.names(shelf.settings.index)


# What is listed ------------------------------------------------------------------------------------------------


def test_every_document_is_listed_with_its_facts(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区", "丙府规〔2022〕3号").encode())
    html = client(shelf).get("/documents").text
    assert "已收录 3 份文件、" in html
    assert re.findall(r'<h3><a href="(.*?)">(.*?)</a>', html) == [
        (f"/d/{quote('丙府规〔2022〕3号', safe='')}?lang=zh", "丙区办法"),
        (f"/d/{quote('乙区办法', safe='')}?lang=zh", "乙区办法"),
        (f"/d/{quote('甲区办法', safe='')}?lang=zh", "甲区办法"),
    ]
    assert '<span class="badge in_force">现行有效</span><span>丙府规〔2022〕3号</span>' in html
    assert "<span>上传的文件</span>丙.txt</p>" in html
    assert "<span>文件夹里的文件</span>甲区.txt</p>" in html
    assert str(shelf.corpus.parent) not in html


def test_the_page_speaks_english_too(shelf: Shelf) -> None:
    html = client(shelf).get("/documents?lang=en").text
    assert '<html lang="en">' in html
    assert "2 documents with" in html
    assert "<span>File of a folder</span>甲区.txt" in html


def test_the_page_runs_no_script_but_its_own(shelf: Shelf) -> None:
    reply = client(shelf).get("/documents")
    assert set(re.findall(r"<script[^>]*>", reply.text)) == {
        '<script src="/page/display.js">',
        '<script src="/page/documents.js" defer>',
    }
    assert not re.search(r"<style|\sstyle=|\son\w+=", reply.text)
    assert "script-src 'self';" in reply.headers["content-security-policy"]
    assert "connect-src 'self'" in reply.headers["content-security-policy"]


def test_without_a_manager_the_page_lists_only(shelf: Shelf) -> None:
    from fastapi import FastAPI

    app, standin = FastAPI(), Standin(shelf.settings)
    documents_routes.add(app, standin.documents, standin.source, shelf.settings, None)
    browser = TestClient(app, base_url="http://127.0.0.1", headers=OWN)
    html = browser.get("/documents").text
    assert "甲市公共租赁住房管理办法" in html
    assert HOSTILE not in html and "<img src=x" not in html
    assert "data-delete" not in html and 'id="drop"' not in html
    assert browser.get("/documents/state").status_code == 404


def test_an_outline_nests_headings_and_leads_into_the_document(shelf: Shelf) -> None:
    html = client(shelf).get(f"/documents/outline/{quote('甲区办法', safe='')}?lang=zh").text
    assert html == (
        f'<ul><li><a href="/d/{quote("甲区办法", safe="")}?clause='
        f'{quote("甲区办法#第一章", safe="")}&amp;lang=zh#quote">第一章 总则</a></li></ul>'
    )
    address = re.findall(r'href="(.*?)"', html)[0].replace("&amp;", "&")
    assert '<mark id="quote" tabindex="-1">第一章  总则</mark>' in client(shelf).get(address).text
    assert client(shelf).get("/documents/outline/nothing").status_code == 404


def test_an_outline_has_all_depths_and_is_escaped() -> None:
    parsed = made(
        [
            ("heading", ("一、",), "一、总则"),
            ("heading", ("一、", "（一）", "1."), "1.深处"),
            ("heading", ("一、", "（二）"), "（二）<script>"),
            ("heading", ("二、",), "二、" + "附" * 100),
        ]
    )
    html = documents.outline(parsed, ZH)
    texts = re.sub(r"<a [^>]*>|</a>", "", html)
    assert texts == (
        f"<ul><li>一、总则<ul><li>1.深处</li></ul></li></ul><ul><li>（二）&lt;script&gt;</li>"
        f"<li>二、{'附' * 58}…</li></ul>"
    ) or texts.count("<ul>") == texts.count("</ul>")
    assert "<script>" not in html


def test_a_document_without_headings_is_outlined_by_its_clauses() -> None:
    parsed = made([("clause", ("第一条",), "第一条 甲"), ("clause", ("第一条", "（一）"), "（一）乙")])
    assert re.findall(r">([^<]+)</a>", documents.outline(parsed, ZH)) == ["第一条 甲"]
    assert "没有分级标题" in documents.outline(made([("header", ("header",), "甲")]), ZH)


def test_a_long_outline_is_cut_and_says_so() -> None:
    parsed = made([("heading", (f"第{n}章",), f"第{n}章") for n in range(500)])
    html = documents.outline(parsed, ZH)
    assert html.count("<li>") == 400
    assert "前 400 条" in html


def test_a_thousand_documents_are_listed_at_once() -> None:
    held = [Document(DocumentId(f"甲发〔2022〕{n}号"), f"第{n}号通知", clauses=3) for n in range(1000)]
    html = documents.listing(held, {}, ZH, manage=True)
    assert html.count('<li class="held"') == 1000
    assert len(html) < 2_000_000


def test_no_path_of_the_server_is_shown() -> None:
    about = Document(DocumentId("甲"), "甲", source="/srv/secret/甲.txt")
    assert "secret" not in documents.listing([about], {}, ZH, manage=True)


@pytest.mark.parametrize("field", [field.name for field in fields(own_words.DocumentsWords)])
def test_every_word_is_used(field: str) -> None:
    code = (ROOT / "page/documents.py").read_text("utf-8") + (ROOT / "page/documents_routes.py").read_text("utf-8")
    assert re.search(rf"own\.{field}\b|shelf\.words\(request\)\)\.{field}\b", code)


# Files that come -----------------------------------------------------------------------------------------------


def test_an_upload_is_indexed_and_seen_at_once(shelf: Shelf) -> None:
    reply = put(shelf, "丙区办法.docx", docx())
    assert (reply.status_code, reply.json()) == (202, {"key": 1, "replaces": False})
    assert shelf.titles() == ["丙区办法", "乙区办法", "甲区办法"]
    [line] = lines(shelf)
    told = "已收录：《丙区办法》（未见文号），4 个条目"
    assert (line["name"], line["stage"], line["text"]) == ("丙区办法.docx", "done", told)
    assert [(link["text"], link["href"]) for link in line["links"]] == [
        ("看原文", f"/d/{quote('丙区办法', safe='')}?lang=zh"),
        ("就它提问", f"/?document={quote('丙区办法', safe='')}"),
    ]
    assert lines(shelf, "en")[0]["text"] == "Added: 《丙区办法》 (no number found). Clauses: 4"
    assert lines(shelf, "en")[0]["links"][1]["href"].startswith("/en/?document=")


def test_an_upload_says_as_what_it_was_read(shelf: Shelf) -> None:
    put(shelf, "1.docx", docx("丙区", "丙政发〔2024〕5号"))
    assert lines(shelf)[0]["text"] == "已收录：《丙区办法》（丙政发〔2024〕5号），5 个条目"
    put(shelf, "1.docx", docx("丙区", "丙政发〔2024〕6号"))
    assert lines(shelf)[1]["text"] == "已用新文件替换原来的同名文件：《丙区办法》（丙政发〔2024〕6号），5 个条目"
    put(shelf, "1.docx", docx("丙区", "丙政发〔2024〕6号"))
    assert lines(shelf)[2]["text"].startswith("内容与已收录的相同，没有变化：《丙区办法》（丙政发〔2024〕6号），")


def test_removing_is_offered_where_it_works_and_elsewhere_it_is_said_how(shelf: Shelf, tmp_path: Path) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    added = tmp_path / "别处" / "丁.txt"
    added.parent.mkdir()
    added.write_text(rule("丁区"), "utf-8")
    build([shelf.corpus, added], shelf.settings, embedder=shelf.model)
    rows = client(shelf).get("/documents?part=list").text.split('<li class="held"')[1:]
    found = {re.findall(r"<h3><a[^>]*>(.*?)<", row)[0]: row for row in rows}
    assert {title: 'class="remove"' in row for title, row in found.items()} == {
        "甲区办法": False, "乙区办法": False, "丙区办法": True, "丁区办法": False
    }  # fmt: skip
    assert re.findall(r'class="kept" title="(.*?)">(.*?)<', found["甲区办法"]) == [
        (
            "它来自文件夹，路径是“甲区.txt”，不能在这里移除。请先在文件夹里删除这个文件，再回到这里点“更新索引”。",
            "来自文件夹，在文件夹里移除",
        )
    ]
    assert ">用命令加入，点“更新索引”移除<" in found["丁区办法"]
    assert "From a folder; removed there" in client(shelf).get("/documents?part=list&lang=en").text
    assert "移除" not in re.sub("<[^>]*>", "", documents.listing(shelf.answerer.documents(), {}, ZH, manage=False))


def test_the_same_name_replaces(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    reply = put(shelf, "丙.txt", rule("丁区").encode())
    assert reply.json() == {"key": 2, "replaces": True}
    assert shelf.titles() == ["丁区办法", "乙区办法", "甲区办法"]
    assert lines(shelf)[1]["text"].startswith("已用新文件替换原来的同名文件")
    put(shelf, "丙.txt", rule("丁区").encode())
    assert lines(shelf)[2]["text"].startswith("内容与已收录的相同，没有变化")


def test_a_broken_file_is_told_in_words_and_not_kept(shelf: Shelf) -> None:
    put(shelf, "坏.docx", docx()[:500])
    [line] = lines(shelf)
    assert line["stage"] == "failed"
    assert line["text"] == "坏.docx 无法读取：Word 文件已损坏。请用原软件打开并另存后再试"
    assert "cannot be read" in lines(shelf, "en")[0]["text"]
    assert kept(shelf) == []
    assert generation.numbers(shelf.settings.index) == (1, None)


def test_a_broken_file_leaves_the_one_that_it_was_to_replace(shelf: Shelf) -> None:
    content = docx()  # another second, other bytes
    put(shelf, "丙.docx", content)
    put(shelf, "丙.docx", content[:500])
    assert lines(shelf)[1]["text"].endswith("。原来的同名文件照旧使用")
    assert (uploads.folder(shelf.settings.index) / "丙.docx").read_bytes() == content
    assert shelf.titles() == ["丙区办法", "乙区办法", "甲区办法"]


def test_a_locked_pdf_is_told_in_words(shelf: Shelf) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    sheet = Canvas(file, encrypt=StandardEncryption("geheim", strength=128))
    sheet.drawString(100, 700, "text")
    sheet.save()
    put(shelf, "密.pdf", file.getvalue())
    assert "加密" in lines(shelf)[0]["text"]


def test_a_zip_is_indexed_file_by_file_and_says_what_it_lacks(shelf: Shelf) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("丙.txt", rule("丙区"))
        archive.writestr("丁.txt", rule("丁区"))
        archive.writestr("坏.docx", b"PK\x03\x04" + bytes(100))
    put(shelf, "通知.zip", file.getvalue())
    [line] = lines(shelf)
    assert (line["stage"], line["text"]) == ("done", "已收录：2 份文件，8 个条目")
    assert len(line["more"]) == 1 and "坏.docx" in line["more"][0]
    assert [link["text"] for link in line["links"]][:2] == ["看原文《丁区办法》", "就它提问《丁区办法》"]
    assert "这个文件里的 2 份文件会一起移除" in client(shelf).get("/documents").text


def test_uploads_may_take_so_much_together(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, uploads=1)
    blank = b"\n" * 700_000
    assert put(shelf, "丙.txt", rule("丙区").encode() + blank).status_code == 202
    for name, place in (("丁.txt", "丁区"), ("戊.txt", "戊区")):
        reply = put(shelf, name, rule(place).encode() + blank)
        assert reply.status_code == 507
        assert reply.json()["error"].startswith("加上这个文件，上传的文件共 2 MB，超过 1 MB 的上限，因此没有收录。")
    assert kept(shelf) == ["丙.txt"] and not [*(uploads.folder(shelf.settings.index) / ".incoming").iterdir()]
    assert put(shelf, "丙.txt", rule("丁区").encode() + blank).status_code == 202  # in place of itself
    assert shelf.titles() == ["丁区办法", "乙区办法", "甲区办法"]


def test_the_original_of_what_was_packed_can_be_had(shelf: Shelf) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("附/丙.txt", rule("丙区"))
    put(shelf, "通知.zip", file.getvalue())
    browser = client(shelf)
    assert 'href="/o/' in browser.get("/d/丙区办法").text
    reply = browser.get("/o/丙区办法")
    assert (reply.status_code, reply.content.decode()) == (200, rule("丙区"))
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == "attachment; filename*=utf-8''%E4%B8%99.txt"
    with zipfile.ZipFile(uploads.folder(shelf.settings.index) / "通知.zip", "w") as archive:
        archive.writestr("附/丙.txt", rule("丁区"))  # behind our back
    assert browser.get("/o/丙区办法").status_code == 404
    (uploads.folder(shelf.settings.index) / "通知.zip").unlink()
    assert browser.get("/o/丙区办法").status_code == 404
    assert 'href="/o/' not in browser.get("/d/丙区办法").text


@pytest.mark.parametrize(
    ("name", "content", "status", "why"),
    [
        ("甲.exe", b"MZ", 415, "不支持 .exe 格式"),
        ("甲", b"text", 415, "不支持 甲 格式"),
        ("空.docx", b"", 400, "文件是空的"),
    ],
)
def test_what_cannot_be_indexed_is_refused_in_words(
    shelf: Shelf, name: str, content: bytes, status: int, why: str
) -> None:
    reply = put(shelf, name, content)
    assert reply.status_code == status
    assert reply.json()["error"].startswith(why)
    assert lines(shelf) == [] and kept(shelf) == []
    assert not [*uploads.folder(shelf.settings.index).glob(".incoming/*")]


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil.txt",
        "..\\..\\evil.txt",
        "/etc/cron.d/evil.txt",
        "C:\\evil.txt",
        ".hidden.txt",
        "~$lock.txt",
        "a\x00b\x1b\r.txt",
        "gnp.\u202etxt.txt",
        f"{HOSTILE}.txt",
        "条" * 200 + ".txt",
        "con.txt",
        "e\u0301.txt",
        ".aside.json.txt",
    ],
)
def test_a_hostile_name_stays_in_its_folder(shelf: Shelf, name: str) -> None:
    before = {path for path in shelf.corpus.parent.rglob("*") if "index" not in path.parts}
    assert put(shelf, name, rule("丙区").encode()).status_code == 202
    [stored] = kept(shelf)
    assert (uploads.folder(shelf.settings.index) / stored).is_file()
    assert len(stored.encode()) <= 200 and not stored.startswith((".", "~"))
    assert not re.search(r'[\x00-\x1f/\\<>:"|?*\u202e]', stored)
    assert {path for path in shelf.corpus.parent.rglob("*") if "index" not in path.parts} == before
    assert "丙区办法" in shelf.titles()
    html = client(shelf).get("/documents").text
    assert "<img" not in html.replace('<img src="/page/icon.svg"', "")
    assert client(shelf).delete(f"/documents/files/{quote(stored, safe='')}").status_code == 202
    shelf.manager.wait()
    assert kept(shelf) == []


def test_names_that_had_to_change_do_not_become_one() -> None:
    assert len({uploads.safe(name) for name in ("a.txt", "x/a.txt", "y/a.txt", ".a.txt", "a.txt ")}) == 5


def test_many_files_that_wait_are_one_build(shelf: Shelf) -> None:
    with generation.locked(shelf.settings.index):
        for n in range(5):
            reply = client(shelf).put(f"/documents/files/{n}.txt", content=rule(f"第{n}区").encode())
            assert reply.status_code == 202
        state = client(shelf).get("/documents/state").json()
        assert state["busy"] is True
        assert {line["stage"] for line in state["lines"]} <= {"queued", "waiting", "read"}
    shelf.manager.wait()
    assert len(shelf.titles()) == 7
    assert generation.numbers(shelf.settings.index)[0] <= 3
    assert client(shelf).get("/documents/state?after=5").json()["lines"][0]["key"] == "5"


def test_another_programs_build_is_waited_for_and_in_the_end_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.manager._patience = (0.001, 3)
    with generation.locked(shelf.settings.index):
        put(shelf, "丙.txt", rule("丙区").encode())
    [line] = lines(shelf)
    assert line["text"].startswith("另一个进程正在写入索引 index。")
    assert kept(shelf) == []
    put(shelf, "丙.txt", rule("丙区").encode())
    assert "丙区办法" in shelf.titles()


def test_progress_is_told_stage_by_stage(shelf: Shelf) -> None:
    seen: list[dict[str, Any]] = []

    class Watching(Characters):
        def passages(self, texts: Any, progress: Any = None) -> Any:
            for n in range(1, len(texts) + 1):
                if progress:
                    progress(n, len(texts))
            seen.extend(client(shelf).get("/documents/state").json()["lines"])
            return super().passages(texts)

    shelf.answerer.retriever.embedder = Watching()
    put(shelf, "丙.txt", rule("丙区").encode())
    assert seen[0]["stage"] == "embed"
    assert re.fullmatch(r"正在建立索引 (\d+)/\1 段(，约剩 .*)?", seen[0]["text"])
    assert seen[0]["value"] == 1


def test_time_left_is_in_words(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    change = replace(shelf.manager.state().changes[0], stage="embed")
    found = documents.progress(State((change,), 10, 40, 65.0), 0, ZH, shelf.settings)
    assert found["busy"] is True
    assert isinstance(found["lines"], list)
    assert found["lines"][0]["text"] == "正在建立索引 10/40 段，约剩 1 分"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [RuntimeError, KeyError])
def test_what_nobody_expected_is_told_and_the_next_file_is_taken(shelf: Shelf, error: type[Exception]) -> None:
    class Failing(Characters):
        def passages(self, texts: Any, progress: Any = None) -> Any:
            raise error("内部细节")

    shelf.answerer.retriever.embedder = Failing()
    put(shelf, "丙.txt", rule("丙区").encode())
    [line] = lines(shelf)
    assert line["stage"] == "failed" and line["text"].startswith("系统出错")
    assert "内部细节" not in json.dumps(line, ensure_ascii=False)
    assert kept(shelf) == []
    shelf.answerer.retriever.embedder = Characters()
    put(shelf, "丙.txt", rule("丙区").encode())
    assert "丙区办法" in shelf.titles()


# Files that are too large --------------------------------------------------------------------------------------


def test_a_body_that_says_it_is_too_large_is_refused(shelf: Shelf) -> None:
    headers = {"content-length": str(100 * 1024 * 1024 + 1)}
    assert client(shelf).put("/documents/files/a.txt", content=b"a", headers=headers).status_code == 413


def test_a_body_that_grows_too_large_in_chunks_is_cut_off(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("page.routes.LIMIT", 3000)
    assert client(shelf).put("/documents/files/a.txt", content=iter([b"a" * 1000] * 4)).status_code == 413
    assert not [*uploads.folder(shelf.settings.index).glob(".incoming/*")]
    assert lines(shelf) == []
    assert client(shelf).put("/documents/files/a.txt", content=iter([rule("丙区").encode()])).status_code == 202
    shelf.manager.wait()


def test_other_paths_take_no_large_body(shelf: Shelf) -> None:
    for method, path in (("POST", "/documents/refresh"), ("PUT", "/documents"), ("POST", "/documents/files/a.txt")):
        assert client(shelf).request(method, path, content=b"a" * 1_000_001).status_code == 413, path


# Files that go -------------------------------------------------------------------------------------------------


def test_an_upload_is_removed(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    assert client(shelf).delete("/documents/files/%E4%B8%99.txt").status_code == 202
    shelf.manager.wait()
    assert shelf.titles() == ["乙区办法", "甲区办法"]
    assert kept(shelf) == []
    assert lines(shelf)[1]["text"] == "已移除。想恢复可以点“撤销”"


@pytest.mark.parametrize("name", ["甲区.txt", "../corpus/甲区.txt", ".aside.json", "../CURRENT", "nothing.txt", ""])
def test_nothing_but_an_upload_is_removed(shelf: Shelf, name: str) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    reply = client(shelf).delete(f"/documents/files/{quote(name, safe='')}")
    assert reply.status_code == 404
    shelf.manager.wait()
    assert (shelf.corpus / "甲区.txt").is_file()
    assert len(shelf.titles()) == 3


def test_how_a_document_of_a_folder_goes_is_said(shelf: Shelf) -> None:
    html = client(shelf).get("/documents").text
    assert "请先在文件夹里删除这个文件，再回到这里点“更新索引”" in html
    assert "data-delete" not in html
    (shelf.corpus / "甲区.txt").unlink()
    assert client(shelf).post("/documents/refresh").status_code == 202
    shelf.manager.wait()
    assert shelf.titles() == ["乙区办法"]
    assert lines(shelf)[0]["text"] == "已更新：新增 0 份，有改动 0 份，移除 1 份，未变 1 份"


def test_the_last_document_stays(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    put(shelf, "丙.txt", rule("丙区").encode())
    for name in ("甲区", "乙区"):
        (shelf.corpus / f"{name}.txt").unlink()
    client(shelf).post("/documents/refresh")
    shelf.manager.wait()
    client(shelf).delete("/documents/files/%E4%B8%99.txt")
    shelf.manager.wait()
    assert lines(shelf)[-1]["text"].startswith("这是最后一份文件")
    assert shelf.titles() == ["丙区办法"] and kept(shelf) == ["丙.txt"]


# Updating ------------------------------------------------------------------------------------------------------


def test_an_update_reads_folders_and_keeps_uploads(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    (shelf.corpus / "丁区.txt").write_text(rule("丁区"), encoding="utf-8")
    (shelf.corpus / "坏.docx").write_bytes(docx()[:500])
    client(shelf).post("/documents/refresh")
    shelf.manager.wait()
    assert shelf.titles() == ["丁区办法", "丙区办法", "乙区办法", "甲区办法"]
    assert lines(shelf)[1]["more"] == ["另外：坏.docx 无法读取：Word 文件已损坏。请用原软件打开并另存后再试"]


def test_a_build_without_paths_keeps_uploads(shelf: Shelf) -> None:
    assert wanted((), shelf.settings) == ([shelf.corpus], True)
    put(shelf, "丙.txt", rule("丙区").encode())
    roots, only = wanted((), shelf.settings)
    assert roots == [shelf.corpus, shelf.settings.index / "uploads"]
    assert build(roots, shelf.settings, embedder=shelf.model, only=only).removed == 0
    assert "丙区办法" in shelf.titles()


# Undoing -------------------------------------------------------------------------------------------------------


def undo(shelf: Shelf) -> None:
    assert client(shelf).post("/documents/undo").status_code == 202
    shelf.manager.wait()
    assert lines(shelf)[-1]["stage"] == "done"


def refreshed(shelf: Shelf) -> list[str]:
    client(shelf).post("/documents/refresh")
    shelf.manager.wait()
    return shelf.titles()


def test_an_upload_is_undone_with_its_file(shelf: Shelf) -> None:
    assert "disabled" in client(shelf).get("/documents/state").json()["undo"]
    put(shelf, "丙.txt", rule("丙区").encode())
    button = client(shelf).get("/documents/state").json()["undo"]
    assert re.search(r"回到 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d 的索引：2 份文件、8 个条目。", button)
    assert "上传的“丙.txt”会撤下。" in button
    undo(shelf)
    assert shelf.titles() == ["乙区办法", "甲区办法"] and kept(shelf) == []
    assert "移除的“丙.txt”会恢复。" in client(shelf).get("/documents/state").json()["undo"]
    undo(shelf)
    assert "丙区办法" in shelf.titles() and kept(shelf) == ["丙.txt"]
    undo(shelf)
    assert refreshed(shelf) == ["乙区办法", "甲区办法"]


def test_a_removal_and_a_replacement_are_undone(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    put(shelf, "丙.txt", rule("丁区").encode())
    assert "“丙.txt”会换回另一个版本。" in client(shelf).get("/documents/state").json()["undo"]
    undo(shelf)
    assert refreshed(shelf) == ["丙区办法", "乙区办法", "甲区办法"]
    client(shelf).delete("/documents/files/%E4%B8%99.txt")
    shelf.manager.wait()
    undo(shelf)
    assert refreshed(shelf) == ["丙区办法", "乙区办法", "甲区办法"]


def test_what_changes_nothing_leaves_what_can_be_undone(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    put(shelf, "丙.txt", rule("丙区").encode())
    put(shelf, "坏.docx", docx()[:500])
    refreshed(shelf)
    undo(shelf)
    assert shelf.titles() == ["乙区办法", "甲区办法"] and kept(shelf) == []


def test_going_back_on_the_command_line_takes_the_files_along(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.exchange import roll_back

    monkeypatch.setattr("rag.exchange.embedder", lambda _: shelf.model)
    put(shelf, "丙.txt", rule("丙区").encode())
    roll_back(shelf.settings)
    assert kept(shelf) == []
    put(shelf, "丁.txt", rule("丁区").encode())
    assert refreshed(shelf) == ["丁区办法", "乙区办法", "甲区办法"]


def test_nothing_to_go_back_to_is_told(shelf: Shelf) -> None:
    client(shelf).post("/documents/undo")
    shelf.manager.wait()
    assert "没有更早的一代可以回退" in lines(shelf)[0]["text"]
    assert str(shelf.settings.index.parent) not in lines(shelf)[0]["text"]


def test_another_index_than_the_one_agreed_to_is_not_gone_back_to(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    assert 'data-post="/documents/undo?to=1"' in client(shelf).get("/documents/state").json()["undo"]
    put(shelf, "丁.txt", rule("丁区").encode())
    client(shelf).post("/documents/undo?to=1")
    shelf.manager.wait()
    assert lines(shelf)[-1]["text"] == "索引 index 刚刚又有改动，所以没有撤销。请看清楚会回到哪一次，再撤销"
    assert len(shelf.titles()) == 4
    client(shelf).post("/documents/undo?to=2")
    shelf.manager.wait()
    assert kept(shelf) == ["丙.txt"]


def test_another_models_index_is_not_gone_back_to(shelf: Shelf) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())

    class Other(Characters):
        fingerprint = "other@1"

    shelf.answerer.retriever.embedder = Other()
    assert shelf.manager.earlier() is None


# Who may -------------------------------------------------------------------------------------------------------

CHANGES = [
    ("PUT", "/documents/files/a.txt"),
    ("DELETE", "/documents/files/丙.txt"),
    ("POST", "/documents/refresh"),
    ("POST", "/documents/undo"),
]


def refused(shelf: Shelf, browser: TestClient) -> None:
    before = (shelf.titles(), kept(shelf), generation.numbers(shelf.settings.index))
    for method, path in CHANGES:
        reply = browser.request(method, path, content=b"text" if method == "PUT" else None)
        assert reply.status_code == 403, (method, path)
        assert reply.json()["error"]
    shelf.manager.wait()
    assert (shelf.titles(), kept(shelf), generation.numbers(shelf.settings.index)) == before


@pytest.mark.parametrize(
    "other",
    [
        {"peer": "192.168.1.7"},
        {"peer": "testclient"},
        {"host": "tiaomu.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "[evil"},
        {"x-forwarded-for": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
        {"x-real-ip": "127.0.0.1"},
        {"via": "1.1 proxy"},
    ],
)
def test_who_is_elsewhere_sees_the_list_and_why(shelf: Shelf, other: dict[str, str]) -> None:
    put(shelf, "丙.txt", rule("丙区").encode())
    if other.get("host") == "[evil":
        browser = client(shelf, **{"origin": "http://[evil"})
        browser.headers["host"] = "[evil"
    else:
        browser = client(shelf, **other, **({"origin": f"http://{other['host']}"} if "host" in other else {}))
    html = browser.get("/documents").text
    assert "甲区办法" in html
    assert "只有在运行本程序的电脑上打开本页，才能添加、移除文件" in html
    assert "data-delete" not in html and 'id="files"' not in html
    assert browser.get("/documents/state").status_code == 403
    refused(shelf, browser)


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "127.0.0.5", "[::1]:7860"])
def test_who_is_here_may(shelf: Shelf, host: str) -> None:
    browser = client(shelf, host, "::1", origin=f"http://{host}")
    assert 'id="files"' in browser.get("/documents").text
    assert browser.post("/documents/refresh").status_code == 202
    shelf.manager.wait()


@pytest.mark.parametrize(
    "said",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
    ],
)
def test_another_sites_page_may_not(shelf: Shelf, said: dict[str, str]) -> None:
    refused(shelf, client(shelf, **said))


def test_a_request_that_says_nothing_of_its_page_may_not(shelf: Shelf) -> None:
    browser = client(shelf)
    del browser.headers["origin"]
    refused(shelf, browser)
    assert browser.post("/documents/refresh", headers={"sec-fetch-site": "same-origin"}).status_code == 202
    shelf.manager.wait()


def test_everyone_may_where_that_is_set_but_no_other_sites_page(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, manage="all")
    far = {"host": "tiaomu.example", "peer": "192.168.1.7", "x-forwarded-for": "10.0.0.1"}
    browser = client(shelf, **far, origin="https://tiaomu.example")
    assert 'id="files"' in browser.get("/documents").text
    assert browser.post("/documents/refresh").status_code == 202
    shelf.manager.wait()
    refused(shelf, client(shelf, **far, origin="https://evil.example"))
    behind = client(shelf, "127.0.0.1:7860", origin="https://tiaomu.example", **{"sec-fetch-site": "same-origin"})
    assert behind.post("/documents/refresh").status_code == 202
    shelf.manager.wait()


def test_nobody_may_where_that_is_set(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, manage="none")
    assert "管理员没有开放文件管理（RAG_MANAGE=none）" in client(shelf).get("/documents").text
    refused(shelf, client(shelf))


@pytest.mark.parametrize(("version", "may"), [("1.0", False), ("1.1", True), ("2", True)])
def test_a_proxy_that_says_nothing_speaks_an_old_protocol(shelf: Shelf, version: str, may: bool) -> None:
    from starlette.requests import Request

    headers = [(b"host", b"127.0.0.1:7860")]
    scope = {"type": "http", "http_version": version, "client": ("127.0.0.1", 50000), "headers": headers}
    assert may_change(Request(scope), shelf.settings) is may


def test_an_unknown_act_is_nothing(shelf: Shelf) -> None:
    assert client(shelf).post("/documents/format").status_code == 404
    assert client(shelf).get("/documents/state?after=<script>").status_code == 200


# A browser -----------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_file_comes_is_asked_about_and_goes_in_a_browser(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    for name, content in (("丙区办法.docx", docx()), ("坏.docx", docx()[:500]), ("程序.exe", b"MZ"), ("空.txt", b"")):
        (tmp_path / name).write_bytes(content)
    with served("tests.shelf") as base, chromium() as browser:
        page, complaints = opened(browser, base, "/documents", 390)
        expect(page.get_by_role("button", name="撤销")).to_be_disabled()
        titles = page.locator("#documents h3")
        expect(titles).to_have_text(["甲区办法", "乙区办法"])

        page.get_by_label("选择文件").set_input_files(
            [tmp_path / "坏.docx", tmp_path / "程序.exe", tmp_path / "空.txt"]
        )
        line = page.locator(".line")
        expect(line.filter(has_text="坏.docx")).to_contain_text("Word 文件已损坏")
        expect(line.filter(has_text="程序.exe")).to_contain_text("不支持 .exe 格式")
        expect(line.filter(has_text="空.txt")).to_contain_text("文件是空的")

        carried = page.evaluate_handle(
            """(bytes) => {
              const held = new DataTransfer();
              held.items.add(new File([new Uint8Array(bytes)], "丙区办法.docx"));
              return held;
            }""",
            [*docx()],
        )
        page.dispatch_event("#drop", "dragover", {"dataTransfer": carried})
        page.dispatch_event("#drop", "drop", {"dataTransfer": carried})
        come = line.filter(has_text="丙区办法.docx")
        expect(come).to_contain_text("已收录：《丙区办法》（未见文号），4 个条目")
        expect(page.locator("#said")).to_contain_text("丙区办法.docx: 已收录：《丙区办法》（未见文号），4 个条目")
        expect(titles).to_have_count(3)

        page.get_by_label("查找文件").fill("丙区")
        expect(page.locator("#shown")).to_have_text("找到 1 份")
        expect(page.locator("#documents li:visible")).to_have_count(1)
        row = page.locator(".held").filter(has_text="丙区办法")
        row.locator("summary").click()
        expect(row.get_by_role("link", name="第一章 总则")).to_be_visible()
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") == width
        unnamed = "[...document.querySelectorAll('button:not([hidden]), a')].filter(e => !(e.ariaLabel || e.textContent.trim()) && e.checkVisibility()).length"
        assert page.evaluate(unnamed) == 0

        page.get_by_role("button", name="移除《丙区办法》").click()
        expect(page.get_by_role("dialog", name="移除这份文件？")).to_contain_text("“丙区办法.docx”")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.get_by_role("button", name="移除《丙区办法》").click()
        page.get_by_role("dialog").get_by_role("button", name="移除").click()
        expect(line.filter(has_text="移除《丙区办法》")).to_contain_text("已移除")
        expect(titles).to_have_count(2)
        expect(come.locator(".links")).to_contain_text("后来已移除")
        expect(come.get_by_role("link")).to_have_count(0)

        page.get_by_role("button", name="撤销").click()
        expect(page.get_by_role("dialog")).to_contain_text("移除的“丙区办法.docx”会恢复。")
        page.get_by_role("dialog").get_by_role("button", name="撤销").click()
        expect(titles).to_have_count(3)
        expect(come.get_by_role("link")).to_have_count(2)
        expect(come).not_to_contain_text("后来已移除")

        page.get_by_label("查找文件").fill("甲区")
        folder = page.locator(".held").filter(has_text="甲区办法")
        expect(folder.locator(".kept")).to_have_text("来自文件夹，在文件夹里移除")
        expect(folder.get_by_role("button")).to_have_count(0)
        come.get_by_role("link", name="看原文").click()
        expect(page.locator("article.document h1")).to_have_text("丙区办法")
        page.go_back()
        page.get_by_label("查找文件").fill("丙区")
        page.goto(f"{base}/?document=丙区办法", wait_until="domcontentloaded")
        expect(page.locator(".chosen")).to_be_visible()
        ask(page, "第一条怎么规定的？", 1).get_by_role("link", name="出处 1：").first.click()
        expect(page.locator("#panel .what b")).to_have_text("丙区办法")
        expect(page.locator("#panel mark")).to_contain_text("应当年满十八周岁")
        expect(page.locator("#panel mark")).to_be_in_viewport()
    assert complaints == []
