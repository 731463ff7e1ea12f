"""What a check-up found, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its name, whether it is sound (None: merely absent), and a line about it."""

    name: str
    ok: bool | None
    detail: str
