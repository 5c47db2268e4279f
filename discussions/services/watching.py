"""Watch a commit: to be told of what is said about it."""

from __future__ import annotations

from django.db import transaction

from accounts.actor import Actor
from discussions.models import CommitWatch
from discussions.selectors import comments as find
from repos.models import Repository


def watch(actor: Actor, repository: Repository, commit_id: str) -> None:
    """Let the actor be told; twice is once."""
    find.require_voice(actor, repository)
    with transaction.atomic():
        CommitWatch.objects.get_or_create(
            repository=repository, commit_id=commit_id, user=actor.user
        )


def unwatch(actor: Actor, repository: Repository, commit_id: str) -> None:
    """Let the actor not be told any more."""
    find.require_voice(actor, repository)
    CommitWatch.objects.filter(repository=repository, commit_id=commit_id, user=actor.user).delete()
