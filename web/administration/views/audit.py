"""The audit log of the site."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from audit import selectors, services
from core import site_settings
from core.errors import DomainError
from web.administration.forms import RetentionForm
from web.frame.audit_log import audit_log_page
from web.frame.requests import WebRequest


@require_http_methods(["GET", "HEAD", "POST"])
def of_site(request: WebRequest) -> HttpResponseBase:
    """/admin/audit"""
    actor = request.actor
    selectors.may_configure(actor)
    form = RetentionForm(
        request.POST or None, initial={"days": site_settings.read(site_settings.AUDIT_DAYS)}
    )
    if form.is_bound and form.is_valid():
        try:
            services.keep_for(actor, form.cleaned_data["days"])
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(f"{request.path}?saved=1")
    context = {"form": form, "saved": "saved" in request.GET, "admin_page": "audit"}
    status = 400 if form.errors else 200
    return audit_log_page(request, None, "administration/audit.html", context, status)
