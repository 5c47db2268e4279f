"""What an actor may do with a pull request: what its pages offer, by the same rules as the services."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from pullrequests.models import PullRequest
from repos import access


@dataclass(frozen=True)
class Abilities:
    """The first lines of each service, asked beforehand."""

    may_talk: bool
    may_judge: bool
    may_change: bool
    may_merge: bool
    may_delete: bool
    may_apply: bool


def on(actor: Actor, pull_request: PullRequest) -> Abilities:
    """What the actor may do with it, as far as who they are goes."""
    repository = pull_request.repository
    held = access.granted(actor, repository) or Permission.REPO_VIEW
    is_open = pull_request.is_open and not repository.is_archived
    may_talk = (
        actor.user is not None
        and Scope.PULL_REQUEST_WRITE in actor.scopes
        and not repository.is_archived
    )
    is_own = actor.user is not None and pull_request.author_id == actor.user.pk
    may_write = may_talk and held >= Permission.REPO_WRITE
    is_merged = pull_request.state == PullRequest.State.MERGED
    source = pull_request.from_repository
    may_apply = may_talk and is_open and source is not None
    if may_apply and source is not None and source.pk != repository.pk:
        may_apply = access.may(actor, Permission.REPO_WRITE, source, scope=Scope.REPOSITORY)
    elif may_apply:
        may_apply = may_write
    return Abilities(
        may_talk=may_talk,
        may_judge=may_talk and is_open and not is_own,
        may_change=may_talk and (is_own or may_write),
        may_merge=may_write and is_open,
        may_delete=may_talk and ((is_own and not is_merged) or held >= Permission.REPO_ADMIN),
        may_apply=may_apply,
    )
