"""A process that remembers messages that it is given, by the torimem it finds, and tells what each took.

It is given lines of JSON, a message each, and answers each with a line: milliseconds of `observe`, and of
`prompt` for the same text, by the clock and of processor time. The first `observe` counts from the import of
torimem on, NumPy being there: what is not imported then is imported later. Nothing is used but what is public
and has been so for long, as this is run beside older trees.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy  # noqa: F401


def opened() -> Any:
    """The memory of which the command line names the file."""
    from torimem import Memory

    return Memory(sys.argv[1], embedder="none")


def timed(call: Callable[..., Any], *given: object, **named: object) -> tuple[Any, float, float]:
    """What a call returns, and the milliseconds it takes: by the clock, and of processor time."""
    wall, own = time.perf_counter(), time.process_time()
    result = call(*given, **named)
    return result, 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - own)


def main() -> None:
    """Answer line by line until there are no more."""
    memory, *opening = timed(opened)
    print(json.dumps(sys.modules["torimem"].__file__), flush=True)
    with memory:
        for line in sys.stdin:
            message = json.loads(line)
            _, *observe = timed(memory.observe, **message)
            _, *prompt = timed(memory.prompt, message["text"])
            observe = [spent + before for spent, before in zip(observe, opening, strict=True)]
            opening = [0.0, 0.0]
            print(json.dumps([*observe, *prompt]), flush=True)


if __name__ == "__main__":
    main()
