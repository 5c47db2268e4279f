"""Take down what build servers report."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from builds import selectors as find
from builds.events import BuildStatusReported
from builds.models import BuildRemoval, BuildStatus
from core import events
from core.errors import Forbidden, Invalid
from repos import access
from repos.errors import RepositoryArchived
from repos.models import Repository

WHOLE_ID = re.compile(r"[0-9a-fA-F]{40}")


@dataclass(frozen=True)
class Report:
    """What is said of one build."""

    key: str
    state: str
    url: str
    name: str = ""
    description: str = ""
    parent: str = ""
    ref: str = ""
    build_number: str = ""
    duration: int | None = None
    tests_successful: int | None = None
    tests_failed: int | None = None
    tests_skipped: int | None = None


def report(
    actor: Actor, commit_id: str, said: Report, *, repository: Repository | None = None
) -> BuildStatus:
    """Store a build status; the latest per key counts. Without a repository it is for the commit only."""
    find.require_person(actor)
    if repository is not None:
        access.require(actor, Permission.REPO_VIEW, repository, scope=Scope.REPOSITORY)
    elif Scope.REPOSITORY not in actor.scopes:
        raise Forbidden()
    if not WHOLE_ID.fullmatch(commit_id):
        raise Invalid("The commit must be named by its full 40-character id.", context="commitId")
    _check(said)
    if repository is not None and repository.is_archived:
        raise RepositoryArchived(str(repository))
    # Of a commit alone each reporter has a word of their own: nobody takes back what others said.
    whose: dict[str, Any] = {} if repository is not None else {"reporter": actor.user}
    with transaction.atomic():
        row, _ = BuildStatus.objects.update_or_create(
            repository=repository,
            commit_id=commit_id.lower(),
            key=said.key,
            **whose,
            defaults=asdict(said) | {"updated_at": timezone.now(), "reporter": actor.user},
        )
        events.publish(BuildStatusReported(actor, row))
    return row


def delete(actor: Actor, repository: Repository, commit_id: str, key: str) -> None:
    """Forget what was said of a commit under a key; nothing where nothing was."""
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)
    with transaction.atomic():
        BuildStatus.objects.filter(repository=repository, commit_id=commit_id, key=key).delete()
        # What names no repository may count elsewhere too: it goes from this one alone.
        BuildRemoval.objects.update_or_create(
            repository=repository,
            commit_id=commit_id,
            key=key,
            defaults={"removed_at": timezone.now()},
        )


def _check(said: Report) -> None:
    for name in ("key", "state", "url"):
        if not getattr(said, name).strip():
            raise Invalid(f"The {name} is required.", context=name)
    if said.state not in BuildStatus.State.values:
        raise Invalid(
            f"The state must be one of {', '.join(BuildStatus.State.values)}.", context="state"
        )
    try:
        parts = urlsplit(said.url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Invalid("The url must be an absolute http or https address.", context="url")
    if said.ref and not said.ref.startswith("refs/"):
        raise Invalid("The ref must be a full one, such as refs/heads/main.", context="ref")
