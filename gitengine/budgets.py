"""What a child of git may use, by the program that it runs: memory and processor time.

The kernel holds it to them. Memory is what it writes to (RLIMIT_DATA): packs, which git maps to read,
do not count. `configure` sets the figures once, when the server starts.
"""

from __future__ import annotations

import enum
import os
import resource
from dataclasses import dataclass

from prometheus_client import Counter

ENDED = Counter(
    "bitbucket_git_limits_reached",
    "Children of git that ended by a limit, and packs that were refused by one.",
    ["kind", "limit"],
)

MEGABYTE = 1024 * 1024
# On a machine at work pages come before packs that are unpacked.
NICENESS = 5


class Kind(enum.Enum):
    """What children are for."""

    READING = "reading"
    """Pages and questions: somebody waits."""
    SENDING = "sending"
    """Packs and archives for a client."""
    RECEIVING = "receiving"
    """Packs from a client."""
    MAINTAINING = "maintaining"
    """Repacking and what else a job does for hours."""


@dataclass(frozen=True)
class Budget:
    """For one child and those that it starts, each."""

    memory: int
    """Bytes."""
    processor_seconds: int


BUDGETS: dict[Kind, Budget] = {
    Kind.READING: Budget(1024 * MEGABYTE, 120),
    Kind.SENDING: Budget(4096 * MEGABYTE, 4 * 3600),
    Kind.RECEIVING: Budget(4096 * MEGABYTE, 3600),
    Kind.MAINTAINING: Budget(8192 * MEGABYTE, 8 * 3600),
}
# Every other program reads.
_KINDS = {
    **dict.fromkeys(("upload-pack", "pack-objects", "archive"), Kind.SENDING),
    **dict.fromkeys(("index-pack", "unpack-objects"), Kind.RECEIVING),
    **dict.fromkeys(("repack", "gc", "prune", "prune-packed", "commit-graph"), Kind.MAINTAINING),
    # A child that moves refs is never ended on its way.
    **dict.fromkeys(("multi-pack-index", "pack-refs", "update-ref", "fetch"), Kind.MAINTAINING),
}


# Of a pack: what index-pack may begin with, and the bytes that one more second is worth.
_first_seconds = 30
_bytes_a_second = 100_000

_IN_THE_BACKGROUND = (Kind.RECEIVING, Kind.MAINTAINING)


def configure_packs(*, first_seconds: int, bytes_a_second: int) -> None:
    """Set how much processor time a pack may take for its size."""
    global _first_seconds, _bytes_a_second
    _first_seconds, _bytes_a_second = first_seconds, bytes_a_second


def seconds_for_pack(size: int) -> int:
    """Give the processor seconds that a pack of so many bytes may take: few bytes can unfold to very many."""
    return _first_seconds + size // _bytes_a_second


def configure(kind: Kind, *, memory: int, processor_seconds: int) -> None:
    """Set what children of a kind may use, in bytes and seconds."""
    BUDGETS[kind] = Budget(memory, processor_seconds)


def kind_of(program: str) -> Kind:
    """Give what one of git's programs, such as `log`, is for."""
    return _KINDS.get(program, Kind.READING)


def apply(pid: int, kind: Kind) -> None:
    """Hold a child that was just started to the budget of its kind."""
    budget = BUDGETS[kind]
    try:
        _lower(pid, resource.RLIMIT_DATA, budget.memory, budget.memory)
        # The signal that comes first ends git; the second is for what does not hear it.
        seconds = budget.processor_seconds
        _lower(pid, resource.RLIMIT_CPU, seconds, seconds + 5)
        _lower(pid, resource.RLIMIT_CORE, 0, 0)
        if kind in _IN_THE_BACKGROUND:
            os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    except ProcessLookupError:
        pass  # it has ended already


def _lower(pid: int, limit: int, soft: int, hard: int) -> None:
    """Set a limit, or keep the one of the server where that is lower already."""
    _, most = resource.prlimit(pid, limit)
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.prlimit(pid, limit, (soft, hard))


def limit_time(pid: int, seconds: int) -> None:
    """Let a running child use so many seconds of a processor in all, within its budget."""
    try:
        _, most = resource.prlimit(pid, resource.RLIMIT_CPU)
        resource.prlimit(pid, resource.RLIMIT_CPU, (min(seconds, most), most))
    except (ProcessLookupError, ValueError):
        pass
