"""Grant and revoke what people may on projects and repositories."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.models import Group, User
from accounts.permissions import Ladder, Permission, Scope
from core import events
from core.errors import Conflict, Invalid, Refused
from repos import access
from repos.events import PermissionsChanged
from repos.models import Project, ProjectGrant, Repository, RepositoryGrant

Subject = Project | Repository
Holder = User | Group

GRANTABLE = {
    Ladder.PROJECT: frozenset(
        {
            Permission.PROJECT_READ,
            Permission.PROJECT_WRITE,
            Permission.REPO_CREATE,
            Permission.PROJECT_ADMIN,
        }
    ),
    Ladder.REPOSITORY: frozenset(
        {Permission.REPO_READ, Permission.REPO_WRITE, Permission.REPO_ADMIN}
    ),
}
LOSES_ADMINISTRATION = (
    "This would remove your own administrator permission. Ask another administrator to do it."
)


def grant(
    actor: Actor, subject: Subject, holders: Collection[Holder], permission: Permission
) -> None:
    """Let users and groups hold exactly this step on the subject itself."""
    _require_administration(actor, subject)
    ladder = Ladder.PROJECT if isinstance(subject, Project) else Ladder.REPOSITORY
    if permission not in GRANTABLE[ladder]:
        raise Invalid(
            f"{permission.name} cannot be granted on a {ladder.name.lower()}.", context="permission"
        )
    if not holders:
        raise Invalid("Specify at least one user or group.", context="name")
    with transaction.atomic():
        for holder in holders:
            column = "user" if isinstance(holder, User) else "group"
            grants = _grants_of(subject)
            old = grants.filter(**{column: holder}).values_list("permission", flat=True).first()
            grants.update_or_create(
                **_key_of(subject), **{column: holder}, defaults={"permission": permission}
            )
            _tell(actor, subject, holder, old, permission)
        _refuse_own_loss(actor, subject, Refused)


def revoke(actor: Actor, subject: Subject, holders: Collection[Holder]) -> None:
    """Revoke grants of users and groups on the subject itself."""
    _require_administration(actor, subject)
    with transaction.atomic():
        for holder in holders:
            column = "user" if isinstance(holder, User) else "group"
            held = _grants_of(subject).filter(**{column: holder})
            old = held.values_list("permission", flat=True).first()
            if old is not None:
                held.delete()
                _tell(actor, subject, holder, old, None)
        _refuse_own_loss(actor, subject, Conflict)


def set_default(actor: Actor, project: Project, permission: Permission | None) -> None:
    """Let everyone who may sign in hold this step on the project, or nothing."""
    _require_administration(actor, project)
    if permission is not None and permission not in GRANTABLE[Ladder.PROJECT]:
        raise Invalid(f"{permission.name} cannot be a default permission.", context="permission")
    with transaction.atomic():
        old = project.default_permission
        project.default_permission = permission
        project.save(update_fields=["default_permission"])
        _tell(actor, project, None, old, permission)
        _refuse_own_loss(actor, project, Conflict)


def _require_administration(actor: Actor, subject: Subject) -> None:
    scope = Scope.PROJECT if isinstance(subject, Project) else Scope.REPOSITORY
    access.require(actor, _administration_of(subject), subject, scope=scope)


def _administration_of(subject: Subject) -> Permission:
    return Permission.PROJECT_ADMIN if isinstance(subject, Project) else Permission.REPO_ADMIN


def _grants_of(subject: Subject) -> Any:
    if isinstance(subject, Project):
        return ProjectGrant.objects.filter(project=subject)
    return RepositoryGrant.objects.filter(repository=subject)


def _key_of(subject: Subject) -> dict[str, Subject]:
    return {"project" if isinstance(subject, Project) else "repository": subject}


def _tell(
    actor: Actor, subject: Subject, holder: Holder | None, old: int | None, new: int | None
) -> None:
    events.publish(
        PermissionsChanged(
            actor=actor,
            subject=subject,
            holder=holder.name if holder is not None else "everyone",
            old=Permission(old).name if old else None,
            new=Permission(new).name if new else None,
        )
    )


def _refuse_own_loss(
    actor: Actor, subject: Subject, refusal: type[Refused] | type[Conflict]
) -> None:
    """Judge again after the change; what is raised here undoes it."""
    if not access.may(actor, _administration_of(subject), subject):
        raise refusal(LOSES_ADMINISTRATION)
