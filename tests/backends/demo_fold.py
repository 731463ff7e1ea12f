"""The conversation that ships with torimem, folded on a backend and held against the canonical fold."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import numpy as np

from torimem import Memory, Message
from torimem.field.backends import Backend
from torimem.log.replay import read_replay


@cache
def said() -> list[Message]:
    """The conversation."""
    with as_file(files("torimem") / "cli/demo.jsonl") as path:
        return read_replay(path)


def same_everywhere(backend: str | Backend) -> None:
    """The same topics in the same order, and figures that differ by .01 at most; in truth by nothing."""
    with (
        Memory(":memory:", "ada", embedder="none", backend=backend) as memory,
        Memory(":memory:", "ada", embedder="none", backend="numpy") as canonical,
    ):
        memory.observe_many(said())
        canonical.observe_many(said())
        got, wanted = memory.topics(), canonical.topics()
        assert [topic.label for topic in got] == [topic.label for topic in wanted]
        np.testing.assert_allclose(memory.cells(), canonical.cells(), atol=0.01)  # the promise
        np.testing.assert_array_equal(memory.cells(), canonical.cells())
        assert got == wanted
        assert memory.prompt("How is the guitar?").text == canonical.prompt("How is the guitar?").text
