"""Evidence → the sentences that answer, without a model.

`structure`, `table` and `procedure` read answers off the document's own structure, `comparison` puts sides beside each
other and `versions` the articles of two versions, `validity` says whether a document holds, `pick` chooses sentences by likeness and by the `form` that is wanted, `lead` gives an item what leads its list,
`conflict` finds what another document says otherwise, `place` says where a statement stands. Each gives statements in the document's own words; what is cited of them, and whether
they hold, is `cite`'s and `verify`'s. A new kind of question is a function and a line in `_BY_KIND`.
"""

from collections.abc import Callable, Sequence

from rag.cite import Statement
from rag.extract.comparison import compared
from rag.extract.conflict import disputed
from rag.extract.pick import picked
from rag.extract.place import name, place
from rag.extract.procedure import free_of_charge, guided
from rag.extract.structure import asks_parts, counted, listed, section, whole
from rag.extract.table import cells, departments, tasks
from rag.extract.validity import never_repealed, standing, untold
from rag.extract.versions import changed
from rag.retrieve import Evidence, Retriever
from rag.understand import AnswerKind, Query

__all__ = ["disputed", "free_of_charge", "name", "never_repealed", "place", "statements", "structural", "untold"]

Kind = Callable[[Query, Sequence[Evidence], Retriever], list[Statement]]
"""A query, its evidence and where to look further → statements; [] where this way has no answer."""


def structural(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The statements that follow from the documents' dates and structure, not from likeness: how one stands, a clause by its number,
    a section by its heading, a row's cell by its figure, parts counted, the rows of a department; [] where the question is not of that kind or the structure is silent.
    """
    if found := standing(query, evidence, retriever):
        return found
    if not evidence:
        return []
    if query.kind == "clause" and evidence[0].hit.why == "reference":
        return whole(query, evidence, retriever)
    if found := section(query, evidence, retriever):
        return found
    if query.kind in ("date", "number", "open") and (found := cells(query, evidence, retriever)):
        return found
    if query.kind in ("count", "tasks", "list") and (found := tasks(query, evidence, retriever)):
        return found
    return counted(query, evidence, retriever) if query.kind == "count" or asks_parts(query) else []


def statements(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    """The statements that answer `query`, best first; [] where the evidence holds none of the wanted form."""
    kinds = _BY_KIND["comparison" if query.version == "both" else query.kind]
    for kind in kinds:
        if evidence and (found := kind(query, evidence, retriever)):
            return found
    return []


def _open(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    return picked(query, evidence, retriever, retriever.settings.statements, 0.18)


def _exact(query: Query, evidence: Sequence[Evidence], retriever: Retriever) -> list[Statement]:
    return picked(query, evidence, retriever, 2, 0.12)


_BY_KIND: dict[AnswerKind, tuple[Kind, ...]] = {
    "clause": (_open,),
    "count": (_exact,),
    "tasks": (_open,),
    "department": (departments, _exact),
    "comparison": (changed, compared),
    "date": (_exact,),
    "number": (guided, _exact),
    "list": (guided, listed, _open),
    "open": (guided, _open),
}
"""What is tried for each kind of question, in order."""
