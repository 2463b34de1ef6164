"""The server of a gallery: on the loopback interface, for the browsers of this machine alone."""

import json
import secrets
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, final
from urllib.parse import urlsplit

from wsss.apps.view.gallery import SIDE, SMALL, Gallery
from wsss.draw.page import environment
from wsss.errors import ConfigError, DataError, StoreError
from wsss.validation import reason

LOOPBACK: Final = "127.0.0.1"
"""The only interface that is listened on."""
LARGEST: Final = 10_000
"""Bytes of what a page may send."""
TOKEN: Final = "X-Wsss-Token"  # noqa: S105, the name of a header
POLICY: Final = "default-src 'none'; img-src 'self'; style-src 'nonce-{0}'; script-src 'nonce-{0}'; connect-src 'self'"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Viewer:
    """Serves a gallery until it is closed."""

    gallery: Gallery
    port: int = 0
    """0 is any that is free."""

    @cached_property
    def server(self) -> ThreadingHTTPServer:
        """The server, which listens from now on; raises `ConfigError` where the port is taken."""
        try:
            server = ThreadingHTTPServer((LOOPBACK, self.port), _handler(self.gallery, token=secrets.token_urlsafe(16)))
        except (OSError, OverflowError) as error:
            raise ConfigError(
                [f"--port {self.port} cannot be listened on ({reason(error)}): use another one"]
            ) from error
        server.daemon_threads = True
        return server

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"http://{LOOPBACK}:{self.server.server_address[1]}/"

    def serve(self) -> None:
        """Answer until the process is interrupted."""
        with self.server as server:
            server.serve_forever()


def _handler(gallery: Gallery, *, token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.gallery, Handler.token = gallery, token
    return Handler


class _Handler(BaseHTTPRequestHandler):
    """Answers for a page, its table, pictures by number, and a tick of a suspect."""

    gallery: Gallery
    token: str
    server_version = "wsss"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer for what is looked at."""
        if not self._is_ours():
            return
        match urlsplit(self.path).path.split("/"):
            case ["", ""]:
                nonce = secrets.token_urlsafe(16)
                page = (
                    environment()
                    .get_template("view.html.j2")
                    .render(title=self.gallery.title, token=self.token, header=TOKEN, nonce=nonce)
                )
                self._send(page.encode(), kind="text/html; charset=utf-8", policy=POLICY.format(nonce))
            case ["", "table"]:
                self._json(self.gallery.table)
            case ["", ("picture" | "small") as size, image, panel] if _is_number(image) and _is_number(panel):
                self._picture(int(image), int(panel), side=SIDE if size == "picture" else SMALL)
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Tick a suspect: only for the page itself, which knows the token."""
        if not self._is_ours():
            return
        if not secrets.compare_digest(self.headers.get(TOKEN, "").encode(), self.token.encode()):
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        length = self.headers.get("Content-Length", "")
        if self.path != "/accept" or not _is_number(length) or int(length) > LARGEST:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        body = self.rfile.read(int(length))
        self._json(lambda: self._accept(body))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the name of the base class
        """Say nothing: the screen is the command's."""

    def _accept(self, body: bytes) -> dict[str, str]:
        match _parsed(body):
            case {"table": int(table), "row": int(row), "image": str(image), "accepted": bool(accepted)} if (
                0 <= table < len(self.gallery.ticks)
            ):
                return {"accept": self.gallery.ticks[table].accept(row, image=image, accepted=accepted)}
            case _:
                raise DataError("this is not a row of a table: load the page again")

    def _is_ours(self) -> bool:
        """Refuse pages of other names: a name may be made to lead here, and its page would then read ours."""
        _, port = self.connection.getsockname()
        if self.headers.get("Host") in (f"{LOOPBACK}:{port}", f"localhost:{port}"):
            return True
        self.send_error(HTTPStatus.FORBIDDEN)
        return False

    def _picture(self, image: int, panel: int, *, side: int) -> None:
        try:
            picture = self.gallery.picture(image, panel, side=side)
        except (DataError, StoreError):  # a file that changed or went
            picture = None
        if picture is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._send(picture, kind="image/jpeg")

    def _json(self, value: Any) -> None:
        try:
            self._send(json.dumps(value()).encode(), kind="application/json")
        except DataError as error:
            self._send(json.dumps({"error": str(error)}).encode(), kind="application/json", status=HTTPStatus.CONFLICT)

    def _send(self, data: bytes, *, kind: str, policy: str = "", status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(data)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
