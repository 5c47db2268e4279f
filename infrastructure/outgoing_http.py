"""The one way out: every HTTP call that the server makes goes through here.

Whoever may name an address (of a webhook, a picture, a mirror) could otherwise let the server ask
what only the server can reach. So the name is resolved once, each of its addresses is judged, and
the call goes to the address that was judged. Redirects are not followed, proxies come from the
settings alone, and time and size have bounds.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Timeout

from core import hostnames
from core.errors import Invalid

# Who switches the check of certificates off has been told on the page. Here, once: what warnings are
# shown is no matter of a single thread.
urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
LONGEST_ADDRESS = 2000
RESOLVING_AT_ONCE = 32
# Services of clouds that lie where others keep their private networks, or in the open.
METADATA = [
    ipaddress.ip_network(text)
    for text in (
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
    )
]
# What link-local once was for sites.
SITE_LOCAL = ipaddress.ip_network("fec0::/10")
# Addresses of IPv6 that stand for one of IPv4, by the bits behind it.
_CARRIERS = (
    (ipaddress.ip_network("::/96"), 0),
    (ipaddress.ip_network("64:ff9b::/96"), 0),
    (ipaddress.ip_network("2002::/16"), 80),
)


class OutgoingRefused(Invalid):
    """The server does not call this address; says which setting opens it."""


class NoResponse(Exception):
    """The call failed: connection refused, invalid certificate, timeout. The message says which."""


class CertificateNotTrusted(NoResponse):
    """The certificate of the server is not trusted."""


@dataclass(frozen=True)
class HttpLimits:
    """How long a call may take, in seconds, and how much of the answer is read, in bytes."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 20.0
    body: int = 64 * 1024


@dataclass(frozen=True)
class HttpResponse:
    """What came back; the body is cut where it exceeds the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check(url: str, *, context: str = "url") -> None:
    """Raise OutgoingRefused for a URL that must not be called.

    A name that does not resolve at the moment passes: it is judged again at each call.
    """
    parts = _parts(url, context)
    try:
        _judged(parts, HttpLimits().connect, context)
    except NoResponse:
        return


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    verify: bool = True,
    limits: HttpLimits | None = None,
) -> HttpResponse:
    """Send a body and give the answer; OutgoingRefused, NoAnswer."""
    limits = limits or HttpLimits()
    parts = _parts(url, "url")
    deadline = time.monotonic() + limits.total
    address = _judged(parts, limits.connect, "url")
    return _sent(parts, address, body, headers, verify, limits, deadline)


def origin(url: str) -> str:
    """Which machine is called, as `https://name:port`."""
    parts = _parts(url, "url")
    return f"{parts.scheme}://{_host(parts)}:{_port(parts)}"


def _parts(url: str, context: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise OutgoingRefused("The URL is not valid.", context=context) from None
    is_clean = url.isprintable() and " " not in url and "\\" not in url
    given = parts.hostname or ""
    # What stands in brackets is an address of IPv6, and nothing else is.
    host = hostnames.in_ascii(given) if ("[" in parts.netloc) == (":" in given) else None
    if parts.scheme not in PORTS or host is None or not is_clean:
        raise OutgoingRefused("The URL must be an absolute http or https address.", context=context)
    if parts.username is not None or parts.password is not None:
        raise OutgoingRefused(
            "The URL must not hold credentials; give them as credentials.", context=context
        )
    if len(url) > LONGEST_ADDRESS:
        raise OutgoingRefused(
            f"The URL must not be longer than {LONGEST_ADDRESS} characters.", context=context
        )
    if port == 0:
        raise OutgoingRefused("There is no port 0.", context=context)
    if not given.isascii():
        parts = parts._replace(netloc=host if port is None else f"{host}:{port}")
    return parts


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".").lower()


def _port(parts: SplitResult) -> int:
    return parts.port or PORTS[parts.scheme]


def _judged(parts: SplitResult, seconds: float, context: str) -> str:
    """Resolve the name and judge every address of it; gives the first. NoAnswer where it has none."""
    host = _host(parts)
    try:
        # Every notation that the system takes for an address comes out of this in one form.
        found = _resolvers().submit(_resolve, host, _port(parts)).result(seconds)
    except NotInTime:
        raise NoResponse(f"The name {host} was not resolved in time.") from None
    except (OSError, UnicodeError) as error:
        if settings.OUTGOING_PROXY:
            # Names that only the proxy knows are judged there.
            return ""
        reason = getattr(error, "strerror", None) or "it is no name"
        raise NoResponse(f"The name {host} was not resolved: {reason}.") from None
    for address in found:
        if (reason := _refusal(ipaddress.ip_address(address.partition("%")[0]))) is not None:
            raise OutgoingRefused(
                f"The server does not call {host}: {address} is {reason}. An administrator of the "
                "machine can allow it with OUTGOING_ALLOWED_NETWORKS.",
                context=context,
            )
    return found[0]


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@functools.cache
def _resolvers() -> ThreadPoolExecutor:
    """Threads that resolve names: the system's resolver knows no limit of time."""
    return ThreadPoolExecutor(RESOLVING_AT_ONCE, thread_name_prefix="resolve")


