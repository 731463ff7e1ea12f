"""One turn, put right: by what its user says of it, or by analysing it afresh; a pure function of that turn.

What somebody gave, when it was said or in a correction, is theirs: a fresh analysis keeps it. It knows no
other turn and no database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..checks import unicode, valence
from ..errors import InvalidInput, NotFound
from ..language.analyser import analyse, topic_key
from ..language.analysis import GIVEN, Analysis, Claim, Mention, Readers
from ..language.feeling.judge import VADER, Sentiment
from .arrival import checked
from .turn import Correction, Message, Turn

_NOTICED = 0.1
"""A feeling that moves by more is worth telling."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a user puts right about a turn, and why; what is None stays as it is.

    `topics` and `emotion` are as in a `Message`, `feelings` maps topics of the turn to valences of their own.
    A new `text` replaces all that was known of the turn.
    """

    text: str | None = None
    topics: Collection[str] | None = None
    emotion: float | None = None
    feelings: Mapping[str, float] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What analysing one turn afresh changes.

    `analysers`, `valences` (of the whole turn) and `claims` are before and after; topics are as they are
    written. Those `felt` otherwise stand with their valences before and after.
    """

    turn_id: str
    analysers: tuple[str, str]
    valences: tuple[float | None, float | None]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    felt: tuple[tuple[str, float, float], ...]
    claims: tuple[tuple[Claim, ...], tuple[Claim, ...]] = ((), ())


def corrected(turn: Turn, given: Given, at: datetime, sentiment: Sentiment = VADER) -> Turn:
    """The turn as it is after a correction, with a note that keeps the text as it was first said.

    Raises `InvalidInput` where nothing is given or a value breaks a rule, `NotFound` for a feeling about a
    topic that the turn does not have.

    >>> noon, text = datetime(2026, 1, 31, 12), "Work is just great"
    >>> turn = Turn("a", 0, text, "user", None, noon, None, analyse(text))
    >>> right = corrected(turn, Given(emotion=-0.6, reason="irony"), noon)
    >>> right.topics, right.emotion, right.corrected.what
    (('work',), -0.6, ('emotion',))
    """
    said, feelings = _checked(turn, given)
    original = turn.original
    if given.text is not None:
        turn = replace(turn, text=said.text, corrected=None)
        analysis = _analysed(turn, said.topics, said.emotion, sentiment)
    elif said.topics is not None:
        emotion = _given_emotion(turn) if said.emotion is None else said.emotion
        analysis = _analysed(turn, said.topics, emotion, sentiment)
    elif said.emotion is not None:
        analysis = _felt_as(turn.analysis, valence(said.emotion))
    else:
        analysis = turn.analysis
    own = {} if said.emotion is not None else {key: one.valence for key, one in _felt(turn).items()}
    own |= _of(analysis, feelings)
    analysis = replace(analysis, mentions=_with(analysis.mentions, own))
    felt = tuple(one.label for one in analysis.mentions if _name(one) in own)
    before = turn.corrected or Correction(at)
    now = {"text": given.text, "topics": given.topics, "emotion": given.emotion}
    what = tuple(name for name, value in now.items() if value is not None or name in before.what)
    note = Correction(
        at, what, felt, given.reason or before.reason, original if original != turn.text else None
    )
    return replace(turn, analysis=analysis, corrected=note)


def afresh(turn: Turn, sentiment: Sentiment = VADER) -> Analysis:
    """What the analyser finds in a turn now; what was given, or corrected, stays."""
    topics = turn.topics if _readers(turn).topics == GIVEN else None
    fresh = _analysed(turn, topics, _given_emotion(turn), sentiment)
    felt = _felt(turn)
    found = {_name(mention) for mention in fresh.mentions}
    missed = tuple(replace(mention, key=key) for key, mention in felt.items() if key not in found)
    kept = _with(fresh.mentions, {key: mention.valence for key, mention in felt.items()})
    return replace(fresh, mentions=(*kept, *missed))


def change(turn: Turn, fresh: Analysis) -> Change | None:
    """How another analysis differs from a turn's own, None where nobody would notice.

    A feeling differs where its sign does, or it by more than 0.1.
    """
    old = turn.analysis
    before = {_name(mention): mention for mention in old.mentions}
    after = {_name(mention): mention for mention in fresh.mentions}
    gained = tuple(one.label for key, one in after.items() if key not in before)
    lost = tuple(one.label for key, one in before.items() if key not in after)
    felt = tuple(
        (one.label, before[key].valence, one.valence)
        for key, one in after.items()
        if key in before and _differs(before[key].valence, one.valence)
    )
    same = old.claims == fresh.claims and not _differs(old.valence, fresh.valence)
    if same and not (gained or lost or felt):
        return None
    analysers, valences = (old.analyser, fresh.analyser), (old.valence, fresh.valence)
    return Change(turn.id, analysers, valences, gained, lost, felt, (old.claims, fresh.claims))


