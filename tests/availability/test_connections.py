"""Clients that send slowly, fall silent or never read hold no thread, and go by themselves."""

from __future__ import annotations

import base64
import http.client
import re
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests

from tests.builders import git
from tests.server import ADMINISTRATOR, Server

pytestmark = pytest.mark.slow

MANY = 100
HOST = b"Host: localhost\r\n"
BASIC = b"Authorization: Basic " + base64.b64encode(":".join(ADMINISTRATOR).encode()) + b"\r\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server whose patience is short, with a public repository that holds a file of 8 MB."""
    folder = tmp_path_factory.mktemp("connections")
    running = Server(
        folder / "home",
        WEB_WORKERS="1",
        HTTP_HEAD_SECONDS="2",
        HTTP_GRACE_SECONDS="4",
        HTTP_SILENCE_SECONDS="4",
    ).start()
    address = running.repository(key="OPEN", public=True)
    work = folder / "work"
    git("init", "-q", "-b", "main", str(work), cwd=folder)
    (work / "large.bin").write_bytes(bytes(range(256)) * 4096 * 8)
    git("add", ".", cwd=work)
    git("commit", "-q", "-m", "large", cwd=work)
    git("push", "-q", address, "main", cwd=work)
    yield running
    running.stop()


def memory_of(server: Server) -> int:
    """Bytes that the processes of a server hold for themselves."""
    total, waiting = 0, [server.pid]
    while waiting:
        pid = waiting.pop()
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            continue
        total += 1024 * int(re.search(r"Pss_Anon:\s+(\d+)", rollup)[1])
        waiting += [int(one) for one in children.split()]
    return total


@contextmanager
def many(server: Server, data: bytes, number: int = MANY, *, receive_buffer: int = 0):
    """So many connections that have sent this and say no more."""
    with ExitStack() as stack:
        found = []
        for _ in range(number):
            one = stack.enter_context(socket.socket())
            if receive_buffer:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            one.connect(("127.0.0.1", server.port))
            with suppress(ConnectionError):  # refused before all of it has gone
                one.sendall(data)
            found.append(one)
        yield found


def serves(server: Server) -> bool:
    """Whether others are answered: the status, a page, REST and git."""
    answers = [
        requests.get(f"{server.url}/{path}", timeout=10, auth=ADMINISTRATOR).status_code
        for path in (
            "status", "projects/OPEN/repos/repo/browse", "rest/api/latest/projects",
            "scm/open/repo.git/info/refs?service=git-upload-pack",
        )
    ]  # fmt: skip
    return answers == [200] * 4


