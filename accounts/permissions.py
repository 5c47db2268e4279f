"""The ladders of permission: what is on which ladder, and what implies what. Pure names, no judgement."""

from __future__ import annotations

import enum


class Ladder(enum.Enum):
    """What a permission is held on."""

    SITE = 1
    PROJECT = 2
    REPOSITORY = 3


class Permission(enum.IntEnum):
    """Every permission by Bitbucket's name; on one ladder a higher number implies the lower.

    The hundreds tell the ladder. Numbers are stored, so they are never reused. The VIEW steps are
    never granted: they follow from what is public and from what lies inside a project.
    """

    LICENSED_USER = 110
    PROJECT_CREATE = 120
    ADMIN = 130
    SYS_ADMIN = 140

    PROJECT_VIEW = 205
    PROJECT_READ = 210
    PROJECT_WRITE = 220
    REPO_CREATE = 230
    PROJECT_ADMIN = 240

    REPO_VIEW = 305
    REPO_READ = 310
    REPO_WRITE = 320
    REPO_ADMIN = 330

    @property
    def ladder(self) -> Ladder:
        """The ladder that this step belongs to."""
        return Ladder(self // 100)

    def implies(self, other: Permission) -> bool:
        """Whether this permission implies the other one; within one ladder only."""
        return self.ladder is other.ladder and self >= other


ON_REPOSITORIES: dict[Permission, Permission] = {
    Permission.PROJECT_READ: Permission.REPO_READ,
    Permission.PROJECT_WRITE: Permission.REPO_WRITE,
    Permission.REPO_CREATE: Permission.REPO_WRITE,
    Permission.PROJECT_ADMIN: Permission.REPO_ADMIN,
}
"""What a project's permission gives on each of its repositories."""


class Scope(enum.Enum):
    """What a secret may be used for, beside the ladders: no scope implies another."""

    ACCOUNT = "ACCOUNT"
    ACCOUNT_WRITE = "ACCOUNT_WRITE"
    REPOSITORY = "REPOSITORY"
    REPOSITORY_DELETE = "REPOSITORY_DELETE"
    PROJECT = "PROJECT"
    PULL_REQUEST = "PULL_REQUEST"
    PULL_REQUEST_WRITE = "PULL_REQUEST_WRITE"
    WEBHOOK = "WEBHOOK"
    ADMINISTRATION = "ADMINISTRATION"
    CREDENTIALS = "CREDENTIALS"


EVERY_SCOPE = frozenset(Scope)
