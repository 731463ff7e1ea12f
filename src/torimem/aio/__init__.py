"""For asyncio: `AsyncMemory` and `AsyncChat`, the verbs of `Memory` and `Chat`, awaited.

What a verb does is left to its synchronous twin, which is called in a thread of a bounded pool: the work is
NumPy and SQLite, which let other threads run. A verb is declared once, there; `awaited` gives it its
parameters, types and docstring here. Callbacks such as `progress` are called in the thread that works.

A call that is cancelled raises `CancelledError` at once. What it had begun is still done to its end: nothing
is half written. `close`, or the end of an `async with` block, waits for that.
"""

from .chat import AsyncChat
from .memory import AsyncMemory
from .reply import AsyncReplyStream

__all__ = ["AsyncChat", "AsyncMemory", "AsyncReplyStream"]
