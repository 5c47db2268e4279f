"""Find users and groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q

from accounts import access
from accounts.actor import Actor
from accounts.errors import NoSuchGroup, NoSuchUser
from accounts.models import Group, User
from accounts.permissions import Permission
from core.errors import Unauthenticated
from core.paging import Page, PageRequest, page_of_rows


def get(actor: Actor, slug: str) -> User:
    """The user of that slug; nobody is shown to somebody unknown."""
    _signed_in(actor)
    user = User.objects.filter(slug=slug.lower(), type=User.Type.NORMAL).first()
    if user is None:
        raise NoSuchUser(slug)
    return user


def get_by_name(actor: Actor, name: str) -> User:
    """The user who signs in by that name, without regard to case."""
    _signed_in(actor)
    user = User.objects.filter(name__iexact=name, type=User.Type.NORMAL).first()
    if user is None:
        raise NoSuchUser(name)
    return user


def get_group(actor: Actor, name: str) -> Group:
    """The group of that name, without regard to case."""
    _signed_in(actor)
    group = Group.objects.filter(name__iexact=name).first()
    if group is None:
        raise NoSuchGroup(name)
    return group


def list_users(
    actor: Actor,
    wanted: PageRequest,
    *,
    text: str = "",
    group: str = "",
    among: Iterable[int] | None = None,
) -> Page[User]:
    """Active users whose name, display name or address holds `text`; optionally only these keys."""
    _signed_in(actor)
    users = User.objects.filter(is_active=True, type=User.Type.NORMAL)
    if text:
        users = users.filter(
            Q(name__icontains=text)
            | Q(display_name__icontains=text)
            | Q(email_address__icontains=text)
        )
    if group:
        users = users.filter(member_of__name__iexact=group)
    if among is not None:
        users = users.filter(pk__in=among)
    return page_of_rows(users.order_by("name"), wanted)


def list_groups(actor: Actor, wanted: PageRequest, *, text: str = "") -> Page[Group]:
    """Groups whose name holds `text`."""
    _signed_in(actor)
    return page_of_rows(Group.objects.filter(name__icontains=text).order_by("name"), wanted)


def abilities(actor: Actor) -> Collection[Permission]:
    """The steps of the site's ladder that the actor holds: what a page may offer."""
    return [
        step
        for step in (
            Permission.LICENSED_USER,
            Permission.PROJECT_CREATE,
            Permission.ADMIN,
            Permission.SYS_ADMIN,
        )
        if access.may(actor, step)
    ]


def _signed_in(actor: Actor) -> None:
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to see people.")
