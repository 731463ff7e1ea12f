"""A small OpenAI-compatible server on loopback; knows replies and failures by script, and nothing of torimem.

Each `then(...)` queues one answer; without one it answers what `reply` makes of the messages ("You said: ..."
with the last), and texts to embed with what `data` makes of them. It streams where the request asks for that.
`requests` holds what arrived. Stalled answers wait for the server to close.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# name -> (status, body) for answers that come whole
WHOLE = {
    "400": (400, b'{"error": {"message": "context length exceeded"}}'),
    "401": (401, b'{"error": {"message": "Incorrect API key provided: %KEY%"}}'),
    "403": (403, b'{"error": {"message": "key %KEY% may not"}}'),
    "404": (404, b'{"error": {"message": "model not found for sk-ab**yz, try pulling it"}}'),
    "429": (429, b'{"error": {"message": "slow down\\nplease, %KEY%"}}'),
    "500": (500, b"<html>\n  <h1>oh \x1b[31mno</h1>\n</html>"),
    "redirect": (307, b""),
    "html": (200, b"<html>welcome</html>"),
    "invalid json": (200, b'data: {"choices": [{"delta": {"cont\n\n'),
    "wrong json": (200, b'data: {"choices": [7]}\n\ndata: ["x"]\n\ndata: [DONE]\n\n'),
    "empty stream": (200, b"data: [DONE]\n\n"),
    "no content": (200, b'data: {"choices": []}\n\ndata: [DONE]\n\n'),
    "error event": (200, b'data: {"error": {"message": "out of memory"}}\n\n'),
}
BROKEN = ("no answer", "stalls", "stalls midway", "closes midway", "ends midway", "drips")


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)


def vector(text: str) -> list[float]:
    """What the server says a text means: three numbers that differ from text to text."""
    return [float(len(text)), float(sum(text.encode()) % 97), 1.0]


def data(texts: list[str]) -> object:
    """The list of embeddings as OpenAI's server sends it, in an order that only `index` tells."""
    rows = [{"object": "embedding", "index": n, "embedding": vector(text)} for n, text in enumerate(texts)]
    return rows[::-1]


def said(messages: list[dict[str, Any]]) -> str:
    """What the server answers where nothing is queued."""
    return f"You said: {messages[-1]['content']}"


def closed_port() -> str:
    """A host:port on loopback where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


class FakeLLM:
    """The server; a context manager. `url` ends in /v1, `host` is the same without it."""

    def __init__(self, models: Iterable[str] = ("fake-1", "fake-2")) -> None:
        self.models = list(models)
        self.requests: list[Received] = []
        self.data: Callable[[list[str]], object] = data
        self.reply: Callable[[list[dict[str, Any]]], str] = said
        self.retry_after = "0"
        self.released = threading.Event()
        self.answers: deque[tuple[str, tuple[str, ...]]] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = False  # close() waits for every handler, so no socket outlives a test
        self._server.fake = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.host = f"http://127.0.0.1:{self._server.server_port}"
        self.url = self.host + "/v1"

    def then(self, *pieces: str, fail: str = "") -> FakeLLM:
        """Queue a reply in these pieces, or a failure by name; returns itself, so that calls chain."""
        assert not fail or fail in WHOLE or fail in BROKEN, f"no failure called {fail!r}"
        self.answers.append((fail, pieces))
        return self

    @property
    def chats(self) -> list[dict[str, Any]]:
        """The bodies of the chat requests, oldest first."""
        return [request.body for request in self.requests if request.path.endswith("/chat/completions")]

    @property
    def embedded(self) -> list[list[str]]:
        """The texts of the requests for embeddings, oldest first."""
        return [request.body["input"] for request in self.requests if request.path.endswith("/embeddings")]

    def __enter__(self) -> FakeLLM:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10.0  # a client that forgets to close its connection cannot hang the tests

    @property
    def fake(self) -> FakeLLM:
        return self.server.fake  # type: ignore[attr-defined, no-any-return]

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle(self) -> None:
        with suppress(OSError):  # a client may close before it has read everything
            super().handle()

    def do_GET(self) -> None:
        self.fake.requests.append(Received("GET", self.path, dict(self.headers)))
        if self.path == "/v1/models":
            body = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.fake.models]}
        elif self.path == "/api/tags":  # how Ollama lists them
            body = {"models": [{"name": name, "details": {"family": "x"}} for name in self.fake.models]}
        else:
            return self._whole(404, b'{"error": {"message": "no such page"}}')
        if self.fake.answers and self.fake.answers[0][0]:
            return self._answer(*self.fake.answers.popleft(), stream=False)
        self._whole(200, json.dumps(body).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.fake.requests.append(Received("POST", self.path, dict(self.headers), body))
        fail, pieces = self.fake.answers.popleft() if self.fake.answers else ("", ())
        embeds = self.path.endswith("/embeddings")
        if embeds and not fail:
            answer = {"object": "list", "model": body["model"], "data": self.fake.data(body["input"])}
            return self._whole(200, json.dumps(answer).encode())
        pieces = pieces or (() if embeds else (self.fake.reply(body["messages"]),))
        try:
            self._answer(fail, pieces, stream=bool(body.get("stream")))
        except OSError:  # the client gave up, as it should
            self.close_connection = True

    def _answer(self, fail: str, pieces: tuple[str, ...], *, stream: bool) -> None:
        if fail in WHOLE:
            status, body = WHOLE[fail]
            key = self.headers.get("authorization", "").removeprefix("Bearer ").encode()
            kind = "text/event-stream" if body.startswith(b"data:") else "application/json"
            self._whole(status, body.replace(b"%KEY%", key), kind=kind)
        elif fail == "no answer":
            self.close_connection = True
        elif fail == "stalls":
            self.close_connection = True
            self.fake.released.wait(30)
        elif stream or fail:
            self._stream(fail, pieces)
        else:
            message = {"role": "assistant", "content": "".join(pieces)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._whole(200, json.dumps({"id": "1", "choices": [choice]}).encode())

    def _stream(self, fail: str, pieces: tuple[str, ...]) -> None:
        chunked = fail != "ends midway"  # without chunks only a closed connection marks the end
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header(*(("transfer-encoding", "chunked") if chunked else ("connection", "close")))
        self.end_headers()
        self._event({"delta": {"role": "assistant", "content": ""}}, chunked)
        for piece in pieces[:1] if fail else pieces:
            self._event({"delta": {"content": piece}}, chunked)
        if fail:
            self.close_connection = True
            if fail == "stalls midway":
                self.fake.released.wait(30)
            while fail == "drips" and not self.fake.released.wait(0.01):  # alive, but never done
                self._event({"delta": {}}, chunked)
            return
        self._event({"delta": {}, "finish_reason": "stop"}, chunked)
        self._write(b"data: [DONE]\n\n", chunked)
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, choice: dict[str, Any], chunked: bool) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}
        self._write(f"data: {json.dumps(chunk)}\n\n".encode(), chunked)

    def _write(self, data: bytes, chunked: bool) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)

    def _whole(self, status: int, body: bytes, *, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("retry-after", self.fake.retry_after)
        self.send_header("location", "/v1/elsewhere")
        self.end_headers()
        self.wfile.write(body)
