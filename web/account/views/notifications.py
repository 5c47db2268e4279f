"""Which mail a user gets, and the link that unsubscribes."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import selectors as find
from notifications.models import Kind
from notifications.services import mail_settings, notices
from web.account.forms import MailPreferenceForm
from web.frame.requests import WebRequest


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: WebRequest) -> HttpResponse:
    """/account/notifications"""
    actor = request.actor
    preference = find.preference_of(actor)
    shown = {
        "mode": preference.mode,
        "kinds": [kind for kind in Kind.values if kind not in preference.unwanted],
        "of_own": preference.of_own,
    }
    form = MailPreferenceForm(request.POST or None, initial=shown)
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data
        unwanted = [kind for kind in Kind.values if kind not in chosen["kinds"]]
        mail_settings.prefer(actor, mode=chosen["mode"], unwanted=unwanted, of_own=chosen["of_own"])
        return redirect(f"{request.path}?saved=1")
    context = {"form": form, "saved": "saved" in request.GET}
    return render(
        request, "account/notifications.html", context, status=400 if form.errors else 200
    )


# Mail programs follow it by themselves (RFC 8058), with no page of ours before: the link says who.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: WebRequest, token: str) -> HttpResponse:
    """/unsubscribe/{token}"""
    actor = request.actor
    if request.method == "POST":
        about = notices.unsubscribe(actor, token)
        return render(request, "account/unsubscribe.html", {"done": about})
    _, repository, pull_request, commit_id = find.unsubscribing(token)
    about = f"{repository} {pull_request or commit_id[:11]}".strip()
    return render(request, "account/unsubscribe.html", {"about": about})
