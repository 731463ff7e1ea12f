"""Memories in several processes and threads: nothing is lost, and the same log reads the same everywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from torimem import Dynamics, Memory, Message

PROMPTS = """
import sys
from torimem import Memory
from torimem.log.replay import read_replay
log, database, how = sys.argv[1:]
if how == "restore":
    memory = Memory.restore(log, database)
else:
    memory = Memory(database, "ada")
    memory.observe_many(read_replay(log))
    memory.export(database + ".jsonl")
for query in (None, "Which guitar did I end up buying?", "work deadline and Python"):
    for as_of in (None, 20):
        print(memory.prompt(query, as_of=as_of, now="2026-12-01T00:00:00").text)
print(memory.explain(memory.turns()[5].id))
"""

WRITER = """
import sys
from torimem import Dynamics, Memory
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Memory(path, "ada", dynamics=Dynamics(width=16, height=16)) as memory:
    for n in range(count):
        turn = memory.observe(f"turn {n} of {name}", id=f"{name}-{n}", topics=[f"topic {n % 9}"], valence=0.5)
        print(turn.id, flush=True)
    assert memory.verify()
    turns = memory.turns()
    assert [turn.index for turn in turns] == list(range(len(turns)))
"""

FORKED = """
import os, sys
from torimem import Memory, StoreError
memory = Memory(sys.argv[1], "ada")
memory.observe("before")
child = os.fork()
if child == 0:
    try:
        memory.observe("in the child")
        code = 1
    except StoreError as error:
        code = 0 if "before a fork" in str(error) else 2
    memory.close()
    with Memory(sys.argv[1], "ada") as own:
        own.observe("of the child's own")
    os._exit(code)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
memory.observe("after")
assert [turn.text for turn in memory.turns()] == ["before", "of the child's own", "after"]
"""


REANALYSER = """
import sys
from torimem import Memory
from torimem.state import revise
from torimem.language.feeling.judge import VADER
class Flat:
    name = "flat"
    def valences(self, texts):
        return [-0.125 for _ in texts]
put_in = revise._put_in
def halfway(*given):
    for number, turn in enumerate(put_in(*given)):
        if number == 200:
            print("halfway", flush=True)
            sys.stdin.read()
        yield turn
revise._put_in = halfway
with Memory(sys.argv[1], "ada", embedder="none", emotion=Flat()) as memory:
    print(memory.reanalyse().changed)
"""

CORRECTOR = """
import sys
from torimem import Memory
with Memory(sys.argv[1], "ada", embedder="none") as memory:
    print(memory.correct("t7", "Chess with Zoe", "a slip", topics=["chess"], valence=-0.5).corrected.reason)
