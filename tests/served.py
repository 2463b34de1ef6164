"""A viewer that answers in a thread, and how it is asked."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from wsss.apps.view.server import TOKEN, Viewer


@dataclass(frozen=True, kw_only=True)
class Served:
    """A viewer that answers, and how it is asked."""

    viewer: Viewer
    token: str

    def ask(self, path: str, *, method: str = "GET", body: str = "", **headers: str) -> tuple[int, bytes]:
        port = self.viewer.server.server_address[1]
        connection = HTTPConnection("127.0.0.1", int(port), timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in named)
        for name, value in {**named, "Content-Length": str(len(body.encode()))}.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        answer = connection.getresponse()
        return answer.status, answer.read()

    def accept(self, *, token: str | None = None, **row: Any) -> tuple[int, Any]:
        given = self.token if token is None else token
        status, body = self.ask("/accept", method="POST", body=json.dumps(row), **{TOKEN: given})
        return status, json.loads(body) if body.startswith(b"{") else None
