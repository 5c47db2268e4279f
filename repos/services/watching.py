"""Watch and unwatch repositories and commits."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.models import User
from accounts.permissions import Permission
from core.errors import Unauthenticated
from repos import access, storage
from repos.models import CommitWatch, Repository, RepositoryWatch
from repos.selectors import refs


def watch(actor: Actor, repository: Repository) -> None:
    """Watch a repository."""
    user = _reader(actor, repository)
    RepositoryWatch.objects.get_or_create(user=user, repository=repository)


def unwatch(actor: Actor, repository: Repository) -> None:
    """Watch it no longer."""
    RepositoryWatch.objects.filter(user=_reader(actor, repository), repository=repository).delete()


def watch_commit(actor: Actor, repository: Repository, commit_id: str) -> None:
    """Watch a commit; NoSuchCommit."""
    user = _reader(actor, repository)
    with storage.opened(repository) as git:
        found = refs.resolve(git, commit_id).commit_id
    CommitWatch.objects.get_or_create(user=user, repository=repository, commit_id=found)


def unwatch_commit(actor: Actor, repository: Repository, commit_id: str) -> None:
    """Watch it no longer; NoSuchCommit."""
    user = _reader(actor, repository)
    with storage.opened(repository) as git:
        found = refs.resolve(git, commit_id).commit_id
    CommitWatch.objects.filter(user=user, repository=repository, commit_id=found).delete()


def _reader(actor: Actor, repository: Repository) -> User:
    access.require(actor, Permission.REPO_VIEW, repository)
    if actor.user is None:
        raise Unauthenticated("You must sign in to watch.")
    return actor.user
