"""A server of files on the loopback that misbehaves as one is told: it drops connections, has no ranges, lies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(kw_only=True)
class Server:
    """What is served, how, and what was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    address: str = ""
    ranges: bool = True
    drops: list[int] = field(default_factory=list)
    """After so many bytes the next answers end; then the others are whole."""
    status: int = 0
    """An answer that every request gets."""
    html: bool = False
    shift: int = 0
    """By how many bytes a rest starts elsewhere than it was asked for."""
    silent: bool = False
    """Whether it says nothing of a length."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and range of every request."""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        span = request.headers.get("Range")
        self.asked.append((request.path, span))
        if self.html:
            self._send(request, 200, b"<html>log in</html>", {"Content-Type": "text/html"})
            return
        content = self.files.get(request.path.lstrip("/"))
        if self.status or content is None:
            request.send_error(self.status or 404)
            return
        start = int(span.removeprefix("bytes=").rstrip("-")) if span and self.ranges else 0
        headers = {"Content-Type": "application/x-tar"}
        start += self.shift if start else 0
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(request, 206 if start else 200, content[start:], headers)

    def _send(self, request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if not self.silent:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.drops.pop(0)] if self.drops else body)
        request.close_connection = True


@contextmanager
def serving(**options: object) -> Iterator[Server]:
    """Serve in a thread, at `address`."""
    server = Server(**options)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.address = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
