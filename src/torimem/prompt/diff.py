"""Two prompts -> which ledger lines came, went or changed between them, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..context.known import Topic
from .ledger import LedgerLine, Prompt
from .sections import KINDS
from .sections.kind import Kind, no_longer_so

Fate = Literal["came", "went", "changed", "cut now", "fits now", "no room", "steady"]
"""What became of a line.

- "came", "went": it is new, or gone;
- "changed": it reads otherwise;
- "cut now", "fits now": the budget cuts it now, or holds it now;
- "no room": it is new, but the budget cuts it (not seen by the model);
- "steady": it reads the same, while the figures behind it moved (not seen by the model).
"""


@dataclass(frozen=True, slots=True)
class LineChange:
    """What became of one ledger line, the line before and after (None where there was none), and why.

    `turns` are the ids of the turns that it rests on now and did not before.
    """

    kind: Fate
    section: str
    about: str
    why: str
    before: LedgerLine | None
    after: LedgerLine | None
    turns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptDiff:
    """Two prompts, and what became of each line that differs between them."""

    before: Prompt
    after: Prompt
    changes: tuple[LineChange, ...]

    @property
    def seen(self) -> tuple[LineChange, ...]:
        """The changes that a model sees: those that make the two texts differ."""
        return tuple(change for change in self.changes if change.kind not in ("no room", "steady"))


def diff(
    before: Prompt, after: Prompt, topics: Sequence[Topic] = (), *, kinds: Sequence[Kind[Any]] = KINDS
) -> PromptDiff:
    """Compares two prompts; a line is the same where its section and what it is about are the same.

    `topics` as they are at the later moment say why a line about one of them is gone, `kinds` are those that
    the prompts were written with.

    >>> def told(*lines):
    ...     return Prompt("", 0, 800, tuple(LedgerLine(*line) for line in lines))
    >>> tea = ("- tea (happy)", "positive", "valence +0.50", ("t1",), 5, True, "tea")
    >>> dearer = ("- tea (very happy)", "positive", "valence +0.90", ("t1", "t2"), 6, True, "tea")
    >>> change, = diff(told(tea), told(dearer)).changes
    >>> change.kind, change.why, change.turns
    ('changed', 'valence +0.50 -> valence +0.90', ('t2',))
    """
    old, new = _by_subject(before.lines), _by_subject(after.lines)
    subjects = list(dict.fromkeys([*new, *old]))
    sections = list(dict.fromkeys(section for section, _, _ in subjects))
    subjects.sort(key=lambda subject: sections.index(subject[0]))
    by_key = {topic.key: topic for topic in topics}
    reasons = {kind.name: kind.gone for kind in kinds}

    def gone(line: LedgerLine) -> str:
        return reasons.get(line.section, no_longer_so)(line, by_key)

    changes = (_change(old.get(subject), new.get(subject), gone) for subject in subjects)
    return PromptDiff(before, after, tuple(change for change in changes if change))


def _by_subject(lines: Sequence[LedgerLine]) -> dict[tuple[str, str, int], LedgerLine]:
    """Lines by section and what they are about; of several about the same, each by its number."""
    seen = Counter[tuple[str, str]]()
    by_subject = {}
    for line in lines:
        subject = (line.section, line.about or line.text)
        by_subject[(*subject, seen[subject])] = line
        seen[subject] += 1
    return by_subject


def _change(
    before: LedgerLine | None, after: LedgerLine | None, gone: Callable[[LedgerLine], str]
) -> LineChange | None:
    """What became of a line; None where nothing did, or neither text has it."""
    shown, shows = before is not None and before.kept, after is not None and after.kept
    kind: Fate
    if after is None:
        if before is None or not shown:
            return None
        kind, why = "went", gone(before)
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
