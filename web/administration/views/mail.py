"""The mail server of the site."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core.errors import DomainError
from notifications import selectors as find
from notifications.services import mail_settings
from notifications.services.mail_settings import MailServerRequest
from web.administration.forms import MailServerForm
from web.frame.requests import WebRequest


@require_http_methods(["GET", "HEAD", "POST"])
def server(request: WebRequest) -> HttpResponse:
    """/admin/mail-server"""
    actor = request.actor
    found = find.find_mail_server(actor)
    shown: dict[str, Any] = {
        "sender": find.sender(actor),
        "recipient": actor.user.email_address if actor.user else "",
    }
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
    return render(
        request, "administration/mail_server.html", context, status=400 if form.errors else 200
    )


def _wanted(found: dict[str, Any]) -> MailServerRequest:
    return MailServerRequest(
        hostname=found["hostname"],
        port=found["port"],
        protocol=found["protocol"],
        use_starttls=found["use_starttls"],
        require_starttls=found["require_starttls"],
        username=found["username"],
        password=found["password"] or None,
        sender=found["sender"],
    )
