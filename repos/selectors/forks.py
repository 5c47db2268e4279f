"""Forks of a repository, related repositories, and the synchronization status of a fork."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.actor import Actor, Via
from accounts.permissions import Permission
from core.paging import Page, PageRequest
from repos import access
from repos.models import Repository, Synchronisation, UnsynchronisedRef
from repos.selectors import repositories


@dataclass(frozen=True)
class SynchronisationStatus:
    """Whether a fork may follow its origin, whether it does, and what of it does not follow."""

    is_available: bool
    is_enabled: bool
    last_at: datetime | None = None
    refs: tuple[UnsynchronisedRef, ...] = ()


def forks_of(actor: Actor, repository: Repository, wanted: PageRequest) -> Page[Repository]:
    """Its own forks that the actor may see, by name; not the forks of its forks."""
    rows = access.visible_repositories(actor).filter(origin=repository)
    return repositories.page_of(actor, rows.order_by("name", "pk"), wanted)


def related_to(actor: Actor, repository: Repository, wanted: PageRequest) -> Page[Repository]:
    """All others of the same hierarchy that the actor may see."""
    rows = access.visible_repositories(actor).filter(hierarchy_id=repository.hierarchy_id)
    rows = rows.exclude(pk=repository.pk)
    return repositories.page_of(actor, rows.order_by("name", "pk"), wanted)


def may_follow(actor: Actor, fork: Repository) -> bool:
    """Whether the fork has an origin that may still be seen by its owner, else by who let it follow."""
    if fork.origin_id is None:
        return False
    keeper = fork.project.owner
    if keeper is None:
        row = Synchronisation.objects.select_related("enabled_by").filter(repository=fork).first()
        if row is None:
            return True
        keeper = row.enabled_by
    return keeper is not None and sees_origin(Actor(user=keeper, via=Via.SESSION), fork)


def sees_origin(actor: Actor, fork: Repository) -> bool:
    """Whether an active owner of the fork can see its origin."""
    if actor.user is not None and not actor.user.is_active:
        return False
    return access.visible_repositories(actor).filter(forks=fork).exists()


def status(actor: Actor, fork: Repository, ref: str = "") -> SynchronisationStatus:
    """Return the synchronization status of the fork, or of one ref."""
    access.require(actor, Permission.REPO_VIEW, fork)
    is_available = may_follow(actor, fork)
    row = Synchronisation.objects.filter(repository=fork).first()
    if row is None:
        return SynchronisationStatus(is_available, False)
    listed = row.refs.filter(ref=ref) if ref else row.refs.all()
    return SynchronisationStatus(is_available, True, row.last_at, tuple(listed))
