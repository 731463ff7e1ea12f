"""Results -> what people look at: tables and lines in a terminal, pictures."""
