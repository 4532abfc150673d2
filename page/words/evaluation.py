"""What the page of evaluations says, for a reader who knows nothing of metrics; in Chinese and in English."""

from collections.abc import Mapping
from dataclasses import dataclass

from rag.errors import Language


@dataclass(frozen=True, slots=True)
class EvaluationWords:
    """The texts in one language; those with facts are templates."""

    title: str
    lead: str
    none: str
    none_how: str
    damaged: str
    reports: str
    verdict: str
    facts: Mapping[str, str]
    """What a report says of itself, by its own names."""
    excerpts: str
    documents: str
    version: str
    left_out: str
    figures: str
    interval: str
    metric: str
    value: str
    plot: str
    questions: str
    unit: str
    from_to: str
    beside: str
    beside_how: str
    scores: str
    reliability: str
    reliability_how: str
    threshold_precision: str
    threshold_recall: str
    by_type: str
    all_right: str
    milliseconds: str
    characters: str
    names: Mapping[str, tuple[str, str]]
    """Each figure as one says it, and what it means."""
    types: Mapping[str, str]
    wrong: str
    wrong_lead: str
    none_wrong: str
    more_wrong: str
    earlier: str
    given: str
    wanted: str
    to_be_refused: str
    missing: str
    refused_wrongly: str
    not_refused: str
    lacks_facts: str
    lacks_clauses: str
    either: str
    listed: str
    parted: str
    hit: str
    no_hit: str


