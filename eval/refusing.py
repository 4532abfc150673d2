"""Whether an answer that is only text refuses, told by its wording: of systems that do not say `refused`.

The words are those in which language models decline, in Chinese and English. A clause of an answer denies (资料未提及),
is idle (courtesy, advice where to ask, what the material is about), or says something. An answer refuses where it denies
and nothing in it says something: 没有 about a part, beside an answer to the rest, is no refusal.
Taken for refusals: of 20,385 lines of laws 3, of the references and quotes of answerable questions in the gold sets none.
"""

import re
import unicodedata

_MATERIAL = (
    "(?:资料|材料|文档|文件|上下文|信息|内容|条目|原文|条款|知识库|片段|通知|办法|政策|段落|数据库)(?:中|里|内|来看)?"
)
_HOLDS = (
    "(?:提及|提到|提供|说明|明确|涉及|包含|包括|记载|规定|列出|给出|写明|查到|找到|介绍|显示|指出|体现|描述|披露"
    "|相关|关于|有关|答案)"
)
_OF_A_RULE = "(?![^,。;]{0,30}的(?:[,。;由应可须]|$))"
"""不清楚的，可拨打12345 is what a document says, no refusal."""
_SOFTLY = "(?:能|曾|直接|准确|具体|明确|有|详细|任何|对此|就此|为您|给您|给出|予以)*"
_OF_THE_MATERIAL = (
    rf"{_MATERIAL},?[^,。!?]{{0,40}}?(?:没有|未|并无|无|均无){_SOFTLY}{_HOLDS}",
    rf"{_MATERIAL},?[^,。!?]{{0,40}}?不(?:包含|涉及|含有?){_OF_A_RULE}",
    rf"{_MATERIAL}[均都也并]*(?:没有|无)(?:$|[,。;!对])",
    "(?:没有|无)[与和同跟][^,。]{1,30}(?:相关|有关|对应|匹配)",
    "^(?:暂无|没有|无)(?:相关|有关|此|这方面|对应|匹配)[^,。]{0,12}(?:信息|规定|内容|资料|结果|答案|依据|数据|记录)"
    rf"{_OF_A_RULE}",
    "(?:没有|暂无|无)(?:相关|有关)(?:信息|规定|内容|资料|答案)(?:$|[,。;!])",
    "^(?:未|没有)(?:提及|提到|作出规定|查询|说明|明确)",
    "缺[乏少](?:相关|足够|具体|必要)|(?:信息|资料|依据)不足",
    r"(?:没有|不存在|并无|未设|查无)第[\d一二三四五六七八九十百零]+[章节条款项号]",
)
_OF_THE_SEARCH = (
    "(?:没有?|未能?|无法|并未)(?:能|在[^,。]{1,20}?)?(?:找到|检索到|查到|查询到|搜索到|发现|获取到?|得到|看到|查找到)",
    "[找查搜]不到",
)
_OF_THE_SPEAKER = (
    rf"(?:无法|不能|没法|难以|无从|不便)(?:根据[^,。]{{1,20}})?{_SOFTLY}"
    rf"(?:回答|作答|解答|确定|判断|得知|得出|确认|提供|答复|给出|获知|帮)[您你]?{_OF_A_RULE}",
    rf"(?:^|[,。;我对])(?:还|也|并|暂时?|尚|目前)*(?:不知道|不太?清楚|不了解|不确定|不得而知|答不上来){_OF_A_RULE}",
    rf"(?:不作|不予|不做|不便|拒绝|谢绝)(?:回答|作答|答复){_OF_A_RULE}",
    "(?:超出|不在|不属于)[^,。]{0,6}(?:我|本助手|本系统|服务|资料|知识|能力|回答|解答|咨询|收录)[^,。]{0,8}(?:范围|范畴|之内)",
    "只能(?:回答|解答|处理|提供)[^,。]{0,16}(?:问题|咨询)",
)
_OF_THE_QUESTION = ("(?:前提|提法|说法)[^,。]{0,6}(?:不成立|有误|不正确|不准确|不实|错误|不存在)",)
_IN_ENGLISH = (
    r"(?:not|n't) (?:\w+ )?(?:mention|state|specif|contain|includ|provid|cover|address|found|available|discuss|indicate)",
    r"(?:could|can|do|did|was|am|were|is) ?(?:not|n't) (?:\w+ ){0,2}(?:find|found|answer|determine|locate|know|have|able|sure)",
    r"(?:cannot|unable to) (?:\w+ )?(?:find|answer|determine|locate|be (?:found|answered|determined))",
    r"\bno (?:\w+ ){0,2}(?:information|mention|answer|evidence|data|details|result|provision)",
    r"insufficient (?:information|context)|(?:out of|outside|beyond) (?:\w+ ){0,3}scope|^(?:i'm |i am )?(?:sorry|afraid)",
)
_DENIES = re.compile(
    "|".join((*_OF_THE_MATERIAL, *_OF_THE_SEARCH, *_OF_THE_SPEAKER, *_OF_THE_QUESTION, *_IN_ENGLISH)), re.I
)

