"""Texts -> vectors: embedders, how vectors are kept in small, and what names mean."""
