"""A user's own app passwords and access tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.services import secrets
from core.errors import DomainError, Unauthenticated
from core.paging import Page, PageRequest
from web.account.forms import AccessTokenForm, AppPasswordForm
from web.frame.forms import Form
from web.frame.requests import WebRequest
from web.frame.resubmissions import note_sent, was_sent_before

SHOWN_AT_ONCE = 100


@dataclass(frozen=True)
class SecretKind:
    """One kind of secret: its words, its form, and whom to call with its owner."""

    name: str
    title: str
    one: str
    explained: str
    form: Callable[..., Form]
    list: Callable[[Any, Any, PageRequest], Page[Any]]
    get: Callable[[Any, Any, str], Any]
    create: Callable[..., tuple[Any, str]]
    revoke: Callable[[Any, Any, Any], None]


APP_PASSWORDS = SecretKind(
    name="app-passwords",
    title="App passwords",
    one="app password",
    explained="A password for one program, such as Git, a script or a bot. It works for REST and Git within its permissions, but not for signing in here.",
    form=AppPasswordForm,
    list=people.app_passwords,
    get=people.app_password,
    create=secrets.create_app_password,
    revoke=lambda actor, _, secret: secrets.revoke(actor, secret),
)


ACCESS_TOKENS = SecretKind(
    name="access-tokens",
    title="HTTP access tokens",
    one="access token",
    explained="Send it as “Authorization: Bearer” or instead of a password. It has your permissions, limited to the ones you choose, and can expire.",
    form=AccessTokenForm,
    list=people.access_tokens,
    get=people.access_token,
    create=secrets.create_access_token,
    revoke=lambda actor, _, secret: secrets.revoke(actor, secret),
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app_passwords(request: WebRequest) -> HttpResponse:
    """/account/app-passwords"""
    return _own(request, APP_PASSWORDS)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def access_tokens(request: WebRequest) -> HttpResponse:
    """/account/access-tokens"""
    return _own(request, ACCESS_TOKENS)


def _own(request: WebRequest, kind: SecretKind) -> HttpResponse:
    user = request.actor.user
    if user is None:
        raise Unauthenticated("Sign in first.")
    return secrets_page(request, kind, user, reverse(kind.name), "account/secrets.html", {})


def secrets_page(
    request: WebRequest,
    kind: SecretKind,
    owner: Any,
    here: str,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """List the secrets of one kind that `owner` has, and create or revoke them."""
    actor = request.actor
    form = kind.form(request.POST if request.POST.get("action") == "create" else None)
    if request.POST.get("action") == "revoke":
        kind.revoke(actor, owner, kind.get(actor, owner, request.POST.get("id", "")))
        return redirect(here)
    if form.is_bound and was_sent_before(request):
        return redirect(here)
    if form.is_bound and form.is_valid():
        try:
            made, text = kind.create(actor, owner, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            # In this answer, and in no other, ever.
            context |= {"made": made, "text": text}
            note_sent(request)
            form = kind.form()
    page = kind.list(actor, owner, PageRequest.read(request.GET, default=SHOWN_AT_ONCE))
    status = 400 if form.is_bound and form.errors else 200
    context |= {
        "kind": kind,
        "form": form,
        "page": page,
        "form_id": token_urlsafe(12),
        "ending": [one for one in page.values if getattr(one, "ends_soon", False)],
    }
    return render(request, template, context, status=status)
