"""Let SSH access keys into projects and repositories, and out again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from accounts.errors import TooManySecrets
from accounts.models import SshKey
from accounts.permissions import Permission
from accounts.services import keys
from core import events
from core.errors import Conflict, Invalid
from repos.events import PermissionsChanged
from repos.models import AccessKey, Project, Repository
from repos.selectors.access_keys import require_administration

Subject = Project | Repository

MOST_OF_A_PLACE = 1000
READ_OR_WRITE = {
    Project: (Permission.PROJECT_READ, Permission.PROJECT_WRITE),
    Repository: (Permission.REPO_READ, Permission.REPO_WRITE),
}


def add(
    actor: Actor,
    subject: Subject,
    *,
    text: str,
    permission: Permission,
    label: str = "",
    expiry_days: int | None = None,
) -> AccessKey:
    """Add an access key; raises Conflict if it has access already, KeyTaken if it belongs to a user."""
    require_administration(actor, subject)
    _judge(subject, permission)
    if AccessKey.objects.filter(**_key_of(subject)).count() >= MOST_OF_A_PLACE:
        raise TooManySecrets
    with transaction.atomic():
        key = keys.access_key(actor, text=text, label=label, expiry_days=expiry_days)
        made = AccessKey(key=key, permission=permission, **_key_of(subject))
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:
            raise Conflict("This SSH key has access here already.", context="text") from None
        _tell(actor, subject, key, None, permission)
    return made


def change(
    actor: Actor, subject: Subject, access_key: AccessKey, permission: Permission
) -> AccessKey:
    """Let a key do less or more than it did here."""
    require_administration(actor, subject)
    _judge(subject, permission)
    with transaction.atomic():
        old = Permission(access_key.permission)
        AccessKey.objects.filter(pk=access_key.pk).update(permission=permission)
        access_key.permission = permission
        _tell(actor, subject, access_key.key, old, permission)
    return access_key


def revoke(actor: Actor, subject: Subject, access_key: AccessKey) -> None:
    """Remove an access key; its row is deleted with its last use."""
    require_administration(actor, subject)
    key = access_key.key
    with transaction.atomic():
        _tell(actor, subject, key, Permission(access_key.permission), None)
        access_key.delete()
        SshKey.objects.filter(pk=key.pk, user__isnull=True, places__isnull=True).delete()


def revoke_many(actor: Actor, access_keys: Collection[tuple[Subject, AccessKey]]) -> None:
    """Take keys away from several places, all or none."""
    with transaction.atomic():
        for subject, access_key in access_keys:
            revoke(actor, subject, access_key)


def _judge(subject: Subject, permission: Permission) -> None:
    allowed = READ_OR_WRITE[type(subject)]
    if permission not in allowed:
        names = " or ".join(step.name for step in allowed)
        raise Invalid(f"The permission of this key must be {names}.", context="permission")


def _key_of(subject: Subject) -> dict[str, Any]:
    return {"project" if isinstance(subject, Project) else "repository": subject}


def _tell(
    actor: Actor, subject: Subject, key: SshKey, old: Permission | None, new: Permission | None
) -> None:
    events.publish(
        PermissionsChanged(
            actor=actor,
            subject=subject,
            holder=f"SSH key {key.label} ({key.fingerprint})",
            old=old.name if old else None,
            new=new.name if new else None,
        )
    )
