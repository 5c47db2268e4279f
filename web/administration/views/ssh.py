"""Administration of SSH: whether and where it is spoken, and which keys are taken."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import public_keys
from accounts import selectors as people
from accounts.representations import represent_ssh_settings
from accounts.services import ssh_settings
from core import site_settings
from core.errors import DomainError
from web.administration.forms import SshSettingsForm
from web.frame.requests import WebRequest

FORBIDDEN = "no"


@require_http_methods(["GET", "HEAD", "POST"])
def ssh(request: WebRequest) -> HttpResponse:
    """/admin/ssh"""
    actor = request.actor
    people.may_configure_site(actor)
    form = SshSettingsForm(request.POST or None, initial=_shown())
    for algorithm, lengths in public_keys.LENGTHS.items():
        form.offer_rule(algorithm, _choices(lengths), initial=_rule(algorithm))
    if form.is_bound and form.is_valid():
        try:
            _save(actor, form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(f"{request.path}?saved=1")
    context: dict[str, Any] = {
        "form": form,
        "ssh": represent_ssh_settings(),
        "saved": "saved" in request.GET,
        "admin_page": "ssh",
    }
    return render(request, "administration/ssh.html", context, status=400 if form.errors else 200)


def _shown() -> dict[str, Any]:
    return {
        "enabled": site_settings.read(site_settings.SSH_ENABLED),
        "access_keys_enabled": site_settings.read(site_settings.SSH_ACCESS_KEYS_ENABLED),
        "base_url": site_settings.read(site_settings.SSH_BASE_URL),
        "longest_days": site_settings.read(site_settings.LONGEST_SSH_KEY_DAYS),
    }


def _choices(lengths: tuple[int, ...]) -> list[tuple[str, str]]:
    if len(lengths) == 1:
        allowed = [(str(lengths[0]), "Allowed")]
    else:
        allowed = [(str(length), f"Allowed, {length} bits or more") for length in lengths]
    return [*allowed, (FORBIDDEN, "Not allowed")]


def _rule(algorithm: str) -> str:
    rule = public_keys.restrictions()[algorithm]
    return str(rule["minKeyLength"]) if rule["allowed"] else FORBIDDEN


def _save(actor: Any, wanted: dict[str, Any]) -> None:
    rules = []
    for algorithm in public_keys.LENGTHS:
        chosen = wanted.pop(SshSettingsForm.rule_name(algorithm))
        allowed = chosen != FORBIDDEN
        rules.append(
            {
                "algorithm": algorithm,
                "allowed": allowed,
                "minKeyLength": int(chosen) if allowed else None,
            }
        )
    longest = wanted.pop("longest_days")
    ssh_settings.change_keys(actor, restrictions=rules, longest_days=longest or 0)
    ssh_settings.change(actor, **wanted)
