"""What happened to projects, repositories and their refs."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from gitengine.types import RefCommand
from repos.models import Project, Push, Repository


@dataclass(frozen=True)
class ProjectCreated:
    """A project came to be."""

    actor: Actor
    project: Project


@dataclass(frozen=True)
class ProjectModified:
    """A project's name, key, description or visibility changed; `old` tells how it was."""

    actor: Actor
    project: Project
    old: Project


@dataclass(frozen=True)
class ProjectDeleted:
    """A project is gone."""

    actor: Actor
    project: Project


@dataclass(frozen=True)
class RepositoryCreated:
    """A repository came to be."""

    actor: Actor
    repository: Repository


@dataclass(frozen=True)
class RepositoryForked:
    """A repository came to be as a fork of another."""

    actor: Actor
    repository: Repository
    origin: Repository


@dataclass(frozen=True)
class SynchronisationChanged:
    """A fork begins, or ends, to follow its origin by itself."""

    actor: Actor
    repository: Repository
    is_enabled: bool


@dataclass(frozen=True)
class RepositoryModified:
    """A repository's name, project, description or settings changed; `old` tells how it was."""

    actor: Actor
    repository: Repository
    old: Repository


@dataclass(frozen=True)
class RepositoryDeleted:
    """A repository is gone from sight; its files follow."""

    actor: Actor
    repository: Repository


@dataclass(frozen=True)
class DefaultBranchModified:
    """Another branch is what the repository shows first; both by their full names."""

    actor: Actor
    repository: Repository
    old: str
    new: str


@dataclass(frozen=True)
class LabelApplied:
    """A label was applied to a repository."""

    actor: Actor
    repository: Repository
    label: str


@dataclass(frozen=True)
class LabelRemoved:
    """A label was removed from a repository."""

    actor: Actor
    repository: Repository
    label: str


@dataclass(frozen=True)
class BranchModelChanged:
    """A place's own branch model is another, in words; None where it has none of its own."""

    actor: Actor
    place: Project | Repository
    old: str | None
    new: str | None


@dataclass(frozen=True)
class RestrictionSet:
    """A branch permission of a place is another, in words; None where there is none."""

    actor: Actor
    place: Project | Repository
    old: str | None
    new: str | None


@dataclass(frozen=True)
class PermissionsChanged:
    """A permission on a project or repository changed; None means no permission."""

    actor: Actor
    subject: Project | Repository
    holder: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class RefsChanged:
    """Refs moved; each command is one that really did."""

    actor: Actor
    push: Push
    changes: tuple[RefCommand, ...]
