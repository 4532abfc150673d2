"""A small writer of OFD files (GB/T 33190), since there is none to install: for tests of what reads them."""

import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

SIZE = 5.64
"""Millimetres of a character: 16 points, as official documents are set."""
LEFT, TOP, PITCH = 28.0, 37.0, 10.2
WIDTH, HEIGHT = 28, 22
"""Characters of a line, lines of a page."""


def write(lines: Sequence[str], path: Path) -> None:
    """Writes lines of text as an OFD file: long ones wrapped, 22 to a page, a page number at the foot of each."""
    wrapped = [part for line in lines for part in wrap(line)]
    pages = [wrapped[i : i + HEIGHT] for i in range(0, max(1, len(wrapped)), HEIGHT)]
    path.write_bytes(package([page(rows, f"— {n} —") for n, rows in enumerate(pages, 1)]))


def wrap(line: str) -> Iterator[str]:
    """The parts of a line that fit on the page; no part begins with a sign that may not."""
    part, width = "", 0.0
    for character in line:
        width += advance(character)
        if width > WIDTH and character not in "，。；：、！？）》”":
            yield part
            part, width = "", advance(character)
        part += character
    yield part


def advance(character: str) -> float:
    """The width of a character, a Chinese one counting 1."""
    return 0.5 if character < "\u2e80" else 1.0


def page(rows: Sequence[str], foot: str = "") -> str:
    """The objects of a page with these lines."""
    placed = [text(row, LEFT, TOP + i * PITCH) for i, row in enumerate(rows) if row.strip()]
    return "".join([*placed, text(foot, 98.0, 275.0) if foot else ""])


def text(words: str, x: float, y: float, size: float = SIZE, more: str = "") -> str:
    """An object of text whose first character stands at x, y (upper left), in millimetres."""
    lead = len(words) - len(words.lstrip("\u3000 "))
    x += sum(advance(character) for character in words[:lead]) * size
    words = words[lead:]
    steps = " ".join(f"{advance(character) * size:.3f}" for character in words[:-1])
    return (
        f'<ofd:TextObject ID="1" Boundary="{x:.3f} {y:.3f} 200 {size:.3f}" Font="2" Size="{size}" {more}>'
        f'<ofd:TextCode X="0" Y="{0.88 * size:.3f}" DeltaX="{steps}">{escape(words)}</ofd:TextCode></ofd:TextObject>'
    )


def box(left: float, top: float, right: float, bottom: float) -> str:
    """A rectangle, as around the cell of a table."""
    wide, high = right - left, bottom - top
    return (
        f'<ofd:PathObject ID="3" Boundary="{left} {top} {wide} {high}" LineWidth="0.2"><ofd:AbbreviatedData>'
        f"M 0 0 L {wide} 0 L {wide} {high} L 0 {high} C</ofd:AbbreviatedData></ofd:PathObject>"
    )


def package(pages: Sequence[str], common: str = "", more: dict[str, str] | None = None, head: str = "") -> bytes:
    """The bytes of a package with pages of these objects, further common data and further parts."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    start = '<?xml version="1.0" encoding="UTF-8"?>'
    listed = "".join(f'<ofd:Page ID="{i + 10}" BaseLoc="Pages/Page_{i}/Content.xml"/>' for i in range(len(pages)))
    parts = {
        "OFD.xml": f"{start}<ofd:OFD {space} DocType='OFD' Version='1.0'><ofd:DocBody>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"{start}<ofd:Document {space}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>"
        f"0 0 210 297</ofd:PhysicalBox></ofd:PageArea>{common}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages></ofd:Document>",
        **{
            f"Doc_0/Pages/Page_{i}/Content.xml": f"{start}<ofd:Page {space}>{head}<ofd:Content><ofd:Layer>{objects}"
            "</ofd:Layer></ofd:Content></ofd:Page>"
            for i, objects in enumerate(pages)
        },
        **{name: part.replace("<ofd:Res>", f"<ofd:Res {space}>") for name, part in (more or {}).items()},
    }
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return whole.getvalue()
