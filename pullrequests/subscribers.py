"""What pull requests do when refs moved, or repositories go or come back into use."""

from __future__ import annotations

from core.events import subscribe
from pullrequests.services import pull_request_refs, push_messages, refresh, rescoping
from repos.events import RefsChanged, RepositoryDeleted, RepositoryModified

# Registered by being imported: refs that move along, words after a push, refs made for a fetch.
__all__ = ["pull_request_refs", "push_messages", "refresh"]


@subscribe(RefsChanged)
def follow(event: RefsChanged) -> None:
    """Open pull requests from and to these refs have new heads, or are merged."""
    rescoping.note(event.actor, event.push, event.changes)


@subscribe(RepositoryDeleted)
def close(event: RepositoryDeleted) -> None:
    """What came from a repository that is gone has no source any more."""
    rescoping.note_gone(event.actor, event.repository)


@subscribe(RepositoryModified)
def catch_up(event: RepositoryModified) -> None:
    """Update the pull requests of a repository that is no longer archived."""
    if event.old.is_archived and not event.repository.is_archived:
        rescoping.note_unarchived(event.actor, event.repository)
