"""Create, change and delete projects."""

from __future__ import annotations

import base64
import binascii
import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from accounts import access as site_access
from accounts.actor import Actor
from accounts.models import User
from accounts.permissions import Permission, Scope
from accounts.services import secrets
from core import events
from core.errors import Forbidden, Invalid
from infrastructure import images
from repos import access
from repos.errors import NameTaken, ProjectNotEmpty, UnfitName
from repos.events import ProjectCreated, ProjectDeleted, ProjectModified
from repos.models import FormerProjectKey, Project, ProjectAvatar, ProjectGrant, TokenPlace
from repos.services import name_rules

_AVATAR_URI = re.compile(r"data:(image/[a-z+]+);base64,(.*)", re.DOTALL)


def create(
    actor: Actor,
    *,
    key: str,
    name: str,
    description: str | None = "",
    is_public: bool = False,
    avatar: str | None = None,
) -> Project:
    """Make a shared project, whose administrator is who made it; `avatar` is a data URI."""
    site_access.require(actor, Permission.PROJECT_CREATE, scope=Scope.PROJECT)
    project = Project(
        key=name_rules.check_key(actor, key),
        name=name_rules.check_project_name(actor, name),
        description=name_rules.check_description(actor, description),
        is_public=is_public,
    )
    with _unique(project), transaction.atomic():
        FormerProjectKey.objects.filter(key=project.key).delete()
        project.save()
        if actor.user is not None:
            ProjectGrant.objects.create(
                project=project, user=actor.user, permission=Permission.PROJECT_ADMIN
            )
        if avatar:
            _keep_avatar(project, _read_data_uri(avatar))
        events.publish(ProjectCreated(actor=actor, project=project))
    return project


def personal(actor: Actor, owner: User) -> Project:
    """Give the personal project of a user, made when it is first needed; only to that user."""
    if actor.user is None or actor.user.pk != owner.pk:
        raise Forbidden()
    site_access.require(actor, Permission.LICENSED_USER)
    with transaction.atomic():
        project, made = Project.objects.get_or_create(
            owner=owner,
            defaults={
                "key": Project.stored_key(f"~{owner.slug}"),
                "name": owner.display_name,
                "type": Project.Type.PERSONAL,
            },
        )
        if made:
            events.publish(ProjectCreated(actor=actor, project=project))
    return project


def follow_owner(actor: Actor, owner: User) -> None:
    """Rename a personal project after its owner; the old key redirects."""
    project = Project.objects.filter(owner=owner).first()
    key = Project.stored_key(f"~{owner.slug}")
    if project is None or (project.key == key and project.name == owner.display_name):
        return
    old = copy.copy(project)
    with transaction.atomic():
        if project.key != key:
            FormerProjectKey.objects.filter(key=key).delete()
            FormerProjectKey.objects.create(key=project.key, project=project)
        project.key, project.name = key, owner.display_name
        project.save(update_fields=["key", "name"])
        events.publish(ProjectModified(actor=actor, project=project, old=old))


def forget_owner(actor: Actor, owner: User) -> None:
    """Rename the personal project of an erased user, without redirects from the old name."""
    follow_owner(actor, owner)
    FormerProjectKey.objects.filter(project__owner=owner).delete()


def update(
    actor: Actor,
    project: Project,
    *,
    key: str | None = None,
    name: str | None = None,
    description: str | None = None,
    is_public: bool | None = None,
    avatar: str | None = None,
) -> Project:
    """Change what is given and leave the rest; the old key goes on leading here."""
    access.require(actor, Permission.PROJECT_ADMIN, project, scope=Scope.PROJECT)
    old = copy.copy(project)
    changed = copy.copy(project)
    if key is not None and Project.stored_key(key) != project.key:
        _refuse_personal(project, "key")
        changed.key = name_rules.check_key(actor, key)
    if name is not None:
        changed.name = name_rules.check_project_name(actor, name)
    if description is not None:
        changed.description = name_rules.check_description(actor, description)
    if is_public is not None and is_public != project.is_public:
        _refuse_personal(project, "public")
        changed.is_public = is_public
    with _unique(changed), transaction.atomic():
        if changed.key != old.key:
            FormerProjectKey.objects.filter(key=changed.key).delete()
            FormerProjectKey.objects.create(key=old.key, project=project)
        # Only what changes is written: others may change the rest at this moment.
        columns = ["key", "name", "description", "is_public"]
        changed.save(update_fields=[c for c in columns if getattr(changed, c) != getattr(old, c)])
        if avatar:
            _keep_avatar(changed, _read_data_uri(avatar))
        events.publish(ProjectModified(actor=actor, project=changed, old=old))
    return changed


def set_avatar(actor: Actor, project: Project, content: bytes) -> None:
    """Give the project a picture: an image of at most 1 MiB."""
    access.require(actor, Permission.PROJECT_ADMIN, project, scope=Scope.PROJECT)
    with transaction.atomic():
        _keep_avatar(project, content)


def delete(actor: Actor, project: Project) -> None:
    """Delete a project without repositories; raises ProjectNotEmpty."""
    access.require(actor, Permission.PROJECT_ADMIN, project, scope=Scope.PROJECT)
    with transaction.atomic():
        # A repository that is about to be made in it waits for the end of this.
        if Project.objects.select_for_update().filter(pk=project.pk).first() is None:
            return
        if project.repositories.exists():
            raise ProjectNotEmpty(project.name)
        gone = copy.copy(project)
        for place in TokenPlace.objects.filter(project=project).select_related("token__user"):
            secrets.end_service_token(actor, place.token)
        project.delete()
        events.publish(ProjectDeleted(actor=actor, project=gone))


@contextmanager
def _unique(project: Project) -> Iterator[None]:
    """Turn the database's word on a taken key or name into ours."""
    try:
        yield
    except IntegrityError:
        if Project.objects.filter(key=project.key).exclude(pk=project.pk).exists():
            raise NameTaken("This project key is already in use.", context="key") from None
        raise NameTaken("This project name is already in use.", context="name") from None


def _refuse_personal(project: Project, field: str) -> None:
    if project.is_personal:
        raise UnfitName("A personal project keeps its key and is never public.", context=field)


def _read_data_uri(text: str) -> bytes:
    found = _AVATAR_URI.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        return base64.b64decode(found[2], validate=True)
    except (ValueError, binascii.Error):
        raise Invalid(
            "The avatar must be a data URI with an image in base64.", context="avatar"
        ) from None


def _keep_avatar(project: Project, content: bytes) -> None:
    ProjectAvatar.objects.update_or_create(
        project=project, defaults={"content": images.normalised(content)}
    )
