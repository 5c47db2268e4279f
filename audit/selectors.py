"""Read the audit log: of the whole site, of a project, of a repository, each for its administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from accounts import access as site_access
from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from audit.models import AppendOnly, AuditEvent
from core.paging import Page, PageRequest
from repos import access
from repos.models import Project, Repository

MOST_WORDS = 10


@dataclass(frozen=True)
class AuditFilter:
    """Which events: all that is left empty is not asked."""

    text: str = ""
    users: tuple[int, ...] = ()
    user_name: str = ""
    categories: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def events_of(
    actor: Actor,
    subject: Project | Repository | None,
    wanted: AuditFilter,
    page: PageRequest,
) -> Page[AuditEvent]:
    """One page of events, newest first; without a subject, of the whole site.

    `start` and `next_start` are numbers of events, not of places in a list: what is written meanwhile
    moves nothing, and the millionth page costs what the first does.
    """
    rows = _rows(actor, subject, wanted)
    if page.start:
        rows = rows.filter(pk__lte=page.start)
    found = list(rows[: page.limit + 1])
    following = found[page.limit].pk if len(found) > page.limit else None
    return Page(found[: page.limit], page.start, page.limit, following)


def every_event(
    actor: Actor, subject: Project | Repository | None, wanted: AuditFilter
) -> Iterator[AuditEvent]:
    """All events, read piece by piece."""
    return _rows(actor, subject, wanted).iterator(chunk_size=500)


def may_configure(actor: Actor) -> None:
    """Raise unless the actor administers the site."""
    site_access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)


def _rows(actor: Actor, subject: Project | Repository | None, wanted: AuditFilter) -> AppendOnly:
    rows: AppendOnly = AuditEvent.objects.all()
    if subject is None:
        may_configure(actor)
    elif isinstance(subject, Project):
        access.require(actor, Permission.PROJECT_ADMIN, subject, scope=Scope.PROJECT)
        rows = rows.filter(project_id=subject.pk)
    else:
        access.require(actor, Permission.REPO_ADMIN, subject, scope=Scope.REPOSITORY)
        rows = rows.filter(repository_id=subject.pk)
    for word in wanted.text.lower().split()[:MOST_WORDS]:
        rows = rows.filter(words__contains=word)
    if wanted.users:
        rows = rows.filter(actor_id__in=wanted.users)
    if wanted.user_name:
        rows = rows.filter(actor_name__iexact=wanted.user_name)
    if wanted.categories:
        rows = rows.filter(category__in=wanted.categories)
    if wanted.actions:
        rows = rows.filter(action__in=wanted.actions)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lte=wanted.until)
    return rows.order_by("-pk")
