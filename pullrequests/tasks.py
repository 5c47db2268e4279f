"""What pull requests do later: draw the consequences of pushes, remove refs of what is deleted."""

from __future__ import annotations

from celery import shared_task

from accounts.actor import Actor
from pullrequests.services import pull_request_refs, rescoping
from repos.models import Repository


@shared_task(name="pullrequests.rescope")
def rescope(key: int) -> None:
    """Let one agree with where its refs are."""
    rescoping.settle(Actor.system(), key)


@shared_task(name="pullrequests.rescope_target")
def rescope_target(repository_id: int, name: str) -> None:
    """The same for all that lead to a branch which moved."""
    rescoping.settle_target(Actor.system(), repository_id, name)


@shared_task(name="pullrequests.forget")
def forget(repository_id: int, number: int) -> None:
    """Remove the refs of one that was deleted."""
    repository = Repository.objects.filter(pk=repository_id).first()
    if repository is not None:
        pull_request_refs.forget(Actor.system(), repository, number)
