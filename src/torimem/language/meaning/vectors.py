"""Quantizes embeddings and compares them; knows no words and no model.

A turn and each of its sentences are kept as int8, each of its words as one bit a dimension. All sums are of
whole numbers below 2^24, which float32 adds exactly in any order, so equal vectors have equal similarity on
every machine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import threads
from .embed import Encoded

Int8 = NDArray[np.int8]
Reals = NDArray[np.float64]


def pack(encoded: Encoded) -> tuple[bytes, bytes, bytes]:
    """Quantize a text's unit vectors: d bytes for the whole, d for each sentence, d / 8 for each word.

    >>> unit = np.eye(3, 8, dtype=np.float32)
    >>> [len(part) for part in pack(Encoded(unit[0], unit[:1], unit[1:], ("a", "b")))]
    [8, 8, 2]
    """
    bits = np.packbits(encoded.words > 0, axis=1)
    return small(encoded.whole).tobytes(), small(encoded.sentences).tobytes(), bits.tobytes()


def small(vectors: NDArray[np.float32]) -> Int8:
    """Quantize vectors (..., d) to int8, each scaled to its own largest number; zero stays zero."""
    largest = np.abs(vectors).max(axis=-1, keepdims=True, initial=0.0)
    scaled = np.divide(vectors * 127, largest, out=np.zeros_like(vectors), where=largest > 0)
    whole_numbers: Int8 = np.rint(scaled).astype(np.int8)
    return whole_numbers


class Wholes:
    """The vectors of a log's first turns, shape (turns, d), searched at once.

    >>> wholes = Wholes(2)
    >>> wholes.add([b"\\x7f\\x00", b"\\x01\\x01"])
    >>> wholes.add([b""])
    >>> wholes.likeness(np.array([127, 0], np.int8), 3).round(2).tolist(), wholes.known(3).tolist()
    ([1.0, 0.71, 0.0], [True, True, False])
    """

    def __init__(self, dimensions: int) -> None:
        self._rows = np.zeros((64, dimensions), np.int8)
        self._lengths = np.zeros(64)
        self.turns: int = 0

    def add(self, rows: Sequence[bytes]) -> None:
        """Append the vectors of the next turns, an empty one for a turn that has none."""
        end = self.turns + len(rows)
        if end > len(self._rows):
            more = max(end, len(self._rows) * 3 // 2) - len(self._rows)
            self._rows = np.pad(self._rows, ((0, more), (0, 0)))
            self._lengths = np.pad(self._lengths, (0, more))
        width = self._rows.shape[1]
        new = np.frombuffer(b"".join(row or bytes(width) for row in rows), np.int8).reshape(len(rows), width)
        self._rows[self.turns : end] = new
        self._lengths[self.turns : end] = _lengths(new)
        self.turns = end

    def known(self, limit: int) -> NDArray[np.bool_]:
        """Which of the first `limit` turns have a vector that says anything, shape (limit,)."""
        known = np.zeros(limit, np.bool_)
        known[: self.turns] = self._lengths[: min(limit, self.turns)] > 0
        return known

    def likeness(self, asked: Int8, limit: int) -> Reals:
        """The cosine of each of the first `limit` turns with a vector; 0 where it is below, or is none."""
        limit = min(limit, self.turns)
        dots = np.empty(limit, np.float32)
        question = asked.astype(np.float32)
        with threads.one():
            for start in range(0, limit, 4096):  # in pieces that stay in the cache while they are widened
                rows = self._rows[start : min(start + 4096, limit)]
                dots[start : start + len(rows)] = rows.astype(np.float32) @ question
        return _cosines(dots.astype(np.float64), self._lengths[:limit] * _lengths(asked[None])[0])


def sentences_like(asked: Int8, rows: Sequence[bytes]) -> Reals:
    """The similarity of a vector with the best sentence of each row, shape (rows,)."""
    counts = np.array([len(row) // len(asked) for row in rows], np.int64)
    all_of_them = np.frombuffer(b"".join(rows), np.int8).reshape(-1, len(asked))
    with threads.one():
        dots = (all_of_them.astype(np.float32) @ asked.astype(np.float32)).astype(np.float64)
    found = _cosines(dots, _lengths(all_of_them) * _lengths(asked[None])[0])
    return _best_of_each(found[:, None], counts)[:, 0]


def words_like(asked: Int8, rows: Sequence[bytes]) -> Reals:
    """The similarity of each query word (words, d) with the best word of each row, shape (rows, words)."""
    width = asked.shape[1]
    size = (width + 7) // 8
    counts = np.array([len(row) // size for row in rows], np.int64)
    packed = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, size)
    bits = np.unpackbits(packed, axis=1, count=width).astype(np.float32)
    wide = asked.astype(np.float32)
    with threads.one():  # a bit stands for +1 or -1: 2 * bits - 1
        dots = (2 * (bits @ wide.T) - wide.sum(axis=1)).astype(np.float64)
    return _best_of_each(_cosines(dots, _lengths(asked)[None] * np.sqrt(width)), counts)


def _best_of_each(found: Reals, counts: NDArray[np.int64]) -> Reals:
    best = np.zeros((len(counts), found.shape[1]))
    some = np.nonzero(counts)[0]
    if len(some):
        best[some] = np.maximum.reduceat(found, (np.cumsum(counts) - counts)[some], axis=0)
    return best


def _lengths(rows: Int8) -> Reals:
    wide = rows.astype(np.float32)
    lengths: Reals = np.sqrt(np.einsum("ij,ij->i", wide, wide).astype(np.float64))
    return lengths


def _cosines(dots: Reals, lengths: Reals) -> Reals:
    """Cosines, those below 0 raised to 0: opposite vectors count as unrelated."""
    cosines = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
    return np.clip(cosines, 0.0, 1.0)
