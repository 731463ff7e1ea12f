"""Which turns of a log are one session: the rule, for all who read a log turn by turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

GAP = timedelta(hours=6)
"""So long after its last turn, a session is over for a turn that names none."""


@dataclass(frozen=True, slots=True)
class Session:
    """The session that a log is in: its number from 1, its name if it has one, its latest moment.

    Before the first turn the number is 0.
    """

    number: int = 0
    name: str | None = None
    at: datetime | None = None

    def after(self, name: str | None, at: datetime) -> Session:
        """The session of the next turn, which names one or None and is said at a moment.

        A turn that names another session begins it. A turn that names none goes on in the session that is
        running, unless six hours have passed since its latest turn.

        >>> noon = datetime(2026, 1, 31, 12)
        >>> first = Session().after("A", noon)
        >>> unnamed = first.after(None, noon + timedelta(hours=5))
        >>> later = unnamed.after(None, noon + timedelta(hours=11))
        >>> [one.number for one in (first, unnamed, later, later.after("A", noon))]
        [1, 1, 2, 3]
        """
        if self.at is None or (at - self.at >= GAP if name is None else name != self.name):
            return Session(self.number + 1, name, at)
        return Session(self.number, self.name, max(self.at, at))
