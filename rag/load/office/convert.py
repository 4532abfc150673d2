"""Old word processors' files through an installed program: LibreOffice, which keeps everything, or antiword.

LibreOffice runs without a window, with a profile of its own that is thrown away: it neither disturbs one that is open
nor runs macros nor fetches what a document links to. A program that does not end in time is killed with all that it
started. Measured: a second a document, of which starting LibreOffice is most.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rag.errors import Phrase, Unreadable

_OFFICE = ("soffice", "libreoffice")
_PLACES = (
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.com",
    "C:/Program Files (x86)/LibreOffice/program/soffice.com",
    "/opt/libreoffice/program/soffice",
    "/usr/lib/libreoffice/program/soffice",
    "/snap/bin/libreoffice",
)
_SECONDS = 120
"""A conversion's time limit: 500 pages take 10 seconds."""
_LARGEST = 200 * 1024 * 1024
"""Bytes of a conversion's result that are read."""

_SCRIPTS, _UPDATES = "/org.openoffice.Office.Common/Security/Scripting", "/org.openoffice.Office.Writer/Content/Update"
_PROFILE = (
    (_SCRIPTS, "DisableMacrosExecution", "true"),
    (_SCRIPTS, "MacroSecurityLevel", "3"),
    (_SCRIPTS, "BlockUntrustedRefererLinks", "true"),
    (_UPDATES, "Link", "2"),  # never
)


def to_docx(content: bytes, ending: str, path: Path) -> bytes | None:
    """`content`, a file with this ending, as `.docx`; None where LibreOffice is not installed.

    Raises Unreadable where it cannot be converted, or not in time. Cost: a second, and 200 MB of memory meanwhile.
    """
    program = _program(_OFFICE, _PLACES)
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="tiaomu-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source = folder / f"source{ending}"
        source.write_bytes(content)
        _write_profile(folder / "profile")
        _run(
            [
                *(program, "--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"),
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                *("--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder / "out"), str(source)),
            ],
            folder,
            path,
        )
        return _result(folder / "out" / "source.docx", path)


def to_text(content: bytes, path: Path) -> str | None:
    """The characters of a Word document in `content`, a paragraph a line; None where antiword is not installed.

    Tables come as lines with bars, headers and automatic numbers may be missing. Raises Unreadable as `to_docx` does.
    """
    program = _program(("antiword",), ())
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="tiaomu-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source = folder / "source.doc"
        source.write_bytes(content)
        _run([program, "-m", "UTF-8.txt", "-w", "0", str(source)], folder, path)
        return _result(folder / "output", path).decode("utf-8", "replace")


def _program(names: Sequence[str], places: Sequence[str]) -> str | None:
    """The first program that is there: by name on the search path, else where installers put it."""
    found = (shutil.which(name) for name in names)
    return next((one for one in found if one), None) or next((place for place in places if Path(place).is_file()), None)


def _write_profile(folder: Path) -> None:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _PROFILE
    )
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{items}</oor:items>",
        encoding="utf-8",
    )


def _run(command: list[str], folder: Path, path: Path) -> None:
    """Runs a program, its output into the file `output`; whether it did its work is seen by what it wrote."""
    with (folder / "output").open("wb") as output:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, start_new_session=True
            )
        except OSError as error:
            raise Unreadable(path=path, reason=_failed(Path(command[0]).name)) from error
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Unreadable(
                path=path, reason=Phrase(zh=f"转换超过 {_SECONDS} 秒", en=f"converting it took over {_SECONDS} seconds")
            ) from error
        finally:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and what it started: LibreOffice is a script that starts the one that works."""
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):  # all have ended; macOS says of zombies that it may not
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _result(file: Path, path: Path) -> bytes:
    """What a program wrote; raises Unreadable where that is nothing."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except FileNotFoundError:
        content = b""
    if not content:
        raise Unreadable(
            path=path, reason=Phrase(zh="文件已损坏，无法转换", en="it is damaged and cannot be converted")
        )
    if len(content) > _LARGEST:
        raise Unreadable(path=path, reason=Phrase(zh="转换后过大", en="it converts to too much"))
    return content


def _failed(program: str) -> Phrase:
    return Phrase(zh=f"无法启动 {program}", en=f"{program} cannot be started")
