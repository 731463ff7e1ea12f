"""What recall looks things up in follows the log: other processes, other models, and everything forgotten."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torimem import Dynamics, EmbedderMismatch, Hit, Memory, Message, ModelError, StoreError
from torimem.language.meaning.embed import Embedder, Encoded, words
from torimem.recall import index as indexes
from torimem.recall.index import BATCH
from torimem.recall.postings import Postings

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
SMALL = Dynamics(width=8, height=8)
SCHEMAS = Path(__file__).parents[1] / "log/schemas"


class Signs:
    """A stand-in for a model: every word has its own vector of signs, made from its hash; texts add them up.

    `before` is called with the texts before anything is embedded.
    """

    dimensions = 64

    def __init__(self, name: str = "signs", before: Callable[[Sequence[str]], object] | None = None) -> None:
        self.name, self.before = name, before
        self.embedded: list[str] = []

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        if self.before:
            self.before(texts)
        self.embedded += texts
        return [self._encoded(text) for text in texts]

    def vector(self, word: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        bits = hashlib.sha256(f"{self.name} {word}".encode()).digest()[:8]
        return np.where(np.unpackbits(np.frombuffer(bits, np.uint8)) > 0, 1, -1).astype(np.float32) / 8

    def _encoded(self, text: str) -> Encoded:
        names = tuple(name for _, _, name in words(text))
        rows = np.array([self.vector(name) for name in names], np.float32).reshape(-1, 64)
        total = rows.sum(axis=0)
        whole = (total / (np.linalg.norm(total) or 1)).astype(np.float32)
        return Encoded(whole, whole[None] if names else rows, rows, names)


class Failing(Signs):
    """A model whose server goes away after so many texts."""

    def __init__(self, after: int, name: str = "signs") -> None:
        super().__init__(name)
        self.after = after

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        if len(self.embedded) >= self.after:
            raise ModelError("the server is gone: start it again")
        return super().encode(texts, progress)


def text(n: int) -> str:
    return f"note {n} about thing{n} and tea{n % 7}"


def message(n: int, **other: Any) -> Message:
    values: dict[str, Any] = {"at": START + timedelta(minutes=n), "id": f"t{n}", "topics": ()}
    return Message(**{"text": text(n), **values, **other})


def opened(path: Path | str, embedder: str | Embedder = "none", user: str = "ada", **other: Any) -> Memory:
    return Memory(path, user, embedder=embedder, dynamics=SMALL, **other)


def talk(path: Path | str, numbers: Sequence[int], embedder: str | Embedder = "none") -> Memory:
    memory = opened(path, embedder)
    memory.observe_many([message(n) for n in numbers])
    return memory


def vectors(path: Path, user: str = "ada") -> list[tuple[int, bytes, bytes, bytes]]:
    """All rows of vectors in a file, as another program would see them."""
    db = sqlite3.connect(path)
    try:
        return db.execute(
            """SELECT (SELECT count(*) FROM turns WHERE turns.scope = whole.scope AND turns.seq < whole.seq),
                      whole.bytes, coalesce(sentences.bytes, x''), coalesce(words.bytes, x'')
               FROM scopes JOIN blobs whole ON whole.scope = scopes.scope AND whole.kind = 'whole'
               LEFT JOIN blobs sentences ON sentences.scope = whole.scope AND sentences.seq = whole.seq
                   AND sentences.kind = 'sentences'
               LEFT JOIN blobs words ON words.scope = whole.scope AND words.seq = whole.seq
                   AND words.kind = 'words'
               WHERE user = ? ORDER BY whole.seq""",
            (user,),
        ).fetchall()
    finally:
        db.close()


def bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def ids(hits: list[Hit]) -> list[str]:
    return [hit.turn_id for hit in hits]


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    here = filter(None, [os.environ.get("PYTHONPATH")])
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *here])},
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


# Following the log

WRITE = """
import sys
from torimem import Memory
with Memory(sys.argv[1], "ada") as memory:
    memory.observe("The violin stands in the attic", id="new", topics=[])
"""
FORGET = """
import sys
from torimem import Memory
with Memory(sys.argv[1], "ada") as memory:
    memory.forget(id=sys.argv[2])