_ZH = EvaluationWords(
    title="评测",
    lead="用事先写好标准答案的题目逐一提问，看回答对不对、出处引得准不准、该拒答时有没有拒答。以下是最近的结果。",
    none="还没有评测结果",
    none_how="在安装目录运行下面的命令，完成后刷新本页（约需五分钟）：",
    damaged="评测结果 {name} 无法读取，文件可能已损坏。请重新运行 make eval",
    reports="各次评测",
    verdict="{n} 道题，{right} 道全对：要点齐全，该引的条目都引到，该拒答的拒答。",
    facts={
        "date": "时间",
        "gold": "题目",
        "model": "回答方式",
        "embedding": "向量模型",
        "commit": "程序版本",
        "generation": "索引",
    },
    excerpts="原文摘录，不用语言模型",
    documents="{documents} 份文件、{clauses} 个条目",
    version="运行环境",
    left_out="跳过 {skipped} 题，{failed} 份文件未能读取",
    figures="答得怎么样",
    interval="横条是测得的值。下面的细线是区间：换一批同类题目再测，结果大多（95%）会落在这个范围；题目越少，区间越宽。各题结果都一样时估不出区间，不标。",
    metric="指标",
    value="结果",
    plot="图示",
    questions="题数",
    unit="题数",
    from_to="{low} 至 {high}",
    beside="与其他做法比较",
    beside_how="同样的文件、同样的题目。bm25 只按字词，dense 只按向量，langchain-default 是常见教程的做法；它们把最相近的几段原文照录为回答，不会拒答。",
    scores="得分可信吗",
    reliability="各档得分里，前五条确有标准条目的题",
    reliability_how="得分是程序自己估计的把握。得分 0.8 的题里应有约八成找对；比例高于得分，说明估计偏保守。",
    threshold_precision="假如只凭得分拒答：各门槛下拒得对的比例",
    threshold_recall="假如只凭得分拒答：各门槛下该拒的题拒了多少",
    by_type="按题型",
    all_right="全对的题",
    milliseconds="{n} 毫秒",
    characters="{n} 字",
    names={
        "fact_accuracy": ("要点齐全", "回答里标准答案的每个要点都在的题，占多少"),
        "citation_recall": ("该引的引到了", "标准答案所在的条目，回答引用到的占多少"),
        "citation_precision": ("引用对题", "回答引用的条目中，正是标准答案所在条目的占多少"),
        "refusal_precision": ("拒答拒得对", "拒答的题里，文件中确实没有答案的占多少"),
        "refusal_recall": ("该拒答的拒答了", "文件里没有答案的题，拒答的占多少"),
        "refusal_f1": ("拒答综合", "上面两项的调和平均"),
        "recall_at_1": ("检索第 1 条就对", "检索排在第一的，就是标准答案所在条目"),
        "recall_at_5": ("前 5 条里有", "标准答案所在条目出现在前五名的占多少"),
        "recall_at_10": ("前 10 条里有", "出现在前十名的占多少"),
        "recall_at_100": ("前 100 条里有", "出现在前一百名的占多少"),
        "mrr_at_10": ("对的条目排得多前", "总在第一名为 100%，总在第二名为 50%"),
        "citation_length": ("引用条目的长度", "中位数；越短，出处指得越具体"),
        "latency_p50_ms": ("回答用时", "一半的题在这个时间内答完"),
        "latency_p95_ms": ("较慢时用时", "95% 的题在这个时间内答完"),
        "hit_length": ("检索到的条目的长度", "中位数"),
    },
    types={
        "factual": "问事实",
        "colloquial": "口语提问",
        "table": "问表格",
        "direct": "按条号问",
        "multi_doc": "跨文件",
        "enumeration": "列举与计数",
        "multi_turn": "追问",
        "validity": "效力与依据",
        "unanswerable": "文件里没有答案",
    },
    wrong="没有全对的 {n} 题",
    wrong_lead="点开可对照回答与标准答案。",
    none_wrong="每道题都全对。",
    more_wrong="另有 {n} 题未列出，见 report.html。",
    earlier="此前问过",
    given="回答",
    wanted="标准答案",
    to_be_refused="文件里没有答案，应当拒答。",
    missing="问题在哪",
    refused_wrongly="不该拒答而拒答",
    not_refused="应当拒答而作了回答",
    lacks_facts="缺要点：{facts}",
    lacks_clauses="没有引用：{clauses}",
    either=" 或 ",
    listed="、",
    parted="；",
    hit="（引对）",
    no_hit="（标准答案未列）",
)
_EN = EvaluationWords(
    title="Evaluation",
    lead="Questions whose answers were written down beforehand are asked one by one: is the answer right, does it cite "
    "the right clause, is it refused where the documents do not answer? These are the latest results.",
    none="There is no result yet",
    none_how="Run this command where the program is installed, then reload this page (about five minutes):",
    damaged="The result {name} cannot be read; its file may be damaged. Run make eval again",
    reports="Results",
    verdict="Of {n} questions {right} are right in everything: all facts, all clauses cited, refused where they should be.",
    facts={
        "date": "Date",
        "gold": "Questions",
        "model": "Answers by",
        "embedding": "Embedding model",
        "commit": "Version",
        "generation": "Index",
    },
    excerpts="excerpts, no language model",
    documents="{documents} documents, {clauses} clauses",
    version="Runs on",
    left_out="Questions left out: {skipped}; documents that could not be read: {failed}",
    figures="How good the answers are",
    interval="The bar is the value measured. The thin line below it is its interval: with other questions of the same kind "
    "the value would mostly (95%) lie within it; the fewer the questions, the wider. "
    "Where all questions come out alike none can be told, and none is drawn.",
    metric="Figure",
    value="Result",
    plot="Plot",
    questions="Questions",
    unit="of",
    from_to="{low} to {high}",
    beside="Beside other ways",
    beside_how="The same documents and questions. bm25 goes by words alone, dense by vectors alone, langchain-default is the usual tutorial's way; they answer with the nearest passages word for word and never refuse.",
    scores="Can the score be trusted?",
    reliability="By score: questions of which a wanted clause is among the first five",
    reliability_how="The score is the program's own estimate. Of questions with a score of 0.8 about eight in ten should be found; a share above the score means that it is cautious.",
    threshold_precision="If the score alone refused: the share of refusals that are right, by threshold",
    threshold_recall="If the score alone refused: the share of what should be refused that is, by threshold",
    by_type="By type of question",
    all_right="Right in everything",
    milliseconds="{n} ms",
    characters="{n} characters",
    names={
        "fact_accuracy": ("All facts there", "questions whose answer has every fact of the reference"),
        "citation_recall": ("Right clauses cited", "of the clauses that hold the answer, the share that is cited"),
        "citation_precision": ("Citations to the point", "of the clauses cited, the share that holds the answer"),
        "refusal_precision": ("Refusals that were right", "of the refused questions, those without an answer"),
        "refusal_recall": ("Refused where it should be", "of the questions without an answer, those refused"),
        "refusal_f1": ("Refusals in all", "the harmonic mean of both"),
        "recall_at_1": ("Found at first place", "the best hit is the clause that holds the answer"),
        "recall_at_5": ("Found among 5", "the clause is among the first five hits"),
        "recall_at_10": ("Found among 10", "the clause is among the first ten hits"),
        "recall_at_100": ("Found among 100", "the clause is among the first hundred hits"),
        "mrr_at_10": ("How far in front", "100% where the right clause is always first, 50% where always second"),
        "citation_length": ("Length of a cited clause", "the median; the shorter, the more exact the source"),
        "latency_p50_ms": ("Time of an answer", "half of the answers take less"),
        "latency_p95_ms": ("Time of a slow answer", "95% of the answers take less"),
        "hit_length": ("Length of a clause found", "the median"),
    },
    types={
        "factual": "Facts",
        "colloquial": "Everyday wording",
        "table": "Tables",
        "direct": "By clause number",
        "multi_doc": "Several documents",
        "enumeration": "Lists and counts",
        "multi_turn": "Follow-ups",
        "validity": "In force, and on what basis",
        "unanswerable": "Not in the documents",
    },
    wrong="Questions that are not right in everything: {n}",
    wrong_lead="Open one to see the answer beside the reference.",
    none_wrong="Every question is right in everything.",
    more_wrong="{n} more are not listed; see report.html.",
    earlier="Asked before",
    given="Answer",
    wanted="Reference",
    to_be_refused="The documents do not answer this; it was to be refused.",
    missing="What is wrong",
    refused_wrongly="refused, though there is an answer",
    not_refused="answered, though it was to be refused",
    lacks_facts="facts missing: {facts}",
    lacks_clauses="not cited: {clauses}",
    either=" or ",
    listed=", ",
    parted="; ",
    hit=" (right)",
    no_hit=" (not in the reference)",
)


def of(language: Language) -> EvaluationWords:
    """The texts in this language.

    >>> of("zh").title, of("en").title
    ('评测', 'Evaluation')
    """
    return _EN if language == "en" else _ZH
