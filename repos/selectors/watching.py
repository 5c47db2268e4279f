"""Who watches what."""

from __future__ import annotations

from accounts.actor import Actor
from repos.models import CommitWatch, Repository, RepositoryWatch


def is_watched(actor: Actor, repository: Repository) -> bool:
    """Whether the actor watches a repository."""
    mine = RepositoryWatch.objects.filter(repository=repository, user=actor.user)
    return actor.user is not None and mine.exists()


def is_commit_watched(actor: Actor, repository: Repository, commit_id: str) -> bool:
    """Whether the actor watches a commit, by its whole id."""
    mine = CommitWatch.objects.filter(repository=repository, user=actor.user, commit_id=commit_id)
    return actor.user is not None and mine.exists()
