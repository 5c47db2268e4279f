"""The audit log on pages: of the site, of a project, of a repository; filtered, paged, exported."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from audit import representations, selectors, services
from audit.catalogue import CATEGORIES
from audit.selectors import Wanted
from core import site
from core.errors import DomainError
from core.paging import PageRequest
from repos.models import Project, Repository
from web.forms import RetentionForm
from web.views.settings import project_to_change, repository_to_change

SHOWN_AT_ONCE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def of_site(request: HttpRequest) -> HttpResponseBase:
    """/admin/audit"""
    actor = request.actor  # type: ignore[attr-defined]
    selectors.may_configure(actor)
    form = RetentionForm(request.POST or None, initial={"days": site.read(site.AUDIT_DAYS)})
    if form.is_bound and form.is_valid():
        try:
            services.keep_for(actor, form.cleaned_data["days"])
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(f"{request.path}?saved=1")
    context = {"form": form, "saved": "saved" in request.GET, "admin_page": "audit"}
    status = 400 if form.errors else 200
    return _show(request, None, "admin_audit.html", context, status)


@require_safe
def of_project(request: HttpRequest, key: str) -> HttpResponseBase:
    """/projects/{key}/settings/audit"""
    project, context = project_to_change(request, key, "audit")
    return _show(request, project, "audit_of_project.html", context)


@require_safe
def of_repository(request: HttpRequest, key: str, slug: str) -> HttpResponseBase:
    """r/settings/audit"""
    repository, context = repository_to_change(request, key, slug, "audit")
    return _show(request, repository, "audit_of_repository.html", context)


def _show(
    request: HttpRequest,
    subject: Project | Repository | None,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponseBase:
    actor = request.actor  # type: ignore[attr-defined]
    wanted = _wanted(request)
    form = request.GET.get("export", "")
    if form in {"csv", "json"}:
        return _file(form, selectors.every_event(actor, subject, wanted))
    page = selectors.events_of(
        actor, subject, wanted, PageRequest.read(request.GET, default=SHOWN_AT_ONCE)
    )
    asked = request.GET.copy()
    for name in ("start", "export", "saved"):
        asked.pop(name, None)
    context |= {
        "page": page,
        "asked": request.GET,
        "query": asked.urlencode(),
        "categories": CATEGORIES,
        "is_filtered": any(asked.values()),
    }
    response: HttpResponse = render(request, template, context, status=status)
    return response


def _wanted(request: HttpRequest) -> Wanted:
    asked = request.GET
    category = asked.get("category", "")
    until = _day(asked.get("until", ""))
    return Wanted(
        text=asked.get("filter", ""),
        user_name=asked.get("user", "").strip(),
        categories=(category,) if category in CATEGORIES else (),
        since=_day(asked.get("since", "")),
        until=until + timedelta(days=1) if until else None,
    )


def _day(text: str) -> datetime | None:
    """The beginning of a day as a form's field gives it; anything else is as if left empty."""
    try:
        return datetime.combine(date.fromisoformat(text), time.min, UTC)
    except (ValueError, OverflowError):
        return None


def _file(form: str, events: Any) -> StreamingHttpResponse:
    pieces = representations.as_csv(events) if form == "csv" else representations.as_json(events)
    kind = "text/csv;charset=UTF-8" if form == "csv" else "application/json"
    disposition = f'attachment; filename="audit.{form}"'
    return StreamingHttpResponse(
        pieces, content_type=kind, headers={"Content-Disposition": disposition}
    )
