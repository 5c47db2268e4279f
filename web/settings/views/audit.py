"""The audit log of a project or repository."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from web.frame.audit_log import audit_log_page
from web.frame.requests import WebRequest
from web.settings.views.details import project_to_change, repository_to_change


@require_safe
def of_project(request: WebRequest, key: str) -> HttpResponseBase:
    """/projects/{key}/settings/audit"""
    project, context = project_to_change(request, key, "audit")
    return audit_log_page(request, project, "settings/project_audit.html", context)


@require_safe
def of_repository(request: WebRequest, key: str, slug: str) -> HttpResponseBase:
    """r/settings/audit"""
    repository, context = repository_to_change(request, key, slug, "audit")
    return audit_log_page(request, repository, "settings/audit.html", context)
