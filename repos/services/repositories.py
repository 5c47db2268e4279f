"""Create, change, move and delete repositories."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from accounts.services import secrets, site_administration
from core import events, site_settings
from gitengine import refs
from gitengine.errors import InvalidName
from gitengine.repository import GitRepository
from infrastructure import jobs
from repos import access, policies, storage
from repos.errors import NameTaken, RepositoryArchived, UnfitName
from repos.events import RepositoryCreated, RepositoryDeleted, RepositoryModified
from repos.models import (
    FormerRepositorySlug,
    Project,
    RecentRepository,
    Repository,
    RepositoryGrant,
    TokenPlace,
)
from repos.policies import PolicyAction
from repos.services import name_rules

DEFAULT_BRANCH = "master"
VISIT_COUNTS_AFTER = timedelta(minutes=1)


def create(
    actor: Actor,
    project: Project,
    *,
    name: str,
    description: str | None = "",
    is_public: bool = False,
    is_forkable: bool = True,
    default_branch: str | None = None,
) -> Repository:
    """Make an empty repository, whose administrator is who made it."""
    access.require(actor, Permission.REPO_CREATE, project, scope=Scope.PROJECT)
    name = name_rules.check_repository_name(actor, name)
    repository = Repository(
        project=project,
        slug=name_rules.slug_of(actor, name),
        name=name,
        description=name_rules.check_description(actor, description),
        is_public=is_public,
        is_forkable=is_forkable,
    )
    asked = default_branch or site_settings.read(site_settings.DEFAULT_BRANCH) or DEFAULT_BRANCH
    branch = _full_branch_name(asked)
    with _unique_slug(), transaction.atomic():
        # The name is this repository's now: nobody is sent elsewhere by it any more.
        FormerRepositorySlug.objects.filter(project=project, slug=repository.slug).delete()
        repository.save()
        if actor.user is not None and project.owner_id != actor.user.pk:
            RepositoryGrant.objects.create(
                repository=repository, user=actor.user, permission=Permission.REPO_ADMIN
            )
        path = storage.path_of(repository.pk)
        if path.exists():
            # Left by a creation that never became true; the row that is being made owns the number.
            GitRepository(path).delete()
        GitRepository.create(path, branch)
        events.publish(RepositoryCreated(actor=actor, repository=repository))
    return repository


def update(
    actor: Actor,
    repository: Repository,
    *,
    name: str | None = None,
    description: str | None = None,
    project: Project | None = None,
    is_public: bool | None = None,
    is_forkable: bool | None = None,
    is_archived: bool | None = None,
) -> Repository:
    """Change what is given and leave the rest; a new name or project leaves a trace that leads here."""
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)
    if repository.is_archived and is_archived is not False:
        raise RepositoryArchived(str(repository))
    if is_archived is not None and is_archived != repository.is_archived:
        policies.require(actor, PolicyAction.ARCHIVE, repository)
    old = copy.copy(repository)
    changed = copy.copy(repository)
    if name is not None and name.strip() != repository.name:
        changed.name = name_rules.check_repository_name(actor, name)
        changed.slug = name_rules.slug_of(actor, changed.name)
    if project is not None and project.pk != repository.project_id:
        access.require(actor, Permission.REPO_CREATE, project, scope=Scope.PROJECT)
        changed.project = project
    if description is not None:
        changed.description = name_rules.check_description(actor, description)
    for field, value in (
        ("is_public", is_public),
        ("is_forkable", is_forkable),
        ("is_archived", is_archived),
    ):
        if value is not None:
            setattr(changed, field, value)
    # Only what changes is written: others may change the rest at this moment.
    columns = ["name", "slug", "project", "description", "is_public", "is_forkable", "is_archived"]
    different = [one for one in columns if getattr(changed, one) != getattr(old, one)]
    with _unique_slug(), transaction.atomic():
        changed.save(update_fields=different)
        if (changed.project_id, changed.slug) != (old.project_id, old.slug):
            FormerRepositorySlug.objects.filter(project=changed.project, slug=changed.slug).delete()
            FormerRepositorySlug.objects.update_or_create(
                project=old.project, slug=old.slug, defaults={"repository": changed}
            )
        events.publish(RepositoryModified(actor=actor, repository=changed, old=old))
    return changed


def delete(actor: Actor, repository: Repository) -> None:
    """Delete a repository: out of sight at once, its files by a job."""
    access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY_DELETE)
    policies.require(actor, PolicyAction.DELETE, repository)
    with transaction.atomic():
        # Pushes that are about to note themselves wait for the end of this, and then find nothing.
        if Repository.objects.select_for_update().filter(pk=repository.pk).first() is None:
            return
        gone = copy.copy(repository)
        for place in TokenPlace.objects.filter(repository=repository).select_related("token__user"):
            secrets.end_service_token(actor, place.token)
        jobs.enqueue("repos.delete_files", repository.pk, repository.network_id)
        repository.delete()
        events.publish(RepositoryDeleted(actor=actor, repository=gone))


def visit(actor: Actor, repository: Repository) -> None:
    """Remember that the actor looked at it, for the list of recent repositories."""
    if actor.user is None:
        return
    now = timezone.now()
    mine = RecentRepository.objects.filter(user=actor.user, repository=repository)
    seen = mine.values_list("visited_at", flat=True).first()
    if seen is None:
        RecentRepository.objects.update_or_create(
            user=actor.user, repository=repository, defaults={"visited_at": now}
        )
    elif now - seen > VISIT_COUNTS_AFTER:
        mine.update(visited_at=now)


def set_site_default_branch(actor: Actor, branch: str) -> None:
    """Say which branch comes first in new repositories whose maker does not say; empty for Git's own way."""
    name = _full_branch_name(branch) if branch else ""
    site_administration.write(actor, {site_settings.DEFAULT_BRANCH: name})


def _full_branch_name(name: str) -> str:
    full = name if name.startswith(refs.BRANCHES) else refs.BRANCHES + name
    try:
        refs.check_new_name(full)
    except InvalidName as error:
        raise UnfitName(str(error), context="defaultBranch") from None
    return full


@contextmanager
def _unique_slug() -> Iterator[None]:
    """Turn the database's word on a taken name into ours."""
    try:
        yield
    except IntegrityError:
        raise NameTaken(
            "This repository name is already taken in the project.", context="name"
        ) from None
