"""One text -> what its speaker feels, clause by clause."""
