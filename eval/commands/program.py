"""What every command does: wrong usage for a name that is not known, folders, files, progress on standard error."""

import contextlib
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import typer

from rag.errors import NotWritable

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
"""The commands; each module of this folder adds its own."""


def only(option: str, given: Iterable[str], known: Collection[str]) -> None:
    """Wrong usage where a name is not known."""
    for name in given:
        if name not in known:
            raise typer.BadParameter(f"{option} {name}: {', '.join(known)}")


def folder(out: Path) -> None:
    """Makes a folder for results; raises NotWritable, before the work and not after it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(path=out, reason=error.strerror or error) from error


def save(path: Path, content: str | bytes) -> None:
    """Writes a file, whole or not at all; raises NotWritable."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content if isinstance(content, bytes) else content.encode())
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise NotWritable(path=path.parent, reason=error.strerror or error) from error


def progress(stage: str, done: int, total: int) -> None:
    """A line on standard error: in place where that is a screen, else at the end of a stage."""
    if sys.stderr.isatty():
        print(f"\r\033[K{stage} {done}/{total}", end="" if done < total else "\n", file=sys.stderr, flush=True)
    elif done >= total:
        print(f"{stage} {done}/{total}", file=sys.stderr)
