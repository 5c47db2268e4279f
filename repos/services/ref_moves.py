"""Update one ref for a page or REST call, with the checks of a push; refusals are exceptions."""

from __future__ import annotations

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from gitengine.quarantine import Quarantine
from gitengine.repository import GitRepository
from gitengine.types import Person, RefCommand
from repos import access, storage
from repos.errors import (
    NoSuchRepository,
    RefMoveRefused,
    RefOutOfDate,
    RefsOverlap,
    RepositoryArchived,
)
from repos.models import Push, Repository
from repos.services import push_rules, ref_updates
from repos.services.push_rules import PushContext

NOBODY = Person("Bitbucket", "noreply@localhost")


def require(actor: Actor, repository: Repository) -> None:
    """Raise unless the actor can write and the repository is not archived."""
    access.require(actor, Permission.REPO_WRITE, repository, scope=Scope.REPOSITORY)
    if repository.is_archived:
        raise RepositoryArchived(str(repository))


def judge(actor: Actor, repository: Repository, git: GitRepository, command: RefCommand) -> None:
    """Refuse what a rule minds, and change nothing."""
    (judged,) = push_rules.judge(actor, PushContext(actor, repository, git), [command])
    if judged.refusal:
        raise RefMoveRefused(f"{judged.refusal[:1].upper()}{judged.refusal[1:]}.")


def move(
    actor: Actor,
    repository: Repository,
    command: RefCommand,
    *,
    reason: Push.Reason,
    objects: Quarantine | None = None,
) -> None:
    """Move it, or raise: RefMoveRefused, RefOutOfDate, RefsOverlap, RepositoryArchived."""
    git = objects.git if objects is not None else storage.git_of(repository)
    judge(actor, repository, git, command)

    def judge_again(moving: list[RefCommand]) -> list[RefCommand]:
        repository.refresh_from_db(fields=["is_archived"])
        require(actor, repository)
        for one in moving:
            if not one.refusal:
                judge(actor, repository, git, one)
        return moving

    (moved,) = ref_updates.move(
        actor, repository, [command], reason=reason, objects=objects, guard=judge_again
    )
    if moved.refusal == ref_updates.GONE:
        raise NoSuchRepository(repository.project.key, repository.slug)
    if moved.refusal == ref_updates.STALE:
        raise RefOutOfDate(
            "The branch or tag was changed by someone else. Reload it and try again."
        )
    if moved.refusal:
        raise RefsOverlap(f"The name overlaps with another: {moved.refusal}.", context="name")


def person(actor: Actor) -> Person:
    """Return the name and email address for the actor's commits and tags."""
    if actor.user is None:
        return NOBODY
    return Person(actor.user.display_name or actor.user.name, actor.user.email_address)
