"""App passwords and HTTP access tokens, of people, projects and repositories: made, shown once, revoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.services import secrets
from core.errors import DomainError, Unauthenticated
from core.paging import Page, PageRequest
from repos.selectors import tokens as find_tokens
from repos.services import tokens
from web.forms import AccessTokenForm, AppPasswordForm, Form, RepositoryTokenForm
from web.sent_forms import note_sent, was_sent_before
from web.templatetags.pages import repository_url
from web.views.settings import project_to_change, repository_to_change

SHOWN_AT_ONCE = 100


@dataclass(frozen=True)
class _Kind:
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


APP_PASSWORDS = _Kind(
    name="app-passwords",
    title="App passwords",
    one="app password",
    explained="A password for one program: git, a script, a bot. It opens REST and Git as far as its "
    "permissions go, and never this site.",
    form=AppPasswordForm,
    list=people.app_passwords,
    get=people.app_password,
    create=secrets.create_app_password,
    revoke=lambda actor, _, secret: secrets.revoke(actor, secret),
)
ACCESS_TOKENS = _Kind(
    name="access-tokens",
    title="HTTP access tokens",
    one="access token",
    explained="Sent as “Authorization: Bearer”, or in the place of the password. It may do what you "
    "may, up to its permissions, perhaps until a day.",
    form=AccessTokenForm,
    list=people.access_tokens,
    get=people.access_token,
    create=secrets.create_access_token,
    revoke=lambda actor, _, secret: secrets.revoke(actor, secret),
)
PROJECT_TOKENS = _Kind(
    name="tokens",
    title="HTTP access tokens",
    one="access token",
    explained="For programs that work on this project and nothing else, whoever made them. With git, "
    "the username is x-token-auth.",
    form=AccessTokenForm,
    list=find_tokens.list_of,
    get=find_tokens.get,
    create=tokens.create,
    revoke=tokens.revoke,
)
REPOSITORY_TOKENS = _Kind(
    name="tokens",
    title="HTTP access tokens",
    one="access token",
    explained="For programs that work on this repository and nothing else, whoever made them. With "
    "git, the username is x-token-auth.",
    form=RepositoryTokenForm,
    list=find_tokens.list_of,
    get=find_tokens.get,
    create=tokens.create,
    revoke=tokens.revoke,
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app_passwords(request: HttpRequest) -> HttpResponse:
    """/account/app-passwords"""
    return _own(request, APP_PASSWORDS)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def access_tokens(request: HttpRequest) -> HttpResponse:
    """/account/access-tokens"""
    return _own(request, ACCESS_TOKENS)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def project_tokens(request: HttpRequest, key: str) -> HttpResponse:
    """/projects/{key}/settings/access-tokens"""
    project, context = project_to_change(request, key, "tokens")
    here = reverse("project-access-tokens", args=[project.key])
    template = "access_tokens_of_project.html"
    return _page(request, PROJECT_TOKENS, project, here, template, context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def repository_tokens(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """r/settings/access-tokens"""
    repository, context = repository_to_change(request, key, slug, "tokens")
    here = repository_url(repository, "settings/access-tokens")
    template = "access_tokens_of_repository.html"
    return _page(request, REPOSITORY_TOKENS, repository, here, template, context)


def _own(request: HttpRequest, kind: _Kind) -> HttpResponse:
    user = request.actor.user  # type: ignore[attr-defined]
    if user is None:
        raise Unauthenticated("Sign in first.")
    return _page(request, kind, user, reverse(kind.name), "secrets.html", {})


def _page(
    request: HttpRequest,
    kind: _Kind,
    owner: Any,
    here: str,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
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
