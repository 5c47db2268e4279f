"""What pull requests do when refs moved or repositories go."""

from __future__ import annotations

from core.events import subscribe
from pullrequests.services import advice, heads, rescoping
from repos.events import RefsChanged, RepositoryDeleted

# Registered by being imported: refs that move along, and words after a push.
__all__ = ["advice", "heads"]


@subscribe(RefsChanged)
def follow(event: RefsChanged) -> None:
    """Open pull requests from and to these refs have new heads, or are merged."""
    rescoping.note(event.actor, event.push, event.changes)


@subscribe(RepositoryDeleted)
def close(event: RepositoryDeleted) -> None:
    """What came from a repository that is gone has no source any more."""
    rescoping.note_gone(event.actor, event.repository)
