"""Every word that the conversation's page, and what all pages share, say themselves, in Chinese and in English; documents
and answers bring their own, the other pages have modules beside this one.

One table: a field of `Words` is one text, `of(language)` is the table's column. Texts with facts are templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rag.clause import RelationKind, Status
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
    drawer: str
    restrict: str
    region: str
    year: str
    type: str
    only_in_force: str
    scope_help: str
    find: str
    everywhere: str
    left: str
    remove: str
    history: str
    search_history: str
    edit: str
    editing: str
    cancel: str
    stop: str
    stopped: str
    speak: str
    silence: str
    again: str
    useful: str
    wrong: str
    what_is_wrong: str
    correction: str
    send_rating: str
    thanks: str
    sure: str
    unrated: str
    offline: str
    moved: str
    gone: str
    nowhere: str
    no_talk: str
    reasons: tuple[str, ...]
    asked: str
    answered: str
    searching: str
    writing: str
    rewritten: str
    sources: str
    source: str
    refused: str
    instead: str
    wider: str
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
    published: str
    effective: str
    expires: str
    status: str
    lost_title: str
    lost: str
    no_page_title: str
    no_page: str
    home: str
    to_documents: str
    opening: str
    closing: str
    page: str
    file: str
    file_lost: str
    outline: str
    previous: str
    next: str
    link: str
    more: str
    instead_of: str
    statuses: Mapping[Status, str]
    lapsed: Mapping[Status, str]
    ties: Mapping[RelationKind, str]
    """What a document does to others, and, `tied`, what others do to it."""
    tied: Mapping[RelationKind, str]


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
    drawer="范围与记录",
    restrict="查找范围",
    region="地区",
    year="年份",
    type="文种",
    only_in_force="只查现行有效的文件（含效力未注明的）",
    scope_help="不选就在全部文件里查找。选定的范围会显示在提问框上方，并留在网址里。括号里是在其他条件之内还有几份文件。",
    find="查找",
    everywhere="清除全部，在所有文件里查找",
    left="{value}（{n}）",
    remove="去掉",
    history="历史记录",
    search_history="在历史记录中查找",
    edit="修改",
    editing="正在修改第 {n} 问，发送后其后的问答会被替换",
    cancel="取消",
    stop="停止",
    stopped="已停止，回答不完整",
    speak="朗读",
    silence="停止朗读",
    again="重新回答",
    useful="有用",
    wrong="有误",
    what_is_wrong="哪里不对？",
    correction="正确的应当是（可不填）",
    send_rating="提交",
    thanks="已记下，谢谢",
    sure="确定删除？",
    unrated="已取消评价",
    offline="没有连上服务器。请检查网络，刷新页面后再试",
    moved="这份文件在引用之后有过改动，下面是同一条目现在的内容",
    gone="要找的条目不在这份文件里：网址可能抄错了，文件也可能有过改动。下面是全文",
    nowhere="没有“{place}”这一条，下面是全文",
    no_talk="没有这段对话：可能已经删除，也可能是在别的浏览器里问的。可以在这里开始新的对话；问过的在“范围与记录”里",
    reasons=("引用不对", "内容不对", "不完整", "已过时", "应当能回答", "其他"),
    asked="提问",
    answered="回答",
    searching="正在查找相关条目……",
    writing="正在起草，每句话核对引文后才显示……",
    rewritten="理解为：{query}",
    sources="出处",
    source="出处 {n}：{title} {place}",
    refused="未作回答",
    instead="可以改问",
    wider="在全部文件里查找",
    warning="提示",
    copy="复制（含出处）",
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
    published="发布日期",
    effective="施行日期",
    expires="有效期至",
    status="效力",
    lost_title="没有这份文件",
    lost="已收录的文件里没有“{name}”：可能已被移除或改名，网址也可能抄错了。",
    no_page_title="没有这个页面",
    no_page="网址可能抄错了或不完整，也可能这个页面已经移走。",
    home="回到首页提问",
    to_documents="查看已收录的文件",
    opening="文首",
    closing="落款",
    page="第 {n} 页",
    file="下载原始文件",
    file_lost="原始文件已不在原处或有改动，无法下载",
    outline="目录",
    previous="上一条",
    next="下一条",
    link="复制链接",
    more="另有 {n} 份",
    instead_of="，现行的是",
    lapsed={
        "repealed": "这份文件已废止",
        "expired": "这份文件有效期已满",
        "not_yet": "这份文件尚未施行",
    },
    ties={
        "repeals": "废止",
        "amends": "修改",
        "extends": "延长有效期",
        "upholds": "继续有效",
        "suspends": "暂停执行",
        "cites": "依据和引用",
    },
    tied={
        "repeals": "废止它的文件",
        "amends": "修改它的文件",
        "extends": "延长它有效期的文件",
        "upholds": "确认它继续有效的文件",
        "suspends": "暂停执行它的文件",
        "cites": "引用它的文件",
    },
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
    drawer="Scope and history",
    restrict="Where to look",
    region="Region",
    year="Year",
    type="Type",
    only_in_force="Documents in force only (and those that do not say)",
    scope_help="With nothing chosen all documents are searched. What you choose is shown above the question box and kept in the page's address. In brackets: how many documents are left within the other choices.",
    find="Find",
    everywhere="Clear; search all documents",
    left="{value} ({n})",
    remove="Remove",
    history="History",
    search_history="Search the history",
    edit="Edit",
    editing="Editing question {n}; what follows it is replaced when you send",
    cancel="Cancel",
    stop="Stop",
    stopped="Stopped; the answer is incomplete",
    speak="Read aloud",
    silence="Stop reading",
    again="Answer again",
    useful="Useful",
    wrong="Wrong",
    what_is_wrong="What is wrong?",
    correction="It should be (may be left empty)",
    send_rating="Send",
    thanks="Noted, thank you",
    sure="Really delete?",
    unrated="Rating taken back",
    offline="The server cannot be reached. Check the network, reload the page and try again",
    moved="This document has changed since it was cited; below is what the same clause says now",
    gone="The clause is not in this document: the address may be mistyped, or the document has changed. Below is all of it",
    nowhere="There is no “{place}” here; below is the whole document",
    no_talk="There is no such conversation: it may have been deleted, or was held in another browser. You can begin a new one here; those you had are in “Scope and history”",
    reasons=("Wrong source", "Wrong content", "Incomplete", "Outdated", "Should be answered", "Other"),
    asked="Question",
    answered="Answer",
    searching="Looking for the clauses…",
    writing="Writing; each sentence is shown once its quotes are checked…",
    rewritten="Understood as: {query}",
    sources="Sources",
    source="Source {n}: {title} {place}",
    refused="Not answered",
    instead="You could ask",
    wider="Search all documents",
    warning="Note",
    copy="Copy with sources",
    copied="Copied",
    copy_failed="Could not copy; please select the text and copy it",
    by_excerpt="Excerpts from the documents · {seconds} s",
    by_model="Drafted by {model}, quotes checked · {seconds} s",
    failed="Something went wrong and there is no answer. Ask again later; if it fails again, tell the administrator",
    ready="The answer is complete; passages cited: {n}",
    panel="Document",
    close="Close",
    loading="Opening the document…",
    not_loaded="The document could not be opened. Check the network and try again",
    alone="Open on its own",
    number="Number",
    issuer="Issued by",
    issued="Dated",
    published="Published",
    effective="In force from",
    expires="Valid until",
    status="Status",
    lost_title="No such document",
    lost="“{name}” is not among the documents: it may have been removed or renamed, or the address may be mistyped.",
    no_page_title="There is no such page",
    no_page="The address may be mistyped or incomplete, or the page may have moved.",
    home="Ask a question on the first page",
    to_documents="See the documents that are indexed",
    opening="Opening",
    closing="Signature",
    page="Page {n}",
    file="Download the original file",
    file_lost="The original file has gone or has changed and cannot be downloaded",
    outline="Contents",
    previous="Previous",
    next="Next",
    link="Copy link",
    more="{n} more",
    instead_of="; in force instead: ",
    lapsed={
        "repealed": "This document has been repealed",
        "expired": "This document has expired",
        "not_yet": "This document is not yet in force",
    },
    ties={
        "repeals": "Repeals",
        "amends": "Amends",
        "extends": "Extends",
        "upholds": "Upholds",
        "suspends": "Suspends",
        "cites": "Rests on and cites",
    },
    tied={
        "repeals": "Repealed by",
        "amends": "Amended by",
        "extends": "Extended by",
        "upholds": "Upheld by",
        "suspends": "Suspended by",
        "cites": "Cited by",
    },
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
