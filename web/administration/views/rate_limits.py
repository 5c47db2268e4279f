"""Administration of rate limits: the default, those of users, and refused requests."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.services import rate_limits
from core import site_settings
from core.errors import DomainError
from core.paging import PageRequest
from web.administration.forms import RateLimitForm, UserRateLimitForm
from web.frame.requests import WebRequest

REFUSED_SHOWN = PageRequest(limit=25)


@require_http_methods(["GET", "HEAD", "POST"])
def rate_limiting(request: WebRequest) -> HttpResponse:
    """/admin/rate-limiting"""
    actor = request.actor
    text = request.GET.get("filter", "")
    wanted = PageRequest.read(request.GET, default=50)
    page = people.rate_limits(actor, wanted, text=text)
    action = request.POST.get("action", "")
    usual = RateLimitForm(request.POST if action == "usual" else None, initial=_shown())
    own = UserRateLimitForm(request.POST if action == "own" else None)
    context: dict[str, Any] = {}
    try:
        is_done = _change(actor, request, action, usual, own)
    except DomainError as error:
        bound = next((form for form in (usual, own) if form.is_bound), None)
        if bound is not None:
            bound.refuse(error)
        else:
            context["refusal"] = error.message
    else:
        if is_done:
            return redirect(f"{request.path}?saved=1")
    context |= {
        "usual": usual,
        "own": own,
        "page": page,
        "filter": text,
        "refused": people.refused_requests(actor, REFUSED_SHOWN).values,
        "saved": "saved" in request.GET,
        "admin_page": "rate-limiting",
    }
    failed = usual.errors or own.errors or "refusal" in context
    return render(
        request, "administration/rate_limiting.html", context, status=400 if failed else 200
    )


def _change(
    actor: Any, request: WebRequest, action: str, usual: RateLimitForm, own: UserRateLimitForm
) -> bool:
    if action == "usual" and usual.is_valid():
        rate_limits.change(actor, **usual.cleaned_data)
        return True
    if action == "own" and own.is_valid():
        fields = dict(own.cleaned_data)
        user = people.get_by_name(actor, fields.pop("name"))
        rate_limits.set_for(actor, [user], **fields)
        return True
    if action == "reset":
        rate_limits.reset_for(actor, people.get_by_name(actor, request.POST.get("name", "")))
        return True
    return False


def _shown() -> dict[str, Any]:
    return {
        "enabled": site_settings.read(site_settings.RATE_LIMIT_ENABLED),
        "capacity": site_settings.read(site_settings.RATE_LIMIT_CAPACITY),
        "fill_rate": site_settings.read(site_settings.RATE_LIMIT_FILL_RATE),
    }
