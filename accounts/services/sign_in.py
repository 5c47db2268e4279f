"""Let a person in through the login page, and out again."""

from __future__ import annotations

from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest

from accounts import credentials
from accounts.actor import Actor, Via
from accounts.events import SignedIn
from accounts.models import User
from core import events

REMEMBERED_SECONDS = 30 * 24 * 3600


def sign_in(
    actor: Actor,
    request: HttpRequest,
    *,
    name: str,
    password: str,
    remember: bool = False,
) -> User:
    """Begin a session for whoever the name and password belong to; its key is a new one.

    Raises WrongPassword, NoAccess or TooManyFailures.
    """
    user = credentials.from_password(name, password, actor.origin)
    with transaction.atomic():
        auth.login(request, user)
        request.session.set_expiry(REMEMBERED_SECONDS if remember else 0)
        events.publish(SignedIn(actor=Actor(user=user, via=Via.SESSION, origin=actor.origin)))
    return user


def sign_out(actor: Actor, request: HttpRequest) -> None:
    """End the session that the request came with."""
    auth.logout(request)
