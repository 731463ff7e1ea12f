"""Turns, kept: what somebody said, word for word, as it arrives, is stored, replayed and corrected."""
