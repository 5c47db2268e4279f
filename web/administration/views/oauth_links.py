"""Administration of the applications that may ask people to let them act: OAuth links."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.permissions import Permission
from accounts.services import oauth_applications
from core.errors import DomainError
from core.paging import PageRequest
from web.administration.forms import NewOAuthApplicationForm, OAuthApplicationForm
from web.administration.views.users import _administrator, _done, _nothing, _status, _tried
from web.frame.requests import WebRequest
from web.frame.resubmissions import note_sent, was_sent_before


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_list(request: WebRequest) -> HttpResponse:
    """/admin/oauth: all applications, and the form for a new one, whose secret is shown here once."""
    actor = _administrator(request)
    highest = Permission.SYS_ADMIN in people.abilities(actor)
    form = NewOAuthApplicationForm(request.POST or None, highest=highest)
    context: dict[str, Any] = {"admin_page": "oauth"}
    if form.is_bound and was_sent_before(request):
        return redirect("admin-oauth")
    if form.is_bound and form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            made, secret = oauth_applications.create(
                actor, is_confidential=not fields.pop("is_public"), **fields
            )
        except DomainError as error:
            form.refuse(error)
        else:
            # In this answer, and in no other, ever.
            note_sent(request)
            context |= {"made": made, "secret": secret}
            form = NewOAuthApplicationForm(highest=highest)
    text = request.GET.get("filter", "")
    page = people.oauth_applications(actor, PageRequest.read(request.GET), text=text)
    context |= {"page": page, "filter": text, "form": form, "form_id": token_urlsafe(12)}
    is_part = request.htmx and request.htmx.target == "list"
    template = (
        "administration/_oauth_applications.html"
        if is_part
        else "administration/oauth_applications.html"
    )
    return render(request, template, context, status=_status(form))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_detail(request: WebRequest) -> HttpResponse:
    """/admin/oauth/view?id=: one application, its secret, its end."""
    actor = _administrator(request)
    application = people.oauth_application(actor, request.GET.get("id", ""))
    highest = Permission.SYS_ADMIN in people.abilities(actor)
    action = request.POST.get("action", "")
    shown = {
        "name": application.name,
        "redirect_uris": "\n".join(application.redirect_uris),
        "scopes": application.scopes,
    }
    posted = request.POST if action == "details" else None
    form = OAuthApplicationForm(posted, initial=shown, highest=highest)
    context: dict[str, Any] = {"admin_page": "oauth"}

    def renew() -> None:
        context["secret"] = oauth_applications.renew_secret(actor, application)
        note_sent(request)

    here = reverse("admin-oauth-link", query={"id": application.pk})
    if request.method == "POST":
        if action == "renew" and was_sent_before(request):
            return redirect(here)
        done = {
            "details": lambda: _done(
                form, lambda **fields: oauth_applications.change(actor, application, **fields)
            ),
            "renew": lambda: _tried(context, renew),
            "delete": lambda: _tried(
                context, lambda: oauth_applications.delete(actor, application)
            ),
        }.get(action, _nothing)()
        if done and action == "delete":
            return redirect("admin-oauth")
        if done and action == "details":
            return redirect(f"{here}&saved=1")
        application.refresh_from_db()
    context |= {
        "application": application,
        "form": form,
        "form_id": token_urlsafe(12),
        "saved": "saved" in request.GET and request.method != "POST",
        "may_change": highest or "SYSTEM_ADMIN" not in application.scopes,
    }
    failed = form.errors or "refusal" in context
    return render(
        request, "administration/oauth_application.html", context, status=400 if failed else 200
    )
