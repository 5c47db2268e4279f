"""Find users and groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import Max, Min, Model, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import access, rank
from accounts.actor import Actor
from accounts.errors import (
    NoSuchApplication,
    NoSuchGroup,
    NoSuchKey,
    NoSuchSecret,
    NoSuchUser,
)
from accounts.models import (
    AccessToken,
    AppPassword,
    GlobalGrant,
    Group,
    OAuthApplication,
    OAuthAuthorisation,
    RateLimit,
    RefusedRequests,
    Session,
    SshKey,
    User,
    UserAvatar,
    UserSettings,
)
from accounts.permissions import Permission, Scope
from core import site_settings
from core.errors import Invalid, Unauthenticated
from core.paging import Page, PageRequest, page_of_rows
from infrastructure import images

M = TypeVar("M", bound=Model)


def get(actor: Actor, slug: str) -> User:
    """Return the user with this slug; anonymous callers see no users."""
    _signed_in(actor)
    user = User.objects.filter(slug=slug.lower(), type=User.Type.NORMAL).first()
    if user is None:
        raise NoSuchUser(slug)
    return user


def exists(actor: Actor, slug: str) -> bool:
    """Whether there is a user of that slug."""
    _signed_in(actor)
    return User.objects.filter(slug=slug.lower(), type=User.Type.NORMAL, removed_at=None).exists()


def get_by_name(actor: Actor, name: str) -> User:
    """The user who signs in by that name, without regard to case."""
    _signed_in(actor)
    users = User.objects.filter(name__iexact=name, type=User.Type.NORMAL, removed_at=None)
    user = users.first()
    if user is None:
        raise NoSuchUser(name)
    return user


def avatar(actor: Actor, slug: str, side: str | None = None) -> bytes:
    """The picture of a user as a PNG, about `side` pixels wide: their own, or one made for the name.

    Somebody unknown is always shown the latter, and so learns nothing of who is here.
    """
    kept = UserAvatar.objects.filter(user__slug=slug.lower()).first() if actor.user else None
    if kept is None:
        return images.identicon(slug.lower())
    return images.scaled(bytes(kept.content), side)


def settings_of(actor: Actor, user: User) -> dict[str, Any]:
    """What programs keep for a user; their own affair, or an administrator's."""
    if actor.user is None or actor.user.pk != user.pk:
        access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
        rank.require_above(actor, [user])
    row = UserSettings.objects.filter(user=user).first()
    return row.values if row else {}


def banner(actor: Actor) -> dict[str, Any] | None:
    """The sentence above every page, if there is one for this actor; administrators also see one switched off."""
    kept: dict[str, Any] = site_settings.read(site_settings.BANNER)
    if not kept:
        return None
    if Permission.ADMIN in abilities(actor):
        return kept
    is_meant = kept["audience"] == "ALL" or actor.user is not None
    return kept if kept["enabled"] and is_meant else None


