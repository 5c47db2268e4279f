"""Create users, set their passwords."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction

from accounts import access
from accounts.actor import Actor
from accounts.errors import NameTaken, UnfitName
from accounts.events import UserCreated
from accounts.models import GlobalGrant, Group, User
from accounts.permissions import Permission, Scope
from core import events

DEFAULT_GROUP = "stash-users"

_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9._-]")


def create(
    actor: Actor,
    *,
    name: str,
    display_name: str,
    email_address: str = "",
    password: str | None = None,
    in_default_group: bool = True,
) -> User:
    """Make a user; without a password they cannot sign in by one."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    check_text("name", name)
    check_text("displayName", display_name)
    user = User(
        name=name,
        slug=slug_of(name),
        display_name=display_name,
        email_address=check_email(email_address),
    )
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            if in_default_group:
                default_group().members.add(user)
            events.publish(UserCreated(actor=actor, user=user))
    except IntegrityError:
        raise NameTaken("user", name) from None
    return user


@transaction.atomic
def create_first_administrator(
    *, name: str, display_name: str, email_address: str, password: str
) -> User | None:
    """Make the first system administrator of an empty site; None if anybody is there already."""
    if User.objects.exists():
        return None
    administrator = create(
        Actor.system(),
        name=name,
        display_name=display_name,
        email_address=email_address,
        password=password,
    )
    GlobalGrant.objects.create(user=administrator, permission=Permission.SYS_ADMIN)
    return administrator


def default_group() -> Group:
    """The group that every new user joins; being in it is what allows signing in."""
    group, made = Group.objects.get_or_create(name=DEFAULT_GROUP)
    if made:
        GlobalGrant.objects.create(group=group, permission=Permission.LICENSED_USER)
    return group


def slug_of(name: str) -> str:
    """The form of a name that stands in addresses, as Bitbucket makes it."""
    return _NOT_IN_A_SLUG.sub("_", name.lower())


def check_text(field: str, text: str) -> None:
    """Refuse what could not stand in a commit, a header or a line of a log."""
    if not text.strip() or text != text.strip() or len(text) > 255:
        raise UnfitName("Use 1 to 255 characters, without a space at either end.", context=field)
    if not text.isprintable():
        raise UnfitName("Control characters are not allowed.", context=field)
    if any(sign in text for sign in "<>"):
        raise UnfitName('The signs "<" and ">" are not allowed.', context=field)


def check_email(address: str) -> str:
    """Refuse what is no address; an empty one is allowed."""
    if address and (
        not address.isprintable() or any(sign in address for sign in "<> ") or "@" not in address
    ):
        raise UnfitName("This is not an e-mail address.", context="emailAddress")
    return address
