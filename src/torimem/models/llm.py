"""Prompt -> reply: knows how to ask a language model and how to say in one line why it failed.

It leaves to others what the prompt says (`prompt`), what is recalled (`recall`), who keeps the turns
(`chat`) and how a model in this process is asked (`local`). A model is anything with a `name` and a `stream`
method. Only the server that the caller or the environment names is contacted; `load("auto")` may also look
for an Ollama on this machine.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable
from urllib.parse import urlsplit

from ..context.known import Fact
from ..errors import InvalidInput, ModelError
from ..prompt.ledger import Prompt
from .endpoint import BROKE_OFF, Endpoint, checked, without_secrets
from .message import ChatMessage as ChatMessage

if TYPE_CHECKING:
    from openai import OpenAI, Stream
    from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam

OPENAI_MODEL = "gpt-5-mini"
OLLAMA_WAIT = 0.3  # seconds that asking for a local Ollama may cost where there is none
FORMS = (
    "auto, offline, openai:MODEL, ollama:MODEL, http://HOST:PORT/v1#MODEL, transformers:MODEL (a folder or a "
    "name on the hub; transformers:MODEL#DEVICE), an object with a stream method"
)

EMPTY = ("sent an empty reply", "ask again, try streaming=False, or check that the address ends in /v1")
UNREADABLE = ("sent an answer that is not chat JSON", "check that the address ends in /v1")


class LLM(Protocol):
    """What a model is to torimem: a name, and one method that yields the reply piece by piece.

    `prompt` is what the memory has to say, `messages` the conversation so far with the new user message last,
    and `recalled` the turns that match it, best first. A failure is a `ModelError`.
    """

    @property
    def name(self) -> str: ...

    def stream(
        self, prompt: Prompt, messages: Sequence[ChatMessage], recalled: Sequence[Fact] = ()
    ) -> Iterator[str]: ...


@runtime_checkable
class Windowed(LLM, Protocol):
    """A model that knows what fits: `Chat` asks it, where it has both of these methods.

    `count_tokens` is its own count of a text. `fitted` gives the newest of the messages that fit, the last
    always among them, and how many tokens they leave for a prompt, at least one; where the last does not fit
    by itself, it is a `ModelError`.
    """

    def count_tokens(self, text: str) -> int: ...

    def fitted(self, messages: Sequence[ChatMessage]) -> tuple[list[ChatMessage], int]: ...


class Offline:
    """No model: says so, and answers by quoting what was recalled, word for word.

    >>> from datetime import datetime
    >>> fact = Fact("I bought the Harlow OM-20.", datetime(2026, 3, 7), "d2:7", 16, speaker="Ada")
    >>> asked = [ChatMessage(role="user", content="Which guitar did I buy?")]
    >>> print("".join(Offline().stream(Prompt("", 0, 800, ()), asked, [fact])))
    No model is set up, so I can only quote what I remember:
    "I bought the Harlow OM-20." (Ada, 2026-03-07, turn d2:7)
    """

    name = "offline"

    def __init__(self, reason: str = "No model is set up") -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return "Offline()"

    def stream(
        self, prompt: Prompt, messages: Sequence[ChatMessage], recalled: Sequence[Fact] = ()
    ) -> Iterator[str]:
        """Yield a sentence that says what this is, then up to three of the recalled turns."""
        asked = messages[-1]["content"].strip() if messages else ""
        facts = [fact for fact in recalled if fact.text.strip() not in ("", asked)][:3]
        if not facts:
            yield f"{self.reason}, and I recall nothing about this yet."
            return
        yield f"{self.reason}, so I can only quote what I remember:"
        for fact in facts:
            who = fact.speaker or ("you" if fact.role == "user" else "the assistant")
            who += ", no longer so" if fact.earlier else ""
            yield f'\n"{fact.text}" ({who}, {fact.at:%Y-%m-%d}, turn {fact.turn_id})'


class OpenAICompatible:
    """Any server with the OpenAI chat interface: OpenAI, Ollama, vLLM, llama.cpp, LM Studio and others.

    `timeout` is the longest silence in seconds, before the first piece and between pieces; a whole reply may
    take ten times that. Without `base_url`, the server is OPENAI_BASE_URL or OpenAI. Any other server gets no
    key from the environment, only `api_key`. `streaming=False` is for servers that cannot stream.
    Raises `MissingExtra` without the openai package and `InvalidInput` for a bad address, key or timeout.

    >>> OpenAICompatible("qwen3:4b", "http://127.0.0.1:11434/v1")
    OpenAICompatible('qwen3:4b', 'http://127.0.0.1:11434/v1')
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        timeout: float = 60.0,
        streaming: bool = True,
    ) -> None:
        if not model.strip():
            raise InvalidInput(f"model {model!r} is empty; name one that the server has")
        self._endpoint = Endpoint("model", model, base_url, api_key, timeout)
        self.name = model
        self.timeout = timeout
        self.streaming = streaming

    @property
    def base_url(self) -> str:
        """The address that is asked."""
        return self._endpoint.url

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.name!r}, {self._endpoint.where!r})"

    def stream(
        self, prompt: Prompt, messages: Sequence[ChatMessage], recalled: Sequence[Fact] = ()
    ) -> Iterator[str]:
        """Yield the reply piece by piece; raises `ModelError`, also where the reply breaks off midway."""
        import openai

        asked = [{"role": "system", "content": prompt.text}] if prompt.text else []
        asked += [{"role": message["role"], "content": message["content"]} for message in messages]
        begun = False
        try:
            with self._endpoint.client() as client:
                for piece in self._pieces(client, cast("list[ChatCompletionMessageParam]", asked)):
                    begun = True
                    yield piece
        except openai.OpenAIError as error:
            raise self._endpoint.failure(error, begun) from None
        except (ValueError, TypeError, AttributeError):  # the package does not wrap what it cannot parse
            raise self._endpoint.error(*UNREADABLE) from None

    def models(self) -> list[str]:
        """The names of the models the server has, in its order; raises `ModelError`."""
        import openai

        try:
            with self._endpoint.client() as client:
                return [model.id for model in client.models.list().data]
        except openai.OpenAIError as error:
            raise self._endpoint.failure(error) from None
        except (ValueError, TypeError, AttributeError):
            raise self._endpoint.error(*UNREADABLE) from None

    def _pieces(self, client: OpenAI, asked: list[ChatCompletionMessageParam]) -> Iterator[str]:
        deadline = time.monotonic() + 10 * self.timeout
        answer = self._ask(client, asked)
        if not self.streaming:
            choices = cast("ChatCompletion", answer).choices
            if not (choices and choices[0].message.content):
                raise self._endpoint.error(*EMPTY)
            yield choices[0].message.content
            return
        begun = finished = False
        with cast("Stream[ChatCompletionChunk]", answer) as chunks:
            for chunk in chunks:
                for choice in chunk.choices or ():  # some servers end with a chunk of token counts only
                    if choice.delta and choice.delta.content:
                        begun = True
                        yield choice.delta.content
                    finished = finished or choice.finish_reason is not None
                if time.monotonic() > deadline:
                    raise self._endpoint.error(
                        f"took longer than {10 * self.timeout:g} s", "raise timeout, or ask for less"
                    )
        if not begun:
            raise self._endpoint.error(*EMPTY)
        if not finished:  # a closed connection looks like an end; only the reason to finish tells them apart
            raise self._endpoint.error(*BROKE_OFF)

    def _ask(
        self, client: OpenAI, asked: list[ChatCompletionMessageParam]
    ) -> Stream[ChatCompletionChunk] | ChatCompletion:
        return self._endpoint.asked(
            lambda: client.chat.completions.create(model=self.name, messages=asked, stream=self.streaming)
        )


def load(spec: str | LLM = "auto") -> LLM:
    """The model a text names; an object that is a model already is returned as it is.

    "auto" is what the environment names (OPENAI_BASE_URL or OPENAI_API_KEY; the model from TORIMEM_MODEL or
    OPENAI_MODEL), else a local Ollama if it answers within 0.3 s, else `Offline`. Raises `InvalidInput` for
    anything unknown, `MissingExtra` without the package that is needed, `ModelError` where a server asked for
    its models fails or the files of a model cannot be read.

    >>> load("offline")
    Offline()
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
    raise InvalidInput(f"model {spec!r} is not known; use one of: {FORMS}")


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
