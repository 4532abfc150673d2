"""Issuer and region: who published a document, and for which place.

The letterhead and the signature give the full name; a title often has 市政府办公室 only, which names no place.
"""

import re

from rag.metadata.line import OFFICE, Line, is_office, office_names
from rag.metadata.title import kind
from rag.numeral import CHINESE, bare

DATE = re.compile(
    rf"[（(]?[\d〇○零{CHINESE}\s]{{4,9}}\s*年[\d{CHINESE}\s]{{1,4}}月[\d{CHINESE}\s]{{1,4}}日[）)]?|(?:19|20)\d{{5,6}}"
)
"""A line that is nothing but a date, even one that lost its signs (2022129)."""

_LETTERHEAD = re.compile(r"(?P<office>[\u4e00-\u9fff]{4,40}?)\s*文件")
_PREFIX = re.compile(r"(?P<office>[\u4e00-\u9fff]{4,40}?)(?:关于|印发|转发)")
_ORDER = re.compile(
    r"(?P<office>(?:(?!关于|的)[\u4e00-\u9fff]){4,40}?)(?:令|公告|通告|通报|公报|(?:常务|全体|专题|党组|工作|办公)*会议纪要)"
)
"""A title that is an office and what it gives out."""
_CONGRESS = re.compile(r"全国人民代表大会(?:常务委员会)?(?=第[^。]{0,20}会议|通过|公布|$)")
_BY = re.compile(
    r"(?:^|[日（(])(?:中华人民共和国)?(?:([\u4e00-\u9fff]{2,20}?)令\s*[（(]?第|([\u4e00-\u9fff]{4,30}?)(?:印发|公布|发布|制定))"
)
_BRINGER = re.compile(r"(?:19|20)\d\d\s*[-年/.]")
_TOWNS = ("镇", "乡", "街道")
_BAD_STEM = frozenset([*"城社园辖地牧灾景市全本各我该县区省级", "经开", "开发", "高新", "经济技术开发"])
_SHORT = ("市", "区", "县", "旗", *_TOWNS)
"""Units whose names have six characters at most."""
_UNIT = re.compile(
    r"(?P<stem>[\u4e00-\u9fff]{1,10}?)(?P<suffix>特别行政区|自治区|自治州|自治县|省|市|地区|盟|(?:经济技术|高新技术产业|高新|经济|国家级)?开发区|工业园区|度假区"
    r"|高新区|新区|示范区|合作区|区|县|旗|镇|乡|街道)"
)
_NO_STEM = re.compile(
    r"[和与及局厅委部]|管理|保障|政务|服务|人民|政府|建设|发展|监督|行政|市场|城|农|社|园$|辖$|景$|关于|印发|[的对在为全本各]"
)
_MINISTRY = re.compile(r"(?:国务院|中共中央|中央|全国|最高人民|中华人民共和国|国家)")
_NATIONAL = re.compile(
    r"^[\u4e00-\u9fff、]{2,12}部(?:办公厅)?$|^(?:审计署|海关总署|中国证监会|中国银保监会|应急管理部|新华社).*"
)
_OVER = re.compile(
    r"^(?:国家税务总局|中国共产党|中共|共青团|中国人民银行|国家统计局|国家金融监督管理总局)(?=[\u4e00-\u9fff]{2,})"
)


def issuer(rows: list[Line], top: list[Line], stated: dict[str, str], name: str) -> str | None:
    """The publishing office's full name; several that publish together are joined by 、."""
    for key in ("发文机关", "制定机关", "发布机关", "发布机构", "发布单位", "发文机构", "发文单位", "公开机构"):
        if (given := stated.get(key)) and is_office(given):
            signed = _signer(rows)
            return signed if signed and signed.startswith(_several(given)) else _several(given)
    letterheads = (_LETTERHEAD.fullmatch(bare(row.text)) for row in top)
    found = next((match["office"] for match in letterheads if match and OFFICE.fullmatch(match["office"])), None)
    prefix = _PREFIX.match(name)
    prefix = prefix or _ORDER.fullmatch(re.sub(r"第[^第]{1,6}号$", "", name))
    said = prefix["office"] if prefix and OFFICE.fullmatch(prefix["office"]) else None
    congress = next((match[0] for row in top if (match := _CONGRESS.search(row.text))), None)
    return found or _signer(rows) or said or congress or _decree(top) or _source(top, stated)