def user_directories(actor: Actor) -> list[dict[str, Any]]:
    """Where users come from."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    return [
        {
            "name": "Bitbucket Internal Directory",
            "type": "Internal",
            "description": "Users managed by administrators",
            "active": True,
        }
    ]


def get_group(actor: Actor, name: str) -> Group:
    """The group of that name, without regard to case."""
    _signed_in(actor)
    group = Group.objects.filter(name__iexact=name).first()
    if group is None:
        raise NoSuchGroup(name)
    return group


def users_named(actor: Actor, names: Collection[str]) -> list[User]:
    """Those of these users who exist, by the names with which they sign in."""
    _signed_in(actor)
    users = User.objects.annotate(lowered=Lower("name")).filter(
        lowered__in=[name.lower() for name in names], type=User.Type.NORMAL, removed_at=None
    )
    return list(users.order_by("name"))


def groups_named(actor: Actor, names: Collection[str]) -> list[Group]:
    """Those of these groups that exist."""
    _signed_in(actor)
    groups = Group.objects.annotate(lowered=Lower("name"))
    return list(groups.filter(lowered__in=[name.lower() for name in names]).order_by("name"))


def by_address(actor: Actor, addresses: Iterable[str]) -> dict[str, User]:
    """Return active users by lower-case email address; none for anonymous callers."""
    wanted = {address.lower() for address in addresses if address}
    if actor.is_anonymous or not wanted:
        return {}
    users = User.objects.annotate(address=Lower("email_address"))
    found = users.filter(address__in=wanted, is_active=True).order_by("-pk")
    return {user.email_address.lower(): user for user in found}


def app_passwords(actor: Actor, user: User, wanted: PageRequest) -> Page[AppPassword]:
    """The app passwords of a user, for that user and for administrators."""
    _sees_secrets(actor, user)
    return page_of_rows(AppPassword.objects.filter(user=user).select_related("user"), wanted)


def app_password(actor: Actor, user: User, number: str) -> AppPassword:
    """One app password of a user; NoSuchSecret."""
    _sees_secrets(actor, user)
    found = _by_number(AppPassword.objects.filter(user=user).select_related("user"), number)
    if found is None:
        raise NoSuchSecret("app password")
    return found


def access_tokens(actor: Actor, user: User, wanted: PageRequest) -> Page[AccessToken]:
    """The HTTP access tokens of a user, for that user and for administrators."""
    _sees_secrets(actor, user)
    return page_of_rows(AccessToken.objects.filter(user=user).select_related("user"), wanted)


def access_token(actor: Actor, user: User, number: str) -> AccessToken:
    """One HTTP access token of a user; NoSuchSecret."""
    _sees_secrets(actor, user)
    found = _by_number(AccessToken.objects.filter(user=user).select_related("user"), number)
    if found is None:
        raise NoSuchSecret("access token")
    return found


def list_all_users(
    actor: Actor,
    wanted: PageRequest,
    *,
    text: str = "",
    of: Group | None = None,
    outside: bool = False,
) -> Page[User]:
    """Users, switched off ones included; with `of` those in the group, or with `outside` all others."""
    access.require(actor, Permission.LICENSED_USER)
    users = User.objects.filter(type=User.Type.NORMAL, removed_at=None)
    if of is not None:
        inside = of.members.values("pk")
        users = users.exclude(pk__in=inside) if outside else users.filter(pk__in=inside)
    if text:
        users = users.filter(
            Q(name__icontains=text)
            | Q(display_name__icontains=text)
            | Q(email_address__icontains=text)
        )
    return page_of_rows(users.order_by("name"), wanted)


def members_of(
    actor: Actor, name: str, wanted: PageRequest, *, text: str = "", outside: bool = False
) -> Page[User]:
    """Return the members of a group, or with `outside` all others; an unknown group has none."""
    access.require(actor, Permission.LICENSED_USER)
    group = Group.objects.filter(name__iexact=name).first()
    if group is None and not outside:
        return page_of_rows(User.objects.none(), wanted)
    return list_all_users(actor, wanted, text=text, of=group, outside=outside)


def groups_of(
    actor: Actor, user: User, wanted: PageRequest, *, text: str = "", outside: bool = False
) -> Page[Group]:
    """The groups that a user belongs to, or with `outside` all others."""
    access.require(actor, Permission.LICENSED_USER)
    mine = user.member_of.values("pk")
    groups = Group.objects.exclude(pk__in=mine) if outside else Group.objects.filter(pk__in=mine)
    return page_of_rows(groups.filter(name__icontains=text).order_by("name"), wanted)


def global_grants(
    actor: Actor, kind: str, wanted: PageRequest, *, text: str = ""
) -> Page[GlobalGrant]:
    """What is granted on the whole site to users, or to groups (`kind`); for administrators."""
    access.require(actor, Permission.ADMIN)
    grants = GlobalGrant.objects.filter(**{f"{kind}__isnull": False}).select_related(kind)
    if text:
        grants = grants.filter(**{f"{kind}__name__icontains": text})
    return page_of_rows(grants.order_by(f"{kind}__name"), wanted)


def users_without_grant(actor: Actor, wanted: PageRequest, *, text: str = "") -> Page[User]:
    """Active users to whom nothing is granted on the site itself; for administrators."""
    access.require(actor, Permission.ADMIN)
    users = User.objects.filter(is_active=True, type=User.Type.NORMAL, global_grants__isnull=True)
    found = users.filter(Q(name__icontains=text) | Q(display_name__icontains=text))
    return page_of_rows(found.order_by("name"), wanted)


def groups_without_grant(actor: Actor, wanted: PageRequest, *, text: str = "") -> Page[Group]:
    """Groups to which nothing is granted on the site itself; for administrators."""
    access.require(actor, Permission.ADMIN)
    groups = Group.objects.filter(global_grants__isnull=True, name__icontains=text)
    return page_of_rows(groups.order_by("name"), wanted)


def list_groups(actor: Actor, wanted: PageRequest, *, text: str = "") -> Page[Group]:
    """Return groups whose name contains `text`."""
    access.require(actor, Permission.LICENSED_USER)
    return page_of_rows(Group.objects.filter(name__icontains=text).order_by("name"), wanted)


def ssh_keys(actor: Actor, user: User, wanted: PageRequest) -> Page[SshKey]:
    """The SSH keys of a user, as they were added; for the user and for administrators."""
    _sees_secrets(actor, user)
    return page_of_rows(user.ssh_keys.order_by("pk"), wanted)


def ssh_key(actor: Actor, number: str) -> SshKey:
    """One user's SSH key; NoSuchKey unless it is the caller's own, or the caller an administrator."""
    found = find_ssh_key(actor, number)
    if found is None:
        raise NoSuchKey
    return found


def find_ssh_key(actor: Actor, number: str) -> SshKey | None:
    """The same, None where `ssh_key` raises NoSuchKey."""
    access.require(actor, Permission.LICENSED_USER, scope=Scope.CREDENTIALS)
    keys = SshKey.objects.filter(user__isnull=False).select_related("user")
    if not access.may(actor, Permission.ADMIN):
        keys = keys.filter(user=actor.user)
    return _by_number(keys, number)


def sessions(actor: Actor, wanted: PageRequest) -> Page[Session]:
    """The actor's own sessions that have not ended, the last used first."""
    access.require(actor, Permission.LICENSED_USER, scope=Scope.CREDENTIALS)
    mine = Session.objects.filter(user=actor.user, expire_date__gt=timezone.now())
    return page_of_rows(mine.defer("session_data").order_by("-last_seen_at", "pk"), wanted)


