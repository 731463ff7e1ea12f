"""A query -> the turns that answer it, ranked, each with its reasons."""
