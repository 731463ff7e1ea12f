"""The suite for stores that last and that several users share: processes, machines, threads."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

from ..log.store import StoreBase
from .stores import AT_MOST, StoreTests, in_a_thread
from .turns import said


class SharedStoreTests(StoreTests):
    """What a store that lasts must do: `opened` on the same folder is the same store, again or beside it."""

    lasts = True

    def test_what_was_written_is_there_when_it_is_opened_again(self, tmp_path: Path) -> None:
        with closing(self.opened(tmp_path)) as store:
            scope = store.scope("ada", "", "{}").number
            store.append(scope, [said(f"t{n}", "x", "dog", meta={"n": n}) for n in range(4)])
            store.put(scope, "mine", {0: b"0", 3: b"3"})
            store.rewrite(scope, remove=[1])
            found, turns = store.find("ada", ""), list(store.turns(scope))
        with closing(self.opened(tmp_path)) as again:
            assert again.find("ada", "") == found
            assert list(again.turns(scope)) == turns
            assert again.get(scope, "mine", range(3)) == {0: b"0", 2: b"3"}
            assert again.append(scope, [said("t9")])[0].index == 3

    def test_what_one_changes_the_other_sees_under_the_right_index(self, tmp_path: Path) -> None:
        with closing(self.opened(tmp_path)) as one, closing(self.opened(tmp_path)) as two:
            scope = one.scope("ada", "", "{}").number
            one.append(scope, [said(f"t{n}", "x", f"topic {n}") for n in range(9)])
            left = [f"t{n}" for n in range(9)]
            turns = ((one, two, "t4"), (two, one, "t0"), (one, two, "t8"), (two, one, "t5"))
            for writer, reader, id in turns:
                writer.forget(scope, [id])
                left.remove(id)
                assert [turn.id for turn in reader.turns(scope)] == left
                assert [turn.id for turn in reader.turns(scope, 2, 4)] == left[2:4]
                assert [index for _, index in reader.mention_rows(scope)] == list(range(len(left)))
                writer.append(scope, [said(f"after {id}", "x", "topic a")])
                left.append(f"after {id}")
                reader.forget(scope, [f"after {id}"])
                left.remove(f"after {id}")
                assert [(turn.id, turn.index) for turn in writer.turns(scope)] == [
                    (id, index) for index, id in enumerate(left)
                ]

    def test_threads_of_two_append_and_forget_and_lose_nothing(self, tmp_path: Path) -> None:
        with closing(self.opened(tmp_path)) as one, closing(self.opened(tmp_path)) as two:
            scope = one.scope("ada", "", "{}").number
            start = threading.Barrier(4)

            def work(worker: int) -> bool:
                store = (one, two)[worker % 2]
                start.wait(AT_MOST)
                for n in range(15):
                    store.append(scope, [said(f"{worker}-{n}"), said(f"{worker}-{n} gone")])
                    store.forget(scope, [f"{worker}-{n} gone"])
                    with store.snapshot():
                        turns = list(store.turns(scope))
                        found = store.find("ada", "")
                        assert found is not None
                        assert [turn.index for turn in turns] == list(range(found.turns))
                    assert any(turn.id == f"{worker}-{n}" for turn in turns)
                return True

            done: list[bool] = []
            threads = [
                threading.Thread(target=lambda w=worker: done.append(work(w)), daemon=True)
                for worker in range(4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(AT_MOST)
            assert done == [True] * 4
            assert sorted(turn.id for turn in one.turns(scope)) == sorted(
                f"{worker}-{n}" for worker in range(4) for n in range(15)
            )

    def test_a_snapshot_sees_nothing_that_others_write(self, tmp_path: Path) -> None:
        with closing(self.opened(tmp_path)) as store, closing(self.opened(tmp_path)) as other:
            scope = store.scope("ada", "", "{}").number
            store.append(scope, [said("a"), said("b")])

            def seen() -> list[str]:
                return [turn.id for turn in store.turns(scope)]

            with store.snapshot():
                assert seen() == ["a", "b"]
                other.forget(scope, ["a"])
                assert in_a_thread(lambda: store.append(scope, [said("c")])[0].index) == 1
                assert in_a_thread(seen) == ["b", "c"]
                with store.snapshot():  # inside another one
                    assert seen() == ["a", "b"]
                assert [turn.id for turn in store.at(scope, [1])] == ["b"]
            assert seen() == ["b", "c"]

    def test_reading_waits_for_nobody_and_sees_only_what_is_done(self, tmp_path: Path) -> None:
        with closing(self.opened(tmp_path)) as store, closing(self.opened(tmp_path)) as other:
            scope = store.scope("ada", "", "{}").number
            store.append(scope, [said("a"), said("b")])

            def read(one: StoreBase) -> list[str]:
                with one.snapshot():
                    assert one.find("ada", "") is not None
                    return [turn.id for turn in one.turns(scope)]

            with store.transaction():
                store.append(scope, [said("c")])
                store.forget(scope, ["a"])
                assert read(store) == ["b", "c"]
                assert in_a_thread(lambda: read(store)) == ["a", "b"]
                assert in_a_thread(lambda: read(other)) == ["a", "b"]
                assert read(other) == ["a", "b"]
            assert read(other) == in_a_thread(lambda: read(store)) == ["b", "c"]

    def test_an_open_reader_delays_an_erasure_and_a_later_one_makes_up_for_it(self, tmp_path: Path) -> None:
        with closing(self.opened(tmp_path)) as store, closing(self.opened(tmp_path)) as reader:
            scope = store.scope("ada", "", "{}").number
            store.append(scope, [said("a"), said("b")])
            with reader.snapshot():
                assert len(list(reader.turns(scope))) == 2
                store.forget(scope, ["a"])
                assert not store.erase()
                assert store.pending()
            assert store.erase()
            assert not reader.pending()
