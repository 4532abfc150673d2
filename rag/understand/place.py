"""The places that a question names: by the documents' regions, a list of cities, and their endings."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from rag.clause import Document

_PLACE = re.compile(
    r"(?:^|(?<=[□，。、；：？\s“”《》（）在对按照请问与和及到跟是据比较从于我由，]))"
    r"([\u4e00-\u9fff]{2,4}?(?:省|自治区|市|自治州|县|区|镇|乡|街道|开发区))(?!区|别|间|场|政(?!府|务|协)|级|民(?!政)|内|外|直|容|域|里)"
)
_BEFORE_PLACE = re.compile(
    r"^(?:[省市](?=..)|物业对于|按照|根据|依照|关于|请问|比较|对于|以及|目前|现在|听说|我们|如果|[在对按请与跟是由])"
)
_NO_PLACE = re.compile(
    r"^(?:的|要求|承担|住房|镇上|村里)|^(?:全|本|各|该|我|哪|县级|地级|设区|[一每两各]个|上级|城|乡|门|超|上|社|园|小|辖|地|新|开发)[省市县区镇乡]|^(?:县级|地级|直辖|省级|自治|开发|工业园|高新)|(?:疫|染|分|防|控|禁|库)区$|^为|法治|政府|服务|[市区县省]里|[得往把被让给了就能去说想呢啊吗么什怎不既没]|^(?:[上下里外前后]面|[我你他]们|[这那哪]边)|(?:社|小|园|校|地|辖|片|厂|景|城|新)区$|(?:上|超|门|股|都|夜|城|县)市$|(?:城|乡|集|老)镇$|[全本我各该][省市县区镇乡]$"
)
_PEOPLES = (
    "(?:(?:壮|回|维吾尔|藏|苗|彝|土家|侗|白|哈尼|傣|傈僳|景颇|朝鲜|布依|羌|蒙古|哈萨克|柯尔克孜|满|黎|瑶|畲|土|撒拉|东乡|保安|裕固|锡伯|"
    "达斡尔|鄂温克|鄂伦春|仫佬|毛南|佤|拉祜|纳西|普米|怒|独龙|水|仡佬|塔吉克|各)族?)+"
)
_AUTONOMOUS = re.compile(rf"^(.{{2,}}?){_PEOPLES}自治[区州县]$")
_OTHER_WORD = re.compile(
    r"(?<=[延加])长春|大理(?=石)|安康(?=[码险])|清远(?=见卓)|平凉(?=[席爽])|海东(?=岸)|中山(?=装[^备修配])"  # 延长春节, 大理石, 安康码
)
"""Names of cities within other words."""
_LEVEL = "(?:自治区|自治州|自治县|街道|[省市县区镇乡旗])"


@lru_cache(maxsize=8192)
def short_names(region: str) -> tuple[str, ...]:
    """The names by which people call a region, most exact first.

    >>> short_names("苏州市吴中区"), short_names("宿迁经济技术开发区")
    (('苏州市吴中区', '吴中区', '吴中'), ('宿迁经济技术开发区', '宿迁经开区', '宿迁开发区', '经开区', '宿迁'))

    >>> short_names("广西壮族自治区"), short_names("内蒙古自治区")
    (('广西壮族自治区', '广西'), ('内蒙古自治区', '内蒙古'))
    """
    names = [region]
    zone = re.match(r"(.*?)(经济技术|高新技术产业|高新技术|工业园|经济|高新)?(开发区|园区|新区|示范区)$", region)
    if zone and zone[1]:
        head = re.sub(r"[省市县区]$", "", zone[1])
        brief = {"经济技术": "经开区", "高新技术产业": "高新区", "高新技术": "高新区", "高新": "高新区"}.get(
            zone[2] or ""
        )
        names += [f"{head}{brief}"] if brief else []
        names += [f"{head}{zone[3]}"]
        names += [brief] if brief else []
        names += [head]
        return tuple(dict.fromkeys(name for name in names if len(name) > 1))
    last = re.findall(rf".{{2,}}?{_LEVEL}", region)
    if last:
        names.append(last[-1])
        people = _AUTONOMOUS.match(last[-1])
        core = people[1] if people else re.sub(rf"{_LEVEL}$", "", last[-1])
        names += [core] if len(core) > 1 else []
    return tuple(dict.fromkeys(names))


def named_places(text: str, documents: Sequence[Document]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The places that `text` names, and of these the ones that no document is about.

    A document's region counts under all of its short names, longest first, so that 苏州市吴中区 is not 苏州. Others
    are read from a list of cities and by their ending.
    """
    rest, found = _OTHER_WORD.sub(lambda word: "□" * len(word[0]), text), []
    for name in _regions(documents):
        at = rest.find(name)
        if at >= 0:
            found.append((text.find(name), name))
            rest = rest.replace(name, "□" * len(name))
    strange = [name for name in _cities() if name in rest]
    found += [(rest.find(name), name) for name in strange]
    for name in strange:
        rest = rest.replace(name, "□" * len(name))
    for match in _PLACE.finditer(rest):  # behind a place that is known (□), too: 宿迁泗洪县
        name = _BEFORE_PLACE.sub("", match[1])
        if "□" not in name and len(name) > 2 and not _NO_PLACE.search(name):
            strange.append(name)
            found.append((match.start(1), name))
    return tuple(dict.fromkeys(name for _, name in sorted(found))), tuple(dict.fromkeys(strange))


def _regions(documents: Sequence[Document]) -> tuple[str, ...]:
    """The short names of these documents' regions, longest first; kept for the collection asked last, as `catalogue` is."""
    last = _LAST[-1:]  # one read: another thread may ask for another collection
    if last and last[0][0] is documents:
        return last[0][1]
    names = dict.fromkeys(name for d in documents if d.region and d.region != "全国" for name in short_names(d.region))
    made = tuple(sorted(names, key=len, reverse=True))
    _LAST[:] = [(documents, made)]
    return made


_LAST: list[tuple[Sequence[Document], tuple[str, ...]]] = []


@lru_cache(maxsize=1)
def _cities() -> tuple[str, ...]:
    """Provinces and cities by their short names, longest first."""
    names = (Path(__file__).parent / "places.txt").read_text(encoding="utf-8").split()
    return tuple(sorted(names, key=len, reverse=True))
