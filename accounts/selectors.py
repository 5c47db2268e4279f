"""Find users and groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models.functions import Lower

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


def by_address(actor: Actor, addresses: Iterable[str]) -> dict[str, User]:
    """Active users by their address in lower case, as far as they have an account; nobody for somebody unknown."""
    wanted = {address.lower() for address in addresses if address}
    if actor.is_anonymous or not wanted:
        return {}
    users = User.objects.annotate(address=Lower("email_address"))
    found = users.filter(address__in=wanted, is_active=True).order_by("-pk")
    return {user.email_address.lower(): user for user in found}


def list_groups(actor: Actor, wanted: PageRequest, *, text: str = "") -> Page[Group]:
    """Groups whose name holds `text`."""
    _signed_in(actor)
    return page_of_rows(Group.objects.filter(name__icontains=text).order_by("name"), wanted)


def abilities(actor: Actor) -> Collection[Permission]:
    """The steps of the site's ladder that the actor holds: what a page may offer."""
    held = access.site_permission(actor)
    if held is None:
        return []
    return [step for step in Permission if held.implies(step) and actor.grants.ceiling(step)]


def _signed_in(actor: Actor) -> None:
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to see people.")