def _differs(before: float | None, after: float | None) -> bool:
    old, new = before or 0.0, after or 0.0
    return (old > 0, old < 0) != (new > 0, new < 0) or round(abs(new - old), 4) > _NOTICED


def analyser(turn: Turn, sentiment: Sentiment = VADER) -> str:
    """The name that an analysis of a turn has now: where it has that name already, nothing is new.

    >>> text = "Work is just great"
    >>> turn = Turn("a", 0, text, "user", None, datetime(2026, 1, 31), None, analyse(text, emotion=-0.6))
    >>> analyser(turn) == turn.analysis.analyser
    True
    """
    readers = _readers(turn)
    topics = () if readers.topics == GIVEN else None
    emotion = 0.0 if readers.feelings == GIVEN else None
    return analyse("", topics=topics, emotion=emotion, sentiment=sentiment, role=turn.role).analyser


def _checked(turn: Turn, given: Given) -> tuple[Message, dict[str, float]]:
    """What is given as a message, and the feelings by name; raises `InvalidInput`."""
    parts = given.text, given.topics, given.emotion, given.feelings or None
    if all(part is None for part in parts):
        raise InvalidInput("a correction needs text, topics, emotion or feelings: give at least one")
    if not isinstance(given.reason, str):
        raise InvalidInput(f"reason is {given.reason!r:.60}, it must be text")
    unicode(given.reason, "reason")
    topics: Any = given.topics  # any collection: `checked` makes it a tuple
    text = turn.text if given.text is None else given.text
    said = checked(Message(text, turn.role, topics=topics, emotion=given.emotion))
    feelings: Any = {} if given.feelings is None else given.feelings
    if not isinstance(feelings, Mapping) or not all(isinstance(name, str) for name in feelings):
        raise InvalidInput(f"feelings is {feelings!r:.60}, it must map names of topics to numbers")
    return said, {name: valence(value, f"feelings[{name!r}]") for name, value in feelings.items()}


def _analysed(
    turn: Turn, topics: tuple[str, ...] | None, emotion: float | None, sentiment: Sentiment
) -> Analysis:
    who = [turn.speaker] if turn.speaker else []
    return analyse(
        turn.text, topics=topics, emotion=emotion, speaker_names=who, sentiment=sentiment, role=turn.role
    )


def _name(mention: Mention) -> str:
    """Its key as it is made now: the one that it has may be of an earlier version."""
    return topic_key(mention.label)


def _readers(turn: Turn) -> Readers:
    return Readers.named(turn.analysis.analyser)


def _given_emotion(turn: Turn) -> float | None:
    return turn.emotion if _readers(turn).feelings == GIVEN else None


def _felt_as(analysis: Analysis, emotion: float) -> Analysis:
    """The same topics, all felt like that: what analysing gives where an emotion is given."""
    mentions = tuple(replace(mention, valence=emotion, weight=1.0) for mention in analysis.mentions)
    readers = replace(Readers.named(analysis.analyser), feelings=GIVEN)
    return replace(analysis, mentions=mentions, valence=emotion, analyser=readers.name)


def _felt(turn: Turn) -> dict[str, Mention]:
    """The topics whose feelings were corrected one by one."""
    names = turn.corrected.felt if turn.corrected else ()
    keys = {topic_key(name) for name in names}
    return {key: one for one in turn.analysis.mentions if (key := _name(one)) in keys}


def _of(analysis: Analysis, feelings: Mapping[str, float]) -> dict[str, float]:
    """Feelings by the keys of their topics; raises `NotFound` for a topic that an analysis does not have."""
    keys = {_name(mention) for mention in analysis.mentions}
    for name in feelings:
        if topic_key(name) not in keys:
            known = ", ".join(mention.label for mention in analysis.mentions) or "none"
            raise NotFound(
                f"feelings has {name!r:.60}, the topics of the turn are {known}: name one of these"
            )
    return {topic_key(name): value for name, value in feelings.items()}


def _with(mentions: tuple[Mention, ...], felt: Mapping[str, float]) -> tuple[Mention, ...]:
    """Mentions with some feelings in place of those that were found."""
    return tuple(
        replace(one, valence=felt[name], weight=1.0) if (name := _name(one)) in felt else one
        for one in mentions
    )
