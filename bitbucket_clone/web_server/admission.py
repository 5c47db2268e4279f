"""Admission of requests to threads: expensive requests always leave some threads for others.

Nobody has all threads: addresses and users have limits, and what is beyond them waits without a thread.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote

# What may keep a thread for long: git at work, archives, and comparisons of any size.
_EXPENSIVE_PATH = re.compile(
    r"/git-(upload|receive)-pack$|/info/refs$|/(archive|patch|diff|diff-stats-summary|compare|changes|blame"
    r"|last-modified|commits|search|markup|raw)(/|$)|/pull-requests/[0-9]|\.(diff|patch)$"
)
_EXPENSIVE_QUERY = re.compile(r"(^|&)(blame|raw)(=|&|$)")


@dataclass(frozen=True)
class Claim:
    """A request's wish for a thread."""

    connection: Any
    address: str
    is_expensive: bool
    since: float
    # Who calls, as far as it is known; empty for nobody.
    user: object = ""
    # An answer that has begun: it comes first, and nobody takes it back.
    goes_on: bool = False


def is_expensive(target: str) -> bool:
    """Whether a request for this path and query, as they were sent, may keep a thread for long."""
    path, _, query = target.partition("?")
    # As the application will see it: names of views can be written in more than one way.
    path = unquote(path.partition("#")[0]).rstrip("/")
    return bool(_EXPENSIVE_PATH.search(path) or _EXPENSIVE_QUERY.search(unquote(query)))


def _in_turns(one: Iterable[Claim], other: Iterable[Claim]) -> Iterator[Claim]:
    for pair in zip_longest(one, other):
        yield from (claim for claim in pair if claim is not None)


class Admission:
    """Counts threads at work; used by the event loop alone."""

    def __init__(
        self, *, threads: int, reserved: int, most_of_an_address: int, most_of_a_user: int
    ):
        """`reserved` of the threads are never given to expensive requests, nor all to one address.

        The limits of an address and of a user are of expensive requests.
        """
        self._threads = threads
        self._of_a_user = most_of_a_user
        self._expensive = max(1, threads - reserved)
        self._of_an_address = most_of_an_address
        self._working: dict[Any, Claim] = {}
        self._by_address: Counter[str] = Counter()
        self._by_user: Counter[object] = Counter()
        self._all_by_address: Counter[str] = Counter()
        self._waiting: deque[Claim] = deque()
        # Answers that have begun: each of their turns is short.
        self._going_on: deque[Claim] = deque()

    def ask(self, claim: Claim) -> None:
        """Let a request wait for its turn."""
        (self._going_on if claim.goes_on else self._waiting).append(claim)

    def admitted(self) -> list[Any]:
        """Give the connections whose turn it is, in the order in which they came.

        Answers that go on and requests that begin take turns, so that neither waits for all of the other.
        """
        found: set[Claim] = set()
        admitted = []
        for claim in _in_turns(self._going_on, self._waiting):
            if len(self._working) >= self._threads:
                break
            if self._may_begin(claim):
                self._working[claim.connection] = claim
                self._count(claim, 1)
                found.add(claim)
                admitted.append(claim.connection)
        if found:
            self._going_on = deque(one for one in self._going_on if one not in found)
            self._waiting = deque(one for one in self._waiting if one not in found)
        return admitted

    def release(self, connection: Any) -> None:
        """Say that a connection's request is answered, or waits for its client."""
        claim = self._working.pop(connection, None)
        if claim is not None:
            self._count(claim, -1)

    def waiting(self) -> list[Any]:
        """Give the connections that wait for their turn."""
        return [claim.connection for claim in (*self._going_on, *self._waiting)]

    def withdraw(self, connections: set[Any]) -> None:
        """Let these wait no longer."""
        self._going_on, self._waiting = (
            deque(one for one in queue if one.connection not in connections)
            for queue in (self._going_on, self._waiting)
        )

    def late(self, before: float) -> list[Any]:
        """Give the connections whose requests have waited since before a time of the monotonic clock."""
        return [claim.connection for claim in self._waiting if claim.since < before]

    def _may_begin(self, claim: Claim) -> bool:
        if claim.address and self._all_by_address[claim.address] >= self._expensive:
            return False
        if not claim.is_expensive:
            return True
        return (
            self._by_address.total() < self._expensive
            and (not claim.address or self._by_address[claim.address] < self._of_an_address)
            and (not claim.user or self._by_user[claim.user] < self._of_a_user)
        )

    def _count(self, claim: Claim, step: int) -> None:
        counted: list[tuple[Counter[Any], object]] = [(self._all_by_address, claim.address)]
        if claim.is_expensive:
            counted += [(self._by_address, claim.address), (self._by_user, claim.user)]
        for counter, key in counted:
            counter[key] += step
            if not counter[key]:
                del counter[key]
