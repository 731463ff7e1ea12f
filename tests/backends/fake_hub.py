"""A model hub on loopback, as much of it as fetching needs; it serves folders and counts what is asked."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class FakeHub:
    """Serves `models`, names to folders; a name in `refusals` is answered with that X-Error-Code instead."""

    def __init__(self) -> None:
        self.models: dict[str, Path] = {}
        self.refusals: dict[str, str] = {}
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> FakeHub:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(hub) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.asked.append(self.path)
                path = self.path.partition("?")[0].strip("/").removeprefix("api/models/")
                name = next((name for name in hub.models if path.startswith(name)), "")
                if not name or name in hub.refusals:
                    code = hub.refusals.get(name, "RepoNotFound")
                    self._answer(403 if code == "GatedRepo" else 404, b"{}", {"X-Error-Code": code})
                    return
                folder, rest = hub.models[name], path.removeprefix(name).strip("/").split("/")
                files = [file for file in folder.iterdir() if file.is_file()]
                if rest[0] == "resolve":
                    body = (folder / rest[2]).read_bytes()
                    tag = hashlib.sha256(body).hexdigest()
                    self._answer(200, body, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT})
                elif rest[0] == "tree":
                    rows = [
                        {"type": "file", "path": f.name, "size": f.stat().st_size, "oid": f.name}
                        for f in files
                    ]
                    self._answer(200, json.dumps(rows).encode())
                else:
                    about: dict[str, Any] = {"id": name, "sha": COMMIT, "private": False, "tags": []}
                    about["siblings"] = [{"rfilename": file.name} for file in files]
                    self._answer(200, json.dumps(about).encode())

            do_HEAD = do_GET

            def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                    self.send_header(key, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
