"""Sign out sessions: the user's own, and all of a user who lost access."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import access
from accounts.actor import Actor
from accounts.errors import NoSuchSecret
from accounts.events import SessionsEnded
from accounts.models import Session, User
from accounts.permissions import Permission, Scope
from accounts.sessions import hashed
from core import events


def end(actor: Actor, number: str) -> None:
    """End one of the actor's own sessions; NoSuchSecret."""
    found = _own(actor).filter(session_key=number)
    if not found:
        raise NoSuchSecret("session")
    _end(actor, found)


def end_others(actor: Actor, key: str | None) -> None:
    """End all of the actor's own sessions but the one of this key."""
    _end(actor, _own(actor).exclude(session_key=hashed(key or "")))


def end_all(actor: Actor, user: User) -> None:
    """Sign out all sessions of a user; the caller has checked the permission."""
    _end(actor, Session.objects.filter(user=user))


def sweep(actor: Actor) -> None:
    """Forget sessions whose time is over."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()


def _own(actor: Actor) -> QuerySet[Session]:
    access.require(actor, Permission.LICENSED_USER, scope=Scope.CREDENTIALS)
    return Session.objects.filter(user=actor.user)


def _end(actor: Actor, sessions: QuerySet[Session]) -> None:
    with transaction.atomic():
        ended: dict[User, int] = {}
        for session in sessions.select_related("user"):
            if session.user is not None:
                ended[session.user] = ended.get(session.user, 0) + 1
        for user, count in ended.items():
            events.publish(SessionsEnded(actor=actor, user=user, count=count))
        sessions.delete()
