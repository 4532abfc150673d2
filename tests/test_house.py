"""The rules of the house, kept by tests: what CONTRIBUTING.md says of the code, and the READMEs of the commands."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from rag import errors, load
from rag.cli import app
from rag.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.en.md")
MODULES = [
    path.relative_to(ROOT).as_posix()
    for path in sorted(
        [*ROOT.glob("*.py"), *(p for part in ("rag", "eval", "page") for p in (ROOT / part).rglob("*.py"))]
    )
]
HEAVY = {"torch", "faiss", "langchain", "langchain_core", "gradio", "sentence_transformers", "transformers", "bm25s"}
LINES, FUNCTION_LINES, BROAD_HANDLERS = 450, 45, 2

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tree(module: str) -> ast.Module:
    return ast.parse(read(module), module)


def public(node: ast.Module | ast.ClassDef) -> Iterator[Documented]:
    """The public functions and classes of a module or class, with those of public classes; not what is local."""
    for child in node.body:
        if isinstance(child, Documented) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from public(child)


def imported(module: str) -> set[str]:
    """Dotted names of all that a module imports, local imports included: `from rag.load import read` is one name."""
    names: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(name: str, language: str) -> list[str]:
    """The fenced blocks of a document that are in this language."""
    return [block for marked, block in FENCED.findall(read(name)) if marked == language]


def code(name: str) -> str:
    """What a document shows as code: blocks of commands and words in back quotes."""
    return "\n".join([*blocks(name, "bash"), *re.findall(r"`([^`\n]+)`", FENCED.sub("", read(name)))])


def commands(name: str) -> dict[str, typer.core.TyperCommand]:
    """The calls of `rag` in a document, each with the command it names."""
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    calls = re.findall(r"^(?:\S*bin/)?(?:python -m )?rag +([a-z]\S*.*)$", code(name), re.M)
    assert calls, f"{name} shows no call of rag"
    assert {call.split()[0] for call in calls} <= known.keys(), calls
    return {call: known[call.split()[0]] for call in calls}


# The code ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_for_and_is_short(module: str) -> None:
    assert ast.get_docstring(tree(module)), f"{module} has no docstring"
    assert len(read(module).splitlines()) <= LINES


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_is_documented(module: str) -> None:
    assert [node.name for node in public(tree(module)) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", MODULES)
def test_functions_are_short(module: str) -> None:
    functions = [n for n in ast.walk(tree(module)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    length = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: lines for name, lines in length.items() if lines > FUNCTION_LINES} == {}


def test_few_handlers_catch_everything() -> None:
    def is_broad(node: ast.ExceptHandler) -> bool:
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        return any(one is None or ast.unparse(one) in {"Exception", "BaseException"} for one in caught)

    broad = [m for m in MODULES for n in ast.walk(tree(m)) if isinstance(n, ast.ExceptHandler) and is_broad(n)]
    assert len(broad) <= BROAD_HANDLERS, broad


@pytest.mark.parametrize("module", MODULES)
def test_nothing_unpickles(module: str) -> None:
    roots = {name.split(".")[0] for name in imported(module)}
    assert roots & {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"} == set()
    assert not re.search(r"allow_pickle\s*=\s*True|allow_dangerous_deserialization\s*=\s*True", read(module))


@pytest.mark.parametrize(
    "module", [m for m in MODULES if not re.match(r"app\.py|page/|rag/(generate|chain)\.py|eval/baselines\.py", m)]
)
def test_langchain_and_gradio_are_faces(module: str) -> None:
    assert [name for name in imported(module) if re.match(r"langchain|gradio", name)] == []


# One way through the house -------------------------------------------------------------------------------------


def listed() -> list[str]:
    """The modules of the map in CONTRIBUTING.md, in its order: `errors`, …, `load` for a folder."""
    return [row.strip("/") for row in re.findall(r"^\| `rag/(\w+)(?:\.py|/)` \|", read("CONTRIBUTING.md"), re.M)]


def parts() -> dict[str, list[str]]:
    """The files of each module of `rag/`; a folder is one module."""
    found: dict[str, list[str]] = {}
    for module in MODULES:
        if module.startswith("rag/") and not re.match(r"rag/__\w+__\.py", module):
            found.setdefault(module.removeprefix("rag/").removesuffix(".py").split("/")[0], []).append(module)
    return found


def test_the_map_lists_every_module_once() -> None:
    assert sorted(listed()) == sorted(parts())


@pytest.mark.parametrize("part", sorted(parts()))
def test_a_module_imports_only_from_those_before_it(part: str) -> None:
    order = listed()
    before = {*order[: order.index(part)], part}
    names = {name for module in parts()[part] for name in imported(module) if name.startswith("rag.")}
    assert sorted(name for name in names if name.split(".")[1] not in before) == []


def test_no_circle_among_files() -> None:
    dotted = {m.removesuffix(".py").removesuffix("/__init__").replace("/", "."): m for m in MODULES}
    graph = {
        name: {".".join(used.split(".")[:n]) for used in imported(module) for n in (2, 3, 4)} & dotted.keys() - {name}
        for name, module in dotted.items()
    }
    for name, used in graph.items():  # rag.parse.mark.value is in rag.parse.mark, which rag.parse is only the way to
        graph[name] = {one for one in used if not any(other.startswith(one + ".") for other in used)}
    assert len([*TopologicalSorter(graph).static_order()]) == len(graph)


def test_the_command_line_starts_without_the_heavy_parts() -> None:
    script = "import runpy, sys; sys.argv = ['rag', '--help']\n"
    script += "try: runpy.run_module('rag', run_name='__main__')\n"
    script += "except SystemExit: print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", cwd=ROOT, check=True)
    assert "Commands" in done.stdout
    assert "rag" in done.stderr.split()
    assert HEAVY & {*done.stderr.split()} == set()


# The errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", errors.leaves())
def test_both_languages_name_the_same_facts(error: type[errors.RagError]) -> None:
    assert error.zh != errors.RagError.zh
    assert error.en != errors.RagError.en
    assert errors.fields(error.zh) == errors.fields(error.en)
    assert "\n" not in error.zh + error.en


# The documents -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READMES)
def test_a_readme_names_every_setting_and_no_other(name: str) -> None:
    assert {*re.findall(r"\bRAG_[A-Z_]+\b", read(name))} == {f"RAG_{field.upper()}" for field in Settings.model_fields}


@pytest.mark.parametrize("name", READMES)
def test_a_readme_gives_every_default(name: str) -> None:
    rows = {row[0]: row[1] for row in re.findall(r"^\| `RAG_(\w+)` \| (.*?) \|", read(name), re.M)}
    for field, info in Settings.model_fields.items():
        if isinstance(info.default, int | float | str) and not Path(str(info.default)).is_absolute():
            assert f"`{info.default}`" == rows[field.upper()]


@pytest.mark.parametrize("name", READMES)
def test_a_readme_names_every_format(name: str) -> None:
    assert [ending for ending in load.FORMATS if f"`{ending}`" not in read(name)] == []


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_make_targets_in_documents_exist(name: str) -> None:
    targets = {*re.findall(r"^([a-z]+):", read("Makefile"), re.M)}
    assert {*re.findall(r"\bmake ([a-z]+)", code(name))} <= targets


def test_help_names_every_target() -> None:
    makefile = read("Makefile")
    targets = {*re.findall(r"^([a-z]+):", makefile, re.M)}
    assert {*re.findall(r"@echo '  make ([a-z]+) ", makefile)} == targets - {"help"}


@pytest.mark.parametrize("name", READMES)
def test_commands_in_a_readme_exist_with_their_options_and_all_are_shown(name: str) -> None:
    for call, command in commands(name).items():
        known = {option for parameter in command.params for option in parameter.opts}
        assert {*re.findall(r"(?<=\s)--[a-z-]+", call)} <= known, call
    shown = {command.name for command in commands(name).values()}
    assert shown == {*typer.main.get_command(app).commands}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_programs_in_documents_exist(name: str) -> None:
    for program in re.findall(r"python -m ([a-z]+)", code(name)):
        if program not in {"venv", "pip", "pytest", "ruff", "mypy"}:
            assert (ROOT / program / "__main__.py").is_file(), program


@pytest.mark.parametrize("name", READMES)
def test_python_in_a_readme_imports_what_is_there(name: str) -> None:
    assert blocks(name, "python")
    for node in ast.walk(ast.parse("\n".join(blocks(name, "python")))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rag."):
            stem = str(node.module).replace(".", "/")
            module = f"{stem}.py" if (ROOT / f"{stem}.py").is_file() else f"{stem}/__init__.py"
            there = {n.name for n in tree(module).body if isinstance(n, Documented)}
            assert {alias.name for alias in node.names} <= there


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "index/README.md"])
def test_files_that_a_document_points_to_are_there(name: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", read(name)) if "://" not in link]
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_files_that_a_document_names_are_there(name: str) -> None:
    named = re.findall(r"`((?:rag|eval|page|tests|scripts|prompts|corpus|docs|index)/[\w./]*)`", read(name))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_both_readmes_show_the_same_code_and_sections() -> None:
    def skeleton(name: str) -> list[str]:
        calls = re.findall(
            r"^(?:make \w+|python3|\S*bin/\w+|rag \w+|RAG_[A-Z_]+)", "\n".join(blocks(name, "bash")), re.M
        )
        return [*calls, str(len(re.findall(r"^## ", read(name), re.M)))]

    assert skeleton("README.md") == skeleton("README.en.md")


def test_the_changelog_has_this_release_and_runs_backwards() -> None:
    versions = re.findall(r"^## \[?(\d+)\.(\d+)\.(\d+)", read("CHANGELOG.md"), re.M)
    numbers = [tuple(map(int, version)) for version in versions]
    assert ".".join(versions[0]) == tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert all(newer > older for newer, older in pairwise(numbers))


def test_a_package_holds_every_folder_with_code() -> None:
    packages = {*tomllib.loads(read("pyproject.toml"))["tool"]["setuptools"]["packages"]}
    folders = {Path(m).parent.as_posix().replace("/", ".") for m in MODULES if m.startswith("rag/")}
    assert folders <= packages
