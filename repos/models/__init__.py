"""Rows about projects, repositories, what people may on them, and the journal of moved refs."""

from repos.models.access_keys import AccessKey
from repos.models.forks import ForkNetwork, Synchronisation, UnsynchronisedRef
from repos.models.grants import ProjectGrant, RepositoryGrant
from repos.models.projects import FormerProjectKey, Project, ProjectAvatar
from repos.models.pushes import Push, RefChange
from repos.models.repositories import FormerRepositorySlug, RecentRepository, Repository
from repos.models.tokens import TokenPlace

__all__ = [
    "AccessKey",
    "ForkNetwork",
    "FormerProjectKey",
    "FormerRepositorySlug",
    "Project",
    "ProjectAvatar",
    "ProjectGrant",
    "Push",
    "RecentRepository",
    "RefChange",
    "Repository",
    "RepositoryGrant",
    "Synchronisation",
    "TokenPlace",
    "UnsynchronisedRef",
]