"""


def python(program: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def vector_extensions() -> str:
    """Those that this NumPy would use on this processor and can be told not to."""
    found: dict[str, Any] = np.show_config(mode="dicts").get("SIMD Extensions", {})  # type: ignore[union-attr, call-overload, unused-ignore]
    return " ".join(found.get("found", []))


def test_the_same_log_gives_the_same_prompt_byte_for_byte_everywhere(tmp_path: Path) -> None:
    log = tmp_path / "demo.jsonl"
    log.write_bytes(files("torimem").joinpath("cli/demo.jsonl").read_bytes())
    variants = [
        {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
        {"PYTHONHASHSEED": "2", "NPY_DISABLE_CPU_FEATURES": vector_extensions(), "TZ": "Asia/Tokyo"},
    ]
    expected = ""
    for n, variant in enumerate(variants):
        told = finished(python(PROMPTS, log, tmp_path / f"{n}.db", "replay", **variant))
        expected = expected or told
        assert "Harlow" in told
        assert told == expected
    exports = {(tmp_path / f"{n}.db.jsonl").read_bytes() for n in range(len(variants))}
    assert len(exports) == 1
    restored = python(PROMPTS, tmp_path / "0.db.jsonl", tmp_path / "r.db", "restore", PYTHONHASHSEED="3")
    assert finished(restored) == expected


def test_eight_processes_append_to_a_new_file_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    writers = [python(WRITER, path, f"writer{n}", 50) for n in range(8)]
    for writer in writers:
        assert len(finished(writer).split()) == 50
    with Memory(path, "ada") as memory:
        turns = memory.turns()
        assert [turn.index for turn in turns] == list(range(400))
        for n in range(8):
            own = [turn.text for turn in turns if turn.id.startswith(f"writer{n}-")]
            assert own == [f"turn {k} of writer{n}" for k in range(50)]
        assert memory.verify()
        assert memory.stats()["checkpoints"] == 1


def test_a_writer_that_is_killed_loses_no_acknowledged_turn(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    for name, least in (("first", 3), ("second", 40)):
        writer = python(WRITER, path, name, 100_000)
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(least)]
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        acknowledged += [line for line in rest.split("\n")[:-1] if line]
        with Memory(path, "ada") as memory:
            assert set(acknowledged) <= {turn.id for turn in memory.turns()}
            assert memory.verify()
            assert memory._store.integrity() == []


def test_an_analysis_afresh_that_is_killed_while_it_writes_leaves_the_old_state_whole(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with Memory(path, "ada", embedder="none", dynamics=Dynamics(width=16, height=16)) as memory:
        memory.observe_many([Message(f"I love tea, number {n}", id=f"t{n}") for n in range(300)])
        turns, topics = memory.turns(), memory.topics()
        process = python(REANALYSER, path)
        assert process.stdout is not None
        assert process.stdout.readline() == "halfway\n"
        assert memory.turns() == turns
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert memory.turns() == turns
        assert memory.topics() == topics
        assert memory.verify()
        assert memory._store.integrity() == []
        assert finished(python(REANALYSER, path)) == "halfway\n300\n"
        assert {turn.valence for turn in memory.turns()} == {-0.125}
        assert memory.verify()


def test_a_correction_in_another_process_is_seen_in_this_one(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db", "ada", embedder="none") as memory:
        memory.observe_many([Message(f"I love tea, number {n}", id=f"t{n}") for n in range(9)])
        assert {topic.key for topic in memory.topics()} == {"tea"}
        assert finished(python(CORRECTOR, tmp_path / "m.db")) == "a slip\n"
        assert {topic.key for topic in memory.topics()} == {"tea", "chess"}
        assert [hit.turn_id for hit in memory.search("Zoe")][:1] == ["t7"]
        assert "Chess with Zoe" in {fact.text for fact in memory.context(query="Zoe?").recent_facts}
        note = memory.turns()[7].corrected
        assert note is not None
        assert (note.what, note.reason) == (("text", "topics", "valence"), "a slip")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_memory_from_before_a_fork_says_so_and_both_sides_go_on(tmp_path: Path) -> None:
    finished(python(FORKED, tmp_path / "m.db"))


def test_eight_threads_share_one_memory(tmp_path: Path) -> None:
    with Memory(tmp_path / "m.db", "ada", dynamics=Dynamics(width=16, height=16)) as memory:

        def work(worker: int) -> None:
            for n in range(25):
                memory.observe(f"turn {n}", id=f"{worker}-{n}", topics=[f"topic {n % 7}"], valence=0.1)
                context = memory.context(query=f"topic {worker}")
                assert context.turns > 0
                assert memory.turns(1)
            memory.observe_many([Message("x", id=f"{worker}-last", topics=())])
            memory.forget(id=f"{worker}-0")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        turns = memory.turns()
        assert [turn.index for turn in turns] == list(range(200))
        assert {turn.id for turn in turns} == {f"{w}-{n}" for w in range(8) for n in [*range(1, 25), "last"]}
        assert memory.verify()


def test_threads_of_two_memories_on_one_file_forget_while_others_write_and_read(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with Memory(path, "ada", dynamics=Dynamics(width=16, height=16)) as one, Memory(path, "ada") as two:
        one.observe_many([Message("x", id=f"old-{n}", topics=("old",)) for n in range(60)])

        def write() -> None:
            for n in range(60):
                one.observe("y", id=f"new-{n}", topics=["new"])

        def forget() -> None:
            for n in range(0, 60, 4):
                two.forget(id=f"old-{n}")
                assert not [turn for turn in two.turns() if turn.id == f"old-{n}"]

        def read() -> None:
            for _ in range(30):
                context = one.context(threshold=0.0)
                assert all(fact.topics for fact in context.recent_facts)
                assert two.context(threshold=0.0).turns >= 45

        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(task) for task in (write, forget, read)]:
                done.result()
        assert len(one.turns()) == 105
        assert one.turns() == two.turns()
        assert one.verify()
        assert two.verify()
