"""Readable worlds for tests: every row made through the services that users go through."""

from __future__ import annotations

from accounts.actor import Actor, Via
from accounts.models import GlobalGrant, User
from accounts.permissions import Permission
from accounts.services import users

PASSWORD = "correct horse battery"


def user(name: str, *, site: str | None = None, licensed: bool = True) -> User:
    """A user whose password is PASSWORD, with a step of the site's ladder."""
    made = users.create(
        Actor.system(),
        name=name,
        display_name=name.title(),
        email_address=f"{name}@example.com",
        password=PASSWORD,
        in_default_group=licensed,
    )
    if site:
        GlobalGrant.objects.create(user=made, permission=Permission[site])
    return made


def actor(who: User | None) -> Actor:
    """The actor of a user who signed in, or of nobody."""
    return Actor(user=who, via=Via.SESSION) if who else Actor.anonymous()
