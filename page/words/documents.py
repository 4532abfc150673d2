"""What the documents page says, in Chinese and in English; a field is one text, as in `page.words`."""

from collections.abc import Mapping
from dataclasses import dataclass

from page.manage import Kind, Stage
from rag.errors import Language
from rag.uploads import Turn


@dataclass(frozen=True, slots=True)
class DocumentsWords:
    """The page's texts in one language."""

    scope: str
    listed: str
    none_listed: str
    filter: str
    filter_hint: str
    sort: str
    by_title: str
    by_day: str
    by_clauses: str
    shown: str
    no_match: str
    more: str
    clauses: str
    undated: str
    uploaded: str
    folder: str
    added: str
    outline: str
    outline_of: str
    no_outline: str
    outline_cut: str
    loading: str
    not_loaded: str
    add: str
    drop: str
    choose: str
    formats: str
    script_needed: str
    lines: str
    progress: str
    uploading: str
    broken_off: str
    removed_since: str
    unknown_format: str
    too_large: str
    empty: str
    gone: str
    stages: Mapping[Stage, str]
    counted: str
    left: str
    kinds: Mapping[Kind, str]
    several: str
    no_number: str
    received: str
    replaced: str
    unchanged: str
    also: str
    removed: str
    refreshed: str
    undone: str
    failed: str
    kept: str
    last: str
    read_it: str
    ask_it: str
    remove: str
    remove_of: str
    remove_title: str
    remove_text: str
    remove_more: str
    remove_yes: str
    kept_folder: str
    keep_folder: str
    kept_added: str
    keep_added: str
    cancel: str
    tools: str
    refresh: str
    refresh_text: str
    refresh_yes: str
    undo: str
    undo_title: str
    undo_text: str
    undo_yes: str
    no_undo: str
    turns: Mapping[Turn, str]
    view_only: str
    not_local: str
    not_same: str


