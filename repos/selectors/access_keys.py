"""The SSH access keys of a project or repository, for its administrators."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from accounts.errors import NoSuchKey
from accounts.permissions import Permission, Scope
from core.paging import Page, PageRequest, page_of_rows
from repos import access
from repos.models import AccessKey, Project, Repository

Subject = Project | Repository


def list_of(
    actor: Actor,
    subject: Subject,
    wanted: PageRequest,
    *,
    text: str = "",
    permission: Permission | None = None,
    minimum: Permission | None = None,
    effective: bool = False,
) -> Page[AccessKey]:
    """The keys of the subject, those with `text` in their label; `effective` adds the project's to a repository's."""
    require_administration(actor, subject)
    on = _on(subject)
    if effective and isinstance(subject, Repository):
        on |= Q(project=subject.project)
    rows = _rows().filter(on, key__label__icontains=text)
    if permission is not None:
        rows = rows.filter(permission__in=_steps_like(permission, exactly=True))
    if minimum is not None:
        rows = rows.filter(permission__in=_steps_like(minimum, exactly=False))
    return page_of_rows(rows, wanted)


def get(actor: Actor, subject: Subject, number: str) -> AccessKey:
    """The key of that number on the subject; NoSuchKey."""
    found = find(actor, subject, number)
    if found is None:
        raise NoSuchKey
    return found


def find(actor: Actor, subject: Subject, number: str) -> AccessKey | None:
    """Return the access key with this ID on the subject, or None."""
    require_administration(actor, subject)
    key = _number(number)
    return None if key is None else _rows().filter(_on(subject), key=key).first()


def places_of(actor: Actor, number: str, kind: type[Project] | type[Repository]) -> list[AccessKey]:
    """Return the projects or repositories of a key that the actor administers."""
    key = _number(number)
    if key is None:
        return []
    if kind is Project:
        held: QuerySet[Any] = access.held_projects(actor, Permission.PROJECT_ADMIN)
        return list(_rows().filter(key=key, project__in=held.values("pk")))
    held = access.held_repositories(actor, Permission.REPO_ADMIN)
    return list(_rows().filter(key=key, repository__in=held.values("pk")))


def require_administration(actor: Actor, subject: Subject) -> None:
    """Raise unless the actor administers the subject.

    A token that may administer it may do this too: installers set up the keys of their robots so.
    """
    if isinstance(subject, Project):
        access.require(actor, Permission.PROJECT_ADMIN, subject, scope=Scope.PROJECT)
    else:
        access.require(actor, Permission.REPO_ADMIN, subject, scope=Scope.REPOSITORY)


def _rows() -> QuerySet[AccessKey]:
    return AccessKey.objects.select_related(
        "key", "project__owner", "repository__project__owner"
    ).order_by("pk")


def _on(subject: Subject) -> Q:
    return Q(project=subject) if isinstance(subject, Project) else Q(repository=subject)


def _steps_like(wanted: Permission, *, exactly: bool) -> list[Permission]:
    """READ or WRITE on either ladder, whichever of the two was named."""
    writes = wanted.name.endswith("WRITE")
    steps = [Permission.PROJECT_WRITE, Permission.REPO_WRITE]
    if not writes:
        reading = [Permission.PROJECT_READ, Permission.REPO_READ]
        steps = reading if exactly else [*reading, *steps]
    return steps


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
