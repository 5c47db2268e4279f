"""What an actor may do with a project or repository: what a page offers and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from accounts.permissions import Permission
from repos import access
from repos.models import Project, Repository


@dataclass(frozen=True)
class RepositoryAbilities:
    """The same judgement as the first line of each service."""

    may_read: bool
    may_write: bool
    may_administer: bool


@dataclass(frozen=True)
class ProjectAbilities:
    """The same judgement as the first line of each service."""

    may_read: bool
    may_create_repositories: bool
    may_administer: bool


def on_repository(actor: Actor, repository: Repository) -> RepositoryAbilities:
    """What the actor may do with a repository."""
    held = access.granted(actor, repository) or 0
    return RepositoryAbilities(
        may_read=held >= Permission.REPO_VIEW,
        may_write=held >= Permission.REPO_WRITE,
        may_administer=held >= Permission.REPO_ADMIN,
    )


def on_project(actor: Actor, project: Project) -> ProjectAbilities:
    """What the actor may do with a project."""
    held = access.granted(actor, project) or 0
    return ProjectAbilities(
        may_read=held >= Permission.PROJECT_VIEW,
        may_create_repositories=held >= Permission.REPO_CREATE,
        may_administer=held >= Permission.PROJECT_ADMIN,
    )


def projects_to_create_in(actor: Actor) -> list[Project]:
    """The projects in which the actor may create repositories, by name."""
    rows = access.held_projects(actor, Permission.REPO_CREATE).filter(type=Project.Type.NORMAL)
    return list(rows.order_by("name")[:500])