"""


@pytest.mark.parametrize("embedder", ["none", "signs"])
def test_what_another_process_appended_or_forgot_is_known_to_the_next_search(
    tmp_path: Path, embedder: str
) -> None:
    path = tmp_path / "m.db"
    with talk(path, range(9), Signs() if embedder == "signs" else "none") as memory:
        assert memory.search("violin", without=["tokens", "sentences"]) == []
        finished(python(WRITE, path))
        (hit, *_) = memory.search("violin")
        assert (hit.turn_id, hit.index) == ("new", 9)
        finished(python(FORGET, path, "t2"))
        (hit, *_) = memory.search("violin")
        assert (hit.turn_id, hit.index, hit.text) == ("new", 8, "The violin stands in the attic")
        assert "t2" not in ids(memory.search("thing2", 99))
        assert ids(memory.search("thing7"))[0] == "t7"
        with talk(":memory:", [0, 1, 3, 4, 5, 6, 7, 8], Signs()) as never:
            never.observe("The violin stands in the attic", id="new", topics=[], at=memory.turns(1)[0].at)
            if embedder == "signs":
                assert memory.search("thing7 and tea3", 99) == never.search("thing7 and tea3", 99)
        finished(python(FORGET, path, "new"))
        assert memory.search("violin", without=["tokens", "sentences"]) == []


def test_two_memories_on_one_file_find_the_same_whoever_writes(tmp_path: Path) -> None:
    with opened(tmp_path / "m.db", Signs()) as one, opened(tmp_path / "m.db", Signs()) as two:
        for n in range(12):
            (one, two)[n % 2].observe_many([message(n)])
            assert one.search(text(n)) == two.search(text(n))
            assert ids(one.search(text(n)))[0] == f"t{n}"
        two.forget(id="t3")
        assert one.search("tea4", 99) == two.search("tea4", 99)
        two.forget(everything=True)
        assert one.search("tea4") == two.search("tea4") == []
        one.observe_many([message(0)])
        assert ids(two.search("thing0")) == ["t0"]


def test_one_users_search_finds_nothing_of_anothers(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with talk(path, range(5), Signs()) as ada, opened(path, Signs(), "bob") as bob:
        with opened(path, Signs(), agent="tutor") as tutor:
            bob.observe_many([message(90)])
            ada.embed()
            bob.embed()
            assert tutor.search("thing3 and thing90") == []
            assert ids(bob.search("thing3 and thing90", 99)) == ["t90"]
            assert "t90" not in ids(ada.search("thing90", 99))
        bob.forget(everything=True)
        assert vectors(path, "bob") == []
        assert ids(ada.search("thing3"))[0] == "t3"
        assert len(vectors(path)) == 5


def test_threads_search_while_others_write_and_forget(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(40), Signs()) as memory:

        def write() -> None:
            for n in range(100, 130):
                memory.observe_many([message(n)])

        def forget() -> None:
            for n in range(0, 40, 5):
                memory.forget(id=f"t{n}")

        def search() -> None:
            for n in range(1, 40, 3):
                hits = memory.search(f"thing{n}", 99)
                assert all(hit.text == text(int(hit.turn_id[1:])) for hit in hits)
                assert n % 5 == 0 or ids(hits)[0] == f"t{n}"

        def embed() -> None:
            for _ in range(5):
                memory.embed(afresh=True)

        with ThreadPoolExecutor(5) as pool:
            for done in [pool.submit(task) for task in (write, forget, search, search, embed)]:
                done.result()
        assert memory.backlog() == 0 or memory.embed() > 0
        assert [row[0] for row in vectors(tmp_path / "m.db")] == list(range(62))


# Forgetting


@given(st.lists(st.integers(0, 8), unique=True, max_size=6), st.integers(0, 9))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_memory_that_forgot_turns_finds_what_one_finds_that_never_saw_them(
    gone: list[int], embedded: int
) -> None:
    def remembered(numbers: Sequence[int]) -> Memory:
        memory = talk(":memory:", [n for n in numbers if n < embedded], Signs())
        memory.embed()
        memory.observe_many([message(n) for n in numbers if n >= embedded])  # without vectors as yet
        return memory

    with remembered(range(9)) as memory:
        for n in gone:
            memory.forget(id=f"t{n}")
        with remembered([n for n in range(9) if n not in gone]) as never:
            for question in ("thing4 and tea2", text(8), "note"):
                assert memory.search(question, 99) == never.search(question, 99)
        for n in gone:
            assert memory.search(f"thing{n}", without=["sentences", "tokens"]) == []


def test_forgetting_takes_a_turns_vectors_and_leaves_the_others_theirs(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with talk(tmp_path / "a" / "m.db", range(10), Signs()) as memory:
        memory.embed()
        memory.forget(id="t0")
        memory.forget(id="t6")
        with talk(tmp_path / "b" / "m.db", [1, 2, 3, 4, 5, 7, 8, 9], Signs()) as never:
            never.embed()
            assert vectors(tmp_path / "a" / "m.db") == vectors(tmp_path / "b" / "m.db")
        memory.forget(topic="no such")
        memory.forget(before=START + timedelta(minutes=5))
        assert [row[0] for row in vectors(tmp_path / "a" / "m.db")] == [0, 1, 2, 3]
        memory.forget(everything=True)
        assert vectors(tmp_path / "a" / "m.db") == []


def test_after_forgetting_no_byte_of_the_vectors_is_in_any_file(tmp_path: Path) -> None:
    signs = Signs()
    with talk(tmp_path / "m.db", range(30), signs) as memory:
        memory.observe("xylophone", id="canary", topics=[])
        memory.observe("zither", id="kept", topics=[])
        memory.embed()
        whole = {
            word: (signs.vector(word) * 8 * 127).astype(np.int8).tobytes() for word in ("xylophone", "zither")
        }
        bits = {word: np.packbits(signs.vector(word) > 0).tobytes() for word in whole}
        for word in whole:
            assert whole[word] in bytes_in(tmp_path)
            assert bits[word] in bytes_in(tmp_path)
        assert memory.forget(id="canary").erased == "done"
        for part in (whole, bits):
            assert part["xylophone"] not in bytes_in(tmp_path)
            assert part["zither"] in bytes_in(tmp_path)
        memory.forget(everything=True)
        assert whole["zither"] not in bytes_in(tmp_path)


# Embedding


def test_a_memory_kept_without_a_model_is_embedded_when_one_is_there(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with talk(path, range(150)) as memory:
        assert (memory.embedder, memory.backlog(), memory.embed()) == (None, 0, 0)
        by_words = memory.search("thing77")
        assert vectors(path) == []
    with opened(path, Signs()) as memory:
        assert (memory.embedder, memory.backlog()) == ("signs", 150)
        told: list[int] = []
        assert memory.embed(told.append) == 150
        assert told == [BATCH, 2 * BATCH, 150]
        assert memory.search("thing77")[0].turn_id == by_words[0].turn_id
        assert (memory.backlog(), memory.embed(told.append), len(told)) == (0, 0, 3)
        assert [row[0] for row in vectors(path)] == list(range(150))
    with opened(path) as memory:  # and can still be read without one
        assert memory.search("thing77") == by_words


def test_every_turn_is_embedded_once_and_without_its_memory_block() -> None:
    signs = Signs()
    with talk(":memory:", range(3), signs) as memory:
        memory.observe("I had tea <torimem-memory>secret</torimem-memory>", topics=[])
        memory.embed()
        memory.search("tea")
        memory.observe_many([message(9)])
        memory.search("tea")
        assert (memory.embed(), memory.embed()) == (1, 0)
        assert signs.embedded == [*map(text, range(3)), "I had tea ", "tea", "tea", text(9)]


def test_turns_that_say_nothing_are_embedded_too_and_hold_up_no_others() -> None:
    with opened(":memory:", Signs()) as memory:
        memory.observe_many([message(n, text=said) for n, said in enumerate(("", " ", "thing5", "。", ""))])
        assert memory.embed() == 5
        assert ids(memory.search("thing5", without=["flow", "spread"])) == ["t2"]


def test_a_context_asks_the_model_for_its_query_alone_and_only_where_there_are_vectors() -> None:
    signs = Signs()
    with talk(":memory:", range(3), signs) as memory:
        memory.context()
        memory.prompt()
        memory.turns()
        memory.stats()
        assert memory.context("What of thing2?").backlog == 3
        assert signs.embedded == []
        assert memory.stats()["embedded"] == 0
        memory.embed()
        memory.observe_many([message(3)])
        signs.embedded.clear()
        assert memory.context("What of thing2?").backlog == 1
        assert signs.embedded == ["What of thing2?"]
        assert memory.stats()["embedded"] == 3


def test_a_model_that_fails_loses_no_turn_and_keeps_what_it_has_embedded(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with talk(path, range(150), Failing(BATCH)) as memory:
        for use in (memory.embed, lambda: memory.search("thing3"), lambda: memory.prompt("thing3?")):
            with pytest.raises(ModelError, match="the server is gone"):
                use()
        memory.observe_many([message(150)])  # remembering needs no model
        assert memory.prompt().text
        assert memory.backlog() == 151 - BATCH
        assert memory.verify()
    assert [row[0] for row in vectors(path)] == list(range(BATCH))
    signs = Signs()
    with opened(path, signs) as memory:
        assert memory.embed() == 151 - BATCH
        assert signs.embedded == [text(n) for n in range(BATCH, 151)]
        assert ids(memory.search("thing3"))[0] == "t3"


def test_a_model_that_fails_at_the_question_leaves_all_as_it_is() -> None:
    with talk(":memory:", range(5), Failing(5)) as memory:
        memory.embed()
        with pytest.raises(ModelError):
            memory.search("thing3")
        assert memory.backlog() == 0
        assert memory.search("  ") == []  # no question, no model


def test_a_progress_callback_may_fail_and_what_is_done_stays_done() -> None:
    with talk(":memory:", range(150), Signs()) as memory:
        with pytest.raises(ZeroDivisionError):
            memory.embed(lambda done: done // 0)
        assert memory.backlog() == 150 - BATCH
        assert memory.embed() == 150 - BATCH


# Others at the same time

EMBED = """
import sys
from test_index import Signs, opened
with opened(sys.argv[1], Signs()) as memory:
    print("ready", flush=True)
    sys.stdin.readline()
    print(memory.embed())
