"""What templates need to write: icons, times, addresses of a repository's pages."""

from __future__ import annotations

import functools
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from django import template
from django.http import HttpRequest
from django.utils.formats import date_format, get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from core import links
from repos.models import Project, Repository
from repos.representations import project_path, repository_path

register = template.Library()

ICONS = Path(__file__).resolve().parents[1] / "icons"
STEPS = (
    (60, 1, "second"),
    (3600, 60, "minute"),
    (86400, 3600, "hour"),
    (30 * 86400, 86400, "day"),
    (365 * 86400, 30 * 86400, "month"),
)


@register.simple_tag
@functools.cache
def icon(name: str) -> SafeString:
    """Write an icon into the page; it says nothing to screen readers, the words beside it do."""
    svg = (ICONS / f"{name}.svg").read_text()
    inside = svg[svg.index(">") + 1 :]
    start = '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
    return mark_safe(start + inside)


@register.filter
def moment(seconds: int | datetime) -> datetime:
    """Convert seconds since 1970 to a time, clamped to the supported range."""
    if isinstance(seconds, datetime):
        return seconds
    return datetime.fromtimestamp(min(max(seconds, 0), 253402300799), UTC)


@register.filter
def ago(time: datetime) -> str:
    """Say how long ago, or how soon, in one unit."""
    seconds = int((datetime.now(UTC) - time).total_seconds())
    if -10 < seconds < 10:
        return "just now"
    return f"{_span(seconds)} ago" if seconds > 0 else f"in {_span(-seconds)}"


@register.simple_tag(takes_context=True)
def exact(context: dict[str, Any], time: datetime) -> str:
    """Write a time to the minute, in the reader's time zone and language."""
    return _written(context, time, "DATETIME_FORMAT", "j F Y, H:i")


@register.simple_tag(takes_context=True)
def since(context: dict[str, Any], seconds: int) -> SafeString:
    """Write what the component `ago` writes, for tables of a thousand rows."""
    time = moment(seconds)
    title = exact(context, time)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', time.isoformat(), title, ago(time)
    )


@register.simple_tag(takes_context=True)
def day(context: dict[str, Any], time: datetime) -> str:
    """Write the day of a time, in the reader's time zone and language."""
    return _written(context, time, "DATE_FORMAT", "j F Y")


def _written(context: dict[str, Any], time: datetime, of_language: str, usual: str) -> str:
    reader = context["actor"].user
    zone = ZoneInfo(reader.time_zone) if reader and reader.time_zone else UTC
    language = reader.language if reader else ""
    local = time.astimezone(zone)
    with override(language or "en"):
        shape = get_format(of_language) if language else usual
        text = date_format(local, shape, use_l10n=False)
    return f"{text} {local:%Z}" if of_language == "DATETIME_FORMAT" else text


@register.filter
def short(object_id: str) -> str:
    """Shorten an id as Bitbucket does."""
    return object_id[:11]


@register.filter
def readable_size(size: int | None) -> str:
    """Write a number of bytes for people."""
    amount = float(size or 0)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TB"


@register.filter
def clean(text: str) -> str:
    """Show names that are not text: bytes that mean nothing become a sign."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@register.filter
def coded(name: str) -> str:
    """Write a ref's name in percents: a form brings it back byte by byte, text or not."""
    return quote(os.fsencode(name), safe="/")


@register.filter
def short_ref(name: str) -> str:
    """Write a full ref as people do."""
    return name.removeprefix("refs/heads/").removeprefix("refs/tags/")


@register.filter
def is_branch(name: str) -> bool:
    """Whether a full ref is a branch."""
    return name.startswith("refs/heads/")


@register.simple_tag
def project_url(project: Project) -> str:
    """The address of a project's page."""
    return links.context_path() + project_path(project)


@register.simple_tag
def repository_url(
    repository: Repository, page: str = "browse", path: str = "", /, **query: Any
) -> str:
    """The address of a page of a repository; empty values of the query are left out."""
    below = f"/{page}" if page else ""
    inside = f"/{links.path_segments(path)}" if path else ""
    asked = {name: value for name, value in query.items() if value not in ("", None)}
    text = urlencode(asked, errors="surrogateescape")
    address = links.context_path() + repository_path(repository) + below + inside
    return f"{address}?{text}" if text else address


@register.simple_tag(takes_context=True)
def same_page(context: dict[str, Any], /, **changed: Any) -> str:
    """The address of this very page with parts of its query changed."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"


def _span(seconds: int) -> str:
    for limit, size, unit in STEPS:
        if seconds < limit:
            return _some(seconds // size, unit)
    return _some(seconds // (365 * 86400), "year")


def _some(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
