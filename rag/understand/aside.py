"""Questions that are none to documents: small talk, another person's private data, advice on one's own case, politics.

They get a fixed frame, before anything is searched and without a model. To catch one too few costs a refusal in other
words; to catch a question that documents answer costs the answer. So each pattern is narrow, and words of rules and
procedures (申请, 规定, 补贴) let a question through whatever else it says.
"""

import re
from typing import Literal

Aside = Literal["talk", "person", "case", "politics"]

_GREETING = r"(?:你好|您好|哈喽|嗨|hi|hello|hey|早上好|上午好|中午好|下午好|晚上好|早安|晚安|在吗|在不在|有人吗|谢谢你?|多谢|感谢|再见|拜拜|辛苦了|好的|知道了|明白了|嗯+|哦+|哈+|测试|test)"
_TALK = (
    rf"{_GREETING}(?:大家|各位|小助手|同志|客服)?[呀啊哦呢吗啦了]*",
    r"你(?:到底)?(?:是谁|是什么|是哪个|是真人|是机器人|是人|是不是(?:真人|机器人|人))[^申领报]{0,8}",
    r"你叫(?:什么|啥).{0,4}|你(?:几岁|多大)了?[呀啊]?|你(?:会|能|可以)(?:做|干|回答|帮我做?)?(?:些|点)?(?:什么|啥)[呀呢啊]?|(?:你|你们)?吃(?:饭|过)?了?[没吗呀]*",
    r".{0,4}(?:讲|说|来)一?个(?:笑话|故事|段子).{0,6}|.{0,3}唱一?[个首支]歌?.{0,4}|.{0,3}写一?[首篇封](?:诗|词|歌|情书|小说).{0,6}|陪我(?:聊|说).{0,6}|.{0,3}聊(?:聊天|会儿?天|一?会儿?)",
    r"(?:你(?:说|看|觉得))?(?:买哪个好|怎么办才好|好不好|对不对|喜欢什么|喜欢我吗|爱我吗)",
    r"(?:今天|明天|后天|现在|这几天|周末|外面|当地|本市)?.{0,4}天气(?:预报)?(?:怎么样|如何|好吗|好不好|冷不冷|热不热)?[呀呢啊]?|.{0,6}(?:会不会|会|要)下雨吗?|适合出门[不吗么]?",
    r".{0,4}(?:股票|股市|大盘|比特币|黄金|彩票)[^，。]{0,4}(?:涨|跌|买哪|推荐|走势)[^，。]{0,4}",
    r"(?:今天|明天|现在)(?:是)?(?:星期几|周几|几号|几月几号|几点)了?[呀啊]?",
)
_PERSON = (
    r"(?:局长|书记|主任|科长|处长|市长|区长|县长|镇长|乡长|院长|校长|邻居|同事|前妻|前夫|女朋友|男朋友|老板|"
    r"[张王李赵刘陈杨黄周吴徐孙马朱胡林何郭高罗](?:某某?|先生|女士|老师)|(?<![其吉排])[他她](?!们|人)|"
    r"^(?:请问|告诉我|帮我?查一?下?|我想知道)?[张王李赵刘陈杨黄周吴徐孙马朱胡林何郭罗][\u4e00-\u9fff]{1,2}(?=的|家住))"
)
_PRIVATE = r"(?:身份证号码?|手机号码?|私人(?:电话|号码)|家庭(?:住址|地址)|家?住在?哪[里儿]?|银行卡号|存款有?|病历|行踪|开房记录|聊天记录|通话记录|名下有?[^，。]{0,4}(?:房产?|车|财产))"
_WANTED = r"(?:是?多少|是什么|是几号|在哪[里儿]?|哪里|几套|发我|给我|[？?。]|$)"
_PERSONAL = (
    rf"{_PERSON}(?:的|家)?{_PRIVATE}[^，。；]{{0,3}}{_WANTED}",
    rf"(?:查一?下|查查|告诉我|给我|透露)[^，。；]{{0,6}}{_PERSON}(?:的|家)?{_PRIVATE}",
)
_MINE = r"(?:(?:我|咱|俺)(?!国|省|市|县|区|想|们想|要问)|(?:老公|老婆|儿子|女儿|我爸|我妈|我哥|(?<!子)弟弟|朋友|亲戚))"
_CASE = (
    rf"{_MINE}[^，。？?]{{0,24}}(?:会|能|要|得|该)?判(?:几年|多久|多少年|什么刑)",
    r"我?这?个?(?:案子|官司)[^。？?]{0,8}(?:能赢|会赢|打得赢|胜算|怎么判|会怎么判|有多大把握)|我[^，。？?]{0,10}(?:打|告)得?赢(?:官司|他|她)?吗?",
    r"帮我?(?:写|起草|拟|代写|草拟)一?[份个封]?(?:起诉状|民事诉状|诉状|答辩状|上诉状|申诉[书状]|律师函|遗嘱|辩护词|复议申请书)",
    rf"{_MINE}[^。？?]{{0,24}}(?:该不该|要不要|应不应该|值不值得)(?:去)?(?:起诉|上诉|打官司|离婚|和解|撤诉|认罪)",
)
_POLITICS = (
    r"(?:怎么看(?!病|诊|护|医)|如何看待|怎么看待|怎么评价|如何评价|评价一下)[^。？?]{0,12}(?:领导人|总统|总理|国家主席|总书记|政党|大选|总统选举|战争|(?:台湾|香港|台海)(?:问题|局势)|制裁)",
    r"(?:领导人|总统|总理|国家主席|总书记|政党|战争|(?:台湾|香港|台海)(?:问题|局势))[^。？?]{0,8}(?:怎么看(?!病)|如何评价|怎么评价|谁对谁错)|(?:总统|大选)[^。？?]{0,8}谁(?:会|将|能)|谁(?:会|将|能)当(?:选|上)?总统",
)
_ASKS_RULES = re.compile(
    r"规定|政策|标准|条款|范本|救助|申请|申领|领取|能领|可以领|办理|补贴|津贴|补助|低保|报销|报名|登记|变更|填错|怎么改|修改|丢|挂失|保存|复印|"
    r"公布|预警|停工|停课|发布|几级|预报由|立案|量刑|构成|处罚|打到|发到|存折|实名|认证|户口|加分|签字|[位级]数?[？?]?$"
)
"""What a question to documents says, and these hardly do."""
_KINDS: tuple[tuple[Aside, tuple[re.Pattern[str], ...]], ...] = (
    ("person", tuple(map(re.compile, _PERSONAL))),
    ("case", tuple(map(re.compile, _CASE))),
    ("politics", tuple(map(re.compile, _POLITICS))),
)
_TALKS = re.compile("|".join(f"(?:{pattern})" for pattern in _TALK), re.IGNORECASE)


def aside(question: str) -> Aside | None:
    """What a question is that no document answers; None for a question to documents.

    Talk is talk in all of its parts: 你好，公租房怎么申请 asks.

    >>> aside("你好！"), aside("你好，公租房怎么申请？"), aside("王局长的手机号是多少？"), aside("局里的咨询电话是多少？")
    ('talk', None, 'person', None)
    """
    if not _ASKS_RULES.search(question):
        for kind, patterns in _KINDS:
            if any(pattern.search(question) for pattern in patterns):
                return kind
    parts = [part for part in re.split(r"[\s，。！？；、,.!?;~～…]+", question) if part]
    return "talk" if parts and all(_TALKS.fullmatch(part) for part in parts) else None
