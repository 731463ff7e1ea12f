"""What names mean says where topics go: asked here, once a name, kept in the log, compared in bits."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torimem import Dynamics, Memory, Message, ModelError, StoreError, Turn
from torimem.field import torus
from torimem.lab.evals import place as eval_place
from torimem.lab.evals.locomo import Dialogue
from torimem.language.analysis import Analysis, Mention, Sense
from torimem.language.meaning import minilm, name_vectors
from torimem.language.meaning.embed import Encoded, MiniLM, OneVector
from torimem.language.meaning.name_vectors import NameVectors
from torimem.state import checkpoint, fold, place
from torimem.state.similarity import ALIKE, alike, likeness

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
GROUPS = {
    "guitar": 1, "violin": 1, "piano": 1, "drums": 1,
    "deadline": 2, "boss": 2, "office": 2, "salary": 2,
    "hedgehog": 3, "badger": 3,
}  # fmt: skip
SIGNS = st.text("0123456789abcdef", min_size=2, max_size=16).filter(lambda text: len(text) % 2 == 0)


class Groups:
    """A local embedder: names of a group mean nearly the same, of two groups nothing alike."""

    name, dimensions, local = "groups", 64, True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        self.asked += texts
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Encoded:
        group = GROUPS.get(text.casefold().split()[0], 0) if text.split() else 0
        signs = np.random.default_rng(group).choice([-1.0, 1.0], 64)
        signs[int.from_bytes(text.encode()[:8], "big") % 64] *= -1
        whole = (signs / 8).astype(np.float32)
        return Encoded(whole, whole[None], whole[None][:0], ())


def meaning(name: str) -> Sense:
    [encoded] = Groups().encode([name])
    return Sense("groups", np.packbits(encoded.whole > 0).tobytes().hex())


def said(n: int, *names: str, senses: bool = True, hours: float = 0, feels: float = 0.0) -> Turn:
    mentions = tuple(
        Mention(name, name, feels, float(bool(feels)), meaning(name) if senses else None) for name in names
    )
    at = START + timedelta(minutes=n, hours=hours)
    return Turn(f"t{n}", n, "...", "user", None, at, None, Analysis(mentions, feels, "given"))


def folded(*turns: Turn, dynamics: Dynamics | None = None) -> fold.State:
    state = fold.begin(dynamics or Dynamics())
    for turn in turns:
        fold.apply(state, turn)
    return state


def apart(state: fold.State, one: str, other: str) -> int:
    here, there = state.topics[one], state.topics[other]
    return torus.squared_distance(here.x, here.y, there.x, there.y, 64, 64)


# Likeness


@given(SIGNS, SIGNS)
def test_likeness_is_signs_that_agree_less_those_that_do_not(one: str, other: str) -> None:
    found = likeness(Sense("m", one), Sense("m", other))
    assert likeness(Sense("m", one), Sense("m", one)) == 1
    assert likeness(Sense("m", one), Sense("n", one)) is None
    if len(one) != len(other):
        assert found is None
        return
    pairs = zip(*(f"{int(text, 16):0{4 * len(one)}b}" for text in (one, other)), strict=True)
    agree = [a == b for a, b in pairs]
    assert found == (2 * sum(agree) - len(agree)) / len(agree)
    assert found == likeness(Sense("m", other), Sense("m", one))


def test_an_embedder_of_no_dimensions_gives_no_likeness() -> None:
    assert likeness(Sense("m", ""), Sense("m", "")) == 0


# Places


def test_what_is_alike_lies_together_though_it_was_never_named_together() -> None:
    turns = [said(7 * n, name, hours=10 * n) for n, name in enumerate(GROUPS)]  # each a session of its own
    state = folded(*turns)
    kin = [apart(state, a, b) for a in GROUPS for b in GROUPS if a < b and GROUPS[a] == GROUPS[b]]
    others = [apart(state, a, b) for a in GROUPS for b in GROUPS if a < b and GROUPS[a] != GROUPS[b]]
    assert np.median(kin) < np.median(others) / 2
    # alike, but out of reach: only what is named together is neighbour enough to be felt as one
    assert min(kin) > (2 * Dynamics().spacing) ** 2


def test_what_was_spoken_of_just_before_draws_only_what_goes_on_from_it() -> None:
    near = Dynamics().spacing ** 2
    assert apart(folded(said(0, "guitar"), said(1, "violin")), "guitar", "violin") == near
    assert apart(folded(said(0, "guitar"), said(1, "hedgehog")), "guitar", "hedgehog") > 4 * near
    # where one meaning is unknown, the talk's own thread is all there is to go by
    bare = folded(said(0, "guitar", senses=False), said(1, "hedgehog"))
    assert apart(bare, "guitar", "hedgehog") == near


def test_a_topic_that_comes_back_goes_to_those_it_was_named_with() -> None:
    dynamics = Dynamics(width=24, height=24)  # room for 18
    filler = [said(n, f"filler {n}", hours=9 * n) for n in range(2, 30)]
    stays = [said(n, "boss", hours=9 * n) for n in range(2, 30)]
    turns = [said(0, "boss", "guitar"), *(turn for pair in zip(filler, stays, strict=True) for turn in pair)]
    gone = folded(*turns, dynamics=dynamics)
    assert "guitar" not in gone.topics
    assert gone.tallies["guitar"].partners == ["boss"]
    fold.apply(gone, said(99, "guitar", hours=999))
    boss, guitar = gone.topics["boss"], gone.topics["guitar"]
    squares = {
        torus.squared_distance(boss.x, boss.y, topic.x, topic.y, 24, 24): key
        for key, topic in sorted(gone.topics.items()) if key != "boss"
    }  # fmt: skip
    mine = torus.squared_distance(boss.x, boss.y, guitar.x, guitar.y, 24, 24)
    assert mine <= sorted(squares)[1]


@given(st.lists(st.lists(st.sampled_from(sorted(GROUPS)), max_size=3), max_size=12), st.integers(0, 12))
def test_a_state_with_senses_is_the_same_however_the_log_is_cut(talk: list[list[str]], cut: int) -> None:
    turns = [said(n, *names, hours=3 * n) for n, names in enumerate(talk)]
    whole = folded(*turns, dynamics=Dynamics(width=16, height=16))
    half = checkpoint.load(checkpoint.dump(folded(*turns[:cut], dynamics=Dynamics(width=16, height=16))))
    for turn in turns[cut:]:
        fold.apply(half, turn)
    assert checkpoint.dump(half) == checkpoint.dump(whole)
    assert [topic.sense for topic in half.topics.values()] == [meaning(key) for key in half.topics]


def test_alike_places_only_where_nothing_draws_and_out_of_reach_of_all() -> None:
    ground = place.Ground(64, 64, 4, [(10, 10), (40, 40)])
    near, far = place.Pull(10, 10, 900), place.Pull(40, 40, 100)
    x, y = place.choose("x", [], ground, [near, far]) or (0, 0)
    assert 64 < torus.squared_distance(x, y, 10, 10, 64, 64) <= 74
    assert place.choose("x", [place.Pull(40, 40, 1)], ground, [near]) == (40, 36)
    full = place.Ground(8, 8, 2, [(0, 0), (4, 4), (0, 4), (4, 0)])
    cell = place.choose("x", [], full, [place.Pull(0, 0, 1)])
    assert cell in {(2, 0), (0, 2), (6, 0), (0, 6)}


# The log keeps them


def test_a_log_with_senses_needs_no_model_to_be_folded_again(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Memory(path, embedder=Groups()) as memory:
        for n, name in enumerate(GROUPS):
            memory.observe(f"We spoke of {name}.", topics=[name], at=START + timedelta(hours=9 * n))
        cells = memory.cells()
        memory.export(tmp_path / "export.jsonl")
    with Memory(path, embedder="none") as memory:
        memory.refold()
        assert np.array_equal(memory.cells(), cells)
        assert memory.verify()
    with Memory.restore(tmp_path / "export.jsonl", tmp_path / "copy.db", embedder="none") as copy:
        assert np.array_equal(copy.cells(), cells)
        assert [turn.analysis for turn in copy.turns()] == [turn.analysis for turn in memory_turns(path)]


def memory_turns(path: Path) -> list[Turn]:
    with Memory(path, embedder="none") as memory:
        return memory.turns()


def test_without_an_embedder_a_turn_is_written_as_before() -> None:
    bare = Analysis((Mention("c++", "C++", 0.5, 1.0),), 0.5, "given")
    assert bare.packed() == {"analyser": "given", "mentions": [["c++", "C++", 0.5, 1.0]], "valence": 0.5}
    full = Analysis((replace(bare.mentions[0], sense=Sense("m", "0f")), bare.mentions[0]), 0.5, "given")
    assert Analysis.unpacked(json.loads(json.dumps(full.packed()))) == full


@pytest.mark.parametrize("signs", ["xyz", "0", "0f0", 7, ["0f"]])
def test_damaged_signs_are_refused(signs: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Analysis.unpacked(
            {"analyser": "a", "valence": None, "embedder": "m", "mentions": [["a", "a", 0, 0, signs]]}
        )


def test_a_checkpoint_with_damaged_senses_is_refused() -> None:
    state = folded(said(0, "guitar"))
    state.topics["guitar"].sense = Sense("m", "0f")
    sound = checkpoint.dump(state)
    assert checkpoint.load(sound).topics["guitar"].sense == Sense("m", "0f")
    state.topics["guitar"].sense = None
    assert checkpoint.load(checkpoint.dump(state)).topics["guitar"].sense is None
    with pytest.raises(StoreError):
        checkpoint.load(sound[:-9])


# Who is asked, and when


def test_each_name_is_asked_for_once_and_a_batch_in_one_call() -> None:
    calls: list[list[str]] = []

    class Counting(Groups):
        def encode(
            self, texts: Sequence[str], progress: Callable[[int], None] | None = None
        ) -> list[Encoded]:
            calls.append(list(texts))
            return super().encode(texts, progress)

    with Memory(":memory:", embedder=Counting()) as memory:
        memory.observe_many(
            [Message("...", topics=("guitar", "boss")), Message("...", topics=("guitar", "piano"))]
        )
        memory.observe("...", topics=["piano", "guitar"])
        memory.observe("Hello!")
        texts = [["..."], ["..."], ["Hello!"]]  # what is said twice is read once
        assert calls == [["guitar", "boss", "piano"], *texts]


def test_names_asked_for_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_vectors, "_KEPT", 3)
    embedder = Groups()
    senses = NameVectors(embedder)
    for n in range(10):
        one = Analysis((Mention(f"n{n}", f"n{n}"), Mention("guitar", "guitar")), None, "given")
        assert all(mention.sense == meaning(mention.label) for mention in senses.given([one])[0].mentions)
        assert len(senses._known) <= 3


@pytest.mark.parametrize("local", [True, False])
def test_only_what_runs_here_is_asked_when_a_message_is_written(local: bool) -> None:
    asked: list[str] = []

    def vectors(texts: list[str]) -> list[list[float]]:
        asked.extend(texts)
        return [[1.0, -1.0] * 4 for _ in texts]

    embedder = OneVector("m", vectors, local=local)
    with Memory(":memory:", embedder=embedder) as memory:
        turn = memory.observe("My guitar is loud.")
        [mention] = turn.analysis.mentions
        assert mention.sense == (Sense("m", "aa") if local else None)
        assert asked == (["guitar", "My guitar is loud."] if local else [])
        memory.embed()
        assert asked[-1:] == ["My guitar is loud."]
        assert memory.search("guitar")  # its query is embedded by whichever there is
        assert asked[-1:] == ["guitar"]


def test_where_the_model_fails_nothing_is_written(tmp_path: Path) -> None:
    class Broken(Groups):
        def encode(
            self, texts: Sequence[str], progress: Callable[[int], None] | None = None
        ) -> list[Encoded]:
            raise ModelError("embedder 'groups' is gone; start it again")

    with Memory(tmp_path / "m.db", embedder=Broken()) as memory:
        with pytest.raises(ModelError, match="start it again"):
            memory.observe("My guitar is loud.")
        assert memory.turns() == []
        assert memory.observe("Hello!").topics == ()  # nothing to ask for


# What changes the past


def test_reanalyse_gives_senses_once_there_is_a_model_and_keeps_them_without(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with Memory(path, embedder="none") as memory:
        memory.observe("My guitar is loud.")
        memory.observe("Hello!")
    with Memory(path, embedder=Groups()) as memory:
        assert memory.reanalyse(dry_run=True).turns == 1
        assert memory.turns()[0].analysis.mentions[0].sense is None
        found = memory.reanalyse()
        assert (found.turns, found.changed) == (1, 0)
        assert memory.turns()[0].analysis.mentions[0].sense == meaning("guitar")
        assert memory.reanalyse().turns == 0
        assert memory.verify()
    with Memory(path, embedder="none") as memory:
        assert memory.reanalyse(every=True).turns == 2
        assert memory.turns()[0].analysis.mentions[0].sense == meaning("guitar")


def test_a_correction_gives_senses_to_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with Memory(path, embedder=Groups()) as memory:
        memory.observe("My guitar is loud.", id="a")
        turn = memory.correct("a", topics=["violin"])
        assert [mention.sense for mention in turn.analysis.mentions] == [meaning("violin")]
    with Memory(path, embedder="none") as memory:
        turn = memory.correct("a", topics=["violin", "boss"])
        assert [mention.sense for mention in turn.analysis.mentions] == [meaning("violin"), None]
        assert memory.turns()[0].analysis == turn.analysis


# Related topics


def test_related_is_what_was_named_together_and_what_means_alike() -> None:
    with Memory(":memory:", embedder=Groups()) as memory:
        memory.observe("...", topics=["guitar", "boss"])
        memory.observe("...", topics=["violin"])
        memory.observe("...", topics=["hedgehog"])
        related = memory.context().related_concepts
        assert related["guitar"] == ("boss", "violin")
        assert related["hedgehog"] == ()
    with Memory(":memory:", embedder="none") as memory:
        memory.observe("...", topics=["guitar", "boss"])
        memory.observe("...", topics=["hedgehog"])
        assert "hedgehog" in memory.context().related_concepts["guitar"]  # near is all there is to go by


@given(st.dictionaries(st.sampled_from("abcd"), st.one_of(st.none(), SIGNS.map(lambda s: Sense("m", s)))))
def test_alike_has_both_ways_of_each_pair_that_compares(senses: dict[str, Sense | None]) -> None:
    found = alike(senses)
    assert set(found) == set(senses)
    for one in senses:
        for other in senses:
            expected = None if one == other else likeness(senses[one], senses[other])
            assert found[one].get(other) == expected


# Measured, and real weights


def test_eval_place_shows_what_senses_are_worth() -> None:
    text = [f"The {one} and the {other}." for one, other in (("guitar", "violin"), ("boss", "office"))]
    later = [f"A {name} once." for name in ("piano", "drums", "deadline", "salary", "hedgehog", "badger")]
    turns = tuple(
        Message(line, "user", None, START + timedelta(hours=9 * n), f"s{n}", f"t{n}")
        for n, line in enumerate(text + later)
    )
    methods = [line.method for line in eval_place.evaluate([Dialogue("0", turns, ())], embedder=Groups())]
    assert methods == ["torimem", "torimem + groups", "hash"]


def test_real_names_that_go_together_are_alike_and_others_are_not() -> None:
    if not minilm.ready():
        pytest.skip(f"the real weights are not installed: {minilm.INSTALL}")
    names = ("machine learning", "Python", "AI", "guitar", "music practice", "violin", "cat", "deadline")
    mentions = tuple(Mention(name.lower(), name) for name in names)
    [found] = NameVectors(MiniLM()).given([Analysis(mentions, None, "given")])
    of = {mention.label: mention.sense for mention in found.mentions}
    for one, other in (("machine learning", "Python"), ("machine learning", "AI"), ("guitar", "violin")):
        assert (likeness(of[one], of[other]) or 0) >= ALIKE
    for one, other in (("guitar", "deadline"), ("cat", "machine learning"), ("Python", "music practice")):
        assert (likeness(of[one], of[other]) or 0) < ALIKE
