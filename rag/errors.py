"""Every error that this library raises, as one tree; each says what, where, and what to do.

Who catches `RagError` catches all; below it stands one branch for each thing that a caller does differently:
a setting to correct, a question to ask otherwise, an input to leave out, an index to rebuild, an endpoint to do
without. The text is for the person at the screen, in Chinese and in English; both name the same facts.
"""

from functools import partial
from string import Formatter
from typing import ClassVar, Literal, NamedTuple

Language = Literal["zh", "en"]


class Phrase(NamedTuple):
    """A fact that is itself words, such as a reason: shown in the language of the message."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh


class RagError(Exception):
    """Anything that this library refuses to do, with its remedy.

    Subclasses give `zh` and `en`, two templates with the same fields; the fields come as keyword arguments
    and stay readable as `error.facts`.
    """

    zh: ClassVar[str] = "{reason}"
    en: ClassVar[str] = "{reason}"

    def __init__(self, **facts: object) -> None:
        missing = fields(self.zh) - facts.keys()
        if missing:
            raise TypeError(f"{type(self).__name__} lacks {', '.join(sorted(missing))}")
        self.facts = facts
        super().__init__(self.message())

    def __reduce__(self) -> tuple[partial["RagError"], tuple[()]]:  # an exception is copied by its message otherwise
        return partial(type(self), **self.facts), ()

    def message(self, language: Language = "zh") -> str:
        """The text for the person at the screen, on one line."""
        template = self.en if language == "en" else self.zh
        facts = {
            name: getattr(value, language) if isinstance(value, Phrase) else value for name, value in self.facts.items()
        }
        shown = {name: str(value).replace("\n", " ") for name, value in facts.items()}
        return template.format(**shown)


def fields(template: str) -> set[str]:
    """The names that a template asks for.

    >>> sorted(fields("{path}：{reason}"))
    ['path', 'reason']
    """
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def leaves(root: type[RagError] = RagError) -> list[type[RagError]]:
    """The error classes below `root` that have a message, sorted by name: what can be met in practice."""
    below = root.__subclasses__()
    found = [leaf for child in below for leaf in leaves(child)]
    found += [root] if not below or ("zh" in vars(root) and root is not RagError) else []
    return sorted(found, key=lambda error: error.__name__)


# A setting to correct ------------------------------------------------------------------------------------------


class SettingFault(RagError):
    """A setting that cannot be used as it stands."""


class UnknownSetting(SettingFault):
    """A `RAG_` variable that no setting has."""

    zh = "没有名为 {name} 的设置。可用的设置：{known}"
    en = "There is no setting called {name}. Settings are: {known}"


class BadSetting(SettingFault):
    """A setting's value is out of range or of the wrong form."""

    zh = "设置 {name} 的值“{value}”不可用：{reason}"
    en = "The value “{value}” of {name} cannot be used: {reason}"


class MissingExtra(SettingFault):
    """A part that was not installed is needed."""

    zh = "{purpose}需要未安装的组件。在项目文件夹里安装：.venv/bin/pip install -e '.[{extra}]'"
    en = "{purpose} needs a part that is not installed. Install it in the project's folder: .venv/bin/pip install -e '.[{extra}]'"


class NoModel(SettingFault):
    """The embedding model cannot be loaded."""

    zh = "向量模型 {name} 无法载入：{reason}。请将 RAG_EMBEDDING 设为本机上的 sentence-transformers 模型文件夹"
    en = "The embedding model {name} cannot be loaded: {reason}. Set RAG_EMBEDDING to a local sentence-transformers folder"


class NoReranker(SettingFault):
    """The cross-encoder cannot be loaded, or gives something else than one score."""

    zh = "重排模型 {name} 无法使用：{reason}。请将 RAG_RERANKER 设为本机上的 CrossEncoder 模型文件夹，或不设"
    en = "The reranker {name} cannot be used: {reason}. Set RAG_RERANKER to a local CrossEncoder folder, or unset it"


# A question to ask otherwise -----------------------------------------------------------------------------------


class QuestionFault(RagError):
    """A question that cannot be searched for."""


