"""A process that remembers messages that it is given, by the torimem it finds, and tells what each took.

It is given lines of JSON, a message each, and answers each with a line: milliseconds of `observe`, and of
`prompt` for the same text, by the clock and of processor time. It uses nothing but what is public and has
been so for long, as it is run beside older trees.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import torimem


def spent(call: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds that a call takes: by the clock, and of processor time."""
    wall, own = time.perf_counter(), time.process_time()
    call()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - own)


def main() -> None:
    """Answer line by line until there are no more."""
    print(json.dumps(torimem.__file__), flush=True)
    with torimem.Memory(sys.argv[1], embedder="none") as memory:
        for line in sys.stdin:
            message = json.loads(line)
            text, role = message.pop("text"), message.pop("role")
            observe = spent(lambda: memory.observe(text, role, **message))  # noqa: B023
            prompt = spent(lambda: memory.prompt(text))  # noqa: B023
            print(json.dumps([*observe, *prompt]), flush=True)


if __name__ == "__main__":
    main()
