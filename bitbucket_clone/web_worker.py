"""gunicorn's threaded worker, with limits on patience: a client that stalls does not keep a thread.

A head must be there within seconds; a form or a REST body within two minutes; and nobody may be
silent for long while a body or an answer is under way. Git's own transfers may last for hours, as
long as bytes move.
"""

from __future__ import annotations

import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from bitbucket_clone import process_memory

HEAD_SECONDS = 10.0
BODY_SECONDS = 120.0
SILENCE_SECONDS = 60.0
TRIM_SECONDS = 30.0

_WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}
_GIT = ("/git-upload-pack", "/git-receive-pack")


class PatientWorker(ThreadWorker):
    """Cut connections whose deadline has passed; their thread then ends by itself."""

    def init_process(self) -> None:
        """Begin without any deadline."""
        self.deadlines: dict[Any, float] = {}
        self.trimmed_at = time.monotonic()
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Read a head and answer, in a thread of the pool."""
        self.deadlines[conn] = time.monotonic() + HEAD_SECONDS
        try:
            return super().handle(conn)
        finally:
            self.deadlines.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer; from here on only a body that has to come may make us wait."""
        conn.sock.settimeout(SILENCE_SECONDS)
        if req.method in _WITHOUT_BODY or req.path.endswith(_GIT):
            self.deadlines.pop(conn, None)
        else:
            self.deadlines[conn] = time.monotonic() + BODY_SECONDS
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Look for what has waited too long; the main loop calls this every second."""
        super().murder_pending()
        now = time.monotonic()
        if now - self.trimmed_at > TRIM_SECONDS:
            self.trimmed_at = now
            process_memory.release_free_memory()
        for conn, deadline in list(self.deadlines.items()):
            if now > deadline:
                try:
                    conn.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
