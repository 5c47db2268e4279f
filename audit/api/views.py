"""Endpoints of the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit import representations, selectors, services
from audit.selectors import AuditFilter
from core import links, site_settings
from core.api.views import RestView
from core.errors import Invalid
from core.paging import PageRequest
from repos.models import Project, Repository
from repos.selectors import projects, repositories

DEFAULT_LIMIT = 200
MOST = 1000
DAYS = {"DAYS": 1, "MONTHS": 30, "YEARS": 365}
# Above what one log of a busy site ever reaches in its retention.
LARGEST_NUMBER = 2**62


class RetentionBody(serializers.Serializer):
    """How long events are kept."""

    period = serializers.IntegerField(min_value=1, max_value=40_000)
    units = serializers.ChoiceField(choices=sorted(DAYS))


class Events(RestView):
    """/auditing/1.0/events, and /audit/latest/events of older clients: newest first."""

    def subject(self) -> Project | Repository | None:
        """What the log is of: the whole site."""
        return None

    def get(self, request: Request, **_: str) -> Response:
        """List events."""
        asked = request.query_params
        limit = PageRequest.read(asked, default=DEFAULT_LIMIT, most=MOST).limit
        cursor = asked.get("pageCursor") or asked.get("start") or asked.get("offset") or "0"
        wanted = PageRequest(start=_number(cursor, "pageCursor"), limit=limit)
        page = selectors.events_of(self.actor, self.subject(), _wanted(asked), wanted)
        info: dict[str, Any] = {"lastPage": page.is_last, "size": len(page.values)}
        if page.next_start is not None:
            query = asked.copy()
            for name in ("start", "offset"):
                query.pop(name, None)
            query["pageCursor"] = str(page.next_start)
            info["nextPageCursor"] = str(page.next_start)
            info["nextPageLink"] = links.absolute(f"{request.path}?{query.urlencode()}")
        entities = [representations.represent_event(one) for one in page.values]
        return self.show({"pagingInfo": info, "entities": entities})


class ProjectEvents(Events):
    """/audit/latest/projects/{key}/events"""

    def subject(self) -> Project | Repository | None:
        """The project that the path names."""
        return projects.get(self.actor, self.kwargs["key"])


class RepositoryEvents(Events):
    """/audit/latest/projects/{key}/repos/{slug}/events"""

    def subject(self) -> Project | Repository | None:
        """The repository that the path names."""
        return repositories.get(self.actor, self.kwargs["key"], self.kwargs["slug"])


class Export(RestView):
    """/auditing/1.0/events/export: all of it, as CSV or with `format=json`."""

    def get(self, request: Request, **_: str) -> HttpResponseBase:
        """Send events as a file."""
        events = selectors.every_event(self.actor, None, _wanted(request.query_params))
        if request.query_params.get("exportFormat", "csv").lower() == "json":
            return StreamingHttpResponse(
                representations.as_json(events), content_type="application/json"
            )
        return StreamingHttpResponse(
            representations.as_csv(events),
            content_type="text/csv;charset=UTF-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )


class Retention(RestView):
    """/auditing/1.0/configuration/retention"""

    def get(self, request: Request, **_: str) -> Response:
        """Show how long events are kept."""
        selectors.may_configure(self.actor)
        return self.show({"period": site_settings.read(site_settings.AUDIT_DAYS), "units": "DAYS"})

    def put(self, request: Request, **_: str) -> Response:
        """Say how long events are kept."""
        body = self.read(RetentionBody)
        services.keep_for(self.actor, body["period"] * DAYS[body["units"]])
        return self.nothing()


class RetentionReview(RestView):
    """/audit/latest/notification-settings/retention-config-review"""

    def delete(self, request: Request, **_: str) -> Response:
        """Take note that the retention was looked at; there is no reminder to dismiss."""
        selectors.may_configure(self.actor)
        return self.nothing(200)


def _wanted(asked: Any) -> AuditFilter:
    return AuditFilter(
        text=asked.get("search", ""),
        users=tuple(_number(one, "userIds") for one in _many(asked, "userIds")),
        categories=tuple(_many(asked, "categories")),
        actions=tuple(_many(asked, "actions")),
        since=_time(asked.get("from"), "from"),
        until=_time(asked.get("to"), "to"),
    )


def _many(asked: Any, name: str) -> list[str]:
    """Return the values of a parameter that is repeated or comma-separated."""
    given = [one.strip() for text in asked.getlist(name) for one in text.split(",")]
    return [one for one in given if one][:100]


def _time(text: str | None, context: str) -> datetime | None:
    """Read milliseconds, or ISO 8601."""
    if not text:
        return None
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text[:16]) / 1000, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise Invalid(f"The {context} must be a time, like 2026-01-31.", context=context) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(text: str, context: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Invalid(f"The {context} must be a whole number.", context=context)
    return min(int(text), LARGEST_NUMBER)
