"""One thread for small work, and afterwards as many as before."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from threadpoolctl import threadpool_info

from torimem.language.meaning import threads


def blas() -> list[int]:
    """How many threads each BLAS of this process may use now."""
    return [int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_there_is_one_thread_inside_and_as_many_as_before_afterwards() -> None:
    before = blas()
    with threads.one():
        assert set(blas()) <= {1}
        assert set(blas()) <= {1}
    assert blas() == before


def test_those_who_want_it_together_each_get_it_and_leave_as_many_as_before() -> None:
    before, meet = blas(), Barrier(4)

    def work(number: int) -> None:
        meet.wait()
        for _ in range(50):
            with threads.one():
                assert set(blas()) <= {1}

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert blas() == before


def test_an_error_inside_gives_the_threads_back() -> None:
    before = blas()
    with pytest.raises(ValueError, match="inside"), threads.one():
        raise ValueError("inside")
    assert blas() == before


def test_without_threadpoolctl_all_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    threads._controller.cache_clear()
    before = blas()
    with threads.one():
        assert blas() == before
    threads._controller.cache_clear()
