"""The Actor: who calls, with what, from where. Every service takes one first."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.permissions import EVERY_SCOPE, Permission, Scope

if TYPE_CHECKING:
    from accounts.models import User


class Via(enum.Enum):
    """By which kind of credential the actor came."""

    NOTHING = "NOTHING"
    SESSION = "SESSION"
    PASSWORD = "PASSWORD"
    APP_PASSWORD = "APP_PASSWORD"
    ACCESS_TOKEN = "ACCESS_TOKEN"
    SSH_KEY = "SSH_KEY"
    ACCESS_KEY = "ACCESS_KEY"
    OAUTH = "OAUTH"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: for throttling and for the record."""

    address: str = ""
    user_agent: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Grants:
    """What a secret carries of its own.

    `ceilings` lowers what the user holds, by ladder step (site, project, repository; a missing
    ladder is closed). `access_key` is the id of an SSH access key, which holds what the projects and
    repositories that list it give it. With `public_only`, projects and repositories are seen as
    anybody sees them.
    """

    ceilings: frozenset[Permission] | None = None
    access_key: int | None = None
    public_only: bool = False

    def ceiling(self, needed: Permission) -> bool:
        """Whether the secret permits this permission."""
        if self.ceilings is None:
            return True
        return any(limit.implies(needed) for limit in self.ceilings)


UNLIMITED = Grants()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a request; `user` is None for anonymous callers, access keys and the system."""

    user: User | None
    grants: Grants = UNLIMITED
    scopes: frozenset[Scope] = EVERY_SCOPE
    via: Via = Via.NOTHING
    origin: Origin = Origin()

    @classmethod
    def anonymous(cls, origin: Origin = Origin()) -> Actor:
        """An anonymous actor, who can read what is public."""
        return cls(user=None, origin=origin)

    @classmethod
    def system(cls) -> Actor:
        """The server itself, for jobs: may do everything."""
        return cls(user=None, via=Via.SYSTEM)

    @property
    def is_anonymous(self) -> bool:
        """Whether a password could still change what is allowed."""
        return self.via is Via.NOTHING

    @property
    def is_system(self) -> bool:
        """Whether this is the server itself."""
        return self.via is Via.SYSTEM

    def __str__(self) -> str:
        """Name the actor for the log."""
        return self.user.name if self.user else self.via.value.lower()
