"""Sequence numbers of turns -> their indexes, and back: rows keep their number where others are removed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Positions:
    """The sequence numbers that were removed from a log, as runs `(first, count)`, ascending and apart.

    >>> positions = Positions([(2, 3)])  # 2, 3 and 4 are gone
    >>> [positions.index(seq) for seq in (0, 1, 5, 6)], [positions.seq(index) for index in range(4)]
    ([0, 1, 2, 3], [0, 1, 5, 6])
    """

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self.runs: tuple[tuple[int, int], ...] = tuple(runs)
        self._firsts = [first for first, _ in self.runs]
        self._gone = [0, *accumulate(count for _, count in self.runs)]
        self._indexes = [first - gone for first, gone in zip(self._firsts, self._gone, strict=False)]

    def index(self, seq: int) -> int:
        """The index of the turn with a sequence number that is not removed."""
        return seq - self._gone[bisect_right(self._firsts, seq)]

    def seq(self, index: int) -> int:
        """The sequence number of the turn with an index, the next free one for the length of the log."""
        return index + self._gone[bisect_right(self._indexes, index)]

    def without(self, gone: Iterable[int]) -> Positions:
        """The same with more sequence numbers removed.

        >>> Positions([(2, 3)]).without([0, 5, 6, 9]).runs
        ((0, 1), (2, 5), (9, 1))
        """
        runs: list[tuple[int, int]] = []
        for first, count in sorted([*self.runs, *((seq, 1) for seq in gone)]):
            if runs and sum(runs[-1]) == first:
                first, count = runs[-1][0], runs.pop()[1] + count
            runs.append((first, count))
        return Positions(runs)
