"""Deliveries: written with what happened, attempted until they succeed or a day is over, forgotten in the end."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actor import Actor
from core import database_outages, json_encoding, metrics
from core.errors import Conflict, Unavailable
from infrastructure import jobs, outgoing_http
from infrastructure.models import Job
from pullrequests.services import refresh
from repos.models import Project, Repository
from webhooks import http_delivery, payloads, selectors
from webhooks.catalogue import COMPLETED
from webhooks.http_delivery import DeliveryCall, DeliveryOutcome
from webhooks.models import Delivery, Webhook
from webhooks.services import targets

TASK = "webhooks.deliver"
# Whoever is told of these fetches refs/pull-requests/N/merge at once.
NEED_MERGE_REF = {"pr:opened", "pr:reopened", "pr:from_ref_updated", "pr:modified"}
# So many attempts are remembered with each delivery.
MOST_ATTEMPTS = 30
FORGOTTEN_AT_ONCE = 500
REDELIVERED_AT_ONCE = 1000
# A job that waits for its turn at a busy machine comes back after so long, if nobody calls it before.
BUSY = timedelta(seconds=10)
# So many connections are tested at once in a process: each holds a thread that others may need.
TESTS_AT_ONCE = 4

logger = logging.getLogger(__name__)

_tests = threading.BoundedSemaphore(TESTS_AT_ONCE)


def announce(
    actor: Actor,
    webhooks: Iterable[Webhook],
    key: str,
    place: Project | Repository,
    fields: dict[str, Any],
) -> None:
    """Create deliveries for these webhooks; in the transaction of the event."""
    told = payloads.envelope(key, actor, timezone.now(), fields)
    body = json_encoding.dumps(told).decode()
    repository_id = place.pk if isinstance(place, Repository) else None
    for webhook in webhooks:
        row = Delivery.objects.create(
            webhook=webhook, event=key, repository_id=repository_id, body=body
        )
        _schedule(row)


def attempt(actor: Actor, number: int) -> None:
    """Call once. Raises jobs.Postponed and jobs.TryAgain, which the queue understands."""
    row = Delivery.objects.select_related("webhook").filter(pk=number).first()
    if row is None or row.is_over:
        return
    if not row.webhook.is_active:
        _finish(row, DeliveryOutcome(Delivery.State.ERROR, "The webhook is inactive.", 0))
        return
    is_late = timezone.now() - _begun(row) > http_delivery.KEEPS_TRYING
    try:
        outcome = _called(actor, row, is_late=is_late)
    except (jobs.Postponed, *database_outages.DATABASE_IS_AWAY):
        raise
    except Exception:
        # Whatever it is, the delivery must not be forgotten for it.
        logger.exception("%s broke off", row)
        outcome = DeliveryOutcome(
            Delivery.State.ERROR, "The call could not be made; see the log.", 0
        )
    metrics.DELIVERIES.labels(outcome.state).inc()
    if outcome.state == Delivery.State.SUCCESS or is_late:
        _finish(row, outcome)
        return
    wait = http_delivery.wait_before(len(row.attempts) + 1)
    row.next_at = timezone.now() + wait
    _note(row, outcome)
    raise jobs.RetryLater(_in_words(outcome), wait)


def test(actor: Actor, place: Project | Repository, what: DeliveryCall) -> DeliveryOutcome:
    """Call an address once with a ping, and wait for the answer; Unavailable while many do that."""
    selectors.require_administrator(actor, place)
    outgoing_http.check(what.url)
    if not _tests.acquire(blocking=False):
        raise Unavailable("Several connections are being tested. Try again in a moment.")
    try:
        return http_delivery.call(what, http_delivery.WHILE_SOMEBODY_WAITS)
    finally:
        _tests.release()


def redeliver(actor: Actor, webhook: Webhook, number: str) -> Delivery:
    """Send a delivery again, under the id that it had; Conflict while it is under way anyway."""
    selectors.require_administrator(actor, webhook.place)
    row = selectors.delivery(actor, webhook, number)
    if not row.is_over and _has_job(row):
        raise Conflict("This delivery is still in progress.")
    _again([row])
    return row


def redeliver_since(actor: Actor, webhook: Webhook, since: datetime) -> int:
    """Send everything again that ended badly since then, in its order; gives how much it is."""
    selectors.require_administrator(actor, webhook.place)
    rows = webhook.deliveries.filter(
        created_at__gte=since, state__in=[Delivery.State.FAILURE, Delivery.State.ERROR]
    ).order_by("pk")[:REDELIVERED_AT_ONCE]
    return _again(list(rows))


def forget_the_old(actor: Actor) -> None:
    """Remove what is older than the settings keep, in small steps; what is still tried stays."""
    before = timezone.now() - timedelta(days=settings.WEBHOOK_DELIVERY_DAYS)
    old = Delivery.objects.filter(created_at__lt=before).exclude(state=Delivery.State.PENDING)
    while keys := list(old.order_by("pk").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        Delivery.objects.filter(pk__in=keys).delete()


def _called(actor: Actor, row: Delivery, *, is_late: bool) -> DeliveryOutcome:
    """Attempt a delivery, or raise jobs.Postponed; records the health of the target."""
    webhook = row.webhook
    if not row.attempts:
        _complete(row)
    try:
        origin = outgoing_http.origin(webhook.url)
    except outgoing_http.OutgoingRefused as refusal:
        return DeliveryOutcome(Delivery.State.ERROR, refusal.message, 0)
    known = targets.find(actor, [origin, webhook.breaker])
    pause = targets.pause_of(actor, known)
    if pause is not None and not is_late:
        raise jobs.Postponed(pause * random.uniform(1.0, 1.1))
    with targets.turn(actor, origin) as has_turn:
        if not has_turn:
            raise jobs.Postponed(BUSY * random.uniform(0.8, 1.2), waits_for=origin)
        what = DeliveryCall.of(webhook, row.event, str(row.request_id), row.body)
        row.request_headers = what.shown_headers()
        outcome = http_delivery.call(what)
    if outcome.is_unreachable:
        targets.note_failure(actor, origin, outcome.said)
    elif outcome.status is not None:
        is_well = outcome.status < 500
        # Whatever it answers, the machine is there. Without an answer nothing is known of it.
        targets.note_well(actor, [one for one in known if is_well or one.origin == origin])
        if not is_well:
            targets.note_failure(actor, webhook.breaker, f"HTTP {outcome.status}")
    return outcome


def _has_job(row: Delivery) -> bool:
    return Job.objects.filter(task=TASK, arguments=[row.pk], state=Job.State.PENDING).exists()


def _schedule(row: Delivery) -> None:
    """Enqueue a delivery; those of one webhook and repository are sent in order."""
    ordering_key = f"webhooks:{row.webhook_id}:{row.repository_id or ''}"
    jobs.enqueue(TASK, row.pk, ordering_key=ordering_key)


def _again(rows: list[Delivery]) -> int:
    with transaction.atomic():
        for row in rows:
            # A day of attempts begins anew.
            row.attempts = [*row.attempts, {"again": _milliseconds(timezone.now())}]
            row.state, row.next_at = Delivery.State.PENDING, None
            row.save(update_fields=["attempts", "state", "next_at"])
            _schedule(row)
    return len(rows)


def _begun(row: Delivery) -> datetime:
    """When it was first tried to be delivered, or last asked for again."""
    again = [one["again"] for one in row.attempts if "again" in one]
    if not again:
        return row.created_at
    return datetime.fromtimestamp(again[-1] / 1000, tz=row.created_at.tzinfo)


def _complete(row: Delivery) -> None:
    """Before the first call: bring in what takes time to read, and let the refs be there that a build fetches."""
    if row.event in NEED_MERGE_REF and row.repository_id is not None:
        number = orjson.loads(row.body)["pullRequest"]["id"]
        refresh.bring_number(Actor.system(), row.repository_id, number)
    complete = COMPLETED.get(row.event)
    if complete is not None:
        told = orjson.loads(row.body)
        row.body = json_encoding.dumps(complete(told)).decode()


def _finish(row: Delivery, outcome: DeliveryOutcome) -> None:
    row.state, row.next_at = outcome.state, None
    _note(row, outcome)


def _note(row: Delivery, outcome: DeliveryOutcome) -> None:
    now = timezone.now()
    tried = {"at": _milliseconds(now), "state": outcome.state, "said": outcome.said[:200]}
    tried |= {"status": outcome.status, "duration": outcome.duration}
    row.attempts = [*row.attempts, tried][-MOST_ATTEMPTS:]
    row.attempted_at = now
    row.duration = outcome.duration
    row.status = outcome.status
    row.response_headers = dict(outcome.headers)
    row.said = outcome.said
    row.save()


def _in_words(outcome: DeliveryOutcome) -> str:
    return f"HTTP {outcome.status}" if outcome.status is not None else outcome.said


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