class EmptyQuestion(QuestionFault):
    """Nothing is left of the question once white space and control characters are gone."""

    zh = "问题是空的。请输入一个问题，例如：{example}"
    en = "The question is empty. Ask something, for example: {example}"


class UnreadableQuestion(EmptyQuestion):
    """There is something, but no letter and no digit: a smile, a row of marks."""

    zh = "提问里只有符号或表情，读不出要问什么。请用文字写出要问的事，例如：{example}"
    en = "There are only signs in it, and no question can be read. Put it in words, for example: {example}"


class LongQuestion(QuestionFault):
    """The question is longer than the limit."""

    zh = "问题有 {length} 个字，超过 {limit} 个字的上限。请只写要问的事"
    en = "The question has {length} characters, the limit is {limit}. Please write only what you want to know"


class BadLine(QuestionFault):
    """A line of a batch file is not a question."""

    zh = "第 {line} 行不可用：{reason}"
    en = "Line {line} cannot be used: {reason}"


# An input to leave out -----------------------------------------------------------------------------------------


class InputFault(RagError):
    """A file or folder that cannot be read as documents; others are not concerned."""


class NotFound(InputFault):
    """A path that is not there."""

    zh = "找不到 {path}。请检查路径"
    en = "{path} is not there. Check the path"


class NothingToIndex(InputFault):
    """The folders hold no file that any loader reads."""

    zh = "{path} 里没有可以读取的文件。支持的格式：{formats}"
    en = "{path} holds no file that can be read. Formats: {formats}"


class UnknownFormat(InputFault):
    """No loader reads files of this kind."""

    zh = "{path}：不支持 {format} 格式。支持的格式：{formats}"
    en = "{path}: the format {format} is not supported. Formats: {formats}"


class IsFolder(InputFault):
    """A folder where one file is asked for."""

    zh = "{path} 是文件夹，这里要的是一份文件。整个文件夹请用：rag index {path}"
    en = "{path} is a folder, one file is asked for. For the folder: rag index {path}"


class Unreadable(InputFault):
    """A file that its loader cannot read: damaged, encrypted, or not what its ending says."""

    zh = "{path} 无法读取：{reason}。请用原软件打开并另存后再试"
    en = "{path} cannot be read: {reason}. Open it in its own program and save it again"


class NeedsTool(InputFault):
    """A file that could be read if a program or a part were installed."""

    zh = "{path} 需要 {tool} 才能读取。{remedy}"
    en = "{path} needs {tool} to be read. {remedy}"


class NoText(InputFault):
    """A file that was read and holds no text."""

    zh = "{path} 里没有文字（可能是空文件或空白页）。请检查文件"
    en = "{path} holds no text (empty, or blank pages). Check the file"


# An index to build or rebuild ----------------------------------------------------------------------------------


class IndexFault(RagError):
    """The index cannot be used as it is."""


class NoIndex(IndexFault):
    """There is no index in the folder."""

    zh = "{index} 里没有索引。请先建立：rag index 文件夹 --index {index}"
    en = "There is no index in {index}. Build it first: rag index FOLDER --index {index}"


class IndexMismatch(IndexFault):
    """The index was built with another embedding model than the one in use."""

    zh = "索引由模型 {built} 建立，当前模型是 {used}。重新建立：rag index {corpus} --index {index} --rebuild"
    en = "The index was built with {built}, the model in use is {used}. Rebuild it: rag index {corpus} --index {index} --rebuild"


class IndexOutdated(IndexFault):
    """The index has the schema of another release."""

    zh = "索引的格式是第 {built} 版，本程序使用第 {used} 版。重新建立：rag index {corpus} --index {index} --rebuild"
    en = "The index has schema {built}, this release uses {used}. Rebuild it: rag index {corpus} --index {index} --rebuild"


class IndexDamaged(IndexFault):
    """A file of the index is missing or is not what the manifest says."""

    zh = "索引 {index} 已损坏：{reason}。重新建立：rag index {corpus} --index {index} --rebuild"
    en = "The index {index} is damaged: {reason}. Rebuild it: rag index {corpus} --index {index} --rebuild"


