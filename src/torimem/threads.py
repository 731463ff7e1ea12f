"""How many threads BLAS may use: one, for work that is too small to share.

Two threads that wait for each other on a busy machine take twenty times as long as one that does not wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

_lock = Lock()
_inside: list[Any] = []


@contextmanager
def one() -> Iterator[None]:
    """One thread inside, for all of the process; nothing happens where threadpoolctl is not installed.

    >>> with one():
    ...     pass
    """
    with _lock:
        # who comes first sets it, who leaves last undoes it
        _inside.append(_inside[0] if _inside else _limited())
    try:
        yield
    finally:
        with _lock:
            limiter = _inside.pop()
            if not _inside and limiter is not None:
                limiter.restore_original_limits()


def _limited() -> Any:
    controller = _controller()
    return controller.limit(limits=1, user_api="blas") if controller else None


@cache
def _controller() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
