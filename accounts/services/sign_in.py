"""Let a person in through the login page, and out again."""

from __future__ import annotations

from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest

from accounts import credentials
from accounts.actor import Actor, Via
from accounts.events import SignedIn, SignedOut
from accounts.models import User
from accounts.sessions import SessionStore
from core import events


def sign_in(
    actor: Actor,
    request: HttpRequest,
    *,
    name: str,
    password: str,
    remember: bool = False,
) -> User:
    """Sign in with username and password; creates a new session key.

    Raises WrongPassword, NoAccess or TooManyFailures.
    """
    user = credentials.from_password(name, password, actor.origin)
    with transaction.atomic():
        auth.login(request, user)
        # Also for somebody who is signed in already: Django would let them keep the old key.
        request.session.cycle_key()
        _store(request).begin(actor.origin, is_remembered=remember)
        events.publish(SignedIn(actor=Actor(user=user, via=Via.SESSION, origin=actor.origin)))
    return user


def sign_out(actor: Actor, request: HttpRequest) -> None:
    """End the session that the request came with."""
    # Told first: afterwards nobody knows who it was.
    with transaction.atomic():
        if actor.user is not None:
            events.publish(SignedOut(actor=actor))
        auth.logout(request)


def _store(request: HttpRequest) -> SessionStore:
    store = request.session
    assert isinstance(store, SessionStore)
    return store
