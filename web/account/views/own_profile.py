"""One's own profile: name, address, picture, how times are written."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.languages import LANGUAGES
from accounts.services import profiles, users
from core.errors import DomainError, Unauthenticated
from infrastructure import images
from web.account.forms import AvatarForm, ProfileForm
from web.frame.requests import WebRequest

AS_THE_SERVER = [("", "Server default: UTC")]
USUAL = [("", "Server default: 31 January 2026, 14:05")]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_profile(request: WebRequest) -> HttpResponse:
    """/account"""
    actor = request.actor
    user = actor.user
    if user is None:
        raise Unauthenticated("Sign in first.")
    action = request.POST.get("action", "")
    shown = {name: getattr(user, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST if action == "profile" else None, initial=shown)
    form.offer("time_zone", AS_THE_SERVER + [(zone, _readable(zone)) for zone in _zones()])
    form.offer("language", USUAL + list(LANGUAGES.items()))
    is_picture = action == "avatar"
    avatar = AvatarForm(request.POST if is_picture else None, request.FILES if is_picture else None)
    try:
        done = _changed(request, form, avatar, action)
    except DomainError as error:
        (avatar if is_picture else form).refuse(error)
        done = False
    if done:
        return redirect(reverse("account", query={"saved": "1"}))
    context = {
        "form": form,
        "avatar_form": avatar,
        "saved": "saved" in request.GET,
        "has_avatar": hasattr(user, "avatar"),
    }
    failed = form.errors or avatar.errors
    return render(request, "account/profile.html", context, status=400 if failed else 200)


def _changed(request: WebRequest, form: ProfileForm, avatar: AvatarForm, action: str) -> bool:
    """Do what was sent; gives whether it was something."""
    actor: Any = request.actor
    if action == "delete-avatar":
        profiles.delete_avatar(actor, actor.user)
        return True
    if action == "avatar" and avatar.is_valid():
        sent = avatar.cleaned_data["avatar"].read(images.MOST_BYTES + 1)
        profiles.set_avatar(actor, actor.user, sent)
        return True
    if action == "profile" and form.is_valid():
        wanted = form.cleaned_data
        time_zone, language = wanted.pop("time_zone"), wanted.pop("language")
        users.update(actor, actor.user, **wanted)
        profiles.set_way_of_times(actor, actor.user, time_zone=time_zone, language=language)
        return True
    return False


def _zones() -> list[str]:
    """The time zones that places give their names to, without aliases such as EST."""
    return sorted(zone for zone in zoneinfo.available_timezones() if _is_of_a_place(zone))


def _is_of_a_place(zone: str) -> bool:
    return zone == "UTC" or ("/" in zone and not zone.startswith(("Etc/", "SystemV/", "posix/")))


def _readable(zone: str) -> str:
    return zone.replace("_", " ")
