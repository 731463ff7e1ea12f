"""Limits BLAS to one thread for work that is too small to share.

On a busy machine two threads that wait for each other take several times as long as one alone.
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
    """Within the block BLAS uses one thread; without threadpoolctl nothing changes.

    The limit holds for the process, so threads that set it wait for each other.

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