def signer_row(rows: list[Line]) -> int | None:
    """The row of the first date that stands below an office's name: the signature's, None where there is none."""
    return next((i for i in range(1, len(rows)) if DATE.fullmatch(rows[i].text) and is_office(rows[i - 1].text)), None)


def _signer(rows: list[Line]) -> str | None:
    """Who signed: the office lines above the signature's date."""
    end = signer_row(rows)
    if end is None:
        return None
    start = end - 1
    while start > max(0, end - 4) and is_office(rows[start - 1].text):
        start -= 1
    return _several(" ".join(line.text for line in rows[start:end]))


def _decree(top: list[Line]) -> str | None:
    """The office of a decree (民政部令第83号) or of a note below the title (2019年6月10日澜沚市人民政府印发)."""
    for row in top:
        if (match := _BY.search(row.text)) and (match[1] is not None or OFFICE.fullmatch(match[2])):
            return match[1] or match[2]
    return None


def _source(top: list[Line], stated: dict[str, str]) -> str | None:
    """The office that a site names as its source, alone or beside a date."""
    for row in top:
        words = row.text.split()
        if len(words) == 2 and _BRINGER.match(words[1]) and is_office(words[0]):
            return words[0]
    given = (stated.get("信息来源") or stated.get("来源") or "").split()
    return given[0] if given and is_office(given[0]) else None


def _several(text: str) -> str:
    return "、".join(dict.fromkeys(office_names(text)))


def region(issuer: str | None, name: str, offices: list[str], characters: str) -> str | None:
    """The most specific full name of the place that the issuer governs (苏州市吴中区), 全国 for the whole country.

    Where the issuer names no place, the title's first place counts, then that of an office that signs or prints.
    """
    if issuer:
        first = issuer.split("、")[0]
        if place := _place(_OVER.sub("", first)):
            return place
        if _MINISTRY.match(first) or _NATIONAL.match(first):
            return "全国"
    if re.match(r"中华人民共和国|国务院|中共中央|全国人民代表大会", name) or kind(name) == "法律":
        return "全国"
    subject = re.sub(r"^(?:关于|致驻?)?(?:重新)?(?:印发|转发|发布|公布)?[《〈]?(?:\d{2,4}年)?", "", name)
    for text in (subject, *offices):
        if place := _place(_OVER.sub("", text)):
            return place
    if re.search(r"国务院[\u4e00-\u9fff]{2,12}部门", characters) and re.search(
        r"县级以上(?:地方)?(?:各级)?人民政府", characters
    ):
        return "全国"
    return None


def _place(text: str) -> str | None:
    """The place that `text` begins with, down to the smallest unit that it names.

    >>> _place("苏州市吴中区人民政府办公室"), _place("北京市政务服务和数据管理局"), _place("广州市住房和城乡建设局")
    ('苏州市吴中区', '北京市', '广州市')
    >>> _place("宿迁经济技术开发区管理委员会"), _place("张家港市塘桥镇人民政府"), _place("市政府办公室")
    ('宿迁经济技术开发区', '张家港市塘桥镇', None)
    """
    end = 0
    while match := _UNIT.match(text, end):
        rest = text[match.end() :]
        towns = match["suffix"] in _TOWNS and not re.match(r"(?:人民政府|党委|政府|办事处|党工委|$)", rest)
        least, most = (1 if match["suffix"] == "县" else 2), (6 if match["suffix"] in _SHORT else 10)
        odd = match["stem"] in _BAD_STEM or _NO_STEM.search(match["stem"]) is not None
        if not least <= len(match["stem"]) <= most or odd or towns or (end == 0 and rest[:1] == "级"):
            break
        end = match.end()
    return text[:end] or None
