"""A model behind the OpenAI chat interface: sends the messages, yields the pieces of the reply.

The address, the key and the wording of failures are left to `endpoint`. The openai package is imported when
a model is asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from ..errors import InvalidInput
from .endpoint import BROKE_OFF, Endpoint
from .message import ChatMessage

if TYPE_CHECKING:
    from openai import OpenAI, Stream
    from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam

EMPTY = ("sent an empty reply", "ask again, try streaming=False, or check that the address ends in /v1")
UNREADABLE = ("sent an answer that is not chat JSON", "check that the address ends in /v1")


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

    def stream(self, system: str, messages: Sequence[ChatMessage]) -> Iterator[str]:
        """Yield the reply piece by piece; raises `ModelError`, also where the reply breaks off midway."""
        import openai

        asked = [{"role": "system", "content": system}] if system else []
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
