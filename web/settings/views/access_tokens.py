"""The HTTP access tokens of a project or repository."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from repos.selectors import tokens as find_tokens
from repos.services import tokens
from web.account.forms import AccessTokenForm
from web.account.views.secrets import SecretKind, secrets_page
from web.frame.requests import WebRequest
from web.settings.forms import RepositoryTokenForm
from web.settings.views.details import project_to_change, repository_to_change
from web.templatetags.pages import repository_url

PROJECT_TOKENS = SecretKind(
    name="tokens",
    title="HTTP access tokens",
    one="access token",
    explained="For programs that work only on this project, independent of a user. With Git, the username is x-token-auth.",
    form=AccessTokenForm,
    list=find_tokens.list_of,
    get=find_tokens.get,
    create=tokens.create,
    revoke=tokens.revoke,
)


REPOSITORY_TOKENS = SecretKind(
    name="tokens",
    title="HTTP access tokens",
    one="access token",
    explained="For programs that work only on this repository, independent of a user. With Git, the username is x-token-auth.",
    form=RepositoryTokenForm,
    list=find_tokens.list_of,
    get=find_tokens.get,
    create=tokens.create,
    revoke=tokens.revoke,
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def project_tokens(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}/settings/access-tokens"""
    project, context = project_to_change(request, key, "tokens")
    here = reverse("project-access-tokens", args=[project.key])
    template = "settings/project_access_tokens.html"
    return secrets_page(request, PROJECT_TOKENS, project, here, template, context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def repository_tokens(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/settings/access-tokens"""
    repository, context = repository_to_change(request, key, slug, "tokens")
    here = repository_url(repository, "settings/access-tokens")
    template = "settings/access_tokens.html"
    return secrets_page(request, REPOSITORY_TOKENS, repository, here, template, context)
