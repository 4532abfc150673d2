"""The parts of an Office Open XML package (.docx): which one is which, and each as XML within bounds.

Reads no more of the archive than is asked for, by the relations that the package itself states, so that a macro
(.docm) or a picture is never unpacked. What the parts say is for the loaders. The strict form of the standard has other
namespaces for the same elements: they become the usual ones here, so that a loader knows but one.
Source: ECMA-376 parts 1 and 2; part 2 forbids a document type declaration, with which entities come.
"""

import io
import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from rag.errors import Phrase, Unreadable

RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
"""The namespace by whose `id` an element names another part, as lxml writes it before an attribute."""

_STRICT = "http://purl.oclc.org/ooxml/"
_USUAL = {
    "wordprocessingml/main": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "officeDocument/relationships": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "officeDocument/math": "http://schemas.openxmlformats.org/officeDocument/2006/math",
}
_MARKS = 8_000_000
"""Tags and attributes of one part: a table of 50,000 rows and 10 columns has 6.5 million, for which lxml needs 900 MB."""
_ENTRIES = 20_000
"""Files in a package; a document with a thousand pictures has 1,100."""


@dataclass(slots=True)
class Package:
    """An open package; `limit` is how many bytes all parts that are read may unpack to."""

    path: Path
    archive: zipfile.ZipFile
    limit: int
    unpacked: int = 0
    related: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    entries: dict[str, zipfile.ZipInfo] = field(init=False)

    def __post_init__(self) -> None:
        # names of parts ignore case, and some programs write backslashes
        self.entries = {entry.filename.replace("\\", "/").lower(): entry for entry in self.archive.infolist()}

    def main(self) -> str | None:
        """The name of the part that is the document, None where the package says of none or it is not there."""
        for kind, target in self.relations("").values():
            if kind == "officeDocument" and target.lower() in self.entries:
                return target
        return None

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """By id, the kind (`numbering`, `header`, …) and the name of each part that `part` is related to."""
        if part not in self.related:
            folder, name = posixpath.split(part)
            root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
            found = {}
            for relation in () if root is None else root:
                if isinstance(relation.tag, str) and relation.get("TargetMode") != "External":
                    target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target") or "")).lstrip("/")
                    found[relation.get("Id") or ""] = ((relation.get("Type") or "").rpartition("/")[2], target)
            self.related[part] = found
        return self.related[part]

    def the(self, kind: str, part: str) -> etree._Element | None:
        """The one part of this kind (`styles`) that `part` is related to, as XML; None where there is none."""
        name = next((target for found, target in self.relations(part).values() if found == kind), None)
        return None if name is None else self.xml(name)

    def bytes(self, name: str) -> bytes | None:
        """A part as it is, None where it is not there."""
        entry = self.entries.get(name.lower())
        if entry is None:
            return None
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError(name)  # part 2 of the standard knows no other
        left = self.limit - self.unpacked
        with self.archive.open(entry) as file:
            content = file.read(left + 1)  # what the archive's list says of the size may be a lie
        if len(content) > left:
            raise self.refused(Phrase(zh="解压后过大", en="it unpacks to too much"))
        self.unpacked += len(content)
        return content

    def xml(self, name: str) -> etree._Element | None:
        """A part as XML, None where it is not there; raises Unreadable where it is too much or declares entities."""
        content = self.bytes(name)
        if content is None:
            return None
        if content.count(b"<") + content.count(b"=") > _MARKS:
            raise self.refused(Phrase(zh="内容过多", en="it holds too much"))
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        root = etree.fromstring(content, parser)
        if root.getroottree().docinfo.internalDTD is not None:
            raise self.refused(Phrase(zh="其中的 XML 带有文档类型声明", en="its XML declares a document type"))
        _loosen(root)
        return root

    def refused(self, reason: Phrase) -> Unreadable:
        """The error that says why this package is not read."""
        return Unreadable(path=self.path, reason=reason)


DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    etree.LxmlError,
    ValueError,
    NotImplementedError,
    OSError,
)
"""What a damaged package raises while it is read."""


def opened(content: bytes, path: Path, limit: int) -> Package:
    """The package in `content`; raises Unreadable where it is encrypted or has too many parts, else one of DAMAGED."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    package = Package(path, archive, limit)
    if len(archive.infolist()) > _ENTRIES:
        raise package.refused(Phrase(zh="内容过多", en="it holds too much"))
    if any(entry.flag_bits & 1 for entry in archive.infolist()):
        raise package.refused(Phrase(zh="文件已加密", en="it is encrypted"))
    return package


def _loosen(root: etree._Element) -> None:
    """Gives the elements of a strict document their usual names."""
    if _STRICT not in root.tag and not any(_STRICT in space for space in root.nsmap.values()):
        return
    names: dict[str, str] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and _STRICT in element.tag:
            element.tag = _usual(element.tag, names)
        for name in [name for name in element.attrib if _STRICT in name]:
            element.set(_usual(name, names), element.attrib.pop(name))


def _usual(name: str, names: dict[str, str]) -> str:
    if name not in names:
        space, _, local = name.removeprefix("{").partition("}")
        names[name] = f"{{{_USUAL.get(space.removeprefix(_STRICT), space)}}}{local}"
    return names[name]