def _is_served(server: Server) -> bool:
    try:
        return requests.get(f"{server.url}/status", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


def are_closed(connections: list[socket.socket]) -> bool:
    """Whether the server ends all of them by itself, within the limits of this module's server."""
    deadline = time.monotonic() + 30
    for one in connections:
        one.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            while one.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
    return True


FORM = b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
GIT_BODY = (
    b"POST /scm/open/repo.git/git-upload-pack HTTP/1.1\r\n" + HOST
    + b"Content-Type: application/x-git-upload-pack-request\r\n"
)  # fmt: skip
STALLED = {
    "nothing": b"",
    "a head": b"GET /status HTTP/1.1\r\nHost: lo",
    "a chunked body of git": GIT_BODY + b"Transfer-Encoding: chunked\r\n\r\n4\r\n0032",
    "a long body of git": GIT_BODY + b"Content-Length: 1000000\r\n\r\n" + b"0032want",
    "a push": (
        b"POST /scm/open/repo.git/git-receive-pack HTTP/1.1\r\n" + HOST + BASIC
        + b"Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 1000\r\n\r\n"
    ),
    "a form": FORM + b"Content-Length: 1000\r\n\r\na=b",
    "a large form": FORM + b"Content-Length: 5000000\r\n\r\n" + b"a" * 300_000,
    "a form whose client was told to send": (
        FORM + b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
    ),
    "a head without an end": b"GET /status HTTP/1.1\r\n" + b"X-Long: " + b"a" * 300_000,
    "only an empty line": b"\r\n\r\n",
    "a large body of git": (
        GIT_BODY + b"Content-Length: 1000000\r\n\r\n"
        + b"0032want 0000000000000000000000000000000000000000\n" * 6000
    ),
    "git under another name": (
        GIT_BODY.replace(b"-upload-pack HTTP", b"%2Dupload-pack?x HTTP")
        + b"Content-Length: 1000000\r\n\r\n" + b"0" * 300_000
    ),
    "a push of nobody": (
        GIT_BODY.replace(b"upload", b"receive") + b"Content-Length: 1000000\r\n\r\n" + b"0" * 1000
    ),
    "JSON": (
        b"POST /rest/api/latest/projects HTTP/1.1\r\n" + HOST + BASIC
        + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STALLED)
def test_requests_that_never_come_whole(place, kind):
    before = memory_of(place)
    with many(place, STALLED[kind]) as connections:
        assert serves(place)
        # Where threads answer, their connections to the database fill caches of some megabytes.
        assert memory_of(place) - before < 64 * 1024 * 1024
        if kind != "nothing":
            assert are_closed(connections)


def test_bodies_that_come_byte_by_byte(place):
    with many(place, STALLED["a chunked body of git"]) as connections:
        has_ended = threading.Event()

        def drip() -> None:
            while not has_ended.wait(0.5):
                for one in connections:
                    try:
                        one.send(b"1")
                    except OSError:
                        pass

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert serves(place)
            assert are_closed(connections)
        finally:
            has_ended.set()
            dripping.join()


def test_answers_that_nobody_reads(place):
    """More of them than there are threads."""
    before = memory_of(place)
    path = b"/projects/OPEN/repos/repo/raw/large.bin"
    with many(
        place, b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n", receive_buffer=4096
    ) as connections:
        assert serves(place)
        assert memory_of(place) - before < 96 * 1024 * 1024
        time.sleep(6)
        assert are_closed(connections)
    assert not place.children("cat-file")
    assert serves(place)


def test_a_slow_reader_gets_all_of_it(place):
    """Slower than it is made, so that the answer changes hands many times."""
    with requests.get(
        f"{place.url}/projects/OPEN/repos/repo/raw/large.bin", stream=True, timeout=60
    ) as answer:
        content = bytearray()
        for piece in answer.iter_content(256 * 1024):
            content += piece
            time.sleep(0.15)
    assert bytes(content) == bytes(range(256)) * 4096 * 8


def test_who_reads_slowly_but_reads_is_not_cut(place):
    """At 80 kB a second the kernel's buffer takes longer to empty than anybody may be silent."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(("127.0.0.1", place.port))
        one.sendall(b"GET /projects/OPEN/repos/repo/raw/large.bin HTTP/1.1\r\n" + HOST + b"\r\n")
        one.settimeout(10)
        end, read = time.monotonic() + 14, 0
        while time.monotonic() < end:
            data = one.recv(8192)
            assert data, f"cut after {read} bytes"
            read += len(data)
            time.sleep(0.1)
        # The rest of it is still on its way.
        while data := one.recv(1024 * 1024):
            read += len(data)
            if read >= 8 * 1024 * 1024:
                break
    assert read >= 8 * 1024 * 1024


def test_a_body_that_is_not_read_leaves_the_connection_open(place):
    """A refused upload of 70 kB, and then another request on the same connection."""
    client = http.client.HTTPConnection("127.0.0.1", place.port, timeout=10)
    client.connect()
    first = client.sock
    for _ in range(3):
        client.request("POST", "/rest/api/latest/projects", body=b"x" * 70_000)
        refused = client.getresponse()
        refused.read()
        assert refused.status in {400, 401, 415}
        assert client.sock is first
    client.close()


def test_a_body_that_is_not_waited_for_ends_the_connection_and_says_so(place):
    """A push without credentials: it is refused before its pack has come."""
    with socket.create_connection(("127.0.0.1", place.port), timeout=10) as one:
        one.sendall(STALLED["a push of nobody"])
        content = b""
        while data := one.recv(65536):
            content += data
    assert content.startswith(b"HTTP/1.1 401")
    assert b"\r\nConnection: close\r\n" in content


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_large_body_comes_whole_however_slowly(place, framing):
    """It is read ahead into a file, and the next request follows on the same connection."""
    body = b'{"key": "?", "description": "' + b"a" * 3_000_000 + b'"}'
    parts = [body[at : at + 500_000] for at in range(0, len(body), 500_000)]

    def pieces():
        for part in parts:
            time.sleep(0.05)
            yield part

    client = http.client.HTTPConnection("127.0.0.1", place.port, timeout=20)
    headers = {"Content-Type": "application/json", "Authorization": BASIC.split(b": ")[1].strip()}
    if framing == "length":
        headers["Content-Length"] = str(len(body))
    client.request(
        "POST",
        "/rest/api/latest/projects",
        body=pieces(),
        headers=headers,
        encode_chunked=framing == "chunks",
    )
    first = client.sock
    refused = client.getresponse()
    text = refused.read().decode()
    assert refused.status == 400 and "description" in text, text
    client.request("GET", "/status")
    assert client.getresponse().status == 200 and client.sock is first
    client.close()


def test_requests_that_are_late_are_told_so_as_their_kind(place):
    for path, kind in (("rest/api/latest/projects", "application/json"), ("login", "text/plain")):
        with socket.create_connection(("127.0.0.1", place.port), timeout=20) as one:
            one.sendall(
                f"POST /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n".encode()
            )
            told = one.recv(65536)
        assert told.startswith(b"HTTP/1.1 408 ") and kind.encode() in told
        assert b"timed out" in told


def test_long_work_leaves_threads_when_its_clients_pause(place):
    """Clones that begin, pause and go on count as expensive when they do."""
    get = b"GET /projects/OPEN/repos/repo/raw/large.bin HTTP/1.1\r\n" + HOST + b"\r\n"
    with many(place, get, 60, receive_buffer=4096) as connections:
        for _ in range(5):
            for one in connections:
                one.recv(4096)
            assert serves(place)


def test_requests_one_behind_another_on_one_connection(place):
    get = b"GET /status HTTP/1.1\r\n" + HOST + b"\r\n"
    with socket.create_connection(("127.0.0.1", place.port), timeout=10) as one:
        one.sendall(get * 3 + get[:20])
        one.sendall(get[20:].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        content = b""
        while data := one.recv(65536):
            content += data
    assert content.count(b"HTTP/1.1 200 OK") == 4


def test_who_asks_to_be_told_before_sending_is_told(place):
    head = (
        b"POST /rest/api/latest/projects HTTP/1.1\r\n" + HOST + BASIC
        + b"Content-Type: application/json\r\nContent-Length: 16\r\nExpect: 100-continue\r\n\r\n"
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", place.port), timeout=10) as one:
        one.sendall(head)
        assert one.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        one.sendall(b'{"key": "?", ..}')
        assert one.recv(12) == b"HTTP/1.1 400"


def test_one_address_has_a_limit_of_connections(tmp_path):
    small = Server(tmp_path / "home", WEB_WORKERS="1", HTTP_CONNECTIONS_PER_ADDRESS="20").start()
    try:
        with (
            many(small, b"", 20),
            socket.create_connection(("127.0.0.1", small.port), timeout=10) as one,
        ):
            assert one.recv(1) == b""
        deadline = time.monotonic() + 20
        while not _is_served(small):
            # The server has to see that the others are gone.
            assert time.monotonic() < deadline
            time.sleep(0.1)
        shown = requests.get(f"{small.url}/metrics", auth=ADMINISTRATOR, timeout=10).text
        assert 'connections_cut_total{why="too many of one address"}' in shown
    finally:
        small.stop()


def test_silent_connections_of_few_addresses_leave_room(tmp_path):
    """As many as there may be in all, none of which breaks the limit of its address."""
    small = Server(
        tmp_path / "home", WEB_WORKERS="1", WEB_THREADS="4", HTTP_MOST_CONNECTIONS="40"
    ).start()
    try:
        with ExitStack() as stack:
            for number in range(60):
                one = stack.enter_context(socket.socket())
                one.bind((f"127.0.0.{2 + number % 3}", 0))
                one.connect(("127.0.0.1", small.port))
                one.sendall(b"GET /sta")
            assert requests.get(f"{small.url}/status", timeout=5).status_code == 200
    finally:
        small.stop()
