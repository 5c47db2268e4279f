"""What the event loop takes for a whole request is one for gunicorn's parser too, and the other way round."""

from __future__ import annotations

import socket

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from hypothesis import example, given, settings, strategies

from bitbucket_clone.web_server import holdings
from bitbucket_clone.web_server.admission import Admission, Claim, is_expensive
from bitbucket_clone.web_server.connection import Connection
from bitbucket_clone.web_server.framing import Chunked
from bitbucket_clone.web_server.intake import IN_MEMORY_BYTES, LARGEST_HEAD, Intake
from core.networks import Proxies, subscriber
from core.transfer_rate import TransferRate

PATHS = ["/status", "/rest/api/latest/projects", "/scm/a/b.git/git-upload-pack", "/login?next=/"]
LINES = [
    b"Content-Length: 5", b"content-length:12", b"Content-Length: 0", b"Content-Length: +5",
    b"Content-Length : 5", b"Content-Length: 5, 5", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding:\tchunked ", b"Transfer-Encoding:\r\n chunked", b"Expect: 100-continue",
    b"Expect: more", b"X-Forwarded-For: 1.2.3.4", b"Bad Header: x", b"Host: other", b"Content_Length: 4",
]  # fmt: skip
BODIES = [
    b"", b"hello", b"hello world!", b"5\r\nhello\r\n0\r\n\r\n", b"5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
    b"0\r\n\r\n", b"00000000000000000005\r\nhello\r\n0\r\n\r\n", b"5\nhello\n0\n\n", b"-5\r\nhello\r\n",
    b"5\r\nhelloXX0\r\n\r\n", b"ffffffffffffffff\r\nhello", b" 5\r\nhello\r\n0\r\n\r\n", b"0\r\nX",
    b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n",
]  # fmt: skip


