"""One text -> what it says: topics, feelings, claims, time spans and vectors. Knows no memory."""
