"""Apply labels to repositories, and take them off."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from repos import access
from repos.errors import NoSuchLabel, RepositoryArchived, UnfitName
from repos.events import LabelApplied, LabelRemoved
from repos.models import Repository, RepositoryLabel

_NAME = re.compile(r"[a-z0-9-]{3,50}")


def apply(actor: Actor, repository: Repository, name: str) -> RepositoryLabel:
    """Apply a label; raises UnfitName for an invalid name or a label that is already applied."""
    _require(actor, repository)
    if not _NAME.fullmatch(name):
        raise UnfitName(
            "A label must have 3 to 50 characters: lower-case letters a-z, digits and hyphens.",
            context="name",
        )
    try:
        with transaction.atomic():
            label = RepositoryLabel.objects.create(repository=repository, name=name)
            events.publish(LabelApplied(actor=actor, repository=repository, label=name))
    except IntegrityError:
        raise UnfitName(
            f'The label "{name}" is already applied to this repository.', context="name"
        ) from None
    return label


def remove(actor: Actor, repository: Repository, name: str) -> None:
    """Remove a label; raises NoSuchLabel if it is not applied."""
    _require(actor, repository)
    with transaction.atomic():
        removed, _ = RepositoryLabel.objects.filter(repository=repository, name=name).delete()
        if not removed:
            raise NoSuchLabel(name)
        events.publish(LabelRemoved(actor=actor, repository=repository, label=name))


def _require(actor: Actor, repository: Repository) -> None:
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)
    if repository.is_archived:
        raise RepositoryArchived(str(repository))
