"""What happened to users, groups and their permissions on the site."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from accounts.models import User


@dataclass(frozen=True)
class UserCreated:
    """A user came to be."""

    actor: Actor
    user: User


@dataclass(frozen=True)
class SignedIn:
    """Somebody signed in through the login page."""

    actor: Actor


@dataclass(frozen=True)
class SecretIssued:
    """A user has a new app password or access token; only its name is told."""

    actor: Actor
    user: User
    name: str


@dataclass(frozen=True)
class SecretRevoked:
    """An app password or access token is no longer good."""

    actor: Actor
    user: User
    name: str


@dataclass(frozen=True)
class SshKeyAdded:
    """A user has another SSH key."""

    actor: Actor
    user: User
    label: str
    fingerprint: str


@dataclass(frozen=True)
class SshKeyRemoved:
    """An SSH key of a user is no longer good."""

    actor: Actor
    user: User
    label: str
    fingerprint: str


@dataclass(frozen=True)
class SiteSettingChanged:
    """A setting of the whole site has another value; no setting that is told here is a secret."""

    actor: Actor
    name: str
    old: object
    new: object


@dataclass(frozen=True)
class UserModified:
    """A user's name, address or state changed."""

    actor: Actor
    user: User


@dataclass(frozen=True)
class PasswordChanged:
    """A user has another password."""

    actor: Actor
    user: User


@dataclass(frozen=True)
class GroupChanged:
    """A group came, went, or has other members."""

    actor: Actor
    group: str


@dataclass(frozen=True)
class GlobalPermissionChanged:
    """Somebody may more, or less, on the whole site; a step is None where there is none."""

    actor: Actor
    holder: str
    old: str | None
    new: str | None
