"""What repositories do when something happened to them."""

from __future__ import annotations

from datetime import timedelta

from accounts.events import UserErased, UserModified
from core.events import subscribe
from infrastructure import jobs
from repos.events import RefsChanged
from repos.services import projects, synchronisation

TIDY_AFTER = timedelta(seconds=20)


@subscribe(RefsChanged)
def tidy_soon(event: RefsChanged) -> None:
    """Let the maintainer look at a repository that was pushed to, once for many pushes."""
    repository_id = event.push.repository_id
    jobs.enqueue(
        "repos.tidy", repository_id, unique_key=f"repos.tidy:{repository_id}", delay=TIDY_AFTER
    )


@subscribe(RefsChanged)
def index_soon(event: RefsChanged) -> None:
    """Let pages know what last changed each entry of the default branch, without a walk of their own."""
    repository_id = event.push.repository_id
    jobs.enqueue(
        "repos.index_last_changes",
        repository_id,
        unique_key=f"repos.index_last_changes:{repository_id}",
    )


@subscribe(RefsChanged)
def let_forks_follow(event: RefsChanged) -> None:
    """Synchronize the forks of this repository, and this one if it is a fork."""
    synchronisation.follow_soon(event.actor, event.push)


@subscribe(UserErased)
def forget_owner(event: UserErased) -> None:
    """A personal project forgets the name of an owner who was erased, and the addresses that held it."""
    projects.forget_owner(event.actor, event.user)


@subscribe(UserModified)
def follow_owner(event: UserModified) -> None:
    """Keep the name of a personal project the same as its owner's."""
    projects.follow_owner(event.actor, event.user)
