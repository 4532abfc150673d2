"""A question understood: what every later step reads, a frozen value."""

from dataclasses import dataclass, field

from rag.clause import DocumentId, Filters
from rag.understand.kind import AnswerKind, Version
from rag.understand.matter import asks_how
from rag.understand.points import points
from rag.understand.reference import Reference


@dataclass(frozen=True, slots=True)
class Query:
    """A question understood.

    text        what is searched: the question, with its earlier turns where it leans on them, abbreviations in full, and
                everyday words as the documents put them
    rewritten   the same in the asker's own words
    focus       what is asked now, without what the turns added: decides the kind of answer
    documents   those that the question names by number, title or place; () where it names none
    exact       it names each of them by a number or title that no other bears; `by_name` by one that others may bear
    missing     numbers and titles that it names and no document has
    references  the clauses that it points to by number, in the order asked
    rest        what it says besides names of documents and numbers of clauses; "" where it says nothing else
    list_of     the earlier question of whose answer's list it asks for an item: 第二项具体指什么
    places      names of places in the question; `strange` those that no document is about, and issuers that none has
    matter      what is to be handled or applied for, as it is asked and as documents put it; () where nothing is
    measure     the quantity whose figure is asked for in official words, as it is asked and as documents put it
    act         what it asks whether it may be done, or is there, likewise: 养狗 in 公租房能养狗吗
    is_spoken   it is put as people speak, not as officials write
    filters     the caller's; `understood` those that the question sets by itself (现行有效的, 国家法律)
    """

    question: str
    text: str
    rewritten: str
    focus: str
    kind: AnswerKind
    documents: tuple[DocumentId, ...] = ()
    exact: bool = False
    by_name: bool = False
    missing: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    rest: str = ""
    list_of: str = ""
    places: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    numbers: tuple[str, ...] = ()
    version: Version = "current"
    filters: Filters = field(default_factory=Filters)
    understood: Filters = field(default_factory=Filters)
    matter: tuple[str, ...] = ()
    measure: tuple[str, ...] = ()
    act: tuple[str, ...] = ()
    is_spoken: bool = False

    @property
    def reference(self) -> Reference | None:
        """The first of the clauses that the question points to by number."""
        return self.references[0] if self.references else None

    @property
    def asks_how(self) -> bool:
        """Whether it asks how its matter is handled, and for nothing more exact."""
        return bool(self.matter) and asks_how(self.rewritten)

    @property
    def points(self) -> tuple[str, ...]:
        """In what the sides of a comparison are compared, their places left out; () for everything."""
        text = self.text
        for place in self.places:
            text = text.replace(place, " ")
        return points(text)