"""


def test_processes_that_embed_at_once_leave_one_row_for_each_turn(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    talk(path, range(700)).close()
    workers = [python(EMBED, path) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    assert sum(int(finished(worker)) for worker in workers) == 700
    assert [row[0] for row in vectors(path)] == list(range(700))
    with opened(path, Signs()) as memory, talk(":memory:", range(700), Signs()) as alone:
        alone.embed()
        assert memory.search("thing500") == alone.search("thing500")


def meanwhile(path: Path, does: Callable[[Memory], object]) -> tuple[Memory, Signs]:
    """A memory of 100 turns whose model does something to another memory of the file, once."""
    todo = [does]

    def before(_: Sequence[str]) -> None:
        if todo:
            with opened(path, Signs()) as other:
                todo.pop()(other)

    signs = Signs(before=before)
    return talk(path, range(100), signs), signs


def test_what_another_embedded_meanwhile_is_not_written_twice(tmp_path: Path) -> None:
    memory, _ = meanwhile(tmp_path / "m.db", lambda other: other.embed())
    assert memory.embed() == 0
    assert [row[0] for row in vectors(tmp_path / "m.db")] == list(range(100))
    assert memory.backlog() == 0
    memory.close()


def test_what_another_appended_meanwhile_is_embedded_too(tmp_path: Path) -> None:
    memory, _ = meanwhile(tmp_path / "m.db", lambda other: other.observe_many([message(100)]))
    assert memory.embed() == 101
    assert memory.backlog() == 0
    memory.close()


def test_vectors_of_what_another_forgot_meanwhile_are_never_written(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "never").mkdir()
    memory, signs = meanwhile(tmp_path / "db" / "m.db", lambda other: other.forget(id="t3"))
    assert memory.embed() == 99
    assert text(3) in signs.embedded  # it was in the model's hands when it was forgotten
    with talk(tmp_path / "never" / "m.db", [n for n in range(100) if n != 3], Signs()) as never:
        never.embed()
    assert vectors(tmp_path / "db" / "m.db") == vectors(tmp_path / "never" / "m.db")
    assert "t3" not in ids(memory.search("thing3", 99))
    memory.close()


def test_everything_forgotten_meanwhile_leaves_nothing_to_embed(tmp_path: Path) -> None:
    memory, _ = meanwhile(tmp_path / "m.db", lambda other: other.forget(everything=True))
    assert memory.embed() == 0
    assert memory.search("thing3") == []
    assert vectors(tmp_path / "m.db") == []
    memory.close()


def test_two_models_at_once_are_told_apart(tmp_path: Path) -> None:
    def other_model(_: Memory) -> None:
        with opened(tmp_path / "m.db", Signs("other")) as other:
            other.embed()

    memory, _ = meanwhile(tmp_path / "m.db", other_model)
    with pytest.raises(EmbedderMismatch, match="embedded with other, not signs"):
        memory.embed()
    memory.close()
    with talk(":memory:", range(100), Signs("other")) as alone, opened(tmp_path / "m.db", "none") as after:
        assert len(vectors(tmp_path / "m.db")) == 100
        assert len(after.search("thing5")) == len(alone.search("thing5"))


# Models


def test_vectors_of_two_models_are_never_compared(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with talk(path, range(9), Signs()) as memory:
        memory.embed()
        first = vectors(path)
    with opened(path, Signs("other")) as memory:
        uses: list[Callable[[], object]] = [
            lambda: memory.search("thing3"),
            lambda: memory.context(query="thing3?"),
            lambda: memory.prompt("thing3?"),
            memory.embed,
            memory.backlog,
        ]
        for use in uses:
            with pytest.raises(EmbedderMismatch) as caught:
                use()
            said = str(caught.value)
            assert "'ada' was embedded with signs, not other" in said
            assert "torimem embed --afresh" in said
            assert "\n" not in said
        assert vectors(path) == first
        memory.observe_many([message(9)])  # what compares nothing works on
        assert memory.prompt().text
        assert len(memory.turns()) == 10
        told: list[int] = []
        assert memory.embed(told.append, afresh=True) == 10
        assert told == [10]
        assert ids(memory.search("thing3"))[0] == "t3"
        assert not {row[1] for row in vectors(path)} & {row[1] for row in first}
    with opened(path, Signs()) as memory, pytest.raises(EmbedderMismatch, match="with other, not signs"):
        memory.search("thing3")


def test_a_memory_open_while_another_switches_the_model_says_so(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(9), Signs()) as one, opened(tmp_path / "m.db", "none") as words_only:
        assert ids(one.search("thing3"))[0] == "t3"
        with opened(tmp_path / "m.db", Signs("other")) as two:
            two.embed(afresh=True)
        with pytest.raises(EmbedderMismatch):
            one.search("thing3")
        assert ids(words_only.search("thing3"))[0] == "t3"
        assert one.embed(afresh=True) == 9
        assert ids(one.search("thing3"))[0] == "t3"


def test_embedding_afresh_gives_the_same_vectors_again(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(70), Signs()) as memory:
        memory.embed()
        before = vectors(tmp_path / "m.db"), memory.search("thing3", 99)
        assert memory.embed(afresh=True) == 70
        assert (vectors(tmp_path / "m.db"), memory.search("thing3", 99)) == before
    with opened(":memory:", Signs()) as empty:
        assert empty.embed(afresh=True) == 0


def test_a_model_that_nobody_named_gives_way_to_the_one_that_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.db"
    monkeypatch.setattr(
        "torimem.memory.load_embedder", lambda spec: Signs("other") if spec == "auto" else spec
    )
    with talk(path, range(9), Signs()) as memory:
        memory.embed()
    with opened(path, "auto") as memory:
        assert memory.embedder is None
        assert ids(memory.search("thing3"))[0] == "t3"  # by its words
        assert (memory.backlog(), memory.embed(), memory.embed(afresh=True)) == (0, 0, 0)
        memory.prompt("thing3?")
    assert len(vectors(path)) == 9
    with opened(path, "auto", "bob") as bob:
        assert bob.embedder == "other"
        bob.observe_many([message(3)])
        assert ids(bob.search("thing3")) == ["t3"]
    with opened(path, "auto", "bob") as bob:
        assert bob.embedder == "other"


def test_without_a_name_the_environment_names_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORIMEM_EMBEDDER", "none")
    with talk(tmp_path / "m.db", range(3), "auto") as memory:
        assert memory.embedder is None
        assert ids(memory.search("thing2"))[0] == "t2"


# Leaving and coming back


def test_a_restored_memory_finds_the_same_and_embeds_for_itself(tmp_path: Path) -> None:
    with talk(tmp_path / "m.db", range(40), Signs()) as memory:
        memory.forget(id="t7")
        found = memory.search("thing9 and tea3", 99)
        memory.export(tmp_path / "e.jsonl")
    assert b"signs" not in (tmp_path / "e.jsonl").read_bytes()  # the log only
    with Memory.restore(tmp_path / "e.jsonl", tmp_path / "r.db", embedder=Signs()) as restored:
        assert restored.backlog() == 39
        assert restored.search("thing9 and tea3", 99) == found
    with Memory.restore(tmp_path / "e.jsonl", tmp_path / "o.db", embedder=Signs("other")) as other:
        assert ids(other.search("thing9"))[0] == "t9"
    assert vectors(tmp_path / "r.db") == vectors(tmp_path / "m.db")


@pytest.mark.parametrize("n", [0, 70, 149])
def test_a_corrected_text_is_embedded_again_and_nothing_else_is(tmp_path: Path, n: int) -> None:
    path = tmp_path / "m.db"
    signs = Signs()
    with talk(path, range(150), signs) as memory, opened(path, Signs()) as looking:
        memory.embed()
        looking.search("thing3")
        old = vectors(path)[n]
        signs.embedded.clear()
        with opened(path) as wordless:  # who corrects it needs no model
            wordless.correct(f"t{n}", "a note on zebra99")
            assert ids(wordless.search("zebra99"))[:1] == [f"t{n}"]
        assert (vectors(path)[n][1:], memory.backlog()) == ((b"", b"", b""), 1)
        assert old[1] not in bytes_in(tmp_path)
        assert memory.stats()["embedded"] == 149
        (hit, *_) = memory.search("zebra99")  # until it is embedded again it is found by its words
        assert (hit.turn_id, hit.why.startswith("says zebra99"), "likeness" in hit.why) == (
            f"t{n}",
            True,
            False,
        )
        assert "likeness" in memory.search("thing11")[0].why  # and the others by their vectors
        signs.embedded.clear()
        assert (memory.embed(), signs.embedded, memory.backlog()) == (1, ["a note on zebra99"], 0)
        assert "likeness" in memory.search("zebra99")[0].why
        assert memory.correct(f"t{n}", topics=["zebra"]).topics == ("zebra",)
        assert memory.backlog() == 0  # the words are still the same
        with opened(tmp_path / "fresh.db", Signs()) as fresh:
            said = [message(k, text="a note on zebra99") if k == n else message(k) for k in range(150)]
            fresh.observe_many(said)
            fresh.embed()
            for question in ("zebra99", f"thing{n}", "tea3 thing70"):
                assert looking.search(question) == memory.search(question) == fresh.search(question)
        assert vectors(path) == vectors(tmp_path / "fresh.db")


def test_a_search_while_a_text_is_corrected_works_and_the_next_knows_all(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with opened(path) as other:

        def correct(texts: Sequence[str]) -> None:
            if texts == ["zebra99"]:  # the log is embedded, the question is not yet
                other.correct("t3", "a note on zebra99")

        with talk(path, range(20), Signs("signs", correct)) as memory:
            assert memory.embed() == 20
            assert len(memory.search("zebra99")) == 10  # of what it knows of the turn by now, no vectors
            signs = memory._index.embedder
            assert isinstance(signs, Signs)
            signs.before = None
            assert memory.search("") == []  # looks nothing up, and embeds nothing
            assert ids(memory.search("zebra99"))[:1] == ["t3"]
            assert memory.embed() == 1
            with opened(path, Signs()) as fresh:
                assert memory.search("zebra99 tea5") == fresh.search("zebra99 tea5")


def test_a_file_from_before_there_were_vectors_can_be_searched(tmp_path: Path) -> None:
    shutil.copy(SCHEMAS / "schema1.sqlite", tmp_path / "old.db")
    with Memory(tmp_path / "old.db", "ada", embedder=Signs()) as old:
        assert old.backlog() == 264
        assert ids(old.search("Müsli for breakfast 167"))[0] == "t167"  # by its words
        assert old.embed() == 264
        assert old.backlog() == 0
        assert ids(old.search("Müsli for breakfast 167"))[0] == "t167"
        assert old.forget(id="t167").erased == "done"
        assert "t167" not in ids(old.search("breakfast 167", 99))


# A log too long to be compared whole


@pytest.fixture(scope="module")
def long_log() -> Iterator[Memory]:
    """3000 turns, of which those around the 1500th and the last say something of their own."""
    memory = opened(":memory:", Signs())
    said = {1500: "the harlow guitar", 1502: "red as wine", 2999: "so much for guitars", 4: "zither and lute"}
    memory.observe_many(
        [message(n, text=said.get(n, f"so it goes {n % 50} {n}")) for n in range(indexes.WHOLE + 1000)]
    )
    memory.embed()
    yield memory
    memory.close()


@pytest.mark.parametrize(
    "question",
    ["Which harlow guitar?", "wine", "red wine", "lute?", "goes 1777", "zithers", "guitar so much"],
)
def test_a_long_log_is_searched_as_well_as_if_it_were_compared_whole(
    long_log: Memory, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hit, *_) = long_log.search(question)
    monkeypatch.setattr(indexes, "WHOLE", 10**6)
    (whole, *_) = long_log.search(question)
    assert (hit.turn_id, hit.text) == (whole.turn_id, whole.text)


@pytest.mark.parametrize("question", ["red wine", "harlow", "lute"])
def test_in_a_long_log_vectors_alone_find_what_words_do_not_look_for(long_log: Memory, question: str) -> None:
    hits = long_log.search(question, 1, without=["words", "spread", "flow"])
    assert ids(hits) == ids(long_log.search(question, 1))
    assert "likeness" in hits[0].why


@given(st.integers(0, 199), st.integers(0, 199))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_for_is_among_the_candidates(one: int, other: int) -> None:
    with pytest.MonkeyPatch.context() as patch, talk(":memory:", range(200), Signs()) as memory:
        memory.embed()
        question = f"thing{one} or thing{other}"
        whole = memory.search(question, 3, without=["flow"])
        patch.setattr(indexes, "WHOLE", 0)
        patch.setattr(indexes, "CANDIDATES", 8)
        few = memory.search(question, 3, without=["flow"])
        assert few[0].turn_id == whole[0].turn_id
        assert {f"t{one}", f"t{other}"} & set(ids(whole)) <= set(ids(few))


def test_a_closed_memory_says_so() -> None:
    memory = talk(":memory:", range(2), Signs())
    memory.close()
    for use in (lambda: memory.search("x"), memory.embed, memory.backlog):
        with pytest.raises(StoreError, match="was closed"):
            use()


def test_a_search_that_was_interrupted_leaves_nothing_half_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["I live in Hamburg.", "I moved to Berlin.", "I love tea."]
    with Memory(":memory:", embedder="none") as memory, Memory(":memory:", embedder="none") as other:
        for number, text in enumerate(texts):
            for one in (memory, other):
                one.observe(text, id=f"t{number}", at=f"2026-01-0{number + 1}")
        add = Postings.add
        with monkeypatch.context() as patched:

            def broken(self: Postings, text: str, **more: Any) -> None:
                add(self, text, **more)
                if self.turns == 2:
                    self._texts.pop()  # as a key pressed between two lines leaves it
                    raise KeyboardInterrupt

            patched.setattr(Postings, "add", broken)
            with pytest.raises(KeyboardInterrupt):
                memory.search("Where do I live?")
        assert memory.search("Where do I live?") == other.search("Where do I live?")
        assert memory.context(query="Where do I live?") == other.context(query="Where do I live?")
