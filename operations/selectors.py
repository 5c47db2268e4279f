"""Look at the queue of later work: how much there is, how long it waits, what failed and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from accounts import access
from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import log_levels, metrics, site_settings
from core.paging import Page, PageRequest, page_of_rows
from infrastructure.models import Job

WAITING, RUNNING, LATER, FAILED = "waiting", "running", "later", "failed"
STATES = (WAITING, RUNNING, LATER, FAILED)


@dataclass(frozen=True)
class Queue:
    """How much there is in each state, and how long the oldest has waited that could be run."""

    counts: dict[str, int]
    waits_for: timedelta


def queue(actor: Actor) -> Queue:
    """The queue at this moment."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    return _queue(timezone.now())


def list_jobs(actor: Actor, wanted: PageRequest, *, state: str = "", text: str = "") -> Page[Job]:
    """Jobs, those that are due first before those that come later."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    rows: QuerySet[Job] = Job.objects.order_by("due_at", "pk")
    if state in STATES:
        rows = rows.filter(_in(state, timezone.now()))
    if text:
        rows = rows.filter(Q(task__icontains=text) | Q(last_error__icontains=text))
    return page_of_rows(rows, wanted)


def exposition(actor: Actor, token: str) -> bytes:
    """All figures in the format of Prometheus, for who brings the token of the settings or administers the site."""
    asked, wanted = token.encode("utf-8", "replace"), settings.METRICS_TOKEN.encode()
    if not (wanted and compare_digest(asked, wanted)):
        access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    return metrics.exposition(_QueueFigures())


class _QueueFigures(Collector):
    """The state of the job queue."""

    def collect(self) -> list[GaugeMetricFamily]:
        """Give the depth by state, and the age."""
        found = _queue(timezone.now())
        depth = GaugeMetricFamily("bitbucket_queue_jobs", "Jobs by state.", labels=["state"])
        for state, count in found.counts.items():
            depth.add_metric([state], count)
        age = GaugeMetricFamily(
            "bitbucket_queue_oldest_seconds", "How long the oldest job waits that could be run."
        )
        age.add_metric([], found.waits_for.total_seconds())
        return [depth, age]


def _queue(now: datetime) -> Queue:
    counted = {state: Count("pk", filter=_in(state, now)) for state in STATES}
    found = Job.objects.aggregate(**counted, oldest=Min("due_at", filter=_in(WAITING, now)))
    oldest = found.pop("oldest")
    return Queue(found, now - oldest if oldest else timedelta(0))


def _in(state: str, now: datetime) -> Q:
    pending = Q(state=Job.State.PENDING)
    if state == FAILED:
        return Q(state=Job.State.FAILED)
    if state == RUNNING:
        return pending & Q(leased_until__gte=now)
    free = pending & (Q(leased_until=None) | Q(leased_until__lt=now))
    return free & (Q(due_at__lte=now) if state == WAITING else Q(due_at__gt=now))


def inactive_keys(actor: Actor) -> list[dict[str, Any]]:
    """The numbers of keys that seal nothing any more, each with when it came."""
    access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    keys = site_settings.stored(site_settings.SEALING_KEYS)
    return [{"id": one["id"], "since": one["since"]} for one in keys[:-1]]


def log_level(actor: Actor) -> str:
    """How much is logged, by Bitbucket's name for it."""
    access.require(actor, Permission.SYS_ADMIN, scope=Scope.ADMINISTRATION)
    return log_levels.read()