_COURTESY = "抱歉|对不起|很遗憾|您好|你好|感谢|谢谢|希望|祝|欢迎|作为|答案?:|回答:"
_ASK_ELSEWHERE = "(?:直接问|换|放宽|核对|重新|咨询|查阅|联系|查询|拨打|访问|参考|前往|登录|通过|向|到)"
_ADVICE = (
    f"如[有需]|如果[您你]|若[您你需有]|请|建议|[您你]可|可以?{_ASK_ELSEWHERE}|或者?{_ASK_ELSEWHERE}|具体[以请情]"
    "|以[^,。]{2,20}为准|需要(?:查阅|进一步|更多|参考|咨询)|以便"
)
_OWN_WORK = "(?:因此|所以|故)?(?:我|本助手)?(?:已|查阅|检索|搜索|仔细)"
_ONLY_NEAR = (
    rf"[^,。]{{0,160}}最(?:接近|相近|相关)的|[^,。]{{0,12}}{_MATERIAL}(?:[仅只]|主要|大多|都是|均为|更多)"
    "|[但而]?(?:不过|是|其中)?[只仅]?(?:提到|涉及|介绍|提及)了?"
)
_IDLE_ENGLISH = (
    "please|you (?:may|can|could|should|might)|i (?:suggest|recommend)|if you|let me|feel free|for (?:more|further)"
    "|as an ai|contact|consult|sorry|i apologi[sz]e"
)
_IDLE = re.compile(rf"^(?:{'|'.join((_COURTESY, _ADVICE, _OWN_WORK, _ONLY_NEAR, _IDLE_ENGLISH))})|[?:]$", re.I)

_TOPIC = re.compile(
    "^(?:关于|对于|至于|有关|针对|就|根据|依据|在|从|按照?|基于|由于|因为|虽然|尽管|截至|目前|当前|[您你]所?(?:问|提|询问)"
    "|不过|因此|所以|故|也|并且?|以及|regarding|based on|according to|in the|from the|however|therefore|although|as of)",
    re.I,
)
"""How a clause begins that leads to the denial and says nothing of its own."""
_SAYS = re.compile(
    r"\d|为|是|应当|可以|不低于|不超过|不少于|不得|实行|由|须|必须|有权|达到|享受|(?:规定|要求|包括|明确)(?!$)"
    r"|\b(?:is|are|must|shall|may|should)\b"
)
_SENTENCE = re.compile(r"(?<=[。!?;\n])|(?<=[a-z\]%)][.!?]) |(?<=\d\.) (?=[A-Z])|(?<=\s\.) ")
_ITEM = re.compile(r"^\s*(?:[-*•·]|\(?\d{1,2}[.、)])")
_NOT_READ = re.compile(r"\[\d{1,3}\]|【\d{1,3}】|〔\d{1,3}〕|[*#_`>\"“”‘「」]")
_SHORTEST = 4
"""Characters of a sentence that says something: 好的。 says nothing."""


def is_refusal(text: str) -> bool:
    """Whether `text` says that it has no answer, and answers nothing beside.

    An empty text refuses nothing. Cost: linear but for short look-aheads.

    >>> is_refusal("资料中没有相关内容。"), is_refusal("比例为30%[1]。资料未提及上限。")
    (True, False)
    >>> is_refusal("I could not find this in the documents."), is_refusal("不清楚的，可以拨打12345咨询。")
    (True, False)
    """
    denies, listing = False, False
    for sentence in _sentences(text):
        if _DENIES.search(sentence):
            denies, listing = True, False
            if _says_beside(sentence):
                return False
        elif _IDLE.search(sentence) or (listing and _ITEM.match(sentence)):
            listing = listing or sentence.endswith(":")
        elif len(_ITEM.sub("", sentence).rstrip("。!?;.")) >= _SHORTEST:
            return False
    return denies


def _sentences(text: str) -> list[str]:
    plain = _NOT_READ.sub("", unicodedata.normalize("NFKC", text.replace("’", "'")))
    return [one.strip() for one in _SENTENCE.split(plain) if one.strip()]


def _says_beside(sentence: str) -> bool:
    """Whether a sentence that denies says something in another of its clauses."""
    clauses = [one.strip() for one in re.split(r"[,:]", re.sub(r"(?<=\d),(?=\d)", "", sentence.rstrip("。!?;.\n")))]
    denying = [bool(_DENIES.search(one)) for one in clauses]
    if not any(denying):  # the denial runs over a comma: 资料中，没有提到
        return False
    first = denying.index(True)
    return any(
        _SAYS.search(one)
        and not denied
        and not _IDLE.search(one)
        and not _TOPIC.match(re.sub(r"^(?:但是?|不过|然而|而)", "", one) if at > first else one)
        for at, (one, denied) in enumerate(zip(clauses, denying, strict=True))
    )
