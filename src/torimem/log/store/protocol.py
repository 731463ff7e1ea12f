"""What a store must do: a dozen operations on scopes, on the turns of their logs, on bytes kept with turns.

A store keeps and finds. What a turn means is decided before it comes here (`analyse`), what turns add up to
is decided after it leaves (`fold`). `StoreBase` derives from these operations all else that is asked of one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ...errors import InvalidInput
from ..turn import Turn


@dataclass(frozen=True, slots=True)
class Scope:
    """The log of one user and agent, as it is now.

    `number` names it in its store and is never used again, `agent` is "" where there is none. `dynamics` are
    the Dynamics it is folded with (JSON). `epoch` rises whenever the past changes, so that whoever has folded
    it knows to begin again. `turns` is the length of the log. `embedder` names the model that made its
    vectors, None where there are none.
    """

    number: int
    user: str
    agent: str
    dynamics: str
    epoch: int
    turns: int
    embedder: str | None = None


class Store(Protocol):
    """The operations that a store has of its own; derive from `StoreBase` to have the rest.

    A scope is given by its number, a turn by its `index`: its position among the turns that are in the log
    now, from 0. Indexes close up where turns are removed; no turn is rewritten for that. Threads share a
    store, and processes one that can be reached from several: each operation is done whole or not at all,
    and so it is seen by others. All raise `StoreError` where the store cannot be read or written.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What messages call this store, such as the path of its file."""

    @abstractmethod
    def scopes(self) -> list[Scope]:
        """Every scope, by user and agent."""

    @abstractmethod
    def scope(self, user: str, agent: str, dynamics: str) -> Scope:
        """The scope of a user and an agent; made with these Dynamics where it is new."""

    @abstractmethod
    def update(self, scope: int, *, dynamics: str | None = None, embedder: str | None = None) -> None:
        """Change what is not None. Other Dynamics raise the epoch; an `embedder` of "" means none."""

    @abstractmethod
    def drop(self, scope: int) -> None:
        """Delete a scope and all that is in it; an erasure is pending then."""

    @abstractmethod
    def append(self, scope: int, turns: Iterable[Turn]) -> list[Turn]:
        """Write turns at the end of the log, all or none; returns them with their `index`.

        A turn whose id is in the log is not written again: the one in the log is returned (see `retried`).
        Raises `InvalidInput` for an id that is in the log with another text or role, `NotFound` for a scope
        that was dropped.
        """

    @abstractmethod
    def turns(self, scope: int, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        """The turns with start <= index < stop, in order."""

    @abstractmethod
    def rewrite(self, scope: int, *, replace: Iterable[Turn] = (), remove: Collection[int] = ()) -> None:
        """Write turns over those that have their index, then remove turns by index; all or nothing.

        What is kept with a removed turn goes with it, what is kept with the others stays. Raises the epoch,
        and an erasure is pending then, unless nothing is given. Raises `NotFound` for an index that is not
        in the log.
        """

    @abstractmethod
    def put(self, scope: int, kind: str, values: Mapping[int, bytes | None]) -> None:
        """Keep bytes of a kind with turns, by index, in place of those there are; None takes them away.

        Raises `NotFound` for an index that is not in the log.
        """

    @abstractmethod
    def get(self, scope: int, kind: str, indexes: Iterable[int]) -> dict[int, bytes]:
        """The bytes of a kind kept with these turns, by index; turns that have none are left out."""

    @abstractmethod
    def keys(self, scope: int, kind: str, start: int = 0) -> list[int]:
        """The indexes, from `start` on, of the turns that have bytes of a kind, ascending."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[object]:
        """What this thread writes inside is written as one, or not at all; nobody else writes meanwhile."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[object]:
        """This thread reads inside, whatever others write, what was there at its first look."""

    @abstractmethod
    def erase(self) -> bool:
        """Take the bytes of what was deleted out of the store; False where an open reading prevents it."""

    @abstractmethod
    def pending(self) -> bool:
        """Whether bytes of what was deleted may still be there."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; closing twice is fine, any other use afterwards raises `StoreError`."""


def retried(known: Turn, turn: Turn) -> Turn:
    """The turn in the log that another one of the same id is a retry of.

    Also after a correction. Raises `InvalidInput` where it is none: another role, or a text that the turn in
    the log never had.
    """
    if known.role != turn.role:
        raise InvalidInput(f"turn id {turn.id!r} is in the log with another role: give a new id")
    if turn.text not in (known.text, known.original):
        raise InvalidInput(f"turn id {turn.id!r} is in the log with another text: give a new id")
    return known
