"""Rows about projects, repositories, what people may on them, and the journal of moved refs."""

from repos.models.access_keys import AccessKey
from repos.models.branch_models import BranchModelSetting
from repos.models.forks import ForkNetwork, Synchronisation, UnsynchronisedRef
from repos.models.grants import ProjectGrant, RepositoryGrant
from repos.models.labels import RepositoryLabel
from repos.models.projects import FormerProjectKey, Project, ProjectAvatar
from repos.models.pushes import Push, RefChange
from repos.models.repositories import FormerRepositorySlug, RecentRepository, Repository
from repos.models.restrictions import RefRestriction
from repos.models.tokens import TokenPlace
from repos.models.watching import CommitWatch, RepositoryWatch

__all__ = [
    "AccessKey",
    "BranchModelSetting",
    "CommitWatch",
    "ForkNetwork",
    "FormerProjectKey",
    "FormerRepositorySlug",
    "Project",
    "ProjectAvatar",
    "ProjectGrant",
    "Push",
    "RecentRepository",
    "RefChange",
    "RefRestriction",
    "Repository",
    "RepositoryGrant",
    "RepositoryLabel",
    "RepositoryWatch",
    "Synchronisation",
    "TokenPlace",
    "UnsynchronisedRef",
]
