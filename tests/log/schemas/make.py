"""Write a database as an earlier torimem wrote it; run by that torimem, once, and kept since.

    git archive COMMIT src | tar -x -C FOLDER
    PYTHONPATH=FOLDER/src python tests/log/schemas/make.py tests/log/schemas/schemaN.sqlite

Schema 1 is of commit 1420aa1, 2 of a77ca05, 3 of 174e938. What is said is in `turns.jsonl`.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from torimem.store import migrations

from torimem import Dynamics, Memory

SCHEMA = len(migrations.MIGRATIONS)


class Signs:
    """A stand-in for a model: each word has signs made from its hash."""

    name, dimensions = "signs", 8

    def encode(self, texts, progress=None):
        from torimem.analyse.embed import Encoded

        found = []
        for text in texts:
            names = tuple(text.split())
            bits = [list(hashlib.sha256(name.encode()).digest()[:8]) for name in names]
            rows = np.where(np.array(bits).reshape(-1, 8) > 127, 1, -1).astype(np.float32) / np.sqrt(8)
            whole = rows.sum(axis=0, dtype=np.float32)
            whole = (whole / (np.linalg.norm(whole) or 1)).astype(np.float32)
            found.append(Encoded(whole, whole[None], rows, names))
        return found


path = sys.argv[1]
given = {"embedder": Signs()} if SCHEMA > 1 else {}
lines = [json.loads(line) for line in Path(__file__).with_name("turns.jsonl").read_text("utf-8").splitlines()]
with Memory(path, "ada", dynamics=Dynamics(width=16, height=16), **given) as memory:
    for line in lines:
        memory.observe(**line)
    memory.observe("This is forgotten", id="gone", topics=["nothing"])
    memory.forget("gone")
    if SCHEMA > 1:
        memory.search("anything at all")  # embeds the log
    if SCHEMA > 2:
        memory.correct("t5", "I sold my bicycle", "a slip of the pen")
    memory.stats()
with Memory(path, "ada", agent="tutor", dynamics=Dynamics(width=16, height=16)) as tutor:
    tutor.observe("Fractions are hard", id="t1", at="2026-02-01T09:00:00", topics=["fractions"], emotion=-0.5)
