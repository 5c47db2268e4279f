"""A user's own SSH keys."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.representations import represent_ssh_settings
from accounts.services import keys
from core.errors import DomainError, Unauthenticated
from core.paging import PageRequest
from web.account.forms import SshKeyForm
from web.frame.requests import WebRequest

SHOWN_AT_ONCE = 100


@require_http_methods(["GET", "HEAD", "POST"])
def own_keys(request: WebRequest) -> HttpResponse:
    """/account/ssh-keys"""
    actor = request.actor
    if actor.user is None:
        raise Unauthenticated("Sign in first.")
    form = SshKeyForm(request.POST if request.POST.get("action") == "add" else None)
    if request.POST.get("action") == "remove":
        found = people.find_ssh_key(actor, request.POST.get("id", ""))
        if found is not None:
            keys.remove(actor, found)
        return redirect("ssh-keys")
    if form.is_bound and form.is_valid():
        try:
            keys.add(actor, actor.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("ssh-keys")
    wanted = PageRequest.read(request.GET, default=SHOWN_AT_ONCE)
    context = {
        "form": form,
        "page": people.ssh_keys(actor, actor.user, wanted),
        "ssh": represent_ssh_settings(),
    }
    return render(request, "account/ssh_keys.html", context, status=400 if form.errors else 200)
