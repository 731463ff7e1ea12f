"""Which model a text or the environment names; servers stand on loopback."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

import pytest

from fake_llm import FakeLLM
from torimem import models
from torimem.errors import InvalidInput, MissingExtra, ModelError
from torimem.models import LLM, ChatMessage, Offline, OpenAICompatible, endpoint, load, named
from torimem.models.endpoint import OPENAI_URL

pytestmark = pytest.mark.usefixtures("bare_environment")
KEY = "sk-test-1234567890"


def say(model: LLM) -> str:
    return "".join(model.stream("", [ChatMessage(role="user", content="Hello")]))


class Parrot:
    name = "parrot"

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        yield messages[-1]["content"]


def test_an_object_with_stream_is_returned_as_it_is() -> None:
    parrot = Parrot()
    assert load(parrot) is parrot


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "openai",
        "openai:",
        "ollama:",
        "ftp://host/v1",
        "http://",
        "http://h:99999/v1",
        "http://a b/v1",
    ],
)
def test_unknown_specs_are_refused_in_one_line(spec: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(spec)
    assert "http://HOST:PORT/v1" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("gpt-4o", "openai:gpt-4o"),
        ("GPT-5-mini", "openai:GPT-5-mini"),
        ("o3", "openai:o3"),
        ("chatgpt-4o-latest", "openai:chatgpt-4o-latest"),
        ("ft:gpt-4o:acme::abc", "openai:ft:gpt-4o:acme::abc"),
        ("OpenAI:gpt-4o", "openai:gpt-4o"),
        ("openai/gpt-4o", "openai:gpt-4o"),
        ("llama3:8b", "ollama:llama3:8b"),
        ("qwen3", "ollama:qwen3"),
        ("mistral", "ollama:mistral"),
        ("gpt-oss:20b", "ollama:gpt-oss:20b"),
        ("my-own:latest", "ollama:my-own:latest"),
        ("gpt2", "transformers:gpt2"),
        ("Qwen/Qwen3-4B", "transformers:Qwen/Qwen3-4B"),
        ("hf:Qwen/Qwen3-4B", "transformers:Qwen/Qwen3-4B"),
        ("./models/own", "transformers:./models/own"),
        ("localhost:8000", "http://localhost:8000/v1#MODEL"),
        ("127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1#MODEL"),
        (" Auto", "auto"),
        (
            "claude-sonnet-4-5",
            "torimem.models.OpenAICompatible('claude-sonnet-4-5', 'https://api.anthropic.com/v1', "
            "api_key=...)",
        ),
    ],
)
def test_a_bare_name_is_refused_with_the_form_that_was_meant(spec: str, meant: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(spec)
    assert str(caught.value) == f"model {spec!r} is not known; did you mean {meant}?"


@pytest.mark.parametrize("spec", ["transformers", "transformers:", "transformers: "])
def test_a_model_of_transformers_needs_a_name(spec: str) -> None:
    with pytest.raises(InvalidInput, match=r"use one of: .*, transformers:MODEL \(a folder or a name"):
        load(spec)


def test_an_object_without_stream_is_refused() -> None:
    with pytest.raises(InvalidInput, match="type int has no stream method"):
        load(7)  # type: ignore[arg-type]


def test_url_without_a_model_takes_the_first_chat_model(fake_llm: FakeLLM) -> None:
    fake_llm.models = ["text-embed-3", "fake-2", "fake-1"]
    assert load(fake_llm.url).name == "fake-2"


def test_url_without_any_model_says_how_to_name_one(fake_llm: FakeLLM) -> None:
    fake_llm.models = []
    with pytest.raises(ModelError, match=r"lists no chat model; name one: .*#MODEL"):
        load(fake_llm.url)


@pytest.mark.parametrize("failure", ["401", "500", "html", "no answer"])
def test_a_failing_model_list_is_one_line(fake_llm: FakeLLM, failure: str) -> None:
    fake_llm.then(fail=failure)
    with pytest.raises(ModelError) as caught:
        load(fake_llm.url)
    assert "\n" not in str(caught.value)


def test_openai_needs_a_key() -> None:
    with pytest.raises(InvalidInput, match="set OPENAI_API_KEY"):
        load("openai:gpt-5-mini")


@pytest.mark.parametrize("key", ["sk-secret line", "sk-secret\n", "sk-secreté"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        OpenAICompatible("m", api_key=key)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_must_be_positive(timeout: float) -> None:
    with pytest.raises(InvalidInput, match="seconds above 0"):
        OpenAICompatible("m", "http://127.0.0.1:1/v1", timeout=timeout)


# auto


def test_auto_without_anything_is_offline() -> None:
    assert isinstance(load(), Offline)


@pytest.mark.parametrize("variable", ["TORIMEM_MODEL", "OPENAI_MODEL"])
def test_auto_takes_server_and_model_from_the_environment(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", fake_llm.url)
    monkeypatch.setenv(variable, "fake-9")
    model = load("auto")
    assert isinstance(model, OpenAICompatible)
    assert (model.name, model.base_url) == ("fake-9", fake_llm.url)
    assert fake_llm.requests == []


def test_auto_asks_the_named_server_for_its_first_model(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", fake_llm.url)
    assert load().name == "fake-1"


def test_auto_with_a_key_alone_means_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = load()
    assert isinstance(model, OpenAICompatible)
    assert (model.name, model.base_url) == (named.OPENAI_MODEL, OPENAI_URL)
    assert KEY not in repr(model)


def test_auto_finds_a_local_ollama(fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_llm.models = ["nomic-embed-text:latest", "qwen3:4b", "llama3:8b"]
    monkeypatch.setenv("OLLAMA_HOST", fake_llm.host)
    monkeypatch.setattr(named, "OLLAMA_WAIT", 5.0)  # this machine may be busy
    model = load()
    assert model.name == "qwen3:4b"
    assert say(model).startswith("You said")
    monkeypatch.setenv("TORIMEM_MODEL", "llama3:8b")
    assert load().name == "llama3:8b"


@pytest.mark.parametrize("failure", ["stalls", "stalls midway", "500", "html", "wrong json", "no answer"])
def test_auto_gives_up_on_a_broken_ollama_at_once(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    fake_llm.then("x", fail=failure)
    monkeypatch.setenv("OLLAMA_HOST", fake_llm.host)
    began = time.monotonic()
    assert isinstance(load(), Offline)
    assert time.monotonic() - began < 1.0  # 0.3 s, and room for a busy machine


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        (":5000", "http://127.0.0.1:5000"),
        ("box:5000", "http://box:5000"),
        ("http://box", "http://box:80"),
        ("https://box/ollama/", "https://box:443/ollama"),
        ("[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_ollama_host_takes_the_forms_of_ollama(monkeypatch: pytest.MonkeyPatch, host: str, url: str) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    model = load("ollama:qwen3:4b")
    assert isinstance(model, OpenAICompatible)
    assert (model.name, model.base_url) == ("qwen3:4b", url + "/v1")


# The openai package


@pytest.fixture
def without_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (named, endpoint):
        monkeypatch.setattr(module, "find_spec", lambda name: None if name == "openai" else find_spec(name))


@pytest.mark.usefixtures("without_openai")
def test_missing_package_names_the_extra() -> None:
    with pytest.raises(MissingExtra, match=r"pip install 'torimem\[openai\]'"):
        load("openai:gpt-5-mini")


@pytest.mark.usefixtures("without_openai")
def test_auto_without_the_package_is_offline_and_says_why(
    fake_llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", fake_llm.host)
    monkeypatch.setattr(named, "OLLAMA_WAIT", 5.0)
    assert "pip install 'torimem[openai]'" in say(load())
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert "pip install 'torimem[openai]'" in say(load())


def loaded(code: str) -> set[str]:
    """The modules that a fresh process holds after running some code."""
    code += "; import sys; print(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_the_names_of_the_room_load_neither_openai_nor_torch_nor_a_network_stack() -> None:
    assert not {"openai", "httpx", "httpx2", "requests", "anyio", "torch", "transformers"} & loaded(
        "from torimem.models import *"
    )


def test_a_name_is_loaded_when_it_is_used() -> None:
    assert "torimem.models.local" not in loaded("from torimem.models import Offline")
    assert "torimem.models.local" in loaded("from torimem.models import LocalModel")


def test_the_room_shows_its_names_and_no_others() -> None:
    assert dir(models) == sorted(models.__all__)
    assert all(getattr(models, name) is not None for name in models.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'GPT'"):
        getattr(models, "GPT")  # noqa: B009
