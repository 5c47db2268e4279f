"""What happened to users, groups, their permissions on the site, and to applications that act for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.actor import Actor, Via
from accounts.models import OAuthApplication, User


@dataclass(frozen=True)
class UserCreated:
    """A user came to be."""

    actor: Actor
    user: User


@dataclass(frozen=True)
class UserErased:
    """A deleted user was erased; `user` has the replacement name."""

    actor: Actor
    user: User


@dataclass(frozen=True)
class SignedIn:
    """A user signed in on the login page."""

    actor: Actor


@dataclass(frozen=True)
class SignInFailed:
    """Authentication failed; `name` is the claimed user, empty if there is no such user."""

    actor: Actor
    name: str
    via: Via


@dataclass(frozen=True)
class FailuresForgotten:
    """An administrator cleared the failed sign-ins of a user."""

    actor: Actor
    user: User


@dataclass(frozen=True)
class SignedOut:
    """A user signed out."""

    actor: Actor


@dataclass(frozen=True)
class SessionsEnded:
    """Sessions of a user were ended from outside them."""

    actor: Actor
    user: User
    count: int


@dataclass(frozen=True)
class SecretIssued:
    """An app password or access token was created; the event has only its name."""

    actor: Actor
    user: User
    name: str


@dataclass(frozen=True)
class SecretChanged:
    """An access token of a user has another name, or may do something else: what differs."""

    actor: Actor
    user: User
    old: Mapping[str, object]
    new: Mapping[str, object]


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
    """A setting of the site changed; values are never secrets."""

    actor: Actor
    name: str
    old: object
    new: object


@dataclass(frozen=True)
class UserModified:
    """A user's name, address or state changed: what differs, before and after."""

    actor: Actor
    user: User
    old: Mapping[str, object]
    new: Mapping[str, object]


@dataclass(frozen=True)
class UserRemoved:
    """A user is taken out, with every way in; what they did stays."""

    actor: Actor
    user: User


@dataclass(frozen=True)
class PasswordChanged:
    """A user has another password."""

    actor: Actor
    user: User


@dataclass(frozen=True)
class GroupChanged:
    """A group came or went."""

    actor: Actor
    group: str
    is_there: bool


@dataclass(frozen=True)
class MembersChanged:
    """Users joined a group, or left it."""

    actor: Actor
    group: str
    joined: tuple[User, ...] = ()
    left: tuple[User, ...] = ()


@dataclass(frozen=True)
class GlobalPermissionChanged:
    """A global permission changed; None means no permission."""

    actor: Actor
    holder: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class OAuthApplicationCreated:
    """An application may ask people to let it act for them."""

    actor: Actor
    application: OAuthApplication


@dataclass(frozen=True)
class OAuthApplicationChanged:
    """An application's name, addresses or scopes changed: what differs, before and after."""

    actor: Actor
    application: OAuthApplication
    old: Mapping[str, object]
    new: Mapping[str, object]


@dataclass(frozen=True)
class OAuthSecretRenewed:
    """An application has another secret; the one before is no longer good."""

    actor: Actor
    application: OAuthApplication


@dataclass(frozen=True)
class OAuthApplicationDeleted:
    """An application is gone, with everything that people allowed it."""

    actor: Actor
    application: OAuthApplication


@dataclass(frozen=True)
class OAuthAuthorisationGranted:
    """A person let an application act for them, within these scopes."""

    actor: Actor
    user: User
    application: OAuthApplication
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class OAuthAuthorisationRevoked:
    """An application acts for a person no longer: taken back, given back, or a secret came twice (`reason`)."""

    actor: Actor
    user: User
    application: OAuthApplication
    reason: str
