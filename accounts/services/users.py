"""Create users, set their passwords."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth import password_validation as validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import access, credentials, rank, sign_in_throttle
from accounts.actor import Actor
from accounts.errors import NameTaken, UnfitName, WrongPassword
from accounts.events import (
    FailuresForgotten,
    PasswordChanged,
    UserCreated,
    UserModified,
    UserRemoved,
)
from accounts.models import GlobalGrant, Group, User
from accounts.permissions import Permission, Scope
from accounts.services import authorisations, profiles, sessions
from core import events, site_settings
from core.errors import Conflict, Forbidden, Invalid

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
    if password is not None:
        # No secret may make a password: it would outlive the secret.
        access.require(actor, Permission.ADMIN, scope=Scope.CREDENTIALS)
    if in_default_group and not actor.is_system:
        rank.require_above(actor, [default_group()])
    check_name("name", name)
    check_text("displayName", display_name)
    user = User(
        name=name,
        slug=slug_of(name),
        display_name=display_name,
        email_address=check_email(email_address),
    )
    if password is not None and not actor.is_system:
        # What the environment says of the first administrator is that person's own affair.
        _check_password_of_other(user, password)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            if in_default_group:
                default_group().members.add(user)
            events.publish(UserCreated(actor=actor, user=user))
    except IntegrityError:
        raise _taken(name) from None
    return user


def update(
    actor: Actor, user: User, *, display_name: str | None = None, email_address: str | None = None
) -> User:
    """Change how a user is called and written to: their own affair, or an administrator's."""
    profiles.require_own_or_administration(actor, user)
    old = {"displayName": user.display_name, "emailAddress": user.email_address}
    if display_name is not None:
        check_text("displayName", display_name)
        user.display_name = display_name
    if email_address is not None:
        user.email_address = check_email(email_address)
    new = {"displayName": user.display_name, "emailAddress": user.email_address}
    with transaction.atomic():
        user.save(update_fields=["display_name", "email_address"])
        events.publish(UserModified(actor=actor, user=user, old=old, new=new))
    return user


def rename(actor: Actor, user: User, new_name: str) -> User:
    """Give a user another name to sign in by; everything that is theirs stays theirs."""
    _require_administration(actor, user)
    check_name("newName", new_name)
    old = {"name": user.name}
    user.name, user.slug = new_name, slug_of(new_name)
    try:
        with transaction.atomic():
            user.save(update_fields=["name", "slug"])
            new = {"name": new_name}
            events.publish(UserModified(actor=actor, user=user, old=old, new=new))
    except IntegrityError:
        raise _taken(new_name) from None
    return user


def set_password(actor: Actor, user: User, password: str) -> None:
    """Set the password of a user as an administrator and sign out all their sessions; not permitted with a token."""
    access.require(actor, Permission.ADMIN, scope=Scope.CREDENTIALS)
    _require_administration(actor, user)
    if actor.user is not None and actor.user.pk == user.pk:
        check_password(user, password)
    else:
        _check_password_of_other(user, password)
    _store_password(actor, user, password)


def change_own_password(actor: Actor, old: str, new: str) -> None:
    """Change one's own password, knowing the old one; all other sessions end."""
    access.require(actor, Permission.LICENSED_USER, scope=Scope.CREDENTIALS)
    user = actor.user
    if user is None:
        raise Forbidden()
    try:
        # By the door of the login page: who found an open browser must not guess here either.
        credentials.from_password(user.name, old, actor.origin)
    except WrongPassword:
        raise Invalid("The old password is not correct.", context="oldPassword") from None
    check_password(user, new)
    _store_password(actor, user, new)


def set_active(actor: Actor, user: User, *, is_active: bool) -> User:
    """Switch a user off, who keeps their history and loses every way in, or on again."""
    _require_administration(actor, user)
    if actor.user is not None and actor.user.pk == user.pk:
        raise Conflict("You cannot deactivate yourself. Ask another administrator to do it.")
    old = {"active": user.is_active}
    with transaction.atomic():
        rank.judge_in_turn(actor, [user])
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        if not is_active:
            sessions.end_all(actor, user)
        new = {"active": is_active}
        events.publish(UserModified(actor=actor, user=user, old=old, new=new))
    return user


