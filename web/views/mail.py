"""Mail: where it goes out, how people want it, and the link to hear no more."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from notifications import selectors as find
from notifications.models import Kind
from notifications.services import mail_settings, notices
from notifications.services.mail_settings import Wanted
from web.mail_forms import MailPreferenceForm, MailServerForm


@require_http_methods(["GET", "HEAD", "POST"])
def server(request: HttpRequest) -> HttpResponse:
    """/admin/mail-server"""
    actor = request.actor  # type: ignore[attr-defined]
    found = find.find_mail_server(actor)
    shown: dict[str, Any] = {"sender": find.sender(actor), "recipient": actor.user.email_address}
    if found is not None:
        shown |= {
            "hostname": found.hostname,
            "port": found.port,
            "protocol": found.protocol,
            "use_starttls": found.use_starttls,
            "require_starttls": found.require_starttls,
            "username": found.username,
        }
    action = request.POST.get("action", "")
    if action == "remove":
        mail_settings.remove(actor)
        return redirect(f"{request.path}?removed=1")
    form = MailServerForm(request.POST or None, initial=shown)
    sent = ""
    if form.is_bound and form.is_valid():
        try:
            wanted = _wanted(form.cleaned_data)
            if action == "test":
                mail_settings.test(actor, wanted, form.cleaned_data["recipient"])
                sent = form.cleaned_data["recipient"]
            else:
                mail_settings.configure(actor, wanted)
                return redirect(f"{request.path}?saved=1")
        except DomainError as error:
            form.refuse(error)
    context = {
        "form": form,
        "server": found,
        "sent": sent,
        "saved": "saved" in request.GET,
        "removed": "removed" in request.GET,
        "admin_page": "mail",
    }
    return render(request, "admin_mail.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """/account/notifications"""
    actor = request.actor  # type: ignore[attr-defined]
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
    return render(request, "notifications.html", context, status=400 if form.errors else 200)


# Mail programs follow it by themselves (RFC 8058), with no page of ours before: the link says who.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """/unsubscribe/{token}"""
    actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST":
        about = notices.unsubscribe(actor, token)
        return render(request, "unsubscribe.html", {"done": about})
    _, repository, pull_request, commit_id = find.unsubscribing(token)
    about = f"{repository} {pull_request or commit_id[:11]}".strip()
    return render(request, "unsubscribe.html", {"about": about})


def _wanted(found: dict[str, Any]) -> Wanted:
    return Wanted(
        hostname=found["hostname"],
        port=found["port"],
        protocol=found["protocol"],
        use_starttls=found["use_starttls"],
        require_starttls=found["require_starttls"],
        username=found["username"],
        password=found["password"] or None,
        sender=found["sender"],
    )