_ZH = DocumentsWords(
    scope="已收录 {documents} 份文件、{clauses} 个条目。回答只依据这些文件。",
    listed="已收录的文件",
    none_listed="还没有文件。",
    filter="查找文件",
    filter_hint="输入标题、文号或文件名",
    sort="排列",
    by_title="按标题",
    by_day="按日期，新的在前",
    by_clauses="按条目多少",
    shown="找到 {n} 份",
    no_match="没有符合“{text}”的文件。请换一个词再找",
    more="再显示 {n} 份",
    clauses="{n} 个条目",
    undated="日期不详",
    uploaded="上传的文件",
    folder="文件夹里的文件",
    added="用命令加入的文件",
    outline="目录",
    outline_of="：《{title}》",
    no_outline="这份文件没有分级标题。请点标题看全文。",
    outline_cut="目录较长，这里列出前 {n} 条。请点标题看全文。",
    loading="正在读取……",
    not_loaded="没有读到。请检查网络，再点一次“目录”",
    add="添加文件",
    drop="把文件拖到这里，可以一次拖多个，或者",
    choose="选择文件",
    formats="可以添加 Word、WPS、PDF、OFD、Excel、网页、文本、图片和 zip 压缩包，每个文件不超过 {limit} MB。",
    script_needed="浏览器关闭了脚本，只能查看，不能添加或移除文件。",
    lines="进度",
    progress="{name}的进度",
    uploading="正在上传 {percent}%",
    removed_since="后来已移除",
    broken_off="没有上传完：网络中断或程序已停止。请检查后重新添加这个文件",
    unknown_format="不支持 {format} 格式。请另存为 Word、PDF 或文本后再添加。支持的格式：{formats}",
    too_large="文件有 {size} MB，超过 {limit} MB 的上限。请拆成几个文件后再添加",
    empty="文件是空的。请检查后再添加",
    gone="没有这个上传的文件，可能已经移除。请刷新页面",
    stages={
        "queued": "等待处理",
        "waiting": "另一个程序正在写入索引，等它结束后继续",
        "read": "正在读取",
        "embed": "正在建立索引",
        "write": "正在写入",
        "done": "完成",
        "failed": "没有完成",
    },
    counted="{text} {done}/{total} 段",
    left="，约剩 {time}",
    kinds={"upload": "{name}", "removal": "移除 {name}", "refresh": "更新索引", "undo": "撤销"},
    several="{n} 份文件",
    no_number="（未见文号）",
    received="已收录：{what}，{clauses} 个条目",
    replaced="已用新文件替换原来的同名文件：{what}，{clauses} 个条目",
    unchanged="内容与已收录的相同，没有变化：{what}，{clauses} 个条目",
    also="另外：",
    removed="已移除。想恢复可以点“撤销”",
    refreshed="已更新：新增 {added} 份，有改动 {updated} 份，移除 {removed} 份，未变 {unchanged} 份",
    undone="已回到原来的索引。想恢复可以再点一次“撤销”",
    failed="系统出错，没有完成，原有索引没有改动。请稍后再试；仍不成功时请联系管理员",
    kept="。原来的同名文件照旧使用",
    last="这是最后一份文件，索引里至少要有一份，所以没有移除。请先添加别的文件",
    read_it="看原文",
    ask_it="就它提问",
    remove="移除",
    remove_of="移除《{title}》",
    remove_title="移除这份文件？",
    remove_text="将移除上传的文件“{file}”，以后的回答不再依据它。移除后，在下一次改动之前可以撤销。",
    remove_more="这个文件里的 {n} 份文件会一起移除。",
    remove_yes="移除",
    kept_folder="来自文件夹，在文件夹里移除",
    keep_folder="它来自文件夹，路径是“{source}”，不能在这里移除。请先在文件夹里删除这个文件，再回到这里点“更新索引”。",
    kept_added="用命令加入，点“更新索引”移除",
    keep_added="它是用命令 rag index 加入的（{source}）。点“更新索引”后，只保留文件夹里的和上传的文件，它就不再收录。",
    cancel="取消",
    tools="索引",
    refresh="更新索引",
    refresh_text="重新读取文件夹里的文件和上传的文件：新增的加入，有改动的更新，删掉的移除。用命令另外加入的文件不再收录（国家法律除外）。",
    refresh_yes="更新",
    undo="撤销",
    undo_title="撤销上一次改动？",
    undo_text="回到 {time} 的索引：{documents} 份文件、{clauses} 个条目。",
    undo_yes="撤销",
    no_undo="还没有改动可以撤销。",
    turns={
        "withdrawn": "上传的“{file}”会撤下。",
        "restored": "移除的“{file}”会恢复。",
        "exchanged": "“{file}”会换回另一个版本。",
    },
    view_only="本页只供查看：管理员没有开放文件管理（RAG_MANAGE=none）。",
    not_local="本页只供查看：只有在运行本程序的电脑上打开本页，才能添加、移除文件。",
    not_same="请求不是从本页发出的，没有执行。请刷新本页后再试",
)
_EN = DocumentsWords(
    scope="{documents} documents with {clauses} clauses. Answers rest on these alone.",
    listed="Documents",
    none_listed="There are no documents yet.",
    filter="Find a document",
    filter_hint="Title, number or file name",
    sort="Order",
    by_title="By title",
    by_day="By date, newest first",
    by_clauses="By number of clauses",
    shown="Found: {n}",
    no_match="No document matches “{text}”. Try another word",
    more="Show {n} more",
    clauses="Clauses: {n}",
    undated="Date unknown",
    uploaded="Uploaded file",
    folder="File of a folder",
    added="Added by command",
    outline="Outline",
    outline_of=" of “{title}”",
    no_outline="This document has no headings. Follow its title to read it.",
    outline_cut="The outline is long; these are its first {n} lines. Follow the title to read all of it.",
    loading="Loading…",
    not_loaded="It could not be loaded. Check the network, then open “Outline” again",
    add="Add files",
    drop="Drop one or several files here, or",
    choose="Choose files",
    formats="Word, WPS, PDF, OFD, Excel, web pages, text, pictures and zip archives, each up to {limit} MB.",
    script_needed="Scripts are switched off in this browser: you can read, but not add or remove files.",
    lines="Progress",
    progress="Progress of {name}",
    uploading="Uploading {percent}%",
    removed_since="Removed since",
    broken_off="The upload did not end: the network failed or the program has stopped. Check, then add the file again",
    unknown_format="The format {format} is not supported. Save it as Word, PDF or text and add that. Formats: {formats}",
    too_large="The file has {size} MB, the limit is {limit} MB. Split it and add the parts",
    empty="The file is empty. Check it and add it again",
    gone="There is no such uploaded file; it may have been removed. Reload the page",
    stages={
        "queued": "Waiting its turn",
        "waiting": "Another program is writing the index; this goes on when it has finished",
        "read": "Reading",
        "embed": "Indexing",
        "write": "Writing",
        "done": "Done",
        "failed": "Not done",
    },
    counted="{text} {done}/{total}",
    left=", about {time} left",
    kinds={"upload": "{name}", "removal": "Remove {name}", "refresh": "Update the index", "undo": "Undo"},
    several="{n} documents",
    no_number=" (no number found)",
    received="Added: {what}. Clauses: {clauses}",
    replaced="Added in place of the earlier file of this name: {what}. Clauses: {clauses}",
    unchanged="The same as before, nothing has changed: {what}. Clauses: {clauses}",
    also="Also: ",
    removed="Removed. “Undo” brings it back",
    refreshed="Updated: {added} new, {updated} changed, {removed} removed, {unchanged} as before",
    undone="The earlier index is in use. “Undo” once more takes this back",
    failed="Something went wrong; the index is as it was. Try again later; if it fails again, tell the administrator",
    kept=". The earlier file of this name stays in use",
    last="This is the last document and the index must have one, so it has not been removed. Add another first",
    read_it="Read it",
    ask_it="Ask about it",
    remove="Remove",
    remove_of="Remove “{title}”",
    remove_title="Remove this document?",
    remove_text="The uploaded file “{file}” will be removed and no answer will rest on it. It can be undone until the next change.",
    remove_more="All {n} documents in this file will be removed with it.",
    remove_yes="Remove",
    kept_folder="From a folder; removed there",
    keep_folder="It comes from a folder, at “{source}”, and cannot be removed here. Delete the file there first, then choose “Update the index” here.",
    kept_added="Added by command; “Update the index” removes it",
    keep_added="It was added with the command rag index ({source}). “Update the index” keeps only what is in the folders and what was uploaded, so it will go.",
    cancel="Cancel",
    tools="Index",
    refresh="Update the index",
    refresh_text="Reads the files of the folders and the uploaded files again: new ones are added, changed ones updated, deleted ones removed. What was added by command otherwise goes (except national laws).",
    refresh_yes="Update",
    undo="Undo",
    undo_title="Undo the last change?",
    undo_text="Back to the index of {time}: {documents} documents, {clauses} clauses.",
    undo_yes="Undo",
    no_undo="There is no change to undo yet.",
    turns={
        "withdrawn": "The uploaded “{file}” will be withdrawn.",
        "restored": "The removed “{file}” will be back.",
        "exchanged": "“{file}” will change to its other version.",
    },
    view_only="You can read this page only: the administrator has switched off changes (RAG_MANAGE=none).",
    not_local="You can read this page only: documents are added and removed on the computer that runs this program.",
    not_same="The request did not come from this page and was not carried out. Reload the page and try again",
)


def of(language: Language) -> DocumentsWords:
    """The page's texts in this language.

    >>> of("zh").choose, of("en").choose
    ('选择文件', 'Choose files')
    """
    return _EN if language == "en" else _ZH
