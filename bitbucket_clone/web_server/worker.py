"""gunicorn's threaded worker with an event loop that waits for clients, so that threads only compute.

A connection is idle, or its request is read ahead, or waits for a thread, or has one, or its answer
waits for the client. All but the thread's part happen here in the event loop, and each has a limit.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from gunicorn.http import wsgi
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from bitbucket_clone import process_memory
from bitbucket_clone.web_server.admission import Admission, Claim, is_expensive
from bitbucket_clone.web_server.answers import Answer, Output
from bitbucket_clone.web_server.intake import Intake
from bitbucket_clone.web_server.pace import Pace
from core import metrics

TRIM_SECONDS = 30.0
SWEEP_SECONDS = 1.0
READ_BYTES = 64 * 1024
# A body that nobody read is thrown away up to this size, so that the connection stays.
MOST_DRAINED = 1024 * 1024
DRAIN_SECONDS = 2.0
LINGER_SECONDS = 2.0
# Of what waits for all clients of a worker, coming and going.
MOST_HELD_BYTES = 64 * 1024 * 1024

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 10\r\n"
    b"Connection: close\r\nContent-Length: 60\r\n\r\n"
    b"The server is busy with other requests; try again in a bit.\n"
)


class Connection(TConn):
    """A client's connection: what it sent ahead, and the answer that waits for it."""

    def __init__(self, config: Any, sock: socket.socket, client: Any, server: Any):
        super().__init__(config, sock, client, server)
        self.address = client[0] if isinstance(client, tuple) else ""
        self.answer: Answer | None = None
        self.is_cut = False
        self.begin_request(b"")

    def begin_request(self, data: bytes) -> None:
        """Wait for the next request, of which these bytes have come."""
        self.intake = Intake(data)
        self.pace = Pace()
        self.since = time.monotonic()

    def hand_over(self) -> None:
        """Give the parser what was read ahead."""
        self.init()
        unreader = self.parser.unreader
        if not isinstance(unreader, _Unreader):
            self.parser.unreader = unreader = _Unreader(self)
        unreader.unread(bytes(self.intake.data))
        self.intake = Intake()

    def cut(self, why: str) -> None:
        """End it from here; whoever works for it meets the end."""
        if not self.is_cut:
            self.is_cut = True
            metrics.CONNECTIONS_CUT.labels(why).inc()
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _Unreader(SocketUnreader):
    """Reads the rest of a body in a thread, and tells how long that has to wait."""

    def __init__(self, connection: Connection):
        super().__init__(connection.sock)
        self._connection = connection

    def chunk(self, size_hint: int | None = None) -> bytes:
        pace = self._connection.pace
        pace.begin_waiting()
        data: bytes = super().chunk(size_hint)
        pace.end_waiting(len(data))
        return data


