"""Two prompts -> which ledger lines came, went or changed between them, and why; it reads nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..context.known import Topic
from .ledger import LedgerLine, Prompt

Kind = Literal["came", "went", "changed", "cut now", "fits now", "no room", "steady"]
"""What became of a line.

It came or went; it tells the same otherwise; the budget cuts it now, or holds it now. The model does not see
the last two: it came, but the budget had no room for it, and it reads the same while the figures behind it
moved.
"""

_OF_TOPICS = ("topics", "positive", "negative", "relationships", "trajectory")
"""The sections whose lines tell of one topic, by its key."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """What became of one ledger line, the line before and after (None where there was none), and why.

    `turns` are the ids of those that it rests on now and did not before.
    """

    kind: Kind
    section: str
    about: str
    why: str
    before: LedgerLine | None
    after: LedgerLine | None
    turns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptDiff:
    """Two prompts, and what became of each line that is not the same in both."""

    before: Prompt
    after: Prompt
    changes: tuple[LineChange, ...]

    @property
    def seen(self) -> tuple[LineChange, ...]:
        """The changes that a model sees: the texts of the two prompts differ by these."""
        return tuple(change for change in self.changes if change.kind not in ("no room", "steady"))


def diff(before: Prompt, after: Prompt, topics: Sequence[Topic] = ()) -> PromptDiff:
    """What became of each line; a line is the same where its section and what it is about are the same.

    `topics` as they are at the later moment say why a line about one of them is gone.

    >>> def told(*lines):
    ...     return Prompt("", 0, 800, tuple(LedgerLine(*line) for line in lines))
    >>> tea = ("- tea (happy)", "positive", "valence +0.50", ("t1",), 5, True, "tea")
    >>> dearer = ("- tea (very happy)", "positive", "valence +0.90", ("t1", "t2"), 6, True, "tea")
    >>> change, = diff(told(tea), told(dearer)).changes
    >>> change.kind, change.why, change.turns
    ('changed', 'valence +0.50 -> valence +0.90', ('t2',))
    """
    old, new = _by_subject(before.lines), _by_subject(after.lines)
    sections = list(dict.fromkeys(section for section, _, _ in [*new, *old]))
    subjects = sorted(dict.fromkeys([*new, *old]), key=lambda subject: sections.index(subject[0]))
    known = {topic.key: topic for topic in topics}
    found = (_change(old.get(subject), new.get(subject), known) for subject in subjects)
    return PromptDiff(before, after, tuple(change for change in found if change))


def _by_subject(lines: Sequence[LedgerLine]) -> dict[tuple[str, str, int], LedgerLine]:
    """Lines by section and what they are about; of several about the same, each by its number."""
    seen = Counter[tuple[str, str]]()
    found = {}
    for line in lines:
        subject = (line.section, line.about or line.text)
        found[(*subject, seen[subject])] = line
        seen[subject] += 1
    return found


def _change(
    before: LedgerLine | None, after: LedgerLine | None, topics: Mapping[str, Topic]
) -> LineChange | None:
    """None where nothing is different, or the line was to be seen in neither prompt."""
    shown, shows = before is not None and before.kept, after is not None and after.kept
    kind: Kind
    if after is None:
        if before is None or not shown:
            return None
        kind, why = "went", _gone(before, topics)
    elif before is None:
        kind, why = ("came", after.why) if shows else ("no room", f"the budget cut it: {after.why}")
    elif shown != shows:
        kind = "fits now" if shows else "cut now"
        why = f"the budget {'holds' if shows else 'cuts'} it now: {after.why}"
    elif not shows or (before.text, before.why) == (after.text, after.why):
        return None
    else:
        kind = "changed" if before.text != after.text else "steady"
        why = after.why if before.why == after.why else f"{before.why} -> {after.why}"
    line = after or before
    assert line is not None
    fresh = () if after is None else after.sources
    turns = tuple(id for id in fresh if before is None or id not in before.sources)
    return LineChange(kind, line.section, line.about, why, before, after, turns)


def _gone(line: LedgerLine, topics: Mapping[str, Topic]) -> str:
    """Why a line is no longer there: what its topic has come to, else what no longer holds."""
    if line.section == "facts":
        return f"other turns bear more on what is spoken of now; it was {line.why}"
    if line.section not in _OF_TOPICS or not topics:
        return f"no longer so: {line.why}"
    topic = topics.get(line.about)
    if topic is None:
        return f"the topic has no place on the torus now; it was {line.why}"
    felt = "" if topic.valence is None else f", valence {round(topic.valence, 2) + 0.0:+.2f}"
    return f"activation {topic.activation:.2f}{felt} now; it was {line.why}"
