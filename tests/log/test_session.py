"""What a session is, is one rule: whoever reads a log sees the same ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from torimem.language.analysis import Analysis, Mention
from torimem.log.session import Session
from torimem.log.turn import Turn
from torimem.recall.postings import Postings
from torimem.state import checkpoint, fold
from torimem.state.dynamics import Dynamics

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
NAMES = st.none() | st.sampled_from(["A", "B", "after 1"])
MINUTES = st.sampled_from([-600, -1, 0, 1, 200, 359, 360, 361, 5000])
SMALL = Dynamics(width=8, height=8)


def turns(log: list[tuple[str | None, int]]) -> list[Turn]:
    """Turns with these sessions, each so many minutes after the one before."""
    at, made = START, []
    for n, (session, minutes) in enumerate(log):
        at += timedelta(minutes=minutes)
        spoken = Analysis((Mention(f"n{n}", f"n{n}", 0.0, 0.0),), None, "given")
        made.append(Turn(f"t{n}", n, f"n{n}", "user", None, at, session, spoken))
    return made


@given(st.lists(st.tuples(NAMES, MINUTES), min_size=1, max_size=12))
@example([("A", 0), (None, 1), ("A", 1)])
@example([(None, 0), (None, 360), ("after 1", 1)])
@settings(max_examples=200, deadline=None)
def test_the_fold_and_recall_see_the_same_sessions(log: list[tuple[str | None, int]]) -> None:
    postings, state = Postings(), fold.begin(SMALL)
    folded = []
    for turn in turns(log):
        fold.apply(state, turn)
        folded.append(state.session.number - 1)
        state = checkpoint.load(checkpoint.dump(state))  # and a checkpoint remembers which one is running
        postings.add(turn.text, role="user", speaker=None, at=turn.at, session=turn.session)
    assert postings.sessions(len(log)).tolist() == folded


def test_a_turn_that_names_no_session_goes_on_for_six_hours() -> None:
    def numbers(*log: tuple[str | None, int]) -> list[int]:
        running, found = Session(), []
        for turn in turns(list(log)):
            running = running.after(turn.session, turn.at)
            found.append(running.number)
        return found

    assert numbers(("A", 0), (None, 1), ("A", 1)) == [1, 1, 1]
    assert numbers(("A", 0), (None, 360), ("A", 1)) == [1, 2, 3]
    assert numbers((None, 0), ("A", 1), (None, 359), (None, 359)) == [1, 2, 2, 2]
    assert numbers((None, 0), (None, -900), (None, 901)) == [1, 1, 1]  # counted from the latest moment
    assert numbers(("A", 0), ("A", 9000), ("B", 0)) == [1, 1, 2]
    assert numbers((None, 0), (None, 360), ("after 1", 1)) == [1, 2, 3]  # any name may be given