class OtherModel(IndexFault):
    """A generation that is to be used was built with another embedding model than the one in use."""

    zh = "{source} 由模型 {built} 建立，当前模型是 {used}。请将 RAG_EMBEDDING 设为那个模型后再试；没有改动任何内容"
    en = "{source} was built with {built}, the model in use is {used}. Set RAG_EMBEDDING to that model and try again; nothing has changed"


class NoEarlier(IndexFault):
    """There is no generation to go back to."""

    zh = "索引 {index} 只有第 {used} 代，没有更早的一代可以回退"
    en = "The index {index} has generation {used} only, there is none before it to go back to"


class ChangedMeanwhile(IndexFault):
    """Another generation than the one that was agreed to would be gone back to."""

    zh = "索引 {index} 刚刚又有改动，所以没有撤销。请看清楚会回到哪一次，再撤销"
    en = "The index {index} has just changed again, so nothing was undone. See what would be gone back to, then undo"


class GenerationDamaged(IndexFault):
    """The generation to go back to cannot be used."""

    zh = "索引 {index} 的第 {number} 代已损坏：{reason}。仍使用第 {used} 代"
    en = "Generation {number} of the index {index} is damaged: {reason}. Generation {used} stays in use"


class BadArchive(IndexFault):
    """A file that an index cannot be written to, or be taken from."""

    zh = "{path} 不能用作索引的导出文件：{reason}。没有改动任何内容。导出：rag export 文件.zip"
    en = "{path} is no file of an exported index: {reason}. Nothing has changed. To export: rag export FILE.zip"


class DimensionMismatch(IndexFault):
    """Vectors of another length than the index holds."""

    zh = "向量有 {given} 维，索引是 {expected} 维。请用建立索引时的模型，或重新建立：rag index 文件夹 --rebuild"
    en = "The vectors have {given} dimensions, the index {expected}. Use its model, or rebuild it: rag index FOLDER --rebuild"


class IndexBusy(IndexFault):
    """Another process is writing the index."""

    zh = "另一个进程正在写入索引 {index}。请等它结束后再试"
    en = "Another process is writing the index {index}. Try again when it has finished"


class NoSpace(IndexFault):
    """The disk is full."""

    zh = "磁盘空间不足，无法写入 {path}。请清理后重试，原有索引没有改动"
    en = "No space is left to write {path}. Make room and try again; the old index is unchanged"


class UploadsFull(NoSpace):
    """The files that were handed over on the page would take more than they may."""

    zh = "加上这个文件，上传的文件共 {size} MB，超过 {limit} MB 的上限，因此没有收录。请先移除不用的文件，或请管理员调高 RAG_UPLOADS"
    en = "With this file the uploads would take {size} MB, more than the {limit} MB that they may, so it was not added. Remove files that are not needed, or have RAG_UPLOADS raised"


class NotWritable(IndexFault):
    """A folder or file cannot be written."""

    zh = "无法写入 {path}：{reason}。请检查权限"
    en = "{path} cannot be written: {reason}. Check its permissions"


# An endpoint to do without -------------------------------------------------------------------------------------


class ModelFault(RagError):
    """The language model gave no usable answer; the extractive answer stands in."""


class ModelUnreachable(ModelFault):
    """The endpoint did not answer, or not in time: a retry may help."""

    zh = "语言模型 {url} 没有响应：{reason}"
    en = "The language model at {url} did not answer: {reason}"


class ModelRefused(ModelFault):
    """The endpoint answered with an error that a retry does not mend."""

    zh = "语言模型 {url} 拒绝了请求：{reason}。请检查 RAG_LLM_MODEL 和 RAG_LLM_KEY"
    en = "The language model at {url} refused the request: {reason}. Check RAG_LLM_MODEL and RAG_LLM_KEY"


# A server to start otherwise -----------------------------------------------------------------------------------


class PortInUse(RagError):
    """The page's port is taken."""

    zh = "端口 {port} 已被占用。换一个端口：RAG_PORT={other} make run"
    en = "Port {port} is in use. Take another: RAG_PORT={other} make run"
