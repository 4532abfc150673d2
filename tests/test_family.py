from toys import made

from rag.family import end, whole, within

LAW = made(
    [
        ("heading", ("第三章",), "第三章　补贴"),
        ("clause", ("第三章", "第七条"), "第七条　下列单位："),
        ("clause", ("第三章", "第七条", "第一款"), "甲。"),
        ("point", ("第三章", "第七条", "第一款", "（一）"), "（一）乙。"),
        ("furniture", ("p",), "— 3 —"),
        ("clause", ("附件", "一、"), "一、丙。"),
        ("point", ("附件", "一、", "（一）"), "（一）丁。"),
        ("clause", ("第九条", "第二款"), "戊。"),
    ]
)
IDS = [clause.id for clause in LAW.clauses]


def test_what_is_below_an_article_belongs_to_it() -> None:
    assert within(LAW.clauses) == dict.fromkeys(IDS[1:4], IDS[1])  # 第九条 itself is nowhere


def test_a_family_ends_with_its_last_member() -> None:
    assert [end(LAW.clauses, i) for i in range(8)] == [LAW.clauses[i].end for i in (3, 3, 3, 3, 4, 6, 6, 7)]
    assert whole(LAW, 1).text == "第七条　下列单位：\n甲。\n（一）乙。"


def test_furniture_at_the_end_of_a_family_is_not_in_it() -> None:
    parsed = made([("clause", ("一",), "一、总则"), ("point", ("一", "1"), "1.甲。"), ("furniture", ("p",), "— 3 —")])
    assert whole(parsed, 0).text == "一、总则\n1.甲。"