def requests():
    """Requests, well-formed and not, with bytes of a next one behind."""
    return strategies.builds(
        lambda start, method, path, version, lines, body, more: (
            start + f"{method} {path} HTTP/{version}\r\n".encode() + b"Host: localhost\r\n"
            + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body + more
        ),
        strategies.sampled_from([b"", b"", b"", b"\r\n", b"\r\n\r\n", b" "]),
        strategies.sampled_from(["GET", "POST", "PUT", "HEAD"]),
        strategies.sampled_from(PATHS),
        strategies.sampled_from(["1.1", "1.1", "1.0", "2.0"]),
        strategies.lists(strategies.sampled_from(LINES), max_size=3),
        strategies.sampled_from(BODIES),
        strategies.sampled_from([b"", b"", b"G", b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"]),
    )  # fmt: skip


class Waited(Exception):
    """The parser would have had to wait for the client."""


class _Socket:
    """A client that has sent this, and goes on sending nothing."""

    def __init__(self, data: bytes):
        self._data = data

    def recv(self, size: int) -> bytes:
        if not self._data:
            raise Waited
        found, self._data = self._data[:size], self._data[size:]
        return found


def parsed(data: bytes) -> bytes | None:
    """The body as gunicorn reads it; None for a request that it refuses. Waited, if it is not all there."""
    try:
        request = next(get_parser(Config(), _Socket(data), ("127.0.0.1", 1)))
        return request.body.read()
    except Waited:
        raise
    except Exception:
        return None


def taken(data: bytes, at: list[int]) -> Intake:
    """What the event loop has of it when it comes in these pieces."""
    intake = Intake()
    for begin, end in zip([0, *at], [*at, len(data)], strict=True):
        if not intake.is_ready and begin < end:
            intake.feed(data[begin:end])
    return intake


@example(
    data=b"POST /status HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000000005\r\nhello\r\n0\r\n\r\n",
    cuts=[],
)
@settings(max_examples=400, deadline=None)
@given(data=requests(), cuts=strategies.lists(strategies.integers(0, 400), max_size=6))
def test_both_see_the_same_end(data, cuts):
    intake = taken(data, sorted(cut for cut in cuts if cut < len(data)))
    try:
        body = parsed(data)
    except Waited:
        # Whatever is left to gunicorn's parser although it is not whole meets the end there, in `_Unreader`.
        assert not intake.is_whole
        return
    if body is not None:
        assert intake.is_ready
        # Bodies of more than one transfer coding are read, and the connection closes behind them.
        assert intake.is_whole or b"gzip" in data


@settings(max_examples=200, deadline=None)
@given(data=requests(), cut=strategies.integers(0, 400))
def test_no_thread_ever_waits_for_the_rest(data, cut):
    """Whatever has come when a thread is given: it reads that, or breaks off, and never looks at the socket."""
    near, far = socket.socketpair()
    try:
        near.settimeout(0)
        connection = Connection(Config(), near, ("127.0.0.1", 1), ("127.0.0.1", 2))
        connection.intake = taken(data, [min(cut, len(data))])
        connection.hand_over()
        near.settimeout(0)
        try:
            request = next(connection.parser)
            request.body.read()
        except BlockingIOError:
            pytest.fail("the thread would have waited")
        except Exception:
            pass
    finally:
        near.close()
        far.close()


def test_large_bodies_lie_in_a_file_and_are_read_from_there():
    body = bytes(range(256)) * 8000
    head = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    near, far = socket.socketpair()
    try:
        connection = Connection(Config(), near, ("127.0.0.1", 1), ("127.0.0.1", 2))
        data = head + body + b"GET /next"
        for at in range(0, len(data), 60_000):
            connection.intake.feed(data[at : at + 60_000])
        assert connection.intake.is_whole
        assert len(connection.intake.data) <= IN_MEMORY_BYTES < connection.intake.file_bytes
        connection.hand_over()
        request = next(connection.parser)
        assert request.body.read() == body
        assert connection.parser.unreader.take_buffered() == b"GET /next"
    finally:
        near.close()
        far.close()


def test_a_head_without_an_end_is_not_waited_for():
    intake = Intake(b"GET / HTTP/1.1\r\nX: " + b"a" * LARGEST_HEAD)
    assert intake.is_head_too_large and not intake.is_ready


def test_a_chunked_body_is_waited_for_up_to_its_limit():
    body = Chunked(1000)
    assert not body.feed(b"3e8\r\n" + b"a" * 1000 + b"\r\n")
    assert body.feed(b"1\r\na\r\n") and not body.is_whole
    small = Chunked(1000)
    # Much framing for few bytes, or trailers without an end, are not waited for either.
    assert any(small.feed(b"1\r\na\r\n" * 100) for _ in range(50)) and not small.is_whole
    trailers = Chunked(1000)
    trailers.feed(b"0\r\n")
    assert any(trailers.feed(b"X: y\r\n" * 100) for _ in range(50)) and not trailers.is_whole


@pytest.mark.parametrize(
    "target",
    [
        "/scm/a/b.git/git-upload-pack", "/scm/a/b.git/git-upload-pack?x", "/scm/a/b.git/git-upload-pack/",
        "/scm/a/b.git/git%2Dupload%2dpack", "/scm/a/b.git/git-receive-pack#x", "http://h/scm/a/b.git/git-upload-pack",
        "/rest/api/latest/projects/A/repos/b/%64iff", "/projects/A/repos/b/browse/f?%72aw", "/projects/A/repos/b/raw/f",
        "/projects/A/repos/b/browse/f?at=x&blame=true", "/projects/A/repos/b/pull-requests/1/overview",
    ],
)  # fmt: skip
def test_expensive_requests_are_known_by_any_name(target):
    assert is_expensive(target)


@pytest.mark.parametrize(
    "target",
    ["/status", "/login", "/projects/A/repos/b/browse/f?at=raw", "/projects/RAW/repos", "/"],
)
def test_others_are_not(target):
    assert not is_expensive(target)


def test_what_has_begun_goes_on_first_and_keeps_its_claim():
    admission = Admission(threads=4, reserved=2, most_of_an_address=2, most_of_a_user=9)
    for name in "abc":
        admission.ask(Claim(name, name, True, 0.0))
    assert admission.admitted() == ["a", "b"]
    admission.ask(Claim("d", "d", True, 0.0, goes_on=True))
    admission.ask(Claim("e", "e", False, 0.0))
    assert admission.admitted() == ["e"]
    # Whoever waited for too long is told so; not an answer that has begun.
    assert admission.late(1.0) == ["c"]
    admission.release("a")
    assert admission.admitted() == ["d"]
    admission.withdraw({"c"})
    admission.release("b")
    assert admission.admitted() == []


def test_a_subscriber_is_counted_once_however_many_addresses_it_has():
    assert subscriber("2001:db8:1:2:3::4") == subscriber("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert subscriber("2001:db8:1:3::4") != subscriber("2001:db8:1:2::4")
    assert subscriber("::ffff:192.0.2.1") == subscriber("192.0.2.1") == "192.0.2.1"
    assert subscriber("") == "" and subscriber("nobody") == "nobody"


def test_only_trusted_proxies_say_for_whom_they_call():
    proxies = Proxies(["127.0.0.1", "10.0.0.0/8"])
    assert proxies.client("127.0.0.1", "6.6.6.6, 192.0.2.1, 10.1.1.1") == "192.0.2.1"
    assert proxies.client("::ffff:127.0.0.1", "192.0.2.1") == "192.0.2.1"
    assert proxies.client("192.0.2.9", "192.0.2.1") == "192.0.2.9"
    assert proxies.client("127.0.0.1", "") == "127.0.0.1"


class _Holder:
    """As much of a connection as counts what waits."""

    def __init__(self, address: str, in_memory: int, in_file: int = 0):
        self.address = address
        self.answer = None
        self.intake = Intake()
        self.intake.data = bytearray(in_memory)
        self.intake.file_bytes = in_file


def test_whoever_holds_most_goes_first():
    mega = 1024 * 1024
    people = [_Holder(f"person {n}", 2 * mega) for n in range(10)]
    greedy = [_Holder("greedy", mega) for _ in range(60)]
    gone = [one for one, why in holdings.too_much([*people, *greedy]) if why == "memory"]
    assert len(gone) == 16 and all(one.address == "greedy" for one in gone)
    files = [_Holder("a", 0, 700 * mega), _Holder("b", 0, 300 * mega), _Holder("b", 0, 200 * mega)]
    assert [(one.address, why) for one, why in holdings.too_much(files)] == [("a", "disk")]
    assert holdings.oldest_of_the_greediest([people[0], *greedy]) is greedy[0]
    assert holdings.oldest_of_the_greediest([]) is None


def test_a_pace_of_nothing_stands_for_any():
    pace = TransferRate(grace=0.0, silence=60.0, bytes_a_second=0)
    pace.begin_waiting()
    assert not pace.is_too_slow(pace._since + 59)
    assert pace.is_too_slow(pace._since + 61)
    slow = TransferRate(grace=30.0, silence=60.0, bytes_a_second=1000)
    slow.end_waiting(10_000)
    slow.begin_waiting()
    assert not slow.is_too_slow(slow._since + 39)
    assert slow.is_too_slow(slow._since + 41)
