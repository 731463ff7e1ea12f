"""Texts -> one vector each, from a server: knows how to ask it, and how to say in one line why it failed.

It leaves to `embed` what is asked for and whether the answer has the right shape. Only the server that the
caller or the environment names is contacted.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from torimem.errors import InvalidInput, MissingExtra, ModelError

if TYPE_CHECKING:
    import openai
    from openai.types import CreateEmbeddingResponse

OPENAI_URL = "https://api.openai.com/v1"

# Status -> what happened, next step; where a server may repeat the key, its words are left out.
_REFUSALS = {
    401: ("refused the API key", "set OPENAI_API_KEY"),
    403: ("refused the API key", "set OPENAI_API_KEY"),
    404: ("was not found", "check the model's name, and that the address ends in /v1"),
    429: ("is over its limit", "wait a moment, or check the quota"),
}


class Server:
    """Any server with OpenAI's embeddings interface; `vectors` asks it for one vector a text.

    Without `base_url`, it is OPENAI_BASE_URL or OpenAI. Any other server gets no key from the environment,
    only `api_key`. `timeout` is the longest silence in seconds. Raises `MissingExtra` without the openai
    package and `InvalidInput` for a bad address, model, key or timeout.

    >>> Server("nomic-embed-text", "http://127.0.0.1:11434/v1").name
    'http://127.0.0.1:11434/v1#nomic-embed-text'
    """

    def __init__(
        self, model: str, base_url: str | None = None, *, api_key: str | None = None, timeout: float = 60.0
    ) -> None:
        if find_spec("openai") is None:
            raise MissingExtra(f"embedder {model!r} needs the openai package: pip install 'torimem[openai]'")
        named = (os.environ.get("OPENAI_BASE_URL") or OPENAI_URL).rstrip("/")
        self.url = _checked((base_url or named).rstrip("/"))
        if not model.strip():
            raise InvalidInput(
                f"{_where(self.url)} is asked for no model; name one: {_where(self.url)}#MODEL"
            )
        if not 0 < timeout < float("inf"):
            raise InvalidInput(f"timeout {timeout} is not a number of seconds above 0; 60 is the default")
        self._foreign = self.url != named
        self._key = api_key or ("" if self._foreign else os.environ.get("OPENAI_API_KEY", ""))
        if not re.fullmatch(r"[!-~]*", self._key):
            raise InvalidInput(
                "the API key holds a blank, a line end or a non-ASCII character; copy it again"
            )
        if not self._key and self.url == OPENAI_URL:
            raise InvalidInput("OpenAI needs a key: set OPENAI_API_KEY, or name another server")
        self.model = model
        self.timeout = timeout
        self.name = f"openai:{model}" if self.url == OPENAI_URL else f"{_where(self.url)}#{model}"

    def vectors(self, texts: list[str]) -> list[list[float]]:
        """One vector for each text, as the server sends them; raises `ModelError`."""
        import openai

        try:
            with self._client() as client:
                try:
                    answer = self._ask(client, texts)
                except (openai.RateLimitError, openai.InternalServerError) as error:
                    asked_for = error.response.headers.get("retry-after", "")
                    pause = float(asked_for) if re.fullmatch(r"\d{1,6}(\.\d+)?", asked_for) else 0.5
                    if pause >= self.timeout:
                        raise
                    time.sleep(pause)
                    answer = self._ask(client, texts)
            rows = {one.index: one.embedding for one in answer.data}
            return [rows[number] for number in range(len(texts))]
        except openai.OpenAIError as error:
            raise self._failure(error) from None
        except (
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
        ):  # the package does not wrap what it cannot parse
            raise self._error("sent no embeddings", "check that the address ends in /v1") from None

    def _ask(self, client: openai.OpenAI, texts: list[str]) -> CreateEmbeddingResponse:
        return client.embeddings.create(model=self.model, input=texts, encoding_format="float")

    def _client(self) -> openai.OpenAI:
        """A client for one call, safe across threads and forks."""
        import openai

        host = urlsplit(self.url).hostname or ""
        here = host in ("localhost", "::1") or host.startswith("127.")
        key = self._key or "none"  # local servers ignore it, the package insists on one
        client = openai.OpenAI(
            api_key=key,
            base_url=self.url,
            timeout=self.timeout,
            max_retries=0,
            # No redirects: only the named server is contacted. No proxy on the way to this machine itself.
            http_client=openai.DefaultHttpxClient(
                follow_redirects=False, trust_env=not here, timeout=self.timeout
            ),
            # OPENAI_CUSTOM_HEADERS may hold a key too.
            default_headers={"Authorization": f"Bearer {key}"} if self._foreign else None,
        )
        if self._foreign:
            client.organization = client.project = None
        return client

    def _failure(self, error: openai.OpenAIError) -> ModelError:
        """One line for an exception of the openai package."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return self._error(f"sent nothing for {self.timeout:g} s", "ask again, or raise timeout")
        if isinstance(error, openai.APIConnectionError):
            cause = error.__cause__ or error
            reason = re.sub(r"^\[Errno -?\d+\] ", "", str(cause)) or type(cause).__name__
            return self._error(f"cannot be reached ({self._clean(reason)})", "start it, or check its address")
        code = error.status_code if isinstance(error, openai.APIStatusError) else 500
        default = ("refused the request", "check the model and the address")
        what, next_step = _REFUSALS.get(code, default if code < 500 else ("failed", "ask again"))
        body = error.body if isinstance(error, openai.APIError) else None
        said = (body.get("message") or body.get("error")) if isinstance(body, Mapping) else body
        note = f": {self._clean(said)}" if isinstance(said, str) and code not in (401, 403) else ""
        return self._error(f"{what} ({code}){note}", next_step)

    def _clean(self, text: str) -> str:
        """What a server says, as one short line without the key or anything that looks like one."""
        text = text.replace(self._key, "[key]") if self._key else text
        text = re.sub(r"\b(sk|key)-[\w*.-]{4,}", "[key]", text)
        line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
        return line if len(line) <= 160 else line[:159] + "…"

    def _error(self, what: str, next_step: str) -> ModelError:
        return ModelError(f"embedder {self.model!r} at {_where(self.url)} {what}; {next_step}")


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or re.search(r"[\s\x00-\x20\x7f]", url):
        raise InvalidInput(f"address {_where(url)!r} is not like http://HOST:PORT/v1#MODEL")
    return url


def _where(url: str) -> str:
    """The address without what may be secret in it: user, password, query."""
    return re.sub(r"^(\w+://)[^/]*@", r"\1", re.split(r"[?#]", url)[0])[:120]