def remove(actor: Actor, user: User) -> User:
    """Take a user out: switched off, without groups, grants and secrets; what they did stays."""
    removed = set_active(actor, user, is_active=False)
    with transaction.atomic():
        user.member_of.clear()
        user.global_grants.all().delete()
        user.app_passwords.all().delete()
        user.access_tokens.all().delete()
        user.ssh_keys.all().delete()
        removed.removed_at = timezone.now()
        removed.save(update_fields=["removed_at"])
        authorisations.end_all(actor, user)
        events.publish(UserRemoved(actor=actor, user=user))
    return removed


def forget_failures(actor: Actor, user: User) -> None:
    """Let a user sign in again who failed too often."""
    _require_administration(actor, user)
    with transaction.atomic():
        sign_in_throttle.reset(user.name)
        events.publish(FailuresForgotten(actor=actor, user=user))


def _store_password(actor: Actor, user: User, password: str) -> None:
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        sessions.end_all(actor, user)
        events.publish(PasswordChanged(actor=actor, user=user))


def _taken(name: str) -> NameTaken:
    """Return why a username cannot be used: it is taken, or has the same slug as another."""
    bearer = User.objects.filter(Q(name__iexact=name) | Q(slug=slug_of(name))).first()
    if bearer is None or bearer.name.lower() == name.lower():
        was_removed = bearer is not None and bearer.removed_at is not None
        return NameTaken("deleted user" if was_removed else "user", name)
    return NameTaken.by_slug(name, bearer.slug, bearer.name)


def _require_administration(actor: Actor, user: User) -> None:
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    rank.require_above(actor, [user])


@transaction.atomic
def create_first_administrator(
    *, name: str, display_name: str, email_address: str, password: str
) -> User | None:
    """Create the first system administrator; returns None if there are users already."""
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
    """Return the slug of a name, as Bitbucket forms it."""
    return _NOT_IN_A_SLUG.sub("_", name.lower())


def check_name(field: str, name: str) -> None:
    """Raise for a username that cannot be used in URLs or Basic credentials."""
    check_text(field, name)
    if ":" in name or "/" in name or not slug_of(name).strip("._"):
        raise UnfitName(
            "Use at least one of a-z or 0-9, and neither a colon nor a slash: the name is used in URLs.",
            context=field,
        )


def check_text(field: str, text: str) -> None:
    """Raise for text that cannot be used in commits, headers or log lines."""
    if not text.strip() or text != text.strip() or len(text) > 255:
        raise UnfitName(
            "Use 1 to 255 characters without leading or trailing spaces.", context=field
        )
    if not text.isprintable():
        raise UnfitName("Control characters are not allowed.", context=field)
    if any(sign in text for sign in "<>"):
        raise UnfitName('The characters "<" and ">" are not allowed.', context=field)


def check_password(user: User, password: str) -> None:
    """Refuse a password that is short, common, or the user's own name."""
    validators: list[Any] = [
        validation.MinimumLengthValidator(8),
        validation.CommonPasswordValidator(),
        validation.UserAttributeSimilarityValidator(["name", "display_name"], max_similarity=0.9),
    ]
    try:
        validation.validate_password(password, user, validators)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), context="password") from None


def _check_password_of_other(user: User, password: str) -> None:
    """Judge a password that an administrator sets: any but an empty one, unless a setting asks for more.

    Scripts written for Bitbucket make users with whatever password they like.
    """
    if site_settings.read(site_settings.PASSWORD_RULES_FOR_ADMINISTRATORS):
        check_password(user, password)
    elif not password:
        raise Invalid("The password must not be empty.", context="password")


def check_email(address: str) -> str:
    """Refuse what is no address; an empty one is allowed."""
    if len(address) > 255:
        raise UnfitName("Use at most 255 characters.", context="emailAddress")
    if address and (
        not address.isprintable() or any(sign in address for sign in "<> ") or "@" not in address
    ):
        raise UnfitName("This is not a valid email address.", context="emailAddress")
    return address
