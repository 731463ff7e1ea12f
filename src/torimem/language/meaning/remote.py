"""Asks a server with OpenAI's embeddings interface for one vector a text.

`embed` says which texts are sent, and checks the shape of the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import InvalidInput
from ...models.endpoint import OPENAI_URL, Endpoint

if TYPE_CHECKING:
    import openai
    from openai.types import CreateEmbeddingResponse


class Server:
    """A server with OpenAI's embeddings interface; `vectors` asks it for one vector a text.

    Its address and key are found as for any `Endpoint`, whose errors it raises.

    >>> Server("nomic-embed-text", "http://127.0.0.1:11434/v1").name
    'http://127.0.0.1:11434/v1#nomic-embed-text'
    """

    def __init__(
        self, model: str, base_url: str | None = None, *, api_key: str | None = None, timeout: float = 60.0
    ) -> None:
        self._endpoint = Endpoint("embedder", model, base_url, api_key, timeout)
        where = self._endpoint.where
        if not model.strip():
            raise InvalidInput(f"{where} is asked for no model; name one: {where}#MODEL")
        self.name: str = f"openai:{model}" if self._endpoint.url == OPENAI_URL else f"{where}#{model}"

    def vectors(self, texts: list[str]) -> list[list[float]]:
        """One vector for each text, as the server sends them; raises `ModelError`."""
        import openai

        try:
            with self._endpoint.client() as client:
                answer = self._endpoint.asked(lambda: self._ask(client, texts))
            rows = {one.index: one.embedding for one in answer.data}
            return [rows[number] for number in range(len(texts))]
        except openai.OpenAIError as error:
            raise self._endpoint.failure(error) from None
        except (ValueError, TypeError, AttributeError, KeyError):  # the package wraps not all it cannot parse
            raise self._endpoint.error("sent no embeddings", "check that the address ends in /v1") from None

    def _ask(self, client: openai.OpenAI, texts: list[str]) -> CreateEmbeddingResponse:
        return client.embeddings.create(model=self._endpoint.model, input=texts, encoding_format="float")
