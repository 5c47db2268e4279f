"""A machine that webhooks call: a real HTTP server on this one, which remembers what it received."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    raw: bytes
    at: float

    @property
    def event(self) -> str:
        return self.headers["X-Event-Key"]

    @property
    def id(self) -> str:
        return self.headers["X-Request-Id"]

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


class Receiver:
    """Answers 200, or what `answer` says of a request: a status, or (status, headers, body)."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        self._tls = tls
        self.requests: list[Received] = []
        self.answer: Callable[[Received], Any] = lambda _: 200
        self._changed = threading.Condition()
        self.port = 0
        self.open_again()
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def open_again(self) -> None:
        """Listen, where it listened before."""
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_address[1]
        if self._tls is not None:
            listener = self._server.socket
            # Not while it accepts: who breaks a handshake off breaks that call alone.
            self._server.socket = self._tls.wrap_socket(
                listener, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: Received) -> Any:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        return self.answer(request)

    def wait_for(
        self, event: str, count: int = 1, seconds: float = 20, to: str = ""
    ) -> list[Received]:
        """Wait until so many requests of an event came; gives all of them."""

        def found() -> list[Received]:
            return [one for one in self.requests if one.event == event and one.path.endswith(to)]

        with self._changed:
            is_there = self._changed.wait_for(lambda: len(found()) >= count, seconds)
            assert is_there, (event, [one.event for one in self.requests])
            return found()


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    running = Receiver(tls)
    try:
        yield running
    finally:
        running.close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of who breaks off."""


def _handler(owner: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            given = owner.take(Received(self.path, dict(self.headers), raw, time.time()))
            status, headers, body = given if isinstance(given, tuple) else (given, {}, b"taken")
            self.send_response(status)
            for name, value in {"Content-Type": "text/plain", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                # Who called has gone meanwhile.
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            return

    return Handler
