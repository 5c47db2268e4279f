"""A page of the audit log: filtered, paged, exported."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from audit import representations, selectors
from audit.catalogue import CATEGORIES
from audit.selectors import AuditFilter
from core.paging import PageRequest
from repos.models import Project, Repository
from web.frame.requests import WebRequest

SHOWN_AT_ONCE = 50


def audit_log_page(
    request: WebRequest,
    subject: Project | Repository | None,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponseBase:
    """Show or export the audit log of a project or repository, or of the site for None."""
    actor = request.actor
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


def _wanted(request: WebRequest) -> AuditFilter:
    asked = request.GET
    category = asked.get("category", "")
    until = _day(asked.get("until", ""))
    return AuditFilter(
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
