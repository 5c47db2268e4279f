"""What waits for clients in memory and on the disk, and who has to go when it is too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings

from bitbucket_clone.web_server.connection import Connection

# Of one worker, coming and going.
MOST_BYTES_IN_MEMORY = 64 * 1024 * 1024


def too_much(connections: Iterable[Connection]) -> Iterator[tuple[Connection, str]]:
    """Give the connections to end, each with the reason, so that the others are within the limits."""
    everybody = list(connections)
    yield from _beyond(everybody, _in_memory, MOST_BYTES_IN_MEMORY, "memory")
    yield from _beyond(everybody, _on_disk, settings.HTTP_FILES_BYTES, "disk")


def oldest_of_the_greediest(connections: Iterable[Connection]) -> Connection | None:
    """The first of these connections that is of the address which has most of them."""
    everybody = list(connections)
    if not everybody:
        return None
    address = Counter(one.address for one in everybody).most_common(1)[0][0]
    return next(one for one in everybody if one.address == address)


def _in_memory(connection: Connection) -> int:
    answer = connection.answer
    return len(connection.intake.data) + (len(answer.output) if answer is not None else 0)


def _on_disk(connection: Connection) -> int:
    return connection.intake.file_bytes


def _beyond(
    connections: list[Connection], size_of: Callable[[Connection], int], most: int, why: str
) -> Iterator[tuple[Connection, str]]:
    sizes = {one: size for one in connections if (size := size_of(one))}
    total = sum(sizes.values())
    by_address: Counter[str] = Counter()
    for one, size in sizes.items():
        by_address[one.address] += size
    while total > most:
        address = by_address.most_common(1)[0][0]
        greediest = max((one for one in sizes if one.address == address), key=sizes.__getitem__)
        size = sizes.pop(greediest)
        total -= size
        by_address[address] -= size
        yield greediest, why
