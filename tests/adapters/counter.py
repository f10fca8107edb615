"""A counter where submissions are handed in, on the loopback, with every way of not answering."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from datasync_crawler.domain.profile import Credential, Submission

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

KEY = "ds_0123456789abcdef0123456789abcdef"


@dataclass
class Counter:
    """What it does with the next posts (by name, the last one stays), and what it saw.

    ``listing`` is what a look gets: a status and a body made from the entries counted so far.
    """

    ways: list[str] = field(default_factory=lambda: ["accept"])
    port: int = 0
    entries: list[dict[str, object]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    listing: Callable[[Counter], tuple[int, bytes]] = lambda counter: (200, counter.listed())
    during: Callable[[], None] = lambda: None
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hand/in"

    @property
    def posts(self) -> list[bytes]:
        return [body for method, _, _, body in self.requests if method == "POST"]

    def place(self, credential: Credential | None = None) -> Submission:
        return Submission(self.url, "repo", credential or Credential("header", "X-Pass"))

    def listed(self) -> bytes:
        return json.dumps({"submissions": self.entries, "remaining": 5 - len(self.entries)}).encode()

    def count(self, path: str, body: bytes) -> bytes:
        repo = parse_qs(urlsplit(path).query).get("repo", [""])[0]
        entry = {"id": f"s{len(self.entries)}", "eventCount": len(body.split()), "repo": repo}
        self.entries.append(entry)
        return json.dumps({"success": True, **entry, "remaining": 5 - len(self.entries), "time": "2m 1s"}).encode()


def _way(handler: BaseHTTPRequestHandler, counter: Counter, way: str) -> None:
    if way == "close at once":
        counter.requests.append((handler.command, handler.path, dict(handler.headers), b""))
        return _slam(handler)
    if way == "refuse early":
        counter.requests.append((handler.command, handler.path, dict(handler.headers), b""))
        return _answer(handler, 413, b'{"message":"too large"}')
    if way == "refuse early and hold":
        _answer(handler, 413, b"")
        counter.over.wait(10)
        return None
    length = int(handler.headers["Content-Length"])
    body = handler.rfile.read(length)
    counter.requests.append((handler.command, handler.path, dict(handler.headers), body))
    if len(body) < length:
        return _slam(handler)
    counter.during()
    answer = counter.count(handler.path, body) if "counted" in way.split() or way == "accept" else b""
    if way == "accept":
        return _answer(handler, 200, answer)
    name, _, text = way.partition(" ")
    if name in _ENDINGS:
        return _ENDINGS[name](handler, counter, answer)
    return _answer(handler, int(name), text.encode())


def _lose(handler: BaseHTTPRequestHandler, _: Counter, __: bytes) -> None:
    _slam(handler)


def _fall_silent(handler: BaseHTTPRequestHandler, _: Counter, __: bytes) -> None:
    handler.rfile.read(1)


def _tear(handler: BaseHTTPRequestHandler, _: Counter, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    _slam(handler)


def _drip(handler: BaseHTTPRequestHandler, counter: Counter, _: bytes) -> None:
    handler.close_connection = True
    for drop in b"HTTP/1.1 200 OK\r\n" + b"X-One: of many\r\n" * 100:
        if counter.over.wait(0.02):
            break
        handler.wfile.write(bytes([drop]))


_ENDINGS: dict[str, Callable[[BaseHTTPRequestHandler, Counter, bytes], None]] = {
    "lost": _lose,
    "silent": _fall_silent,
    "torn": _tear,
    "dripping": _drip,
}


def _answer(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Location", "/elsewhere")
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def _slam(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def open_counter(context: ssl.SSLContext | None = None) -> Iterator[Counter]:
    """A counter that answers until the block ends, under TLS when it is given a context."""
    counter = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            counter.requests.append(("GET", self.path, dict(self.headers), b""))
            _answer(self, *counter.listing(counter))

        def do_POST(self) -> None:
            _way(self, counter, counter.ways.pop(0) if len(counter.ways) > 1 else counter.ways[0])

        def log_message(self, *_: object) -> None:
            """Says nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] - clients leave in the middle on purpose
    counter.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield counter
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