class PatientWorker(ThreadWorker):
    """Serves clients that may be slow, silent or gone, without a thread for who only waits."""

    def init_process(self) -> None:
        """Begin without connections."""
        self.reading: dict[Connection, None] = {}
        self.writing: dict[Connection, None] = {}
        self.working: dict[Connection, None] = {}
        self.closing: dict[Connection, None] = {}
        self.by_address: Counter[str] = Counter()
        self.proxies = [ip_network(text, strict=False) for text in settings.TRUSTED_PROXIES]
        self.admission = Admission(
            threads=self.cfg.threads,
            reserved=min(settings.HTTP_RESERVED_THREADS, self.cfg.threads - 1),
            most_of_an_address=settings.HTTP_EXPENSIVE_REQUESTS_PER_ADDRESS,
        )
        self.trimmed_at = self.swept_at = time.monotonic()
        self.stopped_at: float | None = None
        super().init_process()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do what has come up; what goes wrong with one connection ends no other."""
        try:
            events = self.poller.select(timeout)
        except InterruptedError:
            return
        for key, _ in events:
            try:
                key.data(key.fileobj)
            except Exception:
                self.log.exception("Error in the event loop")

    # --- coming ---------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, and read what it has sent already."""
        try:
            sock, client = listener.accept()
        except OSError:
            return  # it has gone, or another worker took it
        connection = Connection(self.cfg, sock, client, listener.getsockname())
        self.nr_conns += 1
        self.by_address[connection.address] += 1
        if self._has_too_many(connection.address):
            metrics.CONNECTIONS_CUT.labels("too many of one address").inc()
            self._drop(connection)
            return
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        self._read(connection)

    def _has_too_many(self, address: str) -> bool:
        return self.by_address[
            address
        ] > settings.HTTP_CONNECTIONS_PER_ADDRESS and not self._is_proxy(address)

    def _is_proxy(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self.proxies)
        except ValueError:
            return True  # a local socket has no address

    def _make_room(self) -> None:
        """Close the connection that has waited longest, of the address that has most of them."""
        greedy = Counter(one.address for one in self.reading)
        if greedy:
            address = greedy.most_common(1)[0][0]
            oldest = next(one for one in self.reading if one.address == address)
            metrics.CONNECTIONS_CUT.labels("too many in all").inc()
            self._stop_reading(oldest)
            self._drop(oldest)

    def _read(self, connection: Connection, _: Any = None) -> None:
        try:
            data = connection.sock.recv(READ_BYTES)
        except BlockingIOError:
            self._go_on_reading(connection)
            return
        except OSError:
            data = b""
        if not data:
            self._stop_reading(connection)
            self._drop(connection)
            return
        if not connection.intake.data:
            connection.since = time.monotonic()
        connection.intake.feed(data)
        connection.pace.end_waiting(len(data))
        self._consider(connection)

    def _consider(self, connection: Connection) -> None:
        """Let it have a thread if its request is there."""
        if not connection.intake.is_ready():
            self._go_on_reading(connection)
            return
        self._stop_reading(connection)
        target = connection.intake.target()
        address = "" if self._is_proxy(connection.address) else connection.address
        claim = Claim(connection, address, is_expensive(target), time.monotonic())
        self.admission.ask(claim)
        self._admit()

    def _go_on_reading(self, connection: Connection) -> None:
        connection.pace.begin_waiting()
        if connection not in self.reading:
            self.reading[connection] = None
            callback = partial(self._read, connection)
            self.poller.register(connection.sock, selectors.EVENT_READ, callback)

    def _stop_reading(self, connection: Connection) -> None:
        if connection in self.reading:
            del self.reading[connection]
            self.poller.unregister(connection.sock)

    def _admit(self) -> None:
        for connection in self.admission.admitted():
            self.working[connection] = None
            self.enqueue_req(connection)

    # --- working, in a thread -------------------------------------------------------------------

    def handle(self, connection: Connection) -> Any:
        """Begin an answer or go on with one; gives the Answer where the client has to go on."""
        if connection.answer is None:
            connection.sock.setblocking(True)
            connection.hand_over()
            return super().handle(connection)
        try:
            return self._proceed(connection, connection.answer)
        except ConnectionError:
            return False
        except Exception:
            self.log.exception("Error handling request")
            return False

    def _keepalive_after(self, connection: Connection, result: Any) -> Any:
        return result

    def handle_request(self, request: Any, connection: Connection) -> Any:
        """Let the application answer; gives whether the connection stays, or the unfinished Answer."""
        output = Output(connection.sock, connection.pace)
        response, environ = wsgi.create(
            request, output, connection.client, connection.server, self.cfg
        )
        environ["wsgi.multithread"] = True
        # It would send files past our output.
        environ.pop("wsgi.file_wrapper", None)
        if not self.alive:
            response.force_close()
        begun = datetime.now()
        pieces = self.wsgi(environ, response.start_response)

        def end() -> None:
            self.log.access(response, request, environ, datetime.now() - begun)
            if hasattr(pieces, "close"):
                pieces.close()

        connection.answer = Answer(response, iter(pieces), output, end)
        try:
            return self._proceed(connection, connection.answer)
        except OSError:
            raise
        except Exception:
            if not response.headers_sent:
                connection.answer = None
                raise
            # Another answer in the midst of this one would be read as its content.
            self.log.exception("Error handling request")
            connection.cut("broken answer")
            raise StopIteration from None

    def _proceed(self, connection: Connection, answer: Answer) -> Any:
        try:
            is_sent = answer.go_on()
        except BaseException:
            answer.close()
            raise
        if not is_sent:
            return answer
        connection.answer = None
        if answer.response.should_close():
            return False
        return bool(
            connection.parser.finish_body(
                deadline=time.monotonic() + DRAIN_SECONDS, max_bytes=MOST_DRAINED
            )
        )

    # --- going ----------------------------------------------------------------------------------

    def finish_request(self, connection: Connection, future: Any) -> None:
        """Look at what a thread left: an answer that waits, a connection that stays or one that ends."""
        self.working.pop(connection, None)
        self.admission.release(connection)
        try:
            result = False if future.cancelled() else future.result()
        except Exception:
            result = False
        if isinstance(result, Answer):
            self._wait_until_writable(connection)
        elif result:
            connection.sock.setblocking(False)
            connection.begin_request(connection.parser.unreader.take_buffered())
            if connection.intake.data:
                self._consider(connection)
            else:
                self._read(connection)
        else:
            if connection.answer is not None:
                connection.answer.close()
            self._linger(connection)
        self._admit()

    def _wait_until_writable(self, connection: Connection) -> None:
        connection.sock.setblocking(False)
        connection.pace.begin_waiting()
        self.writing[connection] = None
        callback = partial(self._write, connection)
        self.poller.register(connection.sock, selectors.EVENT_WRITE, callback)

    def _write(self, connection: Connection, _: Any = None) -> None:
        answer = connection.answer
        try:
            if answer is None or not answer.output.flush():
                connection.pace.begin_waiting()
                return
        except OSError:
            connection.is_cut = True
        del self.writing[connection]
        self.poller.unregister(connection.sock)
        connection.sock.setblocking(True)
        # A thread goes on, or ends what works for a client that has left.
        self.admission.ask(Claim(connection, "", False, time.monotonic()))
        self._admit()

    def _linger(self, connection: Connection) -> None:
        """Close it once the client has read the answer: at once would take away what is on its way (RFC 9112, 9.6)."""
        try:
            connection.sock.setblocking(False)
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(connection)
            return
        connection.begin_request(b"")
        self.closing[connection] = None
        callback = partial(self._discard, connection)
        self.poller.register(connection.sock, selectors.EVENT_READ, callback)

    def _discard(self, connection: Connection, _: Any = None) -> None:
        try:
            size = len(connection.sock.recv(READ_BYTES))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        connection.pace.end_waiting(size)
        if not size or connection.pace.moved > MOST_DRAINED:
            self._end_lingering(connection)

    def _end_lingering(self, connection: Connection) -> None:
        del self.closing[connection]
        self.poller.unregister(connection.sock)
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self.nr_conns -= 1
        self.by_address[connection.address] -= 1
        if not self.by_address[connection.address]:
            del self.by_address[connection.address]
        connection.close()

    # --- limits, once a second ------------------------------------------------------------------

    def murder_keepalived(self, force: bool = False) -> None:
        """Close connections without a request: idle for too long, or all while stopping."""
        now = time.monotonic()
        if not self.alive and self.stopped_at is None:
            self.stopped_at = now
        is_stopping = self.stopped_at is not None and now > self.stopped_at + STOP_KEEPALIVE_LINGER
        if not (force or is_stopping or now > self.swept_at + SWEEP_SECONDS):
            return
        for connection in list(self.reading):
            is_idle = not connection.intake.data
            is_late = now > connection.since + self.cfg.keepalive
            if force or (is_idle and (is_late or is_stopping)):
                self._stop_reading(connection)
                self._drop(connection)
        for connection in list(self.closing):
            if force or now > connection.since + LINGER_SECONDS:
                self._end_lingering(connection)

    def murder_pending(self) -> None:
        """Cut what is slower than it may be; the main loop calls this after each round of events."""
        now = time.monotonic()
        if now > self.trimmed_at + TRIM_SECONDS:
            self.trimmed_at = now
            process_memory.release_free_memory()
        if now <= self.swept_at + SWEEP_SECONDS:
            return
        self.swept_at = now
        for connection in list(self.reading):
            is_late = (
                connection.intake.data
                and not connection.intake.has_head
                and now > connection.since + settings.HTTP_HEAD_SECONDS
            )
            if is_late or connection.pace.is_too_slow(now):
                metrics.CONNECTIONS_CUT.labels("slow request").inc()
                self._stop_reading(connection)
                self._drop(connection)
        for connection in [*self.writing, *self.working]:
            if connection.pace.is_too_slow(now):
                connection.cut("slow body" if connection in self.working else "slow reader")
        self._keep_within_memory()
        for connection in self.admission.withdraw(now - settings.HTTP_QUEUE_SECONDS):
            metrics.CONNECTIONS_CUT.labels("no thread in time").inc()
            if connection.answer is not None:
                self.tpool.submit(connection.answer.close)
            else:
                with suppress(OSError):
                    connection.sock.send(_BUSY, socket.MSG_DONTWAIT)
            self._linger(connection)

    def _keep_within_memory(self) -> None:
        """While too much waits for clients, cut whoever holds most of it."""
        held = {one: len(one.intake.data) for one in self.reading}
        held |= {one: len(one.answer.output) for one in self.writing if one.answer is not None}
        total = sum(held.values())
        for connection in sorted(held, key=held.__getitem__, reverse=True):
            if total <= MOST_HELD_BYTES:
                return
            total -= held[connection]
            connection.cut("memory")
