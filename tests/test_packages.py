"""What installing it brings along: few packages, none of them for the network."""

from __future__ import annotations

from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MOST = 7


def closure(name: str, found: set[str]) -> set[str]:
    """The names of the packages that installing one without extras installs here, itself left out."""
    for line in requires(name) or ():
        needed = Requirement(line)
        other = canonicalize_name(needed.name)
        wanted = needed.marker is None or needed.marker.evaluate({"extra": ""})
        if wanted and other not in found:
            found.add(other)
            closure(other, found)
    return found


def test_installing_it_brings_at_most_seven_packages() -> None:
    found = closure("torimem", set())
    assert "numpy" in found
    assert len(found) <= MOST, sorted(found)
