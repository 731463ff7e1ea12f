"""A context -> the prompt that a token budget holds, with a ledger of its lines."""
