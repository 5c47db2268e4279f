"""Change a pull request alone: under the lock of its repository, in one transaction, at the version that was read.

The lock is that under which refs move. So what becomes of a pull request and where its refs lead
are settled in one order: nobody declines, judges or changes what is being merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from pullrequests.errors import (
    IllegalPullRequestState,
    NoSuchPullRequest,
    PullRequestOutOfDate,
)
from pullrequests.models import Participant, PullRequest
from repos import storage
from repos.errors import RepositoryArchived
from repos.services import ref_updates


@contextmanager
def alone(
    actor: Actor,
    pull_request: PullRequest,
    *,
    version: int | None = None,
    must_be_open: bool = True,
) -> Iterator[PullRequest]:
    """Return the current row for a change; a `version` of None is not compared.

    NoSuchPullRequest, PullRequestOutOfDate, IllegalPullRequestState, RepositoryArchived.
    """
    ref_updates.settle(actor, pull_request.repository)
    with (
        storage.opened(pull_request.repository) as git,
        git.exclusive(),
        transaction.atomic(),
    ):
        row = current(actor, pull_request)
        check(actor, row, version=version, must_be_open=must_be_open)
        yield row


def current(actor: Actor, pull_request: PullRequest) -> PullRequest:
    """The row as it is now, locked where the database can; NoSuchPullRequest."""
    rows = PullRequest.objects.select_for_update(of=("self",)).select_related(
        "repository__project", "from_repository__project", "author"
    )
    row = rows.filter(pk=pull_request.pk).first()
    if row is None:
        raise NoSuchPullRequest(str(pull_request.number), str(pull_request.repository))
    return row


def read(actor: Actor, pull_request: PullRequest) -> PullRequest:
    """Return the current row, for callers that hold the repository lock; raises NoSuchPullRequest."""
    rows = PullRequest.objects.select_related(
        "repository__project", "from_repository__project", "author"
    )
    row = rows.filter(pk=pull_request.pk).first()
    if row is None:
        raise NoSuchPullRequest(str(pull_request.number), str(pull_request.repository))
    return row


def check(
    actor: Actor, row: PullRequest, *, version: int | None = None, must_be_open: bool = True
) -> None:
    """Refuse what is out of date, closed, or archived."""
    if row.repository.is_archived:
        raise RepositoryArchived(str(row.repository))
    if version is not None and version != row.version:
        raise PullRequestOutOfDate(row.version, version)
    if must_be_open and not row.is_open:
        raise IllegalPullRequestState(
            f"This pull request has already been {row.get_state_display().lower()}."
        )


def touch(actor: Actor, row: PullRequest, *fields: str, is_newer: bool = True) -> None:
    """Save these columns; with `is_newer` as the next version."""
    row.updated_at = timezone.now()
    if is_newer:
        PullRequest.objects.filter(pk=row.pk).update(version=F("version") + 1)
        row.version += 1
    row.save(update_fields=[*fields, "updated_at"])


def stir(actor: Actor, row: PullRequest) -> None:
    """Note that something happened to it, which is no change of its own."""
    PullRequest.objects.filter(pk=row.pk).update(updated_at=timezone.now())


def join(actor: Actor, row: PullRequest) -> Participant:
    """The actor as one who takes part, from now on if not before."""
    participant, _ = Participant.objects.get_or_create(
        pull_request=row, user=actor.user, defaults={"role": Participant.Role.PARTICIPANT}
    )
    return participant
