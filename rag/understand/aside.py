"""Questions that are none to documents: small talk, another person's private data, advice on one's own case, politics.

They get a fixed frame, before anything is searched and without a model. Each pattern is narrow: what a document might
answer (盗窃怎么处罚, 咨询电话是多少, 高温天气怎么发津贴) must not be caught.
"""

import re
from typing import Literal

Aside = Literal["talk", "person", "case", "politics"]

_GREETING = r"(?:你好|您好|哈喽|嗨|hi|hello|hey|早上好|上午好|中午好|下午好|晚上好|早安|晚安|在吗|在不在|有人吗|谢谢你?|多谢|感谢|再见|拜拜|辛苦了|好的|知道了|明白了|嗯+|哦+|哈+|测试|test)"
_TALK = (
    rf"^{_GREETING}(?:大家|各位|小助手|同志|客服)?[呀啊哦呢吗啦了]*$",
    r"你(?:到底)?(?:是谁|是什么|是哪个|是真人|是机器人|是人|是不是(?:真人|机器人|人))",
    r"你叫(?:什么|啥)|你(?:几岁|多大)了?|你(?:会|能|可以)(?:做|干|回答|帮我做?)?(?:些|点)?(?:什么|啥)[呀呢啊]?$|你吃(?:饭|过)?了?[没吗]?|^吃饭?了[没吗]",
    r"(?:讲|说|来)一?个(?:笑话|故事|段子)|唱一?[个首支]歌?|写一?[首篇封](?:诗|词|歌|作文|情书|小说)|陪我(?:聊|说)|聊(?:聊天|会儿?天|一?会儿?)$|^你(?:说|看|觉得|喜欢|爱)[^，。]{0,12}$",
    r"(?:今天|明天|后天|昨天|现在|这几天|周末|外面|当地|本市)[^，。]{0,6}天气|天气(?:预报|怎么样|如何|好吗|好不好)[呀呢啊]?$|(?:会不会|会|要)下雨吗?$",
    r"(?:股票|股市|大盘|基金|彩票|比特币|黄金|房价)[^，。]{0,8}(?:涨|跌|买哪|推荐|走势|中奖)",
    r"(?:今天|明天|现在)(?:是)?(?:星期几|周几|几号|几月几号|几点)",
)
_PERSON = (
    r"(?:局长|书记|主任|科长|处长|市长|区长|县长|镇长|乡长|院长|校长|老师|医生|法官|老板|邻居|同事|前妻|前夫|老公|老婆|女朋友|男朋友|"
    r"[张王李赵刘陈杨黄周吴徐孙马朱胡林何郭高罗](?:某某?|先生|女士|[\u4e00-\u9fff]{1,2})|某人|某某|[他她](?!们))"
)
_PRIVATE = r"(?:身份证号码?|手机号码?|私人(?:电话|号码)|家庭(?:住址|地址)|家住(?:哪|在哪)|住在哪|银行卡号|银行账户|存款|病历|行踪|开房记录|聊天记录|通话记录|名下[^，。]{0,4}(?:房|车|财产))"
_PERSONAL = (rf"{_PERSON}的?[^，。；]{{0,4}}{_PRIVATE}",)
_MINE = r"(?:我|咱|俺|我们|我家|(?:我)?(?:老公|老婆|儿子|女儿|爸|妈|哥|弟|姐|妹|朋友|亲戚))"
_CASE = (
    rf"{_MINE}[^。？?]{{0,30}}(?:会|能|要|得|该)?判(?:几|多少|多久|什么刑)",
    r"我?这?个?(?:案子|官司)[^。？?]{0,12}(?:能赢|会赢|打得赢|胜算|怎么判|会怎么判|有多大把握)|(?:能不能|会不会|能否|能)(?:打|告)?赢(?:官司|他|她)?吗?$",
    r"帮我?(?:写|起草|拟|代写|草拟)一?[份个封]?[^，。？?]{0,8}(?:起诉状|诉状|答辩状|上诉状|申诉[书状]|律师函|合同|协议|遗嘱|辩护词|复议申请书)",
    rf"{_MINE}[^。？?]{{0,30}}(?:该不该|要不要|应不应该|值不值得)[^，。？?]{{0,4}}(?:起诉|上诉|打官司|离婚|报警|签字|和解|撤诉|认罪)",
)
_POLITICS = (
    r"(?:怎么看|如何看待|怎么看待|怎么评价|如何评价|评价一下|支持还是反对)[^。？?]{0,16}(?:领导人|总统|总理|主席|总书记|政党|执政|大选|选举|战争|台湾|香港|制裁)",
    r"(?:领导人|总统|总理|主席|总书记|政党|战争|台湾|香港)[^。？?]{0,12}(?:怎么看|如何评价|怎么评价|谁对谁错)|谁(?:会|将|能)(?:当选|上台|接班|连任)",
)
_KINDS: tuple[tuple[Aside, tuple[re.Pattern[str], ...]], ...] = (
    ("person", tuple(map(re.compile, _PERSONAL))),
    ("case", tuple(map(re.compile, _CASE))),
    ("politics", tuple(map(re.compile, _POLITICS))),
)
_TALKS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _TALK)


def aside(question: str) -> Aside | None:
    """What a question is that no document answers; None for a question to documents.

    Talk is talk in all of its parts: 你好，公租房怎么申请 asks.

    >>> aside("你好！"), aside("你好，公租房怎么申请？"), aside("王局长的手机号是多少？"), aside("局里的咨询电话是多少？")
    ('talk', None, 'person', None)
    """
    for kind, patterns in _KINDS:
        if any(pattern.search(question) for pattern in patterns):
            return kind
    parts = [part for part in re.split(r"[\s，。！？；、,.!?;~～…]+", question) if part]
    is_talk = bool(parts) and all(any(pattern.search(part) for pattern in _TALKS) for part in parts)
    return "talk" if is_talk else None
