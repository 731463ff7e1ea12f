"""How many threads BLAS may use: one, for work that is too small to share.

Two threads that wait for each other on a busy machine take several times as long as one that does not wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import Any

_turn = RLock()


@contextmanager
def one() -> Iterator[None]:
    """One thread inside, as many as before afterwards; nothing happens where threadpoolctl is not installed.

    The number is the process's, so threads that want this wait for each other.

    >>> with one():
    ...     pass
    """
    controller = _controller()
    if controller is None:
        yield
        return
    with _turn, controller.limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
