"""gunicorn's threaded worker with an event loop that waits for clients, so that threads only compute.

A connection is idle, or its request is read ahead, or waits for a thread, or has one, or its answer
waits for the client. All but the thread's part happen here in the event loop, and each has a limit.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn.http import wsgi
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from bitbucket_clone import process_memory
from bitbucket_clone.web_server import holdings, refusals
from bitbucket_clone.web_server.admission import Admission, Claim, is_expensive
from bitbucket_clone.web_server.answers import Answer, Output
from bitbucket_clone.web_server.connection import Connection
from bitbucket_clone.web_server.known_users import KnownUsers
from core import metrics
from core.caller_notes import NOTE_USER
from core.networks import Proxies

TRIM_SECONDS = 30.0
SWEEP_SECONDS = 1.0
READ_BYTES = 64 * 1024
# What still comes to a connection that ends is thrown away up to this size.
MOST_DISCARDED = 1024 * 1024
LINGER_SECONDS = 2.0
# Where no file can be opened, so that the event loop does not go round for nothing.
PAUSE_WITHOUT_FILES = 0.05

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class PatientWorker(ThreadWorker):
    """Serves clients that may be slow, silent or gone, without a thread for who only waits."""

    def init_process(self) -> None:
        """Begin without connections."""
        self.reading: dict[Connection, None] = {}
        self.writing: dict[Connection, None] = {}
        self.working: dict[Connection, None] = {}
        self.closing: dict[Connection, None] = {}
        self.by_address: Counter[str] = Counter()
        self.proxies = Proxies(settings.TRUSTED_PROXIES)
        self.admission = Admission(
            threads=self.cfg.threads,
            reserved=min(settings.HTTP_RESERVED_THREADS, self.cfg.threads - 1),
            most_of_an_address=settings.HTTP_EXPENSIVE_REQUESTS_PER_ADDRESS,
            most_of_a_user=settings.HTTP_EXPENSIVE_REQUESTS_PER_USER,
        )
        self.users = KnownUsers()
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
        except OSError as error:
            # It has gone, or another worker took it; or there are no more files to open.
            if error.errno in (errno.EMFILE, errno.ENFILE) and not self._make_room():
                time.sleep(PAUSE_WITHOUT_FILES)
            return
        connection = Connection(self.cfg, sock, client, listener.getsockname())
        self.nr_conns += 1
        self.by_address[connection.address] += 1
        if self._has_too_many(connection):
            metrics.CONNECTIONS_CUT.labels("too many of one address").inc()
            self._drop(connection)
            return
        if self.nr_conns >= self.worker_connections:
            # Else nobody would be accepted from now on.
            self._make_room()
        self._guarded(connection, self._read)

    def _has_too_many(self, connection: Connection) -> bool:
        most = settings.HTTP_CONNECTIONS_PER_ADDRESS
        return self.by_address[connection.address] > most and not self._is_proxy(connection)

    def _is_proxy(self, connection: Connection) -> bool:
        # A local socket has no address.
        return not connection.peer or connection.peer in self.proxies

    def _make_room(self) -> bool:
        """Close the connection that has waited longest, of the address that has most of them."""
        oldest = holdings.oldest_of_the_greediest(self.reading)
        if oldest is None:
            return False
        metrics.CONNECTIONS_CUT.labels("too many in all").inc()
        self._guarded(oldest, self._end_reading)
        return True

    def _end_reading(self, connection: Connection) -> None:
        self._stop_reading(connection)
        self._drop(connection)

    def _guarded(self, connection: Connection, deed: Callable[[Connection], None]) -> None:
        """Do something for a connection; what goes wrong ends it, and leaves nothing of it behind."""
        try:
            deed(connection)
        except Exception:
            self.log.exception("Error in the event loop")
            self._abandon(connection)

    def _abandon(self, connection: Connection) -> None:
        self.admission.withdraw({connection})
        self.admission.release(connection)
        for state in (self.reading, self.writing, self.working, self.closing):
            state.pop(connection, None)
        with suppress(KeyError, ValueError, OSError):
            self.poller.unregister(connection.sock)
        answer, connection.answer = connection.answer, None
        if answer is not None:
            self.tpool.submit(answer.close)
        self._drop(connection)

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(READ_BYTES)
            if connection.is_idle:
                connection.since = time.monotonic()
            if data:
                connection.intake.feed(data)
        except BlockingIOError:
            self._go_on_reading(connection)
            return
        except OSError:  # it has gone, or there is no room for what it sends
            data = b""
        if not data:
            self._end_reading(connection)
            return
        connection.pace.end_waiting(len(data))
        self._consider(connection)

    def _consider(self, connection: Connection) -> None:
        """Let it have a thread if its request is there."""
        intake = connection.intake
        if intake.is_head_too_large:
            self._refuse(connection, refusals.HEAD_TOO_LARGE)
            return
        if not intake.is_ready:
            if intake.waits_to_send and not connection.was_told_to_send:
                connection.was_told_to_send = True
                with suppress(OSError):
                    connection.sock.send(_CONTINUE, socket.MSG_DONTWAIT)
            self._go_on_reading(connection)
            return
        self._stop_reading(connection)
        head = intake.head
        connection.is_expensive = head is None or is_expensive(head.target)
        self._claim(connection)

    def _claim(self, connection: Connection, *, goes_on: bool = False) -> None:
        address = connection.address
        if self._is_proxy(connection):
            address = connection.caller(self.proxies)
        # Who has left needs but a moment, to end what worked for it.
        costs = connection.is_expensive and not connection.is_cut
        head = connection.intake.head
        user = self.users.of(head.credential if head else b"")
        now = time.monotonic()
        self.admission.ask(Claim(connection, address, costs, now, user, goes_on))
        self._admit()

    def _go_on_reading(self, connection: Connection) -> None:
        connection.pace.begin_waiting()
        if connection not in self.reading:
            self.reading[connection] = None
            self._watch(connection, selectors.EVENT_READ, self._read)

    def _watch(
        self, connection: Connection, event: int, deed: Callable[[Connection], None]
    ) -> None:
        """Do something for a connection each time that its socket is ready for it."""
        self.poller.register(connection.sock, event, lambda _: self._guarded(connection, deed))

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
        if connection.was_told_to_send:
            request._expected_100_continue = False
        response, environ = wsgi.create(
            request, output, connection.client, connection.server, self.cfg
        )
        environ["wsgi.multithread"] = True
        if (head := connection.intake.head) is not None and head.credential:
            environ[NOTE_USER] = partial(self.users.note, head.credential)
        # It would send files past our output.
        environ.pop("wsgi.file_wrapper", None)
        begun = datetime.now()

        def start_response(*arguments: Any) -> Any:
            # Where the next request begins is not known before the client has sent the rest of this one.
            if not self.alive or not connection.has_all_of(request):
                response.force_close()
            return response.start_response(*arguments)

        pieces = self.wsgi(environ, start_response)

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
        return not answer.response.should_close() and connection.skip_body(answer.response.req)

    # --- going ----------------------------------------------------------------------------------

    def finish_request(self, connection: Connection, future: Any) -> None:
        """Look at what a thread left: an answer that waits, a connection that stays or one that ends."""
        self.working.pop(connection, None)
        self.admission.release(connection)
        try:
            result = False if future.cancelled() else future.result()
        except Exception:
            result = False
        self._guarded(connection, partial(self._follow, result=result))
        self._admit()

    def _follow(self, connection: Connection, *, result: Any) -> None:
        if isinstance(result, Answer):
            self._wait_until_writable(connection)
        elif result:
            connection.sock.setblocking(False)
            connection.begin_request(connection.parser.unreader.take_buffered())
            if connection.is_idle:
                self._read(connection)
            else:
                self._consider(connection)
        else:
            if connection.answer is not None:
                connection.answer.close()
            self._linger(connection)

    def _wait_until_writable(self, connection: Connection) -> None:
        connection.sock.setblocking(False)
        connection.pace.begin_waiting()
        self.writing[connection] = None
        self._watch(connection, selectors.EVENT_WRITE, self._write)

    def _write(self, connection: Connection) -> None:
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
        self._claim(connection, goes_on=True)

    def _refuse(self, connection: Connection, refusal: tuple[int, str, str]) -> None:
        """Answer a request that no thread has, and let the connection end."""
        self._stop_reading(connection)
        head = connection.intake.head
        with suppress(OSError):
            connection.sock.send(
                refusals.answer(refusal, head.target if head else ""), socket.MSG_DONTWAIT
            )
        self._linger(connection)

    def _linger(self, connection: Connection) -> None:
        """Close the connection after the client has read the response (lingering close, RFC 9112, 9.6)."""
        connection.answer = None
        connection.begin_request(b"")
        try:
            connection.sock.setblocking(False)
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(connection)
            return
        self.closing[connection] = None
        self._watch(connection, selectors.EVENT_READ, self._discard)

    def _discard(self, connection: Connection) -> None:
        try:
            size = len(connection.sock.recv(READ_BYTES))
        except BlockingIOError:
            return
        except OSError:
            size = 0
        connection.pace.end_waiting(size)
        if not size or connection.pace.moved > MOST_DISCARDED:
            self._end_lingering(connection)

    def _end_lingering(self, connection: Connection) -> None:
        del self.closing[connection]
        self.poller.unregister(connection.sock)
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        if connection.is_dropped:
            return
        connection.is_dropped = True
        self.nr_conns -= 1
        self.by_address[connection.address] -= 1
        if not self.by_address[connection.address]:
            del self.by_address[connection.address]
        connection.intake.close()
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
            is_late = now > connection.since + self.cfg.keepalive
            if force or (connection.is_idle and (is_late or is_stopping)):
                self._guarded(connection, self._end_reading)
        for connection in list(self.closing):
            if force or now > connection.since + LINGER_SECONDS:
                self._guarded(connection, self._end_lingering)

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
            has_late_head = (
                not connection.is_idle
                and not connection.intake.has_head
                and now > connection.since + settings.HTTP_HEAD_SECONDS
            )
            if has_late_head or connection.pace.is_too_slow(now):
                metrics.CONNECTIONS_CUT.labels("slow request").inc()
                self._guarded(connection, partial(self._refuse, refusal=refusals.TOO_SLOW))
        for connection in list(self.writing):
            with suppress(OSError):
                connection.look_for_progress()
        for connection in [*self.writing, *self.working]:
            if connection.pace.is_too_slow(now):
                connection.cut("slow body" if connection in self.working else "slow reader")
        for connection in self.admission.late(now - settings.HTTP_QUEUE_SECONDS):
            metrics.CONNECTIONS_CUT.labels("no thread in time").inc()
            self.admission.withdraw({connection})
            self._guarded(connection, partial(self._refuse, refusal=refusals.BUSY))
        self._keep_within_bounds()

    def _keep_within_bounds(self) -> None:
        """While buffers exceed their limit, cut the largest connection of the address that uses most."""
        queued = self.admission.waiting()
        for connection, why in holdings.too_much([*self.reading, *self.writing, *queued]):
            if connection in self.reading or connection in self.writing:
                connection.cut(why)
            elif connection.answer is None:
                metrics.CONNECTIONS_CUT.labels(why).inc()
                self.admission.withdraw({connection})
                self._guarded(connection, partial(self._refuse, refusal=refusals.BUSY))
