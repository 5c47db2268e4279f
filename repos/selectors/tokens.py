"""The HTTP access tokens of a project or repository, for its administrators."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.errors import NoSuchSecret
from accounts.models import AccessToken
from accounts.permissions import Permission, Scope
from core.paging import Page, PageRequest, page_of_rows
from repos import access
from repos.models import Project, Repository

Subject = Project | Repository


def list_of(actor: Actor, subject: Subject, wanted: PageRequest) -> Page[AccessToken]:
    """The tokens of the subject, as they were made."""
    return page_of_rows(_rows(actor, subject), wanted)


def get(actor: Actor, subject: Subject, number: str) -> AccessToken:
    """One token of the subject; NoSuchSecret."""
    rows = _rows(actor, subject)
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    found = rows.filter(pk=int(number)).first() if is_number else None
    if found is None:
        raise NoSuchSecret("access token")
    return found


def _rows(actor: Actor, subject: Subject) -> QuerySet[AccessToken]:
    is_project = isinstance(subject, Project)
    needed = Permission.PROJECT_ADMIN if is_project else Permission.REPO_ADMIN
    access.require(actor, needed, subject, scope=Scope.CREDENTIALS)
    place: dict[str, Any] = {"place__project" if is_project else "place__repository": subject}
    return AccessToken.objects.filter(**place).select_related("user").order_by("pk")
