"""What is measured, a command each: `run` scores answers on a gold file, `curve` answers and refusals by threshold, `parse`
the parser, `retrieval` the search, `bench` time and memory. `make` drafts gold questions, `convert` turns them into a
workbook and back.

The table goes to standard output, everything else to standard error. Exit status: 0 done; 1 a failure in one line, or
a missed `--min`; 2 wrong usage. The heavy parts are imported once the usage is right.
"""

import sys

import eval.commands.drafting
import eval.commands.measuring
import eval.commands.scoring  # noqa: F401  (each adds its commands)
from eval.commands.program import app
from rag.errors import Language, RagError
from rag.settings import load


@app.callback()
def root() -> None:
    """评测：用标注问题衡量回答 Scores the system on gold questions."""


def _language() -> Language:
    """The language of messages; Chinese where the settings themselves are at fault."""
    try:
        return load().language
    except RagError:
        return "zh"


def main() -> None:
    """Runs the program; an error of the library becomes one line, a bad gold file one more for each fault."""
    try:
        app()
    except RagError as error:
        for fault in getattr(error, "faults", ()):
            print(fault, file=sys.stderr)
        print(error.message(_language()), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
