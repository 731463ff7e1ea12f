"""One text -> the topics it speaks of, in a dozen languages."""
