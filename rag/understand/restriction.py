"""What a question restricts by itself: 现行有效的, 已废止的, 国家法律, 市政府办公室印发的, 哪些工作要点提到…

Only where the words modify the documents: an office that a clause names, or a year in it, restricts nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.clause import Document, Filters, Status
from rag.understand.title import TYPE, called

_VALID = re.compile(r"现行有效的?|仍然?有效的|(?:目前|现在|尚)有效的|现行的?(?=办法|规定|文件|政策|条例|法律)")
_LAPSED = re.compile(r"(?:已经?|被)(?:废止|失效|过期)了?的|(?<!未)(?:失效|过期)的(?=办法|规定|文件|政策|条例)")
_LAWS = re.compile(r"国家(?:层面的?)?(?:法律|立法)|全国性法律|(?:在|从|按|依)法律(?:上|里|中|层面)")
_BY_OFFICE = re.compile(
    r"(?:^|(?<=[，。、；：？\s由从按照据在对问和与]))([\u4e00-\u9fff]{2,20}?(?:局|委|办公室|办公厅|政府|厅|部|院|管委会|委员会|大会))"
    r"(?:联合)?(?:印发|发布|制定|出台|下发|颁布|公布)的"
)
_BY_TYPE = re.compile(
    rf"哪[些几](?:[个份部项])?([\u4e00-\u9fff]{{0,4}}?(?:{TYPE}|法律))(?:里|中|当中)?(?:都|也|分别)?(?:提到|提及|涉及|写到|说到|讲到)"
)
_IN_FORCE: tuple[Status, ...] = ("in_force", "not_yet", "unknown")
"""What may be valid: of a document that states neither a term nor a repeal the status is unknown."""
_ENDED: tuple[Status, ...] = ("repealed", "expired")


@dataclass(frozen=True, slots=True)
class Restriction:
    """The filters that a question sets, and the offices that it names as issuers and no document has."""

    filters: Filters
    strange: tuple[str, ...] = ()


def restriction(text: str, documents: Sequence[Document]) -> Restriction:
    """What the question restricts by itself; a type that no document has restricts nothing."""
    status: tuple[Status, ...] = _IN_FORCE if _VALID.search(text) else _ENDED if _LAPSED.search(text) else ()
    types = [found[1] for found in _BY_TYPE.finditer(text)]
    types += ["法律"] if _LAWS.search(text) else []
    types = [name for name in dict.fromkeys(types) if any(_has_type(d, name) for d in documents)]
    offices = list(dict.fromkeys(found[1] for found in _BY_OFFICE.finditer(text)))
    known = [name for name in offices if any(is_issuer(name, d.issuer) for d in documents)]
    strange = tuple(name for name in offices if name not in known)
    return Restriction(Filters(status=status, types=tuple(types), issuers=tuple(known)), strange)


def _has_type(document: Document, name: str) -> bool:
    return document.type == name or any(
        one.endswith(name) for one in called(document.title, document.region or "", document.issuer or "")
    )


@lru_cache(maxsize=8192)
def is_issuer(name: str, issuer: str | None) -> bool:
    """Whether an office is called so: 市政府办公室 for 昆山市人民政府办公室, 住建局 for 住房和城乡建设局.

    >>> is_issuer("市政府", "昆山市人民政府"), is_issuer("市政府", "昆山市人民政府办公室"), is_issuer("住建局", "市住房和城乡建设局")
    (True, False, True)
    """
    if not issuer:
        return False
    full = re.sub(r"(?<!人民)政府", "人民政府", name)
    if issuer.endswith(full):
        return True
    rest = iter(issuer)
    return len(name) > 2 and issuer[-1] == full[-1] and all(character in rest for character in full)
