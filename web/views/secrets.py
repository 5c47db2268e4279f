"""A person's own app passwords and HTTP access tokens: made, shown once, revoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.actor import Actor
from accounts.models import User
from accounts.services import secrets
from core.errors import DomainError, Unauthenticated
from core.paging import Page, PageRequest
from web.forms import AccessTokenForm, AppPasswordForm, Form
from web.sent_forms import note_sent, was_sent_before

SHOWN_AT_ONCE = 100


@dataclass(frozen=True)
class _Kind:
    """One kind of secret: its words, its form, and whom to call."""

    route: str
    title: str
    one: str
    explained: str
    form: Callable[..., Form]
    list: Callable[[Actor, User, PageRequest], Page[Any]]
    get: Callable[[Actor, User, str], Any]
    create: Callable[..., tuple[Any, str]]


APP_PASSWORDS = _Kind(
    route="app-passwords",
    title="App passwords",
    one="app password",
    explained="A password for one program: git, a script, a bot. It opens REST and Git as far as its "
    "permissions go, and never this site.",
    form=AppPasswordForm,
    list=people.app_passwords,
    get=people.app_password,
    create=secrets.create_app_password,
)
ACCESS_TOKENS = _Kind(
    route="access-tokens",
    title="HTTP access tokens",
    one="access token",
    explained="Sent as “Authorization: Bearer”, or in the place of the password. It may do what you "
    "may, up to its permissions, perhaps until a day.",
    form=AccessTokenForm,
    list=people.access_tokens,
    get=people.access_token,
    create=secrets.create_access_token,
)


@never_cache
@require_http_methods(["GET", "POST"])
def app_passwords(request: HttpRequest) -> HttpResponse:
    """/account/app-passwords"""
    return _page(request, APP_PASSWORDS)


@never_cache
@require_http_methods(["GET", "POST"])
def access_tokens(request: HttpRequest) -> HttpResponse:
    """/account/access-tokens"""
    return _page(request, ACCESS_TOKENS)


def _page(request: HttpRequest, kind: _Kind) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    user = actor.user
    if user is None:
        raise Unauthenticated("Sign in first.")
    context: dict[str, Any] = {"kind": kind}
    form = kind.form(request.POST if request.POST.get("action") == "create" else None)
    if request.POST.get("action") == "revoke":
        secrets.revoke(actor, kind.get(actor, user, request.POST.get("id", "")))
        return redirect(kind.route)
    if form.is_bound and was_sent_before(request):
        return redirect(kind.route)
    if form.is_bound and form.is_valid():
        try:
            made, text = kind.create(actor, user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            # In this answer, and in no other, ever.
            context |= {"made": made, "text": text}
            note_sent(request)
            form = kind.form()
    wanted = PageRequest.read(request.GET, default=SHOWN_AT_ONCE)
    page = kind.list(actor, user, wanted)
    status = 400 if form.is_bound and form.errors else 200
    context |= {"form": form, "page": page, "form_id": token_urlsafe(12)}
    return render(request, "secrets.html", context, status=status)
