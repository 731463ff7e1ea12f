"""A text -> the model that it names, for people who write "openai:gpt-5-mini" or "auto".

How a model is asked is left to the model. Only the server that the text or the environment names is
contacted; "auto" may also look for an Ollama on this machine.
"""

from __future__ import annotations

import json
import os
import re
import time
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from urllib.parse import urlsplit

from ..errors import InvalidInput, ModelError
from .endpoint import checked, without_secrets
from .llm import LLM, Offline
from .openai import OpenAICompatible

OPENAI_MODEL = "gpt-5-mini"
OLLAMA_WAIT = 0.3  # seconds that asking for a local Ollama may cost where there is none
FORMS = (
    "auto, offline, openai:MODEL, ollama:MODEL, http://HOST:PORT/v1#MODEL, transformers:MODEL (a folder or a "
    "name on the hub; transformers:MODEL#DEVICE), an object with a stream method"
)


def load(spec: str | LLM = "auto") -> LLM:
    """The model a text names; an object that is a model already is returned as it is.

    "auto" is what the environment names (OPENAI_BASE_URL or OPENAI_API_KEY; the model from TORIMEM_MODEL or
    OPENAI_MODEL), else a local Ollama if it answers within 0.3 s, else `Offline`. Raises `InvalidInput` for
    anything unknown, `MissingExtra` without the package that is needed, `ModelError` where a server asked for
    its models fails or the files of a model cannot be read.

    >>> load("offline")
    Offline()
    >>> load("gpt-4o")
    Traceback (most recent call last):
    torimem.errors.InvalidInput: model 'gpt-4o' is not known; did you mean openai:gpt-4o?
    """
    if not isinstance(spec, str):
        if callable(getattr(spec, "stream", None)):
            return spec
        raise InvalidInput(f"model of type {type(spec).__name__} has no stream method; use one of: {FORMS}")
    kind, _, model = spec.partition(":")
    if spec == "auto":
        return _auto()
    if spec == "offline":
        return Offline()
    if kind == "openai" and model:
        return OpenAICompatible(model)
    if kind == "ollama" and model:
        return OpenAICompatible(model, _ollama_url() + "/v1")
    if kind == "transformers" and model.strip():
        from .local import LocalModel

        return LocalModel(model.strip())
    if kind in ("http", "https"):
        url, _, model = spec.partition("#")
        return OpenAICompatible(model, url) if model else _first_of(url)
    meant = likely(spec)
    raise InvalidInput(
        f"model {spec!r} is not known; " + (f"did you mean {meant}?" if meant else f"use one of: {FORMS}")
    )


_KINDS = ("openai", "ollama", "transformers")

# How people write a model's name -> the form that `load` takes; the first that matches the whole text counts.
_LIKELY = (
    (r"(auto|offline)", r"\1"),
    (rf"({'|'.join(_KINDS)})[:/](.+)", r"\1:\2"),
    (r"(?:hf|huggingface)[:/](.+)", r"transformers:\1"),
    (
        r"(?:anthropic[:/])?(claude[\w.@-]*)",
        r"torimem.models.OpenAICompatible('\1', 'https://api.anthropic.com/v1', api_key=...)",
    ),
    (r"((?:localhost|[\w-]+(?:\.[\w-]+)*):\d{4,5})(?:/.*)?", r"http://\1/v1#MODEL"),
    (r"(~?\.{0,2}/.+)", r"transformers:\1"),
    (r"((?:distil)?gpt-?2[\w-]*|[\w.-]+/[\w.-]+)", r"transformers:\1"),
    (r"((?:ft:)?(?:gpt-(?!oss)|chatgpt-|o\d)[\w.:-]*)", r"openai:\1"),
    (r"([\w.-]+:[\w.-]+)", r"ollama:\1"),
    (
        r"((?:gpt-oss|(?:code|tiny)?llama|qwen|qwq|mistral|mixtral|gemma|phi-?\d|deepseek|smollm|granite)"
        r"[\w.-]*)",
        r"ollama:\1",
    ),
)


def likely(spec: str) -> str | None:
    """The form that a bare model name was probably meant as, None where it looks like no model's name.

    >>> likely("llama3:8b"), likely("Qwen/Qwen3-4B"), likely("a friend")
    ('ollama:llama3:8b', 'transformers:Qwen/Qwen3-4B', None)
    """
    for pattern, form in _LIKELY:
        if found := re.fullmatch(pattern, spec.strip(), flags=re.IGNORECASE):
            meant = found.expand(form)
            kind = meant.partition(":")[0].lower()
            return kind + meant[len(kind) :] if kind in (*_KINDS, "auto", "offline") else meant
    return None


def _auto() -> LLM:
    server = os.environ.get("OPENAI_BASE_URL")
    model = os.environ.get("TORIMEM_MODEL") or os.environ.get("OPENAI_MODEL")
    if server or os.environ.get("OPENAI_API_KEY"):
        if find_spec("openai") is None:
            return Offline("A model is named, but not its package (pip install 'torimem[openai]')")
        return _first_of(server) if server and not model else OpenAICompatible(model or OPENAI_MODEL)
    url = _ollama_url()
    names = _ollama_models(url)
    if not names:
        return Offline()
    if find_spec("openai") is None:
        return Offline("Ollama is running, but the package for it is missing (pip install 'torimem[openai]')")
    return OpenAICompatible(model if model in names else names[0], url + "/v1")


def _first_of(url: str) -> OpenAICompatible:
    names = OpenAICompatible("the first model", url).models()
    chat = [name for name in names if isinstance(name, str) and name and "embed" not in name.lower()]
    if not chat:
        where = without_secrets(url)
        raise ModelError(f"the server at {where} lists no chat model; name one: {where}#MODEL")
    return OpenAICompatible(chat[0], url)


def _ollama_url() -> str:
    """The address of the local Ollama; OLLAMA_HOST takes the forms that Ollama itself takes."""
    host = os.environ.get("OLLAMA_HOST", "").strip() or "127.0.0.1:11434"
    host = "127.0.0.1" + host if host.startswith(":") else host
    url = urlsplit(checked(host if "://" in host else f"http://{host}"))
    port = url.port or (11434 if "://" not in host else {"http": 80, "https": 443}[url.scheme])
    name = "127.0.0.1" if url.hostname == "0.0.0.0" else url.hostname or ""  # listens there, is reached here
    return f"{url.scheme}://{f'[{name}]' if ':' in name else name}:{port}{url.path}"


def _ollama_models(url: str) -> list[str]:
    """The chat models of an Ollama, none where nothing answers in time."""
    server = urlsplit(url)
    if server.scheme != "http":
        return []
    deadline = time.monotonic() + OLLAMA_WAIT
    connection = HTTPConnection(server.hostname or "", server.port, timeout=OLLAMA_WAIT)
    body = b""
    try:
        connection.connect()
        connection.sock.settimeout(max(0.01, deadline - time.monotonic()))
        connection.request("GET", f"{server.path}/api/tags")
        with connection.getresponse() as response:
            while time.monotonic() < deadline and (part := response.read1(65536)):
                body += part
        models = json.loads(body)["models"]
        return [m["name"] for m in models if not re.search("embed|bert", json.dumps(m).lower())]
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return []
    finally:
        connection.close()
