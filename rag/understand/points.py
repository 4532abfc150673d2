"""In what a comparison compares its sides: 租金 and 轮候期 in 新旧办法在租金、轮候期上有什么不同."""

import re

_COMPARING = re.compile(
    r"(?:新[旧老]|[新旧老]的?|(?:19|20)\d{2}年的?那?版?)(?:两[版个])?[^，。？、的在和与]{0,10}?(?:办法|规定|条例|细则|政策|方案|版本?)(?:的|在|里|中)?|"
    r"^请(?:帮我)?|比较一?下?|对比|[和跟与同](?=[^，。？]{0,12}(?<=[^对相])比[，,])|比(?=[，,])|"
    r"比(?= |$)|(?:都|又|到底|究竟)?有(?:什么|何|哪些|啥|无|没有)?(?:不同|区别|差异|差别|变化|异同|不一样|改变|调整)(?:之处|的地方)?|"
    r"的?(?:异同|区别|差别|差异|不同)(?:之处|点|是什么|在哪里?)?|的变化(?:是什么)?(?=[？?]|$)|"
    r"(?:各自?|分别)(?:都|又)?(?:是|为|有|要)?(?:多少|什么|哪些|怎[么样]规定的?|怎么说)?|"
    r"哪[个边家]更?[高低多少大小长短快慢早晚严松]|(?:用的)?是不是同一?[样版个]?|一样吗|一不一样|是否(?:相同|一致)|各?是多少|是什么|哪一版|"
    r"(?:19|20)\d{2}年|[严松多少高低长短][了于](?:多少|几年?|[^，。]{0,2}$)|怎么样?$|如何$|[？?！!。，,]"
)
_RULE = "(?:办法|规定|条例|方案|细则|通知|要点)"
_NAMES = re.compile(rf"[^\s，。？、]{{0,24}}?{_RULE}》?\s*[和与跟及]\s*[^\s，。？、]{{0,24}}?{_RULE}》?(?:的|在|对)?")
"""Two documents by their names."""
_WITHIN = re.compile(
    r"在(?P<points>[^，。？在]{2,40}?)(?:上|方面|问题上|中)?(?:的(?:规定|要求|表述|做法|标准|内容))?"
    r"(?:有|存在|的?(?:异同|区别|差异|差别|不同)|分别|各[是有自])"
)
_HEAD = r"(?:[在对][于]?|关于|就(?!业|学|医|餐|诊|近|地|读)|[和与跟及](?!时|格)|[的有]|有关|全[省市县区镇国]|报告中?|文件中?|具体|，|,|、|\s)"
_TAIL = r"(?:[的上中里在]|方面|问题|表述|规定|要求|内容|情况|，|,|、|\s)"
_BARE = re.compile(rf"^{_HEAD}+|(?<=..){_TAIL}+$")
"""What stands around a point and is none of it; 就业, 及时率 and 上学 stay whole."""
_BETWEEN = ("和", "与", "跟", "同", "比", "及")
_LISTED = re.compile(r"[、；;]|以及")
_JOINED = re.compile(r"^(?P<first>[^和与及]{2,8})[和与及](?P<second>[^和与及]{2,8})$")
_MOST, _LONGEST = 6, 24
"""Points of a comparison, and characters of one; what is longer is asked as a whole."""


def points(asked: str) -> tuple[str, ...]:
    """The points of what is asked of each side, whose names are left out of `asked`; () where everything is compared.

    >>> points("在租金、轮候期和处罚上有什么区别？"), points("请比较  与  报告中的出庭应诉率。"), points("有什么不同？")
    (('租金', '轮候期', '处罚'), ('出庭应诉率',), ())
    """
    within = _WITHIN.search(asked)
    text = within["points"] if within else _NAMES.sub(" ", asked)
    words = [word for word in _COMPARING.sub(" ", text).split() if word not in _BETWEEN]
    rest = _BARE.sub("", " ".join(words))
    pieces = [_BARE.sub("", piece) for piece in _LISTED.split(rest)]
    pieces = [piece for piece in pieces if len(piece) > 1]
    if len(pieces) > 1 or re.search(r"[上]$|方面", asked):
        pieces[-1:] = _apart(pieces[-1]) if pieces else []
    found = tuple(dict.fromkeys(pieces))
    return found if len(found) <= _MOST and all(len(piece) <= _LONGEST for piece in found) else (" ".join(found),)


def _apart(piece: str) -> tuple[str, ...]:
    """The last of a list, taken apart where it is two: 轮候期和处罚."""
    found = _JOINED.match(piece)
    return (piece,) if found is None else (_BARE.sub("", found["first"]), _BARE.sub("", found["second"]))
