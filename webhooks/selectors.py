"""Webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core.errors import Invalid
from core.paging import Page, PageRequest, page_of_rows
from infrastructure import outgoing_http
from repos import access
from repos.models import Project, Repository
from webhooks.errors import NoSuchDelivery, NoSuchWebhook
from webhooks.models import Delivery, Target, Webhook

PROJECT, REPOSITORY, GLOBAL = "project", "repository", "global"
# What the statistics count.
WINDOW = timedelta(days=14)
OUTCOMES = (Delivery.State.SUCCESS, Delivery.State.FAILURE, Delivery.State.ERROR)


@dataclass(frozen=True)
class Statistics:
    """How the deliveries of a while ended: how many of each outcome, and the last of each."""

    counts: dict[str, int]
    last: dict[str, Delivery]
    begins: datetime
    window: timedelta

    @property
    def total(self) -> int:
        """How many have ended."""
        return sum(self.counts.values())


def require_administrator(actor: Actor, place: Project | Repository) -> None:
    """Raise unless the actor administers the scope and their secret permits webhooks."""
    is_project = isinstance(place, Project)
    needed = Permission.PROJECT_ADMIN if is_project else Permission.REPO_ADMIN
    access.require(actor, needed, place, scope=Scope.WEBHOOK)


def rows_at(place: Project | Repository) -> QuerySet[Webhook]:
    """Return the webhooks of a project or repository."""
    if isinstance(place, Project):
        return _rows().filter(project=place)
    return _rows().filter(repository=place)


def list_of(
    actor: Actor,
    place: Project | Repository,
    wanted: PageRequest,
    *,
    events: Iterable[str] = (),
    scopes: Iterable[str] = (),
) -> Page[Webhook]:
    """The webhooks of a place; with `scopes`, also those of its project that tell of it."""
    require_administrator(actor, place)
    rows = rows_at(place)
    chosen = {scope.lower() for scope in scopes if scope}
    if chosen and isinstance(place, Repository):
        if not chosen <= {PROJECT, REPOSITORY, GLOBAL}:
            raise Invalid("A scopeType is repository, project or global.", context="scopeType")
        of_project = Q(project=place.project) if PROJECT in chosen else Q(pk=None)
        of_repository = Q(repository=place) if REPOSITORY in chosen else Q(pk=None)
        rows = _rows().filter(of_project | of_repository)
    keys = {key for key in events if key}
    if keys:
        # Few at a place, and what stands in JSON is no matter of every database.
        fits = [row.pk for row in rows if keys & set(row.events)]
        rows = rows.filter(pk__in=fits)
    return page_of_rows(rows, wanted)


def get(actor: Actor, place: Project | Repository, number: str) -> Webhook:
    """Return the webhook with this ID on this project or repository."""
    require_administrator(actor, place)
    found = None
    if _is_number(number):
        found = rows_at(place).filter(pk=int(number)).first()
    if found is None:
        raise NoSuchWebhook(number)
    return found


def listening_at(place: Project | Repository) -> list[Webhook]:
    """Return all active webhooks for events in this repository or project."""
    at = Q(project=place)
    if isinstance(place, Repository):
        at = Q(repository=place) | Q(project=place.project_id)
    return list(Webhook.objects.filter(at, is_active=True))


def deliveries(
    actor: Actor, webhook: Webhook, wanted: PageRequest, *, event: str = "", state: str = ""
) -> Page[Delivery]:
    """Return the deliveries of a webhook, newest first."""
    require_administrator(actor, webhook.place)
    rows = webhook.deliveries.all()
    if event:
        rows = rows.filter(event=event)
    if state in Delivery.State.values:
        rows = rows.filter(state=state)
    return page_of_rows(rows, wanted)


def delivery(actor: Actor, webhook: Webhook, number: str) -> Delivery:
    """A delivery of a webhook."""
    require_administrator(actor, webhook.place)
    found = webhook.deliveries.filter(pk=int(number)).first() if _is_number(number) else None
    if found is None:
        raise NoSuchDelivery(number)
    return found


def latest(
    actor: Actor, webhook: Webhook, *, events: Iterable[str] = (), outcomes: Iterable[str] = ()
) -> Delivery | None:
    """The last attempt, or the last of these events and outcomes; None where there was none."""
    require_administrator(actor, webhook.place)
    rows = webhook.deliveries.exclude(attempted_at=None)
    if keys := [key for key in events if key]:
        rows = rows.filter(event__in=keys)
    if chosen := [outcome.upper() for outcome in outcomes if outcome]:
        if not set(chosen) <= set(OUTCOMES):
            raise Invalid("An outcome is SUCCESS, FAILURE or ERROR.", context="outcome")
        rows = rows.filter(state__in=chosen)
    return rows.order_by("-attempted_at").first()


def statistics(actor: Actor, webhooks: list[Webhook], *, event: str = "") -> dict[int, Statistics]:
    """How the deliveries of these webhooks ended, by the key of the webhook; two queries."""
    for place in {webhook.place for webhook in webhooks}:
        require_administrator(actor, place)
    begins = timezone.now() - WINDOW
    rows = Delivery.objects.filter(
        webhook__in=webhooks, created_at__gte=begins, state__in=OUTCOMES
    ).order_by()
    if event:
        rows = rows.filter(event=event)
    counted = list(rows.values_list("webhook", "state").annotate(count=Count("pk"), last=Max("pk")))
    last = Delivery.objects.in_bulk([one[3] for one in counted])
    found = {webhook.pk: Statistics({}, {}, begins, WINDOW) for webhook in webhooks}
    for webhook_id, state, count, newest in counted:
        found[webhook_id].counts[state] = count
        found[webhook_id].last[state] = last[newest]
    return found


def left_alone(actor: Actor, webhook: Webhook) -> Target | None:
    """Return why deliveries are paused: the circuit breaker of the target or of the webhook is open."""
    require_administrator(actor, webhook.place)
    keys = [webhook.breaker]
    try:
        keys.append(outgoing_http.origin(webhook.url))
    except outgoing_http.OutgoingRefused:
        pass
    rows = Target.objects.filter(pk__in=keys, open_until__gt=timezone.now())
    return rows.order_by("-open_until").first()


def _rows() -> QuerySet[Webhook]:
    return Webhook.objects.select_related("project__owner", "repository__project__owner")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
