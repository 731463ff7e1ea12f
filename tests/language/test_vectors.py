"""Vectors kept in small tell what the large ones told: cosines of bytes, of bits, and of nothing at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from torimem.language.meaning.embed import Encoded
from torimem.language.meaning.vectors import Wholes, pack, sentences_like, small, words_like

Floats = NDArray[np.float32]
DIMENSIONS = [1, 2, 3, 7, 8, 9, 12, 100, 384]
_seeds = st.integers(0, 2**32 - 1)


def units(seed: int, *shape: int) -> Floats:
    """Random vectors of length 1."""
    rows = np.random.default_rng(seed).normal(size=shape)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def cosines(rows: Floats, asked: Floats) -> NDArray[Any]:
    """What likeness is, in full: the cosine, 0 where it is below or a vector is zero."""
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(asked)
    dots = rows.astype(np.float64) @ asked.astype(np.float64)
    return np.clip(np.divide(dots, lengths, out=np.zeros(len(rows)), where=lengths > 0), 0, 1)


def encoded(whole: Floats, sentences: Floats, words: Floats) -> Encoded:
    return Encoded(whole, sentences, words, tuple(f"w{n}" for n in range(len(words))))


# Bytes


@given(st.sampled_from([*DIMENSIONS, 768]), st.integers(1, 40), _seeds)
def test_likeness_of_bytes_is_the_cosine_within_two_hundredths(d: int, turns: int, seed: int) -> None:
    rows, asked = units(seed, turns, d), units(seed + 1, d)
    rows[turns // 2 :] = 0.9 * asked + 0.3 * rows[turns // 2 :]  # some are near
    wholes = Wholes(d)
    wholes.add([small(row).tobytes() for row in rows])
    got = wholes.likeness(small(asked), turns)
    np.testing.assert_allclose(got, cosines(rows, asked), atol=0.02)


@given(st.sampled_from(DIMENSIONS), _seeds, st.floats(1e-6, 1e6))
def test_a_vector_is_like_itself_whatever_its_length(d: int, seed: int, scale: float) -> None:
    row = units(seed, d)
    np.testing.assert_array_equal(small(row * np.float32(scale))[row == 0], 0)
    assert filled([row * np.float32(scale)]).likeness(small(row), 1)[0] == pytest.approx(1, abs=1e-4)
    assert filled([-row]).likeness(small(row), 1)[0] == 0  # unlike is no more unlike than nothing


def filled(rows: list[Floats]) -> Wholes:
    wholes = Wholes(len(rows[0]))
    wholes.add([small(row).tobytes() for row in rows])
    return wholes


def test_a_vector_of_zeros_is_like_nothing_and_stays_zero() -> None:
    zero, one = np.zeros(8, np.float32), units(1, 8)
    assert not small(zero).any()
    assert filled([zero, one]).likeness(small(one), 2).tolist() == [0, 1]
    assert filled([zero, one]).likeness(small(zero), 2).tolist() == [0, 0]


@given(st.sampled_from(DIMENSIONS), st.lists(st.integers(0, 90), max_size=8), _seeds)
@example(3, [0, 64, 1, 31, 200], 1)
def test_wholes_that_grow_are_those_taken_in_at_once(d: int, sizes: list[int], seed: int) -> None:
    rows = [row.tobytes() for row in small(units(seed, sum(sizes), d))]
    grown, at_once, asked = Wholes(d), Wholes(d), small(units(seed + 1, d))
    for n, size in enumerate(sizes):
        grown.add(rows[sum(sizes[:n]) : sum(sizes[:n]) + size])
    at_once.add(rows)
    assert grown.turns == at_once.turns == sum(sizes)
    np.testing.assert_array_equal(
        grown.likeness(asked, sum(sizes)), at_once.likeness(asked, sum(sizes)), strict=True
    )


def test_a_limit_looks_at_the_first_turns_only_and_never_beyond_the_last() -> None:
    rows, asked = units(3, 9000, 5), small(units(4, 5))  # more than one piece
    wholes = filled(list(rows))
    every = wholes.likeness(asked, 9000)
    for limit in (0, 1, 4095, 4096, 4097, 8999):
        np.testing.assert_array_equal(wholes.likeness(asked, limit), every[:limit])
    np.testing.assert_array_equal(wholes.likeness(asked, 10_000), every)
    assert Wholes(5).likeness(asked, 7).tolist() == []


# Sentences


@given(st.sampled_from(DIMENSIONS), st.lists(st.integers(0, 5), max_size=12), _seeds)
def test_a_turn_is_as_like_as_its_best_sentence(d: int, counts: list[int], seed: int) -> None:
    asked, parts = units(seed, d), [units(seed + n + 1, count, d) for n, count in enumerate(counts)]
    rows = [pack(encoded(asked, part, np.zeros((0, d), np.float32)))[1] for part in parts]
    got = sentences_like(small(asked), rows)
    assert got.shape == (len(rows),)
    expected = [cosines(part, asked).max(initial=0) for part in parts]
    np.testing.assert_allclose(got, expected, atol=0.02)


# Words


@given(st.sampled_from([64, 99, 100, 384]), st.integers(1, 4), _seeds)
def test_words_of_bits_order_like_words_of_floats_where_those_are_apart(
    d: int, words: int, seed: int
) -> None:
    asked = units(seed, words, d)
    noise = units(seed + 1, words, 3, d)
    shares = np.array([1.0, 0.6, 0.0], np.float32)[None, :, None]  # the same, akin, another
    said = shares * asked[:, None] + (1 - shares) * noise
    rows = [pack(encoded(asked[0], asked, said[:, level]))[2] for level in range(3)]
    got = words_like(small(asked), rows)
    assert got.shape == (3, words)
    for word in range(words):
        best = [max(cosines(said[:, level], asked[word])) for level in range(3)]
        assume(best[0] > best[1] + 0.15 > best[2] + 0.3)
        assert got[0, word] > got[1, word] > got[2, word]


@given(st.sampled_from(DIMENSIONS), _seeds)
def test_a_word_of_equal_parts_is_exactly_itself_whatever_the_padding_of_its_bits(d: int, seed: int) -> None:
    signs = np.where(np.random.default_rng(seed).random((3, d)) < 0.5, -1, 1).astype(np.float32)
    row = pack(encoded(signs[0], signs[:1], signs))[2]
    assert len(row) == 3 * -(-d // 8)
    expected = np.clip(signs @ signs.T / d, 0, 1).max(axis=1)
    np.testing.assert_allclose(words_like(small(signs), [row])[0], expected, atol=1e-6)


@given(st.sampled_from(DIMENSIONS), st.lists(st.integers(0, 4), max_size=10), _seeds)
@settings(max_examples=50)
def test_each_row_is_read_as_if_it_were_alone(d: int, counts: list[int], seed: int) -> None:
    asked = small(units(seed, 2, d))
    parts = [units(seed + n + 1, count, d) for n, count in enumerate(counts)]
    packed = [pack(encoded(units(seed, d), part, part)) for part in parts]
    words = words_like(asked, [row[2] for row in packed])
    sentences = sentences_like(asked[0], [row[1] for row in packed])
    for n, row in enumerate(packed):
        np.testing.assert_array_equal(words[n], words_like(asked, [row[2]])[0])
        assert sentences[n] == sentences_like(asked[0], [row[1]])[0]
        if not counts[n]:
            assert not words[n].any()
            assert sentences[n] == 0


def test_what_has_no_words_and_no_sentences_is_like_nothing() -> None:
    blank = np.zeros(12, np.float32)
    none = np.zeros((0, 12), np.float32)
    assert pack(encoded(blank, none, none)) == (bytes(12), b"", b"")
    assert sentences_like(small(units(1, 12)), [b"", b""]).tolist() == [0, 0]
    assert words_like(small(units(1, 2, 12)), [b""]).tolist() == [[0, 0]]
    assert words_like(small(none), [b"", b"ab"]).shape == (2, 0)
    assert sentences_like(small(units(1, 12)), []).shape == (0,)
    assert words_like(small(units(1, 2, 12)), []).shape == (0, 2)


@given(_seeds)
@settings(max_examples=20)
def test_the_order_in_which_turns_are_compared_changes_no_bit(seed: int) -> None:
    rows, asked = small(units(seed, 60, 384)), small(units(seed + 1, 384))
    order = np.random.default_rng(seed).permutation(60)
    one, other = Wholes(384), Wholes(384)
    one.add([row.tobytes() for row in rows])
    other.add([rows[n].tobytes() for n in order])
    np.testing.assert_array_equal(one.likeness(asked, 60)[order], other.likeness(asked, 60))
