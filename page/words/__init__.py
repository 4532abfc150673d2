"""Every word that the page itself says, in Chinese and in English; documents and answers bring their own.

One table: a field of `Words` is one text, `of(language)` is the table's column. Texts with facts are templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rag.clause import Status
from rag.errors import Language


@dataclass(frozen=True, slots=True)
class Words:
    """The page's texts in one language."""

    tag: str
    """The language as HTML names it."""
    other: Language
    other_name: str
    brand: str
    subtitle: str
    skip: str
    skip_to_content: str
    ways: str
    ask: str
    documents: str
    evaluation: str
    elder: str
    welcome: str
    scope: str
    examples: str
    question: str
    placeholder: str
    send: str
    new: str
    asked: str
    answered: str
    searching: str
    rewritten: str
    sources: str
    source: str
    refused: str
    instead: str
    warning: str
    copy: str
    copied: str
    copy_failed: str
    by_excerpt: str
    by_model: str
    failed: str
    ready: str
    panel: str
    close: str
    loading: str
    not_loaded: str
    alone: str
    number: str
    issuer: str
    issued: str
    effective: str
    expires: str
    status: str
    lost_title: str
    lost: str
    opening: str
    statuses: Mapping[Status, str]


_ZH = Words(
    tag="zh-CN",
    other="en",
    other_name="English",
    brand="条目",
    subtitle="政策文件问答",
    skip="跳到提问框",
    skip_to_content="跳到正文",
    ways="页面",
    ask="提问",
    documents="文件",
    evaluation="评测",
    elder="大字版",
    welcome="依据政策文件回答问题，每句话都注明出自哪一条",
    scope="已收录 {documents} 份文件、{clauses} 个条目，截至 {year} 年 {month} 月 {day} 日。文件里没有的，不作回答。",
    examples="可以这样问",
    question="问题",
    placeholder="请输入问题",
    send="提问",
    new="新对话",
    asked="提问",
    answered="回答",
    searching="正在查找相关条目……",
    rewritten="按“{query}”检索",
    sources="出处",
    source="出处 {n}：{title} {place}",
    refused="未作回答",
    instead="可以改问",
    warning="提示",
    copy="复制回答及出处",
    copied="已复制",
    copy_failed="未能复制，请选中文字后复制",
    by_excerpt="原文摘录 · 用时 {seconds} 秒",
    by_model="由 {model} 起草，引文已核对 · 用时 {seconds} 秒",
    failed="系统出错，没有得到回答。请稍后再问；仍不成功时请联系管理员",
    ready="回答完毕，引用 {n} 处原文",
    panel="文件原文",
    close="关闭",
    loading="正在打开文件……",
    not_loaded="文件没有打开。请检查网络后再试",
    alone="单独打开",
    number="文号",
    issuer="发文机关",
    issued="成文日期",
    effective="施行日期",
    expires="有效期至",
    status="效力",
    lost_title="没有这份文件",
    lost="索引里没有这份文件，可能已被移除或改名。请返回重新提问。",
    opening="文首",
    statuses={
        "in_force": "现行有效",
        "not_yet": "尚未施行",
        "expired": "有效期已满",
        "repealed": "已废止",
        "unknown": "效力未注明",
    },
)
_EN = Words(
    tag="en",
    other="zh",
    other_name="中文",
    brand="条目",
    subtitle="Answers from policy documents",
    skip="Skip to the question box",
    skip_to_content="Skip to the content",
    ways="Pages",
    ask="Ask",
    documents="Documents",
    evaluation="Evaluation",
    elder="Large type",
    welcome="Answers from policy documents, each statement with the clause it rests on",
    scope="{documents} documents, {clauses} clauses, as of {year}-{month:02}-{day:02}. "
    "What the documents do not say is not answered.",
    examples="For example",
    question="Question",
    placeholder="Your question",
    send="Ask",
    new="New conversation",
    asked="Question",
    answered="Answer",
    searching="Looking for the clauses…",
    rewritten="Searched for “{query}”",
    sources="Sources",
    source="Source {n}: {title} {place}",
    refused="Not answered",
    instead="You could ask",
    warning="Note",
    copy="Copy answer and sources",
    copied="Copied",
    copy_failed="Could not copy; please select the text and copy it",
    by_excerpt="Excerpts from the documents · {seconds} s",
    by_model="Drafted by {model}, quotes checked · {seconds} s",
    failed="Something went wrong and there is no answer. Ask again later; if it fails again, tell the administrator",
    ready="The answer is complete and cites {n} passages",
    panel="Document",
    close="Close",
    loading="Opening the document…",
    not_loaded="The document could not be opened. Check the network and try again",
    alone="Open on its own",
    number="Number",
    issuer="Issued by",
    issued="Dated",
    effective="In force from",
    expires="Valid until",
    status="Status",
    lost_title="No such document",
    lost="The index has no such document; it may have been removed or renamed. Please go back and ask again.",
    opening="Opening",
    statuses={
        "in_force": "In force",
        "not_yet": "Not yet in force",
        "expired": "Expired",
        "repealed": "Repealed",
        "unknown": "Status not stated",
    },
)


def of(language: Language) -> Words:
    """The page's texts in this language.

    >>> of("zh").send, of("en").send
    ('提问', 'Ask')
    """
    return _EN if language == "en" else _ZH
