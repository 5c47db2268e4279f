"""Sign in and sign out."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.services import sign_in
from core.errors import DomainError
from web.account.forms import LoginForm
from web.frame.context import inside
from web.frame.requests import WebRequest


@never_cache
@require_safe
def login(request: WebRequest) -> HttpResponse:
    """/login"""
    wanted = inside(request.GET.get("next", ""))
    if request.actor.user is not None:
        return redirect(wanted)
    return render(request, "account/login.html", {"form": LoginForm(), "next": wanted})


@never_cache
@require_POST
def check(request: WebRequest) -> HttpResponse:
    """/j_atl_security_check, where Bitbucket's login form is sent to."""
    wanted = inside(request.POST.get("next", ""))
    form = LoginForm(request.POST)
    if form.is_valid():
        try:
            sign_in.sign_in(
                request.actor,
                request,
                name=form.cleaned_data["j_username"],
                password=form.cleaned_data["j_password"],
                remember=form.cleaned_data["_atl_remember_me"],
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(wanted)
    return render(request, "account/login.html", {"form": form, "next": wanted}, status=401)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: WebRequest) -> HttpResponse:
    """/j_atl_security_logout: signs out at once, or after a confirmation for links from other sites."""
    actor = request.actor
    if actor.user is not None and request.method != "POST" and not _comes_from_here(request):
        return render(request, "account/logout.html")
    sign_in.sign_out(actor, request)
    return redirect("login")


def _comes_from_here(request: WebRequest) -> bool:
    """Whether a person followed a link of ours or typed the address: no picture, frame or page of another site.

    Browsers tell by Sec-Fetch headers, but not over plain HTTP; there the Referer has to say it.
    """
    headers = request.headers
    if "Sec-Fetch-Site" in headers:
        is_ours = headers["Sec-Fetch-Site"] in {"same-origin", "none"}
        is_ahead = "Sec-Purpose" in headers  # fetched before the person has pressed anything
        return is_ours and headers.get("Sec-Fetch-Dest") == "document" and not is_ahead
    here = f"{request.scheme}://{request.get_host()}/"
    wants_page = "text/html" in headers.get("Accept", "")
    return wants_page and headers.get("Referer", "").startswith(here)
