"""One text -> what it claims of its author, slot by slot, and which slots a question asks for."""