def _refusal(address: Address) -> str | None:
    """Why an address is not called, None if it is."""
    if _is_in(address, settings.OUTGOING_BLOCKED_NETWORKS):
        return "blocked by the settings"
    if _is_in(address, settings.OUTGOING_ALLOWED_NETWORKS):
        return None
    inner = _carried(address)
    if inner is not None:
        return _refusal(inner)
    reason = None
    if address.is_loopback or address.is_unspecified or _is_this_network(address):
        reason = "this machine"
    elif any(address in network for network in METADATA):
        reason = "a metadata service"
    elif address.is_link_local or address in SITE_LOCAL:
        reason = "link-local"
    elif address.is_multicast:
        reason = "multicast"
    elif address.is_reserved or str(address) == "255.255.255.255":
        reason = "reserved"
    elif settings.OUTGOING_STRICT and not address.is_global:
        reason = "not on the internet"
    return reason


def _is_this_network(address: Address) -> bool:
    return address.version == 4 and address in ipaddress.ip_network("0.0.0.0/8")


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address embedded in an IPv6 address, if there is one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.teredo is not None:
        return address.teredo[1]
    for network, bits in _CARRIERS:
        if address in network and int(address) > 1:
            return ipaddress.IPv4Address(int(address) >> bits & 0xFFFFFFFF)
    return None


def _is_in(address: Address, networks: list[str]) -> bool:
    return any(address in ipaddress.ip_network(text, strict=False) for text in networks)


def _sent(
    parts: SplitResult,
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    verify: bool,
    limits: HttpLimits,
    deadline: float,
) -> HttpResponse:
    with _pool(parts, address, verify) as (pool, watch), watch.until(deadline):
        try:
            response = pool.urlopen(
                "POST",
                parts.geturl()
                if settings.OUTGOING_PROXY and parts.scheme == "http"
                else _target(parts),
                body=body,
                headers={"Host": _named(parts), **headers},
                redirect=False,
                assert_same_host=False,
                retries=False,
                timeout=Timeout(connect=limits.connect, read=limits.read),
                preload_content=False,
                decode_content=False,
            )
            try:
                read = _read(response, limits.body, deadline)
            finally:
                response.close()
            return HttpResponse(response.status, dict(response.headers), read)
        except AttributeError:
            # urllib3 looks at a socket that the other side, or the watch, has closed meanwhile.
            raise NoResponse("The connection was interrupted.") from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if watch.is_over:
                raise NoResponse(f"There was no answer within {limits.total:g} seconds.") from None
            if isinstance(error, urllib3.exceptions.SSLError | ssl.SSLError):
                raise CertificateNotTrusted(_reason(error)) from None
            raise NoResponse(_reason(error)) from None


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _named(parts: SplitResult) -> str:
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return shown if _port(parts) == PORTS[parts.scheme] else f"{shown}:{_port(parts)}"


def _read(response: Any, most: int, deadline: float) -> bytes:
    """Read what there is, no more than `most` bytes, and no longer than until the deadline."""
    read = bytearray()
    while len(read) < most and time.monotonic() < deadline:
        piece = response.read1(min(8192, most - len(read)))
        if not piece:
            break
        read += piece
    return bytes(read)


def _reason(error: BaseException) -> str:
    """Say what went wrong in words, without what libraries put around it."""
    inner = error
    while isinstance(inner, urllib3.exceptions.ProtocolError | urllib3.exceptions.SSLError) and (
        inner.args and isinstance(inner.args[-1], BaseException)
    ):
        inner = inner.args[-1]
    if isinstance(
        inner, urllib3.exceptions.ReadTimeoutError | urllib3.exceptions.ConnectTimeoutError
    ):
        return "The request timed out."
    text = getattr(inner, "strerror", None) or getattr(inner, "reason", None) or str(inner)
    return f"{str(text).rstrip('.')}."


class _Watch:
    """Ends a call that takes too long as a whole, however busily it drips."""

    def __init__(self) -> None:
        self.is_over = False
        self._sockets: list[socket.socket] = []

    def mind(self, connection: socket.socket) -> socket.socket:
        # TLS takes the socket over; a second handle of the same connection stays ours.
        self._sockets.append(connection.dup())
        return connection

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            for one in self._sockets:
                one.close()

    def _end(self) -> None:
        self.is_over = True
        for one in self._sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def _pool(
    parts: SplitResult, address: str, verify: bool
) -> Iterator[tuple[urllib3.HTTPConnectionPool, _Watch]]:
    """A pool for one call: to the address that was judged, or to the proxy of the settings."""
    watch = _Watch()
    tls: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED"}
    if not verify:
        tls = {"cert_reqs": "CERT_NONE", "assert_hostname": False}
    is_tls = parts.scheme == "https"
    pool: urllib3.HTTPConnectionPool
    if settings.OUTGOING_PROXY:
        # It resolves names for itself; what could be judged here has been.
        pool = urllib3.ProxyManager(settings.OUTGOING_PROXY, **tls).connection_from_url(
            parts.geturl()
        )
        address = ""
    elif is_tls:
        pool = urllib3.HTTPSConnectionPool(_host(parts), _port(parts), **tls)
    else:
        pool = urllib3.HTTPConnectionPool(_host(parts), _port(parts))
    plain, secure = _connections(address, watch)
    pool.ConnectionCls = secure if is_tls else plain
    try:
        yield pool, watch
    finally:
        pool.close()


def _connections(address: str, watch: _Watch) -> tuple[type[HTTPConnection], type[HTTPSConnection]]:
    """Connections to the address that was judged, watched from their first byte; without one, to the proxy.

    They speak to a host by its name, and hold its certificate against that.
    """

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return watch.mind(_connected(self, address) if address else super()._new_conn())

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return watch.mind(_connected(self, address) if address else super()._new_conn())

    return Plain, Secure


def _connected(connection: HTTPConnection, address: str) -> socket.socket:
    timeout = connection.timeout
    seconds = timeout if isinstance(timeout, int | float) else None
    made = socket.create_connection((address, connection.port), seconds)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
