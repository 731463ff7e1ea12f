"""What a memory takes: turns, searches, messages; and how its prompts and its count of tokens read."""
