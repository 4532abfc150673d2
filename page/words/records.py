"""What is said of conversations: their list, their files, what visitors say of answers; in Chinese and in English."""

from dataclasses import dataclass

from rag.errors import Language


@dataclass(frozen=True, slots=True)
class RecordWords:
    """The texts in one language; those with facts are templates."""

    # the list
    history: str
    none_yet: str
    none_found: str
    questions: str
    more: str
    delete: str
    delete_named: str
    delete_all: str
    word: str
    word_named: str
    markdown: str
    markdown_named: str
    # a file
    product: str
    dated: str
    numbering: str
    letter: str
    page: str
    no_answer: str
    unfinished: str
    # replies
    kept: str
    lost: str
    bad_request: str
    too_large: str
    elsewhere: str
    not_allowed: str


_ZH = RecordWords(
    history="历史对话",
    none_yet="还没有保存的对话。提问后会出现在这里。",
    none_found="没有对话包含“{search}”。",
    questions="{n} 问",
    more="显示更早的对话",
    delete="删除",
    delete_named="删除对话：{title}",
    delete_all="删除全部对话",
    word="Word",
    word_named="导出为 Word：{title}",
    markdown="Markdown",
    markdown_named="导出为 Markdown：{title}",
    product="条目 · 政策文件问答",
    dated="导出自 {year} 年 {month} 月 {day} 日的对话，共 {n} 问。",
    numbering="出处编号贯穿全文：同一编号始终指同一处原文。",
    letter="引文逐字取自原文；仅供查阅，不构成法律意见，以正式公布的文本为准",
    page="第 {page} 页，共 {pages} 页",
    no_answer="未作回答",
    unfinished="没有得到回答。",
    kept="已收到，谢谢",
    lost="没有这段对话，可能已被删除",
    bad_request="提交的内容无法识别。请刷新页面后重试",
    too_large="提交的内容过大。请缩短后再提交",
    elsewhere="只接受来自本页面的请求。请在页面上操作",
    not_allowed="没有权限。请以管理员身份登录",
)
_EN = RecordWords(
    history="Conversations",
    none_yet="No conversation has been kept yet. Ask, and it appears here.",
    none_found="No conversation contains “{search}”.",
    questions="Questions: {n}",
    more="Show earlier conversations",
    delete="Delete",
    delete_named="Delete the conversation: {title}",
    delete_all="Delete all conversations",
    word="Word",
    word_named="Save as Word: {title}",
    markdown="Markdown",
    markdown_named="Save as Markdown: {title}",
    product="条目 · Answers from policy documents",
    dated="Saved from a conversation of {year}-{month:02}-{day:02}; questions: {n}.",
    numbering="Sources are numbered through the whole file: a number always means the same passage.",
    letter="Quotes are to the letter; for reference only, no legal advice; the text as officially published prevails",
    page="Page {page} of {pages}",
    no_answer="Not answered",
    unfinished="There was no answer.",
    kept="Received, thank you",
    lost="There is no such conversation; it may have been deleted",
    bad_request="What was sent could not be read. Reload the page and try again",
    too_large="What was sent is too large. Shorten it and try again",
    elsewhere="Only requests from this page are accepted. Please use the page",
    not_allowed="Not allowed. Sign in as the administrator",
)


def of(language: Language) -> RecordWords:
    """The texts in this language.

    >>> of("zh").delete, of("en").delete
    ('删除', 'Delete')
    """
    return _EN if language == "en" else _ZH
