"""State and recall -> what is known now: active topics, feelings about them, facts that bear on a query."""
