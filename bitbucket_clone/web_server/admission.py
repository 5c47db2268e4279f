"""Which requests have a thread, and which wait: expensive ones leave some for all others, whoever sends them."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

# What may keep a thread for long: git at work, archives, and comparisons of any size.
_EXPENSIVE = re.compile(
    rb"/git-(upload|receive)-pack$|/(archive|patch|diff|diff-stats-summary|compare|changes|blame"
    rb"|last-modified|commits|search|markup)(/|\?|$)|/pull-requests/[0-9]|\.(diff|patch)(\?|$)|[?&](blame|raw)(=|&|$)|/raw/"
)


@dataclass(frozen=True)
class Claim:
    """A request's wish for a thread."""

    connection: Any
    address: str
    is_expensive: bool
    since: float


def is_expensive(target: bytes) -> bool:
    """Whether a request for this path and query may keep a thread for long."""
    return _EXPENSIVE.search(target) is not None


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

    def ask(self, claim: Claim) -> None:
        """Let a request wait for its turn."""
        self._waiting.append(claim)

    def admitted(self) -> list[Any]:
        """Give the connections whose turn it is, in the order in which they came."""
        found, left = [], deque[Claim]()
        for claim in self._waiting:
            if len(self._working) < self._threads and self._may_begin(claim):
                self._working[claim.connection] = claim
                if claim.is_expensive:
                    self._by_address[claim.address] += 1
                found.append(claim.connection)
            else:
                left.append(claim)
        self._waiting = left
        return found

    def release(self, connection: Any) -> None:
        """Say that a connection's request is answered, or waits for its client."""
        claim = self._working.pop(connection, None)
        if claim is not None and claim.is_expensive:
            self._by_address[claim.address] -= 1
            if not self._by_address[claim.address]:
                del self._by_address[claim.address]

    def withdraw(self, before: float) -> list[Any]:
        """Take out those who have waited since before a time of the monotonic clock, and give them."""
        late = [claim.connection for claim in self._waiting if claim.since < before]
        self._waiting = deque(claim for claim in self._waiting if claim.since >= before)
        return late

    def _may_begin(self, claim: Claim) -> bool:
        if not claim.is_expensive:
            return True
        total = sum(self._by_address.values())
        return total < self._expensive and (
            not claim.address or self._by_address[claim.address] < self._of_an_address
        )
