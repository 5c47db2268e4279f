"""Which requests have a thread, and which wait: expensive ones leave some for all others, whoever sends them."""

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

    def __init__(self, *, threads: int, reserved: int, most_of_an_address: int):
        """`reserved` of the threads are never given to expensive requests."""
        self._threads = threads
        self._expensive = max(1, threads - reserved)
        self._of_an_address = most_of_an_address
        self._working: dict[Any, Claim] = {}
        self._by_address: Counter[str] = Counter()
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
                if claim.is_expensive:
                    self._by_address[claim.address] += 1
                found.add(claim)
                admitted.append(claim.connection)
        if found:
            self._going_on = deque(one for one in self._going_on if one not in found)
            self._waiting = deque(one for one in self._waiting if one not in found)
        return admitted

    def release(self, connection: Any) -> None:
        """Say that a connection's request is answered, or waits for its client."""
        claim = self._working.pop(connection, None)
        if claim is not None and claim.is_expensive:
            self._by_address[claim.address] -= 1
            if not self._by_address[claim.address]:
                del self._by_address[claim.address]

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
        if not claim.is_expensive:
            return True
        total = sum(self._by_address.values())
        return total < self._expensive and (
            not claim.address or self._by_address[claim.address] < self._of_an_address
        )
