"""Permissions of users and groups on a project or repository."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.actor import Actor
from accounts.models import Group, User
from accounts.permissions import Permission
from core.errors import Unauthenticated
from core.paging import Page, PageRequest, page_of_rows
from repos import access
from repos.models import Project, ProjectGrant, Repository, RepositoryGrant

Subject = Project | Repository
Grant = ProjectGrant | RepositoryGrant

ADMINISTRATION = {Project: Permission.PROJECT_ADMIN, Repository: Permission.REPO_ADMIN}


def granted_to_users(
    actor: Actor, subject: Subject, wanted: PageRequest, *, text: str = ""
) -> Page[Any]:
    """The grants of users, by name; for administrators of the subject."""
    grants = _grants(actor, subject).filter(user__isnull=False).select_related("user")
    if text:
        grants = grants.filter(
            Q(user__name__icontains=text) | Q(user__display_name__icontains=text)
        )
    return page_of_rows(grants.order_by("user__name"), wanted)


def granted_to_groups(
    actor: Actor, subject: Subject, wanted: PageRequest, *, text: str = ""
) -> Page[Any]:
    """The grants of groups, by name; for administrators of the subject."""
    grants = _grants(actor, subject).filter(group__isnull=False).select_related("group")
    if text:
        grants = grants.filter(group__name__icontains=text)
    return page_of_rows(grants.order_by("group__name"), wanted)


def search(
    actor: Actor,
    subject: Subject,
    wanted: PageRequest,
    *,
    text: str = "",
    kind: str = "",
    permissions: list[Permission] | None = None,
) -> Page[Any]:
    """Return the grants whose user or group name contains `text`; `kind` is USER, GROUP or empty."""
    grants = _grants(actor, subject).select_related("user", "group")
    if text:
        grants = grants.filter(
            Q(user__name__icontains=text)
            | Q(user__display_name__icontains=text)
            | Q(group__name__icontains=text)
        )
    if kind:
        grants = grants.filter(user__isnull=kind != "USER")
    if permissions:
        grants = grants.filter(permission__in=permissions)
    return page_of_rows(grants.order_by("group__name", "user__name"), wanted)


def users_without_grant(
    actor: Actor, subject: Subject, wanted: PageRequest, *, text: str = ""
) -> Page[User]:
    """Active users to whom nothing is granted on the subject itself."""
    held = _grants(actor, subject).filter(user__isnull=False).values("user")
    users = User.objects.filter(is_active=True, type=User.Type.NORMAL).exclude(pk__in=held)
    if text:
        users = users.filter(Q(name__icontains=text) | Q(display_name__icontains=text))
    return page_of_rows(users.order_by("name"), wanted)


def groups_without_grant(
    actor: Actor, subject: Subject, wanted: PageRequest, *, text: str = ""
) -> Page[Group]:
    """Groups to which nothing is granted on the subject itself."""
    held = _grants(actor, subject).filter(group__isnull=False).values("group")
    groups = Group.objects.exclude(pk__in=held).filter(name__icontains=text)
    return page_of_rows(groups.order_by("name"), wanted)


def default_permission(actor: Actor, project: Project) -> Permission | None:
    """Return the default permission of the project; for its administrators."""
    access.require(actor, Permission.PROJECT_ADMIN, project)
    return Permission(project.default_permission) if project.default_permission else None


def users_who_may(
    actor: Actor,
    needed: list[tuple[Permission, Subject | None]],
    wanted: PageRequest,
    *,
    text: str = "",
    group: str = "",
) -> Page[User]:
    """Active users who hold every one of these permissions; a site permission has no subject."""
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to see people.")
    users = User.objects.filter(is_active=True, type=User.Type.NORMAL)
    for permission, subject in needed:
        users = users.filter(pk__in=access.holders(permission, subject))
    if text:
        users = users.filter(
            Q(name__icontains=text)
            | Q(display_name__icontains=text)
            | Q(email_address__icontains=text)
        )
    if group:
        users = users.filter(member_of__name__iexact=group)
    return page_of_rows(users.order_by("name"), wanted)


def _grants(actor: Actor, subject: Subject) -> QuerySet[Any]:
    access.require(actor, ADMINISTRATION[type(subject)], subject)
    grants: QuerySet[Any] = (
        ProjectGrant.objects.filter(project=subject)
        if isinstance(subject, Project)
        else RepositoryGrant.objects.filter(repository=subject)
    )
    # Service users belong to tokens, which are shown and revoked as tokens.
    return grants.exclude(user__type=User.Type.SERVICE)
