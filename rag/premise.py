"""What a question takes for granted and the cited text has otherwise: 轮候期不超过5年，对吗？, where it is 2年.

Only figures are compared, of the same unit; an asker's own (人均月收入4000元能申请吗) meet a bound and contradict nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.numeral import CHINESE, bare
from rag.verify import Fact, facts

_WRITTEN = re.compile(
    rf"(?:\d[\d,，.]*|[{CHINESE}百千]+)\s*[百千万亿]*(?:余|多)?(?:%|％|‰|个?工作日|个月|个百分点|[\u4e00-\u9fff]{{1,2}})"
)
_CONFIRMS = re.compile(
    r"是不是\D{0,12}\d[\d.,]*[万亿]?[%％\u4e00-\u9fff]{0,3}[？?]?$|是否(?:为|是|达)\D{0,10}\d[\d.,]*[万亿]?[%％\u4e00-\u9fff]{0,3}[？?]?$|"
    rf"[，,]?(?:对吗|对不对|是吗|是真的吗|真的吗|没错吧|对吧|是吧|是不是)[？?]?$|(?:[\d{CHINESE}][万亿]?(?:%|％|元|年|个?月|天|日|个|项|人|次|件|倍|个?工作日|平方米))(?:吗|吧)[？?]?$"
)
"""Who asks whether a figure is right: it stands at the end, or behind 是不是; 收入3000元是不是可以申请 asks something else."""
_PAYS = re.compile(
    r"(?:手续费|工本费|申请费|办理费|办证费|报名费|押金|服务费)[^，。？]{0,4}\d[\d.]*元|\d[\d.]*元的?(?:手续费|工本费|申请费|办理费|办证费|报名费|押金|服务费)"
)
_FREE = re.compile(
    r"不收(?:取)?(?:任何)?(?:费|手续费|工本费)|免费(?:办理|受理|申请)|免收(?:手续费|工本费|费用)|无需缴费|收费(?:标准|依据|情况)?[：:\s]*(?:不收费|无收费|无[。\s]|免费)"
)
_CALENDAR = re.compile(
    rf"(?:\d{{4}}年)?\d{{1,2}}月(?:\d{{1,2}}[日号])?|\d{{4}}年|(?<!个)[这近前后]\S{{1,2}}年|第?[{CHINESE}\d]+[条款章节]"
)
"""Days, years and articles: no figures of anything."""
_BETWEEN = re.compile(r"不(?:超过|低于|高于|少于|多于|得)|是不是|[^\u4e00-\u9fff]|[是为要达到约有共的按在每可以收交给]")
"""What may stand between a figure and the name of what it measures."""
_OWN = re.compile(r"我|咱|本人|家里|孩子|已经?|交了|住了|干了|逾期|拖欠|超过了")
"""Who speaks of his own case brings figures of his own."""
_BESIDE, _OTHERS = 8, 3
"""Characters before a figure in which that name is looked for; figures of the text that are told beside the question's."""


@dataclass(frozen=True, slots=True)
class Premise:
    """A figure that a question takes for granted, and those of the same unit that the text has instead, as written."""

    asserted: str
    stated: tuple[str, ...]


def asks_to_confirm(question: str) -> bool:
    """Whether a question asks if a figure is right.

    >>> asks_to_confirm("轮候期不超过5年，对吗？"), asks_to_confirm("人均月收入4000元能申请吗？")
    (True, False)
    """
    return _CONFIRMS.search(question) is not None


def contradicted(question: str, texts: Sequence[str]) -> Premise | None:
    """The first figure of a question that none of `texts` has, while they have others of its unit beside the words that
    stand before it; None where all agree.

    Where the question does not ask whether it is right, bounds (不高于3600元) contradict nothing.

    >>> contradicted("租金是不是市场租金的50%？", ["租金按市场租金的60%确定"])
    Premise(asserted='50%', stated=('60%',))
    >>> contradicted("工本费是20元吗？", ["人均月收入3600元"])
    """
    is_asked = asks_to_confirm(question)
    stated = [one for text in texts for one in figures(text)]
    for asserted in figures(question):
        alike = [
            other for other in stated if other.fact.unit == asserted.fact.unit and set(asserted.before) & other.around
        ]
        if not alike or any(other.fact.normal == asserted.fact.normal for other in alike):
            continue
        is_own = _OWN.search(question) is not None or any(other.fact.bound or other.is_reached for other in alike)
        is_taken = asserted.written[0].isdigit() and len(asserted.before) > 0 and not is_own
        if is_asked or is_taken:
            return Premise(asserted.written, tuple(dict.fromkeys(other.written for other in alike))[:_OTHERS])
    return None


def pays(question: str) -> bool:
    """Whether a question speaks of a charge in figures.

    >>> pays("手续费100元能用微信付吗？"), pays("每台补助20万元，怎么申请？")
    (True, False)
    """
    return _PAYS.search(bare(question)) is not None


def is_free(text: str) -> bool:
    """Whether a text says that nothing is charged."""
    return _FREE.search(text) is not None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as written, as it is compared, and the pairs of characters before it and around it, which say of what it is.

    is_reached  it is one that must be reached: 满12个月
    """

    written: str
    fact: Fact
    before: tuple[str, ...]
    around: frozenset[str] = frozenset()
    is_reached: bool = False


def figures(text: str) -> list[Figure]:
    """The figures with a unit of a text."""
    found = []
    text = _CALENDAR.sub("，", text)
    for match in _WRITTEN.finditer(text):
        before = text[max(0, match.start() - _BESIDE) : match.start()]
        read = [fact for fact in facts(before + text[match.start() : match.end() + 2]) if fact.kind == "number"]
        own = [fact for fact in facts(match[0]) if fact.kind == "number" and fact.unit]
        if own:
            bound = next((fact.bound for fact in read if fact.normal == own[0].normal), "")
            parts = pairs(_BETWEEN.sub(" ", before))
            around = frozenset((*parts, *pairs(_BETWEEN.sub(" ", text[match.end() : match.end() + _BESIDE]))))
            fact = Fact("number", own[0].normal, own[0].unit, bound)
            found.append(Figure(_shown(match[0], fact), fact, parts, around, before.endswith("满")))
    return found


def pairs(text: str) -> tuple[str, ...]:
    """Each two characters of a text that stand side by side with no blank between.

    >>> pairs("轮候 期限")
    ('轮候', '期限')
    """
    return tuple(text[i : i + 2] for i in range(len(text) - 1) if " " not in text[i : i + 2])


def _shown(written: str, fact: Fact) -> str:
    """What is written, up to the unit: 5年 of 5年内."""
    end = written.rfind(fact.unit)
    return written[: end + len(fact.unit)] if end >= 0 else written
