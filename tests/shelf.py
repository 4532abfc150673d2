"""The documents page over a small real index, with a toy embedder; tests hold it in the process or in a browser.

`python -m tests.shelf FOLDER` builds an index in the folder and serves it on a free port, whose number it prints.
"""

import sys
from pathlib import Path

from fastapi import FastAPI

from page import documents_routes, routes
from page.manage import Manager
from rag.answer import Answerer
from rag.index import build
from rag.live import Live
from rag.settings import Settings, load
from tests.toys import Characters, written

RULE = "{place}办法\n\n{number}\n\n第一章  总则\n\n第一条  申请补贴的，应当年满十八周岁。\n\n第二条  本办法自2022年1月1日起施行。\n"


def rule(place: str, number: str = "") -> str:
    """A document of two articles."""
    return RULE.format(place=place, number=number)


class Shelf:
    """An index of two documents in a corpus folder, its answerer, its manager and the page's application."""

    def __init__(self, folder: Path, **given: object) -> None:
        self.corpus = written(folder / "corpus", 甲区=rule("甲区"), 乙区=rule("乙区"))
        self.settings: Settings = load({}, index=folder / "index", corpus=str(self.corpus), **given)
        self.model = Characters()
        build([self.corpus], self.settings, embedder=self.model)
        self.answerer = Answerer(Live(self.settings, self.model), self.model, self.settings)
        self.manager = Manager(self.answerer, (0.01, 3000))

    def app(self) -> FastAPI:
        """The documents page and the documents, guarded as they are served."""
        app = FastAPI()
        routes.add_files(app)
        routes.add_documents(app, self.answerer, self.settings.language)
        documents_routes.add(app, self.answerer.documents, self.answerer.source, self.settings, self.manager)
        app.add_middleware(routes.Guard, language=self.settings.language)
        return app

    def titles(self) -> list[str]:
        """What is indexed."""
        return sorted(document.title for document in self.answerer.documents())


def main() -> None:
    """Serves the page until it is stopped."""
    import uvicorn

    import app

    shelf = Shelf(Path(sys.argv[1]))
    listener = app.bound(shelf.settings.model_copy(update={"port": 0}))
    built = app.build(shelf.answerer, shelf.settings, manager=shelf.manager)
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(built, log_level="warning", timeout_graceful_shutdown=1)).run(sockets=[listener])


if __name__ == "__main__":
    main()
