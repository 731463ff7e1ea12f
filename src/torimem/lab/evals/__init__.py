"""Evaluations: how well a memory does what it promises, measured on data that others labelled."""
