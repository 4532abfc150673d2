"""What turns the sense of words that two texts share: denials, exceptions, narrowing words.

A claim's parts are laid beside the sentence of the sources that shares most words with them; everything is compared
there. What stands word for word in a source is never looked at.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rag.verify.known import Item, parts
from rag.verify.words import content, folded

_DENIAL = re.compile(
    r"不得(?!超过|低于|迟于|晚于|早于)|无须|不予|不再|不(?!动产|断|仅|但|同|良|论|管|少|久|只|妨|限|超过|低于|高于|等|然|过|止|及|含|明|足|满|如|或|利|力|燃|锈)"
    r"|未(?!成年|来|央|婚)|无(?!障碍|偿|论|线|人机|锡|固定期限)|没有?|免(?!疫|除责任)|拒(?!绝)|非(?=因|经|本|由)|勿|别(?=[再要])"
)
"""What denies the words behind it, in texts that are `folded`."""
_ENDS = re.compile("取消|停止|终止|撤销|除外|例外")
"""What denies without a negation."""
_QUOTED = re.compile(r"“[^“”]*”|《[^《》]*》")
"""Names, such as “办不成事”窗口, deny nothing."""
_SPAN = 10
"""Characters behind a denial that may be what is denied."""
_HEAD = 5
"""Characters behind a denial that hold its verb, particles left out."""
_FORBIDDEN = re.compile(r"(?:不得|禁止|严禁|不准)[^,;。:]{0,8}下列")
"""Leads in a list of what is forbidden."""
_SURE = 3
"""Terms that a part of a claim shares with an item of such a list where it speaks of that."""
_PARTICLE = re.compile(r"^(?:[再予被以用向对将把要经得须是能可会做进行因为有任何其所在入]|应当)+")
_AVERAGE = re.compile(r"(人均|户均|平均)([\u3400-\u9fff]{3})")
_EXCLUSIVE = (("连续", "累计"), ("任1", "任何1项", "之1的", "同时"), ("上升", "下降"), ("前款", "后款"))
"""Words one of which may not stand where the sources have another."""
_UNIVERSAL = re.compile(r"不管|不论|无论|不问|1律|概不|任何(?:情况|情形|原因|理由|人)|全都|1概")
_EXCEPTION = re.compile(r"除外|例外|除[^,;。]{1,40}?(?:以外|之外|外)|但[^,;。]{1,30}的,?(?:可以|不受)")
_EXCEPTED = re.compile(r"除了?([^,;。]{2,40}?)(?:以外|之外|外|的?情形|的?情况|,|$)|([^,;。]{2,40}?)的?(?:除外|例外)")
_APPROVED = re.compile(r"经[^,;。]{0,20}?(批准|同意|审核|审批|核准|审查)")
_SUFFICES = re.compile(r"就可以|就能|即可|便可|就可|只要|只需|仅需|无须经")


def turned(form: str, items: Sequence[Item]) -> bool:
    """Whether the claim `form` says the opposite of the sources, or more than they say, in their own words."""
    said = [part for part in parts(form) if not any(part in one.form for one in items)]
    return (
        any(_contradicts(part, form, nearest(part, form, items)) for part in said)
        or any(_ignores_denial(part, items) for part in said)
        or any(rule(form, nearest(form, form, items)) for rule in (_overrides, _halves_exception, _skips_approval))
    )


def _ignores_denial(part: str, items: Sequence[Item]) -> bool:
    """Whether the part says without a denial most of what a part of the sources says with one, its verb among it."""
    if _denials(part):
        return False
    text, wanted = folded(part), content(part)
    for source in {one for item in items for one in parts(item.form)}:
        for _, behind in _denials(source):
            words = content(_DENIAL.sub("", folded(source)))
            is_alone = len(words) == 1 and any(item.words == content(source) for item in items)
            is_most = 2 * len(wanted & words) >= max(_SURE, len(words))
            if len(behind) > 1 and behind[:2] in text and (is_most or is_alone):
                return True
    return False


def nearest(part: str, form: str, items: Sequence[Item]) -> Item | None:
    """The item that shares most words with a part of a claim, of equals the one nearer to the claim; None without any."""
    wanted, whole = content(part), content(form)
    scored = [(len(wanted & one.words), len(whole & one.words)) for one in items]
    best = max(range(len(items)), key=lambda i: (*scored[i], -i), default=None)
    return items[best] if best is not None and scored[best][0] else None


def _contradicts(part: str, form: str, source: Item | None) -> bool:
    if source is None:
        return False
    return _drops_denial(part, form, source) or any(
        rule(part, source) for rule in (_adds_denial, _exchanges, _drops_average)
    )


# Denials -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _denials(form: str) -> tuple[tuple[int, str], ...]:
    """Where each denial of a text stands, and the words behind it up to the next comma."""
    text = _QUOTED.sub(lambda name: " " * len(name[0]), folded(form))
    found = []
    for m in _DENIAL.finditer(text):
        behind = re.split("[,;:。的]", text[m.end() : m.end() + _SPAN], maxsplit=1)[0]
        found.append((m.start(), _PARTICLE.sub("", behind)))
    return tuple(found)


def _is_denied(form: str) -> bool:
    return bool(_denials(form)) or _ENDS.search(form) is not None


def _drops_denial(part: str, form: str, source: Item) -> bool:
    """Whether the part has the verb that the source denies, or most that it denies, and denies nothing itself."""
    if _denials(part):
        return False
    if _FORBIDDEN.search(source.lead) and not _is_denied(form) and len(content(part) & source.words) >= _SURE:
        return True
    text = folded(part)
    for _, behind in _denials(source.form):
        verb = behind[:2]
        if len(verb) == 2 and verb in text and not _said_plainly(verb, source):
            return True
        if len(content(behind) & content(part)) >= _SURE and not _is_denied(form):
            return True
    return False


def _said_plainly(verb: str, source: Item) -> bool:
    """Whether the source has the verb in a part without a denial, too."""
    return any(verb in folded(part) and not _is_denied(part) for part in parts(source.form))


def _adds_denial(part: str, source: Item) -> bool:
    """Whether the part denies what the source says, and the source denies nothing there."""
    if _is_denied(source.lead):
        return False
    text, words = folded(part), folded(source.form)
    plainly = [folded(one) for one in parts(source.form) if not _is_denied(one)]
    denied = [folded(one) for one in parts(source.form) if _is_denied(one)]
    return any(
        any(term in one for one in plainly) and not any(term in one for one in denied)
        for at, behind in _denials(part)
        if text[at : at + 3] not in words
        for term in _pairs(behind)
    )


def _pairs(text: str) -> Iterator[str]:
    return (text[i : i + 2] for i in range(min(len(text) - 1, _HEAD)))


# Narrowing -----------------------------------------------------------------------------------------------------


def _exchanges(part: str, source: Item) -> bool:
    """Whether the part has one of two words that exclude each other, and the source the other."""
    wanted = content(part)
    ours, theirs = folded(part), folded(max(parts(source.form), key=lambda one: len(content(one) & wanted), default=""))
    for group in _EXCLUSIVE:
        said = {word for word in group if word in ours}
        given = {word for word in group if word in theirs}
        if said and given and not said & given:
            return True
    return False


def _drops_average(part: str, source: Item) -> bool:
    """Whether the part names without 人均 what the source gives for each, or the other way round."""
    given = {m[2] for m in _AVERAGE.finditer(source.form)}
    said = {m[2] for m in _AVERAGE.finditer(part)}
    if any(m[1] not in source.form for m in _AVERAGE.finditer(part)):
        return True
    return any(word in part and word not in said for word in given)


# Exceptions ----------------------------------------------------------------------------------------------------


def _overrides(form: str, source: Item | None) -> bool:
    """Whether the claim says 一律 of what has an exception."""
    if source is None or not _EXCEPTION.search(source.form):
        return False
    said = _UNIVERSAL.search(form)
    return said is not None and said[0] not in source.form


def _halves_exception(form: str, source: Item | None) -> bool:
    """Whether the claim names some of the exceptions of a rule only."""
    said = _EXCEPTED.search(form)
    given = _EXCEPTED.search(source.form) if source is not None else None
    if said is None or given is None:
        return False
    names = [content(name) for name in re.split("、|和|或者?|以及|(?<!涉)及", given[1] or given[2])]
    words = content(form)
    shared = [2 * len(name & words) >= len(name) for name in names if name]
    return any(shared) and not all(shared)


def _skips_approval(form: str, source: Item | None) -> bool:
    """Whether the claim says that something suffices where the source wants an approval besides."""
    if source is None or not _SUFFICES.search(form):
        return False
    return any(m[1] not in form for m in _APPROVED.finditer(source.form))
