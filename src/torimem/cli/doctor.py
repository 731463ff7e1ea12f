"""What is here and whether it is sound: versions, extras, backends, and the state of a database."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ..errors import TorimemError
from ..field import backends
from ..lab.machine import installed
from ..language.meaning import minilm
from ..language.meaning.embed import load_embedder
from ..log.store.sqlite import SQLiteStore
from ..memory import Memory
from ..view.check import Check

EXTRAS = {"embed": "tokenizers", "openai": "openai", "plot": "matplotlib", "transformers": "transformers"}


def examine(path: str | Path | None = None) -> list[Check]:
    """Look at the installation, and at a database; changes nothing but to finish a pending erasure.

    >>> all(check.ok is not False for check in examine())
    True
    """
    return [*_installation(), *(_database(Path(path)) if path is not None else ())]


def _installation() -> Iterator[Check]:
    yield Check("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Check("torimem", True, installed("torimem") or "not installed as a package")
    yield Check("numpy", True, installed("numpy") or "missing")
    yield Check(
        "sqlite",
        sqlite3.sqlite_version_info >= (3, 35),
        f"{sqlite3.sqlite_version} (3.35 or newer is needed)",
    )
    for extra, package in EXTRAS.items():
        found = installed(package)
        detail = f"{package} {found}" if found else f"not installed: pip install 'torimem[{extra}]'"
        yield Check(f"extra {extra}", True if found else None, detail)
    model = load_embedder("minilm") if minilm.ready() else None
    yield Check("embedder", True if model else None, model.name if model else f"words only: {minilm.INSTALL}")
    for backend in backends.available():
        yield Check(f"backend {backend.name}", True if backend.here else None, backend.about)


def _database(path: Path) -> Iterator[Check]:
    if not path.exists():
        yield Check("database", None, f"{path} does not exist yet: torimem chat or torimem replay makes it")
        return
    try:
        store = SQLiteStore(path)
    except TorimemError as error:
        yield Check("database", False, str(error))
        return
    try:
        faults = store.integrity()
        yield Check(
            "database", not faults, "; ".join(faults[:3]) or f"{path}, {path.stat().st_size:,} bytes, sound"
        )
        scopes = store.scopes()
        pending = store.pending()
    except TorimemError as error:
        yield Check("database", False, str(error))
        return
    finally:
        store.close()
    yield Check(
        "erasure", not pending, "pending: a reader keeps old pages alive" if pending else "nothing pending"
    )
    for scope in scopes:
        name = f"memory {scope.user}" + (f" / {scope.agent}" if scope.agent else "")
        try:
            with Memory(path, scope.user, agent=scope.agent or None) as memory:
                same = memory.verify()
        except TorimemError as error:
            yield Check(name, False, str(error))
            continue
        state = "the fold repeats" if same else "what was cached differs from the log: run torimem refold"
        yield Check(name, same, f"{scope.turns} turns, {state}")
