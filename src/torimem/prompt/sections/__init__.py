"""The kinds of sections that a prompt can have, one in each file here.

To add a kind, write its file and add it to `KINDS`; a template then shows it where it says so.
"""

from .facts import FACTS
from .guidance import GUIDANCE
from .insights import INSIGHTS
from .kind import Finding, Kind
from .mood import MOOD
from .profile import PROFILE
from .relationships import RELATIONSHIPS
from .themes import NEGATIVE, POSITIVE
from .topics import TOPICS
from .trajectory import TRAJECTORY
from .usual import USUAL

__all__ = ["KINDS", "Finding", "Kind"]

KINDS = (
    PROFILE,
    TOPICS,
    POSITIVE,
    NEGATIVE,
    MOOD,
    USUAL,
    FACTS,
    RELATIONSHIPS,
    TRAJECTORY,
    INSIGHTS,
    GUIDANCE,
)
"""All of them, in the order in which error messages list them."""
