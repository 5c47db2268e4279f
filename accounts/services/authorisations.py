"""End what people allowed applications: taken back, given back, misused, or simply over."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import access
from accounts.actor import Actor
from accounts.errors import NoSuchApplication
from accounts.events import OAuthAuthorisationRevoked
from accounts.models import (
    OAuthAccessToken,
    OAuthApplication,
    OAuthAuthorisation,
    OAuthRefreshToken,
    User,
)
from accounts.permissions import Permission, Scope
from core import events

REFRESH_LIFETIME = timedelta(days=90)
TAKEN_BACK = "taken back"
GIVEN_BACK = "given back"
CAME_TWICE = "a code or refresh token came twice"
USER_REMOVED = "the user was removed"
SWEPT_AT_ONCE = 500


def withdraw(actor: Actor, application: OAuthApplication) -> None:
    """Take back everything that one allowed an application: its tokens are refused at the next request."""
    access.require(actor, Permission.LICENSED_USER, scope=Scope.CREDENTIALS)
    if not _end(actor, application.authorisations.filter(user=actor.user), TAKEN_BACK):
        raise NoSuchApplication


def end(actor: Actor, authorisation: OAuthAuthorisation, *, reason: str) -> None:
    """Revoke an authorization with its tokens; the caller has checked the permission."""
    _end(actor, OAuthAuthorisation.objects.filter(pk=authorisation.pk), reason)


def end_all(actor: Actor, user: User) -> None:
    """Revoke all authorizations of a deleted user; the caller has checked the permission."""
    _end(actor, user.authorisations.all(), USER_REMOVED)


def sweep(actor: Actor) -> None:
    """Forget codes and tokens whose time is over; a used refresh token is known as long as it could come again."""
    now = timezone.now()
    while True:
        with transaction.atomic():
            over = OAuthAuthorisation.objects.filter(expires_at__lte=now)
            keys = [one.pk for one in over.select_for_update().order_by("pk")[:SWEPT_AT_ONCE]]
            OAuthAuthorisation.objects.filter(pk__in=keys).delete()
        if len(keys) < SWEPT_AT_ONCE:
            break
    OAuthAccessToken.objects.filter(expires_at__lte=now).delete()
    OAuthRefreshToken.objects.filter(used_at__lte=now - REFRESH_LIFETIME).delete()


@transaction.atomic
def _end(actor: Actor, authorisations: QuerySet[OAuthAuthorisation], reason: str) -> bool:
    # Locked first: whoever is just changing a refresh token for new ones has ended, or finds nothing.
    found = list(
        authorisations.select_for_update(of=("self",))
        .select_related("user", "application")
        .order_by("pk")
    )
    told = {(one.user_id, one.application_id): one for one in found}
    for one in told.values():
        events.publish(
            OAuthAuthorisationRevoked(
                actor=actor, user=one.user, application=one.application, reason=reason
            )
        )
    OAuthAuthorisation.objects.filter(pk__in=[one.pk for one in found]).delete()
    return bool(found)
