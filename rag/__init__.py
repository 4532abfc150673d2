"""条目: answers from Chinese policy documents, each statement with the clause that carries it."""
