"""A person is asked to let an application act for them, and sees which ones do."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.services import authorisations, oauth_flow
from core.errors import Invalid, Unauthenticated
from core.paging import PageRequest
from web.account.forms import OAUTH_SCOPE_CHOICES
from web.frame.requests import WebRequest

SHOWN_AT_ONCE = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: WebRequest, version: str) -> HttpResponse:
    """/rest/oauth2/latest/authorize: the page on which a person allows or denies it."""
    actor = request.actor
    if actor.user is None:
        # Also after a form: what the application asked for stands in the address.
        return redirect(reverse("login", query={"next": request.get_full_path()}))
    query = request.META.get("QUERY_STRING", "")
    asked = oauth_flow.examine(actor, query)
    if isinstance(asked, oauth_flow.RedirectWithError):
        return _sent_to(asked.address)
    if request.method == "POST":
        decision = request.POST.get("decision", "")
        if decision == "allow":
            return _sent_to(oauth_flow.allow(actor, query))
        if decision == "deny":
            return _sent_to(asked.denied_address)
        raise Invalid("Unknown action.")
    context = {
        "asked": asked,
        "scopes": in_words(asked.scopes),
        "place": _place(asked.redirect_uri),
    }
    response = render(request, "account/authorize.html", context)
    response._csp_update = {"form-action": _answered_at(asked.redirect_uri)}  # type: ignore[attr-defined]
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def authorised(request: WebRequest) -> HttpResponse:
    """/account/authorised-applications: which applications act for the person, and an end to that."""
    actor = request.actor
    if actor.user is None:
        raise Unauthenticated("Sign in first.")
    if request.method == "POST":
        application = people.authorised_application(actor, request.POST.get("id", ""))
        authorisations.withdraw(actor, application)
        return redirect("authorised-applications")
    wanted = PageRequest.read(request.GET, default=SHOWN_AT_ONCE)
    page = people.authorised_applications(actor, wanted)
    for one in page.values:
        mine = {scope for allowed in one.mine for scope in allowed.scopes}  # type: ignore[attr-defined]
        one.words = in_words(mine)  # type: ignore[attr-defined]
    return render(request, "account/authorised_applications.html", {"page": page})


def in_words(scopes: Iterable[str]) -> list[str]:
    """Say what scopes allow, the least first."""
    wanted = set(scopes)
    return [words for scope, words in OAUTH_SCOPE_CHOICES if scope in wanted]


def _sent_to(address: str) -> HttpResponse:
    """Send the browser to an address that is registered, whatever its scheme."""
    return HttpResponse(status=302, headers={"Location": address})


def _place(address: str) -> str:
    """Name where the person will be sent."""
    parts = urlsplit(address)
    return parts.netloc if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


def _answered_at(address: str) -> list[str]:
    """Give what the form of this page may lead to (`form-action`), redirects included.

    Browsers hold every step against it, also the one that the application's own page makes next,
    perhaps to another host of its maker: so any that is encrypted, and no other.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        return [f"{parts.scheme}:"]
    if parts.scheme == "https":
        return ["https:"]
    # An address of IPv6 has no place in a policy.
    return ["http:" if "[" in parts.netloc else f"http://{parts.netloc}", "https:"]
