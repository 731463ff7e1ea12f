"""A server with the OpenAI interface: its address, its key, and its failures as one line each.

What is asked of it is left to `openai` (replies) and `language.meaning.remote` (vectors). Only the address
that the caller or the environment names is contacted, and a key is sent only to the server it was given for.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from ..errors import InvalidInput, MissingExtra, ModelError

if TYPE_CHECKING:
    import openai

Answer = TypeVar("Answer")

OPENAI_URL = "https://api.openai.com/v1"

# Status -> what happened, next step. At 401 and 403 servers like to repeat the key: their words are left out.
REFUSALS = {
    401: ("refused the API key", "set OPENAI_API_KEY or pass api_key"),
    403: ("refused the API key", "set OPENAI_API_KEY or pass api_key"),
    404: ("was not found", "check the model's name, and that the address ends in /v1"),
    429: ("is over its limit", "wait a moment, or check the quota"),
}
BROKE_OFF = ("broke off midway", "ask again; what came before is not the whole reply")


class Endpoint:
    """A model at an address; `what` names it in errors ("model"), `timeout` is the longest silence, in s.

    Without `base_url`, the address is OPENAI_BASE_URL, else that of OpenAI. Any other address gets no key
    from the environment, only `api_key`. Raises `MissingExtra` without the openai package and `InvalidInput`
    for a bad address, key or timeout.

    >>> Endpoint("model", "qwen3:4b", "http://ada:secret@127.0.0.1:11434/v1/").where
    'http://127.0.0.1:11434/v1'
    """

    def __init__(
        self,
        what: str,
        model: str,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 60.0,
    ) -> None:
        if find_spec("openai") is None:
            raise MissingExtra(f"{what} {model!r} needs the openai package: pip install 'torimem[openai]'")
        if not 0 < timeout < float("inf"):
            raise InvalidInput(f"timeout {timeout} is not a number of seconds above 0; 60 is the default")
        named = (os.environ.get("OPENAI_BASE_URL") or OPENAI_URL).rstrip("/")
        self.url: str = checked(base_url or named)
        self._foreign = self.url != named
        self._key = api_key or ("" if self._foreign else os.environ.get("OPENAI_API_KEY", ""))
        if not re.fullmatch(r"[!-~]*", self._key):
            raise InvalidInput(
                "the API key holds a blank, a line end or a non-ASCII character; copy it again"
            )
        if not self._key and self.url == OPENAI_URL:
            raise InvalidInput("OpenAI needs a key: set OPENAI_API_KEY; or name another server")
        self.what: str = what
        self.model: str = model
        self.timeout: float = timeout

    @property
    def where(self) -> str:
        """The address without the parts that may be secret: user, password, query."""
        return without_secrets(self.url)

    def client(self) -> openai.OpenAI:
        """A client for one call: nothing to close later, safe across threads and forks."""
        import openai

        key = self._key or "none"  # local servers ignore it, the package insists on one
        # No redirects: only the named server is contacted. No proxy on the way to this machine itself.
        http = openai.DefaultHttpxClient(
            follow_redirects=False, trust_env=not is_loopback(self.url), timeout=self.timeout
        )
        client = openai.OpenAI(
            api_key=key,
            base_url=self.url,
            timeout=self.timeout,
            max_retries=0,
            http_client=http,
            # OPENAI_CUSTOM_HEADERS may hold a key too.
            default_headers={"Authorization": f"Bearer {key}"} if self._foreign else None,
        )
        if self._foreign:
            client.organization = client.project = None
        return client

    def asked(self, ask: Callable[[], Answer]) -> Answer:
        """Call `ask`, and once more after a 429 or 5xx, where the pause the server wants is below `timeout`.

        The package's own retries would repeat a timeout too, and wait up to two minutes.
        """
        import openai

        try:
            return ask()
        except (openai.RateLimitError, openai.InternalServerError) as error:
            asked_for = error.response.headers.get("retry-after", "")
            pause = float(asked_for) if re.fullmatch(r"\d{1,6}(\.\d+)?", asked_for) else 0.5
            if pause >= self.timeout:
                raise
        time.sleep(pause)
        return ask()

    def error(self, what: str, next_step: str) -> ModelError:
        """A `ModelError` of one line: which model, what happened, what to do."""
        return ModelError(f"{self.what} {self.model!r} at {self.where} {what}; {next_step}")

    def failure(self, error: openai.OpenAIError, begun: bool = False) -> ModelError:
        """One line for an exception of the openai package, before or after an answer has `begun`."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            when = " midway" if begun else ""
            return self.error(f"sent nothing for {self.timeout:g} s{when}", "ask again, or raise timeout")
        if isinstance(error, openai.APIConnectionError):
            if begun:
                return self.error(*BROKE_OFF)
            cause = error.__cause__ or error
            reason = re.sub(r"^\[Errno -?\d+\] ", "", str(cause)) or type(cause).__name__
            return self.error(f"cannot be reached ({self._clean(reason)})", "start it, or check its address")
        code = error.status_code if isinstance(error, openai.APIStatusError) else None
        default = ("refused the request", "check the model and the address")
        what, next_step = REFUSALS.get(
            code or 500, default if code and code < 500 else ("failed", "ask again")
        )
        body = error.body if isinstance(error, openai.APIError) else None
        said = (body.get("message") or body.get("error")) if isinstance(body, Mapping) else body
        note = f": {self._clean(said)}" if isinstance(said, str) and code not in (401, 403) else ""
        return self.error(what + (f" ({code})" if code else "") + note, next_step)

    def _clean(self, text: str) -> str:
        """A server's message as one short line, without the key or anything that looks like one."""
        text = text.replace(self._key, "[key]") if self._key else text
        text = re.sub(r"\b(sk|key)-[\w*.-]{4,}", "[key]", text)
        line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
        return line if len(line) <= 160 else line[:159] + "…"


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def checked(url: str) -> str:
    """The address without a slash at its end; raises `InvalidInput` where it is not like http://HOST:PORT."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or re.search(r"[\s\x00-\x20\x7f]", url):
        raise InvalidInput(f"address {without_secrets(url)!r} is not like http://HOST:PORT/v1#MODEL")
    return url.rstrip("/")


def without_secrets(url: str) -> str:
    """An address without user, password and query."""
    return re.sub(r"^(\w+://)[^/]*@", r"\1", re.split(r"[?#]", url)[0])[:120]
