"""Results as JSON: whole, plain, and the same for commands and servers."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from torimem import Memory
from torimem.view.json import plain, text


def test_every_result_of_a_memory_has_a_form_that_comes_back_from_json() -> None:
    with Memory(":memory:", user="ada", embedder="none") as memory:
        memory.observe("I love my guitar, but work is horrible.", id="a", at="2026-01-31T10:00:00+02:00")
        memory.observe("I moved to Rome.", id="b", at="2026-02-01T10:00:00")
        results = [
            memory.turns(),
            memory.context(query="Where do I live?"),
            memory.prompt("Where do I live?"),
            memory.search("guitar"),
            memory.topics(),
            memory.map(),
            memory.stats(),
            memory.explain("a"),
            memory.diff(0),
            memory.forget(topic="guitar", dry_run=True),
        ]
    for result in results:
        assert json.loads(text(result)) == plain(result)
    assert plain(results[0])[0]["at"] == "2026-01-31T08:00:00+00:00"
    assert plain(results[0])[0]["analysis"]["mentions"][0]["key"] == "guitar"


def test_values_are_as_they_are() -> None:
    moment = datetime(2026, 1, 31, tzinfo=UTC)
    given = {"when": moment, 3: np.float32(0.5), "cells": np.eye(2), "some": {"b", "a"}, "yes": True}
    expected = {
        "when": "2026-01-31T00:00:00+00:00",
        "3": 0.5,
        "cells": [[1.0, 0.0], [0.0, 1.0]],
        "some": ["a", "b"],
        "yes": True,
    }
    assert plain(given) == expected
    with pytest.raises(TypeError, match="object has no form in JSON"):
        plain([object()])


def test_it_needs_no_terminal() -> None:
    code = "import sys, torimem.view.json; print('rich' in sys.modules, 'click' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
