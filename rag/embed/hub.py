"""A model's folder or name → the model: from this machine first, from the hub only what it has and this machine lacks.

What is made of it is the caller's, as is the error that names the setting to correct.
"""

import contextlib
import logging
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

from rag.errors import Phrase, RagError

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[\w.-]+)?")
"""What the hub takes for a model's name; everything else is a folder."""

_log = logging.getLogger(__name__)

Model = TypeVar("Model")


def opened(make: Callable[[bool], Model], place: str, fault: type[RagError]) -> Model:
    """What `make` loads from the folder `place` or by that name; its argument is whether to leave the network alone.

    Asks the network only for a name that the hub's cache lacks. Raises `fault` with name and reason where nothing can be
    loaded; a folder that is not there costs no import.
    """
    if not Path(place).exists() and not _NAME.fullmatch(place):
        raise fault(name=place, reason=Phrase("没有这个文件夹", "there is no such folder"))
    with quiet():
        from safetensors import SafetensorError

        expected = (OSError, ValueError, RuntimeError, KeyError, SafetensorError)
        try:
            return make(True)
        except expected as error:
            if Path(place).exists() or not _is_published(place):
                raise fault(name=place, reason=_line(error)) from error
        _log.info("downloading %s", place)
        try:
            return make(False)
        except expected as error:
            raise fault(name=place, reason=_line(error)) from error


def _is_published(name: str) -> bool:
    """Whether the hub knows `name`, asked once: loading asks 18 times, 75 s in all, where there is no network."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        with urllib.request.urlopen(f"{constants.ENDPOINT}/api/models/{urllib.parse.quote(name)}", timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code != HTTPStatus.NOT_FOUND  # else it is for the loader to say what is lacking
    except OSError as error:
        _log.info("%s cannot be downloaded: %s", name, _line(error))
        return False


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps transformers' reports and bars off the screen while a model loads; errors stay exceptions."""
    from transformers.utils import logging as reports

    level, bars = reports.get_verbosity(), reports.is_progress_bar_enabled()
    reports.set_verbosity(logging.ERROR)
    reports.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        reports.set_verbosity(level)
        if bars:
            reports.enable_progress_bar()  # type: ignore[no-untyped-call]