def rate_limits(actor: Actor, wanted: PageRequest, *, text: str = "") -> Page[RateLimit]:
    """Who has a limit on REST requests of their own; for administrators."""
    access.require(actor, Permission.ADMIN)
    rows = RateLimit.objects.select_related("user").filter(
        Q(user__name__icontains=text) | Q(user__display_name__icontains=text)
    )
    return page_of_rows(rows.order_by("user__name"), wanted)


def rate_limit_of(actor: Actor, user: User) -> RateLimit:
    """Return the rate limit of a user or the default; for the user and administrators of at least the same rank."""
    if actor.user is None or actor.user.pk != user.pk:
        access.require(actor, Permission.ADMIN)
        rank.require_above(actor, [user])
    own = RateLimit.objects.select_related("user").filter(user=user).first()
    return own or RateLimit(
        user=user,
        capacity=site_settings.read(site_settings.RATE_LIMIT_CAPACITY),
        fill_rate=site_settings.read(site_settings.RATE_LIMIT_FILL_RATE),
    )


def refused_requests(
    actor: Actor, wanted: PageRequest, *, order: str = "FREQUENCY"
) -> Page[dict[str, Any]]:
    """Whose requests were refused in the last day: `user`, `count`, `last_at`; for administrators."""
    access.require(actor, Permission.ADMIN)
    if order not in {"FREQUENCY", "NEWEST"}:
        raise Invalid("The order must be FREQUENCY or NEWEST.", context="order")
    since = timezone.now() - timedelta(days=1)
    sums: Any = (
        RefusedRequests.objects.filter(hour__gte=since)
        .values("user")
        .annotate(total=Sum("count"), last=Max("last_at"))
        .order_by("-total" if order == "FREQUENCY" else "-last", "user")
    )
    page: Page[Any] = page_of_rows(sums, wanted)
    users = User.objects.in_bulk([row["user"] for row in page.values])
    return page.map(
        lambda row: {"user": users[row["user"]], "count": row["total"], "last_at": row["last"]}
    )


def may_know_settings(actor: Actor) -> None:
    """Raise Unauthenticated for anonymous actors."""
    _signed_in(actor)


def may_configure_site(actor: Actor) -> None:
    """Raise unless the actor can see the administration of the site."""
    access.require(actor, Permission.ADMIN)


def oauth_applications(
    actor: Actor, wanted: PageRequest, *, text: str = ""
) -> Page[OAuthApplication]:
    """The applications that may ask people to let them act, by name or client id; for administrators."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    found = OAuthApplication.objects.filter(Q(name__icontains=text) | Q(client_id__icontains=text))
    return page_of_rows(found, wanted)


def oauth_application(actor: Actor, number: str) -> OAuthApplication:
    """One of them; NoSuchApplication."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    found = _by_number(OAuthApplication.objects.all(), number)
    if found is None:
        raise NoSuchApplication
    return found


def authorised_applications(actor: Actor, wanted: PageRequest) -> Page[OAuthApplication]:
    """The applications that act for the actor, each with `mine`, `since` and `last_used_at`."""
    return page_of_rows(_authorised(actor), wanted)


def authorised_application(actor: Actor, number: str) -> OAuthApplication:
    """One of them; NoSuchApplication."""
    found = _by_number(_authorised(actor), number)
    if found is None:
        raise NoSuchApplication
    return found


def _authorised(actor: Actor) -> QuerySet[OAuthApplication]:
    access.require(actor, Permission.LICENSED_USER, scope=Scope.CREDENTIALS)
    mine = OAuthAuthorisation.objects.filter(
        user=actor.user, redeemed_at__isnull=False, expires_at__gt=timezone.now()
    )
    return (
        OAuthApplication.objects.filter(authorisations__in=mine)
        .annotate(
            since=Min("authorisations__created_at"),
            last_used_at=Max("authorisations__last_used_at"),
        )
        .prefetch_related(Prefetch("authorisations", mine, to_attr="mine"))
    )


def abilities(actor: Actor) -> Collection[Permission]:
    """Return the actor's global permissions, for pages to offer actions."""
    held = access.open_permission(actor)
    return [] if held is None else [step for step in Permission if held.implies(step)]


def _sees_secrets(actor: Actor, user: User) -> None:
    rank.require_own_or_administration(actor, user, scope=Scope.CREDENTIALS)


def _by_number(rows: QuerySet[M], number: str) -> M | None:
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return rows.filter(pk=int(number)).first()


def _signed_in(actor: Actor) -> None:
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to see people.")
